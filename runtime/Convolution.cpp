// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_convolution: an implicit product of w with the matrix of all windows of x, of which there is never more than a
// panel of a few columns. x is first copied to planes with the padding in them and one plane for each residue modulo
// the stride, so that the elements that consecutive results meet are consecutive in memory.
#include "runtime/ConvolutionKernels.h"
#include "runtime/Threads.h"
#include "runtime/Window.h"

namespace tcc::runtime {
namespace {

/// Elements of the planes of one chunk of images: 32 MiB of floats, or one image.
constexpr int64_t chunkElements = int64_t(1) << 23;
/// Products that are summed before a tile of results is stored and loaded again: a panel of so many rows fits the
/// first-level cache.
constexpr int64_t blockDepth = 128;
constexpr int64_t maxPanels = 4;
/// With fewer features a panel costs more than it saves, and the planes are read in place.
constexpr int64_t leastFeatures = 8;

/// Where the planes are: our own or, where x has no padding and no strides, x itself.
template <class R> struct Planes {
  const R *data;
  int64_t imaginary;                               ///< from a real part to the imaginary one
  int64_t strides[maxRank];                        ///< of positions, for each axis
  int64_t residues[maxRank];                       ///< of residues, for each axis
  int64_t groupStride, imageStride, channelStride; ///< of our own
  bool isOwn;
};

/// A convolution of elements T, computed in C: the 16-bit floats in float, rounded once.
template <class T, class C> struct Convolution {
  Convolution(const Geometry &g, const T *x, const T *w, T *y, TccStatus *status)
      : g(g), x(x), w(w), y(y), status(status) {}

  using R = Real<C>;
  static constexpr int64_t parts = isComplex<C> ? 2 : 1;
  const int64_t width = tileWidth<C>();

  const Geometry &g;
  const T *x, *w;
  T *y;
  TccStatus *status;
  Part part;
  Planes<R> planes;
  Scratch<R> planeStorage;
  Scratch<C> weights;                                   ///< for each group and feature, by channel and tap
  Scratch<int64_t> offsets;                             ///< in the planes, by channel and tap
  int64_t depth;                                        ///< channels x taps
  int64_t runLength;                                    ///< results that are consecutive in the planes
  int runAxes;                                          ///< the last axes that they span
  bool areTapsRuns;                                     ///< of some length, one behind the other in the planes
  int64_t firstGroup, numGroups, firstImage, numImages; ///< of the chunk

  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }

  int32_t run() {
    for (int64_t index = 0, count = numParts(g); index < count; ++index) {
      if (!describePart(g, index, part))
        return outOfScratch(0);
      if (part.numPositions == 0)
        continue;
      depth = g.channels.count * part.numTaps;
      TCC_CHECK(packWeights());
      TCC_CHECK(runPart());
    }
    return TCC_OK;
  }

  int32_t packWeights() {
    int64_t rows = g.groups.count * g.features.count;
    Scratch<int64_t> tapOffsets(part.numTaps);
    if (!weights.resize(rows * depth) || !tapOffsets)
      return outOfScratch(rows * depth * int64_t(sizeof(C)));
    for (int64_t tap = 0; tap < part.numTaps; ++tap) {
      int64_t offset = 0, rest = tap;
      for (int i = g.numAxes - 1; i >= 0; --i) {
        offset += part.axes[i].taps[rest % part.axes[i].numTaps] * g.axes[i].wStride;
        rest /= part.axes[i].numTaps;
      }
      tapOffsets[tap] = offset;
    }
    // Taps that lie one behind the other are copied as such.
    bool isRun = true;
    for (int64_t tap = 0; tap < part.numTaps; ++tap)
      isRun &= tapOffsets[tap] == tapOffsets[0] + tap;
    parallelFor(rows, grainFor(double(depth)), [&](int64_t begin, int64_t end) {
      vectorised([&]<int>() TCC_INLINED {
        for (int64_t row = begin; row < end; ++row) {
          const T *from = w + g.groups.second[row / g.features.count] + g.features.first[row % g.features.count];
          C *to = weights.get() + row * depth;
          for (int64_t c = 0; c < g.channels.count; ++c, to += part.numTaps) {
            const T *channel = from + g.channels.second[c];
            if (isRun)
              for (int64_t tap = 0; tap < part.numTaps; ++tap)
                to[tap] = C(channel[tapOffsets[0] + tap]);
            else
              for (int64_t tap = 0; tap < part.numTaps; ++tap)
                to[tap] = C(channel[tapOffsets[tap]]);
          }
        }
      });
    });
    return TCC_OK;
  }

