# Only the text of an array's only element can be read at load time.
;; PROG kprobe
;; MAP ro array key=4 value=8 max=2 flags=rdonly_prog data=hello frozen
;; VERIFY reject ENOTSUPP
;; INSNS 11

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -8                              ;> R2=fp-8
  r1 = map[ro]                          ;> R1=map_ptr(map=ro,ks=4,vs=8)
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=ro,ks=4,vs=8)
  if r0 == 0 goto out                   ;> R0=map_value(map=ro,ks=4,vs=8)
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = r0                               ;> R0=map_value(map=ro,ks=4,vs=8) R3=map_value(map=ro,ks=4,vs=8)
  call strncmp                          ;! direct value access on string failed
out:
  r0 = 0
  exit
