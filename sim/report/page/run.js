// The report of one run. Every number drawn stands in a data-* attribute of its mark as the statistics file has it.
const layers = data.layers || [];
const machine = data.machine || {};
const setting = path => path.split(".").reduce((node, key) => node && node[key], machine);
const onHost = layer => layer.where === "host";
const dim = setting("mesh.dim");
const busBytes = setting("dma.bus_width_bits") / 8;

const kOps = [["depthwise", "depthwise convolution", "var(--c4)"], ["conv", "convolution", "var(--c1)"],
  ["matmul", "matrix product", "var(--c3)"], ["gemm", "matrix product", "var(--c3)"], ["pool", "pooling", "var(--c2)"]];
function opFamily(layer) {
  if (onHost(layer)) return ["host", "on the host", "var(--c7)"];
  return kOps.find(([part]) => layer.op.includes(part)) || ["other", "other", "var(--c6)"];
}

function drawHead() {
  pageHeader(data.workload, line => {
    line.append("span").text(`on ${data.config}, ${data.engine === "rtl" ? "RTL" : "SystemC model"} `);
    const [name, text] = data.verified === true ? ["good", "verified byte for byte"] :
      data.verified === false ? ["bad", "wrong result"] : ["none", "not checked"];
    line.append("span").attr("class", "badge " + name).text(text);
  });
  const tiles = page.append("div").attr("class", "figures");
  figureTile(tiles, "cycles", "Cycles", data.cycles, short(data.cycles), "", grouped(data.cycles));
  figureTile(tiles, "utilization", "Utilisation", data.utilization, percent(data.utilization), "", "of the array's peak");
  figureTile(tiles, "macs", "MACs", data.macs, short(data.macs), "", `${short(data.macs / data.cycles)} a cycle`);
  const bytes = data.dram_read_bytes + data.dram_write_bytes;
  figureTile(tiles, "dram_bytes", "Memory traffic", bytes, short(bytes, "B"), "",
    `${short(data.dram_read_bytes, "B")} in, ${short(data.dram_write_bytes, "B")} out`);
  if (data.energy) {
    const energy = data.energy;
    figureTile(tiles, "energy", "Energy", energy.total_pj, short(energy.total_pj * 1e-12, "J"), "",
      data.macs > 0 ? `${short(energy.total_pj / data.macs)} pJ a MAC` : energy.table);
    figureTile(tiles, "area", "Area", energy.area_um2, d3.format(".3~r")(energy.area_um2 * 1e-6), "mm²", energy.table);
  }
  if (data.host_seconds > 0)
    figureTile(tiles, "host_seconds", "Simulated in", data.host_seconds, short(data.host_seconds, "s"), "",
      `${short(data.cycles / data.host_seconds)} cycles/s`);
}

