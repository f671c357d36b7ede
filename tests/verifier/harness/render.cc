// See render.h. A log is read line by line; each line belongs to the instruction that was printed last, or to the one
// it names. Marks: ";<" state on arrival, ";>" state after, ";:" anything else, ";!" the rejection.
#include "render.h"

#include <cstring>
#include <map>
#include <optional>
#include <regex>

#include <fmt/format.h>

namespace skep::cases {

namespace {

constexpr size_t kMarkColumn = 40;
constexpr int kBeforeAll = -1;

struct Mark {
  char sign;
  std::string text;
};

// The log, taken apart.
struct Notes {
  std::map<int, std::vector<Mark>> of_insn;
  std::string insns, states, stack;
};

const char* error_name(int error) {
  if (error == kErrnoNotSupp) return "ENOTSUPP";
  const char* name = strerrorname_np(error);
  return name ? name : "?";
}

// Numbers of a kernel's build and of where it put things, not of the program.
std::string masked(std::string line) {
  static const std::regex kBtfId("btf_id [0-9]+"), kKfuncId("#[0-9]{4,}"), kAddress("0xffff[0-9a-f]{12}");
  line = std::regex_replace(line, kBtfId, "btf_id N");
  line = std::regex_replace(line, kKfuncId, "#N");
  return std::regex_replace(line, kAddress, "0xADDR");
}

// Lines that tell how the verifier worked, not what it found: shown where a case asks for them (;; SHOW).
bool is_precision(std::string_view text) {
  return text.starts_with("mark_precise:") || text.starts_with("force_precise:") ||
         text.find(": propagating ") != text.npos;
}
bool is_liveness(std::string_view text) {
  return text.starts_with("SCC ") || text.find(" +live ") != text.npos || text.find("live stack update") != text.npos;
}

class Reader {
 public:
  Reader(const Case& c, bool rejected) : case_(c), rejected_(rejected) {}

  Notes read(std::string_view log) {
    while (!log.empty()) {
      size_t end = std::min(log.find('\n'), log.size());
      // Some messages do not end their line.
      size_t counts = log.substr(0, end).find("processed ");
      if (counts != log.npos && counts > 0 && log.substr(counts).find(" insns (limit ") != log.npos) {
        line(masked(std::string(log.substr(0, counts))));
        log.remove_prefix(counts);
        continue;
      }
      line(masked(std::string(log.substr(0, end))));
      log.remove_prefix(std::min(end + 1, log.size()));
    }
    if (rejected_ && last_other_) notes_.of_insn[last_other_->first][last_other_->second].sign = '!';
    return std::move(notes_);
  }

 private:
  void add(int insn, char sign, std::string text) {
    auto& marks = notes_.of_insn[insn];
    bool is_detail = text.starts_with("cur state: ") || text.starts_with("old state: ");
    if (sign == ':' && !is_detail) last_other_ = {insn, marks.size()};
    marks.push_back({sign, std::move(text)});
  }

  void line(const std::string& text) {
    static const std::regex kInsn(R"(^(\d+): \([0-9a-f]{2}\) [^;]*?\s*(;\s*(.*))?$)"),
        kState(R"(^(\d+): ((R|frame|fp|refs).*)$)"),
        kFrom(R"(^from (\d+) to (\d+)( \(speculative execution\))?: (.*)$)"), kSafe(R"(^(\d+): safe$)"),
        kLive(R"(^[ 0-9]+: [.0-9]{10} \([0-9a-f]{2}\).*$)"), kFunc(R"(^func#\d+ @\d+$)");
    std::smatch m;
    if ((!case_.show_precision && is_precision(text)) || (!case_.show_liveness && is_liveness(text))) return;
    if (text.empty() || text == "Live regs before insn:" || std::regex_match(text, kLive)) return;
    if (text.find("_cand_cache:[") != text.npos) return;  // what earlier programs made the kernel look for
    if (std::regex_match(text, kFunc) || text.starts_with("verification time")) return;
    if (text.starts_with("stack depth ")) {
      notes_.stack = text.substr(strlen("stack depth "));
    } else if (text.starts_with("processed ")) {
      counts(text);
    } else if (std::regex_match(text, m, kInsn)) {
      current_ = std::stoi(m[1]);
      if (m[3].length()) add(current_, '>', m[3]);
    } else if (std::regex_match(text, m, kState)) {
      int insn = std::stoi(m[1]);
      if (arrived_ == insn && arrival_ == m[2]) {  // said twice after a branch switch
        arrived_ = kBeforeAll;
      } else {
        add(insn, insn == current_ ? '>' : '<', m[2]);
      }
    } else if (std::regex_match(text, m, kFrom)) {
      from(m);
    } else if (std::regex_match(text, m, kSafe)) {
      add(std::stoi(m[1]), ':', "safe");
      last_other_.reset();
    } else {
      add(current_, ':', text);
    }
  }

