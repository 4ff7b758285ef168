/*
 * What SQLite's pragma functions say of the tables whose statements are not understood.
 *
 * Each function is asked once about all of them, joined over sqlite_schema.  Rows of
 * one table come side by side, in the order of its columns and keys.
 */
#include <string.h>

#include "alc/alloc.h"
#include "alc/buf.h"
#include "alc/intern.h"
#include "alc/sqlite.h"
#include "row.h"
#include "sqlite_names.h"

/* Names beyond this many bytes are not listed in the query: it asks about all tables,
 * and the reader leaves out what it does not want. */
enum { MAX_NAMES_LEN = 400000 };

/* The opaque tables of a schema, by the ids of their names. */
struct opaque_tables {
    struct alc_arena scratch;
    struct alc_interner names;
    struct alc_table **tables; /* heap */
    size_t cap;
};

static bool is_asked_about(const struct alc_table *table, struct alc_str schema)
{
    return !alc_str_is_absent(table->opaque) && table->kind != ALC_TABLE_VIRTUAL &&
           alc_str_is_absent(table->schema) == alc_str_is_absent(schema) &&
           alc_str_eq(table->schema, schema);
}

static struct alc_table *opaque_table(const struct opaque_tables *set,
                                      struct alc_str name)
{
    uint32_t id =
        name.ptr ? alc_interner_find(&set->names, name.ptr, name.len) : ALC_NO_ID;
    return id == ALC_NO_ID ? NULL : set->tables[id];
}

static int collect(struct opaque_tables *set, const struct alc_catalog *catalog,
                   struct alc_str schema, struct alc_error *err)
{
    for (size_t i = 0; i < catalog->n_tables; i++) {
        struct alc_table *table = catalog->tables[i];
        uint32_t id;
        if (!is_asked_about(table, schema)) {
            continue;
        }
        int rc =
            alc_interner_add(&id, &set->names, table->name.ptr, table->name.len, err);
        if (rc) {
            return rc;
        }
        if (ALC_GROW(set->tables, set->cap, (size_t)id + 1)) {
            return alc_error_nomem(err);
        }
        set->tables[id] = table;
    }
    return 0;
}

/* --- queries -------------------------------------------------------------------------
 */

/*
 * The columns of each query.  PLACE counts the columns of one key, from 0.
 */
enum {
    COLUMNS_TABLE,
    COLUMNS_NAME,
    COLUMNS_TYPE,
    COLUMNS_NOT_NULL,
    COLUMNS_DEFAULT,
    COLUMNS_HIDDEN,
    N_COLUMNS
};
enum { KEYS_TABLE, KEYS_COLUMN, N_KEYS };
enum {
    FOREIGN_TABLE,
    FOREIGN_PLACE,
    FOREIGN_TARGET,
    FOREIGN_COLUMN,
    FOREIGN_TARGET_COLUMN,
    FOREIGN_ON_UPDATE,
    FOREIGN_ON_DELETE,
    N_FOREIGN
};
enum {
    INDEXES_TABLE,
    INDEXES_PLACE,
    INDEXES_NAME,
    INDEXES_UNIQUE,
    INDEXES_ORIGIN,
    INDEXES_PARTIAL,
    INDEXES_COLUMN,
    INDEXES_DESCENDING,
    INDEXES_COLLATION,
    N_INDEXES,
    MAX_COLUMNS = N_INDEXES
};

/* All queries begin with the table. */
enum { TABLE = 0 };

/* $ stands for the database as a name, @ for it as a literal, # for the names. */
static const char *const texts[ALC_SQLITE_N_PRAGMAS] = {
    [ALC_SQLITE_COLUMNS] =
        "SELECT m.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.hidden"
        " FROM $.sqlite_master m JOIN pragma_table_xinfo(m.name, @) x"
        " WHERE m.type = 'table'# ORDER BY m.name, x.cid",
    [ALC_SQLITE_PRIMARY_KEYS] =
        "SELECT m.name, x.name"
        " FROM $.sqlite_master m JOIN pragma_table_xinfo(m.name, @) x"
        " WHERE m.type = 'table' AND x.pk > 0# ORDER BY m.name, x.pk",
    [ALC_SQLITE_FOREIGN_KEYS] =
        "SELECT m.name, f.seq, f.\"table\", f.\"from\", f.\"to\", f.on_update,"
        " f.on_delete"
        " FROM $.sqlite_master m JOIN pragma_foreign_key_list(m.name, @) f"
        " WHERE m.type = 'table'# ORDER BY m.name, f.id DESC, f.seq",
    [ALC_SQLITE_INDEXES] =
        "SELECT m.name, x.seqno, l.name, l.\"unique\", l.origin, l.partial, x.name,"
        " x.\"desc\", x.coll"
        " FROM $.sqlite_master m JOIN pragma_index_list(m.name, @) l"
        " JOIN pragma_index_xinfo(l.name, @) x"
        " WHERE m.type = 'table' AND x.key# ORDER BY m.name, l.name, x.seqno",
};

