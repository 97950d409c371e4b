// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contractions of any number of tensors against one sum over all labels: values and gradients, sliced under a memory
// limit and not, and the path that is taken.
#include "tcc/tcc.h"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

using namespace tcc;

namespace {

using C = std::complex<double>;

struct Case {
  const char *name;
  std::vector<Shape> shapes, labels;
  Shape output;
};

const std::vector<Case> cases = {
    {"one operand", {{3, 4}}, {{0, 1}}, {1}},
    {"two diagonals", {{3, 2, 3, 2}, {2}}, {{7, -1, 7, -1}, {-1}}, {7}},
    {"any integers", {{2, 3}, {3, 4}, {4, 5}}, {{-9, 1000000000000}, {1000000000000, 52}, {52, 999}}, {999, -9}},
    {"label of three", {{3, 4}, {3, 2}, {3, 5}}, {{0, 1}, {0, 2}, {0, 3}}, {1, 2, 3}},
    {"label of all that stays", {{3, 4}, {3, 4, 2}, {2, 3}}, {{0, 1}, {0, 1, 2}, {2, 0}}, {0}},
    {"label of four", {{4, 2}, {4, 2}, {4, 3}, {4, 3}}, {{9, 1}, {9, 1}, {9, 2}, {9, 2}}, {}},
    {"extents of 1", {{1, 4}, {3, 1}, {1, 1, 5}}, {{0, 1}, {0, 2}, {2, 1, 3}}, {3, 2, 0}},
    {"no elements", {{0, 3}, {3, 2}}, {{0, 1}, {1, 2}}, {2, 0}},
    {"sum of nothing", {{2, 0}, {0, 3}}, {{0, 1}, {1, 2}}, {0, 2}},
    {"no common label", {{2}, {3}, {}, {2, 2}}, {{0}, {1}, {}, {2, 3}}, {3, 1, 0}},
    {"ring", {{2, 3}, {3, 4}, {4, 3}, {3, 2}, {2, 4}, {4, 2}}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}}, {}},
    {"chain", {{6, 4}, {4, 8}, {8, 6}, {6, 9}}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}}, {4, 0}},
    {"lattice",
     {{2, 3}, {2, 2, 3}, {2, 3}, {3, 2, 3}, {2, 3, 3, 2}, {3, 3}},
     {{0, 1}, {0, 2, 3}, {2, 4}, {1, 5, 6}, {5, 3, 7, 8}, {7, 4}},
     {8, 6}},
    {"ladder",
     {{2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}},
     {{0, 1, 2}, {2, 3, 4}, {4, 5, 6}, {6, 7, 8}, {8, 9, 10}, {10, 11, 0}, {1, 3, 5}, {7, 9, 11}},
     {}},
};

/// The vertices of a cube, with labels of extent n on its edges: intermediates are larger than operands.
Case cube(int64_t n) {
  Case c{"cube", {}, {}, {}};
  for (int64_t vertex = 0; vertex < 8; ++vertex) {
    Shape labels;
    for (int64_t bit : {1, 2, 4})
      labels.push_back(10 * bit + (vertex & ~bit));
    c.shapes.emplace_back(3, n);
    c.labels.push_back(labels);
  }
  return c;
}

/// A lattice of rows x columns tensors with labels of extent n.
Case lattice(int64_t rows, int64_t columns, int64_t n) {
  Case c{"lattice", {}, {}, {}};
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      Shape labels;
      for (int64_t label : {i > 0 ? (i - 1) * columns + j : -1, i + 1 < rows ? i * columns + j : -1,
                            j > 0 ? 1000 + i * columns + j - 1 : -1, j + 1 < columns ? 1000 + i * columns + j : -1})
        if (label >= 0)
          labels.push_back(label);
      c.shapes.emplace_back(labels.size(), n);
      c.labels.push_back(labels);
    }
  return c;
}

