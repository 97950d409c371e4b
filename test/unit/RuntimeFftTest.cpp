// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// FFTW's and our own transforms against a naive DFT in long double: relative L2 error at most 3 eps log2(n).
#include "RuntimeFixture.h"
#include "runtime/Elements.h"
#include "runtime/FftLines.h"
#include "runtime/FftwLibrary.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

using L = std::complex<long double>;

/// Naive DFT along one axis.
std::vector<L> dft(const std::vector<L> &x, int64_t outer, int64_t n, int64_t inner, bool inverse) {
  std::vector<L> roots(n), y(x.size());
  for (int64_t k = 0; k < n; ++k)
    roots[k] = std::polar(1.0L, (inverse ? 2 : -2) * 3.14159265358979323846264338327950288L * (long double)k / n);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t k = 0; k < n; ++k)
      for (int64_t i = 0; i < n; ++i) {
        L w = roots[k * i % n];
        for (int64_t j = 0; j < inner; ++j) {
          L v = x[(o * n + i) * inner + j];
          y[(o * n + k) * inner + j] +=
              L(w.real() * v.real() - w.imag() * v.imag(), w.real() * v.imag() + w.imag() * v.real());
        }
      }
  return y;
}

template <class T> double errorOf(const Array<T> &got, const std::vector<L> &wanted) {
  long double difference = 0, norm = 0;
  for (int64_t i = 0; i < got.size(); ++i) {
    difference += std::norm(L(got[i]) - wanted[i]);
    norm += std::norm(wanted[i]);
  }
  return double(std::sqrt(difference / (norm > 0 ? norm : 1)));
}
template <class T> std::vector<L> wide(const Array<T> &x) { return {x.data.get(), x.data.get() + x.size()}; }

// In the order of the ops' records.
std::vector<int64_t> fftAttributes(std::vector<int64_t> axes, bool inverse, int64_t norm, FftWeights weights = {}) {
  axes.insert(axes.begin(), int64_t(axes.size()));
  axes.insert(axes.end(), {weights.conjugate, inverse, norm, bitCast<int64_t>(weights.scale)});
  return axes;
}
std::vector<int64_t> rfftAttributes(std::vector<int64_t> axes, int64_t norm, FftWeights weights = {}) {
  axes.insert(axes.begin(), int64_t(axes.size()));
  axes.insert(axes.end(), {weights.conjugate, norm, bitCast<int64_t>(weights.pairs), bitCast<int64_t>(weights.scale)});
  return axes;
}
std::vector<int64_t> irfftAttributes(std::vector<int64_t> axes, int64_t n, int64_t norm, FftWeights weights = {}) {
  axes.insert(axes.begin(), int64_t(axes.size()));
  axes.insert(axes.end(),
              {weights.conjugate, n, norm, bitCast<int64_t>(weights.pairs), bitCast<int64_t>(weights.scale)});
  return axes;
}

template <class R> double bound(int64_t n) { return 3 * epsilon<R> * std::max(1.0, std::log2(double(n))); }

template <class R> class RuntimeFft : public testing::Test {
protected:
  using C = std::complex<R>;
  void TearDown() override { chooseFft(-1); }

  /// All three transforms of a (outer, n, inner) array along its middle axis.
  void checkAxis(int64_t outer, int64_t n, int64_t inner) {
    std::vector<int64_t> shape = {outer, n, inner}, halfShape = {outer, n / 2 + 1, inner};
    Array<C> x = randomArray<C>(shape), y(shape);
    for (int64_t inverse : {0, 1}) {
      ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, inverse, 0)));
      EXPECT_LE(errorOf(y, dft(wide(x), outer, n, inner, inverse)), bound<R>(n)) << n << " inverse " << inverse;
    }
    Array<R> real = randomArray<R>(shape, 3), back(shape);
    Array<C> half(halfShape);
    ASSERT_OK(call(tcc_rfft, {real.tensor()}, {half.tensor()}, rfftAttributes({1}, 0)));
    std::vector<L> full = dft(wide(real), outer, n, inner, false), kept;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < (n / 2 + 1) * inner; ++i)
        kept.push_back(full[o * n * inner + i]);
    EXPECT_LE(errorOf(half, kept), bound<R>(n)) << "rfft " << n;
    std::string before = bytesOf(half);
    ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({1}, n, 0)));
    EXPECT_EQ(before, bytesOf(half)) << "irfft must keep its input";
    std::vector<L> scaled = wide(real);
    for (L &v : scaled)
      v *= (long double)n;
    EXPECT_LE(errorOf(back, scaled), 2 * bound<R>(n)) << "irfft " << n;
  }
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(RuntimeFft, Types);

