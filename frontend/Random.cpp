// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys, random words, and the uniform and normal distributions.
#include "tcc/Random.h"
#include "frontend/RandomBits.h"
#include "frontend/Trace.h"
#include "tcc/Contract.h"
#include "tcc/Linalg.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numbers>

namespace tcc {
namespace {

std::mutex sequenceMutex;
uint64_t sequenceSeed = 0, sequencePosition = 0;

Tensor keyOf(uint64_t word, Loc where) {
  Buffer buffer = allocateElements(uint32, {2}, "key", where);
  static_cast<uint32_t *>(buffer.data())[0] = uint32_t(word >> 32);
  static_cast<uint32_t *>(buffer.data())[1] = uint32_t(word);
  return fromBuffer(std::move(buffer), uint32, {2});
}

/// SplitMix64 (Steele, Lea and Flood 2014): a bijection, so that keys of a sequence are distinct.
uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Tensor bits(const Tensor &key, const Shape &shape, Loc where) { return ops::random_bits(key, uint32, shape, where); }

/// The words at even and odd positions of one draw of twice the size.
std::pair<Tensor, Tensor> pairs(const Tensor &key, const Shape &shape, Loc where) {
  Shape twice = shape;
  twice.push_back(2);
  Tensor both = bits(key, twice, where);
  int64_t axis = int64_t(shape.size());
  return {selectAxis(both, axis, 0, where), selectAxis(both, axis, 1, where)};
}

} // namespace

void expectKey(const Tensor &key, const char *op, Loc where) {
  if (!key.valid())
    fail(op, where, Kind::value, "expected a key, got an empty (default-constructed) tensor");
  if (key.dtype() != uint32 || key.shape() != Shape{2})
    fail(op, where, Kind::value, "expected a key (uint32 of shape {2}), got ", key.dtype(), " of shape ", key.shape());
}
void expectDraw(const Tensor &key, const Shape &shape, const char *op, Loc where) {
  expectKey(key, op, where);
  checkedCount(shape, op, where);
}

Tensor nextKey(Loc where) {
  std::unique_lock lock(sequenceMutex);
  Tensor key = keyOf(mix(mix(sequenceSeed) + ++sequencePosition), where);
  lock.unlock();
  return keyOfSlice(std::move(key), where);
}

std::vector<Tensor> subkeys(const Tensor &key, int64_t n, Loc where) {
  Tensor all = random::split(key, n, where);
  std::vector<Tensor> out;
  for (int64_t i = 0; i < n; ++i)
    out.push_back(selectAxis(all, 0, i, where));
  return out;
}

Dtype workDtype(Dtype dtype, const char *op, Loc where) {
  if (!is_inexact(dtype))
    fail(op, where, Kind::dtype, "expected a floating dtype, got ", dtype);
  return real_dtype(dtype) == float64 ? float64 : float32;
}

Tensor openUniform(const Tensor &key, const Shape &shape, Dtype dtype, Loc where) {
  if (dtype == float32) {
    Tensor k = asDtype(right_shift(bits(key, shape, where), Tensor(9), where), float32, where);
    return multiply(add(k, 0.5, where), 0x1p-23, where);
  }
  auto [high, low] = pairs(key, shape, where);
  Tensor h = asDtype(right_shift(high, Tensor(6), where), float64, where),
         l = asDtype(right_shift(low, Tensor(6), where), float64, where);
  return multiply(add(add(multiply(h, 0x1p26, where), l, where), 0.5, where), 0x1p-52, where);
}

Tensor wideBits(const Tensor &key, const Shape &shape, Loc where) {
  auto [high, low] = pairs(key, shape, where);
  Tensor h = asDtype(right_shift(high, Tensor(1), where), int64, where);
  return bitwise_or(left_shift(h, Tensor(32), where), asDtype(low, int64, where), where);
}

Tensor standardNormal(const Tensor &key, const Shape &shape, Dtype dtype, Loc where) {
  // 2 u - 1 is exact, so both tails are equally long.
  Tensor v = subtract(multiply(openUniform(key, shape, dtype, where), 2.0, where), 1.0, where);
  return multiply(erfinv(v, where), std::numbers::sqrt2, where);
}

namespace random {

Tensor key(int64_t seed, Loc where) { return keyOf(uint64_t(seed), where); }
void seed(int64_t seed) {
  std::lock_guard lock(sequenceMutex);
  sequenceSeed = uint64_t(seed);
  sequencePosition = 0;
}
Tensor split(const Tensor &key, int64_t n, Loc where) {
  expectKey(key, "split", where);
  if (n < 0)
    fail("split", where, Kind::value, "expected a count that is not negative, got ", n);
  // Words that are keys must not be the words that numbers are drawn from: the key is changed first.
  Tensor apart = bitwise_xor(key, asDtype(Tensor(int64_t(0x5bd1e995)), uint32, where), where);
  return bits(apart, {n, 2}, where);
}

/// A number of the dtype that is less than `high`, by one or two steps of it.
static double lastBelow(double high, Dtype dtype) {
  // Digits of the significand, and the exponent of the least positive number.
  auto [digits, least] = dtype == float16    ? std::pair(11, -24)
                         : dtype == bfloat16 ? std::pair(8, -133)
                         : dtype == float32  ? std::pair(24, -149)
                                             : std::pair(53, -1074);
  int exponent;
  double fraction = std::frexp(high, &exponent); // high = fraction * 2^exponent, 1/2 <= |fraction| < 1 or 0
  int step = std::max(exponent - digits, least);
  return std::ldexp(std::ceil(std::ldexp(fraction, exponent - step)) - 1, step);
}

Tensor uniform(const Tensor &key, Shape shape, Dtype dtype, UniformOptions o, Loc where) {
  expectDraw(key, shape, "uniform", where);
  Dtype work = workDtype(dtype, "uniform", where);
  if (!(o.low <= o.high) || !std::isfinite(o.high - o.low))
    fail("uniform", where, Kind::value, "expected finite low <= high, got ", o.low, " and ", o.high);
  double bound = largest(dtype);
  if (o.low < -bound || o.high > bound)
    fail("uniform", where, Kind::value, "expected numbers that ", dtype, " has, got [", o.low, ", ", o.high, ")");
  if (is_complex(dtype)) {
    std::vector<Tensor> keys = subkeys(key, 2, where);
    return complex(uniform(keys[0], shape, work, o, where), uniform(keys[1], shape, work, o, where), where);
  }
  Tensor u;
  if (work == float32) {
    // As many bits as the dtype has: narrower results must not round up to 1.
    int64_t width = dtype == float16 ? 11 : dtype == bfloat16 ? 8 : 24;
    u = multiply(asDtype(right_shift(bits(key, shape, where), Tensor(32 - width), where), float32, where),
                 std::ldexp(1.0, -int(width)), where);
  } else {
    auto [high, low] = pairs(key, shape, where);
    Tensor h = asDtype(right_shift(high, Tensor(5), where), float64, where),
           l = asDtype(right_shift(low, Tensor(6), where), float64, where);
    u = multiply(add(multiply(h, 0x1p26, where), l, where), 0x1p-53, where);
  }
  if (o.low != 0 || o.high != 1) {
    // The product may round to `high`, here or to the dtype, and `high` is not in the interval.
    Tensor inside = add(multiply(u, o.high - o.low, where), o.low, where);
    u = minimum(inside, std::max(o.low, lastBelow(o.high, dtype)), where);
  }
  return asDtype(u, dtype, where);
}

Tensor normal(const Tensor &key, Shape shape, Dtype dtype, NormalOptions o, Loc where) {
  expectDraw(key, shape, "normal", where);
  Dtype work = workDtype(dtype, "normal", where);
  if (!(o.stddev >= 0))
    fail("normal", where, Kind::value, "expected a standard deviation that is not negative, got ", o.stddev);
  Tensor z;
  if (is_complex(dtype)) {
    Shape twice = shape;
    twice.insert(twice.begin(), 2);
    Tensor parts = multiply(standardNormal(key, twice, work, where), std::numbers::sqrt2 / 2, where);
    z = complex(selectAxis(parts, 0, 0, where), selectAxis(parts, 0, 1, where), where);
  } else {
    z = standardNormal(key, shape, work, where);
  }
  if (o.stddev != 1)
    z = multiply(z, o.stddev, where);
  if (o.mean != 0)
    z = add(z, o.mean, where);
  return asDtype(z, dtype, where);
}

/// Marsaglia 1964: the standard normal distribution between lo > 4 and hi, whose probabilities inversion cannot tell
/// from 0. x = sqrt(lo^2 - 2 log u) has density x exp(-x^2 / 2), of which lo / x is accepted: a round fails with
/// probability below 0.06, and after 12 all have passed but for one in 10^14, which keep the last.
static Tensor normalTail(const Tensor &key, double lo, double hi, const Shape &shape, Loc where) {
  constexpr int64_t rounds = 12;
  std::vector<Tensor> keys = subkeys(key, 2 * rounds, where);
  // 1 - u (1 - exp((lo^2 - hi^2) / 2)) is in the part of (0, 1] that belongs to x below hi.
  double part = -std::expm1(0.5 * (lo - hi) * (lo + hi));
  Tensor result, open;
  for (int64_t r = 0; r < rounds; ++r) {
    Tensor u = openUniform(keys[size_t(2 * r)], shape, float64, where);
    Tensor accept = openUniform(keys[size_t(2 * r + 1)], shape, float64, where);
    // x - lo = 2 e / (sqrt(lo^2 + 2 e) + lo), without the cancellation of a narrow interval.
    Tensor e = neg(log1p(multiply(u, -part, where), where), where);
    Tensor root = sqrt(add(multiply(e, 2.0, where), lo * lo, where), where);
    Tensor x = add(divide(multiply(e, 2.0, where), add(root, lo, where), where), lo, where);
    result = r == 0 ? x : tcc::where(open, x, result, where);
    Tensor fails = greater(multiply(accept, x, where), lo, where);
    open = r == 0 ? fails : logical_and(open, fails, where);
  }
  return clip(result, lo, hi, where);
}

Tensor truncated_normal(const Tensor &key, double lo, double hi, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "truncated_normal", where);
  workDtype(dtype, "truncated_normal", where);
  if (is_complex(dtype))
    fail("truncated_normal", where, Kind::dtype, "expected a real dtype, got ", dtype);
  if (!(lo < hi))
    fail("truncated_normal", where, Kind::value, "expected lo < hi, got ", lo, " and ", hi);
  if (std::max(lo, -hi) > 4) {
    Tensor x = normalTail(key, std::max(lo, -hi), std::max(hi, -lo), shape, where);
    return asDtype(lo > 0 ? x : neg(x, where), dtype, where);
  }
  // Inversion in double precision; erf is odd, so an interval in the upper tail is mirrored into the lower one.
  bool mirrored = lo > 0;
  double a = mirrored ? -hi : lo, b = mirrored ? -lo : hi;
  double p = std::erfc(-a / std::numbers::sqrt2), q = std::erfc(-b / std::numbers::sqrt2);
  // x = sqrt(2) erfinv(t - 1) with t between erfc(-a) and erfc(-b).
  Tensor t = add(multiply(openUniform(key, shape, float64, where), q - p, where), p, where);
  Tensor x = multiply(erfinv(subtract(t, 1.0, where), where), std::numbers::sqrt2, where);
  x = clip(x, a, b, where);
  return asDtype(mirrored ? neg(x, where) : x, dtype, where);
}

Tensor randint(const Tensor &key, int64_t lo, int64_t hi, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "randint", where);
  if (!is_integer(dtype))
    fail("randint", where, Kind::dtype, "expected an integer dtype, got ", dtype);
  int64_t span;
  if (lo >= hi || __builtin_sub_overflow(hi, lo, &span))
    fail("randint", where, Kind::value, "expected lo < hi with a difference below 2^63, got ", lo, " and ", hi);
  if (!holds(dtype, lo) || !holds(dtype, hi - 1))
    fail("randint", where, Kind::value, "expected numbers that ", dtype, " has, got [", lo, ", ", hi, ")");
  Tensor r = remainder(wideBits(key, shape, where), span, where);
  return asDtype(lo == 0 ? r : add(r, lo, where), dtype, where);
}

