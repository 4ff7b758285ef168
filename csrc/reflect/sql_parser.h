/*
 * What the parsers of CREATE statements share: one token in hand, and the small steps
 * that take or refuse it.
 *
 * A step does nothing once the parser has failed, so that a rule reads like the grammar
 * and asks only where it loops.  The outcome stands in `rc` and `unknown`.
 */
#ifndef ALC_REFLECT_SQL_PARSER_H
#define ALC_REFLECT_SQL_PARSER_H

#include <string.h>

#include "alc/buf.h"
#include "alc/catalog.h"
#include "sql_lexer.h"

struct alc_mysql_session;

struct parser {
    struct sql_lexer lexer;
    struct sql_token token; /* in hand, not used yet */
    size_t last_end;        /* where the token before it ended */
    struct alc_catalog *catalog;
    struct alc_table *table;
    struct alc_error *err;
    int rc;              /* ALC_E_NOMEM, or 0 */
    const char *unknown; /* what was not understood, or NULL */
    /* SQLite: */
    struct alc_str named; /* CONSTRAINT name, waiting for its constraint */
    /* MySQL and MariaDB: */
    const struct alc_mysql_session *session;
    struct alc_buf options; /* of what is being read: scratch */
};

static inline bool failed(const struct parser *p)
{
    return p->rc || p->unknown;
}

static inline void refuse(struct parser *p, const char *what)
{
    if (!failed(p)) {
        p->unknown = what;
    }
}

static inline void advance(struct parser *p)
{
    p->last_end = p->lexer.at;
    p->token = sql_next_token(&p->lexer);
    if (p->token.kind == SQL_INVALID) {
        refuse(p, "broken token");
    }
}

/* Begin with the first token; what the dialect has of its own is set before. */
static inline void start(struct parser *p, enum sql_dialect dialect,
                         struct alc_catalog *catalog, struct alc_table *table,
                         struct alc_str sql, struct alc_error *err)
{
    p->lexer.dialect = dialect;
    p->lexer.sql = sql;
    p->catalog = catalog;
    p->table = table;
    p->err = err;
    advance(p);
}

/* Say of the table what was not understood; returns the outcome. */
static inline int end(struct parser *p)
{
    if (!p->rc && p->unknown && alc_str_is_absent(p->table->opaque)) {
        p->table->opaque = (struct alc_str){p->unknown, strlen(p->unknown)};
    }
    return p->rc;
}

/* --- marks and words -----------------------------------------------------------------
 */

static inline bool at_mark(const struct parser *p, char mark)
{
    return sql_is_mark(p->token, mark);
}

static inline bool at_word(const struct parser *p, const char *word)
{
    return sql_is_word(p->token, word);
}

/* At the end of the statement, or at the mark for it. */
static inline bool at_end(const struct parser *p)
{
    return p->token.kind == SQL_END || at_mark(p, ';');
}

static inline bool take_mark(struct parser *p, char mark)
{
    bool there = !failed(p) && at_mark(p, mark);
    if (there) {
        advance(p);
    }
    return there;
}

static inline bool take_word(struct parser *p, const char *word)
{
    bool there = !failed(p) && at_word(p, word);
    if (there) {
        advance(p);
    }
    return there;
}

static inline void want_mark(struct parser *p, char mark)
{
    if (!take_mark(p, mark)) {
        refuse(p, "unexpected token");
    }
}

static inline void want_word(struct parser *p, const char *word)
{
    if (!take_word(p, word)) {
        refuse(p, "unexpected token");
    }
}

static inline void want_end(struct parser *p)
{
    take_mark(p, ';');
    if (p->token.kind != SQL_END) {
        refuse(p, "text behind the statement");
    }
}

/* --- text ----------------------------------------------------------------------------
 */

/* Text in the model. */
static inline struct alc_str copy(struct parser *p, struct alc_str text)
{
    struct alc_str out = alc_str_absent();
    if (!failed(p)) {
        p->rc = alc_catalog_text(&out, p->catalog, text, p->err);
    }
    return out;
}

/* The text from `from` to the end of the last token taken. */
static inline struct alc_str text_since(const struct parser *p, const char *from)
{
    const char *last = p->lexer.sql.ptr + p->last_end;
    return (struct alc_str){from, last > from ? (size_t)(last - from) : 0};
}

/* The same in the model: at least one token. */
static inline struct alc_str copy_since(struct parser *p, const char *from)
{
    struct alc_str text = text_since(p, from);
    if (!text.len) {
        refuse(p, "expression expected");
    }
    return copy(p, text);
}

