// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backends for the frontend: op identities, functions that append one op, and the DSL functions of elementwise ops.
#include "Records.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using mlir::tblgen::NamedAttribute;
using mlir::tblgen::NamedTypeConstraint;

namespace tcc {
namespace {

/// Ops that the frontend builds in its own way: constants, graph leaves and calls.
bool hasBuilder(const OpRecord &op) {
  return op.op.getNumVariableLengthResults() == 0 && op.mnemonic() != "constant" && op.mnemonic() != "input";
}

StringRef cppType(const OpRecord &op, const NamedAttribute &attribute) {
  StringRef type = StringSwitch<StringRef>(attribute.attr.getAttrDefName())
                       .Case("I64Attr", "int64_t ")
                       .Case("BoolAttr", "bool ")
                       .Case("F64Attr", "double ")
                       .Case("DenseI64ArrayAttr", "const std::vector<int64_t> &")
                       .Case("StrAttr", "const std::string &")
                       .Default("");
  if (type.empty())
    PrintFatalError(op.def->getLoc(), "attribute '" + attribute.name + "' has no C++ type in the frontend");
  return type;
}

std::string returnType(const OpRecord &op) {
  int count = op.op.getNumResults();
  return count == 1 ? "Tensor" : "std::array<Tensor, " + std::to_string(count) + ">";
}

/// Operands, attributes, (dtype, shape,) where(, optional operands).
void emitSignature(const OpRecord &op, raw_ostream &os, bool declaration) {
  os << returnType(op) << " " << op.mnemonic() << "(";
  for (const NamedTypeConstraint &operand : op.op.getOperands())
    if (operand.isVariadic())
      os << "const std::vector<Tensor> &" << operand.name << ", ";
    else if (!operand.isOptional())
      os << "const Tensor &" << operand.name << ", ";
  for (const NamedAttribute &attribute : op.op.getAttributes())
    os << cppType(op, attribute) << attribute.name << ", ";
  if (!op.infers())
    os << "Dtype dtype, const Shape &shape, ";
  os << "Loc where";
  for (const NamedTypeConstraint &operand : op.op.getOperands())
    if (operand.isOptional())
      os << ", const Tensor *" << operand.name << (declaration ? " = nullptr" : "");
  os << ")";
}

bool emitOpIds(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "TCC_OP_ID(identifier, name in the dialect)");
  for (const OpRecord &op : allOps(records))
    os << "TCC_OP_ID(" << op.mnemonic() << ", \"tcc." << op.mnemonic() << "\")\n";
  return false;
}

bool emitBuilderDecls(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "one function for each op, which appends it to the graph");
  os << "namespace tcc::ops {\n";
  for (const OpRecord &op : allOps(records)) {
    if (!hasBuilder(op))
      continue;
    os << "/// " << op.summary() << ".\n";
    emitSignature(op, os, /*declaration=*/true);
    os << ";\n";
  }
  os << "} // namespace tcc::ops\n";
  return false;
}

void emitBuilderDef(const OpRecord &op, raw_ostream &os) {
  emitSignature(op, os, /*declaration=*/false);
  os << " {\n";
  bool fixed = llvm::none_of(op.op.getOperands(), [](auto &operand) { return operand.isVariableLength(); });
  if (fixed) {
    os << "  const Tensor *const operands[] = {";
    llvm::interleaveComma(op.op.getOperands(), os, [&](auto &operand) { os << '&' << operand.name; });
    os << "};\n";
  } else {
    os << "  std::vector<const Tensor *> operands;\n";
    for (const NamedTypeConstraint &operand : op.op.getOperands())
      if (operand.isVariadic())
        os << "  for (const Tensor &operand : " << operand.name << ")\n    operands.push_back(&operand);\n";
      else if (operand.isOptional())
        os << "  if (" << operand.name << ")\n    operands.push_back(" << operand.name << ");\n";
      else
        os << "  operands.push_back(&" << operand.name << ");\n";
  }
  if (op.op.getNumAttributes() > 0) {
    os << "  const Attr attributes[] = {";
    llvm::interleaveComma(op.op.getAttributes(), os, [&](const NamedAttribute &attribute) {
      os << "{\"" << attribute.name << "\", " << attribute.name << "}";
    });
    os << "};\n";
  }
  if (!op.infers())
    os << "  const ResultType types[] = {{dtype, shape}};\n";
  os << "  std::array<Tensor, " << op.op.getNumResults() << "> results;\n"
     << "  emit(OpId::" << op.mnemonic() << ", operands, " << (op.op.getNumAttributes() > 0 ? "attributes" : "{}")
     << ", " << (op.infers() ? "{}" : "types") << ", where, results);\n"
     << "  return " << (op.op.getNumResults() == 1 ? "std::move(results[0])" : "results") << ";\n}\n";
}

