// See c_text.h. A line is cut into tokens; expressions grow from the token at the column by brackets and precedence.
#include "diag/c_text.h"

#include <algorithm>

namespace skep::diag {
namespace {

enum class Tok : u8 { Name, Number, String, Operator };

struct Token {
  Tok kind;
  Span span;
  std::string_view text;
};

using Tokens = std::vector<Token>;
constexpr int kNone = -1;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; }

constexpr std::string_view kOperators[] = {"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==",
                                           "!=",  "&&",  "||",  "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};

size_t operator_length(std::string_view rest) {
  for (std::string_view op : kOperators)
    if (rest.starts_with(op)) return op.size();
  return 1;
}

size_t string_length(std::string_view rest) {
  size_t at = 1;
  while (at < rest.size() && rest[at] != rest[0]) at += rest[at] == '\\' ? 2 : 1;
  return std::min(at + 1, rest.size());
}

// Length of a comment that starts here, 0 if none does.
size_t comment_length(std::string_view rest) {
  if (rest.starts_with("//")) return rest.size();
  if (!rest.starts_with("/*")) return 0;
  const size_t end = rest.find("*/", 2);
  return end == std::string_view::npos ? rest.size() : end + 2;
}

Tokens tokens_of(std::string_view line) {
  Tokens tokens;
  for (size_t at = 0; at < line.size();) {
    const std::string_view rest = line.substr(at);
    size_t length = 1;
    if (is_blank(rest[0])) {
      at++;
      continue;
    }
    if (const size_t comment = comment_length(rest)) {
      at += comment;
      continue;
    }
    Tok kind = Tok::Operator;
    if (is_name_char(rest[0])) {
      kind = is_digit(rest[0]) ? Tok::Number : Tok::Name;
      while (length < rest.size() && is_name_char(rest[length])) length++;
    } else if (rest[0] == '"' || rest[0] == '\'') {
      kind = Tok::String;
      length = string_length(rest);
    } else {
      length = operator_length(rest);
    }
    tokens.push_back({kind, {u32(at), u32(at + length)}, rest.substr(0, length)});
    at += length;
  }
  return tokens;
}

constexpr std::string_view kStatements[] = {"if", "while", "for", "switch", "return", "else", "do", "case", "goto"};
constexpr std::string_view kTypeWords[] = {"struct", "union",    "enum",  "const", "volatile", "unsigned", "signed",
                                           "int",    "long",     "short", "char",  "void",     "static",   "bool",
                                           "__u8",   "__u16",    "__u32", "__u64", "__s32",    "__s64",    "u8",
                                           "u16",    "u32",      "u64",   "s32",   "s64",      "__be16",   "__be32",
                                           "size_t", "uint32_t", "auto",  "__s16", "uint64_t", "uint8_t",  "uint16_t"};

template <size_t N>
bool is_one_of(std::string_view text, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

bool is_statement(const Token& t) { return t.kind == Tok::Name && is_one_of(t.text, kStatements); }
bool is_type_word(const Token& t) { return t.kind == Tok::Name && is_one_of(t.text, kTypeWords); }
bool opens(const Token& t) { return t.text == "(" || t.text == "["; }
bool closes(const Token& t) { return t.text == ")" || t.text == "]"; }

// The bracket that belongs to the one at `at`, or kNone.
int partner(const Tokens& tokens, int at) {
  const int step = opens(tokens[at]) ? 1 : -1;
  int depth = 0;
  for (int i = at; i >= 0 && i < int(tokens.size()); i += step) {
    if (opens(tokens[i])) depth += step;
    if (closes(tokens[i])) depth -= step;
    if (depth == 0) return i;
  }
  return kNone;
}

// `(struct foo *)`: nothing but names and stars, the last a star or a word of a type.
bool is_cast(const Tokens& tokens, int open, int close) {
  if (close <= open + 1) return false;
  for (int i = open + 1; i < close; i++)
    if (tokens[i].kind != Tok::Name && tokens[i].text != "*") return false;
  return tokens[close - 1].text == "*" || is_type_word(tokens[open + 1]) ||
         (close == open + 2 && tokens[open + 1].text.ends_with("_t"));
}

// An operand ends at this token: what follows is a binary operator, not a unary one.
bool ends_operand(const Tokens& tokens, int at) {
  if (at < 0) return false;
  const Token& t = tokens[at];
  if (t.text == ")") {
    const int open = partner(tokens, at);
    return open == kNone || !is_cast(tokens, open, at);
  }
  if (t.text == "]" || t.kind == Tok::Number || t.kind == Tok::String) return true;
  return t.kind == Tok::Name && !is_statement(t) && !is_type_word(t);
}

bool is_unary(const Tokens& tokens, int at) {
  const std::string_view text = tokens[at].text;
  if (text == "!" || text == "~") return true;
  if (text == "++" || text == "--") return !ends_operand(tokens, at - 1);
  return (text == "*" || text == "&" || text == "-" || text == "+") && !ends_operand(tokens, at - 1);
}

// How tightly a binary operator binds; 0: it is none.
int precedence(std::string_view op) {
  if (op == "*" || op == "/" || op == "%") return 10;
  if (op == "+" || op == "-") return 9;
  if (op == "<<" || op == ">>") return 8;
  if (op == "<" || op == ">" || op == "<=" || op == ">=") return 7;
  if (op == "==" || op == "!=") return 6;
  if (op == "&") return 5;
  if (op == "^") return 4;
  if (op == "|") return 3;
  if (op == "&&") return 2;
  if (op == "||") return 1;
  return 0;
}

bool is_assignment(std::string_view op) {
  return op.size() >= 1 && op.back() == '=' && op != "==" && op != "!=" && op != "<=" && op != ">=";
}

// The first token of the postfix expression that ends with `at`: `a` of a->b[1].
int postfix_begin(const Tokens& tokens, int at) {
  for (;;) {
    if (closes(tokens[at])) {
      const int open = partner(tokens, at);
      if (open == kNone) return at;
      at = open;
      const bool has_head = at > 0 && ((tokens[at - 1].kind == Tok::Name && !is_statement(tokens[at - 1])) ||
                                       (closes(tokens[at - 1]) && ends_operand(tokens, at - 1)));
      if (!has_head || (tokens[at].text == "(" && is_type_word(tokens[at - 1]))) return at;
      at--;
      continue;
    }
    if (at >= 2 && (tokens[at - 1].text == "->" || tokens[at - 1].text == ".")) {
      at -= 2;
      continue;
    }
    return at;
  }
}

// The last token of the postfix expression that begins at `at`; over members only if `members`.
int postfix_end(const Tokens& tokens, int at, bool members) {
  const int count = int(tokens.size());
  if (opens(tokens[at])) {
    const int close = partner(tokens, at);
    if (close == kNone) return at;
    at = close;
  }
  for (;;) {
    const bool more = at + 1 < count;
    if (more && opens(tokens[at + 1])) {
      const int close = partner(tokens, at + 1);
      if (close == kNone) return at;
      at = close;
    } else if (members && at + 2 < count && (tokens[at + 1].text == "->" || tokens[at + 1].text == ".")) {
      at += 2;
    } else {
      return at;
    }
  }
}

// The last token of the operand that begins at `at`, with its unary operators and casts.
int operand_end(const Tokens& tokens, int at) {
  const int count = int(tokens.size());
  while (at < count) {
    if (is_unary(tokens, at)) {
      at++;
      continue;
    }
    const int close = tokens[at].text == "(" ? partner(tokens, at) : kNone;
    if (close == kNone || !is_cast(tokens, at, close)) break;
    at = close + 1;
  }
  return at < count ? postfix_end(tokens, at, true) : count - 1;
}

// Back over unary operators and casts before an operand.
int with_prefixes(const Tokens& tokens, int at) {
  while (at > 0) {
    if (is_unary(tokens, at - 1)) {
      at--;
      continue;
    }
    const int open = tokens[at - 1].text == ")" ? partner(tokens, at - 1) : kNone;
    if (open == kNone || !is_cast(tokens, open, at - 1)) break;
    at = open;
  }
  return at;
}

// Leftmost token of what a binary operator of this precedence takes on its left.
int left_operand(const Tokens& tokens, int op, int strength) {
  int at = op - 1;
  while (at >= 0) {
    at = with_prefixes(tokens, postfix_begin(tokens, at));
    const int before = at - 1;
    if (before < 1 || precedence(tokens[before].text) < strength || !ends_operand(tokens, before - 1)) return at;
    at = before - 1;
  }
  return 0;
}

int right_operand(const Tokens& tokens, int op, int strength) {
  int at = op + 1;
  for (;;) {
    if (at >= int(tokens.size())) return int(tokens.size()) - 1;
    at = operand_end(tokens, at);
    const int next = at + 1;
    if (next >= int(tokens.size()) || precedence(tokens[next].text) <= strength) return at;
    at = next + 1;
  }
}

Span join(const Tokens& tokens, int first, int last) {
  if (first < 0 || last >= int(tokens.size()) || first > last) return {};
  return {tokens[first].span.begin, tokens[last].span.end};
}

// The right side of an assignment, to its comma, semicolon or closing bracket.
Span right_side(const Tokens& tokens, int assignment) {
  int last = assignment + 1, depth = 0;
  for (int i = last; i < int(tokens.size()); i++) {
    if (opens(tokens[i])) depth++;
    if (closes(tokens[i]) && --depth < 0) break;
    if (depth == 0 && (tokens[i].text == ";" || tokens[i].text == "," || tokens[i].text == "{")) break;
    last = i;
  }
  return join(tokens, assignment + 1, last);
}

Span span_of_statement(const Tokens& tokens, int at) {
  if (at + 1 < int(tokens.size()) && tokens[at + 1].text == "(" && tokens[at].text != "return") {
    const int close = partner(tokens, at + 1);
    if (close != kNone && close > at + 2) return join(tokens, at + 2, close - 1);
  }
  if (tokens[at].text == "return") {
    const Span value = right_side(tokens, at);
    return value.empty() ? tokens[at].span : Span{tokens[at].span.begin, value.end};
  }
  return {};
}

// The token that covers the column, else the first behind it.
int token_at(const Tokens& tokens, u32 offset) {
  for (int i = 0; i < int(tokens.size()); i++)
    if (offset < tokens[i].span.end) return i;
  return kNone;
}

Span expression_of(const Tokens& tokens, int at, bool target) {
  const Token& t = tokens[at];
  if (is_statement(t)) return span_of_statement(tokens, at);
  if (is_type_word(t)) return {};
  if (t.kind != Tok::Operator) {
    const int first = postfix_begin(tokens, at), last = postfix_end(tokens, at, false);
    return join(tokens, first, last);
  }
  if (is_unary(tokens, at)) {
    const bool steps = t.text == "++" || t.text == "--";
    return join(tokens, steps ? at + 1 : at, operand_end(tokens, at));
  }
  if (t.text == "++" || t.text == "--") return join(tokens, postfix_begin(tokens, at - 1), at - 1);
  if (is_assignment(t.text)) {
    if (!target && t.text == "=") return right_side(tokens, at);
    return at > 0 ? join(tokens, with_prefixes(tokens, postfix_begin(tokens, at - 1)), at - 1) : Span{};
  }
  if (const int strength = precedence(t.text); strength && at > 0)
    return join(tokens, left_operand(tokens, at, strength), right_operand(tokens, at, strength));
  if (t.text == "(" || t.text == "[") {
    const int close = partner(tokens, at);
    if (close == kNone) return {};
    if (is_cast(tokens, at, close)) return join(tokens, at, operand_end(tokens, at));
    return join(tokens, postfix_begin(tokens, close), postfix_end(tokens, at, true));
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view without_casts(std::string_view expression) {
  for (;;) {
    expression = trimmed(expression);
    const Tokens tokens = tokens_of(expression);
    if (tokens.empty() || tokens[0].text != "(") return expression;
    const int close = partner(tokens, 0);
    if (close == kNone) return expression;
    if (close == int(tokens.size()) - 1)
      expression = expression.substr(1, expression.size() - 2);
    else if (is_cast(tokens, 0, close))
      expression = expression.substr(tokens[close].span.end);
    else
      return expression;
  }
}

bool reads_as_c(std::string_view line) {
  const Tokens tokens = tokens_of(line);
  if (tokens.empty()) return false;
  for (const std::string_view first : {"asm", "__asm__", "[", ":"})
    if (tokens[0].text == first) return false;
  if (tokens[0].kind == Tok::String) return false;
  return true;
}

Span whole_text(std::string_view line) {
  const Tokens tokens = tokens_of(line);
  return tokens.empty() ? Span{} : Span{tokens.front().span.begin, tokens.back().span.end};
}

Span expression_at(std::string_view line, u32 column, bool target) {
  if (column == 0) return whole_text(line);
  const Tokens tokens = tokens_of(line);
  const int at = token_at(tokens, column - 1);
  if (at == kNone) return whole_text(line);
  const Span found = expression_of(tokens, at, target);
  return found.empty() ? whole_text(line) : found;
}

std::string_view base_of_access(std::string_view expression) {
  expression = without_casts(expression);
  const Tokens tokens = tokens_of(expression);
  if (tokens.empty()) return {};
  if (tokens[0].text == "*" && tokens.size() > 1) return without_casts(expression.substr(tokens[1].span.begin));
  const int last = int(tokens.size()) - 1;
  if (postfix_begin(tokens, last) != 0) return {};
  if (tokens[last].text == "]") {
    const int open = partner(tokens, last);
    return open > 0 ? without_casts(expression.substr(0, tokens[open].span.begin)) : std::string_view();
  }
  // Members of structs inside the one pointed to are no step of their own: back to the last arrow.
  for (int i = last; i > 0; i--) {
    if (tokens[i].text == "->") return without_casts(expression.substr(0, tokens[i].span.begin));
    if (closes(tokens[i])) i = std::max(partner(tokens, i), 1);
  }
  return {};
}

std::string_view index_of_access(std::string_view expression) {
  expression = without_casts(expression);
  const Tokens tokens = tokens_of(expression);
  if (tokens.empty() || tokens.back().text != "]") return {};
  const int open = partner(tokens, int(tokens.size()) - 1);
  if (open == kNone) return {};
  return trimmed(expression.substr(tokens[open].span.end, tokens.back().span.begin - tokens[open].span.end));
}

CallText call_of(std::string_view line, std::string_view name, u32 column) {
  const Tokens tokens = tokens_of(line);
  int best = kNone;
  for (int i = 0; i + 1 < int(tokens.size()); i++) {
    if (tokens[i].text != name || tokens[i + 1].text != "(") continue;
    if (best == kNone || (column && tokens[i].span.begin < column)) best = i;
  }
  if (best == kNone) return {};
  const int close = partner(tokens, best + 1);
  const int end = close == kNone ? int(tokens.size()) : close;
  CallText call;
  call.span = {tokens[best].span.begin, tokens[std::min(end, int(tokens.size()) - 1)].span.end};
  int first = best + 2, depth = 0;
  for (int i = first; i <= end; i++) {
    const bool ends = i == end || (depth == 0 && tokens[i].text == ",");
    if (ends && i > first) call.arguments.push_back(join(tokens, first, i - 1));
    if (ends) first = i + 1;
    if (i < end && opens(tokens[i])) depth++;
    if (i < end && closes(tokens[i])) depth--;
  }
  return call;
}

ConditionText condition_of(std::string_view expression) {
  ConditionText condition;
  expression = without_casts(expression);
  while (expression.starts_with('!') && !expression.starts_with("!=")) {
    condition.negated = !condition.negated;
    expression = without_casts(expression.substr(1));
  }
  const Tokens tokens = tokens_of(expression);
  int split = kNone, depth = 0;
  for (int i = 0; i < int(tokens.size()); i++) {
    const std::string_view text = tokens[i].text;
    if (opens(tokens[i])) depth++;
    if (closes(tokens[i])) depth--;
    if (depth != 0) continue;
    if (text == "&&" || text == "||" || text == "?") return {};
    if (text == "=" && i > 0) {  // its value is what was assigned
      condition.left = without_casts(expression.substr(0, tokens[i].span.begin));
      return condition;
    }
    const int strength = precedence(text);
    if (strength == precedence("<") || strength == precedence("==")) split = i;
  }
  condition.left = expression;
  if (split <= 0 || split + 1 >= int(tokens.size())) return condition;
  condition.left = without_casts(expression.substr(0, tokens[split].span.begin));
  condition.op = expression.substr(tokens[split].span.begin, tokens[split].text.size());
  condition.right = without_casts(expression.substr(tokens[split].span.end));
  return condition;
}

Span statement_condition(std::string_view line) {
  const Tokens tokens = tokens_of(line);
  for (int i = 0; i < int(tokens.size()); i++)
    if (tokens[i].text == "if" || tokens[i].text == "while") return span_of_statement(tokens, i);
  return {};
}

std::string_view assigned_name(std::string_view line, Span value) {
  const Tokens tokens = tokens_of(line);
  int assignment = kNone;
  for (int i = 1; i < int(tokens.size()) && tokens[i].span.begin <= value.begin; i++)
    if (tokens[i].text == "=") assignment = i;
  if (assignment == kNone || without_casts(right_side(tokens, assignment).in(line)) != without_casts(value.in(line)))
    return {};
  const Span span = join(tokens, postfix_begin(tokens, assignment - 1), assignment - 1);
  return span.in(line);
}

bool begins_loop(std::string_view line) {
  const Tokens tokens = tokens_of(line);
  if (tokens.empty()) return false;
  for (const std::string_view word : {"for", "while", "do", "bpf_for", "bpf_for_each", "bpf_repeat"})
    if (tokens[0].text == word) return true;
  return tokens.size() > 1 && tokens[0].text == "}" && tokens[1].text == "while";
}

std::string_view counter_of_loop(std::string_view line) {
  const Tokens tokens = tokens_of(line);
  if (tokens.size() < 4 || tokens[1].text != "(") return {};
  if (tokens[0].text == "bpf_for") return tokens[2].kind == Tok::Name ? tokens[2].text : std::string_view();
  if (tokens[0].text != "for") return {};
  int step = kNone;  // what stands behind the second semicolon
  for (int i = 2, semicolons = 0; i < int(tokens.size()) && step == kNone; i++)
    if (tokens[size_t(i)].text == ";" && ++semicolons == 2) step = i + 1;
  if (step == kNone || step + 1 >= int(tokens.size())) return {};
  const auto& first = tokens[size_t(step)];
  const auto& second = tokens[size_t(step) + 1];
  const bool prefix = first.text == "++" || first.text == "--";
  return prefix ? second.text : first.kind == Tok::Name ? first.text : std::string_view();
}

bool is_simple(std::string_view expression) {
  expression = trimmed(expression);
  const Tokens tokens = tokens_of(expression);
  if (tokens.empty() || tokens.size() > 12 || expression.size() > 40) return false;
  if (tokens.back().kind != Tok::Name && tokens.back().text != "]") return false;
  for (size_t i = 0; i < tokens.size(); i++) {
    const std::string_view text = tokens[i].text;
    if (tokens[i].kind == Tok::Name ? is_statement(tokens[i]) || is_type_word(tokens[i]) : text == "(") return false;
    if (tokens[i].kind != Tok::Operator) continue;
    const bool path = text == "->" || text == "." || text == "[" || text == "]";
    const bool prefix = i == 0 && (text == "*" || text == "&");
    if (!path && !prefix) return false;
  }
  return true;
}

}  // namespace skep::diag
