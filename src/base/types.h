// Fixed-width integer names of the field (u8 ... s64), as in the kernel's own headers and every BPF document.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skep {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

// ENOTSUPP of the kernel: not in <errno.h> of user space, but bpf(2) returns it.
inline constexpr int kErrnoNotSupp = 524;

}  // namespace skep
