// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Blocked matrix products around the edges of every block, in every type, order of the operands and vector extension.
#include "RuntimeFixture.h"
#include "VectorLevels.h"
#include "runtime/PackedLeft.h"
#include "runtime/Product.h"

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

struct Sizes {
  int64_t m, n, k;
};

/// The runtime's own complex type for std::complex.
template <class T> struct OwnOf {
  using type = T;
};
template <class R> struct OwnOf<std::complex<R>> {
  using type = Complex<R>;
};
template <class T> using Own = typename OwnOf<T>::type;

template <class T> MatrixView<Own<T>> viewOf(const Array<T> &array, bool isTransposed) {
  auto *data = reinterpret_cast<const Own<T> *>(array.data.get());
  return isTransposed ? MatrixView<Own<T>>{data, 1, array.shape[1]} : MatrixView<Own<T>>{data, array.shape[1], 1};
}

/// a b for a {m, k} and b {k, n}, or their transposes.
template <class T> std::vector<T> naive(Sizes s, const Array<T> &a, bool aT, const Array<T> &b, bool bT) {
  std::vector<T> c(size_t(s.m * s.n));
  for (int64_t i = 0; i < s.m; ++i)
    for (int64_t p = 0; p < s.k; ++p) {
      T x = a[aT ? p * s.m + i : i * s.k + p];
      for (int64_t j = 0; j < s.n; ++j)
        c[size_t(i * s.n + j)] += x * b[bT ? j * s.k + p : p * s.n + j];
    }
  return c;
}

// Heights of panels and their remainders, widths of blocks, one block of k and several, stripes, chunks of columns,
// more of k than is packed at a time; few columns and few rows, where an operand is read as it lies.
const Sizes sizes[] = {{2, 2, 1},       {13, 33, 257},  {29, 65, 513},   {170, 130, 70},
                       {600, 40, 30},   {40, 300, 300}, {169, 1100, 20}, {61, 47, 4100},
                       {520, 129, 260}, {3, 1000, 40},  {200, 64, 64},   {3100, 32, 130}};

template <class T> class RuntimeProduct : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RuntimeProduct, Types);

TYPED_TEST(RuntimeProduct, agrees_with_the_naive_sum) {
  using T = TypeParam;
  for (Sizes s : sizes)
    for (int order = 0; order < 4; ++order) {
      const bool aT = order & 1, bT = order & 2;
      Array<T> a = randomArray<T>(aT ? std::vector{s.k, s.m} : std::vector{s.m, s.k});
      Array<T> b = randomArray<T>(bT ? std::vector{s.n, s.k} : std::vector{s.k, s.n}, 2);
      std::vector<T> expected = naive(s, a, aT, b, bT);
      const double allowed = epsilon<T> * double(s.k + 8) * (isStdComplex<T> ? 4 : 2);
      EachLevel().run([&] {
        for (Update update : {Update::Set, Update::Add, Update::Subtract}) {
          // Rows further apart than they are long, in memory that must not be read where c is set.
          const int64_t ldc = s.n + 3;
          Array<T> c({s.m, ldc});
          const T before = update == Update::Set ? T(std::numeric_limits<RealT<T>>::quiet_NaN()) : T(3);
          std::fill(c.data.get(), c.data.get() + c.size(), before);
          ASSERT_TRUE(multiplyInto(s.m, s.n, s.k, viewOf(a, aT), viewOf(b, bT),
                                   reinterpret_cast<Own<T> *>(c.data.get()), ldc, update));
          for (int64_t i = 0; i < s.m; ++i) {
            for (int64_t j = 0; j < s.n; ++j) {
              T sum = expected[size_t(i * s.n + j)];
              T wanted = update == Update::Set ? sum : update == Update::Add ? T(3) + sum : T(3) - sum;
              ASSERT_LE(std::abs(c[i * ldc + j] - wanted), allowed * 4)
                  << s.m << 'x' << s.n << 'x' << s.k << " order " << order << " at " << i << ' ' << j;
            }
            for (int64_t j = s.n; j < ldc; ++j)
              ASSERT_EQ(std::memcmp(&c[i * ldc + j], &before, sizeof(T)), 0) << "written beyond a row";
          }
        }
      });
    }
}

TYPED_TEST(RuntimeProduct, parts_of_one_matrix) {
  // A trailing update: the lower right corner -= left column panel times upper row panel.
  using T = TypeParam;
  const int64_t n = 150, k = 37;
  Array<T> a = randomArray<T>({n, n}), before = randomArray<T>({n, n});
  auto *data = reinterpret_cast<Own<T> *>(a.data.get());
  ASSERT_TRUE(multiplyInto<Own<T>>(n - k, n - k, k, {data + k * n, n, 1}, {data + k, n, 1}, data + k * n + k, n,
                                   Update::Subtract));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      T wanted = before[i * n + j];
      for (int64_t p = 0; i >= k && j >= k && p < k; ++p)
        wanted -= before[i * n + p] * before[p * n + j];
      ASSERT_LE(std::abs(a[i * n + j] - wanted), 500 * epsilon<T>) << i << ' ' << j;
    }
}

template <class T> T conjugateOf(T x) {
  if constexpr (isStdComplex<T>)
    return std::conj(x);
  else
    return x;
}

