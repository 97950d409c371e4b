// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --tcc-simplify-control: branches and loops compute what is asked of them and no more. Functions are simplified; what
// they carry, stack or take in vain is dropped; what a loop carries unchanged becomes a capture.
#include "dialect/Functions.h"
#include "passes/KernelPasses.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;

namespace tcc {

#define GEN_PASS_DEF_SIMPLIFYCONTROL
#include "passes/Passes.h.inc"

namespace {

/// The data flow of an op that runs functions, in terms of its operands and results by number.
struct Flow {
  struct Function {
    StringRef attribute;
    bool hasIndex;                  // its first argument counts turns
    SmallVector<unsigned> segments; // of operands that are its other arguments
    SmallVector<int64_t> carriedTo; // for each result the operand that it is the next value of, or -1
    SmallVector<int64_t> givenAs;   // for each result the result of the op that it makes, or -1
    func::FuncOp function = {};
    DenseSet<Operation *> live = {};
  };
  SmallVector<unsigned> segmentSizes;
  unsigned captures;           // the segment
  SmallVector<int64_t> lastOf; // for each result the carried operand whose last value it is, or -1
  SmallVector<Function> functions;
  SmallVector<unsigned> needed; // operands that the op itself reads
  bool isSized = true;          // has the attribute operandSegmentSizes

  unsigned begin(unsigned segment) const {
    return std::accumulate(segmentSizes.begin(), segmentSizes.begin() + segment, 0u);
  }
  unsigned segmentOf(unsigned operand) const {
    unsigned segment = 0;
    while (operand >= begin(segment + 1))
      ++segment;
    return segment;
  }
  SmallVector<int64_t> operandsOf(const Function &function) const {
    SmallVector<int64_t> operands(function.hasIndex, -1);
    for (unsigned segment : function.segments)
      llvm::append_range(operands, llvm::seq<int64_t>(begin(segment), begin(segment + 1)));
    return operands;
  }
};

SmallVector<int64_t> numbers(int64_t first, int64_t count) {
  return llvm::to_vector(llvm::seq<int64_t>(first, first + count));
}
SmallVector<int64_t> none(int64_t count) { return SmallVector<int64_t>(count, -1); }
SmallVector<int64_t> joined(SmallVector<int64_t> a, ArrayRef<int64_t> b) {
  llvm::append_range(a, b);
  return a;
}

std::optional<Flow> flowOf(Operation *op) {
  unsigned results = op->getNumResults();
  return llvm::TypeSwitch<Operation *, std::optional<Flow>>(op)
      .Case<CheckpointOp>([&](CheckpointOp call) -> std::optional<Flow> {
        return Flow{{unsigned(call.getXs().size())},
                    0,
                    none(results),
                    {{"callee", false, {0}, none(results), numbers(0, results)}},
                    {},
                    false};
      })
      .Case<CondOp>([&](CondOp cond) -> std::optional<Flow> {
        return Flow{{1, unsigned(cond.getXs().size())},
                    1,
                    none(results),
                    {{"then", false, {1}, none(results), numbers(0, results)},
                     {"otherwise", false, {1}, none(results), numbers(0, results)}},
                    {0},
                    false};
      })
      .Case<ScanOp>([&](ScanOp scan) -> std::optional<Flow> {
        unsigned captures = scan.getCaptures().size(), carries = scan.getCarries().size(), rows = results - carries;
        SmallVector<unsigned> needed;
        if (scan.getLength() == -1)
          needed.push_back(captures + carries);
        return Flow{{captures, carries, unsigned(scan.getXs().size())},
                    0,
                    joined(numbers(captures, carries), none(rows)),
                    {{"body",
                      true,
                      {0, 1, 2},
                      joined(numbers(captures, carries), none(rows)),
                      joined(none(carries), numbers(carries, rows))}},
                    needed};
      })
      .Case<WhileLoopOp>([&](WhileLoopOp loop) -> std::optional<Flow> {
        unsigned captures = loop.getCaptures().size(), state = loop.getState().size();
        return Flow{{captures, state},
                    0,
                    joined(numbers(captures, state), none(1)),
                    {{"condition", false, {0, 1}, none(1), none(1)},
                     {"body", false, {0, 1}, numbers(captures, state), none(state)}}};
      })
      .Case<UnwindOp>([&](UnwindOp unwind) -> std::optional<Flow> {
        unsigned captures = unwind.getCaptures().size(), state = unwind.getState().size();
        return Flow{{1, captures, state, results},
                    1,
                    numbers(1 + captures + state, results),
                    {{"body", false, {1, 2}, numbers(1 + captures, state), none(state)},
                     {"step", false, {1, 2, 3}, numbers(1 + captures + state, results), none(results)}},
                    {0}};
      })
      .Default([](Operation *) { return std::nullopt; });
}

/// What of an op's operands and results somebody needs in the end.
class Liveness {
public:
  Liveness(Operation *op, Flow &flow)
      : op(op), flow(flow), operands(op->getNumOperands(), false), results(op->getNumResults(), false) {
    for (unsigned operand : flow.needed)
      operands[operand] = true;
    for (Flow::Function &function : flow.functions)
      for (auto [result, value] : llvm::enumerate(returned(function)))
        if (function.carriedTo[result] < 0 && function.givenAs[result] < 0) // a condition
          need(function, value);
    for (auto [index, result] : llvm::enumerate(op->getResults()))
      if (!result.use_empty())
        needResult(index);
    // The number of turns is always given.
    if (isa<WhileLoopOp>(op))
      results.back() = true;
  }

