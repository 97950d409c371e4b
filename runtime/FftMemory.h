// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT's way from lines in memory to split arrays and back. Included after FftButterflies.h, in the same
// namespaces and under the same target pragma.

/// Which element of (a, b), `w` each, is element i of the shuffled vector. Pieces are of 16 bytes.
enum class Shuffle {
  PieceLow,
  PieceHigh,
  PairLow,
  PairHigh,
  EvenPieces,
  OddPieces,
  Even,
  Odd,
  ZipLow,
  ZipHigh,
  Reverse
};
template <Shuffle kind, int w, int piece> constexpr int shuffled(int i) {
  int q = i / piece * piece, r = i % piece;
  switch (kind) {
  case Shuffle::PieceLow:
    return q + r / 2 + (r % 2 ? w : 0);
  case Shuffle::PieceHigh:
    return q + piece / 2 + r / 2 + (r % 2 ? w : 0);
  case Shuffle::PairLow:
    return q + r % 2 + (r / 2 ? w : 0);
  case Shuffle::PairHigh:
    return q + 2 + r % 2 + (r / 2 ? w : 0);
  case Shuffle::EvenPieces:
    return 2 * q + r;
  case Shuffle::OddPieces:
    return 2 * q + piece + r;
  case Shuffle::Even:
    return 2 * i;
  case Shuffle::Odd:
    return 2 * i + 1;
  case Shuffle::ZipLow:
    return i / 2 + (i % 2 ? w : 0);
  case Shuffle::ZipHigh:
    return w / 2 + i / 2 + (i % 2 ? w : 0);
  case Shuffle::Reverse:
    return w - 1 - i;
  }
}
template <Shuffle kind, class R, int... i>
inline __attribute__((always_inline)) V<R> shuffleBy(V<R> a, V<R> b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, shuffled<kind, int(vectorLanes<R>), 16 / int(sizeof(R))>(i)...);
}
template <Shuffle kind, class R> inline __attribute__((always_inline)) V<R> shuffle(V<R> a, V<R> b) {
  return shuffleBy<kind, R>(a, b, std::make_integer_sequence<int, int(vectorLanes<R>)>());
}

/// rows[i][j] becomes rows[j][i]: first within pieces, as every instruction set can, then piece by piece.
template <class R> inline __attribute__((always_inline)) void transposeVectors(V<R> *rows) {
  constexpr int w = int(vectorLanes<R>), piece = 16 / int(sizeof(R)), pieces = w / piece;
  for (int g = 0; g < w; g += piece) {
    V<R> *r = rows + g;
    V<R> low = shuffle<Shuffle::PieceLow, R>(r[0], r[1]), high = shuffle<Shuffle::PieceHigh, R>(r[0], r[1]);
    if constexpr (piece == 4) {
      V<R> low2 = shuffle<Shuffle::PieceLow, R>(r[2], r[3]), high2 = shuffle<Shuffle::PieceHigh, R>(r[2], r[3]);
      r[0] = shuffle<Shuffle::PairLow, R>(low, low2), r[1] = shuffle<Shuffle::PairHigh, R>(low, low2);
      r[2] = shuffle<Shuffle::PairLow, R>(high, high2), r[3] = shuffle<Shuffle::PairHigh, R>(high, high2);
    } else {
      r[0] = low, r[1] = high;
    }
  }
  for (int j = 0; j < piece && pieces > 1; ++j) {
    V<R> *r = rows + j;
    V<R> even = shuffle<Shuffle::EvenPieces, R>(r[0], r[piece]), odd = shuffle<Shuffle::OddPieces, R>(r[0], r[piece]);
    if constexpr (pieces == 4) {
      V<R> even2 = shuffle<Shuffle::EvenPieces, R>(r[2 * piece], r[3 * piece]);
      V<R> odd2 = shuffle<Shuffle::OddPieces, R>(r[2 * piece], r[3 * piece]);
      r[0] = shuffle<Shuffle::EvenPieces, R>(even, even2), r[2 * piece] = shuffle<Shuffle::OddPieces, R>(even, even2);
      r[piece] = shuffle<Shuffle::EvenPieces, R>(odd, odd2), r[3 * piece] = shuffle<Shuffle::OddPieces, R>(odd, odd2);
    } else {
      r[0] = even, r[piece] = odd;
    }
  }
}

//===----------------------------------------------------------------------===//
// Lines in memory
//===----------------------------------------------------------------------===//

