// What a program may read and write in its context: one row per field, with the program types or attach types that may.
// Recorded from the running kernel cell by cell (data/ctx-access-6.18.44.tsv; ctx_test.cc compares every one). Spec:
// memory.md 3.
#include <algorithm>
#include <span>

#include "target/host.h"
#include "target/target.h"

namespace skep::target {
namespace {

constexpr u64 kAll = ~0ull;
constexpr u64 bit(u32 n) { return 1ull << n; }
template <typename... T>
constexpr u64 bits(T... n) {
  return (bit(n) | ...);
}

// Sizes are sets: 1, 2, 4 and 8 are distinct bits, so `sizes & size` asks for membership.
constexpr u8 kNarrow = 1 | 2 | 4;
constexpr u8 kAnySize = 1 | 2 | 4 | 8;

enum FieldFlag : u8 {
  kStartOnly = 1,     // every access begins at the field's start (else: anywhere inside, aligned to its size)
  kReadNeedsBpf = 2,  // CAP_BPF
  kWriteNeedsBpf = 4,
};

struct Field {
  u16 off = 0, len = 0;    // bytes [off, off + len) of the context
  u8 read = 0, write = 0;  // sizes
  u64 readers = kAll;      // program types, or attach types where the table says so
  u64 writers = kAll;
  RegType type = SCALAR_VALUE;
  const char* btf = nullptr;
  u8 flags = 0;
};

// struct __sk_buff: masks are program types.
constexpr u64 kFilter = bit(BPF_PROG_TYPE_SOCKET_FILTER);
constexpr u64 kCgroupSkb = bit(BPF_PROG_TYPE_CGROUP_SKB);
constexpr u64 kSched = bits(BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT);
constexpr u64 kLwt =
    bits(BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_OUT, BPF_PROG_TYPE_LWT_XMIT, BPF_PROG_TYPE_LWT_SEG6LOCAL);
constexpr u64 kSkSkb = bit(BPF_PROG_TYPE_SK_SKB);
constexpr u64 kDissector = bit(BPF_PROG_TYPE_FLOW_DISSECTOR);
constexpr u64 kSkb = kFilter | kCgroupSkb | kSched | kLwt | kSkSkb;

constexpr Field kSkBuff[] = {
    {0, 4, kNarrow, 0, kSkb},                                         // len
    {4, 4, kNarrow, 0, kSkb},                                         // pkt_type
    {8, 4, kNarrow, 4, kSkb & ~kSkSkb, kCgroupSkb | kSched | kLwt},   // mark
    {12, 4, kNarrow, 4, kSkb, kSched},                                // queue_mapping
    {16, 16, kNarrow, 0, kSkb},                                       // protocol, vlan_present, vlan_tci, vlan_proto
    {32, 4, kNarrow, 4, kSkb, kCgroupSkb | kSched | kLwt | kSkSkb},   // priority
    {36, 8, kNarrow, 0, kSkb},                                        // ingress_ifindex, ifindex
    {44, 4, kNarrow, 4, kSkb, kSched | kSkSkb},                       // tc_index
    {48, 20, kAnySize, kAnySize, kSkb, kSkb & ~kSkSkb},               // cb
    {68, 4, kNarrow, 0, kSkb},                                        // hash
    {72, 4, kNarrow, 4, kSched, kSched},                              // tc_classid
    {76, 4, 4, 0, kSkb & ~(kFilter | kCgroupSkb), 0, PTR_TO_PACKET},  // data
    {76, 4, 4, 0, kDissector, 0, PTR_TO_PACKET},                      //
    {76, 4, 4, 0, kCgroupSkb, 0, PTR_TO_PACKET, nullptr, kReadNeedsBpf},      //
    {80, 4, 4, 0, kSkb & ~(kFilter | kCgroupSkb), 0, PTR_TO_PACKET_END},      // data_end
    {80, 4, 4, 0, kDissector, 0, PTR_TO_PACKET_END},                          //
    {80, 4, 4, 0, kCgroupSkb, 0, PTR_TO_PACKET_END, nullptr, kReadNeedsBpf},  //
    {84, 4, kNarrow, 0, kSkb},                                                // napi_id
    {88, 4, kNarrow, 0, kCgroupSkb | kSkSkb},                                 // family
    {92, 40, 4, 0, kCgroupSkb | kSkSkb},              // remote_ip4, local_ip4, remote_ip6, local_ip6
    {132, 8, kNarrow, 0, kCgroupSkb | kSkSkb},        // remote_port, local_port
    {140, 4, 4, 0, kSched, 0, PTR_TO_PACKET_META},    // data_meta
    {144, 8, 8, 0, kDissector, 0, PTR_TO_FLOW_KEYS},  // flow_keys
    {152, 8, 8, 8, kSched, kSched},                   // tstamp
    {152, 8, 8, 8, kCgroupSkb, kCgroupSkb, SCALAR_VALUE, nullptr, kWriteNeedsBpf},
    {160, 4, kNarrow, 0, kSched},                                  // wire_len
    {164, 4, kNarrow, 0, kSkb},                                    // gso_segs
    {168, 8, 8, 0, kSkb, 0, PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL},  // sk
    {176, 4, kNarrow, 0, kSkb},                                    // gso_size
    {180, 1, 1, 0, kSched},                                        // tstamp_type
    {184, 8, 8, 0, kSched | kCgroupSkb},                           // hwtstamp
};

constexpr Field kXdpMd[] = {
    {0, 4, 4, 0, kAll, 0, PTR_TO_PACKET},       // data
    {4, 4, 4, 0, kAll, 0, PTR_TO_PACKET_END},   // data_end
    {8, 4, 4, 0, kAll, 0, PTR_TO_PACKET_META},  // data_meta
    {12, 8, 4},                                 // ingress_ifindex, rx_queue_index
    {20, 4, 4, 0, bit(BPF_XDP_DEVMAP)},         // egress_ifindex
};

constexpr Field kPtRegs[] = {{0, 168, kAnySize}};
constexpr Field kTracepoint[] = {{8, 8184, kAnySize}};  // the first 8 bytes belong to the tracer
constexpr Field kRawTracepoint[] = {{0, 96, kAnySize}};
constexpr Field kRawTracepointWritable[] = {
    {0, 8, 8, 0, kAll, 0, PTR_TO_TP_BUFFER},
    {1, 95, kAnySize},
};
constexpr Field kPerfEventData[] = {
    {0, 168, 8},         // regs
    {168, 8, kAnySize},  // sample_period
    {176, 8, kAnySize},  // addr
};
constexpr Field kSyscall[] = {{0, 65535, kAnySize, kAnySize}};

constexpr Field kCgroupDevice[] = {
    {0, 4, kNarrow},  // access_type
    {4, 8, 4},        // major, minor
};
constexpr Field kCgroupSysctl[] = {
    {0, 4, kNarrow},     // write
    {4, 4, kNarrow, 4},  // file_pos
};

// struct bpf_sockopt: masks are attach types.
constexpr u64 kGet = bit(BPF_CGROUP_GETSOCKOPT);
constexpr u64 kSet = bit(BPF_CGROUP_SETSOCKOPT);
constexpr Field kCgroupSockopt[] = {
    {0, 8, 8, 0, kAll, 0, PTR_TO_SOCKET},       // sk
    {8, 8, 8, 0, kAll, 0, PTR_TO_PACKET},       // optval
    {16, 8, 8, 0, kAll, 0, PTR_TO_PACKET_END},  // optval_end
    {24, 8, 4, 4, kAll, kSet},                  // level, optname
    {32, 4, 4, 4},                              // optlen
    {36, 4, 4, 4, kGet, kGet},                  // retval
};

// struct bpf_sock: masks are attach types.
constexpr u64 kSockLife = bits(BPF_CGROUP_INET_SOCK_CREATE, BPF_CGROUP_INET_SOCK_RELEASE);
constexpr u64 kPostBind4 = bit(BPF_CGROUP_INET4_POST_BIND);
constexpr u64 kPostBind6 = bit(BPF_CGROUP_INET6_POST_BIND);
constexpr Field kBpfSock[] = {
    {0, 4, 4, 4, kSockLife, kSockLife},                                                  // bound_dev_if
    {4, 4, kNarrow, 0, kAll, 0, SCALAR_VALUE, nullptr, kStartOnly},                      // family
    {8, 4, kNarrow, 0, kAll, 0, SCALAR_VALUE, nullptr, kStartOnly},                      // type
    {12, 4, kNarrow, 0, kAll, 0, SCALAR_VALUE, nullptr, kStartOnly},                     // protocol
    {16, 8, 4, 4, kSockLife, kSockLife},                                                 // mark, priority
    {24, 4, kNarrow, 0, kPostBind4},                                                     // src_ip4
    {28, 16, kNarrow, 0, kPostBind6},                                                    // src_ip6
    {44, 4, kNarrow, 0, kPostBind4 | kPostBind6, 0, SCALAR_VALUE, nullptr, kStartOnly},  // src_port
    {48, 2, 1 | 2},                                                                      // dst_port
    {48, 4, 4},                                                       // dst_port, as the u32 it once was
    {52, 20, kNarrow},                                                // dst_ip4, dst_ip6
    {72, 4, kNarrow, 0, kAll, 0, SCALAR_VALUE, nullptr, kStartOnly},  // state
    {76, 4, kNarrow, 0, kAll, 0, SCALAR_VALUE, nullptr, kStartOnly},  // rx_queue_mapping
};

// struct bpf_sock_addr: masks are attach types.
constexpr u64 kInet4 = bits(BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET4_GETPEERNAME,
                            BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP4_RECVMSG);
constexpr u64 kInet6 = bits(BPF_CGROUP_INET6_BIND, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_INET6_GETPEERNAME,
                            BPF_CGROUP_INET6_GETSOCKNAME, BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UDP6_RECVMSG);
constexpr u64 kSend4 = bit(BPF_CGROUP_UDP4_SENDMSG);
constexpr u64 kSend6 = bit(BPF_CGROUP_UDP6_SENDMSG);
constexpr Field kSockAddr[] = {
    {0, 4, 4},                                  // user_family
    {4, 4, kNarrow, 4, kInet4, kInet4},         // user_ip4
    {8, 16, kAnySize, 4 | 8, kInet6, kInet6},   // user_ip6
    {24, 4, kNarrow, 4},                        // user_port
    {28, 12, 4},                                // family, type, protocol
    {40, 4, kNarrow, 4, kSend4, kSend4},        // msg_src_ip4
    {44, 16, kAnySize, 4 | 8, kSend6, kSend6},  // msg_src_ip6
    {64, 8, 8, 0, kAll, 0, PTR_TO_SOCKET},      // sk
};

constexpr Field kSkLookup[] = {
    {0, 8, 8, 0, kAll, 0, PTR_TO_SOCKET | PTR_MAYBE_NULL},  // sk
    {8, 60, kNarrow},                                       // family ... ingress_ifindex
};
constexpr Field kSkReuseport[] = {
    {0, 8, 8, 0, kAll, 0, PTR_TO_PACKET},                         // data
    {8, 8, 8, 0, kAll, 0, PTR_TO_PACKET_END},                     // data_end
    {16, 4, kNarrow},                                             // len
    {20, 4, 2 | 4},                                               // eth_protocol
    {24, 8, kNarrow},                                             // ip_protocol, bind_inany
    {32, 4, 4},                                                   // hash
    {40, 8, 8, 0, kAll, 0, PTR_TO_SOCKET},                        // sk
    {48, 8, 8, 0, kAll, 0, PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL},  // migrating_sk
};
constexpr Field kSkMsg[] = {
    {0, 8, 8, 0, kAll, 0, PTR_TO_PACKET},      // data
    {8, 8, 8, 0, kAll, 0, PTR_TO_PACKET_END},  // data_end
    {16, 56, 4},                               // family ... size
    {72, 8, 8, 0, kAll, 0, PTR_TO_SOCKET},     // sk
};
constexpr Field kSockOps[] = {
    {0, 4, 4},                                                         // op
    {4, 4, 4, 4},                                                      // reply
    {8, 156, 4},                                                       // args[1] ... lost_out
    {164, 4, 4, 4},                                                    // sk_txhash
    {168, 16, 8},                                                      // bytes_received, bytes_acked
    {184, 8, 8, 0, kAll, 0, PTR_TO_SOCKET | PTR_MAYBE_NULL},           // sk
    {192, 8, 8, 0, kAll, 0, PTR_TO_PACKET},                            // skb_data
    {200, 8, 8, 0, kAll, 0, PTR_TO_PACKET_END},                        // skb_data_end
    {208, 4, 4},                                                       // skb_len
    {212, 4, kNarrow, 0, kAll, 0, SCALAR_VALUE, nullptr, kStartOnly},  // skb_tcp_flags
    {216, 8, 8},                                                       // skb_hwtstamp
};
constexpr Field kNetfilter[] = {
    {0, 8, 8, 0, kAll, 0, PTR_TO_BTF_ID | PTR_TRUSTED, "nf_hook_state"},
    {8, 8, 8, 0, kAll, 0, PTR_TO_BTF_ID | PTR_TRUSTED, "sk_buff"},
};

struct Context {
  u32 prog_type;
  std::span<const Field> fields;
  bool by_attach_type;      // masks of its rows are attach types, not program types
  const char* name;         // what programs call it
  const char* kernel_name;  // the kernel's object behind it
};

// A context without field rows is described by BTF, or (lirc) never read by offset.
constexpr Context kContexts[] = {
    {BPF_PROG_TYPE_SOCKET_FILTER, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_KPROBE, kPtRegs, false, "bpf_user_pt_regs_t", "pt_regs"},
    {BPF_PROG_TYPE_SCHED_CLS, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_SCHED_ACT, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_TRACEPOINT, kTracepoint, false, nullptr, nullptr},
    {BPF_PROG_TYPE_XDP, kXdpMd, true, "xdp_md", "xdp_buff"},
    {BPF_PROG_TYPE_PERF_EVENT, kPerfEventData, false, "bpf_perf_event_data", "bpf_perf_event_data_kern"},
    {BPF_PROG_TYPE_CGROUP_SKB, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_CGROUP_SOCK, kBpfSock, true, "bpf_sock", "sock"},
    {BPF_PROG_TYPE_LWT_IN, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_LWT_OUT, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_LWT_XMIT, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_SOCK_OPS, kSockOps, false, "bpf_sock_ops", "bpf_sock_ops_kern"},
    {BPF_PROG_TYPE_SK_SKB, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_CGROUP_DEVICE, kCgroupDevice, false, "bpf_cgroup_dev_ctx", "bpf_cgroup_dev_ctx"},
    {BPF_PROG_TYPE_SK_MSG, kSkMsg, false, "sk_msg_md", "sk_msg"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT, kRawTracepoint, false, "bpf_raw_tracepoint_args", nullptr},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, kSockAddr, true, "bpf_sock_addr", "bpf_sock_addr_kern"},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, kSkBuff, false, "__sk_buff", "sk_buff"},
    {BPF_PROG_TYPE_LIRC_MODE2, {}, false, nullptr, nullptr},
    {BPF_PROG_TYPE_SK_REUSEPORT, kSkReuseport, false, "sk_reuseport_md", "sk_reuseport_kern"},
    {BPF_PROG_TYPE_FLOW_DISSECTOR, kSkBuff, false, "__sk_buff", "bpf_flow_dissector"},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, kCgroupSysctl, false, "bpf_sysctl", "bpf_sysctl_kern"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, kRawTracepointWritable, false, "bpf_raw_tracepoint_args", nullptr},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, kCgroupSockopt, true, "bpf_sockopt", "bpf_sockopt_kern"},
    {BPF_PROG_TYPE_TRACING, {}, false, nullptr, nullptr},
    {BPF_PROG_TYPE_STRUCT_OPS, {}, false, nullptr, nullptr},
    {BPF_PROG_TYPE_EXT, {}, false, nullptr, nullptr},
    {BPF_PROG_TYPE_LSM, {}, false, nullptr, nullptr},
    {BPF_PROG_TYPE_SK_LOOKUP, kSkLookup, false, "bpf_sk_lookup", "bpf_sk_lookup_kern"},
    {BPF_PROG_TYPE_SYSCALL, kSyscall, false, nullptr, nullptr},
    {BPF_PROG_TYPE_NETFILTER, kNetfilter, false, "bpf_nf_ctx", "bpf_nf_ctx"},
};

