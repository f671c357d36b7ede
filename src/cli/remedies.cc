// See remedies.h: which causes are mended by which forms, and what their makers share (remedy_maker.h).
#include "cli/remedies.h"

#include "cli/remedy_maker.h"
#include "target/harmless.h"

namespace skep::cli {

RemedyMaker::RemedyMaker(std::string_view source, const Failing& failing) : lines_(split_lines(source)), f_(failing) {
  if (!f_.why || !f_.why->place.line || f_.why->place.line > lines_.size()) return;
  const diag::Place& place = f_.why->place;
  const std::string& line = lines_[place.line - 1];
  if (stripped(line) != stripped(place.source)) return;  // another file, or another version of this one
  at_ = place.line - 1;
  const std::string_view text = place.expression();
  const size_t from = indentation_of(line).size() + place.span.begin - indentation_of(place.source).size();
  if (text.empty() || line.compare(std::min(from, line.size()), text.size(), text) != 0) return;
  expression_ = text;
  column_ = u32(from) + 1;
}

std::string RemedyMaker::fact(std::string_view name) const {
  if (!f_.why) return {};
  for (const auto& [known, value] : f_.why->facts)
    if (known == name) return value;
  const auto names = diag::field_names(f_.why->rejection.kind);
  for (size_t i = 0; i < names.size() && i < f_.why->rejection.facts.size(); ++i)
    if (const auto* text = std::get_if<std::string>(&f_.why->rejection.facts[i]); text && names[i] == name)
      return *text;
  return {};
}

const diag::Event* RemedyMaker::event_of(diag::EventKind kind) const {
  const diag::Event* found = nullptr;
  for (size_t i = 0; f_.why && i < f_.why->path.size(); ++i)
    if (f_.why->path[i].kind == kind) found = &f_.why->path[i];
  return found;
}

// It is assigned to, or counted up or down.
bool RemedyMaker::is_written() const {
  const std::string rest = stripped(std::string_view(lines_[at_]).substr(column_ - 1 + expression_.size()));
  const bool compares = rest.starts_with("==");
  const size_t operators = rest.find_first_not_of("+-*/|&^<>% ");
  const bool assigns = operators != std::string::npos && rest[operators] == '=' && operators <= 2;
  const bool orders = rest.starts_with("<=") || rest.starts_with(">=") || rest.starts_with("!=");
  return (assigns && !compares && !orders) || rest.starts_with("++") || rest.starts_with("--");
}

RemedyMaker::Call RemedyMaker::call_at_fault() const {
  Call call;
  if (!has_line()) return call;
  call.function = fact("func");
  if (const size_t end = call.function.find('#'); end != std::string::npos) call.function.resize(end);
  if (call.function.empty()) return call;
  call.text = diag::call_of(lines_[at_], call.function, column_);
  const std::string reg = fact("register");
  if (reg.size() == 2 && reg[0] == 'r') call.wrong = reg[1] - '1';
  if (call.wrong >= int(call.text.arguments.size())) call.wrong = -1;
  return call;
}

std::string RemedyMaker::argument(const Call& call, int index) const {
  if (index < 0 || index >= int(call.text.arguments.size())) return {};
  return std::string(call.text.arguments[size_t(index)].in(lines_[at_]));
}

std::string RemedyMaker::leave(size_t at) const {
  const std::string& line = lines_[function_begin(lines_, at)];
  if (line.starts_with("void ") || line.starts_with("static void ") || line.find(" void ") != std::string::npos)
    return "return;";
  const bool is_program = section_line(lines_, function_name(line)).has_value();
  return fmt::format("return {};", is_program ? target::harmless_return(f_.prog_type).c : "0");
}

void RemedyMaker::insert_before(Lines& lines, size_t at, const Lines& code) {
  const std::string indentation = indentation_of(lines[at]);
  Lines indented;
  for (const std::string& line : code) indented.push_back(indentation + line);
  lines.insert(lines.begin() + std::ptrdiff_t(at), indented.begin(), indented.end());
}

void RemedyMaker::offer_copy(std::string words, const std::string& expression, const Lines& code,
                             const std::string& name) {
  Lines lines = lines_;
  const size_t from = lines[at_].find(expression, expression == expression_ ? column_ - 1 : 0);
  if (from == std::string::npos) return;
  lines[at_].replace(from, expression.size(), name);
  insert_before(lines, statement_begin(lines_, at_), code);
  offer(std::move(words), lines);
}

void RemedyMaker::declare(Lines& lines, const std::string& function, const std::string& declaration) const {
  size_t behind = 0;
  for (size_t at = 0; at < lines.size(); ++at) {
    if (lines[at].starts_with("#include")) behind = at + 1;
    if (lines[at].find("vmlinux.h") != std::string::npos) return;
    if (lines[at].starts_with("extern ") && has_word(lines[at], function)) return;
  }
  lines.insert(lines.begin() + std::ptrdiff_t(behind), {"", declaration});
}

namespace {

struct Row {
  std::string_view code;
  void (RemedyMaker::*make)();
  bool first = false;  // before what was tried on the instructions
};

using M = RemedyMaker;
constexpr Row kRows[] = {
    // Values
    {"E0101", &M::check_results},
    {"E0105", &M::check_results},
    {"E1504", &M::check_results},
    {"E0806", &M::check_results},
    {"E0807", &M::check_results},
    {"E0102", &M::fetch_again},
    {"E0102", &M::read_a_copy},
    {"E0607", &M::read_a_copy},
    {"E0701", &M::read_a_copy},
    {"E0703", &M::read_a_copy},
    {"E0104", &M::initialise_variable, true},
    {"E0104", &M::initialise_uninitialised, true},
    {"E0406", &M::initialise_uninitialised},
    {"E0406", &M::end_assembly},
    {"E0806", &M::pass_a_copy},
    {"E0807", &M::swap_arguments},
    {"E0806", &M::swap_arguments},
    // Memory
    {"E0209", &M::slice_to_write},
    {"E0209", &M::drop_const},
    {"E0210", &M::drop_read_only_flag},
    {"E0210", &M::drop_const},
    {"E0301", &M::move_array_to_map},
    {"E0304", &M::move_array_to_map},
    {"E0304", &M::inline_function},
    {"E0305", &M::inline_function},
    {"E0702", &M::leave_statement_out},
    {"E1103", &M::leave_statement_out},
    // Loops
    {"E0401", &M::iterate},
    {"E0402", &M::iterate},
    {"E0404", &M::unroll},
    // Pointers, the context
    {"E0501", &M::turn_comparison},
    {"E0505", &M::subtract},
    {"E0601", &M::copy_context_array},
    {"E0603", &M::use_other_section},
    {"E0604", &M::split_selection},
    {"E0605", &M::pass_context},
    {"E0606", &M::use_earlier_argument},
    // Helpers and kernel functions
    {"E0802", &M::use_other_section},
    {"E0804", &M::attach_to_allowed_function},
    {"E0811", &M::use_other_map_type},
    {"E1006", &M::use_atomics},
    {"E1002", &M::call_before_lock},
    {"E1101", &M::make_dynptr},
    {"E1501", &M::use_other_section},
    {"E1502", &M::declare_weak},
    {"E1503", &M::find_task_anew},
    // Functions
    {"E1302", &M::check_results},
    {"E1302", &M::make_function_static},
    {"E1303", &M::make_function_static},
    {"E1304", &M::name_context_type},
    // Targets, the loader
    {"E1601", &M::attach_to_function_like},
    {"E1602", &M::attach_to_function_like},
    {"E1603", &M::attach_in_other_way},
    {"E1604", &M::attach_in_other_way},
    {"E2301", &M::guard_core_field},
    {"E2401", &M::define_maps_by_types},
    {"E2404", &M::drop_static},
};

}  // namespace

std::vector<RemedyInSource> remedies_in_source(std::string_view source, const Failing& failing) {
  RemedyMaker maker(source, failing);
  for (const Row& row : kRows)
    if (row.code == failing.code) (maker.*row.make)();
  return maker.take();
}

bool prefers_source(std::string_view code) {
  return std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.first && row.code == code; });
}

}  // namespace skep::cli
