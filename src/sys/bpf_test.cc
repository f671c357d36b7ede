// bpf(2)'s rules, asked of our kernel and, where it answers, of the running one: one expectation for both.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <span>

#include "base/sha256.h"
#include "isa/insn.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

enum class Who { Ours, Running };

class Bpf : public testing::TestWithParam<Who> {
 protected:
  void SetUp() override {
    if (GetParam() == Who::Running) {
      if (!running_kernel_is_reference()) GTEST_SKIP() << "no running kernel to ask";
      asker_ = running_kernel();
      return;
    }
    kernel_ = make_kernel();
    asker_ = sys::ask(*kernel_);
  }
  void TearDown() override {
    for (int fd : fds_) close(fd);
  }

  template <typename T>
  long ask(u32 cmd, T attr, u32 size = sizeof(T)) {
    return asker_.ask(cmd, attr, size);
  }
  int keep(long fd) {
    if (fd >= 0) fds_.push_back(int(fd));
    return int(fd);
  }
  int array(u32 value_size = 4, u32 max = 2, u32 flags = 0) {
    return keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, value_size, max, flags}));
  }
  int btf() { return keep(load_btf(asker_, small_btf())); }
  ProgLoadAttr two_insns() {
    return {
        .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .insns = address(insns_), .license = address("GPL")};
  }
  long lookup(int fd, u32 key, void* value, u64 flags = 0) {
    return ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{u32(fd), 0, address(&key), address(value), flags});
  }
  long update(int fd, u32 key, const void* value, u64 flags = 0) {
    return ask(BPF_MAP_UPDATE_ELEM, MapElemAttr{u32(fd), 0, address(&key), address(value), flags});
  }

  u32 id_of(int fd) {
    u32 info[2] = {};
    EXPECT_EQ(ask(BPF_OBJ_GET_INFO_BY_FD, InfoAttr{u32(fd), sizeof(info), address(info)}), 0);
    return info[1];
  }
  ProgInfo prog_info(int fd, std::span<u32> map_ids = {}) {
    ProgInfo info{};
    info.map_ids = address(map_ids.data());
    info.nr_map_ids = u32(map_ids.size());
    EXPECT_EQ(ask(BPF_OBJ_GET_INFO_BY_FD, InfoAttr{u32(fd), sizeof(info), address(&info)}), 0);
    return info;
  }

  std::unique_ptr<Kernel> kernel_;
  Asker asker_;
  std::vector<int> fds_;
  const isa::Insn insns_[2] = {{.code = 0xb7}, {.code = 0x95}};  // r0 = 0; exit
};

INSTANTIATE_TEST_SUITE_P(, Bpf, testing::Values(Who::Ours, Who::Running),
                         [](const auto& info) { return info.param == Who::Ours ? "ours" : "running"; });

TEST_P(Bpf, UnknownCommands) {
  u8 attr[kAttrSize] = {};
  EXPECT_EQ(asker_.bpf(-1, attr, sizeof(attr)), -EINVAL);
  EXPECT_EQ(asker_.bpf(9999, attr, sizeof(attr)), -EINVAL);
}

TEST_P(Bpf, SizesOfAttr) {
  std::array<u8, kAttrMaxSize + 8> bytes{};
  const MapCreateAttr attr{BPF_MAP_TYPE_ARRAY, 4, 4, 1};
  std::memcpy(bytes.data(), &attr, sizeof(attr));
  const auto with_size = [&](u32 size) { return std::min(keep(asker_.bpf(BPF_MAP_CREATE, bytes.data(), size)), 0); };
  EXPECT_EQ(with_size(0), -EINVAL);
  EXPECT_EQ(with_size(4), -EINVAL);
  EXPECT_EQ(with_size(16), 0);
  EXPECT_EQ(with_size(kAttrMaxSize), 0);
  EXPECT_EQ(with_size(kAttrMaxSize + 1), -E2BIG);
  EXPECT_EQ(with_size(0xffffffff), -E2BIG);
  bytes[kAttrSize] = 1;
  EXPECT_EQ(with_size(kAttrSize + 8), -E2BIG);
  EXPECT_EQ(with_size(kAttrSize), 0);
  bytes[kAttrSize - 1] = 1;
  EXPECT_EQ(with_size(kAttrSize), -EINVAL);  // inside the union, past the command's last field
  EXPECT_EQ(asker_.bpf(BPF_MAP_CREATE, nullptr, kAttrSize), -EFAULT);
  EXPECT_EQ(asker_.bpf(BPF_MAP_CREATE, reinterpret_cast<void*>(8), kAttrSize), -EFAULT);
}

TEST_P(Bpf, TailOfEachCommand) {
  const int map = array();
  const std::pair<u32, u32> ends[] = {{BPF_MAP_CREATE, MapCreateAttr::kEnd},
                                      {BPF_MAP_LOOKUP_ELEM, MapElemAttr::kEnd},
                                      {BPF_MAP_UPDATE_ELEM, MapElemAttr::kEnd},
                                      {BPF_MAP_DELETE_ELEM, MapElemAttr::kEndKey},
                                      {BPF_MAP_GET_NEXT_KEY, MapElemAttr::kEndNoFlags},
                                      {BPF_MAP_FREEZE, 4},
                                      {BPF_OBJ_GET_INFO_BY_FD, InfoAttr::kEnd},
                                      {BPF_BTF_LOAD, BtfLoadAttr::kEnd}};
  for (const auto& [cmd, end] : ends) {
    u8 attr[kAttrSize] = {};
    std::memcpy(attr, &map, sizeof(map));
    attr[end] = 1;
    EXPECT_EQ(asker_.bpf(int(cmd), attr, sizeof(attr)), -EINVAL) << cmd;
  }
}

TEST_P(Bpf, MapNames) {
  MapCreateAttr attr{BPF_MAP_TYPE_ARRAY, 4, 4, 1};
  const auto with_name = [&](const char* name, size_t length) {
    std::memset(attr.map_name, 0, sizeof(attr.map_name));
    std::memcpy(attr.map_name, name, length);
    return std::min(keep(ask(BPF_MAP_CREATE, attr)), 0);
  };
  EXPECT_EQ(with_name("a_b.C9", 6), 0);
  EXPECT_EQ(with_name("a-b", 3), -EINVAL);
  EXPECT_EQ(with_name("0123456789abcde", 15), 0);
  EXPECT_EQ(with_name("0123456789abcdef", 16), -EINVAL);
}

