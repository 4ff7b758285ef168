/*
 * Filling, ordering and searching the schema model.
 *
 * Arrays grow by doubling inside the arena; what a growth leaves behind serves the next
 * table that grows, so that tables read one after the other waste next to nothing.
 */
#include "alc/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "alc/fields.h"

void alc_catalog_init(struct alc_catalog *catalog, enum alc_backend backend)
{
    memset(catalog, 0, sizeof *catalog);
    alc_arena_init(&catalog->arena);
    catalog->backend = backend;
}

void alc_catalog_release(struct alc_catalog *catalog)
{
    enum alc_backend backend = catalog->backend;
    alc_arena_release(&catalog->arena);
    alc_catalog_init(catalog, backend);
}

int alc_catalog_text(struct alc_str *out, struct alc_catalog *catalog,
                     struct alc_str text, struct alc_error *err)
{
    *out = text;
    if (alc_str_is_absent(text)) {
        return 0;
    }
    out->ptr = alc_arena_dup(&catalog->arena, text.ptr, text.len);
    return out->ptr ? 0 : alc_error_nomem(err);
}

int alc_catalog_texts(struct alc_str **out, struct alc_catalog *catalog, size_t n,
                      struct alc_error *err)
{
    *out = NULL;
    if (n == 0) {
        return 0;
    }
    *out = alc_arena_calloc(&catalog->arena, n, sizeof **out);
    return *out ? 0 : alc_error_nomem(err);
}

/* Rows of `spare`. */
enum { COLUMNS, CONSTRAINTS, INDEXES };

/* Small, since most tables have an index or two: room that is not used costs the
 * kernel's time for pages, growing costs a copy. */
enum { FIRST_CAP = 1 };

/* A place for `cap` items in the arena; NULL when out of memory. */
static void *take_array(void **spare, size_t cap, size_t item_len,
                        struct alc_arena *arena)
{
    if (!spare || !*spare) {
        return alc_arena_array(arena, cap, item_len);
    }
    void *array = *spare;
    memcpy(spare, array, sizeof *spare);
    return array;
}

/*
 * The address of a new zeroed item behind the n items of *items, moved if it is full.
 * `spare`: lists of arrays by size, FIRST_CAP items first; NULL for none.
 * NULL when out of memory; then nothing has changed.
 */
static void *append(void **items, size_t *n, size_t *cap, size_t item_len, void **spare,
                    struct alc_arena *arena)
{
    if (*n == *cap) {
        size_t wanted = *cap ? *cap * 2 : FIRST_CAP, size = 0;
        while (size < ALC_CATALOG_N_SIZES && (size_t)FIRST_CAP << size != wanted) {
            size++;
        }
        bool kept = spare && size < ALC_CATALOG_N_SIZES;
        void *moved = wanted > *cap ? take_array(kept ? &spare[size] : NULL, wanted,
                                                 item_len, arena)
                                    : NULL;
        if (!moved) {
            return NULL;
        }
        if (*n) {
            memcpy(moved, *items, *n * item_len);
        }
        if (*cap && kept) {
            memcpy(*items, &spare[size - 1], sizeof *spare);
            spare[size - 1] = *items;
        }
        *items = moved;
        *cap = wanted;
    }
    void *item = (char *)*items + *n * item_len;
    memset(item, 0, item_len);
    *n += 1;
    return item;
}

int alc_catalog_add_table(struct alc_table **out, struct alc_catalog *catalog,
                          struct alc_str schema, struct alc_str name,
                          struct alc_error *err)
{
    struct alc_table *table = alc_arena_calloc(&catalog->arena, 1, sizeof *table);
    if (!table) {
        return alc_error_nomem(err);
    }
    int rc = alc_catalog_text(&table->schema, catalog, schema, err);
    if (rc) {
        return rc;
    }
    rc = alc_catalog_text(&table->name, catalog, name, err);
    if (rc) {
        return rc;
    }
    void *items = catalog->tables;
    struct alc_table **slot = append(&items, &catalog->n_tables, &catalog->cap_tables,
                                     sizeof *slot, NULL, &catalog->arena);
    if (!slot) {
        return alc_error_nomem(err);
    }
    catalog->tables = items;
    *slot = table;
    *out = table;
    return 0;
}

int alc_catalog_add_column(struct alc_column **out, struct alc_catalog *catalog,
                           struct alc_table *table, struct alc_error *err)
{
    void *items = table->columns;
    *out = append(&items, &table->n_columns, &table->cap_columns, sizeof **out,
                  catalog->spare[COLUMNS], &catalog->arena);
    table->columns = items;
    return *out ? 0 : alc_error_nomem(err);
}

