// Properties of program types: return ranges, packet access, attach types, capabilities. Spec: btf-and-load.md 3, 6 and
// 7, memory.md 7, instructions.md 17.
#include <algorithm>

#include "target/btf_facts.h"
#include "target/host.h"
#include "target/target.h"

namespace skep::target {
namespace {

constexpr u64 bit(u32 n) { return 1ull << n; }
template <typename... T>
constexpr u64 bits(T... n) {
  return (bit(n) | ...);
}
constexpr bool has(u64 set, u32 n) { return n < 64 && (set & bit(n)); }

constexpr u64 kAnyAttach = ~0ull;

struct RangeRow {
  u32 prog_type;
  u64 attach_types;
  s32 min, max;
};

// First match wins. What is not listed may return anything.
constexpr RangeRow kRanges[] = {
    {BPF_PROG_TYPE_CGROUP_SKB, bit(BPF_CGROUP_INET_EGRESS), 0, 3},  // 2 and 3 ask for congestion notification
    {BPF_PROG_TYPE_CGROUP_SKB, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_CGROUP_SOCK, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_CGROUP_DEVICE, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_SOCK_OPS, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_SK_LOOKUP, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_NETFILTER, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
     bits(BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_UNIX_RECVMSG, BPF_CGROUP_INET4_GETPEERNAME,
          BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_UNIX_GETPEERNAME, BPF_CGROUP_INET4_GETSOCKNAME,
          BPF_CGROUP_INET6_GETSOCKNAME, BPF_CGROUP_UNIX_GETSOCKNAME),
     1, 1},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, bits(BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND), 0, 3},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, kAnyAttach, 0, 1},
    {BPF_PROG_TYPE_KPROBE, bits(BPF_TRACE_KPROBE_SESSION, BPF_TRACE_UPROBE_SESSION), 0, 1},
    {BPF_PROG_TYPE_TRACING, bits(BPF_TRACE_FENTRY, BPF_TRACE_FEXIT), 0, 0},
    {BPF_PROG_TYPE_TRACING, bit(BPF_TRACE_ITER), 0, 1},
};

constexpr u64 kPacketWriters =
    bits(BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_LWT_XMIT,
         BPF_PROG_TYPE_SK_SKB, BPF_PROG_TYPE_SK_MSG, BPF_PROG_TYPE_CGROUP_SOCKOPT);
constexpr u64 kPacketReaders =
    kPacketWriters | bits(BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_OUT, BPF_PROG_TYPE_LWT_SEG6LOCAL,
                          BPF_PROG_TYPE_SK_REUSEPORT, BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_PROG_TYPE_CGROUP_SKB);

constexpr u64 kNetAdmin =
    bits(BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_LWT_IN,
         BPF_PROG_TYPE_LWT_OUT, BPF_PROG_TYPE_LWT_XMIT, BPF_PROG_TYPE_LWT_SEG6LOCAL, BPF_PROG_TYPE_SK_SKB,
         BPF_PROG_TYPE_SK_MSG, BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SOCK,
         BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_PROG_TYPE_CGROUP_SYSCTL,
         BPF_PROG_TYPE_SOCK_OPS, BPF_PROG_TYPE_EXT, BPF_PROG_TYPE_NETFILTER);
constexpr u64 kTracing = bits(BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_PERF_EVENT,
                              BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE);
constexpr u64 kPerfmon =
    kTracing | bits(BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_STRUCT_OPS, BPF_PROG_TYPE_EXT);

struct AttachRow {
  u32 prog_type;
  u64 attach_types;
};

