// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derivatives in their public forms, all over one reverse sweep.
#include "tcc/Transforms.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"
#include "tcc/Create.h"
#include "tcc/Pointwise.h"

namespace tcc {
namespace {

/// Zeros that nothing was folded into: a point to differentiate at.
Tensor placeholderLike(const Tensor &x) { return leafOf(int64_t(0), x.dtype(), x.shape(), Loc::current()); }

Tensor orZeros(const Tensor &g, const Tensor &x, Loc where) {
  return g.valid() ? g : zerosOf(x.dtype(), x.shape(), where);
}

void expectShapes(const std::vector<Tensor> &like, const std::vector<Tensor> &xs, const char *what, const char *op,
                  Loc where) {
  if (like.size() != xs.size())
    fail(op, where, Kind::value, "expected ", like.size(), " ", what, ", got ", xs.size());
  for (const auto *list : {&like, &xs})
    for (const Tensor &x : *list)
      expectTensor(x, op, where);
  for (size_t i = 0; i < xs.size(); ++i)
    if (xs[i].shape() != like[i].shape())
      fail(op, where, Kind::shape, "expected ", what, " of shape ", like[i].shape(), ", got ", xs[i].shape());
}

std::vector<Tensor> asDtypesOf(const std::vector<Tensor> &xs, const std::vector<Tensor> &like, Loc where) {
  std::vector<Tensor> out;
  for (size_t i = 0; i < xs.size(); ++i)
    out.push_back(asDtype(xs[i], like[i].dtype(), where));
  return out;
}

/// The pullbacks of all elements of y at once, for a cotangent of `seed` there: y's shape ++ x's shape.
Tensor rows(const Tensor &y, const Tensor &x, Scalar seed, Loc where) {
  Shape square = {y.size(), y.size()}, cotangents = y.shape(), shape = y.shape();
  Tensor diagonal = equal(iotaOf(square, 0, int64, where), iotaOf(square, 1, int64, where), where);
  Tensor unit =
      tcc::where(diagonal, emitSplat(seed, y.dtype(), square, where), zerosOf(y.dtype(), square, where), where);
  cotangents.insert(cotangents.begin(), y.size());
  auto pullback = [&](const std::vector<Tensor> &dy) {
    return detail::TraceResult{{orZeros(gradients({y}, dy, {x}, where)[0], x, where)}, {}};
  };
  detail::TraceResult all = detail::mapOver({reshapeTo(unit, cotangents, where)}, 0, 0, pullback, where);
  shape.insert(shape.end(), x.shape().begin(), x.shape().end());
  return reshapeTo(all.tensors[0], shape, where);
}

} // namespace

Tensor detail::strong(const Tensor &x) {
  return isWeak(x) ? leafOf(*x.impl()->weak, x.dtype(), {}, Loc::current()) : x;
}

std::vector<Tensor> detail::chosen(const std::vector<Tensor> &args, const std::vector<int64_t> &argnums, Loc where) {
  std::vector<Tensor> out;
  int64_t n = int64_t(args.size());
  for (int64_t k : argnums) {
    if (k < -n || k >= n)
      fail("value_and_grad", where, Kind::value, "expected argument numbers in [", -n, ", ", n, "), got ", k);
    out.push_back(args[size_t(k < 0 ? k + n : k)]);
  }
  return out;
}

std::vector<Tensor> grad(const Tensor &y, const std::vector<Tensor> &xs, Loc where) {
  if (!y.valid())
    fail("grad", where, Kind::value, "expected a tensor, got an empty (default-constructed) one");
  if (y.size() != 1)
    fail("grad", where, Kind::shape, "expected a function with one element, got shape ", y.shape());
  if (!is_floating(y.dtype()))
    fail("grad", where, Kind::dtype, "expected a real floating function, got ", y.dtype());
  for (const Tensor &x : xs)
    if (!x.valid())
      fail("grad", where, Kind::value, "expected tensors to differentiate by, got an empty (default-constructed) one");
    else if (!is_inexact(x.dtype()))
      fail("grad", where, Kind::dtype, "expected floating or complex tensors to differentiate by, got ", x.dtype());
  std::vector<Tensor> out = gradients({y}, {emitSplat(1.0, y.dtype(), y.shape(), where)}, xs, where);
  for (size_t i = 0; i < xs.size(); ++i)
    out[i] = orZeros(out[i], xs[i], where);
  return out;
}
Tensor grad(const Tensor &y, const Tensor &x, Loc where) { return grad(y, std::vector<Tensor>{x}, where)[0]; }
Tensor grad(const Tensor &y, const Variable &x, Loc where) { return grad(y, x.value(), where); }
std::vector<Tensor> grad(const Tensor &y, std::initializer_list<Tensor> xs, Loc where) {
  return grad(y, std::vector<Tensor>(xs), where);
}
std::vector<Tensor> grad(const Tensor &y, const std::vector<Variable> &xs, Loc where) {
  std::vector<Tensor> values;
  for (const Variable &x : xs)
    values.push_back(x.value());
  return grad(y, values, where);
}
std::vector<Tensor> grad(const Tensor &y, std::initializer_list<Variable> xs, Loc where) {
  return grad(y, std::vector<Variable>(xs), where);
}

std::vector<Tensor> vjp(const std::vector<Tensor> &ys, const std::vector<Tensor> &xs,
                        const std::vector<Tensor> &cotangents, Loc where) {
  expectShapes(ys, cotangents, "cotangents", "vjp", where);
  std::vector<Tensor> out = gradients(ys, asDtypesOf(cotangents, ys, where), xs, where);
  for (size_t i = 0; i < xs.size(); ++i)
    out[i] = orZeros(out[i], xs[i], where);
  return out;
}

// The pullback u -> J^T u is linear, so its own pullback is J (double reverse mode; as in j-towns 2017, "A new trick
// for calculating Jacobian vector products"). u is a leaf: a constant zero could be folded away.
std::vector<Tensor> jvp(const std::vector<Tensor> &ys, const std::vector<Tensor> &xs,
                        const std::vector<Tensor> &tangents, Loc where) {
  expectShapes(xs, tangents, "tangents", "jvp", where);
  std::vector<Tensor> us;
  for (const Tensor &y : ys)
    us.push_back(placeholderLike(y));
  std::vector<Tensor> pulled = gradients(ys, us, xs, where), reached, along, out(ys.size());
  for (size_t i = 0; i < xs.size(); ++i)
    if (pulled[i].valid()) {
      reached.push_back(pulled[i]);
      along.push_back(asDtype(tangents[i], xs[i].dtype(), where));
    }
  if (!reached.empty())
    out = gradients(reached, along, us, where);
  for (size_t i = 0; i < ys.size(); ++i)
    out[i] = orZeros(out[i], ys[i], where);
  return out;
}

Tensor jacobian(const Tensor &y, const Tensor &x, Loc where) {
  expectTensor(y, "jacobian", where);
  expectTensor(x, "jacobian", where);
  if (!is_inexact(y.dtype()) || !is_inexact(x.dtype()))
    fail("jacobian", where, Kind::dtype, "expected floating or complex tensors, got ", y.dtype(), " and ", x.dtype());
  if (!is_complex(y.dtype()))
    return rows(y, x, 1.0, where);
  Tensor direct = rows(y, x, std::complex<double>(1), where);
  // The pullback of a holomorphic function multiplies by conj(f').
  if (is_complex(x.dtype()))
    return conj(direct, where);
  // Of real x: the cotangent i picks the imaginary part's row.
  Tensor imaginary = rows(y, x, std::complex<double>(0, 1), where);
  return complex(direct, imaginary, where);
}

Tensor hessian(const Tensor &y, const Tensor &x, Loc where) {
  if (is_complex(x.dtype()))
    fail("hessian", where, Kind::dtype, "expected a real tensor to differentiate by, got ", x.dtype());
  return jacobian(grad(y, x, where), x, where);
}

Tensor stop_gradient(const Tensor &x, Loc where) {
  return ops::stop_gradient(asNode(x, "stop_gradient", where), where);
}

} // namespace tcc
