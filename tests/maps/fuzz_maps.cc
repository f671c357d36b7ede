// Random operations on maps of all types, asked of skep and of the running kernel at once: every result, errno and
// dump must be the same. `./dev fuzz maps` runs it.
//
//   skep_fuzz_maps [--operations N | --seconds N] [--seed S]
//
// At a difference it prints the questions since the map was made, as a script. Exit status: 0 no difference, 1 one,
// 77 there is no kernel to ask.
#include <sched.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "random_line.h"
#include "session.h"

namespace skep::maps {
namespace {

using std::chrono::steady_clock;

inline constexpr u32 kLinesPerMap = 400;

struct Options {
  u64 operations = 1'000'000;
  u64 seconds = 0;  // instead of a number of operations
  u64 seed = std::random_device()();
};

// An LRU map of Linux has a list per CPU; on one CPU it keeps what it is given.
void stay_on_one_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof(one), &one);
}

void report(const std::vector<std::string>& script, const std::string& ours, const std::string& theirs, u64 seed) {
  fmt::print("seed {}: after\n", seed);
  for (const std::string& line : script) fmt::print("  {}\n", line);
  fmt::print("skep says {}\nLinux says {}\n", ours, theirs);
}

int run(const Options& options) {
  if (!sys::running_kernel_is_reference()) {
    fmt::print("no running Linux 6.18 that answers bpf(2): nothing to compare with\n");
    return 77;
  }
  stay_on_one_cpu();
  auto kernel = sys::make_kernel();
  Session ours(sys::ask(*kernel)), theirs(sys::running_kernel());
  RandomLines lines(options.seed);
  std::vector<std::string> script;
  const auto end = steady_clock::now() + std::chrono::seconds(options.seconds);
  u64 maps = 0, asked = 0;
  while (options.seconds ? steady_clock::now() < end : asked < options.operations) {
    script = {lines.map()};
    ++maps;
    for (u32 i = 0; i <= kLinesPerMap; ++i, ++asked) {
      if (i > 0) script.push_back(lines.question());
      const std::string mine = ours.run(script.back()), its = theirs.run(script.back());
      if (mine == its) continue;
      report(script, mine, its, options.seed);
      return 1;
    }
  }
  fmt::print("seed {}: {} operations ({} calls of bpf(2)) on {} maps, no difference\n", options.seed, asked,
             ours.calls(), maps);
  return 0;
}

}  // namespace
}  // namespace skep::maps

int main(int argc, char** argv) {
  skep::maps::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const auto value = skep::u64(std::strtoull(argv[i + 1], nullptr, 0));
    if (name == "--operations")
      options.operations = value;
    else if (name == "--seconds")
      options.seconds = value;
    else if (name == "--seed")
      options.seed = value;
    else
      argc = 0;
  }
  if (argc % 2 == 0) {
    std::fprintf(stderr, "usage: skep_fuzz_maps [--operations N | --seconds N] [--seed S]\n");
    return 2;
  }
  return skep::maps::run(options);
}
