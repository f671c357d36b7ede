// User memory is read with interrupts off.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG sleepable helper bpf_copy_from_user#148 in IRQ-disabled region
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  char buffer[8];
  unsigned long flags;
  bpf_local_irq_save(&flags);
  bpf_copy_from_user(buffer, 8, 0);
  bpf_local_irq_restore(&flags);
  return 0;
}
