// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between kernels and buffers: the steps of an entry function get an order in which values die early, and, where a
// budget is given, values that wait long for their next reader are dropped and computed again (rematerialisation; the
// trade of Griewank and Walther 2000 and of Chen et al. 2016, chosen here by what each value costs and where it lies).
#include "dialect/Functions.h"
#include "passes/ArenaAllocator.h"
#include "passes/KernelOps.h"
#include "passes/KernelPasses.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <set>

using namespace mlir;

namespace tcc {

#define GEN_PASS_DEF_REDUCEMEMORY
#include "passes/Passes.h.inc"

namespace {

int64_t byteSize(RankedTensorType type) { return type.getNumElements() * elementBytes(type.getElementType()); }

/// Reshapes and constants take no step: reshapes are other names of a buffer, constants lie in the program.
bool isStep(Operation *op) { return !isa<ReshapeOp, ConstantOp>(op); }

class StepList {
public:
  /// `budget` in bytes; 0 for any number.
  StepList(func::FuncOp function, int64_t budget) : block(function.getBody().front()), budget(budget) {
    for (Value result : block.getTerminator()->getOperands())
      returned.insert(rootOf(result));
  }

  bool hasStaticSizes() const {
    return llvm::all_of(block, [](Operation &op) {
      return llvm::all_of(op.getResults(), [](Value v) { return tensorType(v).hasStaticShape(); });
    });
  }
  void reorder();
  void fitBudget();

private:
  /// What lies in the arena, and when: from its step to its last reader.
  struct Tensor {
    int64_t bytes;
    int defined;
    SmallVector<int> reads; ///< ascending
    int last() const { return reads.empty() ? defined : reads.back(); }
  };
  /// Results that are set free before a step and computed again for a later one.
  struct Drop {
    int peak = 0, again = 0; ///< positions: without them here, needed again there
    SmallVector<Value> results;
    llvm::SetVector<Operation *> ops; ///< to compute again, in order
    llvm::SetVector<Value> kept;      ///< that must live longer for it
    int64_t bytes = 0;                ///< of results
    int64_t extra = 0;                ///< of what else the copies compute
    int64_t atPeak = 0;               ///< set free there
    int64_t gain = 0;                 ///< bytes beyond the budget that are no more, summed over steps
    double cost = 0, worth = 0;
  };

  /// Bytes in the arena: none for what the caller or the program holds, or nobody.
  int64_t bytesOf(Value root) const {
    Operation *op = root.getDefiningOp();
    return !op || isa<ConstantOp>(op) || returned.contains(root) || isLeftOut(root)
               ? 0
               : ArenaAllocator::align(byteSize(tensorType(root)));
  }

  void localiseReshapes();
  static Operation *firstOf(Operation *step);
  SmallVector<Operation *> freeingOrder(ArrayRef<Operation *> given) const;
  int64_t peakOf(ArrayRef<Operation *> order) const;

  double costOf(Operation *op);
  void number();
  int64_t excessOf(int64_t bytes, int after, int before) const;
  void require(Value operand, Drop &drop, unsigned depth);
  Drop dropOf(Operation *op, int peak);
  void apply(const Drop &drop);
  void reachBudget();
  void eraseUnread();
  bool mergeCopies();

