#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the #include lines of the given files and reports those that point against the order of the rooms."""
import re
import sys

# A room may include itself and rooms before it in its family; the compiler starts from sim/arch. Where the map in README.md
# leaves the order of neighbours open (commas), it is the one given here.
SIM = ["sim/arch", "sim/stats", "sim/trace", "sim/memory", "sim/units", "sim/top", "sim/native", "sim/cosim", "sim/energy"]
REPORTS = ["sim/arch", "sim/stats", "sim/sweep", "sim/report"]  # work on files and child processes only
COMPILER = [
    "sim/arch",
    "compiler/onnx",
    "compiler/quantize",
    "compiler/graph",
    "compiler/reference",
    "compiler/import",
    "compiler/passes",
    "compiler/tile",
    "compiler/schedule",
    "compiler/memory",
    "compiler/emit",
]
GENERATED = re.compile(r"V\w+\.h")  # Verilator's headers, in the build tree
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("sim", "compiler", "tests") else parts[0]


def allowed_rooms(room):
    """The rooms that `room` may include, or None where it may include any."""
    for family in (SIM, REPORTS, COMPILER):
        if room in family:
            return family[: family.index(room) + 1]
    return None


def breach(path, included):
    room, target = room_of(path), room_of(included)
    if GENERATED.fullmatch(included):
        return None
    if "/" not in included:
        return "include paths start at the repository's root"
    if target == "cli" and room != "cli":
        return "nobody includes cli"
    if target.startswith("tests") and not room.startswith("tests"):
        return "only tests include tests"
    allowed = allowed_rooms(room)
    if allowed is None:
        if room.startswith(("sim/", "compiler/")):
            return f"room {room} has no place in the order; add it to scripts/check_layers.py"
        return None
    if target not in allowed:
        return f"{room} may include only {', '.join(allowed)}"
    return None


def main(paths):
    bad = 0
    for path in paths:
        with open(path, encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                match = INCLUDE.match(line)
                reason = breach(path, match.group(1)) if match else None
                if reason:
                    print(f"{path}:{number}: includes {match.group(1)}; {reason}")
                    bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
