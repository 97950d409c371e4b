// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_fft, tcc_rfft and tcc_irfft: any axes, transformed in place of their strides one after the other, the lines of
// each axis in groups on the thread pool. Groups depend on the shape alone, so the bits do not depend on the threads.
#include "runtime/FftCosts.h"
#include "runtime/FftPlan.h"
#include "runtime/FftwLibrary.h"
#include "runtime/Layout.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"
#include <math.h>
#include <string.h>

using namespace tcc::runtime;

namespace {

/// One pass along an axis: `shape` is of the array whose axis has n / 2 + 1 entries if the kind is a real one's.
struct Pass {
  FftKind kind;
  int64_t outer, n, inner;
  FftWeights weights = {};
};

/// FFTW has no factor: its results are scaled while they are in the cache.
template <class R> void scaleLines(const FftLines &f, R *out) {
  if (f.weights.scale == 1)
    return;
  int64_t size = f.kind == FftKind::ComplexToReal ? 1 : 2, n = f.kind == FftKind::RealToComplex ? f.n / 2 + 1 : f.n;
  bool whole = f.innerCount == f.outStep; // then the lines of an `o` lie in one piece
  int64_t pieces = whole ? 1 : n, length = (whole ? n * f.outStep : f.innerCount) * size;
  R scale = R(f.weights.scale);
  vectorised([&]<int bytes>() TCC_INLINED {
    for (int64_t o = 0; o < f.outerCount; ++o)
      for (int64_t i = 0; i < pieces; ++i) {
        R *piece = out + (o * f.outOuterStride + i * f.outStep) * size;
        for (int64_t e = 0; e < length; ++e)
          piece[e] *= scale;
      }
  });
}

/// On this thread. False when memory ran out.
template <class R> bool transformChunk(bool byFftw, const FftLines &lines, const R *from, R *to) {
  if (byFftw && fftwFft(lines, from, to) == 0) {
    scaleLines(lines, to);
    return true;
  }
  FftGroups groups = ownGroups<R>(lines, false);
  return ownFft(lines, groups, 0, groups.count(), from, to) == 0;
}

/// Whether FFTW, if it is installed, is the faster one: where its generated codelets need no shuffles around them, and
/// where its estimate of plans is good (fitted to measurements on AVX-512; lengths with other primes than these are
/// always ours). On large strides it misses the cache at every element, where ours reads a vector of neighbours.
template <class R> bool prefersFftw(const Pass &pass) {
  int64_t n = pass.n, odd = n;
  while (odd % 2 == 0)
    odd /= 2;
  int64_t rest = odd;
  for (int64_t p : {3, 5, 7, 11, 13})
    while (rest % p == 0)
      rest /= p;
  if (rest > 1 || (pass.inner > 1 && n * pass.inner * int64_t(sizeof(R)) > 128 * 1024))
    return false;
  bool few = pass.outer * pass.inner < 64 / int64_t(sizeof(R));
  if (pass.kind == FftKind::RealToComplex || pass.kind == FftKind::ComplexToReal)
    return n <= 13 || (few && n < 512);
  if (n <= 16 || (few && (n < 2048 || sizeof(R) == 8)))
    return true;
  int64_t even = n / odd;
  if (sizeof(R) == 8)
    return odd <= 15 && even >= 8 && (n <= 128 || (odd != 3 && odd != 9));
  if (odd == 15)
    return even == 8 || even == 16;
  return even >= 16 && (odd == 1 || odd == 5 || (odd == 3 && even <= 128) || n == 144);
}

/// FFTW has no weights either; a scale is all that is worth a pass over its results.
template <class R> bool usesFftw(const Pass &pass) {
  return !pass.weights.conjugate && pass.weights.pairs == 1 && prefersFftw<R>(pass) && hasFftw<R>();
}

/// What a line takes, in nanoseconds.
double costOfLine(int64_t n) { return double(n) * 0.3 * log2(double(n) + 2); }

/// FFTW makes a plan for each shape: chunks of about 32 K elements, half a second-level cache and some 50 us of work.
template <class R> bool runByFftw(const Pass &pass, const FftLines &all, const R *in, R *out) {
  int64_t inSize = pass.kind == FftKind::RealToComplex ? 1 : 2, outSize = pass.kind == FftKind::ComplexToReal ? 1 : 2;
  constexpr int64_t target = 32768;
  int64_t innerChunk = pass.inner, outerChunk = 1;
  if (pass.n * pass.inner > target) {
    innerChunk = target / pass.n / 16 * 16;
    innerChunk = innerChunk < 16 ? 16 : innerChunk;
    innerChunk = innerChunk > pass.inner ? pass.inner : innerChunk;
  } else {
    // An even number of equal chunks, as few threads share few of them.
    int64_t chunks = (pass.outer * pass.n * pass.inner + target - 1) / target;
    chunks += chunks > 1 && chunks % 2;
    outerChunk = (pass.outer + chunks - 1) / chunks;
  }
  int64_t innerParts = (pass.inner + innerChunk - 1) / innerChunk,
          outerParts = (pass.outer + outerChunk - 1) / outerChunk;
  BatchFailure failure;
  double cost = costOfLine(pass.n) * double(innerChunk * outerChunk);
  parallelFor(innerParts * outerParts, grainFor(cost), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      int64_t o = task / innerParts * outerChunk, j = task % innerParts * innerChunk;
      FftLines lines = all;
      lines.outerCount = pass.outer - o < outerChunk ? pass.outer - o : outerChunk;
      lines.innerCount = pass.inner - j < innerChunk ? pass.inner - j : innerChunk;
      const R *from = in + (o * lines.inOuterStride + j) * inSize;
      R *to = out + (o * lines.outOuterStride + j) * outSize;
      if (!transformChunk(true, lines, from, to))
        failure.report(task, 1);
    }
  });
  return !failure.any();
}