// Packed and, for few columns, read where it lies; as it is and as an adjoint; one block of steps and several.
TYPED_TEST(RuntimeProduct, of_one_left_operand_with_tiles) {
  using T = TypeParam;
  using U = Own<T>;
  EachLevel().run([] {
    for (Sizes s : {Sizes{1, 1, 1}, Sizes{30, 33, 64}, Sizes{61, 150, 300}, Sizes{200, 140, 32}})
      for (int flags = 0; flags < 4; ++flags) {
        const bool aT = flags & 1, bT = flags & 2;
        const int64_t lda = aT ? s.m : s.k, ldb = bT ? s.k : s.n, firstRow = s.m / 2;
        Array<T> a = randomArray<T>({s.m * s.k}), b = randomArray<T>({s.k * s.n}, 3), c({s.m * s.n});
        for (int64_t i = 0; i < c.size(); ++i)
          c[i] = T(1);
        Scratch<RealT<T>> space(PackedLeft<U>::spaceFor(s.m, s.k, s.n));
        PackedLeft<U> left(s.m, s.k, {reinterpret_cast<U *>(a.data.get()), lda, aT}, s.n, space.get());
        left.pack();
        left.multiply(s.n, {reinterpret_cast<U *>(b.data.get()), ldb, bT}, reinterpret_cast<U *>(c.data.get()), s.n,
                      Update::Subtract, firstRow);
        for (int64_t i = 0; i < s.m; ++i)
          for (int64_t j = 0; j < s.n; ++j) {
            T sum(1);
            for (int64_t p = 0; p < s.k; ++p)
              sum -= (aT ? conjugateOf(a[p * lda + i]) : a[i * lda + p]) *
                     (bT ? conjugateOf(b[j * ldb + p]) : b[p * ldb + j]);
            if (i < firstRow - 13)
              EXPECT_EQ(c[i * s.n + j], T(1));
            else if (i >= firstRow)
              EXPECT_LE(std::abs(c[i * s.n + j] - sum), 10 * epsilon<T> * double(s.k));
          }
      }
  });
}

TYPED_TEST(RuntimeProduct, results_past_the_caches) {
  // Large results of few steps are written past the caches; the last columns are less than a block.
  using T = TypeParam;
  const Sizes s{1450, 1488, 5};
  Array<T> a = randomArray<T>({s.m, s.k}), b = randomArray<T>({s.k, s.n}, 2), c({s.m, s.n});
  std::vector<T> expected = naive(s, a, false, b, false);
  EachLevel().run([&] {
    std::fill(c.data.get(), c.data.get() + c.size(), T(std::numeric_limits<RealT<T>>::quiet_NaN()));
    ASSERT_TRUE(multiplyInto(s.m, s.n, s.k, viewOf(a, false), viewOf(b, false),
                             reinterpret_cast<Own<T> *>(c.data.get()), s.n, Update::Set));
    for (int64_t i = 0; i < c.size(); ++i)
      ASSERT_LE(std::abs(c[i] - expected[size_t(i)]), 100 * epsilon<T>) << i;
  });
}

TYPED_TEST(RuntimeProduct, nothing_to_add_is_zero) {
  using T = TypeParam;
  Array<T> c({3, 4});
  std::fill(c.data.get(), c.data.get() + 12, T(7));
  auto *data = reinterpret_cast<Own<T> *>(c.data.get());
  ASSERT_TRUE(multiplyInto<Own<T>>(3, 4, 0, {data, 1, 1}, {data, 4, 1}, data, 4, Update::Add));
  EXPECT_EQ(c[11], T(7));
  ASSERT_TRUE(multiplyInto<Own<T>>(3, 4, 0, {data, 1, 1}, {data, 4, 1}, data, 4, Update::Set));
  EXPECT_EQ(c[11], T(0));
}

TYPED_TEST(RuntimeProduct, nan_and_infinity_stay_in_their_rows_and_columns) {
  using T = TypeParam;
  const Sizes s{131, 133, 270};
  Array<T> a = randomArray<T>({s.m, s.k}), b = randomArray<T>({s.k, s.n}, 2), c({s.m, s.n});
  a[7 * s.k + 11] = T(std::numeric_limits<RealT<T>>::quiet_NaN());
  b[3 * s.n + 132] = T(std::numeric_limits<RealT<T>>::infinity());
  EachLevel().run([&] {
    ASSERT_TRUE(multiplyInto(s.m, s.n, s.k, viewOf(a, false), viewOf(b, false),
                             reinterpret_cast<Own<T> *>(c.data.get()), s.n, Update::Set));
    for (int64_t i = 0; i < s.m; ++i)
      for (int64_t j = 0; j < s.n; ++j) {
        bool isFinite = std::isfinite(std::abs(c[i * s.n + j]));
        ASSERT_EQ(isFinite, i != 7 && j != 132) << i << ' ' << j;
      }
  });
}

TYPED_TEST(RuntimeProduct, number_of_threads_does_not_change_a_bit) {
  using T = TypeParam;
  for (Sizes s : {Sizes{700, 500, 300}, {100, 2100, 90}, {1500, 33, 270}, {140, 140, 4200}, {3500, 64, 64}}) {
    Array<T> a = randomArray<T>({s.m, s.k}), b = randomArray<T>({s.k, s.n}, 2), c({s.m, s.n});
    std::string first;
    for (int threads : {1, 2, 3, 8}) {
      setNumThreads(threads);
      ASSERT_TRUE(multiplyInto(s.m, s.n, s.k, viewOf(a, false), viewOf(b, false),
                               reinterpret_cast<Own<T> *>(c.data.get()), s.n, Update::Set));
      if (threads == 1)
        first = bytesOf(c);
      EXPECT_TRUE(bytesOf(c) == first) << s.m << ' ' << threads;
    }
  }
  setNumThreads(0);
}

} // namespace
