// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Propagation of symbolic sizes through tcc ops.
#include "passes/SymbolicShapes.h"

#include "dialect/Functions.h"
#include "passes/KernelOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {

static bool isOpen(Value value) { return !tensorType(value).hasStaticShape(); }

SymbolicShapes::SymbolicShapes(ArrayRef<Value> arguments, MLIRContext *context) : context(context) {
  for (Value argument : arguments) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.hasStaticShape())
      continue;
    SmallVector<AffineExpr> &sizes = open[argument];
    for (int64_t size : type.getShape()) {
      if (!ShapedType::isDynamic(size)) {
        sizes.push_back(getAffineConstantExpr(size, context));
        continue;
      }
      sizes.push_back(getAffineSymbolExpr(parents.size(), context));
      parents.push_back(parents.size());
    }
  }
}

SymbolicShapes::SymbolicShapes(func::FuncOp function, function_ref<AffineMap(LaunchOp)> resultShapes)
    : SymbolicShapes(llvm::to_vector_of<Value>(function.getArguments()), function.getContext()) {
  if (parents.empty())
    return;
  for (Operation &op : function.getBody().front())
    visit(&op, resultShapes);
}

void SymbolicShapes::add(Operation *op) {
  visit(op, [](LaunchOp) { return AffineMap(); });
}

AffineExpr SymbolicShapes::canonical(AffineExpr expr) const {
  if (!unified || !expr)
    return expr;
  SmallVector<AffineExpr> replacements;
  for (unsigned i = 0; i < parents.size(); ++i) {
    unsigned root = i;
    while (parents[root] != root)
      root = parents[root];
    replacements.push_back(getAffineSymbolExpr(root, context));
  }
  return expr.replaceSymbols(replacements);
}

void SymbolicShapes::demandEqual(Operation *op, AffineExpr a, AffineExpr b) {
  a = canonical(a);
  b = canonical(b);
  // Sizes that are both in the types have been compared by the op's verifier.
  if (a == b || !a || !b || (isa<AffineConstantExpr>(a) && isa<AffineConstantExpr>(b)))
    return;
  required.push_back({a, b, false, op});
  auto left = dyn_cast<AffineSymbolExpr>(a), right = dyn_cast<AffineSymbolExpr>(b);
  if (!left || !right)
    return;
  parents[std::max(left.getPosition(), right.getPosition())] = std::min(left.getPosition(), right.getPosition());
  unified = true;
}

void SymbolicShapes::demandAtMost(Operation *op, AffineExpr a, AffineExpr b) {
  a = canonical(a);
  b = canonical(b);
  if (a && b && a != b && !(isa<AffineConstantExpr>(a) && isa<AffineConstantExpr>(b)))
    required.push_back({a, b, true, op});
}

AffineExpr SymbolicShapes::size(Value value, int64_t axis) const {
  int64_t size = tensorType(value).getDimSize(axis);
  if (!ShapedType::isDynamic(size))
    return getAffineConstantExpr(size, context);
  auto found = open.find(value);
  return found == open.end() ? AffineExpr() : canonical(found->second[axis]);
}

bool SymbolicShapes::haveSameShape(Value a, Value b) const {
  RankedTensorType type = tensorType(a);
  if (type.getShape() != tensorType(b).getShape())
    return false;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis) && (!size(a, axis) || size(a, axis) != size(b, axis)))
      return false;
  return true;
}