template <class R> bool runByGroups(const FftLines &lines, const R *in, R *out) {
  FftGroups groups = ownGroups<R>(lines, true);
  int64_t count = groups.count();
  // Parts of equal size, up to one group: larger blocks of an odd number of groups would leave threads idle.
  int64_t worthwhile = count / grainFor(costOfLine(lines.n) * double(groups.lanes)), parts = 4 * int64_t(numThreads());
  parts = parts < worthwhile ? parts : worthwhile;
  parts = parts < 1 ? 1 : parts;
  BatchFailure failure;
  parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
    if (ownFft(lines, groups, count * begin / parts, count * end / parts, in, out))
      failure.report(begin, 1);
  });
  return !failure.any();
}

template <class R> int32_t runPass(const char *op, const Pass &pass, const R *in, R *out, TccStatus *status) {
  int64_t half = pass.n / 2 + 1;
  int64_t nIn = pass.kind == FftKind::ComplexToReal ? half : pass.n;
  int64_t nOut = pass.kind == FftKind::RealToComplex ? half : pass.n;
  FftLines lines{pass.kind,  pass.n,           pass.inner,        pass.inner,  pass.outer,
                 pass.inner, nIn * pass.inner, nOut * pass.inner, pass.weights};
  bool done = usesFftw<R>(pass) ? runByFftw(pass, lines, in, out) : runByGroups(lines, in, out);
  return done ? int32_t(TCC_OK) : outOfMemory(status, op, pass.n * 16 * int64_t(sizeof(R)));
}

/// exp(-2 pi i k / n) for 0 <= k < n from two short tables.
struct RootTable {
  int bits = 0;
  Scratch<Complex<double>> roots; ///< of k < 2^bits, and of multiples of 2^bits

  bool build(int64_t n) {
    while (int64_t(1) << 2 * bits < n)
      ++bits;
    int64_t low = int64_t(1) << bits, high = (n + low - 1) / low;
    if (!roots.resize(low + high))
      return false;
    for (int64_t k = 0; k < low; ++k)
      unitRoot(k, n, roots[k].re, roots[k].im);
    for (int64_t k = 0; k < high; ++k)
      unitRoot(k * low, n, roots[low + k].re, roots[low + k].im);
    return true;
  }
  template <class R> Complex<R> at(int64_t k) const {
    int64_t low = int64_t(1) << bits;
    return Complex<R>(roots[k & (low - 1)] * roots[low + (k >> bits)]);
  }
};

