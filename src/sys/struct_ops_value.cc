// BPF_MAP_UPDATE_ELEM of a struct_ops map: the functions of its value, given by descriptors of programs, become the
// programs' ids.
#include "sys/struct_ops_value.h"

#include <cerrno>
#include <cstring>

namespace skep::sys {
namespace {

struct Value {
  const btf::Btf& vmlinux;
  u32 data_id = 0;  // the type of its "data"
  std::span<u8> data;
  std::vector<Object>& held;
};

bool is_function(const btf::Btf& vmlinux, const btf::Type* type) {
  const btf::Type* pointee = is_ptr(type) ? vmlinux.skip_modifiers(type->type()) : nullptr;
  return pointee != nullptr && pointee->kind() == btf::Kind::FuncProto;
}

bool all_zero(std::span<const u8> bytes) {
  for (u8 byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

// One function: a program made for just this member of this type. 0 stays 0.
int take_function(Kernel& kernel, const Value& value, u32 member, std::span<u8> slot) {
  u64 word;
  std::memcpy(&word, slot.data(), sizeof(word));
  if (word == 0) return 0;
  auto prog = kernel.prog(int(word));
  if (!prog.ok()) return -prog.error();
  const ProgHeader& header = (*prog)->image.header;
  if (header.prog_type != BPF_PROG_TYPE_STRUCT_OPS || header.attach_btf_id != value.data_id ||
      header.expected_attach_type != member)
    return -EINVAL;
  value.held.push_back({.map = nullptr, .prog = *prog, .btf = nullptr});
  word = header.id;
  std::memcpy(slot.data(), &word, sizeof(word));
  return 0;
}

// Numbers may have any value, and a name must have one; other data is for the kernel to fill in.
int check_data(const btf::Type* type, std::string_view name, std::span<const u8> bytes) {
  if (type->kind() == btf::Kind::Int || type->kind() == btf::Kind::Enum) return 0;
  const bool zero = all_zero(bytes);
  if (type->kind() == btf::Kind::Array && name == "name") return zero ? -EINVAL : 0;
  return zero ? 0 : -EINVAL;
}

int take_members(Kernel& kernel, const Value& value) {
  const btf::Type* data = value.vmlinux.skip_modifiers(value.data_id);
  const auto members = value.vmlinux.members(data);
  for (u32 i = 0; i < members.size(); ++i) {
    const btf::Type* type = value.vmlinux.skip_modifiers(members[i].type);
    const u32 offset = btf::Btf::member_bit_offset(data, members[i]) / 8;
    const auto size = value.vmlinux.resolve_size(members[i].type);
    if (!size || offset > value.data.size() || *size > value.data.size() - offset) return -EINVAL;
    const std::span<u8> bytes = value.data.subspan(offset, *size);
    const int err = is_function(value.vmlinux, type)
                        ? take_function(kernel, value, i, bytes)
                        : check_data(type, value.vmlinux.string_at(members[i].name_off), bytes);
    if (err != 0) return err;
  }
  return 0;
}

}  // namespace

int take_struct_ops_value(Kernel& kernel, const map::MapMeta& meta, std::span<u8> bytes, std::vector<Object>& held) {
  const auto vmlinux = kernel.vmlinux();
  const btf::Type* type = vmlinux ? vmlinux->type_by_id(meta.btf_vmlinux_value_type_id) : nullptr;
  if (type == nullptr) return -kErrnoNotSupp;
  const auto members = vmlinux->members(type);
  if (members.size() != 2) return -EINVAL;
  const u32 offset = btf::Btf::member_bit_offset(type, members[1]) / 8;
  if (offset > bytes.size() || !all_zero(bytes.first(offset))) return -EINVAL;
  return take_members(kernel, {*vmlinux, members[1].type, bytes.subspan(offset), held});
}

}  // namespace skep::sys
