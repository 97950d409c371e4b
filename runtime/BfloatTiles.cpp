// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packing into tiles by squares of 16 x 16 pairs of two successive k, and the loops of tile registers.
#include "runtime/BfloatTiles.h"
#include "runtime/VectorLanes.h"
#include "runtime/VectorTarget.h"
#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#endif

namespace tcc::runtime {

#if defined(__x86_64__) && defined(__linux__)
// What CPUs with these registers have.
#define TCC_WITH_TILES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16")))
namespace {

using Pairs = Vector<int32_t, 64>;
template <class To, class From> TCC_WITH_TILES inline To bitsOf(const From &from) {
  To to;
  static_assert(sizeof(to) == sizeof(from));
  __builtin_memcpy(&to, &from, sizeof(to));
  return to;
}
inline uint32_t lowest(int64_t count) { return count >= 32 ? ~uint32_t(0) : (uint32_t(1) << count) - 1; }

/// The first `count` elements of a line, at most 32, as pairs.
TCC_WITH_TILES inline Pairs pairsAlong(const BFloat16 *from, int64_t count) {
  return bitsOf<Pairs>(_mm512_maskz_loadu_epi16(lowest(count), from));
}
TCC_WITH_TILES inline Pairs pairsAlong(const float *from, int64_t count) {
  const uint32_t mask = lowest(count);
  return bitsOf<Pairs>(_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(__mmask16(mask >> 16), from + 16),
                                           _mm512_maskz_loadu_ps(__mmask16(mask), from)));
}
/// Element l of 16 lines that lie side by side, of which `count` exist, in the lower halves of lanes.
TCC_WITH_TILES inline Pairs acrossLines(const BFloat16 *from, int64_t count) {
  return bitsOf<Pairs>(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(__mmask16(lowest(count)), from)));
}
TCC_WITH_TILES inline Pairs acrossLines(const float *from, int64_t count) {
  return bitsOf<Pairs>(_mm512_cvtepu16_epi32(
      bitsOf<__m256i>(_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(__mmask16(lowest(count)), from)))));
}

/// All eight: 16 rows of 64 bytes. Functions, since g++ compiles no constructors for other targets.
TCC_WITH_TILES void configureTiles() {
  struct alignas(64) {
    uint8_t palette = 1, startRow = 0, reserved[14] = {};
    uint16_t bytes[16] = {};
    uint8_t rows[16] = {};
  } config;
  for (int i = 0; i < 8; ++i) {
    config.bytes[i] = 64;
    config.rows[i] = tileSide;
  }
  _tile_loadconfig(&config);
}
TCC_WITH_TILES void releaseTiles() { _tile_release(); }

} // namespace

template <class T> TCC_WITH_TILES void packTile(TileSide side, const TileLines<T> &lines, int64_t steps, BFloat16 *to) {
  Pairs pairs[tileSide];
  const int64_t count = lines.count < tileSide ? lines.count : tileSide;
  const bool areLines = lines.along == 1;
  if (areLines)
    for (int64_t i = 0; i < tileSide; ++i)
      pairs[i] = i < count ? pairsAlong(lines.data + i * lines.stride, steps) : Pairs{};
  else
    for (int64_t i = 0; i < tileSide; ++i) {
      const T *first = lines.data + 2 * i * lines.along, *second = first + lines.along;
      // What the next tile reads is far away.
      __builtin_prefetch(first + tileDepth * lines.along);
      __builtin_prefetch(second + tileDepth * lines.along);
      pairs[i] = 2 * i < steps ? acrossLines(first, count) : Pairs{};
      if (2 * i + 1 < steps)
        pairs[i] |= acrossLines(second, count) << 16;
    }
  if (areLines != (side == TileSide::Left))
    transposeSquare<int32_t, 64>(pairs);
  for (int64_t i = 0; i < tileSide; ++i)
    vectorAt<int32_t, 64>(reinterpret_cast<int32_t *>(to) + i * tileSide) = pairs[i];
}

template <class T> void packTiles(TileSide side, const TileLines<T> &lines, int64_t k, BFloat16 *to) {
  const int64_t padded = paddedToTiles(lines.count);
  for (int64_t first = 0; first < padded; first += tileSide)
    for (int64_t p = 0; p < k; p += tileDepth, to += tileElements) {
      const int64_t rest = lines.count - first;
      packTile<T>(side,
                  {lines.data + first * lines.stride + p * lines.along, lines.stride, lines.along, rest < 0 ? 0 : rest},
                  k - p, to);
    }
}

TileRegisters::TileRegisters() { configureTiles(); }
TileRegisters::~TileRegisters() { releaseTiles(); }

