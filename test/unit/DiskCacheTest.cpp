// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The disk cache: its files alone, and whole processes that share one. A process of its own is this program, started
// with Child.DISABLED_Run, which compiles and runs one program and prints what it did.
#include "passes/DiskCache.h"
#include "passes/Program.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <utime.h>

using namespace tcc;
namespace fs = std::filesystem;

namespace {

// Two kernels, a library call, a constant in memory, and open sizes.
constexpr const char *program = R"mlir(
func.func @main(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<8xf32>) {
  %w = tcc.constant dense<"0x0000803F000000400000404000008040"> : tensor<4xf32>
  %0 = tcc.sin %x : tensor<?x8xf32>
  %1 = tcc.dot_general %0, %0 {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 0>,
    rhs_contract = array<i64: 0>} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<8x8xf32>
  %2 = tcc.reduce_sum %1 {axes = array<i64: 0>} : tensor<8x8xf32> -> tensor<8xf32>
  %3 = tcc.concatenate %w, %w {axis = 0} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %4 = tcc.multiply %2, %3 : tensor<8xf32>
  return %0, %4 : tensor<?x8xf32>, tensor<8xf32>
}
)mlir";

TEST(Child, DISABLED_Run) {
  mlir::DialectRegistry registry;
  registerProgramDialects(registry);
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(program, &context);
  ASSERT_TRUE(module);
  auto compiled = compileProgram(*module, "main");
  ASSERT_TRUE(mlir::succeeded(compiled));
  alignas(64) float x[24], y[24], z[8];
  for (int i = 0; i < 24; ++i)
    x[i] = 0.25f * i;
  const void *inputs[] = {x};
  void *outputs[] = {y, z};
  int64_t sizes[] = {3};
  TccStatus status = {};
  ASSERT_EQ((*compiled)->run(inputs, outputs, status, sizes), 0) << status.message;
  std::string bits = llvm::toHex(llvm::StringRef(reinterpret_cast<const char *>(y), sizeof(y))) +
                     llvm::toHex(llvm::StringRef(reinterpret_cast<const char *>(z), sizeof(z)));
  std::printf("compiled %lu loaded %lu damaged %lu bits %s\n", kernelCacheCounts().misses, kernelCacheCounts().loads,
              diskCacheCounts().damaged, bits.c_str());
}

struct Outcome {
  unsigned long compiled = 99, loaded = 99, damaged = 99;
  std::string bits;
};

Outcome read(FILE *child) {
  Outcome outcome;
  char line[2048], bits[1024];
  while (std::fgets(line, sizeof(line), child))
    if (std::sscanf(line, "compiled %lu loaded %lu damaged %lu bits %1000s", &outcome.compiled, &outcome.loaded,
                    &outcome.damaged, bits) == 4)
      outcome.bits = bits;
  EXPECT_EQ(pclose(child), 0);
  return outcome;
}

class DiskCacheTest : public ::testing::Test {
protected:
  DiskCacheTest() {
    char name[] = "/tmp/tcc-cache-XXXXXX";
    directory = mkdtemp(name);
  }
  ~DiskCacheTest() override { fs::remove_all(directory); }

  FILE *start(const std::string &environment) {
    return popen((environment + " " + fs::read_symlink("/proc/self/exe").string() +
                  " --gtest_also_run_disabled_tests --gtest_filter=Child.DISABLED_Run")
                     .c_str(),
                 "r");
  }
  Outcome run() { return read(start("TCC_CACHE_DIR=" + directory)); }

  std::shared_ptr<DiskCache> open(int64_t limit = DiskCache::defaultLimit) {
    return llvm::cantFail(DiskCache::open(directory, limit));
  }
  std::vector<fs::path> files() {
    std::vector<fs::path> found;
    for (auto &entry : fs::recursive_directory_iterator(directory))
      if (entry.is_regular_file())
        found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  static std::string content(const fs::path &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  static CacheKey key(uint8_t last) {
    CacheKey key{};
    key[1] = last; // all in one shard
    return key;
  }

  std::string directory;
};

TEST_F(DiskCacheTest, ASecondProcessCompilesNothing) {
  Outcome without = read(start("TCC_CACHE_DIR=")), first = run(), second = run();
  EXPECT_GT(first.compiled, 0u);
  EXPECT_EQ(second.compiled, 0u);
  EXPECT_EQ(second.loaded, first.compiled);
  EXPECT_FALSE(first.bits.empty());
  EXPECT_EQ(first.bits, without.bits);
  EXPECT_EQ(second.bits, first.bits);
}

TEST_F(DiskCacheTest, DamagedEntriesAreCompiledAgain) {
  Outcome good = run();
  std::vector<fs::path> entries = files();
  ASSERT_GE(entries.size(), 3u);
  auto damageAll = [&](auto change) {
    for (const fs::path &path : entries)
      write(path, change(content(path)));
    Outcome outcome = run();
    EXPECT_EQ(outcome.bits, good.bits);
    EXPECT_GT(outcome.damaged, 0u);
    Outcome repaired = run();
    EXPECT_EQ(repaired.bits, good.bits);
    EXPECT_EQ(repaired.compiled, 0u);
    EXPECT_EQ(repaired.damaged, 0u);
  };
  damageAll([](std::string bytes) { return bytes.substr(0, bytes.size() / 2); });
  damageAll([](std::string) { return std::string(); });
  damageAll([](std::string bytes) { return std::string(bytes.size(), 0); });
  damageAll([](std::string bytes) { return bytes + "more"; });
  // Another version of the format, and every entry under its neighbour's name.
  damageAll([](std::string bytes) { return bytes[7] = '0', bytes; });
  std::string last = content(entries.back());
  for (const fs::path &path : entries) {
    std::string own = content(path);
    write(path, last);
    last = own;
  }
  EXPECT_EQ(run().bits, good.bits);
  EXPECT_EQ(run().compiled, 0u);
}

TEST_F(DiskCacheTest, EveryFlippedOrMissingByteIsSeen) {
  auto cache = open();
  std::string payload = "what was compiled";
  cache->put(key(1), payload);
  ASSERT_EQ(cache->get(key(1)), payload);
  std::string path = cache->pathOf(key(1)), bytes = content(path);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] ^= 1;
    write(path, flipped);
    EXPECT_FALSE(cache->get(key(1))) << i;
    write(path, bytes.substr(0, i));
    EXPECT_FALSE(cache->get(key(1))) << i;
  }
  cache->put(key(1), payload);
  EXPECT_EQ(cache->get(key(1)), payload);
}

