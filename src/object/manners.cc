// See manners.h.
#include "object/manners.h"

#include <bpf/libbpf.h>

namespace skep::object {
namespace {

// Types whose size is not the program's to choose.
bool has_size_by_itself(bpf_map_type type) {
  switch (type) {
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_CGRP_STORAGE:
    case BPF_MAP_TYPE_STRUCT_OPS: return true;
    default: return false;
  }
}

}  // namespace

void prepare_maps(bpf_object* object) {
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map)) != nullptr) {
    bpf_map__set_pin_path(map, nullptr);
    if (bpf_map__max_entries(map) == 0 && !has_size_by_itself(bpf_map__type(map))) bpf_map__set_max_entries(map, 1);
  }
}

}  // namespace skep::object
