// See struct_ops.h. What is special about an argument is written in the name that the kernel's stub gives it:
// "task__nullable" may be NULL, "skb__ref" is a reference that the program owns.
#include "verifier/struct_ops.h"

#include <algorithm>

#include "target/btf_facts.h"

namespace skep::verifier {

namespace {

constexpr u32 kArgBytes = 8;
constexpr std::string_view kNullable = "__nullable", kRef = "__ref";

// The type's row, if it is one that this kernel has registered: then there is a struct of its map values.
const target::StructOpsType* registered_type(const Env& env, std::string_view name) {
  const target::StructOpsType* row = target::struct_ops_type(name);
  return row && env.vmlinux_struct(fmt::format("bpf_struct_ops_{}", name)) ? row : nullptr;
}

// The prototype a member points to, or nullptr if it is no pointer to a function.
const btf::Type* func_proto_of(const btf::Btf& types, u32 member_type) {
  const btf::Type* t = types.resolve_ptr(member_type);
  return t && t->kind() == btf::Kind::FuncProto ? t : nullptr;
}

Outcome check_member(Env& env, const target::StructOpsType& row, std::string_view member) {
  if (!target::struct_ops_has_member(row, member))
    return env.reject(diag::StructOpsMemberUnsupported{}, member, row.name);
  if (!env.kind.sleepable || target::struct_ops_may_sleep(row, member)) return kOk;
  if (!row.sleepable_is_unsupported) return Outcome::error(EINVAL);
  return env.reject_with(EINVAL, diag::StructOpsMemberUnsupported{}, member, row.name);
}

// Offsets in the context: every argument takes 8 bytes, structs by value more.
u32 context_bytes(const btf::Btf& types, u32 type_id) {
  u32 size = types.resolve_size(type_id).value_or(kArgBytes);
  return std::max(kArgBytes, (size + kArgBytes - 1) / kArgBytes * kArgBytes);
}

Env::CtxArgInfo arg_info(const btf::Btf& types, u32 type_id, u32 offset, bool refcounted) {
  Env::CtxArgInfo info{offset, PTR_TO_BTF_ID | PTR_TRUSTED, 0, &types};
  types.resolve_ptr(type_id, &info.btf_id);
  info.refcounted = refcounted;
  if (!refcounted) info.type |= PTR_MAYBE_NULL;
  return info;
}

void read_stub_names(Env& env, const btf::Type* proto, std::string_view type, std::string_view member) {
  const btf::Btf& types = *env.vmlinux();
  const btf::Type* stub = types.type_by_id(types.find(fmt::format("{}__{}", type, member), btf::Kind::Func));
  if (!stub || stub->kind() != btf::Kind::Func) return;
  auto names = types.params(types.type_by_id(stub->type()));
  auto params = types.params(proto);
  u32 offset = 0;
  for (u32 i = 0; i < params.size() && i < names.size(); i++) {
    std::string_view name = types.string_at(names[i].name_off);
    bool ref = name.ends_with(kRef);
    if (ref || name.ends_with(kNullable)) env.ctx_arg_info.push_back(arg_info(types, params[i].type, offset, ref));
    offset += context_bytes(types, params[i].type);
  }
}

// A tail call would leave the references of the arguments behind.
Outcome check_ref_args(Env& env) {
  auto is_ref = [](const Env::CtxArgInfo& info) { return info.refcounted; };
  auto calls_away = [](const SubprogInfo& info) { return info.has_tail_call; };
  bool has_ref = std::any_of(env.ctx_arg_info.begin(), env.ctx_arg_info.end(), is_ref);
  bool tail_call = std::any_of(env.subprogs.begin(), env.subprogs.end(), calls_away);
  return has_ref && tail_call ? env.reject(diag::TailCallWithRefArg{}) : kOk;
}

}  // namespace

Outcome check_struct_ops_btf_id(Env& env) {
  if (!env.program.gpl_compatible) return env.reject(diag::StructOpsNeedsGpl{});
  u32 id = env.program.attach_btf_id, index = env.program.expected_attach_type;
  if (!id) return env.reject(diag::SilentStructOpsNoBtfId{});
  const btf::Btf& types = *env.vmlinux();
  const btf::Type* type = types.type_by_id(id);
  std::string_view name = type && btf::is_struct(type) ? types.name_of(type) : std::string_view();
  const target::StructOpsType* row = registered_type(env, name);
  if (!row) return env.reject(diag::StructOpsUnsupported{}, id);
  auto members = types.members(type);
  if (index >= members.size()) return env.reject(diag::StructOpsMemberIndex{}, index, name);
  std::string_view member = types.string_at(members[index].name_off);
  const btf::Type* proto = func_proto_of(types, members[index].type);
  if (!proto) return env.reject(diag::StructOpsMemberNotFunc{}, member, index, name);
  SKEP_TRY(check_member(env, *row, member));
  read_stub_names(env, proto, name, member);
  SKEP_TRY(check_ref_args(env));
  env.attach_types = &types;
  env.attach_func_proto = proto;
  env.attach_func_name = member;
  env.struct_ops_type_id = id;
  env.struct_ops_member = index;
  env.kind.attach_name = name;
  env.kind.struct_ops_member = member;
  return kOk;
}

}  // namespace skep::verifier