  /// Whether x is its own planes.
  bool canBorrow() {
    if constexpr (!std::is_same_v<T, R>)
      return false;
    if (g.features.count < leastFeatures || depth == 0)
      return false;
    for (int i = 0; i < g.numAxes; ++i) {
      const PartAxis &axis = part.axes[i];
      if (axis.stride != 1 || axis.least < 0 || axis.extent() > g.axes[i].in - axis.least)
        return false;
    }
    return g.axes[g.numAxes - 1].xStride == 1;
  }

  int32_t runPart() {
    int64_t positions = 1, residues = 1, perImage = 0;
    planes.isOwn = !canBorrow();
    for (int i = g.numAxes - 1; i >= 0; --i) {
      planes.strides[i] = planes.isOwn ? positions : g.axes[i].xStride;
      positions *= part.axes[i].extent();
    }
    for (int i = g.numAxes - 1; i >= 0; --i) {
      planes.residues[i] = residues * positions;
      residues *= part.axes[i].stride;
    }
    planes.channelStride = positions * residues;
    planes.imageStride = perImage = planes.channelStride * g.channels.count;
    runLength = part.axes[g.numAxes - 1].out;
    runAxes = 1;
    for (int i = g.numAxes - 2; i >= 0 && planes.strides[i] == runLength; --i, ++runAxes)
      runLength *= part.axes[i].out;

    if (!offsets.resize(depth))
      return outOfScratch(depth * 8);
    for (int64_t tap = 0; tap < part.numTaps; ++tap) {
      int64_t offset = 0, rest = tap;
      for (int i = g.numAxes - 1; i >= 0; --i) {
        const PartAxis &axis = part.axes[i];
        int64_t shift = axis.shifts[rest % axis.numTaps], whole = floorDivide(shift, axis.stride);
        offset += (whole - axis.least) * planes.strides[i] + (shift - whole * axis.stride) * planes.residues[i];
        rest /= axis.numTaps;
      }
      for (int64_t c = 0; c < g.channels.count; ++c)
        offsets[c * part.numTaps + tap] = offset + (planes.isOwn ? c * planes.channelStride : g.channels.first[c]);
    }

    int64_t numRuns = 1;
    for (int64_t term = 1; term < depth; ++term)
      numRuns += offsets[term] != offsets[term - 1] + 1;
    areTapsRuns = depth >= 12 * numRuns;

    // Chunks of whole groups, or of images of one group.
    int64_t perChunk = planes.isOwn && perImage ? chunkElements / perImage : g.groups.count * g.images.count;
    perChunk = perChunk < 1 ? 1 : perChunk;
    int64_t images = perChunk < g.images.count ? perChunk : g.images.count;
    int64_t groups = images < g.images.count ? 1 : perChunk / images;
    groups = groups < g.groups.count ? groups : g.groups.count;
    planes.groupStride = images * perImage;
    planes.imaginary = groups * planes.groupStride;
    // Vectors may be read beyond the end.
    constexpr int64_t slack = 256;
    if (planes.isOwn) {
      if (!planeStorage.resize(parts * planes.imaginary + slack))
        return outOfScratch((parts * planes.imaginary + slack) * int64_t(sizeof(R)));
      planes.data = planeStorage.get();
      memset(static_cast<void *>(planeStorage.get() + parts * planes.imaginary), 0, slack * sizeof(R));
    } else if constexpr (std::is_same_v<T, R>) {
      planes.data = x;
      for (int i = 0; i < g.numAxes; ++i)
        planes.data += part.axes[i].least * g.axes[i].xStride;
    }
    for (firstGroup = 0; firstGroup < g.groups.count; firstGroup += groups)
      for (firstImage = 0; firstImage < g.images.count; firstImage += images) {
        numGroups = groups < g.groups.count - firstGroup ? groups : g.groups.count - firstGroup;
        numImages = images < g.images.count - firstImage ? images : g.images.count - firstImage;
        if (planes.isOwn && depth)
          fillPlanes();
        TCC_CHECK(g.features.count < leastFeatures ? sumInPlace() : sumPanels());
      }
    return TCC_OK;
  }

