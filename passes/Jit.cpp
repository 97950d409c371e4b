// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ORC LLJIT, used as a linker only: one process-wide instance, one JITDylib for each object.

#include "passes/Jit.h"

#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <atomic>

using namespace llvm;

namespace tcc {

namespace {
struct Linker {
  std::unique_ptr<orc::LLJIT> jit;
  orc::JITDylib *process = nullptr;
};

Expected<Linker *> linker() {
  static Expected<Linker *> instance = []() -> Expected<Linker *> {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    Expected<std::unique_ptr<orc::LLJIT>> jit = orc::LLJITBuilder().create();
    if (!jit)
      return jit.takeError();
    // Never destroyed: kernels of static objects may outlive any order of destruction we could choose.
    auto *result = new Linker{std::move(*jit), nullptr};
    orc::JITDylib &process = result->jit->getExecutionSession().createBareJITDylib("process");
    auto generator =
        orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(result->jit->getDataLayout().getGlobalPrefix());
    if (!generator)
      return generator.takeError();
    process.addGenerator(std::move(*generator));
    result->process = &process;
    return result;
  }();
  if (!instance)
    return createStringError("[jit] the linker could not be created");
  return *instance;
}
} // namespace

struct Jit::Impl {
  Linker *linker;
  orc::JITDylib *dylib;
};

Jit::Jit(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}

Jit::~Jit() {
  // A failure to unmap leaves the code in place, which is harmless.
  if (Error error = impl->linker->jit->getExecutionSession().removeJITDylib(*impl->dylib))
    consumeError(std::move(error));
}

Expected<std::unique_ptr<Jit>> Jit::create(ArrayRef<char> object) {
  static std::atomic<uint64_t> counter{0};
  Expected<Linker *> shared = linker();
  if (!shared)
    return shared.takeError();
  orc::LLJIT &jit = *(*shared)->jit;
  orc::JITDylib &dylib = jit.getExecutionSession().createBareJITDylib("kernels." + std::to_string(counter++));
  dylib.addToLinkOrder(*(*shared)->process);
  auto result = std::unique_ptr<Jit>(new Jit(std::make_unique<Impl>(Impl{*shared, &dylib})));
  auto buffer = MemoryBuffer::getMemBufferCopy(StringRef(object.data(), object.size()), "kernels");
  if (Error error = jit.addObjectFile(dylib, std::move(buffer)))
    return std::move(error);
  return result;
}

Expected<KernelFn> Jit::lookup(StringRef name) {
  Expected<orc::ExecutorAddr> address = impl->linker->jit->lookup(*impl->dylib, name);
  if (!address)
    return address.takeError();
  return address->toPtr<KernelFn>();
}

Expected<FinishFn> Jit::lookupFinish(StringRef kernelName) {
  Expected<orc::ExecutorAddr> address = impl->linker->jit->lookup(*impl->dylib, (kernelName + "_finish").str());
  if (!address)
    return address.takeError();
  return address->toPtr<FinishFn>();
}

} // namespace tcc
