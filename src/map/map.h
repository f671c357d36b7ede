// A map as this process has it open: a private copy of what never changes, and the mapping of its file, which every
// process that has the map open shares (geometry.h, file.h). Operations may be called from any thread.
#pragma once

#include <memory>
#include <span>

#include "base/status.h"
#include "map/create.h"
#include "map/file.h"
#include "map/held.h"
#include "map/meta.h"
#include "map/ops.h"
#include "map/shm/pool.h"

namespace skep::map {

class Map {
 public:
  ~Map();
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;
  // A new map in the empty file `fd`, which stays the caller's. `meta` is complete but for direct_value. ENOMEM. The
  // map is not to be found by others before publish().
  static Result<std::shared_ptr<Map>> create(int fd, std::shared_ptr<MapMeta> meta, const TypeRow& type,
                                             const TrailerFixed& fixed, Backing backing);
  // The map in a file that some process made. `meta` is what meta_of() said, completed by the caller (BTF, record,
  // inner template). EINVAL: the file does not fit what its trailer says.
  static Result<std::shared_ptr<Map>> open(int fd, std::shared_ptr<MapMeta> meta, const TrailerFixed& fixed);
  // What a trailer says of a map, if a user could have made such a map; EINVAL otherwise.
  static Result<std::shared_ptr<MapMeta>> meta_of(const TrailerFixed& fixed);

  // Writes the magic number: from now on the file is a map.
  void publish();

  const MapMeta& meta() const { return *meta_; }
  const std::shared_ptr<MapMeta>& shared_meta() const { return meta_; }
  const TypeRow& type() const { return *type_; }
  const MapOps& ops() const { return *ops_; }
  const Geometry& geometry() const { return geometry_; }
  const TrailerFixed& fixed() const { return fixed_; }
  u32 cpus() const { return fixed_.cpus; }
  Trailer& trailer() { return *trailer_; }
  bool frozen() const;  // also if the file was cut off
  // BPF_MAP_FREEZE: user space cannot write any more, in no process. 0 or -EIO.
  int freeze();
  // Bytes of a value as user space passes it: all CPUs' for per-CPU types.
  u64 user_value_size() const { return user_value_size_; }

  // Values have fields that hold objects, and somebody keeps those.
  bool holds_objects() const { return held_.count != 0 && field_owner_ != nullptr; }
  // Who keeps them; set before anyone uses the map. `ends_here`: this process made the map for itself (and its forks),
  // and empties it when it lets go of it.
  void set_field_owner(std::shared_ptr<FieldOwner> owner, bool ends_here);
  // What the special fields of one value hold is let go.
  void let_go(u8* value) const;
  // The same for all values of the map.
  void let_go_all();

  u8* data() const { return mapping_.data(); }
  u64 size() const { return geometry_.size; }
  template <typename T>
  T* part(u64 offset) const {
    return reinterpret_cast<T*>(mapping_.data() + offset);
  }
  Stripe& stripe(u32 number) { return stripes_[number]; }
  const Pool& pool() const { return pool_; }
  u64 hash(ConstBytes key) const;

 private:
  Map() = default;
  void let_go_values();
  void set_type(const TypeRow& type);
  void set_parts();

  std::shared_ptr<MapMeta> meta_;
  const TypeRow* type_ = nullptr;
  const MapOps* ops_ = nullptr;
  u64 user_value_size_ = 0;
  Geometry geometry_;
  TrailerFixed fixed_;
  Mapping mapping_;
  Trailer* trailer_ = nullptr;
  Stripe* stripes_ = nullptr;
  Pool pool_;
  HeldFields held_;
  std::shared_ptr<FieldOwner> field_owner_;
  int ends_in_ = 0;  // the process that empties it; 0: none
};

// Multiply and fold, a word at a time; the seed keeps others from choosing keys that meet.
[[gnu::always_inline]] inline u64 Map::hash(ConstBytes key) const {
  constexpr u64 kOdd1 = 0x9e3779b97f4a7c15, kOdd2 = 0xd6e8feb86659fd93;
  const auto mix = [](u64 a, u64 b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return u64(product) ^ u64(product >> 64);
  };
  u64 h = fixed_.seed ^ (key.size() * kOdd1);
  words::for_each(
      key.size(), [&]<typename T>(T word, u64 at) __attribute__((always_inline)) {
        std::memcpy(&word, key.data() + at, sizeof(word));
        h = mix(h ^ word, kOdd2);
        return true;
      });
  return mix(h, kOdd1);
}

// A stripe held for writing, repaired if it was found abandoned. Not a destructor's job: a fault may end the operation
// anywhere (guard.h), and then abandon_locks() lets go.
class Writer {
 public:
  Writer(Map& map, u32 number);
  bool ok() const { return ok_; }  // false: this thread is in the middle of an operation on this stripe (EBUSY)
  void release();                  // the end of the operation

 private:
  Stripe& stripe_;
  bool ok_ = true;
};

// Calls `read`, which stores nothing outside of the caller's buffers, until no writer came between; takes the lock
// (which repairs) when writers do not leave a gap. `read` returns what the operation returns.
template <typename F>
int read_stripe(Map& map, u32 number, F&& read) {
  const Stripe& stripe = map.stripe(number);
  for (int tries = 0; tries < 64; ++tries) {
    const u32 seq = read_begin(stripe);
    if (seq & 1) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
      continue;
    }
    const int result = read();
    if (read_valid(stripe, seq)) return result;
  }
  Writer lock(map, number);
  if (!lock.ok()) return -EBUSY;
  const int result = read();
  lock.release();
  return result;
}

// The operations as bpf(2) has them, with faults of the file turned into EIO. `key` and `value` are private memory of
// the right size.
int lookup_elem(Map& map, ConstBytes key, Bytes value, u64 flags);
int update_elem(Map& map, ConstBytes key, ConstBytes value, u64 flags);
int delete_elem(Map& map, ConstBytes key);
int get_next_key(Map& map, const u8* key, Bytes next);
int lookup_and_delete_elem(Map& map, ConstBytes key, Bytes value, u64 flags);

// Map-in-map: `inner` is like the template that the outer map was made with (EINVAL otherwise).
bool may_be_element(const Map& outer, const MapMeta& inner);

}  // namespace skep::map
