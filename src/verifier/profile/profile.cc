// See profile.h. Counted in one walk; what the values are called, and where they came from, is found in a second one,
// which is the same up to the visits that are looked at.
#include "verifier/profile/profile.h"

#include <algorithm>

#include "diag/words.h"
#include "verifier/explain/lineage.h"
#include "verifier/explain/names.h"
#include "verifier/profile/changes.h"
#include "verifier/profile/counter.h"

namespace skep::verifier {
namespace {

constexpr size_t kMaxPoints = 16, kMaxValuesOfPoint = 6, kMaxWaiting = 8;

// "r6", "fp-16"; of what is no value, what it is.
std::string location_words(const ApartAt& at, bool of_caller) {
  std::string words;
  switch (at.what) {
    case Difference::What::Reg: words = fmt::format("r{}", at.index); break;
    case Difference::What::Slot: words = fmt::format("fp-{}", (at.index + 1) * kSlotBytes); break;
    case Difference::What::Held: return "what is held: references, locks, sections";
    case Difference::What::Frames: return "the calls that led here";
  }
  return of_caller ? words + " of a caller" : words;
}

// Pointers with a variable offset differ in that, or in what is known of it elsewhere.
std::string value_words(const RegState& reg) {
  const diag::Known known = known_of(reg);
  if (known.kind != diag::Known::Kind::Pointer || known.is_constant()) return diag::words_of(known);
  return fmt::format("{} between {} and {}", diag::words_of(known), known.off + s64(known.umin),
                     known.off + s64(known.umax));
}

// The place in a loop where its source says `for`, `while` or the like, first of all where it is left; else its head.
diag::Place statement_of(const Env& env, const Loop& loop) {
  const auto begins_loop = [&](int insn) {
    const btf::LineInfo* line = env.prog_btf() ? line_info_at(env, u32(insn)) : nullptr;
    return line && diag::begins_loop(env.prog_btf()->string_at(line->line_off));
  };
  int left_at = -1;
  for (const auto& [from, to] : loop.exits)
    if (begins_loop(from)) left_at = std::max(left_at, from);
  if (left_at >= 0) return place_of(env, left_at);
  const auto found = std::find_if(loop.body.rbegin(), loop.body.rend(), begins_loop);
  return place_of(env, found == loop.body.rend() ? loop.head : *found);
}

// The second walk, and the telling.
class Teller : public Observer {
 public:
  Teller(const Counter& counter, const ProfileLimits& limits)
      : counter_(counter), limits_(limits), variables_(limits.variables) {}

  void started(Env& env, int) override;
  void before_step(Env& env) override;
  Outcome after_step(Env& env, Outcome outcome) override;
  void path_resumed(Env& env) override {
    if (follows_) trace_.resume(env);
  }
  void finished(Env& env, Outcome outcome) override;
  const diag::Variables* variables() override { return variables_.get(); }

  diag::Profile profile;
  std::vector<Shortening> changes;

 private:
  struct Sample {
    u64 at;  // Env::insns_processed
    size_t point, value;
    ApartAt where;
  };
  void tell(Env& env);
  void tell_lines(const Env& env);
  void tell_points(const Env& env);
  void tell_values(const Env& env, int insn, const PointCount& count);
  void tell_loops(const Env& env);
  void look_at(const Env& env, const Sample& sample);

