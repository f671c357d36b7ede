// References of runs: what a program that the verifier should have refused does is said.
#include "engine/kobj/references.h"

#include <gtest/gtest.h>

#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

std::shared_ptr<const target::Target> no_types() {
  return std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
}

// A program of one call.
struct OneCall {
  explicit OneCall(HelperFn fn) {
    auto site = std::make_unique<CallSite>();
    site->fn = fn;
    site->fact = &fact;
    site->insn = 7;
    code.ops = {{.code = OpCode::CallFn, .imm = s64(reinterpret_cast<u64>(site.get()))}, {.code = OpCode::Exit}};
    code.entries = {0};
    code.stack_depth = {0};
    code.functions = std::make_unique<Function[]>(1);
    code.sites.push_back(std::move(site));
  }
  verifier::CallFact fact;
  Code code;
};

HeapObject* make(Run& run) { return run.machine.heap().allocate(HeapKind::Cpumask, 64, 1, run.references.reserve()); }

u64 leaks(u64, u64, u64, u64, u64, Run& run) { return hand_out(run, make(run)); }
u64 gives_back(u64, u64, u64, u64, u64, Run& run) { return give_back(run, hand_out(run, make(run))); }
u64 gives_back_twice(u64, u64, u64, u64, u64, Run& run) {
  const u64 object = hand_out(run, make(run));
  give_back(run, object);
  return give_back(run, object);
}
u64 borrows(u64, u64, u64, u64, u64, Run& run) { return lend(run, make(run)) != 0; }

struct ReferencesTest : testing::Test {
  Machine machine{MachineConfig{.target = no_types(), .vmlinux = nullptr}};
  engine::Run run{machine, interpreter()};
  ReferenceTotals& totals = machine.references();
};

TEST_F(ReferencesTest, WhatIsGivenBackIsFine) {
  const OneCall program(gives_back);
  EXPECT_EQ(run_program(program.code, 0, run).stop, Stop::None);
  EXPECT_EQ(totals.acquired, 1u);
  EXPECT_EQ(totals.released, 1u);
  EXPECT_EQ(totals.leaked + totals.not_held, 0u);
}

TEST_F(ReferencesTest, ALeakIsSaidAndReleased) {
  const OneCall program(leaks);
  EXPECT_EQ(run_program(program.code, 0, run).stop, Stop::Broken);
  EXPECT_EQ(run.complaint, "the program ended with a reference to a bpf_cpumask, taken by instruction 7");
  EXPECT_EQ(totals.leaked, 1u);
  EXPECT_EQ(machine.heap().count().objects, 0u);
}

TEST_F(ReferencesTest, ADoubleReleaseEndsTheRun) {
  const OneCall program(gives_back_twice);
  EXPECT_EQ(run_program(program.code, 0, run).stop, Stop::Broken);
  EXPECT_EQ(run.complaint, "the program gave back a reference that it does not hold, by instruction 7");
  EXPECT_EQ(totals.not_held, 1u);
}

TEST_F(ReferencesTest, WhatIsLentLivesAsLongAsTheRun) {
  const OneCall program(borrows);
  const RunResult result = run_program(program.code, 0, run);
  EXPECT_EQ(result.stop, Stop::None);
  EXPECT_EQ(result.retval, 1u);
  EXPECT_EQ(machine.heap().count().objects, 0u);
}

}  // namespace
}  // namespace skep::engine
