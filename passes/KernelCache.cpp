// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The process-wide cache of compiled kernels.
#include "passes/KernelCache.h"

#include "passes/Pipelines.h"

#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>
#include <mutex>
#include <unordered_map>

using namespace mlir;

namespace tcc {
namespace {

struct Cache {
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<const CompiledKernel>> kernels;
  std::atomic<uint64_t> hits{0}, misses{0};
};

// Never destroyed: kernels may run while the process exits.
Cache &cache() {
  static Cache *instance = new Cache;
  return *instance;
}

std::string describe(const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << target.triple << '|' << target.cpu << '|' << target.features << '|' << target.vectorBits << '|'
     << target.indexBits << '|' << target.maskedMemory << target.vectorize << target.positionIndependent << '\n';
  return text;
}

/// The text of a kernel and what it needs, without its name and locations.
std::string textOf(ArrayRef<Operation *> unit) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  flags.useLocalScope().skipRegions(false).enableDebugInfo(false);
  std::string name = SymbolTable::getSymbolName(unit.front()).str();
  for (Operation *op : unit) {
    StringAttr own = SymbolTable::getSymbolName(op);
    StringRef ending = own.getValue();
    bool isNamedAfterKernel = ending.consume_front(name);
    if (isNamedAfterKernel)
      SymbolTable::setSymbolName(op, ("kernel" + ending).str());
    op->print(os, flags);
    os << '\n';
    if (isNamedAfterKernel)
      SymbolTable::setSymbolName(op, own);
  }
  return text;
}

} // namespace

KernelCacheCounts kernelCacheCounts() { return {cache().hits, cache().misses}; }

FailureOr<std::vector<std::shared_ptr<const CompiledKernel>>> compileKernels(ArrayRef<Operation *> kernels,
                                                                             const Target &target) {
  std::vector<std::shared_ptr<const CompiledKernel>> compiled(kernels.size());
  if (kernels.empty())
    return compiled;
  std::string prefix = describe(target);
  auto source = kernels.front()->getParentOfType<ModuleOp>();
  SymbolTable symbols(source);
  SmallVector<SmallVector<Operation *>> units; // each kernel with its finisher and the functions it calls
  SmallVector<std::string> keys;
  for (Operation *kernel : kernels) {
    units.push_back(reachableFrom(symbols, kernel));
    keys.push_back(prefix + textOf(units.back()));
  }
  SmallVector<unsigned> missing;
  {
    std::lock_guard lock(cache().mutex);
    for (auto [index, key] : llvm::enumerate(keys))
      if (auto found = cache().kernels.find(key); found != cache().kernels.end())
        compiled[index] = found->second;
      else
        missing.push_back(index);
  }
  cache().hits += kernels.size() - missing.size();
  cache().misses += missing.size();
  if (missing.empty())
    return compiled;

  // Another thread may compile the same kernel meanwhile: cheaper than making all wait for each other.
  OwningOpRef<ModuleOp> module = ModuleOp::create(source.getLoc());
  llvm::SetVector<Operation *> needed;
  for (unsigned index : missing)
    needed.insert(units[index].begin(), units[index].end());
  for (Operation *op : needed)
    module->push_back(op->clone());
  auto object = compileModule(*module, target);
  if (failed(object))
    return failure();
  auto jit = Jit::create(*object);
  if (!jit)
    return emitError(source.getLoc(), "cannot link kernels: ") << llvm::toString(jit.takeError());
  std::shared_ptr<Jit> code = std::move(*jit);
  llvm::StringMap<KernelInfo> infos;
  for (KernelInfo &info : collectKernels(*module))
    infos[info.name] = info;

  for (unsigned index : missing) {
    Operation *kernel = kernels[index];
    const KernelInfo &info = infos[SymbolTable::getSymbolName(kernel)];
    auto result = std::make_shared<CompiledKernel>();
    result->code = code;
    auto function = code->lookup(info.name);
    if (!function)
      return kernel->emitError("cannot link kernel: ") << llvm::toString(function.takeError());
    result->function = *function;
    if (info.hasFinish) {
      auto finish = code->lookupFinish(info.name);
      if (!finish)
        return kernel->emitError("cannot link kernel: ") << llvm::toString(finish.takeError());
      result->finish = *finish;
    }
    result->extent = SizeExpr::of(info.extent.getResult(0));
    result->scratch = SizeExpr::of(info.scratch.getResult(0));
    result->blockNanoseconds = info.blockNanoseconds;
    compiled[index] = result;
  }
  std::lock_guard lock(cache().mutex);
  for (unsigned index : missing)
    cache().kernels.try_emplace(keys[index], compiled[index]);
  return compiled;
}

} // namespace tcc
