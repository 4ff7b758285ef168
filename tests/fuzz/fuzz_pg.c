/*
 * libFuzzer target for the reader of PostgreSQL's catalogs: whatever rows a source
 * gives, the answer is an error or a catalog that keeps what alc/catalog.h promises.
 *
 * The input is rows as text (text_source.h), query after query.
 */
#include "alc/pg.h"
#include "alc/proof.h"
#include "text_source.h"

static int read_all(struct alc_pg_reader *reader, const char *bytes, size_t len)
{
    struct source source = {.at = bytes, .end = bytes + len};
    struct alc_buf sql;
    int rc = 0;
    alc_buf_init(&sql);
    for (int query = 0; !rc && query < ALC_PG_N_QUERIES; query++) {
        check(alc_pg_sql(&sql, reader, (enum alc_pg_query)query, NULL) == 0);
        struct alc_rows rows =
            rows_of(&source, alc_pg_n_columns((enum alc_pg_query)query));
        struct alc_error err = {0};
        rc = alc_pg_feed(reader, (enum alc_pg_query)query, &rows, &err);
        check(rc == err.code);
        next_query(&source);
    }
    free_blocks(&source);
    alc_buf_release(&sql);
    return rc;
}

/* A judge for whom only the same bytes are the same. */
static bool is_same(struct alc_str actual, struct alc_str wanted)
{
    return alc_str_is_absent(actual) == alc_str_is_absent(wanted) &&
           alc_str_eq(actual, wanted);
}

static bool same_type(void *self, const struct alc_table *table,
                      const struct alc_column *actual, struct alc_str wanted)
{
    (void)self;
    (void)table;
    return is_same(actual->type, wanted);
}

static bool same_default(void *self, const struct alc_column *actual,
                         struct alc_str wanted)
{
    (void)self;
    return is_same(actual->default_expr, wanted);
}

static bool same_part(void *self, const struct alc_index_part *actual,
                      struct alc_str wanted)
{
    (void)self;
    return actual->is_expr && is_same(actual->text, wanted);
}

static bool same_text(void *self, struct alc_str actual, struct alc_str wanted)
{
    (void)self;
    return is_same(actual, wanted);
}

static bool ask(void *self, const struct alc_table *table, enum alc_expression kind,
                struct alc_str name)
{
    (void)self;
    (void)table;
    (void)name;
    return kind == ALC_EXPRESSION_CHECK; /* some, so that both ways are walked */
}

static const struct alc_judge judge = {NULL,      same_type, same_default,
                                       same_part, same_text, ask};

static void check_table(const struct alc_table *table)
{
    static const struct alc_proof_options options = {.types = true,
                                                     .defaults = true,
                                                     .comments = true,
                                                     .indexes = true,
                                                     .foreign_keys = true,
                                                     .checks = true,
                                                     .judge = &judge};
    for (size_t i = 1; i < table->n_constraints; i++) {
        check(table->constraints[i - 1].kind <= table->constraints[i].kind);
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        for (size_t k = 0; k < table->indexes[i].n_parts; k++) {
            check(table->indexes[i].parts[k].text.ptr != NULL);
        }
    }
    check(alc_proof_reason(alc_prove_table(table, table, &options)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct alc_pg_options options = {0};
    struct alc_catalog catalog;
    struct alc_pg_reader *reader = NULL;
    struct alc_buf canonical;
    alc_buf_init(&canonical);
    alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
    check(alc_pg_reader_new(&reader, &catalog, 150000, &options, NULL) == 0);
    int rc = read_all(reader, (const char *)bytes, len);
    if (!rc && alc_pg_finish(reader, NULL) == 0) {
        for (size_t i = 0; i < catalog.n_tables; i++) {
            const struct alc_table *table = catalog.tables[i];
            check(alc_catalog_find(&catalog, table->schema, table->name) == table);
            check_table(table);
        }
        check(alc_catalog_canonical(&canonical, &catalog, NULL) == 0);
    }
    alc_buf_release(&canonical);
    alc_pg_reader_free(reader);
    alc_catalog_release(&catalog);
    return 0;
}