bool emitBuilderDefs(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "bodies of the functions in frontend/OpBuilders.h.inc");
  os << "namespace tcc::ops {\n";
  for (const OpRecord &op : allOps(records))
    if (hasBuilder(op))
      emitBuilderDef(op, os);
  os << "} // namespace tcc::ops\n";
  return false;
}

void emitFunctionSignature(const OpRecord &op, raw_ostream &os) {
  os << "Tensor " << op.mnemonic() << "(";
  for (const NamedTypeConstraint &operand : op.op.getOperands())
    os << "const Tensor &" << operand.name << ", ";
  os << "Loc where";
}

bool emitDslDecls(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "the DSL's elementwise functions");
  os << "#include \"tcc/Tensor.h\"\n\nnamespace tcc {\n";
  for (const OpRecord &op : allOps(records)) {
    if (op.promote() == "none")
      continue;
    os << "/// " << op.summary() << ".\nTCC_API ";
    emitFunctionSignature(op, os);
    os << " = Loc::current());\n";
  }
  os << "} // namespace tcc\n";
  return false;
}

bool emitDslDefs(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "bodies of the functions in tcc/Elementwise.h.inc");
  os << "namespace tcc {\n";
  for (const OpRecord &op : allOps(records)) {
    StringRef how = op.promote(), name = op.mnemonic();
    if (how == "none")
      continue;
    emitFunctionSignature(op, os);
    os << ") {\n";
    StringRef promotion = how == "inexact" || how == "parts" ? "Promote::inexact" : "Promote::keep";
    // Arguments that fit already are handed on without counting references.
    if (op.op.getNumOperands() == 2) {
      if (how != "parts")
        os << "  if (arePromoted(" << op.op.getArgName(0) << ", " << op.op.getArgName(1) << ", " << promotion
           << "))\n    return ops::" << name << "(" << op.op.getArgName(0) << ", " << op.op.getArgName(1)
           << ", where);\n";
      os << "  auto [x, y] = promoteBinary(" << op.op.getArgName(0) << ", " << op.op.getArgName(1) << ", " << promotion
         << ", \"" << name << "\", where);\n";
      if (how == "parts")
        os << "  expectReal(x, \"" << name
           << "\", where);\n  Dtype part = real_dtype(complex_dtype(x.dtype()));\n  x = asDtype(x, part, where);\n"
              "  y = asDtype(y, part, where);\n";
      os << "  return ops::" << name << "(x, y, where);\n}\n";
      continue;
    }
    if (how == "keepExact")
      os << "  if (!is_inexact(x.dtype()))\n    return x;\n";
    if (how == "keepReal")
      os << "  if (!is_complex(x.dtype()))\n    return x;\n";
    if (how == "zeroReal")
      os << "  if (!is_complex(x.dtype()))\n    return zeros_like(x, {}, where);\n";
    os << "  if (isPromoted(x, " << promotion << "))\n    return ops::" << name << "(x, where);\n";
    os << "  return ops::" << name << "(promoteUnary(x, " << promotion << ", \"" << name << "\", where), where);\n}\n";
  }
  os << "} // namespace tcc\n";
  return false;
}

mlir::GenRegistration opIds("gen-op-ids", "Identities of ops", emitOpIds);
mlir::GenRegistration builderDecls("gen-builders-decls", "Functions that append one op", emitBuilderDecls);
mlir::GenRegistration builderDefs("gen-builders-defs", "Bodies of functions that append one op", emitBuilderDefs);
mlir::GenRegistration dslDecls("gen-dsl-decls", "DSL functions of elementwise ops", emitDslDecls);
mlir::GenRegistration dslDefs("gen-dsl-defs", "Bodies of DSL functions of elementwise ops", emitDslDefs);

} // namespace
} // namespace tcc
