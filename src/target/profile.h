// Which kernels there are to answer for, and by which named features they differ. The verifier asks for a feature,
// never for a version; facts that are lists (helpers, kfuncs, types) are columns of their tables instead.
#pragma once

#include <cerrno>
#include <span>
#include <string_view>

#include "base/types.h"

namespace skep::target {

// True: as the newest kernel does it. Each says what the older one does instead (spec pages; data/messages.json).
struct Features {
  // The kernel's variables have addresses (CONFIG_KALLSYMS_ALL), so `extern T var __ksym` resolves.
  bool variable_symbols = false;
  // Locks, RCU, preemption and IRQ sections and references are checked at exits, tail calls, LD_ABS and bpf_throw by
  // one rule with one wording ("BPF_EXIT instruction in main prog would lead to reference leak"); else each place has
  // its own words, locks first.
  bool one_resource_rule = true;
  // A helper's access to the stack is worded by its direction ("invalid write to stack"); else "invalid indirect access
  // to stack".
  bool stack_access_by_direction = true;
  // A global function that may sleep is not called in an atomic section; else none is called with preemption disabled.
  bool sleep_of_global_functions = true;
  // A lookup in an array with a constant key below max_entries is not null.
  bool const_key_elision = true;
  // What lies behind a pointer to a scalar or to nothing known is untrusted read-only memory, and bpf_rdonly_cast() may
  // make such memory; else it is a scalar.
  bool untrusted_memory = true;
  // bpf_rbtree_remove/left/right take owning references too; else bpf_rbtree_remove takes non-owning ones only.
  bool rbtree_takes_owned = true;
  // A direct call of the exception callback is refused without a newline.
  bool exception_cb_text_unended = true;
  // Every program has bpf_copy_from_user() and _task(), if it may sleep; else tracing and syscall programs only.
  bool copy_from_user_for_all = true;
  // The kernel was not locked down: bpf_probe_write_user() is there.
  bool probe_write_user = false;
  // A subprogram's tail call may end it there: both outcomes are walked. Else only the one that goes on.
  bool tail_calls_return = true;
  // Which registers are still read is known before the walk, so loops are compared in those alone; else in all
  // registers.
  bool static_liveness = true;
  // AND or OR with a constant of a value that is 0 or -1 walks the two one by one.
  bool mask_fork = true;
  // Negations and byte swaps are computed; else their result is unknown.
  bool unary_tracks_value = true;
  // Linked registers keep a constant that was added or subtracted in either width; else one of 0 to S32_MAX added in 64
  // bits.
  bool signed_link_constants = true;
  // A linked register that differs by a constant has its ranges and its known bits reconciled after it learns from a
  // branch.
  bool linked_copies_synced = true;
  // A callback may end with references of its own, which the program's end then reports; else its own end does.
  bool callbacks_may_keep_references = true;
  // Only registers that are still read learn from a linked one's branch.
  bool live_links_only = true;
  // Arithmetic with an arena pointer as its source gives one; else it is refused as arithmetic on a pointer.
  bool arena_sources = true;
  // Raw tracepoints' BTF arguments that some caller leaves null must be checked.
  bool nullable_tracepoint_args = true;
  // Atomic loads (acquire) and stores (release).
  bool load_acquire = true;
  // Some program types' subprograms have stacks of their own.
  bool private_stack = true;
  // errno of running out of pending jumps at a branch.
  int jump_limit_error = EFAULT;
};

struct Profile {
  std::string_view version;  // "6.18": what --kernel takes
  std::string_view name;     // "linux-6.18"
  std::string_view release;  // what uname(2) says there
  Features features;
};

// All, newest first: the first is the default.
std::span<const Profile> profiles();
// By version, or nullptr.
const Profile* find_profile(std::string_view version);

}  // namespace skep::target
