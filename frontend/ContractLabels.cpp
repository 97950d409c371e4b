// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contractions of any number of tensors by labels: from tensors to a network of labels, and from its plan to products
// and loops.
#include "frontend/Contraction.h"
#include "frontend/ContractionPath.h"
#include "tcc/Control.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>

namespace tcc {
namespace {

using LabelList = std::vector<int>;

template <class T> int64_t indexOf(const std::vector<T> &list, T value) {
  return std::find(list.begin(), list.end(), value) - list.begin();
}
template <class T> bool has(const std::vector<T> &list, T value) { return indexOf(list, value) < int64_t(list.size()); }

/// A tensor whose axes have labels.
struct Labelled {
  Tensor x;
  LabelList labels;
};

/// Operands without axes of extent 1, repeated labels and labels that nobody else has; labels are numbers from 0.
struct Prepared {
  std::vector<Tensor> operands;
  TensorNetwork network;
  Dtype dtype = float32;
  Shape shape;                ///< of the result
  std::vector<int64_t> names; ///< the caller's labels
  std::vector<bool> isKnown;  ///< by label: no open size
};

Prepared prepare(const std::vector<Tensor> &xs, const std::vector<std::vector<int64_t>> &labels,
                 const std::vector<int64_t> &output, const char *op, Loc where) {
  if (xs.empty() || xs.size() != labels.size())
    fail(op, where, Kind::value, "expected labels for each of at least one tensor, got ", xs.size(), " tensors and ",
         labels.size(), " lists");
  Prepared p;
  p.dtype = commonDtype(xs, op, where);
  // Extents of 1 broadcast: the label's extent is that of the others.
  std::map<int64_t, int64_t> extent;
  for (size_t k = 0; k < xs.size(); ++k) {
    if (int64_t(labels[k].size()) != xs[k].ndim())
      fail(op, where, Kind::shape, "expected ", labels[k].size(), " axes of operand ", k, ", got shape ",
           xs[k].shape());
    for (size_t i = 0; i < labels[k].size(); ++i) {
      // Within one operand a label takes a diagonal, of which nothing broadcasts.
      for (size_t j = 0; j < i; ++j)
        if (labels[k][j] == labels[k][i] && !mayAgree(xs[k].shape()[j], xs[k].shape()[i]))
          fail(op, where, Kind::shape, "expected equal extents of a repeated label, got ", xs[k].shape());
      int64_t n = xs[k].shape()[i], &known = extent.try_emplace(labels[k][i], n).first->second;
      if (!mayAgree(known, n) && known != 1 && n != 1)
        fail(op, where, Kind::shape, "expected one extent for each label, got ", known, " and ", n, " for label ",
             labels[k][i]);
      known = known == 1 || (isOpen(known) && n != 1) ? n : known;
    }
  }
  std::map<int64_t, int> number;
  for (auto [label, n] : extent)
    if (n != 1) {
      constexpr int64_t typical = 64; // of an open size, to choose an order
      number[label] = int(p.names.size());
      p.names.push_back(label);
      p.isKnown.push_back(!isOpen(n));
      p.network.extents.push_back(isOpen(n) ? typical : n);
    }
  for (size_t i = 0; i < output.size(); ++i) {
    if (!extent.count(output[i]) || indexOf(output, output[i]) != int64_t(i))
      fail(op, where, Kind::value, "expected output labels that are distinct and occur in an input, got ", output);
    p.shape.push_back(extent[output[i]]);
    if (extent[output[i]] != 1)
      p.network.output.push_back(number[output[i]]);
  }
  std::vector<Labelled> list;
  std::vector<int> uses(p.names.size(), 0);
  for (size_t k = 0; k < xs.size(); ++k) {
    Labelled o{asDtype(xs[k], p.dtype, where), {}};
    std::vector<int64_t> names = labels[k];
    for (size_t i = 0; i < names.size(); ++i)
      for (size_t j = i + 1; j < names.size();) {
        if (names[j] != names[i]) {
          ++j;
          continue;
        }
        o.x = moveaxis(diagonalOf(o.x, 0, int64_t(i), int64_t(j), where), -1, int64_t(i), where);
        names.erase(names.begin() + int64_t(j));
      }
    Shape shape;
    for (size_t i = 0; i < names.size(); ++i)
      if (o.x.shape()[i] != 1) {
        shape.push_back(o.x.shape()[i]);
        o.labels.push_back(number[names[i]]);
        ++uses[size_t(o.labels.back())];
      }
    o.x = reshapeTo(o.x, shape, where);
    list.push_back(std::move(o));
  }
  for (Labelled &o : list) {
    std::vector<int64_t> axes;
    LabelList rest;
    for (size_t i = 0; i < o.labels.size(); ++i)
      if (uses[size_t(o.labels[i])] == 1 && !has(p.network.output, o.labels[i]))
        axes.push_back(int64_t(i));
      else
        rest.push_back(o.labels[i]);
    // Kept in its own dtype, as NumPy's einsum does: sum() would widen integers.
    if (!axes.empty())
      o.x = p.dtype == bool_ ? ops::reduce_or(o.x, axes, where) : ops::reduce_sum(o.x, axes, where);
    p.operands.push_back(o.x);
    p.network.operands.push_back(rest);
  }
  return p;
}

/// The product of a and b summed over their common labels that `order` lacks.
Labelled product(const Labelled &a, const Labelled &b, const LabelList &order, Loc where) {
  LabelList result;
  for (int label : order)
    if (has(a.labels, label) || has(b.labels, label))
      result.push_back(label);
  std::vector<int64_t> batchA, batchB, sumA, sumB;
  for (int label : result)
    if (has(a.labels, label) && has(b.labels, label)) {
      batchA.push_back(indexOf(a.labels, label));
      batchB.push_back(indexOf(b.labels, label));
    }
  for (int label : a.labels)
    if (has(b.labels, label) && !has(result, label)) {
      sumA.push_back(indexOf(a.labels, label));
      sumB.push_back(indexOf(b.labels, label));
    }
  if (!sumA.empty())
    return {dotGeneral(a.x, b.x, batchA, batchB, sumA, sumB, where), result};
  // No sum: a product of elements, whose axes are brought into the result's order first.
  auto arranged = [&](const Labelled &o) {
    std::vector<int64_t> perm;
    Shape shape;
    for (int label : result) {
      bool isOwn = has(o.labels, label);
      if (isOwn)
        perm.push_back(indexOf(o.labels, label));
      shape.push_back(isOwn ? o.x.shape()[size_t(perm.back())] : 1);
    }
    return reshapeTo(transpose(o.x, perm, where), shape, where);
  };
  return {multiply(arranged(a), arranged(b), where), result};
}

/// Appends what a plan says.
class Emitter {
public:
  Emitter(const Prepared &prepared, const ContractionPlan &plan, Loc where)
      : prepared(prepared), plan(plan), where(where), numLabels(int(prepared.names.size())) {}

