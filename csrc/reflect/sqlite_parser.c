/*
 * A parser for the CREATE TABLE and CREATE INDEX statements that SQLite stores.
 *
 * It goes from left to right with one token in hand and no recursion: expressions are
 * taken as text between balanced parentheses.  Whatever it does not know makes the
 * table opaque, so that what it says of the others holds to the last token.
 */
#include "sqlite_lexer.h"

#include <string.h>

#include "alc/sqlite.h"

struct parser {
    struct sqlite_lexer lexer;
    struct sqlite_token token; /* in hand, not used yet */
    size_t last_end;           /* where the token before it ended */
    struct alc_catalog *catalog;
    struct alc_table *table;
    struct alc_error *err;
    int rc;               /* ALC_E_NOMEM, or 0 */
    const char *unknown;  /* what was not understood, or NULL */
    struct alc_str named; /* CONSTRAINT name, waiting for its constraint */
};

static bool failed(const struct parser *p)
{
    return p->rc || p->unknown;
}

static void refuse(struct parser *p, const char *what)
{
    if (!failed(p)) {
        p->unknown = what;
    }
}

static void advance(struct parser *p)
{
    p->last_end = p->lexer.at;
    p->token = sqlite_next_token(&p->lexer);
    if (p->token.kind == SQLITE_INVALID) {
        refuse(p, "broken token");
    }
}

static bool at_mark(const struct parser *p, char mark)
{
    return sqlite_is_mark(p->token, mark);
}

static bool at_word(const struct parser *p, const char *word)
{
    return sqlite_is_word(p->token, word);
}

static bool take_mark(struct parser *p, char mark)
{
    bool there = !failed(p) && at_mark(p, mark);
    if (there) {
        advance(p);
    }
    return there;
}

static bool take_word(struct parser *p, const char *word)
{
    bool there = !failed(p) && at_word(p, word);
    if (there) {
        advance(p);
    }
    return there;
}

static void want_mark(struct parser *p, char mark)
{
    if (!take_mark(p, mark)) {
        refuse(p, "unexpected token");
    }
}

static void want_word(struct parser *p, const char *word)
{
    if (!take_word(p, word)) {
        refuse(p, "unexpected token");
    }
}

static struct alc_str copy(struct parser *p, struct alc_str text)
{
    struct alc_str out = alc_str_absent();
    if (!failed(p)) {
        p->rc = alc_catalog_text(&out, p->catalog, text, p->err);
    }
    return out;
}

/* A name in the model, out of its quotes. */
static struct alc_str unquoted(struct parser *p, struct sqlite_token token)
{
    if (token.kind == SQLITE_WORD) {
        return copy(p, token.text);
    }
    char quote = token.text.ptr[token.text.len - 1];
    struct alc_str inner = {token.text.ptr + 1, token.text.len - 2};
    char *room = alc_arena_alloc(&p->catalog->arena, inner.len + 1);
    struct alc_str out = {room, 0};
    if (!room) {
        p->rc = alc_error_nomem(p->err);
        return alc_str_absent();
    }
    for (size_t i = 0; i < inner.len; i++) {
        room[out.len++] = inner.ptr[i];
        i += inner.ptr[i] == quote && quote != ']'; /* the second of a pair */
    }
    return out;
}

static bool at_name(const struct parser *p)
{
    return p->token.kind == SQLITE_WORD || p->token.kind == SQLITE_QUOTED ||
           p->token.kind == SQLITE_STRING;
}

static struct alc_str take_name(struct parser *p)
{
    if (failed(p) || !at_name(p)) {
        refuse(p, "name expected");
        return alc_str_absent();
    }
    struct alc_str name = unquoted(p, p->token);
    advance(p);
    return name;
}

