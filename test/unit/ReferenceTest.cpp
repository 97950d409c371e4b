// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Public functions against NumPy and SciPy: values, dtypes, shapes and gradients of test/reference/reference.txt, which
// test/reference/cases.py wrote. One test for each expression.
#include "tcc/tcc.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

using namespace tcc;

namespace {
using List = std::vector<Tensor>;
struct Row {
  const char *text;
  List (*make)(const List &a);
};
/// A row's expression may be one tensor or a list.
List listOf(Tensor y) { return {std::move(y)}; }
List listOf(List ys) { return ys; }

#define X a[0]
#define Y a[1]
#define Z a[2]
#define ROW(...)                                                                                                       \
  {#__VA_ARGS__, [](const List &a) {                                                                                   \
     (void)a;                                                                                                          \
     return listOf(__VA_ARGS__);                                                                                       \
   }},
const Row rows[] = {
#include "test/reference/Expressions.inc"
};
#undef X
#undef Y
#undef Z

std::string readFile(const std::string &name) {
  std::ifstream in(std::string(TCC_SOURCE_DIR) + "/test/reference/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T> Tensor copied(const char *data, int64_t n, const Shape &shape) {
  std::vector<T> elements(n);
  if constexpr (std::is_same_v<T, bool>) {
    for (int64_t i = 0; i < n; ++i)
      elements[i] = data[i] != 0;
  } else {
    std::memcpy(static_cast<void *>(elements.data()), data, n * sizeof(T));
  }
  return tensor(elements, shape);
}

/// "dtype:shape:offset[:view]"; 16-bit floats pass exactly through float32.
Tensor parse(const std::string &field) {
  static const std::string bytes = readFile("reference.bin");
  std::istringstream in(field);
  std::string code, extents, offset, view;
  std::getline(in, code, ':'), std::getline(in, extents, ':'), std::getline(in, offset, ':'), std::getline(in, view);
  Shape shape;
  int64_t n = 1;
  if (extents != "-") {
    std::istringstream list(extents);
    for (std::string e; std::getline(list, e, 'x');)
      shape.push_back(std::stoll(e)), n *= shape.back();
  }
  const char *data = bytes.data() + std::stoll(offset);
  Tensor x;
  auto widened = [&]<class H>(H) {
    std::vector<float> elements(n);
    for (int64_t i = 0; i < n; ++i) {
      H h;
      std::memcpy(&h.bits, data + 2 * i, 2);
      elements[i] = float(h);
    }
    return tensor(elements, shape).astype(dtype_of<H>());
  };
  switch (Dtype(std::stoi(code))) {
  case bool_:
    x = copied<bool>(data, n, shape);
    break;
  case int8:
    x = copied<int8_t>(data, n, shape).astype(int8);
    break;
  case int16:
    x = copied<int16_t>(data, n, shape).astype(int16);
    break;
  case int32:
    x = copied<int32_t>(data, n, shape).astype(int32);
    break;
  case int64:
    x = copied<int64_t>(data, n, shape);
    break;
  case uint8:
    x = copied<uint8_t>(data, n, shape).astype(uint8);
    break;
  case uint32:
    x = copied<uint32_t>(data, n, shape).astype(uint32);
    break;
  case float16:
    x = widened(Half());
    break;
  case bfloat16:
    x = widened(BFloat16());
    break;
  case float32:
    x = copied<float>(data, n, shape);
    break;
  case float64:
    x = copied<double>(data, n, shape);
    break;
  case complex64:
    x = copied<std::complex<float>>(data, n, shape);
    break;
  case complex128:
    x = copied<std::complex<double>>(data, n, shape);
    break;
  }
  if (view == "T")
    return x.T();
  if (view == "F")
    return x(slice(_, _, -1));
  if (view == "S")
    return x(ellipsis, slice(_, _, 2));
  if (view == "B") {
    shape.insert(shape.begin(), 3);
    return broadcast_to(x, shape);
  }
  return x;
}

double epsOf(Dtype d) {
  switch (real_dtype(d)) {
  case float16:
    return 0x1p-10;
  case bfloat16:
    return 0x1p-7;
  case float32:
    return 0x1p-23;
  case float64:
    return 0x1p-52;
  default:
    return 0;
  }
}

double smallestNormal(Dtype d) {
  Dtype r = real_dtype(d);
  return r == float16 ? 0x1p-14 : r == float64 ? 0x1p-1022 : 0x1p-126;
}

/// Parts of all elements as doubles; int64 beyond 2^53 differ only where they matter little.
std::vector<double> parts(const Tensor &x) {
  std::vector<double> out;
  for (std::complex<double> z : x.astype(complex128).to_vector<std::complex<double>>()) {
    out.push_back(z.real());
    if (is_complex(x.dtype()))
      out.push_back(z.imag());
  }
  return out;
}

void compare(const Tensor &got, const Tensor &want, const std::string &tolerance, const std::string &what) {
  EXPECT_EQ(dtype_name(got.dtype()), std::string(dtype_name(want.dtype()))) << what;
  ASSERT_EQ(got.shape(), want.shape()) << what;
  std::vector<double> have = parts(got), expected = parts(want);
  bool equal = tolerance == "=" || !is_inexact(want.dtype()), ulps = tolerance[0] == 'u';
  double scale = 0, tol = equal ? 0 : std::stod(tolerance.substr(ulps)) * epsOf(want.dtype());
  for (double w : expected)
    if (std::isfinite(w))
      scale = std::max(scale, std::abs(w));
  for (size_t i = 0; i < have.size(); ++i) {
    double w = expected[i], h = have[i];
    size_t other = is_complex(want.dtype()) ? i ^ 1 : i; // a complex number's error counts by its magnitude
    double bound = ulps ? tol * std::max(std::hypot(w, other == i ? 0 : expected[other]), smallestNormal(want.dtype()))
                        : tol * scale;
    bool same = std::isnan(w) ? std::isnan(h) : std::isfinite(w) ? std::abs(h - w) <= bound : h == w;
    if (same && equal && w == 0 && !std::isnan(w))
      same = std::signbit(w) == std::signbit(h);
    if (!same) {
      ADD_FAILURE() << what << " at " << i << ": got " << h << ", expected " << w << " (off by " << std::abs(h - w)
                    << ", allowed " << bound << ")";
      return;
    }
  }
}

Tensor cotangent(const Tensor &y, int64_t k) {
  std::vector<double> re, im;
  for (int64_t n = 0; n < y.size(); ++n) {
    re.push_back(std::cos(double(n + k + 1)));
    im.push_back(std::sin(double(2 * n + k + 1)));
  }
  Tensor c = tensor(re, y.shape());
  return is_complex(y.dtype()) ? complex(c, tensor(im, y.shape())) : c;
}

class Reference : public testing::Test {
public:
  Reference(size_t row, const std::vector<std::string> &runs) : row(row), runs(runs) {}
  void TestBody() override {
    for (const std::string &run : runs)
      try {
        check(run);
      } catch (const Error &e) {
        ADD_FAILURE() << rows[row].text << " of " << run << ": threw " << e.what();
      }
  }

private:
  void check(const std::string &run) {
    std::istringstream in(run);
    std::string tolerance, field;
    int part = 0;
    in >> tolerance;
    List xs, ys, grads, sources;
    for (std::string f; in >> f;) {
      if (f == "|")
        ++part;
      else if (part == 0)
        xs.push_back(parse(f));
      else if (part == 1)
        ys.push_back(parse(f));
      else if (f != "-")
        grads.push_back(parse(f)), sources.push_back(xs[grads.size() - 1 + skipped]);
      else
        ++skipped;
    }
    skipped = 0;
    std::string what = std::string(rows[row].text) + " of " + run.substr(0, run.find('|'));
    List got = rows[row].make(xs);
    ASSERT_EQ(got.size(), ys.size()) << what;
    for (size_t i = 0; i < ys.size(); ++i)
      compare(got[i], ys[i], tolerance, what + (ys.size() > 1 ? " result " + std::to_string(i) : ""));
    if (sources.empty())
      return;
    Tensor loss(0.0);
    for (size_t i = 0; i < got.size(); ++i)
      if (is_inexact(got[i].dtype()))
        loss = loss + sum(real(conj(cotangent(got[i], int64_t(i))) * got[i]));
    List g = grad(loss, sources);
    // Sixth-order differences in double precision: 1e-12 of truncation, 1e-13 of rounding, times the function's size.
    for (size_t i = 0; i < g.size(); ++i) {
      EXPECT_EQ(g[i].dtype(), grads[i].dtype()) << what;
      ASSERT_EQ(g[i].shape(), grads[i].shape()) << what;
      double size = 1, worst = 0;
      std::vector<double> have = parts(g[i]), want = parts(grads[i]);
      for (double w : want)
        size = std::max(size, std::abs(w));
      for (size_t k = 0; k < want.size(); ++k)
        if (!(std::abs(have[k] - want[k]) <= worst))
          worst = std::abs(have[k] - want[k]);
      EXPECT_LE(worst, 1e-8 * size) << "gradient " << i << " of " << what;
    }
  }
  size_t row, skipped = 0;
  std::vector<std::string> runs;
};

/// Tests are registered before main runs.
const bool registered = [] {
  std::istringstream in(readFile("reference.txt"));
  std::map<size_t, std::vector<std::string>> runs;
  for (std::string line; std::getline(in, line);) {
    size_t space = line.find(' ');
    runs[std::stoull(line)].push_back(line.substr(space + 1));
  }
  for (auto &[row, list] : runs)
    testing::RegisterTest("Reference", rows[row].text, nullptr, nullptr, __FILE__, __LINE__,
                          [row = row, list = list]() -> testing::Test * { return new Reference(row, list); });
  return true;
}();
} // namespace