  Tensor run() {
    std::vector<Labelled> nodes;
    for (size_t k = 0; k < prepared.operands.size(); ++k)
      nodes.push_back(forLoops({prepared.operands[k], prepared.network.operands[k]}));
    Labelled result = level(0, std::move(nodes), 0);
    std::vector<int64_t> perm;
    for (int label : prepared.network.output)
      for (int part : {outerPart(label), label})
        if (has(result.labels, part))
          perm.push_back(indexOf(result.labels, part));
    return reshapeTo(transpose(result.x, perm, where), prepared.shape, where);
  }

private:
  /// The number of the part of the label that a loop runs over.
  int outerPart(int label) const { return label + numLabels; }

  /// The operand with the axes of the loops first.
  Labelled forLoops(const Labelled &o) const {
    Shape shape;
    LabelList split;
    for (size_t i = 0; i < o.labels.size(); ++i) {
      int64_t n = o.x.shape()[i];
      for (const LabelLoop &loop : plan.loops)
        if (loop.label == o.labels[i]) {
          shape.push_back(loop.parts);
          split.push_back(outerPart(loop.label));
          n /= loop.parts;
        }
      if (n != 1) {
        shape.push_back(n);
        split.push_back(o.labels[i]);
      }
    }
    Labelled result{reshapeTo(o.x, shape, where), {}};
    for (const LabelLoop &loop : plan.loops)
      if (has(split, outerPart(loop.label)))
        result.labels.push_back(outerPart(loop.label));
    for (int label : split)
      if (label < numLabels)
        result.labels.push_back(label);
    std::vector<int64_t> perm;
    for (int label : result.labels)
      perm.push_back(indexOf(split, label));
    result.x = transpose(result.x, perm, where);
    return result;
  }

