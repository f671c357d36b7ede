# Programs do not see what is in an array of perf events.
;; PROG socket_filter
;; MAP events perf_event_array key=4 value=4 max=1
;; VERIFY reject EINVAL
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r1 = map[events]                      ;> R1=map_ptr(map=events,ks=4,vs=4)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;! cannot pass map_type 4 into func bpf_map_lookup_elem#1
  r0 = 0
  exit
