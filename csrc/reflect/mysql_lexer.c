/*
 * Tokens of the SQL that MySQL and MariaDB print.
 */
#include "mysql_lexer.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

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

static bool starts_with(const struct mysql_lexer *lexer, size_t at, const char *text)
{
    size_t len = strlen(text);
    return lexer->sql.len - at >= len && memcmp(lexer->sql.ptr + at, text, len) == 0;
}

/* The length of what opens a comment for versions: the mark and the version. */
static size_t version_opening(const struct mysql_lexer *lexer, size_t at)
{
    size_t len = starts_with(lexer, at, "/*!") ? 3 : 0;
    if (starts_with(lexer, at, "/*M!")) {
        len = 4;
    }
    while (len && at + len < lexer->sql.len && is_digit(lexer->sql.ptr[at + len])) {
        len++;
    }
    return len;
}

/* Pass over white space and comments.  False for a comment that is open at the end. */
static bool skip_space(struct mysql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    while (lexer->at < sql.len) {
        size_t opening = version_opening(lexer, lexer->at);
        if (is_space(sql.ptr[lexer->at])) {
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

/* The place behind the closing quote, which is doubled to stand for itself; 0 when it
 * is missing. */
static size_t skip_quoted(struct alc_str sql, size_t at, bool escapes)
{
    char quote = sql.ptr[at];
    for (at++; at < sql.len; at++) {
        if (escapes && sql.ptr[at] == '\\') {
            at++;
        } else if (sql.ptr[at] == quote) {
            if (at + 1 == sql.len || sql.ptr[at + 1] != quote) {
                return at + 1;
            }
            at++;
        }
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

static enum mysql_token_kind quote_kind(const struct mysql_lexer *lexer, char c)
{
    switch (c) {
    case '\'':
        return MYSQL_STRING;
    case '"':
        return lexer->ansi_quotes ? MYSQL_QUOTED : MYSQL_STRING;
    case '`':
        return MYSQL_QUOTED;
    default:
        return MYSQL_END;
    }
}

struct mysql_token mysql_next_token(struct mysql_lexer *lexer)
{
    struct alc_str sql = lexer->sql;
    bool closed = skip_space(lexer);
    size_t start = lexer->at, end = start + 1;
    struct mysql_token token = {closed ? MYSQL_END : MYSQL_INVALID,
                                {sql.ptr + start, 0}};
    if (!closed || start >= sql.len) {
        token.text.len = sql.len - start;
        lexer->at = sql.len;
        return token;
    }
    char first = sql.ptr[start];
    token.kind = quote_kind(lexer, first);
    if (token.kind != MYSQL_END) {
        bool escapes = token.kind == MYSQL_STRING && !lexer->no_backslash_escapes;
        end = skip_quoted(sql, start, escapes);
        if (!end) {
            token.kind = MYSQL_INVALID;
            end = sql.len;
        }
    } else if (is_digit(first) ||
               (first == '.' && end < sql.len && is_digit(sql.ptr[end]))) {
        token.kind = MYSQL_NUMBER;
        end = skip_number(sql, start);
    } else if (is_name(first)) {
        token.kind = MYSQL_WORD;
        while (end < sql.len && is_name(sql.ptr[end])) {
            end++;
        }
    } else {
        token.kind = first ? MYSQL_MARK : MYSQL_INVALID;
    }
    token.text.len = end - start;
    lexer->at = end;
    return token;
}

bool mysql_is_mark(struct mysql_token token, char mark)
{
    return token.kind == MYSQL_MARK && token.text.ptr[0] == mark;
}

bool mysql_is_word(struct mysql_token token, const char *upper)
{
    size_t i = 0;
    if (token.kind != MYSQL_WORD) {
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
