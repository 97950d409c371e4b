// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of calls of structured ops for gradient checks.
#include "test/unit/GradCases.h"

#include <array>
#include <cmath>

namespace tcc::test {

static std::string list(const std::vector<std::string> &types, const std::string &prefix, bool isTyped) {
  std::string text;
  for (size_t i = 0; i < types.size(); ++i)
    text += (i ? ", " : "") + (prefix.empty() ? "" : "%" + prefix + std::to_string(i)) +
            (prefix.empty() || !isTyped ? "" : ": ") + (isTyped ? "tensor<" + types[i] + ">" : "");
  return text;
}

static std::string function(const std::vector<std::string> &operands, const std::vector<std::string> &results,
                            const std::string &body, const std::string &values) {
  return "func.func @f(" + list(operands, "a", true) + ") -> (" + list(results, "", true) + ") {\n" + body +
         "  return " + values + " : " + list(results, "", true) + "\n}\n";
}

std::string call(const std::string &op, const std::vector<std::string> &operands, const std::string &attributes,
                 const std::vector<std::string> &results) {
  std::string values;
  for (size_t i = 0; i < results.size(); ++i)
    values += (i ? ", %y#" : "%y#") + std::to_string(i);
  return function(operands, results,
                  "  %y:" + std::to_string(results.size()) + " = \"tcc." + op + "\"(" + list(operands, "a", false) +
                      ") {" + attributes + "} : (" + list(operands, "", true) + ") -> (" + list(results, "", true) +
                      ")\n",
                  values);
}

/// A square matrix far from singular, with distinct eigenvalues and singular values, repeated `batch` times.
static std::vector<double> matrices(int batch, int rows, int columns, double shift) {
  std::vector<double> values;
  for (int k = 0; k < batch; ++k)
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        values.push_back(0.4 * std::sin(3.0 * i + 5.0 * j + 1.0 + k) + (i == j ? shift + i : 0));
  return values;
}

/// %h = %a0 + %a0^H, so that every direction stays Hermitian.
static const std::string hermitian = R"(
  %t = tcc.transpose %a0 {perm = array<i64: 1, 0>} : tensor<3x3x$T> -> tensor<3x3x$T>
  %c = tcc.conj %t : tensor<3x3x$T>
  %h = tcc.add %a0, %c : tensor<3x3x$T>
)";

/// %name2 = |%name|^2 of each element: what is left of vectors that are only known up to a phase.
static std::string squaredMagnitude(const std::string &name, const std::string &shape, const std::string &type) {
  return "  %" + name + "a = tcc.abs %" + name + " : tensor<" + shape + "x" + type + "> -> tensor<" + shape +
         "x$R>\n  %" + name + "2 = tcc.square %" + name + "a : tensor<" + shape + "x$R>\n";
}

static std::vector<GradCase> indexingCases() {
  std::vector<GradCase> cases = {
      {"gather",
       call("gather", {"4x3x$T", "2x3xi64"}, "axes = array<i64: 0>", {"2x3x3x$T"}),
       {{1, {3, 0, 3, 1, 1, 2}}}},
      {"gather",
       call("gather", {"3x2x4x$T", "3xi64", "3xi64"}, "axes = array<i64: 0, 2>", {"3x2x$T"}),
       {{1, {2, 0, 2}}, {2, {3, 1, 3}}}},
  };
  // Two updates meet at row 3, two at row 0.
  for (std::string combine : {"set", "add", "multiply"})
    cases.push_back({"scatter",
                     call("scatter", {"4x2x$T", "5x2x$T", "5xi64"},
                          "axes = array<i64: 0>, combine = \"" + combine + "\"", {"4x2x$T"}),
                     {{2, {3, 0, 3, 1, 0}}}});
  for (std::string combine : {"min", "max"})
    cases.push_back({"scatter",
                     call("scatter", {"4x2x$T", "5x2x$T", "5xi64"},
                          "axes = array<i64: 0>, combine = \"" + combine + "\"", {"4x2x$T"}),
                     {{2, {3, 0, 3, 1, 0}}},
                     "f"});
  // A zero among the factors: the product of the others is still known.
  cases.push_back({"scatter",
                   call("scatter", {"3x$T", "4x$T", "4xi64"}, "axes = array<i64: 0>, combine = \"multiply\"", {"3x$T"}),
                   {{0, {1.5, 0, -2}}, {1, {0, 3, 0.5, -1.25}}, {2, {0, 0, 1, 2}}}});
  return cases;
}

