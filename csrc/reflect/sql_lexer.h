/* Tokens of the SQL that SQLite stores, and of that which MySQL and MariaDB print. */
#ifndef ALC_REFLECT_SQL_LEXER_H
#define ALC_REFLECT_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/str.h"

enum sql_token_kind {
    SQL_END = 0,
    SQL_WORD,   /* a bare identifier or a keyword */
    SQL_QUOTED, /* an identifier in quotes */
    SQL_STRING, /* a literal, in some places an identifier */
    SQL_BLOB,   /* SQLite's x'00' */
    SQL_NUMBER,
    SQL_MARK,    /* one other character */
    SQL_INVALID, /* an unterminated quote or comment, a NUL, a byte order mark */
};

struct sql_token {
    enum sql_token_kind kind;
    struct alc_str text; /* as written, quotes included; borrows from the statement */
};

enum sql_dialect { SQL_SQLITE, SQL_MYSQL };

struct sql_lexer {
    enum sql_dialect dialect;
    struct alc_str sql;
    size_t at;
    /* MySQL and MariaDB: */
    bool ansi_quotes; /* "x" is a name */
    bool escapes;     /* a backslash in a string stands before a character */
    /* behind the opening of a comment for versions, which is closed by its end */
    bool in_version_comment;
};

/*
 * The next token; white space and comments are passed over.  What stands in a comment
 * for some versions of MySQL's server, such as "/" "*!80023 INVISIBLE *" "/", is read.
 * O(length).
 */
struct sql_token sql_next_token(struct sql_lexer *lexer);

/* Whether a token is the mark, or the keyword (given in capitals, not quoted). */
static inline bool sql_is_mark(struct sql_token token, char mark)
{
    return token.kind == SQL_MARK && token.text.ptr[0] == mark;
}

bool sql_is_word(struct sql_token token, const char *upper);

#endif
