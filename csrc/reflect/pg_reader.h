/* What the files of the PostgreSQL reader share. */
#ifndef ALC_REFLECT_PG_READER_H
#define ALC_REFLECT_PG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/pg.h"
#include "pg_rows.h"
#include "row.h"

struct pg_type {
    int64_t oid;
    int64_t element; /* of an array, else 0 */
    int64_t collation;
    struct alc_str name;   /* as written in DDL, without modifiers */
    struct alc_str schema; /* absent for pg_catalog */
    struct alc_str labels; /* of an enum, quoted, with commas; else absent */
};

/* A comment, or a sequence that a column owns, until the columns are there. */
struct pg_note {
    int64_t table;
    int64_t attnum; /* 0: the table's */
    struct alc_str comment;
    struct alc_identity sequence;
    bool is_sequence;
};

/* A table that is being read: where its columns went. */
struct pg_relation {
    int64_t oid;
    struct alc_table *table;
    int64_t *attnums; /* by column, in `scratch`; sorted with the columns */
    int64_t *collations;
    size_t cap;
};

/* oid -> place + 1 in one of the arrays, open addressing; 0 is free. */
struct pg_map {
    uint32_t *slots;
    size_t n_slots;
};

struct alc_pg_reader {
    struct alc_catalog *catalog;
    struct alc_arena scratch; /* everything but the catalog */
    const struct alc_str *wanted;
    size_t n_wanted;
    bool without_defaults;
    bool without_checks;
    bool without_sequences;
    bool without_details;
    bool without_system_types;
    enum alc_pg_query next; /* what has to be fed next */

    int64_t *namespaces; /* oids of the schemas that are read */
    size_t n_namespaces, cap_namespaces;
    struct pg_type *types;
    size_t n_types, cap_types;
    struct pg_map type_map;
    struct pg_relation *relations;
    size_t n_relations, cap_relations;
    struct pg_map relation_map;
    struct pg_note *notes;
    size_t n_notes, cap_notes;
    int64_t *constraint_indexes; /* oids of the indexes behind constraints */
    size_t n_constraint_indexes, cap_constraint_indexes;
    struct pg_map constraint_index_map;
};

/* Read one row.  Returns 0 or a negative ALC_E_*. */
typedef int pg_row_fn(struct alc_pg_reader *reader, struct row *row);
pg_row_fn pg_read_constraint, pg_read_index;

struct pg_relation *pg_find_relation(const struct alc_pg_reader *reader, int64_t oid);
const struct pg_type *pg_find_type(const struct alc_pg_reader *reader, int64_t oid);

/* The name of a column by its number; absent when there is none. */
struct alc_str pg_column_name(const struct pg_relation *relation, int64_t attnum);

/* Whether an index stands for a constraint. */
bool pg_is_constraint_index(const struct alc_pg_reader *reader, int64_t oid);
int pg_add_constraint_index(struct alc_pg_reader *reader, int64_t oid,
                            struct alc_error *err);

/*
 * A type with its modifier and its array brackets, as PostgreSQL's format_type() writes
 * it; types outside pg_catalog with their schema, enums with their labels.
 */
int pg_type_text(struct alc_str *out, struct alc_pg_reader *reader, int64_t type,
                 int64_t modifier, struct alc_error *err);

/*
 * The elements of an array in PostgreSQL's text form, copied to the catalog; {1,2} and
 * the old form of int2vector, "1 2", are both read.  Absent text gives none.
 * Returns 0, ALC_E_NOMEM, or ALC_E_INVALID for text that is no array.
 */
int pg_read_array(struct alc_str **out, size_t *n_out, struct alc_arena *arena,
                  struct alc_str text, struct alc_error *err);
int pg_read_numbers(int64_t **out, size_t *n_out, struct alc_arena *arena,
                    struct alc_str text, struct alc_error *err);

#endif
