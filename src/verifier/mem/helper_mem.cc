// Memory that a helper, kfunc or global function is given: the test of its whole range (spec: helpers.md 4).
#include "verifier/mem/mem.h"
#include "verifier/mem/stack_slot.h"
#include "verifier/print_state.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {
namespace {

constexpr u64 kMaxVarSize = 1 << 29;  // BPF_MAX_VAR_SIZ

// Types whose context is what the program sees: it is not translated, so a range of it can be given to a helper.
bool has_plain_ctx(u32 prog_type) {
  switch (prog_type) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_STRUCT_OPS:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_LIRC_MODE2:
    case BPF_PROG_TYPE_NETFILTER:
    case BPF_PROG_TYPE_SYSCALL: return true;
    default: return false;
  }
}

Outcome reject_type(Env& env, u32 regno) {
  return env.reject(diag::RegTypeExpected{}, regno, reg_type_str(env.cregs()[regno].type), reg_type_str(PTR_TO_STACK));
}

Outcome check_ctx_range(Env& env, u32 regno, int size, Access access, bool zero_size_allowed) {
  if (size == 0) return zero_size_allowed ? kOk : env.reject(diag::SilentZeroSizedCtxAccess{});
  return check_mem_access(env, env.insn_idx, regno, size - 1, isa::BPF_B, access, kNoReg, false, false);
}

// --- the stack
// --------------------------------------------------------------------------------------------------------

// An output buffer: remembered, and written byte by byte when the call is made.
Outcome remember_output(Env& env, u32 regno, const FuncState& frame, s64 begin, s64 end, CallArgMeta& meta) {
  for (s64 at = begin; at < end; at++) {
    const size_t spi = size_t(slot_of(at));
    if (spi < frame.stack.size() && frame.stack[spi].slot_type[byte_of(at)] == STACK_DYNPTR)
      return env.reject(diag::WriteToDynptr{}, at);
  }
  meta.access_size = int(end - begin);
  meta.regno = int(regno);
  return kOk;
}

enum class ByteUse { Fine, Clobber, ClobberSpill, Unreadable };

// What becomes of a byte that a call reads and, perhaps, writes.
ByteUse use_of_byte(const Env& env, const StackSlot& slot, int byte, bool clobber) {
  const u8 type = slot.slot_type[byte];
  if (type == STACK_MISC) return ByteUse::Fine;
  if (type == STACK_ZERO || (type == STACK_INVALID && env.allow_uninit_stack))
    return clobber ? ByteUse::Clobber : ByteUse::Fine;
  if (slot.is_spilled_reg() && (slot.spilled().is_scalar() || env.allow_ptr_leaks))
    return clobber ? ByteUse::ClobberSpill : ByteUse::Fine;
  return ByteUse::Unreadable;
}

Outcome reject_byte(Env& env, const RegState& reg, u32 regno, s64 begin, s64 at, int size, StackUse use) {
  const bool indirect = use == StackUse::Call && !env.target.features().stack_access_by_direction;
  if (indirect && reg.var.is_const())
    return env.reject(diag::InvalidIndirectStackRead{}, regno, begin, at - begin, size);
  if (indirect)
    return env.reject(diag::InvalidIndirectVarOffStackRead{}, regno, tnum_str(reg.var.var_off), at - begin, size);
  if (reg.var.is_const()) return env.reject(diag::InvalidStackReadReg{}, regno, begin, at - begin, size);
  return env.reject(diag::InvalidVarOffStackReadReg{}, regno, tnum_str(reg.var.var_off), at - begin, size);
}

Outcome use_range(Env& env, u32 regno, s64 begin, s64 end, int size, bool clobber, StackUse use) {
  const RegState& reg = env.cregs()[regno];
  const u32 frameno = reg.frameno;
  u64 slots = 0;
  for (s64 at = begin; at < end; at++) {
    const int spi = slot_of(at), byte = byte_of(at);
    const ByteUse what = use_of_byte(env, env.cur->cframe(frameno).stack[spi], byte, clobber);
    if (what == ByteUse::Unreadable) {
      mark_stack_read(env, frameno, slots);
      return reject_byte(env, env.cregs()[regno], regno, begin, at, size, use);
    }
    slots |= slot_bit(spi);
    if (what == ByteUse::Fine) continue;
    StackSlot& slot = env.cur->frame(frameno).stack[spi];
    if (what == ByteUse::Clobber) {
      slot.slot_type[byte] = STACK_MISC;
    } else {
      slot.reg.reset();
      scrub_slot(slot);
    }
  }
  mark_stack_read(env, frameno, slots);
  return kOk;
}

}  // namespace

