/* skep's C interface: bpf(2), answered in this process by a library instead of by the kernel. */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#ifdef __cplusplus
extern "C" {
#endif

union bpf_attr; /* <linux/bpf.h> */

/*
 * bpf(cmd, attr, size) as Linux 6.18 defines it: the kernel's structs, rules and error numbers (docs/bpf-syscall.md
 * lists the commands). Returns what the system call returns inside the kernel: >= 0 (a file descriptor where the
 * command makes one), or -errno. `errno` is not touched.
 *
 * The objects live in a namespace that all processes of the user share ($SKEP_ROOT, else /dev/shm/skep-UID ...; see
 * docs/bpf-syscall.md), and die with their last descriptor, pin or user; the descriptors are real ones (dup, fork,
 * close and SCM_RIGHTS work). Where no folder can be had for it, they are this process' own. The kernel's types come
 * from share/skep/btf/linux-6.18.btf, or from the file that the environment variable SKEP_BTF names. May be called from
 * any thread.
 */
long skep_bpf(int cmd, union bpf_attr* attr, unsigned int size);

/*
 * Makes operations on maps through skep_bpf() free of system calls: from now on this process promises to call
 * skep_forget_descriptor(fd) before it closes a descriptor or makes it another by dup2(2) (skep_close() does). Without
 * that promise each operation asks the system what its descriptor is.
 */
void skep_remember_descriptors(void);
void skep_forget_descriptor(int fd);

/*
 * Maps without a look-up of the descriptor: a handle to a map that this process has open. All functions return 0 (or
 * what they say) or -errno, never touch `errno`, and may be called from any thread. They do what the commands of bpf(2)
 * do, on the same map: every process that has it open sees the change.
 */
typedef struct skep_map skep_map;

/* How to make a map: the fields of BPF_MAP_CREATE. Sizes in bytes; zero is the default of every field but type, sizes
 * and max_entries. */
struct skep_map_options {
  unsigned int type; /* enum bpf_map_type */
  unsigned int key_size, value_size;
  unsigned int max_entries;
  unsigned int flags;       /* BPF_F_... */
  unsigned long long extra; /* map_extra */
  const char* name;         /* at most 15 characters: letters, digits, '_' and '.'; may be null */
  int inner_map_fd;         /* of maps of maps: the template */
};

struct skep_map_info {
  unsigned int type, id, key_size, value_size, max_entries, flags;
  unsigned int value_bytes; /* of a value in the calls below: of per-CPU maps, one value rounded up to 8 for every
                               possible CPU */
  unsigned int cpus;        /* possible CPUs */
};

/* A new map: its descriptor (close-on-exec), the caller's to close, or -errno as BPF_MAP_CREATE. */
int skep_map_create(const struct skep_map_options* options);
/* A handle to the map behind `fd`, which stays the caller's and may be closed. -EBADF, -EINVAL: not a map; -ENOMEM. */
int skep_map_open(int fd, skep_map** map);
/* Ends the handle; null is nothing. The map lives on as long as a descriptor, a pin or a program holds it. */
void skep_map_close(skep_map* map);
/* A descriptor of the map that lives as long as the handle. */
int skep_map_fd(const skep_map* map);
void skep_map_get_info(const skep_map* map, struct skep_map_info* info);

/* `key` points to key_size bytes, `value` to value_bytes. -ENOENT, -EPERM, and what bpf(2) says for the type. */
int skep_map_lookup(skep_map* map, const void* key, void* value);
int skep_map_update(skep_map* map, const void* key, const void* value, unsigned long long flags);
int skep_map_delete(skep_map* map, const void* key);
int skep_map_lookup_and_delete(skep_map* map, const void* key, void* value);
/* `key` null: the first key. -ENOENT: `key` was the last. A key that is gone starts again. */
int skep_map_next_key(skep_map* map, const void* key, void* next_key);
int skep_map_freeze(skep_map* map); /* BPF_MAP_FREEZE */

/* BPF_OBJ_PIN and BPF_OBJ_GET; a pin under /sys/fs/bpf lies in the namespace (docs/bpf-syscall.md). OBJ_GET and
 * FD_BY_ID return a descriptor. */
int skep_obj_pin(int fd, const char* path);
int skep_obj_get(const char* path);
int skep_map_fd_by_id(unsigned int id);
/* close(2), without errno. */
void skep_close(int fd);

#ifdef __cplusplus
}
#endif

#endif /* SKEP_SKEP_H */
