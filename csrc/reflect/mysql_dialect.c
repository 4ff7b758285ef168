/*
 * White space, comments and quotes of the SQL that MySQL and MariaDB print.
 */
#include "sql_lexer.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The length of what opens a comment for versions: the mark and the version. */
static size_t version_opening(const struct sql_lexer *lexer)
{
    size_t at = lexer->at;
    size_t len = sql_starts_with(lexer, at, "/*!") ? 3 : 0;
    if (sql_starts_with(lexer, at, "/*M!")) {
        len = 4;
    }
    while (len && at + len < lexer->sql.len && lexer->sql.ptr[at + len] >= '0' &&
           lexer->sql.ptr[at + len] <= '9') {
        len++;
    }
    return len;
}

static bool skip_space(struct sql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    while (lexer->at < sql.len) {
        size_t opening = version_opening(lexer);
        if (is_space(sql.ptr[lexer->at])) {
            lexer->at++;
        } else if (opening && !lexer->in_version_comment) {
            lexer->in_version_comment = true;
            lexer->at += opening;
        } else if (lexer->in_version_comment &&
                   sql_starts_with(lexer, lexer->at, "*/")) {
            lexer->in_version_comment = false;
            lexer->at += 2;
        } else if (sql_starts_with(lexer, lexer->at, "/*")) {
            size_t end = lexer->at + 2;
            while (end < sql.len && !sql_starts_with(lexer, end, "*/")) {
                end++;
            }
            if (end == sql.len) {
                return false;
            }
            lexer->at = end + 2;
        } else {
            return true;
        }
    }
    return !lexer->in_version_comment;
}

static enum sql_token_kind quote(const struct sql_lexer *lexer, size_t *prefix,
                                 char *closing)
{
    (void)prefix;
    *closing = lexer->sql.ptr[lexer->at];
    switch (*closing) {
    case '\'':
        return SQL_STRING;
    case '"':
        return lexer->ansi_quotes ? SQL_QUOTED : SQL_STRING;
    case '`':
        return SQL_QUOTED;
    default:
        return SQL_END;
    }
}

const struct sql_dialect mysql_dialect = {skip_space, quote};
