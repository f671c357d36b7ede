// Does the machine lie in a state of the verifier?
#pragma once

#include "engine/checked_objects.h"
#include "engine/checked_states.h"
#include "engine/code.h"

namespace skep::engine {

// Which object the pointers on the stack point into. An entry counts only while the memory still holds the value it was
// made for, so whatever writes there otherwise - helpers, narrow stores - need not be watched.
class StackShadow {
 public:
  void start(const u8* stack, const u8* end);  // forgets everything
  void store(u64 address, u64 value, u32 object) {
    if (Entry* entry = entry_of(address)) *entry = {value, object, generation_};
  }
  u32 object_of(u64 address, u64 value) const {
    const Entry* const entry = const_cast<StackShadow*>(this)->entry_of(address);
    return entry && entry->generation == generation_ && entry->value == value ? entry->object : 0;
  }

 private:
  struct Entry {
    u64 value = 0;
    u32 object = 0, generation = 0;
  };
  Entry* entry_of(u64 address) {
    const u64 at = address - base_;
    return at % 8 == 0 && at / 8 < entries_.size() ? &entries_[at / 8] : nullptr;
  }

  u64 base_ = 0;
  std::vector<Entry> entries_;
  u32 generation_ = 0;
};

// The machine before an instruction, as far as states speak of it.
struct MachineView {
  const Code& code;
  u64* regs;
  u32* objects_of;       // the registers' objects
  const u64* frame_end;  // by the verifier's number of the frame: where its stack ends
  ObjectTable& objects;
  const StackShadow& shadow;
};

// -1: the machine lies in the state; else the part that does not fit: registers first, then slots.
int first_mismatch(const HeldState& state, const MachineView& machine);
// "r3 = 0x50, where the verifier has scalar(umax=40)": the part of that number.
std::string describe_mismatch(const HeldState& state, const MachineView& machine, int part);
// Results of calls become what the state says they are.
void adopt(const HeldState& state, const MachineView& machine);

}  // namespace skep::engine
