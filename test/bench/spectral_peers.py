#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times every decomposition of Spectral.cpp and Decompositions.cpp, ours beside NumPy/SciPy, JAX and torch.

    spectral_peers.py build/test/bench/tcc-bench [--only REGEX] [--seconds 0.1] [--json OURS PEERS]

One function after the other, ours and then each peer, so that what is compared ran in the same minute; JAX and torch where
they are installed. Then the table of table.py, which can make it again from the two files.
"""
import argparse
import json
import math
import os
import re
import subprocess
import tempfile
import time

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.signal

import table

DTYPES = {"f32": np.float32, "f64": np.float64, "c64": np.complex64, "c128": np.complex128}
rng = np.random.default_rng(0)


def normal(shape, dtype):
    real = rng.standard_normal(shape)
    return (real + 1j * rng.standard_normal(shape) if np.issubdtype(dtype, np.complexfloating) else real).astype(dtype)


def inputs(function, dtype, shape):
    """What Spectral.cpp gives the function of this name."""
    if function == "fftconvolve":
        return [normal((n, n), dtype) for n in (1024, 65)]
    if function == "fft":
        return [normal(shape, dtype)]
    shape = shape * 2 if len(shape) == 1 else shape
    a = normal(shape, dtype)
    if function in ("cholesky", "eigh", "eigvalsh"):
        return [a @ a.conj().swapaxes(-1, -2) + np.eye(shape[-1], dtype=dtype)]
    if function in ("solve", "solve1", "lstsq"):
        return [a, normal(shape[:-1] + (64 if function == "solve" else 1,), dtype)]
    return [a / dtype(math.sqrt(shape[-1]))] if function == "expm" else [a]


def libraries():
    """{peer: (functions by name, conversion of an array, waiting for a result)}"""
    linalg = ("cholesky", "solve", "inv", "det", "qr", "eigh", "eigvalsh", "eig", "eigvals", "pinv")
    two = {"workers": -1}
    yield "np", {
        **{name: getattr(np.linalg, name) for name in linalg}, "solve1": np.linalg.solve, "lu": scipy.linalg.lu,
        "svd": lambda a: np.linalg.svd(a, full_matrices=False), "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
        "schur": lambda a: scipy.linalg.schur(a, output="complex"), "lstsq": lambda a, b: np.linalg.lstsq(a, b)[0],
        "expm": scipy.linalg.expm, "fft": lambda x: scipy.fft.fft(x, **two),
        "fftconvolve": lambda x, y: scipy.signal.fftconvolve(x, y, "same")}, lambda x: x, lambda x: x
    try:
        import jax
        import jax.numpy as jnp
        import jax.scipy as jsp
        jax.config.update("jax_enable_x64", True)
        functions = {
            **{name: getattr(jnp.linalg, name) for name in linalg}, "solve1": jnp.linalg.solve,
            "lu": jnp.vectorize(jsp.linalg.lu, signature="(m,n)->(m,m),(m,k),(k,n)"),
            "svd": lambda a: jnp.linalg.svd(a, full_matrices=False),
            "svdvals": lambda a: jnp.linalg.svd(a, compute_uv=False),
            "schur": lambda a: jsp.linalg.schur(a, output="complex"), "lstsq": lambda a, b: jnp.linalg.lstsq(a, b)[0],
            "expm": jsp.linalg.expm, "fft": jnp.fft.fft,
            "fftconvolve": lambda x, y: jsp.signal.fftconvolve(x, y, "same")}
        yield "jax", {name: jax.jit(f) for name, f in functions.items()}, jnp.asarray, jax.block_until_ready
    except ImportError:
        pass
    try:
        import torch
        yield "torch", {
            **{name: getattr(torch.linalg, name) for name in linalg + ("lu", "svdvals")}, "solve1": torch.linalg.solve,
            "svd": lambda a: torch.linalg.svd(a, full_matrices=False), "lstsq": lambda a, b: torch.linalg.lstsq(a, b)[0],
            "expm": torch.linalg.matrix_exp, "fft": torch.fft.fft}, torch.from_numpy, lambda x: x
    except ImportError:
        pass


def best(workload, peer, call, seconds):
    """The best call of at least so many seconds, and the first one."""
    start = time.perf_counter()
    call()
    first, times, total = time.perf_counter() - start, [], 0.0
    call()
    while total < seconds or len(times) < 2:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
        total += times[-1]
    return {"workload": workload, "peer": peer, "best_s": min(times), "mean_s": total / len(times), "first_s": first,
            "n": len(times)}


def measure_ours(bench, names, seconds):
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        subprocess.run([bench, "--group=all", f"--benchmark_filter=^({'|'.join(names)})/", f"--benchmark_out={file.name}",
                        "--benchmark_out_format=json"], check=True, capture_output=True,
                       env=os.environ | {"TCC_BENCH_SECONDS": str(seconds)})
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", help="tcc-bench")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=0.1, help="for each function and library")
    parser.add_argument("--json", nargs=2, metavar=("OURS", "PEERS"))
    arguments = parser.parse_args()

    peers = list(libraries())
    known = peers[0][1]
    groups = {}
    listing = subprocess.run([arguments.bench, "--group=all", "--benchmark_list_tests"], check=True, capture_output=True, text=True)
    for name in (line.split("/")[0] for line in listing.stdout.split()):
        match = re.fullmatch(r"([a-z0-9]+)_(f32|f64|c64|c128)_((\d+x)*\d+|1M)", name)
        if match and match[1] in known and re.search(arguments.only, name):
            shape = (1 << 20,) if match[3] == "1M" else tuple(map(int, match[3].split("x")))
            groups.setdefault(match[1], []).append((name, DTYPES[match[2]], shape))

    mine, rows = {"context": {}, "benchmarks": []}, []
    for function, cases in groups.items():
        measured = measure_ours(arguments.bench, [name for name, *_ in cases], arguments.seconds)
        mine["context"] = measured["context"]
        mine["benchmarks"] += measured["benchmarks"]
        for peer, functions, convert, wait in peers:
            for name, dtype, shape in cases if function in functions else []:
                values = [convert(x) for x in inputs(function, dtype, shape)]
                rows.append(best(name, peer, lambda: wait(functions[function](*values)), arguments.seconds))
    with tempfile.TemporaryDirectory() as folder:
        paths = arguments.json or [f"{folder}/ours.json", f"{folder}/peers.json"]
        for path, content in zip(paths, (mine, rows)):
            with open(path, "w") as file:
                json.dump(content, file, indent=1)
        table.print_table(paths[:1], paths[1:])


if __name__ == "__main__":
    main()
