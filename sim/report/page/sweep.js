// The report of a sweep. Numbers drawn stand in data-* attributes as the sweep's database has them.
const kFigures = [
  {key: "cycles", name: "cycles", text: value => short(value), exact: grouped},
  {key: "energy_pj", name: "energy", text: value => short(value * 1e-12, "J")},
  {key: "area_um2", name: "area", text: value => d3.format(".3~r")(value * 1e-6) + "\u00a0mm²"},
  {key: "energy_delay_js", name: "energy × delay", text: value => short(value, "J\u00a0s")},
  {key: "utilization", name: "utilisation", text: percent, more: true},
  {key: "dram_bytes", name: "memory traffic", text: value => short(value, "B"), exact: grouped},
].filter(figure => data.points.some(point => point[figure.key] !== undefined));
const figureOf = key => kFigures.find(figure => figure.key === key);
const costs = ["cycles", "energy_pj", "area_um2"].filter(figureOf);

data.points.forEach((point, index) => { point.index = index; });
const workloads = Array.from(new Set(data.points.map(point => point.workload)));
let workload = workloads[0];
const shown = () => data.points.filter(point => point.workload === workload && point.cycles !== undefined);
const numeric = axis => axis.is_number;
const axisValue = (point, i) => numeric(data.axes[i]) ? +point.values[i] : point.values[i];
const axisValues = i => {
  const values = Array.from(new Set(data.points.map(point => axisValue(point, i))));
  return numeric(data.axes[i]) ? values.sort(d3.ascending) : values;
};
const axisName = axis => axis.key;
// "scratchpad capacity" of scratchpad.capacity_kib: units stand beside the values.
const axisWords = axis => axis.key.replace(/_(kib|cycles|bits|bytes)$/, "").replace(/^mesh\.|_/g, " ").replace(/\./g, " ").trim();
const valueWords = (axis, value) => numeric(axis) ? `${axisWords(axis)} ${value}` + (axis.unit === "KiB" || axis.unit === "bits" ? ` ${axis.unit}` : "")
  : /^(true|false|\d.*)$/.test(value) ? `${axisWords(axis)} ${value}` : value.replace(/_/g, " ");
const pointName = point => data.axes.map((axis, i) => valueWords(axis, point.values[i])).join(", ") || "the base machine";
const pointTip = point => data.axes.map((axis, i) => `${axis.key} ${point.values[i]}`).join("\n") + "\n" +
  kFigures.filter(figure => point[figure.key] !== undefined)
    .map(figure => `${figure.name} ${figure.exact ? figure.exact(point[figure.key]) : figure.text(point[figure.key])}`).join("\n");
const palette = ["var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)", "var(--c9)", "var(--c7)"];

// Charts that follow the choice of the workload.
const followers = [];
function follow(parent, draw) {
  const box = parent.append("div");
  const redraw = () => { box.selectAll("*").remove(); draw(box); };
  followers.push(redraw);
  redraw();
}
function choice(parent, label, options, chosen, changed) {
  const box = parent.append("label").text(label + " ");
  const select = box.append("select").on("change", function () { changed(this.value); });
  select.selectAll("option").data(options).join("option").attr("value", ([value]) => value).text(([, text]) => text);
  select.property("value", chosen);
  return select;
}

function drawHead() {
  const done = data.points.filter(point => point.status), failed = done.filter(point => point.status !== "ok");
  pageHeader(data.name, line => {
    line.append("span").text(`sweep over ${data.axes.map(axisName).join(", ") || "one machine"}; base ${data.base_config} `);
    const wrong = failed.filter(point => point.status === "wrong").length;
    const verified = done.filter(point => point.verified === true).length;
    line.append("span").attr("class", "badge " + (wrong ? "bad" : verified ? "good" : "none"))
      .text(wrong ? `${wrong} wrong` : `${verified} of ${done.length - failed.length} verified`);
  });
  const tiles = page.append("div").attr("class", "figures");
  figureTile(tiles, "points", "Points", done.length, grouped(done.length), "",
    `of ${grouped(data.points.length)}` + (data.excluded_points ? `; ${grouped(data.excluded_points)} excluded` : ""));
  figureTile(tiles, "failed", "Without a result", failed.length, grouped(failed.length), "",
    d3.nest().key(point => point.status).rollup(points => points.length).entries(failed)
      .map(({key, value}) => `${value} ${key}`).join(", ") || "all ran to their end");
  if (workloads.length > 1) {
    choice(page.append("div").attr("class", "controls").style("margin", "18px 0 0"), "Workload", workloads.map(name => [name, name]), workload,
      value => { workload = value; followers.forEach(redraw => redraw()); });
  }
  follow(page, box => {
    const points = shown();
    if (points.length === 0) return;
    const best = box.append("div").attr("class", "figures").style("margin-top", "10px");
    for (const key of costs) {
      const figure = figureOf(key), least = points.reduce((a, b) => b[key] < a[key] ? b : a);
      figureTile(best, "least_" + key, `Least ${figure.name}`, least[key], figure.text(least[key]), "", pointName(least));
    }
  });
}

