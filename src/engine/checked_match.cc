// See checked_match.h.
#include "engine/checked_match.h"

#include <fmt/format.h>

#include <cstring>

#include "verifier/print_state.h"

namespace skep::engine {
namespace {

using verifier::RegState;

bool contains(const domain::Scalar& s, u64 v) {
  return s.var_off.contains(v) && v >= s.umin && v <= s.umax && s64(v) >= s.smin && s64(v) <= s.smax &&
         u32(v) >= s.u32_min && u32(v) <= s.u32_max && s32(v) >= s.s32_min && s32(v) <= s.s32_max;
}

// The pointer lies where the state has it, if the object begins at `base`.
bool at_offset(const RegState& reg, u64 value, u64 base) { return contains(reg.var, value - base - u64(s64(reg.off))); }

bool same_map(const map::MapMeta* a, const map::MapMeta* b) {
  if (a == b) return true;
  // The template of inner maps stands for all of them.
  return a && b && a->map_type == b->map_type && a->key_size == b->key_size && a->value_size == b->value_size;
}

bool holds_maps(const map::MapMeta* map) {
  return map && (map->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->map_type == BPF_MAP_TYPE_HASH_OF_MAPS);
}

bool is_map(const MachineView& machine, const RegState& reg, u64 value, const Object& object) {
  if (object.kind == ObjectKind::MapPtr) return object.base == value;
  for (const auto& map : machine.code.maps)
    if (map->pointer() == value) return same_map(&map->map().meta(), reg.map.ptr);
  return false;
}

// What was compared with the end of the packet is there.
bool packet_fits(const RegState& reg, u64 value, const Object& object) {
  if (object.kind != (reg.base() == PTR_TO_PACKET ? ObjectKind::Packet : ObjectKind::Meta)) return false;
  if (!at_offset(reg, value, object.base)) return false;
  return reg.pkt.range <= 0 || value - u64(s64(reg.off)) + u64(reg.pkt.range) <= object.base + object.size;
}

bool may_be_zero(const RegState& reg) {
  switch (reg.base()) {
    case PTR_TO_BTF_ID: return !(reg.type & PTR_TRUSTED) && !reg.ref_obj_id;
    case PTR_TO_MEM: return reg.type & PTR_UNTRUSTED;
    case PTR_TO_CTX:  // programs of type syscall need not be given one
    case PTR_TO_ARENA: return true;
    default: return false;
  }
}

bool pointer_fits(const MachineView& machine, const RegState& reg, u64 value, const Object& object) {
  if (value == 0) return reg.may_be_null() || may_be_zero(reg) || object.kind == ObjectKind::Foreign;
  if (object.kind == ObjectKind::Result) return true;
  switch (reg.base()) {
    case PTR_TO_STACK:
      return object.kind == ObjectKind::Stack && object.base == machine.frame_end[reg.frameno] &&
             at_offset(reg, value, object.base);
    case PTR_TO_CTX: return object.kind == ObjectKind::Ctx && at_offset(reg, value, object.base);
    case PTR_TO_MAP_VALUE:
      // What a look-up in a map of maps gives is called so until it was compared with NULL.
      if (holds_maps(reg.map.ptr)) return object.kind == ObjectKind::MapPtr;
      return object.kind == ObjectKind::MapValue && same_map(object.map, reg.map.ptr) &&
             at_offset(reg, value, object.base);
    case PTR_TO_MAP_KEY:
      return object.kind == ObjectKind::MapKey && same_map(object.map, reg.map.ptr) &&
             at_offset(reg, value, object.base);
    case CONST_PTR_TO_MAP: return is_map(machine, reg, value, object);
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META: return packet_fits(reg, value, object);
    case PTR_TO_PACKET_END: return object.kind == ObjectKind::PacketEnd;
    case PTR_TO_MEM:
      if (reg.type & PTR_UNTRUSTED) return true;  // an address: what it came from does not matter
      return object.kind == ObjectKind::Mem && object.size >= reg.mem.size && at_offset(reg, value, object.base);
    case PTR_TO_FUNC:
      return reg.func.subprog < machine.code.n_subprogs() &&
             value == reinterpret_cast<u64>(&machine.code.functions[reg.func.subprog]);
    default: return true;
  }
}

bool reg_fits(const MachineView& machine, const RegState& reg, u64 value, u32 object) {
  if (reg.is_scalar()) return contains(reg.var, value);
  if (reg.type == NOT_INIT) return true;
  return pointer_fits(machine, reg, value, machine.objects[object]);
}

u64 load_u64(u64 address) {
  u64 value;
  std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof(value));
  return value;
}

u64 slot_address(const MachineView& machine, const HeldSlot& slot) {
  return machine.frame_end[slot.frame] + u64(s64(slot.off));
}

// The low `size` bytes.
u64 cut(u64 value, u8 size) { return size == 8 ? value : value & ((u64{1} << (8 * size)) - 1); }

bool slot_fits(const MachineView& machine, const HeldSlot& slot) {
  const u64 at = slot_address(machine, slot), value = load_u64(at);
  for (int i = 0; i < 8; ++i)
    if ((slot.zero_mask >> i & 1) && (value >> (8 * i) & 0xff)) return false;
  return !slot.size || reg_fits(machine, slot.reg, cut(value, slot.size), machine.shadow.object_of(at, value));
}

// Values that the state links to one another: equal, or apart by constants.
class Links {
 public:
  bool fits(const RegState& reg, u64 value) {
    if (!reg.id || !reg.is_scalar()) return true;
    const bool low_only = reg.id & verifier::BPF_ADD_CONST32;
    const u64 base = reg.id & verifier::BPF_ADD_CONST ? value - u64(s64(reg.off)) : value;
    for (int i = 0; i < n_; ++i) {
      if (seen_[i].id != reg.base_id()) continue;
      if (u32(seen_[i].base) != u32(base)) return false;
      if (!low_only && !seen_[i].low_only && seen_[i].base != base) return false;
    }
    if (n_ < kMost) seen_[n_++] = {reg.base_id(), low_only, base};
    return true;
  }

