// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/aot/OutputFile.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

namespace tcc::aot {
namespace {

// Read by signal handlers, hence fixed memory: the temporary files of this process that a crash must not leave.
constexpr int maxTemporaries = 16;
char temporaries[maxTemporaries][4096];
std::mutex registration;

void forget(const std::string &path) {
  std::lock_guard lock(registration);
  for (auto &slot : temporaries)
    if (path == slot)
      slot[0] = 0;
}

} // namespace

void removeTemporaries() {
  for (auto &path : temporaries)
    if (path[0])
      unlink(path);
}

OutputFile::OutputFile(std::string where) : path(std::move(where)) {
  // A device or a pipe is written to, never replaced.
  struct stat known;
  if (stat(path.c_str(), &known) == 0 && !S_ISREG(known.st_mode) && !S_ISDIR(known.st_mode)) {
    temporaryPath = path;
    return;
  }
  size_t slash = path.rfind('/'), dot = path.rfind('.');
  std::string ending = dot != path.npos && (slash == path.npos || dot > slash) ? path.substr(dot) : "";
  static std::atomic<unsigned> count{0};
  temporaryPath = path.substr(0, path.size() - ending.size()) + ".tmp" + std::to_string(getpid()) + "-" +
                  std::to_string(count++) + ending;
  std::lock_guard lock(registration);
  for (auto &slot : temporaries)
    if (!slot[0] && temporaryPath.size() < sizeof slot) {
      memcpy(slot, temporaryPath.c_str(), temporaryPath.size() + 1);
      break;
    }
}

OutputFile::~OutputFile() {
  if (temporaryPath.empty() || temporaryPath == path)
    return;
  unlink(temporaryPath.c_str());
  forget(temporaryPath);
}

std::string OutputFile::write(const void *bytes, size_t size) {
  FILE *file = fopen(temporaryPath.c_str(), "wb");
  if (!file)
    return "cannot write '" + path + "': " + strerror(errno);
  bool whole = fwrite(bytes, 1, size, file) == size;
  whole &= fclose(file) == 0;
  return whole ? "" : "cannot write '" + path + "': " + strerror(errno);
}

std::string OutputFile::commit() {
  if (temporaryPath != path && rename(temporaryPath.c_str(), path.c_str()) != 0)
    return "cannot write '" + path + "': " + strerror(errno);
  forget(temporaryPath);
  temporaryPath.clear();
  return "";
}

} // namespace tcc::aot
