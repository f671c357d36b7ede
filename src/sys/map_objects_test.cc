// Maps of things of the running kernel - devices, CPUs, sockets, and the local storages: one expectation for our
// bpf(2) and for the kernel's.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "isa/insn.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

enum class Who { Ours, Running };
inline constexpr long kNotSupp = -kErrnoNotSupp;

class MapObjects : public testing::TestWithParam<Who> {
 public:
  void SetUp() override {
    if (GetParam() == Who::Running) {
      if (!running_kernel_is_reference()) GTEST_SKIP() << "no running kernel to ask";
      asker_ = running_kernel();
    } else {
      kernel_ = make_kernel();
      asker_ = sys::ask(*kernel_);
    }
  }
  void TearDown() override {
    for (int fd : fds_) close(fd);
  }
  int keep(long fd) {
    if (fd >= 0) fds_.push_back(int(fd));
    return int(fd);
  }
  int make(u32 type, u32 key_size, u32 value_size, u32 max, u32 flags = 0) {
    MapCreateAttr attr{type, key_size, value_size, max, flags};
    if (max == 0) {  // local storages want types
      attr.btf_fd = u32(keep(load_btf(asker_, small_btf())));
      attr.btf_key_type_id = attr.btf_value_type_id = 1;
    }
    map_ = keep(asker_.ask(BPF_MAP_CREATE, attr));
    return map_;
  }

  // Of the map made last. Keys have 4 bytes; values are two words, of which the map takes what it wants.
  long update(u32 key, u32 first, u32 second = 0, u64 flags = 0) {
    const u32 value[2] = {first, second};
    return asker_.ask(BPF_MAP_UPDATE_ELEM, MapElemAttr{u32(map_), 0, address(&key), address(value), flags});
  }
  long lookup(u32 key, u64 flags = 0) {
    found_[0] = found_[1] = 0;
    return asker_.ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{u32(map_), 0, address(&key), address(found_), flags});
  }
  long erase(u32 key) { return asker_.ask(BPF_MAP_DELETE_ELEM, MapElemAttr{u32(map_), 0, address(&key)}); }
  long take(u32 key) {
    return asker_.ask(BPF_MAP_LOOKUP_AND_DELETE_ELEM, MapElemAttr{u32(map_), 0, address(&key), address(found_)});
  }
  long next(const u32* key) {
    return asker_.ask(BPF_MAP_GET_NEXT_KEY, MapElemAttr{u32(map_), 0, address(key), address(&next_)});
  }
  // All keys, as far as GET_NEXT_KEY leads.
  std::vector<u32> keys() {
    std::vector<u32> out;
    for (long r = next(nullptr); r == 0 && out.size() < 100; r = next(&out.back())) out.push_back(next_);
    return out;
  }
  // Whether there is a program of this id.
  bool lives(u32 prog) {
    IdAttr attr{prog - 1};
    return asker_.ask_back(BPF_PROG_GET_NEXT_ID, attr) == 0 && attr.next_id == prog;
  }
  // Linux frees elements after a grace period.
  bool dies(u32 prog) {
    for (int i = 0; i < 300 && lives(prog); ++i) usleep(10'000);
    return !lives(prog);
  }
  u64 cookie() const { return found_[0] | u64(found_[1]) << 32; }

  std::unique_ptr<Kernel> kernel_;
  Asker asker_;
  std::vector<int> fds_;
  int map_ = -1;
  u32 found_[2] = {}, next_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, MapObjects, testing::Values(Who::Ours, Who::Running),
                         [](const auto& info) { return info.param == Who::Ours ? "ours" : "running"; });

using Words = std::vector<u32>;

