// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a binary tree over the operands of a contraction to a plan: axes of results such that products need few copies,
// the order of the steps, what is alive at once, and the loops that keep it within a limit.
#include "frontend/ContractionPath.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

namespace tcc {
namespace {

using contraction::Labels;
using contraction::LabelSet;
using contraction::Tree;

/// What a label of an operand is in the product with another one.
enum class Role { batch, free, summed };

Role roleIn(int label, const LabelSet &sibling, const LabelSet &result) {
  if (!sibling.contains(label))
    return Role::free;
  return result.contains(label) ? Role::batch : Role::summed;
}

/// How many things prevent that axes of these roles are a batch of strided matrices (runtime/Contraction.cpp): more
/// than one run of free or of summed axes, and batch axes at the end.
int obstacles(const std::vector<Role> &roles) {
  int runs[3] = {};
  for (size_t i = 0; i < roles.size(); ++i)
    runs[size_t(roles[i])] += i == 0 || roles[i] != roles[i - 1];
  int count = std::max(runs[size_t(Role::free)] - 1, 0) + std::max(runs[size_t(Role::summed)] - 1, 0);
  return count + (!roles.empty() && roles.back() == Role::batch && runs[size_t(Role::batch)] < int(roles.size()));
}

struct Estimate {
  double flops = 0, largest = 0, peak = 0;
  LabelSet atPeak; ///< labels of what is alive then
};

/// A tree with the axes and the order of its results; estimates what it takes with given loops.
class Planner {
public:
  Planner(const TensorNetwork &network, const Labels &labels, const ContractionMemory &memory, const Tree &tree)
      : network(network), memory(memory), children(tree.children), numLeaves(labels.operands.size()),
        numNodes(numLeaves + children.size()), sets(contraction::labelsOf(labels, tree)), reach(labels.operands),
        output(labels.output), parent(numNodes, -1) {
    for (size_t node = numLeaves; node < numNodes; ++node) {
      auto [a, b] = childrenOf(node);
      parent[a] = parent[b] = int(node);
      reach.push_back(reach[a] | reach[b]);
      joint.push_back(sets[a] | sets[b]);
      isSum.push_back(!(joint.back() - sets[node]).empty());
      work.push_back(sizeOf(joint.back()) * (isSum.back() ? 2 : 1));
    }
    for (const LabelSet &set : sets)
      whole.push_back(sizeOf(set));
    chooseAxes();
    chooseOrder();
  }

  Estimate estimate(const std::vector<LabelLoop> &loops) const;
  /// Loops with which the peak is within the limit, or is as low as it gets.
  std::vector<LabelLoop> loopsWithin(double limit) const;
  ContractionPlan plan(const std::vector<LabelLoop> &loops) const;

private:
  std::pair<size_t, size_t> childrenOf(size_t node) const {
    auto [a, b] = children[node - numLeaves];
    return {size_t(a), size_t(b)};
  }
  /// The number of loops in which the node is computed: up to the last one over a label of an operand under it.
  int levelOf(size_t node, const std::vector<LabelLoop> &loops) const {
    for (size_t k = loops.size(); k-- > 0;)
      if (reach[node].contains(loops[k].label))
        return int(k) + 1;
    return 0;
  }
  double sizeOf(const LabelSet &set) const {
    double size = 1;
    set.forEach([&](int label) { size *= double(std::max<int64_t>(network.extents[size_t(label)], 1)); });
    return size;
  }
  /// What one turn of the loops has of so many elements with these labels.
  static double share(double elements, const LabelSet &set, const std::vector<LabelLoop> &loops) {
    for (const LabelLoop &loop : loops)
      if (set.contains(loop.label))
        elements /= double(loop.parts);
    return elements;
  }
  void chooseAxes();
  void chooseOrder();
  /// The order of the steps in the program: those of the outer loops first.
  std::vector<size_t> schedule(const std::vector<int> &levels) const {
    std::vector<size_t> nodes = order;
    std::stable_sort(nodes.begin(), nodes.end(), [&](size_t a, size_t b) { return levels[a] < levels[b]; });
    return nodes;
  }
  /// Whether an operand must be copied so that the loops' axes come first.
  bool isRearranged(size_t leaf, const std::vector<LabelLoop> &loops) const;
  /// Bytes for the loops themselves: sums with their successors, and rows that do not lie where they are wanted.
  double loopBytes(const std::vector<LabelLoop> &loops) const;
  std::vector<LabelLoop> with(std::vector<LabelLoop> loops, int label, int64_t parts) const;

