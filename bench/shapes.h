// Programs made for measuring: each family is one shape that grows with n, written in the assembler of isa/assemble.h.
// The first list is raced against the kernel, the second shows how the time grows, the third is there for its memory.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/types.h"

namespace skep::bench {

struct Shape {
  std::string name;
  std::string text;        // XDP; may use map[hash] and map[array], and the kfuncs bpf_rcu_read_lock and _unlock
  bool line_info = false;  // comes with a line_info record per instruction, and BTF of as many structs
};

// A parser-like, loop-like or call-like program of each kind that the verifier's cost depends on.
std::vector<Shape> race_shapes();

struct Family {
  const char* title;
  Shape (*make)(u32 n);
  std::vector<u32> sizes;
  u32 linux_max;  // the kernel is asked up to this size: beyond, it takes minutes or refuses
};
std::span<const Family> scaling_families();

// Programs that walk to the limit of 1,000,000 instructions, or nearly, and keep as much as they can on the way.
std::vector<Shape> memory_shapes();

}  // namespace skep::bench
