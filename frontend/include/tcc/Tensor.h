// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The value handle. A Tensor is immutable and cheap to copy, keeps what it needs alive, and computes only when asked
// for data. Operators know the line they stand on.
#pragma once

#include "tcc/Error.h"

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tcc {
class Tensor;
class Variable;
class At;
struct Index;
namespace detail {
struct TensorImpl;
/// The default of absent subscripts; only its address means something.
TCC_API extern const Index absent;
} // namespace detail

/// "All", "to the end", "not mapped": whatever is natural where it stands.
struct Placeholder {};
inline constexpr Placeholder _{};

/// One axis, several, or all (`_` or nothing). Negative axes count from the end.
struct Axes {
  std::optional<std::vector<int64_t>> value;
  Axes() {}
  Axes(Placeholder) {}
  template <class I>
    requires std::is_integral_v<I>
  Axes(I axis) : value(std::vector<int64_t>(1, int64_t(axis))) {}
  Axes(std::initializer_list<int64_t> axes) : value(axes) {}
  Axes(std::vector<int64_t> axes) : value(std::move(axes)) {}
};

class TCC_API Tensor {
public:
  /// An empty handle; using it in an expression is an error.
  Tensor() = default;
  /// A 0-d constant, weakly typed: in mixed expressions it takes the type of the arrays it meets.
  template <ScalarType S> Tensor(S value) : Tensor(weak(value)) {}
  explicit Tensor(std::shared_ptr<detail::TensorImpl> impl) : pointer(std::move(impl)) {}

  /// False for a default-constructed handle.
  bool valid() const { return pointer != nullptr; }

  const Shape &shape() const;
  int64_t ndim() const;
  /// Number of elements. Throws while a function is traced for a size that is open (see Spec in Compile.h); so does
  /// dim.
  int64_t size() const;
  /// Extent of one axis; negative counts from the end.
  int64_t dim(int64_t axis, Loc where = Loc::current()) const;
  Dtype dtype() const;

  /// Evaluates; throws unless there is exactly one element and T is the dtype's C++ type.
  template <class T> T item(Loc where = Loc::current()) const {
    return *static_cast<const T *>(itemData(dtype_of<T>(), where));
  }
  /// Evaluates and copies in row-major order; throws unless T is the dtype's C++ type.
  template <class T> std::vector<T> to_vector(Loc where = Loc::current()) const {
    const T *elements = static_cast<const T *>(evaluatedData(dtype_of<T>(), "to_vector", where));
    return std::vector<T>(elements, elements + size());
  }
  /// Evaluates; row-major elements, valid while any handle to this value lives. Throws unless T is the dtype's C++
  /// type.
  template <class T> const T *data(Loc where = Loc::current()) const {
    return static_cast<const T *>(evaluatedData(dtype_of<T>(), "data", where));
  }

  /// x[i]: the same as x(i), so an integer selects along the first axis; differentiable.
  Tensor operator[](const Index &i) const;
  /// NumPy's basic and advanced indexing: integers, slice(b, e, step), `_`, newaxis, ellipsis, integer and boolean
  /// tensors.
  Tensor operator()(const Index &a, const Index &b = detail::absent, const Index &c = detail::absent,
                    const Index &d = detail::absent, const Index &e = detail::absent, const Index &f = detail::absent,
                    const Index &g = detail::absent, const Index &h = detail::absent) const;
  /// The elements that the same subscripts select, to be updated: x.at(i).set(v) is a new value, x stays.
  At at(const Index &a, const Index &b = detail::absent, const Index &c = detail::absent,
        const Index &d = detail::absent, const Index &e = detail::absent, const Index &f = detail::absent,
        const Index &g = detail::absent, const Index &h = detail::absent) const;

  /// Converts elements; complex to real drops the imaginary part, out-of-range floats saturate.
  Tensor astype(Dtype dtype, Loc where = Loc::current()) const;
  /// One extent may be -1.
  Tensor reshape(Shape shape, Loc where = Loc::current()) const;
  Tensor flatten(Loc where = Loc::current()) const;
  Tensor squeeze(Axes axes = {}, Loc where = Loc::current()) const;
  /// Reverses the axes, or permutes them.
  Tensor transpose(Axes perm = {}, Loc where = Loc::current()) const;
  /// Reverses the axes.
  Tensor T(Loc where = Loc::current()) const;
  Tensor swapaxes(int64_t a, int64_t b, Loc where = Loc::current()) const;
  Tensor real(Loc where = Loc::current()) const;
  Tensor imag(Loc where = Loc::current()) const;
  Tensor conj(Loc where = Loc::current()) const;
  Tensor abs(Loc where = Loc::current()) const;
  Tensor sum(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor prod(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor mean(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor var(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor std_dev(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor max(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor min(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor argmax(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor argmin(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor all(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor any(Axes axes = {}, Loc where = Loc::current()) const;
  Tensor cumsum(Axes axis = {}, Loc where = Loc::current()) const;
  Tensor dot(const Tensor &other, Loc where = Loc::current()) const;

  /// For the library's own use.
  const std::shared_ptr<detail::TensorImpl> &impl() const { return pointer; }

private:
  template <class S> static std::shared_ptr<detail::TensorImpl> weak(S value) {
    if constexpr (std::is_integral_v<S>)
      return weakInteger(int64_t(value), std::is_same_v<S, bool> ? bool_ : int64);
    else if constexpr (std::is_floating_point_v<S>)
      return weakReal(double(value), std::is_same_v<S, float> ? float32 : float64);
    else
      return weakComplex(value, std::is_same_v<S, std::complex<float>> ? complex64 : complex128);
  }
  static std::shared_ptr<detail::TensorImpl> weakInteger(int64_t value, Dtype dtype);
  static std::shared_ptr<detail::TensorImpl> weakReal(double value, Dtype dtype);
  static std::shared_ptr<detail::TensorImpl> weakComplex(std::complex<double> value, Dtype dtype);
  const void *itemData(Dtype dtype, Loc where) const;
  const void *evaluatedData(Dtype dtype, const char *function, Loc where) const;

  std::shared_ptr<detail::TensorImpl> pointer;
};

/// The only mutable thing: a named cell that is rebound. Copies share the cell; what was computed from the old value
/// keeps it.
class TCC_API Variable {
public:
  Variable(std::string name, Tensor initial, Loc where = Loc::current());
  Variable(Tensor initial, Loc where = Loc::current());
  template <ScalarType S> Variable(S initial, Loc where = Loc::current()) : Variable(Tensor(initial), where) {}
  operator Tensor() const { return value(); }
  Tensor value() const;
  /// Rebinds; shape and dtype may change. Gradients do not flow into how the new value was made.
  void assign(Tensor value, Loc where = Loc::current());
  const std::string &name() const;
  const Shape &shape() const;
  Dtype dtype() const;

private:
  struct Cell;
  std::shared_ptr<Cell> cell;
};

/// An operator's argument together with the line it stands on.
class Operand {
  Tensor made; // of what is no tensor

public:
  const Tensor &tensor;
  Loc where;
  Operand(const Tensor &x, Loc where = Loc::current()) : tensor(x), where(where) {}
  Operand(const Variable &x, Loc where = Loc::current()) : made(x), tensor(made), where(where) {}
  template <ScalarType S> Operand(S x, Loc where = Loc::current()) : made(x), tensor(made), where(where) {}
  Operand(const Operand &) = delete;
};

/// Elementwise with broadcasting and NumPy 2's promotion; `/` is true division, `%` follows the divisor's sign, shifts
/// and & | ^ ~ are bitwise (logical on bool), ! is logical.
TCC_API Tensor operator+(const Operand &a, const Operand &b);
TCC_API Tensor operator-(const Operand &a, const Operand &b);
TCC_API Tensor operator*(const Operand &a, const Operand &b);
TCC_API Tensor operator/(const Operand &a, const Operand &b);
TCC_API Tensor operator%(const Operand &a, const Operand &b);
TCC_API Tensor operator==(const Operand &a, const Operand &b);
TCC_API Tensor operator!=(const Operand &a, const Operand &b);
TCC_API Tensor operator<(const Operand &a, const Operand &b);
TCC_API Tensor operator<=(const Operand &a, const Operand &b);
TCC_API Tensor operator>(const Operand &a, const Operand &b);
TCC_API Tensor operator>=(const Operand &a, const Operand &b);
TCC_API Tensor operator&(const Operand &a, const Operand &b);
TCC_API Tensor operator|(const Operand &a, const Operand &b);
TCC_API Tensor operator^(const Operand &a, const Operand &b);
TCC_API Tensor operator<<(const Operand &a, const Operand &b);
TCC_API Tensor operator>>(const Operand &a, const Operand &b);
TCC_API Tensor operator-(const Operand &a);
TCC_API Tensor operator~(const Operand &a);
TCC_API Tensor operator!(const Operand &a);

/// Evaluates and prints as NumPy's str() does: 8 digits, `...` above 1000 elements.
TCC_API std::ostream &operator<<(std::ostream &os, const Tensor &x);

} // namespace tcc
