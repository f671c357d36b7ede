// Memory, pools and the index; what objects hold is in heap_release.cc.
#include "engine/kobj/heap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "base/check.h"
#include "engine/thread.h"
#include "map/file_limit.h"
#include "map/geometry.h"
#include "map/shm/thread.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000  // Linux 4.17
#endif

namespace skep::engine {
namespace {

using map::load_acquire;
using map::load_relaxed;
using map::store_relaxed;
using map::store_release;

inline constexpr u64 kMagic = 0x0170616568706b73;  // "skpheap" and the layout's version
inline constexpr u32 kStripes = 8, kBuckets = 4096, kSlots = 256;
inline constexpr u32 kMaxHops = 1 << 20;  // of a chain: more is damage

// Where files are mapped: far from where Linux puts programs, libraries and stacks, from what arenas like to use, and
// from the shadow of AddressSanitizer.
inline constexpr u64 kFirstBase = 0x2000'0000'0000, kBaseStep = u64(1) << 32, kBases = 8192;

struct SizeClass {
  u32 size;   // bytes of an object with its header
  u64 bytes;  // of all; memory comes when it is used
};
constexpr SizeClass kSizes[] = {{128, 128 << 20},  {256, 128 << 20},   {512, 64 << 20},
                                {1024, 64 << 20},  {2048, 64 << 20},   {4096, 128 << 20},
                                {8192, 512 << 20}, {16384, 256 << 20}, {65536, 64 << 20}};

// Pools lie one after the other, in units of so many bytes; which class a unit belongs to.
constexpr u64 kUnit = 64 << 20;
constexpr auto kClassOfUnit = [] {
  std::array<u8, 22> classes{};
  size_t unit = 0;
  for (u8 c = 0; c < std::size(kSizes); ++c)
    for (u64 at = 0; at < kSizes[c].bytes; at += kUnit) classes[unit++] = c;
  return classes;
}();
static_assert(std::ranges::all_of(kSizes, [](const SizeClass& c) {
  return std::has_single_bit(c.size) && c.size <= 65536 && c.bytes % kUnit == 0;
}));
static_assert(kClassOfUnit.front() == 0 && kClassOfUnit.back() == std::size(kSizes) - 1);

constexpr const char* kKindNames[] = {"nothing", "task_struct",    "cgroup", "bpf_cpumask",
                                      "object",  "per-CPU object", "buffer", "bpf_key"};

}  // namespace

struct Heap::Top {
  u64 magic;
  u64 root_ids;
  alignas(64) map::Stripe stripes[kStripes];
  map::Stripe index;
  u32 buckets[kBuckets];
  HeapSlot slots[kSlots];
};

const char* heap_kind_name(HeapKind kind) {
  return u32(kind) < std::size(kKindNames) ? kKindNames[u32(kind)] : "damaged object";
}

// The size of the whole; with `pools` and `base`, where everything is.
u64 Heap::layout(map::Pool (*pools)[kClasses], u8* base) {
  static_assert(std::size(kSizes) == kClasses);
  u64 at = map::round_up(sizeof(Top), map::kPageSize);
  const auto take = [&at](u64 bytes, u64 alignment) {
    at = map::round_up(at, alignment);
    return at += bytes, at - bytes;
  };
  u64 bitmaps[kClasses][3];
  for (u32 c = 0; c < kClasses; ++c) {
    const u64 n = kSizes[c].bytes / kSizes[c].size;
    bitmaps[c][0] = take(map::Pool::taken_bytes(n), 64);
    bitmaps[c][1] = take(map::Pool::full_bytes(n), 64);
    bitmaps[c][2] = take(map::Pool::full_bytes(n), 64);
  }
  if (!pools) return map::round_up(at, map::kPageSize);
  for (u32 c = 0; c < kClasses; ++c) {
    const auto words = [&](u32 i) { return reinterpret_cast<u64*>(base + bitmaps[c][i]); };
    (*pools)[c] = {.elems = base + take(kSizes[c].bytes, 65536),
                   .elem_size = kSizes[c].size,
                   .n_elems = u32(kSizes[c].bytes / kSizes[c].size),
                   .taken = words(0),
                   .full = words(1),
                   .lazy = true,
                   .populated = words(2)};
  }
  return at;
}

std::shared_ptr<Heap> Heap::make_private() { return std::shared_ptr<Heap>(new Heap("")); }
std::shared_ptr<Heap> Heap::in_file(const std::string& path) {
  SKEP_CHECK(!path.empty());
  static std::mutex mutex;
  static std::unordered_map<std::string, std::weak_ptr<Heap>> open;
  std::lock_guard lock(mutex);
  std::erase_if(open, [](const auto& known) { return known.second.expired(); });
  std::weak_ptr<Heap>& known = open[path];
  auto heap = known.lock();
  if (!heap) known = heap = std::shared_ptr<Heap>(new Heap(path));
  return heap;
}

Heap::~Heap() {
  if (top_) munmap(top_, size_);
}

int Heap::error() {
  const int known = state_.load(std::memory_order_acquire);
  if (known != kUntried) return known;
  std::lock_guard lock(mutex_);
  if (state_.load(std::memory_order_relaxed) == kUntried)
    state_.store(path_.empty() ? map_private() : map_file(), std::memory_order_release);
  return state_.load(std::memory_order_relaxed);
}

bool Heap::exists() {
  struct stat st;
  return state_.load(std::memory_order_acquire) == 0 || (!path_.empty() && stat(path_.c_str(), &st) == 0);
}

int Heap::set_memory(void* at) {
  if (at == MAP_FAILED) return errno == EEXIST ? EEXIST : ENOMEM;
  madvise(at, size_, MADV_DONTDUMP);
  base_ = reinterpret_cast<u64>(at);
  top_ = static_cast<Top*>(at);
  layout(&pools_, static_cast<u8*>(at));
  return 0;
}

int Heap::map_private() {
  map::Pool unused[kClasses];
  size_ = layout(&unused, nullptr);
  constexpr int kFlags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
  return set_memory(mmap(nullptr, size_, PROT_READ | PROT_WRITE, kFlags, -1, 0));
}

// A finished file takes the name; whoever comes second uses the first's. Its descriptor or -errno.
int Heap::open_file() {
  const int known = open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (known >= 0 || errno != ENOENT) return known >= 0 ? known : -errno;
  std::string draft = path_ + ".XXXXXX";
  const int fd = mkostemp(draft.data(), O_CLOEXEC);
  if (fd < 0) return -errno;
  const int error = map::without_sigxfsz([&] {
    if (ftruncate(fd, off_t(size_)) != 0) return errno;
    return fallocate(fd, 0, 0, off_t(layout(nullptr, nullptr))) != 0 && errno != EOPNOTSUPP ? errno : 0;
  });
  const bool whole = error == 0 && pwrite(fd, &kMagic, sizeof(kMagic), 0) == ssize_t(sizeof(kMagic));
  if (whole) link(draft.c_str(), path_.c_str());
  unlink(draft.c_str());
  close(fd);
  if (!whole) return -ENOMEM;
  const int mine = open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  return mine >= 0 ? mine : -errno;
}

int Heap::map_file() {
  map::Pool unused[kClasses];
  size_ = layout(&unused, nullptr);
  const int fd = open_file();
  if (fd < 0) return -fd;
  struct stat st;
  u64 magic = 0;
  const bool ours = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && u64(st.st_size) == size_ &&
                    pread(fd, &magic, sizeof(magic), 0) == ssize_t(sizeof(magic)) && magic == kMagic;
  int result = EINVAL;
  if (ours) {
    const u64 address = kFirstBase + (u64(st.st_ino) * 0x9e3779b97f4a7c15 >> 32) % kBases * kBaseStep;
    void* const wanted = reinterpret_cast<void*>(address);
    constexpr int kFlags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    void* at = mmap(wanted, size_, PROT_READ | PROT_WRITE, kFlags, fd, 0);
    if (at != MAP_FAILED && at != wanted) {  // a kernel that does not know MAP_FIXED_NOREPLACE
      munmap(at, size_);
      at = MAP_FAILED;
      errno = EEXIST;
    }
    result = set_memory(at);
  }
  close(fd);
  return result;
}

// --- allocation ---------------------------------------------------------------------------------------------------

bool Heap::lock(map::Stripe& stripe, u32 number) {
  const map::Locked locked = map::lock_stripe(stripe);
  if (locked == map::Locked::Abandoned && number < kStripes) repair(number);
  return locked != map::Locked::Busy;
}

// The owner died while it took an element or gave one back: one that is not finished is nobody's.
void Heap::repair(u32 number) {
  map::Stripe& stripe = top_->stripes[number];
  const u32 size_class = load_relaxed(stripe.bucket), elem = load_relaxed(stripe.elem);
  if (size_class < kClasses) {
    const map::Pool& pool = pools_[size_class];
    if (elem != 0 && elem <= pool.n_elems && load_acquire(pool.home(elem - 1)) == number + 1 &&
        reinterpret_cast<HeapObject*>(pool.at(elem - 1))->kind == HeapKind::None)
      store_release(pool.home(elem - 1), u32(0));
    map::repair_pool(pool, stripe);
  }
  store_release(stripe.elem, u32(0));
}

HeapObject* Heap::claim(u32 size_class, u32 number) {
  map::Stripe& stripe = top_->stripes[number];
  store_relaxed(stripe.bucket, size_class);
  const s64 index = map::claim_elem(pools_[size_class], stripe, number);
  return index < 0 ? nullptr : reinterpret_cast<HeapObject*>(pools_[size_class].at(u32(index)));
}

HeapObject* Heap::allocate(HeapKind kind, u32 size, u32 copies, u64* record) {
  const u64 wanted = sizeof(HeapObject) + u64(size) * copies;
  if (wanted > kSizes[kClasses - 1].size || error() != 0) return nullptr;
  const u32 number = map::calling_thread().tid % kStripes;
  map::Stripe& stripe = top_->stripes[number];
  if (!lock(stripe, number)) return nullptr;
  HeapObject* object = nullptr;
  for (u32 c = 0; c < kClasses && !object; ++c)
    if (kSizes[c].size >= wanted) object = claim(c, number);
  if (object) {
    std::memset(static_cast<void*>(&object->refs), 0, wanted - offsetof(HeapObject, refs));
    object->refs = 1;
    object->size = size;
    if (record) store_relaxed(*record, object->pointer());
    store_release(object->kind, kind);
  }
  store_release(stripe.elem, u32(0));
  map::unlock_stripe(stripe);
  return object;
}

// Under a stripe's lock the element becomes the stripe's, then free; repair() knows it in between by its kind.
void Heap::give_back(HeapObject& object) {
  const u64 offset = reinterpret_cast<u64>(&object);
  const u32 number = map::calling_thread().tid % kStripes;
  map::Stripe& stripe = top_->stripes[number];
  if (!lock(stripe, number)) return;  // this thread was in the middle of it: the object is lost
  for (u32 c = 0; c < kClasses; ++c) {
    const u64 place = offset - reinterpret_cast<u64>(pools_[c].elems);
    if (place >= kSizes[c].bytes) continue;
    store_relaxed(stripe.bucket, c);
    store_relaxed(object.home, number + 1);
    store_release(object.kind, HeapKind::None);
    store_release(stripe.elem, u32(place / kSizes[c].size) + 1);
    map::free_elem(pools_[c], u32(place / kSizes[c].size));
  }
  store_release(stripe.elem, u32(0));
  map::unlock_stripe(stripe);
}

HeapObject* Heap::find(u64 pointer) {
  if (state_.load(std::memory_order_acquire) != 0 && error() != 0) return nullptr;
  const u64 first = pointer - sizeof(HeapObject), place = first - reinterpret_cast<u64>(pools_[0].elems);
  if (place >= kClassOfUnit.size() * kUnit) return nullptr;
  const u32 c = kClassOfUnit[place / kUnit], size = kSizes[c].size;
  const map::Pool& pool = pools_[c];
  const u64 in_pool = first - reinterpret_cast<u64>(pool.elems);
  const u32 index = u32(in_pool >> std::countr_zero(size));
  if ((in_pool & (size - 1)) != 0 || !map::is_claimed(pool, index)) return nullptr;
  auto* const object = reinterpret_cast<HeapObject*>(pool.at(index));
  const HeapKind kind = load_acquire(object->kind);
  const bool living = load_relaxed(object->refs) != 0;
  const bool sane =
      kind != HeapKind::None && u32(kind) < std::size(kKindNames) && object->size <= size - sizeof(HeapObject);
  return living && sane ? object : nullptr;
}

u64 Heap::new_root_id() { return error() == 0 ? __atomic_add_fetch(&top_->root_ids, 1, __ATOMIC_RELAXED) : 0; }

// --- the index of kernel objects ----------------------------------------------------------------------------------

u32 Heap::bucket_of(const Identity& id) const {
  const u64 mixed = (id.words[0] * 31 + id.words[1]) * 31 + id.words[2];
  return u32(mixed * 0x9e3779b97f4a7c15 >> 32) % kBuckets;
}

// Objects on their way out stand in their chain, too: it is followed by places alone.
HeapObject* Heap::in_chain(u32 link) const {
  const u64 place = base_ + u64(link) * 64;
  return place >= reinterpret_cast<u64>(pools_[0].elems) && place < base_ + size_ ? reinterpret_cast<HeapObject*>(place)
                                                                                  : nullptr;
}

HeapObject* Heap::find_named(HeapKind kind, const Identity& id, HeapObject* fresh) {
  static_assert(sizeof(id) == kIdentityWords * sizeof(u32));
  if (error() != 0) return nullptr;
  HeapObject* found = nullptr;
  if (!lock(top_->index, kStripes)) return nullptr;
  u32& head = top_->buckets[bucket_of(id)];
  u32 hops = 0;
  for (HeapObject* o = in_chain(load_acquire(head)); o && !found && hops < kMaxHops; o = in_chain(o->next), ++hops)
    if (o->kind == kind && std::memcmp(o->words, &id, sizeof(id)) == 0 && acquire(*o)) found = o;
  if (!found && fresh) {
    std::memcpy(fresh->words, &id, sizeof(id));
    store_relaxed(fresh->next, load_relaxed(head));
    store_release(head, link_of(*fresh));
    found = fresh;
  }
  map::unlock_stripe(top_->index);
  return found;
}

void Heap::remove_named(HeapObject& object) {
  Identity id;
  std::memcpy(&id, object.words, sizeof(id));
  if (!lock(top_->index, kStripes)) return;
  const u32 link = link_of(object);
  u32* at = &top_->buckets[bucket_of(id)];
  HeapObject* o = in_chain(*at);
  for (u32 hops = 0; o && hops < kMaxHops; ++hops, at = &o->next, o = in_chain(*at)) {
    if (*at != link) continue;
    store_release(*at, object.next);
    break;
  }
  map::unlock_stripe(top_->index);
}

// --- what threads hold --------------------------------------------------------------------------------------------

HeapSlot* Heap::my_slot() {
  if (error() != 0) return nullptr;
  ThreadSlot& known = thread_slot();
  const map::ThreadName me = map::calling_thread();
  const auto is_mine = [&](const HeapSlot& s) {
    return load_relaxed(s.tid) == me.tid && load_relaxed(s.start) == me.start && load_relaxed(s.pid_ns) == me.pid_ns;
  };
  if (known.heap == top_ && (!known.slot || is_mine(*known.slot))) return known.slot;
  for (u32 i = 0; i < 2 * kSlots; ++i) {
    if (i == kSlots) sweep();
    HeapSlot& slot = top_->slots[(me.tid + i) % kSlots];
    u32 nobody = 0;
    if (!is_mine(slot)) {
      if (!__atomic_compare_exchange_n(&slot.tid, &nobody, me.tid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
      store_relaxed(slot.pid_ns, me.pid_ns);
      store_release(slot.start, me.start);
    }
    known = {top_, &slot};
    return &slot;
  }
  known = {top_, nullptr};
  return nullptr;
}

// Whoever sweeps a slot makes it its own first, for it may be killed, too.
void Heap::sweep_slot(HeapSlot& slot) {
  const map::ThreadName me = map::calling_thread();
  u32 tid = load_acquire(slot.tid);
  const u64 start = load_relaxed(slot.start), pid_ns = load_relaxed(slot.pid_ns);
  if (tid == 0 || tid == me.tid || (pid_ns != 0 && pid_ns != me.pid_ns)) return;
  const map::ThreadState state = map::look_at_thread(tid);
  if (state.start != 0 && !state.exited && (start == 0 || start == state.start)) return;
  if (!__atomic_compare_exchange_n(&slot.tid, &tid, me.tid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return;
  store_relaxed(slot.pid_ns, me.pid_ns);
  store_release(slot.start, me.start);
  for (u64& held : slot.held) {
    const u64 pointer = __atomic_exchange_n(&held, 0, __ATOMIC_ACQ_REL);
    if (HeapObject* const object = pointer ? find(pointer) : nullptr) release(*object);
  }
  store_relaxed(slot.start, u64(0));
  store_release(slot.tid, u32(0));
}

void Heap::sweep() {
  if (error() != 0) return;
  for (HeapSlot& slot : top_->slots) sweep_slot(slot);
}

Heap::Totals Heap::count() {
  Totals totals;
  if (error() != 0) return totals;
  for (const map::Pool& pool : pools_) {
    for (u32 i = 0; i < pool.n_elems; ++i) {
      if (!map::is_claimed(pool, i)) continue;
      const HeapObject* const object = find(reinterpret_cast<u64>(pool.at(i)) + sizeof(HeapObject));
      totals.objects += object != nullptr;
      totals.references += object ? load_relaxed(object->refs) : 0;
    }
  }
  return totals;
}

}  // namespace skep::engine
