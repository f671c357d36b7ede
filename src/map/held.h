// What special fields of values hold beyond their own bytes: kptrs, and the objects of list heads and tree roots.
// Whoever keeps the objects is told when a field is overwritten or its element goes; the map's trailer says where such
// fields are, so that a map can be emptied without its types.
#pragma once

#include "btf/record.h"

namespace skep::map {

inline constexpr u32 kMaxHeldFields = 11;  // of one type: btf/record.h
inline constexpr u32 kHeldFields =
    btf::Field::KptrRef | btf::Field::KptrPercpu | btf::Field::ListHead | btf::Field::RbRoot;

struct HeldField {
  u32 offset = 0;       // in the value
  u16 type = 0;         // btf::Field
  u16 node_offset = 0;  // list heads, tree roots: of the node in the objects
};

// Lives in a file: zeros mean that nothing is held.
struct HeldFields {
  u32 count = 0;
  u32 has_lock = 0, lock_offset = 0;  // of the bpf_spin_lock that guards lists and trees
  u32 reserved = 0;
  HeldField fields[kMaxHeldFields] = {};
};

class FieldOwner {
 public:
  virtual ~FieldOwner() = default;
  // Lets go of what the field at `place` (shared memory) holds; afterwards it is zero. `lock`: of lists and trees, or
  // null.
  virtual void let_go(const HeldField& field, u8* place, u32* lock) = 0;
};

// Of a value's record, which may be null.
HeldFields held_fields(const btf::Record* record);
// Whether they lie in a value of this size: what a file says is not believed.
bool fits_value(const HeldFields& held, u32 value_size);

}  // namespace skep::map
