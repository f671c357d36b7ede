// What the cases share: kernel functions and the fields of kernel structs that they read.
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

typedef __u32 u32;
typedef __u64 u64;

#define KERNEL_TYPES_BEGIN _Pragma("clang attribute push(__attribute__((preserve_access_index)), apply_to = record)")
#define KERNEL_TYPES_END _Pragma("clang attribute pop")

KERNEL_TYPES_BEGIN
struct kernfs_node {
  const char* name;
  u64 id;
};
struct cgroup;
struct cgroup_subsys_state {
  struct cgroup* cgroup;
};
struct cgroup {
  struct cgroup_subsys_state self;
  int level;
  struct kernfs_node* kn;
};
struct css_set {
  struct cgroup* dfl_cgrp;
};
typedef struct {
  u32 val;
} kuid_t;
struct cred {
  kuid_t euid;
};
struct upid {
  int nr;
};
struct pid {
  unsigned int level;
  struct upid numbers[1];
};
struct mm_struct;
struct cpumask {
  u64 bits[1];
};
struct task_struct {
  int pid, tgid, exit_state, nr_cpus_allowed, prio, static_prio;
  u32 flags;
  u64 start_boottime;
  char comm[16];
  struct task_struct *real_parent, *parent, *group_leader;
  const struct cred* cred;
  struct css_set* cgroups;
  struct pid* thread_pid;
  struct mm_struct* mm;
  const struct cpumask* cpus_ptr;
};
KERNEL_TYPES_END

struct bpf_cpumask {
  u64 opaque[5];
};
struct bpf_iter_task {
  u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_iter_css {
  u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_iter_css_task {
  u64 opaque[1];
} __attribute__((aligned(8)));
struct bpf_iter_bits {
  u64 opaque[2];
} __attribute__((aligned(8)));

struct number {
  u64 value;
};

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
#define CONTAINS(type, member) __attribute__((btf_decl_tag("contains:" #type ":" #member)))
#define NEW(type) ((type*)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define PERCPU_NEW(type) ((type*)bpf_percpu_obj_new_impl(bpf_core_type_id_local(type), 0))
#define DROP(object) bpf_obj_drop_impl(object, 0)

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern struct task_struct* bpf_task_acquire(struct task_struct* task) __ksym;
extern struct task_struct* bpf_task_from_pid(int pid) __ksym;
extern struct task_struct* bpf_task_from_vpid(int pid) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;
extern long bpf_task_under_cgroup(struct task_struct* task, struct cgroup* ancestor) __ksym;
extern struct cgroup* bpf_task_get_cgroup1(struct task_struct* task, int hierarchy) __ksym;
extern struct cgroup* bpf_cgroup_acquire(struct cgroup* cgroup) __ksym;
extern void bpf_cgroup_release(struct cgroup* cgroup) __ksym;
extern struct cgroup* bpf_cgroup_from_id(u64 id) __ksym;
extern struct cgroup* bpf_cgroup_ancestor(struct cgroup* cgroup, int level) __ksym;
extern void* bpf_obj_new_impl(u64 type, void* meta) __ksym;
extern void bpf_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_percpu_obj_new_impl(u64 type, void* meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_refcount_acquire_impl(void* object, void* meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head* head, struct bpf_list_node* node, void* meta, u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head* head, struct bpf_list_node* node, void* meta, u64 off) __ksym;
extern struct bpf_list_node* bpf_list_pop_front(struct bpf_list_head* head) __ksym;
extern struct bpf_list_node* bpf_list_pop_back(struct bpf_list_head* head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root* root, struct bpf_rb_node* node,
                               bool(less)(struct bpf_rb_node* a, const struct bpf_rb_node* b), void* meta,
                               u64 off) __ksym;
extern struct bpf_rb_node* bpf_rbtree_remove(struct bpf_rb_root* root, struct bpf_rb_node* node) __ksym;
extern struct bpf_rb_node* bpf_rbtree_first(struct bpf_rb_root* root) __ksym;
extern struct bpf_rb_node* bpf_rbtree_root(struct bpf_rb_root* root) __ksym;
extern struct bpf_rb_node* bpf_rbtree_left(struct bpf_rb_root* root, struct bpf_rb_node* node) __ksym;
extern struct bpf_rb_node* bpf_rbtree_right(struct bpf_rb_root* root, struct bpf_rb_node* node) __ksym;
extern struct bpf_cpumask* bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask* mask) __ksym;
extern void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask* mask) __ksym;
extern bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask* mask) __ksym;
extern void bpf_cpumask_setall(struct bpf_cpumask* mask) __ksym;
extern u32 bpf_cpumask_first(const struct cpumask* mask) __ksym;
extern u32 bpf_cpumask_first_zero(const struct cpumask* mask) __ksym;
extern u32 bpf_cpumask_weight(const struct cpumask* mask) __ksym;
extern bool bpf_cpumask_full(const struct cpumask* mask) __ksym;
extern bool bpf_cpumask_subset(const struct cpumask* a, const struct cpumask* b) __ksym;
extern int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* it) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits* it, const u64* words, u32 n) __ksym;
extern int* bpf_iter_bits_next(struct bpf_iter_bits* it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits* it) __ksym;
extern int bpf_iter_task_new(struct bpf_iter_task* it, struct task_struct* task, unsigned int flags) __ksym;
extern struct task_struct* bpf_iter_task_next(struct bpf_iter_task* it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task* it) __ksym;
extern int bpf_iter_css_new(struct bpf_iter_css* it, struct cgroup_subsys_state* css, unsigned int flags) __ksym;
extern struct cgroup_subsys_state* bpf_iter_css_next(struct bpf_iter_css* it) __ksym;
extern void bpf_iter_css_destroy(struct bpf_iter_css* it) __ksym;
