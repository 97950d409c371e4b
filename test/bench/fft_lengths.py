#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times our transforms of every length beside SciPy's (pocketfft, a worker for each CPU) and prints how the ratios are
distributed.

    fft_lengths.py build/test/bench/tcc-fft-times [--function fft] [--precision single] [--lengths 2:4097:1] [--points 131072]
    fft_lengths.py build/test/bench/tcc-fft-times --sizes 1048576 2048x2048 128x128x128

Each length is timed in a batch of --points numbers (--lines: of so many lines), or each of --sizes by itself, all axes
if the function ends in n. Both programs take turns on the same case, --rounds times, and the shortest call of each
counts: the machine's speed changes from minute to minute, so that only such ratios mean anything. --torch adds PyTorch
(MKL). --json appends the rows; several such files are summed up by --read.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import scipy.fft

DTYPES = {"f32": np.float32, "f64": np.float64, "c64": np.complex64, "c128": np.complex128}


def case_of(function, precision, shape, generator):
    """SciPy's call, and the name of its input's dtype"""
    options = {"workers": os.cpu_count()}
    real = function in ("rfft", "rfftn") or function[-1].isdigit()
    dtype = ("f32" if real else "c64") if precision == "single" else ("f64" if real else "c128")
    name = function
    if function[-1].isdigit():
        name, options["type"] = function[:-1], int(function[-1])
    if function == "irfft":
        options["n"], shape = shape[-1], shape[:-1] + (shape[-1] // 2 + 1,)
    x = generator.standard_normal(shape).astype(DTYPES[dtype])
    return lambda: getattr(scipy.fft, name)(x, **options), dtype


def torch_case_of(function, precision, shape, generator):
    """PyTorch's call"""
    import torch
    _, dtype = case_of(function, precision, shape, generator)
    inputs = shape[:-1] + (shape[-1] // 2 + 1,) if function == "irfft" else shape
    x = torch.from_numpy(generator.standard_normal(inputs).astype(DTYPES[dtype]))
    options = {"n": shape[-1]} if function == "irfft" else {}
    return lambda: getattr(torch.fft, function)(x, **options)


def shortest(call, least):
    best, start, calls = float("inf"), time.perf_counter(), 0
    while calls < 3 or time.perf_counter() - start < least:
        before = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - before)
        calls += 1
    return best


def largest_prime(n):
    largest, p = 1, 2
    while n > 1:
        while n % p == 0:
            largest, n = p, n // p
        p += 1
    return largest


def shapes_of(arguments):
    if arguments.sizes:
        return [tuple(int(n) for n in size.split("x")) for size in arguments.sizes]
    lengths = range(*(int(n) for n in arguments.lengths.split(":")))
    return [(arguments.lines or max(1, arguments.points // n), n) for n in lengths]


def measure(arguments):
    ours = subprocess.Popen([arguments.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    rows, generator = [], np.random.default_rng(0)
    for function in arguments.function:
        for precision in arguments.precision:
            for shape in shapes_of(arguments):
                call, dtype = case_of(function, precision, shape, generator)
                call()
                torch_call = torch_case_of(function, precision, shape, generator) if arguments.torch else None
                times = [float("inf")] * 3
                for _ in range(arguments.rounds):
                    print(function, dtype, arguments.seconds, *shape, file=ours.stdin, flush=True)
                    times[0] = min(times[0], float(ours.stdout.readline()))
                    times[1] = min(times[1], shortest(call, arguments.seconds))
                    if torch_call:
                        times[2] = min(times[2], shortest(torch_call, arguments.seconds))
                rows.append({"function": function, "precision": precision, "shape": shape, "ours": times[0],
                             "scipy": times[1]} | ({"torch": times[2]} if torch_call else {}))
    ours.stdin.close()
    ours.wait()
    return rows


def summarise(rows, worst):
    groups = {}
    for row in rows:
        groups.setdefault((row["function"], row["precision"]), []).append(row)
    for (function, precision), group in groups.items():
        group.sort(key=lambda row: row["ours"] / row["scipy"])
        ratios = [row["ours"] / row["scipy"] for row in group]
        at = lambda share: ratios[min(len(ratios) - 1, int(share * len(ratios)))]
        print(f"{function} {precision}: {len(ratios)} cases, ours / SciPy: least {ratios[0]:.2f}, quarter {at(.25):.2f}, median "
              f"{at(.5):.2f}, three quarters {at(.75):.2f}, 95% {at(.95):.2f}, most {ratios[-1]:.2f}, mean "
              f"{statistics.geometric_mean(ratios):.2f}; slower: {sum(r > 1 for r in ratios)}")
        for row in group[::-1][:worst]:
            size = "x".join(map(str, row["shape"]))
            print(f"    {size:16s} {row['ours'] * 1e3:9.4f} ms {row['scipy'] * 1e3:9.4f} ms "
                  f"{row['ours'] / row['scipy']:6.2f}   largest prime {largest_prime(row['shape'][-1])}"
                  + (f"   torch {row['torch'] * 1e3:9.4f} ms {row['ours'] / row['torch']:6.2f}" if "torch" in row else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--function", nargs="+", default=["fft"])
    parser.add_argument("--precision", nargs="+", default=["single"], choices=["single", "double"])
    parser.add_argument("--lengths", default="2:4097:37", help="first:end:step")
    parser.add_argument("--points", type=int, default=1 << 17)
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--sizes", nargs="+", default=[])
    parser.add_argument("--seconds", type=float, default=0.002, help="of each program in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--json", default="")
    parser.add_argument("--read", nargs="+", default=[])
    arguments = parser.parse_args()
    rows = [json.loads(line) for path in arguments.read for line in open(path)] or measure(arguments)
    if arguments.json:
        with open(arguments.json, "a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    summarise(rows, arguments.worst)


if __name__ == "__main__":
    sys.exit(main())