TEST_P(Bpf, MapTypesFromBtf) {
  const int types = btf(), closed = 1 << 20;
  MapCreateAttr attr{BPF_MAP_TYPE_ARRAY, 4, 4, 1};
  const auto with = [&](u32 key_id, u32 value_id, int fd) {
    attr.btf_fd = u32(fd);
    attr.btf_key_type_id = key_id;
    attr.btf_value_type_id = value_id;
    return std::min(keep(ask(BPF_MAP_CREATE, attr)), 0);
  };
  EXPECT_EQ(with(1, 2, types), 0);
  EXPECT_EQ(with(1, 3, types), -EINVAL);  // 8 bytes
  EXPECT_EQ(with(3, 1, types), -EINVAL);
  EXPECT_EQ(with(2, 1, types), -EINVAL);  // an array's key is an integer
  EXPECT_EQ(with(0, 1, types), -EINVAL);
  EXPECT_EQ(with(1, 0, types), -EINVAL);
  EXPECT_EQ(with(1, 99, types), -EINVAL);
  EXPECT_EQ(with(1, 1, closed), -EBADF);
  EXPECT_EQ(with(1, 1, array()), -EINVAL);
}

TEST_P(Bpf, MapsOfMaps) {
  const int inner = array();
  MapCreateAttr attr{BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 1, 0, u32(inner)};
  const int outer = keep(ask(BPF_MAP_CREATE, attr));
  ASSERT_GE(outer, 0);
  attr.inner_map_fd = u32(outer);
  EXPECT_EQ(ask(BPF_MAP_CREATE, attr), -EINVAL);
  attr.inner_map_fd = 1 << 20;
  EXPECT_EQ(ask(BPF_MAP_CREATE, attr), -EBADF);
  const int like = array(), other = array(8), longer = array(4, 3), closed = 1 << 20;
  EXPECT_EQ(update(outer, 0, &like), 0);
  EXPECT_EQ(update(outer, 1, &like), -E2BIG);
  EXPECT_EQ(update(outer, 0, &other), -EINVAL);
  EXPECT_EQ(update(outer, 0, &longer), -EINVAL);
  EXPECT_EQ(update(outer, 0, &closed), -EBADF);
}

TEST_P(Bpf, ArrayElements) {
  const int map = array(6, 3);
  u8 value[8] = {1, 2, 3, 4, 5, 6, 0xee, 0xee}, back[8] = {};
  EXPECT_EQ(update(map, 2, value), 0);
  EXPECT_EQ(lookup(map, 2, back), 0);
  EXPECT_EQ(back[5], 6);
  EXPECT_EQ(back[6], 0);  // not past the value
  EXPECT_EQ(lookup(map, 3, back), -ENOENT);
  EXPECT_EQ(update(map, 3, value), -E2BIG);
  EXPECT_EQ(update(map, 0, value, 1), -EEXIST);
  EXPECT_EQ(update(map, 0, value, 2), 0);
  EXPECT_EQ(update(map, 0, value, 3), -EINVAL);
  EXPECT_EQ(update(map, 0, value, 4), -EINVAL);
  EXPECT_EQ(update(map, 0, value, 8), -EINVAL);
  EXPECT_EQ(lookup(map, 0, back, 4), -EINVAL);
  EXPECT_EQ(lookup(map, 0, back, 1), -EINVAL);
  EXPECT_EQ(lookup(map, 0, nullptr), -EFAULT);
  EXPECT_EQ(update(map, 0, nullptr), -EFAULT);
  const u32 key = 0;
  EXPECT_EQ(ask(BPF_MAP_DELETE_ELEM, MapElemAttr{u32(map), 0, address(&key)}, 16), -EINVAL);
  EXPECT_EQ(ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{u32(map), 0, 0, address(back)}), -EFAULT);
}

TEST_P(Bpf, ArrayKeys) {
  const int map = array(4, 3);
  const auto next = [&](const u32* key) {
    u32 out = 77;
    const long result = ask(BPF_MAP_GET_NEXT_KEY, MapElemAttr{u32(map), 0, address(key), address(&out)}, 24);
    return result ? result : long(out);
  };
  const u32 zero = 0, two = 2, far = 99;
  EXPECT_EQ(next(nullptr), 0);
  EXPECT_EQ(next(&zero), 1);
  EXPECT_EQ(next(&two), -ENOENT);
  EXPECT_EQ(next(&far), 0);
}

TEST_P(Bpf, DescriptorsOfOtherThings) {
  u8 value[4];
  EXPECT_EQ(lookup(1 << 20, 0, value), -EBADF);
  EXPECT_EQ(lookup(-1, 0, value), -EBADF);
  EXPECT_EQ(lookup(keep(socket(AF_UNIX, SOCK_STREAM, 0)), 0, value), -EINVAL);
  EXPECT_EQ(lookup(keep(memfd_create("other", 0)), 0, value), -EINVAL);
  EXPECT_EQ(lookup(btf(), 0, value), -EINVAL);
  const int map = array(), copy = keep(dup(map));
  const u32 one = 1;
  EXPECT_EQ(update(copy, 0, &one), 0);
  EXPECT_EQ(lookup(map, 0, value), 0);
  EXPECT_EQ(value[0], 1);
  close(map);
  fds_.erase(std::find(fds_.begin(), fds_.end(), map));
  EXPECT_EQ(lookup(copy, 0, value), 0);
  EXPECT_EQ(lookup(map, 0, value), -EBADF);
}

TEST_P(Bpf, PermissionsAndFreezing) {
  const u32 one = 1;
  u32 back = 0;
  EXPECT_EQ(update(array(4, 1, BPF_F_RDONLY), 0, &one), -EPERM);
  EXPECT_EQ(lookup(array(4, 1, BPF_F_WRONLY), 0, &back), -EPERM);
  const int map = array();
  const auto freeze = [&](int fd) { return ask(BPF_MAP_FREEZE, MapElemAttr{u32(fd)}, 4); };
  EXPECT_EQ(freeze(map), 0);
  EXPECT_EQ(update(map, 0, &one), -EPERM);
  EXPECT_EQ(lookup(map, 0, &back), 0);
  EXPECT_EQ(freeze(map), -EPERM);
  EXPECT_EQ(freeze(1 << 20), -EBADF);
}