TYPED_TEST(RuntimeFft, every_length_is_accurate) {
  for (int own : {0, 1}) {
    chooseFft(own);
    for (int64_t n = 1; n <= 64; ++n)
      this->checkAxis(3, n, 1);
    for (int64_t n : {97, 101, 127, 131, 210, 251, 257, 286, 330, 499, 1000, 1009, 1016, 1024, 1143})
      this->checkAxis(1, n, 1);
  }
}

TYPED_TEST(RuntimeFft, any_axis_and_batch_is_accurate) {
  for (int own : {0, 1}) {
    chooseFft(own);
    for (int64_t n : {2, 3, 16, 35, 67})
      for (int64_t inner : {2, 5, 17, 40})
        this->checkAxis(5, n, inner);
    this->checkAxis(40, 100, 1);
    this->checkAxis(1, 100, 350); // several chunks along the inner axis
    this->checkAxis(45, 37, 1);   // full lanes, half ones and a rest
    this->checkAxis(3, 131, 20);
  }
}

TYPED_TEST(RuntimeFft, every_way_to_transform_a_line_is_accurate) {
  using C = std::complex<TypeParam>;
  // Powers, mixed factors, prime butterflies, primes p of which p - 1 is smooth, has a large prime, or two of them.
  for (int own : {0, 1})
    for (int64_t n : {2, 5, 7, 15, 363, 429, 521, 1299, 1366, 1849, 2039, 2187, 3967})
      for (int64_t lines : {1, 70}) { // a line by itself, and full and part vectors of lines
        chooseFft(own);
        std::vector<int64_t> shape = {lines, n}, halfShape = {lines, n / 2 + 1};
        Array<C> x = randomArray<C>(shape), y(shape), half(halfShape);
        Array<TypeParam> real = randomArray<TypeParam>(shape, 3), back(shape);
        ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, 0, 0)));
        ASSERT_OK(call(tcc_rfft, {real.tensor()}, {half.tensor()}, rfftAttributes({1}, 0)));
        ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({1}, n, 2)));
        EXPECT_LE(errorOf(back, wide(real)), 2 * bound<TypeParam>(n)) << n << " irfft";
        for (int64_t line : lines == 1 ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 69}) {
          Array<C> got({n}), gotHalf({n / 2 + 1});
          std::copy_n(&y[line * n], n, &got[0]);
          std::copy_n(&half[line * (n / 2 + 1)], n / 2 + 1, &gotHalf[0]);
          std::vector<L> wanted = dft({&x[line * n], &x[line * n] + n}, 1, n, 1, false);
          EXPECT_LE(errorOf(got, wanted), bound<TypeParam>(n)) << n << " line " << line << " of " << lines;
          wanted = dft({&real[line * n], &real[line * n] + n}, 1, n, 1, false);
          wanted.resize(n / 2 + 1);
          EXPECT_LE(errorOf(gotHalf, wanted), bound<TypeParam>(n)) << n << " rfft, line " << line << " of " << lines;
        }
      }
}