  static OperandRange returned(Flow::Function &function) {
    return function.function.front().getTerminator()->getOperands();
  }

private:
  void needResult(unsigned index) {
    results[index] = true;
    if (flow.lastOf[index] >= 0)
      return needOperand(flow.lastOf[index]);
    for (Flow::Function &function : flow.functions)
      for (auto [result, given] : llvm::enumerate(function.givenAs))
        if (given == int64_t(index))
          need(function, returned(function)[result]);
  }
  void needOperand(unsigned index) {
    if (operands[index])
      return;
    operands[index] = true;
    for (Flow::Function &function : flow.functions)
      for (auto [result, carried] : llvm::enumerate(function.carriedTo))
        if (carried == int64_t(index))
          need(function, returned(function)[result]);
  }
  void need(Flow::Function &function, Value value) {
    SmallVector<Value> work{value};
    SmallVector<int64_t> reached;
    while (!work.empty()) {
      Value next = work.pop_back_val();
      if (auto argument = dyn_cast<BlockArgument>(next))
        reached.push_back(flow.operandsOf(function)[argument.getArgNumber()]);
      else if (function.live.insert(next.getDefiningOp()).second)
        llvm::append_range(work, next.getDefiningOp()->getOperands());
    }
    for (int64_t operand : reached)
      if (operand >= 0)
        needOperand(operand);
  }

  Operation *op;
  Flow &flow;

public:
  SmallVector<bool> operands, results;
};

class ControlSimplifier {
public:
  explicit ControlSimplifier(ModuleOp module) : module(module) {}
  void run(func::FuncOp function);

private:
  bool inlineKnownBranch(CondOp cond);
  bool mergeRecording(func::FuncOp function);
  bool shrink(Operation *op);
  func::FuncOp shrunk(const Flow &flow, Flow::Function &function, const Liveness &liveness,
                      ArrayRef<SmallVector<unsigned>> segments);

