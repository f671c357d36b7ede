// What instructions refer to: maps by fd or by their place in fd_array, kernel variables and functions by BTF id. One
// pass over all instructions, reached or not (spec: instructions.md 12, btf-and-load.md 4 and 5.5, protocols.md 3).
#include "verifier/resolve.h"

#include <algorithm>
#include <string_view>

#include "isa/valid.h"
#include "target/btf_facts.h"

namespace skep::verifier {

namespace {

constexpr u32 kMaxFdArrayCnt = 1u << 30;  // entries
constexpr u32 kMaxVarOff = 1u << 29;      // bytes: largest offset of a pointer
constexpr char kPercpuSection[] = ".data..percpu";

// --- maps ---------------------------------------------------------------------------------------------------------

// Special fields that need more than a program of this kind may do.
Outcome check_map_fields(Env& env, const map::MapMeta& map) {
  if (!map.record) return kOk;
  const btf::Record& record = *map.record;
  bool tracing = env.target.is_tracing_type(env.prog_type());
  if (tracing && (record.mask & (btf::Field::ListHead | btf::Field::RbRoot)))
    return env.reject(diag::TracingGraphRoot{});
  if (record.mask & (btf::Field::SpinLock | btf::Field::ResSpinLock)) {
    if (env.prog_type() == BPF_PROG_TYPE_SOCKET_FILTER) return env.reject(diag::SocketFilterSpinLock{});
    if (tracing) return env.reject(diag::TracingSpinLock{});
  }
  if (tracing && record.has(btf::Field::Timer)) return env.reject(diag::TracingTimer{});
  if (tracing && record.has(btf::Field::Workqueue)) return env.reject(diag::TracingWq{});
  return kOk;
}

// Whether map and program go together (check_map_prog_compatibility).
Outcome check_map_compatible(Env& env, const map::MapMeta& map) {
  if (map.excl_prog_hash && *map.excl_prog_hash != env.hash) return env.reject(diag::MapExclusiveHashMismatch{});
  SKEP_TRY(check_map_fields(env, map));
  if (env.program.offloaded) return env.reject(diag::MapOffloadMismatch{});
  if (map.map_type == BPF_MAP_TYPE_STRUCT_OPS) return env.reject(diag::StructOpsMapInProg{});
  if (env.kind.sleepable && !env.target.map_rules(map.map_type).sleepable_ok)
    return env.reject(diag::SleepableMapType{});
  return kOk;
}

bool is_cgroup_storage(u32 map_type) {
  return map_type == BPF_MAP_TYPE_CGROUP_STORAGE || map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

Outcome check_cgroup_storage(Env& env, const map::MapMeta& map) {
  if (!is_cgroup_storage(map.map_type)) return kOk;
  for (const auto& used : env.used_maps)
    if (used->map_type == map.map_type) return env.reject(diag::CgroupStorageTwice{});
  return kOk;
}

Outcome check_arena(Env& env, const std::shared_ptr<const map::MapMeta>& map) {
  if (map->map_type != BPF_MAP_TYPE_ARENA) return kOk;
  if (env.arena) return env.reject(diag::ArenaTwice{});
  if (!env.allow_ptr_leaks || !env.bpf_capable) return env.reject(diag::ArenaNeedsCaps{});
  if (!env.options.jit) return env.reject(diag::ArenaNeedsJit{});
  if (!map->user_vm_start) return env.reject(diag::ArenaNoUserAddress{});
  env.arena = map;
  return kOk;
}

// Notes that the program uses `map`, if it may.
Outcome add_used_map(Env& env, const std::shared_ptr<const map::MapMeta>& map) {
  auto& used = env.used_maps;
  if (std::find(used.begin(), used.end(), map) != used.end()) return kOk;
  u32 limit = env.target.limits().max_used_maps;
  if (used.size() >= limit) return env.reject(diag::TooManyMaps{}, limit);
  SKEP_TRY(check_map_compatible(env, *map));
  SKEP_TRY(check_cgroup_storage(env, *map));
  SKEP_TRY(check_arena(env, map));
  used.push_back(map);
  return kOk;
}

// The fd of a map form: in the instruction, or in fd_array.
Outcome map_fd(Env& env, const isa::Insn& insn, int& fd) {
  fd = insn.imm;
  if (insn.src != isa::BPF_PSEUDO_MAP_IDX && insn.src != isa::BPF_PSEUDO_MAP_IDX_VALUE) return kOk;
  if (!env.program.has_fd_array) return env.reject(diag::FdIdxWithoutFdArray{});
  auto found = env.objects.fd_array_at(u32(insn.imm));
  if (!found.ok()) return Outcome::error(found.error());
  fd = *found;
  return kOk;
}

// Errno of a pointer to `off` bytes into the only value of `map`; 0 if there is such a place.
int direct_value_error(const Env& env, const map::MapMeta& map, u32 off) {
  if (map.map_type == BPF_MAP_TYPE_ARENA) return off > u64{map.max_entries} * env.target.page_size() ? ERANGE : 0;
  if (map.max_entries != 1) return kErrnoNotSupp;
  return off >= map.value_size ? EINVAL : 0;
}

Outcome check_direct_value(Env& env, const map::MapMeta& map, u32 off) {
  if (off >= kMaxVarOff) return env.reject(diag::DirectValueOffsetNotAllowed{}, off);
  if (!env.target.map_rules(map.map_type).direct_value) return env.reject(diag::NoDirectValueAccess{});
  int error = direct_value_error(env, map, off);
  return error ? env.reject_with(error, diag::InvalidMapValuePointer{}, map.value_size, off) : kOk;
}

// Of the instructions without their maps' descriptors.
Sha256 hash_of(std::vector<isa::Insn> insns) {
  for (size_t i = 0; i + 1 < insns.size(); i++) {
    if (!isa::is_ldimm64(insns[i])) continue;
    if (insns[i].src == isa::BPF_PSEUDO_MAP_FD || insns[i].src == isa::BPF_PSEUDO_MAP_VALUE)
      insns[i].imm = insns[i + 1].imm = 0;
    i++;
  }
  return sha256({reinterpret_cast<const u8*>(insns.data()), insns.size() * sizeof(isa::Insn)});
}

// The maps found behind descriptors: asking costs a system call, and programs name the same few again and again.
using MapsOfFds = std::vector<std::pair<int, const map::MapMeta*>>;

Outcome find_map(Env& env, int fd, MapsOfFds& found, const map::MapMeta*& map) {
  auto known = std::find_if(found.begin(), found.end(), [&](const auto& row) { return row.first == fd; });
  if (known != found.end()) {
    map = known->second;
    return kOk;
  }
  auto answer = env.objects.map_by_fd(fd);
  if (!answer.ok()) return env.reject_with(answer.error(), diag::FdNotMap{}, fd);
  if ((*answer)->excl_prog_hash && env.hash == Sha256{}) env.hash = hash_of(env.insns);
  SKEP_TRY(add_used_map(env, *answer));
  map = answer->get();
  found.emplace_back(fd, map);
  return kOk;
}

Outcome resolve_map(Env& env, u32 i, MapsOfFds& found) {
  const isa::Insn* insn = &env.insns[i];
  int fd;
  SKEP_TRY(map_fd(env, *insn, fd));
  const map::MapMeta* map = nullptr;
  SKEP_TRY(find_map(env, fd, found, map));
  InsnExtra& extra = env.make_extra(i);
  extra.map = map;
  if (insn->src != isa::BPF_PSEUDO_MAP_VALUE && insn->src != isa::BPF_PSEUDO_MAP_IDX_VALUE) return kOk;
  u32 off = u32(insn[1].imm);
  SKEP_TRY(check_direct_value(env, *map, off));
  extra.map_off = off;
  return kOk;
}

// --- kernel variables ---------------------------------------------------------------------------------------------

Outcome add_used_btf(Env& env, const std::shared_ptr<const ProgBtf>& types) {
  auto& used = env.used_btfs;
  if (std::find(used.begin(), used.end(), types) != used.end()) return kOk;
  u32 limit = env.target.limits().max_used_btfs;
  if (used.size() >= limit) return env.reject(diag::TooManyBtfs{}, limit);
  used.push_back(types);
  return kOk;
}

// The BTF an id belongs to: the kernel's, or the one behind the fd in the second half.
Outcome btf_of_var(Env& env, const isa::Insn* insn, const btf::Btf*& types) {
  if (!insn[1].imm) {
    types = env.vmlinux();
    return types ? kOk : env.reject(diag::KernelMissingBtf{});
  }
  auto found = env.objects.btf_by_fd(insn[1].imm);
  if (!found.ok()) return env.reject(diag::InvalidModuleBtfObjectFd{});
  types = (*found)->btf.get();
  return add_used_btf(env, *found);
}

// The functions of the kernel's BTF but for a list of exceptions, its variables if the target lists them.
bool has_address(const Env& env, std::string_view name) {
  const btf::Btf* kernel = env.vmlinux();
  if (!kernel) return false;
  return (kernel->find(name, btf::Kind::Func) && !target::is_without_address(name)) ||
         (env.target.features().variable_symbols && kernel->find(name, btf::Kind::Var));
}

bool is_percpu(const btf::Btf& types, u32 var_id) {
  const btf::Type* section = types.type_by_id(types.find(kPercpuSection, btf::Kind::DataSec));
  if (!section) return false;
  auto vars = types.secinfos(section);
  return std::any_of(vars.begin(), vars.end(), [&](const btf::VarSecinfo& var) { return var.type == var_id; });
}

Outcome set_btf_var(Env& env, u32 i, const btf::Btf& types, u32 var_id) {
  auto& var = env.make_extra(i).btf_var;
  const btf::Type* type = types.skip_modifiers(types.type_by_id(var_id)->type(), &var.id);
  if (!type) return env.reject(diag::LdImm64InvalidBtfId{}, var_id);
  var.types = &types;
  if (is_percpu(types, var_id)) {
    var.type = PTR_TO_BTF_ID | MEM_PERCPU;
  } else if (btf::is_struct(type)) {
    var.type = PTR_TO_BTF_ID;
  } else {
    auto size = types.resolve_size(var.id);
    if (!size) return env.reject(diag::LdImm64SizeUnresolved{}, types.name_of(type), -EINVAL);
    var.type = PTR_TO_MEM | MEM_RDONLY;
    var.mem_size = *size;
  }
  return kOk;
}

Outcome resolve_btf_var(Env& env, u32 i) {
  const isa::Insn* insn = &env.insns[i];
  const btf::Btf* types = nullptr;
  SKEP_TRY(btf_of_var(env, insn, types));
  u32 id = u32(insn->imm);
  const btf::Type* type = types->type_by_id(id);
  if (!type) return env.reject(diag::LdImm64InvalidBtfId{}, insn->imm);
  bool is_func = type->kind() == btf::Kind::Func;
  if (!is_func && type->kind() != btf::Kind::Var) return env.reject(diag::LdImm64NotVarOrFunc{}, insn->imm);
  std::string_view name = types->name_of(type);
  if (!has_address(env, name)) return env.reject(diag::LdImm64SymbolNotFound{}, name);
  if (!is_func) return set_btf_var(env, i, *types, id);
  env.make_extra(i).btf_var.type = PTR_TO_MEM | MEM_RDONLY;
  return kOk;
}

// --- the pass -----------------------------------------------------------------------------------------------------

Outcome reject_static(Env& env, std::string_view message, const isa::Insn& insn) {
  if (message == isa::kUnknownOpcode) return env.reject(diag::UnknownOpcode{}, insn.code);
  if (message == "invalid bpf_ld_imm64 insn") return env.reject(diag::InvalidLdImm64{});
  if (message == "unrecognized bpf_ld_imm64 insn") return env.reject(diag::UnrecognizedLdImm64{});
  return env.reject(diag::LdxReservedFields{});
}

Outcome resolve_ld_imm64(Env& env, u32 i, MapsOfFds& found) {
  switch (env.insns[i].src) {
    case 0:
    case isa::BPF_PSEUDO_FUNC: return kOk;
    case isa::BPF_PSEUDO_BTF_ID: return resolve_btf_var(env, i);
    default: return resolve_map(env, i, found);
  }
}

Outcome add_fd_array_entry(Env& env, int fd) {
  auto map = env.objects.map_by_fd(fd);
  if (map.ok()) return add_used_map(env, *map);
  auto types = env.objects.btf_by_fd(fd);
  if (types.ok()) return add_used_btf(env, *types);
  return env.reject_with(map.error(), diag::FdNotMapOrBtf{}, fd);
}

}  // namespace

Outcome process_fd_array(Env& env) {
  u32 count = env.program.fd_array_cnt;
  if (!count) return kOk;
  if (count >= kMaxFdArrayCnt - 1) return env.reject(diag::FdArrayCntTooBig{}, count);
  for (u32 i = 0; i < count; i++) {
    auto fd = env.objects.fd_array_at(i);
    if (!fd.ok()) return Outcome::error(fd.error());
    SKEP_TRY(add_fd_array_entry(env, *fd));
  }
  return kOk;
}

Outcome resolve_pseudo_ldimm64(Env& env) {
  u32 count = u32(env.insns.size());
  MapsOfFds found;
  for (u32 i = 0; i < count; i++) {
    const isa::Insn* insn = &env.insns[i];
    if (const char* message = isa::static_pass_error(insn, count - i)) return reject_static(env, message, *insn);
    if (!isa::is_ldimm64(*insn)) continue;
    SKEP_TRY(resolve_ld_imm64(env, i, found));
    i++;
  }
  return kOk;
}

}  // namespace skep::verifier
