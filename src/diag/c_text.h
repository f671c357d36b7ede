// Reading one line of C, as far as that can be done without the rest of the file: which expression lies at a column,
// what it goes through, what a call is given, what a value is assigned to. Debug information has the line and a column
// where an expression begins or its operator stands; names come from the text. Anything that cannot be read gives an
// empty span: the caller then says less.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skep::diag {

// Bytes [begin, end) of a line.
struct Span {
  u32 begin = 0, end = 0;

  bool empty() const { return begin >= end; }
  std::string_view in(std::string_view line) const { return line.substr(begin, end - begin); }
  bool operator==(const Span&) const = default;
};

// The text is C rather than inline assembly or nothing.
bool reads_as_c(std::string_view line);

// The smallest expression at a column (from 1; 0: unknown, then the whole text): `tcp->dest` for the column of "dest",
// `i < 64` for that of "<". `target`: of an assignment the left side is meant, else the right one.
Span expression_at(std::string_view line, u32 column, bool target);

// The line without indentation, and without a comment behind it.
Span whole_text(std::string_view line);

// Without brackets around all of it, and without casts before it: `p->x` of `(struct s *)(p->x)`.
std::string_view without_casts(std::string_view expression);

// What a memory access goes through: `tcp` of `tcp->dest`, `v` of `*v`, `a` of `a[i]`, `f->data` of `f->data[i]`.
// Empty: the expression is no such access.
std::string_view base_of_access(std::string_view expression);
// `i` of `a[i]`, `x + 1` of `p->d[x + 1]`; empty if there is no index.
std::string_view index_of_access(std::string_view expression);

// The arguments of the call of `name` nearest to the column, and the call itself.
struct CallText {
  Span span;
  std::vector<Span> arguments;
};
CallText call_of(std::string_view line, std::string_view name, u32 column);

// A condition: `left op right`, or whether `left` is true (op empty); `negated` by a `!` before it. Left empty: it is
// several conditions, or none that can be read.
struct ConditionText {
  std::string_view left, op, right;
  bool negated = false;
};
ConditionText condition_of(std::string_view expression);

// What is between the brackets of the line's `if` or `while`; empty if it has none, or they do not close on this line.
Span statement_condition(std::string_view line);

// The line begins a loop: `for`, `while`, `do`, `bpf_for` and the like.
bool begins_loop(std::string_view line);
// The variable that the line's `for (...)` or `bpf_for(...)` counts with; empty if it has none.
std::string_view counter_of_loop(std::string_view line);

// The variable that the expression is assigned to, casts aside: `v` in `struct s *v = f(x);` for `f(x)`. Empty if it is
// only a part of what is assigned.
std::string_view assigned_name(std::string_view line, Span value);

// A name or member path that reads well between backticks: no calls, no operators but -> . [] and a leading * or &.
bool is_simple(std::string_view expression);

}  // namespace skep::diag
