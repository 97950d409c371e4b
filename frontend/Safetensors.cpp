// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// .safetensors: 8 bytes of header length, a JSON header, the data without holes or overlaps. The reader takes exactly
// the JSON that the format needs; everything else is a damaged file.
#include "frontend/Files.h"
#include "frontend/UserError.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tcc {
namespace {

constexpr std::pair<const char *, Dtype> codes[] = {
    {"BOOL", bool_}, {"I8", int8},     {"I16", int16},     {"I32", int32},   {"I64", int64},   {"U8", uint8},
    {"U32", uint32}, {"F16", float16}, {"BF16", bfloat16}, {"F32", float32}, {"F64", float64}, {"C64", complex64}};

struct Parser {
  std::string_view text;
  const std::string &path;
  Loc where;
  size_t at = 0;

  [[noreturn]] void damaged(const char *what) const {
    fail("load", where, Kind::io, "\"", path, "\" is no readable .safetensors file: ", what);
  }
  void blanks() {
    while (at < text.size() && std::strchr(" \t\r\n", text[at]))
      ++at;
  }
  bool take(char c) {
    blanks();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!take(c))
      damaged("its header is no JSON of the expected form");
  }
  std::string string() {
    expect('"');
    std::string out;
    while (at < text.size() && text[at] != '"') {
      unsigned char c = static_cast<unsigned char>(text[at++]);
      if (c < 0x20)
        damaged("a string in its header has a control character");
      if (c == '\\')
        escape(out);
      else
        out += char(c);
    }
    expect('"');
    return out;
  }
  void escape(std::string &out) {
    if (at >= text.size())
      damaged("a string in its header is cut short");
    char c = text[at++];
    static constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (size_t k = from.find(c); k != from.npos) {
      out += to[k];
      return;
    }
    if (c != 'u')
      damaged("a string in its header has an unknown escape");
    uint32_t code = hex4();
    if (code >= 0xd800 && code < 0xdc00 && text.substr(at, 2) == "\\u") {
      at += 2;
      uint32_t low = hex4();
      code = 0x10000 + ((code - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
    }
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    out += char(lead[more] | code >> (6 * more));
    while (more-- > 0)
      out += char(0x80 | (code >> (6 * more) & 0x3f));
  }
  uint32_t hex4() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      static constexpr std::string_view digits = "0123456789abcdef";
      size_t k = at < text.size() ? digits.find(char(text[at] | (text[at] > '9' ? 0x20 : 0))) : digits.npos;
      if (k == digits.npos)
        damaged("a string in its header has an unknown escape");
      code = code * 16 + uint32_t(k);
      ++at;
    }
    return code;
  }
  int64_t number() {
    blanks();
    size_t begin = at;
    int64_t v = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      if (__builtin_mul_overflow(v, int64_t(10), &v) || __builtin_add_overflow(v, int64_t(text[at++] - '0'), &v))
        damaged("a number in its header is too large");
    if (at == begin)
      damaged("its header is no JSON of the expected form");
    return v;
  }
  std::vector<int64_t> numbers() {
    std::vector<int64_t> out;
    expect('[');
    if (take(']'))
      return out;
    do
      out.push_back(number());
    while (take(','));
    expect(']');
    return out;
  }
};

struct Item {
  Dtype dtype = float32;
  Shape shape;
  int64_t begin = -1, end = -1;
};

Item parseItem(Parser &p) {
  Item item;
  int seen = 0;
  p.expect('{');
  do {
    std::string key = p.string();
    p.expect(':');
    if (key == "dtype" && !(seen & 1)) {
      std::string code = p.string();
      auto it = std::find_if(std::begin(codes), std::end(codes), [&](auto &c) { return code == c.first; });
      if (it == std::end(codes))
        fail("load", p.where, Kind::io, "expected dtypes that tcc has in \"", p.path, "\", got ", code);
      item.dtype = it->second;
      seen |= 1;
    } else if (key == "shape" && !(seen & 2)) {
      item.shape = p.numbers();
      seen |= 2;
    } else if (key == "data_offsets" && !(seen & 4)) {
      std::vector<int64_t> range = p.numbers();
      if (range.size() != 2)
        p.damaged("data_offsets are not two numbers");
      item.begin = range[0];
      item.end = range[1];
      seen |= 4;
    } else {
      p.damaged("a tensor has an unknown or repeated field");
    }
  } while (p.take(','));
  p.expect('}');
  if (seen != 7)
    p.damaged("a tensor lacks dtype, shape or data_offsets");
  return item;
}