  /// The steps within the first `depth` loops from the next one on, then the rest in the loop that follows.
  Labelled level(size_t depth, std::vector<Labelled> nodes, size_t next) const {
    for (; next < plan.steps.size() && plan.steps[next].level == int(depth); ++next) {
      const ContractionStep &step = plan.steps[next];
      nodes.push_back(product(nodes[size_t(step.a)], nodes[size_t(step.b)], step.order, where));
    }
    if (depth == plan.loops.size())
      return nodes.back();
    const int label = outerPart(plan.loops[depth].label);
    std::vector<size_t> sliced;
    std::vector<Tensor> xs;
    for (size_t k = 0; k < prepared.operands.size(); ++k)
      if (!nodes[k].labels.empty() && nodes[k].labels.front() == label) {
        sliced.push_back(k);
        xs.push_back(nodes[k].x);
        nodes[k].labels.erase(nodes[k].labels.begin());
      }
    LabelList inner;
    auto turn = [&](const std::vector<Tensor> &slices) {
      std::vector<Labelled> now = nodes;
      for (size_t k = 0; k < sliced.size(); ++k)
        now[sliced[k]].x = slices[k];
      Labelled result = level(depth + 1, std::move(now), next);
      inner = result.labels;
      return result.x;
    };
    if (has(prepared.network.output, plan.loops[depth].label)) {
      auto rows = detail::runScan(
          "contract",
          [&](const Tensor &, const std::vector<Tensor> &, const std::vector<Tensor> &slices) {
            return std::pair(std::vector<Tensor>(), std::vector<Tensor>{turn(slices)});
          },
          {}, xs, {}, where);
      inner.insert(inner.begin(), label);
      return {rows.second[0], inner};
    }
    // Sums of halves are kept in float, as within a product.
    const bool isHalf = prepared.dtype == float16 || prepared.dtype == bfloat16;
    const Dtype dtype = isHalf ? float32 : prepared.dtype;
    auto sums = detail::runScan(
        "contract",
        [&](const Tensor &, const std::vector<Tensor> &sum, const std::vector<Tensor> &slices) {
          Tensor part = asDtype(turn(slices), dtype, where);
          return std::pair(
              std::vector<Tensor>{dtype == bool_ ? logical_or(sum[0], part, where) : add(sum[0], part, where)},
              std::vector<Tensor>());
        },
        {zerosOf(dtype, shapeAt(depth), where)}, xs, {}, where);
    return {asDtype(sums.first[0], prepared.dtype, where), inner};
  }

  /// The shape of what `level` gives.
  Shape shapeAt(size_t depth) const {
    const LabelList &order = plan.steps.empty() ? prepared.network.operands[0] : plan.steps.back().order;
    Shape shape;
    for (int label : order) {
      int64_t n = prepared.network.extents[size_t(label)];
      for (size_t k = 0; k < plan.loops.size(); ++k)
        if (plan.loops[k].label == label)
          n /= plan.loops[k].parts;
      if (n != 1)
        shape.push_back(n);
    }
    for (size_t k = plan.loops.size(); k-- > depth;)
      if (has(prepared.network.output, plan.loops[k].label))
        shape.insert(shape.begin(), plan.loops[k].parts);
    return shape;
  }

