// Memory accesses: one file per pointer type behind check_mem_access (spec: memory.md), and the tests that helpers and
// kfuncs make of memory arguments (spec: helpers.md 4).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

enum class Access { Read, Write };
inline constexpr int kNoReg = -1;  // value_regno: nothing is loaded (atomic test read) or stored (ST)

// What the arguments of a helper or kfunc call have told so far (bpf_call_arg_meta; spec: helpers.md, kfuncs.md).
struct CallArgMeta {
  const map::MapMeta* map = nullptr;
  u32 map_uid = 0;
  bool raw_mode = false;  // the argument at hand is an output buffer
  bool pkt_access = false;
  u8 release_regno = 0;
  int regno = 0;  // raw_mode: register and size of the buffer to write
  int access_size = 0;
  u64 mem_size = 0;
  u64 msize_max_value = 0;  // largest value of the size argument
  u32 ref_obj_id = 0;
  u32 dynptr_id = 0;
  int func_id = 0;
  const btf::Btf* btf = nullptr;
  u32 btf_id = 0;  // argument's or result's type
  const btf::Btf* ret_btf = nullptr;
  u32 ret_btf_id = 0;
  u32 subprogno = 0;
  const btf::RecordField* kptr_field = nullptr;
  s64 const_map_key = -1;  // known key of an array look-up
  RegType dynptr_type_flag = 0;
};

// mem/access.cc
// ----------------------------------------------------------------------------------------------------------------------------
// One load or store of size_bytes(size_code) at reg+off (check_mem_access). value_regno: register loaded or stored, or
// kNoReg.
Outcome check_mem_access(Env&, int insn_idx, u32 regno, int off, u8 size_code, Access, int value_regno,
                         bool strict_alignment_once, bool is_ldsx);
Outcome check_ptr_alignment(Env&, const RegState&, int off, int size, bool strict_once);
// [off, +size) inside [0, mem_size): else only the detail line, in the words of the register's type
// (__check_mem_access).
Outcome check_fixed_region(Env&, u32 regno, s64 off, int size, u32 mem_size, bool zero_size_allowed);
// A store of a pointer that may not be leaked (no CAP_PERFMON).
bool leaks_pointer(const Env&, int value_regno);
// "Offset form" (memory.md 3): constant offset 0; fixed_off_ok: a fixed offset >= 0 is fine too (__check_ptr_off_reg).
Outcome check_ptr_off_reg(Env&, const RegState&, u32 regno, bool fixed_off_ok);
// Region rule (memory.md 1): [off + var, + size) inside mem_size bytes (check_mem_region_access).
Outcome check_mem_region_access(Env&, u32 regno, int off, int size, u32 mem_size, bool zero_size_allowed);
// The same load/store met with a different pointer type (save_aux_ptr_type).
Outcome save_aux_ptr_type(Env&, RegType type, bool allow_trust_mismatch);

// per pointer type
Outcome check_stack_read(Env&, u32 ptr_regno, int off, int size, int dst_regno);                   // mem/stack_read.cc
Outcome check_stack_write(Env&, u32 ptr_regno, int off, int size, int value_regno, int insn_idx);  // mem/stack_write.cc
// Who touches the stack: an instruction, or a call through a pointer. Only the wording depends on it, and only on some
// targets.
enum class StackUse : u8 { Direct, Call };
Outcome check_stack_access_within_bounds(Env&, u32 regno, int off, int size, Access,
                                         StackUse use = StackUse::Direct);  // mem/stack_bounds.cc
Outcome check_map_access(Env&, u32 regno, int off, int size, bool zero_size_allowed,
                         bool from_helper);                                 // mem/map_value.cc
Outcome check_map_access_type(Env&, u32 regno, int off, int size, Access);  // mem/map_value.cc
Outcome check_map_kptr_access(Env&, u32 regno, int value_regno, int insn_idx,
                              const btf::RecordField& field);                                      // mem/kptr_access.cc
