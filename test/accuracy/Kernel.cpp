// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shortest way from the vector-math builders to host code: one function, MLIR's LLVM lowering, LLJIT.

#include "test/accuracy/Kernel.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <cstdlib>

using namespace mlir;

namespace tcc::accuracy {

struct Kernel::Code {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

[[noreturn]] static void fail(llvm::StringRef what) {
  llvm::errs() << "tcc-accuracy: " << what << "\n";
  std::exit(2);
}

static MLIRContext &context() {
  static MLIRContext *c = [] {
    DialectRegistry registry;
    registry.insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                    math::MathDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    auto *result = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    result->loadAllAvailableDialects();
    return result;
  }();
  return *c;
}

/// func @kernel(%x, %y, %out: !llvm.ptr, %n: i64) with the loop.
static OwningOpRef<ModuleOp> buildModule(const Build &build, bool isDouble, const VectorMathOptions &options) {
  OpBuilder b(&context());
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(b, loc);
  b.setInsertionPointToEnd(module->getBody());
  Type element = isDouble ? Type(b.getF64Type()) : Type(b.getF32Type());
  const int64_t lanes = isDouble ? 8 : 16;
  Type vector = VectorType::get({lanes}, element);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  auto f = func::FuncOp::create(b, loc, "kernel", b.getFunctionType({pointer, pointer, pointer, i64}, {}));
  b.setInsertionPointToEnd(f.addEntryBlock());
  Value zero = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(0));
  Value step = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(lanes));
  auto loop = scf::ForOp::create(b, loc, zero, f.getArgument(3), step);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    auto at = [&](unsigned argument) -> Value {
      return LLVM::GEPOp::create(b, loc, pointer, element, f.getArgument(argument),
                                 ArrayRef<LLVM::GEPArg>{LLVM::GEPArg(loop.getInductionVar())});
    };
    const unsigned alignment = isDouble ? 8 : 4;
    Value x = LLVM::LoadOp::create(b, loc, vector, at(0), alignment);
    Value y = LLVM::LoadOp::create(b, loc, vector, at(1), alignment);
    LLVM::StoreOp::create(b, loc, build(b, loc, x, y, options), at(2), alignment);
  }
  func::ReturnOp::create(b, loc);
  return module;
}

Kernel::Kernel(const Build &build, bool isDouble, const VectorMathOptions &options) : code(std::make_unique<Code>()) {
  static const bool initialised = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialised;
  OwningOpRef<ModuleOp> module = buildModule(build, isDouble, options);
  PassManager pm(&context());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  if (failed(pm.run(*module)))
    fail("lowering failed");

  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> llvmModule = translateModuleToLLVMIR(*module, *llvmContext);
  auto builder = llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  std::unique_ptr<llvm::TargetMachine> machine = llvm::cantFail(builder.createTargetMachine());
  llvmModule->setTargetTriple(machine->getTargetTriple());
  llvmModule->setDataLayout(machine->createDataLayout());

  llvm::LoopAnalysisManager lam;
  llvm::FunctionAnalysisManager fam;
  llvm::CGSCCAnalysisManager cam;
  llvm::ModuleAnalysisManager mam;
  llvm::PassBuilder passes(machine.get());
  passes.registerModuleAnalyses(mam);
  passes.registerCGSCCAnalyses(cam);
  passes.registerFunctionAnalyses(fam);
  passes.registerLoopAnalyses(lam);
  passes.crossRegisterProxies(lam, fam, cam, mam);
  llvm::ModulePassManager mpm;
  llvm::cantFail(passes.parsePassPipeline(mpm, "function(sroa,instcombine,early-cse,simplifycfg,loop-mssa(licm),gvn)"));
  mpm.run(*llvmModule, mam);

  if (const char *dump = std::getenv("TCC_ACCURACY_DUMP")) {
    std::error_code error;
    llvm::raw_fd_ostream stream(dump, error);
    llvmModule->print(stream, nullptr);
  }
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    fail("the host target emits no object files");
  codegen.run(*llvmModule);

  // A libm symbol would be resolved from this process; that the code needs none is the claim, so offer none.
  code->jit = llvm::cantFail(
      llvm::orc::LLJITBuilder()
          .setLinkProcessSymbolsByDefault(false)
          .setProcessSymbolsJITDylibSetup([](llvm::orc::LLJIT &jit) -> llvm::Expected<llvm::orc::JITDylibSP> {
            return &jit.getExecutionSession().createBareJITDylib("no process symbols");
          })
          .create());
  llvm::cantFail(code->jit->addObjectFile(std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object))));
  auto symbol = code->jit->lookup("kernel");
  if (!symbol)
    fail("the expansion calls a function: " + llvm::toString(symbol.takeError()));
  entry = symbol->toPtr<void (*)(const void *, const void *, void *, int64_t)>();
}

Kernel::~Kernel() = default;

} // namespace tcc::accuracy
