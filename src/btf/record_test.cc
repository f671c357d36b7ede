// Records of special fields: what a map value's record says, and who may own whom. (That BTF_LOAD agrees with the
// kernel: validate_test.cc.)
#include "btf/record.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "btf/testing.h"

namespace skep::btf {
namespace {

using testing::Blob;
using testing::info;

constexpr std::string_view kDestructors[] = {"task_struct"};

struct Program {
  Blob b;
  u32 integer = b.integer("int", 4);
  u32 lock = b.structure("bpf_spin_lock", 4, {});
  u32 timer = b.structure("bpf_timer", 16, {});
  u32 head = b.structure("bpf_list_head", 16, {});
  u32 node = b.structure("bpf_list_node", 24, {});
  u32 task = b.structure("task_struct", 8, {});
  u32 file = b.structure("file", 8, {});
  u32 local = b.structure("mine", 8, {});
  u32 elem = b.structure("elem", 40, {{"x", integer, 0}, {"n", node, 64}});

  u32 pointer(const char* tag, u32 to) { return b.ptr(b.type(tag, info(Kind::TypeTag), to)); }
};

struct Kernel {
  std::unique_ptr<Btf> btf = [] {
    Blob b;
    b.structure("task_struct", 64, {});
    b.structure("file", 64, {});
    return testing::must_parse(b.bytes());
  }();
  KernelTypes types() const { return {btf.get(), kDestructors}; }
};

TEST(Record, MapValue) {
  Program p;
  Kernel kernel;
  u32 ref = p.pointer("kptr", p.task), untrusted = p.pointer("kptr_untrusted", p.file),
      own = p.pointer("kptr", p.local);
  u32 value = p.b.structure("value", 80,
                            {{"l", p.lock, 0},
                             {"t", ref, 64},
                             {"h", p.head, 128},
                             {"u", untrusted, 256},
                             {"timer", p.timer, 320},
                             {"o", p.b.array(own, p.integer, 2), 448}});
  p.b.decl_tag("contains:elem:n", value, 2);
  auto btf = testing::must_parse(p.b.bytes());
  auto parsed = parse_fields(*btf, value, kMapValueFields, 80, kernel.types());
  ASSERT_TRUE(parsed.ok());
  const Record& record = **parsed;
  ASSERT_EQ(record.fields.size(), 7u);
  EXPECT_EQ(record.spin_lock_off, 0);
  EXPECT_EQ(record.timer_off, 40);
  EXPECT_EQ(record.res_spin_lock_off, -EINVAL);
  EXPECT_TRUE(record.has(Field::ListHead));
  const RecordField* kptr = record.find(8, kKptrFields);
  ASSERT_NE(kptr, nullptr);
  EXPECT_EQ(kptr->btf, kernel.btf.get());
  EXPECT_EQ(kptr->btf_id, 1u);
  EXPECT_EQ(record.find(8, u32(Field::Timer)), nullptr);
  EXPECT_EQ(record.find(9, kKptrFields), nullptr);
  EXPECT_EQ(record.find(56, kKptrFields)->btf, btf.get());
  EXPECT_EQ(record.find(64, kKptrFields)->btf_id, p.local);
  EXPECT_EQ(record.fields[2].value_btf_id, p.elem);
  EXPECT_EQ(record.fields[2].node_offset, 8u);

  auto structs = parse_struct_records(*btf, kernel.types());
  ASSERT_TRUE(structs.ok());
  auto owned = own_fields(*btf, *parsed, *structs);
  ASSERT_TRUE(owned.ok());
  ASSERT_NE(owned.value()->fields[2].value_record, nullptr);
  EXPECT_TRUE(owned.value()->fields[2].value_record->has(Field::ListNode));
  EXPECT_EQ(own_fields(*btf, *parsed, {}).error(), EFAULT);
}

// What an object is that comes out of the map does not depend on the program's own types.
TEST(Record, PointeesAreLinked) {
  Program p;
  Kernel kernel;
  const u32 own = p.pointer("kptr", p.elem), task = p.pointer("kptr", p.task);
  const u32 value = p.b.structure("value", 16, {{"e", own, 0}, {"t", task, 64}});
  auto btf = testing::must_parse(p.b.bytes());
  auto structs = parse_struct_records(*btf, kernel.types());
  auto parsed = parse_fields(*btf, value, kMapValueFields, 16, kernel.types());
  ASSERT_TRUE(structs.ok() && parsed.ok());
  auto owned = own_fields(*btf, *parsed, *structs);
  ASSERT_TRUE(owned.ok());
  ASSERT_NE(owned.value()->fields[0].value_record, nullptr);
  EXPECT_TRUE(owned.value()->fields[0].value_record->has(Field::ListNode));
  EXPECT_EQ(owned.value()->fields[1].value_record, nullptr);
}

int error_of(Program& p, const std::vector<Blob::Field>& fields, u32 size, const char* tag = nullptr) {
  Kernel kernel;
  u32 value = p.b.structure("value", size, fields);
  if (tag) p.b.decl_tag(tag, value, 0);
  auto btf = testing::must_parse(p.b.bytes());
  auto record = parse_fields(*btf, value, kMapValueFields, size, kernel.types());
  return record.ok() ? 0 : record.error();
}

TEST(Record, Errors) {
  auto with = [](auto make) {
    Program p;
    return make(p);
  };
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.integer, 0}}, 4); }), 0);
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.timer, 0}, {"b", p.timer, 128}}, 32); }), E2BIG);
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.timer, 0}}, 8); }), EFAULT);
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.timer, 0}, {"b", p.lock, 64}}, 16); }), EEXIST);
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.pointer("kptr", p.file), 0}}, 8); }), ENOENT);
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.pointer("ktpr", p.file), 0}}, 8); }), EINVAL);
  EXPECT_EQ(with([](Program& p) { return error_of(p, {{"a", p.head, 0}, {"l", p.lock, 128}}, 24); }), EINVAL);
  const char* no_lock = "contains:elem:n";
  EXPECT_EQ(with([&](Program& p) { return error_of(p, {{"a", p.head, 0}}, 16, no_lock); }), EINVAL);
  struct TagCase {
    const char* tag;
    int error;
  };
  for (TagCase c : {TagCase{"contains:elem:n", 0},
                    {"contains:elem", EINVAL},
                    {"contains:other:n", ENOENT},
                    {"contains:elem:m", ENOENT},
                    {"contains:elem:x", EINVAL},
                    {"contains:elem:", EINVAL}}) {
    Program p;
    EXPECT_EQ(error_of(p, {{"a", p.head, 0}, {"l", p.lock, 128}}, 24, c.tag), c.error) << c.tag;
  }
}

