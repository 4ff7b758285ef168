/*
 * PostgreSQL's catalogs into the schema model: schemas, types, tables, columns, notes.
 *
 * Rows come in any order.  Tables and types are found by oid in hash maps, so reading
 * costs O(rows); columns are put in the table's order, and get their comments and
 * sequences, when the last one is there.
 */
#include "pg_reader.h"

#include <string.h>

#include "alc/alloc.h"

/* --- maps from oids to places -------------------------------------------------------
 */

static size_t map_hash(int64_t oid)
{
    return (size_t)(((uint64_t)oid * UINT64_C(0x9E3779B97F4A7C15)) >> 29);
}

typedef int64_t key_fn(const struct alc_pg_reader *reader, size_t place);

static int64_t type_key(const struct alc_pg_reader *reader, size_t place)
{
    return reader->types[place].oid;
}

static int64_t relation_key(const struct alc_pg_reader *reader, size_t place)
{
    return reader->relations[place].oid;
}

static int64_t constraint_index_key(const struct alc_pg_reader *reader, size_t place)
{
    return reader->constraint_indexes[place];
}

static void map_put(struct pg_map *map, int64_t oid, size_t place)
{
    size_t mask = map->n_slots - 1;
    size_t slot = map_hash(oid) & mask;
    while (map->slots[slot]) {
        slot = (slot + 1) & mask;
    }
    map->slots[slot] = (uint32_t)place + 1;
}

/* Add the last of n items to its map, made anew at twice the size when half full. */
static int map_add(struct alc_pg_reader *reader, struct pg_map *map, key_fn *key,
                   size_t n, struct alc_error *err)
{
    if (n >= UINT32_MAX / 4) {
        return alc_error_set(err, ALC_E_LIMIT, n, "too many catalog rows");
    }
    if (n * 2 <= map->n_slots) {
        map_put(map, key(reader, n - 1), n - 1);
        return 0;
    }
    size_t n_slots = map->n_slots ? map->n_slots * 2 : 64;
    uint32_t *slots = alc_arena_calloc(&reader->scratch, n_slots, sizeof *slots);
    if (!slots) {
        return alc_error_nomem(err);
    }
    map->slots = slots;
    map->n_slots = n_slots;
    for (size_t i = 0; i < n; i++) {
        map_put(map, key(reader, i), i);
    }
    return 0;
}

/* The place of an oid, or SIZE_MAX. */
static size_t map_find(const struct alc_pg_reader *reader, const struct pg_map *map,
                       key_fn *key, int64_t oid)
{
    if (!map->n_slots) {
        return SIZE_MAX;
    }
    size_t mask = map->n_slots - 1;
    for (size_t slot = map_hash(oid) & mask; map->slots[slot];
         slot = (slot + 1) & mask) {
        if (key(reader, map->slots[slot] - 1) == oid) {
            return map->slots[slot] - 1;
        }
    }
    return SIZE_MAX;
}

struct pg_relation *pg_find_relation(const struct alc_pg_reader *reader, int64_t oid)
{
    size_t place = map_find(reader, &reader->relation_map, relation_key, oid);
    return place == SIZE_MAX ? NULL : &reader->relations[place];
}

const struct pg_type *pg_find_type(const struct alc_pg_reader *reader, int64_t oid)
{
    size_t place = map_find(reader, &reader->type_map, type_key, oid);
    return place == SIZE_MAX ? NULL : &reader->types[place];
}

bool pg_is_constraint_index(const struct alc_pg_reader *reader, int64_t oid)
{
    return map_find(reader, &reader->constraint_index_map, constraint_index_key, oid) !=
           SIZE_MAX;
}

/* --- arrays of the reader, on the heap ---------------------------------------------
 */

int pg_add_constraint_index(struct alc_pg_reader *reader, int64_t oid,
                            struct alc_error *err)
{
    if (ALC_GROW(reader->constraint_indexes, reader->cap_constraint_indexes,
                 reader->n_constraint_indexes + 1)) {
        return alc_error_nomem(err);
    }
    reader->constraint_indexes[reader->n_constraint_indexes++] = oid;
    return map_add(reader, &reader->constraint_index_map, constraint_index_key,
                   reader->n_constraint_indexes, err);
}

/* Text that is never NULL in the catalogs. */
static int name_text(struct alc_str *out, const struct alc_cell *cell,
                     struct alc_error *err)
{
    int rc = alc_cell_text(out, cell, err);
    return rc || out->ptr ? rc
                          : alc_error_set(err, ALC_E_INVALID, 0, "NULL for a name");
}

