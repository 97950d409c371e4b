// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The expression layer of the vector math and the frame of its public builders: flattening of n-d vectors.

#include "passes/VectorMathEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/VectorMathFunctions.h"

#include <cmath>

using namespace mlir;

namespace tcc::vecmath {

//===----------------------------------------------------------------------===//
// Types and constants
//===----------------------------------------------------------------------===//

Type Emitter::typeOf(Type element) const {
  if (auto vector = dyn_cast<VectorType>(type))
    return VectorType::get(vector.getShape(), element);
  return element;
}

Type Emitter::intType(unsigned bits) const { return typeOf(builder.getIntegerType(bits)); }

Emitter Emitter::wide() const { return Emitter(builder, loc, typeOf(builder.getF64Type()), options); }

static Value splat(OpBuilder &b, Location loc, Type type, TypedAttr element) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(shaped, element));
  return arith::ConstantOp::create(b, loc, element);
}

F Emitter::constant(double c) {
  return {this, splat(builder, loc, type, builder.getFloatAttr(getElementTypeOrSelf(type), c))};
}

I Emitter::integer(int64_t c, unsigned bits) {
  return {this, splat(builder, loc, intType(bits), builder.getIntegerAttr(builder.getIntegerType(bits), c))};
}

static I integerLike(I x, int64_t c) {
  return x.e->integer(c, getElementTypeOrSelf(x.v.getType()).getIntOrFloatBitWidth());
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

template <typename Op, typename T> static T binary(T a, T b) {
  return {a.e, Op::create(a.e->builder, a.e->loc, a.v, b.v)};
}
static M compare(arith::CmpFPredicate p, F a, F b) {
  return {a.e, arith::CmpFOp::create(a.e->builder, a.e->loc, p, a.v, b.v)};
}
static M compare(arith::CmpIPredicate p, I a, I b) {
  return {a.e, arith::CmpIOp::create(a.e->builder, a.e->loc, p, a.v, b.v)};
}

F operator+(F a, F b) { return binary<arith::AddFOp>(a, b); }
F operator-(F a, F b) { return binary<arith::SubFOp>(a, b); }
F operator*(F a, F b) { return binary<arith::MulFOp>(a, b); }
F operator/(F a, F b) { return binary<arith::DivFOp>(a, b); }
F operator-(F a) { return {a.e, arith::NegFOp::create(a.e->builder, a.e->loc, a.v)}; }
M operator<(F a, F b) { return compare(arith::CmpFPredicate::OLT, a, b); }
M operator<=(F a, F b) { return compare(arith::CmpFPredicate::OLE, a, b); }
M operator>(F a, F b) { return compare(arith::CmpFPredicate::OGT, a, b); }
M operator>=(F a, F b) { return compare(arith::CmpFPredicate::OGE, a, b); }
M operator==(F a, F b) { return compare(arith::CmpFPredicate::OEQ, a, b); }
M operator!=(F a, F b) { return compare(arith::CmpFPredicate::UNE, a, b); }

I operator+(I a, I b) { return binary<arith::AddIOp>(a, b); }
I operator-(I a, I b) { return binary<arith::SubIOp>(a, b); }
I operator*(I a, I b) { return binary<arith::MulIOp>(a, b); }
I operator&(I a, I b) { return binary<arith::AndIOp>(a, b); }
I operator|(I a, I b) { return binary<arith::OrIOp>(a, b); }
I operator^(I a, I b) { return binary<arith::XOrIOp>(a, b); }
M operator<(I a, I b) { return compare(arith::CmpIPredicate::slt, a, b); }
M operator==(I a, I b) { return compare(arith::CmpIPredicate::eq, a, b); }
M operator!=(I a, I b) { return compare(arith::CmpIPredicate::ne, a, b); }
I operator+(I a, int64_t b) { return a + integerLike(a, b); }
I operator-(I a, int64_t b) { return a - integerLike(a, b); }
I operator&(I a, int64_t b) { return a & integerLike(a, b); }
I operator^(I a, int64_t b) { return a ^ integerLike(a, b); }
M operator==(I a, int64_t b) { return a == integerLike(a, b); }
M operator!=(I a, int64_t b) { return a != integerLike(a, b); }
M operator<(I a, int64_t b) { return a < integerLike(a, b); }

M Emitter::both(M a, M b) { return binary<arith::AndIOp>(a, b); }
M Emitter::either(M a, M b) { return binary<arith::OrIOp>(a, b); }
M Emitter::negate(M a) { return {this, (I{this, a.v} ^ integer(1, 1)).v}; }

F Emitter::select(M m, F a, F b) { return {this, arith::SelectOp::create(builder, loc, m.v, a.v, b.v)}; }
I Emitter::select(M m, I a, I b) { return {this, arith::SelectOp::create(builder, loc, m.v, a.v, b.v)}; }

F Emitter::fma(F a, F b, F c) {
  if (!options.fma)
    return a * b + c;
  return {this, math::FmaOp::create(builder, loc, a.v, b.v, c.v)};
}

F Emitter::abs(F x) { return {this, math::AbsFOp::create(builder, loc, x.v)}; }
F Emitter::sqrt(F x) { return {this, math::SqrtOp::create(builder, loc, x.v)}; }
F Emitter::roundEven(F x) { return {this, math::RoundEvenOp::create(builder, loc, x.v)}; }
F Emitter::floor(F x) { return {this, math::FloorOp::create(builder, loc, x.v)}; }
F Emitter::trunc(F x) { return {this, math::TruncOp::create(builder, loc, x.v)}; }
F Emitter::copySign(F magnitude, F sign) { return {this, math::CopySignOp::create(builder, loc, magnitude.v, sign.v)}; }
M Emitter::isNan(F x) { return x != x; }

I Emitter::bits(F x) { return {this, arith::BitcastOp::create(builder, loc, intType(width()), x.v)}; }
F Emitter::fromBits(I x) { return {this, arith::BitcastOp::create(builder, loc, type, x.v)}; }

I Emitter::toInt(F x) {
  // 1.5 * 2^(p-1) + x holds x in its low bits (two's complement). Unlike fptosi this is one instruction of every vector
  // unit (AVX2 has no f64 -> i64) and harmless on NaN.
  const double magic = std::ldexp(1.5, precision() - 1);
  const int64_t magicBits =
      (int64_t(bias() + precision() - 1) << mantissaBits()) + (int64_t(1) << (mantissaBits() - 1));
  return bits(x + magic) - magicBits;
}

Rounded Emitter::roundScaled(F x, double factor, double offset) {
  // One addition rounds (half to even) and leaves the integer in the low bits; roundeven would be two instructions
  // more.
  const double magic = std::ldexp(1.5, precision() - 1);
  const int64_t magicBits =
      (int64_t(bias() + precision() - 1) << mantissaBits()) + (int64_t(1) << (mantissaBits() - 1));
  F t = offset == 0 ? fma(x, constant(factor), constant(magic)) : fma(x, constant(factor), constant(offset)) + magic;
  return {t - magic, bits(t) - magicBits};
}

F Emitter::toFloat(I x) { return {this, arith::SIToFPOp::create(builder, loc, type, x.v)}; }
I Emitter::extend(I x, unsigned bits) { return {this, arith::ExtUIOp::create(builder, loc, intType(bits), x.v)}; }
I Emitter::truncate(I x, unsigned bits) { return {this, arith::TruncIOp::create(builder, loc, intType(bits), x.v)}; }
I Emitter::shiftLeft(I x, int n) { return binary<arith::ShLIOp>(x, integerLike(x, n)); }
I Emitter::shiftRight(I x, int n) { return binary<arith::ShRSIOp>(x, integerLike(x, n)); }
I Emitter::shiftRightLogical(I x, int n) { return binary<arith::ShRUIOp>(x, integerLike(x, n)); }

F Emitter::exp2i(I n) { return fromBits(shiftLeft(n + bias(), mantissaBits())); }

F convert(F x, Emitter &to) {
  if (x.e->width() == to.width())
    return {&to, x.v};
  if (to.isDouble())
    return {&to, arith::ExtFOp::create(to.builder, to.loc, to.type, x.v)};
  return {&to, arith::TruncFOp::create(to.builder, to.loc, to.type, x.v)};
}

//===----------------------------------------------------------------------===//
// Polynomials and error-free transformations
//===----------------------------------------------------------------------===//

static F hornerStrided(Emitter &e, F x, ArrayRef<double> c, size_t first, size_t step) {
  size_t last = first + (c.size() - 1 - first) / step * step;
  F r = e.constant(c[last]);
  for (size_t i = last; i > first; i -= step)
    r = e.fma(r, x, e.constant(c[i - step]));
  return r;
}

F Emitter::poly(F x, ArrayRef<double> c) {
  if (c.size() < 7)
    return horner(x, c);
  F square = x * x;
  return fma(hornerStrided(*this, square, c, 1, 2), x, hornerStrided(*this, square, c, 0, 2));
}

F Emitter::horner(F x, ArrayRef<double> c) { return hornerStrided(*this, x, c, 0, 1); }

Pair Emitter::twoSum(F a, F b) {
  F s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

Pair Emitter::fastTwoSum(F a, F b) {
  F s = a + b;
  return {s, b - (s - a)};
}

Pair Emitter::twoProduct(F a, F b) {
  F p = a * b;
  if (options.fma)
    return {p, fma(a, b, -p)};
  // Dekker (1971): halves by rounding to the upper bits, so that the four partial products are exact. Rounding on the
  // pattern, unlike Veltkamp's splitting, cannot overflow.
  const int cut = (precision() + 1) / 2;
  const int64_t mask = -(int64_t(1) << cut), roundUp = int64_t(1) << (cut - 1);
  F ah = fromBits((bits(a) + roundUp) & mask), al = a - ah;
  F bh = fromBits((bits(b) + roundUp) & mask), bl = b - bh;
  return {p, al * bl - (((p - ah * bh) - al * bh) - ah * bl)};
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

Value Emitter::anyLane(M m) {
  if (!isa<VectorType>(m.v.getType()))
    return m.v;
  return vector::ReductionOp::create(builder, loc, vector::CombiningKind::OR, m.v);
}

/// Room for `shape` in the function's frame, one for each type and `number`.
static Value laneBuffer(OpBuilder &builder, Location loc, VectorType shape, int64_t number) {
  Block *block = builder.getInsertionBlock();
  while (!isa<FunctionOpInterface>(block->getParentOp()))
    block = block->getParentOp()->getBlock();
  block = &block->getParent()->front();
  auto type = MemRefType::get(shape.getShape(), shape.getElementType());
  for (Operation &op : *block) {
    auto mark = op.getAttrOfType<IntegerAttr>("tcc.lanes");
    if (!mark)
      break;
    if (mark.getInt() == number && op.getResult(0).getType() == type)
      return op.getResult(0);
  }
  OpBuilder entry = OpBuilder::atBlockBegin(block);
  auto buffer = memref::AllocaOp::create(entry, loc, type, entry.getI64IntegerAttr(64));
  buffer->setAttr("tcc.lanes", entry.getI64IntegerAttr(number));
  return buffer;
}

// Through memory: lanes of a vector have no address, and each would be put into place by storing and loading all.
SmallVector<Value> Emitter::forEachLane(F x, TypeRange results, function_ref<SmallVector<Value>(Value)> one) {
  auto shape = dyn_cast<VectorType>(type);
  if (!shape)
    return one(x.v);
  auto index = [&](int64_t i) { return arith::ConstantIndexOp::create(builder, loc, i).getResult(); };
  Value zero = index(0), from = laneBuffer(builder, loc, shape, 0);
  SmallVector<Value> to;
  for (auto [i, result] : llvm::enumerate(results))
    to.push_back(laneBuffer(builder, loc, shape.clone(result), i + 1));
  vector::StoreOp::create(builder, loc, x.v, from, zero);
  auto loop = scf::ForOp::create(builder, loc, zero, index(shape.getNumElements()), index(1));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value lane = loop.getInductionVar();
    for (auto [value, buffer] : llvm::zip(one(memref::LoadOp::create(builder, loc, from, lane)), to))
      memref::StoreOp::create(builder, loc, value, buffer, lane);
  }
  SmallVector<Value> whole;
  for (auto [buffer, result] : llvm::zip(to, results))
    whole.push_back(vector::LoadOp::create(builder, loc, shape.clone(result), buffer, zero));
  return whole;
}

SmallVector<F> Emitter::ifAnyLane(M m, ArrayRef<F> otherwise, function_ref<SmallVector<F>()> then) {
  SmallVector<Type> types;
  for (F f : otherwise)
    types.push_back(f.v.getType());
  auto branch = scf::IfOp::create(builder, loc, types, anyLane(m), /*withElseRegion=*/true);
  auto fill = [&](Block *block, ArrayRef<F> results) {
    SmallVector<Value> values;
    for (F f : results)
      values.push_back(f.v);
    scf::YieldOp::create(builder, loc, values);
  };
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  fill(branch.thenBlock(), then());
  builder.setInsertionPointToStart(branch.elseBlock());
  fill(branch.elseBlock(), otherwise);
  SmallVector<F> results;
  for (auto [f, v] : llvm::zip(otherwise, branch.getResults()))
    results.push_back({f.e, v});
  return results;
}

} // namespace tcc::vecmath

//===----------------------------------------------------------------------===//
// Public builders
//===----------------------------------------------------------------------===//

namespace tcc {
using namespace vecmath;

bool isVectorMathType(Type type) {
  if (auto vector = dyn_cast<VectorType>(type)) {
    if (vector.isScalable())
      return false;
    type = vector.getElementType();
  }
  return type.isF32() || type.isF64();
}

/// Runs `expand` on the operands as scalars or vectors of rank 1 and restores the shape.
static Value flattened(OpBuilder &b, Location loc, ValueRange operands, function_ref<Value(ArrayRef<Value>)> expand) {
  Type type = operands.front().getType();
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || vector.getRank() == 1)
    return expand(SmallVector<Value>(operands));
  SmallVector<Value> flat;
  for (Value v : operands) {
    Type flatType = VectorType::get(vector.getNumElements(), getElementTypeOrSelf(v.getType()));
    flat.push_back(vector::ShapeCastOp::create(b, loc, flatType, v));
  }
  return vector::ShapeCastOp::create(b, loc, type, expand(flat));
}

#define TCC_DEFINE(name)                                                                                               \
  Value build##name(OpBuilder &b, Location loc, Value x, const VectorMathOptions &options) {                           \
    assert(isVectorMathType(x.getType()) && "the caller filters by isVectorMathType");                                 \
    return flattened(b, loc, x, [&](ArrayRef<Value> v) {                                                               \
      Emitter e(b, loc, v[0].getType(), options);                                                                      \
      return expand##name(e.value(v[0])).v;                                                                            \
    });                                                                                                                \
  }
