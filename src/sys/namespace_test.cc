// Objects that several processes share. A second kernel on the same namespace is what a second process has, as far as
// objects go; where descriptors travel or processes die, there are processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>

#include "isa/insn.h"
#include "skep/skep.h"
#include "sys/collect.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

namespace fs = std::filesystem;

std::string make_root() {
  std::string path = access("/dev/shm", W_OK) == 0 ? "/dev/shm/skep-test-XXXXXX" : "/tmp/skep-test-XXXXXX";
  return mkdtemp(path.data()) ? path : std::string();
}

class Shared : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(root_.empty()); }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  // What a process of its own would have.
  std::unique_ptr<Kernel> kernel() {
    auto target = std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
    auto shared = Namespace::open(root_);
    SKEP_CHECK(shared.ok());
    return std::make_unique<Kernel>(KernelConfig{.target = target, .caps = {}, .on_load = {}, .shared = *shared});
  }
  size_t entries(const char* folder) const {
    size_t n = 0;
    for (const auto& entry : fs::directory_iterator(root_ + "/" + folder)) n += entry.exists();
    return n;
  }
  // Nothing is left once the dead are collected.
  void expect_empty() {
    (*Namespace::open(root_))->collect();
    EXPECT_EQ(entries("objs"), 0u);
    EXPECT_EQ(entries("refs"), 0u);
  }

  const std::string root_ = make_root();
};

long create(Kernel& kernel, MapCreateAttr attr) { return ask(kernel).ask(BPF_MAP_CREATE, attr); }
int array(Kernel& kernel, u32 flags = 0) { return int(create(kernel, {BPF_MAP_TYPE_ARRAY, 4, 4, 4, flags})); }
long update(Kernel& kernel, int fd, u32 key, u32 value) {
  return ask(kernel).ask(BPF_MAP_UPDATE_ELEM, MapElemAttr{u32(fd), 0, address(&key), address(&value)});
}
long lookup(Kernel& kernel, int fd, u32 key) {
  u32 value = 0;
  const long result = ask(kernel).ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{u32(fd), 0, address(&key), address(&value)});
  return result ? result : long(value);
}
long erase(Kernel& kernel, int fd, u32 key) {
  return ask(kernel).ask(BPF_MAP_DELETE_ELEM, MapElemAttr{u32(fd), 0, address(&key)}, MapElemAttr::kEndKey);
}
long open_map(Kernel& kernel, u32 id, u32 flags = 0) {
  return ask(kernel).ask(BPF_MAP_GET_FD_BY_ID, IdAttr{id, 0, flags}, IdAttr::kEndOpenFlags);
}
long next_map(Kernel& kernel, u32 start = 0) {
  IdAttr attr{start};
  const long result = ask(kernel).ask_back(BPF_MAP_GET_NEXT_ID, attr);
  return result ? result : long(attr.next_id);
}
MapInfo map_info(Kernel& kernel, int fd) {
  MapInfo info{};
  ask(kernel).ask(BPF_OBJ_GET_INFO_BY_FD, InfoAttr{u32(fd), sizeof(info), address(&info)});
  return info;
}
ProgInfo prog_info(Kernel& kernel, int fd) {
  ProgInfo info{};
  ask(kernel).ask(BPF_OBJ_GET_INFO_BY_FD, InfoAttr{u32(fd), sizeof(info), address(&info)});
  return info;
}
long pin(Kernel& kernel, int fd, const std::string& path) {
  return ask(kernel).ask(BPF_OBJ_PIN, ObjAttr{address(path.c_str()), u32(fd)}, ObjAttr::kEnd);
}
long get(Kernel& kernel, const std::string& path, u32 flags = 0) {
  return ask(kernel).ask(BPF_OBJ_GET, ObjAttr{address(path.c_str()), 0, flags}, ObjAttr::kEnd);
}

// r1 = map; r0 = 0; exit
int load_with_map(Kernel& kernel, int map) {
  const isa::Insn insns[] = {
      {.code = 0x18, .dst = 1, .src = isa::BPF_PSEUDO_MAP_FD, .imm = map}, {}, {.code = 0xb7}, {.code = 0x95}};
  return int(ask(kernel).ask(BPF_PROG_LOAD, ProgLoadAttr{.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                                                         .insn_cnt = 4,
                                                         .insns = address(insns),
                                                         .license = address("GPL")}));
}

