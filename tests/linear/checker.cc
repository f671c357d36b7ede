// The search, and the models of what may be answered.
#include "checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "map/ops.h"

namespace skep::map {
namespace {

struct Configuration {
  std::vector<u32> done;  // by process
  State state;
  auto operator<=>(const Configuration&) const = default;
};
using Frontier = std::set<Configuration>;

bool found(const Op& op, u64 value) { return op.result == 0 && op.value == value; }

bool push(State& state, const Op& op) {
  if (op.flags == BPF_NOEXIST) return op.result == -EINVAL;
  if (state.size() == kQueueCapacity) {
    if (op.flags == BPF_ANY) return op.result == -E2BIG;
    state.erase(state.begin());
  }
  state.push_back(op.value);
  return op.result == 0;
}

// `next` is the place in a state that is not empty of what a pop takes.
bool queue_operation(State& state, const Op& op, State::size_type next) {
  if (op.kind == Kind::Update) return push(state, op);
  if (op.kind == Kind::Delete) return op.result == -EINVAL;
  if (state.empty()) return op.result == -ENOENT;
  if (!found(op, state[next])) return false;
  if (op.kind == Kind::Take) state.erase(state.begin() + State::difference_type(next));
  return true;
}

// An operation may come next if none of those that are still to come had ended before it started.
u64 first_end(const History& history, const std::vector<u32>& done) {
  u64 first = ~u64(0);
  for (u32 who = 0; who < history.size(); ++who) {
    if (done[who] < history[who].size()) first = std::min(first, history[who][done[who]].end);
  }
  return first;
}

void follow(const History& history, const Configuration& from, Model model, Frontier& next) {
  const u64 latest_start = first_end(history, from.done);
  for (u32 who = 0; who < history.size(); ++who) {
    if (from.done[who] == history[who].size() || history[who][from.done[who]].start > latest_start) continue;
    Configuration to = from;
    if (!model(to.state, history[who][to.done[who]++])) continue;
    next.insert(std::move(to));
  }
}

std::string text_of(const Op& op) {
  static constexpr const char* kNames[] = {"lookup", "update", "delete", "lookup_and_delete"};
  const std::string value = op.value == kTorn ? "torn" : fmt::format("{:#x}", op.value);
  return fmt::format("{} .. {} {} flags {} value {}: {}", op.start, op.end, kNames[u32(op.kind)], op.flags, value,
                     op.result);
}

// What cannot follow, in one of the configurations where the search ended.
std::string dead_end(const History& history, const Configuration& last) {
  std::string text = "the object holds [";
  for (const u64 value : last.state) text += fmt::format(" {:#x}", value);
  text += " ], and of these none can be next:\n";
  for (u32 who = 0; who < history.size(); ++who) {
    if (last.done[who] == history[who].size()) continue;
    text += fmt::format("  process {} operation {}: {}\n", who, last.done[who], text_of(history[who][last.done[who]]));
  }
  return text;
}

u64 count_overlapping(const History& history) {
  std::vector<std::pair<u64, u64>> spans;
  for (const auto& ops : history) {
    for (const Op& op : ops) spans.emplace_back(op.start, op.end);
  }
  std::sort(spans.begin(), spans.end());
  u64 count = 0, latest_end = 0;
  for (u64 i = 0; i < spans.size(); ++i) {
    const bool with_earlier = i > 0 && spans[i].first < latest_end;
    const bool with_later = i + 1 < spans.size() && spans[i + 1].first < spans[i].second;
    count += with_earlier || with_later;
    latest_end = std::max(latest_end, spans[i].second);
  }
  return count;
}

}  // namespace

bool element_model(State& state, const Op& op) {
  const bool is_there = !state.empty();
  if (op.kind == Kind::Update) {
    if (is_there && op.flags == BPF_NOEXIST) return op.result == -EEXIST;
    if (!is_there && op.flags == BPF_EXIST) return op.result == -ENOENT;
    state = {op.value};
    return op.result == 0;
  }
  if (!is_there) return op.result == -ENOENT;
  const u64 value = state[0];
  if (op.kind != Kind::Lookup) state.clear();
  return op.kind == Kind::Delete ? op.result == 0 : found(op, value);
}

bool queue_model(State& state, const Op& op) { return queue_operation(state, op, 0); }
bool stack_model(State& state, const Op& op) { return queue_operation(state, op, state.size() - 1); }

Verdict check_history(const History& history, const State& first, Model model) {
  Verdict verdict;
  for (const auto& ops : history) verdict.operations += ops.size();
  verdict.overlapping = count_overlapping(history);
  Frontier frontier = {{std::vector<u32>(history.size()), first}};
  for (u64 n = 0; n < verdict.operations; ++n) {
    Frontier next;
    for (const Configuration& from : frontier) follow(history, from, model, next);
    if (next.empty()) {
      verdict.linearizable = false;
      verdict.text = dead_end(history, *frontier.begin());
      return verdict;
    }
    frontier = std::move(next);
    verdict.configurations = std::max(verdict.configurations, u64(frontier.size()));
  }
  return verdict;
}

}  // namespace skep::map
