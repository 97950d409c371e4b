// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers. Weights start as in PyTorch: uniform within 1 / sqrt(fan-in), from the process's random sequence.
#include "tcc/Nn.h"
#include "frontend/RandomBits.h"
#include "tcc/Create.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Random.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <cmath>

namespace tcc::nn {
namespace {

Variable uniformWithin(const char *name, Shape shape, int64_t fanIn) {
  if (fanIn < 1)
    fail("nn", Loc::current(), Kind::value, "expected positive extents, got ", shape);
  double bound = 1 / std::sqrt(double(fanIn));
  return Variable(name, random::uniform(std::move(shape), float32, {-bound, bound}));
}
Variable filled(const char *name, int64_t n, double value) { return Variable(name, full({n}, float(value))); }

/// {N, L, features} -> {N, heads, L, features / heads}
Tensor splitHeads(const Tensor &x, int64_t heads, Loc where) {
  return transpose(reshape(x, {x.dim(0), x.dim(1), heads, x.dim(2) / heads}, where), {0, 2, 1, 3}, where);
}

Tensor withBias(const Tensor &y, const Tensor &bias, Loc where) {
  Shape shape(size_t(y.ndim()), 1);
  shape[1] = bias.dim(0);
  return add(y, reshape(bias, shape, where), where);
}

} // namespace

Linear::Linear(int64_t in, int64_t out, LinearOptions o)
    : weight(uniformWithin("weight", {in, out}, in)), bias(uniformWithin("bias", {out}, in)), hasBias(o.bias) {}
Tensor Linear::operator()(const Tensor &x, Loc where) const {
  Tensor y = matmul(x, weight, where);
  return hasBias ? add(y, bias, where) : y;
}
std::vector<Variable> Linear::parameters() const {
  return hasBias ? std::vector<Variable>{weight, bias} : std::vector<Variable>{weight};
}

Conv1d::Conv1d(int64_t in, int64_t out, int64_t kernel, ConvOptions o)
    : weight(uniformWithin("weight", {out, in / o.groups, kernel}, in / o.groups * kernel)),
      bias(uniformWithin("bias", {out}, in / o.groups * kernel)), options(o) {}
Tensor Conv1d::operator()(const Tensor &x, Loc where) const {
  return withBias(conv1d(x, weight, options, where), bias, where);
}
std::vector<Variable> Conv1d::parameters() const { return {weight, bias}; }

Conv2d::Conv2d(int64_t in, int64_t out, int64_t kernel, ConvOptions o)
    : weight(uniformWithin("weight", {out, in / o.groups, kernel, kernel}, in / o.groups * kernel * kernel)),
      bias(uniformWithin("bias", {out}, in / o.groups * kernel * kernel)), options(o) {}
Tensor Conv2d::operator()(const Tensor &x, Loc where) const {
  return withBias(conv2d(x, weight, options, where), bias, where);
}
std::vector<Variable> Conv2d::parameters() const { return {weight, bias}; }

BatchNorm::BatchNorm(int64_t features, BatchNormOptions o)
    : weight(filled("weight", features, 1)), bias(filled("bias", features, 0)), mean(filled("mean", features, 0)),
      var(filled("var", features, 1)), options(o) {}
Tensor BatchNorm::operator()(const Tensor &x, Loc where) const {
  return batch_norm(x, mean, var, weight, bias, options, where);
}
Tensor BatchNorm::train(const Tensor &x, Loc where) {
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < x.ndim(); ++i)
    if (i != 1)
      axes.push_back(i);
  Tensor m = tcc::mean(x, axes, {}, where), v = tcc::var(x, axes, {}, where);
  int64_t n = x.size() / std::max<int64_t>(1, x.dim(1));
  // The running variance is the unbiased one, as in PyTorch.
  double correction = n > 1 ? double(n) / double(n - 1) : 1;
  auto running = [&](const Variable &old) {
    return asDtype(old.value(), promote(old.value().dtype(), m.dtype()), where) * (1 - momentum);
  };
  mean.assign(running(mean) + m * momentum, where);
  var.assign(running(var) + v * (momentum * correction), where);
  return batch_norm(x, m, v, weight, bias, options, where);
}
std::vector<Variable> BatchNorm::parameters() const { return {weight, bias}; }

LayerNorm::LayerNorm(int64_t features, NormOptions o)
    : weight(filled("weight", features, 1)), bias(filled("bias", features, 0)), options(std::move(o)) {}
Tensor LayerNorm::operator()(const Tensor &x, Loc where) const { return layer_norm(x, weight, bias, options, where); }
std::vector<Variable> LayerNorm::parameters() const { return {weight, bias}; }

RMSNorm::RMSNorm(int64_t features, NormOptions o) : weight(filled("weight", features, 1)), options(std::move(o)) {}
Tensor RMSNorm::operator()(const Tensor &x, Loc where) const { return rms_norm(x, weight, options, where); }
std::vector<Variable> RMSNorm::parameters() const { return {weight}; }