  const Prepared &prepared;
  const ContractionPlan &plan;
  Loc where;
  int numLabels;
};

ContractionPlan planFor(const Prepared &p, int64_t limit, bool ofGradient, const char *op, Loc where) {
  if (limit < 0)
    fail(op, where, Kind::value, "expected a memory_limit of 0, for none, or more bytes, got ", limit);
  ContractionMemory memory;
  memory.itemBytes = itemsize(p.dtype);
  memory.wideBytes = p.dtype == bool_ ? 8 : p.dtype == float16 || p.dtype == bfloat16 ? 4 : 0;
  memory.isComplex = is_complex(p.dtype);
  memory.ofGradient = ofGradient;
  if (limit > 0)
    memory.limit = double(limit);
  ContractionPlan plan = planContraction(p.network, memory);
  if (plan.peakBytes > memory.limit)
    fail(op, where, Kind::value, "expected a memory_limit of at least ", int64_t(std::ceil(plan.peakBytes)),
         ofGradient ? " bytes, which the gradient takes" : " bytes, which the contraction takes",
         " when all labels that help are sliced, got ", limit);
  for (const LabelLoop &loop : plan.loops)
    if (!p.isKnown[size_t(loop.label)])
      fail(op, where, Kind::shape, "expected known extents to keep a memory_limit, got an open one of label ",
           p.names[size_t(loop.label)]);
  return plan;
}

bool isSame(const ContractionPlan &a, const ContractionPlan &b) {
  auto stepsAreSame = [](const ContractionStep &x, const ContractionStep &y) { return x.a == y.a && x.b == y.b; };
  auto loopsAreSame = [](const LabelLoop &x, const LabelLoop &y) { return x.label == y.label && x.parts == y.parts; };
  return std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(), stepsAreSame) &&
         std::equal(a.loops.begin(), a.loops.end(), b.loops.begin(), b.loops.end(), loopsAreSame);
}

} // namespace

Tensor contractLabels(const std::vector<Tensor> &xs, const std::vector<std::vector<int64_t>> &labels,
                      const std::vector<int64_t> &output, const ContractOptions &options, const char *op, Loc where) {
  Prepared p = prepare(xs, labels, output, op, where);
  ContractionPlan plan = planFor(p, options.memory_limit, false, op, where);
  Tensor y = Emitter(p, plan, where).run();
  if (options.memory_limit == 0 || !is_inexact(p.dtype))
    return y;
  // The pullback keeps more than the value does, and so it may have to be cut into more slices.
  ContractionPlan pulled = planFor(p, options.memory_limit, true, op, where);
  return isSame(plan, pulled) ? y : ops::with_gradient(y, Emitter(p, pulled, where).run(), where);
}

ContractionPath pathOfLabels(const std::vector<Tensor> &xs, const std::vector<std::vector<int64_t>> &labels,
                             const std::vector<int64_t> &output, const ContractOptions &options, const char *op,
                             Loc where) {
  Prepared p = prepare(xs, labels, output, op, where);
  ContractionPlan plan = planFor(p, options.memory_limit, false, op, where);
  ContractionPath path;
  // What a step contracts leaves the list and its result is appended.
  std::vector<int> list;
  for (size_t k = 0; k < xs.size(); ++k)
    list.push_back(int(k));
  for (const ContractionStep &step : plan.steps) {
    int64_t a = indexOf(list, step.a), b = indexOf(list, step.b);
    path.steps.push_back(std::minmax(a, b));
    list.erase(list.begin() + std::max(a, b));
    list.erase(list.begin() + std::min(a, b));
    list.push_back(int(xs.size() + path.steps.size()) - 1);
  }
  for (const LabelLoop &loop : plan.loops) {
    path.sliced.push_back({p.names[size_t(loop.label)], loop.parts});
    path.slices *= double(loop.parts);
  }
  ContractionPlan pulled = planFor(p, options.memory_limit, true, op, where);
  for (const LabelLoop &loop : pulled.loops)
    path.gradient_slices *= double(loop.parts);
  path.gradient_peak_bytes = pulled.peakBytes;
  path.flops = plan.flops;
  path.largest_intermediate = plan.largest;
  path.peak_bytes = plan.peakBytes;
  for (int64_t extent : p.network.extents)
    path.naive_flops *= double(extent);
  bool isSum = p.network.output.size() < p.network.extents.size();
  path.naive_flops *= double(std::max<size_t>(xs.size() - 1, 1) + isSum);
  return path;
}

std::ostream &operator<<(std::ostream &os, const ContractionPath &path) {
  os << "steps:";
  for (auto [a, b] : path.steps)
    os << " (" << a << ", " << b << ")";
  os << "\nflops: " << path.flops << " (in one sum: " << path.naive_flops
     << ")\nlargest intermediate: " << path.largest_intermediate << " elements\npeak: " << path.peak_bytes
     << " bytes in " << path.slices << " slices, of the gradient " << path.gradient_peak_bytes << " in "
     << path.gradient_slices << "\n";
  for (auto [label, parts] : path.sliced)
    os << "label " << label << " in " << parts << " parts\n";
  return os;
}

} // namespace tcc
