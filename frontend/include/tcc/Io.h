// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files: .npy, .npz (written stored, read compressed, too) and .safetensors in and out, by the name's ending. Files are
// not trusted: a damaged one is an Error of kind io.
#pragma once

#include "tcc/Tensor.h"

#include <functional>
#include <map>
#include <string>

namespace tcc::io {

/// One tensor to .npy. Evaluates. Nothing half-written is left behind.
TCC_API void save(const std::string &path, const Tensor &x, Loc where = Loc::current());
/// Tensors by name to .npz or .safetensors.
TCC_API void save(const std::string &path, const std::map<std::string, Tensor> &tensors, Loc where = Loc::current());
/// What a file holds: one tensor (.npy) or many by name.
class TCC_API Loaded {
public:
  explicit Loaded(std::map<std::string, Tensor> entries) : entries(std::move(entries)) {}
  /// The only tensor; throws if there are more.
  operator Tensor() const;
  /// Throws for unknown names.
  const Tensor &at(const std::string &name, Loc where = Loc::current()) const;
  const Tensor &operator[](const std::string &name) const { return at(name); }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }
  size_t size() const { return entries.size(); }

private:
  std::map<std::string, Tensor> entries;
};
/// Throws Kind::io for missing or damaged files and for dtypes that tcc has not.
TCC_API Loaded load(const std::string &path, Loc where = Loc::current());
/// An ONNX model as a function of its inputs, in their order. Not there yet: throws Kind::io.
TCC_API std::function<std::vector<Tensor>(std::vector<Tensor>)> load_onnx(const std::string &path,
                                                                          Loc where = Loc::current());

} // namespace tcc::io
