// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions with few features for each group of channels (depthwise ones have one; pools are such convolutions):
// vectors of neighbouring results along the last window axis, straight from a copy of the group's planes in which
// neighbouring results meet neighbouring elements.
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"

namespace tcc::runtime {
namespace {

/// Elements of small copies that are made before the first of them is read.
constexpr int64_t smallCopies = 1 << 13;
/// Vectors of results in registers, for each of so many features.
template <class C, int bytes, int features> constexpr int vectorsOf() {
  constexpr int sums = vectorRegisters<bytes> / (isComplex<C> || std::is_integral_v<C> ? 4 : 2) / features;
  return sums > 8 ? 8 : sums < 1 ? 1 : sums;
}

/// A vector of results: where its elements of x lie behind a plane's beginning, its place in y behind that of the
/// image, and how many of its lanes are results.
struct Lane {
  int64_t from, place, count;
};

template <class T> struct PositionConvolution : Convolution<T> {
  using C = ConvolutionSum<T>;
  using R = Real<C>;
  using Convolution<T>::g, Convolution<T>::part, Convolution<T>::x, Convolution<T>::w, Convolution<T>::y;
  static constexpr int64_t parts = isComplex<C> ? 2 : 1;

  TccStatus *status;
  const int64_t lanes = vectorLanes<R>();
  const int64_t depth = g.channels.count * part.numTaps;
  const int last = g.numAxes - 1;
  Planes planes;
  int64_t imaginary;        ///< from the copy of real parts to that of imaginary ones
  Scratch<C> weights;       ///< for each group and feature, by channel and tap
  Scratch<int64_t> offsets; ///< in the planes, by channel and tap

  PositionConvolution(const Convolution<T> &call, TccStatus *status) : Convolution<T>(call), status(status) {}
  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }

  int32_t run() {
    // A line shorter than a vector may be read beyond its end.
    bool canBorrow = std::is_same_v<T, R> && g.axes[last].xStride == 1 && part.axes[last].out >= lanes;
    planes.describe<R>(g, part, part.axes[last].stride, canBorrow);
    planes.areChannelsInner = false;
    TCC_CHECK(packWeights());
    int64_t all = part.axes[0].out, slabs;
    Scratch<int64_t> tapOffsets(part.numTaps);
    if (!tapOffsets || !offsets.resize(depth))
      return outOfScratch((part.numTaps + depth) * 8);
    imaginary = planes.layOutSlabs<R>(g, part, g.groups.count * g.images.count, slabs, tapOffsets.get());
    for (int64_t c = 0; c < g.channels.count; ++c)
      for (int64_t tap = 0; tap < part.numTaps; ++tap)
        offsets[c * part.numTaps + tap] = planes.offsetOf(g, c, 0) + tapOffsets[tap];
    return runPieces(slabs, (all + slabs - 1) / slabs);
  }

