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

/// `n`, a number of features or of what else a layer is made for.
int64_t atLeast(int64_t n, int64_t least, const char *what, const char *layer, Loc where) {
  if (n < least)
    fail(layer, where, Kind::value, "expected at least ", least, " ", what, ", got ", n);
  return n;
}

Variable uniformWithin(const char *name, Shape shape, int64_t fanIn, Loc where) {
  double bound = 1 / std::sqrt(double(fanIn));
  return Variable(name, random::uniform(std::move(shape), float32, {-bound, bound}, where));
}
Variable filled(const char *name, int64_t n, double value, Loc where) {
  return Variable(name, full({n}, float(value), {}, where));
}

/// The weights' shape {out, in / groups, kernel ...} of a convolution along `axes` axes.
Shape windowShape(int64_t in, int64_t out, int64_t kernel, int64_t axes, const ConvOptions &o, const char *layer,
                  Loc where) {
  atLeast(in, 1, "input channel", layer, where);
  atLeast(out, 0, "output channels", layer, where);
  atLeast(kernel, 1, "element of the kernel", layer, where);
  atLeast(o.groups, 1, "group", layer, where);
  if (in % o.groups != 0 || out % o.groups != 0)
    fail(layer, where, Kind::value, "expected groups that divide ", in, " and ", out, " channels, got ", o.groups);
  Shape shape{out, in / o.groups};
  shape.resize(size_t(2 + axes), kernel);
  return shape;
}
/// How many inputs one result of these weights has.
int64_t fanIn(const Shape &weights) {
  int64_t n = 1;
  for (size_t axis = 1; axis < weights.size(); ++axis)
    n *= weights[axis];
  return n;
}
Variable windows(const Shape &shape, Loc where) { return uniformWithin("weight", shape, fanIn(shape), where); }
Variable windowBias(const Shape &weights, Loc where) {
  return uniformWithin("bias", {weights[0]}, fanIn(weights), where);
}

/// x, whose last axis has the features that the weights are for: otherwise they would broadcast.
Tensor withFeatures(const Tensor &x, const Variable &weight, const char *layer, Loc where) {
  Tensor a = asNode(x, layer, where);
  Shape features = weight.shape();
  if (a.ndim() < 1 || !mayAgree(a.shape().back(), features[0]))
    fail(layer, where, Kind::shape, "expected {..., ", features[0], "}, got ", a.shape());
  return a;
}
/// x {N, L, in} of a recurrent layer.
Tensor sequences(const Tensor &x, const char *layer, Loc where) {
  Tensor a = asNode(x, layer, where);
  if (a.ndim() != 3 || a.shape()[1] == 0)
    fail(layer, where, Kind::shape, "expected {N, L, in} with L of at least 1, got ", a.shape());
  return a;
}

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

Linear::Linear(int64_t in, int64_t out, LinearOptions o, Loc where)
    : weight(uniformWithin(
          "weight",
          {atLeast(in, 1, "input feature", "Linear", where), atLeast(out, 0, "output features", "Linear", where)}, in,
          where)),
      bias(uniformWithin("bias", {out}, in, where)), hasBias(o.bias) {}
Tensor Linear::operator()(const Tensor &x, Loc where) const {
  Tensor y = matmul(x, weight, where);
  return hasBias ? add(y, bias, where) : y;
}
std::vector<Variable> Linear::parameters() const {
  return hasBias ? std::vector<Variable>{weight, bias} : std::vector<Variable>{weight};
}

Conv1d::Conv1d(int64_t in, int64_t out, int64_t kernel, ConvOptions o, Loc where)
    : weight(windows(windowShape(in, out, kernel, 1, o, "Conv1d", where), where)),
      bias(windowBias(weight.shape(), where)), options(o) {}
Tensor Conv1d::operator()(const Tensor &x, Loc where) const {
  return withBias(conv1d(x, weight, options, where), bias, where);
}
std::vector<Variable> Conv1d::parameters() const { return {weight, bias}; }

Conv2d::Conv2d(int64_t in, int64_t out, int64_t kernel, ConvOptions o, Loc where)
    : weight(windows(windowShape(in, out, kernel, 2, o, "Conv2d", where), where)),
      bias(windowBias(weight.shape(), where)), options(o) {}
Tensor Conv2d::operator()(const Tensor &x, Loc where) const {
  return withBias(conv2d(x, weight, options, where), bias, where);
}
std::vector<Variable> Conv2d::parameters() const { return {weight, bias}; }

BatchNorm::BatchNorm(int64_t features, BatchNormOptions o, Loc where)
    : weight(filled("weight", atLeast(features, 0, "features", "BatchNorm", where), 1, where)),
      bias(filled("bias", features, 0, where)), mean(filled("mean", features, 0, where)),
      var(filled("var", features, 1, where)), options(o) {}
