// For the tests: one question that was put to a live kernel's verifier (an operation and its operands) with its answer,
// and the same question put to our model. Cases are read from a verifier log, or from a recording (testdata/), whose
// text form is here as well.
#pragma once

#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "domain/scalar.h"

namespace skep::domain {

// The operations of a case. `number` is the AluOp or JmpOp, or for Swap and Extend the number of bits kept.
enum class CaseKind { Alu, Swap, Cut, Extend, Jump };
struct CaseOp {
  CaseKind kind;
  int number;
  bool is64;
  bool operator==(const CaseOp&) const = default;
};

// taken: as is_branch_taken for jumps, -1 otherwise. states: the destination after the operation; for an open jump the
// four states fall-through dst, src, taken dst, src; nothing for a predicted one.
struct CaseAnswer {
  int taken = -1;
  std::vector<Scalar> states;
};

struct KernelCase {
  CaseOp op;
  Scalar dst, src;
  bool self;  // both operands are one register
  CaseAnswer answer;
};

inline void forget_contradiction(Scalar& s) {
  if (sanity_check(s) != nullptr) s.mark_unbounded();
}

inline CaseAnswer model_jump(const CaseOp& op, const Scalar& dst, const Scalar& src, bool self) {
  const JmpOp jmp = static_cast<JmpOp>(op.number);
  CaseAnswer r{is_branch_taken(jmp, dst, src, !op.is64), {}};
  if (r.taken >= 0) return r;
  for (const JmpOp holds : {reverse(jmp), jmp}) {
    Scalar a = dst, b = src;
    refine(holds, a, self ? a : b, !op.is64);
    forget_contradiction(a);
    forget_contradiction(b);
    r.states.push_back(a);
    r.states.push_back(self ? a : b);
  }
  return r;
}

// What skep says. Extend and a 32-bit move take their value from src, as the instruction does.
inline CaseAnswer model(const CaseOp& op, const Scalar& dst, const Scalar& src, bool self) {
  Scalar d = dst;
  switch (op.kind) {
    case CaseKind::Jump: return model_jump(op, dst, src, self);
    case CaseKind::Alu: alu(static_cast<AluOp>(op.number), op.is64, d, self ? d : src); break;
    case CaseKind::Swap: byte_swap(d, true, op.number); break;
    case CaseKind::Cut: byte_swap(d, false, op.number); break;
    case CaseKind::Extend:
      d = src;
      if (op.is64) {
        coerce_to_size_sx(d, op.number / 8);
      } else {
        if (op.number < 32) coerce_subreg_to_size_sx(d, op.number / 8);
        zext_32_to_64(d);
        sync(d);
      }
  }
  forget_contradiction(d);
  return {-1, {d}};
}

// The log shows a constant as its number only, whatever its ranges are.
inline bool prints_alike(const Scalar& a, const Scalar& b) {
  return a == b || (a.is_const() && b.is_const() && a.var_off.value == b.var_off.value);
}
inline bool prints_alike(const CaseAnswer& a, const CaseAnswer& b) {
  if (a.taken != b.taken || a.states.size() != b.states.size()) return false;
  for (size_t i = 0; i < a.states.size(); ++i) {
    if (!prints_alike(a.states[i], b.states[i])) return false;
  }
  return true;
}

// Text of a state in a recording: "=<value>" for a constant, else ten hex numbers (value, mask, smin, smax, umin, umax,
// s32, u32), left out where they are those of the unknown scalar.
inline std::array<u64, 10> numbers_of(const Scalar& s) {
  return {s.var_off.value, s.var_off.mask,      u64(s.smin),         u64(s.smax),    s.umin,
          s.umax,          u64(u32(s.s32_min)), u64(u32(s.s32_max)), u64(s.u32_min), u64(s.u32_max)};
}
inline Scalar from_numbers(const std::array<u64, 10>& n) {
  return {{n[0], n[1]}, s64(n[2]), s64(n[3]), n[4], n[5], s32(n[6]), s32(n[7]), u32(n[8]), u32(n[9])};
}

inline std::string to_text(const Scalar& s) {
  std::ostringstream out;
  out << std::hex;
  if (s.is_const()) {
    out << '=' << s.var_off.value;
    return out.str();
  }
  const auto n = numbers_of(s), unknown = numbers_of(Scalar::unknown());
  for (size_t i = 0; i < n.size(); ++i) {
    if (i != 0) out << ',';
    if (n[i] != unknown[i]) out << n[i];
  }
  return out.str();
}

inline Scalar scalar_from_text(const std::string& text) {
  if (text[0] == '=') return Scalar::known(std::strtoull(text.c_str() + 1, nullptr, 16));
  auto n = numbers_of(Scalar::unknown());
  std::istringstream in(text);
  std::string field;
  for (size_t i = 0; i < n.size() && std::getline(in, field, ','); ++i) {
    if (!field.empty()) n[i] = std::strtoull(field.c_str(), nullptr, 16);
  }
  return from_numbers(n);
}

inline std::string to_text(const CaseAnswer& a) {
  std::string text = "taken " + std::to_string(a.taken);
  for (const Scalar& s : a.states) text += "  " + to_text(s);
  return text;
}

inline std::string to_text(const KernelCase& c) {
  return "kind " + std::to_string(int(c.op.kind)) + " number " + std::to_string(c.op.number) +
         (c.op.is64 ? " 64" : " 32") + "-bit: " + to_text(c.dst) + "  " + (c.self ? "itself" : to_text(c.src)) +
         "\n kernel " + to_text(c.answer) + "\n ours   " + to_text(model(c.op, c.dst, c.src, c.self));
}

// A recording: lines "s <state>", numbered from 0, and lines "c <kind> <number> <64|32> <dst> <src> <self> <taken>
// <state>...", by those numbers.
class CaseWriter {
 public:
  void add(const KernelCase& c) {
    std::ostringstream line;
    line << "c " << int(c.op.kind) << ' ' << c.op.number << ' ' << (c.op.is64 ? 64 : 32) << ' ' << number_of(c.dst);
    line << ' ' << number_of(c.src) << ' ' << c.self << ' ' << c.answer.taken;
    for (const Scalar& s : c.answer.states) line << ' ' << number_of(s);
    text_ += line.str() + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  size_t number_of(const Scalar& s) {
    const auto [it, is_new] = numbers_.try_emplace(to_text(s), numbers_.size());
    if (is_new) text_ += "s " + it->first + "\n";
    return it->second;
  }
  std::map<std::string, size_t> numbers_;
  std::string text_;
};

inline std::vector<KernelCase> read_cases(std::istream& in) {
  std::vector<Scalar> states;
  std::vector<KernelCase> cases;
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("s ", 0) == 0) states.push_back(scalar_from_text(line.substr(2)));
    if (line.rfind("c ", 0) != 0) continue;
    std::istringstream fields(line.substr(2));
    int kind = 0, number = 0, width = 0, taken = 0;
    size_t dst = 0, src = 0, state = 0;
    bool self = false;
    fields >> kind >> number >> width >> dst >> src >> self >> taken;
    KernelCase c{{CaseKind(kind), number, width == 64}, states.at(dst), states.at(src), self, {taken, {}}};
    while (fields >> state) c.answer.states.push_back(states.at(state));
    cases.push_back(c);
  }
  return cases;
}

}  // namespace skep::domain
