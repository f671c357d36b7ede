// See case_text.h. Types, maps and functions are lines of the world's text; type ids in instructions are the world's,
// so all its types are written if any is.
#include "fuzz/case_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ask.h"
#include "fuzz/world.h"
#include "isa/assemble.h"
#include "isa/disasm.h"
#include "target/target.h"

namespace skep::fuzz {
namespace {

using namespace isa;

AsmSymbols symbols_of(const World& world) {
  AsmSymbols symbols;
  const target::Target target([&world] { return world.kernel; });
  for (u32 id = 1; id < target::kHelperCount; id++)
    if (const target::HelperProto* helper = target.helper(id)) symbols.helpers.emplace(helper->name, s32(id));
  for (size_t i = 0; i < kMapSlots; i++) symbols.maps[world.map(i).name] = s32(i);
  return symbols;
}

bool is_map_load(const Insn& insn) {
  return is_ldimm64(insn) && (insn.src == BPF_PSEUDO_MAP_FD || insn.src == BPF_PSEUDO_MAP_VALUE);
}

// Slots of the maps that the program names, and of those that these name.
std::set<size_t> maps_of(const Program& program, const World& world) {
  std::set<size_t> slots;
  for (size_t i = 0; i < program.insns.size(); i++) {
    const Insn& insn = program.insns[i];
    if (!is_ldimm64(insn)) continue;
    i++;
    if (!is_map_load(insn) || u32(insn.imm) >= kMapSlots) continue;
    slots.insert(size_t(insn.imm));
    for (size_t inner = 0; inner < kMapSlots; inner++)
      if (world.map(inner).name == world.map(size_t(insn.imm)).inner) slots.insert(inner);
  }
  return slots;
}

// The function of that number: its kind's name, with a number if it is not the first of its kind.
std::string func_name(const Program& program, const World& world, size_t func) {
  const FuncKind kind = program.funcs[func].kind;
  const auto before = std::count_if(program.funcs.begin(), program.funcs.begin() + long(func),
                                    [kind](const Func& f) { return f.kind == kind; });
  const std::string& name = world.func(kind).name;
  return before == 0 ? name : fmt::format("{}_{}", name, before + 1);
}

std::string header(const Program& program) {
  std::string text = fmt::format(";; PROG {}\n", prog_type_name(program.prog_type));
  const bool is_member = program.prog_type == BPF_PROG_TYPE_STRUCT_OPS;
  if (is_member) text += fmt::format(";; LOAD expected_attach_type={}\n", program.attach_type);
  if (program.attach_type && !is_member) text += fmt::format(";; ATTACH {}\n", attach_type_name(program.attach_type));
  if (program.attach_btf_id) text += fmt::format(";; TARGET kernel {} {}\n", program.target_kind, program.target_name);
  std::string flags;
  for (const cases::Flag& flag : cases::prog_flags())
    if (program.flags & flag.bit) flags += fmt::format(" {}", flag.name);
  return flags.empty() ? text : fmt::format("{};; FLAGS{}\n", text, flags);
}

bool is_tag_of_struct(const std::string& line) {
  return line.starts_with(";; TAG") && line.find(" contains:") != line.npos;
}

std::string types_and_maps(const Program& program, const World& world) {
  const std::set<size_t> slots = maps_of(program, world);
  bool wants_types = false;
  for (const size_t slot : slots) wants_types |= !world.map(slot).value_type.empty();
  for (const Insn& insn : program.insns)
    wants_types |=
        is_kfunc_call(insn) && (insn.imm == world.kfuncs[kObjNew] || insn.imm == world.kfuncs[kPercpuObjNew]);
  std::string text;
  for (const std::string& line : world.text.header) {
    if (line.starts_with(";; STRUCT") && (wants_types || program.with_btf)) text += line + "\n";
    if (is_tag_of_struct(line) && (wants_types || program.with_btf)) text += line + "\n";
    for (const size_t slot : slots)
      if (line.starts_with(fmt::format(";; MAP {} ", world.map(slot).name))) text += line + "\n";
  }
  return text;
}

std::string functions(const Program& program, const World& world) {
  std::string funcs, tags;
  for (size_t i = 0; i < program.funcs.size(); i++) {
    const cases::FuncSpec& spec = world.func(program.funcs[i].kind);
    const std::string name = func_name(program, world, i);
    std::string prototype = spec.prototype;
    prototype.replace(prototype.find(spec.name + "("), spec.name.size(), name);
    funcs += fmt::format(";; FUNC {} {}\n", spec.global ? "global" : "static", prototype);
    for (const cases::TagSpec& tag : world.text.tags)
      if (tag.of == spec.name) tags += fmt::format(";; TAG {} {} {}\n", name, u32(tag.component), tag.text);
  }
  return funcs + tags;
}

std::string raw(const Insn& insn) {
  return fmt::format(".insn {:#x} {} {} {} {}", insn.code, u8(insn.dst), u8(insn.src), insn.off, insn.imm);
}

class Lines {
 public:
  Lines(const Program& program, const World& world) : program_(program), world_(world), symbols_(symbols_of(world)) {
    for (const auto& [name, id] : symbols_.helpers) helpers_[id] = name;
  }

