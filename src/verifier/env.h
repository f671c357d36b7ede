// Env: one verification. Everything the passes share: the program as it is being checked, what each pass found out
// about each instruction and subprogram, the path being walked, the paths still to walk, and the log. Passed by
// reference; there are no globals.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "target/kfunc.h"
#include "verifier/outcome.h"
#include "verifier/state/state.h"
#include "verifier/verifier.h"

namespace skep::verifier {

class StackLiveness;  // stack_liveness.h
class Explored;       // prune/explored.h

// What is known about an instruction. Each field names the pass that writes it; others only read. There are up to a
// million: what only few instructions have is in InsnExtra.
struct InsnAux {
  bool prune_point = false, jmp_point = false;            // cfg
  bool force_checkpoint = false, calls_callback = false;  // cfg
  bool is_iter_next = false;                              // cfg
  bool seen = false;                                      // explore
  bool nospec = false, nospec_result = false;             // explore, step_*: barrier before / after it (speculation)
  u16 live_regs_before = 0;                               // live_regs: bit per register
  u16 precision_regs = 0;  // live_regs: walking back for precision goes over the insn if it wants none of these
  u8 alu_state = 0;
  u8 fastcall_pattern : 1 = 0, fastcall_spills : 7 = 0;  // fastcall: part of a spill/fill pattern; spills around a call
  u32 scc = 0;                                           // cfg: number of its strongly connected component, 0 if none
  u32 alu_limit = 0;                                     // step_alu: masking of pointer arithmetic (speculation)
  RegType ptr_type = NOT_INIT;                           // step_mem: pointer type of this load/store on earlier paths
  u32 extra = 0;                                         // place in Env::extras, from 1; 0: none
};

inline constexpr u16 kPrecisionAlways = 1u << 15;  // in precision_regs: it never goes over the insn

struct InsnExtra {
  // resolve: what a ld_imm64 refers to.
  const map::MapMeta* map = nullptr;  // map fd and map value forms: one of Env::used_maps
  u32 map_off = 0;                    // map value form
  struct {
    RegType type = NOT_INIT;
    const btf::Btf* types = nullptr;
    u32 id = 0;
    u32 mem_size = 0;
  } btf_var;
  // call: the map a helper is called with, and whether paths disagree on that.
  const map::MapMeta* call_map = nullptr;
  bool is_tail_call = false, call_maps_differ = false;
  // call: the object a kfunc makes, takes, or links by the node at this offset.
  const btf::Btf* object_types = nullptr;
  u32 object_type_id = 0, node_offset = 0;
  // call: bpf_loop inlining (decides precision of R4).
  bool loop_initialized = false, loop_fit_for_inline = false;
  u32 loop_callback_subprog = 0;
};

// Kinds of a global function's parameter (spec: instructions.md 14, btf-and-load.md 5.6).
struct FuncArg {
  enum class Kind : u8 { Anything, Ctx, Dynptr, Mem, BtfId, Arena } kind = Kind::Anything;
  u32 flags = 0;     // TypeFlag: PTR_MAYBE_NULL, PTR_TRUSTED, PTR_UNTRUSTED, MEM_RDONLY
  u32 mem_size = 0;  // Mem
  u32 btf_id = 0;    // BtfId: a vmlinux type
};

struct SubprogInfo {
  u32 start = 0;               // first insn
  u32 stack_depth = 0;         // bytes, as accessed; multiple of 8
  s32 fastcall_stack_off = 0;  // lowest stack offset of patterns (negative), 0: none
  bool keep_fastcall_stack = false;
  bool has_tail_call = false, tail_call_reachable = false, has_ld_abs = false;
  bool is_cb = false, is_async_cb = false, is_exception_cb = false;
  bool changes_pkt_data = false, might_sleep = false;
  // BTF prototype (btf_prepare_func_args).
  bool args_cached = false;
  u32 arg_cnt = 0;
  FuncArg args[5];
  // func_info
  bool is_global = false, unreliable = false;  // linkage; BTF does not describe it
  bool called = false, verified = false;       // global functions (do_check_subprogs)
  std::string_view name;                       // "" without func_info
};

// Insns of each subprogram in postorder, concatenated; `start[s]` indexes the first of subprogram s (order.cc).
struct Postorder {
  std::vector<int> insns;
  std::vector<int> start;  // per subprogram, plus the end
};

struct KfuncProto;  // call/kfunc.h

struct KfuncDesc {
  u32 func_id = 0;
  s16 offset = 0;
  const btf::Btf* types = nullptr;
  const btf::Type* func = nullptr;   // FUNC
  const btf::Type* proto = nullptr;  // FUNC_PROTO
  std::string_view name;
  std::shared_ptr<KfuncProto> info;  // its parameters, decoded once
};

// A path to walk later (bpf_verifier_stack_elem).
struct PendingPath {
  std::unique_ptr<VerifierState> state;
  int insn_idx, prev_insn_idx;
  u64 log_pos;
};

struct Env {
  Env(const Program&, const target::Target&, const ObjectSource&, const Options&, diag::Log&);
  ~Env();

