// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The thread pool, the memory pool and plans: coverage of ranges, nesting, fork, limits, dependences and failures.
#include "RuntimeFixture.h"
#include "runtime/Memory.h"
#include "runtime/Plan.h"
#include <atomic>
#include <chrono>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace tcc::runtime;
using namespace tcc::runtime::test;

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
/// The child of a fork starts threads of its own, which the sanitizer refuses unless asked.
extern "C" const char *__tsan_default_options() { return "die_after_fork=0"; }
#endif
#endif

namespace {

class RuntimeThreads : public testing::Test {
protected:
  void TearDown() override { setNumThreads(0); }
};

TEST_F(RuntimeThreads, each_iteration_runs_once) {
  for (int threads : {1, 2, 3, 8}) {
    setNumThreads(threads);
    EXPECT_EQ(numThreads(), threads);
    for (int64_t extent : {0, 1, 2, 7, 1000, 100003})
      for (int64_t grain : {1, 64, 100000}) {
        std::vector<std::atomic<int>> counts(static_cast<size_t>(extent));
        parallelFor(extent, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            ++counts[size_t(i)];
        });
        for (auto &count : counts)
          ASSERT_EQ(count, 1);
      }
  }
}

TEST_F(RuntimeThreads, nested_loops_finish) {
  for (int threads : {2, 4, 8}) {
    setNumThreads(threads);
    std::atomic<int64_t> sum{0};
    for (int repeat = 0; repeat < 20; ++repeat)
      parallelFor(10, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          parallelFor(10, 1, [&](int64_t b, int64_t e) {
            for (int64_t j = b; j < e; ++j)
              parallelFor(10, 1, [&](int64_t first, int64_t last) { sum += last - first; });
          });
      });
    EXPECT_EQ(sum, 20000);
  }
}

TEST_F(RuntimeThreads, many_callers_share_the_pool) {
  setNumThreads(3);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 6; ++c)
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 300; ++repeat)
        parallelFor(50, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(sum, 6 * 300 * 50);
}

