/*
 * Opening, reading and scanning files, several at a time.
 *
 * The thread that finds files hands them over in batches; workers, and that thread
 * itself when it has found all, take a batch at a time.  Each has its own arena,
 * scratch and read buffer, so they share nothing else.
 *
 * There are up to twice as many threads as processors: what is not in the page cache
 * has to be waited for, and the one that finds files is late to read.
 */
#define _POSIX_C_SOURCE 200809L
#include "read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alc/alloc.h"
#include "files.h"
#include "system.h"

enum {
    MAX_THREADS = 8,
    FILES_PER_THREAD = 128, /* fewer are not worth a thread */
    BATCH_LEN = 16,
    FIRST_READ_LEN = 1 << 16,
};

struct scan_batch {
    struct scan_batch *next;
    size_t n;
    struct alc_scan_file *files[BATCH_LEN];
};

struct scan_worker {
    struct scan_reader *reader;
    struct alc_arena *arena;
    struct alc_scan_scratch scratch;
    struct alc_buf text;
    const char *dir; /* of dir_fd: a path in `arena`, dir_len bytes of it */
    size_t dir_len;
    int dir_fd;       /* -1: none */
    bool whole_reads; /* in that directory only the end or an error cuts a read short */
    int rc;
    struct alc_error err;
    pthread_t thread;
};

/* ---- one worker ---- */

static void init_worker(struct scan_worker *w, struct alc_arena *arena)
{
    memset(w, 0, sizeof *w);
    w->arena = arena;
    w->dir_fd = -1;
    alc_scan_scratch_init(&w->scratch);
    alc_error_init(&w->err);
}

static void release_worker(struct scan_worker *w)
{
    alc_scan_scratch_release(&w->scratch);
    alc_buf_release(&w->text);
}

static void leave_directory(struct scan_worker *w)
{
    if (w->dir_fd >= 0) {
        close(w->dir_fd);
        w->dir_fd = -1;
    }
}

/* Make the directory of `file` the worker's own.  Returns 0 or ALC_E_NOMEM. */
static int enter_directory(struct scan_worker *w, const struct alc_scan_file *file)
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
    w->whole_reads = w->dir_fd >= 0 && system_has_whole_reads(w->dir_fd);
    return 0;
}

/*
 * Open a file relative to its directory, which stays open for the next file: that
 * spares the kernel the walk through the whole path.
 */
static int open_file(const struct scan_worker *w, const struct alc_scan_file *file)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const char *path = file->path.ptr;
    int fd;

    do { /* again if a signal came: some file systems take their time */
        /* A directory may be searched but not opened for reading: then use the path. */
        fd = w->dir_fd >= 0 ? openat(w->dir_fd, path + file->name_at, flags)
                            : open(path, flags);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/*
 * A block that cannot be read cuts a read short, too, and the next one tells why.  But
 * a read that ends inside a block has come to the end of the file.
 */
static bool is_inside_block(size_t len)
{
    enum { SMALLEST_BLOCK_LEN = 512 };

    return len % SMALLEST_BLOCK_LEN != 0;
}

/* Read to the end, or beyond the limit.  0, an errno, or ALC_E_NOMEM. */
static int read_all(struct scan_worker *w, int fd)
{
    struct alc_buf *buf = &w->text;

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
        if (n == 0 || (n > 0 && (size_t)n < room && w->whole_reads &&
                       is_inside_block(buf->len))) {
            break;
        }
    }
    buf->ptr[buf->len] = '\0';
    return 0;
}

static int scan_file(struct scan_worker *w, struct alc_scan_file *file)
{
    int fd = open_file(w, file);
    int rc = fd >= 0 ? read_all(w, fd) : errno;

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
    return alc_scan_text(&file->scan, w->text.ptr, w->text.len, w->arena, &w->scratch,
                         &w->err);
}

int scan_read_one(struct alc_scan_file *file, struct alc_arena *arena,
                  struct alc_error *err)
{
    struct scan_worker w;
    int rc;

    init_worker(&w, arena);
    rc = scan_file(&w, file);
    release_worker(&w);
    return rc < 0 ? alc_error_nomem(err) : 0;
}

/* ---- all of them ---- */

/* Wait for a batch; NULL if there will be none. */
static const struct scan_batch *take_batch(struct scan_reader *r)
{
    const struct scan_batch *batch;

    pthread_mutex_lock(&r->lock);
    while (!*r->next && !r->closed) {
        pthread_cond_wait(&r->more, &r->lock);
    }
    batch = *r->next;
    if (batch) {
        r->next = &(*r->next)->next;
    }
    pthread_mutex_unlock(&r->lock);
    return batch;
}

