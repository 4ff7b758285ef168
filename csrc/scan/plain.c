/*
 * Statements that Python surely compiles.
 *
 * What stands between the assignments of a header is mostly imports, and now and then
 * `log = logging.getLogger(__name__)`.  This is a grammar of such statements, a part of
 * Python's: whatever it takes compiles, what it does not take may or may not.
 *
 *     statement   pass | import ... | from ... import ... | [name [: expr] =] list
 *     list        expr (, expr)* [,]
 *     expr        operands with operators between, `not` where Python allows it
 *     operand     [+ - ~] atom (.name | (arguments) | [list])*
 *     atom        name | number | strings | ... | () | (list) | [list] | {list} | {k:
 * v}
 *
 * Recursion is at most MAX_DEPTH, and what makes CPython's compiler recurse at most
 * MAX_STEPS: it gives up at some depth of its own.  A statement is looked at once:
 * O(length).
 */
#include <string.h>

#include "lexer.h"

enum {
    MAX_DEPTH = 16,
    MAX_STEPS = 100, /* signs, operators and what is behind atoms, in one statement */
    MAX_DIGITS = 18,
    MAX_KEYWORDS = 16,
};

struct plain {
    const char *p;
    const char *end;   /* of the statement */
    unsigned brackets; /* open ones: newlines and comments are blanks in them */
    unsigned depth;
    unsigned steps;
};

static bool parse_list(struct plain *in);
static bool parse_expr(struct plain *in);

static void skip_blanks(struct plain *in)
{
    for (; in->p < in->end; in->p++) {
        if (in->brackets && *in->p == '#') {
            in->p = memchr(in->p, '\n', (size_t)(in->end - in->p));
            if (!in->p) {
                in->p = in->end;
                return;
            }
        } else if (!is_blank(*in->p) && !(in->brackets && *in->p == '\n')) {
            return;
        }
    }
}

/* The next byte behind blanks; 0 at the end of the statement. */
static char peek(struct plain *in)
{
    skip_blanks(in);
    return in->p < in->end && *in->p != '#' ? *in->p : '\0';
}

static bool take(struct plain *in, char byte)
{
    if (peek(in) != byte) {
        return false;
    }
    in->p++;
    return true;
}

/* Behind `text`, if it stands at in->p; else NULL. */
static const char *behind(const struct plain *in, const char *text)
{
    const char *p = in->p;

    while (*text && *p == *text) { /* the source ends with a NUL */
        p++;
        text++;
    }
    return *text || p > in->end ? NULL : p;
}

/* Take a word, such as `import`. */
static bool take_word(struct plain *in, const char *word)
{
    const char *p;

    skip_blanks(in);
    p = behind(in, word);
    if (!p || (p < in->end && is_name_byte(*p))) {
        return false;
    }
    in->p = p;
    return true;
}

/* By first letter, each with a blank behind it. */
static const char *const keywords[128] = {
    ['a'] = "and as assert async await ",
    ['b'] = "break ",
    ['c'] = "class continue ",
    ['d'] = "def del ",
    ['e'] = "elif else except ",
    ['f'] = "for from finally ",
    ['g'] = "global ",
    ['i'] = "if import in is ",
    ['l'] = "lambda ",
    ['n'] = "nonlocal not ",
    ['o'] = "or ",
    ['p'] = "pass ",
    ['r'] = "raise return ",
    ['t'] = "try ",
    ['w'] = "while with ",
    ['y'] = "yield ",
    ['N'] = "None ",
    ['T'] = "True ",
    ['F'] = "False ",
    ['_'] = "__debug__ ",
};

static bool is_keyword(const char *word, size_t len)
{
    const char *p = keywords[(unsigned char)*word];

    for (; p && *p; p = strchr(p, ' ') + 1) {
        if (strncmp(p, word, len) == 0 && p[len] == ' ') {
            return true;
        }
    }
    return false;
}

