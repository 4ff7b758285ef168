/*
 * Keys and constraints in what SHOW CREATE TABLE prints.
 */
#include "mysql_parser.h"

struct alc_constraint *mysql_add_constraint(struct parser *p,
                                            enum alc_constraint_kind kind)
{
    struct alc_constraint *constraint = NULL;
    if (!failed(p)) {
        p->rc = alc_catalog_add_constraint(&constraint, p->catalog, p->table, p->err);
    }
    if (constraint) {
        constraint->kind = kind;
    }
    return constraint;
}

/* Names in parentheses. */
static void take_names(struct parser *p, struct alc_str **out, size_t *n_out)
{
    *n_out = 0;
    size_t n = failed(p) ? 0 : count_items(p);
    if (!failed(p)) {
        p->rc = alc_catalog_texts(out, p->catalog, n, p->err);
    }
    want_mark(p, '(');
    while (!failed(p) && *n_out < n) {
        (*out)[(*n_out)++] = take_name(p);
        if (!take_mark(p, ',')) {
            break;
        }
    }
    want_mark(p, ')');
}

/* --- indexes -------------------------------------------------------------------------
 */

static int64_t take_length(struct parser *p)
{
    int64_t length = 0;
    struct alc_str text = p->token.text;
    if (failed(p) || p->token.kind != SQL_NUMBER || text.len > 9) {
        refuse(p, "length of a prefix");
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            refuse(p, "length of a prefix");
            return 0;
        }
        length = length * 10 + (text.ptr[i] - '0');
    }
    advance(p);
    return length;
}

/* A column, perhaps the start of one, or an expression in parentheses. */
static void take_part(struct parser *p, struct alc_index_part *part)
{
    if (at_mark(p, '(')) {
        part->is_expr = true;
        part->text = take_parenthesised(p);
    } else {
        part->text = take_name(p);
        if (take_mark(p, '(')) {
            part->length = take_length(p);
            want_mark(p, ')');
        }
    }
    part->descending = take_word(p, "DESC");
    if (!part->descending) {
        take_word(p, "ASC");
    }
}

static void take_parts(struct parser *p, struct alc_index *index)
{
    size_t n = failed(p) ? 0 : count_items(p);
    want_mark(p, '(');
    if (failed(p)) {
        return;
    }
    index->parts = alc_arena_calloc(&p->catalog->arena, n, sizeof *index->parts);
    if (!index->parts) {
        p->rc = alc_error_nomem(p->err);
        return;
    }
    while (!failed(p) && index->n_parts < n) {
        take_part(p, &index->parts[index->n_parts++]);
        if (!take_mark(p, ',')) {
            break;
        }
    }
    want_mark(p, ')');
}

/* USING: how the index is built, absent for a B-tree; in small letters. */
static void take_using(struct parser *p, struct alc_str *method)
{
    *method = alc_str_absent();
    if (take_word(p, "HASH")) {
        *method = copy(p, (struct alc_str){"hash", 4});
    } else if (!take_word(p, "BTREE") && !take_word(p, "RTREE")) {
        refuse(p, "kind of index");
    }
}

/* What stands behind the columns of a key. */
static void take_key_options(struct parser *p, struct alc_index *index,
                             struct alc_str *method)
{
    while (!failed(p) && !at_mark(p, ',') && !at_mark(p, ')')) {
        if (take_word(p, "USING")) {
            take_using(p, method);
        } else if (take_word(p, "COMMENT")) {
            index->comment = take_string(p);
        } else if (take_word(p, "INVISIBLE") || take_word(p, "IGNORED")) {
            index->is_invisible = true;
        } else if (take_word(p, "WITH")) {
            want_word(p, "PARSER");
            struct alc_str parser = take_name(p);
            put_option_word(p, "parser=");
            put_option(p, parser, false, '\0');
        } else if (!mysql_take_option(p)) {
            refuse(p, "option of a key");
        }
    }
    index->options = take_options(p);
}

/* The primary key, as a constraint.  Its parts may have lengths and directions: then
 * its text is kept too. */