TEST_P(MapObjects, Devmap) {
  const u32 lo = if_nametoindex("lo");
  for (u32 size : {4, 8}) {
    ASSERT_GE(make(BPF_MAP_TYPE_DEVMAP, 4, size, 4), 0);
    EXPECT_EQ(lookup(0), -ENOENT);
    EXPECT_EQ(update(0, 9999), -EINVAL);
    EXPECT_EQ(update(1, lo), 0);
    EXPECT_EQ(lookup(1), 0);
    EXPECT_EQ(found_[0], lo);
    EXPECT_EQ(found_[1], 0u);
    EXPECT_EQ(lookup(1, 4), -EINVAL);
    EXPECT_EQ(update(1, lo, 0, 1), -EEXIST);
    EXPECT_EQ(update(2, lo, 0, 1), -EEXIST);
    EXPECT_EQ(update(3, lo, 0, 2), 0);
    for (u64 flags : {3, 4, 8}) EXPECT_EQ(update(4, lo, 0, flags), -EINVAL);
    EXPECT_EQ(update(4, lo), -E2BIG);
    EXPECT_EQ(lookup(4), -ENOENT);
    EXPECT_EQ(update(1, 9999), -EINVAL);
    EXPECT_EQ(lookup(1), 0);
    EXPECT_EQ(update(1, 0), 0) << "interface 0 empties";
    EXPECT_EQ(lookup(1), -ENOENT);
    EXPECT_EQ(keys(), (Words{0, 1, 2, 3}));
    const u32 beyond = 77;
    EXPECT_EQ(next(&beyond), 0);
    EXPECT_EQ(next_, 0u);
    EXPECT_EQ(erase(1), 0);
    EXPECT_EQ(erase(4), -EINVAL);
    EXPECT_EQ(take(3), kNotSupp);
  }
}

TEST_P(MapObjects, DevmapHash) {
  const u32 lo = if_nametoindex("lo");
  for (u32 size : {4, 8}) {
    ASSERT_GE(make(BPF_MAP_TYPE_DEVMAP_HASH, 4, size, 3), 0);
    EXPECT_EQ(next(nullptr), -ENOENT);
    EXPECT_EQ(update(70, 9999), -EINVAL);
    EXPECT_EQ(update(70, 0), -EINVAL);
    EXPECT_EQ(update(70, lo, 0, 1), 0);
    EXPECT_EQ(lookup(70), 0);
    EXPECT_EQ(found_[0], lo);
    EXPECT_EQ(update(70, lo, 0, 1), -EEXIST);
    EXPECT_EQ(update(70, 9999, 0, 1), -EEXIST);
    EXPECT_EQ(update(70, 0, 0, 1), -EINVAL);
    EXPECT_EQ(update(80, lo, 0, 2), 0) << "BPF_EXIST is not looked at";
    EXPECT_EQ(update(70, lo, 0, 3), -EINVAL);
    EXPECT_EQ(update(90, lo), 0);
    EXPECT_EQ(update(100, lo), -E2BIG);
    EXPECT_EQ(update(100, 9999), -EINVAL);
    EXPECT_EQ(update(70, lo), 0);
    EXPECT_EQ(keys().size(), 3u);
    EXPECT_EQ(erase(70), 0);
    EXPECT_EQ(erase(70), -ENOENT);
    EXPECT_EQ(take(80), kNotSupp);
  }
}

TEST_P(MapObjects, Cpumap) {
  for (u32 size : {4, 8}) {
    ASSERT_GE(make(BPF_MAP_TYPE_CPUMAP, 4, size, 256), 0);
    EXPECT_EQ(update(0, 64), 0);
    EXPECT_EQ(lookup(0), 0);
    EXPECT_EQ(found_[0], 64u);
    EXPECT_EQ(update(0, 64, 0, 1), -EEXIST);
    EXPECT_EQ(update(255, 64, 0, 1), -EEXIST);
    EXPECT_EQ(update(0, 1, 0, 2), 0);
    EXPECT_EQ(update(0, 1, 0, 3), -EINVAL);
    EXPECT_EQ(update(0, 16384), 0);
    EXPECT_EQ(update(0, 16385), -EOVERFLOW);
    EXPECT_EQ(update(255, 16385), -EOVERFLOW);
    EXPECT_EQ(update(255, 64), -ENODEV);
    EXPECT_EQ(update(255, 0), -ENODEV);
    EXPECT_EQ(update(256, 16385), -E2BIG);
    EXPECT_EQ(update(0, 0), 0) << "no queue: the element is empty";
    EXPECT_EQ(lookup(0), -ENOENT);
    EXPECT_EQ(lookup(256), -ENOENT);
    EXPECT_EQ(erase(0), 0);
    EXPECT_EQ(erase(256), -EINVAL);
    EXPECT_EQ(take(0), kNotSupp);
    EXPECT_EQ(keys().size(), size_t(100));
  }
}

