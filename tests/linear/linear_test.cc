// Processes do random operations on a few keys of one map, each through its own opening of it, and write down when each
// operation started and ended and what it answered. The history of every key must be linearizable (checker.h).
// SKEP_SEED=n repeats the choice of operations; how they meet is the scheduler's.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

#include "checker.h"
#include "map/testing.h"

namespace skep::map {
namespace {

constexpr u32 kProcesses = 4, kKeys = 4;
constexpr u32 kRounds = 2, kOps = 100000;  // operations of each process in a round

struct Case {
  const char* name;
  u32 map_type, key_size, value_size, map_flags;
  bool has_delete, has_take;
  Model model = element_model;
};

// Names the case in listings of tests.
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case kCases[] = {
    {"hash", BPF_MAP_TYPE_HASH, 4, 32, 0, true, true},
    {"hash_long_values", BPF_MAP_TYPE_HASH, 4, 256, 0, true, true},
    {"hash_no_prealloc", BPF_MAP_TYPE_HASH, 4, 32, BPF_F_NO_PREALLOC, true, true},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 32, 0, true, true},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 32, 0, true, true},
    {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE, 8, 32, BPF_F_NO_PREALLOC, true, false},
    {"array", BPF_MAP_TYPE_ARRAY, 4, 32, 0, false, false},
    {"array_of_words", BPF_MAP_TYPE_ARRAY, 4, 8, 0, false, false},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32, 0, false, false},
    {"queue", BPF_MAP_TYPE_QUEUE, 0, 32, 0, false, true, queue_model},
    {"stack", BPF_MAP_TYPE_STACK, 0, 32, 0, false, true, stack_model},
};

bool is_array(const Case& c) { return c.key_size == 4 && !c.has_delete; }
u32 keys_of(const Case& c) { return c.key_size == 0 ? 1 : kKeys; }
// Room for all keys, so that nothing is refused or evicted; queues are to be full now and then.
u32 max_entries(const Case& c) { return c.key_size == 0 ? u32(kQueueCapacity) : 16 * kKeys; }

struct Entry {
  Op op;
  u32 key = 0;
};

u64 now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return u64(time.tv_sec) * 1'000'000'000 + u64(time.tv_nsec);
}

std::vector<u8> key_bytes(const Case& c, u32 n) {
  // Tries match by length: 32 bits here, so that no key is a prefix of another.
  return c.map_type == BPF_MAP_TYPE_LPM_TRIE ? bytes_of(32 | u64(n) << 32, 8) : bytes_of(n, c.key_size);
}

// All words of a value are the same, so that a torn one shows.
void fill(std::vector<u8>& bytes, u64 value) {
  for (u64 at = 0; at < bytes.size(); at += 8) std::memcpy(&bytes[at], &value, sizeof(value));
}
u64 value_in(const std::vector<u8>& bytes) {
  u64 value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return std::equal(bytes.begin() + 8, bytes.end(), bytes.begin()) ? value : kTorn;
}

Op choose(const Case& c, std::mt19937& random, u64 fresh_value) {
  Op op;
  const u32 dice = random() % 10;
  if (dice < 4) return op;
  op.kind = dice < 8 ? Kind::Update : dice < 9 ? Kind::Delete : Kind::Take;
  if (op.kind == Kind::Delete && !c.has_delete) op.kind = c.has_take ? Kind::Take : Kind::Lookup;
  if (op.kind == Kind::Take && !c.has_take) op.kind = c.has_delete ? Kind::Delete : Kind::Lookup;
  if (op.kind != Kind::Update) return op;
  op.flags = random() % 3;  // BPF_ANY, BPF_NOEXIST, BPF_EXIST
  op.value = fresh_value;
  return op;
}

int call(Map& map, const Op& op, ConstBytes key, std::vector<u8>& bytes) {
  switch (op.kind) {
    case Kind::Lookup: return lookup_elem(map, key, bytes, 0);
    case Kind::Update: return update_elem(map, key, bytes, op.flags);
    case Kind::Delete: return delete_elem(map, key);
    case Kind::Take: return lookup_and_delete_elem(map, key, bytes, 0);
  }
  return -EINVAL;
}