// ---- Layers over time -----------------------------------------------------------------------------------------------
function drawTimeline() {
  const section = pageSection("timeline", "Layers over time",
    "Each block is a layer: as wide as the cycles it took, as high as its share of the array's peak. Filled area is useful work, empty area is lost.");
  const families = new Map(layers.map(layer => opFamily(layer)).map(family => [family[1], family[2]]));
  legend(section, Array.from(families));
  let start = 0;
  const blocks = layers.map((layer, index) => { const block = {layer, index, start}; start += layer.cycles; return block; });
  responsiveChart(section, (svg, width) => {
    const margin = {top: 8, right: 6, bottom: 38, left: 38}, height = width < 500 ? 210 : 250;
    svg.attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", "utilisation of each layer over time");
    const x = d3.scaleLinear([0, data.cycles], [margin.left, width - margin.right]);
    const y = d3.scaleLinear([0, 1], [height - margin.bottom, margin.top]);
    svg.append("g").attr("class", "grid").selectAll("line").data([.25, .5, .75, 1]).join("line")
      .attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", y).attr("y2", y);
    svg.append("g").selectAll("text").data([0, .5, 1]).join("text").attr("x", margin.left - 6).attr("y", share => y(share) + 4)
      .attr("text-anchor", "end").text(share => 100 * share + " %");
    const group = svg.append("g").selectAll("g").data(blocks).join("g")
      .attr("data-tip", ({layer}) => `${layer.name}\n${layer.op}\n${grouped(layer.cycles)} cycles (${percent(layer.cycles / data.cycles)})\n` +
        (onHost(layer) ? "runs on the host" : `utilisation ${percent(layer.utilization)}`));
    const wide = ({layer, start}) => Math.max(.6, x(start + layer.cycles) - x(start) - (x(layer.cycles) - x(0) > 4 ? 1 : 0));
    group.append("rect").attr("x", ({start}) => x(start)).attr("y", y(1)).attr("width", wide).attr("height", y(0) - y(1))
      .attr("fill", ({layer}) => onHost(layer) ? "var(--c7)" : "var(--track)").attr("opacity", ({layer}) => onHost(layer) ? .45 : 1);
    group.filter(({layer}) => !onHost(layer)).append("rect").attr("class", "layer").attr("x", ({start}) => x(start)).attr("width", wide)
      .attr("y", ({layer}) => y(Math.min(1, layer.utilization))).attr("height", ({layer}) => y(0) - y(Math.min(1, layer.utilization)))
      .attr("fill", ({layer}) => opFamily(layer)[2]);
    group.attr("data-layer", ({index}) => index).attr("data-start", ({start}) => start)
      .attr("data-value", ({layer}) => layer.cycles).attr("data-utilization", ({layer}) => layer.utilization);
    group.filter(({layer}) => x(layer.cycles) - x(0) > 6.4 * layer.name.length + 8 && !onHost(layer) && layer.utilization > .2)
      .append("text").attr("class", "onbar").attr("x", ({layer, start}) => x(start + layer.cycles / 2)).attr("y", y(0) - 7)
      .attr("text-anchor", "middle").text(({layer}) => layer.name);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
      .call(d3.axisBottom(x).ticks(width < 500 ? 4 : 8).tickFormat(value => short(value)).tickSizeOuter(0));
    svg.append("text").attr("x", width - margin.right).attr("y", height - 4).attr("text-anchor", "end").text("cycles");
  });
}

// ---- Where the cycles went ------------------------------------------------------------------------------------------
const busyShare = (accounting, unit, cycles) => {
  const causes = accounting[unit];
  if (unit === "host") return (causes.issue + causes.compute) / cycles;
  return (causes.busy !== undefined ? causes.busy : cycles - (causes.idle || 0) - (causes.latency || 0)) / cycles;
};

function drawStalls() {
  const units = Object.keys(data.accounting);
  const section = pageSection("stalls", "Where the cycles went",
    "Every cycle of a unit has one cause; together they are all cycles of the run. Choose a unit to see its causes" + (layers.length > 0 ? " in each layer." : "."));
  barRows(section, units.map(unit => ({
    label: unit, tip: causeTip(data.accounting, unit, data.cycles), number: percent(busyShare(data.accounting, unit, data.cycles)),
    parts: causeParts(data.accounting, unit, {}),
  })), data.cycles, true);
  const pills = section.append("div").attr("class", "pills");
  const panels = new Map();
  for (const unit of units) {
    pills.append("button").attr("type", "button").text(unit).attr("data-unit", unit).on("click", () => choose(unit));
    const panel = section.append("div");
    const causes = Object.keys(data.accounting[unit]).filter(cause => data.accounting[unit][cause] > 0);
    legend(panel, causes.map(cause => [`${cause}: ${causeWords(unit, cause)}`, causeColour(unit, cause)]));
    barRows(panel, layers.map((layer, index) => ({
      label: layer.name, host: onHost(layer), full: layer.cycles, number: short(layer.cycles),
      tip: `${grouped(layer.cycles)} cycles\n` + causeTip(layer.accounting, unit, layer.cycles),
      parts: causeParts(layer.accounting, unit, {layer: index}),
    })), 0);
    panels.set(unit, panel);
  }
  function choose(unit) {
    pills.selectAll("button").attr("aria-pressed", function () { return this.dataset.unit === unit; });
    for (const [name, panel] of panels) panel.attr("hidden", name === unit ? null : "");
  }
  choose(units[0]);
}

