// The references a run holds, and what became of those of all runs. The verifier has proved that each is given back:
// what is left at the end, or is given back twice, is a bug of ours and said to be one.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "engine/kobj/heap.h"

namespace skep::engine {

// Of all runs of a machine.
struct ReferenceTotals {
  std::atomic<u64> acquired = 0, released = 0;  // equal, but for runs that are under way
  std::atomic<u64> leaked = 0, not_held = 0;    // never anything but 0
};

class References {
 public:
  References(Heap& heap, ReferenceTotals& totals) : heap_(heap), totals_(totals) {}
  ~References() { release_all(); }
  References(const References&) = delete;
  References& operator=(const References&) = delete;

  // Where the next reference can be noted so that it outlives the thread (Heap::allocate); null: no room there.
  u64* reserve();
  // The program has a reference to the object now, from the call at `insn`.
  void own(HeapObject& object, u32 insn) { note(object, insn, false); }
  // The run keeps the object until it ends: pointers that programs get without a reference.
  void borrow(HeapObject& object) { note(object, 0, true); }
  // The program's reference went elsewhere. False: it has none.
  bool give(u64 pointer);

  bool empty() const { return held_.empty(); }
  // What the program did not give back, in words; empty: nothing.
  std::string complaint() const;
  // Releases all. `leaked`: what the program has not given back counts as lost, not as interrupted.
  void release_all(bool leaked = false);

 private:
  struct Held {
    HeapObject* object = nullptr;
    u64* record = nullptr;  // in the thread's slot
    u32 insn = 0;
    bool borrowed = false;
  };
  void note(HeapObject& object, u32 insn, bool borrowed);
  void forget(const Held& held);

  Heap& heap_;
  ReferenceTotals& totals_;
  std::vector<Held> held_;
};

}  // namespace skep::engine
