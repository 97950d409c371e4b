// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
#include "Records.h"
using namespace llvm;
namespace tcc {
namespace {
bool emitDocs(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "op-docs");
  return false;
}
mlir::GenRegistration genDocs("gen-op-docs", "Docs", emitDocs);
} // namespace
} // namespace tcc
