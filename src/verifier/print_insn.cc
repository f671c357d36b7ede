// Instruction and source lines of the walk (spec: log-format.md 2 and 5).
#include <algorithm>

#include "verifier/print_state.h"

namespace skep::verifier {

namespace {

// The last line record at or before the insn, or nullptr.
const btf::LineInfo* find_linfo(const Env& env, u32 insn_idx) {
  auto it = std::upper_bound(env.line_info.begin(), env.line_info.end(), insn_idx,
                             [](u32 at, const btf::LineInfo& l) { return at < l.insn_off; });
  return it == env.line_info.begin() ? nullptr : &*(it - 1);
}

std::string_view trim_left(std::string_view text) {
  size_t at = text.find_first_not_of(" \t\n\v\f\r");
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

}  // namespace

void print_source_line(Env& env, int insn_idx, std::string_view prefix) {
  if (!env.log.needed() || env.line_info.empty()) return;
  const btf::LineInfo* linfo = find_linfo(env, u32(insn_idx));
  if (!linfo || linfo == env.prev_linfo) return;
  const btf::LineInfo* prev = env.prev_linfo;
  if (prev && prev->file_name_off == linfo->file_name_off && prev->line() == linfo->line()) return;
  std::string_view source = trim_left(env.prog_btf()->string_at(linfo->line_off));
  std::string_view file = env.prog_btf()->string_at(linfo->file_name_off);
  size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file = file.substr(slash + 1);
  env.log.write(prefix);
  env.log.write(source);
  env.log.print(" @ {}:{}\n", file, linfo->line());
  env.prev_linfo = linfo;
}

void print_insn_lines(Env& env) {
  VerifierState& state = *env.cur;
  if (env.log.level2() && env.from_line_due) {
    env.log.print("\nfrom {} to {}{}:", env.prev_insn_idx, env.insn_idx,
                  state.speculative ? " (speculative execution)" : "");
    print_verifier_state(env, state, state.curframe, true);
    env.from_line_due = false;
  }
  if (!env.log.prints_insns()) return;
  if (env.changed_regs || env.changed_slots) print_insn_state(env, state, state.curframe);
  print_source_line(env, env.insn_idx, "; ");
  u64 before = env.log.end_pos();
  env.log.write(fmt::format("{}: ", env.insn_idx));
  env.log.write(disassemble_insn(env, env.insn_idx) + "\n");
  env.prev_insn_print_len = env.log.end_pos() - before;
  env.prev_log_pos = env.log.end_pos();
}

}  // namespace skep::verifier
