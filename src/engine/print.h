// Formats of bpf_trace_printk(), bpf_snprintf() and their like: what the kernel's printf() makes of them for programs.
#pragma once

#include <span>
#include <string_view>

#include "base/types.h"

namespace skep::engine {

inline constexpr u32 kMaxPrintArgs = 12;  // Linux: MAX_BPRINTF_VARARGS

// Writes `format` with its arguments into `out`, NUL-terminated if `size` is not 0, and cut off if it is too small.
// Returns the length of the whole text without its NUL. `secret` mixes up the addresses that %p prints.
//   -EINVAL  a conversion that the kernel does not have for programs, or more conversions than arguments; a control
//            character. (UTF-8 is plain text, as in Linux since 6.16.)
//   -ENOSPC  the strings among the arguments are longer than 512 bytes together
s64 print_text(std::string_view format, std::span<const u64> args, char* out, u64 size, u64 secret);

// The text of a format in memory: without its NUL. False: it has none within `size` bytes.
bool format_in(u64 address, u64 size, std::string_view& format);

}  // namespace skep::engine