static int append_names(struct alc_buf *out, const struct alc_catalog *catalog,
                        struct alc_str schema, struct alc_error *err)
{
    static const char before[] = " AND m.name IN (";
    size_t len = 0, n = 0;
    for (size_t i = 0; i < catalog->n_tables; i++) {
        if (is_asked_about(catalog->tables[i], schema)) {
            len += catalog->tables[i]->name.len + 3;
        }
    }
    if (len > MAX_NAMES_LEN) {
        return 0;
    }
    int rc = alc_buf_append(out, before, sizeof before - 1, err);
    for (size_t i = 0; !rc && i < catalog->n_tables; i++) {
        if (is_asked_about(catalog->tables[i], schema)) {
            rc = n++ ? alc_buf_put(out, ',', err) : 0;
            rc = rc ? rc
                    : sqlite_append_quoted(out, catalog->tables[i]->name, '\'', err);
        }
    }
    return rc ? rc : alc_buf_put(out, ')', err);
}

int alc_sqlite_pragma_sql(struct alc_buf *out, const struct alc_catalog *catalog,
                          struct alc_str schema, struct alc_str database,
                          enum alc_sqlite_pragma pragma, struct alc_error *err)
{
    bool any = false;
    for (size_t i = 0; !any && i < catalog->n_tables; i++) {
        any = is_asked_about(catalog->tables[i], schema);
    }
    int rc = 0;
    for (const char *at = texts[pragma]; any && !rc && *at; at++) {
        switch (*at) {
        case '$':
            rc = sqlite_append_quoted(out, database, '"', err);
            break;
        case '@':
            rc = sqlite_append_quoted(out, database, '\'', err);
            break;
        case '#':
            rc = append_names(out, catalog, schema, err);
            break;
        default:
            rc = alc_buf_put(out, *at, err);
        }
    }
    return rc;
}

/* --- rows ----------------------------------------------------------------------------
 */

/* Append to an array of the catalog that is full whenever n is a power of two. */
static int append_text(struct alc_str **texts_out, size_t *n,
                       struct alc_catalog *catalog, struct alc_str text,
                       struct alc_error *err)
{
    if ((*n & (*n - 1)) == 0) {
        struct alc_str *moved;
        int rc = alc_catalog_texts(&moved, catalog, *n ? *n * 2 : 1, err);
        if (rc) {
            return rc;
        }
        if (*n) {
            memcpy(moved, *texts_out, *n * sizeof *moved);
        }
        *texts_out = moved;
    }
    (*texts_out)[(*n)++] = text;
    return 0;
}

static struct alc_constraint *last_constraint(struct alc_table *table,
                                              enum alc_constraint_kind kind)
{
    struct alc_constraint *last =
        table->n_constraints ? &table->constraints[table->n_constraints - 1] : NULL;
    return last && last->kind == kind ? last : NULL;
}

static int add_constraint(struct alc_constraint **out, struct alc_catalog *catalog,
                          struct alc_table *table, enum alc_constraint_kind kind,
                          struct alc_error *err)
{
    int rc = alc_catalog_add_constraint(out, catalog, table, err);
    if (!rc) {
        (*out)->kind = kind;
    }
    return rc;
}

/* Kinds of pragma_table_xinfo's `hidden`. */
enum { HIDDEN_VIRTUAL = 2, HIDDEN_STORED = 3 };

/* The type as the parser gives it; absent for none. */
static struct alc_str copy_type(struct row *row, struct alc_catalog *catalog)
{
    struct alc_str type = copy_text(row, catalog, COLUMNS_TYPE);
    if (type.len == 0) {
        return alc_str_absent();
    }
    sqlite_settle_type(&type);
    return type;
}

static int read_column(struct alc_catalog *catalog, struct alc_table *table,
                       struct row *row)
{
    struct alc_column *column;
    int rc = alc_catalog_add_column(&column, catalog, table, row->err);
    if (rc) {
        return rc;
    }
    column->name = copy_text(row, catalog, COLUMNS_NAME);
    column->type = copy_type(row, catalog);
    column->not_null = take_int(row, COLUMNS_NOT_NULL) != 0;
    column->default_expr = copy_text(row, catalog, COLUMNS_DEFAULT);
    int64_t hidden = take_int(row, COLUMNS_HIDDEN);
    column->generated_kind = hidden == HIDDEN_VIRTUAL  ? ALC_GENERATED_VIRTUAL
                             : hidden == HIDDEN_STORED ? ALC_GENERATED_STORED
                                                       : ALC_GENERATED_NONE;
    return row->rc;
}

