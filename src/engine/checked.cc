// The checked interpreter: runs linked code one operation at a time, and before each compares the machine with what the
// verifier held there (checked_states.h); every access must lie in the object that its pointer belongs to. It exists to
// find mistakes of the verifier, so it shares nothing with it but those states.
#include <fmt/format.h>

#include <cstring>

#include "engine/alu.h"
#include "engine/arena.h"
#include "engine/atomic.h"
#include "engine/checked_match.h"
#include "engine/kobj/hand_out.h"
#include "engine/packet.h"
#include "engine/run.h"

namespace skep::engine {
namespace {

constexpr u32 kMaxFrames = 16;
// What registers hold that a call has clobbered.
constexpr u64 kPoison = 0xdead'dead'dead'dead;

// Where a function stands in the verifier's eyes.
struct Place {
  ChainId chain = kNoChain;
  u32 frame = 0;                             // the verifier's number of it
  u64 frame_end[verifier::kMaxFrames] = {};  // R10 of that frame and the ones outside it
};

struct Registers {
  u64 value[11] = {};
  u32 object[11] = {};
};

struct Frame {
  Registers outer;
  Place place;
  u32 back, loops;
};

// What is known in the midst of a run, over all nested calls.
struct Checker final : EngineState {
  ObjectTable objects;
  StackShadow shadow;
  Place place;        // of the function that is running
  Registers regs;     // as they were at the call that is under way
  u32 call_insn = 0;  // of that call
  bool in_tail_call = false;
};

Checker& checker_of(Run& run) {
  if (!run.engine_state) run.engine_state = std::make_unique<Checker>();
  return static_cast<Checker&>(*run.engine_state);
}

template <typename T>
T load(u64 address) {
  T value;
  std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof(value));
  return value;
}

template <typename T>
void store(u64 address, u64 value) {
  const T narrow = T(value);
  std::memcpy(reinterpret_cast<void*>(address), &narrow, sizeof(narrow));
}

template <typename T>
T probe(u64 address) {
  T value;
  return probe_read(&value, address, sizeof(value)) ? value : 0;
}

template <typename T>
void arena_store(u64 address, u64 value) {
  const T narrow = T(value);
  (void)map::guarded_copy(reinterpret_cast<void*>(address), &narrow, sizeof(narrow));
}

// One function under way, with the static functions it calls.
class Walk {
 public:
  Walk(const Code& code, Run& run, Checker& checker) : code_(code), run_(run), checker_(checker) {}

  u64 run(u32 subprog, const u64 (&args)[5]);

 private:
  // --- complaints: the run ends there
  [[noreturn, gnu::noinline]] void broken_state(const std::vector<HeldState>* states);
  [[noreturn, gnu::noinline]] void broken_access(u32 object, u64 address, u64 size);
  [[noreturn, gnu::noinline]] void broken(const char* what);

  u32 insn() const { return code_.insn_of_op[pc_]; }
  MachineView view() {
    return {code_, regs_.value, regs_.object, checker_.place.frame_end, checker_.objects, checker_.shadow};
  }
  u64& value(u8 reg) { return regs_.value[reg]; }
  u32& object(u8 reg) { return regs_.object[reg]; }
  void set(u8 reg, u64 number) { regs_.value[reg] = number, regs_.object[reg] = 0; }

  void check_state();
  void check_access(u32 object, u64 address, u64 size);
  bool is_inside(const Object& object, u64 address, u64 size) const;

  void begin(u32 subprog, const u64 (&args)[5]);
  bool begins_with_number(u8 r) const;
  void place_function(u32 subprog, int callsite, bool begins_walk);
  void take_stack(u32 subprog);
  void narrow_arguments();

  void enter(u32 subprog);
  bool leave();  // true: the outermost function is done
  void jump(s32 to);
  void call_body(const CallSite& site);
  void check_arguments(const CallSite& site);
  u32 result_object(const CallSite& site, const u64* args, u64 result);
  bool tail_call_went();
  void clobber();

