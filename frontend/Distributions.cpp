// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Distributions made of uniform and normal numbers, and the forms of all functions that take no key.
#include "frontend/RandomBits.h"
#include "frontend/TensorImpl.h"
#include "tcc/Pointwise.h"
#include "tcc/Random.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <limits>

namespace tcc::random {
namespace {

Dtype realWork(Dtype dtype, const char *op, Loc where) {
  if (is_complex(dtype))
    fail(op, where, Kind::dtype, "expected a real dtype, got ", dtype);
  return workDtype(dtype, op, where);
}

Tensor parameter(const Tensor &x, Dtype work, const Shape &shape, const char *op, Loc where) {
  expectReal(x, op, where);
  return broadcastTo(asDtype(x, work, where), shape, op, where);
}

// Marsaglia and Tsang 2000 for a >= 1. A round fails with probability below 0.05; after 12 all have passed but for one
// in 10^15, which keep the mode.
constexpr int64_t gammaRounds = 12;
Tensor gammaAboveOne(const std::vector<Tensor> &keys, const Tensor &a, Dtype work, Loc where) {
  Tensor d = subtract(a, 1.0 / 3, where), c = rsqrt(multiply(d, 9.0, where), where);
  Tensor result = d, open = broadcastTo(asDtype(Tensor(true), bool_, where), a.shape(), "gamma", where);
  for (int64_t r = 0; r < gammaRounds; ++r) {
    Tensor x = standardNormal(keys[size_t(2 * r)], a.shape(), work, where);
    Tensor u = openUniform(keys[size_t(2 * r + 1)], a.shape(), work, where);
    Tensor t = add(1.0, multiply(c, x, where), where), v = multiply(multiply(t, t, where), t, where);
    Tensor positive = greater(t, 0.0, where);
    Tensor safe = tcc::where(positive, v, 1.0, where);
    Tensor bound = multiply(d, add(subtract(1.0, safe, where), log(safe, where), where), where);
    bound = add(multiply(square(x, where), 0.5, where), bound, where);
    Tensor accept = logical_and(logical_and(open, positive, where), less(log(u, where), bound, where), where);
    result = tcc::where(accept, multiply(d, v, where), result, where);
    open = logical_and(open, logical_not(accept, where), where);
  }
  return result;
}

/// A gamma variate as x e^boost, whose second factor may underflow: below 1, a variate for a + 1 times u^(1/a). There
/// is none for a negative parameter: NaN.
std::pair<Tensor, Tensor> gammaFactors(const Tensor &key, const Tensor &a, Dtype work, Loc where) {
  std::vector<Tensor> keys = subkeys(key, 2 * gammaRounds + 1, where);
  Tensor small = less(a, 1.0, where), invalid = less(a, 0.0, where);
  Tensor raised = tcc::where(small, add(maximum(a, 0.0, where), 1.0, where), a, where);
  Tensor x = gammaAboveOne(keys, raised, work, where);
  Tensor u = openUniform(keys.back(), a.shape(), work, where);
  Tensor boost = tcc::where(small, divide(log(u, where), a, where), 0.0, where);
  double nan = std::numeric_limits<double>::quiet_NaN();
  return {tcc::where(invalid, nan, x, where), boost};
}

// Hörmann 1993, PTRS: transformed rejection for rates of at least 10.
constexpr int64_t poissonRounds = 12;
Tensor poissonLarge(const std::vector<Tensor> &keys, const Tensor &mu, Loc where) {
  Tensor b = add(0.931, multiply(2.53, sqrt(mu, where), where), where),
         a = add(-0.059, multiply(0.02483, b, where), where);
  Tensor logAlpha = log(add(1.1239, divide(1.1328, subtract(b, 3.4, where), where), where), where);
  Tensor vr = subtract(0.9277, divide(3.6224, subtract(b, 2.0, where), where), where), logMu = log(mu, where);
  Tensor result = floor(mu, where),
         open = broadcastTo(asDtype(Tensor(true), bool_, where), mu.shape(), "poisson", where);
  for (int64_t r = 0; r < poissonRounds; ++r) {
    Tensor u = subtract(openUniform(keys[size_t(2 * r)], mu.shape(), float64, where), 0.5, where);
    Tensor v = openUniform(keys[size_t(2 * r + 1)], mu.shape(), float64, where);
    Tensor us = subtract(0.5, abs(u, where), where);
    Tensor k = floor(
        add(add(multiply(add(divide(multiply(2.0, a, where), us, where), b, where), u, where), mu, where), 0.43, where),
        where);
    Tensor quick = logical_and(greater_equal(us, 0.07, where), less_equal(v, vr, where), where);
    Tensor out =
        logical_or(less(k, 0.0, where), logical_and(less(us, 0.013, where), greater(v, us, where), where), where);
    Tensor left = subtract(add(log(v, where), logAlpha, where),
                           log(add(divide(a, square(us, where), where), b, where), where), where);
    Tensor right = subtract(subtract(multiply(k, logMu, where), mu, where),
                            lgamma(add(maximum(k, 0.0, where), 1.0, where), where), where);
    Tensor slow = logical_and(logical_not(out, where), less_equal(left, right, where), where);
    Tensor accept = logical_and(open, logical_or(quick, slow, where), where);
    result = tcc::where(accept, k, result, where);
    open = logical_and(open, logical_not(accept, where), where);
  }
  return result;
}

} // namespace

Tensor bernoulli(const Tensor &key, const Tensor &p, Shape shape, Loc where) {
  expectDraw(key, shape, "bernoulli", where);
  expectReal(p, "bernoulli", where);
  if (isWeak(p) && !(asDouble(*p.impl()->weak) >= 0 && asDouble(*p.impl()->weak) <= 1))
    fail("bernoulli", where, Kind::value, "expected a probability, got ", asDouble(*p.impl()->weak));
  Dtype work = !isWeak(p) && p.dtype() == float64 ? float64 : float32;
  return less(uniform(key, shape, work, {}, where), parameter(p, work, shape, "bernoulli", where), where);
}

Tensor gumbel(const Tensor &key, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "gumbel", where);
  Tensor u = openUniform(key, shape, realWork(dtype, "gumbel", where), where);
  return asDtype(neg(log(neg(log(u, where), where), where), where), dtype, where);
}

