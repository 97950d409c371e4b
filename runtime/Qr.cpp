// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_qr by blocked Householder reflections (Schreiber and Van Loan 1989): panels by QrPanel.cpp, what is right of them
// in fixed tiles on our threads, the next panel as soon as its columns are ready.
#include "runtime/Decompose.h"
#include "runtime/FactorPanel.h"
#include "runtime/LeastSquares.h"
#include "runtime/PackedLeft.h"
#include "runtime/PanelSchedule.h"
#include "runtime/VectorLanes.h"
#include <atomic>
#include <limits>
#include <math.h>

using namespace tcc::runtime;

namespace {

/// The largest magnitude; infinity or no number if one of them is not finite, whose bits are the greater ones.
template <class R> R largestMagnitude(const R *x, int64_t count) {
  using Int = typename LanesOf<R, 16>::Int;
  constexpr int64_t block = 8192;
  constexpr Int magnitude = std::numeric_limits<Int>::max();
  std::atomic<Int> largest{0};
  parallelFor((count + block - 1) / block, grainFor(block * 0.1), [&](int64_t begin, int64_t end) {
    Int most = 0;
    auto add = [&](Int bits) { most = most < bits ? bits : most; };
    const int64_t last = end * block < count ? end * block : count;
    vectorised([&]<int bytes>() TCC_INLINED {
      using Bits = typename LanesOf<R, bytes>::Bits;
      constexpr int64_t lanes = LanesOf<R, bytes>::count;
      Bits greatest{};
      int64_t i = begin * block;
      for (; i + lanes <= last; i += lanes) {
        const Bits here = Bits(vectorAt<R, bytes>(x + i)) & magnitude;
        greatest = greatest < here ? here : greatest;
      }
      for (int64_t l = 0; l < lanes; ++l)
        add(greatest[l]);
      for (; i < last; ++i) {
        Int bits;
        memcpy(&bits, x + i, sizeof(bits));
        add(bits & magnitude);
      }
    });
    Int known = largest.load();
    while (most > known && !largest.compare_exchange_weak(known, most))
      ;
  });
  const Int bits = largest;
  R result;
  memcpy(&result, &bits, sizeof(result));
  return result;
}
/// The power of two that takes numbers up to `largest` to where their squares neither overflow nor all vanish: 1 for
/// most matrices.
template <class R> R safeScale(R largest) {
  constexpr int limit = sizeof(R) == 4 ? 32 : 256;
  const int exponent = largest > 0 ? ilogb(largest) : 0;
  return exponent > limit ? R(ldexp(1, limit - exponent)) : exponent < -limit ? R(ldexp(1, -limit - exponent)) : R(1);
}
template <class T> void scaledCopy(T *to, const T *from, int64_t rows, int64_t columns, Real<T> scale) {
  if (scale == 1)
    return copyRows(to, columns, from, columns, rows, columns);
  for (int64_t i = 0; i < rows * columns; ++i)
    to[i] = from[i] * T(scale);
}

template <class T> class BlockQr {
public:
  /// Factors a copy of m x n numbers (leading dimension n) in place: it becomes R, with zeros below. Of more than
  /// `factored` columns those behind become Q^H times what they were.
  BlockQr(int64_t m, int64_t n, int64_t factored, int64_t columnsOfQ)
      : m(m), n(n), smaller(factored), columnsOfQ(columnsOfQ),
        width(smaller < mostPanelColumns<T> ? smaller : mostPanelColumns<T>), panels((smaller + width - 1) / width) {}
  bool allocate() {
    return reflections.resize(offsetOf(panels)) && triangles.resize(panels * width * panelDistance<T>(width)) &&
           packed.resize(panels * spaceForPanel()) && space.resize(2 * width * columnsOfAll());
  }

  void factor(T *a) {
    // Panels in groups: while a few columns are in the second-level cache, they take the reflections of all.
    const int64_t group = smaller <= 8 * width ? 1 : smaller <= 20 * width ? 2 : 4, most = 2 * width;
    auto applyGroup = [&](int64_t from, int64_t to, int64_t column, int64_t count) {
      for (int64_t end = column + count; column < end; column += most)
        for (int64_t p = from; p < to && p < panels; ++p)
          apply(p, true, a + begin(p) * n, n, column, end - column < most ? end - column : most);
    };
    factorByPanels(
        smaller, n, group * width, double(m) * double(group * width) * 0.05,
        [&](int64_t g) {
          const int64_t end = (g + 1) * group * width, last = end < smaller ? end : smaller;
          for (int64_t p = g * group; p < (g + 1) * group && p < panels; ++p) {
            factorPanel(p, a);
            applyGroup(p, p + 1, begin(p) + columns(p), last - begin(p) - columns(p));
          }
        },
        [&](int64_t g, int64_t column, int64_t count) { applyGroup(g * group, (g + 1) * group, column, count); });
    parallelFor(m, grainFor(double(n) * sizeof(T) * 0.05), [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i)
        memset(static_cast<void *>(a + i * n), 0, size_t(i < smaller ? i : smaller) * sizeof(T));
    });
  }