namespace {

/// Where the two tiles of b of a step lie, and the bytes between their rows.
struct PackedStrips {
  const BFloat16 *b0, *b1;
  static constexpr int64_t stride = 64;
  static constexpr bool overlap = false;
  const void *first(int64_t step) const { return b0 + step * tileElements; }
  const void *second(int64_t step) const { return b1 + step * tileElements; }
};
struct Windows {
  const uint32_t *b0, *b1;
  const int64_t *offsets;
  int64_t stride;
  static constexpr bool overlap = true;
  const void *first(int64_t step) const { return b0 + offsets[step]; }
  const void *second(int64_t step) const { return b1 + offsets[step]; }
};

template <class Columns>
TCC_WITH_TILES inline void multiplyBlock(const BFloat16 *a0, const BFloat16 *a1, Columns b, int64_t steps, float *c,
                                         int64_t ldc, bool adds) {
  const int64_t stride = ldc * int64_t(sizeof(float));
  float *below = c + tileSide * ldc;
  if (adds) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + tileSide, stride);
    _tile_loadd(2, below, stride);
    _tile_loadd(3, below + tileSide, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t s = 0; s < steps; ++s) {
    // Those that are read again soon must not be pushed out of the first-level cache: a's, which stay there, or
    // windows, of which neighbouring taps share most (measured: 1.15 and 1.6 times as fast).
    if constexpr (Columns::overlap) {
      _tile_stream_loadd(4, a0 + s * tileElements, 64);
      _tile_loadd(6, b.first(s), b.stride);
      _tile_stream_loadd(5, a1 + s * tileElements, 64);
      _tile_loadd(7, b.second(s), b.stride);
    } else {
      _tile_loadd(4, a0 + s * tileElements, 64);
      _tile_stream_loadd(6, b.first(s), b.stride);
      _tile_loadd(5, a1 + s * tileElements, 64);
      _tile_stream_loadd(7, b.second(s), b.stride);
    }
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + tileSide, stride);
  _tile_stored(2, below, stride);
  _tile_stored(3, below + tileSide, stride);
}

} // namespace

TCC_WITH_TILES void multiplyTileBlock(const BFloat16 *a0, const BFloat16 *a1, const BFloat16 *b0, const BFloat16 *b1,
                                      int64_t steps, float *c, int64_t ldc, bool adds) {
  multiplyBlock(a0, a1, PackedStrips{b0, b1}, steps, c, ldc, adds);
}
TCC_WITH_TILES void multiplyTileWindows(const BFloat16 *a0, const BFloat16 *a1, const uint32_t *b0, const uint32_t *b1,
                                        int64_t stride, const int64_t *offsets, int64_t steps, float *c, int64_t ldc) {
  multiplyBlock(a0, a1, Windows{b0, b1, offsets, stride * int64_t(sizeof(uint32_t))}, steps, c, ldc, false);
}

TCC_WITH_TILES void transposeTileBlock(const float *c, float *to) {
  constexpr int64_t ld = 2 * tileSide;
  for (int64_t i = 0; i < ld; i += tileSide)
    for (int64_t j = 0; j < ld; j += tileSide) {
      Vector<float, 64> square[tileSide];
      for (int64_t r = 0; r < tileSide; ++r)
        square[r] = vectorAt<float, 64>(c + (i + r) * ld + j);
      transposeSquare<float, 64>(square);
      for (int64_t r = 0; r < tileSide; ++r)
        vectorAt<float, 64>(to + (j + r) * ld + i) = square[r];
    }
}

void tiledProduct(int64_t m, int64_t n, int64_t k, const BFloat16 *a, const BFloat16 *b, float *c, int64_t ldc,
                  bool adds) {
  const int64_t steps = tilesAlong(k), strip = steps * tileElements;
  for (int64_t i = 0; i < m; i += 2 * tileSide, a += 2 * strip)
    for (int64_t j = 0; j < n; j += 2 * tileSide) {
      const BFloat16 *right = b + j / tileSide * strip;
      multiplyTileBlock(a, a + strip, right, right + strip, steps, c + i * ldc + j, ldc, adds);
    }
}

TCC_WITH_TILES void roundTileBlock(const float *c, int64_t ldc, int64_t rows, int64_t columns, BFloat16 *to,
                                   int64_t ld) {
  for (int64_t r = 0; r < rows; ++r, c += ldc, to += ld)
    _mm512_mask_storeu_epi16(to, lowest(columns),
                             bitsOf<__m512i>(_mm512_cvtne2ps_pbh(_mm512_loadu_ps(c + tileSide), _mm512_loadu_ps(c))));
}

#else

// Never called.
template <class T> void packTile(TileSide, const TileLines<T> &, int64_t, BFloat16 *) {}
template <class T> void packTiles(TileSide, const TileLines<T> &, int64_t, BFloat16 *) {}
TileRegisters::TileRegisters() = default;
TileRegisters::~TileRegisters() = default;
void multiplyTileBlock(const BFloat16 *, const BFloat16 *, const BFloat16 *, const BFloat16 *, int64_t, float *,
                       int64_t, bool) {}
void multiplyTileWindows(const BFloat16 *, const BFloat16 *, const uint32_t *, const uint32_t *, int64_t,
                         const int64_t *, int64_t, float *, int64_t) {}
void transposeTileBlock(const float *, float *) {}
void tiledProduct(int64_t, int64_t, int64_t, const BFloat16 *, const BFloat16 *, float *, int64_t, bool) {}
void roundTileBlock(const float *, int64_t, int64_t, int64_t, BFloat16 *, int64_t) {}

#endif

template void packTile(TileSide, const TileLines<BFloat16> &, int64_t, BFloat16 *);
template void packTile(TileSide, const TileLines<float> &, int64_t, BFloat16 *);
template void packTiles(TileSide, const TileLines<BFloat16> &, int64_t, BFloat16 *);
template void packTiles(TileSide, const TileLines<float> &, int64_t, BFloat16 *);

} // namespace tcc::runtime
