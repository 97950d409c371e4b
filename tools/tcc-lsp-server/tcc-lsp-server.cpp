// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Editor support for .mlir files with the tcc dialect: MLIR's language server with our dialect and upstream's.
#include "dialect/Dialect.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/raw_ostream.h"

#include <string_view>

int main(int argc, char **argv) {
  for (int k = 1; k < argc; ++k)
    if (std::string_view(argv[k]) == "--version") {
      llvm::outs() << "tcc-lsp-server " TCC_VERSION "\n";
      return 0;
    }
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<tcc::TccDialect>();
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry)) ? 1 : 0;
}
