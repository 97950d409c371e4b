// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Range functions to the LLVM dialect under the kernel ABI of docs/contracts.md. The ABI's function is the range
// function itself: memref arguments become descriptors built from the buffer table, so no wrapper has to be inlined.

#include "passes/Compile.h"
#include "passes/EmitLoops.h"
#include "passes/KernelPasses.h"
#include "passes/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ComplexToLLVM/ComplexToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/DLTI/DLTI.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace tcc {

void registerCompilerDialects(DialectRegistry &registry) {
  registry.insert<affine::AffineDialect, arith::ArithDialect, cf::ControlFlowDialect, complex::ComplexDialect,
                  DLTIDialect, func::FuncDialect, index::IndexDialect, linalg::LinalgDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect, ub::UBDialect, vector::VectorDialect>();
}

/// Replaces a range or finish function by an llvm.func with the kernel ABI whose memrefs come from the buffer table.
static void adoptKernelAbi(func::FuncOp function, LLVMTypeConverter &converter) {
  MLIRContext *context = function.getContext();
  OpBuilder b(function);
  Location loc = function.getLoc();
  unsigned numBuffers = cast<IntegerAttr>(function->getAttr("tcc.num_buffers")).getInt();
  unsigned numSizes = cast<IntegerAttr>(function->getAttr("tcc.num_sizes")).getInt();
  bool isRange = function.getNumArguments() == numBuffers + numSizes + 3;
  auto pointer = LLVM::LLVMPointerType::get(context);
  Type i64 = b.getI64Type(), indexType = converter.getIndexType();
  SmallVector<Type> inputs{pointer, pointer};
  if (isRange)
    inputs.append({i64, i64});
  inputs.push_back(pointer);
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), inputs);
  std::string name = function.getName().str();
  function.setName(name + ".body");
  auto kernel = LLVM::LLVMFuncOp::create(b, loc, name, type);
  for (StringRef key :
       {"tcc.kernel", "tcc.extent", "tcc.scratch", "tcc.cost", "tcc.num_buffers", "tcc.num_sizes", "tcc.result_shapes"})
    if (Attribute value = function->getAttr(key))
      kernel->setAttr(key, value);

  Block *abi = kernel.addEntryBlock(b);
  b.setInsertionPointToStart(abi);
  SmallVector<Value> values;
  auto toIndex = [&](Value value) -> Value {
    if (indexType != i64)
      value = LLVM::TruncOp::create(b, loc, indexType, value);
    return UnrealizedConversionCastOp::create(b, loc, b.getIndexType(), value).getResult(0);
  };
  auto toMemref = [&](Value data, Type memrefType) -> Value {
    auto descriptor = MemRefDescriptor::poison(b, loc, converter.convertType(memrefType));
    Value zero = LLVM::ConstantOp::create(b, loc, indexType, b.getIntegerAttr(indexType, 0));
    Value one = LLVM::ConstantOp::create(b, loc, indexType, b.getIntegerAttr(indexType, 1));
    descriptor.setAllocatedPtr(b, loc, data);
    descriptor.setAlignedPtr(b, loc, data);
    descriptor.setOffset(b, loc, zero);
    descriptor.setSize(b, loc, 0, zero); // never read: ranges know their own limits
    descriptor.setStride(b, loc, 0, one);
    return UnrealizedConversionCastOp::create(b, loc, memrefType, Value(descriptor)).getResult(0);
  };
  for (unsigned i = 0; i < numBuffers; ++i) {
    Value slot = LLVM::GEPOp::create(b, loc, pointer, pointer, abi->getArgument(0), ArrayRef<LLVM::GEPArg>{int32_t(i)});
    Value data = LLVM::LoadOp::create(b, loc, pointer, slot);
    values.push_back(toMemref(data, function.getArgumentTypes()[i]));
  }
  for (unsigned i = 0; i < numSizes; ++i) {
    Value slot = LLVM::GEPOp::create(b, loc, pointer, i64, abi->getArgument(1), ArrayRef<LLVM::GEPArg>{int32_t(i)});
    values.push_back(toIndex(LLVM::LoadOp::create(b, loc, i64, slot)));
  }
  if (isRange)
    values.append({toIndex(abi->getArgument(2)), toIndex(abi->getArgument(3))});
  values.push_back(toMemref(abi->getArguments().back(), function.getArgumentTypes().back()));

  Block &body = function.getBody().front();
  for (auto [argument, value] : llvm::zip(body.getArguments(), values))
    argument.replaceAllUsesWith(value);
  auto returnOp = cast<func::ReturnOp>(body.getTerminator());
  abi->getOperations().splice(abi->end(), body.getOperations());
  b.setInsertionPoint(returnOp);
  LLVM::ReturnOp::create(b, loc, ValueRange{});
  returnOp.erase();
  function.erase();
}

