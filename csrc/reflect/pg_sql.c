/*
 * The text of the catalog queries, one table for all server versions.
 *
 * Each query gives the same columns whatever the server, so that one reader serves all.
 * There is no ORDER BY: the reader puts everything in its canonical order itself, and
 * sorting 55,000 attributes in the server costs a fifth of the query.  Values of type
 * "char", oid and the array types are cast, because drivers disagree about them.
 *
 * In a text, %N stands for the list of the wanted schemas' oids, and the words of
 * `choices` for what depends on the version or on the options.
 */
#include "pg_reader.h"

#include <stdio.h>
#include <string.h>

static const char *const texts[ALC_PG_N_QUERIES] = {
    [ALC_PG_NAMESPACES] =
        "SELECT n.oid::int8, n.nspname::text,"
        " n.nspname = ANY (pg_catalog.current_schemas(false))"
        " FROM pg_catalog.pg_namespace n"
        " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
        " UNION ALL"
        " SELECT 0::int8, 'pg_temp', true WHERE pg_catalog.pg_my_temp_schema() <> 0",

    [ALC_PG_TYPES] =
        "SELECT t.oid::int8, n.nspname::text,"
        " CASE n.nspname WHEN 'pg_catalog' THEN pg_catalog.format_type(t.oid, NULL)"
        " ELSE t.typname::text END,"
        " t.typtype::text, t.typelem::int8, t.typcollation::int8,"
        " CASE t.typtype WHEN 'e' THEN ("
        "SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', '"
        " ORDER BY e.enumsortorder)"
        " FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) END"
        " FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        " LEFT JOIN pg_catalog.pg_type element ON element.oid = t.typelem"
        " WHERE t.typtype <> 'c' AND (element.oid IS NULL OR element.typtype <> 'c')",

    [ALC_PG_RELATIONS] =
        "SELECT c.oid::int8, c.relnamespace::int8, c.relname::text, c.relkind::text,"
        " c.relispartition"
        " FROM pg_catalog.pg_class c"
        " WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%N)",

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
        " AND c.relnamespace IN (%N)",

    [ALC_PG_CONSTRAINTS] =
        "SELECT k.conrelid::int8, k.conname::text, k.contype::text, k.conkey::text,"
        " k.conindid::int8, k.condeferrable, k.condeferred, k.convalidated,"
        " CASE WHEN %CHECK%DELETE_SET%PERIOD"
        " THEN pg_catalog.pg_get_constraintdef(k.oid) END, k.confrelid::int8, "
        "f.relnamespace::int8, f.relname::text,"
        " k.confkey::text, k.confupdtype::text, k.confdeltype::text,"
        " k.confmatchtype::text, CASE WHEN f.relnamespace NOT IN (%N) THEN ("
        "SELECT m.nspname::text FROM pg_catalog.pg_namespace m"
        " WHERE m.oid = f.relnamespace) END,"
        " CASE WHEN f.relnamespace NOT IN (%N) THEN ("
        "SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.place)::text"
        " FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u(attnum, place)"
        " JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = k.confrelid AND a.attnum = u.attnum) END"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid"
        " WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')"
        " AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%N)",

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
        " LEFT JOIN pg_catalog.pg_collation o ON o.oid = u.oid) END"
        " FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
        " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
        " JOIN pg_catalog.pg_am m ON m.oid = x.relam"
        " WHERE i.indislive AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%N)",

    [ALC_PG_NOTES] =
        "SELECT 'c'::text, d.objoid::int8, d.objsubid::int4, d.description,"
        " NULL::int8, NULL::int8, NULL::int8, NULL::int8, NULL::int8, NULL::bool"
        " FROM pg_catalog.pg_description d"
        " JOIN pg_catalog.pg_class c ON c.oid = d.objoid"
        " WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
        " AND c.relnamespace IN (%N)"
        " UNION ALL "
        "SELECT d.deptype::text, d.refobjid::int8, d.refobjsubid::int4, NULL,"
        " s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle"
        " FROM pg_catalog.pg_depend d"
        " JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid"
        " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0"
        " AND c.relnamespace IN (%N)",
};

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

static const struct choice choices[] = {
    {"%NULLS_NOT_DISTINCT", has_nulls_not_distinct, "i.indnullsnotdistinct", "false"},
    {"%DEFAULT", without_defaults,
     "CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid)"
     " WHEN d.oid IS NOT NULL THEN '' END",
     "pg_catalog.pg_get_expr(d.adbin, d.adrelid)"},
    {"%CHECK", without_checks, "k.contype = 'x'", "k.contype IN ('c', 'x')"},
    /* ON DELETE SET NULL (a), and PERIOD: more than the columns of a row say. */
    {"%DELETE_SET", has_nulls_not_distinct, " OR k.confdelsetcols IS NOT NULL", ""},
    {"%PERIOD", has_periods, " OR k.contype = 'f' AND k.conperiod", ""},
};

/* The choice whose word stands at `at`; NULL for %N. */
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
                           (long long)reader->namespaces[i].oid);
        rc = alc_buf_append(out, digits, (size_t)len, err);
    }
    return rc;
}

int alc_pg_sql(struct alc_buf *out, const struct alc_pg_reader *reader,
               enum alc_pg_query query, struct alc_error *err)
{
    int rc = 0;
    for (const char *at = texts[query]; !rc && *at;) {
        size_t plain = strcspn(at, "%");
        rc = alc_buf_append(out, at, plain, err);
        at += plain;
        if (rc || !*at) {
            break;
        }
        const struct choice *choice = choice_at(at);
        if (choice) {
            const char *text = choice->applies(reader) ? choice->yes : choice->no;
            rc = alc_buf_append(out, text, strlen(text), err);
            at += strlen(choice->word);
        } else {
            rc = append_namespaces(out, reader, err);
            at += strlen("%N");
        }
    }
    return rc;
}
