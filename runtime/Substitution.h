// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Triangular systems of row-major matrices.
#ifndef TCC_RUNTIME_SUBSTITUTION_H
#define TCC_RUNTIME_SUBSTITUTION_H

#include "runtime/PackedLeft.h"
#include "runtime/SmallMatrix.h"

namespace tcc::runtime {

/// The largest triangle that is solved in registers alone.
template <class T> inline constexpr int64_t mostTriangle = 1024 / sizeof(T);

/// x {n, columns} := t^-1 x for n <= mostTriangle, by the calling thread. Reads the triangle only, of a unit one not
/// the diagonal; diagonals may be as small as any number but zero. No adjoints.
template <class T>
void solveTriangle(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx);

/// The same for any n, and with adjoints, made ready for tiles of `columns` right-hand sides in all.
template <class T> class BlockTriangle {
public:
  BlockTriangle(int64_t n, const T *t, int64_t ld, TriangleOptions options, int64_t columns);
  /// On the pool. False without memory.
  bool prepare();
  /// By the calling thread. Rows that come first in the order of substitution, so many of them, are zero.
  void solve(int64_t count, T *x, int64_t ldx, int64_t zeroRows = 0) const;

private:
  static constexpr int64_t block = mostTriangle<T> / 2;
  int64_t n, ld, columns, blocks;
  const T *t;
  TriangleOptions options;
  bool isLower;
  Scratch<Real<T>> packed; ///< what lies beside the blocks on the diagonal
  Scratch<T> adjoints;     ///< of these blocks
  int64_t begin(int64_t b) const { return b * block; }
  int64_t end(int64_t b) const { return (b + 1) * block < n ? (b + 1) * block : n; }
  int64_t spaceForBlock() const { return PackedLeft<T>::spaceFor(n, block, columns); }
  PackedLeft<T> besideBlock(int64_t b) const;
};

/// Right-hand sides that are solved at a time.
template <class T> inline int64_t columnTile(int64_t columns) {
  constexpr int64_t least = 128 / int64_t(sizeof(T)) < 16 ? 16 : 128 / int64_t(sizeof(T));
  const int64_t eighth = (columns / 8 + least - 1) / least * least;
  return eighth < least ? least : eighth > 128 ? 128 : eighth;
}

/// All right-hand sides at once, in fixed tiles on the pool. False without memory.
template <class T>
bool solveTriangular(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx);

} // namespace tcc::runtime
#endif
