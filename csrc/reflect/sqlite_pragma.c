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

static int text_of(struct alc_str *out, struct alc_catalog *catalog,
                   const struct alc_cell *cell, struct alc_error *err)
{
    struct alc_str text;
    int rc = alc_cell_text(&text, cell, err);
    return rc ? rc : alc_catalog_text(out, catalog, text, err);
}

static int flag_of(bool *out, const struct alc_cell *cell, struct alc_error *err)
{
    int64_t number;
    int rc = alc_cell_int(&number, cell, err);
    *out = !rc && number != 0;
    return rc;
}

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
static int type_of(struct alc_str *out, struct alc_catalog *catalog,
                   const struct alc_cell *cell, struct alc_error *err)
{
    struct alc_str text;
    int rc = alc_cell_text(&text, cell, err);
    *out = alc_str_absent();
    if (rc || text.len == 0) {
        return rc;
    }
    rc = alc_catalog_text(out, catalog, text, err);
    if (!rc) {
        sqlite_settle_type(out);
    }
    return rc;
}

/* table, name, type, not null, default, hidden */
static int read_column(struct alc_catalog *catalog, struct alc_table *table,
                       const struct alc_cell *cells, struct alc_error *err)
{
    struct alc_column *column;
    int64_t hidden;
    int rc = alc_catalog_add_column(&column, catalog, table, err);
    rc = rc ? rc : text_of(&column->name, catalog, &cells[1], err);
    rc = rc ? rc : type_of(&column->type, catalog, &cells[2], err);
    rc = rc ? rc : flag_of(&column->not_null, &cells[3], err);
    rc = rc ? rc : text_of(&column->default_expr, catalog, &cells[4], err);
    rc = rc ? rc : alc_cell_int(&hidden, &cells[5], err);
    if (!rc) {
        column->generated_kind = hidden == HIDDEN_VIRTUAL  ? ALC_GENERATED_VIRTUAL
                                 : hidden == HIDDEN_STORED ? ALC_GENERATED_STORED
                                                           : ALC_GENERATED_NONE;
    }
    return rc;
}

/* table, column */
static int read_primary_key(struct alc_catalog *catalog, struct alc_table *table,
                            const struct alc_cell *cells, struct alc_error *err)
{
    struct alc_constraint *key = last_constraint(table, ALC_PRIMARY_KEY);
    struct alc_str name;
    int rc = key ? 0 : add_constraint(&key, catalog, table, ALC_PRIMARY_KEY, err);
    rc = rc ? rc : text_of(&name, catalog, &cells[1], err);
    return rc ? rc : append_text(&key->columns, &key->n_columns, catalog, name, err);
}

static int fk_action(enum alc_fk_action *out, const struct alc_cell *cell,
                     struct alc_error *err)
{
    static const char *const names[] = {
        [ALC_NO_ACTION] = "NO ACTION",     [ALC_RESTRICT] = "RESTRICT",
        [ALC_CASCADE] = "CASCADE",         [ALC_SET_NULL] = "SET NULL",
        [ALC_SET_DEFAULT] = "SET DEFAULT",
    };
    struct alc_str text;
    int rc = alc_cell_text(&text, cell, err);
    for (size_t i = 0; !rc && i < sizeof names / sizeof *names; i++) {
        struct alc_str name = {names[i], strlen(names[i])};
        if (alc_str_eq(text, name)) {
            *out = (enum alc_fk_action)i;
            return 0;
        }
    }
    return rc ? rc
              : alc_error_set(err, ALC_E_INVALID, 0, "an unknown foreign key action");
}