TEST_P(Bpf, MmapableArrays) {
  const int map = array(4, 1, BPF_F_MMAPABLE);
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  ASSERT_NE(page, MAP_FAILED);
  *static_cast<u32*>(page) = 42;
  u32 back = 0;
  EXPECT_EQ(lookup(map, 0, &back), 0);
  EXPECT_EQ(back, 42u);
  munmap(page, 4096);
}

TEST_P(Bpf, ProgLoadOrder) {
  ProgLoadAttr good = two_insns();
  const auto load = [&](auto change) {
    ProgLoadAttr attr = good;
    change(attr);
    return std::min(keep(ask(BPF_PROG_LOAD, attr)), 0);
  };
  EXPECT_EQ(load([](auto&) {}), 0);
  EXPECT_EQ(load([](auto& a) { a.insn_cnt = 0; }), -E2BIG);
  EXPECT_EQ(load([](auto& a) { a.insn_cnt = 1'000'001; }), -E2BIG);
  EXPECT_EQ(load([](auto& a) { a.insns = 8; }), -EFAULT);
  EXPECT_EQ(load([](auto& a) { a.license = 8; }), -EFAULT);
  EXPECT_EQ(load([](auto& a) { a.prog_type = 0; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.prog_type = 9999; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.prog_type = 9999, a.insn_cnt = 0; }), -E2BIG);
  EXPECT_EQ(load([](auto& a) { a.prog_flags = 1u << 17; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.prog_flags = 1u << 17, a.insn_cnt = 0; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.log_level = 16; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.log_size = 64; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.log_buf = 8; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.log_level = 1, a.log_buf = 8, a.log_size = 1u << 30; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.attach_btf_id = 1; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.attach_btf_id = 0x100000; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.attach_fd = 1; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.prog_type = BPF_PROG_TYPE_CGROUP_SOCK; }), 0);
  EXPECT_EQ(load([](auto& a) { a.prog_type = BPF_PROG_TYPE_CGROUP_SKB, a.expected_attach_type = BPF_CGROUP_SYSCTL; }),
            -EINVAL);
  EXPECT_EQ(load([](auto& a) { std::memcpy(a.prog_name, "a-b", 3); }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.prog_ifindex = 1; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.fd_array = 8; }), 0);
}

TEST_P(Bpf, MapsOfProgramsBelongToAKind) {
  struct Kind {
    u32 prog_type, attach_type, flags;
    int storage;  // map, or -1
  };
  // A program that names the map (and its storage) and returns 1.
  const auto load = [&](int map, const Kind& kind) {
    std::vector<isa::Insn> insns;
    for (const int fd : {map, kind.storage}) {
      if (fd < 0) continue;
      insns.push_back({.code = isa::kLdImm64, .dst = 1, .src = isa::BPF_PSEUDO_MAP_FD, .imm = fd});
      insns.push_back({});
    }
    insns.insert(insns.end(), {{.code = 0xb7, .imm = 1}, {.code = 0x95}});
    ProgLoadAttr attr = two_insns();
    attr.prog_type = kind.prog_type;
    attr.expected_attach_type = kind.attach_type;
    attr.prog_flags = kind.flags;
    attr.insns = address(insns.data());
    attr.insn_cnt = u32(insns.size());
    return std::min(keep(ask(BPF_PROG_LOAD, attr)), 0);
  };
  const auto second = [&](u32 map_type, const Kind& one, const Kind& other) {
    const int map = keep(ask(BPF_MAP_CREATE, MapCreateAttr{map_type, 4, 4, 2}));
    EXPECT_EQ(load(map, one), 0);
    return load(map, other);
  };
  const Kind filter{BPF_PROG_TYPE_SOCKET_FILTER, 0, 0, -1}, xdp{BPF_PROG_TYPE_XDP, 0, 0, -1};
  const Kind frags{BPF_PROG_TYPE_XDP, 0, BPF_F_XDP_HAS_FRAGS, -1};
  const Kind ingress{BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 0, -1};
  const Kind egress{BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0, -1};
  for (const u32 map_type : {BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_CPUMAP}) {
    EXPECT_EQ(second(map_type, filter, filter), 0);
    EXPECT_EQ(second(map_type, filter, xdp), -EINVAL);
    EXPECT_EQ(second(map_type, xdp, frags), -EINVAL);
    EXPECT_EQ(second(map_type, ingress, egress), map_type == BPF_MAP_TYPE_PROG_ARRAY ? -EINVAL : 0);
  }
  EXPECT_EQ(second(BPF_MAP_TYPE_DEVMAP_HASH, filter, xdp), 0);
  const auto with_storage = [&] {
    Kind kind = egress;
    kind.storage = keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0}));
    return kind;
  };
  const Kind one = with_storage(), other = with_storage();
  EXPECT_EQ(second(BPF_MAP_TYPE_PROG_ARRAY, one, one), 0);
  EXPECT_EQ(second(BPF_MAP_TYPE_PROG_ARRAY, one, other), -EINVAL);
  EXPECT_EQ(second(BPF_MAP_TYPE_PROG_ARRAY, one, egress), 0);
  EXPECT_EQ(second(BPF_MAP_TYPE_PROG_ARRAY, egress, one), -EINVAL);
}

TEST_P(Bpf, LogsThatDoNotFit) {
  ProgLoadAttr attr = two_insns();
  std::vector<char> log(4096);
  attr.log_level = 1;
  attr.log_buf = address(log.data());
  attr.log_size = 4096;
  EXPECT_GE(keep(asker_.ask_back(BPF_PROG_LOAD, attr)), 0);
  EXPECT_TRUE(std::string_view(log.data()).ends_with("mark_read 0\n"));
  EXPECT_EQ(attr.log_true_size, std::strlen(log.data()) + 1);
  attr.log_size = 17;
  EXPECT_EQ(asker_.ask_back(BPF_PROG_LOAD, attr), -ENOSPC);
  EXPECT_STREQ(log.data(), "s 0 mark_read 0\n");
  attr.log_buf = 8;
  EXPECT_EQ(asker_.ask_back(BPF_PROG_LOAD, attr), -EFAULT);
  attr.log_buf = attr.log_size = 0;
  attr.log_true_size = 0;
  EXPECT_GE(keep(asker_.ask_back(BPF_PROG_LOAD, attr)), 0);
  EXPECT_GT(attr.log_true_size, 0u);
}

