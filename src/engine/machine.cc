// See machine.h.
#include "engine/machine.h"

#include <sys/random.h>

#include <ctime>

#include "engine/async.h"
#include "engine/run.h"
#include "engine/thread.h"

namespace skep::engine {
namespace {

constexpr u64 kTickNs = 1000;

// SplitMix64: every counter value gives a number that looks like no other.
u64 mix(u64 counter) {
  u64 z = counter * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Machine::Machine(MachineConfig config)
    : config_(std::move(config)),
      cpus_(config_.cpus.empty() ? Cpus(config_.target ? config_.target->possible_cpus() : 1) : Cpus(config_.cpus)),
      random_(config_.seed),
      secret_(config_.seed),
      kernel_objects_(config_.heap ? config_.heap : Heap::make_private(), config_.vmlinux) {
  if (!config_.deterministic && getrandom(&secret_, sizeof(secret_), 0) != sizeof(secret_))
    secret_ = reinterpret_cast<u64>(this);
  async_ = std::make_unique<Async>(*this);
}

Machine::~Machine() = default;

void Machine::advance(u64 ns) {
  const u64 end = ticks_.load(std::memory_order_relaxed) + ns;
  for (u64 due = async_->next_due(); due <= end; due = async_->next_due()) {
    if (due > ticks_.load(std::memory_order_relaxed)) ticks_.store(due, std::memory_order_relaxed);
    async_->call_due(due);
  }
  if (end > ticks_.load(std::memory_order_relaxed)) ticks_.store(end, std::memory_order_relaxed);
}

void Machine::restart(u64 seed) {
  ticks_.store(0, std::memory_order_relaxed);
  random_.store(seed, std::memory_order_relaxed);
}

const Engine& Machine::engine() const { return config_.engine ? *config_.engine : interpreter(); }

u64 Machine::clock_ns(int clock) {
  if (config_.deterministic) return ticks_.fetch_add(kTickNs, std::memory_order_relaxed);
  timespec now{};
  clock_gettime(clock, &now);
  return u64(now.tv_sec) * 1'000'000'000 + u64(now.tv_nsec);
}

u32 Machine::random_u32() {
  if (config_.deterministic) return u32(mix(random_.fetch_add(1, std::memory_order_relaxed) + 1));
  return u32(mix(++thread_random()));  // a thread's own: no cache line is shared
}

}  // namespace skep::engine
