// BPF_BTF_LOAD (spec: btf-and-load.md 2).
#include <unistd.h>

#include <vector>

#include "btf/validate.h"
#include "sys/command.h"
#include "sys/import.h"

namespace skep::sys {
namespace {

inline constexpr u32 kBtfMaxSize = 16u << 20;

int check_attr(Call& call, const BtfLoadAttr& attr) {
  if (!call.tail_is_zero(BtfLoadAttr::kEnd)) return -EINVAL;
  if (attr.btf_flags & ~BPF_F_TOKEN_FD) return -EINVAL;
  if (attr.btf_flags & BPF_F_TOKEN_FD) {
    const auto token = call.kernel.find(attr.btf_token_fd);
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
  auto object = parse_btf(kernel, bytes, sink);
  if (!object.ok()) return -object.error();
  const BtfHeader header{.cookie = kernel.objects().new_cookie(),
                         .id = kernel.objects().new_id(ObjectKind::Btf),
                         .size = u32(bytes.size())};
  (*object)->cookie = header.cookie;
  (*object)->id = header.id;
  std::vector<u8> file(sizeof(header) + bytes.size());
  std::memcpy(file.data(), &header, sizeof(header));
  std::memcpy(file.data() + sizeof(header), bytes.data(), bytes.size());
  if (file.size() % map::kPageSize == 0) file.push_back(0);  // files of maps, and only these, are whole pages
  return publish_file(kernel, {.btf = *object}, file, {});
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
