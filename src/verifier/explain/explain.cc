// See explain.h. The observer of the second verification: keeps the trace, tells each failure, and goes on behind it
// where that does not make another one of it.
#include "verifier/explain/explain.h"

#include <algorithm>

#include "diag/cause.h"
#include "diag/words.h"
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
  // `told`: what the first verification said.
  Explainer(const ExplainLimits& limits, const diag::Rejection* told) : limits_(limits), told_(told) {}

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

  bool is_too_long() const;
  void keep_loop(Env& env);

  const ExplainLimits limits_;
  const diag::Rejection* told_;
  Trace trace_;
  u64 log_pos_ = 0;
  size_t pending_ = 0;       // paths queued before the step
  std::vector<u32> visits_;  // per instruction, while the first ones of a walk that is too long are looked at
  u32 stop_at_ = 0;          // instructions processed, after the first failure
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
  failures_.push_back(std::move(story));
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

bool gives_up_for_length(const diag::Rejection& rejection) {
  return rejection.kind == diag::Kind::ProgTooLarge || rejection.kind == diag::Kind::TooManyJumps;
}

// The walk was given up for its length: walking it again would take as long, and show nothing that its beginning does
// not.
bool Explainer::is_too_long() const { return told_ && gives_up_for_length(*told_); }

// Told at the branch that was seen most often.
void Explainer::keep_loop(Env& env) {
  env.rejection = *told_;
  int most = 0;
  for (int i = 0; i < int(visits_.size()); i++)
    if (isa::is_cond_jmp(env.insns[size_t(i)]) && visits_[size_t(i)] > visits_[size_t(most)]) most = i;
  diag::Explanation story = tell_program(env, most);
  story.facts.emplace_back("visits", std::to_string(visits_[size_t(most)]));
  story.facts.emplace_back("walked", std::to_string(limits_.max_insns_too_long));
  keep(std::move(story), lines_of(told_->line));
}

Outcome Explainer::after_step(Env& env, Outcome outcome) {
  if (is_too_long()) {
    visits_.resize(env.insns.size());
    const int insn = trace_.step(trace_.size() - 1).insn;
    if (size_t(insn) < visits_.size()) visits_[size_t(insn)]++;
    if (failures_.empty() && env.insns_processed >= limits_.max_insns_too_long) keep_loop(env);
    if (!failures_.empty()) return Outcome::error(told_->error);
  }
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
  const std::pair<std::string_view, const std::string&> names[] = {{"%name", failure.subject}, {"%index", index}};
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
  if (suggestion.insn >= 0 && isa::is_exit(program.insns[size_t(suggestion.insn)])) {
    fix.file = failure.place.file;  // where the path came to the exit that all paths share
    fix.line = failure.place.line;
  }
  if (fix.line && fix.line != failure.place.line) fix.words += fmt::format(" (line {})", fix.line);
  return fix;
}

// What was tried comes first, and what was only thought of is marked so.
void add_suggestions(diag::Explanation& failure, const std::vector<Suggestion>& suggestions, const Program& program) {
  if (suggestions.empty()) return;
  std::string words;
  for (const Suggestion& suggestion : suggestions) {
    failure.fixes.push_back(fix_of(suggestion, failure, program));
    words += (words.empty() ? "" : "; and then: ") + failure.fixes.back().words;
  }
  failure.fixes_load = suggestions.front().loads;
  const std::string_view said = !failure.fixes_load      ? "this gets past the failure, but not further: "
                                : suggestions.size() > 1 ? "with these changes the program loads: "
                                                         : "with this change the program loads: ";
  for (std::string& help : failure.help) help += " (not verified)";
  failure.help.insert(failure.help.begin(), std::string(said) + words);
}

}  // namespace

std::vector<diag::Explanation> explain(const Program& program, const target::Target& target,
                                       const ObjectSource& objects, const Options& options,
                                       const std::optional<diag::Rejection>& told, const ExplainLimits& limits) {
  constexpr u32 kLogBytes = 64 << 10;
  diag::Log log(diag::BPF_LOG_STATS, kLogBytes);
  Explainer explainer(limits, told ? &*told : nullptr);
  Options observed = options;
  observed.observer = &explainer;
  verify(program, target, objects, observed, log);
  std::vector<diag::Explanation> failures = explainer.take();
  const bool too_long = told && gives_up_for_length(*told);  // trying changes would take as long each time
  if (limits.try_changes && !failures.empty() && !too_long)
    add_suggestions(failures.front(), what_if(program, target, objects, options), program);
  return failures;
}

}  // namespace skep::verifier
