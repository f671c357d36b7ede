// Task work of one map is to be queued as that of another.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG bpf_task_work pointer in R2 map_uid=0 doesn't match map pointer in R3 map_uid=0
#include "case.h"

struct val {
  struct bpf_task_work tw;
};
ARRAY(m, struct val);
ARRAY(n, struct val);

static int work(struct bpf_map* map, void* key, void* value) { return 0; }

SEC("tp")
int prog(void* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  struct task_struct* t = bpf_get_current_task_btf();
  bpf_task_work_schedule_signal_impl(t, &v->tw, &n, work, 0);
  return 0;
}
