// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every differentiable op of the table against central differences, once and twice, and its forward mode against its
// reverse mode. An op that the table alone does not say how to call has a row in GradCases.cpp; without one it fails.
#include "test/unit/Coverage.h"
#include "test/unit/GradCases.h"
#include "test/unit/OpPrograms.h"

#include "dialect/Autodiff.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace tcc::test {
namespace {

struct Check {
  std::string op;
  GradCase test;
  bool isComplex;
};

std::string text(const Check &check, bool isDouble) {
  std::string real = isDouble ? "f64" : "f32", complex = "complex<" + real + ">";
  return replaced(replaced(replaced(check.test.function, "$T", check.isComplex ? complex : real), "$R", real), "$C",
                  complex);
}

/// One call of an op that is elementwise, with as many operands as it takes, each of five elements.
GradCase elementwiseCase(const OpRow &row, bool isComplex) {
  std::string element = isComplex ? "complex<f64>" : "f64", type = "tensor<5x" + element + ">";
  std::string result = inferredType(row.mnemonic, std::vector<std::string>(row.operands, type));
  EXPECT_FALSE(result.empty()) << row.mnemonic << " does not infer its type; give it a row in GradCases.cpp";
  std::string generic = replaced(replaced(result, "complex<f64>", "$C"), "f64", "$R");
  return {row.mnemonic, call(row.mnemonic, std::vector<std::string>(row.operands, "5x$T"), "",
                             {generic.substr(7, generic.size() - 8)})};
}

std::vector<Check> checks() {
  std::vector<Check> all;
  for (const OpRow &row : opTable()) {
    if (!row.differentiable)
      continue;
    std::vector<GradCase> cases = gradCases(row.mnemonic);
    bool plain = cases.empty() && row.isElementwise() && !row.hasAttributes;
    for (bool isComplex : {false, true}) {
      if (plain && row.admits(isComplex ? 'c' : 'f'))
        all.push_back({row.mnemonic, elementwiseCase(row, isComplex), isComplex});
      for (const GradCase &test : cases)
        if (test.classes.find(isComplex ? 'c' : 'f') != std::string::npos)
          all.push_back({row.mnemonic, test, isComplex});
    }
  }
  return all;
}

/// @f, its adjoint, the adjoint of that, and a @main that calls all three on the same arguments.
struct Programs {
  std::shared_ptr<Program> program;
  size_t results = 0, first = 0; ///< numbers of results of @f and of @f_vjp
  std::vector<bool> isVaried;    ///< for each argument of @f
};

std::vector<int64_t> inexactArguments(mlir::func::FuncOp f) {
  std::vector<int64_t> wrt;
  for (auto [index, type] : llvm::enumerate(f.getArgumentTypes()))
    if (llvm::isa<mlir::FloatType, mlir::ComplexType>(mlir::getElementTypeOrSelf(type)))
      wrt.push_back(index);
  return wrt;
}

Programs build(const std::string &function) {
  Programs programs;
  auto module = mlir::parseSourceString<mlir::ModuleOp>(function, &programContext());
  if (!module) {
    ADD_FAILURE() << "does not parse:\n" << function;
    return programs;
  }
  auto f = module->lookupSymbol<mlir::func::FuncOp>("f");
  auto vjp = buildVjp(f, inexactArguments(f));
  auto second = succeeded(vjp) ? buildVjp(*vjp, inexactArguments(*vjp)) : vjp;
  if (failed(second)) {
    ADD_FAILURE() << "cannot be differentiated:\n" << function;
    return programs;
  }
  mlir::OpBuilder b = mlir::OpBuilder::atBlockEnd(module->getBody());
  mlir::SmallVector<mlir::Type> results;
  for (mlir::func::FuncOp each : {f, *vjp, *second})
    llvm::append_range(results, each.getResultTypes());
  auto main =
      mlir::func::FuncOp::create(b, f.getLoc(), "main", b.getFunctionType((*second).getArgumentTypes(), results));
  b.setInsertionPointToStart(main.addEntryBlock());
  mlir::SmallVector<mlir::Value> values;
  for (mlir::func::FuncOp each : {f, *vjp, *second})
    llvm::append_range(values, CallOp::create(b, f.getLoc(), each.getResultTypes(),
                                              main.getArguments().take_front(each.getNumArguments()), each.getName())
                                   .getResults());
  mlir::func::ReturnOp::create(b, f.getLoc(), values);
  programs.results = f.getNumResults();
  programs.first = (*vjp).getNumResults();
  programs.isVaried.assign(f.getNumArguments(), false);
  for (int64_t k : inexactArguments(f))
    programs.isVaried[k] = true;
  programs.program = compileEntry(*module, "main", /*reference=*/false);
  return programs;
}

bool isInexact(int32_t dtype) { return dtype >= TCC_F16; }
bool isComplex(int32_t dtype) { return dtype >= TCC_C64; }

/// Re <a, b>, the inner product that cotangents are stated in.
double inner(const Values &a, const Values &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += (std::conj(a[i]) * b[i]).real();
  return sum;
}
double inner(const std::vector<Values> &a, const std::vector<Values> &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += inner(a[i], b[i]);
  return sum;
}
double norm(const std::vector<Values> &a) { return std::sqrt(inner(a, a)); }

/// The values of one evaluation of @main, sorted by what they are.
struct Evaluation {
  std::vector<Values> y, gradient, second, tangent; ///< integer results are left out of y
};

class Evaluator {
public:
  Evaluator(const Check &check, const OpRow &row, bool isDouble) : programs(build(text(check, isDouble))) {
    if (!programs.program)
      return;
    int seed = 0;
    for (const TensorType &type : programs.program->inputTypes()) {
      inputs.push_back(Array::create(type.dtype, type.shape));
      size_t index = inputs.size() - 1;
      bool isPoint = index < programs.isVaried.size();
      auto given = check.test.values.find(int(index));
      Values values =
          spread(inputs.back().size(), seed++, isPoint ? row.lo : -1, isPoint ? row.hi : 1, isComplex(type.dtype));
      if (isPoint && given != check.test.values.end()) {
        for (size_t k = 0; k < values.size(); ++k)
          values[k] = {float(given->second.at(k)), values[k].imag() * check.test.imaginary};
      }
      inputs.back().assign(values);
    }
  }
  bool valid() const { return programs.program != nullptr; }
  const std::vector<bool> &isVaried() const { return programs.isVaried; }
  const std::vector<Array> &arguments() const { return inputs; }

