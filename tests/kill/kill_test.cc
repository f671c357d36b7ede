// kill -9 at every instruction of every operation of every map type that stores something; then another process uses
// the map.
//
// After each kill: the map holds what it held before the operation or what it holds after it, nothing else; everybody
// gets in within 100 ms; and it still takes exactly max_entries elements, before and after it was emptied.
//
// By default one pass takes an image of every state that a kill can leave, each is looked at, and one real kill is made
// per scene; SKEP_KILL=all kills for real after every single instruction. The seed that chooses is printed; SKEP_SEED
// repeats it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <string_view>

#include "map/testing.h"
#include "stepper.h"

namespace skep::map {
namespace {

using Content = std::map<std::vector<u8>, std::vector<u8>>;
using std::chrono::steady_clock;

enum class Op { Insert, Replace, Erase, LookupAndDelete };
enum class Fill { Empty, OneShortOfFull, Full };

struct Case {
  const char* name;
  u32 map_type, key_size, value_size, flags;
  bool fixed_keys = false;  // an array: all elements are always there
};

// Names the case in listings of tests.
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr u32 kEntries = 5;

std::vector<u8> key_at(const Case& c, u32 n) { return bytes_of(n, c.key_size); }

std::unique_ptr<TestMap> fresh(const Case& c) {
  return make_map({.map_type = c.map_type,
                   .key_size = c.key_size,
                   .value_size = c.value_size,
                   .max_entries = kEntries,
                   .map_flags = c.flags});
}

Content content_of(Map& map) {
  Content content;
  std::vector<u8> key(map.meta().key_size), next(key.size()), value(map.user_value_size());
  for (int r = get_next_key(map, nullptr, next); r == 0 && content.size() < 100;
       r = get_next_key(map, key.data(), next)) {
    key = next;
    if (lookup_elem(map, key, value, 0) == 0) content[key] = value;
  }
  return content;
}

// How many new elements the map takes.
u32 fill_up(Map& map, const Case& c) {
  u32 taken = 0;
  for (u32 n = 100; n < 100 + 2 * kEntries; ++n)
    taken += update_elem(map, key_at(c, n), bytes_of(n, u32(map.user_value_size())), BPF_NOEXIST) == 0;
  return taken;
}

void check_after(const Case& c, Map& map, const Content& before, const Content& after) {
  const auto start = steady_clock::now();
  const Content now = content_of(map);
  EXPECT_TRUE(now == before || now == after) << now.size() << " elements";
  if (c.fixed_keys) return;
  EXPECT_EQ(fill_up(map, c) + now.size(), kEntries) << "an element was lost";
  for (const auto& [key, value] : content_of(map)) EXPECT_EQ(delete_elem(map, key), 0);
  EXPECT_EQ(fill_up(map, c), kEntries) << "an element was lost for good";
  EXPECT_LT(steady_clock::now() - start, std::chrono::milliseconds(100));
}

void prepare(const Case& c, Map& map, Fill fill) {
  const u32 n = fill == Fill::Empty ? 0 : fill == Fill::Full ? kEntries : kEntries - 1;
  for (u32 i = 0; i < n; ++i) update_elem(map, key_at(c, i), bytes_of(i, u32(map.user_value_size())), BPF_ANY);
}

void perform(const Case& c, Map& map, Op op) {
  std::vector<u8> value = bytes_of(77, u32(map.user_value_size()));
  switch (op) {
    case Op::Insert: update_elem(map, key_at(c, kEntries + 1), value, BPF_ANY); break;
    case Op::Replace: update_elem(map, key_at(c, 2), value, BPF_ANY); break;
    case Op::Erase: delete_elem(map, key_at(c, 2)); break;
    case Op::LookupAndDelete: lookup_and_delete_elem(map, key_at(c, 2), value, 0); break;
  }
}

// An operation that has to take the lock and leaves the content alone: whoever comes first after a crash does that.
void repairing(const Case& c, Map& map) {
  std::vector<u8> value(map.user_value_size());
  update_elem(map, key_at(c, kEntries + 50), value, BPF_EXIST);
}

bool kill_everywhere() {
  const char* wish = std::getenv("SKEP_KILL");
  return wish != nullptr && std::string_view(wish) == "all";
}

// The map in a file with this content, as another process opens it.
struct Opened {
  int fd = memfd_create("image", MFD_CLOEXEC);
  std::shared_ptr<Map> map;
  explicit Opened(std::span<const u8> content) {
    if (write(fd, content.data(), content.size()) == ssize_t(content.size())) map = reopen(fd);
  }
  ~Opened() { close(fd); }
  std::span<u8> bytes() const { return {map->data(), map->size() + kPageSize}; }
};

// One operation on a map of one type in one state, done by a process that dies.
struct Scene {
  const Case& c;
  Op op;
  Fill fill;
  Content before, after;  // what the map holds without and with the operation

