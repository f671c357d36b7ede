// Functions of programs that are called later: bpf_timer, bpf_wq and bpf_task_work in map values. A thread per machine
// calls them, on a CPU like any run; a deterministic machine has none, and calls them from Machine::advance().
//
// The field in the value holds a handle: which machine, and which of its entries. So a value that was erased or
// replaced is found out when its time comes, and nothing is called for it. A timer belongs to the process that
// initialised it: others are told -EINVAL, as of one that nobody did, and -EBUSY if they want to, while it lives.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "engine/code.h"

namespace skep::engine {

class Machine;

class Async {
 public:
  explicit Async(Machine& machine);
  ~Async();  // waits for a function that is being called
  Async(const Async&) = delete;
  Async& operator=(const Async&) = delete;

  // All below: 0 or -errno, with the field's address. `value`: of the map's value that it lies in.
  // `clock`: of clock_gettime(2). -EBUSY: initialised already.
  int init(u64 field, int clock, MapHandle& map, u64 value);
  // -EINVAL: not initialised.
  int set_callback(u64 field, const Function& callback);
  // In `ns` nanoseconds, or (`absolute`) when its clock shows them. -EINVAL: not initialised, or no callback; -EAGAIN:
  // no thread could be made.
  int start(u64 field, u64 ns, bool absolute);
  // Waits for the callback. 1: it was to come, 0: not; -EINVAL: not initialised; -EDEADLK: asked by the callback
  // itself.
  int cancel(u64 field);

  // Calls `callback` once, as soon as may be. -EBUSY: the field's last call is still to come, or under way, here or in
  // another process; -EAGAIN: no thread could be made.
  int schedule_once(u64 field, const Function& callback, MapHandle& map, u64 value);

  // When the next one is due, in nanoseconds of CLOCK_MONOTONIC; ~0: none.
  u64 next_due();
  // Calls what is due by now on this thread, and waits for what is being called.
  void settle();
  // Calls the oldest that is due; false: there is none.
  bool call_due(u64 now);

 private:
  struct Entry {
    u64 field = 0;
    int clock = 0;
    MapHandle* map = nullptr;
    std::vector<u8> key;
    u64 value = 0;
    const Function* callback = nullptr;
    std::shared_ptr<const Code> code;  // keeps the callback
    bool armed = false, running = false;
    bool once = false;  // bpf_task_work: gone after the call
    pthread_t runner{};
    u64 due = 0;
  };

  Entry* find(u64 handle);
  u64 add_once(Entry entry);
  int arm_once(u32 index);
  void end_once(u32 index);
  u64 handle_of(const Entry& entry, u32 index) const;
  void disarm(Entry& entry, u32 index);
  bool is_alive(const Entry& entry, u64 handle) const;
  void call(const Entry& entry);
  int start_thread();
  void call_on_cpu(u64 now);
  void serve();

  Machine& machine_;
  const u64 instance_;  // upper half of its handles; 0 in the lower
  std::mutex mutex_;
  std::condition_variable changed_;  // a timer was started, a callback ended, or the machine ends
  std::deque<Entry> entries_;
  std::vector<u32> unused_;            // entries whose one call is over
  std::set<std::pair<u64, u32>> due_;  // armed entries: when, which
  bool has_thread_ = false, ending_ = false;
  pthread_t thread_{};
};

}  // namespace skep::engine