  ModuleOp module;
  DenseSet<Operation *> done;
};

bool ControlSimplifier::inlineKnownBranch(CondOp cond) {
  DenseElementsAttr value;
  if (!matchPattern(cond.getPredicate(), m_Constant(&value)))
    return false;
  OpBuilder builder(cond);
  FlatSymbolRefAttr name = value.getSplatValue<bool>() ? cond.getThenAttr() : cond.getOtherwiseAttr();
  cond->replaceAllUsesWith(inlineFunction(builder, lookupFunction(cond, name), cond.getXs()));
  cond.erase();
  return true;
}

// The adjoint of a scan runs it once more to record its carries: the first run is then not needed.
bool ControlSimplifier::mergeRecording(func::FuncOp function) {
  bool changed = false;
  SmallVector<ScanOp> scans(function.getOps<ScanOp>());
  for (ScanOp &recording : scans) {
    if (!recording) // merged itself
      continue;
    auto recorded =
        lookupFunction(recording, recording.getBodyAttr())->getAttrOfType<FlatSymbolRefAttr>(recordsAttribute);
    for (ScanOp &plain : scans)
      if (plain && recorded && plain.getBodyAttr() == recorded && plain->getOperands() == recording->getOperands() &&
          plain.getLength() == recording.getLength() && plain.getReverse() == recording.getReverse() &&
          plain.getCarries().size() == recording.getCarries().size()) {
        if (plain->isBeforeInBlock(recording))
          recording->moveBefore(plain);
        plain->replaceAllUsesWith(recording->getResults().take_front(plain->getNumResults()));
        plain.erase();
        plain = {};
        changed = true;
      }
  }
  return changed;
}

func::FuncOp ControlSimplifier::shrunk(const Flow &flow, Flow::Function &function, const Liveness &liveness,
                                       ArrayRef<SmallVector<unsigned>> segments) {
  SmallVector<int64_t> before = flow.operandsOf(function);
  SmallVector<unsigned> arguments; // of the function as it was
  if (function.hasIndex)
    arguments.push_back(0);
  for (unsigned segment : function.segments)
    for (unsigned operand : segments[segment])
      arguments.push_back(llvm::find(before, int64_t(operand)) - before.begin());
  SmallVector<Type> types;
  for (unsigned argument : arguments)
    types.push_back(function.function.getArgumentTypes()[argument]);
  auto isCarried = [&](int64_t operand) {
    return operand >= 0 && !llvm::is_contained(segments[flow.captures], unsigned(operand)) &&
           liveness.operands[operand];
  };
  return makeFunction(module, function.function.getLoc(), function.function.getName(), types,
                      [&](OpBuilder &builder, ValueRange made) {
                        IRMapping map;
                        for (auto [argument, value] : llvm::zip_equal(arguments, made))
                          map.map(function.function.getArgument(argument), value);
                        for (Operation &op : function.function.front().without_terminator())
                          if (function.live.contains(&op))
                            builder.clone(op, map);
                        SmallVector<Value> results;
                        Operation *terminator = function.function.front().getTerminator();
                        for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
                          int64_t carried = function.carriedTo[index], given = function.givenAs[index];
                          if (carried >= 0 ? isCarried(carried) : given < 0 || liveness.results[given])
                            results.push_back(map.lookup(value));
                        }
                        return results;
                      });
}

bool ControlSimplifier::shrink(Operation *op) {
  std::optional<Flow> found = flowOf(op);
  if (!found)
    return false;
  Flow &flow = *found;
  for (Flow::Function &function : flow.functions)
    function.function = lookupFunction(op, op->getAttrOfType<FlatSymbolRefAttr>(function.attribute));
  Liveness liveness(op, flow);

  // What every turn gives back as it got it never changes.
  SmallVector<bool> isUnchanged(op->getNumOperands(), false);
  for (Flow::Function &function : flow.functions) {
    SmallVector<int64_t> operands = flow.operandsOf(function);
    for (auto [result, value] : llvm::enumerate(Liveness::returned(function)))
      if (auto argument = dyn_cast<BlockArgument>(value))
        if (int64_t carried = function.carriedTo[result]; carried >= 0 && operands[argument.getArgNumber()] == carried)
          isUnchanged[carried] = true;
  }
  // A cotangent is no argument of an unwinding's body, which gets all captures.
  if (isa<UnwindOp>(op))
    std::fill(isUnchanged.begin() + flow.begin(3), isUnchanged.end(), false);

  SmallVector<SmallVector<unsigned>> segments(flow.segmentSizes.size());
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand)
    if (liveness.operands[operand] && !isUnchanged[operand])
      segments[flow.segmentOf(operand)].push_back(operand);
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand)
    if (liveness.operands[operand] && isUnchanged[operand])
      segments[flow.captures].push_back(operand);
  SmallVector<Type> types;
  SmallVector<unsigned> results;
  for (unsigned result = 0; result < op->getNumResults(); ++result) {
    int64_t carried = flow.lastOf[result];
    if (carried >= 0 && isUnchanged[carried]) {
      op->getResult(result).replaceAllUsesWith(op->getOperand(carried));
    } else if (liveness.results[result] || (carried >= 0 && liveness.operands[carried])) {
      results.push_back(result);
      types.push_back(op->getResult(result).getType());
    }
  }
  bool isSame = results.size() == op->getNumResults() && llvm::none_of(isUnchanged, [](bool x) { return x; }) &&
                llvm::all_of(liveness.operands, [](bool x) { return x; });
  if (isSame)
    return false;

  SmallVector<Value> operands;
  SmallVector<int32_t> sizes;
  for (ArrayRef<unsigned> segment : segments) {
    sizes.push_back(segment.size());
    for (unsigned operand : segment)
      operands.push_back(op->getOperand(operand));
  }
  NamedAttrList attributes(op->getAttrs());
  for (Flow::Function &function : flow.functions)
    attributes.set(function.attribute, FlatSymbolRefAttr::get(shrunk(flow, function, liveness, segments)));
  OpBuilder builder(op);
  if (flow.isSized)
    attributes.set("operandSegmentSizes", builder.getDenseI32ArrayAttr(sizes));
  Operation *made = builder.create(OperationState(op->getLoc(), op->getName(), operands, types, attributes));
  for (auto [result, value] : llvm::zip_equal(results, made->getResults()))
    op->getResult(result).replaceAllUsesWith(value);
  op->erase();
  return true;
}

void ControlSimplifier::run(func::FuncOp function) {
  if (!done.insert(function).second)
    return;
  simplify(function);
  if (llvm::none_of(function.front(), [](Operation &op) { return flowOf(&op).has_value(); }))
    return;
  bool changed = mergeRecording(function);
  for (CondOp cond : llvm::to_vector(function.getOps<CondOp>()))
    changed |= inlineKnownBranch(cond);
  // Users come first: what they do not ask for, an op need not give.
  SmallVector<Operation *> ops;
  for (Operation &op : llvm::reverse(function.front()))
    if (flowOf(&op))
      ops.push_back(&op);
  for (Operation *op : ops) {
    for (FlatSymbolRefAttr name : functionsNamedBy(op))
      run(lookupFunction(op, name));
    changed |= shrink(op);
  }
  if (!changed)
    return;
  // Shrunk functions are new, and inlined branches may hold what has not been seen.
  done.erase(function);
  run(function);
}

struct SimplifyControl : impl::SimplifyControlBase<SimplifyControl> {
  void runOnOperation() override { simplifyControl(getOperation()); }
};

} // namespace

void simplifyControl(ModuleOp module) {
  ControlSimplifier simplifier(module);
  for (func::FuncOp function : llvm::to_vector(module.getOps<func::FuncOp>()))
    if (!function.isDeclaration() && !function->hasAttr("tcc.kernel") && isTensorFunction(function) &&
        function.getBody().hasOneBlock())
      simplifier.run(function);
}

} // namespace tcc
