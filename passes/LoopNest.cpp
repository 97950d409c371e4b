// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads stage-3 kernels into KernelNest: unifies dynamic sizes, linearises accesses, merges loops.

#include "passes/LoopNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using llvm::APFloat;

namespace tcc {

bool Size::operator==(const Size &other) const {
  return coefficient == other.coefficient && (coefficient == 0 || symbols == other.symbols);
}

Size Size::operator*(const Size &other) const {
  Size product{coefficient * other.coefficient, symbols};
  product.symbols.append(other.symbols);
  llvm::sort(product.symbols);
  if (product.coefficient == 0)
    product.symbols.clear();
  return product;
}

AffineExpr Size::toAffine(MLIRContext *context) const {
  AffineExpr expr = getAffineConstantExpr(coefficient, context);
  for (unsigned id : symbols)
    expr = getAffineSymbolExpr(id, context) * expr;
  return expr;
}

ElementKind ElementKind::of(Type element) {
  if (auto complex = dyn_cast<ComplexType>(element))
    return {complex.getElementType(), complex.getElementType(), true};
  if (element.isF16() || element.isBF16())
    return {element, Float32Type::get(element.getContext()), false};
  return {element, element, false};
}

unsigned KernelNest::bufferOf(Value value) const {
  if (auto view = value.getDefiningOp<memref::SubViewOp>())
    value = view.getSource();
  for (auto [i, buffer] : llvm::enumerate(buffers))
    if (buffer.value == value)
      return i;
  llvm_unreachable("every memref of a stage-3 kernel is an argument or an alloc");
}

namespace {
/// Dynamic sizes that must be equal because one loop runs over both.
class SymbolClasses {
public:
  unsigned add() {
    parent.push_back(parent.size());
    value.push_back(std::nullopt);
    return parent.size() - 1;
  }
  void unify(const Size &a, const Size &b) {
    if (a.isConstant() && b.isConstant())
      return;
    if (a.isConstant())
      return unify(b, a);
    unsigned ra = find(a.symbols.front());
    if (b.isConstant()) {
      value[ra] = b.coefficient;
      return;
    }
    unsigned rb = find(b.symbols.front());
    if (ra == rb)
      return;
    // The lower id leads, so that argument sizes win over those of temporaries.
    if (rb < ra)
      std::swap(ra, rb);
    parent[rb] = ra;
    if (value[rb])
      value[ra] = value[rb];
  }
  Size resolve(const Size &size) {
    Size result = Size::constant(size.coefficient);
    for (unsigned id : size.symbols) {
      unsigned root = find(id);
      result = result * (value[root] ? Size::constant(*value[root]) : Size::symbol(root));
    }
    return result;
  }

private:
  unsigned find(unsigned id) {
    while (parent[id] != id)
      id = parent[id] = parent[parent[id]];
    return id;
  }
  SmallVector<unsigned> parent;
  SmallVector<std::optional<int64_t>> value;
};

/// Adds `scale * expr` to a linear form; false when `expr` is not linear.
bool accumulateLinear(AffineExpr expr, int64_t scale, SmallVectorImpl<int64_t> &coefficients, int64_t &constant) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] += scale;
    return true;
  }
  if (auto value = dyn_cast<AffineConstantExpr>(expr)) {
    constant += scale * value.getValue();
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (expr.getKind() == AffineExprKind::Add)
    return accumulateLinear(binary.getLHS(), scale, coefficients, constant) &&
           accumulateLinear(binary.getRHS(), scale, coefficients, constant);
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return expr.getKind() == AffineExprKind::Mul && factor &&
         accumulateLinear(binary.getLHS(), scale * factor.getValue(), coefficients, constant);
}

