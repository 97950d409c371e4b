// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every op that has a batching rule against a loop over slices, for every choice of operands that are stacks. Ops that
// the table alone does not say how to call have rows in GradCases.cpp, or below; without one they fail.
#include "test/unit/Coverage.h"
#include "test/unit/GradCases.h"
#include "test/unit/OpPrograms.h"

#include "dialect/Batching.h"
#include "runtime/Tensors.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cstring>

namespace tcc::test {
namespace {

constexpr int64_t numSlices = 3;

struct Check {
  std::string op, name;
  GradCase test;
  std::string element; ///< what $T stands for
};
void PrintTo(const Check &check, std::ostream *os) { *os << check.test.function; }

/// Calls of ops that have no gradient.
std::vector<GradCase> furtherCases() {
  std::vector<GradCase> cases = {
      {"check_index", call("check_index", {"5xi64"}, "bound = 4 : i64", {"5xi64"}), {{0, {3, -1, 0, 2, -4}}}, "f"},
      {"random_bits", call("random_bits", {"2xui32"}, "", {"3x5xui32"}), {{0, {7, 11}}}, "f"},
      {"lu_solve", call("lu_solve", {"3x3x$T", "3xi64", "3x2x$T"}, "adjoint = true", {"3x2x$T"}), {{1, {2, 0, 1}}}},
      {"positive_solve", call("positive_solve", {"3x3x$T", "3x2x$T"}, "", {"3x2x$T"})},
      {"extent", call("extent", {"2x3x$T"}, "axes = array<i64: 1>", {"i64"})},
      {"schur", call("schur", {"3x3x$T"}, "", {"3x3x$C", "3x3x$C"})},
      {"cast", call("cast", {"4x$T"}, "", {"4xi32"}), {}, "fc"},
  };
  for (std::string op : {"reduce_and", "reduce_or"})
    cases.push_back({op, call(op, {"2x3xi1"}, "axes = array<i64: 1>", {"2xi1"}), {{0, {1, 1, 0, 1, 1, 1}}}, "f"});
  for (std::string op : {"argmax", "argmin"})
    cases.push_back({op, call(op, {"3x4x$T"}, "axis = 0 : i64", {"4xi64"}), {}, "f"});
  cases.push_back({"argsort", call("argsort", {"3x4x$T"}, "axis = 1 : i64", {"3x4xi64"}), {}, "f"});
  // Shapes for which the stack's axis has to be moved: products with free axes on both sides and batch axes, indices
  // of rank 0 and 2, a vector on the left.
  std::string none = "lhs_batch = array<i64>, rhs_batch = array<i64>, ";
  cases.push_back(
      {"dot_general", call("dot_general", {"3x$T", "3x2x4x$T"},
                           none + "lhs_contract = array<i64: 0>, rhs_contract = array<i64: 0>", {"2x4x$T"})});
  cases.push_back({"dot_general", call("dot_general", {"4x3x$T", "3x$T"},
                                       none + "lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>", {"4x$T"})});
  cases.push_back({"dot_general", call("dot_general", {"2x$T", "3x$T"},
                                       none + "lhs_contract = array<i64>, rhs_contract = array<i64>", {"2x3x$T"})});
  cases.push_back({"dot_general", call("dot_general", {"2x3x$T", "2x3x$T"},
                                       "lhs_batch = array<i64: 0>, rhs_batch = array<i64: 0>, lhs_contract = "
                                       "array<i64: 1>, rhs_contract = array<i64: 1>",
                                       {"2x$T"})});
  cases.push_back({"gather", call("gather", {"4x3x$T", "i64"}, "axes = array<i64: 1>", {"4x$T"}), {{1, {2}}}});
  cases.push_back(
      {"scatter",
       call("scatter", {"2x4x$T", "2x3x2x$T", "2x3xi64"}, "axes = array<i64: 1>, combine = \"add\"", {"2x4x$T"}),
       {{2, {3, 0, 3, 1, 0, 2}}}});
  cases.push_back({"svd", call("svd", {"3x2x$T"}, "full = true", {"3x3x$T", "2x$R", "2x2x$T"})});
  return cases;
}

std::string typeText(const std::string &element) { return "tensor<2x3x" + element + ">"; }

/// One call of an elementwise op with operands of this element type; nothing if the op does not take it.
std::optional<GradCase> elementwiseCase(const OpRow &row, const std::string &element) {
  std::string result = inferredType(row.mnemonic, std::vector<std::string>(row.operands, typeText(element)));
  if (result.empty())
    return std::nullopt;
  return GradCase{row.mnemonic, call(row.mnemonic, std::vector<std::string>(row.operands, "2x3x" + element), "",
                                     {result.substr(7, result.size() - 8)})};
}

std::vector<Check> checks() {
  std::vector<Check> all;
  for (const OpRow &row : opTable()) {
    if (!row.batched)
      continue;
    std::vector<GradCase> cases = gradCases(row.mnemonic);
    for (const GradCase &test : furtherCases())
      if (test.name == row.mnemonic)
        cases.push_back(test);
    if (cases.empty() && row.isElementwise() && !row.hasAttributes) {
      // Doubles and complex numbers where the op takes them, integers and bool where it does not.
      bool isInexact = row.admits('f') || row.admits('c');
      for (auto [letter, element] : {std::pair{'f', "f64"}, {'c', "complex<f64>"}, {'s', "i64"}, {'b', "i1"}})
        if (row.admits(letter) && (!isInexact || letter == 'f' || letter == 'c'))
          if (auto test = elementwiseCase(row, element))
            all.push_back({row.mnemonic, std::string("of_") + letter, *test, element});
    }
    int number = 0;
    for (const GradCase &test : cases) {
      ++number;
      for (auto [letter, element] : {std::pair{'f', "f64"}, {'c', "complex<f64>"}})
        if (test.classes.find(letter) != std::string::npos)
          all.push_back({row.mnemonic, "case" + std::to_string(number) + "_of_" + letter, test, element});
    }
  }
  return all;
}

/// Some ops in all dtypes: the rules do not ask for the element type, but what they are made of must take it.
std::vector<Check> dtypeChecks() {
  std::vector<Check> all;
  for (std::string element :
       {"i1", "i8", "i16", "i32", "i64", "ui8", "ui32", "f16", "bf16", "f32", "f64", "complex<f32>", "complex<f64>"}) {
    std::string letters;
    for (char c : element)
      letters += std::isalnum(c) ? std::string(1, c) : "";
    auto add = [&](const std::string &op, const GradCase &test) { all.push_back({op, letters, test, element}); };
    bool isOrdered = element.find("complex") == std::string::npos, isNumber = element != "i1";
    add("add", {"add", call("add", {"2x3x$T", "2x3x$T"}, "", {"2x3x$T"})});
    add("select", {"select", call("select", {"5xi1", "5x$T", "5x$T"}, "", {"5x$T"}), {{0, {1, 0, 0, 1, 1}}}});
    add("pad",
        {"pad", call("pad", {"2x3x$T", "$T"},
                     "low = array<i64: 1, 0>, high = array<i64: 0, 2>, interior = array<i64: 1, 2>", {"4x9x$T"})});
    add("concatenate", {"concatenate", call("concatenate", {"2x3x$T", "2x1x$T"}, "axis = 1 : i64", {"2x4x$T"})});
    add("gather", {"gather", call("gather", {"4x3x$T", "2xi64"}, "axes = array<i64: 0>", {"2x3x$T"}), {{1, {3, 1}}}});
    add("scatter",
        {"scatter",
         call("scatter", {"4x2x$T", "3x2x$T", "3xi64"}, "axes = array<i64: 0>, combine = \"set\"", {"4x2x$T"}),
         {{2, {3, 0, 3}}}});
    if (isNumber) {
      add("reduce_sum", {"reduce_sum", call("reduce_sum", {"2x3x$T"}, "axes = array<i64: 1>", {"2x$T"})});
      add("cumsum", {"cumsum", call("cumsum", {"4x2x$T"}, "axis = 0 : i64, reverse = false", {"4x2x$T"})});
      add("dot_general", {"dot_general", call("dot_general", {"2x3x$T", "3x4x$T"},
                                              "lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = "
                                              "array<i64: 1>, rhs_contract = array<i64: 0>",
                                              {"2x4x$T"})});
      add("convolution",
          {"convolution", call("convolution", {"1x2x5x$T", "3x2x2x$T"},
                               "x_batch = array<i64>, w_batch = array<i64>, x_contract = array<i64: 1>, w_contract = "
                               "array<i64: 1>, x_window = array<i64: 2>, w_window = array<i64: 2>, strides = "
                               "array<i64: 2>, low = array<i64: 1>, high = array<i64: 0>, x_dilation = array<i64: 1>, "
                               "w_dilation = array<i64: 1>, flip = false, perm = array<i64: 0, 1, 2>",
                               {"1x3x3x$T"})});
    }
    if (isOrdered) {
      add("reduce_max", {"reduce_max", call("reduce_max", {"2x3x$T"}, "axes = array<i64: 0>", {"3x$T"})});
      add("sort", {"sort", call("sort", {"2x5x$T"}, "axis = 1 : i64", {"2x5x$T"})});
      add("window_max", {"window_max", call("window_max", {"2x5x$T"},
                                            "axes = array<i64: 1>, window = array<i64: 3>, strides = array<i64: 2>, "
                                            "low = array<i64: 1>, high = array<i64: 0>",
                                            {"2x2x$T", "2x2xi64"})});
      add("argmax", {"argmax", call("argmax", {"2x5x$T"}, "axis = 1 : i64", {"2xi64"})});
    }
  }
  return all;
}

using Masks = std::vector<std::vector<bool>>;

/// A @main of stacks of all arguments, then one slice of each, that gives for each choice the batched results and then
/// those of @f slice by slice. The choices are all but "none".
struct BatchProgram {
  std::shared_ptr<Program> program;
  Masks masks;
  std::vector<std::vector<bool>> isStacked; ///< for each choice, for each result
};

BatchProgram build(const std::string &function) {
  BatchProgram result;
  auto module = mlir::parseSourceString<mlir::ModuleOp>(function, &programContext());
  if (!module) {
    ADD_FAILURE() << "does not parse:\n" << function;
    return result;
  }
  auto f = module->lookupSymbol<mlir::func::FuncOp>("f");
  unsigned n = f.getNumArguments();
  mlir::SmallVector<mlir::Type> types;
  for (mlir::Type type : f.getArgumentTypes())
    types.push_back(tensorType(type).clone(prefixed(numSlices, tensorType(type).getShape())));
  llvm::append_range(types, f.getArgumentTypes());
  mlir::OpBuilder b = mlir::OpBuilder::atBlockEnd(module->getBody());
  auto main = mlir::func::FuncOp::create(b, f.getLoc(), "main", b.getFunctionType(types, {}));
  mlir::Block *body = main.addEntryBlock();
  mlir::SmallVector<mlir::Value> values;
  for (unsigned bits = 1; bits < 1u << n; ++bits) {
    llvm::SmallVector<bool> mask;
    for (unsigned k = 0; k < n; ++k)
      mask.push_back(bits >> k & 1);
    auto batched = buildBatched(f, numSlices, mask);
    if (failed(batched)) {
      ADD_FAILURE() << "cannot be batched:\n" << function;
      return result;
    }
    result.masks.emplace_back(mask.begin(), mask.end());
    result.isStacked.emplace_back(batched->isStacked.begin(), batched->isStacked.end());
    b.setInsertionPointToEnd(body);
    auto callWith = [&](mlir::func::FuncOp callee, auto argument) {
      mlir::SmallVector<mlir::Value> arguments;
      for (unsigned k = 0; k < n; ++k)
        arguments.push_back(argument(k));
      llvm::append_range(
          values, CallOp::create(b, f.getLoc(), callee.getResultTypes(), arguments, callee.getName()).getResults());
    };
    callWith(batched->function, [&](unsigned k) { return body->getArgument(mask[k] ? k : n + k); });
    for (int64_t slice = 0; slice < numSlices; ++slice)
      callWith(f, [&](unsigned k) -> mlir::Value {
        if (!mask[k])
          return body->getArgument(n + k);
        auto type = tensorType(types[k]);
        llvm::SmallVector<int64_t> starts(type.getRank()), limits(type.getShape()), strides(type.getRank(), 1);
        starts[0] = slice;
        limits[0] = slice + 1;
        mlir::Value row = SliceOp::create(b, f.getLoc(), body->getArgument(k), starts, limits, strides);
        return ReshapeOp::create(b, f.getLoc(), f.getArgumentTypes()[k], row, mlir::Value());
      });
  }
  mlir::func::ReturnOp::create(b, f.getLoc(), values);
  main.setFunctionType(b.getFunctionType(types, mlir::ValueRange(values).getTypes()));
  result.program = compileEntry(*module, "main", /*reference=*/false);
  return result;
}

std::string text(const Check &check) {
  bool isComplex = check.element.find("complex") != std::string::npos;
  std::string real = isComplex ? check.element.substr(8, 3) : check.element;
  return replaced(replaced(replaced(check.test.function, "$T", check.element), "$R", real), "$C",
                  "complex<" + real + ">");
}

/// Slice `slice` of what the case gives for an argument: other positions, and matrices that are as regular.
std::complex<double> givenValue(const std::vector<double> &given, size_t k, int64_t slice, bool isInexact,
                                double imaginary) {
  return isInexact ? std::complex<double>(given[k] * (1 + 0.1 * slice), imaginary) : given[(k + slice) % given.size()];
}

std::vector<Array> arguments(const Check &check, const BatchProgram &batch, double lo, double hi) {
  std::vector<Array> inputs;
  size_t n = batch.program->inputTypes().size() / 2;
  for (size_t i = 0; i < 2 * n; ++i) {
    const TensorType &type = batch.program->inputTypes()[i];
    Array array = Array::create(type.dtype, type.shape);
    bool isInexact = type.dtype >= TCC_F16, isComplex = type.dtype >= TCC_C64;
    auto given = check.test.values.find(int(i % n));
    if (given != check.test.values.end()) {
      Values values = spread(array.size(), int(i), lo, hi, isComplex);
      size_t count = given->second.size();
      for (size_t k = 0; k < values.size(); ++k)
        values[k] = givenValue(given->second, k % count, int64_t(k / count), isInexact,
                               values[k].imag() * check.test.imaginary);
      array.assign(values);
    } else if (isInexact && type.dtype != TCC_F16 && type.dtype != TCC_BF16) {
      array.assign(spread(array.size(), int(i), lo, hi, isComplex));
    } else {
      fill(array, int(i));
    }
    inputs.push_back(std::move(array));
  }
  return inputs;
}

/// Elements of [first, first + count) of a and all of b: the same bits, or numbers that differ by `roundings` of the
/// largest one. Summation may go in another order, and a product with one matrix is another BLAS call.
void expectSame(const Array &a, int64_t first, const Array &b, double roundings, const std::string &what) {
  ASSERT_EQ(a.dtype, b.dtype) << what;
  int64_t size = runtime::elementSize(a.dtype);
  if (std::memcmp(a.as<char>() + first * size, b.as<char>(), b.size() * size) == 0)
    return;
  ASSERT_GE(a.dtype, TCC_F16) << what << ": integers differ";
  ASSERT_GT(roundings, 0) << what << ": bits differ";
  ASSERT_TRUE(a.dtype >= TCC_F32) << what << ": bits differ";
  double eps = a.dtype == TCC_F32 || a.dtype == TCC_C64 ? 0x1p-24 : 0x1p-53, largest = 1e-300;
  Values x = a.values(), y = b.values();
  for (auto z : y)
    if (std::isfinite(std::abs(z)))
      largest = std::max(largest, std::abs(z));
  for (size_t k = 0; k < y.size(); ++k) {
    std::complex<double> u = x[first + k], v = y[k];
    bool alike = u == v || (std::isnan(std::abs(u)) && std::isnan(std::abs(v)));
    EXPECT_TRUE(alike || std::abs(u - v) <= roundings * eps * largest)
        << what << " at " << k << ": " << u << " and " << v << ", " << std::abs(u - v) / (eps * largest)
        << " roundings";
  }
}

/// By how many roundings the op on stacks may differ from the op on slices.
double roundingsOf(const std::string &op) {
  // BLAS, LAPACK and FFTW choose their kernels by shape; our own sums their blocks.
  for (const char *other : {"dot_general", "convolution", "solve", "lu_solve", "positive_solve", "triangular_solve",
                            "svd", "eigh", "eig", "schur"})
    if (op == other)
      return 16;
  for (const char *other : {"fft", "rfft", "irfft", "reduce_sum", "reduce_prod"})
    if (op == other)
      return 4;
  return 0;
}

class BatchCheck : public ::testing::TestWithParam<Check> {};

TEST_P(BatchCheck, IsALoop) {
  const Check &check = GetParam();
  const OpRow &row = *llvm::find_if(opTable(), [&](const OpRow &each) { return each.mnemonic == check.op; });
  covers(check.op, "vmap");
  BatchProgram batch = build(text(check));
  ASSERT_TRUE(batch.program);
  std::vector<Array> outputs = runProgram(*batch.program, arguments(check, batch, row.lo, row.hi));
  size_t numResults = batch.isStacked.front().size(), next = 0;
  ASSERT_EQ(outputs.size(), batch.masks.size() * numResults * (1 + numSlices));
  for (size_t choice = 0; choice < batch.masks.size(); ++choice) {
    std::string which = check.op + " with stacks of";
    for (size_t k = 0; k < batch.masks[choice].size(); ++k)
      which += batch.masks[choice][k] ? " " + std::to_string(k) : "";
    size_t whole = next;
    next += numResults;
    for (int64_t slice = 0; slice < numSlices; ++slice)
      for (size_t r = 0; r < numResults; ++r, ++next) {
        const Array &want = outputs[next];
        int64_t first = batch.isStacked[choice][r] ? slice * want.size() : 0;
        expectSame(outputs[whole + r], first, want, roundingsOf(check.op),
                   which + ", slice " + std::to_string(slice) + " of result " + std::to_string(r));
      }
  }
}

std::string nameOf(const ::testing::TestParamInfo<Check> &info) { return info.param.op + "_" + info.param.name; }
INSTANTIATE_TEST_SUITE_P(Ops, BatchCheck, ::testing::ValuesIn(checks()), nameOf);
INSTANTIATE_TEST_SUITE_P(Dtypes, BatchCheck, ::testing::ValuesIn(dtypeChecks()), nameOf);

TEST(BatchCheckTable, EveryOpWithARuleIsChecked) {
  std::vector<Check> all = checks();
  for (const OpRow &row : opTable())
    if (row.batched)
      EXPECT_TRUE(llvm::any_of(all, [&](const Check &check) { return check.op == row.mnemonic; }))
          << row.mnemonic << " has a batching rule and no case: give it one in GradCases.cpp or here";
}

} // namespace
} // namespace tcc::test