// What is carried keeps its shape; other results have those of the function that makes them.
SmallVector<SmallVector<AffineExpr>> SymbolicShapes::ofFunctions(Operation *op,
                                                                 function_ref<AffineMap(LaunchOp)> resultShapes) {
  SmallVector<SmallVector<AffineExpr>> sizes;
  auto keep = [&](ValueRange carried) {
    for (Value value : carried) {
      sizes.emplace_back();
      for (int64_t axis = 0; axis < tensorType(value).getRank(); ++axis)
        sizes.back().push_back(size(value, axis));
    }
  };
  if (auto loop = dyn_cast<WhileLoopOp>(op)) {
    keep(loop.getState());
    sizes.emplace_back();
    return sizes;
  }
  if (auto unwind = dyn_cast<UnwindOp>(op)) {
    keep(unwind.getCotangents());
    return sizes;
  }
  auto scan = dyn_cast<ScanOp>(op);
  // The callee's symbols are the open sizes of its arguments.
  SmallVector<AffineExpr> symbols;
  auto bind = [&](ValueRange arguments, int64_t firstAxis) {
    for (Value argument : arguments)
      for (int64_t axis = firstAxis; axis < tensorType(argument).getRank(); ++axis)
        if (tensorType(argument).isDynamicDim(axis))
          symbols.push_back(size(argument, axis));
  };
  if (scan) {
    bind(scan.getCaptures(), 0);
    bind(scan.getCarries(), 0);
    bind(scan.getXs(), 1);
    keep(scan.getCarries());
    for (Value x : scan.getXs())
      demandEqual(op, size(scan.getXs().front(), 0), size(x, 0));
  } else {
    bind(isa<CondOp>(op) ? op->getOperands().drop_front() : op->getOperands(), 0);
  }
  func::FuncOp callee = lookupFunction(op, functionsNamedBy(op).front());
  AffineMap given;
  if (auto known = callee->getAttrOfType<AffineMapAttr>("tcc.result_shapes")) // its buffers are planned already
    given = known.getValue();
  else
    given = SymbolicShapes(callee, resultShapes).openSizes(callee.front().getTerminator()->getOperands());
  bool isKnown = given && llvm::all_of(symbols, [](AffineExpr expr) { return bool(expr); });
  unsigned next = 0, numCarried = sizes.size();
  for (auto [index, result] : llvm::enumerate(op->getResults())) {
    SmallVector<AffineExpr> shape;
    ArrayRef<int64_t> extents = tensorType(result).getShape();
    bool isStack = scan && index >= numCarried;
    if (isStack)
      shape.push_back(ShapedType::isDynamic(extents[0]) ? size(scan.getXs().front(), 0)
                                                        : getAffineConstantExpr(extents[0], context));
    for (int64_t extent : extents.drop_front(isStack))
      shape.push_back(!ShapedType::isDynamic(extent) ? getAffineConstantExpr(extent, context)
                      : isKnown                      ? given.getResult(next++).replaceDimsAndSymbols({}, symbols)
                                                     : AffineExpr());
    if (index >= numCarried)
      sizes.push_back(shape);
  }
  return sizes;
}

AffineMap SymbolicShapes::openSizes(ValueRange values) const {
  SmallVector<AffineExpr> sizes;
  for (Value value : values)
    for (int64_t axis = 0; axis < tensorType(value).getRank(); ++axis)
      if (tensorType(value).isDynamicDim(axis)) {
        sizes.push_back(size(value, axis));
        if (!sizes.back())
          return {};
      }
  return AffineMap::get(0, parents.size(), sizes, context);
}

