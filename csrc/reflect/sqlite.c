/*
 * The rows of sqlite_schema into the schema model.
 */
#include "alc/sqlite.h"

#include <string.h>

#include "alc/alloc.h"
#include "alc/buf.h"
#include "alc/intern.h"
#include "row.h"
#include "sqlite_names.h"

int alc_sqlite_sql(struct alc_buf *out, struct alc_str database, struct alc_error *err)
{
    static const char before[] = "SELECT type, name, tbl_name, sql FROM ";
    static const char after[] =
        ".sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type = 'index'";
    int rc = alc_buf_append(out, before, sizeof before - 1, err);
    rc = rc ? rc : sqlite_append_quoted(out, database, '"', err);
    return rc ? rc : alc_buf_append(out, after, sizeof after - 1, err);
}

/* A statement of a table or of one of its indexes, kept in case it is opaque. */
struct statement {
    struct alc_str sql;
    struct statement *before;
};

/* A table of one feed. */
struct fed_table {
    struct alc_table *table;
    struct statement *last;
    size_t n_statements;
};

/* The tables of one feed, by the ids of their names. */
struct feed {
    struct alc_catalog *catalog;
    struct alc_str schema;
    bool parse;
    struct alc_arena scratch;
    struct alc_interner names;
    struct fed_table *tables; /* heap */
    size_t cap_tables;
};

static struct fed_table *fed(const struct feed *feed, uint32_t id)
{
    return feed->tables + id;
}

static int keep_statement(struct feed *feed, struct fed_table *owner,
                          struct alc_str sql, struct alc_error *err)
{
    struct statement *statement = alc_arena_alloc(&feed->scratch, sizeof *statement);
    char *copy = alc_arena_dup(&feed->scratch, sql.ptr, sql.len);
    if (!statement || !copy) {
        return alc_error_nomem(err);
    }
    statement->sql.ptr = copy;
    statement->sql.len = sql.len;
    statement->before = owner->last;
    owner->last = statement;
    owner->n_statements++;
    return 0;
}

static int feed_table(struct feed *feed, struct alc_str name, struct alc_str sql,
                      struct alc_error *err)
{
    uint32_t id, expected = feed->names.n_strs;
    int rc = alc_interner_add(&id, &feed->names, name.ptr, name.len, err);
    if (rc) {
        return rc;
    }
    if (id != expected) {
        return alc_error_set(err, ALC_E_INVALID, 0, "a table is there twice");
    }
    if (ALC_GROW(feed->tables, feed->cap_tables, (size_t)id + 1)) {
        return alc_error_nomem(err);
    }
    struct fed_table *owner = fed(feed, id);
    memset(owner, 0, sizeof *owner);
    rc = alc_catalog_add_table(&owner->table, feed->catalog, feed->schema, name, err);
    rc = rc ? rc : keep_statement(feed, owner, sql, err);
    if (!rc && !feed->parse) {
        owner->table->opaque = (struct alc_str){"not parsed", strlen("not parsed")};
    } else if (!rc) {
        rc = alc_sqlite_parse_table(feed->catalog, owner->table, sql, err);
    }
    return rc;
}

static int feed_index(struct feed *feed, struct alc_str table_name, struct alc_str sql,
                      struct alc_error *err)
{
    uint32_t id = alc_interner_find(&feed->names, table_name.ptr, table_name.len);
    if (id == ALC_NO_ID) {
        return 0; /* of a table that is left out, or of none: not ours to judge */
    }
    struct fed_table *owner = fed(feed, id);
    int rc = keep_statement(feed, owner, sql, err);
    if (!rc && alc_str_is_absent(owner->table->opaque)) {
        rc = alc_sqlite_parse_index(feed->catalog, owner->table, sql, err);
    }
    return rc;
}

static int feed_row(void *reader, struct row *row)
{
    struct feed *feed = reader;
    struct alc_str type = take_text(row, ALC_SQLITE_TYPE);
    struct alc_str name = take_name(row, ALC_SQLITE_NAME);
    struct alc_str table_name = take_name(row, ALC_SQLITE_TABLE_NAME);
    struct alc_str sql = take_name(row, ALC_SQLITE_STATEMENT);
    if (row->rc) {
        return row->rc;
    }
    bool is_table = alc_str_eq(type, (struct alc_str){"table", 5});
    return is_table ? feed_table(feed, name, sql, row->err)
                    : feed_index(feed, table_name, sql, row->err);
}

/* Give an opaque table its statements, and forget what was understood of it. */
static int empty_opaque(struct feed *feed, struct fed_table *owner,
                        struct alc_error *err)
{
    struct alc_table *table = owner->table;
    if (alc_str_is_absent(table->opaque)) {
        return 0;
    }
    table->n_columns = table->n_constraints = table->n_indexes = 0;
    table->without_rowid = table->strict = table->autoincrement = false;
    int rc =
        alc_catalog_texts(&table->statements, feed->catalog, owner->n_statements, err);
    for (struct statement *s = owner->last; !rc && s; s = s->before) {
        rc = alc_catalog_text(&table->statements[table->n_statements++], feed->catalog,
                              s->sql, err);
    }
    return rc;
}

static int feed_rows(struct feed *feed, struct alc_rows *rows, struct alc_error *err)
{
    struct alc_cell cells[ALC_SQLITE_N_COLUMNS];
    int rc = read_rows(rows, cells, feed_row, feed, err);
    for (uint32_t id = 0; !rc && id < feed->names.n_strs; id++) {
        rc = empty_opaque(feed, fed(feed, id), err);
    }
    return rc;
}

int alc_sqlite_feed(struct alc_catalog *catalog, struct alc_str schema, bool parse,
                    struct alc_rows *rows, struct alc_error *err)
{
    struct feed feed = {.catalog = catalog, .schema = schema, .parse = parse};
    if (rows->n_columns != ALC_SQLITE_N_COLUMNS) {
        return alc_error_set(err, ALC_E_INVALID, 0, "rows of another form");
    }
    alc_arena_init(&feed.scratch);
    alc_interner_init(&feed.names, &feed.scratch);
    int rc = feed_rows(&feed, rows, err);
    alc_free(feed.tables);
    alc_arena_release(&feed.scratch);
    return rc;
}
