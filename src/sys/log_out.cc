// The log of a load on its way back to the caller (spec: log-format.md 8).
#include <algorithm>
#include <climits>

#include "sys/command.h"

namespace skep::sys {

int check_log_attr(u32 level, u64 buf, u32 size) {
  if (bool(buf) != bool(size)) return -EINVAL;
  if (buf && level == 0) return -EINVAL;
  if (level & ~u32(0xf)) return -EINVAL;
  return size > UINT_MAX >> 2 ? -EINVAL : 0;
}

long finish_log(const Call& call, const diag::Log& log, u64 buf, u32 size, u32 true_size_offset, u32 true_size_end,
                long result) {
  if (!log.needed()) return result;
  const diag::Log::Finished done = log.finish();
  const u64 bytes = std::min<u64>(done.text.size() + 1, size);
  const bool copied = (buf == 0 || copy_to_user(buf, done.text.c_str(), bytes)) &&
                      (call.user_size < true_size_end || call.write_back(true_size_offset, done.true_size));
  if (!copied) return -EFAULT;
  return done.error ? -done.error : result;
}

}  // namespace skep::sys
