// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// .npz: a zip archive of .npy members, stored without compression (PKWARE's APPNOTE 6.3, with zip64 where NumPy writes
// it).
#include "frontend/Files.h"
#include "frontend/UserError.h"

#include <array>

namespace tcc {
namespace {

constexpr std::array<uint32_t, 256> crcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k)
      c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}();
uint32_t crc32(std::string_view bytes) {
  uint32_t c = 0xffffffff;
  for (unsigned char b : bytes)
    c = crcTable[(c ^ b) & 255] ^ (c >> 8);
  return ~c;
}

void put(std::string &out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    out += char(value >> (8 * i) & 255);
}

/// Little-endian numbers out of untrusted bytes.
struct Reader {
  std::string_view bytes;
  bool has(uint64_t at, uint64_t n) const { return at <= bytes.size() && n <= bytes.size() - at; }
  uint64_t get(uint64_t at, int n) const {
    uint64_t v = 0;
    for (int i = 0; i < n; ++i)
      v |= uint64_t(uint8_t(bytes[at + uint64_t(i)])) << (8 * i);
    return v;
  }
};

constexpr uint32_t localMagic = 0x04034b50, centralMagic = 0x02014b50, endMagic = 0x06054b50, end64Magic = 0x06064b50,
                   locator64Magic = 0x07064b50, full = 0xffffffff;

void putHeader(std::string &out, uint32_t crc, uint64_t size, const std::string &name) {
  put(out, 20, 2);    // version needed
  put(out, 0x800, 2); // names are UTF-8
  put(out, 0, 2);     // stored
  put(out, 0, 2);
  put(out, 0x21, 2); // 1980-01-01: equal tensors give equal files
  put(out, crc, 4);
  put(out, size, 4);
  put(out, size, 4);
  put(out, name.size(), 2);
}

} // namespace

std::string npzBytes(const Entries &entries, Loc where) {
  std::string out, directory;
  for (const auto &[key, x] : entries) {
    std::string name = key + ".npy", data = npyBytes(x, where);
    uint32_t crc = crc32(data);
    uint64_t offset = out.size();
    if (data.size() >= full || offset >= full || name.size() > 0xffff || entries.size() >= 0xffff)
      fail("save", where, Kind::io, "expected members of less than 4 GiB in all for .npz, got more (use .safetensors)");
    put(out, localMagic, 4);
    putHeader(out, crc, data.size(), name);
    put(out, 0, 2);
    out += name;
    out += data;
    put(directory, centralMagic, 4);
    put(directory, 20, 2);
    putHeader(directory, crc, data.size(), name);
    put(directory, 0, 2); // no extra field
    put(directory, 0, 2); // no comment
    put(directory, 0, 2); // first disk
    put(directory, 0, 2); // plain attributes
    put(directory, 0, 4);
    put(directory, offset, 4);
    directory += name;
  }
  uint64_t start = out.size();
  if (start >= full)
    fail("save", where, Kind::io, "expected members of less than 4 GiB in all for .npz, got more (use .safetensors)");
  out += directory;
  put(out, endMagic, 4);
  put(out, 0, 4);
  put(out, entries.size(), 2);
  put(out, entries.size(), 2);
  put(out, directory.size(), 4);
  put(out, start, 4);
  put(out, 0, 2);
  return out;
}

Entries fromNpz(const std::string &path, const std::string &bytes, Loc where) {
  auto damaged = [&](const char *what) {
    fail("load", where, Kind::io, "\"", path, "\" is no readable .npz file: ", what);
  };
  Reader in{bytes};
  // The end record stands last, before a comment of at most 65535 bytes.
  if (bytes.size() < 22)
    damaged("it is too short");
  uint64_t end = bytes.size() - 22, lowest = end > 0xffff ? end - 0xffff : 0;
  while (in.get(end, 4) != endMagic) {
    if (end == lowest)
      damaged("it has no directory");
    --end;
  }
  uint64_t count = in.get(end + 10, 2), at = in.get(end + 16, 4);
  if ((count == 0xffff || at == full) && end >= 20 && in.get(end - 20, 4) == locator64Magic) {
    uint64_t record = in.get(end - 12, 8);
    if (!in.has(record, 56) || in.get(record, 4) != end64Magic)
      damaged("its zip64 directory is missing");
    count = in.get(record + 32, 8);
    at = in.get(record + 48, 8);
  }
  Entries entries;
  for (uint64_t k = 0; k < count; ++k) {
    if (!in.has(at, 46) || in.get(at, 4) != centralMagic)
      damaged("its directory is cut short");
    uint64_t method = in.get(at + 10, 2), crc = in.get(at + 16, 4), packed = in.get(at + 20, 4),
             size = in.get(at + 24, 4);
    uint64_t nameLength = in.get(at + 28, 2), extraLength = in.get(at + 30, 2), comment = in.get(at + 32, 2),
             offset = in.get(at + 42, 4);
    if (!in.has(at + 46, nameLength + extraLength + comment))
      damaged("its directory is cut short");
    std::string name = bytes.substr(at + 46, nameLength);
    // Extra field 1 holds, in this order, those of size, packed size and offset that did not fit.
    uint64_t extra = at + 46 + nameLength, extraEnd = extra + extraLength;
    while (extra + 4 <= extraEnd) {
      uint64_t tag = in.get(extra, 2), length = in.get(extra + 2, 2), field = extra + 4, fieldEnd = field + length;
      if (fieldEnd > extraEnd)
        damaged("an extra field is cut short");
      if (tag == 1)
        for (uint64_t *value : {&size, &packed, &offset})
          if (*value == full && field + 8 <= fieldEnd) {
            *value = in.get(field, 8);
            field += 8;
          }
      extra = fieldEnd;
    }
    at += 46 + nameLength + extraLength + comment;
    if (method != 0)
      fail("load", where, Kind::io, "expected stored members in \"", path, "\", got compressed \"", name,
           "\" (write it with numpy.savez)");
    if (!in.has(offset, 30) || in.get(offset, 4) != localMagic)
      damaged("a member is missing");
    uint64_t data = offset + 30 + in.get(offset + 26, 2) + in.get(offset + 28, 2);
    if (packed != size || !in.has(data, size))
      damaged("a member is cut short");
    std::string member = bytes.substr(data, size);
    if (crc32(member) != crc)
      damaged("a checksum is wrong");
    Tensor x = fromNpy(path + ":" + name, member, where);
    if (name.ends_with(".npy"))
      name.resize(name.size() - 4);
    if (!entries.emplace(name, std::move(x)).second)
      damaged("a name occurs twice");
  }
  return entries;
}

} // namespace tcc
