// Remedies that change a statement: what it reads, writes and passes (remedy_maker.h).
#include <regex>

#include "cli/remedy_maker.h"

namespace skep::cli {

using diag::EventKind;

// A pointer that a call returned: tested right behind the call, which gets a statement of its own where it has none.
void RemedyMaker::check_results() {
  for (size_t i = f_.why ? f_.why->path.size() : 0; i-- > 0;) {
    const diag::Event& event = f_.why->path[i];
    const diag::Place& place = event.place;
    const bool here = event.kind == EventKind::Result && event.known.may_be_null && place.line &&
                      place.line <= lines_.size() && stripped(lines_[place.line - 1]) == stripped(place.source);
    if (!here || place.expression().empty()) continue;
    const size_t at = place.line - 1;
    const std::string assigned(diag::assigned_name(place.source, place.span)), call(place.expression());
    const std::string name = assigned.empty() ? fresh_name(lines_, "found") : assigned;
    const std::string check = fmt::format("if (!{}) {}", name, leave(at));
    const std::string words = fmt::format("check the result of `{}` before it is used: `{}`", event.detail, check);
    Lines lines = lines_;
    if (assigned.empty()) {
      lines[at] = replaced(lines[at], call, name);
      insert_before(lines, statement_begin(lines, at), {fmt::format("void *{} = {};", name, call), check});
    } else {
      const size_t end = statement_end(lines, at);
      const std::string indentation = indentation_of(lines[statement_begin(lines, at)]);
      lines.insert(lines.begin() + std::ptrdiff_t(end) + 1, indentation + check);
    }
    offer(words, lines);
  }
}

// Memory that may only be read through a helper, or only by one.
void RemedyMaker::read_a_copy() {
  const bool null = f_.why && f_.why->known.kind == diag::Known::Kind::Number && f_.why->known.is_constant();
  if (expression_.empty() || is_written() || null || event_of(EventKind::Lost)) return;
  static const std::regex members(R"(^\w+(->\w+)+$)"), header(R"(bpf_core_read\.h)");
  const auto includes = [&](const std::string& line) { return std::regex_search(line, header); };
  if (std::regex_match(expression_, members) && std::any_of(lines_.begin(), lines_.end(), includes)) {
    const std::string read = fmt::format("BPF_CORE_READ({})", std::regex_replace(expression_, std::regex("->"), ", "));
    offer_copy(fmt::format("read it from the kernel's memory: `{}`", read), expression_, {}, read);
  }
  const std::string name = fresh_name(lines_, "copy");
  offer_copy(fmt::format("read `{}` with bpf_probe_read_kernel()", expression_), expression_,
             {fmt::format("__typeof__({}) {};", expression_, name),
              fmt::format("bpf_probe_read_kernel(&{0}, sizeof({0}), (void *)&{1});", name, expression_)},
             name);
}

// Pointers into the packet that a call took away: what made and checked them before the call is done again behind it.
void RemedyMaker::fetch_again() {
  static const std::regex assignment(R"((\w+) = ((?:\([^()]*\)|[^,;()=])+)(?=[,;]))"), field(R"(->data(_end)?\b)");
  static const std::regex condition(R"(^if \(.*\)( .*;)?$)");
  const diag::Event* lost = event_of(EventKind::Lost);
  if (!has_line() || !lost || !lost->place.line || lost->place.line > at_ + 1) return;
  const size_t call = lost->place.line - 1;
  std::vector<std::string> names;
  const auto uses = [&](const std::string& text) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return has_word(text, name); });
  };
  Lines again;
  for (size_t at = function_begin(lines_, at_) + 1; at < call; ++at) {
    const std::string line = stripped(lines_[at]);
    if (std::regex_match(line, condition) && uses(line)) {
      again.push_back(line.ends_with(';') ? line : line + " " + leave(at));
      continue;
    }
    for (std::sregex_iterator m(line.begin(), line.end(), assignment), end; m != end; ++m) {
      const std::string value = (*m)[2].str();
      if (!std::regex_search(value, field) && !uses(value)) continue;
      names.push_back((*m)[1].str());
      again.push_back(fmt::format("{} = {};", names.back(), value));
    }
  }
  if (again.empty()) return;
  Lines lines = lines_;
  insert_before(lines, statement_end(lines, call) + 1, again);
  offer(fmt::format("fetch and check the pointers into the packet again behind `{}`", lost->detail), lines);
}

