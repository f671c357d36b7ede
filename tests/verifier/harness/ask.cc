// See ask.h.
#include "ask.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "load.h"

namespace skep::cases {

namespace {

using sys::address;
using sys::Asker;

Result<Answer> ask(const Question& q, const Asker& asker, bool drop_caps) {
  Loader loader(asker, drop_caps);
  auto loaded = loader.load(q);
  if (!loaded.ok()) return loaded.status();
  return std::move(loaded->answer);
}

}  // namespace

Result<Answer> ask_skep(const Question& q, const std::shared_ptr<const target::Target>& target) {
  sys::Kernel kernel({.target = target, .caps = q.text.caps, .unprivileged_bpf_disabled = !q.text.unprivileged});
  return ask(q, sys::ask(kernel), false);
}

Result<Answer> ask_running_kernel(const Question& q) { return ask(q, sys::running_kernel(), true); }

bool running_kernel_answers() {
  utsname name{};
  if (uname(&name) != 0 || !std::string_view(name.release).starts_with("6.18.")) return false;
  const u64 code[] = {0xb7, 0x95};
  long fd = sys::running_kernel().ask(
      sys::BPF_PROG_LOAD,
      sys::ProgLoadAttr{
          .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .insns = address(code), .license = address("GPL")});
  if (fd >= 0) ::close(int(fd));
  return fd >= 0;
}

}  // namespace skep::cases
