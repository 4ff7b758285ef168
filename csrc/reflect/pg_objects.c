/*
 * PostgreSQL's catalogs into the schema model: constraints and indexes.
 */
#include "pg_reader.h"

#include <string.h>

/* Column names by their numbers, copied by reference: they are the catalog's already.
 */
static int column_names(struct alc_str **out, size_t *n_out,
                        struct alc_pg_reader *reader,
                        const struct pg_relation *relation, struct alc_str numbers,
                        struct alc_error *err)
{
    int64_t *attnums;
    int rc = pg_read_numbers(&attnums, n_out, &reader->scratch, numbers, err);
    rc = rc ? rc : alc_catalog_texts(out, reader->catalog, *n_out, err);
    for (size_t i = 0; !rc && i < *n_out; i++) {
        (*out)[i] = pg_column_name(relation, attnums[i]);
        if (alc_str_is_absent((*out)[i])) {
            rc = alc_error_set(err, ALC_E_INVALID, 0, "a key of an unknown column");
        }
    }
    return rc;
}

static enum alc_fk_action fk_action(struct alc_str code)
{
    switch (code.len ? code.ptr[0] : 'a') {
    case 'r':
        return ALC_RESTRICT;
    case 'c':
        return ALC_CASCADE;
    case 'n':
        return ALC_SET_NULL;
    case 'd':
        return ALC_SET_DEFAULT;
    default:
        return ALC_NO_ACTION;
    }
}

static enum alc_fk_match fk_match(struct alc_str code)
{
    switch (code.len ? code.ptr[0] : 's') {
    case 'f':
        return ALC_MATCH_FULL;
    case 'p':
        return ALC_MATCH_PARTIAL;
    default:
        return ALC_MATCH_SIMPLE;
    }
}

static int constraint_kind(enum alc_constraint_kind *out, struct alc_str code,
                           struct alc_error *err)
{
    switch (code.len == 1 ? code.ptr[0] : '\0') {
    case 'p':
        *out = ALC_PRIMARY_KEY;
        return 0;
    case 'u':
        *out = ALC_UNIQUE;
        return 0;
    case 'f':
        *out = ALC_FOREIGN_KEY;
        return 0;
    case 'c':
        *out = ALC_CHECK;
        return 0;
    case 'x':
        *out = ALC_EXCLUDE;
        return 0;
    default:
        return alc_error_set(err, ALC_E_INVALID, 0, "a constraint of an unknown kind");
    }
}

/* Where a foreign key leads. */
static int read_target(struct alc_constraint *constraint, struct alc_pg_reader *reader,
                       struct row *row)
{
    struct alc_error *err = row->err;
    int64_t oid = take_int(row, CONSTRAINTS_TARGET);
    struct alc_str name = take_text(row, CONSTRAINTS_TARGET_NAME);
    struct alc_str key = take_text(row, CONSTRAINTS_TARGET_KEY);
    struct alc_str on_update = take_text(row, CONSTRAINTS_ON_UPDATE);
    struct alc_str on_delete = take_text(row, CONSTRAINTS_ON_DELETE);
    struct alc_str match = take_text(row, CONSTRAINTS_MATCH);
    struct alc_str schema_name = take_text(row, CONSTRAINTS_TARGET_SCHEMA_NAME);
    struct alc_str names = take_text(row, CONSTRAINTS_TARGET_COLUMNS);
    int rc = row->rc;
    rc = rc ? rc : alc_catalog_text(&constraint->ref_table, reader->catalog, name, err);
    if (rc) {
        return rc;
    }
    constraint->on_update = fk_action(on_update);
    constraint->on_delete = fk_action(on_delete);
    constraint->match = fk_match(match);
    const struct pg_relation *target = pg_find_relation(reader, oid);
    if (target) {
        constraint->ref_schema = target->table->schema;
        return column_names(&constraint->ref_columns, &constraint->n_ref_columns,
                            reader, target, key, err);
    }
    rc = alc_catalog_text(&constraint->ref_schema, reader->catalog, schema_name, err);
    struct alc_str copy;
    rc = rc ? rc : alc_catalog_text(&copy, reader->catalog, names, err);
    return rc ? rc
              : pg_read_array(&constraint->ref_columns, &constraint->n_ref_columns,
                              &reader->catalog->arena, copy, err);
}

