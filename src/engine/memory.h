// Reading and writing memory that may not be there.
#pragma once

#include <cerrno>

#include "base/types.h"

namespace skep::engine {

// Copies the string at `address`, at most `size` - 1 bytes of it, and a NUL. Returns the bytes written, with the NUL;
// -EFAULT: part of the string is not there (`to` then holds anything). `size` is not 0.
s64 read_string(char* to, u64 address, u64 size);

// Whose memory a program asked for. Here both are this process'; they differ in what Linux says of bad addresses.
enum class Whose { User, Kernel, Any };

inline constexpr u64 kUserEnd = 0x7ffffffff000;          // of x86-64: addresses below may be a user's
inline constexpr u64 kKernelStart = 0xffff800000000000;  // and from here on the kernel's

// What Linux says of an address that cannot be read: -EFAULT, or -ERANGE where no such memory can be.
constexpr int fault_errno(Whose whose, u64 address) {
  if (whose == Whose::User || address >= kKernelStart) return -EFAULT;
  return whose == Whose::Any && address < kUserEnd ? -EFAULT : -ERANGE;
}

}  // namespace skep::engine
