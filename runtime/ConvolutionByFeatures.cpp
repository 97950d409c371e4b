// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions with at least a vector of features: a tile of results is a few positions, anywhere in x, times a
// few vectors of features. An element of x is multiplied with vectors of packed weights, so that windows, strides,
// layouts and dilations are addresses only; x is copied where padding must be put in, and to avoid memory a cache maps
// badly.
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"

namespace tcc::runtime {
namespace {

/// Terms that are summed before they are added to the result: their weights, for one tile, fit the first-level cache
/// beside the elements of x. Sums of sums also keep rounding errors small (Higham 1993, blocked summation).
constexpr int64_t blockTerms = 128;
/// Positions and bytes of results of a task: weights are read once for all of the positions.
constexpr int64_t taskPositions = 800, taskBytes = 1 << 19;
/// Copied elements of x.
constexpr int64_t copyBytes = 1 << 20;
/// Tasks worth having, for the threads. Fixed, so that sums depend on the shapes alone.
constexpr int64_t enoughTasks = 16;

/// Cuts `count` into equal parts of at most `wanted`, or one.
void divide(int64_t count, int64_t wanted, int64_t &each, int64_t &parts) {
  wanted = wanted < 1 ? 1 : wanted;
  parts = (count + wanted - 1) / wanted;
  each = (count + parts - 1) / parts;
  parts = (count + each - 1) / each;
}

/// The registers of a tile: `rows` positions of several vectors of features beside weights and an element of x. With 32
/// registers 6 x 4 sums take 10 loads for 24 multiplications, 13 x 2 take 15 for 26.
template <class C, int bytes> struct FeatureTile {
  static constexpr int registers = vectorRegisters<bytes>;
  static constexpr bool isExact = std::is_integral_v<C>;
  static constexpr int most = !isExact && !isComplex<C> && registers == 32 ? 4 : 2; ///< vectors
  static constexpr int rowsOf(int vectors) {
    return isExact        ? 4
           : isComplex<C> ? (registers == 32 ? 6 : 2)
           : vectors == 4 ? 6
           : vectors == 3 ? 8
                          : (registers == 32 ? 13 : 6);
  }
};

/// c (+)= sum over p < k of x[from[r] + at[p]] w[p] for rows x (vectors * lanes) results; of complex numbers w and c
/// have the real parts of a tile before the imaginary ones. Loads stay in their row: clang would move those of all rows
/// to the front and run out of registers.
template <class C, int bytes, int rows, int vectors>
TCC_INLINE void multiplyPositions(int64_t k, const C *const *from, const C *next, const int64_t *at, const Real<C> *w,
                                  Real<C> *c, int64_t ldc, bool adds) {
  using R = Real<C>;
  using V = Vector<R, bytes>;
  constexpr int lanes = bytes / int(sizeof(R)), parts = isComplex<C> ? 2 : 1, width = vectors * lanes;
  // Steps that share the loads of addresses, where their weights find registers.
  constexpr int together = rows > 1 && vectors <= 2 && !isComplex<C> && FeatureTile<C, bytes>::registers == 32 ? 2 : 1;
  // The addresses of a few rows find registers, too.
  const C *begin[rows];
  for (int r = 0; r < rows; ++r)
    begin[r] = from[r];
  V sums[rows][parts][vectors] = {};
  auto advance = [&](auto steps, const int64_t *offsets) TCC_INLINED {
    constexpr int count = decltype(steps)::value;
    V weights[count][parts][vectors];
    int64_t here[count];
    for (int s = 0; s < count; ++s)
      here[s] = offsets[s];
    for (int s = 0; s < count; ++s)
      for (int half = 0; half < parts; ++half)
        for (int v = 0; v < vectors; ++v)
          weights[s][half][v] = vectorAt<R, bytes>(w + ((s * parts + half) * vectors + v) * lanes);
    for (int s = 0; s < count; ++s)
      __builtin_prefetch(next + here[s]);
    for (int r = 0; r < rows; ++r) {
      const C *x = rows <= 8 ? begin[r] : from[r];
      for (int s = 0; s < count; ++s) {
        C factor = x[here[s]];
        for (int v = 0; v < vectors; ++v)
          if constexpr (isComplex<C>) {
            sums[r][0][v] += factor.re * weights[s][0][v];
            sums[r][0][v] -= factor.im * weights[s][1][v];
            sums[r][1][v] += factor.re * weights[s][1][v];
            sums[r][1][v] += factor.im * weights[s][0][v];
          } else {
            sums[r][0][v] += factor * weights[s][0][v];
          }
      }
      asm volatile("" ::: "memory");
    }
    w += count * parts * width;
  };
  int64_t p = 0;
  for (; p + together <= k; p += together)
    advance(std::integral_constant<int, together>(), at + p);
  for (; p < k; ++p)
    advance(std::integral_constant<int, 1>(), at + p);
  for (int r = 0; r < rows; ++r)
    for (int half = 0; half < parts; ++half)
      for (int v = 0; v < vectors; ++v) {
        V &to = vectorAt<R, bytes>(c + r * ldc + half * width + v * lanes);
        to = adds ? to + sums[r][half][v] : sums[r][half][v];
      }
}

/// The same for any number of positions.
template <class C, int bytes, int vectors>
TCC_INLINE void multiplyAll(int64_t count, int64_t k, const C *const *from, const int64_t *at, const Real<C> *w,
                            Real<C> *c, int64_t ldc, bool adds) {
  constexpr int rows = FeatureTile<C, bytes>::rowsOf(vectors), few = rows > 4 ? 4 : rows;
  constexpr int64_t line = 64 / int64_t(sizeof(C));
  // Neighbouring terms of positions that share no lines of the cache, as in gradients by weights of 1 x 1 windows.
  const bool isAlong =
      k >= line && count > 1 && at[k - 1] - at[0] == k - 1 && (from[1] - from[0] >= line || from[0] - from[1] >= line);
  auto multiply = [&](auto number) TCC_INLINED {
    constexpr int here = decltype(number)::value;
    for (; count >= here; count -= here, from += here, c += here * ldc) {
      if (isAlong && count >= 2 * here)
        for (int r = here; r < 2 * here; ++r)
          for (int64_t p = 0; p < k; p += line)
            __builtin_prefetch(from[r] + at[p]);
      multiplyPositions<C, bytes, here, vectors>(k, from, from[count >= 2 * here ? 2 * here - 1 : here - 1], at, w, c,
                                                 ldc, adds);
    }
  };
  multiply(std::integral_constant<int, rows>());
  if constexpr (few < rows)
    multiply(std::integral_constant<int, few>());
  multiply(std::integral_constant<int, 1>());
}

template <class T> struct FeatureConvolution : Convolution<T> {
  using C = ConvolutionSum<T>;
  using R = Real<C>;
  using Convolution<T>::g, Convolution<T>::part, Convolution<T>::x, Convolution<T>::w, Convolution<T>::y;
  static constexpr int64_t parts = isComplex<C> ? 2 : 1;

  TccStatus *status;
  const int64_t lanes = vectorLanes<R>();
  const int64_t depth = g.channels.count * part.numTaps; ///< terms of a sum: channels, and taps of each
  const int64_t vectors = (g.features.count + lanes - 1) / lanes, columns = vectors * lanes; ///< features with padding
  const int64_t widest = mostVectors() * lanes;                                              ///< features of a tile
  const int64_t tiles = (columns + widest - 1) / widest;
  Planes planes;
  Scratch<R> weights;                         ///< for each group, tile, and term a tile of features
  Scratch<int64_t> tapOffsets, weightOffsets; ///< of taps, in x or its copy and in w

  // How results are cut into tasks: by the shape alone.
  int64_t images, slabs; ///< of a task, at most; slabs are results of one index of the first window axis
  int64_t imageParts, slabParts;
  int64_t tilesEach, featureParts; ///< tiles of features of a task
  int64_t terms, sumParts;         ///< of a task, whose sums are added in order

  FeatureConvolution(const Convolution<T> &call, TccStatus *status) : Convolution<T>(call), status(status) {}

  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }
  int64_t slabPositions() const { return part.numPositions / part.axes[0].out; }
  /// Tiles are of nearly equal width.
  int64_t columnOf(int64_t tile) const { return vectors * tile / tiles * lanes; }
  int64_t tileWidth(int64_t tile) const { return columnOf(tile + 1) - columnOf(tile); }
  static int64_t mostVectors() {
    int64_t most = 0;
    vectorised([&]<int bytes>() TCC_INLINED { most = FeatureTile<C, bytes>::most; });
    return most;
  }

