#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the first call of each workload of tcc-bench in a process of its own, compiled and from a warm disk cache.

Usage: first_calls.py TCC_BENCH [--group GROUP] [--only SUBSTRING] [--json OUT] [--mlir-timing]. Each workload runs twice
with a cache directory that is empty at first: `compiled_s` is the first call of the first process, `disk_s` that of the
second, `warm_s` its shortest later call. Making the inputs, which loads what it needs itself, is not timed. --mlir-timing
prints what each stage of compiling took in the whole first process, the inputs' kernels included (ProgramTimes of
passes/Program.h, CompileTimes of passes/Compile.h).
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile


def first_call(program, group, name, cache):
    """Seconds of the first and of the shortest call in a new process, and its milliseconds by stage."""
    done = subprocess.run([program, f"--group={group}", f"--first_call={name}"], check=True, capture_output=True,
                          env=dict(os.environ, TCC_CACHE_DIR=cache, TCC_MLIR_TIMING="1"), text=True, timeout=120)
    stages = {stage: float(ms) for stage, ms in re.findall(r"(\w+) (\d+\.\d+)", done.stderr)}
    return *map(float, done.stdout.split()), stages


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--group", default="main")
    parser.add_argument("--only", default="")
    parser.add_argument("--json", default="")
    parser.add_argument("--mlir-timing", action="store_true")
    args = parser.parse_args()
    names = subprocess.run([args.program, f"--group={args.group}", "--first_call="], check=True, stdout=subprocess.PIPE,
                           text=True).stdout.split()
    rows = []
    print(f"{'ms':28s} {'compiled':>9s} {'from disk':>9s} {'warm':>9s} {'disk-warm':>9s}")
    for name in (name for name in names if args.only in name):
        with tempfile.TemporaryDirectory() as cache:
            compiled, _, stages = first_call(args.program, args.group, name, cache)
            disk, warm, _ = first_call(args.program, args.group, name, cache)
        rows.append({"workload": name, "compiled_s": compiled, "disk_s": disk, "warm_s": warm, "stages_ms": stages})
        times = [1e3 * compiled, 1e3 * disk, 1e3 * warm, 1e3 * (disk - warm)]
        print(f"{name:28s} " + " ".join(f"{time:9.2f}" for time in times), flush=True)
    if args.mlir_timing:
        print_stages(rows)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(rows, indent=1))


def print_stages(rows):
    stages = max((row["stages_ms"] for row in rows), key=len, default={})
    print(f"\n{'ms':28s} " + " ".join(f"{stage:>12s}" for stage in stages))
    for row in rows:
        print(f"{row['workload']:28s} " + " ".join(f"{row['stages_ms'].get(stage, 0):12.2f}" for stage in stages))


if __name__ == "__main__":
    main()
