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

/* A copy of a row's text that lives as long as the reader. */
static struct alc_str keep_text(struct alc_pg_reader *reader, struct row *row,
                                struct alc_str text)
{
    if (!row->rc && !alc_str_is_absent(text)) {
        text.ptr = alc_arena_dup(&reader->scratch, text.ptr, text.len);
        row->rc = text.ptr ? 0 : alc_error_nomem(row->err);
    }
    return text;
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

static int read_namespace(struct alc_pg_reader *reader, struct row *row)
{
    int64_t oid = take_int(row, NAMES_OID);
    struct alc_str name = take_name(row, NAMES_NAME);
    /* 0: the row for the schema of temporary tables, which are not read */
    if (row->rc || oid == 0 || !is_wanted(reader, name)) {
        return row->rc;
    }
    if (ALC_GROW(reader->namespaces, reader->cap_namespaces,
                 reader->n_namespaces + 1)) {
        return alc_error_nomem(row->err);
    }
    reader->namespaces[reader->n_namespaces++] = oid;
    return 0;
}

static int read_type(struct alc_pg_reader *reader, struct row *row)
{
    struct pg_type type = {
        .oid = take_int(row, NAMES_OID),
        .element = take_int(row, NAMES_NUMBER),
        .name = keep_text(reader, row, take_name(row, NAMES_NAME)),
        .schema = keep_text(reader, row, take_text(row, NAMES_SCHEMA)),
        .labels = keep_text(reader, row, take_text(row, NAMES_DETAIL)),
        .collation = take_int(row, NAMES_START),
    };
    if (row->rc) {
        return row->rc;
    }
    if (alc_str_eq(type.schema, (struct alc_str){"pg_catalog", 10})) {
        type.schema = alc_str_absent();
    }
    if (ALC_GROW(reader->types, reader->cap_types, reader->n_types + 1)) {
        return alc_error_nomem(row->err);
    }
    reader->types[reader->n_types++] = type;
    return map_add(reader, &reader->type_map, type_key, reader->n_types, row->err);
}

static int read_relation(struct alc_pg_reader *reader, struct row *row)
{
    struct pg_relation relation = {.oid = take_int(row, NAMES_OID)};
    bool is_partition = take_int(row, NAMES_NUMBER) != 0;
    struct alc_str name = take_name(row, NAMES_NAME);
    struct alc_str schema = take_name(row, NAMES_SCHEMA);
    struct alc_str kind = take_text(row, NAMES_DETAIL);
    if (row->rc || !is_wanted(reader, schema)) {
        return row->rc;
    }
    if (ALC_GROW(reader->relations, reader->cap_relations, reader->n_relations + 1)) {
        return alc_error_nomem(row->err);
    }
    int rc =
        alc_catalog_add_table(&relation.table, reader->catalog, schema, name, row->err);
    if (rc) {
        return rc;
    }
    bool is_partitioned = kind.len == 1 && kind.ptr[0] == 'p';
    relation.table->kind = is_partition     ? ALC_TABLE_PARTITION
                           : is_partitioned ? ALC_TABLE_PARTITIONED
                                            : ALC_TABLE_ORDINARY;
    reader->relations[reader->n_relations++] = relation;
    return map_add(reader, &reader->relation_map, relation_key, reader->n_relations,
                   row->err);
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

static int read_comment(struct alc_pg_reader *reader, struct row *row)
{
    struct pg_note note = {
        .table = take_int(row, NAMES_OID),
        .attnum = take_int(row, NAMES_NUMBER),
        .comment = keep_text(reader, row, take_text(row, NAMES_NAME)),
    };
    return row->rc ? row->rc : add_note(reader, &note, row->err);
}

static int read_sequence(struct alc_pg_reader *reader, struct row *row)
{
    struct pg_note note = {
        .table = take_int(row, NAMES_OID),
        .attnum = take_int(row, NAMES_NUMBER),
        .is_sequence = true,
        .sequence = {.start = take_int(row, NAMES_START),
                     .increment = take_int(row, NAMES_INCREMENT),
                     .min = take_int(row, NAMES_MIN),
                     .max = take_int(row, NAMES_MAX),
                     .cache = take_int(row, NAMES_CACHE),
                     .cycle = take_int(row, NAMES_CYCLE) != 0},
    };
    return row->rc ? row->rc : add_note(reader, &note, row->err);
}

static const struct {
    char kind;
    pg_row_fn *read;
} name_readers[] = {
    {'n', read_namespace}, {'t', read_type},     {'r', read_relation},
    {'c', read_comment},   {'s', read_sequence},
};

static int read_name(struct alc_pg_reader *reader, struct row *row)
{
    struct alc_str kind = take_text(row, NAMES_KIND);
    size_t n = sizeof name_readers / sizeof *name_readers;
    for (size_t i = 0; kind.len == 1 && i < n; i++) {
        if (name_readers[i].kind == kind.ptr[0]) {
            return name_readers[i].read(reader, row);
        }
    }
    return row->rc
               ? row->rc
               : alc_error_set(row->err, ALC_E_INVALID, 0, "a row of an unknown kind");
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

static int read_column(struct alc_pg_reader *reader, struct row *row)
{
    int64_t number = take_int(row, COLUMNS_NUMBER);
    struct alc_str name = take_name(row, COLUMNS_NAME);
    int64_t type = take_int(row, COLUMNS_TYPE);
    int64_t modifier = take_int(row, COLUMNS_MODIFIER);
    bool not_null = take_int(row, COLUMNS_NOT_NULL) != 0;
    struct alc_str identity = take_text(row, COLUMNS_IDENTITY);
    struct alc_str generated = take_text(row, COLUMNS_GENERATED);
    int64_t collation = take_int(row, COLUMNS_COLLATION);
    struct alc_str collation_name = take_text(row, COLUMNS_COLLATION_NAME);
    struct alc_str expr = take_text(row, COLUMNS_DEFAULT);
    int64_t table = take_int(row, COLUMNS_TABLE);
    struct pg_relation *relation = row->rc ? NULL : pg_find_relation(reader, table);
    if (!relation) {
        return row->rc; /* a table made since the relations were read */
    }
    struct alc_error *err = row->err;
    int rc = grow_numbers(reader, relation, err);
    struct alc_column *column;
    rc = rc ? rc
            : alc_catalog_add_column(&column, reader->catalog, relation->table, err);
    if (rc) {
        return rc;
    }
    relation->attnums[relation->table->n_columns - 1] = number;
    relation->collations[relation->table->n_columns - 1] = collation;
    column->not_null = not_null;
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
    [ALC_PG_COLUMNS] = {read_column, N_COLUMNS_COLUMNS},
    [ALC_PG_CONSTRAINTS] = {pg_read_constraint, N_CONSTRAINTS_COLUMNS},
    [ALC_PG_INDEXES] = {pg_read_index, N_INDEXES_COLUMNS},
};

const char *const alc_pg_names_columns[] = {
#define NAME_OF(id, name) #name,
    PG_NAMES_COLUMNS(NAME_OF)
#undef NAME_OF
};

/* Room for a row of any of them. */
union pg_cells {
    struct alc_cell names[N_NAMES_COLUMNS];
    struct alc_cell columns[N_COLUMNS_COLUMNS];
    struct alc_cell constraints[N_CONSTRAINTS_COLUMNS];
    struct alc_cell indexes[N_INDEXES_COLUMNS];
};

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
    reader->without_system_types = options->without_system_types;
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

static int read_next_query(void *reader, struct row *row)
{
    struct alc_pg_reader *self = reader;
    return queries[self->next].read(self, row);
}

int alc_pg_feed(struct alc_pg_reader *reader, enum alc_pg_query query,
                struct alc_rows *rows, struct alc_error *err)
{
    union pg_cells room;
    struct alc_cell *cells = (struct alc_cell *)&room;
    if (query != reader->next || rows->n_columns != queries[query].n_columns) {
        return alc_error_set(err, ALC_E_INVALID, 0,
                             "the result of catalog query %d is not as expected",
                             (int)query);
    }
    int rc = read_rows(rows, cells, read_next_query, reader, err);
    if (!rc && query == ALC_PG_COLUMNS) {
        rc = complete_columns(reader, err);
    }
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
