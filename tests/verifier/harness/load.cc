// See load.h.
#include "load.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

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
    if (!caps.sys_boot) drop(CAP_SYS_BOOT);
    ::syscall(SYS_capset, &header_, now);
  }
  ~Without() { ::syscall(SYS_capset, &header_, before_); }

 private:
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
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
                          .map_flags = map.flags,
                          .map_extra = map.extra};
  copy_name(attr.map_name, map.name);
  static constexpr u8 kNoHash[32] = {};  // of no program
  if (map.exclusive) {
    attr.excl_prog_hash = address(kNoHash);
    attr.excl_prog_hash_size = sizeof(kNoHash);
  }
  for (size_t i = 0; i < fds.size(); i++)
    if (c.maps[i].name == map.inner) attr.inner_map_fd = u32(fds[i]);
  if (!map.value_type.empty()) {
    auto id = types.ids.find(map.value_type);
    if (id == types.ids.end()) return error_status(EINVAL, "no " + map.value_type);
    attr.btf_fd = u32(btf_fd);
    attr.btf_key_type_id = types.ids.at("int");
    attr.btf_value_type_id = id->second;
  }
  if (map.kernel_type_id) {
    attr.btf_fd = u32(btf_fd);
    attr.btf_vmlinux_value_type_id = map.kernel_type_id;
  }
  auto fd = checked(asker.ask(sys::BPF_MAP_CREATE, attr), "map " + map.name, made);
  if (!fd.ok()) return fd;
  if (Status status = fill(asker, map, *fd); !status.ok()) return status;
  return fd;
}

// func_info, line_info and CO-RE relocations of the attr.
void set_records(const CaseTypes& types, sys::ProgLoadAttr& attr) {
  attr.func_info = address(types.func_info.words.data());
  attr.func_info_rec_size = types.func_info.record_size;
  attr.func_info_cnt = types.func_info.count;
  attr.line_info = address(types.line_info.words.data());
  attr.line_info_rec_size = types.line_info.record_size;
  attr.line_info_cnt = types.line_info.count;
  attr.core_relos = address(types.core_relos.words.data());
  attr.core_relo_rec_size = types.core_relos.record_size;
  attr.core_relo_cnt = types.core_relos.count;
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

struct NamedField {
  std::string_view name;
  u32 sys::ProgLoadAttr::*field;
};
constexpr NamedField kLoadFields[] = {
    {"expected_attach_type", &sys::ProgLoadAttr::expected_attach_type},
    {"prog_btf_fd", &sys::ProgLoadAttr::prog_btf_fd},
    {"func_info_rec_size", &sys::ProgLoadAttr::func_info_rec_size},
    {"func_info_cnt", &sys::ProgLoadAttr::func_info_cnt},
    {"line_info_rec_size", &sys::ProgLoadAttr::line_info_rec_size},
    {"line_info_cnt", &sys::ProgLoadAttr::line_info_cnt},
    {"attach_btf_id", &sys::ProgLoadAttr::attach_btf_id},
    {"attach_prog_fd", &sys::ProgLoadAttr::attach_fd},
    {"core_relo_rec_size", &sys::ProgLoadAttr::core_relo_rec_size},
    {"core_relo_cnt", &sys::ProgLoadAttr::core_relo_cnt},
    {"fd_array_cnt", &sys::ProgLoadAttr::fd_array_cnt},
};

Status set_load_fields(const Case& c, sys::ProgLoadAttr& attr) {
  for (const LoadField& field : c.load) {
    auto is_it = [&](const NamedField& named) { return named.name == field.name; };
    auto named = std::find_if(std::begin(kLoadFields), std::end(kLoadFields), is_it);
    if (named == std::end(kLoadFields)) return error_status(EINVAL, "no field " + field.name);
    attr.*named->field = field.value;
  }
  return {};
}

}  // namespace

long Loader::ask(const Case& c, const sys::ProgLoadAttr& attr) const {
  std::optional<Without> without;
  if (drop_caps_) without.emplace(c.caps);
  return asker_.ask(sys::BPF_PROG_LOAD, attr);
}

