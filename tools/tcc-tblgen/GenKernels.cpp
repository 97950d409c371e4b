// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
#include "Records.h"
using namespace llvm;
namespace tcc {
namespace {
bool emitKernels(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "kernels");
  return false;
}
mlir::GenRegistration genKernels("gen-kernels", "Kernels", emitKernels);
} // namespace
} // namespace tcc
