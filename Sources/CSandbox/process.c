#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { most_descriptors = 64 };

// Moves the descriptors out of the way of the numbers they are to have, or a later one would be overwritten by an earlier.
static int lift(const int *descriptors, int count, int lifted[]) {
    for (int index = 0; index < count; index++) {
        lifted[index] = -1;
        if (descriptors[index] < 0) continue;
        lifted[index] = fcntl(descriptors[index], F_DUPFD_CLOEXEC, count);
        if (lifted[index] < 0) return errno;
    }
    return 0;
}

static int describe(
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int lifted[], int count) {
    int error = 0;
    for (int index = 0; index < count && error == 0; index++) {
        error = lifted[index] < 0 ? posix_spawn_file_actions_addopen(actions, index, "/dev/null", O_RDWR, 0)
                                  : posix_spawn_file_actions_adddup2(actions, lifted[index], index);
    }
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(actions, count);
    sigset_t signals;
    sigemptyset(&signals);
    if (error == 0) error = posix_spawnattr_setsigmask(attributes, &signals);
    sigfillset(&signals);
    if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &signals);
    short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (error == 0) error = posix_spawnattr_setflags(attributes, flags);
    return error;
}

int csandbox_spawn(
    pid_t *process, const char *path, char *const arguments[], char *const environment[], const int *descriptors,
    int count) {
    if (count < 3 || count > most_descriptors) return EINVAL;
    int lifted[most_descriptors];
    for (int index = 0; index < count; index++) lifted[index] = -1;
    int error = lift(descriptors, count, lifted);
    if (error == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        error = describe(&actions, &attributes, lifted, count);
        if (error == 0) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    for (int index = 0; index < count; index++) {
        if (lifted[index] >= 0) close(lifted[index]);
    }
    return error;
}

int csandbox_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int csandbox_pidfd_signal(int descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

int csandbox_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csandbox_socketpair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

int csandbox_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int csandbox_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

ssize_t csandbox_write(int descriptor, const void *bytes, size_t count) {
    sigset_t broken, former, pending;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken, &former);
    ssize_t written = write(descriptor, bytes, count);
    int code = errno;
    if (written < 0 && code == EPIPE && !sigismember(&pending, SIGPIPE)) {
        // The signal is pending for this thread: taken here, it reaches nobody.
        const struct timespec none = {0, 0};
        while (sigtimedwait(&broken, NULL, &none) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = code;
    return written;
}

int csandbox_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