TEST_F(RuntimeThreads, a_forked_child_computes) {
  setNumThreads(2);
  Array<double> a = randomArray<double>({300, 300}), c({300, 300});
  auto multiply = [&] { return call(tcc_dot_general, {a.tensor(), a.tensor()}, {c.tensor()}, {0, 0, 1, 1, 1, 0}); };
  ASSERT_OK(multiply());
  std::string wanted = bytesOf(c);
  pid_t child = fork();
  if (child == 0) {
    alarm(10);
    memset(static_cast<void *>(c.data.get()), 0, wanted.size());
    bool same = multiply().code == TCC_OK && bytesOf(c) == wanted;
    _exit(same ? 0 : 1);
  }
  int result = -1;
  waitpid(child, &result, 0);
  EXPECT_TRUE(WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

TEST(RuntimeMemory, blocks_are_aligned_counted_and_reused) {
  MemoryStats before = memoryStats();
  for (int64_t bytes : {0, 1, 64, 65, 1000, 4097, 65535, 65536, 1000000, 5000000, 50000000}) {
    void *block = allocate(bytes);
    ASSERT_TRUE(block);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u);
    memset(block, 1, size_t(bytes));
    int64_t size = allocationSize(bytes);
    EXPECT_GE(size, bytes);
    EXPECT_LE(size, bytes + bytes / 4 + 64);
    EXPECT_EQ(memoryStats().liveBytes, before.liveBytes + size);
    deallocate(block, bytes);
    void *again = allocate(bytes);
    EXPECT_EQ(again, block);
    deallocate(again, bytes);
  }
  EXPECT_EQ(memoryStats().liveBytes, before.liveBytes);
}

// Libraries that load past a matrix do not end the process.
TEST(RuntimeMemory, a_block_may_be_read_past_its_end) {
  for (int64_t bytes : {int64_t(1) << 16, int64_t(80) << 10, int64_t(4) << 20}) {
    auto *block = static_cast<volatile char *>(allocate(bytes));
    ASSERT_TRUE(block);
    block[bytes - 1] = 1;
    for (int64_t i : {bytes, bytes + bytes / 2, 2 * bytes - 1})
      (void)block[i];
    deallocate(const_cast<char *>(block), bytes);
    releaseCachedMemory();
  }
}

TEST(RuntimeMemory, impossible_sizes_and_limits_are_null) {
  EXPECT_EQ(allocate(int64_t(1) << 62), nullptr);
  EXPECT_EQ(allocate(int64_t(1) << 45), nullptr);
  EXPECT_EQ(allocate(-1), nullptr);
  setMemoryLimit(memoryStats().liveBytes + (1 << 20));
  EXPECT_EQ(allocate(2 << 20), nullptr);
  void *block = allocate(1 << 19);
  EXPECT_TRUE(block);
  Array<double> a({64, 64});
  int64_t n = 1000;
  std::vector<double> big(size_t(n * n)), result(size_t(n * n));
  int64_t shape[] = {n, n};
  std::vector<int64_t> perm(static_cast<size_t>(n));
  TccTensor in{big.data(), TCC_F64, 2, shape};
  TccTensor lu{result.data(), TCC_F64, 2, shape}, p{perm.data(), TCC_I64, 1, shape};
  EXPECT_EQ(call(tcc_lu, {in}, {lu, p}).code, TCC_ERROR_MEMORY);
  deallocate(block, 1 << 19);
  setMemoryLimit(0);
  EXPECT_OK(call(tcc_lu, {in}, {lu, p}));
}

TEST(RuntimeMemory, buffers_share_and_release) {
  int64_t live = memoryStats().liveBytes;
  {
    Buffer a = Buffer::create(1000), b = a;
    EXPECT_FALSE(a.unique());
    b = Buffer();
    EXPECT_TRUE(a.unique());
    Buffer c = std::move(a);
    EXPECT_TRUE(c && !a);
  }
  EXPECT_EQ(memoryStats().liveBytes, live);
  int released = 0, data = 0;
  {
    Buffer wrapped = Buffer::wrap(&data, 4, [](void *count) { ++*static_cast<int *>(count); }, &released);
  }
  EXPECT_EQ(released, 1);
  EXPECT_FALSE(Buffer::create(int64_t(1) << 62));
}

// Hand-written kernels: one block is 64 elements.
constexpr int64_t blockSize = 64;
void addKernel(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *) {
  auto *x = static_cast<const float *>(buffers[0]), *y = static_cast<const float *>(buffers[1]);
  auto *z = static_cast<float *>(buffers[2]);
  for (int64_t i = begin * blockSize; i < std::min(end * blockSize, dims[0]); ++i)
    z[i] = x[i] + y[i];
}
void sumKernel(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *scratch) {
  auto *x = static_cast<const float *>(buffers[0]);
  for (int64_t b = begin; b < end; ++b) {
    float sum = 0;
    for (int64_t i = b * blockSize; i < std::min((b + 1) * blockSize, dims[0]); ++i)
      sum += x[i];
    static_cast<float *>(scratch)[b] = sum;
  }
}
void sumFinish(void *const *buffers, const int64_t *dims, void *scratch) {
  float sum = 0;
  for (int64_t b = 0; b * blockSize < dims[0]; ++b)
    sum += static_cast<float *>(scratch)[b];
  *static_cast<float *>(buffers[1]) = sum;
}

TEST_F(RuntimeThreads, plan_runs_kernels_libraries_and_reuses_the_arena) {
  for (int threads : {1, 2, 8})
    for (double cost : {1.0, 1e5}) {
      setNumThreads(threads);
      int64_t n = 1000, blocks = (n + blockSize - 1) / blockSize;
      Array<float> one({n}), x = randomArray<float>({n}), sum({});
      for (int64_t i = 0; i < n; ++i)
        one[i] = 1;
      Plan plan;
      int32_t in = plan.addInput(TCC_F32, {n}), constant = plan.addConstant(TCC_F32, {n}, one.data.get());
      int32_t out = plan.addOutput(TCC_F32, {n}), total = plan.addOutput(TCC_F32, {});
      // Two arena slots in turn: each step overwrites what the step before the last one wrote.
      int32_t slots[] = {plan.addArena(TCC_F32, {n}, 0), plan.addArena(TCC_F32, {n}, 4032)};
      int32_t previous = in;
      for (int i = 0; i < 100; ++i) {
        plan.addKernel(addKernel, nullptr, {previous, constant}, {slots[i % 2]}, {n}, blocks, 0, cost, i);
        previous = slots[i % 2];
      }
      plan.addKernel(addKernel, nullptr, {previous, in}, {out}, {n}, blocks, 0, cost, 100);
      plan.addKernel(sumKernel, sumFinish, {previous}, {total}, {n}, blocks, blocks * 4, cost, 101);
      plan.finish();
      Array<float> y({n});
      const void *inputs[] = {x.data.get()};
      void *outputs[] = {y.data.get(), sum.data.get()};
      TccStatus status;
      ASSERT_EQ(run(plan.view(), inputs, outputs, &status), TCC_OK);
      double wanted = 0;
      for (int64_t i = 0; i < n; ++i) {
        EXPECT_NEAR(y[i], 2 * x[i] + 100, 1e-3);
        wanted += x[i] + 100;
      }
      EXPECT_NEAR(sum[0], wanted, 0.1);
    }
}

TEST_F(RuntimeThreads, plan_spreads_independent_steps_and_reports_the_first_failure) {
  for (int threads : {1, 3}) {
    setNumThreads(threads);
    Plan plan;
    int64_t n = 24, count = 64;
    Array<double> a = randomArray<double>({n, n}), bad({2, 2}, {1, 2, 2, 1});
    int32_t in = plan.addInput(TCC_F64, {n, n}), wrong = plan.addInput(TCC_F64, {2, 2});
    std::vector<Array<double>> results;
    std::vector<void *> outputs;
    for (int64_t i = 0; i < count; ++i) {
      results.emplace_back(std::vector<int64_t>{n});
      plan.addLibrary(tcc_svdvals, {in}, {plan.addOutput(TCC_F64, {n})}, {}, 50000, int32_t(i));
    }
    for (Array<double> &result : results)
      outputs.push_back(result.data.get());
    plan.finish();
    const void *inputs[] = {a.data.get(), bad.data.get()};
    TccStatus status;
    ASSERT_EQ(run(plan.view(), inputs, outputs.data(), &status), TCC_OK);
    for (Array<double> &result : results)
      EXPECT_EQ(bytesOf(result), bytesOf(results[0]));

    Array<double> l({2, 2});
    for (int32_t location : {77, 78}) {
      plan.addLibrary(tcc_cholesky, {wrong}, {plan.addOutput(TCC_F64, {2, 2})}, {}, 50000, location);
      outputs.push_back(l.data.get());
    }
    plan.finish();
    EXPECT_EQ(run(plan.view(), inputs, outputs.data(), &status), TCC_ERROR_NUMERICAL);
    EXPECT_EQ(status.location, 77);
    EXPECT_STREQ(status.message, "[cholesky] expected a positive definite matrix, got leading minor of order 2 not "
                                 "positive definite (batch index 0)");
  }
}

int32_t addOneAfterAWhile(const TccTensor *in, int32_t, const TccTensor *out, int32_t, const int64_t *, TccStatus *) {
  auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
  while (std::chrono::steady_clock::now() < end)
    ;
  *static_cast<float *>(out[0].data) = *static_cast<const float *>(in[0].data) + 1;
  return TCC_OK;
}

// A thread that waits for a body's steps must not wait for the plan that the body is a step of, nor in a circle with
// another caller's threads.
TEST_F(RuntimeThreads, plans_within_plans_of_several_callers_finish) {
  auto body = std::make_shared<Plan>();
  int32_t x = body->addInput(TCC_F32, {});
  for (int i = 0; i < 3; ++i)
    body->addLibrary(addOneAfterAWhile, {x}, {body->addOutput(TCC_F32, {})}, {}, 50000, 0);
  body->finish();
  Plan plan;
  int32_t in = plan.addInput(TCC_F32, {});
  constexpr int count = 8;
  for (int i = 0; i < count; ++i) {
    std::vector<int32_t> results;
    for (int k = 0; k < 3; ++k)
      results.push_back(plan.addOutput(TCC_F32, {}));
    plan.addControl(StepKind::Checkpoint, {body}, {in}, results, {}, 150000, 0);
  }
  plan.finish();
  alarm(60); // what is tested is that it ends
  for (int threads : {2, 3, 8}) {
    setNumThreads(threads);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 2; ++caller)
      callers.emplace_back([&] {
        for (int repeat = 0; repeat < 100; ++repeat) {
          alignas(64) float one = 1, results[3 * count] = {};
          const void *inputs[] = {&one};
          void *outputs[3 * count];
          for (int i = 0; i < 3 * count; ++i)
            outputs[i] = &results[i];
          TccStatus status;
          ASSERT_EQ(run(plan.view(), inputs, outputs, &status), TCC_OK);
          for (float result : results)
            ASSERT_EQ(result, 2);
        }
      });
    for (std::thread &caller : callers)
      caller.join();
  }
  alarm(0);
}

TEST_F(RuntimeThreads, plan_with_an_impossible_arena_is_out_of_memory) {
  auto runs = [](std::vector<int64_t> shape, int64_t offset) {
    Plan plan;
    plan.addArena(TCC_F32, std::move(shape), offset);
    plan.finish();
    TccStatus status;
    return run(plan.view(), nullptr, nullptr, &status);
  };
  EXPECT_EQ(runs({16}, 64), TCC_OK);
  EXPECT_EQ(runs({16}, int64_t(1) << 50), TCC_ERROR_MEMORY);
  EXPECT_EQ(runs({16}, INT64_MAX), TCC_ERROR_MEMORY);
  // 2^64 elements are not none.
  EXPECT_EQ(runs({65536, 65536, 65536, 65536}, 0), TCC_ERROR_MEMORY);
}

} // namespace
