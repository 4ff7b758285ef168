/*
 * A parser for what SHOW CREATE TABLE prints.
 *
 * It goes from left to right with one token in hand and no recursion: expressions are
 * taken as text between balanced parentheses.  Whatever it does not know makes the
 * table opaque, so that what it says of the others holds to the last token.
 */
#include "mysql_parser.h"

/* --- columns -------------------------------------------------------------------------
 */

/* A type as it is printed, in small letters but for what is in its parentheses. */
static struct alc_str take_type(struct parser *p)
{
    static const char *const adjectives[] = {"UNSIGNED", "ZEROFILL"};
    struct alc_str word = p->token.text;
    if (failed(p) || p->token.kind != SQL_WORD) {
        refuse(p, "type expected");
        return alc_str_absent();
    }
    advance(p);
    put_option(p, word, true, '\0');
    if (at_mark(p, '(')) {
        const char *from = p->token.text.ptr;
        skip_parenthesised(p);
        put_option(p, text_since(p, from), false, '\0');
    }
    for (size_t i = 0; i < sizeof adjectives / sizeof *adjectives; i++) {
        word = p->token.text;
        if (take_word(p, adjectives[i])) {
            put_option(p, word, true, ' ');
        }
    }
    return take_options(p);
}

/* A default's value, or what ON UPDATE sets: a literal, a word perhaps with arguments,
 * or an expression in parentheses; as it is printed. */
static struct alc_str take_value(struct parser *p)
{
    const char *from = p->token.text.ptr;
    if (at_mark(p, '-') || at_mark(p, '+')) {
        advance(p);
    }
    if (p->token.kind == SQL_WORD || p->token.kind == SQL_QUOTED) {
        bool is_quoted = p->token.kind == SQL_QUOTED; /* a function of a database */
        advance(p);
        while (take_mark(p, '.')) {
            take_name(p);
        }
        if (at_mark(p, '(')) {
            skip_parenthesised(p);
        } else if (is_quoted) {
            refuse(p, "default");
        } else if (p->token.kind == SQL_STRING &&
                   p->token.text.ptr == p->lexer.sql.ptr + p->last_end) {
            advance(p); /* b'01', _utf8mb4'x' */
        }
    } else if (at_mark(p, '(')) {
        skip_parenthesised(p);
    } else if (p->token.kind == SQL_STRING || p->token.kind == SQL_NUMBER) {
        advance(p);
    } else {
        refuse(p, "default");
    }
    return copy_since(p, from);
}

static void take_default(struct parser *p, struct alc_column *column)
{
    if (!take_word(p, "NULL")) {
        column->default_expr = take_value(p);
    }
}

/* From AS on.  Columns of system versioning have no expression. */
static void take_generated(struct parser *p, struct alc_column *column)
{
    if (take_word(p, "ROW")) {
        bool is_start = take_word(p, "START");
        if (!is_start) {
            want_word(p, "END");
        }
        column->generated = copy(p, is_start ? (struct alc_str){"ROW START", 9}
                                             : (struct alc_str){"ROW END", 7});
        column->generated_kind = ALC_GENERATED_STORED;
        take_word(p, "INVISIBLE");
        return;
    }
    column->generated = take_parenthesised(p);
    bool is_stored = take_word(p, "STORED") || take_word(p, "PERSISTENT");
    column->generated_kind = is_stored ? ALC_GENERATED_STORED : ALC_GENERATED_VIRTUAL;
    if (!is_stored) {
        take_word(p, "VIRTUAL");
    }
}

static void take_column_check(struct parser *p, const struct alc_column *column)
{
    struct alc_str name = column->name;
    struct alc_constraint *check = mysql_add_constraint(p, ALC_CHECK);
    if (check) {
        p->rc = alc_catalog_texts(&check->columns, p->catalog, 1, p->err);
    }
    if (!failed(p)) {
        check->columns[0] = name;
        check->n_columns = 1;
        check->expr = take_parenthesised(p);
    }
}

/* One word of a column's options, "key" or "key=value". */
static bool take_column_option(struct parser *p)
{
    static const char *const words[] = {"COMPRESSED"};
    static const char *const pairs[] = {"COLUMN_FORMAT", "STORAGE", "SRID"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct alc_str word = p->token.text;
        if (take_word(p, words[i])) {
            put_option(p, word, true, ' ');
            if (take_mark(p, '=')) { /* the method */
                put_option(p, p->token.text, false, '=');
                advance(p);
            }
            return true;
        }
    }
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct alc_str word = p->token.text;
        if (take_word(p, pairs[i])) {
            put_option(p, word, true, ' ');
            put_option(p, p->token.text, true, '=');
            advance(p);
            return true;
        }
    }
    if (take_word(p, "WITHOUT")) {
        want_word(p, "SYSTEM");
        want_word(p, "VERSIONING");
        put_option_word(p, "without system versioning");
        return true;
    }
    return mysql_take_option(p);
}

