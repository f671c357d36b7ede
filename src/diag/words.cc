// See words.h.
#include "diag/words.h"

#include <algorithm>
#include <map>
#include <optional>

#include "diag/cause.h"

namespace skep::diag {
namespace {

struct WordsRow {
  std::string_view code, title, label, required, known, help;
};

constexpr WordsRow kRows[] = {
#define SKEP_WORDS(code, title, label, required, known, help) {code, title, label, required, known, help},
#include "diag/words.def"
#undef SKEP_WORDS
};

constexpr WordsRow kNoRow = {};

const WordsRow* find_row(std::string_view code) {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const WordsRow& r) { return r.code == code; });
  return row == std::end(kRows) ? nullptr : row;
}

// A cause may read differently for a value that is certainly 0, and for one that a call made unusable.
const WordsRow& row_of(const Explanation& e, std::string_view code) {
  const bool null = e.known.kind == Known::Kind::Number && e.known.is_constant() && e.known.umin == 0;
  const bool lost = std::any_of(e.path.begin(), e.path.end(), [](const Event& v) { return v.kind == EventKind::Lost; });
  const WordsRow* row = null ? find_row(fmt::format("{}/null", code)) : nullptr;
  if (!row && lost) row = find_row(fmt::format("{}/lost", code));
  if (!row) row = find_row(code);
  return row ? *row : kNoRow;
}

// --- templates ------------------------------------------------------------------------------------------------------

using Values = std::map<std::string, std::string, std::less<>>;

// One alternative with its {names} filled in; nothing if one of them has no value.
std::optional<std::string> fill(std::string_view text, const Values& values) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '{' || text.substr(at, 2) == "{}") {
      out += text[at++];
      continue;
    }
    const size_t end = text.find('}', at);
    const auto found = values.find(text.substr(at + 1, end - at - 1));
    if (found == values.end() || found->second.empty()) return std::nullopt;
    out += found->second;
    at = end + 1;
  }
  return out;
}

// The first alternative that can be filled; empty if none can.
std::string say(std::string_view text, const Values& values) {
  constexpr std::string_view kOr = " || ";
  for (;;) {
    const size_t end = text.find(kOr);
    if (const auto filled = fill(text.substr(0, end), values)) return *filled;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + kOr.size());
  }
}

// --- numbers and values ---------------------------------------------------------------------------------------------

constexpr u64 kLarge = u64{1} << 33;  // what is longer reads better as a power of two

std::string number_words(u64 n) {
  if (n == UINT64_MAX) return "2^64-1";
  if (n < kLarge) return std::to_string(n);
  for (int bit = 33; bit < 64; bit++) {
    if (n == u64{1} << bit) return fmt::format("2^{}", bit);
    if (n == (u64{1} << bit) - 1) return fmt::format("2^{}-1", bit);
  }
  return fmt::format("{:#x}", n);
}

std::string signed_words(s64 n) {
  if (n >= 0) return number_words(u64(n));
  if (n == INT64_MIN) return "-2^63";
  return n > -s64(kLarge) ? std::to_string(n) : "-" + number_words(u64(-n));
}

bool is_signed(const Known& known) { return known.smin < 0; }

std::string number_state(const Known& known) {
  if (known.is_constant()) return signed_words(s64(known.umin));
  if (known.smin == INT64_MIN && known.smax == INT64_MAX && known.umin == 0 && known.umax == UINT64_MAX)
    return "any number";
  if (!is_signed(known)) {
    if (known.umin == 0 && known.umax == UINT32_MAX && known.s32_min == INT32_MIN && known.s32_max == INT32_MAX)
      return "any 32-bit number";
    if (known.umin == 0 && known.umax == UINT32_MAX)
      return fmt::format("between {} and {} as an int, and large as an unsigned one", known.s32_min, known.s32_max);
    if (known.umax == UINT64_MAX) return fmt::format("at least {}", number_words(known.umin));
    return fmt::format("between {} and {}", number_words(known.umin), number_words(known.umax));
  }
  if (known.smin == INT64_MIN && known.smax == INT64_MAX) return "any number";
  if (known.smin == INT64_MIN) return fmt::format("at most {}, and may be negative", signed_words(known.smax));
  return fmt::format("between {} and {}", signed_words(known.smin), signed_words(known.smax));
}

