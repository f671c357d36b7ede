// The program's context: which fields there are is the target's table, or, where the context is a list of arguments,
// BTF (btf_ctx.cc) (spec: memory.md 3).
#include "verifier/mem/mem.h"
#include "verifier/summary.h"

namespace skep::verifier {
namespace {

bool fixed_ctx_access(Env& env, int off, int size, Access access, bool is_ldsx, CtxLoad& out) {
  const target::CtxAccess field = env.target.ctx_access(env.kind, off, size, access == Access::Write);
  if (!field.ok || (is_ldsx && !field.sign_ext_ok)) return false;
  out.reg_type = field.reg_type;
  if (field.btf) {
    out.types = env.vmlinux();
    out.btf_id = env.vmlinux_struct(field.btf);
  }
  return true;
}

}  // namespace

Outcome check_ctx_access(Env& env, int off, int size, Access access, bool is_ldsx, CtxLoad& out) {
  const bool allowed = env.target.is_btf_ctx(env.kind) ? btf_ctx_access(env, off, size, access, out)
                                                       : fixed_ctx_access(env, off, size, access, is_ldsx, out);
  if (!allowed) return reject_as_summary(env, EACCES, diag::InvalidCtxAccess{}, off, size);
  if (base_type(out.reg_type) == PTR_TO_BTF_ID && out.ref_obj_id && !env.cur->find_ref(out.ref_obj_id))
    return env.reject(diag::CtxReferenceReleased{}, off);
  return kOk;
}

}  // namespace skep::verifier