/* One attribute of a column; false when there is none. */
static bool take_attribute(struct parser *p, struct alc_column *column)
{
    if (take_word(p, "CHARACTER")) {
        want_word(p, "SET");
        column->charset = take_name(p);
    } else if (take_word(p, "COLLATE")) {
        column->collation = take_name(p);
    } else if (take_word(p, "NOT")) {
        want_word(p, "NULL");
        column->not_null = true;
    } else if (take_word(p, "NULL")) {
        column->not_null = false;
    } else if (take_word(p, "DEFAULT")) {
        take_default(p, column);
    } else if (take_word(p, "ON")) {
        want_word(p, "UPDATE");
        column->on_update = take_value(p);
    } else if (take_word(p, "AUTO_INCREMENT")) {
        column->is_auto_increment = true;
    } else if (take_word(p, "COMMENT")) {
        column->comment = take_string(p);
    } else if (take_word(p, "GENERATED")) {
        want_word(p, "ALWAYS");
        want_word(p, "AS");
        take_generated(p, column);
    } else if (take_word(p, "AS")) {
        take_generated(p, column);
    } else if (take_word(p, "CHECK")) {
        take_column_check(p, column);
    } else if (take_word(p, "INVISIBLE")) {
        column->is_invisible = true;
    } else {
        return take_column_option(p);
    }
    return true;
}

static void take_column(struct parser *p)
{
    struct alc_column *column = NULL;
    if (!failed(p)) {
        p->rc = alc_catalog_add_column(&column, p->catalog, p->table, p->err);
    }
    if (!column) {
        return;
    }
    column->name = take_name(p);
    column->type = take_type(p);
    while (!failed(p) && !at_mark(p, ',') && !at_mark(p, ')') &&
           take_attribute(p, column)) {
    }
    column->options = take_options(p);
}

/* --- character sets ------------------------------------------------------------------
 */

static const struct alc_mysql_charset *find_charset(const struct parser *p,
                                                    struct alc_str name)
{
    const struct alc_mysql_charset *charset = p->session->charsets;
    while (charset && !alc_str_eq(charset->name, name)) {
        charset = charset->next;
    }
    return charset;
}

/* A collation that was left out is the character set's. */
static void complete(const struct parser *p, struct alc_str charset,
                     struct alc_str *collation)
{
    if (alc_str_is_absent(*collation) && !alc_str_is_absent(charset)) {
        const struct alc_mysql_charset *known = find_charset(p, charset);
        *collation = known ? known->collation : alc_str_absent();
    }
}

bool alc_mysql_has_charset(struct alc_str type)
{
    static const char *const words[] = {"char",       "varchar",  "tinytext", "text",
                                        "mediumtext", "longtext", "enum",     "set"};
    size_t len = 0;
    while (len < type.len && type.ptr[len] != '(' && type.ptr[len] != ' ') {
        len++;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == len && memcmp(type.ptr, words[i], len) == 0) {
            return true;
        }
    }
    return false;
}

/* Leave out of the columns what is as in the table. */
static void settle_charsets(struct parser *p)
{
    struct alc_table *table = p->table;
    complete(p, table->charset, &table->collation);
    table->collation = copy(p, table->collation);
    for (size_t i = 0; !failed(p) && i < table->n_columns; i++) {
        struct alc_column *column = &table->columns[i];
        if (alc_str_is_absent(column->charset) &&
            !alc_str_is_absent(column->collation)) {
            column->charset = table->charset;
        }
        complete(p, column->charset, &column->collation);
        bool is_the_tables = alc_mysql_has_charset(column->type) &&
                             !alc_str_is_absent(table->collation) &&
                             alc_str_eq(column->collation, table->collation);
        column->collation = copy(p, column->collation);
        if (is_the_tables) {
            column->charset = column->collation = alc_str_absent();
        }
    }
}

/* --- tables --------------------------------------------------------------------------
 */

