// Kfuncs before the walk: every call in the program is collected, its BTF found and its prototype decoded. Whether the
// program may call it is asked at the call only. Spec: kfuncs.md 1 and 2.
#include <algorithm>
#include <array>
#include <string>

#include "target/btf_facts.h"
#include "verifier/call/kfunc.h"
#include "verifier/func_model.h"

namespace skep::verifier {

namespace {

constexpr size_t kMaxKfuncs = 256;
constexpr size_t kMaxModuleBtfs = 256;

// --- finding the BTF ------------------------------------------------------------------------------------------------

Outcome check_kfuncs_supported(Env& env) {
  if (!env.vmlinux()) return env.reject(diag::KfuncWithoutKernelBtf{});
  if (!env.options.jit) return env.reject(diag::KfuncNeedsJit{});
  if (!env.program.gpl_compatible) return env.reject(diag::KfuncNeedsGpl{});
  return kOk;
}

// Module BTFs in use, by fd_array index; the same BTF at two indices counts twice.
const KfuncDesc* find_selector(const Env& env, s16 offset, size_t& count) {
  std::vector<s16> seen;
  for (const KfuncDesc& desc : env.kfuncs) {
    if (!desc.offset) continue;
    if (desc.offset == offset) return &desc;
    if (std::find(seen.begin(), seen.end(), desc.offset) == seen.end()) seen.push_back(desc.offset);
  }
  count = seen.size();
  return nullptr;
}

Outcome open_module_btf(Env& env, s16 offset, std::shared_ptr<const ProgBtf>& module) {
  size_t count = 0;
  if (const KfuncDesc* known = find_selector(env, offset, count)) {
    module = known->info->module;
    return kOk;
  }
  if (count >= kMaxModuleBtfs) return env.reject(diag::TooManyModuleBtfs{});
  if (!env.program.has_fd_array) return env.reject(diag::KfuncOffsetWithoutFdArray{});
  Result<int> fd = env.objects.fd_array_at(u32(offset));
  if (!fd.ok()) return Outcome::error(EFAULT);
  auto btf = env.objects.btf_by_fd(*fd);
  if (!btf.ok()) return env.reject_with(btf.error(), diag::InvalidModuleBtfFd{});
  if (!(*btf)->btf->is_kernel() || !(*btf)->btf->base()) return env.reject(diag::BtfFdNotModule{});
  module = *btf;
  return kOk;
}

Outcome find_kfunc_btf(Env& env, s16 offset, std::shared_ptr<const ProgBtf>& module) {
  if (!offset) return kOk;
  if (offset < 0) return env.reject(diag::KfuncNegativeOffset{});
  return open_module_btf(env, offset, module);
}

// --- decoding parameters --------------------------------------------------------------------------------------------

struct Suffix {
  std::string_view text;
  u32 tag;
};
constexpr Suffix kSuffixes[] = {
    {"__ign", kParamIgn},           {"__prog", kParamProg},     {"__k", kParamConst},
    {"__nullable", kParamNullable}, {"__alloc", kParamAlloc},   {"__refcounted_kptr", kParamRefcounted},
    {"__iter", kParamIter},         {"__str", kParamStr},       {"__map", kParamMap},
    {"__irq_flag", kParamIrqFlag},  {"__uninit", kParamUninit}, {"__opt", kParamOpt},
    {"__sz", kParamSize},           {"__szk", kParamConstSize},
};

u32 tags_of(std::string_view name) {
  u32 tags = 0;
  for (const Suffix& suffix : kSuffixes)
    if (name.size() > suffix.text.size() && name.ends_with(suffix.text)) tags |= suffix.tag;
  if (name == "rdonly_buf_size") tags |= kParamRdonlyBufSize;
  if (name == "rdwr_buf_size") tags |= kParamRdwrBufSize;
  return tags;
}

struct NamedPointee {
  std::string_view name;
  Pointee kind;
};
constexpr NamedPointee kPointees[] = {
    {"bpf_dynptr", Pointee::Dynptr},      {"bpf_list_head", Pointee::ListHead},
    {"bpf_list_node", Pointee::ListNode}, {"bpf_rb_root", Pointee::RbRoot},
    {"bpf_rb_node", Pointee::RbNode},     {"bpf_wq", Pointee::Workqueue},
    {"bpf_task_work", Pointee::TaskWork}, {"bpf_res_spin_lock", Pointee::ResSpinLock},
};

// Members `<program type>_prog` and `<program type>_kern` of vmlinux' struct bpf_ctx_convert; 0: there is none.
u32 ctx_convert_member(const Env& env, std::string_view which) {
  const btf::Btf* vmlinux = env.vmlinux();
  const btf::Type* table = vmlinux ? vmlinux->type_by_id(vmlinux->find("bpf_ctx_convert", btf::Kind::Struct)) : nullptr;
  if (!table || table->kind() != btf::Kind::Struct) return 0;
  std::string wanted = "BPF_PROG_TYPE_";
  for (char c : std::string_view(prog_type_name(kfunc_prog_type(env))))
    wanted += c >= 'a' && c <= 'z' ? char(c - 32) : c;
  wanted += which;
  for (const btf::Member& member : vmlinux->members(table))
    if (vmlinux->string_at(member.name_off) == wanted) return member.type;
  return 0;
}

// The kernel's struct that stands behind a context struct.
bool is_projection(std::string_view ctx_name, std::string_view name) {
  return (ctx_name == "__sk_buff" && name == "sk_buff") || (ctx_name == "xdp_md" && name == "xdp_buff");
}

// Does the pointer parameter want the program's context (btf_is_prog_ctx_type)?
bool is_ctx_param(const Env& env, const btf::Btf& types, const btf::Type* ptr) {
  const btf::Type* t = types.type_by_id(ptr->type());
  while (t && btf::is_modifier(t)) {
    bool pt_regs = t->kind() == btf::Kind::Typedef && types.name_of(t) == "bpf_user_pt_regs_t";
    if (pt_regs && kfunc_prog_type(env) == BPF_PROG_TYPE_KPROBE) return true;
    t = types.type_by_id(t->type());
  }
  if (!t || t->kind() != btf::Kind::Struct) return false;
  std::string_view name = types.name_of(t);
  const btf::Btf* vmlinux = env.vmlinux();
  const btf::Type* ctx = vmlinux->type_by_id(ctx_convert_member(env, "_prog"));
  while (ctx && !btf::is_void(ctx)) {
    std::string_view ctx_name = vmlinux->name_of(ctx);
    if (btf::is_struct(ctx) && (ctx_name == name || is_projection(ctx_name, name))) return !name.empty();
    if (!btf::is_modifier(ctx)) return false;
    ctx = vmlinux->type_by_id(ctx->type());
  }
  return false;
}

Pointee pointee_kind(const Env& env, const btf::Btf& types, const btf::Type* ptr, const KfuncParam& param) {
  const bool is_struct = param.pointee->kind() == btf::Kind::Struct;
  if (is_struct)  // first, since finding the context's type takes longer than all these
    for (const NamedPointee& row : kPointees)
      if (row.name == param.pointee_name) return row.kind;
  return is_ctx_param(env, types, ptr) ? Pointee::Ctx : Pointee::Other;
}

KfuncParam decode_param(const Env& env, const btf::Btf& types, const btf::Param& p) {
  KfuncParam param;
  param.name = types.string_at(p.name_off);
  param.type = types.skip_modifiers(p.type);
  param.tags = tags_of(param.name);
  param.is_scalar = param.type && btf::is_scalar(param.type);
  param.is_ptr = param.type && btf::is_ptr(param.type);
  if (!param.is_ptr) return param;
  param.pointee = types.skip_modifiers(param.type->type(), &param.pointee_id);
  param.pointee_name = types.name_of(param.pointee);
  param.pointee_kind = pointee_kind(env, types, param.type, param);
  return param;
}

// --- one kfunc ------------------------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 3> kMetadataKfuncs = {
    "bpf_xdp_metadata_rx_timestamp", "bpf_xdp_metadata_rx_hash", "bpf_xdp_metadata_rx_vlan_tag"};

// Kfuncs that read what a network card put beside the packet: for programs bound to one. Compared by id alone.
Outcome check_metadata_kfunc(Env& env, u32 func_id) {
  const btf::Type* func = env.vmlinux()->type_by_id(func_id);
  if (!func || func->kind() != btf::Kind::Func) return kOk;
  std::string_view name = env.vmlinux()->name_of(func);
  if (std::find(kMetadataKfuncs.begin(), kMetadataKfuncs.end(), name) == kMetadataKfuncs.end()) return kOk;
  if (!env.program.dev_bound) return env.reject(diag::MetadataNeedsDevice{});
  return env.program.offloaded ? env.reject(diag::MetadataOffloaded{}) : kOk;
}

Outcome resolve_kfunc(Env& env, KfuncDesc& desc) {
  desc.func = desc.types->type_by_id(desc.func_id);
  if (!desc.func || desc.func->kind() != btf::Kind::Func) return env.reject(diag::KfuncNotFunction{}, desc.func_id);
  desc.proto = desc.types->type_by_id(desc.func->type());
  if (!desc.proto || desc.proto->kind() != btf::Kind::FuncProto)
    return env.reject(diag::KfuncNoFuncProto{}, desc.func_id);
  desc.name = desc.types->name_of(desc.func);
  if (target::is_without_address(desc.name)) return env.reject(diag::KfuncNoAddress{}, desc.name);
  SKEP_TRY(check_metadata_kfunc(env, desc.func_id));
  return check_func_model(env, *desc.types, desc.proto, desc.name);
}

}  // namespace

