// Maps of programs (prog_array, devmap, cpumap) belong to the kind of program that used them first: what one program of
// the kind may tail call or be redirected to, all of them may.
#pragma once

#include "sys/kernel.h"

namespace skep::sys {

// As bpf_prog_map_compatible() of Linux 6.18 (measured: tests of PROG_LOAD): may `program`, which uses `used_maps`, use
// `map`? A map that nobody owns is its own from now on. True for maps that hold no programs, and for a devmap_hash, of
// which Linux does not ask here. Any process may race us.
bool claim_map(map::Map& map, const verifier::Program& program,
               std::span<const std::shared_ptr<const map::MapMeta>> used_maps);

// The same of a program that is going to be an element of `map` (a devmap_hash too). EINVAL: it is of another kind than
// the map, or of another process and cannot be verified here; EIO: the map's file was damaged. 0 or -errno.
int claim_for_element(Kernel& kernel, map::Map& map, ProgObject& prog);

}  // namespace skep::sys
