// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// convolution and window_max against the definition: random layouts, strides, paddings and dilations, in every dtype.
#include "RuntimeFixture.h"
#include "VectorLevels.h"
#include <algorithm>
#include <map>
#include <numeric>

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

using Sizes = std::vector<int64_t>;

/// A tensor whose axes by role ('b' batch, 'f' free, 'c' contracted, 'w' window) lie in a random order.
struct Layout {
  Sizes shape, strides;
  std::map<char, Sizes> axes;
};

Layout layOut(const std::map<char, Sizes> &sizes, std::mt19937 &random) {
  std::vector<std::pair<char, int64_t>> order;
  for (const auto &[role, list] : sizes)
    for (size_t i = 0; i < list.size(); ++i)
      order.push_back({role, int64_t(i)});
  std::shuffle(order.begin(), order.end(), random);
  Layout layout;
  for (const auto &[role, list] : sizes)
    layout.axes[role].resize(list.size());
  for (auto [role, i] : order) {
    layout.axes[role][i] = int64_t(layout.shape.size());
    layout.shape.push_back(sizes.at(role)[i]);
  }
  // Free axes are numbered as they lie.
  std::sort(layout.axes['f'].begin(), layout.axes['f'].end());
  layout.strides.assign(layout.shape.size(), 1);
  for (int64_t i = int64_t(layout.shape.size()) - 2; i >= 0; --i)
    layout.strides[i] = layout.strides[i + 1] * layout.shape[i + 1];
  return layout;
}

/// Calls visit(index) for all indices below `sizes`.
template <class F> void forEach(const Sizes &sizes, F visit) {
  int64_t count = std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
  for (int64_t n = 0; n < count; ++n) {
    Sizes index(sizes.size());
    for (int64_t i = int64_t(sizes.size()) - 1, rest = n; i >= 0; rest /= sizes[i--])
      index[i] = rest % sizes[i];
    visit(index);
  }
}

int64_t offset(const Layout &layout, char role, const Sizes &index) {
  int64_t offset = 0;
  for (size_t i = 0; i < index.size(); ++i)
    offset += index[i] * layout.strides[layout.axes.at(role)[i]];
  return offset;
}

Sizes sizesOf(const Layout &layout, char role) {
  Sizes sizes;
  for (int64_t axis : layout.axes.at(role))
    sizes.push_back(layout.shape[axis]);
  return sizes;
}

template <class T> Array<T> draw(const Sizes &shape, std::mt19937 &random) {
  Array<T> array(shape);
  for (int64_t i = 0; i < array.size(); ++i)
    if constexpr (std::is_integral_v<T>)
      array[i] = T(random());
    else if constexpr (isSmallFloat<T>)
      array[i] = T(makeValue<float>(random));
    else
      array[i] = makeValue<T>(random);
  return array;
}

