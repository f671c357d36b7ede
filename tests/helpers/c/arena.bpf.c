// Pages of an arena: set aside, and touched without having been taken.
#include "results.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 8);
} arena SEC(".maps");

#define ARENA __attribute__((address_space(1)))
typedef volatile long ARENA* page;

extern void ARENA* bpf_arena_alloc_pages(void* map, void ARENA* at, __u32 count, int node, __u64 flags) __ksym;
extern void bpf_arena_free_pages(void* map, void ARENA* at, __u32 count) __ksym;
extern int bpf_arena_reserve_pages(void* map, void ARENA* at, __u32 count) __ksym;

long base;

#define AT(n) ((void ARENA*)(base + (n)*4096l))

static long number(void ARENA* at) { return at ? (long)((__u32)(long)at - (__u32)base) / 4096 : -1; }

static void find_base(void) {
  void ARENA* first = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
  base = (long)first;
  bpf_arena_free_pages(&arena, first, 1);
}

// = 0 -16 2 -1 -16 -22 0 0 -22 -22 0 0 -16 -22
SEC("syscall")
int reserve(void* ctx) {
  find_base();
  r[0] = bpf_arena_reserve_pages(&arena, AT(0), 2);
  r[1] = bpf_arena_reserve_pages(&arena, AT(1), 2);
  r[2] = number(bpf_arena_alloc_pages(&arena, 0, 1, -1, 0));
  r[3] = number(bpf_arena_alloc_pages(&arena, AT(1), 1, -1, 0));
  r[4] = bpf_arena_reserve_pages(&arena, AT(2), 1);
  r[5] = bpf_arena_reserve_pages(&arena, AT(7), 2);
  r[6] = bpf_arena_reserve_pages(&arena, AT(7), 0);
  r[7] = bpf_arena_reserve_pages(&arena, (void ARENA*)(base + 5 * 4096 + 8), 1);
  r[8] = bpf_arena_reserve_pages(&arena, AT(9), 1);
  r[9] = bpf_arena_reserve_pages(&arena, 0, 1);
  r[10] = bpf_arena_reserve_pages(&arena, AT(7), 1);
  bpf_arena_free_pages(&arena, AT(0), 1);
  r[11] = number(bpf_arena_alloc_pages(&arena, AT(0), 1, -1, 0));
  r[12] = bpf_arena_reserve_pages(&arena, AT(1), 1);
  r[13] = bpf_arena_reserve_pages(&arena, AT(0), 9);
  return 0;
}

// A page that nobody took reads as zero, keeps nothing, and is not taken by that.
// = 0 0 1 0 3
SEC("syscall")
int touch(void* ctx) {
  find_base();
  page stray = AT(3);
  r[0] = *stray;
  *stray = 7;
  r[1] = *stray;
  r[2] = bpf_arena_alloc_pages(&arena, AT(3), 1, -1, 0) != 0;
  r[3] = *stray;
  *stray = 3;
  r[4] = *stray;
  return 0;
}
