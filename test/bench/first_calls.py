#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the first call of each workload of tcc-bench in a process of its own, compiled and from a warm disk cache.

Usage: first_calls.py TCC_BENCH [--only SUBSTRING] [--json OUT]. Each workload runs twice with a cache directory that is
empty at first: `compiled_s` is the first call of the first process, `disk_s` that of the second, `warm_s` its shortest
later call. Making the inputs, which loads what it needs itself, is not timed.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile


def first_call(program, name, cache):
    """Seconds of the first and of the shortest call in a new process."""
    text = subprocess.run([program, f"--first_call={name}"], env=dict(os.environ, TCC_CACHE_DIR=cache), check=True,
                          stdout=subprocess.PIPE, text=True, timeout=120).stdout
    return map(float, text.split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only", default="")
    parser.add_argument("--json", default="")
    args = parser.parse_args()
    names = subprocess.run([args.program, "--first_call="], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    rows = []
    print(f"{'ms':28s} {'compiled':>9s} {'from disk':>9s} {'warm':>9s} {'disk-warm':>9s}")
    for name in (name for name in names if args.only in name):
        with tempfile.TemporaryDirectory() as cache:
            compiled, _ = first_call(args.program, name, cache)
            disk, warm = first_call(args.program, name, cache)
        rows.append({"workload": name, "compiled_s": compiled, "disk_s": disk, "warm_s": warm})
        print(f"{name:28s} {compiled * 1e3:9.2f} {disk * 1e3:9.2f} {warm * 1e3:9.2f} {(disk - warm) * 1e3:9.2f}", flush=True)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
