// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tcc-accuracy: measures the error of every vector-math function in ulp and prints a Markdown table (the tables of
// docs/accuracy.md, which says how they were made). Exits with 1 if a bound is exceeded. --short samples thinly (for
// ctest);
// --samples=N, --stride=N, --no-fma, --bench and names narrow or widen it.

#include "passes/Compile.h"
#include "test/accuracy/Functions.h"
#include "test/accuracy/Ulp.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

using namespace tcc;
using namespace tcc::accuracy;

namespace {

constexpr int64_t blockSize = 4096;

struct Worst {
  double ulp = 0;
  double x = 0, y = 0, got = 0;
  int64_t samples = 0;
};

/// splitmix64 (Steele, Lea & Flood 2014): reproducible on every platform.
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double unit() { return double(next() >> 11) * 0x1p-53; }
};

/// The position of a float among all floats, as a signed integer, and back.
template <typename T> int64_t ordinal(T x) {
  using Int = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  Int i = std::bit_cast<Int>(x);
  return i < 0 ? int64_t(std::numeric_limits<Int>::min() - i) : int64_t(i);
}
template <typename T> T fromOrdinal(int64_t o) {
  using Int = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  Int i = Int(o);
  return std::bit_cast<T>(i < 0 ? Int(std::numeric_limits<Int>::min() - i) : i);
}

template <typename T> T draw(Random &r, double lo, double hi, bool byPattern) {
  const T a = T(lo), b = T(hi);
  if (byPattern || std::isinf(a) || std::isinf(b)) {
    const uint64_t span = uint64_t(ordinal(b)) - uint64_t(ordinal(a)) + 1;
    return fromOrdinal<T>(int64_t(uint64_t(ordinal(a)) + (span ? r.next() % span : r.next())));
  }
  return T(lo + (hi - lo) * r.unit());
}

template <typename T> std::vector<T> specialValues() {
  using L = std::numeric_limits<T>;
  std::vector<T> v = {0,
                      L::denorm_min(),
                      L::min(),
                      L::min() / 2,
                      L::epsilon(),
                      T(0.25),
                      T(0.5),
                      T(0.9),
                      1,
                      T(1.5),
                      2,
                      3,
                      4,
                      5,
                      7,
                      8,
                      9,
                      10,
                      100,
                      T(1e5),
                      L::max(),
                      L::infinity()};
  for (T at : {T(0.5), T(1), T(2), T(8)})
    v.insert(v.end(), {std::nextafter(at, T(0)), std::nextafter(at, T(100))});
  const size_t n = v.size();
  for (size_t i = 0; i < n; ++i)
    v.push_back(-v[i]);
  v.push_back(L::quiet_NaN());
  return v;
}

template <typename T> class Measurement {
public:
  Measurement(const Function &f, const VectorMathOptions &options) : f(f), kernel(f.build, sizeof(T) == 8, options) {}

  void push(T x, T y, Worst &worst) {
    xs.push_back(x);
    ys.push_back(y);
    if (int64_t(xs.size()) == blockSize)
      flush(worst);
  }

  void flush(Worst &worst) {
    const size_t n = xs.size();
    xs.resize(blockSize, T(1));
    ys.resize(blockSize, T(1));
    out.resize(blockSize);
    kernel(xs.data(), ys.data(), out.data(), blockSize);
    for (size_t i = 0; i < n; ++i) {
      double e;
      const long double scale = f.scale ? f.scale(xs[i]) : 0;
      if constexpr (sizeof(T) == 4)
        e = ulpError<double>(Format::of<T>(), out[i], f.single(xs[i], ys[i]), double(scale));
      else
        e = ulpError<long double>(Format::of<T>(), out[i], f.dbl(xs[i], ys[i]), scale);
      if (!(e <= worst.ulp))
        worst = {e, xs[i], ys[i], out[i], worst.samples};
    }
    worst.samples += int64_t(n);
    xs.clear();
    ys.clear();
  }

  Worst specials() {
    Worst w;
    const std::vector<T> v = specialValues<T>();
    for (T x : v)
      for (T y : f.binary ? v : std::vector<T>{1})
        // fptosi, which feeds the integer powers here, is defined for small finite numbers only.
        if ((f.name != "fpowi" && f.name != "ipowi") ||
            (std::abs(y) < 1e4 && (f.name == "fpowi" || (std::abs(x) < 1e4 && std::abs(x * y) < 20))))
          push(x, y, w);
    flush(w);
    return w;
  }

  Worst range(const Range &r, int64_t samples, uint64_t stride) {
    Worst w;
    if (sizeof(T) == 4 && !f.binary && std::isinf(r.lo)) { // every stride-th pattern
      for (uint64_t i = 0; i < (uint64_t(1) << 32); i += stride)
        push(std::bit_cast<T>(typename Bits<T>::type(i)), 0, w);
    } else {
      Random random{0x5eed};
      for (int64_t i = 0; i < samples; ++i) {
        T x = draw<T>(random, r.lo, r.hi, i & 1);
        push(x, f.binary ? draw<T>(random, r.ylo, r.yhi, i & 2) : T(0), w);
      }
    }
    flush(w);
    return w;
  }

  double nanosecondsPerElement() {
    constexpr int64_t n = 1024; // L1-resident
    Random random{7};
    std::vector<T> x(n), y(n), o(n);
    for (int64_t i = 0; i < n; ++i) {
      x[i] = draw<T>(random, f.typical.lo, f.typical.hi, false);
      y[i] = draw<T>(random, f.typical.ylo, f.typical.yhi, false);
    }
    double best = 1e9;
    for (int repeat = 0; repeat < 15; ++repeat) {
      auto start = std::chrono::steady_clock::now();
      for (int i = 0; i < 100; ++i)
        kernel(x.data(), y.data(), o.data(), n);
      std::chrono::duration<double, std::nano> t = std::chrono::steady_clock::now() - start;
      best = std::min(best, t.count() / (100 * n));
    }
    return best;
  }

private:
  template <typename U> struct Bits {
    using type = std::conditional_t<sizeof(U) == 4, uint32_t, uint64_t>;
  };
  const Function &f;
  Kernel kernel;
  std::vector<T> xs, ys, out;
};