 private:
  static constexpr int kMost = 24;
  struct Seen {
    u32 id;
    bool low_only;
    u64 base;
  };
  Seen seen_[kMost];
  int n_ = 0;
};

Object what_it_is(const RegState& reg, u64 value) {
  const u64 base = value - u64(s64(reg.off));
  switch (reg.base()) {
    case PTR_TO_MAP_VALUE: return {ObjectKind::MapValue, base, reg.map.ptr->value_size, reg.map.ptr};
    case PTR_TO_MAP_KEY: return {ObjectKind::MapKey, base, reg.map.ptr->key_size, reg.map.ptr};
    case CONST_PTR_TO_MAP: return {ObjectKind::MapPtr, value, 0, reg.map.ptr};
    case PTR_TO_MEM: return {ObjectKind::Mem, base, reg.mem.size, nullptr};
    default: return {ObjectKind::Foreign, 0, 0, nullptr};
  }
}

}  // namespace

void StackShadow::start(const u8* stack, const u8* end) {
  base_ = reinterpret_cast<u64>(stack) & ~u64{7};
  const size_t slots = size_t(reinterpret_cast<u64>(end) - base_) / 8;
  if (entries_.size() != slots || ++generation_ == 0) {
    entries_.assign(slots, {});
    generation_ = 1;
  }
}

int first_mismatch(const HeldState& state, const MachineView& machine) {
  Links links;
  int part = 0;
  for (const HeldReg& held : state.regs) {
    const u64 value = machine.regs[held.regno];
    if (!reg_fits(machine, held.reg, value, machine.objects_of[held.regno]) || !links.fits(held.reg, value))
      return part;
    ++part;
  }
  for (const HeldSlot& slot : state.slots) {
    if (!slot_fits(machine, slot)) return part;
    if (slot.size && !links.fits(slot.reg, cut(load_u64(slot_address(machine, slot)), slot.size))) return part;
    ++part;
  }
  return -1;
}

std::string describe_mismatch(const HeldState& state, const MachineView& machine, int part) {
  const auto text = [&](const RegState& reg, u64 value, u32 object) {
    const char* const link =
        reg.id && reg_fits(machine, reg, value, object) ? ", equal to another register or slot" : "";
    return verifier::reg_str(reg, reg.frameno) + link;
  };
  if (size_t(part) < state.regs.size()) {
    const HeldReg& held = state.regs[size_t(part)];
    const u64 value = machine.regs[held.regno];
    return fmt::format("r{} = {:#x}, where the verifier has {}", held.regno, value,
                       text(held.reg, value, machine.objects_of[held.regno]));
  }
  const HeldSlot& slot = state.slots[size_t(part) - state.regs.size()];
  const u64 at = slot_address(machine, slot), value = load_u64(at);
  if (!slot.size)
    return fmt::format("fp{} of frame {} = {:#x}, where the verifier has zero bytes", slot.off, slot.frame, value);
  return fmt::format("fp{} of frame {} = {:#x}, where the verifier has {}", slot.off, slot.frame, cut(value, slot.size),
                     text(slot.reg, cut(value, slot.size), machine.shadow.object_of(at, value)));
}

void adopt(const HeldState& state, const MachineView& machine) {
  for (const HeldReg& held : state.regs) {
    const ObjectKind kind = machine.objects[machine.objects_of[held.regno]].kind;
    if (kind != ObjectKind::Result && kind != ObjectKind::None) continue;
    const bool pointer = !held.reg.is_scalar() && held.reg.type != NOT_INIT && machine.regs[held.regno] != 0;
    machine.objects_of[held.regno] = pointer ? machine.objects.add(what_it_is(held.reg, machine.regs[held.regno])) : 0;
  }
}

}  // namespace skep::engine
