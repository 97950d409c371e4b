// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binary trees over the operands of a contraction: the cheapest by dynamic programming over subsets, or the best of
// random greedy ones, of which parts are replaced by the cheapest.
#include "frontend/ContractionPath.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <queue>
#include <tuple>

namespace tcc::contraction {
namespace {

constexpr size_t maxExact = 12; // 3^12 / 2 splits: 3 ms
constexpr size_t maxPart = 8;   // 3^8 / 2 splits: 30 us

/// The cheapest tree over leaves with these labels of which those of `outer` stay. Nothing if every tree has an
/// intermediate of more than 2^logCap elements.
//
// For a set S of leaves: closed(S) is the size of the labels that occur in S alone, size(S) of those that its result
// has. A split of S into A and B then runs over size(S) closed(S) / (closed(A) closed(B)) indices, so that each of the
// 3^n / 2 splits, those without a common label included, is looked at in constant time.
std::optional<Tree> cheapestTree(const Labels &labels, const std::vector<LabelSet> &leaves, const LabelSet &outer,
                                 double logCap) {
  const size_t n = leaves.size(), count = size_t(1) << n, full = count - 1;
  LabelSet all(labels.logExtent.size());
  for (const LabelSet &leaf : leaves)
    all = all | leaf;
  std::vector<double> closed(count, 0), within(count, 0), size(count), cost(count, 0);
  all.forEach([&](int label) {
    size_t mask = 0;
    for (size_t k = 0; k < n; ++k)
      mask |= size_t(leaves[k].contains(label)) << k;
    within[mask] += labels.logExtent[size_t(label)];
    if (!outer.contains(label))
      closed[mask] += labels.logExtent[size_t(label)];
  });
  for (size_t k = 0; k < n; ++k)
    for (size_t s = 0; s < count; ++s)
      if (s >> k & 1) {
        within[s] += within[s ^ size_t(1) << k];
        closed[s] += closed[s ^ size_t(1) << k];
      }
  for (size_t s = 0; s < count; ++s)
    size[s] = within[full] - within[full ^ s] - closed[s];
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<size_t> split(count, 0);
  for (size_t s = 1; s < count; ++s) {
    if ((s & (s - 1)) == 0)
      continue;
    cost[s] = infinity;
    if (s != full && size[s] > logCap)
      continue;
    // a always has the lowest leaf, so that each split is seen once.
    size_t low = s & -s, rest = s ^ low;
    for (size_t sub = (rest - 1) & rest;; sub = (sub - 1) & rest) {
      size_t a = sub | low, b = s ^ a;
      if (double parts = cost[a] + cost[b]; parts < cost[s]) {
        double summed = closed[s] - closed[a] - closed[b];
        double total = parts + std::exp2(size[s] + summed) * (summed > 0.5 ? 2 : 1);
        if (total < cost[s] || !split[s])
          cost[s] = total, split[s] = a;
      }
      if (sub == 0)
        break;
    }
  }
  if (n > 1 && !split[full])
    return std::nullopt;
  Tree tree;
  tree.flops = cost[full];
  auto build = [&](auto &self, size_t s) -> int {
    if ((s & (s - 1)) == 0)
      return __builtin_ctzll(s);
    int a = self(self, split[s]), b = self(self, s ^ split[s]);
    tree.children.push_back({a, b});
    return int(n + tree.children.size() - 1);
  };
  build(build, full);
  return tree;
}

/// Fixed numbers (Steele et al. 2014, SplitMix64).
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  /// In (0, 1).
  double uniform() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (double((z ^ (z >> 31)) >> 12) + 0.5) * 0x1p-52;
  }
  double gumbel() { return -std::log(-std::log(uniform())); }

private:
  uint64_t state;
};

/// Contracts the pair of neighbours that shrinks the network most, as it seems with some weight on the sizes of what
/// goes and some noise.
class Greedy {
public:
  Greedy(const Labels &labels, double weight, double temperature, uint64_t seed)
      : labels(labels), weight(weight), temperature(temperature), random(seed), live(labels.operands),
        isLive(live.size(), true), holders(labels.logExtent.size()), shared(labels.logExtent.size()) {
    for (size_t k = 0; k < live.size(); ++k) {
      size.push_back(std::exp2(labels.logSize(live[k])));
      live[k].forEach([&](int label) { holders[size_t(label)].push_back(int(k)); });
    }
    for (size_t label = 0; label < holders.size(); ++label)
      if (holders[label].size() > 2)
        shared.insert(int(label));
  }

