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

// "btf_trace_sched_switch": a raw tracepoint, an iterator's function, or a struct_ops; by whichever has the name.
void set_target(Program& program, std::string_view name, const btf::Btf& kernel) {
  constexpr struct {
    const char* word;
    btf::Kind kind;
  } kKinds[] = {{"typedef", btf::Kind::Typedef}, {"func", btf::Kind::Func}, {"struct", btf::Kind::Struct}};
  for (const auto& [word, kind] : kKinds) {
    program.attach_btf_id = name.empty() ? 0 : kernel.find(name, kind);
    if (program.attach_btf_id == 0) continue;
    program.target_kind = word;
    program.target_name = name;
    return;
  }
}

// A row the program type has the traits for, each as probable as its weight; none if there is none.
const SegmentRow* choose(Rng& rng, std::span<const SegmentRow> rows, u32 traits) {
  u32 sum = 0;
  for (const SegmentRow& row : rows)
    if ((row.traits & ~traits) == 0) sum += row.weight;
  if (sum == 0) return nullptr;
  u32 at = rng.below(sum);
  for (const SegmentRow& row : rows) {
    if (row.traits & ~traits) continue;
    if (at < row.weight) return &row;
    at -= row.weight;
  }
  return nullptr;
}

}  // namespace

Program generate(u64 seed, u64 index, const World& world, bool* mutated) {
  Rng rng(seed, index);
  const Profile& profile = choose_profile(rng);
  Program program;
  program.prog_type = profile.prog_type;
  program.attach_type = profile.attach_type;
  program.flags = profile.flags;
  set_target(program, profile.target, *world.kernel);
  program.note = profile.name;
  program.shared_maps = rng.chance(2);
  if (rng.chance(45)) program.flags |= kTestStateFreq;
  if (rng.chance(3)) program.flags |= BPF_F_STRICT_ALIGNMENT;
  if (rng.chance(15)) program.flags |= BPF_F_TEST_REG_INVARIANTS;
  Gen(rng, profile, world, program).program();
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
  if (has_handler) out.funcs[0].kind = FuncKind::Throws;
  // Callbacks need func_info; otherwise it is there now and then.
  for (const Insn& insn : out.insns) {
    const bool makes_object =
        is_kfunc_call(insn) && (insn.imm == world.kfuncs[kObjNew] || insn.imm == world.kfuncs[kPercpuObjNew]);
    if (is_pseudo_func(insn) || (makes_object && !rng.chance(1))) out.with_btf = true;
  }
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
  using Rows = std::span<const SegmentRow>;
  static constexpr struct {
    u32 weight;
    Rows (*rows)();
  } kFamilies[] = {
      {22, ref_segments},   {8, loop_segments}, {11, arith_segments},  {14, object_segments},
      {8, kptr_segments},   {10, btf_segments}, {8, section_segments}, {10, frame_segments},
      {8, dynptr_segments}, {7, iter_segments}, {3, arena_segments},
  };
  if (rng.chance(36)) return cell();
  if (rng.chance(7)) return pointer_cell();
  u32 sum = 0;
  for (const auto& family : kFamilies) sum += family.weight;
  for (;;) {
    u32 at = rng.below(sum);
    size_t i = 0;
    for (; at >= kFamilies[i].weight; i++) at -= kFamilies[i].weight;
    const SegmentRow* row = choose(rng, kFamilies[i].rows(), profile.traits);
    if (!row) continue;
    row->emit(*this);
    code.mov(7, 0);
    code.mov(8, 0);
    return;
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

void Gen::want_handler() {
  if (frame == 0) has_handler = true;  // below main it is too late: the handler is the second function
}

void Gen::handler() {
  code.func(code.label(), FuncKind::Handler);
  rng.chance(60) ? code.mov(0, rng.pick({0, 1})) : code.movx(0, 1);
  code.exit();
}

void Gen::finish_functions() {
  if (has_handler) handler();
  for (size_t i = 0; i < pending.size(); i++) {  // a body may defer more
    const Deferred todo = pending[i];
    code.func(todo.label, todo.kind);
    leave = code.label();
    next_slot = -104;
    todo.body();
  }
}

void Gen::map_value(int dst, int slot, bool checked) {
  const int key = world.map(size_t(slot)).key > 4 ? -8 : -4;
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
        if (!has(kBtfContext) && (field.size < 8 || has(kTracing) || has(kSleeps)))
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

void Gen::doubt() {
  if (!rng.chance(50)) return;
  const Label join = code.label();
  unknown(7);
  condition(7, join);
  code.mov(7, 1);
  code.bind(join);
  checkpoint();
}

int Gen::fresh_slot(int bytes) {
  if (next_slot - bytes < kStackLimit) return -8 * rng.range(15, 50);
  next_slot -= bytes;
  return next_slot;
}

void Gen::stack_address(int reg, int off) { field_address(reg, kFramePtr, off); }

void Gen::field_address(int reg, int base, int off) {
  code.movx(reg, base);
  if (off != 0 || rng.chance(10)) code.alu(BPF_ADD, reg, off);
}

void Gen::fill(int off, int bytes) {
  for (int i = 0; i < bytes; i += 8) code.st(BPF_DW, kFramePtr, off + i, rng.pick({0, 0, 1, -1}));
}

}  // namespace skep::fuzz
