# Only GPL programs read the kernel's structures.
;; PROG sched_cls
;; LICENSE MIT
;; VERIFY reject EINVAL
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  if r1 == 0 goto pc+4                  ;> R1=sock_common()
  call skc_to_tcp_sock                  ;> R0=ptr_or_null_tcp_sock(id=2)
  if r0 == 0 goto pc+1                  ;> R0=ptr_tcp_sock()
  r0 = *(u64 *)(r0 +0)                  ;! Cannot access kernel 'struct tcp_sock' from non-GPL compatible program
  r0 = 0
  exit
