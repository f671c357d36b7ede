// How the verifier's time and memory grow with the program: each family of bench/shapes.h in several sizes, ours and,
// where bpf(2) answers, the running kernel's; then the programs that keep the most memory.
//
//   scaling_bench [--quick] [NAME...]       --quick leaves out the largest size of each; NAME: families to measure
//
// A linear family has the same ns per instruction on every line. Times are processor time of the whole PROG_LOAD, the
// least of some loads: what else the machine does shows least there.
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/raw_side.h"
#include "bench/shapes.h"
#include "object/backend.h"

namespace skep {
namespace {

using bench::Loaded;
using bench::RawSide;

u64 peak_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + std::strlen("VmHWM:"), nullptr, 10);
  return 0;
}

// A load, and how far the peak of the process went above what was there before, in MiB.
struct Measured {
  Loaded loaded;
  double mib = 0;
};

// The load of several that took the least; long ones are not repeated.
Loaded fastest(RawSide& side, const bench::Image& image, Loaded best) {
  constexpr int kLoads = 5;
  constexpr u64 kLongUs = 300000;
  for (int i = 1; i < kLoads && best.decided && best.cpu_us < kLongUs; i++)
    if (Loaded loaded = side.load(image); loaded.cpu_us < best.cpu_us) best = loaded;
  return best;
}

Measured measure(RawSide& side, const bench::Image& image) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM starts anew from what is resident now
  const u64 before = peak_kb();
  Measured out;
  out.loaded = side.load(image);
  out.mib = double(peak_kb() - before) / 1024;
  out.loaded = fastest(side, image, out.loaded);
  return out;
}

double ns_per_insn(const Loaded& loaded) { return 1000 * double(loaded.cpu_us) / double(loaded.insns); }

void print_heading(const char* title) {
  fmt::print("\n{:<28} {:>8} {:>9} {:>8} {:>11} {:>8} {:>8} {:>11} {:>8} {:>8}\n", title, "insns", "processed",
             "states", "skep us", "ns/insn", "MiB", "Linux us", "ns/insn", "ratio");
}

void print_row(const std::string& name, size_t insns, const Measured& ours, const Loaded& theirs) {
  const Loaded& loaded = ours.loaded;
  if (!loaded.decided) {
    fmt::print("{:<28} {:>8} not decided: errno {}\n", name, insns, loaded.error);
    return;
  }
  fmt::print("{:<28} {:>8} {:>9} {:>8} {:>11} {:>8.1f} {:>8.1f}", name, insns, loaded.insns, loaded.states,
             loaded.cpu_us, ns_per_insn(loaded), ours.mib);
  if (theirs.decided)
    fmt::print(" {:>11} {:>8.1f} {:>7.1f}x", theirs.cpu_us, ns_per_insn(theirs),
               double(theirs.cpu_us) / double(std::max<u64>(loaded.cpu_us, 1)));
  if (loaded.error) fmt::print("  errno {}", loaded.error);
  if (theirs.decided && theirs.insns != loaded.insns) fmt::print("  Linux processed {}", theirs.insns);
  fmt::print("\n");
}

void run_shape(const bench::Shape& shape, RawSide& ours, RawSide* theirs) {
  auto image = ours.image(shape);
  if (!image) {
    fmt::print("{}: does not assemble\n", shape.name);
    return;
  }
  Measured measured = measure(ours, *image);
  Loaded linux;
  if (theirs) {
    auto their_image = theirs->image(shape);
    linux = fastest(*theirs, *their_image, theirs->load(*their_image));
  }
  print_row(shape.name, image->insns.size(), measured, linux);
}

struct Options {
  bool quick = false;
  std::vector<std::string> names;
  bool wants(std::string_view title) const {
    return names.empty() || std::any_of(names.begin(), names.end(),
                                        [&](const std::string& name) { return title.find(name) != title.npos; });
  }
};

int run(const Options& options) {
  alignas(8) u8 attr[128] = {};
  const long refused = object::running_kernel(5 /* BPF_PROG_LOAD of nothing */, attr, sizeof attr);
  const bool live = refused != -EPERM && refused != -ENOSYS;
  auto backend = object::Backend::open({.btf = live ? "host" : ""});
  auto ours = backend.ok() ? RawSide::ours((*backend)->btf_file()) : nullptr;
  if (!ours) {
    fmt::print("scaling_bench: the types of the kernel are missing\n");
    return 1;
  }
  auto theirs = live ? RawSide::running() : nullptr;
  for (const bench::Family& family : bench::scaling_families()) {
    if (!options.wants(family.title)) continue;
    print_heading(family.title);
    const size_t count = family.sizes.size() - (options.quick ? 1 : 0);
    for (size_t i = 0; i < count; i++)
      run_shape(family.make(family.sizes[i]), *ours, family.sizes[i] <= family.linux_max ? theirs.get() : nullptr);
  }
  if (!options.wants("memory")) return 0;
  print_heading("memory");
  for (const bench::Shape& shape : bench::memory_shapes()) run_shape(shape, *ours, nullptr);
  return 0;
}

}  // namespace
}  // namespace skep

int main(int argc, char** argv) {
  skep::Options options;
  for (int i = 1; i < argc; i++) {
    if (std::string_view(argv[i]) == "--quick")
      options.quick = true;
    else
      options.names.emplace_back(argv[i]);
  }
  return skep::run(options);
}
