// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backend for the table of scalar kernels: for each elementwise op and element class, how one element is computed.
#include "Records.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace tcc {
namespace {

/// The five classes, in the order of passes/ScalarKernels.h.
constexpr StringLiteral classes[] = {"f", "c", "s", "u", "b"};

void emitKernel(const OpRecord &op, StringRef name, raw_ostream &os) {
  if (name.empty()) {
    os << "nullptr";
    return;
  }
  bool takesOp = name.consume_back("(op)");
  os << "[](Operation *op, OpBuilder &b, Location loc, ValueRange x) -> Value { return " << name
     << (name.ends_with("Op") ? "::create(b, loc" : "(b, loc") << (takesOp ? ", op" : "");
  for (int i = 0; i < op.op.getNumOperands(); ++i)
    os << ", x[" << i << "]";
  os << "); }";
}

bool emitKernels(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "TCC_KERNELS(op class, kernel of floats, complex numbers, signed, unsigned integers, bool)");
  for (const OpRecord &op : allOps(records)) {
    const Record *kernel = op.def->getValueAsDef("kernel");
    bool any = llvm::any_of(classes, [&](StringRef field) { return !kernel->getValueAsString(field).empty(); });
    if (op.isElementwise() && !any)
      PrintFatalError(op.def->getLoc(), op.className() + " is elementwise and has no kernel");
    if (!any)
      continue;
    os << "TCC_KERNELS(" << op.className();
    for (StringRef field : classes) {
      os << ",\n            (";
      emitKernel(op, kernel->getValueAsString(field), os);
      os << ")";
    }
    os << ")\n";
  }
  return false;
}

mlir::GenRegistration kernels("gen-kernels", "Table of scalar kernels", emitKernels);

} // namespace
} // namespace tcc
