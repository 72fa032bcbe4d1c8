#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_verify.py GEMEL: --golden, --explain and `gemel verify` with its reproduction."""
import os
import subprocess
import sys
import tempfile

from check_outputs import load_npy
from models import qconv, unary
from onnx_writer import INT8, MS, UINT8, Model, npy

DTYPES = {"|i1": INT8, "|u1": UINT8}


def run(arguments, status):
    result = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    if result.returncode != status:
        sys.exit("%s\nended with %d, expected %d:\n%s" % (" ".join(arguments), result.returncode, status, result.stdout))
    return result.stdout


def expect(condition, what):
    if not condition:
        sys.exit("not so: " + what)


def chain():
    """Three nodes; the second's result is an image that lies with its channels last."""
    m = Model("chain")
    x = m.input([1, 4, 6, 5], UINT8, name="x")
    y = qconv(m, x, m.weights([5, 4, 3, 3]), xt=UINT8, xz=7, yz=100, ys=2.0, pads=[1, 1, 1, 1])
    z = unary(m, "QLinearLeakyRelu", y, 2.0, 100, 1.5, 90, UINT8, alpha=0.1)
    m.output(z, UINT8)
    m.output(m.node("MaxPool", [z], kernel_shape=[2, 2]), UINT8)
    return m, y, z


def change_one(path, index):
    descr, shape, data = load_npy(path)
    changed = bytearray(data)
    changed[index] ^= 1
    values = [v - 256 if descr == "|i1" and v > 127 else v for v in changed]
    with open(path, "wb") as file:
        file.write(npy(DTYPES[descr], shape, values))


def main(gemel, directory):
    m, y, z = chain()
    model, feed = os.path.join(directory, "chain.onnx"), os.path.join(directory, "x.npy")
    with open(model, "wb") as file:
        file.write(m.bytes())
    with open(feed, "wb") as file:
        file.write(npy(*m.data["x"]))
    golden, repro = os.path.join(directory, "golden"), os.path.join(directory, "repro")
    given = [model, "--input", "x=" + feed]
    run([gemel, "run"] + given + ["--output-dir", golden], 0)

    text = run([gemel, "run"] + given + ["--golden", "%s=%s/%s.npy" % (z, golden, z)], 0)
    expect("%s equals" % z in text, "--golden reports an equal output")
    text = run([gemel, "verify"] + given + ["--golden", golden, "--reproduction", repro], 0)
    expect("2 values equal" in text and not os.path.exists(repro), "verify of equal values")

    change_one("%s/%s.npy" % (golden, z), 31)
    text = run([gemel, "run"] + given + ["--golden", "%s=%s/%s.npy" % (z, golden, z)], 1)
    expect("is WRONG: differs first at [0, 1, 0, 1]" in text and "1 of 150 elements" in text, "--golden finds the element")
    text = run([gemel, "verify"] + given + ["--golden", golden, "--reproduction", repro], 1)
    expect("WRONG: node 'qlinearleakyrelu_1' (com.microsoft.QLinearLeakyRelu, opset 1)" in text, "verify names the node")
    command = [part for part in text.splitlines() if part.startswith("the node alone: ")][0]
    command = command[len("the node alone: "):].split(" ")
    run([gemel] + command[1:] + ["--golden", "%s=%s/expected_%s.npy" % (z, repro, z)], 0)

    text = run([gemel, "compile", model, "-c", "gemmini_16x16", "-o", os.path.join(directory, "p.gemel"), "--explain"], 0)
    lines = [line.split() for line in text.splitlines()]
    expect(lines[1][:3] == ["qlinearconv_0", "QLinearConv-13", "array+host"] and int(lines[1][3]) > 0, "explain: convolution")
    expect("zero point of the input folded into the bias" in text, "explain: a legalisation")
    expect(lines[2][2] == "host" and int(lines[2][3]) > 0, "explain: a host operator costs cycles")

    for arguments, message in (
            (["run"] + given + ["--golden", "none=" + feed], "no tensor 'none'; outputs: "),
            (["run"] + given + ["--golden", "%s=%s" % (z, feed)], "the tensor is uint8 [1, 5, 6, 5]"),
            (["run"] + given + ["--dim", "N=2"], "no input has a dimension of this name"),
            (["run"] + given + ["--dim", "N"], "expected NAME=VALUE"),
            (["verify"] + given + ["--golden", directory + "/none"], "is no directory"),
            (["verify"] + given + ["--golden", repro + "/.."], "holds no file"),
            (["compile", model, "-c", "lean_16x16", "-o", directory + "/p"], "has a 32-bit result")):
        text = run([gemel] + arguments, 2)
        expect(message in text and text.count("\n") == 1, "one line with %r: %s" % (message, text))
    print("verify, --golden and --explain say what they should")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(sys.argv[1], scratch)
