// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// .npy round trips in every dtype and the errors of malformed files.
#include "RuntimeFixture.h"
#include "runtime/Npy.h"
#include <filesystem>
#include <fstream>

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

std::string temporaryPath() {
  return (std::filesystem::temp_directory_path() / ("tcc-npy-" + std::to_string(getpid()) + ".npy")).string();
}

std::string npy(const std::string &header, const std::string &data, char major = 1) {
  std::string file = std::string("\x93NUMPY") + major + '\0';
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i)
    file += char(header.size() >> (8 * i) & 255);
  return file + header + data;
}
std::string errorOf(const std::string &bytes) {
  NpyArray array;
  return parseNpy("x.npy", bytes.data(), int64_t(bytes.size()), array);
}

TEST(RuntimeNpy, all_dtypes_round_trip) {
  std::string path = temporaryPath();
  for (int32_t dtype = 0; dtype < TCC_NUM_DTYPES; ++dtype)
    for (std::vector<int64_t> shape : {std::vector<int64_t>{}, {5}, {3, 4}, {2, 0, 3}, {2, 3, 4, 5}}) {
      TccTensor tensor{nullptr, dtype, int32_t(shape.size()), shape.data()};
      std::string bytes(size_t(numBytes(tensor)), '\0');
      for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = char(dtype == TCC_BOOL ? i % 2 : i);
      tensor.data = bytes.data();
      ASSERT_EQ(writeNpy(path, tensor), "");
      NpyArray array;
      ASSERT_EQ(readNpy(path, array), "");
      EXPECT_EQ(array.dtype, dtype);
      EXPECT_EQ(array.shape, shape);
      EXPECT_EQ(std::string(static_cast<char *>(array.data.data()), bytes.size()), bytes);
    }
  std::filesystem::remove(path);
}

TEST(RuntimeNpy, other_orders_and_versions_are_read) {
  NpyArray array;
  std::string data = {1, 2, 3, 4, 5, 6};
  for (char version : {1, 2, 3}) {
    std::string file = npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", data, version);
    ASSERT_EQ(parseNpy("x.npy", file.data(), int64_t(file.size()), array), "");
    EXPECT_EQ(std::string(static_cast<char *>(array.data.data()), 6), (std::string{1, 3, 5, 2, 4, 6}));
  }
  std::string file = npy("{\"shape\":(3,),'fortran_order':False,'descr':'>i2'}", data);
  ASSERT_EQ(parseNpy("x.npy", file.data(), int64_t(file.size()), array), "");
  EXPECT_EQ(static_cast<int16_t *>(array.data.data())[0], 0x0102);
}

TEST(RuntimeNpy, malformed_files_are_named) {
  auto header = [](const std::string &descr, const std::string &shape) {
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  };
  EXPECT_EQ(errorOf(""), "cannot read 'x.npy': not a .npy file");
  EXPECT_EQ(errorOf("PK\3\4aaaaaaaaaaaaaaa"), "cannot read 'x.npy': not a .npy file");
  EXPECT_EQ(errorOf(npy(header("<f4", "(2,)"), "1234")),
            "cannot read 'x.npy': truncated data: expected 8 bytes, got 4");
  EXPECT_EQ(errorOf(npy(header("<f4", "(1,)"), "12345")), "cannot read 'x.npy': unexpected 1 bytes after the data");
  EXPECT_EQ(errorOf(npy(header("|O", "(1,)"), "12345678")), "cannot read 'x.npy': unsupported dtype '|O'");
  // NumPy's uint16, which are not the bits of bfloat16.
  EXPECT_EQ(errorOf(npy(header("<u2", "(1,)"), "12")), "cannot read 'x.npy': unsupported dtype '<u2'");
  EXPECT_EQ(errorOf(npy(header("<f4", "(4611686018427387904, 4)"), "")),
            "cannot read 'x.npy': shape has too many elements");
  EXPECT_EQ(errorOf(npy(header("<f4", "(99999999999999999999,)"), "")),
            "cannot read 'x.npy': size in shape does not fit into 63 bits");
  EXPECT_EQ(errorOf(npy(header("<f4", "(-1,)"), "")), "cannot read 'x.npy': expected non-negative integers in shape");
  EXPECT_EQ(errorOf(npy("{'descr': '<f4'}", "")),
            "cannot read 'x.npy': header lacks one of descr, fortran_order, shape");
  EXPECT_EQ(errorOf(npy("{'descr': [('a', '<f4')], }", "")),
            "cannot read 'x.npy': expected a plain dtype (structured arrays are not supported)");
  EXPECT_EQ(errorOf(std::string("\x93NUMPY\2\0\xff\xff\xff\x7f", 12)),
            "cannot read 'x.npy': header of 2147483647 bytes is too large");
  EXPECT_EQ(errorOf(std::string("\x93NUMPY\1\0\x40\0abc", 13)), "cannot read 'x.npy': truncated header");
  EXPECT_EQ(errorOf(std::string("\x93NUMPY\7\0\x40\0abc", 13)), "cannot read 'x.npy': unknown format version 7.0");
  NpyArray array;
  EXPECT_EQ(readNpy("/nonexistent/x.npy", array), "cannot read '/nonexistent/x.npy': No such file or directory");
  EXPECT_EQ(readNpy("/tmp", array), "cannot read '/tmp': not a regular file");
}

TEST(RuntimeNpy, mutated_files_never_crash) {
  std::string file = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", std::string(24, 'x'));
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string mutated = file;
    for (int m = 0; m < 1 + int(random() % 3); ++m)
      mutated[random() % mutated.size()] = char(random());
    if (random() % 4 == 0)
      mutated.resize(random() % mutated.size());
    NpyArray array;
    parseNpy("x.npy", mutated.data(), int64_t(mutated.size()), array);
  }
}

} // namespace
