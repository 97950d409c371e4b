# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Linear algebra. Factors with a free gauge are compared by what does not depend on it."""
import mpmath
import numpy as np
import scipy.linalg as sl

from inputs import *

D4 = [np.float32, np.float64, np.complex64, np.complex128]


def h(a):
    return np.swapaxes(np.conj(a), -1, -2)


def stacked(f):
    """SciPy's function over leading axes."""
    def g(a, *rest):
        if a.ndim == 2:
            return f(a, *rest)
        return np.stack([g(a[k], *[r[k] for r in rest]) for k in range(len(a))])
    return g


def spd(shape, d):
    a = random(shape, d)
    return (a @ h(a) + 2 * np.eye(shape[-1])).astype(d)


def expm(a):
    """In 30 digits: SciPy's own error reaches 2000 eps."""
    with mpmath.workdps(30):
        e = mpmath.expm(mpmath.matrix(a.tolist()))
    return np.array(e.tolist()).astype(np.complex128).astype(a.dtype) if np.iscomplexobj(a) else np.array(e.tolist()).astype(a.dtype)


def write(case):
    r = random
    well = lambda s, d: (r(s, d) / 2 + 3 * np.eye(s[-1])).astype(d)
    square = [well((3, 3), d) for d in D4] + [well((2, 4, 4), np.float64), well((2, 2, 2, 2), np.complex64), well((1, 1), np.float64)]
    positive = [spd((3, 3), d) for d in D4] + [spd((2, 3, 3), np.float64), spd((2, 2, 2), np.complex128)]
    sym = lambda f: (lambda a: f((a + h(a)) / 2))
    S = "(X + conj(swapaxes(X, -1, -2))) / 2"
    case(f"linalg::cholesky({S})", sym(np.linalg.cholesky), *positive, tol=40, grad=True)
    case(f"linalg::cholesky({S}, {{.upper = true}})", sym(lambda a: h(np.linalg.cholesky(a))), *positive, tol=40, grad=True)
    case(f"linalg::cholesky_solve(linalg::cholesky({S}), Y)", lambda a, b: np.linalg.solve((a + h(a)) / 2, b),
         *[(spd((3, 3), d), r((3, 2), d)) for d in D4], (spd((3, 3), np.float64), r((3,))), tol=60, grad=True)
    lu = lambda a: sl.lu(a)
    case("List{linalg::lu(X).p, linalg::lu(X).l, linalg::lu(X).u}", lambda a: [sl.lu(a)[0].astype(a.dtype), *sl.lu(a)[1:]], *[r((4, 4), d) for d in D4], r((4, 2)), r((2, 4)), r((2, 3, 3)), tol=60)
    case("linalg::lu(X).l + linalg::lu(X).u", lambda a: sl.lu(a)[1] + sl.lu(a)[2], well((3, 3), np.float64), well((3, 3), np.complex128), tol=40, grad=True)
    case("linalg::lu_solve(linalg::lu_factor(X), Y)", np.linalg.solve, *[(well((3, 3), d), r((3, 2), d)) for d in D4], (well((3, 3), np.float64), r((3,))), tol=60, grad=True)
    case("linalg::solve(X, Y)", np.linalg.solve, *[(well((3, 3), d), r((3, 2), d)) for d in D4], (well((3, 3), np.float64), r((3,))), (well((2, 3, 3), np.float64), r((2, 3, 1))),
         (well((3, 3), np.float64), r((2, 3, 2))), (well((2, 3, 3), np.float64), r((3,))), (well((3, 3), np.float32), r((3,), np.float64)), (np.array([[2, 1], [1, 3]]), np.array([1, 2])), (np.zeros((0, 0)), np.zeros((0, 2))), tol=60, grad=True)
    case("linalg::inv(X)", np.linalg.inv, *square, np.array([[2, 1], [1, 3]]), tol=60, grad=True)
    case("linalg::det(X)", np.linalg.det, *square, np.zeros((3, 3)), np.zeros((0, 0)), tol=60)
    case("linalg::det(X)", np.linalg.det, well((3, 3), np.float64), well((2, 2, 2), np.complex128), tol=60, grad=True)
    case("List{linalg::slogdet(X).sign, linalg::slogdet(X).logabsdet}", lambda a: list(np.linalg.slogdet(a)), *square, np.zeros((3, 3)), tol=60)
    case("linalg::slogdet(X).logabsdet", lambda a: np.linalg.slogdet(a)[1], well((3, 3), np.float64), well((3, 3), np.complex128), tol=60, grad=True)
    for n in (0, 1, 2, 5, -1, -3):
        case(f"linalg::matrix_power(X, {n})", lambda a, n=n: np.linalg.matrix_power(a, n), square[1], square[3], square[4], tol=100, grad=True)
    tall = [r((4, 3), d) for d in D4] + [r((3, 4)), r((2, 4, 2)), r((3, 3)), r((2, 3), np.complex128), r((3, 1))]
    case("matmul(linalg::qr(X).q, linalg::qr(X).r)", lambda a: a * 1, *tall, tol=40, grad=True)
    case("abs(linalg::qr(X).r)", lambda a: abs(np.linalg.qr(a).R), *tall, tol=40)
    case("abs(linalg::qr(X).r)", lambda a: abs(np.linalg.qr(a).R), r((4, 3)), r((3, 3), np.complex128), tol=40, grad=True)
    case("linalg::svdvals(X)", lambda a: np.linalg.svdvals(a), *tall, r((0, 3)), tol=40)
    case("linalg::svd(X).s", lambda a: np.linalg.svdvals(a), r((4, 3)), r((3, 4), np.complex128), r((2, 2, 3)), tol=40, grad=True)
    case("matmul(linalg::svd(X).u * linalg::svd(X).s(ellipsis, newaxis, _), linalg::svd(X).vh)", lambda a: a * 1, *tall, tol=60, grad=True)
    case("abs(matmul(linalg::svd(X).u, linalg::svd(X).vh))", lambda a: abs(np.linalg.svd(a, full_matrices=False)[0] @ np.linalg.svd(a, full_matrices=False)[2]), r((3, 3)), r((4, 2)), r((3, 3), np.complex128), tol=200, grad=True)
    def truncated(a, k):
        u, s, v = np.linalg.svd(a, full_matrices=False)
        return (u[:, :k] * s[:k]) @ v[:k]
    case("matmul(linalg::svd(X, {.max_rank = 2}).u * linalg::svd(X, {.max_rank = 2}).s, linalg::svd(X, {.max_rank = 2}).vh)", lambda a: truncated(a, 2), r((4, 3)), r((3, 4), np.complex128), tol=60, grad=True)
    full = "linalg::svd(X, {.full_matrices = true})"
    case(f"List{{matmul(conj(swapaxes({full}.u, -1, -2)), {full}.u), matmul({full}.vh, conj(swapaxes({full}.vh, -1, -2)))}}", lambda a: [np.eye(a.shape[-2], dtype=a.dtype), np.eye(a.shape[-1], dtype=a.dtype)], r((4, 3)), r((2, 3), np.complex64), tol=40)
    herm = [((a + h(a)) / 2).astype(a.dtype) for a in [r((4, 4), d) for d in D4] + [r((2, 3, 3)), r((2, 2, 2), np.complex128)]]
    case("linalg::eigvalsh(X)", np.linalg.eigvalsh, *herm, tol=40)
    case(f"linalg::eigh({S}).eigenvalues", sym(np.linalg.eigvalsh), *herm[1::2], herm[4], tol=40, grad=True)
    vec = lambda a: abs(np.linalg.eigh(a)[1])**2
    case(f"square(abs(linalg::eigh({S}).eigenvectors))", sym(vec), *herm[1::2], tol=200, grad=True)
    rec = "matmul(linalg::eigh(X).eigenvectors * exp(linalg::eigh(X).eigenvalues)(ellipsis, newaxis, _), conj(swapaxes(linalg::eigh(X).eigenvectors, -1, -2)))"
    case(rec, stacked(expm), *herm, np.eye(3), tol=200)
    key = lambda w: w[np.lexsort((w.imag.round(6), w.real.round(6)))]
    case("matmul(X, linalg::eig(X).eigenvectors) - linalg::eig(X).eigenvectors * linalg::eig(X).eigenvalues(ellipsis, newaxis, _) + 1", lambda a: np.ones(a.shape, np.result_type(a, np.complex64)), *[r((4, 4), d) for d in D4], r((2, 3, 3)), tol=60)
    case("sort(linalg::eigvals(X).real())", lambda a: np.sort(np.linalg.eigvals(a.astype(np.result_type(a, np.complex64))).real), *[r((4, 4), d) for d in D4], r((2, 3, 3)), tol=100)
    case("sum(power(linalg::eigvals(X), 3))", lambda a: np.sum(np.linalg.eigvals(a) ** 3).astype(complex), r((3, 3)), r((3, 3), np.complex128), tol=100, grad=True)
    case("sum(square(abs(linalg::eig(X).eigenvectors)) * real(linalg::eig(X).eigenvalues))", lambda a: np.sum(abs(np.linalg.eig(a)[1])**2 * np.linalg.eig(a)[0].real), r((3, 3)), r((3, 3), np.complex128), tol=100, grad=True)
    case("matmul(matmul(linalg::schur(X).z, linalg::schur(X).t), conj(swapaxes(linalg::schur(X).z, -1, -2)))", lambda a: a.astype(np.result_type(a, np.complex64)), *[r((3, 3), d) for d in D4], r((2, 2, 2)), tol=60)
    case("tril(linalg::schur(X).t, -1)", lambda a: np.zeros(a.shape, np.result_type(a, np.complex64)), r((4, 4)), tol="u9")
    tri = lambda a, b, **o: sl.solve_triangular(a, b, **o)
    pairs = [(well((3, 3), d), r((3, 2), d)) for d in D4] + [(well((3, 3), np.float64), r((3,)))]
    case("linalg::solve_triangular(X, Y)", tri, *pairs, tol=40, grad=True)
    case("linalg::solve_triangular(X, Y, {.lower = true})", lambda a, b: tri(a, b, lower=True), *pairs, tol=40, grad=True)
    case("linalg::solve_triangular(X, Y, {.trans = true})", lambda a, b: tri(a, b, trans=2), *pairs, tol=40, grad=True)
    case("linalg::solve_triangular(X, Y, {.lower = true, .trans = true, .unit_diagonal = true})", lambda a, b: tri(a, b, lower=True, trans=2, unit_diagonal=True), *pairs, tol=60, grad=True)
    ls = [(r((5, 3), d), r((5, 2), d)) for d in D4] + [(r((5, 3)), r((5,))), (r((3, 5)), r((3, 2)))]
    case("linalg::lstsq(X, Y).x", lambda a, b: np.linalg.lstsq(a, b)[0], *ls, tol=200, grad=True)
    case("List{linalg::lstsq(X, Y).residuals, linalg::lstsq(X, Y).s}", lambda a, b: [np.linalg.lstsq(a, b)[1], np.linalg.lstsq(a, b)[3]], *ls, tol=100)
    case("linalg::lstsq(X, Y).rank", lambda a, b: np.array(np.linalg.lstsq(a, b)[2], np.int64), (r((5, 3)), r((5, 2))), (np.ones((3, 2)), np.ones(3)))
    case("linalg::pinv(X)", np.linalg.pinv, *tall, np.ones((3, 2)), tol=200)
    case("linalg::pinv(X)", np.linalg.pinv, r((4, 3)), r((2, 3), np.complex128), tol=200, grad=True)
    case("linalg::expm(X)", stacked(expm), *square, r((3, 3)), r((3, 3)) * .01, np.zeros((2, 2)), tol=100)
    case("linalg::expm(X)", expm, r((3, 3)), r((2, 2), np.complex128), tol=100, grad=True)
    cx = lambda f: (lambda a: np.asarray(f(a)).astype(np.result_type(a, np.complex64)))
    case("linalg::logm(X)", stacked(cx(sl.logm)), *square, tol=400)
    case("linalg::logm(X)", cx(sl.logm), well((3, 3), np.float64), well((2, 2), np.complex128), tol=100, grad=True)
    case("linalg::sqrtm(X)", stacked(cx(sl.sqrtm)), *square, r((3, 3)), tol=400)
    case("linalg::sqrtm(X)", cx(sl.sqrtm), well((3, 3), np.float64), well((2, 2), np.complex128), tol=100, grad=True)
    pol = lambda a: [np.asarray(q) for q in sl.polar(a)]
    case("List{linalg::polar(X).u, linalg::polar(X).p}", pol, *square[:4], r((4, 3)), tol=200)
    case("linalg::polar(X).u", lambda a: pol(a)[0], well((3, 3), np.float64), well((2, 2), np.complex128), tol=200, grad=True)
    case("linalg::matrix_rank(X)", lambda a: np.asarray(np.linalg.matrix_rank(a)).astype(np.int64), np.ones((3, 3)), np.eye(4), np.zeros((2, 3)), r((2, 3, 4)))
    case("linalg::cond(X)", lambda a: np.linalg.cond(a), *square, r((4, 2)), tol=200)
    case("linalg::cond(X)", lambda a: np.linalg.cond(a), well((3, 3), np.float64), tol=200, grad=True)
    vectors = [r((4,)), r((3,), np.complex64), r((2, 3))]
    case("linalg::norm(X)", np.linalg.norm, *vectors, r((2, 2, 2)), r((3,), np.float32), np.array([3, 4]), np.zeros((0,)), tol=20, grad=True)
    for o, v in {"1.0": 1, "2.0": 2, "3.5": 3.5, "0.0": 0, "HUGE_VAL": inf, "-HUGE_VAL": -inf, "-1.0": -1}.items():
        case(f"linalg::norm(X, {{.ord = {o}, .axes = -1}})", lambda x, v=v: np.linalg.norm(x, v, -1).astype(x.real.dtype), r((4,)), r((2, 3)), r((3,), np.complex128), tol=40, grad=v != 0)
        if v not in (0, 3.5):
            case(f"linalg::norm(X, {{.ord = {o}, .axes = {{-2, -1}}}})", lambda x, v=v: np.linalg.norm(x, v, (-2, -1)), r((3, 4)), r((2, 3, 3)), tol=40, grad=True)
    case("linalg::norm(X, {.ord = -2.0, .axes = {0, 1}})", lambda x: np.linalg.norm(x, -2), r((3, 4)), tol=40, grad=True)
    for o in ("fro", "nuc"):
        case(f'linalg::norm(X, {{.ord = "{o}", .axes = {{0, 1}}, .keepdims = true}})', lambda x, o=o: np.linalg.norm(x, o, (0, 1), True), r((3, 4)), r((3, 2), np.complex128), tol=40, grad=True)
    case("linalg::multi_dot({X, Y, Z})", lambda *a: np.linalg.multi_dot(a), (r((2, 3)), r((3, 5)), r((5, 2))), (r((3,)), r((3, 4)), r((4,))), (r((2, 3), np.complex64), r((3, 2)), r((2, 2))), tol=40, grad=True)
    case("linalg::solve_sylvester(X, Y, Z)", sl.solve_sylvester, (well((3, 3), np.float64), well((2, 2), np.float64), r((3, 2))), (well((2, 2), np.complex128), well((2, 2), np.complex128), r((2, 2), np.complex128)),
         (well((2, 2), np.float32), well((2, 2), np.float32), r((2, 2), np.float32)), tol=200, grad=True)
    case("optim::retract(X, Y)", lambda x, y: x * 1, (np.eye(3, 2), np.zeros((3, 2))), tol=20)
