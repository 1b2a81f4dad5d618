// What the module Sandbox needs of Linux and cannot call from Swift: variadic system calls, functions that glibc declares
// for _GNU_SOURCE only, and libseccomp. Functions return -1 with errno, unless said otherwise.
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <sys/types.h>

// Starts `path` in a session and process group of its own, with every signal unblocked and at its default.
// The new process has `descriptors[i]` as its descriptor i (-1: /dev/null), and no other one. Returns 0 or an errno.
int csandbox_spawn(
    pid_t *process, const char *path, char *const arguments[], char *const environment[], const int *descriptors,
    int count);

// A descriptor of a process, readable when it has ended.
int csandbox_pidfd_open(pid_t process);

// Sends a signal to the process behind a descriptor, which cannot be another one of the same number.
int csandbox_pidfd_signal(int descriptor, int signal);

// Both ends of a pipe, closed in programs that are started. ends[0] reads.
int csandbox_pipe(int ends[2]);

// Both ends of a stream connection, closed in programs that are started.
int csandbox_socketpair(int ends[2]);

// A file in memory, closed in programs that are started.
int csandbox_memory_file(const char *name);

int csandbox_set_nonblocking(int descriptor);

// write(2), but no SIGPIPE when nobody reads any more, whatever this process does with that signal elsewhere.
ssize_t csandbox_write(int descriptor, const void *bytes, size_t count);

// Makes processes whose parent has died children of this process, so that it can wait for them.
int csandbox_become_subreaper(void);

// Writes the filter of system calls (BPF, as `bwrap --seccomp` reads it) to a descriptor. Returns 0 or an errno.
int csandbox_write_filter(int descriptor);

#endif
