// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pulling elements of affine positions; KernelAccess.cpp has the ops that read at computed ones.
#include "passes/KernelBody.h"

#include "passes/KernelOps.h"
#include "passes/ScalarKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace tcc {

GenericBuilder::GenericBuilder(KernelState &kernel, Location loc, ArrayRef<utils::IteratorType> iterators,
                               ArrayRef<AffineExpr> sizes)
    : kernel(kernel), loc(loc), iterators(iterators), sizes(sizes), block(new Block),
      body(kernel.builder.getContext()) {
  body.setInsertionPointToEnd(block);
}

GenericBuilder::~GenericBuilder() {
  if (!block)
    return;
  block->dropAllDefinedValueUses();
  delete block;
}

Value buildScalarConstant(OpBuilder &builder, Location loc, Type type, Attribute value) {
  if (isa<ComplexType>(type))
    return complex::ConstantOp::create(builder, loc, type, cast<ArrayAttr>(value));
  return arith::ConstantOp::create(builder, loc, cast<TypedAttr>(value));
}

/// The one element of a splat, as a scalar of the body (bool is i1, unsigned signless).
static Value buildSplat(OpBuilder &builder, Location loc, ConstantOp op) {
  Type element = tensorType(op.getY()).getElementType();
  if (auto complexElement = dyn_cast<mlir::ComplexType>(element)) {
    auto value = cast<DenseElementsAttr>(op.getValue()).getSplatValue<std::complex<APFloat>>();
    auto part = cast<FloatType>(complexElement.getElementType());
    return buildScalarConstant(
        builder, loc, element,
        builder.getArrayAttr({FloatAttr::get(part, value.real()), FloatAttr::get(part, value.imag())}));
  }
  if (isa<FloatType>(element))
    return buildScalarConstant(
        builder, loc, element,
        FloatAttr::get(element, cast<DenseElementsAttr>(op.getValue()).getSplatValue<APFloat>()));
  auto value = cast<DenseElementsAttr>(op.getValue()).getSplatValue<APInt>();
  Type type = IntegerType::get(builder.getContext(), element.getIntOrFloatBitWidth());
  return buildScalarConstant(builder, loc, type, IntegerAttr::get(type, value));
}

Value GenericBuilder::constant(int64_t value) {
  Value &known = constants[value];
  if (!known)
    known = arith::ConstantIndexOp::create(body, loc, value);
  return known;
}

Value GenericBuilder::index(unsigned dim) {
  Value &known = dimIndices[dim];
  if (!known)
    known = linalg::IndexOp::create(body, loc, dim);
  return known;
}

Value GenericBuilder::evaluate(AffineExpr expr, ValueRange dims) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return constant(number.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims.empty() ? index(dim.getPosition()) : dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value left = evaluate(binary.getLHS(), dims), right = evaluate(binary.getRHS(), dims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(body, loc, left, right);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(body, loc, left, right);
  case AffineExprKind::FloorDiv: // positions are never negative
    return arith::DivUIOp::create(body, loc, left, right);
  default:
    return arith::RemUIOp::create(body, loc, left, right);
  }
}

SmallVector<Value> GenericBuilder::indices(const Position &position) {
  if (!position.map)
    return position.values;
  SmallVector<Value> values;
  for (AffineExpr expr : position.map.getResults())
    values.push_back(evaluate(expr, {}));
  return values;
}

Value GenericBuilder::fromStorage(Value scalar, Type element) {
  if (!element.isInteger(1))
    return scalar;
  Value zero = arith::ConstantOp::create(body, loc, body.getI8IntegerAttr(0));
  return arith::CmpIOp::create(body, loc, arith::CmpIPredicate::ne, scalar, zero);
}

// A stored elementwise value that is read in another order than its rows could belong to another outer iteration: it is
// computed again instead. Arguments and reductions are always read (FormKernels sees to it that rows fit).
bool GenericBuilder::mayRead(Value tensor, const Position &position) const {
  Operation *op = tensor.getDefiningOp();
  if (!op || roleOf(op) == Role::Reduction || roleOf(op) == Role::Contraction)
    return true;
  if (!position.map)
    return false;
  for (unsigned axis = 0; axis < position.map.getNumResults() && int64_t(axis) < kernel.outer; ++axis)
    if (position.map.getResult(axis) != getAffineDimExpr(axis, body.getContext()))
      return false;
  return true;
}

