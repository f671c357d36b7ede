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

constexpr u32 kNet = kSkb | kRedirect;
constexpr u32 kLocked = kLocks;

constexpr Profile kProfiles[] = {
    {"socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, 0, kSkb | kLdAbs, -1, -1, 4, -1, kSkbFields, 14},
    {"xdp", BPF_PROG_TYPE_XDP, 0, 0, kSockets | kLocked | kRedirect | kMoveHead, 0, 4, 4, -1, kXdpFields, 14},
    {"sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0, 0,
     kNet | kSockets | kLocked | kLdAbs | kSockField | kMoveHead | kTaskKfuncs, 76, 80, 4, -1, kSkbFields, 22},
    {"cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0, kSkb | kSockets | kLocked | kSockField, 76, 80,
     4, 3, kSkbFields, 10},
    {"kprobe", BPF_PROG_TYPE_KPROBE, 0, 0, kTracing | kTaskKfuncs, -1, -1, 4, -1, kRegs, 10},
    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, 0, kTracing | kTaskKfuncs, -1, -1, 4, -1, kTraceFields, 8},
    {"raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, kTracing, -1, -1, 4, -1, kRawFields, 4},
    {"perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, 0, kTracing, -1, -1, 4, -1, kPerfFields, 3},
    {"cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, 2, 0, kLocked, -1, -1, 4, 1, kSockFields, 2},
    {"cgroup_sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 0, kSockets | kLocked, -1, -1, 4, 1,
     kSockAddrFields, 3},
    {"sock_ops", BPF_PROG_TYPE_SOCK_OPS, 3, 0, kLocked, -1, -1, 4, -1, kSockOpsFields, 3},
    {"cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, 6, 0, kLocked, -1, -1, 4, 1, kDeviceFields, 2},
    {"sk_msg", BPF_PROG_TYPE_SK_MSG, 7, 0, kLocked, 0, 8, 8, -1, kMsgFields, 3},
    {"sk_skb", BPF_PROG_TYPE_SK_SKB, 0, 0, kSkb | kSockets | kMoveHead, 76, 80, 4, -1, kSkbFields, 3},
    {"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, 0, 0, kSkb | kMoveHead, 76, 80, 4, -1, kSkbFields, 3},
    {"sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 0, kLocked, -1, -1, 4, 1, kLookupFields, 2},
    {"syscall", BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE, kSleeps | kTaskKfuncs | kLocked, -1, -1, 4, -1,
     kSyscallFields, 4},
};

}  // namespace

std::span<const Profile> profiles() { return kProfiles; }

}  // namespace skep::fuzz
