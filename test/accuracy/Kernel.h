// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles one vector-math function to a loop over arrays, in memory and for the host.

#ifndef TCC_TEST_ACCURACY_KERNEL_H
#define TCC_TEST_ACCURACY_KERNEL_H

#include "passes/VectorMath.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace tcc::accuracy {

/// Emits the function on vectors; the second operand is meaningless for a unary function.
using Build =
    std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value, mlir::Value, const VectorMathOptions &)>;

/// out[i] = f(x[i], y[i]) for i < n, n a multiple of 64; the pointers are to the type the kernel was compiled for.
class Kernel {
public:
  Kernel(const Build &build, bool isDouble, const VectorMathOptions &options);
  ~Kernel();
  void operator()(const void *x, const void *y, void *out, int64_t n) const { entry(x, y, out, n); }

private:
  struct Code;
  std::unique_ptr<Code> code;
  void (*entry)(const void *, const void *, void *, int64_t) = nullptr;
};

} // namespace tcc::accuracy

#endif // TCC_TEST_ACCURACY_KERNEL_H