/// Deep: sums over many channels; Long: over long lines. Less of everything else: what tile registers are for.
enum class Shapes { All, Deep, Long };
template <class T, class Sum> void check(unsigned seed, double eps, Shapes shapes = Shapes::All) {
  const bool isDeep = shapes == Shapes::Deep, isLong = shapes == Shapes::Long;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
  auto list = [&](int64_t count, auto &&draw) {
    Sizes sizes;
    for (int64_t i = 0; i < count; ++i)
      sizes.push_back(draw());
    return sizes;
  };
  size_t numWindow = isLong ? 1 : below(isDeep ? 3 : 4);
  Sizes batch = list(below(3), [&] { return 1 + below(3); }), contract = list(below(3), [&] { return 1 + below(4); });
  if (!contract.empty() && below(8) == 0)
    contract[0] = below(2) ? 0 : 90; // no terms; more than a block of them
  if (isDeep)
    contract = {16 + below(60)};
  if (isLong)
    contract = {1 + below(3)};
  auto extent = [&] { return below(12) == 0 ? 0 : 1 + below(numWindow > 1 ? 10 : isDeep ? 60 : 120); };
  Layout x = layOut({{'b', batch},
                     {'c', contract},
                     {'f', list(isLong ? 1 : below(3), [&] { return isLong ? 14 + below(8) : 1 + below(4); })},
                     {'w', list(numWindow, [&] { return isLong ? 30 + below(9) : extent(); })}},
                    random);
  Layout w =
      layOut({{'b', batch},
              {'c', contract},
              {'f', list(shapes != Shapes::All ? 1 : below(3),
                         [&] { return Sizes{1, 3, 8, 17, 33, 70}[isLong ? 3 + below(2) : below(6)]; })},
              {'w', list(numWindow,
                         [&] { return below(12) == 0 ? 0
                                      : isLong       ? 20 + below(15)
                                                     : 1 + below(isDeep ? 3 : 5); })}},
             random);
  auto steps = [&](int64_t most) { return list(numWindow, [&] { return 1 + below(most); }); };
  auto paddings = [&] { return list(numWindow, [&] { return below(7) - 2; }); };
  Sizes strides = steps(3), low = paddings(), high = paddings(), xDilation = steps(isLong ? 1 : 3),
        wDilation = steps(2);
  bool flip = below(2);
  Sizes in = sizesOf(x, 'w'), kernel = sizesOf(w, 'w'), out;
  for (size_t i = 0; i < numWindow; ++i) {
    int64_t room = (in[i] ? (in[i] - 1) * xDilation[i] + 1 : 0) + low[i] + high[i];
    int64_t reach = kernel[i] ? (kernel[i] - 1) * wDilation[i] + 1 : 0;
    out.push_back(reach > room ? 0 : (room - reach) / strides[i] + 1);
  }
  Sizes numbered = batch;
  for (const Sizes &sizes : {sizesOf(x, 'f'), sizesOf(w, 'f'), out})
    numbered.insert(numbered.end(), sizes.begin(), sizes.end());
  Sizes perm(numbered.size()), shape;
  std::iota(perm.begin(), perm.end(), 0);
  std::shuffle(perm.begin(), perm.end(), random);
  for (int64_t number : perm)
    shape.push_back(numbered[number]);

  Array<T> a = draw<T>(x.shape, random), b = draw<T>(w.shape, random), y(shape), again(shape);
  Sizes attributes;
  for (const Sizes &each : {x.axes['b'], w.axes['b'], x.axes['c'], w.axes['c'], x.axes['w'], w.axes['w'], strides, low,
                            high, xDilation, wDilation}) {
    attributes.push_back(int64_t(each.size()));
    attributes.insert(attributes.end(), each.begin(), each.end());
  }
  attributes.push_back(flip);
  attributes.push_back(int64_t(perm.size()));
  attributes.insert(attributes.end(), perm.begin(), perm.end());
  setNumThreads(1);
  ASSERT_OK(call(tcc_convolution, {a.tensor(), b.tensor()}, {y.tensor()}, attributes));
  setNumThreads(3);
  ASSERT_OK(call(tcc_convolution, {a.tensor(), b.tensor()}, {again.tensor()}, attributes));
  setNumThreads(0);
  ASSERT_EQ(bytesOf(y), bytesOf(again)) << seed;

  int64_t position = 0;
  forEach(shape, [&](const Sizes &index) {
    Sizes number(index.size());
    for (size_t i = 0; i < perm.size(); ++i)
      number[perm[i]] = index[i];
    auto next = number.begin();
    auto take = [&](size_t count) { return Sizes(next, next += int64_t(count)); };
    Sizes group = take(batch.size()), image = take(x.axes['f'].size()), feature = take(w.axes['f'].size());
    Sizes place = take(numWindow);
    int64_t fromX = offset(x, 'b', group) + offset(x, 'f', image);
    int64_t fromW = offset(w, 'b', group) + offset(w, 'f', feature);
    Sum sum(0);
    double scale = 0;
    forEach(kernel, [&](const Sizes &k) {
      Sizes met;
      for (size_t i = 0; i < numWindow; ++i) {
        int64_t at = strides[i] * place[i] + wDilation[i] * (flip ? kernel[i] - 1 - k[i] : k[i]) - low[i];
        if (at < 0 || at % xDilation[i] != 0 || at / xDilation[i] >= in[i])
          return;
        met.push_back(at / xDilation[i]);
      }
      forEach(contract, [&](const Sizes &c) {
        T u = a[fromX + offset(x, 'c', c) + offset(x, 'w', met)], v = b[fromW + offset(w, 'c', c) + offset(w, 'w', k)];
        sum = addOf(sum, multiplyOf(Sum(u), Sum(v)));
        if constexpr (!std::is_integral_v<T>)
          scale += std::abs(Sum(u)) * std::abs(Sum(v));
      });
    });
    T got = y[position++];
    if constexpr (std::is_integral_v<T>)
      ASSERT_TRUE(got == sum) << seed << " at " << position;
    else // float16's subnormal numbers are 2^-24 apart
      ASSERT_LE(std::abs(Sum(got) - sum), eps * (scale + std::abs(sum)) * 6 + (std::is_same_v<T, Half> ? 0x1p-25 : 0))
          << seed << " at " << position;
  });
}

