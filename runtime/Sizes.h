// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic on sizes that are known only when a program runs. What does not fit into 63 bits stays the largest number,
// which no allocation grants: a tensor that is too large is out of memory, never a small block.
#ifndef TCC_RUNTIME_SIZES_H
#define TCC_RUNTIME_SIZES_H

#include <stdint.h>

namespace tcc::runtime {

enum class SizeOperation : int64_t { Constant, Symbol, Add, Multiply, FloorDivide, CeilDivide, Modulo };

inline int64_t addSizes(int64_t left, int64_t right) {
  int64_t sum;
  return __builtin_add_overflow(left, right, &sum) ? (left < 0 ? INT64_MIN : INT64_MAX) : sum;
}

/// Anything but a constant or a symbol. Divisors are positive where their result is used; by 0 the rest is 0, too.
inline int64_t combineSizes(SizeOperation operation, int64_t left, int64_t right) {
  if (operation == SizeOperation::Add)
    return addSizes(left, right);
  if (operation == SizeOperation::Multiply) {
    int64_t product;
    return __builtin_mul_overflow(left, right, &product) ? ((left < 0) != (right < 0) ? INT64_MIN : INT64_MAX)
                                                         : product;
  }
  if (right == 0)
    return 0;
  // Sizes are not negative, but differences such as (n - 3) floordiv 2 are.
  int64_t quotient = left / right, rest = left % right;
  if (rest < 0) {
    --quotient;
    rest += right;
  }
  return operation == SizeOperation::FloorDivide  ? quotient
         : operation == SizeOperation::CeilDivide ? quotient + (rest != 0)
                                                  : rest;
}

} // namespace tcc::runtime
#endif
