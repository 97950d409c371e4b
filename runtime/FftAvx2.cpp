// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT on x86-64 with AVX2 and FMA.
#include "runtime/FftPlan.h"
#include "runtime/VectorTarget.h"

#if defined(__x86_64__)
TCC_TARGET_BEGIN("avx2,fma")

namespace tcc::runtime {
namespace {
namespace avx2 {
#include "runtime/FftKernels.h"
} // namespace avx2
} // namespace

TCC_TARGET_END

const FftKernelTable fftAvx2 = {{avx2::transformLines<float>}, {avx2::transformLines<double>}, avx2::transformStages};

} // namespace tcc::runtime
#endif
