// What the cases of this folder share: kernel functions, structs that the verifier knows by name, short names for maps.
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifndef CASE_LICENSE
#define CASE_LICENSE "GPL"
#endif
char LICENSE[] SEC("license") = CASE_LICENSE;

typedef __u32 u32;
typedef __u64 u64;

// Of the kernel's structs only the names matter.
struct task_struct {
  int unused;
};
struct cgroup {
  int unused;
};
struct cgroup_subsys_state {
  int unused;
};
struct bpf_map {
  int unused;
};

struct bpf_res_spin_lock {
  u32 val;
};
struct bpf_task_work {
  u64 opaque;
} __attribute__((aligned(8)));
struct bpf_iter_task {
  u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_iter_css_task {
  u64 opaque[1];
} __attribute__((aligned(8)));

#define ARRAY(name, value_type)       \
  struct {                            \
    __uint(type, BPF_MAP_TYPE_ARRAY); \
    __uint(max_entries, 1);           \
    __type(key, u32);                 \
    __type(value, value_type);        \
  } name SEC(".maps")
#define LOOKUP(map)                  \
  ({                                 \
    u32 key = 0;                     \
    bpf_map_lookup_elem(&map, &key); \
  })
#ifndef __uptr
#define __uptr __attribute__((btf_type_tag("uptr")))
#endif
#define PRIVATE(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#define CONTAINS(type, member) __attribute__((btf_decl_tag("contains:" #type ":" #member)))
#define EXCEPTION_CB(name) __attribute__((btf_decl_tag("exception_callback:" #name)))
#define NEW(type) ((type*)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define PERCPU_NEW(type) ((type*)bpf_percpu_obj_new_impl(bpf_core_type_id_local(type), 0))
#define USE(x) asm volatile("" ::"r"(x))

extern int bpf_res_spin_lock(struct bpf_res_spin_lock* lock) __ksym __weak;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock* lock) __ksym __weak;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock* lock, unsigned long* flags) __ksym __weak;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock* lock, unsigned long* flags) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long* flags) __ksym;
extern void bpf_local_irq_restore(unsigned long* flags) __ksym;
extern int bpf_copy_from_user_str(void* dst, u32 size, const void* user, u64 flags) __ksym;
extern int bpf_iter_task_new(struct bpf_iter_task* it, struct task_struct* task, unsigned int flags) __ksym;
extern struct task_struct* bpf_iter_task_next(struct bpf_iter_task* it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task* it) __ksym;
extern int bpf_iter_css_task_new(struct bpf_iter_css_task* it, struct cgroup_subsys_state* css,
                                 unsigned int flags) __ksym;
extern void bpf_iter_css_task_destroy(struct bpf_iter_css_task* it) __ksym;
extern struct task_struct* bpf_task_acquire(struct task_struct* task) __ksym;
extern struct task_struct* bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;
extern void bpf_cgroup_release(struct cgroup* cgroup) __ksym;
extern void* bpf_cast_to_kern_ctx(void* ctx) __ksym;
extern void* bpf_rdonly_cast(const void* object, u32 type) __ksym;
extern int bpf_wq_init(struct bpf_wq* wq, void* map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq* wq, int(callback)(void* map, int* key, void* value),
                                    unsigned int flags, void* aux) __ksym;
extern int bpf_task_work_schedule_signal_impl(struct task_struct* task, struct bpf_task_work* work, void* map,
                                              int(callback)(struct bpf_map* map, void* key, void* value),
                                              void* aux) __ksym;
extern void bpf_throw(u64 cookie) __ksym;
extern void* bpf_obj_new_impl(u64 type, void* meta) __ksym;
extern void bpf_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_percpu_obj_new_impl(u64 type, void* meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_refcount_acquire_impl(void* object, void* meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head* head, struct bpf_list_node* node, void* meta, u64 off) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root* root, struct bpf_rb_node* node,
                               bool(less)(struct bpf_rb_node* a, const struct bpf_rb_node* b), void* meta,
                               u64 off) __ksym;
extern struct bpf_rb_node* bpf_rbtree_remove(struct bpf_rb_root* root, struct bpf_rb_node* node) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff* skb, u64 flags, struct bpf_dynptr* dynptr) __ksym;
extern void* bpf_dynptr_slice(const struct bpf_dynptr* dynptr, u32 offset, void* buffer, u32 size) __ksym;
extern void* bpf_dynptr_slice_rdwr(const struct bpf_dynptr* dynptr, u32 offset, void* buffer, u32 size) __ksym;
extern int bpf_stream_vprintk_impl(int stream, const char* format, const void* args, u32 size, void* aux) __ksym;
extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md* ctx, u64* timestamp) __ksym;
extern void __bpf_trap(void) __ksym __weak;