// A number for memory, as the key or value of a map: it is the address of something in the kernel.
void RemedyMaker::pass_a_copy() {
  const Call call = call_at_fault();
  const std::string map = argument(call, 0), given = argument(call, call.wrong);
  if (!map.starts_with('&') || given.empty() || (call.wrong != 1 && call.wrong != 2)) return;
  const char* what = call.wrong == 1 ? "key" : "value";
  const std::string name = fresh_name(lines_, what);
  offer_copy(fmt::format("copy the {} to a local variable with bpf_probe_read_kernel(), and pass its address", what),
             given,
             {fmt::format("__typeof__(*{}.{}) {};", map.substr(1), what, name),
              fmt::format("bpf_probe_read_kernel(&{0}, sizeof({0}), {1});", name, given)},
             "&" + name);
}

// A variable that is read before anything was written to it.
void RemedyMaker::initialise_variable() {
  if (!has_line() || !f_.why || !diag::is_simple(f_.why->subject)) return;
  const std::regex declared("^(\\s+(?!return\\b)(?:[A-Za-z_]\\w*[ *]+)+" + f_.why->subject + ")(;.*)$");
  for (size_t at = at_ + 1; at-- > function_begin(lines_, at_);) {
    std::smatch m;
    if (!std::regex_match(lines_[at], m, declared)) continue;
    Lines lines = lines_;
    lines[at] = m[1].str() + " = 0" + m[2].str();
    return offer(fmt::format("give `{}` a value where it is declared: ` = 0`", f_.why->subject), lines);
  }
}

// What the compiler warned of: "FILE:9:12: note: initialize the variable 'limit' to silence this warning".
void RemedyMaker::initialise_uninitialised() {
  static const std::regex note(R"(:(\d+):(\d+): note: initialize the variable '(\w+)' to silence this warning)");
  Lines lines = lines_;
  std::string names;
  for (std::sregex_iterator m(f_.warnings.begin(), f_.warnings.end(), note), end; m != end; ++m) {
    const size_t at = std::stoul((*m)[1].str()) - 1, column = std::stoul((*m)[2].str()) - 1;
    if (at >= lines.size() || column > lines_[at].size() || lines[at] != lines_[at]) continue;
    lines[at].insert(column, " = 0");
    names += (names.empty() ? "`" : ", `") + (*m)[3].str() + "`";
  }
  if (!names.empty()) offer(fmt::format("give {} a value where it is declared: ` = 0`", names), lines);
}

// An array in the context, with an index that is known at run time only.
void RemedyMaker::copy_context_array() {
  static const std::regex element(R"((\w+)->(\w+)\[([^\]]*[A-Za-z_][^\]]*)\])");
  std::smatch m;
  if (!has_line() || !std::regex_search(lines_[at_], m, element) || is_written()) return;
  const std::string array = m[1].str() + "->" + m[2].str();
  const std::string name = fresh_name(lines_, m[2].str() + "_copy"), index = fresh_name(lines_, "k");
  offer_copy(fmt::format("copy `{}` to a local array with constant indices, and index the copy", array), m[0].str(),
             {fmt::format("__typeof__({}) {};", array, name), "#pragma unroll",
              fmt::format("for (int {0} = 0; {0} < sizeof({1}) / sizeof({1}[0]); {0}++)", index, name),
              fmt::format("  {1}[{0}] = *(volatile __typeof__({1}[0]) *)&{2}[{0}];", index, name, array)},
             fmt::format("{}[{}]", name, m[3].str()));
}

