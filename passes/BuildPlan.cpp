// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading a planned function, and instantiating it for sizes.
#include "passes/BuildPlan.h"

#include "passes/KernelOps.h"
#include "passes/KernelPasses.h"
#include "passes/PlanOps.h"
#include "runtime/Tensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {

int32_t dtypeOf(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element)) {
    if (integer.isUnsigned())
      return integer.getWidth() == 8 ? TCC_U8 : TCC_U32;
    switch (integer.getWidth()) {
    case 1:
      return TCC_BOOL;
    case 8:
      return TCC_I8;
    case 16:
      return TCC_I16;
    case 32:
      return TCC_I32;
    default:
      return TCC_I64;
    }
  }
  if (auto complexElement = dyn_cast<mlir::ComplexType>(element))
    return complexElement.getElementType().isF32() ? TCC_C64 : TCC_C128;
  if (element.isF16())
    return TCC_F16;
  if (element.isBF16())
    return TCC_BF16;
  return element.isF32() ? TCC_F32 : TCC_F64;
}

/// The elements of a constant as the runtime has them: row-major, bool in bytes. Null with an error if they are not
/// there, or no memory for them.
static runtime::Buffer dataOf(plan::ConstantOp constant, int32_t dtype) {
  ElementsAttr value = constant.getValue();
  int64_t count = value.getNumElements(), size = runtime::elementSize(dtype);
  runtime::Buffer buffer = runtime::Buffer::create(count * size);
  if (!buffer)
    return constant.emitError("out of memory: a constant of ") << count * size << " bytes", buffer;
  char *to = static_cast<char *>(buffer.data());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    ArrayRef<char> from = resource.getData();
    if (int64_t(from.size()) != count * size)
      return constant.emitError("expected ") << count * size << " bytes of data, got " << from.size(),
             runtime::Buffer();
    llvm::copy(from, to);
    return buffer;
  }
  auto dense = cast<DenseElementsAttr>(value);
  if (dtype == TCC_BOOL) {
    for (bool element : dense.getValues<bool>())
      *to++ = element;
    return buffer;
  }
  ArrayRef<char> from = dense.getRawData();
  for (int64_t i = 0; i < (dense.isSplat() ? count : 1); ++i)
    to = std::copy(from.begin(), from.end(), to);
  return buffer;
}

class PlanTemplate::Builder {
public:
  /// What a function and those that it runs share.
  struct Shared {
    explicit Shared(const llvm::StringMap<std::shared_ptr<const CompiledKernel>> &kernels) : kernels(kernels) {}

    const llvm::StringMap<std::shared_ptr<const CompiledKernel>> &kernels;
    llvm::DenseMap<Attribute, std::shared_ptr<const PlanTemplate>> bodies; // by name
    llvm::DenseMap<Location, int32_t> locationOf;
    std::vector<SourceLocation> locations;
  };
  Builder(func::FuncOp function, Shared &shared) : function(function), shared(shared) {}
  FailureOr<PlanTemplate> run();

private:
  void addArguments(unsigned numInputs);
  void addSizeChecks();
  LogicalResult addSize(Operation &op);
  int32_t addSlot(Value memref, SlotTemplate slot);
  LogicalResult addStep(Operation &op);
  LogicalResult addControl(plan::ControlOp control, StepTemplate &step);
  int32_t locate(Location loc);
  std::vector<SizeExpr> shapeOf(MemRefType type, ValueRange openSizes);

  func::FuncOp function;
  Shared &shared;
  PlanTemplate plan;
  llvm::DenseMap<Value, SizeExpr> sizes;
  llvm::DenseMap<Value, int32_t> slotOf;
};

std::vector<SizeExpr> PlanTemplate::Builder::shapeOf(MemRefType type, ValueRange openSizes) {
  std::vector<SizeExpr> shape;
  unsigned next = 0;
  for (int64_t size : type.getShape())
    shape.push_back(ShapedType::isDynamic(size) ? sizes[openSizes[next++]] : SizeExpr(size));
  return shape;
}

int32_t PlanTemplate::Builder::addSlot(Value memref, SlotTemplate slot) {
  slot.dtype = dtypeOf(cast<MemRefType>(memref.getType()).getElementType());
  slotOf[memref] = plan.slots.size();
  plan.slots.push_back(std::move(slot));
  return plan.slots.size() - 1;
}