/* The text between parentheses, without them and the white space inside them. */
static struct alc_str take_parenthesised(struct parser *p)
{
    struct alc_str text = alc_str_absent();
    size_t depth = 1, start, end = 0;
    want_mark(p, '(');
    if (failed(p)) {
        return text;
    }
    start = (size_t)(p->token.text.ptr - p->lexer.sql.ptr);
    while (depth && !failed(p)) {
        if (p->token.kind == SQLITE_END) {
            refuse(p, "open parenthesis");
        } else if (at_mark(p, '(')) {
            depth++;
        } else if (at_mark(p, ')')) {
            depth--;
            end = p->last_end;
        }
        advance(p);
    }
    text.ptr = p->lexer.sql.ptr + start;
    text.len = end > start ? end - start : 0;
    return copy(p, text);
}

/* Names in parentheses, each perhaps with COLLATE and a direction that do not matter
 * for a constraint.  Two passes over the tokens: count, then fill. */
static void take_names(struct parser *p, struct alc_str **out, size_t *n_out)
{
    struct parser ahead = *p;
    size_t depth = 0, n = 1;
    do {
        depth += at_mark(&ahead, '(');
        depth -= at_mark(&ahead, ')');
        n += at_mark(&ahead, ',');
        advance(&ahead);
    } while (depth && !failed(&ahead) && ahead.token.kind != SQLITE_END);
    if (!failed(p)) {
        p->rc = alc_catalog_texts(out, p->catalog, n, p->err);
    }
    *n_out = 0;
    want_mark(p, '(');
    while (!failed(p) && *n_out < n) {
        (*out)[(*n_out)++] = take_name(p);
        if (take_word(p, "COLLATE")) {
            take_name(p);
        }
        if (!take_word(p, "ASC")) {
            take_word(p, "DESC");
        }
        if (!take_mark(p, ',')) {
            break;
        }
    }
    want_mark(p, ')');
}

/* --- constraints ---------------------------------------------------------------------
 */

static struct alc_constraint *add_constraint(struct parser *p,
                                             enum alc_constraint_kind kind)
{
    struct alc_constraint *constraint = NULL;
    if (!failed(p)) {
        p->rc = alc_catalog_add_constraint(&constraint, p->catalog, p->table, p->err);
    }
    if (constraint) {
        constraint->kind = kind;
        constraint->name = p->named;
    }
    p->named = alc_str_absent();
    return constraint;
}

/* A constraint on one column. */
static void set_column(struct parser *p, struct alc_constraint *constraint,
                       struct alc_str name)
{
    if (!failed(p)) {
        p->rc = alc_catalog_texts(&constraint->columns, p->catalog, 1, p->err);
    }
    if (!failed(p)) {
        constraint->columns[0] = name;
        constraint->n_columns = 1;
    }
}

static void take_conflict(struct parser *p, struct alc_constraint *constraint)
{
    if (take_word(p, "ON")) {
        want_word(p, "CONFLICT");
        struct alc_str how = take_name(p);
        if (constraint) {
            constraint->conflict = how;
        }
    }
}

static enum alc_fk_action take_action(struct parser *p)
{
    if (take_word(p, "SET")) {
        if (take_word(p, "NULL")) {
            return ALC_SET_NULL;
        }
        want_word(p, "DEFAULT");
        return ALC_SET_DEFAULT;
    }
    if (take_word(p, "CASCADE")) {
        return ALC_CASCADE;
    }
    if (take_word(p, "RESTRICT")) {
        return ALC_RESTRICT;
    }
    want_word(p, "NO");
    want_word(p, "ACTION");
    return ALC_NO_ACTION;
}

static void take_match(struct parser *p, struct alc_constraint *constraint)
{
    if (take_word(p, "FULL")) {
        constraint->match = ALC_MATCH_FULL;
    } else if (take_word(p, "PARTIAL")) {
        constraint->match = ALC_MATCH_PARTIAL;
    } else {
        want_word(p, "SIMPLE");
    }
}

/* [NOT] DEFERRABLE [INITIALLY ...]; `constraint` is the one before, or NULL. */
static void take_deferrable(struct parser *p, struct alc_constraint *constraint,
                            bool deferrable)
{
    want_word(p, "DEFERRABLE");
    bool initially = take_word(p, "INITIALLY");
    bool deferred = initially && take_word(p, "DEFERRED");
    if (initially && !deferred) {
        want_word(p, "IMMEDIATE");
    }
    if (!constraint) {
        refuse(p, "DEFERRABLE without a foreign key");
        return;
    }
    constraint->deferrable = deferrable;
    constraint->initially_deferred = deferrable && deferred;
}

