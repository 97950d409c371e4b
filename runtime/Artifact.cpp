// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions behind an artifact's C ABI: they check every call and run its plans. A plan is instantiated once for
// each set of open sizes and kept.
#include "runtime/ArtifactPlan.h"
#include "runtime/Memory.h"
#include "runtime/Tensors.h"
#include <atomic>
#include <new>
#include <string.h>

namespace tcc::runtime {

namespace {

thread_local TccStatus lastStatus;

/// What `TccArtifact::state` points to, once the artifact has been checked.
struct State {
  std::atomic<Instance *> instances{nullptr};
  std::atomic<int32_t> count{0};
};
constexpr int32_t maxInstances = 64;

/// The state of a sound artifact; null with a message for a damaged one.
State *stateOf(const TccArtifact &artifact, TccStatus &status) {
  auto &word = *reinterpret_cast<std::atomic<State *> *>(artifact.state);
  if (State *state = word.load(std::memory_order_acquire))
    return state;
  const int64_t *plan = artifact.plan;
  if (plan[planHeaderMagic] != planMagic || plan[planHeaderVersion] != planVersion) {
    fail(&status, TCC_ERROR_VALUE, "[artifact] expected format version %lld, got another or a damaged artifact",
         (long long)planVersion);
    return nullptr;
  }
  if (planChecksum(plan, plan[planHeaderWords], artifact.constants, plan[planHeaderConstantBytes]) !=
      uint64_t(plan[planHeaderChecksum])) {
    fail(&status, TCC_ERROR_VALUE, "[artifact] damaged: its checksum is not that of its contents");
    return nullptr;
  }
  auto *made = static_cast<State *>(allocate(sizeof(State)));
  if (!made) {
    outOfMemory(&status, "artifact", sizeof(State));
    return nullptr;
  }
  new (made) State();
  State *expected = nullptr;
  if (word.compare_exchange_strong(expected, made, std::memory_order_acq_rel))
    return made;
  deallocate(made, sizeof(State));
  return expected;
}

/// The number of the entry, -1 with a message if there is none of this name.
int64_t findEntry(const TccArtifact &artifact, const char *name, TccStatus &status) {
  if (!name) {
    fail(&status, TCC_ERROR_VALUE, "[artifact] expected the name of an entry, got null");
    return -1;
  }
  for (int64_t i = 0; i < artifact.plan[planHeaderEntries]; ++i) {
    Words::Text known = entryAt(artifact, i).name;
    if (strlen(name) == size_t(known.length) && memcmp(name, known.bytes, size_t(known.length)) == 0)
      return i;
  }
  fail(&status, TCC_ERROR_VALUE, "[artifact] no entry '%.200s'", name);
  return -1;
}

int32_t dtypeOf(DLDataType type) {
  static const DLDataType known[TCC_NUM_DTYPES] = {{6, 8, 1},  {0, 8, 1},  {0, 16, 1}, {0, 32, 1}, {0, 64, 1},
                                                   {1, 8, 1},  {1, 32, 1}, {2, 16, 1}, {4, 16, 1}, {2, 32, 1},
                                                   {2, 64, 1}, {5, 64, 1}, {5, 128, 1}};
  for (int32_t dtype = 0; dtype < TCC_NUM_DTYPES; ++dtype)
    if (known[dtype].code == type.code && known[dtype].bits == type.bits && known[dtype].lanes == type.lanes)
      return dtype;
  return -1;
}
DLDataType dlTypeOf(int32_t dtype) {
  static const uint8_t codes[TCC_NUM_DTYPES] = {6, 0, 0, 0, 0, 1, 1, 2, 4, 2, 2, 5, 5};
  return {codes[dtype], uint8_t(elementSize(dtype) * 8), 1};
}

void *dataOf(const DLTensor &tensor) {
  return tensor.data ? static_cast<char *>(tensor.data) + tensor.byte_offset : nullptr;
}

/// Everything about one tensor of a call but its sizes.
int32_t checkTensor(const char *role, int32_t number, const DLTensor *tensor, const Type &type, bool withData,
                    TccStatus &status) {
  if (!tensor)
    return fail(&status, TCC_ERROR_VALUE, "[artifact] %s %d is null", role, number);
  if (dtypeOf(tensor->dtype) != type.dtype)
    return fail(&status, TCC_ERROR_DTYPE, "[artifact] %s %d: expected %s, got %s", role, number, dtypeName(type.dtype),
                dtypeName(dtypeOf(tensor->dtype)));
  if (tensor->ndim != type.rank)
    return fail(&status, TCC_ERROR_SHAPE, "[artifact] %s %d: expected %d axes, got %d", role, number, type.rank,
                tensor->ndim);
  if (type.rank > 0 && !tensor->shape)
    return fail(&status, TCC_ERROR_SHAPE, "[artifact] %s %d: its shape is null", role, number);
  int64_t count = numElements(type.rank, tensor->shape);
  if (count < 0)
    return fail(&status, TCC_ERROR_SHAPE, "[artifact] %s %d: a size is negative or the tensor too large", role, number);
  if (!withData)
    return TCC_OK;
  if (tensor->device.device_type != 1)
    return fail(&status, TCC_ERROR_UNAVAILABLE, "[artifact] %s %d: expected memory of the CPU, got device type %d",
                role, number, tensor->device.device_type);
  if (tensor->strides && count > 1) {
    int64_t dense = 1;
    for (int32_t axis = type.rank - 1; axis >= 0; dense *= tensor->shape[axis--])
      if (tensor->shape[axis] != 1 && tensor->strides[axis] != dense)
        return fail(&status, TCC_ERROR_VALUE, "[artifact] %s %d: expected dense row-major strides", role, number);
  }
  if (count > 0 && !tensor->data)
    return fail(&status, TCC_ERROR_VALUE, "[artifact] %s %d: its data is null", role, number);
  return TCC_OK;
}

int32_t checkData(const char *role, int32_t number, const void *data, const Type &type, TccStatus &status) {
  // Complex numbers are pairs and need the alignment of their parts.
  int64_t align = elementSize(type.dtype) >> (type.dtype >= TCC_C64 ? 1 : 0);
  if (reinterpret_cast<uintptr_t>(data) % uint64_t(align))
    return fail(&status, TCC_ERROR_VALUE, "[artifact] %s %d: its data is not aligned to its element type", role,
                number);
  return TCC_OK;
}

int32_t checkSizes(const char *role, int32_t number, const int64_t *wanted, const DLTensor &tensor, TccStatus &status) {
  for (int32_t axis = 0; axis < tensor.ndim; ++axis)
    if (wanted[axis] >= 0 && tensor.shape[axis] != wanted[axis])
      return fail(&status, TCC_ERROR_SHAPE, "[artifact] %s %d: expected size %lld on axis %d, got %lld", role, number,
                  (long long)wanted[axis], axis, (long long)tensor.shape[axis]);
  return TCC_OK;
}

constexpr int maxArguments = 256;

/// Kernels clamp computed positions of an empty tensor to 0, which must be readable.
alignas(64) const char nothing[64] = {};

/// The entry's plan for these open sizes; `isOwned` if the caller must free it after use.
Instance *instanceFor(const TccArtifact &artifact, State &state, int64_t index, const Entry &entry,
                      const int64_t *symbols, bool &isOwned, TccStatus &status) {
  isOwned = false;
  for (Instance *known = state.instances.load(std::memory_order_acquire); known; known = known->next)
    if (known->entry == index && memcmp(known->symbols, symbols, size_t(entry.numSymbols) * 8) == 0)
      return known;
  Instance *made = instantiate(artifact, index, entry, symbols);
  if (!made) {
    outOfMemory(&status, "artifact", entry.sizeWords * 8);
    return nullptr;
  }
  if (state.count.fetch_add(1, std::memory_order_relaxed) >= maxInstances) {
    state.count.fetch_sub(1, std::memory_order_relaxed);
    isOwned = true;
    return made;
  }
  made->next = state.instances.load(std::memory_order_relaxed);
  while (!state.instances.compare_exchange_weak(made->next, made, std::memory_order_acq_rel))
    ;
  return made;
}

/// Adds the user's line to the message, as the program's text had it.
void locate(TccStatus &status, Words words, int32_t numLocations, int32_t location) {
  for (int32_t i = 0; i < numLocations; ++i) {
    Words::Text file = words.text();
    int64_t line = words.next();
    size_t used = strlen(status.message);
    if (i != location || file.length == 0 || used + size_t(file.length) + 32 >= sizeof status.message)
      continue;
    TccStatus located;
    fail(&located, status.code, "%s (%.*s:%lld)", status.message, int(file.length), file.bytes, (long long)line);
    memcpy(status.message, located.message, sizeof status.message);
  }
}

int32_t execute(const Instance &instance, const void *const *in, void *const *out, TccStatus &status) {
  if (run(instance.view, in, out, &status) != TCC_OK)
    locate(status, Words(instance.locations), instance.numLocations, status.location);
  return status.code;
}

/// What the entry's ops demand of open sizes.
int32_t checkOpenSizes(const Entry &entry, const int64_t *symbols, TccStatus &status) {
  Words checks = entry.checks;
  for (int64_t count = checks.next(); count > 0; --count) {
    Words::Text op = checks.text();
    bool isAtMost = checks.next();
    checks.next(); // the location is for readers of the plan
    int64_t left = checks.size(symbols), right = checks.size(symbols);
    if (isAtMost ? left > right : left != right)
      return fail(&status, TCC_ERROR_SHAPE,
                  isAtMost ? "[%.*s] expected a size of at least %lld, got %lld"
                           : "[%.*s] expected equal sizes, got %lld and %lld",
                  int(op.length), op.bytes, (long long)left, (long long)right);
  }
  return TCC_OK;
}

/// Symbols of the inputs, in order of appearance.
int32_t checkInputs(const Entry &entry, const DLTensor *const *in, int32_t numIn, int64_t *symbols, bool withData,
                    TccStatus &status) {
  if (numIn != entry.numInputs)
    return fail(&status, TCC_ERROR_VALUE, "[artifact] expected %d inputs, got %d", entry.numInputs, numIn);
  if (numIn > 0 && !in)
    return fail(&status, TCC_ERROR_VALUE, "[artifact] the array of inputs is null");
  Words types = entry.types;
  int64_t count = 0;
  for (int32_t i = 0; i < numIn; ++i) {
    Type type = readType(types);
    TCC_CHECK(checkTensor("input", i, in[i], type, withData, status));
    TCC_CHECK(checkSizes("input", i, type.shape, *in[i], status));
    if (withData)
      TCC_CHECK(checkData("input", i, dataOf(*in[i]), type, status));
    for (int32_t axis = 0; axis < type.rank; ++axis)
      if (type.shape[axis] < 0)
        symbols[count++] = in[i]->shape[axis];
  }
  return checkOpenSizes(entry, symbols, status);
}

int32_t call(const TccArtifact &artifact, const char *name, const DLTensor *const *in, int32_t numIn,
             DLTensor *const *out, int32_t numOut, TccStatus &status) {
  State *state = stateOf(artifact, status);
  if (!state)
    return status.code;
  int64_t index = findEntry(artifact, name, status);
  if (index < 0)
    return status.code;
  Entry entry = entryAt(artifact, index);
  int64_t symbols[maxArguments];
  TCC_CHECK(checkInputs(entry, in, numIn, symbols, true, status));
  if (numOut != entry.numOutputs)
    return fail(&status, TCC_ERROR_VALUE, "[artifact] expected %d outputs, got %d", entry.numOutputs, numOut);
  if (numOut > 0 && !out)
    return fail(&status, TCC_ERROR_VALUE, "[artifact] the array of outputs is null");
  bool isOwned;
  Instance *instance = instanceFor(artifact, *state, index, entry, symbols, isOwned, status);
  if (!instance)
    return status.code;

  const void *from[maxArguments];
  void *to[maxArguments];
  int32_t code = TCC_OK;
  for (int32_t i = 0; i < numIn; ++i)
    from[i] = in[i]->data ? dataOf(*in[i]) : nothing;
  Words types = entry.types;
  for (int32_t i = 0; i < numIn; ++i)
    readType(types);
  for (int32_t i = 0; i < numOut && code == TCC_OK; ++i) {
    Type type = readType(types);
    code = checkTensor("output", i, out[i], type, true, status);
    if (code == TCC_OK)
      code = checkSizes("output", i, instance->view.slots[numIn + i].shape, *out[i], status);
    if (code == TCC_OK)
      code = checkData("output", i, to[i] = dataOf(*out[i]), type, status);
    // Inputs are read while outputs are written.
    int64_t bytes = code == TCC_OK ? numElements(type.rank, out[i]->shape) * elementSize(type.dtype) : 0;
    auto overlaps = [&](const void *other, const DLTensor &tensor) {
      int64_t size = numElements(tensor.ndim, tensor.shape) * (tensor.dtype.bits / 8);
      auto a = reinterpret_cast<uintptr_t>(to[i]), b = reinterpret_cast<uintptr_t>(other);
      return bytes > 0 && size > 0 && a < b + uint64_t(size) && b < a + uint64_t(bytes);
    };
    for (int32_t k = 0; k < numIn && code == TCC_OK; ++k)
      if (overlaps(from[k], *in[k]))
        code = fail(&status, TCC_ERROR_VALUE, "[artifact] output %d overlaps input %d", i, k);
    for (int32_t k = 0; k < i && code == TCC_OK; ++k)
      if (overlaps(to[k], *out[k]))
        code = fail(&status, TCC_ERROR_VALUE, "[artifact] output %d overlaps output %d", i, k);
  }
  if (code == TCC_OK)
    code = execute(*instance, from, to, status);
  if (isOwned)
    destroy(instance);
  return code;
}

} // namespace
} // namespace tcc::runtime