void skipMetadata(Parser &p) {
  p.expect('{');
  if (p.take('}'))
    return;
  do {
    p.string();
    p.expect(':');
    p.string();
  } while (p.take(','));
  p.expect('}');
}

std::string quoted(const std::string &s) {
  std::string out = "\"";
  for (char c : s)
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char digits[] = "0123456789abcdef";
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += c;
    }
  return out + "\"";
}

} // namespace

std::string safetensorsBytes(const Entries &entries, Loc where) {
  std::string header = "{", data;
  for (const auto &[name, x] : entries) {
    auto it = std::find_if(std::begin(codes), std::end(codes), [&, &x = x](auto &c) { return x.dtype() == c.second; });
    if (it == std::end(codes))
      fail("save", where, Kind::dtype, "expected a dtype that safetensors has, got ", x.dtype());
    if (name == "__metadata__")
      fail("save", where, Kind::value, "expected a name other than __metadata__");
    size_t begin = data.size();
    data.append(static_cast<const char *>(evaluated(x, where).data()), size_t(x.size() * itemsize(x.dtype())));
    header += (header.size() > 1 ? "," : "") + quoted(name) + ":{\"dtype\":\"" + it->first + "\",\"shape\":[";
    for (int64_t i = 0; i < x.ndim(); ++i)
      header += (i ? "," : "") + std::to_string(x.dim(i));
    header += "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string out;
  for (int i = 0; i < 8; ++i)
    out += char(uint64_t(header.size()) >> (8 * i) & 255);
  return out + header + data;
}

Entries fromSafetensors(const std::string &path, const std::string &bytes, Loc where) {
  Parser p{{}, path, where};
  uint64_t length = 0;
  if (bytes.size() < 8)
    p.damaged("it is too short");
  for (int i = 0; i < 8; ++i)
    length |= uint64_t(uint8_t(bytes[size_t(i)])) << (8 * i);
  constexpr uint64_t cap = 100'000'000; // the format's own
  if (length > cap || length > bytes.size() - 8)
    p.damaged("its header is longer than the file");
  p.text = std::string_view(bytes).substr(8, length);
  if (p.text.empty() || p.text[0] != '{')
    p.damaged("its header does not begin with {");
  int64_t size = int64_t(bytes.size() - 8 - length);
  const char *data = bytes.data() + 8 + length;
  std::map<std::string, Item> items;
  p.expect('{');
  bool metadata = false;
  if (!p.take('}')) {
    do {
      std::string name = p.string();
      p.expect(':');
      if (name == "__metadata__" && !std::exchange(metadata, true))
        skipMetadata(p);
      else if (!items.emplace(name, parseItem(p)).second)
        p.damaged("a name occurs twice");
    } while (p.take(','));
    p.expect('}');
  }
  p.blanks();
  if (p.at != p.text.size())
    p.damaged("its header goes on after the end");
  // The ranges must tile the data: neither holes nor overlaps.
  std::vector<std::pair<int64_t, int64_t>> ranges;
  Entries entries;
  for (auto &[name, item] : items) {
    int64_t count = 1, wanted;
    for (int64_t d : item.shape)
      if (__builtin_mul_overflow(count, d, &count))
        p.damaged("a shape is too large");
    if (__builtin_mul_overflow(count, itemsize(item.dtype), &wanted))
      p.damaged("a shape is too large");
    if (item.begin > item.end || item.end > size || item.end - item.begin != wanted)
      p.damaged("a tensor's bytes do not fit its shape");
    ranges.emplace_back(item.begin, item.end);
    Buffer buffer = allocateElements(item.dtype, item.shape, "load", where);
    if (wanted > 0)
      std::memcpy(buffer.data(), data + item.begin, size_t(wanted));
    entries.emplace(name, fromBuffer(std::move(buffer), item.dtype, item.shape));
  }
  std::sort(ranges.begin(), ranges.end());
  int64_t end = 0;
  for (auto [from, to] : ranges) {
    if (from != end)
      p.damaged("tensors overlap or leave a hole");
    end = to;
  }
  if (end != size)
    p.damaged("it has bytes that belong to no tensor");
  return entries;
}

} // namespace tcc
