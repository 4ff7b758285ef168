/*
 * Replacement fields of f-strings (and t-strings).
 *
 * Up to Python 3.11 an f-string ends where a plain string would; from 3.12 on its
 * fields are tokenised as code, so that a quote in a field need not end it.  The two
 * agree when no field holds a backslash, a comment, or a quoted string with braces in
 * it, and every field is closed before the end.  All others are dynamic.  What is in
 * the fields is code, so its names are checked like those outside.
 */
#include <string.h>

#include "lexer.h"

struct fields {
    struct lexer *lx;
    const char *p;
    const char *end;
    size_t depth; /* of braces; 0 is literal text */
};

static int reject(const struct fields *f)
{
    return lexer_stop(f->lx, ALC_SCAN_FSTRING, f->p);
}

/* Literal text: f->p is at any byte of it. */
static void step_text(struct fields *f)
{
    if (*f->p == '\\' && f->p + 1 < f->end && f->p[1] != '{' && f->p[1] != '}') {
        f->p++;
    } else if (*f->p == '{') {
        if (f->p + 1 < f->end && f->p[1] == '{') {
            f->p++;
        } else {
            f->depth = 1;
        }
    }
    f->p++;
}

/* A quoted string inside a field: must be plain and end with the same quote. */
static int step_quoted(struct fields *f)
{
    char quote = *f->p;
    const char *p = f->p + 1;

    for (; p < f->end && *p != quote; p++) {
        if (strchr("{}\\#\n\"'", *p)) {
            return reject(f);
        }
    }
    if (p >= f->end || p[1] == quote) {
        return reject(f);
    }
    f->p = p + 1;
    return 0;
}

static int step_name(struct fields *f)
{
    struct lexer *lx = f->lx;
    const char *behind = lx->p;
    const char *word = f->p;
    int rc;

    while (f->p < f->end && is_name_byte(*f->p)) {
        if (byte_class(*f->p) == BYTE_HIGH) {
            return lexer_stop(lx, ALC_SCAN_IDENTIFIER, f->p);
        }
        f->p++;
    }
    lx->p = f->p;
    rc = scan_check_name(lx, word);
    lx->p = behind;
    return rc;
}

static int step_field(struct fields *f)
{
    switch (byte_class(*f->p)) {
    case BYTE_QUOTE:
        return step_quoted(f);
    case BYTE_NAME:
    case BYTE_DIGIT:
    case BYTE_HIGH:
        return step_name(f);
    case BYTE_HASH:
    case BYTE_BACKSLASH:
    case BYTE_NEWLINE:
        return reject(f);
    default:
        f->depth += *f->p == '{';
        f->depth -= *f->p == '}';
        f->p++;
        return 0;
    }
}

int scan_fstring(struct lexer *lx, const struct string_token *token)
{
    struct fields f = {lx, token->body, token->body + token->len, 0};

    while (f.p < f.end) {
        if (f.depth == 0) {
            step_text(&f);
        } else {
            int rc = step_field(&f);
            if (rc != 0) {
                return rc;
            }
        }
    }
    return f.depth ? reject(&f) : 0;
}
