// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions with few features whose windows are longer than their lines of results, as the gradient of a depthwise
// convolution by its weights: each result is a sum over vectors of neighbouring terms.
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"

namespace tcc::runtime {
namespace {

/// Elements of a copy, where channels can be cut so.
constexpr int64_t copyElements = 1 << 17;

template <class T> struct TermConvolution : Convolution<T> {
  using C = ConvolutionSum<T>;
  using R = Real<C>;
  using Convolution<T>::g, Convolution<T>::part, Convolution<T>::x, Convolution<T>::w, Convolution<T>::y;
  static constexpr int64_t parts = isComplex<C> ? 2 : 1;

  TccStatus *status;
  const int64_t lanes = vectorLanes<R>();
  const PartAxis &inner = part.axes[g.numAxes - 1];
  const int64_t length = inner.numTaps, lines = part.numTaps / length; ///< of taps
  const bool isTurned = length > 1 && inner.shifts[1] < inner.shifts[0];
  Planes planes;
  int64_t imaginary, imaginaryWeights; ///< from real parts to imaginary ones
  bool isPacked;
  const R *rows, *end;      ///< lines of weights: our own, or w
  Scratch<R> packed;        ///< for each group, feature, channel and line
  Scratch<int64_t> offsets; ///< of lines in the planes
  Scratch<int64_t> weightOffsets;

  TermConvolution(const Convolution<T> &call, TccStatus *status) : Convolution<T>(call), status(status) {}
  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }

  int32_t run() {
    int64_t distance = length > 1 ? inner.shifts[1] - inner.shifts[0] : 1;
    // Lines shorter than a vector are read beyond their end.
    bool canBorrow = std::is_same_v<T, R> && length >= lanes && g.axes[g.numAxes - 1].xStride == 1;
    planes.describe<R>(g, part, distance < 0 ? -distance : distance, canBorrow);
    planes.areChannelsInner = false;
    Scratch<int64_t> tapOffsets(part.numTaps);
    if (!tapOffsets || !offsets.resize(lines))
      return outOfScratch(part.numTaps * 16);
    imaginary = planes.layOut<R>(g, part, 1, part.axes[0].out, copyElements, tapOffsets.get());
    // The offset of a line is that of the tap that meets the first element.
    for (int64_t line = 0; line < lines; ++line)
      offsets[line] = tapOffsets[line * length + (isTurned ? length - 1 : 0)];
    TCC_CHECK(findWeights());
    return runPieces();
  }

  int32_t findWeights() {
    if (!weightOffsets.resize(lines))
      return outOfScratch(lines * 8);
    isPacked = !std::is_same_v<T, R> || isTurned || length == 1 || part.tapInW(g, 1) - part.tapInW(g, 0) != 1;
    for (int64_t line = 0; line < lines; ++line)
      weightOffsets[line] = isPacked ? line * length : part.tapInW(g, line * length);
    if constexpr (std::is_same_v<T, R>) {
      rows = w;
      end = w + this->numWeights;
    }
    if (!isPacked)
      return TCC_OK;
    int64_t count = g.groups.count * g.features.count * g.channels.count;
    imaginaryWeights = count * part.numTaps;
    Scratch<int64_t> taps(part.numTaps);
    if (!packed.resize(parts * imaginaryWeights) || !taps)
      return outOfScratch(parts * imaginaryWeights * int64_t(sizeof(R)));
    for (int64_t tap = 0; tap < part.numTaps; ++tap)
      taps[tap] = part.tapInW(g, isTurned ? tap - tap % length + length - 1 - tap % length : tap);
    rows = packed.get();
    end = rows + parts * imaginaryWeights;
    parallelFor(count, grainFor(double(part.numTaps)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t channel = i % g.channels.count, feature = i / g.channels.count % g.features.count;
        const T *from = w + g.groups.second[i / g.channels.count / g.features.count] + g.features.first[feature] +
                        g.channels.second[channel];
        R *to = packed.get() + i * part.numTaps;
        for (int64_t tap = 0; tap < part.numTaps; ++tap, ++to) {
          C value = C(from[taps[tap]]);
          if constexpr (isComplex<C>) {
            to[0] = value.re;
            to[imaginaryWeights] = value.im;
          } else {
            to[0] = value;
          }
        }
      }
    });
    return TCC_OK;
  }