// ---- Pareto fronts ---------------------------------------------------------------------------------------------------
// Points that no other beats in both figures, in the order of the first.
function paretoFront(points, xKey, yKey) {
  const sorted = points.slice().sort((a, b) => a[xKey] - b[xKey] || a[yKey] - b[yKey]);
  const front = [];
  for (const point of sorted) if (front.length === 0 || point[yKey] < front[front.length - 1][yKey]) front.push(point);
  return front;
}

// A logarithmic scale where values span much, with few ticks that do not meet.
function costScale(values, range) {
  const [low, high] = d3.extent(values);
  const pad = high > low ? 0 : low * .1 || 1;
  return high > 4 * low && low > 0 ? d3.scaleLog([low / 1.15, high * 1.15], range)
    : d3.scaleLinear([low - pad - .06 * (high - low), high + pad + .06 * (high - low)], range);
}
function fewTicks(scale, count) {
  const [low, high] = scale.domain();
  if (!scale.base) return scale.ticks(count);
  const out = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e)
    for (const m of high / low > 60 ? [1] : high / low > 12 ? [1, 3] : [1, 2, 5]) if (m * 10 ** e >= low && m * 10 ** e <= high) out.push(m * 10 ** e);
  return out;
}

function drawPareto() {
  const pairs = [];
  for (let i = 0; i < costs.length; ++i) for (let j = i + 1; j < costs.length; ++j) pairs.push([costs[i], costs[j]]);
  if (pairs.length === 0) return;
  const section = pageSection("pareto", "Pareto fronts",
    "Each dot is a machine; lower left is better. On the line lie those that no other machine beats in both figures.");
  let colourAxis = 0;
  if (data.axes.length > 0) {
    choice(section.append("div").attr("class", "controls"), "Colour by", data.axes.map((axis, i) => [i, axis.key]), 0,
      value => { colourAxis = +value; followers.forEach(redraw => redraw()); });
  }
  follow(section, box => {
    const points = shown();
    if (points.length === 0) { box.append("p").attr("class", "note").text("No point of this workload has run to its end."); return; }
    const values = data.axes.length > 0 ? axisValues(colourAxis) : [];
    const colour = point => data.axes.length > 0 ? palette[values.indexOf(axisValue(point, colourAxis)) % palette.length] : palette[0];
    if (data.axes.length > 0) legend(box, values.map((value, i) => [String(value), palette[i % palette.length]]));
    const grid = box.append("div").attr("class", "two");
    for (const [xKey, yKey] of pairs) {
      const fx = figureOf(xKey), fy = figureOf(yKey);
      const cell = grid.append("div");
      cell.append("h3").text(`${fx.name} against ${fy.name}`);
      responsiveChart(cell, (svg, width) => {
        const height = 280, margin = {top: 12, right: 12, bottom: 40, left: 62};
        svg.attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", `${fx.name} against ${fy.name}`);
        const x = costScale(points.map(point => point[xKey]), [margin.left, width - margin.right]);
        const y = costScale(points.map(point => point[yKey]), [height - margin.bottom, margin.top]);
        const yTicks = fewTicks(y, 5), xTicks = fewTicks(x, Math.max(2, Math.floor(width / 110)));
        svg.append("g").attr("class", "grid").selectAll("line").data(yTicks).join("line").attr("x1", margin.left)
          .attr("x2", width - margin.right).attr("y1", y).attr("y2", y);
        svg.append("g").selectAll("text").data(yTicks).join("text").attr("x", margin.left - 6).attr("y", value => y(value) + 4)
          .attr("text-anchor", "end").text(fy.text);
        svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
          .call(d3.axisBottom(x).tickValues(xTicks).tickFormat(fx.text).tickSizeOuter(0));
        svg.append("text").attr("x", width - margin.right).attr("y", height - 6).attr("text-anchor", "end").text(fx.name);
        const front = paretoFront(points, xKey, yKey);
        svg.append("path").attr("class", "front").attr("fill", "none").attr("stroke", "var(--ink)").attr("stroke-width", 1.4).attr("stroke-opacity", .7)
          .attr("data-front", front.map(point => point.index).join(" "))
          .attr("d", d3.line().x(point => x(point[xKey])).y(point => y(point[yKey])).curve(d3.curveStepAfter)(front));
        const onFront = new Set(front);
        svg.append("g").selectAll("circle").data(points.slice().sort((a, b) => onFront.has(a) - onFront.has(b))).join("circle")
          .attr("cx", point => x(point[xKey])).attr("cy", point => y(point[yKey])).attr("r", point => onFront.has(point) ? 5 : 3.6)
          .attr("fill", colour).attr("fill-opacity", point => onFront.has(point) ? 1 : .5)
          .attr("stroke", point => onFront.has(point) ? "var(--surface)" : "none").attr("stroke-width", 1.2)
          .attr("data-point", point => point.index).attr("data-x", point => point[xKey]).attr("data-y", point => point[yKey])
          .attr("data-tip", pointTip);
      });
    }
  });
}

