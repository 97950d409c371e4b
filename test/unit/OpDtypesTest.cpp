// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every op in every dtype its record admits. Elementwise ops on empty, short and long tensors and on transposed,
// strided and repeated operands: fused vector code against the same program op by op, without vectors. The others in
// the calls of GradCases.cpp.
#include "test/unit/Coverage.h"
#include "test/unit/GradCases.h"
#include "test/unit/OpPrograms.h"

#include "runtime/Tensors.h"

#include "mlir/IR/TypeUtilities.h"
#include "gtest/gtest.h"
#include <cstring>

namespace tcc::test {
namespace {

struct Element {
  const char *text;
  char elementClass;
  int32_t dtype;
};
const Element elements[] = {{"i1", 'b', TCC_BOOL},          {"i8", 's', TCC_I8},   {"i16", 's', TCC_I16},
                            {"i32", 's', TCC_I32},          {"i64", 's', TCC_I64}, {"ui8", 'u', TCC_U8},
                            {"ui32", 'u', TCC_U32},         {"f16", 'f', TCC_F16}, {"bf16", 'f', TCC_BF16},
                            {"f32", 'f', TCC_F32},          {"f64", 'f', TCC_F64}, {"complex<f32>", 'c', TCC_C64},
                            {"complex<f64>", 'c', TCC_C128}};

class OpDtypes : public ::testing::TestWithParam<Element> {};

/// Differences in units in the last place; 0 for equal bits and for two NaN.
template <class Bits, class Real> double ulps(Real a, Real b) {
  if ((std::isnan(a) && std::isnan(b)) || a == b)
    return 0;
  if (!std::isfinite(a) || !std::isfinite(b))
    return 1e30;
  return std::abs(double(a) - double(b)) /
         (std::max(std::abs(double(a)), std::abs(double(b))) * std::numeric_limits<Real>::epsilon());
}

void expectEqual(const Array &a, const Array &b, const std::string &what) {
  ASSERT_EQ(a.shape, b.shape);
  int64_t parts = a.dtype >= TCC_C64 ? 2 : 1;
  for (int64_t i = 0; i < a.size() * parts; ++i) {
    // Both run the same arithmetic in the same order; only contraction to fma may differ, by roundings.
    if (a.dtype == TCC_F32 || a.dtype == TCC_C64)
      EXPECT_LE((ulps<uint32_t, float>(a.as<float>()[i], b.as<float>()[i])), 4) << what << " at " << i;
    else if (a.dtype == TCC_F64 || a.dtype == TCC_C128)
      EXPECT_LE((ulps<uint64_t, double>(a.as<double>()[i], b.as<double>()[i])), 4) << what << " at " << i;
    else
      EXPECT_EQ(std::memcmp(a.as<char>() + i * runtime::elementSize(a.dtype),
                            b.as<char>() + i * runtime::elementSize(a.dtype), runtime::elementSize(a.dtype)),
                0)
          << what << " at " << i;
  }
}

TEST_P(OpDtypes, FusedIsTheReference) {
  const Element &element = GetParam();
  std::string e = element.text, open = "tensor<?x?x" + e + ">";
  std::string body, values, types, wide;
  std::vector<std::string> names;
  for (const OpRow &row : opTable()) {
    if (!row.isElementwise() || row.hasAttributes || row.operands > 2 || !row.admits(element.elementClass))
      continue;
    std::string result = inferredType(row.mnemonic, std::vector<std::string>(row.operands, open));
    if (result.empty())
      continue;
    std::string y = "%y" + std::to_string(names.size());
    body += "  " + y + " = \"tcc." + row.mnemonic + "\"(%u" + (row.operands == 2 ? ", %v" : "") + ") : (" + open +
            (row.operands == 2 ? ", " + open : "") + ") -> " + result + "\n";
    values += (names.empty() ? "" : ", ") + y;
    types += (names.empty() ? "" : ", ") + result;
    names.push_back(row.mnemonic);
  }
  ASSERT_FALSE(names.empty());
  // u is every second column of a, turned; v is one row of b, repeated.
  std::string text = "func.func @main(%a: " + open + ", %b: tensor<?x" + e + ">) -> (" + types +
                     ") {\n  %s = tcc.slice %a {starts = array<i64: 0, 0>, limits = array<i64: -1, -1>, strides = "
                     "array<i64: 1, 2>} : " +
                     open + " -> " + open + "\n  %u = tcc.transpose %s {perm = array<i64: 1, 0>} : " + open + " -> " +
                     open + "\n  %v = tcc.broadcast %b like %u : " + open + " {dims = array<i64: 1>} : tensor<?x" + e +
                     "> -> " + open + "\n" + body + "  return " + values + " : " + types + "\n}\n";
  for (const std::string &name : names)
    covers(name, dtypeColumn(element.text));
  auto fused = compileText(text, false), reference = compileText(text, true);
  ASSERT_TRUE(fused && reference);
  for (auto [rows, columns] : {std::pair<int64_t, int64_t>{0, 4}, {1, 1}, {17, 6}, {1000, 3}}) {
    Array a = Array::create(element.dtype, {rows, columns}), b = Array::create(element.dtype, {rows});
    fill(a, 1);
    fill(b, 5);
    std::vector<Array> got = runProgram(*fused, {a, b}), want = runProgram(*reference, {a, b});
    for (size_t i = 0; i < names.size(); ++i)
      expectEqual(got[i], want[i], names[i] + " of " + e + " with " + std::to_string(rows) + " rows");
  }
}

/// Sums may be taken in another order, and halves rounded after each op or once: a few eps of the largest element.
void expectClose(const Array &a, const Array &b, const std::string &what) {
  ASSERT_EQ(a.shape, b.shape);
  double eps = a.dtype == TCC_F16                          ? 0x1p-10
               : a.dtype == TCC_BF16                       ? 0x1p-7
               : a.dtype == TCC_F32 || a.dtype == TCC_C64  ? 0x1p-23
               : a.dtype == TCC_F64 || a.dtype == TCC_C128 ? 0x1p-52
                                                           : 0;
  Values x = a.values(), y = b.values();
  double largest = 0;
  for (auto z : y)
    largest = std::isfinite(std::abs(z)) ? std::max(largest, std::abs(z)) : largest;
  // Infinity beside NaN is infinite, and equal to nothing.
  auto same = [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); };
  auto isNaN = [](std::complex<double> z) { return std::isnan(std::abs(z)); };
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_TRUE(std::abs(x[i] - y[i]) <= 64 * eps * largest || (isNaN(x[i]) && isNaN(y[i])) ||
                (same(x[i].real(), y[i].real()) && same(x[i].imag(), y[i].imag())))
        << what << " at " << i << ": " << x[i] << " and " << y[i];
}

/// Small whole numbers, which every dtype has: enough that matrices of `values` stay regular.
void assign(Array &array, const GradCase &test, int index) {
  auto given = test.values.find(index);
  if (given == test.values.end()) {
    fill(array, index + 1);
    return;
  }
  Values values;
  for (int64_t k = 0; k < array.size(); ++k)
    values.push_back({given->second.at(size_t(k)), 0});
  array.assign(values);
}

TEST_P(OpDtypes, StructuredOpsRun) {
  const Element &element = GetParam();
  std::string e = element.text, part = e.starts_with("complex") ? e.substr(8, 3) : e, whole = "complex<" + part + ">";
  for (const OpRow &row : opTable())
    for (const GradCase &test : structuredCases(row.mnemonic)) {
      std::string text = replaced(replaced(replaced(test.function, "$T", e), "$R", part), "$C", whole);
      // What the verifier refuses is no dtype of the op.
      if (test.classes.find(element.elementClass == 'c' ? 'c' : 'f') == std::string::npos)
        continue;
      auto module = parseQuietly(replaced(text, "func.func @f(", "func.func @main("));
      if (!module)
        continue;
      covers(row.mnemonic, dtypeColumn(e));
      // The table asks for the dtypes of the first operand, which may be a predicate or a count.
      module->walk([&](mlir::Operation *op) {
        if (op->getName().getStringRef() == std::string("tcc.") + row.mnemonic && op->getNumOperands() > 0) {
          std::string first;
          llvm::raw_string_ostream(first) << mlir::getElementTypeOrSelf(op->getOperand(0));
          covers(row.mnemonic, dtypeColumn(first));
        }
      });
      auto fused = compileEntry(*module, "main", false);
      auto again = parseQuietly(replaced(text, "func.func @f(", "func.func @main("));
      auto reference = compileEntry(*again, "main", true);
      ASSERT_TRUE(fused && reference) << text;
      std::vector<Array> inputs;
      for (const TensorType &type : fused->inputTypes()) {
        inputs.push_back(Array::create(type.dtype, type.shape));
        assign(inputs.back(), test, int(inputs.size()) - 1);
      }
      std::vector<Array> got = runProgram(*fused, inputs), want = runProgram(*reference, inputs);
      for (size_t i = 0; i < got.size(); ++i)
        expectClose(got[i], want[i], row.mnemonic + std::string(" of ") + e);
    }
}

INSTANTIATE_TEST_SUITE_P(Elements, OpDtypes, ::testing::ValuesIn(elements), [](const auto &info) {
  std::string name;
  for (char c : std::string(info.param.text))
    if (std::isalnum(c))
      name += c;
  return name;
});

} // namespace
} // namespace tcc::test
