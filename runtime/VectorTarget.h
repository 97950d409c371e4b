// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions for an instruction set that not every machine has: those between TCC_TARGET_BEGIN("avx2,fma") and
// TCC_TARGET_END may use it, whatever the file is compiled for.
#ifndef TCC_RUNTIME_VECTORTARGET_H
#define TCC_RUNTIME_VECTORTARGET_H

#define TCC_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define TCC_TARGET_BEGIN(isa) TCC_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define TCC_TARGET_END TCC_PRAGMA(clang attribute pop)
#else
// Vectors are never passed between files: how they would be passed does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"
#define TCC_TARGET_BEGIN(isa) TCC_PRAGMA(GCC push_options) TCC_PRAGMA(GCC target(isa))
#define TCC_TARGET_END TCC_PRAGMA(GCC pop_options)
#endif

#endif
