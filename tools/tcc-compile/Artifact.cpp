// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tcc-compile/Artifact.h"

#include "passes/KernelPasses.h"
#include "passes/Pipelines.h"
#include "passes/PlanOps.h"
#include "passes/SymbolicShapes.h"
#include "runtime/Tensors.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace tcc::aot {
namespace {

/// One entry on its way to a plan: a module of its own with kernels and the planned function.
struct Planned {
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
};

LogicalResult plan(ModuleOp source, const std::string &name, Planned &planned) {
  planned.module = source.clone();
  planned.function = planned.module->lookupSymbol<func::FuncOp>(name);
  if (!isTensorFunction(planned.function))
    return planned.function.emitOpError("arguments and results must be ranked tensors, and there must be a result");
  if (failed(isolateEntry(*planned.module, planned.function)))
    return failure();
  recordSizeDemands(planned.function);
  FormKernelsOptions options;
  if (failed(formKernels(*planned.module, options)) || failed(lowerToLinalg(*planned.module)) ||
      failed(planBuffers(*planned.module)))
    return failure();
  return success();
}

/// An argument's name in the artifact: its attribute tcc.name, or its role and number.
std::string nameOf(DictionaryAttr attributes, const char *role, size_t index) {
  auto name = attributes ? attributes.getAs<StringAttr>("tcc.name") : StringAttr();
  return name && isIdentifier(name.str()) ? name.str() : role + std::to_string(index);
}

llvm::json::Array describe(const std::vector<std::string> &names, const std::vector<TensorType> &types) {
  llvm::json::Array array;
  for (size_t i = 0; i < types.size(); ++i)
    array.push_back(llvm::json::Object{{"name", names[i]},
                                       {"dtype", runtime::dtypeName(types[i].dtype)},
                                       {"shape", llvm::json::Array(types[i].shape)}});
  return array;
}

std::string describe(const Options &options, const std::vector<EntryType> &entries, const PlanWords &plans) {
  llvm::json::Array array;
  for (size_t i = 0; i < entries.size(); ++i)
    array.push_back(llvm::json::Object{{"name", entries[i].name},
                                       {"inputs", describe(entries[i].inputNames, entries[i].inputs)},
                                       {"outputs", describe(entries[i].outputNames, entries[i].outputs)},
                                       {"workspace", plans.workspaces[i]}});
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(
      llvm::json::Object{{"format", 1},
                         {"name", options.name},
                         {"target", options.target.triple},
                         {"cpu", options.target.cpu},
                         {"checksum", llvm::formatv("{0:x-16}", plans.checksum).str()},
                         {"entries", std::move(array)}});
  return text;
}

} // namespace

bool isIdentifier(const std::string &text) {
  return !text.empty() && !isdigit(static_cast<unsigned char>(text[0])) &&
         llvm::all_of(text, [](unsigned char c) { return isalnum(c) || c == '_'; });
}

FailureOr<OwningOpRef<ModuleOp>> planEntries(ModuleOp source, const Options &options) {
  OwningOpRef<ModuleOp> all = ModuleOp::create(source.getLoc());
  for (const std::string &name : options.entries) {
    Planned planned;
    if (failed(plan(source, name, planned)))
      return failure();
    planned.module->setSymName(name);
    all->push_back(planned.module.release());
  }
  return all;
}

FailureOr<Artifact> buildArtifact(ModuleOp source, const Options &options) {
  Artifact artifact;
  artifact.code = ModuleOp::create(source.getLoc());
  std::vector<Planned> planned(options.entries.size());
  // Names of kernels within one entry and in the artifact.
  std::vector<llvm::StringMap<std::string>> symbols(options.entries.size());
  for (size_t i = 0; i < planned.size(); ++i) {
    if (failed(plan(source, options.entries[i], planned[i])))
      return failure();
    for (auto kernel : planned[i].module->getOps<func::FuncOp>()) {
      if (!kernel->hasAttr("tcc.kernel"))
        continue;
      std::string symbol = options.name + "_" + options.entries[i] + "_" + kernel.getName().str();
      symbols[i][kernel.getName()] = symbol;
      auto copy = kernel.clone();
      copy.setName(symbol);
      artifact.code->push_back(copy);
    }
  }
  if (failed(lowerToLLVMDialect(*artifact.code, options.target)))
    return failure();
  for (auto function : artifact.code->getOps<LLVM::LLVMFuncOp>())
    if (!function.isExternal())
      function.setLinkage(LLVM::Linkage::Internal);
  llvm::StringMap<KernelInfo> infos;
  for (KernelInfo &info : collectKernels(*artifact.code))
    infos[info.name] = info;

  std::vector<PlanTemplate> plans;
  plans.reserve(planned.size());
  std::map<const CompiledKernel *, std::string> kernelNames;
  std::vector<Entry> entries;
  for (size_t i = 0; i < planned.size(); ++i) {
    llvm::StringMap<std::shared_ptr<const CompiledKernel>> kernels;
    for (auto &[name, symbol] : symbols[i]) {
      const KernelInfo &info = infos[symbol];
      auto kernel = std::make_shared<CompiledKernel>();
      // Not callable here: only whether there is a finisher counts.
      if (info.hasFinish)
        kernel->finish = [](void *const *, const int64_t *, void *) {};
      kernel->extent = SizeExpr::of(info.extent.getResult(0));
      kernel->scratch = SizeExpr::of(info.scratch.getResult(0));
      kernel->blockNanoseconds = info.blockNanoseconds;
      kernelNames[kernel.get()] = symbol;
      kernels[name] = std::move(kernel);
    }
    FailureOr<PlanTemplate> made = PlanTemplate::create(planned[i].function, kernels);
    if (failed(made))
      return failure();
    plans.push_back(std::move(*made));
    EntryType &type = artifact.entries.emplace_back();
    type.name = options.entries[i];
    type.inputs = plans.back().inputTypes();
    type.outputs = plans.back().outputTypes();
    auto original = source.lookupSymbol<func::FuncOp>(type.name);
    for (size_t k = 0; k < type.inputs.size(); ++k)
      type.inputNames.push_back(nameOf(original.getArgAttrDict(unsigned(k)), "in", k));
    for (size_t k = 0; k < type.outputs.size(); ++k)
      type.outputNames.push_back(nameOf(original.getResultAttrDict(unsigned(k)), "out", k));
    entries.push_back({type.name, type.inputNames, type.outputNames, &plans.back(), &kernelNames});
  }
  PlanWords words;
  if (std::string problem = encodePlans(entries, words); !problem.empty())
    return source.emitError(problem), failure();
  artifact.info = describe(options, artifact.entries, words);
  emitInterface(*artifact.code, options.name, artifact.entries, words, artifact.info, options.sharedNames);
  return artifact;
}

} // namespace tcc::aot
