// Orders over the control-flow graph: postorder per subprogram and strongly connected components (spec:
// exploration.md 2.4, 2.5).
#include <algorithm>

#include "verifier/flow.h"

namespace skep::verifier {

const Postorder& postorder(Env& env) {
  if (!env.postorder.start.empty()) return env.postorder;
  enum : u8 { kDiscovered = 1, kExplored = 2 };
  std::vector<u8> marks(env.insns.size(), 0);
  std::vector<int> stack;
  Postorder& order = env.postorder;
  stack.reserve(env.insns.size());
  order.insns.reserve(env.insns.size());
  order.start.reserve(env.subprogs.size() + 1);
  for (const SubprogInfo& subprog : env.subprogs) {
    order.start.push_back(int(order.insns.size()));
    stack.push_back(int(subprog.start));
    while (!stack.empty()) {
      int top = stack.back();
      if (marks[top] & kExplored) {
        stack.pop_back();
        order.insns.push_back(top);
        continue;
      }
      marks[top] = kDiscovered | kExplored;
      Successors next = successors(env, top);
      for (int k = 0; k < next.count; k++) {
        if (marks[next.insn[k]]) continue;
        marks[next.insn[k]] = kDiscovered;
        stack.push_back(next.insn[k]);
      }
    }
  }
  order.start.push_back(int(order.insns.size()));
  return order;
}

namespace {

// Tarjan's algorithm without recursion: programs have up to a million insns.
class SccFinder {
 public:
  explicit SccFinder(Env& env) : env_(env), index_(env.insns.size(), 0), low_(env.insns.size(), 0) {
    on_path_.reserve(env.insns.size());
    dfs_.reserve(env.insns.size());
  }
  void run() {
    for (size_t root = 0; root < env_.insns.size(); root++)
      if (!index_[root]) visit(int(root));
  }

 private:
  static constexpr u32 kAssigned = ~0u;
  struct Frame {
    int insn;
    int next;
  };

  void enter(int i) {
    index_[i] = low_[i] = ++counter_;
    on_path_.push_back(i);
    dfs_.push_back({i, 0});
  }

  void visit(int root) {
    enter(root);
    while (!dfs_.empty()) {
      int i = dfs_.back().insn;
      Successors next = successors(env_, i);
      if (dfs_.back().next < next.count) {
        int to = next.insn[dfs_.back().next++];
        if (!index_[to])
          enter(to);
        else if (low_[to] != kAssigned)
          low_[i] = std::min(low_[i], index_[to]);
        continue;
      }
      dfs_.pop_back();
      if (low_[i] == index_[i])
        assign(i);
      else if (!dfs_.empty())
        low_[dfs_.back().insn] = std::min(low_[dfs_.back().insn], low_[i]);
    }
  }

  // i is the root of a component: everything above it on the path. Only loops get a number.
  void assign(int i) {
    bool is_loop = on_path_.back() != i;
    Successors next = successors(env_, i);
    for (int k = 0; k < next.count; k++) is_loop |= next.insn[k] == i;
    u32 number = is_loop ? ++components_ : 0;
    for (int member = -1; member != i;) {
      member = on_path_.back();
      on_path_.pop_back();
      low_[member] = kAssigned;
      env_.aux[member].scc = number;
    }
  }

  Env& env_;
  std::vector<u32> index_, low_;
  std::vector<int> on_path_;
  std::vector<Frame> dfs_;
  u32 counter_ = 0, components_ = 0;
};

}  // namespace

void compute_scc(Env& env) {
  for (int i = 0; i < int(env.insns.size()); i++) {
    Successors next = successors(env, i);
    for (int k = 0; k < next.count; k++) env.has_back_jumps |= next.insn[k] <= i;
  }
  if (env.has_back_jumps) SccFinder(env).run();
}

}  // namespace skep::verifier
