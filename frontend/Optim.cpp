// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers: one evaluation per step for all new parameters and all new state.
#include "tcc/Optim.h"
#include "frontend/Matrix.h"
#include "tcc/Contract.h"
#include "tcc/Graph.h"
#include "tcc/Linalg.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"
#include "tcc/Transforms.h"

#include <cmath>
#include <numbers>

namespace tcc::optim {

Tensor Optimizer::Step::number(double value, const Tensor &x) const {
  return leafOf(value, real_dtype(x.dtype()), {}, where);
}
Tensor Optimizer::Step::lr(const Tensor &x) const { return number(rate, x); }

namespace {

void expectRate(double lr, const char *op, Loc where) {
  if (!(lr >= 0 && std::isfinite(lr)))
    fail(op, where, Kind::value, "expected a finite learning rate that is not negative, got ", lr);
}
void expectSteps(int64_t steps, int64_t least, const char *op, Loc where) {
  if (steps < least)
    fail(op, where, Kind::value, "expected at least ", least, " steps, got ", steps);
}
void expectNotNegative(double value, const char *option, const char *op, Loc where) {
  if (!(value >= 0))
    fail(op, where, Kind::value, "expected ", option, " that is not negative, got ", value);
}

} // namespace

Schedule step_decay(double lr, double factor, int64_t every, Loc where) {
  expectRate(lr, "step_decay", where);
  expectSteps(every, 1, "step_decay", where);
  return [=](int64_t k) { return lr * std::pow(factor, double(k / every)); };
}
Schedule exponential_decay(double lr, double factor, Loc where) {
  expectRate(lr, "exponential_decay", where);
  return [=](int64_t k) { return lr * std::pow(factor, double(k)); };
}
Schedule cosine_decay(double lr, int64_t steps, double last, Loc where) {
  expectRate(lr, "cosine_decay", where);
  expectRate(last, "cosine_decay", where);
  expectSteps(steps, 1, "cosine_decay", where);
  return [=](int64_t k) {
    double t = std::min(1.0, double(k) / double(steps));
    return last + (lr - last) * 0.5 * (1 + std::cos(std::numbers::pi * t));
  };
}
Schedule linear_warmup(int64_t steps, double lr, Schedule then, Loc where) {
  expectRate(lr, "linear_warmup", where);
  expectSteps(steps, 0, "linear_warmup", where);
  return [=](int64_t k) { return k < steps ? lr * double(k + 1) / double(steps) : then ? then(k - steps) : lr; };
}

//===----------------------------------------------------------------------===//
// What all share
//===----------------------------------------------------------------------===//

Optimizer::Optimizer(std::string name, Params params, double lr, std::vector<std::string> slotNames, Loc where)
    : name(std::move(name)), params(std::move(params)), rate(lr), slotNames(std::move(slotNames)) {
  const char *op = this->name.c_str();
  expectRate(lr, op, where);
  if (this->params.empty())
    fail(op, where, Kind::value, "expected at least one parameter, got none");
  for (const Variable &p : this->params)
    if (!is_inexact(p.dtype()))
      fail(op, where, Kind::dtype, "expected floating or complex parameters, got ", p.dtype());
}
Optimizer::~Optimizer() = default;

std::vector<Tensor> Optimizer::initialSlots(const Tensor &param) const {
  return std::vector<Tensor>(slotNames.size(), zerosOf(param.dtype(), param.shape(), Loc::current()));
}

void Optimizer::step(const Tensor &loss, Loc where) { advance(grad(loss, params, where), {loss}, where); }
void Optimizer::step(const std::vector<Tensor> &grads, Loc where) { advance(grads, {}, where); }

void Optimizer::beginSlots(Loc where) {
  if (slots.empty())
    for (const Variable &p : params) {
      slots.push_back(initialSlots(p.value()));
      shapes.push_back(p.shape());
    }
  // Broadcasting would hide that a rebound parameter no longer fits its state.
  for (size_t i = 0; i < params.size(); ++i)
    if (!slotNames.empty() && params[i].shape() != shapes[i])
      fail("step", where, Kind::shape, "expected parameter ", i, " to keep the shape of its state, ", shapes[i],
           ", got ", params[i].shape());
}

void Optimizer::advance(const std::vector<Tensor> &grads, std::vector<Tensor> all, Loc where) {
  if (grads.size() != params.size())
    fail("step", where, Kind::value, "expected one gradient for each of ", params.size(), " parameters, got ",
         grads.size());
  beginSlots(where);
  double rateNow = lr();
  expectRate(rateNow, "step", where);
  Step now{rateNow, double(count + 1), where};
  std::vector<std::vector<Tensor>> newSlots = slots;
  std::vector<Tensor> values;
  for (size_t i = 0; i < params.size(); ++i) {
    Tensor p = params[i].value();
    if (!is_inexact(p.dtype()))
      fail("step", where, Kind::dtype, "expected floating or complex parameters, got ", p.dtype());
    Tensor given = asNode(grads[i], "step", where);
    if (given.shape() != p.shape())
      fail("step", where, Kind::shape, "expected a gradient of shape ", p.shape(), ", got ", given.shape());
    Tensor g = stop_gradient(storable(given, p.dtype(), "step", where), where);
    Tensor next = update(p, g, newSlots[i], now);
    values.push_back(stop_gradient(asDtype(next, p.dtype(), where), where));
    all.push_back(values.back());
    for (Tensor &slot : newSlots[i])
      all.push_back(slot = stop_gradient(slot, where));
  }
  eval(all, where);
  // Only now, when nothing can fail any more, does anything change.
  for (size_t i = 0; i < params.size(); ++i)
    params[i].assign(values[i], where);
  slots = std::move(newSlots);
  ++count;
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> out;
  out.emplace("step", leafOf(count, int64, {}, Loc::current()));
  out.emplace("lr", leafOf(rate, float64, {}, Loc::current()));
  for (size_t i = 0; i < params.size(); ++i) {
    std::vector<Tensor> current = slots.empty() ? initialSlots(params[i].value()) : slots[i];
    for (size_t k = 0; k < current.size(); ++k)
      out.emplace(std::to_string(i) + "." + slotNames[k], current[k]);
  }
  return out;
}

void Optimizer::load_state(const std::map<std::string, Tensor> &state, Loc where) {
  auto find = [&](const std::string &key) -> const Tensor & {
    auto it = state.find(key);
    if (it == state.end())
      fail("load_state", where, Kind::value, "expected an entry \"", key, "\", got none");
    return it->second;
  };
  std::vector<std::vector<Tensor>> loaded;
  std::vector<Shape> loadedShapes;
  for (size_t i = 0; i < params.size(); ++i) {
    loaded.push_back(initialSlots(params[i].value()));
    loadedShapes.push_back(params[i].shape());
    for (size_t k = 0; k < slotNames.size(); ++k) {
      const Tensor &slot = find(std::to_string(i) + "." + slotNames[k]);
      if (slot.shape() != loaded[i][k].shape())
        fail("load_state", where, Kind::shape, "expected shape ", loaded[i][k].shape(), " of \"", i, ".", slotNames[k],
             "\", got ", slot.shape());
      loaded[i][k] = asDtype(slot, loaded[i][k].dtype(), where);
    }
  }
  int64_t steps = asInteger(evaluatedScalar(find("step"), "load_state", where));
  double lr = asDouble(evaluatedScalar(find("lr"), "load_state", where));
  expectSteps(steps, 0, "load_state", where);
  expectRate(lr, "load_state", where);
  slots = std::move(loaded);
  shapes = std::move(loadedShapes);
  count = steps;
  rate = lr;
}

double Optimizer::lr() const { return rateSchedule ? rateSchedule(count) : rate; }
void Optimizer::set_lr(double lr, Loc where) {
  expectRate(lr, "set_lr", where);
  rate = lr;
  rateSchedule = {};
}
void Optimizer::set_schedule(Schedule schedule) { rateSchedule = std::move(schedule); }
int64_t Optimizer::steps() const { return count; }

//===----------------------------------------------------------------------===//
// The rules
//===----------------------------------------------------------------------===//

namespace {

/// |g|^2, real.
Tensor squaredMagnitude(const Tensor &g) {
  return is_complex(g.dtype()) ? square(real(g)) + square(imag(g)) : square(g);
}
/// old * decay + (1 - decay) * value
Tensor average(const Tensor &old, const Tensor &value, double decay) { return old * decay + value * (1 - decay); }
Tensor realZeros(const Tensor &p) { return zerosOf(real_dtype(p.dtype()), p.shape(), Loc::current()); }

} // namespace

SGD::SGD(Params params, SgdOptions o, Loc where)
    : Optimizer("SGD", std::move(params), o.lr,
                o.momentum != 0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{}, where),
      options(o) {
  expectNotNegative(o.momentum, "a momentum", "SGD", where);
  expectNotNegative(o.weight_decay, "a weight decay", "SGD", where);
  if (o.nesterov && o.momentum == 0)
    fail("SGD", where, Kind::value, "expected a momentum for nesterov, got 0");
}
Tensor SGD::update(const Tensor &p, const Tensor &gradient, std::vector<Tensor> &slots, const Step &step) {
  Tensor g = options.weight_decay != 0 ? gradient + p * options.weight_decay : gradient;
  if (!slots.empty()) {
    slots[0] = slots[0] * options.momentum + g;
    g = options.nesterov ? g + slots[0] * options.momentum : slots[0];
  }
  return p - g * step.lr(p);
}

static void expectAdamOptions(const AdamOptions &o, const char *op, Loc where) {
  for (double beta : {o.beta1, o.beta2})
    if (!(beta >= 0 && beta < 1))
      fail(op, where, Kind::value, "expected betas in [0, 1), got ", beta);
  expectNotNegative(o.eps, "an eps", op, where);
  expectNotNegative(o.weight_decay, "a weight decay", op, where);
}
// Kingma and Ba 2015, algorithm 1. The second moment is kept in the parameter's dtype, its imaginary part is 0.
static Tensor adamDirection(const Tensor &g, std::vector<Tensor> &slots, const AdamOptions &o,
                            const Tensor &correction1, const Tensor &correction2) {
  slots[0] = average(slots[0], g, o.beta1);
  slots[1] = average(slots[1], asDtype(squaredMagnitude(g), slots[1].dtype(), Loc::current()), o.beta2);
  return slots[0] * correction1 / (sqrt(real(slots[1]) * correction2) + o.eps);
}
Adam::Adam(Params params, AdamOptions o, Loc where)
    : Optimizer("Adam", std::move(params), o.lr, {"m", "v"}, where), options(o) {
  expectAdamOptions(o, "Adam", where);
}
Tensor Adam::update(const Tensor &p, const Tensor &gradient, std::vector<Tensor> &slots, const Step &step) {
  Tensor g = options.weight_decay != 0 ? gradient + p * options.weight_decay : gradient;
  Tensor d = adamDirection(g, slots, options, step.number(1 / (1 - std::pow(options.beta1, step.count)), p),
                           step.number(1 / (1 - std::pow(options.beta2, step.count)), p));
  return p - d * step.lr(p);
}
AdamW::AdamW(Params params, AdamOptions o, Loc where)
    : Optimizer("AdamW", std::move(params), o.lr, {"m", "v"}, where), options(o) {
  expectAdamOptions(o, "AdamW", where);
}
Tensor AdamW::update(const Tensor &p, const Tensor &g, std::vector<Tensor> &slots, const Step &step) {
  Tensor d = adamDirection(g, slots, options, step.number(1 / (1 - std::pow(options.beta1, step.count)), p),
                           step.number(1 / (1 - std::pow(options.beta2, step.count)), p));
  return p - (d + p * options.weight_decay) * step.lr(p);
}

Adagrad::Adagrad(Params params, LrOptions o, Loc where)
    : Optimizer("Adagrad", std::move(params), o.lr, {"sum"}, where) {}
Tensor Adagrad::update(const Tensor &p, const Tensor &g, std::vector<Tensor> &slots, const Step &step) {
  slots[0] = slots[0] + asDtype(squaredMagnitude(g), slots[0].dtype(), step.where);
  return p - g * step.lr(p) / (sqrt(real(slots[0])) + 1e-10);
}

RMSprop::RMSprop(Params params, LrOptions o, Loc where) : Optimizer("RMSprop", std::move(params), o.lr, {"v"}, where) {}
Tensor RMSprop::update(const Tensor &p, const Tensor &g, std::vector<Tensor> &slots, const Step &step) {
  slots[0] = average(slots[0], asDtype(squaredMagnitude(g), slots[0].dtype(), step.where), 0.99);
  return p - g * step.lr(p) / (sqrt(real(slots[0])) + 1e-8);
}

// Shazeer and Stern 2018, algorithms 4 and 5: the decay of step t is 1 - t^-0.8, eps 1e-30; steps are relative to the
// parameter's rms, at least 1e-3, and at most 1 / sqrt(t) of it.
Adafactor::Adafactor(Params params, LrOptions o, Loc where)
    : Optimizer("Adafactor", std::move(params), o.lr, {"row", "column"}, where) {}
std::vector<Tensor> Adafactor::initialSlots(const Tensor &p) const {
  if (p.ndim() < 2)
    return {realZeros(p), zerosOf(real_dtype(p.dtype()), {}, Loc::current())};
  Shape row(p.shape().begin(), p.shape().end() - 1), column(p.shape().begin(), p.shape().end() - 2);
  column.push_back(p.dim(-1));
  return {zerosOf(real_dtype(p.dtype()), row, Loc::current()), zerosOf(real_dtype(p.dtype()), column, Loc::current())};
}
Tensor Adafactor::update(const Tensor &p, const Tensor &g, std::vector<Tensor> &slots, const Step &step) {
  double kept = 1 - std::pow(step.count, -0.8);
  Tensor decay = step.number(kept, p), fresh = step.number(1 - kept, p), v, squares = squaredMagnitude(g) + 1e-30;
  if (p.ndim() < 2) {
    v = slots[0] = slots[0] * decay + squares * fresh;
  } else {
    slots[0] = slots[0] * decay + mean(squares, -1) * fresh;
    slots[1] = slots[1] * decay + mean(squares, -2) * fresh;
    Tensor row = slots[0] / mean(slots[0], -1, {.keepdims = true});
    v = expand_dims(row, -1) * expand_dims(slots[1], -2);
  }
  Tensor u = g * rsqrt(v);
  auto rms = [](const Tensor &x) { return sqrt(mean(squaredMagnitude(x))); };
  Tensor relative = step.number(std::min(step.rate, 1 / std::sqrt(step.count)), p);
  return p - u * (relative * maximum(rms(p), 1e-3) / maximum(rms(u), 1.0));
}

Lion::Lion(Params params, LrOptions o, Loc where) : Optimizer("Lion", std::move(params), o.lr, {"m"}, where) {}
Tensor Lion::update(const Tensor &p, const Tensor &g, std::vector<Tensor> &slots, const Step &step) {
  Tensor direction = sign(average(slots[0], g, 0.9));
  slots[0] = average(slots[0], g, 0.99);
  return p - direction * step.lr(p);
}

// Newton-Schulz with the quintic coefficients of Jordan et al. 2024: five steps bring all singular values near 1.
Muon::Muon(Params params, LrOptions o, Loc where) : Optimizer("Muon", std::move(params), o.lr, {"momentum"}, where) {}
Tensor Muon::update(const Tensor &p, const Tensor &g, std::vector<Tensor> &slots, const Step &step) {
  slots[0] = slots[0] * 0.95 + g;
  Tensor m = g + slots[0] * 0.95;
  if (p.ndim() < 2)
    return p - m * step.lr(p);
  bool tall = p.dim(-2) > p.dim(-1);
  Tensor x = tall ? adjoint(m, step.where) : m;
  x = x / (norm(x, {-2, -1}, {.keepdims = true}) + 1e-7);
  for (int k = 0; k < 5; ++k) {
    Tensor a = matmul(x, adjoint(x, step.where));
    x = x * 3.4445 + matmul(a * -4.775 + matmul(a, a) * 2.0315, x);
  }
  double scale = std::sqrt(std::max(1.0, double(p.dim(-2)) / double(p.dim(-1))));
  return p - (tall ? adjoint(x, step.where) : x) * step.lr(p) * scale;
}

std::vector<Tensor> clip_by_global_norm(const std::vector<Tensor> &grads, double limit, Loc where) {
  expectNotNegative(limit, "a limit", "clip_by_global_norm", where);
  if (grads.empty())
    return {};
  Tensor total;
  std::vector<Tensor> inexact;
  for (const Tensor &given : grads) {
    Tensor g = inexact.emplace_back(asInexact(given, "clip_by_global_norm", where));
    // Squares of float32 overflow from 1e19 on.
    Tensor wide = asDtype(g, is_complex(g.dtype()) ? complex128 : float64, where);
    Tensor s = sum(squaredMagnitude(wide), {}, {}, where);
    total = total.valid() ? add(total, s, where) : s;
  }
  Tensor length = sqrt(total, where);
  Tensor factor = tcc::where(greater(length, limit, where), divide(limit, length, where), 1.0, where);
  std::vector<Tensor> out;
  for (const Tensor &g : inexact)
    out.push_back(multiply(g, asDtype(factor, real_dtype(g.dtype()), where), where));
  return out;
}

// Absil, Mahony and Sepulchre 2008, sections 3.5 and 4.1: z - x sym(x^H z) is tangent, the Q factor retracts.
Tensor retract(const Tensor &x, const Tensor &step, Loc where) {
  Tensor a = asMatrix(x, "retract", where), z = asDtype(asMatrix(step, "retract", where), a.dtype(), where);
  if (a.dim(-2) < a.dim(-1) || z.shape() != a.shape())
    fail("retract", where, Kind::shape,
         "expected a point with at least as many rows as columns, and a step of its shape, got ", a.shape(), " and ",
         z.shape());
  Tensor inner = matmul(adjoint(a, where), z, where);
  Tensor symmetric = multiply(add(inner, adjoint(inner, where), where), 0.5, where);
  Tensor tangent = subtract(z, matmul(a, symmetric, where), where);
  auto [q, r] = linalg::qr(add(a, tangent, where), {}, where);
  // The factor is unique, and continuous in the step, with a positive diagonal of r.
  Tensor diagonal = real(diagonalOf(r, 0, r.ndim() - 2, r.ndim() - 1, where), where);
  Tensor signs =
      tcc::where(less(diagonal, 0, where), constantLike(diagonal, -1, where), constantLike(diagonal, 1, where), where);
  return scaleColumns(q, signs, where);
}

} // namespace tcc::optim
