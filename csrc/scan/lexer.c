/*
 * Going over code that is not a header assignment: fast, but watching for all that
 * could change what the header names mean.
 */
#include "lexer.h"

#include <string.h>

/* CPython's tokeniser rejects deeper brackets (MAXLEVEL). */
enum { MAX_BRACKETS = 200 };

const unsigned char scan_byte_class[256] = {
    ['\0'] = BYTE_NUL,           ['\n'] = BYTE_NEWLINE,     ['"'] = BYTE_QUOTE,
    ['\''] = BYTE_QUOTE,         ['#'] = BYTE_HASH,         [';'] = BYTE_SEMICOLON,
    ['='] = BYTE_EQUAL,          ['\\'] = BYTE_BACKSLASH,   ['('] = BYTE_OPEN,
    ['['] = BYTE_OPEN,           ['{'] = BYTE_OPEN,         [')'] = BYTE_CLOSE,
    [']'] = BYTE_CLOSE,          ['}'] = BYTE_CLOSE,        ['0' ... '9'] = BYTE_DIGIT,
    ['A' ... 'Z'] = BYTE_NAME,   ['a' ... 'z'] = BYTE_NAME, ['_'] = BYTE_NAME,
    [0x80 ... 0xFF] = BYTE_HIGH,
};

int lexer_stop(struct lexer *lx, enum alc_scan_reason reason, const char *at)
{
    uint32_t line = at != NULL;
    const char *p = lx->start;

    while (at && (p = memchr(p, '\n', (size_t)(at - p))) != NULL) {
        line++;
        p++;
    }
    lx->out->reason = reason;
    lx->out->line = line;
    return SCAN_STOP;
}

int lexer_stop_broken(struct lexer *lx, const char *at)
{
    lx->out->broken = true;
    return lexer_stop(lx, ALC_SCAN_SYNTAX, at);
}

bool scan_is_conflict_mark(const char *p)
{
    enum { MARK_LEN = 7 };

    if (*p != '<' && *p != '=' && *p != '>' && *p != '|') {
        return false;
    }
    for (int i = 1; i < MARK_LEN; i++) {
        if (p[i] != *p) {
            return false;
        }
    }
    return p[MARK_LEN] == ' ' || p[MARK_LEN] == '\n' || p[MARK_LEN] == '\0';
}

static bool is_word(const char *word, size_t len, const char *wanted, size_t wanted_len)
{
    return len == wanted_len && memcmp(word, wanted, wanted_len) == 0;
}

#define IS(wanted) is_word(word, len, wanted, sizeof(wanted) - 1)

enum alc_scan_name scan_header_name(const char *word, size_t len)
{
    switch (len) {
    case 8:
        return IS("revision") ? ALC_SCAN_REVISION : ALC_SCAN_N_NAMES;
    case 10:
        return IS("depends_on") ? ALC_SCAN_DEPENDS_ON : ALC_SCAN_N_NAMES;
    case 13:
        return IS("down_revision")   ? ALC_SCAN_DOWN_REVISION
               : IS("branch_labels") ? ALC_SCAN_BRANCH_LABELS
                                     : ALC_SCAN_N_NAMES;
    default:
        return ALC_SCAN_N_NAMES;
    }
}

#undef IS

#define NAME(text, role)                                                               \
    {                                                                                  \
#text, sizeof #text - 1, role                                                  \
    }

const struct scan_role_name scan_role_names[] = {
    NAME(revision, ROLE_HEADER),      NAME(down_revision, ROLE_HEADER),
    NAME(branch_labels, ROLE_HEADER), NAME(depends_on, ROLE_HEADER),
    NAME(__doc__, ROLE_HEADER),       NAME(__getattr__, ROLE_MODULE),
    NAME(builtins, ROLE_REFLECT),     NAME(__builtins__, ROLE_REFLECT),
    NAME(__dict__, ROLE_REFLECT),     NAME(__globals__, ROLE_REFLECT),
    NAME(f_globals, ROLE_REFLECT),    NAME(f_locals, ROLE_REFLECT),
    NAME(__import__, ROLE_REFLECT),   NAME(import_module, ROLE_REFLECT),
    NAME(__setattr__, ROLE_REFLECT),  NAME(__delattr__, ROLE_REFLECT),
    NAME(exec, ROLE_BUILTIN),         NAME(eval, ROLE_BUILTIN),
    NAME(vars, ROLE_BUILTIN),         NAME(locals, ROLE_BUILTIN),
    NAME(globals, ROLE_BUILTIN),      NAME(setattr, ROLE_BUILTIN),
    NAME(delattr, ROLE_BUILTIN),      NAME(getattr, ROLE_BUILTIN),
    NAME(modules, ROLE_MODULES),      NAME(global, ROLE_GLOBAL),
    NAME(import, ROLE_IMPORT),
};

