// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation, graphs and how to look at them. Every thread builds into a current graph of its own; values that were
// evaluated may be used in any graph.
#pragma once

#include "tcc/Tensor.h"

#include <string>

namespace tcc {

/// The owner of unevaluated nodes. Handles keep it alive, so there is nothing to free.
class TCC_API Graph {
public:
  /// This thread's graph; made on first use.
  static Graph &current();
  Graph(const Graph &) = delete;
  /// The number messages use for it.
  int64_t id() const;
  /// Nodes alive now.
  int64_t size() const;

private:
  friend class GraphScope;
  Graph() = default;
};

/// Gives the thread a new current graph until the end of the scope. Handles made inside stay valid outside.
class TCC_API GraphScope {
public:
  GraphScope();
  ~GraphScope();
  GraphScope(const GraphScope &) = delete;
  GraphScope &operator=(const GraphScope &) = delete;

private:
  std::shared_ptr<void> previous;
};

/// Runs one compiled program that computes all of them.
TCC_API void eval(const std::vector<Tensor> &tensors, Loc where = Loc::current());
template <class... T>
  requires(sizeof...(T) > 0 && (std::is_convertible_v<const T &, Tensor> && ...))
void eval(const T &...tensors) {
  eval(std::vector<Tensor>{Tensor(tensors)...});
}
/// The unevaluated program behind these tensors in the dialect's textual form.
TCC_API std::string dump(const std::vector<Tensor> &tensors, Loc where = Loc::current());
template <class... T>
  requires(sizeof...(T) > 0 && (std::is_convertible_v<const T &, Tensor> && ...))
std::string dump(const T &...tensors) {
  return dump(std::vector<Tensor>{Tensor(tensors)...});
}
/// Writes the program as a Graphviz file.
TCC_API void to_dot(const std::string &path, const std::vector<Tensor> &tensors, Loc where = Loc::current());
template <class... T>
  requires(sizeof...(T) > 0 && (std::is_convertible_v<const T &, Tensor> && ...))
void to_dot(const std::string &path, const T &...tensors) {
  to_dot(path, std::vector<Tensor>{Tensor(tensors)...});
}
/// Writes the program as a page for the browser.
TCC_API void to_html(const std::string &path, const std::vector<Tensor> &tensors, Loc where = Loc::current());
template <class... T>
  requires(sizeof...(T) > 0 && (std::is_convertible_v<const T &, Tensor> && ...))
void to_html(const std::string &path, const T &...tensors) {
  to_html(path, std::vector<Tensor>{Tensor(tensors)...});
}

} // namespace tcc