Tensor exponential(const Tensor &key, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "exponential", where);
  Tensor u = openUniform(key, shape, realWork(dtype, "exponential", where), where);
  return asDtype(neg(log(u, where), where), dtype, where);
}

Tensor categorical(const Tensor &key, const Tensor &logits, Shape shape, Loc where) {
  expectDraw(key, shape, "categorical", where);
  Tensor a = asInexact(logits, "categorical", where);
  if (a.ndim() == 0)
    fail("categorical", where, Kind::shape, "expected logits {..., classes}, got a 0-d tensor");
  shape.push_back(a.dim(-1));
  Tensor noise = gumbel(key, shape, a.dtype(), where);
  return argmax(add(broadcastTo(a, shape, "categorical", where), noise, where), -1, {}, where);
}

Tensor gamma(const Tensor &key, const Tensor &a, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "gamma", where);
  Dtype work = realWork(dtype, "gamma", where);
  Tensor p = parameter(a, work, shape, "gamma", where), fixed = ops::stop_gradient(p, where);
  auto [x, boost] = gammaFactors(key, fixed, work, where);
  Tensor y = multiply(x, exp(boost, where), where);
  Tensor slope = multiply(y, gammaLogSlope(fixed, add(log(x, where), boost, where), where), where);
  return asDtype(ops::with_gradient(y, multiply(slope, p, where), where), dtype, where);
}

