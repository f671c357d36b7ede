// Virtual CPUs: a thread has one to itself while it runs a program, so that per-CPU values mean what they mean in
// Linux. A CPU is a word that says who has it; the words can lie in memory that processes share.
#pragma once

#include <span>
#include <vector>

#include "base/types.h"

namespace skep::engine {

struct alignas(64) CpuWord {
  u64 owner = 0;  // 0: free; else the thread's mark: TID, some bits of its start time, and of its PID namespace
};

inline constexpr u32 kAnyCpu = ~0u;

class Cpus {
 public:
  // `shared`: as many words as there are CPUs, mapped as long as this lives.
  explicit Cpus(std::span<CpuWord> shared) : words_(shared) {}
  // For this process alone.
  explicit Cpus(u32 count) : own_(count), words_(own_) {}
  Cpus(const Cpus&) = delete;
  Cpus& operator=(const Cpus&) = delete;

  u32 count() const { return u32(words_.size()); }

  struct Taken {
    u32 cpu = 0;
    bool own = false;  // to be given back; else the thread had it already, or the words are gone
  };
  // A CPU for the calling thread; waits for one. One whose thread died is free. `wanted`: this one and no other;
  // kAnyCpu: the one it has, or a free one, that which it had before (`hint`) or runs on first.
  Taken take(u32 wanted, u32 hint = kAnyCpu);
  void give_back(u32 cpu);

 private:
  Taken wait_for(u32 first, u32 count);
  bool try_take(u32 cpu, u64 self, u64& owner, bool take_over);

  std::vector<CpuWord> own_;
  std::span<CpuWord> words_;
};

}  // namespace skep::engine