  int32_t runPieces() {
    int64_t positions = part.numPositions, size = positions * g.features.count * parts * lanes;
    std::atomic<bool> failed{false};
    double cost = double(positions * g.features.count) * double(g.channels.count * part.numTaps) * 0.05 + 100;
    parallelFor(g.groups.count * g.images.count, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<R> copy(parts * imaginary + 2 * lanes), sums(size);
      Scratch<int64_t> from(positions);
      if (!copy || !sums || !from) {
        failed = true;
        return;
      }
      memset(static_cast<void *>(copy.get()), 0, size_t(parts * imaginary + 2 * lanes) * sizeof(R));
      for (int64_t index = begin; index < end; ++index)
        compute({index / g.images.count, index % g.images.count, 1, 0, part.axes[0].out}, copy.get(), sums.get(),
                from.get());
    });
    return failed ? outOfScratch((parts * imaginary + size) * int64_t(sizeof(R))) : TCC_OK;
  }

  void compute(const Piece &piece, R *copy, R *sums, int64_t *from) {
    int64_t count = inner.out;
    // Neighbouring results need not be neighbours in planes that are sorted by the step between terms.
    forEachLine(g, part, piece, [&](int64_t line, int64_t, const int64_t *begin) {
      int64_t j[maxRank];
      for (int i = 0; i < g.numAxes; ++i)
        j[i] = begin[i];
      for (int64_t i = 0; i < count; ++i, ++j[g.numAxes - 1])
        from[line * count + i] = planes.offsetOfLine(g, part, piece, j);
    });
    memset(static_cast<void *>(sums), 0, size_t(part.numPositions * g.features.count * parts * lanes) * sizeof(R));
    int64_t channelsEach = planes.isOwn ? planes.channels : g.channels.count;
    for (int64_t first = 0; first < g.channels.count; first += channelsEach) {
      int64_t last = first + channelsEach < g.channels.count ? first + channelsEach : g.channels.count;
      const R *base = copy;
      if (planes.isOwn) {
        if constexpr (isComplex<C>) {
          planes.fill(g, part, piece, x, first, last, copy, [](T value) TCC_INLINED { return value.re; });
          planes.fill(g, part, piece, x, first, last, copy + imaginary, [](T value) TCC_INLINED { return value.im; });
        } else {
          planes.fill(g, part, piece, x, first, last, copy, [](T value) TCC_INLINED { return C(value); });
        }
      } else if constexpr (std::is_same_v<T, R>) {
        base = x + g.groups.first[piece.group] + g.images.first[piece.firstImage];
      }
      vectorised([&]<int bytes>() TCC_INLINED {
        for (int64_t c = first; c < last; ++c)
          for (int64_t f = 0; f < g.features.count; ++f) {
            const R *a = rows + (isPacked ? ((piece.group * g.features.count + f) * g.channels.count + c) * part.numTaps
                                          : g.groups.second[piece.group] + g.features.first[f] + g.channels.second[c]);
            const R *plane = base + planes.offsetOf(g, c, first);
            R *to = sums + f * part.numPositions * parts * lanes;
            int64_t p = 0;
            constexpr int rows = isComplex<C> ? 3 : 9;
            for (; p + rows <= part.numPositions; p += rows)
              addTerms<bytes, rows>(a, plane, from + p, to + p * parts * lanes);
            for (; p < part.numPositions; ++p)
              addTerms<bytes, 1>(a, plane, from + p, to + p * parts * lanes);
          }
      });
    }
    for (int64_t f = 0; f < g.features.count; ++f)
      forEachLine(g, part, piece, [&](int64_t line, int64_t image, const int64_t *j) {
        T *to = y + placeInY(g, part, piece.group, image, j) + g.features.second[f];
        for (int64_t i = 0; i < count; ++i) {
          R *sum = sums + (f * part.numPositions + line * count + i) * parts * lanes;
          for (int64_t half = 0; half < parts; ++half)
            for (int64_t step = lanes / 2; step; step /= 2)
              for (int64_t l = 0; l < step; ++l)
                sum[half * lanes + l] = R(sum[half * lanes + l] + sum[half * lanes + l + step]);
          if constexpr (isComplex<C>)
            to[i * stepInY(g, part)] = T(sum[0], sum[lanes]);
          else
            to[i * stepInY(g, part)] = T(sum[0]);
        }
      });
  }

  /// The terms of one channel, for results whose elements lie at from[r].
  template <int bytes, int rows>
  TCC_INLINE void addTerms(const R *a, const R *plane, const int64_t *from, R *to) const {
    using V = Vector<R, bytes>;
    using Bits = typename LanesOf<R, bytes>::Bits;
    constexpr int count = LanesOf<R, bytes>::count;
    V sums[rows][parts];
    for (int r = 0; r < rows; ++r)
      for (int half = 0; half < parts; ++half)
        sums[r][half] = vectorAt<R, bytes>(to + (r * parts + half) * count);
    // The last terms of a line: a vector that ends there, without what was added already and what lies behind.
    int64_t whole = length / count * count, tail = length < count ? 0 : length - count;
    Bits number;
    for (int l = 0; l < count; ++l)
      number[l] = typename LanesOf<R, bytes>::Int(l);
    Bits isRest = (number >= typename LanesOf<R, bytes>::Int(whole - tail)) &
                  (number < typename LanesOf<R, bytes>::Int(length < count ? length : count));
    for (int64_t line = 0; line < lines; ++line) {
      const R *weights = a + weightOffsets[line], *x = plane + offsets[line];
      auto add = [&](int64_t u, int64_t numWeights, auto select) TCC_INLINED {
        V ws[parts] = {};
        for (int half = 0; half < parts; ++half) {
          const R *first = weights + half * imaginaryWeights + u;
          if (end - first >= count)
            ws[half] = select(vectorAt<R, bytes>(first));
          else
            for (int64_t l = 0; l < numWeights; ++l) // a line shorter than a vector, the last of all
              ws[half][l] = first[l];
        }
        for (int r = 0; r < rows; ++r)
          if constexpr (isComplex<C>) {
            V re = select(vectorAt<R, bytes>(x + from[r] + u));
            V im = select(vectorAt<R, bytes>(x + from[r] + imaginary + u));
            sums[r][0] += re * ws[0];
            sums[r][0] -= im * ws[1];
            sums[r][1] += re * ws[1];
            sums[r][1] += im * ws[0];
          } else {
            sums[r][0] += select(vectorAt<R, bytes>(x + from[r] + u)) * ws[0];
          }
      };
      for (int64_t u = 0; u < whole; u += count)
        add(u, count, [](V value) TCC_INLINED { return value; });
      if (whole < length)
        add(tail, length - tail, [&](V value) TCC_INLINED { return isRest ? value : V{}; });
    }
    for (int r = 0; r < rows; ++r)
      for (int half = 0; half < parts; ++half)
        vectorAt<R, bytes>(to + (r * parts + half) * count) = sums[r][half];
  }
};

} // namespace

template <class T> int32_t convolveByTerms(const Convolution<T> &call, TccStatus *status) {
  return TermConvolution<T>(call, status).run();
}

#define TCC_CONVOLVE(T) template int32_t convolveByTerms(const Convolution<T> &, TccStatus *);
TCC_FOR_CONVOLUTION_TYPES(TCC_CONVOLVE)
#undef TCC_CONVOLVE

} // namespace tcc::runtime