  const Counter& counter_;
  const ProfileLimits limits_;
  LazyVariables variables_;
  std::vector<Sample> samples_;  // the last one first
  Trace trace_;
  bool told_ = false, follows_ = true;
};

void Teller::started(Env& env, int) {
  if (!told_) tell(env);
  trace_.restart(env);
}

void Teller::before_step(Env& env) {
  if (!follows_) return;
  trace_.begin_step(env);
  for (; !samples_.empty() && samples_.back().at <= u64(env.insns_processed) + 1; samples_.pop_back())
    if (samples_.back().at == u64(env.insns_processed) + 1) look_at(env, samples_.back());
}

Outcome Teller::after_step(Env& env, Outcome outcome) {
  if (outcome.is_error()) return outcome;
  if (samples_.empty() || env.insns_processed >= limits_.max_named) return Outcome::error(E2BIG);
  trace_.end_step(env);
  return outcome;
}

void Teller::finished(Env& env, Outcome) {
  follows_ = false;
  trace_.let_go();
  if (!told_) tell(env);
  changes = shortenings_for(env, counter_, profile);
}

void Teller::tell(Env& env) {
  told_ = true;
  profile.function = place_of(env, env.insns.empty() ? -1 : 0).function;
  profile.insns = counter_.processed;
  profile.complete = counter_.complete;
  for (const auto& [insn, point] : counter_.points) {
    profile.states += point.saved;
    profile.merged += point.merged;
  }
  tell_lines(env);
  tell_points(env);
  tell_loops(env);
  for (const auto& [insn, count] : counter_.waiting) profile.waiting.push_back({place_of(env, insn), count});
  std::stable_sort(profile.waiting.begin(), profile.waiting.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  if (profile.waiting.size() > kMaxWaiting) profile.waiting.resize(kMaxWaiting);
  std::stable_sort(samples_.begin(), samples_.end(), [](const Sample& a, const Sample& b) { return a.at > b.at; });
}

void Teller::tell_lines(const Env& env) {
  struct Sum {
    int insn;  // the one followed most
    u64 insns = 0, states = 0, merged = 0;
  };
  // By file and line; by instruction where there is neither.
  std::map<std::pair<u32, u32>, Sum> sums;
  for (size_t i = 0; i < counter_.insns.size(); i++) {
    if (!counter_.insns[i]) continue;
    const btf::LineInfo* line = line_info_at(env, u32(i));
    const auto key = line ? std::pair(line->file_name_off, line->line()) : std::pair(~0u, u32(i));
    Sum& sum = sums.try_emplace(key, Sum{int(i)}).first->second;
    if (counter_.insns[i] > counter_.insns[size_t(sum.insn)]) sum.insn = int(i);
    sum.insns += counter_.insns[i];
    const auto point = counter_.points.find(int(i));
    if (point == counter_.points.end()) continue;
    sum.states += point->second.saved;
    sum.merged += point->second.merged;
  }
  for (const auto& [key, sum] : sums) {
    diag::Place place = place_of(env, sum.insn);
    profile.lines.push_back({std::move(place), sum.insns, sum.states, sum.merged});
  }
  std::stable_sort(profile.lines.begin(), profile.lines.end(),
                   [](const auto& a, const auto& b) { return a.insns > b.insns; });
}

void Teller::tell_points(const Env& env) {
  std::vector<std::pair<int, const PointCount*>> points;
  for (const auto& [insn, point] : counter_.points)
    if (point.apart) points.emplace_back(insn, &point);
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& a, const auto& b) { return a.second->apart > b.second->apart; });
  if (points.size() > kMaxPoints) points.resize(kMaxPoints);
  for (const auto& [insn, point] : points) tell_values(env, insn, *point);
}

void Teller::tell_values(const Env& env, int insn, const PointCount& count) {
  diag::MeetingPoint point{place_of(env, insn), count.visits,     count.saved, count.merged,
                           count.apart,         count.unfinished, {}};
  std::vector<std::pair<ApartAt, const ApartCount*>> values;
  u32 top = 0;
  for (const auto& [at, value] : count.values) {
    values.emplace_back(at, &value);
    top = std::max(top, at.frame);
  }
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
    const u64 da = a.second->times - a.second->unfinished, db = b.second->times - b.second->unfinished;
    return da != db ? da > db : a.second->times > b.second->times;
  });
  if (values.size() > kMaxValuesOfPoint) values.resize(kMaxValuesOfPoint);
  for (const auto& [at, value] : values) {
    diag::KeptApart told;
    told.location = location_words(at, at.frame < top);
    told.times = value->times;
    told.alone = value->alone;
    told.precise = value->precise;
    told.distinct = value->seen.size();
    told.more = value->more;
    if (at.what == Difference::What::Reg && at.frame == top) told.reg = at.index;
    for (const RegState& reg : value->values) {
      std::string words = value_words(reg);
      if (std::find(told.values.begin(), told.values.end(), words) == told.values.end())
        told.values.push_back(std::move(words));
    }
    if (const int because = counter_.precise_because(insn, at); because >= 0 && value->precise)
      told.because = place_of(env, because);
    const bool is_value = at.what == Difference::What::Reg || at.what == Difference::What::Slot;
    if (is_value) samples_.push_back({value->sample, profile.points.size(), point.values.size(), at});
    point.values.push_back(std::move(told));
  }
  profile.points.push_back(std::move(point));
}