/// One long line as rows x columns: transforms of its columns, then of its rows, which are multiplied by twiddles as
/// they are read and stored as columns (D. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4
/// (1990)). Lines that do not fit the cache become many that do, for all threads.
template <class R>
int32_t longFft(const char *op, const Pass &pass, int64_t rows, const R *in, R *out, TccStatus *status) {
  constexpr int64_t lanes = FftTurns::lanes;
  int64_t n = pass.n, columns = n / rows;
  Scratch<R> work(2 * n), steps(2 * lanes * columns);
  RootTable roots;
  if (!work || !steps || !roots.build(n))
    return outOfMemory(status, op, 2 * n * int64_t(sizeof(R)));
  TCC_CHECK(runPass(op, {pass.kind, 1, rows, columns}, in, work.get(), status));
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < lanes; ++r) {
      Complex<R> root = roots.at<R>(r * c);
      steps[2 * lanes * c + r] = root.re;
      steps[2 * lanes * c + lanes + r] = root.im;
    }
  FftTurns turns{roots.bits, &roots.roots[0].re, steps.get()};
  FftLines lines{pass.kind, columns, 1, rows, rows, 1, columns, 1, pass.weights, &turns};
  return runByGroups(lines, work.get(), out) ? int32_t(TCC_OK)
                                             : outOfMemory(status, op, columns * 16 * int64_t(sizeof(R)));
}

/// body(k) for k < count, on all threads.
template <class F> void overNumbers(int64_t count, F body) {
  parallelFor(count, grainFor(4), [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k)
      body(k);
  });
}

/// One long line of any length: where no divisor is near the square root, as a convolution of one that has (L.
/// Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. AU-18
/// (1970)). `in` may equal `out`.
template <class R>
int32_t longComplexFft(const char *op, FftKind kind, int64_t n, FftWeights weights, const Complex<R> *in,
                       Complex<R> *out, TccStatus *status) {
  auto transform = [&](FftKind way, int64_t length, FftWeights factors, const Complex<R> *from, Complex<R> *to) {
    return longFft(op, {way, 1, length, 1, factors}, middleDivisor(length), &from->re, &to->re, status);
  };
  if (middleDivisor(n) >= 64)
    return transform(kind, n, weights, in, out);
  int64_t padded = 1;
  while (padded < 2 * n - 1)
    padded *= 2;
  for (int64_t odd : {3, 5, 9, 15})
    for (int64_t length = odd; length < padded; length *= 2)
      padded = length >= 2 * n - 1 ? length : padded;
  Scratch<Complex<R>> chirp(n), signal(padded), filter(padded);
  RootTable roots;
  if (!chirp || !signal || !filter || !roots.build(2 * n))
    return outOfMemory(status, op, 2 * padded * int64_t(sizeof(Complex<R>)));
  overNumbers(padded - 2 * n + 1, [&](int64_t k) { signal[n + k] = filter[n + k] = Complex<R>(0); });
  overNumbers(n, [&](int64_t k) {
    Complex<R> w = roots.at<R>(k * k % (2 * n));
    chirp[k] = kind == FftKind::Forward ? w : conjugate(w);
    signal[k] = in[k] * chirp[k];
    filter[k] = conjugate(chirp[k]);
    if (k) {
      signal[padded - k] = Complex<R>(0);
      filter[padded - k] = filter[k];
    }
  });
  TCC_CHECK(transform(FftKind::Forward, padded, {}, &signal[0], &signal[0]));
  TCC_CHECK(transform(FftKind::Forward, padded, {}, &filter[0], &filter[0]));
  overNumbers(padded, [&](int64_t k) { signal[k] = signal[k] * filter[k]; });
  TCC_CHECK(transform(FftKind::Backward, padded, {.scale = weights.scale / double(padded)}, &signal[0], &signal[0]));
  overNumbers(n, [&](int64_t k) {
    Complex<R> value = signal[k] * chirp[k];
    out[k] = weights.conjugate ? conjugate(value) : value;
  });
  return TCC_OK;
}

/// Frequency k of a half spectrum with its conjugate and weight, but without the scale.
template <class R> Complex<R> weighted(const Pass &pass, int64_t k, Complex<R> value) {
  R weight = k && 2 * k != pass.n ? R(pass.weights.pairs) : R(1);
  return {value.re * weight, value.im * (pass.weights.conjugate ? -weight : weight)};
}

