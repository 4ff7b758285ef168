/*
 * The rows of sqlite_schema into the schema model.
 */
#include "alc/sqlite.h"

#include <string.h>

#include "alc/buf.h"
#include "alc/intern.h"

int alc_sqlite_sql(struct alc_buf *out, struct alc_str database, struct alc_error *err)
{
    static const char before[] = "SELECT type, name, tbl_name, sql FROM \"";
    static const char after[] =
        "\".sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type = 'index'";
    int rc = alc_buf_append(out, before, sizeof before - 1, err);
    for (size_t i = 0; !rc && i < database.len; i++) {
        if (database.ptr[i] == '"') {
            rc = alc_buf_put(out, '"', err);
        }
        rc = rc ? rc : alc_buf_put(out, database.ptr[i], err);
    }
    return rc ? rc : alc_buf_append(out, after, sizeof after - 1, err);
}

/* The tables of one feed, by name. */
struct feed {
    struct alc_catalog *catalog;
    struct alc_str schema;
    struct alc_arena scratch;
    struct alc_interner names;
    size_t first; /* place of the table with id 0 */
};

static int feed_table(struct feed *feed, struct alc_str name, struct alc_str sql,
                      struct alc_error *err)
{
    uint32_t id, expected = feed->names.n_strs;
    struct alc_table *table;
    int rc = alc_interner_add(&id, &feed->names, name.ptr, name.len, err);
    if (rc) {
        return rc;
    }
    if (id != expected) {
        return alc_error_set(err, ALC_E_INVALID, 0, "a table is there twice");
    }
    rc = alc_catalog_add_table(&table, feed->catalog, feed->schema, name, err);
    return rc ? rc : alc_sqlite_parse_table(feed->catalog, table, sql, err);
}

static int feed_index(struct feed *feed, struct alc_str table_name, struct alc_str sql,
                      struct alc_error *err)
{
    uint32_t id = alc_interner_find(&feed->names, table_name.ptr, table_name.len);
    if (id == ALC_NO_ID) {
        return 0; /* of a table that is left out, or of none: not ours to judge */
    }
    struct alc_table *table = feed->catalog->tables[feed->first + id];
    return alc_sqlite_parse_index(feed->catalog, table, sql, err);
}

static int feed_row(struct feed *feed, const struct alc_cell *cells,
                    struct alc_error *err)
{
    struct alc_str type, name, table_name, sql;
    int rc = alc_cell_text(&type, &cells[0], err);
    rc = rc ? rc : alc_cell_text(&name, &cells[1], err);
    rc = rc ? rc : alc_cell_text(&table_name, &cells[2], err);
    rc = rc ? rc : alc_cell_text(&sql, &cells[3], err);
    if (rc) {
        return rc;
    }
    if (alc_str_is_absent(name) || alc_str_is_absent(table_name) ||
        alc_str_is_absent(sql)) {
        return alc_error_set(err, ALC_E_INVALID, 0, "a row without a name");
    }
    bool is_table = alc_str_eq(type, (struct alc_str){"table", 5});
    return is_table ? feed_table(feed, name, sql, err)
                    : feed_index(feed, table_name, sql, err);
}

int alc_sqlite_feed(struct alc_catalog *catalog, struct alc_str schema,
                    struct alc_rows *rows, struct alc_error *err)
{
    enum { N_COLUMNS = 4 };
    struct alc_cell cells[N_COLUMNS];
    struct feed feed = {.catalog = catalog, .schema = schema};
    if (rows->n_columns != N_COLUMNS) {
        return alc_error_set(err, ALC_E_INVALID, 0, "rows of another form");
    }
    feed.first = catalog->n_tables;
    alc_arena_init(&feed.scratch);
    alc_interner_init(&feed.names, &feed.scratch);
    int rc;
    for (size_t row = 0; (rc = rows->next(rows->self, cells, err)) > 0; row++) {
        rc = feed_row(&feed, cells, err);
        if (rc) {
            if (err) {
                err->pos = row;
            }
            break;
        }
    }
    alc_arena_release(&feed.scratch);
    return rc < 0 ? rc : 0;
}
