// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions of bfloat16 with few results of long windows in tile registers, as gradients by weights are: 32 features
// times 32 images, 32 neighbouring terms of a line at a time. The tiles of x are packed from a copy of its planes with
// padding, anew for each position.
#include "runtime/BfloatTiles.h"
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"
#include "runtime/Threads.h"

namespace tcc::runtime {
namespace {

constexpr int64_t blockSide = 2 * tileSide, blockSums = blockSide * blockSide;
/// Tiles of x that stay in the first-level cache while all features meet them.
constexpr int64_t chunk = 16;
/// Positions whose sums a task holds.
constexpr int64_t mostPositions = 64;
/// Tasks worth having, for the threads. Fixed, so that sums depend on the shapes alone.
constexpr int64_t enoughTasks = 16;

struct TermTiles : Convolution<BFloat16> {
  TccStatus *status;
  const int last = g.numAxes - 1;
  const int64_t length = part.axes[last].numTaps;                                    ///< terms of a line
  const int64_t blocks = tilesAlong(length), steps = part.numTaps / length * blocks; ///< of a channel
  const int64_t featureBlocks = tilesOf(g.features.count, blockSide);
  const int64_t imageBlocks = tilesOf(g.images.count, blockSide);
  const int64_t taskSums = part.numPositions * featureBlocks * blockSums;
  int64_t sumParts = 1; ///< of the channels, added in order
  Planes planes = {};
  Scratch<int64_t> places = {};   ///< in the copy of an image, of each position and step
  Scratch<BFloat16> weights = {}; ///< for each group, channel and strip of features a tile of each step

  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }

  int32_t run() {
    // Terms of a line are neighbours in the copy.
    planes.describe<BFloat16>(g, part, length > 1 ? part.axes[last].shifts[1] - part.axes[last].shifts[0] : 1, false);
    planes.areChannelsInner = false;
    TCC_CHECK(packWeights());
    Scratch<int64_t> tapOffsets(part.numTaps);
    if (!tapOffsets || !places.resize(part.numPositions * steps))
      return outOfScratch((part.numTaps + part.numPositions * steps) * 8);
    const int64_t copySize = planes.layOut<BFloat16>(g, part, blockSide, part.axes[0].out, 0, tapOffsets.get());
    for (int64_t i = 0; i < part.numPositions * steps; ++i)
      places[i] = placeOf(i / steps, i % steps / blocks * length + i % blocks * tileDepth);
    const int64_t results = g.groups.count * imageBlocks;
    sumParts = enoughTasks / results;
    sumParts = sumParts < 1 ? 1 : sumParts < g.channels.count ? sumParts : g.channels.count;
    Scratch<float> sums(results * sumParts * taskSums);
    if (!sums)
      return outOfScratch(results * sumParts * taskSums * 4);
    std::atomic<bool> failed{false};
    const double cost =
        double(g.channels.count / sumParts * steps * part.numPositions) * double(60 + 20 * featureBlocks);
    parallelFor(results * sumParts, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<BFloat16> copy(copySize + tileDepth), tiles(2 * chunk * tileElements);
      if (!copy || !tiles) {
        failed = true;
        return;
      }
      memset(static_cast<void *>(copy.get()), 0, size_t(copySize + tileDepth) * sizeof(BFloat16));
      TileRegisters registers;
      for (int64_t task = begin; task < end; ++task)
        sumTask(task, copy.get(), tiles.get(), sums.get() + task * taskSums);
    });
    if (failed)
      return outOfScratch(copySize * 2);
    parallelFor(results, grainFor(double(sumParts * taskSums)), [&](int64_t begin, int64_t end) {
      for (int64_t result = begin; result < end; ++result)
        store(result, sums.get() + result * sumParts * taskSums);
    });
    return TCC_OK;
  }

  int64_t featureStride() const { return g.features.count > 1 ? g.features.first[1] - g.features.first[0] : 1; }
  int64_t tapStride() const {
    const PartAxis &inner = part.axes[last];
    return length > 1 ? (inner.taps[1] - inner.taps[0]) * g.axes[last].wStride : 1;
  }

  int32_t packWeights() {
    const int64_t strips = 2 * featureBlocks, size = g.groups.count * g.channels.count * strips * steps * tileElements;
    if (!weights.resize(size))
      return outOfScratch(size * 2);
    parallelFor(
        g.groups.count * g.channels.count * strips, grainFor(double(steps) * 50), [&](int64_t begin, int64_t end) {
          for (int64_t task = begin; task < end; ++task) {
            BFloat16 *to = weights.get() + task * steps * tileElements;
            const int64_t feature = task % strips * tileSide, count = g.features.count - feature;
            const int64_t channel = task / strips % g.channels.count, group = task / strips / g.channels.count;
            const BFloat16 *from = w + g.groups.second[group] + g.channels.second[channel] + g.features.first[0];
            for (int64_t step = 0; step < steps; ++step, to += tileElements) {
              const int64_t tap = step / blocks * length + step % blocks * tileDepth;
              packTile<BFloat16>(TileSide::Left,
                                 {from + feature * featureStride() + part.tapInW(g, tap), featureStride(), tapStride(),
                                  count < 0 ? 0 : count},
                                 length - step % blocks * tileDepth, to);
            }
          }
        });
    return TCC_OK;
  }

