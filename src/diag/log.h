// The verifier's log buffer with the kernel's semantics: levels, 1024-byte prints, the rolling or fixed window, cutting back, and what finishing
// reports (spec: log-format.md 6 and 8). A value: nothing is written anywhere; sys/ copies the result to the caller.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/types.h"

namespace skep::diag {

enum LogLevel : u32 { BPF_LOG_LEVEL1 = 1, BPF_LOG_LEVEL2 = 2, BPF_LOG_STATS = 4, BPF_LOG_FIXED = 8 };

class Log {
 public:
  // `size`: bytes of the caller's buffer, 0 if there is none (then only the true size is computed). No checks here: sys/ has made them.
  Log(u32 level, u32 size);

  u32 level() const { return level_; }
  bool needed() const { return level_ != 0; }
  bool prints_insns() const { return level_ & (BPF_LOG_LEVEL1 | BPF_LOG_LEVEL2); }
  bool level2() const { return level_ & BPF_LOG_LEVEL2; }

  // One print call of the kernel: at most 1023 bytes of `text` are kept. No-op at level 0.
  void write(std::string_view text);
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    if (!needed()) return;
    fmt::memory_buffer buffer;
    fmt::format_to(fmt::appender(buffer), format, std::forward<Args>(args)...);
    write({buffer.data(), buffer.size()});
  }

  u64 end_pos() const { return end_; }
  // Cuts the log back to `pos` (bpf_vlog_reset): the text of a finished path, or the newline before a joined state line.
  void reset(u64 pos);

  struct Finished {
    std::string text;      // what the caller's buffer holds, without the terminating NUL
    u32 true_size = 0;     // bytes, NUL included, that a fixed buffer would have needed; 0 if nothing was printed
    int error = 0;         // ENOSPC if the buffer was too small: overrides any earlier result
  };
  Finished finish() const;

  // The last line before the statistics, for reports: empty if there is none.
  static std::string_view last_line(std::string_view text);

 private:
  u32 level_, size_;
  u64 start_ = 0, end_ = 0, max_ = 0;
  std::string window_;  // bytes start_ .. end_ of the log
};

}  // namespace skep::diag
