// Map values: rights, bounds, special fields, and constants read from frozen maps (spec: memory.md 5).
#include <cstring>

#include "verifier/mem/mem.h"

namespace skep::verifier {
namespace {

constexpr int kPointerBytes = 8;

Outcome check_kptr_overlap(Env& env, const RegState& reg, const btf::RecordField& field, int off, int size,
                           bool from_helper) {
  const char* name = btf::field_name(field.type);
  if (from_helper) return env.reject(diag::FieldIndirectAccess{}, name);
  if (!reg.var.is_const()) return env.reject(diag::FieldVariableOffset{}, name);
  const u64 at = u64(s64(off)) + reg.var.var_off.value;
  if (at != field.offset) return env.reject(diag::FieldMisaligned{}, name, field.offset, at);
  if (size != kPointerBytes) return env.reject(diag::FieldSizeNotDw{}, name);
  return kOk;
}

}  // namespace

bool map_is_rdonly_const(const map::MapMeta& map) { return map.is_rdonly_const(); }

std::optional<u64> map_direct_read(const map::MapMeta& map, u64 off, int size, bool sign_extend) {
  const std::span<const u8> bytes = map.direct_value;
  if (off > bytes.size() || bytes.size() - off < size_t(size)) return std::nullopt;
  u64 value = 0;
  std::memcpy(&value, bytes.data() + off, size_t(size));
  if (sign_extend && size < 8) {
    const int unused = 64 - 8 * size;
    value = u64(s64(value << unused) >> unused);
  }
  return value;
}

Outcome check_map_access_type(Env& env, u32 regno, int off, int size, Access access) {
  const map::MapMeta& map = *env.cregs()[regno].map.ptr;
  if (access == Access::Write && (map.map_flags & BPF_F_RDONLY_PROG))
    return env.reject(diag::MapWriteForbidden{}, map.value_size, off, size);
  if (access == Access::Read && (map.map_flags & BPF_F_WRONLY_PROG))
    return env.reject(diag::MapReadForbidden{}, map.value_size, off, size);
  return kOk;
}

Outcome check_map_access(Env& env, u32 regno, int off, int size, bool zero_size_allowed, bool from_helper) {
  const RegState& reg = env.cregs()[regno];
  const map::MapMeta& map = *reg.map.ptr;
  SKEP_TRY(check_mem_region_access(env, regno, off, size, map.value_size, zero_size_allowed));
  if (!map.record) return kOk;
  const s64 begin = reg.var.smin + off;
  const u64 end = reg.var.umax + u64(s64(off)) + u64(size);
  for (const btf::RecordField& field : map.record->fields) {
    if (begin >= s64(field.offset) + field.size || field.offset >= end) continue;
    if (!(u32(field.type) & (btf::kKptrFields | btf::Field::Uptr)))
      return env.reject(diag::FieldDirectAccess{}, btf::field_name(field.type));
    SKEP_TRY(check_kptr_overlap(env, reg, field, off, size, from_helper));
  }
  return kOk;
}

}  // namespace skep::verifier
