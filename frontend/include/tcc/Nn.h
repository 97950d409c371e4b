// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers. A module is a plain struct: its Variables are members, its call builds the graph.
#pragma once

#include "tcc/Activations.h"
#include "tcc/Contract.h"
#include "tcc/Tensor.h"

#include <concepts>
#include <functional>
#include <memory>
#include <string>

namespace tcc::nn {

struct LinearOptions {
  bool bias = true;
};
/// x {..., in} -> x weight + bias {..., out}; weight {in, out}.
struct TCC_API Linear {
  Linear(int64_t in, int64_t out, LinearOptions options = {}, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight, bias;
  bool hasBias;
};
/// x {N, in, L}; weight {out, in / groups, kernel}.
struct TCC_API Conv1d {
  Conv1d(int64_t in, int64_t out, int64_t kernel, ConvOptions options = {}, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight, bias;
  ConvOptions options;
};
/// x {N, in, H, W}; weight {out, in / groups, kernel, kernel}.
struct TCC_API Conv2d {
  Conv2d(int64_t in, int64_t out, int64_t kernel, ConvOptions options = {}, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight, bias;
  ConvOptions options;
};
/// Over all axes but axis 1 of x {N, features, ...}.
struct TCC_API BatchNorm {
  explicit BatchNorm(int64_t features, BatchNormOptions options = {}, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  /// The running statistics by name.
  std::vector<Variable> buffers() const;
  /// Normalises by the running statistics, or is train() while `training`.
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  /// Normalises by the batch's own statistics and moves the running ones. Throws for less than 2 numbers a channel.
  Tensor train(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight, bias;
  /// Running statistics: rebound by train(), used by operator().
  Variable mean, var;
  BatchNormOptions options;
  double momentum = 0.1;
  bool training = false;
};
/// Over the last axis.
struct TCC_API LayerNorm {
  explicit LayerNorm(int64_t features, NormOptions options = {}, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight, bias;
  NormOptions options;
};
/// Over the last axis.
struct TCC_API RMSNorm {
  explicit RMSNorm(int64_t features, NormOptions options = {}, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight;
  NormOptions options;
};
/// Integers {...} -> rows of weight {..., features}.
struct TCC_API Embedding {
  Embedding(int64_t count, int64_t features, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable weight;
};
/// Zeroes with probability p while training; draws keys from the process's sequence.
struct TCC_API Dropout {
  explicit Dropout(double p = 0.5, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  double p;
  bool training = true;
};
/// x {N, L, features}; attends to itself, or to `memory` {N, S, features}.
struct TCC_API MultiHeadAttention {
  MultiHeadAttention(int64_t features, int64_t heads, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, AttentionOptions options = {}, Loc where = Loc::current()) const;
  Tensor operator()(const Tensor &x, const Tensor &memory, AttentionOptions options = {},
                    Loc where = Loc::current()) const;
  Linear query, key, value, output;
  int64_t heads;
};
/// x {N, L, in} -> all hidden states {N, L, hidden}; gates in PyTorch's order i f g o.
struct TCC_API LSTM {
  LSTM(int64_t in, int64_t hidden, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable wx, wh, bias;
  int64_t hidden;
};
/// x {N, L, in} -> all hidden states {N, L, hidden}; gates in PyTorch's order r z n.
struct TCC_API GRU {
  GRU(int64_t in, int64_t hidden, Loc where = Loc::current());
  /// Variables by name, in a fixed order.
  std::vector<Variable> parameters() const;
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;
  Variable wx, wh, bias, hiddenBias;
  int64_t hidden;
};
/// What Sequential strings together: a module, or a function of a tensor such as relu, which also takes the caller's
/// line.
template <class M>
concept Layer = std::is_invocable_r_v<Tensor, const M &, const Tensor &> ||
                std::is_invocable_r_v<Tensor, const M &, const Tensor &, Loc>;
/// Layers, one after the other. Copies share them.
class TCC_API Sequential {
public:
  template <Layer... M> explicit Sequential(M... modules) { (add(std::move(modules)), ...); }
  std::vector<Variable> parameters() const { return variables; }
  /// The running statistics of layers that have them.
  std::vector<Variable> buffers() const { return statistics; }
  /// Sets `training` of the layers that have it (Dropout begins with true, BatchNorm with false), or calls their own
  /// train(bool).
  void train(bool on = true);
  Tensor operator()(const Tensor &x, Loc where = Loc::current()) const;

private:
  struct Step {
    std::function<Tensor(const Tensor &, Loc)> call;
    std::function<void(bool)> train;
  };
  template <class M> void add(M given) {
    auto module = std::make_shared<M>(std::move(given));
    if constexpr (requires { module->parameters(); })
      for (Variable &v : module->parameters())
        variables.push_back(std::move(v));
    if constexpr (requires { module->buffers(); })
      for (Variable &v : module->buffers())
        statistics.push_back(std::move(v));
    Step step;
    step.call = [module](const Tensor &x, Loc where) {
      const M &layer = *module;
      if constexpr (std::is_invocable_v<const M &, const Tensor &, Loc>)
        return Tensor(layer(x, where));
      else
        return Tensor(layer(x));
    };
    step.train = [module](bool on) {
      if constexpr (requires {
                      { module->train(on) } -> std::same_as<void>;
                    })
        module->train(on);
      else if constexpr (requires { module->training = on; })
        module->training = on;
    };
    steps.push_back(std::move(step));
  }
  std::vector<Step> steps;
  std::vector<Variable> variables, statistics;
};

} // namespace tcc::nn
