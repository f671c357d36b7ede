// See minimise.h.
#include "fuzz/minimise.h"

#include "fuzz/edit.h"

namespace skep::fuzz {
namespace {

struct Search {
  Program best;
  const std::function<bool(const Program&)>& holds;
  int budget;

  bool take(const Program& candidate) {
    if (budget-- <= 0 || !holds(candidate)) return false;
    best = candidate;
    return true;
  }

  // One sweep with chunks of `size` slots, from the end; true if something went.
  bool remove_chunks(size_t size) {
    bool any = false;
    for (size_t at = best.insns.size(); at-- > 0 && budget > 0;) {
      if (at + size > best.insns.size()) continue;
      Program candidate = best;
      if (!remove_insns(candidate, at, size)) continue;
      any |= take(candidate);
    }
    return any;
  }

  void simplify_flags() {
    for (u32 bit = 1; bit <= 128; bit <<= 1) {
      Program candidate = best;
      candidate.flags &= ~bit;
      if (candidate.flags != best.flags) take(candidate);
    }
    Program candidate = best;
    candidate.with_btf = false;
    if (best.with_btf) take(candidate);
  }

  void simplify_values() {
    for (size_t at = 0; at < best.insns.size() && budget > 0; at++) {
      if (isa::is_ldimm64(best.insns[at])) {
        at++;
        continue;
      }
      const bool uses_imm = isa::insn_class(best.insns[at].code) == isa::BPF_ALU64 && best.insns[at].imm != 0;
      for (const s32 imm : {0, 1}) {
        Program candidate = best;
        candidate.insns[at].imm = imm;
        if (uses_imm && best.insns[at].imm != imm && take(candidate)) break;
      }
    }
  }
};

}  // namespace

Program minimise(const Program& program, const std::function<bool(const Program&)>& holds, int budget) {
  Search search{program, holds, budget};
  search.simplify_flags();
  for (int round = 0; round < 4; round++) {
    bool any = false;
    for (size_t size = search.best.insns.size() / 2; size >= 1; size /= 2) any |= search.remove_chunks(size);
    if (!any) break;
  }
  search.simplify_values();
  return search.best;
}

}  // namespace skep::fuzz
