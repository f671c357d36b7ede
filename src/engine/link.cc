// Linking: every instruction that some path reaches becomes one operation with its operands resolved - maps and values
// to addresses, helpers and kfuncs to functions, jumps to operation indices, context fields to where they lie.
#include "engine/link.h"

#include <cerrno>
#include <cstddef>

#include "engine/bodies.h"
#include "engine/context.h"
#include "isa/insn.h"

namespace skep::engine {
namespace {

using isa::Insn;
using verifier::ImmFact;
using verifier::InsnFact;
using verifier::MemAccess;

constexpr OpCode kNoOp = OpCode::kCount;

// Forms of an operation stand in a fixed order after the first (ops.def).
constexpr OpCode after(OpCode first, int steps) { return OpCode(u16(first) + steps); }

// --- arithmetic ---------------------------------------------------------------------------------------------------

struct AluRow {
  u8 op;
  OpCode plain, is_signed;  // forms with a 64-bit register; with `off` 1
};
constexpr AluRow kAluRows[] = {
    {isa::BPF_ADD, OpCode::Add64R, kNoOp},
    {isa::BPF_SUB, OpCode::Sub64R, kNoOp},
    {isa::BPF_MUL, OpCode::Mul64R, kNoOp},
    {isa::BPF_DIV, OpCode::Div64R, OpCode::SDiv64R},
    {isa::BPF_OR, OpCode::Or64R, kNoOp},
    {isa::BPF_AND, OpCode::And64R, kNoOp},
    {isa::BPF_LSH, OpCode::Lsh64R, kNoOp},
    {isa::BPF_RSH, OpCode::Rsh64R, kNoOp},
    {isa::BPF_MOD, OpCode::Mod64R, OpCode::SMod64R},
    {isa::BPF_XOR, OpCode::Xor64R, kNoOp},
    {isa::BPF_MOV, OpCode::Mov64R, kNoOp},
    {isa::BPF_ARSH, OpCode::Arsh64R, kNoOp},
};

OpCode mov_sign_extended(s16 bits, bool is_64) {
  switch (bits) {
    case 8: return is_64 ? OpCode::MovS8To64 : OpCode::MovS8To32;
    case 16: return is_64 ? OpCode::MovS16To64 : OpCode::MovS16To32;
    case 32: return is_64 ? OpCode::MovS32To64 : kNoOp;
    default: return kNoOp;
  }
}

// We are little-endian: to big endian and the unconditional swap are the same.
OpCode byte_order(const Insn& insn) {
  const bool swaps = isa::insn_class(insn.code) == isa::BPF_ALU64 || isa::insn_is_x(insn.code);
  switch (insn.imm) {
    case 16: return swaps ? OpCode::Swap16 : OpCode::Low16;
    case 32: return swaps ? OpCode::Swap32 : OpCode::Low32;
    case 64: return swaps ? OpCode::Swap64 : OpCode::Mov64R;
    default: return kNoOp;
  }
}

OpCode alu_code(const Insn& insn) {
  const bool is_64 = isa::insn_class(insn.code) == isa::BPF_ALU64, reg = isa::insn_is_x(insn.code);
  const u8 op = isa::insn_op(insn.code);
  if (op == isa::BPF_END) return byte_order(insn);
  if (op == isa::BPF_NEG) return is_64 ? OpCode::Neg64 : OpCode::Neg32;
  if (op == isa::BPF_MOV && reg && insn.off) return mov_sign_extended(insn.off, is_64);
  for (const AluRow& row : kAluRows) {
    if (row.op != op) continue;
    const OpCode first = insn.off ? row.is_signed : row.plain;
    return first == kNoOp ? kNoOp : after(first, (is_64 ? 0 : 2) + (reg ? 0 : 1));
  }
  return kNoOp;
}

// --- jumps --------------------------------------------------------------------------------------------------------

struct JumpRow {
  u8 op;
  OpCode code;
};
constexpr JumpRow kJumpRows[] = {
    {isa::BPF_JEQ, OpCode::Jeq64R},   {isa::BPF_JNE, OpCode::Jne64R},   {isa::BPF_JGT, OpCode::Jgt64R},
    {isa::BPF_JGE, OpCode::Jge64R},   {isa::BPF_JLT, OpCode::Jlt64R},   {isa::BPF_JLE, OpCode::Jle64R},
    {isa::BPF_JSET, OpCode::Jset64R}, {isa::BPF_JSGT, OpCode::Jsgt64R}, {isa::BPF_JSGE, OpCode::Jsge64R},
    {isa::BPF_JSLT, OpCode::Jslt64R}, {isa::BPF_JSLE, OpCode::Jsle64R},
};

OpCode jump_code(const Insn& insn) {
  const int form = (isa::insn_class(insn.code) == isa::BPF_JMP ? 0 : 2) + (isa::insn_is_x(insn.code) ? 0 : 1);
  for (const JumpRow& row : kJumpRows)
    if (row.op == isa::insn_op(insn.code)) return after(row.code, form);
  return kNoOp;
}

// --- memory -------------------------------------------------------------------------------------------------------

constexpr int size_index(u8 code) {  // 8, 16, 32, 64 bits
  constexpr int kIndex[] = {2, 1, 0, 3};
  return kIndex[(code & 0x18) >> 3];
}

OpCode load_code(u8 code, MemAccess mem) {
  constexpr OpCode kZero[] = {OpCode::Ld8, OpCode::Ld16, OpCode::Ld32, OpCode::Ld64};
  constexpr OpCode kSign[] = {OpCode::LdS8, OpCode::LdS16, OpCode::LdS32, kNoOp};
  const OpCode first = (isa::insn_mode(code) == isa::BPF_MEMSX ? kSign : kZero)[size_index(code)];
  if (first == kNoOp) return kNoOp;
  return after(first, mem == MemAccess::Probe ? 1 : mem == MemAccess::Arena ? 2 : 0);
}

OpCode store_code(u8 code, MemAccess mem) {
  constexpr OpCode kFirst[] = {OpCode::St8R, OpCode::St16R, OpCode::St32R, OpCode::St64R};
  const int imm = isa::insn_class(code) == isa::BPF_ST;
  return after(kFirst[size_index(code)], (mem == MemAccess::Arena ? 2 : 0) + imm);
}

OpCode atomic_code(const Insn& insn, MemAccess mem) {
  const bool arena = mem == MemAccess::Arena;
  const int size = size_index(insn.code);
  if (isa::is_atomic_load(insn)) return after(arena ? OpCode::ArenaLdAcq8 : OpCode::LdAcq8, size);
  if (isa::is_atomic_store(insn)) return after(arena ? OpCode::ArenaStRel8 : OpCode::StRel8, size);
  if (size < 2) return kNoOp;
  return after(arena ? OpCode::ArenaAtomic32 : OpCode::Atomic32, size - 2);
}

// --- the linker ---------------------------------------------------------------------------------------------------

class Linker {
 public:
  Linker(std::shared_ptr<const verifier::ExecFacts> facts, const target::Target& target, const HandleOf& handle_of,
         const HostBodies* host, bool counts)
      : facts_(*facts), target_(target), handle_of_(handle_of), host_(host) {
    code_->facts = std::move(facts);
    if (counts) code_->counts.reset(new u64[facts_.insns.size()]());
  }