// ---- Parallel coordinates ---------------------------------------------------------------------------------------------
function drawParallel() {
  if (data.axes.length === 0) return;
  const section = pageSection("parallel", "All points at once",
    "Each line is a machine, through its settings and its figures; the darker, the fewer cycles. Drag along an axis to keep only the machines that pass there.");
  follow(section, box => responsiveChart(box, (svg, width) => {
    const points = shown();
    if (points.length === 0) return;
    const dimensions = data.axes.map((axis, i) => ({
      name: axisWords(axis) + (axis.unit ? ` (${axis.unit})` : ""), value: point => axisValue(point, i), values: axisValues(i), text: value => String(value).replace(/_/g, " "),
    })).concat(kFigures.filter(figure => figure.key !== "energy_delay_js").map(figure => ({name: figure.name, value: point => point[figure.key], text: figure.text, figure})));
    const step = 58, height = step * (dimensions.length - 1) + 52, range = [16, width - 24];
    svg.attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", "parallel coordinates of all points");
    dimensions.forEach((dimension, i) => {
      dimension.at = 30 + i * step;
      dimension.scale = dimension.values ? d3.scalePoint(dimension.values, range).padding(dimension.values.length > 1 ? .25 : .5)
        : costScale(points.map(dimension.value).filter(value => value !== undefined), range);
    });
    const along = (dimension, point) => dimension.scale(dimension.value(point));
    const order = points.slice().sort((a, b) => b.cycles - a.cycles);
    const shade = d3.scaleLinear([0, order.length], [.12, .75]);
    const lines = svg.append("g").attr("fill", "none").attr("stroke", "var(--c1)").selectAll("path").data(order).join("path")
      .attr("d", point => d3.line()(dimensions.filter(dimension => dimension.value(point) !== undefined)
        .map(dimension => [along(dimension, point), dimension.at])))
      .attr("stroke-opacity", (point, i) => shade(i)).attr("stroke-width", 1.2).attr("data-point", point => point.index).attr("data-tip", pointTip);
    const kept = new Map();
    const apply = () => lines.attr("display", point => Array.from(kept).every(([dimension, [low, high]]) =>
      along(dimension, point) >= low && along(dimension, point) <= high) ? null : "none");
    const halo = text => text.style("paint-order", "stroke").style("stroke", "var(--surface)").style("stroke-width", 4).style("stroke-linejoin", "round");
    for (const dimension of dimensions) {
      const group = svg.append("g").attr("transform", `translate(0,${dimension.at})`);
      group.append("line").attr("stroke", "var(--faint)").attr("x1", range[0]).attr("x2", range[1]);
      halo(group.append("text").attr("class", "strong").attr("y", -11).text(dimension.name));
      let ticks = dimension.values || fewTicks(dimension.scale, 4);
      const room = Math.max(2, Math.floor(width / (6.3 * d3.max(ticks, value => dimension.text(value).length) + 14)));
      if (ticks.length > room) ticks = ticks.filter((value, i) => i % Math.ceil(ticks.length / room) === 0);
      const words = group.selectAll(".tick").data(ticks).join("g").attr("class", "tick").attr("transform", value => `translate(${dimension.scale(value)},0)`);
      words.append("circle").attr("r", 2.2).attr("fill", "var(--faint)");
      halo(words.append("text").attr("y", 15).attr("text-anchor", "middle").style("font-size", "10.5px").text(dimension.text));
      group.append("g").call(d3.brushX().extent([[0, -9], [width, 9]]).on("brush end", () => {
        if (d3.event.selection) kept.set(dimension, d3.event.selection); else kept.delete(dimension);
        apply();
      })).selectAll(".selection").attr("fill", "var(--c2)").attr("stroke", "none");
    }
  }));
}

