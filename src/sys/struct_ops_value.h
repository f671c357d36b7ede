// Values of struct_ops maps as user space gives them.
#pragma once

#include <span>
#include <vector>

#include "sys/kernel.h"

namespace skep::sys {

// Checks the data of a value and puts ids of programs in the place of their descriptors, and the
// programs into `held`. 0; -EBADF: a descriptor is
// none; -EINVAL: it is not of a program for its member, or there is data that the kernel would not take.
int take_struct_ops_value(Kernel& kernel, const map::MapMeta& meta, std::span<u8> bytes, std::vector<Object>& held);

}  // namespace skep::sys
