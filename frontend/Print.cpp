// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Printing as NumPy's str() does: common width for all elements, the shortest digits that tell floats apart at 8 digits
// of precision, summaries above 1000 elements.
#include "frontend/Axes.h"
#include "tcc/Tensor.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <utility>

namespace tcc {
namespace {

constexpr int64_t threshold = 1000, edge = 3;
constexpr size_t lineWidth = 75;
constexpr int precision = 8;

/// Which positions of an axis are printed; -1 stands for `...`.
std::vector<int64_t> shown(int64_t n, bool summarise) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < n; ++i) {
    if (summarise && n > 2 * edge && i == edge) {
      out.push_back(-1);
      i = n - edge;
    }
    out.push_back(i);
  }
  return out;
}

/// The shortest decimal digits that read back as the same number of that precision (positional or scientific).
template <class F> std::string shortest(F v, std::chars_format format) {
  char text[512];
  auto [end, error] = std::to_chars(text, text + sizeof text, v, format);
  return std::string(text, end);
}
/// Rounded to `precision` digits after the point if the shortest form has more.
std::string digits(double v, bool single, std::chars_format format) {
  std::string s = single ? shortest(float(v), format) : shortest(v, format);
  size_t e = s.find('e'), point = s.find('.');
  size_t fraction = point == s.npos ? 0 : (e == s.npos ? s.size() : e) - point - 1;
  if (fraction <= size_t(precision))
    return s;
  char text[512];
  auto [end, error] = std::to_chars(text, text + sizeof text, v, format, precision);
  s.assign(text, end);
  e = s.find('e');
  std::string mantissa = s.substr(0, e), rest = e == s.npos ? "" : s.substr(e);
  while (mantissa.back() == '0')
    mantissa.pop_back();
  return mantissa + rest;
}

struct Split {
  std::string whole, fraction, exponent;
};
Split splitOf(const std::string &s) {
  size_t e = s.find('e'), point = s.find('.');
  size_t end = e == s.npos ? s.size() : e;
  return {s.substr(0, std::min(point, end)), point == s.npos ? "" : s.substr(point + 1, end - point - 1),
          e == s.npos ? "" : s.substr(e)};
}

/// One format for a set of floats: NumPy's FloatingFormat.
class FloatFormat {
public:
  FloatFormat(const std::vector<double> &values, bool single, bool sign) : single(single), sign(sign) {
    double low = INFINITY, high = 0;
    for (double v : values)
      if (std::isfinite(v) && v != 0) {
        low = std::min(low, std::abs(v));
        high = std::max(high, std::abs(v));
      }
    scientific = high > 0 && (high >= 1e8 || low < 1e-4 || high / low > 1000);
    for (double v : values)
      if (std::isfinite(v)) {
        Split s = splitOf(text(v));
        left = std::max(left, s.whole.size() + (sign && s.whole[0] != '-' ? 1 : 0));
        right = std::max(right, s.fraction.size());
      }
    for (double v : values)
      if (!std::isfinite(v))
        left = std::max(left, special(v).size() > right + 1 + exponentWidth()
                                  ? special(v).size() - right - 1 - exponentWidth()
                                  : 0);
  }
  std::string operator()(double v) const {
    size_t width = left + 1 + right + exponentWidth();
    if (!std::isfinite(v))
      return std::string(width - std::min(width, special(v).size()), ' ') + special(v);
    Split s = splitOf(text(v));
    std::string whole = (sign && s.whole[0] != '-' ? "+" : "") + s.whole;
    // Scientific mantissas are filled with zeros, others with blanks.
    return std::string(left - whole.size(), ' ') + whole + "." + s.fraction +
           std::string(right - s.fraction.size(), scientific ? '0' : ' ') + s.exponent;
  }

private:
  std::string text(double v) const {
    return digits(v, single, scientific ? std::chars_format::scientific : std::chars_format::fixed);
  }
  std::string special(double v) const {
    return std::isnan(v) ? (sign ? "+nan" : "nan") : v < 0 ? "-inf" : sign ? "+inf" : "inf";
  }
  size_t exponentWidth() const { return scientific ? 4 : 0; }
  bool single, sign, scientific = false;
  size_t left = 0, right = 0;
};

