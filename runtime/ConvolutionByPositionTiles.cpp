// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions of bfloat16 in tile registers: a tile of weights, 16 features x 32 channels of one tap, times a tile of
// x, 16 pairs of channels x 16 neighbouring positions. The latter is read from a copy of the planes, with padding, in
// which two channels alternate, so that windows and strides are addresses.
#include "runtime/BfloatTiles.h"
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"
#include "runtime/Threads.h"

namespace tcc::runtime {
namespace {

constexpr int64_t blockSide = 2 * tileSide;
/// Tasks worth having, for the threads. Fixed: it decides nothing about sums, but costs a copy for each.
constexpr int64_t enoughTasks = 16;

/// Columns of a strip of 16 neighbours that are results: `count` from `column` on, and the place in y of the first,
/// behind that of the image.
struct Segment {
  int64_t strip, column, count, place;
};

struct TileConvolution : Convolution<BFloat16> {
  TccStatus *status;
  const int last = g.numAxes - 1;
  const int64_t steps = tilesAlong(g.channels.count) * part.numTaps; ///< blocks of 32 channels, and taps of each
  const int64_t featureBlocks = tilesOf(g.features.count, blockSide);
  const int64_t pairs = tilesAlong(g.channels.count) * tileSide;
  Planes planes;
  int64_t plane, pitch;        ///< elements of a plane; from one of pairs to the next
  Scratch<BFloat16> weights;   ///< for each group and strip of features a tile of each step
  Scratch<int64_t> offsets;    ///< in the planes, of each step
  bool areFeaturesEven = true; ///< at one distance in y
  int64_t featureStride = 1;

  TileConvolution(const Convolution<BFloat16> &call, TccStatus *status) : Convolution<BFloat16>(call), status(status) {
    const int64_t *places = g.features.second.get();
    if (g.features.count > 1)
      featureStride = places[1] - places[0];
    for (int64_t f = 1; f < g.features.count; ++f)
      areFeaturesEven &= places[f] == places[0] + f * featureStride;
  }
  int32_t outOfScratch(int64_t bytes) { return outOfMemory(status, "convolution", bytes); }

  int32_t run() {
    planes.describe<BFloat16>(g, part, part.axes[last].stride, false);
    planes.areChannelsInner = false;
    Scratch<int64_t> tapOffsets(part.numTaps);
    if (!tapOffsets || !offsets.resize(steps))
      return outOfScratch((part.numTaps + steps) * 8);
    TCC_CHECK(packWeights());
    int64_t slabs;
    planes.layOutSlabs<BFloat16>(g, part, g.groups.count * g.images.count, slabs, tapOffsets.get());
    plane = planes.channelStride;
    // Whole lines of the cache, an odd number of them, behind what the last strip may read.
    pitch = (tilesOf(plane + tileSide, tileSide) | 1) * tileSide;
    for (int64_t step = 0; step < steps; ++step)
      offsets[step] = step / part.numTaps * tileSide * pitch + tapOffsets[step % part.numTaps];
    return runPieces(slabs);
  }

  int32_t packWeights() {
    const int64_t strips = 2 * featureBlocks, taps = part.numTaps;
    const int64_t size = g.groups.count * strips * steps * tileElements;
    Scratch<int64_t> places(taps);
    if (!places || !weights.resize(size))
      return outOfScratch(size * 2 + taps * 8);
    for (int64_t tap = 0; tap < taps; ++tap)
      places[tap] = part.tapInW(g, tap);
    parallelFor(g.groups.count * strips, grainFor(double(steps * tileElements) * 0.6), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        BFloat16 *tiles = weights.get() + task * steps * tileElements;
        const int64_t feature = task % strips * tileSide, channels = g.channels.count;
        if (feature + tileSide > g.features.count || channels % tileDepth)
          memset(static_cast<void *>(tiles), 0, size_t(steps * tileElements) * sizeof(BFloat16));
        for (int64_t i = 0; i < tileSide && feature + i < g.features.count; ++i) {
          const BFloat16 *from = w + g.groups.second[task / strips] + g.features.first[feature + i];
          for (int64_t c = 0; c < channels; ++c) {
            const BFloat16 *source = from + g.channels.second[c];
            BFloat16 *to = tiles + c / tileDepth * taps * tileElements + i * tileDepth + c % tileDepth;
            for (int64_t tap = 0; tap < taps; ++tap)
              to[tap * tileElements] = source[places[tap]];
          }
        }
      }
    });
    return TCC_OK;
  }

