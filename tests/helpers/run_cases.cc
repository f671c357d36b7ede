// Runs the cases below a folder: what skep gives must be what the file says, and what the running kernel gives, if that
// is a Linux 6.18 that answers. With SKEP_BLESS=1 (./dev bless) the files are rewritten with what the running kernel
// gives.
//
//   skep_helper_cases FOLDER [PART OF A FILE:SECTION]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "load.h"
#include "section.h"
#include "sys/kernel_btf.h"

namespace skep::helper_cases {
namespace {

namespace fs = std::filesystem;
using sys::address;
using Lines = std::vector<std::string>;

std::string error_name(long error) {
  const char* name = strerrorname_np(int(-error));
  return name ? name : fmt::format("{}", -error);
}

// Element 0 of the array maps that a program can have written to.
Lines changed_maps(const sys::Asker& asker, const cases::Case& c, const std::vector<int>& fds) {
  Lines lines;
  for (size_t i = 0; i < c.maps.size(); ++i) {
    const cases::MapSpec& map = c.maps[i];
    if (map.type != BPF_MAP_TYPE_ARRAY) continue;
    std::vector<u8> value(map.value), before(map.value);
    std::copy_n(map.data.begin(), std::min<size_t>(map.data.size(), before.size()), before.begin());
    const u32 key = 0;
    const sys::MapElemAttr attr{u32(fds[i]), 0, address(&key), address(value.data()), 0};
    if (asker.ask(sys::BPF_MAP_LOOKUP_ELEM, attr) == 0 && value != before)
      lines.push_back(fmt::format("{} \"{}\"", map.name, escaped(value)));
  }
  return lines;
}

// The last line of a log before its statistics.
std::string complaint(const std::string& log) {
  std::string text = log.substr(0, log.rfind("\nprocessed "));
  return text.substr(text.rfind('\n') + 1);
}

Lines run_on(const sys::Asker& asker, const cases::Question& question, const std::vector<u64>& ctx, bool live) {
  cases::Loader loader(asker, live);
  auto loaded = loader.load(question);
  if (!loaded.ok()) return {fmt::format("not loaded: {}", loaded.status().context())};
  if (loaded->fd < 0)
    return {fmt::format("rejected {}: {}", error_name(-loaded->answer.error), complaint(loaded->answer.log))};
  std::vector<u64> words = ctx;
  std::vector<u8> packet(64), out(256);
  sys::TestRunAttr attr{.prog_fd = u32(loaded->fd), .ctx_size_in = u32(ctx.size() * 8)};
  if (question.text.prog_type == BPF_PROG_TYPE_SYSCALL) {
    attr.ctx_in = ctx.empty() ? 0 : address(words.data());
  } else {
    attr.ctx_size_in = 0;
    attr.data_size_in = u32(packet.size());
    attr.data_in = address(packet.data());
  }
  const long error = asker.ask_back(sys::BPF_PROG_TEST_RUN, attr);
  if (error < 0) return {"fails " + error_name(error)};
  Lines lines = {fmt::format("returns {}", s32(attr.retval))};
  if (words != ctx) {
    while (!words.empty() && words.back() == 0) words.pop_back();
    lines.push_back(fmt::format("ctx {:#x}", fmt::join(words, " ")));
  }
  for (std::string& line : changed_maps(asker, question.text, loaded->maps)) lines.push_back(std::move(line));
  return lines;
}

using Types = std::shared_ptr<const btf::Btf>;

class Suite {
 public:
  Suite(bool bless, Types types, Types live) : bless_(bless), types_(types), live_(std::move(live)) {
    target_ = std::make_shared<target::Target>([types] { return types; });
  }

  void run_file(const fs::path& path, std::string_view part) {
    File file = parse_file(cases::read_text(path.string()));
    for (Section& section : file.sections) {
      const std::string name = fmt::format("{}:{}", path.filename().string(), section.name);
      if (name.find(part) != std::string::npos) run_section(file, section, name);
    }
    if (bless_) std::ofstream(path) << to_text(file);
  }

  int finish() const {
    fmt::print("{} cases{}, {} wrong\n", count_, live_ ? " on skep and the running kernel" : "", failed_);
    return failed_ ? 1 : 0;
  }

 private:
  Result<cases::Question> question_of(const File& file, const Section& section, const std::string& name,
                                      const btf::Btf& kernel) {
    auto parsed = cases::parse_case(name, case_text(file, section));
    if (!parsed.ok()) return parsed.status();
    parsed->log_level = 1;
    for (cases::MapSpec& map : parsed->maps) map.data = unescaped(map.data);
    return cases::prepare(std::move(*parsed), *target_, kernel);
  }

  void run_section(const File& file, Section& section, const std::string& name) {
    ++count_;
    auto question = question_of(file, section, name, *types_);
    if (!question.ok()) return fail(name, question.status().context());
    sys::Kernel kernel({.target = target_});
    const Lines ours = run_on(sys::ask(kernel), *question, section.ctx, false);
    Lines theirs = ours;
    if (live_ && !section.only_skep) {
      auto live_question = question_of(file, section, name, *live_);
      if (!live_question.ok()) return fail(name, live_question.status().context());
      theirs = run_on(sys::running_kernel(), *live_question, section.ctx, true);
    }
    if (bless_ && !section.same) section.results = theirs;
    const Lines& expected = section.same ? theirs : section.results;
    if (theirs != expected) fail(name, difference("the running kernel", theirs, expected));
    if (ours != expected) fail(name, difference("skep", ours, expected));
  }

  static std::string difference(std::string_view who, const Lines& got, const Lines& expected) {
    return fmt::format("{}: {}\n  expected: {}", who, fmt::join(got, "; "), fmt::join(expected, "; "));
  }

  void fail(const std::string& name, std::string_view why) {
    ++failed_;
    fmt::print("{}\n  {}\n", name, why);
  }

  bool bless_;
  int count_ = 0, failed_ = 0;
  Types types_, live_;
  std::shared_ptr<const target::Target> target_;
};

}  // namespace
}  // namespace skep::helper_cases

int main(int argc, char** argv) {
  using namespace skep;
  if (argc < 2) {
    fmt::print(stderr, "usage: {} FOLDER [PART OF A FILE:SECTION]\n", argv[0]);
    return 2;
  }
  auto types = sys::open_kernel_btf(SKEP_BTF_FILE);
  if (!types.ok()) {
    fmt::print(stderr, "{}: {}\n", argv[0], types.status().context());
    return 2;
  }
  std::shared_ptr<const btf::Btf> live;
  if (sys::running_kernel_is_reference()) {
    auto running = sys::open_kernel_btf("/sys/kernel/btf/vmlinux");
    if (running.ok()) live = *running;
  }
  const char* env = std::getenv("SKEP_BLESS");
  helper_cases::Suite suite(env && *env == '1' && live, *types, live);
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    if (entry.path().extension() == ".cases") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) suite.run_file(path, argc > 2 ? argv[2] : "");
  return suite.finish();
}
