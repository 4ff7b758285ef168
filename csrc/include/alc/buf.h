/*
 * A growable run of bytes on the heap.
 * `struct alc_buf b = {0}` is an empty one; release it with alc_buf_release().
 */
#ifndef ALC_BUF_H
#define ALC_BUF_H

#include <stddef.h>

#include "alc/error.h"

struct alc_buf {
    char *ptr; /* NULL until the first byte */
    size_t len;
    size_t cap;
};

void alc_buf_init(struct alc_buf *buf);

void alc_buf_release(struct alc_buf *buf);

/* Forget the content, keep the memory. */
void alc_buf_reset(struct alc_buf *buf);

/* Make room for `extra` more bytes.  Returns 0 or ALC_E_NOMEM. */
int alc_buf_reserve(struct alc_buf *buf, size_t extra, struct alc_error *err);

/* Append bytes.  Returns 0 or ALC_E_NOMEM; then nothing was appended. */
int alc_buf_append(struct alc_buf *buf, const void *ptr, size_t len,
                   struct alc_error *err);

/* Append one byte.  Returns 0 or ALC_E_NOMEM. */
int alc_buf_put(struct alc_buf *buf, char byte, struct alc_error *err);

#endif