static std::vector<GradCase> shapeCases() {
  return {
      {"cast", call("cast", {"5x$R"}, "", {"5x$C"}), {}, "f"},
      {"cast", call("cast", {"5x$C"}, "", {"5x$R"}), {}, "c"},
      {"polygamma", call("polygamma", {"5x$T"}, "order = 1 : i64", {"5x$T"}), {}, "f"},
      {"polygamma", call("polygamma", {"5x$T"}, "order = 3 : i64", {"5x$T"}), {}, "f"},
      {"with_gradient", function({"5x$T"}, {"5x$T"},
                                 "  %a = tcc.square %a0 : tensor<5x$T>\n  %b = tcc.multiply %a0, %a0 : tensor<5x$T>\n"
                                 "  %y = tcc.with_gradient %a, %b : tensor<5x$T>\n",
                                 "%y")},
      {"select", call("select", {"5xi1", "5x$T", "5x$T"}, "", {"5x$T"}), {{0, {1, 0, 0, 1, 1}}}},
      {"broadcast", call("broadcast", {"3x1x$T"}, "dims = array<i64: 0, 2>", {"3x2x4x$T"})},
      {"reshape", call("reshape", {"3x4x$T"}, "", {"2x6x$T"})},
      {"transpose", call("transpose", {"2x3x4x$T"}, "perm = array<i64: 2, 0, 1>", {"4x2x3x$T"})},
      {"slice", call("slice", {"5x7x$T"},
                     "starts = array<i64: 1, 0>, limits = array<i64: 5, 6>, strides = array<i64: 2, 3>", {"2x2x$T"})},
      {"reverse", call("reverse", {"3x4x$T"}, "axes = array<i64: 1>", {"3x4x$T"})},
      {"pad", call("pad", {"2x3x$T", "$T"},
                   "low = array<i64: 1, 0>, high = array<i64: 0, 2>, interior = array<i64: 1, 2>", {"4x9x$T"})},
      {"concatenate", call("concatenate", {"2x3x$T", "2x1x$T", "2x2x$T"}, "axis = 1 : i64", {"2x6x$T"})},
  };
}

static std::vector<GradCase> reductionCases() {
  std::vector<GradCase> cases;
  for (std::string op : {"reduce_sum", "reduce_prod"})
    cases.push_back({op, call(op, {"3x2x4x$T"}, "axes = array<i64: 0, 2>", {"2x$T"})});
  for (std::string op : {"reduce_max", "reduce_min"})
    cases.push_back({op, call(op, {"3x2x4x$T"}, "axes = array<i64: 0, 2>", {"2x$T"}), {}, "f"});
  // One zero and two zeros in a row, where a quotient of the whole product would be NaN.
  std::vector<double> zeros = {2, 0, -1.5, 0.5, 0, 3, 0, -1, 1.25, -0.5, 2, 3};
  cases.push_back(
      {"reduce_prod", call("reduce_prod", {"3x4x$T"}, "axes = array<i64: 1>", {"3x$T"}), {{0, zeros}}, "fc", 64, 0});
  for (std::string reverse : {"false", "true"}) {
    std::string attributes = "axis = 1 : i64, reverse = " + reverse;
    for (std::string op : {"cumsum", "cumprod"})
      cases.push_back({op, call(op, {"2x4x3x$T"}, attributes, {"2x4x3x$T"})});
    cases.push_back({"cumprod", call("cumprod", {"3x4x$T"}, attributes, {"3x4x$T"}), {{0, zeros}}, "fc", 64, 0});
    for (std::string op : {"cummax", "cummin"})
      cases.push_back({op, call(op, {"2x4x3x$T"}, attributes, {"2x4x3x$T"}), {}, "f"});
  }
  cases.push_back({"sort", call("sort", {"2x5x2x$T"}, "axis = 1 : i64", {"2x5x2x$T"}), {}, "f"});
  return cases;
}

/// Attributes of a convolution; each list as in array<i64: ...>.
static std::string convolution(const std::array<std::string, 11> &lists, bool flip, const std::string &perm) {
  const char *names[] = {"x_batch", "w_batch", "x_contract", "w_contract", "x_window",  "w_window",
                         "strides", "low",     "high",       "x_dilation", "w_dilation"};
  std::string text;
  for (size_t i = 0; i < lists.size(); ++i)
    text += std::string(names[i]) + " = array<i64" + (lists[i].empty() ? "" : ": ") + lists[i] + ">, ";
  return text + "flip = " + (flip ? "true" : "false") + ", perm = array<i64: " + perm + ">";
}

