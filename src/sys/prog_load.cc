// BPF_PROG_LOAD up to the verifier (spec: btf-and-load.md 3): the checks in the kernel's order, then verify(), then the
// log's way back.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "sys/command.h"
#include "sys/import.h"
#include "sys/owner.h"
#include "sys/references.h"
#include "sys/verified.h"
#include "verifier/explain/explain.h"
#include "verifier/profile/profile.h"

namespace skep::sys {
namespace {

inline constexpr u32 kKnownFlags = BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_RND_HI32 |
                                   BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS |
                                   BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_TEST_REG_INVARIANTS | BPF_F_TOKEN_FD;
inline constexpr u32 kBtfMaxType = 0xfffff;  // largest type id
inline constexpr u32 kLicenseLength = 128;

// Licenses whose programs may call GPL-only helpers (include/linux/license.h).
constexpr std::string_view kGplLicenses[] = {"GPL",          "GPL v2",       "GPL and additional rights",
                                             "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

// Everything about a load between its attr and its verdict.
struct Load {
  Call& call;
  const ProgLoadAttr attr;
  verifier::Program program;
  std::shared_ptr<const BtfObject> btf;
  u32 attach_prog_id = 0;
  std::map<int, ObjectName> by_fd;              // what the verifier asked for and got
  std::map<u32, int> fd_array;                  // which entries it read
  std::vector<std::shared_ptr<map::Map>> maps;  // that the verifier asked for

  Kernel& kernel() const { return call.kernel; }
  const target::Caps& caps() const { return kernel().config().caps; }
  const target::Target& target() const { return kernel().target(); }
};

// Attach types that were added after their program type: 0 means the first of them.
void fix_attach_type(verifier::Program& program) {
  if (program.prog_type == BPF_PROG_TYPE_CGROUP_SOCK && program.expected_attach_type == 0) {
    program.expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
  } else if (program.prog_type == BPF_PROG_TYPE_SK_REUSEPORT && program.expected_attach_type == 0) {
    program.expected_attach_type = BPF_SK_REUSEPORT_SELECT;
  }
}

int check_privileges(const Load& load) {
  const auto& [caps, attr, target] = std::tie(load.caps(), load.attr, load.target());
  if (!caps.bpf && load.kernel().config().unprivileged_bpf_disabled) return -EPERM;
  const target::Limits& limits = target.limits();
  if (attr.insn_cnt == 0 || attr.insn_cnt > (caps.bpf ? limits.max_insns : limits.max_unpriv_insns)) return -E2BIG;
  const bool open_type = attr.prog_type == BPF_PROG_TYPE_SOCKET_FILTER || attr.prog_type == BPF_PROG_TYPE_CGROUP_SKB;
  if (!open_type && !caps.bpf) return -EPERM;
  if (target.is_net_admin_type(attr.prog_type) && !caps.net_admin) return -EPERM;
  return target.is_perfmon_type(attr.prog_type) && !caps.perfmon ? -EPERM : 0;
}

// attach_prog_fd or attach_btf_obj_fd with attach_btf_id: what fentry, freplace, LSM ... programs go to.
int take_attach_target(Load& load) {
  const ProgLoadAttr& attr = load.attr;
  if (attr.attach_fd == 0) {
    if (attr.attach_btf_id == 0) return 0;
    load.program.attach_btf = load.kernel().vmlinux();
    return load.program.attach_btf ? 0 : -EINVAL;
  }
  auto target = load.kernel().prog(int(attr.attach_fd));
  if (target.ok()) {
    auto verified = load.kernel().verified(**target);
    if (!verified.ok()) return -verified.error();
    load.program.attach_prog = *verified;
    load.attach_prog_id = (*target)->id();
    return 0;
  }
  const auto btf = load.kernel().btf(int(attr.attach_fd));
  return btf.ok() ? -kErrnoNotSupp : -EINVAL;  // only a kernel's BTF will do, and none of ours is
}

bool has_btf_target(u32 prog_type) {
  return prog_type == BPF_PROG_TYPE_TRACING || prog_type == BPF_PROG_TYPE_LSM ||
         prog_type == BPF_PROG_TYPE_STRUCT_OPS || prog_type == BPF_PROG_TYPE_EXT;
}

int check_attach(const Load& load) {
  const verifier::Program& program = load.program;
  const u32 id = load.attr.attach_btf_id;
  if (id) {
    if (id > kBtfMaxType || (!program.attach_btf && !program.attach_prog)) return -EINVAL;
    if (!has_btf_target(program.prog_type)) return -EINVAL;
  }
  if (program.attach_btf && (!id || program.attach_prog)) return -EINVAL;
  if (program.attach_prog && program.prog_type != BPF_PROG_TYPE_TRACING && program.prog_type != BPF_PROG_TYPE_EXT)
    return -EINVAL;
  return load.target().attach_type_ok(program.prog_type, program.expected_attach_type) ? 0 : -EINVAL;
}

int copy_license(Load& load) {
  // strncpy_from_user of 127 bytes: the text may end right before memory that is not there.
  std::string license;
  for (char c = 1; license.size() < kLicenseLength - 1; license += c) {
    if (!copy_from_user(&c, load.attr.license + license.size(), 1)) return -EFAULT;
    if (c == 0) break;
  }
  load.program.gpl_compatible =
      std::find(std::begin(kGplLicenses), std::end(kGplLicenses), license) != std::end(kGplLicenses);
  return 0;
}

int copy_insns(Load& load) {
  load.program.insns.resize(load.attr.insn_cnt);
  const u64 size = u64(load.attr.insn_cnt) * sizeof(isa::Insn);
  return copy_from_user(load.program.insns.data(), load.attr.insns, size) ? 0 : -EFAULT;
}

// A program for a network device: there is none that could take one.
int check_device(const ProgLoadAttr& attr) {
  if (attr.prog_ifindex == 0) return 0;
  const bool xdp = attr.prog_type == BPF_PROG_TYPE_XDP;
  if (!xdp && attr.prog_type != BPF_PROG_TYPE_SCHED_CLS) return -EINVAL;
  const u32 flags = attr.prog_flags;
  if (flags & ~u32(BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_XDP_HAS_FRAGS)) return -EINVAL;
  if ((flags & BPF_F_XDP_HAS_FRAGS) && !(flags & BPF_F_XDP_DEV_BOUND_ONLY)) return -EINVAL;
  return -EINVAL;
}

// func_info, line_info, core_relo: as many bytes as their size says, unless the verifier refuses the size anyway.
int copy_info(u64 address, u32 rec_size, u32 cnt, verifier::InfoBlob& blob) {
  constexpr u32 kMaxRecSize = 252;
  blob.rec_size = rec_size;
  blob.cnt = cnt;
  const u64 size = u64(rec_size) * cnt;
  if (rec_size > kMaxRecSize || rec_size % 4 || size > INT32_MAX) return 0;
  blob.bytes.resize(size);
  return copy_from_user(blob.bytes.data(), address, size) ? 0 : -EFAULT;
}

int take_btf(Load& load) {
  const ProgLoadAttr& attr = load.attr;
  if (attr.func_info_cnt == 0 && attr.line_info_cnt == 0) return 0;
  auto btf = load.kernel().btf(int(attr.prog_btf_fd));
  if (!btf.ok()) {
    load.program.prog_btf_error = btf.error();
    return 0;
  }
  load.btf = *btf;
  load.program.btf = types_for_verifier(*btf);
  if (int err = copy_info(attr.func_info, attr.func_info_rec_size, attr.func_info_cnt, load.program.func_info))
    return err;
  if (int err = copy_info(attr.line_info, attr.line_info_rec_size, attr.line_info_cnt, load.program.line_info))
    return err;
  return copy_info(attr.core_relos, attr.core_relo_rec_size, attr.core_relo_cnt, load.program.core_relo);
}

// Steps 1 to 15 of the table: 0, or -errno with nothing logged.
int prepare(Load& load) {
  const ProgLoadAttr& attr = load.attr;
  verifier::Program& program = load.program;
  if (attr.prog_flags & ~kKnownFlags) return -EINVAL;
  program.prog_type = attr.prog_type;
  program.expected_attach_type = attr.expected_attach_type;
  program.prog_flags = attr.prog_flags;
  program.attach_btf_id = attr.attach_btf_id;
  fix_attach_type(program);
  if (attr.prog_flags & BPF_F_TOKEN_FD) {
    const auto token = load.kernel().find(attr.prog_token_fd);
    return token.ok() ? -EINVAL : -token.error();
  }
  if (int err = check_privileges(load)) return err;
  if (int err = take_attach_target(load)) return err;
  if (int err = check_attach(load)) return err;
  if (int err = copy_insns(load)) return err;
  if (int err = copy_license(load)) return err;
  if (attr.signature) return -EINVAL;  // no key ring holds a key
  if (int err = check_device(attr)) return err;
  if (!load.target().is_known_prog_type(attr.prog_type)) return -EINVAL;
  auto name = object_name(attr.prog_name);
  if (!name.ok()) return -name.error();
  program.name = *name;
  program.has_fd_array = attr.fd_array != 0;
  program.fd_array_cnt = attr.fd_array_cnt;
  if (int err = check_log_attr(attr.log_level, attr.log_buf, attr.log_size)) return err;
  return take_btf(load);
}

verifier::ObjectSource object_source(Load& load) {
  verifier::ObjectSource source;
  source.map_by_fd = [&load](int fd) -> Result<std::shared_ptr<const map::MapMeta>> {
    auto map = load.kernel().map(fd);
    if (map.ok()) load.kernel().look_for_mapping(fd, **map);
    if (!map.ok()) return map.status();
    load.by_fd[fd] = {ObjectKind::Map, (*map)->meta().id};
    load.maps.push_back(map->map);
    return meta_for_verifier(map->map);
  };
  source.btf_by_fd = [&load](int fd) -> Result<std::shared_ptr<const verifier::ProgBtf>> {
    auto btf = load.kernel().btf(fd);
    if (!btf.ok()) return btf.status();
    load.by_fd[fd] = {ObjectKind::Btf, (*btf)->id};
    return types_for_verifier(*btf);
  };
  source.fd_array_at = [&load](u32 index) -> Result<int> {
    int fd;
    if (!copy_from_user(&fd, load.attr.fd_array + u64(index) * sizeof(fd), sizeof(fd))) return error_status(EFAULT);
    load.fd_array[index] = fd;
    return fd;
  };
  return source;
}

u64 clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return u64(now.tv_sec) * 1'000'000'000 + u64(now.tv_nsec);
}

u32 id_of(const Load& load, int fd) {
  const auto found = load.by_fd.find(fd);
  return found == load.by_fd.end() ? 0 : found->second.id;
}

// The instructions with ids in place of descriptors: what bpf_prog_info shows.
std::vector<isa::Insn> insns_with_ids(const Load& load) {
  std::vector<isa::Insn> insns = load.program.insns;
  for (size_t i = 0; i + 1 < insns.size(); ++i) {
    isa::Insn& insn = insns[i];
    if (!isa::is_ldimm64(insn)) continue;
    const bool by_index = insn.src == isa::BPF_PSEUDO_MAP_IDX || insn.src == isa::BPF_PSEUDO_MAP_IDX_VALUE;
    if (insn.src == isa::BPF_PSEUDO_MAP_FD || insn.src == isa::BPF_PSEUDO_MAP_VALUE || by_index) {
      const auto entry = load.fd_array.find(u32(insn.imm));
      insn.imm = s32(id_of(load, !by_index ? insn.imm : entry == load.fd_array.end() ? -1 : entry->second));
      if (by_index) insn.src = u8(insn.src - isa::BPF_PSEUDO_MAP_IDX + isa::BPF_PSEUDO_MAP_FD);
    } else if (insn.src == isa::BPF_PSEUDO_BTF_ID && insns[i + 1].imm != 0) {
      insns[i + 1].imm = s32(id_of(load, insns[i + 1].imm));
    }
    ++i;
  }
  return insns;
}

ProgHeader header_of(const Load& load, const verifier::Verdict& verdict) {
  const verifier::Program& program = load.program;
  ProgHeader header;
  header.prog_type = program.prog_type;
  header.expected_attach_type = program.expected_attach_type;
  header.prog_flags = program.prog_flags;
  header.verified_insns = verdict.stats.insns_processed;
  header.btf_id = load.btf ? load.btf->id : 0;
  header.attach_btf_id = program.attach_btf_id;
  header.attach_prog_id = load.attach_prog_id;
  header.attach = program.attach_prog  ? AttachKind::Program
                  : program.attach_btf ? AttachKind::Kernel
                                       : AttachKind::None;
  header.created_by_uid = getuid();
  header.gpl_compatible = program.gpl_compatible;
  header.has_fd_array = program.has_fd_array;
  header.fd_array_cnt = program.fd_array_cnt;
  header.load_time = clock_ns(CLOCK_BOOTTIME);
  header.digest = digest_of(program.insns);
  std::memcpy(header.name, program.name.data(), std::min(program.name.size(), sizeof(header.name) - 1));
  return header;
}

ProgImage image_of(const Load& load, const verifier::Verdict& verdict) {
  ProgImage image{.header = header_of(load, verdict),
                  .insns = insns_with_ids(load),
                  .map_ids = {},
                  .fd_array = {},
                  .func_info = load.program.func_info,
                  .line_info = load.program.line_info,
                  .core_relo = load.program.core_relo};
  for (const auto& map : verdict.used_maps) image.map_ids.push_back(map->id);
  for (const auto& [index, fd] : load.fd_array) {
    const auto found = load.by_fd.find(fd);
    if (found == load.by_fd.end()) continue;
    image.fd_array.push_back({index, found->second.kind == ObjectKind::Btf, found->second.id});
  }
  return image;
}

// What the program holds: maps, types, and the program it attaches to.
std::vector<ObjectName> held_by(const Load& load, const ProgImage& image) {
  std::vector<ObjectName> held;
  for (u32 id : image.map_ids) held.push_back({ObjectKind::Map, id});
  for (const auto& [fd, name] : load.by_fd) held.push_back(name);
  if (load.btf) held.push_back({ObjectKind::Btf, load.btf->id});
  if (load.attach_prog_id) held.push_back({ObjectKind::Prog, load.attach_prog_id});
  return held;
}

// The program as an object: its descriptor, or -errno.
long install(const Load& load, const verifier::Verdict& verdict) {
  ObjectTable& objects = load.kernel().objects();
  auto prog = std::make_shared<ProgObject>();
  prog->image = image_of(load, verdict);
  prog->image.header.id = objects.new_id(ObjectKind::Prog);
  prog->image.header.cookie = objects.new_cookie();
  prog->used_maps = verdict.used_maps;
  prog->btf = load.btf;
  load.kernel().set_verified(*prog, verified_program(load.program, verdict, prog->id()));
  return publish_file(load.kernel(), {.prog = prog}, prog->image.bytes(), held_by(load, prog->image));
}

// Maps of programs must be of its kind; those that nobody owns are its own now. 0, or -EINVAL without a word.
int claim_maps(const Load& load, const verifier::Verdict& verdict) {
  for (const auto& used : verdict.used_maps) {
    const auto map = std::find_if(load.maps.begin(), load.maps.end(),
                                  [&](const auto& asked) { return asked->shared_meta() == used; });
    if (map != load.maps.end() && !claim_map(**map, load.program, verdict.used_maps)) return -EINVAL;
  }
  return 0;
}

// In full if the kernel was asked for that; the beginning of a program given up for its length, so that it is told in
// no time.
std::shared_ptr<const diag::Profile> profile(Load& load, const verifier::Verdict& verdict) {
  const KernelConfig& config = load.kernel().config();
  const bool too_long = verdict.rejection && verifier::gives_up_for_length(*verdict.rejection);
  if (!config.profile && !(config.explain && too_long)) return nullptr;
  // Of a large program each instruction takes longer: its states are.
  constexpr size_t kLarge = 4096;
  const u32 beginning = load.program.insns.size() > kLarge ? 10'000 : 40'000;
  verifier::ProfileLimits limits{
      .max_insns = beginning, .max_named = beginning, .max_tried = beginning / 4, .variables = config.variables};
  if (config.profile) {
    limits.max_insns = limits.max_named = load.target().limits().max_insns;
    limits.max_tried = limits.max_insns / 2;
    limits.try_bounds = true;
  }
  return std::make_shared<diag::Profile>(
      verifier::profile(load.program, load.target(), object_source(load), verifier_options(load.caps()), limits));
}

std::vector<diag::Explanation> explain(Load& load, const verifier::Verdict& verdict, const diag::Profile* profile) {
  if (!verdict.error || !load.kernel().config().explain) return {};
  verifier::ExplainLimits limits;
  limits.variables = load.kernel().config().variables;
  limits.witness = load.kernel().config().witness.get();
  return verifier::explain(load.program, load.target(), object_source(load), verifier_options(load.caps()),
                           verdict.rejection, limits, profile);
}

void report(Load& load, long result, bool verified, verifier::Verdict verdict) {
  const auto& on_load = load.kernel().config().on_load;
  if (!on_load) return;
  const u64 begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  std::shared_ptr<const diag::Profile> profiled = profile(load, verdict);
  std::vector<diag::Explanation> explanations = explain(load, verdict, profiled.get());
  constexpr u64 kNsPerUs = 1000;
  on_load({.log_buf = load.attr.log_buf,
           .name = load.program.name,
           .prog_type = load.program.prog_type,
           .error = result < 0 ? int(-result) : 0,
           .verified = verified,
           .verdict = std::move(verdict),
           .last_line = {},
           .explanations = std::move(explanations),
           .explain_time_us = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / kNsPerUs,
           .profile = std::move(profiled)});
}

}  // namespace

long prog_load(Call& call) {
  if (!call.tail_is_zero(ProgLoadAttr::kEnd)) return -EINVAL;
  Load load{.call = call, .attr = call.as<ProgLoadAttr>()};
  const ProgLoadAttr& attr = load.attr;
  if (int err = prepare(load)) {
    report(load, err, false, {});
    return err;
  }
  diag::Log log(attr.log_level, attr.log_buf ? attr.log_size : 0);
  verifier::Verdict verdict =
      verifier::verify(load.program, load.target(), object_source(load), verifier_options(load.caps()), log);
  constexpr u32 kTrueSize = offsetof(ProgLoadAttr, log_true_size);
  long result = finish_log(call, log, attr.log_buf, attr.log_size, kTrueSize, kTrueSize + 4, -verdict.error);
  if (result == 0) result = claim_maps(load, verdict);
  if (result == 0) result = install(load, verdict);
  report(load, result, true, std::move(verdict));
  return result;
}

long prog_bind_map(Call& call) {
  const auto attr = call.as<BindMapAttr>();
  if (!call.tail_is_zero(BindMapAttr::kEnd) || attr.flags) return -EINVAL;
  auto prog = call.kernel.prog(int(attr.prog_fd));
  if (!prog.ok()) return -prog.error();
  auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (Namespace* shared = call.kernel.objects().shared()) {
    auto references = References::lock(*shared, {ObjectKind::Prog, (*prog)->id()});
    if (!references.ok()) return -references.error();
    const Status added = references->add({ObjectKind::Map, (*map)->meta().id});
    return -added.error();
  }
  (*prog)->bound_maps.push_back(map->map);
  return 0;
}

}  // namespace skep::sys
