// See facts.h.
#include "verifier/facts.h"

#include <algorithm>

#include "verifier/env.h"

namespace skep::verifier {
namespace {

MemAccess mem_access(RegType type) {
  switch (base_type(type)) {
    case PTR_TO_CTX: return MemAccess::Ctx;
    case PTR_TO_ARENA: return MemAccess::Arena;
    case PTR_TO_BTF_ID: return (type & MEM_ALLOC) && !(type & PTR_UNTRUSTED) ? MemAccess::Plain : MemAccess::Probe;
    case PTR_TO_MEM: return type & PTR_UNTRUSTED ? MemAccess::Probe : MemAccess::Plain;
    default: return MemAccess::Plain;
  }
}

ImmFact map_fact(u32 insn, const isa::Insn& imm, const InsnExtra& extra) {
  const bool value = imm.src == isa::BPF_PSEUDO_MAP_VALUE || imm.src == isa::BPF_PSEUDO_MAP_IDX_VALUE;
  return {.insn = insn,
          .kind = value ? ImmFact::Kind::MapValue : ImmFact::Kind::Map,
          .map = extra.map,
          .offset = extra.map_off,
          .symbol = {}};
}

ImmFact symbol_fact(const Env& env, u32 insn, const InsnExtra& extra) {
  const auto& var = extra.btf_var;
  const bool is_func = !var.types;
  const btf::Btf& types = is_func ? *env.vmlinux() : *var.types;
  const btf::Type* named = types.type_by_id(u32(env.insns[insn].imm));
  ImmFact fact{.insn = insn,
               .kind = is_func ? ImmFact::Kind::KernelFunc : ImmFact::Kind::KernelVar,
               .symbol = std::string(named ? types.name_of(named) : ""),
               .percpu = (var.type & MEM_PERCPU) != 0};
  if (!is_func) fact.size = types.resolve_size(var.id).value_or(0);
  return fact;
}

void add_imm(const Env& env, u32 i, ExecFacts& facts) {
  const isa::Insn& insn = env.insns[i];
  if (insn.src == 0) return;
  if (insn.src == isa::BPF_PSEUDO_FUNC) {
    const int subprog = env.find_subprog(i + u32(insn.imm) + 1);
    facts.imms.push_back({.insn = i, .kind = ImmFact::Kind::Func, .subprog = u32(subprog), .symbol = {}});
    return;
  }
  const InsnExtra* extra = env.extra_of(i);
  if (!extra) return;
  facts.imms.push_back(insn.src == isa::BPF_PSEUDO_BTF_ID ? symbol_fact(env, i, *extra) : map_fact(i, insn, *extra));
}

// The template of an inner map stands for many maps, and is none itself.
bool is_used(const Env& env, const map::MapMeta* map) {
  return std::any_of(env.used_maps.begin(), env.used_maps.end(), [map](const auto& used) { return used.get() == map; });
}

void add_call(const Env& env, u32 i, ExecFacts& facts) {
  const isa::Insn& insn = env.insns[i];
  if (isa::is_pseudo_call(insn) || !env.aux[i].seen) return;
  CallFact fact{.insn = i};
  if (isa::is_kfunc_call(insn)) {
    const KfuncDesc* desc = env.find_kfunc(u32(insn.imm), insn.off);
    if (desc) fact.kfunc = desc->name;
  }
  if (const InsnExtra* extra = env.extra_of(i)) {
    if (!extra->call_maps_differ) (is_used(env, extra->call_map) ? fact.map : fact.inner) = extra->call_map;
    fact.types = extra->object_types;
    fact.type_id = extra->object_type_id;
    if (fact.types && !fact.types->is_kernel()) fact.record = env.struct_record(fact.types, fact.type_id);
    fact.node_offset = extra->node_offset;
    if (extra->loop_fit_for_inline) fact.loop_callback = int(extra->loop_callback_subprog);
  }
  facts.calls.push_back(fact);
}

// Other processes write where kptrs lie: what is loaded from there has to be looked at.
void add_kptr_load(const Env& env, u32 i, ExecFacts& facts) {
  const InsnExtra* const extra = env.extra_of(i);
  if (!extra || !extra->object_types) return;
  CallFact fact{.insn = i};
  fact.types = extra->object_types;
  fact.type_id = extra->object_type_id;
  facts.calls.push_back(fact);
}

void add_insns(const Env& env, ExecFacts& facts) {
  for (u32 i = 0; i < env.insns.size(); ++i) {
    facts.facts.push_back({env.aux[i].seen, mem_access(env.aux[i].ptr_type)});
    const isa::Insn& insn = env.insns[i];
    if (isa::is_call(insn)) add_call(env, i, facts);
    if (isa::insn_class(insn.code) == isa::BPF_LDX) add_kptr_load(env, i, facts);
    if (!isa::is_ldimm64(insn)) continue;
    if (env.aux[i].seen) add_imm(env, i, facts);
    facts.facts.push_back(facts.facts.back());  // the second half
    ++i;
  }
}

// Bytes of stack, a multiple of 8. The spills around fastcall calls count: nobody takes them out of the program.
u32 stack_depth(const Env& env, u32 s) {
  u32 depth = (env.subprogs[s].stack_depth + 7) / 8 * 8;
  for (u32 i = env.subprogs[s].start; i < env.subprog_end(s); ++i)
    if (env.aux[i].fastcall_pattern && env.insns[i].off < 0) depth = std::max(depth, u32(-env.insns[i].off));
  return depth;
}

template <typename T>
const T* find_at(const std::vector<T>& rows, u32 insn) {
  const auto row = std::lower_bound(rows.begin(), rows.end(), insn, [](const T& r, u32 at) { return r.insn < at; });
  return row != rows.end() && row->insn == insn ? &*row : nullptr;
}

}  // namespace

const ImmFact* ExecFacts::imm_at(u32 insn) const { return find_at(imms, insn); }
const CallFact* ExecFacts::call_at(u32 insn) const { return find_at(calls, insn); }

std::shared_ptr<const ExecFacts> collect_facts(const Env& env) {
  auto facts = std::make_shared<ExecFacts>();
  facts->insns = env.insns;
  add_insns(env, *facts);
  for (u32 s = 0; s < env.subprogs.size(); ++s) {
    const SubprogInfo& subprog = env.subprogs[s];
    facts->subprogs.push_back({subprog.start, env.subprog_end(s), stack_depth(env, s), std::string(subprog.name)});
  }
  facts->maps = env.used_maps;
  facts->arena = env.arena;
  facts->btf = env.program.btf;
  facts->btfs = env.used_btfs;
  facts->lines = env.line_info;
  facts->kind = env.kind;
  facts->exception_cb_subprog = env.exception_cb_subprog;
  facts->throws = env.seen_exception;
  return facts;
}

}  // namespace skep::verifier
