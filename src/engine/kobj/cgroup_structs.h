// struct cgroup and what its image brings along: which fields are filled in.
#pragma once

#include "engine/kobj/struct_fields.h"

namespace skep::engine {

enum CgroupField : u32 {
  kSelf,
  kSelfCgroup,
  kSelfParent,
  kSelfId,
  kSelfFlags,
  kSelfSerial,
  kLevel,
  kMaxDepth,
  kKn,
  kDomCgrp,
  kAncestors,
  kCgroupFields
};
inline constexpr std::array<const char*, kCgroupFields> kCgroupPaths = {
    "self",  "self.cgroup", "self.parent", "self.id",  "self.flags", "self.serial_nr",
    "level", "max_depth",   "kn",          "dom_cgrp", "ancestors"};

enum KnField : u32 { kKnId, kKnName, kKnParent, kKnOldParent, kKnCount, kKnFields };
inline constexpr std::array<const char*, kKnFields> kKnPaths = {"id", "name", "__parent", "parent", "count"};

inline constexpr u32 kMaxCgroupName = 256;  // bytes, with the zero

struct CgroupStructs {
  explicit CgroupStructs(const btf::Btf* types)
      : cgroup(types, "cgroup", kCgroupPaths),
        kn(types, "kernfs_node", kKnPaths),
        fingerprint(u32(cgroup.fingerprint() >> 32)) {}

  StructFields<kCgroupFields> cgroup;
  StructFields<kKnFields> kn;
  u64 fingerprint;
};

}  // namespace skep::engine
