// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small matrices on x86-64 with AVX-512.
#include "runtime/SmallMatrix.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx2,fma")
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace tcc::runtime {
namespace {
namespace avx512 {
#include "runtime/LaneArithmetic.h"
#include "runtime/SmallMatrixKernels.h"
#include "runtime/SmallMatrixTable.h"
} // namespace avx512
} // namespace

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const SmallMatrixTable smallMatrixAvx512 = {avx512::smallKernels<float, false>(), avx512::smallKernels<float, true>(),
                                            avx512::smallKernels<double, false>(),
                                            avx512::smallKernels<double, true>()};

} // namespace tcc::runtime
#endif