  /// The first columns of Q.
  void form(T *q) {
    int64_t tile = panelTile(columnsOfQ, width), tiles = (columnsOfQ + tile - 1) / tile;
    double cost = double(m) * double(smaller) * double(tile) * 0.05;
    parallelFor(tiles, grainFor(cost), [&](int64_t first, int64_t last) {
      for (int64_t task = first; task < last; ++task) {
        int64_t column = (tiles - 1 - task) * tile; // the longest first
        formColumns(q, column, columnsOfQ - column < tile ? columnsOfQ - column : tile);
      }
    });
  }

private:
  int64_t m, n, smaller, columnsOfQ, width, panels;
  Scratch<T> reflections, triangles, space;
  Scratch<Real<T>> packed; ///< of each panel what left() says

  int64_t begin(int64_t p) const { return p * width; }
  int64_t rows(int64_t p) const { return m - begin(p); }
  int64_t columns(int64_t p) const { return smaller - begin(p) < width ? smaller - begin(p) : width; }
  int64_t strideOf(int64_t p) const { return panelDistance<T>(columns(p)); }
  int64_t offsetOf(int64_t p) const { return (p * m - width * (p * (p - 1) / 2)) * panelDistance<T>(width); }
  T *reflectionsOf(int64_t p) const { return reflections.get() + offsetOf(p); }
  T *triangleOf(int64_t p) const { return triangles.get() + p * width * panelDistance<T>(width); }
  RowBlock<T> reflectors(int64_t p, bool isAdjoint) const { return {reflectionsOf(p), strideOf(p), isAdjoint}; }
  RowBlock<T> triangle(int64_t p, bool isAdjoint) const { return {triangleOf(p), strideOf(p), !isAdjoint}; }
  /// V, V^H, T and T^H of a panel as left operands.
  enum Factor { V, AdjointV, Triangle, AdjointTriangle };
  PackedLeft<T> left(int64_t p, Factor factor) const {
    const int64_t sizes[] = {spaceFor(m, width), spaceFor(width, m), spaceFor(width, width), spaceFor(width, width)};
    Real<T> *space = packed.get() + p * spaceForPanel();
    for (int i = 0; i < factor; ++i)
      space += sizes[i];
    const bool isAdjoint = factor == AdjointV || factor == AdjointTriangle;
    return PackedLeft<T>(factor == V ? rows(p) : columns(p), factor == AdjointV ? rows(p) : columns(p),
                         factor <= AdjointV ? reflectors(p, isAdjoint) : triangle(p, isAdjoint), columnsOfAll(), space);
  }
  int64_t columnsOfAll() const { return n > columnsOfQ ? n : columnsOfQ; }
  int64_t spaceFor(int64_t rows, int64_t steps) const { return PackedLeft<T>::spaceFor(rows, steps, columnsOfAll()); }
  int64_t spaceForPanel() const { return spaceFor(m, width) + spaceFor(width, m) + 2 * spaceFor(width, width); }

  void factorPanel(int64_t p, T *a) {
    T *panel = reflectionsOf(p), *corner = a + begin(p) * (n + 1);
    copyToPanel(rows(p), columns(p), corner, n, panel);
    factorPanelQr(rows(p), columns(p), panel, triangleOf(p), corner, n);
    for (Factor factor : {V, AdjointV, Triangle, AdjointTriangle})
      left(p, factor).pack();
  }