class Printer {
public:
  Printer(const Tensor &x, std::ostream &os)
      : shape(x.shape()), dtype(x.dtype()), os(os), summarise(x.size() > threshold) {
    data = evaluated(x, Loc::current()).data();
    collect(0, 0);
    format();
  }
  void print() { print(0, 0); }

private:
  void collect(size_t axis, int64_t offset) {
    if (axis == shape.size()) {
      positions.push_back(offset);
      return;
    }
    for (int64_t i : shown(shape[axis], summarise))
      if (i >= 0)
        collect(axis + 1, offset * shape[axis] + i);
  }

  void format() {
    bool single = dtype == float32 || dtype == complex64 || dtype == float16 || dtype == bfloat16;
    std::vector<double> re, im;
    for (int64_t p : positions) {
      Scalar v = readElement(dtype, data, p);
      if (is_inexact(dtype)) {
        re.push_back(asComplex(v).real());
        im.push_back(asComplex(v).imag());
      } else {
        texts.push_back(dtype == bool_ ? (asInteger(v) ? "True" : "False") : std::to_string(asInteger(v)));
      }
    }
    if (is_inexact(dtype)) {
      FloatFormat real(re, single, false), imaginary(im, single, true);
      for (size_t i = 0; i < re.size(); ++i) {
        std::string text = real(re[i]);
        if (is_complex(dtype)) {
          // NumPy puts the j before the blanks that align the next element.
          std::string part = imaginary(im[i]);
          size_t end = part.find_last_not_of(' ') + 1;
          text += part.substr(0, end) + "j" + part.substr(end);
        }
        texts.push_back(text);
      }
    }
    size_t width = dtype == bool_ && !shape.empty() ? 5 : 0; // NumPy pads True, also where there is no False
    for (const std::string &t : texts)
      width = std::max(width, t.size());
    for (std::string &t : texts)
      t.insert(0, width - t.size(), ' ');
    // A 0-d tensor is printed bare.
    if (shape.empty() && !texts.empty()) {
      std::string &t = texts[0];
      t.erase(t.find_last_not_of(' ') + 1);
      if (is_floating(dtype) && t.back() == '.')
        t += '0';
      if (is_complex(dtype))
        t = "(" + t.substr(t.find_first_not_of(' ')) + ")";
    }
  }

  /// The innermost axis: lines break before a word that would not leave room for the closing brackets.
  void printLine(const std::vector<int64_t> &list, size_t axis, size_t indent) {
    std::string line(indent + 1, ' ');
    bool first = true;
    auto flush = [&] { os << (std::exchange(first, false) ? line.substr(indent + 1) : line); };
    for (size_t k = 0; k < list.size(); ++k) {
      std::string word = list[k] < 0 ? "..." : texts[next++];
      if (line.size() > indent + 1 && line.size() + 1 + word.size() > lineWidth - axis - 1) {
        line.erase(line.find_last_not_of(' ') + 1);
        flush();
        os << '\n';
        line.assign(indent + 1, ' ');
      }
      line += (line.size() > indent + 1 ? " " : "") + word;
    }
    flush();
  }

  void print(size_t axis, size_t indent) {
    if (axis == shape.size()) {
      os << texts[next++];
      return;
    }
    os << '[';
    std::vector<int64_t> list = shown(shape[axis], summarise);
    if (axis + 1 == shape.size()) {
      printLine(list, axis, indent);
    } else {
      for (size_t k = 0; k < list.size(); ++k) {
        if (k > 0)
          os << std::string(shape.size() - axis - 1, '\n') << std::string(indent + 1, ' ');
        if (list[k] < 0)
          os << "...";
        else
          print(axis + 1, indent + 1);
      }
    }
    os << ']';
  }

  const Shape &shape;
  Dtype dtype;
  std::ostream &os;
  bool summarise;
  const void *data = nullptr;
  std::vector<int64_t> positions;
  std::vector<std::string> texts;
  size_t next = 0;
};

} // namespace

std::ostream &operator<<(std::ostream &os, const Tensor &x) {
  if (!x.valid())
    return os << "Tensor()";
  // A weak scalar is printed as the 0-d tensor it stands for.
  Tensor value = isWeak(x) ? asNode(x, "print", Loc::current()) : x;
  if (value.size() == 0 && value.ndim() > 1)
    os << "[]";
  else
    Printer(value, os).print();
  return os;
}

} // namespace tcc
