// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions saved with open sizes, run by tcc-run at several sizes, against the same function evaluated here.
#include "gtest/gtest.h"
#include <tcc/tcc.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace tcc;

namespace {

class OpenSizes : public testing::Test {
protected:
  void SetUp() override {
    directory =
        std::filesystem::temp_directory_path() / ("tcc-open-sizes-" + std::to_string(::getpid()) + "-" +
                                                  testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directory(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  std::string path(const std::string &name) const { return directory / name; }

  /// f at shapes whose -1 is each of `sizes` in turn.
  template <class F>
  void check(F f, const std::vector<Shape> &shapes, double tolerance = 1e-12,
             const std::vector<int64_t> &sizes = {1, 2, 7}) {
    std::vector<Spec> specs;
    for (const Shape &shape : shapes)
      specs.push_back(spec(float64, shape));
    compile(f).save(path("f.mlir"), specs);
    std::string cases;
    std::vector<Tensor> wanted;
    for (size_t k = 0; k < sizes.size(); ++k) {
      std::vector<Tensor> arguments;
      std::string inputs;
      for (size_t i = 0; i < shapes.size(); ++i) {
        Shape shape = shapes[i];
        std::replace(shape.begin(), shape.end(), int64_t(-1), sizes[k]);
        arguments.push_back(random::normal(random::key(100 * k + i), shape, float64));
        std::string name = "in" + std::to_string(k) + "_" + std::to_string(i) + ".npy";
        io::save(path(name), arguments.back());
        inputs += (i ? ", \"" : "\"") + path(name) + "\"";
      }
      wanted.push_back(call(f, arguments));
      cases += (k ? "," : "[") + std::string("{\"inputs\": [") + inputs + "], \"outputs\": [\"" +
               path("out" + std::to_string(k) + ".npy") + "\"]}";
    }
    std::ofstream(path("cases.json")) << cases << "]";
    std::string command =
        std::string(TCC_RUN) + " " + path("f.mlir") + " --batch=" + path("cases.json") + " > " + path("log");
    int status = std::system(command.c_str());
    std::ifstream log(path("log"));
    ASSERT_EQ(status, 0) << std::string(std::istreambuf_iterator<char>(log), {});
    for (size_t k = 0; k < sizes.size(); ++k) {
      Tensor got = io::load(path("out" + std::to_string(k) + ".npy"));
      ASSERT_EQ(got.shape(), wanted[k].shape()) << "size " << sizes[k];
      EXPECT_TRUE(allclose(got, wanted[k], tolerance, tolerance))
          << "size " << sizes[k] << "\ngot " << got << "\nexpected " << wanted[k];
    }
  }

  template <class F> static Tensor call(F f, const std::vector<Tensor> &x) {
    if constexpr (std::is_invocable_v<F, Tensor, Tensor>)
      return f(x[0], x[1]);
    else
      return f(x[0]);
  }

  std::filesystem::path directory;
};

TEST_F(OpenSizes, elementwise_and_constants) {
  check([](const Tensor &x) { return tanh(x * 2.0 + 1.0) / (1.0 + abs(x)); }, {{-1, 5}});
}
TEST_F(OpenSizes, broadcasting_between_open_axes) {
  check([](const Tensor &x, const Tensor &y) { return expand_dims(x, 1) * expand_dims(y, 0) + 1.0; }, {{-1}, {-1}});
  check([](const Tensor &x, const Tensor &y) { return x - y; }, {{-1, 4}, {-1, 1}});
  check([](const Tensor &x, const Tensor &y) { return where(x > 0.0, x, y); }, {{-1, 4}, {4}});
}
TEST_F(OpenSizes, reductions_and_means) {
  check([](const Tensor &x) { return mean(x, 0) + max(x, 0) - sum(x) / (1.0 + var(x)); }, {{-1, 5}});
  check([](const Tensor &x) { return std_dev(x, 0, {.keepdims = true}) * x + logsumexp(x, -1, {.keepdims = true}); },
        {{-1, 5}});
  check([](const Tensor &x) { return norm(x, 1) + argmax(x, 1).astype(float64); }, {{-1, 5}});
}
TEST_F(OpenSizes, two_open_axes) {
  check([](const Tensor &x) { return mean(x, 1, {.keepdims = true}) + sum(x, 2, {.keepdims = true}) * x; },
        {{-1, -1, 3}});
  check([](const Tensor &x) { return reshape(x, {x.shape()[0], x.shape()[1], 2, 3}); }, {{-1, -1, 6}});
  check([](const Tensor &x) { return transpose(x, {1, 0, 2}) * 2.0; }, {{-1, -1, 3}});
}
TEST_F(OpenSizes, shapes) {
  check([](const Tensor &x) { return reshape(x, {-1, 2, 3}) + 1.0; }, {{-1, 6}});
  check([](const Tensor &x) { return reshape(x, {-1, 3}); }, {{-1, 6}});
  check([](const Tensor &x) { return flatten(x) * 2.0; }, {{-1, 6}});
  check([](const Tensor &x) { return concatenate({x, 2.0 * x, ones({2, 3}, float64)}); }, {{-1, 3}});
  check([](const Tensor &x) { return stack({x, -x}, 1); }, {{-1, 3}});
  check([](const Tensor &x) { return x + zeros(x.shape(), float64); }, {{-1, 3}});
  check([](const Tensor &x) { return pad(x, {{1, 2}, {0, 1}}); }, {{-1, 3}});
  check([](const Tensor &x) { return tile(x, {1, 2}) + sum(repeat(x, 2, 0)); }, {{-1, 3}});
  check([](const Tensor &x) { return squeeze(x, 1) + flip(x, 0)(_, 0); }, {{-1, 1, 3}});
}
TEST_F(OpenSizes, indexing) {
  check([](const Tensor &x) { return x(slice(1, _), _) - x(slice(_, -1), _); }, {{-1, 3}}, 1e-12, {1, 2, 7});
  check([](const Tensor &x) { return x[0] + x(_, 2)(slice(_, _, -1))[0]; }, {{-1, 3}});
  check([](const Tensor &x) { return x(slice(_, _, 2), slice(1, 3)); }, {{-1, 3}});
  check([](const Tensor &x) { return x(_, tensor({2, 0})) + x.at(_, 1).set(5.0)(_, slice(0, 2)); }, {{-1, 3}});
}
TEST_F(OpenSizes, products) {
  check([](const Tensor &x) { return matmul(x, ones({4, 2}, float64)) + matmul(swapaxes(x, 0, 1), x)[0][0]; },
        {{-1, 4}});
  check([](const Tensor &x, const Tensor &y) { return einsum("bij,bjk->bik", {x, y}); }, {{-1, 2, 3}, {-1, 3, 4}});
  check([](const Tensor &x, const Tensor &y) { return outer(x, y) + kron(x, ones({1}, float64))[0]; }, {{-1}, {-1}});
  check([](const Tensor &x, const Tensor &y) { return tensordot(x, y, 1) + vdot(x, x); }, {{3, -1}, {-1, 2}});
}
TEST_F(OpenSizes, networks) {
  Tensor w = random::normal(random::key(7), {6, 4}, float64), k = random::normal(random::key(8), {3, 2, 3, 3}, float64);
  check(
      [&](const Tensor &x) {
        return softmax(layer_norm(gelu(matmul(x, w)), ones({4}, float64), zeros({4}, float64)), -1);
      },
      {{-1, 6}});
  check([&](const Tensor &x) { return max_pool2d(conv2d(x, k, {.padding = {1}}), {2, 2}); }, {{-1, 2, 6, 6}});
  check([&](const Tensor &x, const Tensor &y) { return mse_loss(matmul(x, w), y); }, {{-1, 6}, {-1, 4}});
  check([&](const Tensor &x) { return scaled_dot_product_attention(x, x, x, {.causal = true}); }, {{-1, -1, 4}});
}
TEST_F(OpenSizes, gradients) {
  Tensor w = random::normal(random::key(9), {6, 4}, float64);
  check([&](const Tensor &x) { return grad(mean(square(log_softmax(matmul(tanh(x), w), -1))), x); }, {{-1, 6}});
  check([&](const Tensor &x) { return grad(sum(cumsum(x, 0) * mean(x, 0) + concatenate({x, x})(slice(0, 1), _)), x); },
        {{-1, 6}});
  check([&](const Tensor &x) { return grad(var(x) * max(x) + sum(x(slice(1, _), _) * x(slice(_, -1), _)), x); },
        {{-1, 6}}, 1e-12, {1, 2, 7});
}
TEST_F(OpenSizes, decompositions_and_transforms_of_batches) {
  check([&](const Tensor &x) { return linalg::cholesky(matmul(x, swapaxes(x, -1, -2)) + 3.0 * eye(3, 3, 0, float64)); },
        {{-1, 3, 3}});
  check([&](const Tensor &x) { return abs(fft::fft(x)) + real(fft::irfft(fft::rfft(x))); }, {{-1, 8}});
}
TEST_F(OpenSizes, random_numbers) {
  check([&](const Tensor &x) { return x + random::normal(random::key(3), x.shape(), float64); }, {{-1, 3}});
}
TEST_F(OpenSizes, counts) {
  check([&](const Tensor &x) { return extent(x).astype(float64) + extent(x, 0).astype(float64) * sum(x); }, {{-1, 3}},
        1e-12, {0, 1, 7});
}

TEST_F(OpenSizes, computing_with_an_open_size_is_an_error) {
  auto message = [&](auto f, Shape shape) -> std::string {
    try {
      compile(f).save(path("f.mlir"), {spec(float64, shape)});
    } catch (const Error &e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(message([](const Tensor &x) { return x * double(x.dim(0)); }, {-1, 3})
                .find("[dim] expected a known size of axis 0, got {?, 3}: shape() hands it on"),
            std::string::npos);
  EXPECT_NE(message([](const Tensor &x) { return x * double(x.size()); }, {-1, 3})
                .find("[size] expected known sizes, got {?, 3}: extent(x) counts the elements"),
            std::string::npos);
  EXPECT_NE(message([](const Tensor &x) { return roll(x, 1, 0); }, {-1, 3}).find("expected a known size of axis 0"),
            std::string::npos);
  EXPECT_NE(message([](const Tensor &x) { return x[-1]; }, {-1, 3}).find("OpenSizesTest.cpp:"), std::string::npos);
  EXPECT_NE(message([](const Tensor &x) { return x; }, {-2, 3}).find("expected sizes, or -1 for an open one, got -2"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("f.mlir")));
}

TEST_F(OpenSizes, sizes_of_one_function_are_none_of_another) {
  Shape kept;
  compile([&](const Tensor &x) {
    kept = x.shape();
    return x;
  }).save(path("f.mlir"), {spec(float64, {-1, 3})});
  EXPECT_THROW(zeros(kept), Error);
}

} // namespace