  // The text if it assembles to the same slots, else the slots as numbers.
  std::string of(size_t at, size_t slots) {
    const Insn* insn = &program_.insns[at];
    if (const std::string label = callback(at, slots); !label.empty())
      return fmt::format("  r{} = func[{}]", u8(insn->dst), label);
    const std::string text = plain(insn);
    const auto back = assemble(text, symbols_);
    const bool same = back.ok() && back->insns.size() == slots && back->insns[0] == insn[0] &&
                      (slots == 1 || back->insns[1] == insn[1]);
    if (same) return "  " + text;
    return slots == 1 ? "  " + raw(insn[0]) : "  " + raw(insn[0]) + "\n  " + raw(insn[1]);
  }

 private:
  // The function whose address the instruction loads, if it has a label.
  std::string callback(size_t at, size_t slots) const {
    const Insn& insn = program_.insns[at];
    if (!is_pseudo_func(insn) || slots != 2 || !program_.with_btf) return {};
    for (size_t i = 0; i < program_.funcs.size(); i++)
      if (s64(program_.funcs[i].start) == s64(at) + 1 + insn.imm) return func_name(program_, world_, i);
    return {};
  }
  std::string plain(const Insn* insn) {
    if (is_map_load(*insn) && u32(insn->imm) < kMapSlots) {
      const std::string& name = world_.map(size_t(insn->imm)).name;
      if (insn->src == BPF_PSEUDO_MAP_FD) return fmt::format("r{} = map[{}]", u8(insn->dst), name);
      return fmt::format("r{} = map_value[{}]+{}", u8(insn->dst), name, insn[1].imm);
    }
    if (is_kfunc_call(*insn)) {
      const std::string name(world_.kernel->name_of(u32(insn->imm)));
      symbols_.kfuncs[name] = insn->imm;
      return "call " + name;
    }
    const auto helper = is_helper_call(*insn) ? helpers_.find(insn->imm) : helpers_.end();
    if (helper != helpers_.end()) return "call " + helper->second;
    std::string text = disassemble(insn);
    text.erase(0, text.find(") ") + 2);  // the opcode
    return text;
  }

  const Program& program_;
  const World& world_;
  AsmSymbols symbols_;
  std::map<s32, std::string> helpers_;
};

// Function by name, "mem_2" as "mem".
int kind_of(const World& world, std::string_view name) {
  for (size_t kind = 0; kind < size_t(FuncKind::kCount); kind++) {
    const std::string& base = world.text.funcs[kind].name;
    const bool numbered =
        name.starts_with(base + "_") && name.find_first_not_of("0123456789", base.size() + 1) == name.npos;
    if (name == base || numbered) return int(kind);
  }
  return -1;
}

// Maps of the case, by their place in it, as slots of the world.
std::vector<Insn> use_world_slots(std::vector<Insn> insns, const cases::Case& c, const World& world) {
  for (size_t i = 0; i < insns.size(); i++) {
    if (!is_ldimm64(insns[i])) continue;
    for (size_t slot = 0; is_map_load(insns[i]) && slot < kMapSlots; slot++) {
      if (world.map(slot).name != c.maps[size_t(insns[i].imm)].name) continue;
      insns[i].imm = s32(slot);
      break;
    }
    i++;
  }
  return insns;
}

}  // namespace

std::string to_text(const Program& program, const World& world) {
  std::string text = header(program) + types_and_maps(program, world);
  if (program.with_btf) text += functions(program, world);
  text += "\n";
  Lines lines(program, world);
  size_t func = 0;
  for (size_t i = 0; i < program.insns.size(); i++) {
    if (program.with_btf && func < program.funcs.size() && program.funcs[func].start == i)
      text += func_name(program, world, func++) + ":\n";
    const bool wide = is_ldimm64(program.insns[i]) && i + 1 < program.insns.size();
    text += lines.of(i, wide ? 2 : 1) + "\n";
    if (wide) i++;
  }
  return text;
}

Result<Program> from_text(std::string_view text, const World& world) {
  auto parsed = cases::parse_case("case", text);
  if (!parsed.ok()) return parsed.status();
  const target::Target target([&world] { return world.kernel; });
  auto question = cases::prepare(std::move(*parsed), target, *world.kernel);
  if (!question.ok()) return question.status();
  const cases::Case& c = question->text;
  Program program{.prog_type = c.prog_type, .attach_type = c.attach_type, .flags = c.flags};
  for (const cases::LoadField& field : c.load)
    if (field.name == "expected_attach_type") program.attach_type = field.value;
  if (c.target) program.target_kind = c.target->kind, program.target_name = c.target->name;
  program.attach_btf_id = question->attach_btf_id;
  program.insns = use_world_slots(std::move(question->code.insns), c, world);
  program.with_btf = !c.funcs.empty();
  for (const cases::FuncSpec& func : c.funcs) {
    const int kind = kind_of(world, func.name);
    const auto label = question->code.labels.find(func.name);
    if (kind < 0 || label == question->code.labels.end()) return error_status(EINVAL, "no such function: " + func.name);
    program.funcs.push_back({u32(label->second), FuncKind(kind)});
  }
  if (program.funcs.empty()) program.funcs.push_back({0, FuncKind::Static});
  return program;
}

}  // namespace skep::fuzz
