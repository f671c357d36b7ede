# An iterator's buffer is read though there may be none.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET kernel func bpf_iter_bpf_map_elem
;; STRICTER
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = *(u64 *)(r1 +16)                 ;> R1=ctx() R2=rdonly_buf_or_null(id=1)
  r0 = *(u8 *)(r2 +0)                   ;! R2 invalid mem access 'rdonly_buf_or_null'
  r0 = 0
  exit
