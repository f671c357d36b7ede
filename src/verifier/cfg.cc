// The control-flow check (spec: exploration.md 2.1, 2.2): one depth-first walk from insn 0 over fall-throughs, jumps,
// calls and function addresses. It finds unreachable code and, without CAP_BPF, loops; and it marks where states are
// looked up (prune points), where the path's history is noted (jump points), and where a state must be saved
// (checkpoints).
#include "verifier/call/call.h"
#include "verifier/flow.h"
#include "verifier/print_state.h"

namespace skep::verifier {

namespace {

enum class Mark : u8 { None, Discovered, Explored };

struct Edges {
  int count = 0;
  struct {
    int to;
    bool branch;
  } edge[2];
  void add(int to, bool branch) { edge[count++] = {to, branch}; }
};

class CfgWalk {
 public:
  explicit CfgWalk(Env& env) : env_(env), marks_(env.insns.size(), Mark::None) { stack_.reserve(kUsualDepth); }
  Outcome walk_from(int entry);
  Outcome check_all_reached();
  bool reached(int i) const { return marks_[i] != Mark::None; }

 private:
  static constexpr size_t kUsualDepth = 64;
  struct Frame {
    int insn;
    int next_edge;
  };
  Edges edges_of(int i);
  Outcome follow(int from, int to, bool branch);
  void mark_insn(int i);
  void finish(int i);
  void mark_call_effects(int i);
  void mark_kfunc_effects(int i);

