# A failing packet load leaves the function with 0, so its type must be known.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! LD_ABS is not allowed in subprogs without BTF
  call sub
  exit
sub:
  r6 = r1
  r0 = *(u8 *)skb[0]
  exit
