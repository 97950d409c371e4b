// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A plan that is about to run, perhaps many times: its memory is made once, its arguments may change from run to run.
#ifndef TCC_RUNTIME_FRAME_H
#define TCC_RUNTIME_FRAME_H

#include "runtime/Memory.h"
#include "runtime/Plan.h"

namespace tcc::runtime {

class Frame {
public:
  explicit Frame(const PlanView &plan) : plan(plan) {}
  Frame(const Frame &) = delete;
  /// To be called once, before run.
  int32_t prepare(TccStatus &status);
  /// As runtime::run. `status.location` is set only on failure.
  int32_t run(const void *const *inputs, void *const *outputs, TccStatus &status);

private:
  static constexpr int slotsOnStack = 64;

  const PlanView &plan;
  Scratch<char> arena;
  TccTensor onStack[slotsOnStack];
  Scratch<TccTensor> onHeap;
  TccTensor *tensors = onStack; // one for each slot
  bool isShared = false;        // among the threads of the pool
};

/// A step that runs other plans (Control.cpp).
int32_t runControl(const Step &step, const TccTensor *tensors, TccStatus &status);

} // namespace tcc::runtime
#endif
