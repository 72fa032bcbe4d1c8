#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""witness.py GEMEL DIR [--update]: ONNX Runtime computes what expected.txt says, and what `gemel compile --emit-onnx`
writes means the same to it.

DIR, in the build tree, gets the npm package onnxruntime-node. Where that can not be had, the test says so and ends with
77, which CTest shows as skipped. --update writes expected.txt anew."""
import os
import struct
import subprocess
import sys
import tempfile

import models
from check_outputs import EXPECTED, FORMATS, INEXACT, load_expected

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "onnxruntime-node@1.30.0"
SKIPPED = 77


def install(directory):
    """"" or why the package is not there."""
    if os.path.isdir(os.path.join(directory, "node_modules", "onnxruntime-node")):
        return ""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "package.json"), "w", encoding="utf-8") as file:
        file.write('{"private": true}\n')
    try:
        result = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE], cwd=directory,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    except FileNotFoundError:
        return "npm is not installed (Debian's packages nodejs and npm)"
    except subprocess.TimeoutExpired:
        return "npm did not answer in 240 s"
    return "" if result.returncode == 0 else "npm could not install %s: %s" % (PACKAGE, result.stdout.strip()[-500:])


def run_onnxruntime(directory, packages):
    environment = dict(os.environ, NODE_PATH=os.path.join(packages, "node_modules"))
    result = subprocess.run(["node", os.path.join(HERE, "run_onnxruntime.js"), directory], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240)
    if result.returncode != 0:
        sys.exit("ONNX Runtime failed: " + result.stderr[-2000:])
    return result.stdout


def values(fields):
    data = bytes.fromhex(fields[4])
    letter = FORMATS[fields[2]][1]
    return struct.unpack("<%d%s" % (len(data) // struct.calcsize(letter), letter), data)


def difference(name, got, wanted):
    """What is wrong, or None; and the number of elements off by one, where that is allowed."""
    if got[1:4] != wanted[1:4]:
        return "%s: output %s, expected %s" % (name, got[1:4], wanted[1:4]), 0
    off = [abs(a - b) for a, b in zip(values(got), values(wanted)) if a != b]
    if not off or (name in INEXACT and max(off) <= 1):
        return None, len(off)
    return "%s: %d elements of %s differ, by up to %s" % (name, len(off), got[1], max(off)), 0


def compare(text, expected):
    bad, off_by_one, outputs = 0, 0, 0
    seen = {}
    for line in text.splitlines():
        fields = line.split(" ")
        index = seen[fields[0]] = seen.get(fields[0], -1) + 1
        complaint, off = difference(fields[0], fields, expected[fields[0]][index])
        outputs += 1
        off_by_one += off
        if complaint:
            bad += 1
            print("WRONG " + complaint)
    return bad, off_by_one, outputs


def emit(gemel, directory):
    """Replaces each model with what gemel writes of it."""
    for name, _, _ in models.MODELS:
        path = os.path.join(directory, name + ".onnx")
        emitted = path + ".emitted"
        subprocess.run([gemel, "compile", path, "-c", "gemmini_16x16", "-o", path + ".gemel", "--emit-onnx", emitted],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)
        os.replace(emitted, path)


def main(gemel, packages, update):
    problem = install(packages)
    if problem:
        print("skipped, nothing was checked: " + problem)
        return SKIPPED
    with tempfile.TemporaryDirectory() as directory:
        models.main(directory)
        text = run_onnxruntime(directory, packages)
        if update:
            with open(EXPECTED, "w", encoding="utf-8") as file:
                file.write(text)
        expected = load_expected()
        bad, off, outputs = compare(text, expected)
        print("expected.txt: %d outputs, %d wrong, %d elements off by 1" % (outputs, bad, off))
        emit(gemel, directory)
        emitted_bad, emitted_off, emitted = compare(run_onnxruntime(directory, packages), expected)
        print("emitted models: %d outputs, %d wrong, %d elements off by 1" % (emitted, emitted_bad, emitted_off))
        complete = outputs == emitted == sum(len(lines) for lines in expected.values())
        return 1 if bad or emitted_bad or not complete else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], "--update" in sys.argv[3:]))
