// See verdicts.h.
#include "cli/verdicts.h"

#include <algorithm>

#include "target/uapi.h"

namespace skep::cli {
namespace {

struct Verdict {
  u32 prog_type;
  u32 retval;
  const char* name;
  bool dropped = false;
};

constexpr u32 kXdp = BPF_PROG_TYPE_XDP, kCls = BPF_PROG_TYPE_SCHED_CLS, kLookup = BPF_PROG_TYPE_SK_LOOKUP;
constexpr u32 kCgroup = BPF_PROG_TYPE_CGROUP_SKB, kLwt = BPF_PROG_TYPE_LWT_IN, kNetfilter = BPF_PROG_TYPE_NETFILTER;
constexpr u32 kFilter = BPF_PROG_TYPE_SOCKET_FILTER, kFlow = BPF_PROG_TYPE_FLOW_DISSECTOR;

constexpr Verdict kVerdicts[] = {
    {kXdp, 0, "XDP_ABORTED", true},
    {kXdp, 1, "XDP_DROP", true},
    {kXdp, 2, "XDP_PASS"},
    {kXdp, 3, "XDP_TX"},
    {kXdp, 4, "XDP_REDIRECT"},
    {kCls, u32(-1), "TC_ACT_UNSPEC"},
    {kCls, 0, "TC_ACT_OK"},
    {kCls, 1, "TC_ACT_RECLASSIFY"},
    {kCls, 2, "TC_ACT_SHOT", true},
    {kCls, 3, "TC_ACT_PIPE"},
    {kCls, 4, "TC_ACT_STOLEN", true},
    {kCls, 5, "TC_ACT_QUEUED", true},
    {kCls, 6, "TC_ACT_REPEAT"},
    {kCls, 7, "TC_ACT_REDIRECT"},
    {kCls, 8, "TC_ACT_TRAP", true},
    {kLwt, 0, "BPF_OK"},
    {kLwt, 2, "BPF_DROP", true},
    {kLwt, 7, "BPF_REDIRECT"},
    {kLwt, 128, "BPF_LWT_REROUTE"},
    {kFlow, 0, "BPF_OK"},
    {kFlow, 2, "BPF_DROP", true},
    {kFlow, 129, "BPF_FLOW_DISSECTOR_CONTINUE"},
    {kLookup, 0, "SK_DROP", true},
    {kLookup, 1, "SK_PASS"},
    {kCgroup, 0, "drop", true},
    {kCgroup, 1, "pass"},
    {kNetfilter, 0, "NF_DROP", true},
    {kNetfilter, 1, "NF_ACCEPT"},
    {kFilter, 0, "drop", true},
};

u32 family(u32 prog_type) {
  switch (prog_type) {
    case BPF_PROG_TYPE_SCHED_ACT: return kCls;
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL: return kLwt;
    case BPF_PROG_TYPE_SK_SKB:
    case BPF_PROG_TYPE_SK_MSG:
    case BPF_PROG_TYPE_SK_REUSEPORT: return kLookup;
    default: return prog_type;
  }
}

const Verdict* find(u32 prog_type, u32 retval) {
  const auto row = std::find_if(std::begin(kVerdicts), std::end(kVerdicts), [&](const Verdict& verdict) {
    return verdict.prog_type == family(prog_type) && verdict.retval == retval;
  });
  return row == std::end(kVerdicts) ? nullptr : row;
}

}  // namespace

std::string verdict_name(u32 prog_type, u32 retval) {
  const Verdict* const verdict = find(prog_type, retval);
  return verdict ? verdict->name : "";
}

bool is_dropped(u32 prog_type, u32 retval) {
  const Verdict* const verdict = find(prog_type, retval);
  return verdict && verdict->dropped;
}

}  // namespace skep::cli
