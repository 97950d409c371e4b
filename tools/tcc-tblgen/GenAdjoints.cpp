// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backend that turns adjoint rules into `FooOp::pullback`. Every op must answer: a rule, "has none", or "written by
// hand"; what does not fit stops the build with the line of the record.
#include "Records.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace tcc {
namespace {

/// Translates one rule to the body of a pullback.
class RuleEmitter {
public:
  RuleEmitter(const OpRecord &op, const Record *rule, raw_ostream &os) : op(op), rule(rule), os(os) {}

  void emit() {
    const DagInit *dag = rule->getValueAsDag("rule");
    if (operatorName(dag) != "pullback")
      fail("expected (pullback ...), got (" + operatorName(dag) + " ...)");
    if (op.op.getNumResults() != 1)
      fail("rules are for ops with one result, " + op.className() + " has " + Twine(op.op.getNumResults()));
    collectOutputs(dag);
    os << "::llvm::LogicalResult " << op.className() << "::pullback(::tcc::AdjointBuilder &b) {\n";
    for (unsigned i = 0; i < dag->getNumArgs(); ++i)
      emitOutput(dag->getArgNameStr(i), dag->getArg(i));
    os << "  return ::mlir::success();\n}\n";
  }

private:
  [[noreturn]] void fail(const Twine &message) const {
    PrintFatalError(rule->getLoc(), "adjoint of " + op.className() + ": " + message);
  }

  static std::string operatorName(const DagInit *dag) { return dag->getOperator()->getAsString(); }

  /// `:$dx` -> the index of operand x.
  int operandOf(StringRef output) const {
    if (output.consume_front("d"))
      for (int i = 0; i < op.op.getNumOperands(); ++i)
        if (op.op.getOperand(i).name == output)
          return i;
    return -1;
  }

  void collectOutputs(const DagInit *dag) {
    for (unsigned i = 0; i < dag->getNumArgs(); ++i) {
      StringRef name = dag->getArgNameStr(i);
      if (name.empty())
        fail("expression " + Twine(i) + " has no name; write (...):$d<operand>");
      if (operandOf(name) < 0)
        fail("'$" + name + "' names no operand's cotangent");
      if (op.op.getOperand(operandOf(name)).isVariableLength())
        fail("'$" + name + "': operands of varying number need a CustomAdjoint");
      if (!outputs.insert({name, false}).second)
        fail("'$" + name + "' is produced twice");
      expressions[name] = dag->getArg(i);
    }
    for (int i = 0; i < op.op.getNumOperands(); ++i) {
      auto &operand = op.op.getOperand(i);
      if (!operand.isOptional() && !expressions.contains(("d" + operand.name).str()))
        fail("no expression for '$d" + operand.name + "'; write (zero):$d" + operand.name + " if it has no cotangent");
    }
  }

  /// Adds the outputs that `init` reads, directly or through others.
  void collectUses(const Init *init, StringRef name, StringSet<> &uses) const {
    if (auto *dag = dyn_cast<DagInit>(init)) {
      for (unsigned i = 0; i < dag->getNumArgs(); ++i)
        collectUses(dag->getArg(i), dag->getArgNameStr(i), uses);
      return;
    }
    auto found = expressions.find(name);
    if (found != expressions.end() && uses.insert(name).second)
      collectUses(found->second, "", uses);
  }

  void emitOutput(StringRef name, const Init *expression) {
    auto *dag = dyn_cast<DagInit>(expression);
    bool isZero = dag && operatorName(dag) == "zero";
    outputs[name] = true;
    if (isZero)
      return;
    os << "  ::mlir::Value " << name << ";\n  if (b.wants(" << operandOf(name) << ")";
    for (auto &[other, init] : expressions) {
      StringSet<> uses;
      collectUses(init, "", uses);
      if (other != name && uses.contains(name))
        os << " || b.wants(" << operandOf(other) << ")";
    }
    os << ") {\n";
    std::string value = dag ? emitExpression(dag) : reference(name, name == "" ? "" : variableName(expression, name));
    os << "    " << name << " = " << value << ";\n    b.accumulate(" << operandOf(name) << ", " << name << ");\n  }\n";
  }

  /// In `$dy:$da` TableGen keeps only one name for an argument, so an operand passed on is spelled (Same $dy).
  std::string variableName(const Init *, StringRef name) const {
    fail("'$" + name + "' has no expression; write (Same $...) to hand a value on");
  }

  /// The C++ spelling of `$name`.
  std::string reference(StringRef, StringRef name) const {
    for (int i = 0; i < op.op.getNumOperands(); ++i)
      if (op.op.getOperand(i).name == name)
        return (op.op.getGetterName(name) + "()");
    if (op.op.getResultName(0) == name)
      return op.op.getGetterName(name) + "()";
    if (name == ("d" + op.op.getResultName(0)).str())
      return "b.dy()";
    for (auto &attribute : op.op.getAttributes())
      if (attribute.name == name)
        return op.op.getGetterName(name) + "Attr()";
    auto output = outputs.find(name);
    if (output == outputs.end())
      fail("'$" + name + "' is no operand, result, attribute or cotangent");
    if (!output->second)
      fail("'$" + name + "' is used before it is produced");
    return name.str();
  }