/// Temporaries hold one outer iteration: their outer axes take no space.
FailureOr<Access> linearise(linalg::GenericOp op, unsigned bufferId, const Buffer &buffer, AffineMap map,
                            unsigned numOuter) {
  Access access;
  access.buffer = bufferId;
  access.strides.assign(map.getNumDims(), Size::constant(0));
  SmallVector<Size> axisStrides(buffer.shape.size(), Size::constant(1));
  for (int axis = int(buffer.shape.size()) - 2; axis >= 0; --axis)
    axisStrides[axis] = axisStrides[axis + 1] * buffer.shape[axis + 1];
  if (buffer.isTemporary)
    for (unsigned axis = 0; axis < std::min<size_t>(numOuter, axisStrides.size()); ++axis)
      axisStrides[axis] = Size::constant(0);
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    SmallVector<int64_t> coefficients(map.getNumDims(), 0);
    int64_t constant = 0;
    if (!accumulateLinear(expr, 1, coefficients, constant))
      return op.emitOpError("indexing map is not affine in the loops: ") << AffineMapAttr::get(map);
    if (constant != 0 && !axisStrides[axis].is(0))
      access.offset.push_back(Size::constant(constant) * axisStrides[axis]);
    for (auto [d, coefficient] : llvm::enumerate(coefficients)) {
      if (coefficient == 0 || axisStrides[axis].is(0))
        continue;
      Size term = Size::constant(coefficient) * axisStrides[axis];
      Size &stride = access.strides[d];
      if (stride.is(0))
        stride = term;
      else if (stride.symbols == term.symbols)
        stride.coefficient += term.coefficient; // a diagonal: one loop on two axes of like stride
      else
        return op.emitOpError("a loop runs along two axes of different dynamic strides: ") << AffineMapAttr::get(map);
    }
  }
  return access;
}
} // namespace

