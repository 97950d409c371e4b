// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// User mistakes: the exact message with the user's line, its kind, and the function that complains.
#include "tcc/tcc.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tcc;

/// The statement throws Error of that kind with "<message> (FrontendErrors.cpp:<this line>)".
#define EXPECT_MISTAKE(statement, expectedKind, message)                                                               \
  try {                                                                                                                \
    (void)(statement);                                                                                                 \
    ADD_FAILURE() << "no error: " #statement;                                                                          \
  } catch (const Error &e) {                                                                                           \
    EXPECT_EQ(std::string(e.what()), message + (" (FrontendErrors.cpp:" + std::to_string(__LINE__)) + ")");            \
    EXPECT_EQ(e.kind, Kind::expectedKind);                                                                             \
    EXPECT_EQ(e.where.line(), unsigned(__LINE__));                                                                     \
  }

// One line each: compilers disagree on __LINE__ of an invocation that spans several.
// clang-format off
TEST(FrontendErrors, Shapes) {
  Tensor a = zeros({2, 3}), b = zeros({4});
  EXPECT_MISTAKE(a + b, shape, "[add] expected shapes that broadcast, got {2, 3} and {4}");
  EXPECT_MISTAKE(matmul(zeros({4, 3}), zeros({5, 2})), shape, "[matmul] expected inner extents that agree, got {4, 3} and {5, 2}");
  EXPECT_MISTAKE(reshape(a, {4, -1}), shape, "[reshape] expected a shape of 6 elements, got {4, -1}");
  EXPECT_MISTAKE(concatenate({a, b}), shape, "[concatenate] expected shapes that agree outside axis 0, got {2, 3} and {4}");
  EXPECT_MISTAKE(max(zeros({0})), shape, "[max] expected at least one element to reduce, got shape {0}");
  EXPECT_MISTAKE(zeros({-1}), shape, "[zeros] expected extents that are not negative, got {-1}");
  EXPECT_MISTAKE(linalg::inv(a), shape, "[inv] expected square matrices, got shape {2, 3}");
  EXPECT_MISTAKE(grad(a, a), shape, "[grad] expected a function with one element, got shape {2, 3}");
  EXPECT_MISTAKE(reshape(a, {-1, -1}), shape, "[reshape] expected at most one extent of -1, got {-1, -1}");
  EXPECT_MISTAKE(random::gumbel(random::key(0), {-2}), shape, "[gumbel] expected extents that are not negative, got {-2}");
  EXPECT_MISTAKE(random::gamma(random::key(0), 1.0, {3, -1}), shape, "[gamma] expected extents that are not negative, got {3, -1}");
  constexpr int64_t huge = int64_t(1) << 62;
  EXPECT_MISTAKE(tile(b, {huge}), shape, "[tile] expected a shape whose number of elements fits 64 bits, got {4611686018427387904, 4, 1}");
  EXPECT_MISTAKE(repeat(b, huge), shape, "[repeat] expected a shape whose number of elements fits 64 bits, got {1, 4, 4611686018427387904}");
  EXPECT_MISTAKE(pad(b, {{huge, huge}}), value, "[pad] expected widths whose sum fits 64 bits, got 4611686018427387904 and 4611686018427387904");
  Tensor line = broadcast_to(b[0], {huge});
  EXPECT_MISTAKE(concatenate({line, line}), shape, "[concatenate] expected extents that are not negative, got -9223372036854775808");
  EXPECT_MISTAKE(einsum("ii", ones({1, 3})), shape, "[einsum] expected equal extents of a repeated label, got {1, 3}");
  EXPECT_MISTAKE(tensor({{1, 2}, {3}}), shape, "[tensor] expected nested braces of equal length, got 2 and 1");
}

