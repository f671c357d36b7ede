// BTF_LOAD against the kernel: what the live one says (errno and the whole log) about blobs made by hand, made at
// random and damaged at random, and what one said of the blobs recorded in tests/btf/. Without bpf(2) only the recorded
// ones are compared.
#include "btf/validate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>

#include "btf/record.h"
#include "btf/testing.h"
#include "btf/testing_blobs.h"

namespace skep::btf {
namespace {

using testing::Blob;
using testing::Bytes;
using testing::Case;
using testing::damage;
using testing::hand_made;
using testing::hex;
using testing::info;
using testing::Random;
using testing::random_blob;
using testing::random_records;
using testing::rich_blob;

struct Answer {
  int error = 0;
  std::string log;
  bool operator==(const Answer&) const = default;
};

constexpr std::string_view kDestructors[] = {
    "task_struct", "cgroup", "bpf_cpumask", "bpf_crypto_ctx", "sk_buff", "prog_test_ref_kfunc", "prog_test_member"};

const Btf* vmlinux() {
  static const std::unique_ptr<Btf> btf = [] {
    Bytes data = testing::vmlinux_bytes();
    return data.empty() ? nullptr : testing::must_parse(data);
  }();
  return btf.get();
}

Answer ours(const Bytes& data) {
  Answer answer;
  LogSink sink{[](void* cookie, std::string_view text) { static_cast<std::string*>(cookie)->append(text); },
               &answer.log};
  auto btf = load(data, sink);
  if (!btf.ok()) return {btf.error(), answer.log};
  auto records = parse_struct_records(**btf, {vmlinux(), kDestructors});
  answer.error = records.ok() ? 0 : records.error();
  return answer;
}

Answer live(const Bytes& data, size_t log_size = 1 << 20) {
  std::vector<char> buffer(log_size);
  bpf_attr attr{};
  attr.btf = reinterpret_cast<u64>(data.data());
  attr.btf_size = u32(data.size());
  attr.btf_log_buf = reinterpret_cast<u64>(buffer.data());
  attr.btf_log_size = u32(buffer.size());
  attr.btf_log_level = 1;
  long fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attr, 40);
  int error = fd < 0 ? errno : 0;
  if (fd >= 0) close(int(fd));
  return {error, buffer.data()};
}

bool have_live() {
  Blob blob;
  blob.integer("int", 4);
  return live(blob.bytes()).error == 0;
}

struct Tally {
  int same = 0, different = 0;
  std::map<int, int> errors;

  void compare(const Bytes& data) {
    Answer theirs = live(data), mine = ours(data);
    errors[theirs.error]++;
    if (mine == theirs) {
      same++;
    } else if (++different <= 5) {
      ADD_FAILURE() << "kernel: " << theirs.error << "\n"
                    << theirs.log << "ours: " << mine.error << "\n"
                    << mine.log << hex(data);
    }
  }
  void print(const char* what) const {
    std::printf("%s: %d same, %d different; errno:", what, same, different);
    for (auto [error, n] : errors) std::printf(" %d:%d", error, n);
    std::printf("\n");
  }
};

int rounds(int normal) {
  const char* given = std::getenv("SKEP_ROUNDS");
  return given ? std::atoi(given) : normal;
}

TEST(BtfLoadLive, DamagedBlobs) {
  if (!have_live()) GTEST_SKIP() << "no bpf(2)";
  Random r{testing::seed()};
  Bytes good = rich_blob().bytes();
  ASSERT_EQ(live(good).error, 0) << live(good).log;
  Tally tally;
  for (int i = 0; i < rounds(3000); i++) {
    Bytes data = good;
    damage(data, r);
    tally.compare(data);
  }
  tally.print("damaged");
}

TEST(BtfLoadLive, RandomGraphs) {
  if (!have_live()) GTEST_SKIP() << "no bpf(2)";
  Random r{testing::seed()};
  Tally tally;
  for (int i = 0; i < rounds(5000); i++) tally.compare(random_blob(r).bytes());
  tally.print("graphs");
}

TEST(BtfLoadLive, RandomRecords) {
  if (!have_live() || !vmlinux()) GTEST_SKIP() << "no bpf(2) or no vmlinux BTF";
  Random r{testing::seed()};
  Tally tally;
  for (int i = 0; i < rounds(5000); i++) tally.compare(random_records(r).bytes());
  tally.print("records");
}

TEST(BtfLoadLive, HandMade) {
  if (!have_live() || !vmlinux()) GTEST_SKIP() << "no bpf(2) or no vmlinux BTF";
  Tally tally;
  for (const Case& c : hand_made()) {
    SCOPED_TRACE(c.name);
    tally.compare(c.data);
  }
  tally.print("hand-made");
}

// So many types, the first a CONST of the type `target`, the others forward declarations.
Bytes many_types(u32 count, u32 target) {
  Blob b;
  b.words.resize(count * 3);
  for (u32 i = 1; i < count; i++) {
    b.words[i * 3] = 1;
    b.words[i * 3 + 1] = info(Kind::Fwd);
  }
  b.strings += std::string("x\0", 2);
  b.words[1] = info(Kind::Const);
  b.words[2] = target;
  return b.bytes();
}

// Ids have 20 bits. More types pass, but they are not there.
TEST(BtfLoad, TooManyTypes) {
  constexpr u32 kMaxId = 0xffffe;
  const std::string text = "Exceeded max num of types";
  Answer fits = ours(many_types(kMaxId, kMaxId)), passes = ours(many_types(kMaxId + 1, kMaxId));
  Answer refused = ours(many_types(kMaxId + 2, kMaxId + 1));
  EXPECT_EQ(fits.error, 0);
  EXPECT_EQ(fits.log.find(text), std::string::npos);
  EXPECT_EQ(passes.error, 0);
  EXPECT_TRUE(passes.log.ends_with("[1048575] FWD x struct\n" + text));
  EXPECT_EQ(refused.error, EINVAL);
  EXPECT_TRUE(refused.log.ends_with(text + "[1048576] FWD x struct\n" + text +
                                    "[1] CONST (anon) type_id=1048575 Invalid type_id\n"));
}

TEST(BtfLoadLive, TooManyTypes) {
  if (!have_live()) GTEST_SKIP() << "no bpf(2)";
  for (u32 n : {0xfffffu, 0x100001u}) {
    for (u32 target : {0xffffeu, 0xfffffu}) {
      Bytes data = many_types(n, target);
      EXPECT_TRUE(ours(data) == live(data, 64 << 20)) << n << " " << target;
    }
  }
}

// --- What a live kernel said, recorded: tests/btf/load.txt. SKEP_BLESS=1 asks the kernel anew.

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\\' || u8(c) < 0x20 || u8(c) >= 0x7f) {
      out += fmt::format("\\x{:02x}", u8(c));
    } else {
      out += c;
    }
  }
  return out;
}