// A line's result does not depend on what is beside it: neither its bits on where it is, nor on infinities elsewhere.
TYPED_TEST(RuntimeFft, lines_do_not_see_each_other) {
  using C = std::complex<TypeParam>;
  // Of 77 and 150 lines the last ones fill vectors in part, and half a vector each, whatever a vector's lanes.
  for (int own : {0, 1})
    for (auto [n, lines] : {std::pair<int64_t, int64_t>{6, 150},
                            {15, 150},
                            {37, 150},
                            {262, 150},
                            {521, 77},
                            {521, 150},
                            {1024, 77},
                            {1024, 150}}) {
      chooseFft(own);
      Array<C> x = randomArray<C>({lines, n}), y({lines, n});
      Array<TypeParam> real = randomArray<TypeParam>({lines, n}), back({lines, n});
      Array<C> half({lines, n / 2 + 1});
      for (int64_t line = 0; line < lines; ++line) {
        bool bad = line % 3 == 1;
        for (int64_t k = 0; k < n; ++k) {
          x[line * n + k] = bad ? C(std::numeric_limits<TypeParam>::infinity()) : x[k];
          real[line * n + k] = bad ? std::numeric_limits<TypeParam>::infinity() : real[k];
        }
      }
      ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, 0, 0)));
      ASSERT_OK(call(tcc_rfft, {real.tensor()}, {half.tensor()}, rfftAttributes({1}, 0)));
      ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({1}, n, 0)));
      for (int64_t line = 2; line < lines; ++line)
        if (line % 3 != 1) {
          EXPECT_FALSE(memcmp(&y[line * n], &y[0], n * sizeof(C))) << n << " line " << line << " own " << own;
          EXPECT_FALSE(memcmp(&half[line * (n / 2 + 1)], &half[0], (n / 2 + 1) * sizeof(C))) << n << " line " << line;
          EXPECT_FALSE(memcmp(&back[line * n], &back[0], n * sizeof(TypeParam))) << n << " line " << line;
        }
    }
}

TYPED_TEST(RuntimeFft, several_axes_and_empty_arrays) {
  using R = TypeParam;
  using C = std::complex<R>;
  for (int own : {0, 1}) {
    chooseFft(own);
    int64_t a = 12, b = 7, c = 10;
    Array<C> x = randomArray<C>({a, b, c}), y({a, b, c});
    ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({0, 2}, 0, 0)));
    std::vector<L> wanted = dft(dft(wide(x), a * b, c, 1, false), 1, a, b * c, false);
    EXPECT_LE(errorOf(y, wanted), bound<R>(a * c));
    Array<R> real = randomArray<R>({a, b, c}), back({a, b, c});
    Array<C> half({a, b / 2 + 1, c});
    ASSERT_OK(call(tcc_rfft, {real.tensor()}, {half.tensor()}, rfftAttributes({2, 0, 1}, 0)));
    ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({2, 0, 1}, b, 0)));
    std::vector<L> scaled = wide(real);
    for (L &v : scaled)
      v *= (long double)(a * b * c);
    EXPECT_LE(errorOf(back, scaled), 2 * bound<R>(a * b * c));
    Array<C> none({0, 4});
    EXPECT_OK(call(tcc_fft, {none.tensor()}, {none.tensor()}, fftAttributes({1}, 0, 0)));
    EXPECT_OK(call(tcc_fft, {none.tensor()}, {none.tensor()}, fftAttributes({0}, 0, 0)));
    EXPECT_EQ(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({}, 0, 0)).message,
              "[fft] expected at least one axis");
  }
}

