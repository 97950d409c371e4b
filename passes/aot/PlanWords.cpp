// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/aot/PlanWords.h"

#include "runtime/Artifact.h"
#include "runtime/Tensors.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <cstring>

using namespace llvm;

namespace tcc::aot {
namespace {

// The reader's limits (runtime/Artifact.cpp).
constexpr size_t maxArguments = 256;

class Encoder {
public:
  Encoder(PlanWords &out, size_t numEntries) : words(out.words), out(out), numEntries(int64_t(numEntries)) {}
  /// Numbers the bodies that the plan's steps run, which are encoded after all entries.
  void collectBodies(const PlanTemplate &plan);
  std::string entry(const Entry &entry);
  std::string body(const PlanTemplate &plan, const Entry &of);
  const std::vector<const PlanTemplate *> &allBodies() const { return bodies; }

private:
  std::string plan(const Entry &entry, const std::vector<PlanTemplate::SizeCheck> &checks,
                   const std::vector<SourceLocation> &locations, int64_t &workspace);
  void text(const std::string &value);
  void list(ArrayRef<int32_t> values);
  void size(const SizeExpr &expr);
  void sizes(const std::vector<SizeExpr> &all);
  void type(const std::string &name, const TensorType &type);
  void slot(const PlanTemplate &plan, size_t index);
  void step(const Entry &entry, const PlanTemplate::StepTemplate &step, const runtime::Step &shape,
            ArrayRef<int32_t> successors, int32_t numDependences);
  int64_t function(const std::string &symbol, bool isLibrary);
  int64_t constant(const PlanTemplate::SlotTemplate &slot);

