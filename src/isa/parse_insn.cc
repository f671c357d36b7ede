// The grammar of the assembler, one function per phrase. Every function returns false after fail(); the first reason is
// kept.
//
//   statement = ".insn" 5*number | "exit" | ("goto" | "gotol" | "may_goto") target | "call" callee
//             | "if" reg compare (reg | number) "goto" target | "*" cell "=" (reg | number)
//             | "lock" "*" cell op reg | "store_release" "(" cell "," reg ")" | reg op (reg | number) | reg "=" value
//   cell      = "(" type "*" ")" "(" reg [("+" | "-") number] ")"
//   value     = number ["ll"] | "-" reg | ["(" type ")"] reg | "*" cell | "*" "(" type "*" ")" "skb" "[" ... "]" | swap
//   reg
//             | "load_acquire" "(" cell ")" | atomic "(" cell "," ... ")" | "addr_space_cast" "(" ... ")" | place "["
//             name "]" ["+" number]
#include "isa/parse_insn.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "isa/atomic_ops.h"
#include "isa/lexer.h"
#include "isa/opcodes.h"

namespace skep::isa {
namespace {

struct Reg {
  u8 number = 0;
  bool is32 = false;
};

// "(u64 *)(r10 -8)"
struct Cell {
  std::string_view type;
  u8 base = 0;
  s16 off = 0;
};

// "map[name]" and the like: the src field of the ld_imm64, and whether the second slot holds an offset.
struct Place {
  std::string_view word;
  u8 src;
  bool has_offset;
};
constexpr Place kPlaces[] = {
    {"map", BPF_PSEUDO_MAP_FD, false},      {"map_value", BPF_PSEUDO_MAP_VALUE, true},
    {"map_idx", BPF_PSEUDO_MAP_IDX, false}, {"map_idx_value", BPF_PSEUDO_MAP_IDX_VALUE, true},
    {"btf_id", BPF_PSEUDO_BTF_ID, false},   {"func", BPF_PSEUDO_FUNC, false},
};

template <typename T>
bool fits(s64 value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

// "r10", "w3": up to 15, so that tests can write registers that do not exist.
bool reg_of(std::string_view word, Reg* reg) {
  if (word.size() < 2 || (word[0] != 'r' && word[0] != 'w')) return false;
  auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), reg->number);
  reg->is32 = word[0] == 'w';
  return error == std::errc() && end == word.data() + word.size() && reg->number <= 15;
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, const AsmSymbols& symbols, const AsmLabels& labels)
      : tokens_(std::move(tokens)), symbols_(symbols), labels_(labels) {}

  Result<Statement> run() {
    if (statement() && (peek().kind == Token::Kind::End || fail(fmt::format("'{}' is too much", peek().text))))
      return out_;
    return error_status(EINVAL, error_);
  }

 private:
  // Tokens.
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool fail(std::string why);
  bool accept(std::string_view text);
  bool expect(std::string_view text);
  bool expect_all(std::initializer_list<std::string_view> texts);
  bool reg(Reg* reg);
  bool reg64(u8* number);
  bool next_is_reg() const;
  bool next_is_number() const;
  bool number(s64* value);
  template <typename T>
  bool field(T* value);
  bool imm();
  bool dst_again();
  bool cell(Cell* cell);
  bool operand(Shape with_reg, Shape with_imm, std::string_view op, bool is32);
  bool code(Shape shape, std::string_view op, bool is32 = false);

  // Phrases.
  bool statement();
  bool raw();
  bool jump();
  bool cond_jump();
  bool target();
  bool call();
  bool call_named(std::string_view name);
  bool named_id(std::string_view name, s32* id, bool* is_kfunc) const;
  bool store();
  bool lock();
  bool store_release();
  bool assignment();
  bool alu(std::string_view op, bool is32);
  bool value(bool is32);
  bool word_value(std::string_view word);
  bool number_value(bool is32);
  bool imm64(u64 value);
  bool neg(bool is32);
  bool move(bool is32);
  bool movsx(bool is32);
  bool percpu_address();
  bool addr_space_cast();
  bool swap(std::string_view word);
  bool load();
  bool load_skb();
  bool load_acquire();
  bool atomic(std::string_view name);
  bool atomic_op_of(std::string_view name);
  bool place(const Place& place);
  bool place_name(const Place& place);

  Insn& insn() { return out_.insns[0]; }