/* From REFERENCES' table on. */
static void take_reference(struct parser *p, struct alc_constraint *constraint)
{
    struct alc_str table = take_name(p);
    if (failed(p) || !constraint) {
        return;
    }
    constraint->ref_table = table;
    if (at_mark(p, '(')) {
        take_names(p, &constraint->ref_columns, &constraint->n_ref_columns);
    }
    while (!failed(p)) {
        if (take_word(p, "ON")) {
            bool is_delete = take_word(p, "DELETE");
            if (!is_delete) {
                want_word(p, "UPDATE");
            }
            enum alc_fk_action action = take_action(p);
            *(is_delete ? &constraint->on_delete : &constraint->on_update) = action;
        } else if (take_word(p, "MATCH")) {
            take_match(p, constraint);
        } else {
            break;
        }
    }
    /* NOT may also begin NOT NULL: look at the word behind it. */
    struct parser ahead = *p;
    bool negated = take_word(&ahead, "NOT");
    if (!failed(p) && at_word(&ahead, "DEFERRABLE")) {
        if (negated) {
            advance(p);
        }
        take_deferrable(p, constraint, !negated);
    }
}

/* --- columns -------------------------------------------------------------------------
 */

static const char *const after_type[] = {
    "CONSTRAINT", "PRIMARY", "NOT",        "NULL",      "UNIQUE", "CHECK",
    "DEFAULT",    "COLLATE", "REFERENCES", "GENERATED", "AS",     "ON",
};

static bool at_type_word(const struct parser *p)
{
    for (size_t i = 0; i < sizeof after_type / sizeof *after_type; i++) {
        if (at_word(p, after_type[i])) {
            return false;
        }
    }
    return at_name(p);
}

static void put(struct parser *p, struct alc_buf *buf, struct alc_str text)
{
    if (!failed(p)) {
        p->rc = alc_buf_append(buf, text.ptr, text.len, p->err);
    }
}

/* A number of a type's parameters, with its sign. */
static void put_number(struct parser *p, struct alc_buf *buf)
{
    if (at_mark(p, '+') || at_mark(p, '-')) {
        put(p, buf, p->token.text);
        advance(p);
    }
    if (p->token.kind != SQLITE_NUMBER) {
        refuse(p, "type parameter");
    }
    put(p, buf, p->token.text);
    advance(p);
}

/*
 * A type in capitals, words parted by one space, parameters by a comma: types are
 * compared without regard to case.  Absent when the column has none.
 */
