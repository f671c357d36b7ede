// The frame of a generated program, and the small pieces that all segments use.
#include "fuzz/gen.h"

#include <utility>

namespace skep::fuzz {

using namespace isa;

namespace {

constexpr int kStackLimit = -400;  // fresh slots end here; below 512 bytes with callees' frames now and then over it
constexpr u32 kTestStateFreq = BPF_F_TEST_STATE_FREQ;

const Profile& choose_profile(Rng& rng) {
  u32 sum = 0;
  for (const Profile& p : profiles()) sum += p.weight;
  u32 at = rng.below(sum);
  for (const Profile& p : profiles()) {
    if (at < p.weight) return p;
    at -= p.weight;
  }
  return profiles()[0];
}

}  // namespace

Program generate(u64 seed, u64 index, const std::vector<s32>& kfuncs, bool* mutated) {
  Rng rng(seed, index);
  const Profile& profile = choose_profile(rng);
  Program program;
  program.prog_type = profile.prog_type;
  program.attach_type = profile.attach_type;
  program.flags = profile.flags;
  program.note = profile.name;
  if (rng.chance(45)) program.flags |= kTestStateFreq;
  if (rng.chance(3)) program.flags |= BPF_F_STRICT_ALIGNMENT;
  if (rng.chance(15)) program.flags |= BPF_F_TEST_REG_INVARIANTS;
  Gen(rng, profile, kfuncs, program).program();
  *mutated = rng.chance(12);
  if (*mutated) mutate(program, rng);
  return program;
}

void Gen::program() {
  code.func(code.label(), FuncKind::Static);
  leave = code.label();
  prologue();
  const int segments = rng.pick({1, 1, 1, 2, 2, 3});
  for (int i = 0; i < segments; i++) segment();
  epilogue();
  finish_functions();
  code.finish(out);
  // Callbacks need func_info; otherwise it is there now and then.
  for (const Insn& insn : out.insns)
    if (is_pseudo_func(insn)) out.with_btf = true;
  for (const Func& func : out.funcs)
    if (func.kind != FuncKind::Static) out.with_btf = true;
  if (rng.chance(10)) out.with_btf = true;
}

void Gen::prologue() {
  code.movx(6, 1);
  map_value(9, rng.pick({kArray, kArray, kArray, kLruHash}));
  unknown(7);
  code.mov(8, rng.pick({0, 1, 8}));
  if (rng.chance(30)) fill(-8 * rng.range(2, 4), 8);
}

void Gen::segment() {
  switch (rng.weighted({52, 8, 22, 10, 14})) {
    case 0: return cell();
    case 1: return pointer_cell();
    case 2: return Refs::emit(*this);
    case 3: return Loops::emit(*this);
    default: return Arith::emit(*this);
  }
}

void Gen::epilogue() {
  code.bind(leave);
  code.mov(0, profile.return_max == 1 ? 1 : rng.pick({0, 0, 1}));
  code.exit();
}

Label Gen::defer(FuncKind kind, std::function<void()> body) {
  pending.push_back({code.label(), kind, std::move(body)});
  return pending.back().label;
}

void Gen::finish_functions() {
  for (size_t i = 0; i < pending.size(); i++) {  // a body may defer more
    const Deferred todo = pending[i];
    code.func(todo.label, todo.kind);
    leave = code.label();
    next_slot = -104;
    todo.body();
  }
}

void Gen::map_value(int dst, int slot, bool checked) {
  const MapRow& row = map_rows()[size_t(slot)];
  const int key = row.key_size > 4 ? -8 : -4;
  code.st(key == -8 ? BPF_DW : BPF_W, kFramePtr, key, rng.pick({0, 0, 0, 0, 1, 3}));
  code.movx(2, kFramePtr);
  code.alu(BPF_ADD, 2, key);
  code.map(1, slot);
  code.call(kMapLookup);
  if (checked) code.jmp(BPF_JEQ, 0, 0, leave);
  if (dst != 0) code.movx(dst, 0);
}

void Gen::unknown(int dst) {
  switch (rng.below(5)) {
    case 0:
    case 1: return code.ldx(size_code(), dst, 9, 8 * rng.range(0, 5));
    case 2: return code.ldx(BPF_DW, dst, 9, 8 * rng.range(0, 5));
    case 3:
      if (frame == 0 && !in_callback) {
        // The later fields of a profile are the doubtful ones.
        const CtxField& field = profile.fields[rng.chance(90) ? rng.below(3) : rng.below(u32(profile.fields.size()))];
        if (field.size < 8 || has(kTracing) || has(kSleeps))
          return code.ldx(field.size == 8   ? BPF_DW
                          : field.size == 4 ? BPF_W
                          : field.size == 2 ? BPF_H
                                            : BPF_B,
                          dst, 6, field.off);
      }
      [[fallthrough]];
    default:
      code.call(rng.pick({kPrandom, kPrandom, kCpuId, kKtime}));
      if (dst != 0) code.movx(dst, 0);
  }
}

void Gen::condition(int reg, Label to) {
  const bool wide = rng.chance(70);
  const u8 op = rng.pick(
      {BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET});
  code.jmp(op, reg, rng.pick({0, 0, 1, 2, 5, 8, 16, 100, -1, 0x7fffffff, 4096}), to, wide);
}

void Gen::checkpoint() {
  if (rng.chance(60)) code.nop_jump();
}

int Gen::fresh_slot() {
  if (next_slot <= kStackLimit) return -8 * rng.range(13, 50);
  next_slot -= 8;
  return next_slot;
}

void Gen::fill(int off, int bytes) {
  for (int i = 0; i < bytes; i += 8) code.st(BPF_DW, kFramePtr, off + i, rng.pick({0, 0, 1, -1}));
}

void Gen::restore_value_pointer() { map_value(9, kArray); }

}  // namespace skep::fuzz
