// See run_world.h.
#include "run_world.h"

#include <time.h>

#include <algorithm>
#include <cstring>

#include "engine/context.h"
#include "engine/jit/jit.h"
#include "object/intercept.h"
#include "sys/attr.h"
#include "sys/kernel_btf.h"

namespace skep::bench {
namespace {

constexpr u32 kInnerMaps = 8;

struct XdpMd {
  u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

// Four times the headers of a TCP packet.
std::vector<u8> packet() {
  std::vector<u8> bytes(1500);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = u8(i * 7 + 3);
  const u8 headers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0, 0x45, 0, 5, 0xce, 0, 0, 0, 0, 64, 6};
  for (size_t at = 0; at < 1024; at += 256) std::copy(std::begin(headers), std::end(headers), bytes.begin() + long(at));
  return bytes;
}

std::shared_ptr<const target::Target> make_target() {
  auto types = sys::open_kernel_btf("/sys/kernel/btf/vmlinux");
  auto btf = types.ok() ? *types : nullptr;
  return std::make_shared<target::Target>([btf] { return btf; });
}

u64 address(const void* p) { return reinterpret_cast<u64>(p); }

}  // namespace

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

// What programs put out is copied, as into a ring of the kernel's.
World::World()
    : packet_(packet()),
      kernel_(
          sys::KernelConfig{.target = make_target(), .caps = {}, .perf = [this](u32, u32, std::span<const u8> bytes) {
                              if (perf_at_ + bytes.size() > perf_ring_.size()) perf_at_ = 0;
                              std::copy(bytes.begin(), bytes.end(), perf_ring_.begin() + long(perf_at_));
                              perf_at_ += bytes.size();
                            }}) {}

long World::bpf(Side side, int cmd, void* attr, u32 size) {
  return side == kKernel ? object::running_kernel(cmd, attr, size) : kernel_.bpf(cmd, attr, size);
}

// --- maps ---------------------------------------------------------------------------------------------------------

// Types 1: int, 2: unsigned long long, 3: int (), 4 and 5: functions of that type, global and static.
long World::make_btf(Side side) {
  static constexpr char kNames[] = "\0int\0u64\0main\0sub";
  static constexpr u32 kInt = 1u << 24, kFunc = 12u << 24, kFuncProto = 13u << 24;
  static constexpr u32 kTypes[] = {1,          kInt, 4, 1u << 24 | 32, 5, kInt, 8,     64, 0,
                                   kFuncProto, 1,    9, kFunc | 1,     3, 14,   kFunc, 3};
  const u32 header[] = {0x0001eb9f, 24, 0, sizeof(kTypes), sizeof(kTypes), sizeof(kNames)};
  std::vector<u8> bytes(sizeof(header) + sizeof(kTypes) + sizeof(kNames));
  std::memcpy(bytes.data(), header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), kTypes, sizeof(kTypes));
  std::memcpy(bytes.data() + sizeof(header) + sizeof(kTypes), kNames, sizeof(kNames));
  sys::BtfLoadAttr attr{.btf = address(bytes.data()), .btf_size = u32(bytes.size())};
  return bpf(side, sys::BPF_BTF_LOAD, &attr, sizeof(attr));
}

long World::make_map(Side side, const MapShape& shape) {
  sys::MapCreateAttr create{.map_type = shape.type,
                            .key_size = shape.key_size,
                            .value_size = shape.value_size,
                            .max_entries = shape.entries,
                            .map_flags = shape.flags};
  if (shape.typed) {
    create.btf_fd = u32(make_btf(side));
    create.btf_key_type_id = 1;
    create.btf_value_type_id = 2;
  }
  if (shape.inner) create.inner_map_fd = u32(make_map(side, *shape.inner));
  const long map = bpf(side, sys::BPF_MAP_CREATE, &create, sizeof(create));
  if (map < 0 || !shape.filled || shape.key_size == 0) return map;
  const long r = fill(side, map, shape);
  return r < 0 ? r : map;
}

std::array<long, kSides> World::make_maps(const MapShape& shape) {
  const long ours = make_map(kJit, shape);
  return {ours, ours, make_map(kKernel, shape)};
}

