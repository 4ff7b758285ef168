/*
 * The canonical bytes of the schema model.
 *
 * Each number is eight bytes, least significant first; each string its length and its
 * bytes; an absent string the length 2^64-1 alone.  So no two models share their bytes.
 */
#include "alc/catalog.h"

#include <stdint.h>

/* Writes until the first failure, which it keeps. */
struct writer {
    struct alc_buf *out;
    struct alc_error *err;
    int rc;
};

static void put_bytes(struct writer *w, const void *ptr, size_t len)
{
    if (!w->rc && len) {
        w->rc = alc_buf_append(w->out, ptr, len, w->err);
    }
}

static void put_number(struct writer *w, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
    put_bytes(w, bytes, sizeof bytes);
}

static void put_text(struct writer *w, struct alc_str text)
{
    if (alc_str_is_absent(text)) {
        put_number(w, UINT64_MAX);
        return;
    }
    put_number(w, text.len);
    put_bytes(w, text.ptr, text.len);
}

static void put_texts(struct writer *w, const struct alc_str *texts, size_t n)
{
    put_number(w, n);
    for (size_t i = 0; i < n; i++) {
        put_text(w, texts[i]);
    }
}

static void put_identity(struct writer *w, const struct alc_identity *identity)
{
    put_number(w, (uint64_t)identity->start);
    put_number(w, (uint64_t)identity->increment);
    put_number(w, (uint64_t)identity->min);
    put_number(w, (uint64_t)identity->max);
    put_number(w, (uint64_t)identity->cache);
    put_number(w, identity->cycle);
}

static void put_column(struct writer *w, const struct alc_column *column)
{
    put_text(w, column->name);
    put_text(w, column->type);
    put_text(w, column->collation);
    put_text(w, column->default_expr);
    put_text(w, column->generated);
    put_text(w, column->comment);
    put_number(w, column->generated_kind);
    put_number(w, column->identity_kind);
    if (column->identity_kind != ALC_IDENTITY_NONE) {
        put_identity(w, &column->identity);
    }
    put_text(w, column->not_null_conflict);
    put_number(w, column->not_null);
    put_number(w, column->is_serial);
}

static void put_constraint(struct writer *w, const struct alc_constraint *constraint)
{
    put_number(w, constraint->kind);
    put_text(w, constraint->name);
    put_texts(w, constraint->columns, constraint->n_columns);
    put_texts(w, constraint->include, constraint->n_include);
    put_text(w, constraint->expr);
    put_text(w, constraint->conflict);
    if (constraint->kind == ALC_FOREIGN_KEY) {
        put_text(w, constraint->ref_schema);
        put_text(w, constraint->ref_table);
        put_texts(w, constraint->ref_columns, constraint->n_ref_columns);
        put_number(w, constraint->on_update);
        put_number(w, constraint->on_delete);
        put_number(w, constraint->match);
    }
    put_number(w, constraint->deferrable);
    put_number(w, constraint->initially_deferred);
    put_number(w, constraint->not_valid);
    put_number(w, constraint->nulls_not_distinct);
}

static void put_index(struct writer *w, const struct alc_index *index)
{
    put_text(w, index->name);
    put_number(w, index->n_parts);
    for (size_t i = 0; i < index->n_parts; i++) {
        const struct alc_index_part *part = &index->parts[i];
        put_text(w, part->text);
        put_text(w, part->opclass);
        put_text(w, part->collation);
        put_number(w, part->is_expr);
        put_number(w, part->descending);
        put_number(w, part->nulls_first);
    }
    put_texts(w, index->include, index->n_include);
    put_text(w, index->predicate);
    put_text(w, index->method);
    put_text(w, index->options);
    put_number(w, index->is_unique);
    put_number(w, index->nulls_not_distinct);
    put_number(w, index->is_constraint);
}

static void put_table(struct writer *w, const struct alc_table *table)
{
    put_text(w, table->schema);
    put_text(w, table->name);
    put_number(w, table->kind);
    put_number(w, table->is_temporary);
    put_number(w, table->without_rowid);
    put_number(w, table->strict);
    put_number(w, table->autoincrement);
    put_text(w, table->opaque);
    put_texts(w, table->statements, table->n_statements);
    put_text(w, table->comment);
    put_number(w, table->n_columns);
    for (size_t i = 0; i < table->n_columns; i++) {
        put_column(w, &table->columns[i]);
    }
    put_number(w, table->n_constraints);
    for (size_t i = 0; i < table->n_constraints; i++) {
        put_constraint(w, &table->constraints[i]);
    }
    put_number(w, table->n_indexes);
    for (size_t i = 0; i < table->n_indexes; i++) {
        put_index(w, &table->indexes[i]);
    }
}

int alc_table_canonical(struct alc_buf *out, const struct alc_table *table,
                        struct alc_error *err)
{
    struct writer w = {out, err, 0};
    put_table(&w, table);
    return w.rc;
}

int alc_catalog_canonical(struct alc_buf *out, const struct alc_catalog *catalog,
                          struct alc_error *err)
{
    struct writer w = {out, err, 0};
    put_number(&w, catalog->backend);
    put_number(&w, catalog->n_tables);
    for (size_t i = 0; i < catalog->n_tables && !w.rc; i++) {
        put_table(&w, catalog->tables[i]);
    }
    return w.rc;
}
