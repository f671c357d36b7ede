# A dynptr of stack memory: only map values can be its memory.
;; PROG sched_cls
;; VERIFY reject EACCES
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  r4 = r10                              ;> R4=fp0 R10=fp0
  r4 += -24                             ;> R4=fp-24
  call dynptr_from_mem                  ;! Unsupported reg type fp for bpf_dynptr_from_mem data
  r0 = 0
  exit
