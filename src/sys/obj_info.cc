// BPF_OBJ_GET_INFO_BY_FD: the info structs, and the rules for callers that know a shorter or longer one.
#include <algorithm>

#include "map/shm/guard.h"
#include "sys/command.h"
#include "sys/references.h"

namespace skep::sys {
namespace {

// bpf_check_uarg_tail_zero for the info struct, then its size for both.
int check_info_len(const InfoAttr& attr, u32 known) {
  if (attr.info_len > kAttrMaxSize) return -E2BIG;
  if (attr.info_len <= known) return 0;
  const int zero = check_zeroed_user(attr.info + known, attr.info_len - known);
  return zero < 0 ? -EFAULT : zero ? 0 : -E2BIG;
}

// Writes `info`, cut to what the caller knows, and the number of bytes written.
template <typename T>
long write_info(Call& call, const InfoAttr& attr, const T& info) {
  const u32 length = std::min<u32>(attr.info_len, sizeof(info));
  if (!copy_to_user(attr.info, &info, length)) return -EFAULT;
  return call.write_back(offsetof(InfoAttr, info_len), length) ? 0 : -EFAULT;
}

template <typename T>
bool read_info(const InfoAttr& attr, T& info) {
  return copy_from_user(&info, attr.info, std::min<u32>(attr.info_len, sizeof(info)));
}

void copy_name(char (&to)[kObjNameLen], const std::string& name) {
  std::memcpy(to, name.data(), std::min<size_t>(name.size(), kObjNameLen - 1));
}

// The digest of a frozen array's values, for callers that give room for it.
int write_map_hash(const map::Map& map, const MapInfo& asked) {
  if (asked.hash == 0 && asked.hash_size == 0) return 0;
  Sha256 digest;
  if (asked.hash == 0 || asked.hash_size != digest.size() || map.meta().map_type != BPF_MAP_TYPE_ARRAY) return -EINVAL;
  if (!map.frozen()) return -EPERM;
  const map::Geometry& geometry = map.geometry();
  const std::span<const u8> values(map.data() + geometry.values, geometry.elem_size * map.meta().max_entries);
  const long hashed = map::guarded(-EIO, [&]() -> long {
    digest = sha256(values);
    return 0;
  });
  if (hashed != 0) return int(hashed);
  return copy_to_user(asked.hash, digest.data(), digest.size()) ? 0 : -EFAULT;
}

long map_info(Call& call, const InfoAttr& attr, const map::Map& map) {
  if (int err = check_info_len(attr, sizeof(MapInfo))) return err;
  const map::MapMeta& meta = map.meta();
  MapInfo asked, info;
  std::memset(&asked, 0, sizeof(asked));
  std::memset(&info, 0, sizeof(info));
  if (!read_info(attr, asked)) return -EFAULT;
  if (int err = write_map_hash(map, asked)) return err;
  info.hash = asked.hash;
  info.hash_size = asked.hash_size;
  info.type = meta.map_type;
  info.id = meta.id;
  info.key_size = meta.key_size;
  info.value_size = meta.value_size;
  info.max_entries = meta.max_entries;
  info.map_flags = meta.map_flags;
  info.map_extra = meta.map_extra;
  info.btf_key_type_id = meta.btf_key_type_id;
  info.btf_value_type_id = meta.btf_value_type_id;
  info.btf_vmlinux_value_type_id = meta.btf_vmlinux_value_type_id;
  info.btf_id = map.fixed().btf_id;
  copy_name(info.name, meta.name);
  return write_info(call, attr, info);
}

// Maps that the program uses, then those that were bound to it.
std::vector<u32> map_ids_of(const Kernel& kernel, const ProgObject& prog) {
  std::vector<u32> ids = prog.image.map_ids;
  const auto add = [&](u32 id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const auto& map : prog.bound_maps) add(map->meta().id);
  if (const Namespace* shared = kernel.objects().shared()) {
    for (const ObjectName& target : references_of(*shared, {ObjectKind::Prog, prog.id()})) {
      if (target.kind == ObjectKind::Map) add(target.id);
    }
  }
  return ids;
}

// The records of func_info or line_info, as many as the caller has room for.
bool write_records(const verifier::InfoBlob& blob, u64 to, u32 room) {
  const u64 size = std::min<u64>(u64(std::min(room, blob.cnt)) * blob.rec_size, blob.bytes.size());
  return to == 0 || copy_to_user(to, blob.bytes.data(), size);
}

long prog_info(Call& call, const InfoAttr& attr, const ProgObject& prog) {
  if (int err = check_info_len(attr, sizeof(ProgInfo))) return err;
  ProgInfo info;
  std::memset(&info, 0, sizeof(info));
  if (!read_info(attr, info)) return -EFAULT;
  const ProgInfo asked = info;
  const ProgImage& image = prog.image;
  const ProgHeader& header = image.header;
  const std::vector<u32> map_ids = map_ids_of(call.kernel, prog);
  info.type = header.prog_type;
  info.id = header.id;
  std::memcpy(info.tag, header.digest.data(), sizeof(info.tag));
  info.load_time = header.load_time;
  info.created_by_uid = header.created_by_uid;
  info.gpl_compatible = header.gpl_compatible;
  info.verified_insns = header.verified_insns;
  std::memcpy(info.name, header.name, sizeof(info.name));
  info.btf_id = header.btf_id;
  info.nr_map_ids = u32(map_ids.size());
  info.attach_btf_id = header.attach_btf_id;
  info.attach_btf_obj_id = 0;
  info.run_time_ns = prog.stats.run_time_ns;
  info.run_cnt = prog.stats.run_cnt;
  info.recursion_misses = prog.stats.recursion_misses;
  if (!copy_to_user(asked.map_ids, map_ids.data(), std::min<u64>(asked.nr_map_ids, map_ids.size()) * sizeof(u32)))
    return -EFAULT;
  info.jited_prog_len = info.nr_jited_ksyms = info.nr_jited_func_lens = info.nr_jited_line_info = 0;
  info.nr_prog_tags = 0;
  info.xlated_prog_len = u32(image.insns.size() * sizeof(isa::Insn));
  if (asked.xlated_prog_len &&
      !copy_to_user(asked.xlated_prog_insns, image.insns.data(), std::min(asked.xlated_prog_len, info.xlated_prog_len)))
    return -EFAULT;
  info.func_info_rec_size = sizeof(btf::FuncInfo);
  info.line_info_rec_size = sizeof(btf::LineInfo);
  info.nr_func_info = image.func_info.cnt;
  info.nr_line_info = image.line_info.cnt;
  if (!write_records(image.func_info, asked.func_info, asked.nr_func_info)) return -EFAULT;
  if (!write_records(image.line_info, asked.line_info, asked.nr_line_info)) return -EFAULT;
  return write_info(call, attr, info);
}

long btf_info(Call& call, const InfoAttr& attr, const BtfObject& btf) {
  if (int err = check_info_len(attr, sizeof(BtfInfo))) return err;
  BtfInfo info;
  std::memset(&info, 0, sizeof(info));
  if (!read_info(attr, info)) return -EFAULT;
  if (bool(info.name) != bool(info.name_len)) return -EINVAL;
  const auto bytes = btf.types.btf->data();
  if (!copy_to_user(info.btf, bytes.data(), std::min<size_t>(info.btf_size, bytes.size()))) return -EFAULT;
  if (info.name && !copy_to_user(info.name, "", 1)) return -EFAULT;  // a program's BTF has no name
  info.btf_size = u32(bytes.size());
  info.id = btf.id;
  info.name_len = 0;
  info.kernel_btf = 0;
  return write_info(call, attr, info);
}

}  // namespace

long obj_get_info_by_fd(Call& call) {
  const auto attr = call.as<InfoAttr>();
  if (!call.tail_is_zero(InfoAttr::kEnd)) return -EINVAL;
  const auto found = call.kernel.find(int(attr.bpf_fd));
  if (!found.ok()) return found.error() == EBADF ? -EBADFD : -EINVAL;
  if (found->object.map) return map_info(call, attr, *found->object.map);
  if (found->object.prog) return prog_info(call, attr, *found->object.prog);
  return btf_info(call, attr, *found->object.btf);
}

}  // namespace skep::sys
