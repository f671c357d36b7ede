// The bodies of helpers and kfuncs: what runs when a program calls one. One table a file; bodies.cc joins them.
#pragma once

#include <span>
#include <string_view>

#include "engine/run.h"

namespace skep::engine {

struct HelperBody {
  u32 id = 0;  // BPF_FUNC_*
  HelperFn fn = nullptr;
};

struct KfuncBody {
  std::string_view name;
  HelperFn fn = nullptr;
};

// Null: it can be verified, but not run here (missing_body).
HelperFn helper_body(u32 id);
HelperFn kfunc_body(std::string_view name);

// Stands in for what has no body: -EOPNOTSUPP, or NULL where the result is a pointer.
u64 missing_body(u64, u64, u64, u64, u64, Run& run);

// The tables.
std::span<const HelperBody> async_helpers();      // helpers_async.cc: timers
std::span<const HelperBody> base_helpers();       // helpers_base.cc: time, randomness, CPU
std::span<const HelperBody> csum_helpers();       // helpers_csum.cc
std::span<const HelperBody> dynptr_helpers();     // helpers_dynptr.cc
std::span<const HelperBody> lock_helpers();       // helpers_lock.cc
std::span<const HelperBody> loop_helpers();       // helpers_loop.cc: what calls a function of the program
std::span<const HelperBody> map_helpers();        // helpers_map.cc
std::span<const HelperBody> memory_helpers();     // helpers_memory.cc: at addresses nobody has checked
std::span<const HelperBody> perf_helpers();       // helpers_perf.cc
std::span<const HelperBody> ringbuf_helpers();    // helpers_ringbuf.cc
std::span<const HelperBody> storage_helpers();    // helpers_storage.cc: of tasks and cgroups
std::span<const HelperBody> syscall_helpers();    // helpers_syscall.cc
std::span<const HelperBody> task_helpers();       // helpers_task.cc: the current task
std::span<const HelperBody> text_helpers();       // helpers_text.cc: numbers in strings, printing
std::span<const HelperBody> trace_helpers();      // helpers_trace.cc: stacks, arguments
std::span<const KfuncBody> arena_kfuncs();        // kfuncs_arena.cc
std::span<const KfuncBody> async_kfuncs();        // helpers_async.cc: work queues
std::span<const KfuncBody> dynptr_kfuncs();       // kfuncs_dynptr.cc
std::span<const KfuncBody> lock_kfuncs();         // helpers_lock.cc: resilient locks, interrupts
std::span<const KfuncBody> section_kfuncs();      // kfuncs_sections.cc: RCU, preemption, exceptions
std::span<const KfuncBody> text_kfuncs();         // kfuncs_text.cc: strings
std::span<const KfuncBody> stream_kfuncs();       // helpers_text.cc: a program's standard output
std::span<const HelperBody> syncookie_helpers();  // helpers_syncookie.cc
std::span<const HelperBody> verdict_helpers();    // helpers_verdict.cc: of socket and cgroup programs
std::span<const KfuncBody> context_kfuncs();      // kfuncs_context.cc: the kernel's view of a context
std::span<const KfuncBody> vma_kfuncs();          // kfuncs_vma.cc: a task's memory
std::span<const KfuncBody> xdp_kfuncs();          // helpers_xdp.cc
std::span<const HelperBody> signal_helpers();     // helpers_signal.cc
std::span<const KfuncBody> signal_kfuncs();
std::span<const KfuncBody> key_kfuncs();             // kfuncs_key.cc
std::span<const KfuncBody> conntrack_kfuncs();       // kfuncs_conntrack.cc: connections and IPsec states
std::span<const KfuncBody> nothing_kfuncs();         // kfuncs_nothing.cc: what there is none of here
std::span<const HelperBody> current_task_helpers();  // kfuncs_task.cc: the current task
std::span<const HelperBody> object_helpers();        // kfuncs_object.cc: bpf_kptr_xchg(), per-CPU objects
std::span<const KfuncBody> map_kfuncs();             // kfuncs_map.cc
std::span<const KfuncBody> task_kfuncs();            // kfuncs_task.cc
std::span<const KfuncBody> cgroup_kfuncs();          // kfuncs_cgroup.cc
std::span<const KfuncBody> cpumask_kfuncs();         // kfuncs_cpumask.cc
std::span<const KfuncBody> object_kfuncs();          // kfuncs_object.cc: objects of a program's own types
std::span<const KfuncBody> graph_kfuncs();           // kfuncs_graph.cc: lists and trees
std::span<const KfuncBody> iter_kfuncs();            // kfuncs_iter.cc

// Packets.
std::span<const HelperBody> skb_helpers();        // helpers_skb.cc: bytes and checksums of socket buffers
std::span<const HelperBody> skb_shape_helpers();  // helpers_skb_shape.cc: their size and headers
std::span<const HelperBody> skb_meta_helpers();   // helpers_skb_meta.cc: what goes with them
std::span<const HelperBody> xdp_helpers();        // helpers_xdp.cc
std::span<const HelperBody> redirect_helpers();   // helpers_redirect.cc
std::span<const HelperBody> sock_helpers();       // helpers_sock.cc

}  // namespace skep::engine
