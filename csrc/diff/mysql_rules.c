/* See mysql_rules.h. */
#include "mysql_rules.h"

#include <string.h>

/* --- what the patterns understand ----------------------------------------------------
 */

static bool has_any(struct alc_str text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || strchr(bytes, (char)c)) {
            return true;
        }
    }
    return false;
}

static bool contains(struct alc_str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.ptr + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_plain_name(struct alc_str name)
{
    return !has_any(name, "`'\"(),\\");
}

/* A name on the line of a key: those that speak of partitions are taken for these. */
static bool is_key_name(struct alc_str name)
{
    return is_plain_name(name) && !contains(name, "PARTITION");
}

static bool are_key_names(const struct alc_str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_key_name(names[i])) {
            return false;
        }
    }
    return true;
}

/* A comment that is printed as it is but for its quotes. */
static bool is_plain_comment(struct alc_str comment)
{
    return !has_any(comment, "\\");
}

/* A number, a word, a word with arguments that are numbers: what may stand before ON
 * UPDATE. */
static bool is_word(struct alc_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !(c >= '0' && c <= '9') && !memchr("-.()", c, 4)) {
            return false;
        }
    }
    return text.len > 0 && text.ptr[0] != '(';
}

/* A string to the end, with doubled quotes inside. */
static bool is_literal(struct alc_str text)
{
    if (text.len < 2 || text.ptr[0] != '\'' || text.ptr[text.len - 1] != '\'' ||
        has_any(text, "\\")) {
        return false;
    }
    size_t n_quotes = 0;
    for (size_t i = 1; i + 1 < text.len; i++) {
        n_quotes += text.ptr[i] == '\'';
        if (text.ptr[i] != '\'' && n_quotes % 2) {
            return false;
        }
    }
    return n_quotes % 2 == 0;
}

static bool is_regular_column(const struct alc_column *column)
{
    bool has_default = !alc_str_is_absent(column->default_expr);
    bool word = has_default && is_word(column->default_expr);
    bool updates = !alc_str_is_absent(column->on_update);
    return is_plain_name(column->name) && is_plain_comment(column->comment) &&
           !has_any(column->type, "\\") && alc_str_is_absent(column->options) &&
           alc_str_is_absent(column->generated) && !column->is_invisible &&
           (!has_default || word || is_literal(column->default_expr)) &&
           (!updates || (word && is_word(column->on_update)));
}

static bool is_regular_index(const struct alc_index *index)
{
    static const char *const methods[] = {"hash", "fulltext", "spatial"};
    bool known = alc_str_is_absent(index->method);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        known =
            known || (index->method.len == strlen(methods[i]) &&
                      memcmp(index->method.ptr, methods[i], index->method.len) == 0);
    }
    for (size_t i = 0; i < index->n_parts; i++) {
        if (index->parts[i].is_expr || !is_key_name(index->parts[i].text)) {
            return false;
        }
    }
    return known && is_key_name(index->name) && is_plain_comment(index->comment) &&
           !contains(index->comment, "PARTITION") &&
           alc_str_is_absent(index->options) && !index->is_invisible;
}

static bool is_regular_constraint(const struct alc_constraint *constraint)
{
    return are_key_names(&constraint->name, 1) &&
           are_key_names(constraint->columns, constraint->n_columns) &&
           are_key_names(constraint->ref_columns, constraint->n_ref_columns) &&
           is_key_name(constraint->ref_table) && is_key_name(constraint->ref_schema) &&
           !has_any(constraint->expr, "") && !contains(constraint->expr, "PARTITION");
}

