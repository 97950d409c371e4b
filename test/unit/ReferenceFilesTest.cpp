// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that NumPy wrote (test/reference/files.py) are read, and ours are byte for byte as NumPy's; tensors as other
// libraries hand them over by DLPack.
#include "tcc/tcc.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <unistd.h>

using namespace tcc;

namespace {

std::string file(const std::string &name) { return TCC_SOURCE_DIR "/test/reference/files/" + name; }

std::string bytesOf(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// 0, 3, 6, ...; complex: 0, 3 + i, ...; bool: false, true, ...
Tensor numbers(Dtype dtype, const Shape &shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  Tensor n = reshape(arange(count), shape);
  if (dtype == bool_)
    return n % 2 == 1;
  return is_complex(dtype) ? (n.astype(complex128) * std::complex<double>(3, 1)).astype(dtype) : (n * 3).astype(dtype);
}

void expectEqual(const Tensor &got, const Tensor &want, const std::string &what) {
  EXPECT_EQ(got.dtype(), want.dtype()) << what;
  ASSERT_EQ(got.shape(), want.shape()) << what;
  EXPECT_TRUE(allclose(got, want, 0, 0)) << what;
}

const std::vector<Dtype> dtypes = {bool_,  int8,    int16,   int32,   int64,     uint8,
                                   uint32, float16, float32, float64, complex64, complex128};

} // namespace

TEST(ReferenceFiles, Npz) {
  for (std::string name : {"stored.npz", "compressed.npz"}) {
    io::Loaded tensors = io::load(file(name));
    EXPECT_EQ(tensors.size(), dtypes.size() + 4);
    for (Dtype dtype : dtypes)
      expectEqual(tensors.at(dtype_name(dtype)), numbers(dtype, {2, 3}), name);
    expectEqual(tensors.at("scalar"), tensor(2.5), name);
    expectEqual(tensors.at("empty"), zeros({0, 3}, float64), name);
    expectEqual(tensors.at("zeros"), zeros({20, 50}, float64), name);
    expectEqual(tensors.at("line"), numbers(float64, {7}), name);
  }
}

TEST(ReferenceFiles, Npy) {
  expectEqual(io::load(file("fortran.npy")), numbers(float64, {2, 3, 4}), "Fortran's order");
  expectEqual(io::load(file("big_endian.npy")), numbers(complex128, {2, 3}), "the other order of bytes");
  expectEqual(io::load(file("version2.npy")), numbers(int32, {2, 3}), "version 2");
  for (auto [name, x] : {std::pair("scalar.npy", tensor(2.5)), std::pair("line.npy", numbers(float64, {7})),
                         std::pair("float32.npy", numbers(float32, {2, 3}))}) {
    expectEqual(io::load(file(name)), x, name);
    std::string path = "/tmp/tcc-files-" + std::to_string(getpid()) + ".npy";
    io::save(path, x);
    EXPECT_EQ(bytesOf(path), bytesOf(file(name))) << name;
    std::remove(path.c_str());
  }
}

TEST(ReferenceFiles, Safetensors) {
  io::Loaded tensors = io::load(file("written.safetensors"));
  for (Dtype dtype : dtypes)
    if (dtype != complex128)
      expectEqual(tensors.at(dtype_name(dtype)), numbers(dtype, {2, 3}), "safetensors");
  expectEqual(tensors.at("bfloat16"), numbers(bfloat16, {2, 3}), "safetensors");
  expectEqual(tensors.at("scalar"), tensor(2.5), "safetensors");
  expectEqual(tensors.at("empty"), zeros({0, 3}, float64), "safetensors");
}

// Compressed members that were damaged: each byte of the file in turn.
TEST(ReferenceFiles, DamagedCompressedFilesAreErrors) {
  std::string whole = bytesOf(file("compressed.npz")), path = "/tmp/tcc-files-" + std::to_string(getpid()) + ".npz";
  for (size_t at = 0; at < whole.size(); at += 5) {
    std::string bytes = whole;
    bytes[at] = char(bytes[at] ^ 0x55);
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      // Dates and attributes do not matter; what is read is what was written.
      for (const auto &[name, x] : io::load(path))
        if (name == "zeros")
          expectEqual(x, zeros({20, 50}, float64), "damaged at " + std::to_string(at));
    } catch (const Error &e) {
      EXPECT_EQ(e.kind, Kind::io) << e.what();
    }
  }
  std::remove(path.c_str());
}

//===----------------------------------------------------------------------===//
// DLPack, version 0.8 of the specification
//===----------------------------------------------------------------------===//

