// See owner.h. The owner is one word in the map's trailer, set once by compare-and-swap, so that a crash leaves it
// whole:
//
//   63      62..56     55     54..48       47..32 0     31..0
//   owned   prog type  frags  attach type               prototype of what the program attaches to
//
// beside it the ids of the cgroup storages of that first program.
#include "sys/owner.h"

#include <cerrno>

#include "map/shm/guard.h"

namespace skep::sys {
namespace {

constexpr u64 kOwned = 1ull << 63;
constexpr u32 kProgTypeShift = 56, kFragsShift = 55, kAttachTypeShift = 48;
constexpr u64 kAttachTypeMask = 0x7full << kAttachTypeShift;

// Of those that a program uses. Not BPF_MAP_TYPE_DEVMAP_HASH: Linux asks of it when elements change, but not here.
bool is_asked_at_load(u32 map_type) {
  return map_type == BPF_MAP_TYPE_PROG_ARRAY || map_type == BPF_MAP_TYPE_DEVMAP || map_type == BPF_MAP_TYPE_CPUMAP;
}

// The function prototype of a kernel type that programs attach to, as its id; 0: none.
u32 kernel_prototype(const btf::Btf& types, u32 id, u32 attach_type) {
  const btf::Type* t = types.type_by_id(id);
  u32 proto = 0;
  if (t == nullptr) return 0;
  if (t->kind() == btf::Kind::Func) return t->type();
  if (t->kind() == btf::Kind::Typedef) types.resolve_ptr(t->type(), &proto);  // a raw tracepoint
  if (t->kind() == btf::Kind::Struct && attach_type < t->vlen())              // struct_ops
    types.resolve_ptr(types.members(t)[attach_type].type, &proto);
  return proto;
}

// Told apart by the id of their prototype; of one in another program, mixed with that program's id.
u32 prototype(const verifier::Program& program) {
  if (program.attach_btf)
    return kernel_prototype(*program.attach_btf, program.attach_btf_id, program.expected_attach_type);
  if (!program.attach_prog || !program.attach_prog->program.btf) return 0;
  constexpr u32 kOddMultiplier = 0x9e3779b1;
  return kernel_prototype(*program.attach_prog->program.btf->btf, program.attach_btf_id, 0) +
         program.attach_prog->id * kOddMultiplier;
}

// A freplace program is of the kind of what it replaces.
u32 kind_of(const verifier::Program& program) {
  const bool replaces = program.prog_type == BPF_PROG_TYPE_EXT && program.attach_prog;
  return replaces ? program.attach_prog->program.prog_type : program.prog_type;
}

u64 owner_word(const verifier::Program& program) {
  const u64 frags = program.prog_flags & BPF_F_XDP_HAS_FRAGS ? 1 : 0;
  return kOwned | u64(kind_of(program)) << kProgTypeShift | frags << kFragsShift |
         (u64(program.expected_attach_type) << kAttachTypeShift & kAttachTypeMask) | prototype(program);
}

// Ids of the program's cgroup storage, shared and per CPU; 0: it has none.
void find_storages(std::span<const std::shared_ptr<const map::MapMeta>> used_maps, u64 (&ids)[2]) {
  for (const auto& used : used_maps) {
    if (used->map_type == BPF_MAP_TYPE_CGROUP_STORAGE) ids[0] = used->id;
    if (used->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE) ids[1] = used->id;
  }
}

bool claim(map::Map& map, const verifier::Program& program,
           std::span<const std::shared_ptr<const map::MapMeta>> used_maps) {
  map::Trailer& trailer = map.trailer();
  const u64 mine = owner_word(program);
  u64 storages[2] = {}, owner = 0;
  find_storages(used_maps, storages);
  if (__atomic_compare_exchange_n(&trailer.owner, &owner, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    for (int i = 0; i < 2; i++) __atomic_store_n(&trailer.owner_storage[i], storages[i], __ATOMIC_RELEASE);
    return true;
  }
  const u64 compared = map.meta().map_type == BPF_MAP_TYPE_PROG_ARRAY ? ~0ull : ~kAttachTypeMask;
  if ((owner ^ mine) & compared) return false;
  for (int i = 0; i < 2; i++)  // one that needs no storage may be called by one that has some
    if (storages[i] && storages[i] != __atomic_load_n(&trailer.owner_storage[i], __ATOMIC_ACQUIRE)) return false;
  return true;
}

}  // namespace

bool claim_map(map::Map& map, const verifier::Program& program,
               std::span<const std::shared_ptr<const map::MapMeta>> used_maps) {
  return !is_asked_at_load(map.meta().map_type) || claim(map, program, used_maps);
}

int claim_for_element(Kernel& kernel, map::Map& map, ProgObject& prog) {
  const auto verified = kernel.verified(prog);
  if (!verified.ok()) return -verified.error();
  return int(
      map::guarded(-EIO, [&]() -> long { return claim(map, (*verified)->program, prog.used_maps) ? 0 : -EINVAL; }));
}

}  // namespace skep::sys
