// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contractions of any number of tensors by labels: einsum's notation, integer labels, and the greedy order.
#include "frontend/Contraction.h"
#include "tcc/Contract.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace tcc {
namespace {

using Labels = std::vector<int64_t>;

struct Operand_ {
  Tensor x;
  Labels labels;
};

int64_t indexOf(const Labels &labels, int64_t label) {
  return std::find(labels.begin(), labels.end(), label) - labels.begin();
}

/// Takes diagonals of repeated labels.
void mergeRepeated(Operand_ &o, Loc where) {
  for (size_t i = 0; i < o.labels.size(); ++i)
    for (size_t j = i + 1; j < o.labels.size();) {
      if (o.labels[j] != o.labels[i]) {
        ++j;
        continue;
      }
      o.x = moveaxis(diagonalOf(o.x, 0, int64_t(i), int64_t(j), where), -1, int64_t(i), where);
      o.labels.erase(o.labels.begin() + int64_t(j));
    }
}

void sumOut(Operand_ &o, const std::map<int64_t, int64_t> &uses, const Labels &output, Loc where) {
  std::vector<int64_t> axes;
  Labels rest;
  for (size_t i = 0; i < o.labels.size(); ++i)
    if (uses.at(o.labels[i]) == 1 && !contains(output, o.labels[i]))
      axes.push_back(int64_t(i));
    else
      rest.push_back(o.labels[i]);
  if (axes.empty())
    return;
  // Kept in its own dtype, as NumPy's einsum does: sum() would widen integers.
  o.x = o.x.dtype() == bool_ ? ops::reduce_or(o.x, axes, where) : ops::reduce_sum(o.x, axes, where);
  o.labels = rest;
}

/// What stays of the labels of a pair once it is contracted.
Labels resultLabels(const Operand_ &a, const Operand_ &b, const std::map<int64_t, int64_t> &uses,
                    const Labels &output) {
  Labels batch, free;
  for (int64_t l : a.labels) {
    bool shared = contains(b.labels, l);
    bool needed = contains(output, l) || uses.at(l) > (shared ? 2 : 1);
    if (shared && needed)
      batch.push_back(l);
    else if (!shared)
      free.push_back(l);
  }
  for (int64_t l : b.labels)
    if (!contains(a.labels, l))
      free.push_back(l);
  batch.insert(batch.end(), free.begin(), free.end());
  return batch;
}

Operand_ contractPair(const Operand_ &a, const Operand_ &b, const Labels &result, Loc where) {
  std::vector<int64_t> batchA, batchB, sumA, sumB;
  for (size_t i = 0; i < a.labels.size(); ++i)
    if (int64_t j = indexOf(b.labels, a.labels[i]); j < int64_t(b.labels.size())) {
      bool kept = contains(result, a.labels[i]);
      (kept ? batchA : sumA).push_back(int64_t(i));
      (kept ? batchB : sumB).push_back(j);
    }
  if (!sumA.empty())
    return {dotGeneral(a.x, b.x, batchA, batchB, sumA, sumB, where), result};
  // No sum: a product of elements, whose axes are brought into the result's order first.
  auto arranged = [&](const Operand_ &o) {
    std::vector<int64_t> perm;
    Shape shape;
    for (int64_t l : result) {
      int64_t i = indexOf(o.labels, l);
      bool has = i < int64_t(o.labels.size());
      if (has)
        perm.push_back(i);
      shape.push_back(has ? o.x.shape()[size_t(i)] : 1);
    }
    return reshapeTo(transpose(o.x, perm, where), shape, where);
  };
  return {multiply(arranged(a), arranged(b), where), result};
}

} // namespace

