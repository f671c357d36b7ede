// bpf_csum_diff(): what a checksum changes by when bytes are replaced.
#include "engine/bodies.h"
#include "engine/checksum.h"

namespace skep::engine {
namespace {

// To 16 bits, as it stands in no header: not complemented.
constexpr u64 fold(u32 sum) { return u16(~csum_fold(sum)); }

u64 csum_diff(u64 from, u64 from_size, u64 to, u64 to_size, u64 seed, Run&) {
  const auto* const old_bytes = reinterpret_cast<const u8*>(from);
  const auto* const new_bytes = reinterpret_cast<const u8*>(to);
  if (u32(from_size) && u32(to_size))
    return fold(csum_sub(csum_partial(new_bytes, u32(to_size), u32(seed)), csum_partial(old_bytes, u32(from_size), 0)));
  if (u32(to_size)) return fold(csum_partial(new_bytes, u32(to_size), u32(seed)));
  return fold(u32(from_size) ? ~csum_partial(old_bytes, u32(from_size), ~u32(seed)) : u32(seed));
}

constexpr HelperBody kBodies[] = {{28, csum_diff}};

}  // namespace

std::span<const HelperBody> csum_helpers() { return kBodies; }

}  // namespace skep::engine
