// A string is read from user memory with interrupts off.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG kernel func bpf_copy_from_user_str is sleepable within IRQ-disabled region
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  char buffer[8];
  unsigned long flags;
  bpf_local_irq_save(&flags);
  bpf_copy_from_user_str(buffer, 8, 0, 0);
  bpf_local_irq_restore(&flags);
  return 0;
}
