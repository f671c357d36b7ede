// User ring buffers: what Linux 6.18 says to good and bad producers, and drainers that die.
#include "map/user_ringbuf.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <random>
#include <thread>

#include "map/testing.h"

namespace skep::map {
namespace {

class UserRingbuf : public testing::Test {
 public:
  void SetUp() override {
    test_ = make_map({.map_type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = 4096});
    ASSERT_NE(test_, nullptr);
  }
  Map& map() { return *test_->map; }
  // A record at `at`, and the producer's position.
  void put(u64 at, u32 length, u64 producer) {
    ring().header(at).length = length;
    ring().producer().position = producer;
  }
  Ring ring() { return Ring(map()); }
  s64 drain(u64 flags = 0) {
    taken_ = 0;
    return user_ringbuf_drain(
        map(),
        [](void* self, ConstBytes) -> long {
          auto* test = static_cast<UserRingbuf*>(self);
          return ++test->taken_ == test->stop_at_;
        },
        this, flags);
  }
  u64 consumed() { return ring().consumer().position; }

  std::unique_ptr<TestMap> test_;
  int taken_ = 0, stop_at_ = -1;
};

// One step after the other as the live kernel answered them.
TEST_F(UserRingbuf, AnswersAsLinux) {
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(drain(4), -EINVAL);
  EXPECT_EQ(drain(3), 0);
  put(0, 0, 4);
  EXPECT_EQ(drain(), -EINVAL);
  put(0, 8, 16);
  EXPECT_EQ(drain(), 1);
  put(16, 8 | kRingBusy, 32);
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(consumed(), 16u);
  put(16, 8 | kRingDiscard, 32);
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(consumed(), 32u);
  put(32, 100, 48);
  EXPECT_EQ(drain(), -EINVAL);
  put(32, 100 | kRingBusy, 48);
  EXPECT_EQ(drain(), -EINVAL);
  put(32, 5000, 32 + 5008);
  EXPECT_EQ(drain(), -E2BIG);
  put(32, 5000 | kRingDiscard, 32 + 5008);
  EXPECT_EQ(drain(), -E2BIG);
  put(32, 4089, 32 + 4104);
  EXPECT_EQ(drain(), -E2BIG);
  put(32, 4088, 32 + 4096);
  EXPECT_EQ(drain(), 1);
  put(4128, 0, 4120);
  EXPECT_EQ(drain(), 0) << "a producer behind the consumer";
}

TEST_F(UserRingbuf, StopsWhereTheProgramOrABadSampleSays) {
  for (u64 at : {0, 16, 32}) put(at, 8, 48);
  stop_at_ = 2;
  EXPECT_EQ(drain(), 2);
  EXPECT_EQ(consumed(), 32u);
  stop_at_ = -1;
  EXPECT_EQ(drain(), 1);
  put(48, 8, 80);
  put(64, 5000, 80);
  EXPECT_EQ(drain(), -EINVAL);
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(consumed(), 64u);
}

// libbpf writes a sample straight on where the ring ends; Linux maps the data twice.
TEST_F(UserRingbuf, SamplesRunPastTheEnd) {
  ring().consumer().position = 4080;
  put(4080, 100, 4080 + 108 / 8 * 8 + 8);
  u8* const sample = ring().data() + 4088;
  for (int i = 0; i < 100; ++i) sample[i] = u8(i);
  std::vector<u8> got;
  EXPECT_EQ(user_ringbuf_drain(
                map(),
                [](void* out, ConstBytes bytes) -> long {
                  static_cast<std::vector<u8>*>(out)->assign(bytes.begin(), bytes.end());
                  return 0;
                },
                &got, 0),
            1);
  EXPECT_EQ(got, std::vector<u8>(sample, sample + 100));
}

TEST_F(UserRingbuf, OneDrainsAtATimeUnlessItDied) {
  put(0, 8, 16);
  const auto inner = [](void* self, ConstBytes) -> long {
    EXPECT_EQ(static_cast<UserRingbuf*>(self)->drain(), -EBUSY);
    return 0;
  };
  EXPECT_EQ(user_ringbuf_drain(map(), inner, this, 0), 1);
  put(16, 8, 32);
  const pid_t child = fork();
  if (child == 0) {
    user_ringbuf_drain(
        map(), [](void*, ConstBytes) -> long { return raise(SIGKILL); }, nullptr, 0);
    _exit(0);
  }
  siginfo_t info;
  waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(drain(), 1) << "the sample it was at comes again";
  waitpid(child, nullptr, 0);
}

TEST_F(UserRingbuf, ProducersSleepUntilDrained) {
  const u32 seen = user_ringbuf_drains(map());
  EXPECT_EQ(user_ringbuf_wait(map(), seen, 10), 0);
  put(0, 8, 16);
  std::thread drainer([&] {
    usleep(20'000);
    drain();
  });
  EXPECT_EQ(user_ringbuf_wait(map(), seen, 10'000), 1);
  drainer.join();
  EXPECT_EQ(drain(BPF_RB_FORCE_WAKEUP), 0);
  EXPECT_EQ(user_ringbuf_drains(map()), seen + 2);
}

TEST_F(UserRingbuf, HostilePagesDoNoHarm) {
  const u32 seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    ring().consumer().position = random() >> (random() % 64);
    put(random() & ~u64(7), u32(random() >> (random() % 64)), random() >> (random() % 64));
    user_ringbuf_drain(
        map(),
        [](void* ring_end, ConstBytes sample) -> long {
          EXPECT_LE(sample.data() + sample.size(), static_cast<u8*>(ring_end));
          return 1;
        },
        ring().data() + 2 * 4096, 0);
  }
}

}  // namespace
}  // namespace skep::map
