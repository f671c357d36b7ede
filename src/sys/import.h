// Objects that other processes made: opened from their files, of which nothing is believed. A map's geometry is checked
// as if a user had asked for it, BTF is validated, a program is verified again before it is used.
#pragma once

#include "btf/validate.h"
#include "sys/kernel.h"

namespace skep::sys {

inline constexpr u64 kBtfMagic = 0x01667462706b73;  // "skpbtf" and the layout's version

struct BtfHeader {
  u64 magic = kBtfMagic, cookie = 0;
  u32 id = 0, size = 0;
};

// The object whose file `fd` is open on; gives the descriptor its offset and holder mark. EINVAL: it is no object of
// this namespace, or its file was tampered with.
Result<Found> import_by_fd(Kernel& kernel, int fd);
// The object with this name, without a descriptor of it: what another object refers to. ENOENT.
Result<Object> import_by_name(Kernel& kernel, ObjectName name);

// Fills in what a map's types say: `meta.btf_*_id` are set, errors in special fields leave no record.
void set_types(const Kernel& kernel, map::MapMeta& meta, const BtfObject& btf);
// Checks and parses BTF as BTF_LOAD does; the object has no id yet.
Result<std::shared_ptr<BtfObject>> parse_btf(const Kernel& kernel, std::span<const u8> bytes, const btf::LogSink& log);

// A new object whose file has these bytes: its descriptor, or -errno. `held`: what it refers to.
int publish_file(Kernel& kernel, Object object, std::span<const u8> bytes, const std::vector<ObjectName>& held);
// A new object whose file is finished (and taken).
int publish_object(Kernel& kernel, int file, Object object, const std::vector<ObjectName>& held, u32 denied);

}  // namespace skep::sys
