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

#ifdef __cplusplus
}
#endif

#endif /* SKEP_SKEP_H */
