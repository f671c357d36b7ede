// How fast programs run: the same instructions on the JIT, on the interpreter and in the running kernel (root), one
// after the other in this process, several rounds; medians. Time is processor time of this thread. What is compared is
// net: of programs without helpers the time of the empty program is subtracted, of map operations that of the loop
// around them, on each side its own.
//
//   run_bench [--quick] [--only TEXT]
//
// docs/performance.md has the table.
#include <elf.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/format.h>

#include "engine/context.h"
#include "engine/jit/jit.h"
#include "isa/assemble.h"
#include "object/intercept.h"
#include "sys/attr.h"
#include "sys/executables.h"

namespace skep {
namespace {

using Bpf = std::function<long(int cmd, void* attr, u32 size)>;

constexpr u32 kEntries = 10000, kOps = 1000;

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

// --- sides --------------------------------------------------------------------------------------------------------

enum Side { kJit, kInterp, kKernel, kSides };

struct XdpMd {
  u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

std::vector<u8> packet() {
  std::vector<u8> bytes(1500);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = u8(i * 7 + 3);
  const u8 headers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0, 0x45, 0, 5, 0xce, 0, 0, 0, 0, 64, 6};
  std::copy(std::begin(headers), std::end(headers), bytes.begin());
  return bytes;
}

struct MapShape {
  const char* name;
  u32 type, key_size, value_size, flags = 0;
};

class World {
 public:
  World()
      : target_(std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; })),
        kernel_(sys::KernelConfig{.target = target_, .caps = {}}) {}

  long bpf(Side side, int cmd, void* attr, u32 size) {
    return side == kKernel ? object::running_kernel(cmd, attr, size) : kernel_.bpf(cmd, attr, size);
  }
  // -errno, or a map that holds keys 0 to kEntries - 1.
  long make_map(Side side, const MapShape& shape);
  long load(Side side, const std::vector<isa::Insn>& insns);
  // Processor time in ns of `repeat` runs; the result of the last.
  double time(Side side, long prog, u32 repeat, u32& result);
  // The code that our engines run.
  std::shared_ptr<const engine::Code> code(long prog);

 private:
  double kernel_time(long prog, u32 repeat, u32& result);

  std::shared_ptr<target::Target> target_;
  sys::Kernel kernel_;
  std::vector<u8> packet_ = packet();
};

long World::make_map(Side side, const MapShape& shape) {
  sys::MapCreateAttr create{.map_type = shape.type,
                            .key_size = shape.key_size,
                            .value_size = shape.value_size,
                            .max_entries = kEntries,
                            .map_flags = shape.flags};
  const long map = bpf(side, sys::BPF_MAP_CREATE, &create, sizeof(create));
  if (map < 0 || shape.key_size == 0) return map;
  std::vector<u8> value(64 * 64, 1);
  for (u32 i = 0; i < kEntries; ++i) {
    std::array<u32, 4> key = {i, 0, 0, 0};
    if (shape.type == BPF_MAP_TYPE_LPM_TRIE) key = {32, i, 0, 0};
    sys::MapElemAttr elem{
        .map_fd = u32(map), .key = reinterpret_cast<u64>(key.data()), .value = reinterpret_cast<u64>(value.data())};
    if (const long r = bpf(side, sys::BPF_MAP_UPDATE_ELEM, &elem, sizeof(elem)); r < 0) return r;
  }
  return map;
}

long World::load(Side side, const std::vector<isa::Insn>& insns) {
  sys::ProgLoadAttr attr{.prog_type = BPF_PROG_TYPE_XDP,
                         .insn_cnt = u32(insns.size()),
                         .insns = reinterpret_cast<u64>(insns.data()),
                         .license = reinterpret_cast<u64>("GPL")};
  return bpf(side, sys::BPF_PROG_LOAD, &attr, sizeof(attr));
}

std::shared_ptr<const engine::Code> World::code(long prog) {
  auto object = kernel_.prog(int(prog));
  if (!object.ok()) return nullptr;
  auto code = kernel_.executables().code_of(**object);
  return code.ok() ? *code : nullptr;
}

