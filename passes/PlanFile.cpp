// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans with symbolic sizes as bytes, for the disk cache.
#include "passes/BuildPlan.h"

using namespace mlir;

namespace tcc {

static void write(ByteWriter &to, const std::vector<SizeExpr> &sizes) {
  to.add(uint64_t(sizes.size()));
  for (const SizeExpr &size : sizes)
    size.write(to);
}
static std::vector<SizeExpr> readSizes(ByteReader &from) {
  std::vector<SizeExpr> sizes(from.count());
  for (SizeExpr &size : sizes)
    size = SizeExpr::read(from);
  return sizes;
}

void PlanTemplate::write(ByteWriter &to, llvm::function_ref<uint32_t(const CompiledKernel &)> numberOf) const {
  for (const std::vector<TensorType> *tensors : {&inputs, &outputs}) {
    to.add(uint64_t(tensors->size()));
    for (const TensorType &tensor : *tensors) {
      to.add(tensor.dtype);
      to.add(tensor.shape);
    }
  }
  to.add(uint64_t(locations.size()));
  for (const SourceLocation &location : locations) {
    to.add(StringRef(location.file));
    to.add(location.line);
  }
  to.add(uint64_t(checks.size()));
  for (const SizeCheck &check : checks) {
    check.left.write(to);
    check.right.write(to);
    to.add(check.isAtMost);
    to.add(StringRef(check.op));
    to.add(check.location);
  }
  to.add(uint64_t(slots.size()));
  for (const SlotTemplate &slot : slots) {
    to.add(slot.kind);
    to.add(slot.dtype);
    to.add(slot.base);
    tcc::write(to, slot.shape);
    slot.offset.write(to);
    to.add(StringRef(static_cast<const char *>(slot.data.data()), slot.data.size()));
  }
  to.add(uint64_t(steps.size()));
  for (const StepTemplate &step : steps) {
    to.add(step.kind);
    to.add(step.kernel ? numberOf(*step.kernel) : uint32_t(0));
    to.add(StringRef(step.symbol));
    to.add(step.inputs);
    to.add(step.outputs);
    tcc::write(to, step.dims);
    to.add(step.attributes);
    to.add(step.location);
    to.add(uint64_t(step.bodies.size()));
    for (const BodyTemplate &body : step.bodies) {
      body.plan->write(to, numberOf);
      tcc::write(to, body.symbols);
    }
  }
  to.add(numSymbols);
}

std::optional<PlanTemplate> PlanTemplate::read(ByteReader &from,
                                               ArrayRef<std::shared_ptr<const CompiledKernel>> kernels) {
  PlanTemplate plan;
  for (std::vector<TensorType> *tensors : {&plan.inputs, &plan.outputs}) {
    tensors->resize(from.count());
    for (TensorType &tensor : *tensors) {
      tensor.dtype = from.get<int32_t>();
      tensor.shape = from.vector<int64_t>();
    }
  }
  plan.locations.resize(from.count());
  for (SourceLocation &location : plan.locations) {
    location.file = from.text().str();
    location.line = from.get<unsigned>();
  }
  for (size_t i = 0, count = from.count(); i < count; ++i) {
    SizeCheck &check = plan.checks.emplace_back();
    check.left = SizeExpr::read(from);
    check.right = SizeExpr::read(from);
    check.isAtMost = from.get<bool>();
    check.op = from.text().str();
    check.location = from.get<int32_t>();
  }
  for (size_t i = 0, count = from.count(); i < count; ++i) {
    SlotTemplate &slot = plan.slots.emplace_back();
    slot.kind = from.get<runtime::SlotKind>();
    slot.dtype = from.get<int32_t>();
    slot.base = from.get<int32_t>();
    slot.shape = readSizes(from);
    slot.offset = SizeExpr::read(from);
    if (StringRef data = from.text(); slot.kind == runtime::SlotKind::Constant) {
      slot.data = runtime::Buffer::create(data.size());
      if (slot.data)
        llvm::copy(data, static_cast<char *>(slot.data.data()));
      else
        from.fail();
    }
  }
  for (size_t i = 0, count = from.count(); i < count; ++i) {
    StepTemplate &step = plan.steps.emplace_back();
    step.kind = from.get<runtime::StepKind>();
    auto kernel = from.get<uint32_t>();
    step.symbol = from.text().str();
    if (step.kind == runtime::StepKind::Kernel) {
      if (kernel < kernels.size())
        step.kernel = kernels[kernel];
      else
        from.fail();
    } else if (step.kind == runtime::StepKind::Library) {
      if (const TccEntry *entry = tcc_find_entry(step.symbol.c_str()))
        step.library = entry->function;
      else
        from.fail();
    }
    step.inputs = from.vector<int32_t>();
    step.outputs = from.vector<int32_t>();
    step.dims = readSizes(from);
    step.attributes = from.vector<int64_t>();
    step.location = from.get<int32_t>();
    for (size_t k = 0, bodies = from.count(); k < bodies; ++k) {
      std::optional<PlanTemplate> body = read(from, kernels);
      if (!body)
        return std::nullopt;
      step.bodies.push_back({std::make_shared<PlanTemplate>(std::move(*body)), readSizes(from)});
    }
  }
  plan.numSymbols = from.get<unsigned>();
  if (!from.ok())
    return std::nullopt;
  return plan;
}

} // namespace tcc
