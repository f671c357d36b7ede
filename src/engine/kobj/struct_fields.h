// Places of some fields of a kernel struct, looked up once. Kernels differ: what one has not is not written.
#pragma once

#include <array>
#include <cstring>

#include "engine/btf_layout.h"

namespace skep::engine {

template <size_t N>
class StructFields {
 public:
  StructFields(const btf::Btf* types, std::string_view name, const std::array<const char*, N>& paths) {
    if (!types) return;
    const Layout layout(*types, name);
    size_ = layout.size();
    for (size_t i = 0; i < N; ++i) places_[i] = layout.find(paths[i]).value_or(FieldPlace{});
  }

  u32 size() const { return size_; }
  const FieldPlace& place(size_t field) const { return places_[field]; }
  void put(u8* image, size_t field, u64 value) const {
    std::memcpy(image + places_[field].offset, &value, std::min<u32>(places_[field].size, sizeof(value)));
  }
  void put_text(u8* image, size_t field, std::string_view text) const {
    const FieldPlace& place = places_[field];
    if (place.size == 0) return;
    std::memset(image + place.offset, 0, place.size);
    std::memcpy(image + place.offset, text.data(), std::min<size_t>(text.size(), place.size - 1));
  }
  // Differs, as a rule, where the struct is another one.
  u64 fingerprint() const {
    u64 mixed = size_;
    for (const FieldPlace& place : places_)
      mixed = (mixed ^ (u64(place.offset) << 16 | place.size)) * 0x9e3779b97f4a7c15;
    return mixed;
  }

 private:
  u32 size_ = 0;
  std::array<FieldPlace, N> places_{};
};

}  // namespace skep::engine