  std::vector<Token> tokens_;
  const AsmSymbols& symbols_;
  const AsmLabels& labels_;
  size_t at_ = 0;
  Statement out_;
  std::string error_;
};

bool Parser::fail(std::string why) {
  if (error_.empty()) error_ = std::move(why);
  return false;
}

bool Parser::accept(std::string_view text) {
  if (!peek().is(text)) return false;
  at_++;
  return true;
}

bool Parser::expect(std::string_view text) {
  if (accept(text)) return true;
  std::string_view got = peek().kind == Token::Kind::End ? "the end of the line" : peek().text;
  return fail(fmt::format("expected '{}', not {}", text, got));
}

bool Parser::expect_all(std::initializer_list<std::string_view> texts) {
  for (std::string_view text : texts)
    if (!expect(text)) return false;
  return true;
}

bool Parser::next_is_reg() const {
  Reg ignored;
  return reg_of(peek().text, &ignored);
}

bool Parser::reg(Reg* reg) {
  if (!reg_of(peek().text, reg)) return fail(fmt::format("expected a register, not '{}'", peek().text));
  at_++;
  return true;
}

bool Parser::reg64(u8* number) {
  Reg r;
  if (!reg(&r)) return false;
  if (r.is32) return fail(fmt::format("w{} has no place here, write r{}", r.number, r.number));
  *number = r.number;
  return true;
}

bool Parser::next_is_number() const {
  bool sign = peek().is("-") || peek().is("+");
  return peek(sign).kind == Token::Kind::Number;
}

// With an optional sign. Values from 2^63 on are read as negative.
bool Parser::number(s64* value) {
  if (!next_is_number()) return fail(fmt::format("expected a number, not '{}'", peek().text));
  bool negative = accept("-");
  if (!negative) accept("+");
  u64 magnitude = tokens_[at_++].number;
  *value = static_cast<s64>(negative ? -magnitude : magnitude);
  return true;
}

// A number that must fit the type of an instruction's field.
template <typename T>
bool Parser::field(T* value) {
  s64 wide;
  if (!number(&wide)) return false;
  if (!fits<T>(wide)) return fail(fmt::format("{} does not fit {} bits", wide, 8 * sizeof(T)));
  *value = static_cast<T>(wide);
  return true;
}

// imm may be written as u32 too, as the log does in comparisons.
bool Parser::imm() {
  s64 wide;
  if (!number(&wide)) return false;
  if (!fits<s32>(wide) && !fits<u32>(wide)) return fail(fmt::format("{} does not fit 32 bits", wide));
  insn().imm = static_cast<s32>(wide);
  return true;
}

// The code of the row with this shape and operator. Shapes with a 32-bit twin choose by `is32`.
bool Parser::code(Shape shape, std::string_view op, bool is32) {
  for (const OpcodeRow& row : opcode_rows()) {
    u8 cls = insn_class(row.code);
    bool row32 = (cls == BPF_ALU && shape != Shape::End) || (cls == BPF_JMP32 && shape != Shape::GotoLong);
    if (row.shape != shape || row.op != op || row32 != is32) continue;
    insn().code = row.code;
    return true;
  }
  return fail(fmt::format("no instruction with '{}' here", op));
}

// The right side of an operator: a register of the same width, or a number.
bool Parser::operand(Shape with_reg, Shape with_imm, std::string_view op, bool is32) {
  if (!next_is_reg()) return code(with_imm, op, is32) && imm();
  Reg src;
  if (!reg(&src)) return false;
  if (src.is32 != is32) return fail("registers of different width");
  insn().src = src.number;
  return code(with_reg, op, is32);
}

bool Parser::cell(Cell* cell) {
  if (!expect("(")) return false;
  cell->type = peek().text;
  at_++;
  if (!expect_all({"*", ")", "("}) || !reg64(&cell->base)) return false;
  if (next_is_number() && !field(&cell->off)) return false;
  return expect(")");
}

bool Parser::statement() {
  if (accept(".insn")) return raw();
  if (accept("exit")) return code(Shape::Exit, "exit");
  if (accept("call")) return call();
  if (accept("if")) return cond_jump();
  if (accept("lock")) return lock();
  if (accept("store_release")) return store_release();
  if (peek().is("goto") || peek().is("gotol") || peek().is("may_goto")) return jump();
  if (accept("*")) return store();
  if (next_is_reg()) return assignment();
  return fail(fmt::format("'{}' starts no instruction", peek().text));
}

