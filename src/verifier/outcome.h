// Outcome: what a check says of the instruction at hand. Ok, the end of this path (not an error), or a positive errno
// of a rejection whose message is already in the log and whose typed value is in Env::rejection.
#pragma once

namespace skep::verifier {

class [[nodiscard]] Outcome {
 public:
  constexpr Outcome() = default;
  static constexpr Outcome error(int positive_errno) { return Outcome(positive_errno); }
  // The path ends here without fault: program exit, bpf_throw, a barrier on a speculative path.
  static constexpr Outcome path_end() { return Outcome(kPathEnd); }

  constexpr bool ok() const { return code_ == 0; }
  constexpr bool is_error() const { return code_ > 0; }
  constexpr bool is_path_end() const { return code_ == kPathEnd; }
  constexpr int error() const { return code_ > 0 ? code_ : 0; }

 private:
  static constexpr int kPathEnd = -1;
  explicit constexpr Outcome(int code) : code_(code) {}
  int code_ = 0;
};

inline constexpr Outcome kOk{};

}  // namespace skep::verifier

// Returns from the calling function what `expression` (an Outcome) says, unless it is ok.
#define SKEP_TRY(expression)                                                                   \
  do {                                                                                         \
    if (::skep::verifier::Outcome skep_try_ = (expression); !skep_try_.ok()) return skep_try_; \
  } while (0)
