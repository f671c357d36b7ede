// Values with a program: {u32 what, u32 program}. User space gives the program by descriptor; bpf(2) (src/sys) looks at
// it, and puts in its place what is stored and shown to lookups: its id, 0 for none.
#pragma once

#include "map/map.h"

namespace skep::map {

struct ProgValue {
  u32 what = 0;  // devmap: interface; cpumap: length of the queue
  u32 prog = 0;
  bool operator==(const ProgValue&) const = default;
};

// What is wrong with an update before its program is looked at: 0 or -errno. To be called guarded (shm/guard.h).
int check_devmap_value(Map& map, ConstBytes key, const ProgValue& value, u64 flags);
int check_devmap_hash_value(Map& map, ConstBytes key, const ProgValue& value, u64 flags);
int check_cpumap_value(Map& map, ConstBytes key, const ProgValue& value, u64 flags);

}  // namespace skep::map
