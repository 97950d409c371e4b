// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derivatives of linalg:: and fft:: against finite differences in double precision: prints docs/linalg-accuracy.md, or
// only the rows whose names contain an argument. Fails when an error is larger than what differences leave uncertain,
// and when a derivative is refused that is not known to be, or the other way round.
#include "LinalgRows.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

using namespace tcc;
using namespace linalg_table;

namespace {

double valueOf(const Tensor &x) { return x.astype(float64).item<double>(); }

/// A number for the table: an error, or why there is none.
struct Entry {
  const char *column;
  double bound;
  double error = 0;
  bool isRefused = false, isAbsent = true;

  void add(double got, double expected) {
    isAbsent = false;
    double e = std::abs(got - expected) / (1 + std::abs(expected));
    error = std::isnan(e) ? INFINITY : std::max(error, e);
  }
  /// What f measures, or that evaluation says why it cannot be.
  template <class F> void measure(F &&f) {
    try {
      f();
    } catch (const Error &e) {
      if (e.kind != Kind::numerical)
        throw;
      isRefused = true;
    }
  }
  std::string text() const {
    char number[32];
    std::snprintf(number, sizeof number, "%.0e", error);
    return isRefused ? "refused" : isAbsent ? "-" : number;
  }
};

/// The slope of f at x along d, sixth order.
double slope(const Function &f, const Tensor &x, const Tensor &d) {
  const double h = 1e-3;
  auto at = [&](double t) {
    // Evaluated, so that one program serves all points.
    Tensor point = x + tensor(t).astype(d.dtype()) * d;
    eval(point);
    return valueOf(f(point));
  };
  auto span = [&](double k) { return at(k * h) - at(-k * h); };
  return (45 * span(1) - 9 * span(2) + span(3)) / (60 * h);
}

struct Line {
  std::string dtypes;
  Entry batch{"batch", 1e-11}, reverse{"reverse", 1e-7}, forward{"forward", 1e-7}, second{"second", 1e-6},
      degenerate{"degenerate", 1e-7}, degenerateSecond{"degenerate, second", 1e-6}, vmapped{"vmap", 1e-11};
  std::vector<const Entry *> all() const {
    return {&batch, &reverse, &forward, &second, &degenerate, &degenerateSecond, &vmapped};
  }
};

Tensor evaluated(const Tensor &x) {
  eval(x);
  return x;
}

Line measureRow(const Row &row) {
  Line line;
  for (auto [single, d] : {std::pair{float32, float64}, {complex64, complex128}}) {
    if (is_complex(d) && row.fields == Fields::real)
      continue;
    Tensor x = evaluated(row.prepare(noise(row.shape, d, 1))), other = evaluated(row.prepare(noise(row.shape, d, 2)));
    Tensor u = noise(row.shape, d, 3), v = noise(row.shape, d, 4);
    double value = valueOf(row.loss(x)), rounded = valueOf(row.loss(evaluated(x.astype(single))));
    if (std::abs(rounded - value) <= 1e-3 * (1 + std::abs(value)))
      line.dtypes += is_complex(d) ? " c64" : "f32";
    line.dtypes += is_complex(d) ? " c128" : " f64";

    Function alongU = [&](const Tensor &a) { return overlap(u, grad(row.loss(a), a)); };
    Function twice = [&](const Tensor &a) { return overlap(v, grad(alongU(a), a)); };
    double first = slope(row.loss, x, u);
    line.reverse.measure([&] { line.reverse.add(valueOf(alongU(x)), first); });
    line.forward.measure([&] { line.forward.add(valueOf(jvp({row.loss(x)}, {x}, {u})[0]), first); });
    line.second.measure([&] { line.second.add(valueOf(twice(x)), slope(alongU, x, v)); });
    double both = value + valueOf(row.loss(other));
    Tensor stacked = evaluated(stack({x, other}));
    if (row.stacks != Stacks::no)
      line.batch.measure([&] { line.batch.add(valueOf(row.loss(stacked)), both); });
    if (row.stacks != Stacks::evaluates)
      line.vmapped.measure([&] { line.vmapped.add(valueOf(sum(vmap(row.loss)(stacked))), both); });
    if (!row.degenerate)
      continue;
    Tensor y = evaluated(row.degenerate(noise(row.shape, d, 5)));
    line.degenerate.measure([&] { line.degenerate.add(valueOf(alongU(y)), slope(row.loss, y, u)); });
    line.degenerateSecond.measure([&] { line.degenerateSecond.add(valueOf(twice(y)), slope(alongU, y, v)); });
  }
  return line;
}

/// Whether the line is as it must be; says what is not.
bool isGood(const Row &row, const Line &line) {
  bool good = true;
  for (const Entry *entry : line.all()) {
    bool isSecond = entry == &line.degenerateSecond;
    bool mustRefuse =
        (entry == &line.degenerate && row.refused == Refused::both) || (isSecond && row.refused != Refused::none);
    if (entry->isRefused == mustRefuse && !(entry->error > entry->bound))
      continue;
    std::fprintf(stderr, "%s: %s: expected %s, got %s\n", row.name.c_str(), entry->column,
                 mustRefuse ? "an error" : "a small number", entry->text().c_str());
    good = false;
  }
  return good;
}

const char *const preface = R"(# Derivatives of linear algebra and transforms

Written by `build/test/accuracy/tcc-linalg-table` (`tools/dev docs` renews it, the test `linalg-table` bounds every number);
do not edit. A number is the largest error |got - expected| / (1 + |expected|) of float64 and complex128 against central
differences of sixth order, whose own error is about 1e-10; second derivatives are differences of first ones. `batch` and
`vmap` compare a stack with its matrices one by one. `degenerate` is the first derivative where eigen- or singular values
are equal (at the identity, or at a singular matrix for det), `degenerate, second` the second one there. `refused`:
evaluation ends with an error that says why there is no derivative or that it is not known ([adjoints.md](adjoints.md));
`-`: does not apply. A loss of a decomposition is a function of the matrix, `vectors` one that sees single vectors, which
equal values do not determine. dtypes are those whose result in single precision agrees with double precision to 1e-3.

| function | dtypes | batch | reverse | forward | second | degenerate | degenerate, second | vmap |
|---|---|---|---|---|---|---|---|---|
)";

} // namespace

int main(int argc, char **argv) {
  std::string text = argc > 1 ? "" : preface;
  bool good = true;
  for (const Row &row : allRows()) {
    if (argc > 1 && !std::strstr(row.name.c_str(), argv[1]))
      continue;
    Line line;
    try {
      line = measureRow(row);
    } catch (const std::exception &e) {
      std::fprintf(stderr, "%s: %s\n", row.name.c_str(), e.what());
      good = false;
      continue;
    }
    good &= isGood(row, line);
    text += "| " + row.name + " | " + line.dtypes;
    for (const Entry *entry : line.all())
      text += " | " + entry->text();
    text += " |\n";
  }
  std::fputs(text.c_str(), stdout);
  return good ? 0 : 1;
}
