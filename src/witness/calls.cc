// Machine: calls. What a helper or kfunc returns and writes is unknown, but for what follows from its arguments: which
// elements an array has, how often a loop goes round.
#include "verifier/call/kfunc.h"
#include "verifier/explain/names.h"
#include "witness/machine.h"

namespace skep::witness {

using target::ArgKind;

namespace {

constexpr u32 kUnboundedFill = 1 << 16;  // bytes; more is forgotten as a whole

bool writes(const target::Arg& arg) {
  const bool memory = arg.kind == ArgKind::Mem || arg.kind == ArgKind::MapValue;
  return memory && (arg.flags & (target::kArgWrite | target::kArgUninit)) && !(arg.flags & target::kArgRdonly);
}

bool is_size(ArgKind kind) {
  return kind == ArgKind::ConstSize || kind == ArgKind::ConstSizeOrZero || kind == ArgKind::ConstAllocSizeOrZero;
}

}  // namespace

bool Machine::call(int i, const isa::Insn& insn) {
  const u32 here = u32(frames_.size()) - 1, next = trace_.step(i + 1).frame;
  if (next == here + 1) {
    if (!isa::is_pseudo_call(insn)) return enter_callback(i, insn);
    const Frame caller = frames_.back();
    enter(i);
    for (int r = 1; r <= 5; ++r) {
      frames_.back().regs[r] = caller.regs[r];
      frames_[here].regs[r] = Value();
    }
    return true;
  }
  if (next != here) return fail("a tail call on the path");
  if (!isa::is_pseudo_call(insn)) finish_callbacks(i, insn);
  if (!give_result(i, insn)) return false;
  results_[i] = frames_.back().regs[0];
  for (int r = 1; r <= 5; ++r) frames_.back().regs[r] = Value();
  frames_.back().rounds = 0;
  frames_.back().returned.reset();
  return true;
}

// --- callbacks
// --------------------------------------------------------------------------------------------------------

bool Machine::enter_callback(int i, const isa::Insn& insn) {
  const Frame caller = frames_.back();
  const u32 frame = u32(frames_.size());
  if (caller.returned)  // it goes on while the callback returns 0
    condition(solver_.compare(Relation::Eq, caller.returned->bits, number(0)), i, Condition::Why::Call);
  const target::HelperProto* helper = isa::is_helper_call(insn) ? env_.target.helper(u32(insn.imm)) : nullptr;
  const target::CallbackKind kind = helper ? helper->callback : target::CallbackKind::None;
  const bool loop = kind == target::CallbackKind::Loop;
  if (loop)
    condition(solver_.compare(Relation::Gt, solver_.extract(caller.regs[1].bits, 0, 32), number(caller.rounds, 32)), i,
              Condition::Why::Call);
  generalised_ = true;  // to the verifier this is any round
  enter(i);
  for (int r = 1; r <= 5; ++r) {
    const verifier::RegState& given = known_after(i, frame, r);
    std::optional<Value> value;
    // The argument that is handed through to the callback.
    const int through = loop && r == 2                                                ? 3
                        : kind == target::CallbackKind::ForEachMapElem && r == 4      ? 3
                        : kind == target::CallbackKind::UserRingbufDrain && r == 2    ? 3
                        : kind == target::CallbackKind::FindVma && (r == 1 || r == 3) ? (r == 1 ? 1 : 4)
                                                                                      : 0;
    if (through)
      value = caller.regs[through];
    else if (loop && r == 1)
      value = Value{number(caller.rounds), kNumber, true, false};
    else
      value = unknown(given, fmt::format("argument {} of the callback", r), i);
    if (!supply_reg(i, frame, r, value)) return false;
  }
  return true;
}

// The loop is over: all rounds were made, or the callback said so.
void Machine::finish_callbacks(int i, const isa::Insn& insn) {
  const Frame& frame = frames_.back();
  const target::HelperProto* helper = isa::is_helper_call(insn) ? env_.target.helper(u32(insn.imm)) : nullptr;
  if (!helper || helper->callback != target::CallbackKind::Loop) return;
  const Term rounds = solver_.extract(frame.regs[1].bits, 0, 32);
  Term over = solver_.compare(Relation::Eq, rounds, number(frame.rounds, 32));
  if (frame.returned) {
    const Term stopped = solver_.compare(Relation::Ne, frame.returned->bits, number(0));
    over = solver_.either(stopped, over);
  } else {  // or it refused: too many rounds
    constexpr u32 kMaxLoops = 8 * 1024 * 1024;
    over = solver_.either(over, solver_.compare(Relation::Gt, rounds, number(kMaxLoops, 32)));
  }
  condition(over, i, Condition::Why::Call);
}

// --- results
// ----------------------------------------------------------------------------------------------------------

bool Machine::give_result(int i, const isa::Insn& insn) {
  const u32 frame = u32(frames_.size()) - 1;
  const verifier::RegState& after = known_after(i, frame, 0);
  const std::string callee = verifier::callee_name(env_, trace_.step(i).insn);
  const std::string assigned = verifier::name_at_definition(verifier::place_of(env_, trace_.step(i).insn));
  std::string name = callee.empty() ? "what a call returns" : fmt::format("what `{}()` returns", callee);
  if (!assigned.empty()) name = fmt::format("`{}` (from `{}()`)", assigned, callee.empty() ? "..." : callee);
  const size_t inputs = scene_.inputs.size();
  std::optional<Value> value;
  if (isa::is_pseudo_call(insn)) {
    effects_of_function(i, insn);
  } else if (isa::is_kfunc_call(insn)) {
    effects_of_kfunc(i, insn);
    if (env_.aux[size_t(trace_.step(i).insn)].is_iter_next) look_for_generalisation(i);
    value = iterate(i, callee);
  } else if (const target::HelperProto* helper = env_.target.helper(u32(insn.imm))) {
    effects_of_helper(i, *helper);
    if (helper->special == target::SpecialRule::MapLookup) value = look_up(i);
  }
  if (!value) value = unknown(after, std::move(name), i);
  if (isa::is_pseudo_call(insn))
    for (size_t k = inputs; k < scene_.inputs.size(); ++k) scene_.inputs[k].from_function = true;
  return supply_reg(i, frame, 0, value);
}

// Arrays have all their elements. The same key gives the same value, different ones different values.
std::optional<Value> Machine::look_up(int i) {
  const u32 frame = u32(frames_.size()) - 1;
  const verifier::RegState& known_map = trace_.reg_before(frame, 1, i);
  const Value key = frames_.back().regs[2];
  constexpr u32 kMaxKey = 64, kWord = 8;
  if (known_map.base() != CONST_PTR_TO_MAP || key.object == kNumber || object(key.object).opaque) return std::nullopt;
  const map::MapMeta* map = known_map.map.ptr;
  if (map->inner || map->key_size == 0 || map->key_size > kMaxKey) return std::nullopt;
  const verifier::RegState& after = known_after(i, frame, 0);
  if (after.base() != PTR_TO_MAP_VALUE) return std::nullopt;
  std::vector<Term> words;
  for (u32 at = 0; at < map->key_size; at += kWord) {
    const u32 bytes = std::min(kWord, map->key_size - at);
    words.push_back(read(key.object, solver_.compute(Op::Add, key.bits, number(at)), bytes).bits);
  }
  const bool is_array = env_.target.map_rules(map->map_type).known_key_elision && words.size() == 1;
  for (const LookUp& before : look_ups_) {
    if (before.map != map) continue;
    Term differ = truth(false);
    for (size_t w = 0; w < words.size(); ++w)
      differ = solver_.either(differ, solver_.compare(Relation::Ne, before.key[w], words[w]));
    bool same = true;
    for (size_t w = 0; w < words.size(); ++w) same &= solver_.same(before.key[w], words[w]);
    if (same) return before.value;
    may_alias_ |= !differ.known;
    solver_.require(differ);
  }
  Object object;
  object.kind = Object::Kind::MapValue;
  object.words = verifier::object_words(after);
  const int id = add_object(std::move(object), map->value_size);
  Value value{number(this->object(id).base), id, true, false};
  if (is_array) {
    const Term exists = solver_.compare(Relation::Lt, solver_.extract(words[0], 0, 32), number(map->max_entries, 32));
    value.bits = solver_.choose(exists, value.bits, number(0));
  } else {
    const Term is_null = solver_.fresh(64);
    solver_.require(solver_.compare(Relation::Le, is_null, number(1)));
    scene_.inputs.push_back({Input::Kind::Null, fmt::format("the look-up in map `{}`", map->name), is_null, 1, i});
    value.bits = solver_.choose(solver_.compare(Relation::Eq, is_null, number(1)), number(0), value.bits);
  }
  look_ups_.push_back({map, words, value});
  return value;
}

// Numeric iterators count from the first number to the one before the last.
std::optional<Value> Machine::iterate(int i, std::string_view kfunc) {
  const u32 frame = u32(frames_.size()) - 1;
  const Value& iterator = frames_.back().regs[1];
  if (!kfunc.starts_with("bpf_iter_num_") || !iterator.bits.known) return std::nullopt;
  const u64 place = iterator.bits.value;
  if (kfunc == "bpf_iter_num_new") {
    constexpr u32 kMaxLoops = 8 * 1024 * 1024;
    const Term begin = solver_.extract(frames_.back().regs[2].bits, 0, 32);
    const Term end = solver_.extract(frames_.back().regs[3].bits, 0, 32);
    const Term count = solver_.compute(Op::Sub, end, begin);
    const Term good = solver_.both(solver_.compare(Relation::Sle, begin, end),
                                   solver_.compare(Relation::Le, count, number(kMaxLoops, 32)));
    iterators_[place] = {begin, solver_.choose(good, end, begin)};
    return std::nullopt;
  }
  const auto found = iterators_.find(place);
  if (kfunc != "bpf_iter_num_next" || found == iterators_.end()) return std::nullopt;
  auto& [next, end] = found->second;
  generalised_ = true;  // to the verifier the number is that of any round
  const verifier::RegState& after = known_after(i, frame, 0);
  const Term more = solver_.compare(Relation::Slt, next, end);
  if (after.is_scalar()) {  // this path has reached the end
    condition(solver_.negate(more), i, Condition::Why::Call);
    return Value{number(0), kNumber, true, false};
  }
  condition(more, i, Condition::Why::Call);
  Object object;
  object.kind = Object::Kind::Block;
  object.words = "the iterator's number";
  constexpr u32 kInt = 4;
  const int id = add_object(std::move(object), kInt);
  const Term address = number(this->object(id).base);
  const Value held{solver_.extract(next, 0, 32), kNumber, true, false};
  supply_memory(i, id, address, kInt, held);
  next = solver_.compute(Op::Add, next, number(1, 32));
  return Value{address, id, true, false};
}

// --- what calls write
// -------------------------------------------------------------------------------------------------

// `size` bytes behind the pointer are anything now.
void Machine::fill(int i, const Value& pointer, Term size, u32 at_most) {
  if (pointer.object == kNumber || object(pointer.object).opaque) return;
  if (!size.known || size.value > kUnboundedFill) {
    if (object(pointer.object).kind != Object::Kind::Stack) {
      forget_contents(i, pointer.object);
      return;
    }
    size = number(std::min<u64>(at_most, verifier::kMaxStack));
  }
  constexpr u32 kWord = 8;
  for (u64 at = 0; at < size.value; at += kWord) {
    const u32 bytes = u32(std::min<u64>(kWord, size.value - at));
    const Term address = solver_.compute(Op::Add, pointer.bits, number(at));
    const Term made = solver_.fresh(u8(bytes * 8));
    supply_memory(i, pointer.object, address, bytes, {made, kNumber, true, false});
    const std::string callee = verifier::callee_name(env_, trace_.step(i).insn);
    scene_.inputs.push_back({Input::Kind::Number,
                             size.value <= kWord
                                 ? fmt::format("what `{}()` writes", callee)
                                 : fmt::format("bytes {} to {} of what `{}()` writes", at, at + bytes - 1, callee),
                             made, u8(bytes * 8), i});
  }
}

void Machine::effects_of_helper(int i, const target::HelperProto& helper) {
  const u32 frame = u32(frames_.size()) - 1;
  const verifier::RegState& first = trace_.reg_before(frame, 1, i);
  const map::MapMeta* map = first.base() == CONST_PTR_TO_MAP ? first.map.ptr : nullptr;
  for (int a = 0; a < helper.nr_args(); ++a) {
    const target::Arg& arg = helper.args[a];
    if (!writes(arg)) continue;
    const Value pointer = frames_.back().regs[a + 1];
    const bool sized = a + 1 < helper.nr_args() && is_size(helper.args[a + 1].kind);
    if (sized)
      fill(i, pointer, frames_.back().regs[a + 2].bits, u32(trace_.reg_before(frame, a + 2, i).var.umax));
    else if (arg.flags & target::kArgFixedSize)
      fill(i, pointer, number(arg.size), arg.size);
    else if (arg.kind == ArgKind::MapValue && map)
      fill(i, pointer, number(map->value_size), map->value_size);
  }
  if (helper.has(target::kWritesMap) && map) {
    forget_shared(i, map);
    std::erase_if(look_ups_, [map](const LookUp& l) { return l.map == map; });
  }
  if (helper.has(target::kChangesPkt)) change_packet();
}

void Machine::effects_of_kfunc(int i, const isa::Insn& insn) {
  const verifier::KfuncDesc* desc = env_.find_kfunc(u32(insn.imm), insn.off);
  if (!desc || !desc->info) return;
  const auto& params = desc->info->params;
  if (desc->name.find("dynptr") != std::string_view::npos) {
    forget_shared(i, nullptr);
    for (size_t o = 0; o < scene_.objects.size(); ++o)
      if (scene_.objects[o].kind == Object::Kind::Block) forget_contents(i, int(o));
  }
  for (size_t p = 0; p < params.size() && p < 5; ++p) {
    if (!params[p].is_ptr || desc->name.starts_with("bpf_iter_")) continue;
    const Value pointer = frames_.back().regs[p + 1];
    const u32 frame = u32(frames_.size()) - 1;
    const bool sized = p + 1 < params.size() &&
                       (params[p + 1].has(verifier::kParamSize) || params[p + 1].has(verifier::kParamConstSize));
    if (sized)
      fill(i, pointer, frames_.back().regs[p + 2].bits, u32(trace_.reg_before(frame, int(p) + 2, i).var.umax));
    else if (params[p].pointee && params[p].pointee_kind == verifier::Pointee::Other)
      fill(i, pointer, number(desc->types->resolve_size(params[p].pointee_id).value_or(0)), 0);
  }
}

// A global function may have changed all that it can reach.
void Machine::effects_of_function(int i, const isa::Insn& insn) {
  const int subprog = env_.find_subprog(u32(trace_.step(i).insn + insn.imm + 1));
  forget_shared(i, nullptr);
  if (subprog < 0) return;
  const verifier::SubprogInfo& info = env_.subprogs[size_t(subprog)];
  for (u32 a = 0; a < info.arg_cnt; ++a) {
    if (info.args[a].kind != verifier::FuncArg::Kind::Mem || (info.args[a].flags & MEM_RDONLY)) continue;
    fill(i, frames_.back().regs[a + 1], number(info.args[a].mem_size), 0);
  }
  if (info.changes_pkt_data) change_packet();
}

// Values of a map, or of all.
void Machine::forget_shared(int i, const map::MapMeta* of_map) {
  for (const LookUp& look_up : look_ups_)
    if (!of_map || look_up.map == of_map) forget_contents(i, look_up.value.object);
  for (const auto& [map, id] : direct_values_)
    if ((!of_map || map == of_map) && object(id).bytes.empty()) forget_contents(i, id);
}

// Another packet, which the context tells anew.
void Machine::change_packet() {
  packet_ = metadata_ = kNumber;
  if (context_ != kNumber) scene_.objects[size_t(context_)].writes.clear();
}

}  // namespace skep::witness