/// A graph of 24 vertices with three neighbours each.
Case graph(int64_t n) {
  const std::pair<int, int> edges[] = {{11, 22}, {8, 17},  {1, 5},   {0, 22},  {3, 15},  {4, 23},  {6, 7},  {6, 23},
                                       {1, 7},   {1, 10},  {13, 18}, {3, 13},  {12, 18}, {7, 9},   {2, 3},  {19, 20},
                                       {15, 16}, {11, 13}, {4, 18},  {17, 19}, {11, 14}, {14, 21}, {6, 20}, {4, 12},
                                       {15, 23}, {9, 14},  {0, 16},  {12, 21}, {8, 9},   {17, 22}, {0, 10}, {2, 8},
                                       {16, 20}, {19, 21}, {5, 10},  {2, 5}};
  Case c{"graph", std::vector<Shape>(24, Shape(3, n)), std::vector<Shape>(24), {}};
  int64_t label = 0;
  for (auto [a, b] : edges) {
    c.labels[size_t(a)].push_back(label);
    c.labels[size_t(b)].push_back(label++);
  }
  return c;
}

/// Deterministic numbers of both signs.
Tensor numbers(const Shape &shape, Dtype dtype, double phase) {
  int64_t n = 1;
  for (int64_t extent : shape)
    n *= extent;
  std::vector<C> values;
  for (int64_t i = 0; i < n; ++i)
    values.push_back({std::sin(2.3 * double(i) + phase), std::cos(1.7 * double(i) - phase)});
  return tensor(values, shape).astype(dtype);
}

/// Visits all values of all labels: the positions of the elements of each operand and of the result.
template <class F> void visit(const Case &c, F &&f) {
  std::map<int64_t, int64_t> extent, at;
  for (size_t k = 0; k < c.shapes.size(); ++k)
    for (size_t i = 0; i < c.shapes[k].size(); ++i) {
      int64_t &n = extent.try_emplace(c.labels[k][i], 1).first->second;
      n = n == 1 ? c.shapes[k][i] : n;
    }
  int64_t total = 1;
  for (auto [label, n] : extent)
    total *= n;
  for (int64_t number = 0; number < total; ++number) {
    int64_t rest = number;
    for (auto [label, n] : extent) {
      at[label] = rest % n;
      rest /= n;
    }
    std::vector<int64_t> positions;
    for (size_t k = 0; k < c.shapes.size(); ++k) {
      int64_t position = 0;
      for (size_t i = 0; i < c.shapes[k].size(); ++i)
        position = position * c.shapes[k][i] + (c.shapes[k][i] == 1 ? 0 : at[c.labels[k][i]]);
      positions.push_back(position);
    }
    int64_t result = 0;
    for (int64_t label : c.output)
      result = result * extent[label] + at[label];
    f(positions, result);
  }
}

void expectClose(const Tensor &got, const std::vector<C> &want, const std::string &what) {
  std::vector<C> have = got.astype(complex128).to_vector<C>();
  ASSERT_EQ(have.size(), want.size()) << what;
  double scale = 1;
  for (C z : want)
    scale = std::max(scale, std::abs(z));
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_LE(std::abs(have[i] - want[i]), 1e-12 * scale) << what << " at " << i << ": " << have[i] << ", " << want[i];
}

/// Value and gradients with that limit.
void check(const Case &c, Dtype dtype, int64_t limit) {
  std::string what = std::string(c.name) + " in " + (dtype == float64 ? "float64" : "complex128") + " within " +
                     std::to_string(limit) + " bytes";
  std::vector<Tensor> xs;
  std::vector<std::vector<C>> data, gradients;
  for (size_t k = 0; k < c.shapes.size(); ++k) {
    xs.push_back(numbers(c.shapes[k], dtype, double(k) + 0.5));
    data.push_back(xs.back().astype(complex128).to_vector<C>());
    gradients.emplace_back(data.back().size());
  }
  Tensor y = contract(xs, c.labels, c.output, {.memory_limit = limit});
  Tensor cotangent = numbers(y.shape(), dtype, 0.1);
  std::vector<C> dy = cotangent.astype(complex128).to_vector<C>(), value(dy.size());
  visit(c, [&](const std::vector<int64_t> &at, int64_t result) {
    C all = 1;
    for (size_t k = 0; k < xs.size(); ++k)
      all *= data[k][size_t(at[k])];
    value[size_t(result)] += all;
    for (size_t k = 0; k < xs.size(); ++k) {
      C others = 1;
      for (size_t j = 0; j < xs.size(); ++j)
        others *= j == k ? C(1) : data[j][size_t(at[j])];
      gradients[k][size_t(at[k])] += dy[size_t(result)] * std::conj(others);
    }
  });
  expectClose(y, value, what);
  std::vector<Tensor> got = grad(real(sum(conj(cotangent) * y)), xs);
  for (size_t k = 0; k < xs.size(); ++k)
    expectClose(got[k], gradients[k], what + ", gradient " + std::to_string(k));
}

