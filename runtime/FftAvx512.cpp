// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT on x86-64 with AVX-512.
#include "runtime/FftPlan.h"

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
#include "runtime/FftKernels.h"
} // namespace avx512
} // namespace

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const FftKernelTable fftAvx512 = {
    {avx512::transformLines<float>}, {avx512::transformLines<double>}, avx512::transformStages};

} // namespace tcc::runtime
#endif
