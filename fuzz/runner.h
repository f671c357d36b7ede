// Running generated programs: one of skep's engines in a kernel of its own, or the running kernel, given inputs that
// follow from a seed.
#pragma once

#include "fuzz/contents.h"
#include "sys/executables.h"

namespace skep::fuzz {

// What a program runs on.
struct Input {
  std::vector<u8> data, ctx;  // data_in, ctx_in; empty: none
  u64 maps_seed = 0;          // what the maps hold
};
Input make_input(const Program& program, Rng& rng);

// BPF_PROG_TEST_RUN has this type of program, and the generator makes what it needs.
bool can_run(const Program& program);

struct RunOutcome {
  long error = 0;  // of BPF_PROG_TEST_RUN, or 0
  u32 retval = 0;
  std::vector<u8> data, ctx, maps;  // afterwards
  engine::Stop stop = engine::Stop::None;
  std::string complaint;
  bool operator==(const RunOutcome&) const = default;
};

class Runner {
 public:
  static constexpr u64 kBudget = 200'000;

  // On an engine of skep. `budget`: how often a program may go round; `counts`: for calls_made().
  static Result<std::unique_ptr<Runner>> make(std::string name, const World& world, sys::EngineKind engine, u64 budget,
                                              bool counts = false);
  // On the running kernel.
  static Result<std::unique_ptr<Runner>> make_live(const World& world);

  ~Runner() { unload(); }

  const std::string& name() const { return side_->name(); }
  // Makes this the program that run() runs. 0, or -errno. EOPNOTSUPP: it calls what has no body here.
  long load(const Program& program);
  void unload();
  // Of the checked engine: what the verification with precise numbers gave, after load().
  const sys::Recording& recording() const { return recording_; }
  RunOutcome run(const Program& program, const Input& input, u32 repeat);
  // Instructions at which runs of the program have called a helper or kfunc.
  std::vector<u32> calls_made() const;

 private:
  Runner() = default;
  long prepare();

  std::shared_ptr<sys::Kernel> kernel_;  // null: live
  std::unique_ptr<Side> side_;
  std::unique_ptr<Contents> contents_;
  sys::Recording recording_;
  int prog_ = -1;
  engine::Stop stop_ = engine::Stop::None;
  std::string complaint_;
};

}  // namespace skep::fuzz
