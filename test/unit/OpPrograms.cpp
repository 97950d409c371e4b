// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs from text, run on numbers; the op table as data.
#include "test/unit/OpPrograms.h"

#include "runtime/Tensors.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <numeric>

namespace tcc::test {

const std::vector<OpRow> &opTable() {
  static const std::vector<OpRow> rows = {
#define TCC_OP(identifier, mnemonic, kind, operands, classes, differentiable, attributes, lo, hi, batched)             \
  {mnemonic, kind, operands, classes, differentiable, attributes, lo, hi, batched},
#include "test/OpTable.inc"
#undef TCC_OP
  };
  return rows;
}

Array Array::create(int32_t dtype, std::vector<int64_t> shape) {
  Array array{dtype, std::move(shape), {}};
  array.data = runtime::Buffer::create(std::max<int64_t>(array.size(), 1) * runtime::elementSize(dtype));
  return array;
}

int64_t Array::size() const { return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>()); }

template <class F> static void visitElements(int32_t dtype, const F &visit) {
  switch (dtype) {
  case TCC_BOOL:
    return visit(uint8_t());
  case TCC_I8:
    return visit(int8_t());
  case TCC_I16:
    return visit(int16_t());
  case TCC_I32:
    return visit(int32_t());
  case TCC_I64:
    return visit(int64_t());
  case TCC_U8:
    return visit(uint8_t());
  case TCC_U32:
    return visit(uint32_t());
  case TCC_F32:
    return visit(float());
  case TCC_F64:
    return visit(double());
  case TCC_C64:
    return visit(std::complex<float>());
  case TCC_C128:
    return visit(std::complex<double>());
  default:
    FAIL() << "dtype " << dtype;
  }
}

Values Array::values() const {
  Values result(size());
  visitElements(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < size(); ++i)
      result[i] = as<T>()[i];
  });
  return result;
}

void Array::assign(const Values &values) {
  ASSERT_EQ(int64_t(values.size()), size());
  visitElements(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < size(); ++i)
      if constexpr (std::is_arithmetic_v<T>)
        as<T>()[i] = T(values[i].real());
      else
        as<T>()[i] = T(values[i]);
  });
}

mlir::MLIRContext &programContext() {
  static mlir::MLIRContext *context = [] {
    mlir::DialectRegistry registry;
    registerProgramDialects(registry);
    auto *made = new mlir::MLIRContext(registry);
    made->loadAllAvailableDialects();
    return made;
  }();
  return *context;
}

std::shared_ptr<Program> compileEntry(mlir::ModuleOp module, const std::string &entry, bool reference) {
  ProgramOptions options;
  options.reference = reference;
  auto program = compileProgram(module, entry, options);
  if (failed(program)) {
    ADD_FAILURE() << "does not compile: " << entry;
    return nullptr;
  }
  return *program;
}

std::shared_ptr<Program> compileText(const std::string &text, bool reference) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &programContext());
  if (!module) {
    ADD_FAILURE() << "does not parse:\n" << text;
    return nullptr;
  }
  return compileEntry(*module, "main", reference);
}

std::vector<Array> runProgram(const Program &program, const std::vector<Array> &inputs) {
  std::vector<int64_t> open;
  std::vector<const void *> from;
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(inputs[i].dtype, program.inputTypes()[i].dtype);
    for (size_t axis = 0; axis < inputs[i].shape.size(); ++axis)
      if (program.inputTypes()[i].shape[axis] < 0)
        open.push_back(inputs[i].shape[axis]);
    from.push_back(inputs[i].size() ? inputs[i].data.data() : nullptr);
  }
  std::vector<Array> results;
  std::vector<void *> to;
  for (auto [type, shape] : llvm::zip(program.outputTypes(), program.outputShapes(open))) {
    results.push_back(Array::create(type.dtype, shape));
    to.push_back(results.back().size() ? results.back().data.data() : nullptr);
  }
  TccStatus status{};
  EXPECT_EQ(program.run(from, to, status, open), TCC_OK) << status.message;
  return results;
}

std::string inferredType(const std::string &mnemonic, const std::vector<std::string> &operandTypes) {
  mlir::MLIRContext *context = &programContext();
  mlir::OpBuilder b(context);
  mlir::OwningOpRef<mlir::ModuleOp> module(mlir::ModuleOp::create(b.getUnknownLoc()));
  b.setInsertionPointToStart(module->getBody());
  mlir::OperationState state(b.getUnknownLoc(), "tcc." + mnemonic);
  for (const std::string &type : operandTypes) {
    auto input = InputOp::create(b, b.getUnknownLoc(), mlir::parseType(type, context));
    state.operands.push_back(input->getResult(0));
  }
  auto registered = mlir::RegisteredOperationName::lookup(state.name.getStringRef(), context);
  auto *inference = registered ? registered->getInterface<mlir::InferTypeOpInterface>() : nullptr;
  llvm::SmallVector<mlir::Type> types;
  if (!inference ||
      failed(inference->inferReturnTypes(context, state.location, state.operands,
                                         state.attributes.getDictionary(context), nullptr, {}, types)) ||
      types.size() != 1)
    return "";
  std::string text;
  llvm::raw_string_ostream(text) << types[0];
  return text;
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

} // namespace tcc::test
