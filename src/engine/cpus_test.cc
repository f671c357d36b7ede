// Virtual CPUs: one thread each, taken over from the dead.
#include "engine/cpus.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace skep::engine {
namespace {

TEST(Cpus, AThreadKeepsItsCpuInNestedRuns) {
  Cpus cpus(2);
  const Cpus::Taken first = cpus.take(kAnyCpu);
  EXPECT_TRUE(first.own);
  const Cpus::Taken second = cpus.take(kAnyCpu);
  EXPECT_FALSE(second.own);
  EXPECT_EQ(second.cpu, first.cpu);
  cpus.give_back(first.cpu);
  EXPECT_TRUE(cpus.take(first.cpu).own);
}

TEST(Cpus, NoTwoThreadsHaveTheSame) {
  constexpr int kThreads = 6, kRounds = 5000;
  Cpus cpus(3);
  u64 counts[3] = {};  // plain: a CPU's is touched by who has it
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        const Cpus::Taken taken = cpus.take(kAnyCpu);
        ++counts[taken.cpu];
        cpus.give_back(taken.cpu);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], u64(kThreads) * kRounds);
}

TEST(Cpus, ADeadThreadsCpuIsTakenOver) {
  Cpus cpus(1);
  std::thread([&] { (void)cpus.take(0); }).join();
  EXPECT_TRUE(cpus.take(0).own);
}

}  // namespace
}  // namespace skep::engine