  /// Where the planes of an image of the chunk begin.
  const R *imageAt(int64_t group, int64_t image) const {
    return planes.data + (planes.isOwn ? group * planes.groupStride + image * planes.imageStride
                                       : g.groups.first[firstGroup + group] + g.images.first[firstImage + image]);
  }

  void fillPlanes() {
    constexpr int64_t together = 16; // channels of a task: their elements of one position may share a cache line
    int64_t blocks = (g.channels.count + together - 1) / together;
    parallelFor(numGroups * numImages * blocks, grainFor(double(planes.channelStride) * together * 0.3),
                [&](int64_t begin, int64_t end) {
                  vectorised([&]<int>() TCC_INLINED {
                    for (int64_t task = begin; task < end; ++task) {
                      int64_t channel = task % blocks * together, image = task / blocks;
                      int64_t last = channel + together < g.channels.count ? channel + together : g.channels.count;
                      fillImage(image / numImages, image % numImages, channel, last);
                    }
                  });
                });
  }

  TCC_INLINE void fillImage(int64_t group, int64_t image, int64_t firstChannel, int64_t lastChannel) {
    int last = g.numAxes - 1;
    const PartAxis &inner = part.axes[last];
    const T *from = x + g.groups.first[firstGroup + group] + g.images.first[firstImage + image];
    R *to = const_cast<R *>(imageAt(group, image));
    int64_t length = inner.extent(), rows = planes.channelStride / length, stride = g.axes[last].xStride;
    int64_t at[maxRank] = {}, residue[maxRank] = {};
    auto advance = [&] {
      for (int i = last - 1; i >= 0; --i) {
        if (++at[i] < part.axes[i].extent())
          return;
        at[i] = 0;
      }
      for (int i = last; i >= 0; --i) {
        if (++residue[i] < part.axes[i].stride)
          return;
        residue[i] = 0;
      }
    };
    for (int64_t row = 0; row < rows; ++row, advance()) {
      // Lines are numbered by the residues of all axes, then by positions of all but the last.
      int64_t source = 0;
      bool isInside = true;
      for (int i = 0; i < last; ++i) {
        int64_t index = part.axes[i].stride * (at[i] + part.axes[i].least) + residue[i];
        isInside &= index >= 0 && index < g.axes[i].in;
        source += index * g.axes[i].xStride;
      }
      // Positions begin .. end lie in x.
      int64_t begin = 0, end = 0;
      if (isInside) {
        begin = -inner.least;
        int64_t count = g.axes[last].in > residue[last] ? (g.axes[last].in - 1 - residue[last]) / inner.stride + 1 : 0;
        end = begin + count < length ? begin + count : length;
        begin = begin > 0 ? begin : 0;
        end = end > begin ? end : begin;
        begin = begin < length ? begin : length;
        end = end < length ? end : length;
        source += (inner.stride * (begin + inner.least) + residue[last]) * stride;
      }
      for (int64_t c = firstChannel; c < lastChannel; ++c) {
        R *line = to + c * planes.channelStride + row * length;
        for (int64_t half = 0; half < parts; ++half)
          for (int64_t i = 0; i < begin; ++i)
            line[half * planes.imaginary + i] = R(0);
        copyLine(line + begin, from + g.channels.first[c] + source, end - begin, stride * inner.stride);
        for (int64_t half = 0; half < parts; ++half)
          for (int64_t i = end; i < length; ++i)
            line[half * planes.imaginary + i] = R(0);
      }
    }
  }

  TCC_INLINE void copyLine(R *to, const T *from, int64_t count, int64_t stride) {
    auto copy = [&](auto step) TCC_INLINED {
      for (int64_t i = 0; i < count; ++i) {
        C value = C(from[i * step]);
        if constexpr (isComplex<C>) {
          to[i] = value.re;
          to[i + planes.imaginary] = value.im;
        } else {
          to[i] = value;
        }
      }
    };
    if (stride == 1)
      copy(std::integral_constant<int64_t, 1>());
    else if (stride == 2)
      copy(std::integral_constant<int64_t, 2>());
    else
      copy(stride);
  }

  /// Offset in the planes of an image of its run number `run`.
  int64_t runOffset(int64_t run) const {
    int64_t offset = 0;
    for (int i = g.numAxes - 1 - runAxes; i >= 0; --i) {
      offset += run % part.axes[i].out * planes.strides[i];
      run /= part.axes[i].out;
    }
    return offset;
  }