// ---- Roofline -------------------------------------------------------------------------------------------------------
function drawRoofline() {
  const points = layers.map((layer, index) => {
    const bytes = layer.dram_read_bytes + layer.dram_write_bytes;
    return {layer, index, bytes, intensity: layer.macs / bytes, rate: layer.macs / layer.cycles};
  }).filter(point => !onHost(point.layer) && point.layer.macs > 0 && point.bytes > 0 && point.layer.cycles > 0);
  if (!dim || points.length === 0) return;
  const section = pageSection("roofline", "Roofline",
    "Work done for each byte moved (across) against work done each cycle (up). Left of the ridge the bus is the limit, right of it the array. The larger a dot, the more cycles the layer took.");
  const peak = dim * dim, ridge = peak / busBytes;
  responsiveChart(section, (svg, width) => {
    const height = width < 500 ? 300 : 360, margin = {top: 14, right: 14, bottom: 42, left: 44};
    svg.attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", "roofline of all layers");
    const xs = points.map(point => point.intensity), ys = points.map(point => point.rate);
    const x = d3.scaleLog([Math.min(d3.min(xs) / 2, ridge / 4), Math.max(d3.max(xs) * 2, ridge * 4)], [margin.left, width - margin.right]);
    const y = d3.scaleLog([Math.min(d3.min(ys) / 1.5, peak / 20), peak * 1.45], [height - margin.bottom, margin.top]);
    const ticks = scale => { // 1, 10, 100 … and in between where there are few
      const [low, high] = scale.domain(), out = [];
      for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e)
        for (const m of high / low > 300 ? [1] : [1, 3]) if (m * 10 ** e >= low && m * 10 ** e <= high) out.push(m * 10 ** e);
      return out;
    };
    svg.append("g").attr("class", "grid").selectAll("line").data(ticks(y)).join("line")
      .attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", y).attr("y2", y);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
      .call(d3.axisBottom(x).tickValues(ticks(x)).tickFormat(value => short(value)).tickSizeOuter(0));
    svg.append("g").selectAll("text").data(ticks(y)).join("text").attr("x", margin.left - 6).attr("y", value => y(value) + 4)
      .attr("text-anchor", "end").text(value => short(value));
    svg.append("text").attr("x", width - margin.right).attr("y", height - 6).attr("text-anchor", "end")
      .text("multiply-accumulates for each byte of memory traffic");
    const [low, high] = x.domain(), bottom = y.domain()[0];
    const from = Math.max(low, bottom / busBytes);
    svg.append("path").attr("fill", "none").attr("stroke", "var(--ink)").attr("stroke-width", 1.6).attr("stroke-linejoin", "round")
      .attr("d", `M${x(from)},${y(from * busBytes)}L${x(ridge)},${y(peak)}L${x(high)},${y(peak)}`)
      .attr("data-peak", peak).attr("data-bus", busBytes);
    svg.append("text").attr("class", "strong").attr("x", x(ridge) - 8).attr("y", y(peak) + 4).attr("text-anchor", "end")
      .text(`array: ${grouped(peak)} a cycle`);
    const angle = -Math.atan2(y(bottom) - y(bottom * 10), x(low * 10) - x(low)) * 180 / Math.PI;
    const middle = Math.sqrt(from * ridge);
    svg.append("text").attr("class", "strong").attr("transform", `translate(${x(middle) - 6},${y(middle * busBytes) - 6}) rotate(${angle})`)
      .attr("text-anchor", "middle").text(`bus: ${busBytes} bytes a cycle`);
    const size = d3.scaleSqrt([0, d3.max(points, point => point.layer.cycles)], [2, width < 500 ? 9 : 12]);
    svg.append("g").selectAll("circle").data(points.slice().sort((a, b) => b.layer.cycles - a.layer.cycles)).join("circle")
      .attr("cx", point => x(point.intensity)).attr("cy", point => y(point.rate)).attr("r", point => size(point.layer.cycles))
      .attr("fill", point => opFamily(point.layer)[2]).attr("fill-opacity", .55).attr("stroke", point => opFamily(point.layer)[2])
      .attr("data-layer", point => point.index).attr("data-intensity", point => point.intensity).attr("data-rate", point => point.rate)
      .attr("data-tip", point => `${point.layer.name}\n${short(point.rate)} multiply-accumulates a cycle\n${short(point.intensity)} for each byte\n` +
        `${percent(point.rate / Math.min(peak, point.intensity * busBytes))} of what the roof allows`);
    // The layers furthest below the roof by cycles lost are named, where their names do not meet.
    const taken = points.map(point => {
      const r = size(point.layer.cycles), cx = x(point.intensity), cy = y(point.rate);
      return {x0: cx - r, x1: cx + r, y0: cy - r, y1: cy + r};
    });
    const lost = point => point.layer.cycles * (1 - point.rate / Math.min(peak, point.intensity * busBytes));
    const roof = px => y(Math.min(peak, x.invert(px) * busBytes));
    for (const point of points.slice().sort((a, b) => lost(b) - lost(a)).slice(0, width < 500 ? 3 : 6)) {
      const w = 6.4 * point.layer.name.length, r = size(point.layer.cycles) + 4, cx = x(point.intensity), cy = y(point.rate);
      const places = [["start", cx + r, cy + 4], ["end", cx - r, cy + 4], ["middle", cx, cy + r + 10]];
      for (const [anchor, tx, ty] of places) {
        const x0 = anchor === "start" ? tx : anchor === "end" ? tx - w : tx - w / 2;
        const box = {x0, x1: x0 + w, y0: ty - 11, y1: ty + 3};
        if (box.x0 < margin.left || box.x1 > width - margin.right || box.y1 > height - margin.bottom) continue;
        if (roof(box.x0) > box.y0 && roof(box.x1) < box.y1) continue; // the roof would run through it
        if (taken.some(b => b.x0 < box.x1 && box.x0 < b.x1 && b.y0 < box.y1 && box.y0 < b.y1)) continue;
        taken.push(box);
        svg.append("text").attr("x", tx).attr("y", ty).attr("text-anchor", anchor).text(point.layer.name);
        break;
      }
    }
  });
}

