/*
 * What the files of scan/ share: the state of one scan, and the parts of the lexer.
 *
 * Functions that return int return 0 to go on, SCAN_STOP when the file is decided (then
 * lexer_stop() has been called), or ALC_E_NOMEM.
 */
#ifndef ALC_SCAN_LEXER_H
#define ALC_SCAN_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/scan.h"

enum { SCAN_STOP = 1 };

/* Where code stands, which decides what its names can mean. */
enum scan_scope {
    SCOPE_MODULE, /* runs in the module's namespace */
    SCOPE_HEADER, /* a def or class line: its names are its own, walrus apart */
    SCOPE_LOCAL,  /* inside a function or class */
};

/* What a name can mean for the header; all that have no role are harmless. */
enum scan_role {
    ROLE_NONE,
    ROLE_HEADER,  /* a header name or __doc__ */
    ROLE_MODULE,  /* harmful in the module's own scope: __getattr__ */
    ROLE_REFLECT, /* gives access to a namespace, however it is reached */
    ROLE_BUILTIN, /* the same as a built-in function; as an attribute it is another */
    ROLE_MODULES, /* sys.modules, but also a fine name for a table */
    ROLE_GLOBAL,
    ROLE_IMPORT,
};

struct scan_role_name {
    const char *text;
    size_t len;
    enum scan_role role;
};

/* Two quick looks have to let each of them through: role_lengths in lexer.c, `pairs` in
 * rest.c. */
extern const struct scan_role_name scan_role_names[];
extern const size_t scan_n_role_names;

/* Classes of bytes; the table is scan_byte_class. */
enum byte_class {
    BYTE_OTHER, /* blanks, operators */
    BYTE_NAME,  /* letters and _ */
    BYTE_DIGIT, /* these three make up names: is_name_byte() */
    BYTE_HIGH,  /* 0x80 and above */
    BYTE_QUOTE,
    BYTE_HASH,
    BYTE_NEWLINE,
    BYTE_BACKSLASH,
    BYTE_OPEN,
    BYTE_CLOSE,
    BYTE_SEMICOLON,
    BYTE_EQUAL,
    BYTE_NUL, /* the sentinel: there is no other NUL by now */
};

extern const unsigned char scan_byte_class[256];

struct lexer {
    const char *p; /* next byte */
    const char *start;
    const char *end; /* *end is NUL */
    struct alc_scan *out;
    struct alc_arena *arena;
    struct alc_scan_scratch *scratch;
    struct alc_error *err;
    enum scan_scope scope;
    bool import_line;        /* the logical line has an `import` */
    const char *high;        /* behind the last byte of 0x80 or above */
    const char *risk;        /* what scan_rest_is_harmless() found last, or NULL */
    const char *doubt;       /* the first code that Python may not compile, or NULL */
    const char *literal_end; /* of the first statement, if it is a literal */
    bool code_seen;          /* a statement that `from __future__` may not follow */
};

/* A string token: scan_string() fills it in. */
struct string_token {
    const char *body; /* behind the opening quotes */
    size_t len;       /* up to the closing quotes */
    bool raw;
    bool formatted; /* f or t */
    bool bytes;
    bool escaped; /* has a backslash */
};

static inline enum byte_class byte_class(char byte)
{
    return (enum byte_class)scan_byte_class[(unsigned char)byte];
}

static inline bool is_name_byte(char byte)
{
    return (unsigned)byte_class(byte) - BYTE_NAME <= BYTE_HIGH - BYTE_NAME;
}

static inline bool is_ascii_name_byte(char byte)
{
    return (unsigned)byte_class(byte) - BYTE_NAME <= BYTE_DIGIT - BYTE_NAME;
}

static inline bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\f';
}

/* Are the names bound without which there is no revision? */
static inline bool scan_has_header(const struct lexer *lx)
{
    const struct alc_value *values = lx->out->values;

    return values[ALC_SCAN_REVISION].kind != ALC_VALUE_ABSENT &&
           values[ALC_SCAN_DOWN_REVISION].kind != ALC_VALUE_ABSENT;
}

/* Decide the file: dynamic because of `reason`, found at `at`.  Returns SCAN_STOP. */
int lexer_stop(struct lexer *lx, enum alc_scan_reason reason, const char *at);

/* Decide the file: Python certainly rejects it at `at`.  Returns SCAN_STOP. */
int lexer_stop_broken(struct lexer *lx, const char *at);

/* A mark that a merge with conflicts leaves at the start of a line: <<<<<<< and such.
 */
bool scan_is_conflict_mark(const char *p);

/*
 * Does Python surely compile [start, end), one simple statement (without its semicolon;
 * a comment may follow) or an expression?  May say no too often (plain.c).  *future is
 * set if the statement is `from __future__ import ...`.
 */
bool scan_is_plain_statement(const char *start, const char *end, bool *future);
bool scan_is_plain_expression(const char *start, const char *end);

/*
 * The string literal whose opening quote is at lx->p and whose prefix letters are
 * [prefix, lx->p).  Leaves lx->p behind it.
 */
int scan_string(struct string_token *out, struct lexer *lx, const char *prefix);

/* Is [word, word + len) a string prefix that some Python version has? */
bool scan_is_prefix(const char *word, size_t len);

/* Check the replacement fields of an f-string (lx->p is behind it). */
int scan_fstring(struct lexer *lx, const struct string_token *token);

/* Append what a plain string literal means to scratch->text. */
int scan_decode(struct lexer *lx, const struct string_token *token);

/* Check the name [word, lx->p) for what it can do to the header in lx->scope. */
int scan_check_name(struct lexer *lx, const char *word);

/* May the name [word, end) do anything to the header, wherever it stands? */
bool scan_name_matters(const char *word, const char *end);

/*
 * Is there nothing from lx->p on, a logical line's start, that could bind a header
 * name?  May say no too often.  O(length of the file) for all calls together.
 */
bool scan_rest_is_harmless(struct lexer *lx);

/* Which header name [word, word + len) is; ALC_SCAN_N_NAMES if none. */
enum alc_scan_name scan_header_name(const char *word, size_t len);

/* Where scan_skip_code() stops besides the end of the logical line. */
enum { SCAN_TO_SEMICOLON = 1, SCAN_TO_EQUAL = 2 };

/*
 * Go over code to what ends it, outside brackets: the newline, the end of the file, or
 * one of `stops`.  Leaves lx->p at it.
 */
int scan_skip_code(struct lexer *lx, unsigned stops);

/* Skip blanks and joined lines. */
int scan_skip_blanks(struct lexer *lx);

/*
 * Parse a literal that makes up the rest of a statement, up to the newline, comment,
 * semicolon or end of file (not consumed).  If it is anything else the file is dynamic
 * because of `reason`.
 */
int scan_value(struct alc_value *out, struct lexer *lx, enum alc_scan_reason reason);

/*
 * Check the encoding of [text, text + len), skip a byte order mark, translate newlines.
 * Sets lx->start, p, end and high.
 */
int scan_open_text(struct lexer *lx, const char *text, size_t len);

#endif
