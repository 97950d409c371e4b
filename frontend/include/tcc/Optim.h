// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers. A step evaluates the new parameters and the new state together, as one program, and rebinds the
// parameters. Complex parameters: gradients point along steepest ascent and second moments use |g|^2.
#pragma once

#include "tcc/Tensor.h"

#include <functional>
#include <map>
#include <string>

namespace tcc::optim {

using Params = std::vector<Variable>;

/// Learning rate, not negative, as a function of the number of steps taken.
using Schedule = std::function<double(int64_t step)>;
/// lr * factor^(step / every), in stairs.
TCC_API Schedule step_decay(double lr, double factor, int64_t every, Loc where = Loc::current());
TCC_API Schedule exponential_decay(double lr, double factor, Loc where = Loc::current());
/// From lr to `last` over `steps` along half a cosine.
TCC_API Schedule cosine_decay(double lr, int64_t steps, double last = 0, Loc where = Loc::current());
/// lr (k + 1) / steps in the first `steps`, then goes on with `then`, counted from there.
TCC_API Schedule linear_warmup(int64_t steps, double lr, Schedule then = {}, Loc where = Loc::current());

class TCC_API Optimizer {
public:
  virtual ~Optimizer();
  Optimizer(const Optimizer &) = delete;
  /// Differentiates the loss (real, one element) in the parameters' present values and takes a step. The loss is
  /// evaluated with it: reading its value afterwards costs nothing.
  void step(const Tensor &loss, Loc where = Loc::current());
  /// Takes a step with one gradient for each parameter.
  void step(const std::vector<Tensor> &grads, Loc where = Loc::current());
  void step(std::initializer_list<Tensor> grads, Loc where = Loc::current()) {
    step(std::vector<Tensor>(grads), where);
  }
  /// Everything load_state needs, by name: "step", "lr" and "<parameter number>.<slot>".
  std::map<std::string, Tensor> state() const;
  /// Throws for missing names or other shapes than the slots'.
  void load_state(const std::map<std::string, Tensor> &state, Loc where = Loc::current());
  double lr() const;
  void set_lr(double lr, Loc where = Loc::current());
  /// From now on the learning rate of step k is schedule(k).
  void set_schedule(Schedule schedule);
  /// Steps taken.
  int64_t steps() const;

protected:
  /// Numbers that change from step to step are data, not constants: all steps are one program.
  struct Step {
    double rate, count;
    Loc where;
    /// `value` as 0-d data of the real type of x.
    Tensor number(double value, const Tensor &x) const;
    Tensor lr(const Tensor &x) const;
  };
  /// Slots are tensors like the parameter; their names in state().
  Optimizer(std::string name, Params params, double lr, std::vector<std::string> slots, Loc where);
  /// The new parameter; replaces slots by their new values.
  virtual Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) = 0;
  /// The slots' first values; zeros like the parameter unless overridden.
  virtual std::vector<Tensor> initialSlots(const Tensor &param) const;

private:
  /// `all` is evaluated along with the new values.
  void advance(const std::vector<Tensor> &grads, std::vector<Tensor> all, Loc where);

protected:
  /// Makes the slots' first values. Throws for parameters that have another shape since.
  void beginSlots(Loc where);

  std::string name;
  Params params;
  double rate;
  Schedule rateSchedule;
  int64_t count = 0;
  std::vector<std::string> slotNames;
  std::vector<std::vector<Tensor>> slots;
  /// The parameters' when the slots were made.
  std::vector<Shape> shapes;
};

struct SgdOptions {
  double lr = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
};
struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};
struct LrOptions {
  double lr = 0.01;
};

/// Gradient descent with (Nesterov) momentum, as PyTorch counts it: m = momentum m + g; weight decay is added to the
/// gradient.
class TCC_API SGD : public Optimizer {
public:
  explicit SGD(Params params, SgdOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
  SgdOptions options;
};

/// Kingma and Ba 2015; weight decay is added to the gradient.
class TCC_API Adam : public Optimizer {
public:
  explicit Adam(Params params, AdamOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
  AdamOptions options;
};

/// Loshchilov and Hutter 2019: weight decay apart from the gradient (0 if not given; PyTorch's default is 0.01).
class TCC_API AdamW : public Optimizer {
public:
  explicit AdamW(Params params, AdamOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
  AdamOptions options;
};

/// Duchi, Hazan and Singer 2011; eps 1e-10.
class TCC_API Adagrad : public Optimizer {
public:
  explicit Adagrad(Params params, LrOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
};

/// Hinton 2012: alpha 0.99, eps 1e-8.
class TCC_API RMSprop : public Optimizer {
public:
  explicit RMSprop(Params params, LrOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
};

/// Shazeer and Stern 2018: second moments of matrices as one row and one column; updates clipped to rms 1 and relative
/// to the parameter's rms.
class TCC_API Adafactor : public Optimizer {
public:
  explicit Adafactor(Params params, LrOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
  std::vector<Tensor> initialSlots(const Tensor &param) const override;
};

/// Chen et al. 2023: sign of the interpolated momentum, beta 0.9 and 0.99; complex: the unit phase.
class TCC_API Lion : public Optimizer {
public:
  explicit Lion(Params params, LrOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
};

/// Jordan et al. 2024: momentum orthogonalised by Newton-Schulz for matrices, momentum 0.95; others take it as it is.
class TCC_API Muon : public Optimizer {
public:
  explicit Muon(Params params, LrOptions options = {}, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
};

/// Limited-memory BFGS (Nocedal 1980) with a backtracking line search; history of 10.
class TCC_API LBFGS : public Optimizer {
public:
  explicit LBFGS(Params params, LrOptions options = {.lr = 1}, Loc where = Loc::current());
  /// Calls the closure, which builds the loss from the parameters' present values, as often as the line search needs;
  /// gives the loss before the step.
  Tensor step(const std::function<Tensor()> &closure, Loc where = Loc::current());

private:
  Tensor update(const Tensor &param, const Tensor &grad, std::vector<Tensor> &slots, const Step &step) override;
  std::vector<Tensor> initialSlots(const Tensor &param) const override;
};

/// Scales all gradients by min(1, limit / their common norm).
TCC_API std::vector<Tensor> clip_by_global_norm(const std::vector<Tensor> &grads, double limit,
                                                Loc where = Loc::current());
/// The step from a point x with orthonormal columns (unitary, Stiefel; batched) back onto the manifold: the step is
/// projected to the tangent space and the Q factor, with positive diagonal of R, is taken.
TCC_API Tensor retract(const Tensor &x, const Tensor &step, Loc where = Loc::current());

} // namespace tcc::optim
