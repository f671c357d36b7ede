// See streams.h.
#include "engine/streams.h"

#include <cerrno>

namespace skep::engine {

long Streams::write(u32 prog, u32 stream, std::string_view text) {
  std::lock_guard lock(mutex_);
  std::string& waiting = texts_[{prog, stream}];
  if (text.size() > kCapacity - waiting.size()) return -ENOSPC;
  waiting += text;
  return 0;
}

std::string Streams::read(u32 prog, u32 stream, size_t most) {
  std::lock_guard lock(mutex_);
  const auto found = texts_.find({prog, stream});
  if (found == texts_.end()) return {};
  const std::string text = found->second.substr(0, most);
  found->second.erase(0, most);
  return text;
}

void Streams::forget(u32 prog) {
  std::lock_guard lock(mutex_);
  for (const u32 stream : {kOut, kError}) texts_.erase({prog, stream});
}

}  // namespace skep::engine
