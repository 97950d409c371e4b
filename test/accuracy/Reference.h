// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reference values in long double (64-bit significand) where the C library has none.

#ifndef TCC_TEST_ACCURACY_REFERENCE_H
#define TCC_TEST_ACCURACY_REFERENCE_H

namespace tcc::accuracy {

long double digammaReference(long double x);
long double erfinvReference(long double x);
long double lgammaReference(long double x);

/// The gamma functions' negative zeros lie where terms of this size cancel.
long double lgammaScale(long double x);
long double digammaScale(long double x);

} // namespace tcc::accuracy

#endif // TCC_TEST_ACCURACY_REFERENCE_H
