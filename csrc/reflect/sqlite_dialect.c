/*
 * White space, comments and quotes of SQLite's SQL.
 */
#include <string.h>

#include "sql_lexer.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool skip_space(struct sql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    size_t at = lexer->at;
    while (at < sql.len) {
        if (is_space(sql.ptr[at])) {
            at++;
        } else if (sql_starts_with(lexer, at, "--")) {
            const char *end = memchr(sql.ptr + at, '\n', sql.len - at);
            at = end ? (size_t)(end - sql.ptr) + 1 : sql.len;
        } else if (sql_starts_with(lexer, at, "/*")) {
            at += 2;
            while (at + 1 < sql.len && !sql_starts_with(lexer, at, "*/")) {
                at++;
            }
            /* SQLite takes an open comment at the end for a closed one. */
            at = at + 1 < sql.len ? at + 2 : sql.len;
        } else {
            break;
        }
    }
    lexer->at = at;
    return true;
}

static enum sql_token_kind quote(const struct sql_lexer *lexer, size_t *prefix,
                                 char *closing)
{
    const char *text = lexer->sql.ptr + lexer->at;
    *closing = *text == '[' ? ']' : *text;
    switch (*text) {
    case '\'':
        return SQL_STRING;
    case '"':
    case '`':
    case '[':
        return SQL_QUOTED;
    case 'x':
    case 'X':
        *prefix = 1;
        *closing = '\'';
        return sql_starts_with(lexer, lexer->at + 1, "'") ? SQL_BLOB : SQL_END;
    default:
        /* White space to newer versions of SQLite, a letter to older ones. */
        return sql_starts_with(lexer, lexer->at, "\xEF\xBB\xBF") ? SQL_INVALID
                                                                 : SQL_END;
    }
}

const struct sql_dialect sqlite_dialect = {skip_space, quote};
