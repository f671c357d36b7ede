// See async.h. Fields lie in shared memory, which may vanish: they are never touched with the mutex held.
#include "engine/async.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "engine/run.h"
#include "map/hash_table.h"
#include "map/shm/guard.h"
#include "map/shm/thread.h"

namespace skep::engine {
namespace {

constexpr u64 kNever = ~u64(0);
constexpr u32 kOnceBit = u32(1) << 31;

// What the 16 bytes of a struct bpf_timer or bpf_wq hold here.
struct Field {
  u64 handle;
  u64 process;  // PID and start time of who initialised it
};

Field& field_at(u64 address) { return *reinterpret_cast<Field*>(address); }

u64 process_mark(u32 pid) { return u64(pid) | map::look_at_thread(pid).start << 32; }

bool is_gone(u64 process) { return process_mark(u32(process)) != process; }

// What the 8 bytes of a struct bpf_task_work hold: whose call it is, and which of its entries.
u64 once_handle(u32 index) { return u64(u32(getpid())) << 32 | kOnceBit | index; }

bool is_gone_pid(u64 handle) { return kill(pid_t(handle >> 32), 0) != 0 && errno == ESRCH; }

u64 new_instance(const Machine& machine) {
  const u64 mixed = (machine.secret() ^ u64(getpid()) << 32 ^ reinterpret_cast<u64>(&machine)) * 0x9e3779b97f4a7c15;
  return (mixed | u64(1) << 63) >> 32 << 32;
}

// -EBUSY: a call of a living process is noted there.
int claim_once(u64& shared, u64 handle) {
  u64 seen = 0;
  while (!__atomic_compare_exchange_n(&shared, &seen, handle, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    if (!is_gone_pid(seen)) return -EBUSY;
  return 0;
}

// The field is free again, if it is still there and nobody has it by now.
void let_go_of(u64 field, u64 handle) {
  map::guarded(0, [=]() -> long {
    u64 seen = handle;
    __atomic_compare_exchange_n(reinterpret_cast<u64*>(field), &seen, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    return 0;
  });
}

// The key of the value's element.
std::vector<u8> key_of(const MapHandle& map, u64 value) {
  std::vector<u8> key(map.key_size());
  const u8* const at = reinterpret_cast<const u8*>(value);
  const map::Geometry& g = map.map().geometry();
  if (map.type() == BPF_MAP_TYPE_ARRAY) {
    const u32 index = u32(u64(at - map.map().data()) / g.elem_size);
    std::memcpy(key.data(), &index, sizeof(index));
  } else {
    std::memcpy(key.data(), at - g.value_offset + map::HashTable::kKeyOffset, key.size());
  }
  return key;
}

}  // namespace

Async::Async(Machine& machine) : machine_(machine), instance_(new_instance(machine)) {}

Async::~Async() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (has_thread_) pthread_join(thread_, nullptr);
}

Async::Entry* Async::find(u64 handle) {
  const u32 index = u32(handle);
  return (handle ^ index) == instance_ && index < entries_.size() ? &entries_[index] : nullptr;
}

int Async::init(u64 field, int clock, MapHandle& map, u64 value) {
  Field& shared = field_at(field);
  Entry entry{.field = field, .clock = clock, .map = &map, .key = key_of(map, value), .value = value};
  u64 handle;
  {
    std::lock_guard lock(mutex_);
    handle = instance_ | entries_.size();
    entries_.push_back(std::move(entry));
  }
  u64 seen = 0;
  for (;;) {
    if (__atomic_compare_exchange_n(&shared.handle, &seen, handle, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) break;
    if (!is_gone(shared.process)) return -EBUSY;
  }
  __atomic_store_n(&shared.process, process_mark(u32(getpid())), __ATOMIC_RELEASE);
  return 0;
}

int Async::set_callback(u64 field, const Function& callback) {
  const u64 handle = __atomic_load_n(&field_at(field).handle, __ATOMIC_ACQUIRE);
  std::lock_guard lock(mutex_);
  Entry* const entry = find(handle);
  if (!entry) return -EINVAL;
  entry->callback = &callback;
  entry->code = callback.code->weak_from_this().lock();
  return 0;
}

u64 Async::handle_of(const Entry& entry, u32 index) const {
  return entry.once ? once_handle(index) : instance_ | index;
}

u64 Async::add_once(Entry entry) {
  std::lock_guard lock(mutex_);
  u32 index = u32(entries_.size());
  if (unused_.empty()) {
    entries_.emplace_back();
  } else {
    index = unused_.back();
    unused_.pop_back();
  }
  entries_[index] = std::move(entry);
  return once_handle(index);
}

// Under the lock.
void Async::end_once(u32 index) {
  entries_[index] = {};
  unused_.push_back(index);
}

int Async::schedule_once(u64 field, const Function& callback, MapHandle& map, u64 value) {
  u64& shared = *reinterpret_cast<u64*>(field);
  const u64 handle = add_once({.field = field,
                               .clock = CLOCK_MONOTONIC,
                               .map = &map,
                               .key = key_of(map, value),
                               .value = value,
                               .callback = &callback,
                               .code = callback.code->weak_from_this().lock(),
                               .once = true});
  const u32 index = u32(handle) & ~kOnceBit;
  if (const int error = claim_once(shared, handle)) {
    std::lock_guard lock(mutex_);
    end_once(index);
    return error;
  }
  const int error = arm_once(index);
  if (error) let_go_of(field, handle);
  return error;
}

int Async::arm_once(u32 index) {
  const u64 now = machine_.clock_ns(CLOCK_MONOTONIC);
  std::lock_guard lock(mutex_);
  if (const int error = start_thread()) {
    end_once(index);
    return error;
  }
  entries_[index].due = now;
  entries_[index].armed = true;
  due_.insert({now, index});
  changed_.notify_all();
  return 0;
}

void Async::disarm(Entry& entry, u32 index) {
  if (entry.armed) due_.erase({entry.due, index});
  entry.armed = false;
}

int Async::start(u64 field, u64 ns, bool absolute) {
  const u64 handle = __atomic_load_n(&field_at(field).handle, __ATOMIC_ACQUIRE);
  const u64 now = machine_.clock_ns(CLOCK_MONOTONIC);
  std::lock_guard lock(mutex_);
  Entry* const entry = find(handle);
  if (!entry || !entry->callback) return -EINVAL;
  if (const int err = start_thread()) return err;
  disarm(*entry, u32(handle));
  if (absolute) {
    const u64 shown = machine_.clock_ns(entry->clock);
    ns = ns > shown ? ns - shown : 0;
  }
  entry->due = ns > kNever - 1 - now ? kNever - 1 : now + ns;
  entry->armed = true;
  due_.insert({entry->due, u32(handle)});
  changed_.notify_all();
  return 0;
}

int Async::cancel(u64 field) {
  const u64 handle = __atomic_load_n(&field_at(field).handle, __ATOMIC_ACQUIRE);
  std::unique_lock lock(mutex_);
  Entry* const entry = find(handle);
  if (!entry) return -EINVAL;
  if (entry->running && pthread_equal(entry->runner, pthread_self())) return -EDEADLK;
  const bool was_armed = entry->armed;
  disarm(*entry, u32(handle));
  changed_.wait(lock, [entry] { return !entry->running; });
  return was_armed;
}

u64 Async::next_due() {
  std::lock_guard lock(mutex_);
  return due_.empty() ? kNever : due_.begin()->first;
}

// The element is still the one that the timer was initialised in.
bool Async::is_alive(const Entry& entry, u64 handle) const {
  return map::guarded(0, [&]() -> long {
    return __atomic_load_n(&field_at(entry.field).handle, __ATOMIC_ACQUIRE) == handle &&
           entry.map->ops().lookup_ptr(entry.map->map(), entry.key, 0) == reinterpret_cast<u8*>(entry.value);
  });
}

void Async::call(const Entry& entry) {
  Run run(machine_);
  run.budget = machine_.config().budget;
  const u64 key = reinterpret_cast<u64>(entry.key.data());
  const RunResult result = run_callback(*entry.callback, {entry.map->pointer(), key, entry.value}, run);
  const auto& on_stop = machine_.config().on_stop;
  if (result.stop != Stop::None && on_stop) on_stop(result.stop, run.complaint);
}

bool Async::call_due(u64 now) {
  std::unique_lock lock(mutex_);
  if (due_.empty() || due_.begin()->first > now) return false;
  const u32 index = due_.begin()->second;
  Entry& entry = entries_[index];
  disarm(entry, index);
  entry.running = true;
  entry.runner = pthread_self();
  const Entry copy = entry;  // the callback may set another
  const u64 handle = handle_of(copy, index);
  lock.unlock();
  if (is_alive(copy, handle)) call(copy);
  if (copy.once) let_go_of(copy.field, handle);
  lock.lock();
  entry.running = false;
  if (copy.once) end_once(index);
  changed_.notify_all();
  return true;
}

// Under the lock.
int Async::start_thread() {
  if (has_thread_ || machine_.config().deterministic) return 0;
  sigset_t all, before;
  sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, fault);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const auto body = [](void* self) -> void* {
    static_cast<Async*>(self)->serve();
    return nullptr;
  };
  has_thread_ = pthread_create(&thread_, nullptr, body, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return has_thread_ ? 0 : -EAGAIN;
}

// A CPU is taken before it is said that a callback runs: whoever waits for the callback has a CPU himself.
void Async::call_on_cpu(u64 now) {
  const Cpus::Taken taken = machine_.cpus().take(kAnyCpu);
  call_due(now);
  if (taken.own) machine_.cpus().give_back(taken.cpu);
}

void Async::settle() {
  const u64 now = machine_.clock_ns(CLOCK_MONOTONIC);
  while (next_due() <= now) call_on_cpu(now);
  std::unique_lock lock(mutex_);
  const auto is_running = [](const Entry& entry) { return entry.running; };
  changed_.wait(lock, [&] { return std::none_of(entries_.begin(), entries_.end(), is_running); });
}

// The thread.
void Async::serve() {
  using namespace std::chrono;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const u64 now = machine_.clock_ns(CLOCK_MONOTONIC);
    if (due_.empty()) {
      changed_.wait(lock);
    } else if (due_.begin()->first > now) {
      changed_.wait_until(lock, steady_clock::time_point(nanoseconds(due_.begin()->first)));
    } else {
      lock.unlock();
      call_on_cpu(now);
      lock.lock();
    }
  }
}

}  // namespace skep::engine