static int scratch_text(struct alc_str *out, struct alc_pg_reader *reader,
                        const struct alc_cell *cell, struct alc_error *err)
{
    int rc = alc_cell_text(out, cell, err);
    if (!rc && !alc_str_is_absent(*out)) {
        out->ptr = alc_arena_dup(&reader->scratch, out->ptr, out->len);
        rc = out->ptr ? 0 : alc_error_nomem(err);
    }
    return rc;
}

/* --- rows ---------------------------------------------------------------------------
 */

static bool starts_with(struct alc_str text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

static bool is_wanted(const struct alc_pg_reader *reader, struct alc_str schema)
{
    if (!reader->wanted) {
        return !starts_with(schema, "pg_") &&
               !alc_str_eq(schema, (struct alc_str){"information_schema", 18});
    }
    for (size_t i = 0; i < reader->n_wanted; i++) {
        if (alc_str_eq(reader->wanted[i], schema)) {
            return true;
        }
    }
    return false;
}

/* What a row of ALC_PG_NAMES holds; see the query for what stands where. */
enum {
    NAMES_KIND,
    NAMES_OID,
    NAMES_NUMBER,
    NAMES_NAME,
    NAMES_SCHEMA,
    NAMES_DETAIL,
    NAMES_VISIBLE, /* for the caller */
    NAMES_VALUES,
    N_VALUES = 6,
    N_NAMES_COLUMNS = NAMES_VALUES + N_VALUES,
};

/* oid, -, name */
static int read_namespace(struct alc_pg_reader *reader, const struct alc_cell *cells,
                          struct alc_error *err)
{
    int64_t oid;
    struct alc_str name;
    int rc = alc_cell_int(&oid, &cells[NAMES_OID], err);
    rc = rc ? rc : name_text(&name, &cells[NAMES_NAME], err);
    /* 0: the row for the schema of temporary tables, which are not read */
    if (rc || oid == 0 || !is_wanted(reader, name)) {
        return rc;
    }
    if (ALC_GROW(reader->namespaces, reader->cap_namespaces,
                 reader->n_namespaces + 1)) {
        return alc_error_nomem(err);
    }
    reader->namespaces[reader->n_namespaces++] = oid;
    return 0;
}

/* oid, element, name, schema, enum labels, -, collation */
static int read_type(struct alc_pg_reader *reader, const struct alc_cell *cells,
                     struct alc_error *err)
{
    struct pg_type type;
    int rc = alc_cell_int(&type.oid, &cells[NAMES_OID], err);
    rc = rc ? rc : alc_cell_int(&type.element, &cells[NAMES_NUMBER], err);
    rc = rc ? rc : name_text(&type.name, &cells[NAMES_NAME], err);
    rc = rc ? rc : scratch_text(&type.name, reader, &cells[NAMES_NAME], err);
    rc = rc ? rc : scratch_text(&type.schema, reader, &cells[NAMES_SCHEMA], err);
    rc = rc ? rc : scratch_text(&type.labels, reader, &cells[NAMES_DETAIL], err);
    rc = rc ? rc : alc_cell_int(&type.collation, &cells[NAMES_VALUES], err);
    if (rc) {
        return rc;
    }
    if (alc_str_eq(type.schema, (struct alc_str){"pg_catalog", 10})) {
        type.schema = alc_str_absent();
    }
    if (ALC_GROW(reader->types, reader->cap_types, reader->n_types + 1)) {
        return alc_error_nomem(err);
    }
    reader->types[reader->n_types++] = type;
    return map_add(reader, &reader->type_map, type_key, reader->n_types, err);
}

/* oid, whether it is a partition, name, schema, kind */
static int read_relation(struct alc_pg_reader *reader, const struct alc_cell *cells,
                         struct alc_error *err)
{
    struct pg_relation relation = {0};
    int64_t is_partition;
    struct alc_str name, schema, kind;
    int rc = alc_cell_int(&relation.oid, &cells[NAMES_OID], err);
    rc = rc ? rc : alc_cell_int(&is_partition, &cells[NAMES_NUMBER], err);
    rc = rc ? rc : name_text(&name, &cells[NAMES_NAME], err);
    rc = rc ? rc : name_text(&schema, &cells[NAMES_SCHEMA], err);
    rc = rc ? rc : alc_cell_text(&kind, &cells[NAMES_DETAIL], err);
    if (rc || !is_wanted(reader, schema)) {
        return rc;
    }
    if (ALC_GROW(reader->relations, reader->cap_relations, reader->n_relations + 1)) {
        return alc_error_nomem(err);
    }
    rc = alc_catalog_add_table(&relation.table, reader->catalog, schema, name, err);
    if (rc) {
        return rc;
    }
    bool is_partitioned = kind.len == 1 && kind.ptr[0] == 'p';
    relation.table->kind = is_partition     ? ALC_TABLE_PARTITION
                           : is_partitioned ? ALC_TABLE_PARTITIONED
                                            : ALC_TABLE_ORDINARY;
    reader->relations[reader->n_relations++] = relation;
    return map_add(reader, &reader->relation_map, relation_key, reader->n_relations,
                   err);
}

static int add_note(struct alc_pg_reader *reader, const struct pg_note *note,
                    struct alc_error *err)
{
    if (ALC_GROW(reader->notes, reader->cap_notes, reader->n_notes + 1)) {
        return alc_error_nomem(err);
    }
    reader->notes[reader->n_notes++] = *note;
    return 0;
}

/* table, column or 0, comment */
static int read_comment(struct alc_pg_reader *reader, const struct alc_cell *cells,
                        struct alc_error *err)
{
    struct pg_note note = {0};
    int rc = alc_cell_int(&note.table, &cells[NAMES_OID], err);
    rc = rc ? rc : alc_cell_int(&note.attnum, &cells[NAMES_NUMBER], err);
    rc = rc ? rc : scratch_text(&note.comment, reader, &cells[NAMES_NAME], err);
    return rc ? rc : add_note(reader, &note, err);
}

/* table, column, name, schema, column's name, visible, start, increment, least,
 * greatest, cache, cycle */
static int read_sequence(struct alc_pg_reader *reader, const struct alc_cell *cells,
                         struct alc_error *err)
{
    struct pg_note note = {.is_sequence = true};
    int64_t values[N_VALUES];
    int rc = alc_cell_int(&note.table, &cells[NAMES_OID], err);
    rc = rc ? rc : alc_cell_int(&note.attnum, &cells[NAMES_NUMBER], err);
    for (size_t i = 0; !rc && i < N_VALUES; i++) {
        rc = alc_cell_int(&values[i], &cells[NAMES_VALUES + i], err);
    }
    if (rc) {
        return rc;
    }
    note.sequence = (struct alc_identity){values[0], values[1], values[2],
                                          values[3], values[4], values[5] != 0};
    return add_note(reader, &note, err);
}

static const struct {
    char kind;
    pg_row_fn *read;
} name_readers[] = {
    {'n', read_namespace}, {'t', read_type},     {'r', read_relation},
    {'c', read_comment},   {'s', read_sequence},
};

static int read_name(struct alc_pg_reader *reader, const struct alc_cell *cells,
                     struct alc_error *err)
{
    struct alc_str kind;
    int rc = alc_cell_text(&kind, &cells[NAMES_KIND], err);
    size_t n = sizeof name_readers / sizeof *name_readers;
    for (size_t i = 0; !rc && kind.len == 1 && i < n; i++) {
        if (name_readers[i].kind == kind.ptr[0]) {
            return name_readers[i].read(reader, cells, err);
        }
    }
    return rc ? rc : alc_error_set(err, ALC_E_INVALID, 0, "a row of an unknown kind");
}

/* Room for one more column's number and collation beside the model's columns. */
static int grow_numbers(struct alc_pg_reader *reader, struct pg_relation *relation,
                        struct alc_error *err)
{
    size_t n = relation->table->n_columns;
    if (n < relation->cap) {
        return 0;
    }
    size_t cap = relation->cap ? relation->cap * 2 : 16;
    int64_t *numbers = alc_arena_array(&reader->scratch, cap * 2, sizeof *numbers);
    if (!numbers) {
        return alc_error_nomem(err);
    }
    if (n) {
        memcpy(numbers, relation->attnums, n * sizeof *numbers);
        memcpy(numbers + cap, relation->collations, n * sizeof *numbers);
    }
    relation->attnums = numbers;
    relation->collations = numbers + cap;
    relation->cap = cap;
    return 0;
}

static char first_char(struct alc_str text)
{
    return text.len ? text.ptr[0] : '\0';
}

/*
 * table, number, name, type, modifier, not null, identity, generated, collation's oid,
 * collation's name, default
 */
static int read_column(struct alc_pg_reader *reader, const struct alc_cell *cells,
                       struct alc_error *err)
{
    int64_t table, number, type, modifier, not_null, collation;
    struct alc_str name, identity, generated, collation_name, expr;
    int rc = alc_cell_int(&table, &cells[0], err);
    rc = rc ? rc : alc_cell_int(&number, &cells[1], err);
    rc = rc ? rc : name_text(&name, &cells[2], err);
    rc = rc ? rc : alc_cell_int(&type, &cells[3], err);
    rc = rc ? rc : alc_cell_int(&modifier, &cells[4], err);
    rc = rc ? rc : alc_cell_int(&not_null, &cells[5], err);
    rc = rc ? rc : alc_cell_text(&identity, &cells[6], err);
    rc = rc ? rc : alc_cell_text(&generated, &cells[7], err);
    rc = rc ? rc : alc_cell_int(&collation, &cells[8], err);
    rc = rc ? rc : alc_cell_text(&collation_name, &cells[9], err);
    rc = rc ? rc : alc_cell_text(&expr, &cells[10], err);
    struct pg_relation *relation = rc ? NULL : pg_find_relation(reader, table);
    if (!relation) {
        return rc; /* a table made since the relations were read */
    }
    rc = grow_numbers(reader, relation, err);
    struct alc_column *column;
    rc = rc ? rc
            : alc_catalog_add_column(&column, reader->catalog, relation->table, err);
    if (rc) {
        return rc;
    }
    relation->attnums[relation->table->n_columns - 1] = number;
    relation->collations[relation->table->n_columns - 1] = collation;
    column->not_null = not_null != 0;
    column->identity_kind = first_char(identity) == 'a'   ? ALC_IDENTITY_ALWAYS
                            : first_char(identity) == 'd' ? ALC_IDENTITY_BY_DEFAULT
                                                          : ALC_IDENTITY_NONE;
    column->generated_kind = first_char(generated) == 's'   ? ALC_GENERATED_STORED
                             : first_char(generated) == 'v' ? ALC_GENERATED_VIRTUAL
                                                            : ALC_GENERATED_NONE;
    bool is_generated = column->generated_kind != ALC_GENERATED_NONE;
    const struct pg_type *known = pg_find_type(reader, type);
    bool own_collation = known && known->collation != collation;
    rc = alc_catalog_text(&column->name, reader->catalog, name, err);
    rc = rc ? rc : pg_type_text(&column->type, reader, type, modifier, err);
    rc =
        rc ? rc
           : alc_catalog_text(is_generated ? &column->generated : &column->default_expr,
                              reader->catalog, expr, err);
    if (!rc && own_collation) {
        rc = alc_catalog_text(&column->collation, reader->catalog, collation_name, err);
    }
    return rc;
}

/* Put a note where it belongs; what it is about may be gone, or not be read. */
static int apply_note(struct alc_pg_reader *reader, const struct pg_note *note,
                      struct alc_error *err)
{
    struct pg_relation *relation = pg_find_relation(reader, note->table);
    if (!relation) {
        return 0;
    }
    struct alc_column *column = NULL;
    for (size_t i = 0; note->attnum > 0 && i < relation->table->n_columns; i++) {
        if (relation->attnums[i] == note->attnum) {
            column = &relation->table->columns[i];
        }
    }
    if (note->attnum > 0 && !column) {
        return 0;
    }
    if (!note->is_sequence) {
        return alc_catalog_text(column ? &column->comment : &relation->table->comment,
                                reader->catalog, note->comment, err);
    }
    if (column && column->identity_kind != ALC_IDENTITY_NONE) {
        column->identity = note->sequence;
    } else if (column) {
        column->is_serial = !alc_str_is_absent(column->default_expr);
    }
    return 0;
}

struct alc_str pg_column_name(const struct pg_relation *relation, int64_t attnum)
{
    /* Numbers ascend, and are their places plus one unless a column was dropped. */
    size_t n = relation->table->n_columns;
    for (size_t i = attnum > 0 && (size_t)attnum <= n ? (size_t)attnum : n; i-- > 0;) {
        if (relation->attnums[i] == attnum) {
            return relation->table->columns[i].name;
        }
    }
    return alc_str_absent();
}

/* Insertion sort: the server gives columns almost always in order already. */
static void sort_columns(struct pg_relation *relation)
{
    struct alc_column *columns = relation->table->columns;
    for (size_t i = 1; i < relation->table->n_columns; i++) {
        struct alc_column column = columns[i];
        int64_t number = relation->attnums[i], collation = relation->collations[i];
        size_t at = i;
        for (; at > 0 && relation->attnums[at - 1] > number; at--) {
            columns[at] = columns[at - 1];
            relation->attnums[at] = relation->attnums[at - 1];
            relation->collations[at] = relation->collations[at - 1];
        }
        columns[at] = column;
        relation->attnums[at] = number;
        relation->collations[at] = collation;
    }
}

/* What waited for the last column. */
static int complete_columns(struct alc_pg_reader *reader, struct alc_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < reader->n_relations; i++) {
        sort_columns(&reader->relations[i]);
    }
    for (size_t i = 0; !rc && i < reader->n_notes; i++) {
        rc = apply_note(reader, &reader->notes[i], err);
    }
    return rc;
}