// The fences: nothing of the operation happens before its start is written down, and what it stored has left this
// CPU's store buffer when its end is taken.
void run(Map& map, Op& op, ConstBytes key, std::vector<u8>& bytes) {
  fill(bytes, op.value);
  store_relaxed(op.start, now());
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  op.result = call(map, op, key, bytes);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  op.end = now();
  if (op.kind != Kind::Update && op.kind != Kind::Delete && op.result == 0) op.value = value_in(bytes);
}

[[noreturn]] void work(const Case& c, int fd, Entry* entries, u32 who, u32 seed, u32& ready) {
  const std::shared_ptr<Map> map = reopen(fd);
  if (map == nullptr) _exit(3);
  std::mt19937 random(seed);
  std::vector<u8> bytes(map->user_value_size());
  __atomic_fetch_add(&ready, 1, __ATOMIC_RELAXED);
  while (load_relaxed(ready) < kProcesses) sched_yield();
  for (u32 i = 0; i < kOps; ++i) {
    entries[i].key = random() % keys_of(c);
    entries[i].op = choose(c, random, u64(who + 1) << 32 | i);
    run(*map, entries[i].op, key_bytes(c, entries[i].key), bytes);
  }
  _exit(0);
}

// What all processes write down: shared memory that starts with zeros.
class Ledger {
 public:
  Ledger() : page_(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {}
  ~Ledger() {
    if (ok()) munmap(page_, kBytes);
  }
  Ledger(const Ledger&) = delete;
  bool ok() const { return page_ != MAP_FAILED; }
  u32& ready() { return *static_cast<u32*>(page_); }
  Entry* of(u32 who) { return reinterpret_cast<Entry*>(static_cast<u8*>(page_) + 64) + u64(who) * kOps; }

 private:
  static constexpr u64 kBytes = 64 + u64(kProcesses) * kOps * sizeof(Entry);
  void* page_;
};

History history_of_key(Ledger& ledger, u32 key) {
  History history(kProcesses);
  for (u32 who = 0; who < kProcesses; ++who) {
    for (u32 i = 0; i < kOps; ++i) {
      const Entry& entry = ledger.of(who)[i];
      if (entry.key == key) history[who].push_back(entry.op);
    }
  }
  return history;
}

u32 seed_of_run() {
  const char* given = std::getenv("SKEP_SEED");
  return given != nullptr ? u32(std::strtoul(given, nullptr, 10)) : std::random_device()();
}

class Linear : public testing::TestWithParam<Case> {};

// All processes, from start to end.
void run_processes(const Case& c, int fd, Ledger& ledger, std::mt19937& random) {
  std::fflush(stdout);
  std::vector<pid_t> workers;
  for (u32 who = 0; who < kProcesses; ++who) {
    const u32 seed = random();
    const pid_t pid = fork();
    if (pid == 0) work(c, fd, ledger.of(who), who, seed, ledger.ready());
    workers.push_back(pid);
  }
  for (const pid_t pid : workers) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
}

void check_keys(const Case& c, Ledger& ledger) {
  u64 operations = 0, overlapping = 0, configurations = 0;
  for (u32 key = 0; key < keys_of(c); ++key) {
    const Verdict verdict = check_history(history_of_key(ledger, key), is_array(c) ? State{0} : State{}, c.model);
    EXPECT_TRUE(verdict.linearizable) << "key " << key << ": " << verdict.text;
    operations += verdict.operations;
    overlapping += verdict.overlapping;
    configurations = std::max(configurations, verdict.configurations);
  }
  fmt::print("{} operations, {} overlapping, at most {} configurations\n", operations, overlapping, configurations);
}

TEST_P(Linear, EveryKeyHasAnOrder) {
  const Case& c = GetParam();
  const u32 seed = seed_of_run();
  fmt::print("SKEP_SEED={}\n", seed);
  std::mt19937 random(seed);
  for (u32 round = 0; round < kRounds && !HasFailure(); ++round) {
    auto test = make_map({.map_type = c.map_type,
                          .key_size = c.key_size,
                          .value_size = c.value_size,
                          .max_entries = max_entries(c),
                          .map_flags = c.map_flags});
    Ledger ledger;
    ASSERT_TRUE(test != nullptr && ledger.ok());
    run_processes(c, test->fd, ledger, random);
    if (!HasFailure()) check_keys(c, ledger);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Linear, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace skep::map
