#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fits every minimax polynomial of passes/VectorMath*.cpp and writes passes/VectorMathCoefficients.h.

Method: the Remez exchange (Remez 1934) in 60-digit arithmetic on a dense Chebyshev grid, degree raised until the
weighted error is below the target. Needs mpmath: tools/fit-vector-math.py > passes/VectorMathCoefficients.h
"""
import struct
import sys
from mpmath import mp, mpf

mp.dps = 60
F32, F64 = 32, 64
out = []


def grid(a, b, n):
    return [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / (n - 1)) for i in range(n)]


def horner(c, x):
    r = mpf(0)
    for ck in reversed(c):
        r = r * x + ck
    return r


def remez(xs, gs, ws, deg):
    """Minimises max |w (p - g)| over the grid; returns (coefficients, error)."""
    m = deg + 2
    n = len(xs)
    ref = [min(n - 1, int(round((n - 1) * i / (m - 1)))) for i in range(m)]
    best = None
    mid, half = (xs[0] + xs[-1]) / 2, (xs[-1] - xs[0]) / 2
    for _ in range(12):
        A = mp.matrix(m, m)
        r = mp.matrix(m, 1)
        for i, k in enumerate(ref):
            u = (xs[k] - mid) / half
            t0, t1 = mpf(1), u
            for j in range(deg + 1):
                A[i, j] = t0
                t0, t1 = t1, 2 * u * t1 - t0
            A[i, deg + 1] = (-1) ** i / ws[k]
            r[i] = gs[k]
        s = mp.lu_solve(A, r)
        # Chebyshev sum -> monomials in u -> monomials in x.
        mono = [mpf(0)] * (deg + 1)
        T0, T1 = [mpf(1)], [mpf(0), mpf(1)]
        for j in range(deg + 1):
            for i, t in enumerate(T0):
                mono[i] += s[j] * t
            T2 = [mpf(0)] + [2 * t for t in T1]
            for i, t in enumerate(T0):
                T2[i] -= t
            T0, T1 = T1, T2
        c = [mono[deg]]
        for j in range(deg - 1, -1, -1):  # c(x) <- c(x) * (x - mid) / half + mono[j]
            nxt = [mpf(0)] * (len(c) + 1)
            for i, t in enumerate(c):
                nxt[i + 1] += t / half
                nxt[i] -= t * mid / half
            nxt[0] += mono[j]
            c = nxt
        err = [w * (horner(c, x) - g) for x, g, w in zip(xs, gs, ws)]
        worst = max(abs(e) for e in err)
        if best is None or worst < best[1]:
            best = (c, worst)
        if worst < abs(s[deg + 1]) * mpf("1.01"):
            break
        # One extremum for each run of equal signs, then drop the smallest ends.
        ext = []
        for k, e in enumerate(err):
            if ext and (err[ext[-1]] > 0) == (e > 0):
                if abs(e) > abs(err[ext[-1]]):
                    ext[-1] = k
            else:
                ext.append(k)
        while len(ext) > m:
            if abs(err[ext[0]]) < abs(err[ext[-1]]):
                ext.pop(0)
            else:
                ext.pop()
        if len(ext) < m:
            break
        ref = ext
    return best


def literal(c, bits):
    c = float(c)
    if bits == F32:
        c = struct.unpack("f", struct.pack("f", c))[0]
    return repr(c)


def emit(name, comment, coefs, bits):
    out.append("// " + comment)
    out.append(f"inline constexpr double {name}[] = {{")
    line = "   "
    for c in coefs:
        t = " " + literal(c, bits) + ","
        if len(line) + len(t) > 118:
            out.append(line)
            line = "   "
        line += t
    out.append(line.rstrip(",") + "};")


def fit(name, what, g, a, b, weight, target, bits, post=None, n=400, show=None):
    """Fits g on [a, b]; weight(x) scales the error, which must fall below 2^-target."""
    a, b = mpf(a), mpf(b)
    xs = grid(a, b, n)
    gs = [g(x) for x in xs]
    ws = [mpf(weight(x)) for x in xs]
    deg = 1
    while True:
        c, err = remez(xs, gs, ws, deg)
        lg = mp.log(err, 2)
        if lg < -target:
            break
        deg += max(1, int((lg + target) / 12))
    if post:
        c = post(c)
    span = f"[{mp.nstr(a, 6)}, {mp.nstr(b, 6)}]"
    emit(name, f"{what} on {show or span}, degree {deg}, weighted error 2^{mp.nstr(lg, 4)}.", c, bits)
    print(name, deg, mp.nstr(lg, 5), file=sys.stderr)
    return c


TINY = mpf(10) ** -18
LN2 = mp.log(2)
for bits in (F32, F64):
    p = 24 if bits == F32 else 53
    s = str(bits)
    h = LN2 / 2 * mpf("1.001")
    fit("expQ" + s, "(e^r - 1 - r) / r^2", lambda r: (mp.expm1(r) - r) / r**2 if r else mpf(1) / 2, -h, h,
        lambda r: r**2 + mpf(2)**-20, p + 3, bits)
    fit("exp2Q" + s, "(2^r - 1 - r ln 2) / r^2", lambda r: (mp.expm1(r * LN2) - r * LN2) / r**2 if r else LN2**2 / 2,
        -mpf("0.5005"), mpf("0.5005"), lambda r: r**2 + mpf(2)**-20, p + 3, bits)
    fit("sinhS" + s, "(sinh r - r) / r^3 in z = r^2", lambda z: (mp.sinh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, TINY, h**2,
        lambda z: z, p + 5, bits)
    fit("coshC" + s, "(cosh r - 1) / r^2 in z = r^2", lambda z: (mp.cosh(mp.sqrt(z)) - 1) / z, TINY, h**2,
        lambda z: z, p + 4, bits)
    lo, hi = mp.sqrt(mpf(1) / 2) - 1, mp.sqrt(2) - 1
    q = fit("logQ" + s, "(ln(1 + f) - f + f^2 / 2) / f^3",
            lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3 if abs(f) > mpf(10)**-15 else mpf(1) / 3,
            lo * mpf("1.0001"), hi * mpf("1.0001"), lambda f: f**2 + mpf(2)**-20, p + 3, bits)
    for base in (2, 10):
        c0 = 1 / mp.log(base)
        emit(f"log{base}Q{s}", f"(log{base}(1 + f) - f / ln {base}) / f^2: logQ{s} times 1 / ln {base}.",
             [-c0 / 2] + [c * c0 for c in q], bits)
    fit("sinP" + s, "(sin r - r) / r^3 + 1/8 in z = r^2",
        lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z + mpf(1) / 8, TINY,
        (mp.pi / 2 * mpf("1.0001"))**2, lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)), p + 4, bits)
    fit("tanS" + s, "(sin r - r) / r^3 in z = r^2", lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, TINY,
        (mp.pi / 4 * mpf("1.0001"))**2, lambda z: z, p + 4, bits)
    fit("tanC" + s, "(cos r - 1 + r^2 / 2) / r^4 in z = r^2", lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        mpf(10)**-10, (mp.pi / 4 * mpf("1.0001"))**2, lambda z: z**2, p + 4, bits)
    fit("asinP" + s, "(asin x - x) / x^3 in z = x^2", lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, TINY,
        mpf("0.2501"), lambda z: z, p + 3, bits)
    fit("atanP" + s, "(atan x - x) / x^3 in z = x^2", lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, TINY, 1,
        lambda z: z / mp.atan(mp.sqrt(z)) * mp.sqrt(z), p + 3, bits)
    fit("asinhP" + s, "(asinh x - x) / x^3 in z = x^2", lambda z: (mp.asinh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, TINY,
        mpf("0.2501"), lambda z: z, p + 3, bits)
    fit("atanhP" + s, "(atanh x - x) / x^3 in z = x^2", lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, TINY,
        mpf("0.2501"), lambda z: z, p + 3, bits)
    fit("rcbrtP" + s, "m^(-1/3)", lambda m: m**(mpf(-1) / 3), 1, 2, lambda m: m**(mpf(1) / 3), 8 if bits == F32 else 15,
        bits)
    # Error functions. erf(x) = x + x E(x^2); the tail as in Shepherd & Laframboise (1981), but scaled by x + K.
    e1 = mpf("0.9")
    fit("erfP" + s, "erf(x) / x - 1 in z = x^2", lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, TINY, e1**2,
        lambda z: 1, p + 3, bits)
    K = mpf(2)
    back = lambda t: K * (1 + t) / (1 - t)
    to = lambda x: (mpf(x) - K) / (mpf(x) + K)
    erfcx = lambda x: mp.exp(x * x) * mp.erfc(x)
    top = "4.1" if bits == F32 else "6.1"
    fit("erfT" + s, "(x + 2) erfcx(x) in t = (x - 2) / (x + 2)", lambda t: erfcx(back(t)) * (back(t) + K), to("0.89"),
        to(top), lambda t: mp.erfc(back(t)) / (erfcx(back(t)) * (back(t) + K)), p + 3, bits, show=f"x in [0.89, {top}]")
    top = "10.1" if bits == F32 else "27.3"
    fit("erfcT" + s, "(x + 2) erfcx(x) in t = (x - 2) / (x + 2)", lambda t: erfcx(back(t)) * (back(t) + K), to("0.49"),
        to(top), lambda t: 1 / (erfcx(back(t)) * (back(t) + K)), p + 3, bits, show=f"x in [0.49, {top}]")

    def erfinvRatio(w):
        x = mp.sqrt(-mp.expm1(-w))
        mp.dps = 90
        y = mp.erfinv(mp.sqrt(-mp.expm1(-w)))
        mp.dps = 60
        return y / x

    pieces = [("0", "5"), ("5", "16.7")] if bits == F32 else [("0", "6.25"), ("6.25", "16"), ("16", "36.8")]
    for i, (a, b) in enumerate(pieces):
        a, b = mpf(a), mpf(b)
        if i == 0:  # in w - b / 2
            fit("erfinvA" + s, f"erfinv(x) / x in w - {mp.nstr(b / 2, 5)}, w = -ln(1 - x^2),",
                lambda u: erfinvRatio(u + b / 2) if u + b / 2 > 0 else mp.sqrt(mp.pi) / 2, -b / 2, b / 2,
                lambda u: 1 / (erfinvRatio(u + b / 2) if u + b / 2 > 0 else mp.sqrt(mp.pi) / 2), p + 3, bits, n=240)
        else:
            c = mpf(round(float((mp.sqrt(a) + mp.sqrt(b)) / 2) * 8)) / 8
            fit("erfinv" + "ABC"[i] + s, f"erfinv(x) / x in sqrt(w) - {mp.nstr(c, 6)}",
                lambda u: erfinvRatio((u + c)**2), mp.sqrt(a) - c, mp.sqrt(b) - c,
                lambda u: 1 / erfinvRatio((u + c)**2), p + 3, bits, n=240)
    # Gamma family.
    lg = lambda x: mp.loggamma(x) if abs(x - 2) > mpf(10)**-15 else mpf(0)
    fit("lgammaR" + s, "lgamma(y) / (y - 2) in y - 2", lambda u: mp.loggamma(2 + u) / u if abs(u) > mpf(10)**-15 else
        1 - mp.euler, -mpf("0.7201"), mpf("0.2801"), lambda u: 2, p + 3, bits)
    tail = lambda x: mp.loggamma(x) - (x - mpf("0.5")) * mp.log(x) + x - mp.log(2 * mp.pi) / 2
    fit("lgammaS" + s, "x times Stirling's remainder of lgamma(x) in z = 1 / x^2",
        lambda z: tail(1 / mp.sqrt(z)) / mp.sqrt(z), mpf(10)**-12, mpf(1) / 64, lambda z: mp.sqrt(z), p + 3, bits)
    x0 = mp.findroot(mp.digamma, 1.4616)
    fit("digammaR" + s, "digamma(y) / (y - x0), x0 the positive root, in y - 1.5",
        lambda u: mp.digamma(u + 1.5) / (u + 1.5 - x0), -mpf("0.5"), mpf("0.5"), lambda u: 1, p + 3, bits)
    dt = lambda x: (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) * x * x
    fit("digammaS" + s, "x^2 (ln x - 1 / (2 x) - digamma(x)) in z = 1 / x^2", lambda z: dt(1 / mp.sqrt(z)),
        mpf(10)**-12, mpf(1) / 64, lambda z: z, p + 3, bits)

# pow: in f64 the atanh series behind two double-double terms; for f32 operands all in f64 with about 2^-42 to spare.
smax = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) * mpf("1.0001")
fit("powT64", "(atanh(s) / s - 1 - s^2 / 3 - s^4 / 5) / s^6 in z = s^2",
    lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1 - z / 3 - z**2 / 5) / z**3, mpf(10)**-9, smax**2,
    lambda z: z**3, 70, F64)
q = fit("powLog32", "(log2(1 + f) - f / ln 2) / f^2", lambda f: ((mp.log1p(f) - f) / f**2 if abs(f) > mpf(10)**-15 else
        -mpf(1) / 2) / LN2, lo * mpf("1.0001"), hi * mpf("1.0001"), lambda f: f + 0 if f > 0 else -f, 40, F64)
fit("powExp32", "2^r", lambda r: mpf(2)**r, -mpf("0.5001"), mpf("0.5001"), lambda r: 1, 31, F64)

print("// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception")
print("//")
print("// Minimax polynomials of the vector math, lowest degree first; written by tools/fit-vector-math.py (Remez exchange")
print("// in 60-digit arithmetic). The error given is the largest |weight * (polynomial - function)| of the fit before the")
print("// coefficients are rounded; the weight turns it into an error relative to the function that is finally computed.")
print()
print("#ifndef TCC_PASSES_VECTORMATHCOEFFICIENTS_H")
print("#define TCC_PASSES_VECTORMATHCOEFFICIENTS_H")
print()
print("namespace tcc::coefficients {")
print()
print("// clang-format off")
print("\n".join(out))
print("// clang-format on")
print()
print("} // namespace tcc::coefficients")
print()
print("#endif // TCC_PASSES_VECTORMATHCOEFFICIENTS_H")
