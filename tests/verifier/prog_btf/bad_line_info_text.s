# The text of a line lies outside the strings.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LINE_INFO 0 @a.c 9999 1024
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Invalid line_info[0].line_off or .file_name_off
main:
  r0 = 0
  exit
