// What the verifier (and bpf_map_info) knows of a map: its geometry, flags, types. A map object holds one; it never
// changes after creation, but for `frozen`.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/sha256.h"
#include "btf/btf.h"
#include "btf/record.h"
#include "target/uapi.h"

namespace skep::map {

struct MapMeta {
  u32 id = 0;
  u32 map_type = 0;
  u32 key_size = 0, value_size = 0, max_entries = 0;  // bytes, bytes, elements
  u32 map_flags = 0;
  u64 map_extra = 0;
  std::string name;                     // at most 15 bytes
  std::shared_ptr<const btf::Btf> btf;  // of key and value, or null
  u32 btf_key_type_id = 0, btf_value_type_id = 0, btf_vmlinux_value_type_id = 0;
  std::shared_ptr<const btf::Record> record;  // special fields of the value; null if none or if its parse failed
  bool frozen = false;                        // by BPF_MAP_FREEZE, no writable mapping left
  std::shared_ptr<const MapMeta> inner;       // map-in-map: the template
  u64 user_vm_start = 0;                      // arena: where user space maps it (map_extra, or its first mmap)
  std::optional<Sha256> excl_prog_hash;       // only a program with this hash may use it
  bool bypass_spec_v1 = true;                 // made with CAP_PERFMON
  std::span<const u8> direct_value;           // bytes of the first value of a type with direct values, else empty

  bool is_rdonly_const() const { return (map_flags & BPF_F_RDONLY_PROG) && frozen; }
};

}  // namespace skep::map
