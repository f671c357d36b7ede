// From a case to a question (ask.h): its instructions, with the kernel's names in them looked up.
#include <cerrno>
#include <filesystem>
#include <regex>

#include <fmt/format.h>

#include "ask.h"

namespace skep::cases {

namespace {

using btf::Kind;

// The id of the first of these kinds with that name, or 0.
u32 find_first(const btf::Btf& kernel, const std::string& name, std::initializer_list<Kind> kinds) {
  for (Kind kind : kinds)
    if (u32 id = kernel.find(name, kind)) return id;
  return 0;
}

// Kernel functions that the case calls, variables and functions whose address it takes.
void add_kernel_names(const std::string& body, const btf::Btf& kernel, isa::AsmSymbols& symbols) {
  static const std::regex kCall(R"(\bcall (\w+))"), kAddress(R"(\bbtf_id\[(\w+)\])");
  const std::sregex_iterator end;
  for (std::sregex_iterator it(body.begin(), body.end(), kCall); it != end; ++it)
    if (u32 id = find_first(kernel, (*it)[1], {Kind::Func})) symbols.kfuncs.emplace((*it)[1], s32(id));
  for (std::sregex_iterator it(body.begin(), body.end(), kAddress); it != end; ++it)
    if (u32 id = find_first(kernel, (*it)[1], {Kind::Var, Kind::Func})) symbols.maps.emplace((*it)[1], s32(id));
}

// "func" -> Kind::Func.
Result<u32> find_target(const btf::Btf& kernel, const TargetSpec& target) {
  struct Word {
    std::string_view word;
    Kind kind;
  };
  static constexpr Word kWords[] = {
      {"func", Kind::Func}, {"typedef", Kind::Typedef}, {"struct", Kind::Struct}, {"var", Kind::Var}};
  for (const Word& word : kWords) {
    if (word.word != target.kind) continue;
    if (u32 id = kernel.find(target.name, word.kind)) return id;
    break;
  }
  return error_status(EINVAL, fmt::format("the kernel has no {} {}", target.kind, target.name));
}

Status find_kernel_value(const btf::Btf& kernel, MapSpec& map) {
  if (map.kernel_type.empty()) return {};
  map.kernel_type_id = kernel.find(map.kernel_type, Kind::Struct);
  const btf::Type* type = kernel.type_by_id(map.kernel_type_id);
  if (!map.kernel_type_id || !type)
    return error_status(EINVAL, fmt::format("the kernel has no struct {}", map.kernel_type));
  map.value = type->size();
  return {};
}

Result<std::shared_ptr<const Question>> prepare_target(const Case& c, const target::Target& target,
                                                       const btf::Btf& kernel) {
  std::string path = (std::filesystem::path(c.path).parent_path() / c.target->file).string();
  auto parsed = parse_case(path, read_text(path));
  if (!parsed.ok()) return parsed.status();
  auto question = prepare(std::move(*parsed), target, kernel);
  if (!question.ok()) return question.status();
  return std::make_shared<const Question>(std::move(*question));
}

}  // namespace

Result<Question> prepare(Case c, const target::Target& target, const btf::Btf& kernel) {
  for (MapSpec& map : c.maps)
    if (Status status = find_kernel_value(kernel, map); !status.ok()) return status;
  isa::AsmSymbols symbols;
  for (u32 id = 1; id < target::kHelperCount; id++)
    if (const target::HelperProto* helper = target.helper(id)) symbols.helpers.emplace(helper->name, s32(id));
  add_kernel_names(c.body_text(), kernel, symbols);
  for (size_t i = 0; i < c.maps.size(); i++) symbols.maps.insert_or_assign(c.maps[i].name, s32(i));
  auto code = isa::assemble(c.body_text(), symbols);
  if (!code.ok()) return error_status(EINVAL, fmt::format("{}: {}", c.path, code.status().context()));
  Question question{std::move(c), std::move(*code), 0, nullptr};
  if (!question.text.target) return question;
  if (question.text.target->file.empty()) {
    auto id = find_target(kernel, *question.text.target);
    if (!id.ok()) return id.status();
    question.attach_btf_id = *id;
  } else {
    auto attach_to = prepare_target(question.text, target, kernel);
    if (!attach_to.ok()) return attach_to.status();
    question.attach_to = std::move(*attach_to);
  }
  return question;
}

}  // namespace skep::cases