const Context* context_of(u32 prog_type) {
  const Context* row = std::ranges::find(kContexts, prog_type, &Context::prog_type);
  return row != std::end(kContexts) ? row : nullptr;
}

bool covers(const Field& field, int off, int size) {
  if (off < field.off || off + size > field.off + field.len) return false;
  return !(field.flags & kStartOnly) || off == field.off;
}

bool admits(const Field& field, const ProgKind& kind, u64 kind_bit, int size, bool write) {
  u64 who = write ? field.writers : field.readers;
  u8 sizes = write ? field.write : field.read;
  u8 cap_flag = write ? kWriteNeedsBpf : kReadNeedsBpf;
  return (who & kind_bit) && (sizes & size) && (kind.caps.bpf || !(field.flags & cap_flag));
}

}  // namespace

CtxAccess Target::ctx_access(const ProgKind& kind, int off, int size, bool write) const {
  if (const HostProgType* host = host_type(kind.prog_type)) return host_ctx_access(*vmlinux(), *host, off, size, write);
  const Context* context = context_of(kind.prog_type);
  if (!context || off < 0 || size <= 0 || off % size != 0) return {};
  u64 kind_bit = bit(context->by_attach_type ? kind.attach_type : kind.prog_type);
  for (const Field& field : context->fields) {
    if (!covers(field, off, size) || !admits(field, kind, kind_bit, size, write)) continue;
    return {.ok = true, .reg_type = field.type, .btf = field.btf, .sign_ext_ok = field.type == SCALAR_VALUE};
  }
  return {};
}

bool Target::is_btf_ctx(const ProgKind& kind) const {
  return kind.prog_type == BPF_PROG_TYPE_TRACING || kind.prog_type == BPF_PROG_TYPE_LSM ||
         kind.prog_type == BPF_PROG_TYPE_STRUCT_OPS;
}

const char* Target::ctx_struct_name(u32 prog_type) const {
  if (const HostProgType* host = host_type(prog_type)) return host->ctx_struct.c_str();
  const Context* context = context_of(prog_type);
  return context ? context->name : nullptr;
}

const char* Target::ctx_kernel_struct_name(u32 prog_type) const {
  const Context* context = context_of(prog_type);
  return context ? context->kernel_name : nullptr;
}

}  // namespace skep::target