/// A long real line of 2h numbers as h complex ones; the formulas are those of FftKernels.h, pair by pair.
template <class R> int32_t longEvenFft(const char *op, const Pass &pass, const R *in, R *out, TccStatus *status) {
  int64_t h = pass.n / 2;
  bool forward = pass.kind == FftKind::RealToComplex;
  Scratch<Complex<R>> work(forward ? 0 : h);
  RootTable roots;
  if (!work || !roots.build(pass.n))
    return outOfMemory(status, op, 2 * h * int64_t(sizeof(R)));
  if (forward) {
    auto *z = reinterpret_cast<Complex<R> *>(out);
    TCC_CHECK(longComplexFft(op, FftKind::Forward, h, {.scale = pass.weights.scale},
                             reinterpret_cast<const Complex<R> *>(in), z, status));
    z[h] = z[0];
    overNumbers(h / 2 + 1, [&](int64_t k) {
      Complex<R> a = z[k], b = conjugate(z[h - k]), dif = a - b;
      Complex<R> even = (a + b) * Complex<R>(R(0.5)), odd = roots.at<R>(k) * Complex<R>(dif.im / 2, -dif.re / 2);
      z[k] = weighted(pass, k, even + odd);
      z[h - k] = weighted(pass, h - k, conjugate(even - odd));
    });
    return TCC_OK;
  }
  auto *x = reinterpret_cast<const Complex<R> *>(in);
  overNumbers(h / 2 + 1, [&](int64_t k) {
    // Imaginary parts that a Hermitian signal does not have are ignored.
    Complex<R> a = k ? weighted(pass, k, x[k]) : Complex<R>(x[0].re);
    Complex<R> b = k ? conjugate(weighted(pass, h - k, x[h - k])) : Complex<R>(x[h].re);
    Complex<R> sum = a + b, turned = (a - b) * conjugate(roots.at<R>(k));
    work[k] = Complex<R>(sum.re - turned.im, sum.im + turned.re);
    if (k)
      work[h - k] = Complex<R>(sum.re + turned.im, turned.re - sum.im);
  });
  return longComplexFft(op, FftKind::Backward, h, {.scale = pass.weights.scale}, &work[0],
                        reinterpret_cast<Complex<R> *>(out), status);
}

/// A long real line of an odd number as complex ones.
template <class R> int32_t longOddFft(const char *op, const Pass &pass, const R *in, R *out, TccStatus *status) {
  int64_t n = pass.n;
  Scratch<Complex<R>> line(n);
  if (!line)
    return outOfMemory(status, op, 2 * n * int64_t(sizeof(R)));
  if (pass.kind == FftKind::RealToComplex) {
    auto *y = reinterpret_cast<Complex<R> *>(out);
    overNumbers(n, [&](int64_t k) { line[k] = Complex<R>(in[k]); });
    TCC_CHECK(longComplexFft(op, FftKind::Forward, n, {.scale = pass.weights.scale}, &line[0], &line[0], status));
    overNumbers(n / 2 + 1, [&](int64_t k) { y[k] = weighted(pass, k, line[k]); });
    return TCC_OK;
  }
  auto *x = reinterpret_cast<const Complex<R> *>(in);
  overNumbers(n / 2 + 1, [&](int64_t k) {
    line[k] = k ? weighted(pass, k, x[k]) : Complex<R>(x[0].re); // as above
    if (k)
      line[n - k] = conjugate(line[k]);
  });
  TCC_CHECK(longComplexFft(op, FftKind::Backward, n, {.scale = pass.weights.scale}, &line[0], &line[0], status));
  overNumbers(n, [&](int64_t k) { out[k] = line[k].re; });
  return TCC_OK;
}

