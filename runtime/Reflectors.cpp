// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reflections of vectors, block reflections: their triangles and their application.
#include "runtime/Reflectors.h"
#include "runtime/Threads.h"
#include <limits>
#include <math.h>

namespace tcc::runtime {

template <class T> T makeReflector(T *x, int64_t begin, int64_t end, Real<T> &beta) {
  using R = Real<T>;
  constexpr R negligible = std::numeric_limits<R>::min() / std::numeric_limits<R>::epsilon();
  R re = realOf(x[begin]), im = imaginaryOf(x[begin]);
  x[begin] = T(0);
  int64_t from = begin / rowsAtOnce<T> * rowsAtOnce<T>;
  T squares;
  dotColumns<T>(x + from, 0, end - from, 1, x + from, &squares);
  R tail = realOf(squares);
  x[begin] = T(1);
  if (tail + im * im < negligible) {
    beta = re;
    memset(static_cast<void *>(x + begin + 1), 0, size_t(end - begin - 1) * sizeof(T));
    return T(0);
  }
  R norm = sqrt(re * re + im * im + tail);
  beta = re > 0 ? -norm : norm;
  // 1 / (x_0 - beta), where no digits cancel
  R a = re - beta, square = a * a + im * im;
  T inverse = complexOf<T>(a / square, -im / square);
  for (int64_t i = begin + 1; i < end; ++i)
    x[i] = x[i] * inverse;
  return complexOf<T>((beta - re) / beta, -im / beta);
}

// T = 1 / (diag(1 / tau) + the strict upper triangle of V^H V), column by column.
template <class T> bool Reflections<T>::prepare() {
  int64_t size = block * block;
  if (!triangles.resize(blocks() * size))
    return false;
  const BlasTable<T> &table = *blas<T>();
  parallelFor(blocks(), grainFor(double(rows) * double(size) * 0.05), [&](int64_t begin, int64_t end) {
    const T one(1), zero(0);
    for (int64_t b = begin; b < end; ++b) {
      int64_t first = b * block, top = first + shift;
      BlasInt width = BlasInt(count - first < block ? count - first : block), height = BlasInt(rows - top);
      BlasInt leading = BlasInt(block);
      const T *panel = v + first * ld + top;
      T *triangle = triangles.get() + b * size;
      table.gemm("C", "N", &width, &width, &height, &one, panel, &ld, panel, &ld, &zero, triangle, &leading, 1, 1);
      for (int64_t j = 0; j < width; ++j) {
        T *column = triangle + j * block, factor = T(0) - tau[first + j];
        // In place from the top: entry i needs those from i on of V^H v_j.
        for (int64_t i = 0; i < j; ++i) {
          T sum(0);
          for (int64_t l = i; l < j; ++l)
            sum = sum + triangle[i + l * block] * column[l];
          column[i] = sum * factor;
        }
        column[j] = tau[first + j];
        for (int64_t i = j + 1; i < width; ++i)
          column[i] = T(0);
      }
    }
  });
  return true;
}

template <class T> void Reflections<T>::apply(T *c, int64_t ldc, int64_t columns, T *work) const {
  const BlasTable<T> &table = *blas<T>();
  const T one(1), zero(0), minusOne(-1);
  BlasInt leading = BlasInt(ldc), wide = BlasInt(columns), side = BlasInt(block);
  T *inner = work, *turned = work + block * columns;
  for (int64_t b = blocks() - 1; b >= 0; --b) {
    int64_t first = b * block, top = first + shift;
    BlasInt width = BlasInt(count - first < block ? count - first : block), height = BlasInt(rows - top);
    const T *panel = v + first * ld + top;
    table.gemm("C", "N", &width, &wide, &height, &one, panel, &ld, c + top, &leading, &zero, inner, &side, 1, 1);
    table.gemm("N", "N", &width, &wide, &width, &one, triangles.get() + b * block * block, &side, inner, &side, &zero,
               turned, &side, 1, 1);
    table.gemm("N", "N", &height, &wide, &width, &minusOne, panel, &ld, turned, &side, &one, c + top, &leading, 1, 1);
  }
}

template float makeReflector(float *, int64_t, int64_t, float &);
template double makeReflector(double *, int64_t, int64_t, double &);
template Complex<float> makeReflector(Complex<float> *, int64_t, int64_t, float &);
template Complex<double> makeReflector(Complex<double> *, int64_t, int64_t, double &);
template class Reflections<float>;
template class Reflections<double>;
template class Reflections<Complex<float>>;
template class Reflections<Complex<double>>;

} // namespace tcc::runtime