TEST(FrontendErrors, ControlFlow) {
  using V = std::vector<Tensor>;
  Tensor x = zeros({3}), p = x > 0.0f;
  auto wide = [](auto c, auto) { return std::pair(V{c[0].astype(float64)}, V{}); };
  auto longer = [](auto c, auto) { return std::pair(V{concatenate({c[0], c[0]})}, V{}); };
  auto more = [](auto c, auto) { return std::pair(V{c[0], c[0]}, V{}); };
  auto same = [](auto s) { return s; };
  EXPECT_MISTAKE(scan(wide, {x}, {x}), dtype, "[scan] expected carry 0 of dtype float32 and shape {3}, as it came in, got float64 and {3} from the body");
  EXPECT_MISTAKE(scan(longer, {x}, {x}), shape, "[scan] expected carry 0 of dtype float32 and shape {3}, as it came in, got float32 and {6} from the body");
  EXPECT_MISTAKE(scan(more, {x}, {x}), value, "[scan] expected as many carried values from the body as came in, 1, got 2");
  EXPECT_MISTAKE(scan(more, {x}, {}), value, "[scan] expected something to run over, or .length, got neither");
  EXPECT_MISTAKE(cond(x, same, same, {x}), dtype, "[cond] expected a bool as predicate, got float32");
  EXPECT_MISTAKE(cond(p, same, same, {x}), shape, "[cond] expected a predicate with one element, got shape {3}: choose element by element with where()");
  EXPECT_MISTAKE(cond(p[0], same, [](auto s) { return V{s[0] > 0.0f}; }, {x}), dtype, "[cond] expected result 0 to be alike from both functions, got float32 of shape {3} and bool of shape {3}");
  EXPECT_MISTAKE(while_loop([](auto s) { return s[0] > 0.0f; }, same, {x}), shape, "[while_loop] expected one bool without axes from the condition, got bool of shape {3}");
  EXPECT_MISTAKE(while_loop([](auto s) { return Tensor(s[0].template item<float>() > 0); }, same, {x[0]}), graph, "[eval] expected a value, got one that depends on an argument of a function that is being traced (for compile, a loop, a branch or checkpoint): its numbers are not known yet; choose with where() or cond(), repeat with while_loop()");
}

TEST(FrontendErrors, CacheDirectory) {
  EXPECT_MISTAKE(set_cache_dir("/dev/null/x"), io, "[set_cache_dir] expected a directory for compiled programs: cannot create '/dev/null/x': Not a directory");
}

TEST(FrontendErrors, Device) {
  EXPECT_MISTAKE(set_default_device(Device::cuda), device, "[set_default_device] expected cpu, which is all this build runs on, got cuda");
  EXPECT_EQ(default_device(), Device::cpu);
}

TEST(FrontendErrors, Indices) {
  Tensor x = zeros({4, 5});
  EXPECT_MISTAKE(x[4], index, "[index] expected an index in [-4, 4) for axis 0, got 4");
  EXPECT_MISTAKE(x(0, -6), index, "[index] expected an index in [-5, 5) for axis 1, got -6");
  EXPECT_MISTAKE(x(0, 0, 0), index, "[index] expected at most 2 subscripts for shape {4, 5}, got 3");
  EXPECT_MISTAKE(x(ellipsis, ellipsis), index, "[index] expected at most one ellipsis, got 2");
  EXPECT_MISTAKE(x(slice(_, _, 0)), index, "[index] expected a slice step other than 0, got 0");
  EXPECT_MISTAKE(x(tensor({1, 7})), index, "[index] expected an index in [-4, 4) for axis 0, got 7");
  EXPECT_MISTAKE(x(tensor({true, false})), index, "[index] expected a mask of extent 4 for axis 0, got 2");
  EXPECT_MISTAKE(sum(x, 2), index, "[sum] expected an axis in [-2, 2), got 2");
  EXPECT_MISTAKE(cross_entropy(x, tensor({0, 1, -1, 2})), index, "[cross_entropy] expected an index in [0, 5) for axis 1, got -1");
  EXPECT_MISTAKE(segment_sum(x, tensor({0, 1, -1, 2}), 3), index, "[segment_sum] expected an index in [0, 3) for axis 0, got -1");
  EXPECT_MISTAKE(take(x, 9, 1), index, "[take] expected an index in [-5, 5) for axis 1, got 9");
}