extern "C" {
struct DLDevice {
  int32_t device_type, device_id;
};
struct DLDataType {
  uint8_t code, bits;
  uint16_t lanes;
};
struct DLTensor {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor dl_tensor;
  void *manager_ctx;
  void (*deleter)(DLManagedTensor *);
};
}

namespace {

/// What torch.Tensor.__dlpack__ and numpy.ndarray.__dlpack__ give for such an array: strides are always there, and what
/// a view skips is in the address (NumPy) or in byte_offset.
struct Exporter {
  alignas(64) double data[24];
  int64_t shape[3] = {2, 3, 4}, strides[3] = {12, 4, 1};
  DLManagedTensor managed{{data, {1, 0}, 3, {2, 64, 1}, shape, strides, 0}, this, [](DLManagedTensor *m) {
                            ++static_cast<Exporter *>(m->manager_ctx)->released;
                          }};
  int released = 0;
  Exporter() {
    for (int k = 0; k < 24; ++k)
      data[k] = 3 * k;
  }
};

} // namespace

TEST(ReferenceDlpack, Layouts) {
  Tensor all = numbers(float64, {2, 3, 4});
  {
    Exporter e;
    {
      Tensor x = from_dlpack(&e.managed);
      expectEqual(x, all, "dense");
      EXPECT_EQ(x.data<double>(), e.data) << "shared, not copied";
      EXPECT_EQ(e.released, 0);
    }
    EXPECT_EQ(e.released, 1) << "dense";
  }
  struct View {
    const char *what;
    Shape shape, strides;
    int64_t offset;
    Tensor want;
  };
  for (const View &v :
       {View{"x.T", {4, 3, 2}, {1, 4, 12}, 0, transpose(all)},
        View{"x[:, 1:, ::2]", {2, 2, 2}, {12, 4, 2}, 4, all(_, slice(1, 3), slice(0, 4, 2))},
        View{"x[::-1]", {2, 3, 4}, {-12, 4, 1}, 12, flip(all, 0)},
        View{"broadcast_to(x[0, 0], (2, 3, 4))", {2, 3, 4}, {0, 0, 1}, 0, broadcast_to(all[0][0], {2, 3, 4})},
        View{"x[:0]", {0, 3, 4}, {12, 4, 1}, 0, zeros({0, 3, 4}, float64)}}) {
    Exporter e;
    std::copy(v.shape.begin(), v.shape.end(), e.shape);
    std::copy(v.strides.begin(), v.strides.end(), e.strides);
    e.managed.dl_tensor.byte_offset = uint64_t(v.offset) * 8;
    expectEqual(from_dlpack(&e.managed), v.want, v.what);
    EXPECT_EQ(e.released, 1) << v.what;
  }
  Exporter e;
  e.managed.dl_tensor.strides = nullptr; // allowed up to version 1.1
  expectEqual(from_dlpack(&e.managed), all, "no strides");
}

TEST(ReferenceDlpack, Dtypes) {
  struct Type {
    Dtype dtype;
    uint8_t code, bits;
  };
  for (auto [dtype, code, bits] :
       {Type{bool_, 6, 8}, Type{int8, 0, 8}, Type{int16, 0, 16}, Type{int32, 0, 32}, Type{int64, 0, 64},
        Type{uint8, 1, 8}, Type{uint32, 1, 32}, Type{float16, 2, 16}, Type{bfloat16, 4, 16}, Type{float32, 2, 32},
        Type{float64, 2, 64}, Type{complex64, 5, 64}, Type{complex128, 5, 128}}) {
    Tensor x = numbers(dtype, {2, 3});
    DLManagedTensor *out = to_dlpack(x);
    EXPECT_EQ(out->dl_tensor.dtype.code, code);
    EXPECT_EQ(out->dl_tensor.dtype.bits, bits);
    EXPECT_EQ(out->dl_tensor.dtype.lanes, 1);
    EXPECT_EQ(Shape(out->dl_tensor.shape, out->dl_tensor.shape + out->dl_tensor.ndim), (Shape{2, 3}));
    expectEqual(from_dlpack(out), x, dtype_name(dtype));
  }
  Exporter e;
  e.managed.dl_tensor.dtype = {1, 64, 1};
  EXPECT_THROW(from_dlpack(&e.managed), Error) << "uint64";
  EXPECT_EQ(e.released, 1) << "an error releases, too";
  e.managed.dl_tensor = {e.data, {2, 0}, 3, {2, 64, 1}, e.shape, e.strides, 0};
  EXPECT_THROW(from_dlpack(&e.managed), Error) << "on another device";
  EXPECT_EQ(e.released, 2);
}
