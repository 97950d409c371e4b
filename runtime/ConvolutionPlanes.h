// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a convolution finds the elements of x that some of its results meet: in x itself, or in a copy with the padding
// in it that a task makes for itself, so that it stays in the caches. Either way a result's elements are one address,
// that of its position, plus an offset for each channel and tap.
#ifndef TCC_RUNTIME_CONVOLUTIONPLANES_H
#define TCC_RUNTIME_CONVOLUTIONPLANES_H

#include "runtime/Elements.h"
#include "runtime/Vectorise.h"
#include "runtime/Window.h"

namespace tcc::runtime {

template <class R> int64_t vectorLanes() {
  int64_t lanes = 0;
  vectorised([&]<int bytes>() TCC_INLINED { lanes = bytes / int64_t(sizeof(R)); });
  return lanes;
}

/// How results are cut: some images, and slabs, which are the results of one index of the first window axis.
struct Piece {
  int64_t group, firstImage, numImages, firstSlab, numSlabs;
};

/// Calls f(line, image, j) for all lines of results of a piece along the last window axis: number, image, and index
/// along each window axis (that along the last is where the line begins).
template <class F> void forEachLine(const Geometry &g, const Part &part, const Piece &piece, F &&f) {
  int last = g.numAxes - 1;
  for (int64_t image = piece.firstImage, line = 0; image < piece.firstImage + piece.numImages; ++image) {
    int64_t j[maxRank] = {piece.firstSlab};
    for (bool more = true; more; ++line) {
      f(line, image, j);
      more = false;
      for (int i = last - 1; i >= 0 && !more; --i) {
        int64_t begin = i ? 0 : piece.firstSlab, end = i ? part.axes[i].out : piece.firstSlab + piece.numSlabs;
        more = ++j[i] < end;
        if (!more)
          j[i] = begin;
      }
    }
  }
}
inline int64_t lineLength(const Geometry &g, const Part &part, const Piece &piece) {
  return g.numAxes == 1 ? piece.numSlabs : part.axes[g.numAxes - 1].out;
}
/// Where in y line `j` of an image begins.
inline int64_t placeInY(const Geometry &g, const Part &part, int64_t group, int64_t image, const int64_t *j) {
  int64_t place = g.groups.third[group] + g.images.second[image];
  for (int i = 0; i < g.numAxes; ++i)
    place += (part.axes[i].first + j[i] * part.axes[i].every) * g.axes[i].yStride;
  return place;
}
/// Between neighbours of a line.
inline int64_t stepInY(const Geometry &g, const Part &part) {
  return part.axes[g.numAxes - 1].every * g.axes[g.numAxes - 1].yStride;
}

/// Elements along the last axis may be sorted by their residues modulo `modulus`, so that those of every modulus-th
/// index are neighbours.
struct Planes {
  bool isOwn;
  bool areChannelsInner; ///< of a copy: they are in x, too
  int64_t modulus, residueStride;
  int64_t least[maxRank], most[maxRank];        ///< shifts of x against a result's position
  int64_t extents[maxRank], strides[maxRank];   ///< of the copy, or strides of x
  int64_t channels, channelStride, imageStride; ///< of the copy: how many channels it holds

  /// Decides whether elements E are read from x, whose elements they must be then.
  template <class E> void describe(const Geometry &g, const Part &part, int64_t by, bool canBorrow) {
    modulus = by;
    isOwn = !canBorrow || modulus != 1;
    int last = g.numAxes - 1;
    for (int i = 0; i <= last; ++i) {
      const PartAxis &axis = part.axes[i];
      least[i] = most[i] = 0;
      for (int64_t t = 0; t < axis.numTaps; ++t) {
        least[i] = t == 0 || axis.shifts[t] < least[i] ? axis.shifts[t] : least[i];
        most[i] = t == 0 || axis.shifts[t] > most[i] ? axis.shifts[t] : most[i];
      }
      isOwn |= least[i] < 0 || axis.stride * (axis.out - 1) + most[i] >= g.axes[i].in;
      strides[i] = g.axes[i].xStride;
    }
    // Elements that are met together must not lie at multiples of a page: the caches have few places for them.
    auto isBad = [](int64_t stride) { return stride && stride * int64_t(sizeof(E)) % 4096 == 0; };
    const int64_t *channel = g.channels.first.get(), *image = g.images.first.get();
    isOwn |= (g.channels.count > 8 && isBad(channel[1] - channel[0])) || isBad(strides[last]) ||
             (g.images.count > 8 && part.numPositions < 16 && isBad(image[1] - image[0]));
    areChannelsInner = g.channels.count > 1 && modulus == 1;
    for (int64_t c = 1; c < g.channels.count; ++c)
      areChannelsInner &= channel[c] == channel[0] + c;
  }