// A map of one program goes by the hash of its instructions, descriptors of maps left out. Maps that only fd_array
// binds are looked at before there is a hash.
TEST_P(Bpf, ExclusiveMaps) {
  const auto map_for = [&](const Sha256& hash) {
    return keep(ask(BPF_MAP_CREATE, MapCreateAttr{.map_type = BPF_MAP_TYPE_ARRAY,
                                                  .key_size = 4,
                                                  .value_size = 4,
                                                  .max_entries = 1,
                                                  .excl_prog_hash = address(hash.data()),
                                                  .excl_prog_hash_size = u32(hash.size())}));
  };
  isa::Insn insns[] = {{.code = 0x18, .dst = 1, .src = isa::BPF_PSEUDO_MAP_FD}, {}, insns_[0], insns_[1]};
  const auto hash_of = [](const auto& insns) { return sha256({reinterpret_cast<const u8*>(insns), sizeof(insns)}); };
  const Sha256 mine = hash_of(insns), bound = hash_of(insns_), none = {};
  const auto load_with = [&](int fd) {
    insns[0].imm = fd;
    ProgLoadAttr attr = two_insns();
    attr.insns = address(insns);
    attr.insn_cnt = 4;
    return std::min(keep(ask(BPF_PROG_LOAD, attr)), 0);
  };
  EXPECT_EQ(load_with(map_for(mine)), 0);
  EXPECT_EQ(load_with(map_for(bound)), -EACCES);
  const auto load_bound_to = [&](int fd) {
    ProgLoadAttr attr = two_insns();
    attr.fd_array = address(&fd);
    attr.fd_array_cnt = 1;
    return std::min(keep(ask(BPF_PROG_LOAD, attr)), 0);
  };
  EXPECT_EQ(load_bound_to(map_for(none)), 0);
  EXPECT_EQ(load_bound_to(map_for(bound)), -EACCES);
}

TEST_P(Bpf, BtfLoad) {
  const std::vector<u8> good = small_btf();
  EXPECT_GE(btf(), 0);
  const auto load = [&](auto change) {
    BtfLoadAttr attr{.btf = address(good.data()), .btf_size = u32(good.size())};
    change(attr);
    return std::min(keep(ask(BPF_BTF_LOAD, attr)), 0);
  };
  EXPECT_EQ(load([](auto& a) { a.btf = 8; }), -EFAULT);
  EXPECT_EQ(load([](auto& a) { a.btf_size = 0; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.btf_size = (16u << 20) + 1; }), -E2BIG);
  EXPECT_EQ(load([](auto& a) { a.btf_flags = 1; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.btf_log_level = 16; }), -EINVAL);
  EXPECT_EQ(load([](auto& a) { a.btf_log_size = 1; }), -EINVAL);
  char log[512];
  BtfLoadAttr attr{.btf = address(good.data()),
                   .btf_log_buf = address(log),
                   .btf_size = 24,
                   .btf_log_size = sizeof(log),
                   .btf_log_level = 1};
  EXPECT_EQ(asker_.ask_back(BPF_BTF_LOAD, attr), -EINVAL);
  EXPECT_EQ(attr.btf_log_true_size, std::strlen(log) + 1);
}

TEST_P(Bpf, InfoLengths) {
  const int map = array(4, 2, BPF_F_MMAPABLE);
  std::array<u8, 4104> info{};
  const auto ask_info = [&](int fd, u32 length) {
    InfoAttr attr{u32(fd), length, address(info.data())};
    const long result = asker_.ask_back(BPF_OBJ_GET_INFO_BY_FD, attr);
    return result ? result : long(attr.info_len);
  };
  EXPECT_EQ(ask_info(map, 0), 0);
  EXPECT_EQ(ask_info(map, 40), 40);
  MapInfo got;
  std::memcpy(&got, info.data(), sizeof(got));
  EXPECT_EQ(got.type, u32(BPF_MAP_TYPE_ARRAY));
  EXPECT_EQ(got.max_entries, 2u);
  EXPECT_EQ(got.map_flags, u32(BPF_F_MMAPABLE));
  EXPECT_EQ(ask_info(map, 4096), long(sizeof(MapInfo)));
  EXPECT_EQ(ask_info(map, 4097), -E2BIG);
  info[sizeof(MapInfo)] = 1;
  EXPECT_EQ(ask_info(map, 112), -E2BIG);
  EXPECT_EQ(ask_info(1 << 20, 0), -EBADFD);
  EXPECT_EQ(ask_info(keep(memfd_create("other", 0)), 0), -EINVAL);
  info.fill(0);
  EXPECT_EQ(ask_info(btf(), 32), 32);
  EXPECT_EQ(ask_info(keep(ask(BPF_PROG_LOAD, two_insns())), 4096), long(sizeof(ProgInfo)));
}