  mlir::Block &block;
  llvm::DenseSet<Value> returned;
  int64_t budget;
  SmallVector<Operation *> steps;
  llvm::DenseMap<Operation *, int> positions;
  llvm::DenseMap<Value, Tensor> tensors;
  std::vector<int64_t> usage; // bytes live at each step
  llvm::DenseMap<Operation *, double> costs;
  llvm::DenseMap<Operation *, Operation *> origins; // of copies
};

// A reshape right in front of each reader: then readers can be moved alone.
void StepList::localiseReshapes() {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (isa<ReshapeOp>(op))
      continue;
    for (OpOperand &operand : op.getOpOperands()) {
      SmallVector<Operation *> chain;
      for (Value v = operand.get(); auto reshape = v.getDefiningOp<ReshapeOp>(); v = reshape.getX())
        chain.push_back(reshape);
      OpBuilder builder(&op);
      Value value = rootOf(operand.get());
      for (Operation *reshape : llvm::reverse(chain))
        value = ReshapeOp::create(builder, reshape->getLoc(), reshape->getResult(0).getType(), value, Value());
      operand.set(value);
    }
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isa<ReshapeOp>(op) && op.use_empty())
      op.erase();
}

// The given order, but a step that takes no more memory than it sets free runs as soon as it can. (Gradients of weights
// come last as graphs are built; here each follows the cotangent that it is the last to read.)
SmallVector<Operation *> StepList::freeingOrder(ArrayRef<Operation *> given) const {
  size_t count = given.size();
  struct Readers {
    SmallVector<unsigned, 2> all;
    unsigned left = 0;
  };
  llvm::DenseMap<Value, Readers> readers;
  std::vector<SmallVector<Value, 4>> operands(count);
  std::vector<unsigned> waitsFor(count, 0);
  for (unsigned index = 0; index < count; ++index) {
    llvm::SmallSetVector<Value, 4> roots;
    for (Value operand : given[index]->getOperands())
      roots.insert(rootOf(operand));
    for (Value root : roots) {
      Readers &of = readers[root];
      of.all.push_back(index);
      ++of.left;
      if (Operation *producer = root.getDefiningOp(); producer && isStep(producer))
        ++waitsFor[index];
    }
    operands[index] = roots.takeVector();
  }
  auto growth = [&](unsigned index) {
    int64_t bytes = 0;
    for (Value result : given[index]->getResults())
      bytes += bytesOf(result);
    for (Value operand : operands[index])
      if (readers[operand].left == 1)
        bytes -= bytesOf(operand);
    return bytes;
  };
  std::set<unsigned> ready, freeing;
  std::vector<bool> isDone(count, false);
  auto sort = [&](unsigned index) {
    if (isDone[index] || waitsFor[index])
      return;
    ready.insert(index);
    if (growth(index) <= 0)
      freeing.insert(index);
  };
  for (unsigned index = 0; index < count; ++index)
    sort(index);
  SmallVector<Operation *> order;
  while (!ready.empty()) {
    unsigned next = freeing.empty() ? *ready.begin() : *freeing.begin();
    ready.erase(next);
    freeing.erase(next);
    isDone[next] = true;
    order.push_back(given[next]);
    for (Value operand : operands[next])
      if (Readers &of = readers[operand]; --of.left == 1)
        for (unsigned reader : of.all)
          sort(reader);
    for (Value result : given[next]->getResults())
      if (auto of = readers.find(result); of != readers.end())
        for (unsigned reader : of->second.all) {
          --waitsFor[reader];
          sort(reader);
        }
  }
  return order;
}

int64_t StepList::peakOf(ArrayRef<Operation *> order) const {
  llvm::DenseMap<Value, unsigned> left;
  for (Operation *op : order)
    for (Value operand : op->getOperands())
      ++left[rootOf(operand)];
  int64_t live = 0, peak = 0;
  for (Operation *op : order) {
    for (Value result : op->getResults())
      live += bytesOf(result);
    peak = std::max(peak, live);
    for (Value operand : op->getOperands())
      if (Value root = rootOf(operand); --left[root] == 0)
        live -= bytesOf(root);
    for (Value result : op->getResults())
      if (!left.contains(result))
        live -= bytesOf(result);
  }
  return peak;
}

void StepList::reorder() {
  SmallVector<Operation *> given;
  for (Operation &op : block.without_terminator())
    if (isStep(&op))
      given.push_back(&op);
  SmallVector<Operation *> order = freeingOrder(given);
  // The given order keeps steps together that were written together, so a new one must be worth it. Where memory is
  // short, it is worth it even if the peak stays, since there are fewer values to drop elsewhere.
  int64_t peak = peakOf(given);
  if (order == given || peakOf(order) > (budget ? peak : peak - peak / 8))
    return;
  localiseReshapes();
  Operation *end = firstOf(block.getTerminator());
  for (Operation *op : order)
    while (true) {
      Operation *next = firstOf(op);
      next->moveBefore(end);
      if (next == op)
        break;
    }
}

/// The step, or the first of the reshapes right in front of it, which are its own.
Operation *StepList::firstOf(Operation *step) {
  while (Operation *previous = step->getPrevNode()) {
    if (!isa<ReshapeOp>(previous))
      break;
    step = previous;
  }
  return step;
}

/// Nanoseconds of a step, to the order of magnitude.
double StepList::costOf(Operation *op) {
  auto [entry, isNew] = costs.try_emplace(op, 0);
  if (!isNew)
    return entry->second;
  constexpr double call = 1000, bytesPerNanosecond = 20, flopsPerNanosecond = 20;
  double bytes = 0, flops = 0, largest = 1, longest = 1;
  auto count = [&](Value tensor) {
    RankedTensorType type = tensorType(tensor);
    largest = std::max(largest, double(type.getNumElements()));
    bytes += double(byteSize(type));
    if (type.getRank())
      longest = std::max(longest, double(type.getShape().back()));
  };
  llvm::for_each(op->getOperands(), count);
  llvm::for_each(op->getResults(), count);
  if (auto launch = dyn_cast<LaunchOp>(op)) {
    if (func::FuncOp kernel = lookupFunction(op, launch.getCalleeAttr()); kernel && isTensorKernel(kernel))
      for (Operation &inner : kernel.getBody().front().without_terminator())
        flops += double(flopsPerElement(&inner)) * double(tensorType(inner.getResult(0)).getNumElements());
  } else {
    flops = largest * longest; // as a product, or a decomposition, of such a matrix
  }
  return entry->second = call + bytes / bytesPerNanosecond + flops / flopsPerNanosecond;
}

// Positions of steps, lifetimes of tensors, and the bytes in use at each step.
void StepList::number() {
  steps.clear();
  positions.clear();
  tensors.clear();
  for (Operation &op : block.without_terminator()) {
    positions[&op] = int(steps.size()); // of a reshape: its reader's
    if (!isStep(&op))
      continue;
    for (Value result : op.getResults())
      if (int64_t bytes = bytesOf(result))
        tensors[result] = {bytes, int(steps.size()), {}};
    for (Value operand : op.getOperands())
      if (auto tensor = tensors.find(rootOf(operand)); tensor != tensors.end())
        tensor->second.reads.push_back(int(steps.size()));
    steps.push_back(&op);
  }
  usage.assign(steps.size(), 0);
  for (auto &[value, tensor] : tensors)
    for (int at = tensor.defined; at <= tensor.last(); ++at)
      usage[at] += tensor.bytes;
}

/// Loops and branches run other functions, whose cost is not known here.
static bool canRepeat(Operation *op) { return op && isStep(op) && (isa<LaunchOp>(op) || functionsNamedBy(op).empty()); }

/// What `tensor` costs by lying there between two steps, both excluded: bytes beyond the budget, summed over steps.
int64_t StepList::excessOf(int64_t bytes, int after, int before) const {
  int64_t sum = 0;
  for (int at = after + 1; at < before; ++at)
    sum += std::clamp<int64_t>(usage[at] - budget, 0, bytes);
  return sum;
}

// Makes `operand` available at drop.again: it is there, or its step is repeated, too, or it stays longer.
void StepList::require(Value operand, Drop &drop, unsigned depth) {
  constexpr unsigned deepest = 32;
  Value root = rootOf(operand);
  auto found = tensors.find(root);
  if (found == tensors.end() || found->second.last() >= drop.again || drop.ops.contains(root.getDefiningOp()))
    return;
  const Tensor &tensor = found->second;
  Operation *op = root.getDefiningOp();
  if (tensor.bytes * 8 > drop.bytes && depth < deepest && canRepeat(op)) {
    for (Value next : op->getOperands())
      require(next, drop, depth + 1);
    if (drop.ops.insert(op)) {
      drop.cost += costOf(op);
      for (Value result : op->getResults())
        drop.extra += bytesOf(result);
    }
    return;
  }
  if (!drop.kept.insert(root))
    return;
  drop.gain -= excessOf(tensor.bytes, tensor.last(), drop.again);
  if (tensor.last() < drop.peak)
    drop.atPeak -= tensor.bytes;
}

/// What it takes to have the results of `op` not lie there at step `peak`; its worth is 0 if that is no gain.
StepList::Drop StepList::dropOf(Operation *op, int peak) {
  Drop drop;
  drop.peak = peak;
  drop.again = int(steps.size());
  if (!canRepeat(op))
    return drop;
  for (Value result : op->getResults()) {
    auto found = tensors.find(result);
    if (found == tensors.end() || found->second.last() <= peak || found->second.defined >= peak)
      continue;
    const SmallVector<int> &reads = found->second.reads;
    auto next = llvm::lower_bound(reads, peak);
    if (*next == peak)
      continue;
    drop.results.push_back(result);
    drop.again = std::min(drop.again, *next);
    drop.bytes += found->second.bytes;
  }
  if (drop.results.empty())
    return drop;
  drop.atPeak = drop.bytes;
  for (Value result : drop.results) {
    const Tensor &tensor = tensors[result];
    auto next = llvm::lower_bound(tensor.reads, peak);
    int last = next == tensor.reads.begin() ? tensor.defined : *std::prev(next);
    drop.gain += excessOf(tensor.bytes, last, drop.again);
  }
  for (Value operand : op->getOperands())
    require(operand, drop, 0);
  drop.ops.insert(op);
  drop.cost += costOf(op);
  for (Value result : op->getResults())
    if (!llvm::is_contained(drop.results, result))
      drop.extra += bytesOf(result);
  // Copies run before the step that reads them has results.
  int64_t there = usage[drop.again];
  for (Value result : steps[drop.again]->getResults())
    there -= bytesOf(result);
  drop.gain -= std::max<int64_t>(0, there + drop.extra - std::max(budget, there));
  if (drop.atPeak > 0 && drop.gain > 0)
    drop.worth = double(drop.gain) / drop.cost;
  return drop;
}

void StepList::apply(const Drop &drop) {
  OpBuilder builder(firstOf(steps[drop.again]));
  IRMapping map;
  for (Operation *op : drop.ops) {
    IRMapping operands;
    for (Value operand : op->getOperands()) {
      SmallVector<ReshapeOp> chain;
      Value value = operand;
      for (; auto reshape = value.getDefiningOp<ReshapeOp>(); value = reshape.getX())
        chain.push_back(reshape);
      value = map.lookupOrDefault(value);
      for (ReshapeOp reshape : llvm::reverse(chain))
        value = ReshapeOp::create(builder, reshape.getLoc(), reshape.getType(), value, Value());
      operands.map(operand, value);
    }
    Operation *copy = builder.clone(*op, operands);
    auto origin = origins.find(op);
    origins[copy] = origin == origins.end() ? op : origin->second;
    map.map(op->getResults(), copy->getResults());
  }
  for (Value result : drop.results)
    result.replaceUsesWithIf(map.lookup(result), [&](OpOperand &use) {
      auto at = positions.find(use.getOwner()); // a copy has none, and reads what its original read
      return at != positions.end() && at->second > drop.peak;
    });
}

// Each round takes bytes from the highest step. Copies lie there in turn, shortly; it ends where that no longer helps.
void StepList::reachBudget() {
  constexpr int patience = 32;
  int64_t best = std::numeric_limits<int64_t>::max();
  for (int failures = 0; failures < patience; number()) {
    int64_t excess = excessOf(std::numeric_limits<int64_t>::max(), -1, int(steps.size()));
    failures = excess < best ? 0 : failures + 1;
    best = std::min(best, excess);
    int peak = int(llvm::max_element(usage) - usage.begin());
    Drop chosen;
    if (excess > 0)
      for (int at = 0; at < peak; ++at)
        if (Drop drop = dropOf(steps[at], peak); drop.worth > chosen.worth)
          chosen = std::move(drop);
    if (chosen.worth == 0)
      return;
    apply(chosen);
  }
}

// A copy that another one replaced, and what only it needed; also a step whose readers all read copies now.
void StepList::eraseUnread() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

// Drops are chosen one by one, and each computes what it needs from what was there before: a chain of them repeats its
// beginning for every link. Where two copies of a step are near enough for the first one's results to wait for the
// second one's readers, within the budget, the second one goes.
bool StepList::mergeCopies() {
  llvm::MapVector<Operation *, SmallVector<Operation *>> copies;
  for (Operation *op : steps) {
    auto origin = origins.find(op);
    copies[origin == origins.end() ? op : origin->second].push_back(op);
  }
  for (auto &[origin, list] : copies)
    for (size_t k = 1; k < list.size(); ++k) {
      Operation *first = list[k - 1], *second = list[k];
      int64_t longer = 0;
      int from = positions[second];
      for (auto [early, late] : llvm::zip(first->getResults(), second->getResults()))
        if (auto found = tensors.find(early); found != tensors.end() && !late.use_empty()) {
          longer += found->second.bytes;
          from = std::min(from, found->second.last());
        }
      auto between = llvm::make_range(usage.begin() + from + 1, usage.begin() + std::max(from + 1, positions[second]));
      if (llvm::any_of(between, [&](int64_t used) { return used + longer > budget; }))
        continue;
      second->replaceAllUsesWith(first);
      eraseUnread();
      return true;
    }
  return false;
}

void StepList::fitBudget() {
  localiseReshapes();
  number();
  reachBudget();
  eraseUnread();
  do
    number();
  while (mergeCopies());
}

struct ReduceMemory : impl::ReduceMemoryBase<ReduceMemory> {
  using ReduceMemoryBase::ReduceMemoryBase;
  void runOnOperation() override { reduceMemory(getOperation(), budget); }
};

} // namespace

void reduceMemory(ModuleOp module, int64_t budget) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function->hasAttr("tcc.kernel") || function.isDeclaration() || !function.getBody().hasOneBlock() ||
        !isTensorFunction(function))
      continue;
    StepList steps(function, budget);
    if (!steps.hasStaticSizes())
      continue;
    steps.reorder();
    if (budget)
      steps.fitBudget();
  }
}

} // namespace tcc