void Teller::tell_loops(const Env& env) {
  std::vector<const Loop*> loops;
  const auto cost = [&](const Loop& loop) {
    u64 sum = 0;
    for (const int insn : loop.body) sum += counter_.insns[size_t(insn)] + counter_.inside[size_t(insn)];
    return sum;
  };
  for (const Loop& loop : counter_.loops) loops.push_back(&loop);
  std::stable_sort(loops.begin(), loops.end(), [&](const Loop* a, const Loop* b) { return cost(*a) > cost(*b); });
  for (size_t k = 0; k < loops.size(); k++) {
    const Loop& loop = *loops[k];
    diag::ProfileLoop told;
    told.head = place_of(env, loop.head);
    told.end = place_of(env, loop.last);
    told.statement = statement_of(env, loop);
    told.insns = cost(loop);
    told.rounds = counter_.insns[size_t(loop.head)];
    size_t smallest = ~size_t{0};
    for (size_t o = 0; o < loops.size(); o++) {
      if (o == k || !loops[o]->has(loop.head) || loops[o]->body.size() >= smallest) continue;
      if (loops[o]->body.size() <= loop.body.size()) continue;
      smallest = loops[o]->body.size();
      told.inside = int(o);
    }
    for (const auto& [insn, point] : counter_.points)
      if (loop.has(insn)) told.states += point.saved;
    for (size_t p = 0; p < profile.points.size(); p++) {
      const int insn = profile.points[p].place.insn;
      if (insn == loop.head || (told.point < 0 && loop.has(insn))) told.point = int(p);
    }
    profile.loops.push_back(std::move(told));
  }
}

// What decides the end of a loop and is computed by its statement is what that counts with.
std::string counter_name(const diag::KeptApart& value) {
  const std::string_view name = value.because.in_c ? diag::counter_of_loop(value.because.source) : std::string_view();
  const auto counted = [&](const diag::Event& e) { return e.place.line == value.because.line; };
  const bool found = std::any_of(value.from.begin(), value.from.end(), counted);
  return found ? std::string(name) : std::string();
}

void Teller::look_at(const Env& env, const Sample& sample) {
  diag::KeptApart& told = profile.points[sample.point].values[sample.value];
  Lineage lineage(env, trace_);
  const Loc loc = sample.where.what == Difference::What::Reg ? Loc::of_reg(sample.where.frame, sample.where.index)
                                                             : Loc::of_slot(sample.where.frame, sample.where.index);
  lineage.follow(loc, trace_.size() - 1, {});
  told.name = lineage.name();
  told.from = lineage.take();
  const Step& here = trace_.step(trace_.size() - 1);
  if (told.name.empty() && here.frame == loc.frame) told.name = variable_name(env, here.insn, loc, true);
  if (told.name.empty()) told.name = counter_name(told);
  for (diag::Event& event : told.from) {
    if (event.name.empty()) event.name = told.name;
    diag::put_into_words(event);
  }
}

// --- changes --------------------------------------------------------------------------------------------------------

class Stopper : public Observer {
 public:
  explicit Stopper(u32 max_insns) : max_insns_(max_insns) {}
  void started(Env&, int) override {}
  void before_step(Env&) override {}
  Outcome after_step(Env& env, Outcome outcome) override {
    return outcome.ok() && env.insns_processed >= max_insns_ ? Outcome::error(E2BIG) : outcome;
  }
  void path_resumed(Env&) override {}
  void finished(Env&, Outcome) override {}

 private:
  const u32 max_insns_;
};

std::string words_of(const Shortening& change, const diag::Profile& profile, u64 insns) {
  if (profile.failed)
    return fmt::format("with this change the program loads, after {} instructions: {}", diag::grouped(insns),
                       change.help);
  return fmt::format("with this change {} instructions are followed and not {}: {}", diag::grouped(insns),
                     diag::grouped(profile.insns), change.help);
}

}  // namespace

diag::Profile profile(const Program& program, const target::Target& target, const ObjectSource& objects,
                      const Options& options, const ProfileLimits& limits) {
  const auto verify_with = [&](const Program& p, Observer& observer) {
    Options observed = options;
    observed.observer = &observer;
    observed.keep_facts = false;
    diag::Log log(0, 0);
    return verify(p, target, objects, observed, log);
  };
  Counter counter(limits.max_insns);
  const Verdict verdict = verify_with(program, counter);
  Teller teller(counter, limits);
  teller.profile.failed = verdict.error != 0;
  verify_with(program, teller);
  diag::Profile told = std::move(teller.profile);
  constexpr size_t kMaxHelp = 2;
  bool bounded = false;
  for (const Shortening& change : teller.changes) {
    if (change.takes_long && bounded) continue;
    const u32 budget = change.takes_long && limits.try_bounds ? target.limits().max_insns : limits.max_tried;
    if (told.help.size() == kMaxHelp || !budget || (change.takes_long && !limits.try_bounds)) continue;
    Program changed = program;
    if (!change.apply(changed)) continue;
    Stopper stopper(budget);
    const Verdict tried = verify_with(changed, stopper);
    const bool worth_it = told.failed || tried.stats.insns_processed < told.insns / 2;
    if (tried.error != 0 || !worth_it) continue;
    told.help.push_back(words_of(change, told, tried.stats.insns_processed));
    bounded = bounded || change.takes_long;
  }
  return told;
}

}  // namespace skep::verifier