/// Bytes that a call takes beside what is alive before it.
template <class F> bool runsWithin(int64_t bytes, F &&f) {
  set_memory_limit(memory_stats().live_bytes + bytes);
  bool ran = true;
  try {
    f();
  } catch (const Error &e) {
    ran = false;
  }
  set_memory_limit(0);
  return ran;
}

} // namespace

TEST(Einsum, OneSum) {
  for (const Case &c : cases)
    for (Dtype dtype : {float64, complex128})
      check(c, dtype, 0);
}

TEST(Einsum, Slices) {
  std::vector<Case> all = cases;
  all.push_back(cube(2));
  for (const Case &c : all)
    for (Dtype dtype : {float64, complex128}) {
      std::vector<Tensor> xs;
      for (const Shape &shape : c.shapes)
        xs.push_back(zeros(shape, dtype));
      ContractionPath path = contract_path(xs, c.labels, c.output);
      double slices = 1;
      try {
        // The gradient needs more than the value, so its limits come first.
        for (int64_t limit = int64_t(path.gradient_peak_bytes) * 3 / 4; limit > 0; limit = limit * 3 / 4) {
          ContractionPath sliced = contract_path(xs, c.labels, c.output, {.memory_limit = limit});
          EXPECT_LE(sliced.peak_bytes, double(limit)) << c.name;
          EXPECT_LE(sliced.gradient_peak_bytes, double(limit)) << c.name;
          EXPECT_GE(sliced.flops, path.flops) << c.name;
          check(c, dtype, limit);
          slices = sliced.gradient_slices;
        }
        EXPECT_EQ(path.gradient_peak_bytes, 0) << c.name << ": some limit must be too low";
      } catch (const Error &e) {
        EXPECT_NE(std::string(e.what()).find("expected a memory_limit of at least"), std::string::npos) << e.what();
      }
      if (c.name == std::string("cube"))
        EXPECT_GT(slices, 1) << c.name;
    }
}

namespace {

/// A limit that is a fraction of what a contraction takes, and can be kept.
int64_t tightLimit(const Case &c, const std::vector<Tensor> &xs) {
  double peak = contract_path(xs, c.labels, c.output).peak_bytes;
  for (int fraction = 16; fraction > 1; fraction /= 2)
    try {
      int64_t limit = int64_t(peak) / fraction;
      ContractionPath path = contract_path(xs, c.labels, c.output, {.memory_limit = limit});
      EXPECT_GT(path.slices, 1);
      EXPECT_GT(path.gradient_slices, 1);
      return limit;
    } catch (const Error &) {
    }
  ADD_FAILURE() << "no limit can be kept";
  return 0;
}

} // namespace

// Sums over slices of halves are kept in float32.
TEST(Einsum, SlicesOfEveryDtype) {
  Case c = cube(4);
  for (const Shape &output : {Shape{}, Shape{41, 20}})
    for (Dtype dtype : {bool_, int8, int64, uint32, float16, bfloat16, float32, complex64}) {
      std::vector<Tensor> xs;
      c.output = output;
      for (size_t k = 0; k < c.shapes.size(); ++k)
        xs.push_back((remainder(arange(64) * 7 + int64_t(k), 5) == 0).astype(dtype).reshape(c.shapes[k]));
      Tensor want = contract(xs, c.labels, c.output);
      Tensor got = contract(xs, c.labels, c.output, {.memory_limit = tightLimit(c, xs)});
      EXPECT_EQ(got.dtype(), dtype);
      EXPECT_EQ(got.shape(), want.shape());
      // Small whole numbers are exact.
      EXPECT_TRUE(allclose(got.astype(complex128), want.astype(complex128), 0, 0)) << dtype_name(dtype);
    }
}