Tensor beta(const Tensor &key, const Tensor &a, const Tensor &b, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "beta", where);
  Dtype work = realWork(dtype, "beta", where);
  std::vector<Tensor> keys = subkeys(key, 2, where);
  // x / (x + y) of two gamma variates, of their logarithms, since small parameters make both underflow.
  auto logarithm = [&](const Tensor &key, const Tensor &given) {
    Tensor p = parameter(given, work, shape, "beta", where), fixed = ops::stop_gradient(p, where);
    auto [x, boost] = gammaFactors(key, fixed, work, where);
    Tensor y = add(log(x, where), boost, where);
    return ops::with_gradient(y, multiply(gammaLogSlope(fixed, y, where), p, where), where);
  };
  return asDtype(sigmoid(subtract(logarithm(keys[0], a), logarithm(keys[1], b), where), where), dtype, where);
}

Tensor poisson(const Tensor &key, const Tensor &lam, Shape shape, Dtype dtype, Loc where) {
  expectDraw(key, shape, "poisson", where);
  if (is_complex(dtype))
    fail("poisson", where, Kind::dtype, "expected a real dtype, got ", dtype);
  expectReal(lam, "poisson", where);
  if (isWeak(lam) && !(asDouble(*lam.impl()->weak) >= 0))
    fail("poisson", where, Kind::value, "expected a rate that is not negative, got ", asDouble(*lam.impl()->weak));
  Tensor rate = ops::stop_gradient(parameter(lam, float64, shape, "poisson", where), where);
  std::vector<Tensor> keys = subkeys(key, 2 * poissonRounds + 1, where);
  constexpr double split = 10;
  // Small rates: how many arrivals with exponential gaps fit. 48 gaps are too few with probability below 10^-16.
  Shape gaps = shape;
  gaps.push_back(48);
  Tensor arrivals = cumsum(exponential(keys.back(), gaps, float64, where), -1, where);
  Tensor few = sum(less(arrivals, expand_dims(rate, -1, where), where), -1, {}, where);
  Tensor many = poissonLarge(keys, maximum(rate, split, where), where);
  return asDtype(tcc::where(less(rate, split, where), asDtype(few, float64, where), many, where), dtype, where);
}

//===----------------------------------------------------------------------===//
// Without a key
//===----------------------------------------------------------------------===//

Tensor uniform(Shape shape, Dtype dtype, UniformOptions o, Loc where) {
  return uniform(nextKey(where), std::move(shape), dtype, o, where);
}
Tensor normal(Shape shape, Dtype dtype, NormalOptions o, Loc where) {
  return normal(nextKey(where), std::move(shape), dtype, o, where);
}
Tensor truncated_normal(double lo, double hi, Shape shape, Dtype dtype, Loc where) {
  return truncated_normal(nextKey(where), lo, hi, std::move(shape), dtype, where);
}
Tensor randint(int64_t lo, int64_t hi, Shape shape, Dtype dtype, Loc where) {
  return randint(nextKey(where), lo, hi, std::move(shape), dtype, where);
}
Tensor bernoulli(const Tensor &p, Shape shape, Loc where) {
  return bernoulli(nextKey(where), p, std::move(shape), where);
}
Tensor categorical(const Tensor &logits, Shape shape, Loc where) {
  return categorical(nextKey(where), logits, std::move(shape), where);
}
Tensor gumbel(Shape shape, Dtype dtype, Loc where) { return gumbel(nextKey(where), std::move(shape), dtype, where); }
Tensor exponential(Shape shape, Dtype dtype, Loc where) {
  return exponential(nextKey(where), std::move(shape), dtype, where);
}
Tensor gamma(const Tensor &a, Shape shape, Dtype dtype, Loc where) {
  return gamma(nextKey(where), a, std::move(shape), dtype, where);
}
Tensor beta(const Tensor &a, const Tensor &b, Shape shape, Dtype dtype, Loc where) {
  return beta(nextKey(where), a, b, std::move(shape), dtype, where);
}
Tensor poisson(const Tensor &lam, Shape shape, Dtype dtype, Loc where) {
  return poisson(nextKey(where), lam, std::move(shape), dtype, where);
}

} // namespace tcc::random