static std::vector<GradCase> contractionCases() {
  return {
      {"convolution", // two axes in groups: strides, padding of both signs, both dilations, another order of axes
       call("convolution", {"2x4x2x3x5x$T", "2x3x3x2x2x$T"},
            convolution({"2", "0", "3", "2", "1, 4", "3, 4", "2, 1", "1, -1", "0, 2", "1, 2", "2, 1"}, false,
                        "1, 0, 2, 3, 4"),
            {"2x2x3x2x9x$T"})},
      {"convolution", // backwards, images last
       call("convolution", {"5x2x3x$T", "2x3x4x$T"},
            convolution({"", "", "1", "0", "0", "1", "1", "2", "1", "2", "1"}, true, "2, 1, 0"), {"10x4x3x$T"})},
      {"convolution", // a window that leaves elements over
       call("convolution", {"1x2x8x$T", "2x2x3x$T"},
            convolution({"", "", "1", "1", "2", "2", "3", "0", "0", "1", "1"}, false, "0, 1, 2"), {"1x2x2x$T"})},
      {"window_max",
       call("window_max", {"2x5x6x$T"},
            "axes = array<i64: 1, 2>, window = array<i64: 2, 3>, strides = array<i64: 1, 2>, low = array<i64: 0, 1>, "
            "high = array<i64: 0, 1>",
            {"2x4x3x$T", "2x4x3xi64"}),
       {},
       "f"},
      {"dot_general",
       call(
           "dot_general", {"3x4x$T", "4x2x$T"},
           "lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>",
           {"3x2x$T"})},
      {"dot_general",
       call("dot_general", {"3x2x4x2x$T", "2x4x5x3x$T"},
            "lhs_batch = array<i64: 1>, rhs_batch = array<i64: 0>, lhs_contract = array<i64: 2, 0>, rhs_contract = "
            "array<i64: 1, 3>",
            {"2x2x5x$T"})},
      {"fft",
       call("fft", {"3x4x5x$T"}, "axes = array<i64: 0, 2>, inverse = false, norm = 0 : i64", {"3x4x5x$T"}),
       {},
       "c"},
      {"fft", call("fft", {"6x$T"}, "axes = array<i64: 0>, inverse = true, norm = 2 : i64", {"6x$T"}), {}, "c"},
      {"rfft", call("rfft", {"3x6x$T"}, "axes = array<i64: 0, 1>, norm = 1 : i64", {"3x4x$C"}), {}, "f"},
      {"rfft", call("rfft", {"5x2x$T"}, "axes = array<i64: 0>, norm = 0 : i64", {"3x2x$C"}), {}, "f"},
      {"fft",
       call("fft", {"6x$T"},
            "axes = array<i64: 0>, conjugate = true, inverse = false, norm = 1 : i64, scale = -3.0 : f64", {"6x$T"}),
       {},
       "c"},
      {"rfft",
       call("rfft", {"4x6x$T"},
            "axes = array<i64: 0, 1>, conjugate = true, norm = 1 : i64, pairs = 3.0 : f64, scale = 0.5 : f64",
            {"4x4x$C"}),
       {},
       "f"},
      {"irfft", call("irfft", {"3x4x$T"}, "axes = array<i64: 0, 1>, n = 6 : i64, norm = 1 : i64", {"3x6x$R"}), {}, "c"},
      {"irfft", call("irfft", {"3x2x$T"}, "axes = array<i64: 0>, n = 5 : i64, norm = 0 : i64", {"5x2x$R"}), {}, "c"},
      {"irfft",
       call("irfft", {"4x3x$T"},
            "axes = array<i64: 0, 1>, conjugate = true, n = 5 : i64, norm = 1 : i64, pairs = 3.0 : f64, scale = 0.5 : "
            "f64",
            {"4x5x$R"}),
       {},
       "c"},
  };
}

