// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fitting a line by gradient descent, with the exact least-squares answer beside it.
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>

using namespace tcc;

int main() {
  Tensor x = random::normal(random::key(1), {200, 3}, float64);
  Tensor truth = tensor({1.5, -2.0, 0.5});
  Tensor y = matmul(x, truth) + 0.01 * random::normal(random::key(2), {200}, float64);

  Variable w("w", zeros({3}, float64));
  for (int step = 0; step < 200; ++step) {
    Tensor loss = mse_loss(matmul(x, w), y);
    w.assign(w - 0.1 * grad(loss, w));
  }
  Tensor exact = linalg::lstsq(x, y(_, newaxis)).x(_, 0);
  std::cout << "descent       " << w.value() << "\nleast squares " << exact << "\n";
  expect(allclose(w, exact, 1e-6));
}
