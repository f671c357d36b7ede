// See names.h.
#include "verifier/explain/names.h"

#include <algorithm>

#include "verifier/observer.h"
#include "verifier/print_state.h"

namespace skep::verifier {

namespace {

std::string function_of(const Env& env, int insn_idx) {
  if (insn_idx < 0 || size_t(insn_idx) >= env.subprog_of_insn.size() || env.subprogs.empty()) return env.program.name;
  const u32 subprog = env.subprog_at(u32(insn_idx));
  if (subprog < env.subprogs.size() && !env.subprogs[subprog].name.empty())
    return std::string(env.subprogs[subprog].name);
  return subprog == 0 ? env.program.name : fmt::format("function {}", subprog);
}

bool writes_memory(const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  return cls == isa::BPF_ST || cls == isa::BPF_STX;
}

bool accesses_memory(const isa::Insn& insn) {
  return writes_memory(insn) || isa::insn_class(insn.code) == isa::BPF_LDX;
}

std::string struct_words(const btf::Btf* types, u32 id) {
  if (!types || !id) return "kernel memory";
  const btf::Type* type = types->type_by_id(id);
  if (!type) return "kernel memory";
  const char* keyword = type->kind() == btf::Kind::Union ? "union " : btf::is_struct(type) ? "struct " : "";
  return fmt::format("`{}{}`", keyword, types->name_of(id));
}

std::string mem_words(const RegState& reg) {
  if (reg.type & MEM_RINGBUF) return "a record of a ring buffer";
  if (reg.type & kDynptrTypeFlags) return "a slice of a dynptr";
  if (reg.mem.dynptr_id) return "a slice of a dynptr";
  if (reg.type & PTR_UNTRUSTED) return "memory that nobody vouches for";
  return reg.mem.size ? fmt::format("a block of {} bytes", reg.mem.size) : std::string("memory");
}

// The variable of a data section at an offset, with its member: "`small_arr[3]`".
std::string variable_at(const map::MapMeta& map, s64 off) {
  if (!map.btf || off < 0) return {};
  const btf::Type* section = map.btf->type_by_id(map.btf_value_type_id);
  if (!section || section->kind() != btf::Kind::DataSec) return {};
  for (const btf::VarSecinfo& var : map.btf->secinfos(section)) {
    if (u64(off) < var.offset || u64(off) >= u64(var.offset) + var.size) continue;
    const btf::Type* type = map.btf->type_by_id(var.type);
    if (!type) return {};
    return std::string(map.btf->name_of(var.type)) + member_path(*map.btf, type->type(), u32(off) - var.offset);
  }
  return {};
}

bool is_data_section(const map::MapMeta& map) {
  const btf::Type* type = map.btf ? map.btf->type_by_id(map.btf_value_type_id) : nullptr;
  return type && type->kind() == btf::Kind::DataSec;
}

std::string ctx_member(const Env& env, s64 off) {
  if (off < 0) return {};
  const char* name = env.target.ctx_struct_name(env.prog_type());
  if (!name) return {};
  for (const btf::Btf* types : {env.prog_btf(), env.vmlinux()}) {
    u32 id = types ? types->find(name, btf::Kind::Struct) : 0;
    if (types && !id && (id = types->find(name, btf::Kind::Typedef)) != 0) types->skip_modifiers(id, &id);
    if (!id) continue;
    std::string path = member_path(*types, id, u32(off));
    if (path.empty()) continue;
    const std::string parameter = parameter_name(env, 0, 1);
    return (parameter.empty() ? "ctx" : parameter) + "->" + path.substr(1);
  }
  return {};
}

std::string ctx_memory(const Env& env, s64 off) {
  if (env.attach_func_proto && env.attach_types && off >= 0 && off % 8 == 0) {
    const auto params = env.attach_types->params(env.attach_func_proto);
    const size_t nr = size_t(off / 8) + (env.attach_btf_trace ? 1 : 0);
    if (nr < params.size() && params[nr].name_off)
      return fmt::format("argument `{}` of {}()", env.attach_types->string_at(params[nr].name_off),
                         env.attach_func_name);
  }
  const std::string member = ctx_member(env, off);
  return member.empty() ? std::string("the context") : quoted(member);
}

std::string map_memory(const RegState& pointer, s64 off) {
  const map::MapMeta& map = *pointer.map.ptr;
  if (const std::string variable = variable_at(map, off); !variable.empty()) return quoted(variable);
  const bool key = pointer.base() == PTR_TO_MAP_KEY;
  const u32 id = key ? map.btf_key_type_id : map.btf_value_type_id;
  std::string path = map.btf && id && off >= 0 ? member_path(*map.btf, id, u32(off)) : std::string();
  if (path.starts_with('.')) path.erase(0, 1);
  const std::string_view what = key ? "key" : "value";
  return path.empty() ? fmt::format("a {} of map `{}`", what, map.name)
                      : fmt::format("`{}` of a {} of map `{}`", path, what, map.name);
}

void set_pointer_size(const RegState& reg, diag::Known& known) {
  known.sized = true;
  switch (reg.base()) {
    case PTR_TO_MAP_VALUE: known.size = reg.map.ptr->value_size; return;
    case PTR_TO_MAP_KEY: known.size = reg.map.ptr->key_size; return;
    case PTR_TO_MEM: known.size = reg.mem.size; return;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META: known.size = u32(std::max(reg.pkt.range, 0)); return;
    case PTR_TO_STACK: known.size = kMaxStack; return;
    default: known.sized = false; return;
  }
}

}  // namespace

const btf::LineInfo* line_info_at(const Env& env, u32 insn_idx) {
  auto it = std::upper_bound(env.line_info.begin(), env.line_info.end(), insn_idx,
                             [](u32 at, const btf::LineInfo& l) { return at < l.insn_off; });
  return it == env.line_info.begin() ? nullptr : &*(it - 1);
}

std::string quoted(std::string_view name) { return name.empty() ? std::string() : fmt::format("`{}`", name); }

diag::Place place_of(const Env& env, int insn_idx) {
  diag::Place place;
  place.insn = insn_idx;
  place.function = function_of(env, insn_idx);
  if (insn_idx < 0 || size_t(insn_idx) >= env.insns.size()) return place;
  const isa::Insn& insn = env.insns[size_t(insn_idx)];
  place.assembly = disassemble_insn(env, insn_idx);
  const btf::LineInfo* line = line_info_at(env, u32(insn_idx));
  if (!line || !env.prog_btf()) return place;
  place.file = env.prog_btf()->string_at(line->file_name_off);
  place.line = line->line();
  place.column = line->column();
  place.source = env.prog_btf()->string_at(line->line_off);
  place.in_c = diag::reads_as_c(place.source);
  if (!place.in_c) return place;
  const std::string callee = callee_name(env, insn_idx);
  if (!callee.empty()) place.span = call_text(place, callee).span;
  if (place.span.empty()) place.span = diag::expression_at(place.source, place.column, writes_memory(insn));
  if (isa::is_cond_jmp(insn)) {
    const diag::ConditionText condition = diag::condition_of(place.expression());
    const diag::Span whole = diag::statement_condition(place.source);
    if (condition.op.empty() && !condition.negated && !whole.empty()) place.span = whole;
  }
  return place;
}

diag::CallText call_text(const diag::Place& place, std::string_view callee) {
  if (!place.in_c || callee.empty()) return {};
  diag::CallText call = diag::call_of(place.source, callee, place.column);
  constexpr std::string_view kImpl = "_impl";
  if (call.span.empty() && callee.ends_with(kImpl)) {
    callee.remove_suffix(kImpl.size());
    call = diag::call_of(place.source, callee, place.column);
  }
  return call;
}

std::string callee_name(const Env& env, int insn_idx) {
  const isa::Insn& insn = env.insns[size_t(insn_idx)];
  if (isa::is_helper_call(insn)) {
    const target::HelperProto* helper = insn.imm > 0 ? env.target.helper(u32(insn.imm)) : nullptr;
    return helper ? std::string(helper->name) : std::string();
  }
  if (isa::is_kfunc_call(insn)) {
    const KfuncDesc* desc = env.find_kfunc(u32(insn.imm), insn.off);
    return desc ? std::string(desc->name) : std::string();
  }
  if (isa::is_pseudo_call(insn)) {
    const int subprog = env.find_subprog(u32(insn_idx + insn.imm + 1));
    return subprog < 0 ? std::string() : std::string(env.subprogs[size_t(subprog)].name);
  }
  return {};
}

std::string object_words(const RegState& reg) {
  switch (reg.base()) {
    case PTR_TO_CTX: return "the program's context";
    case CONST_PTR_TO_MAP: return fmt::format("map `{}` itself", reg.map.ptr->name);
    case PTR_TO_MAP_VALUE: {
      const s64 off = reg.off + (reg.var.is_const() ? s64(reg.var.var_off.value) : 0);
      const std::string variable = variable_at(*reg.map.ptr, off);
      if (!variable.empty())
        return fmt::format("the data section of `{}`", variable.substr(0, variable.find_first_of(".[")));
      return fmt::format("{} map `{}`", is_data_section(*reg.map.ptr) ? "data section" : "a value of",
                         reg.map.ptr->name);
    }
    case PTR_TO_MAP_KEY: return fmt::format("a key of map `{}`", reg.map.ptr->name);
    case PTR_TO_STACK: return "the stack";
    case PTR_TO_PACKET_META: return "the packet's metadata";
    case PTR_TO_PACKET: return "the packet";
    case PTR_TO_PACKET_END: return "the end of the packet";
    case PTR_TO_FLOW_KEYS: return "flow keys";
    case PTR_TO_SOCKET: return "a socket";
    case PTR_TO_SOCK_COMMON: return "a socket's common part";
    case PTR_TO_TCP_SOCK: return "a TCP socket";
    case PTR_TO_XDP_SOCK: return "an XDP socket";
    case PTR_TO_TP_BUFFER: return "the tracepoint's buffer";
    case PTR_TO_BTF_ID: return struct_words(reg.btf.types, reg.btf.id);
    case PTR_TO_MEM: return mem_words(reg);
    case PTR_TO_ARENA: return "the arena";
    case PTR_TO_BUF: return "a buffer";
    case PTR_TO_FUNC: return "a function";
    case CONST_PTR_TO_DYNPTR: return "a dynptr";
    default: return {};
  }
}

diag::Known known_of(const RegState& reg) {
  diag::Known known;
  known.type = reg_type_str(reg.type);
  if (reg.base() == PTR_TO_BTF_ID && reg.btf.types) known.type += reg.btf.types->name_of(reg.btf.id);
  if (reg.type == NOT_INIT) return known;
  known.kind = reg.is_scalar() ? diag::Known::Kind::Number : diag::Known::Kind::Pointer;
  known.smin = reg.var.smin;
  known.smax = reg.var.smax;
  known.umin = reg.var.umin;
  known.umax = reg.var.umax;
  known.s32_min = reg.var.s32_min;
  known.s32_max = reg.var.s32_max;
  if (reg.is_scalar()) return known;
  known.object = object_words(reg);
  known.may_be_null = reg.may_be_null();
  known.off = reg.off;
  set_pointer_size(reg, known);
  return known;
}

std::string name_at_use(const Env& env, const diag::Place& place, int insn_idx, u32 regno) {
  const isa::Insn& insn = env.insns[size_t(insn_idx)];
  if (!place.in_c) return fmt::format("r{}", regno);
  const std::string_view expression = place.expression();
  if (isa::is_call(insn)) {
    const diag::CallText call = call_text(place, callee_name(env, insn_idx));
    return regno >= 1 && regno <= call.arguments.size()
               ? std::string(diag::without_casts(call.arguments[regno - 1].in(place.source)))
               : std::string();
  }
  if (isa::is_exit(insn)) {
    constexpr std::string_view kReturn = "return ";
    const std::string_view value =
        expression.starts_with(kReturn) ? expression.substr(kReturn.size()) : std::string_view();
    return diag::is_simple(value) ? std::string(value) : std::string();
  }
  if (!accesses_memory(insn)) {
    const std::string_view index = diag::index_of_access(expression);
    if (!index.empty()) return {};  // base and index are both in there
    return diag::is_simple(expression) ? std::string(expression) : std::string();
  }
  const bool is_address = regno == (writes_memory(insn) ? insn.dst : insn.src);
  const std::string_view base = is_address ? diag::base_of_access(expression) : expression;
  return diag::is_simple(base) ? std::string(base) : std::string();
}

std::string name_at_definition(const diag::Place& place) {
  if (!place.in_c) return {};
  const std::string_view name = diag::assigned_name(place.source, place.span);
  return diag::is_simple(name) ? std::string(name) : std::string();
}

std::string variable_name(const Env& env, int insn_idx, const Loc& loc, bool derived) {
  const diag::Variables* variables = env.options.observer ? env.options.observer->variables() : nullptr;
  if (!variables || insn_idx < 0 || env.subprogs.empty()) return {};
  const SubprogInfo& subprog = env.subprogs[env.subprog_at(u32(insn_idx))];
  const u32 insn = u32(insn_idx) - subprog.start;
  return std::string(variables->name_at(subprog.name, insn, loc.reg, -(loc.slot + 1) * kSlotBytes, derived));
}

std::string parameter_name(const Env& env, u32 subprog, u32 regno) {
  const btf::Btf* types = env.prog_btf();
  if (!types || subprog >= env.func_info.size() || regno < 1) return {};
  const btf::Type* func = types->type_by_id(env.func_info[subprog].type_id);
  const btf::Type* proto = func ? types->type_by_id(func->type()) : nullptr;
  if (!proto || proto->kind() != btf::Kind::FuncProto) return {};
  const auto params = types->params(proto);
  return regno <= params.size() ? std::string(types->string_at(params[regno - 1].name_off)) : std::string();
}

std::string memory_words(const Env& env, const RegState& pointer, s64 off) {
  off += pointer.off;
  if (!pointer.var.is_const()) return object_words(pointer);
  off += s64(pointer.var.var_off.value);
  switch (pointer.base()) {
    case PTR_TO_CTX: return ctx_memory(env, off);
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY: return map_memory(pointer, off);
    case PTR_TO_BTF_ID: {
      if (!pointer.btf.types || off < 0) break;
      const std::string path = member_path(*pointer.btf.types, pointer.btf.id, u32(off));
      if (!path.empty()) return fmt::format("`{}` of {}", path.substr(1), object_words(pointer));
      break;
    }
    default: break;
  }
  return object_words(pointer);
}

std::string member_path(const btf::Btf& types, u32 id, u32 off) {
  std::string path;
  constexpr int kMaxDepth = 16;
  for (int depth = 0; depth < kMaxDepth; depth++) {
    const btf::Type* type = types.skip_modifiers(id, &id);
    if (!type) return path;
    if (type->kind() == btf::Kind::Array) {
      const btf::Array& array = types.array(type);
      const u32 size = types.resolve_size(array.type).value_or(0);
      if (!size || off / size >= std::max(array.nelems, 1u)) return path;
      path += fmt::format("[{}]", off / size);
      off %= size;
      id = array.type;
      continue;
    }
    if (!btf::is_struct(type)) return path;
    const btf::Member* found = nullptr;
    for (const btf::Member& member : types.members(type)) {
      const u32 at = btf::Btf::member_bit_offset(type, member) / 8;
      if (at <= off && off < at + types.resolve_size(member.type).value_or(0) && !found) found = &member;
    }
    if (!found) return path;
    if (const std::string_view name = types.string_at(found->name_off); !name.empty()) path += fmt::format(".{}", name);
    off -= btf::Btf::member_bit_offset(type, *found) / 8;
    id = found->type;
  }
  return path;
}

}  // namespace skep::verifier