// Descriptors of programs in values: what is none fails in its turn, with another errno for each type.
TEST_P(MapObjects, ProgramsOfDevmapsAndCpumaps) {
  const isa::Insn insns[2] = {{.code = 0xb7, .imm = 2}, {.code = 0x95}};
  const auto load = [&](u32 type, u32 attach) {
    ProgLoadAttr attr{.prog_type = type, .insn_cnt = 2, .insns = address(insns), .license = address("GPL")};
    attr.expected_attach_type = attach;
    return u32(keep(asker_.ask(BPF_PROG_LOAD, attr)));
  };
  const u32 filter = load(BPF_PROG_TYPE_SOCKET_FILTER, 0), plain = load(BPF_PROG_TYPE_XDP, 0),
            dev = load(BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP), cpu = load(BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP);
  const u32 lo = if_nametoindex("lo");
  for (u32 type : {BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH}) {
    ASSERT_GE(make(type, 4, 8, 4), 0);
    for (u32 bad : {filter, plain, cpu, 1u, 999u}) EXPECT_EQ(update(0, lo, bad), -EINVAL) << bad;
    EXPECT_EQ(update(0, lo, dev), 0);
    EXPECT_EQ(lookup(0), 0);
    EXPECT_NE(found_[1], 0u) << "the program's id";
    EXPECT_EQ(update(0, 0, dev), -EINVAL);
    EXPECT_EQ(update(0, lo, 999, 1), -EEXIST);
    EXPECT_EQ(update(0, lo, ~0u), 0);
    EXPECT_EQ(lookup(0), 0);
    EXPECT_EQ(found_[1], 0u);
  }
  ASSERT_GE(make(BPF_MAP_TYPE_CPUMAP, 4, 8, 4), 0);
  for (u32 bad : {filter, plain, dev, 1u, 999u}) EXPECT_EQ(update(0, 64, bad), -ENOMEM) << bad;
  EXPECT_EQ(update(0, 64, cpu), 0);
  EXPECT_EQ(lookup(0), 0);
  EXPECT_NE(found_[1], 0u);
  EXPECT_EQ(update(0, 16385, 999), -EOVERFLOW);
  EXPECT_EQ(update(0, 0, 999), 0);
}

// All programs of a map are of one kind, that of its first user or element. Of a devmap_hash only elements count.
TEST_P(MapObjects, ProgramsOfAMapAreOfOneKind) {
  const auto load = [&](u32 type, u32 attach, u32 flags, int uses = -1) {
    const isa::Insn insns[] = {{.code = isa::kLdImm64, .dst = 1, .src = isa::BPF_PSEUDO_MAP_FD, .imm = uses},
                               {},
                               {.code = 0xb7, .imm = 2},
                               {.code = 0x95}};
    const u32 skipped = uses < 0 ? 2 : 0;
    ProgLoadAttr attr{.prog_type = type,
                      .insn_cnt = 4 - skipped,
                      .insns = address(insns + skipped),
                      .license = address("GPL"),
                      .prog_flags = flags};
    attr.expected_attach_type = attach;
    return keep(asker_.ask(BPF_PROG_LOAD, attr));
  };
  for (u32 type : {BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH, BPF_MAP_TYPE_CPUMAP}) {
    SCOPED_TRACE(type);
    const bool cpus = type == BPF_MAP_TYPE_CPUMAP, hash = type == BPF_MAP_TYPE_DEVMAP_HASH;
    const u32 attach = cpus ? BPF_XDP_CPUMAP : BPF_XDP_DEVMAP, good = cpus ? 64 : if_nametoindex("lo");
    const long refused = cpus ? -ENOMEM : -EINVAL;
    const u32 plain = u32(load(BPF_PROG_TYPE_XDP, attach, 0)),
              frags = u32(load(BPF_PROG_TYPE_XDP, attach, BPF_F_XDP_HAS_FRAGS));
    ASSERT_GE(make(type, 4, 8, 4), 0);
    EXPECT_EQ(update(0, cpus ? 16385 : 9999, plain), cpus ? -EOVERFLOW : -EINVAL);
    EXPECT_EQ(update(0, good, frags), 0) << "the one before came to nothing";
    EXPECT_EQ(update(0, good, plain), refused);
    EXPECT_EQ(update(0, good), 0);
    EXPECT_EQ(update(0, good, plain), refused) << "it stays of that kind";
    EXPECT_EQ(load(BPF_PROG_TYPE_XDP, 0, 0, map_) >= 0, hash);
    EXPECT_GE(load(BPF_PROG_TYPE_XDP, 0, BPF_F_XDP_HAS_FRAGS, map_), 0);
    ASSERT_GE(make(type, 4, 8, 4), 0);
    EXPECT_GE(load(BPF_PROG_TYPE_SOCKET_FILTER, 0, 0, map_), 0);
    EXPECT_EQ(update(0, good, plain), hash ? 0 : refused);
  }
}

