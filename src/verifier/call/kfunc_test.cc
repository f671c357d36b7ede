// Kfunc calls where Linux 6.18.44 is wrong, so that the running kernel cannot be the judge
// (docs/stricter-than-linux.md): a small kernel made by hand, and programs that must not load.
#include <gtest/gtest.h>

#include "btf/testing.h"
#include "isa/assemble.h"
#include "verifier/verifier.h"

namespace skep::verifier {
namespace {

using btf::Kind;
using btf::testing::Blob;
using btf::testing::info;

// Types of a kernel that has these kfuncs, and their ids by name.
class SmallKernel {
 public:
  SmallKernel() {
    u32 u32_ = blob_.integer("unsigned int", 4), u64_ = blob_.integer("unsigned long long", 8);
    u32 int_ = blob_.integer("int", 4, btf::BTF_INT_SIGNED), void_ptr = blob_.ptr(0);
    auto opaque = [&](std::string_view name, u32 words) {
      u32 array = blob_.array(u64_, u32_, words);
      return blob_.ptr(blob_.structure(name, words * 8, {{"__opaque", array, 0}}));
    };
    u32 num = opaque("bpf_iter_num", 1), wq = opaque("bpf_wq", 2), dynptr = opaque("bpf_dynptr", 2);
    u32 skb = opaque("__sk_buff", 24), flags = blob_.ptr(u64_);
    blob_.structure("bpf_map", 8, {{"id", u32_, 0}});
    u32 ctx = blob_.type("__sk_buff_ctx", info(Kind::Typedef), skb - 1);
    blob_.structure("bpf_ctx_convert", 192, {{"BPF_PROG_TYPE_SCHED_CLS_prog", ctx, 0}});
    kfunc("bpf_iter_num_new", int_, {{"it", num}, {"start", int_}, {"end", int_}});
    kfunc("bpf_iter_num_next", blob_.ptr(int_), {{"it", num}});
    kfunc("bpf_iter_num_destroy", 0, {{"it", num}});
    kfunc("bpf_local_irq_save", 0, {{"flags__irq_flag", flags}});
    kfunc("bpf_local_irq_restore", 0, {{"flags__irq_flag", flags}});
    kfunc("bpf_wq_init", int_, {{"wq", wq}, {"p__map", void_ptr}, {"flags", u32_}});
    kfunc("bpf_get_kmem_cache", opaque("kmem_cache", 4), {{"addr", u64_}});
    kfunc("bpf_dynptr_from_skb", int_, {{"s", skb}, {"flags", u64_}, {"ptr__uninit", dynptr}});
    kfunc("bpf_dynptr_slice", void_ptr,
          {{"p", dynptr}, {"offset", u64_}, {"buffer__opt", void_ptr}, {"buffer__szk", u64_}});
    types_ = btf::testing::must_parse(blob_.bytes());
    types_->set_kernel(true);
  }

  std::shared_ptr<const btf::Btf> types() const { return types_; }
  isa::AsmSymbols symbols;

 private:
  void kfunc(std::string_view name, u32 ret, std::vector<std::pair<std::string_view, u32>> params) {
    std::vector<u32> data;
    for (auto [param, type] : params) data.insert(data.end(), {blob_.str(param), type});
    u32 proto = blob_.type("", info(Kind::FuncProto, u32(params.size())), ret, data);
    symbols.kfuncs.emplace(name, s32(blob_.type(name, info(Kind::Func), proto)));
  }

  Blob blob_;
  std::shared_ptr<btf::Btf> types_;
};

// A map of 16-byte values, a bpf_wq or a spin lock at their start. Both have types, so both can hold fields.
std::shared_ptr<const map::MapMeta> make_map(std::shared_ptr<const btf::Btf> types, std::string name,
                                             btf::Field field) {
  auto record = std::make_shared<btf::Record>();
  record->fields.push_back({.type = field, .offset = 0, .size = 16});
  record->mask = u32(field);
  (field == btf::Field::Workqueue ? record->wq_off : record->spin_lock_off) = 0;
  auto map = std::make_shared<map::MapMeta>();
  map->name = std::move(name);
  map->map_type = BPF_MAP_TYPE_HASH;
  map->key_size = 4;
  map->value_size = 16;
  map->max_entries = 2;
  map->btf = std::move(types);
  map->record = std::move(record);
  return map;
}

struct Answer {
  int error;
  std::string log;
  bool says(std::string_view text) const { return log.find(text) != std::string::npos; }
};

class KfuncTest : public testing::Test {
 protected:
  Answer check(std::string_view text) {
    isa::AsmSymbols symbols = kernel_.symbols;
    symbols.maps = {{"works", 10}, {"locks", 11}};
    auto assembly = isa::assemble(text, symbols);
    EXPECT_TRUE(assembly.ok()) << assembly.status().context();
    Program program;
    program.prog_type = BPF_PROG_TYPE_SCHED_CLS;
    program.gpl_compatible = true;
    program.insns = assembly->insns;
    target::Target target([&] { return kernel_.types(); });
    ObjectSource objects;
    objects.map_by_fd = [&](int fd) -> Result<std::shared_ptr<const map::MapMeta>> {
      return fd == 10 ? works_ : locks_;
    };
    objects.btf_by_fd = [](int) -> Result<std::shared_ptr<const ProgBtf>> { return error_status(EBADF); };
    objects.fd_array_at = [](u32) -> Result<int> { return error_status(EFAULT); };
    diag::Log log(diag::BPF_LOG_LEVEL1, 1 << 20);
    Verdict verdict = verify(program, target, objects, Options{}, log);
    return {verdict.error, log.finish().text};
  }

