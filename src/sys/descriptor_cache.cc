// One short lock per entry: the reference to the map must be copied before another thread can drop it.
#include "sys/descriptor_cache.h"

namespace skep::sys {

class DescriptorCache::Held {
 public:
  explicit Held(Entry& entry) : entry_(entry) {
    while (entry_.busy.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Held() { entry_.busy.clear(std::memory_order_release); }
  MapRef& map() { return entry_.map; }

 private:
  Entry& entry_;
};

bool DescriptorCache::find(int fd, MapRef& map) {
  if (!covers(fd)) return false;
  Held held(entries_[u32(fd)]);
  map = held.map();
  return map.map != nullptr;
}

void DescriptorCache::remember(int fd, const MapRef& map) {
  if (!covers(fd)) return;
  Held held(entries_[u32(fd)]);
  held.map() = map;
}

void DescriptorCache::forget(int fd) {
  if (!covers(fd)) return;
  MapRef last;  // a map that ends with it is unmapped outside of the lock
  Held held(entries_[u32(fd)]);
  std::swap(last, held.map());
}

}  // namespace skep::sys
