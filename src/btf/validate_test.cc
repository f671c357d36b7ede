// BTF_LOAD against the kernel: what the live one says (errno and the whole log) about blobs made by hand, made at
// random and damaged at random, and what one said of the blobs recorded in tests/btf/. Without bpf(2) only the recorded
// ones are compared.
#include "btf/validate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>

#include "btf/record.h"
#include "btf/testing.h"

namespace skep::btf {
namespace {

using testing::Blob;
using testing::Bytes;
using testing::info;
using testing::Random;

struct Answer {
  int error = 0;
  std::string log;
  bool operator==(const Answer&) const = default;
};

constexpr std::string_view kDestructors[] = {
    "task_struct", "cgroup", "bpf_cpumask", "bpf_crypto_ctx", "sk_buff", "prog_test_ref_kfunc", "prog_test_member"};

const Btf* vmlinux() {
  static const std::unique_ptr<Btf> btf = [] {
    Bytes data = testing::vmlinux_bytes();
    return data.empty() ? nullptr : testing::must_parse(data);
  }();
  return btf.get();
}

Answer ours(const Bytes& data) {
  Answer answer;
  LogSink sink{[](void* cookie, std::string_view text) { static_cast<std::string*>(cookie)->append(text); },
               &answer.log};
  auto btf = load(data, sink);
  if (!btf.ok()) return {btf.error(), answer.log};
  auto records = parse_struct_records(**btf, {vmlinux(), kDestructors});
  answer.error = records.ok() ? 0 : records.error();
  return answer;
}

Answer live(const Bytes& data) {
  static std::vector<char> buffer(1 << 20);
  buffer[0] = 0;
  bpf_attr attr{};
  attr.btf = reinterpret_cast<u64>(data.data());
  attr.btf_size = u32(data.size());
  attr.btf_log_buf = reinterpret_cast<u64>(buffer.data());
  attr.btf_log_size = u32(buffer.size());
  attr.btf_log_level = 1;
  long fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attr, 40);
  int error = fd < 0 ? errno : 0;
  if (fd >= 0) close(int(fd));
  return {error, buffer.data()};
}

bool have_live() {
  Blob blob;
  blob.integer("int", 4);
  return live(blob.bytes()).error == 0;
}

std::string hex(const Bytes& data) {
  std::string text;
  for (u8 b : data) text += fmt::format("{:02x}", b);
  return text;
}

// A struct of most kinds, all of it right, so that damage has something to break.
Blob rich_blob() {
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
Blob random_blob(Random& r) {
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
Blob random_records(Random& r) {
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

void damage(Bytes& data, Random& r) {
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

struct Tally {
  int same = 0, different = 0;
  std::map<int, int> errors;

  void compare(const Bytes& data) {
    Answer theirs = live(data), mine = ours(data);
    errors[theirs.error]++;
    if (mine == theirs) {
      same++;
    } else if (++different <= 5) {
      ADD_FAILURE() << "kernel: " << theirs.error << "\n"
                    << theirs.log << "ours: " << mine.error << "\n"
                    << mine.log << hex(data);
    }
  }
  void print(const char* what) const {
    std::printf("%s: %d same, %d different; errno:", what, same, different);
    for (auto [error, n] : errors) std::printf(" %d:%d", error, n);
    std::printf("\n");
  }
};

int rounds(int normal) {
  const char* given = std::getenv("SKEP_ROUNDS");
  return given ? std::atoi(given) : normal;
}

TEST(BtfLoadLive, DamagedBlobs) {
  if (!have_live()) GTEST_SKIP() << "no bpf(2)";
  Random r{testing::seed()};
  Bytes good = rich_blob().bytes();
  ASSERT_EQ(live(good).error, 0) << live(good).log;
  Tally tally;
  for (int i = 0; i < rounds(3000); i++) {
    Bytes data = good;
    damage(data, r);
    tally.compare(data);
  }
  tally.print("damaged");
}

TEST(BtfLoadLive, RandomGraphs) {
  if (!have_live()) GTEST_SKIP() << "no bpf(2)";
  Random r{testing::seed()};
  Tally tally;
  for (int i = 0; i < rounds(5000); i++) tally.compare(random_blob(r).bytes());
  tally.print("graphs");
}

TEST(BtfLoadLive, RandomRecords) {
  if (!have_live() || !vmlinux()) GTEST_SKIP() << "no bpf(2) or no vmlinux BTF";
  Random r{testing::seed()};
  Tally tally;
  for (int i = 0; i < rounds(5000); i++) tally.compare(random_records(r).bytes());
  tally.print("records");
}

}  // namespace
}  // namespace skep::btf