/// One axis, whatever its kind and length. Lines that are long enough to occupy all threads are transformed one after
/// the other; of several, those that fit the second-level cache are left to a thread each.
template <class R> int32_t transformAxis(const char *op, const Pass &pass, const R *in, R *out, TccStatus *status) {
  const int64_t longLine = pass.outer == 1 ? 1 << 17 : 1 << 18; // complex numbers
  bool complex = pass.kind == FftKind::Forward || pass.kind == FftKind::Backward, odd = pass.n % 2;
  if (pass.inner > 1 || (complex || odd ? pass.n : pass.n / 2) < longLine)
    return runPass(op, pass, in, out, status);
  int64_t spectrum = pass.n + 2 - odd; // numbers of a half spectrum
  int64_t inSize = complex ? 2 * pass.n : pass.kind == FftKind::RealToComplex ? pass.n : spectrum;
  int64_t outSize = complex ? 2 * pass.n : pass.kind == FftKind::RealToComplex ? spectrum : pass.n;
  for (int64_t o = 0; o < pass.outer; ++o, in += inSize, out += outSize) {
    if (complex)
      TCC_CHECK(longComplexFft(op, pass.kind, pass.n, pass.weights, reinterpret_cast<const Complex<R> *>(in),
                               reinterpret_cast<Complex<R> *>(out), status));
    else
      TCC_CHECK((odd ? longOddFft<R> : longEvenFft<R>)(op, pass, in, out, status));
  }
  return TCC_OK;
}

Pass passAlong(FftKind kind, const TccTensor &t, int64_t axis, int64_t n, FftWeights weights) {
  return {kind, extentOf(t, 0, int32_t(axis)), n, extentOf(t, int32_t(axis) + 1, t.rank), weights};
}

/// The ops' attributes.
struct Transform {
  Axes axes;
  int64_t n = 0, norm = 0; ///< n: length of the last of axes on the real side
  bool inverse = false;
  FftWeights weights;

  /// The scale, with N^(-norm / 2) for the N points of the axes of `shape`.
  double scale(const int64_t *shape) const {
    double points = 1;
    for (int64_t i = 0; i < axes.count; ++i)
      points *= double(shape[axes[i]]);
    return norm == 0 ? weights.scale : weights.scale / (norm == 1 ? sqrt(points) : points);
  }
};

int32_t checkTransform(const char *op, const TccTensor &in, bool complexInput, const Transform &transform,
                       TccStatus *status) {
  TCC_CHECK(checkAxes(op, transform.axes, in.rank, status));
  if (transform.axes.count == 0)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected at least one axis", op);
  if (transform.norm < 0 || transform.norm > 2)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected norm 0, 1 or 2, got %lld", op, (long long)transform.norm);
  if (complexInput != (in.dtype >= TCC_C64) || in.dtype < TCC_F32)
    return fail(status, TCC_ERROR_DTYPE, "[%s] expected %s, got %s", op,
                complexInput ? "complex64 or complex128" : "float32 or float64", dtypeName(in.dtype));
  return TCC_OK;
}

/// `weights` are the last pass's.
template <class R>
int32_t complexPasses(const char *op, const TccTensor &t, const R *in, R *out, const int64_t *axes, int64_t count,
                      bool inverse, FftWeights weights, TccStatus *status) {
  for (int64_t i = count - 1; i >= 0; --i) {
    Pass pass = passAlong(inverse ? FftKind::Backward : FftKind::Forward, t, axes[i], t.shape[axes[i]],
                          i ? FftWeights() : weights);
    TCC_CHECK(transformAxis(op, pass, in, out, status));
    in = out;
  }
  return TCC_OK;
}

template <class R>
int32_t fft(const TccTensor &in, const TccTensor &out, const Transform &transform, TccStatus *status) {
  const R *x = static_cast<const R *>(in.data);
  FftWeights weights = transform.weights;
  weights.scale = transform.scale(in.shape);
  return complexPasses("fft", in, x, static_cast<R *>(out.data), transform.axes.values, transform.axes.count,
                       transform.inverse, weights, status);
}

// Along the other axes the conjugate of a half spectrum is transformed with the conjugate roots.
template <class R>
int32_t rfft(const TccTensor &in, const TccTensor &out, const Transform &transform, TccStatus *status) {
  int64_t others = transform.axes.count - 1, last = transform.axes[others];
  double scale = transform.scale(in.shape);
  const R *x = static_cast<const R *>(in.data);
  R *y = static_cast<R *>(out.data);
  FftWeights weights = transform.weights;
  weights.scale = others ? 1 : scale;
  Pass real = passAlong(FftKind::RealToComplex, in, last, in.shape[last], weights);
  TCC_CHECK(transformAxis("rfft", real, x, y, status));
  return complexPasses("rfft", out, y, y, transform.axes.values, others, weights.conjugate, {.scale = scale}, status);
}

