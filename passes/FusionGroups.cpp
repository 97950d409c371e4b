// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Grows kernels along the data flow, one op at a time in program order. Cycles are excluded by the set of groups that
// each group needs, kept for segments of the program, so that time stays linear in its length.
#include "passes/FusionGroups.h"

#include "passes/KernelOps.h"

using namespace mlir;

namespace tcc {

/// Ops between which kernels may be formed.
static constexpr unsigned segmentLength = 512;

FusionGroups::FusionGroups(func::FuncOp function, const FormKernelsOptions &options)
    : function(function), options(options), shapes(function) {}

/// A reshape that is only another view of a buffer that is in memory anyway.
static bool isAlias(Operation *op, const llvm::DenseSet<Operation *> &aliases) {
  if (!isa<ReshapeOp>(op))
    return false;
  if (!isFloating(op))
    return true;
  Operation *source = op->getOperand(0).getDefiningOp();
  return !source || roleOf(source) == Role::Library || aliases.contains(source);
}

void FusionGroups::collect() {
  llvm::DenseSet<Operation *> aliases;
  Block &body = function.getBody().front();
  for (Operation &op : body.without_terminator())
    // Op by op, every operand is in memory.
    if (isAlias(&op, aliases) || (options.reference && isa<ReshapeOp>(op)))
      aliases.insert(&op);
  // What is read by no kernel must be in memory, and a reshape of that is an alias, too. Readers come first: they
  // decide about what they read.
  auto isReadInMemory = [&](Operation &op) {
    return llvm::any_of(op.getUsers(),
                        [&](Operation *user) { return roleOf(user) == Role::Library || aliases.contains(user); });
  };
  for (Operation &op : llvm::reverse(body.without_terminator()))
    if (isa<ReshapeOp>(op) && isReadInMemory(op))
      aliases.insert(&op);
  for (Operation &op : body.without_terminator()) {
    bool mayFloat = isFloating(&op) && !aliases.contains(&op);
    if (options.reference && roleOf(&op) != Role::Source)
      mayFloat = false;
    if (mayFloat && !isReadInMemory(op)) {
      floats.insert(&op);
      continue;
    }
    positions[&op] = ops.size();
    ops.push_back(&op);
    Group &group = groups.emplace_back();
    group.members.push_back(ops.size() - 1);
    group.isKernel = roleOf(&op) != Role::Library && !isa<ReshapeOp>(op);
    group.flops = group.isKernel ? flopsPerElement(&op) : 0;
    parents.push_back(parents.size());
    if (!group.isKernel)
      continue;
    group.rows = op.getResult(0);
    group.numRows = tensorType(group.rows).getRank();
    group.numReductions = roleOf(&op) == Role::Reduction || roleOf(&op) == Role::Contraction;
  }
  for (Operation *op : ops)
    bases.push_back(basesOf(op));
}

/// Operands that only give the sizes that a result type leaves open.
static bool givesShapeOnly(Operation *op, unsigned operand) {
  return isa<IotaOp, ExtentOp>(op) || (operand == 1 && isa<BroadcastOp, ReshapeOp, RandomBitsOp>(op));
}

SmallVector<Base> FusionGroups::basesOf(Operation *op) const {
  SmallVector<Base> found, work;
  auto push = [&](Operation *of, AffineMap path, bool shapeOnly) {
    for (auto [index, operand] : llvm::enumerate(of->getOperands()))
      work.push_back({operand, path, shapeOnly || givesShapeOnly(of, index)});
  };
  Role role = roleOf(op);
  if (role == Role::View || role == Role::Elementwise)
    push(op, viewMap(op), false);
  else if (role == Role::Reduction)
    push(op, AffineMap::getMultiDimIdentityMap(tensorType(op->getOperand(0)).getRank(), op->getContext()), false);
  else
    push(op, AffineMap(), false);
  while (!work.empty()) {
    Base base = work.pop_back_val();
    Operation *definition = base.value.getDefiningOp();
    if (!definition || !floats.contains(definition))
      found.push_back(base);
    else if (definition->getNumOperands())
      push(definition, base.path ? viewMap(definition).compose(base.path) : AffineMap(), base.shapeOnly);
  }
  return found;
}

unsigned FusionGroups::find(unsigned group) {
  while (parents[group] != group)
    group = parents[group] = parents[parents[group]];
  return group;
}

std::optional<unsigned> FusionGroups::groupOf(Value value) {
  auto position = positions.find(value.getDefiningOp());
  if (position == positions.end() || position->second < segmentBegin)
    return std::nullopt;
  return find(position->second);
}

//===----------------------------------------------------------------------===//
// Dependences
//===----------------------------------------------------------------------===//

// One kernel of a and b would need something that needs the kernel.
bool FusionGroups::wouldCycle(unsigned a, unsigned b) {
  for (auto [from, to] : {std::pair(a, b), std::pair(b, a)})
    for (unsigned bit : groups[from].needs.set_bits()) {
      unsigned between = find(segmentBegin + bit);
      if (between != a && between != b && groups[between].needs.test(to - segmentBegin))
        return true;
    }
  return false;
}

void FusionGroups::unite(unsigned into, unsigned from) {
  Group &target = groups[into], &source = groups[from];
  parents[from] = into;
  target.members.append(source.members);
  target.flops += source.flops;
  target.numReductions += source.numReductions;
  target.whole = target.whole ? target.whole : source.whole;
  target.crosses |= source.crosses;
  target.needs |= source.needs;
  target.needs.reset(into - segmentBegin);
  target.needs.reset(from - segmentBegin);
  for (unsigned other = segmentBegin; other < segmentEnd; ++other) {
    llvm::BitVector &needs = groups[other].needs;
    if (other == into || parents[other] != other || needs.empty())
      continue;
    if (needs.test(into - segmentBegin) || needs.test(from - segmentBegin)) {
      needs |= target.needs;
      needs.set(into - segmentBegin);
    }
  }
}

//===----------------------------------------------------------------------===//
// What may be one kernel
//===----------------------------------------------------------------------===//

// LLVM's time grows faster than a function's length, and a sine is as long as twenty additions: a chain of 256 of them
// in one kernel took half a minute to compile, ten kernels of 25 are one that is compiled once.
bool FusionGroups::isSmallEnough(const Group &a, const Group &b) const {
  constexpr int64_t flopsPerOp = 2;
  return int64_t(a.members.size() + b.members.size()) <= options.maxOps &&
         a.flops + b.flops <= flopsPerOp * options.maxOps;
}

/// Rows to keep the cores busy with.
static constexpr int64_t enoughRows = 16;
/// From here on emission cuts any pass into pieces (passes/LoopPlan.cpp, chooseSplit); less data stays in the caches
/// between two kernels.
static constexpr int64_t elementsOfPass = 1 << 20;

static int64_t estimateElements(Value tensor, int64_t numAxes) {
  int64_t product = 1;
  for (int64_t size : tensorType(tensor).getShape().take_front(numAxes))
    product *= ShapedType::isDynamic(size) ? 256 : size;
  return product;
}
static int64_t estimateElements(Value tensor) { return estimateElements(tensor, tensorType(tensor).getRank()); }

// Rows run in parallel, the work within one does not.
bool FusionGroups::isWorthRows(Value rows, int64_t numRows, Value whole) const {
  return estimateElements(rows, numRows) >= enoughRows || estimateElements(whole) <= elementsOfLaunch;
}

// Whether to compute the producer's members at each element of the reader instead of storing them. Between equally many
// elements always; a scalar is computed once for a block.
bool FusionGroups::isCheapAgain(const Group &producer, Operation *reader) const {
  if (producer.numRows == 0)
    return true;
  if (producer.flops <= flopsOfMemoryAccess)
    return true;
  Value whole = roleOf(reader) == Role::Reduction ? reader->getOperand(0) : reader->getResult(0);
  return !isa<ConcatenateOp>(reader) && estimateElements(whole) <= estimateElements(producer.rows, producer.numRows);
}

bool FusionGroups::hasRows(Value tensor, const Group &group) const {
  if (tensorType(tensor).getRank() < group.numRows)
    return false;
  for (int64_t axis = 0; axis < group.numRows; ++axis)
    if (AffineExpr size = shapes.size(tensor, axis); !size || size != shapes.size(group.rows, axis))
      return false;
  return true;
}

bool FusionGroups::computes(const Group &group, const Base &base) const {
  auto position = positions.find(base.value.getDefiningOp());
  return !base.shapeOnly && position != positions.end() && llvm::is_contained(group.members, position->second);
}

// Each row of the op at `index` reads the same row of the producer.
bool FusionGroups::readsRows(unsigned index, const Group &producer, int64_t numRows) const {
  for (const Base &base : bases[index]) {
    if (!computes(producer, base))
      continue;
    if (!base.path || int64_t(base.path.getNumResults()) < numRows)
      return false;
    for (int64_t axis = 0; axis < numRows; ++axis)
      if (base.path.getResult(axis) != getAffineDimExpr(axis, base.value.getContext()))
        return false;
  }
  return true;
}

bool FusionGroups::onlyUsedBy(const Group &group, unsigned index) {
  unsigned root = find(group.members.front());
  SmallVector<Operation *> work;
  for (unsigned member : group.members)
    llvm::append_range(work, ops[member]->getUsers());
  while (!work.empty()) {
    Operation *user = work.pop_back_val();
    if (user == ops[index])
      continue;
    if (floats.contains(user)) {
      llvm::append_range(work, user->getUsers());
      continue;
    }
    auto position = positions.find(user);
    if (position == positions.end() || find(position->second) != root)
      return false;
  }
  return true;
}

// The op at `index` reads what the pass of the producer computes, not only what it has reduced.
bool FusionGroups::readsPass(unsigned index, const Group &producer) const {
  return llvm::any_of(bases[index], [&](const Base &base) {
    return computes(producer, base) && shapes.haveSameShape(base.value, producer.whole);
  });
}

// The op at `index` does one thing at each element of `whole`, for which it reads of the group what that has there.
bool FusionGroups::passesOver(unsigned index, const Group &group, Value whole) const {
  Operation *op = ops[index];
  bool reduces = roleOf(op) == Role::Reduction;
  return (reduces || roleOf(op) == Role::Elementwise) &&
         shapes.haveSameShape(reduces ? op->getOperand(0) : op->getResult(0), whole) &&
         readsRows(index, group, tensorType(whole).getRank()) && llvm::all_of(bases[index], [&](const Base &base) {
           return !computes(group, base) || shapes.haveSameShape(base.value, whole);
         });
}

static ArrayRef<int64_t> axesOf(Operation *reduction) {
  return reduction->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
}

// One more op in a pass over large data: it does at each element what the pass has there, or reduces the same axes.
bool FusionGroups::joinPass(unsigned index, Group &group, Group &producer) {
  Operation *op = ops[index];
  if (group.members.size() > 1 || !passesOver(index, producer, producer.whole))
    return false;
  if (roleOf(op) == Role::Reduction &&
      (int64_t(axesOf(op).size()) != tensorType(producer.whole).getRank() - producer.numRows ||
       *llvm::min_element(axesOf(op)) != producer.numRows))
    return false;
  group.rows = producer.rows;
  group.numRows = producer.numRows;
  return true;
}

// Its result is known when all rows are done.
bool FusionGroups::isCrossing(const Group &group, unsigned member) const {
  return group.crosses && roleOf(ops[member]) == Role::Reduction && !axesOf(ops[member]).empty() &&
         *llvm::min_element(axesOf(ops[member])) < group.numRows;
}

bool FusionGroups::readsCrossing(const Group &group, const Group &producer) const {
  return producer.crosses && llvm::any_of(group.members, [&](unsigned member) {
           return llvm::any_of(bases[member], [&](const Base &base) {
             return computes(producer, base) && isCrossing(producer, positions.lookup(base.value.getDefiningOp()));
           });
         });
}

/// How many of the last axes are all reduced or all kept.
static int64_t trailingRun(Operation *reduction) {
  int64_t rank = tensorType(reduction->getOperand(0)).getRank(), run = 1;
  auto isReduced = [&](int64_t axis) { return llvm::is_contained(axesOf(reduction), axis); };
  while (run < rank && isReduced(rank - 1 - run) == isReduced(rank - 1))
    ++run;
  return std::min(run, rank);
}

// Each row is added to the partial results of its block of rows: vectors run along the last axes, and the partial
// results should be few beside what is reduced, and stay in the second-level cache.
bool FusionGroups::isWorthCrossing(Operation *reduction, int64_t numRows) const {
  RankedTensorType whole = tensorType(reduction->getOperand(0)), kept = tensorType(reduction->getResult(0));
  ArrayRef<int64_t> axes = axesOf(reduction);
  if (!whole.hasStaticShape() || axes.empty() || *llvm::min_element(axes) >= numRows || numRows >= whole.getRank())
    return false;
  int64_t run = 1, rows = 1;
  for (int64_t axis = std::max(numRows, whole.getRank() - trailingRun(reduction)); axis < whole.getRank(); ++axis)
    run *= whole.getDimSize(axis);
  for (int64_t axis = 0; axis < numRows; ++axis)
    rows *= whole.getDimSize(axis);
  return run >= 64 && rows >= 4 * enoughRows && kept.getNumElements() <= 1 << 17;
}

// A reduction of axes that the rows run along, as the gradients of what all rows share are.
bool FusionGroups::fuseAcrossRows(unsigned index, Group &group, Group &producer) {
  Operation *op = ops[index];
  Value whole = op->getOperand(0);
  int64_t rank = tensorType(whole).getRank();
  bool adapts = !producer.numReductions && producer.numRows == rank;
  int64_t numRows = adapts ? rank - trailingRun(op) : producer.numRows;
  if (group.members.size() > 1 || producer.whole || !isWorthCrossing(op, numRows) || !hasRows(whole, producer) ||
      !readsRows(index, producer, producer.numRows))
    return false;
  group.rows = adapts ? whole : producer.rows;
  group.numRows = numRows;
  group.crosses = true;
  return true;
}

// sum(f(x)): the producer is part of the reduction's loop. If the last axes are reduced, the producer's values may be
// stored as well, and later ops may use both: row by row, or in one pass that is long enough to be cut into pieces.
bool FusionGroups::fuseReduction(unsigned index, Group &group, Group &producer) {
  Operation *op = ops[index];
  ArrayRef<int64_t> axes = axesOf(op);
  Value whole = op->getOperand(0), kept = op->getResult(0);
  int64_t rank = tensorType(whole).getRank();
  auto firstReduced = llvm::min_element(axes);
  int64_t first = axes.empty() ? rank : *firstReduced;
  if (producer.whole)
    return joinPass(index, group, producer);
  if (producer.numReductions) {
    if (!hasRows(kept, producer) || first < producer.numRows || !readsRows(index, producer, producer.numRows) ||
        !isWorthRows(producer.rows, producer.numRows, whole))
      return fuseAcrossRows(index, group, producer);
    group.rows = producer.rows;
    group.numRows = producer.numRows;
    return true;
  }
  bool isTrailing = first + int64_t(axes.size()) == rank;
  if (isTrailing && producer.numRows == rank && hasRows(whole, producer) && readsRows(index, producer, rank)) {
    if (isWorthRows(kept, first, whole))
      return true;
    bool isPass = group.members.size() == 1 && estimateElements(whole) >= elementsOfPass &&
                  llvm::all_of(producer.members, [&](unsigned member) { return passesOver(member, producer, whole); });
    if (isPass) {
      group.whole = whole;
      return true;
    }
  }
  return (onlyUsedBy(producer, index) && isCheapAgain(producer, op)) || fuseAcrossRows(index, group, producer);
}

// A reduction or contraction whose result is only wanted in another order is stored in that order.
bool FusionGroups::fuseTranspose(unsigned index, Group &group, Group &producer) {
  Value operand = ops[index]->getOperand(0);
  Operation *source = operand.getDefiningOp();
  if (!isa<TransposeOp>(ops[index]) || producer.numReductions != 1 || producer.rows != operand || !source ||
      floats.contains(source) || !(roleOf(source) == Role::Reduction || roleOf(source) == Role::Contraction))
    return false;
  return onlyUsedBy(producer, index) && operand.hasOneUse();
}

bool FusionGroups::fuseElementwise(unsigned index, Group &group, Group &producer) {
  Operation *op = ops[index];
  if (producer.whole && readsPass(index, producer))
    return joinPass(index, group, producer);
  if (producer.numReductions) {
    // What is reduced exists once, row by row.
    if (!readsRows(index, producer, producer.numRows) || !hasRows(group.rows, producer) ||
        (group.numReductions && group.numRows != producer.numRows) ||
        !isWorthRows(producer.rows, producer.numRows, op->getResult(0)))
      return false;
    group.rows = producer.rows;
    group.numRows = producer.numRows;
    return true;
  }
  bool sameRows = producer.numRows >= group.numRows && hasRows(producer.rows, group);
  if (group.numReductions) {
    if (sameRows && readsRows(index, producer, group.numRows) && isWorthRows(group.rows, group.numRows, producer.rows))
      return true;
    return onlyUsedBy(producer, index) && isCheapAgain(producer, op);
  }
  if (sameRows && producer.numRows == group.numRows &&
      (readsRows(index, producer, group.numRows) || producer.flops <= flopsOfMemoryAccess / 2))
    return true;
  if (onlyUsedBy(producer, index) && isCheapAgain(producer, op))
    return true;
  // A short tensor that is also wanted by itself, and the long one made from it row by row.
  if (!hasRows(group.rows, producer) || !readsRows(index, producer, producer.numRows) ||
      !isWorthRows(producer.rows, producer.numRows, group.rows) || producer.numRows == 0)
    return false;
  group.rows = producer.rows;
  group.numRows = producer.numRows;
  return true;
}

bool FusionGroups::fuse(unsigned index, unsigned into, unsigned from) {
  Group &group = groups[into], &producer = groups[from];
  Role role = roleOf(ops[index]);
  if (group.whole || role == Role::Contraction || role == Role::Source || !isSmallEnough(group, producer) ||
      wouldCycle(into, from) || readsCrossing(group, producer))
    return false;
  // What is reduced exists row by row, also for the ops that the group has taken in before.
  if (producer.numReductions && llvm::any_of(group.members, [&](unsigned member) {
        return member != index && !readsRows(member, producer, producer.numRows);
      }))
    return false;
  bool mayFuse = role == Role::Reduction
                     ? fuseReduction(index, group, producer)
                     : fuseTranspose(index, group, producer) || fuseElementwise(index, group, producer);
  if (mayFuse)
    unite(into, from);
  return mayFuse;
}

void FusionGroups::place(unsigned index) {
  Group &group = groups[index];
  group.needs.resize(segmentEnd - segmentBegin);
  SmallVector<unsigned> producers;
  for (const Base &base : bases[index])
    if (auto producer = groupOf(base.value); producer && *producer != index) {
      group.needs |= groups[*producer].needs;
      group.needs.set(*producer - segmentBegin);
      if (groups[*producer].isKernel && !llvm::is_contained(producers, *producer))
        producers.push_back(*producer);
    }
  if (!group.isKernel || options.reference)
    return;
  // Reductions first: their rows are given, those of the others adapt.
  SmallVector<unsigned> ordered;
  for (bool reduces : {true, false})
    llvm::copy_if(producers, std::back_inserter(ordered),
                  [&](unsigned producer) { return (groups[producer].numReductions > 0) == reduces; });
  for (unsigned producer : ordered)
    if (unsigned from = find(producer), into = find(index); from != into)
      fuse(index, into, from);
}

// Parts a group: `later`, members that read results of the others, are one of their own. Returns the roots of the two.
std::pair<unsigned, unsigned> FusionGroups::part(unsigned root, ArrayRef<unsigned> later) {
  Group whole = groups[root], first = whole, second = whole;
  llvm::erase_if(first.members, [&](unsigned member) { return llvm::is_contained(later, member); });
  second.members.assign(later.begin(), later.end());
  for (Group *half : {&first, &second}) {
    half->flops = half->numReductions = 0;
    for (unsigned member : half->members) {
      half->flops += flopsPerElement(ops[member]);
      half->numReductions += roleOf(ops[member]) == Role::Reduction;
    }
  }
  unsigned before = first.members.front(), after = second.members.front();
  for (unsigned member : whole.members)
    parents[member] = llvm::is_contained(later, member) ? after : before;
  second.needs.set(before - segmentBegin);
  groups[before] = std::move(first);
  groups[after] = std::move(second);
  for (unsigned other = segmentBegin; other < segmentEnd; ++other)
    if (llvm::BitVector &needs = groups[other].needs;
        parents[other] == other && !needs.empty() && other != after && needs.test(root - segmentBegin)) {
      needs.reset(root - segmentBegin);
      needs.set(before - segmentBegin);
      needs.set(after - segmentBegin);
    }
  return {before, after};
}

// Two kernels that read `shared`: `rows` row by row, or element by element; `columns` reduces axes that those run
// along.
bool FusionGroups::mergeAcrossRows(unsigned rows, unsigned columns, Value shared) {
  Group &a = groups[rows], &b = groups[columns];
  int64_t rank = tensorType(shared).getRank();
  bool adapts = !a.numReductions && a.numRows == rank;
  if (a.whole || b.crosses || !b.numReductions || !hasRows(shared, a) || a.needs.test(columns - segmentBegin) ||
      b.needs.test(rows - segmentBegin))
    return false;
  auto isReduction = [&](unsigned member) { return roleOf(ops[member]) == Role::Reduction; };
  int64_t numRows = adapts ? 0 : a.numRows;
  for (unsigned member : b.members)
    if (isReduction(member) && adapts)
      numRows = std::max(numRows, rank - trailingRun(ops[member]));
  auto readsInOrder = [&](unsigned member) {
    return llvm::all_of(
        bases[member], [&](const Base &base) { return base.value != shared || (base.path && base.path.isIdentity()); });
  };
  SmallVector<unsigned> later; // what is done with the reductions' results
  for (unsigned member : b.members)
    if (!passesOver(member, b, shared) || !readsInOrder(member)) {
      if (roleOf(ops[member]) != Role::Elementwise || shapes.haveSameShape(ops[member]->getResult(0), shared))
        return false;
      later.push_back(member);
    } else if (isReduction(member) && !isWorthCrossing(ops[member], numRows)) {
      return false;
    }
  for (unsigned member : a.members) {
    Role role = roleOf(ops[member]);
    bool staysInRow = role != Role::Contraction && (role != Role::Reduction || isCrossing(a, member) ||
                                                    *llvm::min_element(axesOf(ops[member])) >= numRows);
    if (!staysInRow || !readsInOrder(member))
      return false;
  }
  if (wouldCycle(rows, columns))
    return false;
  if (!later.empty())
    columns = part(columns, later).first;
  unite(rows, columns);
  Group &both = groups[rows];
  both.rows = adapts ? shared : both.rows;
  both.numRows = numRows;
  both.crosses = true;
  return true;
}

// Kernels that read the same large tensor and have the same rows: one pass over it instead of two.
void FusionGroups::mergeSiblings(unsigned begin, unsigned end) {
  llvm::DenseMap<Value, unsigned> lastReader;
  for (unsigned index = begin; index < end; ++index) {
    if (!groups[find(index)].isKernel)
      continue;
    for (const Base &base : bases[index]) {
      unsigned reader = find(index);
      auto [entry, isNew] = lastReader.try_emplace(base.value, index);
      unsigned previousIndex = entry->second, previous = find(previousIndex);
      entry->second = index;
      if (isNew || previous == reader)
        continue;
      Group &a = groups[previous], &b = groups[reader];
      if (a.whole || b.whole || !isSmallEnough(a, b) || mergeAcrossRows(previous, reader, base.value) ||
          mergeAcrossRows(reader, previous, base.value) || a.numRows != b.numRows || !hasRows(b.rows, a))
        continue;
      bool elementwise = !a.numReductions && !b.numReductions && shapes.haveSameShape(base.value, a.rows);
      Operation *first = ops[previousIndex], *second = ops[index];
      bool sameReduction = a.numReductions && b.numReductions && roleOf(first) == Role::Reduction &&
                           roleOf(second) == Role::Reduction && first->getAttr("axes") == second->getAttr("axes") &&
                           shapes.haveSameShape(first->getOperand(0), second->getOperand(0));
      if ((elementwise || sameReduction) && !wouldCycle(previous, reader))
        unite(reader, previous);
    }
  }
}

SmallVector<FusionGroups::Item> FusionGroups::order() {
  SmallVector<Item> items;
  SmallVector<char> state(ops.size(), 0); // of roots: 1 on the stack, 2 done
  SmallVector<std::pair<unsigned, bool>> stack;
  for (unsigned index = 0; index < ops.size(); ++index) {
    stack.push_back({find(index), false});
    while (!stack.empty()) {
      auto [root, isReady] = stack.pop_back_val();
      if (state[root] == 2)
        continue;
      if (!isReady) {
        if (state[root] == 1)
          continue;
        state[root] = 1;
        llvm::sort(groups[root].members);
        stack.push_back({root, true});
        for (unsigned member : llvm::reverse(groups[root].members))
          for (const Base &base : bases[member])
            if (auto position = positions.find(base.value.getDefiningOp()); position != positions.end())
              if (unsigned before = find(position->second); state[before] == 0)
                stack.push_back({before, false});
        continue;
      }
      state[root] = 2;
      Item &item = items.emplace_back();
      item.isKernel = groups[root].isKernel;
      item.crossedRows = groups[root].crosses ? groups[root].numRows : 0;
      for (unsigned member : groups[root].members)
        item.ops.push_back(ops[member]);
    }
  }
  return items;
}

SmallVector<FusionGroups::Item> FusionGroups::run() {
  collect();
  for (segmentBegin = 0; segmentBegin < ops.size(); segmentBegin = segmentEnd) {
    segmentEnd = std::min<unsigned>(segmentBegin + segmentLength, ops.size());
    for (unsigned index = segmentBegin; index < segmentEnd; ++index)
      place(index);
    if (!options.reference)
      mergeSiblings(segmentBegin, segmentEnd);
  }
  return order();
}

} // namespace tcc
