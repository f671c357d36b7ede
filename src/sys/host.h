// What the application of this process adds to its default kernel (skep.h, skep_host_...): collected until that kernel
// is made.
#pragma once

#include "engine/host.h"
#include "target/host.h"

namespace skep::sys {

struct Host {
  std::shared_ptr<target::HostAdditions> additions = std::make_shared<target::HostAdditions>();
  std::shared_ptr<engine::HostBodies> bodies = std::make_shared<engine::HostBodies>();
  std::vector<u8> types;  // BTF without a base; empty: none
};

// Calls `change` with the host, and returns what it returns; -EBUSY once the default kernel is there.
int change_host(const std::function<int(Host&)>& change);
// The host as it stays: from now on it does not change.
const Host& settled_host();

// The kernel's types, continued by the host's. EINVAL, E2BIG: the host's cannot be.
Result<std::shared_ptr<const btf::Btf>> with_host_types(std::shared_ptr<const btf::Btf> kernel, const Host& host);

}  // namespace skep::sys
