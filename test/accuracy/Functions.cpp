// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which functions are measured, against what, where and with which bound.

#include "test/accuracy/Functions.h"
#include "test/accuracy/Reference.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <math.h>

using namespace mlir;

namespace tcc::accuracy {

namespace {
constexpr double max32 = std::numeric_limits<float>::max(), max64 = std::numeric_limits<double>::max();
constexpr double inf = std::numeric_limits<double>::infinity();

long double ipow(long double x, long double n) { return powl(x, truncl(n)); }

Value integerPower(OpBuilder &b, Location loc, Value x, Value y, const VectorMathOptions &options) {
  Type type = x.getType();
  auto vector = cast<VectorType>(type);
  Type integer = vector.clone(b.getIntegerType(vector.getElementType().getIntOrFloatBitWidth()));
  return buildFpowi(b, loc, x, arith::FPToSIOp::create(b, loc, integer, y), options);
}

/// buildIpowi between conversions: exact but for the rounding of the result to the float type.
Value integerPowerOfIntegers(OpBuilder &b, Location loc, Value x, Value y, const VectorMathOptions &) {
  auto vector = cast<VectorType>(x.getType());
  Type integer = vector.clone(b.getIntegerType(vector.getElementType().getIntOrFloatBitWidth()));
  auto toInteger = [&](Value v) -> Value { return arith::FPToSIOp::create(b, loc, integer, v); };
  return arith::SIToFPOp::create(b, loc, vector, buildIpowi(b, loc, toInteger(x), toInteger(y)));
}

long double integerPowerReference(long double x, long double n) {
  x = truncl(x) + 0.0L, n = truncl(n); // + 0: integers have no -0
  return x == 0 && n < 0 ? 0 : truncl(powl(x, n)) + 0.0L;
}

#define UNARY(Build)                                                                                                   \
  [](OpBuilder &b, Location loc, Value x, Value, const VectorMathOptions &o) { return build##Build(b, loc, x, o); }
#define BINARY(Build)                                                                                                  \
  [](OpBuilder &b, Location loc, Value x, Value y, const VectorMathOptions &o) { return build##Build(b, loc, x, y, o); }
#define REF(expression) [](double x, double y) -> double { return (void)y, double(expression); }
#define REFL(expression) [](long double x, long double y) -> long double { return (void)y, (long double)(expression); }

std::vector<Function> makeFunctions() {
  const Range all32 = {-inf, inf}, all64 = {-inf, inf};
  std::vector<Function> f;
  auto add = [&](const char *name, Build build, auto single, auto dbl, double bound, std::vector<Range> r32,
                 std::vector<Range> r64, Range typical = {-1, 1}) {
    r32.insert(r32.begin(), all32);
    r64.insert(r64.begin(), all64);
    f.push_back({name, build, single, dbl, bound, r32, r64, false, nullptr, typical});
  };
  add("exp", UNARY(Exp), REF(exp(x)), REFL(expl(x)), 2, {{-104, -87}, {-87, 88.8}, {-1, 1}},
      {{-746, -708}, {-708, 710}, {-1, 1}}, {-10, 10});
  add("exp2", UNARY(Exp2), REF(exp2(x)), REFL(exp2l(x)), 2, {{-150, -126}, {-126, 128}, {-1, 1}},
      {{-1075, -1022}, {-1022, 1024}, {-1, 1}}, {-10, 10});
  add("expm1", UNARY(Expm1), REF(expm1(x)), REFL(expm1l(x)), 2, {{-20, 88.8}, {-1, 1}}, {{-40, 710}, {-1, 1}});
  add("log", UNARY(Log), REF(log(x)), REFL(logl(x)), 2, {{0, 1e-37}, {0.5, 2}, {0, max32}},
      {{0, 1e-307}, {0.5, 2}, {0, max64}}, {0.1, 10});
  add("log2", UNARY(Log2), REF(log2(x)), REFL(log2l(x)), 2, {{0, 1e-37}, {0.5, 2}, {0, max32}},
      {{0, 1e-307}, {0.5, 2}, {0, max64}}, {0.1, 10});
  add("log10", UNARY(Log10), REF(log10(x)), REFL(log10l(x)), 2, {{0, 1e-37}, {0.5, 2}, {0, max32}},
      {{0, 1e-307}, {0.5, 2}, {0, max64}}, {0.1, 10});
  add("log1p", UNARY(Log1p), REF(log1p(x)), REFL(log1pl(x)), 2, {{-1, 1}, {0, max32}}, {{-1, 1}, {0, max64}}, {0, 10});
  add("sin", UNARY(Sin), REF(sin(x)), REFL(sinl(x)), 2, {{-4, 4}, {-32768, 32768}, {32768, max32}},
      {{-4, 4}, {-262144, 262144}, {262144, 1e18}, {1e18, max64}}, {-10, 10});
  add("cos", UNARY(Cos), REF(cos(x)), REFL(cosl(x)), 2, {{-4, 4}, {-32768, 32768}, {32768, max32}},
      {{-4, 4}, {-262144, 262144}, {262144, 1e18}, {1e18, max64}}, {-10, 10});
  add("tan", UNARY(Tan), REF(tan(x)), REFL(tanl(x)), 2, {{-4, 4}, {-32768, 32768}, {32768, max32}},
      {{-4, 4}, {-262144, 262144}, {262144, 1e18}, {1e18, max64}}, {-10, 10});
  add("asin", UNARY(Asin), REF(asin(x)), REFL(asinl(x)), 2, {{-1, 1}, {0.4, 0.6}}, {{-1, 1}, {0.4, 0.6}});
  add("acos", UNARY(Acos), REF(acos(x)), REFL(acosl(x)), 2, {{-1, 1}, {0.4, 0.6}}, {{-1, 1}, {0.4, 0.6}});
  add("atan", UNARY(Atan), REF(atan(x)), REFL(atanl(x)), 2, {{-2, 2}, {-100, 100}}, {{-2, 2}, {-100, 100}});
  add("sinh", UNARY(Sinh), REF(sinh(x)), REFL(sinhl(x)), 2, {{-1, 1}, {-90, 90}}, {{-1, 1}, {-711, 711}});
  add("cosh", UNARY(Cosh), REF(cosh(x)), REFL(coshl(x)), 2, {{-1, 1}, {-90, 90}}, {{-1, 1}, {-711, 711}});
  add("tanh", UNARY(Tanh), REF(tanh(x)), REFL(tanhl(x)), 2, {{-1, 1}, {-10, 10}}, {{-1, 1}, {-22, 22}}, {-3, 3});
  add("asinh", UNARY(Asinh), REF(asinh(x)), REFL(asinhl(x)), 2, {{-1, 1}, {-1000, 1000}}, {{-1, 1}, {-1e9, 1e9}});
  add("acosh", UNARY(Acosh), REF(acosh(x)), REFL(acoshl(x)), 2, {{1, 1.1}, {1, 10}, {1, 1e5}},
      {{1, 1.1}, {1, 10}, {1, 1e9}}, {1, 10});
  add("atanh", UNARY(Atanh), REF(atanh(x)), REFL(atanhl(x)), 2, {{-1, 1}, {0.4, 0.6}}, {{-1, 1}, {0.4, 0.6}},
      {-0.9, 0.9});
  add("cbrt", UNARY(Cbrt), REF(cbrt(x)), REFL(cbrtl(x)), 2, {{-8, 8}}, {{-8, 8}});
  add("rsqrt", UNARY(Rsqrt), REF(1 / sqrt(x)), REFL(1 / sqrtl(x)), 2, {{0, 4}}, {{0, 4}}, {0.1, 10});
  add("erf", UNARY(Erf), REF(erf(x)), REFL(erfl(x)), 8, {{-1, 1}, {-4, 4}}, {{-1, 1}, {-6, 6}}, {-3, 3});
  add("erfc", UNARY(Erfc), REF(erfc(x)), REFL(erfcl(x)), 8, {{-1, 1}, {-4, 9.2}, {9.2, 10.1}},
      {{-1, 1}, {-6, 26.5}, {26.5, 27.3}}, {-3, 3});
  add("erfinv", UNARY(Erfinv), REF(erfinvReference(x)), REFL(erfinvReference(x)), 8, {{-1, 1}, {0.99, 1}},
      {{-1, 1}, {0.99, 1}}, {-0.9, 0.9});
  add("lgamma", UNARY(Lgamma), REF(lgammaReference(x)), REFL(lgammaReference(x)), 8,
      {{0, 3}, {0.9, 1.1}, {1.9, 2.1}, {0, 100}, {-20, 0}}, {{0, 3}, {0.9, 1.1}, {1.9, 2.1}, {0, 100}, {-20, 0}},
      {0, 10});
  f.back().scale = lgammaScale;
  add("digamma", UNARY(Digamma), REF(digammaReference(x)), REFL(digammaReference(x)), 8,
      {{0, 3}, {1.4, 1.5}, {0, 100}, {-20, 0}}, {{0, 3}, {1.4, 1.5}, {0, 100}, {-20, 0}}, {0, 10});
  f.back().scale = digammaScale;

  f.push_back({"pow",
               BINARY(Pow),
               REF(pow(x, y)),
               REFL(powl(x, y)),
               2,
               {{-inf, inf, -inf, inf}, {0, 10, -30, 30}, {0.5, 2, -200, 200}, {-4, 0, -40, 40}, {0, 1e-38, -1, 1}},
               {{-inf, inf, -inf, inf},
                {0, 10, -300, 300},
                {0.5, 2, -1100, 1100},
                {0.999, 1.001, -1e6, 1e6},
                {-4, 0, -40, 40},
                {0, 1e-308, -1, 1}},
               true,
               nullptr,
               {0.1, 10, -3, 3}});
  f.push_back({"atan2",
               BINARY(Atan2),
               REF(atan2(x, y)),
               REFL(atan2l(x, y)),
               2,
               {{-inf, inf, -inf, inf}, {-2, 2, -2, 2}},
               {{-inf, inf, -inf, inf}, {-2, 2, -2, 2}},
               true});
  f.push_back({"fpowi",
               integerPower,
               REF(ipow(x, y)),
               REFL(ipow(x, y)),
               2,
               {{-4, 4, -60, 60}, {0.9, 1.1, -900, 900}},
               {{-4, 4, -500, 500}, {0.9, 1.1, -7000, 7000}},
               true});
  f.push_back({"ipowi",
               integerPowerOfIntegers,
               REF(integerPowerReference(x, y)),
               REFL(integerPowerReference(x, y)),
               0.5,
               {{-9, 9, -3, 9}},
               {{-9, 9, -3, 19}},
               true});
  return f;
}
} // namespace

const std::vector<Function> &functions() {
  static const std::vector<Function> all = makeFunctions();
  return all;
}

} // namespace tcc::accuracy
