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

bool sql_starts_with(const struct sql_lexer *lexer, size_t at, const char *text)
{
    size_t len = strlen(text);
    return lexer->sql.len - at >= len && memcmp(lexer->sql.ptr + at, text, len) == 0;
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
    bool closed = lexer->dialect->skip_space(lexer);
    size_t start = lexer->at, end = start + 1, prefix = 0;
    struct sql_token token = {closed ? SQL_END : SQL_INVALID, {sql.ptr + start, 0}};
    if (!closed || start >= sql.len) {
        token.text.len = sql.len - start;
        lexer->at = sql.len;
        return token;
    }
    char closing = '\0', first = sql.ptr[start];
    token.kind = lexer->dialect->quote(lexer, &prefix, &closing);
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

bool sql_is_mark(struct sql_token token, char mark)
{
    return token.kind == SQL_MARK && token.text.ptr[0] == mark;
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
