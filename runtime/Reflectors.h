// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementary reflections H = 1 - tau v v^H and products of many of them, applied in blocks 1 - V T V^H (Schreiber and
// Van Loan 1989) to tiles of columns.
#ifndef TCC_RUNTIME_REFLECTORS_H
#define TCC_RUNTIME_REFLECTORS_H

#include "runtime/BlasLibrary.h"
#include "runtime/MatrixVector.h"
#include "runtime/Memory.h"

namespace tcc::runtime {

/// v, in place of x[begin..end), with v[begin] = 1 and H^H x = (0, .., beta, 0, ..), beta real, for H = 1 - tau v v^H;
/// returns tau. x is padded for MatrixVector.h and zero above `begin`. Entries are of the size of 1 at most: what is so
/// small that its square is not a normal number is taken for zero.
template <class T> T makeReflector(T *x, int64_t begin, int64_t end, Real<T> &beta);

/// H_0 H_1 .. H_(count-1). Vector k is column k of `v`, of which the rows below k + shift are stored, with zeros above
/// and a one at k + shift.
template <class T> class Reflections {
public:
  Reflections(const T *v, int64_t ld, int64_t rows, int64_t count, int64_t shift, const T *tau)
      : v(v), tau(tau), ld(BlasInt(ld)), rows(rows), count(count), shift(shift), block(rows > 256 ? 64 : 32) {}
  /// Prepares the triangles T; false when memory is exhausted.
  bool prepare();
  /// Elements of work for apply().
  int64_t workSize(int64_t columns) const { return 2 * block * columns; }
  /// c (rows x columns, column-major) becomes the product times c.
  void apply(T *c, int64_t ldc, int64_t columns, T *work) const;

private:
  int64_t blocks() const { return (count + block - 1) / block; }
  const T *v, *tau;
  BlasInt ld;
  int64_t rows, count, shift, block;
  Scratch<T> triangles;
};

/// Columns that one task of a product of large matrices takes: about `wanted`, in an even number of tiles, so that two
/// threads finish together.
inline int64_t tileWidth(int64_t columns, int64_t wanted) {
  int64_t tiles = columns <= wanted / 2 ? 1 : 2 * ((columns + 2 * wanted - 1) / (2 * wanted));
  int64_t width = (columns + tiles - 1) / tiles;
  return width > 1 ? width : 1;
}

} // namespace tcc::runtime
#endif
