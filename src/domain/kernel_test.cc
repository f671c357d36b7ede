// Our model of scalars against the kernel's own: random programs, whose verifier log tells every operation's operands
// and result. The answers of Linux 6.18.44 are recorded in testdata/; where bpf(2) works and the kernel is a 6.18,
// fresh random programs are asked as well. SKEP_SEED=n replays a run, SKEP_CASES=n sets its length, SKEP_RECORD=file
// makes a recording of it.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <set>

#include "domain/kernel_case.h"
#include "domain/kernel_log.h"

namespace skep::domain {
namespace {

constexpr int kConstantSource = -1;

// What an instruction asks, and where its jump goes. Instructions without a case only prepare registers.
struct Asked {
  bool is_case = false;
  CaseOp op{};
  int dst = 0;
  int src = kConstantSource;  // or a register
  s64 imm = 0;
  int target = 0;
};

struct Program {
  std::vector<bpf_insn> insns;
  std::vector<Asked> asked;  // one for each
};

// Writes programs about the registers R6 to R8. Nothing joins again after a branch: every jump goes to an exit of its
// own, so no state is ever pruned.
class Generator {
 public:
  explicit Generator(u64 seed) : random_(seed) {}

  Program program() {
    p_ = {};
    for (const int reg : {6, 7, 8}) emit({BPF_ALU64 | BPF_MOV | BPF_K, u8(reg), 0, 0, 1});
    for (const int reg : {6, 7, 8}) unknown_register(reg);
    while (p_.insns.size() < 90) step();
    emit({BPF_JMP | BPF_EXIT, 0, 0, 0, 0});
    for (size_t i = 0; i < p_.insns.size(); ++i) {
      if (!p_.asked[i].is_case || p_.asked[i].op.kind != CaseKind::Jump) continue;
      p_.asked[i].target = int(p_.insns.size());
      p_.insns[i].off = s16(p_.insns.size() - i - 1);
      emit({BPF_JMP | BPF_EXIT, 0, 0, 0, 0});
    }
    return std::move(p_);
  }

 private:
  unsigned below(unsigned n) { return unsigned(random_() % n); }
  int some_register() { return 6 + int(below(3)); }

  void emit(bpf_insn insn, Asked asked = {}) {
    p_.insns.push_back(insn);
    p_.asked.push_back(asked);
  }

  s32 some_imm() {
    static constexpr s32 kEnds[] = {0,
                                    1,
                                    -1,
                                    2,
                                    -2,
                                    3,
                                    7,
                                    8,
                                    15,
                                    16,
                                    31,
                                    32,
                                    63,
                                    64,
                                    -8,
                                    0x7fffffff,
                                    -0x7fffffff - 1,
                                    0xff,
                                    0x100,
                                    0xffff,
                                    -256,
                                    0x1000,
                                    0x8000,
                                    -0x8000,
                                    -0x8001,
                                    0x10000};
    switch (below(4)) {
      case 0: return s32(random_());
      case 1: return s32(1u << below(32));
      case 2: return s32(below(128)) - 64;
      default: return kEnds[below(std::size(kEnds))];
    }
  }

  void unknown_register(int reg) {
    emit({BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32});
    emit({BPF_ALU64 | BPF_MOV | BPF_X, u8(reg), 0, 0, 0});
    switch (below(5)) {
      case 0: alu_imm(AluOp::And, true, reg, some_imm()); break;
      case 1: alu_imm(AluOp::Rsh, true, reg, s32(below(64))); break;
      case 2: alu_imm(AluOp::Arsh, true, reg, s32(below(64))); break;
      case 3: alu_imm(AluOp::And, false, reg, some_imm()); break;
      default: break;
    }
    if (below(2) != 0) jump(reg);
    if (below(2) != 0) alu_imm(below(2) != 0 ? AluOp::Add : AluOp::Or, below(2) != 0, reg, some_imm());
  }

  void big_constant(int reg) {
    u64 v = random_() >> below(64);
    if (below(2) != 0) v = (u64{1} << below(64)) - below(2);
    emit({BPF_LD | BPF_IMM | BPF_DW, u8(reg), 0, 0, s32(v)});
    emit({0, 0, 0, 0, s32(v >> 32)});
  }

  void step() {
    const unsigned choice = below(20);
    if (choice < 2) return unknown_register(some_register());
    if (choice == 2) return big_constant(some_register());
    if (choice == 3) return swap_or_cut(some_register());
    if (choice == 4) return extend(some_register(), some_register());
    if (choice < 12) return alu_step();
    jump(some_register());
  }