  int32_t runPieces(int64_t slabs) {
    const int64_t all = part.axes[0].out, slabParts = tilesOf(all, slabs);
    const int64_t pieces = slabParts * g.groups.count * g.images.count;
    int64_t blocksEach = featureBlocks;
    while (blocksEach > 1 && pieces * tilesOf(featureBlocks, blocksEach) < enoughTasks)
      blocksEach = (blocksEach + 1) / 2;
    const int64_t featureParts = tilesOf(featureBlocks, blocksEach);
    const int64_t positions = slabs * part.numPositions / all; // of a piece, at most
    const double cost = double(positions) * double(blocksEach * steps) * 2.5 + double(pairs * plane) * 0.1;
    std::atomic<bool> failed{false};
    parallelFor(pieces * featureParts, grainFor(cost), [&](int64_t begin, int64_t end) {
      Scratch<uint32_t> copy(pairs * pitch + tileSide);
      Scratch<BFloat16> two(2 * plane);
      Scratch<int64_t> strips(positions + 1);
      Scratch<Segment> segments(positions);
      if (!copy || !two || !strips || !segments) {
        failed = true;
        return;
      }
      memset(copy.get(), 0, size_t(pairs * pitch + tileSide) * sizeof(uint32_t));
      TileRegisters registers;
      Piece piece{0, 0, 1, -1, 0};
      int64_t number = 0, numStrips = 0, filled = -1;
      for (int64_t index = begin; index < end; ++index) {
        const int64_t at = index / featureParts, firstSlab = at / (g.groups.count * g.images.count) * slabs;
        piece.group = at / g.images.count % g.groups.count;
        piece.firstImage = at % g.images.count;
        if (firstSlab != piece.firstSlab) {
          piece.firstSlab = firstSlab;
          piece.numSlabs = all - firstSlab < slabs ? all - firstSlab : slabs;
          // The padding is at the same places for all images.
          memset(static_cast<void *>(two.get()), 0, size_t(2 * plane) * sizeof(BFloat16));
          number = listSegments(piece, segments.get(), strips.get(), numStrips);
        }
        if (at != filled)
          fill(piece, two.get(), copy.get());
        filled = at;
        const int64_t first = index % featureParts * blocksEach;
        const int64_t behind = first + blocksEach < featureBlocks ? first + blocksEach : featureBlocks;
        for (int64_t block = first; block < behind; ++block)
          compute(piece, block, copy.get(), segments.get(), number, strips.get(), numStrips);
      }
    });
    return failed ? outOfScratch(pairs * pitch * 4) : TCC_OK;
  }

  /// Covers the lines of results with strips, which may reach over the padding between two lines.
  int64_t listSegments(const Piece &piece, Segment *segments, int64_t *strips, int64_t &numStrips) const {
    const int64_t length = lineLength(g, part, piece), base = placeOfImage(piece), step = stepInY(g, part);
    int64_t count = 0;
    numStrips = 0;
    forEachLine(g, part, piece, [&](int64_t, int64_t image, const int64_t *j) {
      const int64_t from = planes.offsetOfLine(g, part, piece, j);
      const int64_t place = placeInY(g, part, piece.group, image, j) - base;
      for (int64_t i = 0, here; i < length; i += here) {
        int64_t column = numStrips ? from + i - strips[numStrips - 1] : tileSide;
        if (column < 0 || column >= tileSide) {
          strips[numStrips++] = from + i;
          column = 0;
        }
        here = length - i < tileSide - column ? length - i : tileSide - column;
        segments[count++] = {numStrips - 1, column, here, place + i * step};
      }
    });
    if (numStrips % 2) {
      strips[numStrips] = strips[numStrips - 1];
      ++numStrips;
    }
    return count;
  }
  int64_t placeOfImage(const Piece &piece) const {
    return g.groups.third[piece.group] + g.images.second[piece.firstImage];
  }

