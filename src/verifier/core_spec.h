// What a CO-RE relocation points at: a type, an enumerator, or a field reached through members and array elements,
// first as the program was compiled and then as the kernel has it (spec: btf-and-load.md 5.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace skep::verifier {

// enum bpf_core_relo_kind.
enum class CoreKind : u32 {
  FieldByteOffset,
  FieldByteSize,
  FieldExists,
  FieldSigned,
  FieldLshiftU64,
  FieldRshiftU64,
  TypeIdLocal,
  TypeIdTarget,
  TypeExists,
  TypeSize,
  EnumvalExists,
  EnumvalValue,
  TypeMatches,
};
const char* core_kind_name(CoreKind kind);  // "byte_off" ...; "unknown"
bool is_core_field(CoreKind kind);
bool is_core_type(CoreKind kind);
bool is_core_enumval(CoreKind kind);

struct CoreSpec {
  // A step that has a name or an index: the first, a named member, an array element. Members of structs without a name
  // are passed through.
  struct Step {
    u32 type_id;
    u32 index;
    std::string_view name;  // empty: an array element
  };
  const btf::Btf* types = nullptr;
  u32 root_id = 0;
  CoreKind kind{};
  std::vector<Step> steps;
  std::vector<u32> raw;  // every index, members without a name included
  u32 bit_offset = 0;

  // "<byte_off> [114] STRUCT task_struct.pid (0:92 @ offset 1264)"
  std::string text() const;
};

// The spec of `access` ("0:1:2") into a type of the program. 0 or a negative errno; `warning` is what to print before.
int parse_core_spec(const btf::Btf& types, u32 type_id, std::string_view access, CoreKind kind, CoreSpec& spec,
                    std::string& warning);
// Fills `spec` with the same place in `type_id` of `types`. 1: found; 0: no such place (spec: as far as it went); a
// negative errno.
int match_core_spec(const CoreSpec& local, const btf::Btf& types, u32 type_id, CoreSpec& spec);

// core_types.cc. 1, 0 or a negative errno, of types of `local` and `target`.
// The same shape, whatever structs and enums contain.
int core_types_compatible(const btf::Btf& local, u32 local_id, const btf::Btf& target, u32 target_id, int level);
// All that the local type has is in the target too.
int core_types_match(const btf::Btf& local, u32 local_id, const btf::Btf& target, u32 target_id, bool behind_ptr,
                     int level);
// Members that may stand for each other.
int core_fields_compatible(const btf::Btf& local, u32 local_id, const btf::Btf& target, u32 target_id);
// A name without its "___flavor".
std::string_view core_essential_name(std::string_view name);

}  // namespace skep::verifier
