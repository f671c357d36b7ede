// skep's C++ interface: maps as containers, shared with every process that has them open.
//
//   auto counts = skep::Map<std::uint32_t, std::uint64_t>::create({.max_entries = 1000, .name = "counts"});
//   if (!counts) return counts.error();             // an errno: skep::Error says it in words
//   counts->update(7, 1);
//   for (auto [key, value] : *counts) ...
//   counts->pin("/sys/fs/bpf/counts");              // another process: Map<...>::open("/sys/fs/bpf/counts")
//
// No exceptions; whatever can fail returns an Expected or an Error, with the errno that bpf(2) has for it (map types,
// flags and errno values: bpf(2), Documentation/bpf/map_*.rst). Key and value are copied as bytes: they must be
// trivially copyable, and as wide as the map's. Everything may be used from many threads and processes at once; a
// look-up sees a value as some update left it, never half of one.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "skep/skep.h"

namespace skep {

// An errno; 0 is success. Converts to true if there *is* an error, as std::error_code does.
class [[nodiscard]] Error {
 public:
  constexpr Error() = default;
  // From what the C interface returns: 0 or more is success, a negative number an errno.
  static constexpr Error from(long result) { return Error(result < 0 ? int(-result) : 0); }
  explicit constexpr Error(int code) : code_(code) {}

  constexpr int code() const { return code_; }
  explicit constexpr operator bool() const { return code_ != 0; }
  std::string message() const {
    return code_ == 524 ? "Operation not supported by this map (ENOTSUPP)" : std::strerror(code_);
  }
  friend constexpr bool operator==(Error, Error) = default;

 private:
  int code_ = 0;
};

// A T or an Error. Looking at a T that is not there is undefined, as with std::expected.
template <typename T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : value_(std::move(value)) {}  // NOLINT: implicit by design
  Expected(Error error) : error_(error) {}         // NOLINT

  bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }
  Error error() const { return error_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T value_or(T other) const& { return has_value() ? *value_ : std::move(other); }

 private:
  std::optional<T> value_;
  Error error_;
};

// enum bpf_map_type of <linux/bpf.h>.
enum class MapType : std::uint32_t {
  hash = 1,
  array = 2,
  percpu_hash = 5,
  percpu_array = 6,
  lru_hash = 9,
  lru_percpu_hash = 10,
  lpm_trie = 11,
  queue = 22,
  stack = 23,
  bloom_filter = 30,
};

struct MapOptions {
  MapType type = MapType::hash;
  std::uint32_t max_entries = 1;
  std::uint32_t flags = 0;  // BPF_F_...
  std::uint64_t extra = 0;  // bloom filter: number of hash functions
  const char* name = nullptr;
};

// What every kind of map can do. Owns a handle, not the map: the map lives as long as some descriptor, pin or program
// holds it.
class MapHandle {
 public:
  MapHandle(MapHandle&& other) noexcept : map_(std::exchange(other.map_, nullptr)) {}
  MapHandle& operator=(MapHandle&& other) noexcept {
    if (this != &other) {
      skep_map_close(map_);
      map_ = std::exchange(other.map_, nullptr);
    }
    return *this;
  }
  ~MapHandle() { skep_map_close(map_); }

  // A descriptor of the map, to hand to other processes or to bpf(2); lives as long as this object.
  int fd() const { return skep_map_fd(map_); }
  skep_map* c_handle() const { return map_; }
  skep_map_info info() const {
    skep_map_info info;
    skep_map_get_info(map_, &info);
    return info;
  }
  // BPF_OBJ_PIN. EEXIST: there is something; EPERM: not a place for pins; ENOENT: no such folder.
  Error pin(const char* path) const { return Error::from(skep_obj_pin(fd(), path)); }
  // BPF_MAP_FREEZE: nobody can write from user space any more. EPERM: frozen before.
  Error freeze() const { return Error::from(skep_map_freeze(map_)); }

 protected:
  explicit MapHandle(skep_map* map) : map_(map) {}