static std::vector<GradCase> linalgCases() {
  std::vector<GradCase> cases = {
      {"cholesky",
       function({"3x3x$T"}, {"3x3x$T"}, hermitian + "  %y = tcc.cholesky %h : tensor<3x3x$T> -> tensor<3x3x$T>\n",
                "%y"),
       {{0, matrices(1, 3, 3, 1.5)}}},
      {"lu", call("lu", {"2x3x3x$T"}, "", {"2x3x3x$T", "2x3xi64"}), {{0, matrices(2, 3, 3, 2)}}},
      {"lu", call("lu", {"4x2x$T"}, "", {"4x2x$T", "4xi64"}), {{0, matrices(1, 4, 2, 2)}}},
      {"lu", call("lu", {"2x4x$T"}, "", {"2x4x$T", "2xi64"}), {{0, matrices(1, 2, 4, 2)}}},
      {"qr", call("qr", {"2x3x3x$T"}, "full = false", {"2x3x3x$T", "2x3x3x$T"}), {{0, matrices(2, 3, 3, 2)}}},
      {"qr", call("qr", {"4x2x$T"}, "full = false", {"4x2x$T", "2x2x$T"}), {{0, matrices(1, 4, 2, 2)}}},
      {"qr", call("qr", {"2x4x$T"}, "full = false", {"2x2x$T", "2x4x$T"}), {{0, matrices(1, 2, 4, 2)}}},
      {"svdvals", call("svdvals", {"2x3x4x$T"}, "", {"2x3x$R"}), {{0, matrices(2, 3, 4, 2)}}},
      {"eigh",
       function({"3x3x$T"}, {"3x$R", "3x3x$R"},
                hermitian + "  %w, %v = tcc.eigh %h : tensor<3x3x$T> -> tensor<3x$R>, tensor<3x3x$T>\n" +
                    squaredMagnitude("v", "3x3", "$T"),
                "%w, %v2"),
       {{0, matrices(1, 3, 3, 1)}}},
      {"eig",
       function({"3x3x$T"}, {"3x$C", "3x3x$R"},
                "  %w, %v = tcc.eig %a0 : tensor<3x3x$T> -> tensor<3x$C>, tensor<3x3x$C>\n" +
                    squaredMagnitude("v", "3x3", "$C"),
                "%w, %v2"),
       {{0, matrices(1, 3, 3, 1)}},
       "fc",
       128},
      {"solve", call("solve", {"2x3x3x$T", "2x3x2x$T"}, "", {"2x3x2x$T"}), {{0, matrices(2, 3, 3, 2)}}},
      {"det",
       function({"2x3x3x$T"}, {"2x$T"},
                "  %lu, %perm = tcc.lu %a0 : tensor<2x3x3x$T> -> tensor<2x3x3x$T>, tensor<2x3xi64>\n"
                "  %y = tcc.det %a0, %lu, %perm : (tensor<2x3x3x$T>, tensor<2x3x3x$T>, tensor<2x3xi64>) -> "
                "tensor<2x$T>\n",
                "%y"),
       {{0, matrices(2, 3, 3, 1)}}},
      {"adjugate",
       function({"2x3x3x$T"}, {"2x3x3x$T"},
                "  %lu, %perm = tcc.lu %a0 : tensor<2x3x3x$T> -> tensor<2x3x3x$T>, tensor<2x3xi64>\n"
                "  %y = tcc.adjugate %a0, %lu, %perm : (tensor<2x3x3x$T>, tensor<2x3x3x$T>, tensor<2x3xi64>) -> "
                "tensor<2x3x3x$T>\n",
                "%y"),
       {{0, matrices(2, 3, 3, 1)}}},
      {"adjugate_tangent",
       function({"2x3x3x$T", "2x3x3x$T"}, {"2x3x3x$T"},
                "  %lu, %perm = tcc.lu %a0 : tensor<2x3x3x$T> -> tensor<2x3x3x$T>, tensor<2x3xi64>\n"
                "  %y = tcc.adjugate_tangent %a0, %lu, %perm, %a1 : (tensor<2x3x3x$T>, tensor<2x3x3x$T>, "
                "tensor<2x3xi64>, tensor<2x3x3x$T>) -> tensor<2x3x3x$T>\n",
                "%y"),
       {{0, matrices(2, 3, 3, 1)}}},
      {"pinv", call("pinv", {"2x4x2x$T"}, "", {"2x2x4x$T"}), {{0, matrices(2, 4, 2, 2)}}},
      {"pinv", call("pinv", {"2x4x$T"}, "", {"4x2x$T"}), {{0, matrices(1, 2, 4, 2)}}},
      {"lstsq", call("lstsq", {"2x4x2x$T", "2x4x3x$T"}, "", {"2x2x3x$T", "2xi64"}), {{0, matrices(2, 4, 2, 2)}}},
      {"lstsq", call("lstsq", {"2x4x$T", "2x3x$T"}, "", {"4x3x$T", "i64"}), {{0, matrices(1, 2, 4, 2)}}},
      {"polar", call("polar", {"2x3x3x$T"}, "", {"2x3x3x$T"}), {{0, matrices(2, 3, 3, 2)}}},
      {"polar", call("polar", {"4x2x$T"}, "", {"4x2x$T"}), {{0, matrices(1, 4, 2, 2)}}},
      {"polar", call("polar", {"2x4x$T"}, "", {"2x4x$T"}), {{0, matrices(1, 2, 4, 2)}}},
      {"sylvester",
       call("sylvester", {"2x3x3x$T", "2x2x2x$T", "2x3x2x$T"}, "", {"2x3x2x$T"}),
       {{0, matrices(2, 3, 3, 1)}, {1, matrices(2, 2, 2, 2)}}},
      {"expm", call("expm", {"2x3x3x$T"}, "", {"2x3x3x$T"}), {{0, matrices(2, 3, 3, -1)}}},
      {"sqrtm", call("sqrtm", {"2x3x3x$T"}, "", {"2x3x3x$T"}), {{0, matrices(2, 3, 3, 2)}}, "c"},
      {"logm", call("logm", {"2x3x3x$T"}, "", {"2x3x3x$T"}), {{0, matrices(2, 3, 3, 2)}}, "c"},
      {"schur",
       function({"3x3x$T"}, {"3x3x$R", "3x3x$R"},
                "  %t, %z = tcc.schur %a0 : tensor<3x3x$T> -> tensor<3x3x$C>, tensor<3x3x$C>\n" +
                    squaredMagnitude("t", "3x3", "$C") + squaredMagnitude("z", "3x3", "$C"),
                "%t2, %z2"),
       {{0, matrices(1, 3, 3, 1)}},
       "fc",
       256},
      {"limit_where",
       call("limit_where", {"2x3xi1", "2x3x$T", "2x3x$T", "2x3x$T"}, "", {"2x3x$T"}),
       {{0, {0, 0, 0, 0, 0, 0}}}},
      {"check",
       call("check", {"2x3x3x$T", "2x2x4xi1"}, "reason = 0 : i64", {"2x3x3x$T"}),
       {{1, std::vector<double>(16)}}},
  };
  for (std::string adjoint : {"false", "true"})
    cases.push_back({"schur_solve",
                     call("schur_solve", {"2x3x3x$T", "2x3x3x$T"}, "adjoint = " + adjoint, {"2x3x3x$T"}),
                     {{0, matrices(2, 3, 3, 1)}},
                     "c"});
  // One vector of a complement: determined but for its phase.
  cases.push_back({"qr",
                   function({"3x2x$T"}, {"3x3x$R", "3x2x$T"},
                            "  %q, %r = tcc.qr %a0 {full = true} : tensor<3x2x$T> -> tensor<3x3x$T>, tensor<3x2x$T>\n" +
                                squaredMagnitude("q", "3x3", "$T"),
                            "%q2, %r"),
                   {{0, matrices(1, 3, 2, 2)}}});
  for (auto [shape, u, vh] : {std::array<std::string, 3>{"3x2", "3x3", "2x2"}, {"2x3", "2x2", "3x3"}})
    cases.push_back({"svd",
                     function({shape + "x$T"}, {u + "x$R", "2x$R", vh + "x$R"},
                              "  %u, %s, %vh = tcc.svd %a0 {full = true} : tensor<" + shape + "x$T> -> tensor<" + u +
                                  "x$T>, tensor<2x$R>, tensor<" + vh + "x$T>\n" + squaredMagnitude("u", u, "$T") +
                                  squaredMagnitude("vh", vh, "$T"),
                              "%u2, %s, %vh2"),
                     {{0, matrices(1, shape[0] - '0', shape[2] - '0', 2)}}});
  for (auto [shape, u, s, vh] :
       {std::array<std::string, 4>{"3x3", "3x3", "3", "3x3"}, {"4x2", "4x2", "2", "2x2"}, {"2x4", "2x2", "2", "2x4"}}) {
    int rows = shape[0] - '0', columns = shape[2] - '0';
    std::string product =
        "  %p = tcc.dot_general %u, %vh {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = "
        "array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<" +
        u + "x$T>, tensor<" + vh + "x$T>) -> tensor<" + shape + "x$T>\n";
    cases.push_back({"svd",
                     function({shape + "x$T"}, {u + "x$R", s + "x$R", vh + "x$R", shape + "x$T"},
                              "  %u, %s, %vh = tcc.svd %a0 {full = false} : tensor<" + shape + "x$T> -> tensor<" + u +
                                  "x$T>, tensor<" + s + "x$R>, tensor<" + vh + "x$T>\n" +
                                  squaredMagnitude("u", u, "$T") + squaredMagnitude("vh", vh, "$T") + product,
                              "%u2, %s, %vh2, %p"),
                     {{0, matrices(1, rows, columns, 2)}}});
  }
  for (std::string lower : {"false", "true"})
    for (std::string adjoint : {"false", "true"})
      for (std::string unit : {"false", "true"})
        cases.push_back(
            {"triangular_solve",
             call("triangular_solve", {"2x3x3x$T", "2x3x2x$T"},
                  "lower = " + lower + ", adjoint = " + adjoint + ", unit_diagonal = " + unit, {"2x3x2x$T"}),
             {{0, matrices(2, 3, 3, 2)}}});
  return cases;
}