LogicalResult lowerToLLVMDialect(ModuleOp module, const Target &target, CompileTimes *times) {
  Stopwatch watch;
  auto lap = [&](double CompileTimes::*stage) {
    double seconds = watch.lap();
    if (times)
      times->*stage += seconds;
  };
  EmitLoopsOptions options{target.vectorBits, target.vectorize, target.maskedMemory};
  options.oneIteration = target.isGpu();
  options.split = !target.isGpu();
  options.nanMaximum = !StringRef(target.triple).starts_with("x86_64");
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (isLinalgKernel(function) && failed(emitKernelLoops(function, options)))
      return failure();
  lap(&CompileTimes::loops);

  MLIRContext *context = module.getContext();
  PassManager expansion(context);
  expansion.enableVerifier(false);
  ExpandMathOptions mathOptions;
  mathOptions.fma = target.fma;
  mathOptions.scalef = target.scalef;
  expansion.addPass(createExpandMath(mathOptions));
  if (failed(expansion.run(module)))
    return failure();
  lap(&CompileTimes::math);
  LowerToLLVMOptions llvmOptions(context);
  llvmOptions.overrideIndexBitwidth(target.indexBits);
  LLVMTypeConverter converter(context, llvmOptions);
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (function->hasAttr("tcc.num_buffers"))
      adoptKernelAbi(function, converter);
  Builder attributes(context);
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr("tcc.out_of_line")) {
      function->setAttr("passthrough", attributes.getStrArrayAttr({"cold", "noinline"}));
      function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(context, LLVM::Linkage::Internal));
    }
  {
    RewritePatternSet patterns(context);
    populateSCFToControlFlowConversionPatterns(patterns);
    ConversionTarget legal(*context);
    legal.addIllegalDialect<scf::SCFDialect>();
    legal.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(module, legal, std::move(patterns))))
      return failure();
  }
  RewritePatternSet patterns(context);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  populateComplexToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
  // LLVM first: libm has fma and roundeven too, but one lane at a time.
  populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false, /*benefit=*/2);
  populateMathToLibmConversionPatterns(patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  vector::populateVectorBroadcastLoweringPatterns(patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  LLVMConversionTarget legal(*context);
  legal.addLegalOp<ModuleOp>();
  // What has a body by now and is not called by kernels is an entry, planned or not, which stays what it is.
  legal.addDynamicallyLegalOp<func::FuncOp>(
      [](func::FuncOp function) { return !function.isExternal() && !function->hasAttr("tcc.out_of_line"); });
  legal.markOpRecursivelyLegal<func::FuncOp>();
  if (failed(applyFullConversion(module, legal, std::move(patterns))))
    return failure();
  SmallVector<UnrealizedConversionCastOp> casts;
  module.walk([&](UnrealizedConversionCastOp cast) { casts.push_back(cast); });
  reconcileUnrealizedCasts(casts);
  lap(&CompileTimes::lowering);
  return success();
}

namespace {
struct LowerKernelsToLLVMPass : PassWrapper<LowerKernelsToLLVMPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerKernelsToLLVMPass)
  StringRef getArgument() const final { return "tcc-lower-kernels-to-llvm"; }
  StringRef getDescription() const final { return "Lower kernels to the LLVM dialect under the kernel ABI"; }
  void getDependentDialects(DialectRegistry &registry) const final { registerCompilerDialects(registry); }
  void runOnOperation() final {
    if (failed(lowerToLLVMDialect(getOperation(), Target::host())))
      signalPassFailure();
  }
};
} // namespace
void registerLowerKernelsToLLVMPass() { PassRegistration<LowerKernelsToLLVMPass>(); }

} // namespace tcc
