/*
 * Literals: strings, None, and tuples, lists and sets of those.
 *
 * Items of the brackets that are open wait on one stack (scratch->items) until their
 * bracket closes and they move to the arena.
 */
#include <string.h>

#include "alc/alloc.h"
#include "lexer.h"

struct parser {
    struct lexer *lx;
    enum alc_scan_reason reason; /* for what is no literal */
    unsigned depth;              /* of brackets; newlines count only outside */
};

static int parse_items(struct alc_value *out, struct parser *ps, char close);

static int not_literal(const struct parser *ps)
{
    return lexer_stop(ps->lx, ps->reason, ps->lx->p);
}

/* Blanks and joined lines; inside brackets also newlines and comments. */
static int skip_space(struct parser *ps)
{
    struct lexer *lx = ps->lx;

    for (;;) {
        int rc = scan_skip_blanks(lx);
        if (rc != 0 || ps->depth == 0) {
            return rc;
        }
        if (*lx->p == '\n') {
            lx->p++;
        } else if (*lx->p == '#') {
            lx->p = memchr(lx->p, '\n', (size_t)(lx->end - lx->p));
            if (!lx->p) {
                lx->p = lx->end;
            }
        } else {
            return 0;
        }
    }
}

/* The string token at lx->p (with its prefix); *found is false if there is none. */
static int next_string(struct string_token *out, bool *found, struct lexer *lx)
{
    const char *prefix = lx->p;
    const char *quote = prefix;

    while (quote - prefix < 2 && byte_class(*quote) == BYTE_NAME) {
        quote++;
    }
    *found = byte_class(*quote) == BYTE_QUOTE &&
             (quote == prefix || scan_is_prefix(prefix, (size_t)(quote - prefix)));
    if (!*found) {
        return 0;
    }
    lx->p = quote;
    return scan_string(out, lx, prefix);
}

/* One or more string tokens that follow each other are one string. */
static int parse_string(struct alc_value *out, bool *found, struct parser *ps)
{
    struct lexer *lx = ps->lx;
    struct alc_buf *text = &lx->scratch->text;
    struct string_token token;
    bool more;
    int rc = next_string(&token, found, lx);

    alc_buf_reset(text);
    for (more = *found; rc == 0 && more;) {
        if (token.formatted || token.bytes) {
            return not_literal(ps);
        }
        rc = scan_decode(lx, &token);
        if (rc == 0) {
            rc = skip_space(ps);
        }
        if (rc == 0) {
            rc = next_string(&token, &more, lx);
        }
    }
    if (rc != 0 || !*found) {
        return rc;
    }
    out->kind = ALC_VALUE_STR;
    out->n_items = 0;
    out->u.str.len = text->len;
    out->u.str.ptr = alc_arena_dup(lx->arena, text->ptr, text->len);
    return out->u.str.ptr ? 0 : alc_error_nomem(lx->err);
}

static int push_item(struct lexer *lx, const struct alc_value *item)
{
    struct alc_scan_scratch *s = lx->scratch;

    if (ALC_GROW(s->items, s->cap_items, s->n_items + 1) < 0) {
        return alc_error_nomem(lx->err);
    }
    s->items[s->n_items++] = *item;
    return 0;
}

/* Take the items from `first` on off the stack, as a tuple, list or set. */
static int pop_items(struct alc_value *out, struct lexer *lx, size_t first,
                     enum alc_value_kind kind)
{
    struct alc_scan_scratch *s = lx->scratch;
    size_t n = s->n_items - first;

    if (n > UINT32_MAX) {
        return alc_error_nomem(lx->err);
    }
    out->kind = kind;
    out->n_items = (uint32_t)n;
    out->u.items = alc_arena_array(lx->arena, n, sizeof *out->u.items);
    if (!out->u.items) {
        return alc_error_nomem(lx->err);
    }
    if (n) {
        memcpy(out->u.items, s->items + first, n * sizeof *out->u.items);
    }
    s->n_items = first;
    return 0;
}

