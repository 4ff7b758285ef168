/*
 * The exact-or-dynamic rule.
 *
 * A file is exact when every header name is bound by nothing but top-level statements
 * `name = literal` or `name: annotation = literal` (the last one wins), and no code in
 * the file could bind it in another way:
 *
 *   - In the module's scope (top level, and the suites of if, for, try, with ... there)
 *     a header name may not occur otherwise, not even to be read.
 *   - Names inside functions and classes are their own and do not matter, unless
 *     declared global.  In a def or class line only an assignment expression matters.
 *   - No star import, no `__getattr__` of the module.
 *   - Up to the last of these assignments there is no other code than simple statements
 *     that Python surely compiles (plain.c): a file that it rejects has no values.
 *   - None of the names by which code reaches a namespace: globals, locals, vars, exec,
 *     eval, getattr, setattr, delattr, __dict__, __globals__, f_globals, f_locals,
 *     builtins, __builtins__, __import__, import_module, __setattr__, __delattr__,
 *     sys.modules; wherever they stand, since a function may be called at import time.
 *
 * Limits, stated once: code that reaches its own module without spelling any of these
 * (an attribute name put together at run time, another module that looks at its
 * caller's frame, a C extension) is not noticed; nor is a file that fails when
 * executed.
 *
 * All of the file is looked at, so that a later binding is seen: lexed, but for a rest
 * in which none of these names stands in any place (rest.c).  Scopes follow from
 * indentation alone: what is indented deeper than the def or class line before it is
 * local.  A file that Python certainly rejects is dynamic, as far as it is lexed: the
 * marks of a merge with conflicts are found anywhere, other errors in the header.
 */
#include "alc/scan.h"

#include <string.h>

#include "alc/alloc.h"
#include "lexer.h"

enum { TAB_LEN = 8, NO_COL = -1, NO_LOCAL = INT32_MAX };

static const char *const reason_texts[ALC_SCAN_N_REASONS] = {
    [ALC_SCAN_OK] = "it is exact",
    [ALC_SCAN_VALUE] = "a revision identifier is not a literal",
    [ALC_SCAN_BINDING] = "a revision identifier is used other than by plain assignment",
    [ALC_SCAN_GLOBAL] = "a function declares a revision identifier global",
    [ALC_SCAN_STAR] = "it has a star import",
    [ALC_SCAN_REFLECTION] = "its code may change its own namespace",
    [ALC_SCAN_FSTRING] = "it has an f-string that Python versions read differently",
    [ALC_SCAN_DOCSTRING] = "its first statement is not a plain docstring",
    [ALC_SCAN_NESTING] = "a revision identifier is nested too deeply",
    [ALC_SCAN_JOINING] = "a line is joined where that can matter",
    [ALC_SCAN_IDENTIFIER] = "it has non-ASCII characters outside strings and comments",
    [ALC_SCAN_ENCODING] = "its encoding is not UTF-8",
    [ALC_SCAN_NUL] = "it contains a NUL byte",
    [ALC_SCAN_SYNTAX] = "it has a syntax error",
    [ALC_SCAN_DOUBT] = "its header may not be valid Python",
    [ALC_SCAN_TOO_LARGE] = "it is too large",
    [ALC_SCAN_COMPILED] = "it is not a source file",
    [ALC_SCAN_UNREADABLE] = "it cannot be read",
};

const char *alc_scan_reason_text(enum alc_scan_reason reason)
{
    return reason_texts[reason];
}

void alc_scan_scratch_init(struct alc_scan_scratch *scratch)
{
    memset(scratch, 0, sizeof *scratch);
}

void alc_scan_scratch_release(struct alc_scan_scratch *scratch)
{
    alc_buf_release(&scratch->lines);
    alc_buf_release(&scratch->text);
    alc_free(scratch->items);
    alc_scan_scratch_init(scratch);
}

/* How a logical line starts. */
enum line_kind {
    LINE_SIMPLE,     /* simple statements, semicolons between */
    LINE_COMPOUND,   /* a clause whose suite runs in the same scope */
    LINE_DEFINITION, /* def, async def, class */
};

static bool starts_with(const char *p, const char *word)
{
    size_t len = strlen(word);

    return strncmp(p, word, len) == 0 && !is_name_byte(p[len]);
}

static bool starts_compound(const char *p)
{
    static const char *const words[] = {"if",   "elif", "else",   "for",    "while",
                                        "with", "try",  "except", "finally"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (*p == *words[i] && starts_with(p, words[i])) {
            return true;
        }
    }
    return false;
}