std::string pointer_state(const Known& known) {
  if (known.type == "fp" && known.is_constant())
    return fmt::format("the address of a local variable (fp{})", known.off + s64(known.umin));
  std::string words = "a pointer";
  if (!known.object.empty()) words += " to " + known.object;
  const bool variable = !known.is_constant();
  if (variable)
    words += " plus a variable offset";
  else if (const s64 off = known.off + s64(known.umin); off)
    words += fmt::format(" {} {}", off < 0 ? "-" : "+", signed_words(off < 0 ? -off : off));
  if (known.may_be_null) words += ", or NULL";
  return words;
}

std::string quoted(std::string_view name) { return name.empty() ? std::string() : fmt::format("`{}`", name); }

std::string bytes_words(s64 n) { return fmt::format("{} byte{}", n, n == 1 ? "" : "s"); }

// --- the values that templates name ---------------------------------------------------------------------------------

struct TypeWords {
  std::string_view type, words;
};
constexpr TypeWords kTypes[] = {
    {"fp", "the stack"},
    {"pkt", "the packet"},
    {"pkt_meta", "packet metadata"},
    {"map_key", "a map key"},
    {"map_value", "a map value"},
    {"map_ptr", "a map"},
    {"mem", "a block of memory"},
    {"ringbuf_mem", "a record of a ring buffer"},
    {"buf", "a buffer"},
    {"ctx", "the context"},
    {"sock", "a socket"},
    {"sock_common", "a socket"},
    {"tcp_sock", "a TCP socket"},
    {"xdp_sock", "an XDP socket"},
    {"scalar", "a number"},
    {"func", "a function"},
    {"trusted_ptr_", "a trusted pointer to a kernel struct"},
    {"rcu_ptr_", "a pointer to a kernel struct, under RCU"},
    {"ptr_", "a pointer to a kernel struct"},
    {"percpu_ptr_", "a per-CPU pointer"},
    {"dynptr_ptr", "a dynptr"},
    {"timer", "a timer"},
};

std::string type_words(std::string_view type) {
  for (const TypeWords& row : kTypes)
    if (row.type == type) return std::string(row.words);
  return std::string(type);
}

// "fp, pkt, map_value" in words: "the stack, the packet or a map value".
std::string expected_words(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(", "), list.size());
    std::string next = type_words(list.substr(0, comma));
    if (std::find(words.begin(), words.end(), next) == words.end()) words.push_back(std::move(next));
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  constexpr size_t kMany = 4;
  if (words.size() > kMany) return "memory that the program may use: the stack, a map value, the packet and the like";
  std::string out;
  for (size_t i = 0; i < words.size(); i++) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

std::string fact_text(const Fact& fact) {
  return std::visit(
      [](const auto& value) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
          return value;
        else
          return std::to_string(value);
      },
      fact);
}

std::optional<s64> number_of(const Values& values, std::string_view name) {
  const auto found = values.find(name);
  if (found == values.end() || found->second.empty()) return std::nullopt;
  return s64(std::strtoll(found->second.c_str(), nullptr, 10));
}

// Offsets of an access through a pointer: where it may lie, and how large an index may be.
void add_offsets(const Explanation& e, Values& values) {
  const s64 scale = std::max<s64>(number_of(values, "scale").value_or(1), 1);
  const bool variable = e.known.kind == Known::Kind::Pointer && !e.known.is_constant();
  const s64 low = is_signed(e.known) ? e.known.smin : s64(e.known.umin);
  const s64 high = is_signed(e.known) ? e.known.smax : s64(e.known.umax);
  const auto off = number_of(values, "off"), size = number_of(values, "bytes");
  if (variable) {
    const bool wide = e.known.umax == UINT64_MAX || low == INT64_MIN;
    values["range"] = wide ? "" : fmt::format("[{}, {}]", signed_words(low / scale), signed_words(high / scale));
    if (wide) values["range"] = interval_of(e.known);
    values.try_emplace("index", "the offset");
  }
  if (!off) return;
  const bool far = variable && (high > s64(kLarge) || low < -s64(kLarge));
  values["offsets"] = !variable ? std::to_string(*off + s64(e.known.umin))
                      : far     ? "that is not known"
                                : fmt::format("{} to {}", *off + low, *off + high);
  if (!e.known.sized || !size) return;
  values["object_size"] = bytes_words(e.known.size);
  values["object_bytes"] = std::to_string(e.known.size);
  const s64 room = s64(e.known.size) - *size - *off;
  if (variable && room >= 0) values["limit"] = std::to_string(room / scale + 1);
}

