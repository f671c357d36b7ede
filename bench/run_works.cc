// See run_works.h.
#include "run_works.h"

#include <elf.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "isa/assemble.h"

namespace skep::bench {
namespace {

constexpr u32 kOps = 1000;

using Maps = std::array<long, kSides>;

// kOps rounds of `body`, which finds a key at R10 - 8 (LPM: with its length) or R10 - 4, and a value at R10 - 80.
// `before` may leave something in R9.
std::string loop_around(std::string_view body, std::string_view before = "") {
  return fmt::format(
      "{}r6 = 12345\nr7 = 0\nr8 = 0\n"
      "*(u64 *)(r10 -80) = 1\n*(u64 *)(r10 -72) = 1\n*(u64 *)(r10 -64) = 1\n*(u64 *)(r10 -56) = 1\n"
      "*(u64 *)(r10 -48) = 1\n*(u64 *)(r10 -40) = 1\n*(u64 *)(r10 -32) = 1\n*(u64 *)(r10 -24) = 1\n"
      "*(u32 *)(r10 -8) = 32\n"
      "again:\nw6 *= 1664525\nw6 += 1013904223\nw1 = w6\nw1 >>= 8\nw1 &= 8191\n*(u32 *)(r10 -4) = r1\n"
      "{}"
      "r7 += 1\nif r7 != {} goto again\nr0 = r8\nexit\n",
      before, body, kOps);
}

constexpr std::string_view kLookup = "r1 = map[m]\nr2 = r10\nr2 += {key}\ncall 1\nif r0 == 0 goto pc+1\nr8 += 1\n";
constexpr std::string_view kUpdate = "r1 = map[m]\nr2 = r10\nr2 += {key}\nr3 = r10\nr3 += -80\nr4 = 0\ncall 2\n";
constexpr std::string_view kDelete = "r1 = map[m]\nr2 = r10\nr2 += {key}\ncall 3\n";
constexpr std::string_view kInnerLookup =
    "w1 &= 7\n*(u32 *)(r10 -4) = r1\nr1 = map[m]\nr2 = r10\nr2 += {key}\ncall 1\nif r0 == 0 goto pc+6\n"
    "r1 = r0\nr2 = r10\nr2 += {key}\ncall 1\nif r0 == 0 goto pc+1\nr8 += 1\n";
constexpr std::string_view kPush = "r1 = map[m]\nr2 = r10\nr2 += -80\nr3 = 2\ncall 87\n";
constexpr std::string_view kPeek = "r1 = map[m]\nr2 = r10\nr2 += -80\ncall 89\n";
constexpr std::string_view kPushPop =
    "r1 = map[m]\nr2 = r10\nr2 += -80\nr3 = 0\ncall 87\nr1 = map[m]\nr2 = r10\nr2 += -80\ncall 88\n";
// A Bloom filter's value is the key.
constexpr std::string_view kAdd = "r1 = map[m]\nr2 = r10\nr2 += -4\nr3 = 0\ncall 87\n";
constexpr std::string_view kAsk = "r1 = map[m]\nr2 = r10\nr2 += -4\ncall 89\n";
constexpr std::string_view kOutput = "r1 = map[m]\nr2 = r10\nr2 += -80\nr3 = 24\nr4 = 0\ncall 130\n";
constexpr std::string_view kReserve =
    "r1 = map[m]\nr2 = 24\nr3 = 0\ncall 131\nif r0 == 0 goto pc+4\n*(u64 *)(r0 +0) = r7\nr1 = r0\nr2 = 0\ncall 132\n";
constexpr std::string_view kPerfOutput =
    "r1 = r9\nr2 = map[m]\nr3 = 0xffffffff ll\nr4 = r10\nr4 += -80\nr5 = 24\ncall 25\n";
constexpr std::string_view kStorage = "r1 = map[m]\nr2 = r9\nr3 = 0\nr4 = 1\ncall 156\nif r0 == 0 goto pc+1\nr8 += 1\n";

constexpr MapShape kShapes[] = {
    {"array", BPF_MAP_TYPE_ARRAY, 4, 8},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8},
    {"hash", BPF_MAP_TYPE_HASH, 4, 8},
    {"hash 64", BPF_MAP_TYPE_HASH, 4, 64},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 8},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8},
    {"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8},
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

Workload assembled(std::string name, const std::string& text, const Maps& maps = {}) {
  Workload work{.name = std::move(name)};
  for (int s = 0; s < kSides; ++s) {
    auto assembly = isa::assemble(text, {.maps = {{"m", s32(maps[s])}}});
    if (!assembly.ok()) fmt::print("{}: {}\n", work.name, assembly.status().context());
    if (!assembly.ok() || maps[s] < 0) continue;
    work.insns[s] = assembly->insns;
    if (const auto at = assembly->labels.find("callback"); at != assembly->labels.end())
      work.callback = u32(at->second);
  }
  return work;
}

Workload repeated(std::string name, std::string_view body, const Maps& maps = {}, std::string_view before = "") {
  Workload work = assembled(std::move(name), loop_around(body, before), maps);
  work.units = kOps;
  // What map operations find differs: the kernel evicts other elements, and runs on another CPU.
  work.same_result = false;
  return work;
}

// --- ring buffers, perf events ------------------------------------------------------------------------------------

// The consumer says that it has read everything: what runs between two calls must fit.
void drain(long ring) {
  void* const consumer = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, int(ring), 0);
  void* const producer = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, int(ring), 4096);
  if (consumer != MAP_FAILED && producer != MAP_FAILED)
    __atomic_store_n(static_cast<u64*>(consumer), *static_cast<const u64*>(producer), __ATOMIC_RELEASE);
  munmap(consumer, 4096);
  munmap(producer, 4096);
}

