/* See database.h. */
#include "database.h"

#include <limits.h>
#include <string.h>

#include "../library/library.h"
#include "alc/alloc.h"

static const struct alc_symbol symbols[] = {
#define SYMBOL(is_optional, result, name, arguments) {#name, is_optional},
    ALC_SQLITE3_FUNCTIONS(SYMBOL)
#undef SYMBOL
};

enum { N_SYMBOLS = sizeof symbols / sizeof *symbols };

_Static_assert(sizeof(struct alc_sqlite3_api) == N_SYMBOLS * sizeof(void *),
               "pointers to functions, nothing between them");

static struct alc_sqlite3 *sqlite3_of(struct alc_session *session)
{
    return (struct alc_sqlite3 *)session;
}

static int load(struct alc_session *session, const char *path, struct alc_error *err)
{
    struct alc_sqlite3_api *api = &sqlite3_of(session)->api;
    int rc = alc_library_load(api, symbols, N_SYMBOLS, path, err);
    if (!rc && !api->sqlite3_threadsafe()) {
        rc = alc_error_set(err, ALC_E_IO, 0, "%s: made for one thread", path);
    }
    return rc;
}

bool alc_sqlite3_shared(const char *path, const char *other)
{
    return alc_library_shared(path, other, "sqlite3_open_v2");
}

static void close_database(struct alc_session *session)
{
    struct alc_sqlite3 *lite = sqlite3_of(session);
    if (lite->statement && !session->row_is_out) {
        lite->api.sqlite3_finalize(lite->statement);
        lite->statement = NULL;
    }
    if (lite->database) {
        lite->api.sqlite3_close_v2(lite->database);
        lite->database = NULL;
    }
}

static void release(struct alc_session *session)
{
    session->row_is_out = false;
    close_database(session);
    alc_session_forget_failure(session);
}

static int fail(struct alc_sqlite3 *lite, const char *message, struct alc_error *err)
{
    return alc_session_fail(&lite->session, message, NULL, err);
}

/* After a call that failed: its own text says more than the code's. */
static int fail_code(struct alc_sqlite3 *lite, int code, struct alc_error *err)
{
    if (code == ALC_SQLITE_NOMEM) {
        return alc_error_nomem(err);
    }
    return fail(lite,
                lite->database ? lite->api.sqlite3_errmsg(lite->database)
                               : lite->api.sqlite3_errstr(code),
                err);
}

int alc_sqlite3_open(struct alc_sqlite3 *lite, const char *name, bool is_uri,
                     int busy_ms, struct alc_error *err)
{
    int flags = ALC_SQLITE_OPEN_READONLY | (is_uri ? ALC_SQLITE_OPEN_URI : 0);
    int code = lite->api.sqlite3_open_v2(name, &lite->database, flags, NULL);
    if (code == ALC_SQLITE_OK) {
        lite->api.sqlite3_extended_result_codes(lite->database, 1);
        code = lite->api.sqlite3_busy_timeout(lite->database, busy_ms);
    }
    return code == ALC_SQLITE_OK ? 0 : fail_code(lite, code, err);
}

static int next_row(struct alc_session *session, struct alc_cell *cells,
                    struct alc_error *err)
{
    struct alc_sqlite3 *lite = sqlite3_of(session);
    session->row_is_out = false;
    if (!lite->database || !lite->statement) {
        return fail(lite, "the database is closed", err);
    }
    int code = lite->api.sqlite3_step(lite->statement);
    if (code == ALC_SQLITE_DONE) {
        lite->api.sqlite3_reset(lite->statement); /* a further step would begin anew */
        lite->api.sqlite3_finalize(lite->statement);
        lite->statement = NULL;
        return 0;
    }
    if (code != ALC_SQLITE_ROW) {
        return fail_code(lite, code, err);
    }
    /* A step compiles the statement anew if the schema has changed. */
    if (lite->api.sqlite3_column_count(lite->statement) != lite->n_columns) {
        return fail(lite, "the columns have changed meanwhile", err);
    }
    for (int i = 0; i < lite->n_columns; i++) {
        switch (lite->api.sqlite3_column_type(lite->statement, i)) {
        case ALC_SQLITE_NULL:
            cells[i].kind = ALC_CELL_NULL;
            break;
        case ALC_SQLITE_INTEGER:
            cells[i].kind = ALC_CELL_INT;
            cells[i].number = lite->api.sqlite3_column_int64(lite->statement, i);
            break;
        default:
            cells[i].kind = ALC_CELL_TEXT;
            cells[i].text.ptr =
                (const char *)lite->api.sqlite3_column_text(lite->statement, i);
            cells[i].text.len =
                (size_t)lite->api.sqlite3_column_bytes(lite->statement, i);
            if (!cells[i].text.ptr) {
                return alc_error_nomem(err);
            }
        }
    }
    session->row_is_out = true;
    return 1;
}

static int begin_query(size_t *n_columns, struct alc_session *session,
                       struct alc_str sql, struct alc_error *err)
{
    struct alc_sqlite3 *lite = sqlite3_of(session);
    alc_session_forget_failure(session);
    if (!lite->database) {
        return fail(lite, "the database is closed", err);
    }
    if (sql.len >= INT_MAX) {
        return alc_error_set(err, ALC_E_LIMIT, 0, "a statement of %zu bytes", sql.len);
    }
    if (session->row_is_out) {
        return fail(lite, "the rows before were not read to their end", err);
    }
    lite->api.sqlite3_finalize(lite->statement);
    lite->statement = NULL;
    int code = lite->api.sqlite3_prepare_v2(lite->database, sql.ptr, (int)sql.len + 1,
                                            &lite->statement, NULL);
    if (code != ALC_SQLITE_OK) {
        return fail_code(lite, code, err);
    }
    lite->n_columns = lite->api.sqlite3_column_count(lite->statement);
    *n_columns = (size_t)lite->n_columns;
    return 0;
}

static int execute(struct alc_session *session, const char *sql, struct alc_error *err)
{
    struct alc_sqlite3 *lite = sqlite3_of(session);
    alc_session_forget_failure(session);
    if (!lite->database) {
        return fail(lite, "the database is closed", err);
    }
    int code = lite->api.sqlite3_exec(lite->database, sql, NULL, NULL, NULL);
    return code == ALC_SQLITE_OK ? 0 : fail_code(lite, code, err);
}

void alc_sqlite3_init(struct alc_sqlite3 *lite)
{
    static const struct alc_session_kind kind = {
        .library = "sqlite3",
        .any_bytes = true, /* the names of tables may hold any */
        .load = load,
        .query = begin_query,
        .next = next_row,
        .execute = execute,
        .close = close_database,
        .release = release,
    };
    memset(lite, 0, sizeof *lite);
    lite->session.kind = &kind;
}
