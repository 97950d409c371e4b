// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stage 2: outlines the fusion groups of a function as kernels and gives equal kernels one function. FusionGroups
// decides what belongs together.
#include "passes/FusionGroups.h"
#include "passes/KernelOps.h"
#include "passes/KernelPasses.h"
#include "passes/SymbolicShapes.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/StringSet.h"
#include <unordered_map>

using namespace mlir;

namespace tcc {

#define GEN_PASS_DEF_FORMKERNELS
#include "passes/Passes.h.inc"

namespace {

/// What makes two kernels equal: ops, attributes, types and data flow, as a list of uniqued pointers and numbers.
using KernelKey = std::vector<uintptr_t>;
struct KernelKeyHash {
  size_t operator()(const KernelKey &key) const { return llvm::hash_combine_range(key.begin(), key.end()); }
};

/// A number written in the program, read by arithmetic that is the same for every number: only powers are compiled
/// for their exponent, and integers divided by for their value.
bool isOpenNumber(Operation *op) {
  auto constant = dyn_cast<ConstantOp>(op);
  return constant && constant.getValue().isSplat() &&
         isa<FloatType, mlir::ComplexType>(tensorType(constant).getElementType()) &&
         llvm::none_of(op->getUsers(), [](Operation *user) { return isa<PowerOp>(user); });
}

/// With `openNumbers`, kernels that differ in such numbers only have one key.
KernelKey keyOf(func::FuncOp kernel, bool openNumbers = false) {
  KernelKey key = {uintptr_t(kernel->getAttr("tcc.rows").getAsOpaquePointer())};
  llvm::DenseMap<Value, uintptr_t> numbers;
  auto number = [&](Value value) { numbers.try_emplace(value, numbers.size()); };
  for (Value argument : kernel.getArguments()) {
    number(argument);
    key.push_back(uintptr_t(argument.getType().getAsOpaquePointer()));
  }
  for (Operation &op : kernel.getBody().front()) {
    key.push_back(uintptr_t(op.getName().getAsOpaquePointer()));
    key.push_back(openNumbers && isOpenNumber(&op) ? 0 : uintptr_t(op.getAttrDictionary().getAsOpaquePointer()));
    for (Value operand : op.getOperands())
      key.push_back(numbers.lookup(operand));
    for (Value result : op.getResults()) {
      number(result);
      key.push_back(uintptr_t(result.getType().getAsOpaquePointer()));
    }
  }
  return key;
}

/// Up to this size compiling a kernel costs more than thousands of its runs, and reading at a computed place costs
/// nothing that can be measured.
constexpr int64_t elementsOfTiny = 64;
constexpr size_t opsOfTiny = 8;

bool isOneElement(Value tensor) {
  return tensorType(tensor).getRank() > 0 && tensorType(tensor).hasStaticShape() &&
         tensorType(tensor).getNumElements() == 1;
}
bool isTinyKernel(ArrayRef<Operation *> ops) {
  return ops.size() <= opsOfTiny && llvm::all_of(ops, [](Operation *op) {
           auto isSmall = [](Value value) {
             auto type = tensorType(value);
             return type.hasStaticShape() && type.getNumElements() <= elementsOfTiny;
           };
           return llvm::all_of(op->getResults(), isSmall) &&
                  (roleOf(op) == Role::Elementwise || roleOf(op) == Role::View);
         });
}

class KernelFormer {
public:
  KernelFormer(ModuleOp module, const FormKernelsOptions &options) : module(module), options(options) {
    for (auto function : module.getOps<func::FuncOp>())
      names.insert(function.getName());
  }
  LogicalResult run(func::FuncOp function);

private:
  void copyReturnedInputs(func::FuncOp function);
  LogicalResult outline(const FusionGroups &groups, const FusionGroups::Item &item, Operation *terminator);
  Value clone(const FusionGroups &groups, Value value, func::FuncOp kernel, OpBuilder &builder);
  Value readElement(SliceOp slice, func::FuncOp kernel, OpBuilder &builder);
  Value position(int64_t index, Location loc);
  func::FuncOp unique(func::FuncOp kernel);

