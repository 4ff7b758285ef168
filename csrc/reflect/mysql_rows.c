/*
 * MySQL's information_schema into the schema model: tables, columns, what they share.
 *
 * Tables are found by name in a hash table, and what belongs to one comes in its order,
 * so that reading costs O(rows).  A row that is not understood makes its table
 * doubtful, which is no error: such a table is dropped in the end, and told.
 */
#include "mysql_rows.h"

#include <string.h>

#include "alc/alloc.h"

/* --- the queries ---------------------------------------------------------------------
 */

#define FIRST(name) #name
#define FURTHER(name) ", " #name
#define SELECT(view) "SELECT " view##_COLUMNS(FIRST, FURTHER)
#define FROM(view, column)                                                             \
    " FROM information_schema." #view " WHERE " #column " = {database}"
#define OF_TABLES "{tables}"
#define COUNT(name) +1

static const struct {
    const char *sql;
    size_t n_columns;
    size_t n_leading; /* see alc_mysql_n_leading() */
    row_fn *read;
} queries[] = {
    [ALC_MYSQL_TABLES] = {SELECT(TABLES) FROM(TABLES, TABLE_SCHEMA) OF_TABLES,
                          TABLES_COLUMNS(COUNT, COUNT), 0, mysql_read_table},
    [ALC_MYSQL_COLUMNS] = {SELECT(COLUMNS) FROM(COLUMNS, TABLE_SCHEMA) OF_TABLES,
                           COLUMNS_COLUMNS(COUNT, COUNT), COLUMNS_ORDINAL_POSITION + 1,
                           mysql_read_column},
    [ALC_MYSQL_INDEXES] = {SELECT(STATISTICS) FROM(STATISTICS, TABLE_SCHEMA) OF_TABLES,
                           STATISTICS_COLUMNS(COUNT, COUNT),
                           STATISTICS_SEQ_IN_INDEX + 1, mysql_read_index},
    [ALC_MYSQL_KEYS] = {SELECT(KEY_COLUMN_USAGE) FROM(KEY_COLUMN_USAGE, TABLE_SCHEMA)
                            OF_TABLES " AND REFERENCED_TABLE_NAME IS NOT NULL",
                        KEY_COLUMN_USAGE_COLUMNS(COUNT, COUNT),
                        KEYS_ORDINAL_POSITION + 1, mysql_read_key},
    [ALC_MYSQL_ACTIONS] = {SELECT(REFERENTIAL_CONSTRAINTS) FROM(
                               REFERENTIAL_CONSTRAINTS, CONSTRAINT_SCHEMA) OF_TABLES,
                           REFERENTIAL_CONSTRAINTS_COLUMNS(COUNT, COUNT), 0,
                           mysql_read_actions},
    [ALC_MYSQL_CHECKS] = {SELECT(TABLE_CONSTRAINTS)
                              FROM(TABLE_CONSTRAINTS, CONSTRAINT_SCHEMA) OF_TABLES
                          " AND CONSTRAINT_TYPE = 'CHECK'",
                          TABLE_CONSTRAINTS_COLUMNS(COUNT, COUNT), 0, mysql_read_check},
    [ALC_MYSQL_CONDITIONS] = {SELECT(CHECK_CONSTRAINTS)
                                  FROM(CHECK_CONSTRAINTS, CONSTRAINT_SCHEMA),
                              CHECK_CONSTRAINTS_COLUMNS(COUNT, COUNT), 0,
                              mysql_read_condition},
};

enum { MAX_COLUMNS = 16 };
_Static_assert((int)COLUMNS_SRS_ID < (int)MAX_COLUMNS, "the widest row");

const char *alc_mysql_sql(enum alc_mysql_query query)
{
    return queries[query].sql;
}

size_t alc_mysql_n_columns(enum alc_mysql_query query)
{
    return queries[query].n_columns;
}

size_t alc_mysql_n_leading(enum alc_mysql_query query)
{
    return queries[query].n_leading;
}

/* --- the reader ----------------------------------------------------------------------
 */