// Open sizes of the inputs are the symbols; those of the outputs follow, and are known after the function is read.
void PlanTemplate::Builder::addArguments(unsigned numInputs) {
  for (BlockArgument argument : function.getArguments().drop_back()) {
    auto type = cast<MemRefType>(argument.getType());
    bool isInput = argument.getArgNumber() < numInputs;
    SlotTemplate slot{isInput ? runtime::SlotKind::Input : runtime::SlotKind::Output, 0};
    TensorType &tensor = (isInput ? plan.inputs : plan.outputs).emplace_back();
    tensor.dtype = dtypeOf(type.getElementType());
    for (int64_t size : type.getShape()) {
      bool open = ShapedType::isDynamic(size);
      tensor.shape.push_back(open ? -1 : size);
      if (isInput)
        slot.shape.push_back(open ? SizeExpr::symbol(plan.numSymbols++) : SizeExpr(size));
    }
    addSlot(argument, std::move(slot));
  }
  unsigned next = 0;
  auto results = function->getAttrOfType<AffineMapAttr>("tcc.result_shapes");
  for (unsigned index = 0; index < plan.outputs.size(); ++index)
    for (int64_t size : plan.outputs[index].shape)
      plan.slots[numInputs + index].shape.push_back(size >= 0 ? SizeExpr(size)
                                                              : SizeExpr::of(results.getValue().getResult(next++)));
}

