// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs from text, run on numbers; the op table as data.
#include "test/unit/OpPrograms.h"

#include "runtime/Elements.h"
#include "runtime/Tensors.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
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
  case TCC_F16:
    return visit(runtime::Half());
  case TCC_BF16:
    return visit(runtime::BFloat16());
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
      if constexpr (std::is_same_v<T, runtime::Half> || std::is_same_v<T, runtime::BFloat16>)
        result[i] = float(as<T>()[i]);
      else
        result[i] = as<T>()[i];
  });
  return result;
}

void Array::assign(const Values &values) {
  ASSERT_EQ(int64_t(values.size()), size());
  visitElements(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < size(); ++i)
      if constexpr (std::is_same_v<T, runtime::Half> || std::is_same_v<T, runtime::BFloat16>)
        as<T>()[i] = T(float(values[i].real()));
      else if constexpr (std::is_arithmetic_v<T>)
        as<T>()[i] = T(values[i].real());
      else
        as<T>()[i] = T(values[i]);
  });
}

void fill(Array &array, int seed) {
  int64_t bytes = runtime::elementSize(array.dtype);
  for (int64_t i = 0; i < array.size(); ++i) {
    int k = int((i * 7 + seed * 3) % 23) - 11;
    uint16_t half = uint16_t(0x3800 + ((i * 37 + seed) % 64) * 32 + (k < 0 ? 0x8000 : 0)); // 0.5 to 4, both signs
    uint16_t brain = uint16_t(0x3f00 + ((i * 37 + seed) % 64) * 4 + (k < 0 ? 0x8000 : 0)); // the same range
    switch (array.dtype) {
    case TCC_BOOL:
      array.as<uint8_t>()[i] = k & 1;
      break;
    case TCC_F16:
      array.as<uint16_t>()[i] = half;
      break;
    case TCC_BF16:
      array.as<uint16_t>()[i] = brain;
      break;
    case TCC_F32:
      array.as<float>()[i] = 0.37f * k;
      break;
    case TCC_F64:
      array.as<double>()[i] = 0.37 * k;
      break;
    case TCC_C64:
      array.as<std::complex<float>>()[i] = {0.37f * k, 0.21f * (k + seed)};
      break;
    case TCC_C128:
      array.as<std::complex<double>>()[i] = {0.37 * k, 0.21 * (k + seed)};
      break;
    default:
      std::memset(array.as<char>() + i * bytes, k < 0 ? -1 : 0, bytes);
      array.as<int8_t>()[i * bytes] = int8_t(k);
    }
  }
}

Values spread(int64_t count, int seed, double lo, double hi, bool isComplex) {
  Values values;
  for (int64_t k = 0; k < count; ++k) {
    double turn = 0.3 + 0.37 * seed + 0.6180339887498949 * k;
    values.push_back({lo + (hi - lo) * (turn - std::floor(turn)), isComplex ? 0.7 * std::sin(k + 1.0 + seed) : 0.0});
  }
  // Rounded, so that all precisions are asked about the same point.
  for (auto &value : values)
    value = std::complex<double>(std::complex<float>(value));
  return values;
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

mlir::OwningOpRef<mlir::ModuleOp> parseQuietly(const std::string &text) {
  mlir::ScopedDiagnosticHandler silent(&programContext(), [](mlir::Diagnostic &) { return mlir::success(); });
  return mlir::parseSourceString<mlir::ModuleOp>(text, &programContext());
}

std::shared_ptr<Program> compileEntry(mlir::ModuleOp module, const std::string &entry, bool reference) {
  ProgramOptions options;
  options.reference = reference;
  std::string text;
  llvm::raw_string_ostream(text) << module;
  auto program = compileProgram(module, entry, options);
  if (failed(program)) {
    ADD_FAILURE() << "does not compile: " << entry << "\n" << text;
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
