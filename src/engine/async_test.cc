// Timers: on a deterministic machine, which calls them when it is told that time passes, and on one with a thread.
#include "engine/async.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "engine/machine.h"
#include "engine/run.h"
#include "map/testing.h"

namespace skep::engine {
namespace {

std::atomic<u32> calls = 0;
std::atomic<u32> key_seen = 0;

// Every function it calls counts the call.
class CountingEngine : public Engine {
 public:
  u64 call(const Code&, u32, const u64 (&args)[5], Run&) const override {
    key_seen = *reinterpret_cast<const u32*>(args[1]);
    ++calls;
    return 0;
  }
};

class AsyncTest : public testing::Test {
 protected:
  explicit AsyncTest(bool deterministic = true)
      : machine_({.target = std::make_shared<target::Target>([]() { return nullptr; }),
                  .engine = &engine_,
                  .deterministic = deterministic}) {
    function_.code = code_.get();
    calls = 0;
  }
  Async& async() { return machine_.async(); }
  u64 value(u32 index) { return reinterpret_cast<u64>(test_->map->data() + index * 24); }

  u64* const shared_ =
      static_cast<u64*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));  // with forks
  CountingEngine engine_;
  Machine machine_;
  std::unique_ptr<map::TestMap> test_ =
      map::make_map({.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 24, .max_entries = 4});
  MapHandle handle_{test_->map, nullptr, nullptr};
  std::shared_ptr<Code> code_ = std::make_shared<Code>();
  Function function_;
};

TEST_F(AsyncTest, TimePassesWhenToldSo) {
  ASSERT_EQ(async().init(value(2), CLOCK_MONOTONIC, handle_, value(2)), 0);
  EXPECT_EQ(async().start(value(2), 1'000'000, false), -EINVAL);  // no callback
  ASSERT_EQ(async().set_callback(value(2), function_), 0);
  ASSERT_EQ(async().start(value(2), 1'000'000, false), 0);
  machine_.advance(500'000);
  EXPECT_EQ(calls, 0u);
  machine_.advance(600'000);
  EXPECT_EQ(calls, 1u);
  EXPECT_EQ(key_seen, 2u);
  machine_.advance(10'000'000);
  EXPECT_EQ(calls, 1u);
  EXPECT_EQ(async().cancel(value(2)), 0);
}

class StoppingEngine : public Engine {
 public:
  u64 call(const Code&, u32, const u64 (&)[5], Run& run) const override {
    run.complaint = "why";
    stop_run(run, Stop::Broken);
  }
};

TEST(AsyncStopped, IsHeardOf) {
  const StoppingEngine engine;
  std::string heard;
  Machine machine({.target = std::make_shared<target::Target>([]() { return nullptr; }),
                   .engine = &engine,
                   .deterministic = true,
                   .on_stop = [&](Stop why, const std::string& complaint) {
                     if (why == Stop::Broken) heard = complaint;
                   }});
  auto test = map::make_map({.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 24, .max_entries = 4});
  MapHandle handle{test->map, nullptr, nullptr};
  auto code = std::make_shared<Code>();
  Function function;
  function.code = code.get();
  const u64 value = reinterpret_cast<u64>(test->map->data());
  ASSERT_EQ(machine.async().init(value, CLOCK_MONOTONIC, handle, value), 0);
  ASSERT_EQ(machine.async().set_callback(value, function), 0);
  ASSERT_EQ(machine.async().start(value, 1000, false), 0);
  machine.advance(1'000'000);
  EXPECT_EQ(heard, "why");
}

TEST_F(AsyncTest, BeginsAgain) {
  machine_.restart(7);
  const u32 number = machine_.random_u32();
  const u64 clock = machine_.clock_ns(CLOCK_MONOTONIC);
  EXPECT_NE(machine_.random_u32(), number);
  machine_.restart(7);
  EXPECT_EQ(machine_.random_u32(), number);
  EXPECT_EQ(machine_.clock_ns(CLOCK_MONOTONIC), clock);
  machine_.restart(8);
  EXPECT_NE(machine_.random_u32(), number);
}

TEST_F(AsyncTest, WhatWasInitialisedStaysSo) {
  ASSERT_EQ(async().init(value(0), CLOCK_MONOTONIC, handle_, value(0)), 0);
  EXPECT_EQ(async().init(value(0), CLOCK_MONOTONIC, handle_, value(0)), -EBUSY);
  EXPECT_EQ(async().cancel(value(1)), -EINVAL);
}

TEST_F(AsyncTest, AValueThatWasReplacedIsForgotten) {
  ASSERT_EQ(async().init(value(1), CLOCK_MONOTONIC, handle_, value(1)), 0);
  ASSERT_EQ(async().set_callback(value(1), function_), 0);
  ASSERT_EQ(async().start(value(1), 1000, false), 0);
  std::memset(reinterpret_cast<void*>(value(1)), 0, 16);
  machine_.advance(1'000'000);
  EXPECT_EQ(calls, 0u);
}

TEST_F(AsyncTest, ACallIsScheduledOnce) {
  ASSERT_EQ(async().schedule_once(value(2), function_, handle_, value(2)), 0);
  EXPECT_EQ(async().schedule_once(value(2), function_, handle_, value(2)), -EBUSY);
  ASSERT_EQ(async().schedule_once(value(3), function_, handle_, value(3)), 0);
  EXPECT_EQ(calls, 0u);
  async().settle();
  EXPECT_EQ(calls, 2u);
  EXPECT_EQ(key_seen, 3u);
  EXPECT_EQ(async().schedule_once(value(2), function_, handle_, value(2)), 0) << "the field is free again";
  std::memset(reinterpret_cast<void*>(value(2)), 0, 16);
  async().settle();
  EXPECT_EQ(calls, 2u) << "the element was replaced";
}

TEST_F(AsyncTest, ACallOfAProcessThatIsGoneIsForgotten) {
  const pid_t child = fork();
  if (child == 0)
    _exit(async().schedule_once(reinterpret_cast<u64>(shared_), function_, handle_, value(0)) == 0 ? 0 : 1);
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_NE(*shared_, 0u);
  EXPECT_EQ(async().schedule_once(reinterpret_cast<u64>(shared_), function_, handle_, value(0)), 0);
}

class AsyncThreadTest : public AsyncTest {
 protected:
  AsyncThreadTest() : AsyncTest(false) {}
};

TEST_F(AsyncThreadTest, AThreadCallsThem) {
  for (u32 i = 0; i < 4; ++i) {
    ASSERT_EQ(async().init(value(i), CLOCK_MONOTONIC, handle_, value(i)), 0);
    ASSERT_EQ(async().set_callback(value(i), function_), 0);
    ASSERT_EQ(async().start(value(i), 1000 * i, false), 0);
  }
  for (int i = 0; i < 2000 && calls < 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(calls, 4u);
}

TEST_F(AsyncThreadTest, EndsWithTimersSet) {
  ASSERT_EQ(async().init(value(0), CLOCK_MONOTONIC, handle_, value(0)), 0);
  ASSERT_EQ(async().set_callback(value(0), function_), 0);
  ASSERT_EQ(async().start(value(0), u64(3600) * 1'000'000'000, false), 0);
}

}  // namespace
}  // namespace skep::engine