static struct alc_str take_type(struct parser *p)
{
    struct alc_buf buf;
    struct alc_str type = alc_str_absent();
    alc_buf_init(&buf);
    while (!failed(p) && at_type_word(p)) {
        if (buf.len) {
            put(p, &buf, (struct alc_str){" ", 1});
        }
        if (p->token.kind != SQLITE_WORD) {
            refuse(p, "quoted type");
        }
        put(p, &buf, p->token.text);
        advance(p);
    }
    for (size_t i = 0; i < buf.len; i++) {
        char c = buf.ptr[i];
        buf.ptr[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    if (buf.len && at_mark(p, '(')) {
        put(p, &buf, p->token.text);
        advance(p);
        put_number(p, &buf);
        if (at_mark(p, ',')) {
            put(p, &buf, p->token.text);
            advance(p);
            put_number(p, &buf);
        }
        put(p, &buf, (struct alc_str){")", 1});
        want_mark(p, ')');
    }
    if (buf.len) {
        type = copy(p, (struct alc_str){buf.ptr, buf.len});
    }
    alc_buf_release(&buf);
    return type;
}

/* DEFAULT's value as the pragma prints it: as written, (expr) without parentheses. */
static struct alc_str take_default(struct parser *p)
{
    if (at_mark(p, '(')) {
        return take_parenthesised(p);
    }
    struct alc_str text = p->token.text;
    if (at_mark(p, '+') || at_mark(p, '-')) {
        advance(p);
    }
    text.len = (size_t)(p->token.text.ptr + p->token.text.len - text.ptr);
    switch (p->token.kind) {
    case SQLITE_NUMBER:
    case SQLITE_STRING:
    case SQLITE_BLOB:
    case SQLITE_WORD:
    case SQLITE_QUOTED:
        break;
    default:
        refuse(p, "default");
    }
    advance(p);
    return copy(p, text);
}

static void take_generated(struct parser *p, struct alc_column *column)
{
    column->generated = take_parenthesised(p);
    column->generated_kind =
        take_word(p, "STORED") ? ALC_GENERATED_STORED : ALC_GENERATED_VIRTUAL;
    take_word(p, "VIRTUAL");
}

static void take_primary_key(struct parser *p, struct alc_str column)
{
    want_word(p, "KEY");
    if (!take_word(p, "ASC")) {
        take_word(p, "DESC");
    }
    struct alc_constraint *constraint = add_constraint(p, ALC_PRIMARY_KEY);
    set_column(p, constraint, column);
    take_conflict(p, constraint);
    p->table->autoincrement |= take_word(p, "AUTOINCREMENT");
}

/* One constraint of a column; false when there is none. */
static bool take_column_constraint(struct parser *p, struct alc_column *column)
{
    struct alc_constraint *constraint;
    if (take_word(p, "CONSTRAINT")) {
        p->named = take_name(p);
        return true;
    }
    if (take_word(p, "PRIMARY")) {
        take_primary_key(p, column->name);
    } else if (take_word(p, "NOT")) {
        want_word(p, "NULL");
        take_conflict(p, NULL);
        column->not_null = true;
    } else if (take_word(p, "NULL")) {
        take_conflict(p, NULL);
    } else if (take_word(p, "UNIQUE")) {
        constraint = add_constraint(p, ALC_UNIQUE);
        set_column(p, constraint, column->name);
        take_conflict(p, constraint);
    } else if (take_word(p, "CHECK")) {
        struct alc_str expr = take_parenthesised(p);
        constraint = add_constraint(p, ALC_CHECK);
        if (constraint) {
            constraint->expr = expr;
        }
    } else if (take_word(p, "DEFAULT")) {
        column->default_expr = take_default(p);
    } else if (take_word(p, "COLLATE")) {
        column->collation = take_name(p);
    } else if (take_word(p, "REFERENCES")) {
        constraint = add_constraint(p, ALC_FOREIGN_KEY);
        set_column(p, constraint, column->name);
        take_reference(p, constraint);
    } else if (take_word(p, "GENERATED")) {
        want_word(p, "ALWAYS");
        want_word(p, "AS");
        take_generated(p, column);
    } else if (take_word(p, "AS")) {
        take_generated(p, column);
    } else {
        return false;
    }
    p->named = alc_str_absent(); /* a name counts for the constraint behind it only */
    return true;
}

static void take_column(struct parser *p)
{
    struct alc_column *column = NULL;
    if (!failed(p)) {
        p->rc = alc_catalog_add_column(&column, p->catalog, p->table, p->err);
    }
    if (!column) {
        return;
    }
    column->name = take_name(p);
    column->type = take_type(p);
    while (!failed(p) && take_column_constraint(p, column)) {
    }
    p->named = alc_str_absent();
}

/* --- tables --------------------------------------------------------------------------
 */

static const char *const table_constraint_words[] = {
    "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN",
};

static bool at_table_constraint(const struct parser *p)
{
    size_t n = sizeof table_constraint_words / sizeof *table_constraint_words;
    for (size_t i = 0; i < n; i++) {
        if (at_word(p, table_constraint_words[i])) {
            return true;
        }
    }
    return false;
}

static void take_table_constraint(struct parser *p)
{
    if (take_word(p, "CONSTRAINT")) {
        p->named = take_name(p);
    }
    bool is_primary = take_word(p, "PRIMARY");
    if (is_primary || take_word(p, "UNIQUE")) {
        if (is_primary) {
            want_word(p, "KEY");
        }
        struct alc_constraint *constraint =
            add_constraint(p, is_primary ? ALC_PRIMARY_KEY : ALC_UNIQUE);
        if (constraint) {
            take_names(p, &constraint->columns, &constraint->n_columns);
            take_conflict(p, constraint);
        }
    } else if (take_word(p, "CHECK")) {
        struct alc_str expr = take_parenthesised(p);
        struct alc_constraint *constraint = add_constraint(p, ALC_CHECK);
        if (constraint) {
            constraint->expr = expr;
            take_conflict(p, constraint);
        }
    } else {
        want_word(p, "FOREIGN");
        want_word(p, "KEY");
        struct alc_constraint *constraint = add_constraint(p, ALC_FOREIGN_KEY);
        if (constraint) {
            take_names(p, &constraint->columns, &constraint->n_columns);
            want_word(p, "REFERENCES");
            take_reference(p, constraint);
        }
    }
}

static void take_table_options(struct parser *p)
{
    while (!failed(p) && p->token.kind != SQLITE_END && !at_mark(p, ';')) {
        if (take_word(p, "WITHOUT")) {
            want_word(p, "ROWID");
            p->table->without_rowid = true;
        } else {
            want_word(p, "STRICT");
            p->table->strict = true;
        }
        if (!take_mark(p, ',')) {
            break;
        }
    }
    take_mark(p, ';');
    if (p->token.kind != SQLITE_END) {
        refuse(p, "text behind the statement");
    }
}

static struct alc_column *column_named(struct alc_table *table, struct alc_str name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (alc_str_eq(table->columns[i].name, name)) {
            return &table->columns[i];
        }
    }
    return NULL;
}

/* The key of a table WITHOUT ROWID is NOT NULL by itself. */
static void harden_key(struct alc_table *table)
{
    for (size_t i = 0; table->without_rowid && i < table->n_constraints; i++) {
        struct alc_constraint *key = &table->constraints[i];
        for (size_t k = 0; key->kind == ALC_PRIMARY_KEY && k < key->n_columns; k++) {
            struct alc_column *column = column_named(table, key->columns[k]);
            if (column) {
                column->not_null = true;
            }
        }
    }
}

static void start(struct parser *p, struct alc_catalog *catalog,
                  struct alc_table *table, struct alc_str sql, struct alc_error *err)
{
    memset(p, 0, sizeof *p);
    p->lexer.sql = sql;
    p->catalog = catalog;
    p->table = table;
    p->err = err;
    advance(p);
}

static int end(struct parser *p)
{
    if (!p->rc && p->unknown && alc_str_is_absent(p->table->opaque)) {
        p->table->opaque.ptr = p->unknown; /* a literal */
        p->table->opaque.len = strlen(p->unknown);
    }
    return p->rc;
}

/* The statement's own name of the object: it is known already. */
static void skip_object_name(struct parser *p)
{
    if (take_word(p, "IF")) {
        want_word(p, "NOT");
        want_word(p, "EXISTS");
    }
    take_name(p);
    if (take_mark(p, '.')) {
        take_name(p);
    }
}

int alc_sqlite_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err)
{
    struct parser p;
    start(&p, catalog, table, sql, err);
    want_word(&p, "CREATE");
    if (take_word(&p, "VIRTUAL")) {
        table->kind = ALC_TABLE_VIRTUAL;
        refuse(&p, "virtual table");
    }
    if (take_word(&p, "TEMP") || take_word(&p, "TEMPORARY")) {
        table->is_temporary = true;
    }
    want_word(&p, "TABLE");
    skip_object_name(&p);
    want_mark(&p, '(');
    do {
        take_column(&p);
    } while (!failed(&p) && take_mark(&p, ',') && !at_table_constraint(&p));
    /* Commas between table constraints may be left out. */
    while (!failed(&p) && at_table_constraint(&p)) {
        take_table_constraint(&p);
        take_mark(&p, ',');
    }
    want_mark(&p, ')');
    take_table_options(&p);
    harden_key(table);
    return end(&p);
}

