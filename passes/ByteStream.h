// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain data as bytes, for entries of the disk cache. A reader that meets the end or an impossible length fails for
// good and gives zeros from then on: ask `ok()` once, at the end.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace tcc {

template <class T>
concept PlainData = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

class ByteWriter {
public:
  template <PlainData T> void add(const T &value) { bytes.append(reinterpret_cast<const char *>(&value), sizeof(T)); }
  void add(llvm::StringRef text) {
    add(uint64_t(text.size()));
    bytes.append(text.data(), text.size());
  }
  template <PlainData T> void add(const std::vector<T> &values) {
    add(llvm::StringRef(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)));
  }
  std::string bytes;
};

class ByteReader {
public:
  explicit ByteReader(llvm::StringRef bytes) : rest(bytes) {}

  template <PlainData T> T get() {
    T value{};
    if (take(sizeof(T)))
      std::memcpy(&value, taken.data(), sizeof(T));
    return value;
  }
  /// Valid while the bytes are.
  llvm::StringRef text() {
    auto size = get<uint64_t>();
    return take(size) ? taken : llvm::StringRef();
  }
  template <PlainData T> std::vector<T> vector() {
    llvm::StringRef raw = text();
    std::vector<T> values(raw.size() / sizeof(T));
    if (raw.size() % sizeof(T))
      failed = true;
    else if (!values.empty())
      std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }
  /// A number of things to follow, of which each takes at least one byte.
  size_t count() {
    auto size = get<uint64_t>();
    if (size > rest.size())
      failed = true;
    return failed ? 0 : size;
  }
  /// For what has the right length and cannot be right.
  void fail() { failed = true; }
  /// Whether everything was there.
  bool ok() const { return !failed; }

private:
  bool take(uint64_t size) {
    if (failed || size > rest.size())
      return failed = true, false;
    taken = rest.take_front(size);
    rest = rest.drop_front(size);
    return true;
  }
  llvm::StringRef rest, taken;
  bool failed = false;
};

} // namespace tcc
