// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which blocked factorisations factor panels and update the columns right of them, on the pool: no thread
// waits for a step of the factorisation, only for what its next task reads.
#ifndef TCC_RUNTIME_PANELSCHEDULE_H
#define TCC_RUNTIME_PANELSCHEDULE_H

#include "runtime/Threads.h"
#include <stdint.h>

namespace tcc::runtime {

/// A factorisation of n columns, the first `factored` of which are factored in panels of `width`.
struct PanelWork {
  int64_t factored, n, width;
  double cost; ///< nanoseconds of updating a column by a panel
  void *context;
  void (*factor)(void *context, int64_t panel);
  void (*update)(void *context, int64_t panel, int64_t column, int64_t count);
};
void runPanels(const PanelWork &work);

/// factor(panel) when the panels before have updated its columns; update(panel, column, count) for all columns right of
/// a panel, for each of them in the order of panels. How columns are put together depends on the threads, so that their
/// bits must not depend on their neighbours; columns that are factored and others never are. What an update reads is
/// read until the end, beside later panels' factors.
template <class Factor, class Update>
void factorByPanels(int64_t factored, int64_t n, int64_t width, double cost, Factor &&factor, Update &&update) {
  struct Both {
    Factor &factor;
    Update &update;
  } both{factor, update};
  runPanels({factored, n, width, cost, &both,
             [](void *context, int64_t panel) { static_cast<Both *>(context)->factor(panel); },
             [](void *context, int64_t panel, int64_t column, int64_t count) {
               static_cast<Both *>(context)->update(panel, column, count);
             }});
}

/// Columns that are updated at a time: whole panels, wide enough to repay the packing inside a product.
inline int64_t panelTile(int64_t extent, int64_t width) {
  int64_t least = extent > 512 ? 128 : 64;
  return (least + width - 1) / width * width;
}

} // namespace tcc::runtime
#endif