/* --- the reader ---------------------------------------------------------------------
 */

static const struct {
    pg_row_fn *read;
    size_t n_columns;
} queries[ALC_PG_N_QUERIES] = {
    [ALC_PG_NAMES] = {read_name, N_NAMES_COLUMNS},
    [ALC_PG_COLUMNS] = {read_column, 11},
    [ALC_PG_CONSTRAINTS] = {pg_read_constraint, 18},
    [ALC_PG_INDEXES] = {pg_read_index, 16},
};
enum { MAX_COLUMNS = 18 };

int alc_pg_reader_new(struct alc_pg_reader **out, struct alc_catalog *catalog,
                      uint32_t server_version, const struct alc_pg_options *options,
                      struct alc_error *err)
{
    if (server_version < ALC_PG_OLDEST) {
        return alc_error_set(err, ALC_E_LIMIT, 0,
                             "PostgreSQL %u.%u is older than 13, the oldest whose "
                             "catalogs are read",
                             server_version / 10000, server_version % 10000);
    }
    struct alc_pg_reader *reader = alc_calloc(1, sizeof *reader);
    if (!reader) {
        return alc_error_nomem(err);
    }
    alc_arena_init(&reader->scratch);
    catalog->server_version = server_version;
    reader->catalog = catalog;
    reader->wanted = options->schemas;
    reader->n_wanted = options->n_schemas;
    reader->without_defaults = options->without_defaults;
    reader->without_checks = options->without_checks;
    reader->without_sequences = options->without_sequences;
    reader->without_details = options->without_details;
    *out = reader;
    return 0;
}