  static int64_t spread(int64_t stride, int64_t bytes) { return stride * bytes % 4096 == 0 ? stride + 16 : stride; }

  /// Lays a copy out for pieces of so many images and slabs, and writes the offset of each tap. The elements of a copy;
  /// `wanted` of them stay in the second-level cache.
  template <class E>
  int64_t layOut(const Geometry &g, const Part &part, int64_t images, int64_t slabs, int64_t wanted,
                 int64_t *tapOffsets) {
    int last = g.numAxes - 1;
    int64_t size = 0;
    if (isOwn) {
      int64_t plane = 1;
      for (int i = 0; i <= last; ++i) {
        extents[i] = part.axes[i].stride * ((i ? part.axes[i].out : slabs) - 1) + most[i] - least[i] + 1;
        plane *= extents[i];
      }
      residueStride = (extents[last] + modulus - 1) / modulus;
      plane = plane / extents[last] * residueStride * modulus;
      channels = wanted / (images * plane);
      channels = channels < 1 ? 1 : channels < g.channels.count ? channels : g.channels.count;
      int64_t pitch = areChannelsInner ? spread(channels, sizeof(E)) : 1;
      for (int i = last; i >= 0; --i) {
        strides[i] = pitch;
        pitch *= i == last ? residueStride * modulus : extents[i];
      }
      channelStride = areChannelsInner ? 1 : spread(pitch, sizeof(E));
      imageStride = spread(areChannelsInner ? pitch : channelStride * channels, sizeof(E));
      size = imageStride * images;
    }
    for (int64_t tap = 0; tap < part.numTaps; ++tap) {
      int64_t offset = 0, rest = tap;
      for (int i = last; i >= 0; --i) {
        int64_t shift = part.axes[i].shifts[rest % part.axes[i].numTaps] - least[i];
        offset += i == last && modulus > 1 ? shift % modulus * residueStride + shift / modulus : shift * strides[i];
        rest /= part.axes[i].numTaps;
      }
      tapOffsets[tap] = offset;
    }
    return size;
  }

  /// The same for pieces of one image with all channels: of fewer slabs where the copy would leave the second-level
  /// cache or threads would have nothing to do.
  template <class E>
  int64_t layOutSlabs(const Geometry &g, const Part &part, int64_t images, int64_t &slabs, int64_t *tapOffsets) {
    constexpr int64_t mostElements = 1 << 18, enoughPieces = 16;
    int64_t all = slabs = part.axes[0].out, size;
    auto layOutAll = [&] { return layOut<E>(g, part, 1, slabs, int64_t(1) << 60, tapOffsets); };
    size = layOutAll();
    while ((size > mostElements || images * ((all + slabs - 1) / slabs) < enoughPieces) && slabs > 4) {
      slabs = (slabs + 1) / 2;
      size = layOutAll();
    }
    return size;
  }

  /// Between the neighbours of a line of results.
  int64_t stepOf(const Geometry &g, const Part &part) const {
    int64_t stride = part.axes[g.numAxes - 1].stride;
    return stride % modulus == 0 ? stride / modulus * strides[g.numAxes - 1] : 0;
  }

  /// Where line `j` of results finds its elements, behind those of its image.
  int64_t offsetOfLine(const Geometry &g, const Part &part, const Piece &piece, const int64_t *j) const {
    int64_t offset = 0;
    for (int i = 0; i < g.numAxes; ++i) {
      int64_t at = part.axes[i].stride * (j[i] - (isOwn && i == 0 ? piece.firstSlab : 0)) + (isOwn ? 0 : least[i]);
      offset += i == g.numAxes - 1 && modulus > 1 ? at % modulus * residueStride + at / modulus : at * strides[i];
    }
    return offset;
  }
  int64_t offsetOf(const Geometry &g, int64_t channel, int64_t firstChannel) const {
    return isOwn ? (channel - firstChannel) * channelStride : g.channels.first[channel];
  }

