// Runs the text cases below a folder: skep's answer, rendered, must be the file. With SKEP_BLESS=1 (./dev bless) the
// files are rewritten with what the running kernel says, if it is a Linux 6.18, and skep's answer is compared with
// that.
//
//   skep_text_cases FOLDER [PART OF A PATH]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "render.h"
#include "sys/kernel_btf.h"

namespace skep::cases {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The lines of either that the other does not have in this place: a longest common subsequence.
std::string difference(const std::string& expected, const std::string& actual) {
  auto a = lines_of(expected), b = lines_of(actual);
  std::vector<std::vector<u32>> common(a.size() + 1, std::vector<u32>(b.size() + 1));
  for (size_t i = a.size(); i-- > 0;)
    for (size_t j = b.size(); j-- > 0;)
      common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::string out;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      i++, j++;
    } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
      out += fmt::format("  -{}\n", a[i++]);
    } else {
      out += fmt::format("  +{}\n", b[j++]);
    }
  }
  return out;
}

using Types = std::shared_ptr<const btf::Btf>;

class Suite {
 public:
  // `live`: the types of the running kernel if it is to be asked, else null.
  Suite(bool bless, Types types, Types live) : bless_(bless), types_(types), live_(std::move(live)) {
    target_ = std::make_shared<target::Target>([types] { return types; });
  }

  void run(const std::filesystem::path& path) {
    count_++;
    Status status = check(path);
    if (status.ok()) return;
    failed_++;
    fmt::print("FAILED {}\n{}\n", path.string(), status.context());
  }

  int finish() const {
    fmt::print("{} cases, {} failed{}\n", count_, failed_, live_ ? ", compared with the running kernel" : "");
    return failed_ || !count_ ? 1 : 0;
  }

 private:
  Result<Question> question(const Case& c, const btf::Btf& kernel) const { return prepare(c, *target_, kernel); }

  Status check(const std::filesystem::path& path) {
    std::string text = read_text(path.string());
    auto parsed = parse_case(path.string(), text);
    if (!parsed.ok()) return parsed.status();
    auto asked = question(*parsed, *types_);
    if (!asked.ok()) return asked.status();
    auto ours = ask_skep(*asked, target_);
    if (!ours.ok()) return ours.status();
    std::string actual = render(*asked, *ours);
    if (bless_) {
      auto expected = live_ && !parsed->stricter ? ask_live(*parsed, *ours) : ours;
      if (!expected.ok()) return expected.status();
      text = render(*asked, *expected);
      std::ofstream(path) << text;
    }
    bool is_bad = path.filename().string().starts_with("bad_");
    if (is_bad != (text.find(";; VERIFY reject") != text.npos))
      return error_status(EINVAL, "a case is named bad_* if, and only if, it is rejected");
    return text == actual ? Status() : error_status(EINVAL, "- expected, + skep\n" + difference(text, actual));
  }

  // The running kernel's answer; ours for a case marked ONLY_SKEP, which that must really refuse to look at.
  Result<Answer> ask_live(const Case& c, const Answer& ours) const {
    auto asked = question(c, *live_);
    if (!asked.ok()) return asked.status();
    auto answer = ask_running_kernel(*asked);
    const bool permitted = answer.ok() ? answer->error != EPERM || !answer->log.empty() : answer.error() != EPERM;
    if (c.only_skep && permitted) return error_status(EINVAL, "the running kernel answers: take ONLY_SKEP out");
    if (!c.only_skep && !permitted && ours.error != EPERM)
      return error_status(EPERM, "the running kernel does not take such programs: if this is meant, say ONLY_SKEP");
    return c.only_skep ? ours : answer;
  }

  bool bless_;
  int count_ = 0, failed_ = 0;
  Types types_, live_;
  std::shared_ptr<const target::Target> target_;
};

}  // namespace

}  // namespace skep::cases

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  if (argc < 2) {
    fmt::print(stderr, "usage: {} FOLDER [PART OF A PATH]\n", argv[0]);
    return 2;
  }
  auto types = skep::sys::open_kernel_btf(SKEP_BTF_FILE);
  if (!types.ok()) {
    fmt::print(stderr, "{}: {}\n", argv[0], types.status().context());
    return 2;
  }
  const char* env = std::getenv("SKEP_BLESS");
  const bool bless = env && *env == '1';
  skep::cases::Types live;
  if (bless && skep::cases::running_kernel_answers()) {
    auto running = skep::sys::open_kernel_btf("/sys/kernel/btf/vmlinux");
    if (!running.ok()) {
      fmt::print(stderr, "{}: {}\n", argv[0], running.status().context());
      return 2;
    }
    live = *running;
  }
  skep::cases::Suite suite(bless, *types, live);
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(argv[1])) {
    bool wanted = argc < 3 || entry.path().string().find(argv[2]) != std::string::npos;
    if (entry.path().extension() == ".s" && wanted) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) suite.run(path);
  return suite.finish();
}
