/* Records what a program writes below a folder, call by call, so that power cuts can be replayed;
   and lets those calls fail, from `recorder_fail` on, as a disk does that is full, broken or read-only.

   gcc -O2 -shared -fPIC -o recorder.so recorder.c, then LD_PRELOAD it with RECORDER_UNDER (the folder)
   and RECORDER_LOG (where to). The calls themselves go through. A record is a head of four numbers and
   its data; `recorder_mark` puts one in that says that something was promised to somebody. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES 4096

struct head {
    uint32_t op, id;
    uint64_t at, length;
};
enum { OPEN = 1, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, MARK };

static int out = -1, ids[FILES], next_id = 1;
static const char *under;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void put(uint32_t op, uint32_t id, uint64_t at, const void *data, uint64_t length) {
    if (out < 0) return;
    struct head head = {op, id, at, length};
    pthread_mutex_lock(&lock);
    syscall(SYS_write, out, &head, sizeof head);
    if (length) syscall(SYS_write, out, data, length);
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void begin(void) {
    const char *log = getenv("RECORDER_LOG");
    under = getenv("RECORDER_UNDER");
    if (under && log)
        out = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
    return under && path && !strncmp(path, under, strlen(under)) && !strstr(path, "-shm");
}
static int id_of(int fd) { return fd >= 0 && fd < FILES ? ids[fd] : 0; }

static int opened(int fd, const char *path, int flags) {
    if (fd < 0 || fd >= FILES) return fd;
    ids[fd] = 0;
    if (is_ours(path)) {
        ids[fd] = __sync_fetch_and_add(&next_id, 1);
        put(OPEN, ids[fd], flags & O_TRUNC ? 1 : 0, path, strlen(path));
    }
    return fd;
}

/* Which calls fail, and how: none at first. */
enum { WRITES = 1, SYNCS = 2 };
static volatile int failing, failing_with;

void recorder_fail(int calls, int error) {
    failing_with = error;
    failing = calls;
}
static int fails(int fd, int call) {
    if (!(failing & call) || !id_of(fd)) return 0;
    errno = failing_with;
    return 1;
}

#define MODE                                          \
    va_list rest;                                     \
    va_start(rest, flags);                            \
    int mode = flags & O_CREAT ? va_arg(rest, int) : 0; \
    va_end(rest);

int open64(const char *path, int flags, ...) {
    MODE return opened(syscall(SYS_openat, AT_FDCWD, path, flags, mode), path, flags);
}
int open(const char *path, int flags, ...) {
    MODE return opened(syscall(SYS_openat, AT_FDCWD, path, flags, mode), path, flags);
}
int close(int fd) {
    if (fd >= 0 && fd < FILES) ids[fd] = 0;
    return syscall(SYS_close, fd);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
    if (fails(fd, WRITES)) return -1;
    ssize_t done = syscall(SYS_pwrite64, fd, data, length, at);
    if (done > 0 && id_of(fd)) put(WRITE, id_of(fd), at, data, done);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    return pwrite64(fd, data, length, at);
}
ssize_t write(int fd, const void *data, size_t length) {
    if (fails(fd, WRITES)) return -1;
    off64_t at = id_of(fd) ? syscall(SYS_lseek, fd, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_write, fd, data, length);
    if (done > 0 && id_of(fd)) put(WRITE, id_of(fd), at, data, done);
    return done;
}
int ftruncate64(int fd, off64_t length) {
    if (fails(fd, WRITES)) return -1;
    int failed = syscall(SYS_ftruncate, fd, length);
    if (!failed && id_of(fd)) put(TRUNCATE, id_of(fd), length, 0, 0);
    return failed;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
int fsync(int fd) {
    if (fails(fd, SYNCS)) return -1;
    int failed = syscall(SYS_fsync, fd);
    if (!failed && id_of(fd)) put(SYNC, id_of(fd), 0, 0, 0);
    return failed;
}
int fdatasync(int fd) {
    if (fails(fd, SYNCS)) return -1;
    int failed = syscall(SYS_fdatasync, fd);
    if (!failed && id_of(fd)) put(SYNC, id_of(fd), 0, 0, 0);
    return failed;
}
int unlink(const char *path) {
    int failed = syscall(SYS_unlink, path);
    if (!failed && is_ours(path)) put(UNLINK, 0, 0, path, strlen(path));
    return failed;
}
int rename(const char *from, const char *to) {
    int failed = syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (!failed && is_ours(from)) {
        size_t first = strlen(from) + 1, second = strlen(to);
        char *both = malloc(first + second);
        memcpy(both, from, first);
        memcpy(both + first, to, second);
        put(RENAME, 0, 0, both, first + second);
        free(both);
    }
    return failed;
}

void recorder_mark(uint64_t number) { put(MARK, 0, number, 0, 0); }
