// Lists of btf_facts.h. Sorted where long, so that a reader (and find()) can look a name up.
#include "target/btf_facts.h"

#include <algorithm>
#include <iterator>

namespace skep::target {
namespace {

struct TrustedField {
  std::string_view type, field;
  FieldTrust trust;
};
constexpr TrustedField kTrustedFields[] = {
    {"bpf_iter_meta", "seq", FieldTrust::Trusted},    {"bpf_iter__task", "meta", FieldTrust::Trusted},
    {"bpf_iter__task", "task", FieldTrust::Trusted},  {"linux_binprm", "file", FieldTrust::Trusted},
    {"file", "f_inode", FieldTrust::Trusted},         {"dentry", "d_inode", FieldTrust::TrustedOrNull},
    {"socket", "sk", FieldTrust::TrustedOrNull},      {"task_struct", "cpus_ptr", FieldTrust::Rcu},
    {"task_struct", "cgroups", FieldTrust::Rcu},      {"task_struct", "real_parent", FieldTrust::Rcu},
    {"task_struct", "group_leader", FieldTrust::Rcu}, {"cgroup", "kn", FieldTrust::Rcu},
    {"css_set", "dfl_cgrp", FieldTrust::Rcu},         {"cgroup_subsys_state", "cgroup", FieldTrust::Rcu},
    {"mm_struct", "exe_file", FieldTrust::RcuOrNull}, {"sk_buff", "sk", FieldTrust::RcuOrNull},
    {"request_sock", "sk", FieldTrust::RcuOrNull},
};

constexpr std::string_view kRcuSafeKptrTypes[] = {"bpf_cpumask", "bpf_crypto_ctx", "cgroup", "prog_test_ref_kfunc",
                                                  "task_struct"};
// sk_buff has a destructor only in kernels with the qdisc struct_ops.
constexpr std::string_view kDestructorTypes[] = {"bpf_cpumask",      "bpf_crypto_ctx",      "cgroup",
                                                 "prog_test_member", "prog_test_ref_kfunc", "task_struct"};

constexpr std::string_view kSleepableLsmHooks[] = {
    "bpf",
    "bpf_map",
    "bpf_map_create",
    "bpf_map_free",
    "bpf_prog",
    "bpf_prog_free",
    "bpf_prog_load",
    "bpf_token_capable",
    "bpf_token_cmd",
    "bpf_token_create",
    "bpf_token_free",
    "bprm_check_security",
    "bprm_committed_creds",
    "bprm_committing_creds",
    "bprm_creds_for_exec",
    "bprm_creds_from_file",
    "capget",
    "capset",
    "cred_prepare",
    "file_ioctl",
    "file_lock",
    "file_open",
    "file_post_open",
    "file_receive",
    "inet_conn_established",
    "inode_create",
    "inode_free_security",
    "inode_getattr",
    "inode_getxattr",
    "inode_mknod",
    "inode_need_killpriv",
    "inode_post_removexattr",
    "inode_post_setxattr",
    "inode_readlink",
    "inode_removexattr",
    "inode_rename",
    "inode_rmdir",
    "inode_setattr",
    "inode_setxattr",
    "inode_symlink",
    "inode_unlink",
    "kernel_module_request",
    "kernel_read_file",
    "kernfs_init_security",
    "mmap_file",
    "netlink_send",
    "path_chmod",
    "path_chown",
    "path_link",
    "path_mkdir",
    "path_notify",
    "path_rename",
    "path_rmdir",
    "path_symlink",
    "path_truncate",
    "path_unlink",
    "release_secctx",
    "sb_alloc_security",
    "sb_eat_lsm_opts",
    "sb_kern_mount",
    "sb_mount",
    "sb_remount",
    "sb_set_mnt_opts",
    "sb_show_options",
    "sb_statfs",
    "sb_umount",
    "settime",
    "socket_accept",
    "socket_bind",
    "socket_connect",
    "socket_create",
    "socket_getpeername",
    "socket_getpeersec_dgram",
    "socket_getsockname",
    "socket_getsockopt",
    "socket_listen",
    "socket_post_create",
    "socket_recvmsg",
    "socket_sendmsg",
    "socket_shutdown",
    "socket_socketpair",
    "syslog",
    "task_alloc",
    "task_prctl",
    "task_setscheduler",
    "task_to_inode",
    "userns_create",
};
constexpr std::string_view kDisabledLsmHooks[] = {
    "audit_rule_match",  "getprocattr",        "getselfattr",         "inode_copy_up_xattr",
    "inode_getsecurity", "inode_listsecurity", "inode_need_killpriv", "ismaclabel",
    "key_getsecurity",   "setprocattr",        "vm_enough_memory",
};
constexpr std::string_view kUntrustedLsmHooks[] = {
    "bpf_map_free",      "bpf_prog_free",    "file_alloc_security", "file_free_security",
    "sk_alloc_security", "sk_free_security", "task_free",
};
constexpr std::string_view kBoolLsmHooks[] = {"audit_rule_known", "inode_xattr_skipcap", "xfrm_state_pol_flow_match"};

constexpr std::string_view kTracingDenied[] = {
    "___migrate_enable", "__rcu_read_lock",   "__rcu_read_unlock", "migrate_disable",
    "migrate_enable",    "preempt_count_add", "preempt_count_sub", "rcu_read_unlock_strict",
};
constexpr std::string_view kNoreturn[] = {
    "__ia32_sys_exit",
    "__ia32_sys_exit_group",
    "__kunit_abort",
    "__module_put_and_kthread_exit",
    "__x64_sys_exit",
    "__x64_sys_exit_group",
    "do_exit",
    "do_group_exit",
    "kthread_complete_and_exit",
    "kthread_exit",
    "kunit_try_catch_throw",
    "make_task_dead",
};
constexpr std::string_view kNonSleepableErrorInject[] = {"__filemap_add_folio", "should_fail_alloc_page",
                                                         "should_failslab"};

struct ModifiableFunction {
  std::string_view name;
  bool sleepable;
};
constexpr ModifiableFunction kModifiable[] = {
    {"bpf_fentry_test1", true},           {"bpf_modify_return_test", false}, {"bpf_modify_return_test2", false},
    {"bpf_modify_return_test_tp", false}, {"bpf_rstat_flush", false},        {"update_socket_protocol", false},
};

constexpr RegType kMaybeNull = PTR_TO_BTF_ID | PTR_MAYBE_NULL;
constexpr RegType kTrustedMaybeNull = kMaybeNull | PTR_TRUSTED;
constexpr RegType kBuf = PTR_TO_BUF | PTR_MAYBE_NULL;
constexpr RegType kReadOnlyBuf = kBuf | MEM_RDONLY;
constexpr IterArg kIterArgs[] = {
    {"bpf_link", 1, kMaybeNull, "bpf_link"},
    {"bpf_map", 1, kTrustedMaybeNull, "bpf_map"},
    {"bpf_map_elem", 2, kReadOnlyBuf, ""},
    {"bpf_map_elem", 3, kBuf, ""},
    {"bpf_prog", 1, kMaybeNull, "bpf_prog"},
    {"bpf_sk_storage_map", 2, kMaybeNull, "sock"},
    {"bpf_sk_storage_map", 3, kBuf, ""},
    {"cgroup", 1, kTrustedMaybeNull, "cgroup"},
    {"dmabuf", 1, kMaybeNull, "dma_buf"},
    {"ipv6_route", 1, kMaybeNull, "fib6_info"},
    {"kmem_cache", 1, kTrustedMaybeNull, "kmem_cache"},
    {"ksym", 1, kMaybeNull, "kallsym_iter"},
    {"netlink", 1, kMaybeNull, "netlink_sock"},
    {"sockmap", 2, kReadOnlyBuf, ""},
    {"sockmap", 3, kMaybeNull, "sock"},
    {"task", 1, kTrustedMaybeNull, "task_struct"},
    {"task_file", 1, kMaybeNull, "task_struct"},
    {"task_file", 3, kMaybeNull, "file"},
    {"task_vma", 1, kMaybeNull, "task_struct"},
    {"task_vma", 2, kMaybeNull, "vm_area_struct"},
    {"tcp", 1, kTrustedMaybeNull, "sock_common"},
    {"udp", 1, kTrustedMaybeNull, "udp_sock"},
    {"unix", 1, kMaybeNull, "unix_sock"},
};

constexpr TracepointArgs kTracepointArgs[] = {
#include "target/tracepoint_args.def"
};

constexpr std::string_view kWithoutAddress[] = {
#include "target/no_address.def"
};

constexpr std::string_view kTcpCongestionMembers[] = {
    "cong_avoid", "cong_control", "cwnd_event", "in_ack_event",  "init",     "min_tso_segs",
    "pkts_acked", "release",      "set_state",  "sndbuf_expand", "ssthresh", "undo_cwnd",
};
constexpr std::string_view kDummySleepable[] = {"test_sleepable"};
constexpr std::string_view kQdiscMembers[] = {"dequeue", "destroy", "enqueue", "init", "reset"};
constexpr std::string_view kSchedExtSleepable[] = {
    "cgroup_exit", "cgroup_init", "cgroup_prep_move", "cpu_offline", "cpu_online", "exit", "init", "init_task",
};
constexpr std::string_view kHidMembers[] = {"hid_device_event", "hid_hw_output_report", "hid_hw_request",
                                            "hid_rdesc_fixup"};
constexpr std::string_view kHidSleepable[] = {"hid_hw_output_report", "hid_hw_request", "hid_rdesc_fixup"};

constexpr StructOpsType kStructOpsTypes[] = {
    {.name = "tcp_congestion_ops",
     .members = kTcpCongestionMembers,
     .sleepable = {},
     .any_sleepable = true,
     .sleepable_is_unsupported = false},
    {.name = "bpf_dummy_ops",
     .members = {},
     .sleepable = kDummySleepable,
     .any_sleepable = false,
     .sleepable_is_unsupported = true},
    {.name = "Qdisc_ops",
     .members = kQdiscMembers,
     .sleepable = {},
     .any_sleepable = true,
     .sleepable_is_unsupported = false},
    {.name = "sched_ext_ops",
     .members = {},
     .sleepable = kSchedExtSleepable,
     .any_sleepable = false,
     .sleepable_is_unsupported = true},
    {.name = "hid_bpf_ops",
     .members = kHidMembers,
     .sleepable = kHidSleepable,
     .any_sleepable = false,
     .sleepable_is_unsupported = true},
};

template <std::size_t N>
constexpr bool is_sorted(const std::string_view (&names)[N]) {
  return std::ranges::is_sorted(names);
}
static_assert(is_sorted(kSleepableLsmHooks) && is_sorted(kDisabledLsmHooks) && is_sorted(kUntrustedLsmHooks));
static_assert(is_sorted(kWithoutAddress));
static_assert(is_sorted(kTracingDenied) && is_sorted(kNoreturn) && is_sorted(kRcuSafeKptrTypes));
static_assert(std::ranges::is_sorted(kIterArgs, {}, &IterArg::iterator));
static_assert(std::ranges::is_sorted(kTracepointArgs, {}, &TracepointArgs::name));

bool contains(std::span<const std::string_view> sorted_names, std::string_view name) {
  return std::ranges::binary_search(sorted_names, name);
}

std::string_view lsm_hook(std::string_view name) {
  constexpr std::string_view kPrefix = "bpf_lsm_";
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

}  // namespace

FieldTrust field_trust(std::string_view struct_name, std::string_view field) {
  for (const TrustedField& row : kTrustedFields) {
    if (row.type == struct_name && row.field == field) return row.trust;
  }
  return FieldTrust::None;
}

bool is_rcu_safe_kptr_type(std::string_view struct_name) { return contains(kRcuSafeKptrTypes, struct_name); }
std::span<const std::string_view> kptr_destructor_types() { return kDestructorTypes; }

bool is_sleepable_lsm_hook(std::string_view hook) { return contains(kSleepableLsmHooks, lsm_hook(hook)); }
bool is_disabled_lsm_hook(std::string_view hook) { return contains(kDisabledLsmHooks, lsm_hook(hook)); }
bool is_untrusted_lsm_hook(std::string_view hook) { return contains(kUntrustedLsmHooks, lsm_hook(hook)); }
bool is_bool_lsm_hook(std::string_view hook) { return contains(kBoolLsmHooks, lsm_hook(hook)); }

bool is_tracing_denied(std::string_view function) { return contains(kTracingDenied, function); }
bool is_without_address(std::string_view function) { return contains(kWithoutAddress, function); }
bool is_noreturn(std::string_view function) { return contains(kNoreturn, function); }
bool is_non_sleepable_error_inject(std::string_view function) { return contains(kNonSleepableErrorInject, function); }

bool is_modifiable(std::string_view function) {
  return std::ranges::find(kModifiable, function, &ModifiableFunction::name) != std::end(kModifiable);
}
bool is_modifiable_by_sleepable(std::string_view function) {
  const ModifiableFunction* row = std::ranges::find(kModifiable, function, &ModifiableFunction::name);
  return row != std::end(kModifiable) && row->sleepable;
}

std::span<const IterArg> iter_args(std::string_view iterator) {
  const IterArg* first = std::ranges::lower_bound(kIterArgs, iterator, {}, &IterArg::iterator);
  const IterArg* last = std::ranges::upper_bound(kIterArgs, iterator, {}, &IterArg::iterator);
  return {first, last};
}

const TracepointArgs* tracepoint_args(std::string_view name) {
  const TracepointArgs* row = std::ranges::lower_bound(kTracepointArgs, name, {}, &TracepointArgs::name);
  return row != std::end(kTracepointArgs) && row->name == name ? row : nullptr;
}

const StructOpsType* struct_ops_type(std::string_view name) {
  const StructOpsType* row = std::ranges::find(kStructOpsTypes, name, &StructOpsType::name);
  return row != std::end(kStructOpsTypes) ? row : nullptr;
}

bool struct_ops_has_member(const StructOpsType& type, std::string_view member) {
  return type.members.empty() || contains(type.members, member);
}
bool struct_ops_may_sleep(const StructOpsType& type, std::string_view member) {
  return type.any_sleepable || contains(type.sleepable, member);
}

}  // namespace skep::target
