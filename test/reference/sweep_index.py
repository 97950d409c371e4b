# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random subscripts: reads, gradients of reads, and updates with duplicates, against NumPy."""
import numpy as np

from inputs import rng

SHAPES = [(5,), (4, 3), (2, 3, 4), (3, 1, 2, 2), (), (0,), (3, 0, 2)]
UPDATES = dict(set=None, add=np.add, multiply=np.multiply, min=np.minimum, max=np.maximum)


def subscripts(shape):
    """A NumPy index, its codes (SweepCalls.cpp) and its arrays."""
    key, code, arrays = [], [], []
    rank, axis, ellipsis = len(shape), 0, False
    common = [(), (1,), (3,), (2, 1), (2, 3), (0,)][rng.choice(6, p=[.2, .15, .3, .15, .15, .05])]

    def compatible():
        s = common[rng.integers(0, len(common) + 1):]
        return tuple(1 if rng.random() < .15 else v for v in s)

    last = rng.integers(0, rank + 1) if rng.random() < .3 else rank
    while (axis < last or rng.random() < .15) and len(key) < 7:
        kind = rng.random()
        if kind < .1:
            key.append(None)
            code += [3]
            continue
        if kind < .17 and not ellipsis:
            ellipsis, last = True, rank
            axis += rng.integers(0, rank - axis + 1)
            key.append(Ellipsis)
            code += [4]
            continue
        if axis >= rank:
            break
        n = shape[axis]
        if kind < .35 and n:
            key.append(int(rng.integers(-n, n)))
            code += [0, key[-1]]
        elif kind < .6:
            bounds = [None if rng.random() < .4 else int(rng.integers(-n - 2, n + 3)) for _ in range(2)]
            bounds.append([None, 1, 2, 3, -1, -2, -3][rng.integers(7)])
            key.append(slice(*bounds))
            code += [1] + [v for b in bounds for v in ([0, 0] if b is None else [1, b])]
        elif kind < .68:
            key.append(slice(None))
            code += [2]
        elif kind < .88 and n:
            d = [np.int64, np.int32, np.uint8, np.int8][rng.integers(4)]
            key.append(np.asarray(rng.integers(0 if d == np.uint8 else -n, n, compatible())).astype(d))
            code += [5, len(arrays)]
            arrays.append(key[-1])
        else:
            width = 1 if rng.random() < .7 or axis + 2 > rank else 2
            mask = rng.random(shape[axis:axis + width]) < .5
            if common and rng.random() < .8 and common[-1] <= mask.size:
                mask = np.zeros(mask.size, bool)
                mask[rng.permutation(mask.size)[:common[-1]]] = True
                mask = mask.reshape(shape[axis:axis + width])
            key.append(mask)
            code += [5, len(arrays)]
            arrays.append(mask)
            axis += width - 1
        axis += 1
    if not key:
        key, code = [Ellipsis], [4]
    return tuple(key), code, arrays


def write(call):
    for k in range(1400):
        shape = SHAPES[rng.choice(len(SHAPES), p=[.15, .3, .3, .13, .04, .03, .05])]
        key, code, arrays = subscripts(shape)
        d = [np.float64, np.int64, np.float32, np.complex128, np.int8, np.bool_][rng.integers(6)]
        x = np.asarray(rng.integers(0, 2 if d == np.bool_ else 50, shape)).astype(d)
        update = list(UPDATES)[rng.integers(5)] if rng.random() < .45 and d != np.bool_ else None
        if update is None:
            call("index", lambda x, *_: x[key], [x, *arrays], i=code, tol="=")
            try:
                y = x[key]
            except IndexError:
                continue
            if d in (np.float64, np.complex128):
                c = np.asarray(rng.integers(-9, 9, y.shape)).astype(d)

                def gradient(x, c, *_):
                    g = np.zeros(x.shape, x.dtype)
                    np.add.at(g, key, c)
                    return g
                call("index_grad", gradient, [x, c, *arrays], i=code, tol="=")
            continue
        if d == np.complex128 and update in ("min", "max"):
            update = "add"
        try:
            s = x[key].shape
        except IndexError:
            continue
        s = s[rng.integers(0, len(s) + 1):] if rng.random() < .3 else s
        v = np.asarray(rng.integers(0, 50, tuple(1 if rng.random() < .15 else n for n in s))).astype(d)

        def updated(x, v, *_):
            y = x.copy()
            if update == "set":
                y[key] = v
            else:  # NumPy's ufunc.at reads past values that it has to broadcast
                UPDATES[update].at(y, key, np.broadcast_to(v, y[key].shape).copy())
            return y
        call("at", updated, [x, v, *arrays], i=code, text=update, tol="u4")