Outcome map_kptr_match_type(Env&, const btf::RecordField& field, const RegState& reg, u32 regno);  // mem/kptr_access.cc
bool map_is_rdonly_const(const map::MapMeta&);
// The bytes of a frozen read-only map as a number (bpf_map_direct_read); nullopt: no direct values there.
std::optional<u64> map_direct_read(const map::MapMeta&, u64 off, int size, bool sign_extend);
Outcome check_packet_access(Env&, u32 regno, int off, int size, bool zero_size_allowed);  // mem/packet.cc
// What a context load gives.
struct CtxLoad {
  RegType reg_type = SCALAR_VALUE;
  const btf::Btf* types = nullptr;  // PTR_TO_BTF_ID
  u32 btf_id = 0, ref_obj_id = 0;
  bool is_retval = false;  // the return value an LSM hook's program looks at
};
Outcome check_ctx_access(Env&, int off, int size, Access, bool is_ldsx, CtxLoad& out);  // mem/ctx.cc
Outcome check_sock_access(Env&, int insn_idx, u32 regno, int off, int size, Access);    // mem/sock.cc
Outcome check_flow_keys_access(Env&, int off, int size);                                // mem/sock.cc
Outcome check_tp_buffer_access(Env&, const RegState&, u32 regno, int off, int size);    // mem/buf.cc
Outcome check_buffer_access(Env&, const RegState&, u32 regno, int off, int size, bool zero_size_allowed);  // mem/buf.cc
Outcome check_ptr_to_btf_access(Env&, u32 regno, int off, int size, Access, int value_regno);  // mem/btf_id.cc
Outcome check_ptr_to_map_access(Env&, u32 regno, int off, int size, Access, int value_regno);  // mem/btf_id.cc

// BTF structs (mem/btf_walk.cc): what lies at [off, +size) of struct `id` (btf_struct_walk).
struct WalkResult {
  enum class Kind { Scalar, Ptr, RdonlyUntrustedMem, Struct, Error } kind = Kind::Scalar;
  u32 id = 0;              // pointee of Ptr
  u32 flags = 0;           // TypeFlag of tags
  std::string_view field;  // member name (Ptr)
};
Outcome btf_struct_walk(Env&, const btf::Btf& types, u32 id, int off, int size, bool alloc_obj, WalkResult& out);
// struct `id` at offset `off` is or (unless strict) begins with / contains at that offset the struct (need_types,
// need_id) (btf_struct_ids_match).
bool btf_struct_ids_match(Env&, const btf::Btf& types, u32 id, int off, const btf::Btf& need_types, u32 need_id,
                          bool strict);
// BTF contexts: fentry/LSM/tp_btf/struct_ops/iter arguments (mem/btf_ctx.cc, btf_ctx_access). False: refused (a note
// may have been printed).
bool btf_ctx_access(Env&, int off, int size, Access, CtxLoad& out);

// memory arguments of calls (mem/helper_mem.cc)
// ---------------------------------------------------------------------------------------------
Outcome check_helper_mem_access(Env&, u32 regno, int access_size, Access, bool zero_size_allowed, CallArgMeta*);
Outcome check_stack_range_initialized(Env&, u32 regno, int off, int access_size, bool zero_size_allowed, Access,
                                      CallArgMeta*, StackUse use = StackUse::Call);
Outcome check_mem_size_reg(Env&, const RegState& size_reg, u32 regno, Access, bool zero_size_allowed, CallArgMeta*);
// Memory of mem_size bytes, read and written (a global function's argument, a kfunc's MEM); NULL passes
// (check_mem_reg).
Outcome check_mem_reg(Env&, RegState& reg, u32 regno, u32 mem_size);
Outcome check_reg_const_str(Env&, const RegState&, u32 regno);

// Grows the frame's stack to hold `off` (negative) bytes (grow_stack_state).
void grow_stack(Env&, FuncState&, int bytes);
// Marks for stack liveness: the slot [spi] of frame `frameno` is read / fully written by the current insn.
void mark_stack_read(Env&, u32 frameno, u64 slots);
void mark_stack_write(Env&, u32 frameno, u64 slots);

}  // namespace skep::verifier
