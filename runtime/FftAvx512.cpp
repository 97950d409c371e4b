// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT on x86-64 with AVX-512.
#include "runtime/FftPlan.h"
#include "runtime/VectorTarget.h"

#if defined(__x86_64__)
TCC_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx2,fma")

namespace tcc::runtime {
namespace {
namespace avx512 {
constexpr int vectorBytes = 64;
#include "runtime/FftButterflies.h"
#include "runtime/FftMemory.h"
// After the two that it uses.
#include "runtime/FftKernels.h"
} // namespace avx512
} // namespace

TCC_TARGET_END

const FftKernelTable fftAvx512 = {
    {avx512::vectorLanes<float>, avx512::transformLines<float>, avx512::transformStages<float>},
    {avx512::vectorLanes<double>, avx512::transformLines<double>, avx512::transformStages<double>}};

} // namespace tcc::runtime
#endif
