// See side.h. What differs between two runs of the same program (addresses, times) is taken out of the log here.
#include "fuzz/side.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "fuzz/world.h"
#include "sys/attr.h"

namespace skep::fuzz {
namespace {

constexpr u32 kFuncInfoSize = 8;

std::vector<isa::Insn> with_descriptors(const Program& program, const std::vector<int>& maps) {
  std::vector<isa::Insn> insns = program.insns;
  for (size_t i = 0; i < insns.size(); i++) {
    isa::Insn& insn = insns[i];
    if (!isa::is_ldimm64(insn)) continue;
    const bool is_map = insn.src == isa::BPF_PSEUDO_MAP_FD || insn.src == isa::BPF_PSEUDO_MAP_VALUE;
    if (is_map && u32(insn.imm) < maps.size()) insn.imm = maps[size_t(insn.imm)];
    i++;
  }
  return insns;
}

// Replaces the address that a map or variable load shows: "(18) r1 = 0xffff88810cb8d000". skep prints a token there.
void mask_address(std::string& line) {
  const size_t load = line.find("(18) r");
  if (load == std::string::npos) return;
  const size_t value = line.find("= 0x", load);
  if (value == std::string::npos) return;
  const size_t end = std::min(line.find_first_not_of("0123456789abcdefADR", value + 4), line.size());
  const size_t digits = end - value - 4;
  const bool address = digits == 16 && line.compare(value + 4, 4, "ffff") == 0;
  if (address || line.compare(value + 4, digits, "ADDR") == 0 || digits == 12)
    line.replace(value, end - value, "= ADDR");
}

void take_line(std::string line, Answer& answer) {
  if (line.starts_with("verification time ")) return;
  Counts& n = answer.counts;
  if (std::sscanf(
          line.c_str(),
          "processed %u insns (limit 1000000) max_states_per_insn %u total_states %u peak_states %u mark_read %u",
          &n.insns, &n.max_states_per_insn, &n.total_states, &n.peak_states, &n.mark_read) == 5)
    return;
  if (line.starts_with("stack depth ")) {
    answer.stack_depth = line.substr(12);
    return;
  }
  // A place in the program as rewritten, with helpers inlined: skep does not rewrite.
  if (line.starts_with("verifier bug: No program to jit at insn ")) line = "verifier bug: No program to jit";
  mask_address(line);
  answer.log += line;
  answer.log += '\n';
  if (!line.empty()) answer.last = std::move(line);
}

void take_log(const char* text, Answer& answer) {
  while (*text) {
    const char* end = std::strchr(text, '\n');
    const size_t length = end ? size_t(end - text) : std::strlen(text);
    take_line(std::string(text, length), answer);
    text += length + (end ? 1 : 0);
  }
}

}  // namespace

Result<Side> Side::make(std::string name, const World& world, Bpf bpf) {
  Side side(std::move(name), world, std::move(bpf));
  const Status status = side.make_world();
  if (!status.ok()) return status;
  return side;
}

Status Side::make_world() {
  const std::vector<u8>& types = world_->types.blob;
  sys::BtfLoadAttr btf = {};
  btf.btf = u64(types.data());
  btf.btf_size = u32(types.size());
  std::string log(1 << 20, '\0');
  btf.btf_log_level = 1;
  btf.btf_log_buf = u64(log.data());
  btf.btf_log_size = u32(log.size());
  const long btf_fd = bpf_(sys::BPF_BTF_LOAD, &btf, sizeof(btf));
  if (btf_fd < 0) return error_status(int(-btf_fd), name_ + ": BTF_LOAD: " + log.c_str());
  btf_ = int(btf_fd);
  for (size_t slot = 0; slot < world_->text.maps.size(); slot++) {
    const auto fd = make_map(slot);
    if (!fd.ok()) return fd.status();
    maps_.push_back(*fd);
  }
  return {};
}

Result<int> Side::make_map(size_t slot) {
  const cases::MapSpec& map = world_->map(slot);
  sys::MapCreateAttr attr = {};
  attr.map_type = map.type;
  attr.key_size = map.key;
  attr.value_size = map.value;
  attr.max_entries = map.max;
  attr.map_flags = map.flags;
  attr.map_extra = map.extra;
  for (size_t i = 0; i < maps_.size(); i++)
    if (world_->map(i).name == map.inner) attr.inner_map_fd = u32(maps_[i]);
  std::strncpy(attr.map_name, map.name.c_str(), sizeof(attr.map_name) - 1);
  if (!map.value_type.empty()) {
    attr.btf_fd = u32(btf_);
    attr.btf_key_type_id = world_->type_id("int");
    attr.btf_value_type_id = world_->type_id(map.value_type);
  }
  const long fd = bpf_(sys::BPF_MAP_CREATE, &attr, sizeof(attr));
  if (fd < 0) return error_status(int(-fd), name_ + ": MAP_CREATE of " + map.name);
  return int(fd);
}

const std::vector<int>& Side::maps_for(const Program& program) {
  if (program.shared_maps) return maps_;
  std::vector<int>& maps = owned_[{program.prog_type, program.attach_type, program.attach_btf_id}];
  if (!maps.empty()) return maps;
  maps = maps_;
  for (const MapSlot slot : {kProgArray, kDevmap, kCpumap}) {
    const auto fd = make_map(slot);
    SKEP_CHECK(fd.ok());
    maps[slot] = *fd;
  }
  return maps;
}

long Side::load_with(const Program& program, u32 log_level, char* log, u32 log_size) {
  const std::vector<isa::Insn> insns = with_descriptors(program, maps_for(program));
  std::vector<u32> func_info;
  for (const Func& func : program.funcs) {
    func_info.push_back(func.start);
    func_info.push_back(world_->func_id(func.kind));
  }
  sys::ProgLoadAttr attr = {};
  attr.prog_type = program.prog_type;
  attr.expected_attach_type = program.attach_type;
  attr.prog_flags = program.flags;
  attr.attach_btf_id = program.attach_btf_id;
  attr.insns = u64(insns.data());
  attr.insn_cnt = u32(insns.size());
  attr.license = u64("GPL");
  attr.log_level = log_level;
  attr.log_buf = u64(log);
  attr.log_size = log_size;
  if (program.with_btf) {
    attr.prog_btf_fd = u32(btf_);
    attr.func_info = u64(func_info.data());
    attr.func_info_rec_size = kFuncInfoSize;
    attr.func_info_cnt = u32(program.funcs.size());
  }
  return bpf_(sys::BPF_PROG_LOAD, &attr, sizeof(attr));
}

long Side::load(const Program& program) { return load_with(program, 0, nullptr, 0); }

Answer Side::load(const Program& program, u32 log_level, std::vector<char>& log_buffer) {
  log_buffer[0] = 0;
  const long fd = load_with(program, log_level, log_buffer.data(), u32(log_buffer.size()));
  Answer answer;
  answer.error = fd < 0 ? int(-fd) : 0;
  if (fd >= 0) close(int(fd));
  take_log(log_buffer.data(), answer);
  return answer;
}

Side::Bpf running_kernel() {
  return [](int cmd, void* attr, u32 size) -> long {
    const long result = syscall(SYS_bpf, cmd, attr, size);
    return result < 0 ? -errno : result;
  };
}

}  // namespace skep::fuzz