int alc_mysql_bulk_new(struct alc_mysql_bulk **out, struct alc_catalog *catalog,
                       const struct alc_mysql_session *session, struct alc_str database,
                       struct alc_error *err)
{
    struct alc_mysql_bulk *bulk = alc_calloc(1, sizeof *bulk);
    if (!bulk) {
        return alc_error_nomem(err);
    }
    bulk->catalog = catalog;
    bulk->session = session;
    bulk->first = catalog->n_tables;
    alc_arena_init(&bulk->scratch);
    alc_interner_init(&bulk->names, &bulk->scratch);
    alc_interner_init(&bulk->check_names, &bulk->scratch);
    alc_buf_init(&bulk->text);
    bulk->database = database;
    bulk->database.ptr = alc_arena_dup(&bulk->scratch, database.ptr, database.len);
    if (!bulk->database.ptr) {
        alc_mysql_bulk_free(bulk);
        return alc_error_nomem(err);
    }
    *out = bulk;
    return 0;
}

void alc_mysql_bulk_free(struct alc_mysql_bulk *bulk)
{
    if (bulk) {
        alc_free(bulk->tables);
        alc_free(bulk->checks);
        alc_buf_release(&bulk->text);
        alc_arena_release(&bulk->scratch);
        alc_free(bulk);
    }
}

int alc_mysql_bulk_want(struct alc_mysql_bulk *bulk, struct alc_str schema,
                        struct alc_str name, struct alc_error *err)
{
    size_t n = bulk->n_tables;
    uint32_t id;
    int rc = alc_interner_add(&id, &bulk->names, name.ptr, name.len, err);
    if (rc || id < n) {
        return rc; /* wanted already */
    }
    if (ALC_GROW(bulk->tables, bulk->cap_tables, n + 1)) {
        return alc_error_nomem(err);
    }
    bulk->tables[n] = (struct mysql_wanted){0};
    rc =
        alc_catalog_add_table(&bulk->tables[n].table, bulk->catalog, schema, name, err);
    bulk->n_tables += !rc;
    return rc;
}

struct mysql_wanted *mysql_find_wanted(struct alc_mysql_bulk *bulk, struct row *row)
{
    struct alc_str name = take_name(row, 0);
    uint32_t id =
        row->rc ? ALC_NO_ID : alc_interner_find(&bulk->names, name.ptr, name.len);
    return id == ALC_NO_ID ? NULL : &bulk->tables[id];
}

int alc_mysql_bulk_feed(struct alc_mysql_bulk *bulk, enum alc_mysql_query query,
                        struct alc_rows *rows, struct alc_error *err)
{
    struct alc_cell cells[MAX_COLUMNS];
    return read_rows(rows, cells, queries[query].read, bulk, err);
}

/* --- texts ---------------------------------------------------------------------------
 */

bool mysql_is(struct alc_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

bool mysql_starts_with(struct alc_str text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.ptr, word, len) == 0;
}

void mysql_put(struct alc_mysql_bulk *bulk, struct row *row, const char *ptr,
               size_t len)
{
    if (!row->rc) {
        row->rc = alc_buf_append(&bulk->text, ptr, len, row->err);
    }
}

struct alc_str mysql_take_put(struct alc_mysql_bulk *bulk, struct row *row)
{
    struct alc_str copy = {NULL, 0}, text = {bulk->text.ptr, bulk->text.len};
    if (!row->rc && text.len) {
        row->rc = alc_catalog_text(&copy, bulk->catalog, text, row->err);
    }
    alc_buf_reset(&bulk->text);
    return copy;
}

/* In quotes, as SHOW CREATE TABLE prints a string. */
static void put_literal(struct alc_mysql_bulk *bulk, struct row *row,
                        struct alc_str text)
{
    static const char special[] = "\0\n\r\\'";
    static const char *const printed[] = {"\\0", "\\n", "\\r", "\\\\", "''"};
    mysql_put(bulk, row, "'", 1);
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(special, text.ptr[i], sizeof special - 1);
        mysql_put(bulk, row, at ? printed[at - special] : &text.ptr[i], at ? 2 : 1);
    }
    mysql_put(bulk, row, "'", 1);
}

/* Expressions stand in information_schema as inside a string: each quote and each
 * backslash has a backslash before it.  What is not ASCII is encoded twice there. */
bool mysql_put_expression(struct alc_mysql_bulk *bulk, struct row *row,
                          struct alc_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.ptr[i] == '\\';
        i += is_escape;
        if (i == text.len || (unsigned char)text.ptr[i] > 0x7f ||
            (is_escape && text.ptr[i] != '\\' && text.ptr[i] != '\'') ||
            (!is_escape && text.ptr[i] == '\'')) {
            alc_buf_reset(&bulk->text);
            return false;
        }
        mysql_put(bulk, row, &text.ptr[i], 1);
    }
    return true;
}