int pg_read_constraint(struct alc_pg_reader *reader, struct row *row)
{
    struct alc_error *err = row->err;
    int64_t table = take_int(row, CONSTRAINTS_TABLE);
    struct alc_str name = take_text(row, CONSTRAINTS_NAME);
    struct alc_str code = take_text(row, CONSTRAINTS_KIND);
    struct alc_str key = take_text(row, CONSTRAINTS_KEY);
    int64_t index = take_int(row, CONSTRAINTS_INDEX);
    struct alc_constraint parsed = {
        .deferrable = take_flag(row, CONSTRAINTS_DEFERRABLE),
        .initially_deferred = take_flag(row, CONSTRAINTS_DEFERRED),
        .not_valid = !take_flag(row, CONSTRAINTS_VALIDATED),
    };
    struct alc_str definition = take_text(row, CONSTRAINTS_DEFINITION);
    int rc = row->rc ? row->rc : constraint_kind(&parsed.kind, code, err);
    struct pg_relation *relation = rc ? NULL : pg_find_relation(reader, table);
    if (!relation) {
        return rc;
    }
    rc = alc_catalog_text(&parsed.name, reader->catalog, name, err);
    rc = rc ? rc : alc_catalog_text(&parsed.expr, reader->catalog, definition, err);
    bool has_key = parsed.kind == ALC_PRIMARY_KEY || parsed.kind == ALC_UNIQUE ||
                   parsed.kind == ALC_FOREIGN_KEY;
    if (!rc && has_key) {
        rc = column_names(&parsed.columns, &parsed.n_columns, reader, relation, key,
                          err);
    }
    if (!rc && parsed.kind == ALC_FOREIGN_KEY) {
        rc = read_target(&parsed, reader, row);
    } else if (!rc && index) {
        rc = pg_add_constraint_index(reader, index, err);
    }
    struct alc_constraint *constraint;
    rc = rc ? rc
            : alc_catalog_add_constraint(&constraint, reader->catalog, relation->table,
                                         err);
    if (!rc) {
        *constraint = parsed;
    }
    return rc;
}

/* What one row says of an index, before it is put together. */
struct index_row {
    struct alc_index index;
    int64_t *key;
    int64_t *options;
    int64_t *collations;
    struct alc_str *expressions;
    struct alc_str *opclasses;
    struct alc_str *collation_names;
    size_t n_all; /* key columns and included ones */
    size_t n_key;
    size_t n_options, n_collations, n_expressions, n_opclasses, n_collation_names;
};

/* Options of an index column: the manual's pg_index.indoption. */
enum { DESCENDING = 1, NULLS_FIRST = 2 };

static struct alc_str nonempty(struct alc_str text)
{
    return text.len ? text : alc_str_absent();
}

static int fill_part(struct alc_index_part *part, const struct index_row *row, size_t i,
                     const struct pg_relation *relation, struct alc_error *err)
{
    part->is_expr = row->key[i] == 0;
    part->text = pg_column_name(relation, row->key[i]);
    if (part->is_expr && i < row->n_expressions) {
        part->text = row->expressions[i];
    }
    if (alc_str_is_absent(part->text)) {
        return alc_error_set(err, ALC_E_INVALID, 0, "an index of an unknown column");
    }
    if (i < row->n_options) {
        part->descending = (row->options[i] & DESCENDING) != 0;
        part->nulls_first = (row->options[i] & NULLS_FIRST) != 0;
    }
    if (i < row->n_opclasses) {
        part->opclass = nonempty(row->opclasses[i]);
    }
    bool own_collation = part->is_expr;
    for (size_t c = 0; !own_collation && c < relation->table->n_columns; c++) {
        own_collation = relation->attnums[c] == row->key[i] && i < row->n_collations &&
                        relation->collations[c] != row->collations[i];
    }
    if (own_collation && i < row->n_collation_names) {
        part->collation = nonempty(row->collation_names[i]);
    }
    return 0;
}

