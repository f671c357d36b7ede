// See harmless.h.
#include "target/harmless.h"

#include "target/uapi.h"

namespace skep::target {
namespace {

struct Row {
  u32 prog_type;
  HarmlessReturn harmless;
};

constexpr Row kRows[] = {
    {BPF_PROG_TYPE_XDP, {2, "XDP_PASS"}},
    {BPF_PROG_TYPE_SK_SKB, {1, "SK_PASS"}},
    {BPF_PROG_TYPE_SK_MSG, {1, "SK_PASS"}},
    {BPF_PROG_TYPE_SK_LOOKUP, {1, "SK_PASS"}},
    {BPF_PROG_TYPE_SK_REUSEPORT, {1, "SK_PASS"}},
    {BPF_PROG_TYPE_NETFILTER, {1, "1"}},  // NF_ACCEPT
    // 1 allows.
    {BPF_PROG_TYPE_CGROUP_SKB, {1, "1"}},
    {BPF_PROG_TYPE_CGROUP_SOCK, {1, "1"}},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, {1, "1"}},
    {BPF_PROG_TYPE_CGROUP_DEVICE, {1, "1"}},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, {1, "1"}},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, {1, "1"}},
    {BPF_PROG_TYPE_SOCK_OPS, {1, "1"}},
};

}  // namespace

HarmlessReturn harmless_return(u32 prog_type) {
  for (const Row& row : kRows)
    if (row.prog_type == prog_type) return row.harmless;
  return {};
}

}  // namespace skep::target