  Result<std::unique_ptr<Code>> run() {
    place_ops();
    add_subprogs();
    add_maps();
    for (u32 i = 0; i < facts_.insns.size(); i += isa::is_ldimm64(facts_.insns[i]) ? 2 : 1)
      if (!add_op(i)) return error_status(EINVAL, "an instruction that cannot run");
    return std::move(code_);
  }

 private:
  const Insn& insn(u32 i) const { return facts_.insns[i]; }

  void place_ops() {
    op_of_.resize(facts_.insns.size() + 1);
    u32 next = 0;
    for (u32 i = 0; i < facts_.insns.size(); ++i) {
      op_of_[i] = next;
      if (isa::is_ldimm64(insn(i)) && i + 1 < facts_.insns.size()) op_of_[++i] = next;
      next += code_->counts ? 2 : 1;
    }
    op_of_.back() = next;
  }

  void add_subprogs() {
    const size_t n = facts_.subprogs.size();
    code_->functions = std::make_unique<Function[]>(n);
    for (size_t s = 0; s < n; ++s) {
      code_->entries.push_back(op_of_[facts_.subprogs[s].start]);
      code_->stack_depth.push_back(facts_.subprogs[s].stack_depth);
      code_->functions[s].code = code_.get();
      code_->functions[s].subprog = u32(s);
    }
    code_->exception_cb = facts_.exception_cb_subprog;
  }

  void add_maps() {
    for (const auto& meta : facts_.maps) {
      code_->maps.push_back(handle_of_(*meta));
      if (meta == facts_.arena) code_->arena = code_->maps.back().get();
    }
  }

