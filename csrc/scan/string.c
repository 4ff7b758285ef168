/*
 * String literals: where they end and what they mean.
 *
 * The end of a string is found as Python's tokeniser finds it: a backslash hides the
 * next byte, raw or not.  For f-strings that is the rule up to 3.11; fstring.c rejects
 * those for which the rule of 3.12 and later could give another end.
 */
#include <string.h>

#include "lexer.h"

bool scan_is_prefix(const char *word, size_t len)
{
    static const char prefixes[][3] = {"r",  "u",  "b",  "f",  "t", "br",
                                       "rb", "fr", "rf", "tr", "rt"};
    char lower[2] = {0};

    if (len == 0 || len > 2) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        lower[i] = (char)(word[i] | 0x20);
    }
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strlen(prefixes[i]) == len && memcmp(prefixes[i], lower, len) == 0) {
            return true;
        }
    }
    return false;
}

static void read_prefix(struct string_token *out, const char *prefix, const char *quote)
{
    out->raw = out->formatted = out->bytes = false;
    if (!scan_is_prefix(prefix, (size_t)(quote - prefix))) {
        return; /* a keyword: `in"..."` */
    }
    for (; prefix < quote; prefix++) {
        char letter = (char)(*prefix | 0x20);
        out->raw |= letter == 'r';
        out->bytes |= letter == 'b';
        out->formatted |= letter == 'f' || letter == 't';
    }
}

/* The string does not end.  For an f-string that may depend on the version. */
static int unterminated(struct lexer *lx, const struct string_token *token)
{
    if (token->formatted) {
        return lexer_stop(lx, ALC_SCAN_FSTRING, token->body);
    }
    return lexer_stop_broken(lx, token->body);
}

/* "..." from its body on: one line, unless newlines are escaped. */
static int end_short(struct lexer *lx, struct string_token *token, char quote)
{
    const char *p = token->body;

    for (;; p++) {
        if (*p == quote) {
            token->len = (size_t)(p - token->body);
            lx->p = p + 1;
            return 0;
        }
        if (*p == '\\') {
            token->escaped = true;
            p++;
        } else if (*p == '\n') {
            return unterminated(lx, token);
        }
        if (*p == '\0') {
            return unterminated(lx, token);
        }
    }
}

/* Triple-quoted, from its body on. */
static int end_long(struct lexer *lx, struct string_token *token, char quote)
{
    const char *p = token->body;

    for (;; p++) {
        if (*p == quote && p[1] == quote && p[2] == quote) {
            token->len = (size_t)(p - token->body);
            lx->p = p + 3;
            return 0;
        }
        if (*p == '\\') {
            token->escaped = true;
            p++;
        }
        if (*p == '\0') {
            return unterminated(lx, token);
        }
    }
}

int scan_string(struct string_token *out, struct lexer *lx, const char *prefix)
{
    char quote = *lx->p;
    int rc;

    read_prefix(out, prefix, lx->p);
    out->escaped = false;
    out->len = 0;
    if (lx->p[1] == quote && lx->p[2] == quote) {
        out->body = lx->p + 3;
        rc = end_long(lx, out, quote);
    } else {
        out->body = lx->p + 1;
        rc = end_short(lx, out, quote);
    }
    return rc == 0 && out->formatted ? scan_fstring(lx, out) : rc;
}

/* Append a code point, also a lone surrogate, as UTF-8. */
static int put_code_point(struct lexer *lx, uint32_t c)
{
    char utf8[4];
    size_t len;

    if (c < 0x80) {
        utf8[0] = (char)c;
        len = 1;
    } else if (c < 0x800) {
        utf8[0] = (char)(0xC0 | c >> 6);
        len = 2;
    } else if (c < 0x10000) {
        utf8[0] = (char)(0xE0 | c >> 12);
        len = 3;
    } else {
        utf8[0] = (char)(0xF0 | c >> 18);
        len = 4;
    }
    for (size_t i = 1; i < len; i++) {
        utf8[i] = (char)(0x80 | ((c >> 6 * (len - 1 - i)) & 0x3F));
    }
    return alc_buf_append(&lx->scratch->text, utf8, len, lx->err);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH, \uHHHH, \UHHHHHHHH: exactly n digits at p. */
static int decode_hex(struct lexer *lx, const char *p, const char *end, size_t n)
{
    uint32_t c = 0;

    if ((size_t)(end - p) < n) {
        return lexer_stop_broken(lx, p);
    }
    for (size_t i = 0; i < n; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0) {
            return lexer_stop_broken(lx, p);
        }
        c = c << 4 | (uint32_t)digit;
    }
    return c > 0x10FFFF ? lexer_stop_broken(lx, p) : put_code_point(lx, c);
}

/* Up to three octal digits at *p, which moves behind them. */
static int decode_octal(struct lexer *lx, const char **p, const char *end)
{
    uint32_t c = 0;

    for (int i = 0; i < 3 && *p < end && **p >= '0' && **p <= '7'; i++, ++*p) {
        c = c << 3 | (uint32_t)(**p - '0');
    }
    return put_code_point(lx, c);
}

/* The byte that a one-letter escape stands for, 0 if it is none. */
static char simple_escape(char letter)
{
    switch (letter) {
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case '\\':
    case '\'':
    case '"':
        return letter;
    default:
        return 0;
    }
}

/* The escape behind a backslash, at *p, which moves behind it. */
static int decode_escape(struct lexer *lx, const char **p, const char *end)
{
    char letter = *(*p)++;
    size_t n_digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    char plain = simple_escape(letter);
    int rc;

    if (letter == '\n') {
        return 0;
    }
    if (plain) {
        return alc_buf_put(&lx->scratch->text, plain, lx->err);
    }
    if (letter >= '0' && letter <= '7') {
        --*p;
        return decode_octal(lx, p, end);
    }
    if (n_digits) {
        rc = decode_hex(lx, *p, end, n_digits);
        *p += rc == 0 ? n_digits : 0;
        return rc;
    }
    if (letter == 'N') { /* needs Python's table of character names */
        return lexer_stop(lx, ALC_SCAN_VALUE, *p);
    }
    /* Not an escape: the backslash stays, and what follows is taken again. */
    --*p;
    return alc_buf_put(&lx->scratch->text, '\\', lx->err);
}

int scan_decode(struct lexer *lx, const struct string_token *token)
{
    struct alc_buf *text = &lx->scratch->text;
    const char *p = token->body;
    const char *end = p + token->len;
    int rc = 0;

    if (token->raw || !token->escaped) {
        return alc_buf_append(text, p, token->len, lx->err);
    }
    while (p < end && rc == 0) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        rc = alc_buf_append(text, p, (size_t)((slash ? slash : end) - p), lx->err);
        p = slash ? slash + 1 : end;
        if (rc == 0 && slash) {
            rc = decode_escape(lx, &p, end);
        }
    }
    return rc;
}
