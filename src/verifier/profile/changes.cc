// See changes.h.
#include "verifier/profile/changes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "verifier/explain/names.h"
#include "verifier/flow.h"
#include "verifier/stack_depth.h"
#include "verifier/whatif/edit.h"

namespace skep::verifier {
namespace {

using isa::Insn;

constexpr size_t kMaxLoops = 3;

// The edge a loop is left by when it is at its end; null: it has no end.
const std::pair<int, int>* exit_of(const Loop& loop) {
  const auto from = [&](int insn) {
    return std::find_if(loop.exits.begin(), loop.exits.end(), [&](const auto& edge) { return edge.first == insn; });
  };
  for (const int insn : {loop.last, loop.head})
    if (const auto edge = from(insn); edge != loop.exits.end()) return &*edge;
  return loop.exits.empty() ? nullptr : &loop.exits.back();
}

// Where the loop asks whether it is at its end: there what is behind it has all that it needs.
bool insert_may_goto(Program& program, const Loop& loop) {
  const auto* exit = exit_of(loop);
  if (!exit) return false;
  const auto [from, to] = *exit;
  const s64 distance = to > from ? s64(to) - from : s64(to) - from - 1;
  const Insn may_goto{isa::BPF_JMP | isa::BPF_JCOND, 0, isa::BPF_MAY_GOTO, s16(distance), 0};
  return distance == may_goto.off && insert_insns(program, u32(from), std::array{may_goto});
}

// A constant that a value starts with, and how to make it a number that nobody knows: read from stack that nobody
// wrote.
struct Start {
  int insn = -1;
  s16 unknown_off = 0;
  int spare = -1;  // a register nobody needs there, for a constant that goes to the stack
};

bool hide_start(Program& program, const Start& start) {
  Insn& insn = program.insns[size_t(start.insn)];
  const auto load = [&](u8 dst) {
    return Insn{isa::BPF_LDX | isa::BPF_MEM | isa::BPF_W, dst, isa::kFramePtr, start.unknown_off, 0};
  };
  if (isa::insn_class(insn.code) != isa::BPF_ST) {
    insn = load(insn.dst);
    return true;
  }
  insn = {u8(isa::BPF_STX | isa::BPF_MEM | isa::insn_size(insn.code)), insn.dst, u8(start.spare), insn.off, 0};
  return insert_insns(program, u32(start.insn), std::array{load(u8(start.spare))});
}

class Maker {
 public:
  Maker(const Env& env, const Counter& counter, const diag::Profile& profile)
      : env_(env), counter_(counter), profile_(profile) {}
  std::vector<Shortening> make();

 private:
  const Loop* loop_of(const diag::ProfileLoop& told) const;
  void bound_loop(const diag::ProfileLoop& told, const Loop& loop);
  s32 room_for(const diag::ProfileLoop& told) const;
  void lower_limit(const diag::ProfileLoop& told, const Loop& loop);
  void make_functions_global();
  std::vector<Start> starts_of(const diag::ProfileLoop& told, const Loop& loop, std::string& names) const;
  std::optional<Start> start_at(int insn) const;
  int constant_before(const Loop& loop, int reg) const;

  const Env& env_;
  const Counter& counter_;
  const diag::Profile& profile_;
  std::vector<Shortening> out_;
};

const Loop* Maker::loop_of(const diag::ProfileLoop& told) const {
  for (const Loop& loop : counter_.loops)
    if (loop.head == told.head.insn) return &loop;
  return nullptr;
}

std::string at_line(const diag::Place& place) {
  return place.line ? fmt::format(" of line {}", place.line) : fmt::format(" at instruction {}", place.insn);
}

std::optional<Start> Maker::start_at(int at) const {
  const Insn& insn = env_.insns[size_t(at)];
  const u32 depth = env_.subprogs[env_.subprog_at(u32(at))].stack_depth;
  if (depth + kSlotBytes > kMaxStack || !env_.allow_uninit_stack) return std::nullopt;
  Start start{at, s16(-s32(depth) - kSlotBytes), -1};
  const u8 cls = isa::insn_class(insn.code);
  if (cls == isa::BPF_ALU || cls == isa::BPF_ALU64) return start;
  if (cls != isa::BPF_ST || size_t(at) + 1 >= env_.aux.size()) return std::nullopt;
  for (int r = 0; r < isa::kFramePtr && start.spare < 0; r++)
    if (!(env_.aux[size_t(at) + 1].live_regs_before >> r & 1)) start.spare = r;
  return start.spare < 0 ? std::nullopt : std::optional(start);
}

// The constant that a register has when the loop is entered, above its head; -1: it is none.
int Maker::constant_before(const Loop& loop, int reg) const {
  const int begin = int(env_.subprogs[env_.subprog_at(u32(loop.head))].start);
  int at = loop.head;
  for (const int entry : loop.entries) at = std::min(at, entry + 1);
  while (--at >= begin) {
    const Insn& insn = env_.insns[size_t(at)];
    if (!(insn_def_use(env_, insn).def >> reg & 1)) continue;
    const u8 cls = isa::insn_class(insn.code);
    const bool moves = isa::insn_op(insn.code) == isa::BPF_MOV && !isa::insn_is_x(insn.code);
    return (cls == isa::BPF_ALU || cls == isa::BPF_ALU64) && moves ? at : -1;
  }
  return -1;
}

// The constants outside the loop that the values start with which keep its rounds apart: those that their lineage goes
// back to, and those that their registers have when the loop is entered.
std::vector<Start> Maker::starts_of(const diag::ProfileLoop& told, const Loop& loop, std::string& names) const {
  std::vector<Start> starts;
  if (told.point < 0) return starts;
  const auto add = [&](int insn, const diag::KeptApart& value) {
    const auto same = [&](const Start& s) { return s.insn == insn; };
    if (insn < 0 || loop.has(insn) || std::any_of(starts.begin(), starts.end(), same)) return;
    const auto start = start_at(insn);
    if (!start) return;
    starts.push_back(*start);
    names += fmt::format("{}`{}`", names.empty() ? "" : ", ", value.name.empty() ? value.location : value.name);
  };
  for (const diag::KeptApart& value : profile_.points[size_t(told.point)].values) {
    for (const diag::Event& event : value.from)
      if (event.kind == diag::EventKind::Constant) add(event.place.insn, value);
    if (value.reg >= 0) add(constant_before(loop, value.reg), value);
  }
  // From behind: what is inserted moves what follows.
  std::sort(starts.begin(), starts.end(), [](const Start& a, const Start& b) { return a.insn > b.insn; });
  return starts;
}

void Maker::bound_loop(const diag::ProfileLoop& told, const Loop& loop) {
  const std::string where = at_line(told.statement);
  out_.push_back({fmt::format("end the loop{} with `&& can_loop`", where),
                  [&loop](Program& program) { return insert_may_goto(program, loop); }});
  std::string names;
  const std::vector<Start> starts = starts_of(told, loop, names);
  const bool before = std::all_of(starts.begin(), starts.end(), [&](const Start& s) { return s.insn < loop.head; });
  if (starts.empty() || !before) return;
  out_.push_back({fmt::format("end the loop{} with `&& can_loop`, and let {} start from a global variable that is 0 "
                              "(`int zero;`), so that its rounds look alike; or use `bpf_for()`",
                              where, names),
                  [&loop, starts](Program& program) {
                    bool done = insert_may_goto(program, loop);
                    for (const Start& start : starts) done = done && hide_start(program, start);
                    return done;
                  }});
}

// Two digits, rounded down.
u64 rounded(double number) {
  if (number < 1) return 0;
  const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(number)) - 1));
  return u64(std::floor(number / unit) * unit);
}