static int read_primary_key(struct alc_catalog *catalog, struct alc_table *table,
                            struct row *row)
{
    struct alc_constraint *key = last_constraint(table, ALC_PRIMARY_KEY);
    struct alc_str column = copy_text(row, catalog, KEYS_COLUMN);
    int rc = row->rc;
    if (!rc && !key) {
        rc = add_constraint(&key, catalog, table, ALC_PRIMARY_KEY, row->err);
    }
    return rc ? rc
              : append_text(&key->columns, &key->n_columns, catalog, column, row->err);
}

static enum alc_fk_action take_action(struct row *row, size_t column)
{
    static const char *const names[] = {
        [ALC_NO_ACTION] = "NO ACTION",     [ALC_RESTRICT] = "RESTRICT",
        [ALC_CASCADE] = "CASCADE",         [ALC_SET_NULL] = "SET NULL",
        [ALC_SET_DEFAULT] = "SET DEFAULT",
    };
    struct alc_str text = take_text(row, column);
    for (size_t i = 0; !row->rc && i < sizeof names / sizeof *names; i++) {
        struct alc_str name = {names[i], strlen(names[i])};
        if (alc_str_eq(text, name)) {
            return (enum alc_fk_action)i;
        }
    }
    if (!row->rc) {
        row->rc =
            alc_error_set(row->err, ALC_E_INVALID, 0, "an unknown foreign key action");
    }
    return ALC_NO_ACTION;
}

/* A key's columns come one by one. */
static int begin_foreign_key(struct alc_constraint **out, struct alc_catalog *catalog,
                             struct alc_table *table, struct row *row)
{
    int rc = add_constraint(out, catalog, table, ALC_FOREIGN_KEY, row->err);
    if (rc) {
        return rc;
    }
    (*out)->ref_table = copy_text(row, catalog, FOREIGN_TARGET);
    (*out)->on_update = take_action(row, FOREIGN_ON_UPDATE);
    (*out)->on_delete = take_action(row, FOREIGN_ON_DELETE);
    return row->rc;
}

static int read_foreign_key(struct alc_catalog *catalog, struct alc_table *table,
                            struct row *row)
{
    struct alc_constraint *key = last_constraint(table, ALC_FOREIGN_KEY);
    bool is_first = take_int(row, FOREIGN_PLACE) == 0;
    struct alc_str from = copy_text(row, catalog, FOREIGN_COLUMN);
    struct alc_str to = copy_text(row, catalog, FOREIGN_TARGET_COLUMN);
    int rc = row->rc;
    if (!rc && is_first) {
        rc = begin_foreign_key(&key, catalog, table, row);
    } else if (!rc && !key) {
        rc = alc_error_set(row->err, ALC_E_INVALID, 0,
                           "a foreign key without a beginning");
    }
    rc = rc ? rc : append_text(&key->columns, &key->n_columns, catalog, from, row->err);
    if (!rc && !alc_str_is_absent(to)) { /* absent: the target's primary key is meant */
        rc = append_text(&key->ref_columns, &key->n_ref_columns, catalog, to, row->err);
    }
    return rc;
}

static int append_part(struct alc_index *index, struct alc_catalog *catalog,
                       struct alc_index_part part, struct alc_error *err)
{
    if ((index->n_parts & (index->n_parts - 1)) == 0) {
        size_t cap = index->n_parts ? index->n_parts * 2 : 1;
        struct alc_index_part *moved =
            alc_arena_array(&catalog->arena, cap, sizeof *moved);
        if (!moved) {
            return alc_error_nomem(err);
        }
        if (index->n_parts) {
            memcpy(moved, index->parts, index->n_parts * sizeof *moved);
        }
        index->parts = moved;
    }
    index->parts[index->n_parts++] = part;
    return 0;
}

static int begin_index(struct alc_catalog *catalog, struct alc_table *table,
                       struct row *row)
{
    struct alc_index *index;
    int rc = alc_catalog_add_index(&index, catalog, table, row->err);
    if (rc) {
        return rc;
    }
    index->name = copy_text(row, catalog, INDEXES_NAME);
    index->is_unique = take_int(row, INDEXES_UNIQUE) != 0;
    if (take_int(row, INDEXES_PARTIAL)) {
        index->predicate = (struct alc_str){"", 0}; /* its text is not told */
    }
    return row->rc;
}

