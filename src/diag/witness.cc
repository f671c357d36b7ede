// See witness.h.
#include "diag/witness.h"

#include <fmt/format.h>

namespace skep::diag {

const char* verdict_name(Witness::Verdict verdict) {
  switch (verdict) {
    case Witness::Verdict::Found: return "found";
    case Witness::Verdict::NoSuchInput: return "no_such_input";
    case Witness::Verdict::NotDecided: return "not_decided";
    case Witness::Verdict::NotAsked: break;
  }
  return "not_asked";
}

std::string to_words(const Witness& witness) {
  switch (witness.verdict) {
    case Witness::Verdict::NoSuchInput: return "no such input on this path: " + witness.words;
    case Witness::Verdict::NotDecided: return "not decided: " + witness.words;
    case Witness::Verdict::NotAsked: return {};
    case Witness::Verdict::Found: break;
  }
  if (witness.inputs.empty()) return "every run that takes this path " + witness.words;
  std::string words = "this input " + witness.words;
  for (size_t i = 0; i < witness.inputs.size(); ++i) {
    const WitnessInput& input = witness.inputs[i];
    const bool is_bytes = input.name.starts_with("packet of");
    words += fmt::format("{}{}{}{}", i ? "; " : ": ", input.name,
                         input.value.empty() ? ""
                         : is_bytes          ? ": "
                                             : " = ",
                         input.value);
  }
  return words;
}

}  // namespace skep::diag