/* What is empty is none. */
static struct alc_str copy_comment(struct alc_mysql_bulk *bulk, struct row *row,
                                   size_t column)
{
    struct alc_str text = take_text(row, column);
    return text.len ? copy_text(row, bulk->catalog, column) : (struct alc_str){NULL, 0};
}

/* --- tables --------------------------------------------------------------------------
 */

/* The character set of a collation: what stands before its first '_'. */
static struct alc_str charset_of(const struct alc_mysql_bulk *bulk,
                                 struct alc_str collation)
{
    const char *end = collation.len ? memchr(collation.ptr, '_', collation.len) : NULL;
    struct alc_str name = {collation.ptr,
                           end ? (size_t)(end - collation.ptr) : collation.len};
    const struct alc_mysql_charset *known = bulk->session->charsets;
    while (known && !alc_str_eq(known->name, name)) {
        known = known->next;
    }
    return known ? known->name : (struct alc_str){NULL, 0};
}

/* One option that is printed as it stands here; several have another order there. */
static bool is_plain_option(struct alc_str text)
{
    return mysql_starts_with(text, "row_format=") && !memchr(text.ptr, ' ', text.len);
}

int mysql_read_table(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct mysql_wanted *wanted = mysql_find_wanted(bulk, row);
    if (!wanted || row->rc) {
        return row->rc;
    }
    struct alc_table *table = wanted->table;
    struct alc_str options = take_text(row, TABLES_CREATE_OPTIONS);
    if (!mysql_is(take_text(row, TABLES_TABLE_TYPE), "BASE TABLE")) {
        mysql_doubt(wanted, "no table");
    }
    if (!mysql_is(take_text(row, TABLES_ENGINE), "InnoDB")) {
        mysql_doubt(wanted, "engine");
    }
    if (options.len && !is_plain_option(options)) {
        mysql_doubt(wanted, "options");
    }
    wanted->is_known = true;
    table->engine = copy_text(row, bulk->catalog, TABLES_ENGINE);
    table->collation = copy_text(row, bulk->catalog, TABLES_TABLE_COLLATION);
    if (!row->rc) {
        row->rc = alc_catalog_text(&table->charset, bulk->catalog,
                                   charset_of(bulk, table->collation), row->err);
    }
    if (alc_str_is_absent(table->charset)) {
        mysql_doubt(wanted, "collation");
    }
    table->options = copy_comment(bulk, row, TABLES_CREATE_OPTIONS);
    table->comment = copy_comment(bulk, row, TABLES_TABLE_COMMENT);
    return row->rc;
}

/* --- columns -------------------------------------------------------------------------
 */

/* Take a word off the front of words that are parted by blanks. */
static bool take_word(struct alc_str *rest, const char *word)
{
    size_t len = strlen(word);
    if (!mysql_starts_with(*rest, word) || (rest->len > len && rest->ptr[len] != ' ')) {
        return false;
    }
    len += rest->len > len;
    rest->ptr += len;
    rest->len -= len;
    return true;
}

/* The word at the front, whatever it is. */
static struct alc_str take_any_word(struct alc_str *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, ' ', rest->len) : NULL;
    struct alc_str word = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    size_t len = word.len + (end != NULL);
    rest->ptr += len;
    rest->len -= len;
    return word;
}

/* The words of EXTRA.  *is_expression: whether the default is one. */
static void take_extra(struct alc_mysql_bulk *bulk, struct row *row,
                       struct mysql_wanted *wanted, struct alc_column *column,
                       bool *is_expression)
{
    struct alc_str rest = take_text(row, COLUMNS_EXTRA);
    while (!row->rc && rest.len) {
        if (take_word(&rest, "auto_increment")) {
            column->is_auto_increment = true;
        } else if (take_word(&rest, "DEFAULT_GENERATED")) {
            *is_expression = true;
        } else if (take_word(&rest, "on update")) {
            row->rc = alc_catalog_text(&column->on_update, bulk->catalog,
                                       take_any_word(&rest), row->err);
        } else if (take_word(&rest, "STORED GENERATED")) {
            column->generated_kind = ALC_GENERATED_STORED;
        } else if (take_word(&rest, "VIRTUAL GENERATED")) {
            column->generated_kind = ALC_GENERATED_VIRTUAL;
        } else if (take_word(&rest, "INVISIBLE")) {
            column->is_invisible = true;
        } else {
            mysql_doubt(wanted, "attribute of a column");
            return;
        }
    }
}

