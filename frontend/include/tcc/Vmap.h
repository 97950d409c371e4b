// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// vmap: from a function of one slice to the function of all slices.
#pragma once

#include "tcc/Compile.h"
#include "tcc/Index.h"

namespace tcc {

/// One axis for all, or one for each; `_` means not mapped.
struct MapAxes {
  std::vector<Bound> value;
  MapAxes(Placeholder p) : value{Bound(p)} {}
  template <class I>
    requires std::is_integral_v<I>
  MapAxes(I axis) : value{Bound(axis)} {}
  MapAxes(std::initializer_list<Bound> axes) : value(axes) {}
  MapAxes(std::vector<Bound> axes) : value(std::move(axes)) {}
};

namespace detail {
/// Traces `body` once, on slices of the mapped arguments, and gives its results for all slices.
TCC_API TraceResult mapOver(const std::vector<Tensor> &args, const MapAxes &in_axes, const MapAxes &out_axes,
                            const TraceBody &body, Loc where);
} // namespace detail

/// g = vmap(f): g(x...) maps f over an axis of each argument and stacks the results along out_axes. Axes may be
/// negative; f may return a tensor, or a vector, array, pair or tuple of them, and out_axes then counts them in order.
///
/// f is called once, on tensors that stand for every slice, and what it builds becomes one program for all slices at
/// once. What depends on no mapped argument is computed once; a result that does not is repeated (or, with `_` as its
/// axis, given as it is). Random numbers without a key differ from slice to slice. f cannot look at the numbers of a
/// slice: where() and cond() choose, while_loop() repeats.
template <class F> auto vmap(F f, MapAxes in_axes = 0, MapAxes out_axes = 0, Loc where = Loc::current()) {
  return [f = std::move(f), in_axes = std::move(in_axes), out_axes = std::move(out_axes),
          where]<class... A>(const A &...args) {
    auto call = [&]<size_t... K>(const std::vector<Tensor> &slices, std::index_sequence<K...>) {
      return f(slices[K]...);
    };
    using Arity = std::index_sequence_for<A...>;
    auto body = [&](const std::vector<Tensor> &slices) {
      detail::TraceResult results;
      detail::flatten(call(slices, Arity()), results);
      return results;
    };
    detail::TraceResult results = detail::mapOver({Tensor(args)...}, in_axes, out_axes, body, where);
    return detail::Unflatten{results}.template make<decltype(call({}, Arity()))>();
  };
}

} // namespace tcc
