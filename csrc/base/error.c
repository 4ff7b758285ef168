/* The error record; see alc/error.h. */
#define _POSIX_C_SOURCE 200809L
#include "alc/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void alc_error_init(struct alc_error *err)
{
    err->code = ALC_OK;
    err->sys_errno = 0;
    err->pos = 0;
    err->msg[0] = '\0';
}

int alc_error_set(struct alc_error *err, int code, size_t pos, const char *fmt, ...)
{
    if (err) {
        va_list args;

        err->code = code;
        err->sys_errno = 0;
        err->pos = pos;
        va_start(args, fmt);
        vsnprintf(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    return code;
}

int alc_error_set_errno(struct alc_error *err, int sys_errno, const char *what)
{
    char text[128];

    if (strerror_r(sys_errno, text, sizeof text) != 0) {
        snprintf(text, sizeof text, "errno %d", sys_errno);
    }
    alc_error_set(err, ALC_E_IO, 0, "%s: %s", what, text);
    if (err) {
        err->sys_errno = sys_errno;
    }
    return ALC_E_IO;
}

int alc_error_nomem(struct alc_error *err)
{
    return alc_error_set(err, ALC_E_NOMEM, 0, "out of memory");
}
