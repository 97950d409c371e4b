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

  //===--------------------------------------------------------------------===//
  // Jacobi's methods
  //===--------------------------------------------------------------------===//

  /// The rotation that makes columns x and y orthogonal (one-sided) or annihilates an off-diagonal entry (two-sided):
  /// x' = c x - s conj(phase) y, y' = s x + c conj(phase) y (Golub and Van Loan, 4th ed., section 8.5.2).
  struct Rotation {
    Vec c, s, t, size;
    N phase;
  };
  static TCC_LANE Rotation rotationFor(N gamma, Vec size, Vec difference, Mask active) {
    Vec safe = select<R>(active, size, splat<R>(1));
    Vec zeta = difference / (safe + safe), root = squareRoot<R>(zeta * zeta + 1);
    Vec t = 1 / (absolute<R>(zeta) + root);
    t = zeta < 0 ? -t : t;
    t = select<R>(active, t, Vec{});
    Vec c = 1 / squareRoot<R>(t * t + 1);
    N one = N::of(splat<R>(1)), phase;
    if constexpr (isComplex)
      phase = {gamma.re / safe, gamma.im / safe};
    else
      phase = {select<R>(gamma.re < 0, splat<R>(-1), splat<R>(1))};
    return {c, c * t, t, size, choose(active, phase, one)};
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

  /// work: 2 n * n + n. Reads the lower triangle. Cyclic two-sided Jacobi.
  static void eigh(const R *from, R *values, R *vectors, int64_t n, int64_t count, N *a, int64_t *failures) {
    N *v = a + n * n;
    Vec *w = (Vec *)(v + n * n);
    load(from, n * n, count, a);
    for (int64_t i = 0; i < n; ++i) {
      a[i * n + i] = N::of(a[i * n + i].re);
      for (int64_t j = 0; j < i; ++j)
        a[j * n + i] = conj(a[i * n + j]);
    }
    Vec scale = normalize(a, n * n);
    for (int64_t e = 0; e < n * n; ++e)
      v[e] = N::of(splat<R>(e % (n + 1) == 0 ? R(1) : R(0)));
    Mask active = {};
    for (int sweep = 0; sweep < maxSweeps; ++sweep) {
      Mask rotated = {};
      for (int64_t p = 0; p < n; ++p)
        for (int64_t q = p + 1; q < n; ++q) {
          N gamma = a[p * n + q];
          Vec size = modulus(gamma), first = a[p * n + p].re, second = a[q * n + q].re;
          // Small against both diagonal entries (Demmel and Veselic 1992), or against the whole matrix.
          active = (size > epsilon * squareRoot<R>(absolute<R>(first)) * squareRoot<R>(absolute<R>(second))) &
                   (size > epsilon * epsilon);
          if (!any(active))
            continue;
          rotated |= active;
          Rotation r = rotationFor(gamma, size, second - first, active);
          N turned = conj(r.phase) * r.s, turnedC = conj(r.phase) * r.c;
          for (int64_t k = 0; k < n; ++k) {
            N x = v[k * n + p], y = v[k * n + q];
            v[k * n + p] = x * r.c - y * turned;
            v[k * n + q] = x * r.s + y * turnedC;
            if (k == p || k == q)
              continue;
            x = a[k * n + p], y = a[k * n + q];
            N xNew = x * r.c - y * turned, yNew = x * r.s + y * turnedC;
            a[k * n + p] = xNew, a[k * n + q] = yNew;
            a[p * n + k] = conj(xNew), a[q * n + k] = conj(yNew);
          }
          a[p * n + p].re = first - r.t * size;
          a[q * n + q].re = second + r.t * size;
          N zero = choose(active, N::of(Vec{}), gamma);
          a[p * n + q] = zero, a[q * n + p] = conj(zero);
        }
      active = rotated;
      if (!any(rotated))
        break;
    }
    for (int64_t j = 0; j < n; ++j)
      w[j] = a[j * n + j].re / scale;
    const R *flat = (const R *)v;
    for (int64_t l = 0; l < count; ++l) {
      int64_t order[maxSmall];
      sortLane(w, n, l, false, order);
      for (int64_t j = 0; j < n; ++j) {
        values[l * n + j] = w[order[j]][l] + R(0);
        for (int64_t i = 0; i < n; ++i)
          for (int part = 0; part < parts; ++part)
            vectors[((l * n + i) * n + j) * parts + part] =
                flat[((i * n + order[j]) * parts + part) * width + l] + R(0);
      }
      failures[l] = active[l] ? 1 : 0;
    }
  }

  static TCC_LANE Vec columnNorm(const N *x, int64_t rows) {
    Vec sum = {};
    for (int64_t i = 0; i < rows; ++i)
      sum += squaredNorm(x[i]);
    return sum;
  }
  static TCC_LANE void rotate(N *x, N *y, int64_t rows, const Rotation &r) {
    N turned = conj(r.phase) * r.s, turnedC = conj(r.phase) * r.c;
    for (int64_t i = 0; i < rows; ++i) {
      N first = x[i], second = y[i];
      x[i] = first * r.c - second * turned;
      y[i] = first * r.s + second * turnedC;
    }
  }
  /// As rotate, and the new squared norms.
  static TCC_LANE void rotateAndMeasure(N *x, N *y, int64_t rows, const Rotation &r, Vec &alpha, Vec &beta) {
    N turned = conj(r.phase) * r.s, turnedC = conj(r.phase) * r.c;
    Vec a = {}, b = {};
    for (int64_t i = 0; i < rows; ++i) {
      N first = x[i], second = y[i], newX = first * r.c - second * turned, newY = first * r.s + second * turnedC;
      x[i] = newX;
      y[i] = newY;
      a += squaredNorm(newX);
      b += squaredNorm(newY);
    }
    alpha = a;
    beta = b;
  }

  /// Hestenes' one-sided Jacobi: columns of a (column-major, rows >= columns) become orthogonal, v (or null) collects
  /// the rotations, norms the squared norms. Returns the lanes that have not converged.
  static Mask orthogonalize(N *a, N *v, Vec *norms, int64_t rows, int64_t columns) {
    R tolerance = epsilon * R(rows < 4 ? 2 : __builtin_sqrt(double(rows)));
    Mask rotated = {};
    for (int sweep = 0; sweep < maxSweeps; ++sweep) {
      rotated = Mask{};
      for (int64_t j = 0; j < columns; ++j)
        norms[j] = columnNorm(a + j * rows, rows);
      for (int64_t p = 0; p < columns; ++p)
        for (int64_t q = p + 1; q < columns; ++q) {
          N *x = a + p * rows, *y = a + q * rows, gamma = N::of(Vec{});
          for (int64_t i = 0; i < rows; ++i)
            gamma = gamma + conj(x[i]) * y[i];
          Vec size = modulus(gamma), alpha = norms[p], beta = norms[q];
          // Against a largest column of about 1, what is below epsilon^2 is rounding of rounding.
          Mask active = (size > tolerance * squareRoot<R>(alpha) * squareRoot<R>(beta)) & (size > epsilon * epsilon);
          if (!any(active))
            continue;
          rotated |= active;
          Rotation r = rotationFor(gamma, size, beta - alpha, active);
          // The longer column first: fewer sweeps, and nearly sorted at the end (de Rijk 1989). The other rotation that
          // makes the columns orthogonal exchanges them.
          Mask exchange = active & (alpha < beta);
          Vec c = select<R>(exchange, r.s, r.c), s = select<R>(exchange, -r.c, r.s);
          r.c = c, r.s = s;
          rotateAndMeasure(x, y, rows, r, norms[p], norms[q]);
          if (v)
            rotate(v + p * columns, v + q * columns, columns, r);
        }
      if (!any(rotated))
        break;
    }
    return rotated;
  }

  /// Householder's QR of a (column-major, rows >= columns) in place, which has orthogonal columns of descending norms;
  /// q (rows x wanted, column-major) becomes an orthonormal basis whose column j has the direction of column j, or,
  /// where that is zero, of what is left. tau, phases: one entry for each column.
  static void orthonormalBasis(N *a, N *q, Vec *tau, N *phases, int64_t rows, int64_t columns, int64_t wanted) {
    for (int64_t j = 0; j < columns; ++j) {
      N *x = a + j * rows;
      Vec norm = {};
      for (int64_t i = j; i < rows; ++i)
        norm += squaredNorm(x[i]);
      norm = squareRoot<R>(norm);
      Mask present = norm > 0;
      Vec first = modulus(x[j]), safe = select<R>(first > 0, first, splat<R>(1));
      N phase;
      if constexpr (isComplex)
        phase = {select<R>(first > 0, x[j].re / safe, splat<R>(1)), x[j].im / safe};
      else
        phase = {select<R>(x[j].re < 0, splat<R>(-1), splat<R>(1))};
      // H = 1 - tau u u^H with u = x + phase |x| e_j maps x to -phase |x| e_j.
      x[j] = x[j] + phase * norm;
      tau[j] = select<R>(present, 1 / (select<R>(present, norm, splat<R>(1)) * (norm + first)), Vec{});
      tau[j] = tau[j] < splat<R>(__builtin_huge_val()) ? tau[j] : Vec{};
      phases[j] = choose(present, N::of(Vec{}) - phase, N::of(splat<R>(1)));
      for (int64_t k = j + 1; k < columns; ++k)
        reflect(x, a + k * rows, tau[j], j, rows);
    }
    for (int64_t k = 0; k < wanted; ++k) {
      N *column = q + k * rows;
      for (int64_t i = 0; i < rows; ++i)
        column[i] = N::of(splat<R>(i == k ? R(1) : R(0)));
      for (int64_t j = (k < columns ? k : columns - 1); j >= 0; --j)
        reflect(a + j * rows, column, tau[j], j, rows);
      if (k < columns)
        for (int64_t i = 0; i < rows; ++i)
          column[i] = column[i] * phases[k];
    }
  }
  static TCC_LANE void reflect(const N *u, N *x, Vec tau, int64_t begin, int64_t rows) {
    N dot = N::of(Vec{});
    for (int64_t i = begin; i < rows; ++i)
      dot = dot + conj(u[i]) * x[i];
    dot = dot * tau;
    for (int64_t i = begin; i < rows; ++i)
      x[i] = x[i] - u[i] * dot;
  }

  /// u and vh may be null together. work: 2 rows columns + columns^2 + rows^2 + 3 columns, rows >= columns the sizes.
  /// u is m x numU, vh numV x n.
  static void svd(const R *from, R *u, R *values, R *vh, int64_t m, int64_t n, int64_t numU, int64_t numV,
                  int64_t count, N *work, int64_t *failures) {
    bool flip = m < n;
    int64_t rows = flip ? n : m, columns = flip ? m : n;
    N *loaded = work, *a = loaded + rows * columns, *v = a + rows * columns, *q = v + columns * columns;
    N *phases = q + rows * rows;
    Vec *norms = (Vec *)(phases + columns), *tau = (Vec *)(phases + 2 * columns);
    load(from, m * n, count, loaded);
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t i = 0; i < rows; ++i)
        a[j * rows + i] = flip ? conj(loaded[j * n + i]) : loaded[i * n + j];
    Vec scale = normalize(a, rows * columns);
    for (int64_t e = 0; e < columns * columns; ++e)
      v[e] = N::of(splat<R>(e % (columns + 1) == 0 ? R(1) : R(0)));
    Mask failed = orthogonalize(a, u ? v : nullptr, norms, rows, columns);
    N *sorted = loaded;
    int64_t order[Lanes<R>::count][maxSmallSvd];
    for (int64_t j = 0; j < columns; ++j)
      norms[j] = squareRoot<R>(norms[j]);
    for (int64_t l = 0; l < width; ++l) {
      sortLane(norms, columns, l, true, order[l]);
      const R *in = (const R *)a;
      R *out = (R *)sorted;
      for (int64_t j = 0; j < columns; ++j)
        for (int64_t e = 0; u && e < rows * parts; ++e)
          out[(j * rows * parts + e) * width + l] = in[(order[l][j] * rows * parts + e) * width + l];
    }
    for (int64_t l = 0; l < count; ++l) {
      for (int64_t j = 0; j < columns; ++j)
        values[l * columns + j] = norms[order[l][j]][l] / scale[l];
      failures[l] = failed[l] ? 1 : 0;
    }
    if (!u)
      return;
    orthonormalBasis(sorted, q, tau, phases, rows, columns, flip ? numV : numU);
    // a = q s v^H; of the flipped matrix, vh = q^H and u = v.
    auto entry = [&](const N *x, int64_t index, int64_t l, R *to, bool conjugate) {
      const R *flat = (const R *)x;
      to[0] = flat[index * parts * width + l] + R(0);
      if constexpr (isComplex) {
        R im = flat[(index * parts + 1) * width + l];
        to[1] = (conjugate ? -im : im) + R(0);
      }
    };
    for (int64_t l = 0; l < count; ++l) {
      R *left = u + l * m * numU * parts, *right = vh + l * numV * n * parts;
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < numU; ++j)
          flip ? entry(v, order[l][j] * columns + i, l, left + (i * numU + j) * parts, false)
               : entry(q, j * rows + i, l, left + (i * numU + j) * parts, false);
      for (int64_t j = 0; j < numV; ++j)
        for (int64_t i = 0; i < n; ++i)
          flip ? entry(q, j * rows + i, l, right + (j * n + i) * parts, true)
               : entry(v, order[l][j] * columns + i, l, right + (j * n + i) * parts, true);
    }
  }
};
