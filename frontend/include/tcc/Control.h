// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Branches and loops as parts of a program. Their functions are called once, on placeholders, and compiled; what they
// read of tensors and Variables around them is captured, and gradients flow to it. No number is known in them: choose
// with where() or cond(), repeat with while_loop().
#pragma once

#include "tcc/Compile.h"

#include <functional>
#include <optional>

namespace tcc {

struct ScanOptions {
  /// From the last step to the first; the ys lie where their xs do.
  bool reverse = false;
  /// Number of steps, needed where there are no xs.
  std::optional<int64_t> length = {};
};

namespace detail {
using Values = std::vector<Tensor>;
using ValuesBody = std::function<Values(const Values &)>;
using ScanBody = std::function<std::pair<Values, Values>(const Tensor &i, const Values &carry, const Values &x)>;
TCC_API Values runWhile(const ValuesBody &cond, const ValuesBody &body, const Values &state, Loc where);
TCC_API Values runCond(const Tensor &predicate, const ValuesBody &on_true, const ValuesBody &on_false,
                       const Values &operands, Loc where);
TCC_API std::pair<Values, Values> runScan(const char *name, const ScanBody &body, const Values &carry, const Values &xs,
                                          const ScanOptions &options, Loc where);
/// i + lo, which promotes as i does.
TCC_API Tensor turnFrom(const Tensor &i, int64_t lo);
TCC_API TraceResult runCheckpoint(const TraceBody &body, const Values &args, Loc where);
} // namespace detail

/// Runs body on the state while cond(state) holds; body gives a state of the same shapes and dtypes. Differentiable in
/// both modes to any order. The gradient goes back over the states, which are recorded; where the memory limit has no
/// room for them, every k-th is, and those between are computed again. A C++ scalar in `state` takes the dtype that
/// body gives it.
template <class C, class B>
std::vector<Tensor> while_loop(C cond, B body, const std::vector<Tensor> &state, Loc where = Loc::current()) {
  return detail::runWhile([&](const detail::Values &s) { return detail::Values{Tensor(cond(s))}; },
                          [&](const detail::Values &s) { return detail::Values(body(s)); }, state, where);
}
/// on_true(operands) where the one bool of `predicate` is true, otherwise on_false(operands); the other one does not
/// run.
template <class T, class F>
std::vector<Tensor> cond(const Tensor &predicate, T on_true, F on_false, const std::vector<Tensor> &operands,
                         Loc where = Loc::current()) {
  return detail::runCond(
      predicate, [&](const detail::Values &x) { return detail::Values(on_true(x)); },
      [&](const detail::Values &x) { return detail::Values(on_false(x)); }, operands, where);
}
/// state = body(i, state) for i in [lo, hi). i is an int64 that promotes as a C++ scalar does.
template <class B>
std::vector<Tensor> fori_loop(int64_t lo, int64_t hi, B body, const std::vector<Tensor> &state,
                              Loc where = Loc::current()) {
  ScanOptions options;
  options.length = hi > lo ? hi - lo : 0;
  return detail::runScan(
             "fori_loop",
             [&](const Tensor &i, const detail::Values &s, const detail::Values &) {
               return std::pair(detail::Values(body(lo == 0 ? i : detail::turnFrom(i, lo), s)), detail::Values());
             },
             state, {}, options, where)
      .first;
}
/// (carry, y) = body(carry, x) over the first axis of the xs; gives the last carry and the stacked ys. The gradient
/// computes each step again from its carry, which is all that is recorded.
template <class B>
std::pair<std::vector<Tensor>, std::vector<Tensor>> scan(B body, const std::vector<Tensor> &carry,
                                                         const std::vector<Tensor> &xs, ScanOptions options = {},
                                                         Loc where = Loc::current()) {
  return detail::runScan(
      "scan",
      [&](const Tensor &, const detail::Values &c, const detail::Values &x) {
        auto [next, y] = body(c, x);
        return std::pair(detail::Values(std::move(next)), detail::Values(std::move(y)));
      },
      carry, xs, options, where);
}

/// g = checkpoint(f): g(x...) is f(x...), and keeps nothing of f for the gradient, which computes f again from x. f may
/// return a tensor, or a vector, array, pair or tuple of them.
template <class F> auto checkpoint(F f, Loc where = Loc::current()) {
  return [f = std::move(f), where]<class... A>(const A &...args) {
    auto call = [&]<size_t... K>(const std::vector<Tensor> &xs, std::index_sequence<K...>) { return f(xs[K]...); };
    using R = decltype(call(std::vector<Tensor>(), std::index_sequence_for<A...>()));
    detail::TraceResult result = detail::runCheckpoint(
        [&](const std::vector<Tensor> &xs) {
          detail::TraceResult out;
          detail::flatten(call(xs, std::index_sequence_for<A...>()), out);
          return out;
        },
        {Tensor(args)...}, where);
    return detail::Unflatten{result}.template make<R>();
  };
}

} // namespace tcc
