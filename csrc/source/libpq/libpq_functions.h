/*
 * What is used of libpq, declared as libpq-fe.h does (PostgreSQL 9.3 and later).
 * A header of its own: nothing else is in it, so that a test can read it beside theirs.
 */
#ifndef ALC_SOURCE_LIBPQ_FUNCTIONS_H
#define ALC_SOURCE_LIBPQ_FUNCTIONS_H

#ifndef LIBPQ_FE_H
typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef void (*PQnoticeProcessor)(void *arg, const char *message);

typedef struct {
    char *keyword;
    char *envvar;
    char *compiled;
    char *val;
    char *label;
    char *dispchar;
    int dispsize;
} PQconninfoOption;
#endif

/* The enums are unsigned numbers here. */
enum {
    ALC_CONNECTION_BAD = 1,

    ALC_POLLING_FAILED = 0,
    ALC_POLLING_READING = 1,
    ALC_POLLING_WRITING = 2,
    ALC_POLLING_OK = 3,

    ALC_RESULT_COMMAND_OK = 1,
    ALC_RESULT_TUPLES_OK = 2,
    ALC_RESULT_COPY_OUT = 3,
    ALC_RESULT_COPY_IN = 4,
    ALC_RESULT_COPY_BOTH = 8,
    ALC_RESULT_SINGLE_TUPLE = 9,
    ALC_RESULT_TUPLES_CHUNK = 12,

    ALC_DIAG_SQLSTATE = 'C',
};

/* X(is_optional, result, name, arguments) */
#define ALC_LIBPQ_FUNCTIONS(X)                                                         \
    X(false, int, PQisthreadsafe, (void))                                              \
    X(false, PGconn *, PQconnectStartParams,                                           \
      (const char *const *, const char *const *, int))                                 \
    X(false, unsigned, PQconnectPoll, (PGconn *))                                      \
    X(false, PQconninfoOption *, PQconninfo, (PGconn *))                               \
    X(false, void, PQconninfoFree, (PQconninfoOption *))                               \
    X(false, PQnoticeProcessor, PQsetNoticeProcessor,                                  \
      (PGconn *, PQnoticeProcessor, void *))                                           \
    X(false, void, PQfinish, (PGconn *))                                               \
    X(false, unsigned, PQstatus, (const PGconn *))                                     \
    X(false, int, PQsocket, (const PGconn *))                                          \
    X(false, int, PQserverVersion, (const PGconn *))                                   \
    X(false, char *, PQerrorMessage, (const PGconn *))                                 \
    X(false, int, PQsendQuery, (PGconn *, const char *))                               \
    X(false, int, PQsetSingleRowMode, (PGconn *))                                      \
    X(true, int, PQsetChunkedRowsMode, (PGconn *, int))                                \
    X(false, int, PQisBusy, (PGconn *))                                                \
    X(false, int, PQconsumeInput, (PGconn *))                                          \
    X(false, PGresult *, PQgetResult, (PGconn *))                                      \
    X(false, unsigned, PQresultStatus, (const PGresult *))                             \
    X(false, char *, PQresStatus, (unsigned))                                          \
    X(false, char *, PQresultErrorMessage, (const PGresult *))                         \
    X(false, char *, PQresultErrorField, (const PGresult *, int))                      \
    X(false, int, PQntuples, (const PGresult *))                                       \
    X(false, int, PQnfields, (const PGresult *))                                       \
    X(false, int, PQgetisnull, (const PGresult *, int, int))                           \
    X(false, char *, PQgetvalue, (const PGresult *, int, int))                         \
    X(false, int, PQgetlength, (const PGresult *, int, int))                           \
    X(false, void, PQclear, (PGresult *))

#endif
