/*
 * What the parsers of SHOW CREATE TABLE share: one token in hand, and the small steps
 * that take or refuse it.
 *
 * A step does nothing once the parser has failed, so that a rule reads like the grammar
 * and asks only where it loops.  The outcome stands in `rc` and `unknown`.
 */
#ifndef ALC_REFLECT_MYSQL_PARSER_H
#define ALC_REFLECT_MYSQL_PARSER_H

#include <string.h>

#include "alc/buf.h"
#include "alc/mysql.h"
#include "mysql_lexer.h"

struct parser {
    struct mysql_lexer lexer;
    struct mysql_token token; /* in hand, not used yet */
    size_t last_end;          /* where the token before it ended */
    const struct alc_mysql_session *session;
    struct alc_catalog *catalog;
    struct alc_table *table;
    struct alc_buf options; /* of what is being read: scratch */
    struct alc_error *err;
    int rc;              /* ALC_E_NOMEM, or 0 */
    const char *unknown; /* what was not understood, or NULL */
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
    p->token = mysql_next_token(&p->lexer);
    if (p->token.kind == MYSQL_INVALID) {
        refuse(p, "broken token");
    }
}

static inline bool at_mark(const struct parser *p, char mark)
{
    return mysql_is_mark(p->token, mark);
}

static inline bool at_word(const struct parser *p, const char *word)
{
    return mysql_is_word(p->token, word);
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

/* The text from `from` to the end of the last token taken. */
static inline struct alc_str text_since(const struct parser *p, const char *from)
{
    const char *end = p->lexer.sql.ptr + p->last_end;
    struct alc_str text = {from, end > from ? (size_t)(end - from) : 0};
    return text;
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

/* The content of a token in quotes, in the model. */
static inline struct alc_str unquoted(struct parser *p, struct mysql_token token)
{
    char quote = token.text.ptr[0];
    bool escapes = token.kind == MYSQL_STRING && !p->session->no_backslash_escapes;
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
        } else if (c == quote) {
            i++; /* the second of a pair */
        }
        room[out.len++] = c;
    }
    return out;
}

static inline bool at_name(const struct parser *p)
{
    return p->token.kind == MYSQL_WORD || p->token.kind == MYSQL_QUOTED;
}

static inline struct alc_str take_name(struct parser *p)
{
    if (failed(p) || !at_name(p)) {
        refuse(p, "name expected");
        return alc_str_absent();
    }
    struct alc_str name =
        p->token.kind == MYSQL_WORD ? copy(p, p->token.text) : unquoted(p, p->token);
    advance(p);
    return name;
}

static inline struct alc_str take_string(struct parser *p)
{
    if (failed(p) || p->token.kind != MYSQL_STRING) {
        refuse(p, "string expected");
        return alc_str_absent();
    }
    struct alc_str text = unquoted(p, p->token);
    advance(p);
    return text;
}

/* Pass over what is between parentheses, and over these. */
static inline void skip_parenthesised(struct parser *p)
{
    size_t depth = 1;
    want_mark(p, '(');
    while (depth && !failed(p)) {
        if (p->token.kind == MYSQL_END) {
            refuse(p, "open parenthesis");
        }
        depth += at_mark(p, '(');
        depth -= at_mark(p, ')');
        advance(p);
    }
}

/* The text between parentheses, without these. */
static inline struct alc_str take_parenthesised(struct parser *p)
{
    const char *from = p->token.text.ptr;
    skip_parenthesised(p);
    struct alc_str text = text_since(p, from);
    if (failed(p) || text.len < 2) {
        return alc_str_absent();
    }
    text.ptr++;
    text.len -= 2;
    return copy(p, text);
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Add a byte to the options at hand. */
static inline void put_option_byte(struct parser *p, char byte)
{
    if (!failed(p)) {
        p->rc = alc_buf_put(&p->options, byte, p->err);
    }
}

/* Add text to them, the key in small letters; `before` stands between two. */
static inline void put_option(struct parser *p, struct alc_str text, bool fold,
                              char before)
{
    if (before && p->options.len) {
        put_option_byte(p, before);
    }
    for (size_t i = 0; i < text.len; i++) {
        put_option_byte(p, fold ? lower(text.ptr[i]) : text.ptr[i]);
    }
}

static inline void put_option_word(struct parser *p, const char *word)
{
    struct alc_str text = {word, strlen(word)};
    put_option(p, text, false, ' ');
}

/* The options since the last call, in the model; absent for none. */
static inline struct alc_str take_options(struct parser *p)
{
    struct alc_str text = {p->options.ptr, p->options.len};
    struct alc_str out = text.len ? copy(p, text) : alc_str_absent();
    alc_buf_reset(&p->options);
    return out;
}

/* mysql_option.c: an option that is a key, perhaps of several words, and a value:
 * "key=value" among the options at hand.  False if there is none. */
bool mysql_take_option(struct parser *p);

/* mysql_key.c: what may stand between the parentheses besides columns; false if the
 * token begins none of these. */
bool mysql_take_key(struct parser *p);

/* mysql_key.c: add a constraint; NULL when failed. */
struct alc_constraint *mysql_add_constraint(struct parser *p,
                                            enum alc_constraint_kind kind);

#endif
