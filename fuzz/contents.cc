// See contents.h.
#include "fuzz/contents.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "sys/attr.h"

namespace skep::fuzz {
namespace {

constexpr u64 kKeys[] = {0, 1, 2, 3};     // that programs ask for
constexpr size_t kValueRoom = 64 * 1024;  // no value, of all CPUs together, is longer
constexpr size_t kFilledBytes = 512, kComparedBytes = 64;
constexpr size_t kPage = 4096, kRingBytes = 4096;

enum class Filling : u8 { Numbers, NumbersByKey, Zeros, Line };
struct MapRow {
  MapSlot slot;
  Filling filling;
  bool compared;
};
// Zeros: values that hold what only programs may make; writing zeros frees it.
constexpr MapRow kRows[] = {{kArray, Filling::Numbers, true},        {kHash, Filling::NumbersByKey, true},
                            {kPercpuArray, Filling::Numbers, false}, {kLruHash, Filling::NumbersByKey, true},
                            {kBigArray, Filling::Numbers, true},     {kInner, Filling::Numbers, true},
                            {kReadOnly, Filling::Numbers, false},    {kLpm, Filling::NumbersByKey, true},
                            {kQueue, Filling::Line, false},          {kStack, Filling::Line, false},
                            {kBloom, Filling::Line, false},          {kLocked, Filling::Zeros, false},
                            {kTimer, Filling::Zeros, false},         {kGraph, Filling::Zeros, false},
                            {kKptrs, Filling::Zeros, false},         {kResLocked, Filling::Zeros, false},
                            {kWork, Filling::Zeros, false}};

const MapRow* row_of(MapSlot slot) {
  const auto* const row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const auto& r) { return r.slot == slot; });
  return row == std::end(kRows) ? nullptr : row;
}

bool is_map_load(const isa::Insn& insn) {
  return insn.src == isa::BPF_PSEUDO_MAP_FD || insn.src == isa::BPF_PSEUDO_MAP_VALUE;
}

std::vector<MapSlot> used_maps(const Program& program) {
  bool used[kMapSlots] = {};
  for (size_t i = 0; i < program.insns.size(); i++) {
    const isa::Insn& insn = program.insns[i];
    if (!isa::is_ldimm64(insn)) continue;
    if (is_map_load(insn) && u32(insn.imm) < kMapSlots) used[insn.imm] = true;
    i++;
  }
  if (used[kArrayOfMaps] || used[kHashOfMaps]) used[kInner] = true;
  std::vector<MapSlot> slots;
  for (u8 slot = 0; slot < kMapSlots; slot++)
    if (used[slot]) slots.push_back(MapSlot(slot));
  return slots;
}

}  // namespace

u64 boundary_number(Rng& rng) {
  constexpr u64 kNumbers[] = {
      0,      1,          2,     4,          5,          7,          8,          9,          15,          16,   31,
      32,     39,         40,    41,         48,         100,        4095,       4096,       0x7f,        0x80, 0xff,
      0xffff, 0x7fffffff, ~0ull, 1ull << 63, ~0ull >> 1, 0x80000000, 0xffffffff, 1ull << 32, ~0ull << 32, ~7ull};
  if (rng.chance(70)) return rng.pick(kNumbers);
  return rng.chance(50) ? rng.next() : rng.next() >> rng.below(64);
}

Contents::~Contents() {
  for (const Ring& ring : rings_) munmap(ring.pages, 2 * kPage + kRingBytes);
}

u64& Contents::Ring::producer() { return *reinterpret_cast<u64*>(pages + kPage); }
u8* Contents::Ring::data() { return pages + 2 * kPage; }

// --- operations on maps ---------------------------------------------------------------------------------------------

