// What following a program took, as one value from which text and JSON are made: instructions and states by source line
// and by loop, where paths meet, and the values that kept them from becoming one there.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "diag/explanation.h"
#include "diag/render_text.h"

namespace skep::diag {

// A source line, or an instruction where there is no line information. A line that is in several places (inlined
// functions) is counted once.
struct ProfileLine {
  Place place;
  u64 insns = 0;   // followed, each time counted
  u64 states = 0;  // saved
  u64 merged = 0;  // paths that ended here in a state that covers them
};

// A value that differed where paths met.
struct KeptApart {
  std::string name;      // in C; empty: not known
  std::string location;  // "r6", "fp-16", of an outer function "r6 of main()"; of what is no value: "references held"
  int reg = -1;          // the register, of the function where paths meet; -1: it is none
  u64 times = 0;         // paths that it kept apart from the newest state that was there
  u64 alone = 0;         // times that nothing else differed
  std::vector<std::string> values;  // the first ones that differ in words
  u64 distinct = 0;                 // how many there were
  bool more = false;                // and then more, which were not counted
  bool precise = false;             // a number whose exact value matters
  Place because;                    // to this instruction, if it is known
  std::vector<Event> from;          // where the value came from, as sentences
};

// A place where the verifier compares states.
struct MeetingPoint {
  Place place;
  u64 visits = 0, states = 0, merged = 0;
  u64 apart = 0;                  // visits that were compared and not merged
  u64 unfinished = 0;             // of these, where only that the earlier path was not at its end kept them apart
  std::vector<KeptApart> values;  // most frequent first
};

struct ProfileLoop {
  Place head, end;            // its first instruction and its last
  Place statement;            // `for (...)`, if the source has that; else its head
  u64 insns = 0, states = 0;  // what it calls included
  u64 rounds = 0;             // how often its head was reached
  int inside = -1;            // the loop around it, in Profile::loops
  int point = -1;             // the meeting point that tells most about it, in Profile::points
};

// Branches whose other side was not yet followed when the walk ended.
struct WaitingBranches {
  Place place;
  u64 count = 0;
};

struct Profile {
  std::string function;  // the program's own
  u64 insns = 0;         // followed
  u64 states = 0, merged = 0;
  bool complete = true;                  // false: only the first `insns` instructions were looked at
  bool failed = false;                   // the program was refused
  std::vector<ProfileLine> lines;        // most expensive first
  std::vector<ProfileLoop> loops;        // most expensive first
  std::vector<MeetingPoint> points;      // most often apart first
  std::vector<WaitingBranches> waiting;  // most first
  std::vector<std::string> help;
};

// 1234567 as "1,234,567".
std::string grouped(u64 n);
// "`i` is different each time: 0, 1, 2, ...".
std::string apart_words(const KeptApart& value);
// A table, its loops, and why their states stay apart.
std::string to_text(const Profile& profile, const TextStyle& style);
void write_json(JsonWriter& json, const Profile& profile);

}  // namespace skep::diag