TEST_P(Bpf, WhatLibbpfProbes) {
  ProgLoadAttr attr = two_insns();
  attr.prog_type = BPF_PROG_TYPE_TRACEPOINT;
  const int tracepoint = keep(ask(BPF_PROG_LOAD, attr));
  EXPECT_EQ(ask(BPF_LINK_CREATE, LinkCreateAttr{u32(tracepoint), u32(-1), BPF_PERF_EVENT}, 32), -EBADF);
  EXPECT_EQ(ask(BPF_LINK_CREATE, LinkCreateAttr{u32(1 << 20), u32(-1), BPF_PERF_EVENT}, 32), -EBADF);
  attr.prog_type = BPF_PROG_TYPE_KPROBE;
  attr.expected_attach_type = BPF_TRACE_UPROBE_MULTI;
  const int uprobe = keep(ask(BPF_PROG_LOAD, attr));
  const u64 offset = 0;
  LinkCreateAttr link{u32(uprobe), u32(-1), BPF_TRACE_UPROBE_MULTI, 0, address("/"), address(&offset), 0, 0, 1};
  EXPECT_EQ(ask(BPF_LINK_CREATE, link, LinkCreateAttr::kEnd), -EBADF);
  link.pid = u32(-1);
  EXPECT_EQ(ask(BPF_LINK_CREATE, link, LinkCreateAttr::kEnd), -EINVAL);
  const int map = array();
  EXPECT_EQ(ask(BPF_PROG_BIND_MAP, BindMapAttr{u32(tracepoint), u32(map)}), 0);
  EXPECT_EQ(ask(BPF_PROG_BIND_MAP, BindMapAttr{u32(tracepoint), u32(map), 1}), -EINVAL);
  EXPECT_EQ(ask(BPF_PROG_BIND_MAP, BindMapAttr{u32(map), u32(map)}), -EINVAL);
  EXPECT_EQ(ask(BPF_BTF_GET_NEXT_ID, IdAttr{0x7fffffff}, 8), -EINVAL);
  EXPECT_EQ(ask(BPF_MAP_GET_FD_BY_ID, IdAttr{0x7ffffff0}, 12), -ENOENT);
}

TEST_P(Bpf, ArraysOfObjects) {
  const u32 prog = u32(keep(ask(BPF_PROG_LOAD, two_insns()))), inner = u32(array()), closed = 1 << 20,
            negative = u32(-ENOENT);
  const u32 null = u32(keep(open("/dev/null", O_RDONLY)));
  u32 back = 0;
  const auto make = [&](u32 type) {
    return keep(ask(BPF_MAP_CREATE, MapCreateAttr{type, 4, 4, 4, 0, type == BPF_MAP_TYPE_ARRAY_OF_MAPS ? inner : 0}));
  };
  const std::pair<int, int> others[] = {{make(BPF_MAP_TYPE_PROG_ARRAY), -EINVAL},
                                        {make(BPF_MAP_TYPE_ARRAY_OF_MAPS), -EINVAL},
                                        {make(BPF_MAP_TYPE_PERF_EVENT_ARRAY), -EBADF},
                                        {make(BPF_MAP_TYPE_CGROUP_ARRAY), -EBADF}};
  for (const auto& [map, other] : others) {
    EXPECT_EQ(update(map, 0, &closed), -EBADF);
    EXPECT_EQ(update(map, 0, &negative), -EBADF) << "as libbpf gives it for a program that is not loaded";
    EXPECT_EQ(update(map, 0, &null), other);
    EXPECT_EQ(update(map, 9, &closed), -E2BIG);
    EXPECT_EQ(update(map, 9, &closed, 1), -EINVAL);
    EXPECT_EQ(lookup(map, 0, &back), other == -EBADF ? -kErrnoNotSupp : -ENOENT);
  }
  const int progs = others[0].first, maps = others[1].first;
  EXPECT_EQ(update(progs, 0, &inner), -EINVAL);
  EXPECT_EQ(update(maps, 0, &prog), -EINVAL);
  for (const auto& [map, fd] : {std::pair(progs, prog), std::pair(maps, inner)}) {
    const u32 key = 0;
    const MapElemAttr elem{u32(map), 0, address(&key)};
    const auto erase = [&] { return ask(BPF_MAP_DELETE_ELEM, elem, 16); };
    EXPECT_EQ(update(map, 0, &fd), 0);
    EXPECT_EQ(lookup(map, 0, &back), 0);
    EXPECT_EQ(back, id_of(int(fd)));
    EXPECT_EQ(erase(), 0);
    EXPECT_EQ(erase(), -ENOENT);
  }
}

TEST_P(Bpf, ProgramArraysAreOfOneKind) {
  ProgLoadAttr attr = two_insns();
  const u32 filter = u32(keep(ask(BPF_PROG_LOAD, attr)));
  attr.prog_type = BPF_PROG_TYPE_XDP;
  const u32 xdp = u32(keep(ask(BPF_PROG_LOAD, attr)));
  attr.prog_flags = BPF_F_XDP_HAS_FRAGS;
  const u32 frags = u32(keep(ask(BPF_PROG_LOAD, attr)));
  const auto make = [&] { return keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4})); };
  const int filters = make(), xdps = make(), used = make();
  EXPECT_EQ(update(filters, 0, &filter), 0);
  EXPECT_EQ(update(filters, 0, &xdp), -EINVAL);
  EXPECT_EQ(update(xdps, 0, &xdp), 0);
  EXPECT_EQ(update(xdps, 1, &frags), -EINVAL);
  // r1 = used; r0 = 0; exit: its user decides as well.
  const isa::Insn insns[] = {{.code = 0x18, .dst = 1, .src = 1, .imm = used}, {}, {.code = 0xb7}, {.code = 0x95}};
  ProgLoadAttr user = two_insns();
  user.insns = address(insns);
  user.insn_cnt = 4;
  EXPECT_GE(keep(ask(BPF_PROG_LOAD, user)), 0);
  EXPECT_EQ(update(used, 0, &xdp), -EINVAL);
  EXPECT_EQ(update(used, 0, &filter), 0);
  user.prog_type = BPF_PROG_TYPE_XDP;
  EXPECT_EQ(ask(BPF_PROG_LOAD, user), -EINVAL);
}

