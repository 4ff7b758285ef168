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

/*
 * From `cells` on: target's oid, its schema's oid, its name, key, update, delete,
 * match, and for a target outside the schemas that are read: schema's name, column
 * names.
 */
static int read_target(struct alc_constraint *constraint, struct alc_pg_reader *reader,
                       const struct alc_cell *cells, struct alc_error *err)
{
    int64_t oid, schema;
    struct alc_str name, key, on_update, on_delete, match, schema_name, names;
    int rc = alc_cell_int(&oid, &cells[0], err);
    rc = rc ? rc : alc_cell_int(&schema, &cells[1], err);
    rc = rc ? rc : alc_cell_text(&name, &cells[2], err);
    rc = rc ? rc : alc_cell_text(&key, &cells[3], err);
    rc = rc ? rc : alc_cell_text(&on_update, &cells[4], err);
    rc = rc ? rc : alc_cell_text(&on_delete, &cells[5], err);
    rc = rc ? rc : alc_cell_text(&match, &cells[6], err);
    rc = rc ? rc : alc_cell_text(&schema_name, &cells[7], err);
    rc = rc ? rc : alc_cell_text(&names, &cells[8], err);
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

/* A not-null flag that may be NULL in the catalogs counts as false. */
static int read_flag(bool *out, const struct alc_cell *cell, struct alc_error *err)
{
    int64_t value = 0;
    int rc = cell->kind == ALC_CELL_NULL ? 0 : alc_cell_int(&value, cell, err);
    *out = value != 0;
    return rc;
}

/*
 * table, name, kind, key, index, deferrable, deferred, validated, definition, then as
 * read_target()
 */
int pg_read_constraint(struct alc_pg_reader *reader, const struct alc_cell *cells,
                       struct alc_error *err)
{
    int64_t table, index;
    struct alc_str name, code, key, definition;
    struct alc_constraint parsed = {0};
    bool validated = false;
    int rc = alc_cell_int(&table, &cells[0], err);
    rc = rc ? rc : alc_cell_text(&name, &cells[1], err);
    rc = rc ? rc : alc_cell_text(&code, &cells[2], err);
    rc = rc ? rc : alc_cell_text(&key, &cells[3], err);
    rc = rc ? rc : alc_cell_int(&index, &cells[4], err);
    rc = rc ? rc : read_flag(&parsed.deferrable, &cells[5], err);
    rc = rc ? rc : read_flag(&parsed.initially_deferred, &cells[6], err);
    rc = rc ? rc : read_flag(&validated, &cells[7], err);
    rc = rc ? rc : alc_cell_text(&definition, &cells[8], err);
    rc = rc ? rc : constraint_kind(&parsed.kind, code, err);
    struct pg_relation *relation = rc ? NULL : pg_find_relation(reader, table);
    if (!relation) {
        return rc;
    }
    parsed.not_valid = !validated;
    rc = alc_catalog_text(&parsed.name, reader->catalog, name, err);
    rc = rc ? rc : alc_catalog_text(&parsed.expr, reader->catalog, definition, err);
    bool has_key = parsed.kind == ALC_PRIMARY_KEY || parsed.kind == ALC_UNIQUE ||
                   parsed.kind == ALC_FOREIGN_KEY;
    if (!rc && has_key) {
        rc = column_names(&parsed.columns, &parsed.n_columns, reader, relation, key,
                          err);
    }
    if (!rc && parsed.kind == ALC_FOREIGN_KEY) {
        rc = read_target(&parsed, reader, &cells[9], err);
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
static int catalog_array(struct alc_str **out, size_t *n, struct alc_pg_reader *reader,
                         const struct alc_cell *cell, struct alc_error *err)
{
    struct alc_str text;
    int rc = alc_cell_text(&text, cell, err);
    return rc ? rc : pg_read_array(out, n, &reader->catalog->arena, text, err);
}

static int number_array(int64_t **out, size_t *n, struct alc_pg_reader *reader,
                        const struct alc_cell *cell, struct alc_error *err)
{
    struct alc_str text;
    int rc = alc_cell_text(&text, cell, err);
    return rc ? rc : pg_read_numbers(out, n, &reader->scratch, text, err);
}

static int catalog_text(struct alc_str *out, struct alc_pg_reader *reader,
                        const struct alc_cell *cell, struct alc_error *err)
{
    struct alc_str text;
    int rc = alc_cell_text(&text, cell, err);
    return rc ? rc : alc_catalog_text(out, reader->catalog, text, err);
}

/*
 * table, index, name, method, unique, primary, nulls not distinct, number of key
 * columns, columns, options, expressions, predicate, storage options, operator classes,
 * collations, their names
 */
int pg_read_index(struct alc_pg_reader *reader, const struct alc_cell *cells,
                  struct alc_error *err)
{
    struct index_row row = {0};
    int64_t table, oid, n_key;
    bool is_primary = false;
    int rc = alc_cell_int(&table, &cells[0], err);
    rc = rc ? rc : alc_cell_int(&oid, &cells[1], err);
    rc = rc ? rc : alc_cell_int(&n_key, &cells[7], err);
    struct pg_relation *relation = rc ? NULL : pg_find_relation(reader, table);
    if (!relation) {
        return rc;
    }
    row.n_key = n_key > 0 ? (size_t)n_key : 0;
    struct alc_index *index = &row.index;
    rc = catalog_text(&index->name, reader, &cells[2], err);
    rc = rc ? rc : catalog_text(&index->method, reader, &cells[3], err);
    rc = rc ? rc : read_flag(&index->is_unique, &cells[4], err);
    rc = rc ? rc : read_flag(&is_primary, &cells[5], err);
    rc = rc ? rc : read_flag(&index->nulls_not_distinct, &cells[6], err);
    rc = rc ? rc : number_array(&row.key, &row.n_all, reader, &cells[8], err);
    rc = rc ? rc : number_array(&row.options, &row.n_options, reader, &cells[9], err);
    rc = rc ? rc
            : catalog_array(&row.expressions, &row.n_expressions, reader, &cells[10],
                            err);
    rc = rc ? rc : catalog_text(&index->predicate, reader, &cells[11], err);
    rc = rc ? rc : catalog_text(&index->options, reader, &cells[12], err);
    rc = rc ? rc
            : catalog_array(&row.opclasses, &row.n_opclasses, reader, &cells[13], err);
    rc = rc ? rc
            : number_array(&row.collations, &row.n_collations, reader, &cells[14], err);
    rc = rc ? rc
            : catalog_array(&row.collation_names, &row.n_collation_names, reader,
                            &cells[15], err);
    rc = rc ? rc : fill_index(&row, reader, relation, err);
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
