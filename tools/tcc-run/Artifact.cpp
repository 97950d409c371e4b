// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running an entry of an artifact: a shared library with the C ABI of runtime/Artifact.h.
#include "runtime/Artifact.h"
#include "runtime/Tensors.h"
#include "tools/tcc-run/Callable.h"

#include "llvm/Support/JSON.h"
#include <dlfcn.h>

namespace tcc::command {
namespace {

DLDataType dlType(int32_t dtype) {
  static constexpr uint8_t codes[] = {6, 0, 0, 0, 0, 1, 1, 2, 4, 2, 2, 5, 5};
  return {codes[dtype], uint8_t(runtime::elementSize(dtype) * 8), 1};
}

class ArtifactEntry final : public Callable {
public:
  ArtifactEntry(std::string path, std::string entry) : path(std::move(path)), entry(std::move(entry)) {}

  Failure load();
  const std::vector<TensorType> &inputTypes() const override { return inputs; }
  std::string position() const override { return path; }
  Failure call(const Tensors &inputs, Tensors &outputs) override;

private:
  template <class F> bool find(F &function, const char *name) {
    return (function = reinterpret_cast<F>(dlsym(library, name))) != nullptr;
  }
  Failure failed() const {
    std::string what = error();
    if (size_t end = what.find("] "); what.starts_with("[") && end != what.npos)
      what = what.substr(1, end - 1) + ": " + what.substr(end + 2);
    return mistake(path, what);
  }

  std::string path, entry;
  std::vector<TensorType> inputs, outputs;
  void *library = nullptr; // stays open: its threads may be running
  decltype(&tcc_plan_error) info = nullptr, error = nullptr;
  int32_t (*shapes)(const char *, const DLTensor *const *, int32_t, DLTensor *, int32_t) = nullptr;
  int32_t (*invoke)(const char *, const DLTensor *const *, int32_t, DLTensor *const *, int32_t) = nullptr;
};

bool readTypes(const llvm::json::Object &object, llvm::StringRef key, std::vector<TensorType> &types) {
  const llvm::json::Array *array = object.getArray(key);
  if (!array)
    return false;
  for (const llvm::json::Value &element : *array) {
    const llvm::json::Object *tensor = element.getAsObject();
    const llvm::json::Array *shape = tensor ? tensor->getArray("shape") : nullptr;
    auto dtype = tensor ? tensor->getString("dtype") : std::nullopt;
    if (!shape || !dtype)
      return false;
    TensorType &type = types.emplace_back();
    type.dtype = 0;
    while (type.dtype < TCC_NUM_DTYPES && *dtype != runtime::dtypeName(type.dtype))
      ++type.dtype;
    if (type.dtype == TCC_NUM_DTYPES)
      return false;
    for (const llvm::json::Value &size : *shape)
      type.shape.push_back(size.getAsInteger().value_or(-1));
  }
  return true;
}

Failure ArtifactEntry::load() {
  // Without a slash dlopen would search the system's directories instead of this one.
  library = dlopen(path.find('/') == path.npos ? ("./" + path).c_str() : path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return mistake(path, std::string("cannot load the artifact: ") + dlerror());
  if (!find(info, "tcc_artifact_info") || !find(error, "tcc_artifact_error") || !find(shapes, "tcc_artifact_shapes") ||
      !find(invoke, "tcc_artifact_call"))
    return mistake(path, "not an artifact of tcc-compile: it lacks tcc_artifact_info, _shapes, _call or _error");
  auto json = llvm::json::parse(info());
  if (!json) {
    llvm::consumeError(json.takeError());
    return mistake(path, "damaged artifact: its description is not JSON");
  }
  std::string known;
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Array *entries = object ? object->getArray("entries") : nullptr;
  for (size_t i = 0; entries && i < entries->size(); ++i) {
    const llvm::json::Object *description = (*entries)[i].getAsObject();
    auto name = description ? description->getString("name") : std::nullopt;
    if (!name)
      return mistake(path, "damaged artifact: an entry without a name");
    known += (known.empty() ? " '" : ", '") + name->str() + "'";
    if (*name != entry)
      continue;
    if (!readTypes(*description, "inputs", inputs) || !readTypes(*description, "outputs", outputs))
      return mistake(path, "damaged artifact: an entry without types");
    return {};
  }
  return mistake(path, "no entry '" + entry + "'; it has" + known);
}

Failure ArtifactEntry::call(const Tensors &in, Tensors &out) {
  std::vector<DLTensor> tensors;
  tensors.reserve(in.size() + outputs.size());
  std::vector<const DLTensor *> from;
  for (const runtime::NpyArray &array : in) {
    tensors.push_back({array.data.data(),
                       {1, 0},
                       int32_t(array.shape.size()),
                       dlType(array.dtype),
                       const_cast<int64_t *>(array.shape.data()),
                       nullptr,
                       0});
    from.push_back(&tensors.back());
  }
  std::vector<DLTensor> results(outputs.size(), DLTensor{});
  if (shapes(entry.c_str(), from.data(), int32_t(from.size()), results.data(), int32_t(results.size())))
    return failed();
  std::vector<DLTensor *> to;
  for (size_t i = 0; i < results.size(); ++i) {
    runtime::NpyArray &array = out.emplace_back();
    array.dtype = outputs[i].dtype;
    array.shape.assign(results[i].shape, results[i].shape + results[i].ndim);
    int64_t bytes = runtime::allocationBytes(array.dtype, int32_t(array.shape.size()), array.shape.data());
    if (bytes >= 0)
      array.data = runtime::Buffer::create(bytes);
    if (!array.data)
      return mistake(path, "no memory for result " + std::to_string(i) + ", " + typeText(array.dtype, array.shape));
    results[i].data = array.data.data();
    results[i].shape = array.shape.data();
    to.push_back(&results[i]);
  }
  return invoke(entry.c_str(), from.data(), int32_t(from.size()), to.data(), int32_t(to.size())) ? failed() : Failure();
}

} // namespace

Failure loadArtifact(const std::string &path, const std::string &entry, std::unique_ptr<Callable> &callable) {
  auto artifact = std::make_unique<ArtifactEntry>(path, entry);
  Failure failure = artifact->load();
  if (!failure)
    callable = std::move(artifact);
  return failure;
}

} // namespace tcc::command
