#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_quantize.py GEMEL ONNX_TESTS: float models through `gemel run` and `gemel quantize`, and what is refused."""
import os
import re
import sys
import tempfile

sys.path.insert(0, sys.argv[2])
from check_verify import expect, run  # noqa: E402
from onnx_writer import FLOAT, INT64, Model, npy  # noqa: E402


def write(directory, model):
    path = os.path.join(directory, model.name + ".onnx")
    with open(path, "wb") as file:
        file.write(model.bytes())
    return path


def floats(m, shape, most=1.0):
    count = 1
    for extent in shape:
        count *= extent
    return m.constant(FLOAT, shape, [v * most / 1000 for v in m.random.within(-1000, 1000, count)])


def cnn():
    m = Model("cnn", ms=False)
    x = m.input([1, 3, 12, 10], FLOAT, name="x")
    y = m.node("Conv", [x, floats(m, [16, 3, 3, 3], 0.4), floats(m, [16])], pads=[1, 1, 1, 1])
    ones, zeros = m.constant(FLOAT, [16], [1.0] * 16), m.constant(FLOAT, [16], [0.5] * 16)
    y = m.node("Relu", [m.node("BatchNormalization", [y, ones, zeros, zeros, ones])])
    z = m.node("Conv", [y, floats(m, [16, 16, 3, 3], 0.2)], pads=[1, 1, 1, 1])
    y = m.node("MaxPool", [m.node("Relu", [m.node("Add", [z, y])])], kernel_shape=[2, 2], strides=[2, 2])
    y = m.node("Flatten", [m.node("GlobalAveragePool", [y])])
    m.output(m.node("Gemm", [y, floats(m, [10, 16]), floats(m, [10])], transB=1), FLOAT)
    return m


def main(gemel):
    with tempfile.TemporaryDirectory() as scratch:
        model = write(scratch, cnn())
        profile, edited = os.path.join(scratch, "p.yaml"), os.path.join(scratch, "edited.yaml")
        one, two = os.path.join(scratch, "one.onnx"), os.path.join(scratch, "two.onnx")

        text = run([gemel, "run", model], 0)
        expect("verified: " in text, "a float model runs and is verified:\n" + text)

        table = run([gemel, "quantize", model, "-o", one, "--write-profile", profile, "--samples", "2"], 0)
        last = [line for line in table.splitlines() if " Gemm " in line][0].split()
        expect(float(last[2]) > 28, "the output is within 28 dB:\n" + table)
        expect("in 2 of 2 rows" in table, "the largest output stays:\n" + table)
        run([gemel, "quantize", model, "-o", two, "--profile", profile], 0)
        with open(one, "rb") as a, open(two, "rb") as b:
            expect(a.read() == b.read(), "a profile that is read again gives the same model")
        expect("verified: " in run([gemel, "run", one], 0), "the quantised file runs")

        with open(profile, encoding="utf-8") as source, open(edited, "w", encoding="utf-8") as target:
            target.write(re.sub(r'(name: "x".*limit: )[0-9.]+', r"\g<1>0.25", source.read()))
        worse = run([gemel, "quantize", model, "--profile", edited], 0)
        noisy = [line for line in worse.splitlines() if " Conv " in line][0].split()
        expect(float(noisy[2]) < 15, "an input that saturates early is noise:\n" + worse)

        data = os.path.join(scratch, "x.npy")
        with open(data, "wb") as file:
            file.write(npy(FLOAT, [1, 3, 12, 10], [0.01 * (v % 50) for v in range(360)]))
        run([gemel, "quantize", model, "--input", "x=" + data, "--write-profile", profile], 0)
        with open(profile, encoding="utf-8") as file:
            expect('name: "x", least: 0, most: 0.49' in file.read(), "given inputs are calibrated on")

        tokens = Model("tokens", ms=False)
        rows = tokens.node("Gather", [floats(tokens, [9, 4]), tokens.input([1, 3], INT64, name="ids", values=[0, 1, 2])])
        tokens.output(tokens.node("MatMul", [rows, floats(tokens, [4, 5])]), FLOAT)
        embedding, ids = write(scratch, tokens), os.path.join(scratch, "ids.npy")
        expect("verified: " in run([gemel, "run", embedding], 0), "indices of a table are inputs")
        for index, status, message in ((-9, 0, "verified: "), (9, 2, "index 9 is outside the table of 9 rows"),
                                       (1 << 40, 2, "leaves 32 bits")):
            with open(ids, "wb") as file:
                file.write(npy(INT64, [1, 3], [8, index, 3]))
            text = run([gemel, "run", embedding, "--input", "ids=" + ids], status)
            expect(message in text, "index %d: %s" % (index, text))

        broken = Model("bytes", ms=False)
        broken.output(broken.node("Gather", [floats(broken, [9, 4]), broken.input([1, 3], name="x")]), FLOAT)
        refused = [
            ([model, "--method", "best"], "no such method; known: min_max, percentile, entropy"),
            ([model, "--percentile", "99"], "only --method percentile has one"),
            ([model, "--samples", "0"], "expected 1 to 100000"),
            ([model, "--input", "y=" + data], "has no input 'y'"),
            ([model, "--profile", os.path.join(scratch, "none.yaml")], "none.yaml"),
            ([one], "is quantised already"),
            ([write(scratch, broken)], "has neither float inputs nor float tables"),
        ]
        for arguments, message in refused:
            text = run([gemel, "quantize"] + arguments, 2)
            expect(message in text and text.count("\n") == 1, "%s: %s" % (message, text))
    print("float models run, are quantised and compared; %d refusals" % len(refused))


if __name__ == "__main__":
    main(sys.argv[1])
