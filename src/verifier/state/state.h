// The state of one path through the program: call frames with registers and stack, acquired references, sections, and
// its place in the tree of paths (spec: exploration.md 3.1, protocols.md 1). Copies share frames until written (cow.h).
#pragma once

#include <array>
#include <vector>

#include "isa/insn.h"
#include "target/target.h"
#include "verifier/state/cow.h"
#include "verifier/state/reg_state.h"

namespace skep::verifier {

inline constexpr int kSlotBytes = 8;   // BPF_REG_SIZE
inline constexpr int kMaxStack = 512;  // bytes
inline constexpr int kMaxSlots = kMaxStack / kSlotBytes;
inline constexpr int kMaxFrames = 8;

enum SlotType : u8 { STACK_INVALID, STACK_SPILL, STACK_MISC, STACK_ZERO, STACK_DYNPTR, STACK_ITER, STACK_IRQ_FLAG };

// Eight bytes of stack. Byte 0 of slot_type is the highest address (fp-8n-1), byte 7 the lowest (fp-8n-8); only byte 7
// says "this slot is a spill".
struct StackSlot {
  u8 slot_type[kSlotBytes] = {};
  Cow<RegState> reg;  // spilled register, or the object of a dynptr, iterator or irq slot; empty: not initialised

  const RegState& spilled() const { return reg ? reg.get() : not_init_reg(); }
  bool is_spilled_reg() const { return slot_type[kSlotBytes - 1] == STACK_SPILL; }
  bool is_spilled_scalar() const { return is_spilled_reg() && spilled().type == SCALAR_VALUE; }
  bool is_full_scalar_spill() const {
    return slot_type[0] == STACK_SPILL && spilled().type == SCALAR_VALUE;
  }  // is_spilled_scalar_reg64
  bool is_iter() const { return slot_type[0] == STACK_ITER; }
};

// The slots of a frame, shared between copies of the frame until one is written, and then but for the eight slots
// around it. Slot n covers fp-8(n+1) .. fp-8n-1. Reading through a non-const stack copies too: read through const ones.
class Stack {
 public:
  size_t size() const { return slots_ ? slots_.get().size : 0; }
  const StackSlot& operator[](size_t spi) const { return slots_.get().groups[spi / kGroup].get()[spi % kGroup]; }
  StackSlot& operator[](size_t spi) { return slots_.mut().groups[spi / kGroup].mut()[spi % kGroup]; }
  void grow(size_t slots);  // REQUIRES: size() <= slots <= kMaxSlots

 private:
  static constexpr size_t kGroup = 8;
  struct Slots {
    size_t size = 0;
    Cow<std::array<StackSlot, kGroup>> groups[kMaxSlots / kGroup];  // there up to `size`
  };
  Cow<Slots> slots_;
};

// A call frame without its registers.
struct FrameInfo {
  int callsite = -1;  // insn of the call, -1 in frame 0
  u32 frameno = 0, subprogno = 0;
  u32 async_entry_cnt = 0;
  u32 callback_depth = 0;
  target::ReturnRange callback_ret_range;
  bool in_callback_fn = false, in_async_callback_fn = false, in_exception_callback_fn = false;
  Stack stack;