Bytes from_hex(std::string_view text) {
  Bytes data;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    data.push_back(u8(std::strtoul(std::string(text.substr(i, 2)).c_str(), nullptr, 16)));
  }
  return data;
}

// What the last line is about: its kind of type and its last two words.
std::string kind_of_message(const std::string& log) {
  size_t end = log.ends_with('\n') ? log.size() - 1 : log.size();
  size_t begin = end ? log.rfind('\n', end - 1) + 1 : 0;
  std::string_view line = std::string_view(log).substr(begin, end - begin);
  size_t word = line.starts_with('[') ? line.find(' ') + 1 : line.size();
  std::string key(line.substr(word, line.find(' ', word) - word));
  size_t last = line.rfind(' ');
  size_t before = last == 0 || last == line.npos ? 0 : line.rfind(' ', last - 1) + 1;
  for (char c : line.substr(before)) {
    if (c == ':') break;
    if (c < '0' || c > '9') key += c;
  }
  return key;
}

// The cases made by hand, and of the random ones the first with each message.
std::vector<Case> cases_to_record() {
  std::vector<Case> cases = hand_made();
  Random r{1};
  std::map<std::string, int> seen;
  for (int i = 0; i < 20000; i++) {
    Bytes data;
    if (i % 2) {
      data = rich_blob().bytes();
      damage(data, r);
    } else {
      data = random_blob(r).bytes();
    }
    Answer answer = live(data);
    if (answer.error && seen[kind_of_message(answer.log)]++ == 0) cases.push_back({fmt::format("random-{}", i), data});
  }
  return cases;
}

void record() {
  FILE* f = std::fopen(SKEP_BTF_CASES, "w");
  SKEP_CHECK(f != nullptr);
  std::fprintf(f, "# Answers of Linux 6.18 to BTF_LOAD with log level 1. Written by SKEP_BLESS=1 skep_btf_test.\n");
  for (const Case& c : cases_to_record()) {
    Answer answer = live(c.data);
    std::fprintf(f, "\ncase %s\nerrno %d\nblob %s\nlog %s\n", c.name.c_str(), answer.error, hex(c.data).c_str(),
                 escaped(answer.log).c_str());
  }
  std::fclose(f);
}

TEST(BtfLoad, Recorded) {
  if (std::getenv("SKEP_BLESS") && have_live()) record();
  Bytes file = testing::read_file(SKEP_BTF_CASES);
  std::string_view rest(reinterpret_cast<const char*>(file.data()), file.size());
  std::string name, error, blob;
  int compared = 0;
  while (!rest.empty()) {
    size_t end = std::min(rest.find('\n'), rest.size() - 1);
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.starts_with("case ")) name = line.substr(5);
    if (line.starts_with("errno ")) error = line.substr(6);
    if (line.starts_with("blob ")) blob = line.substr(5);
    if (!line.starts_with("log")) continue;
    Answer answer = ours(from_hex(blob));
    EXPECT_EQ(std::to_string(answer.error), error) << name;
    EXPECT_EQ(escaped(answer.log), line.substr(4)) << name;
    compared++;
  }
  EXPECT_GT(compared, 150);
}

TEST(BtfLoad, WithoutLogTheSameVerdict) {
  for (const Case& c : hand_made()) {
    auto btf = load(c.data, {});
    Answer answer = ours(c.data);
    if (btf.ok()) continue;
    EXPECT_EQ(btf.error(), answer.error) << c.name;
  }
}

}  // namespace
}  // namespace skep::btf