TEST_F(DiskCacheTest, ManyProcessesWriteAtOnce) {
  std::vector<FILE *> children;
  for (int i = 0; i < 6; ++i)
    children.push_back(start("TCC_CACHE_DIR=" + directory));
  std::string bits;
  for (FILE *child : children) {
    Outcome outcome = read(child);
    EXPECT_EQ(outcome.damaged, 0u);
    EXPECT_EQ(outcome.bits, bits.empty() ? outcome.bits : bits);
    bits = outcome.bits;
  }
  Outcome last = run();
  EXPECT_EQ(last.compiled, 0u);
  EXPECT_EQ(last.bits, bits);
  for (const fs::path &path : files())
    EXPECT_FALSE(path.filename().string().starts_with("new-"));
}

TEST_F(DiskCacheTest, KilledWritersLeaveWholeEntriesOnly) {
  for (int i = 0; i < 8; ++i) {
    std::string command = "TCC_CACHE_DIR=" + directory + " timeout -s KILL 0." + std::to_string(10 + 3 * i) + " " +
                          fs::read_symlink("/proc/self/exe").string() +
                          " --gtest_also_run_disabled_tests --gtest_filter=Child.DISABLED_Run >/dev/null 2>&1";
    (void)!std::system(command.c_str());
  }
  Outcome outcome = run();
  EXPECT_EQ(outcome.damaged, 0u);
  EXPECT_EQ(outcome.bits, read(start("TCC_CACHE_DIR=")).bits);
}

TEST_F(DiskCacheTest, TheLeastRecentlyUsedGoFirst) {
  auto cache = open(DiskCache::numShards * 4096);
  auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  std::string payload(1100, 'x');
  for (uint8_t i = 1; i <= 3; ++i, wait())
    cache->put(key(i), payload);
  EXPECT_TRUE(cache->get(key(1)));
  wait();
  // What a killed process left, a while ago.
  std::string shard = fs::path(cache->pathOf(key(1))).parent_path();
  write(shard + "/new-abcdef", "half");
  utimbuf longAgo{1000, 1000};
  utime((shard + "/new-abcdef").c_str(), &longAgo);
  cache->put(key(4), payload);
  EXPECT_TRUE(cache->get(key(1)));
  EXPECT_FALSE(cache->get(key(2)));
  EXPECT_TRUE(cache->get(key(3)));
  EXPECT_TRUE(cache->get(key(4)));
  EXPECT_FALSE(fs::exists(shard + "/new-abcdef"));
  cache->put(key(5), std::string(5000, 'x')); // more than its share
  EXPECT_FALSE(cache->get(key(5)));
  EXPECT_TRUE(cache->get(key(4)));
}

TEST_F(DiskCacheTest, RefusesWhatItCannotUse) {
  auto messageOf = [](const std::string &path) {
    auto cache = DiskCache::open(path, 1 << 20);
    return cache ? std::string() : llvm::toString(cache.takeError());
  };
  write(directory + "/file", "");
  EXPECT_NE(messageOf(directory + "/file/below").find("Not a directory"), std::string::npos);
  EXPECT_NE(messageOf(directory + "/file").find("Not a directory"), std::string::npos);
  EXPECT_EQ(messageOf(directory + "/new/nested"), "");
  chmod((directory + "/new").c_str(), 0777);
  EXPECT_NE(messageOf(directory + "/new").find("may be written by everybody"), std::string::npos);
  // The environment's is only done without.
  Outcome outcome = read(start("TCC_CACHE_DIR=" + directory + "/file 2>/dev/null"));
  EXPECT_GT(outcome.compiled, 0u);
}

TEST(CacheKeys, DependOnBuildAndTarget) {
  EXPECT_NE(compilerIdentity().find("llvm "), llvm::StringRef::npos);
  Target host = Target::host(), other = host;
  other.cpu = "another";
  EXPECT_NE(describeCompilation(host), describeCompilation(other));
  EXPECT_NE(describeCompilation(host).find(compilerIdentity().str()), std::string::npos);
}

} // namespace
