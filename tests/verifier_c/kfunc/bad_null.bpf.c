// A task that may not be there is handed over as if it were.
// VERIFY reject EACCES
// LOG Possibly NULL pointer passed to trusted arg0
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_task_release(bpf_task_from_pid(1));
  return 0;
}
