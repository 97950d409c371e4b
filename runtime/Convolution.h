// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ways to compute a convolution, which differ in what the lanes of a vector are.
#ifndef TCC_RUNTIME_CONVOLUTION_H
#define TCC_RUNTIME_CONVOLUTION_H

#include "runtime/Elements.h"
#include "runtime/Window.h"

namespace tcc::runtime {

/// What is computed in: the 16-bit floats in float, rounded once.
template <class T> using ConvolutionSum = std::conditional_t<isSmallFloat<T>, float, T>;

/// One part of a convolution of elements T.
template <class T> struct Convolution {
  const Geometry &g;
  const Part &part;
  const T *x, *w;
  int64_t numWeights; ///< elements of w
  T *y;
};

/// Lanes are features; positions are anywhere.
template <class T> int32_t convolveByFeatures(const Convolution<T> &call, TccStatus *status);
/// Lanes are neighbouring results along the last window axis.
template <class T> int32_t convolveByPositions(const Convolution<T> &call, TccStatus *status);
/// Lanes are neighbouring terms along the last window axis.
template <class T> int32_t convolveByTerms(const Convolution<T> &call, TccStatus *status);
/// Lanes are groups of one channel and one feature each that are neighbours in x and y: g's channels, while there is
/// one group. T is not complex.
template <class T> int32_t convolveByGroups(const Convolution<T> &call, TccStatus *status);

/// In tile registers: features times neighbouring results along the last window axis, channels in pairs; or features
/// times images, neighbouring terms in pairs.
int32_t convolveByPositionTiles(const Convolution<BFloat16> &call, TccStatus *status);
int32_t convolveByTermTiles(const Convolution<BFloat16> &call, TccStatus *status);
/// Which part of what they multiply is no padding; 0 where they do not work.
double filledPositionTiles(const Geometry &g, const Part &part);
double filledTermTiles(const Geometry &g, const Part &part);

/// Signed and unsigned products agree modulo 2^n.
#define TCC_FOR_REAL_CONVOLUTION_TYPES(M)                                                                              \
  M(uint8_t) M(uint16_t) M(uint32_t) M(uint64_t) M(Half) M(BFloat16) M(float) M(double)
#define TCC_FOR_CONVOLUTION_TYPES(M) TCC_FOR_REAL_CONVOLUTION_TYPES(M) M(Complex<float>) M(Complex<double>)

} // namespace tcc::runtime
#endif
