/* See connection.h. */
#define _POSIX_C_SOURCE 200809L
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../library/library.h"
#include "alc/alloc.h"

static const struct alc_symbol symbols[] = {
#define SYMBOL(is_optional, result, name, arguments) {#name, is_optional},
    ALC_LIBPQ_FUNCTIONS(SYMBOL)
#undef SYMBOL
};

enum { N_SYMBOLS = sizeof symbols / sizeof *symbols };

_Static_assert(sizeof(struct alc_libpq_api) == N_SYMBOLS * sizeof(void *),
               "pointers to functions, nothing between them");

static struct alc_libpq *libpq_of(struct alc_session *session)
{
    return (struct alc_libpq *)session;
}

static int load(struct alc_session *session, const char *path, struct alc_error *err)
{
    struct alc_libpq_api *api = &libpq_of(session)->api;
    int rc = alc_library_load(api, symbols, N_SYMBOLS, path, err);
    if (!rc && !api->PQisthreadsafe()) {
        rc = alc_error_set(err, ALC_E_IO, 0, "%s: made for one thread", path);
    }
    return rc;
}

static void close_connection(struct alc_session *session)
{
    struct alc_libpq *pq = libpq_of(session);
    if (pq->connection) {
        pq->api.PQfinish(pq->connection);
    }
    pq->connection = NULL;
    pq->in_query = false;
    if (pq->result && !session->row_is_out) {
        pq->api.PQclear(pq->result);
        pq->result = NULL;
    }
}

static void release(struct alc_session *session)
{
    session->row_is_out = false;
    close_connection(session);
    alc_session_forget_failure(session);
}

static int fail(struct alc_libpq *pq, const char *message, struct alc_error *err)
{
    return alc_session_fail(&pq->session, message, NULL, err);
}

int alc_libpq_server_version(const struct alc_libpq *pq)
{
    return pq->connection ? pq->api.PQserverVersion(pq->connection) : 0;
}

static int fail_connection(struct alc_libpq *pq, struct alc_error *err)
{
    return fail(pq, pq->api.PQerrorMessage(pq->connection), err);
}

static void ignore_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* A signal that comes just before poll() does not interrupt it: look again then. */
enum { SIGNAL_CHECK_MS = 250 };

/*
 * Wait for `events` on the connection's socket.
 * Returns 1 when one came, 0 to be called again, or a failure.
 */
static int wait_for_socket(struct alc_libpq *pq, short events, struct alc_error *err)
{
    struct pollfd ready = {pq->api.PQsocket(pq->connection), events, 0};
    int n_ready = poll(&ready, 1, SIGNAL_CHECK_MS);
    if (n_ready < 0 && errno != EINTR) {
        return alc_error_set_errno(err, errno, "waiting for the server");
    }
    if (n_ready > 0) {
        return 1;
    }
    struct alc_session *session = &pq->session;
    if (session->interrupted && session->interrupted(session->interrupted_self)) {
        return fail(pq, "interrupted", err);
    }
    return 0;
}

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* Seconds that connecting may take; 0 for as long as it wants. */
static long connect_timeout(struct alc_libpq *pq)
{
    long timeout = 0;
    PQconninfoOption *options = pq->api.PQconninfo(pq->connection);
    for (PQconninfoOption *o = options; o && o->keyword; o++) {
        if (strcmp(o->keyword, "connect_timeout") == 0 && o->val) {
            timeout = strtol(o->val, NULL, 10);
        }
    }
    pq->api.PQconninfoFree(options);
    return timeout > 0 ? timeout : 0;
}

/* Drive pq->api.PQconnectPoll() to its end. */
static int finish_connecting(struct alc_libpq *pq, struct alc_error *err)
{
    long timeout = connect_timeout(pq);
    time_t start = now();
    unsigned status = ALC_POLLING_WRITING;
    while (status != ALC_POLLING_OK) {
        int rc = 0;
        while (rc == 0) {
            short events = status == ALC_POLLING_READING ? POLLIN : POLLOUT;
            rc = wait_for_socket(pq, events, err);
            if (rc == 0 && timeout && now() - start > timeout) {
                rc = fail(pq, "connection to the server failed: timeout expired", err);
            }
        }
        if (rc < 0) {
            return rc;
        }
        status = pq->api.PQconnectPoll(pq->connection);
        if (status == ALC_POLLING_FAILED) {
            return fail_connection(pq, err);
        }
    }
    return 0;
}

int alc_libpq_connect(struct alc_libpq *pq, const char *conninfo, struct alc_error *err)
{
    /* What stands behind the expanded "dbname" overrides it. */
    static const char *const keywords[] = {"fallback_application_name", "dbname",
                                           "client_encoding", NULL};
    const char *const values[] = {"alembic_c", conninfo, "UTF8", NULL};
    pq->connection = pq->api.PQconnectStartParams(keywords, values, 1);
    if (!pq->connection) {
        return alc_error_nomem(err);
    }
    if (pq->api.PQstatus(pq->connection) == ALC_CONNECTION_BAD) {
        return fail_connection(pq, err);
    }
    pq->api.PQsetNoticeProcessor(pq->connection, ignore_notice, NULL);
    return finish_connecting(pq, err);
}

