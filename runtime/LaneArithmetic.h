// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers that are a vector of lanes, one matrix in each lane: real and complex arithmetic with selects in place of
// branches. Included once for each instruction set, inside a namespace and under a target pragma, so that nothing here
// is shared between instruction sets; it includes nothing itself.

/// `Lanes<R>::V` holds 64 bytes of R and `I` integers as wide: comparisons give 0 or -1 in I.
template <class R> struct Lanes;
template <> struct Lanes<float> {
  typedef float V __attribute__((vector_size(64), may_alias));
  typedef int32_t I __attribute__((vector_size(64), may_alias));
  using Int = int32_t;
  static constexpr int count = 16, mantissaBits = 23, exponentBias = 127;
  static constexpr float epsilon = 0x1p-23f;
};
template <> struct Lanes<double> {
  typedef double V __attribute__((vector_size(64), may_alias));
  typedef int64_t I __attribute__((vector_size(64), may_alias));
  using Int = int64_t;
  static constexpr int count = 8, mantissaBits = 52, exponentBias = 1023;
  static constexpr double epsilon = 0x1p-52;
};
template <class R> using V = typename Lanes<R>::V;
template <class R> using I = typename Lanes<R>::I;

#define TCC_LANE inline __attribute__((always_inline))

template <class R> TCC_LANE V<R> splat(R x) { return x - V<R>{}; }
template <class R> TCC_LANE V<R> select(I<R> mask, V<R> a, V<R> b) { return mask ? a : b; }
template <class R> TCC_LANE V<R> absolute(V<R> x) { return x < 0 ? -x : x; }
template <class R> TCC_LANE V<R> larger(V<R> a, V<R> b) { return a > b ? a : b; }
template <class R> TCC_LANE V<R> squareRoot(V<R> x) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#else
  for (int l = 0; l < Lanes<R>::count; ++l)
    x[l] = __builtin_sqrt(x[l]);
  return x;
#endif
}
template <class I> TCC_LANE bool any(I mask) {
  typedef int64_t Words __attribute__((vector_size(64), may_alias));
  Words words = (Words)mask;
  int64_t all = 0;
  for (int w = 0; w < 8; ++w)
    all |= words[w];
  return all != 0;
}
/// The power of two with 1 <= x * result < 2, kept within the normal range; 1 for x = 0.
template <class R> TCC_LANE V<R> inverseScale(V<R> x) {
  using L = Lanes<R>;
  I<R> exponent = (I<R>)x >> L::mantissaBits; // x is not negative
  exponent = 2 * L::exponentBias - exponent;
  exponent = exponent > 2 * L::exponentBias - 1 ? I<R>{} + (2 * L::exponentBias - 1) : exponent;
  exponent = exponent < 1 ? I<R>{} + 1 : exponent;
  V<R> scale = (V<R>)(exponent << L::mantissaBits);
  return x == 0 ? splat<R>(1) : scale;
}

/// A number of every lane: V or a pair of V.
template <class R, bool isComplex> struct Number;
template <class R> struct Number<R, false> {
  V<R> re;
  static TCC_LANE Number of(V<R> re) { return {re}; }
  friend TCC_LANE Number operator+(Number a, Number b) { return {a.re + b.re}; }
  friend TCC_LANE Number operator-(Number a, Number b) { return {a.re - b.re}; }
  friend TCC_LANE Number operator*(Number a, Number b) { return {a.re * b.re}; }
  friend TCC_LANE Number operator*(Number a, V<R> b) { return {a.re * b}; }
  /// a b + c, in fused instructions where there are some.
  friend TCC_LANE Number multiplyAdd(Number a, Number b, Number c) { return {a.re * b.re + c.re}; }
  friend TCC_LANE Number conj(Number a) { return a; }
  friend TCC_LANE Number choose(I<R> mask, Number a, Number b) { return {select<R>(mask, a.re, b.re)}; }
  friend TCC_LANE V<R> squaredNorm(Number a) { return a.re * a.re; }
  /// |re| + |im|, by which LAPACK chooses pivots.
  friend TCC_LANE V<R> size1(Number a) { return absolute<R>(a.re); }
  friend TCC_LANE V<R> largestPart(Number a) { return absolute<R>(a.re); }
  friend TCC_LANE V<R> modulus(Number a) { return absolute<R>(a.re); }
  friend TCC_LANE Number divide(Number a, Number b) { return {a.re / b.re}; }
};
template <class R> struct Number<R, true> {
  V<R> re, im;
  static TCC_LANE Number of(V<R> re) { return {re, V<R>{}}; }
  friend TCC_LANE Number operator+(Number a, Number b) { return {a.re + b.re, a.im + b.im}; }
  friend TCC_LANE Number operator-(Number a, Number b) { return {a.re - b.re, a.im - b.im}; }
  friend TCC_LANE Number operator*(Number a, Number b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
  friend TCC_LANE Number operator*(Number a, V<R> b) { return {a.re * b, a.im * b}; }
  friend TCC_LANE Number multiplyAdd(Number a, Number b, Number c) {
    return {a.re * b.re + (c.re - a.im * b.im), a.re * b.im + (a.im * b.re + c.im)};
  }
  friend TCC_LANE Number conj(Number a) { return {a.re, -a.im}; }
  friend TCC_LANE Number choose(I<R> mask, Number a, Number b) {
    return {select<R>(mask, a.re, b.re), select<R>(mask, a.im, b.im)};
  }
  friend TCC_LANE V<R> squaredNorm(Number a) { return a.re * a.re + a.im * a.im; }
  friend TCC_LANE V<R> size1(Number a) { return absolute<R>(a.re) + absolute<R>(a.im); }
  friend TCC_LANE V<R> largestPart(Number a) { return larger<R>(absolute<R>(a.re), absolute<R>(a.im)); }
  /// Neither overflows nor underflows where the result does not.
  friend TCC_LANE V<R> modulus(Number a) {
    V<R> x = absolute<R>(a.re), y = absolute<R>(a.im), most = larger<R>(x, y), least = x > y ? y : x;
    V<R> ratio = least / select<R>(most > 0, most, splat<R>(1));
    return most * squareRoot<R>(ratio * ratio + 1);
  }
  /// b is scaled by its larger part first, so that |b|^2 stays within range.
  friend TCC_LANE Number divide(Number a, Number b) {
    V<R> most = larger<R>(absolute<R>(b.re), absolute<R>(b.im));
    Number scaled = {b.re / most, b.im / most};
    V<R> norm = squaredNorm(scaled);
    Number product = a * conj(scaled);
    return {product.re / norm / most, product.im / norm / most};
  }
};