  const Program& program;
  const target::Target& target;
  const ObjectSource& objects;
  const Options& options;
  diag::Log& log;

  // The program as it is being checked, and tables over it.
  std::vector<isa::Insn> insns;
  std::vector<InsnAux> aux;              // per insn
  std::vector<InsnExtra> extras;         // of the insns that have one
  std::vector<SubprogInfo> subprogs;     // ascending by start
  std::vector<u16> subprog_of_insn;      // per insn
  Postorder postorder;                   // order
  std::vector<btf::FuncInfo> func_info;  // per subprogram, or empty
  std::vector<btf::LineInfo> line_info;  // ascending by insn_off
  std::vector<KfuncDesc> kfuncs;         // sorted by (func_id, offset)
  Sha256 hash = {};                      // resolve: of the instructions, for maps of one program only; before that 0
  std::vector<std::shared_ptr<const map::MapMeta>> used_maps;
  std::vector<std::shared_ptr<const ProgBtf>> used_btfs;
  std::shared_ptr<const map::MapMeta> arena;
  target::ProgKind kind;  // what decides helpers and contexts (type, attach type, target name ...)
  int exception_cb_subprog = -1;
  bool has_back_jumps = false;  // order: without one there is no loop
  // Attach target (attach.cc): the FUNC prototype of a BTF context, null otherwise.
  const btf::Btf* attach_types = nullptr;
  const btf::Type* attach_func_proto = nullptr;
  std::string attach_func_name;
  bool attach_btf_trace = false;  // tp_btf: the first parameter is hidden
  u32 struct_ops_type_id = 0;
  u32 struct_ops_member = 0;
  struct CtxArgInfo {
    u32 offset;
    RegType type;
    u32 btf_id;
    const btf::Btf* types;
    u32 ref_obj_id = 0;
    bool refcounted = false;
  };
  std::vector<CtxArgInfo> ctx_arg_info;  // typed context slots of iterators and struct_ops

  bool strict_alignment = false, test_state_freq = false, test_reg_invariants = false;
  bool explore_alu_limits = false;
  bool allow_ptr_leaks, allow_uninit_stack, bypass_spec_v1, bypass_spec_v4, bpf_capable;
  bool seen_direct_write = false, seen_exception = false;

  // The walk. The pools come first: they outlive the states.
  Pool reg_pool{Cow<RegState>::node_size()};  // of spilled registers
  Pool frame_pool{Cow<FuncState>::node_size()};
  std::unique_ptr<VerifierState> cur;  // the path being walked
  std::vector<PendingPath> pending;    // branch stack, last in first out
  std::unique_ptr<Explored> explored;
  std::unique_ptr<StackLiveness> liveness;
  int insn_idx = 0, prev_insn_idx = -1;
  bool from_line_due = false;  // print "from A to B:" before the next insn
  int hist_prev_idx = -1;      // insn before the current one on this path, for the history
  int cur_hist_ent = -1;       // index in cur->jmp_history of this insn's entry, -1: none
  u32 id_gen = 0;
  u32 jmps_processed = 0, insns_processed = 0, prev_jmps_processed = 0, prev_insns_processed = 0;
  Stats stats;
  std::optional<diag::Rejection> rejection;  // the last one made

  // Printing (print_state.cc).
  u16 changed_regs = 0;
  u64 changed_slots = 0;
  u64 prev_log_pos = 0, prev_insn_print_len = 0;  // joining of state lines
  const btf::LineInfo* prev_linfo = nullptr;

  // --- helpers
  // -------------------------------------------------------------------------------------------------------------------------
  u32 new_id() { return ++id_gen; }
  VerifierState& state() { return *cur; }
  RegState* regs() { return cur->regs(); }  // R0..R10 of the current frame, for writing
  const RegState* cregs() const { return cur->cregs(); }
  const isa::Insn& insn() const { return insns[insn_idx]; }
  InsnAux& cur_aux() { return aux[insn_idx]; }
  // The extra of an insn: made if there is none; null if there is none.
  InsnExtra& make_extra(size_t i) {
    if (!aux[i].extra) {
      extras.emplace_back();
      aux[i].extra = u32(extras.size());
    }
    return extras[aux[i].extra - 1];
  }
  const InsnExtra* extra_of(size_t i) const { return aux[i].extra ? &extras[aux[i].extra - 1] : nullptr; }
  u32 prog_type() const { return kind.prog_type; }
  const btf::Btf* prog_btf() const { return program.btf ? program.btf->btf.get() : nullptr; }
  const btf::Btf* vmlinux() const { return target.vmlinux(); }
  // Structs of kernel BTF by name: id, or 0.
  u32 vmlinux_struct(std::string_view name) const;
  // The record of a struct of a program BTF, or nullptr (also for kernel types).
  const btf::Record* struct_record(const btf::Btf* types, u32 id) const;
  // The special fields behind a map value or allocated object (reg_btf_record).
  const btf::Record* reg_record(const RegState& reg) const;
  u32 subprog_at(u32 insn) const { return subprog_of_insn[insn]; }
  int find_subprog(u32 start) const;  // the subprogram that starts exactly there, or -1
  const KfuncDesc* find_kfunc(u32 func_id, s16 offset) const;
  u32 subprog_end(u32 subprog) const {
    return subprog + 1 < subprogs.size() ? subprogs[subprog + 1].start : u32(insns.size());
  }