  Tree run() {
    for (size_t k = 0; k < labels.operands.size(); ++k)
      propose(int(k), /*onlyLater=*/true);
    while (!heap.empty()) {
      auto [score, a, b] = heap.top();
      heap.pop();
      if (isLive[size_t(a)] && isLive[size_t(b)])
        propose(merge(a, b), false);
    }
    // Parts without a common label: the smallest first.
    std::priority_queue<std::pair<double, int>, std::vector<std::pair<double, int>>, std::greater<>> parts;
    for (size_t k = 0; k < live.size(); ++k)
      if (isLive[k])
        parts.push({size[k], int(k)});
    while (parts.size() > 1) {
      int a = parts.top().second;
      parts.pop();
      int b = parts.top().second;
      parts.pop();
      int both = merge(a, b);
      parts.push({size[size_t(both)], both});
    }
    return std::move(tree);
  }

private:
  static constexpr size_t maxHolders = 16; // of a label that are all tried with each other

  LabelSet result(int a, int b) const {
    const LabelSet &x = live[size_t(a)], &y = live[size_t(b)];
    return (x | y) - ((x & y) - labels.output - shared);
  }

  void propose(int a, bool onlyLater) {
    std::vector<int> others;
    live[size_t(a)].forEach([&](int label) {
      const std::vector<int> &all = holders[size_t(label)];
      for (size_t k = all.size() - std::min(all.size(), maxHolders); k < all.size(); ++k)
        if (all[k] != a && (!onlyLater || all[k] > a))
          others.push_back(all[k]);
    });
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    for (int b : others) {
      double change = std::exp2(labels.logSize(result(a, b))) - weight * (size[size_t(a)] + size[size_t(b)]);
      double score = std::copysign(std::log2(1 + std::abs(change)), change);
      if (temperature > 0)
        score -= temperature * random.gumbel();
      heap.push({score, a, b});
    }
  }

  int merge(int a, int b) {
    int both = int(live.size());
    LabelSet set = result(a, b), gone = live[size_t(a)] | live[size_t(b)];
    tree.flops += flopsOf(labels, live[size_t(a)], live[size_t(b)], set);
    tree.children.push_back({a, b});
    gone.forEach([&](int label) {
      std::vector<int> &all = holders[size_t(label)];
      std::erase_if(all, [&](int k) { return k == a || k == b; });
      if (set.contains(label))
        all.push_back(both);
      if (all.size() <= 2)
        shared.erase(label);
    });
    isLive[size_t(a)] = isLive[size_t(b)] = false;
    isLive.push_back(true);
    size.push_back(std::exp2(labels.logSize(set)));
    live.push_back(std::move(set));
    return both;
  }

  const Labels &labels;
  double weight, temperature;
  Random random;
  std::vector<LabelSet> live;
  std::vector<bool> isLive;
  std::vector<double> size;
  std::vector<std::vector<int>> holders; // of each label, those that are live
  LabelSet shared;                       // labels of three or more, which the product of two of them keeps
  std::priority_queue<std::tuple<double, int, int>, std::vector<std::tuple<double, int, int>>, std::greater<>> heap;
  Tree tree;
};

/// The children of nodes in an order in which they come before their parents.
Tree numbered(const std::vector<std::pair<int, int>> &children, size_t numLeaves, int root, double flops) {
  Tree tree;
  tree.flops = flops;
  auto visit = [&](auto &self, int node) -> int {
    if (size_t(node) < numLeaves)
      return node;
    auto [a, b] = children[size_t(node) - numLeaves];
    a = self(self, a);
    b = self(self, b);
    tree.children.push_back({a, b});
    return int(numLeaves + tree.children.size() - 1);
  };
  visit(visit, root);
  return tree;
}