Outcome check_stack_range_initialized(Env& env, u32 regno, int off, int access_size, bool zero_size_allowed,
                                      Access access, CallArgMeta* meta, StackUse use) {
  if (access_size == 0 && !zero_size_allowed) return env.reject(diag::ZeroSizedRead{});
  SKEP_TRY(check_stack_access_within_bounds(env, regno, off, access_size, access, use));
  const RegState& reg = env.cregs()[regno];
  const bool fixed = reg.var.is_const();
  if (!fixed && !env.bypass_spec_v1) return env.reject(diag::VarOffStackNotRoot{}, regno, tnum_str(reg.var.var_off));
  const s64 begin = (fixed ? s64(reg.var.var_off.value) : reg.var.smin) + off;
  const s64 end = (fixed ? s64(reg.var.var_off.value) : reg.var.smax) + off + access_size;
  // Which part of an output buffer at an unknown place is written is unknown too: it must be initialised.
  if (fixed && meta && meta->raw_mode)
    return remember_output(env, regno, env.cur->cframe(reg.frameno), begin, end, *meta);
  return use_range(env, regno, begin, end, access_size, access == Access::Write, use);
}

Outcome check_helper_mem_access(Env& env, u32 regno, int access_size, Access access, bool zero_size_allowed,
                                CallArgMeta* meta) {
  const RegState& reg = env.cregs()[regno];
  const bool write = access == Access::Write;
  switch (reg.base()) {
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META: return check_packet_access(env, regno, reg.off, access_size, zero_size_allowed);
    case PTR_TO_MAP_KEY:
      if (write) return env.reject(diag::CannotWriteInto{}, regno, reg_type_str(reg.type));
      return check_mem_region_access(env, regno, reg.off, access_size, reg.map.ptr->key_size, false);
    case PTR_TO_MAP_VALUE:
      SKEP_TRY(check_map_access_type(env, regno, reg.off, access_size, access));
      return check_map_access(env, regno, reg.off, access_size, zero_size_allowed, true);
    case PTR_TO_MEM:
      if (write && (reg.type & MEM_RDONLY)) return env.reject(diag::CannotWriteInto{}, regno, reg_type_str(reg.type));
      return check_mem_region_access(env, regno, reg.off, access_size, reg.mem.size, zero_size_allowed);
    case PTR_TO_BUF:
      if (write && (reg.type & MEM_RDONLY)) return env.reject(diag::CannotWriteInto{}, regno, reg_type_str(reg.type));
      return check_buffer_access(env, reg, regno, reg.off, access_size, zero_size_allowed);
    case PTR_TO_STACK:
      return check_stack_range_initialized(env, regno, reg.off, access_size, zero_size_allowed, access, meta);
    case PTR_TO_BTF_ID: return check_ptr_to_btf_access(env, regno, reg.off, access_size, Access::Read, kNoReg);
    case PTR_TO_CTX:
      if (has_plain_ctx(env.prog_type())) return check_ctx_range(env, regno, access_size, access, zero_size_allowed);
      break;
    default: break;
  }
  if (zero_size_allowed && access_size == 0 && reg.is_null()) return kOk;
  return reject_type(env, regno);
}

Outcome check_mem_size_reg(Env& env, const RegState& size_reg, u32 regno, Access access, bool zero_size_allowed,
                           CallArgMeta* meta) {
  const domain::Scalar size = size_reg.var;  // the register may move while the memory is looked at
  if (meta) meta->msize_max_value = size.umax;
  if (!size.is_const()) meta = nullptr;  // the helper may fill only a part: all must be initialised
  if (size.smin < 0) return env.reject(diag::SizeMinValueNegative{}, regno);
  if (size.umin == 0 && !zero_size_allowed)
    return env.reject(diag::SizeZeroSizedRead{}, regno, s64(size.umin), s64(size.umax));
  if (size.umax >= kMaxVarSize) return env.reject(diag::SizeUnbounded{}, regno);
  SKEP_TRY(check_helper_mem_access(env, regno - 1, int(size.umax), access, zero_size_allowed, meta));
  return mark_chain_precision(env, int(regno));
}

Outcome check_mem_reg(Env& env, RegState& reg, u32 regno, u32 mem_size) {
  if (reg.is_null()) return kOk;
  const RegState saved = reg;
  const bool nullable = reg.may_be_null();
  if (nullable) env.regs()[regno].type &= ~u32(PTR_MAYBE_NULL);  // NULL is for the callee to find out
  Outcome outcome = check_helper_mem_access(env, regno, int(mem_size), Access::Read, true, nullptr);
  if (outcome.ok()) outcome = check_helper_mem_access(env, regno, int(mem_size), Access::Write, true, nullptr);
  if (nullable) env.regs()[regno] = saved;
  return outcome;
}

}  // namespace skep::verifier