  /// Copies channels [first, last) of a piece, as convert(element); padding must have been written.
  template <class T, class E, class F>
  void fill(const Geometry &g, const Part &part, const Piece &piece, const T *x, int64_t first, int64_t last, E *to,
            F convert) const {
    int inner = g.numAxes - 1;
    int64_t begin[maxRank], end[maxRank], base[maxRank];
    for (int i = 0; i <= inner; ++i) {
      base[i] = least[i] + (i ? 0 : part.axes[0].stride * piece.firstSlab);
      int64_t extent = i ? extents[i] : part.axes[0].stride * (piece.numSlabs - 1) + most[0] - least[0] + 1;
      begin[i] = base[i] < 0 ? -base[i] : 0;
      end[i] = g.axes[i].in - base[i] < extent ? g.axes[i].in - base[i] : extent;
      if (begin[i] >= end[i])
        return;
    }
    // Lines of the last axis; those of the axis before it are the innermost loop over lines.
    int64_t count = end[inner] - begin[inner], step = g.axes[inner].xStride, lines = 1;
    int64_t lineStep = 0, lineStepTo = 0;
    if (inner > 0) {
      lines = end[inner - 1] - begin[inner - 1];
      lineStep = g.axes[inner - 1].xStride;
      lineStepTo = strides[inner - 1];
    }
    vectorised([&]<int>() TCC_INLINED {
      int64_t at[maxRank];
      for (int i = 0; i <= inner; ++i)
        at[i] = begin[i];
      for (bool more = true; more;) {
        int64_t source = g.groups.first[piece.group] + (base[inner] + begin[inner]) * step, target = 0;
        for (int i = 0; i < inner; ++i) {
          source += (base[i] + at[i]) * g.axes[i].xStride;
          target += at[i] * strides[i];
        }
        for (int64_t image = 0; image < piece.numImages; ++image) {
          const T *fromImage = x + source + g.images.first[piece.firstImage + image];
          E *toImage = to + target + image * imageStride;
          if (areChannelsInner) {
            for (int64_t line = 0; line < lines; ++line)
              copyChannels(fromImage + line * lineStep + g.channels.first[first],
                           toImage + line * lineStepTo + begin[inner] * strides[inner], count, step, last - first,
                           strides[inner], convert);
            continue;
          }
          for (int64_t c = first; c < last; ++c) {
            const T *from = fromImage + g.channels.first[c];
            E *toLine = toImage + (c - first) * channelStride;
            for (int64_t line = 0; line < lines; ++line, from += lineStep, toLine += lineStepTo)
              copyLine(from, toLine, begin[inner], count, step, convert);
          }
        }
        more = false;
        for (int i = inner - 2; i >= 0 && !more; --i) {
          more = ++at[i] < end[i];
          if (!more)
            at[i] = begin[i];
        }
      }
    });
  }

private:
  template <class T, class E, class F>
  TCC_INLINE void copyChannels(const T *from, E *to, int64_t count, int64_t step, int64_t channels, int64_t pitch,
                               F convert) const {
    if (step == channels && pitch == channels) {
      channels *= count;
      count = 1;
    }
    for (int64_t i = 0; i < count; ++i, from += step, to += pitch)
      for (int64_t c = 0; c < channels; ++c)
        to[c] = convert(from[c]);
  }

  template <class T, class E, class F>
  TCC_INLINE void copyLine(const T *from, E *to, int64_t begin, int64_t count, int64_t step, F convert) const {
    auto copy = [&](E *run, const T *source, int64_t length, auto distance) TCC_INLINED {
      for (int64_t i = 0; i < length; ++i)
        run[i] = convert(source[i * distance]);
    };
    // Short lines in two pieces of a fixed length, which overlap.
    auto copyShort = [&]<int64_t most>(E *run, const T *source, int64_t length, std::integral_constant<int64_t, most>)
                         TCC_INLINED {
                           for (int64_t first : {int64_t(0), length - most})
                             for (int64_t i = 0; i < most; ++i)
                               run[first + i] = convert(source[first + i]);
                         };
    auto copyRun = [&](E *run, const T *source, int64_t length) TCC_INLINED {
      if (length >= 32 || length < 4)
        copy(run, source, length, std::integral_constant<int64_t, 1>());
      else if (length >= 16)
        copyShort(run, source, length, std::integral_constant<int64_t, 16>());
      else if (length >= 8)
        copyShort(run, source, length, std::integral_constant<int64_t, 8>());
      else
        copyShort(run, source, length, std::integral_constant<int64_t, 4>());
    };
    auto copyEvery = [&](E *run, const T *source, int64_t length, int64_t distance) TCC_INLINED {
      if (distance == 1)
        copyRun(run, source, length);
      else if (distance == 2)
        copy(run, source, length, std::integral_constant<int64_t, 2>());
      else
        copy(run, source, length, distance);
    };
    if (modulus == 1) // without the divisions, which cost as much as a short line
      return copyEvery(to + begin, from, count, step);
    for (int64_t k = 0; k < modulus && k < count; ++k) {
      int64_t index = begin + k;
      copyEvery(to + index % modulus * residueStride + index / modulus, from + k * step,
                (count - k + modulus - 1) / modulus, step * modulus);
    }
  }
};

} // namespace tcc::runtime
#endif