// ---- Traffic and occupancy -------------------------------------------------------------------------------------------
function drawTraffic() {
  if (layers.length === 0) return;
  const section = pageSection("traffic", "Memory traffic",
    "Bytes that crossed the bus. The tick marks what no schedule can avoid: each operand and each result once.");
  const least = layer => layer.memory_bound_cycles * busBytes;
  legend(section, [["read", "var(--c1)"], ["written", "var(--c4)"], ["unavoidable", "tick"]]);
  const most = d3.max(layers, layer => Math.max(layer.dram_read_bytes + layer.dram_write_bytes, busBytes ? least(layer) : 0));
  barRows(section, layers.map((layer, index) => ({
    label: layer.name, host: onHost(layer), number: short(layer.dram_read_bytes + layer.dram_write_bytes, "B"),
    tip: `${grouped(layer.dram_read_bytes)} bytes read\n${grouped(layer.dram_write_bytes)} bytes written` +
      (busBytes ? `\n${grouped(least(layer))} unavoidable` : ""),
    tick: busBytes ? least(layer) : undefined,
    parts: [{value: layer.dram_read_bytes, colour: "var(--c1)", data: {layer: index, traffic: "read"}},
      {value: layer.dram_write_bytes, colour: "var(--c4)", data: {layer: index, traffic: "write"}}],
  })), most);
}

function drawOccupancy() {
  if (!layers.some(layer => layer.actions)) return;
  const section = pageSection("occupancy", "Local memories",
    "Rows of scratchpad and accumulator that each layer writes, out of all that there are.");
  const two = section.append("div").attr("class", "two");
  for (const [memory, colour] of [["scratchpad", "var(--c1)"], ["accumulator", "var(--c3)"]]) {
    const column = two.append("div");
    const rows = data.machine[memory].rows;
    column.append("h3").text(`${memory}: ${grouped(rows)} rows, ${setting(memory + ".capacity_kib")} KiB`);
    barRows(column, layers.map((layer, index) => ({layer, index})).filter(({layer}) => !onHost(layer)).map(({layer, index}) => {
      const used = layer.actions[memory + "_rows_used"];
      return {label: layer.name, number: percent(used / rows), tip: `${grouped(used)} of ${grouped(rows)} rows`,
        parts: [{value: used, colour, data: {layer: index, memory}}]};
    }), rows);
  }
}