/* Whether a table's indexes are hash indexes where nothing else is said. */
static bool has_hash_keys(struct alc_str engine)
{
    return engine.len == 6 && memcmp(engine.ptr, "MEMORY", 6) == 0;
}

static void settle_methods(struct parser *p)
{
    bool hash = has_hash_keys(p->table->engine);
    for (size_t i = 0; i < p->table->n_indexes; i++) {
        struct alc_str *method = &p->table->indexes[i].method;
        if (!alc_str_is_absent(*method) && !method->len) {
            /* absent when failed */
            *method = hash ? copy(p, (struct alc_str){"hash", 4}) : alc_str_absent();
        }
    }
}

static void take_table_option(struct parser *p)
{
    struct alc_table *table = p->table;
    take_word(p, "DEFAULT");
    if (take_word(p, "ENGINE") || take_word(p, "TYPE")) {
        take_mark(p, '=');
        table->engine = take_name(p);
    } else if (take_word(p,
                         "AUTO_INCREMENT")) { /* the counter: no part of the schema */
        take_mark(p, '=');
        advance(p);
    } else if (take_word(p, "CHARSET")) {
        take_mark(p, '=');
        table->charset = take_name(p);
    } else if (take_word(p, "COLLATE")) {
        take_mark(p, '=');
        table->collation = take_name(p);
    } else if (take_word(p, "COMMENT")) {
        take_mark(p, '=');
        table->comment = take_string(p);
    } else if (take_word(p, "WITH")) {
        want_word(p, "SYSTEM");
        want_word(p, "VERSIONING");
        table->is_versioned = true;
    } else if (take_word(p, "SEQUENCE")) {
        want_mark(p, '=');
        table->kind = ALC_TABLE_SEQUENCE;
        advance(p);
    } else if (!mysql_take_option(p)) {
        refuse(p, "option of a table");
    }
}

/* All that says how the table is divided, as it is printed. */
static void take_partitions(struct parser *p)
{
    const char *from = p->token.text.ptr, *end = from;
    while (!failed(p) && !at_end(p)) {
        end = p->token.text.ptr + p->token.text.len;
        advance(p);
    }
    p->table->kind = ALC_TABLE_PARTITIONED;
    p->table->partitioning = copy(p, (struct alc_str){from, (size_t)(end - from)});
}

static void take_table_options(struct parser *p)
{
    while (!failed(p) && !at_end(p) && !at_word(p, "PARTITION")) {
        take_table_option(p);
    }
    p->table->options = take_options(p);
    if (!failed(p) && at_word(p, "PARTITION")) {
        take_partitions(p);
    }
    want_end(p);
}

/* A comment that is empty is none. */
static void drop_empty(struct alc_str *comment)
{
    if (!comment->len) {
        *comment = alc_str_absent();
    }
}

static void settle_comments(struct alc_table *table)
{
    drop_empty(&table->comment);
    for (size_t i = 0; i < table->n_columns; i++) {
        drop_empty(&table->columns[i].comment);
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        drop_empty(&table->indexes[i].comment);
    }
}

/* What was begun when something was not understood may have no name yet. */
static void drop_nameless(struct alc_table *table)
{
    size_t n = table->n_columns, k = table->n_indexes;
    table->n_columns -= n && alc_str_is_absent(table->columns[n - 1].name);
    table->n_indexes -= k && alc_str_is_absent(table->indexes[k - 1].name);
}

static void take_create(struct parser *p)
{
    want_word(p, "CREATE");
    p->table->is_temporary = take_word(p, "TEMPORARY");
    if (!failed(p) && !at_word(p, "TABLE")) {
        p->table->kind = ALC_TABLE_VIEW;
        refuse(p, "no table");
    }
    want_word(p, "TABLE");
    take_name(p);
    want_mark(p, '(');
    do {
        if (!mysql_take_key(p)) {
            take_column(p);
        }
    } while (take_mark(p, ','));
    want_mark(p, ')');
    take_table_options(p);
    settle_charsets(p);
    settle_methods(p);
    settle_comments(p->table);
}

int alc_mysql_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                          const struct alc_mysql_session *session, struct alc_str sql,
                          struct alc_error *err)
{
    struct parser p = {.session = session};
    p.lexer.ansi_quotes = session->ansi_quotes;
    p.lexer.escapes = true;
    alc_buf_init(&p.options);
    start(&p, SQL_MYSQL, catalog, table, sql, err);
    take_create(&p);
    drop_nameless(table);
    alc_buf_release(&p.options);
    return end(&p);
}
