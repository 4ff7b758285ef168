/*
 * A connection of our own through libpq, and the rows of its queries as a row source.
 *
 * A query is read to its end before the next one is sent.  Waiting is done in poll(),
 * so that a signal can end it: `interrupted` is asked when one came, and now and then.
 * Not for sharing between threads without a lock.
 */
#ifndef ALC_SOURCE_LIBPQ_H
#define ALC_SOURCE_LIBPQ_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/error.h"
#include "alc/rows.h"
#include "functions.h"

enum { ALC_LIBPQ_SQLSTATE_LEN = 5 };

/* The functions of one copy of libpq. */
struct alc_libpq_api {
#define ALC_MEMBER(is_optional, result, name, arguments) result(*name) arguments;
    ALC_LIBPQ_FUNCTIONS(ALC_MEMBER)
#undef ALC_MEMBER
};

/*
 * Load a libpq; `path` is as for alc_library_load().
 * Returns 0, or ALC_E_IO if that is no libpq that can be used.
 */
int alc_libpq_load(struct alc_libpq_api *api, const char *path, struct alc_error *err);

struct alc_libpq {
    struct alc_libpq_api api;
    PGconn *connection;             /* NULL once closed */
    PGresult *result;               /* what is being read, or NULL */
    int row;                        /* next row of it */
    int n_columns;                  /* of the query's rows */
    bool in_query;                  /* sent, and not read to its end */
    bool row_is_out;                /* a row was given that points into `result` */
    int (*interrupted)(void *self); /* nonzero: give up; NULL: go on */
    void *interrupted_self;
    char *message; /* of what failed since the last query; alc_free()d; or NULL */
    char sqlstate[ALC_LIBPQ_SQLSTATE_LEN + 1]; /* of it; may be empty */
};

/* No allocation. */
void alc_libpq_init(struct alc_libpq *pq);

/* The server's version as PQserverVersion() has it; 0 once closed. */
int alc_libpq_server_version(const struct alc_libpq *pq);

/* Close the connection and free everything; as after alc_libpq_init(). */
void alc_libpq_release(struct alc_libpq *pq);

/* Close the connection.  A row that somebody may be reading stays until the release. */
void alc_libpq_close(struct alc_libpq *pq);

/* Fail with a message of one's own.  Returns ALC_E_IO or ALC_E_NOMEM. */
int alc_libpq_fail(struct alc_libpq *pq, const char *message, struct alc_error *err);

/*
 * Connect with a conninfo string or URI; `api` has been loaded.  The client's encoding
 * is UTF-8, whatever the environment says.  connect_timeout is for all hosts together.
 * Returns 0, ALC_E_NOMEM, or ALC_E_IO with libpq's words in pq->message.
 */
int alc_libpq_connect(struct alc_libpq *pq, const char *conninfo,
                      struct alc_error *err);

/*
 * Send a query whose rows have n_columns columns, to be pulled through `out`; it
 * borrows `pq`.  Errors as alc_libpq_connect(), also those of pulling.  Rows come as
 * the server sends them: memory does not grow with their number.
 */
int alc_libpq_query(struct alc_rows *out, struct alc_libpq *pq, const char *sql,
                    struct alc_error *err);

/* What `out` pulls with; `self` is the connection. */
int alc_libpq_next(void *self, struct alc_cell *cells, struct alc_error *err);

/* Run a command that gives no rows. */
int alc_libpq_execute(struct alc_libpq *pq, const char *sql, struct alc_error *err);

#endif