// The kernel's own figure is in whole nanoseconds and knows only the runs; a short program's time is the difference of
// many runs and few, for a call of several runs costs milliseconds by itself.
double World::kernel_time(long prog, u32 repeat, u32& result) {
  sys::TestRunAttr attr{
      .prog_fd = u32(prog), .data_size_in = u32(packet_.size()), .data_in = reinterpret_cast<u64>(packet_.data())};
  const auto ask = [&](u32 n) {
    attr.repeat = n;
    const double start = cpu_ns();
    const long r = object::running_kernel(sys::BPF_PROG_TEST_RUN, &attr, sys::TestRunAttr::kEnd + 4);
    return r < 0 ? -1.0 : cpu_ns() - start;
  };
  const double all = ask(repeat);
  result = attr.retval;
  if (all < 0 || attr.duration >= 200) return all < 0 ? all : double(attr.duration) * repeat;
  return (ask(400'000) - ask(50'000)) / 350'000 * repeat;
}

double World::time(Side side, long prog, u32 repeat, u32& result) {
  if (side == kKernel) return kernel_time(prog, repeat, result);
  const auto linked = code(prog);
  if (!linked) return -1;
  std::vector<u8> bytes = packet_;
  engine::Context<XdpMd> ctx;
  ctx.head.data = ctx.head.data_meta = bytes.data();
  ctx.head.data_end = bytes.data() + bytes.size();
  ctx.fields.ingress_ifindex = 1;  // the loopback device, as the kernel has it
  engine::Run run(kernel_.executables().machine(), side == kJit ? engine::jit() : engine::interpreter());
  engine::RunResult last;
  const double start = cpu_ns();
  for (u32 i = 0; i < repeat; ++i) last = engine::run_program(*linked, ctx.pointer(), run);
  const double spent = cpu_ns() - start;
  result = u32(last.retval);
  return last.stop == engine::Stop::None ? spent : -1;
}

// --- programs -----------------------------------------------------------------------------------------------------

struct Workload {
  std::string name;
  std::array<std::vector<isa::Insn>, kSides> insns;  // differ by the descriptors of maps
  double units = 1;                                  // what the net time is divided by
};

struct Measured {
  std::array<double, kSides> ns{};  // per run; < 0: not measured
};

// A side at a time for some milliseconds, in rounds.
Measured measure(World& world, const Workload& work, int rounds) {
  std::array<std::vector<double>, kSides> times;
  std::array<long, kSides> progs;
  std::array<u32, kSides> repeat{};
  u32 results[kSides] = {};
  for (int s = 0; s < kSides; ++s) progs[s] = world.load(Side(s), work.insns[s]);
  for (int round = 0; round < rounds; ++round) {
    for (int s = 0; s < kSides; ++s) {
      if (progs[s] < 0) continue;
      if (repeat[s] == 0) {
        const double once = world.time(Side(s), progs[s], 20, results[s]) / 20;
        repeat[s] = u32(std::clamp(4e6 / std::max(once, 5.0), 20.0, 400000.0));
      }
      const double spent = world.time(Side(s), progs[s], repeat[s], results[s]);
      if (spent >= 0) times[s].push_back(spent / repeat[s]);
    }
  }
  Measured out;
  for (int s = 0; s < kSides; ++s) out.ns[s] = times[s].empty() ? -1 : median(times[s]);
  // What map operations find differs: the kernel evicts other elements, and runs on another CPU.
  if (work.units == 1 && progs[kKernel] >= 0 && results[kKernel] != results[kJit])
    fmt::print("{}: the kernel returns {}, the JIT {}\n", work.name, results[kKernel], results[kJit]);
  if (results[kInterp] != results[kJit])
    fmt::print("{}: the interpreter returns {}, the JIT {}\n", work.name, results[kInterp], results[kJit]);
  for (const long prog : progs)
    if (prog >= 0) close(int(prog));
  return out;
}

// Sections "xdp/NAME" of an object without relocations.
std::vector<Workload> programs_of(const char* file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<Workload> out;
  Elf64_Ehdr header;
  if (bytes.size() < sizeof(header)) return out;
  std::memcpy(&header, bytes.data(), sizeof(header));
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  std::memcpy(sections.data(), bytes.data() + header.e_shoff, sections.size() * sizeof(Elf64_Shdr));
  const char* const names = bytes.data() + sections[header.e_shstrndx].sh_offset;
  for (const Elf64_Shdr& section : sections) {
    const std::string name = names + section.sh_name;
    if (!name.starts_with("xdp/")) continue;
    Workload work{.name = name.substr(4)};
    std::vector<isa::Insn> insns(section.sh_size / sizeof(isa::Insn));
    std::memcpy(insns.data(), bytes.data() + section.sh_offset, section.sh_size);
    work.insns.fill(insns);
    out.push_back(std::move(work));
  }
  return out;
}

