// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DLPack in and out. The structures are declared here after the specification (dmlc/dlpack, version 0.8), so that its
// header is not needed.
#include "tcc/Dlpack.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"

#include <cstring>

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

namespace tcc {
namespace {

enum : uint8_t { signedInteger = 0, unsignedInteger = 1, floating = 2, brainFloat = 4, complexNumber = 5, boolean = 6 };
constexpr int32_t cpu = 1;

constexpr struct {
  Dtype dtype;
  uint8_t code, bits;
} types[] = {{bool_, boolean, 8},
             {int8, signedInteger, 8},
             {int16, signedInteger, 16},
             {int32, signedInteger, 32},
             {int64, signedInteger, 64},
             {uint8, unsignedInteger, 8},
             {uint32, unsignedInteger, 32},
             {float16, floating, 16},
             {bfloat16, brainFloat, 16},
             {float32, floating, 32},
             {float64, floating, 64},
             {complex64, complexNumber, 64},
             {complex128, complexNumber, 128}};

void release(void *context) {
  auto *managed = static_cast<DLManagedTensor *>(context);
  if (managed->deleter)
    managed->deleter(managed);
}

/// What a DLManagedTensor of ours keeps alive.
struct Export {
  DLManagedTensor managed;
  Tensor tensor;
  Shape shape;
};

} // namespace

Tensor from_dlpack(DLManagedTensor *managed, Loc where) {
  if (!managed)
    fail("from_dlpack", where, Kind::value, "expected a tensor, got a null pointer");
  const DLTensor &t = managed->dl_tensor;
  // Owned from here on: an error must release it, too.
  Buffer owner = Buffer::wrap(t.data, 0, release, managed);
  if (t.device.device_type != cpu)
    fail("from_dlpack", where, Kind::device, "expected a tensor on the CPU, got device type ", t.device.device_type);
  const auto *type = std::begin(types);
  while (type != std::end(types) && (type->code != t.dtype.code || type->bits != t.dtype.bits))
    ++type;
  if (type == std::end(types) || t.dtype.lanes != 1)
    fail("from_dlpack", where, Kind::dtype, "expected a dtype that tcc has, got code ", int(t.dtype.code), " of ",
         int(t.dtype.bits), " bits");
  if (t.ndim < 0 || (t.ndim > 0 && !t.shape))
    fail("from_dlpack", where, Kind::shape, "expected a shape, got ", t.ndim, " axes");
  Shape shape(t.shape, t.shape + t.ndim);
  int64_t count = checkedCount(shape, "from_dlpack", where), size = itemsize(type->dtype), dense = 1;
  if (count > 0 && !t.data)
    fail("from_dlpack", where, Kind::value, "expected data, got a null pointer");
  bool contiguous = true;
  if (t.strides && count > 0)
    for (int64_t i = t.ndim; i-- > 0; dense *= shape[size_t(i)])
      contiguous &= shape[size_t(i)] == 1 || t.strides[i] == dense;
  char *data = static_cast<char *>(t.data) + t.byte_offset;
  // Kernels rely on the alignment of tensors; DLPack asks for 256 bytes, which not every exporter keeps.
  if (contiguous && count > 0 && reinterpret_cast<uintptr_t>(data) % 64 == 0) {
    // The wrapping buffer releases; the first owner must not do it again.
    struct Keep {
      Buffer owner;
    };
    auto *keep = new Keep{std::move(owner)};
    Buffer shared = Buffer::wrap(data, count * size, [](void *k) { delete static_cast<Keep *>(k); }, keep);
    return fromBuffer(std::move(shared), type->dtype, std::move(shape));
  }
  Buffer copy = allocateElements(type->dtype, shape, "from_dlpack", where);
  std::vector<int64_t> at(shape.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t offset = 0;
    if (t.strides)
      for (size_t k = 0; k < at.size(); ++k)
        offset += at[k] * t.strides[k];
    else
      offset = i;
    std::memcpy(static_cast<char *>(copy.data()) + i * size, data + offset * size, size_t(size));
    for (size_t k = at.size(); k-- > 0;) {
      if (++at[k] < shape[k])
        break;
      at[k] = 0;
    }
  }
  return fromBuffer(std::move(copy), type->dtype, std::move(shape));
}

DLManagedTensor *to_dlpack(const Tensor &x, Loc where) {
  Tensor value = asNode(x, "to_dlpack", where);
  void *data = evaluated(value, where).data();
  auto *out = new Export{{}, value, value.shape()};
  const auto *type = std::begin(types);
  while (type->dtype != value.dtype())
    ++type;
  DLTensor &t = out->managed.dl_tensor;
  t = {data, {cpu, 0}, int32_t(out->shape.size()), {type->code, type->bits, 1}, out->shape.data(), nullptr, 0};
  out->managed.manager_ctx = out;
  out->managed.deleter = [](DLManagedTensor *m) { delete static_cast<Export *>(m->manager_ctx); };
  return &out->managed;
}

} // namespace tcc