  const TensorNetwork &network;
  const ContractionMemory &memory;
  std::vector<std::pair<int, int>> children;
  size_t numLeaves, numNodes;
  std::vector<LabelSet> sets, reach; // labels of each node, and of the operands under it
  std::vector<double> whole;         // elements of each node
  std::vector<LabelSet> joint;       // labels of both children of each step
  std::vector<bool> isSum;           // of each step, whether it sums over some of them
  std::vector<double> work;          // of each step, multiplications and additions
  LabelSet output;
  std::vector<int> parent;
  std::vector<std::vector<int>> axes;        // of each node
  std::vector<std::array<bool, 2>> isCopied; // of each step, whether the library copies an operand into another order
  std::vector<size_t> order;                 // of the steps
};

// A product has the batch axes, then those of a, then those of b. What may be chosen is which child is a, and the order
// of the batch axes; it is chosen such that the next product finds matrices, and the last one gives the output.
void Planner::chooseAxes() {
  axes = network.operands;
  axes.resize(numNodes);
  isCopied.resize(children.size());
  auto rolesOf = [&](const std::vector<int> &list, size_t sibling, size_t result) {
    std::vector<Role> roles;
    for (int label : list)
      roles.push_back(roleIn(label, sets[sibling], sets[result]));
    return roles;
  };
  for (size_t node = numLeaves; node < numNodes; ++node) {
    auto [a, b] = childrenOf(node);
    const bool isRoot = parent[node] < 0;
    size_t above = isRoot ? node : size_t(parent[node]), sibling = node;
    if (!isRoot) {
      auto [p, q] = childrenOf(above);
      sibling = p == node ? q : p;
    }
    auto cost = [&](const std::vector<int> &list) {
      return isRoot ? int(list != network.output) : obstacles(rolesOf(list, sibling, above));
    };
    auto place = [&](int label) {
      return isRoot ? int(std::find(network.output.begin(), network.output.end(), label) - network.output.begin())
                    : int(roleIn(label, sets[sibling], sets[above]));
    };
    auto sort = [&](std::vector<int> &list) {
      std::stable_sort(list.begin(), list.end(), [&](int x, int y) { return place(x) < place(y); });
    };
    std::vector<int> batch, ofA, ofB;
    for (int label : axes[a])
      if (sets[node].contains(label))
        (sets[b].contains(label) ? batch : ofA).push_back(label);
    for (int label : axes[b])
      if (sets[node].contains(label) && !sets[a].contains(label))
        ofB.push_back(label);
    int best = -1;
    for (bool isSorted : {false, true}) {
      if (isSorted)
        sort(batch);
      for (bool isSwapped : {false, true}) {
        std::vector<int> list = batch;
        for (const std::vector<int> *part : isSwapped ? std::array{&ofB, &ofA} : std::array{&ofA, &ofB})
          list.insert(list.end(), part->begin(), part->end());
        // Products of elements have their axes in any order.
        if (!isSum[node - numLeaves])
          sort(list);
        if (int now = cost(list); best < 0 || now < best) {
          best = now;
          axes[node] = list;
          children[node - numLeaves] = isSwapped ? std::pair(int(b), int(a)) : std::pair(int(a), int(b));
        }
      }
    }
    std::tie(a, b) = childrenOf(node);
    if (!isSum[node - numLeaves])
      continue;
    bool copyA = obstacles(rolesOf(axes[a], b, node)) > 0, copyB = obstacles(rolesOf(axes[b], a, node)) > 0;
    // The larger one chooses in which order the summed axes are read.
    auto summed = [&](size_t of, size_t other) {
      std::vector<int> list;
      for (int label : axes[of])
        if (sets[other].contains(label) && !sets[node].contains(label))
          list.push_back(label);
      return list;
    };
    if (summed(a, b) != summed(b, a))
      (whole[a] >= whole[b] ? copyB : copyA) = true;
    isCopied[node - numLeaves] = {copyA, copyB};
  }
}

// First the child that needs more memory beside its result than the other one (Sethi and Ullman 1970).
void Planner::chooseOrder() {
  std::vector<double> need(numNodes, 0), size(numNodes, 0);
  for (size_t node = numLeaves; node < numNodes; ++node) {
    auto [a, b] = childrenOf(node);
    size[node] = whole[node];
    need[node] = std::max(std::min(std::max(need[a], size[a] + need[b]), std::max(need[b], size[b] + need[a])),
                          size[a] + size[b] + size[node]);
  }
  std::vector<size_t> stack{numNodes - 1}; // parents before children, to be reversed
  while (!stack.empty()) {
    size_t node = stack.back();
    stack.pop_back();
    if (node < numLeaves)
      continue;
    order.push_back(node);
    auto [a, b] = childrenOf(node);
    if (need[a] - size[a] < need[b] - size[b])
      std::swap(a, b);
    // a is to come first, so last here: its part is visited after b's.
    stack.push_back(a);
    stack.push_back(b);
  }
  std::reverse(order.begin(), order.end());
}

bool Planner::isRearranged(size_t leaf, const std::vector<LabelLoop> &loops) const {
  size_t next = 0;
  bool isInside = false; // a part of the last axis is left in front of the next one
  for (const LabelLoop &loop : loops) {
    if (!sets[leaf].contains(loop.label))
      continue;
    if (isInside || axes[leaf][next] != loop.label)
      return true;
    isInside = loop.parts < network.extents[size_t(loop.label)];
    ++next;
  }
  return false;
}

double Planner::loopBytes(const std::vector<LabelLoop> &loops) const {
  double result = double(memory.itemBytes) * whole.back(), bytes = 0, outer = 1;
  double sums = double(memory.wideBytes ? std::max<int64_t>(memory.wideBytes, memory.itemBytes) : memory.itemBytes) /
                double(memory.itemBytes);
  bool isInPlace = true, isInside = false;
  size_t next = 0;
  for (const LabelLoop &loop : loops) {
    if (!output.contains(loop.label)) {
      bytes += 2 * sums * result / outer;
      continue;
    }
    isInPlace = isInPlace && !isInside && network.output[next++] == loop.label;
    isInside = loop.parts < network.extents[size_t(loop.label)];
    outer *= double(loop.parts);
  }
  // The parts of the last axis that is split lie one after the other, too.
  return isInPlace && axes.back() == network.output ? bytes : bytes + result;
}

// What is counted beside the operands and the result: intermediates, copies of operands for loops, what loops carry,
// and the library's workspace. Of a gradient: all intermediates of a turn, because the pullback reads them, and their
// cotangents, from the last to the first; its products may copy factors and results. What adds up the operands'
// gradients is not counted, as they are results.
Estimate Planner::estimate(const std::vector<LabelLoop> &loops) const {
  Estimate e;
  e.atPeak = LabelSet(network.extents.size());
  const int last = int(loops.size());
  const double item = double(memory.itemBytes), wide = double(memory.wideBytes);
  const size_t root = numNodes - 1;
  std::vector<double> size(numNodes);
  std::vector<int> level(numNodes);
  std::vector<bool> isLive(numNodes, false);
  double live = loopBytes(loops);
  for (size_t node = 0; node < numNodes; ++node) {
    size[node] = share(whole[node], sets[node], loops);
    level[node] = levelOf(node, loops);
    if (node < numLeaves && isRearranged(node, loops))
      live += item * whole[node];
  }
  // The result of the last step is the result itself where there are no loops.
  auto bytesOf = [&](size_t node) { return node < numLeaves || (node == root && last == 0) ? 0 : item * size[node]; };
  auto hold = [&](size_t node, bool isHeld) {
    live += isHeld ? bytesOf(node) : -bytesOf(node);
    isLive[node] = isHeld;
  };
  auto reach = [&](double bytes, size_t node) {
    if (bytes <= e.peak)
      return;
    e.peak = bytes;
    e.atPeak = joint[node - numLeaves];
    for (size_t other = numLeaves; other < numNodes; ++other)
      if (isLive[other])
        e.atPeak = e.atPeak | sets[other];
  };
  if (numNodes == numLeaves) {
    e.peak = live;
    e.atPeak = sets[root];
  }
  int now = 0;
  std::vector<size_t> nodes = schedule(level);
  for (size_t node : nodes) {
    auto [a, b] = childrenOf(node);
    for (; now < level[node]; ++now)
      // Sums of the cotangents of what the next loop captures.
      for (size_t other = numLeaves; memory.ofGradient && other < numNodes; ++other)
        if (level[other] == now && level[size_t(parent[other])] > now)
          live += 2 * bytesOf(other);
    double turns = 1;
    for (int k = 0; k < level[node]; ++k)
      turns *= double(loops[size_t(k)].parts);
    e.flops += turns * share(work[node - numLeaves], joint[node - numLeaves], loops);
    e.largest = std::max(e.largest, size[node]);
    double copied = isCopied[node - numLeaves][0] * size[a] + isCopied[node - numLeaves][1] * size[b];
    hold(node, true);
    reach(live + wide * (size[a] + size[b] + size[node]) + (wide > 0 ? wide : item) * copied, node);
    if (memory.ofGradient)
      continue;
    for (size_t child : {a, b})
      if (child >= numLeaves && level[child] == level[node])
        hold(child, false);
  }
  if (memory.ofGradient && root >= numLeaves) {
    hold(root, false);
    for (size_t k = nodes.size(); k-- > 0 && level[nodes[k]] == last;) {
      size_t node = nodes[k];
      auto [a, b] = childrenOf(node);
      double made = bytesOf(a) + bytesOf(b);
      reach(live + 2 * made + (item * (memory.isComplex ? 2 : 1) + 2 * wide) * (size[a] + size[b] + size[node]), node);
      // The children's cotangents take the places of their values.
      live -= node == root ? 0 : bytesOf(node);
      for (size_t child : {a, b})
        live += child >= numLeaves && level[child] < last ? bytesOf(child) : 0;
    }
  }
  return e;
}

std::vector<LabelLoop> Planner::with(std::vector<LabelLoop> loops, int label, int64_t parts) const {
  size_t place = 0;
  for (; place < loops.size(); ++place) {
    if (loops[place].label == label) {
      loops[place].parts *= parts;
      return loops;
    }
    if (output.contains(label) && !output.contains(loops[place].label))
      break;
  }
  loops.insert(loops.begin() + int64_t(place), {label, parts});
  return loops;
}

int64_t smallestFactor(int64_t n) {
  for (int64_t f = 2; f * f <= n; ++f)
    if (n % f == 0)
      return f;
  return n;
}

// Splits one label after the other by the least that it can be split, each time the one for which operations times
// memory are least: a label that all steps have costs nothing.
std::vector<LabelLoop> Planner::loopsWithin(double limit) const {
  std::vector<LabelLoop> loops, best;
  Estimate now = estimate(loops);
  double lowest = now.peak;
  while (now.peak > limit) {
    double bestScore = std::numeric_limits<double>::infinity();
    std::vector<LabelLoop> next;
    Estimate after;
    now.atPeak.forEach([&](int label) {
      int64_t rest = network.extents[size_t(label)];
      for (const LabelLoop &loop : loops)
        if (loop.label == label)
          rest /= loop.parts;
      if (rest <= 1)
        return;
      std::vector<LabelLoop> tried = with(loops, label, smallestFactor(rest));
      Estimate e = estimate(tried);
      if (double score = e.flops * std::max(e.peak, 1.0); score < bestScore) {
        bestScore = score;
        next = std::move(tried);
        after = std::move(e);
      }
    });
    if (next.empty())
      break;
    loops = std::move(next);
    now = std::move(after);
    if (now.peak < lowest) {
      lowest = now.peak;
      best = loops;
    }
  }
  // Later loops may have made earlier ones needless.
  for (size_t k = 0; k < best.size();) {
    std::vector<LabelLoop> without = best;
    without.erase(without.begin() + int64_t(k));
    if (Estimate e = estimate(without); e.peak <= std::max(limit, lowest))
      best = std::move(without);
    else
      ++k;
  }
  return best;
}

ContractionPlan Planner::plan(const std::vector<LabelLoop> &loops) const {
  ContractionPlan result;
  std::vector<int> levels, number(numNodes);
  for (size_t node = 0; node < numNodes; ++node) {
    levels.push_back(levelOf(node, loops));
    number[node] = int(node);
  }
  for (size_t node : schedule(levels)) {
    auto [a, b] = childrenOf(node);
    number[node] = int(numLeaves + result.steps.size());
    result.steps.push_back({number[a], number[b], axes[node], levels[node]});
  }
  Estimate e = estimate(loops);
  result.loops = loops;
  result.flops = e.flops;
  result.largest = e.largest;
  result.peakBytes = e.peak;
  return result;
}

ContractionPlan search(const TensorNetwork &network, const ContractionMemory &memory) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Labels labels(network);
  std::vector<Tree> trees = contraction::findTrees(labels, infinity);
  // With a limit also trees that are dearer and have smaller intermediates.
  if (memory.limit < infinity && Planner(network, labels, memory, trees.front()).estimate({}).peak > memory.limit)
    for (int shrink = 0; shrink < 2; ++shrink) {
      double cap = std::log2(std::max(memory.limit / double(memory.itemBytes), 1.0)) - shrink;
      for (Tree &tree : contraction::findTrees(labels, cap))
        trees.push_back(std::move(tree));
    }
  ContractionPlan best;
  auto isBetter = [&](const ContractionPlan &a, const ContractionPlan &b) {
    bool fits = a.peakBytes <= memory.limit;
    if (fits != (b.peakBytes <= memory.limit))
      return fits;
    return fits ? a.flops < b.flops : a.peakBytes < b.peakBytes;
  };
  for (size_t k = 0; k < trees.size(); ++k) {
    Planner planner(network, labels, memory, trees[k]);
    ContractionPlan plan = planner.plan(planner.loopsWithin(memory.limit));
    if (k == 0 || isBetter(plan, best))
      best = std::move(plan);
  }
  return best;
}

} // namespace

ContractionPlan planContraction(const TensorNetwork &network, const ContractionMemory &memory) {
  // Loops build the same expression again and again.
  static std::mutex mutex;
  static std::map<std::vector<int64_t>, ContractionPlan> known;
  constexpr size_t maxKnown = 1000;
  std::vector<int64_t> key{int64_t(std::min(memory.limit, 0x1p62)), memory.itemBytes, memory.wideBytes,
                           memory.isComplex, memory.ofGradient};
  auto add = [&](const auto &list) {
    key.push_back(int64_t(list.size()));
    key.insert(key.end(), list.begin(), list.end());
  };
  add(network.extents);
  add(network.output);
  for (const std::vector<int> &operand : network.operands)
    add(operand);
  {
    std::lock_guard lock(mutex);
    if (auto found = known.find(key); found != known.end())
      return found->second;
  }
  ContractionPlan plan = search(network, memory);
  std::lock_guard lock(mutex);
  if (known.size() >= maxKnown)
    known.clear();
  return known.emplace(std::move(key), std::move(plan)).first->second;
}

} // namespace tcc