static bool is_hashable(const struct alc_value *value)
{
    if (value->kind == ALC_VALUE_LIST || value->kind == ALC_VALUE_SET) {
        return false;
    }
    for (uint32_t i = 0; value->kind == ALC_VALUE_TUPLE && i < value->n_items; i++) {
        if (!is_hashable(&value->u.items[i])) {
            return false;
        }
    }
    return true;
}

static bool are_hashable(const struct alc_value *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_hashable(&items[i])) {
            return false;
        }
    }
    return true;
}

/* A bracket and all up to its end; lx->p is at the opening one. */
static int parse_bracket(struct alc_value *out, struct parser *ps)
{
    char open = *ps->lx->p;
    int rc;

    if (ps->depth == ALC_SCAN_MAX_DEPTH) {
        return lexer_stop(ps->lx, ALC_SCAN_NESTING, ps->lx->p);
    }
    ps->lx->p++;
    ps->depth++;
    rc = parse_items(out, ps, open == '(' ? ')' : open == '[' ? ']' : '}');
    ps->depth--;
    return rc;
}

static int parse_atom(struct alc_value *out, struct parser *ps)
{
    struct lexer *lx = ps->lx;
    bool found;
    int rc;

    if (byte_class(*lx->p) == BYTE_OPEN) {
        return parse_bracket(out, ps);
    }
    rc = parse_string(out, &found, ps);
    if (rc != 0 || found) {
        return rc;
    }
    if (strncmp(lx->p, "None", 4) != 0 || is_name_byte(lx->p[4])) {
        return not_literal(ps);
    }
    lx->p += 4;
    out->kind = ALC_VALUE_NONE;
    out->n_items = 0;
    return 0;
}

/* What brackets (or their absence: close is 0) make of the items from `first` on. */
static int finish_items(struct alc_value *out, struct parser *ps, size_t first,
                        bool comma, char close)
{
    struct alc_scan_scratch *s = ps->lx->scratch;
    size_t n = s->n_items - first;

    switch (close) {
    case ']':
        return pop_items(out, ps->lx, first, ALC_VALUE_LIST);
    case '}':
        if (n == 0 || !are_hashable(s->items + first, n)) {
            return not_literal(ps); /* a dict, or a TypeError */
        }
        return pop_items(out, ps->lx, first, ALC_VALUE_SET);
    default:
        if (n == 1 && !comma) { /* parentheses that only group */
            *out = s->items[--s->n_items];
            return 0;
        }
        return pop_items(out, ps->lx, first, ALC_VALUE_TUPLE);
    }
}

static bool ends_statement(const struct lexer *lx)
{
    return *lx->p == '\n' || *lx->p == '#' || *lx->p == ';' || lx->p == lx->end;
}

/* Have the items ended?  Consumes the closing bracket. */
static bool at_end(struct parser *ps, char close)
{
    if (!close) {
        return ends_statement(ps->lx);
    }
    if (*ps->lx->p == close) {
        ps->lx->p++;
        return true;
    }
    return false;
}

/* Items with commas between, up to `close`, or to the statement's end if that is 0. */
static int parse_items(struct alc_value *out, struct parser *ps, char close)
{
    struct lexer *lx = ps->lx;
    size_t first = lx->scratch->n_items;
    bool comma = true; /* an item may start */
    int rc = skip_space(ps);

    while (rc == 0 && !at_end(ps, close)) {
        struct alc_value item;
        if (!comma) {
            return not_literal(ps);
        }
        rc = parse_atom(&item, ps);
        if (rc == 0) {
            rc = push_item(lx, &item);
        }
        if (rc == 0) {
            rc = skip_space(ps);
        }
        comma = rc == 0 && *lx->p == ',';
        if (comma) {
            lx->p++;
            rc = skip_space(ps);
        }
    }
    if (rc != 0) {
        return rc;
    }
    if (!close && lx->scratch->n_items == first) {
        return not_literal(ps); /* nothing at all */
    }
    return finish_items(out, ps, first, comma, close);
}

int scan_value(struct alc_value *out, struct lexer *lx, enum alc_scan_reason reason)
{
    struct parser ps = {lx, reason, 0};

    lx->scratch->n_items = 0;
    return parse_items(out, &ps, 0);
}