using namespace tcc::runtime;

extern "C" {

int32_t tcc_plan_shapes(const TccArtifact *artifact, const char *name, const DLTensor *const *in, int32_t n_in,
                        DLTensor *out, int32_t n_out) {
  TccStatus &status = lastStatus;
  status.message[0] = 0;
  if (!stateOf(*artifact, status))
    return status.code;
  int64_t index = findEntry(*artifact, name, status);
  if (index < 0)
    return status.code;
  Entry entry = entryAt(*artifact, index);
  int64_t symbols[maxArguments];
  TCC_CHECK(checkInputs(entry, in, n_in, symbols, false, status));
  if (n_out != entry.numOutputs || (n_out > 0 && !out))
    return fail(&status, TCC_ERROR_VALUE, "[artifact] expected room for %d outputs, got %d", entry.numOutputs,
                out ? n_out : 0);
  thread_local int64_t sizes[maxArguments];
  int64_t *room = sizes;
  Words types = entry.types, slots = entry.slots;
  for (int32_t i = 0; i < n_in; ++i)
    readType(types);
  for (int32_t i = 0; i < n_in + n_out; ++i) {
    slots.take(4);
    int64_t rank = slots.next();
    if (i < n_in) {
      for (int64_t axis = 0; axis <= rank; ++axis) // with the offset
        slots.size(symbols);
      continue;
    }
    Type type = readType(types);
    DLTensor &tensor = out[i - n_in];
    if (tensor.shape && tensor.ndim < rank)
      return fail(&status, TCC_ERROR_SHAPE, "[artifact] output %d: room for %d sizes, it has %lld", i - n_in,
                  tensor.ndim, (long long)rank);
    if (!tensor.shape) {
      tensor.shape = room;
      room += rank;
    }
    tensor.ndim = int32_t(rank);
    tensor.dtype = dlTypeOf(type.dtype);
    tensor.device = {1, 0};
    for (int64_t axis = 0; axis < rank; ++axis)
      tensor.shape[axis] = slots.size(symbols);
    slots.size(symbols);
  }
  return TCC_OK;
}

int32_t tcc_plan_call(const TccArtifact *artifact, const char *entry, const DLTensor *const *in, int32_t n_in,
                      DLTensor *const *out, int32_t n_out) {
  lastStatus.message[0] = 0;
  return call(*artifact, entry, in, n_in, out, n_out, lastStatus);
}

int32_t tcc_plan_run(const TccArtifact *artifact, int32_t index, const void *const *in, const int64_t *sizes,
                     void *const *out) {
  TccStatus &status = lastStatus;
  status.message[0] = 0;
  State *state = stateOf(*artifact, status);
  if (!state)
    return status.code;
  Entry entry = entryAt(*artifact, index);
  for (int32_t i = 0; i < entry.numSymbols; ++i)
    if (sizes[i] < 0)
      return fail(&status, TCC_ERROR_SHAPE, "[artifact] a size is negative");
  TCC_CHECK(checkOpenSizes(entry, sizes, status));
  bool isOwned;
  Instance *instance = instanceFor(*artifact, *state, index, entry, sizes, isOwned, status);
  if (!instance)
    return status.code;
  Words types = entry.types;
  int32_t code = TCC_OK;
  const void *from[maxArguments];
  for (int32_t i = 0; i < entry.numInputs + entry.numOutputs && code == TCC_OK; ++i) {
    bool isInput = i < entry.numInputs;
    Type type = readType(types);
    const Slot &slot = instance->view.slots[i];
    const char *role = isInput ? "input" : "output";
    int32_t number = isInput ? i : i - entry.numInputs;
    const void *data = isInput ? in[i] : out[number];
    int64_t count = numElements(slot.rank, slot.shape);
    if (count < 0)
      code = fail(&status, TCC_ERROR_SHAPE, "[artifact] %s %d: too large", role, number);
    else if (count > 0 && !data)
      code = fail(&status, TCC_ERROR_VALUE, "[artifact] %s %d: its data is null", role, number);
    else
      code = checkData(role, number, data, type, status);
    if (isInput)
      from[i] = data ? data : nothing;
  }
  if (code == TCC_OK)
    code = execute(*instance, from, out, status);
  if (isOwned)
    destroy(instance);
  return code;
}

const char *tcc_plan_error(void) { return lastStatus.message; }

} // extern "C"
