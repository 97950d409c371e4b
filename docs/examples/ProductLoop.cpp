// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables, gradients, and what "values never change" means: rebinding a Variable leaves alone what was computed from
// its old value.
#include "Expect.h"

#include <tcc/tcc.h>

#include <cmath>
#include <iostream>

using namespace tcc;

int main() {
  Variable x("x", 2.0f), y("y", 3.0f);
  std::vector<Tensor> products;
  for (int step = 0; step < 2; ++step) {
    Tensor z = x * y;       // nothing has run yet
    Tensor dx = grad(z, x); // still nothing: more nodes of the same graph
    expect(dx.item<float>() == 3.0f);
    x.assign(x - 0.1f * dx);
    products.push_back(z);
  }
  std::cout << "x = " << x.value() << ", products " << products[0] << " and " << products[1] << "\n";
  expect(std::abs(x.value().item<float>() - 1.4f) < 1e-6f);
  expect(products[0].item<float>() == 6.0f); // built when x was 2
  expect(std::abs(products[1].item<float>() - 5.1f) < 1e-6f);

  // A function may rebind a Variable it was given, even to another shape; `before` cannot notice.
  Tensor before = x;
  [](Variable &v) { v.assign(tensor({20.0f, 30.0f})); }(x);
  expect(std::abs(before.item<float>() - 1.4f) < 1e-6f);
  expect(x.shape() == Shape{2});
}
