// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Limited-memory BFGS (Nocedal 1980): the two-loop recursion over ten pairs as one program, and a backtracking search.
#include "frontend/Axes.h"
#include "tcc/Graph.h"
#include "tcc/Optim.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Transforms.h"

#include <cmath>

namespace tcc::optim {
namespace {

constexpr size_t history = 10;
using Vectors = std::vector<Tensor>;

std::vector<std::string> pairNames() {
  std::vector<std::string> names;
  for (size_t k = 0; k < history; ++k)
    names.push_back("s" + std::to_string(k));
  for (size_t k = 0; k < history; ++k)
    names.push_back("y" + std::to_string(k));
  return names;
}

/// The real inner product over all parameters, in double precision.
Tensor inner(const Vectors &a, const Vectors &b) {
  Tensor total = zerosOf(float64, {}, Loc::current());
  for (size_t i = 0; i < a.size(); ++i)
    total = total + sum(real(conj(a[i]) * b[i])).astype(float64);
  return total;
}
Vectors scaledSum(const Vectors &a, const Vectors &b, const Tensor &factor) {
  Vectors out;
  for (size_t i = 0; i < a.size(); ++i)
    out.push_back(a[i] + b[i] * factor.astype(real_dtype(a[i].dtype())));
  return out;
}

} // namespace

LBFGS::LBFGS(Params params, LrOptions o, Loc where) : Optimizer("LBFGS", std::move(params), o.lr, pairNames(), where) {}

std::vector<Tensor> LBFGS::initialSlots(const Tensor &p) const {
  return std::vector<Tensor>(2 * history, zerosOf(p.dtype(), p.shape(), Loc::current()));
}

Tensor LBFGS::update(const Tensor &, const Tensor &, std::vector<Tensor> &, const Step &step) {
  fail("LBFGS", step.where, Kind::value, "expected step(closure), got step(loss) or step(grads)");
}

Tensor LBFGS::step(const std::function<Tensor()> &closure, Loc where) {
  Vectors start;
  for (const Variable &p : params)
    start.push_back(p.value());
  beginSlots(where);
  auto gradientsNow = [&](const Tensor &loss) {
    Vectors g = grad(loss, params, where);
    for (Tensor &t : g)
      t = stop_gradient(t, where);
    return g;
  };
  auto pairOf = [&](size_t k) {
    Vectors v;
    for (const Vectors &slot : slots)
      v.push_back(slot[k]);
    return v;
  };

  Tensor loss = closure();
  Vectors g = gradientsNow(loss), q = g;
  // Pairs that were never filled are zero: their rho is set to 0, so that the program is the same in every step.
  std::vector<Tensor> alpha(history), rho(history);
  for (size_t k = 0; k < history; ++k) {
    Vectors s = pairOf(k), y = pairOf(history + k);
    Tensor sy = inner(s, y);
    rho[k] = tcc::where(sy > 0.0, 1.0 / tcc::where(sy > 0.0, sy, 1.0), 0.0);
    alpha[k] = rho[k] * inner(s, q);
    q = scaledSum(q, y, -alpha[k]);
  }
  Tensor yy = inner(pairOf(history), pairOf(history)), sy = inner(pairOf(0), pairOf(history));
  // Before the first pair the step has length 1 at most.
  Tensor first = 1.0 / maximum(1.0, sqrt(inner(g, g)));
  Tensor gamma = tcc::where(sy > 0.0, sy / tcc::where(yy > 0.0, yy, 1.0), first);
  for (Tensor &t : q)
    t = t * gamma.astype(real_dtype(t.dtype()));
  for (size_t k = history; k-- > 0;)
    q = scaledSum(q, pairOf(k), alpha[k] - rho[k] * inner(pairOf(history + k), q));
  Vectors direction;
  for (const Tensor &t : q)
    direction.push_back(stop_gradient(-t, where));
  Tensor slope = inner(g, direction);
  Vectors all{loss, slope};
  all.insert(all.end(), g.begin(), g.end());
  all.insert(all.end(), direction.begin(), direction.end());
  eval(all, where);

  double before = asDouble(evaluatedScalar(loss, "step", where)),
         decrease = asDouble(evaluatedScalar(slope, "step", where));
  double t = lr();
  auto moveBy = [&](double length) {
    for (size_t i = 0; i < params.size(); ++i)
      params[i].assign(start[i] + direction[i] * leafOf(length, real_dtype(start[i].dtype()), {}, where), where);
  };
  // Armijo's condition; without success the parameters stay.
  bool moved = false;
  for (int tries = 0; tries < 25 && !moved; ++tries, t /= 2) {
    moveBy(t);
    double now = asDouble(evaluatedScalar(closure(), "step", where));
    moved = now <= before + 1e-4 * t * decrease;
    if (moved)
      break;
  }
  if (!moved) {
    for (size_t i = 0; i < params.size(); ++i)
      params[i].assign(start[i], where);
    ++count;
    return loss;
  }
  Vectors after = gradientsNow(closure()), s, y;
  for (size_t i = 0; i < params.size(); ++i) {
    s.push_back(stop_gradient(params[i].value() - start[i], where));
    y.push_back(stop_gradient(after[i] - g[i], where));
  }
  Tensor curvature = inner(s, y);
  all = {curvature};
  all.insert(all.end(), s.begin(), s.end());
  all.insert(all.end(), y.begin(), y.end());
  eval(all, where);
  // A pair of negative curvature would make the approximation indefinite.
  if (asDouble(evaluatedScalar(curvature, "step", where)) > 1e-10)
    for (size_t i = 0; i < params.size(); ++i) {
      for (size_t k = history - 1; k > 0; --k) {
        slots[i][k] = slots[i][k - 1];
        slots[i][history + k] = slots[i][history + k - 1];
      }
      slots[i][0] = s[i];
      slots[i][history] = y[i];
    }
  ++count;
  return loss;
}

} // namespace tcc::optim