TEST(Einsum, MemoryLimit) {
  Case c = graph(6);
  std::vector<Tensor> xs;
  int64_t operands = 0;
  for (size_t k = 0; k < c.shapes.size(); ++k) {
    xs.push_back(numbers(c.shapes[k], float64, double(k)));
    operands += xs.back().size() * 8;
  }
  const int64_t limit = int64_t(contract_path(xs, c.labels, {}).peak_bytes) / 4;
  ContractionPath path = contract_path(xs, c.labels, {}, {.memory_limit = limit});
  EXPECT_GT(path.slices, 1);
  // Blocks are rounded up by a third at most.
  const int64_t room = limit + limit / 3 + 4096;
  auto value = [&](ContractOptions options) { return contract(xs, c.labels, {}, options).item<double>(); };
  double want = value({}), got = 0;
  EXPECT_FALSE(runsWithin(room, [&] { value({}); }));
  EXPECT_TRUE(runsWithin(room, [&] { got = value({.memory_limit = limit}); }));
  EXPECT_NEAR(got, want, 1e-12 * std::abs(want));
  // The operands' gradients come on top, and for each loop twice what adds them up.
  const int64_t pulled = room + operands * int64_t(2 + 2 * std::log2(path.gradient_slices));
  auto gradients = [&](ContractOptions options) {
    std::vector<Tensor> all = grad(contract(xs, c.labels, {}, options), xs);
    eval(all);
    return all;
  };
  std::vector<Tensor> plain = gradients({}), sliced;
  EXPECT_FALSE(runsWithin(pulled, [&] { gradients({}); }));
  EXPECT_TRUE(runsWithin(pulled, [&] { sliced = gradients({.memory_limit = limit}); }));
  ASSERT_EQ(sliced.size(), plain.size());
  for (size_t k = 0; k < plain.size(); ++k)
    EXPECT_TRUE(allclose(sliced[k], plain[k], 1e-9, 1e-12 * std::abs(want)));
}

TEST(Einsum, SlicesInTransforms) {
  Case c = cube(3);
  std::vector<Tensor> xs;
  for (size_t k = 0; k < c.shapes.size(); ++k)
    xs.push_back(numbers(c.shapes[k], float64, double(k)));
  int64_t limit = tightLimit(c, xs);
  auto f = [&](int64_t limit) {
    return [&, limit](const Tensor &x) {
      std::vector<Tensor> now = xs;
      now[3] = x;
      now[5] = x; // twice: the second derivative is not zero
      return sum(square(contract(now, c.labels, c.output, {.memory_limit = limit})));
    };
  };
  auto plain = f(0), sliced = f(limit);
  Tensor x = xs[3], tangent = numbers(c.shapes[3], float64, 0.7);
  auto second = [&](const Tensor &y) { return grad(sum(grad(y, x) * tangent), x); };
  EXPECT_TRUE(allclose(second(sliced(x)), second(plain(x)), 1e-9));
  EXPECT_TRUE(allclose(jvp({sliced(x)}, {x}, {tangent})[0], jvp({plain(x)}, {x}, {tangent})[0], 1e-9));
  Tensor many = numbers({3, 3, 3, 3}, float64, 0.4);
  EXPECT_TRUE(allclose(vmap(sliced)(many), vmap(plain)(many), 1e-9));
  EXPECT_TRUE(allclose(compile(sliced)(x), plain(x), 1e-9));
}

// A chain of matrices (Cormen et al., Introduction to Algorithms, 15.2, where only multiplications count).
TEST(Einsum, Path) {
  std::vector<Tensor> xs;
  for (auto [rows, columns] :
       {std::pair(30, 35), std::pair(35, 15), std::pair(15, 5), std::pair(5, 10), std::pair(10, 20), std::pair(20, 25)})
    xs.push_back(zeros({rows, columns}));
  ContractionPath path = einsum_path("ab,bc,cd,de,ef,fg->ag", xs);
  EXPECT_EQ(path.flops, 2 * 15125);
  EXPECT_EQ(path.slices, 1);
  EXPECT_EQ(path.steps.size(), 5u);
  EXPECT_EQ(path.naive_flops, 30.0 * 35 * 15 * 5 * 10 * 20 * 25 * 6);
  ContractionPath three = einsum_path("ij,jk,k->i", {zeros({8, 9}), zeros({9, 10}), zeros({10})});
  EXPECT_EQ(three.steps, (std::vector<std::pair<int64_t, int64_t>>{{1, 2}, {0, 1}}));
  EXPECT_EQ(three.largest_intermediate, 9);
  // Too many for the exact search.
  Case c = lattice(6, 6, 2);
  std::vector<Tensor> tensors;
  for (const Shape &shape : c.shapes)
    tensors.push_back(zeros(shape));
  EXPECT_LT(contract_path(tensors, c.labels, {}).flops, 9200);
}
