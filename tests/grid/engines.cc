// See engines.h.
#include "tests/grid/engines.h"

#include <unistd.h>

#include <cstring>

#include "engine/jit/jit.h"
#include "sys/executables.h"
#include "sys/testing.h"

namespace skep::grid {
namespace {

using namespace sys;

long load_sheet(const Asker& asker, const Sheet& sheet) {
  return asker.ask(BPF_PROG_LOAD, ProgLoadAttr{.prog_type = BPF_PROG_TYPE_SYSCALL,
                                               .insn_cnt = u32(sheet.insns.size()),
                                               .insns = address(sheet.insns.data()),
                                               .license = address("GPL"),
                                               .prog_flags = BPF_F_SLEEPABLE});
}

long make_map(const Asker& asker) {
  return asker.ask(
      BPF_MAP_CREATE,
      MapCreateAttr{.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = kMapValue, .max_entries = 1});
}

// A kernel, and the program that was loaded last.
struct Loaded {
  std::unique_ptr<Kernel> kernel = make_kernel();
  const Sheet* sheet = nullptr;
  int error = 0;
  std::shared_ptr<ProgObject> prog;

  int load(const Sheet& wanted) {
    if (sheet == &wanted) return error;
    sheet = &wanted;
    const long fd = load_sheet(ask(*kernel), wanted);
    error = fd < 0 ? int(-fd) : 0;
    if (fd < 0) return error;
    auto found = kernel->prog(int(fd));
    close(int(fd));
    error = found.ok() ? 0 : found.error();
    if (found.ok()) prog = *found;
    return error;
  }
};

class OfSkep final : public Engine {
 public:
  OfSkep(const char* name, const engine::Engine& engine, bool checked, std::shared_ptr<Loaded> loaded)
      : name_(name), engine_(engine), checked_(checked), loaded_(std::move(loaded)) {}

  const char* name() const override { return name_; }
  int load(const Sheet& sheet) override {
    if (const int error = loaded_->load(sheet)) return error;
    Executables& executables = loaded_->kernel->executables();
    auto code = checked_ ? executables.checked_code_of(*loaded_->prog) : executables.code_of(*loaded_->prog);
    if (!code.ok()) return code.error();
    code_ = *code;
    return 0;
  }
  std::string run(Words& ctx) override {
    engine::Run run(loaded_->kernel->executables().machine(), engine_);
    const engine::RunResult result = engine::run_program(*code_, address(ctx.data()), run);
    return result.stop == engine::Stop::None ? "" : "stopped: " + run.complaint;
  }

 private:
  const char* name_;
  const engine::Engine& engine_;
  bool checked_;
  std::shared_ptr<Loaded> loaded_;
  std::shared_ptr<const engine::Code> code_;
};

class Live final : public Engine {
 public:
  ~Live() override { unload(); }
  const char* name() const override { return "the running kernel"; }
  int load(const Sheet& sheet) override {
    unload();
    prog_ = load_sheet(asker_, sheet);
    return prog_ < 0 ? int(-prog_) : 0;
  }
  std::string run(Words& ctx) override {
    TestRunAttr attr = {};
    attr.prog_fd = u32(prog_);
    attr.ctx_in = address(ctx.data());
    attr.ctx_size_in = u32(ctx.size() * sizeof(u64));
    const long error = asker_.ask(BPF_PROG_TEST_RUN, attr, TestRunAttr::kEnd);
    return error ? std::strerror(int(-error)) : "";
  }

 private:
  void unload() {
    if (prog_ >= 0) close(int(prog_));
  }
  Asker asker_ = running_kernel();
  long prog_ = -1;
};

}  // namespace

Engines make_engines() {
  Engines engines;
  auto loaded = std::make_shared<Loaded>();
  engines.map = int(make_map(ask(*loaded->kernel)));
  const auto add = [&](const char* name, const engine::Engine& engine, bool checked) {
    engines.of_skep.push_back(std::make_unique<OfSkep>(name, engine, checked, loaded));
  };
  add("interpreter", engine::interpreter(), false);
  add("JIT", engine::jit(), false);
  add("checked interpreter", engine::checked_interpreter(), true);
  if (!running_kernel_is_reference()) return engines;
  engines.live_map = int(make_map(running_kernel()));
  if (engines.live_map >= 0) engines.live = std::make_unique<Live>();
  return engines;
}

}  // namespace skep::grid
