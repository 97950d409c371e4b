// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Roots by interpolation of the poles on either side (Li's middle way) inside a bracket that shrinks at every step. All
// differences are taken from the pole next to the root, so that they keep their relative accuracy.
#include "runtime/Secular.h"
#include "runtime/VectorLanes.h"
#include <limits>

namespace tcc::runtime {
namespace {

template <class R, int bytes> struct Solver {
  using V = Vector<R, bytes>;
  using I = typename LanesOf<R, bytes>::Bits;
  using Int = typename LanesOf<R, bytes>::Int;
  static constexpr int lanes = LanesOf<R, bytes>::count;
  static constexpr R epsilon = std::numeric_limits<R>::epsilon() / 2;
  static constexpr int maxSteps = 100;

  static TCC_INLINE V root(V x) {
#if defined(__clang__)
    return __builtin_elementwise_sqrt(x);
#else
    for (int l = 0; l < lanes; ++l)
      x[l] = __builtin_sqrt(x[l]);
    return x;
#endif
  }
  static TCC_INLINE V absolute(V x) { return x < 0 ? -x : x; }
  static TCC_INLINE bool any(I mask) {
    Int all = 0;
    for (int l = 0; l < lanes; ++l)
      all |= mask[l];
    return all != 0;
  }
  template <bool isSquared> static TCC_INLINE V difference(R pole, V origin, V offset) {
    V near = (pole - origin) - offset;
    if constexpr (isSquared)
      near *= (pole + origin) + offset;
    return near;
  }

  /// The parts of the sum below and above the root, and their derivatives.
  struct Sums {
    V below, above, slopeBelow, slopeAbove;
  };
  template <bool isSquared>
  static TCC_INLINE Sums sums(const SecularEquation<R> &q, int64_t first, int64_t last, I split, V origin, V offset) {
    Sums s = {};
    int64_t i = 0;
    auto term = [&](V &slope) TCC_INLINED {
      V t = q.z[i] / difference<isSquared>(q.d[i], origin, offset);
      slope += t * t;
      return t * q.z[i];
    };
    for (; i <= first; ++i)
      s.below += term(s.slopeBelow);
    for (; i <= last; ++i) { // poles between the roots of different lanes
      V slope = {}, value = term(slope);
      I isBelow = split >= Int(i);
      s.below += isBelow ? value : V{};
      s.above += isBelow ? V{} : value;
      s.slopeBelow += isBelow ? slope : V{};
      s.slopeAbove += isBelow ? V{} : slope;
    }
    for (; i < q.count; ++i)
      s.above += term(s.slopeAbove);
    return s;
  }

  /// The root of c x^2 - a x + b that is small where b is, computed without cancellation.
  static TCC_INLINE V smallRoot(V a, V b, V c, I isLast) {
    V s = root(absolute(a * a - 4 * b * c));
    I far = isLast ? a < 0 : a > 0;
    V larger = isLast ? a - s : a + s, smaller = isLast ? a + s : a - s;
    return far ? 2 * b / larger : smaller / (2 * c);
  }

  template <bool isSquared>
  static TCC_INLINE bool solve(const SecularEquation<R> &q, int64_t firstRoot, int64_t count, int32_t *origins,
                               R *offsets) {
    const int64_t k = q.count;
    V left, right, zLeft, zRight, whole = {};
    I split, isLast;
    R total = 0;
    for (int64_t i = 0; i < k; ++i)
      total += q.z[i] * q.z[i];
    total *= q.rho;
    for (int l = 0; l < lanes; ++l) {
      // Lanes without a root repeat the last one.
      int64_t j = firstRoot + (l < count ? l : count - 1), at = j + 1 < k ? j : k - 2;
      split[l] = Int(at);
      isLast[l] = j + 1 < k ? 0 : -1;
      left[l] = q.d[j];
      right[l] = j + 1 < k ? q.d[j + 1] : q.d[j];
      zLeft[l] = q.z[j];
      zRight[l] = j + 1 < k ? q.z[j + 1] : R(0);
      R reach = total;
      if (isSquared)
        reach = total / (q.d[j] + __builtin_sqrt(q.d[j] * q.d[j] + total));
      whole[l] = j + 1 < k ? q.d[j + 1] - q.d[j] : reach;
    }
    int64_t first = split[0], last = split[count - 1];
    const R inverseRho = 1 / q.rho;

    // The half that holds the root, by the sign at the middle; distances are measured from its pole.
    V origin = left, offset = whole * R(0.5);
    Sums s = sums<isSquared>(q, first, last, split, origin, offset);
    V f = inverseRho + s.below + s.above;
    I isLeft = (f > 0) | isLast;
    V low = isLeft ? V{} : -offset, high = isLeft ? offset : V{};
    low = (isLast & (f <= 0)) ? offset : low;
    high = (isLast & (f <= 0)) ? whole : high;
    origin = isLeft ? left : right;
    // The first guess: the two poles beside it as they are, the rest a constant.
    V gap = isSquared ? (right - left) * (right + left) : right - left;
    V fromLeft = isSquared ? -offset * (2 * left + offset) : -offset;
    V fromRight = isSquared ? (right - left - offset) * (right + left + offset) : right - left - offset;
    V squareLeft = zLeft * zLeft, squareRight = zRight * zRight;
    V rest = f - squareLeft / fromLeft - squareRight / (isLast ? V{} + 1 : fromRight);
    V a = (isLeft ? rest * gap : -rest * gap) + squareLeft + squareRight;
    V b = isLeft ? squareLeft * gap : -squareRight * gap;
    V guess = smallRoot(a, b, rest, I{});
    if (isSquared)
      guess = guess / (origin + root(origin * origin + guess));
    V middle = (low + high) * R(0.5);
    offset = (~isLast & (guess > low) & (guess < high)) ? guess : middle;

    I done = {};
    for (int step = 0; step < maxSteps; ++step) {
      s = sums<isSquared>(q, first, last, split, origin, offset);
      f = inverseRho + s.below + s.above;
      V slope = s.slopeBelow + s.slopeAbove, value = origin + offset;
      V reach = isSquared ? absolute(offset) * (value + origin) : absolute(offset);
      V error = epsilon * (8 * (absolute(s.below) + absolute(s.above)) + inverseRho + 2 * reach * slope);
      done |= absolute(f) <= error;
      if (!any(~done))
        break;
      low = (f < 0) ? offset : low;
      high = (f < 0) ? high : offset;
      // c + s / (p_1 - x) + t / (p_2 - x) with the values and slopes of both sums
      V near, far;
      for (int l = 0; l < lanes; ++l) {
        near[l] = q.d[split[l]];
        far[l] = q.d[split[l] + 1];
      }
      V one = (near - origin) - offset, two = (far - origin) - offset;
      if (isSquared) {
        one *= (near + origin) + offset;
        two *= (far + origin) + offset;
      }
      V c = f - one * s.slopeBelow - two * s.slopeAbove;
      a = (one + two) * f - one * two * slope;
      b = one * two * f;
      V change = smallRoot(a, b, c, isLast);
      change = (f * change < 0) ? change : -f / slope;
      if (isSquared)
        change = change / (value + root(value * value + change));
      V next = offset + change;
      middle = (low + high) * R(0.5);
      // Every fifth step halves the bracket, whatever interpolation says (nor may it leave the bracket, or be no
      // number).
      I inside = (next > low) & (next < high);
      if (step % 5 == 4)
        inside = I{};
      next = inside ? next : middle;
      done |= (absolute(next - offset) <= epsilon * absolute(offset)) | (high - low <= epsilon * absolute(offset));
      offset = done ? offset : next;
    }
    for (int64_t l = 0; l < count; ++l) {
      offsets[l] = offset[l];
      origins[l] = int32_t(firstRoot + l + (isLeft[l] ? 0 : 1));
    }
    return !any(~done);
  }

  template <bool isSquared>
  static TCC_INLINE void weights(const SecularEquation<R> &q, const int32_t *origins, const R *offsets, int64_t first,
                                 int64_t count, R *to) {
    V pole, product = {};
    I index;
    for (int l = 0; l < lanes; ++l) {
      int64_t i = first + (l < count ? l : count - 1);
      pole[l] = q.d[i];
      index[l] = Int(i);
    }
    product += 1;
    for (int64_t j = 0; j < q.count; ++j) {
      R origin = q.d[origins[j]];
      V numerator = (pole - origin) - offsets[j], denominator = pole - q.d[j];
      if constexpr (isSquared) {
        numerator *= (pole + origin) + offsets[j];
        denominator *= pole + q.d[j];
      }
      product *= numerator / (index == Int(j) ? V{} + 1 : denominator);
    }
    product = root(absolute(product));
    for (int64_t l = 0; l < count; ++l)
      to[l] = q.z[first + l] < 0 ? -product[l] : product[l];
  }

  template <bool isSquared>
  static TCC_INLINE void vector(const R *d, const R *w, int64_t padded, R origin, R offset, R *to) {
    for (int64_t i = 0; i < padded; i += lanes) {
      V pole = vectorAt<R, bytes>(d + i), near = (pole - origin) - offset;
      if constexpr (isSquared)
        near *= (pole + origin) + offset;
      vectorAt<R, bytes>(to + i) = vectorAt<R, bytes>(w + i) / near;
    }
  }
};

/// body(is squared or not, as a type)
template <class F> TCC_INLINE auto chosen(bool isSquared, F &&body) {
  return isSquared ? body(std::true_type()) : body(std::false_type());
}

} // namespace

template <class R>
bool secularRoots(const SecularEquation<R> &q, int64_t begin, int64_t end, int32_t *origin, R *offset) {
  if (q.count == 1) { // no pole on the other side
    R total = q.rho * q.z[0] * q.z[0], d = q.d[0];
    origin[0] = 0;
    offset[0] = q.isSquared ? total / (d + __builtin_sqrt(d * d + total)) : total;
    return true;
  }
  bool converged = true;
  vectorised([&]<int bytes>() TCC_INLINED {
    using S = Solver<R, bytes>;
    for (int64_t j = begin; j < end; j += S::lanes) {
      int64_t count = end - j < S::lanes ? end - j : S::lanes;
      converged &= chosen(q.isSquared, [&](auto isSquared) TCC_INLINED {
        return S::template solve<decltype(isSquared)::value>(q, j, count, origin + j, offset + j);
      });
    }
  });
  return converged;
}

template <class R>
void secularWeights(const SecularEquation<R> &q, const int32_t *origin, const R *offset, int64_t begin, int64_t end,
                    R *weights) {
  vectorised([&]<int bytes>() TCC_INLINED {
    using S = Solver<R, bytes>;
    for (int64_t i = begin; i < end; i += S::lanes) {
      int64_t count = end - i < S::lanes ? end - i : S::lanes;
      chosen(q.isSquared, [&](auto isSquared) TCC_INLINED {
        S::template weights<decltype(isSquared)::value>(q, origin, offset, i, count, weights + i);
      });
    }
  });
}

template <class R>
void secularVector(const R *d, const R *weights, bool isSquared, int64_t padded, R origin, R offset, R *to) {
  vectorised([&]<int bytes>() TCC_INLINED {
    chosen(isSquared, [&](auto squared) TCC_INLINED {
      Solver<R, bytes>::template vector<decltype(squared)::value>(d, weights, padded, origin, offset, to);
    });
  });
}

#define TCC_SECULAR(R)                                                                                                 \
  template bool secularRoots(const SecularEquation<R> &, int64_t, int64_t, int32_t *, R *);                            \
  template void secularWeights(const SecularEquation<R> &, const int32_t *, const R *, int64_t, int64_t, R *);         \
  template void secularVector(const R *, const R *, bool, int64_t, R, R, R *);
TCC_SECULAR(float)
TCC_SECULAR(double)
#undef TCC_SECULAR

} // namespace tcc::runtime
