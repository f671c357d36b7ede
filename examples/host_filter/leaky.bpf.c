/* Forgets to give the user back: refused as the kernel refuses it. */
#include "types.h"

#define SEC(name) __attribute__((section(name), used))
extern struct user* host_find_user(unsigned int id) __attribute__((section(".ksyms")));

SEC("request_filter") int leaky(struct request_ctx* ctx) { return host_find_user(ctx->sender->id) != 0; }

char _license[] SEC("license") = "GPL";
