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
  EXPECT_MISTAKE(concatenate({line, line}), shape, "[concatenate] expected extents along axis 0 whose sum fits 64 bits, got {4611686018427387904} and {4611686018427387904}");
  EXPECT_MISTAKE(einsum("ii", ones({1, 3})), shape, "[einsum] expected equal extents of a repeated label, got {1, 3}");
  EXPECT_MISTAKE(tensor({{1, 2}, {3}}), shape, "[tensor] expected nested braces of equal length, got 2 and 1");
}

TEST(FrontendErrors, Attention) {
  Tensor q = zeros({2, 3, 4}), k = zeros({2, 5, 4}), mask = zeros({2, 5, 5});
  EXPECT_MISTAKE(scaled_dot_product_attention(q, k, zeros({2, 6, 4})), shape, "[scaled_dot_product_attention] expected {..., L, E}, {..., S, E} and {..., S, V}, got {2, 3, 4}, {2, 5, 4} and {2, 6, 4}");
  EXPECT_MISTAKE(scaled_dot_product_attention(q, k, k, {.mask = mask}), shape, "[scaled_dot_product_attention] expected a mask that broadcasts to {..., 3, 5}, got {2, 5, 5}");
  EXPECT_MISTAKE(scaled_dot_product_attention(q, zeros({3, 5, 4}), k), shape, "[scaled_dot_product_attention] expected shapes that broadcast, got {2} and {3}");
  EXPECT_MISTAKE(scaled_dot_product_attention(q.astype(complex64), k, k), dtype, "[scaled_dot_product_attention] expected real numbers, got complex64");
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

TEST(FrontendErrors, RebindingInTraces) {
  Variable w("w", ones({3}));
  std::string got = "[assign] expected a Variable that holds a value again when a traced function ends (for compile, a loop, a branch or checkpoint), got one of the trace in \"w\": return it, and assign it outside";
  EXPECT_MISTAKE(compile([&](Tensor a) { w.assign(a); return a; })(ones({3})), graph, got);
  EXPECT_MISTAKE(fori_loop(0, 2, [&](Tensor, std::vector<Tensor> s) { w.assign(s[0]); return s; }, {ones({3})}), graph, got);
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
  std::string noValue = "[vmap] expected a value, got one that depends on an argument which vmap maps: one trace stands for all slices, so there are no numbers to look at; choose with where() or cond(), repeat with while_loop()";
  EXPECT_MISTAKE(vmap([](Tensor a) { return a * a[0].item<float>(); })(x), graph, noValue);
  auto noCount = [](std::string op, std::string of) {
    return "[" + op + "] expected a number of elements that is known while the function is traced, got one that depends on values of an argument of " + of + ": give nonzero, unique or compress a fixed .size, or choose with where()";
  };
  EXPECT_MISTAKE(vmap([](Tensor a) { return a(a > 0.5); })(x), graph, noCount("index", "a function that vmap maps"));
  EXPECT_MISTAKE(vmap([](Tensor a) { return nonzero(sin(a))[0]; })(x), graph, noCount("nonzero", "a function that vmap maps"));
  std::string body = "a loop, a branch, checkpoint or a saved function";
  EXPECT_MISTAKE(checkpoint([](Tensor a) { return unique(a); })(x), graph, noCount("unique", body));
  EXPECT_MISTAKE(fori_loop(0, 2, [](Tensor, std::vector<Tensor> s) { return std::vector{s[0].at(s[0] > 0.5).set(s[0](s[0] > 0.5))}; }, {x}), graph, noCount("index", body));
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
  EXPECT_MISTAKE(tensor({1, 300}, int8), value, "[tensor] expected numbers that int8 has, got 300");
  EXPECT_EQ(tensor(std::vector<int64_t>{1, 300}, {2}, int8).to_vector<int8_t>(), (std::vector<int8_t>{1, 44}));
  EXPECT_MISTAKE(pad(ones({3}), {{1, 1}}, {.mode = "mean", .stat_length = 0}), value, "[pad] expected a stat_length of at least 1, got 0");
  EXPECT_MISTAKE(gumbel_softmax(random::key(0), ones({3}), {.temperature = 0}), value, "[gumbel_softmax] expected a positive temperature, got 0");
}

TEST(FrontendErrors, EmptyHandles) {
  Tensor none, x = ones({2, 3}), key = random::key(0);
  auto of = [](std::string op) { return "[" + op + "] expected tensors, got an empty (default-constructed) one"; };
  EXPECT_MISTAKE(none + 1, value, of("add"));
  EXPECT_MISTAKE(none.astype(float64), value, of("astype"));
  EXPECT_MISTAKE(none.item<float>(), value, of("item"));
  EXPECT_MISTAKE(none.data<float>(), value, of("data"));
  EXPECT_MISTAKE(zeros_like(none), value, of("zeros_like"));
  EXPECT_MISTAKE(full({2}, none), value, of("full"));
  EXPECT_MISTAKE(arange(none), value, of("arange"));
  EXPECT_MISTAKE(where(none, x, x), value, of("where"));
  EXPECT_MISTAKE(logaddexp(none, x), value, of("logaddexp"));
  EXPECT_MISTAKE(split(none, 2), value, of("split"));
  EXPECT_MISTAKE(take(x, none), value, of("take"));
  EXPECT_MISTAKE(take_along_axis(x, none, 0), value, of("take_along_axis"));
  EXPECT_MISTAKE(put_along_axis(x, argsort(x), none, 0), value, of("put_along_axis"));
  EXPECT_MISTAKE(dot(x, none), value, of("dot"));
  EXPECT_MISTAKE(tensordot(none, x, 1), value, of("tensordot"));
  EXPECT_MISTAKE(einsum("ij->ji", none), value, of("einsum"));
  EXPECT_MISTAKE(scaled_dot_product_attention(x, x, x, {.mask = none}), value, of("scaled_dot_product_attention"));
  EXPECT_MISTAKE(linalg::multi_dot({x, none}), value, of("multi_dot"));
  EXPECT_MISTAKE(fft::rfft(none), value, of("rfft"));
  EXPECT_MISTAKE(fft::fftshift(none), value, of("fftshift"));
  EXPECT_MISTAKE(random::gamma(key, none, {2}), value, of("gamma"));
  EXPECT_MISTAKE(vjp({x}, {x}, {none}), value, of("vjp"));
  EXPECT_MISTAKE(jacobian(none, x), value, of("jacobian"));
}

TEST(FrontendErrors, Random) {
  Tensor key = random::key(0);
  EXPECT_MISTAKE(random::uniform(key, {2}, float16, {.low = 0, .high = 1e6}), value, "[uniform] expected numbers that float16 has, got [0, 1e+06)");
  EXPECT_MISTAKE(random::normal(key, {2}, float32, {.stddev = -1}), value, "[normal] expected a standard deviation that is not negative, got -1");
  EXPECT_MISTAKE(random::bernoulli(key, 1.5, {2}), value, "[bernoulli] expected a probability, got 1.5");
  EXPECT_MISTAKE(random::poisson(key, -1.0, {2}), value, "[poisson] expected a rate that is not negative, got -1");
  EXPECT_MISTAKE(random::poisson(key, 1.0, {2}, complex64), dtype, "[poisson] expected a real dtype, got complex64");
}

TEST(FrontendErrors, Optimizers) {
  using namespace optim;
  Variable w(tensor({1.0, 2.0})), integers(tensor({1, 2}));
  Tensor g = ones({2}, float64);
  EXPECT_MISTAKE(SGD({}), value, "[SGD] expected at least one parameter, got none");
  EXPECT_MISTAKE(SGD({integers}), dtype, "[SGD] expected floating or complex parameters, got int64");
  EXPECT_MISTAKE(SGD({w}, {.lr = -1}), value, "[SGD] expected a finite learning rate that is not negative, got -1");
  EXPECT_MISTAKE(SGD({w}, {.momentum = -0.5}), value, "[SGD] expected a momentum that is not negative, got -0.5");
  EXPECT_MISTAKE(SGD({w}, {.weight_decay = -1}), value, "[SGD] expected a weight decay that is not negative, got -1");
  EXPECT_MISTAKE(SGD({w}, {.nesterov = true}), value, "[SGD] expected a momentum for nesterov, got 0");
  EXPECT_MISTAKE(Adam({w}, {.beta1 = 1}), value, "[Adam] expected betas in [0, 1), got 1");
  EXPECT_MISTAKE(AdamW({w}, {.beta2 = -0.1}), value, "[AdamW] expected betas in [0, 1), got -0.1");
  EXPECT_MISTAKE(Adam({w}, {.eps = -1}), value, "[Adam] expected an eps that is not negative, got -1");
  EXPECT_MISTAKE(Muon({w}, {.lr = NAN}), value, "[Muon] expected a finite learning rate that is not negative, got nan");
  EXPECT_MISTAKE(LBFGS({w}, {.lr = -1}), value, "[LBFGS] expected a finite learning rate that is not negative, got -1");
  EXPECT_MISTAKE(step_decay(0.1, 0.5, 0), value, "[step_decay] expected at least 1 steps, got 0");
  EXPECT_MISTAKE(cosine_decay(0.1, -3), value, "[cosine_decay] expected at least 1 steps, got -3");
  EXPECT_MISTAKE(linear_warmup(-1, 0.1), value, "[linear_warmup] expected at least 0 steps, got -1");
  SGD sgd({w}, {.momentum = 0.9});
  EXPECT_MISTAKE(sgd.set_lr(-1), value, "[set_lr] expected a finite learning rate that is not negative, got -1");
  EXPECT_MISTAKE(sgd.step({Tensor()}), value, "[step] expected tensors, got an empty (default-constructed) one");
  EXPECT_MISTAKE(sgd.step({g.astype(complex128)}), dtype, "[step] expected values that convert to float64, got complex128");
  EXPECT_MISTAKE(sgd.step({ones({3})}), shape, "[step] expected a gradient of shape {2}, got {3}");
  sgd.step({g});
  w.assign(ones({3, 2}, float64));
  EXPECT_MISTAKE(sgd.step({ones({3, 2}, float64)}), shape, "[step] expected parameter 0 to keep the shape of its state, {2}, got {3, 2}");
  w.assign(tensor({1, 2}));
  EXPECT_MISTAKE(sgd.step({g}), dtype, "[step] expected floating or complex parameters, got int64");
  EXPECT_MISTAKE(clip_by_global_norm({g}, -1), value, "[clip_by_global_norm] expected a limit that is not negative, got -1");
}

TEST(FrontendErrors, Layers) {
  using namespace nn;
  Tensor x = ones({2, 4});
  EXPECT_MISTAKE(Linear(3, -1), value, "[Linear] expected at least 0 output features, got -1");
  EXPECT_MISTAKE(Linear(0, 1), value, "[Linear] expected at least 1 input feature, got 0");
  EXPECT_MISTAKE(Conv2d(4, 4, 3, {.groups = 0}), value, "[Conv2d] expected at least 1 group, got 0");
  EXPECT_MISTAKE(Conv1d(3, 4, 3, {.groups = 2}), value, "[Conv1d] expected groups that divide 3 and 4 channels, got 2");
  EXPECT_MISTAKE(Conv1d(3, 4, 0), value, "[Conv1d] expected at least 1 element of the kernel, got 0");
  EXPECT_MISTAKE(Embedding(3, -1), value, "[Embedding] expected at least 0 features, got -1");
  EXPECT_MISTAKE(Dropout(2), value, "[Dropout] expected a probability, got 2");
  EXPECT_MISTAKE(MultiHeadAttention(8, 3), value, "[MultiHeadAttention] expected heads that divide 8, got 3");
  EXPECT_MISTAKE(LSTM(2, -1), value, "[LSTM] expected at least 1 hidden feature, got -1");
  EXPECT_MISTAKE(GRU(2, 3)(ones({1, 0, 2})), shape, "[GRU] expected {N, L, in} with L of at least 1, got {1, 0, 2}");
  // A single feature would broadcast.
  EXPECT_MISTAKE(LayerNorm(3)(ones({2, 1})), shape, "[LayerNorm] expected {..., 3}, got {2, 1}");
  EXPECT_MISTAKE(RMSNorm(3)(x), shape, "[RMSNorm] expected {..., 3}, got {2, 4}");
  EXPECT_MISTAKE(layer_norm(x, ones({3, 2, 4}), ones({4})), shape, "[layer_norm] expected weights that broadcast to {2, 4}, got a result of {3, 2, 4}");
  EXPECT_MISTAKE(Sequential(Linear(3, 2), relu)(x), shape, "[matmul] expected inner extents that agree, got {2, 4} and {3, 2}");
  BatchNorm norm(3);
  EXPECT_MISTAKE(norm.train(x), shape, "[BatchNorm] expected {N, 3, ...}, got {2, 4}");
  EXPECT_MISTAKE(norm.train(ones({1, 3})), shape, "[BatchNorm] expected at least 2 numbers for each channel to train, got {1, 3}");
}
