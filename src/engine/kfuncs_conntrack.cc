// Kfuncs that ask for connections and IPsec states. There are none of either: look-ups check what they are given as
// Linux does and say -ENOENT in the caller's options; a new entry is not made, -EOPNOTSUPP.
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"

namespace skep::engine {
namespace {

constexpr s32 kCurrentNetns = -1;
constexpr u8 kTcp = 6, kUdp = 17;
constexpr u32 kTuple4 = 12, kTuple6 = 36;  // bytes of the ipv4 and ipv6 parts of struct bpf_sock_tuple

// struct bpf_ct_opts of nf_conntrack_bpf.
struct CtOptions {
  s32 netns_id, error;
  u8 l4proto, dir;
  u16 ct_zone_id;
  u8 ct_zone_dir, reserved[3];
};
constexpr u32 kOldCtOptions = 12;  // bytes, from before there were zones: what is ct_zone_id now was reserved
static_assert(sizeof(CtOptions) == 16);

// struct bpf_xfrm_state_opts.
struct XfrmOptions {
  s32 error, netns_id;
  u32 mark, daddr[4], spi;
  u8 proto;
  u16 family;
};
static_assert(sizeof(XfrmOptions) == 36);

// Namespaces have no numbers here: only the current one can be named.
int check_netns(s32 id) { return id == kCurrentNetns ? 0 : ENONET; }

int check_options(const CtOptions& options, u32 size) {
  if (size == sizeof(options)) return options.reserved[0] || options.reserved[1] || options.reserved[2] ? EINVAL : 0;
  return size != kOldCtOptions || options.ct_zone_id ? EINVAL : 0;
}

// What is wrong with a question about a connection; 0: nothing.
int check_question(const CtOptions& options, u32 size, u32 tuple_size) {
  if (const int error = check_options(options, size)) return error;
  if (options.l4proto != kTcp && options.l4proto != kUdp) return EPROTO;
  if (options.netns_id < kCurrentNetns) return EINVAL;
  if (tuple_size != kTuple4 && tuple_size != kTuple6) return EAFNOSUPPORT;
  return check_netns(options.netns_id);
}

// NULL, and why in the options, if they have room for it.
u64 answer(u64 at, u32 size, u32 tuple_size, int otherwise) {
  if (size < offsetof(CtOptions, l4proto)) return 0;
  CtOptions options{};
  std::memcpy(&options, reinterpret_cast<void*>(at), size < sizeof(options) ? size : sizeof(options));
  const int error = check_question(options, size, tuple_size);
  const s32 said = -(error ? error : otherwise);
  std::memcpy(reinterpret_cast<u8*>(at) + offsetof(CtOptions, error), &said, sizeof(said));
  return 0;
}

u64 ct_lookup(u64, u64, u64 tuple_size, u64 options, u64 size, Run&) {
  return answer(options, u32(size), u32(tuple_size), ENOENT);
}

u64 ct_alloc(u64, u64, u64 tuple_size, u64 options, u64 size, Run&) {
  return answer(options, u32(size), u32(tuple_size), EOPNOTSUPP);
}

u64 get_xfrm_state(u64, u64 at, u64 size, u64, u64, Run&) {
  if (u32(size) < sizeof(s32)) return 0;
  XfrmOptions options{};
  int error = EINVAL;
  if (u32(size) == sizeof(options)) {
    std::memcpy(&options, reinterpret_cast<void*>(at), sizeof(options));
    error = options.netns_id < kCurrentNetns ? EINVAL : check_netns(options.netns_id);
  }
  const s32 said = -(error ? error : ENOENT);
  std::memcpy(reinterpret_cast<void*>(at), &said, sizeof(said));
  return 0;
}

constexpr KfuncBody kBodies[] = {
    {"bpf_skb_ct_lookup", ct_lookup}, {"bpf_xdp_ct_lookup", ct_lookup},           {"bpf_skb_ct_alloc", ct_alloc},
    {"bpf_xdp_ct_alloc", ct_alloc},   {"bpf_xdp_get_xfrm_state", get_xfrm_state},
};

}  // namespace

std::span<const KfuncBody> conntrack_kfuncs() { return kBodies; }

}  // namespace skep::engine
