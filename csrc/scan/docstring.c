/*
 * The docstring clean-up that CPython 3.13 and later do when they compile a module
 * (What's New in Python 3.13: "Compiler now strips common leading whitespace").
 */
#include <stdint.h>
#include <string.h>

#include "alc/scan.h"

enum { TAB_LEN = 8 };

/* Tabs to blanks, counting columns in code points.  *out is in `buf`. */
static int expand_tabs(struct alc_buf *buf, struct alc_str doc, struct alc_error *err)
{
    size_t col = 0;
    int rc = 0;

    for (size_t i = 0; i < doc.len && rc == 0; i++) {
        char c = doc.ptr[i];
        if (c == '\t') {
            size_t n = TAB_LEN - col % TAB_LEN;
            rc = alc_buf_append(buf, "        ", n, err);
            col += n;
            continue;
        }
        rc = alc_buf_put(buf, c, err);
        if (c == '\n' || c == '\r') {
            col = 0;
        } else {
            col += ((unsigned char)c & 0xC0) != 0x80;
        }
    }
    return rc;
}

static size_t count_blanks(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && *p == ' ') {
        p++;
    }
    return (size_t)(p - start);
}

static const char *line_end(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

    return newline ? newline : end;
}

/* The smallest indentation of the lines behind the first that are not blank; else 0. */
static size_t find_margin(const char *p, const char *end)
{
    size_t margin = SIZE_MAX;

    for (p = line_end(p, end); p < end; p = line_end(p, end)) {
        size_t n = count_blanks(++p, end);
        if (p + n < end && p[n] != '\n' && n < margin) {
            margin = n;
        }
    }
    return margin == SIZE_MAX ? 0 : margin;
}

int alc_scan_clean_doc(struct alc_str *out, struct alc_str doc, struct alc_arena *arena,
                       struct alc_error *err)
{
    struct alc_buf buf = {0};
    const char *p, *end;
    char *to;
    size_t margin;
    int rc = expand_tabs(&buf, doc, err);

    if (rc < 0 || buf.len == 0) {
        *out = doc;
        goto out;
    }
    end = buf.ptr + buf.len;
    p = buf.ptr + count_blanks(buf.ptr, end);
    margin = find_margin(p, end);
    to = alc_arena_alloc(arena, buf.len);
    if (!to) {
        rc = alc_error_nomem(err);
        goto out;
    }
    out->ptr = to;
    for (;;) {
        size_t len = (size_t)(line_end(p, end) - p);
        memcpy(to, p, len);
        to += len;
        p += len;
        if (p == end) {
            break;
        }
        *to++ = *p++;
        len = count_blanks(p, end);
        p += len < margin ? len : margin;
    }
    out->len = (size_t)(to - out->ptr);
out:
    alc_buf_release(&buf);
    return rc;
}
