// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fourier transforms: NumPy's lengths, axes and norms as those of the ops.
#include "tcc/Fft.h"
#include "frontend/Axes.h"
#include "tcc/Create.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

namespace tcc::fft {
namespace {

/// x with extent n along the axis: cropped, or with zeros at the end.
Tensor fitted(const Tensor &x, int64_t axis, int64_t n, const char *op, Loc where) {
  if (n < 1)
    fail(op, where, Kind::value, "expected a length of at least 1, got ", n);
  int64_t m = x.dim(axis);
  return m >= n ? sliceAxis(x, axis, 0, n, where) : padAxis(x, axis, 0, n - m, where);
}

/// The ops' norm: they divide by N^(norm / 2).
int64_t normOf(const std::string &norm, bool inverse, const char *op, Loc where) {
  if (norm == "ortho")
    return 1;
  if (norm == "backward" || norm == "forward")
    return (norm == "backward") == inverse ? 2 : 0;
  fail(op, where, Kind::value, "expected norm \"backward\", \"ortho\" or \"forward\", got \"", norm, "\"");
}

Tensor complexInput(const Tensor &x, const char *op, Loc where) {
  Tensor a = asWide(x, op, where);
  return asDtype(a, complex_dtype(a.dtype()), where);
}
Tensor realInput(const Tensor &x, const char *op, Loc where) {
  Tensor a = asWide(x, op, where);
  expectReal(a, op, where);
  return a;
}

struct Plan {
  std::vector<int64_t> axes, lengths;
};

/// Axes and lengths by NumPy's rules: with s alone, the last axes.
Plan planOf(const Tensor &x, const Axes &s, const Axes &axes, bool lastTwo, const char *op, Loc where) {
  expectTensor(x, op, where);
  Plan plan;
  Axes chosen = axes;
  if (!axes.value && lastTwo)
    chosen = Axes{-2, -1};
  else if (!axes.value && s.value) {
    std::vector<int64_t> last;
    for (int64_t i = int64_t(s.value->size()); i > 0; --i)
      last.push_back(-i);
    chosen = last;
  }
  plan.axes = normalizeAxes(chosen, x.ndim(), op, where);
  if (plan.axes.empty())
    fail(op, where, Kind::value, "expected at least one axis, got shape ", x.shape());
  if (s.value && s.value->size() != plan.axes.size())
    fail(op, where, Kind::value, "expected a length for each of ", plan.axes.size(), " axes, got ", s.value->size());
  for (size_t i = 0; i < plan.axes.size(); ++i)
    plan.lengths.push_back(s.value ? (*s.value)[i] : x.dim(plan.axes[i]));
  return plan;
}

Plan planOf(const Tensor &x, const Options &o, const char *op, Loc where) {
  return planOf(x, o.n ? Axes(*o.n) : Axes(), o.axis, false, op, where);
}

Tensor fittedAll(Tensor x, const Plan &plan, const char *op, Loc where) {
  for (size_t i = 0; i < plan.axes.size(); ++i)
    x = fitted(x, plan.axes[i], plan.lengths[i], op, where);
  return x;
}

Tensor forward(const Tensor &x, const Plan &plan, const std::string &norm, bool inverse, const char *op, Loc where) {
  Tensor a = fittedAll(complexInput(x, op, where), plan, op, where);
  return ops::fft(a, plan.axes, false, inverse, normOf(norm, inverse, op, where), 1, where);
}

/// The transform, or its conjugate.
Tensor realForward(const Tensor &x, const Plan &plan, bool conjugate, const std::string &norm, const char *op,
                   Loc where) {
  Tensor a = fittedAll(realInput(x, op, where), plan, op, where);
  return ops::rfft(a, plan.axes, conjugate, normOf(norm, false, op, where), 1, 1, where);
}

/// Of x, or of its conjugate. `given`: whether the last length was given; otherwise it is 2 (m - 1).
Tensor realInverse(const Tensor &x, Plan plan, bool given, bool conjugate, const std::string &norm, const char *op,
                   Loc where) {
  int64_t &n = plan.lengths.back(), half = n;
  if (!given)
    n = 2 * (half - 1);
  if (n < 1)
    fail(op, where, Kind::value, "expected a length of at least 1, got ", n);
  int64_t length = n;
  n = length / 2 + 1;
  Tensor a = fittedAll(complexInput(x, op, where), plan, op, where);
  return ops::irfft(a, plan.axes, conjugate, length, normOf(norm, true, op, where), 1, 1, where);
}

} // namespace

Tensor fft(const Tensor &x, Options o, Loc where) {
  return forward(x, planOf(x, o, "fft", where), o.norm, false, "fft", where);
}
Tensor ifft(const Tensor &x, Options o, Loc where) {
  return forward(x, planOf(x, o, "ifft", where), o.norm, true, "ifft", where);
}
Tensor rfft(const Tensor &x, Options o, Loc where) {
  return realForward(x, planOf(x, o, "rfft", where), false, o.norm, "rfft", where);
}
Tensor irfft(const Tensor &x, Options o, Loc where) {
  return realInverse(x, planOf(x, o, "irfft", where), o.n.has_value(), false, o.norm, "irfft", where);
}

static std::string swapped(const std::string &norm) {
  return norm == "backward" ? "forward" : norm == "forward" ? "backward" : norm;
}
// NumPy: hfft(x, n) = irfft(conj(x), n) * n, ihfft(x) = conj(rfft(x)) / n.
Tensor hfft(const Tensor &x, Options o, Loc where) {
  o.norm = swapped(o.norm);
  Plan plan = planOf(x, o, "hfft", where);
  return realInverse(x, plan, o.n.has_value(), true, o.norm, "hfft", where);
}
Tensor ihfft(const Tensor &x, Options o, Loc where) {
  o.norm = swapped(o.norm);
  return realForward(x, planOf(x, o, "ihfft", where), true, o.norm, "ihfft", where);
}

Tensor fft2(const Tensor &x, NdOptions o, Loc where) {
  return forward(x, planOf(x, o.s, o.axes, true, "fft2", where), o.norm, false, "fft2", where);
}
Tensor ifft2(const Tensor &x, NdOptions o, Loc where) {
  return forward(x, planOf(x, o.s, o.axes, true, "ifft2", where), o.norm, true, "ifft2", where);
}
Tensor fftn(const Tensor &x, NdOptions o, Loc where) {
  return forward(x, planOf(x, o.s, o.axes, false, "fftn", where), o.norm, false, "fftn", where);
}
Tensor ifftn(const Tensor &x, NdOptions o, Loc where) {
  return forward(x, planOf(x, o.s, o.axes, false, "ifftn", where), o.norm, true, "ifftn", where);
}
Tensor rfft2(const Tensor &x, NdOptions o, Loc where) {
  return realForward(x, planOf(x, o.s, o.axes, true, "rfft2", where), false, o.norm, "rfft2", where);
}
Tensor irfft2(const Tensor &x, NdOptions o, Loc where) {
  return realInverse(x, planOf(x, o.s, o.axes, true, "irfft2", where), o.s.value.has_value(), false, o.norm, "irfft2",
                     where);
}
Tensor rfftn(const Tensor &x, NdOptions o, Loc where) {
  return realForward(x, planOf(x, o.s, o.axes, false, "rfftn", where), false, o.norm, "rfftn", where);
}
Tensor irfftn(const Tensor &x, NdOptions o, Loc where) {
  return realInverse(x, planOf(x, o.s, o.axes, false, "irfftn", where), o.s.value.has_value(), false, o.norm, "irfftn",
                     where);
}

//===----------------------------------------------------------------------===//
// Frequencies and shifts
//===----------------------------------------------------------------------===//

static void expectSpacing(int64_t n, double d, const char *op, Loc where) {
  if (n < 1 || d == 0)
    fail(op, where, Kind::value, "expected a positive length and a spacing other than 0, got ", n, " and ", d);
}
Tensor fftfreq(int64_t n, double d, Dtype dtype, Loc where) {
  expectSpacing(n, d, "fftfreq", where);
  int64_t positive = (n - 1) / 2 + 1;
  Tensor k = iotaOf({n}, 0, int64, where);
  k = tcc::where(less(k, positive, where), k, subtract(k, n, where), where);
  return asDtype(multiply(asDtype(k, float64, where), 1 / (double(n) * d), where), dtype, where);
}
Tensor rfftfreq(int64_t n, double d, Dtype dtype, Loc where) {
  expectSpacing(n, d, "rfftfreq", where);
  return asDtype(multiply(iotaOf({n / 2 + 1}, 0, float64, where), 1 / (double(n) * d), where), dtype, where);
}

static Tensor shifted(const Tensor &x, const Axes &axes, bool inverse, const char *op, Loc where) {
  expectTensor(x, op, where);
  std::vector<int64_t> list = normalizeAxes(axes, x.ndim(), op, where), shifts;
  for (int64_t a : list)
    shifts.push_back(inverse ? -(x.dim(a) / 2) : x.dim(a) / 2);
  return list.empty() ? x : roll(x, shifts, list, where);
}
Tensor fftshift(const Tensor &x, Axes axes, Loc where) { return shifted(x, axes, false, "fftshift", where); }
Tensor ifftshift(const Tensor &x, Axes axes, Loc where) { return shifted(x, axes, true, "ifftshift", where); }

} // namespace tcc::fft