  u32 loaded_object(u64 loaded);
  void move(const Op& op);
  void add_pointer(const Op& op, bool with_register);
  template <typename T>
  void load_memory(const Op& op);
  void load_head(const Op& op);
  template <typename T>
  void store_memory(const Op& op, u64 stored, u32 stored_object);
  template <typename T>
  void atomic(const Op& op);
  bool load_from_packet(const Op& op, u32 size);
  void step(const Op& op);

  const Code& code_;
  Run& run_;
  Checker& checker_;
  const ArenaView arena_ = ArenaView::of(code_);
  Registers regs_;
  Frame frames_[kMaxFrames];
  u32 pc_ = 0, depth_ = 0, loops_ = kMaxLoops;
  bool done_ = false;
};

// --- complaints -----------------------------------------------------------------------------------------------------

void Walk::broken_state(const std::vector<HeldState>* states) {
  if (!states || states->empty()) {
    run_.complaint = fmt::format("insn {}: the verifier never came here", insn());
  } else {
    // The state that agrees longest says most.
    int best = -1;
    const HeldState* nearest = nullptr;
    for (const HeldState& state : *states)
      if (const int part = first_mismatch(state, view()); part > best) best = part, nearest = &state;
    run_.complaint = fmt::format("insn {}: {}", insn(), describe_mismatch(*nearest, view(), best));
    if (states->size() > 1) run_.complaint += fmt::format(" (the nearest of {} states)", states->size());
  }
  stop_run(run_, Stop::Broken);
}

void Walk::broken_access(u32 number, u64 address, u64 size) {
  static constexpr const char* kNames[] = {"no object",        "the stack", "the context",     "a map's value",
                                           "a map's key",      "a map",     "the packet",      "the packet's metadata",
                                           "the packet's end", "memory",    "a call's result", "a kernel object"};
  const Object& object = checker_.objects[number];
  run_.complaint = fmt::format("insn {}: {} bytes at offset {} of {}, which has {}", insn(), size,
                               s64(address - object.base), kNames[size_t(object.kind)], object.size);
  stop_run(run_, Stop::Broken);
}

void Walk::broken(const char* what) {
  run_.complaint = fmt::format("insn {}: {}", insn(), what);
  stop_run(run_, Stop::Broken);
}

// --- checks ---------------------------------------------------------------------------------------------------------

void Walk::check_state() {
  if (!code_.states) return;
  const std::vector<HeldState>* const states = code_.states->at(insn(), checker_.place.chain);
  if (!states) broken_state(states);
  const MachineView machine = view();
  for (const HeldState& state : *states) {
    if (first_mismatch(state, machine) >= 0) continue;
    adopt(state, machine);
    return;
  }
  broken_state(states);
}

bool Walk::is_inside(const Object& object, u64 address, u64 size) const {
  switch (object.kind) {
    case ObjectKind::Stack: {
      // Frames that are gone lie above the one that runs.
      const bool there = object.base <= regs_.value[10];
      return there && address >= object.base - object.size && address <= object.base && size <= object.base - address;
    }
    case ObjectKind::MapValue:
    case ObjectKind::MapKey:
    case ObjectKind::Packet:
    case ObjectKind::Meta:
    case ObjectKind::Mem:
      return address >= object.base && address - object.base <= object.size &&
             size <= object.size - (address - object.base);
    case ObjectKind::MapPtr:
    case ObjectKind::PacketEnd: return object.kind == ObjectKind::MapPtr;
    case ObjectKind::None: return !code_.states;  // without states, pointers found in memory are nobody's
    case ObjectKind::Ctx:
    case ObjectKind::Result:
    case ObjectKind::Foreign: return true;
  }
  return false;
}

void Walk::check_access(u32 number, u64 address, u64 size) {
  if (!is_inside(checker_.objects[number], address, size)) broken_access(number, address, size);
}

// --- functions ------------------------------------------------------------------------------------------------------

void Walk::take_stack(u32 subprog) {
  const u32 depth = code_.stack_depth[subprog];
  if (size_t(run_.stack_end - run_.stack) < depth) stop_run(run_, Stop::Fault);
  run_.stack += depth;
  const u64 end = reinterpret_cast<u64>(run_.stack);
  regs_.value[10] = end;
  regs_.object[10] = checker_.objects.add({ObjectKind::Stack, end, depth, nullptr});
  checker_.place.frame_end[checker_.place.frame] = end;
}

void Walk::place_function(u32 subprog, int callsite, bool begins_walk) {
  Place& place = checker_.place;
  const RecordedStates* const states = code_.states.get();
  ChainId chain = kNoChain;
  if (states && !begins_walk) chain = states->called(place.chain, callsite, subprog);
  // Global functions are verified once, apart from their callers; so are asynchronous callbacks.
  if (chain == kNoChain) {
    place.frame = 0;
    place.chain = states ? states->root(subprog) : kNoChain;
    return;
  }
  place.chain = chain;
  if (++place.frame >= verifier::kMaxFrames) stop_run(run_, Stop::Fault);
}

// A piece of memory given to a global function is all of that object which the function knows.
void Walk::narrow_arguments() {
  if (!code_.states || checker_.place.frame != 0) return;
  for (u8 r = 1; r <= 5; ++r) {
    const Object object = checker_.objects[regs_.object[r]];
    if (!regs_.object[r] || object.kind == ObjectKind::Ctx || object.kind == ObjectKind::Foreign) continue;
    const u64 at = regs_.value[r], end = object.kind == ObjectKind::Stack ? object.base : object.base + object.size;
    regs_.object[r] = at <= end ? checker_.objects.add({ObjectKind::Mem, at, end - at, nullptr}) : 0;
  }
}

// Whether the verifier never held a pointer in the register where this function begins. Each number would be an object
// of its own: bpf_loop() gives millions.
bool Walk::begins_with_number(u8 r) const {
  const std::vector<HeldState>* const states = code_.states ? code_.states->at(insn(), checker_.place.chain) : nullptr;
  return states && std::none_of(states->begin(), states->end(), [r](const HeldState& state) {
           return std::any_of(state.regs.begin(), state.regs.end(),
                              [r](const HeldReg& held) { return held.regno == r && !held.reg.is_scalar(); });
         });
}

void Walk::begin(u32 subprog, const u64 (&args)[5]) {
  const bool is_main = subprog == 0, is_handler = int(subprog) == code_.exception_cb;
  if (is_main && !checker_.in_tail_call) {
    checker_.objects.clear();
    checker_.shadow.start(run_.stack, run_.stack_end);
  }
  place_function(subprog, int(checker_.call_insn), is_main || is_handler);
  pc_ = code_.entries[subprog];
  for (u8 r = 1; r <= 5; ++r) {
    set(r, args[r - 1]);
    if (!is_main && begins_with_number(r)) continue;
    // What a callback is given was often the caller's.
    for (u8 from = 1; from <= 5 && !is_main && !is_handler && value(r); ++from)
      if (checker_.regs.value[from] == value(r) && checker_.regs.object[from]) object(r) = checker_.regs.object[from];
    if (!object(r) && value(r) && !is_main)
      object(r) = checker_.objects.add({ObjectKind::Result, value(r), 0, nullptr});
  }
  if (is_main) object(1) = checker_.objects.add({ObjectKind::Ctx, value(1), 0, nullptr});
  checker_.in_tail_call = false;
  take_stack(subprog);
}

void Walk::enter(u32 subprog) {
  if (depth_ == kMaxFrames) stop_run(run_, Stop::Fault);
  frames_[depth_++] = {regs_, checker_.place, pc_ + 1, loops_};
  place_function(subprog, int(insn()), code_.states && code_.states->is_global(subprog));
  narrow_arguments();
  take_stack(subprog);
  for (u8 r = 6; r <= 9; ++r) set(r, kPoison);
  loops_ = kMaxLoops;
  pc_ = code_.entries[subprog];
}

bool Walk::leave() {
  run_.stack = reinterpret_cast<u8*>(value(10)) - checker_.objects[object(10)].size;
  if (depth_ == 0) return true;
  const Frame& frame = frames_[--depth_];
  const u64 result = value(0);
  const u32 result_object = object(0);
  regs_ = frame.outer;
  clobber();
  value(0) = result;
  object(0) = result_object;
  checker_.place = frame.place;
  pc_ = frame.back;
  loops_ = frame.loops;
  return false;
}

void Walk::clobber() {
  for (u8 r = 1; r <= 5; ++r) set(r, kPoison);
}

void Walk::jump(s32 to) {
  if (u32(to) <= pc_) spend(run_);
  pc_ = u32(to);
}

// --- calls ----------------------------------------------------------------------------------------------------------

// Memory that a helper is given has the size that it is told.
void Walk::check_arguments(const CallSite& site) {
  const target::HelperProto* const proto = site.helper ? run_.machine.target().helper(site.helper) : nullptr;
  if (!proto) return;
  const MapHandle* map = nullptr;
  for (int i = 0; i < proto->nr_args(); ++i) {
    const target::Arg& arg = proto->args[i];
    const u8 r = u8(i + 1);
    if (arg.kind == target::ArgKind::ConstMapPtr) map = &MapHandle::of(value(r));
    u64 size = 0;
    if (arg.kind == target::ArgKind::MapKey && map) size = map->key_size();
    if (arg.kind == target::ArgKind::MapValue && map) size = map->value_size();
    if (arg.kind == target::ArgKind::Mem && (arg.flags & target::kArgFixedSize)) size = arg.size;
    const bool sized = i + 1 < 5 && (proto->args[i + 1].kind == target::ArgKind::ConstSize ||
                                     proto->args[i + 1].kind == target::ArgKind::ConstSizeOrZero);
    if (arg.kind == target::ArgKind::Mem && sized) size = u32(value(u8(r + 1)));
    if (!size) continue;
    if (!value(r) && (arg.flags & target::kArgNullable) && !sized) continue;
    check_access(object(r), value(r), size);
  }
}

u32 Walk::result_object(const CallSite& site, const u64* args, u64 result) {
  constexpr u32 kRingbufReserve = 131, kDynptrData = 203;
  ObjectTable& objects = checker_.objects;
  // The kernel's own struct behind a context is not there (docs/kernel-objects.md).
  if (!result && site.fact->kfunc == "bpf_cast_to_kern_ctx") return objects.add({ObjectKind::Foreign, 0, 0, nullptr});
  if (!result) return 0;
  const target::HelperProto* const proto = site.helper ? run_.machine.target().helper(site.helper) : nullptr;
  const target::RetKind kind = proto ? proto->ret.kind : target::RetKind::Mem;
  if (kind == target::RetKind::Integer || kind == target::RetKind::Void) return 0;
  if (proto && kind == target::RetKind::MapValue && proto->args[0].kind == target::ArgKind::ConstMapPtr) {
    const MapHandle& map = MapHandle::of(args[1]);
    const bool of_maps = map.type() == BPF_MAP_TYPE_ARRAY_OF_MAPS || map.type() == BPF_MAP_TYPE_HASH_OF_MAPS;
    const map::MapMeta* const meta = &map.map().meta();
    if (of_maps) return objects.add({ObjectKind::MapPtr, result, 0, nullptr});
    return objects.add({ObjectKind::MapValue, result, map.value_size(), meta});
  }
  if (site.helper == kRingbufReserve) return objects.add({ObjectKind::Mem, result, args[2], nullptr});
  if (site.helper == kDynptrData) return objects.add({ObjectKind::Mem, result, args[3], nullptr});
  return objects.add({ObjectKind::Result, result, 0, nullptr});
}

void Walk::call_body(const CallSite& site) {
  check_arguments(site);
  checker_.regs = regs_;
  checker_.call_insn = insn();
  run_.site = &site;
  const u64 result = site.fn(value(1), value(2), value(3), value(4), value(5), run_);
  value(0) = result;
  object(0) = result_object(site, regs_.value, result);
  clobber();
  ++pc_;
}

bool Walk::tail_call_went() {
  checker_.in_tail_call = true;
  const bool went = tail_call(run_, value(1), value(2), value(3), &value(0));
  checker_.in_tail_call = false;
  object(0) = 0;
  return went;
}

// --- operations -----------------------------------------------------------------------------------------------------

// Pointers keep their object when numbers are added to them, in 64 bits.
void Walk::add_pointer(const Op& op, bool with_register) {
  if (with_register && object(op.src))
    object(op.dst) = op.code == OpCode::Add64R && !object(op.dst) ? object(op.src) : 0;
}

// What a ld_imm64 stands for.
u32 Walk::loaded_object(u64 loaded) {
  const verifier::ImmFact* const fact = code_.facts->imm_at(insn());
  if (!fact) return 0;
  ObjectTable& objects = checker_.objects;
  switch (fact->kind) {
    case verifier::ImmFact::Kind::Map: return objects.add({ObjectKind::MapPtr, loaded, 0, fact->map});
    case verifier::ImmFact::Kind::MapValue:
      return objects.add({ObjectKind::MapValue, loaded - fact->offset, fact->map->value_size, fact->map});
    case verifier::ImmFact::Kind::KernelVar: return objects.add({ObjectKind::Mem, loaded, fact->size, nullptr});
    default: return 0;
  }
}

void Walk::move(const Op& op) {
  const u64 moved = value(op.src);
  const u32 moved_object = object(op.src);
  value(op.dst) = moved;
  object(op.dst) = moved_object;
}

// The words before the context are the packet's pointers.
void Walk::load_head(const Op& op) {
  const u64 ctx = value(op.src);
  const CtxHead& head = CtxHead::of(ctx);
  const s32 field = op.off + s32(sizeof(CtxHead));
  const auto span = [](const u8* from, const u8* to) { return to > from ? u64(to - from) : 0; };
  Object object{ObjectKind::PacketEnd, reinterpret_cast<u64>(head.data_end), 0, nullptr};
  if (field == s32(offsetof(CtxHead, data)))
    object = {ObjectKind::Packet, reinterpret_cast<u64>(head.data), span(head.data, head.data_end), nullptr};
  if (field == s32(offsetof(CtxHead, data_meta)))
    object = {ObjectKind::Meta, reinterpret_cast<u64>(head.data_meta), span(head.data_meta, head.data), nullptr};
  set(op.dst, object.base);
  regs_.object[op.dst] = checker_.objects.add(object);
}

template <typename T>
void Walk::load_memory(const Op& op) {
  const u64 at = value(op.src) + u64(s64(op.off));
  const ObjectKind kind = checker_.objects[object(op.src)].kind;
  if (kind == ObjectKind::Ctx && op.off < 0 && value(op.src) == checker_.objects[object(op.src)].base)
    return load_head(op);
  check_access(object(op.src), at, sizeof(T));
  const u64 loaded = u64(load<T>(at));
  set(op.dst, loaded);
  if (sizeof(T) == 8 && kind == ObjectKind::Stack) object(op.dst) = checker_.shadow.object_of(at, loaded);
}

template <typename T>
void Walk::store_memory(const Op& op, u64 stored, u32 stored_object) {
  const u64 at = value(op.dst) + u64(s64(op.off));
  check_access(object(op.dst), at, sizeof(T));
  store<T>(at, stored);
  if (sizeof(T) == 8 && checker_.objects[object(op.dst)].kind == ObjectKind::Stack)
    checker_.shadow.store(at, stored, stored_object);
}

template <typename T>
void Walk::atomic(const Op& op) {
  const u64 at = value(op.dst) + u64(s64(op.off));
  check_access(object(op.dst), at, sizeof(T));
  atomic::apply<T>(op.imm, at, value(op.src), value(0));
  if (op.imm == isa::BPF_CMPXCHG) {
    object(0) = 0;
  } else if (op.imm & isa::BPF_FETCH) {
    object(op.src) = 0;
  }
}

// False: the function ends with 0.
bool Walk::load_from_packet(const Op& op, u32 size) {
  const s64 offset = op.imm + (op.dst ? s64(s32(value(op.src))) : 0);
  object(0) = 0;
  if (load_packet(value(6), offset, size, &value(0))) {
    clobber();
    return true;
  }
  value(0) = 0;
  return false;
}

void Walk::step(const Op& op) {
  const u64 src = value(op.src), imm = u64(op.imm);
  const u64 from = src + u64(s64(op.off));
  switch (op.code) {
    case OpCode::Mov64R: move(op); break;
    case OpCode::Add64R:
    case OpCode::Sub64R:
      value(op.dst) = op.code == OpCode::Add64R ? value(op.dst) + src : value(op.dst) - src;
      add_pointer(op, true);
      break;
    case OpCode::Add64I: value(op.dst) += imm; break;
    case OpCode::Sub64I: value(op.dst) -= imm; break;
#define ALU_32(name)                                                                        \
  case OpCode::name##32R: set(op.dst, alu::name<u32>(u32(value(op.dst)), u32(src))); break; \
  case OpCode::name##32I:                                                                   \
    set(op.dst, alu::name<u32>(u32(value(op.dst)), u32(op.imm)));                           \
    break;
#define ALU_64(name)                                                              \
  case OpCode::name##64R: set(op.dst, alu::name<u64>(value(op.dst), src)); break; \
  case OpCode::name##64I:                                                         \
    set(op.dst, alu::name<u64>(value(op.dst), imm));                              \
    break;                                                                        \
    ALU_32(name)
      // clang-format off
      ALU_32(Add)
      ALU_32(Sub)
      ALU_32(Mov)
      case OpCode::Mov64I: set(op.dst, imm); break;
      ALU_64(Mul)
      ALU_64(Div)
      ALU_64(Mod)
      ALU_64(SDiv)
      ALU_64(SMod)
      ALU_64(Or)
      ALU_64(And)
      ALU_64(Xor)
      ALU_64(Lsh)
      ALU_64(Rsh)
      ALU_64(Arsh)
      // clang-format on
#undef ALU_32
#undef ALU_64
#define SKEP_LOAD(name, type)                                                 \
  case OpCode::name: load_memory<type>(op); break;                            \
  case OpCode::Probe##name: set(op.dst, u64(probe<type>(from))); break;       \
  case OpCode::Arena##name:                                                   \
    set(op.dst, u64(probe<type>(arena_.address(src, op.off, sizeof(type))))); \
    break;
#define SKEP_STORE(bits)                                                                                            \
  case OpCode::St##bits##R: store_memory<u##bits>(op, src, object(op.src)); break;                                  \
  case OpCode::St##bits##I: store_memory<u##bits>(op, imm, 0); break;                                               \
  case OpCode::ArenaSt##bits##R: arena_store<u##bits>(arena_.address(value(op.dst), op.off, bits / 8), src); break; \
  case OpCode::ArenaSt##bits##I:                                                                                    \
    arena_store<u##bits>(arena_.address(value(op.dst), op.off, bits / 8), imm);                                     \
    break;
#define SKEP_JUMP(name)                                                                                     \
  case OpCode::name##64R: return alu::name<u64>(value(op.dst), src) ? jump(op.off) : void(++pc_);           \
  case OpCode::name##64I: return alu::name<u64>(value(op.dst), imm) ? jump(op.off) : void(++pc_);           \
  case OpCode::name##32R: return alu::name<u32>(u32(value(op.dst)), u32(src)) ? jump(op.off) : void(++pc_); \
  case OpCode::name##32I:                                                                                   \
    return alu::name<u32>(u32(value(op.dst)), u32(op.imm)) ? jump(op.off) : void(++pc_);
#include "engine/ops.def"
    case OpCode::Neg64: set(op.dst, -value(op.dst)); break;
    case OpCode::Neg32: set(op.dst, u32(-value(op.dst))); break;
    case OpCode::Swap16: set(op.dst, __builtin_bswap16(u16(value(op.dst)))); break;
    case OpCode::Swap32: set(op.dst, __builtin_bswap32(u32(value(op.dst)))); break;
    case OpCode::Swap64: set(op.dst, __builtin_bswap64(value(op.dst))); break;
    case OpCode::Low16: set(op.dst, u16(value(op.dst))); break;
    case OpCode::Low32: set(op.dst, u32(value(op.dst))); break;
    case OpCode::MovS8To64: set(op.dst, u64(s64(s8(src)))); break;
    case OpCode::MovS16To64: set(op.dst, u64(s64(s16(src)))); break;
    case OpCode::MovS32To64: set(op.dst, u64(s64(s32(src)))); break;
    case OpCode::MovS8To32: set(op.dst, u32(s32(s8(src)))); break;
    case OpCode::MovS16To32: set(op.dst, u32(s32(s16(src)))); break;
    case OpCode::LdImm: set(op.dst, imm), object(op.dst) = loaded_object(imm); break;
    case OpCode::Atomic32: atomic<u32>(op); break;
    case OpCode::Atomic64: atomic<u64>(op); break;
    case OpCode::ArenaAtomic32:
      atomic::apply_guarded<u32>(op.imm, arena_.address(value(op.dst), op.off, 4), value(op.src), value(0));
      break;
    case OpCode::ArenaAtomic64:
      atomic::apply_guarded<u64>(op.imm, arena_.address(value(op.dst), op.off, 8), value(op.src), value(0));
      break;
#define ACQUIRE_RELEASE(bits)                                                                               \
  case OpCode::LdAcq##bits: load_memory<u##bits>(op); break;                                                \
  case OpCode::StRel##bits: store_memory<u##bits>(op, src, object(op.src)); break;                          \
  case OpCode::ArenaLdAcq##bits: set(op.dst, probe<u##bits>(arena_.address(src, op.off, bits / 8))); break; \
  case OpCode::ArenaStRel##bits: arena_store<u##bits>(arena_.address(value(op.dst), op.off, bits / 8), src); break;
      ACQUIRE_RELEASE(8)
      ACQUIRE_RELEASE(16)
      ACQUIRE_RELEASE(32)
      ACQUIRE_RELEASE(64)
#undef ACQUIRE_RELEASE
    case OpCode::LdKptr:
      load_memory<u64>(op);
      if (!living_kptr(value(op.dst), *reinterpret_cast<const CallSite*>(op.imm), run_)) set(op.dst, 0);
      break;
    case OpCode::ToUser: set(op.dst, u32(src) ? (imm | u32(src)) : 0); break;
    case OpCode::LdPacket8:
      if (!load_from_packet(op, 1)) return void(done_ = leave());
      break;
    case OpCode::LdPacket16:
      if (!load_from_packet(op, 2)) return void(done_ = leave());
      break;
    case OpCode::LdPacket32:
      if (!load_from_packet(op, 4)) return void(done_ = leave());
      break;
    case OpCode::Jump: return jump(op.off);
    case OpCode::MayGoto:
      if (loops_ != 0) {
        --loops_;
        break;
      }
      return jump(op.off);
    case OpCode::Call: return enter(u32(op.imm));
    case OpCode::CallFn: return call_body(*reinterpret_cast<const CallSite*>(op.imm));
    case OpCode::TailCall:
      if (tail_call_went()) return void(done_ = leave());
      set(0, u64(-1));
      clobber();
      break;
    case OpCode::Count: ++*reinterpret_cast<u64*>(op.imm); break;
    case OpCode::Exit: return void(done_ = leave());
    case OpCode::Unreachable:
    case OpCode::kCount: broken("the verifier never came here");
  }
  ++pc_;
}

u64 Walk::run(u32 subprog, const u64 (&args)[5]) {
  begin(subprog, args);
  while (!done_) {
    check_state();
    step(code_.ops[pc_]);
  }
  return value(0);
}

class CheckedInterpreter final : public Engine {
 public:
  u64 call(const Code& code, u32 subprog, const u64 (&args)[5], Run& run) const override {
    Checker& checker = checker_of(run);
    const Place place = checker.place;
    const Registers regs = checker.regs;
    const u32 call_insn = checker.call_insn;
    const u64 result = Walk(code, run, checker).run(subprog, args);
    checker.place = place;
    checker.regs = regs;
    checker.call_insn = call_insn;
    return result;
  }
};

}  // namespace

const Engine& checked_interpreter() {
  static const CheckedInterpreter engine;
  return engine;
}

}  // namespace skep::engine