  std::vector<int64_t> &words;
  PlanWords &out;
  int64_t numEntries;
  std::map<std::string, int64_t> functionIndex;
  std::multimap<uint64_t, int64_t> constantsByHash; // offsets
  std::vector<const PlanTemplate *> bodies;
  std::map<const PlanTemplate *, int64_t> bodyIndex;
  bool tooDeep = false;
};

void Encoder::text(const std::string &value) {
  words.push_back(int64_t(value.size()));
  size_t start = words.size();
  words.resize(start + (value.size() + 7) / 8, 0);
  memcpy(words.data() + start, value.data(), value.size());
}

void Encoder::list(ArrayRef<int32_t> values) {
  words.push_back(int64_t(values.size()));
  size_t start = words.size();
  words.resize(start + (values.size() + 1) / 2, 0);
  if (!values.empty()) // of nothing both may be null, which memcpy does not take
    memcpy(words.data() + start, values.data(), values.size() * sizeof(int32_t));
}

void Encoder::size(const SizeExpr &expr) {
  words.push_back(int64_t(expr.instructions().size()));
  int depth = 0;
  for (const SizeExpr::Instruction &instruction : expr.instructions()) {
    words.push_back(int64_t(instruction.kind));
    words.push_back(instruction.value);
    depth += instruction.kind <= SizeExpr::Kind::Symbol ? 1 : -1;
    tooDeep |= depth > runtime::maxSizeDepth;
  }
}

void Encoder::sizes(const std::vector<SizeExpr> &all) {
  words.push_back(int64_t(all.size()));
  for (const SizeExpr &expr : all)
    size(expr);
}

void Encoder::type(const std::string &name, const TensorType &type) {
  text(name);
  words.push_back(type.dtype);
  words.push_back(int64_t(type.shape.size()));
  words.insert(words.end(), type.shape.begin(), type.shape.end());
}

int64_t Encoder::function(const std::string &symbol, bool isLibrary) {
  auto [known, isNew] = functionIndex.try_emplace(symbol, int64_t(out.functions.size()));
  if (isNew) {
    out.functions.push_back(symbol);
    out.isLibrary.push_back(isLibrary);
  }
  return known->second;
}

// Equal data is stored once: a forward and a gradient entry have the same weights.
int64_t Encoder::constant(const PlanTemplate::SlotTemplate &slot) {
  int64_t bytes = runtime::elementSize(slot.dtype);
  for (const SizeExpr &size : slot.shape)
    bytes *= size.evaluate({});
  StringRef data(static_cast<const char *>(slot.data.data()), size_t(bytes));
  auto [first, last] = constantsByHash.equal_range(xxh3_64bits(data));
  for (auto known = first; known != last; ++known)
    if (StringRef(out.constants).substr(size_t(known->second), size_t(bytes)) == data)
      return known->second;
  out.constants.resize((out.constants.size() + 63) / 64 * 64, 0);
  auto offset = int64_t(out.constants.size());
  out.constants += data;
  constantsByHash.emplace(xxh3_64bits(data), offset);
  return offset;
}

void Encoder::slot(const PlanTemplate &plan, size_t index) {
  const auto &slots = plan.slotTemplates();
  const auto *root = &slots[index];
  size_t rootIndex = index;
  while (root->base >= 0)
    root = &slots[rootIndex = size_t(root->base)];
  const auto &shape = slots[index].shape;
  int64_t argument = 0, offset = 0;
  if (root->kind == runtime::SlotKind::Input)
    argument = int64_t(rootIndex);
  else if (root->kind == runtime::SlotKind::Output)
    argument = int64_t(rootIndex - plan.inputTypes().size());
  else if (root->kind == runtime::SlotKind::Constant)
    offset = constant(*root);
  words.insert(words.end(), {int64_t(root->kind), slots[index].dtype, argument, offset, int64_t(shape.size())});
  for (const SizeExpr &extent : shape)
    size(extent);
  size(root->kind == runtime::SlotKind::Arena ? root->offset : SizeExpr(0));
}

void Encoder::step(const Entry &entry, const PlanTemplate::StepTemplate &step, const runtime::Step &shape,
                   ArrayRef<int32_t> successors, int32_t numDependences) {
  bool isKernel = bool(step.kernel);
  words.push_back(int64_t(step.kind));
  words.push_back(step.location);
  if (isKernel) {
    const std::string &name = entry.kernelNames->at(step.kernel.get());
    words.push_back(function(name, false));
    words.push_back(step.kernel->finish ? function(name + "_finish", false) : -1);
  } else {
    words.push_back(step.bodies.empty() ? function(step.symbol, true) : -1);
    words.push_back(-1);
  }
  int64_t cost;
  memcpy(&cost, &shape.cost, sizeof cost);
  words.push_back(cost);
  words.push_back(int64_t(step.inputs.size()));
  words.push_back(int64_t(step.outputs.size()));
  std::vector<int32_t> operands = step.inputs;
  operands.insert(operands.end(), step.outputs.begin(), step.outputs.end());
  list(operands);
  if (isKernel) {
    sizes(step.dims);
    size(step.kernel->extent);
    size(step.kernel->scratch);
  } else if (!step.bodies.empty()) {
    sizes(step.dims);
    words.push_back(int64_t(step.bodies.size()));
    for (const PlanTemplate::BodyTemplate &body : step.bodies) {
      words.push_back(numEntries + bodyIndex.at(body.plan.get()));
      sizes(body.symbols);
    }
  } else {
    words.push_back(int64_t(step.attributes.size()));
    words.insert(words.end(), step.attributes.begin(), step.attributes.end());
  }
  words.push_back(numDependences);
  list(successors);
}

void Encoder::collectBodies(const PlanTemplate &plan) {
  for (const PlanTemplate::StepTemplate &step : plan.stepTemplates())
    for (const PlanTemplate::BodyTemplate &body : step.bodies)
      if (bodyIndex.try_emplace(body.plan.get(), int64_t(bodies.size())).second) {
        bodies.push_back(body.plan.get());
        collectBodies(*body.plan);
      }
}

/// Sizes large enough that blocks which can overlap for some sizes do overlap: dependences found for them hold for all.
constexpr int64_t representative = 4096;

std::string Encoder::entry(const Entry &entry) {
  const PlanTemplate &plan = *entry.plan;
  if (plan.inputTypes().size() + plan.outputTypes().size() > maxArguments)
    return entry.name + ": more than " + std::to_string(maxArguments) + " arguments and results are not supported";
  size_t axes = 0;
  for (const std::vector<TensorType> *types : {&plan.inputTypes(), &plan.outputTypes()})
    for (const TensorType &type : *types)
      axes += type.shape.size();
  if (axes > maxArguments)
    return entry.name + ": arguments with more than " + std::to_string(maxArguments) + " axes are not supported";

  int64_t workspace = 0;
  std::string problem = this->plan(entry, plan.sizeChecks(), plan.sourceLocations(), workspace);
  out.workspaces.push_back(workspace);
  return problem;
}

std::string Encoder::body(const PlanTemplate &plan, const Entry &of) {
  int64_t workspace = 0;
  return this->plan({"", {}, {}, &plan, of.kernelNames}, {}, {}, workspace);
}

std::string Encoder::plan(const Entry &entry, const std::vector<PlanTemplate::SizeCheck> &checks,
                          const std::vector<SourceLocation> &locations, int64_t &workspace) {
  const PlanTemplate &plan = *entry.plan;
  std::vector<int64_t> openSizes(plan.numOpenSizes(), representative);
  std::unique_ptr<runtime::Plan> instance = plan.instantiate(openSizes);
  runtime::PlanView view = instance->view();
  // A block of no bytes overlaps nothing, which would hide a dependence: then the order of the list is kept.
  bool inOrder = false;
  for (int32_t i = 0; i < view.numSlots; ++i)
    inOrder |= plan.numOpenSizes() > 0 && view.slots[i].kind == runtime::SlotKind::Arena &&
               runtime::allocationBytes(view.slots[i].dtype, view.slots[i].rank, view.slots[i].shape) <= 0;
  workspace = plan.numOpenSizes() ? -1 : view.arenaBytes;

  size_t sizeWords = 0, numBodies = 0;
  for (const auto &slot : plan.slotTemplates())
    sizeWords += slot.shape.size();
  for (const auto &step : plan.stepTemplates())
    sizeWords += step.dims.size(), numBodies += step.bodies.size();
  text(entry.name);
  words.insert(words.end(),
               {int64_t(plan.numOpenSizes()), int64_t(plan.inputTypes().size()), int64_t(plan.outputTypes().size()),
                view.numSlots, view.numSteps, int64_t(sizeWords), int64_t(numBodies)});
  for (size_t i = 0; i < plan.inputTypes().size(); ++i)
    type(i < entry.inputNames.size() ? entry.inputNames[i] : "", plan.inputTypes()[i]);
  for (size_t i = 0; i < plan.outputTypes().size(); ++i)
    type(i < entry.outputNames.size() ? entry.outputNames[i] : "", plan.outputTypes()[i]);
  words.push_back(int64_t(checks.size()));
  for (const PlanTemplate::SizeCheck &check : checks) {
    text(check.op);
    words.push_back(check.isAtMost);
    words.push_back(check.location);
    size(check.left);
    size(check.right);
  }
  for (size_t i = 0; i < plan.slotTemplates().size(); ++i)
    slot(plan, i);
  for (int32_t i = 0; i < view.numSteps; ++i) {
    const runtime::Step &step = view.steps[i];
    if (inOrder) {
      int32_t next = i + 1;
      this->step(entry, plan.stepTemplates()[i], step, ArrayRef(&next, next < view.numSteps ? 1 : 0), i > 0);
    } else {
      this->step(entry, plan.stepTemplates()[i], step, ArrayRef(step.successors, step.numSuccessors),
                 step.numDependences);
    }
  }
  words.push_back(int64_t(locations.size()));
  for (const SourceLocation &location : locations) {
    text(location.file);
    words.push_back(location.line);
  }
  return tooDeep ? entry.name + ": sizes this intricate are not supported" : "";
}

} // namespace

std::string encodePlans(const std::vector<Entry> &entries, PlanWords &out) {
  Encoder encoder(out, entries.size());
  std::vector<const Entry *> entryOf; // of each body
  for (const Entry &entry : entries) {
    encoder.collectBodies(*entry.plan);
    entryOf.resize(encoder.allBodies().size(), &entry);
  }
  out.words.assign(runtime::planHeaderSize + entries.size() + entryOf.size(), 0);
  for (size_t i = 0; i < entries.size(); ++i) {
    out.words[runtime::planHeaderSize + i] = int64_t(out.words.size());
    if (std::string problem = encoder.entry(entries[i]); !problem.empty())
      return problem;
  }
  for (size_t i = 0; i < entryOf.size(); ++i) {
    out.words[runtime::planHeaderSize + entries.size() + i] = int64_t(out.words.size());
    if (std::string problem = encoder.body(*encoder.allBodies()[i], *entryOf[i]); !problem.empty())
      return problem;
  }
  out.words[runtime::planHeaderMagic] = runtime::planMagic;
  out.words[runtime::planHeaderVersion] = runtime::planVersion;
  out.words[runtime::planHeaderWords] = int64_t(out.words.size());
  out.words[runtime::planHeaderConstantBytes] = int64_t(out.constants.size());
  out.words[runtime::planHeaderEntries] = int64_t(entries.size());
  out.checksum = runtime::planChecksum(out.words.data(), int64_t(out.words.size()), out.constants.data(),
                                       int64_t(out.constants.size()));
  out.words[runtime::planHeaderChecksum] = int64_t(out.checksum);
  return "";
}

} // namespace tcc::aot
