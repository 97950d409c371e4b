// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that appear whole or not at all.
#pragma once

#include <string>

namespace tcc::aot {

/// Written beside its place, renamed by commit(), removed otherwise.
class OutputFile {
public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  /// Where to write; it has the ending of the final path.
  const std::string &temporary() const { return temporaryPath; }
  /// Empty on success, else what went wrong.
  std::string write(const void *bytes, size_t size);
  std::string commit();

private:
  std::string path, temporaryPath;
};

/// Removes the temporaries of all objects alive; may be called from a signal handler.
void removeTemporaries();

} // namespace tcc::aot
