// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small neural network that tells two interleaved spirals apart, trained with a compiled step.
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>
#include <numbers>

using namespace tcc;

int main() {
  // 200 points on each of two spirals; the second is the first, turned by half a turn.
  Tensor t = linspace(0.25, 1.5, 200);
  Tensor angle = 2 * std::numbers::pi_v<float> * t;
  Tensor arm = stack({t * cos(angle), t * sin(angle)}, 1);
  Tensor points = concatenate({arm, -arm}), labels = concatenate({zeros({200}, int64), ones({200}, int64)});
  eval(points, labels);

  nn::Linear first(2, 32), second(32, 32), third(32, 2);
  auto network = [&](const Tensor &x) { return third(tanh(second(tanh(first(x))))); };
  std::vector<Variable> parameters;
  for (const nn::Linear *layer : {&first, &second, &third})
    for (const Variable &v : layer->parameters())
      parameters.push_back(v);

  optim::Adam adam(parameters, {.lr = 0.02});
  auto step = compile([&](const Tensor &x, const Tensor &y) {
    Tensor loss = cross_entropy(network(x), y);
    return std::pair(loss, grad(loss, parameters)); // Variables are read anew at each call
  });
  float loss = 0;
  for (int i = 0; i <= 400; ++i) {
    auto [value, gradients] = step(points, labels);
    adam.step(gradients);
    loss = value.item<float>();
    if (i % 100 == 0)
      std::cout << "step " << i << ": loss " << loss << "\n";
  }
  double accuracy = mean((argmax(network(points), 1) == labels).astype(float64)).item<double>();
  std::cout << "accuracy " << accuracy << "\n";
  expect(accuracy > 0.98);
}
