# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shapes and indexing."""
import numpy as np

from inputs import *


def write(case):
    a = random((2, 3, 4))
    typed = [random((3, 4), d) for d in ALL] + [bf16(random((3, 4), np.float32))]
    seen = [Input(random((4, 3)), v) for v in "TFS"]

    def same(text, f, *xs, grad=True):
        case(text, f, *xs, tol="=", grad=grad)

    same("reshape(X, {4, -1})", lambda x: x.reshape(4, -1), *typed, a, *views((4, 4)))
    same("X.reshape({-1})", lambda x: x.reshape(-1), a, random(()), random((0, 3)), *seen)
    same("flatten(X)", np.ravel, a, random(()), random((0, 3)))
    same("X.reshape({0, 5})", lambda x: x.reshape(0, 5), random((0, 3)))
    same("squeeze(X)", np.squeeze, random((1, 3, 1)), random((1, 1)), random((2,)))
    same("squeeze(X, {0, -1})", lambda x: np.squeeze(x, (0, -1)), random((1, 3, 1)))
    same("squeeze(X, 2)", lambda x: np.squeeze(x, 2), random((1, 3, 1)))
    same("expand_dims(X, 0)", lambda x: np.expand_dims(x, 0), a, random(()))
    same("expand_dims(X, {0, -1})", lambda x: np.expand_dims(x, (0, -1)), random((3,)))
    same("transpose(X)", np.transpose, *typed, a, random((3,)), random(()), random((0, 2)))
    same("transpose(X, {1, 0, 2})", lambda x: x.transpose(1, 0, 2), a)
    same("transpose(X, {-1, 0, 1})", lambda x: x.transpose(-1, 0, 1), a)
    same("X.T() + 1", lambda x: x.T + 1, random((3, 70)), random((70, 3), np.float32), *views((4, 3)))
    same("swapaxes(X, 0, -1)", lambda x: np.swapaxes(x, 0, -1), a)
    same("moveaxis(X, 0, -1)", lambda x: np.moveaxis(x, 0, -1), a)
    same("moveaxis(X, {0, 1}, {-1, 0})", lambda x: np.moveaxis(x, (0, 1), (-1, 0)), a)
    same("flip(X)", np.flip, *typed, a, random(()), random((0,)))
    same("flip(X, {0, -1})", lambda x: np.flip(x, (0, -1)), a)
    same("flip(X, 1)", lambda x: np.flip(x, 1), a, *seen)
    same("roll(X, 2)", lambda x: np.roll(x, 2), *typed, a, random((0,)))
    same("roll(X, -5, 1)", lambda x: np.roll(x, -5, 1), a)
    same("roll(X, {1, -1}, {0, 2})", lambda x: np.roll(x, (1, -1), (0, 2)), a)
    same("roll(X, 1, {0, 1})", lambda x: np.roll(x, 1, (0, 1)), a)
    same("broadcast_to(X, {2, 3, 4})", lambda x: np.broadcast_to(x, (2, 3, 4)), random((3, 1)), random(()), random((4,), np.int8))
    same("broadcast_to(X, {0, 3})", lambda x: np.broadcast_to(x, (0, 3)), random((3,)))
    same("pad(X, {{1, 2}, {0, 1}})", lambda x: np.pad(x, ((1, 2), (0, 1))), *typed)
    same("pad(X, {{1, 2}}, {.value = 3})", lambda x: np.pad(x, (1, 2), constant_values=3), random((3,)), random((2, 2)), random((3,), np.int32))
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        same(f'pad(X, {{{{2, 1}}, {{1, 2}}}}, {{.mode = "{mode}"}})', lambda x, m=mode: np.pad(x, ((2, 1), (1, 2)), m), random((3, 4)), random((4, 3), np.int16))
        same(f'pad(X, {{{{5, 7}}}}, {{.mode = "{mode}"}})', lambda x, m=mode: np.pad(x, (5, 7), m), random((3,)), random((1,)))
    same("tile(X, {2, 1, 3})", lambda x: np.tile(x, (2, 1, 3)), random((2, 2)), random((1, 2, 2), np.int8), random(()))
    same("tile(X, {2})", lambda x: np.tile(x, 2), random((2, 3)))
    same("tile(X, {0, 2})", lambda x: np.tile(x, (0, 2)), random((3,)))
    same("repeat(X, 2)", lambda x: np.repeat(x, 2), random((2, 2)), random((3,), np.int8), random(()))
    same("repeat(X, 3, 1)", lambda x: np.repeat(x, 3, 1), random((2, 2)))
    same("repeat(X, {2, 0, 1}, 0)", lambda x: np.repeat(x, (2, 0, 1), 0), random((3, 2)))
    same("repeat(X, 0, -1)", lambda x: np.repeat(x, 0, -1), random((3, 2)))
    two = [(random((2, 3)), random((4, 3))), (random((2, 3), np.int8), random((1, 3), np.float16)), (random((0, 3)), random((2, 3))),
           (random((1, 3), np.complex64), random((1, 3)))]
    same("concatenate({X, Y})", lambda x, y: np.concatenate([x, y]), *two, (random((3,), np.bool_), random((2,), np.bool_)))
    same("concatenate({X, Y, X}, -1)", lambda x, y: np.concatenate([x, y, x], -1), (random((2, 3)), random((2, 1))), (Input(random((3, 2)), "T"), random((2, 1))))
    same("stack({X, Y})", lambda x, y: np.stack([x, y]), (random((2, 3)), random((2, 3))), (random(()), random((), np.int8)))
    same("stack({X, Y}, -1)", lambda x, y: np.stack([x, y], -1), (random((2, 3)), random((2, 3), np.float32)))
    same("split(X, 3, 1)", lambda x: np.split(x, 3, 1), random((2, 6)))
    same("split(X, {1, 3})", lambda x: np.split(x, [1, 3]), random((5, 2)), random((2,)))
    same("split(X, {3, 1, 9}, -1)", lambda x: np.split(x, [3, 1, 9], -1), random((2, 6)))
    same("split(X, {-2})", lambda x: np.split(x, [-2]), random((5,)))
    for k in (0, 1, 2, 3, -1, 5):
        same(f"rot90(X, {k})", lambda x, k=k: np.rot90(x, k), random((2, 3)), a)
    same("rot90(X, 1, {2, 0})", lambda x: np.rot90(x, 1, (2, 0)), a)
    for k in (0, 1, -1, 5):
        same(f"tril(X, {k})", lambda x, k=k: np.tril(x, k), random((3, 4)), a, random((3, 3), np.int64))
        same(f"triu(X, {k})", lambda x, k=k: np.triu(x, k), random((3, 4)), random((3, 3), np.bool_))
        same(f"diag(X, {k})", lambda x, k=k: np.diag(x, k), random((4,)), random((3, 4)), random((4, 3)), random((3,), np.complex64))
    same("meshgrid({X, Y})", lambda x, y: np.meshgrid(x, y), (random((3,)), random((2,), np.float32)))
    same('meshgrid({X, Y, X}, {.indexing = "ij"})', lambda x, y: np.meshgrid(x, y, x, indexing="ij"), (random((3,)), random((2,))))

    # Subscripts
    for text, f in {
        "X[1]": lambda x: x[1], "X[-1]": lambda x: x[-1], "X(0, 1, 2)": lambda x: x[0, 1, 2],
        "X(_, 1)": lambda x: x[:, 1], "X(slice(1, _))": lambda x: x[1:], "X(slice(_, -1), ellipsis, slice(_, _, 2))": lambda x: x[:-1, ..., ::2],
        "X(ellipsis, -1)": lambda x: x[..., -1], "X(newaxis, _, newaxis, 1)": lambda x: x[None, :, None, 1],
        "X(_, slice(_, _, -1))": lambda x: x[:, ::-1], "X(_, slice(2, 0, -1), slice(3, _, -2))": lambda x: x[:, 2:0:-1, 3::-2],
        "X(slice(5, 9))": lambda x: x[5:9], "X(_, slice(-100, 100))": lambda x: x[:, -100:100], "X(slice(2, 1))": lambda x: x[2:1],
        "X(ellipsis)": lambda x: x[...], "X(tensor({1, 0, -1}))": lambda x: x[[1, 0, -1]],
        "X(_, tensor({{0, 2}, {1, 1}}))": lambda x: x[:, [[0, 2], [1, 1]]],
        "X(tensor({0, 1}), tensor({2, 0}))": lambda x: x[[0, 1], [2, 0]],
        "X(tensor({0, 1}), _, tensor({2, 0}))": lambda x: x[[0, 1], :, [2, 0]],
        "X(0, _, tensor({2, 0}))": lambda x: x[0, :, [2, 0]],
        "X(tensor({{0}, {1}}), tensor({2, 0, 1}))": lambda x: x[[[0], [1]], [2, 0, 1]],
        "X(_, tensor({true, false, true}))": lambda x: x[:, [True, False, True]],
        "X(X > 0)": lambda x: x[x > 0],
        "X(ellipsis, newaxis, tensor({0}))": lambda x: x[..., None, [0]],
        "X(tensor({true, false}), tensor({1}))": lambda x: x[[True, False], [1]],
        "X(1, slice(_, _, 2), newaxis, tensor({3, 3}))": lambda x: x[1, ::2, None, [3, 3]],
    }.items():
        same(text, f, a, random((2, 3, 4), np.int16), *([] if "> 0" in text else [random((2, 3, 4), np.complex64)]), grad="> 0" not in text)

    def at(op):
        def g(index):
            def f(x, v):
                y = np.array(x)
                if op is None:
                    y[index] = v
                else:
                    op.at(y, index, v)
                return y
            return f
        return g
    sets = [(random((3, 4)), random(())), (random((3, 4), np.float32), random((), np.float32)), (random((3, 4), np.int32), np.array(3, np.int32))]
    for method, op in dict(set=None, add=np.add, multiply=np.multiply, min=np.minimum, max=np.maximum).items():
        for text, index in {"1": 1, "_, slice(_, _, 2)": (slice(None), slice(None, None, 2)), "slice(_, _, -1)": slice(None, None, -1),
                            "tensor({0, 2, 0})": [0, 2, 0], "tensor({0, 2, 0}), tensor({1, 1, 1})": ([0, 2, 0], [1, 1, 1]),
                            "_, tensor({-1, 0})": (slice(None), [-1, 0]), "2, 3": (2, 3)}.items():
            case(f"X.at({text}).{method}(Y)", at(op)(index), *sets, tol=6, grad=method in ("set", "add"))
        case(f"X.at(tensor({{0, 2}})).{method}(Y)", at(op)([0, 2]), (random((3, 4)), random((4,))), (random((3, 4)), random((2, 4))), (random((3, 2)), random((2, 1))), tol=6, grad=True)
    same("X.at(X > 0).set(Y)", lambda x, y: np.where(x > 0, y, x), (random((3, 4)), random(())), grad=True)

    # Index functions
    same("take(X, Y)", lambda x, i: np.take(x, i), (a, np.array([0, 5, -1])), (random((4,), np.int8), np.array([[0, 1]], np.int32)), (a, np.array(3)))
    same("take(X, Y, 1)", lambda x, i: np.take(x, i, 1), (a, np.array([[0, 2], [1, -1]])), (a, np.array(2)), (a, np.zeros((0,), int)), (a, np.array([1], np.uint8)))
    same("take(X, Y, -1)", lambda x, i: np.take(x, i, -1), (a, np.array([3, 3])), (Input(random((4, 3)), "T"), np.array([0, 1])))
    i = np.array([[0, 2, 1], [2, 2, -1]])
    same("take_along_axis(X, Y, 1)", lambda x, i: np.take_along_axis(x, i, 1), (random((2, 3)), i), (random((1, 3)), i), (random((2, 4), np.int8), i))
    same("take_along_axis(X, Y, 0)", lambda x, i: np.take_along_axis(x, i, 0), (random((3, 3)), i))

    def put(x, i, v):
        y = np.array(x)
        np.put_along_axis(y, i, v, 1)
        return y
    same("put_along_axis(X, Y, Z, 1)", put, (random((2, 4)), i[:, :2], random((2, 2))), (random((2, 4)), i[:, :2], random(())))
    same("gather(X, Y, 1)", lambda x, i: np.take_along_axis(x[:2], i, 1), (random((3, 4)), np.array([[0, 3], [1, 1]])))
    def scatter(add):
        def f(x, i, v):
            y = np.array(x)
            for r in range(i.shape[0]):
                for c in range(i.shape[1]):
                    if add:
                        y[i[r, c], c] += v[r, c]
                    else:
                        y[i[r, c], c] = v[r, c]
            return y
        return f
    s = (random((3, 4)), np.array([[0, 2, 0], [0, 1, 2]]), random((2, 3)))
    case("scatter_add(X, Y, Z, 0)", scatter(True), s, (s[0].astype(np.float32), s[1], s[2].astype(np.float32)), tol=4, grad=True)
    case("scatter_set(X, Y, Z, 0)", scatter(False), s, tol=4, grad=True)
    def segments(x, ids):
        y = np.zeros((4,) + x.shape[1:], x.dtype)
        np.add.at(y, ids, x)
        return y
    case("segment_sum(X, Y, 4)", segments, (random((5, 2)), np.array([0, 2, 2, 0, 3])), (random((5,), np.int32), np.array([0, 2, 2, 0, 3])), tol=4, grad=True)
    same("dynamic_slice(X, Y, {2, 2})", lambda x, s: x[min(max(s[0], 0), 1):, min(max(s[1], 0), 2):][:2, :2], (random((3, 4)), np.array([1, 1])), (random((3, 4)), np.array([9, 0])), (random((3, 4)), np.array([0, 2], np.int32)))
    def update(x, u, s):
        y = np.array(x)
        y[s[0]:s[0] + 2, s[1]:s[1] + 2] = u
        return y
    same("dynamic_update_slice(X, Y, Z)", update, (random((3, 4)), random((2, 2)), np.array([1, 2])))
    same("one_hot(X, 4, float64)", lambda i: np.eye(4)[i], np.array([[0, 3], [1, 1]]), np.array(2, np.int32))