long World::fill(Side side, long map, const MapShape& shape) {
  std::vector<long> inner;
  for (u32 i = 0; shape.inner && i < kInnerMaps; ++i) inner.push_back(make_map(side, *shape.inner));
  std::vector<u8> value(64 * 64, 1);
  for (u32 i = 0; i < shape.entries; ++i) {
    std::array<u32, 4> key = {i, 0, 0, 0};
    if (shape.type == BPF_MAP_TYPE_LPM_TRIE) key = {32, i, 0, 0};
    if (shape.inner) std::memcpy(value.data(), &inner[i % kInnerMaps], sizeof(u32));
    if (const long r = update(side, map, key.data(), value.data()); r < 0) return r;
  }
  return 0;
}

long World::update(Side side, long map, const void* key, const void* value) {
  sys::MapElemAttr elem{.map_fd = u32(map), .key = address(key), .value = address(value)};
  return bpf(side, sys::BPF_MAP_UPDATE_ELEM, &elem, sizeof(elem));
}

// --- programs -----------------------------------------------------------------------------------------------------

long World::load(Side side, const Workload& work) {
  const auto& insns = work.insns[side];
  sys::ProgLoadAttr attr{
      .prog_type = work.type, .insn_cnt = u32(insns.size()), .insns = address(insns.data()), .license = address("GPL")};
  const u32 functions[] = {0, 4, work.callback, 5};  // struct bpf_func_info
  if (work.callback) {
    attr.prog_btf_fd = u32(make_btf(side));
    attr.func_info_rec_size = 8;
    attr.func_info = address(functions);
    attr.func_info_cnt = 2;
  }
  const long prog = insns.empty() ? -1 : bpf(side, sys::BPF_PROG_LOAD, &attr, sizeof(attr));
  if (prog >= 0 && work.loaded) work.loaded(side, prog);
  return prog;
}

std::shared_ptr<const engine::Code> World::code(long prog) {
  auto object = kernel_.prog(int(prog));
  if (!object.ok()) return nullptr;
  auto code = kernel_.executables().code_of(**object);
  return code.ok() ? *code : nullptr;
}

double World::time(Side side, const Workload& work, long prog, u32 repeat, u32& result) {
  if (work.prepare) work.prepare(side);
  if (side != kKernel) return our_time(side, work, prog, repeat, result);
  return work.type == BPF_PROG_TYPE_XDP ? kernel_xdp_time(prog, repeat, result)
                                        : kernel_tracepoint_time(prog, repeat, result);
}

// The kernel's own figure is in whole nanoseconds and knows only the runs; a short program's time is the difference of
// many runs and few, for a call of several runs costs milliseconds by itself.
double World::kernel_xdp_time(long prog, u32 repeat, u32& result) {
  sys::TestRunAttr attr{.prog_fd = u32(prog), .data_size_in = u32(packet_.size()), .data_in = address(packet_.data())};
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

// A run a call.
double World::kernel_tracepoint_time(long prog, u32 repeat, u32& result) {
  u64 args[12] = {};
  sys::TestRunAttr attr{.prog_fd = u32(prog), .ctx_size_in = sizeof(args), .ctx_in = address(args)};
  const double start = cpu_ns();
  for (u32 i = 0; i < repeat; ++i)
    if (object::running_kernel(sys::BPF_PROG_TEST_RUN, &attr, sys::TestRunAttr::kEnd + 4) < 0) return -1;
  result = attr.retval;
  return cpu_ns() - start;
}

double World::our_time(Side side, const Workload& work, long prog, u32 repeat, u32& result) {
  const auto linked = code(prog);
  if (!linked) return -1;
  std::vector<u8> bytes = packet_;
  engine::Context<XdpMd> xdp;
  xdp.head.data = xdp.head.data_meta = bytes.data();
  xdp.head.data_end = bytes.data() + bytes.size();
  xdp.fields.ingress_ifindex = 1;  // the loopback device, as the kernel has it
  u64 args[12] = {};
  const u64 ctx = work.type == BPF_PROG_TYPE_XDP ? xdp.pointer() : address(args);
  engine::Run run(kernel_.executables().machine(), side == kJit ? engine::jit() : engine::interpreter());
  engine::RunResult last;
  engine::hold_cpu(run);  // for all of them, as the kernel does
  const double start = cpu_ns();
  for (u32 i = 0; i < repeat; ++i) last = engine::run_program(*linked, ctx, run);
  const double spent = cpu_ns() - start;
  engine::give_cpu(run);
  result = u32(last.retval);
  return last.stop == engine::Stop::None ? spent : -1;
}

}  // namespace skep::bench