u32 kfunc_prog_type(const Env& env) {
  if (env.prog_type() != BPF_PROG_TYPE_EXT || !env.program.attach_prog) return env.prog_type();
  return env.program.attach_prog->program.prog_type;
}

u32 kern_ctx_type(const Env& env) { return ctx_convert_member(env, "_kern"); }

std::shared_ptr<KfuncProto> decode_kfunc_proto(const Env& env, const KfuncDesc& desc) {
  auto proto = std::make_shared<KfuncProto>();
  proto->ret = desc.types->skip_modifiers(desc.proto->type());
  for (const btf::Param& param : desc.types->params(desc.proto))
    proto->params.push_back(decode_param(env, *desc.types, param));
  return proto;
}

Outcome add_kfunc_call(Env& env, u32 func_id, s16 offset) {
  if (env.kfuncs.empty()) SKEP_TRY(check_kfuncs_supported(env));
  if (!func_id && !offset) return kOk;  // poisoned: legal as long as it is dead code
  KfuncDesc desc;
  desc.func_id = func_id;
  desc.offset = offset;
  std::shared_ptr<const ProgBtf> module;
  Outcome found = find_kfunc_btf(env, offset, module);
  if (!found.ok()) {
    if (env.rejection) {
      env.log.write(diag::text_of(diag::KfuncBtfNotFound{}));
      return found;
    }
    return env.reject_with(found.error(), diag::KfuncBtfNotFound{});
  }
  desc.types = module ? module->btf.get() : env.vmlinux();
  if (env.find_kfunc(func_id, offset)) return kOk;
  if (env.kfuncs.size() >= kMaxKfuncs) return env.reject(diag::TooManyKfuncs{});
  SKEP_TRY(resolve_kfunc(env, desc));
  desc.info = decode_kfunc_proto(env, desc);
  desc.info->module = module;
  auto after = [](const KfuncDesc& a, const KfuncDesc& b) {
    return a.func_id != b.func_id ? a.func_id < b.func_id : a.offset < b.offset;
  };
  env.kfuncs.insert(std::upper_bound(env.kfuncs.begin(), env.kfuncs.end(), desc, after), desc);
  return kOk;
}

