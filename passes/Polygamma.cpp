// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The polygamma function psi_n = -(-1)^n n! zeta(n + 1, x): Hurwitz's zeta by the Euler-Maclaurin sum (Abramowitz &
// Stegun 23.2.9), x <= 0 by reflection (6.4.7). Straight-line code for any order, which is known when it is built.
#include "passes/Polygamma.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace mlir;

namespace tcc {
namespace {

struct PolygammaEmitter {
  OpBuilder &b;
  Location loc;
  const VectorMathOptions &options;
  Type type;

  Value number(double value) {
    Attribute attribute = FloatAttr::get(getElementTypeOrSelf(type), value);
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector, attribute);
    return arith::ConstantOp::create(b, loc, cast<TypedAttr>(attribute));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value select(Value c, Value x, Value y) { return arith::SelectOp::create(b, loc, c, x, y); }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  /// x^n for a positive n, by squaring.
  Value power(Value x, int64_t n) {
    Value result;
    for (Value square = x; n > 0; n /= 2, square = n > 0 ? mul(square, square) : square)
      if (n % 2)
        result = result ? mul(result, square) : square;
    return result;
  }

  /// (-1)^(n+1) psi_n(a) = n! zeta(n + 1, a) for a > 0.
  Value ofPositive(Value a, int64_t n) {
    // n! zeta(s, a), s = n + 1: terms up to a + N, then integral, half a term and Bernoulli corrections at c = a + N:
    // (n-1)! c^-n + n! c^-s / 2 + sum over j of B_2j / (2j)! (n + 2j - 1)! c^(-n-2j). N grows with n, as the series in
    // 1/c converges only for c well above n.
    static const double bernoulli[] = {1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                       5.0 / 66, -691.0 / 2730, 7.0 / 6,  -3617.0 / 510};
    int64_t terms = 9 + n;
    Value one = number(1), sum = number(0);
    for (int64_t k = 0; k < terms; ++k)
      sum = add(sum, power(div(one, add(a, number(k))), n + 1));
    Value inverse = div(one, add(a, number(terms))), square = mul(inverse, inverse);
    // Factors of inverse^n, relative to n!: 1/n, inverse/2, then B_2j (n+1)..(n+2j-1) / (2j)! inverse^2j.
    Value series = number(0);
    for (int j = std::size(bernoulli); j >= 1; --j) {
      double factor = bernoulli[j - 1];
      for (int64_t k = 1; k <= 2 * j; ++k)
        factor /= k;
      for (int64_t k = 1; k < 2 * j; ++k)
        factor *= n + k;
      series = add(mul(series, square), number(factor));
    }
    Value tail = add(add(number(1.0 / n), mul(number(0.5), inverse)), mul(series, square));
    return mul(number(std::tgamma(n + 1.0)), add(sum, mul(power(inverse, n), tail)));
  }

  /// The n-th derivative of pi cot(pi x), as pi^(n+1) P_n(cot(pi x)): P_0 = c, P_(n+1) = -(1 + c^2) P_n'.
  Value cotangentDerivative(Value x, int64_t n) {
    std::vector<double> p{0, 1};
    for (int64_t i = 0; i < n; ++i) {
      std::vector<double> next(p.size() + 1, 0);
      for (size_t k = 1; k < p.size(); ++k) {
        next[k - 1] -= k * p[k];
        next[k + 1] -= k * p[k];
      }
      p = next;
    }
    Value fraction = sub(x, math::RoundEvenOp::create(b, loc, x));
    Value cotangent = div(number(1), buildTan(b, loc, mul(fraction, number(M_PI)), options));
    Value value = number(p.back());
    for (size_t k = p.size() - 1; k-- > 0;)
      value = add(mul(value, cotangent), number(p[k]));
    value = mul(value, number(std::pow(M_PI, n + 1)));
    // At the poles the sides agree for odd n only.
    Value pole = number(n % 2 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN());
    return select(compare(arith::CmpFPredicate::OEQ, fraction, number(0)), pole, value);
  }
};

} // namespace

Value buildPolygamma(OpBuilder &b, Location loc, Value x, int64_t order, const VectorMathOptions &options) {
  PolygammaEmitter e{b, loc, options, x.getType()};
  Value isPositive = e.compare(arith::CmpFPredicate::OGT, x, e.number(0));
  Value argument = e.select(isPositive, x, e.sub(e.number(1), x));
  double sign = order % 2 ? 1 : -1; // (-1)^(n+1)
  Value positive = e.mul(e.number(sign), e.ofPositive(argument, order));
  // psi_n(x) = (-1)^n psi_n(1 - x) - d^n/dx^n (pi cot(pi x))
  Value reflected = e.sub(e.mul(e.number(-sign), positive), e.cotangentDerivative(x, order));
  // NaN compares false and comes out of the reflection as itself.
  return e.select(isPositive, positive, reflected);
}

} // namespace tcc
