// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// einsum's notation and integer labels, for contractLabels.
#include "frontend/Contraction.h"

#include <algorithm>
#include <map>

namespace tcc {

Tensor contract(const std::vector<Tensor> &xs, const std::vector<Shape> &labels, Shape output, ContractOptions options,
                Loc where) {
  return contractLabels(xs, labels, output, options, "contract", where);
}

ContractionPath contract_path(const std::vector<Tensor> &xs, const std::vector<Shape> &labels, Shape output,
                              ContractOptions options, Loc where) {
  return pathOfLabels(xs, labels, output, options, "contract_path", where);
}

namespace {

using Labels = std::vector<int64_t>;

/// Letters are their codes; the axes of an ellipsis are -1, -2, ... from the right, so that they broadcast as in NumPy.
Labels parse(const std::string &term, int64_t rank, const char *op, Loc where) {
  Labels labels;
  int64_t letters = int64_t(std::count_if(term.begin(), term.end(), [](unsigned char c) { return std::isalpha(c); }));
  bool hasDots = false;
  for (size_t i = 0; i < term.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(term[i])))
      labels.push_back(term[i]);
    else if (!hasDots && term.compare(i, 3, "...") == 0) {
      hasDots = true;
      for (int64_t k = rank - letters; k > 0; --k)
        labels.push_back(-k);
      i += 2;
    } else
      fail(op, where, Kind::value, "expected letters, one `...` at most, commas and `->`, got \"", term, "\"");
  }
  return labels;
}

struct Terms {
  std::vector<Labels> labels;
  Labels output;
};

Terms read(const std::string &formula, const std::vector<Tensor> &xs, const char *op, Loc where) {
  for (const Tensor &x : xs)
    expectTensor(x, op, where);
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
    fail(op, where, Kind::value, "expected ", terms.size(), " operands for \"", formula, "\", got ", xs.size());
  std::vector<Labels> labels;
  int64_t dots = 0;
  std::map<int64_t, int64_t> count;
  for (size_t k = 0; k < xs.size(); ++k) {
    labels.push_back(parse(terms[k], xs[k].ndim(), op, where));
    if (int64_t(labels[k].size()) != xs[k].ndim())
      fail(op, where, Kind::shape, "expected ", labels[k].size(), " axes for \"", terms[k], "\", got shape ",
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
    output = parse(term, letters + dots, op, where);
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
    fail(op, where, Kind::value, "expected `...` in the output of \"", formula, "\"");
  return {std::move(labels), std::move(output)};
}

} // namespace

Tensor einsum(const std::string &formula, const std::vector<Tensor> &xs, Loc where) {
  return einsum(formula, xs, ContractOptions(), where);
}

Tensor einsum(const std::string &formula, const std::vector<Tensor> &xs, ContractOptions options, Loc where) {
  Terms f = read(formula, xs, "einsum", where);
  return contractLabels(xs, f.labels, f.output, options, "einsum", where);
}

ContractionPath einsum_path(const std::string &formula, const std::vector<Tensor> &xs, ContractOptions options,
                            Loc where) {
  Terms f = read(formula, xs, "einsum_path", where);
  return pathOfLabels(xs, f.labels, f.output, options, "einsum_path", where);
}

} // namespace tcc
