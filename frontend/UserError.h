// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the frontend complains: "[op] expected ..., got ... (file.cpp:line)".
#pragma once

#include "tcc/Error.h"

#include <string>
#include <string_view>

namespace tcc {

/// Throws Error with op and the user's line put around the message.
[[noreturn]] void raise(const char *op, const std::string &message, Loc where, Kind kind);

namespace detail {
inline void append(std::string &out, std::string_view part) { out += part; }
inline void append(std::string &out, const char *part) { out += part; }
inline void append(std::string &out, int64_t part) { out += std::to_string(part); }
inline void append(std::string &out, int part) { out += std::to_string(part); }
inline void append(std::string &out, size_t part) { out += std::to_string(part); }
void append(std::string &out, double part);
void append(std::string &out, Dtype part);
/// {2, 3}
void append(std::string &out, const Shape &part);
} // namespace detail

/// fail("matmul", where, Kind::shape, "expected ..., got ", a.shape()).
template <class... Parts> [[noreturn]] void fail(const char *op, Loc where, Kind kind, const Parts &...parts) {
  std::string message;
  (detail::append(message, parts), ...);
  raise(op, message, where, kind);
}

} // namespace tcc
