# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products, contractions, convolutions and pools. Convolutions are direct sums, as PyTorch documents them."""
import itertools

import numpy as np

from inputs import *


def conv(x, w, stride=1, padding=0, dilation=1, groups=1):
    n = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0)] + [(padding, padding)] * n)
    out = [(x.shape[2 + k] - dilation * (w.shape[2 + k] - 1) - 1) // stride + 1 for k in range(n)]
    y = np.zeros((x.shape[0], w.shape[0], *out), np.result_type(x, w))
    for g in range(groups):
        xs = x[:, g * w.shape[1]:(g + 1) * w.shape[1]]
        o = slice(g * w.shape[0] // groups, (g + 1) * w.shape[0] // groups)
        for at in itertools.product(*map(range, w.shape[2:])):
            part = xs[(..., *[slice(p * dilation, p * dilation + (e - 1) * stride + 1, stride) for p, e in zip(at, out)])]
            y[:, o] += np.einsum("nc...,oc->no...", part, w[(o, slice(None), *at)])
    return y


def conv_transpose(x, w, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    size = [(x.shape[2 + k] - 1) * stride + dilation * (w.shape[2 + k] - 1) + 1 + output_padding for k in range(2)]
    y = np.zeros((x.shape[0], w.shape[1] * groups, *size), np.result_type(x, w))
    for g in range(groups):
        c = slice(g * x.shape[1] // groups, (g + 1) * x.shape[1] // groups)
        o = slice(g * w.shape[1], (g + 1) * w.shape[1])
        for p, q in np.ndindex(w.shape[2:]):
            y[:, o, p * dilation:p * dilation + (x.shape[2] - 1) * stride + 1:stride,
              q * dilation:q * dilation + (x.shape[3] - 1) * stride + 1:stride] += np.einsum("ncij,co->noij", x[:, c], w[c, :, p, q])
    return y[:, :, padding:size[0] - padding, padding:size[1] - padding]


def pool(x, window, stride, padding, f, fill):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)], constant_values=fill)
    v = np.lib.stride_tricks.sliding_window_view(x, window, (2, 3))[:, :, ::stride[0], ::stride[1]]
    return f(v, axis=(-1, -2))


def write(case):
    r = random
    mixed = [(r((3, 4), d), r((4, 2), e)) for d, e in zip(ALL, ALL[1:] + ALL[:1])] + [(r((3, 4), d), r((4, 2), d)) for d in ALL]
    case("matmul(X, Y)", np.matmul, *mixed, (bf16(r((3, 4), np.float32)), bf16(r((4, 2), np.float32))), tol=8)
    case("matmul(X, Y)", np.matmul, (r((4,)), r((4,))), (r((3, 4)), r((4,))), (r((4,)), r((4, 2))), (r((2, 3, 4)), r((4, 5))),
         (r((5, 1, 3, 4)), r((2, 4, 2))), (r((4,)), r((2, 4, 3))), (r((2, 3, 4)), r((4,))), (Input(r((4, 3)), "T"), Input(r((2, 4)), "T")),
         (Input(r((3, 4)), "F"), Input(r((4, 6)), "S")), (r((2, 0)), r((0, 3))), (r((0, 2)), r((2, 3))), (r((3, 4), np.complex128), r((4, 2))), tol=8, grad=True)
    case("matmul(X, Y)", np.matmul, (r((65, 130), np.float32), r((130, 33), np.float32)), (r((33, 100)), r((100, 70))), tol=100)
    case("dot(X, Y)", np.dot, (r((4,)), r((4,))), (r((2, 3)), r((3,))), (r((2, 3, 4)), r((5, 4, 2))), (r(()), r((3,))), (r((2, 3)), r((3, 2))), tol=8, grad=True)
    case("vdot(X, Y)", np.vdot, (r((4,)), r((4,))), (r((2, 3), np.complex128), r((2, 3), np.complex128)), (r((3,), np.complex64), r((3,), np.float32)), tol=8, grad=True)
    case("inner(X, Y)", np.inner, (r((4,)), r((4,))), (r((2, 3, 4)), r((5, 4))), (r(()), r((2, 2))), (r((3,), np.int8), r((3,), np.int8)), tol=8, grad=True)
    case("outer(X, Y)", np.outer, (r((3,)), r((4,))), (r((2, 2)), r((3,), np.float32)), (r((2,), np.complex64), r((2,))), tol="u4", grad=True)
    case("kron(X, Y)", np.kron, (r((2, 3)), r((3, 2))), (r((2,)), r((3,))), (r((2, 2, 2)), r((3, 2))), (r((2, 2), np.int8), r((1, 2), np.int16)), tol="u4", grad=True)
    case("tensordot(X, Y)", np.tensordot, (r((2, 3, 4)), r((3, 4, 5))), tol=12, grad=True)
    case("tensordot(X, Y, 0)", lambda a, b: np.tensordot(a, b, 0), (r((2,)), r((3, 2))), tol=8, grad=True)
    case("tensordot(X, Y, 1)", lambda a, b: np.tensordot(a, b, 1), (r((2, 3)), r((3, 2))), tol=8)
    case("tensordot(X, Y, {0, -1}, {1, 0})", lambda a, b: np.tensordot(a, b, ((0, -1), (1, 0))), (r((2, 3, 4)), r((4, 2, 5))), tol=12, grad=True)
    for f, s in {"ij,jk->ik": [(2, 3), (3, 4)], "ij,jk": [(2, 3), (3, 4)], "ii->i": [(3, 3)], "ii": [(3, 3)], "ij->ji": [(2, 3)], "ba": [(2, 3)],
                 "i,j->ij": [(2,), (3,)], "...ij,...jk->...ik": [(2, 1, 2, 3), (4, 3, 2)], "ij,ij->": [(2, 3), (2, 3)],
                 "bij,bjk,kl->bil": [(2, 2, 3), (2, 3, 2), (2, 4)], "iij->j": [(3, 3, 2)], "ijk->k": [(2, 3, 4)], "i,i,i->i": [(3,)] * 3,
                 "i...->...": [(3, 2, 2)], "ij,kj,lj->ikl": [(2, 3), (2, 3), (3, 3)], " i j , j -> i ": [(2, 3), (3,)], ",ij->ij": [(), (2, 3)],
                 "ij,jk,ki->": [(2, 3), (3, 2), (2, 2)], "aB,Bc->ac": [(2, 3), (3, 2)]}.items():
        names = ", ".join("XYZ"[:len(s)])
        xs = tuple(r(q) for q in s)
        case(f'einsum("{f}", {names})', lambda *a, f=f: np.einsum(f, *a), xs, tuple(r(q, np.complex64) for q in s), tuple(r(q, np.int32) for q in s), tol=12, grad=True)
    case("contract({X, Y, Z}, {{0, 1}, {1, 2}, {2, 3}}, {3, 0})", lambda x, y, z: (x @ y @ z).T, (r((2, 3)), r((3, 4)), r((4, 2))), tol=12, grad=True)
    case("contract({X, Y}, {{7, 7}, {-1}}, {-1})", lambda x, y: np.trace(x) * y, (r((3, 3)), r((2,))), tol=12, grad=True)
    case("contract({X}, {{0, 1}}, {})", np.sum, r((2, 3)), tol=12, grad=True)
    case("trace(X)", np.trace, r((3, 4)), r((3, 3), np.int8), r((2, 2, 3)), r((0, 0)), r((3, 3), np.bool_), tol=8, grad=True)
    case("trace(X, 1)", lambda x: np.trace(x, 1), r((3, 4)), tol=8, grad=True)
    case("trace(X, -1, 1, 2)", lambda x: np.trace(x, -1, 1, 2), r((2, 3, 4)), tol=8, grad=True)

    case("conv1d(X, Y)", conv, (r((2, 3, 7)), r((4, 3, 3))), (r((2, 3, 7), np.float32), r((4, 3, 3), np.float32)), tol=20, grad=True)
    case("conv1d(X, Y, {.stride = {2}, .padding = {2}, .dilation = {2}})", lambda x, w: conv(x, w, 2, 2, 2), (r((1, 2, 8)), r((3, 2, 3))), tol=20, grad=True)
    case("conv2d(X, Y)", conv, (r((1, 2, 5, 4)), r((3, 2, 3, 2))), (r((2, 3, 17, 9), np.float32), r((4, 3, 3, 3), np.float32)), tol=30, grad=True)
    case("conv2d(X, Y, {.stride = {2}, .padding = {1}})", lambda x, w: conv(x, w, 2, 1), (r((2, 2, 5, 6)), r((2, 2, 3, 3))), tol=20, grad=True)
    case("conv2d(X, Y, {.dilation = {2}, .groups = 2})", lambda x, w: conv(x, w, dilation=2, groups=2), (r((1, 4, 6, 5)), r((2, 2, 2, 2))), tol=20, grad=True)
    case("conv2d(X, Y, {.padding = {1}, .groups = 3})", lambda x, w: conv(x, w, padding=1, groups=3), (r((1, 3, 4, 4)), r((6, 1, 3, 3))), tol=20, grad=True)
    case("conv2d(X, Y)", conv, (r((1, 2, 4, 4), np.complex128), r((2, 2, 2, 2), np.complex128)), tol=20, grad=True)
    case("conv3d(X, Y, {.padding = {1}})", lambda x, w: conv(x, w, padding=1), (r((1, 2, 3, 4, 3)), r((2, 2, 2, 2, 2))), tol=20, grad=True)
    case("conv_transpose2d(X, Y)", conv_transpose, (r((1, 3, 3, 2)), r((3, 2, 2, 3))), tol=20, grad=True)
    case("conv_transpose2d(X, Y, {.stride = {2}, .padding = {1}, .output_padding = {1}})", lambda x, w: conv_transpose(x, w, 2, 1, 1), (r((2, 2, 3, 3)), r((2, 2, 3, 3))), tol=20, grad=True)
    case("conv_transpose2d(X, Y, {.stride = {2}, .groups = 2})", lambda x, w: conv_transpose(x, w, 2, groups=2), (r((1, 4, 3, 2)), r((4, 1, 2, 2))), tol=20, grad=True)
    case("max_pool2d(X, {2, 2})", lambda x: pool(x, (2, 2), (2, 2), 0, np.max, 0), r((2, 2, 4, 5)), r((1, 1, 6, 6), np.float32), tol="=", grad=True)
    case("max_pool2d(X, {3, 2}, {.stride = {1, 2}, .padding = {1}})", lambda x: pool(x, (3, 2), (1, 2), 1, np.max, -np.inf), r((1, 2, 5, 4)), tol="=", grad=True)
    case("avg_pool2d(X, {2, 2})", lambda x: pool(x, (2, 2), (2, 2), 0, np.mean, 0), r((2, 2, 4, 5)), tol=8, grad=True)
    case("avg_pool2d(X, {3}, {.stride = {2}, .padding = {1}})", lambda x: pool(x, (3, 3), (2, 2), 1, np.mean, 0), r((1, 2, 5, 5)), tol=8, grad=True)
