// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tcc-tblgen: mlir-tblgen's driver with our backends, each of which registers itself in a Gen*.cpp.
#include "mlir/Tools/mlir-tblgen/MlirTblgenMain.h"

int main(int argc, char **argv) { return mlir::MlirTblgenMain(argc, argv); }
