// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backend for table-driven tests: one row for each op.
#include "Records.h"

#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace tcc {
namespace {

bool emitOpTable(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "TCC_OP(identifier, \"mnemonic\", \"kind\", operands, \"element classes\", differentiable, has "
                 "attributes, lo, hi, batched)");
  os << "// kind: elementwise, view, reduction, library or other; operands: -1 if their number varies;\n"
        "// element classes of the first operand: b bool, s signed, u unsigned, f float, c complex\n";
  StringSet<> without;
  for (StringRef kind : {"NoAdjoint", "Undifferentiable"})
    for (const Record *rule : inOrder(records, kind))
      without.insert(rule->getValueAsDef("op")->getName());
  for (const OpRecord &op : allOps(records)) {
    bool varies = op.op.getNumVariableLengthOperands() > 0;
    StringRef kind = op.isElementwise()                               ? "elementwise"
                     : op.has("::tcc::trait::View")                   ? "view"
                     : op.has("::tcc::trait::Reduction")              ? "reduction"
                     : op.has("::tcc::RuntimeCallOpInterface::Trait") ? "library"
                                                                      : "other";
    StringRef classes;
    if (op.op.getNumOperands() > 0)
      if (const RecordVal *letters = op.op.getOperand(0).constraint.getDef().getValue("classes"))
        classes = cast<StringInit>(letters->getValue())->getValue();
    const Record *domain = op.def->getValueAsDef("domain");
    os << "TCC_OP(" << op.mnemonic() << ", \"" << op.mnemonic() << "\", \"" << kind << "\", "
       << (varies ? -1 : op.op.getNumOperands()) << ", \"" << classes << "\", "
       << (without.contains(op.className()) ? "false" : "true") << ", "
       << (op.op.getNumAttributes() > 0 ? "true" : "false") << ", " << domain->getValueAsString("lo") << ", "
       << domain->getValueAsString("hi") << ", "
       << (!op.batching() || op.batching()->isSubClassOf("NoBatching") ? "false" : "true") << ")\n";
  }
  return false;
}

mlir::GenRegistration opTable("gen-op-table", "Rows of ops for tests", emitOpTable);

} // namespace
} // namespace tcc