  int allocated_stack() const { return int(stack.size()) * kSlotBytes; }
};

struct FuncState : FrameInfo {
  RegState regs[isa::kNumRegs];
};

// A call frame of a saved state that hardly anything will look at again, in a tenth of the memory: constants,
// pointers without variable offset and empty registers take few words (state.cc).
struct PackedFrame {
  FrameInfo info;
  std::vector<u64> regs;
};

enum class RefKind : u8 { Ptr = 1, Irq = 2, Lock = 4, ResLock = 8, ResLockIrq = 16 };
inline constexpr u32 kLockRefKinds = u32(RefKind::Lock) | u32(RefKind::ResLock) | u32(RefKind::ResLockIrq);

struct Reference {
  RefKind kind;
  u32 id = 0;                    // Lock kinds: the register's id
  int insn_idx = 0;              // where acquired
  const void* object = nullptr;  // Lock kinds: the map or BTF
  u8 callback_frame = 0;  // the callback's frame it was acquired in, where those answer for their references; else 0
  bool operator==(const Reference&) const = default;
};

// An entry of the jump history: how the path got to insn `idx`, and what backtracking must know about that insn.
struct JmpHistEntry {
  int idx = 0;
  int prev_idx = 0;
  u32 flags = 0;        // HistFlag, frame and slot of a stack access
  u64 linked_regs = 0;  // packed by prune/linked_regs.h
};
enum HistFlag : u32 {
  kHistStackAccess = 1u << 9,
  kHistSrcStackPtr = 1u << 10,
  kHistDstStackPtr = 1u << 11,
};
// flags: frame in bits 0-2, slot in bits 3-8.
constexpr u32 hist_stack_access(u32 frameno, int spi) { return frameno | u32(spi) << 3 | kHistStackAccess; }
constexpr u32 hist_frame(u32 flags) { return flags & 7; }
constexpr int hist_spi(u32 flags) { return (flags >> 3) & 63; }

struct VerifierState {
  std::vector<JmpHistEntry> jmp_history;
  std::vector<Reference> refs;           // in order of acquisition
  VerifierState* parent = nullptr;       // checkpoint this path came through
  VerifierState* equal_state = nullptr;  // of a back edge: the state it was equal to
  Pool* frame_pool = nullptr;            // where frames live; null: nowhere special
  u32 dfs_depth = 0;
  int first_insn_idx = 0, last_insn_idx = -1;
  bool cleaned = false;
  bool all_precise =
      false;  // every scalar was marked precise, here and in all ancestors (of a checkpoint, whose registers stay)

  // From here on what comparing two states reads first, close together.
  u32 active_locks = 0;    // lock entries in refs
  u32 active_lock_id = 0;  // the newest lock
  const void* active_lock_ptr = nullptr;
  u32 active_irq_id = 0;  // innermost irq entry, 0 if none
  u32 active_preempt_locks = 0;
  bool active_rcu_lock = false;
  bool in_sleepable = false;
  bool speculative = false;
  u32 callback_unroll_depth = 0, may_goto_depth = 0;
  u32 branches = 1;  // paths not yet finished that start here or below
  int insn_idx = 0;
  u32 curframe = 0;
  mutable Cow<FuncState> frames[kMaxFrames];
  mutable Cow<PackedFrame> packed;  // instead of frames[curframe], until someone looks at that

  FuncState& frame(u32 i) {  // for writing
    if (!frames[i]) [[unlikely]]
      unpack();
    return frames[i].mut(frame_pool);
  }
  const FuncState& cframe(u32 i) const {
    if (!frames[i]) [[unlikely]]
      unpack();
    return frames[i].get();
  }
  FuncState& cur() { return frame(curframe); }
  const FuncState& ccur() const { return cframe(curframe); }
  RegState* regs() { return cur().regs; }
  const RegState* cregs() const { return ccur().regs; }

  // The insn a frame is at: its own for the top frame, the call for outer ones (frame_insn_idx).
  int frame_insn_idx(u32 f) const { return f == curframe ? insn_idx : cframe(f + 1).callsite; }
  // References (protocols.md 1); ids come from Env::new_id().
  void push_ref(Reference r) { refs.push_back(r); }
  const Reference* find_ref(u32 id) const;  // of kind Ptr
  bool remove_ref(u32 id);                  // of kind Ptr; false if there is none (release_reference_nomark)
  const Reference* find_lock(u32 kinds, u32 id, const void* object) const;  // find_lock_state

  // Packs the top frame, unless it is shared: then it costs nothing. Whoever looks at it unpacks it.
  void pack();

 private:
  void unpack() const;
};

// Calls fn(RegState&, StackSlot* slot or null) for every register of every frame and every register spilled whole
// (bpf_for_each_reg_in_vstate). `wants(const RegState&)` decides per element, so that frames that need no change stay
// shared.
template <typename Wants, typename Fn>
void for_each_reg(VerifierState& state, Wants wants, Fn fn) {
  for (u32 f = 0; f <= state.curframe; f++) {
    for (int i = 0; i < isa::kNumRegs; i++)
      if (wants(state.cframe(f).regs[i])) fn(state.frame(f).regs[i]);
    for (size_t s = 0, n = state.cframe(f).stack.size(); s < n; s++) {
      const StackSlot& slot = state.cframe(f).stack[s];
      if (slot.slot_type[0] == STACK_SPILL && wants(slot.spilled())) fn(state.frame(f).stack[s].reg.mut());
    }
  }
}

}  // namespace skep::verifier