// How many rounds the limits of the verifier have room for, if each takes what it took so far; 0: not known.
s32 Maker::room_for(const diag::ProfileLoop& told) const {
  constexpr double kShare = 0.8;
  if (!told.rounds || !profile_.failed) return 0;
  const double per_round = double(told.insns) / double(told.rounds);
  double rounds = kShare * env_.target.limits().max_insns / std::max(per_round, 1.0);
  if (!profile_.waiting.empty()) rounds = std::min(rounds, kShare * double(told.rounds));
  return s32(rounded(rounds));
}

// Fewer rounds, as many as there is room for, or a part of that where paths multiply: another constant that the counter
// ends at, or, where it counts down, starts with.
void Maker::lower_limit(const diag::ProfileLoop& told, const Loop& loop) {
  constexpr int kTries = 6;
  const s32 room = room_for(told);
  const auto lower = [&](int at) {
    const s32 now = env_.insns[size_t(at)].imm;
    s32 limit = room < now ? room : room ? now / 2 : 0;
    for (int i = 0; i < kTries && limit > 1; i++, limit = s32(rounded(limit / 2.0))) {
      out_.push_back(
          {fmt::format("go round the loop{} at most {} times", at_line(told.statement), diag::grouped(u64(limit))),
           [at, limit](Program& program) {
             program.insns[size_t(at)].imm = limit;
             return true;
           },
           true});
    }
  };
  for (const auto& [from, to] : loop.exits) {
    const Insn& insn = env_.insns[size_t(from)];
    const bool is_end = isa::is_cond_jmp(insn) && !isa::is_may_goto(insn) && !isa::insn_is_x(insn.code);
    const btf::LineInfo* const line = env_.prog_btf() ? line_info_at(env_, u32(from)) : nullptr;
    if (is_end && (!line || line->line() == told.statement.line)) lower(from);
  }
  const bool counts_up = !out_.empty() && out_.back().takes_long;
  std::string names;
  if (!counts_up)
    for (const Start& start : starts_of(told, loop, names)) lower(start.insn);
}

// Functions that are followed at each call could be followed once.
void Maker::make_functions_global() {
  constexpr u64 kLeastShare = 10;  // of a hundred instructions
  std::vector<u64> share(env_.subprogs.size());
  for (size_t i = 0; i < env_.insns.size(); i++) {
    const int callee = isa::is_pseudo_call(env_.insns[i]) ? env_.find_subprog(u32(s64(i) + env_.insns[i].imm + 1)) : -1;
    if (callee > 0) share[size_t(callee)] += counter_.inside[i];
  }
  for (size_t s = 1; s < share.size(); s++) {
    const SubprogInfo& info = env_.subprogs[s];
    if (info.is_global || info.is_cb || info.name.empty() || share[s] * 100 < kLeastShare * counter_.processed)
      continue;
    const std::string name(info.name);
    out_.push_back({fmt::format("make {}() global (`__noinline` and not `static`), so that it is followed once and not "
                                "at each call",
                                name),
                    [name](Program& program) { return set_linkage(program, name, btf::BTF_FUNC_GLOBAL); }});
  }
}

std::vector<Shortening> Maker::make() {
  size_t loops = 0;
  for (const diag::ProfileLoop& told : profile_.loops) {
    const Loop* loop = loop_of(told);
    if (!loop || loops++ == kMaxLoops) continue;
    bound_loop(told, *loop);
  }
  make_functions_global();
  if (!profile_.loops.empty())
    if (const Loop* loop = loop_of(profile_.loops.front())) lower_limit(profile_.loops.front(), *loop);
  return std::move(out_);
}

}  // namespace

std::vector<Shortening> shortenings_for(const Env& env, const Counter& counter, const diag::Profile& profile) {
  return Maker(env, counter, profile).make();
}

}  // namespace skep::verifier
