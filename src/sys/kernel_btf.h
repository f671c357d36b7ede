// The kernel's BTF as a file: where it is, and reading it in place.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "btf/btf.h"

namespace skep::sys {

// The file with the types of the kernel `version` ("6.18"): $SKEP_BTF, else share/skep/btf/linux-VERSION.btf next to
// the folder of the running program, else where skep was installed. ENOENT with the places looked at.
Result<std::string> find_kernel_btf(const std::string& version);

// Maps the file and parses it; it must not change while the result lives. errno of open(2), or EINVAL if it is no BTF.
Result<std::shared_ptr<const btf::Btf>> open_kernel_btf(const std::string& path);

}  // namespace skep::sys
