// Finds BPF objects in a file: the file itself, or objects that an executable or library carries (libbpf's skeletons
// keep a whole .bpf.o in .rodata).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace skep::object {

struct Extent {
  u64 offset = 0, size = 0;  // bytes
};

// Where the objects lie, ascending. EINVAL with one clear line if the file is not ELF, is truncated or lies about its
// sections, is of a kind we cannot load (big-endian), or carries no BPF object.
Result<std::vector<Extent>> find_bpf_objects(std::span<const u8> file);

}  // namespace skep::object