// An element keeps its program, which nobody else has, until the element changes.
TEST_P(MapObjects, ElementsKeepPrograms) {
  const isa::Insn insns[2] = {{.code = 0xb7, .imm = 2}, {.code = 0x95}};
  for (u32 type : {BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH, BPF_MAP_TYPE_CPUMAP}) {
    SCOPED_TRACE(type);
    const u32 good = type == BPF_MAP_TYPE_CPUMAP ? 64 : if_nametoindex("lo");
    ASSERT_GE(make(type, 4, 8, 1), 0);
    // Puts a new program into the element: its id.
    const auto put = [&] {
      ProgLoadAttr attr{
          .prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = 2, .insns = address(insns), .license = address("GPL")};
      attr.expected_attach_type = type == BPF_MAP_TYPE_CPUMAP ? BPF_XDP_CPUMAP : BPF_XDP_DEVMAP;
      const long prog = asker_.ask(BPF_PROG_LOAD, attr);
      EXPECT_EQ(update(0, good, u32(prog)), 0);
      close(int(prog));
      EXPECT_EQ(lookup(0), 0);
      return found_[1];
    };
    const u32 first = put();
    EXPECT_TRUE(lives(first));
    EXPECT_EQ(update(0, 9999999, 0), type == BPF_MAP_TYPE_CPUMAP ? -EOVERFLOW : -EINVAL);
    EXPECT_TRUE(lives(first));
    const u32 second = put();
    EXPECT_TRUE(dies(first));
    EXPECT_TRUE(lives(second));
    EXPECT_EQ(erase(0), 0);
    EXPECT_TRUE(dies(second));
    const u32 third = put();
    EXPECT_TRUE(lives(third));
    close(fds_.back());
    fds_.pop_back();
    EXPECT_TRUE(dies(third)) << "with the map";
  }
}

// Sockets of every kind, closed with the test.
struct Sockets {
  int tcp = socket(AF_INET, SOCK_STREAM, 0), listener = socket(AF_INET, SOCK_STREAM, 0), client = -1, server = -1;
  int udp = socket(AF_INET, SOCK_DGRAM, 0), bound_udp = socket(AF_INET, SOCK_DGRAM, 0);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0), dgram = socket(AF_UNIX, SOCK_DGRAM, 0), pair[2], seqpacket[2];
  int netlink = socket(AF_NETLINK, SOCK_RAW, 0), shared_udp = socket(AF_INET, SOCK_DGRAM, 0),
      shared_tcp = socket(AF_INET, SOCK_STREAM, 0);
  int pipe[2];

  Sockets() {
    const int one = 1;
    setsockopt(shared_udp, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    setsockopt(shared_tcp, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    for (int fd : {listener, bound_udp, shared_udp, shared_tcp}) bind_to_loopback(fd);
    listen(listener, 4);
    connect_pair(client, server);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, seqpacket);
    EXPECT_EQ(::pipe(pipe), 0);
  }
  ~Sockets() {
    for (int fd : {tcp, listener, client, server, udp, bound_udp, stream, dgram, pair[0], pair[1], seqpacket[0],
                   seqpacket[1], netlink, shared_udp, shared_tcp, pipe[0], pipe[1]})
      close(fd);
  }
  static void bind_to_loopback(int fd) {
    sockaddr_in name{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  }
  void connect_pair(int& to, int& from) const {
    sockaddr_in name;
    socklen_t size = sizeof(name);
    getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size);
    to = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(to, reinterpret_cast<sockaddr*>(&name), size), 0);
    from = accept(listener, nullptr, nullptr);
  }
  static u64 cookie(int fd) {
    u64 value = 0;
    socklen_t size = sizeof(value);
    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &size);
    return value;
  }
};

