// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files: what is written is read back, and damaged files are errors.
#include "tcc/tcc.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <unistd.h>

using namespace tcc;

static std::string temporary(const char *ending) { return "/tmp/tcc-io-" + std::to_string(getpid()) + ending; }
static std::string bytesOf(const std::string &path) {
  std::ifstream f(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), {}};
}

TEST(Io, RoundTrips) {
  std::map<std::string, Tensor> all;
  for (Dtype d : {bool_, int8, int16, int32, int64, uint8, uint32, float16, float32, float64, complex64})
    all.emplace(dtype_name(d), (arange(6).astype(d)).reshape({2, 3}));
  all.emplace("scalar", tensor(2.5));
  all.emplace("empty", zeros({0, 3}));
  for (const char *ending : {".npz", ".safetensors"}) {
    std::string path = temporary(ending);
    io::save(path, all);
    io::Loaded back = io::load(path);
    EXPECT_EQ(back.size(), all.size());
    for (const auto &[name, x] : all) {
      EXPECT_EQ(back.at(name).dtype(), x.dtype()) << name;
      EXPECT_EQ(back.at(name).shape(), x.shape()) << name;
      EXPECT_TRUE(allclose(back.at(name), x, 0, 0)) << name;
    }
    std::remove(path.c_str());
  }
  std::string path = temporary(".npy");
  io::save(path, tensor({{1.0, 2.0}, {3.0, 4.0}}));
  Tensor one = io::load(path);
  EXPECT_EQ(one.to_vector<double>(), (std::vector<double>{1, 2, 3, 4}));
  std::remove(path.c_str());
}

TEST(Io, DamagedFilesAreErrors) {
  for (const char *ending : {".npz", ".safetensors", ".npy"}) {
    std::string path = temporary(ending);
    if (std::string(ending) == ".npy")
      io::save(path, arange(10));
    else
      io::save(path, {{"a", arange(10)}, {"b", ones({3})}});
    std::string whole = bytesOf(path);
    for (size_t n = 0; n < whole.size(); n += 7) {
      std::ofstream(path, std::ios::binary) << whole.substr(0, n);
      EXPECT_THROW((void)io::load(path), Error) << ending << " cut at " << n;
    }
    std::remove(path.c_str());
  }
  EXPECT_THROW((void)io::load("/nowhere/x.npy"), Error);
}
