/*
 * libFuzzer target for the reader of MySQL's information_schema: whatever rows a source
 * gives, the answer is an error, or a catalog with the tables that are vouched for.
 *
 * The input is rows as text (text_source.h), query after query.
 */
#include "alc/mysql.h"
#include "text_source.h"

static const struct alc_str names[] = {{"t", 1}, {"u", 1}, {"", 0}};

enum { N_NAMES = sizeof names / sizeof *names };

static int read_all(struct alc_mysql_bulk *bulk, const char *bytes, size_t len)
{
    struct source source = {.at = bytes, .end = bytes + len};
    int rc = 0;
    for (int query = 0; !rc && query < ALC_MYSQL_N_QUERIES; query++) {
        struct alc_rows rows =
            rows_of(&source, alc_mysql_n_columns((enum alc_mysql_query)query));
        struct alc_error err = {0};
        rc = alc_mysql_bulk_feed(bulk, (enum alc_mysql_query)query, &rows, &err);
        check(rc == err.code);
        next_query(&source);
    }
    free_blocks(&source);
    return rc;
}

/* A table that is vouched for is whole. */
static void check_table(const struct alc_table *table)
{
    check(table->n_columns && !alc_str_is_absent(table->charset));
    for (size_t i = 0; i < table->n_columns; i++) {
        check(table->columns[i].name.ptr && table->columns[i].type.ptr);
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct alc_constraint *constraint = &table->constraints[i];
        check(constraint->kind != ALC_CHECK || constraint->expr.ptr);
        check(constraint->kind == ALC_CHECK || constraint->n_columns);
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        check(table->indexes[i].n_parts && table->indexes[i].parts[0].text.ptr);
    }
}

static void check_end(struct alc_mysql_bulk *bulk, struct alc_catalog *catalog)
{
    struct alc_buf canonical;
    struct alc_str name;
    size_t n_vouched = 0;
    alc_buf_init(&canonical);
    check(alc_mysql_bulk_end(bulk, NULL) == 0);
    for (size_t i = 0; i < N_NAMES; i++) {
        n_vouched += !alc_mysql_bulk_doubt(&name, bulk, i);
        check(alc_str_eq(name, names[i]));
    }
    check(catalog->n_tables == n_vouched);
    check(alc_catalog_finish(catalog, NULL) == 0);
    for (size_t i = 0; i < catalog->n_tables; i++) {
        check_table(catalog->tables[i]);
    }
    check(alc_catalog_canonical(&canonical, catalog, NULL) == 0);
    alc_buf_release(&canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct alc_mysql_charset utf8mb4 = {
        {"utf8mb4", 7}, {"utf8mb4_0900_ai_ci", 18}, NULL};
    static const struct alc_mysql_session session = {.charsets = &utf8mb4};
    struct alc_mysql_bulk *bulk;
    struct alc_catalog catalog;
    alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
    check(alc_mysql_bulk_new(&bulk, &catalog, &session, names[0], NULL) == 0);
    for (size_t i = 0; i < N_NAMES; i++) {
        check(alc_mysql_bulk_want(bulk, alc_str_absent(), names[i], NULL) == 0);
    }
    if (read_all(bulk, (const char *)bytes, len) == 0) {
        check_end(bulk, &catalog);
    }
    alc_mysql_bulk_free(bulk);
    alc_catalog_release(&catalog);
    return 0;
}
