/*
 * The text of the catalog queries, one table for all server versions.
 *
 * Each query gives the same columns whatever the server, so that one reader serves all.
 * There is no ORDER BY: the reader puts everything in its canonical order itself, and
 * sorting 55,000 attributes in the server costs a fifth of the query.  Values of type
 * "char", oid and the array types are cast, because drivers disagree about them.
 *
 * The columns' names stand in pg_rows.h.
 *
 * In a text, the words of `lists` stand for the wanted schemas, and those of `choices`
 * for what depends on the version or on the options.
 */
#include "pg_reader.h"

#include <stdio.h>
#include <string.h>

static const char *const texts[ALC_PG_N_QUERIES] = {
    [ALC_PG_NAMES] =
        "SELECT 'n'::text, n.oid::int8, 0::int8, n.nspname::text, NULL::text,"
        " NULL::text, n.nspname = ANY (pg_catalog.current_schemas(false)),"
        " NULL::int8, NULL::int8, NULL::int8, NULL::int8, NULL::int8, NULL::bool"
        " FROM pg_catalog.pg_namespace n"
        " WHERE %SCHEMAS OR n.nspname = ANY (pg_catalog.current_schemas(false))"
        " UNION ALL "
        "SELECT 'n', 0, 0, 'pg_temp', NULL, NULL, true, NULL, NULL, NULL, NULL, NULL,"
        " NULL WHERE pg_catalog.pg_my_temp_schema() <> 0"
        " UNION ALL "
        "SELECT 't', t.oid::int8, t.typelem::int8,"
        " CASE n.nspname WHEN 'pg_catalog' THEN pg_catalog.format_type(t.oid, NULL)"
        " ELSE t.typname::text END, n.nspname::text,"
        " CASE t.typtype WHEN 'e' THEN ("
        "SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', '"
        " ORDER BY e.enumsortorder)"
        " FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) END,"
        " NULL, t.typcollation::int8, NULL, NULL, NULL, NULL, NULL"
        " FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        " LEFT JOIN pg_catalog.pg_type element ON element.oid = t.typelem"
        " WHERE t.typtype <> 'c' AND (element.oid IS NULL OR element.typtype <> 'c')"
        "%OWN_TYPES"
        " UNION ALL "
        "SELECT 'r', c.oid::int8, c.relispartition::int4, c.relname::text,"
        " n.nspname::text, c.relkind::text, pg_catalog.pg_table_is_visible(c.oid),"
        " NULL, NULL, NULL, NULL, NULL, NULL"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND (%SCHEMAS OR n.nspname = ANY (pg_catalog.current_schemas(false)))"
        "%OWN_TABLES"
        " UNION ALL "
        "SELECT 'c', d.objoid::int8, d.objsubid::int4, d.description, NULL, NULL, NULL,"
        " NULL, NULL, NULL, NULL, NULL, NULL"
        " FROM pg_catalog.pg_description d"
        " JOIN pg_catalog.pg_class c ON c.oid = d.objoid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND %SCHEMAS"
        "%OWN_TABLES%SEQUENCES",

    [ALC_PG_COLUMNS] =
        "SELECT a.attrelid::int8, a.attnum::int4, a.attname::text, a.atttypid::int8,"
        " a.atttypmod::int4, a.attnotnull, a.attidentity::text, a.attgenerated::text,"
        " a.attcollation::int8, CASE WHEN a.attcollation NOT IN (0, 100) THEN ("
        "SELECT o.collname::text FROM pg_catalog.pg_collation o"
        " WHERE o.oid = a.attcollation) END, %DEFAULT"
        " FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
        " LEFT JOIN pg_catalog.pg_attrdef d"
        " ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attnum > 0 AND NOT a.attisdropped"
        " AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%OIDS)",

    [ALC_PG_CONSTRAINTS] =
        "SELECT k.conrelid::int8, k.conname::text, k.contype::text, k.conkey::text,"
        " k.conindid::int8, k.condeferrable, k.condeferred, k.convalidated,"
        " CASE WHEN %DEFINED%DELETE_SET%PERIOD"
        " THEN pg_catalog.pg_get_constraintdef(k.oid)%CONDITION END, "
        "k.confrelid::int8, "
        "f.relnamespace::int8, f.relname::text,"
        " k.confkey::text, k.confupdtype::text, k.confdeltype::text,"
        " k.confmatchtype::text, CASE WHEN f.relnamespace NOT IN (%OIDS) THEN ("
        "SELECT m.nspname::text FROM pg_catalog.pg_namespace m"
        " WHERE m.oid = f.relnamespace) END,"
        " CASE WHEN f.relnamespace NOT IN (%OIDS) THEN ("
        "SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.place)::text"
        " FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u(attnum, place)"
        " JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = k.confrelid AND a.attnum = u.attnum) END"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid"
        " WHERE k.contype IN ('u', 'f', 'x'%PRIMARY_KEYS%CHECKS)"
        " AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%OIDS)",

    [ALC_PG_INDEXES] =
        "SELECT i.indrelid::int8, i.indexrelid::int8, x.relname::text, m.amname::text,"
        " i.indisunique, i.indisprimary, %NULLS_NOT_DISTINCT, i.indnkeyatts::int4,"
        " i.indkey::text, i.indoption::text,"
        " CASE WHEN i.indexprs IS NOT NULL THEN ("
        "SELECT pg_catalog.array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, p, true)"
        " ORDER BY p)::text"
        " FROM pg_catalog.generate_series(1, i.indnkeyatts::int4) p) END,"
        " pg_catalog.pg_get_expr(i.indpred, i.indrelid), x.reloptions::text,"
        " CASE WHEN NOT i.indclass::oid[] <@ ARRAY("
        "SELECT o.oid FROM pg_catalog.pg_opclass o WHERE o.opcdefault) THEN ("
        "SELECT pg_catalog.array_agg(CASE WHEN o.opcdefault THEN '' ELSE "
        "o.opcname::text"
        " END ORDER BY u.place)::text"
        " FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS u(oid, place)"
        " JOIN pg_catalog.pg_opclass o ON o.oid = u.oid) END,"
        " i.indcollation::text,"
        " CASE WHEN NOT i.indcollation::oid[] <@ '{0,100}'::oid[] THEN ("
        "SELECT pg_catalog.array_agg(coalesce(o.collname::text, '')"
        " ORDER BY u.place)::text"
        " FROM pg_catalog.unnest(i.indcollation::oid[])"
        " WITH ORDINALITY AS u(oid, place)"
        " LEFT JOIN pg_catalog.pg_collation o ON o.oid = u.oid) END,"
        " i.indisvalid, i.indisready"
        " FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
        " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
        " JOIN pg_catalog.pg_am m ON m.oid = x.relam"
        "%COMPARED_INDEXES c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%OIDS)",
};

