// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The derivative of gamma variates by their parameter (Figurnov, Mohamed and Mnih, "Implicit reparameterization
// gradients", 2018): d log x / da = -dF/da / (x p(x)), F the distribution function and p its density.
#include "frontend/RandomBits.h"
#include "tcc/Create.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <cmath>
#include <numbers>

namespace tcc {
namespace {

constexpr int nodes = 32;

/// Gauss and Legendre's rule on (0, 1) in the variable v = sqrt(u): dense near 0, where the integrand varies.
void rule(std::vector<double> &points, std::vector<double> &weights) {
  for (int k = 0; k < nodes; ++k) {
    double t = std::cos(std::numbers::pi * (k + 0.75) / (nodes + 0.5)), slope = 1;
    for (int step = 0; step < 20; ++step) {
      double p = 1, before = 0;
      for (int n = 1; n <= nodes; ++n) {
        double next = ((2 * n - 1) * t * p - (n - 1) * before) / n;
        before = p;
        p = next;
      }
      slope = nodes * (t * p - before) / (t * t - 1);
      t -= p / slope;
    }
    double v = (1 + t) / 2, weight = 1 / ((1 - t * t) * slope * slope);
    points.push_back(v * v);
    weights.push_back(2 * v * weight);
  }
}

} // namespace

// With F = int_0^x p(t) dt and dp/da = p (log t - psi(a)): -dF/da = int_0^x p(t) (psi(a) - log t) dt, of which the rest
// to infinity is the negative. The substitution t = x e^(-c s), c = 1 for x < a and -1 otherwise, gives
//   d log x / da = c int_0^L e^(-c a s - x expm1(-c s)) (psi(a) - log x + c s) ds
// with a monotone exponent; L is where it is below -36, by bounds of e^s from both sides.
Tensor gammaLogSlope(const Tensor &parameter, const Tensor &logVariate, Loc where) {
  constexpr double depth = 36;
  Tensor a = expand_dims(asDtype(parameter, float64, where), -1, where);
  Tensor logX = expand_dims(asDtype(logVariate, float64, where), -1, where), x = exp(logX, where);
  Tensor below = less(x, a, where), c = tcc::where(below, 1.0, -1.0, where);
  Tensor linear = abs(subtract(a, x, where), where);
  Tensor quadratic = divide(x, tcc::where(below, 3.0, 2.0, where), where);
  Tensor root = sqrt(add(square(linear, where), multiply(4 * depth, quadratic, where), where), where);
  Tensor length = divide(2 * depth, add(linear, root, where), where);
  Tensor beyond = logical_and(below, greater(length, 1.0, where), where);
  length = tcc::where(beyond, divide(add(depth, x, where), a, where), length, where);
  std::vector<double> points, weights;
  rule(points, weights);
  Tensor s = multiply(length, tensor(points, where), where), cs = multiply(c, s, where);
  Tensor exponent = neg(add(multiply(a, cs, where), multiply(x, expm1(neg(cs, where), where), where), where), where);
  Tensor factor = add(subtract(digamma(a, where), logX, where), cs, where);
  Tensor terms = multiply(multiply(exp(exponent, where), factor, where), tensor(weights, where), where);
  Tensor integral = multiply(squeeze(multiply(c, length, where), -1, where), sum(terms, -1, {}, where), where);
  return asDtype(integral, parameter.dtype(), where);
}

} // namespace tcc