  int32_t run() {
    planes.describe<C>(g, part, 1, std::is_same_v<T, C>);
    if (!tapOffsets.resize(part.numTaps) || !weightOffsets.resize(part.numTaps))
      return outOfScratch(part.numTaps * 8);
    TCC_CHECK(packWeights());
    cut();
    return runTasks();
  }

  // --- weights

  int32_t packWeights() {
    for (int64_t tap = 0; tap < part.numTaps; ++tap)
      weightOffsets[tap] = part.tapInW(g, tap);
    int64_t bytes = g.groups.count * depth * columns * parts * int64_t(sizeof(R));
    if (!weights.resize(g.groups.count * depth * columns * parts))
      return outOfScratch(bytes);
    constexpr int64_t stretch = 1024;
    int64_t stretches = (depth + stretch - 1) / stretch;
    parallelFor(g.groups.count * tiles * stretches, grainFor(double(stretch * widest) * 0.2),
                [&](int64_t begin, int64_t end) {
                  vectorised([&]<int bytes>() TCC_INLINED {
                    for (int64_t task = begin; task < end; ++task) {
                      int64_t first = task % stretches * stretch, tile = task / stretches % tiles;
                      int64_t last = first + stretch < depth ? first + stretch : depth;
                      packTile<bytes>(task / stretches / tiles, tile, first, last);
                    }
                  });
                });
    return TCC_OK;
  }

