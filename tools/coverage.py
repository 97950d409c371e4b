#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What every op can do, as tests that passed showed: writes docs/coverage.md, or fails on a hole that nobody explains.

Usage: coverage.py OPTABLE EXPLANATIONS REPORTS [--artifacts TCC-COMPILE TCC-RUN OPS] [--write FILE]

REPORTS has gtest's JSON reports, whose properties `covers_<op>_in_<column>` are facts (test/unit/Coverage.h). The
column `artifact` is tried here: each test/ops/<op>.mlir becomes a shared library, whose numbers must be those that the
JIT prints. EXPLANATIONS has lines `ops columns: reason`, with comma-separated lists or `*`; one that explains nothing is
an error, too.
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

DTYPES = "i1 i8 i16 i32 i64 ui8 ui32 f16 bf16 f32 f64 c64 c128".split()
CLASSES = dict(zip("bsufc", (["i1"], ["i8", "i16", "i32", "i64"], ["ui8", "ui32"], ["f16", "bf16", "f32", "f64"], ["c64", "c128"])))
TRANSFORMS = ["reverse", "forward", "second", "vmap"]
TARGETS = ["gpu", "artifact"]


def read_table(path):
    rows = {}
    for name, kind, classes, differentiable in re.findall(
            r'^TCC_OP\((\w+), "\w+", "(\w+)", -?\d+, "(\w*)", (true|false)', open(path).read(), re.M):
        rows[name] = (kind, classes, differentiable == "true")
    if not rows:
        sys.exit(f"{path}: no op found")
    return rows


def read_facts(folder):
    facts = set()
    for path in glob.glob(os.path.join(folder, "*.json")):
        for suite in json.load(open(path))["testsuites"]:
            for case in suite["testsuite"]:
                if case.get("result") == "COMPLETED" and not case.get("failures"):
                    facts.update(tuple(key[len("covers_"):].rsplit("_in_", 1)) for key in case if key.startswith("covers_"))
    if not facts:
        sys.exit(f"{folder}: no report with facts; run the tests first (ctest)")
    return facts


def runs_as_artifact(tools, ops, name):
    compile_, run = tools
    source = os.path.join(ops, name + ".mlir")
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "lib" + name + ".so")
        if subprocess.run([compile_, source, "-o", library, "--entry=main"], capture_output=True).returncode:
            return False
        got, want = (subprocess.run([run, path], capture_output=True) for path in (library, source))
        return got.returncode == want.returncode and got.stdout == want.stdout and bool(want.stdout or want.returncode)


def read_explanations(path, rows):
    """{(op, column): number}, [reason]"""
    explained, reasons = {}, []
    for line in open(path):
        if not line.strip() or line.startswith("#"):
            continue
        what, reason = line.rstrip("\n").split(": ", 1)
        ops, columns = what.split()
        if reason not in reasons:
            reasons.append(reason)
        for op in rows if ops == "*" else ops.split(","):
            if op not in rows:
                sys.exit(f"{path}: there is no op {op}")
            for column in columns.split(","):
                explained[op, column] = reasons.index(reason) + 1
    return explained, reasons


def main():
    table, explanations, reports, *rest = sys.argv[1:]
    rows = read_table(table)
    facts = read_facts(reports)
    explained, reasons = read_explanations(explanations, rows)
    columns = TRANSFORMS + ["gpu"]
    if "--artifacts" in rest:
        tools, ops = rest[rest.index("--artifacts") + 1:][:2], rest[rest.index("--artifacts") + 3]
        columns.append("artifact")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, works in zip(rows, pool.map(lambda name: runs_as_artifact(tools, ops, name), rows)):
                if works:
                    facts.add((name, "artifact"))
    holes, used, lines = [], set(), []

    def cell(op, column, wanted):
        if (op, column) in facts:
            return "yes"
        if not wanted:
            return "-"
        if (op, column) in explained:
            used.add((op, column))
            return f"[{explained[op, column]}]"
        holes.append(f"{op} {column}")
        return "**no**"

    for op, (kind, classes, differentiable) in sorted(rows.items()):
        shown = [d for d in DTYPES if (op, d) in facts]
        # Halves that an op's verifier refuses are no dtype of the op, so a class is a hole only if none of it was run.
        missing = [c for c in classes if not set(CLASSES[c]) & set(shown)]
        dtypes = "all" if shown == DTYPES else " ".join(shown) or cell(op, "dtypes", True)
        if shown and missing:
            dtypes += " " + cell(op, "dtypes", True)
        cells = [cell(op, c, differentiable if c in ("reverse", "forward", "second") else True) for c in columns]
        lines.append(f"| {op} | {kind} | {dtypes} | " + " | ".join(cells) + " |")
    for op, column in explained:
        if (op, column) not in used and column in columns + ["dtypes"] and (op, column) in facts:
            holes.append(f"{op} {column}: explained, but there is no hole")
    if "--write" in rest:
        with open(rest[rest.index("--write") + 1], "w") as out:
            out.write("# Coverage\nWhat passing tests show of each op. `tools/dev docs` writes this page and CI fails on a hole without "
                      "an explanation in\n`dialect/coverage.txt`. dtypes: those that a program with the op ran in, fused and op by op, "
                      "with equal results. reverse,\nforward, second: derivatives against central differences in double precision, "
                      "real and complex. vmap: against a loop.\nartifact: an artifact of the op's test prints what the JIT prints. "
                      "`-`: the op's record says that it has no derivative.\n\n")
            out.write("| op | kind | dtypes | " + " | ".join(columns) + " |\n|" + "---|" * (3 + len(columns)) + "\n")
            out.write("\n".join(lines) + "\n\n" + "\n".join(f"{k}. {reason}" for k, reason in enumerate(reasons, 1)) + "\n")
    for hole in holes:
        print("hole:", hole)
    print(len(rows), "ops,", len(facts), "facts,", len(holes), "holes without an explanation")
    sys.exit(1 if holes else 0)


main()