TEST_P(Bpf, TagsAndExclusivePrograms) {
  const int map = array();
  isa::Insn insns[] = {{.code = 0x18, .dst = 1, .src = 1, .imm = map}, {}, {.code = 0xb7}, {.code = 0x95}};
  ProgLoadAttr attr = two_insns();
  attr.insns = address(insns);
  attr.insn_cnt = 4;
  const int prog = keep(ask(BPF_PROG_LOAD, attr));
  const Sha256 digest = digest_of(insns);
  const ProgInfo info = prog_info(prog);
  EXPECT_EQ(std::memcmp(info.tag, digest.data(), sizeof(info.tag)), 0);
  EXPECT_EQ(info.nr_map_ids, 1u);

  MapCreateAttr exclusive{BPF_MAP_TYPE_ARRAY, 4, 4, 1};
  exclusive.excl_prog_hash = address(digest.data());
  exclusive.excl_prog_hash_size = 31;
  EXPECT_EQ(ask(BPF_MAP_CREATE, exclusive, MapCreateAttr::kEnd), -EINVAL);
  exclusive.excl_prog_hash_size = 32;
  const int mine = keep(ask(BPF_MAP_CREATE, exclusive, MapCreateAttr::kEnd));
  ASSERT_GE(mine, 0);
  insns[0].imm = mine;
  EXPECT_GE(keep(ask(BPF_PROG_LOAD, attr)), 0);
  insns[2].imm = 1;
  EXPECT_EQ(ask(BPF_PROG_LOAD, attr), -EACCES);
  insns[2].imm = 0;
  attr.fd_array = address(&mine);
  attr.fd_array_cnt = 1;
  EXPECT_EQ(ask(BPF_PROG_LOAD, attr), -EACCES);  // the list is looked at before there is a digest
  EXPECT_EQ(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 1, 0, u32(mine)}), -kErrnoNotSupp);
}

TEST_P(Bpf, DigestsOfArrays) {
  const int map = array(6, 2);
  Sha256 digest{};
  const auto hash = [&](int fd, const void* to, u32 size) {
    MapInfo info{};
    info.hash = address(to);
    info.hash_size = size;
    return ask(BPF_OBJ_GET_INFO_BY_FD, InfoAttr{u32(fd), sizeof(info), address(&info)});
  };
  EXPECT_EQ(hash(map, digest.data(), 32), -EPERM);
  EXPECT_EQ(hash(map, digest.data(), 31), -EINVAL);
  EXPECT_EQ(hash(map, nullptr, 32), -EINVAL);
  EXPECT_EQ(ask(BPF_MAP_FREEZE, MapElemAttr{u32(map)}, 4), 0);
  EXPECT_EQ(hash(map, digest.data(), 32), 0);
  const u8 zeros[16] = {};
  EXPECT_EQ(digest, sha256(zeros));
  const int other = keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_HASH, 4, 4, 4}));
  EXPECT_EQ(hash(other, digest.data(), 32), -EINVAL);
}

TEST_P(Bpf, BatchesOfArrays) {
  const int map = array(4, 4);
  const u32 keys[] = {0, 1, 2, 3, 4}, values[] = {100, 101, 102, 103, 104};
  u32 place = 77, keys_out[8] = {}, values_out[8] = {};
  MapBatchAttr attr{.keys = address(keys), .values = address(values), .count = 5, .map_fd = u32(map)};
  EXPECT_EQ(asker_.ask_back(BPF_MAP_UPDATE_BATCH, attr), -E2BIG);
  EXPECT_EQ(attr.count, 4u);
  attr.elem_flags = 1;
  EXPECT_EQ(asker_.ask_back(BPF_MAP_UPDATE_BATCH, attr), -EINVAL);
  attr.elem_flags = 0;
  attr.keys = 8;
  EXPECT_EQ(asker_.ask_back(BPF_MAP_UPDATE_BATCH, attr), -EFAULT);
  EXPECT_EQ(attr.count, 0u);
  attr = {.out_batch = address(&place),
          .keys = address(keys_out),
          .values = address(values_out),
          .count = 3,
          .map_fd = u32(map)};
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), 0);
  EXPECT_EQ(attr.count, 3u);
  EXPECT_EQ(place, 2u);
  EXPECT_EQ(values_out[2], 102u);
  attr.in_batch = address(&place);
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.count, 1u);
  EXPECT_EQ(keys_out[0], 3u);
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr), -kErrnoNotSupp);
  EXPECT_EQ(asker_.ask_back(BPF_MAP_DELETE_BATCH, attr), -kErrnoNotSupp);
  attr.count = 0;
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), 0);
  attr.count = 2;
  attr.in_batch = 0;
  attr.out_batch = 8;
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), -EFAULT);
}

TEST_P(Bpf, BatchesOfHashTables) {
  constexpr u32 kCount = 64;
  const int map = keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_HASH, 4, 4, kCount}));
  std::vector<u32> keys(kCount), values(kCount), keys_out(kCount + 1), values_out(kCount + 1);
  for (u32 i = 0; i < kCount; ++i) keys[i] = i, values[i] = i * 7;
  u32 place = 0;
  MapBatchAttr attr{
      .keys = address(keys.data()), .values = address(values.data()), .count = kCount, .map_fd = u32(map)};
  EXPECT_EQ(asker_.ask_back(BPF_MAP_UPDATE_BATCH, attr), 0);
  // In pieces, until the end: each element once.
  std::vector<bool> seen(kCount);
  u32 total = 0;
  long result = 0;
  for (u64 in = 0; result == 0; in = address(&place)) {
    attr = {.in_batch = in,
            .out_batch = address(&place),
            .keys = address(keys_out.data()),
            .values = address(values_out.data()),
            .count = 20,
            .map_fd = u32(map)};
    result = asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr);
    for (u32 i = 0; i < attr.count; ++i) {
      EXPECT_EQ(values_out[i], keys_out[i] * 7);
      EXPECT_FALSE(seen[keys_out[i]]);
      seen[keys_out[i]] = true;
    }
    total += attr.count;
  }
  EXPECT_EQ(result, -ENOENT);
  EXPECT_EQ(total, kCount);
  // The end, the errors.
  attr.in_batch = address(&place);
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.count, 0u);
  attr.in_batch = 0;
  attr.count = 4;
  attr.flags = 1;
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), -EINVAL);
  attr.flags = 0;
  attr.out_batch = 0;
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_BATCH, attr), -EFAULT);
  EXPECT_EQ(attr.count, 0u);
  // All of it, and away.
  attr = {.out_batch = address(&place),
          .keys = address(keys_out.data()),
          .values = address(values_out.data()),
          .count = kCount + 1,
          .map_fd = u32(map)};
  EXPECT_EQ(asker_.ask_back(BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.count, kCount);
  attr = {.keys = address(keys.data()), .count = 2, .map_fd = u32(map)};
  EXPECT_EQ(asker_.ask_back(BPF_MAP_DELETE_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.count, 0u);
}

TEST_P(Bpf, BatchesAndAccess) {
  const auto batches = [&](int map) {
    std::string errors;
    for (u32 cmd : {BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH})
      errors += std::to_string(ask(cmd, MapBatchAttr{.map_fd = u32(map)})) + " ";
    return errors;
  };
  const auto hash = [&](u32 flags) {
    return keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_HASH, 4, 4, 4, flags}));
  };
  EXPECT_EQ(batches(hash(0)), "0 0 0 0 ");
  EXPECT_EQ(batches(hash(BPF_F_RDONLY)), "0 -1 -1 -1 ");
  EXPECT_EQ(batches(hash(BPF_F_WRONLY)), "-1 -1 0 0 ");
  EXPECT_EQ(batches(array()), "0 -524 0 -524 ");
  EXPECT_EQ(batches(keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_LPM_TRIE, 8, 4, 4, 1}))), "0 -524 0 0 ");
  EXPECT_EQ(batches(keep(ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4}))),
            "-524 -524 -524 -524 ");
  EXPECT_EQ(batches(1 << 20), "-9 -9 -9 -9 ");
}

