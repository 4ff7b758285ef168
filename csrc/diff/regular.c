/*
 * See alc/regular.h.  One pass over the statement; what is not expected is irregular.
 */
#include "alc/regular.h"

#include <stddef.h>
#include <string.h>

/* What the patterns look for. */
static const char *const keywords[] = {"UNIQUE", "CHECK", "CONSTRAINT", "FOREIGN",
                                       "REFERENCES"};

struct scan {
    struct alc_str sql;
    size_t at;
    size_t n_foreign, n_references;
};

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Whether `word`, in capitals, stands at ptr in any case. */
static bool starts_with(const char *ptr, size_t len, const char *word)
{
    size_t n = strlen(word);
    if (len < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = ptr[i];
        if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != word[i]) {
            return false;
        }
    }
    return true;
}

static bool is_word(struct alc_str text, const char *word)
{
    return text.len == strlen(word) && starts_with(text.ptr, text.len, word);
}

static bool holds_keyword(struct alc_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        for (size_t k = 0; k < sizeof keywords / sizeof *keywords; k++) {
            if (starts_with(text.ptr + i, text.len - i, keywords[k])) {
                return true;
            }
        }
    }
    return false;
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->sql.len && is_blank(s->sql.ptr[s->at])) {
        s->at++;
    }
}

static bool at_char(const struct scan *s, char c)
{
    return s->at < s->sql.len && s->sql.ptr[s->at] == c;
}

static struct alc_str take_word(struct scan *s)
{
    struct alc_str word = {s->sql.ptr + s->at, 0};
    while (s->at < s->sql.len && is_word_char(s->sql.ptr[s->at])) {
        s->at++;
        word.len++;
    }
    return word;
}

/* Behind the text in the quotes at hand; false if it is odd. */
static bool take_quoted(struct scan *s)
{
    char quote = s->sql.ptr[s->at++];
    struct alc_str inner = {s->sql.ptr + s->at, 0};
    for (;; s->at++) {
        if (s->at == s->sql.len) {
            return false;
        }
        if (at_char(s, quote)) {
            if (s->at + 1 < s->sql.len && s->sql.ptr[s->at + 1] == quote) {
                if (quote == '"') {
                    return false; /* a doubled quote is not taken out of a name */
                }
                s->at++;
                continue;
            }
            break;
        }
    }
    inner.len = (size_t)(s->sql.ptr + s->at - inner.ptr);
    s->at++;
    if (holds_keyword(inner)) {
        return false;
    }
    for (size_t i = 0; quote == '"' && i < inner.len; i++) {
        if (memchr("(),\r\n", inner.ptr[i], 5)) {
            return false;
        }
    }
    return true;
}

/* A name: a word or in double quotes. */
static bool take_name(struct scan *s)
{
    skip_blanks(s);
    if (at_char(s, '"')) {
        return take_quoted(s);
    }
    return take_word(s).len > 0;
}

/* Names in parentheses, nothing else. */
static bool take_names(struct scan *s)
{
    skip_blanks(s);
    if (!at_char(s, '(')) {
        return false;
    }
    do {
        s->at++;
        if (!take_name(s)) {
            return false;
        }
        skip_blanks(s);
    } while (at_char(s, ','));
    if (!at_char(s, ')')) {
        return false;
    }
    s->at++;
    return true;
}

static bool take_keyword(struct scan *s)
{
    struct alc_str word = take_word(s);
    if (is_word(word, "UNIQUE")) {
        return take_names(s);
    }
    if (is_word(word, "CONSTRAINT")) {
        return take_name(s);
    }
    if (is_word(word, "REFERENCES")) {
        s->n_references++;
        return take_name(s) && take_names(s);
    }
    if (is_word(word, "FOREIGN")) {
        s->n_foreign++;
        skip_blanks(s);
        return is_word(take_word(s), "KEY") && take_names(s);
    }
    /* The pattern of foreign keys ends there, before the other options. */
    return !is_word(word, "MATCH");
}

/* Whether what stands at hand begins a comment or is a byte that is not expected. */
static bool is_odd(const struct scan *s)
{
    char c = s->sql.ptr[s->at];
    char next = s->at + 1 < s->sql.len ? s->sql.ptr[s->at + 1] : '\0';
    return (c == '-' && next == '-') || (c == '/' && next == '*') || c == '`' ||
           c == '[' || c == '$' || (unsigned char)c >= 0x80;
}

bool alc_is_regular(struct alc_str sql)
{
    struct scan s = {.sql = sql};
    while (s.at < sql.len) {
        char c = sql.ptr[s.at];
        bool fine = true;
        if (is_word_char(c)) {
            fine = take_keyword(&s);
        } else if (c == '"' || c == '\'') {
            fine = take_quoted(&s);
        } else {
            fine = !is_odd(&s);
            s.at++;
        }
        if (!fine) {
            return false;
        }
    }
    return s.n_foreign == s.n_references;
}
