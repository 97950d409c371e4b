// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Depthwise convolutions whose channels are neighbours in memory: vectors of channels, each with weights of its own.
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"

namespace tcc::runtime {
namespace {

/// Positions and vectors of channels in registers.
constexpr int tileRows = 4, tileVectors = 2;

template <class T> struct GroupConvolution : Convolution<T> {
  using C = ConvolutionSum<T>;
  using Convolution<T>::g, Convolution<T>::part, Convolution<T>::x, Convolution<T>::w, Convolution<T>::y;

  TccStatus *status;
  const int64_t count = g.channels.count, lanes = vectorLanes<C>();
  Planes planes;
  Scratch<C> weights; ///< for each tap those of all channels
  Scratch<int64_t> offsets;

  GroupConvolution(const Convolution<T> &call, TccStatus *status) : Convolution<T>(call), status(status) {}
  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }

  int32_t run() {
    planes.describe<C>(g, part, 1, std::is_same_v<T, C>);
    if (!weights.resize(part.numTaps * count) || !offsets.resize(part.numTaps))
      return outOfScratch(part.numTaps * count * int64_t(sizeof(C)));
    for (int64_t tap = 0; tap < part.numTaps; ++tap)
      for (int64_t c = 0, at = part.tapInW(g, tap); c < count; ++c)
        weights[tap * count + c] = C(w[at + g.channels.second[c]]);
    int64_t all = part.axes[0].out, slabs;
    int64_t size = planes.layOutSlabs<C>(g, part, g.images.count, slabs, offsets.get());
    int64_t slabParts = (all + slabs - 1) / slabs;
    std::atomic<bool> failed{false};
    double cost = double(slabs * part.numPositions / all * count * part.numTaps) * 0.05 + 100;
    parallelFor(g.images.count * slabParts, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<C> copy(size);
      if (!copy) {
        failed = true;
        return;
      }
      for (int64_t index = begin; index < end; ++index) {
        int64_t slab = index % slabParts * slabs;
        compute({0, index / slabParts, 1, slab, all - slab < slabs ? all - slab : slabs}, size, copy.get());
      }
    });
    return failed ? outOfScratch(size * int64_t(sizeof(C))) : TCC_OK;
  }

  void compute(const Piece &piece, int64_t size, C *copy) {
    const C *base = copy;
    if (planes.isOwn) {
      memset(static_cast<void *>(copy), 0, size_t(size) * sizeof(C));
      planes.fill(g, part, piece, x, 0, count, copy, [](T value) TCC_INLINED { return C(value); });
    } else if constexpr (std::is_same_v<T, C>) {
      base = x + g.channels.first[0] + g.images.first[piece.firstImage];
    }
    int64_t length = lineLength(g, part, piece), step = planes.stepOf(g, part), stepTo = stepInY(g, part);
    forEachLine(g, part, piece, [&](int64_t, int64_t image, const int64_t *j) {
      const C *from = base + planes.offsetOfLine(g, part, piece, j);
      T *to = y + placeInY(g, part, 0, image, j) + g.channels.third[0];
      vectorised([&]<int bytes>() TCC_INLINED {
        int64_t i = 0;
        for (; i + tileRows <= length; i += tileRows)
          sumChannels<bytes, tileRows>(from + i * step, step, to + i * stepTo, stepTo);
        for (; i < length; ++i)
          sumChannels<bytes, 1>(from + i * step, step, to + i * stepTo, stepTo);
      });
    });
  }

  template <int bytes, int rows> TCC_INLINE void sumChannels(const C *from, int64_t step, T *to, int64_t stepTo) const {
    constexpr int64_t width = LanesOf<C, bytes>::count;
    int64_t c = 0;
    for (; c + tileVectors * width <= count; c += tileVectors * width)
      sumTile<bytes, rows, tileVectors>(c, from, step, to, stepTo);
    for (; c < count; c += width) // the last vector overlaps the one before
      sumTile<bytes, rows, 1>(c + width <= count ? c : count - width, from, step, to, stepTo);
  }

  template <int bytes, int rows, int vectors>
  TCC_INLINE void sumTile(int64_t c, const C *from, int64_t step, T *to, int64_t stepTo) const {
    using V = Vector<C, bytes>;
    constexpr int64_t width = LanesOf<C, bytes>::count;
    V sums[rows][vectors] = {};
    for (int64_t tap = 0; tap < part.numTaps; ++tap) {
      const C *factors = weights.get() + tap * count + c, *elements = from + offsets[tap] + c;
      for (int v = 0; v < vectors; ++v) {
        V factor = vectorAt<C, bytes>(factors + v * width);
        for (int r = 0; r < rows; ++r)
          sums[r][v] += vectorAt<C, bytes>(elements + r * step + v * width) * factor;
      }
    }
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) {
        T *place = to + r * stepTo + c + v * width;
        if constexpr (std::is_same_v<T, C>) {
          vectorAt<C, bytes>(place) = sums[r][v];
        } else {
          C values[width];
          vectorAt<C, bytes>(values) = sums[r][v];
          for (int64_t l = 0; l < width; ++l)
            place[l] = T(values[l]);
        }
      }
  }
};

} // namespace

template <class T> int32_t convolveByGroups(const Convolution<T> &call, TccStatus *status) {
  return GroupConvolution<T>(call, status).run();
}

#define TCC_CONVOLVE(T) template int32_t convolveByGroups(const Convolution<T> &, TccStatus *);
TCC_FOR_REAL_CONVOLUTION_TYPES(TCC_CONVOLVE)
#undef TCC_CONVOLVE

} // namespace tcc::runtime
