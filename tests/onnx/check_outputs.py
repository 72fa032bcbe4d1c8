#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_outputs.py GEMEL [MODEL ...]: runs the models of models.py and compares with expected.txt, which ONNX Runtime
computed (witness.py --update).

Every output must be equal, byte for byte, or lie within the exceptions of docs/onnx.md: the operators named in INEXACT
may differ by 1 in the last place; how many elements do is printed."""
import os
import re
import struct
import subprocess
import sys
import tempfile

import models

FORMATS = {"int8": ("|i1", "b"), "uint8": ("|u1", "B"), "int32": ("<i4", "i"), "float32": ("<f4", "f")}
# Models whose last quantised step is not one function in ONNX Runtime itself, and by how much a float result may then
# differ.
INEXACT = {"add_equal_scales", "add_whole_ratio", "residual_block", "qdq_residual", "sigmoid", "softmax",
           "softmax_unsigned", "average_pool", "average_pool_padded", "average_pool_counting_padding", "qdq_gelu_tanh",
           "qdq_layer_norm", "qdq_conv_transpose", "qdq_conv_transpose_per_channel", "qdq_sum_of_channels",
           "qdq_conv_transpose_grouped", "qdq_attention", "qdq_resize_linear", "qdq_resize_cubic", "qdq_log_softmax"}


def load_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<H", data[8:10])[0]
    header = data[10:10 + length].decode()
    shape = [int(n) for n in re.search(r"'shape': \(([^)]*)\)", header).group(1).split(",") if n.strip()]
    return re.search(r"'descr': '([^']*)'", header).group(1), shape, data[10 + length:]


def run(gemel, directory, name, outputs):
    inputs = []
    for file in sorted(os.listdir(directory)):
        if file.startswith(name + ".") and file.endswith(".npy"):
            inputs += ["--input", "%s=%s" % (file[len(name) + 1:-4], os.path.join(directory, file))]
    command = [gemel, "run", os.path.join(directory, name + ".onnx"), "--output-dir", outputs] + inputs
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def compare(expected, path):
    """"" where equal, else what differs; and the number of elements off by one."""
    _, _, dtype, dims, hexadecimal = expected
    descr, letter = FORMATS[dtype]
    got_descr, got_shape, got = load_npy(path)
    wanted = bytes.fromhex(hexadecimal)
    if got_descr != descr or "x".join(map(str, got_shape)) != dims:
        return "is %s %s, expected %s %s" % (got_descr, got_shape, descr, dims), 0
    if got == wanted:
        return "", 0
    count = len(wanted) // struct.calcsize(letter)
    a = struct.unpack("<%d%s" % (count, letter), got)
    b = struct.unpack("<%d%s" % (count, letter), wanted)
    off = [(i, x, y) for i, (x, y) in enumerate(zip(a, b)) if x != y]
    if dtype in ("int8", "uint8") and all(abs(x - y) == 1 for _, x, y in off):
        return "", len(off)
    return "%d of %d elements differ, first element %d: %s, expected %s" % ((len(off), count) + off[0]), 0


EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.txt")


def load_expected(path=EXPECTED):
    """Lists of fields by model."""
    expected = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = line.rstrip("\n").split(" ")
            expected.setdefault(fields[0], []).append(fields)
    return expected


def main(gemel, directory, chosen):
    models.main(directory)
    expected = load_expected()
    names = [entry[0] for entry in models.MODELS]
    bad = 0
    for name in names:
        if chosen and name not in chosen:
            continue
        complaints, off_by_one = [], 0
        with tempfile.TemporaryDirectory() as outputs:
            result = run(gemel, directory, name, outputs)
            if result.returncode != 0:
                complaints.append("gemel ended with %d: %s" % (result.returncode, result.stdout.strip()[-400:]))
            elif name not in expected:
                complaints.append("no expected outputs; run witness.py --update")
            else:
                for fields in expected[name]:
                    text, off = compare(fields, os.path.join(outputs, fields[1] + ".npy"))
                    off_by_one += off
                    if text:
                        complaints.append("output %s %s" % (fields[1], text))
        if off_by_one and name not in INEXACT:
            complaints.append("%d elements differ by 1, none may" % off_by_one)
        bad += bool(complaints)
        note = " (%d elements off by 1)" % off_by_one if off_by_one else ""
        print("%s %s%s" % ("WRONG" if complaints else "equal", name, note))
        for complaint in complaints:
            print("  " + complaint)
    missing = sorted(set(expected) - set(names))
    if missing:
        print("expected outputs of models that are not there: " + ", ".join(missing))
    print("%d models, %d wrong" % (len(names), bad))
    return 1 if bad or missing or not names else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(sys.argv[1], scratch, sys.argv[2:]))