#undef NAME

const size_t scan_n_role_names = sizeof scan_role_names / sizeof *scan_role_names;

/* First letters and lengths of the names that have a role, as bit sets: rules out
 * nearly all others at once. */
#define LEN(n) (1u << (n))

static const uint16_t role_lengths[256] = {
    ['_'] = LEN(7) | LEN(8) | LEN(10) | LEN(11) | LEN(12),
    ['b'] = LEN(8) | LEN(13),
    ['d'] = LEN(7) | LEN(10) | LEN(13),
    ['e'] = LEN(4),
    ['f'] = LEN(8) | LEN(9),
    ['g'] = LEN(6) | LEN(7),
    ['i'] = LEN(6) | LEN(13),
    ['l'] = LEN(6),
    ['m'] = LEN(7),
    ['r'] = LEN(8),
    ['s'] = LEN(7),
    ['v'] = LEN(4),
};

#undef LEN

static bool may_have_role(const char *word, size_t len)
{
    return len < 16 && (role_lengths[(unsigned char)*word] >> len & 1);
}

static enum scan_role name_role(const char *word, size_t len)
{
    if (!may_have_role(word, len)) {
        return ROLE_NONE;
    }
    for (size_t i = 0; i < scan_n_role_names; i++) {
        const struct scan_role_name *name = &scan_role_names[i];
        if (is_word(word, len, name->text, name->len)) {
            return name->role;
        }
    }
    return ROLE_NONE;
}

/*
 * Is the name that starts at `word` an attribute (x.name)?  Looks back on the same line
 * only, so that a statement behind a line that ends in a dot is none.
 */
static bool is_attribute(const struct lexer *lx, const char *word)
{
    while (word > lx->start && is_blank(word[-1])) {
        word--;
    }
    return word > lx->start && word[-1] == '.';
}

static const char *behind_blanks(const char *p)
{
    while (is_blank(*p)) {
        p++;
    }
    return p;
}

/* A header name in code: in the module's scope it may be bound, so that is enough. */
static int check_header_name(struct lexer *lx, const char *word)
{
    const char *next = behind_blanks(lx->p);
    bool harmful;

    if (lx->scope == SCOPE_LOCAL) {
        return 0;
    }
    if (is_attribute(lx, word)) { /* assigned to: it may be this module's */
        harmful = *next == '=' && next[1] != '=';
    } else if (lx->scope == SCOPE_HEADER) {
        /* (revision := ...) in a default value, a decorator or a base class; the rest
         * of a joined line or of a bracket is not looked at, but given up. */
        harmful = *next == '\\' || *next == '\n' || *next == '#' ||
                  (*next == ':' && next[1] == '=');
    } else {
        harmful = true;
    }
    return harmful ? lexer_stop(lx, ALC_SCAN_BINDING, word) : 0;
}

/* The names behind `global`, at lx->p; lx->p does not move. */
static int check_global(struct lexer *lx)
{
    const char *p = behind_blanks(lx->p);

    for (;;) {
        const char *word = p;
        while (is_name_byte(*p)) {
            p++;
        }
        size_t len = (size_t)(p - word);
        if (len == 0 || name_role(word, len) == ROLE_HEADER ||
            name_role(word, len) == ROLE_MODULE) {
            return lexer_stop(lx, ALC_SCAN_GLOBAL, word);
        }
        p = behind_blanks(p);
        if (*p == '\\') {
            return lexer_stop(lx, ALC_SCAN_GLOBAL, word);
        }
        if (*p != ',') {
            return 0;
        }
        p = behind_blanks(p + 1);
    }
}

bool scan_name_matters(const char *word, const char *end)
{
    enum scan_role role = name_role(word, (size_t)(end - word));

    if (role == ROLE_IMPORT) { /* of a star, which may be on a joined line */
        end = behind_blanks(end);
        return *end == '*' || *end == '\\';
    }
    return role != ROLE_NONE;
}

static int check_import(struct lexer *lx)
{
    const char *next = behind_blanks(lx->p);

    lx->import_line = true;
    if (*next == '*' || *next == '\\') {
        return lexer_stop(lx, ALC_SCAN_STAR, next);
    }
    return 0;
}

