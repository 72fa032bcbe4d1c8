#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report_page_test.py GEMEL DIRECTORY: makes reports, opens them in Chromium in both themes and at the width of a
desktop and a phone, and compares every number drawn with the statistics file. Screenshots stay in DIRECTORY."""
import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402

GEMEL, DIRECTORY = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIEWS = [(width, dark) for width in (1080, 390) for dark in (False, True)]
MOST_BYTES = 3_000_000

# Marks with these attributes, as dictionaries of all their data-* attributes.
MARKS = "return [...document.querySelectorAll(arguments_selector)].map(e => ({...e.dataset}));"
# Pairs of words of one chart that lie on each other.
OVERLAPS = """
const found = [];
for (const svg of document.querySelectorAll("svg")) {
  const words = [...svg.querySelectorAll("text")].filter(t => t.textContent.trim() && !(t.getAttribute("transform") || "").includes("rotate"))
    .map(t => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
  for (let i = 0; i < words.length; ++i) for (let j = i + 1; j < words.length; ++j) {
    const [p, a] = words[i], [q, b] = words[j];
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
      found.push(svg.getAttribute("aria-label") + ": " + p + " / " + q);
  }
}
return found;
"""
# Words of charts that stick out of the page.
OUTSIDE = """
return [...document.querySelectorAll("svg text")].filter(t => { const b = t.getBoundingClientRect();
  return b.width > 0 && (b.left < -1 || b.right > document.documentElement.clientWidth + 1); }).map(t => t.textContent);
"""
# Largest difference, in pixels, between a bar's part and its share of the value that fills the bar.
CROOKED = """
let worst = 0;
for (const part of document.querySelectorAll("#stalls .bar > div[data-cause]")) {
  const bar = part.parentElement.getBoundingClientRect();
  if (bar.width === 0) continue;
  const whole = [...part.parentElement.children].reduce((sum, p) => sum + Number(p.dataset.value), 0);
  worst = Math.max(worst, Math.abs(part.getBoundingClientRect().width - bar.width * part.dataset.value / whole));
}
return worst;
"""


def gemel(*arguments):
    done = subprocess.run([GEMEL, *arguments], capture_output=True, text=True, cwd=DIRECTORY)
    if done.returncode != 0:
        raise AssertionError(f"gemel {' '.join(arguments)}: {done.stderr}{done.stdout}")
    return done.stdout


def in_directory(name):
    return os.path.join(DIRECTORY, name)


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(DIRECTORY, exist_ok=True)
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()

    def marks(self, selector):
        return self.browser.run(MARKS.replace("arguments_selector", json.dumps(selector)))

    def values(self, selector, *names):
        """{(names...): value} of the marks; each may stand there once."""
        out = {}
        for mark in self.marks(selector):
            key = tuple(mark[name] for name in names)
            self.assertNotIn(key, out, selector)
            out[key] = float(mark["value"])
        return out

    def check_views(self, page, kind):
        """Every view is drawn whole, without complaints, and has no words on words."""
        with open(page, encoding="utf-8") as file:
            text = file.read()
        self.assertLess(len(text.encode()), MOST_BYTES)
        own = re.sub(r"<script>.*?</script>", "", text.replace("\n", " "), count=1)  # all but the chart library
        for outside in ("src=", "<link", "@import", "url(http", "http://", "https://"):
            self.assertNotIn(outside, own)
        grounds = set()
        for width, dark in VIEWS:
            with self.subTest(width=width, dark=dark):
                self.browser.open(page, width, dark)
                root = self.browser.run("return {...document.documentElement.dataset};")
                self.assertEqual(root, {"theme": "dark" if dark else "light", "drawn": kind})
                self.assertEqual(self.browser.log(), [])
                self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth;"), width)
                self.assertEqual(self.browser.run(OVERLAPS), [])
                self.assertEqual(self.browser.run(OUTSIDE), [])
                self.assertNotRegex(self.browser.run("return document.querySelector('main').innerText;"), "NaN|Infinity|undefined")
                grounds.add(self.browser.run("return getComputedStyle(document.body).backgroundColor;"))
                name = os.path.splitext(os.path.basename(page))[0]
                self.browser.screenshot(in_directory(f"{name}_{width}_{'dark' if dark else 'light'}.png"))
        self.assertEqual(len(grounds), 2)

    def check_run_numbers(self, statistics):
        layers = statistics["layers"]
        figures = self.values("[data-figure]", "figure")
        self.assertEqual(figures[("cycles",)], statistics["cycles"])
        self.assertEqual(figures[("utilization",)], statistics["utilization"])
        self.assertEqual(figures[("macs",)], statistics["macs"])
        self.assertEqual(figures[("dram_bytes",)], statistics["dram_read_bytes"] + statistics["dram_write_bytes"])
        self.assertEqual(figures[("energy",)], statistics["energy"]["total_pj"])
        self.assertEqual(figures[("area",)], statistics["energy"]["area_um2"])

        whole = {
            (unit, cause): cycles
            for unit, causes in statistics["accounting"].items()
            for cause, cycles in causes.items()
            if cycles > 0
        }
        self.assertEqual(self.values("#stalls [data-cause]:not([data-layer])", "unit", "cause"), whole)
        each = {
            (str(i), unit, cause): cycles
            for i, layer in enumerate(layers)
            for unit, causes in layer["accounting"].items()
            for cause, cycles in causes.items()
            if cycles > 0
        }
        self.assertEqual(self.values("#stalls [data-layer]", "layer", "unit", "cause"), each)
        self.assertLess(self.browser.run(CROOKED), 1)

        blocks = self.marks("#timeline [data-layer]")
        start = 0
        self.assertEqual(len(blocks), len(layers))
        for i, (block, layer) in enumerate(zip(blocks, layers)):
            self.assertEqual(
                (int(block["layer"]), int(block["start"]), int(block["value"])), (i, start, layer["cycles"])
            )
            self.assertEqual(float(block["utilization"]), layer["utilization"])
            start += layer["cycles"]
        self.assertIn(start, (0, statistics["cycles"]))

        dots = {int(dot["layer"]): dot for dot in self.marks("#roofline circle[data-layer]")}
        on_array = [i for i, layer in enumerate(layers) if layer["where"] == "array" and layer["macs"] > 0]
        self.assertEqual(sorted(dots), on_array)
        for i in on_array:
            layer = layers[i]
            traffic = layer["dram_read_bytes"] + layer["dram_write_bytes"]
            self.assertAlmostEqual(float(dots[i]["intensity"]), layer["macs"] / traffic, places=9)
            self.assertAlmostEqual(float(dots[i]["rate"]), layer["macs"] / layer["cycles"], places=9)

        traffic = {}
        for i, layer in enumerate(layers):
            traffic[(str(i), "read")] = layer["dram_read_bytes"]
            traffic[(str(i), "write")] = layer["dram_write_bytes"]
        self.assertEqual(self.values("#traffic [data-traffic]", "layer", "traffic"), traffic)

        used = {
            (str(i), memory): layer["actions"][memory + "_rows_used"]
            for i, layer in enumerate(layers)
            if layer["where"] == "array"
            for memory in ("scratchpad", "accumulator")
        }
        self.assertEqual(self.values("#occupancy [data-memory]", "layer", "memory"), used)

        positive = lambda parts: {(name,): value for name, value in parts.items() if value > 0}  # noqa: E731
        energy = statistics["energy"]
        self.assertEqual(self.values("#energy [data-energy]:not([data-layer])", "energy"), positive(energy["components"]))
        self.assertEqual(self.values("#energy [data-area]", "area"), positive(energy["area"]))
        self.assertAlmostEqual(sum(energy["components"].values()) / energy["total_pj"], 1, places=9)
        drawn = self.values("#energy [data-energy][data-layer]", "layer", "energy")
        for i, layer in enumerate(layers):
            for name, value in layer["energy"]["components"].items():
                self.assertEqual(drawn.get((str(i), name), 0), value)

        rows = self.marks("#layers tr[data-layer]")
        self.assertEqual([int(row["cycles"]) for row in rows], [layer["cycles"] for layer in layers])

    def report_of(self, name, *arguments):
        gemel("run", *arguments, "--json", name + ".json", "--report", name + ".html")
        with open(in_directory(name + ".json"), encoding="utf-8") as file:
            statistics = json.load(file)
        self.check_views(in_directory(name + ".html"), "run")
        self.check_run_numbers(statistics)
        return statistics

    def test_resnet50_is_drawn_as_measured(self):
        statistics = self.report_of("resnet50", ROOT + "/workloads/models/resnet50.yaml")
        self.assertEqual(len(statistics["layers"]), 55)

    def test_layers_on_the_host_are_drawn(self):
        statistics = self.report_of("pooled_on_host", ROOT + "/workloads/conv/pooled_on_host.yaml", "-c", "tiny_4x4")
        self.assertIn("host", [layer["where"] for layer in statistics["layers"]])

    def test_a_command_stream_has_no_layers(self):
        statistics = self.report_of("stream", ROOT + "/tests/golden/truth/micro_mvin_16x64_spad_n4.rocc")
        self.assertEqual(statistics["layers"], [])

    def test_a_report_of_a_file_is_the_report_of_the_run(self):
        work = ROOT + "/workloads/gemm/ragged_15x17x33.yaml"
        gemel("run", work, "--json", "small.json", "--report", "direct.html")
        gemel("report", "small.json", "-o", "from_file.html")
        with open(in_directory("direct.html"), "rb") as direct, open(in_directory("from_file.html"), "rb") as other:
            self.assertEqual(direct.read(), other.read())

    def test_markdown_and_csv_say_what_the_file_says(self):
        gemel("run", ROOT + "/workloads/conv/pooled_on_host.yaml", "--json", "text.json")
        with open(in_directory("text.json"), encoding="utf-8") as file:
            statistics = json.load(file)
        markdown = gemel("report", "text.json", "--md")
        self.assertIn(f"| cycles | {statistics['cycles']:,} |", markdown)
        rows = list(csv.DictReader(io.StringIO(gemel("report", "text.json", "--csv"))))
        self.assertEqual(len(rows), len(statistics["layers"]))
        for row, layer in zip(rows, statistics["layers"]):
            self.assertIn(f"| {layer['name']} |", markdown)
            self.assertEqual(row["name"], layer["name"])
            self.assertEqual(int(row["cycles"]), layer["cycles"])
            self.assertEqual(float(row["energy.total_pj"]), layer["energy"]["total_pj"])
            for unit, causes in layer["accounting"].items():
                for cause, cycles in causes.items():
                    self.assertEqual(int(row[f"{unit}.{cause}"]), cycles)

    def test_the_theme_can_be_chosen(self):
        gemel("run", ROOT + "/workloads/gemm/ragged_1x1x1.yaml", "--report", "theme.html")
        self.browser.open(in_directory("theme.html"), 1080, dark=False)
        themes = [self.browser.run("document.querySelector('.theme').click(); return document.documentElement.dataset.theme;") for _ in range(3)]
        self.assertEqual(themes, ["dark", "light", "light"])
        self.browser.open(in_directory("theme.html") + "#dark", 1080, dark=False)
        self.assertEqual(self.browser.run("return document.documentElement.dataset.theme;"), "dark")

    def test_names_cannot_break_the_page(self):
        name = "</script><b>&amp;"
        gemel("run", ROOT + "/workloads/gemm/ragged_1x1x1.yaml", "--json", "odd.json")
        with open(in_directory("odd.json"), encoding="utf-8") as file:
            statistics = json.load(file)
        statistics["workload"] = statistics["layers"][0]["name"] = name
        with open(in_directory("odd.json"), "w", encoding="utf-8") as file:
            json.dump(statistics, file)
        gemel("report", "odd.json", "-o", "odd.html")
        self.browser.open(in_directory("odd.html"), 1080)
        self.assertEqual(self.browser.run("return document.querySelector('h1').textContent;"), name)
        self.assertEqual(self.browser.run("return document.title;"), name + " on gemmini_16x16")
        self.assertEqual(self.browser.log(), [])

    def test_a_sweep_is_drawn_as_its_database_has_it(self):
        sweep = in_directory("small_sweep.yaml")
        with open(sweep, "w", encoding="utf-8") as file:
            file.write(
                "schema: sweep/v1\nname: small_sweep\nconfig: gemmini_16x16\n"
                f"workloads: [{ROOT}/workloads/gemm/square_64.yaml, {ROOT}/workloads/conv/ragged_15x17x3.yaml]\n"
                "set:\n  mesh.output_bits: auto\n"
                "axes:\n  mesh.dim: {powers_of_two: [4, 16]}\n  memory.latency_cycles: [10, 200]\n"
                "  mesh.dataflow: [weight_stationary, output_stationary]\n"
            )
        gemel("sweep", sweep, "-o", "small_sweep")
        gemel("report", "small_sweep", "-o", "small_sweep.html")
        self.check_views(in_directory("small_sweep.html"), "sweep")
        with sqlite3.connect(in_directory("small_sweep/sweep.sqlite")) as database:
            rows = database.execute(
                "SELECT position, workload, cycles, energy_pj, area_um2 FROM points JOIN results USING (key) ORDER BY position"
            ).fetchall()
        self.assertEqual(len(rows), 24)
        table = {
            int(mark["point"]): (int(mark["cycles"]), float(mark["energyPj"]), float(mark["areaUm2"]))
            for mark in self.marks("#points tr[data-point]")
        }
        self.assertEqual(table, {row[0]: row[2:] for row in rows})

        with open(in_directory("small_sweep/table.csv"), encoding="utf-8") as file:
            self.assertEqual(gemel("report", "small_sweep", "--csv"), file.read())
        lines = gemel("report", "small_sweep", "--md").splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("| ")]), 2 + len(rows))

        first = [row for row in rows if row[1] == rows[0][1]]
        costs = {row[0]: row[2:] for row in first}
        charts = [(0, 1), (0, 2), (1, 2)]
        dots = self.marks("#pareto circle[data-point]")
        self.assertEqual(len(dots), len(charts) * len(first))
        for n, dot in enumerate(dots):
            x, y = charts[n // len(first)]
            cost = costs[int(dot["point"])]
            self.assertEqual((float(dot["x"]), float(dot["y"])), (cost[x], cost[y]))
        for (x, y), line in zip(charts, self.marks("#pareto [data-front]")):
            front = {costs[int(point)] for point in line["front"].split()}
            best = {
                a for a in costs.values()
                if not any(b[x] <= a[x] and b[y] <= a[y] and (b[x], b[y]) != (a[x], a[y]) for b in costs.values())
            }
            self.assertEqual({(a[x], a[y]) for a in front}, {(a[x], a[y]) for a in best})
        self.assertEqual(len(self.marks("#parallel path[data-point]")), len(first))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
