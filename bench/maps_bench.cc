// Maps from user space: the C++ interface (skep::Map) and bpf(2) answered by the library (skep_bpf) against bpf(2) on
// the running kernel, in the same run and alternating; and a std::unordered_map behind a mutex for orientation.
//
//   maps_bench [--quick]        nanoseconds of CPU time per operation, medians of the alternations; the ratio is kernel
//   / ours
//
// Where bpf(2) does not answer, the kernel's columns stay empty. Kernel maps stay below 16 MiB.
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "skep/skep.hpp"

namespace {

using std::uint32_t;
using std::uint64_t;

bool quick = false;

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

double wall_seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

template <uint32_t N>
struct Bytes {
  std::array<unsigned char, N> bytes = {};
  Bytes() = default;
  explicit Bytes(uint32_t n) { std::memcpy(bytes.data(), &n, sizeof(n)); }
  bool operator==(const Bytes&) const = default;
};

// Of an LPM trie: the longest prefix, then the number.
struct Prefix : Bytes<8> {
  Prefix() = default;
  explicit Prefix(uint32_t n) {
    const uint32_t words[2] = {32, n};
    std::memcpy(bytes.data(), words, sizeof(words));
  }
};

template <uint32_t N>
struct HashBytes {
  std::size_t operator()(const Bytes<N>& b) const {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(b.bytes.data()), N});
  }
};

// Who answers: look up or update the element of key number n.
struct Contestant {
  const char* name;
  std::function<void(uint32_t)> lookup, update;
};

using Bpf = long (*)(int, bpf_attr*, unsigned);
long kernel_bpf(int cmd, bpf_attr* attr, unsigned size) { return syscall(SYS_bpf, cmd, attr, size); }

// An LPM trie wants it.
uint32_t flags_of(bpf_map_type type) { return type == BPF_MAP_TYPE_LPM_TRIE ? uint32_t(BPF_F_NO_PREALLOC) : 0; }

int create_by(Bpf bpf, bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof(attr));
  attr.map_type = type;
  attr.key_size = key_size;
  attr.value_size = value_size;
  attr.max_entries = entries;
  attr.map_flags = flags_of(type);
  return int(bpf(BPF_MAP_CREATE, &attr, sizeof(attr)));
}

template <typename K, typename V>
Contestant by_bpf(const char* name, Bpf bpf, int fd) {
  const auto call = [=](int cmd, uint32_t n) {
    const K key(n);
    V value(n);
    bpf_attr attr;
    std::memset(&attr, 0, sizeof(attr));
    attr.map_fd = uint32_t(fd);
    attr.key = reinterpret_cast<uint64_t>(&key);
    attr.value = reinterpret_cast<uint64_t>(&value);
    bpf(cmd, &attr, sizeof(attr));
  };
  return {name, [=](uint32_t n) { call(BPF_MAP_LOOKUP_ELEM, n); }, [=](uint32_t n) { call(BPF_MAP_UPDATE_ELEM, n); }};
}

template <typename K, typename V>
Contestant by_cpp(skep::Map<K, V>& map) {
  return {"skep::Map", [&map](uint32_t n) { (void)map.lookup(K(n)); },
          [&map](uint32_t n) { (void)map.update(K(n), V(n)); }};
}

template <typename F>
double ns_per_op(F&& op, uint32_t entries, uint32_t rounds) {
  const double start = cpu_seconds();
  for (uint32_t i = 0; i < rounds; ++i) op(uint32_t(i * 2654435761u) % entries);
  return (cpu_seconds() - start) * 1e9 / rounds;
}

struct Times {
  double lookup = 0, update = 0;
};

// All contestants in turn, several times.
std::vector<Times> race(const std::vector<Contestant>& all, uint32_t entries) {
  const int alternations = quick ? 3 : 7;
  const uint32_t rounds = quick ? 30000 : 200000;
  std::vector<std::vector<double>> lookups(all.size()), updates(all.size());
  for (const Contestant& c : all) {
    for (uint32_t n = 0; n < entries; ++n) c.update(n);
  }
  for (int turn = 0; turn < alternations; ++turn) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      lookups[i].push_back(ns_per_op(all[i].lookup, entries, rounds));
      updates[i].push_back(ns_per_op(all[i].update, entries, rounds));
    }
  }
  std::vector<Times> times;
  for (std::size_t i = 0; i < all.size(); ++i) times.push_back({median(lookups[i]), median(updates[i])});
  return times;
}

void print_race(const std::string& what, const std::vector<Contestant>& all, const std::vector<Times>& times,
                bool has_kernel) {
  std::printf("%s\n", what.c_str());
  const Times& kernel = times.back();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::printf("  %-20s look-up %7.1f ns", all[i].name, times[i].lookup);
    if (has_kernel) std::printf(" (%5.1fx)", kernel.lookup / times[i].lookup);
    std::printf("   update %7.1f ns", times[i].update);
    if (has_kernel) std::printf(" (%5.1fx)", kernel.update / times[i].update);
    std::printf("\n");
  }
}

