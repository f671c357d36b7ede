# A branch whose bits say more than its range can hold settles the value, and nothing is said of it.
;; PROG socket_filter
;; FLAGS test_reg_invariants
;; VERIFY accept
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 8                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  if r0 > 4 goto out                    ;> R0=0
  if r0 == 0 goto out                   ;> R0=0
  r0 = 1
out:
                                        ;< from 2: R0=8 R10=fp0
  r0 = 0                                ;> R0=0
                                        ;> R0=0
  exit
