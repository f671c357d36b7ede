// Ring buffers: positions and errnos as Linux 6.18 gives them, a consumer that maps the file as libbpf does, producers
// that die, and hostile positions.
#include "map/ringbuf.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <random>
#include <string>
#include <thread>

#include "map/testing.h"

namespace skep::map {
namespace {

// libbpf's ring_buffer__consume() on libbpf's mappings.
class Consumer {
 public:
  Consumer(int fd, u64 size) : size_(size) {
    consumer_ = static_cast<u64*>(mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    producer_ = static_cast<u64*>(mmap(nullptr, kPageSize + 2 * size, PROT_READ, MAP_SHARED, fd, kPageSize));
  }
  ~Consumer() {
    munmap(consumer_, kPageSize);
    munmap(producer_, kPageSize + 2 * size_);
  }

  std::vector<std::string> consume() {
    std::vector<std::string> samples;
    u64 at = *consumer_;
    while (at < load_acquire(*producer_)) {
      const u8* record = reinterpret_cast<const u8*>(producer_) + kPageSize + (at & (size_ - 1));
      const u32 length = load_acquire(*reinterpret_cast<const u32*>(record));
      if (length & kRingBusy) break;
      if (!(length & kRingDiscard)) {
        std::string sample(length, 0);
        copy_from_shared(sample.data(), record + kRingHeader, length);
        samples.push_back(sample);
      }
      at += Ring::step(length);
      store_release(*consumer_, at);
    }
    return samples;
  }
  void set_position(u64 to) { *consumer_ = to; }

 private:
  u64 size_;
  u64 *consumer_, *producer_;
};

std::unique_ptr<TestMap> make_ring(u32 size = 4096) {
  return make_map({.map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = size});
}

int output(Map& map, u64 size, u64 flags = 0) { return ringbuf_output(map, std::vector<u8>(size, 'x'), flags); }

// The answers of a live ring of 4096 bytes, one step after the other.
TEST(Ringbuf, RoomIsAsInLinux) {
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  const auto produced = [&] { return ringbuf_query(map, BPF_RB_PROD_POS); };
  EXPECT_EQ(output(map, 8, 4), -EINVAL);
  EXPECT_EQ(output(map, 0), 0);
  EXPECT_EQ(output(map, 8, BPF_RB_NO_WAKEUP), 0);
  EXPECT_EQ(output(map, 8, BPF_RB_FORCE_WAKEUP), 0);
  EXPECT_EQ(produced(), 40u);
  EXPECT_EQ(output(map, 4096), -EAGAIN);
  EXPECT_EQ(output(map, 4088), -EAGAIN);
  EXPECT_EQ(output(map, 4000), 0);
  EXPECT_EQ(output(map, 1, 3), 0);
  EXPECT_EQ(produced(), 4064u);
  for (u64 size : {40, 32, 24}) EXPECT_EQ(output(map, size), -EAGAIN);
  EXPECT_EQ(output(map, 16), 0);
  EXPECT_EQ(produced(), 4088u) << "one word always stays free";
  EXPECT_EQ(output(map, 0), -EAGAIN);
  Consumer consumer(test->fd, 4096);
  consumer.set_position(8);
  EXPECT_EQ(output(map, 0), 0);
  EXPECT_EQ(output(map, 0), -EAGAIN);
  consumer.set_position(9000);
  EXPECT_EQ(output(map, 0), -EAGAIN);
  EXPECT_EQ(ringbuf_query(map, BPF_RB_AVAIL_DATA), u64(-4904));
  consumer.set_position(4096);
  EXPECT_EQ(output(map, 8), 0);
  consumer.set_position(4097);
  EXPECT_EQ(output(map, 8), 0);
  EXPECT_EQ(ringbuf_query(map, BPF_RB_AVAIL_DATA), 31u);
  EXPECT_EQ(ringbuf_query(map, BPF_RB_RING_SIZE), 4096u);
  EXPECT_EQ(ringbuf_query(map, 4), 0u);
}

TEST(Ringbuf, HasNoElements) {
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  std::vector<u8> none;
  EXPECT_EQ(lookup_elem(*test->map, none, none, 0), -kErrnoNotSupp);
  EXPECT_EQ(update_elem(*test->map, none, none, 0), -kErrnoNotSupp);
  EXPECT_EQ(delete_elem(*test->map, none), -kErrnoNotSupp);
  EXPECT_EQ(get_next_key(*test->map, nullptr, none), -kErrnoNotSupp);
  EXPECT_EQ(lookup_and_delete_elem(*test->map, none, none, 0), -kErrnoNotSupp);
}

TEST(Ringbuf, RecordsAreWholeAndInOrderForLibbpf) {
  auto test = make_ring(8192);
  ASSERT_NE(test, nullptr);
  Consumer consumer(test->fd, 8192);
  std::mt19937 random(1);
  std::vector<std::string> sent, got;
  for (int i = 0; i < 20000; ++i) {
    const std::string sample = std::to_string(i) + std::string(random() % 700, char('a' + i % 26));
    u8* at = ringbuf_reserve(*test->map, sample.size(), 0);
    while (at == nullptr) {
      for (auto& each : consumer.consume()) got.push_back(each);
      at = ringbuf_reserve(*test->map, sample.size(), 0);
    }
    copy_to_shared(at, sample.data(), sample.size());
    if (random() % 8) {
      ringbuf_submit(*test->map, at, 0);
      sent.push_back(sample);
    } else {
      ringbuf_discard(*test->map, at, 0);
    }
  }
  for (auto& each : consumer.consume()) got.push_back(each);
  EXPECT_EQ(got, sent);
}

// Records that are done out of order: none is seen before those reserved earlier.
TEST(Ringbuf, BusyRecordsHoldBackLaterOnes) {
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  Consumer consumer(test->fd, 4096);
  u8* const first = ringbuf_reserve(map, 100, 0);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(output(map, 8), 0);
  EXPECT_EQ(consumer.consume().size(), 0u);
  consumer.set_position(4000);  // a lie: its bytes are not to be had for that
  EXPECT_EQ(output(map, 4000), -EAGAIN);
  consumer.set_position(0);
  ringbuf_submit(map, first, 0);
  ringbuf_submit(map, first, 0);  // once is enough
  EXPECT_EQ(consumer.consume().size(), 2u);
  EXPECT_EQ(ringbuf_reserve(map, 8, 1), nullptr);
  EXPECT_EQ(ringbuf_reserve(map, 4089, 0), nullptr);
}

// A child that reserves and is killed, and is a zombie while we look.
pid_t killed_producer(Map& map, u64 size) {
  const pid_t child = fork();
  if (child == 0) {
    ringbuf_reserve(map, size, 0);
    raise(SIGKILL);
  }
  siginfo_t info;
  waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT);
  return child;
}

TEST(Ringbuf, RecordsOfTheDeadBecomeDiscards) {
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  Consumer consumer(test->fd, 4096);
  pid_t child = killed_producer(map, 3000);
  EXPECT_EQ(ringbuf_query(map, BPF_RB_PROD_POS), 3008u);
  EXPECT_EQ(output(map, 8), 0);
  EXPECT_EQ(consumer.consume().size(), 0u);
  EXPECT_EQ(ringbuf_wait(map, 1000), 1) << "who waits finds it out";
  EXPECT_EQ(consumer.consume().size(), 1u);
  waitpid(child, nullptr, 0);
  child = killed_producer(map, 3000);
  consumer.set_position(ringbuf_query(map, BPF_RB_PROD_POS));
  EXPECT_EQ(output(map, 3000), 0) << "and so does who needs the room";
  waitpid(child, nullptr, 0);
}

TEST(Ringbuf, ConsumersSleepUntilARecordIsCommitted) {
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  EXPECT_EQ(ringbuf_wait(map, 0), 0);
  EXPECT_EQ(ringbuf_wait(map, 60), 0);
  auto other = reopen(test->fd);
  std::thread producer([&] {
    usleep(20'000);
    output(*other, 8);
  });
  EXPECT_EQ(ringbuf_wait(map, 10'000), 1);
  producer.join();
}

// Producers in threads of two openings of the file; one consumer that sleeps whenever there is nothing.
TEST(Ringbuf, ManyProducersOneConsumer) {
  constexpr u32 kProducers = 4, kEach = 5000;
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  auto other = reopen(test->fd);
  std::vector<std::thread> producers;
  for (u32 n = 0; n < kProducers; ++n) {
    producers.emplace_back([&, n] {
      Map& map = n % 2 ? *other : *test->map;
      for (u32 i = 0; i < kEach; ++i) {
        const u64 sample = u64(n) << 32 | i;
        while (ringbuf_output(map, {reinterpret_cast<const u8*>(&sample), sizeof(sample)}, 0) != 0)
          std::this_thread::yield();
      }
    });
  }
  Consumer consumer(test->fd, 4096);
  std::vector<u32> next(kProducers);
  for (u32 seen = 0; seen < kProducers * kEach;) {
    ASSERT_EQ(ringbuf_wait(*test->map, 20'000), 1);
    for (const std::string& bytes : consumer.consume()) {
      u64 sample;
      ASSERT_EQ(bytes.size(), sizeof(sample));
      std::memcpy(&sample, bytes.data(), sizeof(sample));
      ASSERT_EQ(u32(sample), next[sample >> 32]++) << "each producer's samples come in order";
      ++seen;
    }
  }
  for (std::thread& producer : producers) producer.join();
}

// Whatever stands in the pages, calls end and keep to the file.
TEST(Ringbuf, HostilePagesDoNoHarm) {
  const u32 seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  auto test = make_ring();
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  const Ring ring(map);
  for (int i = 0; i < 20000; ++i) {
    u64* const words[] = {&ring.consumer().position, &ring.producer().position, &ring.producer().pending};
    *words[random() % 3] = random() >> (random() % 64);
    for (int n = 0; n < 4; ++n) {
      RingHeader& header = ring.header(random() & ~u64(7));
      header.length = u32(random() >> (random() % 64));
      header.owner = u32(random());
    }
    if (u8* at = ringbuf_reserve(map, random() % 5000, 0)) ringbuf_submit(map, at, 0);
    ringbuf_wait(map, 0);
  }
}

}  // namespace
}  // namespace skep::map