  void from(const std::smatch& m) {
    int to = std::stoi(m[2]);
    std::string how = m[3].length() ? " speculatively" : "";
    if (m[4] == "safe") {
      add(to, ':', fmt::format("from {}{}: safe", m[1].str(), how));
      last_other_.reset();
      return;
    }
    add(to, '<', fmt::format("from {}{}: {}", m[1].str(), how, m[4].str()));
    arrived_ = to;
    arrival_ = m[4];
    current_ = kBeforeAll;
  }

  void counts(const std::string& text) {
    static const std::regex kCounts(
        R"(processed (\d+) insns \(limit \d+\) max_states_per_insn (\d+) total_states (\d+) peak_states (\d+) mark_read (\d+))");
    std::smatch m;
    if (!std::regex_search(text, m, kCounts)) return;
    notes_.insns = m[1];
    if (m[3] != "0")
      notes_.states =
          fmt::format("max_per_insn={} total={} peak={} mark_read={}", m[2].str(), m[3].str(), m[4].str(), m[5].str());
  }

  const Case& case_;
  bool rejected_;
  Notes notes_;
  int current_ = kBeforeAll;
  int arrived_ = kBeforeAll;
  std::string arrival_;
  std::optional<std::pair<int, size_t>> last_other_;  // the line a rejection would be
};

// Lines of the file, as they are made.
class Page {
 public:
  void line(std::string_view text) { text_.append(text).push_back('\n'); }
  // `text` with its marks: arrivals above, the first other one beside it, the rest below.
  void marked(const std::string& text, const std::vector<Mark>& marks) {
    for (const Mark& mark : marks)
      if (mark.sign == '<') line(beside("", mark));
    bool first = true;
    for (const Mark& mark : marks) {
      if (mark.sign == '<') continue;
      line(beside(first ? text : "", mark));
      first = false;
    }
    if (first) line(text);
  }
  std::string take() { return std::move(text_); }

  static std::string beside(std::string_view text, const Mark& mark) {
    size_t column = std::max(kMarkColumn, text.size() + 2);
    std::string line = fmt::format("{:<{}};{} {}", text, column, mark.sign, mark.text);
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

 private:
  std::string text_;
};

}  // namespace

std::string render(const Question& q, const Answer& answer) {
  Notes notes = Reader(q.text, answer.error != 0).read(answer.log);
  Page page;
  for (const std::string& line : q.text.header) page.line(line);
  page.line(answer.error ? fmt::format(";; VERIFY reject {}", error_name(answer.error)) : ";; VERIFY accept");
  if (!notes.insns.empty()) page.line(fmt::format(";; INSNS {}", notes.insns));
  if (!notes.states.empty()) page.line(fmt::format(";; STATES {}", notes.states));
  if (!notes.stack.empty()) page.line(fmt::format(";; STACK {}", notes.stack));
  page.line("");
  for (const Mark& mark : notes.of_insn[kBeforeAll]) page.line(Page::beside("", mark));
  const auto& body = q.text.body;
  for (size_t i = 0; i < body.size(); i++) {
    int insn = i < q.code.insn_of_line.size() ? q.code.insn_of_line[i] : -1;
    auto marks = insn < 0 ? notes.of_insn.end() : notes.of_insn.find(insn);
    page.marked(body[i], marks == notes.of_insn.end() ? std::vector<Mark>() : marks->second);
  }
  return page.take();
}

}  // namespace skep::cases
