// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's indexing. It stays in the graph and differentiates; updates give new values.
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>

using namespace tcc;

int main() {
  Tensor a = arange(12, float64).reshape({3, 4});
  expect(allclose(a[-1], tensor({8.0, 9.0, 10.0, 11.0})));
  expect(allclose(a(_, slice(_, _, -2)), tensor({{3.0, 1.0}, {7.0, 5.0}, {11.0, 9.0}}))); // a[:, ::-2]
  expect(a(newaxis, ellipsis, 0).shape() == (Shape{1, 3}));
  expect(allclose(a(tensor({0, 2}), tensor({1, 3})), tensor({1.0, 11.0}))); // elements (0, 1) and (2, 3)
  expect(allclose(a(a > 8.5), tensor({9.0, 10.0, 11.0})));

  Tensor b = a.at(0).set(0.0).at(_, 1).add(100.0);
  std::cout << a << "\n" << b << "\n";
  expect(a(0, 3).item<double>() == 3.0 && b(0, 3).item<double>() == 0.0); // a stays what it was

  // Repeated indices accumulate, in the update and in the gradient.
  Tensor index = tensor({1, 1, 2});
  expect(allclose(zeros({4}, float64).at(index).add(1.0), tensor({0.0, 2.0, 1.0, 0.0})));
  Tensor x = tensor({10.0, 20.0, 30.0, 40.0});
  expect(allclose(grad(sum(square(x(index))), x), tensor({0.0, 80.0, 60.0, 0.0})));
}
