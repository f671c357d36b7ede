// One kernel in this process: bpf(2) against a target, with the objects made through it. They are this process' own
// (memory files), or live in a namespace that all processes share (namespace.h). No state outside of that: two kernels
// without a common namespace do not see each other's objects.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "diag/profile.h"
#include "diag/variables.h"
#include "sys/descriptor_cache.h"
#include "sys/objects.h"
#include "sys/stats.h"
#include "target/target.h"

namespace skep::engine {
enum class Stop : int;
}  // namespace skep::engine
namespace skep::verifier {
class WitnessSearch;
}  // namespace skep::verifier

namespace skep::sys {

// What PROG_LOAD found, for reports that want more than an errno and a text.
struct LoadReport {
  u64 log_buf = 0;  // the caller's log buffer: tells loads apart
  std::string name;
  u32 prog_type = 0;
  int error = 0;          // positive errno of the call; 0: accepted
  bool verified = false;  // the verifier was reached
  verifier::Verdict verdict;
  std::string last_line;                        // of the log, before the statistics
  std::vector<diag::Explanation> explanations;  // of a rejected program, if the kernel was asked to explain
  u64 explain_time_us = 0;                      // CPU time that took
  // What following it took: if the kernel was asked to profile, or to explain a program given up for its length.
  std::shared_ptr<const diag::Profile> profile;
};

// What runs programs. Jit: machine code; where that cannot be, the interpreter. Checked: docs/checked-interpreter.md.
enum class EngineKind { Jit, Interp, Checked };

struct KernelConfig {
  std::shared_ptr<const target::Target> target;
  target::Caps caps;
  bool unprivileged_bpf_disabled = true;  // sysctl kernel.unprivileged_bpf_disabled
  std::function<void(const LoadReport&)> on_load = {};
  bool profile = false;                 // verify everything once more, for LoadReport::profile
  diag::VariableSource variables = {};  // of the object that is loaded, for those two
  bool explain = false;                 // verify what is rejected once more, for LoadReport::explanations
  // And look for inputs that break the rules (verifier/explain/witness_search.h); null: no.
  std::shared_ptr<const verifier::WitnessSearch> witness = {};
  std::shared_ptr<Namespace> shared = {};  // where the objects live; null: in this kernel alone
  // Of running programs (engine/machine.h): what they print, and whether clocks and random numbers are made up.
  std::function<void(std::string_view line)> trace = {};
  std::function<void(u32 map, u32 index, std::span<const u8> bytes)> perf = {};
  bool deterministic = false;
  u64 seed = 0;
  bool count_insns = false;  // programs count how often each instruction runs (engine::Code::counts)
  // Of BPF_PROG_TEST_RUN, and of callbacks that are called later: how often a program may go round, and who hears of
  // runs that were stopped, with what the checked interpreter says.
  u64 budget = ~u64{0};
  std::function<void(engine::Stop why, const std::string& complaint)> on_stop = {};
  std::shared_ptr<const engine::HostBodies> host = {};  // bodies of a host's kfuncs (host.h)
  EngineKind engine = EngineKind::Jit;
};
class Executables;  // executables.h

class Kernel {
 public:
  explicit Kernel(KernelConfig config);
  ~Kernel();

  // bpf(cmd, attr, size): >= 0, or -errno. `attr` may be any address. Thread-safe.
  long bpf(int cmd, void* attr, u32 size);

  // Tells where user space has mapped the file of an arena (mmap(2) of its fd), which decides the addresses its
  // programs see.
  void note_mapping(int fd, u64 address);
  // Finds that out where nobody told: user space maps files without asking us.
  void look_for_mapping(int fd, const map::Map& arena);

  const KernelConfig& config() const { return config_; }
  const target::Target& target() const { return *config_.target; }
  ObjectTable& objects() { return objects_; }
  const ObjectTable& objects() const { return objects_; }
  DescriptorCache& descriptors() { return descriptors_; }
  StatsSwitch& stats() { return stats_; }
  // What special fields of values hold is kept here: to be called for every map that is made or opened.
  void keep_fields(map::Map& map);
  const std::shared_ptr<engine::Heap>& heap() const { return heap_; }

  // What a descriptor refers to. EBADF: no such descriptor; EINVAL: another kind of file, or of another kernel.
  Result<Found> find(int fd);
  Result<MapRef> map(int fd);
  Result<std::shared_ptr<ProgObject>> prog(int fd);
  Result<std::shared_ptr<BtfObject>> btf(int fd);
  // The facts of a verified program. One that another process loaded is verified here first; EINVAL if that fails.
  Result<std::shared_ptr<const verifier::VerifiedProgram>> verified(ProgObject& prog);
  void set_verified(ProgObject& prog, std::shared_ptr<const verifier::VerifiedProgram> facts);

  // What runs programs; made at the first call.
  Executables& executables();

  // The target's BTF, sharing the target's lifetime; null if it has none. Parsed at the first call.
  std::shared_ptr<const btf::Btf> vmlinux() const;

 private:
  KernelConfig config_;
  ObjectTable objects_;
  DescriptorCache descriptors_;
  StatsSwitch stats_;
  std::shared_ptr<engine::Heap> heap_;
  std::once_flag executables_made_;
  std::unique_ptr<Executables> executables_;
};

}  // namespace skep::sys