/// Replaces parts of the tree by the cheapest with the same leaves until none can be improved, or a few times.
Tree improved(const Labels &labels, const Tree &tree, double logCap) {
  constexpr int maxSweeps = 4;
  const size_t n = labels.operands.size();
  std::vector<LabelSet> sets = labelsOf(labels, tree);
  std::vector<std::pair<int, int>> children = tree.children;
  double flops = tree.flops;
  bool changed = true;
  for (int sweep = 0; changed && sweep < maxSweeps; ++sweep) {
    changed = false;
    for (size_t root = n; root < sets.size(); ++root) {
      std::vector<int> leaves{int(root)}, inner;
      double now = 0;
      while (leaves.size() < maxPart) {
        // Where the largest intermediate lies a better order pays most.
        size_t best = leaves.size();
        double largest = -1;
        for (size_t k = 0; k < leaves.size(); ++k)
          if (size_t(leaves[k]) >= n)
            if (double size = labels.logSize(sets[size_t(leaves[k])]); size > largest)
              largest = size, best = k;
        if (best == leaves.size())
          break;
        int node = leaves[best];
        auto [a, b] = children[size_t(node) - n];
        now += flopsOf(labels, sets[size_t(a)], sets[size_t(b)], sets[size_t(node)]);
        inner.push_back(node);
        leaves[best] = a;
        leaves.push_back(b);
      }
      if (leaves.size() < 3)
        continue;
      std::vector<LabelSet> parts;
      for (int leaf : leaves)
        parts.push_back(sets[size_t(leaf)]);
      auto found = cheapestTree(labels, parts, sets[root], logCap);
      if (!found || !(found->flops < now * (1 - 1e-9)))
        continue;
      changed = true;
      flops += found->flops - now;
      // The part's nodes are used again: its root is its last step.
      std::reverse(inner.begin(), inner.end());
      leaves.insert(leaves.end(), inner.begin(), inner.end());
      std::vector<LabelSet> made = labelsOf(Labels(parts, sets[root], labels.logExtent), *found);
      for (size_t k = 0; k < inner.size(); ++k) {
        auto [a, b] = found->children[k];
        children[size_t(inner[k]) - n] = {leaves[size_t(a)], leaves[size_t(b)]};
        sets[size_t(inner[k])] = made[parts.size() + k];
      }
    }
  }
  return numbered(children, n, int(sets.size()) - 1, flops);
}

} // namespace

Labels::Labels(const TensorNetwork &network) {
  for (int64_t extent : network.extents)
    logExtent.push_back(std::log2(double(std::max<int64_t>(extent, 1))));
  auto setOf = [&](const std::vector<int> &list) {
    LabelSet set(logExtent.size());
    for (int label : list)
      set.insert(label);
    return set;
  };
  for (const std::vector<int> &operand : network.operands)
    operands.push_back(setOf(operand));
  output = setOf(network.output);
}

double flopsOf(const Labels &labels, const LabelSet &a, const LabelSet &b, const LabelSet &result) {
  LabelSet all = a | b;
  return std::exp2(labels.logSize(all)) * ((all - result).empty() ? 1 : 2);
}

std::vector<LabelSet> labelsOf(const Labels &labels, const Tree &tree) {
  std::vector<LabelSet> sets = labels.operands;
  std::vector<int> holders(labels.logExtent.size(), 0);
  for (const LabelSet &set : sets)
    set.forEach([&](int label) { ++holders[size_t(label)]; });
  for (auto [a, b] : tree.children) {
    const LabelSet &x = sets[size_t(a)], &y = sets[size_t(b)];
    LabelSet result = x | y;
    (x & y).forEach([&](int label) {
      if (--holders[size_t(label)] == 1 && !labels.output.contains(label))
        result.erase(label);
    });
    sets.push_back(std::move(result));
  }
  return sets;
}

std::vector<Tree> findTrees(const Labels &labels, double logCap) {
  const size_t n = labels.operands.size();
  if (n == 1)
    return {Tree()};
  if (n <= maxExact) {
    std::optional<Tree> tree = cheapestTree(labels, labels.operands, labels.output, logCap);
    return tree ? std::vector<Tree>{*tree} : std::vector<Tree>();
  }
  constexpr size_t kept = 4;
  const size_t trials = std::clamp<size_t>(6000 / n, 4, 128);
  Random random(1);
  std::vector<Tree> trees{Greedy(labels, 1, 0, 0).run()};
  for (size_t trial = 1; trial < trials; ++trial) {
    double weight = 4 * random.uniform(), temperature = std::exp2(7 * random.uniform() - 6);
    trees.push_back(Greedy(labels, weight, temperature, trial).run());
  }
  auto cheaper = [](const Tree &a, const Tree &b) { return a.flops < b.flops; };
  std::stable_sort(trees.begin(), trees.end(), cheaper);
  trees.resize(std::min(trees.size(), kept));
  for (Tree &tree : trees)
    tree = improved(labels, tree, logCap);
  std::stable_sort(trees.begin(), trees.end(), cheaper);
  return trees;
}

} // namespace tcc::contraction