// A buffer per CPU that is written over and over, since nobody may write its page of positions.
void open_events(World& world, long events, u32 cpus) {
  perf_event_attr attr = {};
  attr.type = PERF_TYPE_SOFTWARE;
  attr.size = sizeof(attr);
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.sample_period = 1;
  for (u32 cpu = 0; cpu < cpus; ++cpu) {
    const int event = int(syscall(SYS_perf_event_open, &attr, -1, int(cpu), -1, PERF_FLAG_FD_CLOEXEC));
    if (event < 0) return;
    mmap(nullptr, 17 * 4096, PROT_READ, MAP_SHARED, event, 0);
    world.update(kKernel, events, &cpu, &event);
  }
}

void add_outputs(World& world, std::vector<Workload>& out) {
  const Maps ring = world.make_maps({.type = BPF_MAP_TYPE_RINGBUF, .entries = 1 << 20});
  for (const auto& [name, body] :
       {std::pair{"ring buffer output", kOutput}, {"ring buffer reserve+submit", kReserve}}) {
    Workload work = repeated(name, body, ring);
    work.most_runs = 30;  // of 1000 records of 32 bytes
    work.prepare = [ring](Side side) { drain(ring[side]); };
    out.push_back(std::move(work));
  }
  const u32 cpus = u32(sysconf(_SC_NPROCESSORS_CONF));
  const Maps events = world.make_maps(
      {.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .entries = cpus, .filled = false});
  if (events[kKernel] >= 0) open_events(world, events[kKernel], cpus);
  out.push_back(repeated("perf event output", kPerfOutput, events, "r9 = r1\n"));
}

// --- maps ---------------------------------------------------------------------------------------------------------

void add_element_operations(World& world, std::vector<Workload>& out) {
  for (const MapShape& shape : kShapes) {
    const Maps maps = world.make_maps(shape);
    const std::string key = shape.key_size == 8 ? "-8" : "-4";
    for (const Operation& operation : kOperations) {
      std::string body(operation.body);
      if (operation.body == kDelete) {
        if (std::strstr(shape.name, "array")) continue;
        body += kUpdate;
      }
      out.push_back(repeated(fmt::format("{} {}", shape.name, operation.name), replaced(body, "{key}", key), maps));
    }
  }
}

