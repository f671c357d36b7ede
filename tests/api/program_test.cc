// Programs through the public interface, as an application's own tests use it.
#include <gtest/gtest.h>

#include <thread>

#include "skep/program.hpp"

namespace {

const std::string kFolder = SKEP_TEST_PROGRAMS;

TEST(Program, CountsWhatItSees) {
  skep::Object object = skep::Object::open((kFolder + "/sums.bpf.c").c_str());
  ASSERT_FALSE(object.set("factor", 3u) || object.load()) << object.why();
  struct {
    unsigned long long first, second;
  } args = {20, 22};
  EXPECT_EQ(object.program("sum")->run(args).value_or(0), 126u);
  const auto calls = object.map<std::uint32_t, std::uint64_t>("calls");
  EXPECT_EQ(calls->lookup(0).value_or(0), 1u);
  EXPECT_EQ(object.get<unsigned>("last").value_or(0), 126u);
}

TEST(Program, RunsInManyThreadsAtOnce) {
  skep::Object object = skep::Object::open((kFolder + "/sums.bpf.c").c_str());
  ASSERT_FALSE(object.load()) << object.why();
  const auto program = object.program("sum");
  ASSERT_TRUE(program);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&program] {
      struct {
        unsigned long long first, second;
      } args = {1, 2};
      for (int i = 0; i < 1000; ++i) EXPECT_EQ(program->run(args).value_or(0), 3u);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((object.map<std::uint32_t, std::uint64_t>("calls")->lookup(0).value_or(0)), 4000u);
}

TEST(Program, ABudgetEndsIt) {
  skep::Object object = skep::Object::open((kFolder + "/sums.bpf.c").c_str());
  ASSERT_FALSE(object.load()) << object.why();
  struct {
    unsigned long long first, second;
  } args = {1000, 0};
  EXPECT_EQ(object.program("spin")->run(args, 100).error(), skep::Error(ETIME));
  EXPECT_EQ(object.program("spin")->run(args).value_or(0), 1000u);
}

TEST(Program, SaysWhyItIsRefused) {
  skep::Object object = skep::Object::open((kFolder + "/refused.bpf.c").c_str());
  EXPECT_EQ(object.load(), skep::Error(EACCES));
  EXPECT_NE(std::string(object.why()).find("invalid mem access"), std::string::npos) << object.why();
  EXPECT_EQ(skep::Object::open("/nonexistent.bpf.o").load(), skep::Error(ENOENT));
}

TEST(Program, ContextsMustBeThere) {
  skep::Object object = skep::Object::open((kFolder + "/sums.bpf.c").c_str());
  ASSERT_FALSE(object.load()) << object.why();
  std::uint32_t little = 0;
  EXPECT_EQ(object.program("sum")->run(little).error(), skep::Error(EINVAL));
  EXPECT_EQ(object.program("none").error(), skep::Error(ENOENT));
}

}  // namespace
