// Runs of one program on many threads at once, on both engines, on maps of many types: nothing is lost. (And no data
// race: ./dev -p tsan test.)
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/jit/jit.h"
#include "isa/assemble.h"
#include "sys/executables.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

constexpr u32 kThreads = 4, kRuns = 100, kRounds = 50, kKeys = 64;

class RunThreads : public testing::Test {
 protected:
  RunThreads() : kernel_(make_kernel()), asker_(ask(*kernel_)) {
    add("total", {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1});
    add("counters", {.map_type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1});
    add("hash", {.map_type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 8, .max_entries = kKeys});
    add("lru", {.map_type = BPF_MAP_TYPE_LRU_HASH, .key_size = 8, .value_size = 8, .max_entries = kKeys / 4});
    add("trie",
        {.map_type = BPF_MAP_TYPE_LPM_TRIE, .key_size = 8, .value_size = 8, .max_entries = kKeys, .map_flags = 1});
    add("queue", {.map_type = BPF_MAP_TYPE_QUEUE, .value_size = 8, .max_entries = 1000});
    add("ring", {.map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096});
  }
  ~RunThreads() override {
    for (const auto& [name, fd] : maps_) close(fd);
  }

  void add(const char* name, const MapCreateAttr& attr) {
    maps_[name] = s32(asker_.ask(BPF_MAP_CREATE, attr));
    ASSERT_GE(maps_[name], 0) << name;
  }
  std::shared_ptr<const engine::Code> load(const std::string& text) {
    const auto assembly = isa::assemble(text, {.maps = maps_});
    EXPECT_TRUE(assembly.ok()) << assembly.status().context();
    if (!assembly.ok()) return nullptr;
    const long fd = asker_.ask(BPF_PROG_LOAD, ProgLoadAttr{.prog_type = BPF_PROG_TYPE_XDP,
                                                           .insn_cnt = u32(assembly->insns.size()),
                                                           .insns = address(assembly->insns.data()),
                                                           .license = address("GPL")});
    EXPECT_GE(fd, 0);
    auto prog = kernel_->prog(int(fd));
    close(int(fd));
    if (!prog.ok()) return nullptr;
    auto code = kernel_->executables().code_of(**prog);
    return code.ok() ? *code : nullptr;
  }
  // Of the first element: of all CPUs, where it has one for each.
  u64 sum(const char* map) {
    const u32 first = 0;
    std::vector<u64> values(1024);
    asker_.ask(BPF_MAP_LOOKUP_ELEM,
               MapElemAttr{.map_fd = u32(maps_[map]), .key = address(&first), .value = address(values.data())});
    u64 n = 0;
    for (const u64 value : values) n += value;
    return n;
  }

  std::unique_ptr<Kernel> kernel_;
  Asker asker_;
  std::map<std::string, s32, std::less<>> maps_;
};

std::string on_key(const char* map, const char* then) {
  return fmt::format("r1 = map[{}]\nr2 = r10\nr2 += -8\n{}", map, then);
}

// In each round something of everything, with a key that others use, too.
std::string program() {
  std::string text =
      "r7 = 0\n*(u64 *)(r10 -16) = 1\n*(u32 *)(r10 -20) = 0\nagain:\n"
      "r9 = map_value[total]\nr1 = 1\nlock *(u64 *)(r9 +0) += r1\n"
      "r1 = map[counters]\nr2 = r10\nr2 += -20\ncall 1\nif r0 == 0 goto pc+3\n"
      "r1 = *(u64 *)(r0 +0)\nr1 += 1\n*(u64 *)(r0 +0) = r1\n"
      "call 7\nw0 &= 63\n*(u32 *)(r10 -4) = r0\n*(u32 *)(r10 -8) = 32\n";
  for (const char* map : {"hash", "lru", "trie"}) {
    text += on_key(map, "r3 = r10\nr3 += -16\nr4 = 0\ncall 2\n") + on_key(map, "call 1\n") + on_key(map, "call 3\n");
  }
  text +=
      "r1 = map[queue]\nr2 = r10\nr2 += -16\nr3 = 0\ncall 87\nr1 = map[queue]\nr2 = r10\nr2 += -32\ncall 88\n"
      "r1 = map[ring]\nr2 = 16\nr3 = 0\ncall 131\nif r0 == 0 goto pc+4\n*(u64 *)(r0 +0) = r7\nr1 = r0\nr2 = 1\ncall "
      "132\n";
  return text + fmt::format("r7 += 1\nif r7 != {} goto again\nr0 = 2\nexit\n", kRounds);
}

TEST_F(RunThreads, LoseNothing) {
  const auto code = load(program());
  ASSERT_TRUE(code);
  ASSERT_GT(engine::native_size(*code), 0u);
  std::atomic<u32> failed = 0;
  std::vector<std::thread> threads;
  for (u32 i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      engine::Run run(kernel_->executables().machine(), i % 2 ? engine::interpreter() : engine::jit());
      u64 ctx[32] = {};
      for (u32 n = 0; n < kRuns; ++n) {
        const engine::RunResult result = engine::run_program(*code, address(ctx + 16), run);
        failed += result.stop != engine::Stop::None || result.retval != 2;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(sum("total"), kThreads * kRuns * kRounds);
  EXPECT_EQ(sum("counters"), kThreads * kRuns * kRounds);
}

}  // namespace
}  // namespace skep::sys
