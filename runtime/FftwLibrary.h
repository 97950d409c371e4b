// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// FFTW through dlopen, with a cache of its plans.
#ifndef TCC_RUNTIME_FFTWLIBRARY_H
#define TCC_RUNTIME_FFTWLIBRARY_H

#include "runtime/FftLines.h"

namespace tcc::runtime {

/// True if FFTW of this precision is installed and not refused (-DTCC_FFT=own, environment TCC_FFT=own).
template <class R> bool hasFftw();
/// As ownFft, but without the scale, which FFTW does not know; 1 if FFTW has no plan for this shape.
template <class R> int fftwFft(const FftLines &lines, const R *in, R *out);

/// Where measured plans are kept for other processes, in files fftw-wisdom-f32 and -f64; default: environment
/// TCC_CACHE_DIR. Empty: nowhere. Plans are measured if the environment says TCC_FFT=measure.
void setFftWisdomFolder(const char *folder);

/// Which implementation the next transforms use; -1 lets installation and environment decide (for tests).
void chooseFft(int own);

} // namespace tcc::runtime
#endif
