// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors from values, counts and patterns. Without a dtype: float32, from braces and C++ arrays the type of their
// elements (int in braces is int64, as in NumPy).
#pragma once

#include "tcc/Tensor.h"

#include <array>
#include <string>

namespace tcc {

namespace detail {
/// Copies row-major elements of a C++ type and converts them to `dtype`.
TCC_API Tensor fromElements(const void *elements, int64_t count, Dtype elementType, Shape shape,
                            std::optional<Dtype> dtype, Loc where);
/// The same of numbers that the program spells out: throws if an integer dtype lacks one of them.
TCC_API Tensor fromLiterals(const void *elements, int64_t count, Dtype elementType, Shape shape,
                            std::optional<Dtype> dtype, Loc where);
/// Throws for braces whose rows differ in length.
TCC_API void expectRow(size_t expected, size_t got, Loc where);
/// What braces of S store: int64 for int, as NumPy has it.
template <class S>
using Literal = std::conditional_t<std::is_integral_v<S> && !std::is_same_v<S, bool> && !std::is_same_v<S, uint8_t> &&
                                       !std::is_same_v<S, int8_t> && !std::is_same_v<S, uint32_t>,
                                   int64_t, S>;
template <class S> using List = std::initializer_list<S>;
/// Elements in a contiguous array: std::vector<bool> is none.
template <class S> struct Elements {
  explicit Elements(size_t n) : data(new S[n == 0 ? 1 : n]) {}
  void push(S v) { data[count++] = v; }
  std::unique_ptr<S[]> data;
  int64_t count = 0;
};
template <class T> Tensor fromRange(const T &values, size_t count, Shape shape, std::optional<Dtype> dtype, Loc where) {
  using S = std::remove_cv_t<std::remove_reference_t<decltype(*std::begin(values))>>;
  using E = std::conditional_t<std::is_same_v<typename T::value_type, bool>, bool,
                               std::conditional_t<std::is_integral_v<S> && sizeof(S) == 8, int64_t, S>>;
  if constexpr (requires { values.data(); } && std::is_same_v<S, E>)
    return fromElements(values.data(), int64_t(count), dtype_of<E>(), std::move(shape), dtype, where);
  Elements<E> flat(count);
  for (auto v : values)
    flat.push(E(v));
  return fromElements(flat.data.get(), flat.count, dtype_of<E>(), std::move(shape), dtype, where);
}
} // namespace detail

/// A 0-d tensor of the value's own type, no longer weak.
template <ScalarType S> Tensor tensor(S value, std::optional<Dtype> dtype = {}, Loc where = Loc::current()) {
  detail::Literal<S> element(value);
  return detail::fromLiterals(&element, 1, dtype_of<detail::Literal<S>>(), {}, dtype, where);
}
/// From braces, one axis.
template <ScalarType S>
Tensor tensor(std::initializer_list<S> values, std::optional<Dtype> dtype = {}, Loc where = Loc::current()) {
  detail::Elements<detail::Literal<S>> flat(values.size());
  for (S v : values)
    flat.push(detail::Literal<S>(v));
  return detail::fromLiterals(flat.data.get(), flat.count, dtype_of<detail::Literal<S>>(), {flat.count}, dtype, where);
}
/// From nested braces, two axes. Throws if rows differ in length.
template <ScalarType S>
Tensor tensor(std::initializer_list<std::initializer_list<S>> rows, std::optional<Dtype> dtype = {},
              Loc where = Loc::current()) {
  size_t n = rows.size(), m = n ? rows.begin()->size() : 0;
  detail::Elements<detail::Literal<S>> flat(n * m);
  for (const auto &row : rows) {
    detail::expectRow(m, row.size(), where);
    for (S v : row)
      flat.push(detail::Literal<S>(v));
  }
  return detail::fromLiterals(flat.data.get(), flat.count, dtype_of<detail::Literal<S>>(), {int64_t(n), int64_t(m)},
                              dtype, where);
}
/// From nested braces, three axes. Throws if rows differ in length.
template <ScalarType S>
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<S>>> blocks,
              std::optional<Dtype> dtype = {}, Loc where = Loc::current()) {
  size_t n = blocks.size(), m = n ? blocks.begin()->size() : 0, l = m ? blocks.begin()->begin()->size() : 0;
  detail::Elements<detail::Literal<S>> flat(n * m * l);
  for (const auto &rows : blocks) {
    detail::expectRow(m, rows.size(), where);
    for (const auto &row : rows) {
      detail::expectRow(l, row.size(), where);
      for (S v : row)
        flat.push(detail::Literal<S>(v));
    }
  }
  return detail::fromLiterals(flat.data.get(), flat.count, dtype_of<detail::Literal<S>>(),
                              {int64_t(n), int64_t(m), int64_t(l)}, dtype, where);
}
/// Copies; one axis, the dtype of S.
template <ScalarType S> Tensor tensor(const std::vector<S> &values, Loc where = Loc::current()) {
  return detail::fromRange(values, values.size(), {int64_t(values.size())}, {}, where);
}
/// Copies row-major elements. Throws if their number does not fit the shape.
template <ScalarType S>
Tensor tensor(const std::vector<S> &values, Shape shape, std::optional<Dtype> dtype = {}, Loc where = Loc::current()) {
  return detail::fromRange(values, values.size(), std::move(shape), dtype, where);
}
/// Copies row-major elements. Throws if their number does not fit the shape.
template <ScalarType S>
Tensor tensor(std::span<const S> values, Shape shape, std::optional<Dtype> dtype = {}, Loc where = Loc::current()) {
  return detail::fromRange(values, values.size(), std::move(shape), dtype, where);
}