const target::KfuncRow* kfunc_allowed_row(const Env& env, const KfuncDesc& desc) {
  KfuncProto& info = *desc.info;
  if (info.row_known) return info.row;
  target::ProgKind kind = env.kind;
  kind.prog_type = kfunc_prog_type(env);
  info.row = env.target.kfunc_for(desc.name, kind);
  info.row_known = env.cur != nullptr;  // before the walk the attach target may not be known yet
  return info.row;
}

target::SpecialKfunc special_kfunc(const Env& env, const isa::Insn& insn) {
  const KfuncDesc* desc = insn.off ? nullptr : env.find_kfunc(u32(insn.imm), 0);
  const target::KfuncRow* row = desc ? kfunc_allowed_row(env, *desc) : nullptr;
  return row ? row->special : target::SpecialKfunc::None;
}

KfuncSummary kfunc_summary(const Env& env, const isa::Insn& insn) {
  const KfuncDesc* desc = env.find_kfunc(u32(insn.imm), insn.off);
  const target::KfuncRow* row = desc ? kfunc_allowed_row(env, *desc) : nullptr;
  if (!row) return {};
  KfuncSummary summary;
  summary.ok = true;
  summary.nr_args = u32(desc->info->params.size());
  summary.flags = row->flags;
  summary.special = desc->offset ? target::SpecialKfunc::None : row->special;
  summary.is_void = btf::is_void(desc->info->ret);
  return summary;
}

}  // namespace skep::verifier
