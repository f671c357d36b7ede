// See runner.h.
#include "fuzz/runner.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "fuzz/gen.h"
#include "sys/attr.h"
#include "verifier/facts.h"

namespace skep::fuzz {
namespace {

constexpr u64 kLaterNs = 1'000'000;  // by then everything is due that programs leave for later

void fill(std::vector<u8>& bytes, Rng& rng) {
  for (size_t at = 0; at < bytes.size(); at += 8) {
    const u64 value = boundary_number(rng);
    std::memcpy(bytes.data() + at, &value, std::min<size_t>(8, bytes.size() - at));
  }
}

// UAPI struct __sk_buff: what a test run may set.
std::vector<u8> skb_ctx(Rng& rng) {
  constexpr u32 kMark = 8, kPriority = 32, kCb = 48, kSize = 192;
  std::vector<u8> ctx(kSize);
  for (u32 at : {kMark, kPriority, kCb, kCb + 4, kCb + 8, kCb + 12, kCb + 16}) {
    const u32 value = u32(boundary_number(rng));
    std::memcpy(ctx.data() + at, &value, sizeof(value));
  }
  return ctx;
}

// UAPI struct bpf_sk_lookup: what a test run may set.
std::vector<u8> sk_lookup_ctx(Rng& rng) {
  constexpr u32 kFamily = 8, kRemotePort = 36, kLocalPort = 60, kIfIndex = 64, kSize = 72;
  std::vector<u8> ctx(kSize);
  fill(ctx, rng);
  std::fill_n(ctx.begin(), kFamily, u8{0});
  std::fill(ctx.begin() + kIfIndex, ctx.end(), u8{0});
  const u32 family = rng.pick({2u, 10u}), port = rng.below(65536);
  std::memcpy(ctx.data() + kFamily, &family, sizeof(family));
  std::memcpy(ctx.data() + kRemotePort, &port, sizeof(port));
  std::memcpy(ctx.data() + kLocalPort, &port, sizeof(port));
  return ctx;
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
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_NETFILTER:
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
    case BPF_PROG_TYPE_SK_LOOKUP: input.ctx = sk_lookup_ctx(rng); break;
    default:
      input.data.resize(size_t(rng.pick({14, 15, 20, 34, 64, 100, 300})));
      fill(input.data, rng);
      if (program.prog_type != BPF_PROG_TYPE_XDP && program.prog_type != BPF_PROG_TYPE_NETFILTER)
        input.ctx = skb_ctx(rng);
  }
  return input;
}

Result<std::unique_ptr<Runner>> Runner::make(std::string name, const World& world, sys::EngineKind engine, u64 budget,
                                             bool counts) {
  std::unique_ptr<Runner> runner(new Runner);
  auto target = std::make_shared<target::Target>([types = world.kernel] { return types; });
  sys::KernelConfig config{.target = std::move(target), .caps = {}};
  config.deterministic = true;
  config.engine = engine;
  config.budget = budget;
  config.count_insns = counts;
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
  runner->contents_ = std::make_unique<Contents>(*runner->side_);
  return runner;
}

Result<std::unique_ptr<Runner>> Runner::make_live(const World& world) {
  std::unique_ptr<Runner> runner(new Runner);
  auto side = Side::make("live", world, running_kernel());
  if (!side.ok()) return side.status();
  runner->side_ = std::make_unique<Side>(std::move(*side));
  runner->contents_ = std::make_unique<Contents>(*runner->side_);
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
  if (const long error = kernel_ ? prepare() : 0) {
    unload();
    return error;
  }
  contents_->start(program);
  return 0;
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
  // Tail calls are the engine's own.
  const bool complete = std::all_of((*code)->sites.begin(), (*code)->sites.end(), [](const auto& site) {
    return site->fn != engine::missing_body || site->helper == kTailCall;
  });
  return complete ? 0 : -EOPNOTSUPP;
}

std::vector<u32> Runner::calls_made() const {
  std::vector<u32> made;
  const auto prog = kernel_->prog(prog_);
  if (!prog.ok() || !(*prog)->code || !(*prog)->code->counts) return made;
  for (const auto& site : (*prog)->code->sites)
    if ((*prog)->code->counts[site->insn] != 0) made.push_back(site->insn);
  return made;
}

RunOutcome Runner::run(const Program& program, const Input& input, u32 repeat) {
  contents_->fill(input.maps_seed);
  if (kernel_) kernel_->executables().machine().restart(input.maps_seed);
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
  if (kernel_) kernel_->executables().machine().advance(kLaterNs);  // timers and work of the program
  outcome.maps = contents_->read();
  outcome.stop = stop_;
  outcome.complaint = complaint_;
  return outcome;
}

}  // namespace skep::fuzz