// Linalg takes the extent of a dim from any operand that is indexed by it alone: where a slice from position 0 reads
// only the front of an axis, the access must not look like that.
bool GenericBuilder::coversAxes(Value tensor, AffineMap map) const {
  for (auto [axis, expr] : llvm::enumerate(map.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      AffineExpr extent = sizes[dim.getPosition()], size = kernel.shapes.size(tensor, axis);
      if (extent && size && extent != size)
        return false;
    }
  return true;
}

std::optional<std::pair<int64_t, int64_t>> GenericBuilder::range(AffineExpr position) const {
  if (auto number = dyn_cast<AffineConstantExpr>(position))
    return std::pair(number.getValue(), number.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(position)) {
    auto size = dyn_cast_or_null<AffineConstantExpr>(sizes[dim.getPosition()]);
    return size && size.getValue() > 0 ? std::optional(std::pair(int64_t(0), size.getValue() - 1)) : std::nullopt;
  }
  auto binary = cast<AffineBinaryOpExpr>(position);
  auto left = range(binary.getLHS()), right = range(binary.getRHS());
  if (!left || !right)
    return std::nullopt;
  if (position.getKind() == AffineExprKind::Add)
    return std::pair(left->first + right->first, left->second + right->second);
  if (position.getKind() != AffineExprKind::Mul)
    return std::nullopt;
  int64_t low = left->first * right->first, high = left->second * right->first; // the right side is constant
  return std::pair(std::min(low, high), std::max(low, high));
}

Value GenericBuilder::part(Value tensor, Value memref, AffineMap map) {
  if (coversAxes(tensor, map))
    return memref;
  auto type = cast<MemRefType>(memref.getType());
  if (!isa<BlockArgument>(memref) || !type.hasStaticShape())
    return {};
  SmallVector<int64_t> lengths(type.getShape()), zeros(lengths.size(), 0), ones(lengths.size(), 1);
  for (auto [expr, length] : llvm::zip(map.getResults(), lengths))
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      auto size = dyn_cast_or_null<AffineConstantExpr>(sizes[dim.getPosition()]);
      if (!size || size.getValue() > length)
        return {};
      length = size.getValue();
    }
  return memref::SubViewOp::create(kernel.builder, loc, memref, zeros, lengths, ones);
}

Value GenericBuilder::load(Value tensor, Value memref, const Position &position) {
  Type element = tensorType(tensor).getElementType();
  if (Value known = position.map ? loads.lookup({memref, position.map}) : Value())
    return known;
  Value operand =
      position.map && (inRegion || coversAxes(tensor, position.map)) ? part(tensor, memref, position.map) : Value();
  if (!operand) {
    kernel.readsStoredAnywhere |= tensor.getDefiningOp() != nullptr;
    return fromStorage(memref::LoadOp::create(body, loc, memref, indices(position)), element);
  }
  inputs.push_back(operand);
  inputMaps.push_back(position.map);
  return loads[{memref, position.map}] = fromStorage(block->addArgument(storageType(element), loc), element);
}

Value GenericBuilder::pull(Value tensor, const Position &position) {
  auto key = std::make_pair(tensor.getAsOpaquePointer(), std::vector<void *>());
  if (position.map) {
    if (Value known = pulled.lookup({tensor, position.map}))
      return known;
  } else {
    for (Value value : position.values)
      key.second.push_back(value.getAsOpaquePointer());
    if (auto known = pulledAt.find(key); known != pulledAt.end())
      return known->second;
  }
  auto stored = kernel.memory.find(tensor);
  Value result = stored != kernel.memory.end() && mayRead(tensor, position)
                     ? load(tensor, stored->second, position)
                     : compute(tensor.getDefiningOp(), tensor, position);
  if (!result)
    return result;
  if (position.map)
    pulled[{tensor, position.map}] = result;
  else
    pulledAt[key] = result;
  return result;
}

