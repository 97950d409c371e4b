// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the CPU and the system allow, asked of the CPU itself: artifacts link no compiler's support library.
#include "runtime/Vectorise.h"
#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace tcc::runtime {

#if defined(__x86_64__)
namespace {

struct Cpu {
  VectorLevel level = VectorLevel::Baseline;
  bool bf16Tiles = false;

  Cpu() {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
      return;
    bool fma = c >> 12 & 1, saves = c >> 27 & 1, f16c = c >> 29 & 1;
    if (!fma || !saves || !f16c || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
      return;
    uint32_t low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    auto has = [](uint32_t word, uint32_t bits) { return (word & bits) == bits; };
    constexpr uint32_t avx2 = 1u << 5 | 1u << 3 | 1u << 8;                            // and BMI1, BMI2
    constexpr uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31; // F DQ CD BW VL
    if (has(low, 6) && has(b, avx2))
      level = VectorLevel::Avx2;
    if (has(low, 0xe6) && has(b, avx2 | avx512))
      level = VectorLevel::Avx512;
#ifdef __linux__
    // The system saves tile registers only for processes that ask (arch_prctl ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
    constexpr uint32_t tileAndBf16 = 1u << 24 | 1u << 22;
    const bool hasTiles = has(d, tileAndBf16) && has(low, 0x60000);
    // Every such CPU also rounds vectors to bfloat16 (AVX512_BF16).
    if (level == VectorLevel::Avx512 && hasTiles && __get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, 1u << 5))
      bf16Tiles = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
#endif
  }
};

VectorLevel mostLevel = VectorLevel::Avx512;

const Cpu &cpu() {
  static const Cpu value; // every thread would write the same
  return value;
}

} // namespace

VectorLevel vectorLevel() { return cpu().level < mostLevel ? cpu().level : mostLevel; }
void limitVectorLevel(VectorLevel most) { mostLevel = most; }
bool hasBf16Tiles() { return cpu().bf16Tiles && mostLevel == VectorLevel::Avx512; }

#else

VectorLevel vectorLevel() { return VectorLevel::Baseline; }
void limitVectorLevel(VectorLevel) {}
bool hasBf16Tiles() { return false; }

#endif

} // namespace tcc::runtime
