// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// .npz: a zip archive of .npy members (PKWARE's APPNOTE 6.3, with zip64 where NumPy writes it). Members are written
// stored, and read stored or deflated.
#include "frontend/Files.h"
#include "frontend/UserError.h"

#include <algorithm>
#include <optional>
#include <zlib.h>

namespace tcc {
namespace {

uint32_t crc32Of(std::string_view bytes) {
  return uint32_t(crc32_z(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

/// The `size` bytes that deflate (RFC 1951) made `packed` of; empty if it did not.
std::optional<std::string> inflated(std::string_view packed, uint64_t size) {
  // No more than a stream of that length can hold: 258 bytes in two bits.
  if (size / 1032 > packed.size())
    return {};
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return {};
  // Lengths are 32 bits wide.
  constexpr uint64_t most = uint64_t(1) << 30;
  uint64_t read = 0, written = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data() + read));
    stream.next_out = reinterpret_cast<Bytef *>(out.data() + written);
    uInt in = stream.avail_in = uInt(std::min(most, packed.size() - read));
    uInt space = stream.avail_out = uInt(std::min(most, size - written));
    state = inflate(&stream, Z_NO_FLUSH);
    read += in - stream.avail_in;
    written += space - stream.avail_out;
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END || written != size)
    return {};
  return out;
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
    uint32_t crc = crc32Of(data);
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
    constexpr uint64_t stored = 0, deflated = 8;
    if (method != stored && method != deflated)
      fail("load", where, Kind::io, "expected stored or deflated members in \"", path, "\", got \"", name,
           "\" compressed by method ", int64_t(method));
    if (!in.has(offset, 30) || in.get(offset, 4) != localMagic)
      damaged("a member is missing");
    uint64_t data = offset + 30 + in.get(offset + 26, 2) + in.get(offset + 28, 2);
    if ((method == stored && packed != size) || !in.has(data, packed))
      damaged("a member is cut short");
    std::string member = bytes.substr(data, packed);
    if (method == deflated) {
      std::optional<std::string> whole = inflated(member, size);
      if (!whole)
        damaged("a compressed member is damaged");
      member = std::move(*whole);
    }
    if (crc32Of(member) != crc)
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
