// The function that a wrapper stands in front of.
#pragma once

#include <dlfcn.h>

namespace skep::preload {

// The next definition of `name` after ours; null only where libc has none, and then nobody calls the wrapper.
template <typename F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace skep::preload

#define SKEP_WRAPPER extern "C" __attribute__((visibility("default")))
