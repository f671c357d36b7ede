// bpf(2)'s envelope: size rules, the copy of attr, the dispatch.
#include "sys/kernel.h"

#include <algorithm>

#include "map/shm/guard.h"
#include "sys/command.h"
#include "sys/executables.h"
#include "sys/import.h"
#include "sys/user_mapping.h"
#include "sys/verified.h"

namespace skep::sys {
namespace {

using Handler = long (*)(Call&);

// By command number.
constexpr Handler kHandlers[] = {
    map_create,        map_lookup_elem,
    map_update_elem,   map_delete_elem,
    map_get_next_key,  prog_load,
    obj_pin,           obj_get,
    prog_attach,       prog_detach,
    prog_test_run,     prog_get_next_id,
    map_get_next_id,   prog_get_fd_by_id,
    map_get_fd_by_id,  obj_get_info_by_fd,
    prog_query,        raw_tracepoint_open,
    btf_load,          btf_get_fd_by_id,
    task_fd_query,     map_lookup_and_delete_elem,
    map_freeze,        btf_get_next_id,
    map_lookup_batch,  map_lookup_and_delete_batch,
    map_update_batch,  map_delete_batch,
    link_create,       link_update,
    link_get_fd_by_id, link_get_next_id,
    enable_stats,      iter_create,
    link_detach,       prog_bind_map,
    token_create,      prog_stream_read,
};
static_assert(std::size(kHandlers) == kCommandCount);

// bpf_check_uarg_tail_zero, then the copy.
int copy_attr(Call& call) {
  if (call.user_size > kAttrMaxSize) return -E2BIG;
  if (call.user_size > kAttrSize) {
    const int zero = check_zeroed_user(call.user_attr + kAttrSize, call.user_size - kAttrSize);
    if (zero <= 0) return zero < 0 ? -EFAULT : -E2BIG;
  }
  return copy_from_user(call.bytes, call.user_attr, std::min(call.user_size, kAttrSize)) ? 0 : -EFAULT;
}

}  // namespace

bool Call::tail_is_zero(u32 end) const {
  return std::all_of(bytes + end, bytes + kAttrSize, [](u8 b) { return b == 0; });
}

bool Call::write_back(u32 offset, u32 value) const {
  if (user_size < offset + sizeof(value)) return true;
  return copy_to_user(user_attr + offset, &value, sizeof(value));
}

Result<std::string> object_name(const char (&name)[kObjNameLen]) {
  const size_t length = strnlen(name, kObjNameLen);
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  if (length == kObjNameLen || !std::all_of(name, name + length, ok)) return error_status(EINVAL, "object name");
  return std::string(name, length);
}

Kernel::Kernel(KernelConfig config) : config_(std::move(config)), objects_(config_.shared), stats_(config_.shared) {
  heap_ = config_.shared ? config_.shared->heap() : engine::Heap::make_private();
}

Kernel::~Kernel() = default;

void Kernel::keep_fields(map::Map& map) { map.set_field_owner(heap_, config_.shared == nullptr); }

Executables& Kernel::executables() {
  std::call_once(executables_made_, [this] { executables_ = std::make_unique<Executables>(*this); });
  return *executables_;
}

long Kernel::bpf(int cmd, void* attr, u32 size) {
  const int saved = errno;  // system calls of ours must not show
  Call call{*this, reinterpret_cast<u64>(attr), size};
  long result = copy_attr(call);
  if (result == 0) result = cmd < 0 || cmd >= int(kCommandCount) ? -EINVAL : kHandlers[cmd](call);
  errno = saved;
  return result;
}

Result<Found> Kernel::find(int fd) {
  auto found = objects_.find(fd);
  if (!found.ok() || found->object.map || found->object.prog || found->object.btf) return found;
  if (objects_.shared() == nullptr) return error_status(EINVAL);
  return import_by_fd(*this, fd);
}

Result<MapRef> Kernel::map(int fd) {
  MapRef map;
  if (descriptors_.find(fd, map)) return map;
  auto found = find(fd);
  if (!found.ok()) return found.status();
  if (!found->object.map) return error_status(EINVAL);
  map = {std::move(found->object.map), found->denied};
  descriptors_.remember(fd, map);
  return map;
}

Result<std::shared_ptr<ProgObject>> Kernel::prog(int fd) {
  auto found = find(fd);
  if (!found.ok()) return found.status();
  if (!found->object.prog) return error_status(EINVAL);
  return std::move(found->object.prog);
}

Result<std::shared_ptr<BtfObject>> Kernel::btf(int fd) {
  auto found = find(fd);
  if (!found.ok()) return found.status();
  if (!found->object.btf) return error_status(EINVAL);
  return std::move(found->object.btf);
}

Result<std::shared_ptr<const verifier::VerifiedProgram>> Kernel::verified(ProgObject& prog) {
  std::lock_guard lock(prog.mutex_);
  if (prog.verified_ == nullptr) {
    auto verified = verify_image(*this, prog);
    if (!verified.ok()) return verified.status();
    prog.verified_ = std::move(*verified);
  }
  return prog.verified_;
}

void Kernel::set_verified(ProgObject& prog, std::shared_ptr<const verifier::VerifiedProgram> facts) {
  std::lock_guard lock(prog.mutex_);
  prog.verified_ = std::move(facts);
}

void Kernel::note_mapping(int fd, u64 address) {
  auto found = map(fd);
  if (!found.ok() || (*found)->meta().map_type != BPF_MAP_TYPE_ARENA) return;
  map::Map& arena = **found;
  if (arena.meta().user_vm_start != 0) return;
  arena.shared_meta()->user_vm_start = address;
  map::guarded(0, [&]() -> long {
    map::store_relaxed(arena.trailer().user_vm_start, address);
    return 0;
  });
}

void Kernel::look_for_mapping(int fd, const map::Map& arena) {
  const map::MapMeta& meta = arena.meta();
  if (meta.map_type != BPF_MAP_TYPE_ARENA || meta.user_vm_start != 0) return;
  if (const u64 address = find_user_mapping(fd, u64(meta.max_entries) * map::kPageSize)) note_mapping(fd, address);
}

std::shared_ptr<const btf::Btf> Kernel::vmlinux() const {
  return std::shared_ptr<const btf::Btf>(config_.target, config_.target->vmlinux());
}

}  // namespace skep::sys
