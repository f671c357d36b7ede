// Values of kernel types as text: what bpf_snprintf_btf() prints.
#pragma once

#include <string>

#include "btf/btf.h"

namespace skep::engine {

// UAPI BTF_F_*.
enum ShowFlag : u64 { kShowCompact = 1, kShowNoName = 2, kShowPtrRaw = 4, kShowZero = 8, kShowFlags = 15 };

// Appends the value of this type at `address`. `secret` mixes up the addresses it prints (print.h). Members that are
// zero are left out unless kShowZero. As in Linux, the members of structs in arrays have no names.
//   -ENOENT           no such type
//   -EINVAL           a type without a size
//   -EFAULT, -ERANGE  there is no memory
long show_value(const btf::Btf& types, u32 type_id, u64 address, u64 flags, u64 secret, std::string& out);

}  // namespace skep::engine
