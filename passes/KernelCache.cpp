// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The process-wide cache of compiled kernels.
#include "passes/KernelCache.h"

#include "mlir/IR/OperationSupport.h"
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

/// The text of a kernel without its name and locations.
std::string textOf(func::FuncOp kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  flags.useLocalScope().skipRegions(false).enableDebugInfo(false);
  std::string name = kernel.getName().str();
  kernel.setName("kernel");
  kernel->print(os, flags);
  kernel.setName(name);
  return text;
}

} // namespace

KernelCacheCounts kernelCacheCounts() { return {cache().hits, cache().misses}; }

FailureOr<std::vector<std::shared_ptr<const CompiledKernel>>> compileKernels(ArrayRef<func::FuncOp> kernels,
                                                                             const Target &target) {
  std::vector<std::shared_ptr<const CompiledKernel>> compiled(kernels.size());
  if (kernels.empty())
    return compiled;
  std::string prefix = describe(target);
  SmallVector<std::string> keys;
  for (func::FuncOp kernel : kernels)
    keys.push_back(prefix + textOf(kernel));
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
  func::FuncOp first = kernels.front();
  OwningOpRef<ModuleOp> module = ModuleOp::create(first->getParentOfType<ModuleOp>().getLoc());
  for (unsigned index : missing)
    module->push_back(func::FuncOp(kernels[index]).clone());
  auto object = compileModule(*module, target);
  if (failed(object))
    return failure();
  auto jit = Jit::create(*object);
  if (!jit)
    return emitError(first.getLoc(), "cannot link kernels: ") << llvm::toString(jit.takeError());
  std::shared_ptr<Jit> code = std::move(*jit);
  llvm::StringMap<KernelInfo> infos;
  for (KernelInfo &info : collectKernels(*module))
    infos[info.name] = info;

  for (unsigned index : missing) {
    func::FuncOp kernel = kernels[index];
    const KernelInfo &info = infos[kernel.getName()];
    auto result = std::make_shared<CompiledKernel>();
    result->code = code;
    auto function = code->lookup(info.name);
    if (!function)
      return kernel.emitError("cannot link kernel: ") << llvm::toString(function.takeError());
    result->function = *function;
    if (info.hasFinish) {
      auto finish = code->lookupFinish(info.name);
      if (!finish)
        return kernel.emitError("cannot link kernel: ") << llvm::toString(finish.takeError());
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
