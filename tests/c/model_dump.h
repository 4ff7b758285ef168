/* A table of the schema model as one line of text, for expectations in tests. */
#ifndef ALC_TEST_MODEL_DUMP_H
#define ALC_TEST_MODEL_DUMP_H

#include <stdarg.h>
#include <stdio.h>

#include "alc/buf.h"
#include "alc/catalog.h"

__attribute__((format(printf, 2, 3))) static inline void dump(struct alc_buf *out,
                                                              const char *fmt, ...)
{
    char piece[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    size_t shown = len < (int)sizeof piece ? (size_t)len : sizeof piece - 1;
    if (alc_buf_append(out, piece, shown, NULL)) {
        abort();
    }
}

/* printf's arguments for "%.*s"; absent text is "-". */
#define STR(s)                                                                         \
    alc_str_is_absent(s) ? 1 : (int)(s).len, alc_str_is_absent(s) ? "-" : (s).ptr

static inline void dump_names(struct alc_buf *out, const struct alc_str *names,
                              size_t n)
{
    dump(out, "(");
    for (size_t i = 0; i < n; i++) {
        dump(out, "%s%.*s", i ? "," : "", STR(names[i]));
    }
    dump(out, ")");
}

static inline void dump_option(struct alc_buf *out, const char *label,
                               struct alc_str text)
{
    if (!alc_str_is_absent(text)) {
        dump(out, "%s%.*s", label, STR(text));
    }
}

static inline void dump_column(struct alc_buf *out, const struct alc_column *column)
{
    dump(out, "%.*s %.*s%s", STR(column->name), STR(column->type),
         column->not_null ? " not null" : "");
    if (!alc_str_is_absent(column->not_null_conflict)) {
        dump(out, " on conflict %.*s", STR(column->not_null_conflict));
    }
    if (!alc_str_is_absent(column->default_expr)) {
        dump(out, " default %.*s", STR(column->default_expr));
    }
    if (!alc_str_is_absent(column->generated)) {
        dump(out, " as %.*s%s", STR(column->generated),
             column->generated_kind == ALC_GENERATED_STORED ? " stored" : "");
    }
    dump_option(out, " charset ", column->charset);
    if (!alc_str_is_absent(column->collation)) {
        dump(out, " collate %.*s", STR(column->collation));
    }
    dump_option(out, " on update ", column->on_update);
    dump_option(out, " options ", column->options);
    dump(out, "%s%s", column->is_auto_increment ? " auto_increment" : "",
         column->is_invisible ? " invisible" : "");
    if (!alc_str_is_absent(column->comment)) {
        dump(out, " comment %.*s", STR(column->comment));
    }
    if (column->identity_kind != ALC_IDENTITY_NONE) {
        dump(out, " identity %lld by %lld", (long long)column->identity.start,
             (long long)column->identity.increment);
    }
    dump(out, "%s; ", column->is_serial ? " serial" : "");
}

static inline void dump_constraint(struct alc_buf *out,
                                   const struct alc_constraint *constraint)
{
    static const char *const kinds[] = {"pk", "uq", "fk", "ck", "ex"};
    static const char *const actions[] = {"", "restrict", "cascade", "null", "default"};
    dump(out, "%s %.*s", kinds[constraint->kind], STR(constraint->name));
    if (constraint->n_columns) {
        dump_names(out, constraint->columns, constraint->n_columns);
    }
    if (constraint->n_include) {
        dump(out, " include ");
        dump_names(out, constraint->include, constraint->n_include);
    }
    if (constraint->kind == ALC_FOREIGN_KEY) {
        dump(out, " -> %.*s.%.*s", STR(constraint->ref_schema),
             STR(constraint->ref_table));
        dump_names(out, constraint->ref_columns, constraint->n_ref_columns);
        dump(out, " %s/%s/%d", actions[constraint->on_update],
             actions[constraint->on_delete], (int)constraint->match);
    }
    if (!alc_str_is_absent(constraint->expr)) {
        dump(out, " [%.*s]", STR(constraint->expr));
    }
    if (!alc_str_is_absent(constraint->conflict)) {
        dump(out, " on conflict %.*s", STR(constraint->conflict));
    }
    dump(out, "%s%s%s%s%s; ", constraint->not_enforced ? " not enforced" : "",
         constraint->deferrable ? " deferrable" : "",
         constraint->initially_deferred ? " deferred" : "",
         constraint->not_valid ? " not valid" : "",
         constraint->nulls_not_distinct ? " nulls not distinct" : "");
}

static inline void dump_index(struct alc_buf *out, const struct alc_index *index,
                              bool with_method)
{
    dump(out, "%s %.*s(", index->is_unique ? "uix" : "ix", STR(index->name));
    for (size_t i = 0; i < index->n_parts; i++) {
        const struct alc_index_part *part = &index->parts[i];
        dump(out, "%s%s%.*s%s", i ? "," : "", part->is_expr ? "=" : "", STR(part->text),
             part->descending ? " desc" : "");
        if (part->length) {
            dump(out, " length %lld", (long long)part->length);
        }
        if (!alc_str_is_absent(part->collation)) {
            dump(out, " collate %.*s", STR(part->collation));
        }
        if (!alc_str_is_absent(part->opclass)) {
            dump(out, " %.*s", STR(part->opclass));
        }
    }
    dump(out, ")");
    if (index->n_include) {
        dump(out, " include ");
        dump_names(out, index->include, index->n_include);
    }
    if (!alc_str_is_absent(index->predicate)) {
        dump(out, " where %.*s", STR(index->predicate));
    }
    if (with_method) {
        dump_option(out, " using ", index->method);
        dump_option(out, " options ", index->options);
    }
    dump_option(out, " comment ", index->comment);
    dump(out, "%s%s%s%s; ", index->is_invisible ? " invisible" : "",
         index->is_invalid ? " invalid" : "", index->is_not_ready ? " not ready" : "",
         index->is_constraint ? " of constraint" : "");
}

static inline void dump_table_options(struct alc_buf *out,
                                      const struct alc_table *table)
{
    if (alc_str_is_absent(table->engine)) {
        return;
    }
    dump(out, "engine %.*s", STR(table->engine));
    dump_option(out, " charset ", table->charset);
    dump_option(out, " collate ", table->collation);
    dump_option(out, " options ", table->options);
    dump_option(out, " comment ", table->comment);
    dump_option(out, " ", table->partitioning);
    dump(out, "%s%s; ", table->is_versioned ? " versioned" : "",
         table->kind == ALC_TABLE_SEQUENCE ? " sequence" : "");
}

static inline void dump_table(struct alc_buf *out, const struct alc_table *table)
{
    if (!alc_str_is_absent(table->opaque)) {
        dump(out, "opaque: %.*s", STR(table->opaque));
        for (size_t i = 0; i < table->n_statements; i++) {
            dump(out, "%s<%.*s>", i ? " " : "; ", STR(table->statements[i]));
        }
        if (!table->n_statements) {
            return;
        }
        dump(out, "; ");
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        dump_column(out, &table->columns[i]);
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        dump_constraint(out, &table->constraints[i]);
    }
    for (size_t i = 0; i < table->n_indexes; i++) {
        dump_index(out, &table->indexes[i], !alc_str_is_absent(table->engine));
    }
    dump_table_options(out, table);
    dump(out, "%s%s%s%s", table->without_rowid ? "without rowid; " : "",
         table->strict ? "strict; " : "", table->autoincrement ? "autoincrement; " : "",
         table->is_temporary ? "temp; " : "");
}

#endif
