// Helpers that call a function of the program: bpf_loop(), bpf_for_each_map_elem(), bpf_find_vma().
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/bodies.h"
#include "engine/btf_layout.h"
#include "map/hash_table.h"

namespace skep::engine {
namespace {

// Linux puts the loop into the program where the callback is known, and there all 64 bits of the count matter.
u64 loop(u64 count, u64 callback, u64 context, u64 flags, u64, Run& run) {
  const u64 rounds = run.site->fact->loop_callback >= 0 ? count : u32(count);
  if (flags != 0) return u64(-EINVAL);
  if (rounds > kMaxLoops) return u64(-E2BIG);
  for (u64 i = 0; i < rounds; ++i)
    if (call_function(run, callback, i, context) != 0) return i + 1;
  return rounds;
}

// --- elements of maps ---------------------------------------------------------------------------------------------

struct Visit {
  MapHandle& handle;
  u64 callback, context;
  u64 visited = 0;

  // False: the callback has seen enough.
  bool one(Run& run, const u8* key, u8* value) {
    ++visited;
    return call_function(run, callback, handle.pointer(), reinterpret_cast<u64>(key), reinterpret_cast<u64>(value),
                         context) == 0;
  }
  // This CPU's value, of all those of an element.
  u8* value_of(u8* element, const Run& run) const {
    return handle.ops().per_cpu ? element + run.cpu * map::round_up(handle.value_size(), 8) : element;
  }
};

void visit_array(Visit& visit, Run& run) {
  map::Map& map = visit.handle.map();
  for (u32 i = 0; i < map.meta().max_entries; ++i) {
    u8* const element = map.data() + u64(i) * map.geometry().elem_size;
    if (!visit.one(run, reinterpret_cast<const u8*>(&i), visit.value_of(element, run))) return;
  }
}

constexpr u32 kChain = 64;  // elements of a bucket; longer chains are cut off here, which takes a broken hash

// The elements of a bucket as they are now.
u32 read_chain(map::Map& map, u32 bucket, u32 (&links)[kChain]) {
  map::HashTable table(map, bucket);
  u32 count = 0;
  (void)map::read_stripe(map, table.stripe_number(), [&] {
    count = 0;
    for (s64 link = table.first(); link > 0 && count < kChain; link = table.next(u32(link))) links[count++] = u32(link);
    return 0;
  });
  return count;
}

// Erased by an earlier callback?
bool still_there(map::Map& map, u32 bucket, u32 link) {
  map::HashTable table(map, bucket);
  return map::read_stripe(map, table.stripe_number(), [&] { return int(table.find_element(link)); }) > 0;
}

void visit_hash(Visit& visit, Run& run) {
  map::Map& map = visit.handle.map();
  for (u32 bucket = 0; bucket < map.geometry().n_buckets; ++bucket) {
    u32 links[kChain];
    const u32 count = read_chain(map, bucket, links);
    for (u32 i = 0; i < count; ++i) {
      if (i != 0 && !still_there(map, bucket, links[i])) continue;
      const map::HashTable table(map, bucket);
      if (!visit.one(run, table.key_of(links[i]), visit.value_of(table.value_of(links[i]), run))) return;
    }
  }
}

u64 for_each_map_elem(u64 map, u64 callback, u64 context, u64 flags, u64, Run& run) {
  if (flags != 0) return u64(-EINVAL);
  Visit visit{MapHandle::of(map), callback, context};
  const u32 type = visit.handle.type();
  if (type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY) {
    visit_array(visit, run);
  } else {
    visit_hash(visit, run);
  }
  return visit.visited;
}

// --- memory areas of a process ------------------------------------------------------------------------------------

constexpr u32 kMaxVmaBytes = 1024;  // of a struct vm_area_struct

struct Area {
  u64 start = 0, end = 0, offset = 0;
  char rights[5] = {};
};

// The area with this address, as /proc/PID/maps has it.
bool find_area(u64 pid, u64 address, Area& found) {
  char path[32], line[512];
  std::snprintf(path, sizeof(path), "/proc/%u/maps", u32(pid));
  std::FILE* const maps = std::fopen(path, "re");
  if (!maps) return false;
  bool is_it = false;
  while (!is_it && std::fgets(line, sizeof(line), maps)) {
    unsigned long start, end, offset;
    if (std::sscanf(line, "%lx-%lx %4s %lx", &start, &end, found.rights, &offset) != 4) continue;
    is_it = address >= start && address < end;
    found.start = start, found.end = end, found.offset = offset;
  }
  std::fclose(maps);
  return is_it;
}

void fill_area(const Layout& layout, u8* image, const Area& area) {
  constexpr u64 kRead = 1, kWrite = 2, kExec = 4, kShared = 8;  // VM_READ and its like
  layout.write(image, "vm_start", area.start);
  layout.write(image, "vm_end", area.end);
  layout.write(image, "vm_pgoff", area.offset / map::kPageSize);
  layout.write(image, "vm_flags",
               (area.rights[0] == 'r' ? kRead : 0) | (area.rights[1] == 'w' ? kWrite : 0) |
                   (area.rights[2] == 'x' ? kExec : 0) | (area.rights[3] == 's' ? kShared : 0));
}

u64 find_vma(u64 task, u64 address, u64 callback, u64 context, u64 flags, Run& run) {
  if (flags != 0) return u64(-EINVAL);
  const btf::Btf* const kernel = run.machine.vmlinux();
  if (!kernel || !task) return u64(-ENOENT);
  const Layout layout(*kernel, "vm_area_struct");
  u64 image[kMaxVmaBytes / 8] = {};
  const u64 pid = Layout(*kernel, "task_struct").read(reinterpret_cast<const u8*>(task), "tgid");
  Area area;
  if (layout.size() > sizeof(image) || !find_area(pid, address, area)) return u64(-ENOENT);
  fill_area(layout, reinterpret_cast<u8*>(image), area);
  call_function(run, callback, task, reinterpret_cast<u64>(image), context);
  return 0;
}

constexpr HelperBody kBodies[] = {{164, for_each_map_elem}, {180, find_vma}, {181, loop}};

}  // namespace

std::span<const HelperBody> loop_helpers() { return kBodies; }

}  // namespace skep::engine
