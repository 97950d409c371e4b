// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Public functions against NumPy and SciPy: values, dtypes, shapes and gradients of test/reference/reference.txt, which
// test/reference/cases.py wrote. One test for each expression.
#include "test/unit/ReferenceData.h"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

using namespace tcc;
using test::compare, test::parts;

namespace {
using List = std::vector<Tensor>;
struct Row {
  const char *text;
  List (*make)(const List &a);
};
/// A row's expression may be one tensor or a list.
List listOf(Tensor y) { return {std::move(y)}; }
List listOf(List ys) { return ys; }

/// The parameter after one step for each row of gradients.
template <class O, class Options> Tensor stepped(const Tensor &start, const Tensor &gradients, Options options) {
  Variable p(start);
  O optimizer({p}, options);
  for (int64_t k = 0; k < gradients.dim(0); ++k)
    optimizer.step({gradients[k]});
  return p;
}
/// Where p^T a p / 2 - b^T p is least.
Tensor minimised(const Tensor &a, const Tensor &b) {
  Variable p(zeros_like(b));
  optim::LBFGS optimizer({p});
  for (int k = 0; k < 100; ++k)
    optimizer.step([&] { return dot(p, matmul(a, p)) / 2.0 - dot(b, p); });
  return p;
}
/// The module with these parameters on a[0], and the gradients of sum(y^2) / 2 in what has some, in one line: some are
/// zero but for rounding.
template <class M> List learned(M module, const List &a) {
  List wrt, gradients;
  if (is_inexact(a[0].dtype()))
    wrt.push_back(a[0]);
  std::vector<Variable> parameters = module.parameters();
  for (size_t k = 0; k < parameters.size(); ++k) {
    parameters[k].assign(a.at(k + 1));
    wrt.push_back(parameters[k]);
  }
  Tensor y = module(a[0]);
  for (const Tensor &g : grad(sum(square(y)) / 2.0, wrt))
    gradients.push_back(flatten(g));
  return {y, concatenate(gradients)};
}
/// A batch normalised by its own statistics, and what became of the running ones.
List trained(nn::BatchNorm module, const List &a) {
  module.weight.assign(a[1]);
  module.bias.assign(a[2]);
  Tensor y = module.train(a[0]);
  return {y, module.mean, module.var};
}
/// The empirical distribution function.
Tensor shareBelow(const Tensor &samples, const Tensor &points) {
  return mean(less_equal(expand_dims(samples.astype(float64), 0), expand_dims(points, 1)).astype(float64), 1);
}
Tensor moments(const Tensor &samples) {
  Tensor x = samples.astype(float64);
  return stack({mean(x), var(x)});
}

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

const std::string &bytes() {
  static const std::string all = test::readFile("reference.bin");
  return all;
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

/// One line of reference.txt: inputs, results, gradients.
struct Trial {
  std::string what, tolerance;
  List xs, wanted, got;
  List sources, wantedGradients, gradients;
};

class Reference : public testing::Test {
public:
  Reference(size_t row, const std::vector<std::string> &lines) : row(row), lines(lines) {}
  // All runs of an expression are one program: most of the time goes into compiling.
  void TestBody() override {
    std::vector<Trial> runs;
    List all;
    for (const std::string &line : lines)
      try {
        runs.push_back(make(line));
        all.insert(all.end(), runs.back().got.begin(), runs.back().got.end());
        all.insert(all.end(), runs.back().gradients.begin(), runs.back().gradients.end());
      } catch (const Error &e) {
        ADD_FAILURE() << rows[row].text << " of " << line << ": threw " << e.what();
      }
    eval(all);
    for (const Trial &run : runs)
      check(run);
  }

private:
  Trial make(const std::string &line) {
    std::istringstream in(line);
    Trial run;
    int part = 0;
    size_t position = 0; // among the inputs' gradients
    in >> run.tolerance;
    for (std::string f; in >> f;) {
      if (f == "|")
        ++part;
      else if (part == 0)
        run.xs.push_back(test::parse(f, bytes()));
      else if (part == 1)
        run.wanted.push_back(test::parse(f, bytes()));
      else if (++position; f != "-")
        run.wantedGradients.push_back(test::parse(f, bytes())), run.sources.push_back(run.xs[position - 1]);
    }
    run.what = std::string(rows[row].text) + " of " + line.substr(0, line.find('|'));
    run.got = rows[row].make(run.xs);
    if (run.sources.empty())
      return run;
    Tensor loss(0.0);
    for (size_t i = 0; i < run.got.size(); ++i)
      if (is_inexact(run.got[i].dtype()))
        loss = loss + sum(real(conj(cotangent(run.got[i], int64_t(i))) * run.got[i]));
    run.gradients = grad(loss, run.sources);
    return run;
  }

  void check(const Trial &run) {
    ASSERT_EQ(run.got.size(), run.wanted.size()) << run.what;
    for (size_t i = 0; i < run.wanted.size(); ++i)
      compare(run.got[i], run.wanted[i], run.tolerance,
              run.what + (run.wanted.size() > 1 ? " result " + std::to_string(i) : ""));
    // Sixth-order differences in double precision: 1e-12 of truncation, 1e-13 of rounding, times the function's size.
    for (size_t i = 0; i < run.gradients.size(); ++i) {
      EXPECT_EQ(run.gradients[i].dtype(), run.wantedGradients[i].dtype()) << run.what;
      ASSERT_EQ(run.gradients[i].shape(), run.wantedGradients[i].shape()) << run.what;
      double size = 1, worst = 0;
      std::vector<double> have = parts(run.gradients[i]), want = parts(run.wantedGradients[i]);
      for (double w : want)
        size = std::max(size, std::abs(w));
      for (size_t k = 0; k < want.size(); ++k)
        if (!(std::abs(have[k] - want[k]) <= worst))
          worst = std::abs(have[k] - want[k]);
      EXPECT_LE(worst, 1e-8 * size) << "gradient " << i << " of " << run.what;
    }
  }

  size_t row;
  std::vector<std::string> lines;
};

/// Tests are registered before main runs.
const bool registered = [] {
  std::istringstream in(test::readFile("reference.txt"));
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
