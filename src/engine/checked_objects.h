// What pointers of a checked run point into. Every pointer in a register or on the stack carries the number of its
// object, so that one that strayed into a neighbour is found.
#pragma once

#include <vector>

#include "map/meta.h"

namespace skep::engine {

enum class ObjectKind : u8 {
  None,   // a number
  Stack,  // base is the frame's end, where R10 points; size bytes lie below it
  Ctx,    // whose size only the caller knows
  MapValue,
  MapKey,
  MapPtr,  // the map itself
  Packet,  // from `data` to data_end
  Meta,    // from `data_meta` to data
  PacketEnd,
  Mem,      // a piece of memory: base and size
  Result,   // of a call, or of a callback's arguments: what it is, the verifier's state will say
  Foreign,  // an object of the kernel, reached with loads that may fail; NULL if it is not there
};

struct Object {
  ObjectKind kind = ObjectKind::None;
  u64 base = 0, size = 0;
  const map::MapMeta* map = nullptr;

  bool operator==(const Object&) const = default;
};

// Number 0 is no object. Numbers are valid until clear().
class ObjectTable {
 public:
  ObjectTable() { clear(); }

  void clear() {
    objects_.assign(1, {});
    ++generation_;
  }
  const Object& operator[](u32 number) const { return objects_[number]; }
  // The number of such an object; the same one for the same object, as long as few others came between.
  u32 add(const Object& object) {
    Recent& recent = recent_[(object.base >> 3 ^ object.base >> 11 ^ u64(object.kind)) % kRecent];
    if (recent.generation == generation_ && objects_[recent.number] == object) return recent.number;
    objects_.push_back(object);
    recent = {generation_, u32(objects_.size() - 1)};
    return recent.number;
  }

 private:
  static constexpr size_t kRecent = 256;
  struct Recent {
    u64 generation = 0;
    u32 number = 0;
  };
  std::vector<Object> objects_;
  Recent recent_[kRecent];
  u64 generation_ = 0;
};

}  // namespace skep::engine