TYPED_TEST(RuntimeFft, norms_divide_all_results) {
  using R = TypeParam;
  using C = std::complex<R>;
  for (int own : {0, 1}) {
    chooseFft(own);
    // Lines, columns, columns far apart, long lines.
    std::vector<std::vector<int64_t>> shapes = {
        {5, 12, 1}, {2, 12, 40}, {1, 100, 350}, {1, 3 << 16, 1}, {2, 3 << 17, 1}};
    for (const std::vector<int64_t> &shape : shapes)
      for (int64_t norm : {1, 2}) {
        long double n = shape[1], divisor = norm == 1 ? std::sqrt(n) : n;
        std::vector<int64_t> halfShape = {shape[0], shape[1] / 2 + 1, shape[2]};
        Array<C> x = randomArray<C>(shape), plain(shape), y(shape), half(halfShape), plainHalf(halfShape);
        Array<R> r = randomArray<R>(shape), plainBack(shape), back(shape);
        auto expectDivided = [&](const auto &got, const auto &whole) {
          std::vector<L> wanted = wide(whole);
          for (L &v : wanted)
            v /= divisor;
          EXPECT_LE(errorOf(got, wanted), 2 * bound<R>(shape[1])) << shape[1] << " norm " << norm;
        };
        ASSERT_OK(call(tcc_fft, {x.tensor()}, {plain.tensor()}, fftAttributes({1}, 1, 0)));
        ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, 1, norm)));
        expectDivided(y, plain);
        ASSERT_OK(call(tcc_rfft, {r.tensor()}, {plainHalf.tensor()}, rfftAttributes({1}, 0)));
        ASSERT_OK(call(tcc_rfft, {r.tensor()}, {half.tensor()}, rfftAttributes({1}, norm)));
        expectDivided(half, plainHalf);
        ASSERT_OK(call(tcc_irfft, {half.tensor()}, {plainBack.tensor()}, irfftAttributes({1}, shape[1], 0)));
        ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({1}, shape[1], norm)));
        expectDivided(back, plainBack);
      }
    // Of several axes all points count.
    Array<R> r = randomArray<R>({6, 5, 7}), back({6, 5, 7});
    Array<C> half({6, 5, 4});
    ASSERT_OK(call(tcc_rfft, {r.tensor()}, {half.tensor()}, rfftAttributes({0, 2}, 1)));
    ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({0, 2}, 7, 1)));
    EXPECT_LE(errorOf(back, wide(r)), 2 * bound<R>(42));
  }
}

TYPED_TEST(RuntimeFft, weights_multiply_and_conjugate) {
  using R = TypeParam;
  using C = std::complex<R>;
  for (int own : {0, 1}) {
    chooseFft(own);
    // Lengths 1 and 2, of no and of many prime factors; many lines, few, columns; long lines, even, odd and prime.
    std::vector<std::vector<int64_t>> shapes = {{3, 1, 1},   {3, 2, 1},    {40, 12, 1},       {40, 15, 1},
                                                {1, 101, 1}, {40, 127, 1}, {2, 202, 1},       {5, 12, 33},
                                                {5, 21, 33}, {1, 12, 3},   {1, 3 << 17, 1},   {1, 3 * 3 * 14563, 1},
                                                {40, 82, 1}, {1, 49, 1},   {1, 2 * 131101, 1}};
    for (const std::vector<int64_t> &shape : shapes)
      for (FftWeights weights : {FftWeights{-3, 1, true}, FftWeights{1, 0.5, false}, FftWeights{2, 2, true}}) {
        int64_t n = shape[1], entries = n / 2 + 1;
        std::vector<int64_t> halfShape = {shape[0], entries, shape[2]};
        auto isPair = [&](int64_t element) {
          int64_t k = element / shape[2] % entries;
          return k > 0 && 2 * k != n;
        };
        Array<C> x = randomArray<C>(shape), y(shape), half(halfShape), weighed(halfShape);
        Array<R> r = randomArray<R>(shape), back(shape);
        ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, true, 1)));
        std::vector<L> wanted = wide(y);
        for (L &v : wanted)
          v = L(weights.scale) * (weights.conjugate ? std::conj(v) : v);
        ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, true, 1, weights)));
        EXPECT_LE(errorOf(y, wanted), 2 * bound<R>(n)) << "fft " << n;

        ASSERT_OK(call(tcc_rfft, {r.tensor()}, {half.tensor()}, rfftAttributes({1}, 0)));
        wanted = wide(half);
        for (int64_t i = 0; i < half.size(); ++i)
          wanted[i] = L(weights.scale * (isPair(i) ? weights.pairs : 1)) *
                      (weights.conjugate ? std::conj(wanted[i]) : wanted[i]);
        ASSERT_OK(call(tcc_rfft, {r.tensor()}, {weighed.tensor()}, rfftAttributes({1}, 0, weights)));
        EXPECT_LE(errorOf(weighed, wanted), 2 * bound<R>(n)) << "rfft " << n;

        half = randomArray<C>(halfShape, 7);
        for (int64_t i = 0; i < half.size(); ++i)
          weighed[i] =
              R(weights.scale * (isPair(i) ? weights.pairs : 1)) * (weights.conjugate ? std::conj(half[i]) : half[i]);
        ASSERT_OK(call(tcc_irfft, {weighed.tensor()}, {back.tensor()}, irfftAttributes({1}, n, 2)));
        wanted = wide(back);
        ASSERT_OK(call(tcc_irfft, {half.tensor()}, {back.tensor()}, irfftAttributes({1}, n, 2, weights)));
        EXPECT_LE(errorOf(back, wanted), 2 * bound<R>(n)) << "irfft " << n;
      }
    // Of several axes the last one has the half spectrum.
    FftWeights weights{3, 2, true};
    Array<R> r = randomArray<R>({6, 5, 7}), back({6, 5, 7});
    Array<C> half({6, 5, 4}), weighed({6, 5, 4});
    ASSERT_OK(call(tcc_rfft, {r.tensor()}, {half.tensor()}, rfftAttributes({0, 2}, 1)));
    ASSERT_OK(call(tcc_rfft, {r.tensor()}, {weighed.tensor()}, rfftAttributes({0, 2}, 1, weights)));
    std::vector<L> wanted = wide(half);
    for (int64_t i = 0; i < half.size(); ++i)
      wanted[i] = std::conj(wanted[i]) * L(i % 4 ? 6 : 3);
    EXPECT_LE(errorOf(weighed, wanted), 2 * bound<R>(42));
    weights = {1 / 3.0, 0.5, true};
    ASSERT_OK(call(tcc_irfft, {weighed.tensor()}, {back.tensor()}, irfftAttributes({0, 2}, 7, 1, weights)));
    EXPECT_LE(errorOf(back, wide(r)), 2 * bound<R>(42));
  }
}

