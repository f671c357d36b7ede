// How kfuncs give objects to programs and take them back, with every reference counted (references.h).
#pragma once

#include "engine/run.h"

namespace skep::engine {

inline u32 insn_of(const Run& run) { return run.site ? run.site->insn : 0; }

// The program gets the caller's reference to the object: its address; 0 for null.
inline u64 hand_out(Run& run, HeapObject* object) {
  if (!object) return 0;
  run.references.own(*object, insn_of(run));
  return object->pointer();
}

// The run keeps the caller's reference; the program gets the address alone.
inline u64 lend(Run& run, HeapObject* object) {
  if (!object) return 0;
  run.references.borrow(*object);
  return object->pointer();
}

// A program's pointer gets it one more reference; 0: the object is on its way out, or is none.
inline u64 take_again(Run& run, u64 pointer, HeapKind kind) {
  HeapObject* const object = run.machine.heap().find(pointer, kind);
  return object && Heap::acquire(*object) ? hand_out(run, object) : 0;
}

// The program's reference is gone from now on; the caller has it. A program that has none is one that the verifier
// should not have let pass: the run ends.
inline void take_from(Run& run, u64 pointer) {
  if (run.references.give(pointer)) return;
  run.complaint = "the program gave back a reference that it does not hold, by instruction ";
  run.complaint += std::to_string(insn_of(run));
  stop_run(run, Stop::Broken);
}

// A pointer that was loaded from a kptr in memory that others write: itself, if it is to a living object of the kind
// that the verifier says is there; else 0 (kfuncs_object.cc).
u64 living_kptr(u64 pointer, const CallSite& site, Run& run);

// A release function of any kind of object.
inline u64 give_back(Run& run, u64 pointer) {
  take_from(run, pointer);
  if (HeapObject* const object = run.machine.heap().find(pointer)) run.machine.heap().release(*object);
  return 0;
}

}  // namespace skep::engine