  const R *weightsOf(int64_t group, int64_t tile, int64_t term) const {
    return weights.get() + (group * depth * columns + columnOf(tile) * depth + term * tileWidth(tile)) * parts;
  }

  template <int bytes> TCC_INLINE void packTile(int64_t group, int64_t tile, int64_t first, int64_t last) {
    constexpr int64_t count = LanesOf<R, bytes>::count;
    int64_t width = tileWidth(tile), feature = columnOf(tile);
    const int64_t *features = g.features.first.get();
    const T *from = w + g.groups.second[group], *end = w + this->numWeights;
    R *to = const_cast<R *>(weightsOf(group, tile, first));
    for (int64_t term = first; term < last;) {
      // Terms whose weights lie one behind the other.
      int64_t channel = term / part.numTaps, tap = term % part.numTaps, run = 0;
      int64_t at = g.channels.second[channel] + weightOffsets[tap];
      do {
        ++run;
        if (++tap == part.numTaps) {
          tap = 0;
          ++channel;
        }
      } while (term + run < last && g.channels.second[channel] + weightOffsets[tap] == at + run);
      for (int64_t l = 0; l < width; l += count) {
        int64_t here = g.features.count - feature - l < count ? g.features.count - feature - l : count;
        const int64_t *offsets = features + feature + l;
        int64_t p = 0;
        if constexpr (std::is_same_v<T, R> && sizeof(R) >= 4) {
          if (here == count && run >= count / 2)
            for (; p < run; p += count) {
              // The last square may read what follows the run, if that is still in w.
              if (from + offsets[count - 1] + at + p + count > end || from + offsets[0] + at + p + count > end)
                break;
              Vector<R, bytes> square[count];
              for (int64_t i = 0; i < count; ++i)
                square[i] = vectorAt<R, bytes>(from + offsets[i] + at + p);
              transposeSquare<R, bytes>(square);
              for (int64_t i = 0; i < count && p + i < run; ++i)
                vectorAt<R, bytes>(to + (p + i) * width + l) = square[i];
            }
        }
        for (; p < run; ++p)
          for (int64_t i = 0; i < count; ++i) {
            C value = i < here ? C(from[offsets[i] + at + p]) : C(0);
            R *place = to + p * width * parts + l + i;
            if constexpr (isComplex<C>) {
              place[0] = value.re;
              place[width] = value.im;
            } else {
              place[0] = value;
            }
          }
      }
      to += run * width * parts;
      term += run;
    }
  }

