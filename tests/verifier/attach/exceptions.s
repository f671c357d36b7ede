# A program with an exception callback.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC global int caught(u64 cookie)
;; TAG main -1 exception_callback:caught
;; VERIFY accept
;; INSNS 4

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call bpf_throw                        ;: Validating caught() func#1...
  r0 = 0
  exit
caught:
                                        ;< R1=scalar() R10=fp0
  r0 = 0                                ;> R0=0
  exit                                  ;: Func#1 ('caught') is safe for any args that match its prototype
