"use strict";
// What every report shares: theme, numbers as people read them, tooltips, bar rows, legends, sortable tables.
window.addEventListener("error", event => { document.documentElement.dataset.error = event.message; });

const data = JSON.parse(document.getElementById("data").textContent);
const page = d3.select("#page");
const grouped = d3.format(",");
const percent = share => isFinite(share) ? d3.format(".1f")(100 * share) + "\u00a0%" : "–";

// 3 significant digits: 512, 1.23 k, 4.09 G.
function short(value, unit = "") {
  if (value === 0) return "0" + (unit ? " " + unit : "");
  if (!unit && Math.abs(value) < 1) return d3.format(".2~r")(value);
  const suffixes = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];
  const magnitude = Math.abs(value);
  const [scale, suffix] = suffixes.find(([limit]) => magnitude >= 0.9995 * limit) || suffixes[suffixes.length - 1];
  const scaled = value / scale;
  const digits = suffix === "" && Number.isInteger(value) ? 0 : Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  const text = scaled.toFixed(digits);
  return suffix || unit ? text + "\u00a0" + suffix + unit : text;
}

// ---- Causes of cycles (docs/microarchitecture.md, section 14) ------------------------------------------------------
const kCauseColours = {
  busy: "var(--c1)", read: "var(--c1)", issue: "var(--c4)", write: "var(--c4)", compute: "var(--c3)",
  wait_load: "var(--c2)", wait_slot: "var(--c2)", latency: "var(--c2)", wait_dispatch: "var(--c2)", blocked: "var(--c2)",
  bank_conflict: "var(--c5)", wait_port: "var(--c5)", wait_reader: "var(--c5)", wait_store: "var(--c3)",
  wait_tracker: "var(--c6)", wait_buffer: "var(--c6)", wait_drain: "var(--c6)", fence: "var(--c3)", gap: "var(--c7)",
  no_command: "var(--c7)", idle: "var(--c8)",
};
const kCauseWords = {
  busy: "at work", bank_conflict: "a row waits for a memory bank", wait_load: "the next command waits for a load",
  wait_store: "the next command waits for a store", wait_drain: "results leave the array first",
  no_command: "the host has not sent a command yet", idle: "nothing to do", wait_tracker: "all trackers taken",
  wait_reader: "the DMA reader is busy", wait_dispatch: "the store pipeline is full", wait_slot: "all requests in flight",
  wait_port: "another unit has the memory port", wait_buffer: "the row buffer is full", read: "a beat arrives",
  write: "a write is acknowledged", latency: "waiting for memory", blocked: "the accelerator takes no command",
  fence: "waiting at a fence", gap: "between commands", compute: "a layer runs on the host",
};
// `issue` means two things.
const causeWords = (unit, cause) => cause === "issue"
  ? unit === "host" ? "sends a command" : "a command is on its way to the unit" : kCauseWords[cause] || cause;
const causeColour = (unit, cause) => unit === "host" && cause === "issue" ? "var(--c1)" : kCauseColours[cause] || "var(--c7)";

function causeParts(accounting, unit, extra) {
  return Object.keys(accounting[unit]).map(cause => ({
    value: accounting[unit][cause], colour: causeColour(unit, cause), data: {unit, cause, ...extra},
    tip: `${cause}: ${causeWords(unit, cause)}\n${grouped(accounting[unit][cause])} cycles`,
  })).filter(part => part.value > 0);
}
function causeTip(accounting, unit, cycles) {
  return Object.keys(accounting[unit]).filter(cause => accounting[unit][cause] > 0)
    .sort((a, b) => accounting[unit][b] - accounting[unit][a])
    .map(cause => `${cause} ${percent(accounting[unit][cause] / cycles)}`).join("\n");
}
// ---- Theme: the system's, until the button or #dark / #light says otherwise --------------------------------------
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
const themeOfAddress = () => /^#(dark|light)$/.test(location.hash) ? location.hash.slice(1) : "auto";
let chosenTheme = themeOfAddress();
function applyTheme() {
  const dark = chosenTheme === "dark" || (chosenTheme === "auto" && systemDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  d3.select(".theme").text({auto: "Auto", dark: "Dark", light: "Light"}[chosenTheme]).attr("title", "Theme: as the system, dark or light");
}
systemDark.addEventListener("change", applyTheme);
window.addEventListener("hashchange", () => { chosenTheme = themeOfAddress(); applyTheme(); });

function pageHeader(title, subtitle) {
  const header = page.append("header");
  const words = header.append("div");
  words.append("h1").text(title);
  words.append("p").attr("class", "sub").call(subtitle);
  header.append("button").attr("class", "theme").attr("type", "button").on("click", () => {
    chosenTheme = {auto: "dark", dark: "light", light: "auto"}[chosenTheme];
    applyTheme();
  });
  applyTheme();
}

function pageSection(id, title, note) {
  const section = page.append("section").attr("id", id);
  section.append("h2").text(title);
  if (note) section.append("p").attr("class", "note").text(note);
  return section;
}

function figureTile(parent, figure, name, value, text, unit, more) {
  const tile = parent.append("div").attr("class", "figure").attr("data-figure", figure).attr("data-value", value);
  tile.append("div").attr("class", "name").text(name);
  const line = tile.append("div").attr("class", "value").text(text);
  if (unit) line.append("small").text(unit);
  if (more) tile.append("div").attr("class", "more").text(more);
}

// ---- Tooltips: any element with data-tip, under the pointer or the focus ------------------------------------------
const tip = document.getElementById("tip");
function showTip(target, x, y) {
  tip.textContent = target.dataset.tip;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, x + 14), window.innerWidth - box.width - 8);
  const above = y + 18 + box.height > window.innerHeight;
  tip.style.left = left + "px";
  tip.style.top = (above ? Math.max(8, y - box.height - 12) : y + 18) + "px";
}
for (const kind of ["pointermove", "pointerdown"]) {
  document.addEventListener(kind, event => {
    const target = event.target.closest && event.target.closest("[data-tip]");
    if (target) showTip(target, event.clientX, event.clientY);
    else tip.hidden = true;
  });
}
document.addEventListener("focusin", event => {
  if (!event.target.dataset || !event.target.dataset.tip) return;
  const box = event.target.getBoundingClientRect();
  showTip(event.target, box.left + box.width / 2, box.bottom);
});
document.addEventListener("focusout", () => { tip.hidden = true; });
document.addEventListener("scroll", () => { tip.hidden = true; }, {passive: true});

