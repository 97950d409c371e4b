// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions of complex numbers that need care at the ends of the range.
#ifndef TCC_RUNTIME_COMPLEXARITHMETIC_H
#define TCC_RUNTIME_COMPLEXARITHMETIC_H

#include "runtime/Elements.h"
#include <math.h>

namespace tcc::runtime {

/// x / y of complex numbers by Smith 1962: no square overflows.
template <class C> inline C quotient(C x, C y) {
  Real<C> re = y.re < 0 ? -y.re : y.re, im = y.im < 0 ? -y.im : y.im;
  bool swap = re < im;
  Real<C> large = swap ? y.im : y.re, small = swap ? y.re : y.im, ratio = small / large, scale = large + small * ratio;
  if (swap)
    return {(x.re * ratio + x.im) / scale, (x.im * ratio - x.re) / scale};
  return {(x.re + x.im * ratio) / scale, (x.im - x.re * ratio) / scale};
}

/// The root with a real part that is not negative.
template <class C> inline C rootOf(C z) {
  double re = double(z.re), im = double(z.im), length = hypot(re, im);
  if (length == 0)
    return C(0);
  double large = sqrt((length + fabs(re)) / 2), small = im / (2 * large);
  if (re >= 0)
    return {Real<C>(large), Real<C>(small)};
  return {Real<C>(fabs(small)), Real<C>(copysign(large, im))};
}

} // namespace tcc::runtime
#endif
