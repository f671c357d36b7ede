// For tests: small BTF blobs made by hand (good or bad), and the BTF of the running kernel. Not part of the library.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace skep::btf::testing {

using Bytes = std::vector<u8>;

inline constexpr u32 info(Kind kind, u32 vlen = 0, bool kflag = false) {
  return u32(kind) << 24 | (vlen & 0xffff) | u32(kflag) << 31;
}

// Types in order (ids from 1), strings by text: Blob b; u32 i = b.type("int", info(Kind::Int), 4, {32}); Bytes data =
// b.bytes();
struct Blob {
  u16 magic = 0xeb9f;
  u8 version = 1, flags = 0;
  std::string strings = std::string(1, '\0');
  std::vector<u32> words;
  std::vector<std::string> names;
  u32 count = 0;

  const std::string& type_name(u32 id) const { return names[id - 1]; }

  u32 str(std::string_view text) {
    if (text.empty()) return 0;
    std::string wanted = std::string(1, '\0') + std::string(text) + std::string(1, '\0');
    if (size_t at = strings.find(wanted); at != std::string::npos) return u32(at) + 1;
    strings += wanted.substr(1);
    return u32(strings.size() - text.size() - 1);
  }
  u32 type(std::string_view name, u32 type_info, u32 size_or_type, std::vector<u32> data = {}) {
    names.emplace_back(name);
    words.insert(words.end(), {str(name), type_info, size_or_type});
    words.insert(words.end(), data.begin(), data.end());
    return ++count;
  }
  u32 integer(std::string_view name, u32 size, u32 encoding = 0) {
    return type(name, info(Kind::Int), size, {encoding << 24 | size * 8});
  }
  u32 ptr(u32 to) { return type("", info(Kind::Ptr), to); }
  u32 array(u32 of, u32 index, u32 nelems) { return type("", info(Kind::Array), 0, {of, index, nelems}); }
  struct Field {
    std::string_view name;
    u32 type, bit_offset;
  };
  u32 structure(std::string_view name, u32 size, const std::vector<Field>& fields, Kind kind = Kind::Struct,
                bool kflag = false) {
    std::vector<u32> data;
    for (const Field& f : fields) data.insert(data.end(), {str(f.name), f.type, f.bit_offset});
    return type(name, info(kind, u32(fields.size()), kflag), size, data);
  }
  u32 decl_tag(std::string_view text, u32 target, s32 component) {
    return type(text, info(Kind::DeclTag), target, {u32(component)});
  }

  Bytes bytes() const {
    u32 type_len = u32(words.size() * 4);
    u32 header[] = {u32(magic) | u32(version) << 16 | u32(flags) << 24, 24, 0, type_len, type_len, u32(strings.size())};
    Bytes out(sizeof(header) + type_len + strings.size());
    std::memcpy(out.data(), header, sizeof(header));
    if (type_len) std::memcpy(out.data() + sizeof(header), words.data(), type_len);
    if (!strings.empty()) std::memcpy(out.data() + sizeof(header) + type_len, strings.data(), strings.size());
    return out;
  }
};

inline std::unique_ptr<Btf> must_parse(const Bytes& data, const Btf* base = nullptr) {
  auto owner = std::make_shared<Bytes>(data);
  auto btf = Btf::parse(*owner, owner, base);
  SKEP_CHECK(btf.ok());
  return std::move(*btf);
}

inline Bytes read_file(const std::string& path) {
  Bytes data;
  if (FILE* f = std::fopen(path.c_str(), "rb")) {
    u8 piece[65536];
    for (size_t n; (n = std::fread(piece, 1, sizeof(piece), f)) > 0;) data.insert(data.end(), piece, piece + n);
    std::fclose(f);
  }
  return data;
}

// SKEP_VMLINUX_BTF, else the running kernel's; empty if there is none.
inline Bytes vmlinux_bytes() {
  const char* path = std::getenv("SKEP_VMLINUX_BTF");
  return read_file(path ? path : "/sys/kernel/btf/vmlinux");
}

// SKEP_SEED, or something new; tests print it, so that a failure can be played again.
inline u64 seed() {
  const char* given = std::getenv("SKEP_SEED");
  u64 value = given ? std::strtoull(given, nullptr, 0) : u64(reinterpret_cast<uintptr_t>(&given)) ^ u64(std::clock());
  std::printf("SKEP_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

// splitmix64: the same numbers everywhere for one seed.
struct Random {
  u64 state;
  u64 next() {
    u64 z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  u32 below(u32 n) { return u32(next() % n); }
};

}  // namespace skep::btf::testing
