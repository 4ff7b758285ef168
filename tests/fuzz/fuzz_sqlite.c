/*
 * libFuzzer target for the parsers of SQLite's statements: any text gives a table that
 * keeps what alc/sqlite.h promises, and so do any rows of the pragma functions.
 *
 * The input: statements parted by form feeds, the first of the table, the others of its
 * indexes.  Behind a vertical tab stand the rows of the pragmas, each parted by a form
 * feed, rows by newlines, fields by '|', '~' alone is NULL; then the table is not
 * parsed but read from them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alc/sqlite.h"

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A block of its own, so that reading past its end is caught. */
static char *duplicate(const char *ptr, size_t len)
{
    char *copy = malloc(len ? len : 1);
    check(copy != NULL);
    memcpy(copy, ptr, len);
    return copy;
}

/* The end of the piece that starts at `at`. */
static const char *end_of(const char *at, const char *end, const char *separators)
{
    while (at < end && !memchr(separators, *at, strlen(separators))) {
        at++;
    }
    return at;
}

enum { MAX_COLUMNS = 16 };

struct source {
    const char *at, *end;
    bool is_schema; /* rows of sqlite_schema out of bare statements */
    size_t n_rows, n_columns;
    char *blocks[MAX_COLUMNS];
};

static void free_blocks(struct source *source)
{
    for (size_t i = 0; i < MAX_COLUMNS; i++) {
        free(source->blocks[i]);
        source->blocks[i] = NULL;
    }
}

static void set_text(struct alc_cell *cell, const char *ptr, size_t len)
{
    cell->kind = ALC_CELL_TEXT;
    cell->text.ptr = ptr;
    cell->text.len = len;
}

static int next_statement(struct source *source, struct alc_cell *cells)
{
    const char *end = end_of(source->at, source->end, "\f");
    size_t len = (size_t)(end - source->at);
    source->blocks[0] = duplicate(source->at, len);
    set_text(&cells[0], source->n_rows ? "index" : "table", 5);
    set_text(&cells[1], "t", 1);
    set_text(&cells[2], "t", 1);
    set_text(&cells[3], source->blocks[0], len);
    source->at = end + (end < source->end);
    return 1;
}

static int next_fields(struct source *source, struct alc_cell *cells)
{
    for (size_t i = 0; i < source->n_columns; i++) {
        const char *end = end_of(source->at, source->end, "|\n\f");
        size_t len = (size_t)(end - source->at);
        memset(&cells[i], 0, sizeof cells[i]);
        if (len != 1 || *source->at != '~') {
            source->blocks[i] = duplicate(source->at, len);
            set_text(&cells[i], source->blocks[i], len);
        }
        source->at = end + (end < source->end && *end == '|');
    }
    source->at = end_of(source->at, source->end, "\n\f");
    source->at += source->at < source->end && *source->at == '\n';
    return 1;
}

static int next_row(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct source *source = self;
    (void)err;
    free_blocks(source);
    bool at_end = source->at == source->end;
    if (source->is_schema ? at_end && source->n_rows : at_end || *source->at == '\f') {
        return 0;
    }
    int rc = (source->is_schema ? next_statement : next_fields)(source, cells);
    source->n_rows++;
    return rc;
}

static void check_table(const struct alc_table *table)
{
    bool understood = table->opaque.ptr == NULL;
    check(understood == (table->n_statements == 0));
    check(!understood || table->n_columns > 0);
    for (size_t i = 0; i < table->n_columns; i++) {
        check(!understood || table->columns[i].name.ptr != NULL);
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct alc_constraint *constraint = &table->constraints[i];
        check((constraint->n_columns == 0) == (constraint->kind == ALC_CHECK));
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        check(table->indexes[i].n_parts > 0);
    }
}

static int read_pragmas(struct alc_catalog *catalog, const char *bytes, size_t len)
{
    static const struct alc_str main_name = {"main", 4};
    struct source source = {.at = bytes, .end = bytes + len};
    struct alc_buf sql;
    int rc = 0;
    alc_buf_init(&sql);
    for (int i = 0; !rc && i < ALC_SQLITE_N_PRAGMAS; i++) {
        enum alc_sqlite_pragma pragma = (enum alc_sqlite_pragma)i;
        check(alc_sqlite_pragma_sql(&sql, catalog, alc_str_absent(), main_name, pragma,
                                    NULL) == 0);
        source.n_columns = alc_sqlite_pragma_n_columns(pragma);
        struct alc_rows rows = {&source, source.n_columns, next_row};
        rc = alc_sqlite_pragma_feed(catalog, alc_str_absent(), pragma, &rows, NULL);
        source.at += source.at < source.end; /* the form feed */
    }
    free_blocks(&source);
    alc_buf_release(&sql);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *start = (const char *)bytes, *end = start + len;
    const char *tab = len ? memchr(start, '\v', len) : NULL;
    struct source source = {.at = start, .end = tab ? tab : end, .is_schema = true};
    struct alc_rows rows = {&source, ALC_SQLITE_N_COLUMNS, next_row};
    struct alc_catalog catalog;
    struct alc_buf canonical;
    alc_buf_init(&canonical);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    check(alc_sqlite_feed(&catalog, alc_str_absent(), !tab, &rows, NULL) == 0);
    free_blocks(&source);
    check(catalog.n_tables == 1);
    check_table(catalog.tables[0]);
    if (!tab || read_pragmas(&catalog, tab + 1, (size_t)(end - tab - 1)) == 0) {
        check(alc_catalog_finish(&catalog, NULL) == 0);
        check_table(catalog.tables[0]);
        check(alc_catalog_canonical(&canonical, &catalog, NULL) == 0);
    }
    alc_buf_release(&canonical);
    alc_catalog_release(&catalog);
    return 0;
}
