// `skep explain`: what a code, a message or a whole log means, and what to do about it. The pages are docs/errors/.
#include <sys/ioctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "base/json.h"
#include "cli/error_pages.h"
#include "cli/markdown.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "diag/match.h"

namespace skep::cli {
namespace {

struct ExplainArgs {
  std::vector<std::string> words;
  std::string format = "text";
  bool list = false;
};

// What was asked for: a cause, and how the given text led to it.
struct Answer {
  const diag::CauseRow* cause = nullptr;
  std::optional<diag::TextMatch> match;    // of a text; none for a code
  std::optional<diag::TextMatch> summary;  // the line behind it that only sums up
  std::vector<std::pair<std::string_view, std::string_view>> noise;
};

constexpr size_t kPlainWidth = 80, kWidest = 100;

size_t terminal_width() {
  winsize size = {};
  if (!is_terminal(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40)
    return kPlainWidth;
  return std::min<size_t>(size.ws_col, kWidest);
}

// A text of the tables with the names of its facts in their places: "R{reg} invalid mem access '*_or_null*'".
std::string with_names(const diag::TextMatch& text) {
  std::string_view pattern = text.pattern.substr(0, text.pattern.find_last_not_of('\n') + 1);
  const auto names = text.kind ? diag::field_names(*text.kind) : std::vector<std::string_view>();
  std::string out;
  size_t field = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool doubled = i + 1 < pattern.size() && pattern[i + 1] == pattern[i];
    if (pattern[i] == '{' && !doubled) {
      i = pattern.find('}', i);
      const std::string_view name = field < names.size() ? names[field] : std::string_view("...");
      const bool asked = !text.facts.empty() && text.facts[0].first == name;
      out += asked ? text.facts[0].second : "{" + std::string(name) + "}";
      ++field;
    } else {
      out += pattern[i] == '\n' ? ' ' : pattern[i];
      i += doubled && (pattern[i] == '{' || pattern[i] == '}');
    }
  }
  return out;
}

void write_texts(JsonWriter& json, const diag::CauseRow& cause) {
  json.key("texts").begin_array();
  for (const diag::TextMatch& text : diag::texts_of(cause)) {
    json.begin_object().member("text", with_names(text)).member("from", diag::who_says(text));
    if (text.kind) json.member("kind", diag::kind_row(*text.kind).name);
    if (text.kind) json.member("errno", diag::kind_row(*text.kind).error);
    json.end_object();
  }
  json.end_array();
  json.key("silent").begin_array();  // kinds that the kernel has no words for
  for (size_t i = 0; i < size_t(diag::Kind::kCount); ++i) {
    const diag::KindRow& row = diag::kind_row(diag::Kind(i));
    if (row.text.empty() && row.code == cause.code) {
      json.begin_object().member("kind", row.name).member("errno", row.error).end_object();
    }
  }
  json.end_array();
}

void write_match(JsonWriter& json, std::string_view name, const diag::TextMatch& match) {
  json.key(name).begin_object().member("line", match.line).member("from", diag::who_says(match));
  json.member("code", match.cause->code);
  if (match.kind) json.member("kind", diag::kind_row(*match.kind).name);
  json.key("facts").begin_object();
  for (const auto& [field, value] : match.facts) json.member(field, value);
  json.end_object().end_object();
}

std::string as_json(const Answer& answer) {
  JsonWriter json(1);
  json.begin_object().member("code", answer.cause->code).member("title", answer.cause->title);
  json.member("area", diag::area_of(answer.cause->code));
  if (answer.match) write_match(json, "match", *answer.match);
  if (answer.summary) write_match(json, "summary", *answer.summary);
  json.key("noise").begin_array();
  for (const auto& [line, what] : answer.noise)
    json.begin_object().member("line", line).member("what", what).end_object();
  json.end_array();
  write_texts(json, *answer.cause);
  json.member("page", error_page(answer.cause->code)).end_object();
  return json.take() + "\n";
}

// How the text led to the cause, above the page.
std::string found_in_text(const Answer& answer, bool colour) {
  std::string out = coloured(printable(answer.match->line), Colour::Red, colour) + "\n";
  out += fmt::format("  words of {}\n", diag::who_says(*answer.match));
  for (const auto& [name, value] : answer.match->facts) out += fmt::format("  {}: {}\n", name, printable(value));
  if (answer.summary) out += fmt::format("  summed up as: {}\n", printable(answer.summary->line));
  for (const auto& [line, what] : answer.noise)
    out += coloured(fmt::format("not the reason: {}\n  {}\n", printable(line), what), Colour::Grey, colour);
  return out + "\n";
}

void show(const Answer& answer, const std::string& format) {
  if (format == "json") return print(as_json(answer));
  const bool colour = wants_colour();
  if (answer.match) print(found_in_text(answer, colour));
  std::string_view page = error_page(answer.cause->code);
  print(render_markdown(page, terminal_width(), colour));
}

int list(const std::string& format) {
  if (format == "json") {
    JsonWriter json(1);
    json.begin_array();
    for (const diag::CauseRow& cause : diag::causes()) {
      json.begin_object().member("code", cause.code).member("title", cause.title);
      json.member("area", diag::area_of(cause.code));
      write_texts(json, cause);
      json.end_object();
    }
    json.end_array();
    print(json.take() + "\n");
    return kOk;
  }
  std::string_view area;
  for (const diag::CauseRow& cause : diag::causes()) {
    if (diag::area_of(cause.code) != area) {
      area = diag::area_of(cause.code);
      print(fmt::format("{}{}\n", cause.code == "E0101" ? "" : "\n", area));
    }
    print(fmt::format("  {}  {}\n", cause.code, cause.title));
  }
  return kOk;
}

// Words that stand in no whole message: the only cause that has them, or all that do.
int show_causes_with(const std::string& words, const std::string& format) {
  std::vector<const diag::CauseRow*> found;
  for (const diag::TextMatch& text : diag::texts_with(words))
    if (std::find(found.begin(), found.end(), text.cause) == found.end()) found.push_back(text.cause);
  if (found.empty()) {
    complain("explain", "no message of the kernel or of libbpf has these words",
             "skep explain --list lists all causes");
    return kRejected;
  }
  if (found.size() == 1) {
    show({.cause = found[0]}, format);
    return kOk;
  }
  std::sort(found.begin(), found.end());
  JsonWriter json(1);
  json.begin_array();
  for (const diag::CauseRow* cause : found) {
    json.begin_object().member("code", cause->code).member("title", cause->title).end_object();
    if (format == "text") print(fmt::format("{}  {}\n", cause->code, cause->title));
  }
  json.end_array();
  if (format == "json") print(json.take() + "\n");
  return kOk;
}

std::optional<Answer> answer_to(const std::string& text) {
  std::string code = text;
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return char(std::toupper(c)); });
  if (const diag::CauseRow* cause = diag::find_cause(code)) return Answer{.cause = cause};
  if (const auto kind = diag::find_kind(text)) return Answer{.cause = &diag::cause_of(*kind)};
  diag::LogReading reading = diag::read_log(text);
  if (!reading.decides) return std::nullopt;
  return Answer{reading.decides->cause, reading.decides, reading.summary, std::move(reading.noise)};
}