TYPED_TEST(RuntimeFft, number_of_threads_does_not_change_a_bit) {
  using C = std::complex<TypeParam>;
  for (int own : {0, 1}) {
    chooseFft(own);
    Array<C> x = randomArray<C>({150, 333}), y({150, 333});
    std::string first;
    for (int threads : {1, 2, 3, 8}) {
      setNumThreads(threads);
      ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({0, 1}, 0, 0)));
      if (threads == 1)
        first = bytesOf(y);
      EXPECT_TRUE(bytesOf(y) == first) << threads;
    }
    setNumThreads(0);
  }
}

TYPED_TEST(RuntimeFft, a_long_line_is_cut_into_rows_and_columns) {
  using C = std::complex<TypeParam>;
  for (int64_t n : {3 << 16, 177147, 131101}) { // 243 x 729, part of a vector and odd strides; a prime
    const int64_t frequency = 12345;
    Array<C> x({n}), y({n}), back({n});
    for (int64_t k = 0; k < n; ++k) // one frequency and a little of another
      x[k] =
          C(std::polar(1.0L, 2 * 3.14159265358979323846L * (long double)(k * frequency % n) / n) + L(k == 7 ? 2 : 0));
    ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({0}, 0, 0)));
    std::string bits = bytesOf(y);
    setNumThreads(1);
    ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({0}, 0, 0)));
    setNumThreads(0);
    EXPECT_TRUE(bytesOf(y) == bits) << n;
    std::vector<L> wanted;
    for (int64_t k = 0; k < n; ++k)
      wanted.push_back(L(k == frequency ? n : 0) +
                       2.0L * std::polar(1.0L, -2 * 3.14159265358979323846L * (long double)(7 * k % n) / n));
    EXPECT_LE(errorOf(y, wanted), bound<TypeParam>(n));
    ASSERT_OK(call(tcc_fft, {y.tensor()}, {back.tensor()}, fftAttributes({0}, 1, 0)));
    std::vector<L> scaled = wide(x);
    for (L &v : scaled)
      v *= (long double)n;
    EXPECT_LE(errorOf(back, scaled), 2 * bound<TypeParam>(n));
  }
}

