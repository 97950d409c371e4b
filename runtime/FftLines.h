// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an FFT implementation has to do: one-dimensional transforms of many lines in place in a larger array. Fft.cpp
// cuts work into such chunks; FFTW and our own FFT carry them out.
#ifndef TCC_RUNTIME_FFTLINES_H
#define TCC_RUNTIME_FFTLINES_H

#include <stdint.h>

namespace tcc::runtime {

enum class FftKind : int32_t { Forward, Backward, RealToComplex, ComplexToReal };

/// Roots of unity by which the element k of line l is multiplied before it is transformed: exp(-2 pi i k l / size), or
/// its conjugate if the transform is a backward one.
struct FftTurns {
  static constexpr int64_t lanes = 16;
  int bits;
  const double *roots; ///< of k < 2^bits, then of multiples of 2^bits: re and im in turn
  const void *steps;   ///< for each k, of lines 0 ... lanes - 1: re, then im, of the transform's type
};

/// What a transform does to numbers beside transforming them. Results are multiplied by `scale`, those frequencies of a
/// half spectrum that stand for two also by `pairs`, and the numbers of a complex result, or those that a real one is
/// made of, are conjugated.
struct FftWeights {
  double scale = 1, pairs = 1;
  bool conjugate = false;
};

/// Lines along an axis: outerCount x innerCount lines of transform length n. Element i of line (o, j) is at
/// o * inOuterStride + i * inStep + j of the one array, and o * outOuterStride + i * outStep + j of the other.
struct FftLines {
  FftKind kind;
  int64_t n, inStep, outStep, outerCount, innerCount, inOuterStride, outOuterStride;
  FftWeights weights;
  const FftTurns *turns = nullptr; ///< of complex lines side by side
};

/// How our own transform cuts lines: those of a piece (of neighbours in memory, or all) into groups that are
/// transformed side by side, a line in each lane of a vector, or lines by themselves, when neighbours within a line
/// fill the vectors. What is left for half a vector or less goes into one of half the width, which takes half the time.
struct FftGroups {
  bool alone;
  int64_t pieces, pieceLines; ///< lines of a piece
  int64_t lanes;              ///< of a whole group
  int64_t whole, halves;      ///< groups of a piece, in this order

  int64_t count() const { return pieces * (whole + halves); }
};
/// `shared`: the groups may be computed by two threads, and the last one is cut in two if they could not share it.
/// Never depends on the threads there are, as bits may depend on it.
template <class R> FftGroups ownGroups(const FftLines &lines, bool shared);
/// Transforms groups [begin, end) of `lines`. 0, or a negative number when memory ran out. `in` may equal `out` for
/// complex transforms.
template <class R>
int ownFft(const FftLines &lines, const FftGroups &groups, int64_t begin, int64_t end, const R *in, R *out);

} // namespace tcc::runtime
#endif
