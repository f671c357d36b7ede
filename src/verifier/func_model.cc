// See func_model.h.
#include "verifier/func_model.h"

namespace skep::verifier {

namespace {

constexpr u32 kMaxArgs = 12;     // MAX_BPF_FUNC_ARGS
constexpr s64 kMaxArgSize = 16;  // bytes: two registers

// Bytes of a type as argument or result: integers, enums, pointers, structs. -1: its kind cannot be passed.
s64 model_size(const btf::Type* t) {
  if (!t) return -1;
  if (btf::is_ptr(t)) return 8;
  if (btf::is_scalar(t) || btf::is_struct(t)) return t->size();
  return btf::is_void(t) ? 0 : -1;
}

const char* kind_of(const btf::Type* t) { return t ? btf::kind_name(t) : "UNKNOWN"; }

}  // namespace

Outcome check_func_model(Env& env, const btf::Btf& types, const btf::Type* proto, std::string_view name) {
  auto params = types.params(proto);
  if (params.size() > kMaxArgs) return env.reject(diag::ProtoTooManyArgs{}, name, params.size());
  const btf::Type* ret = types.skip_modifiers(proto->type());
  if (model_size(ret) < 0 || btf::is_struct(ret)) return env.reject(diag::ProtoReturnType{}, name, kind_of(ret));
  for (u32 i = 0; i < params.size(); i++) {
    if (i + 1 == params.size() && !params[i].type) return env.reject(diag::ProtoVariableArgs{}, name);
    const btf::Type* t = types.skip_modifiers(params[i].type);
    s64 size = model_size(t);
    if (size < 0 || size > kMaxArgSize) return env.reject(diag::ProtoArgType{}, name, i, kind_of(t));
    if (!size) return env.reject(diag::ProtoVoidArg{}, name);
  }
  return kOk;
}

}  // namespace skep::verifier
