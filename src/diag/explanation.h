// Why a program is refused, as one value from which every rendering is made: text, JSON, SARIF, annotations. The
// verifier fills in what happened (places, events, what was known); words.cc adds the sentences. Nothing here is a
// kernel interface but `kernel`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diag/c_text.h"
#include "diag/cause.h"
#include "diag/rejection.h"
#include "diag/witness.h"

namespace skep::diag {

// An instruction, and where in the source it came from as far as debug information says.
struct Place {
  int insn = -1;             // -1: none
  std::string file;          // as the compiler recorded it; empty: no line information
  u32 line = 0, column = 0;  // from 1; 0: unknown
  std::string function;
  std::string source;    // the line
  Span span;             // the expression that is meant, in `source`
  bool in_c = false;     // `source` is C, not inline assembly
  std::string assembly;  // "r1 = *(u64 *)(r0 +0)"

  std::string_view expression() const { return in_c ? span.in(source) : std::string_view(); }
};

// What the verifier knows of a value.
struct Known {
  enum class Kind : u8 { Unset, Number, Pointer } kind = Kind::Unset;
  std::string type;    // the kernel's word: "scalar", "map_value_or_null"
  std::string object;  // a pointer's: "a value of map `flows`", "struct task_struct"
  bool may_be_null = false;
  bool sized = false;
  u32 size = 0;  // bytes of the object that may be used from its beginning
  s64 off = 0;   // a pointer's fixed offset
  // A number's value, or the variable part of a pointer's offset.
  s64 smin = 0, smax = 0;
  u64 umin = 0, umax = 0;
  s32 s32_min = 0, s32_max = 0;  // of its lower half

  bool is_constant() const { return umin == umax; }
};

enum class EventKind : u8 {
  Entry,     // an argument of the function, as it begins
  Result,    // a call returned it
  Load,      // it was read from memory
  Constant,  // it was set
  Compute,   // arithmetic
  Branch,    // a branch told something about it
  Decision,  // a branch that led here
  Lost,      // a call made it unusable
  Argument,  // it was passed to a function of the program
  Acquire,   // a reference, lock or section that is still held at the end
  Create,    // an object in the caller's memory that owns something
  Unset,     // never written on the path
};
const char* event_name(EventKind kind);  // "entry", "result" ...: for machines

struct Event {
  EventKind kind;
  Place place;
  std::string name;    // the value in C, "" if it has none
  std::string detail;  // function called, memory read, relation that holds
  Known known;         // after the event
  bool essential = false;
  std::string label;  // words.cc
};

// What to do to a source, where that can be said without knowing all of it.
struct SourceEdit {
  enum class Kind : u8 {
    None,
    Before,        // `code`, statements, before the line
    Return,        // the line returns `code`
    Initialise,    // the variable `code` gets `= {}` where it is declared
    Bound,         // the loop at the line also ends when `can_loop` says so
    License,       // the program's license becomes "GPL"
    Sleepable,     // the section's type gets ".s"
    NotSleepable,  // and loses it
    Static,        // the function `code` becomes static
  } kind = Kind::None;
  std::string code;
};
const char* edit_name(SourceEdit::Kind kind);  // "before", "return" ...: for machines

// A change to the program, as it was tried on its instructions (verifier/whatif).
struct Fix {
  std::string words;  // "check that `v` is not NULL before this"
  SourceEdit edit;    // names as in the source
  int insn = -1;      // of the program as given
  std::string file;   // of the line
  u32 line = 0;       // 0: unknown
};

// Lines of a source file that become others.
struct SourcePatch {
  struct Hunk {
    u32 line = 0;  // from 1: the first of those removed, or the one that those added come before
    std::vector<std::string> removed, added;
  };
  std::string file;
  std::vector<Hunk> hunks;  // from the top; empty: there is no patch
};

struct Explanation {
  Rejection rejection;
  Place place;
  std::vector<Event> path;  // in the order of execution
  u32 path_insns = 0;       // instructions walked from the function's entry
  std::string subject;      // the value that is at fault, in C or as a register; "" if there is none
  Known known;              // of it
  // Facts by name, beside the rejection's own, for the templates of words.def.
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<Fix> fixes;          // each on top of those before it
  bool fixes_load = false;         // with all of them the program is accepted; else they only get past the failure
  SourcePatch patch;               // with it the source was compiled and the program accepted; what help[0] is about
  std::string kernel;              // the kernel's lines
  std::vector<std::string> noise;  // lines of the log that are not why
  Witness witness;

  // words.cc
  std::string title, label, required, known_text;
  std::vector<std::string> notes, help;

  std::string_view code() const { return cause_of(rejection).code; }
};

}  // namespace skep::diag