bool Parser::raw() {
  u8 dst, src;
  if (!field(&insn().code) || !field(&dst) || !field(&src) || !field(&insn().off) || !imm()) return false;
  if (dst > 15 || src > 15) return fail("registers go up to 15");
  insn().dst = dst;
  insn().src = src;
  return true;
}

bool Parser::jump() {
  std::string_view verb = peek().text;
  at_++;
  Shape shape = verb == "goto" ? Shape::Goto : verb == "gotol" ? Shape::GotoLong : Shape::MayGoto;
  return code(shape, verb) && target();
}

// "pc+1", or a label, which is left to the caller.
bool Parser::target() {
  if (peek().kind != Token::Kind::Word) return fail(fmt::format("expected a label or pc+N, not '{}'", peek().text));
  std::string_view word = peek().text;
  at_++;
  if (word != "pc") {
    out_.target = word;
    return true;
  }
  s64 distance;
  if (!number(&distance)) return false;
  return set_target(insn(), distance) || fail(fmt::format("pc{:+d} is too far", distance));
}

bool Parser::cond_jump() {
  Reg dst;
  if (!reg(&dst)) return false;
  insn().dst = dst.number;
  std::string_view op = peek().text;
  at_++;
  return operand(Shape::JumpReg, Shape::JumpImm, op, dst.is32) && expect("goto") && target();
}

bool Parser::call() {
  if (!code(Shape::Call, "call")) return false;
  if (peek().is("pc") || labels_.contains(peek().text)) {
    insn().src = BPF_PSEUDO_CALL;
    return target();
  }
  if (next_is_number()) return imm();
  if (peek().kind != Token::Kind::Word) return fail(fmt::format("cannot call '{}'", peek().text));
  std::string_view name = peek().text;
  at_++;
  return call_named(name);
}

// "name" or "name#id", of a helper or a kfunc. With an id the name only tells which of the two; "kfunc#id" is a kfunc
// without a name.
bool Parser::call_named(std::string_view name) {
  bool is_kfunc = name == "kfunc";
  s32 id = 0;
  bool known = named_id(name, &id, &is_kfunc);
  if (accept("#")) {
    if (!imm()) return false;
  } else if (known) {
    insn().imm = id;
  } else {
    return fail(fmt::format("unknown function or label '{}'", name));
  }
  insn().src = is_kfunc ? u8{BPF_PSEUDO_KFUNC_CALL} : u8{0};
  return true;
}

bool Parser::named_id(std::string_view name, s32* id, bool* is_kfunc) const {
  std::string_view bare = name.starts_with("bpf_") ? name.substr(4) : name;
  for (std::string_view key : {name, bare}) {
    if (auto it = symbols_.helpers.find(key); it != symbols_.helpers.end()) return *id = it->second, true;
  }
  std::string long_name = fmt::format("bpf_{}", bare);
  if (auto it = symbols_.helpers.find(long_name); it != symbols_.helpers.end()) return *id = it->second, true;
  auto it = symbols_.kfuncs.find(name);
  if (it == symbols_.kfuncs.end()) return false;
  *id = it->second;
  *is_kfunc = true;
  return true;
}

bool Parser::store() {
  Cell to;
  if (!cell(&to) || !expect("=")) return false;
  insn().dst = to.base;
  insn().off = to.off;
  if (!next_is_reg()) return code(Shape::StoreImm, to.type) && imm();
  u8 src;
  if (!reg64(&src)) return false;
  insn().src = src;
  return code(Shape::StoreReg, to.type);
}

// lock *(u64 *)(r10 -8) += r1
bool Parser::lock() {
  Cell to;
  if (!expect("*") || !cell(&to) || !code(Shape::Atomic, to.type)) return false;
  for (const AtomicOp& op : kAtomicOps) {
    if (!accept(op.op)) continue;
    u8 src;
    if (!reg64(&src)) return false;
    insn() = {insn().code, to.base, src, to.off, op.imm};
    return true;
  }
  return fail(fmt::format("'{}' is no atomic operator", peek().text));
}

bool Parser::store_release() {
  Cell to;
  u8 src;
  if (!expect("(") || !cell(&to) || !expect(",") || !reg64(&src) || !expect(")") || !code(Shape::Atomic, to.type))
    return false;
  insn() = {insn().code, to.base, src, to.off, BPF_STORE_REL};
  return true;
}

