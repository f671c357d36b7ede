// See replay.h.
#include "witness/replay.h"

#include <algorithm>
#include <cstring>

#include "engine/alu.h"

namespace skep::witness {
namespace {

namespace alu = engine::alu;

struct Cell {
  u64 bits = 0;
  int object = kNumber;
  bool set = false;
};

struct Level {
  Cell regs[isa::kNumRegs];
  int stack = kNumber;
  int callsite = -1;
};

template <typename T>
T computed(const isa::Insn& insn, T a, T b) {
  const bool is_signed = insn.off == 1;
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_ADD: return alu::Add(a, b);
    case isa::BPF_SUB: return alu::Sub(a, b);
    case isa::BPF_MUL: return alu::Mul(a, b);
    case isa::BPF_DIV: return is_signed ? alu::SDiv(a, b) : alu::Div(a, b);
    case isa::BPF_MOD: return is_signed ? alu::SMod(a, b) : alu::Mod(a, b);
    case isa::BPF_OR: return alu::Or(a, b);
    case isa::BPF_AND: return alu::And(a, b);
    case isa::BPF_XOR: return alu::Xor(a, b);
    case isa::BPF_LSH: return alu::Lsh(a, b);
    case isa::BPF_RSH: return alu::Rsh(a, b);
    case isa::BPF_ARSH: return alu::Arsh(a, b);
    case isa::BPF_NEG: return T(0) - a;
    default: return b;
  }
}

template <typename T>
bool jumps(u8 code, T a, T b) {
  switch (isa::insn_op(code)) {
    case isa::BPF_JEQ: return alu::Jeq(a, b);
    case isa::BPF_JNE: return alu::Jne(a, b);
    case isa::BPF_JGT: return alu::Jgt(a, b);
    case isa::BPF_JGE: return alu::Jge(a, b);
    case isa::BPF_JLT: return alu::Jlt(a, b);
    case isa::BPF_JLE: return alu::Jle(a, b);
    case isa::BPF_JSET: return alu::Jset(a, b);
    case isa::BPF_JSGT: return alu::Jsgt(a, b);
    case isa::BPF_JSGE: return alu::Jsge(a, b);
    case isa::BPF_JSLT: return alu::Jslt(a, b);
    case isa::BPF_JSLE: return alu::Jsle(a, b);
    default: return false;
  }
}

u64 sign_extended(u64 value, u32 bits) { return bits >= 64 ? value : u64(s64(value << (64 - bits)) >> (64 - bits)); }

u64 low_bits(u64 value, u32 bits) { return bits >= 64 ? value : value & ((u64{1} << bits) - 1); }

std::string counted(u64 n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

class Replayer {
 public:
  Replayer(const verifier::Env& env, const verifier::Trace& trace, const Scene& scene, const Goal& goal,
           const Solution& solution)
      : env_(env), trace_(trace), scene_(scene), goal_(goal), solution_(solution) {}
  Breach run();

 private:
  // An object with its numbers, and what was stored.
  struct Place {
    u64 low = 0, high = 0;
    u32 memory = 0;
    std::map<u64, u8> bytes;
    std::map<u64, int> pointers;  // stored whole, by address: their objects
  };
  struct Snapshot {
    Level level;
    std::map<u64, u8> stack;
  };

  void prepare();
  void enter(int callsite);
  bool step(int i);
  void apply_supplies(int i);
  void alu(const isa::Insn& insn);
  bool access(int i, const isa::Insn& insn);
  bool atomic(const isa::Insn& insn, Cell pointer, u64 address, u32 bytes);
  bool branch(const isa::Insn& insn, int here);
  bool call(int i, const isa::Insn& insn);
  bool leave(int i);
  u8 byte(int object, u64 address);
  Cell read(int object, u64 address, u32 bytes);
  void write(int object, u64 address, u32 bytes, const Cell& cell);
  bool lies_inside(int object, u64 address, u64 bytes) const;
  bool is_supplied(int i, int reg) const;
  Cell cell(const Value& value) const { return {solution_.number(value.bits), value.object, value.set}; }
  Cell& reg(int r) { return levels_.back().regs[r]; }
  bool stop(std::string trouble) {
    breach_.trouble = std::move(trouble);
    return false;
  }
  void judge();
  void judge_access(u64 address, u64 bytes, int object);
  void judge_stack(u64 address, u64 bytes, int object);
  void judge_repetition();
  void judge_distance(const Cell& value);
  std::string action(u64 bytes) const;
  std::string reached(const Cell& value) const;

  const verifier::Env& env_;
  const verifier::Trace& trace_;
  const Scene& scene_;
  const Goal& goal_;
  const Solution& solution_;
  std::vector<Place> places_;
  std::vector<Level> levels_;
  std::vector<Snapshot> visits_;
  std::map<int, u64> results_;  // of calls, by step
  size_t next_supply_ = 0, next_stack_ = 0;
  int pc_ = 0;
  Breach breach_;
};

void Replayer::prepare() {
  for (const Object& o : scene_.objects)
    places_.push_back({solution_.number(o.low), solution_.number(o.high), o.first_contents, {}, {}});
}

// The stack objects were made in the order of the calls.
void Replayer::enter(int callsite) {
  while (next_stack_ < scene_.objects.size() && scene_.objects[next_stack_].kind != Object::Kind::Stack) ++next_stack_;
  Level level;
  level.callsite = callsite;
  level.stack = int(next_stack_++);
  level.regs[isa::kFramePtr] = {places_[size_t(level.stack)].high, level.stack, true};
  levels_.push_back(level);
}

bool Replayer::is_supplied(int i, int regno) const {
  for (size_t k = next_supply_; k < scene_.supplies.size() && scene_.supplies[k].step <= i; ++k) {
    const Supply& s = scene_.supplies[k];
    if (s.step == i && s.what == Supply::What::Register && s.frame + 1 == levels_.size() && s.reg == regno) return true;
  }
  return false;
}

void Replayer::apply_supplies(int i) {
  for (; next_supply_ < scene_.supplies.size() && scene_.supplies[next_supply_].step <= i; ++next_supply_) {
    const Supply& s = scene_.supplies[next_supply_];
    if (s.what == Supply::What::Register && s.frame < levels_.size())
      levels_[s.frame].regs[s.reg] = cell(s.value);
    else if (s.what == Supply::What::Memory)
      write(s.object, solution_.number(s.address), s.bytes, cell(s.value));
    else if (s.what == Supply::What::Contents) {
      Place& place = places_[size_t(s.object)];
      place.bytes.clear();
      place.pointers.clear();
      place.memory = s.memory;
    }
  }
}

// --- memory
// -----------------------------------------------------------------------------------------------------------

bool Replayer::lies_inside(int object, u64 address, u64 bytes) const {
  if (object == kNumber) return false;
  const Place& place = places_[size_t(object)];
  return address >= place.low && address <= place.high && place.high - address >= bytes;
}

u8 Replayer::byte(int object, u64 address) {
  const Place& place = places_[size_t(object)];
  if (const auto stored = place.bytes.find(address); stored != place.bytes.end()) return stored->second;
  const Object& o = scene_.objects[size_t(object)];
  if (!o.bytes.empty()) return address >= o.base && address - o.base < o.bytes.size() ? o.bytes[address - o.base] : 0;
  const auto known = solution_.contents.find({place.memory, address});
  return known == solution_.contents.end() ? 0 : known->second;
}

Cell Replayer::read(int object, u64 address, u32 bytes) {
  Cell cell;
  cell.set = true;
  for (u32 b = bytes; b-- > 0;) cell.bits = cell.bits << 8 | byte(object, address + b);
  const auto& pointers = places_[size_t(object)].pointers;
  const auto whole = pointers.find(address);
  if (bytes == 8 && whole != pointers.end()) cell.object = whole->second;
  return cell;
}

void Replayer::write(int object, u64 address, u32 bytes, const Cell& cell) {
  Place& place = places_[size_t(object)];
  for (u32 b = 0; b < bytes; ++b) place.bytes[address + b] = u8(cell.bits >> (8 * b));
  for (u64 at = address - 7; at != address + bytes; ++at) place.pointers.erase(at);
  if (bytes == 8 && cell.object != kNumber) place.pointers[address] = cell.object;
}

bool Replayer::access(int i, const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  const bool is_load = cls == isa::BPF_LDX || isa::is_atomic_load(insn);
  const Cell pointer = reg(is_load ? insn.src : insn.dst);
  const u64 address = pointer.bits + u64(s64(insn.off));
  const u32 bytes = u32(isa::size_bytes(insn.code));
  if (!lies_inside(pointer.object, address, bytes)) return stop("an access before the end of the path is no good");
  if (isa::is_atomic(insn)) return atomic(insn, pointer, address, bytes);
  if (cls == isa::BPF_LDX) {
    if (is_supplied(i, insn.dst)) return true;
    Cell value = read(pointer.object, address, bytes);
    if (isa::insn_mode(insn.code) == isa::BPF_MEMSX) value.bits = sign_extended(value.bits, 8 * bytes);
    reg(insn.dst) = value;
    return true;
  }
  Cell value{u64(s64(insn.imm)), kNumber, true};
  if (cls == isa::BPF_STX) value = reg(insn.src);
  write(pointer.object, address, bytes, value);
  return true;
}

bool Replayer::atomic(const isa::Insn& insn, Cell pointer, u64 address, u32 bytes) {
  const Cell old = read(pointer.object, address, bytes);
  if (isa::is_atomic_load(insn)) {
    reg(insn.dst) = old;
    return true;
  }
  const Cell with = reg(insn.src);
  if (isa::is_atomic_store(insn)) {
    write(pointer.object, address, bytes, with);
    return true;
  }
  if (insn.imm == isa::BPF_CMPXCHG) {
    if (low_bits(reg(0).bits, 8 * bytes) == old.bits) write(pointer.object, address, bytes, with);
    reg(0) = old;
    return true;
  }
  Cell made = with;
  switch (insn.imm & ~isa::BPF_FETCH) {
    case isa::BPF_ADD: made = {old.bits + with.bits, kNumber, true}; break;
    case isa::BPF_AND: made = {old.bits & with.bits, kNumber, true}; break;
    case isa::BPF_OR: made = {old.bits | with.bits, kNumber, true}; break;
    case isa::BPF_XOR: made = {old.bits ^ with.bits, kNumber, true}; break;
    default: break;  // xchg
  }
  write(pointer.object, address, bytes, made);
  if (insn.imm & isa::BPF_FETCH) reg(insn.src) = old;
  return true;
}

// --- instructions
// -----------------------------------------------------------------------------------------------------

void Replayer::alu(const isa::Insn& insn) {
  const bool wide = isa::insn_class(insn.code) == isa::BPF_ALU64;
  const u8 op = isa::insn_op(insn.code);
  Cell& dst = reg(insn.dst);
  const Cell a = dst;
  Cell b{u64(s64(insn.imm)), kNumber, true};
  if (isa::insn_is_x(insn.code) && op != isa::BPF_END) b = reg(insn.src);
  if (op == isa::BPF_END) {
    const bool swaps = wide || (insn.code & isa::BPF_TO_BE);
    const u64 value = low_bits(a.bits, u32(insn.imm));
    dst = {swaps ? __builtin_bswap64(value) >> (64 - insn.imm) : value, kNumber, true};
    return;
  }
  if (op == isa::BPF_MOV) {
    dst = b;
    if (isa::insn_is_x(insn.code) && insn.off)
      dst = {sign_extended(low_bits(b.bits, u32(insn.off)), u32(insn.off)), kNumber, true};
    if (!wide) dst = {u32(dst.bits), kNumber, true};
    return;
  }
  dst.set = true;
  dst.bits = wide ? computed<u64>(insn, a.bits, b.bits) : computed<u32>(insn, u32(a.bits), u32(b.bits));
  const bool is_a = a.object != kNumber, is_b = b.object != kNumber;
  dst.object = kNumber;
  if (wide && op == isa::BPF_ADD && is_a != is_b) dst.object = is_a ? a.object : b.object;
  if (wide && op == isa::BPF_SUB && is_a && !is_b) dst.object = a.object;
}

bool Replayer::branch(const isa::Insn& insn, int here) {
  Cell b{u64(s64(insn.imm)), kNumber, true};
  if (isa::insn_is_x(insn.code)) b = reg(insn.src);
  const u64 a = reg(insn.dst).bits;
  const bool wide = isa::insn_class(insn.code) == isa::BPF_JMP;
  const bool taken = wide ? jumps<u64>(insn.code, a, b.bits) : jumps<u32>(insn.code, u32(a), u32(b.bits));
  pc_ = here + 1 + (taken ? insn.off : 0);
  return true;
}

bool Replayer::call(int i, const isa::Insn& insn) {
  const verifier::Step& next = trace_.step(i + 1);
  if (next.frame == levels_.size()) {
    const Level caller = levels_.back();
    enter(trace_.step(i).insn);
    if (isa::is_pseudo_call(insn))
      for (int r = 1; r <= 5; ++r) {
        reg(r) = caller.regs[r];
        levels_[levels_.size() - 2].regs[r] = Cell();
      }
    pc_ = next.insn;
    return true;
  }
  for (int r = 1; r <= 5; ++r) reg(r) = Cell();
  return true;
}

bool Replayer::leave(int i) {
  if (levels_.size() < 2) return stop("the program ended early");
  const Level callee = levels_.back();
  levels_.pop_back();
  const bool again = trace_.step(i + 1).insn == callee.callsite;  // of a helper with a callback
  if (!again) reg(0) = callee.regs[0];
  pc_ = again ? callee.callsite : callee.callsite + 1;
  return true;
}

bool Replayer::step(int i) {
  const int here = trace_.step(i).insn;
  if (pc_ != here || trace_.step(i).frame + 1 != levels_.size()) return stop("the run leaves the path");
  const isa::Insn& insn = env_.insns[size_t(here)];
  pc_ = here + 1;
  bool good = true;
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_ALU:
    case isa::BPF_ALU64: alu(insn); break;
    case isa::BPF_LDX:
    case isa::BPF_ST:
    case isa::BPF_STX: good = access(i, insn); break;
    case isa::BPF_LD:
      if (isa::is_ldimm64(insn)) {
        pc_++;
        reg(insn.dst) = {isa::ldimm64_value(&insn), kNumber, true};
      }
      break;
    default:
      if (isa::is_goto(insn))
        pc_ = here + 1 + isa::goto_offset(insn);
      else if (isa::is_call(insn))
        good = call(i, insn);
      else if (isa::is_exit(insn))
        good = leave(i);
      else if (isa::is_may_goto(insn))
        pc_ = trace_.step(i + 1).insn;
      else
        good = branch(insn, here);
  }
  apply_supplies(i);
  if (isa::is_call(insn)) results_[i] = reg(0).bits;
  return good;
}

Breach Replayer::run() {
  prepare();
  enter(-1);
  apply_supplies(-1);
  const int first = first_step(env_, trace_);
  pc_ = trace_.step(first).insn;
  const int last = trace_.size() - 1, failing = trace_.step(last).insn;
  for (int i = first; i < last; ++i) {
    if (goal_.rule == Rule::Repeats && trace_.step(i).insn == failing)
      visits_.push_back({levels_.back(), places_[size_t(levels_.back().stack)].bytes});
    if (!step(i)) return breach_;
  }
  if (pc_ != failing) {
    stop("the run leaves the path");
    return breach_;
  }
  breach_.followed = true;
  judge();
  return breach_;
}

// --- the end of the path
// ----------------------------------------------------------------------------------------------

std::string Replayer::action(u64 bytes) const {
  if (!goal_.by_call) return fmt::format("{} {}", goal_.writes ? "writes" : "reads", counted(bytes, "byte"));
  return fmt::format("lets `{}()` {} {}", goal_.what, goal_.writes ? "write" : "use", counted(bytes, "byte"));
}

void Replayer::judge_access(u64 address, u64 bytes, int object) {
  if (goal_.zero) {
    breach_.broken = bytes == 0;
    breach_.words = fmt::format("gives `{}()` no bytes at all", goal_.what);
    return;
  }
  breach_.broken = !lies_inside(object, address, bytes);
  const Place& place = places_[size_t(object)];
  const std::string& words = scene_.objects[size_t(object)].words;
  const bool is_stack = scene_.objects[size_t(object)].kind == Object::Kind::Stack;
  const s64 off = s64(address - (is_stack ? place.high : place.low)), size = s64(place.high - place.low);
  const std::string where = is_stack ? fmt::format("at offset {} of the frame pointer", off)
                                     : fmt::format("at offset {}, of {} bytes", off, size);
  if (address == 0 || s64(address) == goal_.off) {
    breach_.words = goal_.by_call ? fmt::format("gives `{}()` NULL", goal_.what) : "dereferences NULL";
  } else if (s64(bytes) < 0) {
    breach_.words = fmt::format("gives `{}()` the size {} for {}", goal_.what, s64(bytes), words);
  } else if (s64(address - place.low) < 0) {
    const u64 before = std::min(bytes, place.low - address);
    breach_.words = fmt::format("{} before the beginning of {} ({})", action(before), words, where);
  } else {
    const u64 past = address >= place.high ? bytes : bytes - (place.high - address);
    breach_.words = fmt::format("{} past the end of {} ({})", action(past), words, where);
  }
}

void Replayer::judge_stack(u64 address, u64 bytes, int object) {
  const Place& place = places_[size_t(object)];
  u64 missing = 0, first = 0;
  for (u64 b = 0; b < std::min<u64>(bytes, verifier::kMaxStack); ++b) {
    if (place.bytes.count(address + b)) continue;
    if (!missing++) first = address + b;
  }
  breach_.broken = missing > 0;
  breach_.words = fmt::format("{} of the stack that nothing was written to (from offset {} of the frame pointer)",
                              action(missing), s64(first - place.high));
}

void Replayer::judge_repetition() {
  const u16 live = env_.aux[size_t(trace_.step(trace_.size() - 1).insn)].live_regs_before;
  for (const Snapshot& before : visits_) {
    bool same = before.stack == places_[size_t(levels_.back().stack)].bytes;
    for (int r = 0; r < isa::kFramePtr; ++r)
      if (live & (1u << r)) same &= before.level.regs[r].bits == reg(r).bits;
    breach_.broken |= same;
  }
  breach_.words = "goes round for ever: registers and stack are as they were before";
}

void Replayer::judge_distance(const Cell& value) {
  const isa::Insn& insn = env_.insns[size_t(pc_)];
  const Cell by = value.object != kNumber && isa::insn_is_x(insn.code) ? reg(insn.src) : value;
  const Cell pointer = value.object != kNumber ? value : reg(insn.dst);
  const auto is_far = [](s64 distance) { return distance >= kMaxDistance || distance <= -kMaxDistance; };
  breach_.broken = is_far(s64(by.bits));
  if (value.object != kNumber)
    breach_.broken = is_far(s64(pointer.bits + by.bits - scene_.objects[size_t(pointer.object)].base));
  breach_.words = fmt::format("moves a pointer by {} bytes", s64(by.bits));
}

// What a run does by merely getting to the instruction.
std::string Replayer::reached(const Cell& value) const {
  switch (env_.rejection->kind) {
    case diag::Kind::RegNotReadable: return fmt::format("uses r{}, which nothing was written to", goal_.reg);
    case diag::Kind::InvalidMemAccess:
      if (value.object != kNumber) return "uses an address that is no longer good";
      return "uses a number as an address";
    default: return "breaks the rule just by getting here";
  }
}

void Replayer::judge() {
  const Cell value = goal_.reg >= 0 ? reg(goal_.reg) : Cell();
  const u64 address = value.bits + u64(goal_.off);
  const u64 bytes = goal_.size_reg >= 0 ? reg(goal_.size_reg).bits : goal_.bytes;
  switch (goal_.rule) {
    case Rule::Bounds: judge_access(address, bytes, value.object); break;
    case Rule::Null:
      breach_.broken = value.bits == 0;
      breach_.words = goal_.by_call ? fmt::format("gives `{}()` NULL as its argument {}", goal_.what, goal_.reg)
                                    : "uses NULL as an address";
      break;
    case Rule::Aligned: {
      const Object& o = scene_.objects[size_t(value.object)];
      const u64 off = address - o.base;
      breach_.broken = (off + u64(goal_.min)) & (bytes - 1);
      breach_.words = fmt::format("{} at offset {} of {}, which is not aligned", action(bytes), s64(off), o.words);
      break;
    }
    case Rule::Unwritten: judge_stack(address, bytes, value.object); break;
    case Rule::Returned: {
      const s64 returned = goal_.half ? s64(s32(value.bits)) : s64(value.bits);
      breach_.broken = returned < goal_.min || returned > goal_.max;
      breach_.words = fmt::format("returns {}, which is not in [{}, {}]", returned, goal_.min, goal_.max);
      break;
    }
    case Rule::Distance: judge_distance(value); break;
    case Rule::Held:
      for (const int at : goal_.steps) breach_.broken |= at < 0 || !results_.count(at) || results_[at] != 0;
      breach_.words = fmt::format("leaves what `{}()` acquired without giving it back", goal_.what);
      break;
    case Rule::Repeats: judge_repetition(); break;
    default: breach_.broken = true; breach_.words = reached(value);
  }
  if (!breach_.broken) breach_.trouble = "the rule is not broken";
}

}  // namespace

Breach replay(const verifier::Env& env, const verifier::Trace& trace, const Scene& scene, const Goal& goal,
              const Solution& solution) {
  return Replayer(env, trace, scene, goal, solution).run();
}

}  // namespace skep::witness
