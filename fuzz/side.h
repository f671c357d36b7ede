// One of the two that are asked: the running kernel, or skep in this process. Both through bpf(2).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "btf/btf.h"
#include "fuzz/program.h"
#include "fuzz/world.h"

namespace skep::fuzz {

// The numbers of the log's last line.
struct Counts {
  u32 insns = 0, max_states_per_insn = 0, total_states = 0, peak_states = 0, mark_read = 0;
  bool operator==(const Counts&) const = default;
};

struct Answer {
  int error = 0;            // positive errno; 0: accepted
  std::string log;          // addresses replaced, verification time removed
  std::string last;         // line before the statistics
  std::string stack_depth;  // "8+16", accepted programs at level 4 only
  Counts counts;
};

class Side {
 public:
  // bpf(2): >= 0, or -errno.
  using Bpf = std::function<long(int cmd, void* attr, u32 size)>;

  // Makes the maps and BTF of the world, which must live on. Fails with the errno of the first that cannot be made.
  static Result<Side> make(std::string name, const World& world, Bpf bpf);

  const std::string& name() const { return name_; }
  // Loads the program at a log level (1, 2, 4 or a sum); the loaded program is let go at once. `log_buffer` is scratch
  // memory for the log; a log that does not fit gives ENOSPC.
  Answer load(const Program& program, u32 log_level, std::vector<char>& log_buffer);
  // Loads it without a log: its descriptor, the caller's, or -errno.
  long load(const Program& program);
  // Descriptors of the world's maps, by slot, as a program of this kind sees them.
  const std::vector<int>& maps_of(const Program& program) { return maps_for(program); }
  long bpf(int cmd, void* attr, u32 size) const { return bpf_(cmd, attr, size); }

 private:
  Side(std::string name, const World& world, Bpf bpf) : name_(std::move(name)), world_(&world), bpf_(std::move(bpf)) {}
  Status make_world();
  long load_with(const Program& program, u32 log_level, char* log, u32 log_size);
  Result<int> make_map(size_t slot);
  // Descriptors by slot, for programs of this kind: a map that holds programs belongs to the kind of its first user.
  const std::vector<int>& maps_for(const Program& program);

  std::string name_;
  const World* world_;
  Bpf bpf_;
  std::vector<int> maps_;                                 // live as long as the process
  std::map<std::array<u32, 3>, std::vector<int>> owned_;  // by kind of program: maps_ with their own of these
  int btf_ = -1;
};

// The running kernel, through the system call.
Side::Bpf running_kernel();

// The running kernel's own types: ids of kfuncs differ from one build of a kernel to the next, and both sides must mean
// the same ones.
Result<std::shared_ptr<const btf::Btf>> running_types();

// skep, with those types.
Result<Side::Bpf> skep_kernel();

}  // namespace skep::fuzz
