// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tests that run once for each vector extension of this CPU.
#ifndef TCC_TEST_UNIT_VECTORLEVELS_H
#define TCC_TEST_UNIT_VECTORLEVELS_H

#include "runtime/Vectorise.h"
#include <gtest/gtest.h>

namespace tcc::runtime::test {

/// Runs the rest of a test once for each vector extension of this CPU.
class EachLevel {
public:
  EachLevel() : most(vectorLevel()) {}
  ~EachLevel() { limitVectorLevel(VectorLevel::Avx512); }
  template <class F> void run(F f) {
    for (VectorLevel level : {VectorLevel::Avx512, VectorLevel::Avx2, VectorLevel::Baseline})
      if (level <= most) {
        SCOPED_TRACE(int(level));
        limitVectorLevel(level);
        f();
      }
  }

private:
  VectorLevel most;
};

} // namespace tcc::runtime::test
#endif
