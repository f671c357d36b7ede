// bpf(2)'s envelope: size rules, the copy of attr, the dispatch.
#include "sys/kernel.h"

#include <algorithm>

#include "sys/command.h"

namespace skep::sys {
namespace {

using Handler = long (*)(Call&);

// By command number.
constexpr Handler kHandlers[] = {
    map_create,        map_lookup_elem,
    map_update_elem,   map_delete_elem,
    map_get_next_key,  prog_load,
    not_supported,     not_supported,
    not_supported,     not_supported,
    not_supported,     prog_get_next_id,
    map_get_next_id,   prog_get_fd_by_id,
    map_get_fd_by_id,  obj_get_info_by_fd,
    not_supported,     raw_tracepoint_open,
    btf_load,          btf_get_fd_by_id,
    not_supported,     map_lookup_and_delete_elem,
    map_freeze,        btf_get_next_id,
    map_batch,         map_batch,
    map_batch,         map_batch,
    link_create,       not_supported,
    link_get_fd_by_id, link_get_next_id,
    not_supported,     not_supported,
    not_supported,     prog_bind_map,
    token_create,      not_supported,
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

Kernel::Kernel(KernelConfig config) : config_(std::move(config)) {}

long Kernel::bpf(int cmd, void* attr, u32 size) {
  Call call{*this, reinterpret_cast<u64>(attr), size};
  if (int err = copy_attr(call)) return err;
  if (cmd < 0 || cmd >= int(kCommandCount)) return -EINVAL;
  return kHandlers[cmd](call);
}

void Kernel::note_mapping(int fd, u64 address) {
  auto found = objects_.map(fd);
  if (!found.ok() || (*found)->meta().map_type != BPF_MAP_TYPE_ARENA) return;
  if ((*found)->meta().user_vm_start == 0) (*found)->shared_meta()->user_vm_start = address;
}

std::shared_ptr<const btf::Btf> Kernel::vmlinux() const {
  return std::shared_ptr<const btf::Btf>(config_.target, config_.target->vmlinux());
}

}  // namespace skep::sys
