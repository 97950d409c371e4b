// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Complex numbers, a Fourier transform, a singular value decomposition and a gradient through all of them. Gradients of
// a real function of complex z point along steepest ascent: the change of f along dz is Re sum(conj(gradient) dz).
#include "Expect.h"

#include <tcc/tcc.h>

#include <cmath>
#include <iostream>

using namespace tcc;

static Tensor f(const Tensor &m) {
  auto [u, s, vh] = linalg::svd(fft::fft2(m));
  return sum(pow(s, 3.0)) + real(trace(matmul(conj(transpose(m)), m)));
}

int main() {
  Tensor a = random::normal(random::key(1), {6, 6}, complex128);
  Tensor direction = random::normal(random::key(2), {6, 6}, complex128);
  Tensor gradient = grad(f(a), a);

  const double h = 1e-4;
  double along = real(sum(conj(gradient) * direction)).item<double>();
  double difference = ((f(a + h * direction) - f(a - h * direction)) / (2 * h)).item<double>();
  std::cout << "slope " << along << ", difference quotient " << difference << "\n";
  expect(std::abs(along - difference) < 1e-5 * std::abs(along));

  // Descending along the gradient descends.
  expect(f(a - 1e-6 * gradient).item<double>() < f(a).item<double>());
}
