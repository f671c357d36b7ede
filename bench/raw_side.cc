// PROG_LOAD of shapes, and the BTF that the typed ones come with.
#include "bench/raw_side.h"

#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "isa/assemble.h"
#include "object/intercept.h"
#include "sys/attr.h"
#include "sys/kernel.h"
#include "sys/kernel_btf.h"

namespace skep::bench {
namespace {

constexpr u32 kMapHash = 1, kMapArray = 2, kProgXdp = 6;
constexpr u32 kLogStats = 4;
constexpr const char* kHostTypes = "/sys/kernel/btf/vmlinux";

// BTF under construction: an int, "int main(void)", and structs.
class BtfWriter {
 public:
  BtfWriter() {
    add({name("int"), 1u << 24, 4, 1u << 24 | 32});  // [1]
    add({0, 13u << 24, 1});                          // [2] FUNC_PROTO
    add({name("bench"), 12u << 24, 2});              // [3] FUNC
  }
  static constexpr u32 kFunc = 3;

  void add_struct(u32 i) { add({name(fmt::format("s{}", i)), 4u << 24 | 1, 4, name(fmt::format("m{}", i)), 1, 0}); }
  u32 name(const std::string& text) {
    const u32 at = u32(strings_.size());
    strings_.append(text).push_back('\0');
    return at;
  }
  std::vector<u8> bytes() const {
    const u32 types_size = u32(types_.size() * sizeof(u32));
    const u32 header[] = {0x0001eb9f, 24, 0, types_size, types_size, u32(strings_.size())};
    std::vector<u8> out(sizeof header + types_size + strings_.size());
    std::memcpy(out.data(), header, sizeof header);
    std::memcpy(out.data() + sizeof header, types_.data(), types_size);
    std::memcpy(out.data() + sizeof header + types_size, strings_.data(), strings_.size());
    return out;
  }

 private:
  void add(std::initializer_list<u32> words) { types_.insert(types_.end(), words); }

  std::vector<u32> types_;
  std::string strings_ = std::string(1, '\0');
};

std::vector<u8> as_bytes(const std::vector<u32>& words) {
  std::vector<u8> out(words.size() * sizeof(u32));
  std::memcpy(out.data(), words.data(), out.size());
  return out;
}

// A line of its own and a struct for each instruction.
void add_types(Image& image) {
  BtfWriter btf;
  const u32 file = btf.name("bench.c");
  std::vector<u32> lines;
  for (u32 i = 0; i < image.insns.size(); i++) {
    btf.add_struct(i);
    const u32 line[] = {i, file, btf.name(fmt::format("line {};", i)), (i % 4000 + 1) << 10};
    lines.insert(lines.end(), std::begin(line), std::end(line));
  }
  image.btf = btf.bytes();
  image.func_info = as_bytes({0, BtfWriter::kFunc});
  image.line_info = as_bytes(lines);
}

u64 number_after(const char* log, const char* word) {
  const char* at = std::strstr(log, word);
  return at ? std::strtoull(at + std::strlen(word), nullptr, 10) : 0;
}

// Processor time of this thread.
u64 cpu_us() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return u64(now.tv_sec) * 1000000 + u64(now.tv_nsec) / 1000;
}

u64 address(const void* p) { return reinterpret_cast<u64>(p); }

}  // namespace

std::unique_ptr<RawSide> RawSide::ours(const std::string& btf_file) {
  auto types = sys::open_kernel_btf(btf_file);
  if (!types.ok()) return nullptr;
  auto target = std::make_shared<target::Target>([types = *types] { return types; });
  auto kernel = std::make_shared<sys::Kernel>(sys::KernelConfig{.target = std::move(target), .caps = {}});
  auto bpf = [kernel](int cmd, void* attr, u32 size) { return kernel->bpf(cmd, attr, size); };
  return std::unique_ptr<RawSide>(new RawSide(bpf, btf_file));
}

std::unique_ptr<RawSide> RawSide::running() {
  return std::unique_ptr<RawSide>(new RawSide(object::running_kernel, kHostTypes));
}

RawSide::RawSide(Bpf bpf, const std::string& btf_file) : bpf_(std::move(bpf)), log_(1 << 16) {
  maps_ = {{"hash", make_map(kMapHash)}, {"array", make_map(kMapArray)}};
  auto types = sys::open_kernel_btf(btf_file);
  if (!types.ok()) return;
  for (const char* kfunc : {"bpf_rcu_read_lock", "bpf_rcu_read_unlock"})
    kfuncs_[kfunc] = s32((*types)->find(kfunc, btf::Kind::Func));
}

int RawSide::make_map(u32 type) {
  sys::MapCreateAttr attr = {};
  attr.map_type = type;
  attr.key_size = 4;
  attr.value_size = 8;
  attr.max_entries = 16;
  return int(bpf_(sys::BPF_MAP_CREATE, &attr, sizeof attr));
}

std::optional<Image> RawSide::image(const Shape& shape) const {
  isa::AsmSymbols symbols = {.helpers = {{"map_lookup_elem", 1}, {"map_update_elem", 2}, {"get_prandom_u32", 7}},
                             .kfuncs = kfuncs_,
                             .maps = maps_};
  auto assembly = isa::assemble(shape.text, symbols);
  if (!assembly.ok()) return {};
  Image image{.insns = std::move(assembly->insns), .btf = {}, .func_info = {}, .line_info = {}};
  if (shape.line_info) add_types(image);
  return image;
}

Loaded RawSide::load(const Image& image) {
  sys::ProgLoadAttr attr = {};
  int btf_fd = -1;
  if (!image.btf.empty()) {
    sys::BtfLoadAttr btf = {};
    btf.btf = address(image.btf.data());
    btf.btf_size = u32(image.btf.size());
    btf_fd = int(bpf_(sys::BPF_BTF_LOAD, &btf, sizeof btf));
    if (btf_fd < 0) return {};
    attr.prog_btf_fd = u32(btf_fd);
    attr.func_info = address(image.func_info.data());
    attr.func_info_rec_size = 8;
    attr.func_info_cnt = 1;
    attr.line_info = address(image.line_info.data());
    attr.line_info_rec_size = 16;
    attr.line_info_cnt = u32(image.line_info.size() / 16);
  }
  attr.prog_type = kProgXdp;
  attr.insns = address(image.insns.data());
  attr.insn_cnt = u32(image.insns.size());
  attr.license = address("GPL");
  attr.log_level = kLogStats;
  attr.log_buf = address(log_.data());
  attr.log_size = u32(log_.size());
  log_[0] = 0;
  const u64 before = cpu_us();
  const long fd = bpf_(sys::BPF_PROG_LOAD, &attr, sizeof attr);
  const u64 after = cpu_us();
  if (fd >= 0) close(int(fd));
  if (btf_fd >= 0) close(btf_fd);
  Loaded loaded;
  loaded.error = fd < 0 ? int(-fd) : 0;
  loaded.cpu_us = after - before;
  loaded.insns = number_after(log_.data(), "processed ");
  loaded.states = number_after(log_.data(), "total_states ");
  loaded.time_us = number_after(log_.data(), "verification time ");
  loaded.decided = loaded.insns != 0;
  return loaded;
}

}  // namespace skep::bench
