// Runs the scripts of a folder (*.ops): skep must answer every line as the running kernel did when the script was
// recorded. With SKEP_BLESS=1 (./dev bless) the running kernel, if it is a Linux 6.18 and may be asked, gives the
// answers anew; without, it is asked too and must not have changed its mind.
//
//   skep_map_scripts FOLDER [PART OF A NAME]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "session.h"

namespace skep::maps {
namespace {

inline constexpr std::string_view kArrow = "  -> ";
inline constexpr int kMaxShown = 20;  // differences per script

struct Line {
  std::string question, answer;  // a comment or an empty line has no answer
  bool is_question() const { return !question.empty() && question[0] != '#'; }
};

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::vector<Line> read_script(const std::filesystem::path& path) {
  std::vector<Line> lines;
  std::ifstream in(path);
  for (std::string text; std::getline(in, text);) {
    const size_t arrow = text.find(kArrow);
    Line line;
    line.question = trimmed(text.substr(0, arrow));
    if (arrow != text.npos) line.answer = trimmed(text.substr(arrow + kArrow.size()));
    lines.push_back(line);
  }
  return lines;
}

void write_script(const std::filesystem::path& path, const std::vector<Line>& lines) {
  std::ofstream out(path);
  for (const Line& line : lines) {
    if (line.is_question())
      out << fmt::format("{:<34}{}{}", line.question, kArrow, line.answer) << '\n';
    else
      out << line.question << '\n';
  }
}

class Suite {
 public:
  Suite(bool bless, bool live) : bless_(bless), live_(live) {}

  void run(const std::filesystem::path& path) {
    std::vector<Line> lines = read_script(path);
    name_ = path.filename().string();
    shown_ = 0;
    if (live_ && bless_) {
      Session running(sys::running_kernel());
      for (Line& line : lines) {
        if (line.is_question()) line.answer = trimmed(running.run(line.question));
      }
      write_script(path, lines);
    } else if (live_) {
      compare(lines, sys::running_kernel(), "the running kernel");
    }
    auto kernel = sys::make_kernel();
    compare(lines, sys::ask(*kernel), "skep");
  }

  int finish() const {
    fmt::print("{} lines, {} calls of bpf(2){}, {} differences\n", lines_, calls_,
               live_ ? ", of skep and of the running kernel" : ", of skep against the recorded answers", differences_);
    return differences_ == 0 && lines_ > 0 ? 0 : 1;
  }

 private:
  void compare(const std::vector<Line>& lines, const sys::Asker& asker, const char* who) {
    Session session(asker);
    for (size_t i = 0; i < lines.size(); ++i) {
      if (!lines[i].is_question()) continue;
      ++lines_;
      const std::string answer = trimmed(session.run(lines[i].question));
      if (answer == lines[i].answer) continue;
      ++differences_;
      if (++shown_ <= kMaxShown)
        fmt::print("{}:{}: {}: {} says {}, expected {}\n", name_, i + 1, lines[i].question, who, answer,
                   lines[i].answer);
    }
    calls_ += session.calls();
  }

  bool bless_, live_;
  std::string name_;
  u64 lines_ = 0, calls_ = 0;
  int differences_ = 0, shown_ = 0;
};

int run(const std::filesystem::path& folder, const std::string& part) {
  Suite suite(std::getenv("SKEP_BLESS") != nullptr, sys::running_kernel_is_reference());
  std::vector<std::filesystem::path> scripts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".ops" && entry.path().filename().string().find(part) != std::string::npos)
      scripts.push_back(entry.path());
  }
  std::sort(scripts.begin(), scripts.end());
  for (const auto& script : scripts) suite.run(script);
  return suite.finish();
}

}  // namespace
}  // namespace skep::maps

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: skep_map_scripts FOLDER [PART OF A NAME]\n");
    return 2;
  }
  return skep::maps::run(argv[1], argc > 2 ? argv[2] : "");
}
