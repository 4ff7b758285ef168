/* See sql_lexer.h. */
#include "sql_lexer.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of an identifier without quotes; each above ASCII is one. */
static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           is_digit(c) || (unsigned char)c >= 0x80;
}

static inline bool starts_with(const struct sql_lexer *lexer, size_t at,
                               const char *text)
{
    size_t len = strlen(text);
    return lexer->sql.len - at >= len && memcmp(lexer->sql.ptr + at, text, len) == 0;
}

/* --- SQLite --------------------------------------------------------------------------
 */

static bool is_sqlite_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool skip_sqlite_space(struct sql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    size_t at = lexer->at;
    while (at < sql.len) {
        if (is_sqlite_space(sql.ptr[at])) {
            at++;
        } else if (starts_with(lexer, at, "--")) {
            const char *end = memchr(sql.ptr + at, '\n', sql.len - at);
            at = end ? (size_t)(end - sql.ptr) + 1 : sql.len;
        } else if (starts_with(lexer, at, "/*")) {
            at += 2;
            while (at + 1 < sql.len && !starts_with(lexer, at, "*/")) {
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

static enum sql_token_kind sqlite_quote(const struct sql_lexer *lexer, size_t *prefix,
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
        return starts_with(lexer, lexer->at + 1, "'") ? SQL_BLOB : SQL_END;
    default:
        /* White space to newer versions of SQLite, a letter to older ones. */
        return starts_with(lexer, lexer->at, "\xEF\xBB\xBF") ? SQL_INVALID : SQL_END;
    }
}

/* --- MySQL and MariaDB ---------------------------------------------------------------
 */

static bool is_mysql_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The length of what opens a comment for versions: the mark and the version. */
static size_t version_opening(const struct sql_lexer *lexer)
{
    size_t at = lexer->at;
    size_t len = starts_with(lexer, at, "/*!") ? 3 : 0;
    if (starts_with(lexer, at, "/*M!")) {
        len = 4;
    }
    while (len && at + len < lexer->sql.len && is_digit(lexer->sql.ptr[at + len])) {
        len++;
    }
    return len;
}

static bool skip_mysql_space(struct sql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    while (lexer->at < sql.len) {
        size_t opening = version_opening(lexer);
        if (is_mysql_space(sql.ptr[lexer->at])) {
            lexer->at++;
        } else if (opening && !lexer->in_version_comment) {
            lexer->in_version_comment = true;
            lexer->at += opening;
        } else if (lexer->in_version_comment && starts_with(lexer, lexer->at, "*/")) {
            lexer->in_version_comment = false;
            lexer->at += 2;
        } else if (starts_with(lexer, lexer->at, "/*")) {
            size_t end = lexer->at + 2;
            while (end < sql.len && !starts_with(lexer, end, "*/")) {
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

static enum sql_token_kind mysql_quote(const struct sql_lexer *lexer, char *closing)
{
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

/* --- tokens --------------------------------------------------------------------------
 */

/* Pass over white space and comments; false for one that has to be closed. */
static bool skip_space(struct sql_lexer *lexer)
{
    return lexer->dialect == SQL_SQLITE ? skip_sqlite_space(lexer)
                                        : skip_mysql_space(lexer);
}

/*
 * The kind of token whose quotes begin at hand, or SQL_END.
 * *prefix: how many characters stand before the opening quote; *closing: the quote
 * that ends it.
 */
static enum sql_token_kind quote(const struct sql_lexer *lexer, size_t *prefix,
                                 char *closing)
{
    return lexer->dialect == SQL_SQLITE ? sqlite_quote(lexer, prefix, closing)
                                        : mysql_quote(lexer, closing);
}

/* The place behind the closing quote, which is doubled to stand for itself unless it is
 * a bracket; 0 when it is missing. */
static size_t skip_quoted(struct alc_str sql, size_t at, char closing, bool escapes)
{
    for (at++; at < sql.len; at++) {
        if (escapes && sql.ptr[at] == '\\') {
            at++;
        } else if (sql.ptr[at] == closing) {
            if (closing == ']' || at + 1 == sql.len || sql.ptr[at + 1] != closing) {
                return at + 1;
            }
            at++;
        }
    }
    return 0;
}

static bool starts_number(struct alc_str sql, size_t at)
{
    return is_digit(sql.ptr[at]) ||
           (sql.ptr[at] == '.' && at + 1 < sql.len && is_digit(sql.ptr[at + 1]));
}

static size_t skip_number(struct alc_str sql, size_t at)
{
    while (at < sql.len) {
        char c = sql.ptr[at];
        bool is_exponent = (c == 'e' || c == 'E') && at + 1 < sql.len &&
                           (sql.ptr[at + 1] == '+' || sql.ptr[at + 1] == '-');
        if (!is_name(c) && c != '.') {
            break;
        }
        at += is_exponent ? 2 : 1;
    }
    return at;
}

struct sql_token sql_next_token(struct sql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    bool closed = skip_space(lexer);
    size_t start = lexer->at, end = start + 1, prefix = 0;
    struct sql_token token = {closed ? SQL_END : SQL_INVALID, {sql.ptr + start, 0}};
    if (!closed || start >= sql.len) {
        token.text.len = sql.len - start;
        lexer->at = sql.len;
        return token;
    }
    char closing = '\0', first = sql.ptr[start];
    token.kind = quote(lexer, &prefix, &closing);
    if (token.kind == SQL_INVALID) {
        end = sql.len;
    } else if (token.kind != SQL_END) {
        bool escapes = token.kind == SQL_STRING && lexer->escapes;
        end = skip_quoted(sql, start + prefix, closing, escapes);
        if (!end) {
            token.kind = SQL_INVALID;
            end = sql.len;
        }
    } else if (starts_number(sql, start)) {
        token.kind = SQL_NUMBER;
        end = skip_number(sql, start);
    } else if (is_name(first)) {
        token.kind = SQL_WORD;
        while (end < sql.len && is_name(sql.ptr[end])) {
            end++;
        }
    } else {
        token.kind = first ? SQL_MARK : SQL_INVALID;
    }
    token.text.len = end - start;
    lexer->at = end;
    return token;
}

bool sql_is_word(struct sql_token token, const char *upper)
{
    size_t i = 0;
    if (token.kind != SQL_WORD) {
        return false;
    }
    for (; i < token.text.len && upper[i]; i++) {
        char c = token.text.ptr[i];
        if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != upper[i]) {
            return false;
        }
    }
    return i == token.text.len && !upper[i];
}