  int32_t packWeights() {
    int64_t rows = g.groups.count * g.features.count;
    if (!weights.resize(rows * depth))
      return outOfScratch(rows * depth * int64_t(sizeof(C)));
    parallelFor(rows, grainFor(double(depth)), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T *from = w + g.groups.second[row / g.features.count] + g.features.first[row % g.features.count];
        C *to = weights.get() + row * depth;
        for (int64_t c = 0; c < g.channels.count; ++c)
          for (int64_t tap = 0; tap < part.numTaps; ++tap)
            *to++ = C(from[g.channels.second[c] + part.tapInW(g, tap)]);
      }
    });
    return TCC_OK;
  }

  int32_t runPieces(int64_t slabs, int64_t slabParts) {
    int64_t length = g.numAxes == 1 ? slabs : part.axes[last].out;
    int64_t lines = slabs * part.numPositions / part.axes[0].out / (g.numAxes == 1 ? 1 : length);
    int64_t vectors = lines * ((length + lanes - 1) / lanes);
    std::atomic<bool> failed{false};
    double cost = double(vectors * depth * g.features.count) * double(parts) + 100;
    // Small planes are copied some at a time: loads of what narrower stores have just written must wait for them.
    int64_t planesInAll = g.groups.count * g.images.count, size = parts * imaginary + 2 * lanes;
    int64_t together = smallCopies / size < 1 ? 1 : smallCopies / size < 8 ? smallCopies / size : 8;
    parallelFor(slabParts * planesInAll, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<R> copies(together * size);
      Scratch<Lane> list(vectors + 2);
      if (!copies || !list) {
        failed = true;
        return;
      }
      Piece piece{0, 0, 1, -1, 0};
      auto each = [&](int64_t first, int64_t number, auto &&f) {
        for (int64_t i = 0; i < number; ++i) {
          piece.group = (first + i) / g.images.count;
          piece.firstImage = (first + i) % g.images.count;
          f(copies.get() + i * size);
        }
      };
      int64_t count = 0, number;
      for (int64_t index = begin; index < end; index += number) {
        int64_t firstSlab = index / planesInAll * slabs, plane = index % planesInAll;
        number = planesInAll - plane < end - index ? planesInAll - plane : end - index;
        number = number < together ? number : together;
        if (firstSlab != piece.firstSlab) {
          piece.firstSlab = firstSlab;
          piece.numSlabs = part.axes[0].out - firstSlab < slabs ? part.axes[0].out - firstSlab : slabs;
          // The padding is at the same places for all images.
          memset(static_cast<void *>(copies.get()), 0, size_t(together * size) * sizeof(R));
          count = listLanes(piece, list.get());
        }
        if (planes.isOwn)
          each(plane, number, [&](R *copy) { fill(piece, copy); });
        each(plane, number, [&](R *copy) { compute(piece, copy, list.get(), count); });
      }
    });
    return failed ? outOfScratch(together * size * int64_t(sizeof(R))) : TCC_OK;
  }

  int64_t listLanes(const Piece &piece, Lane *list) const {
    int64_t length = lineLength(g, part, piece), count = 0;
    int64_t image = piece.firstImage, base = placeOfImage(piece);
    forEachLine(g, part, piece, [&](int64_t, int64_t, const int64_t *j) {
      int64_t from = planes.offsetOfLine(g, part, piece, j), place = placeInY(g, part, piece.group, image, j) - base;
      for (int64_t i = 0; i < length; i += lanes) {
        // The last vector of a long line overlaps the one before.
        int64_t at = i + lanes > length && length >= lanes ? length - lanes : i;
        list[count++] = {from + at, place + at * stepInY(g, part), length < lanes ? length : lanes};
      }
    });
    // What is left at the end of tiles of four takes as long as one more tile: the last vector is computed again.
    for (; count % 4 > 1; ++count)
      list[count] = list[count - 1];
    return count;
  }
  int64_t placeOfImage(const Piece &piece) const {
    return g.groups.third[piece.group] + g.images.second[piece.firstImage];
  }

  void fill(const Piece &piece, R *copy) const {
    if constexpr (isComplex<C>) {
      planes.fill(g, part, piece, x, 0, g.channels.count, copy, [](T value) TCC_INLINED { return value.re; });
      planes.fill(g, part, piece, x, 0, g.channels.count, copy + imaginary,
                  [](T value) TCC_INLINED { return value.im; });
    } else {
      planes.fill(g, part, piece, x, 0, g.channels.count, copy, [](T value) TCC_INLINED { return C(value); });
    }
  }

  void compute(const Piece &piece, const R *base, const Lane *list, int64_t count) const {
    if constexpr (std::is_same_v<T, R>)
      if (!planes.isOwn)
        base = x + g.groups.first[piece.group] + g.images.first[piece.firstImage];
    T *to = y + placeOfImage(piece);
    const C *a = weights.get() + piece.group * g.features.count * depth;
    vectorised([&]<int bytes>() TCC_INLINED {
      int64_t f = 0;
      for (; f + 4 <= g.features.count; f += 4)
        sumFeatures<bytes, 4>(a + f * depth, base, list, count, to, g.features.second.get() + f);
      for (; f < g.features.count; ++f)
        sumFeatures<bytes, 1>(a + f * depth, base, list, count, to, g.features.second.get() + f);
    });
  }

  template <int bytes, int features>
  TCC_INLINE void sumFeatures(const C *a, const R *base, const Lane *list, int64_t count, T *to,
                              const int64_t *places) const {
    constexpr int vectors = vectorsOf<C, bytes, features>(), few = vectors > 2 ? vectors / 2 : 1;
    int64_t i = 0;
    for (; i + vectors <= count; i += vectors)
      sumTile<bytes, features, vectors>(a, base, list + i, to, places);
    for (; i + few <= count; i += few)
      sumTile<bytes, features, few>(a, base, list + i, to, places);
    if constexpr (few > 1)
      for (; i < count; ++i)
        sumTile<bytes, features, 1>(a, base, list + i, to, places);
  }

  template <int bytes, int features, int vectors>
  TCC_INLINE void sumTile(const C *a, const R *base, const Lane *list, T *to, const int64_t *places) const {
    using V = Vector<R, bytes>;
    V sums[features][parts][vectors] = {};
    const R *from[vectors];
    for (int v = 0; v < vectors; ++v)
      from[v] = base + list[v].from;
    for (int64_t p = 0; p < depth; ++p) {
      V xs[parts][vectors];
      for (int v = 0; v < vectors; ++v)
        for (int half = 0; half < parts; ++half)
          xs[half][v] = vectorAt<R, bytes>(from[v] + half * imaginary + offsets[p]);
      for (int f = 0; f < features; ++f) {
        C factor = a[f * depth + p];
        for (int v = 0; v < vectors; ++v)
          if constexpr (isComplex<C>) {
            sums[f][0][v] += factor.re * xs[0][v];
            sums[f][0][v] -= factor.im * xs[1][v];
            sums[f][1][v] += factor.re * xs[1][v];
            sums[f][1][v] += factor.im * xs[0][v];
          } else {
            sums[f][0][v] += factor * xs[0][v];
          }
      }
    }
    int64_t step = stepInY(g, part);
    for (int f = 0; f < features; ++f)
      for (int v = 0; v < vectors; ++v) {
        T *place = to + places[f] + list[v].place;
        if constexpr (std::is_same_v<T, R>)
          if (step == 1 && list[v].count == LanesOf<R, bytes>::count) {
            vectorAt<R, bytes>(place) = sums[f][0][v];
            continue;
          }
        R values[parts][LanesOf<R, bytes>::count];
        for (int half = 0; half < parts; ++half)
          vectorAt<R, bytes>(values[half]) = sums[f][half][v];
        if constexpr (std::is_same_v<T, R>)
          if (step == 1 && list[v].count >= 4 && list[v].count <= 16) {
            // Short lines in two pieces of a fixed length, which overlap.
            auto copy = [&]<int64_t most>(std::integral_constant<int64_t, most>) TCC_INLINED {
              for (int64_t first : {int64_t(0), list[v].count - most})
                memcpy(place + first, values[0] + first, most * sizeof(T));
            };
            if (list[v].count >= 8)
              copy(std::integral_constant<int64_t, 8>());
            else
              copy(std::integral_constant<int64_t, 4>());
            continue;
          }
        for (int64_t i = 0; i < list[v].count; ++i)
          if constexpr (isComplex<C>)
            place[i * step] = T(values[0][i], values[1][i]);
          else
            place[i * step] = T(values[0][i]);
      }
  }
};

} // namespace

template <class T> int32_t convolveByPositions(const Convolution<T> &call, TccStatus *status) {
  return PositionConvolution<T>(call, status).run();
}

#define TCC_CONVOLVE(T) template int32_t convolveByPositions(const Convolution<T> &, TccStatus *);
TCC_FOR_CONVOLUTION_TYPES(TCC_CONVOLVE)
#undef TCC_CONVOLVE

} // namespace tcc::runtime
