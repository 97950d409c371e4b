#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints one table from tcc-bench's JSON and, if given, peers.py's: table.py OURS.json [PEERS.json]

Times are the best of each run in milliseconds; ratio = best peer / ours, so above 1 means we are faster. Only ratios of
one session on one machine mean anything.
"""
import json
import sys


def ours(path):
    """{workload: (best ms, first-call ms)}: tcc-bench reports both as counters in seconds."""
    with open(path) as file:
        rows = json.load(file)["benchmarks"]
    table = {}
    for row in rows:
        if row.get("error_occurred"):
            table[row["name"].split("/")[0]] = None
        elif "best" in row:
            table[row["name"].split("/")[0]] = (row["best"] * 1e3, row["first"] * 1e3)
    return table


def best_peers(path):
    """{workload: (best ms, peer, first-call ms)}"""
    with open(path) as file:
        rows = json.load(file)
    table = {}
    for row in sorted(rows, key=lambda row: row["best_s"]):
        table.setdefault(row["workload"], (row["best_s"] * 1e3, row["peer"], row["first_s"] * 1e3))
    return table


def main():
    mine = ours(sys.argv[1])
    peers = best_peers(sys.argv[2]) if len(sys.argv) > 2 else {}
    print(f"{'workload':26s} {'ours ms':>10s} {'first call':>11s} {'best peer':>18s} {'its first':>10s} {'ratio':>7s}")
    for name in list(mine) + [name for name in peers if name not in mine]:
        row = mine.get(name)
        line = f"{name:26s} " + (f"{row[0]:10.3f} {row[1]:11.1f}" if row else f"{'failed' if name in mine else '-':>10s} {'-':>11s}")
        if name in peers:
            milliseconds, peer, first = peers[name]
            line += f" {milliseconds:11.3f} {peer:>6s} {first:10.1f}"
            if row:
                line += f" {milliseconds / row[0]:7.2f}"
        print(line)


if __name__ == "__main__":
    main()
