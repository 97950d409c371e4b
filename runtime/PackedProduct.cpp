// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The blocks, from the outside in: as much of b as is packed at a time, for all threads; tasks, stripes of rows by
// chunks of columns; 256 steps of k, for which the task packs its stripe of a into the second-level cache; a block of
// b's columns, which stays in the first-level cache; a panel of a's rows, with its results in registers.
#include "runtime/PackedProduct.h"
#include "runtime/BlockProduct.h"
#include "runtime/Memory.h"
#include "runtime/Packing.h"
#include "runtime/Threads.h"
#include <atomic>

namespace tcc::runtime {
namespace {

constexpr int64_t depth = 256;             // steps of k in a block: 48 KiB of b
constexpr int64_t macroDepth = 16 * depth; // in a macro block
constexpr int64_t macroBytes = 16 << 20;   // of packed b
constexpr int64_t stripeBytes = 400 << 10; // of a stripe's panels in one block of k, at most
constexpr int64_t stripeRows = 168;        // enough to make up for fetching b
constexpr int64_t streamedBytes = 8 << 20; // of results that are written once, past the caches
constexpr int64_t blocksAtOnce = 8;        // of a task that packs b

int64_t upTo(int64_t most, int64_t rest) { return most < rest ? most : rest; }
int64_t partsOf(int64_t extent, int64_t most) { return (extent + most - 1) / most; }

/// The places of `count` indices from `first` on.
struct Places {
  const int64_t *offsets;
  int64_t first,
      run; ///< `run` indices from a multiple of run on lie side by side
  int64_t at(int64_t i) const { return offsets[i]; }
  bool adjacent(int64_t i, int64_t count) const { return (first + i) % run + count <= run; }
  Places from(int64_t i) const { return {offsets + i, first + i, run}; }
};
Places placesOf(const Axis &axis, int64_t first, int64_t count, int64_t *offsets) {
  const int last = axis.rank - 1;
  for (int64_t i = 0; i < count;) {
    int64_t outer = (first + i) / axis.dims[last], inner = (first + i) % axis.dims[last], base = 0;
    for (int d = last - 1; d >= 0; --d) {
      base += outer % axis.dims[d] * axis.strides[d];
      outer /= axis.dims[d];
    }
    for (; i < count && inner < axis.dims[last]; ++i, ++inner)
      offsets[i] = base + inner * axis.strides[last];
  }
  return {offsets, first, axis.strides[last] == 1 ? axis.dims[last] : 1};
}

/// f(i) for all i below count, one at a time, by all threads that have nothing else to do.
template <class F> void forEachTask(int64_t count, bool isParallel, F &&f) {
  if (!isParallel || count == 1) {
    for (int64_t i = 0; i < count; ++i)
      f(i);
    return;
  }
  std::atomic<int64_t> next{0};
  int64_t threads = numThreads();
  parallelFor(count < threads ? count : threads, 1, [&](int64_t, int64_t) {
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;)
      f(i);
  });
}

template <class T> class PackedProduct {
  using C = Computed<T>;
  using R = Real<C>;
  static constexpr bool isWidened = !std::is_same_v<T, C>;
  static constexpr int64_t parts = isComplex<T> ? 2 : 1; // real numbers of an element
  static constexpr int64_t unit = unitColumns<C>, widest = ColumnBlocks<C>::widest;

public:
  PackedProduct(int64_t m, int64_t n, int64_t first, int64_t k, const StridedMatrix<T> &a, const StridedMatrix<T> &b,
                T *result, int64_t ldc, Update update)
      : m(m), n(n), first(first), k(k), a(a), b(b), result(result), ldc(ldc), update(update), isDirect(readsDirectly()),
        panels{m, partsOf(m, isDirect ? sizes.direct : sizes.height)}, step(partsOf(k, partsOf(k, depth))),
        stride(sizes.stride * parts) {
    const double work = double(m) * double(n) * double(k) * (isComplex<T> ? 4 : 1);
    threads = work < leastParallel ? 1 : numThreads();
    isRightDirect = readsRightDirectly();
    const int64_t ownBytes = isDirect ? 0 : panels.count * stride * step * int64_t(sizeof(R));
    mostAlone =
        threads > 1 && ownBytes <= 2 * stripeBytes && 1.2e8 / double(threads) > 1.2e7 ? 1.2e8 / double(threads) : 1.2e7;
    isShared = isRightDirect ||
               (work > mostAlone && (m > (isDirect ? 512 : stripeRows) || ColumnBlocks<C>(n).count < 4 * threads));
  }

  bool run() {
    const int64_t macroSteps = upTo(step * (macroDepth / depth), k);
    // So many columns of b are packed at a time.
    int64_t most = macroBytes / (macroSteps * int64_t(sizeof(C))) / widest * widest;
    const int64_t macroColumns = isShared ? upTo(most < widest ? widest : most, padded<R>(n)) : n;
    if (isShared && !isRightDirect && !packed.resize(macroColumns * macroSteps * parts))
      return false;
    if constexpr (isWidened) {
      if (!wide.resize(m * n))
        return false;
      c = wide.get();
      ldWide = n;
    } else {
      c = result;
      ldWide = ldc;
    }
    isStreamed = update == Update::Set && k <= step && m * n * int64_t(sizeof(C)) >= streamedBytes &&
                 (reinterpret_cast<uintptr_t>(c) | uintptr_t(ldWide) * sizeof(C)) % 64 == 0;
    for (int64_t p = 0; p < k; p += macroSteps)
      for (int64_t j = 0; j < n; j += macroColumns)
        runMacro({j, p, upTo(macroColumns, n - j), upTo(macroSteps, k - p)});
    return !hasFailed;
  }

private:
  /// Below this a second thread is not worth waking.
  static constexpr double leastParallel = 4e5;

  /// Packing a costs more than it saves for few columns, and where all of it stays in the second-level cache.
  bool readsDirectly() const {
    if constexpr (isComplex<T> || isWidened)
      return false;
    const bool isSmall = n <= 128 || m * k <= 1 << 16;
    return isSmall && a.isView() && (a.columns.strides[0] == 1 || (a.rows.strides[0] == 1 && k <= 512));
  }

  /// Neither is a right operand packed that fits the first-level cache and whose rows are whole vectors.
  bool readsRightDirectly() const {
    return !isComplex<T> && !isWidened && n % unit == 0 && k * n * int64_t(sizeof(T)) <= 32 << 10 && b.isView() &&
           b.columns.strides[0] == 1 && b.rows.strides[0] == n;
  }

  struct Macro {
    int64_t j, p, columns, steps; ///< from column j and step p on
    ColumnBlocks<C> blocks{columns};
    int64_t stripes = 1, chunks = 1;
  };

  void runMacro(Macro macro) {
    if (isShared && !isRightDirect) {
      const int64_t units = partsOf(macro.blocks.count, blocksAtOnce);
      forEachTask(units * partsOf(macro.steps, step), threads > 1, [&](int64_t task) {
        const int64_t at = task / units * step, begin = task % units * blocksAtOnce;
        const int64_t steps = upTo(step, macro.steps - at);
        packRight(macro, at, steps, begin, upTo(begin + blocksAtOnce, macro.blocks.count),
                  block(macro, at, steps, begin));
      });
    }
    chooseTasks(macro);
    forEachTask(macro.stripes * macro.chunks, threads > 1,
                [&](int64_t task) { multiply(macro, task % macro.stripes, task / macro.stripes); });
  }

  /// Stripes whose panels stay in the second-level cache, for as many columns as make up for packing them; then smaller
  /// ones until there are some for each thread, or at least one.
  void chooseTasks(Macro &macro) const {
    const int64_t fit = stripeBytes / (stride * step * int64_t(sizeof(R)));
    macro.stripes = isShared ? partsOf(panels.count, upTo(fit < 1 ? 1 : fit, stripeRows / sizes.height)) : 1;
    macro.chunks = partsOf(macro.blocks.count, 64);
    if (threads == 1)
      return;
    const double work = double(m) * double(macro.columns) * double(macro.steps);
    if (work <= mostAlone) {
      const int64_t shares = upTo(threads, int64_t(work / 2e5) + 1);
      if (!isRightDirect && (macro.blocks.count % shares == 0 || macro.blocks.count >= 4 * shares))
        macro.chunks = upTo(shares, macro.blocks.count);
      else
        macro.stripes = upTo(shares, panels.count);
      return;
    }
    // As many for each thread.
    if (macro.stripes > threads)
      macro.stripes = upTo(partsOf(macro.stripes, threads) * threads, panels.count);
    for (const auto &[wanted, leastPanels, leastBlocks] :
         {Split{2 * threads, 12, 16}, Split{2 * threads, 6, 4}, Split{threads, 1, 1}})
      while (macro.stripes * macro.chunks < wanted && work / double(macro.stripes * macro.chunks) > 2e5) {
        const int64_t height = panels.count / macro.stripes, width = macro.blocks.count / macro.chunks;
        const bool canStripe = isShared && height >= 2 * leastPanels, canChunk = width >= 2 * leastBlocks;
        if (!canStripe && !canChunk)
          break;
        if (canStripe && (!canChunk || height * sizes.height > width * widest))
          macro.stripes *= 2;
        else
          macro.chunks *= 2;
      }
  }
  struct Split {
    int64_t wanted, leastPanels, leastBlocks;
  };

  /// The packed block of b's columns for `steps` of k.
  R *block(const Macro &macro, int64_t at, int64_t steps, int64_t number) const {
    return packed.get() + (macro.blocks.units * unit * at + macro.blocks.begin(number) * steps) * parts;
  }

  /// Panels [begin, end) of a.
  void packLeft(int64_t p, int64_t steps, int64_t begin, int64_t end, R *to) const {
    int64_t along[depth], across[16];
    const Places columns = placesOf(a.columns, first + p, steps, along);
    vectorised([&]<int bytes>() TCC_INLINED {
      constexpr int side = panelStride<C, bytes>, whole = side * int(sizeof(R));
      for (int64_t panel = begin; panel < end; ++panel, to += stride * steps) {
        // Lines of the next panel may be read with a panel's own.
        const int64_t row = panels.begin(panel), count = upTo(sizes.stride, m - row);
        packPanel<T, (bytes < whole ? bytes : whole), side>(a.data, placesOf(a.rows, row, count, across), count,
                                                            columns, steps, to, stride,
                                                            [](auto x) TCC_INLINED { return x; });
      }
    });
  }

  /// Blocks [begin, end) of b. Where its rows are contiguous, a few rows of all blocks at a time, and the next ones
  /// fetched: rows are far apart.
  void packRight(const Macro &macro, int64_t at, int64_t steps, int64_t begin, int64_t end, R *to) const {
    int64_t along[depth], across[blocksAtOnce * widest];
    const ColumnBlocks<C> &blocks = macro.blocks;
    const int64_t left = blocks.begin(begin), right = upTo(blocks.begin(end), macro.columns);
    const Places rows = placesOf(b.rows, first + macro.p + at, steps, along);
    const Places columns = placesOf(b.columns, macro.j + left, right - left, across);
    const int64_t together = columns.run > 1 ? 16 : steps;
    vectorised([&]<int bytes>() TCC_INLINED {
      for (int64_t p = 0; p < steps; p += together)
        for (int64_t number = begin; number < end; ++number) {
          const int64_t width = blocks.width(number), from = blocks.begin(number), until = blocks.begin(number + 1);
          R *place = to + (from - left) * steps * parts + p * width;
          for (int64_t j = from - left; j < until - left; j += unit, place += unit) {
            for (int64_t next = p + together; next < upTo(p + 2 * together, steps); ++next)
              for (int64_t line = 0; line < unit * int64_t(sizeof(T)); line += 64)
                __builtin_prefetch(reinterpret_cast<const char *>(b.data + rows.at(next) + columns.at(j)) + line);
            packPanel<T, bytes, unit>(b.data, columns.from(j), right - left - j, rows.from(p),
                                      upTo(together, steps - p), place, width, [](auto x) TCC_INLINED { return x; });
          }
        }
    });
  }

  void multiply(const Macro &macro, int64_t stripe, int64_t chunk) {
    const int64_t beginPanel = panels.count * stripe / macro.stripes;
    const int64_t endPanel = panels.count * (stripe + 1) / macro.stripes;
    const ColumnBlocks<C> &blocks = macro.blocks;
    const int64_t beginBlock = blocks.count * chunk / macro.chunks;
    const int64_t endBlock = blocks.count * (chunk + 1) / macro.chunks;
    alignas(64) R ownBlock[depth * widest * parts];
    Scratch<R> ownPanels;
    if (!isDirect && !ownPanels.resize((endPanel - beginPanel) * stride * step)) {
      hasFailed = true;
      return;
    }
    for (int64_t at = 0; at < macro.steps; at += step) {
      const int64_t steps = upTo(step, macro.steps - at), p = macro.p + at;
      Left<R> left{ownPanels.get(), stride * steps, LeftOrder::Panels};
      if constexpr (!isComplex<T> && !isWidened)
        if (isDirect) {
          const int64_t rowStride = a.rows.strides[0], columnStride = a.columns.strides[0];
          left = {a.data + panels.begin(beginPanel) * rowStride + (first + p) * columnStride, rowStride,
                  LeftOrder::Rows};
          if (columnStride != 1)
            left.ld = columnStride, left.order = LeftOrder::Columns;
        }
      if (!isDirect)
        packLeft(p, steps, beginPanel, endPanel, ownPanels.get());
      const Update how = isStreamed ? Update::Stream : p == 0 || update == Update::Subtract ? update : Update::Add;
      for (int64_t number = beginBlock; number < endBlock; ++number) {
        const int64_t j = blocks.begin(number), columns = upTo(blocks.begin(number + 1), macro.columns) - j;
        Blocks<R> right{isShared && !isRightDirect ? block(macro, at, steps, number) : ownBlock, 0, 0};
        if constexpr (!isComplex<T> && !isWidened)
          if (isRightDirect)
            right = {b.data + (first + p) * n + macro.j + j, n, 0};
        if (!isShared)
          packRight(macro, at, steps, number, number + 1, ownBlock);
        panelProduct<C>(panels, beginPanel, endPanel, columns, steps, left, right, c + macro.j + j, ldWide, how);
      }
    }
    // Such writes are ordered by nothing else.
    if (isStreamed)
      __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if constexpr (isWidened)
      if (macro.p + macro.steps == k)
        round(panels.begin(beginPanel), panels.begin(endPanel), macro.j + blocks.begin(beginBlock),
              macro.j + upTo(blocks.begin(endBlock), macro.columns));
  }

  void round(int64_t beginRow, int64_t endRow, int64_t beginColumn, int64_t endColumn) {
    if constexpr (isWidened)
      vectorised([&]<int bytes>() TCC_INLINED {
        for (int64_t i = beginRow; i < endRow; ++i)
          roundTo<T, bytes>(c + i * ldWide + beginColumn, endColumn - beginColumn, result + i * ldc + beginColumn);
      });
  }

  const int64_t m, n, first, k;
  const StridedMatrix<T> &a, &b;
  T *result;
  const int64_t ldc;
  const Update update;
  const PanelSizes<C> sizes;
  const bool isDirect;
  const Panels panels;
  const int64_t step;   ///< of k in a block
  const int64_t stride; ///< of a packed panel, in real numbers
  int64_t threads;
  /// Work up to which each task packs what it needs of b: to fetch it from another core's cache takes longer (with
  /// shared blocks two threads took 1.25 times as long for 256 x 256 x 256, 1.05 times for 384 x 384 x 384, but 0.8
  /// times for 512 x 512 x 512). All of a task's panels must fit its cache then, and what tasks pack alike grows with
  /// their number.
  double mostAlone;
  bool isStreamed;
  bool isRightDirect;
  bool isShared; ///< b is packed for all tasks, or not at all
  C *c;
  int64_t ldWide;
  Scratch<R> packed;
  Scratch<C> wide;
  std::atomic<bool> hasFailed{false};
};

} // namespace

template <class T>
bool packedProduct(int64_t m, int64_t n, int64_t first, int64_t k, const StridedMatrix<T> &a, const StridedMatrix<T> &b,
                   T *c, int64_t ldc, Update update) {
  return PackedProduct<T>(m, n, first, k, a, b, c, ldc, update).run();
}

#define TCC_PACKED(T)                                                                                                  \
  template bool packedProduct(int64_t, int64_t, int64_t, int64_t, const StridedMatrix<T> &, const StridedMatrix<T> &,  \
                              T *, int64_t, Update);
TCC_PACKED(float)
TCC_PACKED(double)
TCC_PACKED(Complex<float>)
TCC_PACKED(Complex<double>)
TCC_PACKED(Half)
TCC_PACKED(BFloat16)
#undef TCC_PACKED

} // namespace tcc::runtime
