#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints one table from tcc-bench's JSON and, if given, peers.py's.

    table.py OURS.json... [--peers PEERS.json...] [--first FIRST.json] [--docs docs/benchmarks.md]

Times are the best of each run in milliseconds. ratio = ours / best peer: below 1 we are faster. limit = what the machine
allows, from the streaming bandwidth and the arithmetic peak that tcc-bench measured. FIRST.json is first_calls.py's. Only
numbers of one session on one machine mean anything. --docs puts the table between the page's markers and the chart beside
the page.
"""
import argparse
import json
import math
import pathlib
import statistics

COLUMNS = ["workload", "ours", "best peer", "peer", "ratio", "limit", "of limit", "first, ours", "from disk", "first, peer",
           "first, jax"]


def read_ours(paths):
    rows, context = {}, {}
    for path in paths:
        data = json.loads(pathlib.Path(path).read_text())
        context = data["context"]
        for row in data["benchmarks"]:
            rows[row["name"].split("/")[0]] = None if row.get("error_occurred") else row
    return rows, context


def read_peers(paths):
    """{workload: {peer: row}}"""
    table = {}
    for path in paths:
        for row in json.loads(pathlib.Path(path).read_text()):
            table.setdefault(row["workload"], {})[row["peer"]] = row
    return table


def number(value):
    if value is None:
        return "-"
    return f"{value:.4f}" if value < 0.1 else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def ratios(mine, peers):
    found = {}
    for name, row in mine.items():
        if row and name in peers:
            found[name] = row["best"] / min(peer["best_s"] for peer in peers[name].values())
    return found


def table(mine, peers, first):
    lines = []
    for name in list(mine) + [name for name in peers if name not in mine]:
        row, others = mine.get(name), peers.get(name, {})
        best = min(others.values(), key=lambda peer: peer["best_s"], default=None)
        jax = others.get("jax")
        limit = row and row.get("limit")
        lines.append([
            name,
            number(row["best"] * 1e3) if row else "failed" if name in mine else "-",
            number(best and best["best_s"] * 1e3),
            best["peer"] if best else "-",
            f"{row['best'] / best['best_s']:.2f}" if row and best else "-",
            number(limit and limit * 1e3),
            f"{100 * limit / row['best']:.0f} %" if limit else "-",
            number(row["first"] * 1e3) if row else "-",
            number(first[name]["disk_s"] * 1e3 if name in first else None),
            number(best and best["first_s"] * 1e3),
            number(jax and jax["first_s"] * 1e3),
        ])
    return lines


def summary(mine, peers, first, context):
    found = ratios(mine, peers)
    text = [f"{context.get('threads', '?')} threads; measured in the same run: "
            f"{context.get('stream_read_GB_per_s')} GB/s read, {context.get('stream_copy_GB_per_s')} GB/s copy, "
            f"{context.get('peak_f32_GFLOP_per_s')} / {context.get('peak_f64_GFLOP_per_s')} GFLOP/s f32 / f64."]
    if found:
        mean = math.exp(sum(map(math.log, found.values())) / len(found))
        slower = sum(ratio > 1 for ratio in found.values())
        text.append(f"Geometric mean of ours / best peer over {len(found)} workloads: {mean:.2f}; slower than the best "
                    f"peer on {slower}.")
    if first:
        extra = {name: row["disk_s"] - row["warm_s"] for name, row in first.items()}
        worst = max(extra, key=extra.get)
        text.append(f"First calls of a new process with a warm disk cache (from disk) take "
                    f"{1e3 * statistics.median(extra.values()):.1f} ms longer than a warm call in the median, "
                    f"{1e3 * extra[worst]:.1f} at most ({worst}).")
    behind = [name for name, row in mine.items() if row and "jax" in peers.get(name, {})
              and 3 * row["first"] > peers[name]["jax"]["first_s"]]
    if behind:
        text.append(f"First calls of ours that take more than a third of JAX's: {', '.join(behind)}.")
    return text


def chart(found):
    """Bars on a logarithmic scale around 1, fastest first."""
    items = sorted(found.items(), key=lambda item: item[1])
    left, width, step = 210, 460, 16
    low, high = -7, 3  # powers of two
    at = lambda ratio: left + width * (min(max(math.log2(ratio), low), high) - low) / (high - low)
    height = 40 + step * len(items)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{height}" '
           'font-family="sans-serif" font-size="11">',
           f'<rect width="100%" height="100%" fill="white"/>']
    for power in range(low, high + 1):
        x = at(2.0**power)
        label = f"{2 ** power}" if power >= 0 else f"1/{2 ** -power}"
        out.append(f'<line x1="{x:.1f}" y1="22" x2="{x:.1f}" y2="{height - 8}" stroke="{"#444" if power == 0 else "#ddd"}"/>')
        out.append(f'<text x="{x:.1f}" y="16" text-anchor="middle" fill="#444">{label}</text>')
    for i, (name, ratio) in enumerate(items):
        y = 28 + step * i
        begin, end = sorted((at(ratio), at(1)))
        colour = "#2a7f62" if ratio <= 1 else "#c0504d"
        out.append(f'<text x="{left - 8}" y="{y + 9}" text-anchor="end">{name}</text>')
        out.append(f'<rect x="{begin:.1f}" y="{y}" width="{max(end - begin, 1):.1f}" height="11" fill="{colour}"/>')
        out.append(f'<text x="{end + 4:.1f}" y="{y + 9}">{ratio:.2f}</text>')
    return "\n".join(out + ["</svg>", ""])


def print_table(ours, peer_files, first={}):
    """The table of these files on the terminal; its lines, and what they were made of."""
    mine, context = read_ours(ours)
    peers = read_peers(peer_files)
    lines = table(mine, peers, first)
    widths = [max(len(line[i]) for line in lines + [COLUMNS]) for i in range(len(COLUMNS))]
    for line in [COLUMNS] + lines:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths))))
    print("\n".join(summary(mine, peers, first, context)))
    return lines, mine, peers, context


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours", nargs="+")
    parser.add_argument("--peers", nargs="*", default=[])
    parser.add_argument("--first")
    parser.add_argument("--docs")
    args = parser.parse_args()
    first = {row["workload"]: row for row in json.loads(pathlib.Path(args.first).read_text())} if args.first else {}
    lines, mine, peers, context = print_table(args.ours, args.peers, first)
    if args.docs:
        page = pathlib.Path(args.docs)
        begin, end = "<!-- table: test/bench/table.py -->", "<!-- end of table -->"
        head, rest = page.read_text().split(begin)
        rows = ["| " + " | ".join(line) + " |" for line in [COLUMNS, ["---"] * len(COLUMNS)] + lines]
        body = "\n".join(["", "", *summary(mine, peers, first, context), "", *rows, "", ""])
        page.write_text(head + begin + body + end + rest.split(end)[1])
        page.with_suffix(".svg").write_text(chart(ratios(mine, peers)))


if __name__ == "__main__":
    main()