TEST(FrontendErrors, Vmap) {
  Tensor x = ones({2, 3}), y = ones({4});
  auto f = [](Tensor a, Tensor b) { return a + b; };
  EXPECT_MISTAKE(vmap(f, {0, 0, 0})(x, x), value, "[vmap] expected one axis, or one for each of 2 arguments, got 3");
  EXPECT_MISTAKE(vmap(f)(x, y), shape, "[vmap] expected mapped axes of equal extent, got 2 for argument 0 and 4 for argument 1");
  EXPECT_MISTAKE(vmap(f, {-3, 0})(x, x), index, "[vmap] expected an axis in [-2, 2) for argument 0 of shape {2, 3}, got -3");
  EXPECT_MISTAKE(vmap(f)(x, 1.0), index, "[vmap] expected an axis in [0, 0) for argument 1 of shape {}, got 0");
  EXPECT_MISTAKE(vmap(f, _)(x, x), value, "[vmap] expected at least one mapped argument, got none of 2");
  EXPECT_MISTAKE(vmap(f)(x, Tensor()), value, "[vmap] expected tensors as arguments, got an empty (default-constructed) one");
  EXPECT_MISTAKE(vmap(f, 0, {0, 1})(x, x), value, "[vmap] expected one axis, or one for each of 1 results, got 2");
  EXPECT_MISTAKE(vmap(f, 0, 2)(x, x), index, "[vmap] expected an axis in [-2, 2) for result 0 of shape {2, 3}, got 2");
  EXPECT_MISTAKE(vmap(f, 0, _)(x, x), value, "[vmap] expected result 0 to be the same for all slices, as its axis is _, but it depends on a mapped argument");
  EXPECT_MISTAKE(vmap([](Tensor) { return Tensor(); })(x), value, "[vmap] expected tensors as results, got an empty (default-constructed) one");
  // Where the mistake is f's, the line is f's.
  EXPECT_MISTAKE(vmap([&](Tensor a) { return matmul(a, y); })(x), shape, "[matmul] expected inner extents that agree, got {3} and {4}");
  std::string noValue = "[vmap] expected a value, got one that depends on an argument which vmap maps: one trace stands for all slices, so there are no numbers to look at; choose with where() or cond(), repeat with while_loop(), and write where(mask, x, 0) for x(mask)";
  EXPECT_MISTAKE(vmap([](Tensor a) { return a * a[0].item<float>(); })(x), graph, noValue);
  EXPECT_MISTAKE(vmap([](Tensor a) { return a(a > 0.5); })(x), graph, noValue);
  EXPECT_MISTAKE(vmap([](Tensor a) { return nonzero(sin(a))[0]; })(x), graph, noValue);
  EXPECT_MISTAKE(compile([&](Tensor t) { return vmap([](Tensor a) { return a + sum(a).item<float>(); })(t); })(x), graph, noValue);
}

TEST(FrontendErrors, Dtypes) {
  Tensor x = ones({3}, float64);
  EXPECT_MISTAKE(x(tensor({1.5})), dtype, "[index] expected integers, got float64");
  EXPECT_MISTAKE(cummax(ones({2}, complex64)), dtype, "[cummax] expected real numbers, got complex64");
  EXPECT_MISTAKE(complex(ones({2}, complex64), 1.0), dtype, "[complex] expected real numbers, got complex64");
  EXPECT_MISTAKE(put_along_axis(x, tensor({0}), ones({}, complex64), 0), dtype, "[put_along_axis] expected values that convert to float64, got complex64");
  EXPECT_MISTAKE(x.at(0).set(std::complex<double>(1, 2)), dtype, "[at] expected values that convert to float64, got complex128");
  EXPECT_MISTAKE(full({2}, std::complex<double>(1, 2), float32), dtype, "[full] expected values that convert to float32, got complex128");
  EXPECT_MISTAKE(tensor({std::complex<float>(1, 2)}, float32), dtype, "[tensor] expected values that convert to float32, got complex64");
  EXPECT_MISTAKE(erf(ones({2}, complex64)), dtype, "[erf] expected floats, got complex64");
  EXPECT_MISTAKE(x & 3.0, dtype, "[bitwise_and] expected bool or integers, got float64");
  EXPECT_MISTAKE(tensor({true}) - tensor({true}), dtype, "[subtract] expected numbers, got bool");
  EXPECT_MISTAKE(x.item<double>(), shape, "[item] expected a tensor of one element, got shape {3}");
  EXPECT_MISTAKE(x.to_vector<float>(), dtype, "[to_vector] expected the C++ type of float64, got that of float32 (astype converts)");
  EXPECT_MISTAKE(grad(sum(ones({2}, int32)), x), dtype, "[grad] expected a real floating function, got int64");
  EXPECT_MISTAKE(random::uniform(random::key(0), {2}, int32), dtype, "[uniform] expected a floating dtype, got int32");
}

