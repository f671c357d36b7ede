// The verifier's log buffer with the kernel's semantics: levels, 1024-byte prints, the rolling or fixed window, cutting
// back, and what finishing reports (spec: log-format.md 6 and 8). A value: nothing is written anywhere; sys/ copies the
// result to the caller.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/types.h"

namespace skep::diag {

enum LogLevel : u32 { BPF_LOG_LEVEL1 = 1, BPF_LOG_LEVEL2 = 2, BPF_LOG_STATS = 4, BPF_LOG_FIXED = 8 };

class Log {
 public:
  // `size`: bytes of the caller's buffer, 0 if there is none (then only the true size is computed). No checks here:
  // sys/ has made them.
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
  // Cuts the log back to `pos` <= end_pos() (bpf_vlog_reset): the text of a finished path, or the newline before a
  // joined state line. Does not lower the true size.
  void reset(u64 pos);

  struct Finished {
    std::string text;   // what the caller's buffer holds, without the terminating NUL
    u32 true_size = 0;  // bytes, NUL included, that a fixed buffer would have needed; 0 if nothing was printed
    int error = 0;      // ENOSPC if the buffer was too small: overrides any earlier result
  };
  Finished finish() const;

  // The last line before the statistics, for reports: empty if there is none. Without its newline; a view of `text`.
  static std::string_view last_line(std::string_view text);

 private:
  bool fixed() const { return level_ & BPF_LOG_FIXED; }
  u64 capacity() const { return size_ - 1; }  // text bytes the caller's buffer can hold; size_ is not 0
  void write_fixed(std::string_view text);
  void write_rolling(std::string_view text);

  u32 level_, size_;
  u64 end_ = 0;          // logical length of the log
  u64 max_ = 0;          // the largest it ever was, with its NUL
  u64 start_ = 0;        // rolling: the first byte the caller still gets
  u64 stored_from_ = 0;  // rolling: log position of stored_[0], <= start_; what lies between is erased now and then
  std::string stored_;
};

}  // namespace skep::diag
