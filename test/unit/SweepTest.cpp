// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Thousands of calls that test/reference/sweep_cases.py generated, with NumPy's results or its refusal: every function,
// dtype, axis and special value, random subscripts, and printed arrays. Each group of a few hundred is one program.
#include "test/unit/ReferenceData.h"
#include "test/unit/SweepCalls.h"

#include <gtest/gtest.h>
#include <map>
#include <sstream>

using namespace tcc;

namespace {

const std::string &bytes() {
  static const std::string all = test::readFile("sweep.bin");
  return all;
}

/// "name tolerance integers reals text | inputs | results", with - for an empty list and `error` for a refusal.
struct Case {
  std::string line, tolerance;
  bool refused = false;
  std::vector<Tensor> wanted, got;
};

template <class T> std::vector<T> numbers(const std::string &field) {
  std::vector<T> out;
  std::istringstream in(field == "-" ? "" : field);
  for (std::string item; std::getline(in, item, ',');)
    if constexpr (std::is_integral_v<T>)
      out.push_back(std::stoll(item));
    else
      out.push_back(std::stod(item));
  return out;
}

Case prepare(const std::string &line) {
  std::istringstream in(line);
  Case c{line};
  test::Call call;
  std::string name, integers, reals;
  in >> name >> c.tolerance >> integers >> reals >> call.text;
  call.integers = numbers<int64_t>(integers);
  call.reals = numbers<double>(reals);
  int part = 0;
  for (std::string f; in >> f;) {
    if (f == "|")
      ++part;
    else if (part == 1)
      call.xs.push_back(test::parse(f, bytes()));
    else if (f == "error")
      c.refused = true;
    else
      c.wanted.push_back(test::parse(f, bytes()));
  }
  try {
    c.got = test::callByName(name, call);
    EXPECT_FALSE(c.refused) << "accepted what NumPy refuses: " << line;
  } catch (const Error &e) {
    EXPECT_TRUE(c.refused) << line << ": threw " << e.what();
    c.wanted.clear();
    std::string what = e.what();
    EXPECT_TRUE(what.starts_with("[") && what.find("SweepCalls.cpp:") != what.npos) << what;
  }
  return c;
}

class Sweep : public testing::Test {
public:
  explicit Sweep(std::vector<std::string> lines) : lines(std::move(lines)) {}
  void TestBody() override {
    std::vector<Case> cases;
    std::vector<Tensor> all;
    for (const std::string &line : lines) {
      cases.push_back(prepare(line));
      if (!cases.back().refused)
        all.insert(all.end(), cases.back().got.begin(), cases.back().got.end());
    }
    eval(all);
    for (const Case &c : cases) {
      if (c.refused || c.wanted.empty())
        continue;
      ASSERT_EQ(c.got.size(), c.wanted.size()) << c.line;
      for (size_t i = 0; i < c.wanted.size(); ++i)
        test::compare(c.got[i], c.wanted[i], c.tolerance, c.line);
    }
  }

private:
  std::vector<std::string> lines;
};

/// Tests are registered before main runs: groups of equal functions, in pieces.
const bool registered = [] {
  std::istringstream in(test::readFile("sweep.txt"));
  std::map<std::string, std::vector<std::string>> groups;
  for (std::string line; std::getline(in, line);) {
    std::string name = line.substr(0, line.find(' '));
    auto &group = groups[name];
    group.push_back(line);
  }
  constexpr size_t piece = 150;
  for (auto &[name, list] : groups)
    for (size_t from = 0; from < list.size(); from += piece) {
      std::vector<std::string> some(list.begin() + int64_t(from),
                                    list.begin() + int64_t(std::min(from + piece, list.size())));
      testing::RegisterTest("Sweep", (name + "/" + std::to_string(from / piece)).c_str(), nullptr, nullptr, __FILE__,
                            __LINE__, [some]() -> testing::Test * { return new Sweep(some); });
    }
  return true;
}();

// One array for each block of sweep_print.txt: its line, then what NumPy prints, up to an empty line with a dot.
TEST(Printing, AsNumPy) {
  std::istringstream in(test::readFile("sweep_print.txt"));
  size_t count = 0;
  for (std::string field; std::getline(in, field); ++count) {
    std::string wanted;
    for (std::string line; std::getline(in, line) && line != ".";)
      wanted += (wanted.empty() ? "" : "\n") + line;
    std::ostringstream got;
    got << test::parse(field, bytes());
    EXPECT_EQ(got.str(), wanted) << field;
  }
  EXPECT_GT(count, 300u);
}
} // namespace
