// Storage that belongs to an object of the kernel: of tasks and cgroups, by what their images say, and of the cgroup a
// program is attached to. A socket is that of a test run and ends with it, and so does its storage. (There are no
// inodes here.)
#include <cerrno>

#include "engine/bodies.h"
#include "map/fields.h"
#include "map/local_storage.h"

namespace skep::engine {
namespace {

using map::Owner;

const u8* image_at(u64 address) { return reinterpret_cast<const u8*>(address); }

// The thread of a task_struct: what it is known by among kernel objects is what owns its storage, too.
bool task_owner(u64 task, Run& run, Owner& out) {
  const HeapObject* const object = run.machine.heap().find(task, HeapKind::Task);
  if (!object) return false;
  Identity id;
  std::memcpy(&id, object->words, sizeof(id));
  out = {{u32(id.words[0]), id.words[1], id.words[2]}};
  return true;
}

// A cgroup's id is that of its directory.
bool cgroup_owner(u64 cgroup, Run& run, Owner& out) {
  const HeapObject* const object = run.machine.heap().find(cgroup, HeapKind::Cgroup);
  if (!object) return false;
  out = {{KernelObjects::cgroup_id(*object), 0, 0}};
  return true;
}

using FindOwner = bool (*)(u64 object, Run& run, Owner& out);

template <FindOwner find>
u64 storage_get(u64 map, u64 object, u64 init, u64 flags, u64, Run& run) {
  Owner owner;
  if (!find(object, run, owner)) return 0;
  const MapHandle& handle = MapHandle::of(map);
  return reinterpret_cast<u64>(map::local_storage_get(handle.map(), owner, image_at(init), flags, handle.recent()));
}

template <FindOwner find>
u64 storage_delete(u64 map, u64 object, u64, u64, u64, Run& run) {
  Owner owner;
  if (object == 0) return u64(-EINVAL);
  return find(object, run, owner) ? u64(s64(map::local_storage_delete(MapHandle::of(map).map(), owner))) : u64(-ENOENT);
}

// As in the kernel's test runs: zeros at first, and the same in all repetitions.
u64 get_local_storage(u64 map, u64, u64, u64, u64, Run& run) {
  const MapHandle& handle = MapHandle::of(map);
  for (const auto& [of, memory] : run.storages)
    if (of == &handle) return reinterpret_cast<u64>(memory.get());
  const size_t words = map::round_up(handle.value_size(), 8) / 8;
  run.storages.emplace_back(&handle, std::make_unique<u64[]>(words));
  return reinterpret_cast<u64>(run.storages.back().second.get());
}

// --- sockets ------------------------------------------------------------------------------------------------------
// In Run::storages, the socket before the value. What is deleted stays readable until the run ends. Values that hold
// objects cannot be had: nobody would let go of those.

u64* find_socket_storage(const MapHandle& handle, u64 socket, Run& run) {
  for (const auto& [of, memory] : run.storages)
    if (of == &handle && memory[0] == socket) return memory.get();
  return nullptr;
}

u64 sk_storage_get(u64 map, u64 socket, u64 init, u64 flags, u64, Run& run) {
  constexpr u64 kCreate = 1;  // BPF_SK_STORAGE_GET_F_CREATE
  const MapHandle& handle = MapHandle::of(map);
  if (socket == 0 || flags > kCreate || handle.map().holds_objects()) return 0;
  u64* memory = find_socket_storage(handle, socket, run);
  if (!memory && flags == kCreate) {
    const size_t words = map::round_up(handle.value_size(), 8) / 8;
    run.storages.emplace_back(&handle, std::make_unique<u64[]>(1 + words));
    memory = run.storages.back().second.get();
    memory[0] = socket;
    if (init) map::copy_value_in(handle.map(), reinterpret_cast<u8*>(memory + 1), image_at(init), map::Fields::Zero);
  }
  return memory ? reinterpret_cast<u64>(memory + 1) : 0;
}

u64 sk_storage_delete(u64 map, u64 socket, u64, u64, u64, Run& run) {
  const MapHandle& handle = MapHandle::of(map);
  if (socket == 0) return u64(-EINVAL);
  u64* const memory = find_socket_storage(handle, socket, run);
  if (!memory) return u64(-ENOENT);
  memory[0] = 0;
  return 0;
}

constexpr HelperBody kBodies[] = {{81, get_local_storage},
                                  {107, sk_storage_get},
                                  {108, sk_storage_delete},
                                  {156, storage_get<task_owner>},
                                  {157, storage_delete<task_owner>},
                                  {210, storage_get<cgroup_owner>},
                                  {211, storage_delete<cgroup_owner>}};

}  // namespace

std::span<const HelperBody> storage_helpers() { return kBodies; }

}  // namespace skep::engine
