# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every function over dtypes, axes and special values. Parameters are lists of numbers: axes are a count and the axes."""
import numpy as np
from scipy import special as sp

from inputs import ALL, COMPLEX, INTS, bf16, inf, nan, rng
from reference import DTYPES, Input, round_bfloat16

KINDS = [np.dtype(d) for d in ALL]
BF16 = "bfloat16"


def values(d):
    """What a dtype has at its edges; for BF16 an Input."""
    if d == BF16:
        return bf16(np.array([0.0, -0.0, 1.5, inf, nan, -2.75, 3e38], np.float32))
    if d.kind == "b":
        return np.array([0, 1, 0, 1, 1, 0, 1], d)
    if d.kind in "iu":
        i = np.iinfo(d)
        return np.array([0, 1, i.max, i.min, 7, i.max - 1, 3], d)
    if d.kind == "c":
        return np.array([0, complex(-0.0, -0.0), 1 + 2j, -1.25 + 0.5j, complex(1, nan), -3.5 - 0.25j, 2], d)
    return np.array([0.0, -0.0, 1.5, inf, nan, -2.75, np.finfo(d).max]).astype(d)


def sample(d, shape):
    if d == BF16:
        return bf16(np.asarray(rng.standard_normal(shape), np.float32))
    if d.kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if d.kind in "iu":
        i = np.iinfo(d)
        return np.asarray(rng.integers(max(i.min, -5), 6, shape) if rng.random() < .7 else rng.integers(i.min, i.max, shape)).astype(d)
    x = rng.standard_normal(shape)
    if d.kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    x = np.asarray(x).astype(d)
    if x.size and rng.random() < .5 and d.kind == "f":
        x.flat[rng.integers(x.size)] = [nan, inf, -inf, 0.0, -0.0][rng.integers(5)]
    if x.size and rng.random() < .3:
        x.flat[rng.integers(x.size)] = x.flat[0]
    return x


def array(x):
    return x.array if isinstance(x, Input) else x


def axes(a):
    return [-1] if a is None else [1, a] if np.isscalar(a) else [len(a), *a]


def shaped(x, s):
    return Input(x.base.reshape(s), bfloat16=True) if isinstance(x, Input) else x.reshape(s)


def pairs(call):
    order = dict(maximum=np.maximum, minimum=np.minimum, less=np.less, less_equal=np.less_equal, greater=np.greater,
                 greater_equal=np.greater_equal, equal=np.equal, not_equal=np.not_equal, logical_and=np.logical_and,
                 logical_or=np.logical_or, logical_xor=np.logical_xor, add=np.add, subtract=np.subtract,
                 multiply=np.multiply, divide=np.divide, floor_divide=np.floor_divide, remainder=np.remainder,
                 fmod=np.fmod, power=np.power, hypot=np.hypot, logaddexp=np.logaddexp, atan2=np.arctan2,
                 bitwise_and=np.bitwise_and, bitwise_or=np.bitwise_or, bitwise_xor=np.bitwise_xor,
                 left_shift=np.left_shift, right_shift=np.right_shift)
    for n, (name, f) in enumerate(order.items()):
        for i, a in enumerate(KINDS):
            for j, b in enumerate(KINDS):
                if (3 * i + 5 * j + n) % 3 and name not in ("less", "maximum", "add"):
                    continue
                x, y = values(a)[:, None], values(b)[None, :]
                boolean = a.kind == b.kind == "b"
                if boolean and name in ("floor_divide", "remainder", "fmod", "left_shift", "right_shift"):
                    continue  # NumPy makes int8 of them, tcc refuses
                if "c" in a.kind + b.kind and name in ("divide", "multiply", "power"):
                    x, y = x[[2, 4, 5] if a.kind != "c" else [2, 3, 5]], y[:, [2, 5] if b.kind != "c" else [2, 3, 5]]
                    if name == "power":
                        x, y = np.clip(x.real, -7, 7).astype(a) if a.kind != "c" else x, np.clip(y.real, -3, 3).astype(b) if b.kind != "c" else y
                elif name == "power" and a.kind in "biu" and b.kind == "i":
                    y = np.array([[0, 1, 2, 5, 7]], b)
                if name.endswith("shift") and b.kind in "iu":
                    y = np.array([[0, 1, 3, 7, 8, 31, 40, 64]], b)
                call(name, f, [x, y], tol="12" if "c" in a.kind + b.kind else "u4")
        for other in ("bool", "int8", "uint8", BF16):
            x = values(BF16)
            y = values(BF16 if other == BF16 else np.dtype(other))
            if name not in ("left_shift", "right_shift") and not name.startswith("bitwise"):
                call(name, f, [shaped(x, (7, 1)), y if name != "power" else bf16(np.array([2, 3, .5, -1], np.float32))], tol="u4")


