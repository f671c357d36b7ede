// The solver of a build without Z3: there is none.
#include "witness/solver.h"

namespace skep::witness {

struct Solver::Impl {};

bool Solver::available() { return false; }
Solver::Solver() = default;
Solver::~Solver() = default;
Term Solver::fresh(u8) { return {}; }
Term Solver::compute(Op, Term, Term) { return {}; }
Term Solver::compute_in(Op, Term, Term) { return {}; }
std::optional<Term> Solver::division_by_product(Term, u64) { return std::nullopt; }
void Solver::say_of_division(Op, Term, Term, Term&) {}
Term Solver::compare(Relation, Term, Term) { return {}; }
Term Solver::both(Term, Term) { return {}; }
Term Solver::either(Term, Term) { return {}; }
Term Solver::negate(Term) { return {}; }
Term Solver::choose(Term, Term, Term) { return {}; }
Term Solver::extract(Term, u32, u8) { return {}; }
Term Solver::concat(Term, Term) { return {}; }
Term Solver::extend(Term, u8, bool) { return {}; }
u32 Solver::fresh_memory() { return 0; }
Term Solver::byte_at(u32, Term) { return {}; }
bool Solver::same(Term, Term) const { return false; }
void Solver::require(Term) {}
Answer Solver::check(const std::vector<Term>&, u32) { return Answer::Unknown; }
std::vector<size_t> Solver::core() const { return {}; }
u64 Solver::value_of(Term) { return 0; }
std::vector<Term> Solver::leaves(const std::vector<Term>&) { return {}; }

}  // namespace skep::witness
