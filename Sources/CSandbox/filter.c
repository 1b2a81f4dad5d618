#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// What a program may ask of the kernel. Everything else does not exist for it (ENOSYS), so calls that a later kernel adds are
// shut without anybody thinking of them: no ptrace, process_vm_*, mount, pivot_root, setns, unshare, keyctl, bpf,
// perf_event_open, userfaultfd, io_uring, kexec, module loading, clocks, swap; and none that hands out memory which no limit
// of ours counts (memfd_create, System V shared memory, message queues).
static const char *const allowed[] = {
    // Files.
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "open", "openat",
    "openat2", "creat", "close", "close_range", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access",
    "faccessat", "faccessat2", "lseek", "dup", "dup2", "dup3", "fcntl", "flock", "fsync", "fdatasync", "sync_file_range",
    "truncate", "ftruncate", "fallocate", "fadvise64", "readahead", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
    "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "unlink", "unlinkat", "symlink",
    "symlinkat", "readlink", "readlinkat", "chmod", "fchmod", "fchmodat", "umask", "utime", "utimes", "utimensat", "futimesat",
    "sendfile", "splice", "tee", "copy_file_range", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "getxattr",
    "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
    // Memory.
    "mmap", "munmap", "mprotect", "mremap", "msync", "madvise", "mincore", "brk", "membarrier",
    // Signals.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack",
    "kill", "tkill", "tgkill", "pause", "restart_syscall",
    // Waiting.
    "pipe", "pipe2", "select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime",
    "timerfd_gettime", "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq",
    // Time.
    "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time", "times", "alarm", "getitimer",
    "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",
    // Processes. clone is below.
    "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "set_tid_address", "arch_prctl", "prctl",
    "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getpgid",
    "getpgrp", "setpgid", "getsid", "setsid", "getpriority", "setpriority", "getrlimit", "setrlimit", "prlimit64", "getrusage",
    "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
    "sched_get_priority_min", "getcpu", "sysinfo", "uname", "getrandom",
    // Sockets of the family AF_UNIX; socket and socketpair are below.
    "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "sendto", "recvfrom", "sendmsg", "recvmsg",
    "sendmmsg", "recvmmsg", "shutdown", "getsockopt", "setsockopt",
};

static const uint64_t namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    | CLONE_NEWCGROUP;

static int allow_names(scmp_filter_ctx filter) {
    for (size_t index = 0; index < sizeof allowed / sizeof *allowed; index++) {
        int number = seccomp_syscall_resolve_name(allowed[index]);
        // This machine's architecture does not have it, or libseccomp is older than it: it stays shut.
        if (number < 0) continue;
        int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
        if (result < 0) return result;
    }
    return 0;
}

static int allow_conditionally(scmp_filter_ctx filter) {
    // Threads and processes, no namespaces. clone3 hides its flags in memory, so it stays shut and glibc takes clone.
    int result = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_CMP(0, SCMP_CMP_MASKED_EQ, namespaces, 0));
    if (result == 0) {
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_CMP(0, SCMP_CMP_EQ, AF_UNIX));
    }
    if (result == 0) {
        result = seccomp_rule_add(
            filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_CMP(0, SCMP_CMP_NE, AF_UNIX));
    }
    if (result == 0) {
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_CMP(0, SCMP_CMP_EQ, AF_UNIX));
    }
    // What programs ask of files and terminals; not TIOCSTI, which types into a terminal.
    const unsigned long requests[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX};
    for (size_t index = 0; result == 0 && index < sizeof requests / sizeof *requests; index++) {
        result = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_CMP(1, SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, requests[index]));
    }
    return result;
}

int csandbox_write_filter(int descriptor) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL) return ENOMEM;
    // Calls of another architecture (i386, x32) have other numbers, which the list does not mean.
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0) result = allow_names(filter);
    if (result == 0) result = allow_conditionally(filter);
    if (result == 0) result = seccomp_export_bpf(filter, descriptor);
    seccomp_release(filter);
    return -result;
}
