// MAP_CREATE for every type against the kernel's answers: a grid of geometries and flags around one that works, in
// data/map-create-6.18.tsv. SKEP_BLESS=1 as root on the reference kernel records the file again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "sys/testing.h"

namespace skep::sys {
namespace {

struct Question {
  u32 type, key, value, max, flags, extra;
  bool btf;
  auto operator<=>(const Question&) const = default;
};

std::string to_line(const Question& q) {
  std::ostringstream out;
  out << q.type << '\t' << q.key << '\t' << q.value << '\t' << q.max << '\t' << q.flags << '\t' << q.extra << '\t'
      << q.btf;
  return out.str();
}

// Where each type works, with the live kernel's most common use.
Question base(u32 type) {
  switch (type) {
    case BPF_MAP_TYPE_STACK_TRACE: return {type, 4, 8, 1, 0, 0, false};
    case BPF_MAP_TYPE_LPM_TRIE: return {type, 8, 4, 1, BPF_F_NO_PREALLOC, 0, false};
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: return {type, 8, 4, 0, 0, 0, false};
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER: return {type, 0, 4, 1, 0, 0, false};
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_CGRP_STORAGE: return {type, 4, 4, 0, BPF_F_NO_PREALLOC, 0, true};
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF: return {type, 0, 0, 4096, 0, 0, false};
    case BPF_MAP_TYPE_ARENA: return {type, 0, 0, 1, BPF_F_MMAPABLE, 0, false};
    default: return {type, 4, 4, 1, 0, 0, false};
  }
}

// What a map may cost on the live kernel, roughly.
bool is_small(const Question& q) { return u64(q.max) * (u64(q.key) + q.value + 64) <= (16u << 20) || q.max > 1u << 31; }

void add(std::vector<Question>& questions, const Question& q) {
  if (is_small(q)) questions.push_back(q);
}

std::vector<Question> questions_about(u32 type) {
  constexpr u32 kSizes[] = {0,   1,   2,   4,   5,    7,    8,    9,    12,    16,    24,    32,    64,   256,
                            260, 261, 512, 513, 1016, 1024, 4096, 4097, 32768, 32769, 65408, 65409, 65536};
  constexpr u32 kHuge[] = {4194000, 4194256, 4194255, 4194304, 4194305, 0x7fffffff, 0x80000000, 0xffffffff};
  constexpr u32 kMaxima[] = {0, 1, 2, 3, 1024, 4095, 4096, 4097, 8192, 12288, 0x80000001};
  constexpr u32 kExtras[] = {1, 15, 16, 4096};
  const Question b = base(type);
  std::vector<Question> out;
  for (u32 n : kSizes) {
    add(out, {type, n, b.value, b.max, b.flags, b.extra, b.btf});
    add(out, {type, b.key, n, b.max, b.flags, b.extra, b.btf});
  }
  for (u32 n : kHuge) {
    add(out, {type, n, b.value, b.max, b.flags, b.extra, b.btf});
    add(out, {type, b.key, n, b.max, b.flags, b.extra, b.btf});
  }
  for (u32 n : kMaxima) {
    if (n <= 1u << 31 || type == BPF_MAP_TYPE_HASH) add(out, {type, b.key, b.value, n, b.flags, b.extra, b.btf});
  }
  for (u32 n : kExtras) add(out, {type, b.key, b.value, b.max, b.flags, n, b.btf});
  add(out, {type, b.key, b.value, b.max, b.flags, b.extra, !b.btf});
  for (u32 i = 0; i < 32; ++i) {
    if (1u << i == BPF_F_TOKEN_FD) continue;
    add(out, {type, b.key, b.value, b.max, 1u << i, b.extra, b.btf});
    add(out, {type, b.key, b.value, b.max, b.flags ^ 1u << i, b.extra, b.btf});
    add(out, {type, b.key, 0, b.max, b.flags ^ 1u << i, b.extra, b.btf});
  }
  for (u32 pair :
       {BPF_F_RDONLY | BPF_F_WRONLY, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, BPF_F_MMAPABLE | BPF_F_INNER_MAP,
        BPF_F_MMAPABLE | BPF_F_RDONLY_PROG, BPF_F_NO_PREALLOC | BPF_F_CLONE, BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED,
        BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE, BPF_F_MMAPABLE | BPF_F_NO_USER_CONV}) {
    add(out, {type, b.key, b.value, b.max, pair, b.extra, b.btf});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// Creates, closes, and gives 0 or -errno.
class Prober {
 public:
  explicit Prober(Asker asker) : asker_(std::move(asker)) {
    btf_ = int(load_btf(asker_, small_btf()));
    inner_ = int(asker_.ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, 4, 1}));
  }
  ~Prober() {
    close(btf_);
    close(inner_);
  }
  long ask(const Question& q) const {
    MapCreateAttr attr{q.type, q.key, q.value, q.max, q.flags, u32(inner_)};
    attr.map_extra = q.extra;
    if (q.btf) {
      attr.btf_fd = u32(btf_);
      attr.btf_key_type_id = attr.btf_value_type_id = 1;
    }
    const long fd = asker_.ask(BPF_MAP_CREATE, attr);
    if (fd >= 0) close(int(fd));
    return std::min(fd, 0l);
  }
  bool ready() const { return btf_ >= 0 && inner_ >= 0; }

 private:
  Asker asker_;
  int btf_ = -1, inner_ = -1;
};

constexpr char kFile[] = SKEP_SOURCE_DIR "/data/map-create-6.18.tsv";

void record() {
  ASSERT_TRUE(running_kernel_is_reference());
  const Prober prober(running_kernel());
  std::ofstream out(kFile);
  out << "# type\tkey\tvalue\tmax_entries\tflags\textra\twith BTF\terrno of Linux 6.18.44\n";
  for (u32 type = 0; type <= kMapTypeCount; ++type) {
    for (const Question& q : questions_about(type)) out << to_line(q) << '\t' << prober.ask(q) << '\n';
  }
}

TEST(MapCreate, EveryTypeAnswersAsTheKernel) {
  if (std::getenv("SKEP_BLESS")) record();
  std::ifstream in(kFile);
  ASSERT_TRUE(in.is_open()) << kFile;
  auto kernel = make_kernel();
  const Prober prober(ask(*kernel));
  ASSERT_TRUE(prober.ready());
  std::map<std::string, long> recorded;
  for (std::string line; std::getline(in, line);) {
    if (line[0] == '#') continue;
    const size_t tab = line.rfind('\t');
    recorded[line.substr(0, tab)] = std::stol(line.substr(tab + 1));
  }
  int differences = 0;
  for (u32 type = 0; type <= kMapTypeCount; ++type) {
    for (const Question& q : questions_about(type)) {
      const auto found = recorded.find(to_line(q));
      ASSERT_NE(found, recorded.end()) << "not recorded: " << to_line(q);
      const long ours = prober.ask(q);
      if (ours != found->second && ++differences <= 40) {
        ADD_FAILURE() << map_type_name(type) << " " << to_line(q) << ": " << ours << ", the kernel says "
                      << found->second;
      }
    }
  }
  EXPECT_EQ(differences, 0);
}

}  // namespace
}  // namespace skep::sys
