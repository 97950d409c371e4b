// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Differentiating a path sum. In the log semiring the gradient with respect to the edges' weights is each edge's
// marginal probability; in the max-plus semiring it marks the best path (Eisner 2016: inside-outside is just
// backpropagation).
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>

using namespace tcc;

int main() {
  // A layered graph: from each of 4 states to each of 4 states, 6 times; w[t, i, j] scores the edge i -> j at time t.
  const int64_t steps = 6, states = 4;
  Tensor w = random::normal(random::key(3), {steps, states, states}, float64);

  Tensor forward = zeros({states}, float64), best = forward;
  for (int64_t t = 0; t < steps; ++t) {
    forward = logsumexp(forward(_, newaxis) + w[t], 0);
    best = max(best(_, newaxis) + w[t], 0);
  }
  Tensor logZ = logsumexp(forward), score = max(best);

  Tensor marginals = grad(logZ, w);
  expect(allclose(sum(marginals, {1, 2}), ones({steps}, float64))); // every path takes one edge at each time
  // What flows into a state flows out of it.
  expect(allclose(sum(marginals(slice(0, -1)), 1), sum(marginals(slice(1, _)), 2)));

  Tensor path = grad(score, w); // 1 on the edges of the Viterbi path
  std::cout << "log Z " << logZ << ", best path scores " << score << " along\n"
            << argmax(path.reshape({steps, -1}), 1) << " (4 * from + to)\n";
  expect(allclose(sum(path * w), score));
  expect(allclose(sum(path, {1, 2}), ones({steps}, float64)));
}
