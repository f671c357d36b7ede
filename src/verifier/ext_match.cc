// See ext_match.h. Numbers may differ in name, pointers must be to structs of the same name.
#include "verifier/ext_match.h"

namespace skep::verifier {

namespace {

// One of the two functions.
struct Side {
  const btf::Btf& types;
  const btf::Type* func;

  std::string_view name() const { return types.name_of(func); }
  const btf::Type* proto() const { return types.type_by_id(func->type()); }
  const btf::Type* result() const { return types.skip_modifiers(proto()->type()); }
  auto params() const { return types.params(proto()); }
  const btf::Type* arg(u32 i) const { return types.skip_modifiers(params()[i].type); }
  // The struct that argument `i` points to, or nullptr.
  const btf::Type* pointee(u32 i) const {
    const btf::Type* t = types.resolve_ptr(params()[i].type);
    return t && t->kind() == btf::Kind::Struct ? t : nullptr;
  }
};

bool has_size(const btf::Type* t) { return btf::is_scalar(t) || btf::is_struct(t) || t->kind() == btf::Kind::Float; }

Outcome check_struct(Env& env, const Side& own, const Side& target, u32 i) {
  const btf::Type* mine = own.pointee(i);
  const btf::Type* theirs = target.pointee(i);
  if (!mine) return env.reject(diag::ExtArgNotContext{}, i, own.name());
  if (!theirs) return env.reject(diag::ExtArgNotContext{}, i, target.name());
  std::string_view my_name = own.types.name_of(mine), their_name = target.types.name_of(theirs);
  if (my_name != their_name) return env.reject(diag::ExtArgStruct{}, i, own.name(), my_name, target.name(), their_name);
  return kOk;
}

Outcome check_arg(Env& env, const Side& own, const Side& target, u32 i) {
  const btf::Type* mine = own.arg(i);
  const btf::Type* theirs = target.arg(i);
  if (mine->info != theirs->info)
    return env.reject(diag::ExtArgType{}, i, own.name(), btf::kind_name(mine), target.name(), btf::kind_name(theirs));
  if (has_size(mine) && mine->size() != theirs->size())
    return env.reject(diag::ExtArgSize{}, i, own.name(), mine->size(), target.name(), theirs->size());
  if (btf::is_scalar(mine)) return kOk;
  if (!btf::is_ptr(mine)) return env.reject(diag::ExtArgUnrecognized{}, i, own.name());
  return check_struct(env, own, target, i);
}

}  // namespace

Outcome check_ext_prototype(Env& env, const btf::Btf& target_types, const btf::Type* target_func) {
  if (env.func_info.empty()) return env.reject(diag::ExtNeedsBtf{});
  Side own{*env.prog_btf(), env.prog_btf()->type_by_id(env.func_info[0].type_id)};
  Side target{target_types, target_func};
  if (own.func->vlen() != btf::BTF_FUNC_GLOBAL) return env.reject(diag::ExtNotGlobal{}, own.name());
  if (target.func->vlen() != btf::BTF_FUNC_GLOBAL) return env.reject(diag::ExtNotGlobal{}, target.name());
  u32 count = u32(own.params().size());
  if (count != target.params().size())
    return env.reject(diag::ExtArgCount{}, own.name(), count, target.name(), target.params().size());
  const btf::Type* mine = own.result();
  const btf::Type* theirs = target.result();
  if (mine->info != theirs->info)
    return env.reject(diag::ExtReturnType{}, btf::kind_name(mine), own.name(), btf::kind_name(theirs), target.name());
  for (u32 i = 0; i < count; i++) SKEP_TRY(check_arg(env, own, target, i));
  return kOk;
}

}  // namespace skep::verifier
