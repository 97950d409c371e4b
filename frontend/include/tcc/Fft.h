// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Discrete Fourier, cosine and sine transforms of any length along any axes. float32 and complex64 stay single
// precision, integers become float64. `norm` is "backward", "ortho" or "forward", as in NumPy.
#pragma once

#include "tcc/Tensor.h"

#include <string>

namespace tcc::fft {

struct Options {
  /// Length of the transform: x is cropped or padded with zeros.
  std::optional<int64_t> n = {};
  int64_t axis = -1;
  std::string norm = "backward";
};
struct NdOptions {
  /// Lengths along the axes.
  Axes s = {};
  /// Default: all (the last two for fft2 and its kin).
  Axes axes = {};
  std::string norm = "backward";
};
struct DctOptions {
  int64_t type = 2;
  std::optional<int64_t> n = {};
  int64_t axis = -1;
  std::string norm = "backward";
};
struct ConvolveOptions {
  /// "full": all of it; "same": the middle, as large as a; "valid": where one input lies whole within the other.
  std::string mode = "full";
  /// Default: all. Other axes are broadcast.
  Axes axes = {};
};
/// Complex to complex.
TCC_API Tensor fft(const Tensor &x, Options options = {}, Loc where = Loc::current());
/// Inverse of fft.
TCC_API Tensor ifft(const Tensor &x, Options options = {}, Loc where = Loc::current());
/// Of real x: the n / 2 + 1 non-redundant frequencies.
TCC_API Tensor rfft(const Tensor &x, Options options = {}, Loc where = Loc::current());
/// Inverse of rfft; n is the length of the real result, default 2 (m - 1).
TCC_API Tensor irfft(const Tensor &x, Options options = {}, Loc where = Loc::current());
/// Of a signal with Hermitian symmetry (half given): a real spectrum of length n.
TCC_API Tensor hfft(const Tensor &x, Options options = {}, Loc where = Loc::current());
/// Inverse of hfft.
TCC_API Tensor ihfft(const Tensor &x, Options options = {}, Loc where = Loc::current());
TCC_API Tensor fft2(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
TCC_API Tensor ifft2(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
TCC_API Tensor fftn(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
TCC_API Tensor ifftn(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
TCC_API Tensor rfft2(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
TCC_API Tensor irfft2(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
/// The last axis is halved.
TCC_API Tensor rfftn(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
TCC_API Tensor irfftn(const Tensor &x, NdOptions options = {}, Loc where = Loc::current());
/// SciPy's cosine transform, types 1 to 4; complex x by its parts.
TCC_API Tensor dct(const Tensor &x, DctOptions options = {}, Loc where = Loc::current());
/// Inverse of dct of the same type.
TCC_API Tensor idct(const Tensor &x, DctOptions options = {}, Loc where = Loc::current());
/// SciPy's sine transform, types 1 to 4; complex x by its parts.
TCC_API Tensor dst(const Tensor &x, DctOptions options = {}, Loc where = Loc::current());
/// Inverse of dst of the same type.
TCC_API Tensor idst(const Tensor &x, DctOptions options = {}, Loc where = Loc::current());
/// SciPy's fftconvolve: the convolution of a and b, which have equally many axes, by Fourier transforms of fast
/// lengths. Its error is relative to the largest results.
TCC_API Tensor fftconvolve(const Tensor &a, const Tensor &b, ConvolveOptions options = {}, Loc where = Loc::current());
/// The frequencies of fft in cycles per unit of sample spacing d.
TCC_API Tensor fftfreq(int64_t n, double d = 1, Dtype dtype = float64, Loc where = Loc::current());
/// The frequencies of rfft.
TCC_API Tensor rfftfreq(int64_t n, double d = 1, Dtype dtype = float64, Loc where = Loc::current());
/// Moves the zero frequency to the middle.
TCC_API Tensor fftshift(const Tensor &x, Axes axes = {}, Loc where = Loc::current());
/// Inverse of fftshift.
TCC_API Tensor ifftshift(const Tensor &x, Axes axes = {}, Loc where = Loc::current());

} // namespace tcc::fft
