// What programs print with bpf_stream_vprintk(): to each its standard output and error, until somebody reads them
// (BPF_PROG_STREAM_READ_BY_FD). They are of this process; Linux has one of each for all.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/types.h"

namespace skep::engine {

class Streams {
 public:
  static constexpr u32 kOut = 1, kError = 2;    // BPF_STREAM_STDOUT, BPF_STREAM_STDERR
  static constexpr size_t kCapacity = 100'000;  // bytes of a stream that nobody has read
  static bool exists(u32 stream) { return stream == kOut || stream == kError; }

  // 0; -ENOSPC: there is no room for all of it, and nothing is written.
  long write(u32 prog, u32 stream, std::string_view text);
  // Takes what came first, at most so many bytes.
  std::string read(u32 prog, u32 stream, size_t most);
  // The program is gone.
  void forget(u32 prog);

 private:
  std::mutex mutex_;
  std::map<std::pair<u32, u32>, std::string> texts_;
};

}  // namespace skep::engine