  // --- tasks

  void cut() {
    int64_t perImage = part.numPositions, perSlab = slabPositions(), slabsOfImage = part.axes[0].out;
    auto positionsEach = [&](int64_t wanted) {
      divide(g.images.count, wanted / perImage, images, imageParts);
      divide(slabsOfImage, perImage <= wanted ? slabsOfImage : wanted / perSlab, slabs, slabParts);
    };
    auto featuresEach = [&](int64_t wanted) { divide(tiles, wanted, tilesEach, featureParts); };
    auto numTasks = [&] { return g.groups.count * imageParts * slabParts * featureParts; };
    positionsEach(taskPositions);
    featuresEach(taskBytes / (images * slabs * perSlab * widest * parts * int64_t(sizeof(R))));
    // Too few for the threads: first shorter sums, then fewer features, whose weights are packed already, then fewer
    // positions.
    int64_t most = depth / 4096;
    sumParts = enoughTasks / numTasks();
    sumParts = sumParts < 1 || most < 1 ? 1 : sumParts < most ? sumParts : most;
    while (numTasks() * sumParts < enoughTasks && tilesEach > 2)
      featuresEach(tilesEach / 2);
    for (int64_t wanted = taskPositions / 2; numTasks() * sumParts < enoughTasks && wanted >= 100; wanted /= 2)
      positionsEach(wanted);
    while (numTasks() * sumParts < enoughTasks && tilesEach > 1)
      featuresEach(tilesEach / 2);
    terms = (depth + sumParts - 1) / sumParts;
    sumParts = depth ? (depth + terms - 1) / terms : 1;
  }

  /// What one task computes.
  struct Task : Piece {
    int64_t firstTile, numTiles, positions, ld;
  };
  Task taskAt(int64_t index) const {
    Task t;
    // Tasks that share weights follow each other.
    t.firstImage = index % imageParts * images;
    t.numImages = g.images.count - t.firstImage < images ? g.images.count - t.firstImage : images;
    index /= imageParts;
    t.firstSlab = index % slabParts * slabs;
    t.numSlabs = part.axes[0].out - t.firstSlab < slabs ? part.axes[0].out - t.firstSlab : slabs;
    index /= slabParts;
    t.firstTile = index % featureParts * tilesEach;
    t.numTiles = tiles - t.firstTile < tilesEach ? tiles - t.firstTile : tilesEach;
    t.group = index / featureParts;
    t.positions = t.numImages * t.numSlabs * slabPositions();
    t.ld = (columnOf(t.firstTile + t.numTiles) - columnOf(t.firstTile)) * parts;
    return t;
  }

