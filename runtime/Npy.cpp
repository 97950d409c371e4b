// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The .npy format, versions 1.0 to 3.0, after numpy/lib/format.py's documentation. bfloat16, which the format does not
// know, is stored as two-byte void ('<V2') as ml_dtypes does.
#include "runtime/Npy.h"
#include "runtime/Layout.h"
#include "runtime/Tensors.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tcc::runtime {
namespace {

constexpr int64_t largestHeader = 1 << 20;
constexpr char magic[] = "\x93NUMPY";

const char *const descriptions[TCC_NUM_DTYPES] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u4",
                                                  "<f2", "<V2", "<f4", "<f8", "<c8", "<c16"};

std::string cannotRead(const std::string &name, const std::string &why) { return "cannot read '" + name + "': " + why; }

/// Printable and short, for messages about bytes from a file.
std::string quoted(const std::string &text) {
  std::string shown = "'";
  for (char c : text.substr(0, 32))
    shown += c >= 32 && c < 127 ? c : '?';
  return shown + "'";
}

/// Parser of the header: a Python dictionary literal with the keys descr, fortran_order and shape.
class HeaderParser {
public:
  HeaderParser(const char *begin, const char *end) : at(begin), end(end) {}
  std::string description;
  bool fortranOrder = false;
  std::vector<int64_t> shape;

  /// Empty, or what is wrong.
  std::string parse() {
    if (!accept('{'))
      return "header is not a dictionary";
    bool seen[3] = {};
    while (!accept('}')) {
      std::string key;
      if (!string(key) || !accept(':'))
        return "malformed header dictionary";
      int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      if (which < 0)
        return "unexpected header key " + quoted(key);
      if (seen[which])
        return "duplicate header key " + quoted(key);
      seen[which] = true;
      if (which == 0 && !string(description))
        return "expected a plain dtype (structured arrays are not supported)";
      if (which == 1 && !boolean(fortranOrder))
        return "expected True or False for fortran_order";
      if (which == 2)
        if (std::string error = tuple(); !error.empty())
          return error;
      if (!accept(',') && !peek('}'))
        return "malformed header dictionary";
    }
    skipSpace();
    if (at != end)
      return "unexpected text after the header dictionary";
    for (bool present : seen)
      if (!present)
        return "header lacks one of descr, fortran_order, shape";
    return "";
  }

private:
  void skipSpace() {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
      ++at;
  }
  bool peek(char c) {
    skipSpace();
    return at != end && *at == c;
  }
  bool accept(char c) {
    if (!peek(c))
      return false;
    ++at;
    return true;
  }
  bool string(std::string &text) {
    skipSpace();
    if (at == end || (*at != '\'' && *at != '"'))
      return false;
    char quote = *at++;
    const char *begin = at;
    while (at != end && *at != quote && *at != '\\')
      ++at;
    if (at == end || *at != quote)
      return false;
    text.assign(begin, at++);
    return true;
  }
  bool word(const char *expected) {
    size_t length = strlen(expected);
    if (size_t(end - at) < length || memcmp(at, expected, length))
      return false;
    at += length;
    return true;
  }
  bool boolean(bool &value) {
    skipSpace();
    value = word("True");
    return value || word("False");
  }
  std::string tuple() {
    if (!accept('('))
      return "expected a tuple for shape";
    while (!accept(')')) {
      skipSpace();
      if (at == end || *at < '0' || *at > '9')
        return "expected non-negative integers in shape";
      int64_t size = 0;
      for (; at != end && *at >= '0' && *at <= '9'; ++at)
        if (__builtin_mul_overflow(size, int64_t(10), &size) || __builtin_add_overflow(size, int64_t(*at - '0'), &size))
          return "size in shape does not fit into 63 bits";
      if (at != end && *at == 'L') // Python 2
        ++at;
      if (shape.size() == size_t(maxRank))
        return "rank is above " + std::to_string(maxRank);
      shape.push_back(size);
      if (!accept(',') && !peek(')'))
        return "malformed shape";
    }
    return "";
  }