  std::string emitArgument(const DagInit *dag, unsigned index) {
    const Init *argument = dag->getArg(index);
    if (auto *inner = dyn_cast<DagInit>(argument))
      return emitExpression(inner);
    if (auto *number = dyn_cast<IntInit>(argument))
      return "b.integer(" + std::to_string(number->getValue()) + ")";
    StringRef name = dag->getArgNameStr(index);
    if (!isa<UnsetInit>(argument) || name.empty())
      fail("unexpected argument " + argument->getAsString());
    return reference("", name);
  }

  std::string emitExpression(const DagInit *dag) {
    auto *of = dyn_cast<DefInit>(dag->getOperator());
    if (!of)
      fail("'" + operatorName(dag) + "' is no record");
    const Record *record = of->getDef();
    std::vector<std::string> arguments;
    std::string call;
    if (record->isSubClassOf("Splat")) {
      if (dag->getNumArgs() != 1)
        fail("Splat takes the value whose type it gets");
      call = "b.splat(" + emitArgument(dag, 0) + ", " + record->getValueAsString("value").str() + ")";
    } else if (record->isSubClassOf("Helper")) {
      for (unsigned i = 0; i < dag->getNumArgs(); ++i)
        arguments.push_back(emitArgument(dag, i));
      call = "adjoint::" + record->getValueAsString("name").str() + "(b, " + join(arguments, ", ") + ")";
    } else if (record->isSubClassOf("Tcc_Op")) {
      OpRecord inner(record);
      unsigned expected = inner.op.getNumArgs();
      for (auto &operand : inner.op.getOperands())
        expected -= operand.isOptional();
      if (dag->getNumArgs() != expected)
        fail(record->getName() + " takes " + Twine(expected) + " arguments, got " + Twine(dag->getNumArgs()));
      if (!inner.infers() || inner.op.getNumResults() != 1)
        fail(record->getName() + " has no single inferred result; use a Helper");
      for (unsigned i = 0; i < dag->getNumArgs(); ++i)
        arguments.push_back(emitArgument(dag, i));
      call = "b.create<" + record->getName().str() + ">(" + join(arguments, ", ") + ")";
    } else {
      fail("'" + record->getName() + "' is no op, Helper or Splat");
    }
    std::string name = "v" + std::to_string(counter++);
    os << "    auto " << name << " = " << call << ";\n";
    return name;
  }

  const OpRecord &op;
  const Record *rule;
  raw_ostream &os;
  StringMap<bool> outputs; // whether already produced
  MapVector<StringRef, const Init *> expressions;
  int counter = 0;
};

bool emitAdjoints(const RecordKeeper &records, raw_ostream &os) {
  emitHeader(os, "pullbacks from adjoint rules");
  os << "namespace tcc {\n";
  StringMap<const Record *> answers;
  for (StringRef kind : {"Adjoint", "NoAdjoint", "Undifferentiable", "CustomAdjoint"})
    for (const Record *rule : inOrder(records, kind)) {
      StringRef name = rule->getValueAsDef("op")->getName();
      auto [previous, isNew] = answers.try_emplace(name, rule);
      if (!isNew) {
        PrintError(rule->getLoc(), name + " has two adjoint rules");
        PrintFatalNote(previous->second, "the other one is here");
      }
    }
  bool missing = false;
  for (const OpRecord &op : allOps(records)) {
    const Record *rule = answers.lookup(op.className());
    if (!rule) {
      PrintError(op.def->getLoc(), op.className() + " has no adjoint rule: add a def of Adjoint, NoAdjoint, "
                                                    "Undifferentiable or CustomAdjoint");
      missing = true;
    } else if (rule->isSubClassOf("Adjoint")) {
      RuleEmitter(op, rule, os).emit();
    } else if (rule->isSubClassOf("NoAdjoint")) {
      os << "// " << rule->getValueAsString("reason") << "\n::llvm::LogicalResult " << op.className()
         << "::pullback(::tcc::AdjointBuilder &) { return ::mlir::success(); }\n";
    } else if (rule->isSubClassOf("Undifferentiable")) {
      os << "::llvm::LogicalResult " << op.className() << "::pullback(::tcc::AdjointBuilder &) {\n"
         << "  return emitOpError(\"cannot be differentiated: " << rule->getValueAsString("reason") << "\");\n}\n";
    }
  }
  os << "} // namespace tcc\n";
  return missing;
}

mlir::GenRegistration adjoints("gen-adjoints", "Pullbacks from adjoint rules", emitAdjoints);

} // namespace
} // namespace tcc