  int32_t runTasks() {
    int64_t copySize = planes.layOut<C>(g, part, images, slabs, copyBytes / int64_t(sizeof(C)), tapOffsets.get());
    int64_t positions = images * slabs * slabPositions();
    int64_t size = positions * tilesEach * widest * parts;
    int64_t numTasks = g.groups.count * imageParts * slabParts * featureParts;
    Scratch<R> sums;
    if (sumParts > 1 && !sums.resize(numTasks * sumParts * size))
      return outOfScratch(numTasks * sumParts * size * int64_t(sizeof(R)));
    std::atomic<bool> failed{false};
    double cost = double(size) * double(terms < depth ? terms : depth) * 0.01 + 1000;
    parallelFor(numTasks * sumParts, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<C> copy(copySize);
      Scratch<R> own(sumParts > 1 ? 0 : size);
      Scratch<const C *> from(positions);
      Scratch<int64_t> at(blockTerms), places(positions);
      if (!copy || !own || !from || !at || !places) {
        failed = true;
        return;
      }
      for (int64_t i = begin; i < end; ++i) {
        Task task = taskAt(i / sumParts);
        R *sum = sumParts > 1 ? sums.get() + i * size : own.get();
        int64_t first = i % sumParts * terms;
        compute(task, first, first + terms < depth ? first + terms : depth, copy.get(), from.get(), at.get(), sum);
        if (sumParts == 1)
          store(task, sum, places.get());
      }
    });
    if (failed)
      return outOfScratch((copySize + size) * int64_t(sizeof(C)));
    if (sumParts > 1)
      parallelFor(numTasks, grainFor(double(size) * double(sumParts)), [&](int64_t begin, int64_t end) {
        Scratch<int64_t> places(positions);
        if (!places) {
          failed = true;
          return;
        }
        for (int64_t i = begin; i < end; ++i) {
          Task task = taskAt(i);
          R *sum = sums.get() + i * sumParts * size;
          vectorised([&]<int>() TCC_INLINED {
            for (int64_t k = 1; k < sumParts; ++k)
              for (int64_t j = 0; j < task.positions * task.ld; ++j)
                sum[j] = R(sum[j] + sum[k * size + j]);
          });
          store(task, sum, places.get());
        }
      });
    return failed ? outOfScratch(positions * 8) : TCC_OK;
  }

  /// Adds up terms [first, last) of all results of the task.
  void compute(const Task &t, int64_t first, int64_t last, C *copy, const C **from, int64_t *at, R *sum) {
    const C *base = copy;
    if (planes.isOwn)
      memset(static_cast<void *>(copy), 0, size_t(planes.imageStride * t.numImages) * sizeof(C));
    else if constexpr (std::is_same_v<T, C>)
      base = x;
    int64_t length = lineLength(g, part, t), step = planes.stepOf(g, part);
    forEachLine(g, part, t, [&](int64_t line, int64_t image, const int64_t *j) {
      const C *begin = base + planes.offsetOfLine(g, part, t, j) +
                       (planes.isOwn ? (image - t.firstImage) * planes.imageStride
                                     : g.groups.first[t.group] + g.images.first[image]);
      for (int64_t i = 0; i < length; ++i)
        from[line * length + i] = begin + i * step;
    });
    if (first == last)
      memset(static_cast<void *>(sum), 0, size_t(t.positions * t.ld) * sizeof(R));
    for (int64_t begin = first; begin < last;) {
      int64_t channel = begin / part.numTaps, end = (last + part.numTaps - 1) / part.numTaps;
      if (planes.isOwn) {
        end = channel + planes.channels < end ? channel + planes.channels : end;
        planes.fill(g, part, t, x, channel, end, copy, [](T value) TCC_INLINED { return C(value); });
      }
      int64_t until = end * part.numTaps < last ? end * part.numTaps : last;
      for (int64_t number; begin < until; begin += number) {
        number = until - begin < blockTerms ? until - begin : blockTerms;
        for (int64_t p = 0, c = begin / part.numTaps, tap = begin % part.numTaps; p < number; ++c, tap = 0) {
          int64_t offset = planes.offsetOf(g, c, channel);
          for (; p < number && tap < part.numTaps; ++p, ++tap)
            at[p] = offset + tapOffsets[tap];
        }
        vectorised([&]<int bytes>() TCC_INLINED {
          for (int64_t tile = 0; tile < t.numTiles; ++tile) {
            const R *tileWeights = weightsOf(t.group, t.firstTile + tile, begin);
            R *to = sum + (columnOf(t.firstTile + tile) - columnOf(t.firstTile)) * parts;
            auto some = [&]<int count>() TCC_INLINED {
              if constexpr (count <= FeatureTile<C, bytes>::most)
                if (tileWidth(t.firstTile + tile) == count * lanes)
                  multiplyAll<C, bytes, count>(t.positions, number, from, at, tileWeights, to, t.ld, begin > first);
            };
            some.template operator()<1>();
            some.template operator()<2>();
            some.template operator()<3>();
            some.template operator()<4>();
          }
        });
      }
    }
  }