TEST_P(Bpf, OpenFlags) {
  const int map = array();
  const u32 id = id_of(map), one = 1;
  u32 back;
  const auto open_with = [&](u32 flags) {
    return keep(ask(BPF_MAP_GET_FD_BY_ID, IdAttr{id, 0, flags}, IdAttr::kEndOpenFlags));
  };
  EXPECT_EQ(open_with(1), -EINVAL);
  EXPECT_EQ(open_with(BPF_F_RDONLY | BPF_F_WRONLY), -EINVAL);
  const int readable = open_with(BPF_F_RDONLY), writable = open_with(BPF_F_WRONLY);
  EXPECT_EQ(update(readable, 0, &one), -EPERM);
  EXPECT_EQ(lookup(readable, 0, &back), 0);
  EXPECT_EQ(lookup(writable, 0, &back), -EPERM);
  EXPECT_EQ(update(writable, 0, &one), 0);
  EXPECT_EQ(ask(BPF_MAP_FREEZE, MapElemAttr{u32(readable)}, 4), -EPERM);
  EXPECT_EQ(ask(BPF_MAP_FREEZE, MapElemAttr{u32(writable)}, 4), 0);
}

TEST_P(Bpf, PinsThatCannotBe) {
  const u32 map = u32(array()), closed = 1 << 20, types = u32(btf());
  const auto pin = [&](u64 path, u32 fd, u32 flags = 0, s32 folder = 0) {
    return ask(BPF_OBJ_PIN, ObjAttr{path, fd, flags, folder}, ObjAttr::kEnd);
  };
  const auto get = [&](u64 path, u32 flags = 0, u32 fd = 0, s32 folder = 0) {
    return ask(BPF_OBJ_GET, ObjAttr{path, fd, flags, folder}, ObjAttr::kEnd);
  };
  const std::string long_path(5000, 'x'), long_name = "/tmp/" + std::string(300, 'x');
  EXPECT_EQ(pin(address("/tmp/no-bpffs"), map), -EPERM);
  EXPECT_EQ(pin(address("/tmp"), map), -EEXIST);
  EXPECT_EQ(pin(address("/no-such-folder/x"), map), -ENOENT);
  EXPECT_EQ(pin(address(""), map), -ENOENT);
  EXPECT_EQ(pin(0, map), -EFAULT);
  EXPECT_EQ(pin(8, map), -EFAULT);
  EXPECT_EQ(pin(address(long_path.c_str()), map), -ENAMETOOLONG);
  EXPECT_EQ(pin(address(long_name.c_str()), map), -ENAMETOOLONG);
  EXPECT_EQ(pin(address("/tmp/x"), closed), -EINVAL);
  EXPECT_EQ(pin(address("/tmp/x"), types), -EINVAL);
  EXPECT_EQ(pin(address("/tmp/x"), map, BPF_F_RDONLY), -EINVAL);
  EXPECT_EQ(pin(address("x"), map, 0, 5), -EINVAL);
  EXPECT_EQ(pin(address("x"), map, 1u << 14, 1 << 20), -EBADF);
  EXPECT_EQ(get(address("/etc/passwd")), -EACCES);
  EXPECT_EQ(get(address("/tmp")), -EACCES);
  EXPECT_EQ(get(address("/no-such-folder/x")), -ENOENT);
  EXPECT_EQ(get(address("/etc/passwd/x")), -ENOTDIR);
  EXPECT_EQ(get(address("")), -ENOENT);
  EXPECT_EQ(get(0), -EFAULT);
  EXPECT_EQ(get(address("/tmp"), BPF_F_RDONLY | BPF_F_WRONLY), -EINVAL);
  EXPECT_EQ(get(address("/tmp"), 1), -EINVAL);
  EXPECT_EQ(get(address("/tmp"), 0, 5), -EINVAL);
  EXPECT_EQ(get(address("x"), 1u << 14, 0, 1 << 20), -EBADF);
}