/// @g(c, k) = sin(k) c + k, and a turn of a scan with its index and a row.
static const std::string bodies = R"(
func.func private @g(%c: tensor<4x$T>, %k: tensor<4x$T>) -> tensor<4x$T> {
  %s = tcc.sin %k : tensor<4x$T>
  %m = tcc.multiply %s, %c : tensor<4x$T>
  %y = tcc.add %m, %k : tensor<4x$T>
  return %y : tensor<4x$T>
}
func.func private @h(%c: tensor<4x$T>, %k: tensor<4x$T>) -> tensor<4x$T> {
  %y = tcc.multiply %c, %k : tensor<4x$T>
  return %y : tensor<4x$T>
}
func.func private @turn(%i: tensor<i64>, %c: tensor<4x$T>, %k: tensor<4x$T>, %x: tensor<4x$T>) -> (tensor<4x$T>, tensor<4x$T>) {
  %n = tcc.cast %i : tensor<i64> -> tensor<$T>
  %b = tcc.broadcast %n {dims = array<i64>} : tensor<$T> -> tensor<4x$T>
  %g = tcc.call @g(%c, %k) : (tensor<4x$T>, tensor<4x$T>) -> tensor<4x$T>
  %m = tcc.multiply %g, %x : tensor<4x$T>
  %y = tcc.multiply %m, %b : tensor<4x$T>
  return %m, %y : tensor<4x$T>, tensor<4x$T>
}
func.func private @short(%c: tensor<4x$T>, %n: tensor<i64>, %k: tensor<4x$T>) -> tensor<i1> {
  %three = tcc.constant dense<3> : tensor<i64>
  %y = tcc.less %n, %three : tensor<i64> -> tensor<i1>
  return %y : tensor<i1>
}
func.func private @count(%c: tensor<4x$T>, %n: tensor<i64>, %k: tensor<4x$T>) -> (tensor<i64>, tensor<4x$T>) {
  %one = tcc.constant dense<1> : tensor<i64>
  %m = tcc.add %n, %one : tensor<i64>
  %y = tcc.call @g(%c, %k) : (tensor<4x$T>, tensor<4x$T>) -> tensor<4x$T>
  return %m, %y : tensor<i64>, tensor<4x$T>
}
func.func private @back(%c: tensor<4x$T>, %k: tensor<4x$T>, %d: tensor<4x$T>) -> tensor<4x$T> {
  %s = tcc.cos %k : tensor<4x$T>
  %m = tcc.multiply %s, %c : tensor<4x$T>
  %y = tcc.multiply %m, %d : tensor<4x$T>
  return %y : tensor<4x$T>
}
)";