/* A name of plain ASCII that is no keyword. */
static bool take_name(struct plain *in)
{
    const char *start;

    skip_blanks(in);
    start = in->p;
    if (start == in->end || byte_class(*start) != BYTE_NAME) {
        return false;
    }
    while (in->p < in->end && is_ascii_name_byte(*in->p)) {
        in->p++;
    }
    return !is_keyword(start, (size_t)(in->p - start));
}

/* Name after name, with dots between. */
static bool take_dotted(struct plain *in)
{
    do {
        if (!take_name(in)) {
            return false;
        }
    } while (take(in, '.'));
    return true;
}

static bool take_alias(struct plain *in)
{
    return !take_word(in, "as") || take_name(in);
}

static bool parse_import(struct plain *in)
{
    do {
        if (!take_dotted(in) || !take_alias(in)) {
            return false;
        }
    } while (take(in, ','));
    return true;
}

/* What `from __future__` may name; newer ones are left to Python. */
static bool take_feature(struct plain *in)
{
    return take_word(in, "annotations") || take_word(in, "unicode_literals") ||
           take_word(in, "print_function") || take_word(in, "absolute_import") ||
           take_word(in, "division");
}

static bool parse_imported(struct plain *in, bool future)
{
    bool open = take(in, '(');
    bool any = false;

    in->brackets += open;
    do {
        if (open && any && peek(in) == ')') {
            break;
        }
        if (!(future ? take_feature(in) : take_name(in)) || !take_alias(in)) {
            return false;
        }
        any = true;
    } while (take(in, ','));
    if (!open) {
        return true;
    }
    if (!take(in, ')')) {
        return false;
    }
    in->brackets--;
    return true;
}

/* Behind `from`; *future is set if it is `__future__`. */
static bool parse_from(struct plain *in, bool *future)
{
    bool relative = false;

    while (take(in, '.')) {
        relative = true;
    }
    *future = !relative && take_word(in, "__future__");
    if (*future) {
        return take_word(in, "import") && parse_imported(in, true);
    }
    if (take_word(in, "import")) {
        return relative && parse_imported(in, false);
    }
    return take_dotted(in) && take_word(in, "import") && parse_imported(in, false);
}

/* A string at in->p, behind its prefix; escapes that can be wrong are left to Python.
 */
static bool take_string(struct plain *in, bool raw)
{
    char quote = *in->p;
    size_t len = in->end - in->p >= 3 && in->p[1] == quote && in->p[2] == quote ? 3 : 1;

    for (in->p += len; in->p < in->end; in->p++) {
        if (*in->p == '\\') {
            in->p++;
            if (in->p == in->end || (!raw && strchr("xuUN", *in->p))) {
                return false;
            }
        } else if (*in->p == quote &&
                   (len == 1 || ((in->end - in->p) >= 3 && in->p[1] == quote &&
                                 in->p[2] == quote))) {
            in->p += len;
            return true;
        } else if (*in->p == '\n' && len == 1) {
            return false;
        }
    }
    return false;
}

/* One string after another. */
static bool take_strings(struct plain *in)
{
    bool any = false;

    for (;; any = true) {
        char byte = peek(in);
        bool raw = byte == 'r' || byte == 'R';
        bool prefixed = raw || byte == 'u' || byte == 'U';
        const char *quote = in->p + prefixed;

        if (quote >= in->end || byte_class(*quote) != BYTE_QUOTE || byte == '\0') {
            return any;
        }
        in->p = quote;
        if (!take_string(in, raw)) {
            return false;
        }
    }
}

/* An integer: no sign, no leading zero, few digits. */
static bool take_number(struct plain *in)
{
    const char *start = in->p;

    while (in->p < in->end && byte_class(*in->p) == BYTE_DIGIT) {
        in->p++;
    }
    return in->p - start <= MAX_DIGITS && (*start != '0' || in->p - start == 1) &&
           (in->p == in->end || (!is_name_byte(*in->p) && *in->p != '.'));
}

