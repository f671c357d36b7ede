// verify(): the whole check as a table of contents (spec: exploration.md 1). Each pass is one call; the first that
// rejects ends it.
#include "verifier/verifier.h"

#include <chrono>

#include "verifier/attach.h"
#include "verifier/call/call.h"
#include "verifier/check_btf.h"
#include "verifier/explore.h"
#include "verifier/facts.h"
#include "verifier/flow.h"
#include "verifier/observer.h"
#include "verifier/resolve.h"
#include "verifier/rewrite_depth.h"
#include "verifier/stack_depth.h"

namespace skep::verifier {

namespace {

Outcome prepare(Env& env) {
  SKEP_TRY(process_fd_array(env));         // maps and BTFs bound by fd_array
  SKEP_TRY(check_btf_info_early(env));     // func_info: sizes, types, order
  SKEP_TRY(add_subprogs_and_kfuncs(env));  // where functions start, which kfuncs are called
  SKEP_TRY(check_subprogs(env));           // jumps stay inside their function
  SKEP_TRY(check_btf_info(env));           // func_info, line_info, CO-RE relocations
  SKEP_TRY(resolve_pseudo_ldimm64(env));   // maps, variables and functions behind 64-bit immediates; unknown opcodes
  SKEP_TRY(check_cfg(env));                // reachable, loops only with CAP_BPF; prune points
  SKEP_TRY(check_attach_btf_id(env));      // what the program attaches to
  compute_scc(env);                        // loops
  compute_live_registers(env);             // registers read later
  mark_fastcall_patterns(env);             // spills that do not count as stack
  return kOk;
}

// Calls of kfunc 0 stand for a kfunc the loader did not find: only dead code may hold them.
Outcome check_poisoned_kfuncs(Env& env) {
  for (size_t i = 0; i < env.insns.size(); i++)
    if (env.aux[i].seen && isa::is_kfunc_call(env.insns[i]) && env.insns[i].imm == 0)
      return env.reject(diag::KfuncCallNotEliminated{});
  return kOk;
}

// A map made without CAP_PERFMON is not entered past its bounds even speculatively, which takes one known map.
Outcome check_tail_call_maps(Env& env) {
  for (const InsnExtra& extra : env.extras)
    if (extra.is_tail_call && extra.call_maps_differ && !extra.call_map->bypass_spec_v1)
      return env.reject(diag::TailCallAbusingMapPtr{});
  return kOk;
}

Outcome finish(Env& env) {
  remove_fastcall_spills(env);
  SKEP_TRY(check_max_stack_depth(env));  // call chains fit the stack
  SKEP_TRY(check_poisoned_kfuncs(env));
  SKEP_TRY(check_tail_call_maps(env));
  env.stats.stack_depth = reported_stack_depths(env, true);
  return check_function_addresses(env);  // no address of a function that is gone
}

Outcome run(Env& env) {
  SKEP_TRY(prepare(env));
  SKEP_TRY(explore_subprog(env, 0));        // main, on every path
  SKEP_TRY(explore_global_functions(env));  // the global functions it calls, each on its own
  return finish(env);
}

void print_stats(Env& env) {
  const Stats& stats = env.stats;
  if (env.log.level() & diag::BPF_LOG_STATS) {
    env.log.print("verification time {} usec\n", stats.time_us);
    env.log.print("stack depth ");
    for (size_t s = 0; s < stats.stack_depth.size(); s++) env.log.print("{}{}", s ? "+" : "", stats.stack_depth[s]);
    env.log.print("\n");
  }
  env.log.print("processed {} insns (limit {}) max_states_per_insn {} total_states {} peak_states {} mark_read {}\n",
                stats.insns_processed, env.target.limits().max_insns, stats.max_states_per_insn, stats.total_states,
                stats.peak_states, stats.longest_mark_read_walk);
}

Verdict verdict_of(Env& env, Outcome outcome) {
  Verdict verdict;
  verdict.error = outcome.error();
  if (verdict.error && env.rejection) verdict.rejection = std::move(env.rejection);
  verdict.stats = env.stats;
  verdict.used_maps = env.used_maps;
  for (const SubprogInfo& subprog : env.subprogs) {
    verdict.subprog_starts.push_back(subprog.start);
    verdict.funcs.push_back({subprog.unreliable, subprog.changes_pkt_data, subprog.might_sleep});
  }
  verdict.exception_cb_subprog = env.exception_cb_subprog;
  if (!verdict.error && env.options.keep_facts) verdict.facts = collect_facts(env);
  return verdict;
}

}  // namespace

Verdict verify(const Program& program, const target::Target& target, const ObjectSource& objects,
               const Options& options, diag::Log& log) {
  auto start = std::chrono::steady_clock::now();
  Env env(program, target, objects, options, log);
  Outcome outcome = run(env);
  env.stats.insns_processed = env.insns_processed;
  if (env.stats.stack_depth.empty()) env.stats.stack_depth = reported_stack_depths(env, false);
  env.stats.time_us =
      u64(std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count());
  print_stats(env);
  if (options.observer) options.observer->finished(env, outcome);
  return verdict_of(env, outcome);
}

}  // namespace skep::verifier