// ---- Energy ----------------------------------------------------------------------------------------------------------
const kEnergyColours = {
  array: "var(--c1)", scratchpad: "var(--c4)", accumulator: "var(--c3)", scaling: "var(--c6)", dma: "var(--c5)", clock: "var(--c7)",
  dram: "var(--c2)", control: "var(--c7)", host: "var(--c9)", leakage: "var(--c8)",
};
function drawEnergy() {
  if (!data.energy) return;
  const energy = data.energy;
  const section = pageSection("energy", "Energy and area",
    `Counted actions times the energy of each, from the table ${energy.table} at ${energy.clock_mhz} MHz. An estimate for comparing machines, not a measurement.`);
  const names = Object.keys(energy.components);
  const colour = name => kEnergyColours[name] || "var(--c7)";
  const two = section.append("div").attr("class", "two");
  const totals = two.append("div");
  totals.append("h3").text(`Energy ${short(energy.total_pj * 1e-12, "J")}, energy × delay ${short(energy.energy_delay_js, "J s")}`);
  const bySize = (object) => Object.keys(object).filter(name => object[name] > 0).sort((a, b) => object[b] - object[a]);
  barRows(totals, bySize(energy.components).map(name => ({
    label: name, number: short(energy.components[name] * 1e-12, "J"), tip: `${percent(energy.components[name] / energy.total_pj)} of all energy`,
    parts: [{value: energy.components[name], colour: colour(name), data: {energy: name}}],
  })), d3.max(names, name => energy.components[name]));
  const areas = two.append("div");
  areas.append("h3").text(`Area ${d3.format(".3~r")(energy.area_um2 * 1e-6)} mm²`);
  barRows(areas, bySize(energy.area).map(name => ({
    label: name, number: d3.format(".3~r")(energy.area[name] * 1e-6) + " mm²", tip: `${percent(energy.area[name] / energy.area_um2)} of the area`,
    parts: [{value: energy.area[name], colour: colour(name), data: {area: name}}],
  })), d3.max(Object.values(energy.area)));
  if (layers.length === 0) return;
  section.append("h3").text("Each layer");
  legend(section, names.filter(name => energy.components[name] > 0).map(name => [name, colour(name)]));
  barRows(section, layers.map((layer, index) => ({
    label: layer.name, host: onHost(layer), number: short(layer.energy.total_pj * 1e-12, "J"),
    tip: bySize(layer.energy.components).map(name => `${name} ${short(layer.energy.components[name] * 1e-12, "J")}`).join("\n"),
    parts: names.filter(name => layer.energy.components[name] > 0).map(name => ({
      value: layer.energy.components[name], colour: colour(name), data: {layer: index, energy: name}})),
  })), d3.max(layers, layer => layer.energy.total_pj));
}

