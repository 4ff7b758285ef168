/*
 * Opening, reading and scanning files, several at a time.
 *
 * Workers take files one by one from a shared counter; each has its own arena, scratch
 * and read buffer, so they share nothing else.  A few threads are enough: most of the
 * time is spent in the kernel, opening files.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "alc/alloc.h"
#include "files.h"
#include "system.h"

enum {
    MAX_THREADS = 8,
    FILES_PER_THREAD = 128, /* fewer are not worth a thread */
    FIRST_READ_LEN = 1 << 16,
};

struct worker {
    struct alc_scan_files *files;
    atomic_size_t *next; /* the first file that nobody has taken */
    struct alc_arena *arena;
    struct alc_scan_scratch scratch;
    struct alc_buf source;
    const char *dir; /* of dir_fd: a path in `files`, dir_len bytes of it */
    size_t dir_len;
    int dir_fd;       /* -1: none */
    bool whole_reads; /* in that directory a short read is the last one */
    bool shares_fds;  /* with the other threads of the process */
    int rc;
    struct alc_error err;
    pthread_t thread;
};

static void init_worker(struct worker *w, struct alc_scan_files *files,
                        atomic_size_t *next, struct alc_arena *arena)
{
    memset(w, 0, sizeof *w);
    w->files = files;
    w->next = next;
    w->arena = arena;
    w->dir_fd = -1;
    alc_scan_scratch_init(&w->scratch);
    alc_error_init(&w->err);
}

static void release_worker(struct worker *w)
{
    alc_scan_scratch_release(&w->scratch);
    alc_buf_release(&w->source);
}

static void leave_directory(struct worker *w)
{
    if (w->dir_fd >= 0) {
        close(w->dir_fd);
        w->dir_fd = -1;
    }
}

/* Make the directory of `file` the worker's own.  Returns 0 or ALC_E_NOMEM. */
static int enter_directory(struct worker *w, const struct alc_scan_file *file)
{
    size_t len = file->name_at;
    char *dir;

    if (w->dir && len == w->dir_len && memcmp(file->path.ptr, w->dir, len) == 0) {
        return 0;
    }
    dir = alc_arena_dup(w->arena, file->path.ptr, len);
    if (!dir) {
        return alc_error_nomem(&w->err);
    }
    leave_directory(w);
    w->dir = dir;
    w->dir_len = len;
    w->dir_fd = open(len ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* A file alone may be a link to another file system, and is no hurry. */
    w->whole_reads =
        w->dir_fd >= 0 && w->files->n_files > 1 && system_has_whole_reads(w->dir_fd);
    return 0;
}

/*
 * Open a file relative to its directory, which stays open for the next file: that
 * spares the kernel the walk through the whole path.
 */
static int open_file(const struct worker *w, const struct alc_scan_file *file)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const char *path = file->path.ptr;

    /* A directory may be searched but not opened for reading: then use the path. */
    return w->dir_fd >= 0 ? openat(w->dir_fd, path + file->name_at, flags)
                          : open(path, flags);
}

/* Read to the end, or beyond the limit.  0, an errno, or ALC_E_NOMEM. */
static int read_all(struct worker *w, int fd)
{
    struct alc_buf *buf = &w->source;

    alc_buf_reset(buf);
    while (buf->len <= ALC_SCAN_MAX_LEN) {
        size_t room;
        ssize_t n;

        if (alc_buf_reserve(buf, buf->len ? buf->len : FIRST_READ_LEN, &w->err) < 0) {
            return ALC_E_NOMEM;
        }
        room = buf->cap - buf->len - 1;
        n = read(fd, buf->ptr + buf->len, room);
        if (n > 0) {
            buf->len += (size_t)n;
        } else if (n < 0 && errno != EINTR) {
            return errno;
        }
        if (n == 0 || (n > 0 && w->whole_reads && (size_t)n < room)) {
            break;
        }
    }
    buf->ptr[buf->len] = '\0';
    return 0;
}

static int scan_file(struct worker *w, struct alc_scan_file *file)
{
    int fd, rc;

    if (enter_directory(w, file) < 0) {
        return ALC_E_NOMEM;
    }
    fd = open_file(w, file);
    rc = fd >= 0 ? read_all(w, fd) : errno;
    if (fd >= 0) {
        close(fd);
    }
    if (rc == ALC_E_NOMEM || rc == ENOMEM) {
        return alc_error_nomem(&w->err);
    }
    if (rc > 0) {
        file->scan.reason = ALC_SCAN_UNREADABLE;
        file->sys_errno = rc;
        return 0;
    }
    return alc_scan_source(&file->scan, w->source.ptr, w->source.len, w->arena,
                           &w->scratch, &w->err);
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;

    if (!w->shares_fds) {
        system_own_descriptors();
    }
    while (w->rc == 0) {
        size_t i = atomic_fetch_add_explicit(w->next, 1, memory_order_relaxed);
        struct alc_scan_file *file;

        if (i >= w->files->n_files) {
            break;
        }
        file = &w->files->files[i];
        if (!file->duplicate && file->scan.reason != ALC_SCAN_COMPILED) {
            w->rc = scan_file(w, file);
        }
    }
    leave_directory(w); /* here: the descriptor may be in this thread's table alone */
    return NULL;
}

static unsigned count_threads(size_t n_files, unsigned wanted)
{
    size_t useful = n_files / FILES_PER_THREAD + 1;
    size_t n = wanted ? wanted : system_count_processors();

    n = n < useful ? n : useful;
    return n < MAX_THREADS ? (unsigned)n : MAX_THREADS;
}

int scan_read_files(struct alc_scan_files *out, unsigned n_threads,
                    struct alc_error *err)
{
    unsigned n = count_threads(out->n_files, n_threads);
    struct worker workers[MAX_THREADS];
    atomic_size_t next = 0;
    unsigned n_started = 1;
    int rc = scan_make_arenas(out, n + 1, err);

    if (rc < 0) {
        return rc;
    }
    for (unsigned i = 0; i < n; i++) {
        init_worker(&workers[i], out, &next, &out->arenas[i + 1]);
        workers[i].shares_fds = i == 0;
    }
    /* This thread is the first worker; with fewer threads it only takes longer. */
    while (n_started < n && pthread_create(&workers[n_started].thread, NULL, run_worker,
                                           &workers[n_started]) == 0) {
        n_started++;
    }
    run_worker(&workers[0]);
    for (unsigned i = 1; i < n_started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    for (unsigned i = 0; i < n; i++) {
        if (workers[i].rc < 0 && rc == 0) {
            rc = alc_error_nomem(err);
        }
        release_worker(&workers[i]);
    }
    return rc;
}
