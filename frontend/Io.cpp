// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// io::save and io::load: the format by the name's ending, whole files, .npy.
#include "tcc/Io.h"
#include "frontend/Axes.h"
#include "frontend/Files.h"
#include "runtime/Npy.h"
#include "runtime/OutputFile.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tcc {

std::string readFile(const std::string &path, Loc where) {
  FILE *file = std::fopen(path.c_str(), "rb");
  if (!file)
    fail("load", where, Kind::io, "cannot open \"", path, "\": ", std::strerror(errno));
  std::string bytes;
  char block[1 << 16];
  size_t n;
  while ((n = std::fread(block, 1, sizeof block, file)) > 0)
    bytes.append(block, n);
  bool failed = std::ferror(file);
  std::fclose(file);
  if (failed)
    fail("load", where, Kind::io, "cannot read \"", path, "\"");
  return bytes;
}

void writeFile(const std::string &path, const std::string &bytes, Loc where) {
  runtime::OutputFile file(path);
  std::string problem = file.write(bytes.data(), bytes.size());
  if (problem.empty())
    problem = file.commit();
  if (!problem.empty())
    fail("save", where, Kind::io, problem);
}

std::string npyBytes(const Tensor &x, Loc where) {
  static constexpr const char *codes[] = {"|b1", "|i1",   "<i2", "<i4", "<i8", "|u1", "<u4",
                                          "<f2", nullptr, "<f4", "<f8", "<c8", "<c16"};
  const char *code = codes[size_t(x.dtype())];
  if (!code)
    fail("save", where, Kind::dtype, "expected a dtype that NumPy has, got ", x.dtype(), " (safetensors has it)");
  std::string header = "{'descr': '" + std::string(code) + "', 'fortran_order': False, 'shape': (";
  for (int64_t d : x.shape())
    header += std::to_string(d) + ", ";
  // Python writes (3,) but (2, 3) and ().
  if (x.ndim() > 1)
    header.erase(header.size() - 2);
  else if (x.ndim() == 1)
    header.pop_back();
  header += "), }";
  // The data begins at a multiple of 64; the header ends with a line break.
  size_t total = (10 + header.size() + 1 + 63) / 64 * 64;
  header.append(total - 10 - header.size() - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += char(header.size() & 255);
  bytes += char(header.size() >> 8);
  bytes += header;
  const char *data = static_cast<const char *>(evaluated(x, where).data());
  bytes.append(data, size_t(x.size() * itemsize(x.dtype())));
  return bytes;
}

Tensor fromNpy(const std::string &name, const std::string &bytes, Loc where) {
  runtime::NpyArray array;
  if (std::string error = runtime::parseNpy(name, bytes.data(), int64_t(bytes.size()), array); !error.empty())
    fail("load", where, Kind::io, error);
  return fromBuffer(std::move(array.data), Dtype(array.dtype), std::move(array.shape));
}

namespace io {
namespace {

bool endsWith(const std::string &path, const char *ending) { return path.ends_with(ending); }

} // namespace

void save(const std::string &path, const Tensor &x, Loc where) {
  if (!endsWith(path, ".npy"))
    fail("save", where, Kind::value, "expected a name ending in .npy for one tensor, got \"", path, "\"");
  writeFile(path, npyBytes(asNode(x, "save", where), where), where);
}

void save(const std::string &path, const std::map<std::string, Tensor> &tensors, Loc where) {
  Entries entries;
  for (const auto &[name, x] : tensors)
    entries.emplace(name, asNode(x, "save", where));
  if (endsWith(path, ".npz"))
    writeFile(path, npzBytes(entries, where), where);
  else if (endsWith(path, ".safetensors"))
    writeFile(path, safetensorsBytes(entries, where), where);
  else
    fail("save", where, Kind::value, "expected a name ending in .npz or .safetensors, got \"", path, "\"");
}

Loaded load(const std::string &path, Loc where) {
  if (endsWith(path, ".npz"))
    return Loaded(fromNpz(path, readFile(path, where), where));
  if (endsWith(path, ".safetensors"))
    return Loaded(fromSafetensors(path, readFile(path, where), where));
  if (endsWith(path, ".npy"))
    return Loaded(Entries{{"", fromNpy(path, readFile(path, where), where)}});
  fail("load", where, Kind::value, "expected a name ending in .npy, .npz or .safetensors, got \"", path, "\"");
}

Loaded::operator Tensor() const {
  if (entries.size() != 1)
    fail("load", Loc::current(), Kind::value, "expected a file with one tensor, got ", entries.size());
  return entries.begin()->second;
}
const Tensor &Loaded::at(const std::string &name, Loc where) const {
  auto it = entries.find(name);
  if (it == entries.end())
    fail("load", where, Kind::value, "expected the name of a tensor in the file, got \"", name, "\"");
  return it->second;
}

std::function<std::vector<Tensor>(std::vector<Tensor>)> load_onnx(const std::string &path, Loc where) {
  fail("load_onnx", where, Kind::io, "this build reads no ONNX models, got \"", path, "\"");
}

} // namespace io
} // namespace tcc