  const char *at, *end;
};

int32_t dtypeFrom(const std::string &description, bool &swapped) {
  swapped = false;
  if (description.size() < 2)
    return -1;
  std::string rest = description.substr(1);
  for (int32_t i = 0; i < TCC_NUM_DTYPES; ++i)
    if (rest == descriptions[i] + 1) {
      int64_t unit = elementSize(i);
      swapped = description[0] == '>' && unit > 1;
      bool known = strchr("<>|=", description[0]) && (description[0] != '|' || unit == 1 || i == TCC_BF16);
      return known ? i : -1;
    }
  return -1;
}

void swapBytes(char *data, int64_t bytes, int64_t unit) {
  for (int64_t i = 0; i + unit <= bytes; i += unit)
    for (int64_t j = 0; j < unit / 2; ++j) {
      char kept = data[i + j];
      data[i + j] = data[i + unit - 1 - j];
      data[i + unit - 1 - j] = kept;
    }
}

/// Validates the header in bytes[0, available); `total` is the size of the whole file.
std::string parseHeader(const char *bytes, int64_t available, int64_t total, HeaderParser &header, int32_t &dtype,
                        bool &swapped, int64_t &offset, int64_t &dataBytes) {
  if (available < 10 || memcmp(bytes, magic, 6))
    return "not a .npy file";
  int major = static_cast<unsigned char>(bytes[6]), minor = static_cast<unsigned char>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0)
    return "unknown format version " + std::to_string(major) + "." + std::to_string(minor);
  int64_t prefix = major == 1 ? 10 : 12, length = 0;
  if (available < prefix)
    return "truncated header";
  for (int64_t i = prefix - 1; i >= 8; --i)
    length = length * 256 + static_cast<unsigned char>(bytes[i]);
  if (length > largestHeader)
    return "header of " + std::to_string(length) + " bytes is too large";
  offset = prefix + length;
  if (available < offset)
    return "truncated header";
  header = HeaderParser(bytes + prefix, bytes + offset);
  if (std::string error = header.parse(); !error.empty())
    return error;
  dtype = dtypeFrom(header.description, swapped);
  if (dtype < 0)
    return "unsupported dtype " + quoted(header.description);
  int64_t count = numElements(int32_t(header.shape.size()), header.shape.data());
  if (count < 0)
    return "shape has too many elements";
  dataBytes = count * elementSize(dtype);
  if (total - offset < dataBytes)
    return "truncated data: expected " + std::to_string(dataBytes) + " bytes, got " + std::to_string(total - offset);
  if (total - offset > dataBytes)
    return "unexpected " + std::to_string(total - offset - dataBytes) + " bytes after the data";
  return "";
}

/// Turns what was read into `raw` into the array: byte order, memory order, bools that are neither 0 nor 1.
std::string finish(const HeaderParser &header, int32_t dtype, bool swapped, Buffer raw, int64_t bytes,
                   NpyArray &array) {
  char *data = static_cast<char *>(raw.data());
  int64_t size = elementSize(dtype);
  if (swapped)
    swapBytes(data, bytes, dtype >= TCC_C64 ? size / 2 : size);
  if (dtype == TCC_BOOL)
    for (int64_t i = 0; i < bytes; ++i)
      data[i] = data[i] != 0;
  int rank = int(header.shape.size());
  if (header.fortranOrder && rank > 1 && bytes > 0) {
    Buffer ordered = Buffer::create(bytes);
    if (!ordered)
      return "out of memory: " + std::to_string(bytes) + " bytes asked for";
    int64_t strides[maxRank], stride = 1;
    for (int i = 0; i < rank; ++i) {
      strides[i] = stride;
      stride *= header.shape[i];
    }
    stridedCopy(ordered.data(), data, size, rank, header.shape.data(), strides);
    raw = ordered;
  }
  array.dtype = dtype;
  array.shape = header.shape;
  array.data = raw;
  return "";
}

/// Closes at the end of the scope.
struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0)
      close(descriptor);
  }
};

