// See analysis.h.
#include "engine/jit/analysis.h"

#include <algorithm>

#include "isa/insn.h"

namespace skep::engine::native {
namespace {

constexpr u16 at(OpCode code, OpCode first) { return u16(u16(code) - u16(first)); }

constexpr u32 kHelperLookup = 1, kHelperCpuId = 8, kHelperLoop = 181;

const CallSite& site_of(const Op& call) { return *reinterpret_cast<const CallSite*>(call.imm); }

Effect alu_effect(const Op& op) {
  const bool reg = at(op.code, OpCode::Add64R) % 2 == 0, is_mov = op.code >= OpCode::Mov64R;
  const RegSet dst = reg_bit(op.dst);
  return {RegSet((is_mov ? 0 : dst) | (reg ? reg_bit(op.src) : 0)), dst, true};
}

Effect atomic_effect(const Op& op) {
  Effect e{.uses = RegSet(reg_bit(op.dst) | reg_bit(op.src))};
  if (op.imm == isa::BPF_CMPXCHG) {
    e.uses |= reg_bit(0);
    e.defs = reg_bit(0);
  } else if (op.imm & isa::BPF_FETCH) {
    e.defs = reg_bit(op.src);
  }
  return e;
}

Effect call_effect(const Op& op) {
  switch (inline_form(op)) {
    case Inline::ArrayLookup:
    case Inline::PercpuArrayLookup:
    case Inline::TableLookup:
    case Inline::ArrayOfMaps:
    case Inline::HashOfMaps: return {reg_bit(2), kCallerSaved, true};
    case Inline::InnerArrayLookup:
    case Inline::InnerTableLookup: return {RegSet(reg_bit(1) | reg_bit(2)), kCallerSaved, true};
    case Inline::CpuId: return {0, kCallerSaved, true};
    case Inline::Loop:  // a call, where there is a budget
    case Inline::None: return {kArgRegs, kCallerSaved};
  }
  return {kArgRegs, kCallerSaved};
}

Inline lookup_form(const MapHandle& map) {
  switch (map.type()) {
    case BPF_MAP_TYPE_ARRAY: return Inline::ArrayLookup;
    case BPF_MAP_TYPE_PERCPU_ARRAY: return Inline::PercpuArrayLookup;
    case BPF_MAP_TYPE_ARRAY_OF_MAPS: return Inline::ArrayOfMaps;
    case BPF_MAP_TYPE_HASH_OF_MAPS: return Inline::HashOfMaps;
    default: return map.ops().lookup_fn ? Inline::TableLookup : Inline::None;
  }
}

Inline inner_lookup_form(const map::MapMeta& inner) {
  if (inner.map_type == BPF_MAP_TYPE_ARRAY) return Inline::InnerArrayLookup;
  const map::TypeRow* const type = map::type_row(inner.map_type);
  return type && type->ops->lookup_fn ? Inline::InnerTableLookup : Inline::None;
}

Inline lookup_form(const CallSite& site) {
  if (site.map) return lookup_form(*site.map);
  return site.fact->inner ? inner_lookup_form(*site.fact->inner) : Inline::None;
}

// The next operation and the one it jumps to, as far as the verifier came to them.
struct Successors {
  u32 ops[2] = {};
  u32 n = 0;
};

Successors successors(const Code& code, u32 i) {
  const Op& op = code.ops[i];
  Successors s;
  const auto add = [&](u32 to) {
    if (to < code.ops.size() && code.ops[to].code != OpCode::Unreachable) s.ops[s.n++] = to;
  };
  if (!ends_flow(op.code)) add(i + 1);
  if (is_branch(op.code) || op.code == OpCode::Jump || op.code == OpCode::MayGoto) add(u32(op.off));
  return s;
}

void find_targets(const Code& code, std::vector<OpInfo>& ops) {
  for (u32 i = 0; i < code.ops.size(); ++i) {
    const OpCode c = code.ops[i].code;
    if (!is_branch(c) && c != OpCode::Jump && c != OpCode::MayGoto) continue;
    OpInfo& to = ops[u32(code.ops[i].off)];
    to.target = true;
    if (u32(code.ops[i].off) <= i) to.loop_end = i;
  }
}

// Backwards until nothing changes.
void find_live(const Code& code, const SubprogInfo& subprog, std::vector<OpInfo>& ops) {
  std::vector<RegSet> before(subprog.end - subprog.start);
  bool changed = true;
  while (changed) {
    changed = false;
    for (u32 i = subprog.end; i-- > subprog.start;) {
      RegSet live = 0;
      const Successors next = successors(code, i);
      for (u32 n = 0; n < next.n; ++n)
        if (next.ops[n] >= subprog.start && next.ops[n] < subprog.end) live |= before[next.ops[n] - subprog.start];
      ops[i].live = live;
      const Effect e = effect_of(code.ops[i]);
      const bool left_out = e.pure && !(e.defs & live);
      const RegSet now = left_out ? live : RegSet((live & ~e.defs) | e.uses);
      changed |= now != before[i - subprog.start];
      before[i - subprog.start] = now;
    }
  }
}

bool may_call(Inline form) {
  switch (form) {
    case Inline::ArrayLookup:
    case Inline::PercpuArrayLookup:
    case Inline::InnerArrayLookup:
    case Inline::CpuId: return false;
    default: return true;
  }
}

void find_uses(const Code& code, SubprogInfo& subprog) {
  for (u32 i = subprog.start; i < subprog.end; ++i) {
    const Op& op = code.ops[i];
    if (op.code == OpCode::Unreachable) continue;
    const Effect e = effect_of(op);
    subprog.saved |= e.defs & 0x3c0;
    subprog.uses_frame |= (e.uses & reg_bit(isa::kFramePtr)) != 0;
    subprog.may_goto |= op.code == OpCode::MayGoto;
    switch (op.code) {
      case OpCode::Call:
      case OpCode::TailCall:
      case OpCode::LdKptr:
      case OpCode::LdPacket8:
      case OpCode::LdPacket16:
      case OpCode::LdPacket32: subprog.calls = true; break;
      case OpCode::CallFn: {
        const Inline form = inline_form(op);
        subprog.calls |= may_call(form);
        subprog.loops |= form == Inline::Loop;
        break;
      }
      default: break;
    }
  }
  subprog.uses_frame |= subprog.may_goto || subprog.loops;
}

}  // namespace

Inline inline_form(const Op& op) {
  if (op.code != OpCode::CallFn) return Inline::None;
  const CallSite& site = site_of(op);
  switch (site.helper) {
    case kHelperLookup: return lookup_form(site);
    case kHelperCpuId: return Inline::CpuId;
    case kHelperLoop: return site.fact->loop_callback >= 0 ? Inline::Loop : Inline::None;
    default: return Inline::None;
  }
}

Effect effect_of(const Op& op) {
  const RegSet dst = reg_bit(op.dst), src = reg_bit(op.src);
  if (in(op.code, OpCode::Add64R, OpCode::Mov32I)) return alu_effect(op);
  if (in(op.code, OpCode::Neg64, OpCode::Low32)) return {dst, dst, true};
  if (in(op.code, OpCode::Ld8, OpCode::ArenaLdS32)) return {src, dst, true};
  if (in(op.code, OpCode::St8R, OpCode::ArenaSt64I)) {
    const bool reg = at(op.code, OpCode::St8R) % 2 == 0;
    return {RegSet(dst | (reg ? src : 0))};
  }
  if (is_branch(op.code)) return {RegSet(dst | (at(op.code, OpCode::Jeq64R) % 2 == 0 ? src : 0))};
  if (in(op.code, OpCode::MovS8To64, OpCode::MovS16To32) || op.code == OpCode::ToUser) return {src, dst, true};
  if (in(op.code, OpCode::Atomic32, OpCode::ArenaAtomic64)) return atomic_effect(op);
  if (in(op.code, OpCode::LdAcq8, OpCode::ArenaLdAcq64) || op.code == OpCode::LdKptr) return {src, dst};
  if (in(op.code, OpCode::StRel8, OpCode::ArenaStRel64)) return {RegSet(dst | src)};
  switch (op.code) {
    case OpCode::LdImm: return {0, dst, true};
    case OpCode::LdPacket8:
    case OpCode::LdPacket16:
    case OpCode::LdPacket32: return {RegSet(reg_bit(6) | (op.dst ? src : 0)), kCallerSaved};
    case OpCode::Call: return {kArgRegs, kCallerSaved};
    case OpCode::CallFn: return call_effect(op);
    case OpCode::TailCall: return {RegSet(reg_bit(1) | (site_of(op).map ? 0 : reg_bit(2)) | reg_bit(3)), kCallerSaved};
    case OpCode::Exit: return {reg_bit(0)};
    default: return {};
  }
}

Analysis::Analysis(const Code& code) : ops(code.ops.size()), subprogs(code.n_subprogs()) {
  find_targets(code, ops);
  has_jumps = std::any_of(ops.begin(), ops.end(), [](const OpInfo& op) { return op.target; });
  for (u32 s = 0; s < code.n_subprogs(); ++s) {
    subprogs[s].start = code.entries[s];
    subprogs[s].end = s + 1 < code.n_subprogs() ? code.entries[s + 1] : u32(code.ops.size());
    find_uses(code, subprogs[s]);
    find_live(code, subprogs[s], ops);
  }
}

}  // namespace skep::engine::native
