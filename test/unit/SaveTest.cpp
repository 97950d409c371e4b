// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled::save: artifacts and texts from C++, and what it refuses.
#include "tcc/tcc.h"

#include "gtest/gtest.h"

#include <cmath>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace tcc;

namespace {

class Save : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("tcc-save-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string path(const std::string &name) const { return (folder / name).string(); }
  std::string text(const std::string &name) const {
    std::ifstream stream(path(name), std::ios::binary);
    std::stringstream content;
    content << stream.rdbuf();
    return content.str();
  }
  size_t numFiles() const {
    return size_t(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
  }
  /// The message of the error that saving gives; nothing may be left of it.
  template <class F>
  std::string complaint(const F &f, const std::string &file, const std::vector<Spec> &specs,
                        const SaveOptions &options = {}, Kind kind = Kind::value) const {
    size_t before = numFiles();
    try {
      f.save(file, specs, options);
    } catch (const Error &error) {
      EXPECT_EQ(error.kind, kind) << error.what();
      EXPECT_EQ(numFiles(), before);
      EXPECT_NE(std::string(error.what()).find("SaveTest.cpp"), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "expected an error";
    return "";
  }
  std::filesystem::path folder;
};

TEST_F(Save, libraryWithGradient) {
  Tensor offset = arange(1.0f, 4.0f); // becomes a constant
  auto f = compile([=](Tensor x, Tensor w) { return sum(tanh(x) * w + offset); });
  f.save(path("model.so"), {spec(float32, {3}), spec(float32, {3})}, {.gradient = true, .header = path("model.h")});
  void *library = dlopen(path("model.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_TRUE(library) << dlerror();
  auto forward = reinterpret_cast<int (*)(const float *, const float *, float *)>(dlsym(library, "model_main"));
  auto backward = reinterpret_cast<int (*)(const float *, const float *, const float *, float *, float *)>(
      dlsym(library, "model_main_vjp"));
  ASSERT_TRUE(forward && backward);
  const float x[] = {0, 1, -1}, w[] = {2, 3, 4}, one = 2;
  float y = 0, dx[3], dw[3];
  ASSERT_EQ(forward(x, w, &y), 0);
  EXPECT_NEAR(y, 6 + (3 - 4) * std::tanh(1.0f), 1e-5);
  ASSERT_EQ(backward(x, w, &one, dx, dw), 0);
  for (int i = 0; i < 3; ++i) {
    float t = std::tanh(x[i]);
    EXPECT_NEAR(dx[i], 2 * (1 - t * t) * w[i], 1e-5);
    EXPECT_NEAR(dw[i], 2 * t, 1e-5);
  }
  EXPECT_NE(text("model.h").find("int32_t model_main_vjp("), std::string::npos);
  dlclose(library);
}

TEST_F(Save, endings) {
  auto f = compile([](Tensor x) { return exp(x) * 2; });
  std::vector<Spec> specs = {spec(float64, {5})};
  f.save(path("a.o"), specs);
  EXPECT_EQ(text("a.o").substr(0, 4), "\177ELF");
  f.save(path("a.a"), specs, {.name = "other"});
  EXPECT_EQ(text("a.a").substr(0, 7), "!<arch>");
  EXPECT_NE(text("a.a").find("other_main"), std::string::npos);
  f.save(path("a.mlir"), specs, {.gradient = true, .wrt = {0}});
  EXPECT_NE(text("a.mlir").find("tcc.exp"), std::string::npos);
  EXPECT_NE(text("a.mlir").find("@main_vjp"), std::string::npos);
  f.save(path("a.ptx"), specs);
  EXPECT_NE(text("a.ptx").find(".entry a_main_kernel_0_gpu"), std::string::npos);
  f.save(path("a.s"), specs, {.target = "aarch64-linux-gnu"});
  EXPECT_NE(text("a.s").find("fmla"), std::string::npos);
  EXPECT_EQ(numFiles(), 5u);
}

TEST_F(Save, refuses) {
  auto f = compile([](Tensor x, Tensor y) { return matmul(x, y); });
  std::vector<Spec> specs = {spec(float32, {100, 300}), spec(float32, {300, 200})};
  EXPECT_NE(complaint(f, path("a.zip"), specs).find("no ending that says what to write"), std::string::npos);
  EXPECT_NE(complaint(f, path("none/a.so"), specs, {}, Kind::io).find("cannot write"), std::string::npos);
  EXPECT_NE(complaint(f, path("none/a.mlir"), specs, {}, Kind::io).find("cannot write"), std::string::npos);
  EXPECT_NE(complaint(f, path("a.so"), {specs[0]}).find("one spec for each argument"), std::string::npos);
  EXPECT_NE(complaint(f, path("a.so"), specs, {.gradient = true, .wrt = {2}}).find("no argument 2"), std::string::npos);
  EXPECT_NE(complaint(f, path("a.so"), specs, {.name = "a-b"}).find("C identifier"), std::string::npos);
  EXPECT_NE(complaint(f, path("a.so"), specs, {.target = "pdp11"}).find("unknown target"), std::string::npos);
  EXPECT_NE(complaint(f, path("a.ptx"), specs).find("not supported in .ptx"), std::string::npos);
  EXPECT_NE(complaint(f, path("a.so"), {specs[0], specs[0]}, {}, Kind::shape).find("[matmul]"), std::string::npos);
  EXPECT_EQ(numFiles(), 0u);
  // The function is none the worse for it.
  EXPECT_EQ(f(ones({2, 3}), ones({3, 2})).to_vector<float>(), (std::vector<float>{3, 3, 3, 3}));
}

} // namespace
