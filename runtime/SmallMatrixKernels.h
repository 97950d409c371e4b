// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decompositions of `Lanes<R>::count` small matrices at once, one in each vector lane. No branch depends on one lane:
// a lane that has converged takes the identity rotation, so that its bits do not depend on its neighbours. Included
// after LaneArithmetic.h, once for each instruction set. Matrices are row-major in memory and in the work arrays.
// Failures are LAPACK's info, for each lane.

template <class R, bool isComplex> struct SmallMatrix {
  using N = Number<R, isComplex>;
  using Vec = V<R>;
  using Mask = I<R>;
  using Int = typename Lanes<R>::Int;
  static constexpr int width = Lanes<R>::count, parts = isComplex ? 2 : 1;
  static constexpr R epsilon = Lanes<R>::epsilon;
  static constexpr int maxSweeps = 40;

  /// Lanes without a matrix repeat the last one.
  static void load(const R *from, int64_t size, int64_t count, N *to) {
    R *flat = (R *)to;
    for (int64_t l = 0; l < width; ++l) {
      const R *matrix = from + (l < count ? l : count - 1) * size * parts;
      for (int64_t e = 0; e < size * parts; ++e)
        flat[e * width + l] = matrix[e];
    }
  }
  /// Adding zero turns -0 into +0: the sign of a zero may stem from a rotation by 0 in a neighbour's sweep.
  static void store(const N *from, int64_t size, int64_t count, R *to) {
    const R *flat = (const R *)from;
    for (int64_t l = 0; l < count; ++l)
      for (int64_t e = 0; e < size * parts; ++e)
        to[l * size * parts + e] = flat[e * width + l] + R(0);
  }
  static void storeInfo(Mask info, int64_t count, int64_t *to) {
    for (int64_t l = 0; l < count; ++l)
      to[l] = info[l];
  }
  /// Scales all lanes' entries to at most 1 and returns the factors: squares of entries then stay within range.
  static Vec normalize(N *a, int64_t size) {
    Vec most = {};
    for (int64_t e = 0; e < size; ++e)
      most = larger<R>(most, largestPart(a[e]));
    Vec scale = inverseScale<R>(most) * R(0.5);
    for (int64_t e = 0; e < size; ++e)
      a[e] = a[e] * scale;
    return scale;
  }

  //===--------------------------------------------------------------------===//
  // Factorisations without iteration
  //===--------------------------------------------------------------------===//

  /// work: n * n. Reads the lower triangle.
  static void cholesky(const R *from, R *to, int64_t n, int64_t count, N *a, int64_t *failures) {
    load(from, n * n, count, a);
    Mask info = {};
    for (int64_t j = 0; j < n; ++j) {
      Vec d = a[j * n + j].re;
      for (int64_t k = 0; k < j; ++k)
        d -= squaredNorm(a[j * n + k]);
      Mask bad = ~(d > 0);
      info = (bad & (info == 0)) ? Mask{} + Int(j + 1) : info;
      Vec root = squareRoot<R>(d);
      a[j * n + j] = N::of(root);
      for (int64_t i = j + 1; i < n; ++i) {
        N x = a[i * n + j];
        for (int64_t k = 0; k < j; ++k)
          x = x - a[i * n + k] * conj(a[j * n + k]);
        if constexpr (isComplex)
          a[i * n + j] = {x.re / root, x.im / root};
        else
          a[i * n + j] = {x.re / root};
        a[j * n + i] = N::of(Vec{});
      }
    }
    store(a, n * n, count, to);
    storeInfo(info, count, failures);
  }

  /// Exchanges rows k and `pivot` >= k of a matrix with `columns` columns, lane by lane.
  static TCC_LANE void swapRows(N *a, int64_t rows, int64_t columns, int64_t k, Mask pivot) {
    for (int64_t i = k + 1; i < rows; ++i) {
      Mask here = pivot == Int(i);
      for (int64_t j = 0; j < columns; ++j) {
        N upper = a[k * columns + j], lower = a[i * columns + j];
        a[k * columns + j] = choose(here, lower, upper);
        a[i * columns + j] = choose(here, upper, lower);
      }
    }
  }
  static TCC_LANE Mask findPivot(const N *a, int64_t m, int64_t n, int64_t k, Vec &most) {
    Mask pivot = Mask{} + Int(k);
    most = size1(a[k * n + k]);
    for (int64_t i = k + 1; i < m; ++i) {
      Vec size = size1(a[i * n + k]);
      pivot = size > most ? Mask{} + Int(i) : pivot;
      most = larger<R>(size, most);
    }
    return pivot;
  }
  static TCC_LANE void eliminate(N *a, int64_t m, int64_t n, int64_t k, Vec most) {
    // A column of zeros needs no elimination.
    N pivot = choose(most > 0, a[k * n + k], N::of(splat<R>(1)));
    for (int64_t i = k + 1; i < m; ++i) {
      N factor = divide(a[i * n + k], pivot);
      a[i * n + k] = factor;
      for (int64_t j = k + 1; j < n; ++j)
        a[i * n + j] = a[i * n + j] - factor * a[k * n + j];
    }
  }

  /// work: m * n.
  static void lu(const R *from, R *to, int64_t *perm, int64_t m, int64_t n, int64_t count, N *a) {
    load(from, m * n, count, a);
    int64_t smaller = m < n ? m : n;
    Mask order[maxSmall];
    for (int64_t i = 0; i < m; ++i)
      order[i] = Mask{} + Int(i);
    for (int64_t k = 0; k < smaller; ++k) {
      Vec most;
      Mask pivot = findPivot(a, m, n, k, most);
      swapRows(a, m, n, k, pivot);
      for (int64_t i = k + 1; i < m; ++i) {
        Mask here = pivot == Int(i), upper = order[k], lower = order[i];
        order[k] = here ? lower : upper;
        order[i] = here ? upper : lower;
      }
      eliminate(a, m, n, k, most);
    }
    store(a, m * n, count, to);
    for (int64_t l = 0; l < count; ++l)
      for (int64_t i = 0; i < m; ++i)
        perm[l * m + i] = order[i][l];
  }

  /// x = u^-1 x for the upper triangle of a.
  static TCC_LANE void solveUpper(const N *a, N *x, int64_t n, int64_t columns) {
    for (int64_t k = n - 1; k >= 0; --k)
      for (int64_t j = 0; j < columns; ++j) {
        N y = divide(x[k * columns + j], a[k * n + k]);
        x[k * columns + j] = y;
        for (int64_t i = 0; i < k; ++i)
          x[i * columns + j] = x[i * columns + j] - a[i * n + k] * y;
      }
  }

  /// work: n * n + n * columns.
  static void solve(const R *from, const R *rhs, R *to, int64_t n, int64_t columns, int64_t count, N *a,
                    int64_t *failures) {
    N *x = a + n * n;
    load(from, n * n, count, a);
    load(rhs, n * columns, count, x);
    Mask info = {};
    for (int64_t k = 0; k < n; ++k) {
      Vec most;
      Mask pivot = findPivot(a, n, n, k, most);
      info = ((most == 0) & (info == 0)) ? Mask{} + Int(k + 1) : info;
      swapRows(a, n, n, k, pivot);
      swapRows(x, n, columns, k, pivot);
      eliminate(a, n, n, k, most);
      for (int64_t i = k + 1; i < n; ++i)
        for (int64_t j = 0; j < columns; ++j)
          x[i * columns + j] = x[i * columns + j] - a[i * n + k] * x[k * columns + j];
    }
    solveUpper(a, x, n, columns);
    store(x, n * columns, count, to);
    storeInfo(info, count, failures);
  }

  /// work: n * n + n * columns. The diagonal is not zero.
  static void triangularSolve(const R *from, const R *rhs, R *to, int64_t n, int64_t columns, bool lower, bool adjoint,
                              bool unitDiagonal, int64_t count, N *a) {
    N *x = a + n * n;
    load(from, n * n, count, a);
    load(rhs, n * columns, count, x);
    bool forward = lower != adjoint;
    for (int64_t step = 0; step < n; ++step) {
      int64_t k = forward ? step : n - 1 - step, begin = forward ? k + 1 : 0, end = forward ? n : k;
      for (int64_t j = 0; j < columns; ++j) {
        N y = x[k * columns + j];
        if (!unitDiagonal)
          y = divide(y, adjoint ? conj(a[k * n + k]) : a[k * n + k]);
        x[k * columns + j] = y;
        for (int64_t i = begin; i < end; ++i)
          x[i * columns + j] = x[i * columns + j] - (adjoint ? conj(a[k * n + i]) : a[i * n + k]) * y;
      }
    }
    store(x, n * columns, count, to);
  }

  /// For each lane the positions of `values` in ascending or descending order; equal ones keep their order.
  static void sortLane(const Vec *values, int64_t n, int64_t lane, bool descending, int64_t *order) {
    for (int64_t j = 0; j < n; ++j) {
      R value = values[j][lane];
      int64_t place = j;
      for (; place > 0; --place) {
        R other = values[order[place - 1]][lane];
        if (descending ? !(other < value) : !(other > value))
          break;
        order[place] = order[place - 1];
      }
      order[place] = j;
    }
  }

  //===--------------------------------------------------------------------===//
  // Hermitian eigenproblem: tridiagonal form, then implicit QR
  //===--------------------------------------------------------------------===//

  /// a (column-major, Hermitian) becomes tridiagonal with diagonal d and real subdiagonal e, and z, if not null, its
  /// basis (Golub and Van Loan, 4th ed., section 8.3.1). `p`, `tau`, `phases`: n entries each.
  static void tridiagonalize(N *a, N *z, Vec *d, Vec *e, N *p, Vec *tau, N *phases, int64_t n) {
    for (int64_t k = 0; k + 1 < n; ++k) {
      N *x = a + k * n;
      d[k] = x[k].re;
      Vec norm = {};
      for (int64_t i = k + 1; i < n; ++i)
        norm += squaredNorm(x[i]);
      norm = squareRoot<R>(norm);
      e[k] = norm;
      tau[k] = makeReflector(x, k + 1, norm, phases[k]);
      // a - u w^H - w u^H with p = tau a u, w = p - (tau u^H p / 2) u.
      for (int64_t i = k + 1; i < n; ++i)
        p[i] = N::of(Vec{});
      for (int64_t j = k + 1; j < n; ++j) {
        N xj = x[j] * tau[k];
        for (int64_t i = k + 1; i < n; ++i)
          p[i] = p[i] + a[j * n + i] * xj;
      }
      N dot = N::of(Vec{});
      for (int64_t i = k + 1; i < n; ++i)
        dot = dot + conj(x[i]) * p[i];
      dot = dot * (tau[k] * R(0.5));
      for (int64_t i = k + 1; i < n; ++i)
        p[i] = p[i] - x[i] * dot;
      for (int64_t j = k + 1; j < n; ++j) {
        N xj = conj(x[j]), pj = conj(p[j]);
        for (int64_t i = k + 1; i < n; ++i)
          a[j * n + i] = a[j * n + i] - x[i] * pj - p[i] * xj;
      }
    }
    d[n - 1] = a[n * n - 1].re;
    // The reflections' product, and columns turned so that the subdiagonal is real and positive.
    N phase = N::of(splat<R>(1));
    for (int64_t k = 0; z && k < n; ++k) {
      N *column = z + k * n;
      for (int64_t i = 0; i < n; ++i)
        column[i] = N::of(splat<R>(i == k ? R(1) : R(0)));
      for (int64_t j = k - 1; j >= 0; --j)
        reflect(a + j * n, column, tau[j], j + 1, n);
      for (int64_t i = 0; i < n; ++i)
        column[i] = column[i] * phase;
      if (k + 1 < n)
        phase = phase * phases[k];
    }
  }

  /// Implicit QR with Wilkinson's shift (section 8.3.3), all lanes in step: each lane has its own block [low, high] of
  /// nonzero e, and takes identity rotations outside. Returns the lanes that have not converged.
  static Mask diagonalize(Vec *d, Vec *e, N *z, int64_t n) {
    for (int64_t turn = 0;; ++turn) {
      Mask low, high;
      int64_t first, last;
      Mask found = lastBlocks(d, e, splat<R>(epsilon * epsilon), n, low, high, first, last);
      if (last == 0 || turn == maxSweeps * n)
        return found;
      Vec end = {}, before = {}, off = {}, x = {}, bulge = {};
      for (int64_t i = 0; i + 1 < n; ++i) {
        Mask here = high == Int(i + 1);
        end = select<R>(here, d[i + 1], end);
        before = select<R>(here, d[i], before);
        off = select<R>(here, e[i], off);
      }
      Vec delta = (before - end) * R(0.5), root = squareRoot<R>(delta * delta + off * off);
      Vec denominator = absolute<R>(delta) + root;
      Vec step = off * off / select<R>(denominator > 0, denominator, splat<R>(1));
      Vec shift = end - select<R>(delta < 0, -step, step);
      for (int64_t i = first; i < last; ++i) {
        Mask active = (low <= Int(i)) & (high > Int(i)), start = active & (low == Int(i));
        x = select<R>(start, d[i] - shift, x);
        bulge = select<R>(start, e[i], bulge);
        Vec c, s, r = givens(x, bulge, active, c, s);
        if (i > first)
          e[i - 1] = select<R>(active & ~start, r, e[i - 1]);
        Vec alpha = d[i], beta = e[i], gamma = d[i + 1], cross = 2 * c * s * beta;
        d[i] = c * c * alpha + cross + s * s * gamma;
        d[i + 1] = s * s * alpha - cross + c * c * gamma;
        e[i] = c * s * (gamma - alpha) + (c * c - s * s) * beta;
        x = e[i];
        if (i + 2 < n) {
          bulge = s * e[i + 1];
          e[i + 1] = c * e[i + 1];
        }
        if (z)
          turnColumns(z + i * n, n, c, s);
      }
    }
  }

  /// work: 2 n * n + 5 n. Reads the lower triangle; `vectors` is null if not wanted.
  static void eigh(const R *from, R *values, R *vectors, int64_t n, int64_t count, N *z, int64_t *failures) {
    N *a = z + n * n, *p = a + n * n, *phases = p + n;
    Vec *d = (Vec *)(phases + n), *e = (Vec *)(phases + 2 * n), *tau = (Vec *)(phases + 3 * n);
    load(from, n * n, count, z);
    for (int64_t i = 0; i < n; ++i) {
      a[i * n + i] = N::of(z[i * n + i].re);
      for (int64_t j = 0; j < i; ++j) {
        a[j * n + i] = z[i * n + j];
        a[i * n + j] = conj(z[i * n + j]);
      }
    }
    Vec scale = normalize(a, n * n);
    tridiagonalize(a, vectors ? z : nullptr, d, e, p, tau, phases, n);
    Mask failed = diagonalize(d, e, vectors ? z : nullptr, n);
    for (int64_t j = 0; j < n; ++j)
      d[j] = d[j] / scale;
    const R *flat = (const R *)z;
    for (int64_t l = 0; l < count; ++l) {
      int64_t order[maxSmall];
      sortLane(d, n, l, false, order);
      for (int64_t j = 0; j < n; ++j) {
        values[l * n + j] = d[order[j]][l] + R(0);
        for (int64_t i = 0; vectors && i < n; ++i)
          for (int part = 0; part < parts; ++part)
            vectors[((l * n + i) * n + j) * parts + part] =
                flat[((order[j] * n + i) * parts + part) * width + l] + R(0);
      }
      failures[l] = failed[l] ? 1 : 0;
    }
  }

  /// u of H = 1 - tau u u^H, in place of x[begin..], that maps x to phase * norm at `begin`, where norm = |x[begin..]|.
  static TCC_LANE Vec makeReflector(N *x, int64_t begin, Vec norm, N &phase) {
    Mask present = norm > 0;
    Vec first = modulus(x[begin]), safe = select<R>(first > 0, first, splat<R>(1));
    N direction;
    if constexpr (isComplex)
      direction = {select<R>(first > 0, x[begin].re / safe, splat<R>(1)), x[begin].im / safe};
    else
      direction = {select<R>(x[begin].re < 0, splat<R>(-1), splat<R>(1))};
    x[begin] = x[begin] + direction * norm;
    Vec tau = 1 / (select<R>(present, norm, splat<R>(1)) * (norm + first));
    phase = choose(present, N::of(Vec{}) - direction, N::of(splat<R>(1)));
    // Where |x|^2 underflows x is left alone.
    return select<R>(present & (tau < splat<R>(__builtin_huge_val())), tau, Vec{});
  }
  static TCC_LANE void reflect(const N *u, N *x, Vec tau, int64_t begin, int64_t rows) {
    N dot = N::of(Vec{});
    for (int64_t i = begin; i < rows; ++i)
      dot = dot + conj(u[i]) * x[i];
    dot = dot * tau;
    for (int64_t i = begin; i < rows; ++i)
      x[i] = x[i] - u[i] * dot;
  }

  //===--------------------------------------------------------------------===//
  // Singular values: bidiagonal form, then implicit QR
  //===--------------------------------------------------------------------===//

  /// The parts of a = q b p^H (column-major, rows >= columns): reflections of q in a, of p in `right` (a row's at
  /// right + row * columns), b real with diagonal d and superdiagonal e up to `leftPhases` and `rightPhases` (Golub and
  /// Van Loan, 4th ed., section 5.4.8). w: work, rows entries.
  struct Bidiagonal {
    N *a, *right, *leftPhases, *rightPhases, *w;
    Vec *d, *e, *leftTau, *rightTau;
  };
  static void bidiagonalize(const Bidiagonal &b, int64_t rows, int64_t columns) {
    for (int64_t k = 0; k < columns; ++k) {
      N *x = b.a + k * rows, *y = b.right + k * columns;
      Vec norm = {};
      for (int64_t i = k; i < rows; ++i)
        norm += squaredNorm(x[i]);
      b.d[k] = squareRoot<R>(norm);
      b.leftTau[k] = makeReflector(x, k, b.d[k], b.leftPhases[k]);
      for (int64_t j = k + 1; j < columns; ++j)
        reflect(x, b.a + j * rows, b.leftTau[k], k, rows);
      if (k + 1 == columns)
        break;
      norm = Vec{};
      for (int64_t j = k + 1; j < columns; ++j) {
        y[j] = conj(b.a[j * rows + k]);
        norm += squaredNorm(y[j]);
      }
      b.e[k] = squareRoot<R>(norm);
      b.rightTau[k] = makeReflector(y, k + 1, b.e[k], b.rightPhases[k]);
      // a (1 - tau u u^H), rows below k.
      for (int64_t i = k + 1; i < rows; ++i)
        b.w[i] = N::of(Vec{});
      for (int64_t j = k + 1; j < columns; ++j)
        for (int64_t i = k + 1; i < rows; ++i)
          b.w[i] = b.w[i] + b.a[j * rows + i] * y[j];
      for (int64_t j = k + 1; j < columns; ++j) {
        N factor = conj(y[j]) * b.rightTau[k];
        for (int64_t i = k + 1; i < rows; ++i)
          b.a[j * rows + i] = b.a[j * rows + i] - b.w[i] * factor;
      }
    }
  }
  /// u (rows x wanted) and v (columns x columns), column-major, with a = u (d, e) v^H.
  static void formBases(const Bidiagonal &b, N *u, N *v, int64_t rows, int64_t columns, int64_t wanted) {
    N rightPhase = N::of(splat<R>(1));
    for (int64_t k = 0; k < wanted; ++k) {
      N *column = u + k * rows;
      for (int64_t i = 0; i < rows; ++i)
        column[i] = N::of(splat<R>(i == k ? R(1) : R(0)));
      for (int64_t j = (k < columns ? k : columns - 1); j >= 0; --j)
        reflect(b.a + j * rows, column, b.leftTau[j], j, rows);
      if (k >= columns)
        continue;
      N *row = v + k * columns;
      for (int64_t i = 0; i < columns; ++i)
        row[i] = N::of(splat<R>(i == k ? R(1) : R(0)));
      for (int64_t j = k - 1; j >= 0; --j)
        reflect(b.right + j * columns, row, b.rightTau[j], j + 1, columns);
      N leftPhase = b.leftPhases[k] * rightPhase;
      for (int64_t i = 0; i < rows; ++i)
        column[i] = column[i] * leftPhase;
      for (int64_t i = 0; i < columns; ++i)
        row[i] = row[i] * rightPhase;
      if (k + 1 < columns)
        rightPhase = b.rightPhases[k] * leftPhase;
    }
  }

  static TCC_LANE void turnColumns(N *x, int64_t rows, Vec c, Vec s) {
    for (int64_t i = 0; i < rows; ++i) {
      N first = x[i], second = x[rows + i];
      x[i] = first * c + second * s;
      x[rows + i] = second * c - first * s;
    }
  }
  /// c and s with c x + s y = r, c y - s x = 0; the identity where `active` is not set or both are zero.
  static TCC_LANE Vec givens(Vec x, Vec y, Mask active, Vec &c, Vec &s) {
    Vec r = squareRoot<R>(x * x + y * y);
    Mask turned = active & (r > 0);
    Vec inverse = 1 / select<R>(turned, r, splat<R>(1));
    c = select<R>(turned, x * inverse, splat<R>(1));
    s = select<R>(turned, y * inverse, Vec{});
    return r;
  }
  /// The blocks between the zeros of e, after small entries have become zeros: for each lane the last one, [low, high];
  /// for all lanes together [first, last]. Returns the lanes that have one; last is 0 if none has.
  static Mask lastBlocks(const Vec *d, Vec *e, Vec least, int64_t n, Mask &low, Mask &high, int64_t &first,
                         int64_t &last) {
    Mask found = {}, open = ~Mask{};
    low = high = Mask{};
    first = n;
    last = 0;
    for (int64_t i = n - 2; i >= 0; --i) {
      Vec size = absolute<R>(e[i]);
      Mask nonzero = (size > epsilon * (absolute<R>(d[i]) + absolute<R>(d[i + 1]))) & (size > least);
      e[i] = select<R>(nonzero, e[i], Vec{});
      high = (nonzero & ~found) ? Mask{} + Int(i + 1) : high;
      open &= ~found | nonzero;
      found |= nonzero;
      low = (nonzero & open) ? Mask{} + Int(i) : low;
      if (any(nonzero)) {
        last = last > i + 1 ? last : i + 1;
        first = i;
      }
    }
    return found;
  }

  /// Golub and Kahan's step (section 8.6.2), all lanes in step as in `diagonalize`; u and v may be null together.
  static Mask diagonalizeBidiagonal(Vec *d, Vec *e, N *u, N *v, int64_t rows, int64_t columns) {
    Vec bound = {};
    for (int64_t i = 0; i < columns; ++i)
      bound = larger<R>(bound, absolute<R>(d[i]) + (i + 1 < columns ? absolute<R>(e[i]) : Vec{}));
    for (int64_t turn = 0;; ++turn) {
      Mask low, high;
      int64_t first, last;
      Mask found = lastBlocks(d, e, bound * (epsilon * R(0.25)), columns, low, high, first, last);
      if (last == 0 || turn == maxSweeps * columns)
        return found;
      // Wilkinson's shift of b^H b; none where b is singular, which makes the last entry of e zero at once.
      Vec end = {}, before = {}, off = {}, offBefore = {}, least = bound;
      for (int64_t i = 0; i < columns; ++i) {
        Mask inside = (low <= Int(i)) & (high >= Int(i));
        Vec size = absolute<R>(d[i]);
        least = select<R>(inside & (size < least), size, least);
        end = select<R>(high == Int(i), d[i], end);
        if (i + 1 < columns) {
          before = select<R>(high == Int(i + 1), d[i], before);
          off = select<R>(high == Int(i + 1), e[i], off);
          offBefore = select<R>((high == Int(i + 2)) & (low <= Int(i)), e[i], offBefore);
        }
      }
      Vec corner = end * end + off * off, above = before * before + offBefore * offBefore, cross = before * off;
      Vec delta = (above - corner) * R(0.5), root = squareRoot<R>(delta * delta + cross * cross);
      Vec denominator = absolute<R>(delta) + root;
      Vec change = cross * cross / select<R>(denominator > 0, denominator, splat<R>(1));
      Mask singular = least <= bound * epsilon;
      Vec shift = corner - select<R>(delta < 0, -change, change), y = {}, z = {};
      for (int64_t i = first; i < last; ++i) {
        Mask active = (low <= Int(i)) & (high > Int(i)), start = active & (low == Int(i));
        y = select<R>(start, select<R>(singular, d[i], d[i] * d[i] - shift), y);
        z = select<R>(start, select<R>(singular, e[i], d[i] * e[i]), z);
        Vec c, s, r = givens(y, z, active, c, s);
        if (i > first)
          e[i - 1] = select<R>(active & ~start, r, e[i - 1]);
        Vec f = c * d[i] + s * e[i], g = s * d[i + 1];
        e[i] = c * e[i] - s * d[i];
        d[i + 1] = c * d[i + 1];
        if (v)
          turnColumns(v + i * columns, columns, c, s);
        r = givens(f, g, active, c, s);
        d[i] = select<R>(active, r, f);
        y = c * e[i] + s * d[i + 1];
        d[i + 1] = c * d[i + 1] - s * e[i];
        e[i] = y;
        if (i + 2 < columns) {
          z = s * e[i + 1];
          e[i + 1] = c * e[i + 1];
        }
        if (u)
          turnColumns(u + i * rows, rows, c, s);
      }
    }
  }

  /// u and vh may be null. work: 2 rows columns + columns^2 + rows^2 + 6 columns + rows, rows >= columns the
  /// sizes. u is m x numU, vh numV x n.
  static void svd(const R *from, R *u, R *values, R *vh, int64_t m, int64_t n, int64_t numU, int64_t numV,
                  int64_t count, N *work, int64_t *failures) {
    bool flip = m < n;
    int64_t rows = flip ? n : m, columns = flip ? m : n;
    N *loaded = work, *a = loaded + rows * columns, *v = a + rows * columns, *q = v + columns * columns;
    N *w = q + rows * rows, *leftPhases = w + rows, *rest = leftPhases + 2 * columns;
    Vec *d = (Vec *)rest, *e = (Vec *)(rest + columns), *leftTau = (Vec *)(rest + 2 * columns);
    Bidiagonal b{a, loaded, leftPhases, leftPhases + columns, w, d, e, leftTau, (Vec *)(rest + 3 * columns)};
    load(from, m * n, count, loaded);
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t i = 0; i < rows; ++i)
        a[j * rows + i] = flip ? conj(loaded[j * n + i]) : loaded[i * n + j];
    Vec scale = normalize(a, rows * columns);
    bidiagonalize(b, rows, columns);
    bool hasVectors = u || vh;
    if (hasVectors)
      formBases(b, q, v, rows, columns, flip ? numV : numU);
    Mask failed = diagonalizeBidiagonal(d, e, hasVectors ? q : nullptr, hasVectors ? v : nullptr, rows, columns);
    for (int64_t j = 0; j < columns; ++j) {
      Vec sign = select<R>(d[j] < 0, splat<R>(-1), splat<R>(1));
      d[j] = d[j] * sign / scale;
      for (int64_t i = 0; hasVectors && i < columns; ++i)
        v[j * columns + i] = v[j * columns + i] * sign;
    }
    // a = q d v^H; of the flipped matrix, vh = q^H and u = v.
    auto entry = [&](const N *x, int64_t index, int64_t l, R *to, bool conjugate) {
      const R *flat = (const R *)x;
      to[0] = flat[index * parts * width + l] + R(0);
      if constexpr (isComplex) {
        R im = flat[(index * parts + 1) * width + l];
        to[1] = (conjugate ? -im : im) + R(0);
      }
    };
    for (int64_t l = 0; l < count; ++l) {
      int64_t order[maxSmallSvd];
      sortLane(d, columns, l, true, order);
      for (int64_t j = 0; j < columns; ++j)
        values[l * columns + j] = d[order[j]][l];
      failures[l] = failed[l] ? 1 : 0;
      auto place = [&](int64_t j) { return j < columns ? order[j] : j; };
      for (int64_t i = 0; u && i < m; ++i)
        for (int64_t j = 0; j < numU; ++j)
          entry(flip ? v : q, place(j) * m + i, l, u + ((l * m + i) * numU + j) * parts, false);
      for (int64_t j = 0; vh && j < numV; ++j)
        for (int64_t i = 0; i < n; ++i)
          entry(flip ? q : v, place(j) * n + i, l, vh + ((l * numV + j) * n + i) * parts, true);
    }
  }
};
