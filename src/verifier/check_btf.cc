// func_info and line_info: which BTF function each subprogram is, and which line of C each instruction came from (spec:
// btf-and-load.md 5.1 to 5.3). A record longer than what we know must be zero beyond it.
#include "verifier/check_btf.h"

#include "verifier/core_relo.h"
#include "verifier/info_blob.h"

namespace skep::verifier {

namespace {

// A prog_btf_fd that is no BTF is looked up, and wrong, only if there is something to describe.
bool has_info(const Env& env) {
  const Program& program = env.program;
  return program.prog_btf_error || program.func_info.cnt || program.line_info.cnt;
}

Outcome check_prog_btf(Env& env) {
  if (env.program.prog_btf_error) return Outcome::error(env.program.prog_btf_error);
  const btf::Btf* types = env.prog_btf();
  if (!types) return Outcome::error(EBADF);
  if (types->is_kernel()) return env.reject(diag::SilentKernelProgBtf{});
  return kOk;
}

Outcome check_func_record(Env& env, const btf::FuncInfo& info, u32 i, u32 prev_off) {
  if (i == 0 && info.insn_off) return env.reject(diag::FuncInfoFirstOffset{}, info.insn_off);
  if (i && info.insn_off <= prev_off) return env.reject(diag::FuncInfoNotAscending{}, info.insn_off, prev_off);
  const btf::Type* func = env.prog_btf()->type_by_id(info.type_id);
  if (!func || func->kind() != btf::Kind::Func) return env.reject(diag::FuncInfoTypeId{}, s32(info.type_id));
  return kOk;
}

Outcome read_func_info(Env& env) {
  const InfoBlob& blob = env.program.func_info;
  if (!rec_size_ok(blob.rec_size, sizeof(btf::FuncInfo))) return env.reject(diag::FuncInfoRecSize{}, blob.rec_size);
  env.func_info.reserve(blob.cnt);
  u32 prev_off = 0;
  for (u32 i = 0; i < blob.cnt; i++) {
    auto info = read_record<btf::FuncInfo>(blob, i);
    if (!info) return env.reject(diag::FuncInfoTail{});
    SKEP_TRY(check_func_record(env, *info, i, prev_off));
    env.func_info.push_back(*info);
    prev_off = info->insn_off;
  }
  return kOk;
}

// Whether a function returns an int of at most 8 bytes, or an enum.
bool returns_scalar(const btf::Btf& types, const btf::Type* func) {
  const btf::Type* proto = types.type_by_id(func->type());
  const btf::Type* ret = proto ? types.skip_modifiers(proto->type()) : nullptr;
  if (!ret) return false;
  return btf::is_any_enum(ret) || (btf::is_int(ret) && ret->size() <= 8);
}

// A packet load or tail call may end the function that makes it, so the caller must get a number.
Outcome check_abnormal_return(Env& env) {
  for (size_t s = 1; s < env.subprogs.size(); s++) {
    if (env.subprogs[s].has_ld_abs) return env.reject(diag::LdAbsSubprogWithoutBtf{});
    if (env.subprogs[s].has_tail_call) return env.reject(diag::TailCallSubprogWithoutBtf{});
  }
  return kOk;
}

Outcome check_func(Env& env, u32 i) {
  SubprogInfo& subprog = env.subprogs[i];
  const btf::Btf& types = *env.prog_btf();
  const btf::Type* func = types.type_by_id(env.func_info[i].type_id);
  if (subprog.start != env.func_info[i].insn_off) return env.reject(diag::FuncInfoLayout{});
  subprog.name = types.name_of(func);
  subprog.is_global = func->vlen() == btf::BTF_FUNC_GLOBAL;
  if (i == 0 || returns_scalar(types, func)) return kOk;
  if (subprog.has_ld_abs) return env.reject(diag::LdAbsFuncNotInt{});
  if (subprog.has_tail_call) return env.reject(diag::TailCallFuncNotInt{});
  return kOk;
}

Outcome check_func_info(Env& env) {
  if (env.func_info.empty()) return check_abnormal_return(env);
  if (env.func_info.size() != env.subprogs.size()) return env.reject(diag::FuncInfoCount{});
  for (u32 i = 0; i < env.subprogs.size(); i++) SKEP_TRY(check_func(env, i));
  return kOk;
}

Outcome check_line(Env& env, const btf::LineInfo& info, u32 i) {
  u32 prev_off = i ? env.line_info[i - 1].insn_off : 0;
  if ((i && info.insn_off <= prev_off) || info.insn_off >= env.insns.size())
    return env.reject(diag::LineInfoInsnOff{}, i, info.insn_off, prev_off, env.insns.size());
  if (!env.insns[info.insn_off].code) return env.reject(diag::LineInfoInsnCode{}, i);
  const btf::Btf& types = *env.prog_btf();
  if (!types.has_string(info.line_off) || !types.has_string(info.file_name_off))
    return env.reject(diag::LineInfoStrOff{}, i);
  return kOk;
}

// Every subprogram starts with a line of its own.
Outcome check_line_info(Env& env) {
  const InfoBlob& blob = env.program.line_info;
  if (!blob.cnt) return kOk;
  if (!rec_size_ok(blob.rec_size, sizeof(btf::LineInfo))) return env.reject(diag::SilentLineInfoRecSize{});
  env.line_info.reserve(blob.cnt);
  size_t subprog = 0;
  for (u32 i = 0; i < blob.cnt; i++) {
    auto info = read_record<btf::LineInfo>(blob, i);
    if (!info) return env.reject(diag::LineInfoTail{});
    SKEP_TRY(check_line(env, *info, i));
    if (subprog < env.subprogs.size()) {
      u32 start = env.subprogs[subprog].start;
      if (start < info->insn_off) return env.reject(diag::LineInfoMissing{}, subprog);
      if (start == info->insn_off) subprog++;
    }
    env.line_info.push_back(*info);
  }
  size_t missing = env.subprogs.size() - subprog;
  return missing ? env.reject(diag::LineInfoMissingFrom{}, missing, subprog) : kOk;
}

}  // namespace

Outcome check_btf_info_early(Env& env) {
  if (!has_info(env)) return kOk;
  SKEP_TRY(check_prog_btf(env));
  return env.program.func_info.cnt ? read_func_info(env) : kOk;
}

Outcome check_btf_info(Env& env) {
  if (!has_info(env)) return check_abnormal_return(env);
  SKEP_TRY(check_func_info(env));
  SKEP_TRY(check_line_info(env));
  return apply_core_relos(env);
}

}  // namespace skep::verifier