static const char sequences[] =
    " UNION ALL "
    "SELECT 's', d.refobjid::int8, d.refobjsubid::int4, x.relname::text,"
    " o.nspname::text, a.attname::text, pg_catalog.pg_table_is_visible(x.oid),"
    " s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle"
    " FROM pg_catalog.pg_depend d"
    " JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid"
    " JOIN pg_catalog.pg_class x ON x.oid = d.objid"
    " JOIN pg_catalog.pg_namespace o ON o.oid = x.relnamespace"
    " JOIN pg_catalog.pg_attribute a"
    " ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
    " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND %SCHEMAS%OWN_TABLES";

struct choice {
    const char *word;
    bool (*applies)(const struct alc_pg_reader *reader);
    const char *yes;
    const char *no;
};

static bool has_nulls_not_distinct(const struct alc_pg_reader *reader)
{
    return reader->catalog->server_version >= 150000;
}

static bool without_defaults(const struct alc_pg_reader *reader)
{
    return reader->without_defaults;
}

static bool has_periods(const struct alc_pg_reader *reader)
{
    return reader->catalog->server_version >= 180000;
}

static bool without_checks(const struct alc_pg_reader *reader)
{
    return reader->without_checks;
}

static bool without_sequences(const struct alc_pg_reader *reader)
{
    return reader->without_sequences;
}

static bool without_details(const struct alc_pg_reader *reader)
{
    return reader->without_details;
}

static bool without_system_types(const struct alc_pg_reader *reader)
{
    return reader->without_system_types;
}

static bool is_whole_database(const struct alc_pg_reader *reader)
{
    return !reader->wanted;
}

/* FirstNormalObjectId in PostgreSQL's transam.h.  What initdb makes has a lower oid:
 * the index leads past it. */
#define FIRST_OWN_OID "16384"