TCC_API Tensor zeros(Shape shape, Dtype dtype = float32, Loc where = Loc::current());
TCC_API Tensor ones(Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// Zeros: a tensor is a value, so there is nothing uninitialised.
TCC_API Tensor empty(Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// Every element is `value` (0-d, or broadcast); dtype defaults to its own, of a C++ number to float32, complex64,
/// int64 or bool.
TCC_API Tensor full(Shape shape, Tensor value, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
TCC_API Tensor zeros_like(const Tensor &x, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
TCC_API Tensor ones_like(const Tensor &x, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
TCC_API Tensor empty_like(const Tensor &x, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
TCC_API Tensor full_like(const Tensor &x, Tensor value, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
/// 0, 1, ... below stop (a number, evaluated if need be); integers give int64, floating values float32.
TCC_API Tensor arange(Tensor stop, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
TCC_API Tensor arange(Tensor start, Tensor stop, std::optional<Dtype> dtype = {}, Loc where = Loc::current());
/// Throws for step 0; empty if step points away from stop.
TCC_API Tensor arange(Tensor start, Tensor stop, Tensor step, std::optional<Dtype> dtype = {},
                      Loc where = Loc::current());
struct LinspaceOptions {
  /// Whether hi is the last value.
  bool endpoint = true;
};
/// n evenly spaced numbers from lo to hi.
TCC_API Tensor linspace(double lo, double hi, int64_t n, Dtype dtype = float32, LinspaceOptions options = {},
                        Loc where = Loc::current());
/// The n x n identity.
TCC_API Tensor eye(int64_t n, Dtype dtype = float32, Loc where = Loc::current());
/// n x m with ones on the k-th diagonal.
TCC_API Tensor eye(int64_t n, int64_t m, int64_t k = 0, Dtype dtype = float32, Loc where = Loc::current());
/// n x m with ones at and below the k-th diagonal.
TCC_API Tensor tri(int64_t n, int64_t m, int64_t k = 0, Dtype dtype = float32, Loc where = Loc::current());
/// Zeroes above the k-th diagonal of the last two axes.
TCC_API Tensor tril(const Tensor &x, int64_t k = 0, Loc where = Loc::current());
/// Zeroes below the k-th diagonal of the last two axes.
TCC_API Tensor triu(const Tensor &x, int64_t k = 0, Loc where = Loc::current());
/// A vector becomes a matrix's k-th diagonal; of a matrix the diagonal is taken.
TCC_API Tensor diag(const Tensor &x, int64_t k = 0, Loc where = Loc::current());
struct MeshgridOptions {
  /// "xy" swaps the first two axes, "ij" does not.
  std::string indexing = "xy";
};
/// Coordinate arrays of the grid that 1-d tensors span.
TCC_API std::vector<Tensor> meshgrid(const std::vector<Tensor> &xs, MeshgridOptions options = {},
                                     Loc where = Loc::current());
/// A new last axis of extent n with 1 at the index, all 0 where the index is not in [0, n).
TCC_API Tensor one_hot(const Tensor &x, int64_t n, Dtype dtype = float32, Loc where = Loc::current());

} // namespace tcc
