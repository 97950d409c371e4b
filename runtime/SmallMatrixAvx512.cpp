// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small matrices on x86-64 with AVX-512.
#include "runtime/SmallMatrix.h"
#include "runtime/TaylorExponential.h"
#include "runtime/VectorTarget.h"

#if defined(__x86_64__)
TCC_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx2,fma")

namespace tcc::runtime {
namespace {
namespace avx512 {
#include "runtime/LaneArithmetic.h"
#include "runtime/SmallMatrixKernels.h"
#include "runtime/SmallMatrixSeries.h"
#include "runtime/SmallMatrixTable.h"
} // namespace avx512
} // namespace

TCC_TARGET_END

const SmallMatrixTable smallMatrixAvx512 = {avx512::smallKernels<float, false>(), avx512::smallKernels<float, true>(),
                                            avx512::smallKernels<double, false>(),
                                            avx512::smallKernels<double, true>()};

} // namespace tcc::runtime
#endif
