// Look-ups in maps of maps by running programs: what the element names now is what is found, whoever changed it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "engine/jit/jit.h"
#include "isa/assemble.h"
#include "sys/executables.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

constexpr u32 kElements = 3, kInner = 40;  // more of these than a map remembers

struct Types {
  u32 outer, inner;
};

class InnerMaps : public testing::TestWithParam<Types> {
 protected:
  InnerMaps() : kernel_(make_kernel()), asker_(ask(*kernel_)) {
    for (u64 i = 0; i < kInner; ++i) {
      inner_.push_back(create({.map_type = GetParam().inner, .key_size = 4, .value_size = 8, .max_entries = 2}));
      put(inner_.back(), 1, 100 + i);
    }
    outer_ = create({.map_type = GetParam().outer,
                     .key_size = 4,
                     .value_size = 4,
                     .max_entries = kElements,
                     .inner_map_fd = u32(inner_[0])});
  }
  ~InnerMaps() override {
    for (const int fd : inner_) close(fd);
    close(outer_);
  }

  int create(const MapCreateAttr& attr) {
    const long fd = asker_.ask(BPF_MAP_CREATE, attr);
    EXPECT_GE(fd, 0);
    return int(fd);
  }
  template <typename T>
  void put(int map, u32 key, T value) {
    const MapElemAttr attr{.map_fd = u32(map), .key = address(&key), .value = address(&value)};
    EXPECT_EQ(asker_.ask(BPF_MAP_UPDATE_ELEM, attr), 0);
  }
  void erase(u32 key) {
    EXPECT_EQ(asker_.ask(BPF_MAP_DELETE_ELEM, MapElemAttr{.map_fd = u32(outer_), .key = address(&key)}), 0);
  }

  // What element `key` of the outer map has under `inner_key`; 1: there is no such map, 2: no such element.
  std::shared_ptr<const engine::Code> load(u32 key, u32 inner_key) {
    const auto assembly = isa::assemble(
        fmt::format("*(u32 *)(r10 -4) = {}\n*(u32 *)(r10 -8) = {}\nr1 = map[m]\nr2 = r10\nr2 += -4\ncall 1\n"
                    "if r0 == 0 goto none\nr1 = r0\nr2 = r10\nr2 += -8\ncall 1\nif r0 == 0 goto empty\n"
                    "r0 = *(u64 *)(r0 +0)\nexit\nnone:\nr0 = 1\nexit\nempty:\nr0 = 2\nexit\n",
                    key, inner_key),
        {.maps = {{"m", outer_}}});
    if (!assembly.ok()) return nullptr;
    const long fd = asker_.ask(BPF_PROG_LOAD, ProgLoadAttr{.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                                                           .insn_cnt = u32(assembly->insns.size()),
                                                           .insns = address(assembly->insns.data()),
                                                           .license = address("GPL")});
    auto prog = kernel_->prog(int(fd));
    close(int(fd));
    if (!prog.ok()) return nullptr;
    auto code = kernel_->executables().code_of(**prog);
    return code.ok() ? *code : nullptr;
  }
  // On both engines, twice: the second time it is known.
  void expect(const std::shared_ptr<const engine::Code>& code, u64 result) {
    ASSERT_TRUE(code);
    for (const engine::Engine* engine : {&engine::jit(), &engine::interpreter(), &engine::jit()}) {
      engine::Run run(kernel_->executables().machine(), *engine);
      u64 ctx[32] = {};
      EXPECT_EQ(engine::run_program(*code, address(ctx), run).retval, result);
    }
  }

  std::unique_ptr<Kernel> kernel_;
  Asker asker_;
  std::vector<int> inner_;
  int outer_ = -1;
};

TEST_P(InnerMaps, TheElementSaysWhich) {
  const auto code = load(1, 1), no_element = load(1, 7), outside = load(kElements + 5, 1);
  expect(code, 1);
  for (u32 i = 0; i < kInner; ++i) {
    put(outer_, 1, inner_[i]);
    put(outer_, 2, inner_[kInner - 1 - i]);
    expect(code, 100 + i);
  }
  expect(no_element, 2);
  expect(outside, 1);
  put(outer_, 1, inner_[5]);
  expect(code, 105);
  erase(1);
  expect(code, 1);
  put(outer_, 1, inner_[5]);
  expect(code, 105);
}

TEST_P(InnerMaps, AnotherProcessPutsInAnother) {
  const auto code = load(1, 1);
  put(outer_, 1, inner_[3]);
  expect(code, 103);
  const pid_t child = fork();
  if (child == 0) {
    put(outer_, 1, inner_[4]);
    put(inner_[4], 1, u64(999));
    _exit(HasFailure());
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  expect(code, 999);
}

INSTANTIATE_TEST_SUITE_P(Types, InnerMaps,
                         testing::Values(Types{BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_ARRAY},
                                         Types{BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH},
                                         Types{BPF_MAP_TYPE_HASH_OF_MAPS, BPF_MAP_TYPE_ARRAY},
                                         Types{BPF_MAP_TYPE_HASH_OF_MAPS, BPF_MAP_TYPE_LRU_HASH}));

}  // namespace
}  // namespace skep::sys
