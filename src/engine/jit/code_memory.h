// Memory that generated code runs from: written while nobody can execute it, executable when nobody can write it any
// more. Loads that may fault are known to the handler of SIGSEGV and SIGBUS (map/shm/guard.h) as long as the memory
// lives.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/types.h"

namespace skep::engine::native {

// An instruction that may fault: then a register becomes 0 and execution goes on elsewhere.
struct FaultRow {
  u32 at = 0;  // offsets in the code
  u32 resume = 0;
  int zeroed = -1;  // number of the machine register; -1: none
};

struct FaultRegion;  // code_memory.cc

class CodeMemory {
 public:
  // A copy of the code. `faults`: ascending by `at`. Null: the system gives no executable memory.
  static std::unique_ptr<CodeMemory> make(std::span<const u8> code, std::vector<FaultRow> faults);
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  u8* at(u32 offset) const { return base_ + offset; }
  u64 size() const { return size_; }

 private:
  CodeMemory() = default;

  u8* base_ = nullptr;
  u64 size_ = 0;  // bytes of code
  std::vector<FaultRow> faults_;
  FaultRegion* region_ = nullptr;
};

}  // namespace skep::engine::native