  void mark_reg_changed(u32 regno) { changed_regs |= u16(1u << regno); }  // mark_reg_scratched
  void mark_slot_changed(u32 spi) { changed_slots |= u64{1} << spi; }     // mark_stack_slot_scratched
  void mark_all_changed() {
    changed_regs = 0xffff;
    changed_slots = ~u64{0};
  }  // mark_verifier_state_scratched

  // The program is rejected: prints the kernel's text, keeps the typed value, returns its errno.
  template <typename K, typename... Args>
  Outcome reject(K k, const Args&... args) {
    return reject_with(K::kError, k, args...);
  }
  // The same with another errno than the kind's usual one.
  template <typename K, typename... Args>
  Outcome reject_with(int error, K k, const Args&... args) {
    note(k, args...);
    rejection->error = error;
    return Outcome::error(error);
  }
  // Prints a text that leads to a rejection but does not decide it (the detail line before a summary), and remembers
  // it.
  template <typename K, typename... Args>
  void note(K k, const Args&... args) {
    rejection = diag::make_rejection(k, args...);
    log.write(rejection->line);
  }
  // A state the kernel calls its own bug: EFAULT with "verifier bug: " text.
  Outcome verifier_bug(std::string_view text);
};

// --- registers (env.cc)
// -------------------------------------------------------------------------------------------------------------------
enum class RegUse { SrcOp, DstOp, DstOpNoMark };
// Readable as a source, writable as a destination (check_reg_arg); DstOp makes the register unknown, DstOpNoMark leaves
// it.
Outcome check_reg_arg(Env&, u32 regno, RegUse use);
void mark_reg_unknown(Env&, RegState* regs, u32 regno);  // unknown scalar, precise if not CAP_BPF
void mark_reg_not_init(Env&, RegState* regs, u32 regno);
void mark_reg_known_zero(Env&, RegState* regs,
                         u32 regno);  // known 0 scalar... of the register's present type (kernel semantics)
// Mark as BTF pointer: PTR_TO_BTF_ID with flags; result may be a scalar if `type` says so (mark_btf_ld_reg).
void mark_btf_ld_reg(Env&, RegState* regs, u32 regno, RegType type, const btf::Btf* types, u32 btf_id, u32 flags);
bool is_pointer_value(const Env&, u32 regno);  // and leaking it is not allowed
bool is_ctx_reg(const Env&, u32 regno);
bool is_sk_reg(const Env&, u32 regno);
bool is_pkt_reg(const Env&, u32 regno);
bool is_flow_key_reg(const Env&, u32 regno);
bool is_arena_reg(const Env&, u32 regno);
bool is_trusted_reg(const Env&, const RegState& reg);
bool is_rcu_reg(const RegState& reg);
bool in_rcu_cs(const Env&);
bool in_sleepable(const Env&);
bool type_is_sk_pointer(RegType t);
bool type_may_hold_lock(const Env&, const RegState& reg);  // reg_may_point_to_spin_lock
// Converts every packet pointer into an unknown scalar (or unreadable): clear_all_pkt_pointers.
void clear_all_pkt_pointers(Env&);
// Invalidates a register because what it pointed to is gone: unknown scalar, or unreadable without allow_ptr_leaks
// (mark_reg_invalid).
void mark_reg_invalid(Env&, RegState& reg);
// Drops the reference and invalidates all its copies (release_reference). False: there is no such reference.
bool release_reference(Env&, u32 ref_obj_id);
u32 acquire_reference(Env&, int insn_idx);  // returns the new id
// Invariants of a scalar's ranges (reg_bounds_sanity_check); `context` as the message names it ("alu", "ldx" ...).
Outcome reg_bounds_sanity_check(Env&, RegState& reg, const char* context);

// Pushes a copy of the current state as a path to walk later (push_stack). nullptr: too many ("The sequence of %d jumps
// is too complex." is printed; the caller returns its errno).
VerifierState* push_stack(Env&, int insn_idx, int prev_insn_idx, bool speculative);
// A fresh frame-0 state for an asynchronous callback (push_async_cb).
VerifierState* push_async_cb(Env&, int insn_idx, int prev_insn_idx, int subprog, bool is_sleepable);

// History of the current insn (push_jmp_history): adds `flags`/linked registers to its entry.
void push_jmp_history(Env&, VerifierState&, u32 flags, u64 linked_regs);

}  // namespace skep::verifier
