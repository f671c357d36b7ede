// The rolling and the fixed window of the log, and how its last line is found.
#include "diag/log.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace skep::diag {
namespace {

constexpr size_t kMaxPrint = 1023;        // the kernel formats every print call into 1024 bytes, NUL included
constexpr u64 kEraseAtLeast = 64 * 1024;  // rolling: do not move the window's bytes for less than this
constexpr std::string_view kTime = "verification time ", kProcessed = "processed ";

// Whether `text` begins with `prefix`, then a number, then `suffix`.
bool is_counted(std::string_view text, std::string_view prefix, std::string_view suffix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const size_t digits = text.find_first_not_of("0123456789");
  return digits != 0 && digits != text.npos && text.substr(digits).starts_with(suffix);
}

// `text` up to where the statistics begin. They need not begin a line: some texts end without a newline.
std::string_view without_statistics(std::string_view text) {
  const size_t processed = text.rfind(kProcessed);
  if (processed == text.npos || !is_counted(text.substr(processed), kProcessed, " insns (limit ")) return text;
  text = text.substr(0, processed);
  const size_t time = text.rfind(kTime);
  if (time == text.npos || !is_counted(text.substr(time), kTime, " usec\nstack depth ")) return text;
  return text.substr(0, time);
}

}  // namespace

Log::Log(u32 level, u32 size) : level_(level), size_(size) {}

void Log::write(std::string_view text) {
  if (!needed() || text.empty()) return;
  text = text.substr(0, kMaxPrint);
  if (size_ != 0) fixed() ? write_fixed(text) : write_rolling(text);
  end_ += text.size();
  max_ = std::max(max_, end_ + 1);
}

void Log::write_fixed(std::string_view text) {
  if (end_ < capacity()) stored_.append(text.substr(0, capacity() - end_));
}

void Log::write_rolling(std::string_view text) {
  stored_.append(text);
  const u64 new_end = end_ + text.size();
  if (new_end > capacity()) start_ = std::max(start_, new_end - capacity());
  // Each erased byte has been appended once, and at least as many bytes are erased as are moved.
  const u64 dead = start_ - stored_from_, live = new_end - start_;
  if (dead < std::max(kEraseAtLeast, live)) return;
  stored_.erase(0, dead);
  stored_from_ = start_;
}

void Log::reset(u64 pos) {
  SKEP_CHECK(pos <= end_);
  end_ = pos;
  if (size_ == 0) return;
  if (fixed()) {
    stored_.resize(std::min<u64>(stored_.size(), pos));
    return;
  }
  if (pos < start_) {  // what was there has been rolled over: the window is empty
    start_ = stored_from_ = pos;
    stored_.clear();
  } else {
    stored_.resize(pos - stored_from_);
  }
}

Log::Finished Log::finish() const {
  Finished out;
  out.text = fixed() ? stored_ : stored_.substr(start_ - stored_from_);
  out.true_size = static_cast<u32>(max_);
  out.error = size_ != 0 && max_ > size_ ? ENOSPC : 0;
  return out;
}

std::string_view Log::last_line(std::string_view text) {
  text = without_statistics(text);
  const size_t last = text.find_last_not_of('\n');
  if (last == text.npos) return {};
  text = text.substr(0, last + 1);
  return text.substr(text.rfind('\n') + 1);  // npos + 1 == 0: the only line
}

}  // namespace skep::diag
