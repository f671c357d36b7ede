// Return ranges, attach types, packet access, map rules, kfuncs, names and lists.
#include <gtest/gtest.h>

#include <iterator>
#include <memory>

#include "target/btf_facts.h"
#include "target/kfunc.h"
#include "target/testing.h"

namespace skep::target {
namespace {

Target target{nullptr};

TEST(ReturnRange, IsAsRecorded) {
  auto rows = recording("return-ranges-6.18.44.tsv");
  ASSERT_EQ(int(rows.size()), kNrProgColumns);
  for (const auto& row : rows) {
    ReturnRange range = target.return_range(kind_of(row[0]));
    std::string text =
        range.enforced ? "[" + std::to_string(range.min) + ", " + std::to_string(range.max) + "]" : "any";
    EXPECT_EQ(text, row[1]) << row[0];
  }
}

TEST(ReturnRange, OfProgramsThatCouldNotBeMeasured) {
  auto range = [](u32 type, u32 attach, std::string_view name) {
    ReturnRange r = target.return_range({.prog_type = type, .attach_type = attach, .attach_name = name});
    return r.enforced ? std::pair{r.min, r.max} : std::pair{7, 7};
  };
  EXPECT_EQ(range(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "vfs_read"), (std::pair{0, 0}));
  EXPECT_EQ(range(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "vfs_read"), (std::pair{7, 7}));
  EXPECT_EQ(range(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open"), (std::pair{-4095, 0}));
  EXPECT_EQ(range(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_audit_rule_known"), (std::pair{0, 1}));
  EXPECT_EQ(range(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, "bpf_lsm_socket_bind"), (std::pair{0, 1}));
  EXPECT_EQ(range(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_SESSION, ""), (std::pair{0, 1}));
}

TEST(ProgTypes, AttachTypes) {
  for (const ProgColumn& column : kProgColumns) {
    ProgKind kind = kind_of(column.name);
    EXPECT_TRUE(target.attach_type_ok(kind.prog_type, kind.attach_type)) << column.name;
    EXPECT_TRUE(target.is_known_prog_type(kind.prog_type)) << column.name;
  }
  EXPECT_FALSE(target.attach_type_ok(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_INGRESS));
  EXPECT_FALSE(target.attach_type_ok(BPF_PROG_TYPE_SYSCALL, 1));
  EXPECT_FALSE(target.attach_type_ok(BPF_PROG_TYPE_NETFILTER, 1000));
  EXPECT_TRUE(target.attach_type_ok(BPF_PROG_TYPE_SOCKET_FILTER, 1000));
  EXPECT_FALSE(target.is_known_prog_type(99));
}

TEST(ProgTypes, TakeTheAttachTypesTheKernelTakes) {
  auto rows = recording("attach-types-6.18.44.tsv");
  ASSERT_GT(rows.size(), 20u);
  for (const auto& row : rows) {
    u32 type = u32(std::stoi(row[0]));
    for (u32 attach = 0; attach < kAttachTypeCount; attach++) {
      // The kernel replaces 0 for these two before it asks.
      if (attach == 0 && (type == BPF_PROG_TYPE_CGROUP_SOCK || type == BPF_PROG_TYPE_SK_REUSEPORT)) continue;
      bool expected =
          row[1] == "*" || (" " + row[1] + " ").find(" " + std::to_string(attach) + " ") != std::string::npos;
      EXPECT_EQ(target.attach_type_ok(type, attach), expected)
          << prog_type_name(type) << " " << attach_type_name(attach);
    }
  }
}

TEST(ProgTypes, PacketAccessSleepAndCapabilities) {
  EXPECT_TRUE(target.may_access_packet(BPF_PROG_TYPE_XDP, true));
  EXPECT_TRUE(target.may_access_packet(BPF_PROG_TYPE_LWT_IN, false));
  EXPECT_FALSE(target.may_access_packet(BPF_PROG_TYPE_LWT_IN, true));
  EXPECT_FALSE(target.may_access_packet(BPF_PROG_TYPE_KPROBE, false));
  EXPECT_TRUE(target.may_be_sleepable(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER));
  EXPECT_FALSE(target.may_be_sleepable(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP));
  EXPECT_FALSE(target.may_be_sleepable(BPF_PROG_TYPE_XDP, 0));
  EXPECT_TRUE(target.is_tracing_type(BPF_PROG_TYPE_KPROBE));
  EXPECT_FALSE(target.is_tracing_type(BPF_PROG_TYPE_TRACING));
  EXPECT_TRUE(target.is_net_admin_type(BPF_PROG_TYPE_EXT) && target.is_perfmon_type(BPF_PROG_TYPE_EXT));
}

TEST(Maps, AreAsRecorded) {
  for (const auto& row : recording("map-rules-6.18.44.tsv")) {
    if (row[2].empty()) continue;  // could not be created
    u32 type = 0;
    while (type < kMapTypeCount && row[0] != map_type_name(type)) type++;
    SCOPED_TRACE(row[0]);
    const MapRules& rules = target.map_rules(type);
    EXPECT_EQ(rules.name, row[0]);
    EXPECT_EQ(rules.kernel_struct, row[1]);
    EXPECT_EQ(rules.direct_value, row[2] == "yes");
    EXPECT_EQ(rules.for_each, row[3] == "yes");
    EXPECT_EQ(rules.sleepable_ok, row[4] == "yes");
    for (int column : {5, 6}) {
      for (const std::string& helper : split(row[column], ' ')) {
        if (helper.empty() || helper == "164") continue;  // for_each_map_elem: refused by the for_each column
        EXPECT_EQ(target.map_helper_compatible(type, u32(std::stoi(helper))), column == 5) << helper;
      }
    }
  }
}

TEST(Maps, SockmapUpdates) {
  constexpr u32 kUpdate = 2, kDelete = 3;
  EXPECT_TRUE(target.may_update_sockmap({.prog_type = BPF_PROG_TYPE_SCHED_CLS}, kUpdate));
  EXPECT_FALSE(target.may_update_sockmap({.prog_type = BPF_PROG_TYPE_SOCK_OPS}, kUpdate));
  EXPECT_TRUE(target.may_update_sockmap({.prog_type = BPF_PROG_TYPE_SOCK_OPS}, kDelete));
  EXPECT_FALSE(
      target.may_update_sockmap({.prog_type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY}, kUpdate));
}

TEST(Kfuncs, HooksAndFilters) {
  ASSERT_NE(kfunc_row("bpf_task_from_pid"), nullptr);
  EXPECT_EQ(kfunc_row("bpf_no_such_function"), nullptr);
  EXPECT_EQ(kfunc_row("bpf_obj_new_impl")->special, SpecialKfunc::ObjNew);
  EXPECT_EQ(kfunc_row("bpf_task_from_pid")->flags, KF_ACQUIRE | KF_RET_NULL);
  ProgKind raw_tp{.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT}, tracepoint{.prog_type = BPF_PROG_TYPE_TRACEPOINT};
  EXPECT_EQ(kfunc_for("bpf_task_from_pid", raw_tp), nullptr);
  EXPECT_NE(kfunc_for("bpf_task_from_pid", tracepoint), nullptr);
  EXPECT_NE(kfunc_for("bpf_rcu_read_lock", raw_tp), nullptr);
  ProgKind kprobe{.prog_type = BPF_PROG_TYPE_KPROBE};
  EXPECT_EQ(kfunc_for("bpf_session_cookie", kprobe), nullptr);
  kprobe.attach_type = BPF_TRACE_UPROBE_SESSION;
  EXPECT_NE(kfunc_for("bpf_session_cookie", kprobe), nullptr);
  ProgKind fentry{.prog_type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY};
  EXPECT_EQ(kfunc_for("bpf_get_dentry_xattr", fentry), nullptr);
  EXPECT_NE(kfunc_for("bpf_get_dentry_xattr", {.prog_type = BPF_PROG_TYPE_LSM}), nullptr);
  EXPECT_EQ(kfunc_for("bpf_sock_destroy", fentry), nullptr);
  EXPECT_NE(kfunc_for("bpf_sock_addr_set_sun_path", {.prog_type = BPF_PROG_TYPE_CGROUP_SOCKOPT}), nullptr);
}

TEST(Kfuncs, AreOfferedToWhomTheKernelOffersThem) {
  auto rows = recording("kfunc-access-6.18.44.tsv");
  ASSERT_GT(rows.size(), 200u);
  auto lists = [](const std::string& cell, const char* program) {
    return cell == "*" || ("," + cell + ",").find("," + std::string(program) + ",") != std::string::npos;
  };
  for (const auto& row : rows) {
    if (row[0] == "bpf_verify_pkcs7_signature")
      continue;  // in that kernel's BTF, but not registered: see is_registered_kfunc()
    for (const ProgColumn& column : kProgColumns) {
      if (lists(row[2], column.name)) continue;  // the kernel refused the program before it came to that
      EXPECT_EQ(kfunc_for(row[0], kind_of(column.name)) != nullptr, lists(row[1], column.name))
          << row[0] << " in " << column.name;
    }
  }
}

TEST(Kfuncs, AreTaggedInTheKernelsBtf) {
  std::ifstream in("/sys/kernel/btf/vmlinux", std::ios::binary);
  if (!in) GTEST_SKIP() << "no BTF of a running kernel";
  auto bytes = std::make_shared<std::string>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  auto btf = btf::Btf::parse({reinterpret_cast<const u8*>(bytes->data()), bytes->size()}, bytes);
  ASSERT_TRUE(btf.ok());
  const btf::Btf& kernel = **btf;
  if (!kernel.find("bpf_kfunc", btf::Kind::DeclTag)) GTEST_SKIP() << "this kernel's BTF does not tag its kfuncs";
  EXPECT_TRUE(is_registered_kfunc(kernel, kernel.find("bpf_rcu_read_lock", btf::Kind::Func)));
  EXPECT_FALSE(is_registered_kfunc(kernel, kernel.find("do_exit", btf::Kind::Func)));
  Target live([&] { return std::shared_ptr<const btf::Btf>(std::move(*btf)); });
  ReturnRange range = live.return_range(
      {.prog_type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .attach_name = "bpf_lsm_task_free"});
  EXPECT_EQ(range.enforced, live.vmlinux()->find("bpf_lsm_task_free", btf::Kind::Func) == 0) << "a void hook";
}

TEST(Kfuncs, FlagsDifferBySet) {
  EXPECT_TRUE(kfunc_for("hid_bpf_input_report", {.prog_type = BPF_PROG_TYPE_STRUCT_OPS})->flags & KF_SLEEPABLE);
  EXPECT_FALSE(kfunc_for("hid_bpf_input_report", {.prog_type = BPF_PROG_TYPE_SYSCALL})->flags & KF_SLEEPABLE);
  ProgKind qdisc{.prog_type = BPF_PROG_TYPE_STRUCT_OPS, .attach_name = "Qdisc_ops", .struct_ops_member = "dequeue"};
  EXPECT_NE(kfunc_for("bpf_dynptr_from_skb", qdisc), nullptr);
  qdisc.attach_name = "tcp_congestion_ops";
  EXPECT_EQ(kfunc_for("bpf_dynptr_from_skb", qdisc), nullptr);
}

TEST(Kfuncs, EveryRegistrationIsThere) {
  for (const auto& row : recording("kfuncs-6.18.tsv")) EXPECT_NE(kfunc_row(row[0]), nullptr) << row[0];
}

TEST(Facts, Lists) {
  EXPECT_EQ(field_trust("task_struct", "real_parent"), FieldTrust::Rcu);
  EXPECT_EQ(field_trust("task_struct", "mm"), FieldTrust::None);
  EXPECT_EQ(field_trust("socket", "sk"), FieldTrust::TrustedOrNull);
  EXPECT_TRUE(is_sleepable_lsm_hook("bpf_lsm_file_open"));
  EXPECT_TRUE(is_sleepable_lsm_hook("socket_bind"));
  EXPECT_FALSE(is_sleepable_lsm_hook("bpf_lsm_task_free"));
  EXPECT_TRUE(is_untrusted_lsm_hook("bpf_lsm_task_free"));
  EXPECT_TRUE(is_disabled_lsm_hook("bpf_lsm_getprocattr"));
  EXPECT_TRUE(is_noreturn("do_exit"));
  EXPECT_TRUE(is_tracing_denied("migrate_disable"));
  ASSERT_NE(tracepoint_args("kfree_skb"), nullptr);
  EXPECT_EQ(tracepoint_args("kfree_skb")->null, 1 << 3);
  EXPECT_EQ(tracepoint_args("mr_integ_alloc")->error, 1 << 3);
  EXPECT_EQ(tracepoint_args("sched_switch"), nullptr);
  const StructOpsType* dummy = struct_ops_type("bpf_dummy_ops");
  ASSERT_NE(dummy, nullptr);
  EXPECT_TRUE(struct_ops_may_sleep(*dummy, "test_sleepable"));
  EXPECT_FALSE(struct_ops_may_sleep(*dummy, "test_1"));
  EXPECT_FALSE(struct_ops_has_member(*struct_ops_type("tcp_congestion_ops"), "get_info"));
}

TEST(Names, OfTypes) {
  EXPECT_EQ(reg_type_str(PTR_TO_BTF_ID | MEM_RCU | PTR_MAYBE_NULL), "rcu_ptr_or_null_");
  EXPECT_EQ(reg_type_str(PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED), "rdonly_untrusted_mem");
  EXPECT_EQ(reg_type_str(PTR_TO_MAP_VALUE | PTR_MAYBE_NULL), "map_value_or_null");
  EXPECT_EQ(reg_type_str(NOT_INIT), "?");
  EXPECT_EQ(reg_type_str(PTR_TO_PACKET_META), "pkt_meta");
  EXPECT_EQ(reg_type_str(PTR_TO_PACKET), "pkt");
  EXPECT_EQ(reg_type_str(PTR_TO_MAP_KEY), "map_key");
  EXPECT_EQ(reg_type_str(CONST_PTR_TO_DYNPTR), "dynptr_ptr");
  EXPECT_STREQ(prog_type_name(BPF_PROG_TYPE_NETFILTER), "netfilter");
  EXPECT_STREQ(attach_type_name(BPF_TRACE_UPROBE_SESSION), "trace_uprobe_session");
  EXPECT_STREQ(map_type_name(BPF_MAP_TYPE_ARENA), "arena");
  EXPECT_STREQ(map_type_name(1000), "unknown");
}

TEST(Target, AsksForTheKernelsBtfOnce) {
  int calls = 0;
  Target t([&] {
    calls++;
    return nullptr;
  });
  EXPECT_EQ(t.vmlinux(), nullptr);
  EXPECT_EQ(t.vmlinux(), nullptr);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace skep::target
