// How a command of bpf(2) sees its call, and the list of commands (one file each).
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "sys/attr.h"
#include "sys/kernel.h"
#include "sys/user_memory.h"

namespace skep::sys {

// The caller's attr, copied once and extended with zeros; what is checked is what is used.
struct Call {
  Kernel& kernel;
  u64 user_attr = 0;
  u32 user_size = 0;
  u8 bytes[kAttrSize] = {};

  template <typename T>
  T as() const {
    T attr;
    static_assert(sizeof(T) <= sizeof(bytes));
    std::memcpy(&attr, bytes, sizeof(T));
    return attr;
  }
  // CHECK_ATTR: everything from `end` on must be zero.
  bool tail_is_zero(u32 end) const;
  // Writes a field back to the caller; nothing happens if its attr is too short for it. False on EFAULT.
  [[nodiscard]] bool write_back(u32 offset, u32 value) const;
};

// Checks a 16-byte object name as the kernel does (alphanumerics, '_' and '.', zero-terminated) and takes it. EINVAL
// otherwise.
Result<std::string> object_name(const char (&name)[kObjNameLen]);

// Log attributes of BTF_LOAD and PROG_LOAD: 0 or -EINVAL.
int check_log_attr(u32 level, u64 buf, u32 size);
// Copies the finished log out, with the true size at `true_size_offset` of the attr: the call's result, which ENOSPC
// and EFAULT override.
long finish_log(const Call& call, const diag::Log& log, u64 buf, u32 size, u32 true_size_offset, u32 true_size_end,
                long result);

long map_create(Call& call);
long map_lookup_elem(Call& call);
long map_update_elem(Call& call);
long map_delete_elem(Call& call);
long map_get_next_key(Call& call);
long map_lookup_and_delete_elem(Call& call);
long map_lookup_batch(Call& call);
long map_lookup_and_delete_batch(Call& call);
long map_update_batch(Call& call);
long map_delete_batch(Call& call);
long map_freeze(Call& call);
long btf_load(Call& call);
long prog_load(Call& call);
long prog_bind_map(Call& call);
long prog_test_run(Call& call);
long obj_pin(Call& call);
long obj_get(Call& call);
long obj_get_info_by_fd(Call& call);
long prog_get_next_id(Call& call);
long map_get_next_id(Call& call);
long btf_get_next_id(Call& call);
long link_get_next_id(Call& call);
long prog_get_fd_by_id(Call& call);
long map_get_fd_by_id(Call& call);
long btf_get_fd_by_id(Call& call);
long link_get_fd_by_id(Call& call);
long link_create(Call& call);
long link_update(Call& call);
long link_detach(Call& call);
long iter_create(Call& call);
long prog_attach(Call& call);
long prog_detach(Call& call);
long prog_query(Call& call);
long task_fd_query(Call& call);
long prog_stream_read(Call& call);
long enable_stats(Call& call);
long raw_tracepoint_open(Call& call);
long token_create(Call& call);
long not_supported(Call& call);

}  // namespace skep::sys