static enum line_kind line_kind(const char *p)
{
    switch (*p) {
    case 'a':
        if (!starts_with(p, "async")) {
            return LINE_SIMPLE;
        }
        for (p += strlen("async"); is_blank(*p);) {
            p++;
        }
        /* A joined line could hide what it is: then count its names, which is safe. */
        return starts_with(p, "def") ? LINE_DEFINITION : LINE_COMPOUND;
    case 'c':
        return starts_with(p, "class") ? LINE_DEFINITION : LINE_SIMPLE;
    case 'd':
        return starts_with(p, "def") ? LINE_DEFINITION : LINE_SIMPLE;
    default:
        return starts_compound(p) ? LINE_COMPOUND : LINE_SIMPLE;
    }
}

/* Note that Python may not compile the code at `at`. */
static void doubt(struct lexer *lx, const char *at)
{
    if (!lx->doubt) {
        lx->doubt = at;
    }
}

/*
 * `: annotation` from the colon on, up to its `=` or the end of the statement.  Its
 * names are used like those of any other code.
 */
static int skip_annotation(struct lexer *lx)
{
    const char *start = lx->p + 1;
    int rc = scan_skip_code(lx, SCAN_TO_EQUAL | SCAN_TO_SEMICOLON);

    if (rc == 0 && !scan_is_plain_expression(start, lx->p)) {
        doubt(lx, start);
    }
    if (rc == 0 && *lx->p == '=' && (lx->p[1] == '=' || strchr("<>!=:", lx->p[-1]))) {
        return lexer_stop(lx, ALC_SCAN_BINDING, lx->p);
    }
    return rc;
}

/* `name = value` or `name: annotation [= value]`; lx->p is behind the name. */
static int scan_assignment(struct lexer *lx, enum alc_scan_name name, const char *word)
{
    int rc = scan_skip_blanks(lx);

    if (rc == 0 && *lx->p == ':' && lx->p[1] != '=') {
        rc = skip_annotation(lx);
        if (rc == 0 && *lx->p != '=') {
            return 0; /* an annotation alone binds nothing */
        }
    }
    if (rc != 0) {
        return rc;
    }
    if (*lx->p != '=' || lx->p[1] == '=') {
        return lexer_stop(lx, ALC_SCAN_BINDING, word);
    }
    lx->p++;
    rc = scan_value(&lx->out->values[name], lx, ALC_SCAN_VALUE);
    if (rc == 0 && lx->doubt) {
        return lexer_stop(lx, ALC_SCAN_DOUBT, lx->doubt);
    }
    return rc;
}

/* Doubt a statement without header name, [start, lx->p), that is not surely right. */
static void check_statement(struct lexer *lx, const char *start)
{
    bool future;

    if (start == lx->literal_end || lx->doubt) {
        return;
    }
    if (start == lx->p && *start != ';') {
        return; /* behind the last semicolon of a line */
    }
    if (!scan_is_plain_statement(start, lx->p, &future) || (future && lx->code_seen)) {
        doubt(lx, start);
    }
    lx->code_seen |= !future;
}

/* One statement of a simple top-level line; leaves lx->p at what ends it. */
static int scan_statement(struct lexer *lx)
{
    const char *word = lx->p;
    const char *p = word;
    enum alc_scan_name name;
    int rc;

    while (is_name_byte(*p)) {
        p++;
    }
    name = scan_header_name(word, (size_t)(p - word));
    if (name != ALC_SCAN_N_NAMES) {
        lx->code_seen = true;
        lx->p = p;
        rc = scan_assignment(lx, name, word);
        /* Behind a value only a comment is left to skip. */
        return rc != 0 ? rc : scan_skip_code(lx, SCAN_TO_SEMICOLON);
    }
    rc = scan_skip_code(lx, SCAN_TO_SEMICOLON);
    if (rc == 0) {
        check_statement(lx, word);
    }
    return rc;
}

/* A top-level line of simple statements. */
static int scan_simple_line(struct lexer *lx)
{
    int rc;

    lx->scope = SCOPE_MODULE;
    while ((rc = scan_statement(lx)) == 0 && *lx->p == ';') {
        lx->p++;
        rc = scan_skip_blanks(lx);
        if (rc != 0) {
            break;
        }
    }
    return rc;
}