Embedding::Embedding(int64_t count, int64_t features) : weight("weight", random::normal({count, features})) {}
Tensor Embedding::operator()(const Tensor &x, Loc where) const { return take(weight, x, 0, where); }
std::vector<Variable> Embedding::parameters() const { return {weight}; }

Dropout::Dropout(double p) : p(p) {}
Tensor Dropout::operator()(const Tensor &x, Loc where) const {
  return training ? dropout(nextKey(where), x, p, where) : x;
}
std::vector<Variable> Dropout::parameters() const { return {}; }

MultiHeadAttention::MultiHeadAttention(int64_t features, int64_t heads)
    : query(features, features), key(features, features), value(features, features), output(features, features),
      heads(heads) {
  if (heads < 1 || features % heads != 0)
    fail("MultiHeadAttention", Loc::current(), Kind::value, "expected heads that divide ", features, ", got ", heads);
}
Tensor MultiHeadAttention::operator()(const Tensor &x, AttentionOptions o, Loc where) const {
  return (*this)(x, x, std::move(o), where);
}
Tensor MultiHeadAttention::operator()(const Tensor &x, const Tensor &memory, AttentionOptions o, Loc where) const {
  if (x.ndim() != 3 || memory.ndim() != 3)
    fail("MultiHeadAttention", where, Kind::shape, "expected {N, L, features}, got ", x.shape(), " and ",
         memory.shape());
  Tensor q = splitHeads(query(x, where), heads, where), k = splitHeads(key(memory, where), heads, where),
         v = splitHeads(value(memory, where), heads, where);
  Tensor y = transpose(scaled_dot_product_attention(q, k, v, std::move(o), where), {0, 2, 1, 3}, where);
  return output(reshape(y, x.shape(), where), where);
}
std::vector<Variable> MultiHeadAttention::parameters() const {
  return {query.weight, query.bias, key.weight, key.bias, value.weight, value.bias, output.weight, output.bias};
}

LSTM::LSTM(int64_t in, int64_t hidden)
    : wx(uniformWithin("wx", {in, 4 * hidden}, hidden)), wh(uniformWithin("wh", {hidden, 4 * hidden}, hidden)),
      bias(uniformWithin("bias", {4 * hidden}, hidden)), hidden(hidden) {}
Tensor LSTM::operator()(const Tensor &x, Loc where) const {
  if (x.ndim() != 3)
    fail("LSTM", where, Kind::shape, "expected {N, L, in}, got ", x.shape());
  Tensor input = add(matmul(x, wx, where), bias, where), recurrent = wh;
  Tensor h = zeros({x.dim(0), hidden}, input.dtype(), where), c = h;
  std::vector<Tensor> states;
  for (int64_t t = 0; t < x.dim(1); ++t) {
    std::vector<Tensor> gates =
        split(add(selectAxis(input, 1, t, where), matmul(h, recurrent, where), where), 4, -1, where);
    c = add(multiply(sigmoid(gates[1], where), c, where),
            multiply(sigmoid(gates[0], where), tanh(gates[2], where), where), where);
    h = multiply(sigmoid(gates[3], where), tanh(c, where), where);
    states.push_back(h);
  }
  return stack(states, 1, where);
}
std::vector<Variable> LSTM::parameters() const { return {wx, wh, bias}; }

GRU::GRU(int64_t in, int64_t hidden)
    : wx(uniformWithin("wx", {in, 3 * hidden}, hidden)), wh(uniformWithin("wh", {hidden, 3 * hidden}, hidden)),
      bias(uniformWithin("bias", {3 * hidden}, hidden)), hiddenBias(uniformWithin("hiddenBias", {3 * hidden}, hidden)),
      hidden(hidden) {}
Tensor GRU::operator()(const Tensor &x, Loc where) const {
  if (x.ndim() != 3)
    fail("GRU", where, Kind::shape, "expected {N, L, in}, got ", x.shape());
  Tensor input = add(matmul(x, wx, where), bias, where), recurrent = wh;
  Tensor h = zeros({x.dim(0), hidden}, input.dtype(), where);
  std::vector<Tensor> states;
  for (int64_t t = 0; t < x.dim(1); ++t) {
    std::vector<Tensor> a = split(selectAxis(input, 1, t, where), 3, -1, where);
    std::vector<Tensor> b = split(add(matmul(h, recurrent, where), hiddenBias, where), 3, -1, where);
    Tensor r = sigmoid(add(a[0], b[0], where), where), z = sigmoid(add(a[1], b[1], where), where);
    Tensor n = tanh(add(a[2], multiply(r, b[2], where), where), where);
    h = add(n, multiply(z, subtract(h, n, where), where), where);
    states.push_back(h);
  }
  return stack(states, 1, where);
}
std::vector<Variable> GRU::parameters() const { return {wx, wh, bias, hiddenBias}; }

Tensor Sequential::operator()(const Tensor &x) const {
  Tensor y = x;
  for (const auto &step : steps)
    y = step(y);
  return y;
}

} // namespace tcc::nn
