// See machine.h.
#include "engine/machine.h"

#include <sys/random.h>

#include <ctime>

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

Machine::Machine(MachineConfig config) : config_(std::move(config)), random_(config_.seed), secret_(config_.seed) {
  if (!config_.deterministic && getrandom(&secret_, sizeof(secret_), 0) != sizeof(secret_))
    secret_ = reinterpret_cast<u64>(this);
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
