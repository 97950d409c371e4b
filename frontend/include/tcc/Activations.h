// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Activations, normalisations, attention and losses. Integers become float64; losses are means over all elements.
#pragma once

#include "tcc/Tensor.h"

#include <string>

namespace tcc {

/// max(x, 0); NaN stays, the gradient at 0 is 0.
TCC_API Tensor relu(const Tensor &x, Loc where = Loc::current());
TCC_API Tensor leaky_relu(const Tensor &x, double slope = 0.01, Loc where = Loc::current());
TCC_API Tensor elu(const Tensor &x, double alpha = 1, Loc where = Loc::current());
/// x * sigmoid(x).
TCC_API Tensor silu(const Tensor &x, Loc where = Loc::current());
/// log(1 + exp(x)), without overflow.
TCC_API Tensor softplus(const Tensor &x, Loc where = Loc::current());
struct GeluOptions {
  /// "none" for x Phi(x) by erf, "tanh" for the approximation.
  std::string approximate = "none";
};
TCC_API Tensor gelu(const Tensor &x, GeluOptions options = {}, Loc where = Loc::current());
TCC_API Tensor softmax(const Tensor &x, Axes axis = -1, Loc where = Loc::current());
TCC_API Tensor log_softmax(const Tensor &x, Axes axis = -1, Loc where = Loc::current());
struct NormOptions {
  double eps = 1e-5;
  Axes axes = -1;
};
/// (x - mean) / sqrt(var + eps) * weight + bias over the axes.
TCC_API Tensor layer_norm(const Tensor &x, const Tensor &weight, const Tensor &bias, NormOptions options = {},
                          Loc where = Loc::current());
/// x / sqrt(mean(x^2) + eps) * weight over the axes.
TCC_API Tensor rms_norm(const Tensor &x, const Tensor &weight, NormOptions options = {}, Loc where = Loc::current());
struct BatchNormOptions {
  double eps = 1e-5;
};
/// Normalises axis 1 of x {N, C, ...} with given statistics of shape {C}.
TCC_API Tensor batch_norm(const Tensor &x, const Tensor &mean, const Tensor &var, const Tensor &weight,
                          const Tensor &bias, BatchNormOptions options = {}, Loc where = Loc::current());
/// Zeroes elements with probability p and divides the others by 1 - p.
TCC_API Tensor dropout(const Tensor &key, const Tensor &x, double p, Loc where = Loc::current());
struct AttentionOptions {
  /// Bool (true: attend) or added to the scores; broadcasts to {..., queries, keys}.
  std::optional<Tensor> mask = {};
  /// A query sees the keys up to its own position.
  bool causal = false;
  /// 1 / sqrt(width) if not given.
  std::optional<double> scale = {};
};
/// softmax(q k^T * scale + mask) v; q {..., L, E}, k {..., S, E}, v {..., S, V}, whose leading axes broadcast. Neither
/// it nor its gradients store the L x S scores; derivatives of the gradients do. 16-bit floats are summed in float. A
/// query that may see no key gives 0, as PyTorch's.
TCC_API Tensor scaled_dot_product_attention(const Tensor &q, const Tensor &k, const Tensor &v,
                                            AttentionOptions options = {}, Loc where = Loc::current());
/// logits {..., classes}; labels are integer classes {...} or probabilities {..., classes}.
TCC_API Tensor cross_entropy(const Tensor &logits, const Tensor &labels, Loc where = Loc::current());
TCC_API Tensor mse_loss(const Tensor &a, const Tensor &b, Loc where = Loc::current());
struct HuberOptions {
  double delta = 1;
};
/// Half the square below delta, linear above.
TCC_API Tensor huber_loss(const Tensor &a, const Tensor &b, HuberOptions options = {}, Loc where = Loc::current());
struct GumbelOptions {
  double temperature = 1;
  /// One-hot values with the soft gradient.
  bool hard = false;
  Axes axis = -1;
};
/// Differentiable samples of a categorical distribution.
TCC_API Tensor gumbel_softmax(const Tensor &key, const Tensor &logits, GumbelOptions options = {},
                              Loc where = Loc::current());

} // namespace tcc
