# A tracing program at the entry of another one, with types.
;; PROG tracing
;; ATTACH trace_fentry
;; ONLY_SKEP
;; TARGET tracing_program.s main
;; FUNC global int main(u64 *ctx)
;; VERIFY accept
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
