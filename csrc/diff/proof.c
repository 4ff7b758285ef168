/*
 * The equality proof.  See alc/proof.h for what it promises.
 *
 * Each rule states equality that the comparators see too; where they are more lenient
 * (another order of columns in a unique constraint, an unnamed one) the rule may be
 * stricter, never weaker.
 */
#include "alc/proof.h"

#include <stdint.h>
#include <string.h>

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

/* The type's name without a modifier and enum labels: what a cast in a default says. */
static struct alc_str bare_type(struct alc_str type)
{
    for (size_t i = 0; i < type.len; i++) {
        bool labels = type.len - i > 6 && memcmp(type.ptr + i, " enum(", 6) == 0;
        if (type.ptr[i] == '(' || labels) {
            type.len = i;
        }
    }
    return type;
}

/* The name behind the last dot: a cast leaves out the schema of the search path. */
static struct alc_str unqualified(struct alc_str type)
{
    for (size_t i = type.len; i-- > 0;) {
        if (type.ptr[i] == '.') {
            type.ptr += i + 1;
            type.len -= i + 1;
            break;
        }
    }
    return type;
}

/* PostgreSQL prints the literal of a default with a cast to the column's type. */
static bool same_default(struct alc_str actual, struct alc_str wanted,
                         struct alc_str type)
{
    if (same(actual, wanted)) {
        return true;
    }
    if (alc_str_is_absent(actual) || alc_str_is_absent(wanted) ||
        actual.len < wanted.len + 2 || wanted.len < 2 || wanted.ptr[0] != '\'' ||
        memcmp(actual.ptr, wanted.ptr, wanted.len) != 0 ||
        memcmp(actual.ptr + wanted.len, "::", 2) != 0) {
        return false;
    }
    struct alc_str cast = {actual.ptr + wanted.len + 2, actual.len - wanted.len - 2};
    struct alc_str bare = bare_type(type);
    return alc_str_eq(cast, bare) || alc_str_eq(cast, unqualified(bare));
}

static bool same_identity(const struct alc_column *a, const struct alc_column *b)
{
    const struct alc_identity *x = &a->identity, *y = &b->identity;
    if (a->identity_kind != b->identity_kind) {
        return false;
    }
    return a->identity_kind == ALC_IDENTITY_NONE ||
           (x->start == y->start && x->increment == y->increment && x->min == y->min &&
            x->max == y->max && x->cache == y->cache && x->cycle == y->cycle);
}

/* Generated and identity columns are kinds of server defaults. */
static enum alc_proof prove_default(const struct alc_column *actual,
                                    const struct alc_column *wanted)
{
    if (actual->generated_kind != wanted->generated_kind ||
        !same(actual->generated, wanted->generated)) {
        return ALC_UNPROVEN_GENERATED;
    }
    if (!same_identity(actual, wanted)) {
        return ALC_UNPROVEN_IDENTITY;
    }
    /* is_serial on the wanted side: the key that counts by itself, whose default is the
     * backend's business. */
    if (!wanted->is_serial &&
        !same_default(actual->default_expr, wanted->default_expr, actual->type)) {
        return ALC_UNPROVEN_DEFAULT;
    }
    return ALC_PROVEN;
}

static enum alc_proof prove_column(const struct alc_column *actual,
                                   const struct alc_column *wanted,
                                   const struct alc_proof_options *options)
{
    if (actual->not_null != wanted->not_null) {
        return ALC_UNPROVEN_NULLABLE;
    }
    if (options->types && (!same(actual->type, wanted->type) ||
                           !same(actual->collation, wanted->collation))) {
        return ALC_UNPROVEN_TYPE;
    }
    enum alc_proof proof =
        options->defaults ? prove_default(actual, wanted) : ALC_PROVEN;
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
        enum alc_proof proof = prove_column(column, &wanted->columns[i], options);
        if (proof != ALC_PROVEN) {
            return proof;
        }
    }
    return ALC_PROVEN;
}

/* --- indexes -------------------------------------------------------------------------
 */

