// Commands about links, tokens and attaching. Nothing can be attached here; what is answered exactly is what loaders
// probe with.
#include <sys/stat.h>

#include "sys/command.h"

namespace skep::sys {

// libbpf asks for a perf link of fd -1 and for a multi-uprobe on "/": EBADF says that the kernel knows the kind of
// link, and EINVAL for a pid of -1 that it looks at the pid first.
long link_create(Call& call) {
  const auto attr = call.as<LinkCreateAttr>();
  if (!call.tail_is_zero(LinkCreateAttr::kEnd)) return -EINVAL;
  if (attr.attach_type == BPF_STRUCT_OPS) {
    const auto map = call.kernel.map(int(attr.prog_fd));
    return map.ok() ? -EOPNOTSUPP : -map.error();
  }
  const auto prog = call.kernel.prog(int(attr.prog_fd));
  if (!prog.ok()) return -prog.error();
  switch (attr.attach_type) {
    case BPF_PERF_EVENT: return attr.flags ? -EINVAL : -EBADF;
    case BPF_TRACE_UPROBE_MULTI: return attr.flags || s32(attr.pid) < 0 ? -EINVAL : -EBADF;
    default: return -EOPNOTSUPP;
  }
}

long raw_tracepoint_open(Call& call) {
  const auto attr = call.as<RawTracepointAttr>();
  if (!call.tail_is_zero(RawTracepointAttr::kEnd)) return -EINVAL;
  const auto prog = call.kernel.prog(int(attr.prog_fd));
  return prog.ok() ? -EOPNOTSUPP : -prog.error();
}

// As outside a user namespace: there are no tokens, even for those who name a BPF file system.
long token_create(Call& call) {
  const auto attr = call.as<TokenCreateAttr>();
  if (!call.tail_is_zero(TokenCreateAttr::kEnd) || attr.flags) return -EINVAL;
  struct stat given, root;
  if (fstat(int(attr.bpffs_fd), &given) != 0) return -EBADF;
  const Namespace* ns = call.kernel.objects().shared();
  const bool is_bpffs = ns != nullptr && stat(ns->pins().c_str(), &root) == 0 && given.st_ino == root.st_ino &&
                        given.st_dev == root.st_dev;
  return is_bpffs ? -EOPNOTSUPP : -EINVAL;
}

long not_supported(Call&) { return -EOPNOTSUPP; }

}  // namespace skep::sys
