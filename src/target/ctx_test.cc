// Every context access of the recording, and that nothing else is allowed: all offsets from -8 to 320 (64 kB where a
// context is that large), all sizes.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "target/testing.h"

namespace skep::target {
namespace {

Target target{nullptr};

struct Cell {
  std::string read = "-";  // the register's type, without its details
  bool write = false;
};
using Cells = std::map<std::tuple<std::string, int, int>, Cell>;

std::string type_name(const CtxAccess& access) {
  if (!access.ok) return "-";
  return reg_type_str(access.reg_type) + (access.btf ? access.btf : "");
}

Cells recorded() {
  Cells cells;
  for (const auto& row : recording("ctx-access-6.18.44.tsv")) {
    cells[{row[0], std::stoi(row[1]), std::stoi(row[2])}] = {row[3].substr(0, row[3].find('(')), row[4] == "yes"};
  }
  return cells;
}

TEST(Ctx, EveryCellIsAsRecorded) {
  Cells cells = recorded();
  ASSERT_GT(cells.size(), 4000u);
  for (const ProgColumn& column : kProgColumns) {
    ProgKind kind = kind_of(column.name);
    if (target.is_btf_ctx(kind)) continue;
    for (int off = -8; off <= 320; off++) {
      for (int size : {1, 2, 4, 8}) {
        Cell expected = cells[{column.name, off, size}];
        EXPECT_EQ(type_name(target.ctx_access(kind, off, size, false)), expected.read)
            << column.name << " " << off << " " << size;
        EXPECT_EQ(target.ctx_access(kind, off, size, true).ok, expected.write)
            << column.name << " write " << off << " " << size;
      }
    }
  }
}

TEST(Ctx, EndsWhereItEnds) {
  ProgKind syscall{.prog_type = BPF_PROG_TYPE_SYSCALL};
  EXPECT_TRUE(target.ctx_access(syscall, 65534, 1, true).ok);
  EXPECT_FALSE(target.ctx_access(syscall, 65535, 1, true).ok);
  ProgKind tracepoint{.prog_type = BPF_PROG_TYPE_TRACEPOINT};
  EXPECT_TRUE(target.ctx_access(tracepoint, 8184, 8, false).ok);
  EXPECT_FALSE(target.ctx_access(tracepoint, 8192, 8, false).ok);
  EXPECT_FALSE(target.ctx_access(tracepoint, -8, 8, false).ok);  // stricter than Linux
}

TEST(Ctx, DependsOnAttachTypeAndCapabilities) {
  ProgKind xdp{.prog_type = BPF_PROG_TYPE_XDP, .attach_type = BPF_XDP_DEVMAP};
  EXPECT_TRUE(target.ctx_access(xdp, 20, 4, false).ok);
  ProgKind skb{.prog_type = BPF_PROG_TYPE_CGROUP_SKB, .caps = {false, false, false, false, false}};
  EXPECT_FALSE(target.ctx_access(skb, 76, 4, false).ok);  // data
  EXPECT_FALSE(target.ctx_access(skb, 152, 8, true).ok);  // tstamp
  EXPECT_TRUE(target.ctx_access(skb, 152, 8, false).ok);
}

TEST(Ctx, PacketPointersAreNotSignExtended) {
  EXPECT_FALSE(target.ctx_access(kind_of("XDP"), 0, 4, false).sign_ext_ok);
  EXPECT_TRUE(target.ctx_access(kind_of("XDP"), 12, 4, false).sign_ext_ok);
}

TEST(Ctx, Names) {
  EXPECT_STREQ(target.ctx_struct_name(BPF_PROG_TYPE_SCHED_CLS), "__sk_buff");
  EXPECT_STREQ(target.ctx_kernel_struct_name(BPF_PROG_TYPE_XDP), "xdp_buff");
  EXPECT_EQ(target.ctx_struct_name(BPF_PROG_TYPE_UNSPEC), nullptr);
}

}  // namespace
}  // namespace skep::target
