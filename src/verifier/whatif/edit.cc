// See edit.h.
#include "verifier/whatif/edit.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace skep::verifier {
namespace {

using isa::Insn;

// Where the instruction at `index` goes when `count` are inserted at `at`; where a jump to `index` goes.
struct Shift {
  u32 at, count;
  Jumps jumps = Jumps::ToInserted;
  s64 of_insn(s64 index) const { return index + (index >= s64(at) ? count : 0); }
  s64 of_target(s64 index) const {
    return jumps == Jumps::PastInserted ? of_insn(index) : index + (index > s64(at) ? count : 0);
  }
};

// The instruction that a jump, call or function address at `i` refers to; -1: none.
s64 target_of(const std::vector<Insn>& insns, size_t i) {
  const Insn& insn = insns[i];
  if (isa::is_pseudo_call(insn) || isa::is_pseudo_func(insn)) return s64(i) + insn.imm + 1;
  if (isa::is_goto(insn)) return s64(i) + isa::goto_offset(insn) + 1;
  return isa::is_cond_jmp(insn) ? s64(i) + insn.off + 1 : -1;
}

bool set_distance(Insn& insn, s64 distance) {
  const bool wide =
      isa::is_pseudo_call(insn) || isa::is_pseudo_func(insn) || insn.code == (isa::BPF_JMP32 | isa::BPF_JA);
  if (wide) {
    insn.imm = s32(distance);
    return true;
  }
  insn.off = s16(distance);
  return distance == insn.off;
}

// Records that begin with an instruction's number, in units of `unit` instructions' share.
void shift_records(InfoBlob& blob, const Shift& shift, u32 unit) {
  for (u32 i = 0; i < blob.cnt && blob.bytes.size() >= u64(i + 1) * blob.rec_size; ++i) {
    u8* const record = blob.bytes.data() + u64(i) * blob.rec_size;
    u32 insn;
    std::memcpy(&insn, record, sizeof(insn));
    insn = u32(shift.of_target(insn / unit)) * unit;
    std::memcpy(record, &insn, sizeof(insn));
  }
}

}  // namespace

bool insert_insns(Program& program, u32 at, std::span<const Insn> added, Jumps jumps) {
  const Shift shift{at, u32(added.size()), jumps};
  const std::vector<Insn> before = program.insns;
  for (size_t i = 0; i < before.size(); ++i) {
    const s64 target = target_of(before, i);
    if (target >= 0 && !set_distance(program.insns[i], shift.of_target(target) - shift.of_insn(s64(i)) - 1))
      return false;
    if (isa::is_ldimm64(before[i])) ++i;
  }
  program.insns.insert(program.insns.begin() + at, added.begin(), added.end());
  shift_records(program.func_info, shift, 1);
  shift_records(program.line_info, shift, 1);
  // Relocations are of instructions, not of places to jump to, and count bytes.
  shift_records(program.core_relo, {at, shift.count, Jumps::PastInserted}, sizeof(Insn));
  return true;
}

Edit::Edit(const Program& given) : program(given), origin(given.insns.size()) {
  std::iota(origin.begin(), origin.end(), 0);
}

bool Edit::insert(int at, std::span<const Insn> insns, Jumps jumps) {
  if (at < 0 || size_t(at) > program.insns.size() || !insert_insns(program, u32(at), insns, jumps)) return false;
  origin.insert(origin.begin() + at, insns.size(), -1);
  return true;
}

bool set_linkage(Program& program, std::string_view function, btf::FuncLinkage linkage) {
  if (!program.btf) return false;
  const btf::Btf& types = *program.btf->btf;
  const u32 id = types.find(function, btf::Kind::Func);
  if (!id) return false;
  auto bytes = std::make_shared<std::vector<u8>>(types.data().begin(), types.data().end());
  const auto place = reinterpret_cast<const u8*>(types.type_by_id(id)) - types.data().data();
  btf::Type type;
  std::memcpy(&type, bytes->data() + place, sizeof(type));
  type.info = (type.info & ~0xffffu) | linkage;
  std::memcpy(bytes->data() + place, &type, sizeof(type));
  auto changed = btf::Btf::parse(*bytes, bytes);
  if (!changed.ok()) return false;
  auto owner = std::make_shared<ProgBtf>();
  owner->btf = std::move(*changed);
  owner->records = program.btf->records;
  program.btf = std::move(owner);
  return true;
}

}  // namespace skep::verifier
