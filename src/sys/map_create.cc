// BPF_MAP_CREATE. Order of checks: attributes, type and geometry (map/create.h), token, privileges, inner map,
// allocation, name, types, exclusive program.
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>

#include "sys/command.h"
#include "sys/import.h"

namespace skep::sys {
namespace {

// A map on its way.
struct Draft {
  std::shared_ptr<map::MapMeta> meta = std::make_shared<map::MapMeta>();
  const map::TypeRow* type = nullptr;
  map::TrailerFixed fixed, inner;  // inner: the template of a map-in-map
};

map::CreateArgs create_args(const MapCreateAttr& attr) {
  return {.map_type = attr.map_type,
          .key_size = attr.key_size,
          .value_size = attr.value_size,
          .max_entries = attr.max_entries,
          .map_flags = attr.map_flags,
          .numa_node = attr.numa_node,
          .map_extra = attr.map_extra,
          .btf_key_type_id = attr.btf_key_type_id,
          .btf_value_type_id = attr.btf_value_type_id,
          .btf_vmlinux_value_type_id = attr.btf_vmlinux_value_type_id};
}

int check_privilege(const KernelConfig& config, map::Privilege needed) {
  if (!config.caps.bpf && config.unprivileged_bpf_disabled) return -EPERM;
  switch (needed) {
    case map::Privilege::None: return 0;
    case map::Privilege::Bpf: return config.caps.bpf ? 0 : -EPERM;
    case map::Privilege::NetAdmin: return config.caps.net_admin ? 0 : -EPERM;
  }
  return 0;
}

// The template of a map-in-map: maps of maps nest only once, and some types cannot be inner maps.
int take_inner(Kernel& kernel, u32 fd, Draft& draft) {
  auto inner = kernel.map(int(fd));
  if (!inner.ok()) return -inner.error();
  if ((*inner)->type().is_map_in_map) return -EINVAL;
  if (!(*inner)->type().may_be_inner || (*inner)->meta().excl_prog_hash) return -kErrnoNotSupp;
  auto template_meta = std::make_shared<map::MapMeta>((*inner)->meta());
  template_meta->name.clear();  // a template is no map: it has no name and no contents
  template_meta->direct_value = {};
  draft.meta->inner = std::move(template_meta);
  draft.inner = (*inner)->fixed();
  draft.fixed.has_inner = 1;
  return 0;
}

// A struct_ops map holds one value of a kernel type "bpf_struct_ops_NAME".
int check_struct_ops_value(Kernel& kernel, const MapCreateAttr& attr) {
  if (attr.map_flags & BPF_F_VTYPE_BTF_OBJ_FD) return kernel.btf(attr.value_type_btf_obj_fd).ok() ? -EINVAL : -EBADF;
  const btf::Btf* vmlinux = kernel.target().vmlinux();
  if (vmlinux == nullptr) return -kErrnoNotSupp;
  const btf::Type* type = vmlinux->type_by_id(attr.btf_vmlinux_value_type_id);
  if (type == nullptr || !vmlinux->name_of(type).starts_with("bpf_struct_ops_")) return -kErrnoNotSupp;
  return type->size() != attr.value_size ? -EINVAL : 0;
}

// map_check_btf: sizes of key and value, special fields of the value, and what this map type wants of its types.
int take_btf(Kernel& kernel, const MapCreateAttr& attr, Draft& map) {
  const map::TypeRow& row = *map.type;
  map::MapMeta& meta = *map.meta;
  auto btf = kernel.btf(int(attr.btf_fd));
  if (!btf.ok()) return -btf.error();
  if (attr.btf_vmlinux_value_type_id == 0 && attr.btf_value_type_id == 0) return -EINVAL;
  map.fixed.btf_id = (*btf)->id;
  meta.btf_key_type_id = attr.btf_key_type_id;
  meta.btf_value_type_id = attr.btf_value_type_id;
  meta.btf_vmlinux_value_type_id = attr.btf_vmlinux_value_type_id;
  meta.btf = (*btf)->types.btf;
  if (attr.btf_value_type_id == 0) return 0;
  const auto value_size = meta.btf->resolve_size(attr.btf_value_type_id);
  if (attr.btf_key_type_id) {
    const auto key_size = meta.btf->resolve_size(attr.btf_key_type_id);
    if (!key_size || *key_size != attr.key_size) return -EINVAL;
  } else if (row.btf_rule == map::BtfRule::Any) {
    return -EINVAL;
  }
  if (!value_size || *value_size != attr.value_size) return -EINVAL;
  set_types(kernel, meta, **btf);
  if (meta.record != nullptr) {
    if (!kernel.config().caps.bpf) return -EPERM;
    if (attr.map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) return -EACCES;
    const u32 allowed = kernel.target().map_rules(attr.map_type).btf_fields;
    if (meta.record->mask & ~allowed) return -EOPNOTSUPP;
    const auto owned = btf::own_fields(*meta.btf, meta.record, (*btf)->types.records);
    if (!owned.ok()) return -owned.error();
    meta.record = *owned;
  }
  return map::check_btf(meta, row);
}

int take_excl_prog(const MapCreateAttr& attr, Draft& map) {
  if (attr.excl_prog_hash == 0) return attr.excl_prog_hash_size ? -EINVAL : 0;
  Sha256 hash;
  if (attr.excl_prog_hash_size != hash.size()) return -EINVAL;
  if (!copy_from_user(hash.data(), attr.excl_prog_hash, hash.size())) return -EFAULT;
  map.meta->excl_prog_hash = hash;
  map.fixed.has_excl_prog = 1;
  std::copy(hash.begin(), hash.end(), map.fixed.excl_prog_hash);
  return 0;
}

int fill_meta(Kernel& kernel, const MapCreateAttr& attr, Draft& map) {
  const map::TypeRow& row = *map.type;
  map::MapMeta& meta = *map.meta;
  meta.map_type = attr.map_type;
  meta.key_size = attr.key_size;
  meta.value_size = attr.value_size;
  meta.max_entries = attr.max_entries;
  // Who may read and write is a matter of descriptors, not of the map.
  meta.map_flags = attr.map_flags & ~(BPF_F_TOKEN_FD | BPF_F_RDONLY | BPF_F_WRONLY);
  meta.map_extra = attr.map_extra;
  meta.bypass_spec_v1 = kernel.config().caps.perfmon;
  if (attr.map_type == BPF_MAP_TYPE_ARENA) meta.user_vm_start = attr.map_extra;
  if (row.is_map_in_map) {
    if (int err = take_inner(kernel, attr.inner_map_fd, map)) return err;
  }
  if (attr.map_type == BPF_MAP_TYPE_STRUCT_OPS) {
    if (int err = check_struct_ops_value(kernel, attr)) return err;
  }
  if (int err = map::check_alloc(create_args(attr))) return err;
  auto name = object_name(attr.map_name);
  if (!name.ok()) return -name.error();
  meta.name = *name;
  if (attr.btf_key_type_id || attr.btf_value_type_id || attr.btf_vmlinux_value_type_id) {
    if (int err = take_btf(kernel, attr, map)) return err;
  }
  return take_excl_prog(attr, map);
}

u64 random_u64() {
  u64 value = 0;
  if (getrandom(&value, sizeof(value), 0) != ssize_t(sizeof(value))) return u64(getpid());
  return value;
}

// Of the map's hash function: nobody is to foresee which keys meet; a deterministic kernel has the same in each run, so
// that maps are walked in the same order.
u64 hash_seed(const Kernel& kernel, const map::MapMeta& meta) {
  constexpr u64 kOdd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
  if (meta.map_flags & BPF_F_ZERO_SEED) return 0;
  return kernel.config().deterministic ? (kernel.config().seed + meta.id) * kOdd : random_u64();
}

void fill_fixed(Kernel& kernel, Draft& draft) {
  const map::MapMeta& meta = *draft.meta;
  map::TrailerFixed& f = draft.fixed;
  f.cookie = kernel.objects().new_cookie();
  f.seed = hash_seed(kernel, meta);
  f.id = meta.id;
  f.map_type = meta.map_type;
  f.key_size = meta.key_size;
  f.value_size = meta.value_size;
  f.max_entries = meta.max_entries;
  f.map_flags = meta.map_flags;
  f.map_extra = meta.map_extra;
  f.cpus = kernel.target().possible_cpus();
  f.btf_key_type_id = meta.btf_key_type_id;
  f.btf_value_type_id = meta.btf_value_type_id;
  f.btf_vmlinux_value_type_id = meta.btf_vmlinux_value_type_id;
  f.bypass_spec_v1 = meta.bypass_spec_v1;
  f.creator_uid = getuid();
  std::memcpy(f.name, meta.name.data(), std::min(meta.name.size(), sizeof(f.name) - 1));
}

// What the map holds: its types, and those of its template.
std::vector<ObjectName> held_by(const Draft& draft) {
  std::vector<ObjectName> held;
  for (u32 id : {draft.fixed.btf_id, draft.inner.btf_id}) {
    if (id != 0) held.push_back({ObjectKind::Btf, id});
  }
  return held;
}

// The file, its storage, and its name: the descriptor, or -errno.
long install(Kernel& kernel, Draft& draft, u32 denied) {
  ObjectTable& objects = kernel.objects();
  draft.meta->id = objects.new_id(ObjectKind::Map);
  fill_fixed(kernel, draft);
  const map::Backing backing = objects.shared() ? map::Backing::Shared : map::Backing::Private;
  // What is dead may be all that stands in the way: two tries.
  for (bool again : {true, false}) {
    const int file = objects.new_file(ObjectKind::Map);
    if (file < 0) return file;
    auto map = map::Map::create(file, draft.meta, *draft.type, draft.fixed, backing);
    if (map.ok()) {
      (*map)->trailer().inner = draft.inner;
      kernel.keep_fields(**map);
      (*map)->publish();
      return publish_object(kernel, file, {.map = std::move(*map)}, held_by(draft), denied);
    }
    close(file);
    if (!again || objects.shared() == nullptr) return -map.error();
    objects.collect();
  }
  return -ENOMEM;
}

}  // namespace

long map_create(Call& call) {
  const auto attr = call.as<MapCreateAttr>();
  Kernel& kernel = call.kernel;
  if (!call.tail_is_zero(MapCreateAttr::kEnd)) return -EINVAL;
  map::CreateArgs args = create_args(attr);
  args.map_flags &= ~BPF_F_TOKEN_FD;
  if (int err = map::check_create(args, kernel.config().caps)) return err;
  if (attr.map_flags & BPF_F_TOKEN_FD) {
    const auto token = kernel.find(attr.map_token_fd);
    return token.ok() ? -EINVAL : -token.error();  // there are no tokens to be had
  }
  const map::TypeRow& row = *map::type_row(attr.map_type);
  if (int err = check_privilege(kernel.config(), row.privilege)) return err;
  Draft draft;
  draft.type = &row;
  if (int err = fill_meta(kernel, attr, draft)) return err;
  return install(kernel, draft, denied_by(attr.map_flags));
}

}  // namespace skep::sys
