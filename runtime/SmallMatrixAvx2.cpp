// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small matrices on x86-64 with AVX2 and FMA.
#include "runtime/SmallMatrix.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace tcc::runtime {
namespace {
namespace avx2 {
#include "runtime/LaneArithmetic.h"
#include "runtime/SmallMatrixKernels.h"
#include "runtime/SmallMatrixTable.h"
} // namespace avx2
} // namespace

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const SmallMatrixTable smallMatrixAvx2 = {avx2::smallKernels<float, false>(), avx2::smallKernels<float, true>(),
                                          avx2::smallKernels<double, false>(), avx2::smallKernels<double, true>()};

} // namespace tcc::runtime
#endif