/* --- indexes -------------------------------------------------------------------------
 */

/* Whether the token in hand is all of an indexed column: what follows ends it. */
static bool is_plain_column(const struct parser *p)
{
    struct parser ahead = *p;
    advance(&ahead);
    return at_name(p) && (at_mark(&ahead, ',') || at_mark(&ahead, ')') ||
                          at_word(&ahead, "COLLATE") || at_word(&ahead, "ASC") ||
                          at_word(&ahead, "DESC"));
}

/* An expression up to a comma, the end or a direction outside its parentheses. */
static struct alc_str take_expression(struct parser *p)
{
    const char *from = p->token.text.ptr;
    size_t depth = 0;
    while (!failed(p) && p->token.kind != SQLITE_END) {
        bool ends = at_mark(p, ',') || at_mark(p, ')') || at_word(p, "ASC") ||
                    at_word(p, "DESC");
        if (!depth && ends) {
            break;
        }
        depth += at_mark(p, '(');
        depth -= at_mark(p, ')');
        advance(p);
    }
    struct alc_str text = {from, (size_t)(p->lexer.sql.ptr + p->last_end - from)};
    return copy(p, text);
}

static void take_index_part(struct parser *p, struct alc_index_part *part)
{
    if (is_plain_column(p)) {
        part->text = take_name(p);
        /* A quoted name that is no column is a string, by an old habit of SQLite. */
        part->is_expr = !column_named(p->table, part->text);
        if (take_word(p, "COLLATE")) {
            part->collation = take_name(p);
        }
    } else {
        part->is_expr = true;
        part->text = take_expression(p);
    }
    part->descending = take_word(p, "DESC");
    if (!part->descending) {
        take_word(p, "ASC");
    }
}

