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
 * from share/skep/btf/linux-6.18.btf, or from the file that the environment variable SKEP_BTF names. Programs run as
 * machine code; SKEP_ENGINE=interp or =checked (docs/checked-interpreter.md) says otherwise. May be called from any
 * thread.
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

/*
 * What an application adds to the kernel that its programs see: program types with contexts of its own, and kfuncs,
 * verified as the kernel's are (docs/library.md). Before anything else of this library is called: -EBUSY afterwards.
 */

/* The types that contexts and kfuncs are written in, as BTF without a base: what `clang -g -target bpf` puts into the
 * section .BTF. Copied. Kfuncs are its FUNCs, so the file must define them (an empty body will do). -EINVAL: no BTF;
 * -EEXIST: there are types already. skep_host_types_of() takes an object file or BPF C. */
int skep_host_types(const void* btf, unsigned long size);
int skep_host_types_of(const char* path);

typedef void (*skep_function)(void);

/* A kfunc: `function` has the prototype that the types give it, at most five integer or pointer parameters. `flags`:
 * KF_... as the kernel has them: KF_ACQUIRE 1, KF_RELEASE 2, KF_RET_NULL 4, KF_TRUSTED_ARGS 16, KF_SLEEPABLE 32, KF_RCU
 * 128 (Documentation/bpf/kfuncs.rst). -EEXIST. */
int skep_host_kfunc(const char* name, skep_function function, unsigned int flags);
/* A body for one of the kernel's helpers, in place of ours. -EINVAL: no such helper. */
int skep_host_helper(unsigned int id, skep_function function);

struct skep_program_type {
  const char* name;    /* programs are in SEC("name") or SEC("name/...") */
  const char* context; /* struct of the types above; const members are read-only */
  int returns_checked; /* 1: programs return a number in [return_min, return_max] */
  int return_min, return_max;
  int may_sleep;           /* 1: programs may be sleepable (SEC("name.s")) */
  unsigned int helpers_of; /* enum bpf_prog_type whose helpers and kfuncs it may call; 0: syscall */
};
int skep_host_program_type(const struct skep_program_type* type);

/*
 * Objects: what clang makes of BPF C, loaded whole as libbpf does it. Functions return 0, or a descriptor, or -errno;
 * one thread at a time for each object.
 */
typedef struct skep_object skep_object;

/* Opens a BPF object file, or compiles `path` if it ends in ".bpf.c" (needs clang). -ENOENT, -EINVAL and others;
 * *object is set even then if memory allows, so that skep_object_error() can say why. */
int skep_object_open(const char* path, skep_object** object);
int skep_object_open_memory(const void* bytes, unsigned long size, const char* name, skep_object** object);
void skep_object_close(skep_object* object); /* null is nothing */
/* Why the last call failed, in words: the verifier's log, the compiler's or libbpf's message. Lives until the next
 * call. */
const char* skep_object_error(const skep_object* object);
/* Before the load. A global variable's first value (-ENOENT: none of this name; -EINVAL: another size). */
int skep_object_set_global(skep_object* object, const char* name, const void* value, unsigned long size);
int skep_object_set_max_entries(skep_object* object, const char* map, unsigned int max_entries);
int skep_object_use_map(skep_object* object, const char* map, int fd); /* this map in the place of a new one */
/* Makes the maps and verifies the programs. What the verifier says: -EACCES, -EINVAL ... */
int skep_object_load(skep_object* object);
/* After it. Descriptors live as long as the object. -ENOENT. */
int skep_object_program_fd(const skep_object* object, const char* name);
int skep_object_map_fd(const skep_object* object, const char* name);
int skep_object_get_global(const skep_object* object, const char* name, void* value, unsigned long size);

/* Programs, ready to run. May be called from any thread, many at once. */
typedef struct skep_program skep_program;

/* Prepares the program behind `fd`, which stays the caller's. */
int skep_program_open(int fd, skep_program** program);
void skep_program_close(skep_program* program);
/*
 * Runs it on a context in place: of a host's program type its struct, of syscall programs any memory, of raw
 * tracepoints and tracing programs the arguments as 64-bit words. `budget`: how many jumps backward and callbacks it
 * may take; 0: no limit. -EINVAL: `size` is less than what the program may touch; -EOPNOTSUPP: a program type whose
 * contexts only BPF_PROG_TEST_RUN makes; -ETIME: the budget was used up; -EFAULT: a map's file was cut off.
 */
int skep_program_run(skep_program* program, void* context, unsigned long size, unsigned long long budget,
                     unsigned long long* retval);

/* BPF_PROG_TEST_RUN: packets. Sizes in bytes; `data_out_size` in: room, out: what there was. */
struct skep_test_run {
  const void* data;
  unsigned int data_size;
  void* data_out;
  unsigned int data_out_size;
  void *context, *context_out;
  unsigned int context_size, context_out_size;
  unsigned int repeat;           /* 0: once */
  unsigned int retval, duration; /* out; duration: ns of a run, on the average */
};
int skep_program_test(skep_program* program, struct skep_test_run* run);

#ifdef __cplusplus
}
#endif

#endif /* SKEP_SKEP_H */
