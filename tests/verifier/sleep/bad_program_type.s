# XDP programs cannot be sleepable.
;; PROG xdp
;; FLAGS sleepable
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable
  r0 = 0
  exit