TYPED_TEST(RuntimeFft, long_real_lines_of_any_length) {
  using C = std::complex<TypeParam>;
  for (int64_t n : {3 << 17, 177147, 2 * 131101}) { // even, odd, twice a prime
    const int64_t half = n / 2 + 1;
    Array<TypeParam> x = randomArray<TypeParam>({n}), back({n});
    Array<C> full({n}), spectrum({half}), wanted({n});
    std::copy_n(&x[0], n, &full[0]);
    ASSERT_OK(call(tcc_fft, {full.tensor()}, {wanted.tensor()}, fftAttributes({0}, 0, 1)));
    ASSERT_OK(call(tcc_rfft, {x.tensor()}, {spectrum.tensor()}, rfftAttributes({0}, 1)));
    std::vector<L> kept = wide(wanted);
    kept.resize(half);
    EXPECT_LE(errorOf(spectrum, kept), 2 * bound<TypeParam>(n));
    spectrum[0] += C(0, 5), spectrum[half - 1] -= C(0, n % 2 ? 0 : 3); // no part of a Hermitian signal: ignored
    std::string before = bytesOf(spectrum);
    ASSERT_OK(call(tcc_irfft, {spectrum.tensor()}, {back.tensor()}, irfftAttributes({0}, n, 1)));
    EXPECT_EQ(before, bytesOf(spectrum)) << "irfft must keep its input";
    EXPECT_LE(errorOf(back, wide(x)), 2 * bound<TypeParam>(n));
  }
}

TYPED_TEST(RuntimeFft, wrong_sizes_are_errors) {
  using C = std::complex<TypeParam>;
  Array<C> x({5}), wrong({4});
  Array<TypeParam> real({7}), none({0});
  EXPECT_EQ(call(tcc_fft, {x.tensor()}, {wrong.tensor()}, fftAttributes({0}, 0, 0)).code, TCC_ERROR_SHAPE);
  EXPECT_EQ(call(tcc_irfft, {x.tensor()}, {real.tensor()}, irfftAttributes({0}, 7, 0)).message,
            "[irfft] expected n/2 + 1 entries for n = 7 at axis 0, got 5");
  EXPECT_EQ(call(tcc_fft, {x.tensor()}, {x.tensor()}, fftAttributes({0}, 0, 3)).message,
            "[fft] expected norm 0, 1 or 2, got 3");
  Array<C> one({1});
  EXPECT_EQ(call(tcc_rfft, {none.tensor()}, {one.tensor()}, rfftAttributes({0}, 0)).message,
            "[rfft] expected a nonempty axis, got size 0 at axis 0");
}

// CTest runs this one in a process of its own with TCC_FFT=measure, which is read once.
TEST(RuntimeFftWisdom, measured_plans_are_kept_in_the_cache_folder) {
  const char *choice = getenv("TCC_FFT");
  if (!choice || strcmp(choice, "measure") || !hasFftw<float>() || !hasFftw<double>())
    GTEST_SKIP() << "needs FFTW and TCC_FFT=measure";
  char folder[] = "/tmp/tcc-wisdom-XXXXXX";
  ASSERT_TRUE(mkdtemp(folder));
  setFftWisdomFolder(folder);
  auto contents = [&](const char *name) {
    std::ifstream file(std::string(folder) + "/" + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  Array<std::complex<float>> x = randomArray<std::complex<float>>({4, 60}), y({4, 60});
  ASSERT_OK(call(tcc_fft, {x.tensor()}, {y.tensor()}, fftAttributes({1}, 0, 0)));
  EXPECT_LE(errorOf(y, dft(wide(x), 4, 60, 1, false)), bound<float>(60));
  EXPECT_NE(contents("fftw-wisdom-f32").find("fftw"), std::string::npos);
  EXPECT_EQ(contents("fftw-wisdom-f64"), "");
  std::ofstream(std::string(folder) + "/fftw-wisdom-f64") << "not wisdom";
  Array<std::complex<double>> a = randomArray<std::complex<double>>({4, 60}), b({4, 60});
  ASSERT_OK(call(tcc_fft, {a.tensor()}, {b.tensor()},
                 fftAttributes({1}, 0, 0))); // a damaged file teaches nothing, and is replaced
  EXPECT_LE(errorOf(b, dft(wide(a), 4, 60, 1, false)), bound<double>(60));
  EXPECT_NE(contents("fftw-wisdom-f64").find("(fftw"), std::string::npos);
  setFftWisdomFolder("");
  std::filesystem::remove_all(folder);
}

} // namespace
