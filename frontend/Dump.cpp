// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Looking at a graph: as MLIR text, as a Graphviz file, as a page; and writing it to a file.
#include "dialect/Ops.h"
#include "frontend/Evaluate.h"
#include "frontend/Promotion.h"
#include "frontend/WriteModule.h"
#include "runtime/OutputFile.h"
#include "tcc/Graph.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tcc {

/// The function of everything `tensors` were computed from that has not been evaluated.
static std::string print(const std::vector<Tensor> &tensors, Loc where,
                         llvm::function_ref<std::string(GraphImpl &, ModuleOp)> show) {
  std::shared_ptr<GraphImpl> graph;
  for (const Tensor &t : tensors)
    expectTensor(t, "dump", where);
  for (const Tensor &t : tensors)
    if (t.impl()->graph) {
      if (graph && graph != t.impl()->graph)
        throwUserError("dump", "expected tensors of one graph, got two graphs", where, Kind::graph);
      graph = t.impl()->graph;
    }
  if (!graph)
    graph = GraphImpl::current();
  std::lock_guard lock(graph->mutex);
  SmallVector<Value> values;
  for (const Tensor &t : tensors)
    values.push_back(graph->valueOf(t, graph->location(where)));
  OwningOpRef<ModuleOp> module = toModule(*graph, collect(*graph, values), /*numbered=*/false);
  return show(*graph, *module);
}

std::string dump(const std::vector<Tensor> &tensors, Loc where) {
  return print(tensors, where, [](GraphImpl &, ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << *module << "\n";
    return text;
  });
}

static std::string escape(StringRef text, bool html) {
  std::string out;
  for (char c : text)
    if (html && (c == '<' || c == '>' || c == '&'))
      out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;";
    else if (!html && (c == '"' || c == '\\'))
      (out += '\\') += c;
    else
      out += c;
  return out;
}

static std::string typeText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  StringRef inner = text;
  inner.consume_front("tensor<");
  inner.consume_back(">");
  return inner.str();
}

static std::string toDot(ModuleOp module) {
  auto main = cast<func::FuncOp>(module.getBody()->front());
  llvm::DenseMap<Value, std::string> names;
  std::string text = "digraph tcc {\n  node [shape=box, fontname=\"sans-serif\"];\n";
  int count = 0;
  for (BlockArgument argument : main.getArguments()) {
    std::string name = names[argument] = "n" + std::to_string(count++);
    text += "  " + name + " [label=\"data\\n" + escape(typeText(argument.getType()), false) + "\", style=rounded];\n";
  }
  for (Operation &op : main.getBody().front().without_terminator()) {
    std::string name = "n" + std::to_string(count++);
    StringRef mnemonic = op.getName().stripDialect();
    text += "  " + name + " [label=\"" + mnemonic.str();
    if (op.getNumResults())
      text += "\\n" + escape(typeText(op.getResult(0).getType()), false);
    text += "\"];\n";
    for (Value operand : op.getOperands())
      text += "  " + names[operand] + " -> " + name + ";\n";
    for (Value r : op.getResults())
      names[r] = name;
  }
  for (Value v : main.getBody().front().getTerminator()->getOperands()) {
    std::string name = "n" + std::to_string(count++);
    text += "  " + name + " [label=\"result\", style=bold];\n  " + names[v] + " -> " + name + ";\n";
  }
  return text + "}\n";
}

void writeFile(const std::string &path, const std::string &text, const char *op, Loc where) {
  runtime::OutputFile file(path);
  std::string problem = file.write(text.data(), text.size());
  if (problem.empty())
    problem = file.commit();
  if (!problem.empty())
    throwUserError(op, problem, where, Kind::io);
}

void to_dot(const std::string &path, const std::vector<Tensor> &tensors, Loc where) {
  writeFile(path, print(tensors, where, [](GraphImpl &, ModuleOp module) { return toDot(module); }), "to_dot", where);
}

// One column of ops in the order they run, each with the lines that feed it: readable without any script or network.
void to_html(const std::string &path, const std::vector<Tensor> &tensors, Loc where) {
  std::string page = print(tensors, where, [](GraphImpl &graph, ModuleOp module) {
    auto main = cast<func::FuncOp>(module.getBody()->front());
    llvm::DenseMap<Value, int> row;
    constexpr int height = 34, left = 150;
    int count = 0;
    std::string boxes, edges;
    auto draw = [&](const std::string &label, const std::string &type, const std::string &place, const char *kind) {
      int y = count * height + 10;
      boxes += "<g class=\"" + std::string(kind) + "\"><rect x=\"" + std::to_string(left) + "\" y=\"" +
               std::to_string(y) + "\" width=\"170\" height=\"24\" rx=\"5\"/><text x=\"" + std::to_string(left + 8) +
               "\" y=\"" + std::to_string(y + 16) + "\">" + label + "</text><text class=\"type\" x=\"" +
               std::to_string(left + 185) + "\" y=\"" + std::to_string(y + 16) + "\">" + type +
               "</text><text class=\"place\" x=\"" + std::to_string(left + 420) + "\" y=\"" + std::to_string(y + 16) +
               "\">" + place + "</text></g>\n";
      return count++;
    };
    auto connect = [&](int from, int to) {
      int y0 = from * height + 22, y1 = to * height + 22, bend = std::min(140, 12 + 6 * (to - from));
      edges += "<path d=\"M" + std::to_string(left) + " " + std::to_string(y0) + " C" + std::to_string(left - bend) +
               " " + std::to_string(y0) + " " + std::to_string(left - bend) + " " + std::to_string(y1) + " " +
               std::to_string(left) + " " + std::to_string(y1) + "\"/>\n";
    };
    for (BlockArgument argument : main.getArguments())
      row[argument] = draw("data", escape(typeText(argument.getType()), true), "", "data");
    for (Operation &op : main.getBody().front().without_terminator()) {
      Loc at = graph.userLocation(op.getLoc());
      std::string place = at.line() ? std::string(at.file_name()) + ":" + std::to_string(at.line()) : "";
      int r =
          draw(op.getName().stripDialect().str(),
               op.getNumResults() ? escape(typeText(op.getResult(0).getType()), true) : "", escape(place, true), "op");
      for (Value operand : op.getOperands())
        connect(row[operand], r);
      for (Value v : op.getResults())
        row[v] = r;
    }
    for (Value v : main.getBody().front().getTerminator()->getOperands())
      connect(row[v], draw("result", escape(typeText(v.getType()), true), "", "result"));
    return "<!doctype html><meta charset=\"utf-8\"><title>tcc graph</title><style>text{font:13px sans-serif}"
           ".type,.place{fill:#666}rect{fill:#eef3fb;stroke:#5b7db1}.data rect{fill:#f3f0e4;stroke:#a08f4e}"
           ".result rect{fill:#e6f4e6;stroke:#4f9a55}path{fill:none;stroke:#9aa7bb}</style>\n<svg width=\"1100\" "
           "height=\"" +
           std::to_string(count * height + 20) + "\">\n" + edges + boxes + "</svg>\n";
  });
  writeFile(path, page, "to_html", where);
}

} // namespace tcc