/* From CREATE INDEX. */
static int read_index_part(struct alc_catalog *catalog, struct alc_table *table,
                           bool is_first, struct row *row)
{
    int rc = 0;
    if (is_first) {
        rc = begin_index(catalog, table, row);
    } else if (!table->n_indexes) {
        rc = alc_error_set(row->err, ALC_E_INVALID, 0, "an index without a beginning");
    }
    if (rc) {
        return rc;
    }
    struct alc_index_part part = {
        .text = copy_text(row, catalog, INDEXES_COLUMN),
        .descending = take_int(row, INDEXES_DESCENDING) != 0,
        .collation = copy_text(row, catalog, INDEXES_COLLATION),
    };
    if (row->rc) {
        return row->rc;
    }
    if (alc_str_is_absent(part.text)) {
        part.is_expr = true;
        part.text = (struct alc_str){"", 0};
    }
    if (alc_str_eq(part.collation, (struct alc_str){"BINARY", 6})) {
        part.collation = alc_str_absent();
    }
    return append_part(&table->indexes[table->n_indexes - 1], catalog, part, row->err);
}

/* From a UNIQUE constraint. */
static int read_unique_part(struct alc_catalog *catalog, struct alc_table *table,
                            bool is_first, struct row *row)
{
    struct alc_constraint *unique = last_constraint(table, ALC_UNIQUE);
    struct alc_str column = copy_text(row, catalog, INDEXES_COLUMN);
    int rc = row->rc;
    if (!rc && is_first) {
        rc = add_constraint(&unique, catalog, table, ALC_UNIQUE, row->err);
    } else if (!rc && !unique) {
        rc = alc_error_set(row->err, ALC_E_INVALID, 0, "a key without a beginning");
    }
    return rc ? rc
              : append_text(&unique->columns, &unique->n_columns, catalog, column,
                            row->err);
}

static int read_index(struct alc_catalog *catalog, struct alc_table *table,
                      struct row *row)
{
    bool is_first = take_int(row, INDEXES_PLACE) == 0;
    struct alc_str origin = take_text(row, INDEXES_ORIGIN);
    if (row->rc || alc_str_eq(origin, (struct alc_str){"pk", 2})) {
        return row->rc; /* known already */
    }
    bool is_unique = alc_str_eq(origin, (struct alc_str){"u", 1});
    return (is_unique ? read_unique_part : read_index_part)(catalog, table, is_first,
                                                            row);
}

static const struct {
    int (*read)(struct alc_catalog *catalog, struct alc_table *table, struct row *row);
    size_t n_columns;
} pragmas[ALC_SQLITE_N_PRAGMAS] = {
    [ALC_SQLITE_COLUMNS] = {read_column, N_COLUMNS},
    [ALC_SQLITE_PRIMARY_KEYS] = {read_primary_key, N_KEYS},
    [ALC_SQLITE_FOREIGN_KEYS] = {read_foreign_key, N_FOREIGN},
    [ALC_SQLITE_INDEXES] = {read_index, N_INDEXES},
};

size_t alc_sqlite_pragma_n_columns(enum alc_sqlite_pragma pragma)
{
    return pragmas[pragma].n_columns;
}

struct feed {
    struct opaque_tables set;
    struct alc_catalog *catalog;
    enum alc_sqlite_pragma pragma;
};

static int feed_row(void *reader, struct row *row)
{
    struct feed *feed = reader;
    struct alc_table *table = opaque_table(&feed->set, take_text(row, TABLE));
    return table ? pragmas[feed->pragma].read(feed->catalog, table, row) : row->rc;
}

int alc_sqlite_pragma_feed(struct alc_catalog *catalog, struct alc_str schema,
                           enum alc_sqlite_pragma pragma, struct alc_rows *rows,
                           struct alc_error *err)
{
    struct feed feed = {.catalog = catalog, .pragma = pragma};
    struct opaque_tables *set = &feed.set;
    struct alc_cell cells[MAX_COLUMNS];
    if (rows->n_columns != pragmas[pragma].n_columns) {
        return alc_error_set(err, ALC_E_INVALID, 0, "rows of another form");
    }
    alc_arena_init(&set->scratch);
    alc_interner_init(&set->names, &set->scratch);
    int rc = collect(set, catalog, schema, err);
    rc = rc ? rc : read_rows(rows, cells, feed_row, &feed, err);
    alc_free(set->tables);
    alc_arena_release(&set->scratch);
    return rc;
}
