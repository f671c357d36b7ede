// See import.h.
#include "sys/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "btf/record.h"
#include "map/file_limit.h"
#include "sys/kernel_types.h"
#include "sys/references.h"

namespace skep::sys {
namespace {

inline constexpr u64 kLargestFile = 64u << 20;  // bytes: of a program or BTF

// What a file says it is.
struct Identity {
  ObjectName name;
  u64 cookie = 0;
};

Result<Identity> identify(int fd) {
  if (const auto fixed = map::read_trailer(fd); fixed.ok())
    return Identity{{ObjectKind::Map, fixed->id}, fixed->cookie};
  u8 start[sizeof(ProgHeader)] = {};
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || pread(fd, start, sizeof(start), 0) < ssize_t(sizeof(BtfHeader)))
    return error_status(EINVAL);
  BtfHeader btf;
  ProgHeader prog;
  std::memcpy(&btf, start, sizeof(btf));
  std::memcpy(&prog, start, sizeof(prog));
  if (btf.magic == kBtfMagic) return Identity{{ObjectKind::Btf, btf.id}, btf.cookie};
  if (prog.magic == kProgMagic) return Identity{{ObjectKind::Prog, prog.id}, prog.cookie};
  return error_status(EINVAL);
}

Result<std::vector<u8>> read_file(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 || st.st_size < 0 || u64(st.st_size) > kLargestFile) return error_status(EINVAL);
  std::vector<u8> bytes(size_t(st.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pread(fd, bytes.data() + done, bytes.size() - done, off_t(done));
    if (n <= 0) return error_status(EINVAL);
    done += size_t(n);
  }
  return bytes;
}

// BTF of a map. A map whose BTF is gone is as unusable as one whose geometry makes no sense.
Status import_types(Kernel& kernel, map::MapMeta& meta, u32 btf_id) {
  if (btf_id == 0) return {};
  const auto object = import_by_name(kernel, {ObjectKind::Btf, btf_id});
  if (!object.ok() || !object->btf) return error_status(EINVAL, "BTF of a map");
  set_types(kernel, meta, *object->btf);
  if (meta.record == nullptr) return {};
  auto owned = btf::own_fields(*meta.btf, meta.record, object->btf->types.records);
  if (!owned.ok()) return error_status(EINVAL, "BTF of a map");
  meta.record = *owned;
  return {};
}

// The template of a map-in-map, from the trailer of the outer map.
Result<std::shared_ptr<map::MapMeta>> import_inner(Kernel& kernel, int fd) {
  struct stat st;
  map::TrailerFixed inner;
  const off_t place = offsetof(map::Trailer, inner) - off_t(map::kPageSize);
  if (fstat(fd, &st) != 0 || pread(fd, &inner, sizeof(inner), st.st_size + place) != ssize_t(sizeof(inner)) ||
      inner.check != map::trailer_check(inner))
    return error_status(EINVAL);
  auto meta = map::Map::meta_of(inner);
  if (!meta.ok()) return meta;
  if (const Status types = import_types(kernel, **meta, inner.btf_id); !types.ok()) return types;
  return meta;
}

Result<Object> import_map(Kernel& kernel, int fd, u32 id) {
  const auto fixed = map::read_trailer(fd);
  if (!fixed.ok()) return fixed.status();
  auto meta = map::Map::meta_of(*fixed);
  if (!meta.ok() || fixed->id != id) return error_status(EINVAL, "trailer of a map");
  if (const Status types = import_types(kernel, **meta, fixed->btf_id); !types.ok()) return types;
  if (map::type_row(fixed->map_type)->is_map_in_map) {
    auto inner = import_inner(kernel, fd);
    if (!inner.ok()) return inner.status();
    (*meta)->inner = std::move(*inner);
  }
  auto map = map::Map::open(fd, std::move(*meta), *fixed);
  if (!map.ok()) return map.status();
  kernel.keep_fields(**map);
  return Object{.map = std::move(*map)};
}

Result<Object> import_prog(int fd, u32 id) {
  const auto bytes = read_file(fd);
  if (!bytes.ok()) return bytes.status();
  auto image = ProgImage::parse(*bytes);
  if (!image.ok() || image->header.id != id) return error_status(EINVAL, "file of a program");
  auto prog = std::make_shared<ProgObject>();
  prog->image = std::move(*image);
  return Object{.prog = std::move(prog)};
}

Result<Object> import_btf(Kernel& kernel, int fd, u32 id) {
  const auto bytes = read_file(fd);
  if (!bytes.ok()) return bytes.status();
  BtfHeader header;
  if (bytes->size() < sizeof(header)) return error_status(EINVAL);
  std::memcpy(&header, bytes->data(), sizeof(header));
  if (header.magic != kBtfMagic || header.id != id || header.size > bytes->size() - sizeof(header))
    return error_status(EINVAL);
  auto btf = parse_btf(kernel, std::span(*bytes).subspan(sizeof(header), header.size), {});
  if (!btf.ok()) return btf.status();
  (*btf)->id = header.id;
  (*btf)->cookie = header.cookie;
  return Object{.btf = std::move(*btf)};
}

// Opens the anchor of an object anew: what we map must not be a file description with a holder mark, or our mapping
// would hold the object after the last descriptor is gone.
int open_unheld(const Namespace& ns, ObjectName name) {
  const std::string anchor = ns.anchor_of(name);
  const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int fd = name.kind == ObjectKind::Map ? open(anchor.c_str(), O_RDWR | flags) : -1;
  return fd >= 0 ? fd : open(anchor.c_str(), O_RDONLY | flags);
}

Result<Object> import(Kernel& kernel, ObjectName name) {
  const ScopedFd fd(open_unheld(*kernel.objects().shared(), name));
  if (!fd.ok()) return error_status(errno);
  switch (name.kind) {
    case ObjectKind::Map: return import_map(kernel, fd.get(), name.id);
    case ObjectKind::Prog: return import_prog(fd.get(), name.id);
    case ObjectKind::Btf: return import_btf(kernel, fd.get(), name.id);
  }
  return error_status(EINVAL);
}

bool is_empty(const Object& object) { return !object.map && !object.prog && !object.btf; }

u32 denied_by_open_mode(int fd) {
  const int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
  return mode == O_RDONLY ? kNoWrite : mode == O_WRONLY ? kNoRead : 0;
}

// A descriptor that cannot be read tells nothing about its file: the same file, opened once more.
Result<Identity> identify_any(int fd) {
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY) return identify(fd);
  const ScopedFd readable(open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!readable.ok()) return error_status(EINVAL);
  return identify(readable.get());
}

