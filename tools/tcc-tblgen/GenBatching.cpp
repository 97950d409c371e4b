// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backend that turns batching rules into `FooOp::batch`. Every op must answer: as itself on stacks, "cannot", or
// "written by hand"; one that does not stops the build with the line of its record.
#include "Records.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace tcc {
namespace {

bool emitBatching(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "batching from rules");
  os << "namespace tcc {\n";
  bool failed = false;
  for (const OpRecord &op : allOps(records)) {
    auto error = [&](const Twine &message) {
      PrintError(op.def->getLoc(), op.className() + message);
      failed = true;
    };
    const Record *rule = op.batching();
    if (!rule) {
      error(" has no batching rule: let batching be Stacked, CustomBatching or NoBatching");
    } else if (rule->isSubClassOf("Stacked")) {
      std::vector<StringRef> axes = rule->getValueAsListOfStrings("axes");
      for (StringRef axis : axes)
        if (none_of(op.op.getAttributes(), [&](auto &attribute) { return attribute.name == axis; }))
          error(" has no attribute '" + axis + "' that its batching rule could move");
      os << "::llvm::LogicalResult " << op.className() << "::batch(::tcc::BatchBuilder &b) { return b.applyToStacks({";
      interleaveComma(axes, os, [&](StringRef axis) { os << '"' << axis << '"'; });
      os << "}); }\n";
    } else if (rule->isSubClassOf("NoBatching")) {
      os << "::llvm::LogicalResult " << op.className() << "::batch(::tcc::BatchBuilder &) {\n"
         << "  return emitOpError(\"cannot be batched: " << rule->getValueAsString("text") << "\");\n}\n";
    }
  }
  os << "} // namespace tcc\n";
  return failed;
}

mlir::GenRegistration batching("gen-batching", "Batching from rules", emitBatching);

} // namespace
} // namespace tcc
