// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The geometry of a convolution: its axes by role, and the parts into which spread elements (dilation of x) divide it,
// in each of which every result meets the same elements of w.
#ifndef TCC_RUNTIME_WINDOW_H
#define TCC_RUNTIME_WINDOW_H

#include "runtime/Tensors.h"

namespace tcc::runtime {

/// One pair of axes that slide over each other; sizes, strides in memory (elements), and what the op says of it.
struct SlidingAxis {
  int64_t in, kernel, out;
  int64_t xStride, wStride, yStride;
  int64_t step, low, xDilation, wDilation;
};

/// Offsets into one or two tensors for each index of a role; in elements.
struct Offsets {
  int64_t count = 1;
  Scratch<int64_t> first, second, third;
};

/// y[group, image, feature, position] = sum over channel, window of x[group, image, channel, ..] w[group, feature,
/// channel, ..].
struct Geometry {
  Offsets groups;   ///< in x, w, y
  Offsets images;   ///< in x, y
  Offsets features; ///< in w, y
  Offsets channels; ///< in x, w
  int numAxes = 0;
  SlidingAxis axes[maxRank];
  bool flip = false;
};

/// Checks the arguments of tcc_convolution and reads them. Axes of x and w that slide are at least one.
int32_t describe(const TccTensor *in, const TccTensor &out, const int64_t *attrs, Geometry &geometry,
                 TccStatus *status);

/// The results of one residue of their positions: along each axis, result j of `out` is number first + j * every of y,
/// and meets elements stride * j + shift[t] of x and taps[t] of w, for t < numTaps.
struct PartAxis {
  int64_t first, every, out, stride;
  int64_t numTaps;
  Scratch<int64_t> taps, shifts;
};

struct Part {
  PartAxis axes[maxRank];
  int64_t numPositions = 1, numTaps = 1;
  /// Offset in w of tap number `tap`; taps are numbered row-major.
  int64_t tapInW(const Geometry &g, int64_t tap) const {
    int64_t offset = 0;
    for (int i = g.numAxes - 1; i >= 0; --i) {
      offset += axes[i].taps[tap % axes[i].numTaps] * g.axes[i].wStride;
      tap /= axes[i].numTaps;
    }
    return offset;
  }
};

/// How many parts there are; part number `index` of them. False when memory is exhausted.
int64_t numParts(const Geometry &geometry);
bool describePart(const Geometry &geometry, int64_t index, Part &part);

} // namespace tcc::runtime
#endif