// ---- Effect of each axis ------------------------------------------------------------------------------------------------
// Points whose settings on all other axes exist with every value of axis `i`; all points where there are none.
function matchedPoints(points, i, values) {
  const rest = point => JSON.stringify(point.values.filter((value, axis) => axis !== i));
  const count = d3.nest().key(rest).rollup(group => group.length).object(points);
  const matched = points.filter(point => count[rest(point)] === values);
  return matched.length > 0 ? matched : points;
}

function drawEffects() {
  if (data.axes.length === 0) return;
  const section = pageSection("effects", "Effect of each axis",
    "All machines by the value of one axis. The line joins the geometric means of those that exist with every value and differ in nothing else.");
  let key = kFigures[0].key;
  choice(section.append("div").attr("class", "controls"), "Figure", kFigures.map(figure => [figure.key, figure.name]), key,
    value => { key = value; followers.forEach(redraw => redraw()); });
  follow(section, box => {
    const points = shown(), figure = figureOf(key);
    if (points.length === 0) return;
    const grid = box.append("div").attr("class", "two");
    data.axes.forEach((axis, i) => {
      const values = axisValues(i).filter(value => points.some(point => axisValue(point, i) === value));
      const matched = matchedPoints(points, i, values.length);
      const means = values.map(value => {
        const group = matched.filter(point => axisValue(point, i) === value).map(point => point[key]);
        return {value, mean: Math.exp(d3.mean(group, v => Math.log(Math.max(v, 1e-300))))};
      });
      const spread = d3.max(means, m => m.mean) / d3.min(means, m => m.mean);
      const cell = grid.append("div");
      cell.append("h3").text(axis.key + (axis.unit ? ` (${axis.unit})` : "")).append("span").style("font-weight", 400)
        .style("color", "var(--muted)").text(values.length > 1 ? `  × ${d3.format(".2f")(spread)} best to worst` : "  one value");
      responsiveChart(cell, (svg, width) => {
        const height = 190, margin = {top: 8, right: 14, bottom: 24, left: 62};
        svg.attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", `${figure.name} by ${axis.key}`);
        const x = d3.scalePoint(values, [margin.left, width - margin.right]).padding(.5);
        const y = costScale(points.map(point => point[key]), [height - margin.bottom, margin.top]);
        const ticks = fewTicks(y, 4);
        svg.append("g").attr("class", "grid").selectAll("line").data(ticks).join("line").attr("x1", margin.left)
          .attr("x2", width - margin.right).attr("y1", y).attr("y2", y);
        svg.append("g").selectAll("text").data(ticks).join("text").attr("x", margin.left - 6).attr("y", value => y(value) + 4)
          .attr("text-anchor", "end").text(figure.text);
        const every = Math.ceil(values.length / Math.max(1, Math.floor((width - 80) / (6.3 * d3.max(values, v => String(v).length) + 4))));
        svg.append("g").selectAll("text").data(values.filter((value, v) => v % every === 0)).join("text").attr("x", x).attr("y", height - 6)
          .attr("text-anchor", "middle").text(value => String(value).replace(/_/g, " "));
        svg.append("g").selectAll("circle").data(points).join("circle").attr("cx", point => x(axisValue(point, i))).attr("cy", point => y(point[key]))
          .attr("r", 3).attr("fill", "var(--c1)").attr("fill-opacity", .3).attr("data-point", point => point.index).attr("data-tip", pointTip);
        svg.append("path").attr("fill", "none").attr("stroke", "var(--c2)").attr("stroke-width", 2)
          .attr("d", d3.line().x(m => x(m.value)).y(m => y(m.mean))(means));
        svg.append("g").selectAll("circle").data(means).join("circle").attr("cx", m => x(m.value)).attr("cy", m => y(m.mean)).attr("r", 4)
          .attr("fill", "var(--c2)").attr("data-axis", i).attr("data-axis-value", m => m.value).attr("data-mean", m => m.mean)
          .attr("data-tip", m => `${axis.key} ${m.value}\nmean ${figure.name} ${figure.text(m.mean)}`);
      });
    });
  });
}

