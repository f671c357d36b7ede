// For tests: BTF blobs good, bad and random, to ask a kernel about. Not part of the library.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/testing.h"

namespace skep::btf::testing {

inline std::string hex(const Bytes& data) {
  std::string text;
  for (u8 b : data) text += fmt::format("{:02x}", b);
  return text;
}

// A struct of most kinds, all of it right, so that damage has something to break.
inline Blob rich_blob() {
  Blob b;
  u32 integer = b.integer("int", 4, BTF_INT_SIGNED);
  u32 byte = b.integer("char", 1, BTF_INT_CHAR);
  u32 array = b.array(byte, integer, 16);
  u32 node = b.structure("node", 40, {{"next", 5, 0}, {"data", array, 64}, {"color", 6, 192}, {"f", 7, 256}});
  b.ptr(node);
  b.type("color", info(Kind::Enum, 2), 4, {b.str("RED"), 1, b.str("BLUE"), 2});
  b.type("double", info(Kind::Float), 8);
  u32 typedefed = b.type("node_t", info(Kind::Typedef), node);
  u32 constant = b.type("", info(Kind::Const), typedefed);
  u32 constant_ptr = b.ptr(constant);
  b.structure("bits", 8,
              {{"a", integer, 3u << 24}, {"b", integer, 5u << 24 | 3}, {"c", 6, 2u << 24 | 8}, {"d", byte, 16}},
              Kind::Struct, true);
  b.structure("either", 8, {{"a", integer, 0}, {"", constant_ptr, 0}}, Kind::Union);
  b.type("big", info(Kind::Enum64, 1), 8, {b.str("HUGE"), 1, 2});
  u32 proto = b.type("", info(Kind::FuncProto, 2), integer, {b.str("arg"), constant_ptr, b.str("n"), integer});
  u32 func = b.type("f", info(Kind::Func, BTF_FUNC_GLOBAL), proto);
  u32 var = b.type("v", info(Kind::Var), array, {1});
  b.type(".bss", info(Kind::DataSec, 1), 16, {var, 0, 16});
  u32 fwd = b.type("gone", info(Kind::Fwd), 0);
  b.decl_tag("arg:ctx", func, 0);
  u32 tag = b.type("rcu", info(Kind::TypeTag), fwd);
  b.ptr(tag);
  b.type("", info(Kind::Volatile), integer);
  b.type("", info(Kind::FuncProto, 2), 0, {b.str("fmt"), constant_ptr, 0, 0});
  return b;
}

// Random graphs of types: mostly well-formed one by one, so that pass 2 has to judge them.
inline Blob random_blob(Random& r) {
  static constexpr std::string_view kNames[] = {"a", "b", "c", "foo", "bar", "node", "x.y", "_z"};
  Blob b;
  u32 n = 2 + r.below(14);
  auto name = [&] { return kNames[r.below(std::size(kNames))]; };
  auto id = [&] { return r.below(12) ? 1 + r.below(n) : r.below(n + 3); };
  auto maybe = [&](u32 in) { return r.below(in) == 0; };
  for (u32 i = 0; i < n; i++) {
    switch (1 + r.below(22)) {
      case 1:
      case 20: {
        u32 size = 1u << r.below(5);
        b.type(name(), info(Kind::Int), size, {maybe(4) ? r.below(size * 8 + 1) | r.below(8) << 16 : size * 8});
        break;
      }
      case 2:
      case 21: b.ptr(maybe(5) ? 0 : id()); break;
      case 3: b.array(id(), id(), maybe(6) ? u32(r.next()) : r.below(20)); break;
      case 4:
      case 5:
      case 22: {
        Kind kind = maybe(4) ? Kind::Union : Kind::Struct;
        bool kflag = maybe(2);
        u32 members = r.below(5), bits = 0;
        std::vector<Blob::Field> fields;
        for (u32 m = 0; m < members; m++) {
          u32 field = kflag && maybe(2) ? r.below(40) << 24 : 0;
          fields.push_back({name(), id(), (kind == Kind::Union ? 0 : bits) | field});
          bits += maybe(4) ? r.below(70) : 8 * r.below(9);
        }
        b.structure(name(), (bits + 7) / 8 + r.below(33), fields, kind, kflag);
        break;
      }
      case 6: b.type(name(), info(Kind::Enum, 1, maybe(2)), 1u << r.below(4), {b.str(name()), u32(r.next())}); break;
      case 7: b.type(name(), info(Kind::Fwd, 0, maybe(2)), 0); break;
      case 8: b.type(name(), info(Kind::Typedef), id()); break;
      case 9: b.type("", info(Kind::Volatile), id()); break;
      case 10: b.type("", info(Kind::Const), maybe(5) ? 0 : id()); break;
      case 11: b.type("", info(Kind::Restrict), id()); break;
      case 12: b.type(name(), info(Kind::Func, r.below(3)), id()); break;
      case 13: {
        std::vector<u32> params;
        u32 count = r.below(4);
        for (u32 p = 0; p < count; p++) params.insert(params.end(), {maybe(6) ? 0 : b.str(name()), id()});
        if (count && maybe(4)) params[count * 2 - 2] = params[count * 2 - 1] = 0;
        b.type("", info(Kind::FuncProto, count), maybe(3) ? 0 : id(), params);
        break;
      }
      case 14: b.type(name(), info(Kind::Var), id(), {r.below(2)}); break;
      case 15: {
        std::vector<u32> vars;
        u32 count = r.below(4), at = 0;
        for (u32 v = 0; v < count; v++) {
          u32 size = 1 + r.below(16);
          vars.insert(vars.end(), {id(), at, size});
          at += size;
        }
        b.type(".data", info(Kind::DataSec, count), at + 1, vars);
        break;
      }
      case 16: b.type(name(), info(Kind::Float), maybe(3) ? 12 : 1u << (1 + r.below(4))); break;
      case 17: b.decl_tag(name(), id(), s32(r.below(4)) - 1); break;
      case 18: b.type(name(), info(Kind::TypeTag, 0, maybe(2)), id()); break;
      default: b.type(name(), info(Kind::Enum64, 1, maybe(2)), 8, {b.str(name()), u32(r.next()), u32(r.next())}); break;
    }
  }
  return b;
}

// Structs with special fields: only the errno tells, but there are many.
inline Blob random_records(Random& r) {
  struct Special {
    const char* name;
    u32 size;
  };
  static constexpr Special kSpecials[] = {
      {"bpf_spin_lock", 4},  {"bpf_res_spin_lock", 4}, {"bpf_timer", 16},   {"bpf_wq", 16},      {"bpf_list_head", 16},
      {"bpf_list_node", 24}, {"bpf_rb_root", 16},      {"bpf_rb_node", 32}, {"bpf_refcount", 4}, {"bpf_task_work", 8}};
  static constexpr std::string_view kTags[] = {"kptr", "kptr_untrusted", "percpu_kptr", "uptr", "rcu"};
  static constexpr std::string_view kPointees[] = {"task_struct", "cgroup", "local", "nf_conn", "sock", "s0", ""};
  static constexpr std::string_view kStructs[] = {"s0", "s1", "s2", "s3"};
  static constexpr std::string_view kMembers[] = {"m0", "m1", "m2", "m3", "m4", "m5"};
  Blob b;
  std::vector<std::pair<u32, u32>> types;  // id, size
  auto maybe = [&](u32 in) { return r.below(in) == 0; };
  u32 integer = b.integer("int", 4);
  types.push_back({integer, 4});
  for (const Special& s : kSpecials) {
    if (maybe(4)) continue;
    u32 size = maybe(30) ? 8 : s.size;
    types.push_back({b.structure(s.name, size, {}), size});
  }
  for (u32 i = 0, n = r.below(3); i < n; i++) {
    u32 pointee = b.structure(kPointees[r.below(std::size(kPointees))], 8, {}, maybe(8) ? Kind::Union : Kind::Struct);
    if (maybe(15)) pointee = integer;
    if (maybe(3)) pointee = b.type("", info(Kind::Const), pointee);
    u32 tag = b.type(kTags[maybe(10) ? r.below(5) : r.below(3)], info(Kind::TypeTag, 0, maybe(20)), pointee);
    if (maybe(15)) tag = b.type("kptr", info(Kind::TypeTag, 0, maybe(3)), tag);
    u32 ptr = b.ptr(tag);
    if (maybe(4)) ptr = b.type("", info(maybe(2) ? Kind::Volatile : Kind::Const), ptr);
    types.push_back({ptr, 8});
  }
  for (u32 s = 0; s < 4; s++) {
    std::vector<Blob::Field> fields;
    std::vector<u32> roots;
    u32 at = 0, count = r.below(6);
    Kind kind = maybe(12) ? Kind::Union : Kind::Struct;
    for (u32 m = 0; m < count; m++) {
      auto [id, size] = types[r.below(u32(types.size()))];
      u32 align = maybe(20) ? 4 : 8;
      at = (at + align - 1) / align * align;
      std::string_view name = b.type_name(id);
      if (name == "bpf_list_head" || name == "bpf_rb_root") roots.push_back(m);
      if (maybe(8)) {
        u32 n = maybe(5) ? 0 : 1 + r.below(3);
        id = b.array(id, integer, n);
        size *= n;
      }
      if (maybe(30)) id = b.type("alias", info(Kind::Typedef), id);
      fields.push_back({kMembers[maybe(20) ? 0 : m], id, kind == Kind::Union ? 0 : at * 8});
      at += size;
      if (kind == Kind::Union) at = std::max(size, 32u);
    }
    u32 id = b.structure(kStructs[s], at + (maybe(4) ? 8 : 0), fields, kind);
    if (kind == Kind::Struct || maybe(2)) types.push_back({id, at});
    for (u32 m : roots) {
      if (maybe(10)) continue;
      auto text = fmt::format("contains:s{}{}m{}", r.below(4), maybe(20) ? "" : ":", r.below(5));
      b.decl_tag(text, id, s32(m));
      if (maybe(20)) b.decl_tag(text, id, s32(m));
    }
  }
  return b;
}

inline void damage(Bytes& data, Random& r) {
  for (u32 i = 0, n = 1 + r.below(3); i < n; i++) {
    u32 words = u32(data.size() / 4);
    u32 at = r.below(24) ? 6 + r.below(words - 6) : r.below(6);
    switch (r.below(6)) {
      case 0: data[r.below(u32(data.size()))] = u8(r.next()); break;
      case 1: data[at * 4] ^= u8(1u << r.below(8)); break;
      case 2: data[at * 4 + 3] ^= u8(1u << r.below(8)); break;
      case 3: data[at * 4] = u8(r.below(32)); break;
      case 4: data[at * 4 + 3] = u8(r.below(24)); break;
      default: {
        u32 word = r.below(40);
        std::memcpy(&data[at * 4], &word, 4);
      }
    }
  }
  if (r.below(60) == 0) data.resize(r.below(u32(data.size())));
}

// --- Cases made by hand: limits and rules that random damage seldom meets.

struct Case {
  std::string name;
  Bytes data;
};

inline Bytes chain(Kind kind, u32 length, bool ascending, u32 end = 0) {
  Blob b;
  for (u32 i = 1; i <= length; i++) {
    u32 next = ascending ? (i == length ? end : i + 1) : (i == 1 ? end : i - 1);
    bool named = kind == Kind::Typedef || kind == Kind::TypeTag;
    b.type(named ? "t" : "", info(kind), next);
  }
  return b.bytes();
}

inline Bytes with_header(u16 at, std::vector<u8> bytes, bool cut = false) {
  Bytes data = rich_blob().bytes();
  std::copy(bytes.begin(), bytes.end(), data.begin() + at);
  if (cut) data.resize(at + bytes.size());
  return data;
}

// A header of `hdr_len` bytes, those after the 24th being `fill`; or shorter ones.
inline Bytes header_of(u32 hdr_len, u8 fill) {
  Blob b;
  b.integer("int", 4);
  Bytes data = b.bytes();
  if (hdr_len < 24) data.erase(data.begin() + hdr_len, data.begin() + 24);
  if (hdr_len > 24) data.insert(data.begin() + 24, hdr_len - 24, fill);
  data[4] = u8(hdr_len);
  return data;
}

inline void add_header_cases(std::vector<Case>& cases) {
  cases.push_back({"empty-1", Bytes(1)});
  cases.push_back({"seven-bytes", Bytes(7, 0x9f)});
  cases.push_back({"hdr_len-beyond-data", with_header(4, {24, 0, 0, 0}, true)});
  cases.push_back({"magic", with_header(0, {0xeb, 0x9f})});
  cases.push_back({"version", with_header(2, {2})});
  cases.push_back({"flags", with_header(3, {1})});
  cases.push_back({"type_off-1", with_header(8, {1})});
  cases.push_back({"type_off-4", with_header(8, {4})});
  cases.push_back({"type_off-huge", with_header(8, {0, 0, 0, 0xf0})});
  cases.push_back({"type_len-0", with_header(12, {0, 0})});
  cases.push_back({"type_len-huge", with_header(12, {0, 0, 0, 0xf0})});
  cases.push_back({"str_off-0", with_header(16, {0, 0})});
  cases.push_back({"str_len-0", with_header(20, {0, 0})});
  cases.push_back({"str_len-short", with_header(20, {1, 0})});
  for (u32 n : {8u, 12u, 20u, 21u, 22u, 23u, 25u, 26u, 28u, 32u})
    cases.push_back({fmt::format("hdr_len-{}-zero", n), header_of(n, 0)});
  cases.push_back({"hdr_len-28-nonzero", header_of(28, 1)});
  Bytes unterminated = rich_blob().bytes();
  unterminated.back() = 'x';
  cases.push_back({"strings-unterminated", unterminated});
  Blob first;
  first.strings = std::string("x\0", 2);
  first.integer("int", 4);
  cases.push_back({"strings-first-byte", first.bytes()});
  Blob only;
  Bytes nothing = only.bytes();
  cases.push_back({"no-types", nothing});
  nothing.pop_back();
  cases.push_back({"no-data", nothing});
  Blob strings_first;
  strings_first.integer("int", 4);
  strings_first.str("x");
  while (strings_first.strings.size() % 4) strings_first.strings += '\0';
  Bytes swapped = strings_first.bytes();
  u32 types = 16, strings = u32(strings_first.strings.size());
  std::rotate(swapped.begin() + 24, swapped.begin() + 24 + types, swapped.end());
  u32 header[] = {strings, types, 0, strings};
  std::memcpy(&swapped[8], header, sizeof(header));
  cases.push_back({"strings-before-types", swapped});
}

inline void add_depth_cases(std::vector<Case>& cases) {
  for (u32 n : {31u, 32u, 33u, 40u}) {
    for (Kind kind : {Kind::Ptr, Kind::Typedef, Kind::TypeTag, Kind::Const}) {
      for (bool ascending : {false, true}) {
        cases.push_back({fmt::format("chain-{}-{}-{}", u32(kind), n, ascending), chain(kind, n, ascending)});
      }
    }
  }
  cases.push_back({"typedef-of-itself", chain(Kind::Typedef, 1, true, 1)});
  cases.push_back({"typedef-cycle", chain(Kind::Typedef, 3, true, 1)});
  cases.push_back({"ptr-of-itself", chain(Kind::Ptr, 1, true, 1)});
  cases.push_back({"const-of-missing", chain(Kind::Const, 1, true, 2)});
  Blob tags;
  tags.type("a", info(Kind::TypeTag), 2);
  tags.type("", info(Kind::Const), 3);
  tags.type("b", info(Kind::TypeTag), 4);
  tags.type("s", info(Kind::Fwd), 0);
  cases.push_back({"tag-after-const", tags.bytes()});
  for (u32 n : {30u, 31u, 32u, 33u}) {
    Blob arrays, structs;
    u32 a = arrays.integer("int", 4), s = structs.integer("int", 4);
    for (u32 i = 0; i < n; i++) {
      a = arrays.array(a, 1, 1);
      s = structs.structure("", 4, {{"m", s, 0}});
    }
    cases.push_back({fmt::format("arrays-{}", n), arrays.bytes()});
    cases.push_back({fmt::format("structs-{}", n), structs.bytes()});
  }
}

inline void add_name_cases(std::vector<Case>& cases) {
  auto named = [&](const std::string& what, const std::string& name, Kind kind) {
    Blob b;
    u32 integer = b.integer("int", 4);
    if (kind == Kind::Typedef) b.type(name, info(kind), integer);
    if (kind == Kind::Struct) b.structure("s", 4, {{name, integer, 0}});
    if (kind == Kind::DataSec)
      b.type(name, info(kind, 1), 4, {b.type("v", info(Kind::Var), integer, {0}) * 0 + 3, 0, 4});
    if (kind == Kind::Enum) b.type("e", info(kind, 1), 4, {b.str(name), 0});
    cases.push_back({fmt::format("name-{}-{}", u32(kind), what), b.bytes()});
  };
  for (Kind kind : {Kind::Typedef, Kind::Struct, Kind::Enum}) {
    named("511", std::string(511, 'a'), kind);
    named("512", std::string(512, 'a'), kind);
    named("513", std::string(513, 'a'), kind);
    named("digit", "1a", kind);
    named("dot", ".a", kind);
    named("dash", "a-b", kind);
    named("empty", "", kind);
    for (int c = 0x80; c < 0x100; c += 0x1f) named(fmt::format("{:x}", c), fmt::format("a{}", char(c)), kind);
    named("d7", "\xd7", kind);
    named("f7", "\xf7", kind);
    named("c0", "\xc0", kind);
  }
  for (const char* name : {".bss", "a b", "a\tb", "\x7f", "\x9f", "\xa0", "\xff", "?x/y"}) {
    named(hex(Bytes(name, name + std::strlen(name))), name, Kind::DataSec);
  }
}

inline void add_record_cases(std::vector<Case>& cases) {
  auto add = [&](const char* name, const Blob& b) { cases.push_back({name, b.bytes()}); };
  {
    Blob b;
    u32 lock = b.structure("bpf_spin_lock", 4, {});
    b.structure("two", 8, {{"a", lock, 0}, {"b", lock, 32}});
    add("record-two-locks", b);
  }
  {
    Blob b;
    u32 lock = b.structure("bpf_spin_lock", 8, {});
    b.structure("s", 8, {{"a", lock, 0}});
    add("record-lock-of-wrong-size", b);
  }
  for (u32 n : {11u, 12u}) {
    Blob b;
    u32 integer = b.integer("int", 4), ref = b.structure("bpf_refcount", 4, {});
    u32 target = b.structure("local_thing", 8, {});
    u32 ptr = b.ptr(b.type("kptr", info(Kind::TypeTag), target));
    b.structure("s", 8 * n + 8, {{"r", ref, 0}, {"p", b.array(ptr, integer, n - 1), 64}});
    add(n == 11 ? "record-11-fields" : "record-12-fields", b);
  }
  for (u32 n : {29u, 30u, 31u}) {
    Blob b;
    u32 lock = b.structure("bpf_spin_lock", 4, {}), ref = b.structure("bpf_refcount", 4, {}), inner = ref;
    for (u32 i = 0; i < n; i++) inner = b.structure(fmt::format("s{}", i), 4, {{"m", inner, 0}});
    b.structure("outer", 8, {{"l", lock, 0}, {"m", inner, 32}});
    cases.push_back({fmt::format("record-nested-{}", n), b.bytes()});
  }
  for (bool cycle : {false, true}) {
    Blob b;
    u32 lock = b.structure("bpf_spin_lock", 4, {}), head = b.structure("bpf_list_head", 16, {});
    u32 node = b.structure("bpf_list_node", 24, {});
    u32 a = b.structure("a", 48, {{"h", head, 0}, {"n", node, 128}, {"l", lock, 320}});
    u32 c = b.structure("c", 48, {{"h", head, 0}, {"n", node, 128}, {"l", lock, 320}});
    b.decl_tag(cycle ? "contains:a:n" : "contains:c:n", a, 0);
    b.decl_tag(cycle ? "contains:a:n" : "contains:plain:n", c, 0);
    b.structure("plain", 24, {{"n", node, 0}});
    add(cycle ? "record-owns-itself" : "record-owner-of-owner", b);
  }
}

inline void add_order_cases(std::vector<Case>& cases) {
  auto add = [&](const char* name, const Blob& b) { cases.push_back({name, b.bytes()}); };
  for (bool func_first : {false, true}) {  // a pointer to a function depends on who comes first
    Blob b;
    u32 func = func_first ? 1 : 2;
    if (!func_first) b.ptr(func);
    b.type("f", info(Kind::Func), 3);
    if (func_first) b.ptr(func);
    b.type("", info(Kind::FuncProto), 0);
    add(func_first ? "ptr-after-func" : "ptr-before-func", b);
  }
  for (bool var_first : {false, true}) {  // a variable resolved on the way is not held against its section
    Blob b;
    u32 integer = b.integer("int", 4);
    if (var_first) b.type("v", info(Kind::Var), integer, {0});
    b.type(".data", info(Kind::DataSec, 1), 4, {var_first ? 2u : 3u, 0, 2});
    if (!var_first) b.type("v", info(Kind::Var), integer, {0});
    add(var_first ? "datasec-small-var-before" : "datasec-small-var-after", b);
  }
  {
    Blob b;
    u32 integer = b.integer("int", 4);
    b.array(integer, integer, 0x40000000);
    add("array-overflow", b);
  }
  add("good", rich_blob());
}

// What only sizes near 32 bits, or ends at the wrong place, bring out.
inline void add_limit_cases(std::vector<Case>& cases) {
  auto add = [&](const char* name, const Blob& b) { cases.push_back({name, b.bytes()}); };
  {
    Blob b;
    b.integer("int", 4);
    b.words.push_back(0);
    add("a-word-too-much", b);
  }
  {
    Blob b;
    b.type("e", info(Kind::Enum, 1), 4, {999, 1});
    add("enum-value-name-outside", b);
  }
  {
    Blob b;
    u32 shifted = b.type("int", info(Kind::Int), 4, {8u << 16 | 24});
    b.structure("s", 0xffffffff, {{"m", shifted, 0xfffffff9}});
    add("bits-offset-wraps", b);
  }
  {
    Blob b;
    b.type("v", info(Kind::Var), 2, {0});
    b.integer("int", 4);
    b.type(".d", info(Kind::DataSec, 2), 0xffffffff, {1, 0x80000000, 0x90000000, 1, 0x90000000, 0x80000000});
    add("datasec-sum-wraps", b);
  }
  Bytes unaligned = Blob().bytes();
  const u32 header[] = {1, 0, 0, 1};
  std::memcpy(&unaligned[8], header, sizeof(header));
  cases.push_back({"types-at-1", unaligned});
}

inline std::vector<Case> hand_made() {
  std::vector<Case> cases;
  add_header_cases(cases);
  add_depth_cases(cases);
  add_name_cases(cases);
  add_record_cases(cases);
  add_order_cases(cases);
  add_limit_cases(cases);
  return cases;
}

}  // namespace skep::btf::testing