static const struct choice choices[] = {
    {"%OWN_TYPES", without_system_types, " AND t.oid >= " FIRST_OWN_OID, ""},
    {"%OWN_TABLES", is_whole_database, " AND c.oid >= " FIRST_OWN_OID, ""},
    {"%NULLS_NOT_DISTINCT", has_nulls_not_distinct, "i.indnullsnotdistinct", "false"},
    {"%DEFAULT", without_defaults,
     "CASE WHEN a.attgenerated <> ''%SERIALS"
     " THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) WHEN d.oid IS NOT NULL THEN '' "
     "END",
     "pg_catalog.pg_get_expr(d.adbin, d.adrelid)"},
    {"%SEQUENCES", without_sequences, "", sequences},
    /* Which sequence a column of the integer types draws from. */
    {"%SERIALS", without_sequences, "", " OR a.atttypid IN (20, 23)"},
    {"%CHECKS", without_checks, "", ", 'c'"},
    {"%PRIMARY_KEYS", without_details, "", ", 'p'"},
    {"%DEFINED", without_details, "false", "k.contype IN ('c', 'x')"},
    {"%CONDITION", without_details,
     " WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid)", ""},
    /* ON DELETE SET NULL (a), and PERIOD: more than the columns of a row say. */
    {"%DELETE_SET", has_nulls_not_distinct, " OR k.confdelsetcols IS NOT NULL", ""},
    {"%PERIOD", has_periods, " OR k.contype = 'f' AND k.conperiod", ""},
    /* One that is being dropped is left out; reflection sees it. */
    {"%COMPARED_INDEXES", without_details, " WHERE NOT i.indisprimary AND",
     " WHERE i.indislive AND"},
};

/* The choice whose word stands at `at`; NULL for what is made for a reader. */
static const struct choice *choice_at(const char *at)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        if (strncmp(at, choices[i].word, strlen(choices[i].word)) == 0) {
            return &choices[i];
        }
    }
    return NULL;
}

/* The oids, separated by commas; 0, which no schema has, when there is none. */
static int append_namespaces(struct alc_buf *out, const struct alc_pg_reader *reader,
                             struct alc_error *err)
{
    char digits[32];
    int rc = reader->n_namespaces ? 0 : alc_buf_put(out, '0', err);
    for (size_t i = 0; !rc && i < reader->n_namespaces; i++) {
        int len = snprintf(digits, sizeof digits, i ? ", %lld" : "%lld",
                           (long long)reader->namespaces[i]);
        rc = alc_buf_append(out, digits, (size_t)len, err);
    }
    return rc;
}

static int append_text(struct alc_buf *out, const char *text, struct alc_error *err)
{
    return alc_buf_append(out, text, strlen(text), err);
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || (unsigned char)c >= 0x80;
}

/* A literal that means the same under all settings, without anything that a driver may
 * take for a parameter. */
static int append_literal(struct alc_buf *out, struct alc_str text,
                          struct alc_error *err)
{
    char escaped[8];
    int rc = append_text(out, "E'", err);
    for (size_t i = 0; !rc && i < text.len; i++) {
        if (is_word_char(text.ptr[i])) {
            rc = alc_buf_put(out, text.ptr[i], err);
        } else {
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)text.ptr[i]);
            rc = append_text(out, escaped, err);
        }
    }
    return rc ? rc : alc_buf_put(out, '\'', err);
}

/* Whether n.nspname is wanted. */
static int append_schemas(struct alc_buf *out, const struct alc_pg_reader *reader,
                          struct alc_error *err)
{
    if (!reader->wanted) {
        return append_text(
            out, "(n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')", err);
    }
    int rc = append_text(out, "n.nspname IN (NULL", err);
    for (size_t i = 0; !rc && i < reader->n_wanted; i++) {
        /* No name has a NUL in it. */
        if (!memchr(reader->wanted[i].ptr, '\0', reader->wanted[i].len)) {
            rc = append_text(out, ", ", err);
            rc = rc ? rc : append_literal(out, reader->wanted[i], err);
        }
    }
    return rc ? rc : alc_buf_put(out, ')', err);
}

static const struct {
    const char *word;
    int (*append)(struct alc_buf *, const struct alc_pg_reader *, struct alc_error *);
} lists[] = {
    {"%OIDS", append_namespaces},
    {"%SCHEMAS", append_schemas},
};

/* Append a template; what a choice is replaced by is one too. */
static int append_template(struct alc_buf *out, const struct alc_pg_reader *reader,
                           const char *at, struct alc_error *err)
{
    int rc = 0;
    while (!rc && *at) {
        size_t plain = strcspn(at, "%");
        rc = alc_buf_append(out, at, plain, err);
        at += plain;
        const struct choice *choice = rc || !*at ? NULL : choice_at(at);
        if (choice) {
            rc = append_template(
                out, reader, choice->applies(reader) ? choice->yes : choice->no, err);
            at += strlen(choice->word);
            continue;
        }
        for (size_t i = 0; !rc && *at && i < sizeof lists / sizeof *lists; i++) {
            if (strncmp(at, lists[i].word, strlen(lists[i].word)) == 0) {
                rc = lists[i].append(out, reader, err);
                at += strlen(lists[i].word);
                break;
            }
        }
    }
    return rc;
}

int alc_pg_sql(struct alc_buf *out, const struct alc_pg_reader *reader,
               enum alc_pg_query query, struct alc_error *err)
{
    return append_template(out, reader, texts[query], err);
}
