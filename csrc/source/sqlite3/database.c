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

int alc_sqlite3_load(struct alc_sqlite3_api *api, const char *path,
                     struct alc_error *err)
{
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

void alc_sqlite3_init(struct alc_sqlite3 *lite)
{
    memset(lite, 0, sizeof *lite);
}

void alc_sqlite3_release(struct alc_sqlite3 *lite)
{
    if (lite->statement) {
        lite->api.sqlite3_finalize(lite->statement);
    }
    if (lite->database) {
        lite->api.sqlite3_close(lite->database);
    }
    alc_free(lite->message);
    alc_sqlite3_init(lite);
}

void alc_sqlite3_close(struct alc_sqlite3 *lite)
{
    if (lite->statement && !lite->row_is_out) {
        lite->api.sqlite3_finalize(lite->statement);
        lite->statement = NULL;
    }
    if (lite->database) {
        lite->api.sqlite3_close_v2(lite->database);
        lite->database = NULL;
    }
}

static int fail(struct alc_sqlite3 *lite, const char *message, struct alc_error *err)
{
    size_t len = strlen(message);
    alc_free(lite->message);
    lite->message = alc_malloc(len + 1);
    if (!lite->message) {
        return alc_error_nomem(err);
    }
    memcpy(lite->message, message, len + 1);
    return alc_error_set(err, ALC_E_IO, 0, "%s", message);
}

int alc_sqlite3_fail(struct alc_sqlite3 *lite, const char *message,
                     struct alc_error *err)
{
    return fail(lite, message, err);
}

/* Before something new is done: what failed before is told. */
static void forget_failure(struct alc_sqlite3 *lite)
{
    alc_free(lite->message);
    lite->message = NULL;
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

int alc_sqlite3_next(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct alc_sqlite3 *lite = self;
    lite->row_is_out = false;
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
    lite->row_is_out = true;
    return 1;
}

int alc_sqlite3_query(struct alc_rows *out, struct alc_sqlite3 *lite, const char *sql,
                      size_t len, struct alc_error *err)
{
    forget_failure(lite);
    if (!lite->database) {
        return fail(lite, "the database is closed", err);
    }
    if (len >= INT_MAX) {
        return alc_error_set(err, ALC_E_LIMIT, 0, "a statement of %zu bytes", len);
    }
    if (lite->row_is_out) {
        return fail(lite, "the rows before were not read to their end", err);
    }
    lite->api.sqlite3_finalize(lite->statement);
    lite->statement = NULL;
    int code = lite->api.sqlite3_prepare_v2(lite->database, sql, (int)len + 1,
                                            &lite->statement, NULL);
    if (code != ALC_SQLITE_OK) {
        return fail_code(lite, code, err);
    }
    out->self = lite;
    lite->n_columns = lite->api.sqlite3_column_count(lite->statement);
    out->n_columns = (size_t)lite->n_columns;
    out->next = alc_sqlite3_next;
    return 0;
}

int alc_sqlite3_execute(struct alc_sqlite3 *lite, const char *sql,
                        struct alc_error *err)
{
    forget_failure(lite);
    if (!lite->database) {
        return fail(lite, "the database is closed", err);
    }
    int code = lite->api.sqlite3_exec(lite->database, sql, NULL, NULL, NULL);
    return code == ALC_SQLITE_OK ? 0 : fail_code(lite, code, err);
}
