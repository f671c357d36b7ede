// The log's window against its definition, written down naively, and how its last line is found.
#include "diag/log.h"

#include <chrono>
#include <random>

#include <gtest/gtest.h>

namespace skep::diag {
namespace {

// The definition: the whole log as one string, and what of it the caller's buffer keeps.
class NaiveLog {
 public:
  NaiveLog(bool fixed, u64 size) : fixed_(fixed), size_(size) {}
  void write(std::string_view text) {
    text = text.substr(0, 1023);
    log_ += text;
    max_ = std::max<u64>(max_, log_.size() + 1);
    if (log_.size() + 1 > size_) start_ = std::max<u64>(start_, log_.size() + 1 - size_);
    for (size_t i = log_.size() - text.size(); i < log_.size(); ++i) fits_ += i + 1 < size_ ? log_.substr(i, 1) : "";
  }
  void reset(u64 pos) {
    log_.resize(pos);
    fits_.resize(std::min<u64>(fits_.size(), pos));
    start_ = std::min(start_, pos);
  }
  std::string text() const { return fixed_ ? fits_ : log_.substr(start_); }
  u64 length() const { return log_.size(); }
  u64 max() const { return max_; }

 private:
  bool fixed_;
  u64 size_, start_ = 0, max_ = 0;
  std::string log_, fits_;
};

TEST(Log, EqualsItsDefinitionOnRandomWritesAndCuts) {
  std::mt19937 random(1);
  for (int round = 0; round < 4000; ++round) {
    const u32 size = 1 + random() % (round % 3 == 0 ? 2000 : 60);
    const bool fixed = random() % 2;
    Log log(fixed ? BPF_LOG_LEVEL2 | BPF_LOG_FIXED : BPF_LOG_LEVEL2, size);
    NaiveLog naive(fixed, size);
    for (int step = random() % 30; step > 0; --step) {
      if (random() % 4 == 0 && log.end_pos() > 0) {
        const u64 pos = random() % (log.end_pos() + 1);
        log.reset(pos);
        naive.reset(pos);
      } else {
        const std::string text(1 + random() % (round % 5 == 0 ? 1500 : 30), char('a' + random() % 26));
        log.write(text);
        naive.write(text);
      }
      ASSERT_EQ(log.end_pos(), naive.length());
    }
    const Log::Finished end = log.finish();
    ASSERT_EQ(end.text, naive.text()) << size << (fixed ? " fixed" : " rolling");
    ASSERT_EQ(end.true_size, naive.max());
    ASSERT_EQ(end.error, naive.max() > size ? ENOSPC : 0);
  }
}

TEST(Log, Level0KeepsNothing) {
  Log log(0, 100);
  log.write("text");
  log.print("{}", 1);
  EXPECT_FALSE(log.needed());
  EXPECT_EQ(log.end_pos(), 0u);
  EXPECT_EQ(log.finish().text, "");
  EXPECT_EQ(log.finish().true_size, 0u);
  EXPECT_EQ(log.finish().error, 0);
}

TEST(Log, WithoutABufferOnlyTheSizeIsComputed) {
  Log log(BPF_LOG_LEVEL1, 0);
  log.print("{}{}", "ab", 1);
  log.reset(1);
  EXPECT_EQ(log.finish().text, "");
  EXPECT_EQ(log.finish().true_size, 4u);
  EXPECT_EQ(log.finish().error, 0);
}

// Seen live: a name of 1,500 bytes in a message left 1,023 bytes of it.
TEST(Log, APrintKeeps1023Bytes) {
  Log log(BPF_LOG_LEVEL1, 4096);
  log.write(std::string(1500, 'x') + "\n");
  log.write("processed");
  EXPECT_EQ(log.finish().text, std::string(1023, 'x') + "processed");
  EXPECT_EQ(log.finish().true_size, 1023u + 9 + 1);
}

TEST(Log, LevelsAsked) {
  EXPECT_TRUE(Log(BPF_LOG_LEVEL1, 0).prints_insns());
  EXPECT_FALSE(Log(BPF_LOG_LEVEL1, 0).level2());
  EXPECT_TRUE(Log(BPF_LOG_LEVEL2, 0).prints_insns());
  EXPECT_TRUE(Log(BPF_LOG_LEVEL2, 0).level2());
  EXPECT_TRUE(Log(BPF_LOG_STATS, 0).needed());
  EXPECT_FALSE(Log(BPF_LOG_STATS, 0).prints_insns());
}

// 400 MB through a window of 1 MB and one of 100 bytes: a second or less, days if each write moved the window.
TEST(Log, RollingIsLinear) {
  for (u32 size : {100u, 1u << 20}) {
    const auto begin = std::chrono::steady_clock::now();
    Log log(BPF_LOG_LEVEL2, size);
    const std::string line(50, 'x');
    for (int i = 0; i < 4'000'000; ++i) log.write(line);
    EXPECT_EQ(log.finish().text.size(), size - 1);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  }
}

constexpr char kStatistics[] =
    "processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

TEST(LastLine, IsTheOneBeforeTheStatistics) {
  const std::string log = "0: (bf) r0 = r5\nR5 !read_ok\n";
  EXPECT_EQ(Log::last_line(log), "R5 !read_ok");
  EXPECT_EQ(Log::last_line(log + kStatistics), "R5 !read_ok");
  EXPECT_EQ(Log::last_line(log + "verification time 12 usec\nstack depth 0+0\n" + kStatistics), "R5 !read_ok");
}

TEST(LastLine, OfATextWithoutANewline) {
  const std::string text = "expected prog array map for tail call";
  EXPECT_EQ(Log::last_line("5: (85) call\n" + text + kStatistics), text);
  EXPECT_EQ(Log::last_line(text + "verification time 12 usec\nstack depth 0\n" + kStatistics), text);
}

TEST(LastLine, MayBeEmptyAndMayLookLikeStatistics) {
  EXPECT_EQ(Log::last_line(""), "");
  EXPECT_EQ(Log::last_line("\n\n"), "");
  EXPECT_EQ(Log::last_line(kStatistics), "");
  EXPECT_EQ(Log::last_line("processed by hand\n"), "processed by hand");
  EXPECT_EQ(Log::last_line("verification time is up\n"), "verification time is up");
}

}  // namespace
}  // namespace skep::diag
