/*
 * What went wrong, for the caller to tell.
 *
 * A function of the core that can fail returns 0 or a negative ALC_E_* and takes a
 * `struct alc_error *err` last.  err may be NULL when the code is enough.  The binding
 * turns the record into an exception (bind/core/raise.c); nothing here prints.
 */
#ifndef ALC_ERROR_H
#define ALC_ERROR_H

#include <stddef.h>

enum alc_error_code {
    ALC_OK = 0,
    ALC_E_NOMEM = -1,    /* out of memory, or a size that does not fit size_t */
    ALC_E_IO = -2,       /* a system call failed: err->sys_errno */
    ALC_E_LIMIT = -3,    /* input beyond a stated limit */
    ALC_E_INVALID = -4,  /* input that breaks the function's contract */
    ALC_E_NOTFOUND = -5, /* no such thing */
};

enum { ALC_ERROR_MSG_LEN = 256 };

/* Plain data: zero it or call alc_error_init(); nothing to release. */
struct alc_error {
    int code;                    /* enum alc_error_code */
    int sys_errno;               /* for ALC_E_IO, else 0 */
    size_t pos;                  /* byte offset, node id or row; the function says */
    char msg[ALC_ERROR_MSG_LEN]; /* one line, NUL-terminated, cut if too long */
};

void alc_error_init(struct alc_error *err);

/*
 * Fill *err (when not NULL) and return `code`, so that it reads
 * `return alc_error_set(err, ALC_E_LIMIT, pos, "...", ...);`.
 */
int alc_error_set(struct alc_error *err, int code, size_t pos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ALC_E_IO with errno's value and text: "<what>: <strerror>". */
int alc_error_set_errno(struct alc_error *err, int sys_errno, const char *what);

/* ALC_E_NOMEM with its standard message. */
int alc_error_nomem(struct alc_error *err);

#endif