/* A def or class line, with all that stands on it. */
static int scan_definition_line(struct lexer *lx)
{
    const char *name = lx->p;
    const char *end;

    /* Over `async`, `def` or `class`, whose last is the one before the name. */
    do {
        while (is_name_byte(*name)) {
            name++;
        }
        while (is_blank(*name)) {
            name++;
        }
    } while (starts_with(name, "def"));
    for (end = name; is_name_byte(*end);) {
        end++;
    }
    lx->scope = SCOPE_MODULE;
    if (end == name) {
        return *name == '\\' ? lexer_stop(lx, ALC_SCAN_JOINING, name)
                             : lexer_stop_broken(lx, name);
    }
    if (starts_with(name, "__getattr__") || starts_with(name, "__doc__") ||
        scan_header_name(name, (size_t)(end - name)) != ALC_SCAN_N_NAMES) {
        return lexer_stop(lx, ALC_SCAN_BINDING, name);
    }
    lx->scope = SCOPE_HEADER;
    return scan_skip_code(lx, 0);
}

/* The first statement, when it may be the docstring: it must be, or be a literal. */
static int scan_docstring(struct lexer *lx)
{
    struct alc_value value;
    int rc = scan_value(&value, lx, ALC_SCAN_DOCSTRING);

    lx->literal_end = lx->p;
    lx->code_seen = true;
    if (rc == 0 && value.kind == ALC_VALUE_STR) {
        lx->code_seen = false;
        lx->out->has_doc = true;
        lx->out->doc = value.u.str;
    }
    return rc;
}

/* Does a statement at p start with a string, or with a parenthesis around one? */
static bool starts_string(const char *p)
{
    const char *word = p;

    while (byte_class(*p) == BYTE_NAME && p - word < 2) {
        p++;
    }
    return *word == '(' || (byte_class(*p) == BYTE_QUOTE &&
                            (p == word || scan_is_prefix(word, (size_t)(p - word))));
}

/* Columns after a tab at col; they only have to be told apart. */
static int behind_tab(int col)
{
    return col < INT32_MAX / 2 ? (col / TAB_LEN + 1) * TAB_LEN : col;
}

/*
 * Skip blank lines and comments to the next logical line; *col is its indentation in
 * columns, as Python counts them, and NO_COL at the end of the file.
 */
static int next_line(int *col, struct lexer *lx)
{
    const char *p = lx->p;
    int n = 0;

    for (;; p++) {
        switch (*p) {
        case ' ':
            n += n < INT32_MAX / 2;
            continue;
        case '\t':
            n = behind_tab(n);
            continue;
        case '\f':
        case '\n':
            n = 0;
            continue;
        case '#':
            p = memchr(p, '\n', (size_t)(lx->end - p));
            if (!p) {
                p = lx->end;
            }
            p--; /* the newline is next */
            continue;
        case '\\':
            return lexer_stop(lx, ALC_SCAN_JOINING, p);
        case '\0':
            n = NO_COL;
            break;
        default:
            break;
        }
        break;
    }
    *col = n;
    lx->p = p;
    return 0;
}

/* A logical line of the module's scope; *local_above is set if a suite follows. */
static int scan_module_line(int *local_above, struct lexer *lx, int col)
{
    enum line_kind kind = line_kind(lx->p);

    *local_above = NO_LOCAL;
    lx->scope = SCOPE_MODULE;
    if (kind == LINE_DEFINITION) {
        *local_above = col;
        doubt(lx, lx->p);
        return scan_definition_line(lx);
    }
    if (kind == LINE_SIMPLE && col == 0) {
        return scan_simple_line(lx);
    }
    doubt(lx, lx->p);
    return scan_skip_code(lx, 0);
}

/* The logical lines of the module, as far as they can matter. */
static int scan_module(struct lexer *lx)
{
    int local_above = NO_LOCAL; /* lines indented deeper are inside a def or class */
    bool first = true;
    int col = 0;
    int rc;

    while ((rc = next_line(&col, lx)) == 0 && col != NO_COL) {
        if (col == 0 && scan_is_conflict_mark(lx->p)) {
            return lexer_stop_broken(lx, lx->p);
        }
        if (scan_has_header(lx) && scan_rest_is_harmless(lx)) {
            break;
        }
        lx->import_line = false;
        if (first && starts_string(lx->p)) {
            rc = scan_docstring(lx);
        }
        first = false;
        if (rc == 0 && col > local_above) {
            lx->scope = SCOPE_LOCAL;
            rc = scan_skip_code(lx, 0);
        } else if (rc == 0) {
            rc = scan_module_line(&local_above, lx, col);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return rc;
}

int alc_scan_text(struct alc_scan *out, const char *text, size_t len,
                  struct alc_arena *arena, struct alc_scan_scratch *scratch,
                  struct alc_error *err)
{
    struct lexer lx = {.out = out, .arena = arena, .scratch = scratch, .err = err};
    int rc;

    memset(out, 0, sizeof *out);
    rc = scan_open_text(&lx, text, len);
    if (rc == 0) {
        rc = scan_module(&lx);
    }
    return rc == SCAN_STOP ? 0 : rc;
}
