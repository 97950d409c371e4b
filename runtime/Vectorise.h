// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops of the runtime compiled for several vector extensions, the widest of this CPU chosen when they run. Kernels
// made by the compiler need none of this: they know their target.
#ifndef TCC_RUNTIME_VECTORISE_H
#define TCC_RUNTIME_VECTORISE_H

#include <utility>

/// What vectorised() runs must be inlined into it to be compiled anew: functions and, after their parameters, lambdas.
#define TCC_INLINE __attribute__((always_inline)) inline
#define TCC_INLINED __attribute__((always_inline))

namespace tcc::runtime {

enum class VectorLevel { Baseline, Avx2, Avx512 };
VectorLevel vectorLevel();
/// No more than `most` from now on, also where the CPU has more: for tests.
void limitVectorLevel(VectorLevel most);
/// Whether this process may use the tile registers for products of bfloat16.
bool hasBf16Tiles();

#if defined(__x86_64__)
template <class F>
__attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"),
               noinline)) void onAvx512(F &f) {
  f.template operator()<64>();
}
template <class F> __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"), noinline)) void onAvx2(F &f) {
  f.template operator()<32>();
}
#endif

/// Calls f.template operator()<vectorBytes>().
template <class F> void vectorised(F &&f) {
#if defined(__x86_64__)
  VectorLevel level = vectorLevel();
  if (level == VectorLevel::Avx512)
    return onAvx512(f);
  if (level == VectorLevel::Avx2)
    return onAvx2(f);
#endif
  f.template operator()<16>();
}

} // namespace tcc::runtime
#endif