// Types whose attach type is checked at load. All others take anything.
constexpr AttachRow kAttachTypes[] = {
    {BPF_PROG_TYPE_CGROUP_SOCK, bits(BPF_CGROUP_INET_SOCK_CREATE, BPF_CGROUP_INET_SOCK_RELEASE,
                                     BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND)},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
     bits(BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND, BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT,
          BPF_CGROUP_UNIX_CONNECT, BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET6_GETPEERNAME,
          BPF_CGROUP_UNIX_GETPEERNAME, BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME,
          BPF_CGROUP_UNIX_GETSOCKNAME, BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UNIX_SENDMSG,
          BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_UNIX_RECVMSG)},
    {BPF_PROG_TYPE_CGROUP_SKB, bits(BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS)},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, bits(BPF_CGROUP_SETSOCKOPT, BPF_CGROUP_GETSOCKOPT)},
    {BPF_PROG_TYPE_SK_LOOKUP, bit(BPF_SK_LOOKUP)},
    {BPF_PROG_TYPE_SK_REUSEPORT, bits(BPF_SK_REUSEPORT_SELECT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE)},
    {BPF_PROG_TYPE_NETFILTER, bit(BPF_NETFILTER)},
    {BPF_PROG_TYPE_SYSCALL, bit(0)},
    {BPF_PROG_TYPE_EXT, bit(0)},
};

constexpr u64 kSleepableTracing = bits(BPF_TRACE_FENTRY, BPF_TRACE_FEXIT, BPF_MODIFY_RETURN, BPF_TRACE_ITER);

// The reference kernel's types: infrared remotes are not built in.
constexpr u64 kKnown = (bit(kProgTypeCount) - 1) & ~bits(BPF_PROG_TYPE_UNSPEC, BPF_PROG_TYPE_LIRC_MODE2);

// Whether the hook's function in the kernel's BTF returns nothing; false without that BTF.
bool returns_void(const btf::Btf* vmlinux, std::string_view function) {
  u32 id = vmlinux ? vmlinux->find(function, btf::Kind::Func) : 0;
  return id && vmlinux->type_by_id(vmlinux->type_by_id(id)->type())->type() == 0;
}

// A hook returns an errno or 0; of a void one LSM_CGROUP programs must return 1 and others anything.
ReturnRange lsm_range(const ProgKind& kind, bool is_void) {
  if (kind.attach_type == BPF_LSM_CGROUP) return {true, is_void ? 1 : 0, 1};
  if (is_void) return {};
  return is_bool_lsm_hook(kind.attach_name) ? ReturnRange{true, 0, 1} : ReturnRange{true, -4095, 0};
}

}  // namespace

ReturnRange Target::return_range(const ProgKind& kind) const {
  if (const HostProgType* host = host_type(kind.prog_type)) return host->returns;
  for (const RangeRow& row : kRanges) {
    if (row.prog_type == kind.prog_type && has(row.attach_types, kind.attach_type)) return {true, row.min, row.max};
  }
  if (kind.prog_type == BPF_PROG_TYPE_LSM) return lsm_range(kind, returns_void(vmlinux(), kind.attach_name));
  return {};
}

bool Target::may_access_packet(u32 prog_type, bool write) const {
  return has(write ? kPacketWriters : kPacketReaders, prog_type);
}
bool Target::is_known_prog_type(u32 prog_type) const { return has(kKnown, prog_type) || host_type(prog_type); }
bool Target::is_net_admin_type(u32 prog_type) const { return has(kNetAdmin, prog_type); }
bool Target::is_perfmon_type(u32 prog_type) const { return has(kPerfmon, prog_type); }
bool Target::is_tracing_type(u32 prog_type) const { return has(kTracing, prog_type); }

bool Target::attach_type_ok(u32 prog_type, u32 attach_type) const {
  const AttachRow* row = std::ranges::find(kAttachTypes, prog_type, &AttachRow::prog_type);
  return row == std::end(kAttachTypes) || has(row->attach_types, attach_type);
}

bool Target::may_be_sleepable(u32 prog_type, u32 attach_type) const {
  if (const HostProgType* host = host_type(prog_type)) return host->sleepable;
  switch (prog_type) {
    case BPF_PROG_TYPE_TRACING: return has(kSleepableTracing, attach_type);
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_STRUCT_OPS:
    case BPF_PROG_TYPE_SYSCALL: return true;
    default: return false;
  }
}

}  // namespace skep::target
