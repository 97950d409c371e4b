// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops in plain vector code (this file is compiled for the machine it runs on) on threads of their own, started
// together for each measurement; the best of several rounds counts.
#include "Limits.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <cstring>
#include <sys/mman.h>
#include <thread>

namespace bench {
namespace {

template <class T> struct VectorOf {
  typedef T type __attribute__((vector_size(64)));
};
template <class T> using Vector = typename VectorOf<T>::type;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Best seconds of body(thread) on all threads.
template <class F> double best(int threads, F body, double enough) {
  std::barrier barrier(threads);
  double shortest = 1e9;
  bool more = true;
  auto rounds = [&](int thread) {
    double end = now() + enough;
    body(thread);
    while (true) {
      barrier.arrive_and_wait();
      double start = now();
      body(thread);
      barrier.arrive_and_wait();
      if (thread == 0) {
        shortest = std::min(shortest, now() - start);
        more = now() < end;
      }
      barrier.arrive_and_wait();
      if (!more)
        return;
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i)
    others.emplace_back(rounds, i);
  rounds(0);
  for (std::thread &thread : others)
    thread.join();
  return shortest;
}

/// Keeps a value, and so what it was computed from.
template <class T> void keep(T &value) { asm volatile("" : "+m"(value) : : "memory"); }

void readAll(const Vector<float> *x, size_t count) {
  Vector<float> sums[8] = {};
  for (size_t i = 0; i + 8 <= count; i += 8)
    for (int k = 0; k < 8; ++k)
      sums[k] += x[i + k];
  for (int k = 1; k < 8; ++k)
    sums[0] += sums[k];
  keep(sums[0]);
}

/// A store past the caches, where the compiler has one, does not read the line first.
template <bool pastCaches> void store(Vector<float> *y, Vector<float> x) {
#if __has_builtin(__builtin_nontemporal_store)
  if (pastCaches)
    return __builtin_nontemporal_store(x, y);
#endif
  *y = x;
  asm volatile("" : : : "memory"); // or the loop becomes a call
}

template <bool pastCaches> void copyAll(const Vector<float> *x, Vector<float> *y, size_t count) {
  for (size_t i = 0; i < count; ++i)
    store<pastCaches>(y + i, x[i]);
}

template <bool pastCaches> void fillAll(Vector<float> *y, size_t count) {
  for (size_t i = 0; i < count; ++i)
    store<pastCaches>(y + i, Vector<float>{});
}

/// Flop per second of independent fused multiply-adds.
template <class T> double peakOf(int threads) {
  constexpr int chains = 12, steps = 200000;
  double time = best(
      threads,
      [](int) {
        Vector<T> sums[chains] = {}, x = Vector<T>{} + T(0.999), y = Vector<T>{} + T(1e-3);
        keep(x);
        keep(y);
        for (int i = 0; i < steps; ++i)
          for (int k = 0; k < chains; ++k)
            sums[k] = sums[k] * x + y;
        for (auto &sum : sums)
          keep(sum);
      },
      0.05);
  return 2.0 * threads * chains * steps * (64 / sizeof(T)) / time;
}

} // namespace

Limits::Limits(int threads) {
  constexpr size_t largest = size_t(256) << 20;
  auto *memory = static_cast<char *>(
      mmap(nullptr, 2 * largest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  madvise(memory, 2 * largest, MADV_HUGEPAGE);
  std::memset(memory, 0, 2 * largest);
  for (size_t bytes = size_t(64) << 10; bytes <= largest; bytes *= 4) {
    // Half of the data for each direction of the copy.
    size_t share = bytes / threads / 1024 * 1024, count = share / sizeof(Vector<float>);
    auto *data = reinterpret_cast<Vector<float> *>(memory);
    size_t repeat = std::max<size_t>(1, (size_t(1) << 22) / bytes);
    auto rate = [&](auto body, size_t moved) {
      double time = best(
          threads,
          [&](int thread) {
            for (size_t i = 0; i < repeat; ++i)
              body(data + thread * count);
          },
          0.04);
      return double(moved) * threads * repeat / time;
    };
    auto copy = [&]<bool pastCaches>() {
      return rate([&](auto *x) { copyAll<pastCaches>(x, x + count / 2, count / 2); }, share);
    };
    auto fill = [&]<bool pastCaches>() { return rate([&](auto *x) { fillAll<pastCaches>(x, count); }, share); };
    rates.push_back({double(bytes), rate([&](auto *x) { readAll(x, count); }, share),
                     std::max(copy.template operator()<false>(), copy.template operator()<true>()),
                     std::max(fill.template operator()<false>(), fill.template operator()<true>())});
  }
  munmap(memory, 2 * largest);
  peak32 = peakOf<float>(threads);
  peak64 = peakOf<double>(threads);
}

double Limits::seconds(const Least &least) const {
  double bytes = least.reads + least.writes;
  // Between two measured sizes, on a logarithmic scale.
  size_t above = 0;
  while (above + 1 < rates.size() && rates[above].bytes < bytes)
    ++above;
  const Rate &high = rates[above], &low = rates[above ? above - 1 : 0];
  double part = above && bytes < high.bytes ? std::log(bytes / low.bytes) / std::log(high.bytes / low.bytes) : 1;
  auto between = [&](double Rate::*of) { return low.*of + part * (high.*of - low.*of); };
  // What is both read and written streams as a copy; the rest in its own direction.
  double both = 2 * std::min(least.reads, least.writes), one = bytes - both;
  double memory = both / between(&Rate::copy) + one / between(least.reads > least.writes ? &Rate::read : &Rate::fill);
  return std::max(memory, least.flops / peak(least.arithmetic));
}

} // namespace bench
