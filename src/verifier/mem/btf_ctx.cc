// Contexts that are a list of arguments described by BTF: fentry, LSM, raw tracepoints, iterators, struct_ops
// (spec: memory.md 3, btf-and-load.md 6.4, 6.5). Every argument takes 8 bytes, structs by value more.
#include "target/btf_facts.h"
#include "verifier/mem/mem.h"

namespace skep::verifier {
namespace {

constexpr int kMaxFuncArgs = 12;  // MAX_BPF_FUNC_ARGS
constexpr u32 kDefaultArgs = 5;   // of a context nobody describes
constexpr std::string_view kTracePrefix = "btf_trace_";

bool is_small_int(const btf::Type* t) {
  return btf::is_int(t) && (t->size() == 1 || t->size() == 2 || t->size() == 4 || t->size() == 8);
}

u32 slot_bytes(const btf::Btf& types, u32 type_id) {
  const btf::Type* t = types.skip_modifiers(type_id);
  if (!t || btf::is_ptr(t)) return 8;
  if (btf::is_void(t)) return 0;
  return (types.resolve_size(type_id).value_or(8) + 7) / 8 * 8;
}

// The argument at `off`; the number of arguments: the return value; one more: nothing.
u32 arg_at(const btf::Btf& types, const btf::Type* proto, u32 off) {
  u32 end = 0, i = 0;
  for (const btf::Param& param : types.params(proto)) {
    end += slot_bytes(types, param.type);
    if (off < end) return i;
    i++;
  }
  return off < end + slot_bytes(types, proto->type()) ? i : i + 1;
}

// Which pointers in the context are valid for the whole of the program.
bool args_trusted(const Env& env) {
  switch (env.prog_type()) {
    case BPF_PROG_TYPE_TRACING:
      return env.kind.attach_type == BPF_TRACE_RAW_TP || env.kind.attach_type == BPF_TRACE_ITER;
    case BPF_PROG_TYPE_LSM: return !target::is_untrusted_lsm_hook(env.attach_func_name);
    case BPF_PROG_TYPE_STRUCT_OPS: return true;
    default: return false;
  }
}

// The type of what lies at `off`, or nullptr: refused.
struct CtxArg {
  u32 index = 0;
  const btf::Param* param = nullptr;  // null: the return value
  u32 type_id = 0;
  const btf::Type* type = nullptr;  // modifiers skipped
};

bool find_return_value(Env& env, CtxArg& arg, CtxLoad& out) {
  const btf::Btf& types = *env.attach_types;
  arg.type_id = env.attach_func_proto->type();
  switch (env.kind.attach_type) {
    case BPF_LSM_MAC: out.is_retval = true; return true;
    case BPF_LSM_CGROUP:
    case BPF_TRACE_FEXIT: return true;
    case BPF_MODIFY_RETURN: {
      const btf::Type* t = types.skip_modifiers(arg.type_id);
      if (t && is_small_int(t)) return true;
      env.note(diag::RetTypeNotAllowed{}, t ? btf::kind_name(t) : "UNKNOWN");
      return false;
    }
    default: env.note(diag::FuncNoSuchArg{}, env.attach_func_name, arg.index + 1); return false;
  }
}

bool find_arg(Env& env, int off, CtxArg& arg, CtxLoad& out) {
  const btf::Btf& types = *env.attach_types;
  auto params = types.params(env.attach_func_proto);
  arg.index = arg_at(types, env.attach_func_proto, u32(off));
  if (env.attach_btf_trace && !params.empty()) params = params.subspan(1);
  if (arg.index > params.size()) {
    env.note(diag::FuncNoSuchArg{}, env.attach_func_name, arg.index + 1);
    return false;
  }
  if (arg.index == params.size()) {
    if (!find_return_value(env, arg, out)) return false;
  } else {
    arg.param = &params[arg.index];
    arg.type_id = arg.param->type;
  }
  arg.type = types.skip_modifiers(arg.type_id);
  return arg.type != nullptr;
}

// Iterators and struct_ops say more of some arguments than their BTF does. nullptr: not of this one.
const Env::CtxArgInfo* arg_info_at(const Env& env, int off) {
  for (const Env::CtxArgInfo& info : env.ctx_arg_info)
    if (info.offset == u32(off)) return &info;
  return nullptr;
}

bool is_nullable_buf(const Env::CtxArgInfo& info) {
  return base_type(info.type) == PTR_TO_BUF && type_may_be_null(info.type);
}

bool load_described(Env& env, const Env::CtxArgInfo& info, int off, CtxLoad& out) {
  if (!info.btf_id) {
    env.note(diag::CtxArgInvalidBtfId{}, off);
    return false;
  }
  out.reg_type = info.type;
  out.types = info.types ? info.types : env.vmlinux();
  out.btf_id = info.btf_id;
  out.ref_obj_id = info.ref_obj_id;
  return true;
}

// Raw tracepoints: which arguments may be NULL or an error value is a table. True: an error value.
bool apply_tracepoint_facts(const Env& env, u32 index, RegType& type) {
  if (env.kind.attach_type != BPF_TRACE_RAW_TP || !env.target.features().nullable_tracepoint_args) return false;
  std::string_view name = env.attach_func_name;
  if (name.starts_with(kTracePrefix)) name.remove_prefix(kTracePrefix.size());
  const target::TracepointArgs* facts = target::tracepoint_args(name);
  if (!facts) {
    const bool from_module = env.attach_types != env.vmlinux() && env.attach_types->is_kernel();
    if (from_module) type |= PTR_MAYBE_NULL;
    return false;
  }
  if (facts->null >> index & 1) type |= PTR_MAYBE_NULL;
  return facts->error >> index & 1;
}

// fentry and fexit of a program: its context, as the kernel has it.
bool translate_ctx(Env& env, CtxLoad& out) {
  const char* name = env.target.ctx_kernel_struct_name(env.program.attach_prog->program.prog_type);
  out.types = env.vmlinux();
  out.btf_id = name ? env.vmlinux_struct(name) : 0;
  return out.btf_id != 0;
}

u32 tag_flags(const btf::Btf& types, const btf::Type* pointer) {
  const btf::Type* tag = types.type_by_id(pointer->type());
  if (!tag || tag->kind() != btf::Kind::TypeTag || tag->kflag()) return 0;
  const std::string_view name = types.name_of(tag);
  return name == "user" ? u32(MEM_USER) : name == "percpu" ? u32(MEM_PERCPU) : 0;
}

// TCP congestion control gets its sockets as what they are.
void promote_to_tcp_sock(const Env& env, CtxLoad& out) {
  constexpr u32 kUnsafe = ~u32(PTR_TRUSTED | MEM_ALLOC | NON_OWN_REF);
  if (env.prog_type() != BPF_PROG_TYPE_STRUCT_OPS || !env.vmlinux()) return;
  if (env.vmlinux()->name_of(env.struct_ops_type_id) != "tcp_congestion_ops") return;
  if (base_type(out.reg_type) != PTR_TO_BTF_ID || (type_flag(out.reg_type) & kUnsafe)) return;
  if (out.btf_id == env.vmlinux_struct("sock")) out.btf_id = env.vmlinux_struct("tcp_sock");
}

bool load_struct_ptr(Env& env, const CtxArg& arg, CtxLoad& out) {
  const btf::Btf& types = *env.attach_types;
  out.reg_type = PTR_TO_BTF_ID;
  if (args_trusted(env)) out.reg_type |= PTR_TRUSTED;
  if (arg.param && types.string_at(arg.param->name_off).ends_with("__nullable")) out.reg_type |= PTR_MAYBE_NULL;
  const bool may_be_error = apply_tracepoint_facts(env, arg.index, out.reg_type);
  if (env.program.attach_prog) return translate_ctx(env, out);
  out.types = &types;
  const btf::Type* pointee = types.skip_modifiers(arg.type->type(), &out.btf_id);
  if (!btf::is_struct(pointee)) {
    env.note(diag::FuncArgNotStruct{}, env.attach_func_name, arg.index, btf::kind_name(pointee));
    return false;
  }
  out.reg_type |= tag_flags(types, arg.type);
  env.log.print("func '{}' arg{} has btf_id {} type {} '{}'\n", env.attach_func_name, arg.index, out.btf_id,
                btf::kind_name(pointee), types.name_of(pointee));
  if (may_be_error) {
    env.log.print("marking pointer arg{} as scalar as it may encode error", arg.index);
    out.reg_type = SCALAR_VALUE;
  }
  promote_to_tcp_sock(env, out);
  return true;
}

bool load_arg(Env& env, int off, int size, const CtxArg& arg, CtxLoad& out) {
  const btf::Btf& types = *env.attach_types;
  const btf::Type* t = arg.type;
  if (is_small_int(t) || btf::is_any_enum(t) || btf::is_struct(t)) return true;
  if (!btf::is_ptr(t)) {
    env.note(diag::FuncArgNotPointer{}, env.attach_func_name, arg.index, types.name_of(t), btf::kind_name(t));
    return false;
  }
  if (size != 8) {
    env.note(diag::FuncSizeNotEight{}, env.attach_func_name, size);
    return false;
  }
  const Env::CtxArgInfo* info = arg_info_at(env, off);
  if (info && is_nullable_buf(*info)) {
    out.reg_type = info->type;
    return true;
  }
  const btf::Type* pointee = types.skip_modifiers(t->type());
  if (!pointee || btf::is_void(pointee) || btf::is_int(pointee)) return true;  // such a pointer is a number
  if (info) return load_described(env, *info, off, out);
  return load_struct_ptr(env, arg, out);
}

}  // namespace

bool btf_ctx_access(Env& env, int off, int size, Access access, CtxLoad& out) {
  if (off < 0 || off >= 8 * kMaxFuncArgs || access == Access::Write || off % size) return false;
  if (off % 8) {
    env.note(diag::FuncOffsetNotMultiple{}, env.attach_func_name, off);
    return false;
  }
  if (!env.attach_func_proto) {
    const u32 index = u32(off) / 8;
    if (index < kDefaultArgs) return true;
    env.note(diag::FuncNoSuchArg{}, env.attach_func_name, index + 1);
    return false;
  }
  CtxArg arg;
  return find_arg(env, off, arg, out) && load_arg(env, off, size, arg, out);
}

}  // namespace skep::verifier
