// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A change of basis for some neighbouring rows and columns of a matrix, as products with a small unitary matrix.
#ifndef TCC_RUNTIME_WINDOWBASIS_H
#define TCC_RUNTIME_WINDOWBASIS_H

#include "runtime/BulgeSweep.h"

namespace tcc::runtime {

template <class T> class WindowBasis {
public:
  /// For matrices u of up to `most` rows, at most mostWindowRows; false when memory is exhausted.
  bool allocate(int64_t most);
  /// h = u^H h u outside of the diagonal block of `size` rows that begins at `first`, and z = z u, given u^T with rows
  /// at distance `ld`. Of h rows from `top` on and columns before `right`. Threads take tiles.
  void apply(const HessenbergProblem<T> &problem, int64_t first, int64_t top, int64_t right, const T *transpose,
             int64_t ld, int64_t size);

private:
  Scratch<T> adjoint;
  Scratch<Real<T>> packed; ///< u as multiplyBlock reads it
};

inline constexpr int64_t mostWindowRows = 128;

} // namespace tcc::runtime
#endif
