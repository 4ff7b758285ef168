/*
 * What the parsers of SQLite's statements have beside sql_parser.h.
 */
#ifndef ALC_REFLECT_SQLITE_PARSER_H
#define ALC_REFLECT_SQLITE_PARSER_H

#include "alc/sqlite.h"
#include "sql_parser.h"

static inline struct alc_str trimmed(struct alc_str text)
{
    static const char blanks[] = " \t\n\f\r";
    while (text.len && memchr(blanks, text.ptr[0], sizeof blanks - 1)) {
        text.ptr++;
        text.len--;
    }
    while (text.len && memchr(blanks, text.ptr[text.len - 1], sizeof blanks - 1)) {
        text.len--;
    }
    return text;
}

/* The text between parentheses as SQLite keeps it: with comments, without the white
 * space at both ends. */
static inline struct alc_str take_parenthesised(struct parser *p)
{
    struct alc_str text = skip_parenthesised(p);
    return copy(p, failed(p) ? text : trimmed(text));
}

/*
 * Names in parentheses, each perhaps with COLLATE and a direction; with any of those
 * *as_written is all of the list, else absent.  Two passes over the tokens: count, then
 * fill.
 */
static inline void take_names(struct parser *p, struct alc_str **out, size_t *n_out,
                              struct alc_str *as_written)
{
    size_t n = failed(p) ? 0 : count_items(p);
    if (!failed(p)) {
        p->rc = alc_catalog_texts(out, p->catalog, n, p->err);
    }
    *n_out = 0;
    *as_written = alc_str_absent();
    bool is_plain = true;
    want_mark(p, '(');
    const char *from = p->token.text.ptr;
    while (!failed(p) && *n_out < n) {
        (*out)[(*n_out)++] = take_name(p);
        if (take_word(p, "COLLATE")) {
            take_name(p);
            is_plain = false;
        }
        if (take_word(p, "DESC")) {
            is_plain = false;
        } else {
            take_word(p, "ASC");
        }
        if (!take_mark(p, ',')) {
            break;
        }
    }
    if (!is_plain) {
        *as_written = copy_since(p, from);
    }
}

/* SQLite's rule for names: the case of ASCII letters does not count. */
static inline bool same_name(struct alc_str a, struct alc_str b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && lower(a.ptr[i]) == lower(b.ptr[i])) {
        i++;
    }
    return i == a.len && i == b.len;
}

static inline struct alc_column *column_named(struct alc_table *table,
                                              struct alc_str name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (same_name(table->columns[i].name, name)) {
            return &table->columns[i];
        }
    }
    return NULL;
}

#endif
