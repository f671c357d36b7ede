// See explain.h. The observer of the second verification: keeps the trace, tells each failure, and goes on behind it
// where that does not make another one of it.
#include "verifier/explain/explain.h"

#include <algorithm>

#include "diag/cause.h"
#include "diag/words.h"
#include "verifier/explain/names.h"
#include "verifier/explain/story.h"
#include "verifier/observer.h"
#include "verifier/whatif/whatif.h"

namespace skep::verifier {

namespace {

// The log as lines, without what only shows where the verifier was: states and source lines.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool aside = line.empty() || line.starts_with("; ") || line.starts_with("cur state:") ||
                       line.starts_with("old state:") || line.starts_with("verification time ") ||
                       line.starts_with("stack depth ") || line.starts_with("processed ") ||
                       (line.starts_with("func '") && line.find("has btf_id") != std::string_view::npos);
    if (!aside) lines.emplace_back(line);
  }
  return lines;
}

class Explainer : public Observer {
 public:
  explicit Explainer(const ExplainLimits& limits) : limits_(limits), variables_(limits.variables) {}

  void started(Env& env, int subprog) override {
    if (subprog == 0) noise_ = lines_of(log_since(env, 0));
    trace_.restart(env);
  }
  void before_step(Env& env) override {
    log_pos_ = env.log.end_pos();
    pending_ = env.pending.size();
    trace_.begin_step(env);
  }
  Outcome after_step(Env& env, Outcome outcome) override;
  void path_resumed(Env& env) override { trace_.resume(env); }
  void finished(Env& env, Outcome outcome) override;
  const diag::Variables* variables() override { return variables_.get(); }

  std::vector<diag::Explanation> take() { return std::move(failures_); }

 private:
  // What tells causes apart: where it failed, and which instruction made the value at fault.
  struct Known {
    int insn, root;
    std::string_view code;
  };

  static std::string log_since(Env& env, u64 pos);
  bool has_known_cause(const Env& env);
  Outcome go_on(Env& env);
  void keep(diag::Explanation story, const std::vector<std::string>& kernel);
  bool is_told(const diag::Explanation& story) const;

  const ExplainLimits limits_;
  LazyVariables variables_;
  Trace trace_;
  u64 log_pos_ = 0;
  size_t pending_ = 0;  // paths queued before the step
  u32 stop_at_ = 0;     // instructions processed, after the first failure
  std::vector<std::string> noise_;
  std::vector<Known> known_;
  std::vector<diag::Explanation> failures_;
};

std::string Explainer::log_since(Env& env, u64 pos) {
  const u64 length = env.log.end_pos() - pos;
  std::string text = env.log.finish().text;
  return length < text.size() ? text.substr(text.size() - length) : text;
}

void Explainer::keep(diag::Explanation story, const std::vector<std::string>& kernel) {
  if (limits_.witness && story.witness.verdict == diag::Witness::Verdict::NotAsked)
    story.witness = {diag::Witness::Verdict::NotDecided, "what fails is not a step that a run takes", "program"};
  for (const std::string& line : kernel) story.kernel += (story.kernel.empty() ? "" : "\n") + line;
  if (failures_.empty())
    story.noise = noise_;
  else
    story.notes.push_back("Linux stops at the first failure; this one is there, too");
  diag::put_into_words(story);
  if (!is_told(story)) failures_.push_back(std::move(story));
}

// Code that the compiler put into several places fails in each of them, in the same words.
bool Explainer::is_told(const diag::Explanation& story) const {
  return std::any_of(failures_.begin(), failures_.end(), [&](const diag::Explanation& told) {
    return story.place.line && told.place.line == story.place.line && told.place.file == story.place.file &&
           told.title == story.title;
  });
}

// The failure has the cause of an earlier one: it happens at the same place, goes back to the same value in the same
// way, or to a value that was made up to get past a failure.
bool Explainer::has_known_cause(const Env& env) {
  const int insn = trace_.step(trace_.size() - 1).insn;
  const std::string_view code = diag::cause_of(*env.rejection).code;
  const std::vector<int> sources = sources_of_failure(env, trace_);
  const int root = sources.empty() ? -1 : sources.back();
  bool told = false;
  for (const Known& known : known_) {
    if (known.insn == insn) return true;
    const bool same_value = root >= 0 && known.root == root && known.code == code;
    told = told || same_value || std::find(sources.begin(), sources.end(), known.insn) != sources.end();
  }
  known_.push_back({insn, root, code});  // also one that is not told: what it gives is made up, too
  return told;
}