void SymbolicShapes::visit(Operation *op, function_ref<AffineMap(LaunchOp)> resultShapes) {
  if (llvm::none_of(op->getResults(), isOpen) && llvm::none_of(op->getOperands(), isOpen))
    return;
  auto in = [&](unsigned operand, int64_t axis) { return size(op->getOperand(operand), axis); };
  auto rankOf = [&](unsigned operand) { return tensorType(op->getOperand(operand)).getRank(); };
  auto constant = [&](int64_t value) { return getAffineConstantExpr(value, context); };
  SmallVector<SmallVector<AffineExpr>> sizes(op->getNumResults()); // null: not known
  auto copy = [&](unsigned operand, unsigned result = 0) {
    for (int64_t axis = 0; axis < rankOf(operand); ++axis)
      sizes[result].push_back(in(operand, axis));
  };
  auto without = [&](ArrayRef<int64_t> axes) {
    for (int64_t axis = 0; axis < rankOf(0); ++axis)
      if (!llvm::is_contained(axes, axis))
        sizes[0].push_back(in(0, axis));
  };
  auto like = [&](Value value) {
    for (int64_t axis = 0; axis < tensorType(value).getRank(); ++axis)
      sizes[0].push_back(size(value, axis));
  };

  // Of a window in `room`, which must have one.
  auto positions = [&](AffineExpr room, AffineExpr window, int64_t stride) {
    demandAtMost(op, window, room);
    return room && window ? (room - window).floorDiv(stride) + 1 : AffineExpr();
  };

  if (op->hasTrait<trait::Elementwise>()) {
    copy(0);
    for (unsigned operand = 1; operand < op->getNumOperands(); ++operand)
      for (int64_t axis = 0; axis < rankOf(operand); ++axis)
        demandEqual(op, in(0, axis), in(operand, axis));
  } else if (op->hasTrait<trait::Reduction>()) {
    without(op->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef());
  } else {
    llvm::TypeSwitch<Operation *>(op)
        .Case<IotaOp>([&](IotaOp iota) {
          if (iota.getLike() && tensorType(iota.getLike()).getRank() != iota.getType().getRank())
            sizes[0].push_back(size(iota.getLike(), iota.getAxis()));
          else if (iota.getLike())
            like(iota.getLike());
        })
        .Case<RandomBitsOp>([&](RandomBitsOp random) {
          if (random.getLike())
            like(random.getLike());
          for (int64_t axis = 0; axis < rankOf(0) - 1; ++axis)
            demandEqual(op, in(0, axis),
                        random.getLike() ? size(random.getLike(), axis)
                                         : constant(random.getY().getType().getDimSize(axis)));
        })
        .Case<BroadcastOp>([&](BroadcastOp broadcast) {
          RankedTensorType result = tensorType(broadcast.getResult());
          Value model = broadcast.getLike();
          for (int64_t axis = 0; axis < result.getRank(); ++axis)
            sizes[0].push_back(!result.isDynamicDim(axis) ? constant(result.getDimSize(axis))
                               : model                    ? size(model, axis)
                                                          : AffineExpr());
          // An axis repeats its elements only where its type says that it has one.
          for (auto [axis, place] : llvm::enumerate(broadcast.getDims())) {
            if (tensorType(broadcast.getX()).getDimSize(axis) == 1)
              continue;
            if (result.isDynamicDim(place) && !(model && tensorType(model).isDynamicDim(place)))
              sizes[0][place] = in(0, axis);
            demandEqual(op, in(0, axis), sizes[0][place]);
          }
        })
        .Case<ReshapeOp>([&](ReshapeOp reshape) {
          RankedTensorType from = reshape.getX().getType(), to = reshape.getY().getType();
          auto product = [&](auto &&sizes) {
            AffineExpr product = constant(1);
            for (AffineExpr size : sizes)
              product = product && size ? product * size : AffineExpr();
            return product;
          };
          auto sizesOf = [&](Value value, auto &&axes) {
            return product(llvm::map_range(axes, [&](int64_t axis) { return size(value, axis); }));
          };
          auto match = reshape.getLike() ? std::nullopt : matchReshape(from, to);
          if (!match) {
            like(reshape.getLike());
            return demandEqual(op, sizesOf(reshape.getX(), llvm::seq<int64_t>(from.getRank())), product(sizes[0]));
          }
          for (int64_t n : to.getShape())
            sizes[0].push_back(ShapedType::isDynamic(n) ? AffineExpr() : constant(n));
          for (auto [x, y] : match->equal)
            sizes[0][y] = in(0, x);
          AffineExpr rest = sizesOf(reshape.getX(), match->from);
          int64_t known = 1, *open = nullptr;
          for (int64_t &axis : match->to)
            if (to.isDynamicDim(axis))
              open = &axis;
            else
              known *= to.getDimSize(axis);
          if (open && rest && known > 0)
            sizes[0][*open] = rest.floorDiv(known);
          demandEqual(op, rest, product(llvm::map_range(match->to, [&](int64_t axis) { return sizes[0][axis]; })));
        })
        .Case<TransposeOp>([&](TransposeOp transpose) {
          for (int64_t axis : transpose.getPerm())
            sizes[0].push_back(in(0, axis));
        })
        .Case<SliceOp>([&](SliceOp slice) {
          for (int64_t axis = 0; axis < rankOf(0); ++axis) {
            int64_t start = slice.getStarts()[axis], limit = slice.getLimits()[axis], stride = slice.getStrides()[axis];
            AffineExpr end = constant(limit);
            if (limit < 0)
              end = in(0, axis) ? in(0, axis) + (limit + 1) : AffineExpr();
            if (limit < 0)
              demandAtMost(op, constant(start - (limit + 1)), in(0, axis));
            else
              demandAtMost(op, end, in(0, axis));
            sizes[0].push_back(end ? (end - start + (stride - 1)).floorDiv(stride) : end);
          }
        })
        .Case<PadOp>([&](PadOp pad) {
          for (int64_t axis = 0; axis < rankOf(0); ++axis) {
            AffineExpr n = in(0, axis);
            // An empty axis gets no interior padding: exact only where there is none.
            int64_t interior = pad.getInterior()[axis];
            sizes[0].push_back(n ? n + (n - 1) * interior + pad.getLow()[axis] + pad.getHigh()[axis] : n);
          }
        })
        .Case<ConcatenateOp>([&](ConcatenateOp concatenate) {
          copy(0);
          AffineExpr &along = sizes[0][concatenate.getAxis()];
          for (unsigned operand = 1; operand < op->getNumOperands(); ++operand) {
            AffineExpr next = in(operand, concatenate.getAxis());
            along = along && next ? along + next : AffineExpr();
            for (int64_t axis = 0; axis < rankOf(0); ++axis)
              if (axis != int64_t(concatenate.getAxis()))
                demandEqual(op, in(0, axis), in(operand, axis));
          }
        })
        .Case<GatherOp>([&](GatherOp gather) {
          for (unsigned operand = 2; operand < op->getNumOperands(); ++operand)
            for (int64_t axis = 0; axis < rankOf(operand); ++axis)
              demandEqual(op, in(1, axis), in(operand, axis));
          for (int64_t axis = 0; axis < rankOf(1); ++axis)
            sizes[0].push_back(in(1, axis));
          without(gather.getAxes());
        })
        .Case<ArgmaxOp, ArgminOp>([&](auto reduce) { without({int64_t(reduce.getAxis())}); })
        .Case<DotGeneralOp>([&](DotGeneralOp dot) {
          for (auto [left, right] : llvm::zip(dot.getLhsBatch(), dot.getRhsBatch()))
            demandEqual(op, in(0, left), in(1, right));
          for (auto [left, right] : llvm::zip(dot.getLhsContract(), dot.getRhsContract()))
            demandEqual(op, in(0, left), in(1, right));
          for (int64_t axis : dot.getLhsBatch())
            sizes[0].push_back(in(0, axis));
          for (int64_t axis : freeAxes(rankOf(0), dot.getLhsBatch(), dot.getLhsContract()))
            sizes[0].push_back(in(0, axis));
          for (int64_t axis : freeAxes(rankOf(1), dot.getRhsBatch(), dot.getRhsContract()))
            sizes[0].push_back(in(1, axis));
        })
        .Case<AttentionOp, AttentionGradientOp, AttentionMaskGradientOp>([&](auto attention) {
          int64_t queries = rankOf(0) - 2, width = queries + 1;
          for (int64_t axis = 0; axis < queries; ++axis)
            for (unsigned operand : {1, 2})
              demandEqual(op, in(0, axis), in(operand, axis));
          demandEqual(op, in(0, width), in(1, width));
          demandEqual(op, in(1, queries), in(2, queries));
          if (isa<AttentionMaskGradientOp>(op))
            return copy(op->getNumOperands() - 1);
          if (isa<AttentionGradientOp>(op)) {
            for (unsigned result = 0; result < 3; ++result)
              copy(result, result);
            return;
          }
          for (int64_t axis = 0; axis <= queries; ++axis)
            for (unsigned result : {0, 1})
              sizes[result].push_back(in(0, axis));
          sizes[0].push_back(in(2, width));
        })
        .Case<ConvolutionOp>([&](ConvolutionOp conv) {
          for (auto [left, right] : llvm::zip(conv.getXBatch(), conv.getWBatch()))
            demandEqual(op, in(0, left), in(1, right));
          for (auto [left, right] : llvm::zip(conv.getXContract(), conv.getWContract()))
            demandEqual(op, in(0, left), in(1, right));
          SmallVector<AffineExpr> numbered;
          for (int64_t axis : conv.getXBatch())
            numbered.push_back(in(0, axis));
          auto addFree = [&](unsigned operand, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract,
                             ArrayRef<int64_t> window) {
            SmallVector<int64_t> used(contract);
            llvm::append_range(used, window);
            for (int64_t axis : freeAxes(rankOf(operand), batch, used))
              numbered.push_back(in(operand, axis));
          };
          addFree(0, conv.getXBatch(), conv.getXContract(), conv.getXWindow());
          addFree(1, conv.getWBatch(), conv.getWContract(), conv.getWWindow());
          for (auto [i, stride] : llvm::enumerate(conv.getStrides())) {
            AffineExpr n = in(0, conv.getXWindow()[i]), k = in(1, conv.getWWindow()[i]);
            AffineExpr room = n ? (n - 1) * conv.getXDilation()[i] + 1 + conv.getLow()[i] + conv.getHigh()[i] : n;
            AffineExpr reach = k ? (k - 1) * conv.getWDilation()[i] + 1 : k;
            numbered.push_back(positions(room, reach, stride));
          }
          for (int64_t number : conv.getPerm())
            sizes[0].push_back(numbered[number]);
        })
        .Case<WindowMaxOp>([&](WindowMaxOp window) {
          copy(0);
          for (auto [i, axis] : llvm::enumerate(window.getAxes())) {
            AffineExpr n = in(0, axis);
            sizes[0][axis] = positions(n ? n + window.getLow()[i] + window.getHigh()[i] : n,
                                       constant(window.getWindow()[i]), window.getStrides()[i]);
          }
          sizes[1] = sizes[0];
        })
        .Case<RfftOp>([&](RfftOp rfft) {
          copy(0);
          AffineExpr &last = sizes[0][rfft.getAxes().back()];
          last = last ? last.floorDiv(2) + 1 : last;
        })
        .Case<IrfftOp>([&](IrfftOp irfft) {
          copy(0);
          sizes[0][irfft.getAxes().back()] = constant(irfft.getN());
        })
        .Case<SolveOp, PositiveSolveOp, TriangularSolveOp, SchurSolveOp>([&](auto) { copy(1); })
        .Case<LuSolveOp, SylvesterOp>([&](auto) { copy(2); })
        .Case<PinvOp>([&](auto) {
          copy(0);
          std::swap(sizes[0].end()[-1], sizes[0].end()[-2]);
        })
        .Case<LstsqOp>([&](auto) {
          copy(1);
          sizes[0][rankOf(0) - 2] = in(0, rankOf(0) - 1);
          sizes[1].assign(sizes[0].begin(), sizes[0].end() - 2);
        })
        .Case<LaunchOp>([&](LaunchOp launch) {
          AffineMap map = resultShapes(launch), arguments = openSizes(launch->getOperands());
          if (!map || !arguments)
            return;
          unsigned next = 0;
          for (auto [index, result] : llvm::enumerate(op->getResults()))
            for (int64_t axis = 0; axis < tensorType(result).getRank(); ++axis)
              sizes[index].push_back(tensorType(result).isDynamicDim(axis)
                                         ? map.getResult(next++).replaceDimsAndSymbols({}, arguments.getResults())
                                         : constant(tensorType(result).getDimSize(axis)));
        })
        .Case<CheckpointOp, CondOp, ScanOp, WhileLoopOp, UnwindOp>(
            [&](auto control) { sizes = ofFunctions(control, resultShapes); })
        .Case<ScatterOp>([&](ScatterOp scatter) {
          copy(0);
          // The updates are shaped like gather's result: the indices' axes, then those of x that are not indexed.
          int64_t indexed = rankOf(2), next = indexed;
          for (int64_t axis = 0; axis < indexed; ++axis)
            for (unsigned operand = 2; operand < op->getNumOperands(); ++operand)
              demandEqual(op, in(1, axis), in(operand, axis));
          for (int64_t axis = 0; axis < rankOf(0); ++axis)
            if (!llvm::is_contained(scatter.getAxes(), axis))
              demandEqual(op, in(1, next++), in(0, axis));
        })
        .Case<FftOp, CumsumOp, CumprodOp, CummaxOp, CumminOp, SortOp, ArgsortOp, CheckIndexOp, CholeskyOp, AdjugateOp,
              AdjugateTangentOp, PolarOp, ExpmOp, SqrtmOp, LogmOp, CheckOp>([&](auto) { copy(0); })
        .Default([&](Operation *) {
          // Factorisations: every result axis is a batch axis or has the size of a square matrix.
          int64_t rank = rankOf(0);
          if (!isa<LuOp, QrOp, SvdOp, EighOp, EigOp>(op) || rank < 2 || in(0, rank - 1) != in(0, rank - 2))
            if (!isa<LuOp, DetOp>(op))
              return;
          for (auto [index, result] : llvm::enumerate(op->getResults()))
            for (int64_t axis = 0; axis < tensorType(result).getRank(); ++axis)
              sizes[index].push_back(in(0, std::min(axis, rank - 1)));
        });
  }
  for (auto [result, exprs] : llvm::zip(op->getResults(), sizes))
    if (isOpen(result) && !exprs.empty())
      open[result] = exprs;
}

