// What a program attaches to (spec: btf-and-load.md 6): a function, hook, tracepoint or iterator of the kernel, or a
// function of another program. Decides what the program's context holds.
#include "verifier/attach.h"

#include <algorithm>

#include "target/btf_facts.h"
#include "verifier/ext_match.h"
#include "verifier/func_model.h"
#include "verifier/struct_ops.h"

namespace skep::verifier {

namespace {

constexpr std::string_view kTracepointPrefix = "btf_trace_", kTemplatePrefix = "__bpf_trace_";
constexpr std::string_view kIterPrefix = "bpf_iter_", kLsmPrefix = "bpf_lsm_", kSecurityPrefix = "security_";
constexpr u32 kCtxSlot = 8;  // bytes of an argument in the context

// attach_btf_id as a type with a name.
struct AttachType {
  const btf::Btf& types;
  u32 id;
  const btf::Type* type;
  std::string_view name;
};

bool is_ext(const Env& env) { return env.program.prog_type == BPF_PROG_TYPE_EXT; }
bool is_tracing(const Env& env) { return env.program.prog_type == BPF_PROG_TYPE_TRACING; }
bool is_lsm(const Env& env) { return env.program.prog_type == BPF_PROG_TYPE_LSM; }
u32 attach_kind(const Env& env) { return env.program.expected_attach_type; }

void set_target(Env& env, const AttachType& target, const btf::Type* proto, std::string_view name) {
  env.attach_types = &target.types;
  env.attach_func_proto = proto;
  env.attach_func_name = name;
  env.kind.attach_name = name;
}

// --- another program as the target --------------------------------------------------------------------------------

// Index of the target's function with this BTF id, or -1.
int target_subprog(const VerifiedProgram& target, u32 btf_id) {
  auto is_it = [&](const btf::FuncInfo& info) { return info.type_id == btf_id; };
  auto it = std::find_if(target.func_info.begin(), target.func_info.end(), is_it);
  return it == target.func_info.end() ? -1 : int(it - target.func_info.begin());
}

// An extension does nothing that callers of the replaced function do not expect.
Outcome check_extension(Env& env, const VerifiedProgram& target, u32 subprog) {
  if (target.funcs[subprog].unreliable) return env.reject(diag::ReplaceStaticFunc{});
  if (!env.options.jit) return env.reject(diag::ExtNotJited{});
  if (env.subprogs[0].changes_pkt_data && !target.funcs[subprog].changes_pkt_data)
    return env.reject(diag::ExtChangesPacketData{});
  if (env.subprogs[0].might_sleep && !target.funcs[subprog].might_sleep) return env.reject(diag::ExtMaySleep{});
  return kOk;
}

// Chains of tracing programs could become endless.
Outcome check_nesting(Env& env, const VerifiedProgram& target) {
  const Program& other = target.program;
  bool traces_tracing = other.attach_prog && other.attach_prog->program.prog_type == BPF_PROG_TYPE_TRACING;
  if (is_tracing(env)) {
    bool nested = other.prog_type == BPF_PROG_TYPE_TRACING && traces_tracing;
    return nested ? env.reject(diag::NestedTracingAttach{}) : kOk;
  }
  if (other.prog_type == env.program.prog_type) return env.reject(diag::RecursiveAttach{});
  bool fentry = other.expected_attach_type == BPF_TRACE_FENTRY || other.expected_attach_type == BPF_TRACE_FEXIT;
  if (other.prog_type == BPF_PROG_TYPE_TRACING && is_ext(env) && fentry) return env.reject(diag::ExtendFentry{});
  return kOk;
}

// `conservative`: nothing is known of the function's arguments.
Outcome check_target_program(Env& env, const AttachType& attach, bool& conservative) {
  const VerifiedProgram& target = *env.program.attach_prog;
  if (env.program.dev_bound && !target.program.dev_bound) return env.reject(diag::TargetDeviceMismatch{});
  int subprog = target_subprog(target, attach.id);
  if (subprog < 0) return env.reject(diag::TargetSubprogMissing{}, attach.name);
  if (subprog == target.exception_cb_subprog)
    return env.reject(diag::AttachToExceptionCb{}, is_ext(env) ? "Extension" : "FENTRY/FEXIT");
  conservative = target.funcs[subprog].unreliable;
  if (is_ext(env)) SKEP_TRY(check_extension(env, target, u32(subprog)));
  if (!env.options.jit) return env.reject(diag::TargetNotJited{});
  return check_nesting(env, target);
}

// --- by attach type -----------------------------------------------------------------------------------------------

// The prototype that typedef `btf_trace_X` points to.
const btf::Type* tracepoint_proto(const AttachType& attach) {
  const btf::Type* proto = attach.types.resolve_ptr(attach.type->type());
  return proto && proto->kind() == btf::Kind::FuncProto ? proto : nullptr;
}

Outcome attach_raw_tracepoint(Env& env, const AttachType& attach) {
  if (env.program.attach_prog) return env.reject(diag::OnlyFentryToProg{});
  if (attach.type->kind() != btf::Kind::Typedef) return env.reject(diag::AttachNotTypedef{}, attach.id);
  if (!attach.name.starts_with(kTracepointPrefix))
    return env.reject(diag::AttachWrongTypeName{}, attach.id, attach.name);
  std::string_view name = attach.name.substr(kTracepointPrefix.size());
  const btf::Type* proto = tracepoint_proto(attach);
  if (!proto) return env.reject(diag::SilentTracepointUnknown{});
  // The function behind it has the same arguments, and names for them.
  u32 func_id = attach.types.find(fmt::format("{}{}", kTemplatePrefix, name), btf::Kind::Func);
  if (func_id) proto = attach.types.type_by_id(attach.types.type_by_id(func_id)->type());
  set_target(env, attach, proto, name);
  env.attach_btf_trace = true;
  return kOk;
}

const btf::Type* func_proto(const AttachType& attach) {
  if (attach.type->kind() != btf::Kind::Func) return nullptr;
  const btf::Type* proto = attach.types.type_by_id(attach.type->type());
  return proto && proto->kind() == btf::Kind::FuncProto ? proto : nullptr;
}

Outcome attach_iterator(Env& env, const AttachType& attach) {
  const btf::Type* proto = func_proto(attach);
  if (!proto) return env.reject(diag::AttachNotFunction{}, attach.id);
  SKEP_TRY(check_func_model(env, attach.types, proto, attach.name));
  set_target(env, attach, proto, attach.name);
  if (!attach.name.starts_with(kIterPrefix)) return env.reject(diag::SilentIteratorUnknown{});
  auto args = target::iter_args(attach.name.substr(kIterPrefix.size()));
  if (args.empty()) return env.reject(diag::SilentIteratorUnknown{});
  for (const target::IterArg& arg : args) {
    u32 btf_id = base_type(arg.type) == PTR_TO_BTF_ID ? attach.types.find(arg.struct_name, btf::Kind::Struct) : 0;
    env.ctx_arg_info.push_back({arg.index * kCtxSlot, arg.type, btf_id, &attach.types});
  }
  return kOk;
}

// Programs that sleep go only where the kernel may.
bool may_sleep_at(const Env& env, std::string_view func) {
  if (is_tracing(env)) return target::is_modifiable_by_sleepable(func);
  return is_lsm(env) && target::is_sleepable_lsm_hook(func);
}

Outcome check_modify_return(Env& env, std::string_view func) {
  if (env.program.attach_prog) return env.reject(diag::ModifyBpfReturn{});
  if (target::is_modifiable(func) || func.starts_with(kSecurityPrefix)) return kOk;
  return env.reject(diag::NotModifiable{}, func);
}

Outcome check_lsm_hook(Env& env, const AttachType& attach) {
  if (!env.program.gpl_compatible) return env.reject(diag::LsmNeedsGpl{});
  bool is_hook = attach.name.starts_with(kLsmPrefix);
  if (is_hook && target::is_disabled_lsm_hook(attach.name))
    return env.reject(diag::LsmHookDisabled{}, attach.id, attach.name);
  return is_hook ? kOk : env.reject(diag::AttachWrongTypeName{}, attach.id, attach.name);
}

Outcome check_tracing_denied(Env& env, const AttachType& attach) {
  if (env.program.attach_prog) return kOk;
  if (target::is_tracing_denied(attach.name)) return env.reject(diag::TracingDenied{}, attach.name);
  bool at_return = attach_kind(env) == BPF_TRACE_FEXIT || attach_kind(env) == BPF_MODIFY_RETURN;
  if (at_return && target::is_noreturn(attach.name)) return env.reject(diag::NoreturnDenied{}, attach.name);
  return kOk;
}

Outcome attach_function(Env& env, const AttachType& attach, bool conservative) {
  const btf::Type* proto = func_proto(attach);
  if (!proto) return env.reject(diag::AttachNotFunction{}, attach.id);
  if (is_ext(env)) SKEP_TRY(check_ext_prototype(env, attach.types, attach.type));
  if (!conservative) SKEP_TRY(check_func_model(env, attach.types, proto, attach.name));
  if (!env.program.attach_prog && target::is_without_address(attach.name))
    return env.reject(diag::AttachNoAddress{}, attach.name);
  if (env.kind.sleepable) {
    if (!may_sleep_at(env, attach.name)) return env.reject(diag::TargetNotSleepable{}, attach.name);
  } else if (attach_kind(env) == BPF_MODIFY_RETURN) {
    SKEP_TRY(check_modify_return(env, attach.name));
  }
  set_target(env, attach, conservative ? nullptr : proto, attach.name);
  if (is_lsm(env)) return check_lsm_hook(env, attach);
  return is_tracing(env) ? check_tracing_denied(env, attach) : kOk;
}

Outcome attach_by_type(Env& env, const AttachType& attach, bool conservative) {
  switch (attach_kind(env)) {
    case BPF_TRACE_RAW_TP: return attach_raw_tracepoint(env, attach);
    case BPF_TRACE_ITER: return attach_iterator(env, attach);
    case BPF_MODIFY_RETURN:
    case BPF_LSM_MAC:
    case BPF_LSM_CGROUP:
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT: return attach_function(env, attach, conservative);
    default: return is_ext(env) ? attach_function(env, attach, conservative) : env.reject(diag::SilentAttachType{});
  }
}

// An extension is checked as the kind of program that it becomes part of.
void take_kind_of_target(Env& env) {
  const Program& target = env.program.attach_prog->program;
  env.kind.prog_type = target.prog_type;
  env.kind.attach_type = target.expected_attach_type;
}

Outcome attach_to_btf(Env& env) {
  const VerifiedProgram* program = env.program.attach_prog.get();
  u32 id = env.program.attach_btf_id;
  if (!id) return env.reject(diag::TracingNeedsBtfId{});
  const btf::Btf* types = env.program.attach_btf.get();
  if (program) types = program->program.btf ? program->program.btf->btf.get() : nullptr;
  if (!types) return env.reject(diag::TargetWithoutBtf{});
  const btf::Type* type = types->type_by_id(id);
  if (!type) return env.reject(diag::AttachBtfIdInvalid{}, id);
  AttachType attach{*types, id, type, types->name_of(type)};
  bool conservative = false;
  if (program) {
    SKEP_TRY(check_target_program(env, attach, conservative));
  } else if (is_ext(env)) {
    return env.reject(diag::ReplaceKernelFunc{});
  }
  SKEP_TRY(attach_by_type(env, attach, conservative));
  if (is_ext(env)) take_kind_of_target(env);
  return kOk;
}

bool has_btf_target(const Env& env) { return is_tracing(env) || is_lsm(env) || is_ext(env); }

}  // namespace

Outcome check_attach_btf_id(Env& env) {
  u32 type = env.program.prog_type;
  if (type == BPF_PROG_TYPE_SYSCALL) return env.kind.sleepable ? kOk : env.reject(diag::SyscallMustBeSleepable{});
  if (env.kind.sleepable && !env.target.may_be_sleepable(type, attach_kind(env)))
    return env.reject(diag::SleepableProgType{});
  if (type == BPF_PROG_TYPE_STRUCT_OPS) return check_struct_ops_btf_id(env);
  return has_btf_target(env) ? attach_to_btf(env) : kOk;
}

}  // namespace skep::verifier