  // The kernel's numbers have BPF_MOV before BPF_ARSH.
  static unsigned opcode(AluOp op) { return op == AluOp::Arsh ? unsigned(BPF_ARSH) : unsigned(op) << 4; }

  void alu_imm(AluOp op, bool is64, int dst, s32 imm) {
    const u8 code = u8((is64 ? BPF_ALU64 : BPF_ALU) | opcode(op) | BPF_K);
    emit({code, u8(dst), 0, 0, imm}, {true, {CaseKind::Alu, int(op), is64}, dst, kConstantSource, imm, 0});
  }

  void alu_step() {
    static constexpr AluOp kOps[] = {AluOp::Add, AluOp::Sub, AluOp::Mul,  AluOp::Or,  AluOp::And, AluOp::Xor,
                                     AluOp::Lsh, AluOp::Rsh, AluOp::Arsh, AluOp::Add, AluOp::Sub, AluOp::Mul,
                                     AluOp::Or,  AluOp::And, AluOp::Xor,  AluOp::Neg};
    AluOp op = kOps[below(std::size(kOps))];
    if (below(40) == 0) op = below(2) != 0 ? AluOp::Div : AluOp::Mod;
    const bool is64 = below(2) != 0, is_shift = op == AluOp::Lsh || op == AluOp::Rsh || op == AluOp::Arsh;
    const int dst = some_register(), src = some_register();
    if (op == AluOp::Neg) return alu_imm(op, is64, dst, 0);
    if (is_shift && below(8) != 0) return alu_imm(op, is64, dst, s32(below(is64 ? 64 : 32)));
    if (!is_shift && below(2) != 0)
      return alu_imm(op, is64, dst, std::max(some_imm(), op == AluOp::Div || op == AluOp::Mod ? 1 : kMin<s32>));
    const u8 code = u8((is64 ? BPF_ALU64 : BPF_ALU) | opcode(op) | BPF_X);
    emit({code, u8(dst), u8(src), 0, 0}, {true, {CaseKind::Alu, int(op), is64}, dst, src, 0, 0});
  }

  void swap_or_cut(int dst) {
    const int bits = 16 << below(3);
    const unsigned form = below(3);  // le, be, unconditional swap
    const u8 code = u8((form == 2 ? BPF_ALU64 : BPF_ALU) | BPF_END | (form == 1 ? BPF_TO_BE : BPF_TO_LE));
    const CaseKind kind = form == 0 ? CaseKind::Cut : CaseKind::Swap;
    emit({code, u8(dst), 0, 0, bits}, {true, {kind, bits, true}, dst, kConstantSource, 0, 0});
  }

  // MOVSX and the 32-bit move. They link source and destination by an id; the xor ends that.
  void extend(int dst, int src) {
    const bool is64 = below(2) != 0;
    const int bits = 8 << below(3);
    const u8 code = u8((is64 ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_X);
    const s16 off = s16(!is64 && bits == 32 ? 0 : bits);
    emit({code, u8(dst), u8(src), off, 0}, {true, {CaseKind::Extend, bits, is64}, dst, src, 0, 0});
    alu_imm(AluOp::Xor, true, dst, 0);
  }

  void jump(int dst) {
    static constexpr struct {
      u8 code;
      JmpOp op;
    } kJumps[] = {{BPF_JEQ, JmpOp::Eq},   {BPF_JNE, JmpOp::Ne},   {BPF_JSET, JmpOp::Set}, {BPF_JGT, JmpOp::Gt},
                  {BPF_JGE, JmpOp::Ge},   {BPF_JLT, JmpOp::Lt},   {BPF_JLE, JmpOp::Le},   {BPF_JSGT, JmpOp::Sgt},
                  {BPF_JSGE, JmpOp::Sge}, {BPF_JSLT, JmpOp::Slt}, {BPF_JSLE, JmpOp::Sle}};
    const auto& j = kJumps[below(std::size(kJumps))];
    const bool is64 = below(2) != 0, by_register = below(2) != 0;
    const int src = by_register ? some_register() : kConstantSource;
    const s32 imm = by_register ? 0 : some_imm();
    const u8 code = u8((is64 ? BPF_JMP : BPF_JMP32) | j.code | (by_register ? BPF_X : BPF_K));
    emit({code, u8(dst), u8(by_register ? src : 0), 0, imm},
         {true, {CaseKind::Jump, int(j.op), is64}, dst, src, imm, 0});
  }

  std::mt19937_64 random_;
  Program p_;
};

// Loads (never runs) the program. error: errno, 0 if it was accepted.
struct Load {
  int error;
  std::string log;
};
Load load(const Program& p) {
  std::string log(size_t{4} << 20, '\0');
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attr.insns = reinterpret_cast<u64>(p.insns.data());
  attr.insn_cnt = u32(p.insns.size());
  attr.license = reinterpret_cast<u64>("Apache-2.0");
  attr.log_buf = reinterpret_cast<u64>(log.data());
  attr.log_size = u32(log.size());
  attr.log_level = 2;
  const long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
  const int error = fd < 0 ? errno : 0;
  if (fd >= 0) close(int(fd));
  log.resize(std::strlen(log.c_str()));
  return {error, std::move(log)};
}

// Follows one log and collects its cases.
class LogReader {
 public:
  LogReader(const Program& p, std::vector<KernelCase>& cases) : p_(p), cases_(cases) {}

