// Functions of the program as their BTF describes them: prototypes of global functions, argument tags, and the match at
// a call (spec: btf-and-load.md 5.6 to 5.8, instructions.md 14).
#include "verifier/call/func_args.h"

#include "verifier/call/args.h"

namespace skep::verifier {

namespace {

constexpr u32 kMaxArgs = 5;

enum Tag : u32 { kTagCtx = 1, kTagTrusted = 2, kTagUntrusted = 4, kTagNonnull = 8, kTagNullable = 16, kTagArena = 32 };

u32 tag_bit(std::string_view name) {
  if (name == "ctx") return kTagCtx;
  if (name == "trusted") return kTagTrusted;
  if (name == "untrusted") return kTagUntrusted;
  if (name == "nonnull") return kTagNonnull;
  if (name == "nullable") return kTagNullable;
  if (name == "arena") return kTagArena;
  return 0;
}

// One prototype being read.
class Prototype {
 public:
  Prototype(Env& env, int subprog)
      : env_(env), info_(env.subprogs[subprog]), types_(*env.prog_btf()), func_id_(env.func_info[subprog].type_id) {}
  Outcome read();

 private:
  Outcome silent() const { return Outcome::error(EINVAL); }
  Outcome read_tags(u32 i, u32& tags);
  Outcome read_arg(u32 i, u32 type_id, FuncArg& arg);
  Outcome read_pointer(u32 i, u32 type_id, u32 tags, FuncArg& arg);
  Outcome read_ctx(u32 i, u32 type_id, u32 tags, FuncArg& arg);
  Outcome read_trusted(u32 i, u32 type_id, u32 tags, FuncArg& arg);
  Outcome read_untrusted(u32 i, u32 type_id, u32 tags, FuncArg& arg);
  Outcome read_memory(u32 i, u32 type_id, u32 tags, FuncArg& arg);
  Outcome check_ctx_tag(u32 i, u32 type_id);
  Outcome find_kernel_type(u32 i, u32 type_id, u32& btf_id);
  const btf::Type* pointee(u32 type_id, u32* id = nullptr) const { return types_.resolve_ptr(type_id, id); }