static void take_index_parts(struct parser *p, struct alc_index *index)
{
    size_t cap = 0;
    want_mark(p, '(');
    do {
        if (index->n_parts == cap) {
            size_t wanted = cap ? cap * 2 : 4;
            struct alc_index_part *parts =
                alc_arena_calloc(&p->catalog->arena, wanted, sizeof *parts);
            if (!parts) {
                p->rc = alc_error_nomem(p->err);
                return;
            }
            if (cap) {
                memcpy(parts, index->parts, cap * sizeof *parts);
            }
            index->parts = parts;
            cap = wanted;
        }
        take_index_part(p, &index->parts[index->n_parts++]);
    } while (take_mark(p, ','));
    want_mark(p, ')');
}

int alc_sqlite_parse_index(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err)
{
    struct parser p;
    struct alc_index *index;
    start(&p, catalog, table, sql, err);
    p.rc = alc_catalog_add_index(&index, catalog, table, err);
    if (p.rc) {
        return p.rc;
    }
    want_word(&p, "CREATE");
    index->is_unique = take_word(&p, "UNIQUE");
    want_word(&p, "INDEX");
    if (take_word(&p, "IF")) {
        want_word(&p, "NOT");
        want_word(&p, "EXISTS");
    }
    index->name = take_name(&p);
    if (take_mark(&p, '.')) {
        index->name = take_name(&p);
    }
    want_word(&p, "ON");
    take_name(&p);
    if (!failed(&p)) {
        take_index_parts(&p, index);
    }
    if (take_word(&p, "WHERE")) {
        struct alc_str text = {p.token.text.ptr, 0};
        while (!failed(&p) && p.token.kind != SQLITE_END && !at_mark(&p, ';')) {
            advance(&p);
        }
        text.len = (size_t)(p.lexer.sql.ptr + p.last_end - text.ptr);
        index->predicate = copy(&p, text);
    }
    take_mark(&p, ';');
    if (p.token.kind != SQLITE_END) {
        refuse(&p, "text behind the statement");
    }
    return end(&p);
}