// kOps rounds of `body`, which finds a key at R10 - 8 (LPM: with its length) or R10 - 4, and a value at R10 - 80.
std::string loop_around(std::string_view body) {
  return fmt::format(
      "r6 = 12345\nr7 = 0\nr8 = 0\n"
      "*(u64 *)(r10 -80) = 1\n*(u64 *)(r10 -72) = 1\n*(u64 *)(r10 -64) = 1\n*(u64 *)(r10 -56) = 1\n"
      "*(u64 *)(r10 -48) = 1\n*(u64 *)(r10 -40) = 1\n*(u64 *)(r10 -32) = 1\n*(u64 *)(r10 -24) = 1\n"
      "*(u32 *)(r10 -8) = 32\n"
      "again:\nw6 *= 1664525\nw6 += 1013904223\nw1 = w6\nw1 >>= 8\nw1 &= 8191\n*(u32 *)(r10 -4) = r1\n"
      "{}"
      "r7 += 1\nif r7 != {} goto again\nr0 = r8\nexit\n",
      body, kOps);
}

constexpr std::string_view kLookup = "r1 = map[m]\nr2 = r10\nr2 += {key}\ncall 1\nif r0 == 0 goto pc+1\nr8 += 1\n";
constexpr std::string_view kUpdate = "r1 = map[m]\nr2 = r10\nr2 += {key}\nr3 = r10\nr3 += -80\nr4 = 0\ncall 2\n";
constexpr std::string_view kDelete = "r1 = map[m]\nr2 = r10\nr2 += {key}\ncall 3\n";
constexpr std::string_view kPush = "r1 = map[m]\nr2 = r10\nr2 += -80\nr3 = 2\ncall 87\n";
constexpr std::string_view kPushPop =
    "r1 = map[m]\nr2 = r10\nr2 += -80\nr3 = 0\ncall 87\nr1 = map[m]\nr2 = r10\nr2 += -80\ncall 88\n";

constexpr MapShape kShapes[] = {
    {"array", BPF_MAP_TYPE_ARRAY, 4, 8},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8},
    {"hash", BPF_MAP_TYPE_HASH, 4, 8},
    {"hash 64", BPF_MAP_TYPE_HASH, 4, 64},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 8},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8},
    {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1},
};

struct Operation {
  const char* name;
  std::string_view body;
};
constexpr Operation kOperations[] = {{"look-up", kLookup}, {"update", kUpdate}, {"delete+insert", kDelete}};

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (size_t at; (at = text.find(from)) != std::string::npos;) text.replace(at, from.size(), to);
  return text;
}

Workload assembled(std::string name, const std::string& text, const std::array<long, kSides>& maps) {
  Workload work{.name = std::move(name), .units = kOps};
  for (int s = 0; s < kSides; ++s) {
    auto assembly = isa::assemble(text, {.maps = {{"m", s32(maps[s])}}});
    if (!assembly.ok()) fmt::print("{}: {}\n", work.name, assembly.status().context());
    if (assembly.ok() && maps[s] >= 0) work.insns[s] = assembly->insns;
  }
  return work;
}

std::array<long, kSides> maps_of(World& world, const MapShape& shape) {
  const long ours = world.make_map(kJit, shape);
  return {ours, ours, world.make_map(kKernel, shape)};
}

std::vector<Workload> map_workloads(World& world) {
  std::vector<Workload> out;
  for (const MapShape& shape : kShapes) {
    const auto maps = maps_of(world, shape);
    const std::string key = shape.key_size == 8 ? "-8" : "-4";
    for (const Operation& operation : kOperations) {
      std::string body(operation.body);
      if (operation.body == kDelete) {
        if (std::strstr(shape.name, "array")) continue;
        body += kUpdate;
      }
      out.push_back(
          assembled(fmt::format("{} {}", shape.name, operation.name), loop_around(replaced(body, "{key}", key)), maps));
    }
  }
  for (const auto& [name, type] : {std::pair{"queue", BPF_MAP_TYPE_QUEUE}, {"stack", BPF_MAP_TYPE_STACK}})
    out.push_back(
        assembled(fmt::format("{} push+pop", name), loop_around(kPushPop), maps_of(world, {name, u32(type), 0, 8})));
  out.push_back(assembled("queue push", loop_around(kPush), maps_of(world, {"queue", BPF_MAP_TYPE_QUEUE, 0, 8})));
  return out;
}

std::vector<Workload> helper_workloads() {
  return {assembled("get_smp_processor_id", loop_around("call 8\nr8 += r0\n"), {}),
          assembled("ktime_get_ns", loop_around("call 5\n"), {}),
          assembled("get_prandom_u32", loop_around("call 7\n"), {})};
}

