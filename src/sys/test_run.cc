// BPF_PROG_TEST_RUN: its general rules, and what all program types share (test_run.h).
#include "sys/test_run.h"

#include <net/if.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "engine/async.h"
#include "sys/executables.h"

namespace skep::sys {
namespace {

constexpr u32 kPage = 4096;

struct Handler {
  u32 prog_type;
  long (*run)(const TestRun&);
};
constexpr Handler kHandlers[] = {
    {BPF_PROG_TYPE_SOCKET_FILTER, test_run_skb},
    {BPF_PROG_TYPE_SCHED_CLS, test_run_skb},
    {BPF_PROG_TYPE_SCHED_ACT, test_run_skb},
    {BPF_PROG_TYPE_CGROUP_SKB, test_run_skb},
    {BPF_PROG_TYPE_LWT_IN, test_run_skb},
    {BPF_PROG_TYPE_LWT_OUT, test_run_skb},
    {BPF_PROG_TYPE_LWT_XMIT, test_run_skb},
    {BPF_PROG_TYPE_XDP, test_run_xdp},
    {BPF_PROG_TYPE_SYSCALL, test_run_syscall},
    {BPF_PROG_TYPE_RAW_TRACEPOINT, test_run_raw_tracepoint},
    {BPF_PROG_TYPE_FLOW_DISSECTOR, test_run_flow_dissector},
    {BPF_PROG_TYPE_SK_LOOKUP, test_run_sk_lookup},
    {BPF_PROG_TYPE_NETFILTER, test_run_netfilter},
    {BPF_PROG_TYPE_TRACING, test_run_tracing},
    {BPF_PROG_TYPE_STRUCT_OPS, test_run_struct_ops},
};

u64 now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return u64(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void count(ProgObject& prog, u64 runs, u64 ns) {
  std::atomic_ref(prog.stats.run_cnt).fetch_add(runs, std::memory_order_relaxed);
  std::atomic_ref(prog.stats.run_time_ns).fetch_add(ns, std::memory_order_relaxed);
}

}  // namespace

engine::Machine& TestRun::machine() const { return call.kernel.executables().machine(); }

Result<Ran> run_repeated(const TestRun& test, u64 ctx, u32 repeat, u32 cpu) {
  const KernelConfig& config = test.call.kernel.config();
  engine::Run run(test.machine());
  run.wanted_cpu = cpu;
  hold_cpu(run);
  repeat = std::max(repeat, 1u);
  engine::RunResult result;
  const u64 start = now_ns();
  u32 done = 0;
  while (done < repeat && result.stop == engine::Stop::None) {
    run.budget = config.budget;
    result = engine::run_program(test.code, ctx, run);
    ++done;
  }
  const u64 spent = now_ns() - start;
  give_cpu(run);
  if (test.call.kernel.stats().enabled()) count(test.prog, done, spent);
  if (result.stop != engine::Stop::None) {
    if (config.on_stop) config.on_stop(result.stop, run.complaint);
    return error_status(EFAULT, run.complaint);
  }
  return Ran{.retval = u32(result.retval), .duration = u32(std::min<u64>(spent / repeat, UINT32_MAX))};
}

long read_ctx(const TestRun& test, std::span<u8> ctx) {
  const u32 size = test.attr.ctx_size_in;
  if (size > kPage) return -E2BIG;
  if (size > ctx.size()) {
    const int zeros = check_zeroed_user(test.attr.ctx_in + ctx.size(), size - ctx.size());
    if (zeros <= 0) return zeros < 0 ? zeros : -E2BIG;
  }
  const u64 known = std::min<u64>(size, ctx.size());
  return known == 0 || copy_from_user(ctx.data(), test.attr.ctx_in, known) ? 0 : -EFAULT;
}

long write_ctx(const TestRun& test, std::span<const u8> ctx) {
  if (test.attr.ctx_out == 0) return 0;
  const u32 size = std::min(u32(ctx.size()), test.attr.ctx_size_out);
  const bool written = copy_to_user(test.attr.ctx_out, ctx.data(), size) &&
                       test.call.write_back(offsetof(TestRunAttr, ctx_size_out), u32(ctx.size()));
  if (size < ctx.size()) return -ENOSPC;  // also of an address that faults
  return written ? 0 : -EFAULT;
}

Result<std::vector<u8>> read_data(const TestRun& test, u32 limit) {
  const u32 size = test.attr.data_size_in;
  if (size < engine::kEthHeader || size > limit) return error_status(EINVAL);
  std::vector<u8> data(size);
  if (!copy_from_user(data.data(), test.attr.data_in, size)) return error_status(EFAULT);
  return data;
}

long write_result(const TestRun& test, const Ran& ran, std::span<const std::span<const u8>> pieces) {
  u64 whole = 0;
  for (const auto& piece : pieces) whole += piece.size();
  const u64 room = test.attr.data_size_out ? test.attr.data_size_out : UINT32_MAX;  // 0 is "enough"
  // Fragments come first: of the linear part goes out what fits beside them.
  const u64 others = pieces.empty() ? 0 : whole - pieces[0].size();
  if (test.attr.data_out && room < others) return -ENOSPC;
  const long short_of_room = room < whole ? -ENOSPC : 0;  // said also of an address that faults
  u64 done = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const u64 left = std::min(room, whole) - done - (i == 0 ? others : 0);
    const u64 size = std::min<u64>(pieces[i].size(), left);
    if (test.attr.data_out && !copy_to_user(test.attr.data_out + done, pieces[i].data(), size))
      return short_of_room ? short_of_room : -EFAULT;
    done += size;
  }
  const bool written = test.call.write_back(offsetof(TestRunAttr, data_size_out), u32(whole)) &&
                       test.call.write_back(offsetof(TestRunAttr, retval), ran.retval) &&
                       test.call.write_back(offsetof(TestRunAttr, duration), ran.duration);
  if (short_of_room) return short_of_room;
  return written ? 0 : -EFAULT;
}

long write_retval(const TestRun& test, u32 retval) {
  return test.call.write_back(offsetof(TestRunAttr, retval), retval) ? 0 : -EFAULT;
}

bool interface_exists(u32 ifindex) {
  char name[IF_NAMESIZE];
  return ifindex == 1 || if_indextoname(ifindex, name) != nullptr;
}

namespace {

using Handle = long (*)(const TestRun&);

Handle handler_of(u32 prog_type) {
  const auto row = std::find_if(std::begin(kHandlers), std::end(kHandlers),
                                [prog_type](const Handler& handler) { return handler.prog_type == prog_type; });
  return row == std::end(kHandlers) ? nullptr : row->run;
}

// Of types that the kernel does not run: those on socket buffers as the others, the rest on what the caller gives.
Handle stand_in(u32 prog_type, const target::Target& target) {
  const char* const context = target.ctx_struct_name(prog_type);
  return context && std::string_view(context) == "__sk_buff" ? test_run_skb : test_run_in_place;
}

long test_run(Call& call, bool any_type) {
  const auto attr = call.as<TestRunAttr>();
  if (!call.tail_is_zero(TestRunAttr::kEnd)) return -EINVAL;
  if ((attr.ctx_size_in && !attr.ctx_in) || (!attr.ctx_size_in && attr.ctx_in)) return -EINVAL;
  if ((attr.ctx_size_out && !attr.ctx_out) || (!attr.ctx_size_out && attr.ctx_out)) return -EINVAL;
  auto prog = call.kernel.prog(int(attr.prog_fd));
  if (!prog.ok()) return -prog.error();
  const u32 type = (*prog)->image.header.prog_type;
  Handle handle = handler_of(type);
  if (!handle && any_type) handle = stand_in(type, call.kernel.target());
  if (!handle) return -kENOTSUPP;
  auto code = call.kernel.executables().code_of(**prog);
  if (!code.ok()) return -code.error();
  return handle({call, attr, **prog, **code});
}

}  // namespace

long prog_test_run(Call& call) { return test_run(call, false); }

long test_run_any(Kernel& kernel, TestRunAttr& attr) {
  Call call{kernel, reinterpret_cast<u64>(&attr), sizeof(attr)};
  std::memcpy(call.bytes, &attr, sizeof(attr));
  const long result = test_run(call, true);
  kernel.executables().machine().async().settle();  // what the program wanted to be called for at once
  return result;
}

}  // namespace skep::sys
