// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small matrices on x86-64 with AVX2 and FMA.
#include "runtime/SmallMatrix.h"
#include "runtime/TaylorExponential.h"
#include "runtime/VectorTarget.h"

#if defined(__x86_64__)
TCC_TARGET_BEGIN("avx2,fma")

namespace tcc::runtime {
namespace {
namespace avx2 {
#include "runtime/LaneArithmetic.h"
#include "runtime/SmallMatrixKernels.h"
#include "runtime/SmallMatrixSeries.h"
#include "runtime/SmallMatrixTable.h"
} // namespace avx2
} // namespace

TCC_TARGET_END

const SmallMatrixTable smallMatrixAvx2 = {avx2::smallKernels<float, false>(), avx2::smallKernels<float, true>(),
                                          avx2::smallKernels<double, false>(), avx2::smallKernels<double, true>()};

} // namespace tcc::runtime
#endif