  Scene(const Case& of, Op what, Fill state) : c(of), op(what), fill(state) {
    auto test = start();
    before = content_of(*test->map);
    perform(c, *test->map, op);
    after = content_of(*test->map);
  }

  std::unique_ptr<TestMap> start() const {
    auto test = fresh(c);
    prepare(c, *test->map, fill);
    return test;
  }

  void check_image(const kill::CrashImage& image) const {
    SCOPED_TRACE(testing::Message() << "killed after instruction " << image.instruction);
    const Opened opened(image.content);
    ASSERT_NE(opened.map, nullptr);
    check_after(c, *opened.map, before, after);
  }

  // Whoever comes after the crash, has to repair, and dies at that.
  u64 check_repairers(const kill::CrashImage& image) const {
    SCOPED_TRACE(testing::Message() << "the first one killed after instruction " << image.instruction);
    const Opened opened(image.content);
    const auto images = kill::crash_images([&] { repairing(c, *opened.map); }, opened.bytes());
    for (const auto& second : images) check_image(second);
    return images.size();
  }

  // Every state a crash can leave, and every fourth time those that a crash of the repairer can leave.
  u64 check_images() const {
    auto test = start();
    Map& map = *test->map;
    const auto images = kill::crash_images([&] { perform(c, map, op); }, {map.data(), map.size() + kPageSize});
    u64 states = images.size();
    for (size_t i = 0; i < images.size() && !testing::Test::HasFailure(); ++i) {
      check_image(images[i]);
      if (i % 4 == 3) states += check_repairers(images[i]);
    }
    return states;
  }

  // Kills for real. False: the operation ended before.
  bool kill_at(u64 instruction) const {
    SCOPED_TRACE(testing::Message() << "really killed after instruction " << instruction);
    auto test = start();
    Map& map = *test->map;
    if (kill::step_and_kill([&] { perform(c, map, op); }, instruction, [](u64, pid_t) {}) != 0) return false;
    check_after(c, *reopen(test->fd), before, after);
    return true;
  }
};

class Kill : public testing::TestWithParam<Case> {};

TEST_P(Kill, AtEveryInstruction) {
  if (!kill::can_step()) GTEST_SKIP() << "ptrace(2) is not allowed here";
  const char* wish = std::getenv("SKEP_SEED");
  const u32 seed = wish != nullptr ? u32(std::atoi(wish)) : std::random_device()();
  std::mt19937 random(seed);
  u64 states = 0, kills = 0;
  for (const Op op : {Op::Insert, Op::Replace, Op::Erase, Op::LookupAndDelete}) {
    for (const Fill fill : {Fill::Empty, Fill::OneShortOfFull, Fill::Full}) {
      SCOPED_TRACE(testing::Message() << "op " << int(op) << " fill " << int(fill) << ", SKEP_SEED=" << seed);
      const Scene scene(GetParam(), op, fill);
      states += scene.check_images();
      if (!kill_everywhere()) kills += scene.kill_at(1 + random() % 200);
      for (u64 n = 1; kill_everywhere() && scene.kill_at(n) && !HasFailure(); ++n) ++kills;
      if (HasFailure()) return;
    }
  }
  std::printf("%s: %llu states of a crash, %llu kills\n", GetParam().name, static_cast<unsigned long long>(states),
              static_cast<unsigned long long>(kills));
}

constexpr Case kCases[] = {
    {"hash", BPF_MAP_TYPE_HASH, 4, 24, 0},
    {"hash_no_prealloc", BPF_MAP_TYPE_HASH, 4, 24, BPF_F_NO_PREALLOC},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 0},
    {"array", BPF_MAP_TYPE_ARRAY, 4, 24, 0, true},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 0, true},
};
INSTANTIATE_TEST_SUITE_P(Maps, Kill, testing::ValuesIn(kCases), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace skep::map
