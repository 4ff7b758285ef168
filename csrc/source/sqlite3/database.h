/*
 * An SQLite file opened by ourselves, read-only, and the rows of its queries as a row
 * source.  Not for sharing between threads without a lock.
 */
#ifndef ALC_SOURCE_SQLITE3_H
#define ALC_SOURCE_SQLITE3_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/error.h"
#include "alc/rows.h"
#include "functions.h"

/* The functions of one copy of SQLite. */
struct alc_sqlite3_api {
#define ALC_MEMBER(is_optional, result, name, arguments) result(*name) arguments;
    ALC_SQLITE3_FUNCTIONS(ALC_MEMBER)
#undef ALC_MEMBER
};

/*
 * Load an SQLite; `path` is as for alc_library_load().
 * Returns 0, or ALC_E_IO if that is none that can be used.
 */
int alc_sqlite3_load(struct alc_sqlite3_api *api, const char *path,
                     struct alc_error *err);

/*
 * Whether two paths lead to the same copy of SQLite.  Two copies in one process must
 * not open the same file: closing it in one of them drops the locks of the other
 * (sqlite.org, "How To Corrupt An SQLite Database File", 2.2.1).
 */
bool alc_sqlite3_shared(const char *path, const char *other);

struct alc_sqlite3 {
    struct alc_sqlite3_api api;
    sqlite3 *database;       /* NULL once closed */
    bool row_is_out;         /* a row was given that points into `statement` */
    sqlite3_stmt *statement; /* what is being read, or NULL */
    int n_columns;           /* of its rows */
    char *message; /* of what failed since the last query; alc_free()d; or NULL */
};

/* No allocation. */
void alc_sqlite3_init(struct alc_sqlite3 *lite);

/* Close the file and free everything; as after alc_sqlite3_init(). */
void alc_sqlite3_release(struct alc_sqlite3 *lite);

/* Close the file.  A row that somebody may be reading, and with it the file, stays
 * until the release. */
void alc_sqlite3_close(struct alc_sqlite3 *lite);

/* Fail with a message of one's own.  Returns ALC_E_IO or ALC_E_NOMEM. */
int alc_sqlite3_fail(struct alc_sqlite3 *lite, const char *message,
                     struct alc_error *err);

/*
 * Open a file, which has to be there; `api` has been loaded.  is_uri: `name` is a URI
 * of SQLite's. busy_ms: how long another connection's lock is waited for. Returns 0,
 * ALC_E_NOMEM, or ALC_E_IO with SQLite's words in lite->message.
 */
int alc_sqlite3_open(struct alc_sqlite3 *lite, const char *name, bool is_uri,
                     int busy_ms, struct alc_error *err);

/*
 * Begin a query whose rows can be pulled through `out`, which borrows `lite`.  The one
 * before has to be read to its end, or not at all.  Errors as alc_sqlite3_open(), also
 * those of pulling.
 */
int alc_sqlite3_query(struct alc_rows *out, struct alc_sqlite3 *lite, const char *sql,
                      size_t len, struct alc_error *err);

/* What `out` pulls with; `self` is the struct. */
int alc_sqlite3_next(void *self, struct alc_cell *cells, struct alc_error *err);

/* Run a statement that gives no rows. */
int alc_sqlite3_execute(struct alc_sqlite3 *lite, const char *sql,
                        struct alc_error *err);

#endif
