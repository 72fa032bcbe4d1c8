#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a compiler does not: licence lines, lengths, file lists, timeouts, leftovers, paths of one machine."""
import os
import re
import sys

MAX_LINES = 400
SELF = "scripts/check_sources.py"
CODE = (".h", ".cpp", ".def")
TEXT = CODE + (".py", ".md", ".txt", ".yaml", ".yml", ".json", ".cmake")
# Built by the program that the second file belongs to, which names them itself.
BUILT_LATER = {"rtl/tb/twin.cpp": "sim/cosim/twin_builder.cpp"}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|home|root|Users)/")


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def listed_in_cmake(path):
    """Is the file named by the CMakeLists.txt of its directory or of one above it?"""
    if path in BUILT_LATER:
        return path in read(BUILT_LATER[path])
    directory, name = os.path.split(path)
    relative = name
    while True:
        lists = os.path.join(directory, "CMakeLists.txt")
        if os.path.exists(lists) and re.search(rf"(?<![\w/])(\$\{{\w+\}}/)?{re.escape(relative)}(?!\w)", read(lists)):
            return True
        if directory == "":
            return False
        directory, last = os.path.split(directory)
        relative = f"{last}/{relative}"


def complaints(path):
    name = os.path.basename(path)
    text = read(path)
    if path.endswith(CODE):
        if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
            yield 1, "first line must be // SPDX-License-Identifier: Apache-2.0"
        if path.endswith(".h") and "#pragma once" not in text:
            yield 1, "a header needs #pragma once"
        if path.endswith(".cpp") and not path.startswith("scripts/cmake/") and not listed_in_cmake(path):
            yield 1, "no CMakeLists.txt names this file"
    for number, line in enumerate(text.splitlines(), 1):
        if path.endswith(CODE) and LEFTOVER.search(line):
            yield number, "finish it or write it down elsewhere; leftovers do not stay in the code"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine"
        if name == "CMakeLists.txt" and re.search(r"\b(add_test|gtest_discover_tests)\s*\(", line):
            yield number, "use gemel_test, which sets a timeout"
        if name == "CMakeLists.txt" and re.search(r"\bGLOB(_RECURSE)?\b", line):
            yield number, "list files by name"


def main(paths):
    bad = 0
    for path in paths:
        if path == SELF or not (path.endswith(TEXT) or path.startswith((".ci/", "scripts/"))):
            continue
        for number, reason in complaints(path):
            print(f"{path}:{number}: {reason}")
            bad += 1
        length = read(path).count("\n")
        if path.endswith(CODE) and length > MAX_LINES:
            print(f"warning: {path} has {length} lines; over {MAX_LINES} there is usually a second reason to change")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
