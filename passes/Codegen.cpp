// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Translation to LLVM IR, a short pipeline without the loop vectoriser, and object emission.

#include "passes/Codegen.h"
#include "passes/gpu/EmitEntries.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Scalar.h"

#include <mutex>

using namespace mlir;

namespace tcc {

FailureOr<TranslatedModule> translateModule(ModuleOp module, const Target &target) {
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  TranslatedModule result;
  result.context = std::make_unique<llvm::LLVMContext>();
  result.code = translateModuleToLLVMIR(module, *result.context, "tcc", /*disableVerification=*/true);
  if (!result.code)
    return module.emitError("cannot be translated to LLVM IR"), failure();
  if (target.isGpu())
    for (Operation &op : module.getBody()->getOperations())
      if (auto buffers = op.getAttrOfType<IntegerAttr>("tcc.num_buffers"))
        addGpuEntry(*result.code, SymbolTable::getSymbolName(&op), buffers.getInt(),
                    op.getAttrOfType<IntegerAttr>("tcc.num_sizes").getInt());
  for (llvm::Function &function : *result.code) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBits));
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
}

namespace {

llvm::AnalysisID idOf(llvm::Pass *pass) { return std::unique_ptr<llvm::Pass>(pass)->getPassID(); }

/// Hands passes on but for those of an id, which are not run.
class PassesWithout : public llvm::legacy::PassManagerBase {
public:
  PassesWithout(llvm::legacy::PassManagerBase &passes, llvm::AnalysisID unwanted)
      : passes(passes), unwanted(unwanted) {}
  void add(llvm::Pass *pass) override {
    if (pass->getPassID() == unwanted)
      delete pass;
    else
      passes.add(pass);
  }

private:
  llvm::legacy::PassManagerBase &passes;
  llvm::AnalysisID unwanted;
};

/// LLVM's machinery for one target and one thread at a time: creating it costs more than compiling a small kernel.
class Generator {
public:
  static llvm::Expected<std::unique_ptr<Generator>> create(const Target &target, Effort effort);
  llvm::Expected<SmallVector<char, 0>> run(llvm::Module &module, const Target &target, OutputKind kind,
                                           CompileTimes *times);

private:
  Generator(std::unique_ptr<llvm::TargetMachine> machine, Effort effort);

  std::unique_ptr<llvm::TargetMachine> machine;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager cgscc;
  llvm::ModuleAnalysisManager modules;
  llvm::ModulePassManager passes;
  Effort effort;
};

llvm::Expected<std::unique_ptr<Generator>> Generator::create(const Target &target, Effort effort) {
  initialiseTargets();
  llvm::Triple triple(target.triple);
  std::string message;
  const llvm::Target *known = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!known)
    return llvm::createStringError("no code generator for target '%s'", target.triple.c_str());
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  std::unique_ptr<llvm::TargetMachine> machine(
      known->createTargetMachine(triple, target.cpu, target.features, options,
                                 target.positionIndependent ? llvm::Reloc::PIC_ : llvm::Reloc::Static, std::nullopt,
                                 effort == Effort::little ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Less));
  return std::unique_ptr<Generator>(new Generator(std::move(machine), effort));
}

Generator::Generator(std::unique_ptr<llvm::TargetMachine> own, Effort effort)
    : machine(std::move(own)), effort(effort) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(machine.get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(cgscc);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, cgscc, modules);
  cantFail(builder.parsePassPipeline(
      passes, effort == Effort::little
                  ? "always-inline,globaldce,function(sroa,early-cse<memssa>,simplifycfg)"
                  : "always-inline,globaldce,function(sroa,early-cse<memssa>,instcombine<max-iterations=1;no-verify-"
                    "fixpoint>,simplifycfg,loop-simplify,lcssa,loop(loop-rotate),loop-mssa(licm),early-cse<memssa>,"
                    "instcombine<max-iterations=1;no-verify-fixpoint>,simplifycfg)"));
}

llvm::Expected<SmallVector<char, 0>> Generator::run(llvm::Module &module, const Target &target, OutputKind kind,
                                                    CompileTimes *times) {
  Stopwatch watch;
  auto lap = [&](double CompileTimes::*stage) {
    double seconds = watch.lap();
    if (times)
      times->*stage += seconds;
  };
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  passes.run(module, modules);
  loops.clear(), functions.clear(), cgscc.clear(), modules.clear();
  lap(&CompileTimes::optimisation);
  SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (kind == OutputKind::llvmIR) {
    module.print(stream, nullptr);
    return bytes;
  }
  llvm::legacy::PassManager emission;
  auto fileType = kind == OutputKind::object && !target.isGpu() ? llvm::CodeGenFileType::ObjectFile
                                                                : llvm::CodeGenFileType::AssemblyFile;
  // A third of code generation where many addresses are computed (a transposed tile), and no gain with x86's addresses.
  static const llvm::AnalysisID strengthReduction = idOf(llvm::createLoopStrengthReducePass());
  PassesWithout selected(emission, machine->getTargetTriple().isX86() ? strengthReduction : nullptr);
  if (machine->addPassesToEmitFile(selected, stream, nullptr, fileType))
    return llvm::createStringError("target '%s' cannot emit this kind of file", target.triple.c_str());
  emission.run(module);
  lap(&CompileTimes::codegen);
  return bytes;
}

/// Generators that no thread uses at the moment. Never destroyed: threads may compile while the process exits.
struct Idle {
  std::mutex mutex;
  llvm::StringMap<std::vector<std::unique_ptr<Generator>>> generators;
};
Idle &idle() {
  static Idle *instance = new Idle;
  return *instance;
}

} // namespace

llvm::Expected<SmallVector<char, 0>> generateCode(TranslatedModule module, const Target &target, OutputKind kind,
                                                  CompileTimes *times, Effort effort) {
  std::string key = target.triple + "|" + target.cpu + "|" + target.features +
                    (target.positionIndependent ? "|p" : "") + "|" + std::to_string(int(effort));
  std::unique_ptr<Generator> generator;
  {
    std::lock_guard lock(idle().mutex);
    auto &free = idle().generators[key];
    if (!free.empty()) {
      generator = std::move(free.back());
      free.pop_back();
    }
  }
  if (!generator) {
    auto created = Generator::create(target, effort);
    if (!created)
      return created.takeError();
    generator = std::move(*created);
  }
  auto bytes = generator->run(*module.code, target, kind, times);
  std::lock_guard lock(idle().mutex);
  idle().generators[key].push_back(std::move(generator));
  return bytes;
}

} // namespace tcc