// ---- The machine -------------------------------------------------------------------------------------------------------
function drawMachine() {
  if (!dim) return;
  const section = pageSection("machine", "The machine",
    "Blocks with what they are built as, and the share of cycles in which they worked.");
  const busy = unit => data.accounting[unit] ? busyShare(data.accounting, unit, data.cycles) : undefined;
  const queue = name => setting("queues." + name);
  const entries = name => setting("reservation_station." + name + "_entries");
  const blocks = {
    host: ["Host", [`${setting("host.operations_per_cycle")} operations a cycle`], "host"],
    station: ["Reservation station", [`${entries("load")} loads, ${entries("execute")} execute, ${entries("store")} stores`]],
    load: ["Load controller", [`queue of ${queue("load")}`, `${setting("dma.loads_in_flight")} mvins in flight`], "load"],
    execute: ["Execute controller", [`queue of ${queue("execute")}`, `dataflow: ${String(setting("mesh.dataflow")).replace(/_/g, " ")}`], "execute"],
    store: ["Store controller", [`queue of ${queue("store")}`], "store"],
    scratchpad: ["Scratchpad", [`${setting("scratchpad.capacity_kib")} KiB, ${setting("scratchpad.banks")} banks`, `${setting("scratchpad.ports") === 1 ? "one port" : "two ports"}, int8`]],
    mesh: ["Array", [`${dim} × ${dim} PEs, ${setting("mesh.output_bits")}-bit sums`, `utilisation ${percent(data.utilization)}`]],
    accumulator: ["Accumulator", [`${setting("accumulator.capacity_kib")} KiB, ${setting("accumulator.banks")} banks`, `${setting("accumulator.ports") === 1 ? "one port" : "two ports"}, int32`]],
    dma_read: ["DMA reader", [`${setting("dma.requests_in_flight")} in flight`, `${setting("dma.max_request_bytes")}-byte requests`], "dma_read"],
    dma_write: ["DMA writer", [`${setting("dma.requests_in_flight")} in flight`, short(data.dram_write_bytes, "B")], "dma_write"],
    memory: ["Memory", [`bus of ${setting("dma.bus_width_bits")} bits, latency ${setting("memory.latency_cycles")}`, `${short(data.dram_read_bytes, "B")} read, ${short(data.dram_write_bytes, "B")} written`], "memory"],
  };
  responsiveChart(section, (svg, width) => {
    const narrow = width < 620;
    // Columns and rows of a small grid; three columns on a phone as well, with words that fit.
    const place = {host: [0, 0, 1], station: [1, 0, 2], load: [0, 1, 1], execute: [1, 1, 1], store: [2, 1, 1],
      scratchpad: [0, 2, 1], mesh: [1, 2, 1], accumulator: [2, 2, 1], dma_read: [0, 3, 1], dma_write: [2, 3, 1], memory: [0, 4, 3]};
    const gapX = narrow ? 12 : 44, gapY = narrow ? 24 : 30, w = (width - 2 * gapX) / 3, h = narrow ? 92 : 78;
    const box = name => { const [c, r, span] = place[name]; return {x: c * (w + gapX), y: r * (h + gapY), w: span * w + (span - 1) * gapX, h}; };
    const height = 5 * h + 4 * gapY;
    svg.attr("viewBox", `-2 -2 ${width + 4} ${height + 4}`).attr("role", "img").attr("aria-label", "block diagram of the machine");
    svg.append("defs").append("marker").attr("id", "arrow").attr("viewBox", "0 0 8 8").attr("refX", 7).attr("refY", 4)
      .attr("markerWidth", 7).attr("markerHeight", 7).attr("orient", "auto-start-reverse").append("path").attr("d", "M0,0L8,4L0,8Z").attr("fill", "var(--faint)");
    const middle = b => b.x + b.w / 2;
    const down = (from, to, at = middle(box(to))) => [[at, box(from).y + h], [at, box(to).y]];
    const across = (from, to) => [[box(from).x + box(from).w, box(from).y + h / 2], [box(to).x, box(to).y + h / 2]];
    const stationTo = column => {
      const name = ["load", "execute", "store"][column];
      const x = column === 0 ? box("station").x + w * .12 : middle(box(name)), y0 = box("station").y + h, y1 = box(name).y;
      return column === 0 ? [[x, y0], [x, (y0 + y1) / 2], [middle(box(name)), (y0 + y1) / 2], [middle(box(name)), y1]] : [[x, y0], [x, y1]];
    };
    const lines = [across("host", "station"), stationTo(0), stationTo(1), stationTo(2), across("scratchpad", "mesh"),
      across("mesh", "accumulator"), down("execute", "mesh"), down("load", "scratchpad"), down("store", "accumulator"),
      down("scratchpad", "dma_read").reverse(), down("accumulator", "dma_write"),
      down("dma_read", "memory", middle(box("dma_read"))).reverse(), down("dma_write", "memory", middle(box("dma_write")))];
    svg.append("g").selectAll("path").data(lines).join("path").attr("d", points => "M" + points.map(point => point.join(",")).join("L"))
      .attr("fill", "none").attr("stroke", "var(--faint)").attr("stroke-width", 1.3).attr("marker-end", "url(#arrow)");
    for (const name of Object.keys(blocks)) {
      const [title, words, unit] = blocks[name], b = box(name), share = unit && busy(unit);
      const group = svg.append("g").attr("transform", `translate(${b.x},${b.y})`).attr("data-block", name);
      group.append("rect").attr("width", b.w).attr("height", h).attr("rx", 8).attr("fill", "var(--track)").attr("stroke", "var(--line)");
      if (share !== undefined) {
        group.attr("data-busy", share).attr("data-tip", `${title}\nat work in ${percent(share)} of the cycles\n` + causeTip(data.accounting, unit, data.cycles));
        group.append("rect").attr("x", 10).attr("y", h - 11).attr("width", b.w - 20).attr("height", 4).attr("rx", 2).attr("fill", "var(--c8)");
        group.append("rect").attr("x", 10).attr("y", h - 11).attr("width", Math.max(0, share) * (b.w - 20)).attr("height", 4).attr("rx", 2).attr("fill", "var(--c1)");
      }
      // Words are broken to the block's width.
      const fit = Math.floor((b.w - 16) / (narrow ? 5.4 : 6.1));
      const broken = [];
      for (const text of [title, ...words]) {
        let line = "", first = broken.length === 0;
        for (const word of text.split(" ")) {
          if (line && (line + " " + word).length > (first ? fit * .9 : fit)) { broken.push([line, text === title]); line = word; }
          else line = line ? line + " " + word : word;
        }
        broken.push([line, text === title]);
      }
      const size = narrow ? 10 : 11.5, step = size * 1.28;
      const top = 8 + size + Math.max(0, (h - 22 - broken.length * step) / 2);
      group.selectAll("text").data(broken).join("text").attr("class", ([, strong]) => strong ? "strong" : null).attr("x", b.w / 2)
        .attr("y", (line, i) => top + i * step - 2).attr("text-anchor", "middle").style("font-size", size + "px").text(([line]) => line);
    }
  });
  const details = section.append("details").style("margin-top", "16px");
  details.append("summary").style("cursor", "pointer").style("font-size", "13.5px").text("Every key of the configuration");
  const facts = details.append("div").attr("class", "facts").style("margin-top", "8px");
  const walk = (node, path) => {
    for (const key of Object.keys(node)) {
      const value = node[key], name = path ? path + "." + key : key;
      if (value !== null && typeof value === "object") walk(value, name);
      else facts.append("div").call(line => { line.append("span").text(name); line.append("b").text(String(value)); });
    }
  };
  walk(machine, "");
}

