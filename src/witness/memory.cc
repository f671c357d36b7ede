// Machine: loads and stores. An object's memory is what it held at the beginning and the stores since.
#include "verifier/explain/names.h"
#include "witness/machine.h"

namespace skep::witness {

namespace {

constexpr u8 kByte = 8;

bool overlap(u64 a, u32 a_bytes, u64 b, u32 b_bytes) { return a < b + b_bytes && b < a + a_bytes; }

}  // namespace

Term Machine::inside(int id, Term address, Term size) {
  const Object& o = object(id);
  const Term room = solver_.compute(Op::Sub, o.high, address);
  const Term begins =
      solver_.both(solver_.compare(Relation::Ge, address, o.low), solver_.compare(Relation::Le, address, o.high));
  return solver_.both(begins, solver_.compare(Relation::Ge, room, size));
}

Term Machine::written(int id, Term address) {
  Term any = truth(false);
  for (const Write& w : object(id).writes) {
    if (w.all) return truth(true);
    const Term behind = solver_.compute(Op::Sub, address, w.address);
    any = solver_.either(any, solver_.compare(Relation::Lt, behind, number(w.bytes)));
  }
  return any;
}

// The access happened, so it was a good one.
bool Machine::access(int i, int id, Term address, u32 bytes) {
  if (id == kNumber) return fail("the path uses a number as an address");
  condition(inside(id, address, number(bytes)), i, Condition::Why::Access);
  return true;
}

Term Machine::byte_of(const Value& value, Term offset) {
  const Term shift = solver_.compute(Op::Mul, offset, number(kByte));
  const Term wide = solver_.extend(value.bits, 64, false);
  if (offset.known) return solver_.extract(wide, u32(shift.value), kByte);
  return solver_.extract(solver_.compute(Op::Rsh, wide, shift), 0, kByte);
}

// Before any store.
Term Machine::byte_at_first(int id, Term address) {
  constexpr size_t kMaxChoices = 512;
  const Object& o = object(id);
  if (address.known && !o.bytes.empty()) {
    const u64 at = address.value - o.base;
    return number(at < o.bytes.size() ? o.bytes[at] : 0, kByte);
  }
  if (!o.bytes.empty() && o.bytes.size() <= kMaxChoices) {
    Term byte = number(0, kByte);
    for (size_t at = 0; at < o.bytes.size(); ++at)
      byte =
          solver_.choose(solver_.compare(Relation::Eq, address, number(o.base + at)), number(o.bytes[at], kByte), byte);
    return byte;
  }
  const Term byte = solver_.byte_at(o.contents, address);
  scene_.reads.push_back({id, o.contents, address, byte});
  return byte;
}

Term Machine::read_byte(int id, Term address) {
  const Object& o = object(id);
  // What it was in the beginning, or since all was forgotten last.
  size_t first = o.writes.size();
  while (first > 0 && !o.writes[first - 1].all) --first;
  // A store to just this place makes what was before it irrelevant.
  size_t from = o.writes.size();
  Term byte;
  bool covered = false;
  while (from > first && !covered) {
    const Write& w = o.writes[--from];
    covered = address.known && w.address.known && overlap(address.value, 1, w.address.value, w.bytes);
  }
  if (covered) {
    const Write& w = o.writes[from];
    byte = byte_of(w.value, number(address.value - w.address.value));
    ++from;
  } else {
    byte = byte_at_first(id, address);
    from = first;
  }
  for (size_t k = from; k < o.writes.size(); ++k) {
    const Write& w = o.writes[k];
    if (address.known && w.address.known) continue;  // would have covered it
    const Term behind = solver_.compute(Op::Sub, address, w.address);
    byte = solver_.choose(solver_.compare(Relation::Lt, behind, number(w.bytes)), byte_of(w.value, behind), byte);
  }
  return byte;
}

// What the newest store to exactly this place wrote, if nothing since may have touched it.
Value Machine::read_written(const Object& o, Term address, u32 bytes, bool& found) const {
  found = false;
  for (size_t k = o.writes.size(); k-- > 0;) {
    const Write& w = o.writes[k];
    if (w.all) break;
    if (w.bytes == bytes && solver_.same(w.address, address)) {
      found = true;
      return w.value;
    }
    if (!w.address.known || !address.known || overlap(w.address.value, w.bytes, address.value, bytes)) break;
  }
  return {};
}

// At most 8 bytes, zero-extended.
Value Machine::read(int id, Term address, u32 bytes) {
  bool found = false;
  Value value = read_written(object(id), address, bytes, found);
  if (found) {
    value.bits = solver_.extend(value.bits, 64, false);
    return value;
  }
  Term bits = read_byte(id, address);
  for (u32 b = 1; b < bytes; ++b)
    bits = solver_.concat(read_byte(id, solver_.compute(Op::Add, address, number(b))), bits);
  return {solver_.extend(bits, 64, false), kNumber, true, false};
}

void Machine::supply_memory(int i, int id, Term address, u32 bytes, const Value& value) {
  write(id, address, bytes, value);
  Supply memory{Supply::What::Memory, i};
  memory.object = id;
  memory.address = address;
  memory.bytes = bytes;
  memory.value = value;
  scene_.supplies.push_back(memory);
}

void Machine::forget_contents(int i, int id) {
  Object& o = scene_.objects[size_t(id)];
  o.contents = solver_.fresh_memory();
  o.bytes = {};
  o.writes.push_back({.all = true});
  Supply supply{Supply::What::Contents, i};
  supply.object = id;
  supply.memory = o.contents;
  scene_.supplies.push_back(supply);
}

bool Machine::load(int i, const isa::Insn& insn) {
  const Value pointer = reg_of(insn, true);
  const u32 bytes = u32(isa::size_bytes(insn.code));
  const Term address = solver_.compute(Op::Add, pointer.bits, number(u64(s64(insn.off))));
  if (!access(i, pointer.object, address, bytes)) return false;
  const u32 frame = u32(frames_.size()) - 1;
  const verifier::RegState& after = known_after(i, frame, insn.dst);
  const verifier::RegState& before = trace_.reg_before(frame, insn.src, i);
  const bool opaque = object(pointer.object).opaque;
  bool written = false;
  Value value = read_written(object(pointer.object), address, bytes, written);
  std::string name = verifier::memory_words(env_, before, insn.off);
  const std::string assigned = verifier::name_at_definition(verifier::place_of(env_, trace_.step(i).insn));
  if (!name.starts_with('`') && before.var.is_const()) name += fmt::format(" at offset {}", insn.off + before.off);
  if (!name.starts_with('`') && !assigned.empty()) name = fmt::format("`{}` (from {})", assigned, name);
  if (!written && (opaque || (!after.is_scalar() && after.type != NOT_INIT))) {
    if (!supply_reg(i, frame, insn.dst, unknown(after, name, i))) return false;
    if (!address.known && opaque) return true;
    value = reg_of(insn, false);
    supply_memory(i, pointer.object, address, bytes, bytes == 8 ? value : narrow(value, u8(bytes * kByte)));
    return true;
  }
  const size_t reads = scene_.reads.size();
  value = read(pointer.object, address, bytes);
  if (scene_.reads.size() > reads && object(pointer.object).kind != Object::Kind::Packet)
    scene_.fields.push_back({pointer.object, address, u8(bytes), name, i});
  if (isa::insn_mode(insn.code) == isa::BPF_MEMSX && bytes < 8) {
    value = narrow(value, u8(bytes * kByte));
    value.bits = solver_.extend(value.bits, 64, true);
  }
  reg_of(insn, false) = value;
  return true;
}

bool Machine::store(int i, const isa::Insn& insn) {
  const Value pointer = reg_of(insn, false);
  const u32 bytes = u32(isa::size_bytes(insn.code));
  const Term address = solver_.compute(Op::Add, pointer.bits, number(u64(s64(insn.off))));
  if (!access(i, pointer.object, address, bytes)) return false;
  const bool is_reg = isa::insn_class(insn.code) == isa::BPF_STX;
  const Value value = is_reg ? reg_of(insn, true) : Value{number(u64(s64(insn.imm))), kNumber, true, false};
  write(pointer.object, address, bytes, bytes == 8 ? value : narrow(value, u8(bytes * kByte)));
  return true;
}

bool Machine::atomic(int i, const isa::Insn& insn) {
  const u32 bytes = u32(isa::size_bytes(insn.code));
  const u8 bits = u8(bytes * kByte);
  const bool is_load = isa::is_atomic_load(insn);
  const Value pointer = reg_of(insn, is_load);
  const Term address = solver_.compute(Op::Add, pointer.bits, number(u64(s64(insn.off))));
  if (!access(i, pointer.object, address, bytes)) return false;
  if (object(pointer.object).opaque) return fail("an atomic operation on memory that is not modelled");
  Value old = read(pointer.object, address, bytes);
  if (is_load) {
    reg_of(insn, false) = old;
    return true;
  }
  const Value operand = reg_of(insn, true);
  const Value old_narrow = narrow(old, bits), with = narrow(operand, bits);
  if (isa::is_atomic_store(insn)) {
    write(pointer.object, address, bytes, with);
    return true;
  }
  Value made = with;
  if (insn.imm == isa::BPF_CMPXCHG) {
    Value& r0 = frames_.back().regs[0];
    made.bits = solver_.choose(solver_.compare(Relation::Eq, old_narrow.bits, narrow(r0, bits).bits), with.bits,
                               old_narrow.bits);
    r0 = old;
  } else if (insn.imm != isa::BPF_XCHG) {
    const s32 op = insn.imm & ~isa::BPF_FETCH;
    const Op what = op == isa::BPF_AND ? Op::And : op == isa::BPF_OR ? Op::Or : op == isa::BPF_XOR ? Op::Xor : Op::Add;
    made.bits = solver_.extract(
        solver_.compute(what, solver_.extend(old_narrow.bits, 64, false), solver_.extend(with.bits, 64, false)), 0,
        bits);
    made.object = kNumber;
  }
  if (insn.imm != isa::BPF_CMPXCHG && (insn.imm & isa::BPF_FETCH)) reg_of(insn, true) = old;
  write(pointer.object, address, bytes, made);
  return true;
}

// Numbers, maps and what else two slots of instruction hold; packets by offset.
bool Machine::load_imm(int i, const isa::Insn& insn) {
  const u32 frame = u32(frames_.size()) - 1;
  if (!isa::is_ldimm64(insn)) {  // the classic loads, which end the program where there is no such byte
    if (trace_.step(i + 1).frame != frame) return fail("a packet load that leaves the function");
    for (int r = 1; r <= 5; ++r) frames_.back().regs[r] = Value();
    return supply_reg(i, frame, 0, unknown(known_after(i, frame, 0), "what was loaded from the packet", i));
  }
  const verifier::RegState& after = known_after(i, frame, insn.dst);
  const u64 imm = isa::ldimm64_value(&insn);
  if (insn.src == 0) {
    reg_of(insn, false) = {number(imm), kNumber, true, false};
    return true;
  }
  if (after.base() != PTR_TO_MAP_VALUE) return supply_reg(i, frame, insn.dst, unknown(after, "an address", i));
  const map::MapMeta* map = after.map.ptr;
  auto [known, is_new] = direct_values_.try_emplace(map, kNumber);
  if (is_new) {
    Object object;
    object.kind = Object::Kind::MapValue;
    object.words = verifier::object_words(after);
    if (map->is_rdonly_const()) object.bytes = map->direct_value;
    known->second = add_object(std::move(object), map->value_size);
  }
  const u64 address = object(known->second).base + u64(s64(after.off)) + after.const_value();
  return supply_reg(i, frame, insn.dst, Value{number(address), known->second, true, false});
}

}  // namespace skep::witness
