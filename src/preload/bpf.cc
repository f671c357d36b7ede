// bpf(2) itself: libbpf, bpftool and their like reach it through libc's syscall().
#include <errno.h>
#include <sys/syscall.h>

#include "preload/real.h"
#include "skep/skep.h"

// Declared with all six arguments, as the machine passes them: libc's declaration is variadic, the registers are the
// same.
SKEP_WRAPPER long syscall(long number, long a, long b, long c, long d, long e, long f) {
  static auto* const next = skep::preload::real<long(long, long, long, long, long, long, long)>("syscall");
  if (number == SYS_close) skep_forget_descriptor(int(a));
  if (number == SYS_dup2 || number == SYS_dup3) skep_forget_descriptor(int(b));
  if (number != SYS_bpf) return next(number, a, b, c, d, e, f);
  const long result = skep_bpf(int(a), reinterpret_cast<union bpf_attr*>(b), static_cast<unsigned int>(c));
  if (result >= 0) return result;
  errno = int(-result);
  return -1;
}
