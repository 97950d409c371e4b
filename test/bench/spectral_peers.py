#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times NumPy/SciPy, and JAX and torch where they are installed, on the workloads of Batches.cpp.

Usage: spectral_peers.py [--only SUBSTRING] [--json OUT]. Rows are those of peers.py: table.py OURS.json OUT joins them.
"""
import argparse
import json
import os
import time

import numpy as np
import scipy.fft
import scipy.signal

rng = np.random.default_rng(0)
rows = []


def best(name, peer, call, only):
    """The best call of at least 0.6 s, and the first one."""
    if only not in name:
        return
    start = time.perf_counter()
    call()
    first, times, total = time.perf_counter() - start, [], 0.0
    while total < 0.6 or len(times) < 3:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
        total += times[-1]
    rows.append({"workload": name, "peer": peer, "best_s": min(times), "mean_s": total / len(times), "first_s": first,
                 "n": len(times)})
    print(f"{name:26s} {peer:6s} {min(times) * 1e3:10.3f} ms", flush=True)


def libraries():
    """{peer: (functions of a name, conversion of an array, waiting for a result)}"""
    two = {"workers": os.cpu_count()}
    yield "np", lambda name: {
        "solve": np.linalg.solve, "inv": np.linalg.inv, "det": np.linalg.det, "cholesky": np.linalg.cholesky,
        "eigh": np.linalg.eigh, "svd": np.linalg.svd, "fft": lambda x: scipy.fft.fft(x, **two),
        "fftconvolve": lambda x, y: scipy.signal.fftconvolve(x, y, "same")}[name], lambda x: x, lambda x: x
    try:
        import jax
        import jax.numpy as jnp
        import jax.scipy.signal
        jax.config.update("jax_enable_x64", True)
        yield "jax", lambda name: jax.jit(
            jnp.fft.fft if name == "fft" else (lambda x, y: jax.scipy.signal.fftconvolve(x, y, "same"))
            if name == "fftconvolve" else getattr(jnp.linalg, name)), jnp.asarray, jax.block_until_ready
    except ImportError:
        pass
    try:
        import torch
        yield "torch", lambda name: torch.fft.fft if name == "fft" else getattr(torch.linalg, name, None), \
            torch.from_numpy, lambda x: x
    except ImportError:
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--json", default="")
    arguments = parser.parse_args()
    cases = []
    for dtype in (np.float32, np.float64):
        for count, n in ((10000, 4), (1024, 16)):
            size = f"_{'f32' if dtype is np.float32 else 'f64'}_{count}x{n}"
            a = rng.standard_normal((count, n, n)).astype(dtype)
            definite = a @ a.swapaxes(-1, -2) + np.eye(n, dtype=dtype)
            cases.append(("solve" + size, [a, rng.standard_normal((count, n, 1)).astype(dtype)]))
            cases += [(name + size, [a]) for name in ("inv", "det", "svd")]
            cases += [(name + size, [definite]) for name in ("cholesky", "eigh")]
    for lines, n in ((7084, 37), (1040, 252), (260, 1009), (128, 2048)):
        cases.append((f"fft_c64_{lines}x{n}", [rng.standard_normal((lines, 2 * n)).astype(np.float32).view(np.complex64)]))
    cases.append(("fft_c64_1M", [rng.standard_normal(2 << 20).astype(np.float32).view(np.complex64)]))
    cases.append(("fftconvolve_f32_1024", [rng.standard_normal((n, n)).astype(np.float32) for n in (1024, 65)]))
    for peer, function_of, convert, wait in libraries():
        for name, arrays in cases:
            function = function_of(name.split("_")[0])
            if function is not None:
                inputs = [convert(x) for x in arrays]
                best(name, peer, lambda: wait(function(*inputs)), arguments.only)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file)


if __name__ == "__main__":
    main()
