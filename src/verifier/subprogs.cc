// Finding subprograms: where calls and function addresses point, and that jumps stay inside (spec: exploration.md 1,
// steps 5 and 6).
#include <algorithm>

#include "verifier/call/call.h"
#include "verifier/flow.h"

namespace skep::verifier {

namespace {

// Adds the subprogram that starts at `at`, keeping the list ascending and unique.
Outcome add_subprog(Env& env, s64 at) {
  if (at < 0 || at >= s64(env.insns.size())) return env.reject(diag::CallInvalidDest{});
  auto it = std::lower_bound(env.subprogs.begin(), env.subprogs.end(), u32(at),
                             [](const SubprogInfo& s, u32 v) { return s.start < v; });
  if (it != env.subprogs.end() && it->start == at) return kOk;
  if (env.subprogs.size() >= env.target.limits().max_subprogs) return env.reject(diag::TooManySubprogs{});
  SubprogInfo info;
  info.start = u32(at);
  env.subprogs.insert(it, info);
  return kOk;
}

// The FUNC of the exception callback named by a decl tag on the main function (protocols.md 10).
Outcome find_exception_cb(Env& env, u32& btf_id) {
  const btf::Btf* types = env.prog_btf();
  if (!types || env.program.func_info.cnt == 0 || env.program.func_info.bytes.size() < sizeof(btf::FuncInfo))
    return kOk;
  u32 main_id = reinterpret_cast<const btf::FuncInfo*>(env.program.func_info.bytes.data())->type_id;
  const btf::Type* main = types->type_by_id(main_id);
  if (!main || main->kind() != btf::Kind::Func) return env.reject(diag::MainBtfIdInvalid{});
  auto name = types->find_decl_tag(main_id, -1, "exception_callback:");
  if (!name) return kOk;
  if (types->find_decl_tag(main_id, -1, "exception_callback:", 1)) return env.reject(diag::ExceptionCbTwice{});
  btf_id = types->find(*name, btf::Kind::Func);
  if (!btf_id) return env.reject(diag::ExceptionCbNotFound{}, *name);
  if (types->type_by_id(btf_id)->vlen() != btf::BTF_FUNC_GLOBAL) return env.reject(diag::ExceptionCbNotGlobal{}, *name);
  return kOk;
}

Outcome add_exception_cb(Env& env) {
  u32 btf_id = 0;
  SKEP_TRY(find_exception_cb(env, btf_id));
  if (!btf_id) return kOk;
  const InfoBlob& blob = env.program.func_info;
  for (u32 i = 0; i < blob.cnt; i++) {
    const auto* info = reinterpret_cast<const btf::FuncInfo*>(blob.bytes.data() + u64{i} * blob.rec_size);
    if (info->type_id != btf_id) continue;
    if (!info->insn_off) return env.reject(diag::ExceptionCbInsnOff{});
    SKEP_TRY(add_subprog(env, info->insn_off));
    env.exception_cb_subprog = env.find_subprog(info->insn_off);
    return kOk;
  }
  return env.reject(diag::ExceptionCbTypeNotFound{});
}

void index_subprogs(Env& env) {
  env.subprog_of_insn.assign(env.insns.size(), 0);
  for (u32 s = 0; s < env.subprogs.size(); s++)
    for (u32 i = env.subprogs[s].start; i < env.subprog_end(s); i++) env.subprog_of_insn[i] = u16(s);
  if (env.exception_cb_subprog < 0) return;
  SubprogInfo& cb = env.subprogs[env.exception_cb_subprog];
  cb.is_cb = cb.is_async_cb = cb.is_exception_cb = true;  // its stack begins anew, as an asynchronous callback's
}

}  // namespace

Outcome add_subprogs_and_kfuncs(Env& env) {
  SKEP_TRY(add_subprog(env, 0));
  for (size_t i = 0; i < env.insns.size(); i++) {
    const isa::Insn& insn = env.insns[i];
    bool is_kfunc = isa::is_kfunc_call(insn);
    if (!isa::is_pseudo_func(insn) && !isa::is_pseudo_call(insn) && !is_kfunc) continue;
    if (!env.bpf_capable) return env.reject(diag::CallsNeedCapBpf{});
    SKEP_TRY(is_kfunc ? add_kfunc_call(env, u32(insn.imm), insn.off) : add_subprog(env, s64(i) + insn.imm + 1));
  }
  SKEP_TRY(add_exception_cb(env));
  index_subprogs(env);
  if (env.log.level2())
    for (size_t s = 0; s < env.subprogs.size(); s++) env.log.print("func#{} @{}\n", s, env.subprogs[s].start);
  return kOk;
}

Outcome check_subprogs(Env& env) {
  for (size_t i = 0; i < env.insns.size(); i++) {
    const isa::Insn& insn = env.insns[i];
    SubprogInfo& subprog = env.subprogs[env.subprog_at(u32(i))];
    u32 end = env.subprog_end(env.subprog_at(u32(i)));
    if (is_tail_call(env, insn)) subprog.has_tail_call = subprog.tail_call_reachable = true;
    u8 mode = isa::insn_mode(insn.code);
    if (isa::insn_class(insn.code) == isa::BPF_LD && (mode == isa::BPF_ABS || mode == isa::BPF_IND))
      subprog.has_ld_abs = true;
    u8 op = isa::insn_op(insn.code);
    if (isa::is_jmp_class(insn.code) && op != isa::BPF_EXIT && op != isa::BPF_CALL) {
      const s32 target =
          s32(u32(i) + 1 + u32(isa::goto_offset(insn)));  // 32 bits, and printed so: gotol can wrap around
      if (target < s32(subprog.start) || target >= s32(end)) return env.reject(diag::JumpOutOfRange{}, i, target);
    }
    if (i + 1 == end && !isa::is_exit(insn) && !isa::is_goto(insn)) return env.reject(diag::LastInsnNotExit{});
  }
  return kOk;
}

}  // namespace skep::verifier