// A pointer into the packet: which bytes, and how many are checked.
void add_packet(const Explanation& e, Values& values) {
  const auto off = number_of(values, "off"), size = number_of(values, "bytes");
  if (!off || !size) return;
  const s64 first = *off + (e.known.is_constant() ? s64(e.known.umin) : 0);
  const char* where = e.known.is_constant() ? "the packet" : "what follows the variable offset";
  values["from_there"] = *size == 1 ? fmt::format("byte {} of {}", first, where)
                                    : fmt::format("bytes {} to {} of {}", first, first + *size - 1, where);
  values["needed"] = fmt::format("the first {} bytes of {}", first + *size, where);
  values["checked"] = e.known.size ? fmt::format("only the first {} are checked on this path", e.known.size)
                                   : std::string("none of them are checked on this path");
}

void add_register(const Explanation& e, Values& values) {
  const std::string reg = values.count("register") ? values["register"] : std::string();
  const bool is_register = e.subject == reg;
  values["subject"] = quoted(e.subject);
  const std::string origin = values.count("origin") ? values["origin"] : std::string();
  const bool exit = e.place.assembly.ends_with("exit");
  values["who"] = !e.subject.empty()                                ? quoted(e.subject)
                  : !origin.empty()                                 ? "a value computed from " + origin
                  : exit                                            ? "the result"
                  : values["here"].starts_with('`') && !reg.empty() ? "a value in " + values["here"]
                  : reg.empty()                                     ? "the value"
                                                                    : "the value in " + quoted(reg);

  if (!is_register && is_simple(e.subject) && !e.subject.starts_with('&')) values["name"] = e.subject;
  if (e.known.kind != Known::Kind::Unset || !e.known.type.empty()) values["state"] = words_of(e.known);
  if (e.known.kind == Known::Kind::Number) values["number_range"] = interval_of(e.known);
  values["object"] = e.known.object;
}

void add_call(const Explanation& e, Values& values) {
  if (values.count("func") && !values["func"].empty()) {
    values["func_name"] = values["func"];
    values["func"] = quoted(values["func"] + "()");
  }
  std::string nr;
  if (values.count("register")) nr = values["register"].substr(1);
  if (!nr.empty() && nr != "0" && values.count("func")) {
    values["arg_nr"] = "argument " + nr;
    values["arg"] = fmt::format("argument {} of {}", nr, values["func"]);
  }
  if (values.count("kind") && values.count("type_name") && values["kind"] == "STRUCT")
    values["expected"] = fmt::format("a pointer to `struct {}`", values["type_name"]);
  else if (values.count("expected"))
    values["expected"] = expected_words(values["expected"]);
  if (values.count("acquired_by") && !values["acquired_by"].empty())
    values["acquired_by"] = quoted(values["acquired_by"] + "()");
  if (values.count("section_by")) values["section_by"] = quoted(values["section_by"] + "()");
  for (const Event& event : e.path)
    if (event.kind == EventKind::Lost) values["lost_by"] = quoted(event.detail);
  const size_t line_end = e.kernel.find('\n');
  if (line_end != std::string::npos) values["detail"] = e.kernel.substr(0, line_end);
}

void add_return(const Explanation& e, Values& values) {
  if (e.place.expression().starts_with("return")) values["return_text"] = values["here"];
  const auto min = number_of(values, "min"), max = number_of(values, "max");
  if (!min || !max) return;
  values["allowed"] = *min == *max ? std::to_string(*min) : fmt::format("{} to {}", *min, *max);
  if (e.known.kind == Known::Kind::Number)
    values["value_words"] = e.known.is_constant() ? number_state(e.known) : "a number in " + interval_of(e.known);
}

// The function of "Caller passes invalid args into func#1 ('f')", which sums up the line before it.
std::string called_function(const std::string& kernel) {
  const size_t at = kernel.find("Caller passes invalid args into func#");
  const size_t begin = at == kernel.npos ? at : kernel.find("('", at);
  const size_t end = begin == kernel.npos ? begin : kernel.find("')", begin);
  return end == kernel.npos ? std::string() : kernel.substr(begin + 2, end - begin - 2);
}

