/* Tokens of SQLite's SQL. */
#ifndef ALC_REFLECT_SQLITE_LEXER_H
#define ALC_REFLECT_SQLITE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/str.h"

enum sqlite_token_kind {
    SQLITE_END = 0,
    SQLITE_WORD,   /* a bare identifier or a keyword */
    SQLITE_QUOTED, /* "x", `x` or [x]: an identifier */
    SQLITE_STRING, /* 'x': a literal, in some places an identifier */
    SQLITE_BLOB,   /* x'00' */
    SQLITE_NUMBER,
    SQLITE_MARK,    /* one other character */
    SQLITE_INVALID, /* an unterminated quote, a NUL, a byte order mark */
};

struct sqlite_token {
    enum sqlite_token_kind kind;
    struct alc_str text; /* as written, quotes included; borrows from the statement */
};

struct sqlite_lexer {
    struct alc_str sql;
    size_t at;
};

/* The next token; white space and comments are passed over.  O(length). */
struct sqlite_token sqlite_next_token(struct sqlite_lexer *lexer);

/* Whether a token is the mark, or the keyword (given in capitals, not quoted). */
bool sqlite_is_mark(struct sqlite_token token, char mark);
bool sqlite_is_word(struct sqlite_token token, const char *upper);

#endif
