// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which values of a kernel its readers compute again instead of reading them from memory. A backward pass wants many
// cheap functions of what the forward pass has at hand (x / 2, x^2, 1 - t^2, ... of GELU): the kernel stores the values
// of a minimum cut between what is in memory or dear and what other kernels want, by bytes moved. Training systems
// choose so what to keep between the two passes (Jain et al. 2020; PyTorch's partitioner), here it is every pair of
// kernels.
#include "passes/FusionGroups.h"
#include "passes/KernelOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tcc {
namespace {

/// Maximum flow by shortest augmenting paths (Edmonds and Karp 1972).
class FlowNetwork {
public:
  static constexpr int64_t unlimited = int64_t(1) << 60;

  unsigned addNode() { return edgesOf.emplace_back(), edgesOf.size() - 1; }
  void connect(unsigned from, unsigned to, int64_t capacity) {
    edgesOf[from].push_back(edges.size());
    edges.push_back({to, capacity});
    edgesOf[to].push_back(edges.size());
    edges.push_back({from, 0});
  }
  int64_t maximise(unsigned source, unsigned sink) {
    int64_t flow = 0;
    while (true) {
      std::vector<int> reachedBy(edgesOf.size(), -1);
      SmallVector<unsigned> queue = {source};
      for (size_t next = 0; next < queue.size() && reachedBy[sink] < 0; ++next)
        for (unsigned edge : edgesOf[queue[next]])
          if (unsigned to = edges[edge].to; edges[edge].left > 0 && to != source && reachedBy[to] < 0) {
            reachedBy[to] = int(edge);
            queue.push_back(to);
          }
      if (reachedBy[sink] < 0)
        return flow;
      int64_t amount = unlimited;
      for (unsigned node = sink; node != source; node = edges[reachedBy[node] ^ 1].to)
        amount = std::min(amount, edges[reachedBy[node]].left);
      for (unsigned node = sink; node != source; node = edges[reachedBy[node] ^ 1].to) {
        edges[reachedBy[node]].left -= amount;
        edges[reachedBy[node] ^ 1].left += amount;
      }
      flow += amount;
    }
  }
  /// Nodes from which more could flow to the sink: those behind the cut that lies nearest to it.
  std::vector<bool> behindCut(unsigned sink) const {
    std::vector<bool> behind(edgesOf.size(), false);
    SmallVector<unsigned> work = {sink};
    behind[sink] = true;
    while (!work.empty())
      for (unsigned edge : edgesOf[work.pop_back_val()])
        if (unsigned from = edges[edge].to; edges[edge ^ 1].left > 0 && !behind[from]) {
          behind[from] = true;
          work.push_back(from);
        }
    return behind;
  }

private:
  struct Edge {
    unsigned to;
    int64_t left; // of its capacity
  };
  std::vector<Edge> edges; // 2 k and 2 k + 1 are opposite
  std::vector<SmallVector<unsigned, 4>> edgesOf;
};

int64_t estimateBytes(Value tensor) {
  int64_t bytes = elementBytes(tensorType(tensor).getElementType());
  for (int64_t size : tensorType(tensor).getShape())
    bytes *= ShapedType::isDynamic(size) ? 256 : size;
  return bytes;
}

/// An op that a reader of its result may compute as well: as cheap as another load.
bool isRepeatable(Operation *op) { return roleOf(op) == Role::Elementwise && flopsPerElement(op) <= 4; }

} // namespace

// A reader that reads each element about once, at a place that does not depend on data.
bool FusionGroups::mayRepeat(const Base &base, Operation *reader) const {
  Role role = roleOf(reader);
  if (!base.path || !(role == Role::Elementwise || role == Role::View || role == Role::Reduction))
    return false;
  return estimateBytes(role == Role::Reduction ? reader->getOperand(0) : reader->getResult(0)) <=
         2 * estimateBytes(base.value);
}

