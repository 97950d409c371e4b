// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transformations of programs: derivatives, control flow; batching is in Vmap.h. Gradients of real functions follow the
// descent direction: for complex z the gradient is dL/dx + i dL/dy, so that z - lr * grad descends.
#pragma once

#include "tcc/Index.h"
#include "tcc/Indexing.h"
#include "tcc/Shape.h"
#include "tcc/Vmap.h"

#include <string>
#include <tuple>

namespace tcc {

/// d y / d x for a real y of one element; zeros where x does not reach y. Throws for a weak scalar x, which is a
/// constant.
TCC_API Tensor grad(const Tensor &y, const Tensor &x, Loc where = Loc::current());
TCC_API Tensor grad(const Tensor &y, const Variable &x, Loc where = Loc::current());
/// A list gives a vector, also with one element.
TCC_API std::vector<Tensor> grad(const Tensor &y, const std::vector<Tensor> &xs, Loc where = Loc::current());
TCC_API std::vector<Tensor> grad(const Tensor &y, std::initializer_list<Tensor> xs, Loc where = Loc::current());
TCC_API std::vector<Tensor> grad(const Tensor &y, const std::vector<Variable> &xs, Loc where = Loc::current());
TCC_API std::vector<Tensor> grad(const Tensor &y, std::initializer_list<Variable> xs, Loc where = Loc::current());
/// J^T cotangents, one for each x. Cotangents have the shapes of ys.
TCC_API std::vector<Tensor> vjp(const std::vector<Tensor> &ys, const std::vector<Tensor> &xs,
                                const std::vector<Tensor> &cotangents, Loc where = Loc::current());
/// J tangents, one for each y. Tangents have the shapes of xs.
TCC_API std::vector<Tensor> jvp(const std::vector<Tensor> &ys, const std::vector<Tensor> &xs,
                                const std::vector<Tensor> &tangents, Loc where = Loc::current());
/// y's shape ++ x's shape. Of complex y in complex x: the derivative of a holomorphic function.
TCC_API Tensor jacobian(const Tensor &y, const Tensor &x, Loc where = Loc::current());
/// Second derivatives of a real y of one element in a real x: x's shape twice.
TCC_API Tensor hessian(const Tensor &y, const Tensor &x, Loc where = Loc::current());
/// The same value, through which no gradient flows.
TCC_API Tensor stop_gradient(const Tensor &x, Loc where = Loc::current());

namespace detail {
/// A weak scalar as a tensor of its own dtype; anything else as it is.
TCC_API Tensor strong(const Tensor &x);
/// y whose gradient in xs is what `pull` makes of y's cotangent.
TCC_API Tensor withPullback(const Tensor &y, const std::vector<Tensor> &xs, const std::vector<Tensor> &pulled,
                            const Tensor &cotangent, Loc where);
/// Zeros that nothing was folded into: a point to differentiate at.
TCC_API Tensor placeholderLike(const Tensor &x);

template <class R> R stackAll(const std::vector<R> &parts, int64_t axis) {
  if constexpr (std::is_same_v<R, Tensor>) {
    return stack(parts, axis);
  } else if constexpr (requires { parts[0].size(); }) {
    R out;
    for (size_t k = 0; k < parts[0].size(); ++k) {
      std::vector<Tensor> column;
      for (const R &part : parts)
        column.push_back(part[k]);
      out.push_back(stack(column, axis));
    }
    return out;
  } else {
    auto column = [&]<size_t K>(std::integral_constant<size_t, K>) {
      std::vector<Tensor> parts_;
      for (const R &part : parts)
        parts_.push_back(std::get<K>(part));
      return stack(parts_, axis);
    };
    return [&]<size_t... K>(std::index_sequence<K...>) {
      return R{column(std::integral_constant<size_t, K>())...};
    }(std::make_index_sequence<std::tuple_size_v<R>>());
  }
}
} // namespace detail

/// g = value_and_grad(f): g(x...) gives f's value and its gradients in the arguments `argnums`.
template <class F> auto value_and_grad(F f, std::vector<int64_t> argnums = {0}) {
  return [f = std::move(f), argnums = std::move(argnums)]<class... A>(const A &...args) {
    std::vector<Tensor> all{detail::strong(Tensor(args))...}, xs;
    Tensor y = [&]<size_t... K>(std::index_sequence<K...>) { return f(all[K]...); }(std::index_sequence_for<A...>());
    for (int64_t k : argnums)
      xs.push_back(all.at(size_t(k < 0 ? k + int64_t(all.size()) : k)));
    return std::pair<Tensor, std::vector<Tensor>>(y, grad(y, xs));
  };
}

/// f itself: nothing of it is recomputed for the gradient yet, so no memory is saved. Results are right either way.
template <class F> auto checkpoint(F f) { return f; }

/// f(x...) -> Tensor with a gradient of its own: forward(x...) -> {y, saved}, backward(saved, cotangent of y) -> one
/// cotangent for each x, linear in the cotangent. `f` itself only documents what is computed.
template <class F, class G, class B> auto custom_vjp(F, G forward, B backward) {
  return [forward = std::move(forward), backward = std::move(backward)]<class... A>(const A &...args) {
    std::vector<Tensor> xs{detail::strong(Tensor(args))...};
    auto [y, saved] = [&]<size_t... K>(std::index_sequence<K...>) {
      return forward(xs[K]...);
    }(std::index_sequence_for<A...>());
    Tensor cotangent = detail::placeholderLike(y);
    return detail::withPullback(y, xs, std::vector<Tensor>(backward(saved, cotangent)), cotangent, Loc::current());
  };
}

/// Runs body on the state while cond(state) holds. cond is evaluated at each turn, so the number of turns may depend on
/// data; gradients flow through the turns that were taken.
template <class C, class B> std::vector<Tensor> while_loop(C cond, B body, std::vector<Tensor> state) {
  while (Tensor(cond(state)).template item<bool>())
    state = body(state);
  return state;
}
/// on_true(operands) or on_false(operands), as the evaluated bool says; gradients flow through the branch taken.
template <class T, class F>
std::vector<Tensor> cond(const Tensor &predicate, T on_true, F on_false, const std::vector<Tensor> &operands) {
  return predicate.item<bool>() ? std::vector<Tensor>(on_true(operands)) : std::vector<Tensor>(on_false(operands));
}
/// state = body(i, state) for i in [lo, hi).
template <class B> std::vector<Tensor> fori_loop(int64_t lo, int64_t hi, B body, std::vector<Tensor> state) {
  for (int64_t i = lo; i < hi; ++i)
    state = body(Tensor(i), state);
  return state;
}
/// body(carry, x) -> {carry, y} over the first axis of xs; gives the last carry and the stacked ys.
template <class B>
std::pair<std::vector<Tensor>, std::vector<Tensor>> scan(B body, std::vector<Tensor> carry,
                                                         const std::vector<Tensor> &xs) {
  std::vector<std::vector<Tensor>> outputs;
  for (int64_t i = 0, n = xs.at(0).dim(0); i < n; ++i) {
    std::vector<Tensor> row;
    for (const Tensor &x : xs)
      row.push_back(x[i]);
    auto [next, y] = body(carry, row);
    carry = std::move(next);
    outputs.push_back(std::move(y));
  }
  if (outputs.empty())
    throw Error("[scan] expected at least one step, got an axis of extent 0", "scan");
  return {std::move(carry), detail::stackAll(outputs, 0)};
}

} // namespace tcc
