/*
 * A connection of our own through libpq, and the rows of its queries.
 *
 * A query is read to its end before the next one is sent; rows come as the server sends
 * them, so that memory does not grow with their number.  Waiting is done in poll(), so
 * that a signal can end it: `interrupted` is asked when one came, and now and then.
 */
#ifndef ALC_SOURCE_LIBPQ_H
#define ALC_SOURCE_LIBPQ_H

#include "../library/session.h"
#include "libpq_functions.h"

/* The functions of one copy of libpq. */
struct alc_libpq_api {
#define ALC_MEMBER(is_optional, result, name, arguments) result(*name) arguments;
    ALC_LIBPQ_FUNCTIONS(ALC_MEMBER)
#undef ALC_MEMBER
};

struct alc_libpq {
    struct alc_session session;
    struct alc_libpq_api api;
    PGconn *connection; /* NULL once closed */
    PGresult *result;   /* what is being read, or NULL */
    int row;            /* next row of it */
    int n_columns;      /* of the query's rows */
    bool in_query;      /* sent, and not read to its end */
};

/* No allocation. */
void alc_libpq_init(struct alc_libpq *pq);

/* The server's version as PQserverVersion() has it; 0 once closed. */
int alc_libpq_server_version(const struct alc_libpq *pq);

/*
 * Connect with a conninfo string or URI; the library has been loaded.  The client's
 * encoding is UTF-8, whatever the environment says.  connect_timeout is for all hosts
 * together.  Returns 0, ALC_E_NOMEM, or ALC_E_IO with libpq's words in the message.
 */
int alc_libpq_connect(struct alc_libpq *pq, const char *conninfo,
                      struct alc_error *err);

#endif