Tensor permutation(const Tensor &key, int64_t n, Loc where) {
  expectKey(key, "permutation", where);
  if (n < 0)
    fail("permutation", where, Kind::value, "expected a count that is not negative, got ", n);
  return ops::argsort(wideBits(key, {n}, where), 0, where);
}
Tensor permutation(const Tensor &key, const Tensor &x, Loc where) {
  expectTensor(x, "permutation", where);
  if (x.ndim() == 0)
    fail("permutation", where, Kind::shape, "expected a tensor with rows, got a 0-d tensor");
  return ops::gather(asNode(x, "permutation", where), {permutation(key, x.dim(0), where)}, {0}, where);
}

Tensor multivariate_normal(const Tensor &key, const Tensor &mean, const Tensor &cov, Shape shape, Loc where) {
  expectDraw(key, shape, "multivariate_normal", where);
  Tensor m = asWide(mean, "multivariate_normal", where), c = asWide(cov, "multivariate_normal", where);
  if (m.ndim() < 1 || c.ndim() < 2 || c.dim(-1) != c.dim(-2) || c.dim(-1) != m.dim(-1))
    fail("multivariate_normal", where, Kind::shape, "expected mean {..., d} and covariance {..., d, d}, got ",
         m.shape(), " and ", c.shape());
  Dtype dtype = promote(m.dtype(), c.dtype());
  Tensor l = linalg::cholesky(asDtype(c, dtype, where), {}, where);
  shape.push_back(m.dim(-1));
  Tensor z = normal(key, shape, dtype, {}, where);
  Tensor y = squeeze(matmul(l, expand_dims(z, -1, where), where), -1, where);
  return add(asDtype(m, dtype, where), y, where);
}

} // namespace random
} // namespace tcc
