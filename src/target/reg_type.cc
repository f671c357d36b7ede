// Register types as the kernel's log prints them.
#include "target/reg_type.h"

#include <array>
#include <utility>

namespace skep {
namespace {

constexpr std::array kBaseNames = {
    "?",    "scalar",  "ctx",       "map_ptr", "map_value",   "map_key",    "fp",        "pkt_meta",
    "pkt",  "pkt_end", "flow_keys", "sock",    "sock_common", "tcp_sock",   "tp_buffer", "xdp_sock",
    "ptr_", "mem",     "arena",     "buf",     "func",        "dynptr_ptr",
};
static_assert(kBaseNames.size() == CONST_PTR_TO_DYNPTR + 1);

constexpr std::pair<u32, const char*> kPrefixes[] = {
    {MEM_RDONLY, "rdonly_"}, {MEM_RINGBUF, "ringbuf_"},     {MEM_USER, "user_"},       {MEM_PERCPU, "percpu_"},
    {MEM_RCU, "rcu_"},       {PTR_UNTRUSTED, "untrusted_"}, {PTR_TRUSTED, "trusted_"},
};

}  // namespace

std::string reg_type_str(RegType t) {
  std::string text;
  for (auto [flag, prefix] : kPrefixes) {
    if (t & flag) text += prefix;
  }
  u32 base = base_type(t);
  text += base < kBaseNames.size() ? kBaseNames[base] : "?";
  if (type_may_be_null(t)) text += base == PTR_TO_BTF_ID ? "or_null_" : "_or_null";
  return text;
}

}  // namespace skep