TEST_P(MapObjects, SockmapAndSockhash) {
  const Sockets s;
  for (const auto& [type, size] : {std::pair<u32, u32>{BPF_MAP_TYPE_SOCKMAP, 4},
                                   {BPF_MAP_TYPE_SOCKMAP, 8},
                                   {BPF_MAP_TYPE_SOCKHASH, 4},
                                   {BPF_MAP_TYPE_SOCKHASH, 8}}) {
    SCOPED_TRACE(testing::Message() << "type " << type << " value " << size);
    const bool hash = type == BPF_MAP_TYPE_SOCKHASH;
    ASSERT_GE(make(type, 4, size, 3), 0);
    EXPECT_EQ(lookup(0), size == 4 ? -ENOSPC : -ENOENT);
    for (int good : {s.listener, s.client, s.bound_udp, s.pair[0], s.dgram}) {
      EXPECT_EQ(update(0, u32(good)), 0) << good;
      EXPECT_EQ(lookup(0), size == 4 ? -ENOSPC : 0);
      EXPECT_EQ(cookie(), size == 4 ? 0 : Sockets::cookie(good));
      EXPECT_EQ(erase(0), 0);
    }
    for (int bad : {s.tcp, s.udp, s.stream, s.netlink, s.shared_tcp})
      EXPECT_EQ(update(9, u32(bad), 0, 3), -EOPNOTSUPP) << bad;
    EXPECT_EQ(update(9, u32(s.seqpacket[0]), 0, 3), -EINVAL);
    EXPECT_EQ(update(9, u32(s.seqpacket[0])), hash ? -EOPNOTSUPP : -E2BIG);
    EXPECT_EQ(update(0, u32(s.seqpacket[0])), -EOPNOTSUPP);
    EXPECT_EQ(update(9, u32(s.pipe[0]), 0, 3), -ENOTSOCK);
    EXPECT_EQ(update(9, 999, 0, 3), -EBADF);
    EXPECT_EQ(update(9, ~0u), -EINVAL);
    const u32 client = u32(s.client), server = u32(s.server);
    EXPECT_EQ(update(1, client), 0);
    EXPECT_EQ(update(1, server, 0, 1), -EEXIST);
    EXPECT_EQ(update(2, server, 0, 2), -ENOENT);
    EXPECT_EQ(update(1, server, 0, 2), 0);
    EXPECT_EQ(update(2, server), 0) << "a socket may stand in several places";
    EXPECT_EQ(update(9, client, 0, 3), -EINVAL);
    EXPECT_EQ(update(0, client), 0);
    EXPECT_EQ(update(9, client, 0, 1), -E2BIG);
    EXPECT_EQ(keys().size(), 3u);
    EXPECT_EQ(take(1), kNotSupp);
    EXPECT_EQ(erase(1), 0);
    EXPECT_EQ(erase(1), hash ? -ENOENT : -EINVAL);
    EXPECT_EQ(erase(99), hash ? -ENOENT : -EINVAL);
    EXPECT_EQ(keys().size(), hash ? 2u : 3u);
  }
}

TEST_P(MapObjects, ClosedSocketsLeaveTheMap) {
  const Sockets s;
  for (u32 type : {BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH}) {
    ASSERT_GE(make(type, 4, 8, 1), 0);
    int a, b;
    s.connect_pair(a, b);
    EXPECT_EQ(update(0, u32(a)), 0);
    const int copy = dup(a);
    close(a);
    EXPECT_EQ(lookup(0), 0);
    close(copy);
    EXPECT_EQ(lookup(0), -ENOENT);
    close(b);
    s.connect_pair(a, b);
    EXPECT_EQ(update(0, u32(a)), 0);
    close(a);
    close(b);
    if (type == BPF_MAP_TYPE_SOCKHASH) {
      EXPECT_EQ(update(5, u32(s.client), 0, 1), 0) << "it was full";
    }
  }
}