static void take_primary_key(struct parser *p)
{
    struct alc_index key = {0};
    struct alc_str method = alc_str_absent();
    want_word(p, "KEY");
    if (take_word(p, "USING")) {
        take_using(p, &method);
    }
    const char *from = p->token.text.ptr;
    take_parts(p, &key);
    struct alc_str written = text_since(p, from);
    bool is_plain = true;
    struct alc_constraint *constraint = mysql_add_constraint(p, ALC_PRIMARY_KEY);
    if (constraint) {
        p->rc =
            alc_catalog_texts(&constraint->columns, p->catalog, key.n_parts, p->err);
    }
    for (size_t i = 0; !failed(p) && i < key.n_parts; i++) {
        constraint->columns[constraint->n_columns++] = key.parts[i].text;
        is_plain = is_plain && !key.parts[i].length && !key.parts[i].descending;
    }
    if (!is_plain && !failed(p)) {
        constraint->expr = copy(p, (struct alc_str){written.ptr + 1, written.len - 2});
    }
    take_key_options(p, &key, &method);
}

/* Tables in memory have hash indexes where nothing else is said; the option stands
 * behind, so that `method` is settled when the table's options are known. */
static const char default_method[] = "";

static void take_key_of(struct parser *p, const char *kind, bool is_unique)
{
    struct alc_index *index = NULL;
    struct alc_str method = {default_method, 0};
    want_word(p, "KEY");
    if (!failed(p)) {
        p->rc = alc_catalog_add_index(&index, p->catalog, p->table, p->err);
    }
    if (!index) {
        return;
    }
    index->is_unique = is_unique;
    index->name = take_name(p);
    if (take_word(p, "USING")) {
        take_using(p, &method);
    }
    take_parts(p, index);
    take_key_options(p, index, &method);
    if (kind) {
        method = copy(p, (struct alc_str){kind, strlen(kind)});
    }
    index->method = method;
}

/* --- constraints ---------------------------------------------------------------------
 */

static void take_foreign_key(struct parser *p, struct alc_str name)
{
    want_word(p, "KEY");
    struct alc_constraint *key = mysql_add_constraint(p, ALC_FOREIGN_KEY);
    if (!key) {
        return;
    }
    key->name = name;
    if (!at_mark(p, '(')) {
        take_name(p); /* of the index, in old versions */
    }
    take_names(p, &key->columns, &key->n_columns);
    want_word(p, "REFERENCES");
    key->ref_table = take_name(p);
    if (take_mark(p, '.')) {
        key->ref_schema = key->ref_table;
        key->ref_table = take_name(p);
    }
    take_names(p, &key->ref_columns, &key->n_ref_columns);
    key->on_delete = p->session->is_mariadb ? ALC_RESTRICT : ALC_NO_ACTION;
    key->on_update = key->on_delete;
    if (take_word(p, "MATCH")) {
        take_match(p, key);
    }
    while (take_word(p, "ON")) {
        take_on(p, key);
    }
}

static void take_constraint(struct parser *p)
{
    struct alc_str name =
        at_word(p, "CHECK") || at_word(p, "FOREIGN") ? alc_str_absent() : take_name(p);
    if (take_word(p, "FOREIGN")) {
        take_foreign_key(p, name);
        return;
    }
    want_word(p, "CHECK");
    struct alc_constraint *constraint = mysql_add_constraint(p, ALC_CHECK);
    if (constraint) {
        constraint->name = name;
        constraint->expr = take_parenthesised(p);
        constraint->not_enforced = take_word(p, "NOT");
        if (constraint->not_enforced) {
            want_word(p, "ENFORCED");
        }
    }
}

bool mysql_take_key(struct parser *p)
{
    static const struct {
        const char *word, *method; /* absent: by its USING */
        bool is_unique;
    } kinds[] = {
        {"UNIQUE", NULL, true},
        {"FULLTEXT", "fulltext", false},
        {"SPATIAL", "spatial", false},
        {"VECTOR", "vector", false},
    };
    struct parser ahead = *p;
    advance(&ahead);
    bool key_follows = at_word(&ahead, "KEY");
    if (at_word(p, "KEY")) {
        take_key_of(p, NULL, false);
        return true;
    }
    if (take_word(p, "CONSTRAINT")) {
        take_constraint(p);
        return true;
    }
    if (at_word(p, "PERIOD") && at_word(&ahead, "FOR")) {
        refuse(p, "period");
        return true;
    }
    if (key_follows && take_word(p, "PRIMARY")) {
        take_primary_key(p);
        return true;
    }
    for (size_t i = 0; key_follows && i < sizeof kinds / sizeof *kinds; i++) {
        if (take_word(p, kinds[i].word)) {
            take_key_of(p, kinds[i].method, kinds[i].is_unique);
            return true;
        }
    }
    return false;
}
