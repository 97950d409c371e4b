// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mlir-opt with tcc's passes and dialects, and the upstream ones our pipelines meet.

#include "dialect/Dialect.h"
#include "passes/Compile.h"
#include "passes/EmitLoops.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

int main(int argc, char **argv) {
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) { os << "tcc-opt 0.1.0 (MLIR " LLVM_VERSION_STRING ")\n"; });
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<tcc::TccDialect, tcc::plan::PlanDialect>();
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  tcc::registerTccPasses();
  tcc::registerPipelines();
  tcc::registerEmitLoopsPass();
  tcc::registerLowerKernelsToLLVMPass();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "tcc optimiser driver\n", registry));
}
