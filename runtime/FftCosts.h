// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What our own FFT decides for a length: factors, which of them are convolutions, and how a line by itself is cut.
#ifndef TCC_RUNTIME_FFTCOSTS_H
#define TCC_RUNTIME_FFTCOSTS_H

#include <stdint.h>

namespace tcc::runtime {

/// Longer lines leave the second-level cache when there is one in each lane.
inline constexpr int64_t longestTogether = 4096;

/// The divisor of n next to its square root, 1 for a prime.
int64_t middleDivisor(int64_t n);
/// The radices of the stages of n, at most 64.
int factorise(int64_t n, int64_t *factors);
/// Whether a factor is a convolution, not a butterfly.
bool isConvolution(int64_t prime);
/// The length of the convolution that makes a prime's stage, the rows of its matrix, and what the stage costs.
int64_t convolutionLength(int64_t prime, int64_t &rows, double &cost);
/// The cheapest rows of a line by itself, 0 if there are none that fill vectors. A line with a prime that is a
/// convolution is better one as a whole.
int64_t rowsOf(int64_t n, int64_t vector, double &cost);
/// The length of the stages of a line: n, or the padded length of Bluestein's convolution. The cost is that of a line.
int64_t lengthOfStages(int64_t n, bool alone, int64_t vector, double &cost);

} // namespace tcc::runtime
#endif
