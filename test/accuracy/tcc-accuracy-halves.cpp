// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tcc-accuracy-halves: the error of the public functions on every float16 and bfloat16 number, as rows of the table of
// docs/accuracy.md; of two arguments, on every number beside some. Exits with 1 if a bound is exceeded.

#include "tcc/tcc.h"
#include "test/accuracy/Reference.h"
#include "test/accuracy/Ulp.h"

#include <bit>
#include <cstdio>
#include <math.h>

using namespace tcc;
using namespace tcc::accuracy;

namespace {

// Computed in float32 and rounded once: half an ulp, and what float32 misses by.
constexpr double bound = 0.502;

using Reference = long double (*)(long double, long double);

struct Function {
  const char *name;
  Tensor (*of)(const Tensor &, const Tensor &);
  Reference reference;
  bool isBinary = false;
  long double (*scale)(long double) = nullptr; ///< the unit is the ulp of max(|f|, scale(x))
};

#define UNARY(name, exact)                                                                                             \
  {#name, [](const Tensor &x, const Tensor &) { return tcc::name(x); },                                                \
   [](long double x, long double) -> long double { return exact; }}
#define BINARY(name, exact)                                                                                            \
  {#name, [](const Tensor &x, const Tensor &y) { return tcc::name(x, y); },                                            \
   [](long double x, long double y) -> long double { return exact; }, true}

std::vector<Function> makeFunctions() {
  std::vector<Function> f = {
      UNARY(exp, expl(x)),
      UNARY(exp2, exp2l(x)),
      UNARY(expm1, expm1l(x)),
      UNARY(log, logl(x)),
      UNARY(log2, log2l(x)),
      UNARY(log10, log10l(x)),
      UNARY(log1p, log1pl(x)),
      UNARY(sqrt, sqrtl(x)),
      UNARY(rsqrt, 1 / sqrtl(x)),
      UNARY(cbrt, cbrtl(x)),
      UNARY(square, x * x),
      UNARY(reciprocal, 1 / x),
      UNARY(sin, sinl(x)),
      UNARY(cos, cosl(x)),
      UNARY(tan, tanl(x)),
      UNARY(asin, asinl(x)),
      UNARY(acos, acosl(x)),
      UNARY(atan, atanl(x)),
      UNARY(sinh, sinhl(x)),
      UNARY(cosh, coshl(x)),
      UNARY(tanh, tanhl(x)),
      UNARY(asinh, asinhl(x)),
      UNARY(acosh, acoshl(x)),
      UNARY(atanh, atanhl(x)),
      UNARY(sigmoid, 1 / (1 + expl(-x))),
      UNARY(erf, erfl(x)),
      UNARY(erfc, erfcl(x)),
      UNARY(erfinv, erfinvReference(x)),
      UNARY(lgamma, lgammaReference(x)),
      UNARY(digamma, digammaReference(x)),
      BINARY(power, powl(x, y)),
      BINARY(atan2, atan2l(x, y)),
      BINARY(hypot, hypotl(x, y)),
  };
  for (Function &function : f) {
    if (std::string(function.name) == "lgamma")
      function.scale = lgammaScale;
    if (std::string(function.name) == "digamma")
      function.scale = digammaScale;
  }
  return f;
}

/// The numbers of the second argument: zeros, infinities, NaN, the smallest, and some of each size and sign.
template <class T> std::vector<T> partners() {
  std::vector<T> values;
  auto add = [&](uint16_t bits) { values.push_back(std::bit_cast<T>(bits)); };
  for (int bits = 0; bits < 65536; bits += 1777)
    add(uint16_t(bits));
  for (float y : {0.0f, -0.0f, 0.5f, 1.0f, 2.0f, -1.0f, -2.0f, 3.0f, 1.0f / 3, HUGE_VALF, -HUGE_VALF, NAN})
    values.push_back(T(y));
  add(1);
  return values;
}

template <class T> bool measure(const Function &f, const char *type, Format format) {
  std::vector<float> all(65536);
  for (int bits = 0; bits < 65536; ++bits)
    all[size_t(bits)] = std::bit_cast<T>(uint16_t(bits));
  Tensor x = tensor(all, {65536}, dtype_of<T>());
  double worst = 0, atX = 0, atY = 0;
  int64_t samples = 0;
  for (T y : f.isBinary ? partners<T>() : std::vector<T>{T(1.0f)}) {
    std::vector<T> got = f.of(x, tensor(std::vector<float>{y}, {1}, dtype_of<T>())).template to_vector<T>();
    for (size_t i = 0; i < all.size(); ++i) {
      long double a = all[i], b = float(y), scale = f.scale ? f.scale(a) : 0;
      double error = ulpError<long double>(format, float(got[i]), f.reference(a, b), scale);
      if (!(error <= worst))
        worst = error, atX = double(a), atY = double(b);
    }
    samples += int64_t(all.size());
  }
  char at[64];
  std::snprintf(at, sizeof at, f.isBinary ? "%.9g, %.9g" : "%.9g", atX, atY);
  std::printf("| %s | %s | all%s | %lld | %.4f | %s | %g%s |\n", f.name, type, f.isBinary ? " x 50 numbers" : "",
              (long long)samples, worst, at, bound, worst <= bound ? "" : " EXCEEDED");
  std::fflush(stdout);
  return worst <= bound;
}

} // namespace

int main() {
  std::printf("| function | type | range | samples | max ulp | at | bound |\n|---|---|---|---|---|---|---|\n");
  bool holds = true;
  for (const Function &f : makeFunctions()) {
    holds &= measure<Half>(f, "f16", {11, -13, 16});
    holds &= measure<BFloat16>(f, "bf16", {8, -125, 128});
  }
  return holds ? 0 : 1;
}
