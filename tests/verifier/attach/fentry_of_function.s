# At the entry of another program's function.
;; PROG tracing
;; ATTACH trace_fentry
;; ONLY_SKEP
;; TARGET function.s sub
;; FUNC global int main(u64 *ctx)
;; TAG main 0 arg:ctx
;; VERIFY accept
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