struct Arguments {
  VectorMathOptions options{.scalef = Target::host().scalef};
  int64_t samples = 1000000;
  uint64_t stride = 257;
  bool bench = false;
  std::vector<std::string> names;
};

std::string describe(const Function &f, const Range &r) {
  auto interval = [](double lo, double hi) {
    char text[64];
    if (std::isinf(lo))
      return std::string("all");
    std::snprintf(text, sizeof text, "[%.6g, %.6g]", lo, hi);
    return std::string(text);
  };
  return interval(r.lo, r.hi) + (f.binary ? " x " + interval(r.ylo, r.yhi) : "");
}

/// Prints the rows of one function and type; returns whether the bound holds.
template <typename T> bool measure(const Function &f, const Arguments &a) {
  const char *type = sizeof(T) == 4 ? "f32" : "f64";
  Measurement<T> m(f, a.options);
  if (a.bench) {
    std::printf("| %s | %s | %.3f |\n", f.name.c_str(), type, m.nanosecondsPerElement());
    return true;
  }
  bool holds = true;
  auto row = [&](const std::string &range, const Worst &w) {
    const bool bad = !(w.ulp <= f.bound);
    std::string at(64, 0);
    at.resize(std::snprintf(at.data(), 64, f.binary ? "%.9g, %.9g" : "%.17g", w.x, w.y));
    std::printf("| %s | %s | %s | %lld | %.3f | %s | %g%s |\n", f.name.c_str(), type, range.c_str(),
                (long long)w.samples, w.ulp, at.c_str(), f.bound, bad ? " EXCEEDED" : "");
    if (bad)
      std::fprintf(stderr, "%s %s: bound exceeded at (%a, %a): got %a\n", f.name.c_str(), type, w.x, w.y, w.got);
    holds &= !bad;
  };
  row("special values", m.specials());
  for (const Range &r : sizeof(T) == 4 ? f.ranges32 : f.ranges64)
    row(describe(f, r), m.range(r, a.samples, a.stride));
  std::fflush(stdout);
  return holds;
}

} // namespace

int main(int argc, char **argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string s = argv[i];
    if (s == "--short") {
      a.samples = 8000;
      a.stride = 200003;
    } else if (s == "--no-fma") {
      a.options.fma = false;
    } else if (s == "--bench") {
      a.bench = true;
    } else if (s.starts_with("--samples=")) {
      a.samples = std::strtoll(s.c_str() + 10, nullptr, 10);
    } else if (s.starts_with("--stride=")) {
      a.stride = std::max(1ull, std::strtoull(s.c_str() + 9, nullptr, 10));
    } else if (s.starts_with("-")) {
      std::fprintf(stderr, "tcc-accuracy: unknown option %s\n", s.c_str());
      return 2;
    } else {
      a.names.push_back(s);
    }
  }
  std::printf(a.bench
                  ? "| function | type | ns/element |\n|---|---|---|\n"
                  : "| function | type | range | samples | max ulp | at | bound |\n|---|---|---|---|---|---|---|\n");
  bool holds = true;
  for (const Function &f : functions()) {
    if (!a.names.empty() && std::find(a.names.begin(), a.names.end(), f.name) == a.names.end())
      continue;
    holds &= measure<float>(f, a);
    holds &= measure<double>(f, a);
  }
  return holds ? 0 : 1;
}
