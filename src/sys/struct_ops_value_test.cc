// Updates of a struct_ops map for tcp_congestion_ops, asked of ours and of the running kernel, with its types. With
// BPF_F_LINK nothing is registered.
#include <gtest/gtest.h>

#include "btf/testing.h"
#include "isa/insn.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

enum class Who { Ours, Running };

class StructOpsValue : public testing::TestWithParam<Who> {
 protected:
  void SetUp() override {
    if (!running_kernel_is_reference()) GTEST_SKIP() << "no types of a running kernel";
    vmlinux_ = btf::testing::must_parse(btf::testing::vmlinux_bytes());
    asker_ = running_kernel();
    if (GetParam() == Who::Ours) {
      auto target = std::make_shared<target::Target>([this] { return vmlinux_; });
      kernel_ = std::make_unique<Kernel>(KernelConfig{.target = std::move(target)});
      asker_ = sys::ask(*kernel_);
    }
    value_id_ = vmlinux_->find("bpf_struct_ops_tcp_congestion_ops", btf::Kind::Struct);
    data_id_ = vmlinux_->find("tcp_congestion_ops", btf::Kind::Struct);
    value_.resize(vmlinux_->type_by_id(value_id_)->size());
    MapCreateAttr attr{BPF_MAP_TYPE_STRUCT_OPS, 4, u32(value_.size()), 1, BPF_F_LINK};
    attr.btf_vmlinux_value_type_id = value_id_;
    attr.btf_fd = u32(keep(load_btf(asker_, small_btf())));
    map_ = keep(asker_.ask(BPF_MAP_CREATE, attr));
    ASSERT_GE(map_, 0);
  }
  void TearDown() override {
    for (int fd : fds_) close(fd);
  }
  int keep(long fd) {
    if (fd >= 0) fds_.push_back(int(fd));
    return int(fd);
  }

  struct Place {
    u32 member, offset;  // in the value
  };
  Place place(std::string_view name) const {
    const btf::Type* data = vmlinux_->type_by_id(data_id_);
    const auto members = vmlinux_->members(data);
    for (u32 i = 0; i < members.size(); ++i) {
      if (vmlinux_->string_at(members[i].name_off) == name)
        return {i, 64 + btf::Btf::member_bit_offset(data, members[i]) / 8};
    }
    ADD_FAILURE() << name;
    return {};
  }
  void set(std::string_view name, u64 value) { std::memcpy(&value_[place(name).offset], &value, sizeof(value)); }
  // A program for a member: "return 2" or nothing at all.
  u64 program(std::string_view name) {
    const isa::Insn insns[2] = {{.code = 0xb7, .imm = 2}, {.code = 0x95}};
    ProgLoadAttr attr{
        .prog_type = BPF_PROG_TYPE_STRUCT_OPS, .insn_cnt = 2, .insns = address(insns), .license = address("GPL")};
    attr.expected_attach_type = place(name).member;
    attr.attach_btf_id = data_id_;
    return u64(keep(asker_.ask(BPF_PROG_LOAD, attr)));
  }
  bool lives(u32 prog) {
    IdAttr attr{prog - 1};
    return asker_.ask_back(BPF_PROG_GET_NEXT_ID, attr) == 0 && attr.next_id == prog;
  }
  long update() {
    const u32 key = 0;
    return asker_.ask(BPF_MAP_UPDATE_ELEM, MapElemAttr{u32(map_), 0, address(&key), address(value_.data())});
  }

  std::shared_ptr<const btf::Btf> vmlinux_;
  std::unique_ptr<Kernel> kernel_;
  Asker asker_;
  std::vector<int> fds_;
  u32 value_id_ = 0, data_id_ = 0;
  int map_ = -1;
  std::vector<u8> value_;
};

INSTANTIATE_TEST_SUITE_P(, StructOpsValue, testing::Values(Who::Ours, Who::Running),
                         [](const auto& info) { return info.param == Who::Ours ? "ours" : "running"; });

TEST_P(StructOpsValue, WhatAValueMayHold) {
  EXPECT_EQ(update(), -EINVAL) << "no name";
  for (const char* function : {"ssthresh", "get_info"}) {
    set(function, 999);
    EXPECT_EQ(update(), -EBADF);
    set(function, u64(map_));
    EXPECT_EQ(update(), -EINVAL) << "not a program";
    set(function, 0);
  }
  set("ssthresh", program("undo_cwnd"));
  EXPECT_EQ(update(), -EINVAL) << "made for another member";
  set("ssthresh", 0);
  set("owner", 1);
  EXPECT_EQ(update(), -EINVAL);
}

TEST_P(StructOpsValue, ReadyForALink) {
  for (const char* function : {"ssthresh", "undo_cwnd", "cong_avoid"}) set(function, program(function));
  std::memcpy(&value_[place("name").offset], "skep_test", 10);
  EXPECT_EQ(update(), 0);
  std::vector<u8> seen(value_.size());
  const u32 key = 0;
  ASSERT_EQ(asker_.ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{u32(map_), 0, address(&key), address(seen.data())}), 0);
  EXPECT_EQ(seen[4], 3) << "ready";
  u64 id = 0;
  std::memcpy(&id, &seen[place("ssthresh").offset], sizeof(id));
  EXPECT_GT(id, 0u) << "a program's id";
  EXPECT_EQ(std::memcmp(&seen[place("name").offset], "skep_test", 10), 0);
  EXPECT_EQ(update(), -EBUSY);
  for (int fd : fds_) {
    if (fd != map_) close(fd);
  }
  fds_ = {map_};
  EXPECT_TRUE(lives(u32(id))) << "the map keeps it";
  close(map_);
  fds_.clear();
  for (int i = 0; i < 300 && lives(u32(id)); ++i) usleep(10'000);  // Linux waits for a grace period
  EXPECT_FALSE(lives(u32(id)));
}

}  // namespace
}  // namespace skep::sys
