// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT on x86-64 with AVX2 and FMA.
#include "runtime/FftPlan.h"

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
#include "runtime/FftKernels.h"
} // namespace avx2
} // namespace

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const FftKernelTable fftAvx2 = {{avx2::transformLines<float>}, {avx2::transformLines<double>}, avx2::transformStages};

} // namespace tcc::runtime
#endif
