// BPF_BTF_LOAD (spec: btf-and-load.md 2).
#include <unistd.h>

#include <vector>

#include "btf/record.h"
#include "btf/validate.h"
#include "sys/command.h"
#include "sys/kernel_types.h"

namespace skep::sys {
namespace {

inline constexpr u32 kBtfMaxSize = 16u << 20;

int check_attr(Call& call, const BtfLoadAttr& attr) {
  if (!call.tail_is_zero(BtfLoadAttr::kEnd)) return -EINVAL;
  if (attr.btf_flags & ~BPF_F_TOKEN_FD) return -EINVAL;
  if (attr.btf_flags & BPF_F_TOKEN_FD) {
    const auto token = call.kernel.objects().find(attr.btf_token_fd);
    return token.ok() ? -EINVAL : -token.error();
  }
  if (!call.kernel.config().caps.bpf) return -EPERM;
  if (attr.btf_size > kBtfMaxSize) return -E2BIG;
  return check_log_attr(attr.btf_log_level, attr.btf_log_buf, attr.btf_log_size);
}

// Parses and installs: the descriptor, or -errno.
long load(Kernel& kernel, std::span<const u8> bytes, diag::Log& log) {
  btf::LogSink sink;
  if (log.needed()) {
    sink.write = [](void* cookie, std::string_view text) { static_cast<diag::Log*>(cookie)->write(text); };
    sink.cookie = &log;
  }
  auto types = btf::load(bytes, sink);
  if (!types.ok()) return -types.error();
  auto object = std::make_shared<BtfObject>();
  object->types.btf = std::move(*types);
  const KernelTypesOf kernel_types(kernel, *object->types.btf);
  auto records = btf::parse_struct_records(*object->types.btf, kernel_types.get());
  if (!records.ok()) return -records.error();
  object->types.records = std::move(*records);
  const int fd = new_object_file("btf");
  if (fd < 0) return fd;
  seal_object_file(fd, bytes);
  object->id = kernel.objects().new_id(ObjectKind::Btf);
  const Status added = kernel.objects().add(fd, {.btf = std::move(object)});
  SKEP_CHECK(added.ok());
  return fd;
}

}  // namespace

long btf_load(Call& call) {
  const auto attr = call.as<BtfLoadAttr>();
  if (int err = check_attr(call, attr)) return err;
  std::vector<u8> bytes(attr.btf_size);
  if (!copy_from_user(bytes.data(), attr.btf, bytes.size())) return -EFAULT;
  diag::Log log(attr.btf_log_level, attr.btf_log_buf ? attr.btf_log_size : 0);
  const long fd = load(call.kernel, bytes, log);
  const long result =
      finish_log(call, log, attr.btf_log_buf, attr.btf_log_size, offsetof(BtfLoadAttr, btf_log_true_size),
                 offsetof(BtfLoadAttr, btf_log_true_size) + 4, fd);
  if (fd >= 0 && result < 0) close(int(fd));
  return result;
}

}  // namespace skep::sys