// The words of the command line, the file they name, or standard input.
std::string asked_text(const ExplainArgs& args) {
  if (args.words.empty() || args.words == std::vector<std::string>{"-"})
    return {std::istreambuf_iterator<char>(std::cin), {}};
  if (args.words.size() == 1) {
    std::ifstream file(args.words[0], std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!text.empty()) return text;
  }
  return fmt::format("{}", fmt::join(args.words, " "));
}

int explain(const ExplainArgs& args) {
  if (args.list) return list(args.format);
  if (args.words.empty() && is_terminal(STDIN_FILENO)) {
    complain("explain", "nothing to explain", "name a code or a message, or pipe a log into it");
    return kTrouble;
  }
  const std::string text = asked_text(args);
  const std::optional<Answer> answer = answer_to(text);
  if (answer) {
    show(*answer, args.format);
    return kOk;
  }
  if (text.find('\n') == text.npos && text.size() > 2) return show_causes_with(text, args.format);
  complain("explain", "no line of it is a reason that the kernel or libbpf gives",
           "load with log level 1 or higher and pass on the whole log");
  return kRejected;
}

constexpr char kExamples[] =
    "Examples:\n"
    "  skep explain E0203\n"
    "  skep explain \"R1 invalid mem access 'scalar'\"    a message of the kernel, also of an older one\n"
    "  skep explain unbounded memory access             a part of one\n"
    "  bpftool prog load x.bpf.o /sys/fs/bpf/x 2>&1 | skep explain    a whole log\n"
    "  skep explain load.log                            the same, from a file\n"
    "  skep explain --list\n"
    "Exit status: 0 explained, 1 nothing fits, 2 usage or environment.";

}  // namespace

void add_explain(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<ExplainArgs>();
  CLI::App* verb = app.add_subcommand("explain", "What does this error mean, and how is it fixed?");
  verb->footer(kExamples);
  verb->add_option("TEXT", args->words,
                   "a code, a message or a part of one, a file with a log; - or nothing: standard input");
  verb->add_flag("--list", args->list, "all codes with their causes");
  verb->add_option("--format", args->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->callback([args, &chosen] { chosen = [args] { return explain(*args); }; });
}

}  // namespace skep::cli