long Contents::update(int fd, u64 key, const void* value) const {
  sys::MapElemAttr attr = {};
  attr.map_fd = u32(fd);
  attr.key = u64(&key);
  attr.value = u64(value);
  return side_.bpf(sys::BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

void Contents::empty_hash(int fd) {
  u8 key[16];
  sys::MapElemAttr next = {};
  next.map_fd = u32(fd);
  next.value = u64(key);
  while (side_.bpf(sys::BPF_MAP_GET_NEXT_KEY, &next, sizeof(next)) == 0) {
    sys::MapElemAttr attr = {};
    attr.map_fd = u32(fd);
    attr.key = u64(key);
    if (side_.bpf(sys::BPF_MAP_DELETE_ELEM, &attr, sizeof(attr)) != 0) return;
  }
}

void Contents::empty_queue(int fd) {
  sys::MapElemAttr attr = {};
  attr.map_fd = u32(fd);
  attr.value = u64(room_.data());
  while (side_.bpf(sys::BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, sizeof(attr)) == 0) {
  }
}

// --- filling --------------------------------------------------------------------------------------------------------

void Contents::fill_values(MapSlot slot, Rng& rng) {
  const Filling filling = row_of(slot)->filling;
  const bool hashed = filling == Filling::NumbersByKey;
  if (hashed) empty_hash(maps_[slot]);
  std::fill(room_.begin(), room_.begin() + kFilledBytes, u8{0});
  for (const u64 key : kKeys) {
    if (hashed && key == 2) continue;  // one that is not there
    for (size_t at = 0; filling != Filling::Zeros && at < kFilledBytes; at += 8) {
      const u64 value = boundary_number(rng);
      std::memcpy(room_.data() + at, &value, sizeof(value));
    }
    // An LPM key begins with the bits of its prefix.
    if (update(maps_[slot], slot == kLpm ? 64 | key << 32 : key, room_.data()) != 0 && !hashed) return;
  }
}

// Queues, and the filter that nothing leaves.
void Contents::fill_lines(MapSlot slot, Rng& rng) {
  if (slot != kBloom) empty_queue(maps_[slot]);
  for (u32 n = rng.below(4); n > 0; n--) {
    const u64 value[2] = {boundary_number(rng), boundary_number(rng)};
    sys::MapElemAttr attr = {};
    attr.map_fd = u32(maps_[slot]);
    attr.value = u64(value);
    side_.bpf(sys::BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
  }
}

void Contents::fill_maps_of_maps() {
  const u32 inner = u32(maps_[kInner]);
  for (const MapSlot slot : {kArrayOfMaps, kHashOfMaps})
    if (std::find(used_.begin(), used_.end(), slot) != used_.end())
      for (const u64 key : {0, 1}) update(maps_[slot], key, &inner);
}

// Somewhere to go for tail calls: a program of the same kind, which returns at once.
void Contents::fill_programs(const Program& program) {
  const int fd = maps_[kProgArray];
  if (std::find(with_program_.begin(), with_program_.end(), fd) != with_program_.end()) return;
  with_program_.push_back(fd);
  Program target = program;
  target.insns = {{.code = isa::BPF_ALU64 | isa::BPF_MOV, .dst = 0, .imm = 1}, {.code = isa::BPF_JMP | isa::BPF_EXIT}};
  target.funcs = {{}};
  target.with_btf = false;
  const long loaded = side_.load(target);
  if (loaded < 0) return;
  const u32 value = u32(loaded);
  for (const u64 index : {0, 3}) update(fd, index, &value);
  close(int(loaded));
}

// --- rings ----------------------------------------------------------------------------------------------------------

Contents::Ring* Contents::ring(MapSlot slot) {
  for (Ring& ring : rings_)
    if (ring.slot == slot) return &ring;
  // The user's ring: its own page of positions is the producer's. Linux lets nobody map both for writing; here one may.
  void* const pages = mmap(nullptr, 2 * kPage + kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, maps_[slot], 0);
  if (pages == MAP_FAILED) return nullptr;
  rings_.push_back({slot, static_cast<u8*>(pages)});
  return &rings_.back();
}

void Contents::fill_user_ring(Rng& rng) {
  Ring* const ring = this->ring(kUserRing);
  if (!ring) return;
  u64 at = ring->consumer();
  for (u32 n = rng.below(3); n > 0; n--) {
    const u32 size = 16;  // a header of 8 bytes, and the sample
    const u64 header = size - 8, value = boundary_number(rng);
    std::memcpy(ring->data() + at % kRingBytes, &header, sizeof(header));
    std::memcpy(ring->data() + (at + 8) % kRingBytes, &value, sizeof(value));
    at += size;
  }
  __atomic_store_n(&ring->producer(), at, __ATOMIC_RELEASE);
}

// --- what runs see --------------------------------------------------------------------------------------------------

void Contents::start(const Program& program) {
  room_.resize(kValueRoom);
  Rng rng(0, 0);
  const auto take_out = [&] {
    for (const MapSlot slot : used_)
      if (const MapRow* row = row_of(slot); row && row->filling == Filling::Zeros) fill_values(slot, rng);
  };
  take_out();
  maps_ = side_.maps_of(program);
  used_ = used_maps(program);
  take_out();
  fill_maps_of_maps();
  if (std::find(used_.begin(), used_.end(), kProgArray) != used_.end()) fill_programs(program);
}

void Contents::fill(u64 seed) {
  for (const MapSlot slot : used_) {
    Rng rng(seed, slot);
    if (const MapRow* const row = row_of(slot)) {
      if (row->filling == Filling::Line) fill_lines(slot, rng);
      if (row->filling == Filling::Numbers || row->filling == Filling::NumbersByKey) fill_values(slot, rng);
    }
    if (slot == kUserRing) fill_user_ring(rng);
    if (slot != kRingbuf) continue;
    if (Ring* const ring = this->ring(slot)) ring->consumer() = ring->producer();
  }
}

std::vector<u8> Contents::read() {
  std::vector<u8> all;
  for (const MapSlot slot : used_) {
    const MapRow* const row = row_of(slot);
    if (!row || !row->compared) continue;
    for (const u64 key : kKeys) {
      std::fill(room_.begin(), room_.begin() + kComparedBytes, u8{0});
      const u64 in_map = slot == kLpm ? 64 | key << 32 : key;
      sys::MapElemAttr attr = {};
      attr.map_fd = u32(maps_[slot]);
      attr.key = u64(&in_map);
      attr.value = u64(room_.data());
      all.push_back(side_.bpf(sys::BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == 0);
      all.insert(all.end(), room_.begin(), room_.begin() + kComparedBytes);
    }
  }
  return all;
}

}  // namespace skep::fuzz