/* Up to `close`: nothing, or a list. */
static bool parse_bracket(struct plain *in, char close, bool may_be_empty)
{
    in->p++;
    in->brackets++;
    if (peek(in) == close ? !may_be_empty : !parse_list(in)) {
        return false;
    }
    if (peek(in) != close) {
        return false;
    }
    in->brackets--;
    in->p++;
    return true;
}

/* A set or a dictionary. */
static bool parse_braces(struct plain *in)
{
    bool is_dict = false;
    bool first = true;

    in->p++;
    in->brackets++;
    while (peek(in) != '}') {
        if (!parse_expr(in)) {
            return false;
        }
        if (take(in, ':')) {
            if ((!first && !is_dict) || !parse_expr(in)) {
                return false;
            }
            is_dict = true;
        } else if (is_dict) {
            return false;
        }
        first = false;
        if (!take(in, ',')) {
            break;
        }
    }
    if (peek(in) != '}') {
        return false;
    }
    in->brackets--;
    in->p++;
    return true;
}

struct word {
    const char *start;
    size_t len;
};

/* Is there a keyword argument at in->p?  Then it is taken up to behind its "=". */
static bool take_keyword(struct plain *in, struct word *out)
{
    struct plain ahead = *in;

    skip_blanks(&ahead);
    out->start = ahead.p;
    if (!take_name(&ahead)) {
        return false;
    }
    out->len = (size_t)(ahead.p - out->start);
    if (!take(&ahead, '=') || (ahead.p < ahead.end && *ahead.p == '=')) {
        return false;
    }
    *in = ahead;
    return true;
}

/* Arguments: positional ones, then keywords, none of them twice. */
static bool parse_arguments(struct plain *in)
{
    struct word seen[MAX_KEYWORDS];
    size_t n_seen = 0;

    in->p++;
    in->brackets++;
    while (peek(in) != ')') {
        struct word word;

        if (take_keyword(in, &word)) {
            for (size_t i = 0; i < n_seen; i++) {
                if (seen[i].len == word.len &&
                    memcmp(seen[i].start, word.start, word.len) == 0) {
                    return false;
                }
            }
            if (n_seen == MAX_KEYWORDS) {
                return false;
            }
            seen[n_seen++] = word;
        } else if (n_seen > 0) {
            return false;
        }
        if (!parse_expr(in)) {
            return false;
        }
        if (!take(in, ',')) {
            break;
        }
    }
    if (peek(in) != ')') {
        return false;
    }
    in->brackets--;
    in->p++;
    return true;
}

static bool parse_atom(struct plain *in)
{
    char byte = peek(in);

    switch (byte) {
    case '(':
        return parse_bracket(in, ')', true);
    case '[':
        return parse_bracket(in, ']', true);
    case '{':
        return parse_braces(in);
    case '.':
        if (!behind(in, "...")) {
            return false;
        }
        in->p = behind(in, "...");
        return true;
    default:
        break;
    }
    if (byte != '\0' && byte_class(byte) == BYTE_DIGIT) {
        return take_number(in);
    }
    const char *start = in->p;
    if (take_strings(in)) {
        return true;
    }
    return in->p == start && (take_word(in, "None") || take_word(in, "True") ||
                              take_word(in, "False") || take_name(in));
}

static bool parse_operand(struct plain *in)
{
    char byte;

    while ((byte = peek(in)) == '-' || byte == '+' || byte == '~') {
        in->p++;
        in->steps++;
    }
    if (!parse_atom(in)) {
        return false;
    }
    for (;; in->steps++) {
        switch (peek(in)) {
        case '.':
            in->p++;
            if (!take_name(in)) {
                return false;
            }
            break;
        case '(':
            if (!parse_arguments(in)) {
                return false;
            }
            break;
        case '[':
            if (!parse_bracket(in, ']', false)) {
                return false;
            }
            break;
        default:
            return true;
        }
    }
}

