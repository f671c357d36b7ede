# The second way to the same place is not walked again.
;; PROG socket_filter
;; FLAGS test_state_freq
;; VERIFY accept
;; INSNS 7
;; STATES max_per_insn=0 total=3 peak=3 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r6 = 0                                ;> R6=0
  if r0 > 9 goto join                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=9,var_off=(0x0; 0xf))
  r6 = 0                                ;> R6=0
join:
  r0 = r6                               ;> R0=0 R6=0
                                        ;: from 2: safe
  exit
