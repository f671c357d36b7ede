// Changes for accesses that leave what they point into: limits for numbers and offsets, checks of the packet's end,
// alignment, memory of the stack that was never written (maker.h).
#include <algorithm>
#include <bit>

#include "verifier/whatif/maker.h"

namespace skep::verifier {

using isa::Insn;

namespace {

constexpr s64 kAnyRoom = 255;  // where the size of an object is not known

// Places in struct xdp_md and struct __sk_buff.
struct PacketFields {
  s32 data, data_end;
};
PacketFields packet_fields(u32 prog_type) {
  return prog_type == BPF_PROG_TYPE_XDP ? PacketFields{0, 4} : PacketFields{76, 80};
}

// A check in C; of a number that may be negative, from both sides.
std::string check_of_limit(std::string_view name, const RegState& reg, s64 limit, const std::string& result) {
  const std::string negative = reg.var.smin < 0 ? fmt::format("{} < 0 || ", name) : std::string();
  return fmt::format("if ({}{} > {}) return {};", negative, name, limit, result);
}

bool fits_16_bits(s64 value) { return value == s16(value); }

}  // namespace

std::vector<s64> Maker::room_behind(const RegState& pointer) const {
  switch (pointer.base()) {
    case PTR_TO_MAP_VALUE: return {s64(pointer.map.ptr->value_size) - pointer.off};
    case PTR_TO_MAP_KEY: return {s64(pointer.map.ptr->key_size) - pointer.off};
    case PTR_TO_MEM: return {s64(pointer.mem.size) - pointer.off};
    case PTR_TO_STACK: return {-s64(pointer.off) - s64(pointer.var.var_off.value)};
    case PTR_TO_PACKET: return {0xffff};
    default: return {kAnyRoom};
  }
}

// Bytes that the instruction accesses, from the register at fault on: [first, second).
std::optional<std::pair<s64, s64>> Maker::access_range() const {
  if (!in_walk() || f_.reg < 0) return std::nullopt;
  if (!isa::is_call(insn())) return std::pair<s64, s64>(insn().off, insn().off + isa::size_bytes(insn().code));
  if (f_.reg < 1 || f_.reg > 5) return std::nullopt;
  if (const auto size = number("size")) return std::pair<s64, s64>(0, *size);
  const RegState& map = f_.regs[1];
  if (map.base() == CONST_PTR_TO_MAP && f_.reg == 2) return std::pair<s64, s64>(0, map.map.ptr->key_size);
  if (map.base() == CONST_PTR_TO_MAP && f_.reg == 3) return std::pair<s64, s64>(0, map.map.ptr->value_size);
  const RegState& next = f_.regs[f_.reg + 1];
  if (f_.reg == 5 || !next.is_scalar() || next.var.umax > u64(kMaxStack)) return std::nullopt;
  return std::pair<s64, s64>(0, s64(next.var.umax));
}

s64 Maker::access_end() const {
  const auto range = access_range();
  return range ? range->second : 1;
}

// The number that was added to the pointer, where it was added.
void Maker::limit_offset() {
  if (f_.offset_insn < 0 || f_.reg < 0) return;
  for (const s64 room : room_behind(f_.regs[f_.reg])) {
    const s64 most = std::max<s64>(room - access_end(), 0);
    for (const s64 limit : {most, most / 2}) {
      if (limit != s32(limit)) continue;
      const s64 units = limit / s64(f_.offset_scale);
      guard(f_.offset_insn, {}, jump_if(isa::BPF_JLE, f_.offset_reg, s32(limit), 2),
            fmt::format("check that %index is at most {} before it is added to %name", units),
            in_c(check_of_limit("%index", f_.regs[f_.reg], units, harmless_in_c())));
      if (!limit) break;
    }
  }
}

// A number that is a size, an index, or what is added to a pointer, where it is used.
void Maker::limit_number() {
  if (f_.reg < 0 || !f_.regs[f_.reg].is_scalar() || !in_walk()) return;
  std::vector<s64> limits;
  if (is_call() && f_.reg >= 2) limits = room_behind(f_.regs[f_.reg - 1]);
  if (!is_call()) limits = room_behind(f_.regs[insn().dst]);
  limits.insert(limits.end(), {4095, 63, 7, 1});
  for (const s64 limit : limits) {
    if (limit <= 0 || limit != s32(limit)) continue;
    if (f_.regs[f_.reg].is_const_scalar())
      offer(fmt::format("use a number of at most {} for %name", limit), {}, f_.insn_idx,
            inserting(f_.insn_idx, {mov(f_.reg, s32(limit))}));
    guard(f_.insn_idx, {}, jump_if(isa::BPF_JLE, f_.reg, s32(limit), 2),
          fmt::format("check that %name is at most {} before this", limit),
          in_c(check_of_limit("%name", f_.regs[f_.reg], limit, harmless_in_c())));
    const Code not_zero = {jump_if(isa::BPF_JNE, f_.reg, 0, 2), mov(0, harmless_return()), leave()};
    guard(f_.insn_idx, not_zero, jump_if(isa::BPF_JLE, f_.reg, s32(limit), 2),
          fmt::format("check that %name is between 1 and {} before this", limit),
          in_c(fmt::format("if (%name < 1 || %name > {}) return {};", limit, harmless_in_c())));
    const s32 bits = s32(std::bit_floor(u32(limit) + 1)) - 1;
    offer(fmt::format("cut %name down to at most {0} before this: `%name &= {0}`", bits),
          in_c(fmt::format("%name &= {};", bits)), f_.insn_idx, inserting(f_.insn_idx, {mask(f_.reg, bits)}));
  }
}

// The size that is passed behind the pointer at fault.
void Maker::limit_size() {
  if (!is_call() || f_.reg < 1 || f_.reg > 4) return;
  const RegState &pointer = f_.regs[f_.reg], &size = f_.regs[f_.reg + 1];
  if (!size.is_scalar() || pointer.is_scalar() || pointer.type == NOT_INIT) return;
  for (const s64 room : room_behind(pointer)) {
    const s64 limit = room - (pointer.base() == PTR_TO_STACK ? 0 : s64(pointer.var.umax));
    if (limit <= 0 || limit != s32(limit)) continue;
    const std::string help = fmt::format("pass a size of at most {}, the bytes that there are behind %name", limit);
    if (size.is_const_scalar())
      offer(help, {}, f_.insn_idx, inserting(f_.insn_idx, {mov(f_.reg + 1, s32(limit))}));
    else
      guard(f_.insn_idx, {}, jump_if(isa::BPF_JLE, f_.reg + 1, s32(limit), 2), help, {});
  }
}

// What a fixed offset points into, in bytes from the object's beginning: [begin, end).
struct Maker::Extent {
  s64 begin, end;
  s64 first, size;  // what is accessed
};

std::optional<Maker::Extent> Maker::extent_of_access() const {
  const auto range = access_range();
  if (!range || f_.reg < 0 || !f_.regs[f_.reg].var.is_const()) return std::nullopt;
  const RegState& pointer = f_.regs[f_.reg];
  const s64 first = pointer.off + s64(pointer.var.var_off.value) + range->first, size = range->second - range->first;
  switch (pointer.base()) {
    case PTR_TO_STACK: return Extent{-kMaxStack, 0, first, size};
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_MEM: return Extent{0, room_behind(pointer).front() + pointer.off, first, size};
    default: return std::nullopt;
  }
}

// A fixed offset: to the nearest place where the access fits, or a narrower access.
void Maker::shift_offset() {
  const auto extent = extent_of_access();
  if (!extent) return;
  const s64 size = extent->size, room = extent->end - extent->begin;
  if (size > room && !is_call()) {
    Insn narrow = insn();
    const u8 code = room >= 4 ? isa::BPF_W : room >= 2 ? isa::BPF_H : isa::BPF_B;
    narrow.code = u8((insn().code & ~isa::BPF_DW) | code);
    offer(fmt::format("access {} bytes: the object has no more", room), {}, f_.insn_idx,
          replacing(f_.insn_idx, narrow));
    return;
  }
  const s64 last = std::max(extent->end - size, extent->begin), unit = std::max<s64>(size, 1);
  const s64 wanted = std::clamp(extent->first, extent->begin, last) / unit * unit;
  const s64 by = std::max(wanted, extent->begin) - extent->first;
  if (by == 0) return;
  move_access(by, fmt::format("use an offset inside the object: at most {} for {} byte{}, not {}", extent->end - size,
                              size, size == 1 ? "" : "s", extent->first));
}

// The access by so many bytes: in its offset, or, where that is too small, in a register of its own.
void Maker::move_access(s64 by, const std::string& help) {
  const int at = f_.insn_idx;
  if (is_call()) {
    if (by == s32(by)) offer(help, {}, at, inserting(at, {add(f_.reg, s32(by))}));
    return;
  }
  Insn moved = insn();
  if (fits_16_bits(insn().off + by)) {
    moved.off = s16(insn().off + by);
    offer(help, {}, at, replacing(at, moved));
  } else if (const int free = free_register(); free >= 0 && by == s32(by)) {
    (isa::insn_class(moved.code) == isa::BPF_LDX ? moved.src : moved.dst) = u8(free);
    const auto insert = inserting(at, {copy(free, f_.reg), add(free, s32(by))});
    offer(help, {}, at, [=](Edit& edit) { return replacing(at, moved)(edit) && insert(edit); });
  }
}

// A constant that is too large for any object.
void Maker::limit_constant() {
  if (!in_walk() || isa::insn_class(insn().code) != isa::BPF_ALU64) return;
  const std::string help = "add a number that stays inside the object";
  constexpr s32 kSmall = 7;
  if (isa::insn_is_x(insn().code)) {
    const int number = f_.regs[insn().src].is_scalar() ? insn().src : insn().dst;
    offer(help + fmt::format(", as with `%name &= {}`", kSmall), {}, f_.insn_idx,
          inserting(f_.insn_idx, {mask(number, kSmall)}));
    return;
  }
  Insn small = insn();
  small.imm = 0;
  offer(help, {}, f_.insn_idx, replacing(f_.insn_idx, small));
}

// To a multiple of its size, down or up.
void Maker::align_access() {
  const auto size = number("size"), reg_off = number("reg_off"), off = number("off");
  if (!size || *size <= 0 || !reg_off || !off || !in_walk()) return;
  const s64 rest = ((*reg_off + *off) % *size + *size) % *size;
  const std::string help =
      fmt::format("access it at a multiple of {0}: `__attribute__((aligned({0})))` on what it is in", *size);
  if (f_.offset_insn >= 0)
    offer(help, {}, f_.offset_insn, inserting(f_.offset_insn, {mask(f_.offset_reg, s32(-*size))}));
  for (const s64 by : {-rest, *size - rest}) {
    if (rest == 0) continue;
    if (is_call()) {
      if (f_.reg >= 1) offer(help, {}, f_.insn_idx, inserting(f_.insn_idx, {add(f_.reg, s32(by))}));
    } else if (fits_16_bits(insn().off + by)) {
      Insn moved = insn();
      moved.off = s16(insn().off + by);
      offer(help, {}, f_.insn_idx, replacing(f_.insn_idx, moved));
    }
  }
}

// What is accessed is compared with the end of the packet, or of the metadata before it: in a register, or loaded anew.
void Maker::packet_check() {
  if (f_.reg < 0 || !in_walk() || !f_.regs[f_.reg].is_pkt_pointer()) return;
  const bool meta = f_.regs[f_.reg].base() == PTR_TO_PACKET_META;
  int end = -1;
  for (int r = 0; r < isa::kFramePtr && !meta; ++r)
    if (f_.regs[r].base() == PTR_TO_PACKET_END) end = r;
  Code code;
  std::vector<Insertion> before;
  if (end < 0) {
    end = free_register({f_.reg});
    const PacketFields fields = packet_fields(program_.prog_type);
    if (end < 0 || !context_in(end, before, code)) return;
    code.push_back(load(end, end, meta ? fields.data : fields.data_end, isa::BPF_W));
  }
  const int free = free_register({f_.reg, end});
  if (free < 0) return;
  const s64 bytes = access_end();
  if (bytes != s32(bytes)) return;
  code.insert(code.end(), {copy(free, f_.reg), add(free, s32(bytes))});
  const char* limit = meta ? "the beginning of the packet" : "the end of the packet";
  guard(f_.insn_idx, code, jump_if_reg(isa::BPF_JLE, free, end, 2),
        fmt::format("compare %name + {} with {} before this", bytes, limit),
        in_c(fmt::format("if ((void *)(%name + 1) > {}) return {};", meta ? "data" : "data_end", harmless_in_c())),
        std::move(before));
}

void Maker::set_stack() {
  const auto off = number("off"), size = number("size");
  if (!off || !size || *off >= 0 || *off < -kMaxStack) return;
  const s64 first = *off / kSlotBytes * kSlotBytes - (*off % kSlotBytes ? kSlotBytes : 0);
  Code code;
  for (s64 at = first; at < *off + std::max<s64>(*size, 1) && at < 0; at += kSlotBytes)
    code.push_back(store_number(s32(at), 0));
  for (const int at : {in_walk() ? int(f_.subprog) : 0, 0})
    offer("initialise %name: `= {}` where it is declared", {diag::SourceEdit::Kind::Initialise, "%name"}, at,
          inserting(at, code));
}

}  // namespace skep::verifier