Tensor contractLabels(const std::vector<Tensor> &xs, std::vector<Labels> labels, const Labels &output,
                      int64_t memoryLimit, const char *op, Loc where) {
  if (xs.empty() || xs.size() != labels.size())
    fail(op, where, Kind::value, "expected labels for each of at least one tensor, got ", xs.size(), " tensors and ",
         labels.size(), " lists");
  Dtype dtype = commonDtype(xs, op, where);
  std::map<int64_t, int64_t> extent, uses;
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
        fail(op, where, Kind::shape, "expected one extent for each label, got ", known, " and ", n);
      known = known == 1 || (isOpen(known) && n != 1) ? n : known;
    }
  }
  for (size_t i = 0; i < output.size(); ++i)
    if (!extent.count(output[i]) || indexOf(output, output[i]) != int64_t(i))
      fail(op, where, Kind::value, "expected output labels that are distinct and occur in an input, got ", output);
  std::vector<Operand_> list;
  for (size_t k = 0; k < xs.size(); ++k) {
    Operand_ o{asDtype(xs[k], dtype, where), labels[k]};
    // Extents of 1 broadcast: the axis is dropped where the label is longer elsewhere.
    Shape shape;
    Labels kept;
    for (size_t i = 0; i < o.labels.size(); ++i)
      if (o.x.shape()[i] != 1 || extent[o.labels[i]] == 1) {
        shape.push_back(o.x.shape()[i]);
        kept.push_back(o.labels[i]);
      }
    o.x = reshapeTo(o.x, shape, where);
    o.labels = kept;
    mergeRepeated(o, where);
    for (int64_t l : o.labels)
      ++uses[l];
    list.push_back(std::move(o));
  }
  for (Operand_ &o : list)
    sumOut(o, uses, output, where);
  auto sizeOf = [&](const Labels &ls) {
    constexpr double typical = 64; // of an open size, to choose an order
    double n = 1;
    for (int64_t l : ls)
      n *= isOpen(extent[l]) ? typical : double(extent[l]);
    return n;
  };
  while (list.size() > 1) {
    // Greedy: the pair that shrinks the total most; among pairs without a common label only if no other is left.
    size_t bestA = 0, bestB = 1;
    double best = std::numeric_limits<double>::infinity();
    bool bestShares = false;
    for (size_t i = 0; i < list.size(); ++i)
      for (size_t j = i + 1; j < list.size(); ++j) {
        bool shares = std::any_of(list[i].labels.begin(), list[i].labels.end(),
                                  [&](int64_t l) { return contains(list[j].labels, l); });
        double cost =
            sizeOf(resultLabels(list[i], list[j], uses, output)) - sizeOf(list[i].labels) - sizeOf(list[j].labels);
        if ((shares && !bestShares) || (shares == bestShares && cost < best))
          best = cost, bestA = i, bestB = j, bestShares = shares;
      }
    Labels result = resultLabels(list[bestA], list[bestB], uses, output);
    double bytes = sizeOf(result) * double(itemsize(dtype));
    if (memoryLimit > 0 && list.size() > 2 && bytes > double(memoryLimit))
      fail(op, where, Kind::value, "expected intermediates of at most ", memoryLimit, " bytes, got one of ", bytes);
    Operand_ merged = contractPair(list[bestA], list[bestB], result, where);
    for (int64_t l : list[bestA].labels)
      --uses[l];
    for (int64_t l : list[bestB].labels)
      --uses[l];
    for (int64_t l : merged.labels)
      ++uses[l];
    list.erase(list.begin() + int64_t(bestB));
    list[bestA] = std::move(merged);
    sumOut(list[bestA], uses, output, where);
  }
  Operand_ &last = list.front();
  std::vector<int64_t> perm, dims;
  Shape shape;
  for (size_t i = 0; i < output.size(); ++i) {
    int64_t axis = indexOf(last.labels, output[i]);
    if (axis < int64_t(last.labels.size()))
      perm.push_back(axis);
    shape.push_back(extent[output[i]]);
  }
  return transpose(last.x, perm, where);
}

Tensor contract(const std::vector<Tensor> &xs, const std::vector<Shape> &labels, Shape output, ContractOptions options,
                Loc where) {
  return contractLabels(xs, labels, output, options.memory_limit, "contract", where);
}

/// Letters are their codes; the axes of an ellipsis are -1, -2, ... from the right, so that they broadcast as in NumPy.
static Labels parse(const std::string &term, int64_t rank, Loc where) {
  Labels labels;
  int64_t letters = int64_t(std::count_if(term.begin(), term.end(), [](unsigned char c) { return std::isalpha(c); }));
  for (size_t i = 0; i < term.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(term[i])))
      labels.push_back(term[i]);
    else if (term.compare(i, 3, "...") == 0) {
      for (int64_t k = rank - letters; k > 0; --k)
        labels.push_back(-k);
      i += 2;
    } else
      fail("einsum", where, Kind::value, "expected letters, commas, `...` and `->`, got \"", term, "\"");
  }
  return labels;
}

Tensor einsum(const std::string &formula, const std::vector<Tensor> &xs, Loc where) {
  std::string text;
  for (char c : formula)
    if (c != ' ')
      text += c;
  size_t arrow = text.find("->");
  std::string inputs = text.substr(0, arrow);
  std::vector<std::string> terms(1);
  for (char c : inputs)
    if (c == ',')
      terms.emplace_back();
    else
      terms.back() += c;
  if (terms.size() != xs.size())
    fail("einsum", where, Kind::value, "expected ", terms.size(), " operands for \"", formula, "\", got ", xs.size());
  std::vector<Labels> labels;
  int64_t dots = 0;
  std::map<int64_t, int64_t> count;
  for (size_t k = 0; k < xs.size(); ++k) {
    labels.push_back(parse(terms[k], xs[k].ndim(), where));
    if (int64_t(labels[k].size()) != xs[k].ndim())
      fail("einsum", where, Kind::shape, "expected ", labels[k].size(), " axes for \"", terms[k], "\", got shape ",
           xs[k].shape());
    for (int64_t l : labels[k]) {
      ++count[l];
      dots = std::max(dots, -l);
    }
  }
  Labels output;
  if (arrow != std::string::npos) {
    std::string term = text.substr(arrow + 2);
    int64_t letters = int64_t(std::count_if(term.begin(), term.end(), [](unsigned char c) { return std::isalpha(c); }));
    output = parse(term, letters + dots, where);
  } else {
    for (int64_t k = dots; k > 0; --k)
      output.push_back(-k);
    for (auto [label, n] : count)
      if (label > 0 && n == 1)
        output.push_back(label);
  }
  // An extent of 1 that only ellipses of some operands have must not be summed away: it is in the output or NumPy
  // refuses.
  if (dots > 0 && !contains(output, -1))
    fail("einsum", where, Kind::value, "expected `...` in the output of \"", formula, "\"");
  return contractLabels(xs, labels, output, 0, "einsum", where);
}

} // namespace tcc