  /// Stores results of some features: `count` of line `line` of an image from number `inLine` on. Those of the first
  /// feature are at `from`, of the next ldc behind them.
  TCC_INLINE void storeLine(int64_t group, int64_t image, int64_t firstFeature, int64_t numFeatures, int64_t line,
                            int64_t inLine, int64_t count, const R *from, int64_t ldc, int64_t imaginary) {
    int last = g.numAxes - 1;
    int64_t stride = part.axes[last].every * g.axes[last].yStride;
    int64_t target = g.groups.third[firstGroup + group] + g.images.second[firstImage + image] +
                     (part.axes[last].first + inLine * part.axes[last].every) * g.axes[last].yStride;
    for (int i = last - 1; i >= 0; --i) {
      target += (part.axes[i].first + line % part.axes[i].out * part.axes[i].every) * g.axes[i].yStride;
      line /= part.axes[i].out;
    }
    auto storeOne = [&](T &to, const R *value) TCC_INLINED {
      if constexpr (isComplex<C>)
        to = C(value[0], value[imaginary]);
      else
        to = T(value[0]);
    };
    const int64_t *features = g.features.second.get() + firstFeature;
    if (stride == 1) {
      for (int64_t f = 0; f < numFeatures; ++f)
        for (int64_t i = 0; i < count; ++i)
          storeOne(y[target + features[f] + i], from + f * ldc + i);
    } else {
      for (int64_t i = 0; i < count; ++i)
        for (int64_t f = 0; f < numFeatures; ++f)
          storeOne(y[target + features[f] + i * stride], from + f * ldc + i);
    }
  }
  /// The same for `columns` positions of the chunk's images from `position` on.
  TCC_INLINE void store(int64_t group, int64_t firstFeature, int64_t numFeatures, int64_t position, int64_t columns,
                        const R *tile, int64_t ldc, int64_t imaginary) {
    int64_t length = part.axes[g.numAxes - 1].out;
    for (int64_t column = 0; column < columns;) {
      int64_t image = (position + column) / part.numPositions, rest = (position + column) % part.numPositions;
      int64_t inLine = rest % length, count = length - inLine;
      count = count < columns - column ? count : columns - column;
      storeLine(group, image, firstFeature, numFeatures, rest / length, inLine, count, tile + column, ldc, imaginary);
      column += count;
    }
  }

  /// Results of positions [position, position + columns) of the chunk's images and some features, for terms
  /// [firstTerm, lastTerm) of their sums: in `tile`, a panel of `width` columns after the other.
  void sumTile(int64_t group, int64_t position, int64_t columns, int64_t firstFeature, int64_t numFeatures,
               int64_t firstTerm, int64_t lastTerm, R *tile, R *panelStorage, const int64_t *rowOffsets) {
    int64_t ld = width * parts;
    Segment<R> segments[maxTileWidth];
    const R *sources[maxTileWidth];
    int64_t numPanels = (columns + width - 1) / width;
    memset(static_cast<void *>(tile), 0, size_t(numPanels * numFeatures * ld) * sizeof(R));
    for (int64_t panel = 0; panel < numPanels; ++panel, tile += numFeatures * ld) {
      int64_t count = columns - panel * width < width ? columns - panel * width : width, numSegments = 0;
      for (int64_t column = 0; column < count;) {
        int64_t at = position + panel * width + column, image = at / part.numPositions, rest = at % part.numPositions;
        int64_t inRun = rest % runLength,
                length = runLength - inRun < count - column ? runLength - inRun : count - column;
        const R *from = imageAt(group, image) + runOffset(rest / runLength) + inRun;
        segments[numSegments++] = {from, column, length};
        for (int64_t i = 0; i < length; ++i)
          sources[column + i] = from + i;
        column += length;
      }
      // Columns of no position are multiplied, too, and dropped.
      if (count < width)
        memset(static_cast<void *>(panelStorage), 0, size_t(blockDepth * ld) * sizeof(R));
      bool isScattered = numSegments * 6 > count && areTapsRuns;
      for (int64_t term = firstTerm; term < lastTerm; term += blockDepth) {
        int64_t rows = lastTerm - term < blockDepth ? lastTerm - term : blockDepth;
        const int64_t *at = offsets.get() + term;
        for (int64_t half = 0; half < parts; ++half) {
          packPanel(segments, numSegments, sources, count, at, rows, panelStorage + half * width, width * parts,
                    planes.isOwn && parts == 1, isScattered);
          if constexpr (parts > 1)
            for (int64_t i = 0; i < count; ++i) {
              int64_t next = half ? -planes.imaginary : planes.imaginary;
              sources[i] += next;
              if (i < numSegments)
                segments[i].from += next;
            }
        }
        const C *a = weights.get() + ((firstGroup + group) * g.features.count + firstFeature) * depth + term;
        multiplyColumns<C>(count, numFeatures, rows, a, depth, panelStorage, rowOffsets, width, tile, ld, width);
      }
    }
  }

