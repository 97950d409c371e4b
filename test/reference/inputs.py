# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs that many cases share: every dtype, shape and special value, and non-contiguous views."""
import numpy as np

from reference import Input

rng = np.random.default_rng(20261121)
nan, inf = np.nan, np.inf
INTS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32]
FLOATS = [np.float16, np.float32, np.float64]
COMPLEX = [np.complex64, np.complex128]
INEXACT = FLOATS + COMPLEX
ALL = [np.bool_] + INTS + INEXACT


def random(shape, dtype=np.float64, lo=-2.0, hi=2.0):
    d = np.dtype(dtype)
    if d == np.bool_:
        return rng.random(shape) < 0.5
    if d.kind in "iu":
        return rng.integers(0 if d.kind == "u" else -9, 10, shape).astype(d)
    x = rng.uniform(lo, hi, shape)
    if d.kind == "c":
        x = x + 1j * rng.uniform(lo, hi, shape)
    return np.asarray(x).astype(d)


def bf16(x):
    """A bfloat16 input, exactly representable."""
    x = np.asarray(x, np.float32)
    return Input((x.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32), bfloat16=True)


def view(x, v):
    return Input(x, v)


def views(shape, dtype=np.float64):
    x = random(shape, dtype)
    return [Input(x, v) for v in "TFSB"]


def shapes(dtype, lo=-2.0, hi=2.0):
    """0-d, empty, one element, odd lengths, three axes."""
    return [random(s, dtype, lo, hi) for s in [(), (0,), (1,), (7,), (33,), (2, 3, 5), (3, 0, 2)]]


def special(dtype):
    return np.array([0.0, -0.0, 1, -1, inf, -inf, nan, 0.5, -2.5, 3.5], dtype)
