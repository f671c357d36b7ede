// Constant strings: zero-terminated bytes in a frozen read-only map, at a known place (spec: helpers.md 4).
#include <cstring>

#include "verifier/mem/mem.h"

namespace skep::verifier {

Outcome check_reg_const_str(Env& env, const RegState& reg, u32 regno) {
  if (reg.type != PTR_TO_MAP_VALUE) return env.reject(diag::SilentNotConstString{});
  const map::MapMeta& map = *reg.map.ptr;
  if (!map_is_rdonly_const(map)) return env.reject(diag::NotReadonlyMap{}, regno);
  if (!reg.var.is_const()) return env.reject(diag::NotConstantAddress{}, regno);
  if (!env.target.map_rules(map.map_type).direct_value) return env.reject_with(EACCES, diag::NoDirectValueAccess{});
  SKEP_TRY(check_map_access(env, regno, reg.off, int(map.value_size) - reg.off, false, true));
  const u64 at = u64(s64(reg.off)) + reg.var.var_off.value;
  // Only the one element of an array has an address at load time.
  if (at >= map.direct_value.size() || map.max_entries != 1)
    return env.reject_with(kErrnoNotSupp, diag::StringAccessFailed{});
  if (!std::memchr(map.direct_value.data() + at, 0, map.direct_value.size() - at))
    return env.reject(diag::StringNotTerminated{});
  return kOk;
}

}  // namespace skep::verifier