Position GenericBuilder::through(Operation *view, const Position &position) {
  if (AffineMap map = viewMap(view)) {
    if (position.map)
      return {map.compose(position.map), {}};
    Position result;
    for (AffineExpr expr : map.getResults())
      result.values.push_back(position.values.empty() ? evaluate(expr, {}) : evaluate(expr, position.values));
    return result;
  }
  SmallVector<Value> from = indices(position);
  Position result;
  Value x = view->getOperand(0), y = view->getResult(0);
  if (auto reverse = dyn_cast<ReverseOp>(view)) {
    result.values = from;
    for (int64_t axis : reverse.getAxes()) {
      Value last = arith::SubIOp::create(body, loc, kernel.size(x, axis), constant(1));
      result.values[axis] = arith::SubIOp::create(body, loc, last, from[axis]);
    }
    return result;
  }
  // A reshape that splits axes: by the row-major number of the element.
  Value number = constant(0);
  for (int64_t axis = 0; axis < tensorType(y).getRank(); ++axis) {
    number = arith::MulIOp::create(body, loc, number, kernel.size(y, axis));
    number = arith::AddIOp::create(body, loc, number, from[axis]);
  }
  result.values.resize(tensorType(x).getRank());
  for (int64_t axis = tensorType(x).getRank() - 1; axis >= 0; --axis) {
    Value size = kernel.size(x, axis);
    result.values[axis] = arith::RemUIOp::create(body, loc, number, size);
    number = arith::DivUIOp::create(body, loc, number, size);
  }
  return result;
}

Value GenericBuilder::compute(Operation *op, Value tensor, const Position &position) {
  if (!op)
    return {};
  switch (roleOf(op)) {
  case Role::Elementwise: {
    SmallVector<Value> scalars;
    for (Value operand : op->getOperands()) {
      scalars.push_back(pull(operand, position));
      if (!scalars.back())
        return {};
    }
    Value scalar = buildScalarKernel(op, body, loc, scalars);
    if (!scalar)
      op->emitOpError("has no scalar kernel for ") << tensor.getType();
    return scalar;
  }
  case Role::Source: {
    if (auto splat = dyn_cast<ConstantOp>(op))
      return buildSplat(body, loc, splat);
    if (isa<RandomBitsOp>(op))
      return computeRandomBits(op, position);
    if (auto extent = dyn_cast<ExtentOp>(op)) {
      Value product = constant(1);
      for (int64_t axis : extent.getAxes()) {
        Value size = kernel.size(extent.getX(), axis);
        if (!size) {
          extent.emitOpError("counts along an axis whose size follows from no argument");
          return {};
        }
        product = arith::MulIOp::create(body, loc, product, size);
      }
      return arith::IndexCastOp::create(body, loc, body.getI64Type(), product);
    }
    auto iota = cast<IotaOp>(op);
    unsigned axis = tensorType(tensor).getRank() == 1 ? 0 : iota.getAxis();
    Value at = position.map ? evaluate(position.map.getResult(axis), {}) : position.values[axis];
    Type element = tensorType(tensor).getElementType();
    Value number = arith::IndexCastOp::create(body, loc, body.getI64Type(), at);
    if (isa<FloatType>(element))
      return arith::SIToFPOp::create(body, loc, element, number);
    Type integer = storageType(element);
    return integer.isInteger(64) ? number : arith::TruncIOp::create(body, loc, integer, number).getResult();
  }
  case Role::View:
    return pull(op->getOperand(0), through(op, position));
  case Role::Access:
    if (isa<PadOp>(op))
      return computePad(op, position);
    if (isa<ConcatenateOp>(op))
      return computeConcatenate(op, position);
    return computeGather(op, position);
  default:
    op->emitOpError("cannot be computed inside of a kernel's expression");
    return {};
  }
}

void GenericBuilder::store(Value scalar, Value memref, AffineMap map) {
  if (scalar.getType().isInteger(1))
    scalar = arith::ExtUIOp::create(body, loc, body.getI8Type(), scalar);
  outputs.push_back({nullptr, scalar, memref, map});
}

void GenericBuilder::reduce(Operation *op, Value scalar, Value memref, AffineMap map) {
  store(scalar, memref, map);
  outputs.back().combiner = op;
}

