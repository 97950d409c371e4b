// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an FFT implementation has to do: one-dimensional transforms of many lines in place in a larger array. Fft.cpp
// cuts work into such chunks; FFTW and our own FFT carry them out.
#ifndef TCC_RUNTIME_FFTLINES_H
#define TCC_RUNTIME_FFTLINES_H

#include <stdint.h>

namespace tcc::runtime {

enum class FftKind : int32_t { Forward, Backward, RealToComplex, ComplexToReal };

/// Lines along an axis with `inner` elements between neighbours: outerCount x innerCount lines of transform length n.
/// Element i of line (o, j) is at o * outerStride + i * inner + j; strides in elements of either array. Results are
/// multiplied by `scale`.
struct FftLines {
  FftKind kind;
  int64_t n, inner, outerCount, innerCount, inOuterStride, outOuterStride;
  double scale;
};

/// How many of `lines` lines of length n are transformed side by side: the lanes of a vector, or 1, when neighbours
/// within a line fill the vectors.
template <class R> int64_t ownLanes(FftKind kind, int64_t n, int64_t lines);
/// 0, or a negative number when memory ran out. `in` may equal `out` for complex transforms.
template <class R> int ownFft(const FftLines &lines, int64_t lanes, const R *in, R *out);

} // namespace tcc::runtime
#endif
