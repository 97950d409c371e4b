// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops around panelProduct() for a left operand that is packed ahead: stripes of its panels that stay in the
// second-level cache, blocks of the right operand's columns, packed on the stack, that stay in the first-level one.
#include "runtime/PackedLeft.h"
#include "runtime/Packing.h"

namespace tcc::runtime {
namespace {

/// Lines [first, first + count) of an operand, whose elements lie side by side if isAlong, for `steps` from `at` on.
template <class T, int bytes, int64_t side>
TCC_INLINE void packLines(RowBlock<T> from, bool isAlong, int64_t first, int64_t count, int64_t at, int64_t steps,
                          Real<T> *to, int64_t width) {
  using R = Real<T>;
  constexpr int whole = int(side * sizeof(R));
  const int64_t line = isAlong ? from.ld : 1, along = isAlong ? 1 : from.ld;
  packPanel<T, (bytes < whole ? bytes : whole), side>(from.data + first * line + at * along, Stride{line}, count,
                                                      Stride{along}, steps, to, width,
                                                      [](auto x) TCC_INLINED { return x; });
  if constexpr (isComplex<T>)
    if (from.isAdjoint)
      for (int64_t p = 0; p < steps; ++p)
        for (int64_t r = 0; r < side; ++r) {
          R &imaginary = to[p * width + side + r];
          imaginary = -imaginary;
        }
}
int64_t upTo(int64_t most, int64_t rest) { return most < rest ? most : rest; }

constexpr int64_t depth = 256;             // steps of a block
constexpr int64_t stripeBytes = 600 << 10; // of panels that are read again for each block of columns

} // namespace

template <class T> int64_t PackedLeft<T>::spaceFor(int64_t rows, int64_t steps, int64_t columns) {
  const PanelSizes<T> sizes;
  const int64_t count = (rows + sizes.height - 1) / sizes.height;
  return isDirect(columns) ? 0 : count * sizes.stride * (isComplex<T> ? 2 : 1) * steps;
}

template <class T>
PackedLeft<T>::PackedLeft(int64_t rows, int64_t steps, RowBlock<T> a, int64_t columns, Real<T> *space)
    : a(a), steps(steps), panels{rows, 0}, packed(isDirect(columns) ? nullptr : space) {
  const int64_t height = packed ? sizes.height : sizes.direct;
  panels.count = (rows + height - 1) / height;
}

template <class T> void PackedLeft<T>::pack() const {
  if (!packed)
    return;
  vectorised([&]<int bytes>() TCC_INLINED {
    Real<T> *to = packed;
    for (int64_t at = 0; at < steps; at += depth)
      for (int64_t panel = 0; panel < panels.count; ++panel) {
        const int64_t count = upTo(depth, steps - at), row = panels.begin(panel);
        packLines<T, bytes, panelStride<T, bytes>>(a, !a.isAdjoint, row, upTo(sizes.stride, panels.rows - row), at,
                                                   count, to, stride());
        to += stride() * count;
      }
  });
}

template <class T>
void PackedLeft<T>::multiply(int64_t n, RowBlock<T> b, T *c, int64_t ldc, Update update, int64_t firstRow) const {
  constexpr int64_t unit = unitColumns<T>;
  using R = Real<T>;
  const ColumnBlocks<T> blocks(n);
  alignas(64) R block[depth * ColumnBlocks<T>::widest * (isComplex<T> ? 2 : 1)];
  int64_t first = 0;
  while (first + 1 < panels.count && panels.begin(first + 1) <= firstRow)
    ++first;
  for (int64_t at = 0; at < steps; at += depth) {
    const int64_t count = upTo(depth, steps - at), size = stride() * count;
    const int64_t fit = stripeBytes / (size * int64_t(sizeof(R))), stripe = fit < 1 ? 1 : fit;
    const Update how = at == 0 || update == Update::Subtract ? update : Update::Add;
    for (int64_t begin = first; begin < panels.count; begin += stripe) {
      const int64_t end = upTo(begin + stripe, panels.count);
      Left<R> left{packed + panels.count * stride() * at + begin * size, size, LeftOrder::Panels};
      if constexpr (!isComplex<T>)
        if (!packed) {
          const int64_t row = panels.begin(begin);
          left = {a.data + (a.isAdjoint ? at * a.ld + row : row * a.ld + at), a.ld,
                  a.isAdjoint ? LeftOrder::Columns : LeftOrder::Rows};
        }
      for (int64_t number = 0; number < blocks.count; ++number) {
        const int64_t j = blocks.begin(number), columns = upTo(blocks.begin(number + 1), n) - j;
        vectorised([&]<int bytes>() TCC_INLINED {
          for (int64_t l = 0; l < columns; l += unit)
            packLines<T, bytes, unit>(b, b.isAdjoint, j + l, upTo(unit, columns - l), at, count, block + l,
                                      blocks.width(number));
        });
        panelProduct<T>(panels, begin, end, columns, count, left, {block, 0, 0}, c + j, ldc, how);
      }
    }
  }
}

template class PackedLeft<float>;
template class PackedLeft<double>;
template class PackedLeft<Complex<float>>;
template class PackedLeft<Complex<double>>;

} // namespace tcc::runtime