  void read(std::string_view log) {
    while (!log.empty()) {
      const size_t end = std::min(log.find('\n'), log.size() - 1);
      if (log.substr(0, end).find("REG INVARIANTS VIOLATION") != log.npos) violated_ = true;
      take(read_line(log.substr(0, end)));
      log.remove_prefix(end + 1);
    }
    for (const auto& [insn, jump] : open_jumps_) add(jump, 0, {});
  }

 private:
  struct Before {
    const Asked* asked;
    LoggedScalar dst, src;
    std::vector<Scalar> fall_through;
  };

  void take(const LogLine& line) {
    switch (line.kind) {
      case LogLine::Other: return;
      case LogLine::State: return read_registers(line.registers, registers_);
      case LogLine::Safe: drop(line); return;
      case LogLine::From: other_branch(line); return;
      case LogLine::Executed: executed(line); return;
    }
  }

  void drop(const LogLine& line) {
    pending_ = -1;
    open_jumps_.erase(line.from);
  }

  void other_branch(const LogLine& line) {
    pending_ = -1;
    registers_.clear();
    read_registers(line.registers, registers_);
    const auto it = open_jumps_.find(line.from);
    if (it == open_jumps_.end() || line.insn == line.from) return;
    Before jump = it->second;
    open_jumps_.erase(it);
    std::vector<Scalar> states = jump.fall_through;
    for (const Scalar& s : after(*jump.asked)) states.push_back(s);
    add(jump, -1, states);
  }

  // The line of the next instruction, or the state before it, tells how the pending one ended.
  void executed(const LogLine& line) {
    finish_pending(line.insn);
    const LoggedRegisters before = registers_;
    start(line.insn);
    read_registers(line.registers, registers_);
  }

  // After a contradiction a register may be "constant" with full ranges, which the log does not show: nothing is asked
  // from there on.
  void start(int insn) {
    pending_ = -1;
    if (const auto it = open_jumps_.find(insn);
        it != open_jumps_.end()) {  // walked before, and the other branch never was
      add(it->second, 0, {});
      open_jumps_.erase(it);
    }
    if (violated_) return;
    const Asked& a = p_.asked[size_t(insn)];
    if (!a.is_case || !registers_.contains(a.dst)) return;
    if (a.src != kConstantSource && !registers_.contains(a.src)) return;
    pending_ = insn;
    const LoggedScalar constant{Scalar::known(u64(a.imm)), 0};
    before_ = {&a, registers_[a.dst], a.src == kConstantSource ? constant : registers_[a.src], {}};
  }

  void finish_pending(int next) {
    if (pending_ < 0) return;
    const Asked& a = *before_.asked;
    if (a.op.kind != CaseKind::Jump) return add(before_, -1, {after(a)[0]});
    if (next == a.target) return add(before_, 1, {});
    before_.fall_through = after(a);
    open_jumps_[pending_] = before_;
  }

  // The operands as they are now. A constant operand learns as well, which no log shows: that state is left as
  // "constant".
  std::vector<Scalar> after(const Asked& a) {
    const Scalar src = a.src == kConstantSource ? Scalar::known(u64(a.imm)) : registers_[a.src].value;
    return {registers_[a.dst].value, src};
  }

  // Left out: operands that are linked (the link, which is not ours, changes them too), and masks that the kernel tries
  // for 0 and -1 separately.
  void add(const Before& b, int taken, const std::vector<Scalar>& states) {
    const Asked& a = *b.asked;
    const bool self = a.src == a.dst;
    if (!self && b.dst.id != 0 && b.dst.id == b.src.id) return;
    if (a.op.kind == CaseKind::Alu && is_mask_fork(static_cast<AluOp>(a.op.number), b.dst.value, b.src.value)) return;
    cases_.push_back({a.op, b.dst.value, b.src.value, self, {taken, states}});
  }

