// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
#include "Records.h"
using namespace llvm;
namespace tcc {
namespace {
bool emitAdjoints(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "adjoints");
  for (const OpRecord &op : allOps(records))
    os << "::llvm::LogicalResult tcc::" << op.className() << "::pullback(::tcc::AdjointBuilder &b) { return emitOpError(\"not yet\"); }\n";
  return false;
}
mlir::GenRegistration genAdjoints("gen-adjoints", "Adjoints", emitAdjoints);
} // namespace
} // namespace tcc
