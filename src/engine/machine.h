// What programs of one kernel run against: its clock, its log, its randomness, and its objects. One per sys::Kernel;
// thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "engine/code.h"
#include "engine/host.h"
#include "target/target.h"

namespace skep::engine {

class Engine;

// Where running programs find objects that elements of maps name.
class Objects {
 public:
  virtual ~Objects() = default;
  // The map with this id, for look-ups in maps of maps; null: it is gone. Lives as long as the machine.
  virtual MapHandle* map_by_id(u32 id) = 0;
  // The program with this id, for tail calls; null: it is gone, or not one that may run. Lives as long as the machine.
  virtual const Code* code_by_id(u32 id) = 0;
};

struct MachineConfig {
  std::shared_ptr<const target::Target> target;
  std::shared_ptr<const btf::Btf> vmlinux;      // lays out kernel objects; may be null
  Objects* objects = nullptr;                   // outlives the machine; null: no tail calls, no inner maps
  std::shared_ptr<const HostBodies> host = {};  // null: nothing of a host's
  const Engine* engine = nullptr;               // what runs programs unless a run says otherwise; null: the interpreter
  // What bpf_trace_printk() and its like print, a line at a time without its newline; null: nowhere.
  std::function<void(std::string_view line)> trace = {};
  // Deterministic runs: clocks start at 0 and advance a microsecond with each question, random numbers come from the
  // seed, and programs run on CPU 0.
  bool deterministic = false;
  u64 seed = 0;
};

class Machine {
 public:
  explicit Machine(MachineConfig config);

  const MachineConfig& config() const { return config_; }
  const target::Target& target() const { return *config_.target; }
  const btf::Btf* vmlinux() const { return config_.vmlinux.get(); }
  Objects* objects() const { return config_.objects; }
  const Engine& engine() const;
  void trace(std::string_view line) {
    if (config_.trace) config_.trace(line);
  }
  // Nanoseconds of a clock of clock_gettime(2).
  u64 clock_ns(int clock);
  u32 random_u32();
  // What mixes up the addresses that programs print; never changes.
  u64 secret() const { return secret_; }

 private:
  MachineConfig config_;
  std::atomic<u64> ticks_ = 0;  // of the deterministic clock
  std::atomic<u64> random_ = 0;
  u64 secret_ = 0;
};

}  // namespace skep::engine
