/*
 * An SQLite file opened by ourselves, read-only, and the rows of its queries.
 */
#ifndef ALC_SOURCE_SQLITE3_H
#define ALC_SOURCE_SQLITE3_H

#include "../library/session.h"
#include "sqlite3_functions.h"

/* The functions of one copy of SQLite. */
struct alc_sqlite3_api {
#define ALC_MEMBER(is_optional, result, name, arguments) result(*name) arguments;
    ALC_SQLITE3_FUNCTIONS(ALC_MEMBER)
#undef ALC_MEMBER
};

/*
 * Whether two paths lead to the same copy of SQLite.  Two copies in one process must
 * not open the same file: closing it in one of them drops the locks of the other
 * (sqlite.org, "How To Corrupt An SQLite Database File", 2.2.1).
 */
bool alc_sqlite3_shared(const char *path, const char *other);

struct alc_sqlite3 {
    struct alc_session session;
    struct alc_sqlite3_api api;
    sqlite3 *database;       /* NULL once closed */
    sqlite3_stmt *statement; /* what is being read, or NULL */
    int n_columns;           /* of its rows */
};

/* No allocation. */
void alc_sqlite3_init(struct alc_sqlite3 *lite);

/*
 * Open a file, which has to be there; the library has been loaded.  is_uri: `name` is a
 * URI of SQLite's.  busy_ms: how long another connection's lock is waited for.  Returns
 * 0, ALC_E_NOMEM, or ALC_E_IO with SQLite's words in the message.
 */
int alc_sqlite3_open(struct alc_sqlite3 *lite, const char *name, bool is_uri,
                     int busy_ms, struct alc_error *err);

#endif