static bool same_part(const struct alc_index_part *a, const struct alc_index_part *b)
{
    /* An expression has as many texts as it has readers. */
    return !a->is_expr && !b->is_expr && alc_str_eq(a->text, b->text) &&
           same(a->opclass, b->opclass) && same(a->collation, b->collation) &&
           a->descending == b->descending && a->nulls_first == b->nulls_first;
}

static bool same_index(const struct alc_index *a, const struct alc_index *b)
{
    if (!same(a->name, b->name) || a->n_parts != b->n_parts ||
        a->is_unique != b->is_unique ||
        a->nulls_not_distinct != b->nulls_not_distinct ||
        !same(a->predicate, b->predicate) || !same(a->method, b->method) ||
        !same(a->options, b->options) ||
        !same_texts(a->include, a->n_include, b->include, b->n_include)) {
        return false;
    }
    for (size_t i = 0; i < a->n_parts; i++) {
        if (!same_part(&a->parts[i], &b->parts[i])) {
            return false;
        }
    }
    return true;
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
static bool same_indexes(const struct alc_table *actual, const struct alc_table *wanted)
{
    size_t i = 0, j = 0;
    for (;;) {
        const struct alc_index *a = next_index(actual, &i);
        const struct alc_index *b = next_index(wanted, &j);
        if (!a || !b) {
            return a == b;
        }
        if (!same_index(a, b)) {
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

static bool same_unique(const struct alc_constraint *actual,
                        const struct alc_constraint *wanted)
{
    return same_or_unnamed(actual->name, wanted->name) &&
           same_texts(actual->columns, actual->n_columns, wanted->columns,
                      wanted->n_columns) &&
           same_texts(actual->include, actual->n_include, wanted->include,
                      wanted->n_include) &&
           actual->nulls_not_distinct == wanted->nulls_not_distinct &&
           actual->deferrable == wanted->deferrable &&
           actual->initially_deferred == wanted->initially_deferred;
}

/* Names of foreign keys are not compared. */
static bool same_foreign_key(const struct alc_constraint *actual,
                             const struct alc_constraint *wanted)
{
    return same(actual->ref_schema, wanted->ref_schema) &&
           alc_str_eq(actual->ref_table, wanted->ref_table) &&
           same_texts(actual->columns, actual->n_columns, wanted->columns,
                      wanted->n_columns) &&
           same_texts(actual->ref_columns, actual->n_ref_columns, wanted->ref_columns,
                      wanted->n_ref_columns) &&
           actual->on_update == wanted->on_update &&
           actual->on_delete == wanted->on_delete && actual->match == wanted->match &&
           actual->deferrable == wanted->deferrable &&
           actual->initially_deferred == wanted->initially_deferred;
}

static bool same_check(const struct alc_constraint *actual,
                       const struct alc_constraint *wanted)
{
    return !alc_str_is_absent(wanted->name) && same(actual->name, wanted->name);
}

typedef bool same_fn(const struct alc_constraint *actual,
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
            if (!(taken >> j & 1) && equal(&have.items[j], &want.items[i])) {
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

/* --- tables --------------------------------------------------------------------------
 */

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
    if (options->comments && !same(actual->comment, wanted->comment)) {
        return ALC_UNPROVEN_COMMENT;
    }
    enum alc_proof proof = prove_columns(actual, wanted, options);
    if (proof != ALC_PROVEN) {
        return proof;
    }
    if (options->indexes && !same_indexes(actual, wanted)) {
        return ALC_UNPROVEN_INDEX;
    }
    if (options->indexes &&
        !same_constraints(actual, wanted, ALC_UNIQUE, same_unique)) {
        return ALC_UNPROVEN_UNIQUE;
    }
    if (options->foreign_keys &&
        !same_constraints(actual, wanted, ALC_FOREIGN_KEY, same_foreign_key)) {
        return ALC_UNPROVEN_FOREIGN_KEY;
    }
    if (options->checks && !same_constraints(actual, wanted, ALC_CHECK, same_check)) {
        return ALC_UNPROVEN_CHECK;
    }
    return ALC_PROVEN;
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
    };
    return names[proof];
}
