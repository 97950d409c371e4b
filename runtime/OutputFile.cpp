// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/OutputFile.h"
#include "runtime/System.h"

#include <atomic>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tcc::runtime {
namespace {

// Read by signal handlers, hence fixed memory: the temporary files of this process that a crash must not leave.
constexpr int maxTemporaries = 16;
char temporaries[maxTemporaries][4096];
Mutex registration;

void enlist(const std::string &path) {
  registration.lock();
  for (auto &slot : temporaries)
    if (!slot[0] && path.size() < sizeof slot) {
      memcpy(slot, path.c_str(), path.size() + 1);
      break;
    }
  registration.unlock();
}

void forget(const std::string &path) {
  registration.lock();
  for (auto &slot : temporaries)
    if (path == slot)
      slot[0] = 0;
  registration.unlock();
}

} // namespace

void removeTemporaries() {
  for (auto &path : temporaries)
    if (path[0])
      unlink(path);
}

OutputFile::OutputFile(std::string where) : path(std::move(where)) {
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
  enlist(temporaryPath);
}

OutputFile::~OutputFile() {
  if (file)
    fclose(file);
  if (temporaryPath.empty() || temporaryPath == path)
    return;
  unlink(temporaryPath.c_str());
  forget(temporaryPath);
}

std::string OutputFile::problem() const { return "cannot write '" + path + "': " + strerror(errno); }

std::string OutputFile::write(const void *bytes, size_t size) {
  if (!file)
    file = fopen(temporaryPath.c_str(), "wb");
  return file && fwrite(bytes, 1, size, file) == size ? "" : problem();
}

std::string OutputFile::commit() {
  // On the disk before it takes its place: the power may fail, too. Devices and pipes have no disk.
  bool done = file && fflush(file) == 0 && (fsync(fileno(file)) == 0 || errno == EINVAL || errno == EROFS);
  std::string failure = done ? "" : problem();
  if (file && fclose(file) != 0 && done)
    failure = problem();
  file = nullptr;
  if (!failure.empty() || temporaryPath == path)
    return failure;
  if (rename(temporaryPath.c_str(), path.c_str()) != 0)
    return problem();
  forget(temporaryPath);
  temporaryPath.clear();
  return "";
}

} // namespace tcc::runtime