// `p = c ? a : b`, and then `p->x`: each side is read on its own.
void RemedyMaker::split_selection() {
  static const std::regex member(R"((\w+)->(\w+))");
  std::smatch use, m;
  if (!has_line() || !std::regex_search(lines_[at_], use, member)) return;
  const std::regex selection("\\b" + use[1].str() + "\\s*=\\s*([^;?]+?)\\s*\\?\\s*([^;:]+?)\\s*:\\s*([^;]+?)\\s*;");
  for (size_t at = at_; at-- > function_begin(lines_, at_);) {
    if (!std::regex_search(lines_[at], m, selection)) continue;
    const std::string name = fresh_name(lines_, "value");
    const auto read = [&](int i) { return fmt::format("  {} = ({})->{};", name, m[i].str(), use[2].str()); };
    return offer_copy("read through each of the two pointers in a branch of its own, kept apart by barrier()",
                      use[0].str(),
                      {fmt::format("__typeof__({}) {};", use[0].str(), name), fmt::format("if ({}) {{", m[1].str()),
                       read(2), "  barrier();", "} else {", read(3), "}"},
                      name);
  }
}

void RemedyMaker::pass_context() {
  const Parameter ctx = has_line() ? first_parameter(lines_[function_begin(lines_, at_)]) : Parameter();
  if (expression_.empty() || ctx.name.empty() || expression_ == ctx.name) return;
  offer_copy(fmt::format("pass the context itself: `{}`", ctx.name), expression_, {}, ctx.name);
}

// The argument at fault and another one change places.
void RemedyMaker::swap_arguments() {
  const Call call = call_at_fault();
  for (int other = 0; call.wrong >= 0 && other < int(call.text.arguments.size()); ++other) {
    if (other == call.wrong) continue;
    const diag::Span a = call.text.arguments[size_t(std::min(other, call.wrong))],
                     b = call.text.arguments[size_t(std::max(other, call.wrong))];
    Lines lines = lines_;
    const std::string first(a.in(lines_[at_])), second(b.in(lines_[at_]));
    lines[at_].replace(b.begin, b.end - b.begin, first).replace(a.begin, a.end - a.begin, second);
    offer(fmt::format("pass `{}` and `{}` the other way round", first, second), lines);
  }
}

// `ctx[5]` of a function with fewer arguments.
void RemedyMaker::use_earlier_argument() {
  static const std::regex element(R"(^(\w+)\[(\d+)\]$)");
  std::smatch m;
  if (!std::regex_match(expression_, m, element)) return;
  for (unsigned long index = std::stoul(m[2].str()); index-- > 0;) {
    const std::string argument = fmt::format("{}[{}]", m[1].str(), index);
    offer_copy(fmt::format("use an argument that there is: the last one is `{}`", argument), expression_, {}, argument);
  }
}

void RemedyMaker::leave_statement_out() {
  if (expression_.empty() || !is_written()) return;
  const std::string statement = stripped(lines_[at_]);
  if (!statement.starts_with(expression_) || !statement.ends_with(';')) return;
  Lines lines = lines_;
  lines.erase(lines.begin() + std::ptrdiff_t(at_));
  offer(fmt::format("leave out `{}`: what it writes to is not the program's", statement), lines);
}

// `p > end - n` and `end - p < n`: as `p + n > end`.
void RemedyMaker::turn_comparison() {
  static const std::regex subtracted(R"(([\w>.-]*\w)\s*(<=?|>=?)\s*(\w+)\s*-\s*(\w+(?:\([^()]*\))?))");
  static const std::regex difference(R"((\w+)\s*-\s*([\w>.-]*\w)\s*(<=?|>=?)\s*(\w+(?:\([^()]*\))?))");
  if (!has_line()) return;
  const LineRange function = function_around(lines_, at_);
  for (size_t at = function.begin; at < function.end; ++at) {
    std::smatch m;
    const std::string line = stripped(lines_[at]);
    std::string from, to;
    if (std::regex_search(line, m, subtracted)) {
      from = m[0].str();
      to = fmt::format("{} + {} {} {}", m[1].str(), m[4].str(), m[2].str(), m[3].str());
    } else if (std::regex_search(line, m, difference)) {
      from = m[0].str();
      const std::string turned = (m[3].str()[0] == '<' ? ">" : "<") + m[3].str().substr(1);
      to = fmt::format("{} + {} {} {}", m[2].str(), m[4].str(), turned, m[1].str());
    } else {
      continue;
    }
    Lines lines = lines_;
    lines[at] = replaced(lines[at], from, to);
    offer(fmt::format("turn the comparison around: `{}`", to), lines);
  }
}