  // The handle of `fd`, whose map must have keys and values of these sizes (EINVAL otherwise). Closes `fd` if `owned`.
  static Expected<skep_map*> take(int fd, bool owned, std::uint32_t key_size, std::uint32_t value_size) {
    if (fd < 0) return Error::from(fd);
    skep_map* map = nullptr;
    const int result = skep_map_open(fd, &map);
    if (owned) skep_close(fd);
    if (result < 0) return Error::from(result);
    skep_map_info info;
    skep_map_get_info(map, &info);
    if (info.key_size != key_size || info.value_size != value_size) {
      skep_map_close(map);
      return Error(EINVAL);
    }
    return map;
  }
  static int make(const MapOptions& o, std::uint32_t key_size, std::uint32_t value_size) {
    const skep_map_options options = {.type = std::uint32_t(o.type),
                                      .key_size = key_size,
                                      .value_size = value_size,
                                      .max_entries = o.max_entries,
                                      .flags = o.flags,
                                      .extra = o.extra,
                                      .name = o.name,
                                      .inner_map_fd = 0};
    return skep_map_create(&options);
  }

  skep_map* map_;
};

// Hash, array, LRU hash, LPM trie: one V for each K.
template <typename K, typename V>
class Map : public MapHandle {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "keys and values are copied as bytes");

 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;

  // A new map; as BPF_MAP_CREATE.
  static Expected<Map> create(const MapOptions& options) { return wrap(make(options, sizeof(K), sizeof(V)), true); }
  // A pinned map; as BPF_OBJ_GET. EINVAL: its keys or values have other sizes.
  static Expected<Map> open(const char* path) { return wrap(skep_obj_get(path), true); }
  // The map with this id; as BPF_MAP_GET_FD_BY_ID.
  static Expected<Map> open(std::uint32_t id) { return wrap(skep_map_fd_by_id(id), true); }
  // The map behind a descriptor that stays the caller's.
  static Expected<Map> from_fd(int fd) { return wrap(fd, false); }

  // ENOENT: no such key.
  Expected<V> lookup(const K& key) const {
    V value;
    if (const int r = skep_map_lookup(map_, &key, &value)) return Error::from(r);
    return value;
  }
  bool contains(const K& key) const { return lookup(key).has_value(); }
  // `flags`: 0, BPF_NOEXIST (1; EEXIST), BPF_EXIST (2; ENOENT). E2BIG: full.
  Error update(const K& key, const V& value, std::uint64_t flags = 0) {
    return Error::from(skep_map_update(map_, &key, &value, flags));
  }
  Error erase(const K& key) { return Error::from(skep_map_delete(map_, &key)); }
  // Look-up and delete in one step: of many who ask at the same time, one gets the value.
  Expected<V> take_out(const K& key) {
    V value;
    if (const int r = skep_map_lookup_and_delete(map_, &key, &value)) return Error::from(r);
    return value;
  }

  // Many at once: the number done; `keys` and `values` beyond it were not reached because of `error`.
  struct Batch {
    std::size_t done = 0;
    Error error;
  };
  Batch update(std::span<const K> keys, std::span<const V> values, std::uint64_t flags = 0) {
    return each(keys.size() < values.size() ? keys.size() : values.size(),
                [&](std::size_t i) { return update(keys[i], values[i], flags); });
  }
  Batch lookup(std::span<const K> keys, std::span<V> values) const {
    return each(keys.size() < values.size() ? keys.size() : values.size(),
                [&](std::size_t i) { return Error::from(skep_map_lookup(map_, &keys[i], &values[i])); });
  }
  Batch erase(std::span<const K> keys) {
    return each(keys.size(), [&](std::size_t i) { return erase(keys[i]); });
  }

  // All elements, in no order. Elements that come and go meanwhile may be seen or not; one that stays is seen.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::pair<K, V>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    iterator() = default;
    explicit iterator(skep_map* map) : map_(map) { advance(nullptr); }
    reference operator*() const { return at_; }
    pointer operator->() const { return &at_; }
    iterator& operator++() {
      const K key = at_.first;
      advance(&key);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.map_ == b.map_; }

   private:
    // An element may go between its key and its value: then the next one.
    void advance(const K* from) {
      K key;
      while (skep_map_next_key(map_, from, &key) == 0) {
        at_.first = key;
        if (skep_map_lookup(map_, &key, &at_.second) == 0) return;
        from = &at_.first;
      }
      map_ = nullptr;
    }
    skep_map* map_ = nullptr;
    value_type at_{};
  };
  iterator begin() const { return iterator(map_); }
  iterator end() const { return iterator(); }

 private:
  using MapHandle::MapHandle;
  static Expected<Map> wrap(int fd, bool owned) {
    auto map = take(fd, owned, sizeof(K), sizeof(V));
    if (!map) return map.error();
    return Map(*map);
  }
  template <typename F>
  static Batch each(std::size_t n, F&& one) {
    Batch batch;
    for (; batch.done < n; ++batch.done) {
      if ((batch.error = one(batch.done))) break;
    }
    return batch;
  }
};

