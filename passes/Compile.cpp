// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Targets, what a module of kernels tells about them, and the stages of compiling in a row.

#include "passes/Codegen.h"
#include "passes/SizeExpr.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

using namespace mlir;

namespace tcc {

CompileTimes &CompileTimes::operator+=(const CompileTimes &other) {
  for (auto stage : {&CompileTimes::loops, &CompileTimes::math, &CompileTimes::lowering, &CompileTimes::translation,
                     &CompileTimes::optimisation, &CompileTimes::codegen, &CompileTimes::linking})
    this->*stage += other.*stage;
  return *this;
}

void initialiseTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
}

Target Target::host() {
  static const Target host = [] {
    Target target;
    target.triple = llvm::sys::getDefaultTargetTriple();
    target.cpu = llvm::sys::getHostCPUName().str();
    llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
    std::vector<std::string> sorted;
    for (auto &feature : features)
      sorted.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(sorted);
    target.features = llvm::join(sorted, ",");
    auto has = [&](StringRef name) { return features.lookup(name); };
    target.maskedMemory = has("avx512f") && has("avx512bw") && has("avx512vl");
    target.vectorBits = target.maskedMemory ? 512 : has("avx2") ? 256 : 128;
    target.scalef = target.maskedMemory;
    target.fma = has("fma") || llvm::Triple(target.triple).isAArch64();
    // 512-bit registers are used only when asked for on CPUs that once lowered their clock for them.
    if (target.maskedMemory)
      target.features += ",-prefer-256-bit";
    target.indexBits = sizeof(void *) * 8;
    return target;
  }();
  return host;
}

FailureOr<Target> Target::get(StringRef triple, StringRef cpu, Location errorLocation) {
  if ((triple.empty() || triple == "native") && (cpu.empty() || cpu == "native"))
    return host();
  initialiseTargets();
  Target target;
  target.triple =
      triple.empty() || triple == "native" ? llvm::sys::getDefaultTargetTriple() : llvm::Triple::normalize(triple);
  target.cpu = cpu == "native" ? "" : cpu.str();
  llvm::Triple parsed(target.triple);
  std::string message;
  const llvm::Target *known = llvm::TargetRegistry::lookupTarget(parsed, message);
  if (!known)
    return emitError(errorLocation) << "unknown target '" << triple << "': " << message, failure();
  if (parsed.isWasm()) {
    target.features = "+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint";
    target.positionIndependent = false;
  } else if (parsed.isNVPTX()) {
    target.cpu = cpu.empty() ? "sm_90a" : cpu.str();
    target.features = "+ptx83";
    target.vectorize = false;
    target.fma = true;
  } else if (parsed.isAArch64()) {
    target.features = "+neon";
    target.fma = true;
  }
  // Asked of the target's baseline: LLVM prints warnings about a cpu it does not know.
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(known->createMCSubtargetInfo(parsed, "", target.features));
  if (!subtarget || (!target.cpu.empty() && !subtarget->isCPUStringValid(target.cpu)))
    return emitError(errorLocation) << "unknown cpu '" << cpu << "' for target '" << triple << "'", failure();
  subtarget.reset(known->createMCSubtargetInfo(parsed, target.cpu, target.features));
  if (parsed.isX86()) {
    auto has = [&](StringRef feature) { return subtarget->checkFeatures(("+" + feature).str()); };
    target.maskedMemory = has("avx512f") && has("avx512bw") && has("avx512vl");
    target.vectorBits = target.maskedMemory ? 512 : has("avx2") ? 256 : 128;
    target.scalef = target.maskedMemory;
    target.fma = has("fma");
    if (target.maskedMemory)
      target.features = "-prefer-256-bit";
  }
  target.indexBits = parsed.isArch32Bit() ? 32 : 64;
  return target;
}

int64_t KernelInfo::evaluate(AffineMap map, ArrayRef<int64_t> dims) {
  return SizeExpr::of(map.getResult(0)).evaluate(dims);
}

SmallVector<KernelInfo> collectKernels(ModuleOp module) {
  SmallVector<KernelInfo> kernels;
  for (Operation &op : module.getBody()->getOperations()) {
    auto extent = op.getAttrOfType<AffineMapAttr>("tcc.extent");
    if (!extent)
      continue;
    KernelInfo info;
    info.name = SymbolTable::getSymbolName(&op).str();
    info.extent = extent.getValue();
    info.scratch = op.getAttrOfType<AffineMapAttr>("tcc.scratch").getValue();
    info.blockNanoseconds = op.getAttrOfType<FloatAttr>("tcc.cost").getValueAsDouble();
    info.hasFinish = SymbolTable::lookupSymbolIn(module, info.name + "_finish") != nullptr;
    kernels.push_back(std::move(info));
  }
  return kernels;
}

FailureOr<SmallVector<char, 0>> compileModule(ModuleOp module, const Target &target, OutputKind kind,
                                              CompileTimes *times) {
  if (failed(lowerToLLVMDialect(module, target, times)))
    return failure();
  Stopwatch watch;
  FailureOr<TranslatedModule> code = translateModule(module, target);
  if (failed(code))
    return failure();
  if (times)
    times->translation += watch.lap();
  auto bytes = generateCode(std::move(*code), target, kind, times);
  if (!bytes)
    return module.emitError(llvm::toString(bytes.takeError())), failure();
  return std::move(*bytes);
}

} // namespace tcc
