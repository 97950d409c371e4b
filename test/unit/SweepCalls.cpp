// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of functions that generated cases call. Axes are a count and that many axes, a negative count means all; an
// index is a list of codes (see indices).
#include "test/unit/SweepCalls.h"

#include <functional>
#include <map>

namespace tcc::test {
namespace {

using List = std::vector<Tensor>;
using Integers = std::vector<int64_t>;

Axes axes(const Integers &i, size_t from = 0) {
  if (from >= i.size() || i[from] < 0)
    return Axes();
  return Axes(Integers(i.begin() + int64_t(from) + 1, i.begin() + int64_t(from) + 1 + i[from]));
}

/// Codes: 0 i; 1 and three bounds, each 0 0 (none) or 1 b; 2 `_`; 3 newaxis; 4 ellipsis; 5 k, the k-th index tensor.
std::vector<Index> indices(const Call &call, size_t firstTensor) {
  std::vector<Index> out;
  for (size_t k = 0; k < call.integers.size();) {
    auto next = [&] { return call.integers.at(k++); };
    auto bound = [&] {
      bool given = next() != 0;
      int64_t value = next();
      return given ? Bound(value) : Bound(_);
    };
    switch (next()) {
    case 0:
      out.push_back(next());
      break;
    case 1: {
      Bound begin = bound(), end = bound(), step = bound();
      out.push_back(slice(begin, end, step));
      break;
    }
    case 2:
      out.push_back(_);
      break;
    case 3:
      out.push_back(newaxis);
      break;
    case 4:
      out.push_back(ellipsis);
      break;
    default:
      out.push_back(call.xs.at(firstTensor + size_t(next())));
    }
  }
  return out;
}

/// use(i...) with the subscripts, of which a call may have up to seven.
template <class F, class... I> auto withIndices(const std::vector<Index> &list, F use, const I &...given) {
  if constexpr (sizeof...(I) < 7)
    if (list.size() > sizeof...(I))
      return withIndices(list, use, given..., list[sizeof...(I)]);
  if constexpr (sizeof...(I) > 0)
    return use(given...);
  else
    return use(Index(ellipsis));
}

List updated(const Call &c) {
  At at = withIndices(indices(c, 2), [&](const auto &...i) { return c.xs[0].at(i...); });
  const Tensor &v = c.xs[1];
  return {c.text == "set"        ? at.set(v)
          : c.text == "add"      ? at.add(v)
          : c.text == "multiply" ? at.multiply(v)
          : c.text == "min"      ? at.min(v)
                                 : at.max(v)};
}

Tensor selected(const Call &c, size_t firstTensor) {
  return withIndices(indices(c, firstTensor), [&](const auto &...i) { return c.xs[0](i...); });
}

std::vector<std::pair<int64_t, int64_t>> widths(const Integers &i) {
  std::vector<std::pair<int64_t, int64_t>> out;
  for (size_t k = 0; k + 1 < i.size(); k += 2)
    out.push_back({i[k], i[k + 1]});
  return out;
}

using Function = std::function<List(const Call &)>;
using Table = std::map<std::string, Function>;

#define UNARY(name) table[#name] = [](const Call &c) { return List{name(c.xs[0])}; };
#define BINARY(name) table[#name] = [](const Call &c) { return List{name(c.xs[0], c.xs[1])}; };
/// integers: keepdims, axes
#define REDUCTION(name)                                                                                                \
  table[#name] = [](const Call &c) {                                                                                   \
    return List{name(c.xs[0], axes(c.integers, 1), {.keepdims = c.integers[0] != 0})};                                 \
  };
#define SCAN(name) table[#name] = [](const Call &c) { return List{name(c.xs[0], axes(c.integers))}; };
#define ONE(key, ...) table[key] = [](const Call &c) -> List { return {__VA_ARGS__}; };
#define MANY(key, ...) table[key] = [](const Call &c) -> List { return __VA_ARGS__; };
#define X c.xs[0]
#define Y c.xs[1]
#define Z c.xs[2]
#define I(k) c.integers[k]
#define R(k) c.reals[k]

void elementwise(Table &table) {
  // clang-format off
  UNARY(abs) UNARY(neg) UNARY(sign) UNARY(exp) UNARY(exp2) UNARY(expm1) UNARY(log) UNARY(log2) UNARY(log10)
  UNARY(log1p) UNARY(sqrt) UNARY(rsqrt) UNARY(cbrt) UNARY(square) UNARY(reciprocal) UNARY(sin) UNARY(cos) UNARY(tan)
  UNARY(asin) UNARY(acos) UNARY(atan) UNARY(sinh) UNARY(cosh) UNARY(tanh) UNARY(asinh) UNARY(acosh) UNARY(atanh)
  UNARY(erf) UNARY(erfc) UNARY(erfinv) UNARY(lgamma) UNARY(digamma) UNARY(sigmoid) UNARY(floor) UNARY(ceil)
  UNARY(trunc) UNARY(isnan) UNARY(isinf) UNARY(isfinite) UNARY(nan_to_num) UNARY(logical_not) UNARY(bitwise_not)
  UNARY(real) UNARY(imag) UNARY(conj) UNARY(angle) UNARY(relu) UNARY(silu) UNARY(softplus) UNARY(leaky_relu)
  UNARY(elu) UNARY(gelu) UNARY(softmax) UNARY(log_softmax) UNARY(unique) UNARY(flatten) UNARY(zeros_like)
  UNARY(ones_like)
  BINARY(add) BINARY(subtract) BINARY(multiply) BINARY(divide) BINARY(floor_divide) BINARY(remainder) BINARY(fmod)
  BINARY(power) BINARY(maximum) BINARY(minimum) BINARY(hypot) BINARY(logaddexp) BINARY(atan2) BINARY(equal)
  BINARY(not_equal) BINARY(less) BINARY(less_equal) BINARY(greater) BINARY(greater_equal) BINARY(logical_and)
  BINARY(logical_or) BINARY(logical_xor) BINARY(bitwise_and) BINARY(bitwise_or) BINARY(bitwise_xor) BINARY(left_shift)
  BINARY(right_shift) BINARY(complex) BINARY(polar) BINARY(matmul) BINARY(dot) BINARY(vdot) BINARY(inner)
  BINARY(outer) BINARY(kron) BINARY(searchsorted) BINARY(mse_loss) BINARY(huber_loss) BINARY(cross_entropy)
      // clang-format on
      ONE("searchsorted_right", searchsorted(X, Y, {.side = "right"}))
          ONE("round", round(X, c.integers.empty() ? 0 : I(0))) ONE("clip", clip(X, Y, Z)) ONE("where", where(X, Y, Z))
              ONE("astype", X.astype(Dtype(I(0)))) ONE("add_i", X + I(0)) ONE("add_r", X + R(0)) ONE("mul_i", X * I(0))
                  ONE("mul_r", X * R(0)) ONE("mul_c", X * std::complex<double>(R(0), 1)) ONE("div_i", X / I(0))
                      ONE("div_r", X / R(0)) ONE("rdiv_i", I(0) / X) ONE("rsub_i", I(0) - X)
                          ONE("pow_i", power(X, I(0))) ONE("pow_r", power(X, R(0))) ONE("rpow_r", power(R(0), X))
                              ONE("fdiv_i", floor_divide(X, I(0))) ONE("fdiv_r", floor_divide(X, R(0)))
                                  ONE("rem_i", X % I(0)) ONE("rem_r", X % R(0)) ONE("max_i", maximum(X, I(0)))
                                      ONE("lt_i", X < I(0)) ONE("ge_i", X >= I(0)) ONE("eq_i", X == I(0))
                                          ONE("lt_r", X < R(0)) ONE("shl_i", X << I(0)) ONE("and_i", X & I(0))
}

void reducing(Table &table) {
  // clang-format off
  REDUCTION(sum) REDUCTION(prod) REDUCTION(mean) REDUCTION(max) REDUCTION(min) REDUCTION(argmax) REDUCTION(argmin)
  REDUCTION(all) REDUCTION(any) REDUCTION(logsumexp) REDUCTION(median) REDUCTION(norm)
  SCAN(cumsum) SCAN(cumprod) SCAN(cummax) SCAN(cummin) SCAN(logcumsumexp)
      // clang-format on
      ONE("var", var(X, axes(c.integers, 2), {.ddof = I(1), .keepdims = I(0) != 0}))
          ONE("std_dev", std_dev(X, axes(c.integers, 2), {.ddof = I(1), .keepdims = I(0) != 0}))
              ONE("diff", diff(X, I(0), I(1))) ONE("sort", sort(X, I(0))) ONE("argsort", argsort(X, I(0)))
                  MANY("nonzero", nonzero(X)) table["topk"] = [](const Call &c) {
                    TopK found = topk(X, I(0), I(1));
                    return List{found.values, found.indices};
                  };
}

void shaping(Table &table) {
  ONE("reshape", reshape(X, c.integers))
  ONE("squeeze", squeeze(X, axes(c.integers)))
  ONE("expand_dims", expand_dims(X, axes(c.integers)))
  ONE("transpose", transpose(X, axes(c.integers)))
  ONE("swapaxes", swapaxes(X, I(0), I(1)))
  ONE("moveaxis", moveaxis(X, axes(c.integers), axes(c.integers, size_t(I(0)) + 1)))
  ONE("flip", flip(X, axes(c.integers)))
  ONE("roll", roll(X, axes(c.integers), axes(c.integers, size_t(I(0)) + 1)))
  ONE("broadcast_to", broadcast_to(X, c.integers))
  ONE("pad", pad(X, widths(c.integers), {.mode = c.text, .value = R(0)}))
  ONE("tile", tile(X, c.integers))
  ONE("repeat_all", repeat(X, axes(c.integers)))
  ONE("repeat", repeat(X, axes(c.integers), c.integers.back()))
  ONE("concatenate", concatenate(c.xs, I(0)))
  ONE("stack", stack(c.xs, I(0)))
  MANY("split", split(X, I(0), I(1)))
  MANY("split_at", split(X, Integers(c.integers.begin() + 1, c.integers.end()), I(0)))
  ONE("rot90", rot90(X, I(0), {I(1), I(2)}))
  ONE("tril", tril(X, I(0)))
  ONE("triu", triu(X, I(0)))
  ONE("diag", diag(X, I(0)))
  ONE("trace", trace(X, I(0), I(1), I(2)))
  ONE("take", c.integers.empty() ? take(X, Y) : take(X, Y, I(0)))
  ONE("take_along_axis", take_along_axis(X, Y, I(0)))
  ONE("index", selected(c, 1))
  // X, a cotangent of the selection, index tensors
  ONE("index_grad", grad(sum(real(conj(Y) * selected(c, 2))), X))
  MANY("at", updated(c))
  ONE("arange_i", arange(I(0), I(1), I(2)))
  ONE("linspace", linspace(R(0), R(1), I(0), Dtype(I(1)), {.endpoint = I(2) != 0}))
  ONE("eye", eye(I(0), I(1), I(2), Dtype(I(3))))
  ONE("tri", tri(I(0), I(1), I(2), Dtype(I(3))))
}

} // namespace

List callByName(const std::string &name, const Call &call) {
  static const Table table = [] {
    Table all;
    elementwise(all);
    reducing(all);
    shaping(all);
    return all;
  }();
  auto found = table.find(name);
  if (found == table.end())
    throw Error("[test] expected a function of the table, got " + name);
  return found->second(call);
}

} // namespace tcc::test
