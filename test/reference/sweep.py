# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes sweep.txt, sweep.bin and sweep_print.txt: thousands of calls by name, with what NumPy makes of them.

Run `python sweep.py` (NumPy 2.4, SciPy 1.17). SweepTest.cpp reads the files; SweepCalls.cpp has the functions.
"""
import os

import numpy as np

import sweep_cases
import sweep_index
import sweep_print
from reference import Input, Writer, widen

np.seterr(all="ignore")
REFUSALS = (TypeError, ValueError, IndexError, OverflowError)  # NumPy's AxisError is two of them


class Sweep(Writer):
    def __init__(self):
        super().__init__()
        self.lines = []

    def call(self, name, f, xs, i=(), r=(), text="-", tol="u4", exact=False, bfloat16=None):
        """f of the inputs in double precision gives the values (exact: of the inputs as they are), of the inputs as they
        are the dtype. Integers alone give float64 where NumPy gives the narrowest float (api.md)."""
        xs = [x if isinstance(x, Input) else Input(x) for x in xs]
        if bfloat16 is None:
            bfloat16 = any(x.bfloat16 for x in xs) and all(x.bfloat16 or x.array.dtype.itemsize == 1 for x in xs)
        arrays = [x.array for x in xs]
        head = [name, str(tol)] + [",".join(map(str, p)) or "-" for p in (i, r)] + [text, "|"]
        head += [self.store(x.base, x.bfloat16) + (":" + x.view if x.view else "") for x in xs] + ["|"]
        try:
            native = f(*arrays)
            values = native if exact else f(*[widen(a) for a in arrays])
        except REFUSALS:
            self.lines.append(" ".join(head + ["error"]))
            return
        native, values = ([np.asarray(y) for y in (ys if isinstance(ys, (list, tuple)) else [ys])] for ys in (native, values))
        whole = not exact and bool(arrays) and all(a.dtype.kind in "biu" for a in arrays)
        results = []
        for n, v in zip(native, values):
            kind = n.dtype
            if whole and kind in (np.float16, np.float32):
                v, kind = np.asarray(f(*[a.astype(np.float64) for a in arrays])), np.dtype(np.float64)
            if kind == np.uint64:  # NumPy's sums of unsigned integers, which are int64 here
                kind = np.dtype(np.int64)
            results.append(self.store(v.astype(kind), bfloat16 and kind == np.float32))
        self.lines.append(" ".join(head + results))

    def finish(self, folder):
        with open(folder + "/sweep.txt", "w") as out:
            out.write("\n".join(self.lines) + "\n")
        with open(folder + "/sweep.bin", "wb") as out:
            out.write(self.data)
        print(len(self.lines), "calls,", len(self.data), "bytes")


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sweep = Sweep()
    sweep_cases.write(sweep.call)
    sweep_index.write(sweep.call)
    sweep_print.write(sweep, here + "/sweep_print.txt")
    sweep.finish(here)
