// Maps of programs (prog_array, devmap, cpumap) belong to the kind of program that used them first: what one program of
// the kind may tail call or be redirected to, all of them may.
#pragma once

#include "map/map.h"
#include "verifier/verifier.h"

namespace skep::sys {

// As bpf_prog_map_compatible() of Linux 6.18 (measured: tests of PROG_LOAD): may `program`, which uses `used_maps`, use
// `map`? A map that nobody owns is its own from now on. True for maps that hold no programs. Any process may race us.
bool claim_map(map::Map& map, const verifier::Program& program,
               std::span<const std::shared_ptr<const map::MapMeta>> used_maps);

}  // namespace skep::sys
