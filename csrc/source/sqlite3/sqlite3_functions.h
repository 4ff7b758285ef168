/*
 * What is used of SQLite, declared as sqlite3.h does (3.7.14 and later).
 * A header of its own: nothing else is in it, so that a test can read it beside theirs.
 */
#ifndef ALC_SOURCE_SQLITE3_FUNCTIONS_H
#define ALC_SOURCE_SQLITE3_FUNCTIONS_H

#ifndef SQLITE3_H
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef int (*sqlite3_callback)(void *, int, char **, char **);
#endif

enum {
    ALC_SQLITE_OK = 0,
    ALC_SQLITE_NOMEM = 7,
    ALC_SQLITE_ROW = 100,
    ALC_SQLITE_DONE = 101,

    ALC_SQLITE_INTEGER = 1,
    ALC_SQLITE_NULL = 5,

    ALC_SQLITE_OPEN_READONLY = 0x1,
    ALC_SQLITE_OPEN_URI = 0x40,
};

/* X(is_optional, result, name, arguments) */
#define ALC_SQLITE3_FUNCTIONS(X)                                                       \
    X(false, int, sqlite3_threadsafe, (void))                                          \
    X(false, const char *, sqlite3_errstr, (int))                                      \
    X(false, const char *, sqlite3_errmsg, (sqlite3 *))                                \
    X(false, int, sqlite3_open_v2, (const char *, sqlite3 **, int, const char *))      \
    X(false, int, sqlite3_close, (sqlite3 *))                                          \
    X(false, int, sqlite3_close_v2, (sqlite3 *))                                       \
    X(false, int, sqlite3_extended_result_codes, (sqlite3 *, int))                     \
    X(false, int, sqlite3_busy_timeout, (sqlite3 *, int))                              \
    X(false, int, sqlite3_exec,                                                        \
      (sqlite3 *, const char *, sqlite3_callback, void *, char **))                    \
    X(false, int, sqlite3_prepare_v2,                                                  \
      (sqlite3 *, const char *, int, sqlite3_stmt **, const char **))                  \
    X(false, int, sqlite3_step, (sqlite3_stmt *))                                      \
    X(false, int, sqlite3_reset, (sqlite3_stmt *))                                     \
    X(false, int, sqlite3_finalize, (sqlite3_stmt *))                                  \
    X(false, int, sqlite3_column_count, (sqlite3_stmt *))                              \
    X(false, int, sqlite3_column_type, (sqlite3_stmt *, int))                          \
    X(false, long long, sqlite3_column_int64, (sqlite3_stmt *, int))                   \
    X(false, const unsigned char *, sqlite3_column_text, (sqlite3_stmt *, int))        \
    X(false, int, sqlite3_column_bytes, (sqlite3_stmt *, int))

#endif
