// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// compile(): a function is traced once for each set of argument shapes and runs as one program from then on. Variables
// that it captures are read at each call, other captured tensors are part of the program.
#include "Expect.h"

#include <tcc/tcc.h>

#include <cmath>
#include <iostream>

using namespace tcc;

int main() {
  int traced = 0;
  auto lossAndGradient = compile([&](const Tensor &x, const Tensor &w) {
    ++traced;
    Tensor loss = sum(square(matmul(x, w)));
    return std::tuple(loss, grad(loss, w));
  });
  Tensor w = random::normal(random::key(2), {3, 2}, float64);
  for (int k = 0; k < 10; ++k) {
    Tensor x = random::normal(random::key(10 + k), {7, 3}, float64);
    auto [loss, gradient] = lossAndGradient(x, w);
    expect(allclose(gradient, 2.0 * matmul(x.T(), matmul(x, w))));
  }
  expect(traced == 1);

  // Results are differentiable like any other.
  Tensor x = random::normal(random::key(30), {7, 3}, float64);
  Tensor curvature = grad(sum(std::get<1>(lossAndGradient(x, w))), w);
  expect(allclose(curvature, 2.0 * matmul(x.T(), matmul(x, ones({3, 2}, float64)))));

  Variable scale("scale", tensor(2.0));
  auto scaled = compile([&](const Tensor &v) { return scale * v; });
  double before = scaled(tensor(5.0)).item<double>();
  scale.assign(tensor(3.0));
  double after = scaled(tensor(5.0)).item<double>();
  std::cout << "2 * 5 = " << before << ", 3 * 5 = " << after << "\n";
  expect(before == 10.0 && after == 15.0);
}
