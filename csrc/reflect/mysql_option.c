/*
 * Options that are a key and a value, of tables, columns and keys.
 *
 * Their form in the model is that of information_schema: "row_format=DYNAMIC", the key
 * in small letters, the value as it is, one blank between two options.
 */
#include "mysql_parser.h"

/* The words of a key: those of several words are a few. */
static bool take_option_key(struct parser *p)
{
    static const char *const firsts[] = {"DATA", "INDEX"};
    struct alc_str word = p->token.text;
    bool is_word = p->token.kind == SQL_WORD;
    if (!at_name(p)) {
        return false;
    }
    struct alc_str key = is_word ? word : take_name(p);
    bool goes_on = false;
    for (size_t i = 0; is_word && i < sizeof firsts / sizeof *firsts; i++) {
        goes_on = goes_on || at_word(p, firsts[i]);
    }
    if (is_word) {
        advance(p);
    }
    put_option(p, key, true, ' ');
    if (goes_on) {
        put_option(p, p->token.text, true, '_');
        want_word(p, "DIRECTORY");
    }
    return true;
}

/* A value: a list in parentheses, or one token. */
static void take_option_value(struct parser *p)
{
    put_option_byte(p, '=');
    if (at_mark(p, '(')) {
        const char *from = p->token.text.ptr;
        skip_parenthesised(p);
        put_option(p, text_since(p, from), false, '\0');
        return;
    }
    switch (p->token.kind) {
    case SQL_WORD:
    case SQL_NUMBER:
        put_option(p, p->token.text, false, '\0');
        break;
    case SQL_QUOTED:
    case SQL_STRING:
        put_option(p, unquoted(p, p->token), false, '\0');
        break;
    default:
        refuse(p, "value of an option");
    }
    advance(p);
}

bool mysql_take_option(struct parser *p)
{
    bool is_tablespace = !failed(p) && at_word(p, "TABLESPACE");
    if (failed(p) || !take_option_key(p)) {
        return false;
    }
    /* TABLESPACE `x`, or x where names have no quotes; ENGINE_ATTRIBUTE 'x' */
    if (take_mark(p, '=') || p->token.kind == SQL_QUOTED ||
        p->token.kind == SQL_STRING || (is_tablespace && p->token.kind == SQL_WORD)) {
        take_option_value(p);
    } else {
        refuse(p, "value of an option");
    }
    return true;
}
