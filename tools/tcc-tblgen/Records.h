// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The op records as the backends see them: in source order, with the facts of dialect/Base.td.
#pragma once

#include "mlir/TableGen/Attribute.h"
#include "mlir/TableGen/GenInfo.h"
#include "mlir/TableGen/Operator.h"
#include "llvm/TableGen/Error.h"
#include "llvm/TableGen/Record.h"

#include <vector>

namespace tcc {

class OpRecord {
public:
  explicit OpRecord(const llvm::Record *def) : def(def), op(def) {}

  /// "SinOp"
  llvm::StringRef className() const { return def->getName(); }
  /// "sin"
  llvm::StringRef mnemonic() const { return def->getValueAsString("opName"); }
  llvm::StringRef summary() const { return def->getValueAsString("summary").trim(); }
  llvm::StringRef promote() const { return def->getValueAsDef("promote")->getValueAsString("how"); }
  /// The batching rule; null if the record has none.
  const llvm::Record *batching() const {
    return def->isValueUnset("batching") ? nullptr : def->getValueAsDef("batching");
  }
  bool has(llvm::StringRef trait) const { return op.getTrait(trait) != nullptr; }
  bool isElementwise() const { return has("::tcc::trait::Elementwise"); }
  bool isVariadic() const { return op.isVariadic(); }
  /// Whether the op's result types follow from its operands and attributes.
  bool infers() const { return op.allResultTypesKnown() || has("::mlir::InferTypeOpInterface::Trait"); }

  const llvm::Record *def;
  mlir::tblgen::Operator op;
};

/// All ops, in the order of their definition.
std::vector<OpRecord> allOps(const llvm::RecordKeeper &records);
/// Records of one class in the order of their definition.
std::vector<const llvm::Record *> inOrder(const llvm::RecordKeeper &records, llvm::StringRef className);
/// The first lines of a generated file.
void emitHeader(llvm::raw_ostream &os, llvm::StringRef what);

} // namespace tcc