int scan_check_name(struct lexer *lx, const char *word)
{
    bool harmful = false;

    switch (name_role(word, (size_t)(lx->p - word))) {
    case ROLE_NONE:
        return 0;
    case ROLE_HEADER:
        return check_header_name(lx, word);
    case ROLE_GLOBAL:
        return check_global(lx);
    case ROLE_IMPORT:
        return check_import(lx);
    case ROLE_MODULE:
        harmful = lx->scope == SCOPE_MODULE && !is_attribute(lx, word);
        break;
    case ROLE_REFLECT:
        harmful = true;
        break;
    case ROLE_BUILTIN:
        harmful = !is_attribute(lx, word);
        break;
    case ROLE_MODULES:
        harmful = lx->import_line || is_attribute(lx, word);
        break;
    }
    return harmful ? lexer_stop(lx, ALC_SCAN_REFLECTION, word) : 0;
}

int scan_skip_blanks(struct lexer *lx)
{
    for (;; lx->p++) {
        if (*lx->p == '\\') {
            lx->p++;
            if (*lx->p != '\n') {
                return lexer_stop_broken(lx, lx->p - 1);
            }
        } else if (!is_blank(*lx->p)) {
            return 0;
        }
    }
}

/* The name or keyword [word, lx->p): what it means, or the string it is a prefix of. */
static int end_name(struct lexer *lx, const char *word)
{
    struct string_token token;

    if (byte_class(*lx->p) == BYTE_QUOTE &&
        scan_is_prefix(word, (size_t)(lx->p - word))) {
        return scan_string(&token, lx, word);
    }
    return scan_check_name(lx, word);
}

/* A number, and a keyword glued to it (`1if x else 2`). */
static const char *behind_number(const char *p)
{
    while (is_ascii_name_byte(*p) || *p == '.') {
        p++;
    }
    return p;
}

static const char *behind_comment(const struct lexer *lx, const char *p)
{
    const char *newline = memchr(p, '\n', (size_t)(lx->end - p));

    return newline ? newline : lx->end;
}

/*
 * The next byte of code that is more than a harmless name, a blank or an operator. This
 * is where a scan spends its time; *word is the name that ends there, if any.
 */
static const char *next_event(const char **word, const char *p)
{
    for (;;) {
        enum byte_class c = byte_class(*p);

        if (c == BYTE_NAME) {
            *word = p;
            do {
                p++;
            } while (is_ascii_name_byte(*p));
            if (byte_class(*p) == BYTE_QUOTE ||
                may_have_role(*word, (size_t)(p - *word))) {
                return p;
            }
        } else if (c == BYTE_OTHER) {
            p++;
        } else {
            *word = NULL;
            return p;
        }
    }
}

/* Where code stands between two events. */
struct code_state {
    const char *first_open; /* the outermost bracket that is open */
    size_t depth;           /* of brackets */
    unsigned stops;
};

/* What is at lx->p and not a name.  *done is set, and lx->p stays, at what ends code.
 */
static int step_code(bool *done, struct lexer *lx, struct code_state *code)
{
    struct string_token token;

    switch (byte_class(*lx->p)) {
    case BYTE_QUOTE:
        return scan_string(&token, lx, lx->p);
    case BYTE_HASH:
        lx->p = behind_comment(lx, lx->p);
        return 0;
    case BYTE_DIGIT:
        lx->p = behind_number(lx->p);
        return 0;
    case BYTE_BACKSLASH:
        return scan_skip_blanks(lx);
    case BYTE_HIGH:
        return lexer_stop(lx, ALC_SCAN_IDENTIFIER, lx->p);
    case BYTE_NUL:
        *done = code->depth == 0;
        return *done ? 0 : lexer_stop_broken(lx, code->first_open);
    case BYTE_NEWLINE:
        *done = code->depth == 0;
        if (!*done && scan_is_conflict_mark(lx->p + 1)) {
            return lexer_stop_broken(lx, lx->p + 1);
        }
        break;
    case BYTE_SEMICOLON:
        *done = code->depth == 0 && (code->stops & SCAN_TO_SEMICOLON);
        break;
    case BYTE_EQUAL:
        *done = code->depth == 0 && (code->stops & SCAN_TO_EQUAL);
        break;
    case BYTE_OPEN:
        if (code->depth == 0) {
            code->first_open = lx->p;
        }
        if (++code->depth > MAX_BRACKETS) {
            return lexer_stop_broken(lx, lx->p);
        }
        break;
    case BYTE_CLOSE:
        if (code->depth-- == 0) {
            return lexer_stop_broken(lx, lx->p);
        }
        break;
    case BYTE_NAME:
    case BYTE_OTHER:
        break;
    }
    lx->p += !*done;
    return 0;
}

int scan_skip_code(struct lexer *lx, unsigned stops)
{
    struct code_state code = {lx->p, 0, stops};
    bool done = false;
    int rc = 0;

    while (rc == 0 && !done) {
        const char *word = NULL;

        lx->p = next_event(&word, lx->p);
        rc = word ? end_name(lx, word) : step_code(&done, lx, &code);
    }
    return rc;
}
