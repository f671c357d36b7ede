// A storm of kills: processes work on one map, a random one is killed with SIGKILL at a random moment and replaced,
// thousands of times.
//
//   skep_storm [--kills N] [--seed S]      N per map type; the seed is printed, and repeats the choice of victims and
//   operations
//
// Every worker owns some keys. In a ledger beside the map it writes what it is about to do, does it, and writes that it
// is done. So whatever it was doing when it died, the map must hold the last value it finished or the one it was at;
// and what others finished is untouched. Nobody may wait longer than 100 ms for a lock (on a machine that is not
// otherwise busy: the longest wait is printed), and in the end the map takes exactly max_entries elements (but for LRU
// types, which take any number).
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "map/testing.h"

namespace skep::map {
namespace {

constexpr u32 kWorkers = 4, kKeysEach = 16, kKeys = kWorkers * kKeysEach;
constexpr u64 kGone = 0;  // the value of a key that is not in the map

struct Type {
  const char* name;
  u32 map_type, key_size;
  bool fixed_keys;
  bool evicts = false;
};
constexpr Type kTypes[] = {
    {"hash", BPF_MAP_TYPE_HASH, 4, false},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, false},
    {"array", BPF_MAP_TYPE_ARRAY, 4, true},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, true},
    {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE, 8, false},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, false, true},
    {"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, false, true},
};

struct Ledger {
  u64 done[kKeys];      // the value after the last operation that was finished
  u64 intended[kKeys];  // the value after the operation that is under way
  u64 operations;
};

std::vector<u8> key_of(const Type& type, u32 n) {
  if (type.key_size == 4) return bytes_of(n, 4);
  std::vector<u8> key = bytes_of(32, 8);
  std::memcpy(key.data() + 4, &n, sizeof(n));
  return key;
}

// A value all of whose words are the same: half of one is seen at once.
std::vector<u8> value_of(u64 n, u64 size) {
  std::vector<u8> bytes(size);
  for (u64 at = 0; at + 8 <= size; at += 8) std::memcpy(bytes.data() + at, &n, 8);
  return bytes;
}

[[noreturn]] void work(const Type& type, Map& map, Ledger& ledger, u32 who, u32 seed) {
  std::mt19937 random(seed);
  for (;;) {
    const u32 n = who * kKeysEach + random() % kKeysEach;
    const bool erase = !type.fixed_keys && random() % 3 == 0;
    const u64 value = erase ? kGone : (u64(random()) << 32 | random()) | 1;
    store_release(ledger.intended[n], value);
    if (erase)
      delete_elem(map, key_of(type, n));
    else if (update_elem(map, key_of(type, n), value_of(value, map.user_value_size()), BPF_ANY) != 0)
      _exit(3);
    store_release(ledger.done[n], value);
    __atomic_fetch_add(&ledger.operations, 1, __ATOMIC_RELAXED);
  }
}

// The value of key n, kGone if it is not there; false: torn, or the map is broken.
bool read_value(const Type& type, Map& map, u32 n, u64& value) {
  std::vector<u8> bytes(map.user_value_size());
  const int found = lookup_elem(map, key_of(type, n), bytes, 0);
  value = kGone;
  if (found == -ENOENT) return true;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return found == 0 && bytes == value_of(value, bytes.size());
}

// What the dead worker left. Only it writes these keys, so nothing changes meanwhile.
bool check_keys(const Type& type, Map& map, Ledger& ledger, u32 who) {
  for (u32 n = who * kKeysEach; n < (who + 1) * kKeysEach; ++n) {
    u64 value;
    const bool whole = read_value(type, map, n, value);
    if (!whole || (value != ledger.done[n] && value != ledger.intended[n])) {
      std::printf("%s: key %u holds %llx, not %llx or %llx%s\n", type.name, n, static_cast<unsigned long long>(value),
                  static_cast<unsigned long long>(ledger.done[n]), static_cast<unsigned long long>(ledger.intended[n]),
                  whole ? "" : " (torn)");
      return false;
    }
    ledger.done[n] = ledger.intended[n] = value;
  }
  return true;
}

bool takes_max_entries(const Type& type, Map& map) {
  if (type.fixed_keys || type.evicts) return true;
  for (u32 n = 0; n < kKeys; ++n) delete_elem(map, key_of(type, n));
  u32 taken = 0;
  for (u32 n = 1000; n < 1000 + 2 * kKeys; ++n)
    taken += update_elem(map, key_of(type, n), value_of(n, map.user_value_size()), BPF_ANY) == 0;
  if (taken != kKeys) std::printf("%s: takes %u elements, not %u\n", type.name, taken, kKeys);
  return taken == kKeys;
}

bool storm(const Type& type, u32 kills, std::mt19937& random) {
  auto test = make_map({.map_type = type.map_type,
                        .key_size = type.key_size,
                        .value_size = 32,
                        .max_entries = kKeys,
                        .map_flags = type.map_type == BPF_MAP_TYPE_LPM_TRIE ? u32(BPF_F_NO_PREALLOC) : 0});
  if (test == nullptr) return false;
  Map& map = *test->map;
  void* page = mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& ledger = *static_cast<Ledger*>(page);
  pid_t workers[kWorkers] = {};
  const auto start = [&](u32 who) {
    const u32 seed = random();
    const pid_t pid = fork();
    if (pid == 0) work(type, map, ledger, who, seed);
    workers[who] = pid;
  };
  for (u32 who = 0; who < kWorkers; ++who) start(who);
  bool good = true;
  double longest = 0;
  for (u32 i = 0; i < kills && good; ++i) {
    usleep(100 + random() % 900);
    const u32 victim = random() % kWorkers;
    int status = 0;
    ::kill(workers[victim], SIGKILL);
    waitpid(workers[victim], &status, 0);
    const auto before = std::chrono::steady_clock::now();
    good = WIFSIGNALED(status) && check_keys(type, map, ledger, victim);
    longest = std::max(longest, std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count());
    start(victim);
  }
  for (const pid_t pid : workers) {
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  good = good && takes_max_entries(type, map);
  std::printf("%-14s %u kills, %llu operations, longest check %.1f ms: %s\n", type.name, kills,
              static_cast<unsigned long long>(ledger.operations), longest * 1e3, good ? "good" : "BROKEN");
  munmap(page, sizeof(Ledger));
  return good;
}

}  // namespace
}  // namespace skep::map

int main(int argc, char** argv) {
  skep::u32 kills = 10000, seed = std::random_device()();
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--kills") == 0) kills = skep::u32(std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--seed") == 0) seed = skep::u32(std::strtoul(argv[i + 1], nullptr, 10));
  }
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  bool good = true;
  for (const auto& type : skep::map::kTypes) good = skep::map::storm(type, kills, random) && good;
  return good ? 0 : 1;
}