template <class T> class RuntimeConvolution : public testing::Test {};
using Types = testing::Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, float, double, std::complex<float>,
                             std::complex<double>>;
TYPED_TEST_SUITE(RuntimeConvolution, Types);
TYPED_TEST(RuntimeConvolution, agrees_with_the_definition) {
  using T = TypeParam;
  for (unsigned seed = 0; seed < 60; ++seed)
    check<T, T>(seed, sizeof(RealT<T>) == 4 ? 6e-7 : 1e-15);
}
TEST(RuntimeConvolution, small_floats_round_once) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    check<Half, float>(seed, 1e-3);
    check<BFloat16, float>(seed, 8e-3);
  }
}

TEST(RuntimeConvolution, many_channels_of_bfloat16) {
  for (unsigned seed = 0; seed < 60; ++seed)
    check<BFloat16, float>(seed, 8e-3, Shapes::Deep);
}
TEST(RuntimeConvolution, long_lines_of_bfloat16) {
  for (unsigned seed = 0; seed < 24; ++seed)
    check<BFloat16, float>(seed, 8e-3, Shapes::Long);
}
// What lies beside a window must not reach its result, be it in the next line, channel, image or feature.
TEST(RuntimeConvolution, nan_stays_in_its_windows) {
  const int64_t images = 2, channels = 40, size = 9, features = 33;
  Array<BFloat16> x({images, channels, size, size}), w({features, channels, 3, 3}), y({images, features, size, size});
  for (int64_t i = 0; i < x.size(); ++i)
    x[i] = BFloat16(1.0f);
  for (int64_t i = 0; i < w.size(); ++i)
    w[i] = BFloat16(0.25f);
  for (auto [bad, image, row, column] : {std::tuple{NAN, 0, 0, 0}, {INFINITY, 1, 8, 8}, {NAN, 1, 4, 8}}) {
    BFloat16 &place = x[((image * channels + 39) * size + row) * size + column];
    place = BFloat16(float(bad));
    ASSERT_OK(
        call(tcc_convolution, {x.tensor(), w.tensor()}, {y.tensor()},
             {0, 0, 1, 1, 1, 1, 2, 2, 3, 2, 2, 3, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 0, 4, 0, 1, 2, 3}));
    for (int64_t n = 0; n < y.size(); ++n) {
      const int64_t j = n % size, i = n / size % size, b = n / (size * size * features);
      const bool meets = b == image && std::abs(i - row) <= 1 && std::abs(j - column) <= 1;
      ASSERT_EQ(std::isfinite(float(y[n])), !meets) << n;
    }
    place = BFloat16(1.0f);
  }
}

