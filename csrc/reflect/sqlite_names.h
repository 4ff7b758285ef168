/* Names: those in the queries that are sent to SQLite, and those of types. */
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

/*
 * Bring a type that the catalog owns, as it was written, into its canonical form: in
 * capitals, without the blanks between parameters.  All else stays, the blank of
 * VARCHAR (30) too: reflection goes by SQLite's text, and sees another type there.
 */
static inline void sqlite_settle_type(struct alc_str *type)
{
    char *text = (char *)type->ptr; /* the catalog's copy */
    size_t len = 0;
    int depth = 0;
    for (size_t i = 0; i < type->len; i++) {
        char c = text[i];
        depth += (c == '(') - (c == ')');
        if (c != ' ' || depth <= 0) {
            text[len++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
    }
    type->len = len;
}

#endif