// The expression at the place, cut if it is long.
std::string here_words(const Place& place) {
  constexpr size_t kMax = 48;
  const std::string_view text = place.expression();
  if (text.empty() || text == "}") return "this instruction";
  return text.size() <= kMax ? quoted(text) : fmt::format("`{}...`", text.substr(0, kMax - 3));
}

Values values_of(const Explanation& e) {
  Values values;
  const auto names = field_names(e.rejection.kind);
  for (size_t i = 0; i < names.size() && i < e.rejection.facts.size(); i++)
    values[std::string(names[i])] = fact_text(e.rejection.facts[i]);
  if (const std::string function = called_function(e.kernel); !function.empty()) values["name_of_function"] = function;
  if (values.count("access")) values["action"] = values["access"] == " write to" ? "writes" : "reads";
  if (values.count("name")) values["type_name"] = values["name"];
  if (values.count("index")) values["byte"] = values["index"];
  for (const char* other : {"name", "access", "index"}) values.erase(other);  // mean something else in templates
  for (const auto& [name, value] : e.facts) values[name] = value;
  if (values.count("size")) {
    values["bytes"] = values["size"];
    values["size"] = bytes_words(number_of(values, "bytes").value_or(0));
  }
  if (values.count("action")) values["verb"] = values["noun"] = values["action"] == "reads" ? "read" : "write";
  values["here"] = here_words(e.place);
  add_register(e, values);
  add_call(e, values);
  add_offsets(e, values);
  if (e.known.type == "pkt" || e.known.type == "pkt_meta") add_packet(e, values);
  add_return(e, values);
  if (values.count("index") && values["index"].starts_with('`'))
    values["index_name"] = values["index"].substr(1, values["index"].size() - 2);
  return values;
}

// --- events ---------------------------------------------------------------------------------------------------------

std::string who_of(const Event& event) { return event.name.empty() ? "the value" : quoted(event.name); }

// Read from what it is called: then the memory need not be named again.
bool is_named_after_memory(const Event& event) { return event.name == event.place.expression(); }

// What begins with such a call; empty if it only takes a reference.
std::string section_words(const Event& event) {
  const auto calls = [&](std::string_view part) { return event.detail.find(part) != std::string::npos; };
  if (calls("rcu_read_lock")) return "the RCU section begins here";
  if (calls("preempt_disable")) return "preemption is disabled here";
  if (calls("irq_save")) return "interrupts are disabled here";
  if (!calls("spin_lock")) return {};
  return event.name.empty() ? std::string("the lock is taken here")
                            : fmt::format("{} is taken here", quoted(event.name));
}

std::string learnt_words(const Event& event) {
  const Known& known = event.known;
  if (known.kind == Known::Kind::Number)
    return known.is_constant() && known.umin == 0
               ? fmt::format("{} is 0 from here on", who_of(event))
               : fmt::format("{} is {} from here on", who_of(event), words_of(known));
  if (known.kind != Known::Kind::Pointer) return {};
  if (known.type == "pkt" || known.type == "pkt_meta")
    return known.size ? fmt::format("the first {} of {} are checked", bytes_words(known.size),
                                    known.is_constant() ? "the packet" : "what follows the variable offset")
                      : std::string("the packet ends before that");
  if (!known.may_be_null) return fmt::format("{} is not NULL from here on", who_of(event));
  return {};
}

std::string branch_label(const Event& event) {
  const std::string learnt = learnt_words(event);
  if (event.detail.empty()) return learnt.empty() ? "the path goes on here" : "on this path " + learnt;
  return learnt.empty() ? event.detail + " on this path" : fmt::format("{} on this path: {}", event.detail, learnt);
}

