// The interpreter: one loop over linked code, an address to jump to per operation. Calls of subprograms stay inside the
// loop; callbacks and tail calls nest.
#include <bit>
#include <cstring>

#include "engine/alu.h"
#include "engine/arena.h"
#include "engine/atomic.h"
#include "engine/kobj/hand_out.h"
#include "engine/packet.h"
#include "engine/run.h"

namespace skep::engine {
namespace {

constexpr u32 kMaxFrames = 16;  // the verifier allows 8

struct Frame {
  u64 saved[5];  // R6 to R10
  const Op* back;
  u32 loops;
};

template <typename T>
T load(u64 address) {
  T value;
  std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof(value));
  return value;
}

template <typename T>
void store(u64 address, u64 value) {
  const T narrow = T(value);
  std::memcpy(reinterpret_cast<void*>(address), &narrow, sizeof(narrow));
}

// What is not there reads as 0.
template <typename T>
T probe(u64 address) {
  T value;
  return probe_read(&value, address, sizeof(value)) ? value : 0;
}

// Pages of an arena that nobody took: loads give 0, stores are lost.
template <typename T>
void arena_store(u64 address, u64 value) {
  const T narrow = T(value);
  (void)map::guarded_copy(reinterpret_cast<void*>(address), &narrow, sizeof(narrow));
}

class Interpreter : public Engine {
 public:
  u64 call(const Code& code, u32 subprog, const u64 (&args)[5], Run& run) const override;
};

// Stack memory of one frame, or the end of the run.
u64 take_stack(Run& run, u32 depth) {
  if (size_t(run.stack_end - run.stack) < depth) stop_run(run, Stop::Fault);
  run.stack += depth;
  return reinterpret_cast<u64>(run.stack);
}

u64 Interpreter::call(const Code& code, u32 subprog, const u64 (&args)[5], Run& run) const {
  static constexpr const void* kLabels[] = {
#define SKEP_ALU(name) &&name##64R, &&name##64I, &&name##32R, &&name##32I,
#define SKEP_UNARY(name) &&name,
#define SKEP_LOAD(name, type) &&name, &&Probe##name, &&Arena##name,
#define SKEP_STORE(bits) &&St##bits##R, &&St##bits##I, &&ArenaSt##bits##R, &&ArenaSt##bits##I,
#define SKEP_JUMP(name) &&name##64R, &&name##64I, &&name##32R, &&name##32I,
#define SKEP_OTHER(name) &&name,
#include "engine/ops.def"
  };

  u64 r[11] = {0, args[0], args[1], args[2], args[3], args[4]};
  Frame frames[kMaxFrames];
  u32 depth = 0, loops = kMaxLoops;
  const ArenaView arena = ArenaView::of(code);
  u8* const stack = run.stack;
  const Op* const ops = code.ops.data();
  const Op* op = ops + code.entries[subprog];
  r[10] = take_stack(run, code.stack_depth[subprog]);

#define DISPATCH() goto* kLabels[size_t(op->code)]
#define NEXT()  \
  do {          \
    ++op;       \
    DISPATCH(); \
  } while (0)
#define DST r[op->dst]
#define SRC r[op->src]
#define IMM u64(op->imm)
#define JUMP_TO(index)                      \
  do {                                      \
    const Op* const target = ops + (index); \
    if (target <= op) spend(run);           \
    op = target;                            \
    DISPATCH();                             \
  } while (0)

  DISPATCH();

#define SKEP_ALU(name)                                      \
  name##64R : DST = alu::name<u64>(DST, SRC);               \
  NEXT();                                                   \
  name##64I : DST = alu::name<u64>(DST, IMM);               \
  NEXT();                                                   \
  name##32R : DST = alu::name<u32>(u32(DST), u32(SRC));     \
  NEXT();                                                   \
  name##32I : DST = alu::name<u32>(u32(DST), u32(op->imm)); \
  NEXT();
#define SKEP_LOAD(name, type)                                                      \
  name:                                                                            \
  DST = u64(load<type>(SRC + u64(s64(op->off))));                                  \
  NEXT();                                                                          \
  Probe##name : DST = u64(probe<type>(SRC + u64(s64(op->off))));                   \
  NEXT();                                                                          \
  Arena##name : DST = u64(probe<type>(arena.address(SRC, op->off, sizeof(type)))); \
  NEXT();
#define SKEP_STORE(bits)                                                               \
  St##bits##R : store<u##bits>(DST + u64(s64(op->off)), SRC);                          \
  NEXT();                                                                              \
  St##bits##I : store<u##bits>(DST + u64(s64(op->off)), IMM);                          \
  NEXT();                                                                              \
  ArenaSt##bits##R : arena_store<u##bits>(arena.address(DST, op->off, bits / 8), SRC); \
  NEXT();                                                                              \
  ArenaSt##bits##I : arena_store<u##bits>(arena.address(DST, op->off, bits / 8), IMM); \
  NEXT();
#define SKEP_JUMP(name)                                                     \
  name##64R : if (alu::name<u64>(DST, SRC)) JUMP_TO(op->off);               \
  NEXT();                                                                   \
  name##64I : if (alu::name<u64>(DST, IMM)) JUMP_TO(op->off);               \
  NEXT();                                                                   \
  name##32R : if (alu::name<u32>(u32(DST), u32(SRC))) JUMP_TO(op->off);     \
  NEXT();                                                                   \
  name##32I : if (alu::name<u32>(u32(DST), u32(op->imm))) JUMP_TO(op->off); \
  NEXT();
#include "engine/ops.def"

Neg64:
  DST = -DST;
  NEXT();
Neg32:
  DST = u32(-DST);
  NEXT();
Swap16:
  DST = __builtin_bswap16(u16(DST));
  NEXT();
Swap32:
  DST = __builtin_bswap32(u32(DST));
  NEXT();
Swap64:
  DST = __builtin_bswap64(DST);
  NEXT();
Low16:
  DST = u16(DST);
  NEXT();
Low32:
  DST = u32(DST);
  NEXT();
MovS8To64:
  DST = u64(s64(s8(SRC)));
  NEXT();
MovS16To64:
  DST = u64(s64(s16(SRC)));
  NEXT();
MovS32To64:
  DST = u64(s64(s32(SRC)));
  NEXT();
MovS8To32:
  DST = u32(s32(s8(SRC)));
  NEXT();
MovS16To32:
  DST = u32(s32(s16(SRC)));
  NEXT();
LdImm:
  DST = IMM;
  NEXT();

Atomic32:
  atomic::apply<u32>(op->imm, DST + u64(s64(op->off)), SRC, r[0]);
  NEXT();
Atomic64:
  atomic::apply<u64>(op->imm, DST + u64(s64(op->off)), SRC, r[0]);
  NEXT();
ArenaAtomic32:
  atomic::apply_guarded<u32>(op->imm, arena.address(DST, op->off, 4), SRC, r[0]);
  NEXT();
ArenaAtomic64:
  atomic::apply_guarded<u64>(op->imm, arena.address(DST, op->off, 8), SRC, r[0]);
  NEXT();
#define ACQUIRE_RELEASE(bits)                                                          \
  LdAcq##bits : DST = atomic::load_acquire<u##bits>(SRC + u64(s64(op->off)));          \
  NEXT();                                                                              \
  StRel##bits : atomic::store_release<u##bits>(DST + u64(s64(op->off)), SRC);          \
  NEXT();                                                                              \
  ArenaLdAcq##bits : DST = probe<u##bits>(arena.address(SRC, op->off, bits / 8));      \
  NEXT();                                                                              \
  ArenaStRel##bits : arena_store<u##bits>(arena.address(DST, op->off, bits / 8), SRC); \
  NEXT();
  ACQUIRE_RELEASE(8)
  ACQUIRE_RELEASE(16)
  ACQUIRE_RELEASE(32)
  ACQUIRE_RELEASE(64)
#undef ACQUIRE_RELEASE
LdKptr:
  DST = living_kptr(load<u64>(SRC + u64(s64(op->off))), *reinterpret_cast<const CallSite*>(op->imm), run);
  NEXT();
ToUser:
  DST = u32(SRC) ? (IMM | u32(SRC)) : 0;
  NEXT();

LdPacket8:
  if (!load_packet(r[6], op->imm + (op->dst ? s64(s32(SRC)) : 0), 1, &r[0])) goto Bail;
  NEXT();
LdPacket16:
  if (!load_packet(r[6], op->imm + (op->dst ? s64(s32(SRC)) : 0), 2, &r[0])) goto Bail;
  NEXT();
LdPacket32:
  if (!load_packet(r[6], op->imm + (op->dst ? s64(s32(SRC)) : 0), 4, &r[0])) goto Bail;
  NEXT();
Bail:
  r[0] = 0;
  goto Exit;

Jump:
  JUMP_TO(op->off);
MayGoto:
  if (loops-- == 0) {
    loops = 0;
    JUMP_TO(op->off);
  }
  NEXT();
Call:
  if (depth == kMaxFrames) stop_run(run, Stop::Fault);
  std::memcpy(frames[depth].saved, &r[6], sizeof(frames[depth].saved));
  frames[depth].back = op + 1;
  frames[depth].loops = loops;
  ++depth;
  loops = kMaxLoops;
  r[10] = take_stack(run, code.stack_depth[size_t(op->imm)]);
  op = ops + code.entries[size_t(op->imm)];
  DISPATCH();
CallFn : {
  const auto* site = reinterpret_cast<const CallSite*>(op->imm);
  run.site = site;
  r[0] = site->fn(r[1], r[2], r[3], r[4], r[5], run);
  NEXT();
}
TailCall:
  if (tail_call(run, r[1], r[2], r[3], &r[0])) goto Exit;
  r[0] = u64(-1);
  NEXT();
Exit:
  if (depth == 0) {
    run.stack = stack;
    return r[0];
  }
  --depth;
  // The frame that ends gives its memory back: the one below ends where its own began.
  std::memcpy(&r[6], frames[depth].saved, sizeof(frames[depth].saved));
  run.stack = reinterpret_cast<u8*>(r[10]);
  op = frames[depth].back;
  loops = frames[depth].loops;
  DISPATCH();
Count:
  ++*reinterpret_cast<u64*>(op->imm);
  NEXT();
Unreachable:
  run.complaint = "an instruction that the verifier never reached";
  stop_run(run, Stop::Broken);
}

}  // namespace

const Engine& interpreter() {
  static const Interpreter engine;
  return engine;
}

}  // namespace skep::engine
