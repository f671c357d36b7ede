// See loops.h. Back edges are those to an instruction that the depth-first walk is still below; a loop is what reaches
// its back edges without passing its head.
#include "verifier/profile/loops.h"

#include <algorithm>
#include <map>

#include "verifier/flow.h"

namespace skep::verifier {
namespace {

// Back edges by head.
class BackEdges {
 public:
  explicit BackEdges(const Env& env) : env_(env), mark_(env.insns.size(), kNew) {
    for (const SubprogInfo& subprog : env.subprogs) walk(int(subprog.start));
  }
  std::map<int, std::vector<int>> take() { return std::move(edges_); }

 private:
  enum Mark : u8 { kNew, kOpen, kDone };
  struct Frame {
    int insn, next;
  };

  void walk(int root) {
    enter(root);
    while (!path_.empty()) {
      Frame& top = path_.back();
      const Successors next = successors(env_, top.insn);
      if (top.next >= next.count) {
        mark_[size_t(top.insn)] = kDone;
        path_.pop_back();
        continue;
      }
      const int to = next.insn[top.next++], from = top.insn;
      if (mark_[size_t(to)] == kOpen) edges_[to].push_back(from);
      enter(to);
    }
  }
  void enter(int insn) {
    if (mark_[size_t(insn)] != kNew) return;
    mark_[size_t(insn)] = kOpen;
    path_.push_back({insn, 0});
  }

  const Env& env_;
  std::vector<u8> mark_;
  std::vector<Frame> path_;
  std::map<int, std::vector<int>> edges_;
};

using Predecessors = std::vector<std::vector<int>>;

Predecessors predecessors(const Env& env) {
  Predecessors found(env.insns.size());
  for (int i = 0; i < int(env.insns.size()); i += isa::is_ldimm64(env.insns[size_t(i)]) ? 2 : 1) {
    const Successors next = successors(env, i);
    for (int k = 0; k < next.count; k++) found[size_t(next.insn[k])].push_back(i);
  }
  return found;
}

Loop loop_at(const Env& env, const Predecessors& before, int head, std::vector<int> latches) {
  Loop loop{head, head, {head}, {}, {}};
  std::vector<bool> in(env.insns.size());
  in[size_t(head)] = true;
  while (!latches.empty()) {
    const int insn = latches.back();
    latches.pop_back();
    if (in[size_t(insn)]) continue;
    in[size_t(insn)] = true;
    loop.body.push_back(insn);
    latches.insert(latches.end(), before[size_t(insn)].begin(), before[size_t(insn)].end());
  }
  std::sort(loop.body.begin(), loop.body.end());
  loop.last = loop.body.back();
  for (const int insn : loop.body) {
    const Successors next = successors(env, insn);
    for (int k = 0; k < next.count; k++)
      if (!in[size_t(next.insn[k])]) loop.exits.emplace_back(insn, next.insn[k]);
  }
  for (const int insn : before[size_t(head)])
    if (!in[size_t(insn)]) loop.entries.push_back(insn);
  return loop;
}

}  // namespace

bool Loop::has(int insn) const { return std::binary_search(body.begin(), body.end(), insn); }

std::vector<Loop> loops_of(const Env& env, const std::vector<u64>& visits, size_t max) {
  if (!env.has_back_jumps) return {};
  std::map<int, std::vector<int>> edges = BackEdges(env).take();
  std::vector<int> heads;
  for (const auto& [head, latches] : edges)
    if (visits[size_t(head)]) heads.push_back(head);
  std::stable_sort(heads.begin(), heads.end(), [&](int a, int b) { return visits[size_t(a)] > visits[size_t(b)]; });
  if (heads.size() > max) heads.resize(max);
  const Predecessors before = predecessors(env);
  std::vector<Loop> loops;
  for (const int head : heads) loops.push_back(loop_at(env, before, head, edges[head]));
  return loops;
}

}  // namespace skep::verifier
