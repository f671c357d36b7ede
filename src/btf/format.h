// BTF types as text: a C declaration for people and for vmlinux.h, and the "KIND NAME" forms.
#pragma once

#include <string>

#include "btf/btf.h"

namespace skep::btf {

// "struct task_struct *", "unsigned int[4]", "int (*)(void *, u64)"; `name`: declarator, e.g. "x" -> "int x[4]".
std::string format_type(const Btf& btf, u32 id, std::string_view name = {});
// "{ .count = 3, .comm = \"bash\" }": `bytes` shown as that type; short data is shown as far as it goes.
std::string format_value(const Btf& btf, u32 id, std::span<const u8> bytes);

}  // namespace skep::btf
