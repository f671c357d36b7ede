// See case.h.
#include "case.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace skep::cases {

namespace {

constexpr Flag kProgFlags[] = {
    {"strict_alignment", BPF_F_STRICT_ALIGNMENT},
    {"any_alignment", BPF_F_ANY_ALIGNMENT},
    {"test_state_freq", BPF_F_TEST_STATE_FREQ},
    {"test_reg_invariants", BPF_F_TEST_REG_INVARIANTS},
    {"sleepable", BPF_F_SLEEPABLE},
    {"xdp_has_frags", BPF_F_XDP_HAS_FRAGS},
};
constexpr Flag kMapFlags[] = {
    {"no_prealloc", BPF_F_NO_PREALLOC},
    {"rdonly_prog", BPF_F_RDONLY_PROG},
    {"wronly_prog", BPF_F_WRONLY_PROG},
    {"mmapable", BPF_F_MMAPABLE},
};

Status bad(std::string_view what, std::string_view why) {
  return error_status(EINVAL, fmt::format("{}: {}", what, why));
}

template <typename T>
bool to_number(std::string_view text, T& number) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

template <size_t N>
Status set_flag(const Flag (&flags)[N], std::string_view name, u32& bits) {
  for (const Flag& flag : flags) {
    if (flag.name != name) continue;
    bits |= flag.bit;
    return {};
  }
  return bad(name, "no such flag");
}

Status set_cap(std::string_view word, target::Caps& caps) {
  if (!word.starts_with("-")) return bad(word, "only taking away: -perfmon");
  std::string_view name = word.substr(1);
  if (name == "sys_boot") {
    caps.sys_boot = false;
    return {};
  }
  caps.sys_admin = false;  // stands for all others
  if (name == "bpf") {
    caps.bpf = false;
  } else if (name == "perfmon") {
    caps.perfmon = false;
  } else if (name == "net_admin") {
    caps.net_admin = false;
  } else if (name != "sys_admin") {
    return bad(name, "no such capability");
  }
  return {};
}

Status set_map_word(std::string_view word, MapSpec& map) {
  size_t equals = word.find('=');
  std::string_view key = word.substr(0, equals);
  std::string_view value = equals == word.npos ? std::string_view() : word.substr(equals + 1);
  if (key == "frozen" || key == "exclusive") {
    (key == "frozen" ? map.frozen : map.exclusive) = true;
    return {};
  }
  if (key == "flags") return set_flag(kMapFlags, value, map.flags);
  if (key == "extra") return to_number(value, map.extra) ? Status() : bad(word, "no number");
  if (key == "data") {
    map.data = value;
    return {};
  }
  if (key == "inner") {
    map.inner = value;
    return {};
  }
  if (key == "kernel") {
    map.kernel_type = value;
    return {};
  }
  if (key == "type") {
    map.value_type = fmt::format("struct {}", value);
    return {};
  }
  u32* field = key == "key" ? &map.key : key == "value" ? &map.value : key == "max" ? &map.max : nullptr;
  if (!field || !to_number(value, *field)) return bad(word, "what is that of a map");
  return {};
}

Status add_map(Case& c, const std::vector<std::string>& args) {
  if (args.size() < 2) return bad("MAP", "name and type, then key= value= max= flags= ...");
  MapSpec map;
  map.name = args[0];
  int type = number_of(args[1], map_type_name, kMapTypeCount);
  if (type < 0) return bad(args[1], "no such map type");
  map.type = u32(type);
  for (size_t i = 2; i < args.size(); i++)
    if (Status status = set_map_word(args[i], map); !status.ok()) return status;
  c.maps.push_back(std::move(map));
  return {};
}

Status add_func(Case& c, std::string_view rest) {
  FuncSpec func;
  func.only_type = rest.starts_with("extern ");
  func.global = func.only_type || rest.starts_with("global ");
  if (!func.global && !rest.starts_with("static ")) return bad("FUNC", "static, global or extern, then a prototype");
  func.prototype = trim(rest.substr(7));
  size_t open = func.prototype.find('(');
  if (open == std::string::npos) return bad(rest, "no prototype");
  std::string_view head = trim(std::string_view(func.prototype).substr(0, open));
  func.name = head.substr(head.find_last_of(" *") + 1);
  c.funcs.push_back(std::move(func));
  return {};
}

Status set_number(std::string_view what, u32& out, int number) {
  if (number < 0) return bad(what, "no such name");
  out = u32(number);
  return {};
}

Status set_target(Case& c, const std::vector<std::string>& args) {
  if (args.size() == 3 && args[0] == "kernel") {
    c.target = {args[1], "", args[2]};
  } else if (args.size() == 2 && args[0].ends_with(".s")) {
    c.target = {"", args[0], args[1]};
  } else {
    return bad("TARGET", "kernel, kind and name, or another case and its function");
  }
  return {};
}

Status add_load_field(Case& c, std::string_view word) {
  size_t equals = word.find('=');
  LoadField field;
  if (equals == word.npos || !to_number(word.substr(equals + 1), field.value)) return bad(word, "field=number");
  field.name = word.substr(0, equals);
  c.load.push_back(std::move(field));
  return {};
}

// A header that adds one line to a list, or nullptr.
Records* records_of(Case& c, std::string_view word) {
  if (word == "FUNC_INFO") return &c.func_info;
  if (word == "LINE_INFO") return &c.line_info;
  return word == "CORE_RELO" ? &c.core_relos : nullptr;
}

Status read_load_header(Case& c, std::string_view word, const std::vector<std::string>& args) {
  if (Records* records = records_of(c, word)) {
    records->push_back(args);
  } else if (word == "TARGET") {
    return set_target(c, args);
  } else if (word == "LOAD") {
    for (const std::string& arg : args)
      if (Status status = add_load_field(c, arg); !status.ok()) return status;
  } else if (word == "FD_ARRAY") {
    c.fd_array = args;
  } else if (word == "UNPRIVILEGED") {
    c.unprivileged = true;
    c.caps = {.bpf = false, .perfmon = false, .net_admin = false, .sys_admin = false, .sys_boot = false};
  } else if (word == "ONLY_SKEP") {
    c.only_skep = true;
  } else if (word == "STRICTER") {
    c.stricter = true;
  } else {
    return bad(word, "no such header");
  }
  return {};
}

Status read_header(Case& c, std::string_view word, std::string_view rest) {
  auto args = words(rest);
  if (word == "PROG") return set_number(rest, c.prog_type, number_of(rest, prog_type_name, kProgTypeCount));
  if (word == "ATTACH") return set_number(rest, c.attach_type, number_of(rest, attach_type_name, kAttachTypeCount));
  if (word == "LICENSE") {
    c.license = rest;
  } else if (word == "LOG_LEVEL") {
    if (!to_number(rest, c.log_level)) return bad(rest, "no number");
  } else if (word == "FLAGS") {
    for (const std::string& arg : args)
      if (Status status = set_flag(kProgFlags, arg, c.flags); !status.ok()) return status;
  } else if (word == "CAPS") {
    for (const std::string& arg : args)
      if (Status status = set_cap(arg, c.caps); !status.ok()) return status;
  } else if (word == "MAP") {
    return add_map(c, args);
  } else if (word == "FUNC") {
    return add_func(c, rest);
  } else if (word == "STRUCT") {
    c.structs.emplace_back(rest);
  } else if (word == "TYPEDEF") {
    c.typedefs.emplace_back(rest);
  } else if (word == "TAG") {
    u32 arg = u32(-1);
    if (args.size() != 3 || (args[1] != "-1" && !to_number(args[1], arg)))
      return bad(rest, "function or struct, number of the argument or member (-1: none), text");
    c.tags.push_back({args[0], int(arg), args[2]});
  } else if (word == "SHOW") {
    for (const std::string& arg : args) {
      if (arg != "precision" && arg != "liveness") return bad(arg, "precision or liveness");
      (arg == "precision" ? c.show_precision : c.show_liveness) = true;
    }
  } else {
    return read_load_header(c, word, args);
  }
  return {};
}

bool is_written_by_bless(std::string_view word) {
  return word == "VERIFY" || word == "INSNS" || word == "STATES" || word == "STACK";
}

// The line without the marks of bless; a line that is nothing else is left out.
bool strip_marks(std::string_view line, std::string& out) {
  size_t mark = std::string_view::npos;
  for (std::string_view sign : {";<", ";>", ";:", ";!"}) mark = std::min(mark, line.find(sign));
  out = std::string(line.substr(0, mark));
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
  return mark == line.npos || !out.empty();
}

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    size_t end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

int number_of(std::string_view name, const char* (*name_of)(u32), u32 count) {
  for (u32 i = 0; i < count; i++)
    if (name == name_of(i)) return int(i);
  return -1;
}

std::span<const Flag> prog_flags() { return kProgFlags; }

std::string Case::body_text() const { return fmt::format("{}", fmt::join(body, "\n")); }

Result<Case> parse_case(std::string path, std::string_view text) {
  Case c;
  c.path = std::move(path);
  int number = 0;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    number++;
    if (line.starts_with(";;")) {
      std::string_view rest = trim(line.substr(2));
      size_t space = std::min(rest.find(' '), rest.size());
      std::string_view word = rest.substr(0, space);
      if (is_written_by_bless(word)) continue;
      if (Status status = read_header(c, word, trim(rest.substr(space))); !status.ok())
        return error_status(EINVAL, fmt::format("{}:{}: {}", c.path, number, status.context()));
      c.header.emplace_back(line);
      continue;
    }
    std::string stripped;
    if (!strip_marks(line, stripped)) continue;
    bool opening = c.body.empty() && (stripped.empty() || stripped.starts_with("#"));
    (opening ? c.header : c.body).push_back(std::move(stripped));
  }
  while (!c.header.empty() && c.header.back().empty()) c.header.pop_back();
  while (!c.body.empty() && c.body.back().empty()) c.body.pop_back();
  return c;
}

}  // namespace skep::cases
