// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NumPy's rules for printing arrays (numpy.set_printoptions documents them): all elements of an array share one form,
// positional or scientific, decided by the smallest and largest magnitude, and are padded to one width.
#include "runtime/Format.h"
#include "runtime/Elements.h"
#include "runtime/Tensors.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

namespace tcc::runtime {
namespace {

constexpr int maxFraction = 8; // digits after the point

/// One real number with what decides how many digits it needs.
struct Number {
  double value;
  int32_t dtype; ///< of the number itself: the real type of a complex one
};

double roundTo(int32_t dtype, double value) {
  switch (dtype) {
  case TCC_F16:
    return float(Half(float(value)));
  case TCC_BF16:
    return float(BFloat16(float(value)));
  case TCC_F32:
    return float(value);
  default:
    return value;
  }
}

/// Scientific notation with the fewest digits that read back as the same number: "1.25e+01".
std::string shortest(Number x) {
  char text[40];
  for (int digits = 0; digits <= 17; ++digits) {
    snprintf(text, sizeof text, "%.*e", digits, x.value);
    if (roundTo(x.dtype, strtod(text, nullptr)) == x.value)
      break;
  }
  return text;
}

/// Decimal digits that any number of the type keeps.
int decimals(int32_t dtype) { return dtype == TCC_F16 ? 3 : dtype == TCC_BF16 ? 2 : dtype == TCC_F32 ? 6 : 15; }

std::string trimZeros(std::string text) {
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

/// "12.5", "3.": at most eight digits after the point, no zeros at the end.
std::string positional(Number x) {
  std::string exact = shortest(x);
  size_t e = exact.find('e'), point = exact.find('.');
  int significant = point == exact.npos || point > e ? 0 : int(e - point - 1);
  int fraction = std::clamp(significant - atoi(exact.c_str() + e + 1), 0, maxFraction);
  char text[400];
  // Digits that the shortest form does not have would be noise, so only the fraction it needs is printed.
  snprintf(text, sizeof text, "%.*f", fraction, fraction == maxFraction ? x.value : strtod(exact.c_str(), nullptr));
  std::string result = text;
  return fraction == 0 ? result + "." : trimZeros(result);
}

/// "1.5e+00" with exactly `fraction` digits after the point, or as many as needed (at most eight) if negative.
std::string scientific(Number x, int fraction) {
  std::string exact = shortest(x);
  size_t e = exact.find('e'), point = exact.find('.');
  int digits = fraction >= 0                      ? fraction
               : point == exact.npos || point > e ? 0
                                                  : std::min(int(e - point - 1), maxFraction);
  char text[40];
  snprintf(text, sizeof text, "%.*e", digits, x.value);
  std::string result = text;
  e = result.find('e');
  if (digits == 0)
    return result.insert(e, ".");
  // Rounding to eight digits may leave zeros at the end.
  return fraction >= 0 ? result : trimZeros(result.substr(0, e)) + result.substr(e);
}

/// How all real numbers of an array are printed.
class RealFormat {
public:
  RealFormat(const std::vector<Number> &numbers, bool alwaysSigned) : alwaysSigned(alwaysSigned) {
    double smallest = std::numeric_limits<double>::infinity(), largest = 0;
    bool finite = true, negativeInfinity = false;
    for (const Number &x : numbers) {
      if (!std::isfinite(x.value)) {
        finite = false;
        negativeInfinity |= x.value < 0;
      } else if (x.value != 0) {
        smallest = std::min(smallest, std::abs(x.value));
        largest = std::max(largest, std::abs(x.value));
      }
    }
    if (largest > 0)
      exponential = largest >= std::pow(10.0, std::min(8, decimals(numbers[0].dtype))) || smallest < 1e-4 ||
                    largest / smallest > 1000;
    for (const Number &x : numbers)
      if (std::isfinite(x.value) && exponential) {
        std::string text = scientific(x, -1);
        size_t point = text.find('.'), e = text.find('e');
        fraction = std::max(fraction, int(e - point - 1));
        exponentDigits = std::max(exponentDigits, text.size() - e - 2);
      }
    for (const Number &x : numbers) {
      if (!std::isfinite(x.value))
        continue;
      std::string text = plain(x);
      size_t point = text.find('.');
      left = std::max(left, point);
      right = std::max(right, text.size() - point - 1);
    }
    if (!finite) {
      size_t wanted = alwaysSigned || negativeInfinity ? 4 : 3;
      left = std::max(left, wanted > right + 1 ? wanted - right - 1 : 0);
    }
  }

  std::string operator()(Number x) const {
    std::string text = plain(x);
    if (!std::isfinite(x.value))
      return std::string(std::max(left + right + 1, text.size()) - text.size(), ' ') + text;
    size_t point = text.find('.');
    return std::string(left - point, ' ') + text + std::string(right - (text.size() - point - 1), ' ');
  }

private:
  std::string plain(Number x) const {
    std::string text;
    if (std::isnan(x.value))
      text = "nan";
    else if (std::isinf(x.value))
      text = x.value < 0 ? "-inf" : "inf";
    else
      text = exponential ? scientific(x, fraction) : positional(x);
    if (exponential && std::isfinite(x.value)) { // one width for all: e+005 beside e+300
      size_t digits = text.find('e') + 2;
      text.insert(digits, exponentDigits - (text.size() - digits), '0');
    }
    return alwaysSigned && text[0] != '-' ? "+" + text : text;
  }

  bool alwaysSigned, exponential = false;
  int fraction = 0;
  size_t left = 0, right = 0, exponentDigits = 2;
};

template <class T> T at(const TccTensor &t, int64_t i) { return static_cast<const T *>(t.data)[i]; }

bool hasComplexType(int32_t dtype) { return dtype == TCC_C64 || dtype == TCC_C128; }
bool hasFloatType(int32_t dtype) { return dtype >= TCC_F16 && dtype <= TCC_F64; }

/// Element `i`; `part` 1 is the imaginary part.
Number numberAt(const TccTensor &t, int64_t i, int part) {
  switch (t.dtype) {
  case TCC_F16:
    return {float(at<Half>(t, i)), TCC_F16};
  case TCC_BF16:
    return {float(at<BFloat16>(t, i)), TCC_BF16};
  case TCC_F32:
    return {at<float>(t, i), TCC_F32};
  case TCC_F64:
    return {at<double>(t, i), TCC_F64};
  case TCC_C64:
    return {at<float>(t, 2 * i + part), TCC_F32};
  default:
    return {at<double>(t, 2 * i + part), TCC_F64};
  }
}

std::string integerAt(const TccTensor &t, int64_t i) {
  switch (t.dtype) {
  case TCC_BOOL:
    return at<uint8_t>(t, i) ? "True" : "False";
  case TCC_I8:
    return std::to_string(at<int8_t>(t, i));
  case TCC_I16:
    return std::to_string(at<int16_t>(t, i));
  case TCC_I32:
    return std::to_string(at<int32_t>(t, i));
  case TCC_I64:
    return std::to_string(at<int64_t>(t, i));
  case TCC_U8:
    return std::to_string(at<uint8_t>(t, i));
  default:
    return std::to_string(at<uint32_t>(t, i));
  }
}

/// NumPy prints a single number as Python does: "1.0", "1e-05".
std::string scalarText(Number x) {
  if (std::isnan(x.value))
    return "nan";
  if (std::isinf(x.value))
    return x.value < 0 ? "-inf" : "inf";
  std::string text = shortest(x);
  double most = x.dtype == TCC_F64 ? 1e16 : std::pow(10.0, decimals(x.dtype));
  if (x.value != 0 && (std::abs(x.value) >= most || std::abs(x.value) < 1e-4))
    return text;
  size_t e = text.find('e'), point = text.find('.');
  int fraction = std::max((point == text.npos ? 0 : int(e - point - 1)) - atoi(text.c_str() + e + 1), 1);
  char digits[64];
  snprintf(digits, sizeof digits, "%.*f", fraction, strtod(text.c_str(), nullptr));
  return digits;
}

class Writer {
public:
  Writer(const TccTensor &tensor, const FormatOptions &options) : tensor(tensor), options(options) {
    abbreviated = numElements(tensor) > options.threshold;
    collect(0, 0);
    format();
  }

  std::string write() {
    position = 0;
    std::string prefix(size_t(options.indent), ' ');
    return axisText(0, prefix);
  }

private:
  bool isCut(int32_t axis) const { return abbreviated && tensor.shape[axis] > 2 * options.edgeItems; }
  /// Calls visit(i) for the shown positions of an axis.
  template <class F> void forShown(int32_t axis, F visit) const {
    int64_t n = tensor.shape[axis];
    for (int64_t i = 0; i < n; ++i) {
      if (isCut(axis) && i == options.edgeItems)
        i = n - options.edgeItems;
      visit(i);
    }
  }
  void collect(int32_t axis, int64_t offset) {
    if (axis == tensor.rank) {
      shown.push_back(offset);
      return;
    }
    forShown(axis, [&](int64_t i) { collect(axis + 1, offset * tensor.shape[axis] + i); });
  }

  void format() {
    texts.reserve(shown.size());
    if (!hasFloatType(tensor.dtype) && !hasComplexType(tensor.dtype)) {
      size_t width = tensor.dtype == TCC_BOOL ? 5 : 0; // NumPy pads True, also where there is no False
      for (int64_t i : shown) {
        texts.push_back(integerAt(tensor, i));
        width = std::max(width, texts.back().size());
      }
      for (std::string &text : texts)
        text.insert(0, width - text.size(), ' ');
      return;
    }
    std::vector<Number> parts[2];
    for (int part = 0; part < (hasComplexType(tensor.dtype) ? 2 : 1); ++part)
      for (int64_t i : shown)
        parts[part].push_back(numberAt(tensor, i, part));
    RealFormat real(parts[0], false), imaginary(parts[1], true);
    for (size_t k = 0; k < shown.size(); ++k) {
      std::string text = real(parts[0][k]);
      if (hasComplexType(tensor.dtype)) {
        std::string i = imaginary(parts[1][k]);
        i.insert(i.find_last_not_of(' ') + 1, "j");
        text += i;
      }
      texts.push_back(std::move(text));
    }
  }

  std::string axisText(int32_t axis, const std::string &prefix) {
    if (axis == tensor.rank)
      return texts[position++];
    std::string inner = prefix + " ", text = "[";
    if (axis + 1 == tensor.rank) {
      std::string line = inner;
      auto add = [&](const std::string &word) {
        if (line.size() > inner.size())
          line += " ";
        // The closing bracket of this row and of those around it must fit too.
        if (int64_t(line.size() + word.size()) > options.lineWidth - axis - 1 && line.size() > inner.size()) {
          line.erase(line.find_last_not_of(' ') + 1);
          text += line.substr(inner.size()) + "\n" + inner;
          line = inner;
        }
        line += word;
      };
      int64_t count = 0;
      forShown(axis, [&](int64_t) {
        if (isCut(axis) && count++ == options.edgeItems)
          add("...");
        add(texts[position++]);
      });
      return text + line.substr(inner.size()) + "]";
    }
    std::string separator(size_t(tensor.rank - axis - 1), '\n');
    int64_t count = 0;
    forShown(axis, [&](int64_t) {
      if (count > 0)
        text += separator + inner;
      if (isCut(axis) && count == options.edgeItems)
        text += "..." + separator + inner;
      ++count;
      text += axisText(axis + 1, inner);
    });
    return text + "]";
  }

  const TccTensor &tensor;
  const FormatOptions &options;
  bool abbreviated;
  std::vector<int64_t> shown;     // row-major positions of the elements that are printed
  std::vector<std::string> texts; // theirs
  size_t position = 0;            // of the next one
};

} // namespace

std::string formatTensor(const TccTensor &tensor, const FormatOptions &options) {
  if (numElements(tensor) == 0) {
    // Brackets cannot show the shape of nothing.
    std::string shape;
    for (int32_t i = 0; i < tensor.rank; ++i)
      shape += (i ? ", " : "") + std::to_string(tensor.shape[i]);
    return tensor.rank == 1 ? "[]" : "[], shape (" + shape + ")";
  }
  if (tensor.rank > 0)
    return Writer(tensor, options).write();
  if (hasComplexType(tensor.dtype)) {
    // Python writes the parts of a complex number without ".0".
    auto part = [&](int which) {
      std::string text = scalarText(numberAt(tensor, 0, which));
      return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
    };
    std::string real = part(0), imaginary = part(1);
    if (real == "0")
      return imaginary + "j";
    return "(" + real + (imaginary[0] == '-' ? "" : "+") + imaginary + "j)";
  }
  return hasFloatType(tensor.dtype) ? scalarText(numberAt(tensor, 0, 0)) : integerAt(tensor, 0);
}

} // namespace tcc::runtime
