// Tasks: their memory, and what is called for them.
#include "results.h"

KERNEL_TYPES_BEGIN
struct bpf_map {
  __u32 id;
};
struct inode {
  unsigned long i_ino;
};
struct qstr {
  const unsigned char* name;
};
struct dentry {
  struct qstr d_name;
};
struct path {
  struct dentry* dentry;
};
struct file {
  struct inode* f_inode;
  struct path f_path;
};
struct mm_struct {
  unsigned long start_code;
};
struct vm_area_struct {
  unsigned long vm_start, vm_end, vm_pgoff;
  const unsigned long vm_flags;
  struct file* vm_file;
  struct mm_struct* vm_mm;
};
struct task_struct {
  struct mm_struct* mm;
};
KERNEL_TYPES_END

struct bpf_iter_task_vma;
extern int bpf_iter_task_vma_new(struct bpf_iter_task_vma* it, struct task_struct* task, __u64 address) __ksym;
extern struct vm_area_struct* bpf_iter_task_vma_next(struct bpf_iter_task_vma* it) __ksym;
extern void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma* it) __ksym;
struct bpf_iter_task_vma {
  __u64 __opaque[1];
} __attribute__((aligned(8)));

char name[32];

// The code of the process: where it lies, what may be done with it, and that it comes from a file.
// = 0 1 0 117 1 1 1 1
SEC("raw_tp")
int code(void* ctx) {
  struct task_struct* task = bpf_get_current_task_btf();
  const unsigned long start = BPF_CORE_READ(task, mm, start_code);
  struct bpf_iter_task_vma it;
  r[0] = bpf_iter_task_vma_new(&it, task, start + 1);
  struct vm_area_struct* vma = bpf_iter_task_vma_next(&it);
  if (vma) {
    r[1] = vma->vm_end > vma->vm_start && vma->vm_end % 4096 == 0;
    r[2] = (long)(vma->vm_start - start);
    r[3] = vma->vm_flags & 0xff;
    r[4] = vma->vm_mm == task->mm;
    if (vma->vm_file) {
      r[5] = vma->vm_file->f_inode->i_ino > 0;
      bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(vma, vm_file, f_path.dentry, d_name.name));
      r[6] = name[0] == 's' && name[1] == 'k' && name[2] == 'e' && name[3] == 'p' && name[4] == 0;
    }
    const unsigned long end = vma->vm_end;
    vma = bpf_iter_task_vma_next(&it);
    r[7] = vma && vma->vm_start >= end;
  }
  bpf_iter_task_vma_destroy(&it);
  return 0;
}

// Nothing lies above the last address of a process.
// = 0 0
SEC("raw_tp")
int above(void* ctx) {
  struct bpf_iter_task_vma it;
  r[0] = bpf_iter_task_vma_new(&it, bpf_get_current_task_btf(), 0x7fffffffffff);
  r[1] = bpf_iter_task_vma_next(&it) != 0;
  bpf_iter_task_vma_destroy(&it);
  return 0;
}

struct bpf_task_work {
  __u64 __opaque;
} __attribute__((aligned(8)));
struct work {
  struct bpf_task_work work;
  long calls, key_seen;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, struct work);
} works SEC(".maps");

extern int bpf_task_work_schedule_signal_impl(struct task_struct* task, struct bpf_task_work* work, void* map,
                                              int (*callback)(struct bpf_map* map, void* key, void* value),
                                              void* prog) __ksym;

static int called(struct bpf_map* map, int* key, struct work* value) {
  ++value->calls;
  value->key_seen = *key;
  return 0;
}

// It is called after the program; a second time is one too many until then.
// live: no
// maps: works 1 calls=1 key_seen=1
// args: --seed 1
// = 0 -16
SEC("syscall")
int later(void* ctx) {
  int key = 1;
  struct work* value = bpf_map_lookup_elem(&works, &key);
  if (!value) return 1;
  struct task_struct* task = bpf_get_current_task_btf();
  r[0] = bpf_task_work_schedule_signal_impl(task, &value->work, &works, (void*)called, 0);
  r[1] = bpf_task_work_schedule_signal_impl(task, &value->work, &works, (void*)called, 0);
  return 0;
}
