// Remedies that change declarations: sections, maps, functions, loops (remedy_maker.h).
#include <regex>

#include "cli/remedy_maker.h"

namespace skep::cli {

namespace {

const std::regex& section_name() {
  static const std::regex pattern(R"x(SEC\("([^"]*)"\))x");
  return pattern;
}

// Sections by what their programs are passed, common ones first.
struct SectionRow {
  std::string_view section, context;
};
constexpr SectionRow kSections[] = {
    {"tc", "struct __sk_buff"},
    {"cgroup_skb/ingress", "struct __sk_buff"},
    {"socket", "struct __sk_buff"},
    {"sk_skb/stream_verdict", "struct __sk_buff"},
    {"lwt_xmit", "struct __sk_buff"},
    {"xdp", "struct xdp_md"},
    {"tc", "void"},
    {"xdp", "void"},
    {"kprobe/vfs_open", "void"},
};

// What a kind of map is for, by the functions that work on it.
struct MapTypeRow {
  std::string_view function, type;
};
constexpr MapTypeRow kMapTypes[] = {
    {"bpf_map_", "BPF_MAP_TYPE_HASH"},
    {"bpf_map_", "BPF_MAP_TYPE_ARRAY"},
    {"bpf_perf_event_output", "BPF_MAP_TYPE_PERF_EVENT_ARRAY"},
    {"bpf_ringbuf_", "BPF_MAP_TYPE_RINGBUF"},
    {"bpf_tail_call", "BPF_MAP_TYPE_PROG_ARRAY"},
    {"bpf_redirect_map", "BPF_MAP_TYPE_DEVMAP"},
    {"bpf_get_stackid", "BPF_MAP_TYPE_STACK_TRACE"},
};

// The functions at which bpf_d_path() may be called (docs/errors/E0804.md).
constexpr std::string_view kPathFunctions[] = {"dentry_open", "filp_close",    "vfs_truncate",
                                               "vfs_getattr", "vfs_fallocate", "security_file_open"};

}  // namespace

// --- sections -------------------------------------------------------------------------------------------------------

void RemedyMaker::use_other_section() {
  const auto at = section_line(lines_, f_.program);
  const auto definition = definition_of(lines_, f_.program);
  std::smatch m;
  if (!at || !std::regex_search(lines_[*at], m, section_name())) return;
  const Parameter ctx = first_parameter(lines_[*definition]);
  for (const SectionRow& row : kSections) {
    if (row.context != ctx.type || m[1].str() == row.section) continue;
    Lines lines = lines_;
    const std::string section = fmt::format("SEC(\"{}\")", row.section);
    lines[*at] = replaced(lines[*at], m[0].str(), section);
    offer(fmt::format("use a program type that may do this, if the program can do its work there: `{}`", section),
          lines);
  }
}

void RemedyMaker::attach_in_other_way() {
  constexpr std::pair<std::string_view, std::string_view> kWays[] = {
      {"fmod_ret", "fentry"}, {"fexit", "fentry"}, {"fentry", "kprobe"}, {"fexit", "kretprobe"}};
  const auto at = section_line(lines_, f_.program);
  std::smatch m;
  if (!at || !std::regex_search(lines_[*at], m, section_name())) return;
  const std::string section = m[1].str();
  for (const auto& [from, to] : kWays) {
    const size_t slash = section.find('/');
    if (slash == std::string::npos || section.substr(0, slash) != from) continue;
    Lines lines = lines_;
    const std::string other = fmt::format("SEC(\"{}{}\")", to, section.substr(slash));
    lines[*at] = replaced(lines[*at], m[0].str(), other);
    offer(fmt::format("attach to the function in another way: `{}`", other), lines);
  }
}

void RemedyMaker::attach_to_allowed_function() {
  const auto at = section_line(lines_, f_.program);
  std::smatch m;
  if (!at || !std::regex_search(lines_[*at], m, section_name()) || fact("func") != "bpf_d_path") return;
  const std::string type = m[1].str().substr(0, m[1].str().find('/'));
  for (const std::string_view function : kPathFunctions) {
    Lines lines = lines_;
    const std::string section = fmt::format("SEC(\"{}/{}\")", type, function);
    lines[*at] = replaced(lines[*at], m[0].str(), section);
    offer(fmt::format("attach to a function at which the helper is allowed, and mind its arguments: `{}`", section),
          lines);
  }
}

// A target that the kernel does not have, by another name; none, by the program's.
void RemedyMaker::attach_to_function_like() {
  const auto at = section_line(lines_, f_.program);
  std::smatch m;
  if (!at || !std::regex_search(lines_[*at], m, section_name()) || !f_.functions_like) return;
  const std::string given = m[1].str(), type = given.substr(0, given.find('/'));
  const std::string target = type == given ? f_.program : given.substr(type.size() + 1);
  for (const std::string& function : f_.functions_like(target)) {
    Lines lines = lines_;
    const std::string section = fmt::format("SEC(\"{}/{}\")", type, function);
    lines[*at] = replaced(lines[*at], m[0].str(), section);
    offer(fmt::format("attach to a function that this kernel has, of nearly this name: `{}`", section), lines);
  }
}

// --- data and maps --------------------------------------------------------------------------------------------------

void RemedyMaker::drop_const() {
  static const std::regex variable(R"(^(static )?const (volatile )?([^()]*\b(\w+)(\[[^\]]*\])*( = .*)?;.*)$)");
  if (!has_line()) return;
  for (size_t at = 0; at < lines_.size(); ++at) {
    std::smatch m;
    if (!std::regex_match(lines_[at], m, variable) || !has_word(lines_[at_], m[4].str())) continue;
    Lines lines = lines_;
    lines[at] = m[1].str() + m[2].str() + m[3].str();
    offer(fmt::format("drop `const` where `{}` is declared", m[4].str()), lines);
  }
}

void RemedyMaker::drop_read_only_flag() {
  static const std::regex map_name(R"(a value of map `(\w+)`)");
  std::smatch m;
  if (!f_.why || !std::regex_search(f_.why->known.object, m, map_name)) return;
  const auto map = map_definition(lines_, m[1].str());
  for (size_t at = map ? map->begin : 0; map && at < map->end; ++at) {
    const size_t flag = lines_[at].find("BPF_F_RDONLY_PROG");
    if (flag == std::string::npos) continue;
    static const std::regex among(R"(BPF_F_RDONLY_PROG\s*\|\s*|\s*\|\s*BPF_F_RDONLY_PROG)");
    Lines lines = lines_;
    if (std::regex_search(lines[at], among))
      lines[at] = std::regex_replace(lines[at], among, "");
    else
      lines.erase(lines.begin() + std::ptrdiff_t(at));
    offer(fmt::format("let programs write to map `{}`: without BPF_F_RDONLY_PROG", m[1].str()), lines);
  }
}

void RemedyMaker::use_other_map_type() {
  static const std::regex type(R"(BPF_MAP_TYPE_\w+)"), none(R"(__uint\(max_entries, 0\))");
  const Call call = call_at_fault();
  const std::string name = argument(call, 0).starts_with('&')   ? argument(call, 0).substr(1)
                           : argument(call, 1).starts_with('&') ? argument(call, 1).substr(1)
                                                                : std::string();
  const auto map = name.empty() ? std::nullopt : map_definition(lines_, name);
  for (const MapTypeRow& row : kMapTypes) {
    if (!map || !call.function.starts_with(row.function)) continue;
    Lines lines = lines_;
    for (size_t at = map->begin; at < map->end; ++at) {
      lines[at] = std::regex_replace(lines[at], type, std::string(row.type));
      lines[at] = std::regex_replace(lines[at], none, "__uint(max_entries, 1)");
    }
    offer(fmt::format("let `{}` be a {}, which {}() works on", name, row.type, call.function), lines);
  }
}

// `struct bpf_map_def counts SEC("maps") = {...};` as libbpf reads it since version 1.0.
void RemedyMaker::define_maps_by_types() {
  static const std::regex begin(
      R"x(^struct (bpf_map_def|bpf_elf_map) (?:SEC\("maps"\) )?(\w+)(?: SEC\("maps"\))? = \{.*$)x");
  static const std::regex field(R"(\.(\w+)\s*=\s*([^,;]+?)\s*(?:,|\}|$))");
  Lines lines;
  bool any = false;
  for (size_t at = 0; at < lines_.size(); ++at) {
    std::smatch m;
    if (!std::regex_match(lines_[at], m, begin)) {
      lines.push_back(lines_[at]);
      continue;
    }
    any = true;
    lines.push_back("struct {");
    for (;; ++at) {
      const std::string line = stripped(lines_[at]);
      for (std::sregex_iterator f(line.begin(), line.end(), field), end; f != end; ++f)
        lines.push_back(fmt::format("  __uint({}, {});", (*f)[1].str(), (*f)[2].str()));
      if (line.ends_with("};") || at + 1 >= lines_.size()) break;
    }
    lines.push_back(fmt::format("}} {} SEC(\".maps\");", m[2].str()));
  }
  if (any) offer("define maps with their attributes as types, in section `.maps`", lines);
}

// The largest local arrays, each into a map of its own.
void RemedyMaker::move_array_to_map() {
  static const std::regex array(
      R"(^(\s+)((?:volatile |const |unsigned |struct )*\w+) (\w+)\[(\d+)\]( = \{.*\}| = "")?;(.*)$)");
  constexpr unsigned long kLarge = 64;
  std::vector<std::pair<unsigned long, size_t>> found;
  for (size_t at = 0; at < lines_.size(); ++at) {
    std::smatch m;
    if (std::regex_match(lines_[at], m, array) && std::stoul(m[4].str()) >= kLarge)
      found.emplace_back(std::stoul(m[4].str()), at);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [elements, at] : found) {
    std::smatch m;
    std::regex_match(lines_[at], m, array);
    const LineRange function = function_around(lines_, at);
    const std::string type = m[2].str(), name = m[3].str(), indentation = m[1].str();
    const std::string map = fresh_name(lines_, function_name(lines_[function_begin(lines_, at)]) + "_" + name);
    const std::string key = fresh_name(lines_, "first"), whole = fmt::format("{}[{}]", type, elements);
    Lines lines = lines_;
    for (size_t i = function.begin; i < function.end; ++i)
      lines[i] = std::regex_replace(lines[i], std::regex("sizeof\\(" + name + "\\)"), "sizeof(" + whole + ")");
    Lines code = {indentation + fmt::format("__u32 {} = 0;", key),
                  indentation + fmt::format("{} *{} = bpf_map_lookup_elem(&{}, &{});", type, name, map, key),
                  indentation + fmt::format("if (!{}) {}", name, leave(at))};
    if (!m[5].str().empty())
      code.push_back(indentation + fmt::format("__builtin_memset((void *){}, 0, sizeof({}));", name, whole));
    const auto place = lines.begin() + std::ptrdiff_t(at);
    lines.insert(lines.erase(place), code.begin(), code.end());
    const Lines definition = {"struct {",
                              "  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);",
                              "  __uint(max_entries, 1);",
                              "  __type(key, __u32);",
                              fmt::format("  __type(value, {});", whole),
                              fmt::format("}} {} SEC(\".maps\");", map),
                              ""};
    lines.insert(lines.begin() + std::ptrdiff_t(function.begin), definition.begin(), definition.end());
    offer(fmt::format("keep `{}` in a per-CPU array map, not on the stack", name), lines);
  }
}

// --- functions ------------------------------------------------------------------------------------------------------

void RemedyMaker::inline_function() {
  static const std::regex apart(R"(^(?:static )?__noinline )");
  for (size_t at = lines_.size(); at-- > 0;) {
    if (!std::regex_search(lines_[at], apart)) continue;
    Lines lines = lines_;
    lines[at] = std::regex_replace(lines[at], apart, "static __always_inline ");
    offer(fmt::format("inline `{}()`: `static __always_inline`", function_name(lines_[at])), lines);
  }
}

void RemedyMaker::make_function_static() {
  static const std::regex summary(R"(func#\d+ \('(\w+)'\))");
  std::smatch m;
  std::string function = fact("func");
  if (f_.why && std::regex_search(f_.why->kernel, m, summary)) function = m[1].str();
  const auto at = function.empty() ? std::nullopt : definition_of(lines_, function);
  if (!at || lines_[*at].starts_with("static ")) return;
  Lines lines = lines_;
  lines[*at] = "static " + lines[*at];
  offer(fmt::format("make `{}` static: then it is verified with its callers, not on its own", function), lines);
}

void RemedyMaker::drop_static() {
  static const std::regex program(R"(program '(\w+)' is static)");
  std::smatch m;
  if (!std::regex_search(f_.message, m, program)) return;
  const auto at = definition_of(lines_, m[1].str());
  if (!at || lines_[*at].find("static ") == std::string::npos) return;
  Lines lines = lines_;
  lines[*at] = replaced(lines[*at], "static ", "");
  offer(fmt::format("let program `{}` be global: drop `static`", m[1].str()), lines);
}

// The context of the program in an argument marked as such.
void RemedyMaker::name_context_type() {
  static const std::regex marked(R"(struct \w+ \*(?=\s*\w+ __arg_ctx))");
  const auto program = definition_of(lines_, f_.program);
  const Parameter ctx = program ? first_parameter(lines_[*program]) : Parameter();
  for (size_t at = 0; at < lines_.size(); ++at) {
    if (ctx.type.empty() || !std::regex_search(lines_[at], marked)) continue;
    Lines lines = lines_;
    lines[at] = std::regex_replace(lines[at], marked, ctx.type + " *");
    offer(fmt::format("give the argument the type of the program's context: `{} *`", ctx.type), lines);
  }
}

// A kernel function that is not there: weak, and called only where it is.
void RemedyMaker::declare_weak() {
  static const std::regex missing(R"(extern \(func ksym\) '(\w+)': not found)");
  std::smatch m;
  if (!std::regex_search(f_.message, m, missing)) return;
  const std::string function = m[1].str(), check = fmt::format("if (!bpf_ksym_exists({}))", function);
  Lines lines = lines_;
  bool declared = false;
  for (size_t at = lines.size(); at-- > 0;) {
    if (!has_word(lines_[at], function)) continue;
    const bool declares = lines_[at].find("__ksym") != std::string::npos;
    declared |= declares;
    if (declares && lines_[at].find("__weak") == std::string::npos)
      lines[at] = replaced(lines[at], "__ksym", "__ksym __weak");
    if (!declares && indentation_of(lines_[at]).size() > 0)
      insert_before(lines, statement_begin(lines, at), {check + " " + leave(at)});
  }
  if (declared)
    offer(fmt::format("declare `{}` __weak, and leave where the kernel lacks it: `{} ...`", function, check), lines);
}

// Counters under a lock, where there are no locks: each counted atomically.
void RemedyMaker::use_atomics() {
  static const std::regex member(R"(^\s+struct bpf_spin_lock \w+;.*$)"), take(R"(\bbpf_spin_lock\()"),
      give(R"(\bbpf_spin_unlock\()");
  static const std::regex count(R"(^(\s+)([\w>.\-\[\]]+)(\+\+|--);(.*)$)"),
      sum(R"(^(\s+)([\w>.\-\[\]]+) ([+-])= ([^;]+);(.*)$)");
  Lines lines;
  bool locked = false, any = false;
  for (const std::string& line : lines_) {
    std::smatch m;
    if (std::regex_match(line, member)) continue;
    if (std::regex_search(line, take) || std::regex_search(line, give)) {
      locked = std::regex_search(line, take);
      any = true;
      continue;
    }
    if (!locked) {
      lines.push_back(line);
    } else if (std::regex_match(line, m, count)) {
      lines.push_back(fmt::format("{}__sync_fetch_and_add(&{}, {});{}", m[1].str(), m[2].str(),
                                  m[3].str() == "++" ? "1" : "-1", m[4].str()));
    } else if (std::regex_match(line, m, sum)) {
      lines.push_back(fmt::format("{}__sync_fetch_and_add(&{}, {}({}));{}", m[1].str(), m[2].str(),
                                  m[3].str() == "-" ? "-" : "", m[4].str(), m[5].str()));
    } else {
      return;  // more than counting
    }
  }
  if (any) offer("count atomically, without the lock: `__sync_fetch_and_add()`", lines);
}

// --- loops, assembly ------------------------------------------------------------------------------------------------

// A loop that counts up by one, as one that is verified once.
void RemedyMaker::iterate() {
  static const std::regex counting(R"(^(\s*)for \((?:(\w+) )?(\w+) = ([^;]+); \3 < ([^;]+); (?:\3\+\+|\+\+\3)\)(.*)$)");
  if (!has_line()) return;
  const LineRange function = function_around(lines_, at_);
  for (size_t at = function.begin; at < function.end; ++at) {
    std::smatch m;
    if (!std::regex_match(lines_[at], m, counting)) continue;
    Lines lines = lines_;
    const std::string loop = fmt::format("bpf_for({}, {}, {})", m[3].str(), m[4].str(), m[5].str());
    lines[at] = m[1].str() + loop + m[6].str();
    if (!m[2].str().empty()) insert_before(lines, at, {fmt::format("int {};", m[3].str())});
    offer(fmt::format("count with an iterator, whose loop is followed only until its rounds look alike: `{}`", loop),
          lines);
  }
}

void RemedyMaker::unroll() {
  const auto definition = definition_of(lines_, f_.program);
  if (!definition) return;
  const LineRange function = function_around(lines_, *definition);
  for (size_t at = function.begin; at < function.end; ++at) {
    if (!diag::begins_loop(stripped(lines_[at]))) continue;
    Lines lines = lines_;
    const bool has_pragma = lines[at - 1].starts_with("#pragma");
    if (has_pragma)
      lines[at - 1] = "#pragma unroll";
    else
      lines.insert(lines.begin() + std::ptrdiff_t(at), "#pragma unroll");
    offer("unroll the loop: `#pragma unroll`", lines);
  }
}

// A function in assembly that runs off its end.
void RemedyMaker::end_assembly() {
  static const std::regex text(R"rx(^(.*\basm volatile\(.*[^;\s])(\s*;?\s*)"(\).*|\s*:.*)$)rx");
  const auto definition = definition_of(lines_, f_.program);
  if (!definition || lines_[*definition].find("naked") == std::string::npos) return;
  const LineRange function = function_around(lines_, *definition);
  for (size_t at = function.end; at-- > function.begin;) {
    std::smatch m;
    if (!std::regex_match(lines_[at], m, text)) continue;
    Lines lines = lines_;
    lines[at] = m[1].str() + "; exit\"" + m[3].str();
    return offer("end the assembly with `exit`", lines);
  }
}

}  // namespace skep::cli
