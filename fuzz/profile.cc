// The rows of profile.h. Context offsets are those of UAPI linux/bpf.h; a few are wrong on purpose, for the messages.
#include "fuzz/profile.h"

#include "target/uapi.h"

namespace skep::fuzz {
namespace {

constexpr CtxField kSkbFields[] = {{0, 4},   {4, 4},   {8, 4},   {16, 4}, {16, 2},  {32, 4}, {36, 4}, {40, 4},
                                   {44, 4},  {48, 4},  {52, 4},  {64, 4}, {68, 4},  {0, 1},  {2, 2},  {84, 4},
                                   {152, 8}, {164, 4}, {176, 4}, {72, 4}, {184, 8}, {1, 4},  {48, 8}, {168, 8}};
constexpr CtxField kXdpFields[] = {{12, 4}, {16, 4}, {12, 4}, {20, 4}, {12, 2}, {8, 4}, {24, 4}};
constexpr CtxField kRegs[] = {{0, 8}, {8, 8}, {16, 8}, {104, 8}, {112, 8}, {160, 8}, {0, 4}, {4, 4}, {168, 8}};
constexpr CtxField kTraceFields[] = {{8, 8},  {16, 8}, {8, 4},  {0, 8},    {8, 8},   {8, 4},
                                     {16, 1}, {24, 2}, {40, 8}, {8184, 8}, {8192, 8}};
constexpr CtxField kRawFields[] = {{0, 8}, {8, 8}, {16, 8}, {88, 8}, {96, 8}, {0, 4}};
constexpr CtxField kSockFields[] = {{0, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 4}, {20, 4}, {24, 4}, {44, 4}, {80, 4}};
constexpr CtxField kSockAddrFields[] = {{0, 4},  {4, 4},  {24, 4}, {8, 4},  {24, 4},
                                        {28, 4}, {32, 4}, {36, 4}, {40, 4}, {64, 8}};
constexpr CtxField kSockOpsFields[] = {{0, 4},  {4, 4},  {8, 4},  {20, 4}, {24, 4},
                                       {64, 4}, {68, 4}, {72, 4}, {76, 4}, {184, 8}};
constexpr CtxField kDeviceFields[] = {{0, 4}, {4, 4}, {8, 4}, {0, 2}, {12, 4}};
constexpr CtxField kMsgFields[] = {{16, 4}, {20, 4}, {24, 4}, {64, 4}, {68, 4}, {72, 8}};
constexpr CtxField kLookupFields[] = {{0, 8}, {8, 4}, {12, 4}, {16, 4}, {36, 4}, {40, 4}, {44, 4}, {60, 4}, {64, 4}};
constexpr CtxField kSyscallFields[] = {{0, 8}, {8, 4}, {16, 2}, {100, 1}, {1000, 8}};
constexpr CtxField kPerfFields[] = {{0, 8}, {104, 8}, {168, 8}, {176, 8}, {168, 4}};

constexpr CtxField kArguments[] = {{0, 8}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {0, 4}, {4, 8}};
constexpr CtxField kNetfilterFields[] = {{0, 8}, {8, 8}, {0, 8}, {16, 8}};
constexpr CtxField kReuseportFields[] = {{16, 4}, {20, 4}, {24, 4}, {28, 4}, {32, 4}, {16, 2}};
constexpr CtxField kSysctlFields[] = {{0, 4}, {4, 4}, {0, 4}, {0, 1}};
constexpr CtxField kSockoptFields[] = {{24, 4}, {28, 4}, {32, 4}, {36, 4}, {0, 8}};

constexpr u32 kNet = kSkb | kRedirect | kPacketDynptr;
constexpr u32 kObjects = kGeneric | kTasks;
constexpr u32 kTrace = kTracing | kTasks;
constexpr u32 kKernelTypes = kBtfContext | kTracing | kObjects | kCpumasks | kLocks;

constexpr Profile kProfiles[] = {
    {"socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, 0, kSkb | kLdAbs | kPacketDynptr, -1, -1, 4, -1, kSkbFields, 12,
     "", "sk_buff"},
    {"xdp", BPF_PROG_TYPE_XDP, 0, 0, kSockets | kLocks | kRedirect | kMoveHead | kObjects | kPacketDynptr, 0, 4, 4, -1,
     kXdpFields, 14, "", "xdp_buff"},
    {"sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0, 0, kNet | kSockets | kLocks | kLdAbs | kSockField | kMoveHead | kObjects,
     76, 80, 4, -1, kSkbFields, 24, "", "sk_buff"},
    {"cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0,
     kSkb | kSockets | kLocks | kSockField | kObjects | kPacketDynptr, 76, 80, 4, 3, kSkbFields, 10, "", "sk_buff"},
    {"kprobe", BPF_PROG_TYPE_KPROBE, 0, 0, kTrace, -1, -1, 4, -1, kRegs, 8, "", "pt_regs"},
    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, 0, kTrace | kGeneric | kCpumasks, -1, -1, 4, -1, kTraceFields, 8},
    {"raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, kTrace, -1, -1, 4, -1, kRawFields, 4},
    {"perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, 0, kTrace | kGeneric | kCpumasks, -1, -1, 4, -1, kPerfFields, 3, "",
     "bpf_perf_event_data_kern"},
    {"cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, 2, 0, kLocks | kObjects, -1, -1, 4, 1, kSockFields, 2},
    {"cgroup_sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 0, kSockets | kLocks | kObjects, -1,
     -1, 4, 1, kSockAddrFields, 3},
    {"sock_ops", BPF_PROG_TYPE_SOCK_OPS, 3, 0, kLocks | kObjects, -1, -1, 4, -1, kSockOpsFields, 3},
    {"cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, 6, 0, kLocks | kObjects, -1, -1, 4, 1, kDeviceFields, 2},
    {"cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL, 0, kLocks | kObjects, -1, -1, 4, 1, kSysctlFields,
     1},
    {"cgroup_sockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT, 0, kLocks | kObjects, -1, -1, 4, 1,
     kSockoptFields, 1},
    {"sk_msg", BPF_PROG_TYPE_SK_MSG, 7, 0, kLocks | kTasks, 0, 8, 8, -1, kMsgFields, 3},
    {"sk_skb", BPF_PROG_TYPE_SK_SKB, 0, 0, kSkb | kSockets | kMoveHead | kPacketDynptr, 76, 80, 4, -1, kSkbFields, 3,
     "", "sk_buff"},
    {"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, 0, 0, kSkb | kMoveHead | kPacketDynptr, 76, 80, 4, -1, kSkbFields, 3, "",
     "sk_buff"},
    {"sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 0, kLocks, -1, -1, 4, 1, kLookupFields, 2},
    {"sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT, 0, 0, kLocks, 0, 8, 8, 1, kReuseportFields, 1},
    {"netfilter", BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, 0, kPacketDynptr, -1, -1, 4, 1, kNetfilterFields, 2},
    {"syscall", BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE, kSleeps | kObjects | kCpumasks | kLocks, -1, -1, 4, -1,
     kSyscallFields, 10},
    {"tp_btf/sched_switch", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, kKernelTypes, -1, -1, 4, -1, kArguments, 8,
     "btf_trace_sched_switch"},
    {"tp_btf/task_newtask", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, kKernelTypes, -1, -1, 4, -1, kArguments, 4,
     "btf_trace_task_newtask"},
    {"tp_btf/kfree_skb", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, kKernelTypes, -1, -1, 4, -1, kArguments, 3,
     "btf_trace_kfree_skb"},
    {"tp_btf/inet_sock_set_state", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, kKernelTypes, -1, -1, 4, -1, kArguments,
     3, "btf_trace_inet_sock_set_state"},
    {"iter/task", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, kKernelTypes, -1, -1, 4, 1, kArguments, 4, "bpf_iter_task",
     "", true},
    {"iter/bpf_map", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, kKernelTypes, -1, -1, 4, 1, kArguments, 2,
     "bpf_iter_bpf_map", "", true},
    {"iter/task_file", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, kKernelTypes, -1, -1, 4, 1, kArguments, 2,
     "bpf_iter_task_file", "", true},
    {"iter/cgroup", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, kKernelTypes, -1, -1, 4, 1, kArguments, 2,
     "bpf_iter_cgroup", "", true},
    {"iter/tcp", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, kKernelTypes, -1, -1, 4, 1, kArguments, 1, "bpf_iter_tcp",
     "", true},
    // Members of struct tcp_congestion_ops and bpf_dummy_ops.
    {"struct_ops/ssthresh", BPF_PROG_TYPE_STRUCT_OPS, 0, 0, kBtfContext | kObjects | kCpumasks | kLocks, -1, -1, 4, -1,
     kArguments, 2, "tcp_congestion_ops"},
    {"struct_ops/cong_avoid", BPF_PROG_TYPE_STRUCT_OPS, 1, 0, kBtfContext | kObjects | kCpumasks | kLocks, -1, -1, 4,
     -1, kArguments, 2, "tcp_congestion_ops"},
    {"struct_ops/dummy", BPF_PROG_TYPE_STRUCT_OPS, 0, 0, kBtfContext | kObjects | kCpumasks | kLocks, -1, -1, 4, -1,
     kArguments, 3, "bpf_dummy_ops", "", true},
};

}  // namespace

std::span<const Profile> profiles() { return kProfiles; }

}  // namespace skep::fuzz