static std::vector<GradCase> controlCases() {
  std::vector<GradCase> cases;
  auto add = [&](const std::string &op, const std::vector<std::string> &operands,
                 const std::vector<std::string> &results, const std::string &text, const std::string &values,
                 std::map<int, std::vector<double>> given = {}) {
    cases.push_back({op, bodies + function(operands, results, text, values), given});
  };
  const std::string row = "tensor<4x$T>", rows = "tensor<3x4x$T>";
  for (std::string op : {"call", "checkpoint"})
    add(op, {"4x$T", "4x$T"}, {"4x$T"},
        "  %u = tcc." + op + " @g(%a0, %a1) : (" + row + ", " + row + ") -> " + row + "\n  %y = tcc." + op +
            " @g(%u, %a1) : (" + row + ", " + row + ") -> " + row + "\n",
        "%y");
  for (double truth : {0.0, 1.0})
    add("cond", {"i1", "4x$T", "4x$T"}, {"4x$T"},
        "  %y = tcc.cond @g, @h if %a0(%a1, %a2) : (tensor<i1>, " + row + ", " + row + ") -> " + row + "\n", "%y",
        {{0, {truth}}});
  for (std::string reverse : {"false", "true"})
    add("scan", {"4x$T", "4x$T", "3x4x$T"}, {"4x$T", "3x4x$T"},
        "  %y:2 = tcc.scan @turn captures(%a0) carries(%a1) over(%a2) {length = 3 : i64, reverse = " + reverse +
            "} : (" + row + ", " + row + ", " + rows + ") -> (" + row + ", " + rows + ")\n",
        "%y#0, %y#1");
  add("while_loop", {"4x$T", "4x$T"}, {"4x$T"},
      "  %z = tcc.constant dense<0> : tensor<i64>\n  %y:3 = tcc.while_loop @short, @count captures(%a0) state(%z, %a1) "
      ": (" +
          row + ", tensor<i64>, " + row + ") -> (tensor<i64>, " + row + ", tensor<i64>)\n",
      "%y#1");
  for (double count : {0.0, 1.0, 3.0})
    add("unwind", {"i64", "4x$T", "4x$T", "4x$T"}, {"4x$T"},
        "  %y = tcc.unwind @g, @back count(%a0) captures(%a1) state(%a2) cotangents(%a3) : (tensor<i64>, " + row +
            ", " + row + ", " + row + ") -> " + row + "\n",
        "%y", {{0, {count}}});
  return cases;
}

