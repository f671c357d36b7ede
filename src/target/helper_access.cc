// Which program may call which helper: what was measured per program column (helper_access.def), the programs that
// could not be measured (LSM, fentry, infrared, other struct_ops) as additions to a measured set, and the capabilities.
// Spec: helpers.md 1, instructions.md 17.
#include <algorithm>
#include <array>
#include <span>

#include "target/btf_facts.h"
#include "target/helper_table.h"
#include "target/host.h"
#include "target/prog_column.h"
#include "target/target.h"

namespace skep::target {
namespace {

constexpr u64 kCallers[] = {
#include "target/helper_access.def"
};
static_assert(std::size(kCallers) == kHelperCount);

constexpr int kRawTpColumn = prog_column(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP);
constexpr int kStructOpsColumn = prog_column(BPF_PROG_TYPE_STRUCT_OPS, 0);

constexpr bool may_call(int column, u32 id) { return kCallers[id] >> column & 1; }
constexpr bool one_of(u32 id, std::span<const u32> ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

constexpr u32 kInfrared[] = {1, 2, 3, 5, 6, 7, 12, 77, 78, 87, 88, 89, 92, 125};
// Of programs entered through a trampoline: arguments and result of the traced function, and the attach cookie.
constexpr u32 kTrampoline[] = {174, 183, 184, 185};
constexpr u32 kLsm[] = {107, 108, 145, 146, 159, 161, 193};
constexpr u32 kLsmCgroup[] = {81, 186, 187};
constexpr u32 kSockOpt[] = {49, 57};
// tcp_congestion_ops adds these to the common set.
constexpr u32 kTcpCongestion[] = {49, 57, 107, 108, 116};
// Hooks of LSM_CGROUP programs where socket options may be set and read.
constexpr std::string_view kLsmSockOptHooks[] = {
    "bpf_lsm_inet_conn_established", "bpf_lsm_inet_csk_clone",    "bpf_lsm_sock_graft",
    "bpf_lsm_socket_post_create",    "bpf_lsm_socket_socketpair",
};

bool tracing_may_call(u32 id, const ProgKind& kind) {
  if (kind.attach_type == BPF_TRACE_ITER) {
    bool on_sockets = kind.attach_name == "bpf_iter_tcp" || kind.attach_name == "bpf_iter_unix";
    return may_call(prog_column(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER), id) || (on_sockets && one_of(id, kSockOpt));
  }
  bool trampoline = kind.attach_type != BPF_TRACE_RAW_TP;
  return may_call(kRawTpColumn, id) || (trampoline && one_of(id, kTrampoline));
}

bool lsm_may_call(u32 id, const ProgKind& kind) {
  if (kind.attach_type == BPF_LSM_CGROUP) {
    bool hook = std::ranges::find(kLsmSockOptHooks, kind.attach_name) != std::end(kLsmSockOptHooks);
    if (one_of(id, kLsmCgroup) || (hook && one_of(id, kSockOpt))) return true;
  } else if (one_of(id, kTrampoline)) {
    return true;
  }
  return may_call(kRawTpColumn, id) || one_of(id, kLsm);
}

bool struct_ops_may_call(u32 id, const ProgKind& kind) {
  if (kind.attach_name == "bpf_dummy_ops") return false;
  if (kind.attach_name != "tcp_congestion_ops" && !kind.attach_name.empty())
    return may_call(kStructOpsColumn, id) && !one_of(id, kTcpCongestion);
  if (kind.struct_ops_member == "release" && one_of(id, kSockOpt)) return false;
  return may_call(kStructOpsColumn, id);
}

// Helpers of the common set that need a capability beyond the program type's own. The first list is measured; a program
// without CAP_BPF can only be a socket_filter or cgroup_skb.
constexpr u32 kNeedPerfmon[] = {6,   16,  22,  35,  55,  109, 112, 113, 114, 115, 117,
                                141, 148, 149, 158, 165, 166, 175, 176, 177, 180, 191};
constexpr u32 kNeedPerfmonOutsideTracing[] = {136, 137, 138, 139, 140, 178, 196};
constexpr u32 kNeedBpf[] = {80,  93,  94,  118, 123, 153, 154, 156, 157, 164, 169, 170, 171,
                            172, 181, 194, 197, 198, 199, 200, 201, 202, 203, 209, 210, 211};

bool capable(u32 id, const ProgKind& kind) {
  if (!kind.caps.bpf && one_of(id, kNeedBpf)) return false;
  if (kind.caps.perfmon) return true;
  if (one_of(id, kNeedPerfmon)) return false;
  return kind.prog_type == BPF_PROG_TYPE_SYSCALL || !one_of(id, kNeedPerfmonOutsideTracing);
}

// bpf_copy_from_user(), bpf_copy_from_user_task(): not everybody's where copy_from_user_for_all is off.
constexpr u32 kCopyFromUser[] = {148, 191};

bool type_may_call(u32 id, const ProgKind& kind) {
  switch (kind.prog_type) {
    case BPF_PROG_TYPE_TRACING: return tracing_may_call(id, kind);
    case BPF_PROG_TYPE_LSM: return lsm_may_call(id, kind);
    case BPF_PROG_TYPE_STRUCT_OPS: return struct_ops_may_call(id, kind);
    case BPF_PROG_TYPE_LIRC_MODE2: return one_of(id, kInfrared);
    default: {
      int column = prog_column(kind.prog_type, kind.attach_type);
      return column >= 0 && may_call(column, id);
    }
  }
}

// Functions whose path arguments bpf_d_path() may read.
constexpr std::string_view kDPathFunctions[] = {
    "security_file_permission",
    "security_inode_getattr",
    "security_file_open",
    "security_path_truncate",
    "vfs_truncate",
    "vfs_fallocate",
    "dentry_open",
    "vfs_getattr",
    "filp_close",
};

bool d_path_allowed(const ProgKind& kind) {
  if (kind.prog_type == BPF_PROG_TYPE_TRACING && kind.attach_type == BPF_TRACE_ITER) return true;
  if (kind.prog_type == BPF_PROG_TYPE_LSM) return is_sleepable_lsm_hook(kind.attach_name);
  return std::ranges::find(kDPathFunctions, kind.attach_name) != std::end(kDPathFunctions);
}

// Socket storage from tracing: not inside the storage functions themselves, and not from iterators or syscall programs.
bool sk_storage_allowed(const ProgKind& kind) {
  switch (kind.attach_type) {
    case BPF_TRACE_ITER:
    case BPF_TRACE_RAW_TP: return kind.prog_type == BPF_PROG_TYPE_TRACING;
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT: return !kind.attach_name.starts_with("bpf_sk_storage");
    default: return false;
  }
}

}  // namespace

const HelperProto* Target::helper(u32 id) const { return helper_row(id); }

const HelperProto* Target::helper_by_name(std::string_view name) const {
  for (const HelperRow& row : helper_rows()) {
    std::string_view full = row.proto.name;
    if (full == name || full.substr(4) == name) return helper_row(row.proto.id);
  }
  return nullptr;
}

const HelperProto* Target::helper_for(u32 id, const ProgKind& asked) const {
  ProgKind kind = asked;
  if (const HostProgType* host = host_type(kind.prog_type)) kind.prog_type = host->helpers_of;
  constexpr u32 kProbeRead = 4, kProbeWriteUser = 36;
  // Whoever may read anything: the columns of these two are of a kernel that was locked down, and of a newer one.
  const bool write_user = id == kProbeWriteUser && features().probe_write_user;
  const bool from_user = one_of(id, kCopyFromUser) && !features().copy_from_user_for_all;
  const u32 like = write_user || from_user ? kProbeRead : id;
  if (id == 0 || id >= kHelperCount || !type_may_call(like, kind) || !capable(id, kind)) return nullptr;
  return helper_row_for(id, kind.prog_type);
}

bool Target::helper_allowed(const HelperProto& helper, const ProgKind& kind) const {
  if (helper.has(kAllowedDPath) && !d_path_allowed(kind)) return false;
  if (helper.has(kAllowedIma) && !is_sleepable_lsm_hook(kind.attach_name)) return false;
  return !helper.has(kAllowedSkStorage) || sk_storage_allowed(kind);
}

}  // namespace skep::target
