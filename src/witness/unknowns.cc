// Machine: what comes from outside, as unknowns with what is true of them in every run.
#include "verifier/explain/names.h"
#include "witness/machine.h"

namespace skep::witness {

namespace {

constexpr u64 kFirstObject = u64{1} << 44, kObjectStride = u64{1} << 34;
constexpr u64 kMaxPacket = 0xffff;

// Most frames that reach such programs are Ethernet's, header included.
u64 least_packet(u32 prog_type) {
  constexpr u64 kEthernetHeader = 14;
  switch (prog_type) {
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT: return kEthernetHeader;
    default: return 0;
  }
}

// Bytes behind the pointer that may be used; 0: not modelled as bytes.
u64 size_behind(const verifier::RegState& reg) {
  switch (reg.base()) {
    case PTR_TO_MAP_VALUE: return reg.map.ptr->value_size;
    case PTR_TO_MAP_KEY: return reg.map.ptr->key_size;
    case PTR_TO_MEM: return reg.mem.size;
    default: return 0;
  }
}

}  // namespace

int Machine::add_object(Object object, u64 size) {
  object.base = kFirstObject + scene_.objects.size() * kObjectStride;
  object.low = number(object.base);
  object.high = number(object.base + size);
  object.contents = object.first_contents = solver_.fresh_memory();
  if (object.opaque) {
    object.low = number(object.base - kObjectStride / 4);
    object.high = number(object.base + kObjectStride / 4);
  }
  scene_.objects.push_back(std::move(object));
  return int(scene_.objects.size()) - 1;
}

int Machine::packet() {
  if (packet_ != kNumber) return packet_;
  const Term length = solver_.fresh(64);
  solver_.require(solver_.compare(Relation::Le, length, number(kMaxPacket)));
  preferred_.push_back(solver_.compare(Relation::Ge, length, number(least_packet(env_.prog_type()))));
  Object object;
  object.kind = Object::Kind::Packet;
  object.words = "the packet";
  packet_ = add_object(std::move(object), 0);
  Object& made = scene_.objects.back();
  made.high = solver_.compute(Op::Add, number(made.base), length);
  scene_.inputs.push_back({Input::Kind::PacketLength, "packet", length, 64, -1});
  return packet_;
}

int Machine::context() {
  if (context_ != kNumber) return context_;
  Object object;
  object.kind = Object::Kind::Context;
  object.words = "the context";
  object.opaque = true;
  return context_ = add_object(std::move(object), 0);
}

void Machine::limit(Term term, const domain::Scalar& known) {
  const auto want = [&](bool limits, Relation relation, Term a, u64 bound) {
    if (limits) solver_.require(solver_.compare(relation, a, number(bound, a.bits)));
  };
  want(known.umin != 0, Relation::Ge, term, known.umin);
  want(known.umax != ~u64{0}, Relation::Le, term, known.umax);
  want(known.smin != INT64_MIN && known.smin < 0, Relation::Sge, term, u64(known.smin));
  want(known.smax != INT64_MAX, Relation::Sle, term, u64(known.smax));
  const Term low = solver_.extract(term, 0, 32);
  want(known.u32_min != 0, Relation::Ge, low, known.u32_min);
  want(known.u32_max != ~u32{0}, Relation::Le, low, known.u32_max);
  want(known.s32_min != INT32_MIN && known.s32_min < 0, Relation::Sge, low, u32(known.s32_min));
  want(known.s32_max != INT32_MAX, Relation::Sle, low, u32(known.s32_max));
  if (known.var_off.mask == ~u64{0}) return;
  const Term fixed = solver_.compute(Op::And, term, number(~known.var_off.mask));
  want(true, Relation::Eq, fixed, known.var_off.value);
}

Value Machine::unknown_number(const verifier::RegState& reg, std::string name, int step) {
  if (reg.var.is_const()) return {number(reg.const_value()), kNumber, true, false};
  const Term short_term = solver_.fresh(u8(std::bit_width(reg.var.umax)));
  const Term term = solver_.extend(short_term, 64, false);
  limit(term, reg.var);
  scene_.inputs.push_back({Input::Kind::Number, std::move(name), short_term, short_term.bits, step});
  return {term, kNumber, true, false};
}

std::optional<Value> Machine::packet_pointer(const verifier::RegState& reg) {
  const int object = packet();
  const u64 base = this->object(object).base;
  if (reg.base() == PTR_TO_PACKET_END) return Value{this->object(object).high, object, true, false};
  if (!reg.var.is_const()) return std::nullopt;
  const u64 off = u64(s64(reg.off)) + reg.const_value();
  if (reg.base() == PTR_TO_PACKET) return Value{number(base + off), object, true, false};
  if (metadata_ == kNumber) {
    constexpr u64 kMaxMetadata = 252, kGranule = 4;
    const Term length = solver_.fresh(64);
    solver_.require(solver_.compare(Relation::Le, length, number(kMaxMetadata)));
    solver_.require(solver_.compare(Relation::Eq, solver_.compute(Op::Mod, length, number(kGranule)), number(0)));
    scene_.inputs.push_back({Input::Kind::Number, "bytes of metadata before the packet", length, 32, -1});
    Object metadata;
    metadata.kind = Object::Kind::Metadata;
    metadata.words = "the packet's metadata";
    metadata_ = add_object(std::move(metadata), 0);
    Object& made = scene_.objects.back();
    made.base = base;
    made.high = number(base);
    made.low = solver_.compute(Op::Sub, made.high, length);
  }
  return Value{solver_.compute(Op::Add, this->object(metadata_).low, number(off)), metadata_, true, false};
}

std::optional<Value> Machine::unknown_pointer(const verifier::RegState& reg, const std::string& name, int step) {
  int id = kNumber;
  if (reg.base() == PTR_TO_STACK) {
    if (reg.frameno >= frames_.size()) return std::nullopt;
    id = stack_of(reg.frameno);
  } else if (reg.base() == PTR_TO_CTX) {
    id = context();
  } else {
    Object object;
    const u64 size = size_behind(reg);
    object.kind = reg.base() == PTR_TO_MAP_VALUE ? Object::Kind::MapValue
                  : size                         ? Object::Kind::Block
                                                 : Object::Kind::Opaque;
    object.opaque = size == 0;
    object.words = verifier::object_words(reg);
    id = add_object(std::move(object), size);
  }
  Value value{number(object(id).base + u64(s64(reg.off))), id, true, false};
  if (reg.var.is_const())
    value.bits.value += reg.const_value();
  else
    value.bits = solver_.compute(Op::Add, value.bits, unknown_number(reg, "offset of " + name, step).bits);
  if (!reg.may_be_null()) return value;
  const Term is_null = solver_.fresh(64);
  solver_.require(solver_.compare(Relation::Le, is_null, number(1)));
  scene_.inputs.push_back({Input::Kind::Null, name, is_null, 1, step});
  value.bits = solver_.choose(solver_.compare(Relation::Eq, is_null, number(1)), number(0), value.bits);
  return value;
}

std::optional<Value> Machine::unknown(const verifier::RegState& reg, std::string name, int step) {
  switch (reg.base()) {
    case NOT_INIT: return Value();
    case SCALAR_VALUE: return unknown_number(reg, std::move(name), step);
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET_END: return packet_pointer(reg);
    default: return unknown_pointer(reg, name, step);
  }
}

// False: it cannot be told.
bool Machine::supply_reg(int step, u32 frame, int regno, std::optional<Value> value) {
  if (!value) return fail("a pointer on the path is not modelled");
  frames_[frame].regs[regno] = *value;
  Supply supply{Supply::What::Register, step, frame, regno};
  supply.value = *value;
  scene_.supplies.push_back(supply);
  return true;
}

}  // namespace skep::witness
