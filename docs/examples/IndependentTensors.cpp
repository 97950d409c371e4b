// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Many small problems of different shapes, which no batch axis can hold: build them all, evaluate once, and they run in
// parallel as one program.
#include "Expect.h"

#include <tcc/tcc.h>

#include <iostream>

using namespace tcc;

int main() {
  std::vector<Tensor> sums;
  for (int64_t n = 1; n <= 200; ++n)
    sums.push_back(sum(ones({n, n + 1}, float64)));
  eval(sums);
  for (int64_t n = 1; n <= 200; ++n)
    expect(sums[n - 1].item<double>() == double(n * (n + 1)));

  // The same with decompositions: singular values of matrices of 24 shapes, and what they must add up to.
  std::vector<Tensor> matrices, values;
  for (int64_t n = 2; n < 26; ++n) {
    matrices.push_back(random::normal(random::key(n), {n, 2 * n}, complex128));
    values.push_back(linalg::svdvals(matrices.back()));
  }
  eval(values);
  for (size_t i = 0; i < values.size(); ++i)
    expect(allclose(sum(square(values[i])), sum(square(abs(matrices[i])))));
  std::cout << "200 sums and 24 decompositions agree\n";
}
