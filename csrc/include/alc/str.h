/*
 * A borrowed run of bytes: length explicit, a NUL is a byte like any other.
 * Who owns the bytes is said where the struct is handed out.
 */
#ifndef ALC_STR_H
#define ALC_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct alc_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
};

static inline bool alc_str_eq(struct alc_str a, struct alc_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

#endif
