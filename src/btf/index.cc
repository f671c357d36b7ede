// Looking up types by name and declaration tags by target: the index behind Btf::find, find_all_flavors and
// find_decl_tag.
#include "btf/index.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace skep::btf {
namespace {

u64 load_up_to_8(const char* p, size_t n) {
  u64 word = 0;
  for (size_t i = 0; i < n; i++) word |= u64(u8(p[i])) << (8 * i);
  return word;
}

// Eight bytes a step: this runs over every name of a kernel, so its speed is find()'s first answer.
u32 hash_key(std::string_view name, Kind kind) {
  constexpr u64 kMultiplier = 0x9e3779b97f4a7c15;
  const char* p = name.data();
  size_t n = name.size();
  u64 h = (u64(kind) << 32 | n) * kMultiplier;
  while (n >= 8) {
    u64 word;
    std::memcpy(&word, p, 8);
    h = (std::rotl(h, 25) ^ word) * kMultiplier;
    p += 8;
    n -= 8;
  }
  h = (std::rotl(h, 25) ^ load_up_to_8(p, n)) * kMultiplier;
  return u32(h >> 32);
}

std::string_view essential(std::string_view name) { return name.substr(0, essential_length(name)); }

}  // namespace

size_t essential_length(std::string_view name) {
  size_t n = name.size();
  size_t i = n >= 5 ? n - 4 : 0;
  while (i >= 1) {
    if (name[i] != '_') {
      i = i > 3 ? i - 3 : 0;  // no run of three reaches over this character
      continue;
    }
    if (name[i + 1] == '_' && name[i + 2] == '_' && name[i - 1] != '_' && name[i + 3] != '_') return i;
    i--;
  }
  return n;
}

void NameTable::build(const Btf& btf) {
  u32 first = btf.start_id(), count = btf.nr_types() - first;
  next.assign(count, 0);
  size_t named = 0;
  for (u32 i = 0; i < count; i++) named += btf.type_by_id(first + i)->name_off != 0;
  slots.assign(std::bit_ceil(named + named / 2 + 1), Slot{});
  size_t mask = slots.size() - 1;
  for (u32 i = count; i-- > 0;) {  // backwards, so that pushing to the front leaves ascending chains
    const Type* t = btf.type_by_id(first + i);
    std::string_view name = essential(btf.name_of(t));
    if (name.empty()) continue;
    u32 hash = hash_key(name, t->kind());
    size_t at = hash & mask;
    for (; slots[at].head; at = (at + 1) & mask) {
      if (slots[at].hash != hash) continue;
      const Type* other = btf.type_by_id(first + slots[at].head - 1);
      if (other->kind() == t->kind() && essential(btf.name_of(other)) == name) break;
    }
    next[i] = slots[at].head;
    slots[at] = {hash, i + 1};
  }
}

u32 NameTable::head(const Btf& btf, std::string_view name, Kind kind) const {
  u32 hash = hash_key(name, kind);
  size_t mask = slots.size() - 1;
  for (size_t at = hash & mask; slots[at].head; at = (at + 1) & mask) {
    if (slots[at].hash != hash) continue;
    const Type* t = btf.type_by_id(btf.start_id() + slots[at].head - 1);
    if (t->kind() == kind && essential(btf.name_of(t)) == name) return slots[at].head;
  }
  return 0;
}

const NameTable& Btf::Index::name_table(const Btf& btf) {
  std::call_once(names_once, [&] { names.build(btf); });
  return names;
}

std::span<const DeclTag> Btf::Index::tags_of(u32 target) {
  std::call_once(tags_once, [&] {
    auto by_target = [](DeclTag a, DeclTag b) { return a.target < b.target; };
    if (!std::is_sorted(tags.begin(), tags.end(), by_target)) std::stable_sort(tags.begin(), tags.end(), by_target);
  });
  auto begin = std::lower_bound(tags.begin(), tags.end(), target, [](DeclTag a, u32 b) { return a.target < b; });
  auto end = begin;
  while (end != tags.end() && end->target == target) ++end;
  return {begin, end};
}

u32 Btf::find(std::string_view name, Kind kind) const {
  if (name.empty()) return 0;
  if (u32 id = base_ ? base_->find(name, kind) : 0) return id;
  const NameTable& names = index_->name_table(*this);
  for (u32 i = names.head(*this, essential(name), kind); i; i = names.next[i - 1]) {
    if (name_of(start_id_ + i - 1) == name) return start_id_ + i - 1;
  }
  return 0;
}

std::vector<u32> Btf::find_all_flavors(std::string_view name, Kind kind) const {
  std::vector<u32> ids;
  if (name.empty()) return ids;
  if (base_) ids = base_->find_all_flavors(name, kind);
  const NameTable& names = index_->name_table(*this);
  // A name that itself has a flavor shares its chain with its siblings; one without takes the chain as it is.
  std::string_view key = essential(name);
  for (u32 i = names.head(*this, key, kind); i; i = names.next[i - 1]) {
    u32 id = start_id_ + i - 1;
    if (key.size() == name.size() || name_of(id) == name) ids.push_back(id);
  }
  return ids;
}

std::optional<std::string_view> Btf::find_decl_tag(u32 target, s32 component, std::string_view prefix, int nth) const {
  for (const Btf* btf = this; btf; btf = btf->base_) {
    for (DeclTag tag : btf->index_->tags_of(target)) {
      const Type* t = btf->type_by_id(tag.id);
      std::string_view text = btf->name_of(t);
      if (btf->decl_tag_component(t) != component || !text.starts_with(prefix)) continue;
      if (nth-- == 0) return text.substr(prefix.size());
    }
  }
  return std::nullopt;
}

bool Btf::has_decl_tag(u32 target, s32 component, std::string_view tag) const {
  for (int nth = 0;; nth++) {
    std::optional<std::string_view> rest = find_decl_tag(target, component, tag, nth);
    if (!rest) return false;
    if (rest->empty()) return true;
  }
}

}  // namespace skep::btf