// A sum of two addresses means nothing; their difference is a length.
void RemedyMaker::subtract() {
  const size_t plus = expression_.find(" + ");
  if (plus == std::string::npos) return;
  std::string difference = expression_;
  difference[plus + 1] = '-';
  offer_copy(fmt::format("subtract one address from the other: `{}`", difference), expression_, {}, difference);
}

void RemedyMaker::slice_to_write() {
  const diag::Event* made = event_of(EventKind::Result);
  if (!made || made->place.expression().find("bpf_dynptr_slice(") == std::string_view::npos) return;
  Lines lines = lines_;
  for (std::string& line : lines) line = word_replaced(line, "bpf_dynptr_slice", "bpf_dynptr_slice_rdwr");
  offer("ask for a slice that may be written: `bpf_dynptr_slice_rdwr()`", lines);
}

// A dynptr that nothing was made in yet: over the packet, where the program has one.
void RemedyMaker::make_dynptr() {
  if (!has_line() || !expression_.starts_with('&')) return;
  const Parameter ctx = first_parameter(lines_[function_begin(lines_, at_)]);
  const bool xdp = ctx.type == "struct xdp_md";
  if (!xdp && ctx.type != "struct __sk_buff") return;
  const std::string function = xdp ? "bpf_dynptr_from_xdp" : "bpf_dynptr_from_skb";
  const std::string call = fmt::format("{}({}, 0, {});", function, ctx.name, expression_);
  Lines lines = lines_;
  insert_before(lines, statement_begin(lines, at_), {call});
  declare(lines, function,
          fmt::format("extern int {}({} *ctx, __u64 flags, struct bpf_dynptr *dynptr) __ksym;", function, ctx.type));
  offer(fmt::format("make it first: `{}`", call), lines);
}

// What is not allowed while the lock is held is called before it is taken.
void RemedyMaker::call_before_lock() {
  const diag::Event* lock = event_of(EventKind::Create);
  if (!lock) lock = event_of(EventKind::Acquire);
  if (expression_.empty() || !lock || !lock->place.line || lock->place.line > at_) return;
  const std::string name = fresh_name(lines_, "result");
  const bool is_statement = stripped(lines_[at_]) == expression_ + ";";
  Lines lines = lines_;
  if (is_statement)
    lines.erase(lines.begin() + std::ptrdiff_t(at_));
  else
    lines[at_].replace(column_ - 1, expression_.size(), name);
  const std::string call =
      is_statement ? expression_ + ";" : fmt::format("__typeof__({0}) {1} = {0};", expression_, name);
  insert_before(lines, statement_begin(lines, lock->place.line - 1), {call});
  offer(fmt::format("call `{}` before the lock is taken", expression_), lines);
}

// A task that is not owned is looked up again by its number, which gives one that is.
void RemedyMaker::find_task_anew() {
  static const std::regex acquire(R"(bpf_task_acquire\(([^()]+)\))");
  std::smatch m;
  if (!has_line() || !std::regex_search(lines_[at_], m, acquire)) return;
  Lines lines = lines_;
  const std::string call = fmt::format("bpf_task_from_pid({}->pid)", m[1].str());
  lines[at_] = replaced(lines[at_], m[0].str(), call);
  declare(lines, "bpf_task_from_pid", "extern struct task_struct *bpf_task_from_pid(int pid) __ksym;");
  offer(fmt::format("look the task up again, which gives a reference: `{}`", call), lines);
}

// A field that the kernel does not have: not read where it is not there.
void RemedyMaker::guard_core_field() {
  static const std::regex read(R"(BPF_CORE_READ\((\w+), *([^()]+?)\))");
  if (!has_line()) return;
  const LineRange function = function_around(lines_, at_);
  for (size_t at = function.begin; at < function.end; ++at) {
    std::smatch m;
    if (!std::regex_search(lines_[at], m, read)) continue;
    const std::string field = m[1].str() + "->" + std::regex_replace(m[2].str(), std::regex(", *"), "->");
    const std::string instead = fmt::format("(bpf_core_field_exists({}) ? {} : 0)", field, m[0].str());
    Lines lines = lines_;
    lines[at] = replaced(lines[at], m[0].str(), instead);
    offer(fmt::format("read it only where the kernel has it: `{}`", instead), lines);
  }
}

}  // namespace skep::cli