// ---- Two points beside each other ------------------------------------------------------------------------------------------
function drawComparison() {
  const section = pageSection("compare", "Two machines beside each other", "What they are built as, what they cost, and where their cycles went.");
  follow(section, compare);
}
function compare(section) {
  const all = shown();
  if (all.length < 2) return;
  let a = all.reduce((p, q) => q.cycles > p.cycles ? q : p), b = all.reduce((p, q) => q.cycles < p.cycles ? q : p);
  const options = all.map(point => [point.index, pointName(point)]);
  const controls = section.append("div").attr("class", "controls");
  choice(controls, "A", options, a.index, value => { a = data.points[+value]; draw(); });
  choice(controls, "B", options, b.index, value => { b = data.points[+value]; draw(); });
  const box = section.append("div");
  function draw() {
    box.selectAll("*").remove();
    const line = (name, va, vb, ratio) => [name, va, vb, ratio];
    const rows = data.axes.map((axis, i) => line(axis.key.replace(/_/g, " "), a.values[i].replace(/_/g, " "), b.values[i].replace(/_/g, " "), a.values[i] === b.values[i] ? "" : "differs"))
      .concat(kFigures.map(figure => line(figure.name, a[figure.key] === undefined ? "–" : figure.text(a[figure.key]),
        b[figure.key] === undefined ? "–" : figure.text(b[figure.key]), a[figure.key] ? "× " + d3.format(".3~g")(b[figure.key] / a[figure.key]) : "")));
    const table = box.append("table").attr("class", "wrap");
    table.append("thead").append("tr").selectAll("th").data(["", "A", "B", "B / A"]).join("th").text(text => text);
    table.append("tbody").selectAll("tr").data(rows).join("tr").selectAll("td").data(row => row).join("td").text(text => text);
    if (a.accounting && b.accounting) {
      box.append("h3").text("execute unit, cycles by cause");
      const causes = Object.keys(a.accounting.execute);
      legend(box, causes.filter(cause => a.accounting.execute[cause] + b.accounting.execute[cause] > 0).map(cause => [cause, causeColour("execute", cause)]));
      barRows(box, [["A", a], ["B", b]].map(([label, point]) => ({
        label, number: short(point.cycles), tip: causeTip(point.accounting, "execute", point.cycles),
        parts: causeParts(point.accounting, "execute", {point: point.index}),
      })), Math.max(a.cycles, b.cycles), true);
    }
    if (a.layers && b.layers && a.layers.length === b.layers.length) {
      const names = data.layer_names[a.workload];
      const changes = names.map((name, i) => ({name, a: a.layers[i], b: b.layers[i]}))
        .sort((p, q) => Math.abs(q.a - q.b) - Math.abs(p.a - p.b)).slice(0, 12);
      box.append("h3").text("layers that differ most, cycles of A and B");
      const most = d3.max(changes, change => Math.max(change.a, change.b));
      legend(box, [["A", "var(--c7)"], ["B", "var(--c1)"]]);
      barRows(box, [].concat(...changes.map(change => [
        {label: change.name, number: short(change.a), tip: `A: ${grouped(change.a)} cycles`, parts: [{value: change.a, colour: "var(--c7)"}]},
        {label: " ", number: short(change.b), tip: `B: ${grouped(change.b)} cycles`, parts: [{value: change.b, colour: "var(--c1)"}]},
      ])), most);
    }
  }
  draw();
}

function drawTable() {
  const section = pageSection("points", "All points", "Press a heading to sort.");
  const columns = [];
  if (workloads.length > 1) columns.push({name: "workload", left: true, value: point => point.workload, text: point => point.workload});
  data.axes.forEach((axis, i) => columns.push({name: axis.key, left: !numeric(axis), value: point => axisValue(point, i), text: point => point.values[i]}));
  for (const figure of kFigures) {
    columns.push({name: figure.name, value: point => point[figure.key] === undefined ? -1 : point[figure.key],
      text: point => point[figure.key] === undefined ? "–" : figure.exact ? figure.exact(point[figure.key]) : figure.text(point[figure.key])});
  }
  columns.push({name: "state", left: true, value: point => point.status, text: point => !point.status ? "not run" :
    point.status !== "ok" ? point.status + ": " + point.reason : point.verified === true ? "verified" : "timing only"});
  const most = 3000;
  if (data.points.length > most) section.append("p").attr("class", "note").text(`The first ${grouped(most)} of ${grouped(data.points.length)}.`);
  sortableTable(section, columns, data.points.slice(0, most), (line, point) => {
    line.attr("data-point", point.index).attr("data-status", point.status);
    for (const figure of kFigures) if (point[figure.key] !== undefined) line.attr("data-" + figure.key.replace(/_/g, "-"), point[figure.key]);
  });
}

drawHead();
drawPareto();
drawParallel();
drawEffects();
drawComparison();
drawTable();
page.append("footer").text(`Gemel ${data.version || ""} · charts drawn with D3 (ISC licence)`);
document.documentElement.dataset.drawn = "sweep";
