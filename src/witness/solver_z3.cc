// See solver.h: Z3's C interface (MIT licence). Expressions live as long as the context, which is one search.
#include <z3.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/alu.h"
#include "witness/solver.h"

namespace skep::witness {

namespace alu = engine::alu;

struct Solver::Impl {
  Z3_context context = nullptr;
  Z3_solver solver = nullptr;
  Z3_model model = nullptr;
  std::vector<Z3_ast> asked;     // the literals of the last question
  std::vector<size_t> asked_of;  // and which condition each stands for
  std::vector<size_t> core;
  // A literal that stands for a condition: assumptions must be literals. It costs nothing when it is not asked for.
  std::unordered_map<Z3_ast, Z3_ast> literals;
  std::vector<std::vector<std::pair<Term, Term>>> memories;  // address and byte
  // Of products with a constant and of quotients: what was multiplied with what, divided by what.
  std::unordered_map<void*, std::pair<Term, Term>> products, quotients;

  Z3_ast literal(Z3_ast condition) {
    Z3_ast& known = literals[condition];
    if (known) return known;
    known = Z3_mk_fresh_const(context, "p", Z3_mk_bool_sort(context));
    Z3_solver_assert(context, solver, Z3_mk_implies(context, known, condition));
    return known;
  }
  Z3_sort sort(u8 bits) const { return Z3_mk_bv_sort(context, bits); }
  Z3_ast ast(Term t) const {
    if (!t.known) return static_cast<Z3_ast>(t.ast);
    if (t.bits == 0) return t.value ? Z3_mk_true(context) : Z3_mk_false(context);
    return Z3_mk_unsigned_int64(context, t.value, sort(t.bits));
  }
  Term term(Z3_ast ast, u8 bits) const { return {ast, 0, bits, false, bits}; }
  void forget_model() {
    if (model) Z3_model_dec_ref(context, model);
    model = nullptr;
  }
};

namespace {

void ignore_error(Z3_context, Z3_error_code) {}

template <typename T>
u64 folded(Op op, T a, T b) {
  switch (op) {
    case Op::Add: return alu::Add(a, b);
    case Op::Sub: return alu::Sub(a, b);
    case Op::Mul: return alu::Mul(a, b);
    case Op::Div: return alu::Div(a, b);
    case Op::Mod: return alu::Mod(a, b);
    case Op::SDiv: return alu::SDiv(a, b);
    case Op::SMod: return alu::SMod(a, b);
    case Op::And: return alu::And(a, b);
    case Op::Or: return alu::Or(a, b);
    case Op::Xor: return alu::Xor(a, b);
    case Op::Lsh: return alu::Lsh(a, b);
    case Op::Rsh: return alu::Rsh(a, b);
    case Op::Arsh: return alu::Arsh(a, b);
  }
  return 0;
}

template <typename T>
bool holds(Relation relation, T a, T b) {
  switch (relation) {
    case Relation::Eq: return alu::Jeq(a, b);
    case Relation::Ne: return alu::Jne(a, b);
    case Relation::Gt: return alu::Jgt(a, b);
    case Relation::Ge: return alu::Jge(a, b);
    case Relation::Lt: return alu::Jlt(a, b);
    case Relation::Le: return alu::Jle(a, b);
    case Relation::Sgt: return alu::Jsgt(a, b);
    case Relation::Sge: return alu::Jsge(a, b);
    case Relation::Slt: return alu::Jslt(a, b);
    case Relation::Sle: return alu::Jsle(a, b);
    case Relation::Set: return alu::Jset(a, b);
  }
  return false;
}

// The width in which multiplication and division have the same result; the operands' own where there is no smaller one.
u8 bits_enough(Op op, Term a, Term b) {
  const u32 longer = std::max<u32>(std::max(a.used, b.used), 1);
  if (op == Op::Div || op == Op::Mod) return u8(std::min<u32>(longer, a.bits));
  if (op == Op::Mul) return u8(std::min<u32>(std::max<u32>(u32(a.used) + b.used, 1), a.bits));
  return a.bits;
}

u64 sign_extended(u64 value, u8 bits) {
  const u64 sign = u64{1} << (bits - 1);
  return bits == 64 ? value : (value ^ sign) - sign;
}

}  // namespace

bool Solver::available() { return true; }

Solver::Solver() : impl_(std::make_unique<Impl>()) {
  Z3_config config = Z3_mk_config();
  impl_->context = Z3_mk_context(config);
  Z3_del_config(config);
  Z3_set_error_handler(impl_->context, ignore_error);
  impl_->solver = Z3_mk_solver_for_logic(impl_->context, Z3_mk_string_symbol(impl_->context, "QF_AUFBV"));
  Z3_solver_inc_ref(impl_->context, impl_->solver);
}

Solver::~Solver() {
  impl_->forget_model();
  Z3_solver_dec_ref(impl_->context, impl_->solver);
  Z3_del_context(impl_->context);
}

Term Solver::fresh(u8 bits) { return impl_->term(Z3_mk_fresh_const(impl_->context, "x", impl_->sort(bits)), bits); }

Term Solver::compute(Op op, Term a, Term b) {
  if (a.known && b.known && (a.bits == 64 || a.bits == 32))  // never both of another width
    return number(a.bits == 64 ? folded<u64>(op, a.value, b.value) : folded<u32>(op, u32(a.value), u32(b.value)),
                  a.bits);
  const bool neutral =
      op == Op::Add || op == Op::Sub || op == Op::Or || op == Op::Xor || op == Op::Lsh || op == Op::Rsh;
  if (neutral && b.is(0)) return a;
  if ((op == Op::Add || op == Op::Or) && a.is(0)) return b;
  if (op == Op::Rsh && b.known)
    if (const std::optional<Term> quotient = division_by_product(a, b.value)) return *quotient;
  u8 enough = bits_enough(op, a, b);
  if (const auto of = impl_->quotients.find(a.ast); op == Op::Mul && !a.known && of != impl_->quotients.end())
    if (same(of->second.second, b)) enough = std::min(enough, of->second.first.used);  // no larger than the dividend
  Term result = enough < a.bits ? extend(compute_in(op, extract(a, 0, enough), extract(b, 0, enough)), a.bits, false)
                                : compute_in(op, a, b);
  if (op == Op::And) result.used = std::min(a.used, b.used);
  if (op == Op::Or || op == Op::Xor) result.used = std::max(a.used, b.used);
  if (op == Op::Rsh && b.known) result.used = u8(a.used > b.value ? a.used - b.value : 0);
  if (op == Op::Mul && b.known) impl_->products[result.ast] = {a, b};
  if ((op == Op::Mod || op == Op::Div) && b.known && b.value) say_of_division(op, a, b, result);
  return result;
}

// Compilers divide by a constant d so: x * m >> s, where m is 2^s / d, rounded up by so little that the result is the
// same for all x that there can be (Granlund and Montgomery, "Division by invariant integers using multiplication").
std::optional<Term> Solver::division_by_product(Term product, u64 shift) {
  const auto of = product.known ? impl_->products.end() : impl_->products.find(product.ast);
  if (of == impl_->products.end() || shift == 0 || shift >= 64) return std::nullopt;
  const auto& [x, factor] = of->second;
  if (x.used + factor.used > product.bits || x.used > shift || factor.value == 0) return std::nullopt;
  const u64 power = u64{1} << shift, divisor = power / factor.value + 1;
  const unsigned __int128 too_much = static_cast<unsigned __int128>(factor.value) * divisor - power;
  if (divisor < 2 || too_much > (u64{1} << (shift - x.used))) return std::nullopt;
  return compute(Op::Div, x, number(divisor, x.bits));
}

// What goes without saying of a division, but makes the solver quicker when it is said.
void Solver::say_of_division(Op op, Term a, Term b, Term& result) {
  if (op == Op::Mod) {
    result.used = std::min(result.used, b.used);
    require(compare(Relation::Lt, result, b));
    return;
  }
  result.used = u8(std::max(a.used - b.used + 1, 1));
  impl_->quotients[result.ast] = {a, b};
  const Term product = compute(Op::Mul, result, b);
  require(compare(Relation::Le, product, a));
  require(compare(Relation::Lt, compute(Op::Sub, a, product), b));
}

Term Solver::compute_in(Op op, Term a, Term b) {
  Z3_context c = impl_->context;
  const Z3_ast x = impl_->ast(a), y = impl_->ast(b), zero = impl_->ast(number(0, a.bits));
  const u64 most = a.bits - 1u;  // shift counts are taken modulo 64 or 32
  const Z3_ast count =
      b.known ? impl_->ast(number(b.value & most, a.bits)) : Z3_mk_bvand(c, y, impl_->ast(number(most, a.bits)));
  const auto guarded = [&](Z3_ast result, Z3_ast by_zero) {
    return b.known && b.value ? result : Z3_mk_ite(c, Z3_mk_eq(c, y, zero), by_zero, result);
  };
  Z3_ast result = nullptr;
  switch (op) {
    case Op::Add: result = Z3_mk_bvadd(c, x, y); break;
    case Op::Sub: result = Z3_mk_bvsub(c, x, y); break;
    case Op::Mul: result = Z3_mk_bvmul(c, x, y); break;
    case Op::Div: result = guarded(Z3_mk_bvudiv(c, x, y), zero); break;
    case Op::Mod: result = guarded(Z3_mk_bvurem(c, x, y), x); break;
    case Op::SDiv: result = guarded(Z3_mk_bvsdiv(c, x, y), zero); break;
    case Op::SMod: result = guarded(Z3_mk_bvsrem(c, x, y), x); break;
    case Op::And: result = Z3_mk_bvand(c, x, y); break;
    case Op::Or: result = Z3_mk_bvor(c, x, y); break;
    case Op::Xor: result = Z3_mk_bvxor(c, x, y); break;
    case Op::Lsh: result = Z3_mk_bvshl(c, x, count); break;
    case Op::Rsh: result = Z3_mk_bvlshr(c, x, count); break;
    case Op::Arsh: result = Z3_mk_bvashr(c, x, count); break;
  }
  return impl_->term(result, a.bits);
}

Term Solver::compare(Relation relation, Term a, Term b) {
  if (a.known && b.known && a.bits == 64) return truth(holds<u64>(relation, a.value, b.value));
  if (a.known && b.known && a.bits == 32) return truth(holds<u32>(relation, u32(a.value), u32(b.value)));
  Z3_context c = impl_->context;
  const Z3_ast x = impl_->ast(a), y = impl_->ast(b);
  Z3_ast result = nullptr;
  switch (relation) {
    case Relation::Eq: result = Z3_mk_eq(c, x, y); break;
    case Relation::Ne: result = Z3_mk_not(c, Z3_mk_eq(c, x, y)); break;
    case Relation::Gt: result = Z3_mk_bvugt(c, x, y); break;
    case Relation::Ge: result = Z3_mk_bvuge(c, x, y); break;
    case Relation::Lt: result = Z3_mk_bvult(c, x, y); break;
    case Relation::Le: result = Z3_mk_bvule(c, x, y); break;
    case Relation::Sgt: result = Z3_mk_bvsgt(c, x, y); break;
    case Relation::Sge: result = Z3_mk_bvsge(c, x, y); break;
    case Relation::Slt: result = Z3_mk_bvslt(c, x, y); break;
    case Relation::Sle: result = Z3_mk_bvsle(c, x, y); break;
    case Relation::Set: result = Z3_mk_not(c, Z3_mk_eq(c, Z3_mk_bvand(c, x, y), impl_->ast(number(0, a.bits)))); break;
  }
  return impl_->term(result, 0);
}

Term Solver::both(Term a, Term b) {
  if (a.is(0) || b.is(1)) return a;
  if (b.is(0) || a.is(1)) return b;
  const Z3_ast operands[] = {impl_->ast(a), impl_->ast(b)};
  return impl_->term(Z3_mk_and(impl_->context, 2, operands), 0);
}

Term Solver::either(Term a, Term b) { return negate(both(negate(a), negate(b))); }

Term Solver::negate(Term condition) {
  if (condition.known) return truth(!condition.value);
  return impl_->term(Z3_mk_not(impl_->context, impl_->ast(condition)), 0);
}

Term Solver::choose(Term condition, Term a, Term b) {
  if (condition.known) return condition.value ? a : b;
  if (same(a, b)) return a;
  return impl_->term(Z3_mk_ite(impl_->context, impl_->ast(condition), impl_->ast(a), impl_->ast(b)), a.bits);
}

Term Solver::extract(Term a, u32 low, u8 bits) {
  if (low == 0 && bits == a.bits) return a;
  if (a.known) return number(a.value >> low, bits);
  Term part = impl_->term(Z3_mk_extract(impl_->context, low + bits - 1, low, impl_->ast(a)), bits);
  if (low == 0) part.used = std::min(a.used, bits);
  return part;
}

Term Solver::concat(Term high, Term low) {
  const u8 bits = u8(high.bits + low.bits);
  if (high.known && low.known) return number(high.value << low.bits | low.value, bits);
  return impl_->term(Z3_mk_concat(impl_->context, impl_->ast(high), impl_->ast(low)), bits);
}

Term Solver::extend(Term a, u8 bits, bool is_signed) {
  if (bits == a.bits) return a;
  if (a.known) return number(is_signed ? sign_extended(a.value, a.bits) : a.value, bits);
  const u32 more = u32(bits - a.bits);
  Term wide = impl_->term(is_signed ? Z3_mk_sign_ext(impl_->context, more, impl_->ast(a))
                                    : Z3_mk_zero_ext(impl_->context, more, impl_->ast(a)),
                          bits);
  if (!is_signed) wide.used = std::min(a.used, a.bits);
  return wide;
}

u32 Solver::fresh_memory() {
  impl_->memories.emplace_back();
  return u32(impl_->memories.size()) - 1;
}

// No arrays for the solver: bytes are numbers of their own, equal where their addresses are.
Term Solver::byte_at(u32 memory, Term address) {
  auto& bytes = impl_->memories[memory];
  for (const auto& [place, byte] : bytes)
    if (same(place, address)) return byte;
  const Term made = fresh(8);
  for (const auto& [place, byte] : bytes)
    if (!place.known || !address.known)
      require(either(compare(Relation::Ne, place, address), compare(Relation::Eq, byte, made)));
  bytes.emplace_back(address, made);
  return made;
}

bool Solver::same(Term a, Term b) const {
  if (a.bits != b.bits || a.known != b.known) return false;
  return a.known ? a.value == b.value : a.ast == b.ast;  // equal expressions are one in a context
}

void Solver::require(Term condition) {
  if (condition.is(1)) return;
  Z3_solver_assert(impl_->context, impl_->solver, impl_->ast(condition));
}

Answer Solver::check(const std::vector<Term>& conditions, u32 ms) {
  Z3_context c = impl_->context;
  impl_->asked.clear();
  impl_->asked_of.clear();
  impl_->core.clear();
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (conditions[i].is(1)) continue;
    if (conditions[i].is(0)) {
      impl_->core = {i};
      return Answer::No;
    }
    impl_->asked.push_back(impl_->literal(impl_->ast(conditions[i])));
    impl_->asked_of.push_back(i);
  }
  Z3_params params = Z3_mk_params(c);
  Z3_params_inc_ref(c, params);
  Z3_params_set_uint(c, params, Z3_mk_string_symbol(c, "timeout"), ms ? ms : 1);
  Z3_solver_set_params(c, impl_->solver, params);
  Z3_params_dec_ref(c, params);
  const Z3_lbool answer =
      Z3_solver_check_assumptions(c, impl_->solver, unsigned(impl_->asked.size()), impl_->asked.data());
  impl_->forget_model();
  if (answer == Z3_L_TRUE) {
    impl_->model = Z3_solver_get_model(c, impl_->solver);
    Z3_model_inc_ref(c, impl_->model);
    return Answer::Yes;
  }
  if (answer == Z3_L_UNDEF) return Answer::Unknown;
  const Z3_ast_vector found = Z3_solver_get_unsat_core(c, impl_->solver);
  Z3_ast_vector_inc_ref(c, found);
  for (unsigned i = 0; i < Z3_ast_vector_size(c, found); ++i)
    for (size_t k = 0; k < impl_->asked.size(); ++k)
      if (impl_->asked[k] == Z3_ast_vector_get(c, found, i)) impl_->core.push_back(impl_->asked_of[k]);
  Z3_ast_vector_dec_ref(c, found);
  return Answer::No;
}

