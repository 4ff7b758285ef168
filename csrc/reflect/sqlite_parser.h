/*
 * What the parsers of SQLite's statements share: one token in hand, and the small steps
 * that take or refuse it.
 *
 * A step does nothing once the parser has failed, so that a rule reads like the grammar
 * and asks only where it loops.  The outcome stands in `rc` and `unknown`.
 */
#ifndef ALC_REFLECT_SQLITE_PARSER_H
#define ALC_REFLECT_SQLITE_PARSER_H

#include <string.h>

#include "alc/sqlite.h"
#include "sqlite_lexer.h"

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
    p->token = sqlite_next_token(&p->lexer);
    if (p->token.kind == SQLITE_INVALID) {
        refuse(p, "broken token");
    }
}

static inline bool at_mark(const struct parser *p, char mark)
{
    return sqlite_is_mark(p->token, mark);
}

static inline bool at_word(const struct parser *p, const char *word)
{
    return sqlite_is_word(p->token, word);
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

static inline struct alc_str copy(struct parser *p, struct alc_str text)
{
    struct alc_str out = alc_str_absent();
    if (!failed(p)) {
        p->rc = alc_catalog_text(&out, p->catalog, text, p->err);
    }
    return out;
}

/* The text from a token's start to the end of the last token taken: at least one. */
static inline struct alc_str copy_since(struct parser *p, const char *from)
{
    const char *end = p->lexer.sql.ptr + p->last_end;
    if (end <= from) {
        refuse(p, "expression expected");
        return alc_str_absent();
    }
    return copy(p, (struct alc_str){from, (size_t)(end - from)});
}

/* A name in the model, out of its quotes. */
static inline struct alc_str unquoted(struct parser *p, struct sqlite_token token)
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

static inline bool at_name(const struct parser *p)
{
    return p->token.kind == SQLITE_WORD || p->token.kind == SQLITE_QUOTED ||
           p->token.kind == SQLITE_STRING;
}

static inline struct alc_str take_name(struct parser *p)
{
    if (failed(p) || !at_name(p)) {
        refuse(p, "name expected");
        return alc_str_absent();
    }
    struct alc_str name = unquoted(p, p->token);
    advance(p);
    return name;
}

static inline struct alc_str trimmed(struct alc_str text)
{
    static const char blanks[] = " \t\n\f\r";
    while (text.len && memchr(blanks, text.ptr[0], sizeof blanks - 1)) {
        text.ptr++;
        text.len--;
    }
    while (text.len && memchr(blanks, text.ptr[text.len - 1], sizeof blanks - 1)) {
        text.len--;
    }
    return text;
}

/* The text between parentheses as SQLite keeps it: with comments, without the white
 * space at both ends. */
static inline struct alc_str take_parenthesised(struct parser *p)
{
    size_t depth = 1;
    want_mark(p, '(');
    const char *from = p->lexer.sql.ptr + p->last_end, *end = from;
    while (depth && !failed(p)) {
        if (p->token.kind == SQLITE_END) {
            refuse(p, "open parenthesis");
        } else if (at_mark(p, '(')) {
            depth++;
        } else if (at_mark(p, ')')) {
            depth--;
            end = p->token.text.ptr;
        }
        advance(p);
    }
    return failed(p) ? alc_str_absent()
                     : copy(p, trimmed((struct alc_str){from, (size_t)(end - from)}));
}

/*
 * Names in parentheses, each perhaps with COLLATE and a direction; with any of those
 * *as_written is all of the list, else absent.  Two passes over the tokens: count, then
 * fill.
 */
static inline void take_names(struct parser *p, struct alc_str **out, size_t *n_out,
                              struct alc_str *as_written)
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
    *as_written = alc_str_absent();
    bool is_plain = true;
    want_mark(p, '(');
    const char *from = p->token.text.ptr;
    while (!failed(p) && *n_out < n) {
        (*out)[(*n_out)++] = take_name(p);
        if (take_word(p, "COLLATE")) {
            take_name(p);
            is_plain = false;
        }
        if (take_word(p, "DESC")) {
            is_plain = false;
        } else {
            take_word(p, "ASC");
        }
        if (!take_mark(p, ',')) {
            break;
        }
    }
    if (!is_plain) {
        *as_written = copy_since(p, from);
    }
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* SQLite's rule for names: the case of ASCII letters does not count. */
static inline bool same_name(struct alc_str a, struct alc_str b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && lower(a.ptr[i]) == lower(b.ptr[i])) {
        i++;
    }
    return i == a.len && i == b.len;
}

static inline struct alc_column *column_named(struct alc_table *table,
                                              struct alc_str name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (same_name(table->columns[i].name, name)) {
            return &table->columns[i];
        }
    }
    return NULL;
}

static inline void start(struct parser *p, struct alc_catalog *catalog,
                         struct alc_table *table, struct alc_str sql,
                         struct alc_error *err)
{
    memset(p, 0, sizeof *p);
    p->lexer.sql = sql;
    p->catalog = catalog;
    p->table = table;
    p->err = err;
    advance(p);
}

static inline int end(struct parser *p)
{
    if (!p->rc && p->unknown && alc_str_is_absent(p->table->opaque)) {
        p->table->opaque.ptr = p->unknown; /* a literal */
        p->table->opaque.len = strlen(p->unknown);
    }
    return p->rc;
}

#endif