// Per-CPU hash and array: a V for each K and possible CPU.
template <typename K, typename V>
class PercpuMap : public MapHandle {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "keys and values are copied as bytes");

 public:
  static Expected<PercpuMap> create(MapOptions options) { return wrap(make(options, sizeof(K), sizeof(V)), true); }
  static Expected<PercpuMap> open(const char* path) { return wrap(skep_obj_get(path), true); }
  static Expected<PercpuMap> from_fd(int fd) { return wrap(fd, false); }

  // One value for every possible CPU, in the order of their numbers.
  Expected<std::vector<V>> lookup(const K& key) const {
    std::vector<std::uint8_t> bytes(info().value_bytes);
    if (const int r = skep_map_lookup(map_, &key, bytes.data())) return Error::from(r);
    std::vector<V> values(info().cpus);
    for (std::size_t cpu = 0; cpu < values.size(); ++cpu)
      std::memcpy(&values[cpu], bytes.data() + cpu * kStep, sizeof(V));
    return values;
  }
  // EINVAL: not one value for each possible CPU.
  Error update(const K& key, std::span<const V> values, std::uint64_t flags = 0) {
    if (values.size() != info().cpus) return Error(EINVAL);
    std::vector<std::uint8_t> bytes(info().value_bytes);
    for (std::size_t cpu = 0; cpu < values.size(); ++cpu)
      std::memcpy(bytes.data() + cpu * kStep, &values[cpu], sizeof(V));
    return Error::from(skep_map_update(map_, &key, bytes.data(), flags));
  }
  Error erase(const K& key) { return Error::from(skep_map_delete(map_, &key)); }

 private:
  static constexpr std::size_t kStep = (sizeof(V) + 7) / 8 * 8;
  using MapHandle::MapHandle;
  static Expected<PercpuMap> wrap(int fd, bool owned) {
    auto map = take(fd, owned, sizeof(K), sizeof(V));
    if (!map) return map.error();
    return PercpuMap(*map);
  }
};

// Queue and stack (MapType::queue, MapType::stack), and the bloom filter's push and peek.
template <typename V>
class Queue : public MapHandle {
  static_assert(std::is_trivially_copyable_v<V>, "values are copied as bytes");

 public:
  static Expected<Queue> create(MapOptions options) { return wrap(make(options, 0, sizeof(V)), true); }
  static Expected<Queue> open(const char* path) { return wrap(skep_obj_get(path), true); }
  static Expected<Queue> from_fd(int fd) { return wrap(fd, false); }

  // E2BIG: full; with flags BPF_EXIST (2) the oldest gives way.
  Error push(const V& value, std::uint64_t flags = 0) {
    return Error::from(skep_map_update(map_, nullptr, &value, flags));
  }
  // ENOENT: empty.
  Expected<V> pop() {
    V value;
    if (const int r = skep_map_lookup_and_delete(map_, nullptr, &value)) return Error::from(r);
    return value;
  }
  Expected<V> peek() const {
    V value;
    if (const int r = skep_map_lookup(map_, nullptr, &value)) return Error::from(r);
    return value;
  }

 private:
  using MapHandle::MapHandle;
  static Expected<Queue> wrap(int fd, bool owned) {
    auto map = take(fd, owned, 0, sizeof(V));
    if (!map) return map.error();
    return Queue(*map);
  }
};

// A set that may say yes by mistake, but never no.
template <typename V>
class BloomFilter : public MapHandle {
  static_assert(std::is_trivially_copyable_v<V>, "values are copied as bytes");

 public:
  static Expected<BloomFilter> create(MapOptions options) {
    options.type = MapType::bloom_filter;
    return wrap(make(options, 0, sizeof(V)), true);
  }
  static Expected<BloomFilter> open(const char* path) { return wrap(skep_obj_get(path), true); }
  static Expected<BloomFilter> from_fd(int fd) { return wrap(fd, false); }

  Error add(const V& value) { return Error::from(skep_map_update(map_, nullptr, &value, 0)); }
  bool may_contain(V value) const { return skep_map_lookup(map_, nullptr, &value) == 0; }

 private:
  using MapHandle::MapHandle;
  static Expected<BloomFilter> wrap(int fd, bool owned) {
    auto map = take(fd, owned, 0, sizeof(V));
    if (!map) return map.error();
    return BloomFilter(*map);
  }
};

}  // namespace skep