  MapHandle* handle(const map::MapMeta* meta) const {
    for (size_t i = 0; i < facts_.maps.size(); ++i)
      if (facts_.maps[i].get() == meta) return code_->maps[i].get();
    return nullptr;
  }

  bool add_op(u32 i) {
    Op op{.dst = insn(i).dst, .src = insn(i).src, .off = insn(i).off, .imm = insn(i).imm};
    op.code = facts_.facts[i].seen ? code_of(i, op) : OpCode::Unreachable;
    if (code_->counts) push({.code = OpCode::Count, .imm = s64(reinterpret_cast<u64>(&code_->counts[i]))}, i);
    push(op, i);
    return op.code != kNoOp;
  }

  void push(const Op& op, u32 insn) {
    code_->ops.push_back(op);
    code_->insn_of_op.push_back(insn);
  }

  OpCode code_of(u32 i, Op& op) {
    const Insn& in = insn(i);
    const MemAccess mem = facts_.facts[i].mem;
    switch (isa::insn_class(in.code)) {
      case isa::BPF_ALU:
      case isa::BPF_ALU64: return link_alu(in, op);
      case isa::BPF_JMP:
      case isa::BPF_JMP32: return link_jump(i, op);
      case isa::BPF_LD: return isa::is_ldimm64(in) ? link_imm(i, op) : link_packet_load(in, op);
      case isa::BPF_LDX:
        if (const verifier::CallFact* kptr = facts_.call_at(i)) return link_kptr_load(i, *kptr, op);
        return mem == MemAccess::Ctx ? link_ctx_load(in, op) : load_code(in.code, mem);
      default: return isa::is_atomic(in) ? atomic_code(in, mem) : store_code(in.code, mem);
    }
  }

  // Arena pointers: towards the program the lower half is the pointer; towards user space it gets its upper half back,
  // but NULL stays NULL. A map made with BPF_F_NO_USER_CONV asks for no conversion.
  OpCode link_alu(const Insn& in, Op& op) const {
    if (!isa::is_addr_space_cast(in)) {
      const OpCode code = alu_code(in);
      if (code == OpCode::Mov64R && isa::insn_op(in.code) == isa::BPF_END) op.src = op.dst;  // le64: stays
      return code;
    }
    constexpr s32 kToUser = 1 << 16;  // the address space it goes to is in the upper half
    const map::MapMeta& arena = *facts_.arena;
    if (in.imm != kToUser || (arena.map_flags & BPF_F_NO_USER_CONV)) return OpCode::Mov32R;
    op.imm = s64(arena.user_vm_start >> 32 << 32);
    return OpCode::ToUser;
  }

  OpCode link_jump(u32 i, Op& op) {
    const Insn& in = insn(i);
    if (isa::is_exit(in)) return OpCode::Exit;
    if (isa::is_call(in)) return link_call(i, op);
    const s64 to = s64(i) + 1 + (isa::is_goto(in) ? isa::goto_offset(in) : in.off);
    op.off = s32(op_of_[size_t(to)]);
    if (isa::is_goto(in)) return OpCode::Jump;
    return isa::is_may_goto(in) ? OpCode::MayGoto : jump_code(in);
  }

  OpCode link_call(u32 i, Op& op) {
    const Insn& in = insn(i);
    if (isa::is_pseudo_call(in)) {
      const u32 start = u32(s64(i) + in.imm + 1);
      for (u32 s = 0; s < facts_.subprogs.size(); ++s)
        if (facts_.subprogs[s].start == start) op.imm = s;
      return OpCode::Call;
    }
    auto site = std::make_unique<CallSite>();
    site->fact = facts_.call_at(i);
    site->insn = i;
    if (!site->fact) return kNoOp;
    site->map = handle(site->fact->map);
    site->helper = isa::is_helper_call(in) ? u32(in.imm) : 0;
    site->fn = body_of(*site);
    op.imm = s64(reinterpret_cast<u64>(site.get()));
    code_->sites.push_back(std::move(site));
    const target::HelperProto* proto = isa::is_helper_call(in) ? target_.helper(u32(in.imm)) : nullptr;
    return proto && proto->special == target::SpecialRule::TailCall ? OpCode::TailCall : OpCode::CallFn;
  }

  OpCode link_kptr_load(u32 i, const verifier::CallFact& fact, Op& op) {
    auto site = std::make_unique<CallSite>();
    site->fact = &fact;
    site->insn = i;
    op.imm = s64(reinterpret_cast<u64>(site.get()));
    code_->sites.push_back(std::move(site));
    return OpCode::LdKptr;
  }

