# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes reference cases: a C++ expression next to what NumPy or SciPy makes of the same inputs.

A case is evaluated by NumPy natively, which gives the dtype, and with all inexact inputs widened to double precision,
which gives the values. Gradients are central differences of the NumPy function in double precision, extrapolated
(Richardson) to sixth order; the loss is the sum of Re(conj(c) y) with c of `cotangent`.
"""
import numpy as np

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint32", "float16", "bfloat16", "float32", "float64",
          "complex64", "complex128"]
VIEWS = {  # non-contiguous inputs: how NumPy makes them; ReferenceTest.cpp has the same letters
    "T": lambda x: x.T,
    "F": lambda x: x[::-1],
    "S": lambda x: x[..., ::2],
    "B": lambda x: np.broadcast_to(x, (3,) + x.shape),
}


class Input:
    """An array, a view on it, and whether it stands for bfloat16 (then the array is float32)."""

    def __init__(self, base, view="", bfloat16=False):
        self.base = np.asarray(base)
        self.view = view
        self.bfloat16 = bfloat16
        self.array = VIEWS[view](self.base) if view else self.base


def round_bfloat16(x):
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(x), np.uint16(0x7FC0), rounded).astype(np.uint16)


def widen(x):
    kinds = {"float16": np.float64, "float32": np.float64, "complex64": np.complex128}
    return x.astype(kinds.get(x.dtype.name, x.dtype))


def cotangent(y, k):
    n = np.arange(y.size, dtype=np.float64)
    c = np.cos(n + k + 1)
    return (c + 1j * np.sin(2 * n + k + 1) if np.iscomplexobj(y) else c).reshape(y.shape)


def outputs(f, xs):
    with np.errstate(all="ignore"):
        ys = f(*xs)
    return [np.asarray(y) for y in (ys if isinstance(ys, (tuple, list)) else [ys])]


def gradients(f, xs):
    def loss(xs):
        return sum(np.sum(np.real(np.conj(cotangent(y, k)) * y)) for k, y in enumerate(outputs(f, xs))
                   if np.issubdtype(y.dtype, np.inexact))

    def derivative(i, at, direction):
        def central(h):
            shifted = [np.array(x) for x in xs]
            shifted[i][at] = xs[i][at] + h * direction
            up = loss(shifted)
            shifted[i][at] = xs[i][at] - h * direction
            return (up - loss(shifted)) / (2 * h)
        d = [central(1e-3 / 2**k) for k in range(3)]
        e = [(4 * d[k + 1] - d[k]) / 3 for k in range(2)]
        if not abs(e[1] - e[0]) <= 1e-9 * max(1, abs(e[1])):
            raise Kink
        return (16 * e[1] - e[0]) / 15

    result = []
    for i, x in enumerate(xs):
        if not np.issubdtype(x.dtype, np.inexact):
            result.append(None)
            continue
        g = np.zeros(x.shape, x.dtype)
        for at in np.ndindex(x.shape):
            g[at] = derivative(i, at, 1.0)
            if np.iscomplexobj(x):
                g[at] += 1j * derivative(i, at, 1j)
        result.append(g)
    return result


class Kink(Exception):
    """The function is not smooth near the inputs: differences say nothing about its gradient."""


class Writer:
    def __init__(self):
        self.rows, self.runs, self.data, self.offsets, self.kinks = [], [], bytearray(), {}, []

    def store(self, array, bfloat16=False):
        array = np.asarray(array)
        raw = (round_bfloat16(array) if bfloat16 else np.ascontiguousarray(array)).tobytes()
        if raw not in self.offsets:
            self.data += bytes(-len(self.data) % 16)
            self.offsets[raw] = len(self.data)
            self.data += raw
        code = 8 if bfloat16 else DTYPES.index(array.dtype.name)
        return f"{code}:{'x'.join(map(str, array.shape)) or '-'}:{self.offsets[raw]}"

    def case(self, expression, f, *inputs, tol=4, grad=False, dtype=None, exact=False, halves=False):
        """tol: "=" for equal bits (but for NaN), a number of eps, relative to the largest element of the result; prefix
        "u" counts units in the last place of each element instead. exact: NumPy's own precision gives the values. halves: SciPy
        makes float16 wider, tcc does not. inputs: tuples of arrays or Input."""
        if expression not in self.rows:
            self.rows.append(expression)
        for given in inputs:
            given = [x if isinstance(x, Input) else Input(x) for x in (given if isinstance(given, tuple) else (given,))]
            xs = [x.array for x in given]
            bf = any(x.bfloat16 for x in given)
            native = outputs(f, xs)
            wide = native if exact else outputs(f, [widen(x) for x in xs])
            with np.errstate(all="ignore"):
                # NumPy's sums of unsigned integers are uint64, which tcc has not: they are int64.
                kinds = [np.dtype(dtype or n.dtype) for n in native]
                if halves and xs[0].dtype == np.float16:
                    kinds = [np.dtype(np.float16)]
                ys = [w.astype(np.int64 if k == np.uint64 else k) for w, k in zip(wide, kinds)]
            field = [str(self.rows.index(expression)), str(tol)]
            field += [self.store(x.base, x.bfloat16) + (":" + x.view if x.view else "") for x in given] + ["|"]
            field += [self.store(y, bf and dtype is None and y.dtype == np.float32) for y in ys]
            double = all(x.dtype in (np.float64, np.complex128) or x.dtype.kind in "biu" for x in xs)
            if grad and double and not bf:
                try:
                    field += ["|"] + ["-" if g is None else self.store(g) for g in gradients(f, xs)]
                except Kink:
                    self.kinks.append(expression)
            self.runs.append(" ".join(field))

    def write(self, folder):
        with open(folder + "/Expressions.inc", "w") as out:
            out.write("// Written by cases.py; the line is the row of reference.txt.\n")
            for r in self.rows:
                out.write(f"ROW({r})\n")
        with open(folder + "/reference.txt", "w") as out:
            out.write("\n".join(self.runs) + "\n")
        with open(folder + "/reference.bin", "wb") as out:
            out.write(self.data)
        print(len(self.rows), "expressions,", len(self.runs), "runs,", len(self.data), "bytes; no gradient:",
              *sorted(set(self.kinks)), sep=" ")