bool alc_mysql_is_regular(const struct alc_table *table)
{
    if (table->kind != ALC_TABLE_ORDINARY || table->is_versioned ||
        !is_plain_name(table->name) || !is_plain_comment(table->comment) ||
        has_any(table->options, "'\"`\\")) {
        return false;
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        if (!is_regular_column(&table->columns[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        if (!is_regular_constraint(&table->constraints[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        if (!is_regular_index(&table->indexes[i])) {
            return false;
        }
    }
    return true;
}

/* --- keys ----------------------------------------------------------------------------
 */

static bool has_text(const struct alc_str *texts, size_t n, struct alc_str text)
{
    for (size_t i = 0; i < n; i++) {
        if (alc_str_eq(texts[i], text)) {
            return true;
        }
    }
    return false;
}

static bool has_part(const struct alc_index *index, struct alc_str column)
{
    for (size_t i = 0; i < index->n_parts; i++) {
        if (alc_str_eq(index->parts[i].text, column)) {
            return true;
        }
    }
    return false;
}

/* Whether the name is that of an index which the server makes for a foreign key: the
 * key's, or a column's. */
static bool is_implied(const struct alc_table *table, const struct alc_index *index)
{
    if (index->is_unique) {
        return false;
    }
    if (has_part(index, index->name)) {
        return true;
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct alc_constraint *key = &table->constraints[i];
        if (key->kind != ALC_FOREIGN_KEY || !alc_str_eq(key->name, index->name)) {
            continue;
        }
        for (size_t k = 0; k < key->n_columns; k++) {
            if (has_part(index, key->columns[k])) {
                return true;
            }
        }
    }
    return false;
}

static const struct alc_index *find_index(const struct alc_table *table,
                                          struct alc_str name)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        if (alc_str_eq(table->indexes[i].name, name)) {
            return &table->indexes[i];
        }
    }
    return NULL;
}

/* The unique constraint of that name, NULL if there is none. */
static const struct alc_constraint *find_unique(const struct alc_table *table,
                                                struct alc_str name)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct alc_constraint *unique = &table->constraints[i];
        if (unique->kind == ALC_UNIQUE && !alc_str_is_absent(unique->name) &&
            alc_str_eq(unique->name, name)) {
            return unique;
        }
    }
    return NULL;
}

/* The same columns, in the same order. */
static bool same_parts(const struct alc_index *a, const struct alc_index *b)
{
    bool same = a->n_parts == b->n_parts;
    for (size_t i = 0; same && i < a->n_parts; i++) {
        same = !b->parts[i].is_expr && alc_str_eq(a->parts[i].text, b->parts[i].text);
    }
    return same;
}

/* The same columns, in any order: neither has one twice. */
static bool same_columns(const struct alc_index *index,
                         const struct alc_constraint *unique)
{
    bool same = index->n_parts == unique->n_columns;
    for (size_t i = 0; same && i < index->n_parts; i++) {
        same = has_text(unique->columns, unique->n_columns, index->parts[i].text) &&
               has_part(index, unique->columns[i]);
    }
    return same;
}

/* Whether a constraint without a name is on the columns of a unique index. */
static bool is_wanted_nameless(const struct alc_table *wanted,
                               const struct alc_index *index)
{
    for (size_t i = 0; i < wanted->n_constraints; i++) {
        const struct alc_constraint *unique = &wanted->constraints[i];
        if (unique->kind == ALC_UNIQUE && alc_str_is_absent(unique->name) &&
            same_columns(index, unique)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct alc_table *wanted, const struct alc_index *index)
{
    const struct alc_constraint *unique = find_unique(wanted, index->name);
    const struct alc_index *same = find_index(wanted, index->name);
    if (unique && same) {
        return false; /* one of the two is lost */
    }
    if (unique) {
        return index->is_unique && same_columns(index, unique);
    }
    if (same) {
        return index->is_unique == same->is_unique && same_parts(index, same);
    }
    return index->is_unique && is_wanted_nameless(wanted, index);
}

static bool has_unique(const struct alc_table *actual,
                       const struct alc_constraint *unique)
{
    for (size_t i = 0; i < actual->n_indexes; i++) {
        const struct alc_index *index = &actual->indexes[i];
        if (index->is_unique && same_columns(index, unique) &&
            (alc_str_is_absent(unique->name) ||
             alc_str_eq(unique->name, index->name))) {
            return true;
        }
    }
    return false;
}

bool alc_mysql_same_keys(const struct alc_table *actual, const struct alc_table *wanted)
{
    for (size_t i = 0; i < actual->n_indexes; i++) {
        const struct alc_index *index = &actual->indexes[i];
        if (!is_implied(actual, index) && !is_wanted(wanted, index)) {
            return false;
        }
    }
    for (size_t i = 0; i < wanted->n_indexes; i++) {
        if (!find_index(actual, wanted->indexes[i].name)) {
            return false;
        }
    }
    for (size_t i = 0; i < wanted->n_constraints; i++) {
        const struct alc_constraint *unique = &wanted->constraints[i];
        if (unique->kind == ALC_UNIQUE && !has_unique(actual, unique)) {
            return false;
        }
    }
    return true;
}

/* --- foreign keys --------------------------------------------------------------------
 */

static bool same_texts(const struct alc_str *a, size_t n_a, const struct alc_str *b,
                       size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++) {
        same = alc_str_eq(a[i], b[i]);
    }
    return same;
}

bool alc_mysql_has_key_twice(const struct alc_table *table)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct alc_constraint *a = &table->constraints[i];
        for (size_t j = i + 1; a->kind == ALC_FOREIGN_KEY && j < table->n_constraints;
             j++) {
            const struct alc_constraint *b = &table->constraints[j];
            if (b->kind == ALC_FOREIGN_KEY && alc_str_eq(a->ref_table, b->ref_table) &&
                same_texts(a->columns, a->n_columns, b->columns, b->n_columns) &&
                same_texts(a->ref_columns, a->n_ref_columns, b->ref_columns,
                           b->n_ref_columns)) {
                return true;
            }
        }
    }
    return false;
}

bool alc_mysql_same_action(enum alc_fk_action actual, enum alc_fk_action wanted,
                           bool is_mariadb)
{
    bool unsaid = actual == ALC_NO_ACTION || (is_mariadb && actual == ALC_RESTRICT);
    return actual == wanted ||
           (unsaid && (wanted == ALC_NO_ACTION || wanted == ALC_RESTRICT));
}
