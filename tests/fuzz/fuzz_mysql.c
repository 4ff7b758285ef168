/*
 * libFuzzer target for the parser of SHOW CREATE TABLE: any text gives a table that
 * keeps what alc/mysql.h promises, in every kind of session.
 *
 * The input is the statement.  Behind a NUL that ends it, the next byte chooses the
 * session: bit 0 for MariaDB, bit 1 for names in double quotes, bit 2 for backslashes
 * that escape nothing.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alc/mysql.h"

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Read all of a text: what the sanitizers watch. */
static void check_text(struct alc_str text)
{
    unsigned sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        sum |= (unsigned char)text.ptr[i];
    }
    check(sum <= UCHAR_MAX && (!alc_str_is_absent(text) || !text.len));
}

static void check_table(const struct alc_table *table)
{
    check_text(table->opaque);
    for (size_t i = 0; i < table->n_columns; i++) {
        check_text(table->columns[i].type);
        check_text(table->columns[i].default_expr);
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        for (size_t k = 0; k < table->constraints[i].n_columns; k++) {
            check_text(table->constraints[i].columns[k]);
        }
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct alc_index *index = &table->indexes[i];
        /* settled: absent, or a word */
        check(alc_str_is_absent(index->method) || index->method.len);
        for (size_t k = 0; k < index->n_parts; k++) {
            check_text(index->parts[k].text);
        }
    }
}

static void parse(struct alc_str sql, unsigned flags)
{
    static struct alc_mysql_charset latin1 = {
        {"latin1", 6}, {"latin1_swedish_ci", 17}, NULL};
    const struct alc_mysql_session session = {
        .is_mariadb = flags & 1, .ansi_quotes = flags & 2, .charsets = &latin1};
    struct alc_str name = {"t", 1};
    struct alc_catalog catalog;
    struct alc_table *table;
    struct alc_buf canonical;
    alc_buf_init(&canonical);
    alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
    check(alc_catalog_add_table(&table, &catalog, alc_str_absent(), name, NULL) == 0);
    check(alc_mysql_parse_table(&catalog, table, &session, sql, NULL) == 0);
    check_table(table);
    check(alc_catalog_finish(&catalog, NULL) == 0);
    check(alc_catalog_canonical(&canonical, &catalog, NULL) == 0);
    alc_buf_release(&canonical);
    alc_catalog_release(&catalog);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const uint8_t *nul = len ? memchr(bytes, 0, len) : NULL;
    size_t n = nul ? (size_t)(nul - bytes) : len;
    unsigned flags = nul && n + 1 < len ? nul[1] : 1;
    char *block = malloc(n ? n : 1); /* its own: reading past its end is caught */
    check(block != NULL);
    if (n) {
        memcpy(block, bytes, n);
    }
    parse((struct alc_str){block, n}, flags);
    free(block);
    return 0;
}