/// The same ops on elements of any dtype, with the functions that bools and integers have, too.
static std::vector<GradCase> controlCasesOfAnyDtype() {
  const std::string row = "tensor<4x$T>", rows = "tensor<3x4x$T>", pair = " : (" + row + ", " + row + ") -> " + row;
  auto define = [&](const std::string &name, const std::string &first, const std::string &text) {
    return "func.func private @" + name + "(" + first + "%c: " + row + ", %k: " + row + ") -> " + row + " {\n" + text +
           "  return %y : " + row + "\n}\n";
  };
  const std::string larger = define("larger", "", "  %y = tcc.add %c, %k : " + row + "\n"),
                    both = define("both", "", "  %y = tcc.multiply %c, %k : " + row + "\n");
  std::vector<GradCase> cases;
  for (std::string op : {"call", "checkpoint"})
    cases.push_back({op, larger + function({"4x$T", "4x$T"}, {"4x$T"},
                                           "  %y = tcc." + op + " @larger(%a0, %a1)" + pair + "\n", "%y")});
  for (double truth : {0.0, 1.0})
    cases.push_back({"cond",
                     larger + both +
                         function({"i1", "4x$T", "4x$T"}, {"4x$T"},
                                  "  %y = tcc.cond @larger, @both if %a0(%a1, %a2) : (tensor<i1>, " + row + ", " + row +
                                      ") -> " + row + "\n",
                                  "%y"),
                     {{0, {truth}}}});
  cases.push_back(
      {"scan", "func.func private @step(%i: tensor<i64>, %k: " + row + ", %x: " + row + ") -> (" + row + ", " + row +
                   ") {\n  %y = tcc.add %k, %x : " + row + "\n  return %y, %k : " + row + ", " + row + "\n}\n" +
                   function({"4x$T", "3x4x$T"}, {"4x$T", "3x4x$T"},
                            "  %y:2 = tcc.scan @step carries(%a0) over(%a1) {length = 3 : i64, reverse = false} : (" +
                                row + ", " + rows + ") -> (" + row + ", " + rows + ")\n",
                            "%y#0, %y#1")});
  const std::string short_ = "func.func private @short(%n: tensor<i64>, %k: " + row + R"() -> tensor<i1> {
  %three = tcc.constant dense<3> : tensor<i64>
  %y = tcc.less %n, %three : tensor<i64> -> tensor<i1>
  return %y : tensor<i1>
}
)",
                    count = "func.func private @count(%n: tensor<i64>, %k: " + row + ") -> (tensor<i64>, " + row +
                            R"() {
  %one = tcc.constant dense<1> : tensor<i64>
  %m = tcc.add %n, %one : tensor<i64>
)" +
                            "  %y = tcc.add %k, %k : " + row + "\n  return %m, %y : tensor<i64>, " + row + "\n}\n";
  cases.push_back({"while_loop", short_ + count +
                                     function({"4x$T"}, {"4x$T"},
                                              "  %z = tcc.constant dense<0> : tensor<i64>\n  %y:3 = tcc.while_loop "
                                              "@short, @count state(%z, %a0) : (tensor<i64>, " +
                                                  row + ") -> (tensor<i64>, " + row + ", tensor<i64>)\n",
                                              "%y#1")});
  // States of any dtype; what is unwound has derivatives.
  cases.push_back(
      {"unwind",
       larger + "func.func private @back(%c: " + row + ", %k: " + row +
           ", %d: tensor<4xf32>) -> tensor<4xf32> {\n  %m = tcc.cast %k : " + row +
           " -> tensor<4xf32>\n  %y = tcc.multiply %m, %d : tensor<4xf32>\n  return %y : tensor<4xf32>\n}\n" +
           function({"i64", "4x$T", "4x$T", "4xf32"}, {"4xf32"},
                    "  %y = tcc.unwind @larger, @back count(%a0) captures(%a1) state(%a2) cotangents(%a3) : "
                    "(tensor<i64>, " +
                        row + ", " + row + ", tensor<4xf32>) -> tensor<4xf32>\n",
                    "%y"),
       {{0, {2}}}});
  return cases;
}

static std::vector<GradCase> attentionCases() {
  const std::string q = "2x3x4x$T", k = "2x5x4x$T", v = "2x5x2x$T", rows = "2x3x$R", dy = "2x3x2x$T";
  const std::string plain = "causal = false, scale = 5.000000e-01 : f64", causal = "causal = true, scale = 0.3 : f64";
  const std::string all = "1x3x5x$T", some = "1x3x5xi1", gradient = "attention_gradient";
  const std::vector<double> attends = {1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0}; // the last query sees nothing
  std::vector<GradCase> cases = {
      {"attention", call("attention", {q, k, v}, plain, {dy, rows}), {}, "f"},
      {"attention", call("attention", {q, k, v, all}, causal, {dy, rows}), {}, "f"},
      // Without logsumexp, which is infinite where nothing is seen: its differences are no numbers.
      {"attention",
       function({q, k, v, some}, {dy},
                "  %y, %l = \"tcc.attention\"(%a0, %a1, %a2, %a3) {" + plain + "} : (tensor<" + q + ">, tensor<" + k +
                    ">, tensor<" + v + ">, tensor<" + some + ">) -> (tensor<" + dy + ">, tensor<" + rows + ">)\n",
                "%y"),
       {{3, attends}},
       "f"},
      {gradient, call(gradient, {q, k, v, rows, rows, dy}, causal, {q, k, v}), {}, "f"},
      {gradient, call(gradient, {q, k, v, rows, rows, dy, all}, plain, {q, k, v}), {}, "f"},
      {gradient, call(gradient, {q, k, v, rows, rows, dy, some}, plain, {q, k, v}), {{6, attends}}, "f"}};
  for (auto [sizes, attributes] : {std::pair{"2x3x5", causal}, {"1x3x5", plain}, {"2x1x5", causal}, {"1x3x1", plain}}) {
    std::string mask = std::string(sizes) + "x$T", op = "attention_mask_gradient";
    cases.push_back({op, call(op, {q, k, v, rows, rows, dy, mask}, attributes, {mask}), {}, "f"});
  }
  return cases;
}

