// Values with special fields, in every type that may have them: what updates take, what lookups show, what BPF_F_LOCK
// is allowed to do, against the kernel's answers in data/map-fields-6.18.tsv. SKEP_BLESS=1 as root on the reference
// kernel records the file again.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "btf/testing.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

constexpr char kFile[] = SKEP_SOURCE_DIR "/data/map-fields-6.18.tsv";

// A value begins and ends with an ordinary u64; between them are the fields its name says.
struct Shape {
  const char* name;
  u32 type_id, size;
};

struct Types {
  btf::testing::Blob b;
  u32 key = b.integer("u32", 4), word = b.integer("u64", 8);
  u32 lock = b.structure("bpf_spin_lock", 4, {}), res_lock = b.structure("bpf_res_spin_lock", 8, {});
  u32 timer = b.structure("bpf_timer", 16, {}), wq = b.structure("bpf_wq", 16, {});
  u32 head = b.structure("bpf_list_head", 16, {}), node = b.structure("bpf_list_node", 24, {});
  u32 root = b.structure("bpf_rb_root", 16, {}), rb_node = b.structure("bpf_rb_node", 32, {});
  u32 mine = b.structure("mine", 8, {{"x", word, 0}});
  u32 kptr = b.ptr(b.type("kptr", btf::testing::info(btf::Kind::TypeTag), mine));
  u32 elem = b.structure("elem", 32, {{"x", word, 0}, {"n", node, 64}});
  u32 leaf = b.structure("leaf", 40, {{"x", word, 0}, {"n", rb_node, 64}});
  std::vector<Shape> shapes;

  Types() {
    add("plain", {{"a", word, 0}, {"b", word, 64}}, 16);
    add("lock", {{"a", word, 0}, {"l", lock, 64}, {"c", key, 96}, {"b", word, 128}}, 24);
    add("res_lock", {{"a", word, 0}, {"l", res_lock, 64}, {"b", word, 128}}, 24);
    add("timer", {{"a", word, 0}, {"t", timer, 64}, {"b", word, 192}}, 32);
    add("wq", {{"a", word, 0}, {"w", wq, 64}, {"b", word, 192}}, 32);
    add("kptr", {{"a", word, 0}, {"p", kptr, 64}, {"b", word, 128}}, 24);
    add("lock_timer", {{"a", word, 0}, {"t", timer, 64}, {"l", lock, 192}, {"c", key, 224}, {"b", word, 256}}, 40);
    const u32 list =
        add("list", {{"a", word, 0}, {"h", head, 64}, {"l", lock, 192}, {"c", key, 224}, {"b", word, 256}}, 40);
    b.decl_tag("contains:elem:n", list, 1);
    const u32 tree =
        add("tree", {{"a", word, 0}, {"r", root, 64}, {"l", lock, 192}, {"c", key, 224}, {"b", word, 256}}, 40);
    b.decl_tag("contains:leaf:n", tree, 1);
  }
  u32 add(const char* name, const std::vector<btf::testing::Blob::Field>& fields, u32 size) {
    shapes.push_back({name, b.structure(name, size, fields), size});
    return shapes.back().type_id;
  }
};

struct Kind {
  const char* name;
  u32 type, flags, max;
};
constexpr Kind kKinds[] = {
    {"hash", BPF_MAP_TYPE_HASH, 0, 2},
    {"hash_lazy", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, 2},
    {"array", BPF_MAP_TYPE_ARRAY, 0, 2},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH, 0, 100},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 0, 2},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 0, 2},
    {"sk_storage", BPF_MAP_TYPE_SK_STORAGE, BPF_F_NO_PREALLOC, 0},
};

// Does the same to a map of each kind and shape, and writes down the answers: a line each.
class Session {
 public:
  explicit Session(Asker asker) : asker_(std::move(asker)), btf_(int(load_btf(asker_, types_.b.bytes()))) {
    for (int& fd : keys_) fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  }
  ~Session() {
    close(btf_);
    for (int fd : keys_) close(fd);
  }
  std::vector<std::string> run() {
    for (const Kind& kind : kKinds) {
      for (const Shape& shape : types_.shapes) run(kind, shape);
    }
    return lines_;
  }