TEST(FrontendErrors, Values) {
  Tensor x = ones({3}, uint8);
  EXPECT_MISTAKE(x + 300, value, "[add] expected a number in [0, 255] beside uint8, got 300");
  EXPECT_MISTAKE(sum(ones({2, 2}), {0, 0}), value, "[sum] expected distinct axes, got {0, 0}");
  EXPECT_MISTAKE(x % 0, numerical, "[remainder] expected a divisor other than 0 for uint8, got 0");
  EXPECT_MISTAKE(floor_divide(x, 0), numerical, "[floor_divide] expected a divisor other than 0 for uint8, got 0");
  EXPECT_MISTAKE(random::randint(random::key(0), 0, 300, {2}, int8), value, "[randint] expected numbers that int8 has, got [0, 300)");
  EXPECT_MISTAKE(random::uniform(random::key(0), {2}, float32, {.low = 1, .high = 0}), value, "[uniform] expected finite low <= high, got 1 and 0");
  EXPECT_MISTAKE(arange(0, 3, 0), value, "[arange] expected a step other than 0, got 0");
  EXPECT_MISTAKE(random::uniform(x, {2}), value, "[uniform] expected a key (uint32 of shape {2}), got uint8 of shape {3}");
  EXPECT_MISTAKE(fft::fft(ones({4}), {.norm = "unit"}), value, "[fft] expected norm \"backward\", \"ortho\" or \"forward\", got \"unit\"");
  EXPECT_MISTAKE(einsum("ij,jk", {ones({2, 2})}, Loc::current()), value, "[einsum] expected 2 operands for \"ij,jk\", got 1");
  EXPECT_MISTAKE(einsum("i......", {ones({2, 2})}, Loc::current()), value, "[einsum] expected letters, one `...` at most, commas and `->`, got \"i......\"");
  EXPECT_MISTAKE(contract({ones({2, 3}), ones({4})}, {{0, 5}, {5}}, {0}), shape, "[contract] expected one extent for each label, got 3 and 4 for label 5");
  EXPECT_MISTAKE(contract({ones({8, 8}), ones({8, 8}), ones({8, 8})}, {{0, 1}, {1, 2}, {2, 0}}, {}, {.memory_limit = 2}), value, "[contract] expected a memory_limit of at least 256 bytes, which the contraction takes when all labels that help are sliced, got 2");
  EXPECT_MISTAKE(contract({ones({8})}, {{0}}, {}, {.memory_limit = -1}), value, "[contract] expected a memory_limit of 0, for none, or more bytes, got -1");
  EXPECT_MISTAKE(einsum("ij,jk", ones({2, 2})), value, "[einsum] expected 2 operands for \"ij,jk\", got 1");
  EXPECT_MISTAKE(random::uniform(random::key(0), {2}, float32, {.low = 0, .high = INFINITY}), value, "[uniform] expected finite low <= high, got 0 and inf");
  EXPECT_MISTAKE(set_num_threads(-1), value, "[set_num_threads] expected a number of threads, or 0 for the default, got -1");
  EXPECT_MISTAKE(set_memory_limit(-1), value, "[set_memory_limit] expected a number of bytes, or 0 for no limit, got -1");
  auto f = [](const Tensor &a) { return sum(a); };
  EXPECT_MISTAKE(value_and_grad(f, {1})(ones({2})), value, "[value_and_grad] expected argument numbers in [-1, 1), got 1");
  EXPECT_MISTAKE(grad(sum(ones({2})), Tensor()), value, "[grad] expected tensors to differentiate by, got an empty (default-constructed) one");
  try {
    optim::SGD({Variable(ones({2}))}, {.nesterov = true});
    ADD_FAILURE();
  } catch (const Error &e) {
    EXPECT_TRUE(std::string_view(e.what()).starts_with("[SGD] expected a momentum for nesterov, got 0")) << e.what();
  }
  EXPECT_MISTAKE(Tensor() + 1, value, "[add] expected tensors, got an empty (default-constructed) one");
}