void SizeValues::addSymbol(Value memref, int64_t axis) {
  symbols.push_back(memref::DimOp::create(builder, loc, memref, constant(axis)));
}

Value SizeValues::constant(int64_t value) {
  Value &number = constants[value];
  if (!number)
    number = arith::ConstantIndexOp::create(builder, loc, value);
  return number;
}

static constexpr StringLiteral sizeDemands = "tcc.size_demands";

void recordSizeDemands(func::FuncOp function) {
  if (function->hasAttr("tcc.size_demands"))
    return;
  SymbolicShapes shapes(function);
  SmallVector<Attribute> demands;
  Builder b(function.getContext());
  for (const SymbolicShapes::Demand &demand : shapes.demands()) {
    auto map = AffineMap::get(0, shapes.getNumSymbols(), {demand.left, demand.right}, function.getContext());
    StringRef mnemonic = demand.op->getName().stripDialect();
    demands.push_back(b.getArrayAttr({AffineMapAttr::get(map), b.getBoolAttr(demand.isAtMost),
                                      b.getStringAttr(mnemonic), LocationAttr(demand.op->getLoc())}));
  }
  if (!demands.empty())
    function->setAttr(sizeDemands, b.getArrayAttr(demands));
}

void recordSizeDemandsOfBodies(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isDeclaration() && !function->hasAttr(sizeDemands))
      recordSizeDemands(function);
}

Value SizeValues::materialize(AffineExpr expr) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return constant(number.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  if (Value value = known.lookup(expr))
    return value;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value left = materialize(binary.getLHS()), right = materialize(binary.getRHS()), result;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    result = arith::AddIOp::create(builder, loc, left, right);
    break;
  case AffineExprKind::Mul:
    result = arith::MulIOp::create(builder, loc, left, right);
    break;
  case AffineExprKind::FloorDiv:
    result = arith::FloorDivSIOp::create(builder, loc, left, right);
    break;
  case AffineExprKind::CeilDiv:
    result = arith::CeilDivSIOp::create(builder, loc, left, right);
    break;
  default: // affine simplification turns a - (a floordiv b) * b into this
    result = arith::RemUIOp::create(builder, loc, left, right);
    break;
  }
  return known[expr] = result;
}

void SizeValues::eraseUnused() {
  for (Value size : symbols)
    if (size.use_empty())
      size.getDefiningOp()->erase();
  for (auto [number, value] : constants)
    if (value.use_empty())
      value.getDefiningOp()->erase();
}

} // namespace tcc