TEST_P(Bpf, AttachingToNothing) {
  const u32 prog = u32(keep(ask(BPF_PROG_LOAD, two_insns()))), closed = 1 << 20;
  EXPECT_EQ(ask(BPF_LINK_UPDATE, std::array<u32, 4>{closed, prog}), -EBADF);
  EXPECT_EQ(ask(BPF_LINK_UPDATE, std::array<u32, 4>{prog, prog}), -EINVAL);
  EXPECT_EQ(ask(BPF_LINK_UPDATE, std::array<u32, 4>{prog, prog, 8}), -EINVAL);
  EXPECT_EQ(ask(BPF_LINK_DETACH, closed), -EBADF);
  EXPECT_EQ(ask(BPF_LINK_DETACH, prog), -EINVAL);
  EXPECT_EQ(ask(BPF_ITER_CREATE, std::array<u32, 2>{closed}), -EBADF);
  EXPECT_EQ(ask(BPF_ITER_CREATE, std::array<u32, 2>{prog, 1}), -EINVAL);
  EXPECT_EQ(ask(BPF_PROG_ATTACH, AttachAttr{closed, closed}), -EBADF);
  EXPECT_EQ(ask(BPF_PROG_ATTACH, AttachAttr{closed, prog}), -EINVAL);
  EXPECT_EQ(ask(BPF_PROG_ATTACH, AttachAttr{closed, prog, 0xff}), -EINVAL);
  const int query[] = {0, 8, 17, 36, 43};
  for (int type : query) EXPECT_EQ(ask(BPF_PROG_QUERY, std::array<u32, 16>{closed, u32(type)}), -EBADF) << type;
  for (int type : {23, 24, 27, 33, 42, 0xff})
    EXPECT_EQ(ask(BPF_PROG_QUERY, std::array<u32, 16>{closed, u32(type)}), -EINVAL) << type;
  EXPECT_EQ(ask(BPF_PROG_QUERY, std::array<u32, 16>{closed, 46}), -ENODEV);
  EXPECT_EQ(ask(BPF_PROG_QUERY, std::array<u32, 16>{closed, 0, 8}), -EINVAL);
  for (int type : {0, 8, 18, 49}) EXPECT_EQ(ask(BPF_PROG_DETACH, AttachAttr{closed, prog, u32(type)}), -EBADF) << type;
  for (int type : {17, 23, 46, 0xff})
    EXPECT_EQ(ask(BPF_PROG_DETACH, AttachAttr{closed, prog, u32(type)}), -EINVAL) << type;
  EXPECT_EQ(ask(BPF_TASK_FD_QUERY, std::array<u32, 12>{u32(getpid()), prog}), -kErrnoNotSupp);
  EXPECT_EQ(ask(BPF_TASK_FD_QUERY, std::array<u32, 12>{u32(getpid()), closed}), -EBADF);
  EXPECT_EQ(ask(BPF_TASK_FD_QUERY, std::array<u32, 12>{0x3fffff0}), -ENOENT);
  EXPECT_EQ(ask(BPF_TASK_FD_QUERY, std::array<u32, 12>{u32(getpid()), prog, 1}), -EINVAL);
  EXPECT_EQ(ask(BPF_PROG_STREAM_READ_BY_FD, std::array<u32, 5>{0, 0, 0, 1, prog}), 0);
  EXPECT_EQ(ask(BPF_PROG_STREAM_READ_BY_FD, std::array<u32, 5>{0, 0, 0, 3, prog}), -ENOENT);
  EXPECT_EQ(ask(BPF_PROG_STREAM_READ_BY_FD, std::array<u32, 5>{0, 0, 0, 1, closed}), -EBADF);
  EXPECT_GE(keep(ask(BPF_ENABLE_STATS, u32(0))), 0);
  EXPECT_EQ(ask(BPF_ENABLE_STATS, u32(1)), -EINVAL);
  EXPECT_EQ(ask(BPF_TOKEN_CREATE, TokenCreateAttr{0, closed}), -EBADF);
  EXPECT_EQ(ask(BPF_TOKEN_CREATE, TokenCreateAttr{0, prog}), -EINVAL);
  EXPECT_EQ(ask(BPF_TOKEN_CREATE, TokenCreateAttr{1, closed}), -EINVAL);
}

TEST_P(Bpf, BoundMaps) {
  const int prog = keep(ask(BPF_PROG_LOAD, two_insns())), map = array();
  EXPECT_EQ(ask(BPF_PROG_BIND_MAP, BindMapAttr{u32(prog), 1 << 20}), -EBADF);
  EXPECT_EQ(ask(BPF_PROG_BIND_MAP, BindMapAttr{u32(prog), u32(map)}), 0);
  EXPECT_EQ(ask(BPF_PROG_BIND_MAP, BindMapAttr{u32(prog), u32(map)}), 0);
  u32 ids[4] = {};
  EXPECT_EQ(prog_info(prog, ids).nr_map_ids, 1u);
  EXPECT_EQ(ids[0], id_of(map));
}

// Not asked of the running kernel: it has other objects than ours.
TEST(Ids, OnlyLivingObjectsHaveThem) {
  auto kernel = make_kernel();
  const Asker asker = ask(*kernel);
  const MapCreateAttr array{BPF_MAP_TYPE_ARRAY, 4, 4, 1};
  const int first = int(asker.ask(BPF_MAP_CREATE, array)), second = int(asker.ask(BPF_MAP_CREATE, array));
  IdAttr attr{0};
  EXPECT_EQ(asker.ask_back(BPF_MAP_GET_NEXT_ID, attr), 0);
  EXPECT_EQ(attr.next_id, 1u);
  close(first);
  attr.id = 0;
  EXPECT_EQ(asker.ask_back(BPF_MAP_GET_NEXT_ID, attr), 0);
  EXPECT_EQ(attr.next_id, 2u);
  const int again = int(asker.ask(BPF_MAP_GET_FD_BY_ID, IdAttr{2}));
  EXPECT_GE(again, 0);
  EXPECT_EQ(asker.ask(BPF_MAP_GET_FD_BY_ID, IdAttr{1}), -ENOENT);
  close(second);
  close(again);
  EXPECT_EQ(asker.ask_back(BPF_MAP_GET_NEXT_ID, attr), -ENOENT);
}

TEST(Kernels, DoNotSeeEachOther) {
  auto one = make_kernel(), two = make_kernel();
  const int map = int(ask(*one).ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, 4, 1}));
  EXPECT_EQ(ask(*two).ask(BPF_MAP_FREEZE, MapElemAttr{u32(map)}, 4), -EINVAL);
  close(map);
}

TEST(Privileges, NothingWithoutThem) {
  auto kernel =
      make_kernel({.bpf = false, .perfmon = false, .net_admin = false, .sys_admin = false, .sys_boot = false});
  EXPECT_EQ(ask(*kernel).ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, 4, 1}), -EPERM);
  EXPECT_EQ(load_btf(ask(*kernel), small_btf()), -EPERM);
  auto no_net = make_kernel({.net_admin = false});
  EXPECT_EQ(ask(*no_net).ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_XSKMAP, 4, 4, 1}), -EPERM);
}

TEST(Storage, AMillionEntriesCostNothing) {
  auto kernel = make_kernel();
  const int map = int(ask(*kernel).ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, 4096, 1 << 20}));
  ASSERT_GE(map, 0);
  close(map);
}

}  // namespace
}  // namespace skep::sys
