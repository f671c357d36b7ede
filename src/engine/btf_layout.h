// Where the fields of a kernel struct lie, by name, as the target's BTF has it.
#pragma once

#include <optional>
#include <string_view>

#include "btf/btf.h"

namespace skep::engine {

struct FieldPlace {
  u32 offset = 0, size = 0;  // bytes; bit-fields are not found
  u32 type_id = 0;           // after modifiers
};

class Layout {
 public:
  Layout(const btf::Btf& types, std::string_view struct_name);
  Layout(const btf::Btf& types, u32 struct_id) : types_(types), id_(struct_id) {}

  bool exists() const { return id_ != 0; }
  u32 id() const { return id_; }
  u32 size() const;  // bytes; 0 if there is no such struct
  // "pid", "map.key_size": the path may leave out anonymous structs and unions. nullopt: no such field.
  std::optional<FieldPlace> find(std::string_view path) const;
  // Little-endian store of a field of at most 8 bytes. Nothing happens if there is no such field: kernels differ.
  void write(u8* image, std::string_view path, u64 value) const;
  // 0 if there is no such field.
  u64 read(const u8* image, std::string_view path) const;

 private:
  const btf::Btf& types_;
  u32 id_ = 0;
};

}  // namespace skep::engine
