# One function is described, two are there.
;; PROG socket_filter
;; FUNC global int main(void *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! number of funcs in func_info doesn't match number of subprogs
main:
  call sub
  exit
sub:
  r0 = 0
  exit
