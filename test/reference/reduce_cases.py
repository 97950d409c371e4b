# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reductions, scans, sorting and searching."""
import numpy as np
from scipy import special as sp

from inputs import *


def write(case):
    ties = np.array([[3., 1, 3, nan], [1, 1, -0., 0.]])
    typed = [random((3, 5), d) for d in ALL]
    real = [x for x in typed if x.dtype.kind != "c"]
    large = [random((1000,), np.float32), random((7, 301), np.float64), random((301, 7), np.float32)]
    axes = {"": {}, ", 0": dict(axis=0), ", -1": dict(axis=-1), ", {0, -1}": dict(axis=(0, -1)),
            ", 1, {.keepdims = true}": dict(axis=1, keepdims=True), ", _, {.keepdims = true}": dict(keepdims=True)}
    cube, cubes = random((2, 3, 5)), views((4, 3)) + views((4, 3), np.float32)
    forms = dict(sum=np.sum, prod=np.prod, mean=np.mean, max=np.max, min=np.min, all=np.all, any=np.any,
                 logsumexp=sp.logsumexp, median=np.median, var=np.var, std_dev=np.std)
    for name, f in forms.items():
        ok = real if name in ("max", "min", "logsumexp", "median") else typed
        if name == "median":
            ok = [x for x in ok if x.dtype.kind != "b"]
        if name == "logsumexp":
            ok = [x for x in ok if x.dtype.kind == "f"]
        if name == "prod":
            ok = [x for x in ok if x.dtype.kind != "c"] + [random((2, 3, 2), np.complex64), random((2, 3), np.complex128)]
        differ = name not in ("all", "any")
        tol = 30 if name in ("var", "std_dev", "logsumexp") else 12
        for text, o in axes.items():
            if text == ", {0, -1}" or "keepdims" in text or text == "":
                xs = [cube, *ok[-2:]]
            else:
                xs = ok + [cube]
            if text == "":
                xs = ok + xs + large + cubes + [bf16(random((6,), np.float32))] + [random(())] + [np.array([[1.5]])]
                if name in ("sum", "prod", "mean", "all", "any", "var"):
                    xs += [random((0,)), random((0, 3), np.float32)]
            if text in (", 0", ", -1"):
                xs = xs + cubes + large[1:] + [bf16(random((3, 6), np.float32))]
                if name in ("sum", "prod", "all", "any"):
                    xs += [random((0, 3)), random((3, 0), np.float32)]
                if name in ("max", "min"):
                    xs += [random((3, 0) if text == ", 0" else (0, 3)), ]
                    xs = [x for x in xs if not (getattr(x, "shape", (1,)) == (3, 0) and text == ", -1")]
                    xs = [x for x in xs if not (getattr(x, "shape", (1,)) == (3, 0) and text == ", 0")]
            smallOnly = [x for x in xs if not any(x is l for l in large)]
            if name == "std_dev":  # not differentiable at 0
                smooth = [x for x in smallOnly if getattr(x, "size", 2) > 1 and getattr(x, "view", "") != "B"]
                case(f"{name}(X{text})", lambda x, o=o, f=f: f(x, **o), *smooth, tol=tol, grad=True)
                continue
            if name == "var":
                smallOnly = [x for x in smallOnly if getattr(x, "view", "") != "B"]
            tied = [x for x in smallOnly if name in ("max", "min", "median") and getattr(x, "view", "") == "B"]
            case(f"{name}(X{text})", lambda x, o=o, f=f: f(x, **o), *tied, tol=tol)
            smallOnly = [x for x in smallOnly if not any(x is t for t in tied)]
            case(f"{name}(X{text})", lambda x, o=o, f=f: f(x, **o), *smallOnly, tol=tol, grad=differ)
            case(f"{name}(X{text})", lambda x, o=o, f=f: f(x, **o), *[x for x in xs if any(x is l for l in large)],
                 tol=300 if name == "prod" else 40)
        if name in ("sum", "mean", "max", "min", "logsumexp", "var"):
            case(f"{name}(X)", f, special(np.float64), np.array([inf, 1., inf]), np.array([-inf, -inf]), tol=4)
    case("var(X, 0, {.ddof = 1})", lambda x: np.var(x, axis=0, ddof=1), cube, random((3, 5), np.complex128), tol=20, grad=True)
    case("std_dev(X, 1, {.ddof = 1, .keepdims = true})", lambda x: np.std(x, axis=1, ddof=1, keepdims=True), cube, tol=20, grad=True)
    case("X.sum(-1)", lambda x: x.sum(-1), cube, tol=8)
    case("X.mean()", lambda x: x.mean(), cube, tol=8)
    case("X.max({0, 2})", lambda x: x.max((0, 2)), cube, tol="=")
    case("norm(X)", lambda x: np.linalg.norm(x.ravel()), cube, random((4,), np.complex64), tol=8, grad=True)
    case("norm(X, 1)", lambda x: np.linalg.norm(x, axis=1), random((2, 3)), tol=8, grad=True)
    for name, f in dict(argmax=np.argmax, argmin=np.argmin).items():
        for text, o in {"": {}, ", 0": dict(axis=0), ", -1": dict(axis=-1), ", 1, {.keepdims = true}": dict(axis=1, keepdims=True)}.items():
            case(f"{name}(X{text})", lambda x, o=o, f=f: f(x, **o), *real, ties, *cubes[:4], bf16(random((3, 6), np.float32)))
        case(f"{name}(X)", f, random(()), np.array([[2]]), np.array([1., nan, 3, nan]))
    scans = dict(cumsum=np.cumsum, cumprod=np.cumprod, cummax=np.maximum.accumulate, cummin=np.minimum.accumulate,
                 logcumsumexp=np.logaddexp.accumulate)
    for name, f in scans.items():
        ok = typed if name in ("cumsum", "cumprod") else [x for x in real if name[:3] == "cum" or x.dtype.kind == "f"]
        for axis in (0, -1):
            case(f"{name}(X, {axis})", lambda x, f=f, a=axis: f(x, axis=a), *ok, cube, random((0, 3)),
                 *[x for x in cubes if x.view != "B"], tol=12, grad=True)
            case(f"{name}(X, {axis})", lambda x, f=f, a=axis: f(x, axis=a), *[x for x in cubes if x.view == "B"], tol=12)
        case(f"{name}(X, -1)", lambda x, f=f: f(x, axis=-1), *large, tol=1000)
        case(f"{name}(X)", lambda x, f=f: f(x.ravel()), cube, random((1,)), random((5,), np.float32), tol=12)
        case(f"{name}(X, 0)", lambda x, f=f: f(x, axis=0), np.array([1., -inf, nan, 2]), np.array([-inf, -inf, 0.]), tol=4)
    for n, axis in ((1, -1), (2, 0), (1, 1), (3, 0), (0, 0)):
        case(f"diff(X, {n}, {axis})", lambda x, n=n, a=axis: np.diff(x, n, axis=a), *typed[:2], random((4, 5)), random((4, 3), np.complex64), tol=12, grad=True)
    for axis in (0, -1):
        case(f"sort(X, {axis})", lambda x, a=axis: np.sort(x, axis=a), *real, ties, *cubes, random((3, 0)), *large[1:], tol="u0", grad=False)
        case(f"argsort(X, {axis})", lambda x, a=axis: np.argsort(x, axis=a, kind="stable"), *real, ties, *cubes[:4], *large[1:])
    case("sort(X)", np.sort, random((7,)), tol="=", grad=True)
    case("argsort(-X)", lambda x: np.argsort(-x, kind="stable"), random((7,)))
    top = lambda x, k, a=-1: (-np.sort(-x, axis=a)).take(range(k), axis=a)
    case("topk(X, 3).values", lambda x: top(x, 3), random((2, 5)), random((4,), np.float32), random((6,), np.int32), tol="=", grad=True)
    case("topk(X, 2, 0).indices", lambda x: np.argsort(-x, axis=0, kind="stable")[:2], random((4, 3)), np.array([1., 3, 3, 2]))
    case("topk(X, 0).values", lambda x: x[..., :0], random((2, 3)))
    for side in ("left", "right"):
        case(f'searchsorted(X, Y, {{.side = "{side}"}})', lambda a, v, s=side: np.searchsorted(a, v, s),
             (np.array([1., 2, 2, 3]), np.array([0., 1, 2, 2.5, 9, nan])), (np.arange(5), random((2, 3), np.int64)),
             (np.arange(5), np.array(2)), (np.zeros(0), np.array([1.])), (np.arange(5, dtype=np.int32), np.array([2.5])))
    case("unique(X)", np.unique, np.array([3, 1, 3, 2, 1]), np.array([[2., nan, 1], [nan, 1, 2]]), np.array([True, True]),
         np.array([], np.float32), np.array([1, 2, 1], np.uint8), tol="u0")
    case("nonzero(X)", np.nonzero, np.array([[1, 0, 2], [0, 3, 0]]), np.array([0., nan, -0.]), np.array([False, True]),
         np.array([1j, 0]), np.zeros((0, 2)))
    masks = np.array([[True, False, True], [False, False, True]]), np.zeros((2, 3), bool), np.ones((2, 3), bool)
    for m in masks:
        flags = m, random((2, 3))
        case("Y(X)", lambda m, x: x[m], flags)
        case("compile([](Tensor m, Tensor x) { return x(m); })(X, Y)", lambda m, x: x[m], flags)
        case("compile([](Tensor m, Tensor x) { return sort(x(_, m[0]), 0); })(X, Y)", lambda m, x: np.sort(x[:, m[0]], 0), flags)
        case("compile([](Tensor m, Tensor x) { return x.at(m).add(x(m)); })(X, Y)", lambda m, x: np.where(m, 2 * x, x), flags)
        case("argwhere(X)", np.argwhere, m)
        case("flatnonzero(X)", np.flatnonzero, m)
        case("compress(X[0], Y, 1)", lambda m, x: np.compress(m[0], x, 1), flags)
        case("compress(X[0], Y)", lambda m, x: np.compress(m[0], x), flags)
    case("repeat(X, Y, 0)", lambda x, n: np.repeat(x, n, 0), (random((3, 2)), np.array([2, 0, 3])), (random((3, 2)), np.array(2)))
    case("repeat(X, Y)", np.repeat, (random((2, 2)), np.array([2, 0, 3, 1], np.int32)))
    for k, field in enumerate(("values", "indices", "inverse_indices", "counts")):
        case(f"unique_all(X).{field}", lambda x, k=k: np.unique_all(x)[k], np.array([3, 1, 3, 2, 1]), np.array([[2., nan, 1], [nan, 1, 2]]),
             np.array([True, True]), np.zeros((0, 2)), np.array([1j, 1, 1j, 2]))