def elements(call):
    real = dict(cbrt=np.cbrt, erf=sp.erf, erfc=sp.erfc, erfinv=sp.erfinv, digamma=sp.digamma, floor=np.floor, ceil=np.ceil,
                trunc=np.trunc)
    both = dict(exp=np.exp, exp2=np.exp2, expm1=np.expm1, log=np.log, log2=np.log2, log10=np.log10, log1p=np.log1p,
                sqrt=np.sqrt, square=np.square, sin=np.sin, cos=np.cos, tan=np.tan, asin=np.arcsin, acos=np.arccos,
                atan=np.arctan, sinh=np.sinh, cosh=np.cosh, tanh=np.tanh, asinh=np.arcsinh, acosh=np.arccosh,
                atanh=np.arctanh, abs=np.abs, neg=np.negative, isnan=np.isnan, isinf=np.isinf, isfinite=np.isfinite,
                logical_not=np.logical_not, bitwise_not=np.bitwise_not, real=np.real, imag=np.imag, angle=np.angle,
                zeros_like=np.zeros_like, ones_like=np.ones_like, flatten=np.ravel, nonzero=np.nonzero, unique=np.unique)
    for name, f in {**real, **both}.items():
        for d in [*KINDS, BF16]:
            if d != BF16 and (d.kind == "c" and name in real or d.kind == "b" and name in ("square", "floor", "ceil", "trunc")):
                continue
            full = values(d)
            g = f
            if name in real and d != np.float64 and name not in ("floor", "ceil", "trunc"):  # SciPy makes float16 wider
                g = lambda x, f=f: np.asarray(f(x.astype(np.float64))).astype(x.dtype if x.dtype.kind == "f" else np.float64)
            for x in (full, shaped(full, (7, 1)) if name == "flatten" else array(full)[2] if d != BF16 else full,
                      np.zeros((0, 3), d if d != BF16 else np.float32)):
                call(name, g, [x], tol="12" if d != BF16 and d.kind == "c" else "u6")


def special_points(call):
    """Complex functions at the points of C99 Annex G and where their parts overflow; NumPy calls the C library."""
    functions = dict(exp=np.exp, log=np.log, sqrt=np.sqrt, asin=np.arcsin, acos=np.arccos, atan=np.arctan,
                     asinh=np.arcsinh, acosh=np.arccosh, atanh=np.arctanh, tanh=np.tanh, tan=np.tan, abs=np.abs)
    for d in COMPLEX:
        big = [1e200, 1e-200, 1e300, 1e-300] if d == np.complex128 else [1e25, 1e-25, 3e38, 1e-38]
        line = [0., -0., 1., -1., .5, -.5, 2., -2., inf, -inf, nan, 1e-3, -7.] + big
        z = np.array([complex(a, b) for a in line for b in line]).astype(d)
        for name, f in functions.items():
            for some in np.array_split(z, 12):
                call(name, f, [some], tol="u12")


def casts(call):
    line = [0.0, -0.0, 0.5, -0.5, 0.9999, 1.5, 2.5, -2.5, 100.7, -100.2, 65504, 65519, 1e-8, 6e-8, 5e-8, 1e-40, 1e-45,
            1.0009765625, 1.00048828125, 1.00146484375, 3.4028235677973366e38]
    for a in KINDS:
        if a.kind in "iu":
            i = np.iinfo(a)
            x = np.array([v for v in (0, 1, 5, 127, 128, 255, 256, i.max, i.max - 1, i.min, 32767, 65535, 2**31 - 1, 2**32 - 1, -1,
                                      -128, -129, 2**24 + 1, 2**53 + 1, 2**62 + 3) if i.min <= v <= i.max], a)
        elif a.kind == "b":
            x = np.array([0, 1, 1], a)
        else:
            x = np.array(line).astype(a)
        for b in KINDS:
            y = x
            if b.kind in "iu" and a.kind in "fc":  # out of range tcc saturates and NumPy has no answer
                y = x[np.isfinite(x) & (x.real > max(np.iinfo(b).min, -2.0**62) - 1) & (x.real < min(np.iinfo(b).max, 2**62))]
            call("astype", lambda v, b=b: (v.real if b.kind != "c" and b.kind != "b" else v).astype(b), [y],
                 i=[DTYPES.index(b.name)], tol="=", exact=True)
    doubles = np.array(line + [inf, -inf, nan, 1 + 2**-8, 1 + 3 * 2**-9, 1 + 2**-8 + 2**-40, 1e-39]).astype(np.float64)
    for kind in (np.float32, np.float64):
        x = doubles.astype(kind)
        # To bfloat16 once: from double by rounding the double to odd first.
        near = x.astype(np.float32)
        bits = near.view(np.uint32).copy()
        lost = np.isfinite(x) & (near.astype(np.float64) != x)
        up = lost & (np.abs(near.astype(np.float64)) > np.abs(x))
        bits[up] -= 1
        bits[lost] |= 1
        w = (round_bfloat16(bits.view(np.float32)).astype(np.uint32) << 16).view(np.float32)
        call("astype", lambda v, w=w: w, [x], i=[DTYPES.index("bfloat16")], tol="=", exact=True, bfloat16=True)


