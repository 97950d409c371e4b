// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exception type and the wording of its messages.
#include "frontend/Elements.h"
#include "frontend/UserError.h"

#include <cstdio>

namespace tcc {

Error::Error(const std::string &what, std::string op, Loc where, Kind kind)
    : std::runtime_error(what), op(std::move(op)), where(where), kind(kind) {}
Error::~Error() = default;

void raise(const char *op, const std::string &message, Loc where, Kind kind) {
  std::string_view file = where.file_name();
  file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
  std::string text = "[" + std::string(op) + "] " + message;
  text += " (" + std::string(file) + ":" + std::to_string(where.line()) + ")";
  throw Error(text, op, where, kind);
}

void detail::append(std::string &out, double part) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", part);
  out += text;
}
void detail::append(std::string &out, Dtype part) { out += dtype_name(part); }
void detail::append(std::string &out, const Shape &part) {
  out += '{';
  for (size_t i = 0; i < part.size(); ++i)
    out += (i ? ", " : "") + (isOpen(part[i]) ? "?" : std::to_string(part[i]));
  out += '}';
}

} // namespace tcc