std::string label_of(const Event& event) {
  switch (event.kind) {
    case EventKind::Entry:
      return fmt::format("argument {} is {}", event.name.empty() ? event.detail : quoted(event.name),
                         words_of(event.known));
    case EventKind::Result:
      return event.known.kind == Known::Kind::Unset ? fmt::format("{} writes here", event.detail)
                                                    : fmt::format("{} returns {}", event.detail, words_of(event.known));
    case EventKind::Load:
      if (is_named_after_memory(event)) return fmt::format("{} is {}", who_of(event), words_of(event.known));
      return fmt::format("{} is read from {}: {}", who_of(event), event.detail, words_of(event.known));
    case EventKind::Constant:
      return fmt::format("{} is {}", who_of(event), event.detail.empty() ? words_of(event.known) : event.detail);
    case EventKind::Compute:
      return fmt::format("{} is computed{}: {}", who_of(event), event.detail.empty() ? "" : ", " + event.detail,
                         words_of(event.known));
    case EventKind::Branch: return branch_label(event);
    case EventKind::Decision: return event.detail + " on this path";
    case EventKind::Lost:
      if (event.known.kind == Known::Kind::Unset) return fmt::format("{} leaves no value in r1 to r5", event.detail);
      if (event.known.kind == Known::Kind::Pointer)
        return fmt::format("after {} {} is no longer owned or protected", event.detail, who_of(event));
      return fmt::format("{} makes {} unusable: what it pointed to may be gone, or have moved", event.detail,
                         who_of(event));
    case EventKind::Argument: return fmt::format("passed to {} here", event.detail);
    case EventKind::Acquire: {
      const std::string section = section_words(event);
      if (!section.empty()) return section;
      return event.name.empty()
                 ? fmt::format("{} takes something that must be released", event.detail)
                 : fmt::format("{} returns {}, which must be released", event.detail, quoted(event.name));
    }
    case EventKind::Create:
      if (const std::string section = section_words(event); !section.empty()) return section;
      return fmt::format("{} initialises {}, which must be released", event.detail, quoted(event.name));
    case EventKind::Unset:
      return event.name.empty() ? "no value was ever given to it" : who_of(event) + " was never given a value";
  }
  return {};
}

}  // namespace

const char* event_name(EventKind kind) {
  switch (kind) {
    case EventKind::Entry: return "entry";
    case EventKind::Result: return "result";
    case EventKind::Load: return "load";
    case EventKind::Constant: return "constant";
    case EventKind::Compute: return "compute";
    case EventKind::Branch: return "branch";
    case EventKind::Decision: return "decision";
    case EventKind::Lost: return "lost";
    case EventKind::Argument: return "argument";
    case EventKind::Acquire: return "acquire";
    case EventKind::Create: return "create";
    case EventKind::Unset: return "unset";
  }
  return "";
}

const char* edit_name(SourceEdit::Kind kind) {
  switch (kind) {
    case SourceEdit::Kind::None: return "none";
    case SourceEdit::Kind::Before: return "before";
    case SourceEdit::Kind::Return: return "return";
    case SourceEdit::Kind::Initialise: return "initialise";
    case SourceEdit::Kind::Bound: return "bound";
    case SourceEdit::Kind::License: return "license";
    case SourceEdit::Kind::Sleepable: return "sleepable";
    case SourceEdit::Kind::NotSleepable: return "not_sleepable";
    case SourceEdit::Kind::Static: return "static";
  }
  return "";
}

std::string words_of(const Known& known) {
  switch (known.kind) {
    case Known::Kind::Unset: return "without a value";
    case Known::Kind::Number: return number_state(known);
    case Known::Kind::Pointer: return pointer_state(known);
  }
  return {};
}

std::string interval_of(const Known& known) {
  if (!is_signed(known)) return fmt::format("[{}, {}]", number_words(known.umin), number_words(known.umax));
  return fmt::format("[{}, {}]", signed_words(known.smin), signed_words(known.smax));
}

std::string help_of(std::string_view code) {
  const WordsRow* row = find_row(code);
  return row ? say(row->help, {}) : std::string();
}

void put_into_words(Event& event) { event.label = label_of(event); }

void put_into_words(Explanation& e) {
  const CauseRow& cause = cause_of(e.rejection);
  const WordsRow& row = row_of(e, cause.code);
  const Values values = values_of(e);
  e.title = say(row.title, values);
  if (e.title.empty()) e.title = cause.title;
  const bool nameless = e.title.find('`') == std::string::npos && e.path_insns;
  if (const std::string here = here_words(e.place); nameless && here.starts_with('`')) e.title += ", in " + here;
  e.label = say(row.label, values);
  e.required = say(row.required, values);
  e.known_text = say(row.known, values);
  if (std::string help = say(row.help, values); !help.empty()) e.help.push_back(std::move(help));
  const bool returns = e.place.assembly.ends_with("exit");
  for (Event& event : e.path) {
    event.label = label_of(event);
    constexpr std::string_view kNameless = "the value ";
    if (returns && event.label.starts_with(kNameless)) event.label.replace(0, kNameless.size(), "the result ");
  }
}

}  // namespace skep::diag
