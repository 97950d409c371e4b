// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolution by Fourier transforms. Expected values are SciPy 1.17's; gradients are those of the definition.
#include "test/unit/Table.h"

static Tensor a() { return tensor({1.0, 2.0, -1.0, 3.0, 0.5}); }
static Tensor b() { return tensor({2.0, -1.0, 0.5, 1.0}); }
static Tensor image() { return reshape(arange(12, float64), {3, 4}) - 5.0; }
static Tensor stencil() { return tensor({{1.0, -2.0}, {0.5, 3.0}}); }

TEST(FftConvolve, Modes) {
  ROW(fft::fftconvolve(a(), b()), float64, (Shape{8}), {2, 3, -3.5, 9, -0.5, 0, 3.25, 0.5});
  ROW(fft::fftconvolve(a(), b(), {.mode = "same"}), float64, (Shape{5}), {3, -3.5, 9, -0.5, 0});
  ROW(fft::fftconvolve(b(), a(), {.mode = "same"}), float64, (Shape{4}), {-3.5, 9, -0.5, 0});
  ROW(fft::fftconvolve(a(), b(), {.mode = "valid"}), float64, (Shape{2}), {9, -0.5});
  ROW(fft::fftconvolve(b(), a(), {.mode = "valid"}), float64, (Shape{2}), {9, -0.5});
  ROW(fft::fftconvolve(image(), stencil()), float64, (Shape{4, 5}),
      {-5, 6, 5, 4, 4, -3.5, -15, -12.5, -10, -10, 2.5, -5, -2.5, 0, -6, 1.5, 11, 14.5, 18, 18});
  ROW(fft::fftconvolve(image(), stencil(), {.mode = "same"}), float64, (Shape{3, 4}),
      {-5, 6, 5, 4, -3.5, -15, -12.5, -10, 2.5, -5, -2.5, 0});
  ROW(fft::fftconvolve(image(), stencil(), {.mode = "valid"}), float64, (Shape{2, 3}), {-15, -12.5, -10, -5, -2.5, 0});
}

TEST(FftConvolve, TypesAndAxes) {
  Tensor z = complex(a(), tensor({0.5, 3.0, -1.0, 2.0, 1.0}));
  ROW(fft::fftconvolve(z, b()), complex128, (Shape{8}),
      {2, 1, 3, 5.5, -3.5, -4.75, 9, 7, -0.5, 2.5, 0, -1, 3.25, 2.5, 0.5, 1});
  EXPECT_EQ(fft::fftconvolve(zeros({4}, float32), zeros({4}, complex64)).dtype(), complex64);
  ROW(fft::fftconvolve(image(), stencil()(slice(0, 1)), {.axes = 1}), float64, (Shape{3, 5}),
      {-5, 6, 5, 4, 4, -1, 2, 1, 0, -4, 3, -2, -3, -4, -12});
  ROW(fft::fftconvolve(tensor({{3.0}}), image()), float64, (Shape{3, 4}),
      {-15, -12, -9, -6, -3, 0, 3, 6, 9, 12, 15, 18});
}

/// Sum over shifts, by elementwise operations alone.
static Tensor definition(const Tensor &x, const Tensor &y) {
  int64_t n = y.dim(0);
  Tensor total;
  for (int64_t j = 0; j < n; ++j) {
    Tensor term = pad(x, {{j, n - 1 - j}}) * y[j];
    total = j ? total + term : term;
  }
  return total;
}
TEST(FftConvolve, Gradients) {
  for (Dtype dtype : {float64, complex128}) {
    Tensor x = random::normal(random::key(1), {9}, dtype), y = random::normal(random::key(2), {4}, dtype);
    Tensor w = random::normal(random::key(3), {12});
    auto loss = [&](const Tensor &z) { return sum(w.astype(float64) * square(abs(z))); };
    std::vector<Tensor> ours = grad(loss(fft::fftconvolve(x, y)), {x, y}),
                        wanted = grad(loss(definition(x, y)), {x, y});
    for (int i : {0, 1})
      EXPECT_LT(max(abs(ours[i] - wanted[i])).item<double>(), 1e-11 * max(abs(wanted[i])).item<double>());
  }
}

TEST(FftConvolve, Mistakes) {
  auto message = [](auto f) {
    try {
      f();
    } catch (const Error &e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(message([] { fft::fftconvolve(a(), image()); }).find("[fftconvolve] expected tensors of equally many axes"),
            std::string::npos);
  EXPECT_NE(message([] { fft::fftconvolve(a(), b(), {.mode = "most"}); }).find("got \"most\""), std::string::npos);
  EXPECT_NE(message([] {
              fft::fftconvolve(zeros({2, 5}), zeros({3, 4}), {.mode = "valid"});
            }).find("at least as large as the other"),
            std::string::npos);
}