// Writes all bytes to the start of an empty file. ENOMEM: no room.
Status write_file(int fd, std::span<const u8> bytes) {
  const int error = map::without_sigxfsz([&] {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = pwrite(fd, bytes.data() + done, bytes.size() - done, off_t(done));
      if (n <= 0) return n == 0 ? ENOSPC : errno;
      done += size_t(n);
    }
    return 0;
  });
  return error == 0 ? Status() : error_status(ENOMEM, "file of an object");
}

}  // namespace

Result<Found> import_by_fd(Kernel& kernel, int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0) return error_status(errno);
  if (!S_ISREG(st.st_mode)) return error_status(EINVAL);
  const auto identity = identify_any(fd);
  if (!identity.ok()) return identity.status();
  const ObjectName name = identity->name;
  // A copy of an object's file, or one of another namespace, is not the object.
  if (!kernel.objects().shared()->is_anchored(fd, name) || !Namespace::hold(fd)) return error_status(EINVAL);
  Object object = kernel.objects().find_by_name(name);
  if (is_empty(object)) {
    auto imported = import(kernel, name);
    if (!imported.ok())
      return error_status(imported.error() == ENOMEM || imported.error() == EMFILE ? imported.error() : EINVAL);
    object = std::move(*imported);
  }
  const u32 denied = name.kind == ObjectKind::Map ? denied_by_open_mode(fd) : 0;
  return Found{kernel.objects().adopt(fd, std::move(object), denied), denied};
}

Result<Object> import_by_name(Kernel& kernel, ObjectName name) {
  Object object = kernel.objects().find_by_name(name);
  if (!is_empty(object)) return object;
  if (kernel.objects().shared() == nullptr) return error_status(ENOENT);
  auto imported = import(kernel, name);
  if (!imported.ok()) return imported;
  return kernel.objects().adopt(-1, std::move(*imported), 0);
}

void set_types(const Kernel& kernel, map::MapMeta& meta, const BtfObject& btf) {
  meta.btf = btf.types.btf;
  if (meta.btf_value_type_id == 0) return;
  const KernelTypesOf types(kernel, *meta.btf);
  u32 value_type = 0;  // behind typedefs, whose special fields count too
  if (!meta.btf->resolve_size(meta.btf_value_type_id, &value_type)) return;
  auto record = btf::parse_fields(*meta.btf, value_type, btf::kMapValueFields, meta.value_size, types.get());
  if (record.ok()) meta.record = *record;
}

Result<std::shared_ptr<BtfObject>> parse_btf(const Kernel& kernel, std::span<const u8> bytes, const btf::LogSink& log) {
  auto types = btf::load(bytes, log);
  if (!types.ok()) return types.status();
  auto object = std::make_shared<BtfObject>();
  object->types.btf = std::move(*types);
  const KernelTypesOf kernel_types(kernel, *object->types.btf);
  auto records = btf::parse_struct_records(*object->types.btf, kernel_types.get());
  if (!records.ok()) return records.status();
  object->types.records = std::move(*records);
  return object;
}

int publish_object(Kernel& kernel, int file, Object object, const std::vector<ObjectName>& held, u32 denied) {
  ObjectTable& objects = kernel.objects();
  if (objects.shared() == nullptr || held.empty()) return objects.publish(file, std::move(object), denied);
  auto references = References::lock(*objects.shared(), object.name());
  Status added = references.ok() ? Status() : references.status();
  for (const ObjectName& target : held) {
    if (added.ok()) added = references->add(target);
  }
  if (added.ok()) return objects.publish(file, std::move(object), denied);
  close(file);
  return -added.error();
}

int publish_file(Kernel& kernel, Object object, std::span<const u8> bytes, const std::vector<ObjectName>& held) {
  const int file = kernel.objects().new_file(object.name().kind);
  if (file < 0) return file;
  const Status written = write_file(file, bytes);
  if (written.ok()) return publish_object(kernel, file, std::move(object), held, 0);
  close(file);
  return -written.error();
}

}  // namespace skep::sys
