// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT on x86-64 with AVX2 and FMA.
#include "runtime/FftPlan.h"
#include "runtime/VectorTarget.h"

#if defined(__x86_64__)
TCC_TARGET_BEGIN("avx2,fma")

namespace tcc::runtime {
namespace {
namespace avx2 {
constexpr int vectorBytes = 32;
#include "runtime/FftButterflies.h"
#include "runtime/FftMemory.h"
// After the two that it uses.
#include "runtime/FftKernels.h"
} // namespace avx2
} // namespace

TCC_TARGET_END

const FftKernelTable fftAvx2 = {
    {avx2::vectorLanes<float>, avx2::transformLines<float>, avx2::transformStages<float>},
    {avx2::vectorLanes<double>, avx2::transformLines<double>, avx2::transformStages<double>}};

} // namespace tcc::runtime
#endif
