// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy 2's type lattice and broadcasting.
#include "frontend/Promotion.h"
#include "frontend/Elements.h"
#include "frontend/OpBuilders.h"
#include "frontend/TensorImpl.h"
#include "frontend/UserError.h"

#include <algorithm>
#include <limits>

namespace tcc {
namespace {

bool isSigned(Dtype d) { return d >= int8 && d <= int64; }

/// The narrowest float that NumPy gives an array of these bool or integers in company of a half.
Dtype floatFor(Dtype exact, Dtype half) {
  int64_t width = exact == bool_ ? 1 : itemsize(exact);
  return width == 1 ? half : width == 2 ? float32 : float64;
}

Dtype promoteIntegers(Dtype a, Dtype b) {
  if (isSigned(a) == isSigned(b))
    return std::max(a, b);
  Dtype s = isSigned(a) ? a : b, u = isSigned(a) ? b : a;
  if (itemsize(s) > itemsize(u))
    return s;
  return u == uint8 ? int16 : int64;
}

Dtype promoteFloats(Dtype a, Dtype b) {
  if (a == b)
    return a;
  if ((a == float16 && b == bfloat16) || (a == bfloat16 && b == float16))
    return float32;
  return std::max(a, b);
}

const char *rangeOf(Dtype dtype, int64_t &low, int64_t &high) {
  switch (dtype) {
  case int8:
    low = -128, high = 127;
    return "[-128, 127]";
  case int16:
    low = -32768, high = 32767;
    return "[-32768, 32767]";
  case int32:
    low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
    return "[-2147483648, 2147483647]";
  case uint8:
    low = 0, high = 255;
    return "[0, 255]";
  case uint32:
    low = 0, high = 0xffffffff;
    return "[0, 4294967295]";
  default:
    return nullptr;
  }
}

/// The value in the form a constant of that dtype has.
Scalar convert(const Scalar &value, Dtype dtype, const char *op, Loc where) {
  if (is_complex(dtype))
    return asComplex(value);
  if (is_floating(dtype))
    return asDouble(value);
  if (dtype == bool_)
    return int64_t(asComplex(value) != std::complex<double>());
  int64_t low, high, v = asInteger(value);
  if (const char *range = rangeOf(dtype, low, high); range && (v < low || v > high))
    fail(op, where, Kind::value, "expected a number in ", range, " beside ", dtype, ", got ", v);
  return v;
}

Tensor splat(const Tensor &weak, Dtype dtype, const Shape &shape, const char *op, Loc where) {
  return emitSplat(convert(*weak.impl()->weak, dtype, op, where), dtype, shape, where);
}

Dtype resultDtype(Dtype common, Promote how) {
  if (how == Promote::inexact && !is_inexact(common))
    return float64;
  if (how == Promote::integer && common == bool_)
    return int64;
  return common;
}

} // namespace

double largest(Dtype dtype) {
  return dtype == float16                         ? 65504.0
         : dtype == bfloat16                      ? 0x1.fep127
         : dtype == float32 || dtype == complex64 ? double(std::numeric_limits<float>::max())
                                                  : std::numeric_limits<double>::max();
}
bool holds(Dtype dtype, int64_t value) {
  int64_t low, high;
  return !rangeOf(dtype, low, high) || (low <= value && value <= high);
}
/// Only the scalar's kind counts.
static bool promotesWeakly(const Tensor &x) { return isWeak(x) || x.impl()->promotesWeakly; }
bool isWeak(const Tensor &x) { return x.valid() && x.impl()->weak.has_value(); }

Dtype promote(Dtype a, Dtype b) {
  if (a == b || b == bool_)
    return a;
  if (a == bool_)
    return b;
  if (is_integer(a) && is_integer(b))
    return promoteIntegers(a, b);
  if (is_complex(a) || is_complex(b)) {
    Dtype real = promote(real_dtype(a), real_dtype(b));
    return real == float64 ? complex128 : complex64;
  }
  if (is_floating(a) && is_floating(b))
    return promoteFloats(a, b);
  Dtype f = is_floating(a) ? a : b, i = is_floating(a) ? b : a;
  return promoteFloats(f, f == float64 ? f : floatFor(i, f));
}

Dtype promoteWeak(Dtype array, Dtype scalar) {
  if (scalar == bool_ || is_complex(array))
    return array;
  if (is_integer(scalar))
    return array == bool_ ? int64 : array;
  if (is_floating(scalar))
    return is_floating(array) ? array : promote(array, scalar);
  return is_floating(array) ? complex_dtype(array) : complex128;
}

void expectTensor(const Tensor &x, const char *op, Loc where) {
  if (!x.valid())
    fail(op, where, Kind::value, "expected tensors, got an empty (default-constructed) one");
}

/// Of `count` tensors, of which at(i) gives a reference to one.
template <class At> static Dtype commonDtypeOf(size_t count, At at, const char *op, Loc where) {
  std::optional<Dtype> arrays, scalars;
  for (size_t i = 0; i < count; ++i) {
    const Tensor &x = at(i);
    expectTensor(x, op, where);
    if (!promotesWeakly(x))
      arrays = arrays ? promote(*arrays, x.dtype()) : x.dtype();
  }
  for (size_t i = 0; i < count; ++i)
    if (const Tensor &x = at(i); promotesWeakly(x)) {
      if (arrays)
        arrays = promoteWeak(*arrays, x.dtype());
      else if (!scalars)
        scalars = x.dtype();
      // Two scalars: the kind decides first, as if the lower one were weaker still.
      else if (is_inexact(*scalars) != is_inexact(x.dtype()))
        scalars = is_inexact(x.dtype()) ? x.dtype() : *scalars;
      else
        scalars = promote(*scalars, x.dtype());
    }
  return arrays ? *arrays : scalars ? *scalars : float32;
}
Dtype commonDtype(std::span<const Tensor> xs, const char *op, Loc where) {
  return commonDtypeOf(xs.size(), [&](size_t i) -> const Tensor & { return xs[i]; }, op, where);
}

/// Of two sizes that broadcast; a known one tells more than an open one.
static int64_t commonSize(int64_t p, int64_t q) { return p == 1 || (isOpen(p) && q != 1) ? q : p; }

Shape broadcastShapes(std::span<const Tensor> xs, const char *op, Loc where) {
  Shape result;
  for (size_t k = 0; k < xs.size(); ++k) {
    expectTensor(xs[k], op, where);
    const Shape &shape = xs[k].shape();
    if (k == 0)
      result = shape;
    if (shape == result)
      continue;
    size_t rank = std::max(result.size(), shape.size());
    Shape next(rank);
    for (size_t i = 0; i < rank; ++i) {
      int64_t p = i < rank - result.size() ? 1 : result[i - (rank - result.size())];
      int64_t q = i < rank - shape.size() ? 1 : shape[i - (rank - shape.size())];
      if (!mayAgree(p, q) && p != 1 && q != 1) {
        std::string all;
        for (size_t j = 0; j < xs.size(); ++j) {
          detail::append(all, j == 0 ? "" : j + 1 == xs.size() ? " and " : ", ");
          detail::append(all, xs[j].shape());
        }
        fail(op, where, Kind::shape, "expected shapes that broadcast, got ", all);
      }
      next[i] = commonSize(p, q);
    }
    result = std::move(next);
  }
  return result;
}

Shape broadcastShapes(const Shape &a, const Shape &b, const char *op, Loc where) {
  size_t rank = std::max(a.size(), b.size());
  Shape result(rank);
  for (size_t i = 0; i < rank; ++i) {
    int64_t p = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
    int64_t q = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
    if (!mayAgree(p, q) && p != 1 && q != 1)
      fail(op, where, Kind::shape, "expected shapes that broadcast, got ", a, " and ", b);
    result[i] = commonSize(p, q);
  }
  return result;
}

Tensor asDtype(const Tensor &x, Dtype dtype, Loc where) {
  if (isWeak(x))
    return splat(x, dtype, {}, "cast", where);
  return x.dtype() == dtype ? x : ops::cast(x, dtype, x.shape(), where);
}

Tensor broadcastTo(const Tensor &x, const Shape &shape, const char *op, Loc where) {
  if (isWeak(x))
    return splat(x, x.dtype(), shape, op, where);
  if (x.shape() == shape)
    return x;
  size_t lead = shape.size() - x.shape().size();
  bool fits = x.shape().size() <= shape.size();
  for (size_t i = 0; fits && i < x.shape().size(); ++i)
    fits = x.shape()[i] == 1 || mayAgree(x.shape()[i], shape[lead + i]);
  if (!fits)
    fail(op, where, Kind::shape, "expected a shape that broadcasts to ", shape, ", got ", x.shape());
  std::vector<int64_t> dims(x.shape().size());
  for (size_t i = 0; i < dims.size(); ++i)
    dims[i] = int64_t(lead + i);
  return ops::broadcast(x, dims, x.dtype(), shape, where);
}

Tensor promoteUnary(const Tensor &x, Promote how, const char *op, Loc where) {
  Dtype dtype = commonDtype({&x, 1}, op, where);
  dtype = resultDtype(dtype, how);
  return isWeak(x) ? splat(x, dtype, {}, op, where) : asDtype(x, dtype, where);
}

static Tensor fitted(const Tensor &x, Dtype dtype, const Shape &shape, const char *op, Loc where) {
  return isWeak(x) ? splat(x, dtype, shape, op, where) : broadcastTo(asDtype(x, dtype, where), shape, op, where);
}

std::vector<Tensor> promoteAll(std::span<const Tensor> xs, Promote how, const char *op, Loc where) {
  Dtype dtype = resultDtype(commonDtype(xs, op, where), how);
  Shape shape = broadcastShapes(xs, op, where);
  std::vector<Tensor> out;
  for (const Tensor &x : xs)
    out.push_back(fitted(x, dtype, shape, op, where));
  return out;
}

bool isPromoted(const Tensor &x, Promote how) {
  return x.valid() && !promotesWeakly(x) && resultDtype(x.dtype(), how) == x.dtype();
}
bool arePromoted(const Tensor &a, const Tensor &b, Promote how) {
  return isPromoted(a, how) && isPromoted(b, how) && a.dtype() == b.dtype() && a.shape() == b.shape();
}

/// An operand that is made for one op only: what a C++ number becomes joins the graph with that op.
static Tensor operandFor(const Tensor &x, Dtype dtype, const Shape &shape, const char *op, Loc where) {
  if (!isWeak(x) || hasOpen(shape))
    return fitted(x, dtype, shape, op, where);
  auto impl = std::make_shared<detail::TensorImpl>(dtype, shape);
  impl->splat = convert(*x.impl()->weak, dtype, op, where);
  return Tensor(std::move(impl));
}

std::pair<Tensor, Tensor> promoteBinary(const Tensor &a, const Tensor &b, Promote how, const char *op, Loc where) {
  auto operand = [&](size_t i) -> const Tensor & { return i == 0 ? a : b; };
  Dtype dtype = resultDtype(commonDtypeOf(2, operand, op, where), how);
  // Mostly one of them broadcasts to the other as it is, and no shape is made.
  bool isOfA = b.shape().empty() || a.shape() == b.shape(), isOfB = a.shape().empty();
  Shape common = isOfA || isOfB ? Shape() : broadcastShapes(a.shape(), b.shape(), op, where);
  const Shape &shape = isOfA ? a.shape() : isOfB ? b.shape() : common;
  Tensor x = operandFor(a, dtype, shape, op, where); // first: ops stand in the order of operands
  return {std::move(x), operandFor(b, dtype, shape, op, where)};
}

} // namespace tcc
