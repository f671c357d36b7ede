// The helper tables against what the reference kernel answered: every argument, license and packet rule of every helper
// in every program it can be called from (data/helper-probe-*.tsv), and who may call what
// (data/helpers-by-program-type-*.tsv).
#include <gtest/gtest.h>

#include <set>

#include "target/helper_table.h"
#include "target/testing.h"

namespace skep::target {
namespace {

Target target{nullptr};

// One argument in the words of tools/probe_helpers.py. Sizes of keys and values are the map's.
std::string word_of(const Arg& arg) {
  std::string null = arg.flags & kArgNullable ? "?" : "";
  switch (arg.kind) {
    case ArgKind::None: return "";
    case ArgKind::Anything: return "any";
    case ArgKind::ConstMapPtr: return "map";
    case ArgKind::MapKey: return "key";
    case ArgKind::MapValue: return (arg.flags & kArgUninit ? "value-out" : "value") + null;
    case ArgKind::ConstSize: return "size";
    case ArgKind::ConstSizeOrZero:
    case ArgKind::ConstAllocSizeOrZero: return "size0";
    case ArgKind::Ctx: return "ctx" + null;
    case ArgKind::SpinLock:
    case ArgKind::KptrXchgDest: return "map_value_or_ptr";
    case ArgKind::SockCommon: return "sock_common" + null;
    case ArgKind::Socket: return "sock" + null;
    case ArgKind::BtfId: return std::string("btf:") + (arg.btf ? arg.btf : "-") + null;
    case ArgKind::BtfIdSockCommon: return "sk" + null;
    case ArgKind::RingbufMem: return "ringbuf_mem";
    case ArgKind::PercpuBtfId: return "percpu_ptr";
    case ArgKind::Func: return "func";
    case ArgKind::Stack: return "stack" + null;
    case ArgKind::ConstStr:
    case ArgKind::Timer: return "map_value";
    case ArgKind::Dynptr: return "dynptr";
    case ArgKind::Mem:
    case ArgKind::Arena: break;
  }
  std::string word = arg.flags & kArgRdonly ? "mem-ro" : arg.flags & kArgUninit ? "mem-out" : "mem-rw";
  if (arg.size) word += "[" + std::to_string(arg.size) + "]";
  return word + null;
}

// strtol() and its kin: the probe's other pointer hides that the result need not be initialised (asked by hand: it need
// not).
std::string as_probed(std::string word) { return word == "mem-out[8]" ? "mem-rw[8]" : word; }

std::string result_of(const Ret& ret) {
  std::string null = ret.flags & PTR_MAYBE_NULL ? "_or_null" : "";
  switch (ret.kind) {
    case RetKind::Integer: return "scalar";
    case RetKind::MapValue: return "map_value" + null;
    case RetKind::Socket: return "sock" + null;
    case RetKind::TcpSock: return "tcp_sock" + null;
    case RetKind::BtfId: return reg_type_str(PTR_TO_BTF_ID | ret.flags) + (ret.btf ? ret.btf : "");
    default: return "-";
  }
}

// Columns of the recording.
enum { kHelper, kPrograms, kLicense, kCapability, kPacket, kCall, kResult, kFirstArg };

void expect_as_probed(const std::vector<std::string>& row, const HelperProto& helper, const std::string& program) {
  SCOPED_TRACE(std::string(helper.name) + " in " + program);
  if (row[kLicense] != "?") {
    EXPECT_EQ(row[kLicense] == "gpl", helper.has(kGplOnly));
  }
  if (row[kPacket] != "-") {
    EXPECT_EQ(row[kPacket] == "pkt", helper.has(kPktAccess));
  }
  if (row[kResult] != "-") {
    EXPECT_EQ(row[kResult], result_of(helper.ret));
  }
  std::size_t n = 0;
  for (std::size_t i = kFirstArg; i < row.size(); i++, n++) {
    if (row[i] == "...") return;
    EXPECT_EQ(row[i], as_probed(word_of(helper.args[n]))) << "argument " << n + 1;
  }
  if (row[kCall] == "ok") {
    EXPECT_EQ(int(n), helper.nr_args());
  }
}

void expect_capability_as_probed(const std::vector<std::string>& row, const std::string& program) {
  if (row[kCapability] == "?") return;
  ProgKind kind = kind_of(program);
  kind.caps = {.bpf = true, .perfmon = false, .net_admin = true, .sys_admin = false, .sys_boot = false};
  EXPECT_EQ(row[kCapability] == "perfmon", target.helper_for(u32(std::stoi(row[kHelper])), kind) == nullptr)
      << row[kHelper] << " in " << program;
}

TEST(Helpers, AreAsTheKernelAnswered) {
  auto rows = recording("helper-probe-6.18.44.tsv");
  ASSERT_GT(rows.size(), 200u);
  for (const auto& row : rows) {
    for (const std::string& program : split(row[kPrograms], ',')) {
      const HelperProto* helper = target.helper_for(u32(std::stoi(row[kHelper])), kind_of(program));
      ASSERT_NE(helper, nullptr) << row[0] << " in " << program;
      expect_as_probed(row, *helper, program);
      expect_capability_as_probed(row, program);
    }
  }
}

TEST(Helpers, AreOfferedToWhomTheKernelOffersThem) {
  for (const auto& row : recording("helpers-by-program-type-6.18.44.tsv")) {
    u32 id = u32(std::stoi(row[0]));
    std::string listed = " " + row[2] + " ";
    for (const ProgColumn& column : kProgColumns) {
      bool expected = listed.find(" " + std::string(column.name) + " ") != std::string::npos;
      EXPECT_EQ(target.helper_for(id, kind_of(column.name)) != nullptr, expected) << id << " in " << column.name;
    }
  }
}

TEST(Helpers, HaveDistinctNamesAndAreFoundByThem) {
  std::set<std::string_view> names;
  for (u32 id = 1; id < kHelperCount; id++) names.insert(target.helper(id)->name);
  EXPECT_EQ(names.size(), kHelperCount - 1);
  EXPECT_EQ(target.helper_by_name("bpf_loop")->id, 181u);
  EXPECT_EQ(target.helper_by_name("loop")->id, 181u);
  EXPECT_EQ(target.helper_by_name("bpf_nothing"), nullptr);
  EXPECT_EQ(target.helper(0), nullptr);
  EXPECT_EQ(target.helper(kHelperCount), nullptr);
}

TEST(Helpers, AtMostOneReleasedArgument) {
  for (const HelperRow& row : helper_rows()) {
    int released = 0;
    for (const Arg& arg : row.proto.args) released += (arg.flags & kArgRelease) != 0;
    EXPECT_LE(released, 1) << row.proto.name;
  }
}

TEST(Helpers, SizesFollowMemory) {
  for (const HelperRow& row : helper_rows()) {
    for (int i = 0; i < 5; i++) {
      ArgKind kind = row.proto.args[i].kind;
      if (kind != ArgKind::ConstSize && kind != ArgKind::ConstSizeOrZero) continue;
      ASSERT_GT(i, 0) << row.proto.name;
      EXPECT_EQ(row.proto.args[i - 1].kind, ArgKind::Mem) << row.proto.name;
    }
  }
}

TEST(Helpers, NeedCapabilities) {
  ProgKind kind = kind_of("SCHED_CLS");
  kind.caps = {.bpf = true, .perfmon = false, .net_admin = true, .sys_admin = false, .sys_boot = false};
  EXPECT_EQ(target.helper_for(6, kind), nullptr);    // trace_printk
  EXPECT_EQ(target.helper_for(137, kind), nullptr);  // skc_to_tcp_sock
  EXPECT_NE(target.helper_for(181, kind), nullptr);  // loop
  ProgKind nobody{.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .caps = {false, false, false, false, false}};
  EXPECT_EQ(target.helper_for(181, nobody), nullptr);
  EXPECT_NE(target.helper_for(1, nobody), nullptr);
  EXPECT_NE(target.helper_for(105, nobody), nullptr);  // strtol
}

TEST(Helpers, OfProgramsThatCouldNotBeMeasured) {
  ProgKind fentry{.prog_type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY, .attach_name = "vfs_truncate"};
  EXPECT_NE(target.helper_for(183, fentry), nullptr);  // get_func_arg
  EXPECT_NE(target.helper_for(113, fentry), nullptr);  // probe_read_kernel
  EXPECT_EQ(target.helper_for(145, fentry), nullptr);  // inode_storage_get
  ProgKind lsm{.prog_type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .attach_name = "bpf_lsm_file_open"};
  EXPECT_NE(target.helper_for(145, lsm), nullptr);
  EXPECT_NE(target.helper_for(93, lsm), nullptr);  // spin_lock
  ProgKind lirc{.prog_type = BPF_PROG_TYPE_LIRC_MODE2};
  EXPECT_NE(target.helper_for(77, lirc), nullptr);
  EXPECT_EQ(target.helper_for(181, lirc), nullptr);
  ProgKind sched{.prog_type = BPF_PROG_TYPE_STRUCT_OPS, .attach_name = "sched_ext_ops", .struct_ops_member = "enqueue"};
  EXPECT_EQ(target.helper_for(116, sched), nullptr);  // tcp_send_ack
  EXPECT_NE(target.helper_for(156, sched), nullptr);  // task_storage_get
}

TEST(Helpers, MayRefuseTheProgram) {
  const HelperProto& d_path = *target.helper(147);
  ProgKind fentry{.prog_type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY, .attach_name = "vfs_truncate"};
  EXPECT_TRUE(target.helper_allowed(d_path, fentry));
  fentry.attach_name = "vfs_read";
  EXPECT_FALSE(target.helper_allowed(d_path, fentry));
  for (const auto& row : recording("helper-probe-6.18.44.tsv")) {
    for (const std::string& program : split(row[kPrograms], ',')) {
      ProgKind kind = kind_of(program);
      const HelperProto* helper = target.helper_for(u32(std::stoi(row[0])), kind);
      if (!helper) continue;
      EXPECT_EQ(target.helper_allowed(*helper, kind), row[kCall] != "helper call is not allowed in probe")
          << helper->name << " " << program;
    }
  }
}

}  // namespace
}  // namespace skep::target
