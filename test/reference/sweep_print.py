# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arrays and what NumPy's str() makes of them: all dtypes but bfloat16, 0-d, empty, wide, summarised, nan and inf."""
import numpy as np

from inputs import ALL, inf, nan, rng

SHAPES = [(), (1,), (0,), (3,), (2, 3), (3, 0), (2, 1, 2), (30,), (7, 1, 1), (1001,), (40, 40)]


def write(sweep, path):
    with open(path, "w") as out:
        for d in map(np.dtype, ALL):
            for shape in SHAPES:
                if shape in [(1001,), (40, 40)] and d not in (np.bool_, np.int64, np.float32, np.complex128):
                    continue
                for kind in range(7 if d.kind in "fc" and shape not in [(1001,), (40, 40)] else 1):
                    def real():
                        return [lambda: rng.integers(-5, 5, shape) * 1.0, lambda: rng.standard_normal(shape),
                                lambda: rng.standard_normal(shape) * 10.0**rng.integers(-6, 7, shape),
                                lambda: np.where(rng.random(shape) < .3, nan, rng.integers(0, 3, shape) * .5),
                                lambda: np.where(rng.random(shape) < .3, -inf, rng.standard_normal(shape) * 1e10),
                                lambda: rng.integers(-3, 3, shape) * 1e-5,
                                lambda: np.where(rng.random(shape) < .5, -0.0, rng.integers(0, 2000, shape) / 8)][kind]()
                    if d.kind == "b":
                        x = rng.random(shape) < .5
                    elif d.kind in "iu":
                        x = rng.integers(np.iinfo(d).min, np.iinfo(d).max, shape)
                    else:
                        x = real() + (1j * real() if d.kind == "c" else 0)
                    with np.errstate(all="ignore"):
                        x = np.asarray(x).astype(d)
                    out.write(sweep.store(x) + "\n" + str(x) + "\n.\n")
