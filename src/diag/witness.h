// Witness: an input with which a program really breaks the rule it is refused for, or that there is none on the path
// that the verifier took, or why that could not be told.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"

namespace skep::diag {

struct WitnessInput {
  std::string name;   // "packet of 14 bytes", "`n`", "what `bpf_ktime_get_ns()` returns"
  std::string value;  // "00 00 08", "70", "NULL"; empty: the name says it
};

struct Witness {
  enum class Verdict : u8 { NotAsked, Found, NoSuchInput, NotDecided } verdict = Verdict::NotAsked;
  // Found: what the run does, as "reads 4 bytes past the end of the packet". NoSuchInput: what the verifier cannot see.
  // NotDecided: why.
  std::string words;
  std::string reason;  // of NotDecided, one word for machines: program, verifier, path, addresses, loop ...
  std::vector<WitnessInput> inputs;  // Found: those that matter; empty: every run that gets there does it
  u64 time_us = 0;
};

const char* verdict_name(Witness::Verdict verdict);  // "found", "no_such_input", "not_decided"
// "this input reads 4 bytes past the end of the packet: packet of 14 bytes: 00 ...; `n` = 70"
std::string to_words(const Witness& witness);

}  // namespace skep::diag