int alc_catalog_add_constraint(struct alc_constraint **out, struct alc_catalog *catalog,
                               struct alc_table *table, struct alc_error *err)
{
    void *items = table->constraints;
    *out = append(&items, &table->n_constraints, &table->cap_constraints, sizeof **out,
                  catalog->spare[CONSTRAINTS], &catalog->arena);
    table->constraints = items;
    if (!*out) {
        return alc_error_nomem(err);
    }
    (*out)->position = (int64_t)table->n_constraints - 1;
    return 0;
}

int alc_catalog_add_index(struct alc_index **out, struct alc_catalog *catalog,
                          struct alc_table *table, struct alc_error *err)
{
    void *items = table->indexes;
    *out = append(&items, &table->n_indexes, &table->cap_indexes, sizeof **out,
                  catalog->spare[INDEXES], &catalog->arena);
    table->indexes = items;
    return *out ? 0 : alc_error_nomem(err);
}

static int compare_names(struct alc_str schema_a, struct alc_str name_a,
                         struct alc_str schema_b, struct alc_str name_b)
{
    int order = alc_str_compare(schema_a, schema_b);
    return order ? order : alc_str_compare(name_a, name_b);
}

static int by_text(const void *a, const void *b)
{
    return alc_str_compare(*(const struct alc_str *)a, *(const struct alc_str *)b);
}

static int by_table_name(const void *a, const void *b)
{
    const struct alc_table *x = *(struct alc_table *const *)a;
    const struct alc_table *y = *(struct alc_table *const *)b;
    return compare_names(x->schema, x->name, y->schema, y->name);
}

static int by_index_name(const void *a, const void *b)
{
    const struct alc_index *x = a, *y = b;
    return alc_str_compare(x->name, y->name);
}

/* Kind and name, which decide almost always, are the first two of all fields. */
static int by_all_fields(const void *a, const void *b)
{
    const struct alc_constraint *x = a, *y = b;
    _Static_assert(ALC_FIELD_constraint_kind == 0 && ALC_FIELD_constraint_name == 1,
                   "compared before the others");
    int order = (x->kind > y->kind) - (x->kind < y->kind);
    order = order ? order : alc_str_compare(x->name, y->name);
    return order ? order : alc_item_compare(&alc_constraint_item, a, b);
}

static void sort(void *items, size_t n, size_t item_len,
                 int (*compare)(const void *, const void *))
{
    if (n > 1) {
        qsort(items, n, item_len, compare);
    }
}

int alc_catalog_finish(struct alc_catalog *catalog, struct alc_error *err)
{
    sort(catalog->tables, catalog->n_tables, sizeof *catalog->tables, by_table_name);
    for (size_t i = 0; i < catalog->n_tables; i++) {
        struct alc_table *table = catalog->tables[i];
        if (i && by_table_name(&catalog->tables[i - 1], &catalog->tables[i]) == 0) {
            return alc_error_set(err, ALC_E_INVALID, i, "table '%.*s' is there twice",
                                 (int)(table->name.len < 100 ? table->name.len : 100),
                                 table->name.ptr);
        }
        sort(table->constraints, table->n_constraints, sizeof *table->constraints,
             by_all_fields);
        sort(table->statements, table->n_statements, sizeof *table->statements,
             by_text);
        sort(table->indexes, table->n_indexes, sizeof *table->indexes, by_index_name);
    }
    catalog->finished = true;
    return 0;
}

/* Whether a name is that of a table, alone or behind its schema. */
static bool is_name_of(struct alc_str name, const struct alc_table *table)
{
    struct alc_str schema = table->schema;
    if (alc_str_compare(name, table->name) == 0) {
        return true;
    }
    if (alc_str_is_absent(schema) || name.len <= schema.len ||
        name.len - schema.len - 1 != table->name.len || name.ptr[schema.len] != '.') {
        return false;
    }
    return memcmp(name.ptr, schema.ptr, schema.len) == 0 &&
           memcmp(name.ptr + schema.len + 1, table->name.ptr, table->name.len) == 0;
}

int alc_catalog_without(struct alc_catalog *out, const struct alc_catalog *from,
                        const struct alc_str *names, size_t n_names,
                        struct alc_error *err)
{
    out->backend = from->backend;
    out->server_version = from->server_version;
    out->tables = alc_arena_array(&out->arena, from->n_tables, sizeof *out->tables);
    if (!out->tables) {
        return alc_error_nomem(err);
    }
    out->cap_tables = from->n_tables;
    for (size_t i = 0; i < from->n_tables; i++) {
        size_t at = 0;
        while (at < n_names && !is_name_of(names[at], from->tables[i])) {
            at++;
        }
        if (at == n_names) {
            out->tables[out->n_tables++] = from->tables[i];
        }
    }
    out->finished = true;
    return 0;
}

const struct alc_table *alc_catalog_find(const struct alc_catalog *catalog,
                                         struct alc_str schema, struct alc_str name)
{
    size_t low = 0, high = catalog->n_tables;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct alc_table *table = catalog->tables[middle];
        int order = compare_names(table->schema, table->name, schema, name);
        if (order == 0) {
            return table;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}
