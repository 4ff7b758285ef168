/* Growable bytes; see alc/buf.h. */
#include "alc/buf.h"

#include <stdint.h>
#include <string.h>

#include "alc/alloc.h"

void alc_buf_init(struct alc_buf *buf)
{
    buf->ptr = NULL;
    buf->len = 0;
    buf->cap = 0;
}

void alc_buf_release(struct alc_buf *buf)
{
    alc_free(buf->ptr);
    alc_buf_init(buf);
}

void alc_buf_reset(struct alc_buf *buf)
{
    buf->len = 0;
}

int alc_buf_reserve(struct alc_buf *buf, size_t extra, struct alc_error *err)
{
    if (extra <= buf->cap - buf->len) {
        return 0;
    }
    if (extra > SIZE_MAX - buf->len ||
        ALC_GROW(buf->ptr, buf->cap, buf->len + extra) < 0) {
        return alc_error_nomem(err);
    }
    return 0;
}

int alc_buf_append(struct alc_buf *buf, const void *ptr, size_t len,
                   struct alc_error *err)
{
    int rc = alc_buf_reserve(buf, len, err);

    if (rc == 0 && len) {
        memcpy(buf->ptr + buf->len, ptr, len);
        buf->len += len;
    }
    return rc;
}

int alc_buf_put(struct alc_buf *buf, char byte, struct alc_error *err)
{
    return alc_buf_append(buf, &byte, 1, err);
}