/* table, place in the key, target, column, its column or NULL, on update, on delete */
static int read_foreign_key(struct alc_catalog *catalog, struct alc_table *table,
                            const struct alc_cell *cells, struct alc_error *err)
{
    struct alc_constraint *key = last_constraint(table, ALC_FOREIGN_KEY);
    struct alc_str from, to;
    int64_t place;
    int rc = alc_cell_int(&place, &cells[1], err);
    if (!rc && place == 0) {
        rc = add_constraint(&key, catalog, table, ALC_FOREIGN_KEY, err);
        rc = rc ? rc : text_of(&key->ref_table, catalog, &cells[2], err);
        rc = rc ? rc : fk_action(&key->on_update, &cells[5], err);
        rc = rc ? rc : fk_action(&key->on_delete, &cells[6], err);
    } else if (!rc && !key) {
        rc = alc_error_set(err, ALC_E_INVALID, 0, "a foreign key without a beginning");
    }
    rc = rc ? rc : text_of(&from, catalog, &cells[3], err);
    rc = rc ? rc : text_of(&to, catalog, &cells[4], err);
    rc = rc ? rc : append_text(&key->columns, &key->n_columns, catalog, from, err);
    if (!rc && !alc_str_is_absent(to)) {
        rc = append_text(&key->ref_columns, &key->n_ref_columns, catalog, to, err);
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

/* From CREATE INDEX. */
static int read_index_part(struct alc_catalog *catalog, struct alc_table *table,
                           bool is_first, const struct alc_cell *cells,
                           struct alc_error *err)
{
    struct alc_index *index;
    struct alc_index_part part = {0};
    bool is_partial;
    int rc = 0;
    if (is_first) {
        rc = alc_catalog_add_index(&index, catalog, table, err);
        rc = rc ? rc : text_of(&index->name, catalog, &cells[2], err);
        rc = rc ? rc : flag_of(&index->is_unique, &cells[3], err);
        rc = rc ? rc : flag_of(&is_partial, &cells[5], err);
        if (!rc && is_partial) {
            index->predicate = (struct alc_str){"", 0};
        }
    } else if (!table->n_indexes) {
        return alc_error_set(err, ALC_E_INVALID, 0, "an index without a beginning");
    }
    rc = rc ? rc : text_of(&part.text, catalog, &cells[6], err);
    rc = rc ? rc : flag_of(&part.descending, &cells[7], err);
    rc = rc ? rc : text_of(&part.collation, catalog, &cells[8], err);
    if (rc) {
        return rc;
    }
    if (alc_str_is_absent(part.text)) {
        part.is_expr = true;
        part.text = (struct alc_str){"", 0};
    }
    if (alc_str_eq(part.collation, (struct alc_str){"BINARY", 6})) {
        part.collation = alc_str_absent();
    }
    return append_part(&table->indexes[table->n_indexes - 1], catalog, part, err);
}

/* From a UNIQUE constraint. */
static int read_unique_part(struct alc_catalog *catalog, struct alc_table *table,
                            bool is_first, const struct alc_cell *cells,
                            struct alc_error *err)
{
    struct alc_constraint *unique = last_constraint(table, ALC_UNIQUE);
    struct alc_str name;
    int rc = 0;
    if (is_first) {
        rc = add_constraint(&unique, catalog, table, ALC_UNIQUE, err);
    } else if (!unique) {
        rc = alc_error_set(err, ALC_E_INVALID, 0, "a key without a beginning");
    }
    rc = rc ? rc : text_of(&name, catalog, &cells[6], err);
    return rc ? rc
              : append_text(&unique->columns, &unique->n_columns, catalog, name, err);
}

/* table, place in the index, index, unique, origin, partial, column or NULL,
 * descending, collation */
static int read_index(struct alc_catalog *catalog, struct alc_table *table,
                      const struct alc_cell *cells, struct alc_error *err)
{
    struct alc_str origin;
    int64_t place;
    int rc = alc_cell_int(&place, &cells[1], err);
    rc = rc ? rc : alc_cell_text(&origin, &cells[4], err);
    if (rc || alc_str_eq(origin, (struct alc_str){"pk", 2})) {
        return rc; /* known already */
    }
    bool is_unique = alc_str_eq(origin, (struct alc_str){"u", 1});
    return (is_unique ? read_unique_part : read_index_part)(catalog, table, place == 0,
                                                            cells, err);
}

static const struct {
    int (*read)(struct alc_catalog *catalog, struct alc_table *table,
                const struct alc_cell *cells, struct alc_error *err);
    size_t n_columns;
} pragmas[ALC_SQLITE_N_PRAGMAS] = {
    [ALC_SQLITE_COLUMNS] = {read_column, 6},
    [ALC_SQLITE_PRIMARY_KEYS] = {read_primary_key, 2},
    [ALC_SQLITE_FOREIGN_KEYS] = {read_foreign_key, 7},
    [ALC_SQLITE_INDEXES] = {read_index, 9},
};
enum { MAX_COLUMNS = 9 };

size_t alc_sqlite_pragma_n_columns(enum alc_sqlite_pragma pragma)
{
    return pragmas[pragma].n_columns;
}

static int feed_rows(const struct opaque_tables *set, struct alc_catalog *catalog,
                     enum alc_sqlite_pragma pragma, struct alc_rows *rows,
                     struct alc_error *err)
{
    struct alc_cell cells[MAX_COLUMNS];
    int rc;
    for (size_t row = 0; (rc = rows->next(rows->self, cells, err)) > 0; row++) {
        struct alc_str name;
        rc = alc_cell_text(&name, &cells[0], err);
        struct alc_table *table = rc ? NULL : opaque_table(set, name);
        if (table) {
            rc = pragmas[pragma].read(catalog, table, cells, err);
        }
        if (rc) {
            if (err) {
                err->pos = row;
            }
            return rc;
        }
    }
    return rc;
}

int alc_sqlite_pragma_feed(struct alc_catalog *catalog, struct alc_str schema,
                           enum alc_sqlite_pragma pragma, struct alc_rows *rows,
                           struct alc_error *err)
{
    struct opaque_tables set = {0};
    if (rows->n_columns != pragmas[pragma].n_columns) {
        return alc_error_set(err, ALC_E_INVALID, 0, "rows of another form");
    }
    alc_arena_init(&set.scratch);
    alc_interner_init(&set.names, &set.scratch);
    int rc = collect(&set, catalog, schema, err);
    rc = rc ? rc : feed_rows(&set, catalog, pragma, rows, err);
    alc_free(set.tables);
    alc_arena_release(&set.scratch);
    return rc;
}
