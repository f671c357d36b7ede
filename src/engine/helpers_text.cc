// Helpers on text: comparing, numbers in strings, printing.
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include <fmt/format.h>

#include "engine/bodies.h"
#include "engine/print.h"
#include "engine/show.h"
#include "engine/streams.h"

namespace skep::engine {
namespace {

constexpr u32 kTraceBytes = 1024;  // Linux: BPF_TRACE_PRINTK_SIZE

char* text_at(u64 address) { return reinterpret_cast<char*>(address); }

// --- numbers ------------------------------------------------------------------------------------------------------

constexpr u64 kBaseMask = 31;
constexpr size_t kMaxNumberChars = 63;  // what comes later is not looked at

struct Number {
  u64 value = 0;
  bool negative = false;
  s64 consumed = 0;  // characters, or -errno
};

int digit_of(char c) {
  if (std::isdigit(u8(c))) return c - '0';
  return std::isxdigit(u8(c)) ? std::tolower(u8(c)) - 'a' + 10 : 99;
}

// Also skips the "0x" that belongs to it. 0: an unknown base.
u64 find_base(u64 flags, std::string_view text, size_t& at) {
  const auto digit = [&](size_t i) { return i < text.size() ? text[i] : '\0'; };
  const bool has_prefix =
      digit(at) == '0' && std::tolower(u8(digit(at + 1))) == 'x' && std::isxdigit(u8(digit(at + 2)));
  u64 base = flags & kBaseMask;
  if ((flags & ~kBaseMask) || (base != 0 && base != 8 && base != 10 && base != 16)) return 0;
  if (base == 0) base = has_prefix ? 16 : digit(at) == '0' ? 8 : 10;
  if (base == 16 && digit(at) == '0' && std::tolower(u8(digit(at + 1))) == 'x') at += 2;
  return base;
}

Number read_number(std::string_view text, u64 flags) {
  Number number;
  text = text.substr(0, kMaxNumberChars);
  text = text.substr(0, text.find('\0'));
  size_t at = 0;
  while (at < text.size() && std::isspace(u8(text[at]))) ++at;
  if (at < text.size() && text[at] == '-') {
    number.negative = true;
    ++at;
  }
  const u64 base = find_base(flags, text, at);
  number.consumed = -EINVAL;
  if (base == 0) return number;
  const size_t first = at;
  bool overflow = false;
  for (; at < text.size() && u64(digit_of(text[at])) < base; ++at) {
    overflow |= __builtin_mul_overflow(number.value, base, &number.value);
    overflow |= __builtin_add_overflow(number.value, u64(digit_of(text[at])), &number.value);
  }
  if (at != first) number.consumed = overflow ? -ERANGE : s64(at);
  return number;
}

u64 strtol(u64 text, u64 size, u64 flags, u64 result, u64, Run&) {
  auto& out = *reinterpret_cast<s64*>(result);
  const Number number = read_number({text_at(text), u32(size)}, flags);
  out = 0;
  if (number.consumed < 0) return u64(number.consumed);
  const u64 limit = u64(INT64_MAX) + (number.negative ? 1 : 0);
  if (number.value > limit) return u64(-ERANGE);
  out = s64(number.negative ? -number.value : number.value);
  return u64(number.consumed);
}

u64 strtoul(u64 text, u64 size, u64 flags, u64 result, u64, Run&) {
  auto& out = *reinterpret_cast<u64*>(result);
  const Number number = read_number({text_at(text), u32(size)}, flags);
  out = 0;
  if (number.consumed < 0) return u64(number.consumed);
  if (number.negative) return u64(-EINVAL);
  out = number.value;
  return u64(number.consumed);
}

// --- strings and formats --------------------------------------------------------------------------------------------

u64 strncmp(u64 text, u64 size, u64 other, u64, u64, Run&) {
  const int order = std::strncmp(text_at(text), text_at(other), u32(size));
  return u64(s64(order < 0 ? -1 : order > 0));
}

u64 snprintf(u64 to, u64 size, u64 format, u64 args, u64 args_bytes, Run& run) {
  if (args_bytes % 8 || args_bytes > kMaxPrintArgs * 8 || (args_bytes && !args)) return u64(-EINVAL);
  const std::span<const u64> values(reinterpret_cast<const u64*>(args), args_bytes / 8);
  const s64 length = print_text(text_at(format), values, text_at(to), u32(size), run.machine.secret());
  return u64(length < 0 ? length : length + 1);
}

// A line as trace_pipe shows it.
void trace(Run& run, std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  char comm[16] = {};
  prctl(PR_GET_NAME, comm);
  const u64 microseconds = run.machine.clock_ns(CLOCK_MONOTONIC) / 1000;
  char line[kTraceBytes + 128];
  const auto end = fmt::format_to(line, "{:>16}-{:<7} [{:03}] ..... {:>5}.{:06}: bpf_trace_printk: {}", comm, gettid(),
                                  run.cpu, microseconds / 1'000'000, microseconds % 1'000'000, text);
  run.machine.trace({line, size_t(end - line)});
}

u64 trace_values(Run& run, u64 format, u64 size, std::span<const u64> values) {
  std::string_view text;
  if (!format_in(format, size, text)) return u64(-EINVAL);
  char out[kTraceBytes];
  const s64 length = print_text(text, values, out, sizeof(out), run.machine.secret());
  if (length >= 0) trace(run, {out, std::min<size_t>(size_t(length), sizeof(out) - 1)});
  return u64(length);
}

u64 trace_printk(u64 format, u64 size, u64 arg1, u64 arg2, u64 arg3, Run& run) {
  const u64 values[] = {arg1, arg2, arg3};
  return trace_values(run, format, u32(size), values);
}

u64 trace_vprintk(u64 format, u64 size, u64 args, u64 args_bytes, u64, Run& run) {
  if (args_bytes % 8 || args_bytes > kMaxPrintArgs * 8 || (args_bytes && !args)) return u64(-EINVAL);
  return trace_values(run, format, u32(size), {reinterpret_cast<const u64*>(args), args_bytes / 8});
}

struct BtfPtr {  // UAPI struct btf_ptr
  u64 ptr;
  u32 type_id, flags;
};

u64 snprintf_btf(u64 to, u64 size, u64 value, u64 value_size, u64 flags, Run& run) {
  const BtfPtr& what = *reinterpret_cast<const BtfPtr*>(value);
  if (u32(value_size) != sizeof(what) || (flags & ~u64(kShowFlags)) || s32(what.type_id) <= 0) return u64(-EINVAL);
  if (!run.machine.vmlinux()) return u64(-ENOENT);
  std::string text;
  const long error = show_value(*run.machine.vmlinux(), what.type_id, what.ptr, flags, run.machine.secret(), text);
  if (error) return u64(error);
  if (u32(size) > 0) {
    const size_t length = std::min(text.size(), size_t(u32(size) - 1));
    std::memcpy(text_at(to), text.data(), length);
    text_at(to)[length] = 0;
  }
  return text.size();
}

// --- a program's standard output and error --------------------------------------------------------------------------

u64 stream_vprintk(u64 stream, u64 format, u64 args, u64 args_bytes, u64, Run& run) {
  if (!Streams::exists(u32(stream))) return u64(-ENOENT);
  if (args_bytes % 8 || args_bytes > kMaxPrintArgs * 8) return u64(-EINVAL);
  char out[kTraceBytes];
  const std::span<const u64> values(reinterpret_cast<const u64*>(args), args_bytes / 8);
  const s64 length = print_text(text_at(format), values, out, sizeof(out), run.machine.secret());
  if (length < 0) return u64(length);
  const std::string_view text(out, std::min<size_t>(size_t(length), sizeof(out) - 1));
  return u64(run.machine.streams().write(run.code->prog_id, u32(stream), text));
}

constexpr HelperBody kBodies[] = {
    {6, trace_printk}, {105, strtol},        {106, strtoul}, {149, snprintf_btf},
    {165, snprintf},   {177, trace_vprintk}, {182, strncmp},
};

constexpr KfuncBody kKfuncs[] = {{"bpf_stream_vprintk_impl", stream_vprintk}, {"bpf_stream_vprintk", stream_vprintk}};

}  // namespace

std::span<const KfuncBody> stream_kfuncs() { return kKfuncs; }

std::span<const HelperBody> text_helpers() { return kBodies; }

}  // namespace skep::engine
