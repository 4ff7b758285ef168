/*
 * What connections of our own to databases have in common, whatever library they go
 * through.  Not for sharing between threads without a lock.
 */
#ifndef ALC_SOURCE_SESSION_H
#define ALC_SOURCE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/error.h"
#include "alc/rows.h"

enum { ALC_SQLSTATE_LEN = 5 };

struct alc_session;

/*
 * What a kind of connection does.  Functions that fail return ALC_E_NOMEM, or ALC_E_IO
 * with the library's words in session->message.
 */
struct alc_session_kind {
    const char *library; /* its name, which is also its finder's in Python */
    bool any_bytes;      /* a query may hold what is no UTF-8, and NULs */

    /* Load the library; `path` is as for alc_library_load().  Returns 0, or ALC_E_IO if
     * that is none that can be used. */
    int (*load)(struct alc_session *session, const char *path, struct alc_error *err);

    /*
     * Begin a query, whose rows `next` gives, as in struct alc_rows; a NUL stands
     * behind the text.  The rows before have to be read to their end.
     */
    int (*query)(size_t *n_columns, struct alc_session *session, struct alc_str sql,
                 struct alc_error *err);
    int (*next)(struct alc_session *session, struct alc_cell *cells,
                struct alc_error *err);

    /* Run a command that gives no rows. */
    int (*execute)(struct alc_session *session, const char *sql, struct alc_error *err);

    /* Close the connection; a row that somebody may be reading stays until the
     * release. */
    void (*close)(struct alc_session *session);
    /* Close it and free everything. */
    void (*release)(struct alc_session *session);
};

/* The first member of each kind's struct.  Zeroed, but for `kind`, it is closed. */
struct alc_session {
    const struct alc_session_kind *kind;
    bool row_is_out; /* a row was given that points into what is being read */
    char *message;   /* of what failed since the last query; alc_free()d; or NULL */
    char sqlstate[ALC_SQLSTATE_LEN + 1]; /* of it; may be empty */
    int (*interrupted)(void *self);      /* nonzero: give up; NULL: go on */
    void *interrupted_self;
};

/*
 * Fail with a message, without the newlines that it ends with, and an SQLSTATE or NULL.
 * Returns ALC_E_IO or ALC_E_NOMEM.
 */
int alc_session_fail(struct alc_session *session, const char *message,
                     const char *sqlstate, struct alc_error *err);

/* Before something new is done: what failed before is told. */
void alc_session_forget_failure(struct alc_session *session);

#endif
