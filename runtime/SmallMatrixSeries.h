// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The exponential of as many small matrices as a vector has lanes, by the steps of Expm.cpp. Included after
// SmallMatrixKernels.h, once for each instruction set.

template <class R, bool isComplex> struct SmallExponential {
  using M = SmallMatrix<R, isComplex>;
  using N = typename M::N;
  using Vec = V<R>;
  using Mask = I<R>;

  /// c = a b, or c + a b.
  static void multiply(const N *a, const N *b, N *c, int64_t n, bool adds) {
    constexpr int64_t tile = isComplex ? 2 : 4;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t column = 0; column < n; column += tile) {
        int64_t count = n - column < tile ? n - column : tile;
        N sums[tile];
        for (int64_t j = 0; j < tile; ++j)
          sums[j] = adds && j < count ? c[i * n + column + j] : N::of(Vec{});
        // Whole tiles have a loop without conditions.
        if (count == tile) {
          for (int64_t k = 0; k < n; ++k)
            for (int64_t j = 0; j < tile; ++j)
              sums[j] = multiplyAdd(a[i * n + k], b[k * n + column + j], sums[j]);
        } else {
          for (int64_t k = 0; k < n; ++k)
            for (int64_t j = 0; j < count; ++j)
              sums[j] = multiplyAdd(a[i * n + k], b[k * n + column + j], sums[j]);
        }
        for (int64_t j = 0; j < count; ++j)
          c[i * n + column + j] = sums[j];
      }
  }
  static Vec norm1(const N *a, int64_t n) {
    Vec largest = {};
    for (int64_t j = 0; j < n; ++j) {
      Vec sum = {};
      for (int64_t i = 0; i < n; ++i)
        sum += size1(a[i * n + j]);
      largest = larger<R>(largest, sum);
    }
    return largest;
  }
  static void scale(N *a, int64_t size, Vec factor) {
    for (int64_t e = 0; e < size; ++e)
      a[e] = a[e] * factor;
  }

  /// The powers of two by which a, a^2 and a^3 that were scaled by `factor` are to be scaled up again, applied
  /// (Expm.cpp, spareSquarings); `factor` becomes what is left. Only where that saves three squarings: it costs as
  /// much. x: 2 n.
  static void regain(N *a, N *a2, N *a3, Vec &factor, Vec *x, int64_t n) {
    const R theta = R(taylorBounds<R>.theta18), squared = theta * theta, cubed = squared * theta;
    Vec norm = norm1(a, n), norm2 = norm1(a2, n), norm3 = norm1(a3, n), gained = splat<R>(1), *y = x + n;
    Mask wanted = (norm2 * 64 <= squared) & (norm3 * 512 <= cubed) & (factor <= R(0.125)) & (norm > 0);
    if (!any(wanted))
      return;
    for (int64_t j = 0; j < n; ++j)
      x[j] = splat<R>(1);
    for (int power = 0; power < 19; ++power) {
      for (int64_t j = 0; j < n; ++j) {
        y[j] = Vec{};
        for (int64_t i = 0; i < n; ++i)
          y[j] += x[i] * size1(a[i * n + j]);
      }
      for (int64_t j = 0; j < n; ++j)
        x[j] = y[j];
    }
    Vec share = {};
    for (int64_t j = 0; j < n; ++j)
      share = larger<R>(share, x[j]);
    share = share * R(firstOmitted / taylorBounds<R>.rounding) / select<R>(norm > 0, norm, splat<R>(1));
    for (;;) {
      Vec twice = gained * 2, times2 = twice * twice;
      Mask can = wanted & (norm2 * times2 <= squared) & (norm3 * (times2 * twice) <= cubed) & (share * R(0x1p18) <= 1) &
                 (factor * twice <= 1);
      if (!any(can))
        break;
      gained = select<R>(can, twice, gained);
      share = select<R>(can, share * R(0x1p18), share);
    }
    factor = factor * gained;
    scale(a, n * n, gained);
    // One by one: the cube may be no number.
    for (int k = 0; k < 2; ++k)
      scale(a2, n * n, gained);
    for (int k = 0; k < 3; ++k)
      scale(a3, n * n, gained);
  }

  struct Powers {
    const N *a, *a2, *a3, *a6;
  };
  /// Element e of b_row (TaylorExponential.h).
  static TCC_LANE N combine(const Powers &x, int row, int64_t e, int64_t n) {
    const double *b = taylor18[row];
    N sum = x.a[e] * splat<R>(R(b[1])) + x.a2[e] * splat<R>(R(b[2])) + x.a3[e] * splat<R>(R(b[3])) +
            x.a6[e] * splat<R>(R(b[4]));
    return e % (n + 1) == 0 ? sum + N::of(splat<R>(R(b[0]))) : sum;
  }

  /// work: 7 n * n + 2 n.
  static void run(const R *from, R *to, int64_t n, int64_t count, N *a) {
    int64_t size = n * n;
    N *a2 = a + size, *a3 = a2 + size, *a6 = a3 + size, *u = a6 + size, *v = u + size, *y = v + size;
    M::load(from, size, count, a);
    Vec ratio = norm1(a, n) / R(taylorBounds<R>.theta18);
    Vec factor = select<R>(ratio > 1, inverseScale<R>(ratio) * R(0.5), splat<R>(1));
    scale(a, size, factor);
    multiply(a, a, a2, n, false);
    multiply(a2, a, a3, n, false);
    regain(a, a2, a3, factor, (Vec *)(y + size), n);
    multiply(a3, a3, a6, n, false);
    const Powers x = {a, a2, a3, a6};
    for (int64_t e = 0; e < size; ++e) {
      u[e] = combine(x, 0, e, n);
      v[e] = combine(x, 4, e, n);
      y[e] = combine(x, 3, e, n);
    }
    multiply(u, v, y, n, true);
    for (int64_t e = 0; e < size; ++e) {
      v[e] = y[e];
      u[e] = combine(x, 2, e, n) + y[e];
      y[e] = combine(x, 1, e, n);
    }
    multiply(u, v, y, n, true);
    for (Mask open = factor < 1; any(open); open = factor < 1) {
      multiply(y, y, u, n, false);
      for (int64_t e = 0; e < size; ++e)
        y[e] = choose(open, u[e], y[e]);
      factor = select<R>(open, factor * 2, factor);
    }
    M::store(y, size, count, to);
  }
};
