// A connection on the stack, whose struct holds others deeper than the verifier looks for pointers.
// VERIFY reject EINVAL
// LOG max struct nesting depth exceeded
// LOG arg#0 pointer type STRUCT nf_conn must point to scalar, or struct with scalar
#include "case.h"

struct nf_conn {
  int unused;
};
extern void bpf_ct_release(struct nf_conn* connection) __ksym;

SEC("tc")
int prog(struct __sk_buff* ctx) {
  long x = 0;
  bpf_ct_release((void*)&x);
  return 0;
}
