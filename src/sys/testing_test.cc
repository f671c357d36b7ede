// What testing.h cannot define in a header.
#include <sys/utsname.h>

#include "sys/testing.h"

namespace skep::sys {

bool running_kernel_is_reference() {
  utsname name;
  if (uname(&name) != 0 || !std::string_view(name.release).starts_with("6.18.")) return false;
  const long fd = running_kernel().ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, 4, 1});
  if (fd < 0) return false;
  close(int(fd));
  return true;
}

}  // namespace skep::sys
