/*
 * The equality proof.  See alc/proof.h for what it promises.
 *
 * Each rule states equality that the comparators see too; where they are more lenient
 * the rule may be stricter, never weaker.  What they do not look at at all is said at
 * each rule.
 */
#include "alc/proof.h"

#include <stdint.h>
#include <string.h>

#include "mysql_rules.h"

static bool same(struct alc_str a, struct alc_str b)
{
    return alc_str_is_absent(a) == alc_str_is_absent(b) && alc_str_eq(a, b);
}

static bool same_texts(const struct alc_str *a, size_t n_a, const struct alc_str *b,
                       size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (!alc_str_eq(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

/* --- columns -------------------------------------------------------------------------
 */

/* The column of that name; `hint` is where it most likely is. */
static const struct alc_column *find_column(const struct alc_table *table,
                                            struct alc_str name, size_t hint)
{
    if (hint < table->n_columns && alc_str_eq(table->columns[hint].name, name)) {
        return &table->columns[hint];
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        if (alc_str_eq(table->columns[i].name, name)) {
            return &table->columns[i];
        }
    }
    return NULL;
}

/* An option that the model does not ask for may be anything. */
static bool same_option(int64_t actual, int64_t wanted)
{
    return wanted == ALC_IDENTITY_UNSET || actual == wanted;
}

static bool same_identity(const struct alc_column *actual,
                          const struct alc_column *wanted)
{
    const struct alc_identity *x = &actual->identity, *y = &wanted->identity;
    if (actual->identity_kind != wanted->identity_kind) {
        return false;
    }
    return actual->identity_kind == ALC_IDENTITY_NONE ||
           (same_option(x->start, y->start) &&
            same_option(x->increment, y->increment) && same_option(x->min, y->min) &&
            same_option(x->max, y->max) && same_option(x->cache, y->cache) &&
            x->cycle == y->cycle);
}

/* How a column is generated (stored or not) is not compared. */
static bool same_generated(const struct alc_table *table,
                           const struct alc_column *actual,
                           const struct alc_column *wanted,
                           const struct alc_judge *judge)
{
    bool is_generated = actual->generated_kind != ALC_GENERATED_NONE;
    if (is_generated != (wanted->generated_kind != ALC_GENERATED_NONE)) {
        return false;
    }
    return same(actual->generated, wanted->generated) ||
           judge->same_text(judge->self, actual->generated, wanted->generated) ||
           judge->ask(judge->self, table, ALC_EXPRESSION_GENERATED, actual->name);
}

/* Generated and identity columns are kinds of server defaults. */
static enum alc_proof prove_default(const struct alc_table *table,
                                    const struct alc_column *actual,
                                    const struct alc_column *wanted,
                                    const struct alc_judge *judge)
{
    if (!same_generated(table, actual, wanted, judge)) {
        return ALC_UNPROVEN_GENERATED;
    }
    if (!same_identity(actual, wanted)) {
        return ALC_UNPROVEN_IDENTITY;
    }
    /* is_serial on the wanted side: the key that counts by itself, whose default is the
     * backend's business. */
    if (wanted->is_serial || wanted->generated_kind != ALC_GENERATED_NONE) {
        return ALC_PROVEN;
    }
    bool is_absent = alc_str_is_absent(actual->default_expr);
    bool is_unwanted = alc_str_is_absent(wanted->default_expr);
    if ((is_absent && is_unwanted) ||
        judge->same_default(judge->self, actual, wanted->default_expr) ||
        (!is_absent && !is_unwanted &&
         judge->ask(judge->self, table, ALC_EXPRESSION_DEFAULT, actual->name))) {
        return ALC_PROVEN;
    }
    return ALC_UNPROVEN_DEFAULT;
}

static enum alc_proof prove_column(const struct alc_table *table,
                                   const struct alc_column *actual,
                                   const struct alc_column *wanted,
                                   const struct alc_proof_options *options)
{
    const struct alc_judge *judge = options->judge;
    if (actual->not_null != wanted->not_null) {
        return ALC_UNPROVEN_NULLABLE;
    }
    if (options->types &&
        ((options->collations && !same(actual->collation, wanted->collation)) ||
         alc_str_is_absent(actual->type) ||
         !judge->same_type(judge->self, table, actual, wanted->type))) {
        return ALC_UNPROVEN_TYPE;
    }
    enum alc_proof proof =
        options->defaults ? prove_default(table, actual, wanted, judge) : ALC_PROVEN;
    if (proof != ALC_PROVEN) {
        return proof;
    }
    if (options->comments && !same(actual->comment, wanted->comment)) {
        return ALC_UNPROVEN_COMMENT;
    }
    return ALC_PROVEN;
}

static enum alc_proof prove_columns(const struct alc_table *actual,
                                    const struct alc_table *wanted,
                                    const struct alc_proof_options *options)
{
    if (actual->n_columns != wanted->n_columns) {
        return ALC_UNPROVEN_COLUMNS;
    }
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct alc_column *column =
            find_column(actual, wanted->columns[i].name, i);
        if (!column) {
            return ALC_UNPROVEN_COLUMNS;
        }
        enum alc_proof proof =
            prove_column(actual, column, &wanted->columns[i], options);
        if (proof != ALC_PROVEN) {
            return proof;
        }
    }
    return ALC_PROVEN;
}

/* --- indexes -------------------------------------------------------------------------
 */

static bool same_part(const struct alc_index_part *actual,
                      const struct alc_index_part *wanted,
                      const struct alc_judge *judge)
{
    if (!same(actual->opclass, wanted->opclass) ||
        !same(actual->collation, wanted->collation)) {
        return false;
    }
    if (wanted->is_expr) {
        return alc_str_is_absent(actual->opclass) &&
               alc_str_is_absent(actual->collation) &&
               judge->same_part(judge->self, actual, wanted->text);
    }
    return !actual->is_expr && !actual->descending && !actual->nulls_first &&
           alc_str_eq(actual->text, wanted->text);
}

/* Where a column stands twice, reports mix up how each is sorted. */
static bool is_sorted_twice(const struct alc_index *index)
{
    for (size_t i = 0; i < index->n_parts; i++) {
        const struct alc_index_part *part = &index->parts[i];
        for (size_t j = 0;
             (part->descending || part->nulls_first) && j < index->n_parts; j++) {
            if (j != i && alc_str_eq(part->text, index->parts[j].text)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether all is the same that an index is, beside its name; its tablespace, and
 * whether it is valid, are not compared. */
static bool same_definition(const struct alc_index *actual,
                            const struct alc_index *wanted,
                            const struct alc_judge *judge)
{
    if (!same(actual->method, wanted->method) ||
        !same(actual->options, wanted->options) ||
        !same_texts(actual->include, actual->n_include, wanted->include,
                    wanted->n_include)) {
        return false;
    }
    for (size_t i = 0; i < actual->n_parts; i++) {
        if (!same_part(&actual->parts[i], &wanted->parts[i], judge)) {
            return false;
        }
    }
    return same(actual->predicate, wanted->predicate) ||
           judge->same_text(judge->self, actual->predicate, wanted->predicate);
}

/* Whether two columns stand at one place of two indexes. */
static bool has_other_column(const struct alc_index *actual,
                             const struct alc_index *wanted)
{
    for (size_t i = 0; i < actual->n_parts; i++) {
        const struct alc_index_part *have = &actual->parts[i];
        const struct alc_index_part *want = &wanted->parts[i];
        if (!have->is_expr && !want->is_expr && !alc_str_eq(have->text, want->text)) {
            return true;
        }
    }
    return false;
}

static bool same_index(const struct alc_table *table, const struct alc_index *actual,
                       const struct alc_index *wanted, const struct alc_judge *judge)
{
    if (!same(actual->name, wanted->name) || actual->n_parts != wanted->n_parts ||
        actual->is_unique != wanted->is_unique ||
        actual->nulls_not_distinct != wanted->nulls_not_distinct ||
        has_other_column(actual, wanted) || is_sorted_twice(actual)) {
        return false;
    }
    return same_definition(actual, wanted, judge) ||
           judge->ask(judge->self, table, ALC_EXPRESSION_INDEX, actual->name);
}

/* The next index from `at` on that does not stand for a constraint, or NULL. */
static const struct alc_index *next_index(const struct alc_table *table, size_t *at)
{
    while (*at < table->n_indexes) {
        const struct alc_index *index = &table->indexes[(*at)++];
        if (!index->is_constraint) {
            return index;
        }
    }
    return NULL;
}

/* Both sides are in the order of names, so they are walked side by side. */
static bool same_indexes(const struct alc_table *actual, const struct alc_table *wanted,
                         const struct alc_judge *judge)
{
    size_t i = 0, j = 0;
    for (;;) {
        const struct alc_index *a = next_index(actual, &i);
        const struct alc_index *b = next_index(wanted, &j);
        if (!a || !b) {
            return a == b;
        }
        if (!same_index(actual, a, b, judge)) {
            return false;
        }
    }
}

/* --- constraints ---------------------------------------------------------------------
 */

/* A wanted constraint without a name is named by the backend. */
static bool same_or_unnamed(struct alc_str actual, struct alc_str wanted)
{
    return alc_str_is_absent(wanted) || same(actual, wanted);
}

static bool has_text(const struct alc_str *texts, size_t n, struct alc_str text)
{
    for (size_t i = 0; i < n; i++) {
        if (alc_str_eq(texts[i], text)) {
            return true;
        }
    }
    return false;
}

/* Uniqueness knows no order of columns, and a constraint has none of them twice. */
static bool same_set(const struct alc_str *a, size_t n_a, const struct alc_str *b,
                     size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (!alc_str_eq(a[i], b[i]) &&
            (!has_text(b, n_b, a[i]) || !has_text(a, n_a, b[i]))) {
            return false;
        }
    }
    return true;
}

/* Included columns and deferrability are not compared. */
static bool same_unique(const struct alc_table *table,
                        const struct alc_constraint *actual,
                        const struct alc_constraint *wanted)
{
    (void)table;
    return same_or_unnamed(actual->name, wanted->name) &&
           same_set(actual->columns, actual->n_columns, wanted->columns,
                    wanted->n_columns) &&
           actual->nulls_not_distinct == wanted->nulls_not_distinct;
}

enum deferrability { NOT_DEFERRABLE, DEFERRABLE, INITIALLY_DEFERRED };

static enum deferrability deferrability(const struct alc_constraint *key)
{
    return key->initially_deferred ? INITIALLY_DEFERRED
           : key->deferrable       ? DEFERRABLE
                                   : NOT_DEFERRABLE;
}

/* Whether each name comes back from the text of a definition as it was put in. */
static bool are_plain(const struct alc_str *names, size_t n)
{
    static const char odd[] = "(),\"\r\n";
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < names[i].len; k++) {
            if (memchr(odd, names[i].ptr[k], sizeof odd - 1)) {
                return false;
            }
        }
    }
    return true;
}

/* Names of foreign keys are not compared, nor is MATCH. */
static bool same_ends(const struct alc_table *table,
                      const struct alc_constraint *actual,
                      const struct alc_constraint *wanted)
{
    /* SQLite's refer to tables of the same database. */
    bool is_local = alc_str_is_absent(actual->ref_schema);
    struct alc_str schema = is_local ? table->schema : actual->ref_schema;
    return same(schema, wanted->ref_schema) &&
           alc_str_eq(actual->ref_table, wanted->ref_table) &&
           same_texts(actual->columns, actual->n_columns, wanted->columns,
                      wanted->n_columns) &&
           same_texts(actual->ref_columns, actual->n_ref_columns, wanted->ref_columns,
                      wanted->n_ref_columns) &&
           deferrability(actual) == deferrability(wanted) &&
           /* a text: there is more to it, such as SET NULL of some columns */
           alc_str_is_absent(actual->expr) &&
           are_plain(actual->columns, actual->n_columns) &&
           are_plain(actual->ref_columns, actual->n_ref_columns) &&
           are_plain(&actual->ref_table, 1) && are_plain(&schema, 1);
}

static bool same_foreign_key(const struct alc_table *table,
                             const struct alc_constraint *actual,
                             const struct alc_constraint *wanted)
{
    return actual->on_update == wanted->on_update &&
           actual->on_delete == wanted->on_delete && same_ends(table, actual, wanted);
}

static bool same_mysql_key(const struct alc_table *table,
                           const struct alc_constraint *actual,
                           const struct alc_constraint *wanted)
{
    return alc_mysql_same_action(actual->on_update, wanted->on_update, false) &&
           alc_mysql_same_action(actual->on_delete, wanted->on_delete, false) &&
           same_ends(table, actual, wanted);
}

static bool same_mariadb_key(const struct alc_table *table,
                             const struct alc_constraint *actual,
                             const struct alc_constraint *wanted)
{
    return alc_mysql_same_action(actual->on_update, wanted->on_update, true) &&
           alc_mysql_same_action(actual->on_delete, wanted->on_delete, true) &&
           same_ends(table, actual, wanted);
}

typedef bool same_fn(const struct alc_table *table, const struct alc_constraint *actual,
                     const struct alc_constraint *wanted);

struct run {
    const struct alc_constraint *items;
    size_t n;
};

/* The constraints of one kind: a finished table has them side by side. */
static struct run run_of_kind(const struct alc_table *table,
                              enum alc_constraint_kind kind)
{
    size_t first = 0;
    while (first < table->n_constraints && table->constraints[first].kind < kind) {
        first++;
    }
    size_t end = first;
    while (end < table->n_constraints && table->constraints[end].kind == kind) {
        end++;
    }
    struct run run = {end > first ? table->constraints + first : NULL, end - first};
    return run;
}

enum { MAX_MATCHED = 64 };

/*
 * Whether each wanted constraint has an actual one of its own.  Named ones choose
 * first, so that an unnamed one does not take theirs.  More than MAX_MATCHED are not
 * matched.
 */
static bool same_constraints(const struct alc_table *actual,
                             const struct alc_table *wanted,
                             enum alc_constraint_kind kind, same_fn *equal)
{
    struct run have = run_of_kind(actual, kind), want = run_of_kind(wanted, kind);
    if (have.n != want.n || have.n > MAX_MATCHED) {
        return false;
    }
    uint64_t taken = 0;
    /* A finished table has unnamed constraints first, so this goes from the end. */
    for (size_t i = want.n; i-- > 0;) {
        size_t found = have.n;
        for (size_t k = 0; k < have.n && found == have.n; k++) {
            size_t j = (i + k) % have.n; /* most likely at the same place */
            if (!(taken >> j & 1) && equal(actual, &have.items[j], &want.items[i])) {
                found = j;
            }
        }
        if (found == have.n) {
            return false;
        }
        taken |= UINT64_C(1) << found;
    }
    return true;
}

/* Whether two unique constraints are on the same columns. */
static bool has_unique_twice(const struct alc_table *table)
{
    struct run keys = run_of_kind(table, ALC_UNIQUE);
    for (size_t i = 0; i + 1 < keys.n; i++) {
        const struct alc_constraint *a = &keys.items[i];
        for (size_t j = i + 1; j < keys.n; j++) {
            const struct alc_constraint *b = &keys.items[j];
            if (same_set(a->columns, a->n_columns, b->columns, b->n_columns)) {
                return true;
            }
        }
    }
    return false;
}

/* The next constraint with a name, or NULL: those without one are not compared. */
static const struct alc_constraint *next_named(struct run run, size_t *at)
{
    while (*at < run.n) {
        const struct alc_constraint *constraint = &run.items[(*at)++];
        if (!alc_str_is_absent(constraint->name)) {
            return constraint;
        }
    }
    return NULL;
}

/* Both sides are in the order of names. */
static bool same_checks(const struct alc_table *actual, const struct alc_table *wanted,
                        const struct alc_judge *judge)
{
    struct run have = run_of_kind(actual, ALC_CHECK);
    struct run want = run_of_kind(wanted, ALC_CHECK);
    size_t i = 0, j = 0;
    for (;;) {
        const struct alc_constraint *a = next_named(have, &i);
        const struct alc_constraint *b = next_named(want, &j);
        if (!a || !b) {
            return a == b;
        }
        if (!alc_str_eq(a->name, b->name) ||
            (!judge->same_text(judge->self, a->expr, b->expr) &&
             !judge->ask(judge->self, actual, ALC_EXPRESSION_CHECK, a->name))) {
            return false;
        }
    }
}

/* Whether a foreign key leads into one of the schemas whose names are left out. */
static bool leads_unnamed(const struct alc_table *table,
                          const struct alc_proof_options *options)
{
    struct run keys = run_of_kind(table, ALC_FOREIGN_KEY);
    for (size_t i = 0; options->n_unnamed_schemas && i < keys.n; i++) {
        if (has_text(options->unnamed_schemas, options->n_unnamed_schemas,
                     keys.items[i].ref_schema)) {
            return true;
        }
    }
    return false;
}

static bool same_foreign_keys(const struct alc_table *actual,
                              const struct alc_table *wanted,
                              const struct alc_proof_options *options)
{
    same_fn *equal = options->is_mariadb ? same_mariadb_key
                     : options->is_mysql ? same_mysql_key
                                         : same_foreign_key;
    return !leads_unnamed(actual, options) &&
           !(options->is_mysql && alc_mysql_has_key_twice(actual)) &&
           same_constraints(actual, wanted, ALC_FOREIGN_KEY, equal);
}

/* --- tables --------------------------------------------------------------------------
 */

static enum alc_proof prove_keys(const struct alc_table *actual,
                                 const struct alc_table *wanted,
                                 const struct alc_proof_options *options)
{
    if (options->is_mysql) {
        return alc_mysql_same_keys(actual, wanted) ? ALC_PROVEN : ALC_UNPROVEN_INDEX;
    }
    if (!same_indexes(actual, wanted, options->judge)) {
        return ALC_UNPROVEN_INDEX;
    }
    bool merged = options->merges_uniques && has_unique_twice(actual);
    return !merged && same_constraints(actual, wanted, ALC_UNIQUE, same_unique)
               ? ALC_PROVEN
               : ALC_UNPROVEN_UNIQUE;
}

enum alc_proof alc_prove_table(const struct alc_table *actual,
                               const struct alc_table *wanted,
                               const struct alc_proof_options *options)
{
    if (!alc_str_is_absent(actual->opaque) || !alc_str_is_absent(wanted->opaque)) {
        return ALC_UNPROVEN_OPAQUE;
    }
    if (actual->kind >= ALC_TABLE_FOREIGN) {
        return ALC_UNPROVEN_KIND;
    }
    if (options->is_mysql && !alc_mysql_is_regular(actual)) {
        return ALC_UNPROVEN_TEXT;
    }
    if (options->comments && !same(actual->comment, wanted->comment)) {
        return ALC_UNPROVEN_COMMENT;
    }
    enum alc_proof proof = prove_columns(actual, wanted, options);
    if (proof != ALC_PROVEN) {
        return proof;
    }
    proof = options->indexes ? prove_keys(actual, wanted, options) : ALC_PROVEN;
    if (proof != ALC_PROVEN) {
        return proof;
    }
    if (options->foreign_keys && !same_foreign_keys(actual, wanted, options)) {
        return ALC_UNPROVEN_FOREIGN_KEY;
    }
    if (options->checks && !same_checks(actual, wanted, options->judge)) {
        return ALC_UNPROVEN_CHECK;
    }
    return ALC_PROVEN;
}

struct alc_proof_options alc_proof_options_of(enum alc_backend backend)
{
    bool is_postgresql = backend == ALC_BACKEND_POSTGRESQL;
    bool is_mariadb = backend == ALC_BACKEND_MARIADB;
    return (struct alc_proof_options){
        .collations = is_postgresql, /* SQLite's are not reflected */
        .merges_uniques = !is_postgresql,
        .is_mysql = is_mariadb || backend == ALC_BACKEND_MYSQL,
        .is_mariadb = is_mariadb,
    };
}

const char *alc_expression_name(enum alc_expression kind)
{
    static const char *const names[ALC_N_EXPRESSIONS] = {
        [ALC_EXPRESSION_CHECK] = "check",
        [ALC_EXPRESSION_DEFAULT] = "default",
        [ALC_EXPRESSION_GENERATED] = "generated",
        [ALC_EXPRESSION_INDEX] = "index",
    };
    return names[kind];
}

const char *alc_proof_reason(enum alc_proof proof)
{
    static const char *const names[ALC_N_PROOFS] = {
        [ALC_PROVEN] = "proven",
        [ALC_UNPROVEN_OPAQUE] = "not understood",
        [ALC_UNPROVEN_KIND] = "kind of table",
        [ALC_UNPROVEN_COLUMNS] = "columns",
        [ALC_UNPROVEN_TYPE] = "column type",
        [ALC_UNPROVEN_NULLABLE] = "nullable",
        [ALC_UNPROVEN_DEFAULT] = "server default",
        [ALC_UNPROVEN_GENERATED] = "generated column",
        [ALC_UNPROVEN_IDENTITY] = "identity",
        [ALC_UNPROVEN_COMMENT] = "comment",
        [ALC_UNPROVEN_INDEX] = "index",
        [ALC_UNPROVEN_UNIQUE] = "unique constraint",
        [ALC_UNPROVEN_FOREIGN_KEY] = "foreign key",
        [ALC_UNPROVEN_CHECK] = "check constraint",
        [ALC_UNPROVEN_TEXT] = "text that may be misread",
    };
    return names[proof];
}
