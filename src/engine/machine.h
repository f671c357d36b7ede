// What programs of one kernel run against: its clock, its log, its randomness, and its objects. One per sys::Kernel;
// thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "engine/code.h"
#include "engine/cpus.h"
#include "engine/host.h"
#include "engine/kobj/kernel_objects.h"
#include "engine/kobj/references.h"
#include "engine/streams.h"
#include "target/target.h"

namespace skep::engine {

class Async;
class Engine;
enum class Stop : int;  // run.h

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
  std::shared_ptr<Heap> heap = {};              // where objects live; null: one that nobody shares
  // What bpf_trace_printk() and its like print, a line at a time without its newline; null: nowhere.
  std::function<void(std::string_view line)> trace = {};
  // What bpf_perf_event_output() puts out: the map's id, the index in it, the bytes. Null: programs are told -ENOENT by
  // empty elements, as in Linux, and what goes to others is lost.
  std::function<void(u32 map, u32 index, std::span<const u8> bytes)> perf = {};
  // bpf(2) for bpf_sys_bpf(): >= 0, or -errno. Null: -EOPNOTSUPP.
  std::function<long(u32 command, void* attr, u32 size)> bpf = {};
  // Who has which CPU; as many as the target has. Empty: this machine has its own.
  std::span<CpuWord> cpus = {};
  // Deterministic runs: clocks start at 0 and advance a microsecond with each question, random numbers come from the
  // seed, and programs run on CPU 0.
  bool deterministic = false;
  u64 seed = 0;
  // Of callbacks that are called later (timers, work queues): how often one may go round, and who hears of those that
  // were stopped, with Run::complaint.
  u64 budget = ~u64{0};
  std::function<void(Stop why, const std::string& complaint)> on_stop = {};
};

class Machine {
 public:
  explicit Machine(MachineConfig config);
  ~Machine();

  const MachineConfig& config() const { return config_; }
  const target::Target& target() const { return *config_.target; }
  const btf::Btf* vmlinux() const { return config_.vmlinux.get(); }
  Objects* objects() const { return config_.objects; }
  const Engine& engine() const;
  Heap& heap() { return kernel_objects_.heap(); }
  KernelObjects& kernel_objects() { return kernel_objects_; }
  // What its runs have acquired and released.
  ReferenceTotals& references() { return references_; }
  void trace(std::string_view line) {
    if (config_.trace) config_.trace(line);
  }
  Cpus& cpus() { return cpus_; }
  Async& async() { return *async_; }
  Streams& streams() { return streams_; }
  // Nanoseconds of a clock of clock_gettime(2).
  u64 clock_ns(int clock);
  u32 random_u32();
  // Of a deterministic machine: lets so much time pass, and calls what comes due in it.
  void advance(u64 ns);
  // Of a deterministic machine: its clock and its random numbers begin again, these with `seed`.
  void restart(u64 seed);
  // What mixes up the addresses that programs print; never changes.
  u64 secret() const { return secret_; }

 private:
  MachineConfig config_;
  Cpus cpus_;
  std::atomic<u64> ticks_ = 0;  // of the deterministic clock
  std::atomic<u64> random_ = 0;
  u64 secret_ = 0;
  KernelObjects kernel_objects_;
  ReferenceTotals references_;
  Streams streams_;
  std::unique_ptr<Async> async_;  // the last to be made, the first to go
};

}  // namespace skep::engine
