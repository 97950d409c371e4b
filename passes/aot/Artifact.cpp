// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/aot/Artifact.h"

#include "passes/KernelPasses.h"
#include "passes/Pipelines.h"
#include "runtime/Tensors.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace tcc::aot {
namespace {

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

/// Kernels, and the planned functions that branches and loops run: each entry has its own.
bool isOfEntry(Operation *op) {
  auto function = dyn_cast<func::FuncOp>(op);
  return op->hasAttr("tcc.kernel") || (function && isPlannedFunction(function));
}

} // namespace

bool isIdentifier(const std::string &text) {
  return !text.empty() && !isdigit(static_cast<unsigned char>(text[0])) &&
         llvm::all_of(text, [](unsigned char c) { return isalnum(c) || c == '_'; });
}

FailureOr<OwningOpRef<ModuleOp>> planEntries(ModuleOp source, const Options &options) {
  OwningOpRef<ModuleOp> all = ModuleOp::create(source.getLoc());
  llvm::StringSet<> shared;
  for (const std::string &name : options.entries) {
    OwningOpRef<ModuleOp> own = source.clone();
    FailureOr<func::FuncOp> entry = planEntry(*own, name);
    if (failed(entry))
      return failure();
    std::string prefix = options.name + "_" + name + "_";
    {
      SymbolTable symbols(*own);
      for (Operation *op : reachableFrom(symbols, *entry)) {
        if (op == entry->getOperation() || !isOfEntry(op))
          continue;
        StringAttr renamed = StringAttr::get(op->getContext(), prefix + SymbolTable::getSymbolName(op).getValue());
        if (failed(SymbolTable::replaceAllSymbolUses(op, renamed, own->getOperation())))
          return failure();
        SymbolTable::setSymbolName(op, renamed);
      }
    }
    for (Operation &op : llvm::make_early_inc_range(*own->getBody())) {
      // What kernels share is declarations of the C library.
      if (&op != entry->getOperation() && !isOfEntry(&op) &&
          !shared.insert(SymbolTable::getSymbolName(&op).getValue()).second)
        continue;
      op.remove();
      all->push_back(&op);
    }
  }
  return all;
}

FailureOr<Artifact> buildArtifact(ModuleOp source, const Options &options) {
  auto planned = planEntries(source, options);
  if (failed(planned))
    return failure();
  Artifact artifact;
  artifact.code = ModuleOp::create(source.getLoc());
  SmallVector<func::FuncOp> functions;
  for (const std::string &name : options.entries)
    functions.push_back((*planned)->lookupSymbol<func::FuncOp>(name));
  for (Operation &op : llvm::make_early_inc_range(*(*planned)->getBody()))
    if (auto function = dyn_cast<func::FuncOp>(op); !function || !isPlannedFunction(function)) {
      op.remove();
      artifact.code->push_back(&op);
    }
  if (failed(lowerToLLVMDialect(*artifact.code, options.target)))
    return failure();
  for (auto function : artifact.code->getOps<LLVM::LLVMFuncOp>())
    if (!function.isExternal())
      function.setLinkage(LLVM::Linkage::Internal);

  std::vector<PlanTemplate> plans;
  plans.reserve(functions.size());
  std::map<const CompiledKernel *, std::string> kernelNames;
  llvm::StringMap<std::shared_ptr<const CompiledKernel>> kernels;
  for (KernelInfo &info : collectKernels(*artifact.code)) {
    auto kernel = std::make_shared<CompiledKernel>();
    // Not callable here: only whether there is a finisher counts.
    if (info.hasFinish)
      kernel->finish = [](void *const *, const int64_t *, void *) {};
    kernel->extent = SizeExpr::of(info.extent.getResult(0));
    kernel->scratch = SizeExpr::of(info.scratch.getResult(0));
    kernel->blockNanoseconds = info.blockNanoseconds;
    kernelNames[kernel.get()] = info.name;
    kernels[info.name] = std::move(kernel);
  }
  std::vector<Entry> entries;
  for (size_t i = 0; i < functions.size(); ++i) {
    FailureOr<PlanTemplate> made = PlanTemplate::create(functions[i], kernels);
    if (failed(made))
      return failure();
    plans.push_back(std::move(*made));
    EntryType &type = artifact.entries.emplace_back();
    type.name = options.entries[i];
    type.inputs = plans.back().inputTypes();
    type.outputs = plans.back().outputTypes();
    auto attributes = [&](size_t k) { return functions[i].getArgAttrDict(unsigned(k)); };
    for (size_t k = 0; k < type.inputs.size(); ++k)
      type.inputNames.push_back(nameOf(attributes(k), "in", k));
    for (size_t k = 0; k < type.outputs.size(); ++k)
      type.outputNames.push_back(nameOf(attributes(type.inputs.size() + k), "out", k));
    entries.push_back({type.name, type.inputNames, type.outputNames, &plans.back(), &kernelNames});
  }
  PlanWords words;
  if (std::string problem = encodePlans(entries, words); !problem.empty())
    return source.emitError(problem), failure();
  artifact.info = describe(options, artifact.entries, words);
  for (const std::string &prefix : {options.name, std::string("tcc_artifact")})
    if (prefix == options.name || options.sharedNames)
      for (const char *verb : {"_info", "_shapes", "_call", "_error"})
        artifact.exports.push_back(prefix + verb);
  for (const std::string &entry : options.entries)
    artifact.exports.push_back(options.name + "_" + entry);
  emitInterface(*artifact.code, options.name, artifact.entries, words, artifact.info, options.sharedNames);
  return artifact;
}

} // namespace tcc::aot
