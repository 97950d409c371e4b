// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transformations of programs: derivatives, control flow; batching is in Vmap.h. Gradients of real functions follow the
// descent direction: for complex z the gradient is dL/dx + i dL/dy, so that z - lr * grad descends.
#pragma once

#include "tcc/Control.h"
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
/// y whose gradient in xs is what `pullback` makes of y's cotangent.
TCC_API Tensor withPullback(const Tensor &y, const std::vector<Tensor> &xs,
                            const std::function<std::vector<Tensor>(const Tensor &)> &pullback, Loc where);
/// The arguments of these numbers; negative ones count from the end.
TCC_API std::vector<Tensor> chosen(const std::vector<Tensor> &args, const std::vector<int64_t> &argnums, Loc where);
} // namespace detail

/// g = value_and_grad(f): g(x...) gives f's value and its gradients in the arguments `argnums`.
template <class F> auto value_and_grad(F f, std::vector<int64_t> argnums = {0}, Loc where = Loc::current()) {
  return [f = std::move(f), argnums = std::move(argnums), where]<class... A>(const A &...args) {
    std::vector<Tensor> all{detail::strong(Tensor(args))...}, xs = detail::chosen(all, argnums, where);
    Tensor y = [&]<size_t... K>(std::index_sequence<K...>) { return f(all[K]...); }(std::index_sequence_for<A...>());
    return std::pair<Tensor, std::vector<Tensor>>(y, grad(y, xs, where));
  };
}

/// f(x...) -> Tensor with a gradient of its own: forward(x...) -> {y, saved}, backward(saved, cotangent of y) -> one
/// cotangent for each x, linear in the cotangent. `f` itself only documents what is computed.
template <class F, class G, class B> auto custom_vjp(F, G forward, B backward, Loc where = Loc::current()) {
  return [forward = std::move(forward), backward = std::move(backward), where]<class... A>(const A &...args) {
    std::vector<Tensor> xs{detail::strong(Tensor(args))...};
    auto [y, saved] = [&]<size_t... K>(std::index_sequence<K...>) {
      return forward(xs[K]...);
    }(std::index_sequence_for<A...>());
    return detail::withPullback(
        y, xs, [&, &saved = saved](const Tensor &g) { return std::vector<Tensor>(backward(saved, g)); }, where);
  };
}

} // namespace tcc
