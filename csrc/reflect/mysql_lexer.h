/* Tokens of the SQL that MySQL and MariaDB print. */
#ifndef ALC_REFLECT_MYSQL_LEXER_H
#define ALC_REFLECT_MYSQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/str.h"

enum mysql_token_kind {
    MYSQL_END = 0,
    MYSQL_WORD,   /* a bare identifier or a keyword */
    MYSQL_QUOTED, /* `x`, or "x" where that is a name */
    MYSQL_STRING, /* 'x', or "x" where that is none */
    MYSQL_NUMBER,
    MYSQL_MARK,    /* one other character */
    MYSQL_INVALID, /* an unterminated quote or comment, a NUL */
};

struct mysql_token {
    enum mysql_token_kind kind;
    struct alc_str text; /* as written, quotes included; borrows from the statement */
};

struct mysql_lexer {
    struct alc_str sql;
    size_t at;
    bool ansi_quotes;          /* "x" is a name */
    bool no_backslash_escapes; /* a backslash in a string is a character */
    bool
        in_version_comment; /* behind the opening of one: read, and closed by its end */
};

/*
 * The next token.  White space and comments are passed over; what stands in a comment
 * for some versions of the server, such as "/" "*!80023 INVISIBLE *" "/", is read.
 * O(length).
 */
struct mysql_token mysql_next_token(struct mysql_lexer *lexer);

/* Whether a token is the mark, or the keyword (given in capitals, not quoted). */
bool mysql_is_mark(struct mysql_token token, char mark);
bool mysql_is_word(struct mysql_token token, const char *upper);

#endif
