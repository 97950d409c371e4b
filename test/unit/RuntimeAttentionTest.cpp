// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention and its gradients against the formula with all scores in double: every dtype, every shape of a mask, sizes
// around the tiles', rows that see nothing, and the same bits for any number of threads.
#include "RuntimeFixture.h"
#include <functional>

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

struct Sizes {
  int64_t batch, queries, keys, width, valueWidth;
};
std::ostream &operator<<(std::ostream &os, const Sizes &s) {
  return os << s.batch << " x " << s.queries << " queries, " << s.keys << " keys, " << s.width << " and "
            << s.valueWidth << " wide";
}

template <class T> double number(T x) {
  if constexpr (isSmallFloat<T>)
    return float(x);
  else
    return x;
}

template <class T> struct Attention {
  using R = std::conditional_t<std::is_same_v<T, double>, double, float>;
  Sizes n;
  bool causal;
  double scale = 0.3;
  Array<T> q, k, v, dy, mask;
  Array<Bool> attends;
  bool isMasked, isBool;
  // Results of the library, and those of the formula.
  Array<T> y, dq, dk, dv, dmask;
  Array<R> logsumexp, delta;
  std::vector<double> wantY, wantQ, wantK, wantV, wantMask, wantRows;

  /// `mask` of rank 3 or empty for none.
  Attention(Sizes n, bool causal, std::vector<int64_t> shape, bool isBool)
      : n(n), causal(causal), q(randomArray<T>({n.batch, n.queries, n.width}, 1)),
        k(randomArray<T>({n.batch, n.keys, n.width}, 2)), v(randomArray<T>({n.batch, n.keys, n.valueWidth}, 3)),
        dy(randomArray<T>({n.batch, n.queries, n.valueWidth}, 4)), mask(randomArray<T>(shape, 5)), attends(shape),
        isMasked(!shape.empty()), isBool(isBool), y(dy.shape), dq(q.shape), dk(k.shape), dv(v.shape), dmask(shape),
        logsumexp({n.batch, n.queries}), delta({n.batch, n.queries}) {
    for (int64_t i = 0; i < attends.size(); ++i)
      attends[i] = Bool(i % 4 != 1 && i % 7 != 2);
  }

  std::vector<TccTensor> with(std::vector<TccTensor> tensors) const {
    if (isMasked)
      tensors.push_back(isBool ? attends.tensor() : mask.tensor());
    return tensors;
  }
  std::vector<int64_t> attributes() const { return {causal, bitCast<int64_t>(scale)}; }
  std::vector<TccTensor> operandsOfGradient() const {
    return with({q.tensor(), k.tensor(), v.tensor(), logsumexp.tensor(), delta.tensor(), dy.tensor()});
  }

  void run() {
    ASSERT_OK(call(tcc_attention, with({q.tensor(), k.tensor(), v.tensor()}), {y.tensor(), logsumexp.tensor()},
                   attributes()));
    for (int64_t row = 0; row < n.batch * n.queries; ++row) {
      double sum = 0;
      for (int64_t e = 0; e < n.valueWidth; ++e)
        sum += number(y[row * n.valueWidth + e]) * number(dy[row * n.valueWidth + e]);
      delta[row] = R(sum);
    }
    ASSERT_OK(
        call(tcc_attention_gradient, operandsOfGradient(), {dq.tensor(), dk.tensor(), dv.tensor()}, attributes()));
    if (isMasked && !isBool)
      ASSERT_OK(call(tcc_attention_mask_gradient, operandsOfGradient(), {dmask.tensor()}, attributes()));
  }

  void compute() {
    auto zeros = [](const auto &like) { return std::vector<double>(size_t(like.size())); };
    wantY = zeros(y), wantQ = zeros(q), wantK = zeros(k), wantV = zeros(v), wantMask = zeros(mask);
    wantRows = zeros(logsumexp);
    for (int64_t b = 0; b < n.batch; ++b)
      for (int64_t i = 0; i < n.queries; ++i)
        computeRow(b, i);
  }
  void computeRow(int64_t b, int64_t i) {
    auto maskAt = [&](int64_t j) {
      const std::vector<int64_t> &s = mask.shape;
      return ((s[0] == 1 ? 0 : b) * s[1] + (s[1] == 1 ? 0 : i)) * s[2] + (s[2] == 1 ? 0 : j);
    };
    auto product = [](const Array<T> &x, int64_t row, const Array<T> &z, int64_t other, int64_t width) {
      double sum = 0;
      for (int64_t e = 0; e < width; ++e)
        sum += number(x[row * width + e]) * number(z[other * width + e]);
      return sum;
    };
    int64_t row = b * n.queries + i, keys = b * n.keys;
    std::vector<double> weight(size_t(n.keys));
    double most = -INFINITY, sum = 0, slope = 0;
    for (int64_t j = 0; j < n.keys; ++j) {
      double score = scale * product(q, row, k, keys + j, n.width);
      if (isMasked)
        score = !isBool ? score + number(mask[maskAt(j)]) : attends[maskAt(j)].bits ? score : -INFINITY;
      weight[j] = causal && j > i ? -INFINITY : score;
      most = std::max(most, weight[j]);
    }
    for (double &w : weight)
      sum += w = w == -INFINITY ? 0 : std::exp(w - most);
    wantRows[row] = sum == 0 ? INFINITY : most + std::log(sum);
    for (double &w : weight)
      w = sum == 0 ? 0 : w / sum;
    for (int64_t j = 0; j < n.keys; ++j)
      for (int64_t e = 0; e < n.valueWidth; ++e)
        wantY[row * n.valueWidth + e] += weight[j] * number(v[(keys + j) * n.valueWidth + e]);
    for (int64_t e = 0; e < n.valueWidth; ++e)
      slope += wantY[row * n.valueWidth + e] * number(dy[row * n.valueWidth + e]);
    for (int64_t j = 0; n.valueWidth && j < n.keys; ++j) {
      double ds = weight[j] * (product(dy, row, v, keys + j, n.valueWidth) - slope);
      for (int64_t e = 0; e < n.valueWidth; ++e)
        wantV[(keys + j) * n.valueWidth + e] += weight[j] * number(dy[row * n.valueWidth + e]);
      if (isMasked)
        wantMask[maskAt(j)] += ds;
      for (int64_t e = 0; e < n.width; ++e) {
        wantQ[row * n.width + e] += scale * ds * number(k[(keys + j) * n.width + e]);
        wantK[(keys + j) * n.width + e] += scale * ds * number(q[row * n.width + e]);
      }
    }
  }

  void expectAll() {
    // Roundings of the inputs' products and sums; those of 16-bit results are their own.
    double eps = std::is_same_v<T, double> ? 0x1p-52
                 : isSmallFloat<T>         ? (std::is_same_v<T, Half> ? 0x1p-11 : 0x1p-8)
                                           : 0x1p-23;
    auto expectNear = [&](const Array<T> &got, const std::vector<double> &want, const char *what, double terms = 1) {
      double largest = 1;
      for (double x : want)
        largest = std::max(largest, std::abs(x));
      for (int64_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(number(got[i]), want[i], 32 * eps * largest * std::sqrt(terms))
            << what << " at " << i << " of " << n;
    };
    expectNear(y, wantY, "y");
    expectNear(dq, wantQ, "dq");
    expectNear(dk, wantK, "dk");
    expectNear(dv, wantV, "dv");
    if (isMasked && !isBool)
      expectNear(dmask, wantMask, "dmask",
                 double(n.batch * n.queries * n.keys) / double(std::max<int64_t>(dmask.size(), 1)));
    for (int64_t i = 0; i < logsumexp.size(); ++i)
      if (std::isinf(wantRows[i]))
        ASSERT_EQ(logsumexp[i], wantRows[i]);
      else
        ASSERT_NEAR(logsumexp[i], wantRows[i], 32 * (sizeof(R) == 8 ? 0x1p-52 : 0x1p-23) * (1 + std::abs(wantRows[i])));
  }
};

template <class T> void checkAll(const Sizes &n) {
  std::vector<std::vector<int64_t>> masks = {
      {}, {n.batch, n.queries, n.keys}, {1, n.queries, n.keys}, {n.batch, 1, n.keys}, {1, n.queries, 1}, {1, 1, 1}};
  for (bool causal : {false, true})
    for (const auto &mask : masks)
      for (bool isBool : {false, true}) {
        Attention<T> test(n, causal, mask, isBool);
        test.run();
        test.compute();
        test.expectAll();
      }
}

const Sizes sizes[] = {{2, 5, 7, 3, 4},     {1, 1, 1, 1, 1},    {3, 64, 128, 16, 16}, {2, 65, 129, 17, 33},
                       {1, 70, 300, 40, 8}, {1, 600, 40, 8, 5}, {2, 3, 0, 4, 5},      {2, 0, 3, 4, 5},
                       {1, 4, 4, 0, 2},     {1, 4, 5, 2, 0},    {0, 4, 5, 2, 3},      {40, 3, 3, 2, 2}};

TEST(RuntimeAttention, IsTheFormula) {
  for (const Sizes &n : sizes) {
    checkAll<float>(n);
    checkAll<double>(n);
    checkAll<Half>(n);
    checkAll<BFloat16>(n);
  }
}

TEST(RuntimeAttention, RowsThatSeeNothingAreZero) {
  Attention<float> test({1, 3, 4, 2, 2}, false, {1, 3, 4}, false);
  for (int64_t j = 0; j < 4; ++j)
    test.mask[4 + j] = -INFINITY;
  test.run();
  EXPECT_EQ(test.logsumexp[1], INFINITY);
  for (int64_t e = 0; e < 2; ++e) {
    EXPECT_EQ(test.y[2 + e], 0);
    EXPECT_EQ(test.dq[2 + e], 0);
  }
  test.compute();
  test.expectAll();
}

TEST(RuntimeAttention, NoNumbersStayNoNumbers) {
  // In a row's scores: the row is NaN, and it alone. Under a mask of bool: nothing is.
  for (float bad : {float(NAN), INFINITY}) {
    Attention<float> test({1, 3, 200, 1, 1}, false, {}, false);
    for (int64_t i = 0; i < 3; ++i)
      test.q[i] = 1;
    test.q[1] = bad;
    test.k[150] = 1;
    ASSERT_OK(call(tcc_attention, test.with({test.q.tensor(), test.k.tensor(), test.v.tensor()}),
                   {test.y.tensor(), test.logsumexp.tensor()}, test.attributes()));
    EXPECT_TRUE(std::isnan(test.y[1])) << bad;
    EXPECT_TRUE(std::isfinite(test.y[0]) && std::isfinite(test.y[2])) << bad;
  }
  Attention<float> test({1, 3, 200, 1, 1}, false, {1, 1, 200}, true);
  for (int64_t j = 0; j < 200; ++j)
    test.attends[j] = Bool(j != 150);
  test.k[150] = NAN;
  ASSERT_OK(call(tcc_attention, test.with({test.q.tensor(), test.k.tensor(), test.v.tensor()}),
                 {test.y.tensor(), test.logsumexp.tensor()}, test.attributes()));
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(std::isfinite(test.y[i]));
}

TEST(RuntimeAttention, ThreadsChangeNoBits) {
  for (Sizes n : {Sizes{1, 1100, 700, 24, 40}, Sizes{9, 130, 200, 16, 16}}) {
    auto bits = [&](int threads) {
      setNumThreads(threads);
      Attention<float> test(n, true, {1, n.queries, n.keys}, false);
      test.run();
      setNumThreads(0);
      return bytesOf(test.y) + bytesOf(test.logsumexp) + bytesOf(test.dq) + bytesOf(test.dk) + bytesOf(test.dv) +
             bytesOf(test.dmask);
    };
    std::string one = bits(1);
    for (int threads : {2, 3, 8})
      EXPECT_EQ(bits(threads), one) << threads << " threads, " << n;
  }
}

TEST(RuntimeAttention, StoresNoScores) {
  // 4096 x 4096 scores would be 64 MiB.
  Attention<float> test({1, 4096, 4096, 16, 16}, false, {}, false);
  resetPeakMemory();
  int64_t before = memoryStats().liveBytes;
  test.run();
  EXPECT_LT(memoryStats().peakBytes - before, 16 << 20);
}

TEST(RuntimeAttention, RefusesWhatDoesNotFit) {
  auto q = randomArray<float>({2, 3, 4}), k = randomArray<float>({2, 5, 3}), y = randomArray<float>({2, 3, 4});
  Array<float> rows({2, 3});
  Result result = call(tcc_attention, {q.tensor(), k.tensor(), q.tensor()}, {y.tensor(), rows.tensor()}, {0, 0});
  EXPECT_EQ(result.code, TCC_ERROR_SHAPE);
  EXPECT_EQ(result.message, "[attention] expected {.., L, E}, {.., S, E} and {.., S, V} with equal leading sizes, got "
                            "{.., 3, 4}, {.., 5, 3} and {.., 3, 4}");
  auto mask = randomArray<float>({2, 3, 4});
  result =
      call(tcc_attention, {q.tensor(), q.tensor(), q.tensor(), mask.tensor()}, {y.tensor(), rows.tensor()}, {0, 0});
  EXPECT_EQ(result.message, "[attention] expected a mask with sizes of {.., 3, 3} or 1");
  auto small = randomArray<Half>({2, 3, 4});
  result = call(tcc_attention, {q.tensor(), small.tensor(), q.tensor()}, {y.tensor(), rows.tensor()}, {0, 0});
  EXPECT_EQ(result.code, TCC_ERROR_DTYPE);
  EXPECT_EQ(result.message, "[attention] expected one float dtype, got float32, float16 and float32");
}

} // namespace