std::vector<size_t> Solver::core() const { return impl_->core; }

u64 Solver::value_of(Term a) {
  if (a.known) return a.value;
  Z3_ast result = nullptr;
  uint64_t value = 0;
  if (!impl_->model || !Z3_model_eval(impl_->context, impl_->model, impl_->ast(a), true, &result)) return 0;
  if (a.bits == 0) return Z3_get_bool_value(impl_->context, result) == Z3_L_TRUE;
  return Z3_get_numeral_uint64(impl_->context, result, &value) ? value : 0;
}

std::vector<Term> Solver::leaves(const std::vector<Term>& conditions) {
  Z3_context c = impl_->context;
  std::unordered_set<Z3_ast> seen;
  std::vector<Z3_ast> todo;
  std::vector<Term> found;
  for (const Term& t : conditions)
    if (!t.known) todo.push_back(impl_->ast(t));
  while (!todo.empty()) {
    const Z3_ast at = todo.back();
    todo.pop_back();
    if (!seen.insert(at).second || Z3_get_ast_kind(c, at) != Z3_APP_AST) continue;
    const Z3_app app = Z3_to_app(c, at);
    const unsigned arguments = Z3_get_app_num_args(c, app);
    const Z3_sort sort = Z3_get_sort(c, at);
    const bool is_number = Z3_get_sort_kind(c, sort) == Z3_BV_SORT;
    const Z3_decl_kind kind = Z3_get_decl_kind(c, Z3_get_app_decl(c, app));
    const bool is_leaf = arguments == 0 && kind == Z3_OP_UNINTERPRETED;
    if (is_leaf && is_number) found.push_back(impl_->term(at, u8(Z3_get_bv_sort_size(c, sort))));
    for (unsigned i = 0; i < arguments; ++i) todo.push_back(Z3_get_app_arg(c, app, i));
  }
  return found;
}

}  // namespace skep::witness