  /// Copies the piece's planes, two channels at a time.
  void fill(const Piece &piece, BFloat16 *two, uint32_t *copy) const {
    for (int64_t c = 0; c < g.channels.count; c += 2, copy += pitch) {
      const int64_t count = c + 1 < g.channels.count ? 2 : 1;
      planes.fill(g, part, piece, x, c, c + count, two, [](BFloat16 value) TCC_INLINED { return value; });
      const uint16_t *low = reinterpret_cast<const uint16_t *>(two), *high = low + plane;
      vectorised([&]<int>() TCC_INLINED {
        for (int64_t i = 0; i < plane; ++i)
          copy[i] = low[i] | (count == 2 ? uint32_t(high[i]) << 16 : 0);
      });
    }
  }

  void compute(const Piece &piece, int64_t block, const uint32_t *copy, const Segment *segments, int64_t number,
               const int64_t *strips, int64_t numStrips) const {
    const BFloat16 *a = weights.get() + (piece.group * featureBlocks + block) * 2 * steps * tileElements;
    alignas(64) float c[blockSide * blockSide + blockSide]; // stores of a strip's end read what follows
    const Segment *segment = segments, *end = segments + number;
    for (int64_t strip = 0; strip < numStrips; strip += 2) {
      multiplyTileWindows(a, a + steps * tileElements, copy + strips[strip], copy + strips[strip + 1], pitch,
                          offsets.get(), steps, c, blockSide);
      const Segment *first = segment;
      while (segment < end && segment->strip < strip + 2)
        ++segment;
      store(piece, block, c, first, segment, strip);
    }
  }

  void store(const Piece &piece, int64_t block, const float *c, const Segment *begin, const Segment *end,
             int64_t strip) const {
    const int64_t feature = block * blockSide, step = stepInY(g, part);
    const int64_t rows = g.features.count - feature < blockSide ? g.features.count - feature : blockSide;
    BFloat16 *to = y + placeOfImage(piece);
    const bool areRows = step == 1 && areFeaturesEven;
    alignas(64) float turned[blockSide * blockSide];
    if (!areRows)
      transposeTileBlock(c, turned);
    for (const Segment *s = begin; s < end; ++s) {
      const int64_t column = (s->strip - strip) * tileSide + s->column;
      if (areRows)
        roundTileBlock(c + column, blockSide, rows, s->count, to + s->place + g.features.second[feature],
                       featureStride);
      else if (areFeaturesEven && featureStride == 1)
        roundTileBlock(turned + column * blockSide, blockSide, s->count, rows,
                       to + s->place + g.features.second[feature], step);
      else
        for (int64_t f = 0; f < rows; ++f)
          for (int64_t i = 0; i < s->count; ++i)
            to[s->place + g.features.second[feature + f] + i * step] = BFloat16(c[f * blockSide + column + i]);
    }
  }
};

} // namespace

double filledPositionTiles(const Geometry &g, const Part &part) {
  if (!hasBf16Tiles() || part.numTaps == 0)
    return 0;
  return filledPart(g.channels.count, tileDepth) * filledPart(g.features.count, blockSide) *
         filledPart(part.axes[g.numAxes - 1].out, tileSide);
}

int32_t convolveByPositionTiles(const Convolution<BFloat16> &call, TccStatus *status) {
  return TileConvolution(call, status).run();
}

} // namespace tcc::runtime