void GenericBuilder::provideExtents() {
  llvm::SmallBitVector known(getNumDims());
  auto note = [&](AffineMap map) {
    for (AffineExpr expr : map.getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        known.set(dim.getPosition());
  };
  llvm::for_each(inputMaps, note);
  for (const Output &output : outputs)
    note(output.map);
  if (known.all())
    return;
  SmallVector<int64_t> shape;
  SmallVector<Value> open;
  SmallVector<AffineExpr> dims;
  for (unsigned dim = 0; dim < getNumDims(); ++dim) {
    if (known[dim])
      continue;
    auto size = dyn_cast<AffineConstantExpr>(sizes[dim]);
    shape.push_back(size ? size.getValue() : ShapedType::kDynamic);
    dims.push_back(getAffineDimExpr(dim, body.getContext()));
    if (!size)
      open.push_back(kernel.sizes.materialize(sizes[dim]));
  }
  OpBuilder &builder = kernel.builder;
  auto alloc = memref::AllocOp::create(builder, loc, MemRefType::get(shape, builder.getI8Type()), open);
  alloc->setAttr("tcc.extents", builder.getUnitAttr());
  inputs.push_back(alloc);
  inputMaps.push_back(AffineMap::get(getNumDims(), 0, dims, body.getContext()));
  block->addArgument(builder.getI8Type(), loc);
}

static Value buildCombination(OpBuilder &b, Location loc, Operation *op, Value left, Value right) {
  Type type = tensorType(op->getResult(0)).getElementType();
  bool isFloat = isa<FloatType>(type), isUnsigned = type.isUnsignedInteger();
  if (type.isInteger(1)) // stored as 0 or 1
    return isa<ReduceAndOp, ReduceMinOp, ReduceProdOp>(op) ? arith::AndIOp::create(b, loc, left, right).getResult()
                                                           : arith::OrIOp::create(b, loc, left, right).getResult();
  if (isa<ReduceSumOp, DotGeneralOp>(op)) {
    if (isa<ComplexType>(type))
      return complex::AddOp::create(b, loc, left, right);
    return isFloat ? arith::AddFOp::create(b, loc, left, right).getResult()
                   : arith::AddIOp::create(b, loc, left, right);
  }
  if (isa<ReduceProdOp>(op)) {
    if (isa<ComplexType>(type))
      return complex::MulOp::create(b, loc, left, right);
    return isFloat ? arith::MulFOp::create(b, loc, left, right).getResult()
                   : arith::MulIOp::create(b, loc, left, right);
  }
  if (isa<ReduceMaxOp>(op)) {
    if (isFloat)
      return arith::MaximumFOp::create(b, loc, left, right);
    return isUnsigned ? arith::MaxUIOp::create(b, loc, left, right).getResult()
                      : arith::MaxSIOp::create(b, loc, left, right);
  }
  if (isFloat)
    return arith::MinimumFOp::create(b, loc, left, right);
  return isUnsigned ? arith::MinUIOp::create(b, loc, left, right).getResult()
                    : arith::MinSIOp::create(b, loc, left, right);
}

Value buildNeutral(OpBuilder &b, Location loc, Operation *op) {
  Type element = tensorType(op->getResult(0)).getElementType(), type = storageType(element);
  if (auto complexType = dyn_cast<mlir::ComplexType>(type)) {
    Type part = complexType.getElementType();
    double real = isa<ReduceProdOp>(op) ? 1 : 0;
    return buildScalarConstant(b, loc, type, b.getArrayAttr({b.getFloatAttr(part, real), b.getFloatAttr(part, 0)}));
  }
  bool isMax = isa<ReduceMaxOp>(op), isMin = isa<ReduceMinOp>(op);
  if (auto floatType = dyn_cast<FloatType>(type)) {
    APFloat value = isMax || isMin ? APFloat::getInf(floatType.getFloatSemantics(), isMax)
                                   : APFloat(floatType.getFloatSemantics(), isa<ReduceProdOp>(op) ? 1 : 0);
    return buildScalarConstant(b, loc, type, FloatAttr::get(type, value));
  }
  unsigned width = type.getIntOrFloatBitWidth();
  APInt value(width, isa<ReduceProdOp, ReduceAndOp>(op) ? 1 : 0);
  if (element.isInteger(1))
    value = APInt(width, isa<ReduceProdOp, ReduceAndOp, ReduceMinOp>(op) ? 1 : 0);
  else if (element.isUnsignedInteger())
    value = isMin ? APInt::getMaxValue(width) : value;
  else if (isMax || isMin)
    value = isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width);
  return buildScalarConstant(b, loc, type, IntegerAttr::get(type, value));
}

linalg::GenericOp GenericBuilder::finish() {
  SmallVector<AffineMap> maps(inputMaps);
  SmallVector<Value> destinations, yields;
  for (const Output &output : outputs) {
    Value old = block->addArgument(cast<MemRefType>(output.memref.getType()).getElementType(), loc);
    yields.push_back(output.combiner ? buildCombination(body, loc, output.combiner, old, output.scalar)
                                     : output.scalar);
    destinations.push_back(output.memref);
    maps.push_back(output.map);
  }
  linalg::YieldOp::create(body, loc, yields);
  auto generic = linalg::GenericOp::create(kernel.builder, loc, TypeRange(), inputs, destinations, maps, iterators);
  generic.getRegion().getBlocks().clear();
  generic.getRegion().push_back(block);
  block = nullptr;
  return generic;
}

} // namespace tcc