template <class R>
int32_t irfft(const TccTensor &in, const TccTensor &out, const Transform &transform, TccStatus *status) {
  int64_t others = transform.axes.count - 1;
  const R *x = static_cast<const R *>(in.data);
  R *y = static_cast<R *>(out.data);
  FftWeights weights = transform.weights;
  weights.scale = transform.scale(out.shape);
  Scratch<R> work;
  if (others) {
    int64_t count = 2 * numElements(in);
    if (!work.resize(count))
      return outOfMemory(status, "irfft", count * int64_t(sizeof(R)));
    TCC_CHECK(complexPasses("irfft", in, x, work.get(), transform.axes.values, others, !weights.conjugate, {}, status));
    x = work.get();
  }
  Pass real = passAlong(FftKind::ComplexToReal, in, transform.axes[others], transform.n, weights);
  return transformAxis("irfft", real, x, y, status);
}

} // namespace

int32_t tcc_fft(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                TccStatus *status) {
  TCC_CHECK(checkArguments("fft", in, n_in, 1, out, n_out, 1, status));
  AttributeReader reader(attrs);
  Transform transform;
  transform.axes = reader.array();
  transform.weights.conjugate = reader.integer();
  transform.inverse = reader.integer();
  transform.norm = reader.integer();
  transform.weights.scale = reader.number();
  TCC_CHECK(checkTransform("fft", in[0], true, transform, status));
  TCC_CHECK(checkTensor("fft", "result", out[0], in[0].dtype, in[0].rank, in[0].shape, status));
  if (numElements(in[0]) == 0)
    return TCC_OK;
  return in[0].dtype == TCC_C64 ? fft<float>(in[0], out[0], transform, status)
                                : fft<double>(in[0], out[0], transform, status);
}

int32_t tcc_rfft(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                 TccStatus *status) {
  TCC_CHECK(checkArguments("rfft", in, n_in, 1, out, n_out, 1, status));
  AttributeReader reader(attrs);
  Transform transform;
  transform.axes = reader.array();
  transform.weights.conjugate = reader.integer();
  transform.norm = reader.integer();
  transform.weights.pairs = reader.number();
  transform.weights.scale = reader.number();
  TCC_CHECK(checkTransform("rfft", in[0], false, transform, status));
  int64_t shape[maxRank], last = transform.axes[transform.axes.count - 1];
  for (int32_t i = 0; i < in[0].rank; ++i)
    shape[i] = i == last ? in[0].shape[i] / 2 + 1 : in[0].shape[i];
  TCC_CHECK(
      checkTensor("rfft", "result", out[0], in[0].dtype == TCC_F32 ? TCC_C64 : TCC_C128, in[0].rank, shape, status));
  if (in[0].shape[last] == 0)
    return fail(status, TCC_ERROR_SHAPE, "[rfft] expected a nonempty axis, got size 0 at axis %lld", (long long)last);
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return in[0].dtype == TCC_F32 ? rfft<float>(in[0], out[0], transform, status)
                                : rfft<double>(in[0], out[0], transform, status);
}

int32_t tcc_irfft(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("irfft", in, n_in, 1, out, n_out, 1, status));
  AttributeReader reader(attrs);
  Transform transform;
  transform.axes = reader.array();
  transform.weights.conjugate = reader.integer();
  int64_t n = transform.n = reader.integer();
  transform.norm = reader.integer();
  transform.weights.pairs = reader.number();
  transform.weights.scale = reader.number();
  TCC_CHECK(checkTransform("irfft", in[0], true, transform, status));
  int64_t shape[maxRank], last = transform.axes[transform.axes.count - 1];
  for (int32_t i = 0; i < in[0].rank; ++i)
    shape[i] = i == last ? n : in[0].shape[i];
  if (n < 1 || in[0].shape[last] != n / 2 + 1)
    return fail(status, TCC_ERROR_SHAPE, "[irfft] expected n/2 + 1 entries for n = %lld at axis %lld, got %lld",
                (long long)n, (long long)last, (long long)in[0].shape[last]);
  TCC_CHECK(
      checkTensor("irfft", "result", out[0], in[0].dtype == TCC_C64 ? TCC_F32 : TCC_F64, in[0].rank, shape, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return in[0].dtype == TCC_C64 ? irfft<float>(in[0], out[0], transform, status)
                                : irfft<double>(in[0], out[0], transform, status);
}