TEST(Record, Uptr) {
  auto own = [](u32 size, bool kernel_type) {
    Program p;
    Kernel kernel;
    u32 target = kernel_type ? p.file : p.b.structure("data", size, {});
    u32 value = p.b.structure("value", 8, {{"u", p.pointer("uptr", target), 0}});
    auto btf = testing::must_parse(p.b.bytes());
    auto record = parse_fields(*btf, value, kMapValueFields, 8, kernel.types());
    EXPECT_TRUE(record.ok());
    auto owned = own_fields(*btf, *record, {});
    return owned.ok() ? 0 : owned.error();
  };
  EXPECT_EQ(own(4096, false), 0);
  EXPECT_EQ(own(4097, false), E2BIG);
  EXPECT_EQ(own(0, false), EINVAL);
  EXPECT_EQ(own(8, true), EINVAL);
}

TEST(Record, DataSection) {
  Program p;
  u32 lock = p.b.type("l", info(Kind::Var), p.lock, {1}), x = p.b.type("x", info(Kind::Var), p.integer, {1});
  u32 sec = p.b.type(".bss", info(Kind::DataSec, 2), 16, {x, 0, 4, lock, 8, 4});
  auto btf = testing::must_parse(p.b.bytes());
  auto record = parse_fields(*btf, sec, kMapValueFields, 16, {});
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record.value()->spin_lock_off, 8);
  EXPECT_EQ(parse_fields(*btf, p.integer, kMapValueFields, 4, {}).error(), EINVAL);
}

TEST(Record, Names) {
  EXPECT_STREQ(field_name(Field::SpinLock), "bpf_spin_lock");
  EXPECT_STREQ(field_name(Field::KptrRef), "kptr");
  EXPECT_STREQ(field_name(Field::KptrUnref), "kptr");
  EXPECT_STREQ(field_name(Field::KptrPercpu), "percpu_kptr");
  EXPECT_STREQ(field_name(Field::TaskWork), "bpf_task_work");
}

}  // namespace
}  // namespace skep::btf
