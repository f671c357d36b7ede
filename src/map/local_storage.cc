// Local storages of sockets, inodes, threads and cgroups: a hash table (hash_table.h) whose keys are owners (owner.h).
// User space names an owner by a descriptor.
//
// Linux keeps the elements with their owners, as many as there is memory for. Here the table has room for kCapacity,
// whose memory comes when they are claimed. A full table looks for elements whose owners are gone; only then it is
// ENOMEM. BPF_F_CLONE has no effect: we do not see connections being accepted.
#include "map/local_storage.h"

#include <cerrno>
#include <cstring>

#include "map/fields.h"
#include "map/hash.h"
#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u32 kCapacity = 1 << 16;

Geometry layout(const MapMeta& meta, u32) {
  MapMeta by_owner = meta;
  by_owner.key_size = sizeof(Owner);
  return HashTable::layout(by_owner, round_up(meta.value_size, 8), kCapacity, true);
}

ConstBytes key_of(const Owner& owner) { return {reinterpret_cast<const u8*>(&owner), sizeof(owner)}; }

int find_owner(const Map& map, ConstBytes key, Owner& owner) {
  int fd;
  std::memcpy(&fd, key.data(), sizeof(fd));
  return owner_of(storage_owner_kind(map.meta().map_type), fd, owner);
}

// Updates; a full table is cleaned up once.
int update_owner(Map& map, const Owner& owner, ConstBytes value, u64 flags) {
  const OwnerPlace place = {storage_owner_kind(map.meta().map_type), HashTable::kKeyOffset, sizeof(Owner)};
  int result = hash_update(map, key_of(owner), value, flags);
  if (result == -E2BIG && collect_gone(map, place)) result = hash_update(map, key_of(owner), value, flags);
  return result == -E2BIG ? -ENOMEM : result;
}

int lookup(Map& map, ConstBytes key, Bytes value, u64 flags) {
  Owner owner;
  const int err = find_owner(map, key, owner);
  return err != 0 ? err : hash_lookup(map, key_of(owner), value, flags);
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  Owner owner;
  const int err = find_owner(map, key, owner);
  return err != 0 ? err : update_owner(map, owner, value, flags);
}

int erase(Map& map, ConstBytes key) {
  Owner owner;
  const int err = find_owner(map, key, owner);
  return err != 0 ? err : hash_erase(map, key_of(owner));
}

// --- what is remembered -------------------------------------------------------------------------------------------

// While the stripe's count was `seq`, the element was in one of the stripe's chains. If that still is its count, no
// writer came since, and the element is where it was, with the key it had.
struct Place {
  u32 link = 0, stripe = 0, seq = 0;

  static constexpr u32 kLinkBits = 20, kStripeBits = 12;
  u64 packed() const { return u64(seq) << 32 | stripe << kLinkBits | link; }
  static Place unpacked(u64 word) {
    return {u32(word) & ((1 << kLinkBits) - 1), u32(word) >> kLinkBits, u32(word >> 32)};
  }
};
static_assert(Place::kLinkBits + Place::kStripeBits == 32 && kCapacity < (1 << 19));

// The value of a key, by what is remembered of it; null: nothing that still holds.
u8* find_remembered(Map& map, ConstBytes key, const std::atomic<u64>& recent) {
  const Place place = Place::unpacked(recent.load(std::memory_order_relaxed));
  if (place.link == 0) return nullptr;
  const u8* const elem = map.pool().at(place.link - 1);
  if (!equals_shared(elem + HashTable::kKeyOffset, key.data(), sizeof(Owner))) return nullptr;
  return read_valid(map.stripe(place.stripe), place.seq) ? hash_value<false>(map, place.link, 0) : nullptr;
}

// The link of the element with this key; 0: none.
u32 find_and_remember(Map& map, ConstBytes key, std::atomic<u64>& recent) {
  const u32 number = HashTable(map, key).stripe_number();
  const u32 seq = read_begin(map.stripe(number));
  const u32 link = hash_find(map, key);
  if (link != 0 && read_valid(map.stripe(number), seq))
    recent.store(Place{link, number, seq}.packed(), std::memory_order_relaxed);
  return link;
}

}  // namespace

OwnerKind storage_owner_kind(u32 map_type) {
  switch (map_type) {
    case BPF_MAP_TYPE_SK_STORAGE: return OwnerKind::Socket;
    case BPF_MAP_TYPE_INODE_STORAGE: return OwnerKind::Inode;
    case BPF_MAP_TYPE_TASK_STORAGE: return OwnerKind::Task;
    default: return OwnerKind::Cgroup;
  }
}

u8* local_storage_get(Map& map, const Owner& owner, const u8* init, u64 flags, RecentWords& recent) {
  if (flags > BPF_LOCAL_STORAGE_GET_F_CREATE) return nullptr;
  std::atomic<u64>& known = recent.of(owner.words[0]);
  if (u8* const value = find_remembered(map, key_of(owner), known)) return value;
  const u32 link = find_and_remember(map, key_of(owner), known);
  if (link != 0 || flags == 0) return link != 0 ? hash_value<false>(map, link, 0) : nullptr;
  const OwnerPlace place = {storage_owner_kind(map.meta().map_type), HashTable::kKeyOffset, sizeof(Owner)};
  const auto write = [&](u8* shared) {
    zero_shared(shared, map.geometry().value_bytes);
    if (init != nullptr) copy_value_in(map, shared, init, Fields::Zero);
  };
  for (int tries = 0; tries < 2; ++tries) {
    HashTable table(map, key_of(owner));
    Writer lock(map, table.stripe_number());
    if (!lock.ok()) return nullptr;
    const bool exists = table.find(key_of(owner)) != 0;
    const int err = exists ? 0 : table.insert(key_of(owner), write);
    lock.release();
    if (err != -E2BIG || !collect_gone(map, place)) break;
  }
  return hash_lookup_ptr(map, key_of(owner), 0);
}

int local_storage_delete(Map& map, const Owner& owner) { return hash_erase(map, key_of(owner)); }

const MapOps kLocalStorageOps = {.layout = layout,
                                 .init = HashTable::init,
                                 .repair = HashTable::repair,
                                 .lookup = lookup,
                                 .update = update,
                                 .erase = erase};

}  // namespace skep::map