/* An operator between two operands.  *boolean: it is `and` or `or`. */
static bool take_operator(struct plain *in, bool *boolean)
{
    static const char *const signs[] = {
        "**", "//", "<<", ">>", "==", "!=", "<=", ">=", "+", "-",
        "*",  "/",  "%",  "@",  "&",  "|",  "^",  "<",  ">"};

    *boolean = take_word(in, "and") || take_word(in, "or");
    if (*boolean) {
        return true;
    }
    if (take_word(in, "is")) {
        take_word(in, "not");
        return true;
    }
    if (take_word(in, "in")) {
        return true;
    }
    if (take_word(in, "not")) {
        return take_word(in, "in");
    }
    skip_blanks(in);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        const char *p = behind(in, signs[i]);

        if (p) {
            in->p = p;
            return true;
        }
    }
    return false;
}

static bool parse_expr(struct plain *in)
{
    bool boolean = true; /* `not` may stand at the start, and behind `and` and `or` */

    if (++in->depth > MAX_DEPTH) {
        return false;
    }
    for (;;) {
        while (boolean && take_word(in, "not")) {
            in->steps++;
        }
        if (!parse_operand(in) || ++in->steps > MAX_STEPS) {
            return false;
        }
        if (strchr(",:=)]}", peek(in))) { /* the end of the statement too */
            break;
        }
        if (!take_operator(in, &boolean)) {
            return false;
        }
    }
    in->depth--;
    return true;
}

static bool parse_list(struct plain *in)
{
    bool any = false;

    do {
        char byte = peek(in);

        if (byte == '\0' || byte == ')' || byte == ']') {
            return any;
        }
        if (!parse_expr(in)) {
            return false;
        }
        any = true;
    } while (take(in, ','));
    return true;
}

/* Is a name assigned or annotated at in->p?  Then it is taken up to behind the "=". */
static bool take_target(struct plain *in)
{
    struct plain ahead = *in;

    if (!take_name(&ahead)) {
        return false;
    }
    if (take(&ahead, ':') && !parse_expr(&ahead)) {
        return false;
    }
    if (!take(&ahead, '=') || (ahead.p < ahead.end && *ahead.p == '=')) {
        return false;
    }
    *in = ahead;
    return true;
}

/* What nearly every file has, from the templates: known without a parse. */
static bool is_usual(const char *start, const char *end)
{
#define USUAL(text)                                                                    \
    {                                                                                  \
        text, sizeof text - 1                                                          \
    }
    static const struct {
        const char *text;
        size_t len;
    } usual[] = {
        USUAL("str"),
        USUAL("from alembic import op"),
        USUAL("import sqlalchemy as sa"),
        USUAL("Union[str, None]"),
        USUAL("Union[str, Sequence[str], None]"),
        USUAL("from typing import Sequence, Union"),
        USUAL("from collections.abc import Sequence"),
        USUAL("str | None"),
        USUAL("str | Sequence[str] | None"),
    };
#undef USUAL

    while (start < end && is_blank(*start)) {
        start++;
    }
    while (start < end && is_blank(end[-1])) {
        end--;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (usual[i].len == (size_t)(end - start) &&
            memcmp(usual[i].text, start, usual[i].len) == 0) {
            return true;
        }
    }
    return false;
}

bool scan_is_plain_expression(const char *start, const char *end)
{
    struct plain in = {start, end, 0, 0, 0};

    return is_usual(start, end) || (parse_expr(&in) && peek(&in) == '\0');
}

bool scan_is_plain_statement(const char *start, const char *end, bool *future)
{
    struct plain in = {start, end, 0, 0, 0};
    bool plain;

    *future = false;
    if (is_usual(start, end)) {
        return true;
    }
    if (take_word(&in, "pass")) {
        plain = true;
    } else if (take_word(&in, "import")) {
        plain = parse_import(&in);
    } else if (take_word(&in, "from")) {
        plain = parse_from(&in, future);
    } else {
        take_target(&in);
        plain = parse_list(&in);
    }
    return plain && peek(&in) == '\0';
}
