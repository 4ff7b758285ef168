/*
 * A parser for the CREATE INDEX statements that SQLite stores, in the manner of the one
 * for tables.
 */
#include "sqlite_parser.h"

/*
 * Whether what comes is a column alone, perhaps in parentheses, up to what may follow
 * one; *depth is how many parentheses.
 */
static bool is_plain_column(const struct parser *p, size_t *depth)
{
    struct parser ahead = *p;
    size_t open = 0;
    while (take_mark(&ahead, '(')) {
        open++;
    }
    *depth = open;
    bool named = at_name(&ahead);
    advance(&ahead);
    while (open && take_mark(&ahead, ')')) {
        open--;
    }
    return named && !open &&
           (at_mark(&ahead, ',') || at_mark(&ahead, ')') ||
            at_word(&ahead, "COLLATE") || at_word(&ahead, "ASC") ||
            at_word(&ahead, "DESC"));
}

/* An expression up to a comma, the end or a direction outside its parentheses. */
static struct alc_str take_expression(struct parser *p)
{
    const char *from = p->token.text.ptr;
    size_t depth = 0;
    while (!failed(p) && p->token.kind != SQL_END) {
        bool ends = at_mark(p, ',') || at_mark(p, ')') || at_word(p, "ASC") ||
                    at_word(p, "DESC");
        if (!depth && ends) {
            break;
        }
        depth += at_mark(p, '(');
        depth -= at_mark(p, ')');
        advance(p);
    }
    return copy_since(p, from);
}

static void take_index_part(struct parser *p, struct alc_index_part *part)
{
    size_t depth;
    if (is_plain_column(p, &depth)) {
        for (size_t i = 0; i < depth; i++) {
            want_mark(p, '(');
        }
        struct alc_str name = take_name(p);
        for (size_t i = 0; i < depth; i++) {
            want_mark(p, ')');
        }
        const struct alc_column *column = column_named(p->table, name);
        /* A quoted name that is no column is a string, by an old habit of SQLite. */
        part->is_expr = !column;
        part->text = column ? column->name : name;
        if (take_word(p, "COLLATE")) {
            part->collation = take_name(p);
        }
    } else {
        part->is_expr = true;
        part->text = take_expression(p);
    }
    part->descending = take_word(p, "DESC");
    if (!part->descending) {
        take_word(p, "ASC");
    }
}

static void take_index_parts(struct parser *p, struct alc_index *index)
{
    size_t cap = 0;
    want_mark(p, '(');
    do {
        if (index->n_parts == cap) {
            size_t wanted = cap ? cap * 2 : 4;
            struct alc_index_part *parts =
                alc_arena_calloc(&p->catalog->arena, wanted, sizeof *parts);
            if (!parts) {
                p->rc = alc_error_nomem(p->err);
                return;
            }
            if (cap) {
                memcpy(parts, index->parts, cap * sizeof *parts);
            }
            index->parts = parts;
            cap = wanted;
        }
        take_index_part(p, &index->parts[index->n_parts++]);
    } while (take_mark(p, ','));
    want_mark(p, ')');
}

int alc_sqlite_parse_index(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err)
{
    struct parser p = {0};
    struct alc_index *index;
    start(&p, SQL_SQLITE, catalog, table, sql, err);
    p.rc = alc_catalog_add_index(&index, catalog, table, err);
    if (p.rc) {
        return p.rc;
    }
    want_word(&p, "CREATE");
    index->is_unique = take_word(&p, "UNIQUE");
    want_word(&p, "INDEX");
    if (take_word(&p, "IF")) {
        want_word(&p, "NOT");
        want_word(&p, "EXISTS");
    }
    index->name = take_name(&p);
    if (take_mark(&p, '.')) {
        index->name = take_name(&p);
    }
    want_word(&p, "ON");
    take_name(&p);
    if (!failed(&p)) {
        take_index_parts(&p, index);
    }
    if (take_word(&p, "WHERE")) {
        const char *from = p.token.text.ptr;
        while (!failed(&p) && !at_end(&p)) {
            advance(&p);
        }
        index->predicate = copy_since(&p, from);
    }
    want_end(&p);
    return end(&p);
}