  /// Where in the copy of an image position `number` meets tap `tap`.
  int64_t placeOf(int64_t number, int64_t tap) const {
    int64_t place = 0;
    for (int i = last; i >= 0; --i) {
      const PartAxis &axis = part.axes[i];
      const int64_t at = axis.stride * (number % axis.out) + axis.shifts[tap % axis.numTaps] - planes.least[i];
      place += i == last && planes.modulus > 1 ? at % planes.modulus * planes.residueStride + at / planes.modulus
                                               : at * planes.strides[i];
      number /= axis.out;
      tap /= axis.numTaps;
    }
    return place;
  }

  /// The sums of a part of the channels for a block of images: for each position and block of features, features in
  /// rows.
  void sumTask(int64_t task, BFloat16 *copy, BFloat16 *tiles, float *sums) const {
    const int64_t number = task % sumParts, image = task / sumParts % imageBlocks * blockSide;
    const int64_t images = g.images.count - image < blockSide ? g.images.count - image : blockSide;
    const Piece piece{task / sumParts / imageBlocks, image, images, 0, part.axes[0].out};
    const int64_t first = g.channels.count * number / sumParts, end = g.channels.count * (number + 1) / sumParts;
    for (int64_t channel = first; channel < end; ++channel) {
      planes.fill(g, part, piece, x, channel, channel + 1, copy, [](BFloat16 value) TCC_INLINED { return value; });
      const BFloat16 *left =
          weights.get() + (piece.group * g.channels.count + channel) * 2 * featureBlocks * steps * tileElements;
      for (int64_t s = 0; s < steps; s += chunk) {
        const int64_t count = steps - s < chunk ? steps - s : chunk;
        float *c = sums;
        for (int64_t position = 0; position < part.numPositions; ++position) {
          for (int64_t step = 0; step < count; ++step) {
            const int64_t at = (s + step) % blocks * tileDepth;
            const BFloat16 *from = copy + places[position * steps + s + step];
            for (int64_t half = 0; half < 2; ++half) {
              const int64_t rest = images - half * tileSide;
              packTile<BFloat16>(
                  TileSide::Right,
                  {from + half * tileSide * planes.imageStride, planes.imageStride, 1, rest < 0 ? 0 : rest},
                  length - at, tiles + (half * chunk + step) * tileElements);
            }
          }
          for (int64_t block = 0; block < featureBlocks; ++block, c += blockSums) {
            const BFloat16 *a = left + (2 * block * steps + s) * tileElements;
            multiplyTileBlock(a, a + steps * tileElements, tiles, tiles + chunk * tileElements, count, c, blockSide,
                              channel > first || s > 0);
          }
        }
      }
    }
  }

  void store(int64_t result, const float *sums) const {
    const int64_t group = result / imageBlocks, image = result % imageBlocks * blockSide;
    const int64_t images = g.images.count - image < blockSide ? g.images.count - image : blockSide;
    for (int64_t position = 0; position < part.numPositions; ++position) {
      int64_t place = g.groups.third[group], rest = position;
      for (int i = last; i >= 0; --i) {
        const PartAxis &axis = part.axes[i];
        place += (axis.first + rest % axis.out * axis.every) * g.axes[i].yStride;
        rest /= axis.out;
      }
      for (int64_t feature = 0; feature < g.features.count; ++feature)
        for (int64_t i = 0; i < images; ++i) {
          const float *from = sums + (position * featureBlocks * blockSide + feature) * blockSide + i;
          float sum = from[0];
          for (int64_t number = 1; number < sumParts; ++number)
            sum += from[number * taskSums];
          y[place + g.images.second[image + i] + g.features.second[feature]] = BFloat16(sum);
        }
    }
  }
};

} // namespace

double filledTermTiles(const Geometry &g, const Part &part) {
  const PartAxis &inner = part.axes[g.numAxes - 1];
  if (!hasBf16Tiles() || part.numTaps == 0 || part.numPositions > mostPositions || g.channels.count == 0)
    return 0;
  // Terms and features must be at one distance in memory, and one of them neighbours.
  for (int64_t t = 1; t < inner.numTaps; ++t)
    if (inner.shifts[t] - inner.shifts[t - 1] != inner.shifts[1] - inner.shifts[0] ||
        inner.taps[t] - inner.taps[t - 1] != inner.taps[1] - inner.taps[0])
      return 0;
  if (inner.numTaps > 1 && inner.shifts[1] < inner.shifts[0])
    return 0;
  const int64_t *features = g.features.first.get();
  for (int64_t f = 1; f < g.features.count; ++f)
    if (features[f] - features[f - 1] != features[1] - features[0])
      return 0;
  const int64_t along = inner.numTaps > 1 ? (inner.taps[1] - inner.taps[0]) * g.axes[g.numAxes - 1].wStride : 1;
  if (along != 1 && g.features.count > 1 && features[1] - features[0] != 1)
    return 0;
  return filledPart(g.images.count, blockSide) * filledPart(g.features.count, blockSide) *
         filledPart(inner.numTaps, tileDepth);
}

int32_t convolveByTermTiles(const Convolution<BFloat16> &call, TccStatus *status) {
  return TermTiles{call, status}.run();
}

} // namespace tcc::runtime