static int fill_index(struct index_row *row, struct alc_pg_reader *reader,
                      const struct pg_relation *relation, struct alc_error *err)
{
    struct alc_index *index = &row->index;
    struct alc_arena *arena = &reader->catalog->arena;
    index->n_parts = row->n_key < row->n_all ? row->n_key : row->n_all;
    index->parts = alc_arena_calloc(arena, index->n_parts, sizeof *index->parts);
    int rc = index->parts ? 0 : alc_error_nomem(err);
    for (size_t i = 0; !rc && i < index->n_parts; i++) {
        rc = fill_part(&index->parts[i], row, i, relation, err);
    }
    rc = rc ? rc
            : alc_catalog_texts(&index->include, reader->catalog,
                                row->n_all - index->n_parts, err);
    for (size_t i = index->n_parts; !rc && i < row->n_all; i++) {
        index->include[index->n_include++] = pg_column_name(relation, row->key[i]);
    }
    return rc;
}

/* What the index of a constraint says of the constraint. */
static void complete_constraint(struct alc_table *table, const struct alc_index *index)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        struct alc_constraint *constraint = &table->constraints[i];
        if (alc_str_eq(constraint->name, index->name) &&
            (constraint->kind == ALC_PRIMARY_KEY || constraint->kind == ALC_UNIQUE)) {
            constraint->include = index->include;
            constraint->n_include = index->n_include;
            constraint->nulls_not_distinct = index->nulls_not_distinct;
        }
    }
}

/* An array of text whose elements live in the catalog. */
static void take_texts(struct alc_str **out, size_t *n, struct alc_pg_reader *reader,
                       struct row *row, size_t column)
{
    struct alc_str text = take_text(row, column);
    if (!row->rc) {
        row->rc = pg_read_array(out, n, &reader->catalog->arena, text, row->err);
    }
}

static void take_numbers(int64_t **out, size_t *n, struct alc_pg_reader *reader,
                         struct row *row, size_t column)
{
    struct alc_str text = take_text(row, column);
    if (!row->rc) {
        row->rc = pg_read_numbers(out, n, &reader->scratch, text, row->err);
    }
}

int pg_read_index(struct alc_pg_reader *reader, struct row *row)
{
    struct alc_error *err = row->err;
    int64_t table = take_int(row, INDEXES_TABLE), oid = take_int(row, INDEXES_OID);
    int64_t n_key = take_int(row, INDEXES_N_KEY);
    struct pg_relation *relation = row->rc ? NULL : pg_find_relation(reader, table);
    if (!relation) {
        return row->rc;
    }
    struct index_row parts = {.n_key = n_key > 0 ? (size_t)n_key : 0};
    struct alc_index *index = &parts.index;
    index->name = copy_text(row, reader->catalog, INDEXES_NAME);
    index->method = copy_text(row, reader->catalog, INDEXES_METHOD);
    index->is_unique = take_flag(row, INDEXES_UNIQUE);
    bool is_primary = take_flag(row, INDEXES_PRIMARY);
    index->nulls_not_distinct = take_flag(row, INDEXES_NULLS_NOT_DISTINCT);
    index->predicate = copy_text(row, reader->catalog, INDEXES_PREDICATE);
    index->options = copy_text(row, reader->catalog, INDEXES_STORAGE);
    index->is_invalid = !take_flag(row, INDEXES_VALID);
    index->is_not_ready = !take_flag(row, INDEXES_READY);
    take_numbers(&parts.key, &parts.n_all, reader, row, INDEXES_COLUMNS);
    take_numbers(&parts.options, &parts.n_options, reader, row, INDEXES_SORTING);
    take_texts(&parts.expressions, &parts.n_expressions, reader, row,
               INDEXES_EXPRESSIONS);
    take_texts(&parts.opclasses, &parts.n_opclasses, reader, row, INDEXES_OPCLASSES);
    take_numbers(&parts.collations, &parts.n_collations, reader, row,
                 INDEXES_COLLATIONS);
    take_texts(&parts.collation_names, &parts.n_collation_names, reader, row,
               INDEXES_COLLATION_NAMES);
    int rc = row->rc;
    rc = rc ? rc : fill_index(&parts, reader, relation, err);
    if (rc) {
        return rc;
    }
    index->is_constraint = is_primary || pg_is_constraint_index(reader, oid);
    if (index->is_constraint) {
        complete_constraint(relation->table, index);
    }
    struct alc_index *added;
    rc = alc_catalog_add_index(&added, reader->catalog, relation->table, err);
    if (!rc) {
        *added = *index;
    }
    return rc;
}