Result<std::vector<int>> Loader::make_maps(const Case& c, int btf_fd, const CaseTypes& types) {
  std::optional<Without> without;
  if (drop_caps_) without.emplace(c.caps);
  std::vector<int> fds;
  for (const MapSpec& map : c.maps) {
    auto fd = make_map(asker_, map, fds, c, btf_fd, types, made_);
    if (!fd.ok()) return fd.status();
    fds.push_back(*fd);
  }
  return fds;
}

Result<std::vector<int>> Loader::fd_array(const Case& c, const std::vector<int>& maps, int btf_fd,
                                          const CaseTypes& types) {
  std::vector<int> fds;
  for (const std::string& word : c.fd_array) {
    auto map = std::find_if(c.maps.begin(), c.maps.end(), [&](const MapSpec& m) { return m.name == word; });
    if (map != c.maps.end()) {
      fds.push_back(maps[size_t(map - c.maps.begin())]);
    } else if (word == "btf") {
      fds.push_back(btf_fd);
    } else if (word.starts_with("btf*")) {
      for (int i = 0; i < std::atoi(word.c_str() + 4); i++) {
        auto fd = checked(sys::load_btf(asker_, types.blob), "BTF", made_);
        if (!fd.ok()) return fd.status();
        fds.push_back(*fd);
      }
    } else {
      fds.push_back(std::atoi(word.c_str()));
    }
  }
  return fds;
}

Status Loader::attach(const Question& q, sys::ProgLoadAttr& attr) {
  attr.attach_btf_id = q.attach_btf_id;
  if (!q.attach_to) return {};
  auto loaded = load(*q.attach_to);
  if (!loaded.ok()) return loaded.status();
  const Answer& answer = loaded->answer;
  if (answer.error)
    return error_status(answer.error, fmt::format("{} cannot be loaded: {}\n{}", q.attach_to->text.path,
                                                  strerror(answer.error), answer.log));
  attr.attach_fd = u32(loaded->fd);
  auto id = loaded->types.ids.find(q.text.target->name);
  if (id != loaded->types.ids.end()) attr.attach_btf_id = id->second;
  return {};
}

Result<Loader::Loaded> Loader::load(const Question& q) {
  constexpr u32 kLogSize = 16 << 20;
  const Case& c = q.text;
  auto types = make_types(c, q.code.labels);
  if (!types.ok()) return types.status();
  int btf_fd = 0;
  if (!types->blob.empty()) {
    auto fd = checked(sys::load_btf(asker_, types->blob), "BTF", made_);
    if (!fd.ok()) return fd.status();
    btf_fd = *fd;
  }
  auto maps = make_maps(c, btf_fd, *types);
  if (!maps.ok()) return maps.status();
  auto fds = fd_array(c, *maps, btf_fd, *types);
  if (!fds.ok()) return fds.status();
  auto insns = q.code.insns;
  bind_maps(insns, *maps);
  std::string log(kLogSize, '\0');
  sys::ProgLoadAttr attr{.prog_type = c.prog_type,
                         .insn_cnt = u32(insns.size()),
                         .insns = address(insns.data()),
                         .license = address(c.license.c_str()),
                         .log_level = c.log_level,
                         .log_size = kLogSize,
                         .log_buf = address(log.data()),
                         .prog_flags = c.flags,
                         .expected_attach_type = c.attach_type,
                         .prog_btf_fd = u32(btf_fd)};
  if (!fds->empty()) attr.fd_array = address(fds->data());
  copy_name(attr.prog_name, "text_case");
  set_records(*types, attr);
  if (Status status = attach(q, attr); !status.ok()) return status;
  if (Status status = set_load_fields(c, attr); !status.ok()) return status;
  const long fd = ask(c, attr);
  if (fd >= 0) made_.fds.push_back(int(fd));
  return Loaded{int(fd), {fd < 0 ? int(-fd) : 0, log.c_str()}, std::move(*types), std::move(*maps)};
}

}  // namespace skep::cases