FailureOr<KernelNest> KernelNest::analyse(func::FuncOp function, unsigned region) {
  KernelNest nest;
  nest.function = function;
  if (auto outer = function->getAttrOfType<IntegerAttr>("tcc.outer"))
    nest.numOuter = outer.getInt();

  SymbolClasses classes;
  auto addBuffer = [&](Value value, bool isTemporary) {
    auto type = cast<MemRefType>(value.getType());
    Buffer buffer{value, ElementKind::of(type.getElementType()), isTemporary, {}};
    // A half-precision temporary would round every step of a reduction kept in it.
    if (isTemporary && (type.getElementType().isF16() || type.getElementType().isBF16()))
      buffer.kind.storage = buffer.kind.compute;
    for (int64_t size : type.getShape())
      buffer.shape.push_back(ShapedType::isDynamic(size) ? Size::symbol(classes.add()) : Size::constant(size));
    nest.buffers.push_back(std::move(buffer));
  };
  for (Value argument : function.getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !type.getLayout().isIdentity())
      return function.emitOpError("kernel argument is not a row-major memref: ") << argument.getType();
    addBuffer(argument, false);
    nest.numSymbols += type.getNumDynamicDims();
  }
  llvm::SmallPtrSet<Value, 4> crossed;
  for (auto generic : function.getOps<linalg::GenericOp>())
    if (reducesAcross(generic, nest.numOuter))
      crossed.insert_range(generic.getDpsInits());
  SmallVector<linalg::GenericOp> fills;
  for (Operation &op : function.getBody().front()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
      addBuffer(alloc.getResult(), true);
      // An open size that is one of an argument's.
      unsigned next = 0;
      for (Size &size : nest.buffers.back().shape) {
        if (size.isConstant())
          continue;
        auto dim = alloc.getDynamicSizes()[next++].getDefiningOp<memref::DimOp>();
        if (std::optional<int64_t> axis = dim ? dim.getConstantIndex() : std::nullopt)
          classes.unify(size, nest.buffers[nest.bufferOf(dim.getSource())].shape[*axis]);
      }
    } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      if (isFill(generic) && crossed.contains(generic.getDpsInits().front())) {
        fills.push_back(generic);
        continue;
      }
      auto number = generic->getAttrOfType<IntegerAttr>("tcc.region");
      if (!number || number.getInt() == region)
        nest.generics.push_back(Generic{generic, {}, {}, {}, {}, {}, 0});
    } else if (!isa<memref::SubViewOp, memref::DimOp, memref::DeallocOp, arith::ConstantOp, complex::ConstantOp,
                    func::ReturnOp>(op) &&
               !isa<arith::ArithDialect>(op.getDialect()))
      return op.emitOpError("is not part of a stage-3 kernel");
  }

  // Extents: every loop has an operand indexed by it alone (linalg demands it).
  SmallVector<std::optional<Size>> outer(nest.numOuter);
  for (Generic &generic : nest.generics) {
    SmallVector<std::optional<Size>> extents(generic.op.getNumLoops());
    if (extents.size() < nest.numOuter)
      return generic.op.emitOpError("has fewer loops than the kernel's outer dims");
    for (OpOperand &operand : generic.op->getOpOperands()) {
      const Buffer &buffer = nest.buffers[nest.bufferOf(operand.get())];
      auto view = operand.get().getDefiningOp<memref::SubViewOp>();
      for (auto [axis, expr] : llvm::enumerate(generic.op.getMatchingIndexingMap(&operand).getResults())) {
        auto dim = dyn_cast<AffineDimExpr>(expr);
        if (!dim)
          continue;
        unsigned d = dim.getPosition();
        std::optional<Size> &extent = d < nest.numOuter ? outer[d] : extents[d];
        const Size size = view ? Size::constant(view.getType().getDimSize(axis)) : buffer.shape[axis];
        if (!extent)
          extent = size;
        else
          classes.unify(*extent, size);
        if (extent->symbols.size() && size.isConstant())
          extent = size;
      }
    }
    generic.numInputs = generic.op.getNumDpsInputs();
    generic.indexUsed.assign(extents.size(), false);
    generic.op->walk([&](linalg::IndexOp index) { generic.indexUsed[index.getDim()] = true; });
    for (auto [d, kind] : llvm::enumerate(generic.op.getIteratorTypesArray())) {
      generic.reduction.push_back(kind == utils::IteratorType::reduction);
      generic.loopOf.push_back(d);
      if (d >= nest.numOuter && !extents[d])
        return generic.op.emitOpError("extent of loop ") << d << " is not determined by an operand";
      generic.extents.push_back(d < nest.numOuter ? Size::constant(0) : *extents[d]);
    }
  }
  for (auto [d, extent] : llvm::enumerate(outer)) {
    if (!extent && !nest.generics.empty())
      return function.emitOpError("extent of outer dim ") << d << " is not determined by an operand";
    nest.outerExtents.push_back(classes.resolve(extent.value_or(Size::constant(0))));
  }
  for (Buffer &buffer : nest.buffers)
    for (Size &size : buffer.shape)
      size = classes.resolve(size);
  for (Generic &generic : nest.generics) {
    for (auto [d, extent] : llvm::enumerate(generic.extents))
      extent = d < nest.numOuter ? nest.outerExtents[d] : classes.resolve(extent);
    for (OpOperand &operand : generic.op->getOpOperands()) {
      unsigned id = nest.bufferOf(operand.get());
      FailureOr<Access> access =
          linearise(generic.op, id, nest.buffers[id], generic.op.getMatchingIndexingMap(&operand), nest.numOuter);
      if (failed(access))
        return failure();
      generic.accesses.push_back(std::move(*access));
    }
    // A symbol that only a temporary has cannot be computed from the kernel's arguments.
    for (const Size &extent : generic.extents)
      if (llvm::any_of(extent.symbols, [&](unsigned id) { return id >= nest.numSymbols; }))
        return generic.op.emitOpError("a loop extent is not the size of any argument");
  }
  for (Generic &generic : nest.generics)
    for (unsigned i = 0; reducesAcross(generic.op, nest.numOuter) && i < generic.numOutputs(); ++i) {
      Access &access = generic.output(i);
      const Buffer output = nest.buffers[access.buffer];
      Crossing crossing{access.buffer, unsigned(nest.buffers.size()), matchCombiner(generic, i), nullptr, 0};
      for (linalg::GenericOp fill : fills)
        for (auto [result, filled] : llvm::enumerate(fill.getDpsInits()))
          if (filled == output.value)
            crossing.fill = fill, crossing.result = result;
      if (!crossing.combiner || !crossing.fill || output.isTemporary)
        return generic.op.emitOpError("reduces across rows what is no sum, or no result, or starts from nothing");
      nest.crossings.push_back(crossing);
      nest.buffers.push_back(
          {Value(), {output.kind.compute, output.kind.compute, output.kind.isComplex}, false, output.shape});
      access.buffer = crossing.partial;
    }
  return nest;
}