  ModuleOp module;
  const FormKernelsOptions &options;
  llvm::StringSet<> names;
  unsigned nextName = 0;
  std::unordered_map<KernelKey, func::FuncOp, KernelKeyHash> kernels;
  llvm::DenseSet<Value> needed;             // read by something outside of its kernel
  llvm::DenseSet<Operation *> repeated;     // by those who read it
  Operation *end = nullptr;                 // of the function whose kernels are formed: its terminator
  llvm::DenseMap<int64_t, Value> positions; // 0-d constants in memory
  // Of the kernel being outlined:
  bool isTiny = false;
  llvm::DenseSet<Operation *> members;
  IRMapping mapping;
  SmallVector<Value> inputs;
};

// A result is written where the caller wants it, so it must be computed: what is an input, a constant in memory or the
// same buffer as another result is copied. stop_gradient is the identity.
void KernelFormer::copyReturnedInputs(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  llvm::DenseSet<Value> taken;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value root = rootOf(operand.get());
    bool isFixed = isa<BlockArgument>(root) || (root.getDefiningOp<ConstantOp>() && !isSplat(root));
    if (isFixed || !taken.insert(root).second)
      operand.set(StopGradientOp::create(builder, terminator->getLoc(), operand.get().getType(), operand.get()));
  }
}

Value KernelFormer::position(int64_t index, Location loc) {
  Value &constant = positions[index];
  if (!constant) {
    OpBuilder builder(end);
    auto type = RankedTensorType::get({}, builder.getI64Type());
    constant = ConstantOp::create(builder, loc, DenseElementsAttr::get(type, builder.getI64IntegerAttr(index)));
  }
  return constant;
}

// In a tiny kernel the place of an element is an argument: x[0, 1] and x[3, 2] are one kernel, which is compiled once.
Value KernelFormer::readElement(SliceOp slice, func::FuncOp kernel, OpBuilder &builder) {
  Location loc = slice.getLoc();
  SmallVector<Value> indices;
  SmallVector<int64_t> axes;
  for (auto [axis, start] : llvm::enumerate(slice.getStarts())) {
    inputs.push_back(position(start, loc));
    indices.push_back(kernel.getBody().front().addArgument(inputs.back().getType(), loc));
    axes.push_back(axis);
  }
  Value x = mapping.lookup(slice.getX());
  Value element = GatherOp::create(builder, loc, RankedTensorType::get({}, tensorType(x).getElementType()), x, indices,
                                   builder.getDenseI64ArrayAttr(axes));
  return ReshapeOp::create(builder, loc, slice.getType(), element, Value());
}

Value KernelFormer::clone(const FusionGroups &groups, Value value, func::FuncOp kernel, OpBuilder &builder) {
  SmallVector<Value> work = {value};
  while (!work.empty()) {
    Value top = work.back();
    if (mapping.contains(top)) {
      work.pop_back();
      continue;
    }
    Operation *op = top.getDefiningOp();
    if (!op || !(groups.isFloat(op) || members.contains(op) || repeated.contains(op))) {
      mapping.map(top, kernel.getBody().front().addArgument(top.getType(), top.getLoc()));
      inputs.push_back(top);
      continue;
    }
    size_t before = work.size();
    for (Value operand : llvm::reverse(op->getOperands()))
      if (!mapping.contains(operand))
        work.push_back(operand);
    if (work.size() != before)
      continue;
    auto slice = dyn_cast<SliceOp>(op);
    if (slice && isTiny && isOneElement(slice.getResult()))
      mapping.map(top, readElement(slice, kernel, builder));
    else
      builder.clone(*op, mapping);
  }
  return mapping.lookup(value);
}

func::FuncOp KernelFormer::unique(func::FuncOp kernel) {
  auto [entry, isNew] = kernels.try_emplace(keyOf(kernel), kernel);
  if (!isNew) {
    kernel.erase();
    return entry->second;
  }
  std::string name;
  do
    name = "kernel_" + std::to_string(nextName++);
  while (!names.insert(name).second);
  kernel.setName(name);
  return kernel;
}

LogicalResult KernelFormer::outline(const FusionGroups &groups, const FusionGroups::Item &item, Operation *terminator) {
  MLIRContext *context = module.getContext();
  Location loc = item.ops.back()->getLoc();
  auto kernel = func::FuncOp::create(loc, "kernel", FunctionType::get(context, {}, {}));
  kernel.setPrivate();
  kernel->setAttr("tcc.kernel", UnitAttr::get(context));
  OpBuilder builder = OpBuilder::atBlockEnd(kernel.addEntryBlock());

  members.clear();
  members.insert(item.ops.begin(), item.ops.end());
  mapping.clear();
  inputs.clear();
  isTiny = !options.reference && isTinyKernel(item.ops);
  SmallVector<Value> outputs, results;
  // A member whose readers all compute it again may be needed by none here.
  llvm::SmallPtrSet<Operation *, 16> live;
  for (Operation *op : llvm::reverse(item.ops)) {
    if (!needed.contains(op->getResult(0)) && !live.contains(op))
      continue;
    live.insert(op);
    for (const Base &base : groups.basesOf(op))
      if (members.contains(base.value.getDefiningOp()))
        live.insert(base.value.getDefiningOp());
  }
  for (Operation *op : item.ops) {
    if (!live.contains(op))
      continue;
    Value value = op->getResult(0);
    clone(groups, value, kernel, builder);
    if (needed.contains(value)) {
      outputs.push_back(value);
      results.push_back(mapping.lookup(value));
    }
  }
  if (outputs.empty()) { // dead code
    kernel.erase();
    return success();
  }
  func::ReturnOp::create(builder, loc, results);
  kernel.setType(
      FunctionType::get(context, kernel.getBody().front().getArgumentTypes(), TypeRange(ValueRange(results))));
  if (item.crossedRows)
    kernel->setAttr("tcc.rows", builder.getI64IntegerAttr(item.crossedRows));
  if (llvm::any_of(results, [](Value value) { return !tensorType(value).hasStaticShape(); }))
    if (AffineMap sizes = SymbolicShapes(kernel).openSizes(results))
      kernel->setAttr("tcc.result_shapes", AffineMapAttr::get(sizes));
  func::FuncOp callee = unique(kernel);
  if (!callee->getBlock())
    module.push_back(callee);

  builder.setInsertionPoint(terminator);
  auto launch = LaunchOp::create(builder, loc, TypeRange(ValueRange(outputs)), inputs, callee.getName());
  for (auto [output, result] : llvm::zip(outputs, launch.getResults()))
    output.replaceAllUsesWith(result);
  return success();
}

LogicalResult KernelFormer::run(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("expected one block");
  recordSizeDemands(function);
  copyReturnedInputs(function);
  FusionGroups groups(function, options);
  SmallVector<FusionGroups::Item> items = groups.run();

  repeated = groups.repeatedByReaders(items);
  needed.clear();
  positions.clear();
  Operation *terminator = end = function.getBody().front().getTerminator();
  needed.insert(terminator->operand_begin(), terminator->operand_end());
  for (const FusionGroups::Item &item : items) {
    llvm::DenseSet<Operation *> own(item.ops.begin(), item.ops.end());
    SmallVector<Operation *> work(item.ops);
    llvm::DenseSet<Operation *> seen;
    while (!work.empty())
      for (const Base &base : groups.basesOf(work.pop_back_val())) {
        Operation *definition = base.value.getDefiningOp();
        if (own.contains(definition))
          continue;
        if (!definition || !repeated.contains(definition))
          needed.insert(base.value);
        else if (seen.insert(definition).second)
          work.push_back(definition);
      }
  }
  for (const FusionGroups::Item &item : items) {
    if (item.isKernel) {
      if (failed(outline(groups, item, terminator)))
        return failure();
    } else {
      item.ops.front()->moveBefore(terminator);
    }
  }
  // What is left are members and floating ops, now in front of everything and read only by each other.
  llvm::DenseSet<Operation *> kept;
  for (const FusionGroups::Item &item : items)
    if (!item.isKernel)
      kept.insert(item.ops.front());
  SmallVector<Operation *> left;
  for (Operation &op : function.getBody().front().without_terminator())
    if (!isa<LaunchOp>(op) && !kept.contains(&op))
      left.push_back(&op);
  for (Operation *op : llvm::reverse(left))
    if (op->use_empty())
      op->erase();
  return success();
}

/// Kernels that differ in numbers only become one that takes these as inputs: layers with constants of their own are
/// compiled once. The results are the same bits: no arithmetic of floats is folded that would not be exact.
void shareKernels(ModuleOp module) {
  std::unordered_map<KernelKey, SmallVector<func::FuncOp>, KernelKeyHash> families;
  llvm::StringMap<SmallVector<LaunchOp>> launches;
  SmallVector<SmallVector<func::FuncOp> *> ordered;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function->hasAttr("tcc.kernel")) {
      function.walk([&](LaunchOp launch) { launches[launch.getCallee()].push_back(launch); });
      continue;
    }
    if (!isTensorFunction(function)) // a kernel at a later stage
      continue;
    auto &family = families[keyOf(function, /*openNumbers=*/true)];
    family.push_back(function);
    if (family.size() == 2)
      ordered.push_back(&family);
  }
  for (SmallVector<func::FuncOp> *family : ordered) {
    SmallVector<SmallVector<ConstantOp>> numbers;
    for (func::FuncOp kernel : *family)
      numbers.push_back(
          llvm::filter_to_vector(kernel.getOps<ConstantOp>(), [](Operation *op) { return isOpenNumber(op); }));
    auto differs = [&](unsigned number) {
      return !llvm::all_of(numbers,
                           [&](auto &own) { return own[number].getValue() == numbers.front()[number].getValue(); });
    };
    SmallVector<unsigned> open =
        llvm::to_vector(llvm::make_filter_range(llvm::seq<unsigned>(numbers.front().size()), differs));
    func::FuncOp shared = family->front();
    for (auto [kernel, own] : llvm::zip(*family, numbers))
      for (LaunchOp launch : launches.lookup(kernel.getName())) {
        OpBuilder builder(launch);
        SmallVector<Value> operands = llvm::to_vector(launch->getOperands());
        for (unsigned number : open) {
          auto splat = cast<DenseElementsAttr>(own[number].getValue());
          operands.push_back(ConstantOp::create(builder, own[number].getLoc(),
                                                splat.resizeSplat(RankedTensorType::get({}, splat.getElementType()))));
        }
        auto replacement =
            LaunchOp::create(builder, launch.getLoc(), launch->getResultTypes(), operands, shared.getName());
        launch->replaceAllUsesWith(replacement->getResults());
        launch->erase();
      }
    for (unsigned number : open) {
      ConstantOp constant = numbers.front()[number];
      RankedTensorType type = tensorType(constant);
      Location loc = constant.getLoc();
      Value argument = shared.getBody().front().addArgument(RankedTensorType::get({}, type.getElementType()), loc);
      OpBuilder builder(constant);
      if (type.getRank())
        argument = BroadcastOp::create(builder, loc, type, argument, Value(), ArrayRef<int64_t>());
      constant->replaceAllUsesWith(ValueRange{argument});
      constant->erase();
    }
    shared.setType(FunctionType::get(module.getContext(), shared.getBody().front().getArgumentTypes(),
                                     shared.getFunctionType().getResults()));
    for (func::FuncOp kernel : llvm::drop_begin(*family))
      kernel.erase();
  }
}

struct FormKernels : impl::FormKernelsBase<FormKernels> {
  using FormKernelsBase::FormKernelsBase;
  void runOnOperation() override {
    FormKernelsOptions options;
    options.reference = reference;
    options.maxOps = maxOps;
    if (failed(formKernels(getOperation(), options)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult formKernels(ModuleOp module, const FormKernelsOptions &options) {
  KernelFormer former(module, options);
  SmallVector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function->hasAttr("tcc.kernel") && !function.isDeclaration() && isTensorFunction(function))
      functions.push_back(function);
  for (func::FuncOp function : functions)
    if (failed(former.run(function)))
      return failure();
  shareKernels(module);
  return success();
}

} // namespace tcc