// Shapes whose tasks are cut by features, by terms, and by images.
TEST(RuntimeConvolution, number_of_threads_does_not_change_a_bit) {
  struct Case {
    Sizes x, w, y;
    int64_t groups;
  };
  for (const Case &c : {Case{{1, 3, 5, 5}, {200, 3, 3, 3}, {1, 200, 3, 3}, 1}, // features
                        Case{{2, 9, 100, 100}, {12, 9, 98, 98}, {2, 12, 3, 3}, 1},
                        Case{{7, 4, 40, 60}, {16, 4, 3, 3}, {7, 16, 38, 58}, 1},
                        Case{{20, 9, 40, 40}, {70, 9, 40, 40}, {20, 70, 1, 1}, 1}, // operands change places
                        Case{{5, 3, 70, 70}, {2, 3, 68, 68}, {5, 2, 3, 3}, 1},     // lanes are terms
                        Case{{5, 3, 70, 70}, {2, 3, 3, 3}, {5, 2, 68, 68}, 1}}) {  // lanes are positions
    std::mt19937 random(1);
    Array<float> x = draw<float>(c.x, random), w = draw<float>(c.w, random), y(c.y);
    std::string first;
    for (int threads : {1, 2, 3, 8}) {
      setNumThreads(threads);
      ASSERT_OK(
          call(tcc_convolution, {x.tensor(), w.tensor()}, {y.tensor()},
               {0, 0, 1, 1, 1, 1, 2, 2, 3, 2, 2, 3, 2, 1, 1, 2, 0, 0, 2, 0, 0, 2, 1, 1, 2, 1, 1, 0, 4, 0, 1, 2, 3}));
      if (threads == 1)
        first = bytesOf(y);
      EXPECT_TRUE(bytesOf(y) == first) << c.y[1] << ' ' << threads;
    }
  }
  setNumThreads(0);
}

// {N, H, W, C} with as many groups as channels: lanes are groups.
template <class T> void checkDepthwise() {
  std::mt19937 random(5);
  const int64_t n = 2, h = 7, out = 4, c = 70;
  Array<T> x = draw<T>({n, h, h, c}, random), w = draw<T>({c, 3, 3}, random), y({n, out, out, c}), again(y.shape);
  const std::vector<int64_t> attributes = {1, 3, 1, 0, 0, 0, 2, 1, 2, 2, 1, 2, 2, 2, 2, 2, 1,
                                           1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 0, 4, 1, 2, 3, 0};
  setNumThreads(1);
  ASSERT_OK(call(tcc_convolution, {x.tensor(), w.tensor()}, {y.tensor()}, attributes));
  setNumThreads(3);
  ASSERT_OK(call(tcc_convolution, {x.tensor(), w.tensor()}, {again.tensor()}, attributes));
  setNumThreads(0);
  EXPECT_EQ(bytesOf(y), bytesOf(again));
  using S = std::conditional_t<isSmallFloat<T>, float, T>;
  forEach({n, out, out, c}, [&](const Sizes &at) {
    S sum(0);
    forEach({3, 3}, [&](const Sizes &k) {
      int64_t i = 2 * at[1] + k[0] - 1, j = 2 * at[2] + k[1] - 1;
      if (i >= 0 && i < h && j >= 0 && j < h)
        sum = addOf(sum, multiplyOf(S(x[((at[0] * h + i) * h + j) * c + at[3]]), S(w[(at[3] * 3 + k[0]) * 3 + k[1]])));
    });
    T got = y[((at[0] * out + at[1]) * out + at[2]) * c + at[3]];
    if constexpr (std::is_integral_v<T>)
      ASSERT_TRUE(got == sum);
    else
      ASSERT_NEAR(double(S(got)), double(sum), isSmallFloat<T> ? 5e-2 : 2e-5);
  });
}
TEST(RuntimeConvolution, depthwise_with_channels_last) {
  checkDepthwise<float>();
  checkDepthwise<double>();
  checkDepthwise<Half>();
  checkDepthwise<BFloat16>();
  checkDepthwise<uint8_t>();
  checkDepthwise<int64_t>();
}

// A row of a tile, and the last vector of a line, end where the tensor does; infinities beside what is read must not
// enter a sum.
TEST(RuntimeConvolution, terms_outside_a_window_do_not_count) {
  Array<float> x({1, 1, 1, 40}), w({1, 1, 1, 37}), y({1, 1, 1, 2});
  for (int64_t i = 0; i < 40; ++i)
    x[i] = i < 38 ? float(i) : std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < 37; ++i)
    w[i] = 1;
  ASSERT_OK(call(tcc_convolution, {x.tensor(), w.tensor()}, {y.tensor()},
                 {0, 0, 1, 1, 1, 1, 2, 2, 3, 2, 2, 3, 2, 1, 1, 2, 0, 0, 2, 0, -2, 2, 1, 1, 2, 1, 1, 0, 4, 0, 1, 2, 3}));
  EXPECT_EQ(y[0], 36 * 37 / 2);
  EXPECT_EQ(y[1], 37 * 38 / 2);
}