function drawTable() {
  if (layers.length === 0) return;
  const section = pageSection("layers", "All layers", "Press a heading to sort.");
  const number = (name, value, text) => ({name, value, text: text || (layer => grouped(value(layer)))});
  const columns = [
    {name: "layer", left: true, value: layer => layer.name, text: layer => layer.name},
    {name: "operators", left: true, value: layer => layer.op, text: layer => layer.op},
    number("cycles", layer => layer.cycles),
    number("utilisation", layer => layer.utilization, layer => onHost(layer) ? "on the host" : percent(layer.utilization)),
    number("compute bound", layer => layer.compute_bound_cycles), number("memory bound", layer => layer.memory_bound_cycles),
    number("multiply-accumulates", layer => layer.macs), number("bytes read", layer => layer.dram_read_bytes),
    number("bytes written", layer => layer.dram_write_bytes),
  ];
  if (data.energy) columns.push(number("energy", layer => layer.energy.total_pj, layer => short(layer.energy.total_pj * 1e-12, "J")));
  sortableTable(section, columns, layers, (line, layer) => line.attr("data-layer", layers.indexOf(layer)).attr("data-cycles", layer.cycles));
}

drawHead();
if (layers.length > 0) drawTimeline();
drawStalls();
drawRoofline();
drawTraffic();
drawOccupancy();
drawEnergy();
drawMachine();
drawTable();
page.append("footer").text(`Gemel ${data.version || ""} · statistics/v1 · charts drawn with D3 (ISC licence)`);
document.documentElement.dataset.drawn = "run";
