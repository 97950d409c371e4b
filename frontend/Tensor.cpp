// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The handle itself: what it knows, how it gives out data, its members, its operators, and Variables.
#include "tcc/Tensor.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"
#include "frontend/Trace.h"
#include "tcc/Contract.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"
#include "tcc/Transforms.h"

#include <mutex>

namespace tcc {
namespace {

const detail::TensorImpl &implOf(const Tensor &x) {
  if (!x.valid())
    fail("Tensor", Loc::current(), Kind::value, "expected a tensor, got an empty (default-constructed) one");
  return *x.impl();
}

std::shared_ptr<detail::TensorImpl> weakImpl(Scalar value, Dtype dtype) {
  auto impl = std::make_shared<detail::TensorImpl>(dtype, Shape());
  impl->weak = value;
  return impl;
}

} // namespace

std::shared_ptr<detail::TensorImpl> Tensor::weakInteger(int64_t value, Dtype dtype) { return weakImpl(value, dtype); }
std::shared_ptr<detail::TensorImpl> Tensor::weakReal(double value, Dtype dtype) { return weakImpl(value, dtype); }
std::shared_ptr<detail::TensorImpl> Tensor::weakComplex(std::complex<double> value, Dtype dtype) {
  return weakImpl(value, dtype);
}

const Shape &Tensor::shape() const { return implOf(*this).shape; }
int64_t Tensor::ndim() const { return int64_t(shape().size()); }
// Nobody may compute with the number that stands for an open size: shape() hands it on, extent() gives its value.
int64_t Tensor::size() const {
  if (hasOpen(shape()))
    fail("size", Loc::current(), Kind::shape, "expected known sizes, got ", shape(), ": extent(x) counts the elements");
  return elementCount(shape());
}
int64_t Tensor::dim(int64_t axis, Loc where) const {
  int64_t n = shape()[size_t(normalizeAxis(axis, ndim(), "dim", where))];
  if (isOpen(n))
    fail("dim", where, Kind::shape, "expected a known size of axis ", axis, ", got ", shape(),
         ": shape() hands it on to other functions, extent(x, axis) gives it as a tensor");
  return n;
}
Dtype Tensor::dtype() const { return implOf(*this).dtype; }

const void *Tensor::evaluatedData(Dtype expected, const char *function, Loc where) const {
  expectTensor(*this, function, where);
  if (dtype() != expected)
    fail(function, where, Kind::dtype, "expected the C++ type of ", dtype(), ", got that of ", expected,
         " (astype converts)");
  // A weak scalar becomes data in place, so that the pointer lives as long as the handle.
  if (isWeak(*this)) {
    static std::mutex mutex;
    std::lock_guard lock(mutex);
    if (!pointer->data) {
      Buffer buffer = allocateElements(expected, {}, function, where);
      writeElement(expected, buffer.data(), 0, *pointer->weak);
      pointer->data = std::move(buffer);
    }
    return pointer->data.data();
  }
  return evaluated(*this, where).data();
}

const void *Tensor::itemData(Dtype expected, Loc where) const {
  expectTensor(*this, "item", where);
  if (size() != 1)
    fail("item", where, Kind::shape, "expected a tensor of one element, got shape ", shape());
  return evaluatedData(expected, "item", where);
}

//===----------------------------------------------------------------------===//
// Members that are functions
//===----------------------------------------------------------------------===//

Tensor Tensor::astype(Dtype dtype, Loc where) const {
  expectTensor(*this, "astype", where);
  return asDtype(*this, dtype, where);
}
Tensor Tensor::reshape(Shape shape, Loc where) const { return tcc::reshape(*this, std::move(shape), where); }
Tensor Tensor::flatten(Loc where) const { return tcc::flatten(*this, where); }
Tensor Tensor::squeeze(Axes axes, Loc where) const { return tcc::squeeze(*this, std::move(axes), where); }
Tensor Tensor::transpose(Axes perm, Loc where) const { return tcc::transpose(*this, std::move(perm), where); }
Tensor Tensor::T(Loc where) const { return tcc::transpose(*this, {}, where); }
Tensor Tensor::swapaxes(int64_t a, int64_t b, Loc where) const { return tcc::swapaxes(*this, a, b, where); }
Tensor Tensor::real(Loc where) const { return tcc::real(*this, where); }
Tensor Tensor::imag(Loc where) const { return tcc::imag(*this, where); }
Tensor Tensor::conj(Loc where) const { return tcc::conj(*this, where); }
Tensor Tensor::abs(Loc where) const { return tcc::abs(*this, where); }
Tensor Tensor::sum(Axes axes, Loc where) const { return tcc::sum(*this, std::move(axes), {}, where); }
Tensor Tensor::prod(Axes axes, Loc where) const { return tcc::prod(*this, std::move(axes), {}, where); }
Tensor Tensor::mean(Axes axes, Loc where) const { return tcc::mean(*this, std::move(axes), {}, where); }
Tensor Tensor::var(Axes axes, Loc where) const { return tcc::var(*this, std::move(axes), {}, where); }
Tensor Tensor::std_dev(Axes axes, Loc where) const { return tcc::std_dev(*this, std::move(axes), {}, where); }
Tensor Tensor::max(Axes axes, Loc where) const { return tcc::max(*this, std::move(axes), {}, where); }
Tensor Tensor::min(Axes axes, Loc where) const { return tcc::min(*this, std::move(axes), {}, where); }
Tensor Tensor::argmax(Axes axes, Loc where) const { return tcc::argmax(*this, std::move(axes), {}, where); }
Tensor Tensor::argmin(Axes axes, Loc where) const { return tcc::argmin(*this, std::move(axes), {}, where); }
Tensor Tensor::all(Axes axes, Loc where) const { return tcc::all(*this, std::move(axes), {}, where); }
Tensor Tensor::any(Axes axes, Loc where) const { return tcc::any(*this, std::move(axes), {}, where); }
Tensor Tensor::cumsum(Axes axis, Loc where) const { return tcc::cumsum(*this, std::move(axis), where); }
Tensor Tensor::dot(const Tensor &other, Loc where) const { return tcc::dot(*this, other, where); }

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

Tensor operator+(const Operand &a, const Operand &b) { return add(a.tensor, b.tensor, a.where); }
Tensor operator-(const Operand &a, const Operand &b) { return subtract(a.tensor, b.tensor, a.where); }
Tensor operator*(const Operand &a, const Operand &b) { return multiply(a.tensor, b.tensor, a.where); }
Tensor operator/(const Operand &a, const Operand &b) { return divide(a.tensor, b.tensor, a.where); }
Tensor operator%(const Operand &a, const Operand &b) { return remainder(a.tensor, b.tensor, a.where); }
Tensor operator==(const Operand &a, const Operand &b) { return equal(a.tensor, b.tensor, a.where); }
Tensor operator!=(const Operand &a, const Operand &b) { return not_equal(a.tensor, b.tensor, a.where); }
Tensor operator<(const Operand &a, const Operand &b) { return less(a.tensor, b.tensor, a.where); }
Tensor operator<=(const Operand &a, const Operand &b) { return less_equal(a.tensor, b.tensor, a.where); }
Tensor operator>(const Operand &a, const Operand &b) { return greater(a.tensor, b.tensor, a.where); }
Tensor operator>=(const Operand &a, const Operand &b) { return greater_equal(a.tensor, b.tensor, a.where); }
Tensor operator&(const Operand &a, const Operand &b) { return bitwise_and(a.tensor, b.tensor, a.where); }
Tensor operator|(const Operand &a, const Operand &b) { return bitwise_or(a.tensor, b.tensor, a.where); }
Tensor operator^(const Operand &a, const Operand &b) { return bitwise_xor(a.tensor, b.tensor, a.where); }
Tensor operator<<(const Operand &a, const Operand &b) { return left_shift(a.tensor, b.tensor, a.where); }
Tensor operator>>(const Operand &a, const Operand &b) { return right_shift(a.tensor, b.tensor, a.where); }
Tensor operator-(const Operand &a) { return neg(a.tensor, a.where); }
Tensor operator~(const Operand &a) { return bitwise_not(a.tensor, a.where); }
Tensor operator!(const Operand &a) { return logical_not(a.tensor, a.where); }

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

struct Variable::Cell {
  std::string name;
  Tensor value;
  // Threads may read and rebind one cell; the values themselves never change.
  mutable std::mutex mutex;
};

namespace {
/// What a cell holds: never a weak scalar, and without history, so that a loop's graph does not grow.
Tensor kept(const Tensor &x, const char *op, Loc where) {
  if (!x.valid())
    fail(op, where, Kind::value, "expected a tensor, got an empty (default-constructed) one");
  Tensor value = detail::strong(x);
  // What is put back while a function is traced must not become a value of the trace.
  if (isTracing() && value.impl()->ready.load(std::memory_order_acquire))
    return fromBuffer(value.impl()->data, value.dtype(), value.shape());
  return value.impl()->graph ? stop_gradient(value, where) : value;
}
} // namespace

Variable::Variable(std::string name, Tensor initial, Loc where) : cell(std::make_shared<Cell>()) {
  cell->name = std::move(name);
  cell->value = kept(initial, "Variable", where);
}
Variable::Variable(Tensor initial, Loc where) : Variable("", std::move(initial), where) {}
Tensor Variable::value() const {
  std::unique_lock lock(cell->mutex);
  Tensor now = cell->value;
  lock.unlock();
  noteVariableRead(*this, now);
  return now;
}
void Variable::assign(Tensor value, Loc where) {
  Tensor next = kept(value, "assign", where);
  std::unique_lock lock(cell->mutex);
  std::swap(cell->value, next);
  lock.unlock();
  if (!isTracing())
    return;
  auto now = [cell = cell] {
    std::lock_guard lock(cell->mutex);
    return cell->value;
  };
  auto undo = [cell = cell, before = next] {
    std::lock_guard lock(cell->mutex);
    cell->value = before;
  };
  noteRebinding({cell.get(), cell->name, where, now, undo});
}
const std::string &Variable::name() const { return cell->name; }
const Shape &Variable::shape() const { return cell->value.shape(); }
Dtype Variable::dtype() const { return cell->value.dtype(); }

} // namespace tcc