bool readAll(int descriptor, char *data, int64_t bytes) {
  while (bytes > 0) {
    size_t part = size_t(bytes < (int64_t(1) << 30) ? bytes : int64_t(1) << 30);
    ssize_t done = read(descriptor, data, part);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0) {
      if (done == 0)
        errno = EIO;
      return false;
    }
    data += done;
    bytes -= done;
  }
  return true;
}

} // namespace

std::string parseNpy(const std::string &name, const char *bytes, int64_t size, NpyArray &array) {
  HeaderParser header(nullptr, nullptr);
  int32_t dtype;
  bool swapped;
  int64_t offset, dataBytes;
  if (std::string error = parseHeader(bytes, size, size, header, dtype, swapped, offset, dataBytes); !error.empty())
    return cannotRead(name, error);
  Buffer raw = Buffer::create(dataBytes);
  if (!raw)
    return cannotRead(name, "out of memory: " + std::to_string(dataBytes) + " bytes asked for");
  memcpy(raw.data(), bytes + offset, size_t(dataBytes));
  std::string error = finish(header, dtype, swapped, raw, dataBytes, array);
  return error.empty() ? error : cannotRead(name, error);
}

std::string readNpy(const std::string &path, NpyArray &array) {
  File file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor < 0)
    return cannotRead(path, strerror(errno));
  struct stat info;
  if (fstat(file.descriptor, &info))
    return cannotRead(path, strerror(errno));
  if (!S_ISREG(info.st_mode))
    return cannotRead(path, "not a regular file");
  int64_t total = int64_t(info.st_size), available = total < largestHeader + 12 ? total : largestHeader + 12;
  std::string head(size_t(available), '\0');
  if (!readAll(file.descriptor, head.data(), available))
    return cannotRead(path, strerror(errno));
  HeaderParser header(nullptr, nullptr);
  int32_t dtype;
  bool swapped;
  int64_t offset, dataBytes;
  std::string error = parseHeader(head.data(), available, total, header, dtype, swapped, offset, dataBytes);
  if (!error.empty())
    return cannotRead(path, error);
  // The file is known to hold that much, so a header alone cannot make us allocate.
  Buffer raw = Buffer::create(dataBytes);
  if (!raw)
    return cannotRead(path, "out of memory: " + std::to_string(dataBytes) + " bytes asked for");
  if (lseek(file.descriptor, off_t(offset), SEEK_SET) < 0 ||
      !readAll(file.descriptor, static_cast<char *>(raw.data()), dataBytes))
    return cannotRead(path, strerror(errno));
  error = finish(header, dtype, swapped, raw, dataBytes, array);
  return error.empty() ? error : cannotRead(path, error);
}

std::string writeNpy(OutputFile &file, const TccTensor &tensor) {
  if (!elementSize(tensor.dtype) || numElements(tensor) < 0)
    return "cannot write a malformed tensor";
  std::string header =
      std::string("{'descr': '") + descriptions[tensor.dtype] + "', 'fortran_order': False, 'shape': (";
  for (int32_t i = 0; i < tensor.rank; ++i)
    header += std::to_string(tensor.shape[i]) + (i + 1 < tensor.rank ? ", " : tensor.rank == 1 ? "," : "");
  header += "), }";
  // Data starts at a multiple of 64, so that the file can be mapped.
  size_t padded = (header.size() + 11 + 63) / 64 * 64;
  header.append(padded - 11 - header.size(), ' ');
  header += '\n';
  size_t length = header.size();
  std::string prefix(magic, 6);
  prefix += {1, 0, char(length & 255), char(length >> 8)};

  std::string head = prefix + header, problem = file.write(head.data(), head.size());
  return problem.empty() ? file.write(tensor.data, size_t(numBytes(tensor))) : problem;
}

std::string writeNpy(const std::string &path, const TccTensor &tensor) {
  OutputFile file(path);
  std::string problem = writeNpy(file, tensor);
  return problem.empty() ? file.commit() : problem;
}

} // namespace tcc::runtime
