/*
 * Tokens of SQLite's SQL.
 */
#include "sqlite_lexer.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of an identifier; SQLite takes each byte above ASCII for one. */
static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           is_digit(c) || (unsigned char)c >= 0x80;
}

/* The place behind white space and comments; past the end for an open comment. */
static size_t skip_space(struct alc_str sql, size_t at)
{
    while (at < sql.len) {
        if (is_space(sql.ptr[at])) {
            at++;
        } else if (at + 1 < sql.len && memcmp(sql.ptr + at, "--", 2) == 0) {
            const char *end = memchr(sql.ptr + at, '\n', sql.len - at);
            at = end ? (size_t)(end - sql.ptr) + 1 : sql.len;
        } else if (at + 1 < sql.len && memcmp(sql.ptr + at, "/*", 2) == 0) {
            at += 2;
            while (at + 1 < sql.len && memcmp(sql.ptr + at, "*/", 2) != 0) {
                at++;
            }
            /* SQLite takes an open comment at the end for a closed one. */
            at = at + 1 < sql.len ? at + 2 : sql.len;
        } else {
            break;
        }
    }
    return at;
}

/* The place behind the closing quote, which is doubled to stand for itself; 0 when it
 * is missing. */
static size_t skip_quoted(struct alc_str sql, size_t at, char quote)
{
    for (at++; at < sql.len; at++) {
        if (sql.ptr[at] != quote) {
            continue;
        }
        if (quote == ']' || at + 1 == sql.len || sql.ptr[at + 1] != quote) {
            return at + 1;
        }
        at++;
    }
    return 0;
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

static bool starts_number(struct alc_str sql, size_t at)
{
    return is_digit(sql.ptr[at]) ||
           (sql.ptr[at] == '.' && at + 1 < sql.len && is_digit(sql.ptr[at + 1]));
}

/* White space to newer versions of SQLite, a letter to older ones. */
static bool is_byte_order_mark(struct alc_str sql, size_t at)
{
    return sql.len - at >= 3 && memcmp(sql.ptr + at, "\xEF\xBB\xBF", 3) == 0;
}

static enum sqlite_token_kind quote_kind(char c, char *closing)
{
    *closing = c == '[' ? ']' : c;
    switch (c) {
    case '\'':
        return SQLITE_STRING;
    case '"':
    case '`':
    case '[':
        return SQLITE_QUOTED;
    default:
        return SQLITE_END;
    }
}

struct sqlite_token sqlite_next_token(struct sqlite_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    size_t start = skip_space(sql, lexer->at), end = start;
    struct sqlite_token token = {SQLITE_END, {sql.ptr + start, 0}};
    if (start >= sql.len) {
        lexer->at = sql.len;
        return token;
    }
    char first = sql.ptr[start], closing;
    enum sqlite_token_kind quoted = quote_kind(first, &closing);
    bool is_blob = (first == 'x' || first == 'X') && start + 1 < sql.len &&
                   sql.ptr[start + 1] == '\'';
    if (quoted || is_blob) {
        token.kind = is_blob ? SQLITE_BLOB : quoted;
        end = skip_quoted(sql, start + is_blob, is_blob ? '\'' : closing);
        if (!end) {
            token.kind = SQLITE_INVALID;
            end = sql.len;
        }
    } else if (starts_number(sql, start)) {
        token.kind = SQLITE_NUMBER;
        end = skip_number(sql, start);
    } else if (is_byte_order_mark(sql, start)) {
        token.kind = SQLITE_INVALID;
        end = sql.len;
    } else if (is_name(first)) {
        token.kind = SQLITE_WORD;
        while (end < sql.len && is_name(sql.ptr[end])) {
            end++;
        }
    } else {
        token.kind = first ? SQLITE_MARK : SQLITE_INVALID;
        end = start + 1;
    }
    token.text.len = end - start;
    lexer->at = end;
    return token;
}

bool sqlite_is_mark(struct sqlite_token token, char mark)
{
    return token.kind == SQLITE_MARK && token.text.ptr[0] == mark;
}

bool sqlite_is_word(struct sqlite_token token, const char *upper)
{
    size_t i = 0;
    if (token.kind != SQLITE_WORD) {
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