/// Removes loop `d` of `generic`; a loop above moves down by one.
static void eraseLoop(Generic &generic, unsigned d, int becomes) {
  generic.extents.erase(generic.extents.begin() + d);
  generic.reduction.erase(generic.reduction.begin() + d);
  generic.indexUsed.erase(generic.indexUsed.begin() + d);
  for (Access &access : generic.accesses)
    access.strides.erase(access.strides.begin() + d);
  for (int &loop : generic.loopOf)
    loop = loop == int(d) ? becomes : loop > int(d) ? loop - 1 : loop;
}

unsigned normaliseLoops(MutableArrayRef<Generic *> generics, unsigned begin, unsigned end) {
  if (generics.empty())
    return end;
  for (unsigned d = end; d-- > begin;)
    if (generics.front()->extents[d].is(1)) {
      for (Generic *generic : generics)
        eraseLoop(*generic, d, -1);
      --end;
    }
  for (unsigned d = end; d-- > begin + 1;) {
    bool merges = llvm::all_of(generics, [&](Generic *generic) {
      return !generic->indexUsed[d] && !generic->indexUsed[d - 1] &&
             generic->reduction[d] == generic->reduction[d - 1] &&
             llvm::all_of(generic->accesses, [&](const Access &access) {
               return access.strides[d - 1] == access.strides[d] * generic->extents[d];
             });
    });
    if (!merges)
      continue;
    for (Generic *generic : generics) {
      generic->extents[d - 1] = generic->extents[d - 1] * generic->extents[d];
      for (Access &access : generic->accesses)
        access.strides[d - 1] = access.strides[d];
      eraseLoop(*generic, d, d - 1);
    }
    --end;
  }
  return end;
}

bool isFill(linalg::GenericOp generic) {
  return generic.getNumDpsInputs() == 0 &&
         !generic
              ->walk([](Operation *op) {
                return isa<memref::LoadOp, linalg::IndexOp>(op) ? WalkResult::interrupt() : WalkResult::advance();
              })
              .wasInterrupted();
}

bool reducesAcross(linalg::GenericOp generic, unsigned numOuter) {
  auto iterators = generic.getIteratorTypesArray();
  return llvm::is_contained(ArrayRef(iterators).take_front(numOuter), utils::IteratorType::reduction);
}

Operation *matchCombiner(Generic &generic, unsigned i) {
  Block &body = generic.op.getRegion().front();
  BlockArgument accumulator = body.getArgument(generic.numInputs + i);
  Operation *op = body.getTerminator()->getOperand(i).getDefiningOp();
  if (!op || !accumulator.hasOneUse() || *accumulator.user_begin() != op)
    return nullptr;
  return isa<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MulIOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::MaxNumFOp, arith::MinNumFOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp,
             arith::AndIOp, arith::OrIOp, arith::XOrIOp, complex::AddOp, complex::MulOp>(op)
             ? op
             : nullptr;
}

TypedAttr neutralElement(Operation *combiner, Type type) {
  if (auto floatType = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &semantics = floatType.getFloatSemantics();
    // -0 is the neutral element of IEEE addition: 0 + (-0) = 0 but -0 + (-0) = -0.
    if (isa<arith::AddFOp, complex::AddOp>(combiner))
      return FloatAttr::get(type, APFloat::getZero(semantics, /*Negative=*/true));
    if (isa<arith::MulFOp, complex::MulOp>(combiner))
      return FloatAttr::get(type, APFloat(semantics, 1));
    if (isa<arith::MaxNumFOp, arith::MinNumFOp>(combiner))
      return FloatAttr::get(type, APFloat::getNaN(semantics));
    return FloatAttr::get(type, APFloat::getInf(semantics, /*Negative=*/isa<arith::MaximumFOp>(combiner)));
  }
  unsigned bits = type.getIntOrFloatBitWidth();
  auto get = [&](const llvm::APInt &value) -> TypedAttr { return IntegerAttr::get(type, value); };
  if (isa<arith::MulIOp>(combiner))
    return get(llvm::APInt(bits, 1));
  if (isa<arith::AndIOp, arith::MinUIOp>(combiner))
    return get(llvm::APInt::getAllOnes(bits));
  if (isa<arith::MaxSIOp>(combiner))
    return get(llvm::APInt::getSignedMinValue(bits));
  if (isa<arith::MinSIOp>(combiner))
    return get(llvm::APInt::getSignedMaxValue(bits));
  return get(llvm::APInt::getZero(bits));
}

} // namespace tcc