 private:
  void run(const Kind& kind, const Shape& shape) {
    prefix_ = std::string(kind.name) + '\t' + shape.name + '\t';
    by_fd_ = kind.max == 0;
    MapCreateAttr attr{kind.type, 4, shape.size, kind.max, kind.flags};
    attr.btf_fd = u32(btf_);
    attr.btf_key_type_id = types_.key;
    attr.btf_value_type_id = shape.type_id;
    map_ = int(asker_.ask(BPF_MAP_CREATE, attr));
    say("create", std::min(map_, 0));
    if (map_ < 0) return;
    size_ = shape.size;
    has_list_ = std::strcmp(shape.name, "list") == 0;
    for (u32 key : {0u, 1u, 2u}) {
      lookup(key, 0);
      for (u64 flags : {6, 4, 0, 1, 5, 2, 6, 7, 8}) {
        update(key, flags);
        lookup(key, 0);
      }
      lookup(key, 4);
    }
    take(0, 4);
    take(1, 0);
    erase(2);
    say("freeze", asker_.ask(BPF_MAP_FREEZE, MapElemAttr{u32(map_)}, 4));
    close(map_);
  }

  MapElemAttr attr(u32 key, u64 flags) {
    key_ = by_fd_ ? u32(keys_[key]) : key;
    return {u32(map_), 0, address(&key_), address(value_), flags};
  }
  void update(u32 key, u64 flags) {
    fill_ = u8(fill_ + 2);  // odd: nothing in it is 0
    std::memset(value_, fill_, sizeof(value_));
    say("update " + std::to_string(key) + " flags " + std::to_string(flags),
        asker_.ask(BPF_MAP_UPDATE_ELEM, attr(key, flags)));
  }
  void lookup(u32 key, u64 flags) {
    show("lookup " + std::to_string(key) + " flags " + std::to_string(flags),
         asker_.ask(BPF_MAP_LOOKUP_ELEM, attr(key, flags)));
  }
  void take(u32 key, u64 flags) {
    show("take " + std::to_string(key) + " flags " + std::to_string(flags),
         asker_.ask(BPF_MAP_LOOKUP_AND_DELETE_ELEM, attr(key, flags)));
  }
  void erase(u32 key) { say("delete " + std::to_string(key), asker_.ask(BPF_MAP_DELETE_ELEM, attr(key, 0), 24)); }

  void say(const std::string& what, long result) { lines_.push_back(prefix_ + what + '\t' + std::to_string(result)); }
  // The bytes of the first CPU's value, each as: 0, or x for what the update before it wrote. Linux shows an address of
  // its own in the place of a list head, ? here.
  void show(const std::string& what, long result) {
    say(what, result);
    if (result != 0) return;
    lines_.back() += ' ';
    for (u32 i = 0; i < size_; ++i) {
      const bool in_list_head = has_list_ && i >= 8 && i < 24;
      lines_.back() += in_list_head ? '?' : value_[i] == 0 ? '0' : value_[i] == fill_ ? 'x' : '-';
    }
  }

  Types types_;
  Asker asker_;
  int btf_, map_ = -1, keys_[3];
  bool by_fd_ = false, has_list_ = false;
  u32 size_ = 0, key_ = 0;
  u8 fill_ = 1;
  u8 value_[64 * 256] = {};
  std::string prefix_;
  std::vector<std::string> lines_;
};

TEST(MapFields, AnswersAreTheKernels) {
  if (std::getenv("SKEP_BLESS")) {
    ASSERT_TRUE(running_kernel_is_reference());
    std::ofstream out(kFile);
    out << "# map\tvalue\toperation\tanswer of Linux 6.18.44; bytes of a value: 0, x as in the last update, - other, ? "
           "not compared\n";
    for (const std::string& line : Session(running_kernel()).run()) out << line << '\n';
  }
  std::ifstream in(kFile);
  ASSERT_TRUE(in.is_open()) << kFile;
  std::vector<std::string> expected;
  for (std::string line; std::getline(in, line);) {
    if (line[0] != '#') expected.push_back(line);
  }
  auto kernel = make_kernel();
  const std::vector<std::string> ours = Session(ask(*kernel)).run();
  int differences = 0;
  for (size_t i = 0; i < std::min(ours.size(), expected.size()); ++i) {
    if (ours[i] != expected[i] && ++differences <= 30) ADD_FAILURE() << ours[i] << "\n  Linux: " << expected[i];
  }
  EXPECT_EQ(ours.size(), expected.size());
  EXPECT_EQ(differences, 0);
}

}  // namespace
}  // namespace skep::sys
