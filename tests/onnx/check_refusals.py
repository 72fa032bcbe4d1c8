#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_refusals.py GEMEL: each model of bad_models.py ends with status 2 and one line that names file and fault."""
import os
import subprocess
import sys
import tempfile

import bad_models


def complaint(gemel, path, message):
    program = path + ".gemel"
    command = [gemel, "compile", path, "-c", "gemmini_16x16", "-o", program]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    if os.path.exists(program):
        return "wrote a program"
    if result.returncode != 2:
        return "ended with %d: %s" % (result.returncode, (result.stdout + result.stderr)[-300:])
    if result.stdout or result.stderr.count("\n") != 1:
        return "printed more or less than one line: %s" % (result.stdout + result.stderr)[-300:]
    if not result.stderr.startswith(path + ": ") or message not in result.stderr:
        return "said: %s  wanted: %s" % (result.stderr, message)
    return ""


def main(gemel, directory):
    bad_models.main(directory)
    bad = 0
    for name, message, _, _ in bad_models.BAD:
        text = complaint(gemel, os.path.join(directory, name + ".onnx"), message)
        if text:
            bad += 1
            print("%s: %s" % (name, text))
    print("%d models, %d not refused as they should be" % (len(bad_models.BAD), bad))
    return 1 if bad or not bad_models.BAD else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(sys.argv[1], scratch))
