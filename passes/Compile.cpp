// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The driver of LLVM: targets, translation, a short pipeline without the loop vectoriser, object emission.

#include "passes/Compile.h"
#include "passes/gpu/EmitEntries.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include "llvm/Support/MathExtras.h"

#include <chrono>
#include <functional>
#include <mutex>

using namespace mlir;

namespace tcc {

static void initialiseTargets() {
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
    target.fma = has("fma");
    if (target.maskedMemory)
      target.features = "-prefer-256-bit";
  }
  target.indexBits = parsed.isArch32Bit() ? 32 : 64;
  return target;
}

int64_t KernelInfo::evaluate(AffineMap map, ArrayRef<int64_t> dims) {
  // Products and quotients of symbols are semi-affine, which the constant folder does not take apart.
  std::function<int64_t(AffineExpr)> value = [&](AffineExpr expr) -> int64_t {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return constant.getValue();
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      return dims[symbol.getPosition()];
    auto binary = cast<AffineBinaryOpExpr>(expr);
    int64_t left = value(binary.getLHS()), right = value(binary.getRHS());
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return left + right;
    case AffineExprKind::Mul:
      return left * right;
    case AffineExprKind::CeilDiv:
      return right == 0 ? 0 : llvm::divideCeilSigned(left, right);
    case AffineExprKind::FloorDiv:
      return right == 0 ? 0 : llvm::divideFloorSigned(left, right);
    case AffineExprKind::Mod:
      return right == 0 ? 0 : llvm::mod(left, right);
    default:
      llvm_unreachable("all binary affine expressions are handled");
    }
  };
  return value(map.getResult(0));
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

/// LLVM's machinery for one target, kept by each thread: creating it costs more than a small kernel.
static llvm::TargetMachine *machineFor(const Target &target) {
  thread_local llvm::StringMap<std::unique_ptr<llvm::TargetMachine>> machines;
  std::string key = target.triple + "|" + target.cpu + "|" + target.features + (target.positionIndependent ? "|p" : "");
  std::unique_ptr<llvm::TargetMachine> &machine = machines[key];
  if (machine)
    return machine.get();
  initialiseTargets();
  llvm::Triple triple(target.triple);
  std::string message;
  const llvm::Target *known = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!known)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  machine.reset(known->createTargetMachine(triple, target.cpu, target.features, options,
                                           target.positionIndependent ? llvm::Reloc::PIC_ : llvm::Reloc::Static,
                                           std::nullopt, llvm::CodeGenOptLevel::Less));
  return machine.get();
}

static void optimise(llvm::Module &module, llvm::TargetMachine *machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager cgscc;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(cgscc);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, cgscc, modules);
  llvm::ModulePassManager passes;
  cantFail(builder.parsePassPipeline(passes, "always-inline,globaldce,function(sroa,early-cse<memssa>,instcombine<max-"
                                             "iterations=1;no-verify-fixpoint>,simplifycfg,"
                                             "loop-simplify,lcssa,loop(loop-rotate),loop-mssa(licm),early-cse<memssa>,"
                                             "instcombine<max-iterations=1;no-verify-fixpoint>,simplifycfg)"));
  passes.run(module, modules);
}

FailureOr<SmallVector<char, 0>> compileModule(ModuleOp module, const Target &target, OutputKind kind,
                                              CompileTimes *times) {
  if (failed(lowerToLLVMDialect(module, target, times)))
    return failure();
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  auto lap = [&](double CompileTimes::*stage) {
    auto now = Clock::now();
    if (times)
      times->*stage += std::chrono::duration<double>(now - start).count();
    start = now;
  };
  static std::mutex registration;
  {
    std::lock_guard<std::mutex> lock(registration);
    registerBuiltinDialectTranslation(*module.getContext());
    registerLLVMDialectTranslation(*module.getContext());
  }
  llvm::TargetMachine *machine = machineFor(target);
  if (!machine)
    return module.emitError("no code generator for target '") << target.triple << "'", failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "tcc", /*disableVerification=*/true);
  if (!code)
    return module.emitError("cannot be translated to LLVM IR"), failure();
  if (target.isGpu())
    for (Operation &op : module.getBody()->getOperations())
      if (auto buffers = op.getAttrOfType<IntegerAttr>("tcc.num_buffers"))
        addGpuEntry(*code, SymbolTable::getSymbolName(&op), buffers.getInt(),
                    op.getAttrOfType<IntegerAttr>("tcc.num_sizes").getInt());
  code->setTargetTriple(machine->getTargetTriple());
  code->setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : *code) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBits));
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  lap(&CompileTimes::translation);
  optimise(*code, machine);
  lap(&CompileTimes::optimisation);

  SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (kind == OutputKind::llvmIR) {
    code->print(stream, nullptr);
    return bytes;
  }
  llvm::legacy::PassManager emission;
  auto fileType = kind == OutputKind::object && !target.isGpu() ? llvm::CodeGenFileType::ObjectFile
                                                                : llvm::CodeGenFileType::AssemblyFile;
  if (machine->addPassesToEmitFile(emission, stream, nullptr, fileType))
    return module.emitError("target '") << target.triple << "' cannot emit this kind of file", failure();
  emission.run(*code);
  lap(&CompileTimes::codegen);
  return bytes;
}

} // namespace tcc