  /// Stores the results of a task.
  void store(const Task &t, const R *sum, int64_t *places) {
    int64_t length = lineLength(g, part, t), step = stepInY(g, part);
    forEachLine(g, part, t, [&](int64_t line, int64_t image, const int64_t *j) {
      int64_t place = placeInY(g, part, t.group, image, j);
      for (int64_t i = 0; i < length; ++i)
        places[line * length + i] = place + i * step;
    });
    vectorised([&]<int bytes>() TCC_INLINED {
      for (int64_t tile = 0; tile < t.numTiles; ++tile) {
        int64_t feature = columnOf(t.firstTile + tile), width = tileWidth(t.firstTile + tile);
        for (int64_t l = 0; l < width && feature + l < g.features.count; l += lanes) {
          int64_t count = g.features.count - feature - l < lanes ? g.features.count - feature - l : lanes;
          storeVector<bytes>(t, sum + (feature - columnOf(t.firstTile)) * parts + l, width, feature + l, count, places);
        }
      }
    });
  }

  /// Those of `count` features, at most a vector of them.
  template <int bytes>
  TCC_INLINE void storeVector(const Task &t, const R *sum, int64_t width, int64_t feature, int64_t count,
                              const int64_t *places) {
    constexpr int64_t most = LanesOf<R, bytes>::count;
    const int64_t *features = g.features.second.get() + feature;
    auto valueAt = [&](int64_t position, int64_t f) TCC_INLINED {
      const R *value = sum + position * t.ld + f;
      if constexpr (isComplex<C>)
        return T(C(value[0], value[width]));
      else
        return T(value[0]);
    };
    bool areFeaturesRun = features[count - 1] - features[0] == count - 1;
    for (int64_t f = 1; f < count; ++f)
      areFeaturesRun &= features[f] == features[0] + f;
    if (areFeaturesRun && count > 1) {
      for (int64_t p = 0; p < t.positions; ++p)
        for (int64_t f = 0; f < count; ++f)
          y[places[p] + features[0] + f] = valueAt(p, f);
      return;
    }
    for (int64_t p = 0; p < t.positions;) {
      int64_t run = 1;
      while (run < most && p + run < t.positions && places[p + run] == places[p] + run)
        ++run;
      if constexpr (!isComplex<C> && sizeof(R) >= 4) {
        if (run > 2) {
          // A square of t.positions and features, read beyond the run where there are more t.positions.
          Vector<R, bytes> square[most];
          for (int64_t i = 0; i < most; ++i)
            square[i] = vectorAt<R, bytes>(sum + (p + i < t.positions ? p + i : p) * t.ld);
          transposeSquare<R, bytes>(square);
          for (int64_t f = 0; f < count; ++f) {
            T *to = y + places[p] + features[f];
            if constexpr (std::is_same_v<T, R>)
              if (run == most) {
                vectorAt<R, bytes>(to) = square[f];
                continue;
              }
            R line[most];
            vectorAt<R, bytes>(line) = square[f];
            for (int64_t i = 0; i < run; ++i)
              to[i] = T(line[i]);
          }
          p += run;
          continue;
        }
      }
      for (int64_t f = 0; f < count; ++f)
        for (int64_t i = 0; i < run; ++i)
          y[places[p] + features[f] + i] = valueAt(p + i, f);
      p += run;
    }
  }
};

} // namespace

template <class T> int32_t convolveByFeatures(const Convolution<T> &call, TccStatus *status) {
  return FeatureConvolution<T>(call, status).run();
}

#define TCC_CONVOLVE(T) template int32_t convolveByFeatures(const Convolution<T> &, TccStatus *);
TCC_FOR_CONVOLUTION_TYPES(TCC_CONVOLVE)
#undef TCC_CONVOLVE

} // namespace tcc::runtime