  /// Columns [column, column + count) of c, whose rows begin where panel p does, times I - V T V^H or its adjoint.
  void apply(int64_t p, bool isAdjoint, T *c, int64_t ldc, int64_t column, int64_t count) {
    T *inner = space.get() + 2 * width * column, *weights = inner + width * count;
    left(p, AdjointV).multiply(count, {c + column, ldc}, inner, count, Update::Set);
    left(p, isAdjoint ? AdjointTriangle : Triangle).multiply(count, {inner, count}, weights, count, Update::Set);
    left(p, V).multiply(count, {weights, count}, c + column, ldc, Update::Subtract);
  }

  /// The reflections of panel p times unit vectors: its own columns of Q as far as the panels before are left out.
  void applyToIdentity(int64_t p, T *q) {
    T *weights = space.get() + 2 * width * begin(p);
    left(p, Triangle).multiply(columns(p), reflectors(p, true), weights, width, Update::Set);
    left(p, V).multiply(columns(p), {weights, width}, q + begin(p) * (columnsOfQ + 1), columnsOfQ, Update::Subtract);
  }

  void formColumns(T *q, int64_t column, int64_t count) {
    for (int64_t i = 0; i < m; ++i) {
      memset(static_cast<void *>(q + i * columnsOfQ + column), 0, size_t(count) * sizeof(T));
      if (i >= column && i < column + count)
        q[i * columnsOfQ + i] = T(1);
    }
    for (int64_t p = panels - 1; p >= 0; --p) {
      int64_t from = begin(p), to = from + columns(p), end = column + count;
      if (from >= end)
        continue;
      int64_t right = to > column ? to : column;
      if (right < end)
        apply(p, false, q + from * columnsOfQ, columnsOfQ, right, end - right);
      if (from >= column)
        applyToIdentity(p, q);
    }
  }
};

} // namespace

int32_t tcc_qr(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
               TccStatus *status) {
  TCC_CHECK(checkArguments("qr", in, n_in, 1, out, n_out, 2, status));
  bool full = AttributeReader(attrs).integer();
  MatrixBatch matrices;
  TCC_CHECK(matrixSizes("qr", in[0], matrices, status));
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n, k = full ? m : smaller;
  TCC_CHECK(checkResult("qr", "q", out[0], in[0].dtype, matrices, 2, m, k, status));
  TCC_CHECK(checkResult("qr", "r", out[1], in[0].dtype, matrices, 2, k, n, status));
  if (matrices.batch == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    T *q = static_cast<T *>(out[0].data), *r = static_cast<T *>(out[1].data);
    if (smaller == 0) {
      // The empty product of reflections: the identity.
      for (int64_t b = 0; b < matrices.batch; ++b)
        for (int64_t i = 0; i < m; ++i)
          for (int64_t j = 0; j < k; ++j)
            q[(b * m + i) * k + j] = T(i == j ? 1 : 0);
      return TCC_OK;
    }
    BatchFailure failure;
    std::atomic<bool> isFinite{true};
    forEachMatrix(matrices.batch, 4.0 * double(m) * double(n) * double(smaller), [&](int64_t begin, int64_t end) {
      BlockQr<T> blocks(m, n, smaller, k);
      if (!blocks.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        const T *source = a + b * m * n;
        T *basis = q + b * m * k, *triangle = r + b * k * n;
        // R is made where there is room for all of a: in r, or in q if that is the larger.
        T *work = k == m ? triangle : basis;
        const Real<T> largest =
            largestMagnitude(reinterpret_cast<const Real<T> *>(source), m * n * (isComplex<T> ? 2 : 1));
        if (!(largest <= std::numeric_limits<Real<T>>::max())) {
          isFinite = false;
          continue;
        }
        const Real<T> scale = safeScale(largest);
        scaledCopy(work, source, m, n, scale);
        blocks.factor(work);
        if (work != triangle || scale != 1)
          scaledCopy(triangle, work, k, n, 1 / scale);
        blocks.form(basis);
      }
    });
    if (!isFinite)
      return checkFinite("qr", in[0], matrices, status);
    return failure.any() ? outOfMemory(status, "qr", 2 * m * n * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}

template <class T> bool tcc::runtime::triangularise(int64_t m, int64_t n, int64_t columns, T *ab) {
  BlockQr<T> blocks(m, n + columns, n, 0);
  if (!blocks.allocate())
    return false;
  blocks.factor(ab);
  return true;
}
#define TCC_INSTANTIATE(T) template bool tcc::runtime::triangularise(int64_t, int64_t, int64_t, T *);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE
