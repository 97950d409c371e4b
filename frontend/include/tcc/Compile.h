// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// compile(f): traces f once for each set of argument shapes and dtypes, and runs the traced program from then on.
#pragma once

#include "tcc/Tensor.h"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tcc {

/// Dtype and shape of an argument of a saved function. A size of -1 is open: the artifact takes any, and checks that
/// sizes fit where they meet. While the function is traced, `shape()` holds a number for such a size that may be handed
/// on (reshape, broadcast_to, zeros, random::normal ...); `dim()` and `size()`, which one would compute with, throw,
/// and extent() gives the value as a tensor. Two open sizes that meet are taken as equal; neither broadcasts as 1.
struct Spec {
  Dtype dtype;
  Shape shape;
};
inline Spec spec(Dtype dtype, Shape shape) { return {dtype, std::move(shape)}; }

/// How a function is saved; the defaults give the function alone, for this machine.
struct SaveOptions {
  bool gradient = false;      ///< also its gradient, `main_vjp`: takes a cotangent of each result after the arguments
  std::vector<int> wrt = {};  ///< arguments of the gradient; all of floating point if empty
  std::string header = {};    ///< where a C header goes
  std::string name = {};      ///< prefix of all symbols: the file's name without its ending
  std::string target = {};    ///< LLVM's triple: this machine, or what the ending implies
  std::string processor = {}; ///< LLVM's name: this one, or the target's baseline
};

namespace detail {

/// What a traced function returned: its tensors in order, and the length of each vector among its results.
struct TraceResult {
  std::vector<Tensor> tensors;
  std::vector<size_t> lengths;
};
using TraceBody = std::function<TraceResult(const std::vector<Tensor> &)>;

/// The untyped part of a compiled function. Calls from several threads are safe.
class TCC_API CompiledFunction {
public:
  CompiledFunction();
  TraceResult call(const std::vector<Tensor> &args, const TraceBody &body, Loc where) const;
  void save(const std::string &path, const std::vector<Spec> &specs, const SaveOptions &options, const TraceBody &body,
            Loc where) const;
  [[noreturn]] static void refuseSpecs(size_t count, Loc where);

private:
  struct State;
  std::shared_ptr<State> state;
};

inline void flatten(const Tensor &t, TraceResult &out) { out.tensors.push_back(t); }
template <class T> void flatten(const std::vector<T> &v, TraceResult &out) {
  out.lengths.push_back(v.size());
  for (const T &t : v)
    flatten(t, out);
}
template <class T, size_t N> void flatten(const std::array<T, N> &v, TraceResult &out) {
  for (const T &t : v)
    flatten(t, out);
}
template <class... T> void flatten(const std::tuple<T...> &v, TraceResult &out) {
  std::apply([&](const auto &...t) { (flatten(t, out), ...); }, v);
}
template <class A, class B> void flatten(const std::pair<A, B> &v, TraceResult &out) {
  flatten(v.first, out);
  flatten(v.second, out);
}

/// Puts a result back together in the order flatten took it apart.
struct Unflatten {
  const TraceResult &in;
  size_t tensor = 0, length = 0;

  template <class R> R make() {
    if constexpr (std::is_same_v<R, Tensor>) {
      return in.tensors.at(tensor++);
    } else if constexpr (requires(R r) { r.push_back(r[0]); }) {
      R r;
      for (size_t n = in.lengths.at(length++); n > 0; --n)
        r.push_back(make<typename R::value_type>());
      return r;
    } else {
      return [this]<size_t... K>(std::index_sequence<K...>) {
        return R{this->template make<std::tuple_element_t<K, R>>()...}; // braces evaluate left to right
      }(std::make_index_sequence<std::tuple_size_v<R>>());
    }
  }
};

} // namespace detail

/// A function that runs as one compiled program. It is traced at the first call with new shapes or dtypes; what it
/// reads beside its arguments is captured: tensors as they are, Variables with their value at each call. Results are
/// evaluated, and differentiable.
template <class F> class Compiled {
public:
  explicit Compiled(F f, Loc where) : function(std::make_shared<F>(std::move(f))), where(where) {}

  template <class... A>
    requires(std::is_convertible_v<const A &, Tensor> && ...)
  auto operator()(const A &...args) const {
    using R = decltype(invoke(*function, std::vector<Tensor>(), std::index_sequence_for<A...>()));
    detail::TraceResult result = impl.call({Tensor(args)...}, body(std::index_sequence_for<A...>()), where);
    return detail::Unflatten{result}.template make<R>();
  }

  /// Writes the function `main` of arguments of these types, compiled: an artifact with a C interface (`.so`, `.a`,
  /// `.o`,
  /// `.wasm`), GPU kernels (`.ptx`) or text (`.ll`, `.s`); or as tcc ops (`.mlir`), which tcc-run and tcc-compile read.
  /// Tensors and Variables that it reads beside its arguments become constants. The file appears whole or not at all.
  void save(const std::string &path, const std::vector<Spec> &specs, const SaveOptions &options = {},
            Loc where = Loc::current()) const {
    saveWith(path, specs, options, where, std::make_index_sequence<maxArguments>());
  }

private:
  static constexpr size_t maxArguments = 17; // 0 to 16

  template <size_t... K> static auto invoke(F &f, const std::vector<Tensor> &args, std::index_sequence<K...>) {
    return f(args[K]...);
  }
  template <size_t... K> detail::TraceBody body(std::index_sequence<K...> arity) const {
    return [f = function, arity](const std::vector<Tensor> &args) {
      detail::TraceResult out;
      detail::flatten(invoke(*f, args, arity), out);
      return out;
    };
  }
  // The number of arguments is only known when running: the overload of that arity is looked up.
  template <size_t... N>
  void saveWith(const std::string &path, const std::vector<Spec> &specs, const SaveOptions &options, Loc where,
                std::index_sequence<N...>) const {
    bool found = (saveIf<N>(path, specs, options, where) || ...);
    if (!found)
      detail::CompiledFunction::refuseSpecs(specs.size(), where);
  }
  template <size_t N>
  bool saveIf(const std::string &path, const std::vector<Spec> &specs, const SaveOptions &options, Loc where) const {
    if (specs.size() != N)
      return false;
    if constexpr (takes(std::make_index_sequence<N>())) {
      impl.save(path, specs, options, body(std::make_index_sequence<N>()), where);
      return true;
    }
    return false;
  }
  template <size_t> using Argument = const Tensor &;
  template <size_t... K> static constexpr bool takes(std::index_sequence<K...>) {
    return std::is_invocable_v<F &, Argument<K>...>;
  }

  std::shared_ptr<F> function;
  Loc where; // of compile(), since a call has no room for its own
  detail::CompiledFunction impl;
};

template <class F> Compiled<F> compile(F f, Loc where = Loc::current()) { return Compiled<F>(std::move(f), where); }

} // namespace tcc