void alc_pg_reader_free(struct alc_pg_reader *reader)
{
    if (reader) {
        alc_arena_release(&reader->scratch);
        alc_free(reader->namespaces);
        alc_free(reader->types);
        alc_free(reader->relations);
        alc_free(reader->notes);
        alc_free(reader->constraint_indexes);
        alc_free(reader);
    }
}

size_t alc_pg_n_columns(enum alc_pg_query query)
{
    return queries[query].n_columns;
}

int alc_pg_feed(struct alc_pg_reader *reader, enum alc_pg_query query,
                struct alc_rows *rows, struct alc_error *err)
{
    struct alc_cell cells[MAX_COLUMNS];
    if (query != reader->next || rows->n_columns != queries[query].n_columns) {
        return alc_error_set(err, ALC_E_INVALID, 0,
                             "the result of catalog query %d is not as expected",
                             (int)query);
    }
    int rc;
    for (size_t row = 0; (rc = rows->next(rows->self, cells, err)) > 0; row++) {
        rc = queries[query].read(reader, cells, err);
        if (rc) {
            if (err) {
                err->pos = row;
            }
            return rc;
        }
    }
    if (rc < 0) {
        return rc;
    }
    rc = query == ALC_PG_COLUMNS ? complete_columns(reader, err) : 0;
    if (!rc) {
        reader->next++;
    }
    return rc;
}

int alc_pg_finish(struct alc_pg_reader *reader, struct alc_error *err)
{
    if (reader->next != ALC_PG_N_QUERIES) {
        return alc_error_set(err, ALC_E_INVALID, 0, "catalog query %d is not read yet",
                             (int)reader->next);
    }
    return alc_catalog_finish(reader->catalog, err);
}