  SmallKernel kernel_;
  std::shared_ptr<const map::MapMeta> works_ = make_map(kernel_.types(), "works", btf::Field::Workqueue);
  std::shared_ptr<const map::MapMeta> locks_ = make_map(kernel_.types(), "locks", btf::Field::SpinLock);
};

constexpr std::string_view kLookUp = R"(
  *(u32 *)(r10 -4) = 0
  r2 = r10
  r2 += -4
  r1 = map[works]
  call bpf_map_lookup_elem#1
  if r0 == 0 goto out
  r1 = r0
)";
constexpr std::string_view kInit = R"(
  r3 = 0
  call bpf_wq_init
out:
  r0 = 0
  exit
)";

TEST_F(KfuncTest, IteratorsAndIrqFlagsWork) {
  Answer iter = check(R"(
    r1 = r10
    r1 += -8
    r2 = 0
    r3 = 10
    call bpf_iter_num_new
    r1 = r10
    r1 += -8
    call bpf_iter_num_next
    r1 = r10
    r1 += -8
    call bpf_iter_num_destroy
    r0 = 0
    exit)");
  EXPECT_EQ(iter.error, 0) << iter.log;
  Answer irq = check(R"(
    r1 = r10
    r1 += -8
    call bpf_local_irq_save
    r1 = r10
    r1 += -8
    call bpf_local_irq_restore
    r0 = 0
    exit)");
  EXPECT_EQ(irq.error, 0) << irq.log;
}

// Linux takes fp+0 for fp-8: the kfunc reads and writes past the frame.
TEST_F(KfuncTest, NoIteratorLiesAtTheFramePointer) {
  Answer answer = check(R"(
    r1 = r10
    r1 += -8
    r2 = 0
    r3 = 10
    call bpf_iter_num_new
    r1 = r10
    call bpf_iter_num_next
    r1 = r10
    call bpf_iter_num_destroy
    r0 = 0
    exit)");
  EXPECT_EQ(answer.error, EINVAL);
  EXPECT_TRUE(answer.says("expected an initialized iter_num as arg #0\n")) << answer.log;
}

TEST_F(KfuncTest, NoIrqFlagLiesAtTheFramePointer) {
  Answer answer = check(R"(
    r1 = r10
    r1 += -8
    call bpf_local_irq_save
    r1 = r10
    call bpf_local_irq_restore
    r0 = 0
    exit)");
  EXPECT_EQ(answer.error, EINVAL);
  EXPECT_TRUE(answer.says("expected an initialized irq flag as arg#0\n")) << answer.log;
}

TEST_F(KfuncTest, AWorkqueueIsInitialisedWithItsOwnMap) {
  Answer answer = check(std::string(kLookUp) + "r2 = map[works]" + std::string(kInit));
  EXPECT_EQ(answer.error, 0) << answer.log;
}

// Linux compares with maps that hold such a field themselves only.
TEST_F(KfuncTest, AWorkqueueIsNotInitialisedWithAMapThatHasNone) {
  Answer answer = check(std::string(kLookUp) + "r2 = map[locks]" + std::string(kInit));
  EXPECT_EQ(answer.error, EINVAL);
  EXPECT_TRUE(answer.says("workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0\n"))
      << answer.log;
}

TEST_F(KfuncTest, AWorkqueueIsNotInitialisedWithTheStack) {
  Answer answer = check(std::string(kLookUp) + "r2 = r10" + std::string(kInit));
  EXPECT_EQ(answer.error, EINVAL);
  EXPECT_TRUE(answer.says("pointer in R2 isn't map pointer\n")) << answer.log;
}

// Linux reads it as if it were a map: do not ask the running kernel, its verifier crashes.
TEST_F(KfuncTest, AWorkqueueIsNotInitialisedWithAKernelPointer) {
  Answer answer = check(R"(
    *(u32 *)(r10 -4) = 0
    r2 = r10
    r2 += -4
    r1 = map[works]
    call bpf_map_lookup_elem#1
    if r0 == 0 goto out
    r6 = r0
    r1 = 0
    call bpf_get_kmem_cache
    if r0 == 0 goto out
    r1 = r6
    r2 = r0)" + std::string(kInit));
  EXPECT_EQ(answer.error, EINVAL);
  EXPECT_TRUE(answer.says("R2=untrusted_ptr_kmem_cache(")) << answer.log;
  EXPECT_TRUE(answer.says("pointer in R2 isn't map pointer\n")) << answer.log;
}

// Two paths meet before the call, with 0 and with 4096 in R7; the one with 0 is walked first.
TEST_F(KfuncTest, ANullThatWasAcceptedMatters) {
  Answer answer = check(R"(
    r6 = *(u32 *)(r1 +0)
    r2 = 0
    r3 = r10
    r3 += -16
    call bpf_dynptr_from_skb
    r7 = 0
    if r6 == 7 goto other
    goto join
  other:
    r7 = 4096
  join:
    r1 = r10
    r1 += -16
    r2 = 0
    r3 = r7
    r4 = 8
    call bpf_dynptr_slice
    r0 = 0
    exit)");
  EXPECT_EQ(answer.error, EACCES) << answer.log;
  EXPECT_TRUE(answer.says("arg#2 arg#3 memory, len pair leads to invalid memory access\n")) << answer.log;
}

}  // namespace
}  // namespace skep::verifier