// Makes up what the refused instruction would have given, where that is harmless: loads and stores. Everything else
// ends the path.
Outcome Explainer::go_on(Env& env) {
  // What the refused instruction queued may be half made.
  while (env.pending.size() > pending_) env.pending.pop_back();
  env.rejection.reset();  // what comes is no summary of this one
  const int insn_idx = trace_.step(trace_.size() - 1).insn;
  const isa::Insn& insn = env.insns[size_t(insn_idx)];
  const u8 cls = isa::insn_class(insn.code);
  const bool loads = cls == isa::BPF_LDX;
  const bool stores = (cls == isa::BPF_ST || cls == isa::BPF_STX) && !isa::is_atomic(insn);
  if ((!loads && !stores) || env.cur->speculative) return Outcome::path_end();
  const RegState address = env.cregs()[loads ? insn.src : insn.dst];
  if (address.may_be_null() && address.id) {  // as if it had been checked
    const auto same = [&](const RegState& r) { return r.id == address.id && r.may_be_null(); };
    for_each_reg(*env.cur, same, [](RegState& reg) { reg.type &= ~u32(PTR_MAYBE_NULL); });
  }
  if (loads) mark_reg_unknown(env, env.regs(), insn.dst);
  env.insn_idx = insn_idx + 1;
  trace_.end_step(env);
  return kOk;
}

// A program that is too large or too complex has no other failure worth the time; nor has one that contradicts itself.
bool may_go_on(const Env& env) {
  switch (env.rejection->kind) {
    case diag::Kind::ProgTooLarge:
    case diag::Kind::TooManyJumps:
    case diag::Kind::TooManyJumpsAsync:
    case diag::Kind::InfiniteLoop:
    case diag::Kind::RegInvariantsViolation: return false;
    default: return true;
  }
}

Outcome Explainer::after_step(Env& env, Outcome outcome) {
  if (!outcome.is_error()) {
    trace_.end_step(env);
    const bool enough = !failures_.empty() && env.insns_processed > stop_at_;
    return enough ? Outcome::error(failures_.front().rejection.error) : outcome;
  }
  if (!env.rejection) return outcome;
  if (!has_known_cause(env)) {
    const std::vector<std::string> kernel = lines_of(log_since(env, log_pos_));
    const std::string_view detail = kernel.empty() ? std::string_view() : kernel.front();
    diag::Explanation story = tell_step(env, trace_, detail);
    if (limits_.witness) story.witness = limits_.witness->search(env, trace_, detail);
    keep(std::move(story), kernel);
  }
  if (failures_.size() == 1 && stop_at_ == 0) stop_at_ = env.insns_processed + limits_.max_insns_after;
  if (failures_.size() >= limits_.max_failures || !may_go_on(env)) return outcome;
  return go_on(env);
}

void Explainer::finished(Env& env, Outcome outcome) {
  trace_.let_go();
  if (!outcome.is_error() || !failures_.empty() || !env.rejection) return;
  keep(tell_program(env, -1), lines_of(env.rejection->line));
}

// A template with the names of this failure: quoted in words, bare inside backticks and in code.
std::string with_names(std::string text, const diag::Explanation& failure, bool is_code) {
  std::string index;
  for (const auto& [name, value] : failure.facts)
    if (name == "index" && value.size() > 2) index = value.substr(1, value.size() - 2);  // without its quotes
  std::string held;
  for (const diag::Event& event : failure.path)
    if (event.kind == diag::EventKind::Acquire || event.kind == diag::EventKind::Create) held = event.name;
  const std::pair<std::string_view, const std::string&> names[] = {
      {"%name", failure.subject}, {"%index", index}, {"%held", held}};
  for (const auto& [placeholder, name] : names) {
    for (size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at)) {
      const bool in_code = is_code || std::count(text.begin(), text.begin() + std::ptrdiff_t(at), '`') % 2;
      const std::string words =
          name.empty() ? (placeholder == "%index" ? "the number" : "the value") : "`" + name + "`";
      const std::string shown = !in_code ? words : name.empty() ? "..." : name;
      const bool has_address = at > 0 && text[at - 1] == '&' && shown.starts_with('&');
      text.replace(at, placeholder.size(), shown, has_address ? 1 : 0);
      at += shown.size();
    }
  }
  return text;
}

// Code that can stand in the source: what it names is no register, and no call that would be made again.
bool has_name_in_c(std::string_view code, std::string_view name) {
  const bool is_register = name.size() == 2 && name[0] == 'r' && name[1] >= '0' && name[1] <= '9';
  const bool is_call = name.find('(') != std::string_view::npos;
  const bool uses_it = !name.empty() && code.find(name) != std::string_view::npos;
  return code.find("...") == std::string_view::npos && !(uses_it && (is_register || is_call));
}

diag::Fix fix_of(const Suggestion& suggestion, const diag::Explanation& failure, const Program& program) {
  diag::Fix fix{with_names(suggestion.help, failure, false), suggestion.edit, suggestion.insn, suggestion.file,
                suggestion.line};
  fix.edit.code = with_names(suggestion.edit.code, failure, true);
  if (!has_name_in_c(fix.edit.code, failure.subject)) fix.edit = {};
  const std::string_view code = std::string_view(fix.edit.code).substr(0, fix.edit.code.rfind(';'));
  const bool has_code = fix.words.find(code) != std::string::npos;
  if (fix.edit.kind == diag::SourceEdit::Kind::Before && !has_code) fix.words += ": `" + fix.edit.code + "`";
  if (suggestion.insn >= 0 && isa::is_exit(program.insns[size_t(suggestion.insn)])) {
    fix.file = failure.place.file;  // where the path came to the exit that all paths share
    fix.line = failure.place.line;
  }
  if (fix.line && fix.line != failure.place.line) fix.words += fmt::format(" (line {})", fix.line);
  return fix;
}