  int32_t sumPanels() {
    // Tasks are cut by the shape alone: positions, then features, then terms whose sums are added in order.
    int64_t positions = numImages * part.numPositions;
    constexpr int64_t enough = 16;
    int64_t panels = (positions + width - 1) / width, together = panels * numGroups / enough;
    together = together < 1 ? 1 : together > maxPanels ? maxPanels : together;
    int64_t blocks = (panels + together - 1) / together, numTasks = numGroups * blocks;
    int64_t featureParts = enough / numTasks, most = g.features.count / 32;
    featureParts = featureParts < 1 || most < 1 ? 1 : featureParts < most ? featureParts : most;
    int64_t features = (g.features.count + featureParts - 1) / featureParts;
    featureParts = (g.features.count + features - 1) / features;
    numTasks *= featureParts;
    int64_t sumParts = enough / numTasks, mostSums = depth / 4096;
    sumParts = sumParts < 1 || mostSums < 1 ? 1 : sumParts < mostSums ? sumParts : mostSums;
    int64_t terms = depth ? (depth + sumParts - 1) / sumParts : 1;
    terms = (terms + blockDepth - 1) / blockDepth * blockDepth;
    sumParts = depth ? (depth + terms - 1) / terms : 1;

    int64_t tileSize = together * width * parts * features;
    Scratch<R> sums;
    if (sumParts > 1 && !sums.resize(numTasks * sumParts * tileSize))
      return outOfScratch(numTasks * sumParts * tileSize * int64_t(sizeof(R)));
    std::atomic<bool> failed{false};
    auto corner = [&](int64_t task, int64_t &group, int64_t &position, int64_t &columns, int64_t &feature,
                      int64_t &numFeatures) {
      feature = task % featureParts * features;
      numFeatures = g.features.count - feature < features ? g.features.count - feature : features;
      group = task / featureParts / blocks;
      position = task / featureParts % blocks * together * width;
      columns = positions - position < together * width ? positions - position : together * width;
    };
    auto storeTile = [&](int64_t task, const R *tile) {
      int64_t group, position, columns, feature, numFeatures;
      corner(task, group, position, columns, feature, numFeatures);
      vectorised([&]<int>() TCC_INLINED {
        for (int64_t column = 0; column < columns; column += width, tile += numFeatures * width * parts)
          store(group, feature, numFeatures, position + column, columns - column < width ? columns - column : width,
                tile, width * parts, width);
      });
    };
    double cost = double(together * width) * double(features) * double(terms < depth ? terms : depth) * 0.02 + 1000;
    parallelFor(numTasks * sumParts, grainFor(cost), [&](int64_t begin, int64_t end) {
      // Beyond the last row as much as a vector.
      Scratch<R> panelStorage(blockDepth * width * parts + 64), tileStorage(tileSize);
      Scratch<int64_t> rowOffsets(blockDepth);
      if (!panelStorage || !tileStorage || !rowOffsets) {
        failed = true;
        return;
      }
      for (int64_t p = 0; p < blockDepth; ++p)
        rowOffsets[p] = p * width * parts;
      for (int64_t i = begin; i < end; ++i) {
        int64_t task = i / sumParts, sumPart = i % sumParts, group, position, columns, feature, numFeatures;
        corner(task, group, position, columns, feature, numFeatures);
        int64_t first = sumPart * terms, last = first + terms < depth ? first + terms : depth;
        R *tile = sumParts > 1 ? sums.get() + i * tileSize : tileStorage.get();
        sumTile(group, position, columns, feature, numFeatures, first, last, tile, panelStorage.get(),
                rowOffsets.get());
        if (sumParts == 1)
          storeTile(task, tile);
      }
    });
    if (failed)
      return outOfScratch((blockDepth * width * parts + tileSize) * int64_t(sizeof(R)));
    if (sumParts > 1)
      parallelFor(numTasks, grainFor(double(tileSize) * double(sumParts)), [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          R *sum = sums.get() + task * sumParts * tileSize;
          int64_t group, position, columns, feature, numFeatures;
          corner(task, group, position, columns, feature, numFeatures);
          int64_t count = (columns + width - 1) / width * width * parts * numFeatures;
          for (int64_t k = 1; k < sumParts; ++k)
            for (int64_t i = 0; i < count; ++i)
              sum[i] = R(sum[i] + sum[k * tileSize + i]);
          storeTile(task, sum);
        }
      });
    return TCC_OK;
  }

