/* Reading and scanning files in the background, while more of them are found. */
#ifndef ALC_SCAN_READ_H
#define ALC_SCAN_READ_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "alc/scan.h"

struct scan_batch;
struct scan_worker;

struct scan_reader {
    /* Of the thread that adds files. */
    struct alc_arena *arena;
    struct scan_batch *filling;  /* not handed over yet, or NULL */
    size_t n_batches;            /* handed over */
    struct scan_worker *workers; /* heap; the first is the adding thread's own */
    unsigned n_workers;
    unsigned n_started; /* that one included */
    /* Shared. */
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct scan_batch *first;
    struct scan_batch *
        *next; /* where the batch is, or will be, that nobody has taken */
    struct scan_batch **last; /* where the next one to be handed over belongs */
    bool closed;
};

/*
 * out->arenas is made here: the first for what the caller makes, the others are the
 * threads'.  n_threads is that of the scan's options.  Returns 0 or ALC_E_NOMEM, and
 * then there is nothing to finish.
 */
int scan_reader_init(struct scan_reader *r, struct alc_scan_files *out,
                     unsigned n_threads, struct alc_error *err);

/*
 * Have file->scan filled in.  The file must stay where it is; its path must not change.
 * Returns 0 or ALC_E_NOMEM.
 */
int scan_reader_add(struct scan_reader *r, struct alc_scan_file *file,
                    struct alc_error *err);

/*
 * Read what is left, with this thread helping, and release the reader.  If finding
 * files has failed with `rc`, stop instead, and return that.  Returns 0 or ALC_E_NOMEM.
 */
int scan_reader_finish(struct scan_reader *r, int rc, struct alc_error *err);

/* Read and scan one file in this thread.  Returns 0 or ALC_E_NOMEM. */
int scan_read_one(struct alc_scan_file *file, struct alc_arena *arena,
                  struct alc_error *err);

#endif
