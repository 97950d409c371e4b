// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of the cache. An entry is written under a temporary name and renamed, so that a reader sees all of it or
// nothing; after a power failure it may still be garbage, which its digest tells without an fsync for each write.
#include "passes/DiskCache.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tcc {
namespace {

/// What a file begins with; `digest` is that of the rest of the header and the payload.
struct Header {
  char magic[8];
  uint64_t payloadBytes;
  CacheKey key;
  std::array<uint8_t, 32> digest;
};
static_assert(sizeof(Header) == 80);
/// Changes with the format of entries.
constexpr char magic[8] = {'t', 'c', 'c', 'c', 'a', 'c', 'h', '1'};
/// A temporary file that old belongs to a process that died.
constexpr time_t secondsToWrite = 600;

struct Counters {
  std::atomic<uint64_t> hits{0}, misses{0}, damaged{0}, writes{0};
} counters;

std::array<uint8_t, 32> digestOf(const Header &header, llvm::StringRef payload) {
  llvm::BLAKE3 hasher;
  hasher.update(llvm::StringRef(reinterpret_cast<const char *>(&header), offsetof(Header, digest)));
  hasher.update(payload);
  return hasher.final();
}

llvm::Error failure(const std::string &what, int code) {
  return llvm::createStringError("%s: %s", what.c_str(), std::strerror(code));
}

class File {
public:
  explicit File(int descriptor) : descriptor(descriptor) {}
  ~File() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
  File(const File &) = delete;
  explicit operator bool() const { return descriptor >= 0; }
  bool readAll(char *to, size_t bytes) const {
    for (size_t done = 0; done < bytes;) {
      ssize_t count = ::read(descriptor, to + done, bytes - done);
      if (count < 0 && errno == EINTR)
        continue;
      if (count <= 0)
        return false;
      done += count;
    }
    return true;
  }
  bool writeAll(const void *from, size_t bytes) const {
    for (size_t done = 0; done < bytes;) {
      ssize_t count = ::write(descriptor, static_cast<const char *>(from) + done, bytes - done);
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return false;
      done += count;
    }
    return true;
  }
  const int descriptor;
};

int makeDirectories(const std::string &path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
    return 0;
  size_t slash = path.find_last_of('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0)
    return errno;
  if (int code = makeDirectories(path.substr(0, slash)))
    return code;
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

std::string hex(llvm::ArrayRef<uint8_t> bytes) { return llvm::toHex(bytes, /*LowerCase=*/true); }

/// The GNU build id of the file that `address` was loaded from, which differs between any two builds.
std::string buildIdOf(const void *address) {
  struct Search {
    uintptr_t address;
    std::string id;
  } search{reinterpret_cast<uintptr_t>(address), {}};
  dl_iterate_phdr(
      [](dl_phdr_info *file, size_t, void *data) {
        auto &search = *static_cast<Search *>(data);
        auto segments = llvm::ArrayRef(file->dlpi_phdr, file->dlpi_phnum);
        if (!llvm::any_of(segments, [&](const ElfW(Phdr) & segment) {
              uintptr_t begin = file->dlpi_addr + segment.p_vaddr;
              return segment.p_type == PT_LOAD && search.address >= begin && search.address < begin + segment.p_memsz;
            }))
          return 0;
        for (const ElfW(Phdr) &segment : segments) {
          if (segment.p_type != PT_NOTE)
            continue;
          const char *at = reinterpret_cast<const char *>(file->dlpi_addr + segment.p_vaddr);
          for (const char *end = at + segment.p_memsz; at + sizeof(ElfW(Nhdr)) <= end;) {
            auto *note = reinterpret_cast<const ElfW(Nhdr) *>(at);
            const char *name = at + sizeof(*note), *value = name + llvm::alignTo(note->n_namesz, 4);
            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
              search.id = hex({reinterpret_cast<const uint8_t *>(value), note->n_descsz});
            at = value + llvm::alignTo(note->n_descsz, 4);
          }
        }
        return 1;
      },
      &search);
  return search.id;
}

struct Process {
  std::mutex mutex;
  bool isSet = false;
  std::shared_ptr<DiskCache> cache;
};
// Never destroyed: threads may compile while the process exits.
Process &process() {
  static Process *instance = new Process;
  return *instance;
}

} // namespace

llvm::StringRef compilerIdentity() {
  static const std::string identity = [] {
    std::string own = buildIdOf(reinterpret_cast<const void *>(&diskCacheCounts));
    std::string llvm = buildIdOf(reinterpret_cast<const void *>(&llvm::errs));
    return own.empty() || llvm.empty() ? std::string() : "tcc " + own + ", llvm " + llvm;
  }();
  return identity;
}

DiskCacheCounts diskCacheCounts() { return {counters.hits, counters.misses, counters.damaged, counters.writes}; }

llvm::Expected<std::shared_ptr<DiskCache>> DiskCache::open(const std::string &directory, int64_t limitBytes) {
  if (compilerIdentity().empty())
    return llvm::createStringError("tcc or LLVM was linked without a build id (--build-id), so that entries of other "
                                   "builds could not be told");
  if (int code = makeDirectories(directory))
    return failure("cannot create '" + directory + "'", code);
  struct stat status;
  if (::stat(directory.c_str(), &status))
    return failure("cannot open '" + directory + "'", errno);
  if (!S_ISDIR(status.st_mode))
    return failure("cannot use '" + directory + "'", ENOTDIR);
  if ((status.st_uid != ::geteuid() && status.st_uid != 0) || (status.st_mode & S_IWOTH))
    return llvm::createStringError("'%s' belongs to another user or may be written by everybody: its entries are code "
                                   "that would be run",
                                   directory.c_str());
  return std::shared_ptr<DiskCache>(new DiskCache(directory, limitBytes));
}

std::shared_ptr<DiskCache> DiskCache::ofProcess() {
  std::lock_guard lock(process().mutex);
  if (std::exchange(process().isSet, true))
    return process().cache;
  const char *directory = std::getenv("TCC_CACHE_DIR"), *limit = std::getenv("TCC_CACHE_LIMIT");
  if (!directory || !*directory)
    return nullptr;
  int64_t bytes = defaultLimit;
  if (limit && llvm::StringRef(limit).getAsInteger(10, bytes))
    std::fprintf(stderr, "tcc: TCC_CACHE_LIMIT: expected a number of bytes, got '%s'\n", limit);
  auto cache = open(directory, bytes);
  // The environment is seldom the program's own: compiling without a cache is better than not running.
  if (!cache)
    std::fprintf(stderr, "tcc: TCC_CACHE_DIR is not used: %s\n", llvm::toString(cache.takeError()).c_str());
  else
    process().cache = *cache;
  return process().cache;
}

void DiskCache::setOfProcess(std::shared_ptr<DiskCache> cache) {
  std::lock_guard lock(process().mutex);
  process().isSet = true;
  process().cache = std::move(cache);
}

std::string DiskCache::pathOf(const CacheKey &key) const {
  return directory + "/" + hex(key[0] % numShards) + "/" + hex(llvm::ArrayRef(key).take_front(20));
}

std::optional<std::string> DiskCache::get(const CacheKey &key) const {
  File file(::open(pathOf(key).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!file || ::fstat(file.descriptor, &status) || !S_ISREG(status.st_mode)) {
    ++counters.misses;
    return std::nullopt;
  }
  auto damaged = [&] {
    ++counters.damaged;
    ++counters.misses;
    return std::nullopt;
  };
  Header header;
  if (status.st_size < int64_t(sizeof(header)) || !file.readAll(reinterpret_cast<char *>(&header), sizeof(header)) ||
      std::memcmp(header.magic, magic, sizeof(magic)) || header.key != key ||
      header.payloadBytes != uint64_t(status.st_size) - sizeof(header))
    return damaged();
  std::string payload(header.payloadBytes, 0);
  if (!file.readAll(payload.data(), payload.size()) || digestOf(header, payload) != header.digest)
    return damaged();
  ::futimens(file.descriptor, nullptr); // used now: not the next one to be evicted
  ++counters.hits;
  return payload;
}

void DiskCache::put(const CacheKey &key, llvm::StringRef payload) const {
  if (int64_t(payload.size() + sizeof(Header)) > limit / numShards)
    return;
  std::string path = pathOf(key), shard = path.substr(0, path.find_last_of('/'));
  if (makeDirectories(shard))
    return;
  Header header;
  std::memcpy(header.magic, magic, sizeof(magic));
  header.payloadBytes = payload.size();
  header.key = key;
  header.digest = digestOf(header, payload);
  std::string temporary = shard + "/new-XXXXXX";
  File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file)
    return;
  if (!file.writeAll(&header, sizeof(header)) || !file.writeAll(payload.data(), payload.size()) ||
      ::rename(temporary.c_str(), path.c_str())) {
    ::unlink(temporary.c_str());
    return;
  }
  ++counters.writes;
  evict(shard);
}

// The least recently used go first. Other processes may do the same: what is gone already is no error.
void DiskCache::evict(const std::string &shard) const {
  struct Entry {
    timespec used;
    int64_t bytes;
    std::string name;
  };
  std::vector<Entry> entries;
  int64_t total = 0;
  DIR *directory = ::opendir(shard.c_str());
  if (!directory)
    return;
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  while (dirent *item = ::readdir(directory)) {
    struct stat status;
    if (::fstatat(::dirfd(directory), item->d_name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status.st_mode))
      continue;
    if (llvm::StringRef(item->d_name).starts_with("new-")) {
      if (status.st_mtim.tv_sec + secondsToWrite < now.tv_sec)
        ::unlinkat(::dirfd(directory), item->d_name, 0);
      continue;
    }
    total += status.st_size;
    entries.push_back({status.st_mtim, status.st_size, item->d_name});
  }
  if (total > limit / numShards) {
    std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) {
      return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
    });
    for (const Entry &entry : entries) {
      if (total <= limit / numShards)
        break;
      ::unlinkat(::dirfd(directory), entry.name.c_str(), 0);
      total -= entry.bytes;
    }
  }
  ::closedir(directory);
}

} // namespace tcc