/// The lines of one call on one side, in numbers of R: entry k of line l has its real part at at[l] + k * step and its
/// imaginary part `gap` behind; gap 0: there are no imaginary parts.
template <class R> struct Side {
  int64_t at[vectorLanes<R>], step, gap;
  bool columns;   ///< lines are neighbours in memory, `count` of them
  bool following; ///< lines are contiguous and follow one another
};

/// `pairs`: a real line read as half as many complex numbers.
template <class R>
Side<R> sideOf(const FftLines &f, bool isInput, bool real, bool pairs, int64_t first, int64_t count, int64_t lanes,
               int64_t entries) {
  Side<R> side;
  int64_t step = isInput ? f.inStep : f.outStep, outerStride = isInput ? f.inOuterStride : f.outOuterStride;
  int64_t size = real ? 1 : 2, whole = size * (real && pairs ? 2 * entries : entries);
  side.step = real && !pairs ? step : 2 * step;
  side.gap = !real ? 1 : pairs ? step : 0;
  side.columns = lanes > 1 && step > 1;
  side.following = count == lanes && lanes > 1 && step == 1;
  for (int64_t l = 0, outer = first / f.innerCount, inner = first % f.innerCount; l < lanes; ++l) {
    side.at[l] = (outer * outerStride + inner) * size;
    if (l + 1 < count && ++inner == f.innerCount) { // idle lanes repeat the last line
      inner = 0;
      ++outer;
    }
    side.columns &= l >= count || side.at[l] == side.at[0] + l * size;
    side.following &= side.at[l] == side.at[0] + l * whole;
  }
  return side;
}

/// The first `count` of a vector's lanes alone, if there are not more.
template <class R> inline __attribute__((always_inline)) V<R> loadSome(const R *from, int64_t count) {
  if (count >= vectorLanes<R>)
    return load(from);
  V<R> value = {};
  for (int64_t l = 0; l < count; ++l)
    value[l] = from[l];
  return value;
}
template <class R> inline __attribute__((always_inline)) void storeSome(R *to, V<R> value, int64_t count) {
  if (count >= vectorLanes<R>)
    return store(to, value);
  for (int64_t l = 0; l < count; ++l)
    to[l] = value[l];
}

/// Both cache lines of a vector of complex numbers a few rows ahead: rows far apart are on pages of their own, which
/// the hardware does not foresee.
template <bool write, class R> inline __attribute__((always_inline)) void prefetch(const R *row, int64_t step) {
  __builtin_prefetch(row + 8 * step, write);
  __builtin_prefetch(row + 8 * step + vectorLanes<R>, write);
}

/// Reads `entries` of each line into split arrays; im stays as it is where there are no imaginary parts. `pad` holds a
/// vector's lanes of short lines.
template <class R>
void gather(const Side<R> &side, const R *in, int64_t lanes, int64_t count, int64_t entries, R *__restrict re,
            R *__restrict im, R *pad) {
  constexpr int64_t w = vectorLanes<R>;
  bool dense = side.gap ? side.step == 2 && side.gap == 1 : side.step == 1;
  int64_t block = side.gap ? w / 2 : w;
  if (lanes == 1 && dense && entries >= w) {
    const R *from = in + side.at[0];
    overVectors<R>(entries, [&](int64_t k) __attribute__((always_inline)) {
      if (side.gap) {
        V<R> a = load(from + 2 * k), b = load(from + 2 * k + w);
        store(re + k, shuffle<Shuffle::Even, R>(a, b));
        store(im + k, shuffle<Shuffle::Odd, R>(a, b));
      } else {
        store(re + k, load(from + k));
      }
    });
  } else if (side.columns) {
    for (int64_t k = 0; k < entries; ++k) {
      const R *from = in + side.at[0] + k * side.step;
      prefetch<false>(from, side.step);
      if (side.gap == 1) {
        V<R> a = loadSome(from, 2 * count), b = loadSome(from + w, 2 * count - w);
        store(re + k * w, shuffle<Shuffle::Even, R>(a, b));
        store(im + k * w, shuffle<Shuffle::Odd, R>(a, b));
      } else {
        store(re + k * w, loadSome(from, count));
        if (side.gap)
          store(im + k * w, loadSome(from + side.gap, count));
      }
    }
  } else if (lanes == w && dense && (entries >= block || side.following)) {
    const R *from[w];
    for (int64_t l = 0; l < w; ++l)
      from[l] = in + side.at[l];
    if (entries < block) { // vectors would reach beyond the last line
      int64_t length = side.step * entries;
      __builtin_memcpy(pad, from[0], size_t(w * length) * sizeof(R));
      for (int64_t l = 0; l < w; ++l)
        from[l] = pad + l * length;
    }
    for (int64_t k = 0; k < entries; k += block) {
      int64_t begin = k + block <= entries || entries < block ? k : entries - block;
      V<R> rows[w];
      for (int64_t l = 0; l < w; ++l)
        rows[l] = load(from[l] + begin * side.step);
      transposeVectors<R>(rows);
      int64_t kept = entries - begin < block ? entries - begin : block;
      if (side.gap)
        for (int64_t j = 0; j < kept; ++j) {
          store(re + (begin + j) * w, rows[2 * j]);
          store(im + (begin + j) * w, rows[2 * j + 1]);
        }
      else
        for (int64_t j = 0; j < kept; ++j)
          store(re + (begin + j) * w, rows[j]);
    }
  } else {
    // In blocks of entries: lines lie far apart, often by powers of two, and the caches keep one block of each.
    for (int64_t begin = 0; begin < entries; begin += 16)
      for (int64_t l = 0; l < lanes; ++l)
        for (int64_t k = begin; k < (begin + 16 < entries ? begin + 16 : entries); ++k) {
          const R *from = in + side.at[l] + k * side.step;
          re[k * lanes + l] = from[0];
          if (side.gap)
            im[k * lanes + l] = from[side.gap];
        }
  }
}

