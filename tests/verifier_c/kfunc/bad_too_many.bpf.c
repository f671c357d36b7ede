// More kernel functions are called than a program may call: 257.
// VERIFY reject E2BIG
// LOG too many different kernel function calls
#include "case.h"

struct pt_regs {
  int unused;
};

// Any function of the kernel counts, allowed or not; those of the system calls are on every machine.
#define SYSTEM_CALLS(F) \
  F(accept) F(access) F(acct) F(adjtimex) F(alarm) F(arch_prctl) F(bind) F(brk) F(cachestat) F(capget) F(capset) \
  F(chdir) F(chmod) F(chown) F(chroot) F(clock_adjtime) F(clock_getres) F(clock_gettime) F(clock_nanosleep) \
  F(clock_settime) F(clone) F(close) F(close_range) F(connect) F(copy_file_range) F(creat) F(delete_module) F(dup) \
  F(epoll_create) F(epoll_ctl) F(epoll_pwait) F(epoll_wait) F(eventfd) F(execve) F(execveat) F(exit) F(exit_group) \
  F(faccessat) F(fallocate) F(fanotify_init) F(fanotify_mark) F(fchdir) F(fchmod) F(fchmodat) F(fchown) \
  F(fchownat) F(fcntl) F(fdatasync) F(fgetxattr) F(file_getattr) F(file_setattr) F(finit_module) F(flistxattr) \
  F(flock) F(fremovexattr) F(fsconfig) F(fsetxattr) F(fsmount) F(fsopen) F(fspick) F(fstat) F(fstatfs) F(fsync) \
  F(ftruncate) F(futex) F(futex_requeue) F(futex_wait) F(futex_waitv) F(futex_wake) F(futimesat) F(get_mempolicy) \
  F(get_robust_list) F(get_thread_area) F(getcpu) F(getcwd) F(getdents) F(getgroups) F(gethostname) F(getitimer) \
  F(getpeername) F(getpgid) F(getpriority) F(getrandom) F(getresgid) F(getresuid) F(getrlimit) F(getrusage) \
  F(getsid) F(getsockname) F(getsockopt) F(gettimeofday) F(getxattr) F(getxattrat) F(init_module) \
  F(inotify_add_watch) F(inotify_init) F(inotify_rm_watch) F(io_cancel) F(io_destroy) F(io_getevents) \
  F(io_pgetevents) F(io_setup) F(io_submit) F(ioctl) F(ioperm) F(iopl) F(ioprio_get) F(ioprio_set) F(ipc) F(kcmp) \
  F(kill) F(lchown) F(lgetxattr) F(link) F(linkat) F(listen) F(listmount) F(listxattr) F(listxattrat) \
  F(llistxattr) F(llseek) F(lremovexattr) F(lseek) F(lsetxattr) F(lstat) F(madvise) F(map_shadow_stack) F(mbind) \
  F(membarrier) F(memfd_create) F(memfd_secret) F(migrate_pages) F(mincore) F(mkdir) F(mkdirat) F(mknod) \
  F(mknodat) F(mlock) F(mlockall) F(mmap) F(mmap_pgoff) F(mount) F(mount_setattr) F(move_mount) F(move_pages) \
  F(mprotect) F(mremap) F(mseal) F(msgctl) F(msgget) F(msgrcv) F(msgsnd) F(msync) F(munlock) F(munlockall) \
  F(munmap) F(name_to_handle_at) F(nanosleep) F(newfstat) F(newfstatat) F(newlstat) F(newstat) F(newuname) F(nice) \
  F(open) F(open_by_handle_at) F(open_tree) F(open_tree_attr) F(openat) F(pciconfig_iobase) F(pciconfig_read) \
  F(pciconfig_write) F(perf_event_open) F(personality) F(pidfd_getfd) F(pidfd_open) F(pidfd_send_signal) F(pipe) \
  F(pivot_root) F(poll) F(ppoll) F(prctl) F(preadv) F(process_madvise) F(process_mrelease) F(process_vm_readv) \
  F(process_vm_writev) F(ptrace) F(pwritev) F(quotactl) F(quotactl_fd) F(read) F(readahead) F(readlink) \
  F(readlinkat) F(readv) F(reboot) F(recv) F(recvfrom) F(recvmmsg) F(recvmsg) F(remap_file_pages) F(removexattr) \
  F(removexattrat) F(rename) F(renameat) F(rmdir) F(rseq) F(rt_sigaction) F(rt_sigpending) F(rt_sigprocmask) \
  F(rt_sigqueueinfo) F(rt_sigsuspend) F(rt_sigtimedwait) F(rt_tgsigqueueinfo) F(rtas) F(sched_get_priority_max) \
  F(sched_get_priority_min) F(sched_getaffinity) F(sched_getattr) F(sched_getparam) F(sched_getscheduler) \
  F(sched_rr_get_interval) F(sched_setaffinity) F(sched_setattr) F(sched_setparam) F(sched_setscheduler) \
  F(seccomp) F(select) F(semctl) F(semget) F(semop) F(semtimedop) F(send) F(sendfile) F(sendmmsg) F(sendmsg) \
  F(sendto) F(set_mempolicy) F(set_mempolicy_home_node) F(set_robust_list) F(set_thread_area) F(set_tid_address) \
  F(setdomainname) F(setfsgid) F(setfsuid) F(setgid) F(setgroups) F(sethostname) F(setitimer) F(setns) F(setpgid) \
  F(setpriority) F(setregid) F(setresgid) F(setresuid) F(setreuid)

#define DECLARE(name) extern long __x64_sys_##name(const struct pt_regs* regs) __ksym;
SYSTEM_CALLS(DECLARE)

SEC("tc")
int prog(struct __sk_buff* ctx) {
#define CALL(name) __x64_sys_##name((void*)ctx);
  SYSTEM_CALLS(CALL)
  return 0;
}