TCC_VECTOR_MATH_UNARY(TCC_DEFINE)
#undef TCC_DEFINE
#define TCC_DEFINE(name)                                                                                               \
  Value build##name(OpBuilder &b, Location loc, Value x, Value y, const VectorMathOptions &options) {                  \
    assert(isVectorMathType(x.getType()) && "the caller filters by isVectorMathType");                                 \
    return flattened(b, loc, {x, y}, [&](ArrayRef<Value> v) {                                                          \
      Emitter e(b, loc, v[0].getType(), options);                                                                      \
      return expand##name(e.value(v[0]), e.value(v[1])).v;                                                             \
    });                                                                                                                \
  }
TCC_VECTOR_MATH_BINARY(TCC_DEFINE)
#undef TCC_DEFINE

Value buildFpowi(OpBuilder &b, Location loc, Value x, Value n, const VectorMathOptions &options) {
  return flattened(b, loc, {x, n}, [&](ArrayRef<Value> v) {
    Emitter e(b, loc, v[0].getType(), options);
    return expandFpowi(e.value(v[0]), I{&e, v[1]}).v;
  });
}

Value buildIpowi(OpBuilder &b, Location loc, Value x, Value n) {
  return flattened(b, loc, {x, n}, [&](ArrayRef<Value> v) { return expandIpowi(b, loc, v[0], v[1]); });
}

} // namespace tcc
