// The kernel has types for its per-CPU variables, but no addresses of them (no CONFIG_KALLSYMS_ALL).
// VERIFY reject ENOENT
// LOG ldimm64 failed to find the address for kernel symbol 'runqueues'.
#include "case.h"

struct rq {
  int unused;
};
extern const struct rq runqueues __ksym;

SEC("tc")
int prog(struct __sk_buff* ctx) { return !!bpf_per_cpu_ptr(&runqueues, 0); }
