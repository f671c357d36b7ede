// See ask.h.
#include "ask.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "sys/testing.h"
#include "types.h"

namespace skep::cases {

namespace {

using sys::address;
using sys::Asker;

// Takes away capabilities of this thread while it lives.
class Without {
 public:
  explicit Without(const target::Caps& caps) {
    ::syscall(SYS_capget, &header_, before_);
    __user_cap_data_struct now[2] = {before_[0], before_[1]};
    auto drop = [&](int cap) { now[cap / 32].effective &= ~(1u << cap % 32); };
    if (!caps.sys_admin) drop(CAP_SYS_ADMIN);
    if (!caps.bpf) drop(CAP_BPF);
    if (!caps.perfmon) drop(CAP_PERFMON);
    if (!caps.net_admin) drop(CAP_NET_ADMIN);
    ::syscall(SYS_capset, &header_, now);
  }
  ~Without() { ::syscall(SYS_capset, &header_, before_); }

 private:
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
};

// Descriptors made for a case.
struct Made {
  std::vector<int> fds;
  ~Made() {
    for (int fd : fds) ::close(fd);
  }
};

Result<int> checked(long fd, std::string_view what, Made& made) {
  if (fd < 0) return error_status(int(-fd), fmt::format("{} cannot be made: {}", what, strerror(int(-fd))));
  made.fds.push_back(int(fd));
  return int(fd);
}

void copy_name(char (&to)[sys::kObjNameLen], std::string_view name) {
  name = name.substr(0, sizeof(to) - 1);
  std::memcpy(to, name.data(), name.size());
}

Status fill(const Asker& asker, const MapSpec& map, int fd) {
  if (!map.data.empty()) {
    std::string value = map.data;
    value.resize(map.value);
    u32 key = 0;
    long err = asker.ask(sys::BPF_MAP_UPDATE_ELEM, sys::MapElemAttr{u32(fd), 0, address(&key), address(value.data())});
    if (err < 0) return error_status(int(-err), "data of map " + map.name);
  }
  if (!map.frozen) return {};
  long err = asker.ask(sys::BPF_MAP_FREEZE, fd, sizeof(fd));
  return err < 0 ? error_status(int(-err), "freezing map " + map.name) : Status();
}

Result<int> make_map(const Asker& asker, const MapSpec& map, const std::vector<int>& fds, const Case& c, int btf_fd,
                     const CaseTypes& types, Made& made) {
  sys::MapCreateAttr attr{.map_type = map.type,
                          .key_size = map.key,
                          .value_size = map.value,
                          .max_entries = map.max,
                          .map_flags = map.flags};
  copy_name(attr.map_name, map.name);
  for (size_t i = 0; i < fds.size(); i++)
    if (c.maps[i].name == map.inner) attr.inner_map_fd = u32(fds[i]);
  if (!map.value_type.empty()) {
    auto id = types.ids.find(map.value_type);
    if (id == types.ids.end()) return error_status(EINVAL, "no " + map.value_type);
    attr.btf_fd = u32(btf_fd);
    attr.btf_key_type_id = types.ids.at("int");
    attr.btf_value_type_id = id->second;
  }
  auto fd = checked(asker.ask(sys::BPF_MAP_CREATE, attr), "map " + map.name, made);
  if (!fd.ok()) return fd;
  if (Status status = fill(asker, map, *fd); !status.ok()) return status;
  return fd;
}

// Puts the descriptors of the maps in the place of their numbers.
void bind_maps(std::vector<isa::Insn>& insns, const std::vector<int>& fds) {
  for (size_t i = 0; i < insns.size(); i++) {
    isa::Insn& insn = insns[i];
    if (!isa::is_ldimm64(insn)) continue;
    bool by_fd = insn.src == isa::BPF_PSEUDO_MAP_FD || insn.src == isa::BPF_PSEUDO_MAP_VALUE;
    if (by_fd && size_t(insn.imm) < fds.size()) insn.imm = fds[size_t(insn.imm)];
    i++;
  }
}

Result<Answer> ask(const Question& q, const Asker& asker, bool drop_caps) {
  constexpr u32 kLogSize = 16 << 20;
  const Case& c = q.text;
  Made made;
  auto types = make_types(c, q.code.labels);
  if (!types.ok()) return types.status();
  int btf_fd = 0;
  if (!types->blob.empty()) {
    auto fd = checked(sys::load_btf(asker, types->blob), "BTF", made);
    if (!fd.ok()) return fd.status();
    btf_fd = *fd;
  }
  std::vector<int> fds;
  for (const MapSpec& map : c.maps) {
    auto fd = make_map(asker, map, fds, c, btf_fd, *types, made);
    if (!fd.ok()) return fd.status();
    fds.push_back(*fd);
  }
  auto insns = q.code.insns;
  bind_maps(insns, fds);
  std::string log(kLogSize, '\0');
  sys::ProgLoadAttr attr{.prog_type = c.prog_type,
                         .insn_cnt = u32(insns.size()),
                         .insns = address(insns.data()),
                         .license = address(c.license.c_str()),
                         .log_level = c.log_level,
                         .log_size = kLogSize,
                         .log_buf = address(log.data()),
                         .prog_flags = c.flags,
                         .expected_attach_type = c.attach_type};
  copy_name(attr.prog_name, "text_case");
  if (!types->func_info.empty()) {
    attr.prog_btf_fd = u32(btf_fd);
    attr.func_info_rec_size = sizeof(btf::FuncInfo);
    attr.func_info = address(types->func_info.data());
    attr.func_info_cnt = u32(types->func_info.size());
  }
  long fd;
  {
    std::optional<Without> without;
    if (drop_caps && !c.caps.sys_admin) without.emplace(c.caps);
    fd = asker.ask(sys::BPF_PROG_LOAD, attr);
  }
  if (fd >= 0) made.fds.push_back(int(fd));
  return Answer{fd < 0 ? int(-fd) : 0, log.c_str()};
}

}  // namespace

Result<Question> prepare(Case c, const target::Target& target) {
  isa::AsmSymbols symbols;
  for (u32 id = 1; id < target::kHelperCount; id++)
    if (const target::HelperProto* helper = target.helper(id)) symbols.helpers.emplace(helper->name, s32(id));
  for (size_t i = 0; i < c.maps.size(); i++) symbols.maps.emplace(c.maps[i].name, s32(i));
  auto code = isa::assemble(c.body_text(), symbols);
  if (!code.ok()) return error_status(EINVAL, fmt::format("{}: {}", c.path, code.status().context()));
  return Question{std::move(c), std::move(*code)};
}

Result<Answer> ask_skep(const Question& q, const std::shared_ptr<const target::Target>& target) {
  sys::Kernel kernel({.target = target, .caps = q.text.caps});
  return ask(q, sys::ask(kernel), false);
}

Result<Answer> ask_running_kernel(const Question& q) { return ask(q, sys::running_kernel(), true); }

bool running_kernel_answers() {
  utsname name{};
  if (uname(&name) != 0 || !std::string_view(name.release).starts_with("6.18.")) return false;
  const u64 code[] = {0xb7, 0x95};
  long fd = sys::running_kernel().ask(
      sys::BPF_PROG_LOAD,
      sys::ProgLoadAttr{
          .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .insns = address(code), .license = address("GPL")});
  if (fd >= 0) ::close(int(fd));
  return fd >= 0;
}

}  // namespace skep::cases