  HelperFn body_of(const CallSite& site) const {
    const std::string_view kfunc = site.fact->kfunc;
    HelperFn fn = !host_ ? nullptr : site.helper ? host_->helper(site.helper) : host_->kfunc(kfunc);
    if (!fn) fn = site.helper ? helper_body(site.helper) : kfunc_body(kfunc);
    return fn ? fn : missing_body;
  }

  OpCode link_imm(u32 i, Op& op) {
    op.imm = s64(isa::ldimm64_value(&facts_.insns[i]));
    if (insn(i).src == 0) return OpCode::LdImm;
    const ImmFact* fact = facts_.imm_at(i);
    if (!fact) return kNoOp;
    op.imm = s64(value_of(*fact));
    return OpCode::LdImm;
  }

  u64 value_of(const ImmFact& fact) {
    switch (fact.kind) {
      case ImmFact::Kind::Map: return handle(fact.map)->pointer();
      case ImmFact::Kind::MapValue: return direct_value(fact);
      case ImmFact::Kind::Func: return reinterpret_cast<u64>(&code_->functions[fact.subprog]);
      case ImmFact::Kind::KernelFunc: return kernel_var(1);
      case ImmFact::Kind::KernelVar: return kernel_var(fact.size);
    }
    return 0;
  }

  u64 direct_value(const ImmFact& fact) const {
    const MapHandle& map = *handle(fact.map);
    if (map.type() == BPF_MAP_TYPE_ARENA) return map.map().meta().user_vm_start + fact.offset;
    return reinterpret_cast<u64>(map.map().data()) + fact.offset;
  }

  u64 kernel_var(u32 size) {
    code_->kernel_vars.push_back(std::make_unique<u8[]>(size));
    return reinterpret_cast<u64>(code_->kernel_vars.back().get());
  }

  // Packet pointers do not fit their 32 bits: they lie before the context.
  OpCode link_ctx_load(const Insn& in, Op& op) const {
    const target::CtxAccess access = target_.ctx_access(facts_.kind, in.off, isa::size_bytes(in.code), false);
    if (isa::size_bytes(in.code) == 4 && access.ok && !target_.is_btf_ctx(facts_.kind)) {
      constexpr s32 kHead = s32(sizeof(CtxHead));
      switch (base_type(access.reg_type)) {
        case PTR_TO_PACKET: op.off = s32(offsetof(CtxHead, data)) - kHead; return OpCode::Ld64;
        case PTR_TO_PACKET_END: op.off = s32(offsetof(CtxHead, data_end)) - kHead; return OpCode::Ld64;
        case PTR_TO_PACKET_META: op.off = s32(offsetof(CtxHead, data_meta)) - kHead; return OpCode::Ld64;
        default: break;
      }
    }
    return load_code(in.code, MemAccess::Plain);
  }

  static OpCode link_packet_load(const Insn& in, Op& op) {
    op.dst = isa::insn_mode(in.code) == isa::BPF_IND;
    switch (isa::insn_size(in.code)) {
      case isa::BPF_B: return OpCode::LdPacket8;
      case isa::BPF_H: return OpCode::LdPacket16;
      case isa::BPF_W: return OpCode::LdPacket32;
      default: return kNoOp;
    }
  }

  const verifier::ExecFacts& facts_;
  const target::Target& target_;
  const HandleOf& handle_of_;
  const HostBodies* host_;
  std::unique_ptr<Code> code_ = std::make_unique<Code>();
  std::vector<u32> op_of_;  // per instruction, and the end
};

}  // namespace

const char* op_name(OpCode code) {
  static constexpr const char* kNames[] = {
#define SKEP_ALU(name) #name "64R", #name "64I", #name "32R", #name "32I",
#define SKEP_UNARY(name) #name,
#define SKEP_LOAD(name, type) #name, "Probe" #name, "Arena" #name,
#define SKEP_STORE(bits) "St" #bits "R", "St" #bits "I", "ArenaSt" #bits "R", "ArenaSt" #bits "I",
#define SKEP_JUMP(name) #name "64R", #name "64I", #name "32R", #name "32I",
#define SKEP_OTHER(name) #name,
#include "engine/ops.def"
  };
  return code < OpCode::kCount ? kNames[size_t(code)] : "?";
}

Result<std::unique_ptr<Code>> link(std::shared_ptr<const verifier::ExecFacts> facts, const target::Target& target,
                                   const HandleOf& handle_of, const HostBodies* host, bool counts) {
  return Linker(std::move(facts), target, handle_of, host, counts).run();
}

}  // namespace skep::engine