bool Parser::assignment() {
  Reg dst;
  if (!reg(&dst)) return false;
  insn().dst = dst.number;
  if (accept("=")) return value(dst.is32);
  std::string_view op = peek().text;
  at_++;
  return alu(op, dst.is32);
}

bool Parser::alu(std::string_view op, bool is32) {
  if (op == "s/=" || op == "s%=") {
    insn().off = 1;
    op.remove_prefix(1);
  }
  return operand(Shape::AluReg, Shape::AluImm, op, is32);
}

bool Parser::value(bool is32) {
  if (next_is_number()) return number_value(is32);
  if (accept("-")) return neg(is32);
  if (accept("(")) return movsx(is32);
  if (next_is_reg()) return move(is32);
  if (is32) return fail("this value needs a 64-bit register");
  if (accept("&")) return percpu_address();
  if (accept("*")) return load();
  if (peek().kind == Token::Kind::Word) return at_++, word_value(tokens_[at_ - 1].text);
  return fail(fmt::format("'{}' is no value", peek().text));
}

bool Parser::word_value(std::string_view word) {
  if (word == "load_acquire") return load_acquire();
  if (word.starts_with("atomic")) return atomic(word);
  if (word == "addr_space_cast") return addr_space_cast();
  for (const Place& p : kPlaces)
    if (word == p.word) return place(p);
  return swap(word);
}

// As in the log, hexadecimal means the 64-bit load and decimal the move; "ll" asks for the load in any case.
bool Parser::number_value(bool is32) {
  bool hex = peek().is_hex();
  size_t start = at_;
  s64 value;
  if (!number(&value)) return false;
  bool wide = accept("ll");
  if ((wide || hex) && !is32) return imm64(static_cast<u64>(value));
  if (wide) return fail("a 64-bit load needs a 64-bit register");
  at_ = start;
  return code(Shape::AluImm, "=", is32) && imm();
}

bool Parser::imm64(u64 value) {
  out_.slots = 2;
  out_.insns[1].imm = static_cast<s32>(value >> 32);
  insn().imm = static_cast<s32>(value);
  return code(Shape::LoadImm64, "=");
}

bool Parser::dst_again() {
  Reg again;
  if (!reg(&again)) return false;
  return again.number == insn().dst || fail("the register on both sides must be the same");
}

bool Parser::neg(bool is32) { return code(Shape::Neg, "-", is32) && dst_again(); }

bool Parser::move(bool is32) {
  Reg src;
  if (!reg(&src)) return false;
  if (src.is32 != is32) return fail("registers of different width");
  insn().src = src.number;
  return code(Shape::MovReg, "=", is32);
}

// The rest of "(s8)r2".
bool Parser::movsx(bool is32) {
  std::string_view type = peek().text;
  insn().off = type == "s8" ? 8 : type == "s16" ? 16 : type == "s32" ? 32 : 0;
  if (!insn().off) return fail(fmt::format("cannot sign-extend from '{}'", type));
  at_++;
  return expect(")") && move(is32);
}

// The rest of "&(void __percpu *)(r2)", which the kernel prints for an instruction of its own.
bool Parser::percpu_address() {
  u8 src;
  if (!expect_all({"(", "void", "__percpu", "*", ")", "("}) || !reg64(&src) || !expect(")")) return false;
  insn().src = src;
  insn().off = kMovPercpuOff;
  return code(Shape::MovReg, "=");
}

// (r2, 0, 1)
bool Parser::addr_space_cast() {
  u8 src;
  u16 to, from;
  if (!expect("(") || !reg64(&src) || !expect(",") || !field(&to) || !expect(",") || !field(&from) || !expect(")"))
    return false;
  insn().src = src;
  insn().off = 1;
  insn().imm = static_cast<s32>(u32{to} << 16 | from);
  return code(Shape::MovReg, "=");
}

// "be16 r1", "bswap64 r1"
bool Parser::swap(std::string_view word) {
  size_t digits = word.find_first_of("0123456789");
  std::string_view op = word.substr(0, digits);
  if (digits == word.npos || (op != "le" && op != "be" && op != "bswap"))
    return fail(fmt::format("'{}' is no value", word));
  auto [end, error] = std::from_chars(word.data() + digits, word.data() + word.size(), insn().imm);
  if (error != std::errc() || end != word.data() + word.size()) return fail(fmt::format("'{}' is no value", word));
  return code(Shape::End, op) && dst_again();
}

