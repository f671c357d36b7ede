// See scripts.h.
#include "scripts.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>

namespace skep::scripts {
namespace {

inline constexpr std::string_view kArrow = "  -> ", kOurs = "  !! ", kWhy = "  # ";
inline constexpr int kMaxShown = 20;  // differences per script

struct Line {
  std::string question, answer;  // a comment or an empty line has no answer
  std::string ours, why;         // where skep means to differ
  bool is_question() const { return !question.empty() && question[0] != '#'; }
  const std::string& wanted() const { return ours.empty() ? answer : ours; }
};

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// What stands after `mark`; `text` keeps what stands before it.
std::string cut(std::string& text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == text.npos) return {};
  std::string after = trimmed(text.substr(at + mark.size()));
  text = trimmed(text.substr(0, at));
  return after;
}

std::vector<Line> read_script(const std::filesystem::path& path) {
  std::vector<Line> lines;
  std::ifstream in(path);
  for (std::string text; std::getline(in, text);) {
    Line line;
    if (text.empty() || text[0] != '#') {
      line.answer = cut(text, kArrow);
      line.ours = cut(line.answer, kOurs);
      line.why = cut(line.ours, kWhy);
    }
    line.question = trimmed(text);
    lines.push_back(line);
  }
  return lines;
}

void write_script(const std::filesystem::path& path, const std::vector<Line>& lines) {
  std::ofstream out(path);
  for (const Line& line : lines) {
    if (!line.is_question()) {
      out << line.question << '\n';
      continue;
    }
    out << fmt::format("{:<34}{}{}", line.question, kArrow, line.answer);
    if (!line.ours.empty()) out << kOurs << line.ours;
    if (!line.why.empty()) out << kWhy << line.why;
    out << '\n';
  }
}

class Suite {
 public:
  Suite(const Sides& sides, bool bless) : sides_(sides), bless_(bless) {}

  void run(const std::filesystem::path& path) {
    std::vector<Line> lines = read_script(path);
    name_ = path.filename().string();
    shown_ = 0;
    if (sides_.running && bless_) {
      const Answers running = sides_.running();
      for (Line& line : lines) {
        if (line.is_question()) line.answer = trimmed(running(line.question));
      }
      write_script(path, lines);
    } else if (sides_.running) {
      const Answers running = sides_.running();
      for (size_t i = 0; i < lines.size(); ++i) compare(lines[i], i, running, lines[i].answer, "the running kernel");
    }
    const Answers ours = sides_.ours();
    for (size_t i = 0; i < lines.size(); ++i) compare(lines[i], i, ours, lines[i].wanted(), "skep");
  }

  int finish() const {
    fmt::print("{} lines{}, {} differences\n", lines_,
               sides_.running ? ", of skep and of the running kernel" : ", of skep against the recorded answers",
               differences_);
    return differences_ == 0 && lines_ > 0 ? 0 : 1;
  }

 private:
  void compare(const Line& line, size_t at, const Answers& who, const std::string& wanted, const char* name) {
    if (!line.is_question()) return;
    ++lines_;
    const std::string answer = trimmed(who(line.question));
    if (answer == wanted) return;
    ++differences_;
    if (++shown_ <= kMaxShown)
      fmt::print("{}:{}: {}: {} says {}, expected {}\n", name_, at + 1, line.question, name, answer, wanted);
  }

  const Sides& sides_;
  bool bless_;
  std::string name_;
  size_t lines_ = 0;
  int differences_ = 0, shown_ = 0;
};

}  // namespace

int run_scripts(const std::string& folder, const std::string& part, const Sides& sides) {
  Suite suite(sides, std::getenv("SKEP_BLESS") != nullptr);
  std::vector<std::filesystem::path> scripts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".ops" && entry.path().filename().string().find(part) != std::string::npos)
      scripts.push_back(entry.path());
  }
  std::sort(scripts.begin(), scripts.end());
  for (const auto& script : scripts) suite.run(script);
  return suite.finish();
}

}  // namespace skep::scripts
