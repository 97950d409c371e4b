// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loss, its gradient, and one step of an optimizer.
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>

using namespace tcc;

int main() {
  Variable v("v", random::normal({2, 2, 2, 2}));
  optim::Adam adam({v}, {.lr = 0.1});

  Tensor before = v;
  Tensor loss = sum(square(v));
  Tensor gradient = grad(loss, v);
  expect(allclose(gradient, 2 * before));

  adam.step(loss); // rebinds v
  std::cout << "loss " << loss << " -> " << sum(square(v)) << "\n";
  // The first step of Adam has size lr in every element, against the gradient's sign.
  expect(allclose(before - v, 0.1f * sign(gradient), 1e-3, 1e-5));
}
