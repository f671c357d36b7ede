// Types of a BTF of its own, rewritten as a continuation of another: what a module's BTF is to the kernel's.
#pragma once

#include <vector>

#include "btf/btf.h"

namespace skep::btf {

// The types of `own`, which has no base, with their ids and strings moved behind those of `base`: the bytes of a BTF
// whose base is `base`. Nothing is merged: a struct that both have is there twice, and look-ups by name find the
// base's. E2BIG: too many types or strings for the format.
Result<std::vector<u8>> append(const Btf& base, const Btf& own);

}  // namespace skep::btf
