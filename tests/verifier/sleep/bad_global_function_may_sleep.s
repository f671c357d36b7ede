# A global function that reads user memory, called from a program that must not sleep.
;; PROG kprobe
;; FUNC static int main(struct pt_regs *ctx)
;; FUNC global int reader(int n)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call reader                           ;: global functions that may sleep are not allowed in non-sleepable context,
                                        ;: i.e., in a RCU/IRQ/preempt-disabled section, or in
                                        ;! a non-sleepable BPF program context
  r0 = 0
  exit
reader:
  r1 = r10
  r1 += -8
  r2 = 8
  r3 = 0
  call copy_from_user
  r0 = 0
  exit
