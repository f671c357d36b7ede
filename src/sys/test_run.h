// BPF_PROG_TEST_RUN: what the handlers of the program types have in common (test_run_skb.cc, test_run_xdp.cc,
// test_run_ctx.cc, test_run_btf.cc). Rules and errno as Linux 6.18 has them: tests/run.
#pragma once

#include <span>

#include "engine/packet.h"
#include "engine/run.h"
#include "sys/command.h"

namespace skep::sys {

// One call.
struct TestRun {
  const Call& call;
  TestRunAttr attr;
  ProgObject& prog;
  const engine::Code& code;

  engine::Machine& machine() const;
  u32 prog_type() const { return prog.image.header.prog_type; }
};

struct Ran {
  u32 retval = 0;
  u32 duration = 0;  // nanoseconds, the mean of all repetitions
};

// Runs the program `repeat` times (0: once) on one context, and counts it. EFAULT: it was stopped.
Result<Ran> run_repeated(const TestRun& test, u64 ctx, u32 repeat, u32 cpu = engine::kAnyCpu);

// Copies ctx_in to `ctx`, which keeps its zeros behind it. E2BIG: it is longer and more than zeros; EFAULT.
long read_ctx(const TestRun& test, std::span<u8> ctx);
// Copies the context to ctx_out. ENOSPC: it is longer than ctx_size_out.
long write_ctx(const TestRun& test, std::span<const u8> ctx);

// data_in of at most `limit` bytes. EINVAL: it is longer, or shorter than an Ethernet header; EFAULT.
Result<std::vector<u8>> read_data(const TestRun& test, u32 limit);

// Copies pieces of the result to data_out, and tells its size, the return value and the duration. ENOSPC: part of it.
// The first piece is the linear part: room that is not even enough for the others gets nothing.
long write_result(const TestRun& test, const Ran& ran, std::span<const std::span<const u8>> pieces);
// The same for a result without data.
long write_retval(const TestRun& test, u32 retval);

// Is there a network interface of this index? Like the kernel's, the answer is about the caller's network namespace.
bool interface_exists(u32 ifindex);

// BPF_PROG_TEST_RUN for programs of any type: those that the kernel does not run this way run on ctx_in as it is, with
// an skb where their context is one. For `skep run`; the attr gets the results.
long test_run_any(Kernel& kernel, TestRunAttr& attr);

// The kernel's errno for what it has no test run for; user space has no name for it.
inline constexpr int kENOTSUPP = 524;

long test_run_skb(const TestRun& test);
long test_run_xdp(const TestRun& test);
long test_run_in_place(const TestRun& test);
long test_run_syscall(const TestRun& test);
long test_run_raw_tracepoint(const TestRun& test);
long test_run_flow_dissector(const TestRun& test);
long test_run_sk_lookup(const TestRun& test);
long test_run_netfilter(const TestRun& test);
long test_run_tracing(const TestRun& test);
long test_run_struct_ops(const TestRun& test);

}  // namespace skep::sys
