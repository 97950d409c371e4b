# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of each element, operators, creation."""
import numpy as np
from scipy import special as sp

from inputs import *


def write(case):
    x1 = {d: random((11,), d) for d in ALL}
    whole = [(x1[d],) for d in ALL]
    small = lambda lo=-2.0, hi=2.0: [random((9,), np.float64, lo, hi), random((2, 3), np.float32, lo, hi),
                                     random((3,), np.float16, lo, hi), bf16(random((4,), np.float32, lo, hi)),
                                     random((), np.float64, lo, hi), random((0, 2), np.float32, lo, hi)]
    z = [random((5,), np.complex128), random((2, 2), np.complex64)]
    specials = [special(np.float64), special(np.float32)]

    for name, f in dict(abs=np.abs, sign=np.sign, square=np.square, real=np.real, conj=np.conj).items():
        ok = [x1[d] for d in ALL if d != np.bool_ or name == "abs"]
        case(f"{name}(X)", f, *ok, *views((4, 3)), *views((3, 4), np.complex64), tol="u4", grad=True)
    case("-X", np.negative, *[x1[d] for d in ALL if d != np.bool_], tol="=", grad=True)
    case("-X", np.negative, special(np.float64), tol="=")
    case("neg(X)", np.negative, x1[np.float64], x1[np.uint8], tol="=", grad=True)
    case("imag(X)", np.imag, *[x1[d] for d in ALL if np.dtype(d).kind == "c"], tol="=", grad=True)
    case("X.real()", np.real, z[0], tol="=")
    case("X.imag()", np.imag, z[0], tol="=")
    case("X.conj()", np.conj, z[0], tol="=")
    case("angle(X)", np.angle, *z, x1[np.float64], tol=8)
    realOnly = {"exp2": (np.exp2, -2, 2), "log2": (np.log2, .1, 3), "log10": (np.log10, .1, 3), "cbrt": (np.cbrt, -2, 2),
                "erf": (sp.erf, -2, 2), "erfc": (sp.erfc, -2, 2), "erfinv": (sp.erfinv, -.95, .95),
                "lgamma": (sp.gammaln, .1, 6), "digamma": (sp.digamma, .1, 6), "sigmoid": (sp.expit, -3, 3)}
    both = {"exp": (np.exp, -2, 2), "expm1": (np.expm1, -2, 2), "log": (np.log, .1, 3), "log1p": (np.log1p, -.5, 3),
            "sqrt": (np.sqrt, .1, 4), "sin": (np.sin, -4, 4), "cos": (np.cos, -4, 4), "tan": (np.tan, -1.4, 1.4),
            "asin": (np.arcsin, -.9, .9), "acos": (np.arccos, -.9, .9), "atan": (np.arctan, -3, 3),
            "sinh": (np.sinh, -2, 2), "cosh": (np.cosh, -2, 2), "tanh": (np.tanh, -2, 2),
            "asinh": (np.arcsinh, -3, 3), "acosh": (np.arccosh, 1.1, 4), "atanh": (np.arctanh, -.9, .9),
            "reciprocal": (np.reciprocal, .2, 3)}
    for name, (f, lo, hi) in realOnly.items():
        case(f"{name}(X)", f, *small(lo, hi), *[view(random((4, 3), np.float64, lo, hi), v) for v in "TFSB"], tol=6,
             grad=True, halves=True)
        # At -inf C has lgamma = inf, SciPy -inf.
        case(f"{name}(X)", f, np.delete(special(np.float64), 5) if name == "lgamma" else special(np.float64), tol=6)
    for name, (f, lo, hi) in both.items():
        case(f"{name}(X)", f, *small(lo, hi), *z, tol=8, grad=True)
        case(f"{name}(X)", f, special(np.float64), special(np.float32), tol=8)
    for name in ("exp", "sqrt", "sin", "log1p", "tanh"):  # of integers: float64
        f = both[name][0]
        case(f"{name}(X)", lambda x, f=f: f(x.astype(np.float64)), *[np.array([1, 2, 3], d) for d in INTS], tol=4)
    case("rsqrt(X)", lambda x: 1 / np.sqrt(x), *small(.2, 3), *z, tol=8, grad=True)
    for name, f in dict(floor=np.floor, ceil=np.ceil, trunc=np.trunc, round=np.round).items():
        case(f"{name}(X)", f, np.array([-2.5, -1.5, -.5, -0., .5, 1.5, 2.49, inf, nan]), np.array([2.5, 3.5], np.float32),
             np.array([1, -2, 3]), random((3, 3), np.float16), tol="=")
    case("round(X, 2)", lambda x: np.round(x, 2), np.array([1.2345, -2.005, 1e10]), tol=4)
    case("round(X, -1)", lambda x: np.round(x, -1), np.array([15.0, 25, -44]), np.array([15, 25, -44]), tol=4)
    for name, f in dict(isnan=np.isnan, isinf=np.isinf, isfinite=np.isfinite).items():
        case(f"{name}(X)", f, *specials, np.array([1 + 1j, nan + 0j, 1 + 1j * inf]), np.array([1, 2]), np.array([True]))
    case("nan_to_num(X)", np.nan_to_num, *specials, np.array([1, 2]), np.array([complex(nan, inf), 1 - 1j * inf]), tol="=", exact=True)
    case("logical_not(X)", np.logical_not, *whole, tol="=")
    case("!X", np.logical_not, *whole, tol="=")
    case("bitwise_not(X)", np.bitwise_not, *[x1[d] for d in [np.bool_] + INTS], tol="=")
    case("~X", np.bitwise_not, *[x1[d] for d in [np.bool_] + INTS], tol="=")

    pairs = [(random((2, 1, 3), d), random((4, 1), e)) for d, e in
             [(a, b) for a in ALL for b in ALL if (ALL.index(a) + ALL.index(b)) % 3 == 0]]
    for text, f in {"X + Y": np.add, "X * Y": np.multiply, "X == Y": np.equal, "X != Y": np.not_equal}.items():
        case(text, f, *pairs, tol="u4", grad=True)
    real = [p for p in pairs if all(q.dtype.kind != "c" for q in p)]
    notBool = [p for p in pairs if any(q.dtype.kind != "b" for q in p)]
    case("X - Y", np.subtract, *notBool, tol="u4", grad=True)
    case("X / Y", np.divide, *[(a, b + b.dtype.type(10) if b.dtype.kind != "b" else np.ones_like(b)) for a, b in pairs],
         tol="u6", grad=True)
    for text, f in {"X < Y": np.less, "X <= Y": np.less_equal, "X > Y": np.greater, "X >= Y": np.greater_equal,
                    "maximum(X, Y)": np.maximum, "minimum(X, Y)": np.minimum}.items():
        case(text, f, *real, (special(np.float64), special(np.float64)[::-1].copy()), tol="u0", grad=False)
    logic = [p for p in pairs if p[0].dtype.kind != "c" or p[1].dtype.kind != "c"][:30]
    for name in ("and", "or", "xor"):
        case(f"logical_{name}(X, Y)", getattr(np, f"logical_{name}"), *logic)
    bits = [(random((3, 1), a), random((4,), b)) for a in [np.bool_] + INTS for b in [np.bool_] + INTS]
    for text, f in {"X & Y": np.bitwise_and, "X | Y": np.bitwise_or, "X ^ Y": np.bitwise_xor}.items():
        case(text, f, *bits)
    shifts = [(random((3, 1), a), np.array([0, 1, 3], b)) for a in INTS for b in INTS]
    case("X << Y", np.left_shift, *shifts)
    case("X >> Y", np.right_shift, *shifts)
    case("left_shift(X, Y)", np.left_shift, (np.array([1, -1, 5]), np.array([62, 63, 64])))
    case("right_shift(X, Y)", np.right_shift, (np.array([1, -1, -5]), np.array([62, 63, 64])))
    division = [(random((3, 5), a), random((5,), b)) for a in INTS + FLOATS for b in INTS + FLOATS]
    division += [(np.array([5., -5, 5, -5, 0., -0., inf, 1, nan, 7]), np.array([3., 3, -3, -3, 5, 5, 2, inf, 1, 0]))]
    division += [(np.array([-128, 7, -7], np.int8), np.array([-1, 0, 2], np.int8)),
                 (np.array([-2**63, 5, -5]), np.array([-1, 0, -3]))]
    for text, f in {"floor_divide(X, Y)": np.floor_divide, "X % Y": np.remainder, "remainder(X, Y)": np.remainder,
                    "fmod(X, Y)": np.fmod}.items():
        case(text, f, *(division[:40:3] + division[-3:] if text[0] == "r" else division), tol="u1")
    case("power(X, Y)", np.power, *[(random((4,), d, .3, 2), random((3, 1), e, -2, 2))
                                    for d in INEXACT for e in INEXACT], tol=10, grad=True)
    case("power(X, Y)", np.power, *[(random((5,), d), np.array([0, 1, 2, 3, 4], d)) for d in INTS], tol="=")
    case("power(X, Y)", np.power, (np.array([0., -0., -1, inf, -8, 2, nan, 1, 0]),
                                   np.array([0., -1, inf, -1, 3, nan, 0, nan, -2])), tol=4)
    case("power(X, 2)", lambda x: x**2, *[x1[d] for d in ALL if d != np.bool_], tol="u2", grad=True)
    case("power(X, 3)", lambda x: x**3, x1[np.float64], x1[np.complex128], tol="u6", grad=True)
    case("power(X, -2)", lambda x: x**-2.0, random((4,)), tol="u6", grad=True)
    case("power(X, 0.5)", lambda x: x**0.5, random((4,), np.float64, .1, 3), tol="u4", grad=True)
    case("pow(2, X)", lambda x: 2**x, random((4,)), np.array([0, 1, 5]), tol="u6", grad=True)
    for name, f in dict(hypot=np.hypot, atan2=np.arctan2, logaddexp=np.logaddexp).items():
        case(f"{name}(X, Y)", f, *[(random((4,), d), random((3, 1), e)) for d in FLOATS for e in FLOATS],
             (special(np.float64), special(np.float64)[::-1].copy()), tol=6)
        case(f"{name}(X, Y)", f, (random((4,)), random((3, 1))), tol=6, grad=True)
    case("complex(X, Y)", lambda x, y: x + 1j * y, (random((3,)), random((2, 1))), tol=2, grad=True)
    case("polar(X, Y)", lambda r, t: r * np.exp(1j * t), (random((3,)), random((2, 1))),
         tol=4, grad=True)
    case("clip(X, -1, 1)", lambda x: np.clip(x, -1, 1), *[x1[d] for d in [np.int8, np.int64, np.float16, np.float32, np.float64]],
         special(np.float64), tol="=")
    case("clip(X, Y, Z)", np.clip, (random((4,)), np.array(-1.0), np.array([[0.5], [1.0]])), tol="=", grad=True)
    case("where(X, Y, Z)", np.where, (random((3,), np.bool_), random((3,)), random((2, 1))),
         (random((3,), np.bool_), random((3,), np.int8), random((2, 1), np.float32)), tol="=", grad=True)
    case("where(X > 0, X, 0)", lambda x: np.where(x > 0, x, 0), random((5,)), random((5,), np.int32), tol="=", grad=True)
    # C++ scalars are weak.
    for d in ALL:
        if d != np.bool_:
            case("X + 1", lambda x: x + 1, x1[d], tol="u2")
            case("2 * X - 1", lambda x: 2 * x - 1 if x.dtype.kind != "u" else (2 * x - 1), x1[d], tol=4)
        case("X * 2.5", lambda x: x * 2.5, x1[d], tol="u2")
        case("X == 1", lambda x: x == 1, x1[d])
        case("X * std::complex<double>(0, 1)", lambda x: x * 1j, x1[d] if d != np.float16 else random((3,)), tol="u4")
        for e, name in zip(ALL, "bool_ int8 int16 int32 int64 uint8 uint32 float16 float32 float64 complex64 complex128".split()):
            y = np.abs(random((5,), d)) if np.dtype(e).kind == "u" and np.dtype(d).kind != "b" else random((5,), d)
            if not (np.dtype(d).kind == "c" and np.dtype(e).kind != "c"):
                case(f"X.astype({name})", lambda x, e=e: x.astype(e), y, tol=2, dtype=e)
    case("X.astype(bool_)", lambda x: x.astype(bool), special(np.float64), np.array([0j, 1j, complex(nan, 0)]))
    case("X.astype(float32)", lambda x: x.astype(np.float32), bf16(random((4,))), tol="=", dtype=np.float32)

    # Creation takes no inputs.
    none = ()
    for text, y in {
        "zeros({2, 3})": np.zeros((2, 3), np.float32), "ones({0, 3}, int8)": np.ones((0, 3), np.int8),
        "zeros({})": np.zeros((), np.float32), "empty({2}, complex64)": np.zeros(2, np.complex64),
        "full({2, 2}, 7)": np.full((2, 2), 7), "full({2}, 1.5)": np.full(2, 1.5, np.float32), "full({2}, true)": np.full(2, True),
        "full({2, 3}, tensor({1.0, 2.0, 3.0}))": np.full((2, 3), [1., 2, 3]),
        "arange(5)": np.arange(5), "arange(2, 11, 3)": np.arange(2, 11, 3), "arange(5, 0, -2)": np.arange(5, 0, -2),
        "arange(0, 1, 0.25, float64)": np.arange(0, 1, .25), "arange(3.5)": np.arange(3.5).astype(np.float32),
        "arange(5, 5)": np.arange(5, 5), "arange(0, -3)": np.arange(0, -3), "arange(4, uint8)": np.arange(4, dtype=np.uint8),
        "arange(1.0, 2.0, 0.1, float64)": 1 + np.arange(10) * .1,
        "linspace(0, 1, 5, float64)": np.linspace(0, 1, 5), "linspace(-1, 3, 7)": np.linspace(-1, 3, 7, dtype=np.float32),
        "linspace(0, 1, 1)": np.linspace(0, 1, 1, dtype=np.float32), "linspace(2, 3, 0, float64)": np.linspace(2, 3, 0),
        "linspace(0, 1, 4, float64, {.endpoint = false})": np.linspace(0, 1, 4, endpoint=False),
        "eye(3)": np.eye(3, dtype=np.float32), "eye(2, 4, 1, float64)": np.eye(2, 4, 1), "eye(3, 2, -1, int64)": np.eye(3, 2, -1, int),
        "eye(0)": np.eye(0, dtype=np.float32), "eye(3, 3, 5)": np.eye(3, 3, 5, np.float32),
        "tri(3, 4)": np.tri(3, 4, dtype=np.float32), "tri(3, 4, -1, int32)": np.tri(3, 4, -1, np.int32),
        "tri(2, 2, 4)": np.tri(2, 2, 4, np.float32),
        "tensor({1, 2, 3})": np.array([1, 2, 3]), "tensor({{1.0, 2.0}, {3.0, 4.0}})": np.array([[1., 2], [3, 4]]),
        "tensor({true, false})": np.array([True, False]), "tensor({{{1.f}, {2.f}}})": np.array([[[1], [2]]], np.float32),
        "tensor({1, 2}, float16)": np.array([1, 2], np.float16), "tensor(3)": np.array(3), "tensor(2.5)": np.array(2.5),
        "one_hot(tensor({0, 2, 5, -1}), 3)": np.eye(6, dtype=np.float32)[[0, 2, 5, 5]][:, :3],
        "eye(3)(1)": np.eye(3, dtype=np.float32)[1],
        "fft::fftfreq(5)": np.fft.fftfreq(5), "fft::fftfreq(6, 0.5)": np.fft.fftfreq(6, .5),
        "fft::rfftfreq(7)": np.fft.rfftfreq(7), "fft::rfftfreq(8, 2, float32)": np.fft.rfftfreq(8, 2).astype(np.float32),
    }.items():
        case(text, lambda y=y: y, none, tol=2)
    case("zeros_like(X)", np.zeros_like, *whole)
    case("ones_like(X)", np.ones_like, *whole)
    case("full_like(X, 3)", lambda x: np.full_like(x, 3), *whole)
    case("empty_like(X, float32) * 0", lambda x: np.zeros_like(x, np.float32), x1[np.int8], random((0, 2)))
