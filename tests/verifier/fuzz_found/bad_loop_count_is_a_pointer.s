# The number of rounds must be precise, which a pointer cannot be: Linux takes that for a bug of its own.
;; PROG xdp
;; FUNC static int main(void *ctx)
;; FUNC static int step(void *ctx)
;; VERIFY reject EFAULT
;; INSNS 4
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

main:
                                        ;< R1=ctx() R10=fp0
  r2 = func[step]                       ;> R2=func()
  r3 = 0                                ;> R3=0
  r4 = 0                                ;> R4=0
  call loop                             ;! verifier bug: backtracking misuse
  r0 = 0
  exit
step:
  r0 = 0
  exit