// The rest of "*(u64 *)(r10 -8)" or "*(u8 *)skb[...]".
bool Parser::load() {
  if (peek(4).is("skb")) return load_skb();
  Cell from;
  if (!cell(&from)) return false;
  insn().src = from.base;
  insn().off = from.off;
  return code(from.type.starts_with("s") ? Shape::LoadSx : Shape::Load, from.type);
}

// (u8 *)skb[23], (u16 *)skb[r7 + 0]
bool Parser::load_skb() {
  if (insn().dst != 0) return fail("a packet load goes to r0");
  if (!expect("(")) return false;
  std::string_view type = peek().text;
  at_++;
  if (!expect_all({"*", ")", "skb", "["})) return false;
  if (!next_is_reg()) return code(Shape::LoadAbs, type) && imm() && expect("]");
  u8 src;
  if (!reg64(&src) || !expect("+") || !imm()) return false;
  insn().src = src;
  return code(Shape::LoadInd, type) && expect("]");
}

bool Parser::load_acquire() {
  Cell from;
  if (!expect("(") || !cell(&from) || !expect(")") || !code(Shape::Atomic, from.type)) return false;
  insn() = {insn().code, insn().dst, from.base, from.off, BPF_LOAD_ACQ};
  return true;
}

// "atomic64_fetch_add", "atomic_xchg", ...: the width is that of the cell.
bool Parser::atomic_op_of(std::string_view name) {
  std::string_view verb = name.substr(std::min(name.find('_'), name.size() - 1) + 1);
  if (verb == "xchg") return insn().imm = BPF_XCHG, true;
  if (verb == "cmpxchg") return insn().imm = BPF_CMPXCHG, true;
  for (const AtomicOp& op : kAtomicOps)
    if (verb.starts_with("fetch_") && verb.substr(6) == op.name) return insn().imm = op.imm | BPF_FETCH, true;
  return fail(fmt::format("'{}' is no atomic operation", name));
}

// r2 = atomic64_fetch_add((u64 *)(r10 -8), r2); r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)
bool Parser::atomic(std::string_view name) {
  u8 result = insn().dst;
  Cell at;
  u8 first, src;
  if (!atomic_op_of(name) || !expect("(") || !cell(&at) || !expect(",") || !reg64(&first)) return false;
  src = first;
  if (insn().imm == BPF_CMPXCHG && (!expect(",") || !reg64(&src))) return false;
  if (!expect(")") || !code(Shape::Atomic, at.type)) return false;
  if (first != result || (insn().imm == BPF_CMPXCHG && result != 0))
    return fail("the result must go to the register that is exchanged");
  insn() = {insn().code, at.base, src, at.off, insn().imm};
  return true;
}

// map[name], map_value[name]+8, func[label]
bool Parser::place(const Place& place) {
  if (!expect("[") || !place_name(place) || !expect("]")) return false;
  insn().src = place.src;
  out_.slots = 2;
  if (place.has_offset && next_is_number() && !field(&out_.insns[1].imm)) return false;
  return code(Shape::LoadImm64, "=");
}

bool Parser::place_name(const Place& place) {
  if (next_is_number()) return imm();
  std::string_view name = peek().text;
  if (place.src == BPF_PSEUDO_FUNC) {
    out_.target = name;
    return at_++, true;
  }
  auto it = symbols_.maps.find(name);
  if (it == symbols_.maps.end()) return fail(fmt::format("unknown map '{}'", name));
  insn().imm = it->second;
  return at_++, true;
}

}  // namespace

Result<Statement> parse_statement(std::string_view text, const AsmSymbols& symbols, const AsmLabels& labels) {
  Result<std::vector<Token>> tokens = lex(text);
  if (!tokens.ok()) return tokens.status();
  return Parser(std::move(tokens).value(), symbols, labels).run();
}

bool set_target(Insn& insn, s64 distance) {
  bool in_imm = insn.code == (BPF_JMP32 | BPF_JA) || is_call(insn) || is_ldimm64(insn);
  if (in_imm ? !fits<s32>(distance) : !fits<s16>(distance)) return false;
  if (in_imm)
    insn.imm = static_cast<s32>(distance);
  else
    insn.off = static_cast<s16>(distance);
  return true;
}

}  // namespace skep::isa