LogicalResult PlanTemplate::Builder::addSize(Operation &op) {
  auto binary = [&](SizeExpr::Kind kind) {
    sizes[op.getResult(0)] = SizeExpr::binary(kind, sizes[op.getOperand(0)], sizes[op.getOperand(1)]);
    return success();
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case<arith::ConstantIndexOp>([&](auto constant) {
        sizes[constant] = SizeExpr(constant.value());
        return success();
      })
      .Case<memref::DimOp>([&](auto dim) -> LogicalResult {
        const std::vector<SizeExpr> &shape = plan.slots[slotOf[dim.getSource()]].shape;
        std::optional<int64_t> axis = dim.getConstantIndex();
        if (!axis || *axis < 0 || *axis >= int64_t(shape.size()))
          return dim.emitOpError("expected an axis of a planned function's argument");
        sizes[dim] = shape[*axis];
        return success();
      })
      .Case<arith::AddIOp>([&](auto) { return binary(SizeExpr::Kind::Add); })
      .Case<arith::MulIOp>([&](auto) { return binary(SizeExpr::Kind::Multiply); })
      .Case<arith::FloorDivSIOp>([&](auto) { return binary(SizeExpr::Kind::FloorDivide); })
      .Case<arith::CeilDivSIOp>([&](auto) { return binary(SizeExpr::Kind::CeilDivide); })
      .Case<arith::RemUIOp>([&](auto) { return binary(SizeExpr::Kind::Modulo); })
      .Default([](Operation *other) { return other->emitOpError("is not part of a planned function"); });
}

void PlanTemplate::Builder::addSizeChecks() {
  auto demands = function->getAttrOfType<ArrayAttr>("tcc.size_demands");
  if (!demands)
    return;
  for (auto demand : demands.getAsRange<ArrayAttr>()) {
    AffineMap sizes = cast<AffineMapAttr>(demand[0]).getValue();
    plan.checks.push_back({SizeExpr::of(sizes.getResult(0)), SizeExpr::of(sizes.getResult(1)),
                           cast<BoolAttr>(demand[1]).getValue(), cast<StringAttr>(demand[2]).str(),
                           locate(cast<LocationAttr>(demand[3]))});
  }
}

int32_t PlanTemplate::Builder::locate(Location loc) {
  auto [entry, isNew] = shared.locationOf.try_emplace(loc, shared.locations.size());
  if (!isNew)
    return entry->second;
  SourceLocation location;
  loc->walk([&](Location part) {
    auto file = dyn_cast<FileLineColLoc>(part);
    if (!file)
      return WalkResult::advance();
    location = {file.getFilename().str(), file.getLine()};
    return WalkResult::interrupt();
  });
  shared.locations.push_back(location);
  return entry->second;
}

// The body's symbols are the open sizes of its arguments, which the operands have; what it demands of them, this plan
// demands.
LogicalResult PlanTemplate::Builder::addControl(plan::ControlOp control, StepTemplate &step) {
  using runtime::StepKind;
  step.kind = llvm::StringSwitch<StepKind>(control.getKind())
                  .Case("checkpoint", StepKind::Checkpoint)
                  .Case("cond", StepKind::Cond)
                  .Case("scan", StepKind::Scan)
                  .Case("while_loop", StepKind::While)
                  .Case("unwind", StepKind::Unwind)
                  .Default(StepKind::Kernel);
  if (step.kind == StepKind::Kernel)
    return control.emitOpError("is of no known kind");
  llvm::append_range(step.dims, control.getNumbers());
  SmallVector<Value> operands(control.getInputs());
  int64_t firstOver = operands.size();
  if (step.kind == StepKind::Scan) {
    firstOver = control.getNumbers()[0] + control.getNumbers()[1];
    if (control.getNumbers()[2] == -1) // the length is open
      step.dims[2] = plan.slots[slotOf[operands[firstOver]]].shape[0];
  } else if (step.kind == StepKind::Cond || step.kind == StepKind::Unwind) {
    operands.erase(operands.begin()); // what the step itself reads
  }
  for (auto name : control.getFunctions().getAsRange<FlatSymbolRefAttr>()) {
    if (!shared.bodies.contains(name)) {
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(function, name);
      if (!callee)
        return control.emitOpError("names no function: ") << name;
      FailureOr<PlanTemplate> made = Builder(callee, shared).run();
      if (failed(made))
        return failure();
      shared.bodies[name] = std::make_shared<PlanTemplate>(std::move(*made));
    }
    BodyTemplate &entry = step.bodies.emplace_back(BodyTemplate{shared.bodies[name]});
    // A body may take fewer of the operands than there are: an unwinding's has no cotangents.
    bool hasIndex = step.kind == StepKind::Scan;
    for (size_t argument = hasIndex; argument < entry.plan->inputs.size(); ++argument) {
      int64_t operand = argument - hasIndex;
      const std::vector<SizeExpr> &shape = plan.slots[slotOf[operands[operand]]].shape;
      const std::vector<int64_t> &wanted = entry.plan->inputs[argument].shape;
      for (size_t axis = 0; axis < wanted.size(); ++axis)
        if (wanted[axis] < 0)
          entry.symbols.push_back(shape[axis + (operand >= firstOver)]);
    }
    for (const SizeCheck &check : entry.plan->checks)
      plan.checks.push_back({check.left.substitute(entry.symbols), check.right.substitute(entry.symbols),
                             check.isAtMost, check.op, check.location});
  }
  return success();
}

LogicalResult PlanTemplate::Builder::addStep(Operation &op) {
  StepTemplate step{runtime::StepKind::Kernel};
  step.location = locate(op.getLoc());
  OperandRange inputs = op.getOperands(), outputs = inputs;
  if (auto launch = dyn_cast<plan::LaunchOp>(op)) {
    step.kernel = shared.kernels.lookup(launch.getCallee());
    if (!step.kernel)
      return launch.emitOpError("names no compiled kernel");
    inputs = launch.getInputs();
    outputs = launch.getOutputs();
    for (Value operand : launch->getOperands())
      for (auto [axis, size] : llvm::enumerate(cast<MemRefType>(operand.getType()).getShape()))
        if (ShapedType::isDynamic(size))
          step.dims.push_back(plan.slots[slotOf[operand]].shape[axis]);
  } else if (auto call = dyn_cast<plan::LibraryOp>(op)) {
    step.kind = runtime::StepKind::Library;
    step.symbol = call.getSymbol().str();
    const TccEntry *entry = tcc_find_entry(step.symbol.c_str());
    if (!entry)
      return call.emitOpError("names no function of the runtime library");
    step.library = entry->function;
    step.attributes.assign(call.getIntegers().begin(), call.getIntegers().end());
    inputs = call.getInputs();
    outputs = call.getOutputs();
  } else if (auto control = dyn_cast<plan::ControlOp>(op)) {
    if (failed(addControl(control, step)))
      return failure();
    inputs = control.getInputs();
    outputs = control.getOutputs();
  } else {
    return op.emitOpError("is not part of a planned function");
  }
  for (Value input : inputs)
    step.inputs.push_back(slotOf[input]);
  for (Value output : outputs)
    step.outputs.push_back(slotOf[output]);
  plan.steps.push_back(std::move(step));
  return success();
}

FailureOr<PlanTemplate> PlanTemplate::Builder::run() {
  if (!isPlannedFunction(function))
    return function.emitError("is not a planned function");
  addArguments(function.getNumArguments() - 1 - function->getAttrOfType<IntegerAttr>("tcc.num_outputs").getInt());
  Value arena = function.getArguments().back();
  addSizeChecks();
  for (Operation &op : function.getBody().front().without_terminator()) {
    // Whoever wrote the text by hand is told, too.
    for (Value operand : op.getOperands())
      if (isa<IndexType>(operand.getType()) ? !sizes.contains(operand) : operand != arena && !slotOf.contains(operand))
        return op.emitOpError("has an operand that is not part of a planned function");
    if (isa_and_present<arith::ArithDialect>(op.getDialect()) || isa<memref::DimOp>(op)) {
      if (failed(addSize(op)))
        return failure();
    } else if (auto view = dyn_cast<memref::ViewOp>(op)) {
      SlotTemplate slot{runtime::SlotKind::Arena, 0};
      slot.shape = shapeOf(view.getType(), view.getSizes());
      slot.offset = sizes[view.getByteShift()];
      addSlot(view, std::move(slot));
    } else if (auto none = dyn_cast<plan::NoneOp>(op)) {
      SlotTemplate slot{runtime::SlotKind::None, 0};
      slot.shape = shapeOf(none.getMemref().getType(), none.getSizes());
      addSlot(none.getMemref(), std::move(slot));
    } else if (auto alias = dyn_cast<plan::AliasOp>(op)) {
      SlotTemplate slot{runtime::SlotKind::Input, 0};
      slot.base = slotOf[alias.getSource()];
      slot.shape = shapeOf(cast<MemRefType>(alias.getMemref().getType()), alias.getSizes());
      addSlot(alias.getMemref(), std::move(slot));
    } else if (auto constant = dyn_cast<plan::ConstantOp>(op)) {
      SlotTemplate slot{runtime::SlotKind::Constant, 0};
      auto type = cast<MemRefType>(constant.getMemref().getType());
      slot.shape = shapeOf(type, {});
      slot.data = dataOf(constant, dtypeOf(type.getElementType()));
      if (!slot.data)
        return failure();
      addSlot(constant.getMemref(), std::move(slot));
    } else if (failed(addStep(op))) {
      return failure();
    }
  }
  return std::move(plan);
}

FailureOr<PlanTemplate> PlanTemplate::create(func::FuncOp function,
                                             const llvm::StringMap<std::shared_ptr<const CompiledKernel>> &kernels) {
  Builder::Shared shared(kernels);
  FailureOr<PlanTemplate> plan = Builder(function, shared).run();
  if (succeeded(plan))
    plan->locations = std::move(shared.locations);
  return plan;
}

static std::vector<int64_t> evaluate(const std::vector<SizeExpr> &sizes, ArrayRef<int64_t> openSizes) {
  std::vector<int64_t> values;
  for (const SizeExpr &size : sizes)
    values.push_back(size.evaluate(openSizes));
  return values;
}

std::vector<std::vector<int64_t>> PlanTemplate::outputShapes(ArrayRef<int64_t> openSizes) const {
  std::vector<std::vector<int64_t>> shapes;
  for (size_t i = 0; i < outputs.size(); ++i)
    shapes.push_back(evaluate(slots[inputs.size() + i].shape, openSizes));
  return shapes;
}

int32_t PlanTemplate::checkSizes(ArrayRef<int64_t> openSizes, TccStatus &status) const {
  for (const SizeCheck &check : checks) {
    int64_t left = check.left.evaluate(openSizes), right = check.right.evaluate(openSizes);
    if (check.isAtMost ? left <= right : left == right)
      continue;
    runtime::fail(&status, TCC_ERROR_SHAPE,
                  check.isAtMost ? "[%s] expected a size of at least %lld, got %lld"
                                 : "[%s] expected equal sizes, got %lld and %lld",
                  check.op.c_str(), (long long)left, (long long)right);
    status.location = check.location;
    return TCC_ERROR_SHAPE;
  }
  return TCC_OK;
}

/// Nanoseconds of a library call, to the order of magnitude: the scheduler only asks whether sharing work pays.
static double estimateLibraryCost(const std::vector<std::vector<int64_t>> &shapes) {
  double largest = 1, longest = 1;
  for (const std::vector<int64_t> &shape : shapes) {
    double elements = 1;
    for (int64_t size : shape)
      elements *= std::max<int64_t>(size, 1);
    largest = std::max(largest, elements);
    if (!shape.empty())
      longest = std::max(longest, double(shape.back()));
  }
  return 1000 + largest * longest / 20;
}

/// Nanoseconds of a step that runs `bodies`. Loops of unknown length are taken to be short.
static double estimateControlCost(runtime::StepKind kind, ArrayRef<int64_t> dims,
                                  ArrayRef<std::shared_ptr<const runtime::Plan>> bodies) {
  constexpr double unknownTurns = 10;
  double once = 0;
  for (const auto &body : bodies) {
    runtime::PlanView view = body->view();
    for (int32_t i = 0; i < view.numSteps; ++i)
      once += view.steps[i].cost * double(view.steps[i].extent);
  }
  switch (kind) {
  case runtime::StepKind::Scan:
    return once * double(dims[2]);
  case runtime::StepKind::While:
  case runtime::StepKind::Unwind:
    return once * unknownTurns;
  default:
    return once;
  }
}

std::unique_ptr<runtime::Plan> PlanTemplate::instantiate(ArrayRef<int64_t> openSizes) const {
  Instances instances;
  return instantiate(openSizes, instances);
}

std::unique_ptr<runtime::Plan> PlanTemplate::instantiate(ArrayRef<int64_t> openSizes, Instances &instances) const {
  auto plan = std::make_unique<runtime::Plan>();
  std::vector<std::vector<int64_t>> shapes;
  for (const SlotTemplate &slot : slots) {
    shapes.push_back(evaluate(slot.shape, openSizes));
    const std::vector<int64_t> &shape = shapes.back();
    if (slot.base >= 0)
      plan->addAlias(slot.base, shape);
    else if (slot.kind == runtime::SlotKind::Input)
      plan->addInput(slot.dtype, shape);
    else if (slot.kind == runtime::SlotKind::Output)
      plan->addOutput(slot.dtype, shape);
    else if (slot.kind == runtime::SlotKind::Constant)
      plan->addConstant(slot.dtype, shape, slot.data.data());
    else if (slot.kind == runtime::SlotKind::None)
      plan->addNone(slot.dtype, shape);
    else
      plan->addArena(slot.dtype, shape, slot.offset.evaluate(openSizes));
  }
  for (const StepTemplate &step : steps) {
    if (!step.bodies.empty()) {
      std::vector<std::shared_ptr<const runtime::Plan>> bodies;
      for (const BodyTemplate &body : step.bodies) {
        std::vector<int64_t> symbols = evaluate(body.symbols, openSizes);
        std::shared_ptr<runtime::Plan> &instance = instances[{body.plan.get(), symbols}];
        if (!instance)
          instance = body.plan->instantiate(symbols, instances);
        bodies.push_back(instance);
      }
      std::vector<int64_t> dims = evaluate(step.dims, openSizes);
      double cost = estimateControlCost(step.kind, dims, bodies);
      plan->addControl(step.kind, std::move(bodies), step.inputs, step.outputs, dims, cost, step.location);
      continue;
    }
    if (step.kernel) {
      std::vector<int64_t> dims = evaluate(step.dims, openSizes);
      int64_t extent = step.kernel->extent.evaluate(dims), scratch = step.kernel->scratch.evaluate(dims);
      plan->addKernel(step.kernel->function, step.kernel->finish, step.inputs, step.outputs, dims, extent, scratch,
                      step.kernel->blockNanoseconds, step.location);
      continue;
    }
    std::vector<std::vector<int64_t>> operands;
    for (int32_t slot : step.inputs)
      operands.push_back(shapes[slot]);
    for (int32_t slot : step.outputs)
      operands.push_back(shapes[slot]);
    plan->addLibrary(step.library, step.inputs, step.outputs, step.attributes, estimateLibraryCost(operands),
                     step.location);
  }
  plan->finish();
  return plan;
}

} // namespace tcc