// The outer look-up, and one in what it found. Linux waits for all CPUs at every update of an outer map.
void add_maps_of_maps(World& world, std::vector<Workload>& out) {
  static constexpr MapShape kArray = {"array", BPF_MAP_TYPE_ARRAY, 4, 8}, kHash = {"hash", BPF_MAP_TYPE_HASH, 4, 8};
  for (const MapShape* const inner : {&kArray, &kHash}) {
    for (const auto& [name, type] :
         {std::pair{"array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS}, {"hash_of_maps", BPF_MAP_TYPE_HASH_OF_MAPS}}) {
      const Maps maps = world.make_maps(
          {.name = name, .type = u32(type), .key_size = 4, .value_size = 4, .entries = 8, .inner = inner});
      out.push_back(repeated(fmt::format("{}, {} look-up", name, inner->name),
                             replaced(std::string(kInnerLookup), "{key}", "-4"), maps));
    }
  }
}

void add_queues(World& world, std::vector<Workload>& out) {
  for (const auto& [name, type] : {std::pair{"queue", BPF_MAP_TYPE_QUEUE}, {"stack", BPF_MAP_TYPE_STACK}}) {
    const Maps maps = world.make_maps({name, u32(type), 0, 8});
    out.push_back(repeated(fmt::format("{} push+pop", name), kPushPop, maps));
    out.push_back(repeated(fmt::format("{} push", name), kPush, maps));
    out.push_back(repeated(fmt::format("{} peek", name), kPeek, maps));
  }
  const Maps filter = world.make_maps({"bloom_filter", BPF_MAP_TYPE_BLOOM_FILTER, 0, 4});
  out.push_back(repeated("bloom_filter push", kAdd, filter));
  out.push_back(repeated("bloom_filter peek", kAsk, filter));
}

}  // namespace

Workload plain_loop() { return repeated("loop", ""); }

Workload tracepoint_loop() {
  Workload work = repeated("loop", "", {}, "call 158\nr9 = r0\n");
  work.type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  return work;
}

std::vector<Workload> map_workloads(World& world) {
  std::vector<Workload> out;
  add_element_operations(world, out);
  add_maps_of_maps(world, out);
  add_queues(world, out);
  add_outputs(world, out);
  return out;
}

std::vector<Workload> storage_workloads(World& world) {
  const Maps tasks = world.make_maps({.type = BPF_MAP_TYPE_TASK_STORAGE,
                                      .key_size = 4,
                                      .value_size = 8,
                                      .flags = 1,
                                      .entries = 0,
                                      .filled = false,
                                      .typed = true});
  Workload work = repeated("task storage look-up", kStorage, tasks, "call 158\nr9 = r0\n");
  work.type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  return {work};
}

std::vector<Workload> helper_workloads() {
  return {repeated("get_smp_processor_id", "call 8\nr8 += r0\n"), repeated("ktime_get_ns", "call 5\n"),
          repeated("get_prandom_u32", "call 7\n")};
}

std::vector<Workload> call_workloads(World& world) {
  Workload loop =
      assembled("bpf_loop, 1000 rounds",
                "r1 = 1000\nr2 = func[callback]\nr3 = 0\nr4 = 0\ncall 181\nexit\ncallback:\nr0 = 0\nexit\n");
  const Maps programs =
      world.make_maps({.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .entries = 1, .filled = false});
  Workload tail = assembled("tail calls, 33", "r2 = map[m]\nr3 = 0\ncall 12\nr0 = 2\nexit\n", programs);
  tail.loaded = [&world, programs](Side side, long prog) {
    const u32 first = 0;
    world.update(side, programs[side], &first, &prog);
  };
  return {loop, tail};
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

}  // namespace skep::bench