function legend(parent, entries) {
  const box = parent.append("div").attr("class", "legend");
  for (const [name, colour] of entries) {
    const entry = box.append("span");
    const mark = entry.append("i");
    if (colour === "tick") mark.attr("class", "tick"); else mark.style("background", colour);
    entry.append("span").text(name);
  }
  return box;
}

// Rows of stacked bars. rows: {label, host, number, tip, parts: [{value, colour, tip, data: {...}}], tick}; values in
// units of `full`, the width of the bar; data become data-* attributes of the part.
function barRows(parent, rows, full, big = false) {
  const grid = parent.append("div").attr("class", "rows" + (big ? " big" : ""));
  for (const row of rows) {
    const label = grid.append("div").attr("class", "label" + (row.host ? " host" : "")).attr("title", row.label);
    // Names differ at their ends as much as at their beginnings: the middle is what a narrow page leaves out.
    const tail = row.label.length > 10 ? 6 : 0;
    label.append("span").attr("class", "head").text(row.label.slice(0, row.label.length - tail));
    if (tail > 0) label.append("span").text(row.label.slice(-tail));
    const bar = grid.append("div").attr("class", "bar").attr("tabindex", 0).attr("role", "img")
      .attr("aria-label", row.label + ": " + row.tip.replace(/\n/g, ", ")).attr("data-tip", row.label + "\n" + row.tip);
    const whole = row.full === undefined ? full : row.full;
    for (const part of row.parts) {
      const block = bar.append("div").style("background", part.colour)
        .style("width", whole > 0 ? (100 * part.value / whole) + "%" : 0).attr("data-value", part.value);
      if (part.tip) block.attr("data-tip", part.tip);
      for (const key of Object.keys(part.data || {})) block.attr("data-" + key, part.data[key]);
    }
    if (row.tick !== undefined && whole > 0)
      bar.append("div").attr("class", "tick").attr("data-tick", row.tick)
        .style("left", `min(${100 * row.tick / whole}%, 100% - 2px)`);
    grid.append("div").attr("class", "number").text(row.number);
  }
  return grid;
}

// columns: {name, text: row => string, value: row => number or string (sorts), left}
function sortableTable(parent, columns, rows, rowAttributes) {
  const table = parent.append("div").attr("class", "scroll").append("table");
  let sorted = {column: -1, ascending: false};
  const head = table.append("thead").append("tr").selectAll("th").data(columns).join("th")
    .attr("class", column => column.left ? "text" : null).attr("scope", "col");
  head.append("button").attr("type", "button").text(column => column.name).on("click", column => {
    const index = columns.indexOf(column);
    sorted = {column: index, ascending: sorted.column === index ? !sorted.ascending : !!column.left};
    draw();
  });
  const body = table.append("tbody");
  function draw() {
    const order = rows.slice();
    if (sorted.column >= 0) {
      const value = columns[sorted.column].value;
      order.sort((a, b) => (sorted.ascending ? d3.ascending : d3.descending)(value(a), value(b)));
    }
    head.attr("aria-sort", (column, i) => i !== sorted.column ? null : sorted.ascending ? "ascending" : "descending");
    body.selectAll("tr").remove();
    for (const row of order) {
      const line = body.append("tr");
      if (rowAttributes) rowAttributes(line, row);
      line.selectAll("td").data(columns).join("td").attr("class", column => column.left ? "text" : null)
        .attr("title", (column, i) => i === 0 ? column.text(row) : null).text(column => column.text(row));
    }
  }
  draw();
}

// Draws now, and again whenever the box has another width: draw(svg, width).
function responsiveChart(parent, draw) {
  const box = parent.append("div");
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(box.node().clientWidth);
    if (width === drawn || width === 0) return;
    drawn = width;
    box.selectAll("svg").remove();
    draw(box.append("svg"), width);
  };
  redraw();
  window.addEventListener("resize", redraw);
  return box;
}
