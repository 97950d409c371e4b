#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the convolutions of layers.inc and their gradients, ours beside torch and JAX.

    layer_peers.py build/test/bench/tcc-bench [--only REGEX] [--seconds 0.1]

One layer after the other, ours and then each peer, so that what is compared ran in the same minute. Prints a
table: milliseconds of ours and of the peers, and ours / best peer.
"""
import argparse
import math
import pathlib
import re

import numpy as np

from spectral_peers import best, measure_ours

LAYERS = re.findall(r"^LAYER\((\w+), ([\d, ]+)\)", pathlib.Path(__file__).with_name("layers.inc").read_text(), re.M)


def torch_calls(x, w, dy, stride, padding, groups):
    import torch
    x, w, dy = map(torch.from_numpy, (x, w, dy))
    back = lambda which: torch.ops.aten.convolution_backward(dy, x, w, [0], [stride] * 2, [padding] * 2, [1, 1], False,
                                                             [0, 0], groups, which)
    return (lambda: torch.nn.functional.conv2d(x, w, stride=stride, padding=padding, groups=groups),
            lambda: back([True, False, False]), lambda: back([False, True, False]))


def jax_calls(x, w, dy, stride, padding, groups):
    import jax
    x, w, dy = map(jax.numpy.asarray, (x, w, dy))
    forward = lambda x, w: jax.lax.conv_general_dilated(x, w, (stride,) * 2, [(padding,) * 2] * 2,
                                                        feature_group_count=groups)
    y, dx, dw = jax.jit(forward), jax.jit(lambda x, w, dy: jax.vjp(lambda x: forward(x, w), x)[1](dy)), \
        jax.jit(lambda x, w, dy: jax.vjp(lambda w: forward(x, w), w)[1](dy))
    return [lambda: jax.block_until_ready(y(x, w)), lambda: jax.block_until_ready(dx(x, w, dy)),
            lambda: jax.block_until_ready(dw(x, w, dy))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", help="tcc-bench")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=0.1, help="for each function and library")
    parser.add_argument("--peers", default="torch,jax")
    arguments = parser.parse_args()

    rng, ratios = np.random.default_rng(0), []
    normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    makers = {"torch": torch_calls, "jax": jax_calls}
    makers = {peer: makers[peer] for peer in arguments.peers.split(",")}
    header = ["layer"] + [cell for kind in ("forward", "by x", "by w") for cell in (kind, *makers, "ratio")]
    print("| " + " | ".join(header) + " |\n|" + " --- |" * len(header))
    for name, numbers in LAYERS:
        if not re.search(arguments.only, name):
            continue
        batch, channels, size, features, window, stride, padding, groups = map(int, numbers.split(","))
        out = (size + 2 * padding - window) // stride + 1
        operands = (normal(batch, channels, size, size), normal(features, channels // groups, window, window),
                    normal(batch, features, out, out), stride, padding, groups)
        names = [name, name + "_dx", name + "_dw"]
        rows = measure_ours(arguments.bench, names, arguments.seconds)["benchmarks"]
        mine = {row["name"].split("/")[0]: row["best"] for row in rows}
        peers = [[best(name, peer, call, arguments.seconds)["best_s"] for call in make(*operands)]
                 for peer, make in makers.items()]
        cells = [name]
        for kind, row in enumerate(names):
            times = [peer[kind] for peer in peers]
            ratios.append(mine[row] / min(times))
            cells += [*(f"{1e3 * t:.3g}" for t in (mine[row], *times)), f"{ratios[-1]:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)
    print(f"\nGeometric mean of ours / best peer over {len(ratios)} workloads: "
          f"{math.exp(sum(map(math.log, ratios)) / max(1, len(ratios))):.2f}; slower on {sum(r > 1 for r in ratios)}.")


if __name__ == "__main__":
    main()
