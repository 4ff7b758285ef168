/*
 * The columns of each catalog query, in the order of pg_sql.c's texts.
 */
#ifndef ALC_REFLECT_PG_ROWS_H
#define ALC_REFLECT_PG_ROWS_H

/* ALC_PG_NAMES; what a kind of row leaves out is NULL or 0.
 * namespace: OID, NAME; VISIBLE: whether the search path has it
 * type: OID, NUMBER (of the element), NAME, SCHEMA, DETAIL (labels of an enum),
 *     START (its collation)
 * relation: OID, NUMBER (whether it is a partition), NAME, SCHEMA, DETAIL (its kind)
 * comment: OID and NUMBER (of the column, or 0) of what it is about, NAME (the text)
 * sequence: OID and NUMBER of the column that owns it, NAME, SCHEMA, DETAIL (the
 *     column's name), and the rest */
#define PG_NAMES_COLUMNS(X)                                                            \
    X(KIND, kind)                                                                      \
    X(OID, oid)                                                                        \
    X(NUMBER, number)                                                                  \
    X(NAME, name)                                                                      \
    X(SCHEMA, schema)                                                                  \
    X(DETAIL, detail)                                                                  \
    X(VISIBLE, visible)                                                                \
    X(START, start)                                                                    \
    X(INCREMENT, increment)                                                            \
    X(MIN, min)                                                                        \
    X(MAX, max)                                                                        \
    X(CACHE, cache)                                                                    \
    X(CYCLE, cycle)

/* ALC_PG_COLUMNS */
#define PG_COLUMNS_COLUMNS(X)                                                          \
    X(TABLE, table)                                                                    \
    X(NUMBER, number)                                                                  \
    X(NAME, name)                                                                      \
    X(TYPE, type)                                                                      \
    X(MODIFIER, modifier)                                                              \
    X(NOT_NULL, not_null)                                                              \
    X(IDENTITY, identity)                                                              \
    X(GENERATED, generated)                                                            \
    X(COLLATION, collation)                                                            \
    X(COLLATION_NAME, collation_name)                                                  \
    X(DEFAULT, default)

/* ALC_PG_CONSTRAINTS; from TARGET on of foreign keys, the last two for a target outside
 * the schemas that are read */
#define PG_CONSTRAINTS_COLUMNS(X)                                                      \
    X(TABLE, table)                                                                    \
    X(NAME, name)                                                                      \
    X(KIND, kind)                                                                      \
    X(KEY, key)                                                                        \
    X(INDEX, index)                                                                    \
    X(DEFERRABLE, deferrable)                                                          \
    X(DEFERRED, deferred)                                                              \
    X(VALIDATED, validated)                                                            \
    X(DEFINITION, definition)                                                          \
    X(TARGET, target)                                                                  \
    X(TARGET_SCHEMA, target_schema)                                                    \
    X(TARGET_NAME, target_name)                                                        \
    X(TARGET_KEY, target_key)                                                          \
    X(ON_UPDATE, on_update)                                                            \
    X(ON_DELETE, on_delete)                                                            \
    X(MATCH, match)                                                                    \
    X(TARGET_SCHEMA_NAME, target_schema_name)                                          \
    X(TARGET_COLUMNS, target_columns)

/* ALC_PG_INDEXES */
#define PG_INDEXES_COLUMNS(X)                                                          \
    X(TABLE, table)                                                                    \
    X(OID, oid)                                                                        \
    X(NAME, name)                                                                      \
    X(METHOD, method)                                                                  \
    X(UNIQUE, unique)                                                                  \
    X(PRIMARY, primary)                                                                \
    X(NULLS_NOT_DISTINCT, nulls_not_distinct)                                          \
    X(N_KEY, n_key)                                                                    \
    X(COLUMNS, columns)                                                                \
    X(SORTING, sorting)                                                                \
    X(EXPRESSIONS, expressions)                                                        \
    X(PREDICATE, predicate)                                                            \
    X(STORAGE, storage)                                                                \
    X(OPCLASSES, opclasses)                                                            \
    X(COLLATIONS, collations)                                                          \
    X(COLLATION_NAMES, collation_names)                                                \
    X(VALID, valid)                                                                    \
    X(READY, ready)

enum pg_names_column {
#define PG_NAMES_ID(id, name) NAMES_##id,
    PG_NAMES_COLUMNS(PG_NAMES_ID)
#undef PG_NAMES_ID
        N_NAMES_COLUMNS
};

enum pg_columns_column {
#define PG_COLUMNS_ID(id, name) COLUMNS_##id,
    PG_COLUMNS_COLUMNS(PG_COLUMNS_ID)
#undef PG_COLUMNS_ID
        N_COLUMNS_COLUMNS
};

enum pg_constraints_column {
#define PG_CONSTRAINTS_ID(id, name) CONSTRAINTS_##id,
    PG_CONSTRAINTS_COLUMNS(PG_CONSTRAINTS_ID)
#undef PG_CONSTRAINTS_ID
        N_CONSTRAINTS_COLUMNS
};

enum pg_indexes_column {
#define PG_INDEXES_ID(id, name) INDEXES_##id,
    PG_INDEXES_COLUMNS(PG_INDEXES_ID)
#undef PG_INDEXES_ID
        N_INDEXES_COLUMNS
};

#endif
