// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sampling that differentiates: Gumbel-softmax (Jang, Gu, Poole 2017; Maddison, Mnih, Teh 2017) draws nearly one-hot
// vectors whose classes follow softmax(logits), and gradients flow through the draw.
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>

using namespace tcc;

int main() {
  Tensor logits = tensor({1.0, 2.0, 0.5});
  Tensor samples = gumbel_softmax(random::key(8), broadcast_to(logits, {4000, 3}), {.temperature = 0.1});
  expect(allclose(sum(samples, -1), ones({4000}, float64)));

  Tensor frequencies = mean((samples > 0.5).astype(float64), 0);
  std::cout << "softmax     " << softmax(logits) << "\nfrequencies " << frequencies << "\n";
  expect(max(abs(frequencies - softmax(logits))).item<double>() < 0.03);

  // The gradient of an expected payoff: positive for the class that pays more than the average.
  Tensor payoff = mean(sum(samples * tensor({0.0, 1.0, 0.0}), -1));
  Tensor slope = grad(payoff, logits);
  std::cout << "d payoff / d logits " << slope << "\n";
  expect(slope[1].item<double>() > 0 && slope[0].item<double>() < 0);
}
