/* Names in the queries that are sent to SQLite. */
#ifndef ALC_REFLECT_SQLITE_NAMES_H
#define ALC_REFLECT_SQLITE_NAMES_H

#include "alc/buf.h"
#include "alc/str.h"

/* Append a name or a literal in quotes, those inside doubled.  0 or ALC_E_NOMEM. */
static inline int sqlite_append_quoted(struct alc_buf *out, struct alc_str text,
                                       char quote, struct alc_error *err)
{
    int rc = alc_buf_put(out, quote, err);
    for (size_t i = 0; !rc && i < text.len; i++) {
        if (text.ptr[i] == quote) {
            rc = alc_buf_put(out, quote, err);
        }
        rc = rc ? rc : alc_buf_put(out, text.ptr[i], err);
    }
    return rc ? rc : alc_buf_put(out, quote, err);
}

#endif