// --- reports ------------------------------------------------------------------------------------------------------

std::string cell(double ns) { return ns < 0 ? "-" : fmt::format("{:.1f}", ns); }

struct Means {
  double log_kernel = 0, log_interp = 0;
  int n_kernel = 0, n_interp = 0;
};

// Net times, the kernel's and the interpreter's by the JIT's.
void report(const Workload& work, const Measured& measured, const Measured& base, Means& means) {
  std::array<double, kSides> net;
  for (int s = 0; s < kSides; ++s)
    net[s] = measured.ns[s] < 0 ? -1 : std::max(measured.ns[s] - base.ns[s], 0.0) / work.units;
  const double by_kernel = net[kKernel] / net[kJit], by_interp = net[kInterp] / net[kJit];
  fmt::print("| {:22} | {:>9} | {:>9} | {:>9} | {:>6.2f} | {:>6.1f} |\n", work.name, cell(net[kJit]),
             cell(net[kInterp]), cell(net[kKernel]), net[kKernel] < 0 ? 0 : by_kernel, by_interp);
  if (net[kJit] <= 0.02 || net[kInterp] <= 0) return;
  means.log_interp += std::log(by_interp);
  ++means.n_interp;
  if (net[kKernel] <= 0.02) return;
  means.log_kernel += std::log(by_kernel);
  ++means.n_kernel;
}

void head(const char* what) {
  fmt::print("\n| {:22} |   jit, ns | interp,ns | kernel,ns | kernel/jit | interp/jit |\n|---|--:|--:|--:|--:|--:|\n",
             what);
}

void report_all(World& world, const char* what, const std::vector<Workload>& works, const Workload& base, int rounds,
                const std::string& only) {
  head(what);
  const Measured base_times = measure(world, base, rounds);
  Means means;
  for (const Workload& work : works)
    if (work.name != base.name && work.name.find(only) != std::string::npos)
      report(work, measure(world, work, rounds), base_times, means);
  fmt::print("base: {} ns, {} ns, {} ns; geometric means: kernel/jit {:.2f}, interp/jit {:.1f}\n",
             cell(base_times.ns[kJit]), cell(base_times.ns[kInterp]), cell(base_times.ns[kKernel]),
             means.n_kernel ? std::exp(means.log_kernel / means.n_kernel) : 0,
             means.n_interp ? std::exp(means.log_interp / means.n_interp) : 0);
}

// Of the larger programs: mapping memory costs some microseconds, however small a program is.
void report_compile_times(World& world, const std::vector<Workload>& works, int rounds) {
  fmt::print("\n| compiling | instructions | us | us per instruction | bytes |\n|---|--:|--:|--:|--:|\n");
  for (const Workload& work : works) {
    const long prog = world.load(kJit, work.insns[kJit]);
    const auto linked = prog < 0 ? nullptr : world.code(prog);
    if (!linked) continue;
    std::vector<double> times;
    for (int i = 0; i < rounds * 3; ++i) {
      engine::Code copy;
      copy.ops = linked->ops;
      copy.entries = linked->entries;
      copy.stack_depth = linked->stack_depth;
      copy.functions = std::make_unique<engine::Function[]>(copy.n_subprogs());
      copy.arena = linked->arena;
      const double start = cpu_ns();
      engine::compile(copy);
      times.push_back((cpu_ns() - start) / 1000);
    }
    const double us = median(times);
    fmt::print("| {:22} | {} | {:.1f} | {:.2f} | {} |\n", work.name, work.insns[kJit].size(), us,
               us / double(work.insns[kJit].size()), engine::native_size(*linked));
    close(int(prog));
  }
}

int run_bench(int argc, char** argv) {
  int rounds = 9;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) rounds = 3;
    if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) only = argv[++i];
  }
  World world;
  const std::vector<Workload> programs = programs_of(SKEP_BENCH_PROGRAMS);
  if (programs.empty()) {
    fmt::print("no programs: {}\n", SKEP_BENCH_PROGRAMS);
    return 1;
  }
  report_all(world, "program", programs, programs.front(), rounds, only);
  const Workload loop = assembled("loop", loop_around(""), {});
  report_all(world, "helper call", helper_workloads(), loop, rounds, only);
  report_all(world, "map operation", map_workloads(world), loop, rounds, only);
  report_compile_times(world, programs, rounds);
  return 0;
}

}  // namespace
}  // namespace skep

int main(int argc, char** argv) { return skep::run_bench(argc, argv); }
