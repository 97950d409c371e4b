// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors in and out by DLPack, with the structures of its specification: shared where that is possible, copied by
// strides otherwise, and released once.
#include "tcc/Dlpack.h"
#include "test/unit/Table.h"

#include <cstdint>

extern "C" {
struct DLManagedTensor {
  void *data;
  int32_t deviceType, deviceId, ndim;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape, *strides;
  uint64_t byteOffset;
  void *context;
  void (*deleter)(DLManagedTensor *);
};
}

namespace {

int released = 0;

/// A 2 x 3 matrix stored by columns, as another library would hand it over.
struct Foreign {
  alignas(64) double elements[6] = {0, 3, 1, 4, 2, 5};
  int64_t shape[2] = {2, 3}, strides[2] = {1, 2};
  DLManagedTensor managed = {elements, 1,     0,       2, 2,       64,
                             1,        shape, strides, 0, nullptr, [](DLManagedTensor *) { ++released; }};
};

} // namespace

TEST(Dlpack, OutAndInSharesMemory) {
  for (Dtype dtype :
       {bool_, int8, int16, int32, int64, uint8, uint32, float16, bfloat16, float32, float64, complex64, complex128}) {
    Tensor a = (x() + 1.0).astype(dtype);
    DLManagedTensor *out = to_dlpack(a);
    void *data = out->data;
    Tensor b = from_dlpack(out);
    EXPECT_EQ(b.dtype(), dtype);
    EXPECT_EQ(b.shape(), a.shape());
    EXPECT_TRUE(allclose(a.astype(complex128), b.astype(complex128))) << dtype;
    DLManagedTensor *again = to_dlpack(b);
    EXPECT_EQ(again->data, data) << dtype;
    again->deleter(again);
  }
}

TEST(Dlpack, StridesAreFollowed) {
  released = 0;
  Foreign foreign;
  Tensor a = from_dlpack(&foreign.managed);
  EXPECT_EQ(released, 1); // a copy was made
  ROW(a, float64, (Shape{2, 3}), {0, 1, 2, 3, 4, 5});
}

TEST(Dlpack, WhatIsSharedIsReleasedWithTheLastHandle) {
  released = 0;
  Foreign foreign;
  foreign.managed.strides = nullptr;
  {
    Tensor a = from_dlpack(&foreign.managed), b = a;
    ROW(b, float64, (Shape{2, 3}), {0, 3, 1, 4, 2, 5});
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Dlpack, WhatIsRefusedIsReleased) {
  for (auto [field, kind] : {std::pair(0, Kind::device), {1, Kind::dtype}, {2, Kind::shape}, {3, Kind::value}}) {
    released = 0;
    Foreign foreign;
    if (field == 0)
      foreign.managed.deviceType = 2;
    else if (field == 1)
      foreign.managed.bits = 80;
    else if (field == 2)
      foreign.shape[0] = -2;
    else
      foreign.managed.data = nullptr;
    try {
      from_dlpack(&foreign.managed);
      ADD_FAILURE() << field;
    } catch (const Error &e) {
      EXPECT_EQ(e.kind, kind) << e.what();
    }
    EXPECT_EQ(released, 1) << field;
  }
  EXPECT_THROW(from_dlpack(nullptr), Error);
}