def scalars(call):
    tests = dict(add_i=lambda x, i, r: x + i, mul_i=lambda x, i, r: x * i, add_r=lambda x, i, r: x + r, mul_r=lambda x, i, r: x * r,
                 div_i=lambda x, i, r: x / i, div_r=lambda x, i, r: x / r, rsub_i=lambda x, i, r: i - x, pow_r=lambda x, i, r: x**r,
                 fdiv_i=lambda x, i, r: x // i, rem_i=lambda x, i, r: x % i, fdiv_r=lambda x, i, r: x // r, rem_r=lambda x, i, r: x % r,
                 max_i=lambda x, i, r: np.maximum(x, i), lt_i=lambda x, i, r: x < i, ge_i=lambda x, i, r: x >= i,
                 eq_i=lambda x, i, r: x == i, lt_r=lambda x, i, r: x < r, shl_i=lambda x, i, r: x << i, and_i=lambda x, i, r: x & i)
    for name, f in tests.items():
        for d in KINDS:
            x = values(d)
            if d.kind == "c":
                if name in ("div_i", "div_r", "pow_r", "max_i"):
                    continue
                x = x[[0, 2, 3, 5, 6]]
            for i in (1, 2, -3, 100, 300, 70000, 2**40, 5):
                r = [0.5, -2.0, 3.0, 1e40, 0.25, 2.5][abs(i) % 6]
                if d.kind == "b" and (name.startswith(("fdiv", "rem", "shl"))):
                    continue
                g = lambda v, f=f, i=i, r=r: f(v, i, r)
                # NumPy's own precision: the scalar becomes a number of it first. Integer quotients are float64.
                exact = d.kind in "fc" or not name.startswith(("div", "pow", "add_r", "mul_r"))
                call(name, g, [x], i=[i], r=[r], tol="12" if d.kind == "c" else "u6", exact=exact)


def reductions(call):
    forms = dict(sum=np.sum, prod=np.prod, mean=np.mean, max=np.max, min=np.min, argmax=np.argmax, argmin=np.argmin, all=np.all,
                 any=np.any, median=np.median, var=np.var, std_dev=np.std)
    for d in [*KINDS, BF16]:
        for name, f in forms.items():
            for shape in [(), (0,), (3, 0), (5,), (4, 3), (1,), (2, 3, 4), (2, 70)]:
                for a in [None, *range(len(shape)), *([-1] if shape else []), *([(0, -1)] if len(shape) > 1 else [])]:
                    for keep in (False, True):
                        if rng.random() < .7 or name in ("argmax", "argmin") and isinstance(a, tuple):
                            continue
                        x = sample(d, shape)
                        if shape == (2, 70) and name == "prod":
                            continue
                        call(name, lambda v, f=f, a=a, keep=keep: f(v, axis=a, keepdims=keep), [x],
                             i=[int(keep), *([0] if name in ("var", "std_dev") else []), *axes(a)],
                             tol="64" if name in ("prod", "var", "std_dev") else "24")