  Env& env_;
  SubprogInfo& info_;
  const btf::Btf& types_;
  u32 func_id_;
};

Outcome Prototype::read_tags(u32 i, u32& tags) {
  for (int nth = 0;; nth++) {
    auto tag = types_.find_decl_tag(func_id_, s32(i), "arg:", nth);
    if (!tag) return kOk;
    if (!info_.is_global) return env_.reject(diag::ArgTagStatic{}, i);
    u32 bit = tag_bit(*tag);
    if (!bit) return env_.reject(diag::ArgTagUnsupported{}, i);
    tags |= bit;
  }
}

// The one vmlinux type of the parameter's kind and name, flavour suffix aside.
Outcome Prototype::find_kernel_type(u32 i, u32 type_id, u32& btf_id) {
  const btf::Type* local = pointee(type_id);
  if (!local || !env_.vmlinux()) return silent();
  std::string_view name = types_.name_of(local);
  if (name.empty()) return env_.reject(diag::ArgCandidateError{}, i, btf::kind_name(local), "(anon)", -EINVAL);
  std::vector<u32> found = env_.vmlinux()->find_all_flavors(name.substr(0, name.find("___")), local->kind());
  if (found.empty()) return env_.reject(diag::ArgCandidateNone{}, i, btf::kind_name(local), name, "has no matches");
  if (found.size() > 1)
    return env_.reject_with(ESRCH, diag::ArgCandidateNone{}, i, btf::kind_name(local), name, "is ambiguous");
  btf_id = found[0];
  return kOk;
}

// What an arg:ctx parameter may be declared as (5.7).
Outcome Prototype::check_ctx_tag(u32 i, u32 type_id) {
  const btf::Type* ptr = types_.skip_modifiers(type_id);
  if (!ptr || !btf::is_ptr(ptr)) return env_.reject(diag::CtxArgNotPointer{}, i);
  const btf::Type* target = types_.skip_modifiers(ptr->type());
  if (target && btf::is_void(target)) return kOk;
  if (is_prog_ctx_type(env_, types_, type_id)) return kOk;
  std::string_view name = target ? types_.name_of(target) : std::string_view();
  if (name.empty()) return env_.reject(diag::CtxArgWithoutName{}, i);
  u32 type = env_.program.prog_type;
  if (type == BPF_PROG_TYPE_TRACEPOINT || type == BPF_PROG_TYPE_SYSCALL || type == BPF_PROG_TYPE_EXT) return kOk;
  bool is_u64 = btf::is_int(target) && target->size() == 8;
  if (is_u64 && (type == BPF_PROG_TYPE_RAW_TRACEPOINT || type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE ||
                 type == BPF_PROG_TYPE_LSM || type == BPF_PROG_TYPE_STRUCT_OPS || type == BPF_PROG_TYPE_TRACING))
    return kOk;
  if (type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_PERF_EVENT) {
    if (btf::is_struct(target) && name == "pt_regs") return kOk;
  }
  if (type == BPF_PROG_TYPE_TRACING && env_.kind.attach_type == BPF_TRACE_ITER && name.starts_with("bpf_iter__"))
    return kOk;
  if (type == BPF_PROG_TYPE_TRACING && env_.kind.attach_type == BPF_TRACE_RAW_TP && name == "bpf_raw_tracepoint_args")
    return kOk;
  const char* wanted = env_.target.ctx_struct_name(type);
  return wanted ? env_.reject(diag::CtxArgWrongStruct{}, i, wanted) : env_.reject(diag::CtxArgNotVoid{}, i);
}

Outcome Prototype::read_ctx(u32 i, u32 type_id, u32 tags, FuncArg& arg) {
  if (tags & ~kTagCtx) return env_.reject(diag::ArgTagCombination{}, i);
  if (tags & kTagCtx) SKEP_TRY(check_ctx_tag(i, type_id));
  arg.kind = FuncArg::Kind::Ctx;
  return kOk;
}

Outcome Prototype::read_trusted(u32 i, u32 type_id, u32 tags, FuncArg& arg) {
  if (tags & kTagNonnull) return env_.reject(diag::ArgTagCombination{}, i);
  SKEP_TRY(find_kernel_type(i, type_id, arg.btf_id));
  arg.kind = FuncArg::Kind::BtfId;
  arg.flags = PTR_TRUSTED | (tags & kTagNullable ? u32(PTR_MAYBE_NULL) : 0);
  return kOk;
}

Outcome Prototype::read_untrusted(u32 i, u32 type_id, u32 tags, FuncArg& arg) {
  if (tags & ~kTagUntrusted) return env_.reject(diag::ArgUntrustedCombination{}, i);
  const btf::Type* target = pointee(type_id);
  if (target && (btf::is_void(target) || btf::is_scalar(target))) {
    arg.kind = FuncArg::Kind::Mem;
    arg.flags = MEM_RDONLY | PTR_UNTRUSTED;
    return kOk;
  }
  SKEP_TRY(find_kernel_type(i, type_id, arg.btf_id));
  const btf::Type* kernel = env_.vmlinux()->type_by_id(arg.btf_id);
  if (!btf::is_struct(kernel))  // the kernel prints the name of the pointer, which has none
    return env_.reject(diag::ArgNotStructOrPrimitive{}, i, btf::kind_name(kernel), "(anon)");
  arg.kind = FuncArg::Kind::BtfId;
  arg.flags = PTR_UNTRUSTED;
  return kOk;
}

Outcome Prototype::read_memory(u32 i, u32 type_id, u32 tags, FuncArg& arg) {
  if (tags & kTagNullable) return env_.reject(diag::ArgTagCombination{}, i);
  u32 id = 0;
  const btf::Type* target = pointee(type_id, &id);
  std::optional<u32> size = target ? types_.resolve_size(id) : std::nullopt;
  if (!size)
    return env_.reject(diag::ArgSizeUnknown{}, i, target ? btf::kind_name(target) : "UNKNOWN",
                       target ? types_.name_of(target) : "", -EINVAL);
  arg.kind = FuncArg::Kind::Mem;
  arg.flags = tags & kTagNonnull ? 0 : u32(PTR_MAYBE_NULL);
  arg.mem_size = *size;
  return kOk;
}

// The first meaning that fits, in the kernel's order.
Outcome Prototype::read_pointer(u32 i, u32 type_id, u32 tags, FuncArg& arg) {
  if ((tags & kTagCtx) || is_prog_ctx_type(env_, types_, type_id)) return read_ctx(i, type_id, tags, arg);
  const btf::Type* target = pointee(type_id);
  bool is_dynptr = target && (target->kind() == btf::Kind::Struct || target->kind() == btf::Kind::Fwd) &&
                   types_.name_of(target) == "bpf_dynptr";
  if (is_dynptr) {
    if (tags) return env_.reject(diag::ArgTagCombination{}, i);
    arg.kind = FuncArg::Kind::Dynptr;
    return kOk;
  }
  if (tags & kTagTrusted) return read_trusted(i, type_id, tags, arg);
  if (tags & kTagUntrusted) return read_untrusted(i, type_id, tags, arg);
  if (tags & kTagArena) {
    if (tags & ~kTagArena) return env_.reject(diag::ArgArenaCombination{}, i);
    arg.kind = FuncArg::Kind::Arena;
    return kOk;
  }
  return info_.is_global ? read_memory(i, type_id, tags, arg) : silent();
}

Outcome Prototype::read_arg(u32 i, u32 type_id, FuncArg& arg) {
  u32 tags = 0;
  SKEP_TRY(read_tags(i, tags));
  const btf::Type* type = types_.skip_modifiers(type_id);
  if (type && btf::is_ptr(type)) return read_pointer(i, type_id, tags, arg);
  if (tags) return env_.reject(diag::ArgTagNotPointer{}, i);
  if (type && btf::is_scalar(type)) {
    arg.kind = FuncArg::Kind::Anything;
    return kOk;
  }
  if (!info_.is_global) return silent();
  return env_.reject(diag::ArgTypeNotSupported{}, i, type ? btf::kind_name(type) : "UNKNOWN", info_.name);
}

Outcome Prototype::read() {
  const btf::Type* func = types_.type_by_id(func_id_);
  const btf::Type* proto = func ? types_.type_by_id(func->type()) : nullptr;
  if (!func_id_ || !proto || proto->kind() != btf::Kind::FuncProto)
    return info_.is_global ? env_.reject(diag::GlobalFuncNeedsBtf{}) : silent();
  std::span<const btf::Param> params = types_.params(proto);
  if (params.size() > kMaxArgs)
    return info_.is_global ? env_.reject(diag::GlobalFuncTooManyArgs{}, info_.name, params.size(), kMaxArgs) : silent();
  const btf::Type* ret = types_.skip_modifiers(proto->type());
  if (!ret || !btf::is_scalar(ret))
    return info_.is_global ? env_.reject(diag::GlobalFuncNotScalar{}, info_.name) : silent();
  FuncArg args[kMaxArgs];
  for (u32 i = 0; i < params.size(); i++) SKEP_TRY(read_arg(i, params[i].type, args[i]));
  std::copy(std::begin(args), std::end(args), info_.args);
  info_.arg_cnt = u32(params.size());
  info_.args_cached = true;
  return kOk;
}

// --- the match at a call
// ------------------------------------------------------------------------------------------------------

Outcome match_memory(Env& env, const FuncArg& arg, u32 i, u32 regno) {
  if (arg.flags & PTR_UNTRUSTED) return kOk;
  SKEP_TRY(check_func_arg_reg_off(env, env.cregs()[regno], regno, target::ArgKind::None, 0));
  if (!check_mem_reg(env, env.regs()[regno], regno, arg.mem_size).ok()) return Outcome::error(EINVAL);
  bool maybe_null =
      env.cregs()[regno].may_be_null() || env.cregs()[regno].is_null();  // Linux 6.18 lets a plain NULL pass
  if (!(arg.flags & PTR_MAYBE_NULL) && maybe_null) return env.reject(diag::ArgNotNonNull{}, i);
  return kOk;
}

Outcome match_arg(Env& env, const FuncArg& arg, u32 i) {
  u32 regno = i + 1;
  const RegState& reg = env.cregs()[regno];
  switch (arg.kind) {
    case FuncArg::Kind::Anything: return reg.type == SCALAR_VALUE ? kOk : env.reject(diag::RegNotScalar{}, regno);
    case FuncArg::Kind::Ctx:
      SKEP_TRY(check_func_arg_reg_off(env, reg, regno, target::ArgKind::None, 0));
      return reg.type == PTR_TO_CTX ? kOk : env.reject(diag::ArgExpectsCtx{}, i);
    case FuncArg::Kind::Mem: return match_memory(env, arg, i, regno);
    case FuncArg::Kind::Arena:
      if (reg.base() == PTR_TO_ARENA || reg.type == SCALAR_VALUE) return kOk;
      return env.reject(diag::RegNotArenaOrScalar{}, regno);
    case FuncArg::Kind::Dynptr:
      SKEP_TRY(check_func_arg_reg_off(env, reg, regno, target::ArgKind::Dynptr, 0));
      return process_dynptr_func(env, regno, -1, target::kArgRdonly, DynptrType::Invalid, 0);
    case FuncArg::Kind::BtfId: {
      if (arg.flags & PTR_UNTRUSTED) return kOk;
      bool nullable = arg.flags & PTR_MAYBE_NULL;
      if (reg.is_null() && nullable) return kOk;
      std::string name(env.vmlinux()->name_of(arg.btf_id));
      return check_btf_struct_arg(env, regno, name.c_str(), nullable);
    }
  }
  return kOk;
}

}  // namespace

bool is_prog_ctx_type(const Env& env, const btf::Btf& types, u32 ptr_id) {
  const btf::Type* ptr = types.skip_modifiers(ptr_id);
  if (!ptr || !btf::is_ptr(ptr)) return false;
  const btf::Type* target = types.type_by_id(ptr->type());
  while (target && btf::is_modifier(target)) {
    bool user_regs = target->kind() == btf::Kind::Typedef && types.name_of(target) == "bpf_user_pt_regs_t";
    if (env.prog_type() == BPF_PROG_TYPE_KPROBE && user_regs) return true;
    target = types.type_by_id(target->type());
  }
  if (!target || target->kind() != btf::Kind::Struct) return false;
  std::string_view name = types.name_of(target);
  const char* user = env.target.ctx_struct_name(env.prog_type());
  if (!user) return false;
  if (name == user) return true;
  const char* kernel = env.target.ctx_kernel_struct_name(env.prog_type());
  bool projection = std::string_view(user) == "__sk_buff" || std::string_view(user) == "xdp_md";
  if (projection && kernel && name == kernel) return true;
  return env.prog_type() == BPF_PROG_TYPE_KPROBE && kernel && name == kernel;
}

Outcome btf_prepare_func_args(Env& env, int subprog) {
  if (env.subprogs[subprog].args_cached) return kOk;
  if (env.func_info.empty() || !env.prog_btf()) return Outcome::error(EINVAL);
  return Prototype(env, subprog).read();
}

Outcome btf_check_subprog_call(Env& env, int subprog, RegState*) {
  SubprogInfo& info = env.subprogs[subprog];
  if (env.func_info.empty() || info.unreliable) return Outcome::error(EINVAL);
  Outcome outcome = btf_prepare_func_args(env, subprog);
  for (u32 i = 0; outcome.ok() && i < info.arg_cnt; i++) outcome = match_arg(env, info.args[i], i);
  // A static function that is called otherwise than its BTF says is walked with what it is given, and never asked
  // again.
  if (!outcome.ok() && !info.is_global) info.unreliable = true;
  return outcome;
}

}  // namespace skep::verifier
