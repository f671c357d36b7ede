// Kfuncs whose result their BTF does not tell: allocations, list and tree nodes, casts, dynptr slices. Spec:
// kfuncs.md 7.
#include "verifier/call/kfunc.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

constexpr u32 kMaxPercpuObj = 512;  // bytes, BPF_GLOBAL_PERCPU_MA_MAX_SIZE

void set_btf_result(Env& env, u32 flags, const btf::Btf* types, u32 id) {
  RegState& r0 = env.regs()[0];
  r0.mark_known_zero(PTR_TO_BTF_ID | flags);
  r0.btf.types = types;
  r0.btf.id = id;
}

Outcome check_percpu_obj(Env& env, const btf::Type* type, u32 id) {
  if (type->size() > kMaxPercpuObj) return env.reject(diag::PercpuObjTooLarge{}, type->size(), kMaxPercpuObj);
  if (!is_scalar_struct(env, *env.prog_btf(), type)) return env.reject(diag::PercpuObjNotScalars{});
  if (env.struct_record(env.prog_btf(), id)) return env.reject(diag::PercpuObjSpecialFields{});
  return kOk;
}

// bpf_obj_new(local type id): an object of a struct of the program's.
Outcome new_object(Env& env, const KfuncCall& call) {
  if (call.const_value > UINT32_MAX) return env.reject(diag::LocalTypeIdRange{});
  const btf::Btf* types = env.prog_btf();
  if (!types) return env.reject(diag::ObjNewNeedsBtf{});
  u32 id = u32(call.const_value);
  const btf::Type* type = types->type_by_id(id);
  if (!type || type->kind() != btf::Kind::Struct) return env.reject(diag::ObjNewNotStruct{});
  bool percpu = call.is(SpecialKfunc::PercpuObjNew);
  if (percpu) SKEP_TRY(check_percpu_obj(env, type, id));
  set_btf_result(env, MEM_ALLOC | (percpu ? u32(MEM_PERCPU) : 0), types, id);
  return kOk;
}

// The node's object, with the register at the node.
Outcome set_graph_node(Env& env, const KfuncCall& call) {
  if (!call.root) return env.verifier_bug("graph kfunc without root");
  set_btf_result(env, MEM_ALLOC, call.root_types, call.root->value_btf_id);
  env.regs()[0].off = s32(call.root->node_offset);
  return kOk;
}

// bpf_rdonly_cast(pointer, vmlinux type id): readable as that type, as far as it can be read at all.
Outcome cast_rdonly(Env& env, const KfuncCall& call) {
  const btf::Btf* vmlinux = env.vmlinux();
  u32 id = u32(call.const_value);
  const btf::Type* type = vmlinux->type_by_id(id);
  const bool memory = env.target.features().untrusted_memory;
  if (!memory && !(type && btf::is_struct(type))) return env.reject(diag::RdonlyCastNotAStruct{});
  if (!type) return env.reject(diag::RdonlyCastUnknownType{}, s64(call.const_value));
  if (btf::is_struct(type)) {
    set_btf_result(env, PTR_UNTRUSTED, vmlinux, id);
    return kOk;
  }
  if (!btf::is_void(type)) return env.reject(diag::RdonlyCastNotStruct{});
  env.regs()[0].mark_known_zero(PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED);
  return kOk;
}

Outcome slice_dynptr(Env& env, const KfuncCall& call) {
  if (!call.const_found) return env.verifier_bug("bpf_dynptr_slice(_rdwr) no constant size");
  u32 flags = dynptr_type_flag(call.dynptr_type);
  if (call.is(SpecialKfunc::DynptrSlice)) {
    flags |= MEM_RDONLY;
  } else {
    if (!env.target.may_access_packet(kfunc_prog_type(env), true)) return env.reject(diag::PacketWritesNotAllowed{});
    env.seen_direct_write = true;
  }
  if (!call.dynptr_id) return env.verifier_bug("no dynptr id");
  RegState& r0 = env.regs()[0];
  r0.mark_known_zero(PTR_TO_MEM | flags);
  r0.mem = {u32(call.const_value), call.dynptr_id};
  return kOk;
}

}  // namespace

Outcome check_special_kfunc(Env& env, KfuncCall& call, bool& handled) {
  handled = true;
  switch (call.special) {
    case SpecialKfunc::ObjNew:
    case SpecialKfunc::PercpuObjNew: return new_object(env, call);
    case SpecialKfunc::RefcountAcquire: set_btf_result(env, MEM_ALLOC, call.arg_types, call.arg_btf_id); return kOk;
    case SpecialKfunc::ListPopFront:
    case SpecialKfunc::ListPopBack:
    case SpecialKfunc::ListFront:
    case SpecialKfunc::ListBack:
    case SpecialKfunc::RbtreeRemove:
    case SpecialKfunc::RbtreeFirst:
    case SpecialKfunc::RbtreeRoot:
    case SpecialKfunc::RbtreeLeft:
    case SpecialKfunc::RbtreeRight: return set_graph_node(env, call);
    case SpecialKfunc::CastToKernCtx: set_btf_result(env, PTR_TRUSTED, env.vmlinux(), call.ret_btf_id); return kOk;
    case SpecialKfunc::RdonlyCast: return cast_rdonly(env, call);
    case SpecialKfunc::DynptrSlice:
    case SpecialKfunc::DynptrSliceRdwr: return slice_dynptr(env, call);
    default: handled = false; return kOk;
  }
}

}  // namespace skep::verifier