  /// Few features: results straight from the planes. Lines of the last two axes are one behind the other there, with
  /// some columns between them that are multiplied, too, and dropped.
  int32_t sumInPlace() {
    int last = g.numAxes - 1;
    int64_t length = part.axes[last].out, lines = last > 0 ? part.axes[last - 1].out : 1;
    int64_t distance = last > 0 ? planes.strides[last - 1] : length, slabs = part.numPositions / (length * lines);
    int64_t span = (lines - 1) * distance + length;
    int64_t columns = 8 * width, blocks = (span + columns - 1) / columns; // some tiles before they are stored
    int64_t tileSize = g.features.count * columns * parts;
    double cost = double(span * depth * g.features.count) / double(blocks) * 0.05 + 100;
    std::atomic<bool> failed{false};
    parallelFor(numGroups * numImages * slabs * blocks, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<R> tile(tileSize);
      if (!tile) {
        failed = true;
        return;
      }
      for (int64_t task = begin; task < end; ++task) {
        int64_t block = task % blocks, slab = task / blocks % slabs, image = task / blocks / slabs, offset = 0;
        int64_t group = image / numImages, rest = slab;
        image %= numImages;
        for (int i = last - 2; i >= 0; --i) {
          offset += rest % part.axes[i].out * planes.strides[i];
          rest /= part.axes[i].out;
        }
        int64_t first = block * columns, count = span - first < columns ? span - first : columns;
        const R *from = imageAt(group, image) + offset + first;
        const C *a = weights.get() + (firstGroup + group) * g.features.count * depth;
        memset(static_cast<void *>(tile.get()), 0, size_t(tileSize) * sizeof(R));
        for (int64_t column = 0; column < count; column += width)
          multiplyColumns<C>(count - column, g.features.count, depth, a, depth, from + column, offsets.get(),
                             planes.imaginary, tile.get() + column, columns * parts, columns);
        for (int64_t line = first / distance; line <= (first + count - 1) / distance; ++line) {
          int64_t begin = first > line * distance ? first - line * distance : 0, end = first + count - line * distance;
          end = end < length ? end : length;
          if (begin < end)
            storeLine(group, image, 0, g.features.count, slab * lines + line, begin, end - begin,
                      tile.get() + line * distance + begin - first, columns * parts, columns);
        }
      }
    });
    return failed ? outOfScratch(tileSize * int64_t(sizeof(R))) : TCC_OK;
  }
};

template <class T>
int32_t convolve(const Geometry &geometry, const TccTensor *in, const TccTensor &out, TccStatus *status) {
  using C = std::conditional_t<isSmallFloat<T>, float, T>;
  Convolution<T, C> convolution(geometry, static_cast<const T *>(in[0].data), static_cast<const T *>(in[1].data),
                                static_cast<T *>(out.data), status);
  return convolution.run();
}

} // namespace
} // namespace tcc::runtime

using namespace tcc::runtime;

int32_t tcc_convolution(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                        TccStatus *status) {
  TCC_CHECK(checkArguments("convolution", in, n_in, 2, out, n_out, 1, status));
  Geometry geometry;
  TCC_CHECK(describe(in, out[0], attrs, geometry, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  // Signed and unsigned products agree modulo 2^n.
  switch (in[0].dtype) {
  case TCC_I8:
  case TCC_U8:
    return convolve<uint8_t>(geometry, in, out[0], status);
  case TCC_I16:
    return convolve<uint16_t>(geometry, in, out[0], status);
  case TCC_I32:
  case TCC_U32:
    return convolve<uint32_t>(geometry, in, out[0], status);
  case TCC_I64:
    return convolve<uint64_t>(geometry, in, out[0], status);
  case TCC_F16:
    return convolve<Half>(geometry, in, out[0], status);
  case TCC_BF16:
    return convolve<BFloat16>(geometry, in, out[0], status);
  default:
    return dispatchLapack(in[0].dtype, [&]<class T>() { return convolve<T>(geometry, in, out[0], status); });
  }
}