  static bool is_mask_fork(AluOp op, const Scalar& dst, const Scalar& src) {
    return (op == AluOp::And || op == AluOp::Or) && src.is_const() &&
           ((dst.smin == -1 && dst.smax == 0) || (dst.s32_min == -1 && dst.s32_max == 0));
  }

  const Program& p_;
  std::vector<KernelCase>& cases_;
  LoggedRegisters registers_;
  int pending_ = -1;
  bool violated_ = false;
  Before before_{};
  std::map<int, Before> open_jumps_;
};

bool is_reference_kernel() {
  utsname name{};
  return uname(&name) == 0 && std::string_view(name.release).starts_with("6.18.");
}

u64 number_from_environment(const char* name, u64 otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

// A constant operand's own state after a jump is not in the log.
bool answers_alike(const KernelCase& c, CaseAnswer ours) {
  for (size_t i = 1; i < ours.states.size(); i += 2) {
    if (c.src.is_const() && i < c.answer.states.size()) ours.states[i] = c.answer.states[i];
  }
  return prints_alike(c.answer, ours);
}

void expect_model_agrees(const std::vector<KernelCase>& cases) {
  int shown = 0;
  for (const KernelCase& c : cases) {
    if (answers_alike(c, model(c.op, c.dst, c.src, c.self))) continue;
    if (++shown > 10) break;
    ADD_FAILURE() << to_text(c);
  }
}

struct Tally {
  size_t alu = 0, branch_states = 0, predicted = 0;
  std::set<std::tuple<int, int, bool>> kinds;
};
Tally tally(const std::vector<KernelCase>& cases) {
  Tally t;
  for (const KernelCase& c : cases) {
    t.kinds.insert({int(c.op.kind), c.op.number, c.op.is64});
    if (c.op.kind != CaseKind::Jump)
      ++t.alu;
    else if (c.answer.taken >= 0)
      ++t.predicted;
    else
      t.branch_states += c.answer.states.size();
  }
  return t;
}

void record(const char* path, const std::vector<KernelCase>& cases) {
  CaseWriter writer;
  for (const KernelCase& c : cases) writer.add(c);
  std::ofstream(path) << "# What Linux 6.18.44 made of random scalars; written by skep_domain_test with SKEP_RECORD. "
                         "Format: kernel_case.h.\n"
                      << writer.text();
}

TEST(Kernel, RecordedAnswers) {
  std::ifstream in(SKEP_DOMAIN_TESTDATA "/linux-6.18.44.txt");
  ASSERT_TRUE(in) << "no recording";
  const std::vector<KernelCase> cases = read_cases(in);
  const Tally t = tally(cases);
  EXPECT_GE(t.alu, 1500u);
  EXPECT_GE(t.branch_states, 1500u);
  EXPECT_GE(t.predicted, 100u);
  EXPECT_EQ(t.kinds.size(), 58u);  // every operation at every width
  expect_model_agrees(cases);
}

TEST(Kernel, LiveAnswers) {
  if (!is_reference_kernel()) GTEST_SKIP() << "not a Linux 6.18";
  const u64 seed = number_from_environment("SKEP_SEED", std::random_device{}());
  const size_t wanted = number_from_environment("SKEP_CASES", 6000);
  std::cout << "SKEP_SEED=" << seed << "\n";
  Generator generator(seed);
  std::vector<KernelCase> cases;
  Tally t;
  for (int programs = 0; t.alu < wanted || t.branch_states < wanted; ++programs) {
    const Program p = generator.program();
    const auto [error, log] = load(p);
    if (error != 0 && programs == 0 && log.empty()) GTEST_SKIP() << "bpf(2): " << std::strerror(error);
    ASSERT_EQ(error, 0) << log.substr(log.size() - std::min<size_t>(log.size(), 1500));
    LogReader(p, cases).read(log);
    t = tally(cases);
  }
  std::cout << cases.size() << " cases: " << t.alu << " ALU results, " << t.branch_states << " branch states, "
            << t.predicted << " predictions, " << t.kinds.size() << " operations\n";
  if (const char* path = std::getenv("SKEP_RECORD")) record(path, cases);
  expect_model_agrees(cases);
}

}  // namespace
}  // namespace skep::domain