  Env& env_;
  std::vector<Mark> marks_;
  std::vector<Frame> stack_;
};

int callee_of(const Env& env, int i) { return i + env.insns[i].imm + 1; }

Edges CfgWalk::edges_of(int i) {
  const isa::Insn& insn = env_.insns[i];
  Edges edges;
  if (isa::is_exit(insn)) return edges;
  if (isa::is_goto(insn)) {
    edges.add(i + 1 + isa::goto_offset(insn), false);
    return edges;
  }
  edges.add(i + (isa::is_ldimm64(insn) ? 2 : 1), false);
  if (isa::is_pseudo_call(insn) || isa::is_pseudo_func(insn))
    edges.add(callee_of(env_, i), true);
  else if (isa::is_cond_jmp(insn))
    edges.add(i + 1 + insn.off, true);
  return edges;
}

void mark_prune_and_jmp(Env& env, int i) {
  env.aux[i].prune_point = true;
  env.aux[i].jmp_point = true;
}

Outcome CfgWalk::follow(int from, int to, bool branch) {
  if (to < 0 || to >= int(env_.insns.size())) {
    print_source_line(env_, from, fmt::format("{}: ", from));
    return env_.reject(diag::JumpOutOfRange{}, from, to);
  }
  if (branch) mark_prune_and_jmp(env_, to);
  if (marks_[to] == Mark::None) {
    marks_[to] = Mark::Discovered;
    mark_insn(to);
    stack_.push_back({to, 0});
  } else if (marks_[to] == Mark::Discovered && !env_.bpf_capable) {
    print_source_line(env_, from, fmt::format("{}: ", from));
    print_source_line(env_, to, fmt::format("{}: ", to));
    return env_.reject(diag::BackEdge{}, from, to);
  }
  return kOk;
}

// Marks that an insn gets for being what it is.
void CfgWalk::mark_insn(int i) {
  const isa::Insn& insn = env_.insns[i];
  if (isa::is_pseudo_func(insn) || isa::is_pseudo_call(insn) || isa::is_cond_jmp(insn)) env_.aux[i].prune_point = true;
  if (isa::is_may_goto(insn)) env_.aux[i].force_checkpoint = true;
  if (isa::is_helper_call(insn)) mark_call_effects(i);
  if (isa::is_kfunc_call(insn)) mark_kfunc_effects(i);
}

void mark_sync_callback_call(Env& env, int i) {
  env.aux[i].calls_callback = true;
  env.aux[i].force_checkpoint = true;
  mark_prune_and_jmp(env, i);
}

void CfgWalk::mark_call_effects(int i) {
  const target::HelperProto* helper = env_.target.helper_for(u32(env_.insns[i].imm), env_.kind);
  const target::HelperProto* any = env_.target.helper(u32(env_.insns[i].imm));
  if (any && any->callback == target::CallbackKind::TimerSet)
    env_.aux[i].prune_point = true;
  else if (any && any->callback != target::CallbackKind::None)
    mark_sync_callback_call(env_, i);
  SubprogInfo& subprog = env_.subprogs[env_.subprog_at(u32(i))];
  if (helper && helper->has(target::kMightSleep)) subprog.might_sleep = true;
  if (any && any->has(target::kChangesPkt)) subprog.changes_pkt_data = true;
}

void CfgWalk::mark_kfunc_effects(int i) {
  using target::SpecialKfunc;
  KfuncSummary kfunc = kfunc_summary(env_, env_.insns[i]);
  if (!kfunc.ok) return;
  if (kfunc.flags & target::KF_ITER_NEXT) {
    env_.aux[i].prune_point = env_.aux[i].force_checkpoint = env_.aux[i].is_iter_next = true;
  }
  if (kfunc.special == SpecialKfunc::RbtreeAdd) mark_sync_callback_call(env_, i);
  if (kfunc.special == SpecialKfunc::WqSetCallback || kfunc.special == SpecialKfunc::TaskWorkSchedule)
    env_.aux[i].prune_point = true;
  SubprogInfo& subprog = env_.subprogs[env_.subprog_at(u32(i))];
  if (kfunc.flags & target::KF_SLEEPABLE) subprog.might_sleep = true;
  if (kfunc.special == SpecialKfunc::XdpPullData) subprog.changes_pkt_data = true;
}

// All edges of insn i are done: what comes after a call or a goto is a place to look up states; a caller has its
// callee's effects.
void CfgWalk::finish(int i) {
  const isa::Insn& insn = env_.insns[i];
  marks_[i] = Mark::Explored;
  if (isa::is_goto(insn)) mark_prune_and_jmp(env_, i + 1 + isa::goto_offset(insn));
  if (isa::is_call(insn)) mark_prune_and_jmp(env_, i + 1);
  if (isa::is_pseudo_func(insn)) mark_prune_and_jmp(env_, i + 2);
  if (isa::is_pseudo_call(insn) || isa::is_pseudo_func(insn)) {
    const SubprogInfo& callee = env_.subprogs[env_.subprog_at(u32(callee_of(env_, i)))];
    SubprogInfo& caller = env_.subprogs[env_.subprog_at(u32(i))];
    caller.changes_pkt_data |= callee.changes_pkt_data;
    caller.might_sleep |= callee.might_sleep;
  }
}

Outcome CfgWalk::walk_from(int entry) {
  marks_[entry] = Mark::Discovered;
  mark_insn(entry);
  stack_.push_back({entry, 0});
  while (!stack_.empty()) {
    int i = stack_.back().insn;
    Edges edges = edges_of(i);
    if (stack_.back().next_edge == edges.count) {
      finish(i);
      stack_.pop_back();
      continue;
    }
    auto edge = edges.edge[stack_.back().next_edge++];
    SKEP_TRY(follow(i, edge.to, edge.branch));
  }
  return kOk;
}

Outcome CfgWalk::check_all_reached() {
  for (size_t i = 0; i < env_.insns.size(); i++) {
    if (!reached(int(i))) return env_.reject(diag::UnreachableInsn{}, i);
    if (!isa::is_ldimm64(env_.insns[i])) continue;
    if (reached(int(i) + 1)) return env_.reject(diag::JumpIntoLdImm64{}, i);
    i++;
  }
  return kOk;
}

}  // namespace

Outcome check_cfg(Env& env) {
  CfgWalk walk(env);
  SKEP_TRY(walk.walk_from(0));
  if (env.exception_cb_subprog >= 0) {
    int entry = int(env.subprogs[env.exception_cb_subprog].start);
    if (!walk.reached(entry)) SKEP_TRY(walk.walk_from(entry));
  }
  return walk.check_all_reached();
}

}  // namespace skep::verifier
