// Small changes at random: what a generator that knows the rules would never write.
#include "fuzz/edit.h"
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

bool is_second_slot(const Program& program, size_t at) { return at > 0 && is_ldimm64(program.insns[at - 1]); }

void change(Insn& insn, Rng& rng) {
  switch (rng.below(7)) {
    case 0: insn.imm = rng.pick({0, 1, -1, 8, 16, 48, 4096, 0x7fffffff, -0x7fffffff - 1}); break;
    case 1: insn.imm += rng.pick({1, -1, 4, 8, -8}); break;
    case 2: insn.dst = u8(rng.range(0, 10)); break;
    case 3: insn.src = u8(rng.range(0, 10)); break;
    case 4: insn.off = s16(insn.off + rng.pick({1, -1, 4, -4, 8, -8})); break;
    case 5: insn.code = u8((insn.code & 0x0f) | rng.below(16) << 4); break;
    default:
      if (insn_class(insn.code) == BPF_LDX || insn_class(insn.code) == BPF_STX || insn_class(insn.code) == BPF_ST)
        insn.code = u8((insn.code & ~0x18) | rng.below(4) << 3);
      else
        insn.code ^= BPF_ALU ^ BPF_ALU64;  // another width; JMP and JMP32 stay what they are
  }
}

}  // namespace

void mutate(Program& program, Rng& rng) {
  const int n = rng.range(1, 3);
  for (int i = 0; i < n && program.insns.size() > 2; i++) {
    const size_t at = rng.below(u32(program.insns.size()));
    if (is_second_slot(program, at)) continue;
    Insn& insn = program.insns[at];
    if (rng.chance(30)) {
      remove_insns(program, at, is_ldimm64(insn) ? 2 : 1);
    } else if (is_ldimm64(insn)) {
      if (rng.chance(50)) insn.dst = u8(rng.range(0, 9));
    } else {
      change(insn, rng);
    }
  }
}

}  // namespace skep::fuzz
