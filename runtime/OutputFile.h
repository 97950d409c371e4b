// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that appear whole or not at all.
#ifndef TCC_RUNTIME_OUTPUTFILE_H
#define TCC_RUNTIME_OUTPUTFILE_H

#include <stdio.h>
#include <string>

namespace tcc::runtime {

/// Written beside its place, renamed by commit(), removed otherwise. A device or a pipe is written to directly.
class OutputFile {
public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  /// Appends. Empty on success, else "cannot write 'path': why".
  std::string write(const void *bytes, size_t size);
  /// The same for everything written. Nothing follows.
  std::string commit();
  /// Where another program may write instead, after an empty write(); it has the ending of the final path.
  const std::string &temporary() const { return temporaryPath; }

private:
  std::string problem() const;

  std::string path, temporaryPath;
  FILE *file = nullptr;
};

/// Removes the temporaries of all objects alive; may be called from a signal handler.
void removeTemporaries();

} // namespace tcc::runtime
#endif