/* Wait until a result can be had without blocking. */
static int wait_for_result(struct alc_libpq *pq, struct alc_error *err)
{
    while (pq->api.PQisBusy(pq->connection)) {
        int rc = wait_for_socket(pq, POLLIN, err);
        if (rc < 0) {
            return rc;
        }
        if (rc > 0 && !pq->api.PQconsumeInput(pq->connection)) {
            return fail_connection(pq, err);
        }
    }
    return 0;
}

/* Leave the query after a failure, so that another one can be sent. */
static void end_query(struct alc_libpq *pq)
{
    PGresult *result;
    while ((result = pq->api.PQgetResult(pq->connection))) {
        unsigned status = pq->api.PQresultStatus(result);
        pq->api.PQclear(result);
        if (status == ALC_RESULT_COPY_IN || status == ALC_RESULT_COPY_OUT ||
            status == ALC_RESULT_COPY_BOTH) {
            pq->api.PQfinish(pq->connection); /* nothing here reads a COPY */
            pq->connection = NULL;
            break;
        }
    }
    pq->in_query = false;
}

/*
 * The next result of the query in pq->result; NULL there at its end.  A failure ends
 * the query too.
 */
static int next_result(struct alc_libpq *pq, struct alc_error *err)
{
    pq->api.PQclear(pq->result);
    pq->result = NULL;
    pq->row = 0;
    int rc = wait_for_result(pq, err);
    if (rc) {
        return rc;
    }
    pq->result = pq->api.PQgetResult(pq->connection);
    switch (pq->api.PQresultStatus(pq->result)) { /* of NULL: a fatal error */
    case ALC_RESULT_SINGLE_TUPLE:
    case ALC_RESULT_TUPLES_OK:
    case ALC_RESULT_COMMAND_OK:
    case ALC_RESULT_TUPLES_CHUNK:
        return 0;
    default:
        break;
    }
    if (!pq->result) {
        pq->in_query = false;
        return 0;
    }
    const char *message = pq->api.PQresultErrorMessage(pq->result);
    rc = alc_session_fail(
        &pq->session,
        *message ? message : pq->api.PQresStatus(pq->api.PQresultStatus(pq->result)),
        pq->api.PQresultErrorField(pq->result, ALC_DIAG_SQLSTATE), err);
    end_query(pq);
    return rc;
}

static int next_row(struct alc_session *session, struct alc_cell *cells,
                    struct alc_error *err)
{
    struct alc_libpq *pq = libpq_of(session);
    session->row_is_out = false;
    if (!pq->connection) {
        return fail(pq, "the connection is closed", err);
    }
    while (pq->in_query && (!pq->result || pq->row == pq->api.PQntuples(pq->result))) {
        int rc = next_result(pq, err);
        if (rc) {
            return rc;
        }
    }
    if (!pq->in_query) {
        return 0;
    }
    if (pq->api.PQnfields(pq->result) != pq->n_columns) {
        return fail(pq, "results of several queries", err);
    }
    for (int i = 0; i < pq->n_columns; i++) {
        cells[i].kind =
            pq->api.PQgetisnull(pq->result, pq->row, i) ? ALC_CELL_NULL : ALC_CELL_TEXT;
        cells[i].text.ptr = pq->api.PQgetvalue(pq->result, pq->row, i);
        cells[i].text.len = (size_t)pq->api.PQgetlength(pq->result, pq->row, i);
    }
    pq->row++;
    session->row_is_out = true;
    return 1;
}

static int send_query(struct alc_libpq *pq, const char *sql, struct alc_error *err)
{
    alc_session_forget_failure(&pq->session);
    if (!pq->connection) {
        return fail(pq, "the connection is closed", err);
    }
    if (pq->in_query) {
        return fail(pq, "the rows before were not read to their end", err);
    }
    if (!pq->api.PQsendQuery(pq->connection, sql)) {
        return fail_connection(pq, err);
    }
    pq->in_query = true;
    return 0;
}

/* Rows in pieces, where libpq knows them; one by one they cost twice the time. */
enum { CHUNK_ROWS = 512 };

static int begin_query(size_t *n_columns, struct alc_session *session,
                       struct alc_str sql, struct alc_error *err)
{
    struct alc_libpq *pq = libpq_of(session);
    int rc = send_query(pq, sql.ptr, err);
    if (rc) {
        return rc;
    }
    if (pq->api.PQsetChunkedRowsMode) {
        pq->api.PQsetChunkedRowsMode(pq->connection, CHUNK_ROWS);
    } else {
        pq->api.PQsetSingleRowMode(pq->connection);
    }
    rc = next_result(pq, err);
    pq->n_columns = pq->api.PQnfields(pq->result);
    *n_columns = (size_t)pq->n_columns;
    return rc;
}

static int execute(struct alc_session *session, const char *sql, struct alc_error *err)
{
    struct alc_libpq *pq = libpq_of(session);
    int rc = send_query(pq, sql, err);
    while (!rc && pq->in_query) {
        rc = next_result(pq, err);
    }
    return rc;
}

void alc_libpq_init(struct alc_libpq *pq)
{
    static const struct alc_session_kind kind = {
        .library = "libpq",
        .load = load,
        .query = begin_query,
        .next = next_row,
        .execute = execute,
        .close = close_connection,
        .release = release,
    };
    memset(pq, 0, sizeof *pq);
    pq->session.kind = &kind;
}