// Runs `child` in a process that is killed when it is done (it says so by closing its end of a pipe).
template <typename F>
pid_t killed_after(F&& child) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    child();
    close(ends[0]);
    close(ends[1]);
    pause();
    _exit(0);
  }
  close(ends[1]);
  char c;
  EXPECT_EQ(read(ends[0], &c, 1), 0);
  close(ends[0]);
  return pid;
}

void kill_and_wait(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST_F(Shared, OneProcessMakesAnotherUses) {
  auto one = kernel(), two = kernel();
  const int fd = array(*one);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(update(*one, fd, 1, 42), 0);
  const u32 id = map_info(*one, fd).id;
  EXPECT_EQ(next_map(*two), long(id));
  const int other = int(open_map(*two, id));
  ASSERT_GE(other, 0);
  EXPECT_EQ(lookup(*two, other, 1), 42);
  EXPECT_EQ(update(*two, other, 2, 43), 0);
  EXPECT_EQ(lookup(*one, fd, 2), 43);
  EXPECT_EQ(map_info(*two, other).max_entries, 4u);
  close(fd);
  EXPECT_EQ(lookup(*two, other, 2), 43);
  close(other);
  EXPECT_EQ(open_map(*one, id), -ENOENT);
  EXPECT_EQ(next_map(*one), -ENOENT);
  expect_empty();
}

TEST_F(Shared, IdsAreNotUsedAgain) {
  auto one = kernel();
  u32 last = 0;
  for (int i = 0; i < 40; ++i) {
    const int fd = array(*one);
    EXPECT_GT(map_info(*one, fd).id, last);
    last = map_info(*one, fd).id;
    close(fd);
  }
  expect_empty();
}

TEST_F(Shared, AccessIsTheDescriptors) {
  auto one = kernel(), two = kernel();
  const int writable = array(*one), id = int(map_info(*one, writable).id);
  EXPECT_EQ(map_info(*one, array(*one, BPF_F_RDONLY)).map_flags, 0u);
  const int readable = int(open_map(*one, u32(id), BPF_F_RDONLY));
  EXPECT_EQ(update(*one, readable, 0, 1), -EPERM);
  EXPECT_EQ(update(*two, readable, 0, 1), -EPERM);  // as it is received
  EXPECT_EQ(lookup(*two, readable, 0), 0);
  const int write_only = int(open_map(*one, u32(id), BPF_F_WRONLY));
  EXPECT_EQ(lookup(*two, write_only, 0), -EPERM);
  EXPECT_EQ(update(*two, write_only, 0, 7), 0);
  EXPECT_EQ(lookup(*one, writable, 0), 7);
  EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, readable, 0), MAP_FAILED);
  EXPECT_EQ(errno, EACCES);
  EXPECT_EQ(open_map(*one, u32(id), BPF_F_RDONLY | BPF_F_WRONLY), -EINVAL);
  EXPECT_EQ(open_map(*one, u32(id), 1), -EINVAL);
}

