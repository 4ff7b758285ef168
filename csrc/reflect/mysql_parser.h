/*
 * What the parsers of SHOW CREATE TABLE have beside sql_parser.h.
 */
#ifndef ALC_REFLECT_MYSQL_PARSER_H
#define ALC_REFLECT_MYSQL_PARSER_H

#include "alc/mysql.h"
#include "sql_parser.h"

static inline struct alc_str take_string(struct parser *p)
{
    if (failed(p) || p->token.kind != SQL_STRING) {
        refuse(p, "string expected");
        return alc_str_absent();
    }
    struct alc_str text = unquoted(p, p->token);
    advance(p);
    return text;
}

/* The text between parentheses, without these. */
static inline struct alc_str take_parenthesised(struct parser *p)
{
    return copy(p, skip_parenthesised(p));
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