  /// At x + step * v, v one tensor for each varied argument.
  Evaluation at(double step, const std::vector<Values> &v) {
    std::vector<Array> moved = inputs;
    size_t next = 0;
    for (size_t i = 0; i < programs.isVaried.size(); ++i)
      if (programs.isVaried[i]) {
        Values values = inputs[i].values();
        for (size_t k = 0; k < values.size(); ++k)
          values[k] += step * v[next][k];
        moved[i] = Array::create(inputs[i].dtype, inputs[i].shape);
        moved[i].assign(values);
        ++next;
      }
    std::vector<Array> outputs = runProgram(*programs.program, moved);
    Evaluation result;
    size_t varied = std::count(programs.isVaried.begin(), programs.isVaried.end(), true);
    for (size_t i = 0; i < outputs.size(); ++i)
      if (i >= programs.results + programs.first + varied)
        result.tangent.push_back(outputs[i].values());
      else if (i >= programs.results + programs.first)
        result.second.push_back(outputs[i].values());
      else if (i >= programs.results)
        result.gradient.push_back(outputs[i].values());
      else if (isInexact(outputs[i].dtype))
        result.y.push_back(outputs[i].values());
    return result;
  }

private:
  Programs programs;
  std::vector<Array> inputs;
};

class GradCheck : public ::testing::TestWithParam<Check> {};

TEST_P(GradCheck, DifferencesAndPrecisions) {
  const Check &check = GetParam();
  const OpRow &row = *llvm::find_if(opTable(), [&](const OpRow &each) { return each.mnemonic == check.op; });
  for (const char *column : {"reverse", "forward", "second"})
    covers(check.op, column);
  Evaluator f(check, row, /*isDouble=*/true);
  ASSERT_TRUE(f.valid());

  // Arguments of @main are x, the cotangents w of y, and the cotangents u of the gradient; v is a direction of x.
  std::vector<Values> v, w, u;
  for (size_t i = 0; i < f.arguments().size(); ++i) {
    const Array &array = f.arguments()[i];
    if (i < f.isVaried().size()) {
      if (f.isVaried()[i])
        v.push_back(spread(array.size(), 11 + int(i), -1, 1, isComplex(array.dtype)));
    } else if (i + v.size() < f.arguments().size()) {
      w.push_back(array.values());
    } else {
      u.push_back(array.values());
    }
  }
  Evaluation here = f.at(0, v);
  ASSERT_EQ(w.size(), here.y.size());
  ASSERT_EQ(u.size(), v.size());

  // Fourth order: the error is h^4 / 30 of the fifth derivative, below 1e-8 of it, and eps / h of rounding, 1e-12.
  const double h = 5e-4;
  Evaluation p1 = f.at(h, v), m1 = f.at(-h, v), p2 = f.at(2 * h, v), m2 = f.at(-2 * h, v);
  auto slope = [&](auto &&of) { return (8 * (of(p1) - of(m1)) - (of(p2) - of(m2))) / (12 * h); };
  double scale = 1 + norm(here.gradient) * norm(v);
  EXPECT_NEAR(inner(here.gradient, v), slope([&](const Evaluation &e) { return inner(w, e.y); }), 1e-8 * scale)
      << "first derivative of " << check.op;
  double secondScale = 1 + norm(here.second) * norm(v);
  EXPECT_NEAR(inner(here.second, v), slope([&](const Evaluation &e) { return inner(u, e.gradient); }),
              1e-7 * secondScale)
      << "second derivative of " << check.op;
  // The gradient is linear in w, and the adjoint of that linear map is forward mode: J u.
  EXPECT_NEAR(inner(here.tangent, w), inner(u, here.gradient), 1e-12 * (1 + norm(here.tangent) * norm(w)))
      << "forward mode of " << check.op;

  // Single precision: a few hundred roundings of eps32 = 6e-8 at most, each of the size of the largest element.
  Evaluator single(check, row, /*isDouble=*/false);
  ASSERT_TRUE(single.valid());
  Evaluation rough = single.at(0, v);
  auto expectClose = [&](const std::vector<Values> &got, const std::vector<Values> &want, const char *what) {
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      double largest = 1;
      for (auto z : want[i])
        largest = std::max(largest, std::abs(z));
      for (size_t k = 0; k < got[i].size(); ++k)
        EXPECT_LE(std::abs(got[i][k] - want[i][k]), check.test.singleEps * 0x1p-24 * largest)
            << what << " " << i << " of " << check.op << " at " << k << ": " << got[i][k] << " and " << want[i][k];
    }
  };
  expectClose(rough.y, here.y, "result");
  expectClose(rough.gradient, here.gradient, "gradient");
}

INSTANTIATE_TEST_SUITE_P(Ops, GradCheck, ::testing::ValuesIn(checks()), [](const auto &info) {
  const Check &check = info.param;
  return check.op + (check.test.name == check.op ? "" : "_" + check.test.name) +
         (check.isComplex ? "_complex" : "_real");
});

TEST(GradCheckTable, EveryDifferentiableOpIsChecked) {
  std::vector<Check> all = checks();
  for (const OpRow &row : opTable())
    if (row.differentiable)
      EXPECT_TRUE(llvm::any_of(all, [&](const Check &check) { return check.op == row.mnemonic; }))
          << row.mnemonic << " is differentiable and has no case: give it one in test/unit/GradCases.cpp";
}

} // namespace
} // namespace tcc::test