TEST_F(Shared, ADescriptorWithoutItsOffsetIsStillTheObject) {
  auto one = kernel();
  const int fd = array(*one);
  lseek(fd, 0, SEEK_SET);
  EXPECT_EQ(update(*one, fd, 0, 5), 0);
  EXPECT_NE(lseek(fd, 0, SEEK_CUR), 0);
  const int opened = open((root_ + "/objs/bpf-map.1").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(lookup(*one, opened, 0), 5);
  close(fd);
  EXPECT_EQ(next_map(*one), 1);  // held by the one that a mere open(2) made
  close(opened);
  expect_empty();
}

TEST_F(Shared, ACopyIsNotTheObject) {
  auto one = kernel(), two = kernel();
  const int fd = array(*one);
  const std::string copy = root_ + "/copy";
  ASSERT_TRUE(fs::copy_file(root_ + "/objs/bpf-map.1", copy));
  const int other = open(copy.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(lookup(*one, other, 0), -EINVAL);
  EXPECT_EQ(lookup(*two, other, 0), -EINVAL);
  close(other);
  close(fd);
}

TEST_F(Shared, TheDeadLeaveNothing) {
  const pid_t child = killed_after([&] {
    auto mine = kernel();
    const int map = array(*mine);
    load_with_map(*mine, map);
    load_btf(ask(*mine), small_btf());
  });
  auto ours = kernel();
  EXPECT_EQ(next_map(*ours), 1);
  EXPECT_EQ(entries("objs"), 3u);
  kill_and_wait(child);
  EXPECT_EQ(next_map(*ours), -ENOENT);
  expect_empty();
}

TEST_F(Shared, DescriptorsTravel) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const pid_t child = killed_after([&] {
    auto mine = kernel();
    const int writable = array(*mine);
    update(*mine, writable, 0, 99);
    const int fd = int(open_map(*mine, 1, BPF_F_RDONLY));
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
    iovec data{&byte, 1};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    sendmsg(ends[0], &message, 0);
    close(fd);
  });
  kill_and_wait(child);  // the descriptor in flight holds the map
  auto ours = kernel();
  EXPECT_EQ(next_map(*ours), 1);
  char byte, control[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ASSERT_EQ(recvmsg(ends[1], &message, 0), 1);
  int fd;
  std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
  EXPECT_EQ(lookup(*ours, fd, 0), 99);
  EXPECT_EQ(update(*ours, fd, 0, 1), -EPERM);
  close(fd);
  close(ends[0]);
  close(ends[1]);
  expect_empty();
}

// What SCM_RIGHTS does, without the other's help.
TEST_F(Shared, DescriptorsAreTaken) {
  auto ours = kernel();
  const pid_t child = killed_after([&] {
    auto mine = kernel();
    dup2(array(*mine), 200);
    update(*mine, 200, 1, 21);
  });
  const int pidfd = int(syscall(SYS_pidfd_open, child, 0));
  const int fd = int(syscall(SYS_pidfd_getfd, pidfd, 200, 0));
  close(pidfd);
  kill_and_wait(child);
  if (fd < 0) GTEST_SKIP() << "no pidfd_getfd here";
  EXPECT_EQ(lookup(*ours, fd, 1), 21);
  EXPECT_EQ(next_map(*ours), 1);
  close(fd);
  expect_empty();
}

// Fills a file system that has room for little; nothing may be left of what did not fit. The number of the first
// expectation that does not hold, or 0.
int fill_small(Kernel& kernel, const std::string& root) {
  const size_t before = size_t(std::distance(fs::directory_iterator(root + "/objs"), fs::directory_iterator()));
  const int inner = array(kernel);
  if (inner < 0) return 1;
  std::vector<int> fds{inner};
  bool full = false;
  for (int i = 0; i < 1000 && !full; ++i) {
    const long made[] = {array(kernel), load_with_map(kernel, inner), load_btf(ask(kernel), small_btf()),
                         create(kernel, {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, u32(inner)})};
    if (made[3] >= 0 && update(kernel, int(made[3]), 0, u32(inner)) == -ENOMEM) full = true;
    for (long fd : made) {
      if (fd < 0 && fd != -ENOMEM) return 2;
      if (fd == -ENOMEM) full = true;
      if (fd >= 0) fds.push_back(int(fd));
    }
  }
  if (!full) return 3;
  for (int fd : fds) close(fd);
  kernel.objects().collect();
  const size_t after = size_t(std::distance(fs::directory_iterator(root + "/objs"), fs::directory_iterator()));
  return after == before ? 0 : 4;
}

TEST_F(Shared, AFullFileSystemIsNoMemory) {
  for (const char* room : {"size=128k", "size=1m,nr_inodes=24"}) {
    const pid_t child = fork();
    if (child == 0) {
      const std::string small = root_ + "/small";
      mkdir(small.c_str(), 0700);
      if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          mount("tmpfs", small.c_str(), "tmpfs", 0, room) != 0)
        _exit(77);
      auto target = std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
      Kernel mine({.target = target, .caps = {}, .on_load = {}, .shared = *Namespace::open(small)});
      _exit(fill_small(mine, small));
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no file system of our own to be had";
    EXPECT_EQ(status, 0) << room;
  }
}

// The C interface uses the user's namespace; here, ours.
TEST_F(Shared, TheDefaultKernelIsShared) {
  const pid_t child = killed_after([&] {
    setenv("SKEP_ROOT", root_.c_str(), 1);
    MapCreateAttr attr{BPF_MAP_TYPE_ARRAY, 4, 4, 4};
    skep_bpf(BPF_MAP_CREATE, reinterpret_cast<bpf_attr*>(&attr), sizeof(attr));
  });
  auto ours = kernel();
  EXPECT_EQ(next_map(*ours), 1);
  kill_and_wait(child);
  expect_empty();
}

TEST_F(Shared, ForkInherits) {
  auto ours = kernel();
  const int fd = array(*ours);
  const pid_t child = killed_after([&] { update(*ours, fd, 3, 33); });
  EXPECT_EQ(lookup(*ours, fd, 3), 33);
  close(fd);
  EXPECT_EQ(next_map(*ours), 1);  // the child's copy of the descriptor
  kill_and_wait(child);
  EXPECT_EQ(next_map(*ours), -ENOENT);
}

TEST_F(Shared, Pins) {
  auto one = kernel(), two = kernel();
  const std::string path = "/sys/fs/bpf/counts", real = root_ + "/bpffs/counts";
  int fd = array(*one);
  update(*one, fd, 0, 11);
  EXPECT_EQ(pin(*one, fd, path), 0);
  EXPECT_EQ(pin(*one, fd, path), -EEXIST);
  close(fd);
  fd = int(get(*two, path));
  EXPECT_EQ(lookup(*two, fd, 0), 11);
  EXPECT_EQ(update(*two, int(get(*two, real, BPF_F_RDONLY)), 0, 1), -EPERM);
  EXPECT_EQ(unlink(real.c_str()), 0);
  EXPECT_EQ(pin(*two, fd, real), 0);  // again, after the last pin was gone
  close(fd);
  EXPECT_EQ(next_map(*one), 1);
  EXPECT_EQ(unlink(real.c_str()), 0);
}

TEST_F(Shared, NamesOfPins) {
  auto one = kernel();
  const int fd = array(*one), prog = load_with_map(*one, fd);
  EXPECT_EQ(pin(*one, fd, "/sys/fs/bpf/a.b"), -EPERM);
  EXPECT_EQ(pin(*one, fd, "/sys/fs/bpf/no/a"), -ENOENT);
  EXPECT_EQ(pin(*one, fd, "/sys/fs/bpf"), -EEXIST);
  EXPECT_EQ(pin(*one, fd, root_ + "/objs/a"), -EPERM);
  EXPECT_EQ(get(*one, "/sys/fs/bpf/a"), -ENOENT);
  EXPECT_EQ(get(*one, "/sys/fs/bpf"), -EACCES);
  const std::string folder = root_ + "/bpffs/folder";
  ASSERT_EQ(mkdir(folder.c_str(), 0700), 0);
  EXPECT_EQ(pin(*one, prog, "/sys/fs/bpf/folder/prog"), 0);
  EXPECT_EQ(prog_info(*one, int(get(*one, folder + "/prog"))).id, 1u);
  EXPECT_EQ(rename((folder + "/prog").c_str(), (folder + "/p2").c_str()), 0);
  EXPECT_GE(get(*one, "/sys/fs/bpf/folder/p2"), 0);
  // Relative to a descriptor.
  const int at = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const ObjAttr relative{address("map"), u32(fd), 1u << 14, at};
  EXPECT_EQ(ask(*one).ask(BPF_OBJ_PIN, relative, ObjAttr::kEnd), 0);
  EXPECT_GE(get(*one, folder + "/map"), 0);
  // A file that is no object.
  close(open((folder + "/file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  EXPECT_EQ(get(*one, folder + "/file"), -EACCES);
}

TEST_F(Shared, APinAloneKeepsAnObject) {
  auto one = kernel();
  const int fd = array(*one);
  EXPECT_EQ(pin(*one, fd, "/sys/fs/bpf/m"), 0);
  close(fd);
  EXPECT_EQ(next_map(*one), 1);
  EXPECT_EQ(unlink((root_ + "/bpffs/m").c_str()), 0);
  EXPECT_EQ(next_map(*one), -ENOENT);
  expect_empty();
}

TEST_F(Shared, ProgramsHoldMapsAndShowThemselvesElsewhere) {
  auto one = kernel(), two = kernel();
  const int map = array(*one), prog = load_with_map(*one, map);
  ASSERT_GE(prog, 0);
  close(map);
  EXPECT_EQ(next_map(*two), 1);
  const int seen = int(ask(*two).ask(BPF_PROG_GET_FD_BY_ID, IdAttr{1}, IdAttr::kEndId));
  ASSERT_GE(seen, 0);
  const ProgInfo ours = prog_info(*one, prog), theirs = prog_info(*two, seen);
  EXPECT_EQ(std::memcmp(&ours, &theirs, sizeof(ours)), 0);
  EXPECT_EQ(theirs.nr_map_ids, 1u);
  EXPECT_TRUE(two->verified(**two->prog(seen)).ok());
  close(prog);
  close(seen);
  expect_empty();
}

TEST_F(Shared, AForgedProgramIsNotUsed) {
  auto one = kernel(), two = kernel();
  const int prog = load_with_map(*one, array(*one));
  const int file = open((root_ + "/objs/bpf-prog.1").c_str(), O_RDWR | O_CLOEXEC);
  const isa::Insn bad{.code = 0xbf, .src = 9};  // r0 = r9, which nobody set
  ASSERT_EQ(pwrite(file, &bad, sizeof(bad), sizeof(ProgHeader) + 2 * sizeof(bad)), ssize_t(sizeof(bad)));
  const int seen = int(ask(*two).ask(BPF_PROG_GET_FD_BY_ID, IdAttr{1}, IdAttr::kEndId));
  EXPECT_EQ(prog_info(*two, seen).id, 1u);
  EXPECT_EQ(two->verified(**two->prog(seen)).error(), EINVAL);
  EXPECT_TRUE(one->verified(**one->prog(prog)).ok());
}

TEST_F(Shared, ElementsHoldMaps) {
  auto one = kernel(), two = kernel();
  int inner = array(*one);
  const int outer = int(create(*one, {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, u32(inner)}));
  ASSERT_GE(outer, 0);
  close(inner);
  EXPECT_EQ(next_map(*two), 2);  // a template is not held
  inner = array(*two);
  const long id = map_info(*two, inner).id;
  const int seen = int(open_map(*two, 2));
  EXPECT_EQ(update(*two, seen, 0, u32(inner)), 0);
  EXPECT_EQ(update(*two, seen, 1, u32(inner)), 0);
  EXPECT_EQ(update(*two, inner, 0, 77), 0);
  close(inner);
  EXPECT_EQ(lookup(*one, outer, 1), id);
  EXPECT_EQ(erase(*one, outer, 0), 0);
  inner = int(open_map(*one, u32(id)));
  EXPECT_EQ(lookup(*one, inner, 0), 77);
  close(inner);
  EXPECT_EQ(erase(*one, outer, 1), 0);
  EXPECT_EQ(open_map(*one, u32(id)), -ENOENT);
  close(outer);
  close(seen);
  expect_empty();
}

TEST_F(Shared, ValuesHoldPrograms) {
  auto one = kernel(), two = kernel();
  const isa::Insn insns[2] = {{.code = 0xb7, .imm = 2}, {.code = 0x95}};
  ProgLoadAttr attr{.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = 2, .insns = address(insns), .license = address("GPL")};
  attr.expected_attach_type = BPF_XDP_CPUMAP;
  const int cpus = int(create(*one, {BPF_MAP_TYPE_CPUMAP, 4, 8, 1}));
  const long prog = ask(*two).ask(BPF_PROG_LOAD, attr);
  const u32 key = 0, value[2] = {64, u32(prog)};
  const MapElemAttr elem{u32(cpus), 0, address(&key), address(value)};
  EXPECT_EQ(ask(*one).ask(BPF_MAP_UPDATE_ELEM, elem), 0);
  close(int(prog));
  const auto open_prog = [&] { return ask(*two).ask(BPF_PROG_GET_FD_BY_ID, IdAttr{1}, IdAttr::kEndOpenFlags); };
  const long again = open_prog();
  EXPECT_GE(again, 0);
  close(int(again));
  // Killed while it changed the element.
  close(open((root_ + "/refs/bpf-map.1/dirty").c_str(), O_CREAT | O_RDWR, 0600));
  (*Namespace::open(root_))->collect();
  EXPECT_EQ(entries("objs"), 2u);
  EXPECT_EQ(entries("refs/bpf-map.1"), 1u);
  EXPECT_EQ(erase(*one, cpus, 0), 0);
  EXPECT_EQ(open_prog(), -ENOENT);
  close(cpus);
  expect_empty();
}

TEST_F(Shared, ProgramArraysDoNotKeepThemselves) {
  auto one = kernel();
  const int jumps = int(create(*one, {BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4}));
  const int prog = load_with_map(*one, jumps);
  ASSERT_GE(prog, 0);
  EXPECT_EQ(update(*one, jumps, 2, u32(prog)), 0);
  EXPECT_EQ(lookup(*one, jumps, 2), 1);
  close(prog);
  (*Namespace::open(root_))->collect();
  EXPECT_EQ(entries("objs"), 2u);
  close(jumps);
  expect_empty();
}

TEST_F(Shared, WhatACrashLeavesIsSwept) {
  auto one = kernel();
  const int inner = array(*one);
  const int outer = int(create(*one, {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, u32(inner)}));
  EXPECT_EQ(update(*one, outer, 0, u32(inner)), 0);
  EXPECT_EQ(entries("refs/bpf-map.2"), 1u);
  // Killed between taking a reference and writing the element.
  const int unused = array(*one);
  ASSERT_EQ(link((root_ + "/objs/bpf-map.3").c_str(), (root_ + "/refs/bpf-map.2/bpf-map.3").c_str()), 0);
  close(open((root_ + "/refs/bpf-map.2/dirty").c_str(), O_CREAT | O_RDWR, 0600));
  // Killed between references and anchor.
  fs::create_directory(root_ + "/refs/bpf-prog.9");
  ASSERT_EQ(link((root_ + "/objs/bpf-map.3").c_str(), (root_ + "/refs/bpf-prog.9/bpf-map.3").c_str()), 0);
  close(unused);
  (*Namespace::open(root_))->collect();
  EXPECT_EQ(entries("objs"), 2u);
  EXPECT_EQ(entries("refs"), 1u);
  EXPECT_EQ(entries("refs/bpf-map.2"), 1u);
  EXPECT_EQ(lookup(*one, outer, 0), 1);
  close(inner);
  close(outer);
  expect_empty();
}

// A process that makes, refers to, pins and drops objects until it is killed.
[[noreturn]] void storm(Kernel& kernel, const std::string& root, int number) {
  const int inner = array(kernel);
  const int outer = int(create(kernel, {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, u32(inner)}));
  for (u32 i = 0;; ++i) {
    const int map = array(kernel), prog = load_with_map(kernel, map);
    const std::string path = "/bpffs/pin" + std::to_string(number);
    update(kernel, outer, i % 4, u32(map));
    pin(kernel, prog, root + path);
    close(map);
    close(prog);
    unlink((root + path).c_str());
    if (i % 8 == 0) next_map(kernel);
  }
}

TEST_F(Shared, KilledAnywhereNothingLeaks) {
  for (int round = 0; round < 12; ++round) {
    pid_t children[3];
    for (int i = 0; i < 3; ++i) {
      children[i] = fork();
      if (children[i] == 0) {
        auto mine = kernel();
        storm(*mine, root_, i);
      }
    }
    usleep(useconds_t(20'000 + round * 1'700));
    for (pid_t child : children) kill_and_wait(child);
    for (const auto& entry : fs::directory_iterator(root_ + "/bpffs")) fs::remove(entry.path());
    expect_empty();
  }
}

TEST_F(Shared, OtherUsersStayOutside) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  auto ours = kernel();
  const int fd = array(*ours);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(2);
    auto theirs = Namespace::open(root_);
    if (theirs.ok()) _exit(3);
    _exit(open((root_ + "/objs/bpf-map.1").c_str(), O_RDONLY) < 0 && errno == EACCES ? 0 : 4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  close(fd);
}

TEST_F(Shared, AFolderOfSomebodyElseIsNotUsed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  const std::string run = root_ + "/run";
  fs::create_directory(run);
  fs::create_directory(run + "/skep");
  ASSERT_EQ(chown((run + "/skep").c_str(), 65534, 65534), 0);
  EXPECT_EQ(Namespace::open_own(run + "/skep").error(), EACCES);
  EXPECT_TRUE(Namespace::open_own(run + "/mine").ok());
}

// Every descriptor that can be missing: an errno, and nothing left.
TEST_F(Shared, WithoutDescriptorsNothingIsMadeOrLeft) {
  auto ours = kernel();
  const int inner = array(*ours);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  int refused = 0;
  for (rlim_t n = 1; n < 8; ++n) {
    const rlimit few{rlim_t(inner) + n, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const long map = create(*ours, {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, u32(inner)});
    const long updated = map >= 0 ? update(*ours, int(map), 0, u32(inner)) : -EMFILE;
    const long prog = load_with_map(*ours, inner);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (long result : {map, updated, prog}) {
      EXPECT_TRUE(result >= 0 || result == -EMFILE) << n << ": " << result;
      refused += result < 0;
    }
    if (map >= 0) close(int(map));
    if (prog >= 0) close(int(prog));
    (*Namespace::open(root_))->collect();
    EXPECT_EQ(entries("objs"), 1u) << n;
    EXPECT_EQ(entries("refs"), 0u) << n;
  }
  EXPECT_GT(refused, 3);
  close(inner);
}

TEST_F(Shared, AFileLimitIsNoMemory) {
  auto ours = kernel();
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const int map = array(*ours);
  const long btf = load_btf(ask(*ours), small_btf());
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(map, -ENOMEM);
  EXPECT_EQ(btf, -ENOMEM);
  expect_empty();
}

// What is done with a map file that somebody changed: an errno or an answer, never a crash.
void use_damaged(Kernel& kernel) {
  const int fd = int(open_map(kernel, 1));
  if (fd < 0) return;
  // Sizes may be others than they were: a real user asks for them, and has the room.
  std::vector<u8> key(1 << 20), value(8 << 20);
  const MapElemAttr elem{u32(fd), 0, address(key.data()), address(value.data())};
  ask(kernel).ask(BPF_MAP_LOOKUP_ELEM, elem);
  ask(kernel).ask(BPF_MAP_UPDATE_ELEM, elem);
  ask(kernel).ask(BPF_MAP_GET_NEXT_KEY, elem, MapElemAttr::kEndNoFlags);
  ask(kernel).ask(BPF_MAP_DELETE_ELEM, elem, MapElemAttr::kEndKey);
  map_info(kernel, fd);
  close(fd);
}

TEST_F(Shared, EveryBitOfATrailer) {
  auto maker = kernel();
  const int held = int(create(*maker, {BPF_MAP_TYPE_HASH, 4, 4, 4}));
  const int file = open((root_ + "/objs/bpf-map.1").c_str(), O_RDWR | O_CLOEXEC);
  const off_t trailer = lseek(file, 0, SEEK_END) - off_t(map::kPageSize);
  for (off_t bit = 0; bit < off_t(sizeof(map::TrailerFixed)) * 8; ++bit) {
    u8 byte;
    ASSERT_EQ(pread(file, &byte, 1, trailer + bit / 8), 1);
    const u8 flipped = u8(byte ^ (1 << bit % 8));
    ASSERT_EQ(pwrite(file, &flipped, 1, trailer + bit / 8), 1);
    auto user = kernel();
    const int fd = int(open_map(*user, 1));
    EXPECT_EQ(lookup(*user, fd, 1), -EINVAL) << bit;
    close(fd);
    ASSERT_EQ(pwrite(file, &byte, 1, trailer + bit / 8), 1);
  }
  close(file);
  close(held);
}

TEST_F(Shared, FilesOfAnotherSize) {
  for (u32 type : {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH}) {
    for (const long change : {-100000L, -4096L, -1L, 1L, 4096L}) {
      auto maker = kernel(), user = kernel();
      const int held = int(create(*maker, {type, 4, 4, 4}));
      const u32 id = map_info(*maker, held).id;
      const int before = int(open_map(*user, id));
      EXPECT_EQ(map_info(*user, before).id, id);
      const std::string path = root_ + "/objs/bpf-map." + std::to_string(id);
      ASSERT_EQ(truncate(path.c_str(), std::max(0L, long(fs::file_size(path)) + change)), 0);
      EXPECT_LE(update(*user, before, 1, 1), 0);
      auto late = kernel();
      const int after = int(open_map(*late, id));
      EXPECT_EQ(lookup(*late, after, 0), -EINVAL) << type << " " << change;
      close(after);
      close(before);
      close(held);
    }
  }
  expect_empty();
}

TEST_F(Shared, HolesInFiles) {
  auto maker = kernel();
  const int held = int(create(*maker, {BPF_MAP_TYPE_HASH, 4, 4, 64}));
  for (u32 i = 0; i < 64; ++i) EXPECT_EQ(update(*maker, held, i, i), 0);
  const int file = open((root_ + "/objs/bpf-map.1").c_str(), O_RDWR | O_CLOEXEC);
  const off_t size = lseek(file, 0, SEEK_END);
  for (off_t at = 0; at < size; at += off_t(map::kPageSize)) {
    ASSERT_EQ(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, off_t(map::kPageSize)), 0);
    use_damaged(*maker);
    auto user = kernel();
    use_damaged(*user);
  }
  close(file);
  close(held);
}

}  // namespace
}  // namespace skep::sys
