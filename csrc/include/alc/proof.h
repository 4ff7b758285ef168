/*
 * The equality proof: is a table of the database what the MetaData wants?
 *
 * "Proven" implies that the exact comparators (alembic_c/autogenerate/compare) have
 * nothing to say of the table.  Anything else is left to them: a weak proof costs time,
 * never correctness.
 */
#ifndef ALC_PROOF_H
#define ALC_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/catalog.h"

/* Why a table is not proven; the names are alc_proof_reason(). */
enum alc_proof {
    ALC_PROVEN = 0,
    ALC_UNPROVEN_OPAQUE, /* one side was not understood */
    ALC_UNPROVEN_KIND,
    ALC_UNPROVEN_COLUMNS, /* other names, or another number of them */
    ALC_UNPROVEN_TYPE,
    ALC_UNPROVEN_NULLABLE,
    ALC_UNPROVEN_DEFAULT,
    ALC_UNPROVEN_GENERATED,
    ALC_UNPROVEN_IDENTITY,
    ALC_UNPROVEN_COMMENT,
    ALC_UNPROVEN_INDEX,
    ALC_UNPROVEN_UNIQUE,
    ALC_UNPROVEN_FOREIGN_KEY,
    ALC_UNPROVEN_CHECK,
    ALC_UNPROVEN_TEXT, /* of which SQLAlchemy's reflection may read something else */
    ALC_N_PROOFS,
};

/* What has expressions; the names are alc_expression_name(). */
enum alc_expression {
    ALC_EXPRESSION_CHECK,
    ALC_EXPRESSION_DEFAULT,
    ALC_EXPRESSION_GENERATED,
    ALC_EXPRESSION_INDEX, /* with all of its options */
    ALC_N_EXPRESSIONS,
};

/*
 * Who decides what bytes alone do not: whether two texts mean the same to the exact
 * comparators.  Each returns true only if they find no difference; false is always
 * right.  Called once for each pair that is not known to be the same, so an
 * implementation keeps its answers.
 */
struct alc_judge {
    void *self;
    bool (*same_type)(void *self, const struct alc_table *table,
                      const struct alc_column *actual, struct alc_str wanted);
    /* Absent texts are columns without a default. */
    bool (*same_default)(void *self, const struct alc_column *actual,
                         struct alc_str wanted);
    /* wanted: the text of an element that is more than a column. */
    bool (*same_part)(void *self, const struct alc_index_part *actual,
                      struct alc_str wanted);
    /* Whether two expressions are the same but for blanks and the like. */
    bool (*same_text)(void *self, struct alc_str actual, struct alc_str wanted);
    /* Whether something of a table, whose text is another one, may mean the same to the
     * database.  True is a promise to ask: what is proven then depends on its answer.
     */
    bool (*ask)(void *self, const struct alc_table *table, enum alc_expression kind,
                struct alc_str name);
};

/* An option of a wanted identity that says nothing. */
#define ALC_IDENTITY_UNSET INT64_MIN

/* What is compared at all; what is not is not asked about. */
struct alc_proof_options {
    bool types;
    bool collations; /* of types */
    bool defaults;   /* with generated and identity columns */
    bool comments;
    bool indexes; /* with unique constraints */
    bool foreign_keys;
    bool checks; /* those with a name */
    /* Two unique constraints on the same columns are reported as one: nothing is shown
     * of a table that has them. */
    bool merges_uniques;
    /* MySQL's rules, and of these MariaDB's. */
    bool is_mysql;
    bool is_mariadb;
    /* Schemas that the database leaves out of names though they are not the default
     * one: nothing is shown of what refers to them. */
    const struct alc_str *unnamed_schemas;
    size_t n_unnamed_schemas;
    const struct alc_judge *judge;
};

/* What a backend decides of them; all else is off. */
struct alc_proof_options alc_proof_options_of(enum alc_backend backend);

/*
 * Compare a table of the database with the wanted one; both from finished catalogs of
 * the same backend, with the same notion of which schema goes without a name.
 * O(n * m) at worst in the number of columns or of keys of one table, O(n) when both
 * sides have them in the same order.  No allocation.
 */
enum alc_proof alc_prove_table(const struct alc_table *actual,
                               const struct alc_table *wanted,
                               const struct alc_proof_options *options);

/* "check", "default", ... */
const char *alc_expression_name(enum alc_expression kind);

/* A short name: "column type"; "proven" for ALC_PROVEN. */
const char *alc_proof_reason(enum alc_proof proof);

#endif