llvm::DenseSet<Operation *> FusionGroups::repeatedByReaders(ArrayRef<Item> items) {
  llvm::DenseSet<Operation *> repeated;
  if (options.reference)
    return repeated;
  // Where each value is read outside of its kernel.
  llvm::DenseMap<Operation *, unsigned> itemOf;
  for (auto [index, item] : llvm::enumerate(items))
    for (Operation *op : item.ops)
      itemOf[op] = index;
  struct Readers {
    llvm::SmallSetVector<unsigned, 4> items;
    bool mustBeStored = false;
  };
  llvm::DenseMap<Value, Readers> readers;
  for (Value result : function.getBody().front().getTerminator()->getOperands())
    readers[result].mustBeStored = true;
  for (unsigned index = 0; index < ops.size(); ++index)
    for (const Base &base : bases[index]) {
      Operation *definition = base.value.getDefiningOp();
      if (definition && itemOf.contains(definition) && itemOf[definition] == itemOf[ops[index]])
        continue;
      Readers &of = readers[base.value];
      of.items.insert(itemOf[ops[index]]);
      of.mustBeStored |= !items[itemOf[ops[index]]].isKernel || !mayRepeat(base, ops[index]);
    }

  for (auto [index, item] : llvm::enumerate(items)) {
    if (!item.isKernel)
      continue;
    Group &group = groups[find(positions[item.ops.front()])];
    llvm::SmallSetVector<unsigned, 4> consumers;
    SmallVector<Value> wanted;
    for (Operation *op : item.ops) {
      auto of = readers.find(op->getResult(0));
      if (of == readers.end())
        continue;
      of->second.mustBeStored |= !isRepeatable(op);
      if (of->second.mustBeStored)
        continue;
      wanted.push_back(op->getResult(0));
      consumers.insert_range(of->second.items);
    }
    if (wanted.empty())
      continue;

    FlowNetwork network;
    unsigned source = network.addNode(), sink = network.addNode();
    llvm::MapVector<Value, unsigned> nodes; // a value's second node is the next one
    // Bytes of reading what is in memory anyway, by the consumers that do not do so yet.
    auto reading = [&](Value value) {
      int64_t more = 0;
      for (unsigned consumer : consumers)
        more += !readers[value].items.contains(consumer);
      return more * estimateBytes(value);
    };
    SmallVector<Value> work;
    auto nodeOf = [&](Value value) {
      auto [entry, isNew] = nodes.try_emplace(value, 0);
      if (isNew) {
        entry->second = network.addNode();
        network.addNode();
        work.push_back(value);
      }
      return entry->second;
    };
    int64_t before = 0;
    for (Value value : wanted) {
      before += estimateBytes(value) * int64_t(1 + readers[value].items.size());
      network.connect(nodeOf(value) + 1, sink, FlowNetwork::unlimited);
    }
    while (!work.empty()) {
      Value value = work.pop_back_val();
      unsigned node = nodes[value];
      Operation *op = value.getDefiningOp();
      auto own = op ? itemOf.find(op) : itemOf.end();
      bool isMember = own != itemOf.end() && own->second == index;
      bool isInMemory = !isMember || (readers.contains(value) && readers[value].mustBeStored);
      int64_t cost;
      if (isInMemory)
        cost = op && repeated.contains(op) ? FlowNetwork::unlimited : reading(value);
      else if (readers.contains(value))
        cost = estimateBytes(value) * int64_t(1 + readers[value].items.size());
      else // not stored so far, which it can be if it has the kernel's rows
        cost = hasRows(value, group) ? estimateBytes(value) * int64_t(1 + consumers.size()) : FlowNetwork::unlimited;
      network.connect(node, node + 1, cost);
      if (isInMemory || !isRepeatable(op)) {
        network.connect(source, node, FlowNetwork::unlimited);
        continue;
      }
      for (const Base &base : bases[positions[op]])
        if (!base.shapeOnly)
          network.connect(nodeOf(base.value) + 1, node, FlowNetwork::unlimited);
    }
    int64_t after = network.maximise(source, sink);
    if (after >= before)
      continue;
    std::vector<bool> behind = network.behindCut(sink);
    SmallVector<Operation *> chosen;
    int64_t flops = 0, saved = 0;
    for (auto [value, node] : nodes)
      if (behind[node]) {
        chosen.push_back(value.getDefiningOp());
        flops += flopsPerElement(chosen.back()) * estimateBytes(value);
        saved += llvm::is_contained(wanted, value) ? estimateBytes(value) : 0;
      }
    // Moving a number costs about as much as so many operations; where more is repeated, it is better stored.
    if (flops > flopsOfMemoryAccess * saved)
      continue;
    repeated.insert(chosen.begin(), chosen.end());
  }
  return repeated;
}

} // namespace tcc