def scans_and_shapes(call):
    for d in [*KINDS, BF16]:
        for shape in [(), (0,), (5,), (4, 3), (2, 3, 4), (3, 0, 2)]:
            n = len(shape)
            x = sample(d, shape)

            def go(name, f, i=(), tol="=", xs=None, **o):
                if rng.random() < .3:
                    call(name, f, xs or [x], i=i, tol=tol, **o)
            for a in [None, *range(-n, n)]:
                go("cumsum", lambda v: np.cumsum(v, axis=a), axes(a), tol="24")
                go("cumprod", lambda v: np.cumprod(v, axis=a), axes(a), tol="64")
                if d == BF16 or d.kind != "c":
                    if a is not None:
                        go("cummax", lambda v: np.maximum.accumulate(v, axis=a), axes(a))
                        go("cummin", lambda v: np.minimum.accumulate(v, axis=a), axes(a))
                go("flip", lambda v: np.flip(v, a), axes(a))
                go("squeeze", lambda v: np.squeeze(v, a), axes(a))
                go("roll", lambda v: np.roll(v, 3, a), [1, 3, *axes(a)])
                go("roll", lambda v: np.roll(v, -7, a), [1, -7, *axes(a)])
                if a is None:
                    continue
                go("sort", lambda v: np.sort(v, axis=a, kind="stable"), [a])
                go("argsort", lambda v: np.argsort(v, axis=a, kind="stable"), [a])
                for k in (0, 1, 2):
                    go("diff", lambda v: np.diff(v, n=k, axis=a), [k, a], tol="8")
                for b in range(-n, n):
                    go("swapaxes", lambda v: np.swapaxes(v, a, b), [a, b])
                    go("moveaxis", lambda v: np.moveaxis(v, a, b), [1, a, 1, b])
                go("split", lambda v: np.split(v, 2, a), [2, a])
                go("split_at", lambda v: np.split(v, [1, 2], a), [a, 1, 2])
                go("split_at", lambda v: np.split(v, [-1, 9], a), [a, -1, 9])
                go("stack", lambda v, w: np.stack([v, w], a), [a], xs=[x, x])
                go("concatenate", lambda v, w: np.concatenate([v, w], a), [a], xs=[x, x])
                go("expand_dims", lambda v: np.expand_dims(v, a), [1, a])
                go("repeat", lambda v: np.repeat(v, 2, a), [1, 2, a])
            go("transpose", np.transpose, [-1])
            go("reshape", lambda v: v.reshape(-1), [-1])
            go("reshape", lambda v: v.reshape(1, -1, 1), [1, -1, 1])
            go("reshape", lambda v: v.reshape(7), [7])
            go("broadcast_to", lambda v: np.broadcast_to(v, (2, *shape)), [2, *shape])
            go("tile", lambda v: np.tile(v, (2, 3)), [2, 3])
            go("repeat_all", lambda v: np.repeat(v, 2), [1, 2])
            for k in (-1, 0, 1):
                if n >= 2:
                    go("tril", lambda v: np.tril(v, k), [k])
                    go("triu", lambda v: np.triu(v, k), [k])
                    go("trace", lambda v: np.trace(v, k), [k, 0, 1], tol="16")
                if n in (1, 2):
                    go("diag", lambda v: np.diag(v, k), [k])
                go("rot90", lambda v: np.rot90(v, k), [k, 0, 1])
            for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
                if n:
                    go("pad", lambda v: np.pad(v, [(1, 2)] * n, mode), [1, 2] * n, r=[0], text=mode)


def creation(call):
    for _ in range(150):
        a, b, s = (int(v) for v in rng.integers(-7, 8, 3))
        if s:
            call("arange_i", lambda: np.arange(a, b, s), [], i=[a, b, s], tol="=")
        lo, hi = (float(v) for v in np.round(rng.uniform(-3, 3, 2), 2))
        k, end = int(rng.integers(0, 12)), bool(rng.integers(2))
        d = KINDS[[8, 9, 4, 3, 7][rng.integers(5)]]
        call("linspace", lambda: np.linspace(lo, hi, k, dtype=d, endpoint=end), [], i=[k, DTYPES.index(d.name), int(end)], r=[lo, hi],
             tol="4")
        n, m, k, d = int(rng.integers(0, 5)), int(rng.integers(0, 5)), int(rng.integers(-5, 6)), KINDS[rng.integers(12)]
        call("eye", lambda: np.eye(n, m, k, d), [], i=[n, m, k, DTYPES.index(d.name)], tol="=")
        call("tri", lambda: np.tri(n, m, k, d), [], i=[n, m, k, DTYPES.index(d.name)], tol="=")


def write(call):
    for part in (pairs, elements, special_points, casts, scalars, reductions, scans_and_shapes, creation):
        part(call)
