// See runner.h.
#include "fuzz/runner.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "sys/attr.h"
#include "verifier/facts.h"

namespace skep::fuzz {
namespace {

// Maps whose contents are set before a run and compared after it, with keys that programs ask for.
constexpr MapSlot kFilled[] = {kArray, kHash, kPercpuArray, kLruHash, kBigArray, kInner};
constexpr u64 kKeys[] = {0, 1, 2, 3};
constexpr size_t kValueRoom = 64 * 1024;  // no value, of all CPUs together, is longer

// Numbers at which rules change, and any.
u64 number(Rng& rng) {
  constexpr u64 kNumbers[] = {
      0,      1,          2,     4,          5,          7,          8,          9,          15,          16,   31,
      32,     39,         40,    41,         48,         100,        4095,       4096,       0x7f,        0x80, 0xff,
      0xffff, 0x7fffffff, ~0ull, 1ull << 63, ~0ull >> 1, 0x80000000, 0xffffffff, 1ull << 32, ~0ull << 32, ~7ull};
  if (rng.chance(70)) return rng.pick(kNumbers);
  return rng.chance(50) ? rng.next() : rng.next() >> rng.below(64);
}

void fill(std::vector<u8>& bytes, Rng& rng) {
  for (size_t at = 0; at < bytes.size(); at += 8) {
    const u64 value = number(rng);
    std::memcpy(bytes.data() + at, &value, std::min<size_t>(8, bytes.size() - at));
  }
}

// UAPI struct __sk_buff: what a test run may set.
std::vector<u8> skb_ctx(Rng& rng) {
  constexpr u32 kMark = 8, kPriority = 32, kCb = 48, kSize = 192;
  std::vector<u8> ctx(kSize);
  for (u32 at : {kMark, kPriority, kCb, kCb + 4, kCb + 8, kCb + 12, kCb + 16}) {
    const u32 value = u32(number(rng));
    std::memcpy(ctx.data() + at, &value, sizeof(value));
  }
  return ctx;
}

bool uses_map(const Program& program, MapSlot slot) {
  for (size_t i = 0; i < program.insns.size(); i++) {
    const isa::Insn& insn = program.insns[i];
    if (!isa::is_ldimm64(insn)) continue;
    if ((insn.src == isa::BPF_PSEUDO_MAP_FD || insn.src == isa::BPF_PSEUDO_MAP_VALUE) && insn.imm == s32(slot))
      return true;
    i++;
  }
  return false;
}

}  // namespace

bool can_run(const Program& program) {
  switch (program.prog_type) {
    case BPF_PROG_TYPE_SOCKET_FILTER:
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_SYSCALL: return true;
    default: return false;
  }
}

Input make_input(const Program& program, Rng& rng) {
  Input input;
  input.maps_seed = rng.next();
  switch (program.prog_type) {
    case BPF_PROG_TYPE_SYSCALL:
      input.ctx.resize(1024);
      fill(input.ctx, rng);
      break;
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
      input.ctx.resize(96);
      fill(input.ctx, rng);
      break;
    case BPF_PROG_TYPE_XDP:
    default:
      input.data.resize(size_t(rng.pick({14, 15, 20, 34, 64, 100, 300})));
      fill(input.data, rng);
      if (program.prog_type != BPF_PROG_TYPE_XDP) input.ctx = skb_ctx(rng);
  }
  return input;
}

Result<std::unique_ptr<Runner>> Runner::make(std::string name, const World& world, sys::EngineKind engine, u64 budget) {
  std::unique_ptr<Runner> runner(new Runner);
  auto target = std::make_shared<target::Target>([types = world.kernel] { return types; });
  sys::KernelConfig config{.target = std::move(target), .caps = {}};
  config.deterministic = true;
  config.engine = engine;
  config.budget = budget;
  config.on_stop = [self = runner.get()](engine::Stop why, const std::string& complaint) {
    self->stop_ = why;
    self->complaint_ = complaint;
  };
  runner->kernel_ = std::make_shared<sys::Kernel>(std::move(config));
  auto side = Side::make(std::move(name), world, [kernel = runner->kernel_](int cmd, void* attr, u32 size) {
    return kernel->bpf(cmd, attr, size);
  });
  if (!side.ok()) return side.status();
  runner->side_ = std::make_unique<Side>(std::move(*side));
  return runner;
}

Result<std::unique_ptr<Runner>> Runner::make_live(const World& world) {
  std::unique_ptr<Runner> runner(new Runner);
  auto side = Side::make("live", world, running_kernel());
  if (!side.ok()) return side.status();
  runner->side_ = std::make_unique<Side>(std::move(*side));
  return runner;
}

void Runner::unload() {
  if (prog_ >= 0) close(prog_);
  prog_ = -1;
}

long Runner::load(const Program& program) {
  unload();
  const long fd = side_->load(program);
  if (fd < 0) return fd;
  prog_ = int(fd);
  const long error = kernel_ ? prepare() : 0;
  if (error) unload();
  return error;
}

long Runner::prepare() {
  auto prog = kernel_->prog(prog_);
  if (!prog.ok()) return -prog.error();
  recording_ = {};
  if (kernel_->config().engine == sys::EngineKind::Checked) {
    auto code = kernel_->executables().checked_code_of(**prog, &recording_);
    if (!code.ok()) return -code.error();
    (*prog)->code = *code;
  }
  auto code = kernel_->executables().code_of(**prog);
  if (!code.ok()) return -code.error();
  const bool complete = std::all_of((*code)->sites.begin(), (*code)->sites.end(),
                                    [](const auto& site) { return site->fn != engine::missing_body; });
  return complete ? 0 : -EOPNOTSUPP;
}

// What earlier programs put there.
void Runner::empty_map(int fd) {
  u8 key[16];
  sys::MapElemAttr next = {};
  next.map_fd = u32(fd);
  next.value = u64(key);
  while (side_->bpf(sys::BPF_MAP_GET_NEXT_KEY, &next, sizeof(next)) == 0) {
    sys::MapElemAttr attr = {};
    attr.map_fd = u32(fd);
    attr.key = u64(key);
    if (side_->bpf(sys::BPF_MAP_DELETE_ELEM, &attr, sizeof(attr)) != 0) return;
  }
}

void Runner::fill_maps(const Program& program, u64 seed) {
  const std::vector<int>& maps = side_->maps_of(program);
  std::vector<u8> values(kValueRoom);
  for (const MapSlot slot : kFilled) {
    if (!uses_map(program, slot)) continue;
    const bool hashed = slot == kHash || slot == kLruHash;
    if (hashed) empty_map(maps[slot]);
    Rng rng(seed, slot);
    for (const u64 key : kKeys) {
      if (hashed && key == 2) continue;  // one that is not there
      for (size_t at = 0; at < 512; at += 8) {
        const u64 value = number(rng);
        std::memcpy(values.data() + at, &value, sizeof(value));
      }
      sys::MapElemAttr attr = {};
      attr.map_fd = u32(maps[slot]);
      attr.key = u64(&key);
      attr.value = u64(values.data());
      side_->bpf(sys::BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
    }
  }
}

std::vector<u8> Runner::read_maps(const Program& program) {
  const std::vector<int>& maps = side_->maps_of(program);
  std::vector<u8> all, value(kValueRoom);
  for (const MapSlot slot : kFilled) {
    if (slot == kPercpuArray || !uses_map(program, slot)) continue;
    for (const u64 key : kKeys) {
      std::fill(value.begin(), value.begin() + 4096, u8{0});
      sys::MapElemAttr attr = {};
      attr.map_fd = u32(maps[slot]);
      attr.key = u64(&key);
      attr.value = u64(value.data());
      all.push_back(side_->bpf(sys::BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == 0);
      all.insert(all.end(), value.begin(), value.begin() + 64);
    }
  }
  return all;
}

RunOutcome Runner::run(const Program& program, const Input& input, u32 repeat) {
  fill_maps(program, input.maps_seed);
  RunOutcome outcome;
  outcome.data.resize(input.data.empty() ? 0 : input.data.size() + 512);
  const bool syscall = program.prog_type == BPF_PROG_TYPE_SYSCALL;
  outcome.ctx = input.ctx;
  sys::TestRunAttr attr = {};
  attr.prog_fd = u32(prog_);
  attr.data_in = input.data.empty() ? 0 : u64(input.data.data());
  attr.data_size_in = u32(input.data.size());
  attr.data_out = input.data.empty() ? 0 : u64(outcome.data.data());
  attr.data_size_out = u32(outcome.data.size());
  attr.ctx_in = input.ctx.empty() ? 0 : u64(outcome.ctx.data());
  attr.ctx_size_in = u32(input.ctx.size());
  attr.repeat = syscall || program.prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT ? 0 : repeat;
  stop_ = engine::Stop::None;
  complaint_.clear();
  outcome.error = side_->bpf(sys::BPF_PROG_TEST_RUN, &attr, sizeof(attr));
  outcome.retval = attr.retval;
  outcome.data.resize(outcome.error ? 0 : std::min<size_t>(outcome.data.size(), attr.data_size_out));
  outcome.maps = read_maps(program);
  outcome.stop = stop_;
  outcome.complaint = complaint_;
  return outcome;
}

}  // namespace skep::fuzz
