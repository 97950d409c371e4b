# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Activations, normalisations, attention and losses, from their published formulas."""
import numpy as np
from scipy import special as sp

from inputs import *


def softmax(x, axis=-1):
    return sp.softmax(x, axis)


def normalised(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def attention(q, k, v, mask=None, causal=False, scale=None):
    s = q @ np.swapaxes(k, -1, -2) * q.dtype.type(scale or 1 / np.sqrt(q.shape[-1]))
    if mask is not None:
        s = np.where(mask, s, -np.inf) if mask.dtype == bool else s + mask
    if causal:
        s = np.where(np.tri(*s.shape[-2:], dtype=bool), s, -np.inf)
    return softmax(s) @ v


def write(case):
    xs = [random((3, 4)), random((7,), np.float32), random((5,), np.float16), bf16(random((5,), np.float32)), random(()), random((0, 2)), *views((4, 3))]
    specials = np.array([100., -100, 1000, -1000, 0.5])
    gelu = lambda x: x * sp.ndtr(x)
    sig = sp.expit
    for text, f in {
        "relu(X)": lambda x: np.maximum(x, 0), "leaky_relu(X)": lambda x: np.where(x > 0, x, x * x.dtype.type(0.01)),
        "leaky_relu(X, 0.2)": lambda x: np.where(x > 0, x, x * x.dtype.type(.2)),
        "elu(X)": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        "elu(X, 0.5)": lambda x: np.where(x > 0, x, x.dtype.type(.5) * np.expm1(np.minimum(x, 0))),
        "gelu(X)": gelu, "silu(X)": lambda x: x * sig(x), "softplus(X)": lambda x: np.logaddexp(x, x.dtype.type(0)),
        'gelu(X, {.approximate = "tanh"})': lambda x: (x * x.dtype.type(.5) * (1 + np.tanh(x.dtype.type(np.sqrt(2 / np.pi)) * (x + x.dtype.type(.044715) * x**3)))),
    }.items():
        case(text, f, *xs, tol=8, grad=True, halves=True)
        case(text, f, specials, tol=8)
    rows = [random((3, 5)), random((2, 3, 4), np.float32), random((4,), np.float16), np.array([[1000., 0, -1000], [-np.inf, 0, 1]])]
    for text, f in {"softmax(X)": softmax, "softmax(X, 0)": lambda x: softmax(x, 0), "softmax(X, {0, -1})": lambda x: softmax(x, (0, -1)),
                    "log_softmax(X)": lambda x: sp.log_softmax(x, -1), "log_softmax(X, 0)": lambda x: sp.log_softmax(x, 0)}.items():
        case(text, f, rows[0], *([rows[1]] if "}" in text or "0" in text else rows[1:3]), tol=20, grad=True)
        if "0" not in text:
            case(text, f, rows[3], tol=8)
    w, b = random((5,)), random((5,))
    case("layer_norm(X, Y, Z)", lambda x, w, b: normalised(x, -1, 1e-5) * w + b, (random((3, 5)), w, b), (random((2, 3, 5), np.float32), w.astype(np.float32), b.astype(np.float32)), tol=40, grad=True)
    case("layer_norm(X, Y, Z, {.eps = 0.1, .axes = {1, 2}})", lambda x, w, b: normalised(x, (1, 2), .1) * w + b, (random((2, 3, 5)), random((3, 5)), random((3, 5))), tol=40, grad=True)
    case("rms_norm(X, Y)", lambda x, w: x / np.sqrt(np.mean(x * x, -1, keepdims=True) + 1e-5) * w, (random((3, 5)), w), tol=20, grad=True)
    case("batch_norm(X, Y, Z, abs(Y) + 1.0, Z)", lambda x, m, v: (x - m[:, None]) / np.sqrt(v[:, None] + 1e-5) * (abs(m) + 1)[:, None] + v[:, None],
         (random((2, 3, 4)), random((3,)), random((3,), np.float64, .5, 2)), tol=20, grad=True)
    q = (random((2, 3, 4)), random((2, 5, 4)), random((2, 5, 6)))
    case("scaled_dot_product_attention(X, Y, Z)", attention, q, tuple(t.astype(np.float32) for t in q), tol=40, grad=True)
    s = (random((2, 2, 4, 3)), random((2, 2, 4, 3)), random((2, 2, 4, 3)))
    case("scaled_dot_product_attention(X, Y, Z, {.causal = true})", lambda *a: attention(*a, causal=True), s, tol=40, grad=True)
    case("scaled_dot_product_attention(X, Y, Z, {.mask = tri(4, 4, 1) > 0, .scale = 0.3})", lambda *a: attention(*a, mask=np.tri(4, 4, 1) > 0, scale=.3), s, tol=40, grad=True)
    case("scaled_dot_product_attention(X, Y, Z, {.mask = tri(4, 4, 1, float64)})", lambda *a: attention(*a, mask=np.tri(4, 4, 1)), s, tol=40, grad=True)
    xent = lambda x, i: -np.mean(np.take_along_axis(sp.log_softmax(x, -1), i[..., None], -1))
    case("cross_entropy(X, Y)", xent, (random((4, 3)), np.array([0, 2, 1, 1])), (random((2, 2, 3), np.float32), np.array([[0, 2], [1, 1]], np.int32)), (random((3,)), np.array(1)), tol=20, grad=True)
    case("cross_entropy(X, Y)", lambda x, p: -np.mean(np.sum(sp.log_softmax(x, -1) * p, -1)), (random((4, 3)), softmax(random((4, 3)))), tol=20, grad=True)
    case("mse_loss(X, Y)", lambda x, y: np.mean((x - y)**2), (random((4, 3)), random((4, 3))), (random((5,), np.float32), random((5,), np.float32)), tol=20, grad=True)
    def huber(x, y, d=1.0):
        e = abs(x - y)
        return np.mean(np.where(e < d, e * e / 2, d * (e - d / 2)))
    case("huber_loss(X, Y)", huber, (random((4, 3)), random((4, 3))), tol=20, grad=True)
    case("huber_loss(X, Y, {.delta = 0.4})", lambda x, y: huber(x, y, .4), (random((4, 3)), random((4, 3))), tol=20, grad=True)
