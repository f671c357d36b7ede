// See explain.h. The observer of the second verification: keeps the trace, tells each failure, and goes on behind it
// where that does not make another one of it.
#include "verifier/explain/explain.h"

#include <algorithm>

#include "diag/words.h"
#include "verifier/explain/story.h"
#include "verifier/observer.h"

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
  explicit Explainer(const ExplainLimits& limits) : limits_(limits) {}

  void started(Env& env, int subprog) override {
    if (subprog == 0) noise_ = lines_of(log_since(env, 0));
    trace_.restart(env);
  }
  void before_step(Env& env) override {
    log_pos_ = env.log.end_pos();
    trace_.begin_step(env);
  }
  Outcome after_step(Env& env, Outcome outcome) override;
  void path_resumed(Env& env) override { trace_.resume(env); }
  void finished(Env& env, Outcome outcome) override;

  std::vector<diag::Explanation> take() { return std::move(failures_); }

 private:
  static std::string log_since(Env& env, u64 pos);
  void keep(diag::Explanation story, std::vector<std::string> kernel);

  const ExplainLimits limits_;
  Trace trace_;
  u64 log_pos_ = 0;
  std::vector<std::string> noise_;
  std::vector<diag::Explanation> failures_;
};

std::string Explainer::log_since(Env& env, u64 pos) {
  const u64 length = env.log.end_pos() - pos;
  std::string text = env.log.finish().text;
  return length < text.size() ? text.substr(text.size() - length) : text;
}

void Explainer::keep(diag::Explanation story, std::vector<std::string> kernel) {
  for (const std::string& line : kernel) story.kernel += (story.kernel.empty() ? "" : "\n") + line;
  story.noise = noise_;
  diag::put_into_words(story);
  failures_.push_back(std::move(story));
}

Outcome Explainer::after_step(Env& env, Outcome outcome) {
  if (!outcome.is_error()) {
    trace_.end_step(env);
    return outcome;
  }
  if (env.rejection) keep(tell_step(env, trace_), lines_of(log_since(env, log_pos_)));
  return outcome;
}

void Explainer::finished(Env& env, Outcome outcome) {
  trace_.let_go();
  if (!outcome.is_error() || !failures_.empty() || !env.rejection) return;
  keep(tell_program(env), lines_of(env.rejection->line));
}

}  // namespace

std::vector<diag::Explanation> explain(const Program& program, const target::Target& target,
                                       const ObjectSource& objects, const Options& options,
                                       const ExplainLimits& limits) {
  constexpr u32 kLogBytes = 64 << 10;
  diag::Log log(diag::BPF_LOG_STATS, kLogBytes);
  Explainer explainer(limits);
  Options observed = options;
  observed.observer = &explainer;
  verify(program, target, objects, observed, log);
  return explainer.take();
}

}  // namespace skep::verifier