std::vector<Variable> BatchNorm::buffers() const { return {mean, var}; }
Tensor BatchNorm::operator()(const Tensor &x, Loc where) const {
  return training ? train(x, where) : batch_norm(x, mean, var, weight, bias, options, where);
}
Tensor BatchNorm::train(const Tensor &given, Loc where) const {
  Tensor x = asNode(given, "BatchNorm", where);
  Shape features = weight.shape();
  if (x.ndim() < 2 || !mayAgree(x.dim(1, where), features[0]))
    fail("BatchNorm", where, Kind::shape, "expected {N, ", features[0], ", ...}, got ", x.shape());
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < x.ndim(); ++i)
    if (i != 1)
      axes.push_back(i);
  Tensor m = tcc::mean(x, axes, {}, where), v = tcc::var(x, axes, {}, where);
  int64_t n = x.size() / std::max<int64_t>(1, features[0]);
  // One number has no variance.
  if (n < 2 && features[0] > 0)
    fail("BatchNorm", where, Kind::shape, "expected at least 2 numbers for each channel to train, got ", x.shape());
  // The running variance is the unbiased one, as in PyTorch.
  double correction = double(n) / double(n - 1);
  auto running = [&](const Variable &old) {
    return asDtype(old.value(), promote(old.value().dtype(), m.dtype()), where) * (1 - momentum);
  };
  Variable(mean).assign(running(mean) + m * momentum, where);
  Variable(var).assign(running(var) + v * (momentum * correction), where);
  return batch_norm(x, m, v, weight, bias, options, where);
}
std::vector<Variable> BatchNorm::parameters() const { return {weight, bias}; }

LayerNorm::LayerNorm(int64_t features, NormOptions o, Loc where)
    : weight(filled("weight", atLeast(features, 0, "features", "LayerNorm", where), 1, where)),
      bias(filled("bias", features, 0, where)), options(std::move(o)) {}
Tensor LayerNorm::operator()(const Tensor &x, Loc where) const {
  return layer_norm(withFeatures(x, weight, "LayerNorm", where), weight, bias, options, where);
}
std::vector<Variable> LayerNorm::parameters() const { return {weight, bias}; }

RMSNorm::RMSNorm(int64_t features, NormOptions o, Loc where)
    : weight(filled("weight", atLeast(features, 0, "features", "RMSNorm", where), 1, where)), options(std::move(o)) {}
Tensor RMSNorm::operator()(const Tensor &x, Loc where) const {
  return rms_norm(withFeatures(x, weight, "RMSNorm", where), weight, options, where);
}
std::vector<Variable> RMSNorm::parameters() const { return {weight}; }

Embedding::Embedding(int64_t count, int64_t features, Loc where)
    : weight("weight", random::normal({atLeast(count, 0, "rows", "Embedding", where),
                                       atLeast(features, 0, "features", "Embedding", where)},
                                      float32, {}, where)) {}
Tensor Embedding::operator()(const Tensor &x, Loc where) const { return take(weight, x, 0, where); }
std::vector<Variable> Embedding::parameters() const { return {weight}; }

Dropout::Dropout(double p, Loc where) : p(p) {
  if (!(p >= 0 && p <= 1))
    fail("Dropout", where, Kind::value, "expected a probability, got ", p);
}
Tensor Dropout::operator()(const Tensor &x, Loc where) const {
  return training ? dropout(nextKey(where), x, p, where) : x;
}
std::vector<Variable> Dropout::parameters() const { return {}; }

MultiHeadAttention::MultiHeadAttention(int64_t features, int64_t heads, Loc where)
    : query(atLeast(features, 1, "feature", "MultiHeadAttention", where), features, {}, where),
      key(features, features, {}, where), value(features, features, {}, where), output(features, features, {}, where),
      heads(heads) {
  if (heads < 1 || features % heads != 0)
    fail("MultiHeadAttention", where, Kind::value, "expected heads that divide ", features, ", got ", heads);
}
Tensor MultiHeadAttention::operator()(const Tensor &x, AttentionOptions o, Loc where) const {
  return (*this)(x, x, std::move(o), where);
}
Tensor MultiHeadAttention::operator()(const Tensor &given, const Tensor &memory, AttentionOptions o, Loc where) const {
  Tensor x = asNode(given, "MultiHeadAttention", where);
  if (x.ndim() != 3 || asNode(memory, "MultiHeadAttention", where).ndim() != 3)
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

LSTM::LSTM(int64_t in, int64_t hidden, Loc where)
    : wx(uniformWithin(
          "wx",
          {atLeast(in, 0, "input features", "LSTM", where), 4 * atLeast(hidden, 1, "hidden feature", "LSTM", where)},
          hidden, where)),
      wh(uniformWithin("wh", {hidden, 4 * hidden}, hidden, where)),
      bias(uniformWithin("bias", {4 * hidden}, hidden, where)), hidden(hidden) {}
Tensor LSTM::operator()(const Tensor &given, Loc where) const {
  Tensor x = sequences(given, "LSTM", where);
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

GRU::GRU(int64_t in, int64_t hidden, Loc where)
    : wx(uniformWithin(
          "wx",
          {atLeast(in, 0, "input features", "GRU", where), 3 * atLeast(hidden, 1, "hidden feature", "GRU", where)},
          hidden, where)),
      wh(uniformWithin("wh", {hidden, 3 * hidden}, hidden, where)),
      bias(uniformWithin("bias", {3 * hidden}, hidden, where)),
      hiddenBias(uniformWithin("hiddenBias", {3 * hidden}, hidden, where)), hidden(hidden) {}
Tensor GRU::operator()(const Tensor &given, Loc where) const {
  Tensor x = sequences(given, "GRU", where);
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

void Sequential::train(bool on) {
  for (const Step &step : steps)
    step.train(on);
}
Tensor Sequential::operator()(const Tensor &x, Loc where) const {
  Tensor y = x;
  for (const Step &step : steps)
    y = step.call(y, where);
  return y;
}

} // namespace tcc::nn