// The words say what to write, not only what for.
bool says_it_in_c(const diag::Fix& fix) {
  return fix.edit.kind != diag::SourceEdit::Kind::None || fix.words.find(";`") != std::string::npos ||
         fix.words.find(")`") != std::string::npos;
}

// What was tried comes first. What was only thought of is marked so, and left out where what was tried can be written
// down as it is.
void add_suggestions(diag::Explanation& failure, const std::vector<Suggestion>& suggestions, const Program& program) {
  if (suggestions.empty()) return;
  std::string words;
  for (const Suggestion& suggestion : suggestions) {
    diag::Fix fix = fix_of(suggestion, failure, program);
    // In another copy of inlined code; or one statement in C does both.
    const bool again = std::any_of(failure.fixes.begin(), failure.fixes.end(), [&](const diag::Fix& other) {
      const bool same_edit = fix.edit.kind != diag::SourceEdit::Kind::None && other.edit.kind == fix.edit.kind &&
                             other.edit.code == fix.edit.code;
      return (other.words == fix.words || same_edit) && other.line == fix.line;
    });
    if (!again) words += (words.empty() ? "" : "; and then: ") + fix.words;
    if (!again) failure.fixes.push_back(std::move(fix));
  }
  failure.fixes_load = suggestions.front().loads;
  const std::string_view said = !failure.fixes_load        ? "this gets past the failure, but not further: "
                                : failure.fixes.size() > 1 ? "with these changes the program loads: "
                                                           : "with this change the program loads: ";
  if (failure.fixes_load && std::all_of(failure.fixes.begin(), failure.fixes.end(), says_it_in_c)) failure.help.clear();
  for (std::string& help : failure.help) help += " (not verified)";
  failure.help.insert(failure.help.begin(), std::string(said) + words);
}

// Where a walk that was too long spent most: at the head of a loop, or where branches wait.
const diag::Place& place_of_length(const diag::Profile& profile) {
  static const diag::Place kNone;
  if (!profile.waiting.empty() && !profile.complete && profile.loops.empty()) return profile.waiting.front().place;
  if (!profile.loops.empty() && profile.loops.front().rounds > 1) return profile.loops.front().statement;
  if (!profile.points.empty()) return profile.points.front().place;
  return profile.lines.empty() ? kNone : profile.lines.front().place;
}

diag::Explanation tell_length(const diag::Rejection& rejection, const diag::Profile& profile) {
  diag::Explanation story;
  story.rejection = rejection;
  story.place = place_of_length(profile);
  story.kernel = rejection.line;
  while (story.kernel.ends_with('\n')) story.kernel.pop_back();
  const auto fact = [&](const char* name, std::string value) { story.facts.emplace_back(name, std::move(value)); };
  fact("walked", diag::grouped(profile.insns));
  u64 waiting = 0;
  for (const diag::WaitingBranches& branches : profile.waiting) waiting += branches.count;
  if (waiting) fact("waiting", diag::grouped(waiting));
  const diag::ProfileLoop* loop = profile.loops.empty() ? nullptr : &profile.loops.front();
  if (loop && loop->statement.insn == story.place.insn) {
    fact("rounds", diag::grouped(loop->rounds));
    fact("share", fmt::format("{:.0f} %", profile.insns ? 100.0 * double(loop->insns) / double(profile.insns) : 0.0));
  }
  const int point = loop ? loop->point : profile.points.empty() ? -1 : 0;
  if (point >= 0 && !profile.points[size_t(point)].values.empty())
    fact("apart", diag::apart_words(profile.points[size_t(point)].values.front()));
  diag::put_into_words(story);
  for (std::string& help : story.help) help += " (not verified)";
  story.help.insert(story.help.begin(), profile.help.begin(), profile.help.end());
  return story;
}

}  // namespace

bool gives_up_for_length(const diag::Rejection& rejection) {
  return rejection.kind == diag::Kind::ProgTooLarge || rejection.kind == diag::Kind::TooManyJumps ||
         rejection.kind == diag::Kind::TooManyJumpsAsync;
}

std::vector<diag::Explanation> explain(const Program& program, const target::Target& target,
                                       const ObjectSource& objects, const Options& options,
                                       const std::optional<diag::Rejection>& told, const ExplainLimits& limits,
                                       const diag::Profile* profile) {
  if (told && profile && gives_up_for_length(*told)) return {tell_length(*told, *profile)};
  constexpr u32 kLogBytes = 64 << 10;
  diag::Log log(diag::BPF_LOG_STATS, kLogBytes);
  Explainer explainer(limits);
  Options observed = options;
  observed.observer = &explainer;
  verify(program, target, objects, observed, log);
  std::vector<diag::Explanation> failures = explainer.take();
  if (limits.try_changes && !failures.empty())
    add_suggestions(failures.front(), what_if(program, target, objects, options), program);
  return failures;
}

}  // namespace skep::verifier