TEST(RuntimeConvolution, wrong_arguments_are_named) {
  Array<float> x({1, 2, 5}), w({1, 3, 2}), y({1, 1, 4});
  std::vector<int64_t> attributes = {0, 0, 1, 1, 1, 1, 1, 2, 1, 2, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 3, 0, 1, 2};
  EXPECT_EQ(call(tcc_convolution, {x.tensor(), w.tensor()}, {y.tensor()}, attributes).message,
            "[convolution] expected equal sizes of paired axes, got 2 and 3");
  attributes[11] = 0;
  EXPECT_EQ(call(tcc_convolution, {x.tensor(), w.tensor()}, {y.tensor()}, attributes).message,
            "[convolution] expected positive strides and dilations, got 0");
}

template <class T> void checkWindow(unsigned seed) {
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
  int64_t rank = 1 + below(4);
  Sizes shape, out, axes, window, strides, low, high, all[3];
  for (int64_t i = 0; i < rank; ++i) {
    // Lines that hold several vectors of results.
    shape.push_back(1 + below(i + 1 == rank ? 70 : 9));
    int64_t k = 1, step = 1, before = 0;
    out.push_back(shape[i]);
    if (below(2)) {
      axes.push_back(i);
      window.push_back(k = 1 + below(4));
      strides.push_back(step = 1 + below(3));
      low.push_back(before = below(k));
      high.push_back(below(k));
      int64_t room = shape[i] + low.back() + high.back();
      out.back() = k > room ? 0 : (room - k) / step + 1;
    }
    all[0].push_back(k);
    all[1].push_back(step);
    all[2].push_back(before);
  }
  Array<T> x(shape), y(out);
  Array<int64_t> positions(out);
  for (int64_t i = 0; i < x.size(); ++i)
    if constexpr (std::is_floating_point_v<T>)
      x[i] = below(9) == 0 ? std::numeric_limits<T>::quiet_NaN() : T(below(7)) - 3;
    else if constexpr (std::is_integral_v<T>)
      x[i] = T(random() % 5);
    else if constexpr (isSmallFloat<T>)
      x[i] = T(float(below(7)) - 3);
    else
      x[i] = T(int(below(2)));
  Sizes attributes;
  for (const Sizes &each : {axes, window, strides, low, high}) {
    attributes.push_back(int64_t(each.size()));
    attributes.insert(attributes.end(), each.begin(), each.end());
  }
  ASSERT_OK(call(tcc_window_max, {x.tensor()}, {y.tensor(), positions.tensor()}, attributes));
  int64_t at = 0;
  forEach(out, [&](const Sizes &p) {
    int64_t best = -1;
    forEach(all[0], [&](const Sizes &k) {
      int64_t from = 0;
      for (int64_t i = 0; i < rank; ++i) {
        int64_t index = p[i] * all[1][i] + k[i] - all[2][i];
        if (index < 0 || index >= shape[i])
          return;
        from = from * shape[i] + index;
      }
      using R = Computed<T>;
      if (best < 0 || R(x[best]) < R(x[from]) || (isNan(x[from]) && !isNan(x[best])))
        best = from;
    });
    ASSERT_EQ(positions[at], best) << seed << " at " << at;
    ASSERT_EQ(memcmp(&y[at], &x[best], sizeof(T)), 0);
    ++at;
  });
}

TEST(RuntimeWindowMax, agrees_with_the_definition) {
  EachLevel().run([] {
    for (unsigned seed = 0; seed < 100; ++seed) {
      checkWindow<float>(seed);
      checkWindow<double>(seed);
      checkWindow<Half>(seed);
      checkWindow<BFloat16>(seed);
      checkWindow<Bool>(seed);
      checkWindow<int8_t>(seed);
      checkWindow<uint8_t>(seed);
      checkWindow<int64_t>(seed);
    }
  });
}

} // namespace
