// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Activations, normalisations and losses as compositions.
#include "tcc/Activations.h"
#include "frontend/Axes.h"
#include "frontend/Selection.h"
#include "tcc/Create.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Random.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"
#include "tcc/Transforms.h"

#include <cmath>
#include <numbers>

namespace tcc {
namespace {

Tensor realInexact(const Tensor &x, const char *op, Loc where) {
  Tensor a = asInexact(x, op, where);
  expectReal(a, op, where);
  return a;
}

/// x minus its maximum over the axes: what exp can take. The shift has no gradient: it cancels.
Tensor shifted(const Tensor &a, const std::vector<int64_t> &axes, Loc where) {
  for (int64_t axis : axes)
    if (a.shape()[size_t(axis)] == 0) // no elements, and no maximum
      return a;
  Tensor top = max(a, axes, {.keepdims = true}, where);
  return subtract(a, ops::stop_gradient(tcc::where(isfinite(top, where), top, constantLike(a, 0, where), where), where),
                  where);
}

/// y, a's normalised elements times weights, which must not have made it larger.
Tensor ofShape(const Tensor &a, const Tensor &y, const char *op, Loc where) {
  if (!mayAgree(y.shape(), a.shape()))
    fail(op, where, Kind::shape, "expected weights that broadcast to ", a.shape(), ", got a result of ", y.shape());
  return y;
}

} // namespace

// NaN is not <= 0, so it stays; the gradient at 0 is 0.
Tensor relu(const Tensor &x, Loc where) {
  Tensor a = asNode(x, "relu", where);
  expectReal(a, "relu", where);
  return tcc::where(less_equal(a, 0, where), constantLike(a, 0, where), a, where);
}
Tensor leaky_relu(const Tensor &x, double slope, Loc where) {
  Tensor a = realInexact(x, "leaky_relu", where);
  return tcc::where(less_equal(a, 0, where), multiply(a, slope, where), a, where);
}
// expm1 sees no positive number, whose exponential could overflow and spoil the gradient.
Tensor elu(const Tensor &x, double alpha, Loc where) {
  Tensor a = realInexact(x, "elu", where);
  Tensor positive = greater(a, 0, where), low = tcc::where(positive, constantLike(a, 0, where), a, where);
  return tcc::where(positive, a, multiply(expm1(low, where), alpha, where), where);
}
Tensor silu(const Tensor &x, Loc where) {
  Tensor a = realInexact(x, "silu", where);
  return multiply(a, sigmoid(a, where), where);
}
Tensor softplus(const Tensor &x, Loc where) {
  Tensor a = realInexact(x, "softplus", where);
  // By selection: abs and max have no curvature at 0.
  Tensor positive = greater(a, 0, where);
  Tensor top = tcc::where(positive, a, constantLike(a, 0, where), where),
         low = tcc::where(positive, neg(a, where), a, where);
  return add(top, log1p(exp(low, where), where), where);
}

Tensor gelu(const Tensor &x, GeluOptions o, Loc where) {
  Tensor a = realInexact(x, "gelu", where);
  if (o.approximate == "none") // x Phi(x); erfc keeps the lower tail that 1 + erf would lose
    return multiply(multiply(a, 0.5, where), erfc(multiply(a, -std::numbers::sqrt2 / 2, where), where), where);
  if (o.approximate != "tanh")
    fail("gelu", where, Kind::value, "expected approximate \"none\" or \"tanh\", got \"", o.approximate, "\"");
  // Hendrycks and Gimpel 2016.
  Tensor cubic = add(a, multiply(multiply(square(a, where), a, where), 0.044715, where), where);
  Tensor t = tanh(multiply(cubic, std::sqrt(2 / std::numbers::pi), where), where);
  return multiply(multiply(a, 0.5, where), add(1.0, t, where), where);
}

Tensor softmax(const Tensor &x, Axes axis, Loc where) {
  Tensor a = realInexact(x, "softmax", where);
  std::vector<int64_t> axes = normalizeAxes(axis, a.ndim(), "softmax", where);
  Tensor e = exp(shifted(a, axes, where), where);
  return divide(e, sum(e, axes, {.keepdims = true}, where), where);
}
Tensor log_softmax(const Tensor &x, Axes axis, Loc where) {
  Tensor a = realInexact(x, "log_softmax", where);
  std::vector<int64_t> axes = normalizeAxes(axis, a.ndim(), "log_softmax", where);
  Tensor s = shifted(a, axes, where);
  return subtract(s, log(sum(exp(s, where), axes, {.keepdims = true}, where), where), where);
}

Tensor layer_norm(const Tensor &x, const Tensor &weight, const Tensor &bias, NormOptions o, Loc where) {
  Tensor a = realInexact(x, "layer_norm", where);
  Tensor d = subtract(a, mean(a, o.axes, {.keepdims = true}, where), where);
  Tensor scale = rsqrt(add(mean(square(d, where), o.axes, {.keepdims = true}, where), o.eps, where), where);
  return ofShape(a, add(multiply(multiply(d, scale, where), weight, where), bias, where), "layer_norm", where);
}
Tensor rms_norm(const Tensor &x, const Tensor &weight, NormOptions o, Loc where) {
  Tensor a = realInexact(x, "rms_norm", where);
  Tensor scale = rsqrt(add(mean(square(a, where), o.axes, {.keepdims = true}, where), o.eps, where), where);
  return ofShape(a, multiply(multiply(a, scale, where), weight, where), "rms_norm", where);
}
Tensor batch_norm(const Tensor &x, const Tensor &mean, const Tensor &var, const Tensor &weight, const Tensor &bias,
                  BatchNormOptions o, Loc where) {
  Tensor a = realInexact(x, "batch_norm", where);
  if (a.ndim() < 2)
    fail("batch_norm", where, Kind::shape, "expected {N, C, ...}, got ", a.shape());
  Shape line(size_t(a.ndim()), 1);
  line[1] = a.dim(1);
  auto channel = [&](const Tensor &t) {
    expectTensor(t, "batch_norm", where);
    if (t.size() != a.dim(1))
      fail("batch_norm", where, Kind::shape, "expected ", a.dim(1), " numbers, one for each channel, got ", t.shape());
    // eps is added in the wider of both types: running statistics of doubles may be floats.
    Tensor numbers = asNode(t, "batch_norm", where);
    return reshapeTo(asDtype(numbers, promote(numbers.dtype(), a.dtype()), where), line, where);
  };
  Tensor scale = multiply(rsqrt(add(channel(var), o.eps, where), where), channel(weight), where);
  return add(multiply(subtract(a, channel(mean), where), scale, where), channel(bias), where);
}

Tensor dropout(const Tensor &key, const Tensor &x, double p, Loc where) {
  Tensor a = asInexact(x, "dropout", where);
  if (!(p >= 0 && p <= 1))
    fail("dropout", where, Kind::value, "expected a probability, got ", p);
  if (p == 1)
    return zerosOf(a.dtype(), a.shape(), where);
  Tensor kept = random::bernoulli(key, 1 - p, a.shape(), where);
  return tcc::where(kept, multiply(a, 1 / (1 - p), where), constantLike(a, 0, where), where);
}

Tensor cross_entropy(const Tensor &logits, const Tensor &labels, Loc where) {
  Tensor a = realInexact(logits, "cross_entropy", where), y = asNode(labels, "cross_entropy", where);
  if (a.ndim() == 0)
    fail("cross_entropy", where, Kind::shape, "expected logits {..., classes}, got ", a.shape());
  Tensor logp = log_softmax(a, -1, where);
  Shape batch(a.shape().begin(), a.shape().end() - 1);
  if (is_integer(y.dtype())) {
    if (!mayAgree(y.shape(), batch))
      fail("cross_entropy", where, Kind::shape, "expected class labels of shape ", batch, ", got ", y.shape());
    int64_t last = a.ndim() - 1;
    Tensor label = checkedIndex(y, a.dim(last), last, "cross_entropy", where, /*fromEnd=*/false);
    Tensor picked = gatherAlong(logp, expand_dims(label, -1, where), last, where);
    return neg(mean(picked, {}, {}, where), where);
  }
  expectReal(y, "cross_entropy", where);
  if (!mayAgree(y.shape(), a.shape()))
    fail("cross_entropy", where, Kind::shape, "expected probabilities of shape ", a.shape(), ", got ", y.shape());
  return neg(mean(sum(multiply(y, logp, where), -1, {}, where), {}, {}, where), where);
}

Tensor mse_loss(const Tensor &a, const Tensor &b, Loc where) {
  Tensor d = subtract(a, b, where);
  if (!is_complex(d.dtype()))
    return mean(square(d, where), {}, {}, where);
  return mean(add(square(real(d, where), where), square(imag(d, where), where), where), {}, {}, where);
}

Tensor huber_loss(const Tensor &a, const Tensor &b, HuberOptions o, Loc where) {
  if (!(o.delta > 0))
    fail("huber_loss", where, Kind::value, "expected a positive delta, got ", o.delta);
  Tensor d = abs(subtract(a, b, where), where);
  // With c = min(d, delta): c (d - c / 2) is half the square below delta and linear above.
  Tensor c = minimum(d, o.delta, where);
  return mean(multiply(c, subtract(d, multiply(c, 0.5, where), where), where), {}, {}, where);
}

Tensor gumbel_softmax(const Tensor &key, const Tensor &logits, GumbelOptions o, Loc where) {
  Tensor a = realInexact(logits, "gumbel_softmax", where);
  if (!(o.temperature > 0))
    fail("gumbel_softmax", where, Kind::value, "expected a positive temperature, got ", o.temperature);
  Tensor noise = random::gumbel(key, a.shape(), a.dtype(), where);
  Tensor soft = softmax(divide(add(a, noise, where), o.temperature, where), o.axis, where);
  if (!o.hard)
    return soft;
  int64_t axis = singleAxis(o.axis, a.ndim(), "gumbel_softmax", where);
  Tensor hit = argmax(soft, axis, {.keepdims = true}, where);
  Tensor hard = asDtype(equal(iotaOf(a.shape(), axis, int64, where), hit, where), a.dtype(), where);
  // The value of one, the gradient of the other.
  return add(ops::stop_gradient(subtract(hard, soft, where), where), soft, where);
}

} // namespace tcc
