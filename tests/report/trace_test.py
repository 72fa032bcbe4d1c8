#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""trace_test.py GEMEL: timelines against the JSON Trace Event Format and against the statistics of the same run.

GEMEL_WHOLE_TRACE=1 besides traces all of ResNet-50, window by window (some minutes)."""
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest

import jsonschema

GEMEL = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "chrome_trace.schema.json"), encoding="utf-8") as file:
    SCHEMA = jsonschema.Draft7Validator(json.load(file))
UNITS = ["execute", "load", "store", "dma_read", "dma_write", "memory", "host"]


class Trace(unittest.TestCase):
    whole = {}  # by workload: runs that several tests look at

    def whole_trace_of(self, work):
        if work not in Trace.whole:
            Trace.whole[work] = self.trace_of(work)[:2]
        return Trace.whole[work]

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def file(self, name):
        return os.path.join(self.directory.name, name)

    def gemel(self, *arguments):
        return subprocess.run([GEMEL, "run", *arguments], capture_output=True, text=True, cwd=self.directory.name)

    def trace_of(self, work, *arguments, name="trace.json", checked=True):
        done = self.gemel(os.path.join(ROOT, work), "--trace", name, "--json", "run.json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        opener = gzip.open if name.endswith(".gz") else open
        with opener(self.file(name), "rt", encoding="utf-8") as file:
            trace = json.load(file)
        with open(self.file("run.json"), encoding="utf-8") as file:
            statistics = json.load(file)
        if checked:
            self.check_format(trace)
        return trace, statistics, done.stdout

    def check_format(self, trace):
        """The schema, and what it cannot say: tracks are named before their slices, which lie one after the other."""
        error = jsonschema.exceptions.best_match(SCHEMA.iter_errors(trace))
        self.assertIsNone(error, error)
        self.assertIsInstance(trace["otherData"], dict)
        known = set()
        slices = collections.defaultdict(list)
        for event in trace["traceEvents"]:
            self.assertEqual(event["pid"], 1)
            self.assertIn(event["ph"], "MXC")
            if event["name"] == "thread_name":
                known.add(event["tid"])
            elif event["ph"] == "X":
                self.assertIn(event["tid"], known)
                self.assertIsInstance(event["ts"], int)
                self.assertGreater(event["dur"], 0)
                slices[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        for track in slices.values():
            track.sort()
            for (_, end), (start, _) in zip(track, track[1:]):
                self.assertLessEqual(end, start)

    def tracks(self, trace):
        return {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}

    def sums(self, trace):
        """{(track, name): cycles} of all slices."""
        names, out = self.tracks(trace), collections.Counter()
        for event in trace["traceEvents"]:
            if event["ph"] == "X":
                out[names[event["tid"]], event["name"]] += event["dur"]
        return out

    def check_accounting(self, trace, statistics):
        sums = self.sums(trace)
        for unit in UNITS:
            for cause, cycles in statistics["accounting"][unit].items():
                self.assertEqual(sums[unit, cause], 0 if cause == "idle" else cycles, (unit, cause))

    def check_counters(self, trace, statistics):
        totals = collections.Counter()
        for event in trace["traceEvents"]:
            if event["ph"] == "C":
                for cause, cycles in event["args"].items():
                    totals[event["name"].split(":")[0], cause] += cycles
        for unit in UNITS:
            for cause, cycles in statistics["accounting"][unit].items():
                self.assertEqual(totals[unit, cause], cycles, (unit, cause))

    def test_slices_are_the_accounting(self):
        for work in ("workloads/models/mlperf_tiny_resnet8.yaml", "workloads/gemm/ragged_131x257x67.yaml"):
            trace, statistics = self.whole_trace_of(work)
            self.assertTrue(trace["otherData"]["window_is_whole_run"])
            self.check_accounting(trace, statistics)
            layers = [(e["name"], e["dur"]) for e in trace["traceEvents"] if e["ph"] == "X" and e["tid"] == 1]
            self.assertEqual(layers, [(layer["name"], layer["cycles"]) for layer in statistics["layers"]])

    def test_every_command_and_request_has_its_slice(self):
        trace, statistics, _ = self.trace_of("workloads/conv/pooled_3x3.yaml")
        names = self.tracks(trace)
        counts = collections.Counter()
        for event in trace["traceEvents"]:
            if event["ph"] == "X":
                counts[names[event["tid"]].rstrip("0123456789").strip(), event["name"].split()[0]] += 1
        actions = statistics["actions"]
        loads = sum(counts["load command", name] for name in ("mvin", "mvin2", "mvin3"))
        self.assertEqual(loads, actions["loads"])
        self.assertEqual(counts["store command", "mvout"], actions["stores"])
        self.assertEqual(counts["execute command", "preload"], actions["preloads"])
        self.assertEqual(counts["memory read", "read"], statistics["read_requests"])
        self.assertEqual(counts["memory write", "write"], statistics["write_requests"])

    def test_tiles_share_out_the_commands_of_their_layers(self):
        trace, statistics = self.whole_trace_of("workloads/models/mlperf_tiny_resnet8.yaml")
        names = self.tracks(trace)
        begins = {e["name"]: e["ts"] for e in trace["traceEvents"] if e.get("tid") == 1 and e["ph"] == "X"}
        counts, spans, numbers = collections.Counter(), {}, collections.defaultdict(set)
        for event in trace["traceEvents"]:
            if event["ph"] != "X":
                continue
            kind, _, rest = names[event["tid"]].partition(" ")
            if kind != "tile":
                continue
            command_class = rest.split()[0]
            layer, _, place = event["name"].rpartition(" ")
            number, of = map(int, place.split("/"))
            counts[command_class] += event["args"]["commands"]
            spans[command_class, layer, number] = (event["ts"], event["ts"] + event["dur"])
            numbers[layer, of].add(number)
            self.assertGreaterEqual(event["ts"], begins[layer])  # none before its layer is being issued
        self.assertGreater(len(numbers), 5)
        for (layer, of), seen in numbers.items():
            self.assertEqual(seen, set(range(1, of + 1)), layer)
        # Each tile has its own commands, with the configurations before them.
        actions = statistics["actions"]
        self.assertEqual(counts["execute"], actions["preloads"] + actions["computes"])
        configurations = counts["load"] - actions["loads"] + counts["store"] - actions["stores"]
        self.assertGreaterEqual(counts["load"], actions["loads"])
        self.assertGreaterEqual(counts["store"], actions["stores"])
        self.assertLessEqual(configurations, actions["configurations"])
        for (command_class, layer, number), (_, end) in spans.items():
            if command_class == "store" and ("execute", layer, number) in spans:
                self.assertGreater(end, spans["execute", layer, number][0])

    def test_a_window_names_its_commands_and_tiles(self):
        work = "workloads/models/mlperf_tiny_resnet8.yaml"
        whole, _ = self.whole_trace_of(work)
        part, _, _ = self.trace_of(work, "--trace-window", "20000:21000")

        def commands(trace):
            names = self.tracks(trace)
            return {
                (names[e["tid"]], e["name"], e["ts"], e["dur"])
                for e in trace["traceEvents"]
                if e["ph"] == "X" and " command " in names[e["tid"]] and 20000 <= e["ts"] and e["ts"] + e["dur"] < 21000
            }

        self.assertEqual(commands(part), commands(whole))
        tiles = {e["name"] for e in part["traceEvents"] if e["ph"] == "X" and "tile" in self.tracks(part)[e["tid"]]}
        self.assertTrue(tiles)
        self.assertLessEqual(tiles, {e["name"] for e in whole["traceEvents"]})

    def test_the_schema_refuses_what_is_no_trace(self):
        good = {"ph": "X", "name": "a", "pid": 1, "tid": 1, "ts": 0, "dur": 1}
        self.assertTrue(SCHEMA.is_valid({"traceEvents": [good]}))
        self.assertFalse(SCHEMA.is_valid({}))
        self.assertFalse(SCHEMA.is_valid({"traceEvents": [good], "displayTimeUnit": "us"}))
        for change in ({"ph": "Y"}, {"dur": -1}, {"ts": "0"}, {"name": 5}, {"args": []}):
            self.assertFalse(SCHEMA.is_valid({"traceEvents": [{**good, **change}]}), change)
        for missing in good:
            event = {key: value for key, value in good.items() if key != missing}
            self.assertFalse(SCHEMA.is_valid({"traceEvents": [event]}), missing)
        for event in (
            {"ph": "C", "name": "a", "pid": 1, "ts": 0, "args": {"b": "c"}},
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {}},
        ):
            self.assertFalse(SCHEMA.is_valid({"traceEvents": [event]}), event)

    def test_a_window_is_the_same_part_of_the_whole(self):
        work = "workloads/gemm/square_128.yaml"
        whole, _, _ = self.trace_of(work)
        part, statistics, _ = self.trace_of(work, "--trace-window", "2000:3000")
        self.assertEqual(part["otherData"]["window_from_cycle"], 2000)
        self.assertEqual(part["otherData"]["window_to_cycle"], 3000)
        self.assertFalse(part["otherData"]["window_ended_early"])

        def clipped(trace):
            names = self.tracks(trace)
            return {
                (names[e["tid"]], e["name"], max(e["ts"], 2000), min(e["ts"] + e["dur"], 3000))
                for e in trace["traceEvents"]
                if e["ph"] == "X" and names[e["tid"]] in UNITS and e["ts"] < 3000 and e["ts"] + e["dur"] > 2000
            }

        self.assertEqual(clipped(part), clipped(whole))
        # The counters still cover the whole run.
        self.check_counters(part, statistics)

    def test_resnet50_stays_bounded_and_its_counters_are_the_accounting(self):
        trace, statistics, out = self.trace_of(
            "workloads/models/resnet50.yaml", "--timing-only", "--trace-window", "9000000:9040000", name="trace.json.gz"
        )
        self.assertLess(os.path.getsize(self.file("trace.json.gz")), 5_000_000)
        self.check_counters(trace, statistics)
        self.assertEqual(len([e for e in trace["traceEvents"] if e["ph"] == "X" and e["tid"] == 1]), 55)

    @unittest.skipUnless(os.environ.get("GEMEL_WHOLE_TRACE"), "GEMEL_WHOLE_TRACE is not set")
    def test_slices_of_all_of_resnet50_are_the_accounting(self):
        sums, start, windows = collections.Counter(), 0, 0
        while True:
            # The schema takes a minute a window, so the first stands for all.
            window = ("--timing-only", "--trace-window", f"{start}:")
            trace, statistics, _ = self.trace_of("workloads/models/resnet50.yaml", *window, checked=windows == 0)
            other, names = trace["otherData"], self.tracks(trace)
            for event in trace["traceEvents"]:
                if event["ph"] == "X" and names[event["tid"]] in UNITS:
                    sums[names[event["tid"]], event["name"]] += event["dur"]
            windows += 1
            print(f"window {windows}: cycles {start} to {other['window_to_cycle']}", flush=True)
            if not other["window_ended_early"]:
                break
            start = other["window_to_cycle"]
        for unit in UNITS:
            for cause, cycles in statistics["accounting"][unit].items():
                self.assertEqual(sums[unit, cause], 0 if cause == "idle" else cycles, (unit, cause))

    def test_bad_windows_are_refused(self):
        work = os.path.join(ROOT, "workloads/gemm/square_64.yaml")
        for window in ("5", "9:3", "4:4", "a:b", "1:2:3", "-1:5", "1e3:2e3"):
            done = self.gemel(work, "--trace", "t.json", f"--trace-window={window}")
            self.assertEqual((done.returncode, done.stdout), (2, ""), window)
            self.assertIn("expected FROM:TO", done.stderr)
            self.assertFalse(os.path.exists(self.file("t.json")))
        self.assertEqual(self.gemel(work, "--trace-window", "1:2").returncode, 2)
        self.assertEqual(self.gemel(work, "--trace", "t.json", "--engine", "rtl").returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