template <typename K, typename V>
void bench_type(bpf_map_type type, const char* name, uint32_t entries) {
  constexpr uint32_t KeySize = sizeof(K), ValueSize = sizeof(V);
  auto map = skep::Map<K, V>::create({.type = skep::MapType(type), .max_entries = entries, .flags = flags_of(type)});
  const int ours =
      create_by([](int c, bpf_attr* a, unsigned s) { return skep_bpf(c, a, s); }, type, KeySize, ValueSize, entries);
  if (!map || ours < 0) {
    std::printf("%s: cannot be made: %s\n", name, map.error().message().c_str());
    return;
  }
  std::unordered_map<K, V, HashBytes<KeySize>> plain;
  std::mutex mutex;
  std::vector<Contestant> all = {
      by_cpp<K, V>(*map),
      by_bpf<K, V>(
          "skep_bpf", [](int c, bpf_attr* a, unsigned s) { return skep_bpf(c, a, s); }, ours),
      {"unordered_map+mutex",
       [&](uint32_t n) {
         std::lock_guard lock(mutex);
         if (const auto found = plain.find(K(n)); found != plain.end())
           asm volatile("" ::"r"(found->second.bytes.data()) : "memory");
       },
       [&](uint32_t n) {
         std::lock_guard lock(mutex);
         plain[K(n)] = V(n);
       }}};
  const bool small = uint64_t(entries) * (KeySize + ValueSize + 48) < (16u << 20);
  const int theirs = small ? create_by(kernel_bpf, type, KeySize, ValueSize, entries) : -1;
  if (theirs >= 0) all.push_back(by_bpf<K, V>("bpf(2), the kernel", kernel_bpf, theirs));
  print_race(std::string(name) + ", " + std::to_string(entries) + " entries, key " + std::to_string(KeySize) +
                 ", value " + std::to_string(ValueSize) + " bytes",
             all, race(all, entries), theirs >= 0);
  skep_close(ours);
  if (theirs >= 0) close(theirs);
}

// Operations per second of several threads or processes, each on keys of its own choice.
void bench_together(const char* what, int workers, bool processes, int writers) {
  using Table = skep::Map<uint32_t, uint64_t>;
  constexpr uint32_t kEntries = 10000;
  auto map = Table::create({.type = skep::MapType::hash, .max_entries = kEntries});
  if (!map) return;
  for (uint32_t n = 0; n < kEntries; ++n) (void)map->update(n, n);
  auto* counts = static_cast<uint64_t*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const double seconds = quick ? 0.1 : 0.5;
  const auto work = [&](int who) {
    uint32_t i = uint32_t(who) * 977;
    uint64_t done = 0;
    for (const double end = wall_seconds() + seconds; wall_seconds() < end;) {
      for (int k = 0; k < 1000; ++k, ++i, ++done) {
        const uint32_t key = i * 2654435761u % kEntries;
        if (who < writers)
          (void)map->update(key, i);
        else
          (void)map->lookup(key);
      }
    }
    counts[who] = done;
  };
  std::vector<std::thread> threads;
  std::vector<pid_t> children;
  for (int who = 0; who < workers; ++who) {
    if (!processes)
      threads.emplace_back(work, who);
    else if (const pid_t pid = fork(); pid == 0) {
      work(who);
      _exit(0);
    } else
      children.push_back(pid);
  }
  for (auto& t : threads) t.join();
  for (const pid_t pid : children) waitpid(pid, nullptr, 0);
  uint64_t writes = 0, reads = 0;
  for (int who = 0; who < workers; ++who) (who < writers ? writes : reads) += counts[who];
  std::printf("  %-40s %8.2f M writes/s %8.2f M reads/s\n", what, double(writes) / seconds / 1e6,
              double(reads) / seconds / 1e6);
  munmap(counts, 4096);
}

}  // namespace

int main(int argc, char** argv) {
  quick = argc > 1 && std::string(argv[1]) == "--quick";
  skep_remember_descriptors();  // as under `skep exec`
  bench_type<Bytes<4>, Bytes<8>>(BPF_MAP_TYPE_HASH, "hash", 10000);
  bench_type<Bytes<64>, Bytes<256>>(BPF_MAP_TYPE_HASH, "hash", 10000);
  bench_type<Bytes<4>, Bytes<8>>(BPF_MAP_TYPE_ARRAY, "array", 10000);
  bench_type<Bytes<4>, Bytes<256>>(BPF_MAP_TYPE_ARRAY, "array", 10000);
  bench_type<Bytes<4>, Bytes<8>>(BPF_MAP_TYPE_LRU_HASH, "lru_hash", 10000);
  bench_type<Prefix, Bytes<8>>(BPF_MAP_TYPE_LPM_TRIE, "lpm_trie", 10000);
  bench_type<Bytes<4>, Bytes<8>>(BPF_MAP_TYPE_ARRAY, "array", 250000);
  if (!quick) bench_type<Bytes<4>, Bytes<8>>(BPF_MAP_TYPE_HASH, "hash", 1000000);
  std::printf("several at once: hash, 10000 entries, wall time\n");
  bench_together("one reader", 1, false, 0);
  bench_together("two threads reading", 2, false, 0);
  bench_together("two processes reading", 2, true, 0);
  bench_together("one writer", 1, true, 1);
  bench_together("one writer, another process reading", 2, true, 1);
  bench_together("two processes writing", 2, true, 2);
  return 0;
}