static void take_default(struct alc_mysql_bulk *bulk, struct row *row,
                         struct mysql_wanted *wanted, struct alc_column *column,
                         bool is_expression)
{
    struct alc_str text = take_text(row, COLUMNS_COLUMN_DEFAULT);
    if (row->rc || (alc_str_is_absent(text) && !is_expression)) {
        return;
    }
    /* Characters of four bytes, which are printed in hexadecimal, are "?" there. */
    if (alc_str_is_absent(text) || mysql_starts_with(column->type, "binary") ||
        mysql_starts_with(column->type, "varbinary") ||
        (!is_expression && memchr(text.ptr, '?', text.len))) {
        mysql_doubt(wanted, "default");
        return;
    }
    if ((is_expression && mysql_starts_with(text, "CURRENT_TIMESTAMP")) ||
        mysql_starts_with(column->type, "bit")) {
        mysql_put(bulk, row, text.ptr, text.len);
    } else if (!is_expression) {
        put_literal(bulk, row, text);
    } else {
        mysql_put(bulk, row, "(", 1);
        if (!mysql_put_expression(bulk, row, text)) {
            mysql_doubt(wanted, "default");
            return;
        }
        mysql_put(bulk, row, ")", 1);
    }
    column->default_expr = mysql_take_put(bulk, row);
}

static void take_generated(struct alc_mysql_bulk *bulk, struct row *row,
                           struct mysql_wanted *wanted, struct alc_column *column)
{
    struct alc_str text = take_text(row, COLUMNS_GENERATION_EXPRESSION);
    bool is_generated = column->generated_kind != ALC_GENERATED_NONE;
    if (is_generated != (text.len > 0) || !mysql_put_expression(bulk, row, text)) {
        mysql_doubt(wanted, "generated column");
        return;
    }
    column->generated = mysql_take_put(bulk, row);
}

/* Absent where it is the table's. */
static void take_charset(struct alc_mysql_bulk *bulk, struct row *row,
                         struct mysql_wanted *wanted, struct alc_column *column)
{
    struct alc_str collation = take_text(row, COLUMNS_COLLATION_NAME);
    bool has_charset = alc_mysql_has_charset(column->type);
    if (has_charset && alc_str_is_absent(collation)) {
        mysql_doubt(wanted, "character set"); /* that of bytes is not told */
    }
    if (!has_charset || !alc_str_eq(collation, wanted->table->collation)) {
        column->charset = copy_text(row, bulk->catalog, COLUMNS_CHARACTER_SET_NAME);
        column->collation = copy_text(row, bulk->catalog, COLUMNS_COLLATION_NAME);
    }
}

static void take_srid(struct alc_mysql_bulk *bulk, struct row *row,
                      struct alc_column *column)
{
    char digits[32];
    if (row->cells[COLUMNS_SRS_ID].kind != ALC_CELL_NULL) {
        int len = snprintf(digits, sizeof digits, "srid=%lld",
                           (long long)take_int(row, COLUMNS_SRS_ID));
        mysql_put(bulk, row, digits, (size_t)len);
        column->options = mysql_take_put(bulk, row);
    }
}

int mysql_read_column(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct mysql_wanted *wanted = mysql_find_wanted(bulk, row);
    struct alc_column *column = NULL;
    bool is_expression = false;
    if (!wanted || row->rc) {
        return row->rc;
    }
    int64_t ordinal = take_int(row, COLUMNS_ORDINAL_POSITION);
    if (!wanted->is_known || ordinal <= wanted->last_column) {
        mysql_doubt(wanted, "order of columns");
    }
    wanted->last_column = ordinal;
    take_name(row, COLUMNS_COLUMN_NAME);
    take_name(row, COLUMNS_COLUMN_TYPE);
    if (!row->rc) {
        row->rc =
            alc_catalog_add_column(&column, bulk->catalog, wanted->table, row->err);
    }
    if (row->rc) {
        return row->rc;
    }
    column->name = copy_text(row, bulk->catalog, COLUMNS_COLUMN_NAME);
    column->type = copy_text(row, bulk->catalog, COLUMNS_COLUMN_TYPE);
    column->not_null = mysql_is(take_text(row, COLUMNS_IS_NULLABLE), "NO");
    column->comment = copy_comment(bulk, row, COLUMNS_COLUMN_COMMENT);
    take_charset(bulk, row, wanted, column);
    take_extra(bulk, row, wanted, column, &is_expression);
    take_default(bulk, row, wanted, column, is_expression);
    take_generated(bulk, row, wanted, column);
    take_srid(bulk, row, column);
    return row->rc;
}
