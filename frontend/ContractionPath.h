// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In which order a network of tensors is contracted: pairs that are chosen for the number of operations, and labels
// that loops run over, so that what is alive at once fits into a limit. Labels and numbers only; docs/contraction.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace tcc {

/// Labels are numbered from 0 and have extents of 2 or more, but for those that are known to be 0.
struct TensorNetwork {
  std::vector<std::vector<int>> operands; ///< distinct labels, in the order of the axes
  std::vector<int> output;
  std::vector<int64_t> extents; ///< by label; for open sizes a guess
};

/// The values of a label are visited in so many turns of a loop.
struct LabelLoop {
  int label;
  int64_t parts;
};

/// One product: nodes are the operands and then the results of the steps. `order` is the result's axes.
struct ContractionStep {
  int a, b;
  std::vector<int> order;
  int level = 0; ///< how many of the loops it is in
};

struct ContractionPlan {
  std::vector<ContractionStep> steps; ///< those of the outer loops first
  std::vector<LabelLoop> loops;       ///< outermost first: labels of the output, then labels that are summed over
  double flops = 0;                   ///< multiplications and additions, those of all turns
  double largest = 0;                 ///< elements of the largest intermediate or result of one turn
  double peakBytes = 0;               ///< beside the operands and the result
};

/// What intermediates cost.
struct ContractionMemory {
  int64_t itemBytes = 8;
  int64_t wideBytes = 0; ///< of the type that operands are converted to for a product, if there is one
  bool isComplex = false;
  bool ofGradient = false; ///< what the pullback of a turn keeps is counted instead of what its value needs
  double limit = std::numeric_limits<double>::infinity();
};

/// The cheapest plan that the search finds: the optimum for up to 12 operands, and for more the best of a fixed number
/// of random greedy orders whose parts of 8 are optimal. Its peakBytes exceed the limit only if all plans' do. The same
/// arguments give the same plan.
ContractionPlan planContraction(const TensorNetwork &network, const ContractionMemory &memory);

namespace contraction {

/// A set of labels.
class LabelSet {
public:
  explicit LabelSet(size_t numLabels = 0) : words((numLabels + 63) / 64) {}
  void insert(int label) { words[size_t(label) / 64] |= bit(label); }
  void erase(int label) { words[size_t(label) / 64] &= ~bit(label); }
  bool contains(int label) const { return words[size_t(label) / 64] & bit(label); }
  template <class F> void forEach(F f) const {
    for (size_t w = 0; w < words.size(); ++w)
      for (uint64_t rest = words[w]; rest; rest &= rest - 1)
        f(int(w * 64) + __builtin_ctzll(rest));
  }
  bool empty() const {
    for (uint64_t word : words)
      if (word)
        return false;
    return true;
  }
  LabelSet operator&(const LabelSet &o) const {
    return zip(o, [](uint64_t a, uint64_t b) { return a & b; });
  }
  LabelSet operator|(const LabelSet &o) const {
    return zip(o, [](uint64_t a, uint64_t b) { return a | b; });
  }
  LabelSet operator-(const LabelSet &o) const {
    return zip(o, [](uint64_t a, uint64_t b) { return a & ~b; });
  }

private:
  static uint64_t bit(int label) { return uint64_t(1) << (label % 64); }
  template <class F> LabelSet zip(const LabelSet &o, F f) const {
    LabelSet result(64 * words.size());
    for (size_t w = 0; w < words.size(); ++w)
      result.words[w] = f(words[w], o.words[w]);
    return result;
  }
  std::vector<uint64_t> words;
};

/// A binary tree over the operands: node i of them is a leaf, node n + i has children[i], which are lower nodes.
struct Tree {
  std::vector<std::pair<int, int>> children;
  double flops = 0;
};

/// Labels as the search sees them: sets, and logarithms of extents.
struct Labels {
  explicit Labels(const TensorNetwork &network);
  Labels(std::vector<LabelSet> operands, LabelSet output, std::vector<double> logExtent)
      : operands(std::move(operands)), output(std::move(output)), logExtent(std::move(logExtent)) {}
  double logSize(const LabelSet &set) const {
    double sum = 0;
    set.forEach([&](int label) { sum += logExtent[size_t(label)]; });
    return sum;
  }
  std::vector<LabelSet> operands;
  LabelSet output;
  std::vector<double> logExtent; ///< base 2
};

/// The labels of each node of the tree.
std::vector<LabelSet> labelsOf(const Labels &labels, const Tree &tree);
/// Multiplications, and additions if labels of both are summed over.
double flopsOf(const Labels &labels, const LabelSet &a, const LabelSet &b, const LabelSet &result);
/// Trees worth a look, the cheapest first. Intermediates of more than 2^logCap elements are avoided where a search can.
std::vector<Tree> findTrees(const Labels &labels, double logCap);

} // namespace contraction
} // namespace tcc