/// Writes `entries` of the first `count` lines, times `scale`.
template <class R>
void scatter(const Side<R> &side, R *out, int64_t lanes, int64_t count, int64_t entries, const R *__restrict re,
             const R *__restrict im, R scale, R *pad) {
  constexpr int64_t w = vectorLanes<R>;
  bool dense = side.gap ? side.step == 2 && side.gap == 1 : side.step == 1;
  int64_t block = side.gap ? w / 2 : w;
  if (lanes == 1 && dense && entries >= w) {
    R *to = out + side.at[0];
    overVectors<R>(entries, [&](int64_t k) __attribute__((always_inline)) {
      V<R> a = load(re + k) * scale;
      if (side.gap) {
        V<R> b = load(im + k) * scale;
        store(to + 2 * k, shuffle<Shuffle::ZipLow, R>(a, b));
        store(to + 2 * k + w, shuffle<Shuffle::ZipHigh, R>(a, b));
      } else {
        store(to + k, a);
      }
    });
  } else if (side.columns) {
    for (int64_t k = 0; k < entries; ++k) {
      R *to = out + side.at[0] + k * side.step;
      prefetch<true>(to, side.step);
      V<R> a = load(re + k * w) * scale;
      if (side.gap == 1) {
        V<R> b = load(im + k * w) * scale;
        storeSome(to, shuffle<Shuffle::ZipLow, R>(a, b), 2 * count);
        storeSome(to + w, shuffle<Shuffle::ZipHigh, R>(a, b), 2 * count - w);
      } else {
        storeSome(to, a, count);
        if (side.gap)
          storeSome(to + side.gap, load(im + k * w) * scale, count);
      }
    }
  } else if (lanes == w && dense && (entries >= block || side.following)) {
    R *to[w];
    int64_t length = side.step * entries;
    bool padded = entries < block; // each line's vector then reaches into the next line, which is stored later
    for (int64_t l = 0; l < w; ++l)
      to[l] = padded ? pad + l * length : out + side.at[l];
    for (int64_t k = 0; k < entries; k += block) {
      int64_t begin = k + block <= entries || padded ? k : entries - block;
      int64_t kept = entries - begin < block ? entries - begin : block;
      V<R> rows[w];
      if (side.gap)
        for (int64_t j = 0; j < w / 2; ++j) {
          int64_t from = (begin + (j < kept ? j : 0)) * w;
          rows[2 * j] = load(re + from) * scale;
          rows[2 * j + 1] = load(im + from) * scale;
        }
      else
        for (int64_t j = 0; j < w; ++j)
          rows[j] = load(re + (begin + (j < kept ? j : 0)) * w) * scale;
      transposeVectors<R>(rows);
      for (int64_t l = 0; l < count; ++l)
        store(to[l] + begin * side.step, rows[l]);
    }
    if (padded)
      __builtin_memcpy(out + side.at[0], pad, size_t(w * length) * sizeof(R));
  } else {
    for (int64_t begin = 0; begin < entries; begin += 16)
      for (int64_t l = 0; l < count; ++l)
        for (int64_t k = begin; k < (begin + 16 < entries ? begin + 16 : entries); ++k) {
          R *to = out + side.at[l] + k * side.step;
          to[0] = re[k * lanes + l] * scale;
          if (side.gap)
            to[side.gap] = im[k * lanes + l] * scale;
        }
  }
}