TEST_P(MapObjects, Xskmap) {
  const Sockets s;
  ASSERT_GE(make(BPF_MAP_TYPE_XSKMAP, 4, 4, 3), 0);
  for (int bad : {s.client, s.bound_udp, s.dgram, s.netlink}) EXPECT_EQ(update(0, u32(bad)), -EOPNOTSUPP);
  EXPECT_EQ(update(0, u32(s.pipe[0])), -ENOTSOCK);
  EXPECT_EQ(update(0, ~0u, 0, 1), -EBADF);
  EXPECT_EQ(update(3, 999), -E2BIG);
  EXPECT_EQ(update(3, 999, 0, 3), -EINVAL);
  EXPECT_EQ(lookup(0), -EOPNOTSUPP);
  EXPECT_EQ(lookup(3), -EOPNOTSUPP);
  EXPECT_EQ(erase(0), 0);
  EXPECT_EQ(erase(3), -EINVAL);
  EXPECT_EQ(keys(), (Words{0, 1, 2}));
  EXPECT_EQ(take(0), kNotSupp);
  const int xdp = keep(socket(AF_XDP, SOCK_RAW, 0));
  if (xdp < 0) return;
  EXPECT_EQ(update(1, u32(xdp), 0, 2), -ENOENT);
  EXPECT_EQ(update(0, u32(xdp)), 0);
  EXPECT_EQ(update(0, u32(xdp), 0, 1), 0) << "nothing changes";
  EXPECT_EQ(update(0, u32(xdp), 0, 2), 0);
  EXPECT_EQ(erase(0), 0);
}

TEST_P(MapObjects, ReuseportSockarray) {
  const Sockets s;
  const u32 udp = u32(s.shared_udp), tcp = u32(s.shared_tcp);
  for (u32 size : {4, 8}) {
    ASSERT_GE(make(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, size, 3), 0);
    for (int bad : {s.listener, s.client, s.tcp, s.udp, s.bound_udp}) EXPECT_EQ(update(0, u32(bad)), -EINVAL);
    if (size == 4) {
      EXPECT_EQ(update(0, tcp), -EINVAL) << "not listening";
    }
    for (int bad : {s.pair[0], s.dgram, s.netlink}) EXPECT_EQ(update(0, u32(bad)), kNotSupp);
    EXPECT_EQ(update(0, u32(s.pipe[0])), -ENOTSOCK);
    EXPECT_EQ(update(0, 999), -EBADF);
    EXPECT_EQ(update(0, ~0u), size == 4 ? -EBADF : -EINVAL);
    listen(s.shared_tcp, 1);
    EXPECT_EQ(update(0, tcp), 0);
    EXPECT_EQ(lookup(0), size == 4 ? -ENOSPC : 0);
    EXPECT_EQ(cookie(), size == 4 ? 0 : Sockets::cookie(s.shared_tcp));
    EXPECT_EQ(update(0, tcp), -EBUSY);
    EXPECT_EQ(update(1, tcp), -EBUSY);
    EXPECT_EQ(update(0, u32(s.stream), 0, 1), -EEXIST);
    EXPECT_EQ(update(1, u32(s.stream), 0, 2), -ENOENT);
    EXPECT_EQ(update(1, 999, 0, 2), -EBADF);
    EXPECT_EQ(update(0, udp), 0);
    EXPECT_EQ(update(1, tcp), 0) << "it was replaced";
    EXPECT_EQ(update(3, 999), -E2BIG);
    EXPECT_EQ(update(3, 999, 0, 3), -EINVAL);
    EXPECT_EQ(lookup(3), size == 4 ? -ENOSPC : -ENOENT);
    EXPECT_EQ(erase(2), -ENOENT);
    EXPECT_EQ(erase(3), -E2BIG);
    EXPECT_EQ(erase(0), 0);
    EXPECT_EQ(erase(1), 0);
    EXPECT_EQ(keys(), (Words{0, 1, 2}));
    EXPECT_EQ(take(0), kNotSupp);
  }
}

// What all local storages do with the owner behind descriptor `fd`.
void check_storage(MapObjects& t, u32 fd) {
  SCOPED_TRACE(fd);
  EXPECT_EQ(t.lookup(fd), -ENOENT);
  EXPECT_EQ(t.erase(fd), -ENOENT);
  EXPECT_EQ(t.update(fd, 7, 0, 2), -ENOENT);
  EXPECT_EQ(t.update(fd, 7), 0);
  EXPECT_EQ(t.lookup(fd), 0);
  EXPECT_EQ(t.found_[0], 7u);
  EXPECT_EQ(t.update(fd, 8, 0, 1), -EEXIST);
  EXPECT_EQ(t.update(fd, 9, 0, 2), 0);
  EXPECT_EQ(t.lookup(fd), 0);
  EXPECT_EQ(t.found_[0], 9u);
  for (u64 flags : {3, 4, 5, 6, 8, 16}) EXPECT_EQ(t.update(fd, 1, 0, flags), -EINVAL);
  EXPECT_EQ(t.lookup(fd, 4), -EINVAL);
  EXPECT_EQ(t.next(&fd), kNotSupp);
  EXPECT_EQ(t.next(nullptr), kNotSupp);
  EXPECT_EQ(t.take(fd), kNotSupp);
  EXPECT_EQ(t.erase(fd), 0);
  EXPECT_EQ(t.erase(fd), -ENOENT);
}

