// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Owning tensors and a checked call for the tests of the runtime's C ABI.
#ifndef TCC_TEST_UNIT_RUNTIMEFIXTURE_H
#define TCC_TEST_UNIT_RUNTIMEFIXTURE_H

#include "runtime/Elements.h"
#include "runtime/Runtime.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include <cmath>
#include <complex>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tcc::runtime::test {

template <class T> inline constexpr int32_t dtypeOf = -1;
template <> inline constexpr int32_t dtypeOf<Bool> = TCC_BOOL;
template <> inline constexpr int32_t dtypeOf<int8_t> = TCC_I8;
template <> inline constexpr int32_t dtypeOf<int16_t> = TCC_I16;
template <> inline constexpr int32_t dtypeOf<int32_t> = TCC_I32;
template <> inline constexpr int32_t dtypeOf<int64_t> = TCC_I64;
template <> inline constexpr int32_t dtypeOf<uint8_t> = TCC_U8;
template <> inline constexpr int32_t dtypeOf<uint32_t> = TCC_U32;
template <> inline constexpr int32_t dtypeOf<Half> = TCC_F16;
template <> inline constexpr int32_t dtypeOf<BFloat16> = TCC_BF16;
template <> inline constexpr int32_t dtypeOf<float> = TCC_F32;
template <> inline constexpr int32_t dtypeOf<double> = TCC_F64;
template <> inline constexpr int32_t dtypeOf<std::complex<float>> = TCC_C64;
template <> inline constexpr int32_t dtypeOf<std::complex<double>> = TCC_C128;

template <class T> struct RealOfStd {
  using type = T;
};
template <class T> struct RealOfStd<std::complex<T>> {
  using type = T;
};
template <class T> using RealT = typename RealOfStd<T>::type;
template <class T> inline constexpr bool isStdComplex = !std::is_same_v<T, RealT<T>>;
template <class T> inline constexpr double epsilon = std::numeric_limits<RealT<T>>::epsilon();

/// 64-byte aligned and guarded against vector<bool>.
template <class T> struct Array {
  std::vector<int64_t> shape;
  Scratch<T> data;

  explicit Array(std::vector<int64_t> sizes) : shape(std::move(sizes)), data(size()) {}
  Array(std::vector<int64_t> sizes, std::initializer_list<T> values) : Array(std::move(sizes)) {
    std::copy(values.begin(), values.end(), data.get());
  }
  int64_t size() const { return numElements(int32_t(shape.size()), shape.data()); }
  T &operator[](int64_t i) { return data[i]; }
  const T &operator[](int64_t i) const { return data[i]; }
  TccTensor tensor() const { return {data.get(), dtypeOf<T>, int32_t(shape.size()), shape.data()}; }
  std::vector<T> vector() const { return {data.get(), data.get() + size()}; }
};

template <class T> T makeValue(std::mt19937 &random) {
  std::normal_distribution<double> normal;
  if constexpr (isStdComplex<T>)
    return T(RealT<T>(normal(random)), RealT<T>(normal(random)));
  else
    return T(normal(random));
}
template <class T> Array<T> randomArray(std::vector<int64_t> shape, unsigned seed = 1) {
  Array<T> array(std::move(shape));
  std::mt19937 random(seed);
  for (int64_t i = 0; i < array.size(); ++i)
    array[i] = makeValue<T>(random);
  return array;
}

struct Result {
  int32_t code;
  std::string message;
};
inline Result call(TccLibraryFn fn, std::vector<TccTensor> in, std::vector<TccTensor> out,
                   std::vector<int64_t> attrs = {}) {
  TccStatus status{};
  int32_t code = fn(in.data(), int32_t(in.size()), out.data(), int32_t(out.size()), attrs.data(), &status);
  return {code, code ? status.message : ""};
}
#define EXPECT_OK(expression)                                                                                          \
  do {                                                                                                                 \
    ::tcc::runtime::test::Result result = (expression);                                                                \
    EXPECT_EQ(result.code, TCC_OK) << result.message;                                                                  \
  } while (false)

#define ASSERT_OK(expression)                                                                                          \
  do {                                                                                                                 \
    ::tcc::runtime::test::Result result = (expression);                                                                \
    ASSERT_EQ(result.code, TCC_OK) << result.message;                                                                  \
  } while (false)

/// The bits of a result, to compare runs.
template <class T> std::string bytesOf(const Array<T> &array) {
  return {reinterpret_cast<const char *>(array.data.get()), size_t(array.size()) * sizeof(T)};
}

} // namespace tcc::runtime::test
#endif