static void run_worker(struct scan_worker *w)
{
    const struct scan_batch *batch;

    while (w->rc == 0 && (batch = take_batch(w->reader)) != NULL) {
        for (size_t i = 0; i < batch->n && w->rc == 0; i++) {
            struct alc_scan_file *file = batch->files[i];

            w->rc = enter_directory(w, file) < 0 ? ALC_E_NOMEM : scan_file(w, file);
        }
    }
    leave_directory(w); /* here: the descriptor may be in this thread's table alone */
}

static void *run_thread(void *arg)
{
    system_own_descriptors();
    run_worker(arg);
    return NULL;
}

/* One more thread, once there is work for it. */
static void start_thread(struct scan_reader *r)
{
    struct scan_worker *w = &r->workers[r->n_started];

    if (r->n_started == r->n_workers ||
        r->n_batches < (size_t)r->n_started * (FILES_PER_THREAD / BATCH_LEN)) {
        return;
    }
    if (pthread_create(&w->thread, NULL, run_thread, w) == 0) {
        r->n_started++;
    } else {
        r->n_workers = r->n_started; /* with fewer it only takes longer */
    }
}

static void hand_over(struct scan_reader *r)
{
    struct scan_batch *batch = r->filling;

    if (!batch) {
        return;
    }
    r->filling = NULL;
    r->n_batches++;
    pthread_mutex_lock(&r->lock);
    *r->last = batch;
    r->last = &batch->next;
    pthread_mutex_unlock(&r->lock);
    pthread_cond_signal(&r->more);
    start_thread(r);
}

static int init_shared(struct scan_reader *r)
{
    r->next = r->last = &r->first;
    if (pthread_mutex_init(&r->lock, NULL) != 0) {
        return ALC_E_NOMEM;
    }
    if (pthread_cond_init(&r->more, NULL) != 0) {
        pthread_mutex_destroy(&r->lock);
        return ALC_E_NOMEM;
    }
    return 0;
}

int scan_reader_init(struct scan_reader *r, struct alc_scan_files *out,
                     unsigned n_threads, struct alc_error *err)
{
    unsigned n = n_threads ? n_threads : 2 * system_count_processors();

    n = n < MAX_THREADS ? n : MAX_THREADS;
    memset(r, 0, sizeof *r);
    if (scan_make_arenas(out, n + 1, err) < 0) {
        return ALC_E_NOMEM;
    }
    r->workers = alc_calloc(n, sizeof *r->workers);
    if (!r->workers || init_shared(r) < 0) {
        alc_free(r->workers);
        return alc_error_nomem(err);
    }
    for (unsigned i = 0; i < n; i++) {
        init_worker(&r->workers[i], &out->arenas[i + 1]);
        r->workers[i].reader = r;
    }
    r->arena = &out->arenas[0];
    r->n_workers = n;
    r->n_started = 1;
    return 0;
}

int scan_reader_add(struct scan_reader *r, struct alc_scan_file *file,
                    struct alc_error *err)
{
    if (!r->filling) {
        r->filling = alc_arena_calloc(r->arena, 1, sizeof *r->filling);
        if (!r->filling) {
            return alc_error_nomem(err);
        }
    }
    r->filling->files[r->filling->n++] = file;
    if (r->filling->n == BATCH_LEN) {
        hand_over(r);
    }
    return 0;
}

/* There will be no more batches; `drop` those that nobody has taken. */
static void close_reader(struct scan_reader *r, bool drop)
{
    pthread_mutex_lock(&r->lock);
    r->closed = true;
    if (drop) {
        r->next = r->last;
    }
    pthread_mutex_unlock(&r->lock);
    pthread_cond_broadcast(&r->more);
}

int scan_reader_finish(struct scan_reader *r, int rc, struct alc_error *err)
{
    if (rc == 0) {
        hand_over(r);
    }
    close_reader(r, rc < 0);
    run_worker(&r->workers[0]);
    for (unsigned i = 1; i < r->n_started; i++) {
        pthread_join(r->workers[i].thread, NULL);
    }
    for (unsigned i = 0; i < r->n_started; i++) {
        if (r->workers[i].rc < 0 && rc == 0) {
            rc = alc_error_nomem(err);
        }
        release_worker(&r->workers[i]);
    }
    alc_free(r->workers);
    pthread_cond_destroy(&r->more);
    pthread_mutex_destroy(&r->lock);
    return rc;
}
