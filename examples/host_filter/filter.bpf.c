/* A filter of requests: a program type, a context and kfuncs that the kernel has never heard of. */
#include "types.h"

#define SEC(name) __attribute__((section(name), used))
#define __ksym __attribute__((section(".ksyms")))

extern unsigned int host_score(struct user* user) __ksym;
extern struct user* host_find_user(unsigned int id) __ksym;
extern void host_put_user(struct user* user) __ksym;

unsigned int limit = 1000;

SEC("request_filter") int small_only(struct request_ctx* ctx) {
  ctx->priority = host_score(ctx->sender);
  return ctx->size <= limit;
}

SEC("request_filter/known") int known_sender(struct request_ctx* ctx) {
  struct user* known = host_find_user(ctx->sender->id);
  if (!known) return 0;
  ctx->priority = known->score;
  host_put_user(known);
  return 1;
}

char _license[] SEC("license") = "GPL";