/* A letter that stands for a character behind a backslash; others for themselves. */
static inline char unescaped(char c)
{
    switch (c) {
    case '0':
        return '\0';
    case 'b':
        return '\b';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'Z':
        return '\032';
    default:
        return c;
    }
}

/* A name or the content of a string in the model, out of its quotes. */
static inline struct alc_str unquoted(struct parser *p, struct sql_token token)
{
    if (token.kind == SQL_WORD || token.kind == SQL_NUMBER) {
        return copy(p, token.text);
    }
    char quote = token.text.ptr[token.text.len - 1];
    bool escapes = token.kind == SQL_STRING && p->lexer.escapes;
    struct alc_str inner = {token.text.ptr + 1, token.text.len - 2};
    char *room = alc_arena_alloc(&p->catalog->arena, inner.len + 1);
    struct alc_str out = {room, 0};
    if (!room) {
        p->rc = alc_error_nomem(p->err);
        return alc_str_absent();
    }
    for (size_t i = 0; i < inner.len; i++) {
        char c = inner.ptr[i];
        if (escapes && c == '\\' && i + 1 < inner.len) {
            c = unescaped(inner.ptr[++i]);
        } else {
            i += c == quote && quote != ']'; /* the second of a pair */
        }
        room[out.len++] = c;
    }
    return out;
}

/* SQLite also takes a string for a name. */
static inline bool at_name(const struct parser *p)
{
    return p->token.kind == SQL_WORD || p->token.kind == SQL_QUOTED ||
           (p->token.kind == SQL_STRING && p->lexer.dialect == SQL_SQLITE);
}

/* To MySQL 9num and 1e5 are names too, where no number may stand. */
static inline bool at_number_like_name(const struct parser *p)
{
    static const char marks[] = ".+-";
    bool is_name = p->token.kind == SQL_NUMBER && p->lexer.dialect == SQL_MYSQL;
    for (size_t i = 0; is_name && i < p->token.text.len; i++) {
        is_name = !memchr(marks, p->token.text.ptr[i], sizeof marks - 1);
    }
    return is_name;
}

static inline struct alc_str take_name(struct parser *p)
{
    if (failed(p) || (!at_name(p) && !at_number_like_name(p))) {
        refuse(p, "name expected");
        return alc_str_absent();
    }
    struct alc_str name = unquoted(p, p->token);
    advance(p);
    return name;
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* --- parentheses ---------------------------------------------------------------------
 */

/* Pass over what is between parentheses, and over these; returns what is between, as
 * written; absent when failed. */
static inline struct alc_str skip_parenthesised(struct parser *p)
{
    const char *from = p->token.text.ptr;
    size_t depth = 1;
    want_mark(p, '(');
    while (depth && !failed(p)) {
        if (p->token.kind == SQL_END) {
            refuse(p, "open parenthesis");
        }
        depth += at_mark(p, '(');
        depth -= at_mark(p, ')');
        advance(p);
    }
    struct alc_str text = text_since(p, from);
    return failed(p) ? alc_str_absent() : (struct alc_str){text.ptr + 1, text.len - 2};
}

/* How many items stand in the list that begins here, with the parenthesis. */
static inline size_t count_items(const struct parser *p)
{
    struct parser ahead = *p;
    size_t depth = 0, n = 1;
    do {
        depth += at_mark(&ahead, '(');
        depth -= at_mark(&ahead, ')');
        n += depth == 1 && at_mark(&ahead, ',');
        advance(&ahead);
    } while (depth && !failed(&ahead) && ahead.token.kind != SQL_END);
    return n;
}

/* --- foreign keys --------------------------------------------------------------------
 */

static inline enum alc_fk_action take_action(struct parser *p)
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

static inline void take_match(struct parser *p, struct alc_constraint *key)
{
    if (take_word(p, "FULL")) {
        key->match = ALC_MATCH_FULL;
    } else if (take_word(p, "PARTIAL")) {
        key->match = ALC_MATCH_PARTIAL;
    } else {
        want_word(p, "SIMPLE");
    }
}

/* What is done ON DELETE and ON UPDATE, behind the ON. */
static inline void take_on(struct parser *p, struct alc_constraint *key)
{
    bool is_delete = take_word(p, "DELETE");
    if (!is_delete) {
        want_word(p, "UPDATE");
    }
    enum alc_fk_action action = take_action(p);
    *(is_delete ? &key->on_delete : &key->on_update) = action;
}

#endif