void check_no_owner(MapObjects& t, int fd, long error) {
  SCOPED_TRACE(fd);
  EXPECT_EQ(t.lookup(u32(fd)), error);
  EXPECT_EQ(t.update(u32(fd), 7, 0, 8), error);
  EXPECT_EQ(t.erase(u32(fd)), error);
}

int open_pidfd(pid_t pid, u32 flags = 0) { return int(syscall(SYS_pidfd_open, pid, flags)); }

TEST_P(MapObjects, SkStorage) {
  const Sockets s;
  const int file = keep(open("/proc/self/stat", O_RDONLY)), path = keep(open("/", O_PATH));
  for (u32 flags : {BPF_F_NO_PREALLOC | 0u, BPF_F_NO_PREALLOC | BPF_F_CLONE}) {
    ASSERT_GE(make(BPF_MAP_TYPE_SK_STORAGE, 4, 4, 0, flags), 0);
    for (int fd : {s.tcp, s.client, s.udp, s.pair[0], s.netlink}) check_storage(*this, u32(fd));
    for (int fd : {s.pipe[0], file}) check_no_owner(*this, fd, -ENOTSOCK);
    for (int fd : {-1, 999, path}) check_no_owner(*this, fd, -EBADF);
  }
}

TEST_P(MapObjects, InodeStorage) {
  const Sockets s;
  const int file = keep(open("/proc/self/stat", O_RDONLY)), path = keep(open("/", O_PATH));
  ASSERT_GE(make(BPF_MAP_TYPE_INODE_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC), 0);
  for (int fd : {s.tcp, s.pipe[0], file, path}) check_storage(*this, u32(fd));
  for (int fd : {-1, 999}) check_no_owner(*this, fd, -EBADF);
  const int copy = keep(open("/", O_RDONLY));
  EXPECT_EQ(update(u32(path), 5), 0);
  EXPECT_EQ(lookup(u32(copy)), 0) << "the same inode";
  EXPECT_EQ(found_[0], 5u);
  EXPECT_EQ(erase(u32(copy)), 0);
}

TEST_P(MapObjects, TaskStorage) {
  const Sockets s;
  ASSERT_GE(make(BPF_MAP_TYPE_TASK_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC), 0);
  const int self = keep(open_pidfd(getpid())), again = keep(open_pidfd(getpid()));
  check_storage(*this, u32(self));
  EXPECT_EQ(update(u32(self), 3), 0);
  EXPECT_EQ(lookup(u32(again)), 0);
  EXPECT_EQ(found_[0], 3u);
  for (int fd : {-1, 999, s.tcp, s.pipe[0]}) check_no_owner(*this, fd, -EBADF);
  const pid_t child = fork();
  if (child == 0) pause();
  const u32 fd = u32(keep(open_pidfd(child)));
  check_storage(*this, fd);
  EXPECT_EQ(update(fd, 5), 0);
  kill(child, SIGKILL);
  siginfo_t info;
  waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(lookup(fd), 0) << "a zombie is a task";
  waitpid(child, nullptr, 0);
  check_no_owner(*this, int(fd), -ENOENT);
}

TEST_P(MapObjects, CgrpStorage) {
  const Sockets s;
  ASSERT_GE(make(BPF_MAP_TYPE_CGRP_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC), 0);
  for (int fd : {-1, 999, s.tcp, s.pipe[0], keep(open("/", O_RDONLY))}) check_no_owner(*this, fd, -EBADF);
  const int root = keep(open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY));
  struct statfs fs;
  if (root < 0 || fstatfs(root, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC) return;
  check_storage(*this, u32(root));
  check_no_owner(*this, keep(openat(root, "cgroup.procs", O_RDONLY)), -EBADF);
}

}  // namespace
}  // namespace skep::sys