/// The same with sums in another type than that of the operands.
static std::vector<GradCase> smallFloatAttention() {
  const std::string q = "2x3x4x$T", k = "2x5x4x$T", v = "2x5x2x$T", rows = "2x3xf32", dy = "2x3x2x$T",
                    mask = "2x1x5x$T";
  const std::string attributes = "causal = true, scale = 5.000000e-01 : f64";
  return {{"attention", call("attention", {q, k, v, mask}, attributes, {dy, rows}), {}, "f"},
          {"attention_gradient",
           call("attention_gradient", {q, k, v, rows, rows, dy, mask}, attributes, {q, k, v}),
           {},
           "f"},
          {"attention_mask_gradient",
           call("attention_mask_gradient", {q, k, v, rows, rows, dy, mask}, attributes, {mask}),
           {},
           "f"}};
}

/// Ops without a derivative.
static std::vector<GradCase> discreteCases() {
  std::vector<GradCase> cases = {
      {"iota", call("iota", {}, "axis = 1 : i64", {"3x4x$T"})},
      {"random_bits", call("random_bits", {"2x$T"}, "", {"3x4x$T"})},
      {"constant",
       "func.func @f() -> tensor<3x$T> {\n  %y = tcc.constant dense<1> : tensor<3x$T>\n"
       "  return %y : tensor<3x$T>\n}\n",
       {},
       "f"},
      {"constant",
       "func.func @f() -> tensor<3x$T> {\n  %y = tcc.constant dense<1.0> : tensor<3x$T>\n"
       "  return %y : tensor<3x$T>\n}\n",
       {},
       "f"},
      {"constant",
       "func.func @f() -> tensor<3x$T> {\n  %y = tcc.constant dense<(1.0, 2.0)> : tensor<3x$T>\n"
       "  return %y : tensor<3x$T>\n}\n",
       {},
       "c"},
      {"check_index", call("check_index", {"4x$T"}, "bound = 5 : i64", {"4x$T"}), {{0, {0, -1, 4, -5}}}},
      {"cast", call("cast", {"5x$T"}, "", {"5xf32"})},
      {"cast", call("cast", {"5x$T"}, "", {"5xi16"})},
      {"cast", call("cast", {"5x$T"}, "", {"5xcomplex<f64>"})},
      {"extent", call("extent", {"2x3x$T"}, "axes = array<i64: 1>", {"i64"})},
      {"bitwise_not", call("bitwise_not", {"5x$T"}, "", {"5x$T"})},
  };
  for (std::string op : {"argmax", "argmin", "argsort"})
    cases.push_back({op, call(op, {"2x5x3x$T"}, "axis = 1 : i64", {op == "argsort" ? "2x5x3xi64" : "2x3xi64"})});
  for (std::string op : {"reduce_and", "reduce_or"})
    cases.push_back({op, call(op, {"3x2x4x$T"}, "axes = array<i64: 0, 2>", {"2x$T"})});
  return cases;
}

static std::vector<GradCase> named(const std::string &op, const std::vector<std::vector<GradCase>> &families) {
  std::vector<GradCase> found;
  for (const auto &family : families)
    for (const GradCase &test : family)
      if (test.name == op) {
        found.push_back(test);
        found.back().name = "case" + std::to_string(found.size());
      }
  return found;
}

std::vector<GradCase> structuredCases(const std::string &op) {
  return named(op, {shapeCases(), indexingCases(), reductionCases(), contractionCases(), linalgCases(), controlCases(),
                    controlCasesOfAnyDtype(), attentionCases(), smallFloatAttention(), discreteCases()});
}

std::vector<GradCase> gradCases(const std::string &op) {
  return named(op, {shapeCases(), indexingCases(), reductionCases(), contractionCases(), linalgCases(), controlCases(),
                    attentionCases()});
}

} // namespace tcc::test
